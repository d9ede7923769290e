//! Names: none that says nothing, and one meaning to each.

use std::collections::BTreeMap;

use super::tokens::{Token, tokens};
use super::{Source, code, everything, fail_on, is_test, sources};

/// Type names that occur more often than once in a package, which it is. The list may only get
/// shorter.
const HOMONYMS: &[(&str, &str)] = &[];

/// Words that declare a type.
const TYPE_WORDS: [&str; 5] = ["struct", "enum", "trait", "type", "union"];

#[test]
fn a_type_name_has_one_meaning_in_a_package() {
    let mut complaints = Vec::new();
    for package in ["src", "core/src"] {
        let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for Source { path, text } in sources(package).iter().filter(|it| !is_test(&it.path)) {
            for declared in public_types(&tokens(text)) {
                let place = format!("{}:{}", path.display(), declared.line);
                places.entry(declared.text.to_owned()).or_default().push(place);
            }
        }
        places.retain(|_, places| places.len() > 1);
        for (name, places) in &places {
            if !HOMONYMS.contains(&(package, name)) {
                let places = places.join(" ");
                complaints.push(format!("{package}: {name} means several things: {places}"));
            }
        }
        for (_, name) in HOMONYMS.iter().filter(|(of, _)| *of == package) {
            if !places.contains_key(*name) {
                complaints.push(format!("{package}: {name} has one meaning now, take it off"));
            }
        }
    }
    fail_on(&complaints);
}

/// The names of the public types that are declared.
fn public_types<'t>(tokens: &[Token<'t>]) -> Vec<Token<'t>> {
    let mut found = Vec::new();
    for (ix, token) in tokens.iter().enumerate() {
        let mut rest = tokens[ix + 1..].iter().peekable();
        // `shape! { Name, …` declares a struct of the catalog's files.
        let declares = token.text == "shape"
            && rest.next_if(|it| it.text == "!").is_some()
            && rest.next_if(|it| it.text == "{").is_some();
        if declares {
            found.extend(rest.next());
        }
        if token.text != "pub" {
            continue;
        }
        if rest.next_if(|it| it.text == "(").is_some() {
            rest.by_ref().find(|it| it.text == ")");
        }
        if rest.next().is_some_and(|it| TYPE_WORDS.contains(&it.text)) {
            found.extend(rest.next().filter(|it| it.text != "$"));
        }
    }
    found
}

#[test]
fn public_types_are_found_wherever_they_stand() {
    let text = "pub struct A; pub(crate) enum B {} mod c { pub(super) trait D {} } struct E;
                #[cfg(test)] mod tests { pub struct F; } pub fn g() {} pub(in crate::h) type I = u8;
                shape! { J, \"a j\" { } } macro_rules! k { () => { pub struct $name; } }";
    let found: Vec<&str> = public_types(&tokens(text)).iter().map(|it| it.text).collect();
    assert_eq!(found, ["A", "B", "D", "I", "J"]);
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
