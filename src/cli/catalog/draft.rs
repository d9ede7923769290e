//! `sluice catalog draft`, `drafts`, `show` and `restore`: drafts of changes.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use sluice_core::release::draft::OFFICE_FILES;
use sluice_core::release::{ContentDigest, Manifest};

use crate::catalog::folder;
use crate::cli::connection::{ConnectionArgs, Failed, Office};
use crate::cli::shown;
use crate::contract::drafts::{DraftCheck, DraftFile, DraftRequest, DraftResponse};
use crate::contract::entries::ReportedProblem;
use crate::contract::releases::ReleaseResponse;
use crate::contract::steps::StepResponse;

/// Write a draft: the differences of a department's files in a folder from the last release
///
/// A department changes its own entries, the exchange office also registry and procedure. Prints
/// the changes for consumers, and all problems.
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
    /// Subject of the draft, for its reviewers
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

/// Show a draft: its steps, the changes for consumers, and its problems
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  sluice catalog show d-12 --profile me.toml")]
pub(super) struct ShowArgs {
    /// The draft's id
    draft: String,
    /// Print the new texts of its files, too
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
    /// Subject of the draft
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
    let (department, note) = (args.department.clone(), args.note.clone());
    let body = DraftRequest { department, restores: None, note, files };
    let told = match &args.replace {
        None => office.send("/api/v1/drafts", &body)?,
        Some(id) => office.replace(&format!("/api/v1/drafts/{id}"), &body)?,
    };
    written(&office, &told)
}

pub(super) fn restore(args: &RestoreArgs) -> Result<ExitCode, Failed> {
    let office = args.connection.open()?;
    let RestoreArgs { release, department, note, .. } = args;
    let (department, note) = (department.clone(), note.clone());
    let body = DraftRequest { department, restores: Some(*release), note, files: Vec::new() };
    let told = office.send("/api/v1/drafts", &body)?;
    written(&office, &told)
}

fn written(office: &Office, told: &DraftResponse) -> Result<ExitCode, Failed> {
    let sound = tell(office, told)?;
    say!("\nNext: sluice catalog submit {}", told.id);
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(super) fn drafts(args: &DraftsArgs) -> Result<ExitCode, Failed> {
    let office = args.connection.open()?;
    let filter = |name: &str, value: &Option<String>| {
        value.as_ref().map(|value| format!("{name}={value}")).unwrap_or_default()
    };
    let filters = [filter("department", &args.department), filter("stage", &args.stage)];
    let filters: Vec<&str> = filters.iter().map(String::as_str).filter(|f| !f.is_empty()).collect();
    let listed: Vec<DraftResponse> =
        office.ask(&format!("/api/v1/drafts?{}", filters.join("&")))?;
    for DraftResponse { id, stage, department, changes, note, .. } in &listed {
        let count = changes.len();
        say!("{id:<8} {stage:<10} {department:<24} {count:>5} files  {note}");
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn show(args: &ShowArgs) -> Result<ExitCode, Failed> {
    let office = args.connection.open()?;
    let draft: DraftResponse = office.ask(&format!("/api/v1/drafts/{}", args.draft))?;
    let ended = matches!(&*draft.stage, "published" | "rejected" | "withdrawn");
    if ended {
        tell_steps(&draft);
    } else {
        tell(&office, &draft)?;
    }
    if args.files {
        for change in &draft.changes {
            let path = &change.path;
            if change.after.is_none() {
                say!("\n--- {path} is removed");
                continue;
            }
            let text = office.text(&format!("/api/v1/drafts/{}/files/{path}", args.draft))?;
            say!("\n--- {path}\n{text}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints a draft: its steps, changes and problems; returns true if it can be published.
fn tell(office: &Office, draft: &DraftResponse) -> Result<bool, Failed> {
    tell_steps(draft);
    let checked: DraftCheck = office.ask(&format!("/api/v1/drafts/{}/check", draft.id))?;
    for change in &checked.changes {
        let sign = match &*change.effect {
            "opens" => '+',
            "closes" => '-',
            _ => '~',
        };
        say!("  {sign} {}: {}", change.heading, change.text);
    }
    for reason in &checked.needs_office {
        say!("  ! the exchange office must approve it: {reason}");
    }
    for ReportedProblem { severity, message, rule, file, line, column, advice, .. } in
        &checked.problems
    {
        say!("{severity}: {message} [{rule}]\n  --> {file}:{line}:{column}\n   = {advice}");
    }
    Ok(checked.sound)
}

fn tell_steps(draft: &DraftResponse) {
    let DraftResponse { id, department, stage, changes, note, steps, .. } = draft;
    let files = if changes.len() == 1 { "file" } else { "files" };
    let note = if note.is_empty() { String::new() } else { format!(", {note}") };
    say!("draft {id} of {department}: {stage}, {} {files}{note}", changes.len());
    for StepResponse { step, by, time, reason, .. } in steps {
        let reason = reason.as_deref().map(|why| format!(": {}", shown(why)));
        say!("  {step:<9} by {by}, {time}{}", reason.unwrap_or_default());
    }
}

/// The last release's number, and its manifest.
pub(super) fn last_release(office: &Office) -> Result<(u64, Manifest), Failed> {
    let releases: Vec<ReleaseResponse> = office.ask("/api/v1/releases")?;
    let last = releases.first().map_or(0, |release| release.number);
    let manifest = office.text(&format!("/api/v1/releases/{last}/manifest"))?;
    let unread = || Failed::Unreachable("the answer is no manifest".into());
    Ok((last, Manifest::parse(&manifest).ok_or_else(unread)?))
}

/// The department's files that are otherwise than in the last release.
fn changed_files(office: &Office, args: &DraftArgs) -> Result<Vec<DraftFile>, Failed> {
    let (sources, unreadable) = folder::sources(&args.dir);
    if let Some(problem) = unreadable.first() {
        return Err(Failed::Usage(format!("{}: {}", problem.file, problem.message)));
    }
    let (_, manifest) = last_release(office)?;
    let below = format!("{}/", args.department);
    // Registry and procedure are offered by whoever has changed them; whether they may is the gateway's to say.
    let is_own = |path: &str| path.starts_with(&below) || OFFICE_FILES.contains(&path);
    let mut files = Vec::new();
    for source in sources.iter().filter(|source| is_own(&source.path)) {
        let digest = ContentDigest::of(source.text.as_bytes());
        if manifest.file(&source.path) != Some(digest) {
            let (path, text) = (source.path.clone(), Some(source.text.clone()));
            files.push(DraftFile { path, text });
        }
    }
    for (path, _) in manifest.files().filter(|(path, _)| path.starts_with(&below)) {
        if !sources.iter().any(|source| source.path == path) {
            files.push(DraftFile { path: path.to_owned(), text: None });
        }
    }
    Ok(files)
}
