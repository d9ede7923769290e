//! `sluice demo`: a whole exchange on this machine.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command talks to its terminal")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;

use super::{EXIT_SOFTWARE, StopSignals, start_tracing};
use crate::demo::playbill::StageError;
use crate::demo::stage::{GRANT_FILE, Ports, Stage};
use crate::demo::tour::grants;
use crate::demo::{tour, walk};

/// Run a whole exchange on this machine: certificates, sample departments, the gateway.
///
/// Prints the addresses, calls that work when pasted and the steps of a temporary grant, then one
/// line `ready`, and runs until it is interrupted. With --once it makes the calls and takes the
/// steps itself, prints each result, and exits 0 only if every result is the expected one.
#[derive(Args)]
#[command(after_help = "Examples:\n  sluice demo\n  sluice demo --once\n  \
    sluice demo --dir /tmp/exchange --exchange-port 8443")]
pub struct DemoArgs {
    /// Walk the tour and exit.
    #[arg(long)]
    once: bool,
    /// Folder for certificates, catalog, log and demo.json; default: a new folder under the
    /// system's temporary one.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Port for systems; 0: any free one.
    #[arg(long, value_name = "N", default_value_t = 0)]
    exchange_port: u16,
    /// Port for people; 0: any free one.
    #[arg(long, value_name = "N", default_value_t = 0)]
    admin_port: u16,
    /// Port of metrics and health; 0: any free one.
    #[arg(long, value_name = "N", default_value_t = 0)]
    ops_port: u16,
}

/// Runs the demo.
pub fn run(args: &DemoArgs) -> ExitCode {
    start_tracing();
    match play(args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("sluice demo: {error}");
            ExitCode::from(EXIT_SOFTWARE)
        }
    }
}

fn play(args: &DemoArgs) -> Result<ExitCode, StageError> {
    let dir = match &args.dir {
        Some(dir) => std::path::absolute(dir)?,
        None => new_folder()?,
    };
    if dir.join("ca.pem").exists() {
        return Err(format!(
            "{} holds an earlier demo: name another folder or remove it",
            dir.display()
        )
        .into());
    }
    let ports = Ports {
        exchange: args.exchange_port,
        administration: args.admin_port,
        operations: args.ops_port,
    };
    let stage = Stage::set(&dir, ports)?;
    introduce(&dir, &stage);
    let right = if args.once {
        take_tour(&stage)?
    } else {
        let stop = StopSignals::catch()?;
        offer_calls(&stage);
        say!("ready");
        stop.wait();
        true
    };
    stage.strike()?;
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn introduce(dir: &Path, stage: &Stage) {
    let playbill = &stage.playbill;
    say!("A data-sharing exchange on this machine. Everything in it is made up, but for the");
    say!("division codes, which are public data.\n");
    say!("  folder    {}  (certificates, catalog, demo.json)", dir.display());
    say!("  gateway   {}  for systems, mutual TLS", playbill.exchange);
    say!("            {}  for people, mutual TLS", playbill.admin);
    say!("            {}/metrics, /livez, /readyz", playbill.ops);
    say!("  log       {}  one line of JSON an exchange", playbill.log.display());
    for (provider, address) in &stage.providers {
        say!("  provider  https://{address}  {}", provider.department());
    }
    say!();
}

fn offer_calls(stage: &Stage) {
    say!("Calls to try:\n");
    for (number, call) in (1..).zip(tour::offered()) {
        say!("{number}. {}", call.title);
        say!("   {}\n", walk::curl(&stage.playbill, &call));
    }
    offer_grant(stage);
    say!("What was recorded of them:\n   tail -f {}/*.jsonl\n", stage.playbill.log.display());
    say!("Stop with Ctrl-C.\n");
}

/// Prints a grant to try: the steps of people, and the call that it allows.
fn offer_grant(stage: &Stage) {
    let playbill = &stage.playbill;
    let program = std::env::current_exe().unwrap_or_else(|_| "sluice".into());
    let file = playbill.ca.with_file_name(GRANT_FILE);
    say!("A grant to try, step by step:\n");
    let command = |who: &str, what: &str| {
        let Some(pair) = playbill.people.get(who) else { return };
        let words = [&program.display().to_string(), "grant"].map(walk::quote).join(" ");
        say!("   {words} {what} --profile {}", walk::quote_path(&pair.profile()));
    };
    command("health/officer-0604", &format!("request {}", walk::quote_path(&file)));
    command("public-security/officer-0302", "agree g-2");
    command("exchange-office/officer-0103", "open g-2");
    let used = grants::scenes().into_iter().find_map(|scene| match scene {
        tour::Scene::Call(call) => Some(call),
        tour::Scene::Act(_) => None,
    });
    if let Some(mut call) = used {
        call.headers.push(("Exchange-Grant", "g-2".into()));
        say!("   {}", walk::curl(playbill, &call));
    }
    command("health/officer-0604", "show g-2");
    command("public-security/officer-0302", "revoke g-2 --reason 'the case is closed'");
    say!();
}

fn take_tour(stage: &Stage) -> Result<bool, StageError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let port = stage.gateway.exchange.port();
    let steps = runtime.block_on(walk::walk(port, &stage.playbill, tour::scenes()))?;
    let width = steps.iter().map(|step| step.title.chars().count()).max().unwrap_or(0);
    let names = steps.iter().map(|step| step.who.len()).max().unwrap_or(0);
    say!("     {:width$}  {:names$}      outcome", "what it shows", "who");
    for (number, step) in (1..).zip(&steps) {
        let mark = if step.wrong.is_empty() { "ok" } else { "NO" };
        let (title, caller) = (step.title, step.who);
        say!("{number:2}.  {title:width$}  {caller:names$}  {mark}  {}", step.outcome);
        for wrong in &step.wrong {
            say!("     {wrong}");
        }
    }
    let wrong = steps.iter().filter(|step| !step.wrong.is_empty()).count();
    match wrong {
        0 => say!("\nAll {} outcomes are the right ones.", steps.len()),
        _ => say!("\n{wrong} of {} outcomes are wrong.", steps.len()),
    }
    Ok(wrong == 0)
}

/// A new folder under the system's temporary one, for this user alone: it holds keys.
fn new_folder() -> Result<PathBuf, StageError> {
    use std::os::unix::fs::DirBuilderExt;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    let dir = std::env::temp_dir().join(format!("sluice-demo-{now}-{}", std::process::id()));
    std::fs::DirBuilder::new().mode(0o700).create(&dir)?;
    Ok(dir)
}
