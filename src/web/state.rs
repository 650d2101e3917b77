//! What handlers share.

use super::bindings::LinkUpload;
use super::directory::Import;
use super::routes::Known;
use crate::app::App;
use crate::http::kept::Kept;
use std::sync::Arc;

/// The application, as pages see it; one for all workers.
pub struct Web {
    /// The application.
    pub app: Arc<App>,
    /// Directory files between preview and confirmation.
    pub(super) imports: Kept<Import>,
    /// Binding files between preview and confirmation.
    pub(super) links: Kept<LinkUpload>,
    /// Every page and form.
    pub(super) routes: Vec<Known>,
}

impl Web {
    pub(super) fn new(app: Arc<App>) -> Self {
        let max_bytes = app.config.limits.body_max_bytes();
        let routes = super::routes();
        Self { imports: Kept::new(max_bytes.saturating_mul(4)), links: Kept::new(max_bytes), routes, app }
    }
}
