//! The paths that a file names: of its `use` trees, and inline.

use super::tokens::Token;

/// A path that a file names.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedPath {
    /// Its segments, without `self` at the end.
    pub segments: Vec<String>,
    /// What it is called in the file, if a `use` brings it in.
    pub imported_as: Option<String>,
    /// The modules within the file that it stands in.
    pub within: Vec<String>,
    /// Its line.
    pub line: usize,
}

/// All paths of a file.
pub fn paths(tokens: &[Token<'_>]) -> Vec<NamedPath> {
    let mut reader = Reader { tokens, at: 0, depth: 0, within: Vec::new(), found: Vec::new() };
    while reader.at < tokens.len() {
        reader.step();
    }
    reader.found
}

struct Reader<'t> {
    tokens: &'t [Token<'t>],
    at: usize,
    depth: usize,
    /// Modules within the file, each with the depth that it ends at.
    within: Vec<(String, usize)>,
    found: Vec<NamedPath>,
}

impl Reader<'_> {
    fn text(&self, ahead: usize) -> &str {
        self.tokens.get(self.at + ahead).map_or("", |token| token.text)
    }

    fn step(&mut self) {
        match self.text(0) {
            // `use<…>` says which lifetimes a type captures.
            "use" if self.text(1) != "<" => {
                self.at += 1;
                self.use_tree(&[]);
            }
            "mod" if self.text(2) == "{" => {
                self.within.push((self.text(1).to_owned(), self.depth));
                self.at += 2;
            }
            "{" => {
                self.depth += 1;
                self.at += 1;
            }
            "}" => {
                self.depth = self.depth.saturating_sub(1);
                self.within.pop_if(|(_, depth)| *depth == self.depth);
                self.at += 1;
            }
            word if is_word(word) => self.inline(),
            _ => self.at += 1,
        }
    }

    /// Reads one branch of a `use` tree, up to what ends it.
    fn use_tree(&mut self, before: &[String]) {
        let mut path = before.to_vec();
        let mut alias = None;
        loop {
            match self.text(0) {
                "{" => {
                    self.at += 1;
                    while !matches!(self.text(0), "}" | "") {
                        self.use_tree(&path);
                        self.at += usize::from(self.text(0) == ",");
                    }
                    self.at += 1;
                    return;
                }
                "," | "}" | ";" | "" => break,
                "as" => {
                    alias = Some(self.text(1).to_owned());
                    self.at += 2;
                }
                "::" => self.at += 1,
                segment => {
                    path.push(segment.to_owned());
                    self.at += 1;
                }
            }
        }
        path.pop_if(|last| last == "self");
        let imported_as = alias.or_else(|| path.last().cloned());
        self.add(path, imported_as);
    }

    /// Reads a word, and the path that it begins, if it does.
    fn inline(&mut self) {
        let mut path = vec![self.text(0).to_owned()];
        let begins = self.at == 0 || !matches!(self.tokens[self.at - 1].text, "::" | ".");
        self.at += 1;
        while self.text(0) == "::" && is_word(self.text(1)) {
            path.push(self.text(1).to_owned());
            self.at += 2;
        }
        if begins && path.len() > 1 {
            self.add(path, None);
        }
    }

    fn add(&mut self, segments: Vec<String>, imported_as: Option<String>) {
        let within = self.within.iter().map(|(name, _)| name.clone()).collect();
        let line = self.tokens[self.at.min(self.tokens.len()) - 1].line;
        self.found.push(NamedPath { segments, imported_as, within, line });
    }
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

#[test]
fn trees_are_followed_to_their_leaves() {
    let text = "pub use crate::a::{self, b::{C, D as E}, *};
                mod inner { fn f() -> super::G { h::i::<J>(k.l::<M>()) } }
                fn n() -> impl O + use<'_> { $crate::p::q!() }";
    let found = paths(&super::tokens::tokens(text));
    let found: Vec<String> = found
        .iter()
        .map(|path| {
            let name = path.imported_as.as_deref().unwrap_or("-");
            format!("{}:{} {} {name}", path.line, path.within.join("/"), path.segments.join("::"))
        })
        .collect();
    let expected = [
        "1: crate::a a",
        "1: crate::a::b::C C",
        "1: crate::a::b::D E",
        "1: crate::a::* *",
        "2:inner super::G -",
        "2:inner h::i -",
        "3: crate::p::q -",
    ];
    assert_eq!(found, expected);
}
