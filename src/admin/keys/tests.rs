//! What a key may hand on, who is admitted with it, and what goes with it.

use super::door::{admit, has_form};
use super::*;

fn key() -> ApiKey {
    ApiKey {
        id: "0011223344556677".into(),
        name: "oa".into(),
        hash: String::new(),
        scopes: vec![ApiScope::SyncRead],
        networks: Vec::new(),
        created_by: "cli:root".into(),
        made_with: None,
        created_at_ms: 0,
        expires_at_ms: None,
        revoked_at_ms: None,
    }
}

#[test]
fn who_is_admitted() {
    let networks = || vec!["10.0.0.0/8".to_owned(), "2001:db8::/32".to_owned()];
    for (key, from, expected) in [
        (key(), None, None),
        (ApiKey { revoked_at_ms: Some(1), ..key() }, None, Some(Refused::Revoked)),
        (ApiKey { expires_at_ms: Some(1_000), ..key() }, None, Some(Refused::Expired)),
        (ApiKey { expires_at_ms: Some(1_001), ..key() }, None, None),
        (ApiKey { networks: networks(), ..key() }, Some("10.9.8.7"), None),
        (ApiKey { networks: networks(), ..key() }, Some("2001:db8::1"), None),
        (ApiKey { networks: networks(), ..key() }, Some("11.0.0.1"), Some(Refused::Network)),
        (ApiKey { networks: networks(), ..key() }, None, Some(Refused::Network)),
    ] {
        let told = format!("{key:?} from {from:?}");
        let got = admit(key, 1_000, from.map(|text| text.parse().unwrap()));
        assert_eq!(got.err(), expected, "{told}");
    }
}

#[test]
fn a_key_hands_on_no_more_than_it_has() {
    use ApiScope::{KeysAdmin, SyncRead, SyncRun};
    let nets = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let maker = |networks: &[&str], expires_at_ms| ApiKey {
        scopes: vec![SyncRead, KeysAdmin],
        networks: nets(networks),
        expires_at_ms,
        ..key()
    };
    let new = |scopes: &[ApiScope], networks: &[&str], expires_at_ms| ApiKey {
        scopes: scopes.to_vec(),
        networks: nets(networks),
        expires_at_ms,
        ..key()
    };
    let network = |text: &str| Excess::Network(text.to_owned());
    for (name, made, by, want) in [
        ("the same", new(&[SyncRead], &[], None), maker(&[], None), Ok((nets(&[]), None))),
        ("another scope", new(&[SyncRead, SyncRun], &[], None), maker(&[], None), Err(Excess::Scope(SyncRun))),
        (
            "fewer networks",
            new(&[SyncRead], &["10.0.0.0/8"], None),
            maker(&[], None),
            Ok((nets(&["10.0.0.0/8"]), None)),
        ),
        (
            "networks inherited",
            new(&[SyncRead], &[], None),
            maker(&["10.0.0.0/8"], None),
            Ok((nets(&["10.0.0.0/8"]), None)),
        ),
        (
            "a smaller block",
            new(&[SyncRead], &["10.1.0.0/16"], None),
            maker(&["10.0.0.0/8"], None),
            Ok((nets(&["10.1.0.0/16"]), None)),
        ),
        (
            "one address of it",
            new(&[SyncRead], &["10.1.2.3"], None),
            maker(&["10.0.0.0/8"], None),
            Ok((nets(&["10.1.2.3"]), None)),
        ),
        (
            "a wider block",
            new(&[SyncRead], &["10.0.0.0/7"], None),
            maker(&["10.0.0.0/8"], None),
            Err(network("10.0.0.0/7")),
        ),
        ("everything", new(&[SyncRead], &["0.0.0.0/0"], None), maker(&["10.0.0.0/8"], None), Err(network("0.0.0.0/0"))),
        (
            "one good, one not",
            new(&[SyncRead], &["10.1.0.0/16", "11.0.0.1"], None),
            maker(&["10.0.0.0/8"], None),
            Err(network("11.0.0.1")),
        ),
        ("the other family", new(&[SyncRead], &["::/0"], None), maker(&["10.0.0.0/8"], None), Err(network("::/0"))),
        ("an end inherited", new(&[SyncRead], &[], None), maker(&[], Some(9)), Ok((nets(&[]), Some(9)))),
        ("an earlier end", new(&[SyncRead], &[], Some(8)), maker(&[], Some(9)), Ok((nets(&[]), Some(8)))),
        ("the same end", new(&[SyncRead], &[], Some(9)), maker(&[], Some(9)), Ok((nets(&[]), Some(9)))),
        ("a later end", new(&[SyncRead], &[], Some(10)), maker(&[], Some(9)), Err(Excess::Expiry)),
        (
            "an end where the maker has none",
            new(&[SyncRead], &[], Some(10)),
            maker(&[], None),
            Ok((nets(&[]), Some(10))),
        ),
    ] {
        let got = within(made, &by).map(|key| (key.networks, key.expires_at_ms));
        assert_eq!(got, want, "{name}");
    }
}

#[test]
fn what_was_made_with_a_key_is_found_to_the_last_generation() {
    let named =
        |id: &str, made_with: Option<&str>| ApiKey { id: id.into(), made_with: made_with.map(Into::into), ..key() };
    // a circle cannot be made, and must not hang either
    let keys = [
        named("a", None),
        named("b", Some("a")),
        named("c", Some("b")),
        named("d", Some("a")),
        named("e", None),
        named("f", Some("e")),
        named("x", Some("y")),
        named("y", Some("x")),
    ];
    for (id, want) in [("a", "bcd"), ("b", "c"), ("c", ""), ("e", "f"), ("x", "y"), ("none", "")] {
        let mut found: Vec<&str> = descendants(&keys, id).map(|key| key.id.as_str()).collect();
        found.sort_unstable();
        assert_eq!(found.concat(), want, "{id}");
    }
}

#[test]
fn form_of_a_key() {
    let good = format!("wbk_{}_{}", "0a".repeat(8), "f0".repeat(32));
    assert!(has_form(&good));
    for bad in ["", "wbk_", "wbk__", &good[1..], &good[..good.len() - 1], &good.to_uppercase(), &format!("{good} ")] {
        assert!(!has_form(bad), "{bad:?}");
    }
}
