//! One WeCom belongs to one corp: two would write to it at once, each with its own lease, quota and links. Pure.

use super::fault::SetupFault;
use super::section::join;
use crate::model::Corp;

/// Refuses a corp whose WeCom another one of `all` is connected to already; `path` leads the place of the fault.
pub(super) fn check_twin<'a>(corp: &Corp, all: impl IntoIterator<Item = &'a Corp>, path: &str) -> Option<SetupFault> {
    let same = |other: &&Corp| {
        other.key != corp.key
            && other.corpid == corp.corpid
            && origin(&other.endpoints.api_base) == origin(&corp.endpoints.api_base)
    };
    let twin = all.into_iter().find(same)?;
    let message = format!(
        "is the WeCom that the corp {} is connected to already; two would write to it without knowing of each other: \
         use that one, or remove it first",
        twin.key
    );
    Some(SetupFault::new(join(path, "corpid"), message))
}

fn origin(address: &str) -> String {
    url::Url::parse(address).map_or_else(|_| address.to_owned(), |url| url.origin().ascii_serialization())
}
