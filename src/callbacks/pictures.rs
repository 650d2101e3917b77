//! Pictures of auto replies. WeCom forgets an uploaded file after three days (doc path 90253) and a passive reply has no time
//! for an upload: so the bridge keeps the pictures, and those that a rule sends are uploaded anew long before they expire.

use super::Callbacks;
use super::replies::{ReplyError, has_app};
use crate::model::{Actor, AppKey, AtWecom, AutoReply, CorpKey, Picture, PictureId, PictureKind, ReplyContent};
use crate::store::{self, StoreError};
use crate::sync::SyncError;
use crate::wecom::{CallError, Credential, MediaKind};
use bytes::Bytes;
use serde_json::json;

/// Bytes of a picture: what every edition takes (doc path 90253; newer ones take 10 MB).
pub const PICTURE_MAX_BYTES: usize = 2 << 20;
/// WeCom takes nothing smaller (doc path 90253).
const PICTURE_MIN_BYTES: usize = 6;
/// Pictures of one app.
pub const PICTURES_MAX: usize = 100;
/// Letters of a name that are kept.
const NAME_MAX: usize = 64;
/// Pause after an upload that failed.
const RETRY_MS: i64 = 10 * 60_000;
/// Without being told, it is looked so often.
const LOOK_EVERY_MS: i64 = 3_600_000;

