//! Reading nodes into the shapes of the files, without stopping at the first mistake.
//!
//! A derived deserializer gives up at the first unknown key. A maintainer wants all of them, so a
//! shape is read key by key: problems are reported and reading goes on. A mistyped key or word is
//! read as the one that was probably meant, so that it is not reported twice.

use serde_json::{Value, json};
use sluice_core::domain::nearest;

use super::SourceFile;
use super::problem::CatalogProblem;
use super::rule::Rule;
use super::yaml::{Key, Node, NodeKind, Position};

/// A value with its place in the file.
#[derive(Clone, Debug)]
pub(crate) struct Spanned<T> {
    pub(crate) value: T,
    pub(crate) place: Position,
}

/// The problems found in one file.
pub(crate) struct Report<'a> {
    source: &'a SourceFile,
    lines: Vec<&'a str>,
    problems: Vec<CatalogProblem>,
    /// True if something could not be read at all, so that rules about the whole would only
    /// report what follows from it.
    pub(crate) incomplete: bool,
}

impl<'a> Report<'a> {
    pub(crate) fn new(source: &'a SourceFile) -> Report<'a> {
        let lines = source.text.lines().collect();
        Report { source, lines, problems: Vec::new(), incomplete: false }
    }

    /// Reports a problem.
    pub(crate) fn add(
        &mut self,
        place: Position,
        rule: Rule,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        let excerpt = self.lines.get(place.line.saturating_sub(1) as usize).copied().unwrap_or("");
        let rest = excerpt.chars().count().saturating_sub(place.column.saturating_sub(1) as usize);
        self.problems.push(CatalogProblem {
            file: self.source.path.clone(),
            line: place.line,
            column: place.column,
            width: place.width.min(rest.try_into().unwrap_or(u32::MAX)).max(1),
            rule,
            message: message.into(),
            advice: advice.into(),
            excerpt: excerpt.into(),
        });
    }

    /// Says whether nothing was found wrong so far.
    pub(crate) fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    pub(crate) fn into_problems(self) -> Vec<CatalogProblem> {
        self.problems
    }
}

/// A type that a node can be read as.
pub(crate) trait Shape: Sized {
    /// Reads a node. Nothing comes back when it is of another kind, which is then reported.
    fn read(node: &Node, report: &mut Report<'_>) -> Option<Self>;

    /// Returns the value for a missing key; none if the key is required.
    fn absent() -> Option<Self> {
        None
    }

    /// Returns the JSON Schema of the type, for editors.
    fn schema() -> Value;
}

/// A closed list of words.
pub(crate) trait Word: Copy + 'static {
    /// All words with their meanings.
    const WORDS: &'static [(&'static str, Self)];
}

impl<T: Shape> Shape for Spanned<T> {
    fn read(node: &Node, report: &mut Report<'_>) -> Option<Spanned<T>> {
        Some(Spanned { value: T::read(node, report)?, place: node.place })
    }

    fn schema() -> Value {
        T::schema()
    }
}

impl<T: Shape> Shape for Option<T> {
    fn read(node: &Node, report: &mut Report<'_>) -> Option<Option<T>> {
        if node.is_null() { Some(None) } else { T::read(node, report).map(Some) }
    }

    fn absent() -> Option<Option<T>> {
        Some(None)
    }

    fn schema() -> Value {
        T::schema()
    }
}

impl<T: Shape> Shape for Vec<T> {
    fn read(node: &Node, report: &mut Report<'_>) -> Option<Vec<T>> {
        if node.is_null() {
            return Some(Vec::new());
        }
        let NodeKind::Sequence(elements) = &node.kind else {
            return mismatch(node, report, "a list", "write `[a, b]`, or a line `- a` for each");
        };
        Some(elements.iter().filter_map(|element| T::read(element, report)).collect())
    }

    fn absent() -> Option<Vec<T>> {
        Some(Vec::new())
    }

    fn schema() -> Value {
        json!({"type": "array", "items": T::schema()})
    }
}

impl Shape for String {
    fn read(node: &Node, report: &mut Report<'_>) -> Option<String> {
        match &node.kind {
            NodeKind::Scalar { text, .. } if !node.is_null() => Some(text.to_string()),
            _ => mismatch(node, report, "a text", "write a text, in quotes where it needs them"),
        }
    }

    fn schema() -> Value {
        json!({"type": "string"})
    }
}

