//! Callbacks: how the addresses fare, the inbox, auto replies, webhooks.

mod addresses;
mod detail;
mod inbox;
mod pictures;
mod replies;
mod replies_remove;
mod reply_form;
mod senders;
mod webhook_form;
mod webhooks;

use super::routes::Routes;

pub(super) fn routes(routes: &mut Routes) {
    addresses::routes(routes);
    inbox::routes(routes);
    detail::routes(routes);
    replies::routes(routes);
    replies_remove::routes(routes);
    pictures::routes(routes);
    reply_form::routes(routes);
    webhooks::routes(routes);
    webhook_form::routes(routes);
}
