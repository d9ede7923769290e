//! How comments are written, as far as it can be read off: a doc comment begins with a verb or the thing
//! that it is about, and people are "they".

use super::{Source, fail_on, sources};

/// Words that put a question, or a reference to somewhere else, before the thing.
const QUESTIONS: [&str; 14] = [
    "As", "How", "It", "So", "That", "They", "What", "When", "Where", "Whether", "Which", "Who",
    "Whom", "Whose",
];

/// Pronouns for persons that say more of them than is known.
const GENDERED: [&str; 5] = ["he", "him", "himself", "his", "she"];

/// The text of a comment line, with its mark.
fn comment(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    ["///", "//!", "//"].iter().find_map(|mark| Some((*mark, line.strip_prefix(mark)?.trim())))
}

#[test]
fn doc_comments_begin_with_the_thing() {
    let mut complaints = Vec::new();
    for Source { path, text } in ["src", "core/src"].into_iter().flat_map(sources) {
        let mut before = "";
        for (ix, line) in text.lines().enumerate() {
            let Some((mark, text)) = comment(line) else {
                before = "";
                continue;
            };
            let first = text.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
            if mark != "//" && before != mark && QUESTIONS.contains(&first) {
                let path = path.display();
                complaints.push(format!("{path}:{}: begins with {first}", ix + 1));
            }
            before = mark;
        }
    }
    fail_on(&complaints);
}

#[test]
fn the_architecture_page_names_files_that_exist() {
    let page = std::fs::read_to_string(super::root().join("ARCHITECTURE.md")).unwrap();
    let files: Vec<String> = ["src", "core/src", "tests"]
        .into_iter()
        .flat_map(sources)
        .map(|source| source.path.display().to_string())
        .collect();
    let named = page.split('`').skip(1).step_by(2).filter(|name| name.ends_with(".rs"));
    let gone = |name: &&str| {
        let name = name.rsplit(' ').next().unwrap_or_default();
        !files.iter().any(|file| file.ends_with(&format!("/{name}")))
    };
    let complaints: Vec<String> = named.filter(gone).map(|name| format!("no {name}")).collect();
    fail_on(&complaints);
}

#[test]
fn people_are_they() {
    let mut complaints = Vec::new();
    for Source { path, text } in ["src", "core/src", "tests"].into_iter().flat_map(sources) {
        for (ix, line) in text.lines().enumerate() {
            let Some((_, text)) = comment(line) else { continue };
            let mut words = text.split(|c: char| !c.is_alphabetic());
            if let Some(word) = words.find(|word| GENDERED.contains(word)) {
                complaints.push(format!("{}:{}: {word}", path.display(), ix + 1));
            }
        }
    }
    fail_on(&complaints);
}
