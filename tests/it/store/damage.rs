//! Files that cannot be opened: each ends in its own clear error.

use super::support::{Home, child, employee, furnish, options, tenant};
use std::path::Path;
use std::process::Command;
use wecom_bridge::store::{Store, StoreError, directory, tenants};

fn filled() -> (Home, Vec<u8>) {
    let home = Home::new();
    let store = home.open();
    furnish(&store);
    store
        .write_blocking(|tx| {
            let employees: Vec<_> = (0..3_000).map(employee).collect();
            directory::put_employees(tx, &tenant().key, &employees)
        })
        .unwrap();
    drop(store);
    let bytes = std::fs::read(home.database()).unwrap();
    (home, bytes)
}

#[test]
fn a_file_that_is_no_store_is_corrupt() {
    let (home, bytes) = filled();
    let cases: [(&str, Vec<u8>); 6] = [
        ("empty", Vec::new()),
        ("text", b"this is not a database".to_vec()),
        ("zeros", vec![0; 200_000]),
        ("the first page only", bytes[..4_096].to_vec()),
        ("half", bytes[..bytes.len() / 2].to_vec()),
        ("header overwritten", [vec![0xAB; 512], bytes[512..].to_vec()].concat()),
    ];
    for (name, content) in cases {
        std::fs::write(home.database(), content).unwrap();
        let error = home.try_open().map(|_| ()).unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{name}: {error:?}");
        assert!(error.to_string().contains("restore"), "{name}: {error}");
    }
    std::fs::write(home.database(), &bytes).unwrap();
    home.open();
}

/// Damage inside the file is found by `verify` at the latest; nothing crashes on the way.
#[test]
fn damaged_pages_are_found() {
    let (home, bytes) = filled();
    let mut found = 0;
    let rounds = 12;
    for round in 1..=rounds {
        let mut damaged = bytes.clone();
        let at = bytes.len() * round / (rounds + 2) / 4_096 * 4_096 + 64;
        for byte in &mut damaged[at..at + 2_048] {
            *byte ^= 0x5A;
        }
        std::fs::write(home.database(), damaged).unwrap();
        match home.try_open().and_then(|store| store.verify()) {
            Ok(report) => found += usize::from(!report.is_good()),
            Err(StoreError::Corrupt { .. } | StoreError::BadRow { .. }) => found += 1,
            Err(other) => panic!("round {round}: {other:?}"),
        }
    }
    // A damaged page may be a free one, but not every time.
    assert!(found >= 1, "no damage was found");
}

#[test]
fn a_store_is_open_once() {
    let home = Home::new();
    let store = home.open();
    let error = home.try_open().unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error:?}");
    assert!(error.to_string().contains("stop the server"), "{error}");
    drop(store);
    home.open();
}

#[test]
fn a_store_that_must_exist_is_not_created() {
    let home = Home::new();
    let options = home.options().unwrap();
    assert!(matches!(Store::open_existing(home.path(), options), Err(StoreError::Missing { .. })));
    assert!(!home.database().exists());
}

const VARIABLE: &str = "WECOM_BRIDGE_TEST_READ_ONLY_DIR";

/// The child: opens what it may not write and says how that ends.
#[test]
#[ignore = "played by the test below in a process of its own"]
fn opens_a_read_only_place() {
    let Some(directory) = std::env::var_os(VARIABLE) else { return };
    let directory = Path::new(&directory);
    let result = options(directory).and_then(|options| Store::open(directory, options));
    match result {
        Err(StoreError::NotWritable { .. }) => println!("answer: not writable"),
        other => println!("answer: {other:?}"),
    }
}

/// Root may write everywhere, so the child gives that up; where it cannot, there is nothing to test.
#[test]
fn a_read_only_place_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let set = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    let home = Home::new();
    let empty = home.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    set(home.path(), 0o755);
    set(&empty, 0o555);
    let mut command = child("store::damage::opens_a_read_only_place", VARIABLE, &empty);
    if std::fs::File::create(empty.join("probe")).is_ok() {
        std::fs::remove_file(empty.join("probe")).unwrap();
        let mut unprivileged = Command::new("setpriv");
        unprivileged.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"]);
        unprivileged.arg(command.get_program()).args(command.get_args()).env(VARIABLE, &empty);
        command = unprivileged;
    }
    let Ok(output) = command.output() else {
        println!("skipped: no way to give up the right to write everywhere");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    set(&empty, 0o755);
    if !text.contains("answer: ") {
        println!("skipped: the child could not run: {text} {}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    assert!(text.contains("answer: not writable"), "{text}");
}

#[test]
fn a_row_that_does_not_fit_names_itself() {
    let home = Home::new();
    let store = home.open();
    furnish(&store);
    drop(store);
    // Another program writes rubbish into a table.
    let table: redb::TableDefinition<'_, &[u8], &[u8]> = redb::TableDefinition::new("tenants");
    let database = redb::Database::open(home.database()).unwrap();
    let tx = database.begin_write().unwrap();
    tx.open_table(table).unwrap().insert(&b"bad"[..], &b"\x01{\"key\":1}"[..]).unwrap();
    tx.open_table(table).unwrap().insert(&b"future"[..], &b"\x09..."[..]).unwrap();
    tx.commit().unwrap();
    drop(database);

    let store = home.open();
    let error = store.read(tenants::list).unwrap_err();
    assert!(matches!(&error, StoreError::BadRow { table: "tenants", key, .. } if key.contains("bad")), "{error:?}");
    let report = store.verify().unwrap();
    let faults: Vec<&str> = report.faults.iter().map(|fault| fault.what.as_str()).collect();
    assert!(
        faults.iter().any(|what| what.contains("\"bad\"")) && faults.iter().any(|what| what.contains("\"future\""))
    );
}
