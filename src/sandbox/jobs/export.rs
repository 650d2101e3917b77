//! Exports: JSON in blocks, encrypted, as files (doc paths 94849–94854), and the plain files of the private editions.

use crate::sandbox::api::view;
use crate::sandbox::state::corp::{App, Corp, Owner};
use crate::sandbox::state::job::{Export, ExportFile, ExportKind, Media};
use crate::sandbox::state::member::Text;
use crate::wecom::crypto::AesKey;
use md5::{Digest, Md5};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Members per file of the private editions.
const ASYNC_BLOCK: usize = 50_000;

/// Carries an export out. Afterwards it is done, or has failed.
pub fn run(corp: &mut Corp, job: &mut Export) {
    job.is_done = true;
    let app = match job.owner {
        Owner::Contacts | Owner::Robot => None,
        Owner::App(agentid) => corp.apps.get(&agentid),
    };
    let blocks = match job.kind {
        ExportKind::SimpleUser => members(corp, app, &everybody(corp, app), true, job.block_size),
        ExportKind::User => members(corp, app, &everybody(corp, app), false, job.block_size),
        ExportKind::Department => departments(corp, app, job.block_size),
        ExportKind::TagUser(tagid) => match tag(corp, app, tagid, job.block_size) {
            Some(blocks) => blocks,
            None => {
                job.has_failed = true;
                return;
            }
        },
        ExportKind::AsyncSimpleList(id, deep) => members(corp, app, &below(corp, id, deep), true, ASYNC_BLOCK),
        ExportKind::AsyncList(id, deep) => members(corp, app, &below(corp, id, deep), false, ASYNC_BLOCK),
    };
    let key = AesKey::parse(&job.aes_key).ok();
    for (number, block) in blocks.into_iter().enumerate() {
        let plain = block.to_string().into_bytes();
        let content = match &key {
            Some(key) => key.seal(&plain),
            None => plain,
        };
        let md5 = hex::encode(Md5::digest(&content));
        let id = format!("{}_{number}_{:016x}", job.jobid, rand::random::<u64>());
        if key.is_none() {
            let filename = format!("{id}.json");
            let created_at_ms = job.due_at_ms;
            let media =
                Media { kind: "file".into(), filename, created_at_ms, content: content.clone(), robot: String::new() };
            corp.jobs.media.insert(id.clone(), media);
        }
        job.files.push(ExportFile { id, md5, content });
    }
}

fn everybody(corp: &Corp, app: Option<&App>) -> Vec<Text> {
    let all = corp.directory.members().map(|member| member.key());
    all.filter(|key| app.is_none_or(|app| corp.sees_member(app, key))).collect()
}

fn below(corp: &Corp, id: u32, deep: bool) -> Vec<Text> {
    let ids = if deep { corp.directory.subtree(id) } else { vec![id] };
    let keys: BTreeSet<&Text> = ids.into_iter().flat_map(|id| corp.directory.members_of(id)).collect();
    keys.into_iter().cloned().collect()
}

fn value(view: &impl serde::Serialize) -> Value {
    serde_json::to_value(view).unwrap_or(Value::Null)
}

/// Always at least one file.
fn blocks<T>(items: &[T], size: usize, block: impl Fn(&[T]) -> Value) -> Vec<Value> {
    if items.is_empty() { vec![block(items)] } else { items.chunks(size.max(1)).map(block).collect() }
}

fn members(corp: &Corp, app: Option<&App>, keys: &[Text], simple: bool, size: usize) -> Vec<Value> {
    blocks(keys, size, |keys| {
        let found = keys.iter().filter_map(|key| corp.directory.member(key));
        let views = found.map(|member| view::Member { corp, app, member });
        let list: Vec<Value> = if simple {
            views.map(|view| value(&view::SimpleMember(view))).collect()
        } else {
            views.map(|view| value(&view)).collect()
        };
        json!({ "userlist": list })
    })
}

fn departments(corp: &Corp, app: Option<&App>, size: usize) -> Vec<Value> {
    let ids: Vec<u32> = corp
        .directory
        .subtree(1)
        .into_iter()
        .filter(|&id| app.is_none_or(|app| corp.sees_department(app, id)))
        .collect();
    blocks(&ids, size, |ids| {
        let found = ids.iter().filter_map(|&id| corp.directory.department(id));
        let list: Vec<Value> =
            found.map(|department| value(&view::Department { corp, app, department, with_path: false })).collect();
        json!({ "department": list })
    })
}

/// Members first, then departments; a block may hold both.
fn tag(corp: &Corp, app: Option<&App>, tagid: u32, size: usize) -> Option<Vec<Value>> {
    enum Item {
        User(Value),
        Party(u32),
    }
    let tag = corp.tags.get(&tagid)?;
    let users = tag
        .users
        .iter()
        .filter(|key| app.is_none_or(|app| corp.sees_member(app, key)))
        .filter_map(|key| corp.directory.member(key))
        .map(|member| Item::User(json!({"userid": member.userid, "name": member.name})));
    let parties = tag.departments.iter().copied().filter(|&id| app.is_none_or(|app| corp.sees_department(app, id)));
    let items: Vec<Item> = users.chain(parties.map(Item::Party)).collect();
    Some(blocks(&items, size, |items| {
        let (mut userlist, mut partylist) = (Vec::new(), Vec::new());
        for item in items {
            match item {
                Item::User(user) => userlist.push(user.clone()),
                Item::Party(id) => partylist.push(*id),
            }
        }
        json!({"tagname": tag.name, "userlist": userlist, "partylist": partylist})
    }))
}
