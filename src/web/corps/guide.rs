//! Where URL, Token and EncodingAESKey go in WeCom's console (AUTH-10), and whether WeCom can reach the URL at all
//! (OPS-02, OPS-03).

use crate::locale::{Lang, T};
use crate::model::{CallbackOf, Corp, Edition};
use std::net::IpAddr;

/// A menu or button of the console.
pub(super) struct Step {
    pub(super) name: String,
    /// Its Chinese name, where the reader's language is another: the console may speak Chinese all the same.
    pub(super) own: &'static str,
}

fn step(t: T, name: fn(T) -> &'static str) -> Step {
    let own = if t.lang == Lang::Zh { "" } else { name(T::new(Lang::Zh)) };
    Step { name: name(t).to_owned(), own }
}

/// Where the contacts secret is found.
pub(super) fn way_to_contacts(t: T) -> Vec<Step> {
    [T::console_tools, T::console_contacts].map(|name| step(t, name)).into()
}

/// Where trusted addresses are entered.
pub(super) fn way_to_trusted_ip(t: T) -> Vec<Step> {
    [T::console_apps, T::console_the_app, T::console_trusted_ip].map(|name| step(t, name)).into()
}

/// The console's form for one address of ours.
pub(super) struct Guide {
    /// Makes the fields' ids different where a page has several guides.
    pub(super) id: String,
    /// The way through the console's menus.
    pub(super) path: Vec<Step>,
    pub(super) url: String,
    /// Shown once, on the page that made them.
    pub(super) token: Option<String>,
    pub(super) aes_key: Option<String>,
    /// What the edition asks of the URL.
    pub(super) reach: &'static str,
    /// Why WeCom cannot reach the URL as it is, or had better not.
    pub(super) trouble: Option<String>,
}

/// For an address of a corp; `public_url` is our own base.
pub(super) fn guide(t: T, corp: &Corp, of: &CallbackOf, public_url: &str) -> Guide {
    let mut path = match of {
        CallbackOf::Contacts => way_to_contacts(t),
        CallbackOf::Customers => vec![step(t, T::console_customers), Step { name: "API".to_owned(), own: "" }],
        CallbackOf::App(key) => {
            let app = corp.apps.iter().find(|app| app.key == *key);
            let name = app.map_or_else(|| key.to_string(), |app| app.name.clone());
            vec![step(t, T::console_apps), Step { name, own: "" }, step(t, T::console_receive)]
        }
    };
    path.push(step(t, if matches!(of, CallbackOf::App(_)) { T::console_set_api } else { T::console_events }));
    let (needed, given) = (needed(corp), distance(public_url));
    let trouble = match (given, given < needed) {
        (Distance::Machine, true) => Some(t.guide_trouble_machine(public_url)),
        // a sandbox on this very machine reaches it, and no other WeCom
        (Distance::Machine, false) => Some(t.guide_trouble_sandbox(public_url)),
        (_, true) => Some(t.guide_trouble_intranet(public_url)),
        (Distance::Anywhere, false) if needed == Distance::Anywhere && public_url.starts_with("http:") => {
            Some(t.guide_trouble_plain(public_url))
        }
        _ => None,
    };
    Guide {
        id: of.to_string(),
        path,
        url: format!("{public_url}/cb/{}/{of}", corp.key),
        token: None,
        aes_key: None,
        reach: match corp.edition {
            Edition::Public => t.guide_reach_public(),
            Edition::Private => t.guide_reach_private(),
            Edition::Government => t.guide_reach_government(),
        },
        trouble,
    }
}

/// From how far an address can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Distance {
    /// From the same machine only.
    Machine,
    /// From the same network.
    Intranet,
    /// From anywhere, as far as the address itself tells.
    Anywhere,
}

/// From where this corp's WeCom calls: its API stands there. A name may well be one of the intranet, so only the public
/// edition, and a government platform, are known to be further away than that.
fn needed(corp: &Corp) -> Distance {
    match (distance(&corp.endpoints.api_base), corp.edition) {
        (Distance::Anywhere, Edition::Private | Edition::Government) => Distance::Intranet,
        (found, _) => found,
    }
}

fn distance(address: &str) -> Distance {
    let Ok(url) = url::Url::parse(address) else { return Distance::Machine };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    match host.parse::<IpAddr>() {
        Ok(ip) if ip.is_loopback() || ip.is_unspecified() => Distance::Machine,
        Ok(IpAddr::V4(ip)) if ip.is_private() || ip.is_link_local() => Distance::Intranet,
        Ok(IpAddr::V6(ip)) if ip.is_unique_local() || ip.is_unicast_link_local() => Distance::Intranet,
        Ok(_) => Distance::Anywhere,
        Err(_) if host == "localhost" || host.ends_with(".localhost") => Distance::Machine,
        Err(_) if !host.contains('.') => Distance::Intranet,
        Err(_) => Distance::Anywhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_from_where_they_can_be_reached() {
        for (address, expected) in [
            ("http://127.0.0.1:8080", Distance::Machine),
            ("http://[::1]:8080", Distance::Machine),
            ("http://localhost", Distance::Machine),
            ("http://10.1.2.3", Distance::Intranet),
            ("https://192.168.1.9:8443/bridge", Distance::Intranet),
            ("http://[fd00::1]", Distance::Intranet),
            ("http://oa-bridge:8080", Distance::Intranet),
            ("https://bridge.example.com", Distance::Anywhere),
            ("http://203.0.113.9", Distance::Anywhere),
            ("no address", Distance::Machine),
        ] {
            assert_eq!(distance(address), expected, "{address}");
        }
    }
}
