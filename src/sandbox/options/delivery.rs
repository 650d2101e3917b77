//! How callbacks are sent: reliability, tries, and the forms that live deliveries were seen in.

use serde::{Deserialize, Serialize};

/// How reliable the delivery of callbacks is, and how they are written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeliveryOptions {
    /// Probability that a callback is never sent.
    pub loss: f64,
    /// Probability that it is sent twice.
    pub duplication: f64,
    /// Probability that it is held back behind later ones (by `reorder_ms`).
    pub reordering: f64,
    /// How long such a callback is held back.
    pub reorder_ms: i64,
    /// Pause before every callback.
    pub delay_ms: i64,
    /// Makes the choices repeatable.
    pub seed: u64,
    /// How long an answer may take before the connection is cut: 5 s (doc path 90238).
    pub timeout_ms: u64,
    /// How long the answer to a URL check may take: 1 s (doc path 90930).
    pub verify_timeout_ms: u64,
    /// Tries in total (doc path 90238).
    pub tries: u32,
    /// Pause between tries; the pages name none.
    pub retry_ms: i64,
    /// Whether a status other than 200 is tried again; the pages disagree.
    pub retries_on_status: bool,
    /// Whether a repeated try carries timestamp, nonce and ciphertext of the first.
    pub retries_keep_nonce: bool,
    /// Messages and events of apps: elements in changing order.
    pub shuffles_elements: bool,
    /// The same: numbers in CDATA.
    pub numbers_in_cdata: bool,
    /// `SendPicsInfo` as a real delivery had it: one `PicList` per picture, `Count` last.
    pub repeats_pic_list: bool,
    /// `SelectedItems` as old pages spell it: `OpitonIds`, `OpitonId`.
    pub misspells_option_ids: bool,
    /// The envelope as JSON in place of XML.
    pub sends_json_envelope: bool,
    /// `echostr` of a URL check as it is, not percent-encoded: `+` then arrives as a space.
    pub sends_raw_echostr: bool,
}

impl Default for DeliveryOptions {
    fn default() -> Self {
        Self {
            loss: 0.0,
            duplication: 0.0,
            reordering: 0.0,
            reorder_ms: 2000,
            delay_ms: 0,
            seed: 0,
            timeout_ms: 5000,
            verify_timeout_ms: 1000,
            tries: 3,
            retry_ms: 1000,
            retries_on_status: true,
            retries_keep_nonce: false,
            shuffles_elements: false,
            numbers_in_cdata: false,
            repeats_pic_list: false,
            misspells_option_ids: false,
            sends_json_envelope: false,
            sends_raw_echostr: false,
        }
    }
}
