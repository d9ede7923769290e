//! `sluice redact`: the view that a consumer gets of an answer, by the engine that gateways use.
#![allow(clippy::print_stderr, reason = "a command talks to its terminal")]

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use clap::Args;
use sluice_core::domain::classification::{Class, Level};
use sluice_core::domain::entry::{Entry, Operation};
use sluice_core::domain::nearest;
use sluice_core::domain::policy::Policy;
use sluice_core::domain::view::ViewTerms;
use sluice_core::domain::view::{Shown, View};
use sluice_core::ledger::digest::SubjectKey;
use sluice_core::redaction::plan::Shapes;
use sluice_core::redaction::pseudonym::{PseudonymKeys, Rotation};
use sluice_core::redaction::{AnswerContext, BadAnswer, Limits, Redactor, Tally};

use crate::catalog;
use crate::exchange::response::media_type::MediaType;

use super::{EXIT_CONFIG, EXIT_IO, complain};

/// Show the view that a consumer gets of an answer: standard input to standard output.
///
/// The gateway's own engine runs here, on a catalog folder. Pseudonyms are made with a key of this
/// command's own. Exit code 1: the answer would be withheld; the pieces before the one with the
/// invalid byte have been written.
#[derive(Args)]
#[command(
    after_help = "Example:\n  sluice redact --catalog catalog --entry public-security/population \
    \\\n    --clearance 2 --explain < answer.json"
)]
pub struct RedactArgs {
    /// The catalog folder.
    #[arg(long, value_name = "DIR")]
    catalog: PathBuf,
    /// The entry.
    #[arg(long, value_name = "DEPARTMENT/ENTRY")]
    entry: String,
    /// The clearance, 1 to 4.
    #[arg(long, value_name = "N", required_unless_present = "consumer",
          value_parser = clap::value_parser!(u8).range(1..=4))]
    clearance: Option<u8>,
    /// The consumer. Without a clearance, what its first term shows; with one, its pseudonyms
    /// alone are its own.
    #[arg(long, value_name = "DEPARTMENT")]
    consumer: Option<String>,
    /// The operation that is answered. Default: the entry's first.
    #[arg(long, value_name = "ID")]
    operation: Option<String>,
    /// The value of the answer's Content-Type.
    #[arg(long = "type", value_name = "MEDIA TYPE", default_value = "application/json")]
    media_type: String,
    /// Bytes that are read at a time. The result does not depend on it.
    #[arg(long, value_name = "BYTES", default_value_t = 65_536,
          value_parser = clap::value_parser!(u32).range(1..=1 << 30))]
    chunk: u32,
    /// Print on standard error the fields that passed, were masked and were dropped, with counts.
    #[arg(long)]
    explain: bool,
}

/// The reason why nothing, or not all, is shown.
enum Fault {
    /// The command line names something that does not exist.
    Usage(String),
    /// The answer would be withheld.
    Bad { bad: BadAnswer, line: u64 },
    /// Reading or writing failed.
    Io(io::Error),
}

/// Redacts standard input.
pub fn run(args: &RedactArgs) -> ExitCode {
    let policy = match catalog::read_dir(&args.catalog) {
        Ok(catalog) => catalog.into_policy(),
        Err(problems) => {
            eprintln!("{problems}");
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    let done = Asked::of(args, &policy).map_err(Fault::Usage).and_then(|asked| {
        let tally = pour(asked.redactor()?, args.chunk, io::stdin().lock(), io::stdout().lock())?;
        Ok((asked, tally))
    });
    match done {
        Ok((asked, tally)) => {
            if args.explain {
                eprint!("{}", explained(asked.entry, &tally));
            }
            ExitCode::SUCCESS
        }
        Err(Fault::Usage(what)) => complain("redact", 2, &what),
        Err(Fault::Bad { bad, line }) => {
            complain("redact", 1, &format!("standard input, line {line}: {bad}"))
        }
        // Who reads the result has had enough of it.
        Err(Fault::Io(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Fault::Io(error)) => complain("redact", EXIT_IO, &error),
    }
}

/// The request of the command line.
struct Asked<'a> {
    entry: &'a Entry,
    operation: &'a Operation,
    kind: MediaType,
    view: View,
    consumer: &'a str,
}

impl<'a> Asked<'a> {
    fn of(args: &'a RedactArgs, policy: &'a Policy) -> Result<Asked<'a>, String> {
        let found = policy.entries().iter().find(|entry| entry.id.as_str() == args.entry);
        let entry = found.ok_or_else(|| {
            let ids = policy.entries().iter().map(|entry| entry.id.as_str());
            lacks("the catalog has no entry", &args.entry, ids)
        })?;
        if matches!(entry.class, Class::NonShared(_)) {
            return Err(format!("{} is not shared: nobody sees anything of it", entry.id));
        }
        let operation = match &args.operation {
            None => entry.operations.first(),
            Some(id) => entry.operations.iter().find(|operation| operation.id.as_str() == id),
        };
        let operation = operation.ok_or_else(|| {
            let ids = entry.operations.iter().map(|operation| operation.id.as_str());
            lacks("the entry has no operation", args.operation.as_deref().unwrap_or(""), ids)
        })?;
        let kind = MediaType::stated(&args.media_type, entry)
            .map_err(|_| format!("an answer of the type {:?} is withheld", args.media_type))?;
        let view = view(args, policy, entry)?;
        let consumer = args.consumer.as_deref().unwrap_or("");
        Ok(Asked { entry, operation, kind, view, consumer })
    }

    fn redactor(&self) -> Result<Redactor, Fault> {
        let Asked { entry, operation, kind, view, consumer } = self;
        let plan = Arc::new(Shapes::of(entry, operation).plan(entry, view));
        let limits = Limits { max_records: u64::from(operation.max_records), max_bytes: u64::MAX };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now = now.as_millis() as i64;
        let (format, charset) = match kind {
            MediaType::Structured(format, charset) => (*format, *charset),
            MediaType::File(_) => return Ok(Redactor::opaque(&plan, Vec::new(), limits)),
        };
        // Neither is anybody's: what comes out says nothing of a gateway's keys.
        let keys = PseudonymKeys::derive(&[0; 32], Rotation::USUAL);
        let pseudonyms = keys.at(now, consumer, entry.id.as_str(), None).ok();
        let subjects = SubjectKey::new(0, [0; 32]);
        let occasion = AnswerContext { subjects, pseudonyms, now, asked: Vec::new(), limits };
        Ok(Redactor::new(&plan, None, occasion, format, charset))
    }
}

/// The view: at the clearance that is stated, else by the consumer's first term.
fn view(args: &RedactArgs, policy: &Policy, entry: &Entry) -> Result<View, String> {
    if let Some(clearance) = args.clearance.and_then(Level::new) {
        let sight = ViewTerms { clearance, fields: None };
        return Ok(View::at(&entry.fields, &entry.conditions, &sight));
    }
    let consumer = args.consumer.as_deref().unwrap_or("");
    let (ix, _) = policy.registry().department(consumer).ok_or_else(|| {
        let ids = policy.registry().departments().iter().map(|department| department.id.as_str());
        lacks("the registry has no department", consumer, ids)
    })?;
    let term = entry.terms.iter().find(|term| term.consumers.includes(ix));
    let term = term.ok_or_else(|| format!("no term of {} is for {consumer}", entry.id))?;
    Ok(term.view_of(&entry.views).clone())
}

fn lacks<'a>(what: &str, wanted: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    match nearest(wanted, known.iter().copied()) {
        Some(near) => format!("{what} {wanted:?}; did you mean {near}?"),
        None => format!("{what} {wanted:?}; it has {}", known.join(", ")),
    }
}

