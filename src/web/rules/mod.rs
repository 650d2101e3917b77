//! Push rules: the list and its order, the editor with a live preview, the box to try them.

mod edit;
mod fields;
mod list;
pub(super) mod look;
mod trial;

use super::routes::Routes;

pub(super) use edit::{Preview, place};

pub(super) fn routes(routes: &mut Routes) {
    list::routes(routes);
    trial::routes(routes);
    edit::routes(routes);
}
