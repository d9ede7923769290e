//! The words of records and problem documents: they are ours, never those of Rust's `Debug`, and no variant
//! gets those of another by a wildcard.

use super::{Source, fail_on, is_test, room, sources};

/// Rooms whose texts reach records, problem documents or labels of metrics.
const EVIDENCE: [&str; 13] = [
    "audit",
    "budgets",
    "exchange",
    "http1",
    "limits",
    "metrics",
    "problem",
    "quota_view.rs",
    "server",
    "snapshot",
    "tls",
    "upstream",
    "witness",
];

/// Rooms of the pure package from which records and documents are made.
const PURE: [&str; 4] =
    ["core/src/ledger", "core/src/message", "core/src/domain/rejection", "core/src/notice"];

#[test]
fn no_evidence_is_written_by_debug() {
    let mut complaints = Vec::new();
    let of_rooms = sources("src").into_iter().filter(|source| {
        EVIDENCE.iter().any(|name| name.trim_end_matches(".rs") == room(&source.path))
    });
    let pure = sources("core/src").into_iter();
    let pure = pure.filter(|source| PURE.iter().any(|folder| source.path.starts_with(folder)));
    for Source { path, text } in of_rooms.chain(pure).filter(|source| !is_test(&source.path)) {
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let mut debugs = false;
        for (ix, line) in text.lines().enumerate() {
            // An implementation of Debug may use that of its parts.
            if line.starts_with("impl") {
                debugs = line.contains("fmt::Debug for");
            }
            if !debugs && (line.contains(":?}") || line.contains(":#?}")) {
                complaints.push(format!("{}:{}: say it in words", path.display(), ix + 1));
            }
        }
    }
    fail_on(&complaints);
}

/// Where rejections become words. A variant that is added must be decided about in each place.
const TABLES: [&str; 5] = [
    "core/src/domain/rejection",
    "core/src/ledger/line/detail",
    "src/api/refusal",
    "src/exchange/record",
    "src/problem",
];

#[test]
fn no_wildcard_arm_stands_where_rejections_become_words() {
    let mut complaints = Vec::new();
    for Source { path, text } in ["src", "core/src"].into_iter().flat_map(sources) {
        let name = path.display().to_string();
        if is_test(&path) || !TABLES.iter().any(|table| name.starts_with(table)) {
            continue;
        }
        for (ix, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("_ =>") {
                complaints.push(format!("{name}:{}: name the variants", ix + 1));
            }
        }
    }
    fail_on(&complaints);
}
