//! From the secrets to the data: tokens, kinds of secrets, trusted addresses, visible range.

use super::{Notes, State};
use crate::app::App;
use crate::model::{Access, App as WecomApp, ReadStrategy, SecretName};
use crate::setup::load_secrets;
use crate::sync::SyncError;
use crate::wecom::{Ability, CallErrorKind, Client, Credential, Patience, RefusalClass, best_strategy};

/// Examines every secret of the corp.
pub(super) async fn examine(app: &App, notes: &mut Notes<'_>) -> Result<(), SyncError> {
    let client = app.env.client(notes.corp).await?.with_patience(Patience::Interactive);
    twins(app, notes).await?;
    contacts(&client, notes).await;
    for wecom_app in notes.corp.apps.clone() {
        one_app(&client, &wecom_app, notes).await;
    }
    reading(&client, notes).await;
    if notes.corp.read_app.is_none() {
        notes.add("read_app", State::Warning, "no app reads details", "未设置读取详情的应用").fix(
            "Let an app read the details of members (read_app); its visible range should cover everybody.",
            "请在应用设置中勾选“用这个应用读取成员详情”（read_app），应用的可见范围应覆盖全员。",
        );
    }
    Ok(())
}

/// The same secret in two places is always a mistake: each app has its own.
async fn twins(app: &App, notes: &mut Notes<'_>) -> Result<(), SyncError> {
    let corp = notes.corp.clone();
    let secrets = app.store.read_async(move |tx| load_secrets(tx, &corp)).await?;
    let ours: Vec<_> =
        secrets.iter().filter(|(name, _)| matches!(name, SecretName::Contacts | SecretName::App(_))).collect();
    for (at, (name, secret)) in ours.iter().enumerate() {
        if let Some((other, _)) = ours[at + 1..].iter().find(|(_, other)| other == secret) {
            let (a, b) = (name.path(), other.path());
            notes
                .add("secret.kind", State::Failed, format!("{a} and {b} are the same"), format!("{a} 与 {b} 相同"))
                .fix(
                    "The contacts secret is under 管理工具 → 通讯录同步; each app's secret is on the app's own page.",
                    "通讯录同步 Secret 位于“管理工具 → 通讯录同步”，应用 Secret 位于各应用详情页。",
                );
        }
    }
    Ok(())
}

async fn contacts(client: &Client, notes: &mut Notes<'_>) {
    let check = "secret.contacts";
    let credential = Credential::Contacts;
    if !client.has(&credential) {
        let needed = notes.corp.access == Access::ReadWrite;
        let state = if needed { State::Failed } else { State::Warning };
        notes.add(check, state, "no contacts secret is set", "未设置通讯录同步 Secret").fix(
            "Set the contacts secret (contacts_secret); nothing can be written without it.",
            "请在企业页面填写“通讯录同步 Secret”（contacts_secret），否则无法写入。",
        );
        return;
    }
    client.resume(&credential).await;
    if !token(client, &credential, check, notes).await {
        return;
    }
    match client.user_list_id(None, 1).await {
        Ok(_) => {
            notes.add("secret.contacts.kind", State::Ok, "may list all members' ids", "可获取全部成员 ID");
        }
        Err(error) => {
            let wrong_kind = error.class() == Some(&RefusalClass::Permission);
            let finding = notes.refused("secret.contacts.kind", &error);
            if wrong_kind {
                finding.fix(
                    "This is probably an app's secret; contacts_secret must be the one of 管理工具 → 通讯录同步.",
                    "这可能是应用的 Secret；通讯录同步 Secret 必须是“管理工具 → 通讯录同步”中的那一个。",
                );
            }
        }
    }
}

/// Whether secret and AgentID belong together, and what the app sees.
async fn one_app(client: &Client, app: &WecomApp, notes: &mut Notes<'_>) {
    let check = format!("secret.app/{}", app.key);
    let credential = Credential::App(app.key.clone());
    if !client.has(&credential) {
        notes
            .add(&check, State::Failed, "no secret is set", "未设置 Secret")
            .fix("Set the app's secret.", "请设置应用的 Secret。");
        return;
    }
    client.resume(&credential).await;
    if !token(client, &credential, &check, notes).await {
        return;
    }
    match client.agent_get(&credential, app.agentid).await {
        Ok(agent) if agent.is_closed => {
            notes
                .add(&format!("app/{}", app.key), State::Failed, "the app is switched off", "应用已停用")
                .fix("Switch it on in WeCom's console.", "请在企业微信管理后台启用该应用。");
        }
        Ok(agent) => {
            let (departments, users, tags) = (agent.departments.len(), agent.users.len(), agent.tags.len());
            let state = if departments + users + tags == 0 { State::Failed } else { State::Ok };
            let finding = notes.add(
                &format!("app/{}", app.key),
                state,
                format!("{}: sees {departments} departments, {users} members, {tags} tags", agent.name),
                format!("{}：可见范围 {departments} 个部门、{users} 名成员、{tags} 个标签", agent.name),
            );
            if state == State::Failed {
                finding.fix("Give the app a visible range in WeCom's console.", "请在管理后台设置应用的可见范围。");
            }
        }
        Err(error) => {
            let foreign = error.class() == Some(&RefusalClass::Permission);
            let finding = notes.refused(&format!("app/{}", app.key), &error);
            if foreign {
                finding.fix(
                    format!("Secret and AgentID {} do not belong together; copy both from the same page.", app.agentid),
                    format!("Secret 与 AgentID {} 不匹配，请从同一应用页面复制。", app.agentid),
                );
            }
        }
    }
}

