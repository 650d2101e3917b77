//! Domain types and rules over them; no I/O. This room knows no other room.

pub mod account;
pub mod api_key;
pub mod audit;
pub mod auto_reply;
pub mod binding;
pub mod callback;
pub mod card_update;
pub mod change;
pub mod content;
pub mod corp;
pub mod counts;
pub mod digest;
pub mod directory;
pub mod fields;
pub mod ids;
pub mod lists;
pub mod member;
pub mod menu;
pub mod message;
pub mod normal;
pub mod options;
pub mod picture;
pub mod plan;
pub mod rule;
pub mod run;
pub mod secret;
pub mod todo;
pub mod webhook;

pub use account::{Account, PasswordHash, Role, Session, TotpState};
pub use api_key::{ApiKey, ApiScope, StoredAnswer};
pub use audit::{Actor, AuditRow};
pub use auto_reply::{AutoReply, Matching, ReplyArticle, ReplyContent, Said, SaidKind};
pub use binding::Placement;
pub use binding::{
    BindingOrigin, DepartmentBinding, MemberBinding, Pushed, Removal, RemovalCause, ResolveCase, Tombstone,
};
pub use callback::{
    CallbackFailure, CallbackFault, CallbackHealth, CallbackOf, FollowUp, InboxItem, InboxState, Piece, PieceState,
};
pub use card_update::{CardUpdate, CardUpdateState};
pub use change::{Action, Change, DepartmentImage, MemberImage, Reversible};
pub use corp::{Access, App, Corp, Edition, Endpoints, Quota, SecretName};
pub use counts::{Counts, DepartmentCounts, MemberCounts};
pub use directory::{Employee, EmployeeStatus, Gender, OrgUnit, Tenant};
pub use fields::Fields;
pub use ids::{
    AccountId, AppKey, AutoReplyId, CallId, CorpKey, DepartmentId, EmployeeId, InboxId, InvalidId, MessageId,
    PictureId, PlanId, PostId, RuleId, RunId, SessionId, TenantKey, Text, UnitId, UserId,
};
pub use lists::{AttributeList, PARTLY, ShownLists, WHOLE, WRITTEN};
pub use member::{Department, Member, MemberField, MemberStatus, Membership, MirrorHead, ReadStrategy, Unreadable};
pub use message::{
    Button, CallPart, CallState, Carried, Delivery, DeliveryState, Intent, MemberRef, Message, MessageHead, Priority,
    QuietWindow, Recipients, SendCall, Tally, TodoKind, TraceRow,
};
pub use options::{
    DownstreamOptions, GuardLimits, Leaver, MatchRule, OutOfScope, PullOptions, Scope, StrategyChoice, UpstreamOptions,
};
pub use picture::{AtWecom, Picture, PictureKind};
pub use plan::{
    BatchShare, Blast, BlastTotals, Budget, Decision, Direction, GuardVerdict, Invariant, Notice, PlanHead, PlanState,
    RenameOffer,
};
pub use rule::{ContentKind, Digest, Overlong, QuietHours, Rule, Target};
pub use run::{
    Asked, Calls, CancelAsked, Ending, FailedRecord, JournalEntry, Outcome, PullResult, RetryAsked, Run, RunBrief,
    RunKind, RunState,
};
pub use secret::Secret;
pub use todo::{CardPress, PressCode, PressOutcome, Todo, TodoChange, TodoState, ToldRef};
pub use webhook::{PostState, Webhook, WebhookPost};
