//! Every command of the command line as a value, and the local socket over which a running server executes it. The
//! same value is executed in-process when no server runs, so both ways do and answer the same.

pub mod client;
pub mod command;
pub mod output;
pub mod server;
pub mod wire;

pub use command::{
    AdminCommand, BindingCommand, Command, ExpressionKind, FileFormat, ImportMode, KeyCommand, KeyExpiry, PlanCommand,
    Reading, RunCommand, StoreCommand, Upload,
};
pub use output::{Answer, CommandError, Exit, Output, Progress};

/// Name of the socket in the data directory; mode 0600.
pub const SOCKET_NAME: &str = "admin.sock";
