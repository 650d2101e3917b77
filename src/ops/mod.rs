//! What keeps the bridge running and visible: logging, metrics, health, systemd, the admin socket with its commands,
//! and the doctor. Knows the rooms below it; decides nothing about directories.

pub mod admin;
pub mod backups;
pub mod doctor;
pub mod exec;
pub mod health;
pub mod logging;
pub mod metrics;
mod pulse;
pub mod report;
pub mod retention;
pub mod scrape;
pub mod systemd;

pub use metrics::Metrics;
pub use pulse::Pulse;
