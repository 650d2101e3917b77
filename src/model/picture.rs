//! Pictures that auto replies send. The bridge keeps them, for WeCom keeps an uploaded file for three days only.

use super::ids::{AppKey, CorpKey, PictureId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// For so long WeCom knows the id of an uploaded file, milliseconds (doc path 90253).
pub const MEDIA_MS: i64 = 3 * 24 * 3_600_000;
/// What is so near to its end is not sent any more: the member's phone fetches it a moment later.
const SPARE_MS: i64 = 3_600_000;
/// An upload of that age is made anew.
const RENEW_AFTER_MS: i64 = 2 * 24 * 3_600_000;

/// What a picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PictureKind {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
}

impl PictureKind {
    /// By the first bytes; `None` = none of those that WeCom takes (doc path 90253).
    pub fn of(content: &[u8]) -> Option<Self> {
        if content.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if content.starts_with(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else {
            None
        }
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }

    /// The ending of its file name.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
        }
    }
}

/// An upload to WeCom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AtWecom {
    /// The id by which WeCom knows it.
    pub media_id: String,
    /// When it was uploaded, Unix milliseconds.
    pub uploaded_at_ms: i64,
}

impl AtWecom {
    /// Until when it is sent, Unix milliseconds.
    pub fn good_until_ms(&self) -> i64 {
        self.uploaded_at_ms + MEDIA_MS - SPARE_MS
    }

    /// When it is uploaded anew, Unix milliseconds.
    pub fn renew_at_ms(&self) -> i64 {
        self.uploaded_at_ms + RENEW_AFTER_MS
    }
}

/// A picture of one app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Picture {
    /// Id.
    pub id: PictureId,
    /// The corp.
    pub corp: CorpKey,
    /// The app.
    pub app: AppKey,
    /// Name of the file, without folders.
    pub name: String,
    /// What it is.
    pub kind: PictureKind,
    /// Bytes.
    pub size: usize,
    /// When it was added, Unix milliseconds.
    pub added_at_ms: i64,
    /// The newest upload; absent while no rule has needed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_wecom: Option<AtWecom>,
    /// Why the last upload failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

impl Picture {
    /// The id by which WeCom knows it at this time.
    pub fn media_id(&self, now_ms: i64) -> Option<&str> {
        let upload = self.at_wecom.as_ref().filter(|upload| now_ms < upload.good_until_ms());
        upload.map(|upload| upload.media_id.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_is_renewed_long_before_it_ends() {
        let upload = AtWecom { media_id: "m".into(), uploaded_at_ms: 1_000 };
        assert!(upload.renew_at_ms() < upload.good_until_ms() && upload.good_until_ms() < 1_000 + MEDIA_MS);
        let picture = Picture {
            id: "p".into(),
            corp: "c".into(),
            app: "a".into(),
            name: "a.png".into(),
            kind: PictureKind::Png,
            size: 9,
            added_at_ms: 1,
            at_wecom: Some(upload.clone()),
            fault: None,
        };
        for (now_ms, want) in
            [(1_000, Some("m")), (upload.good_until_ms() - 1, Some("m")), (upload.good_until_ms(), None)]
        {
            assert_eq!(picture.media_id(now_ms), want, "{now_ms}");
        }
    }

    #[test]
    fn kinds_by_their_first_bytes() {
        for (content, want) in [
            (&b"\x89PNG\r\n\x1a\nx"[..], Some(PictureKind::Png)),
            (b"\xff\xd8\xff\xe0", Some(PictureKind::Jpeg)),
            (b"GIF89a", None),
            (b"", None),
        ] {
            assert_eq!(PictureKind::of(content), want, "{content:?}");
        }
    }
}
