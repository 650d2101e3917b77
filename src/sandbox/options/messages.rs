//! Switches and sizes of messages, chats, robots, media and menus (apps-messages-callbacks.md).

use super::Profile;
use serde::{Deserialize, Serialize};

const HOUR_MS: i64 = 3_600_000;

/// Where the pages on messages are silent or disagree. The contract marks each of these as unverified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageSwitches {
    /// A suppressed duplicate answers the msgid of the first request; otherwise no msgid.
    pub duplicate_answers_msgid: bool,
    /// Errcode of a task_id that the app has used before, is not well formed, or is missing.
    pub task_id_errcode: i64,
    /// Errcode above the daily person-times of an app.
    pub daily_quota_errcode: i64,
    /// Errcode of a second recall; 0 = it is taken.
    pub second_recall_errcode: i64,
    /// Errcode when every receiver is invalid: 81013, on old servers 82001.
    pub all_invalid_errcode: i64,
    /// Title and description of a text card are limited in bytes, as on older pages, not in characters.
    pub textcard_counts_bytes: bool,
    /// Where the page counts 汉字, an ASCII character counts as half of one.
    pub ascii_counts_half: bool,
    /// `safe: 1` on a type that has no safe is refused with 40058; otherwise it is ignored.
    pub refuses_unsupported_safe: bool,
    /// A menu with event buttons is refused (43012) for an app without a receive-message URL.
    pub menu_needs_callback: bool,
    /// `submit_button.text` is required (42049); otherwise it is 提交 when missing.
    pub submit_text_is_required: bool,
    /// `toparty` reaches the departments below too.
    pub party_includes_below: bool,
    /// A robot's message whose JSON had to be coerced answers ok and is not delivered.
    pub robot_loses_coerced: bool,
    /// Errcode of a chatid that does not exist: 86003 or 40050.
    pub unknown_chat_errcode: i64,
    /// Errcode of a group chat call by an app that does not see the root: 48002 or 60011.
    pub chat_range_errcode: i64,
    /// `message/send` answers a jobid and is recalled with `message/revoke`, as private servers seem to do.
    pub send_answers_jobid: bool,
    /// `appchat/send` answers a jobid, `appchat/revoke`, `appchat/dismiss` and `message/revoke` exist.
    pub chat_answers_jobid: bool,
    /// `message/send` is taken from any IP.
    pub send_skips_trusted_ip: bool,
    /// Ordinary passive replies are taken only for the events that one secondary source lists.
    pub replies_only_to_listed_events: bool,
    /// The text `success` as answer to an app's callback is harmless; otherwise it counts as a broken reply.
    pub tolerates_success: bool,
    /// A card's buttons are dead for a member once pressed, even before the card is updated.
    pub locks_pressed_cards: bool,
    /// Apps with a receive-message URL hear `subscribe` and `unsubscribe` when members come, go or are switched.
    pub tells_subscriptions: bool,
}

/// The events that take an ordinary passive reply, by the one secondary source that lists them.
pub const EVENTS_WITH_REPLY: &[&str] = &[
    "subscribe",
    "enter_agent",
    "LOCATION",
    "click",
    "view",
    "view_miniprogram",
    "scancode_waitmsg",
    "template_card_menu_event",
];

/// The events that take a card update as passive reply (doc path 90241).
pub const EVENTS_WITH_CARD_UPDATE: &[&str] = &["template_card_event", "template_card_menu_event"];

impl MessageSwitches {
    /// The likeliest behaviour of a profile.
    pub fn of(profile: Profile) -> Self {
        let private = profile.is_private();
        Self {
            duplicate_answers_msgid: false,
            task_id_errcode: 42014,
            daily_quota_errcode: 45009,
            second_recall_errcode: 0,
            all_invalid_errcode: 81013,
            textcard_counts_bytes: false,
            ascii_counts_half: false,
            refuses_unsupported_safe: true,
            menu_needs_callback: false,
            submit_text_is_required: true,
            party_includes_below: true,
            robot_loses_coerced: true,
            unknown_chat_errcode: 86003,
            chat_range_errcode: 48002,
            send_answers_jobid: private,
            chat_answers_jobid: private,
            send_skips_trusted_ip: false,
            replies_only_to_listed_events: true,
            tolerates_success: true,
            locks_pressed_cards: false,
            tells_subscriptions: true,
        }
    }
}

/// Sizes and windows of messages (chapters 4 to 10 of the contract); smaller ones make a limit testable. For the rates 0
/// switches one off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageLimits {
    /// Messages of one app to one member in a minute; more are dropped silently (doc path 90236).
    pub member_minute: usize,
    /// The same in an hour.
    pub member_hour: usize,
    /// Person-times of one app on one day = members of the corp at most × this (doc path 90236).
    pub day_per_account: u64,
    /// How long a response_code is good.
    pub response_code_ms: i64,
    /// How long a message can be recalled.
    pub recall_ms: i64,
    /// Longest `duplicate_check_interval`, seconds.
    pub duplicate_max_s: i64,
    /// Group chat messages of one app to one member in a minute; more are dropped silently (doc path 90244).
    pub chat_member_minute: usize,
    /// The same on one day.
    pub chat_member_day: usize,
    /// Person-times of group chats in a minute (45009).
    pub chat_minute: u64,
    /// Person-times of group chats in an hour, by corp size up to 700,000 (45009).
    pub chat_hour: u64,
    /// New group chats on one day (45009).
    pub chats_day: usize,
    /// Changes of group chats in an hour (45009).
    pub chat_changes_hour: usize,
    /// Messages of one robot in a minute (45009).
    pub robot_minute: usize,
    /// Bytes of a robot's text: 2048 by the page, 5120 as observed.
    pub robot_text_bytes: usize,
    /// Images by `media/uploadimg` on one day (45009).
    pub page_images_day: usize,
    /// The same in 30 days.
    pub page_images_month: usize,
    /// Changes of trusted domains in 30 days (85004).
    pub domain_changes_month: usize,
    /// How long a private server's send job runs.
    pub job_ms: i64,
    /// Messages that the sandbox remembers; older ones can be neither recalled nor updated.
    pub messages_kept: usize,
    /// Receipts of remembered messages; a message to 1,000 members has 1,000.
    pub receipts_kept: usize,
    /// response_codes and duplicate checks that are remembered, each.
    pub codes_kept: usize,
}

impl MessageLimits {
    /// The documented limits; the private editions publish no rates.
    pub fn of(profile: Profile) -> Self {
        let public = Self {
            member_minute: 30,
            member_hour: 1000,
            day_per_account: 200,
            response_code_ms: 72 * HOUR_MS,
            recall_ms: 24 * HOUR_MS,
            duplicate_max_s: 14_400,
            chat_member_minute: 200,
            chat_member_day: 10_000,
            chat_minute: 20_000,
            chat_hour: 150_000,
            chats_day: 1000,
            chat_changes_hour: 1000,
            robot_minute: 20,
            robot_text_bytes: 2048,
            page_images_day: 1000,
            page_images_month: 3000,
            domain_changes_month: 20,
            job_ms: 500,
            messages_kept: 50_000,
            receipts_kept: 1_000_000,
            codes_kept: 200_000,
        };
        if !profile.is_private() {
            return public;
        }
        Self {
            member_minute: 0,
            member_hour: 0,
            day_per_account: 0,
            chat_member_minute: 0,
            chat_member_day: 0,
            chat_minute: 0,
            chat_hour: 0,
            ..public
        }
    }
}
