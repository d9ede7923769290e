//! The rules of the house, read off the source: which room may use which, what the pure package
//! may depend on, how long files get, which words are not used.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Longest source file in lines.
const MAX_LINES: usize = 500;

/// Longest line in characters. rustfmt keeps code to 100; this is for comments and texts.
const MAX_COLUMNS: usize = 120;

/// Which rooms of the root package a room may use, beside itself; `core` is open to all.
const ARROWS: [(&str, &[&str]); 24] = [
    ("snapshot", &[]),
    ("catalog", &["contract"]),
    ("contract", &[]),
    ("http_client", &[]),
    ("pki", &[]),
    ("store", &[]),
    ("control", &["store", "catalog", "contract", "pki", "audit", "snapshot"]),
    ("audit", &[]),
    ("budgets", &["audit"]),
    ("quota_view", &["contract", "snapshot", "limits", "budgets"]),
    ("limits", &[]),
    ("witness", &["audit", "http_client"]),
    ("index", &["audit"]),
    ("http1", &[]),
    ("upstream", &["http1"]),
    ("tls", &[]),
    ("metrics", &[]),
    ("problem", &["contract"]),
    ("settings", &[]),
    (
        "exchange",
        &[
            "snapshot",
            "audit",
            "budgets",
            "contract",
            "quota_view",
            "limits",
            "upstream",
            "metrics",
            "problem",
            "witness",
        ],
    ),
    ("server", &["exchange", "http1", "tls", "audit", "snapshot", "metrics", "witness"]),
    (
        "api",
        &[
            "audit",
            "budgets",
            "catalog",
            "contract",
            "control",
            "http_client",
            "quota_view",
            "limits",
            "problem",
            "metrics",
            "snapshot",
            "tls",
        ],
    ),
    ("gateway", &["*"]),
    ("main", &["*"]),
];

/// Rooms at the top, which may use everything.
const TOP: [&str; 3] = ["cli", "demo", "lib"];

/// The only places that know the HTTP engine: the gateway's side of HTTP/2 and of the administrative
/// interface, the one client, and two servers that are programs of their own.
const HYPER: [&str; 4] =
    ["src/server/", "src/http_client/", "src/witness/server.rs", "src/demo/server.rs"];

/// What the pure package may depend on.
const PURE: [&str; 12] = [
    "base64",
    "blake3",
    "csv-core",
    "encoding_rs",
    "foldhash",
    "hmac",
    "ipnet",
    "memchr",
    "regex",
    "serde",
    "serde_json",
    "sha2",
];

/// More of the same; apart, since they come with what they are for.
const PURE_TOO: [&str; 4] = ["strsim", "signed_note", "tlog_tiles", "ed25519-dalek"];

/// What pure code does not name.
const IMPURE: [&str; 9] = [
    "std::fs",
    "std::thread",
    "std::process",
    "std::env",
    "SystemTime",
    "Instant::now",
    "TcpStream",
    "UdpSocket",
    "tokio",
];

struct Source {
    path: PathBuf,
    text: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(&folder).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(root()).unwrap().to_owned();
                found.push(Source { path, text });
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no source");
    found
}

fn everything() -> Vec<Source> {
    ["src", "core/src", "core/fuzz/fuzz_targets", "core/benches", "tests", "benches"]
        .iter()
        .flat_map(|folder| sources(folder))
        .collect()
}