impl Shape for bool {
    fn read(node: &Node, report: &mut Report<'_>) -> Option<bool> {
        match &node.kind {
            NodeKind::Scalar { text, plain: true } if &**text == "true" => Some(true),
            NodeKind::Scalar { text, plain: true } if &**text == "false" => Some(false),
            _ => mismatch(node, report, "true or false", "write `true` or `false`, unquoted"),
        }
    }

    fn schema() -> Value {
        json!({"type": "boolean"})
    }
}

impl Shape for i64 {
    fn read(node: &Node, report: &mut Report<'_>) -> Option<i64> {
        let number = match &node.kind {
            NodeKind::Scalar { text, plain: true } => text.parse().ok(),
            _ => None,
        };
        let advice = "write it in digits, unquoted";
        number.or_else(|| mismatch(node, report, "a whole number", advice))
    }

    fn schema() -> Value {
        json!({"type": "integer"})
    }
}

/// Reads one of a closed list of words.
pub(crate) fn read_word<W: Word>(node: &Node, report: &mut Report<'_>) -> Option<W> {
    let words = || W::WORDS.iter().map(|(word, _)| *word);
    let list = words().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let NodeKind::Scalar { text, .. } = &node.kind else {
        return mismatch(node, report, "a word", &format!("write one of {list}"));
    };
    let meaning = |word: &str| W::WORDS.iter().find(|(known, _)| *known == word).map(|(_, w)| *w);
    if let Some(found) = meaning(text) {
        return Some(found);
    }
    let meant = nearest(text, words());
    let message = format!("`{text}` is none of the words that may stand here");
    report.add(node.place, Rule::UnknownWord, message, did_you_mean(meant, &list));
    report.incomplete |= meant.is_none();
    meaning(meant?)
}

/// Advice that names the word that was probably meant, else all of them.
pub(crate) fn did_you_mean(meant: Option<&str>, list: &str) -> String {
    match meant {
        Some(word) if list.contains(',') => format!("did you mean `{word}`? It is one of {list}"),
        Some(word) => format!("did you mean `{word}`?"),
        None => format!("write one of {list}"),
    }
}

fn mismatch<T>(node: &Node, report: &mut Report<'_>, wanted: &str, advice: &str) -> Option<T> {
    let found = match &node.kind {
        _ if node.is_null() => "nothing".to_owned(),
        NodeKind::Scalar { text, plain } => {
            let mut shown: String = text.chars().take(40).collect();
            if shown.len() < text.len() {
                shown.push('…');
            }
            if *plain { format!("`{shown}`") } else { format!("the text `{shown}`") }
        }
        NodeKind::Sequence(_) => "a list".to_owned(),
        NodeKind::Mapping(_) => "a mapping".to_owned(),
    };
    report.add(node.place, Rule::WrongType, format!("{wanted} belongs here, not {found}"), advice);
    report.incomplete = true;
    None
}

/// The members of a mapping, by the keys that it may have.
pub(crate) struct Members<'n> {
    place: Position,
    found: Vec<(&'static str, &'n Node)>,
    missing: Vec<&'static str>,
}

impl<'n> Members<'n> {
    /// Sorts out keys: repeated and unknown ones are reported.
    pub(crate) fn of(
        node: &'n Node,
        what: &str,
        known: &'static [&'static str],
        report: &mut Report<'_>,
    ) -> Option<Members<'n>> {
        let NodeKind::Mapping(members) = &node.kind else {
            return mismatch(node, report, what, "write its keys, a line `key: value` for each");
        };
        // The first key is a better place than the mapping's own: what is missing belongs beside.
        let place = members.first().map_or(node.place, |(key, _)| key.place);
        let mut found: Vec<(&'static str, &'n Node)> = Vec::with_capacity(members.len());
        let mut mistyped = Vec::new();
        for (key, value) in members {
            let Some(name) = known.iter().find(|name| ***name == *key.text) else {
                mistyped.push((key, value));
                continue;
            };
            if found.iter().any(|(earlier, _)| earlier == name) {
                let message = format!("`{name}` stands twice");
                report.add(key.place, Rule::DuplicateKey, message, "keep one of the two");
            } else {
                found.push((name, value));
            }
        }
        for (key, value) in mistyped {
            if let Some(meant) = unknown_key(key, what, known, report)
                && !found.iter().any(|(name, _)| *name == meant)
            {
                found.push((meant, value));
            }
        }
        Some(Members { place, found, missing: Vec::new() })
    }

    /// Reads the value of a key; problems are reported, a missing key is noted.
    pub(crate) fn read<T: Shape>(
        &mut self,
        key: &'static str,
        report: &mut Report<'_>,
    ) -> Option<T> {
        if let Some((_, node)) = self.found.iter().find(|(name, _)| *name == key) {
            return T::read(node, report);
        }
        let absent = T::absent();
        if absent.is_none() {
            self.missing.push(key);
        }
        absent
    }

    /// Reports all missing keys as one problem.
    pub(crate) fn finish(self, what: &str, report: &mut Report<'_>) {
        let quoted: Vec<String> = self.missing.iter().map(|key| format!("`{key}`")).collect();
        let (message, advice) = match &*quoted {
            [] => return,
            [only] => (
                format!("{what} needs the key {only}"),
                format!("add a line `{}: …`", self.missing[0]),
            ),
            [front @ .., last] => (
                format!("{what} needs the keys {} and {last}", front.join(", ")),
                "add a line `key: …` for each".to_owned(),
            ),
        };
        report.add(self.place, Rule::MissingKey, message, advice);
        report.incomplete = true;
    }
}