/// Why a picture could not be brought to WeCom, or a message not be sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum UploadError {
    #[error(transparent)]
    Sync(#[from] SyncError),
    #[error("the corp has no app {0}")]
    NoApp(AppKey),
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Callbacks {
    /// The pictures of an app, the oldest first.
    ///
    /// # Errors
    /// [`ReplyError::NoApp`]
    pub async fn pictures(&self, corp: &CorpKey, app: &AppKey) -> Result<Vec<Picture>, ReplyError> {
        let (corp, key) = (corp.clone(), app.clone());
        let found = self.0.store.read_async(move |tx| {
            let is_known = has_app(tx, &corp, &key)?;
            Ok(if is_known { Some(store::pictures::list(tx, &corp, &key)?) } else { None })
        });
        found.await?.ok_or_else(|| ReplyError::NoApp(app.clone()))
    }

    /// A picture with what it shows.
    ///
    /// # Errors
    /// [`ReplyError::NoPicture`]
    pub async fn picture(&self, corp: &CorpKey, app: &AppKey, id: &PictureId) -> Result<(Picture, Bytes), ReplyError> {
        let (corp, app, wanted) = (corp.clone(), app.clone(), id.clone());
        let found = self.0.store.read_async(move |tx| {
            let picture = store::pictures::find(tx, &corp, &app, &wanted)?;
            Ok(picture.zip(store::pictures::find_content(tx, &corp, &app, &wanted)?))
        });
        found.await?.ok_or_else(|| ReplyError::NoPicture(id.clone()))
    }

    /// Keeps a picture for the rules of an app. It is uploaded to WeCom as soon as a rule sends it.
    ///
    /// # Errors
    /// [`ReplyError::Picture`] where it is neither PNG nor JPEG, or not of 6 bytes to [`PICTURE_MAX_BYTES`];
    /// [`ReplyError::NoApp`]; refused where the app has [`PICTURES_MAX`] already. Nothing is kept then.
    pub async fn add_picture(
        &self,
        actor: &Actor,
        corp: &CorpKey,
        app: &AppKey,
        name: &str,
        content: Bytes,
    ) -> Result<Picture, ReplyError> {
        let Some(kind) = PictureKind::of(&content) else { return Err(ReplyError::Picture("must be a PNG or JPEG")) };
        if !(PICTURE_MIN_BYTES..=PICTURE_MAX_BYTES).contains(&content.len()) {
            return Err(ReplyError::Picture("must have at most 2 MiB"));
        }
        let now_ms = self.0.clock.now_ms();
        let picture = Picture {
            id: PictureId::from(self.0.ids.next(now_ms).to_string()),
            corp: corp.clone(),
            app: app.clone(),
            name: name.chars().filter(|letter| !letter.is_control()).take(NAME_MAX).collect(),
            kind,
            size: content.len(),
            added_at_ms: now_ms,
            at_wecom: None,
            fault: None,
        };
        let (added, actor) = (picture.clone(), actor.clone());
        let is_added = self.0.store.write(move |tx| {
            if !has_app(tx, &added.corp, &added.app)? {
                return Ok(false);
            }
            if store::pictures::list(tx, &added.corp, &added.app)?.len() >= PICTURES_MAX {
                return Err(StoreError::Refused(format!("an app can have no more than {PICTURES_MAX} pictures")));
            }
            store::pictures::add(tx, &added, &content)?;
            let subject = format!("{}/{} {}", added.corp, added.app, added.name);
            let what = json!({ "picture": added.id, "size": added.size });
            store::audit::append(tx, &actor, "auto_reply.picture_add", &subject, None, Some(what))?;
            Ok(true)
        });
        if is_added.await? { Ok(picture) } else { Err(ReplyError::NoApp(app.clone())) }
    }

    /// Removes a picture that no rule sends.
    ///
    /// # Errors
    /// [`ReplyError::NoPicture`]; [`ReplyError::PictureInUse`] with the names of the rules. Nothing is removed then.
    pub async fn remove_picture(
        &self,
        actor: &Actor,
        corp: &CorpKey,
        app: &AppKey,
        id: &PictureId,
    ) -> Result<(), ReplyError> {
        let (actor, corp, app, wanted) = (actor.clone(), corp.clone(), app.clone(), id.clone());
        let removed = self.0.store.write(move |tx| {
            let senders = store::auto_replies::list(tx, &corp, &app)?;
            let senders: Vec<String> =
                senders.into_iter().filter(|rule| sends(rule) == Some(&wanted)).map(|rule| rule.name).collect();
            if !senders.is_empty() {
                return Ok(Err(ReplyError::PictureInUse(senders)));
            }
            let Some(gone) = store::pictures::remove(tx, &corp, &app, &wanted)? else {
                return Ok(Err(ReplyError::NoPicture(wanted.clone())));
            };
            let subject = format!("{corp}/{app} {}", gone.name);
            let what = json!({ "picture": gone.id, "size": gone.size });
            store::audit::append(tx, &actor, "auto_reply.picture_remove", &subject, Some(what), None)?;
            Ok(Ok(()))
        });
        removed.await?
    }
}

/// The picture that a rule sends.
fn sends(rule: &AutoReply) -> Option<&PictureId> {
    match &rule.reply {
        ReplyContent::Image { picture } => Some(picture),
        _ => None,
    }
}

/// The id by which WeCom knows a picture, uploaded now where it knows it no more; `None` = the picture was removed.
pub(super) async fn media_id(
    callbacks: &Callbacks,
    corp: &CorpKey,
    app: &AppKey,
    id: &PictureId,
) -> Result<Option<String>, UploadError> {
    let (key, app, wanted) = (corp.clone(), app.clone(), id.clone());
    let found = callbacks.0.store.read_async(move |tx| store::pictures::find(tx, &key, &app, &wanted)).await?;
    let Some(picture) = found else { return Ok(None) };
    match picture.media_id(callbacks.0.clock.now_ms()) {
        Some(media_id) => Ok(Some(media_id.to_owned())),
        None => upload(callbacks, &picture).await,
    }
}

/// Uploads a picture and notes what became of it; `None` = it was removed meanwhile.
async fn upload(callbacks: &Callbacks, picture: &Picture) -> Result<Option<String>, UploadError> {
    let began_ms = callbacks.0.clock.now_ms();
    let uploaded = to_wecom(callbacks, picture).await;
    let (at_wecom, fault) = match &uploaded {
        Ok(Some(upload)) => (Some(upload.clone()), None),
        Ok(None) => return Ok(None),
        Err(error) => (picture.at_wecom.clone(), Some(error.to_string())),
    };
    let (corp, app, id) = (picture.corp.clone(), picture.app.clone(), picture.id.clone());
    let noted = callbacks.0.store.write(move |tx| match store::pictures::find(tx, &corp, &app, &id)? {
        // to a WeCom that the corp has left meanwhile
        Some(_) if store::loose_ends::is_former(tx, &corp, began_ms)? => Ok(()),
        Some(picture) if picture.at_wecom != at_wecom || picture.fault != fault => {
            store::pictures::put(tx, &Picture { at_wecom: at_wecom.clone(), fault: fault.clone(), ..picture })
        }
        _ => Ok(()),
    });
    noted.await?;
    Ok(uploaded?.map(|upload| upload.media_id))
}

async fn to_wecom(callbacks: &Callbacks, picture: &Picture) -> Result<Option<AtWecom>, UploadError> {
    let (corp, app, id) = (picture.corp.clone(), picture.app.clone(), picture.id.clone());
    let content = callbacks.0.store.read_async(move |tx| store::pictures::find_content(tx, &corp, &app, &id)).await?;
    let Some(content) = content else { return Ok(None) };
    let env = callbacks.0.jobs.env();
    let corp = env.get_corp(&picture.corp).await?;
    if corp.find_app(&picture.app).is_none() {
        return Err(UploadError::NoApp(picture.app.clone()));
    }
    let client = env.client(&corp).await?;
    let (credential, now_ms) = (Credential::App(picture.app.clone()), callbacks.0.clock.now_ms());
    let name = format!("{}.{}", picture.id, picture.kind.ending());
    let media = client.media_upload(&credential, MediaKind::Image, &name, content).await?;
    Ok(Some(AtWecom { media_id: media.media_id, uploaded_at_ms: now_ms }))
}

/// Keeps the pictures that rules send known to WeCom, until the appliance stops.
pub(super) async fn run(callbacks: Callbacks) {
    loop {
        let wanted = callbacks.0.pictures_wanted.notified();
        let next_ms = match round(&callbacks).await {
            Ok(next_ms) => next_ms,
            Err(StoreError::Closed) => return,
            Err(error) => {
                tracing::error!(%error, "pictures of auto replies cannot be looked at: {error}");
                callbacks.0.clock.now_ms() + RETRY_MS
            }
        };
        let due_ms = next_ms.min(callbacks.0.clock.now_ms() + LOOK_EVERY_MS);
        if !callbacks.0.clock.until_due_or_told(Some(due_ms), wanted, &callbacks.0.stop).await {
            return;
        }
    }
}

/// Uploads what is due; when the next one is, Unix milliseconds.
async fn round(callbacks: &Callbacks) -> Result<i64, StoreError> {
    let pictures = callbacks.0.store.read_async(sent_by_rules).await?;
    let mut next_ms = i64::MAX;
    for picture in pictures {
        let now_ms = callbacks.0.clock.now_ms();
        let due_ms = picture.at_wecom.as_ref().map_or(now_ms, AtWecom::renew_at_ms);
        if due_ms > now_ms {
            next_ms = next_ms.min(due_ms);
            continue;
        }
        match upload(callbacks, &picture).await {
            Ok(_) => {}
            Err(UploadError::Store(StoreError::Closed)) => return Err(StoreError::Closed),
            Err(error) => {
                tracing::warn!(
                    corp = %picture.corp, app = %picture.app,
                    "the picture {} of an auto reply was not uploaded: {error}; it is tried again", picture.name
                );
                next_ms = next_ms.min(now_ms + RETRY_MS);
            }
        }
        if callbacks.0.stop.is_cancelled() {
            break;
        }
    }
    Ok(next_ms)
}

/// The pictures of all apps that rules in force send.
fn sent_by_rules(tx: &store::ReadTx) -> Result<Vec<Picture>, StoreError> {
    let mut pictures = Vec::new();
    for corp in store::corps::list(tx)? {
        for app in &corp.apps {
            let rules = store::auto_replies::list(tx, &corp.key, &app.key)?;
            let known = store::pictures::list(tx, &corp.key, &app.key)?;
            let is_sent = |picture: &Picture| rules.iter().any(|rule| rule.enabled && sends(rule) == Some(&picture.id));
            pictures.extend(known.into_iter().filter(is_sent));
        }
    }
    Ok(pictures)
}
