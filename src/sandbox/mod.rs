//! A WeCom of our own: the same wire, its own state, its own request checks. Used by the demo, rehearsals and tests.
//!
//! It is a judge, not a friend: requests are parsed with its own types, written from the contract pages, so that a
//! mistake in the client cannot hide here. Only the callback crypto is shared with `wecom`. Control stands under
//! `/_sandbox/`, a page for people at `/`.
//!
//! ```no_run
//! # async fn example() -> Result<(), wecom_bridge::sandbox::SandboxError> {
//! use wecom_bridge::sandbox::{Sandbox, SandboxOptions, seed};
//! let sandbox = Sandbox::start(SandboxOptions::default())?;
//! seed::demo(sandbox.state());
//! println!("{}", sandbox.base_url());
//! sandbox.stop().await;
//! # Ok(())
//! # }
//! ```

mod acts;
mod api;
mod console;
mod control;
mod events;
mod handle;
mod html;
mod jobs;
mod menus;
pub mod messages;
mod options;
mod page;
mod page_messages;
mod phone;
mod rules;
pub mod seed;
mod shared;
mod state;
mod traffic;
mod wire;

pub use acts::{Act, ActError, Acted, EventOrder, Extra};
pub use events::Change;
pub use events::outbox::Delivery;
pub use events::verify::VerifyError;
pub use handle::{RunOptions, Sandbox, SandboxError, run};
pub use options::{
    DeliveryOptions, Limits, MessageLimits, MessageSwitches, Profile, QuotaLimits, SandboxOptions, Switches,
};
pub use shared::State;
pub use state::World;
pub use state::chat::{Chat, Chats, Robot};
pub use state::corp::{App, AppKind, Callback, Contacts, Corp, Owner, Settings, TrustedIps, VisibleRange};
pub use state::directory::Directory;
pub use state::file::{CorpFile, FileError, StateFile};
pub use state::job::{Export, ExportFile, ExportKind, Import, ImportKind, ImportRow, Jobs, Media};
pub use state::member::{Attribute, Department, ExternalProfile, Member, Membership, folded};
pub use state::tag::Tag;
pub use traffic::calls::{Call, EndpointCount};
pub use traffic::fault::{ActiveFault, Effect, Fault};
pub use traffic::quota::QuotaRow;
pub use wire::answer::Refusal;
