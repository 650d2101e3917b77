//! Schema 1: the first release. New stores are created with it, so there is nothing to change.

use super::Migration;

pub(super) const MIGRATION: Migration = Migration { to: 1, name: "first release", run: |_| Ok(()) };
