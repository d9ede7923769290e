//! The pages for people are true: their commands are run, their JSON is compared with what the
//! gateway answers, their tables with what the code says, their links lead somewhere.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`blocks`] | the blocks of code in a page |
//! | [`story`] | a page followed by somebody who pastes its commands |
//! | [`masks`] | what varies from run to run |
//! | [`names`] | links, and the names of commands and benches |
//! | [`region`] | parts of pages that are made from the code |
//! | [`codes`], [`metrics`] | problem codes, metrics |
//! | [`records`], [`details`] | the format of the log: members and words, details of rejections |
//! | [`keys`] | the keys of the catalog |
//!
//! The words behind a block's language say what is done with it:
//!
//! | block | what is done |
//! |-------|--------------|
//! | `sh` | it is run by a shell and must end with 0 |
//! | `sh eventually` | it is run again until it ends with 0: what it waits for takes a moment |
//! | `json` | the output of the commands before is that, or `at=/pointer` is |
//! | `text output` | the output of the commands before is that |
//! | `… file=F` | it is written to F |
//! | `toml merge=F` | it is put into the settings file F |
//! | `… show=F` | F, which the program has written, says that |

mod blocks;
mod codes;
mod details;
mod keys;
mod masks;
mod metrics;
mod names;
mod records;
mod region;
mod story;

use std::fs;
use std::path::Path;

use blocks::{Block, blocks, first_indented};
use story::Story;

/// The pages whose blocks are followed from top to bottom.
const FOLLOWED: [&str; 7] = [
    "README.md",
    "README.zh.md",
    "docs/calling.md",
    "docs/calling.zh.md",
    "docs/publishing.md",
    "docs/operating.md",
    "certs/README.md",
];

/// Pages that say the same in Chinese, with the same blocks in the same order.
const IN_CHINESE: [(&str, &str); 2] =
    [("README.zh.md", "README.md"), ("docs/calling.zh.md", "docs/calling.md")];

/// Blocks that no test runs or compares: the page, how the block begins, and why.
const NOT_RUN: &[(&str, &str, &str)] = &[
    ("README.md", "  caller  ", "a figure"),
    ("README.zh.md", "  调用方  ", "a figure"),
    ("CONTRIBUTING.md", ".ci/run", "the gate, which runs this test"),
    ("CONTRIBUTING.md", "cargo fmt", "parts of the gate"),
    ("CONTRIBUTING.md", "cargo test --release", "long runs"),
    ("catalog/README.md", "catalog/", "a figure"),
    ("certs/README.md", "spiffe://", "the form of identities"),
    ("docs/operating.md", "[[witness]]", "the key is made by the witness"),
    ("docs/operating.md", "docker build", "needs Docker and the network"),
];

/// Blocks that a test of their own compares: the page, and their language.
const COMPARED: [(&str, &str); 2] = [("catalog/README.md", "yaml"), ("docs/log-format.md", "json")];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Every page of the repository.
fn pages() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(&folder).unwrap() {
            let path = item.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                folders.push(path);
            } else if name.ends_with(".md") {
                found.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    assert!(found.contains(&"README.md".to_owned()));
    found
}

fn is_listed(name: &str, block: &Block) -> bool {
    NOT_RUN.iter().any(|(page, begins, _)| *page == name && block.text.starts_with(begins))
}

/// Tells if following the page does something with the block.
fn is_followed(block: &Block, after_commands: bool) -> bool {
    let used = ["file", "merge", "show"].iter().any(|option| block.option(option).is_some());
    let compared = block.language == "json" || block.has("output");
    used || block.language == "sh" || compared && after_commands
}

fn follow(page_name: &'static str) {
    let mut story = Story::begin(page_name);
    for block in blocks(&page(page_name)) {
        if !is_listed(page_name, &block) {
            story.follow(&block);
        }
    }
    story.end();
}

#[test]
fn every_block_is_run_or_compared_or_listed_with_a_reason() {
    let mut complaints = Vec::new();
    for name in pages() {
        let text = page(&name);
        if let Some(line) = first_indented(&text) {
            complaints.push(format!("{name}:{line}: fence it, and say what it is"));
        }
        let followed = FOLLOWED.contains(&&*name);
        let mut after_commands = false;
        for block in blocks(&text) {
            let line = block.line;
            after_commands |= block.language == "sh" && !is_listed(&name, &block);
            let done = followed && is_followed(&block, after_commands);
            let done = done
                || COMPARED
                    .iter()
                    .any(|(page, language)| *page == name && *language == block.language);
            if !done && !is_listed(&name, &block) {
                complaints.push(format!("{name}:{line}: nothing is done with this block"));
            }
        }
    }
    for (name, begins, _) in NOT_RUN {
        let found = blocks(&page(name)).iter().any(|block| block.text.starts_with(begins));
        if !found {
            complaints.push(format!("{name} has no block {begins:?} any more"));
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn chinese_pages_have_the_blocks_of_the_english_ones() {
    for (chinese, english) in IN_CHINESE {
        let (here, there) = (blocks(&page(chinese)), blocks(&page(english)));
        for (one, other) in here.iter().zip(&there) {
            let line = one.line;
            assert_eq!(one.kind(), other.kind(), "{chinese}:{line} and {english}:{}", other.line);
        }
        assert_eq!(here.len(), there.len(), "{chinese} and {english}");
    }
}

#[test]
#[ignore = "needs curl"]
fn needs_curl_the_readme_works_as_shown() {
    follow("README.md");
    follow("README.zh.md");
}

#[test]
#[ignore = "needs curl, jq and b3sum"]
fn needs_curl_jq_and_b3sum_calling_works_as_shown() {
    follow("docs/calling.md");
    follow("docs/calling.zh.md");
}

#[test]
fn publishing_works_as_shown() {
    follow("docs/publishing.md");
}

#[test]
#[ignore = "needs curl and jq"]
fn needs_curl_and_jq_operating_works_as_shown() {
    follow("docs/operating.md");
}

#[test]
fn certificates_are_made_as_shown() {
    follow("certs/README.md");
}
