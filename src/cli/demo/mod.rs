//! `demo`: bridge, sandbox and a sample organisation in one process. The directory is read, planned, previewed and
//! written into a WeCom; a second plan is empty. Then the organisation lives on, and a plan waits for a decision. Needs no network.

mod account;
mod scene;

use super::context::{Context, print_out};
use super::language::Language;
use super::show;
use super::signals::wait_for_stop;
use super::terminal::Terminal;
use crate::app::App;
use crate::config::{LogConfig, LogFormat, LogLevel};
use crate::model::Actor;
use crate::ops::admin::wire::SecretText;
use crate::ops::admin::{Answer, Command, CommandError, Exit, KeyCommand, KeyExpiry, Output, Reading};
use crate::ops::exec::{self, NewKeyReport};
use crate::ops::logging;
use crate::ops::report::{PlanReport, SyncReport};
use crate::setup::{Confirmed, LinkChoices, Links};
use clap::Args;
use scene::{CORP, Scene};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Show everything in one go: bridge + sandbox + sample organisation, ready to click; needs no network
#[derive(Debug, Args)]
pub struct Demo {
    /// Address and port of the bridge [default: 127.0.0.1:8620, or a free port where that one is taken]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// People of the sample organisation; about one unit for every eight of them
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    employees: u32,
    /// Keep the data in this folder, as --data-dir does [default: a temporary one, removed at the end]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// End after the second plan instead of serving until Ctrl-C
    #[arg(long)]
    once: bool,
}

impl Demo {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        logging::start(LogConfig { level: LogLevel::Warn, format: LogFormat::Text });
        let scene = Scene::set(self.listen, self.data.or_else(|| context.data_dir())).await?;
        // one for both: a signal that comes between the play and the waiting is not lost
        let stop = wait_for_stop();
        tokio::pin!(stop);
        let played = {
            let play = play(&scene, context, self.employees, self.once);
            tokio::pin!(play);
            tokio::select! {
                biased;
                played = &mut play => played,
                () = &mut stop => Err(CommandError::failed("interrupted")),
            }
        };
        let result = match played {
            Ok(exit) if !self.once => {
                stop.await;
                Ok(exit)
            }
            played => played,
        };
        scene.clear().await;
        result
    }
}

/// The acts, in order; answers `Failed` when the second plan is not empty.
async fn play(scene: &Scene, context: &Context, employees: u32, once: bool) -> Result<Exit, CommandError> {
    let language = context.language;
    let say = |en: &str, zh: &str| {
        if !context.is_json() {
            eprintln!("\n{}", language.pick(en, zh));
        }
    };
    let stage = Stage { app: scene.app(), actor: Actor::cli("demo"), language };
    say("1. Set-up: tenant, corp, app, match rules, guards", "1. 应用初始设置：租户、企业、应用、匹配规则、安全设置");
    // kept data: the same sandbox, most likely on another port
    let links = LinkChoices::from([(CORP.into(), Links::Keep)]);
    let setup = SecretText(scene.setup());
    stage.act(Command::Apply { setup, dry_run: false, prune: false, links, confirm: Confirmed::new() }).await?;

    say("2. The sample organisation is imported", "2. 导入示例组织");
    let (units, people) = scene.import(employees, &stage.actor).await?;
    scene.make_rules(&stage.actor).await?;
    if !context.is_json() {
        eprintln!("   {units} {}, {people} {}", language.pick("units", "个部门"), language.pick("people", "人"));
    }

    say("3. Pull: WeCom → mirror", "3. 拉取企业微信通讯录");
    stage.act(Command::Pull { corp: CORP.into(), reading: Reading::default() }).await?;

    say("4. Plan: everything one sync would do", "4. 计算同步预览");
    let first: PlanReport = stage.report(Command::Plan { corp: CORP.into(), reading: Reading::default() }).await?;
    if !context.is_json() {
        print_out(&show::plan_summary(&first, language))?;
    }

    say("5. Apply exactly that plan", "5. 严格按预览执行");
    let (corp, plan, reading) = (CORP.into(), Some(first.id.clone()), Reading::default());
    let sync = Command::Sync { corp, plan, reason: None, reading };
    let synced: SyncReport = stage.report(sync).await?;
    if !context.is_json() {
        print_out(&show::sync(&synced, language))?;
    }

    say("6. Plan again: nothing is left to do", "6. 再次预览：没有变化");
    let second: PlanReport = stage.report(Command::Plan { corp: CORP.into(), reading: Reading::default() }).await?;
    let is_quiet = second.changes.is_empty();
    if !context.is_json() {
        print_out(&show::plan_summary(&second, language))?;
    }

    let mut is_held = false;
    if !once {
        say("7. A week later: people join, move and leave", "7. 一周之后：有人入职、调动、离职");
        scene.live_on(employees, &stage.actor).await?;
        let later: PlanReport = stage.report(Command::Plan { corp: CORP.into(), reading: Reading::default() }).await?;
        if !context.is_json() {
            print_out(&show::plan_summary(&later, language))?;
        }
        is_held = later.held;
        if is_held {
            say("   A guard holds the plan until somebody decides", "   安全设置拦下了这次预览，等待审批");
        }
    }

    let key: NewKeyReport = stage
        .report(Command::Key(KeyCommand::Create {
            name: format!("demo-{}", scene.app().clock.now_ms()),
            scopes: vec!["all".into()],
            networks: Vec::new(),
            expires: Some(KeyExpiry::Days(1)),
        }))
        .await?;
    let password = account::ready_account(scene.app(), &stage.actor).await?;
    scene.connect_callbacks();
    let exit = match (first.held, is_quiet) {
        (true, _) => Exit::Held,
        (false, true) => Exit::Done,
        (false, false) => Exit::Failed,
    };
    if context.is_json() {
        let value = json!({
            "url": scene.url(), "sandbox": scene.sandbox_url(), "data_dir": scene.data_dir(), "api_key": key.key,
            "account": { "name": account::NAME, "password": password.expose() },
            "units": units, "employees": people, "plan": first.counts, "held": first.held,
            "budget": first.budget, "sync": synced, "second_plan_changes": second.changes.len(),
        });
        print_out(&format!("{value}\n"))?;
    } else if !once {
        print_out(&invitation(scene, &key.key, password.expose(), is_held, language))?;
    }
    Ok(exit)
}

