//! Rules of a member's texts, numbers and attributes (contacts.md sections 3.1–3.3).

use super::member::{MemberPatch, check_words, not_found};
use crate::sandbox::state::corp::Corp;
use crate::sandbox::state::member::{Attribute, Member, Text, folded, normal_mail};
use crate::sandbox::wire::answer::{Refusal, refuse};

fn chars(text: &str) -> usize {
    text.chars().count()
}

fn check_length(text: Option<&String>, min: usize, max: usize, errcode: i64, what: &str) -> Result<(), Refusal> {
    match text {
        Some(text) if !(min..=max).contains(&chars(text)) => refuse(errcode, format!("invalid {what}")),
        _ => Ok(()),
    }
}

/// At most 32 characters of digits, `+` and `-`; the documented sample has a space after the country code.
fn is_mobile(mobile: &str) -> bool {
    let number = match mobile.split_once(' ') {
        Some((code, rest)) if code.starts_with('+') => format!("{code}{rest}"),
        _ => mobile.to_owned(),
    };
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    mobile.len() <= 32
        && digits >= 5
        && number.bytes().enumerate().all(|(i, b)| b.is_ascii_digit() || b == b'-' || (b == b'+' && i == 0))
}

/// 6 to 64 bytes with one `@` and a domain.
fn is_mail(mail: &str) -> bool {
    let domain_ok = |domain: &str| {
        domain.contains('.') && domain.split('.').all(|label| !label.is_empty() && !label.contains(['@', ' ']))
    };
    (6..=64).contains(&mail.len())
        && mail.is_ascii()
        && !mail.contains([' ', ',', ';', '<', '>'])
        && mail.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain_ok(domain))
}

/// The form of every field given. `present` is the member as it is, or as it starts.
pub fn check(corp: &Corp, patch: &MemberPatch, present: &Member) -> Result<(), Refusal> {
    check_length(patch.name.as_ref(), 1, 64, 60112, "user name")?;
    check_length(patch.alias.as_ref(), 0, 64, 40058, "Request Parameter: alias")?;
    check_length(patch.position.as_ref(), 0, 128, 301_012, "position")?;
    check_length(patch.address.as_ref(), 0, 128, 40058, "Request Parameter: address")?;
    check_length(patch.external_position.as_ref(), 0, 12, 40058, "Request Parameter: external_position")?;
    check_length(patch.english_name.as_ref(), 0, 64, 301_014, "english_name")?;
    for position in patch.positions.iter().flatten() {
        check_length(Some(position), 0, 128, 301_012, "position")?;
    }
    let texts = [&patch.name, &patch.alias, &patch.position, &patch.address, &patch.english_name];
    for text in texts.into_iter().flatten() {
        check_words(corp, text)?;
    }
    if patch.mobile.as_deref().is_some_and(|mobile| !mobile.is_empty() && !is_mobile(mobile)) {
        return refuse(60103, "invalid mobile");
    }
    if patch.email.as_deref().is_some_and(|mail| !mail.is_empty() && !is_mail(mail)) {
        let has_mobile = !patch.mobile.as_deref().unwrap_or(&present.mobile).is_empty();
        let errcode = if corp.switches.has_corp_mail && !has_mobile { 60141 } else { 60105 };
        return refuse(errcode, "invalid email");
    }
    if corp.switches.has_corp_mail {
        let aliases = patch.biz_mail_alias.iter().flatten();
        for mail in patch.biz_mail.iter().chain(aliases).filter(|mail| !mail.is_empty()) {
            if !is_mail(mail) || mail.len() > 63 {
                return refuse(60143, "invalid biz_mail");
            }
            let domain = corp.settings.mail_domain.as_str();
            let same = mail.rsplit_once('@').is_some_and(|(_, own)| own.eq_ignore_ascii_case(domain));
            if !domain.is_empty() && !same {
                return refuse(81015, "the mail domain differs from the corp's");
            }
        }
        if patch.biz_mail_alias.as_ref().is_some_and(|aliases| aliases.len() > 5) {
            return refuse(40058, "invalid Request Parameter: biz_mail_alias");
        }
    }
    if patch.gender.as_deref().is_some_and(|gender| !matches!(gender, "0" | "1" | "2" | "")) {
        return refuse(40058, "invalid Request Parameter: gender");
    }
    if let Some(telephone) = &patch.telephone
        && (telephone.len() > 32 || !telephone.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b',')))
    {
        return refuse(301_013, "invalid telephone");
    }
    if let Some(media) = patch.avatar_mediaid.as_ref().filter(|media| !media.is_empty())
        && corp.jobs.media.get(media).is_none_or(|media| media.kind != "image")
    {
        return refuse(301_015, "invalid avatar mediaid");
    }
    if let Some(weixinid) = &patch.weixinid
        && (weixinid.len() > 64 || !weixinid.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')))
    {
        return refuse(60107, "invalid weixinid");
    }
    if let Some(leaders) = &patch.direct_leader {
        if leaders.len() > corp.limits.direct_leaders {
            return refuse(40058, "invalid Request Parameter: too many direct_leader");
        }
        if let Some(ghost) = leaders.iter().find(|leader| corp.directory.member(&folded(leader)).is_none()) {
            return Err(not_found(ghost));
        }
    }
    for attribute in patch.extattr.iter().flatten() {
        check_attribute(attribute, 64, [40058; 5])?;
        if let Attribute::Text { value, .. } = attribute {
            check_words(corp, value)?;
        }
    }
    check_external(corp, patch)
}

