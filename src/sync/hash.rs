//! Hashes over canonical JSON: same values, same text, same hash.

use crate::model::{Change, Corp, MatchRule};
use serde::Serialize;

pub use crate::model::digest::of;

/// The options that a plan depends on, and which corp it was made for: a plan made against a rehearsal is nothing for the
/// real corp. Schedules and the switch "enabled" do not belong to them.
pub fn of_options(corp: &Corp) -> String {
    #[derive(Serialize)]
    struct Canonical<'a> {
        downstream: crate::model::DownstreamOptions,
        match_rules: &'a [MatchRule],
        auto_bind: bool,
        access: crate::model::Access,
        edition: crate::model::Edition,
        corpid: &'a str,
        seats: u32,
        api_base: &'a str,
        read_app: Option<&'a str>,
    }
    let downstream = crate::model::DownstreamOptions {
        enabled: true,
        cron: String::new(),
        time_zone: String::new(),
        ..corp.downstream.clone()
    };
    of(&Canonical {
        downstream,
        match_rules: &corp.match_rules,
        auto_bind: corp.pull.auto_bind,
        access: corp.access,
        edition: corp.edition,
        corpid: &corp.corpid,
        seats: corp.quota.seats,
        api_base: &corp.endpoints.api_base,
        read_app: corp.read_app.as_ref().map(|app| app.as_str()),
    })
}

/// The hash of a plan: its changes and the hash of its options.
pub fn of_plan(changes: &[Change], options_hash: &str) -> String {
    of(&(options_hash, changes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::tests::world::World;

    /// A plan made for a rehearsal, with other credentials or other settings, is none for the corp as it is now.
    #[test]
    fn what_makes_a_plan_out_of_date() {
        type Change = fn(&mut Corp);
        let dated: [(&str, Change); 12] = [
            ("corpid", |corp| corp.corpid = "ww1".into()),
            ("api_base", |corp| corp.endpoints.api_base = "https://another.example.com".into()),
            ("edition", |corp| corp.edition = crate::model::Edition::Private),
            ("access", |corp| corp.access = crate::model::Access::ReadOnly),
            ("read_app", |corp| corp.read_app = Some("oa".into())),
            ("match rules", |corp| corp.match_rules.clear()),
            ("auto_bind", |corp| corp.pull.auto_bind = false),
            ("top department", |corp| corp.downstream.top_department = 7),
            ("scope", |corp| corp.downstream.scope.exclude = vec!["e1".into()]),
            ("guard", |corp| corp.downstream.guard.max_removals = 1),
            ("a mapping", |corp| drop(corp.downstream.fields.insert("alias".into(), String::new()))),
            ("seats", |corp| corp.quota.seats = 100),
        ];
        let same: [(&str, Change); 4] = [
            ("name", |corp| corp.name = "another".into()),
            ("schedule", |corp| corp.downstream.cron = "0 0 3 * * *".into()),
            ("enabled", |corp| corp.downstream.enabled = true),
            ("pace", |corp| corp.quota.calls_per_minute = 1),
        ];
        let before = World::new().corp;
        for (cases, differs) in [(&dated[..], true), (&same[..], false)] {
            for (name, change) in cases {
                let mut after = before.clone();
                change(&mut after);
                assert_ne!(after, before, "{name} changes nothing");
                assert_eq!(of_options(&after) != of_options(&before), differs, "{name}");
            }
        }
    }
}
