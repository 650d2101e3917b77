//! Looks into uploaded files: is it what it says, and how long does a voice last.

/// `jpg` or `png`, by the first bytes.
pub fn image_kind(content: &[u8]) -> Option<&'static str> {
    if content.starts_with(&[0xff, 0xd8, 0xff]) {
        Some("jpg")
    } else if content.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("png")
    } else {
        None
    }
}

/// An MP4 file begins with a box `ftyp`.
pub fn is_mp4(content: &[u8]) -> bool {
    content.get(4..8) == Some(b"ftyp")
}

/// First line of an AMR file, narrow band.
const AMR_HEAD: &[u8] = b"#!AMR\n";
/// Bytes of a frame by its type, the byte of the type included; 0 = no such frame. Every frame is 20 ms.
const AMR_FRAME_BYTES: [usize; 16] = [13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1];
const AMR_FRAME_MS: u64 = 20;

/// What a voice file turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// No AMR at all.
    NotAmr,
    /// Begins as AMR, then breaks off.
    Broken,
    /// So long.
    Lasts {
        /// Milliseconds.
        ms: u64,
    },
}

/// Walks over the frames of an AMR file.
pub fn voice(content: &[u8]) -> Voice {
    let Some(mut rest) = content.strip_prefix(AMR_HEAD) else { return Voice::NotAmr };
    let mut frames = 0;
    while let Some(head) = rest.first() {
        let bytes = AMR_FRAME_BYTES[usize::from(head >> 3 & 0x0f)];
        match rest.get(bytes..) {
            Some(after) if bytes > 0 => rest = after,
            _ => return Voice::Broken,
        }
        frames += 1;
    }
    if frames == 0 { Voice::Broken } else { Voice::Lasts { ms: frames * AMR_FRAME_MS } }
}

/// The Content-Type under which a file is given out.
pub fn content_type(kind: &str, filename: &str, content: &[u8]) -> &'static str {
    match (kind, image_kind(content)) {
        ("image", Some("png")) => return "image/png",
        ("image", _) => return "image/jpeg",
        ("voice", _) => return "voice/amr",
        ("video", _) => return "video/mp4",
        _ => {}
    }
    match filename.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
        Some("txt") => "text/plain",
        Some("csv") => "text/csv",
        Some("pdf") => "application/pdf",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voice_is_measured_by_its_frames() {
        let amr = |frames: usize| {
            let mut content = AMR_HEAD.to_vec();
            for _ in 0..frames {
                content.push(7 << 3 | 4);
                content.resize(content.len() + 31, 0);
            }
            content
        };
        assert_eq!(voice(&amr(50)), Voice::Lasts { ms: 1000 });
        assert_eq!(voice(&amr(3000)), Voice::Lasts { ms: 60_000 });
        assert_eq!(voice(&amr(50)[..1000]), Voice::Broken);
        assert_eq!(voice(&amr(0)), Voice::Broken);
        assert_eq!(voice(b"RIFF....WAVE"), Voice::NotAmr);
    }

    #[test]
    fn images_are_known_by_their_first_bytes() {
        assert_eq!(image_kind(b"\x89PNG\r\n\x1a\n...."), Some("png"));
        assert_eq!(image_kind(&[0xff, 0xd8, 0xff, 0xe0]), Some("jpg"));
        assert_eq!(image_kind(b"GIF89a"), None);
        assert!(is_mp4(b"\0\0\0\x18ftypisom") && !is_mp4(b"RIFF"));
    }
}
