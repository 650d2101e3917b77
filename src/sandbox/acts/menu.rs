//! Taps on the menu of an app, one kind of event for each type of entry.

use super::{ActError, Doing};
use crate::sandbox::events::element::Element;
use crate::sandbox::messages::content::Place;
use md5::{Digest, Md5};
use serde::Deserialize;

/// What a tap brings along.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Extra {
    /// What the scanner read.
    pub scanned: String,
    /// Uploaded pictures.
    pub pictures: Vec<String>,
    /// The place that was picked.
    pub place: Option<Place>,
}

impl Doing<'_> {
    /// Answers the address that the client opens, if any.
    pub(super) fn menu(&mut self, place: &[usize], with: Extra) -> Result<Option<String>, ActError> {
        let menu = self.app().and_then(|app| app.menu.as_ref());
        let button = menu.and_then(|menu| menu.find(place)).ok_or(ActError::NoEntry)?.clone();
        let key = Element::text("EventKey", button.key.clone());
        match button.kind.as_str() {
            "view" => {
                self.event("view", vec![Element::text("EventKey", button.url.clone())], None);
                Ok(Some(button.url))
            }
            "view_miniprogram" => {
                self.event("view_miniprogram", vec![Element::text("EventKey", button.pagepath)], None);
                Ok(None)
            }
            kind @ ("scancode_push" | "scancode_waitmsg") => {
                if with.scanned.is_empty() {
                    return Err(ActError::Empty);
                }
                let info = Element::group(
                    "ScanCodeInfo",
                    vec![Element::text("ScanType", "qrcode"), Element::text("ScanResult", with.scanned.clone())],
                );
                self.event(kind, vec![key, info], None);
                let is_url = with.scanned.starts_with("http://") || with.scanned.starts_with("https://");
                Ok((kind == "scancode_push" && is_url).then_some(with.scanned))
            }
            kind @ ("pic_sysphoto" | "pic_photo_or_album" | "pic_weixin") => {
                self.pictures(kind, key, with.pictures).map(|()| None)
            }
            "location_select" => {
                let place = with.place.ok_or(ActError::Empty)?;
                let info = Element::group(
                    "SendLocationInfo",
                    vec![
                        Element::text("Location_X", place.latitude.to_string()),
                        Element::text("Location_Y", place.longitude.to_string()),
                        Element::text("Scale", place.scale.to_string()),
                        Element::text("Label", place.label.clone()),
                        Element::text("Poiname", ""),
                    ],
                );
                self.event("location_select", vec![key, info, Element::text("AppType", "wxwork")], None);
                self.place(place);
                Ok(None)
            }
            _ => {
                self.event("click", vec![key], None);
                Ok(None)
            }
        }
    }

    /// The event first, then each picture as a message of its own.
    fn pictures(&mut self, kind: &str, key: Element, pictures: Vec<String>) -> Result<(), ActError> {
        if pictures.is_empty() {
            return Err(ActError::Empty);
        }
        let mut items = Vec::new();
        for media_id in &pictures {
            let sum = hex::encode(Md5::digest(&self.media(media_id, "image")?.content));
            items.push(Element::group("item", vec![Element::text("PicMd5Sum", sum)]));
        }
        let count = Element::number("Count", items.len());
        let info = if self.options.repeats_pic_list {
            let lists = items.into_iter().map(|item| Element::group("PicList", vec![item]));
            lists.chain([count]).collect()
        } else {
            vec![count, Element::group("PicList", items)]
        };
        self.event(kind, vec![key, Element::group("SendPicsInfo", info)], None);
        pictures.into_iter().try_for_each(|media_id| self.image(media_id))
    }
}
