//! Shows progress: a bar on a terminal, plain lines elsewhere. Everything goes to standard error, so that standard
//! output holds nothing but the answer.

use super::language::Language;
use crate::clock::Stopwatch;
use crate::ops::admin::{Output, Progress};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;

/// Milliseconds between two plain lines of one label.
const LINE_EVERY_MS: u64 = 2_000;

/// Progress and notes on standard error.
pub struct Terminal {
    language: Language,
    /// `None` = plain lines.
    bar: Option<ProgressBar>,
    label: String,
    last_line: Option<Stopwatch>,
    /// What the last line would have said.
    last: Option<(u64, u64)>,
}

impl Terminal {
    /// A bar where standard error is a terminal.
    pub fn new(language: Language) -> Self {
        let bar = std::io::stderr().is_terminal().then(ProgressBar::hidden);
        Self { language, bar, label: String::new(), last_line: None, last: None }
    }

    /// Takes the bar away.
    pub fn finish(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.label.clear();
    }

    fn draw(&mut self, progress: &Progress) {
        let Some(bar) = &mut self.bar else { return };
        if self.label != progress.label {
            bar.finish_and_clear();
            *bar = ProgressBar::new(progress.total);
            let template = if progress.total > 0 {
                "{msg} [{bar:30}] {pos}/{len} {per_sec} {eta}"
            } else {
                "{msg} {spinner} {pos}"
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.set_message(label_text(&progress.label, self.language).to_owned());
        }
        bar.set_length(progress.total);
        bar.set_position(progress.done);
    }

    fn print_line(&mut self, progress: &Progress) {
        if self.last == Some((progress.done, progress.total)) && self.label == progress.label {
            return;
        }
        self.last = Some((progress.done, progress.total));
        let fresh = self.label != progress.label;
        let due = self.last_line.is_none_or(|last| last.elapsed_ms() >= LINE_EVERY_MS);
        let ended = progress.total > 0 && progress.done >= progress.total;
        if fresh || due || ended {
            self.last_line = Some(Stopwatch::start());
            let label = label_text(&progress.label, self.language);
            if progress.total > 0 {
                eprintln!("{label} {}/{}", progress.done, progress.total);
            } else if progress.done > 0 {
                eprintln!("{label} {}", progress.done);
            }
        }
    }
}

impl Output for Terminal {
    fn progress(&mut self, progress: Progress) {
        if self.bar.is_some() {
            self.draw(&progress);
        } else {
            self.print_line(&progress);
        }
        self.label = progress.label;
    }

    fn note(&mut self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{text}")),
            None => eprintln!("{text}"),
        }
    }
}

/// The phases by the names that the engine gives them.
fn label_text(label: &str, language: Language) -> &str {
    match label {
        "pull" => language.pick("reading WeCom", "读取企业微信"),
        "plan" => language.pick("planning", "计算同步预览"),
        "check" => language.pick("checking for drift", "核对变化"),
        "apply" => language.pick("writing", "写入"),
        "import" => language.pick("importing", "导入"),
        "verify" => language.pick("verifying", "校验"),
        other => other,
    }
}
