//! What it takes to check a catalog of 5,000 entries (the goal is under 4 s), to search it for a text
//! and to say of each entry whether a system may call it (under 10 ms each: it is done in slices), and
//! to have a release of 100,000 in force that was found right before (the goal is under 3 s).

#![allow(clippy::print_stdout, reason = "a bench is a program for a terminal")]

#[path = "load/resident.rs"]
mod resident;

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use criterion::{Criterion, Throughput};
use sluice::catalog::{self, SourceFile, compiled, folder};
use sluice::exchange::routes::catalog::CatalogReader;
use sluice::exchange::routes::catalog::filter::CatalogFilter;
use sluice::exchange::routes::catalog::search::Search;
use sluice::problem::Language;
use sluice::snapshot::{Release, ReleaseSecrets, SubjectSecret};
use sluice_core::domain::facts::NothingUsed;
use sluice_core::domain::identity::{Identity, Kind};
use sluice_core::domain::index::EntryIx;
use sluice_core::domain::matching::identify;
use sluice_core::domain::name::Name;
use sluice_core::domain::offer::offer;
use sluice_core::domain::stops::Stops;
use sluice_core::redaction::pseudonym::{PseudonymKeys, Rotation};

const ENTRIES: usize = 5_000;

/// Entries of the release that is loaded.
const MANY: usize = 100_000;

/// A moment within every term: 2026-11-22.
const NOW: i64 = 1_795_305_600_000;

/// The argument by which this program loads a file of the compiled form, and nothing else: what that
/// takes of memory shows in a process of its own.
const AS_LOADER: &str = "__load";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, file] = arguments.as_slice()
        && word == AS_LOADER
    {
        return load(Path::new(file));
    }
    compile();
    let sources = many(ENTRIES);
    let found = catalog::check(&sources, Some(0));
    assert!(found.problems.is_empty(), "{}", found.problems);
    let release = found.catalog.map(|catalog| Release::build(catalog.into_policy(), &secrets()));
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let mut group = criterion.benchmark_group("catalog");
    group.throughput(Throughput::Elements(ENTRIES as u64));
    group.bench_function("check", |bencher| {
        bencher.iter(|| black_box(catalog::check(black_box(&sources), Some(0))));
    });
    if let (Some(release), Some(identity)) = (&release, identity()) {
        group.bench_function("search for what is nowhere", |bencher| {
            bencher.iter(|| black_box(search(release, &identity)));
        });
        group.bench_function("what all entries offer", |bencher| {
            bencher.iter(|| black_box(offers(release, &identity)));
        });
    }
    group.finish();
    criterion.final_summary();
}

/// Writes a large catalog in its compiled form, and has it loaded.
fn compile() {
    let sources = many(MANY);
    let since = Instant::now();
    let catalog = catalog::read(&sources).unwrap_or_else(|problems| panic!("{}", problems.len()));
    println!("{MANY} entries read from their files in {:.2?}", since.elapsed());
    let bytes = compiled::compile(&catalog).expect("a compiled form");
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("catalog.compiled");
    std::fs::write(&file, bytes).expect("a file of the compiled form");
    let program = std::env::current_exe().expect("this program");
    let loaded = Command::new(program).arg(AS_LOADER).arg(&file).status();
    assert!(loaded.is_ok_and(|status| status.success()));
}

fn load(file: &Path) {
    let since = Instant::now();
    let bytes = std::fs::read(file).expect("a file of the compiled form");
    let size = bytes.len() >> 20;
    let catalog = compiled::load(&bytes).expect("what was compiled");
    drop(bytes);
    let loaded = since.elapsed();
    let release = black_box(Release::build(catalog.into_policy(), &secrets()));
    println!(
        "the same from their compiled form ({size} MiB) in {loaded:.2?}, ready in {:.2?}; {} MiB",
        since.elapsed(),
        (resident::kib() / 1024)
    );
    drop(release);
}

/// The repository's own catalog, its entries repeated under other names.
fn many(count: usize) -> Vec<SourceFile> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/catalog");
    let (mut sources, _) = folder::sources(Path::new(folder));
    let entries: Vec<SourceFile> =
        sources.iter().filter(|source| source.path != catalog::REGISTRY_FILE).cloned().collect();
    let more = (1..).flat_map(|round| {
        entries.iter().map(move |SourceFile { path, text }| SourceFile {
            path: path.replace(".yaml", &format!("-{round}.yaml")),
            text: recoded(text, round),
        })
    });
    sources.extend(more.take(count - entries.len()));
    sources
}

/// With a code of its own, as each entry has, and no related ones.
fn recoded(text: &str, round: usize) -> String {
    let line = |line: &str| match (line.strip_prefix("code: "), line.starts_with("related: ")) {
        (Some(code), _) => format!("code: {code}-{round}\n"),
        (None, true) => String::new(),
        (None, false) => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

fn secrets() -> ReleaseSecrets {
    ReleaseSecrets {
        subjects: SubjectSecret { epoch: 1, secret: [1; 32] },
        pseudonyms: PseudonymKeys::derive(&[2; 32], Rotation::USUAL),
    }
}

/// A system that may call some of it.
fn identity() -> Option<Identity> {
    let id = |text| Name::parse(text).ok();
    Some(Identity {
        department: id("civil-affairs")?,
        kind: Kind::System,
        id: id("assistance-desk")?,
    })
}

/// Looks through a release; how many entries are on the page.
fn search(release: &Release, identity: &Identity) -> Option<usize> {
    let peer = identify(&release.policy, identity).ok()?;
    let wanted = CatalogFilter::read(&[("q".into(), "nothing like it".into())]).ok()?;
    let (usage, stops, language) = (&NothingUsed, Stops::default(), Language::English);
    let asker =
        CatalogReader { release, peer, now: NOW, stale: false, usage, stops: &stops, language };
    let mut search = Search::begin(asker, &wanted);
    while search.look_at(500) {}
    Some(search.page().entries.len())
}

/// How many entries may be called.
fn offers(release: &Release, identity: &Identity) -> Option<usize> {
    let policy = &release.policy;
    let peer = identify(policy, identity).ok()?;
    let entries = 0..policy.entries().len() as EntryIx;
    Some(entries.filter(|ix| offer(policy, peer, *ix, NOW, &NothingUsed).is_callable()).count())
}
