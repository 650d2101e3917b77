//! `/tenants/{tenant}/import`: a directory file is uploaded, looked at, and imported when that is confirmed. The file is
//! kept in memory until then, for half an hour at most.

mod confirm;
mod lists;
mod preview;
mod show;

use crate::directory::{Imported, Preview, Upload};
use crate::http::Problem;
use crate::model::Text;
use crate::web::routes::Routes;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) fn routes(routes: &mut Routes) {
    show::routes(routes);
    preview::routes(routes);
    confirm::routes(routes);
}

/// A file and what it would change.
pub(in crate::web) struct Waiting {
    pub(super) upload: Upload,
    pub(super) preview: Preview,
    /// Columns of people that no known field is called like: they are taken as further ones.
    pub(super) further: BTreeSet<Text>,
}

/// Where an import stands.
#[derive(Clone)]
pub(in crate::web) enum State {
    /// It waits for its confirmation.
    Waiting(Arc<Waiting>),
    /// It is being written.
    Writing {
        /// What.
        waiting: Arc<Waiting>,
        /// Rows that are durable.
        done: u64,
        /// Rows to write.
        total: u64,
    },
    /// It has ended; file and preview are gone.
    Done(Box<Imported>),
    /// It was refused or failed.
    Failed {
        /// What.
        waiting: Arc<Waiting>,
        /// The stable code of the reason.
        code: String,
        /// The reason.
        told: String,
    },
}

/// One import from the upload to its end.
pub(in crate::web) struct Import(Mutex<State>);

impl Import {
    pub(super) fn new(upload: Upload, preview: Preview) -> Self {
        let people = &preview.diff.employees.rows;
        let further = people.iter().flat_map(|change| change.row.ext.keys().cloned()).collect();
        Self(Mutex::new(State::Waiting(Arc::new(Waiting { upload, preview, further }))))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn state(&self) -> State {
        self.lock().clone()
    }

    /// Begins to write, unless somebody has begun already.
    pub(super) fn begin(&self) -> Option<Arc<Waiting>> {
        let mut state = self.lock();
        let waiting = match &*state {
            State::Waiting(waiting) | State::Failed { waiting, .. } => waiting.clone(),
            State::Writing { .. } | State::Done(_) => return None,
        };
        *state = State::Writing { waiting: waiting.clone(), done: 0, total: 0 };
        Some(waiting)
    }

    pub(super) fn advance(&self, rows: u64, of: u64) {
        if let State::Writing { done, total, .. } = &mut *self.lock() {
            (*done, *total) = (rows, of);
        }
    }

    pub(super) fn end(&self, state: State) {
        *self.lock() = state;
    }
}

fn gone(id: &str) -> Problem {
    Problem::not_found("preview", id)
}
