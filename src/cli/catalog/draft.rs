//! `sluice catalog draft`, `drafts`, `show` and `restore`: what is to change.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};
use sluice_core::release::draft::OFFICES;
use sluice_core::release::{ContentDigest, Manifest};

use crate::catalog::folder;
use crate::cli::connection::{ConnectionArgs, Failed, Office};
use crate::cli::shown;

/// Write a draft: what a department's files in a folder say otherwise than the last release
///
/// A department changes its own entries, the exchange office also registry and procedure. Prints what the
/// change means for whom, and everything that is wrong with it.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  sluice catalog draft catalog --department health --note 'hospital beds' --profile me.toml")]
pub(super) struct DraftArgs {
    /// The folder with the catalog as it shall be
    dir: PathBuf,
    /// The department whose files it changes
    #[arg(long, value_name = "ID")]
    department: String,
    /// What it is about, for those who look at it
    #[arg(long, default_value = "")]
    note: String,
    /// Write this open draft anew, instead of another
    #[arg(long, value_name = "DRAFT")]
    replace: Option<String>,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// List drafts, the latest first
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  sluice catalog drafts --stage submitted --profile me.toml")]
pub(super) struct DraftsArgs {
    /// Only those of this department
    #[arg(long, value_name = "ID")]
    department: Option<String>,
    /// Only those that are there: open, submitted, reviewed, published, rejected or withdrawn
    #[arg(long)]
    stage: Option<String>,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Show a draft: its steps, what it means for whom, and what is wrong with it
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  sluice catalog show d-12 --profile me.toml")]
pub(super) struct ShowArgs {
    /// The draft's id
    draft: String,
    /// Print also what its files shall say
    #[arg(long)]
    files: bool,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Write a draft that restores a former release as a whole; the exchange office's
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  sluice catalog restore 41 --department exchange-office --note 'bed counts were wrong' --profile me.toml")]
pub(super) struct RestoreArgs {
    /// The release's number
    release: u64,
    /// The exchange office
    #[arg(long, value_name = "ID")]
    department: String,
    /// What it is about
    #[arg(long, default_value = "")]
    note: String,
    #[command(flatten)]
    connection: ConnectionArgs,
}

pub(super) fn draft(args: &DraftArgs) -> Result<ExitCode, Failed> {
    let office = args.connection.open()?;
    let files = changed_files(&office, args)?;
    if files.is_empty() {
        let what = format!("the files of {} say what the last release says", args.department);
        return Err(Failed::Refused(what));
    }
    let body = json!({ "department": args.department, "note": args.note, "files": files });
    let told = match &args.replace {
        None => office.send("/api/v1/drafts", &body)?,
        Some(id) => office.put(&format!("/api/v1/drafts/{id}"), &body)?,
    };
    written(&office, &told)
}

pub(super) fn restore(args: &RestoreArgs) -> Result<ExitCode, Failed> {
    let office = args.connection.open()?;
    let RestoreArgs { release, department, note, .. } = args;
    let body = json!({ "department": department, "note": note, "restores": release });
    let told = office.send("/api/v1/drafts", &body)?;
    written(&office, &told)
}

fn written(office: &Office, told: &Value) -> Result<ExitCode, Failed> {
    let id = word(told, "id");
    let sound = tell(office, told)?;
    say!("\nNext: sluice catalog submit {id}");
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(super) fn drafts(args: &DraftsArgs) -> Result<ExitCode, Failed> {
    let office = args.connection.open()?;
    let filter = |name: &str, value: &Option<String>| {
        value.as_ref().map(|value| format!("{name}={value}")).unwrap_or_default()
    };
    let filters = [filter("department", &args.department), filter("stage", &args.stage)];
    let filters: Vec<&str> = filters.iter().map(String::as_str).filter(|f| !f.is_empty()).collect();
    let listed = office.ask(&format!("/api/v1/drafts?{}", filters.join("&")))?;
    for draft in listed.as_array().into_iter().flatten() {
        let changes = draft["changes"].as_array().map_or(0, Vec::len);
        say!(
            "{:<8} {:<10} {:<24} {changes:>5} files  {}",
            word(draft, "id"),
            word(draft, "stage"),
            word(draft, "department"),
            word(draft, "note")
        );
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn show(args: &ShowArgs) -> Result<ExitCode, Failed> {
    let office = args.connection.open()?;
    let draft = office.ask(&format!("/api/v1/drafts/{}", args.draft))?;
    let ended = matches!(word(&draft, "stage"), "published" | "rejected" | "withdrawn");
    if ended {
        tell_steps(&draft);
    } else {
        tell(&office, &draft)?;
    }
    if args.files {
        for change in draft["changes"].as_array().into_iter().flatten() {
            let path = word(change, "path");
            if change["after"].is_null() {
                say!("\n--- {path} is removed");
                continue;
            }
            let text = office.text(&format!("/api/v1/drafts/{}/files/{path}", args.draft))?;
            say!("\n--- {path}\n{text}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Tells a draft: its steps, what it means, what is wrong; says whether it can be published.
fn tell(office: &Office, draft: &Value) -> Result<bool, Failed> {
    tell_steps(draft);
    let checked = office.ask(&format!("/api/v1/drafts/{}/check", word(draft, "id")))?;
    for change in checked["changes"].as_array().into_iter().flatten() {
        let sign = match word(change, "effect") {
            "opens" => '+',
            "closes" => '-',
            _ => '~',
        };
        let entry = word(change, "heading");
        say!("  {sign} {entry}: {}", word(change, "text"));
    }
    for reason in checked["needs_office"].as_array().into_iter().flatten() {
        say!("  ! the exchange office must approve it: {}", reason.as_str().unwrap_or_default());
    }
    for problem in checked["problems"].as_array().into_iter().flatten() {
        say!(
            "{}: {} [{}]\n  --> {}:{}:{}\n   = {}",
            word(problem, "severity"),
            word(problem, "message"),
            word(problem, "rule"),
            word(problem, "file"),
            problem["line"],
            problem["column"],
            word(problem, "advice")
        );
    }
    Ok(checked["sound"] == json!(true))
}

fn tell_steps(draft: &Value) {
    let changes = draft["changes"].as_array().map_or(0, Vec::len);
    say!(
        "draft {} of {}: {}, {changes} {}{}",
        word(draft, "id"),
        word(draft, "department"),
        word(draft, "stage"),
        if changes == 1 { "file" } else { "files" },
        match word(draft, "note") {
            "" => String::new(),
            note => format!(", {note}"),
        }
    );
    for step in draft["steps"].as_array().into_iter().flatten() {
        let reason = step["reason"].as_str().map(|r| format!(": {}", shown(r))).unwrap_or_default();
        let (what, by) = (word(step, "step"), word(step, "by"));
        say!("  {what:<9} by {by}, {}{reason}", word(step, "time"));
    }
}

/// The department's files that are otherwise than in the last release.
fn changed_files(office: &Office, args: &DraftArgs) -> Result<Vec<Value>, Failed> {
    let (sources, unreadable) = folder::sources(&args.dir);
    if let Some(problem) = unreadable.first() {
        return Err(Failed::Usage(format!("{}: {}", problem.file, problem.message)));
    }
    let releases = office.ask("/api/v1/releases")?;
    let last = releases[0]["number"].as_u64().unwrap_or_default();
    let manifest = office.text(&format!("/api/v1/releases/{last}/manifest"))?;
    let unread = || Failed::Unreachable("the answer is no manifest".into());
    let manifest = Manifest::parse(&manifest).ok_or_else(unread)?;
    let below = format!("{}/", args.department);
    // Registry and procedure are offered by whoever has changed them; whether he may is the gateway's to say.
    let is_own = |path: &str| path.starts_with(&below) || OFFICES.contains(&path);
    let mut files = Vec::new();
    for source in sources.iter().filter(|source| is_own(&source.path)) {
        let digest = ContentDigest::of(source.text.as_bytes());
        if manifest.file(&source.path) != Some(digest) {
            files.push(json!({ "path": source.path, "text": source.text }));
        }
    }
    for (path, _) in manifest.files().filter(|(path, _)| path.starts_with(&below)) {
        if !sources.iter().any(|source| source.path == path) {
            files.push(json!({ "path": path, "text": null }));
        }
    }
    Ok(files)
}

/// A member's text.
pub(super) fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}