fn check_external(corp: &Corp, patch: &MemberPatch) -> Result<(), Refusal> {
    if patch
        .external_corp_name
        .as_ref()
        .is_some_and(|name| !name.is_empty() && !corp.settings.short_names.contains(name))
    {
        return refuse(41036, "invalid external_corp_name");
    }
    if patch.channel_name.as_ref().is_some_and(|name| !name.is_empty() && !corp.settings.channel_names.contains(name)) {
        return refuse(41066, "invalid wechat_channels nickname");
    }
    for attribute in patch.external_attr.iter().flatten() {
        if attribute.name().is_empty() {
            return refuse(90100, "external attribute has no name");
        }
        check_attribute(attribute, corp.limits.external_text_chars, [90101, 90102, 90103, 90104, 90105])?;
    }
    Ok(())
}

/// `errcodes`: text value, web title, web url, mini-program title, mini-program appid.
fn check_attribute(attribute: &Attribute, text_max: usize, errcodes: [i64; 5]) -> Result<(), Refusal> {
    let [text_code, title_code, url_code, program_title_code, appid_code] = errcodes;
    let bad = |errcode: i64| refuse(errcode, format!("invalid attribute {}", attribute.name()));
    match attribute {
        Attribute::Text { value, .. } if chars(value) > text_max => bad(text_code),
        Attribute::Web { title, url, .. } if title.is_empty() != url.is_empty() => {
            bad(if title.is_empty() { title_code } else { url_code })
        }
        Attribute::Web { title, .. } if chars(title) > 12 => bad(title_code),
        Attribute::Web { url, .. }
            if !(url.is_empty() || url.starts_with("http://") || url.starts_with("https://")) =>
        {
            bad(url_code)
        }
        Attribute::MiniProgram { title, appid, .. } if title.is_empty() != appid.is_empty() => {
            bad(if title.is_empty() { program_title_code } else { appid_code })
        }
        Attribute::MiniProgram { title, .. } if chars(title) > 12 => bad(program_title_code),
        _ => Ok(()),
    }
}

/// Mobile and mail addresses against everybody else's.
pub fn check_unique(corp: &Corp, patch: &MemberPatch, present: &Member) -> Result<(), Refusal> {
    let own = present.key();
    let is_other = |holder: &&Member| holder.key() != own;
    if let Some(mobile) = patch.mobile.as_deref().filter(|mobile| !mobile.is_empty())
        && let Some(holder) = corp.directory.holder_of_mobile(mobile).filter(is_other)
    {
        return refuse(60104, format!("mobile existed:{}", holder.userid));
    }
    if let Some(mail) = patch.email.as_deref().filter(|mail| !mail.is_empty())
        && let Some(holder) = corp.directory.holder_of_mail(mail).filter(is_other)
    {
        let is_update = corp.directory.member(&own).is_some();
        let errcode = if corp.switches.has_corp_mail && is_update { 60142 } else { 60106 };
        return refuse(errcode, format!("email existed:{}", holder.userid));
    }
    if corp.switches.has_corp_mail {
        let aliases = patch.biz_mail_alias.iter().flatten();
        for mail in patch.biz_mail.iter().chain(aliases).filter(|mail| !mail.is_empty()) {
            if let Some(holder) = corp.directory.holder_of_biz_mail(mail).filter(is_other) {
                return refuse(60145, format!("biz_mail existed:{}", holder.userid));
            }
        }
    }
    Ok(())
}

