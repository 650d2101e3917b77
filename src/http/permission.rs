//! Rights as types: a handler names the one that it asks for in its signature, so that it cannot be forgotten. API keys
//! have them one by one, accounts by their role.

use crate::model::ApiScope;

/// A right that a handler asks for, as a type.
pub trait Permission: 'static {
    /// What a key or a role must have.
    const SCOPE: ApiScope;
}

macro_rules! permissions {
    ($($name:ident),*) => { $(
        #[doc = concat!("The scope [`ApiScope::", stringify!($name), "`].")]
        #[derive(Debug)]
        pub struct $name;
        impl Permission for $name {
            const SCOPE: ApiScope = ApiScope::$name;
        }
    )* };
}
permissions!(
    DirectoryRead,
    DirectoryWrite,
    CorpRead,
    CorpWrite,
    SyncRead,
    SyncRun,
    SyncDecide,
    BindingWrite,
    KeysAdmin,
    AuditRead,
    OpsRead,
    OpsBackup,
    AccountsAdmin,
    SettingsWrite,
    MessagesSend,
    MessagesRead,
    MessagesManage,
    CallbacksRead,
    CallbacksManage
);
