//! How long functions get, and how they branch.

use std::collections::BTreeSet;

use super::{Source, code, everything, fail_on, room, sources};

/// Longest function in lines, from `fn` to its closing brace.
const MAX_FUNCTION_LINES: usize = 70;

/// Functions that are longer for now, by file and name. The list only gets shorter.
const LONGER: [(&str, &str); 0] = [];

/// Rooms where a `match` on a bool is still to become an `if`; `core` is one. The list only gets
/// shorter.
const MATCHING_BOOLS: [&str; 0] = [];

/// A function in a source file.
struct Function<'t> {
    name: &'t str,
    first_line: usize,
    lines: usize,
}

/// The functions of a file. rustfmt ends each with a brace as far indented as its first line.
fn functions(text: &str) -> Vec<Function<'_>> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (ix, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = line.len() - line.trim_start().len();
        let ends = |last: &&str| last.len() == indent + 1 && last.trim_start() == "}";
        let is_one_line = line.ends_with('}') || line.ends_with(';');
        let length = lines[ix..].iter().position(ends).filter(|_| !is_one_line);
        found.push(Function { name, first_line: ix + 1, lines: length.map_or(1, |last| last + 1) });
    }
    found
}

/// The name of the function that a line begins, if it does.
fn function_name(line: &str) -> Option<&str> {
    let (before, rest) = line.split_once("fn ")?;
    let is_qualifier = |word: &str| {
        ["const", "async", "unsafe", "extern", "\"C\""].contains(&word) || word.starts_with("pub")
    };
    if !before.split_whitespace().all(is_qualifier) || !(before.is_empty() || before.ends_with(' '))
    {
        return None;
    }
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    Some(&rest[..end]).filter(|name| !name.is_empty())
}

#[test]
fn functions_stay_short() {
    let sources = everything();
    let mut complaints = Vec::new();
    let mut longer = BTreeSet::new();
    for Source { path, text } in &sources {
        for Function { name, first_line, lines } in functions(text) {
            if lines <= MAX_FUNCTION_LINES {
                continue;
            }
            let path = path.to_str().unwrap();
            if !LONGER.contains(&(path, name)) {
                complaints
                    .push(format!("{path}:{first_line}: {name} has {lines} lines; divide it"));
            }
            longer.insert((path, name));
        }
    }
    let short = LONGER.iter().filter(|listed| !longer.contains(*listed));
    complaints.extend(short.map(|(path, name)| format!("{path}: {name} is not long: unlist it")));
    fail_on(&complaints);
}

#[test]
fn functions_are_measured_from_their_name_to_their_brace() {
    let text = "pub(super) const fn one() {}\n\nimpl A {\n    async fn two(\n        x: u8,\n    ) {\n        \
                if x {\n        }\n    }\n}\n\nfn three<T>() -> T {\n    t\n}\n// fn four() {\nlet fns = 1;\n";
    let found: Vec<_> = functions(text).iter().map(|f| (f.name, f.first_line, f.lines)).collect();
    assert_eq!(found, [("one", 1, 1), ("two", 4, 6), ("three", 12, 3)]);
}

#[test]
fn a_bool_is_not_matched_on() {
    let mut complaints = Vec::new();
    let mut matching = BTreeSet::new();
    for folder in ["src", "core/src", "tests", "benches"] {
        for Source { path, text } in sources(folder) {
            let room = if folder == "core/src" { "core".to_owned() } else { room(&path) };
            for (line_number, line) in code(&text) {
                let line = line.trim_start();
                if !line.starts_with("true =>") && !line.starts_with("false =>") {
                    continue;
                }
                if !MATCHING_BOOLS.contains(&room.as_str()) {
                    complaints.push(format!("{}:{line_number}: use if", path.display()));
                }
                matching.insert(room.clone());
            }
        }
    }
    let clean = MATCHING_BOOLS.into_iter().filter(|room| !matching.contains(*room));
    complaints.extend(clean.map(|room| format!("{room} matches on no bool any more: unlist it")));
    fail_on(&complaints);
}
