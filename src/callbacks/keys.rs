//! The keys and auto replies of every receiver, opened once and kept until the set-up changes.

use super::{Observer, ReceiverObserver};
use crate::model::{App, AutoReply, CallbackFault, CallbackOf, Corp, CorpKey, Picture};
use crate::store::{self, Reads, Store, StoreError};
use crate::wecom::crypto::CallbackCrypto;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// A receiver that callbacks can be taken for.
pub(super) struct Ready {
    pub(super) corp: CorpKey,
    pub(super) of: CallbackOf,
    pub(super) corpid: String,
    /// Since when the corp is this WeCom, Unix milliseconds.
    pub(super) since_ms: i64,
    /// AgentID of the app.
    pub(super) agentid: Option<u64>,
    pub(super) crypto: CallbackCrypto,
    /// Auto replies of the app.
    pub(super) replies: Vec<AutoReply>,
    /// Pictures that they may send.
    pub(super) pictures: Vec<Picture>,
    /// Who counts what is taken.
    pub(super) observer: Box<dyn ReceiverObserver>,
}

/// What an address leads to.
#[derive(Clone)]
pub(super) enum Known {
    /// A receiver.
    Ready(Arc<Ready>),
    /// A receiver of a known corp that cannot take anything, and why.
    Not(CorpKey, CallbackOf, CallbackFault),
    /// No corp has this key.
    Nothing,
}

type Receivers = HashMap<String, Known>;

/// Opened keys by corp and receiver.
#[derive(Default)]
pub(super) struct Keys(RwLock<(u64, HashMap<String, Arc<Receivers>>)>);

impl Keys {
    /// What `/cb/{corp}/{receiver}` leads to at this moment.
    pub(super) fn find(
        &self,
        store: &Store,
        observer: &dyn Observer,
        corp: &str,
        receiver: &str,
    ) -> Result<Known, StoreError> {
        let Some(receivers) = self.receivers(store, observer, corp)? else { return Ok(Known::Nothing) };
        Ok(receivers
            .get(receiver)
            .cloned()
            .unwrap_or_else(|| Known::Not(CorpKey::from(corp), CallbackOf::of(receiver), CallbackFault::UnknownApp)))
    }

    /// Every receiver of a corp that can take callbacks, for finding out whose a stray one is.
    pub(super) fn all_ready(
        &self,
        store: &Store,
        observer: &dyn Observer,
        corp: &CorpKey,
    ) -> Result<Vec<Arc<Ready>>, StoreError> {
        let receivers = self.receivers(store, observer, corp.as_str())?;
        let ready = |known: &Known| match known {
            Known::Ready(ready) => Some(ready.clone()),
            _ => None,
        };
        Ok(receivers.iter().flat_map(|receivers| receivers.values()).filter_map(ready).collect())
    }

    fn receivers(
        &self,
        store: &Store,
        observer: &dyn Observer,
        corp: &str,
    ) -> Result<Option<Arc<Receivers>>, StoreError> {
        let version = store.setup_version();
        {
            let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
            if kept.0 == version
                && let Some(receivers) = kept.1.get(corp)
            {
                return Ok(Some(receivers.clone()));
            }
        }
        let key = CorpKey::from(corp);
        let Some(receivers) = store.read(|tx| load(tx, observer, &key))?.map(Arc::new) else { return Ok(None) };
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.0 != version {
            *kept = (version, HashMap::new());
        }
        kept.1.insert(corp.to_owned(), receivers.clone());
        Ok(Some(receivers))
    }
}

fn load(tx: &impl Reads, observer: &dyn Observer, key: &CorpKey) -> Result<Option<Receivers>, StoreError> {
    let Some(corp) = store::corps::find(tx, key)? else { return Ok(None) };
    let mut receivers = Receivers::new();
    for of in [CallbackOf::Contacts, CallbackOf::Customers] {
        let known = open(tx, observer, &corp, &of, None)?;
        receivers.insert(of.segment().to_owned(), known);
    }
    for app in &corp.apps {
        let of = CallbackOf::App(app.key.clone());
        let known = open(tx, observer, &corp, &of, Some(app))?;
        receivers.insert(of.segment().to_owned(), known);
    }
    Ok(Some(receivers))
}

fn open(
    tx: &impl Reads,
    observer: &dyn Observer,
    corp: &Corp,
    of: &CallbackOf,
    app: Option<&App>,
) -> Result<Known, StoreError> {
    let not = |fault| Ok(Known::Not(corp.key.clone(), of.clone(), fault));
    if app.is_some_and(|app| !app.callback_enabled) {
        return not(CallbackFault::Off);
    }
    let token = store::secrets::find(tx, &corp.key, &of.token())?;
    let aes_key = store::secrets::find(tx, &corp.key, &of.aes_key())?;
    let (Some(token), Some(aes_key)) = (token, aes_key) else { return not(CallbackFault::NoKeys) };
    match CallbackCrypto::new(token.expose(), aes_key.expose(), &corp.corpid) {
        Err(_) => not(CallbackFault::BadKey),
        Ok(crypto) => Ok(Known::Ready(Arc::new(Ready {
            corp: corp.key.clone(),
            of: of.clone(),
            corpid: corp.corpid.clone(),
            since_ms: store::loose_ends::since_ms(tx, &corp.key)?,
            agentid: app.map(|app| app.agentid),
            observer: observer.receiver(&corp.key, of),
            crypto,
            replies: match app {
                Some(app) => store::auto_replies::list(tx, &corp.key, &app.key)?,
                None => Vec::new(),
            },
            pictures: match app {
                Some(app) => store::pictures::list(tx, &corp.key, &app.key)?,
                None => Vec::new(),
            },
        }))),
    }
}
