//! `sandbox`: a WeCom of our own, for rehearsals.

use super::context::{Context, print_out};
use super::signals::wait_for_stop;
use crate::ops::admin::{CommandError, Exit};
use crate::sandbox::{self, Profile, RunOptions};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Play a WeCom for rehearsals: the same wire, its own state; control under /_sandbox/
#[derive(Debug, Args)]
pub struct Sandbox {
    /// Address and port; port 0 lets the system choose
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9000")]
    listen: String,
    /// State file to begin with [default: the corp of packaging/setup-example.toml]
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Which WeCom to play
    #[arg(long, value_enum, default_value = "public")]
    edition: Edition,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Edition {
    /// The public cloud as a new corp finds it
    Public,
    /// The public cloud of a corp from before 2022
    PublicLegacy,
    /// A private deployment
    Private,
    /// Government WeCom
    Government,
}

impl Sandbox {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let profile = match self.edition {
            Edition::Public => Profile::PublicNew,
            Edition::PublicLegacy => Profile::PublicLegacy,
            Edition::Private => Profile::Private,
            Edition::Government => Profile::Government,
        };
        let sandbox = sandbox::run(RunOptions { listen: self.listen, seed: self.seed, profile })
            .map_err(|error| CommandError::from_chain(&error))?;
        let url = sandbox.base_url();
        if context.is_json() {
            print_out(&format!("{}\n", serde_json::json!({ "url": url })))?;
        } else {
            let ready = context.language.pick("The sandbox answers at", "沙箱已就绪：");
            let stop = context.language.pick("Stop it with Ctrl-C.", "按 Ctrl-C 停止。");
            print_out(&format!("{ready} {url}\n{stop}\n"))?;
        }
        wait_for_stop().await;
        sandbox.stop().await;
        Ok(Exit::Done)
    }
}
