//! What handlers share.

use crate::app::App;
use std::sync::Arc;

/// The application, as pages see it; one for all workers.
pub struct Web {
    /// The application.
    pub app: Arc<App>,
}

impl Web {
    pub(super) fn new(app: Arc<App>) -> Self {
        Self { app }
    }
}