/// Sends all of the input through the redactor, piece by piece.
fn pour(
    mut redactor: Redactor,
    chunk: u32,
    mut input: impl Read,
    mut output: impl Write,
) -> Result<Tally, Fault> {
    let mut piece = vec![0; chunk as usize];
    let mut shown = Vec::new();
    let mut place = Place::default();
    loop {
        let length = fill(&mut input, &mut piece).map_err(Fault::Io)?;
        let piece = &piece[..length];
        let pushed = redactor.push(piece, &mut shown);
        pushed.map_err(|bad| Fault::Bad { bad, line: place.line_of(bad.at, piece) })?;
        // Complete records and begun ones alike: nothing here is recorded.
        output.write_all(&shown).map_err(Fault::Io)?;
        shown.clear();
        place.pass(piece);
        if length < chunk as usize {
            let finished = redactor.finish(&mut shown);
            let bad = |bad| Fault::Bad { bad, line: place.line_of(u64::MAX, &[]) };
            let tally = finished.map_err(bad)?;
            output.write_all(&shown).and_then(|()| output.flush()).map_err(Fault::Io)?;
            return Ok(tally);
        }
    }
}

/// Reads until the piece is full or the input is over.
fn fill(input: &mut impl Read, piece: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < piece.len() {
        match input.read(&mut piece[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// The number of input bytes that were read.
#[derive(Default)]
struct Place {
    bytes: u64,
    line_feeds: u64,
}

impl Place {
    fn pass(&mut self, piece: &[u8]) {
        self.line_feeds += line_feeds(piece);
        self.bytes += piece.len() as u64;
    }

    /// The line, from 1, of a byte in the piece that comes next.
    fn line_of(&self, at: u64, piece: &[u8]) -> u64 {
        let within = (at.saturating_sub(self.bytes)).min(piece.len() as u64) as usize;
        1 + self.line_feeds + line_feeds(&piece[..within])
    }
}

fn line_feeds(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// The redaction's report, as a table.
fn explained(entry: &Entry, tally: &Tally) -> String {
    let paths: Vec<String> = entry.fields.iter().map(|field| field.path.to_string()).collect();
    let width = paths.iter().map(|path| path.chars().count()).max().unwrap_or(0).max("path".len());
    let mut told =
        format!("{:width$} {:>10} {:>10} {:>10}\n", "path", "passed", "masked", "dropped");
    for (path, count) in paths.iter().zip(&tally.counts) {
        let [passed, masked, dropped] =
            [Shown::Passed, Shown::Masked, Shown::Dropped].map(|shown| count.of(shown));
        // Writing to memory can't fail.
        let _ = writeln!(told, "{path:width$} {passed:>10} {masked:>10} {dropped:>10}");
    }
    let Tally {
        records, unnamed_records, undeclared, mismatched, withheld, oversized_masks, ..
    } = tally;
    for (count, what) in [
        (records, "records"),
        (&(tally.subjects.len() as u64), "persons, each counted once"),
        (unnamed_records, "records in which no identifier of a person was found"),
        (withheld, "records withheld, as they said themselves"),
        (undeclared, "members dropped that the entry does not declare"),
        (mismatched, "values dropped that were of another kind than declared"),
        (oversized_masks, "values too long for their mask"),
    ] {
        let _ = writeln!(told, "{count:>10} {what}");
    }
    told
}
