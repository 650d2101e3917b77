//! `[limits]`: bounds on memory and on what one request may carry.

use super::source::Reader;

/// Bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitsConfig {
    /// Page cache of the store, MiB.
    pub store_cache_mib: u64,
    /// The largest body of one request, MiB (directory files, bulk upserts).
    pub body_max_mib: u64,
    /// Threads that answer requests.
    pub http_workers: u64,
}

impl LimitsConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            store_cache_mib: reader.integer("limits.store_cache_mib", 16, 4..=4096),
            body_max_mib: reader.integer("limits.body_max_mib", 64, 1..=1024),
            http_workers: reader.integer("limits.http_workers", 2, 1..=64),
        }
    }

    /// Page cache in bytes.
    pub fn store_cache_bytes(&self) -> usize {
        usize::try_from(self.store_cache_mib << 20).unwrap_or(usize::MAX)
    }

    /// The largest body in bytes.
    pub fn body_max_bytes(&self) -> usize {
        usize::try_from(self.body_max_mib << 20).unwrap_or(usize::MAX)
    }
}
