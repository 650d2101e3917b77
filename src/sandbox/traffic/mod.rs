//! What passes the door: quota windows, faults, the calls log. Knows paths and numbers, no directory.

pub mod calls;
pub mod fault;
pub mod quota;

use calls::Calls;
use fault::Faults;
use quota::Quotas;

/// All of it, behind one lock.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Calls.
    pub calls: Calls,
    /// Faults.
    pub faults: Faults,
    /// Windows.
    pub quotas: Quotas,
}