/// A token can be had and used; the answer also holds the addresses of the API (OPS-07).
async fn token(client: &Client, credential: &Credential, check: &str, notes: &mut Notes<'_>) -> bool {
    match client.get_api_domain_ip(credential).await {
        Ok(addresses) => {
            notes.add(check, State::Ok, "the secret is accepted", "Secret 有效").addresses = addresses;
            true
        }
        // A token was had and the call is one that this WeCom does not have: the secret is good.
        Err(error) if matches!(error.kind, CallErrorKind::Malformed { .. }) => {
            notes.add(check, State::Ok, "the secret is accepted", "Secret 有效");
            true
        }
        Err(error) => {
            notes.refused(check, &error);
            false
        }
    }
}

/// What the credentials together may read, and how a pull will therefore read (OPS-09: the first thing to look at when
/// a member does not arrive).
async fn reading(client: &Client, notes: &mut Notes<'_>) {
    let contacts = match client.has(&Credential::Contacts) {
        true => Some(client.probe(&Credential::Contacts).await),
        false => None,
    };
    let app = match notes.corp.read_app.clone().map(Credential::App).filter(|credential| client.has(credential)) {
        Some(credential) => Some(client.probe(&credential).await),
        None => None,
    };
    let seen_as = [&contacts, &app].into_iter().flatten().find_map(|abilities| abilities.caller_ip.clone());
    let (mut is_untrusted, has_read_app) = (false, notes.corp.read_app.is_some());
    if let Some(Ability::Refused(refusal)) = app.as_ref().map(|abilities| &abilities.details)
        && refusal.class == RefusalClass::IpNotTrusted
    {
        is_untrusted = true;
        let ip = refusal.caller_ip.as_deref().unwrap_or("?");
        notes.add("trusted_ip", State::Failed, format!("{ip} is not trusted"), format!("{ip} 不在企业可信 IP 中")).fix(
            format!("Add {ip} to the trusted IPs (企业可信IP) of the app."),
            format!("请在应用详情页的“企业可信IP”中添加 {ip}。"),
        );
    }
    let finding = match best_strategy(contacts.as_ref(), app.as_ref()) {
        Some((strategy, why)) => {
            let state = if strategy == ReadStrategy::IdsOnly { State::Warning } else { State::Ok };
            let departments = app.as_ref().or(contacts.as_ref()).and_then(|a| a.visible_departments).unwrap_or(0);
            let zh = format!("读取方式：{}；可见 {departments} 个部门", strategy_zh(strategy));
            notes.add("range", state, format!("{why}; {departments} departments are visible"), zh)
        }
        None => {
            let finding =
                notes.add("range", State::Failed, "no secret can read anything", "没有任何 Secret 可以读取通讯录");
            match (is_untrusted, has_read_app) {
                (true, _) => finding.fix("See trusted_ip above.", "请先处理上面的 trusted_ip。"),
                (false, true) => finding.fix(
                    "Look at the app that reads (read_app): its secret, its visible range, its state.",
                    "请检查负责读取的应用（read_app）：Secret、可见范围和启用状态。",
                ),
                (false, false) => finding.fix(
                    "Set read_app to an app whose visible range covers everybody, then pull again.",
                    "请将 read_app 设为可见范围覆盖全员的应用，然后重新拉取。",
                ),
            }
            finding
        }
    };
    finding.seen_as = seen_as;
}

fn strategy_zh(strategy: ReadStrategy) -> &'static str {
    match strategy {
        ReadStrategy::Lists => "列表接口",
        ReadStrategy::IdsAndDetails => "ID 列表 + 应用读取详情",
        ReadStrategy::IdsOnly => "仅 ID 列表",
        ReadStrategy::Export => "异步导出",
    }
}
