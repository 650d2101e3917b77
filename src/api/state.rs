//! What handlers share.

use super::once::InFlight;
use super::throttle::Throttle;
use crate::app::App;
use crate::directory;
use crate::http::kept::Kept;
use bytes::Bytes;
use std::sync::Arc;

/// The application and what the API itself keeps in memory; one for all workers.
pub struct State {
    /// The application.
    pub app: Arc<App>,
    /// Requests under way, by idempotency key.
    pub in_flight: InFlight,
    /// Uploaded files between preview and confirmation.
    pub kept: Kept<directory::Upload>,
    /// Failed authentications.
    pub throttle: Throttle,
    /// The OpenAPI document.
    pub document: Bytes,
    /// Its page in Chinese and in English.
    pub pages: [Bytes; 2],
}
