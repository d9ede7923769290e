//! `sluice audit query`.
#![allow(clippy::print_stderr, reason = "a command talks to its terminal")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use sluice_core::domain::UnixMillis;
use sluice_core::ledger::time::rfc3339;

use super::{Fault, Folder, open};
use crate::audit::Archive;
use crate::audit::find::{FoundRecord, RecordFilter, time};
use crate::index::{Index, NoIndex};

/// Find records by their contents, one a line.
///
/// Of a long answer's parts, those are printed that fit by themselves or by their intent.
#[derive(Args)]
#[command(
    after_help = "Example:\n  sluice audit query --log log --consumer health --decision denial \
    --since 2026-11-01"
)]
pub(super) struct QueryArgs {
    #[command(flatten)]
    folder: Folder,
    #[command(flatten)]
    asked: QueryFilter,
    /// Print the records as they are, in JSON.
    #[arg(long)]
    json: bool,
    /// An index that `sluice audit index` has built: faster, and as far as it has come.
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
}

/// The conditions that records must meet.
#[derive(Args)]
pub(super) struct QueryFilter {
    /// Recorded then or later: a date, or a time of RFC 3339.
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<UnixMillis>,
    /// Recorded before.
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<UnixMillis>,
    /// The department that asked.
    #[arg(long, value_name = "DEPARTMENT")]
    consumer: Option<String>,
    /// The system that asked, by its id in that department.
    #[arg(long, value_name = "SYSTEM")]
    system: Option<String>,
    /// The department that was asked.
    #[arg(long, value_name = "DEPARTMENT")]
    provider: Option<String>,
    /// The entry, as department/entry.
    #[arg(long)]
    entry: Option<String>,
    /// The operation.
    #[arg(long)]
    operation: Option<String>,
    /// The person on whose behalf a system asked.
    #[arg(long)]
    operator: Option<String>,
    /// The purpose.
    #[arg(long)]
    purpose: Option<String>,
    /// The case.
    #[arg(long)]
    case: Option<String>,
    /// The reference to a consent.
    #[arg(long)]
    consent: Option<String>,
    /// The basis, as term/id.
    #[arg(long)]
    basis: Option<String>,
    /// The decision: permit or denial.
    #[arg(long)]
    decision: Option<String>,
    /// The code of a refusal.
    #[arg(long)]
    code: Option<String>,
    /// The reason below the code, as the record's detail gives it.
    #[arg(long)]
    reason: Option<String>,
    /// The exchange id.
    #[arg(long)]
    exchange: Option<String>,
    /// The digest of a person, as records have it.
    #[arg(long, value_name = "DIGEST")]
    subject_digest: Option<String>,
}

impl QueryFilter {
    pub(super) fn question(&self) -> RecordFilter {
        let says = [
            ("exchange", &self.exchange),
            ("consumer", &self.consumer),
            ("system", &self.system),
            ("entry", &self.entry),
            ("operation", &self.operation),
            ("operator", &self.operator),
            ("purpose", &self.purpose),
            ("case", &self.case),
            ("consent", &self.consent),
            ("basis", &self.basis),
            ("decision", &self.decision),
            ("code", &self.code),
            ("reason", &self.reason),
        ];
        let says = says.into_iter().filter_map(|(name, said)| Some((name, said.clone()?)));
        RecordFilter {
            from: None,
            since: self.since,
            until: self.until,
            says: says.collect(),
            provider: self.provider.clone(),
            subjects: self.subject_digest.iter().cloned().collect(),
        }
    }
}

pub(super) fn run(args: &QueryArgs) -> Result<ExitCode, Fault> {
    let dir = &args.folder.log;
    let archive = open(dir)?;
    let io = |error| Fault::io(dir, error);
    let question = args.asked.question();
    if let Some(db) = &args.db {
        return by_index(&archive, db, &question, args);
    }
    let mut answers = archive.find(question).map_err(io)?;
    while let Some(found) = answers.next_found().map_err(io)? {
        tell(&found, args.json);
    }
    Ok(ExitCode::SUCCESS)
}

/// The same by an index, which tells where to look.
fn by_index(
    archive: &Archive,
    db: &Path,
    question: &RecordFilter,
    args: &QueryArgs,
) -> Result<ExitCode, Fault> {
    let io = |error| Fault::io(&args.folder.log, error);
    let wrong = |why: NoIndex| Fault::io(db, why);
    let asked = super::index::runtime()?.block_on(async {
        let mut index = Index::existing(db, archive).await?;
        Ok((index.next().await?, index.find(question).await?))
    });
    let (next, indices) = asked.map_err(wrong)?;
    let (_, end) = archive.extent().map_err(io)?;
    if next < end {
        eprintln!(
            "sluice audit: the index has {next} records of {end}; sluice audit index takes the rest"
        );
    }
    for index in indices {
        let Some(found) = archive.found(index).map_err(io)? else { continue };
        if found.fits(question) {
            tell(&found, args.json);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows a record.
pub(super) fn tell(found: &FoundRecord, json: bool) {
    if json {
        say!("{}", String::from_utf8_lossy(&found.bytes));
    } else {
        say!("{}", in_a_line(found));
    }
}

/// Renders a record in a line for people: time, caller, entry and operation, result.
fn in_a_line(found: &FoundRecord) -> String {
    let time = rfc3339(found.line.time).to_string();
    let text = |path: &str| {
        let text = found.text(path);
        if text.is_empty() { "-".to_owned() } else { text }
    };
    let who = ["consumer.department", "consumer.system"].map(|path| found.text(path));
    let who = who.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    let who = if who.is_empty() { "-".to_owned() } else { who };
    let (what, came) = match &*found.line.kind {
        "control" => (text("event"), String::new()),
        "refusals" => (text("code"), format!("{} times", text("count"))),
        _ => {
            let operation = found.text("operation");
            let entry = found.text("entry");
            let what = [entry, operation].into_iter().filter(|part| !part.is_empty());
            let code = found.text("code");
            // Where a code has one reason only, its word says nothing more.
            let reason = Some(found.text("detail.reason"));
            let reason = reason.filter(|reason| !reason.is_empty() && *reason != code);
            let reason = reason.map(|reason| format!("({reason})")).unwrap_or_default();
            let fate = found.text("fate");
            let decision =
                if &*found.line.kind == "single" { found.text("decision") } else { fate };
            let came = [text("status"), decision, code, reason]
                .into_iter()
                .filter(|part| !part.is_empty());
            (what.collect::<Vec<_>>().join(" "), came.collect::<Vec<_>>().join(" "))
        }
    };
    let exchange = text("exchange");
    format!(
        "{:>8}  {time}  {:<12}  {who}  {what}  {came}  {exchange}",
        found.line.index, found.line.kind
    )
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::audit::find::MEMBERS;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        asked: QueryFilter,
    }

    #[test]
    fn whatever_records_can_be_asked_for_has_an_option() {
        for (name, _) in MEMBERS {
            let line = Line::try_parse_from(["query", &format!("--{name}"), "x"]);
            assert_eq!(line.unwrap().asked.question().says, [(name, "x".to_owned())]);
        }
    }
}
