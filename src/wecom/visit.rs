//! A plain visit to the API's address without any secret (OPS-06): is somebody there, through TLS and proxy, and what
//! time is it on their side.

use super::transport::Transport;
use crate::model::Endpoints;
use chrono::DateTime;

/// What a visit found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    /// HTTP status; any status means that a server answered.
    pub status: u16,
    /// The server's clock as its answer's `Date` says it, Unix milliseconds, to the second.
    pub date_ms: Option<i64>,
}

/// Visits `api_base`. `Err` says in words what stood in the way: name, route, certificate, proxy.
pub async fn visit(endpoints: &Endpoints) -> Result<Visit, String> {
    let (status, date) = Transport::new(endpoints)?.visit().await?;
    let date_ms = date.and_then(|text| DateTime::parse_from_rfc2822(&text).ok()).map(|date| date.timestamp_millis());
    Ok(Visit { status, date_ms })
}
