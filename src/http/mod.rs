//! What every HTTP room shares: the server, TLS, the boundary around each request, the one form of an error answer,
//! bodies and queries. It refuses to know any resource; `api` (and the pages) register theirs.

mod boundary;
pub mod client_address;
pub mod errors;
mod input;
pub mod kept;
mod own_address;
pub mod permission;
mod problem;
mod server;
mod table;
pub mod tls;
pub mod watchers;

pub use boundary::RequestId;
pub use input::{Body, Bulk, Query, read_limited};
pub use own_address::reachable;
pub use problem::{Fault, Problem, ProblemDocument, method_not_allowed};
pub use server::{ErrorPage, Running, ServeError, Settings, listen, start};
pub use table::Table;
