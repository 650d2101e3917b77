//! `openapi`: the REST API's document, without a server.

use super::context::{Context, print_out};
use crate::api;
use crate::ops::admin::{CommandError, Exit};
use clap::Args;

/// Print the OpenAPI document of the REST API
#[derive(Debug, Args)]
pub struct Openapi {}

impl Openapi {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let config = context.config(Vec::new())?;
        let document = api::document(&config.server.base_path);
        let text = serde_json::to_string_pretty(&document).map_err(|cause| CommandError::failed(cause.to_string()))?;
        print_out(&format!("{text}\n"))?;
        Ok(Exit::Done)
    }
}