fn unknown_key(
    key: &Key,
    what: &str,
    known: &'static [&'static str],
    report: &mut Report<'_>,
) -> Option<&'static str> {
    let meant = nearest(&key.text, known.iter().copied());
    let list = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let advice = match meant {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("remove it; the keys are {list}"),
    };
    let message = format!("{what} has no key `{}`", key.text);
    report.add(key.place, Rule::UnknownKey, message, advice);
    meant
}

/// Declares the shape of a mapping: a struct, its keys, how it is read, and its JSON Schema. A key
/// differs from its field's name where that is a reserved word (`kind as "type"`). What follows
/// `=>` is added to the key's schema.
macro_rules! shape {
    (
        $(#[doc = $about:literal])*
        $name:ident, $what:literal {
            $(
                $(#[doc = $doc:literal])*
                $field:ident $(as $key:literal)? : $type:ty $(=> $hint:tt)?,
            )*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug)]
        pub(crate) struct $name {
            $($(#[doc = $doc])* pub(crate) $field: $type,)*
        }

        impl $crate::catalog::shape::Shape for $name {
            fn read(
                node: &$crate::catalog::yaml::Node,
                report: &mut $crate::catalog::shape::Report<'_>,
            ) -> Option<$name> {
                const KEYS: &[&str] = &[$(shape!(@key $field $($key)?)),*];
                let mut members =
                    $crate::catalog::shape::Members::of(node, $what, KEYS, report)?;
                $(let $field = members.read(shape!(@key $field $($key)?), report);)*
                members.finish($what, report);
                Some($name { $($field: $field?,)* })
            }

            fn schema() -> serde_json::Value {
                $crate::catalog::keywords::mapping(concat!($($about),*), vec![$(
                    $crate::catalog::keywords::Property::new(
                        shape!(@key $field $($key)?),
                        <$type as $crate::catalog::shape::Shape>::absent().is_none(),
                        <$type as $crate::catalog::shape::Shape>::schema(),
                        concat!($($doc),*),
                        shape!(@hint $($hint)?),
                    ),
                )*])
            }
        }
    };
    (@key $field:ident $key:literal) => { $key };
    (@key $field:ident) => { stringify!($field) };
    (@hint ($hint:expr)) => { $hint };
    (@hint $($hint:tt)+) => { serde_json::json!($($hint)+) };
    (@hint) => { serde_json::Value::Null };
}

/// Declares closed lists of words.
macro_rules! words {
    ($($type:ty { $($word:literal => $meaning:expr,)* })*) => {
        $(
            impl $crate::catalog::shape::Word for $type {
                const WORDS: &'static [(&'static str, Self)] = &[$(($word, $meaning)),*];
            }

            impl $crate::catalog::shape::Shape for $type {
                fn read(
                    node: &$crate::catalog::yaml::Node,
                    report: &mut $crate::catalog::shape::Report<'_>,
                ) -> Option<Self> {
                    $crate::catalog::shape::read_word(node, report)
                }

                fn schema() -> serde_json::Value {
                    serde_json::json!({"enum": [$($word),*]})
                }
            }
        )*
    };
}

pub(crate) use {shape, words};
