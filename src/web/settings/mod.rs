//! What a sync does: every option with its explanation and danger, the scope, expressions and schedules, and what other
//! settings would do.

mod draft;
mod fields;
mod page;
mod picks;
mod schedule;
mod scope;
mod told;
mod try_out;

use super::routes::Routes;

pub(super) fn routes(routes: &mut Routes) {
    page::routes(routes);
    scope::routes(routes);
    try_out::routes(routes);
}
