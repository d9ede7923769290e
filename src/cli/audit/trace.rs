//! `sluice audit trace`.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use sluice_core::ledger::time::rfc3339;

use super::{Fault, Folder, open};
use crate::audit::find::{FoundRecord, RecordFilter};
use crate::settings::subject_secrets;
use crate::snapshot::SubjectSecret;

/// Show the recipients of data about a person, with fields, times and purposes.
///
/// A person is in the log as a digest under a key of each provider. The key file of an epoch is in
/// log.secrets as subject-N.key. Exchanges that a term of the catalog calls confidential (open
/// cases) are shown to auditors only, until one of them has disclosed them.
#[derive(Args)]
#[command(
    after_help = "Example:\n  sluice audit trace --log log --subject 330106199003070410 \\\n    \
    --subject-key log-secrets"
)]
pub(super) struct TraceArgs {
    #[command(flatten)]
    folder: Folder,
    /// An identifier of the person, in any spelling.
    #[arg(long, value_name = "VALUE")]
    subject: String,
    /// A file of subject keys, or a folder of such files; may be given several times.
    #[arg(long = "subject-key", value_name = "FILE", required = true)]
    subject_keys: Vec<PathBuf>,
    /// Only this provider's answers; may be given several times.
    #[arg(long = "provider", value_name = "DEPARTMENT")]
    providers: Vec<String>,
    /// The reader: a person is shown no exchange that is confidential and not disclosed.
    #[arg(long = "for", value_enum, default_value = "person")]
    reader: Reader,
    /// The format of the output.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Reader {
    Person,
    Auditor,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Format {
    Table,
    Json,
    Csv,
}

/// The columns of a record, in this order.
const COLUMNS: [&str; 13] = [
    "index",
    "time",
    "consumer",
    "system",
    "operator",
    "purpose",
    "case",
    "consent",
    "entry",
    "operation",
    "basis",
    "masked",
    "dropped",
];

/// The columns for auditors besides.
const FOR_AUDITORS: [&str; 2] = ["exchange", "confidential"];

pub(super) fn run(args: &TraceArgs) -> Result<ExitCode, Fault> {
    let dir = &args.folder.log;
    let mut secrets = Vec::new();
    for place in &args.subject_keys {
        let found = subject_secrets(place).map_err(Fault::usage)?;
        secrets.extend(found.into_iter().map(|(epoch, secret)| SubjectSecret { epoch, secret }));
    }
    let io = |error| Fault::io(dir, error);
    let archive = open(dir)?;
    let mut answers = archive.find(RecordFilter::default()).map_err(io)?;
    let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut rows: Vec<Row> = Vec::new();
    let mut disclosed = HashSet::new();
    while let Some(found) = answers.next_found().map_err(io)? {
        disclosed.extend(found.line.text("disclosed").map(str::to_owned));
        let provider = found.provider().unwrap_or_default().to_owned();
        if !args.providers.is_empty() && !args.providers.contains(&provider) {
            continue;
        }
        let digests = known.entry(provider).or_insert_with_key(|provider| {
            let keys = secrets.iter().map(|secret| secret.key_of(provider));
            keys.filter_map(|key| Some(key.digest(&args.subject)?.to_string())).collect()
        });
        if found.line.subjects().any(|named| digests.iter().any(|digest| digest == named)) {
            rows.push(Row::of(&found));
        }
    }
    if args.reader == Reader::Person {
        rows.retain(|row| !row.confidential || disclosed.contains(&row.exchange));
    }
    tell(&rows, args.format, args.reader);
    Ok(ExitCode::SUCCESS)
}

/// The cells of one record.
struct Row {
    cells: [String; COLUMNS.len()],
    exchange: String,
    confidential: bool,
}

impl Row {
    fn of(found: &FoundRecord) -> Row {
        let paths = |path: &str| match found.says(path) {
            Some(Value::Object(counts)) => {
                counts.keys().map(String::as_str).collect::<Vec<_>>().join(" ")
            }
            // What a window of a long answer shows is told by its outcome alone.
            _ if &*found.line.kind == "continuation" => "see its outcome".to_owned(),
            _ => String::new(),
        };
        // Of a part whose intent is pruned nobody can tell: it counts as confidential.
        let unknown = found.line.intent().is_some() && found.intent.is_none();
        let confidential = unknown || found.says("confidential") == Some(&Value::Bool(true));
        let cells = [
            found.line.index.to_string(),
            rfc3339(found.line.time).to_string(),
            found.text("consumer.department"),
            found.text("consumer.system"),
            found.text("operator.id"),
            found.text("purpose"),
            found.text("case"),
            found.text("consent"),
            found.text("entry"),
            found.text("operation"),
            found.text("basis"),
            paths("released.masked"),
            paths("released.dropped"),
        ];
        Row { cells, exchange: found.text("exchange"), confidential }
    }

    fn told(&self, reader: Reader) -> Vec<&str> {
        let cells = self.cells.iter().map(String::as_str);
        let confidential = if self.confidential { "yes" } else { "no" };
        match reader {
            Reader::Person => cells.collect(),
            Reader::Auditor => cells.chain([&*self.exchange, confidential]).collect(),
        }
    }
}

fn tell(rows: &[Row], format: Format, reader: Reader) {
    let columns = match reader {
        Reader::Person => COLUMNS.to_vec(),
        Reader::Auditor => [&COLUMNS[..], &FOR_AUDITORS].concat(),
    };
    let rows: Vec<Vec<&str>> = rows.iter().map(|row| row.told(reader)).collect();
    match format {
        Format::Json => {
            let told = rows.iter().map(|row| {
                let members = columns.iter().zip(row);
                Value::Object(members.map(|(name, text)| ((*name).into(), json!(text))).collect())
            });
            say!("{}", Value::Array(told.collect()));
        }
        Format::Csv => {
            say!("{}", columns.join(","));
            for row in rows {
                say!("{}", row.into_iter().map(quoted).collect::<Vec<_>>().join(","));
            }
        }
        Format::Table => {
            let width = |nth: usize| {
                let cells = rows.iter().map(|row| row[nth].chars().count());
                cells.chain([columns[nth].len()]).max().unwrap_or(0)
            };
            let widths: Vec<usize> = (0..columns.len()).map(width).collect();
            let line = |cells: &mut dyn Iterator<Item = &str>| {
                let cells = cells.zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
                cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
            };
            say!("{}", line(&mut columns.iter().copied()));
            rows.iter().for_each(|row| say!("{}", line(&mut row.iter().copied())));
        }
    }
}

/// A cell of a table (RFC 4180), never one that a spreadsheet would take for a formula.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if formula { "'" } else { "" };
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}