/// The lines that are code, with their numbers: no comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(ix, line)| (ix + 1, line));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// The room a source of the root package belongs to.
fn room(path: &Path) -> String {
    let first = path.components().nth(1).unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

fn is_test(path: &Path) -> bool {
    path.iter().any(|part| part == "tests" || part == "tests.rs")
}

fn fail_on(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// The rooms that a line names, as `crate::room` or in `crate::{room, …}`.
fn named_rooms(line: &str) -> Vec<String> {
    let word = |text: &str| {
        text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
    };
    let direct = line.split("crate::").skip(1).map(word);
    let mut named: Vec<String> = direct.filter(|word| !word.is_empty()).collect();
    if let Some((_, list)) = line.split_once("crate::{") {
        named.extend(list.split(',').map(|item| word(item.trim())));
    }
    named
}

#[test]
fn arrows_run_one_way() {
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.into_iter().collect();
    let mut complaints = Vec::new();
    for Source { path, text } in sources("src") {
        let room = room(&path);
        if TOP.contains(&room.as_str()) || is_test(&path) {
            continue;
        }
        let Some(allowed) = arrows.get(room.as_str()) else {
            complaints.push(format!("{}: the room {room} has no arrows here", path.display()));
            continue;
        };
        for (line_number, line) in code(&text) {
            for used in named_rooms(line) {
                let known = arrows.contains_key(used.as_str()) || TOP.contains(&used.as_str());
                let fine = used == room || allowed.contains(&"*") || allowed.contains(&&*used);
                if known && !fine {
                    let path = path.display();
                    complaints.push(format!("{path}:{line_number}: {room} must not use {used}"));
                }
            }
        }
    }
    fail_on(&complaints);
}

#[test]
fn only_some_places_know_the_http_engine() {
    let mut complaints = Vec::new();
    for Source { path, text } in sources("src") {
        let named =
            code(&text).find(|(_, line)| line.contains("hyper::") || line.contains("hyper_util::"));
        let may = HYPER.iter().any(|place| path.to_string_lossy().starts_with(place));
        if let Some((line, _)) = named.filter(|_| !may) {
            complaints.push(format!("{}:{line}: hyper is not for this room", path.display()));
        }
    }
    fail_on(&complaints);
}

#[test]
fn the_pure_package_is_pure() {
    let manifest = fs::read_to_string(root().join("core/Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let mut complaints = Vec::new();
    for name in manifest["dependencies"].as_table().unwrap().keys() {
        if !PURE.contains(&name.as_str()) && !PURE_TOO.contains(&name.as_str()) {
            complaints.push(format!("core/Cargo.toml: is {name} pure? then list it here"));
        }
    }
    for Source { path, text } in sources("core/src") {
        if is_test(&path) {
            continue;
        }
        for (line, text) in code(&text) {
            if let Some(word) = IMPURE.iter().find(|word| text.contains(*word)) {
                complaints.push(format!("{}:{line}: {word} is not pure", path.display()));
            }
        }
    }
    fail_on(&complaints);
}

#[test]
fn files_stay_short_and_lines_too() {
    let mut complaints = Vec::new();
    for Source { path, text } in everything() {
        let (is_test, path) = (is_test(&path), path.display());
        let lines = text.lines().count();
        if lines > MAX_LINES {
            complaints.push(format!("{path}: {lines} lines; divide it by what it holds"));
        }
        // Expected records are one line each in tests, as they are in the log.
        for (ix, line) in text.lines().enumerate().filter(|_| !is_test) {
            if line.chars().count() > MAX_COLUMNS {
                complaints.push(format!("{path}:{}: longer than {MAX_COLUMNS}", ix + 1));
            }
        }
    }
    fail_on(&complaints);
}

#[test]
fn banned_words_are_not_used() {
    let names = ["manager", "helper", "util", "common", "misc"];
    let verbs = ["get_", "handle_", "process_"];
    let mut complaints = Vec::new();
    for Source { path, text } in everything() {
        let file = path.file_stem().unwrap().to_string_lossy().to_lowercase();
        if names.iter().any(|word| file.contains(word)) {
            complaints.push(format!("{}: say what it holds", path.display()));
        }
        for (line, text) in code(&text) {
            let mut words = text.split_whitespace().peekable();
            while let Some(word) = words.next() {
                let defined = words.peek().copied().unwrap_or_default().to_lowercase();
                let banned = match word {
                    "struct" | "enum" | "trait" | "mod" | "type" => {
                        names.iter().any(|name| defined.contains(name))
                    }
                    "fn" => {
                        verbs.iter().any(|verb| defined.starts_with(verb))
                            || names.iter().any(|name| defined.contains(name))
                    }
                    _ => false,
                };
                if banned {
                    complaints.push(format!("{}:{line}: {defined} says nothing", path.display()));
                }
            }
        }
    }
    fail_on(&complaints);
}

#[test]
fn nothing_is_left_for_later() {
    let marks =
        [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("todo", "!("), concat!("XX", "X")];
    let mut complaints = Vec::new();
    for Source { path, text } in everything() {
        for (ix, line) in text.lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark)) {
                complaints.push(format!("{}:{}: finish it", path.display(), ix + 1));
            }
        }
    }
    fail_on(&complaints);
}
