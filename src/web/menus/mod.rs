//! Menus of apps: which app, and the editor.

mod edit;
mod fields;
mod list;

use super::routes::Routes;

pub(super) fn routes(routes: &mut Routes) {
    list::routes(routes);
    edit::routes(routes);
}
