//! Master keys: created once, refused when open to others or wrong, changed without losing anything.

use super::support::{Home, corp_key, furnish};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use wecom_bridge::clock::Clock;
use wecom_bridge::model::{Secret, SecretName};
use wecom_bridge::store::{CREDENTIAL, KeyRing, KeySource, Store, StoreError, StoreOptions, secrets};

const SECRET: &str = "a-secret-that-must-not-leak";

fn with_secret(home: &Home) -> Store {
    let store = home.open();
    furnish(&store);
    store.write_blocking(|tx| secrets::put(tx, &corp_key(), &SecretName::Contacts, &Secret::new(SECRET))).unwrap();
    store
}

fn read_secret(store: &Store) -> Result<Option<Secret>, StoreError> {
    store.read(|tx| secrets::find(tx, &corp_key(), &SecretName::Contacts))
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn files_are_for_the_owner_only_and_hold_no_secret() {
    let home = Home::new();
    let nested = home.path().join("data");
    let keys = KeyRing::load_or_create(&nested.join("master.key"), &nested).unwrap();
    let store = Store::open(&nested, StoreOptions::new(keys, Clock::system())).unwrap();
    assert_eq!((mode(&nested), mode(store.path()), mode(&nested.join("master.key"))), (0o700, 0o600, 0o600));
    let store = with_secret(&home);
    drop(store);
    let bytes = std::fs::read(home.database()).unwrap();
    assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()));
    std::fs::set_permissions(home.database(), std::fs::Permissions::from_mode(0o644)).unwrap();
    home.open();
    assert_eq!(mode(&home.database()), 0o600, "tightened at open");
}