/// Lays the checked fields over the member; departments, userid and corp mail are the caller's.
pub fn lay(corp: &Corp, member: &mut Member, patch: MemberPatch) {
    let text = |into: &mut Text, from: Option<String>| {
        if let Some(from) = from {
            *into = Text::from(from);
        }
    };
    let private = corp.switches.has_private_fields;
    text(&mut member.name, patch.name);
    text(&mut member.alias, if private { patch.english_name } else { patch.alias });
    text(&mut member.mobile, patch.mobile);
    text(&mut member.email, patch.email);
    text(&mut member.position, patch.position);
    text(&mut member.telephone, patch.telephone);
    text(&mut member.address, patch.address);
    text(&mut member.external_position, patch.external_position);
    text(&mut member.avatar, patch.avatar_mediaid);
    text(&mut member.external.corp_name, patch.external_corp_name);
    text(&mut member.external.channel_name, patch.channel_name);
    if private {
        if let Some(positions) = patch.positions {
            member.positions = positions.into_iter().map(Text::from).collect();
        }
        member.hide_mobile = patch.hide_mobile.unwrap_or(member.hide_mobile);
    }
    if corp.switches.has_corp_mail
        && let Some(aliases) = patch.biz_mail_alias
    {
        member.biz_mail_alias = aliases.iter().map(|mail| normal_mail(mail)).collect();
    }
    if let Some(gender) = patch.gender {
        member.gender = gender.parse().unwrap_or(0);
    }
    if let Some(leaders) = patch.direct_leader {
        member.direct_leader = leaders
            .iter()
            .filter_map(|leader| corp.directory.member(&folded(leader)))
            .map(|leader| leader.userid.clone())
            .collect();
    }
    member.is_enabled = patch.enable.unwrap_or(member.is_enabled);
    let replaces = corp.switches.replaces_attribute_lists && !patch.adds_attributes;
    if replaces && patch.extattr.is_some() {
        member.extattr.clear();
    }
    if replaces && patch.external_attr.is_some() {
        member.external.attributes.clear();
    }
    for attribute in patch.extattr.into_iter().flatten() {
        if corp.settings.custom_attributes.contains(attribute.name()) {
            put_attribute(&mut member.extattr, attribute);
        }
    }
    for attribute in patch.external_attr.into_iter().flatten() {
        let is_installed = match &attribute {
            Attribute::MiniProgram { appid, .. } => {
                appid.is_empty() || corp.settings.mini_programs.contains(appid.as_str())
            }
            _ => true,
        };
        if is_installed {
            put_attribute(&mut member.external.attributes, attribute);
        }
    }
}

/// Replaces the attribute of the same name, or removes it when it is empty.
fn put_attribute(list: &mut Vec<Attribute>, attribute: Attribute) {
    let place = list.iter().position(|present| present.name() == attribute.name());
    match (place, attribute.is_empty()) {
        (Some(place), true) => {
            list.remove(place);
        }
        (Some(place), false) => list[place] = attribute,
        (None, true) => {}
        (None, false) => list.push(attribute),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_of_mobiles() {
        for (mobile, ok) in [
            ("13900000001", true),
            ("+86 13800000000", true), // the documented sample
            ("+8613800000000", true),
            ("+1-555-0100", true),
            ("139 0000 0001", false),
            ("1390000000x", false),
            ("86+13800000000", false),
            ("1234", false),
            ("123456789012345678901234567890123", false),
        ] {
            assert_eq!(is_mobile(mobile), ok, "mobile {mobile}");
        }
    }

    #[test]
    fn form_of_mails() {
        for (mail, ok) in [
            ("a@b.cn", true),
            ("a@b.c", false), // 5 bytes
            ("a.chen@example.com", true),
            ("@example.com", false),
            ("a@b@example.com", false),
            ("a@example", false),
            ("张@example.com", false),
            (&format!("{}@example.com", "a".repeat(60)), false),
        ] {
            assert_eq!(is_mail(mail), ok, "mail {mail}");
        }
    }
}
