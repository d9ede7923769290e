//! What it takes to check a catalog of 5,000 entries. The goal is under 4 s.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput};
use sluice::catalog::{self, SourceFile, folder};

const ENTRIES: usize = 5_000;

fn main() {
    let sources = many();
    let found = catalog::check(&sources, Some(0));
    assert!(found.problems.is_empty(), "{}", found.problems);
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let mut group = criterion.benchmark_group("catalog");
    group.throughput(Throughput::Elements(ENTRIES as u64));
    group.bench_function("check", |bencher| {
        bencher.iter(|| black_box(catalog::check(black_box(&sources), Some(0))));
    });
    group.finish();
    criterion.final_summary();
}

/// The repository's own catalog, its entries repeated under other names.
fn many() -> Vec<SourceFile> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/catalog");
    let (mut sources, _) = folder::sources(Path::new(folder));
    let entries: Vec<SourceFile> =
        sources.iter().filter(|source| source.path != catalog::REGISTRY_FILE).cloned().collect();
    let more = (1..).flat_map(|round| {
        entries.iter().map(move |SourceFile { path, text }| SourceFile {
            path: path.replace(".yaml", &format!("-{round}.yaml")),
            text: text.clone(),
        })
    });
    sources.extend(more.take(ENTRIES - entries.len()));
    sources
}
