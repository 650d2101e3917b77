//! `check-config`: reads the configuration, looks at the files and folders that it names, and says what is in force.

use super::context::{Context, print_out};
use super::local;
use super::table::pairs;
use crate::ops::admin::{CommandError, Exit};
use crate::store::KeyRing;
use clap::Args;
use serde_json::json;

/// Read the configuration as the server would, and report every fault at once
#[derive(Debug, Args)]
pub struct CheckConfig {}

impl CheckConfig {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let config = context.config(Vec::new())?;
        let mut faults = local::faults_of_place(&config);
        let key = &config.keys.master_key_file;
        if std::env::var_os("CREDENTIALS_DIRECTORY").is_none()
            && key.exists()
            && let Err(error) = KeyRing::load(key)
        {
            faults.push(format!("keys.master_key_file: {error}"));
        }
        if !faults.is_empty() {
            return Err(CommandError::usage(format!(
                "`serve` would fail with this configuration:\n  {}",
                faults.join("\n  ")
            )));
        }
        if context.is_json() {
            let value = json!({
                "ok": true,
                "listen": config.server.listen,
                "data_dir": config.server.data_dir,
                "public_url": config.public_url(),
                "tls": config.tls.is_on(),
                "master_key_file": config.keys.master_key_file,
            });
            print_out(&format!("{value}\n"))?;
        } else {
            let pick = |en, zh| context.language.pick(en, zh);
            let yes_no = if config.tls.is_on() { pick("yes", "是") } else { pick("no", "否") };
            print_out(&pairs(&[
                (pick("configuration", "配置"), pick("no faults", "没有错误").to_owned()),
                (pick("listens on", "监听"), config.server.listen.to_string()),
                (pick("public address", "对外地址"), config.public_url()),
                (pick("data directory", "数据目录"), config.server.data_dir.display().to_string()),
                (pick("master key", "主密钥"), config.keys.master_key_file.display().to_string()),
                ("TLS", yes_no.to_owned()),
            ]))?;
        }
        Ok(Exit::Done)
    }
}
