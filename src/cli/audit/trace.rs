//! `sluice audit trace`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use sluice_core::ledger::time::rfc3339;

use super::{Fault, Folder, open};
use crate::audit::find::{Found, Question};
use crate::settings::read_secret;
use crate::snapshot::SubjectSecret;

/// Tell who received what about a person, when and for what.
///
/// A person stands in the log as a digest under a key of each provider. The key file of an epoch
/// stands in log.secrets as subject-N.key; whose key one may not use, of those providers one
/// learns nothing.
#[derive(Args)]
#[command(
    after_help = "Example:\n  sluice audit trace --log log --subject 330106199003070410 \\\n    \
    --subject-key log-secrets/subject-1.key"
)]
pub(super) struct TraceArgs {
    #[command(flatten)]
    folder: Folder,
    /// An identifier of the person, in whatever form it is written.
    #[arg(long, value_name = "VALUE")]
    subject: String,
    /// A file of subject keys; may be given several times, once an epoch.
    #[arg(long = "subject-key", value_name = "FILE", required = true)]
    subject_keys: Vec<PathBuf>,
    /// Only this provider's answers; may be given several times.
    #[arg(long = "provider", value_name = "DEPARTMENT")]
    providers: Vec<String>,
    /// How it is told.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Format {
    Table,
    Json,
    Csv,
}

/// What is told of a record, in this order.
const COLUMNS: [&str; 12] = [
    "index",
    "time",
    "consumer",
    "system",
    "operator",
    "purpose",
    "case",
    "entry",
    "operation",
    "basis",
    "masked",
    "dropped",
];

pub(super) fn run(args: &TraceArgs) -> Result<ExitCode, Fault> {
    let dir = &args.folder.log;
    let mut secrets = Vec::new();
    for (nth, file) in args.subject_keys.iter().enumerate() {
        let secret = read_secret(file).map_err(Fault::usage)?;
        secrets.push(SubjectSecret { epoch: nth as u32, secret });
    }
    let io = |error| Fault::io(dir, error);
    let archive = open(dir)?;
    let mut answers = archive.find(Question::default()).map_err(io)?;
    let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut rows = Vec::new();
    while let Some(found) = answers.next_found().map_err(io)? {
        let provider = found.provider().unwrap_or_default().to_owned();
        if !args.providers.is_empty() && !args.providers.contains(&provider) {
            continue;
        }
        let digests = known.entry(provider).or_insert_with_key(|provider| {
            let keys = secrets.iter().map(|secret| secret.key_of(provider));
            keys.filter_map(|key| Some(key.digest(&args.subject)?.to_string())).collect()
        });
        if found.line.subjects().any(|named| digests.iter().any(|digest| digest == named)) {
            rows.push(row(&found));
        }
    }
    tell(&rows, args.format);
    Ok(ExitCode::SUCCESS)
}

fn row(found: &Found) -> [String; 12] {
    let time = rfc3339(found.line.time);
    let paths = |path: &str| match found.says(path) {
        Some(Value::Object(counts)) => {
            counts.keys().map(String::as_str).collect::<Vec<_>>().join(" ")
        }
        // What a window of a long answer shows is told by its outcome alone.
        _ if &*found.line.kind == "continuation" => "see its outcome".to_owned(),
        _ => String::new(),
    };
    [
        found.line.index.to_string(),
        String::from_utf8_lossy(&time).into_owned(),
        found.text("consumer.department"),
        found.text("consumer.system"),
        found.text("operator.id"),
        found.text("purpose"),
        found.text("case"),
        found.text("entry"),
        found.text("operation"),
        found.text("basis"),
        paths("released.masked"),
        paths("released.dropped"),
    ]
}

fn tell(rows: &[[String; 12]], format: Format) {
    match format {
        Format::Json => {
            let told = rows.iter().map(|row| {
                let members = COLUMNS.iter().zip(row);
                Value::Object(members.map(|(name, text)| ((*name).into(), json!(text))).collect())
            });
            say!("{}", Value::Array(told.collect()));
        }
        Format::Csv => {
            say!("{}", COLUMNS.join(","));
            rows.iter()
                .for_each(|row| say!("{}", row.each_ref().map(|cell| quoted(cell)).join(",")));
        }
        Format::Table => {
            let width = |nth: usize| {
                let cells = rows.iter().map(|row| row[nth].chars().count());
                cells.chain([COLUMNS[nth].len()]).max().unwrap_or(0)
            };
            let widths: Vec<usize> = (0..COLUMNS.len()).map(width).collect();
            let line = |cells: [&str; 12]| {
                let cells = cells.iter().zip(&widths);
                let cells = cells.map(|(cell, width)| format!("{cell:<width$}"));
                cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
            };
            say!("{}", line(COLUMNS));
            rows.iter().for_each(|row| say!("{}", line(row.each_ref().map(String::as_str))));
        }
    }
}

/// A cell of a table (RFC 4180), never one that a spreadsheet would take for a formula.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if formula { "'" } else { "" };
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}