#[test]
fn a_key_file_that_others_may_read_is_refused() {
    let home = Home::new();
    drop(with_secret(&home));
    for open in [0o640, 0o604, 0o660] {
        std::fs::set_permissions(home.key_file(), std::fs::Permissions::from_mode(open)).unwrap();
        let refused = home.try_open().unwrap_err();
        assert!(matches!(refused, StoreError::KeyFileOpen { mode, .. } if mode == open), "{refused}");
        assert!(refused.to_string().contains("chmod 600"), "{refused}");
    }
    std::fs::set_permissions(home.key_file(), std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(read_secret(&home.open()).unwrap().unwrap().expose(), SECRET);
}

#[test]
fn a_missing_key_is_not_replaced_and_a_wrong_one_is_recognised() {
    let home = Home::new();
    let id = with_secret(&home).keys().current();
    let aside = home.path().join("aside");
    std::fs::rename(home.key_file(), &aside).unwrap();
    assert!(matches!(home.try_open(), Err(StoreError::KeyMissing { .. })));
    assert!(!home.key_file().exists());

    let other = Home::new();
    drop(other.open());
    std::fs::copy(other.key_file(), home.key_file()).unwrap();
    let refused = home.try_open().unwrap_err();
    assert!(matches!(&refused, StoreError::WrongKey { wanted, .. } if *wanted == id.to_string()), "{refused}");
    assert!(refused.to_string().contains("put back"), "{refused}");

    // The right id with other bytes is wrong as well.
    let text = std::fs::read_to_string(&aside).unwrap();
    let last = if text.trim_end().ends_with('0') { '1' } else { '0' };
    let forged = format!("{}{last}\n", &text.trim_end()[..text.trim_end().len() - 1]);
    assert!(forged.contains(&id.to_string()));
    std::fs::write(home.key_file(), &forged).unwrap();
    assert!(matches!(home.try_open(), Err(StoreError::WrongKey { .. })));
    std::fs::write(home.key_file(), "rubbish\n").unwrap();
    assert!(matches!(home.try_open(), Err(StoreError::KeyFileInvalid { line: 1, .. })));

    std::fs::rename(&aside, home.key_file()).unwrap();
    assert_eq!(read_secret(&home.open()).unwrap().unwrap().expose(), SECRET);
}

#[test]
fn after_rekey_the_old_key_file_is_refused() {
    let home = Home::new();
    let store = with_secret(&home);
    let old = home.path().join("old");
    std::fs::copy(home.key_file(), &old).unwrap();
    let old_id = store.keys().current().to_string();

    let done = store.rekey().unwrap();
    assert_eq!((done.secrets, &done.retired), (1, &vec![old_id]));
    assert_eq!(read_secret(&store).unwrap().unwrap().expose(), SECRET, "while open");
    store
        .write_blocking(|tx| secrets::put(tx, &corp_key(), &SecretName::ContactsToken, &Secret::new("later")))
        .unwrap();
    drop(store);

    let again = home.open();
    assert_eq!(read_secret(&again).unwrap().unwrap().expose(), SECRET, "after reopening");
    assert!(again.verify().unwrap().is_good());
    assert_eq!(again.keys().ids().count(), 1);
    assert_eq!(mode(&home.key_file()), 0o600);
    drop(again);

    std::fs::copy(&old, home.key_file()).unwrap();
    assert!(matches!(home.try_open(), Err(StoreError::WrongKey { .. })));
}

#[test]
fn rekey_survives_a_crash_between_its_steps() {
    let home = Home::new();
    let store = with_secret(&home);
    let before = std::fs::read_to_string(home.key_file()).unwrap();
    let backup = home.path().join("before.redb");
    store.backup(&backup).unwrap();
    store.rekey().unwrap();
    drop(store);
    let after = std::fs::read_to_string(home.key_file()).unwrap();
    let both = format!("{after}{before}");

    // Crash after the commit: the file still holds both keys.
    std::fs::write(home.key_file(), &both).unwrap();
    let store = home.open();
    assert_eq!(read_secret(&store).unwrap().unwrap().expose(), SECRET);
    drop(store);

    // Crash before the commit: both keys, the store still sealed with the old one.
    std::fs::copy(&backup, home.database()).unwrap();
    let store = home.open();
    assert_eq!(read_secret(&store).unwrap().unwrap().expose(), SECRET);
    store.rekey().unwrap();
    drop(store);
    assert_eq!(std::fs::read_to_string(home.key_file()).unwrap().lines().filter(|l| !l.starts_with('#')).count(), 1);
    assert_eq!(read_secret(&home.open()).unwrap().unwrap().expose(), SECRET);
}

#[test]
fn a_systemd_credential_goes_first_and_is_never_written() {
    let home = Home::new();
    let credentials = home.path().join("credentials");
    std::fs::create_dir(&credentials).unwrap();
    let credential = credentials.join(CREDENTIAL);
    let line = |id: &str, digit: &str| format!("{id} {}\n", digit.repeat(64));
    std::fs::write(&credential, line("0000000a", "a")).unwrap();
    let ring = || KeyRing::discover_in(Some(&credentials), &home.key_file(), home.path()).unwrap();
    assert_eq!(*ring().source(), KeySource::Credential(credential.clone()));
    assert!(!home.key_file().exists());

    let open = || Store::open(home.path(), StoreOptions::new(ring(), Clock::system())).unwrap();
    let store = open();
    furnish(&store);
    store.write_blocking(|tx| secrets::put(tx, &corp_key(), &SecretName::Contacts, &Secret::new(SECRET))).unwrap();
    assert!(matches!(store.rekey(), Err(StoreError::KeyReadOnly { .. })));
    drop(store);

    // The operator puts a new key first, reseals, and takes the old one out.
    let two = line("0000000b", "b") + &line("0000000a", "a");
    std::fs::write(&credential, &two).unwrap();
    let store = open();
    let done = store.rekey().unwrap();
    assert_eq!((done.current.as_str(), done.secrets), ("0000000b", 1));
    drop(store);
    assert_eq!(std::fs::read_to_string(&credential).unwrap(), two);
    std::fs::write(&credential, line("0000000b", "b")).unwrap();
    assert_eq!(read_secret(&open()).unwrap().unwrap().expose(), SECRET);

    std::fs::remove_file(&credential).unwrap();
    let refused = KeyRing::discover_in(Some(&credentials), &home.key_file(), home.path());
    assert!(matches!(refused, Err(StoreError::KeyMissing { .. })), "no credential, no file, but a store");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_written_while_keys_change_are_not_lost() {
    let home = Home::new();
    let store = with_secret(&home);
    let rekeys = tokio::task::spawn_blocking({
        let store = store.clone();
        // Two at a time take turns.
        move || {
            let other = store.clone();
            let second = std::thread::spawn(move || (0..5).for_each(|_| drop(other.rekey().unwrap())));
            (0..5).for_each(|_| drop(store.rekey().unwrap()));
            second.join().unwrap();
        }
    });
    let name = |n: usize| SecretName::App(format!("app-{n}").as_str().into());
    let mut written = 0;
    while !rekeys.is_finished() || written == 0 {
        let secret = Secret::new(format!("secret {written}"));
        store.write(move |tx| secrets::put(tx, &corp_key(), &name(written), &secret)).await.unwrap();
        written += 1;
    }
    rekeys.await.unwrap();
    drop(store);
    let store = home.open();
    assert_eq!(store.keys().ids().count(), 1);
    for n in 0..written {
        let found = store.read(|tx| secrets::find(tx, &corp_key(), &name(n))).unwrap();
        assert_eq!(found.unwrap().expose(), format!("secret {n}"));
    }
    assert!(store.verify().unwrap().is_good());
}
