//! What is wrong with a configuration, in a form that can be repaired without a second look.

use super::source::Origin;
use std::fmt;

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFault {
    /// The option, e.g. `tls.cert_file`; empty when the file as a whole is at fault.
    pub key: String,
    /// What was given, where there is something to show.
    pub value: Option<String>,
    /// What is allowed, or what is wrong.
    pub expected: String,
    /// Where it came from.
    pub origin: Origin,
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.value, self.key.is_empty()) {
            (Some(value), _) => write!(f, "{} = {value:?}: {} ({})", self.key, self.expected, self.origin),
            (None, false) => write!(f, "{}: {} ({})", self.key, self.expected, self.origin),
            (None, true) => write!(f, "{} ({})", self.expected, self.origin),
        }
    }
}

/// All faults of a configuration; never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigFaults(pub Vec<ConfigFault>);

impl fmt::Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has {} fault{}", self.0.len(), if self.0.len() == 1 { "" } else { "s" })?;
        for fault in &self.0 {
            write!(f, "\n  {fault}")?;
        }
        Ok(())
    }
}