/// What is needed to have a command executed.
struct Stage<'a> {
    app: &'a App,
    actor: Actor,
    language: Language,
}

impl Stage<'_> {
    async fn act(&self, command: Command) -> Result<Answer, CommandError> {
        let mut terminal = Terminal::new(self.language);
        let output: &mut dyn Output = &mut terminal;
        let result = exec::execute(self.app, &self.actor, command, output).await;
        terminal.finish();
        result
    }

    async fn report<T: DeserializeOwned>(&self, command: Command) -> Result<T, CommandError> {
        let answer = self.act(command).await?;
        T::deserialize(&answer.value).map_err(|cause| CommandError::failed(cause.to_string()))
    }
}

fn invitation(scene: &Scene, key: &str, password: &str, is_held: bool, language: Language) -> String {
    let (url, sandbox, data) = (scene.url(), scene.sandbox_url(), scene.data_dir().display().to_string());
    let pick = |en, zh| language.pick(en, zh);
    let program = std::env::current_exe().map_or_else(|_| "wecom-bridge".into(), |path| path.display().to_string());
    format!(
        "\n{open}\n  {pages}  {url}/\n  {account}  {name} / {password}\n  {wecom}  {sandbox}/\n  {docs}  {url}/api/docs\n  {api}  {key}\n\n{try_it}{plan}{card}\n\n{commands}\n  \
         {program} --data-dir {data} runs list\n  \
         {program} --data-dir {data} plan --corp {CORP}\n  \
         {program} --data-dir {data} check\n  \
         curl -H 'Authorization: Bearer {key}' {url}/api/v1/tenants\n\n{stop}\n",
        open = pick("Look at it:", "请打开："),
        pages = pick("pages:                ", "管理页面：      "),
        account = pick("account for the pages:", "登录账号：      "),
        wecom = pick("the WeCom of the demo:", "演示用企业微信："),
        name = account::NAME,
        docs = pick("REST API:             ", "REST API 文档： "),
        api = pick("API key for trying:   ", "试用 API 密钥： "),
        plan = match is_held {
            true => pick(
                "“Decisions” in the menu shows a plan that a guard holds. Look at it, then allow and apply it, or reject it.",
                "打开菜单中的“待审批”，查看被安全设置拦下的预览，批准后执行，或者驳回；",
            ),
            false => pick(
                "“Sync to WeCom” in the menu shows a plan. Look at it, then apply it.",
                "打开菜单中的“同步通讯录”，查看预览后执行；"
            ),
        },
        card = pick(
            " “Send a message” sends a card, which is answered in the WeCom of the demo (Open the phone).",
            "再用“发送消息”发一张待办卡片，在演示用企业微信中打开手机点按钮办理。",
        ),
        try_it = pick("Try it: ", "可以先试："),
        commands = pick("Try in another terminal:", "在另一个终端中试用："),
        stop = pick("Ctrl-C stops everything.", "按 Ctrl-C 停止。"),
    )
}
