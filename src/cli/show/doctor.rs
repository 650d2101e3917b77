//! The doctor's findings.

use crate::cli::language::Language;
use crate::ops::doctor::{Examination, State, Words};

/// Finding by finding, each with its cure.
pub fn findings(report: &Examination, language: Language) -> String {
    let words = |words: &Words| match language {
        Language::En => words.en.clone(),
        Language::Zh => words.zh.clone(),
    };
    if report.findings.is_empty() {
        return format!("{}\n", language.pick("There is no corp to examine.", "没有可诊断的企业。"));
    }
    let mut text = String::new();
    for finding in &report.findings {
        let mark = match finding.state {
            State::Ok => "ok  ",
            State::Warning => "warn",
            State::Failed => "FAIL",
        };
        text.push_str(&format!("{mark}  {} {}: {}\n", finding.corp, finding.check, words(&finding.found)));
        if let Some(ip) = &finding.seen_as {
            text.push_str(&format!(
                "      {} {ip}\n",
                language.pick("WeCom sees this machine as", "企业微信看到的本机 IP:")
            ));
        }
        if !finding.addresses.is_empty() && finding.check != "network.dns" {
            let label = language.pick("addresses of the API, for the firewall:", "API 服务器 IP（供防火墙放行）：");
            text.push_str(&format!("      {label} {}\n", finding.addresses.join(" ")));
        }
        if let Some(fix) = &finding.fix {
            text.push_str(&format!("      → {}\n", words(fix)));
        }
    }
    text
}
