//! The WeCom protocol: endpoints, tokens, quota, retries, wire forms, the errcode table.
//!
//! Owns everything that only WeCom can mean: paths, field spellings, errcode numbers, editions. It refuses to know why
//! a call is made, what a plan is, or where anything is stored; callers get model types back and typed errors.
//!
//! One call runs through: access check → breaker and token → pacing by quota → lane (concurrency) → request →
//! answer → classified error or decoded value. Waiting happens on the [`Clock`](crate::clock::Clock), so every wait
//! can be simulated; every future may be dropped at any await.

mod answers;
pub mod batch_csv;
mod call;
mod client;
mod clients;
pub mod crypto;
mod decode;
mod dialect;
pub mod endpoint;
pub mod errcode;
mod error;
mod export_file;
mod gate;
mod lanes;
pub mod message;
mod meter;
mod pace;
mod probe;
mod requests;
mod token;
mod transport;
mod verdict;
mod visit;
mod wire;

/// What every room that sends HTTP out shares: certificates, proxies, errors without addresses in them.
pub(crate) mod outbound {
    pub(crate) use super::transport::{describe, read_ca, read_proxy};
}

pub use answers::*;
pub use client::{
    BATCH_DELETE_MAX, Client, ConvertedIds, LIST_ID_MAX, Patience, QuotaUse, TAG_DEPARTMENTS_MAX, TAG_USERS_MAX,
};
pub use clients::{Clients, CorpSecrets, Credential};
pub use dialect::member_body;
pub use error::{CallError, CallErrorKind, NotSentCause, Refusal, RefusalClass};
pub use export_file::ExportKey;
pub use gate::Gate;
pub use meter::{CallMeter, CallObserver, NO_ANSWER, NoObserver};
pub use pace::{ApiUse, ApiUsed, QuotaAccount, QuotaMemory, QuotaUsed, seconds_for};
pub use probe::{Abilities, Ability, best_strategy};
pub use requests::*;
pub use visit::{Visit, visit};
