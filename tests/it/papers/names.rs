//! Names in pages lead somewhere: links to pages and headings, commands of the program, benches,
//! folders and tests that commands of cargo name.

use std::collections::BTreeSet;

use super::blocks::blocks;
use super::{page, pages, root};
use crate::support::program::run;

/// The page without its blocks.
fn prose(name: &str) -> String {
    let mut fenced = false;
    let text = page(name);
    let lines = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fence && !fenced
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The words in backticks, and the lines of shell blocks.
fn commands(name: &str) -> Vec<String> {
    let prose = prose(name);
    let spans = prose.split('`').skip(1).step_by(2).map(|span| span.replace('\n', " "));
    let shell = |block: &super::Block| block.language == "sh";
    let blocks = blocks(&page(name)).into_iter().filter(shell).map(|block| block.text);
    let lines = blocks.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
    spans.chain(lines).collect()
}

#[test]
fn links_lead_somewhere() {
    let mut complaints = Vec::new();
    for name in pages() {
        let folder = root().join(&name).parent().unwrap().to_owned();
        for link in prose(&name).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { root().join(&name) } else { folder.join(file) };
            let found = target.exists()
                && (heading.is_empty() || {
                    let text = std::fs::read_to_string(&target).unwrap();
                    text.lines().any(|line| line.starts_with('#') && anchor(line) == heading)
                });
            if !found {
                complaints.push(format!("{name}: {link} leads nowhere"));
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// The anchor that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || *c == '-' || *c == '_' || *c == ' ');
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn commands_of_the_program_exist() {
    let mut named = BTreeSet::new();
    for name in pages() {
        for command in commands(&name) {
            let Some(rest) = command.trim().strip_prefix("sluice ") else { continue };
            let is_word = |word: &&str| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
            let words = rest.split_whitespace().take_while(is_word);
            let words = words.take_while(|word| !word.starts_with('-'));
            let words: Vec<_> = words.map(str::to_owned).collect();
            let options = rest.split_whitespace().filter(|word| word.starts_with("--"));
            let options: Vec<_> = options.map(str::to_owned).collect();
            named.insert((words, options));
        }
    }
    assert!(named.len() > 30, "{named:?}");
    for (words, options) in named {
        let mut known: Vec<&str> = Vec::new();
        for word in &words {
            let help = run(&[&known[..], &["--help"]].concat()).out;
            let Some((_, list)) = help.split_once("Commands:\n") else { break };
            let listed = list.lines().take_while(|line| !line.is_empty());
            let mut listed = listed.filter_map(|line| line.split_whitespace().next());
            assert!(listed.any(|command| command == word), "sluice {words:?}: no {word}");
            known.push(word);
        }
        let help = run(&[&known[..], &["--help"]].concat()).out;
        for option in options {
            assert!(help.contains(&option), "sluice {words:?} has no {option}");
        }
    }
}

/// Commands that take hours, or what tests don't have, at least name what there is.
#[test]
fn what_commands_of_cargo_name_exists() {
    let mut checked = 0;
    let tests = crate_sources();
    for name in pages() {
        for command in commands(&name).iter().filter(|text| text.contains("cargo ")) {
            let words: Vec<&str> = command.split_whitespace().collect();
            for pair in words.windows(2) {
                let found = match pair[0] {
                    "--bench" => root().join(format!("benches/{}.rs", pair[1])).is_file(),
                    "--manifest-path" | "--fuzz-dir" => root().join(pair[1]).exists(),
                    "--test" => root().join(format!("tests/{}/main.rs", pair[1])).is_file(),
                    "--ignored" | "--nocapture" => {
                        pair[1].starts_with('-') || tests.contains(pair[1])
                    }
                    _ => continue,
                };
                assert!(found, "{name}: {command}: there is no {}", pair[1]);
                checked += 1;
            }
        }
    }
    assert!(checked > 10, "{checked} names are few");
}

/// The sources of the tests here and of the unit tests of the store.
fn crate_sources() -> String {
    let mut text = String::new();
    let mut folders = vec![root().join("tests/it"), root().join("src/store")];
    while let Some(folder) = folders.pop() {
        for item in std::fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                text.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    text
}
