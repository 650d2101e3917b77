//! The configuration as a table: what is accepted, what is refused, in which order of weight.

use super::*;

fn load(text: &str, env: &[(&str, &str)], flags: Vec<FlagValue>) -> Result<Config, ConfigFaults> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::load(&Sources { file: Some(path), env, flags })
}

fn flag(value: &str) -> FlagValue {
    FlagValue { key: "listen", flag: "--listen", value: value.into() }
}

#[test]
fn an_empty_file_gives_the_defaults() {
    let config = Config::from_toml("").unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8620");
    assert_eq!(config.keys.master_key_file, Path::new("/var/lib/wecom-bridge/master.key"));
    assert_eq!(config.public_url(), "http://127.0.0.1:8620");
    assert!(!config.tls.is_on());
}

#[test]
fn the_shipped_file_is_valid_and_shows_the_defaults() {
    let text = include_str!("../../packaging/config.toml");
    assert_eq!(Config::from_toml(text).unwrap(), Config::from_toml("").unwrap());
    // Every option that is commented out must be valid too, and there must be no option beside them.
    let open: String = text
        .lines()
        .map(|line| line.strip_prefix("#").filter(|rest| !rest.starts_with(' ')).unwrap_or(line))
        .fold(String::new(), |all, line| all + line + "\n");
    let config = Config::from_toml(&open).unwrap();
    assert!(config.tls.is_on(), "{open}");
}

#[test]
fn flags_beat_variables_beat_the_file() {
    let file = "listen = \"127.0.0.1:1\"\n[log]\nlevel = \"warn\"\n";
    let env = [("WECOM_BRIDGE_LISTEN", "127.0.0.1:2"), ("WECOM_BRIDGE_LOG__LEVEL", "debug"), ("OTHER", "x")];
    assert_eq!(load(file, &[], vec![]).unwrap().server.listen.port(), 1);
    let config = load(file, &env, vec![]).unwrap();
    assert_eq!((config.server.listen.port(), config.log.level), (2, LogLevel::Debug));
    assert_eq!(load(file, &env, vec![flag("127.0.0.1:3")]).unwrap().server.listen.port(), 3);
}

#[test]
fn one_fault_per_row() {
    for (text, key, expected) in [
        ("listen = \"nowhere\"", "listen", "ADDRESS:PORT"),
        ("listen = 8080", "listen", "ADDRESS:PORT"),
        ("lissten = \"127.0.0.1:1\"", "lissten", "did you mean listen?"),
        ("[tls]\ncert_file = \"a.pem\"", "tls", "together"),
        ("[log]\nlevel = \"loud\"", "log.level", "error, warn, info, debug"),
        ("[log]\nformat = true", "log.format", "text or json"),
        ("[limits]\nstore_cache_mib = 1", "limits.store_cache_mib", "from 4 to 4096"),
        ("[limits]\nstore_cache_mib = -5", "limits.store_cache_mib", "from 4 to 4096"),
        ("[limits]\nstore_cache_mib = \"16\"", "limits.store_cache_mib", "whole number"),
        ("[colours]\nbackground = \"red\"", "colours.background", "unknown key; known are"),
        ("trusted_proxies = [\"10.0.0.0/33\"]", "trusted_proxies", "addresses or blocks"),
        ("trusted_proxies = [1]", "trusted_proxies", "addresses or blocks"),
        ("public_url = \"ftp://a\"", "public_url", "http"),
        ("base_path = \"wecom\"", "base_path", "begin with /"),
        ("data_dir = \"\"", "data_dir", "path"),
    ] {
        let faults = load(text, &[], vec![]).unwrap_err().0;
        assert_eq!(faults.len(), 1, "{text}: {faults:?}");
        assert_eq!(faults[0].key, key, "{text}");
        assert!(faults[0].expected.contains(expected), "{text}: {}", faults[0].expected);
    }
}

#[test]
fn all_faults_are_reported_together_with_their_places() {
    let env = [("WECOM_BRIDGE_LIMITS__BODY_MAX_MIB", "0"), ("WECOM_BRIDGE_LIMITZ__X", "1")];
    let text = "listen = \"x\"\n\n[log]\nlevel = \"loud\"\ncolour = \"red\"\n";
    let faults = load(text, &env, vec![flag("y")]).unwrap_err();
    let shown = faults.to_string();
    for part in [
        "the configuration has 5 faults",
        "listen = \"y\": must be ADDRESS:PORT",
        "(flag --listen)",
        "log.level = \"loud\": must be one of error, warn, info, debug",
        "config.toml line 4)",
        "config.toml line 5)",
        "limits.body_max_mib = \"0\": must be a whole number from 1 to 1024 (variable WECOM_BRIDGE_LIMITS__BODY_MAX_MIB)",
        "limitz.x: unknown key",
    ] {
        assert!(shown.contains(part), "{part:?} is missing in:\n{shown}");
    }
}

#[test]
fn a_file_that_is_missing_or_no_toml_is_a_fault_with_its_place() {
    let missing = Config::load(&Sources { file: Some("/nonexistent/config.toml".into()), ..Sources::default() });
    assert!(missing.unwrap_err().to_string().contains("/nonexistent/config.toml"));
    let shown = load("listen = \"127.0.0.1:1\"\n[log\n", &[], vec![]).unwrap_err().to_string();
    assert!(shown.contains("not valid TOML") && shown.contains("line 2"), "{shown}");
}

#[test]
fn secrets_of_the_set_up_file_are_no_options() {
    load("", &[("WECOM_BRIDGE_SECRET_ACME", "x"), ("WECOM_BRIDGE_CONFIG", "y"), ("WECOM_BRIDGE_LANG", "zh")], vec![])
        .unwrap();
}

#[test]
fn blocks_of_addresses() {
    for (block, address, inside) in [
        ("10.0.0.1", "10.0.0.1", true),
        ("10.0.0.1", "10.0.0.2", false),
        ("192.168.0.0/16", "192.168.9.9", true),
        ("192.168.0.0/16", "::ffff:192.168.9.9", true),
        ("0.0.0.0/0", "8.8.8.8", true),
        ("fd00::/8", "fd12::1", true),
        ("::/0", "fd12::1", true),
        ("fd00::/8", "fe12::1", false),
        ("fd00::/8", "10.0.0.1", false),
    ] {
        let got = NetBlock::parse(block).unwrap().contains(address.parse().unwrap());
        assert_eq!(got, inside, "{block} {address}");
    }
}
