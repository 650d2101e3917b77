//! Messages of a member to an app, and opening it.

use super::{ActError, Doing};
use crate::sandbox::events::element::Element;
use crate::sandbox::messages::content::{Content, File, Page, Place, Video, Words};
use crate::sandbox::messages::message::{Message, Origin, Receipt};
use crate::sandbox::state::job::{MEDIA_MS, Media};

/// Where a member is when the app asks; the place of the page's sample.
const LATITUDE: &str = "23.104";
const LONGITUDE: &str = "113.320";
const PRECISION: &str = "65.000";

impl Doing<'_> {
    /// Puts the message into the talk of the member with the app.
    fn keep(&mut self, content: Content) {
        let origin = Origin::Member { userid: self.userid.clone(), agentid: self.agentid };
        let mut message = Message::new(origin, content, self.now_ms);
        message.receipts = vec![Receipt::new(self.userid.clone(), false)];
        let limits = &self.corp.message_limits;
        self.corp.messages.ring.push(message, limits.messages_kept, limits.receipts_kept);
    }

    pub(super) fn media(&self, media_id: &str, kind: &str) -> Result<&Media, ActError> {
        let media = self.corp.jobs.media.get(media_id);
        let is_good = |media: &&Media| media.kind == kind && media.created_at_ms + MEDIA_MS > self.now_ms;
        media.filter(is_good).ok_or(ActError::NoMedia)
    }

    pub(super) fn text(&mut self, content: String) -> Result<(), ActError> {
        if content.trim().is_empty() {
            return Err(ActError::Empty);
        }
        self.message("text", vec![Element::text("Content", content.clone())]);
        self.keep(Content::Text(Words { content, ..Words::default() }));
        Ok(())
    }

    pub(super) fn image(&mut self, media_id: String) -> Result<(), ActError> {
        self.media(&media_id, "image")?;
        let url = format!("{}/_sandbox/media/{}/{media_id}", self.base_url, self.corp.corpid);
        self.message("image", vec![Element::text("PicUrl", url), Element::text("MediaId", media_id.clone())]);
        self.keep(Content::Image(File { media_id }));
        Ok(())
    }

    pub(super) fn voice(&mut self, media_id: String) -> Result<(), ActError> {
        self.media(&media_id, "voice")?;
        self.message("voice", vec![Element::text("MediaId", media_id.clone()), Element::text("Format", "amr")]);
        self.keep(Content::Voice(File { media_id }));
        Ok(())
    }

    pub(super) fn video(&mut self, media_id: String, thumb_media_id: String) -> Result<(), ActError> {
        self.media(&media_id, "video")?;
        let thumb = if thumb_media_id.is_empty() { media_id.clone() } else { thumb_media_id };
        self.message("video", vec![Element::text("MediaId", media_id.clone()), Element::text("ThumbMediaId", thumb)]);
        self.keep(Content::Video(Video { media_id, ..Video::default() }));
        Ok(())
    }

    pub(super) fn place(&mut self, place: Place) {
        self.message(
            "location",
            vec![
                Element::number("Location_X", place.latitude),
                Element::number("Location_Y", place.longitude),
                Element::number("Scale", place.scale),
                Element::text("Label", place.label.clone()),
                Element::text("AppType", "wxwork"),
            ],
        );
        self.keep(Content::Location(place));
    }

    pub(super) fn link(&mut self, page: Page) -> Result<(), ActError> {
        if page.url.is_empty() {
            return Err(ActError::Empty);
        }
        self.message(
            "link",
            vec![
                Element::text("Title", page.title.clone()),
                Element::text("Description", page.description.clone()),
                Element::text("Url", page.url.clone()),
                Element::text("PicUrl", page.picurl.clone()),
            ],
        );
        self.keep(Content::Link(page));
        Ok(())
    }

    pub(super) fn enter(&mut self) {
        let Some(app) = self.app() else { return };
        let (tells_enter, tells_place) = (app.isreportenter, app.report_location_flag);
        if tells_enter {
            self.event("enter_agent", vec![Element::text("EventKey", "")], None);
        }
        if tells_place {
            let place = vec![
                Element::number("Latitude", LATITUDE),
                Element::number("Longitude", LONGITUDE),
                Element::number("Precision", PRECISION),
                Element::text("AppType", "wxwork"),
            ];
            self.event("LOCATION", place, None);
        }
    }
}
