//! What only some may know: the HTTP engine, and everything that is not pure.

use std::fs;

use super::{Source, code, fail_on, is_test, root, sources};

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

#[test]
fn only_some_places_know_the_http_engine() {
    let mut complaints = Vec::new();
    for Source { path, text } in sources("src") {
        let may = HYPER.iter().any(|place| path.to_string_lossy().starts_with(place));
        let named = |line: &str| line.contains("hyper::") || line.contains("hyper_util::");
        let found = code(&text).find(|(_, line)| named(line));
        if let Some((line, _)) = found.filter(|_| !may) {
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
