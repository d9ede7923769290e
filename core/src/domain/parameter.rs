//! Parameters of requests: every path, query and body parameter is declared, with a type, an
//! anchored pattern and bounds.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use regex::Regex;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::name::NotAName;

/// Longest text value in characters where the entry states no bound.
pub const DEFAULT_MAX_CHARS: u32 = 128;

/// Compiled size limit of one pattern in bytes; a pattern that needs more is refused.
pub const PATTERN_SIZE_BYTES: usize = 64 * 1024;

/// A parameter of an operation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name in the template, the query or the body.
    pub name: Box<str>,
    /// Its place: path, query or body.
    pub place: ParameterLocation,
    /// The rule that its values must pass.
    pub rule: Rule,
    /// True if it must be given; path parameters always must.
    pub required: bool,
    /// The index of the entry's field that it searches by, if any.
    pub searches: Option<u16>,
    /// True if its value is the identifier of the person who is asked about.
    pub subject: bool,
}

/// The place of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum ParameterLocation {
    Path,
    Query,
    Body,
}

impl ParameterLocation {
    /// The word in catalog files and lists.
    pub fn as_str(self) -> &'static str {
        match self {
            ParameterLocation::Path => "path",
            ParameterLocation::Query => "query",
            ParameterLocation::Body => "body",
        }
    }
}

/// The rule that a parameter's values must pass.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Rule {
    /// Text whose whole matches a pattern.
    Text {
        /// The pattern of the whole value.
        pattern: Pattern,
        /// Longest value in characters.
        max_chars: u32,
    },
    /// A whole number within bounds, both included.
    Integer {
        /// Least value.
        min: i64,
        /// Greatest value.
        max: i64,
    },
    /// `true` or `false`.
    Boolean,
}

/// A value that passed its rule.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ParameterValue {
    Text(Box<str>),
    Integer(i64),
    Boolean(bool),
}

/// The reason for which a value does not pass. It carries no part of the value: parameters name
/// persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// The parameter stands more than once.
    Repeated,
    /// The value does not match the declared pattern.
    Pattern,
    /// The value is longer than declared.
    TooLong,
    /// The value holds `*` or `%`, which some providers read as wildcards, or a control character.
    Wildcard,
    /// The value is not of the declared type.
    Type,
    /// The value is outside the declared bounds.
    Bounds,
    /// The value should identify a person, and has no letter or digit that could.
    Nobody,
}

impl Rule {
    /// Reads a text from a path or a query.
    ///
    /// # Errors
    /// [`Unfit`] names the part of the rule that it fails.
    pub fn read_text(&self, text: &str) -> Result<ParameterValue, Unfit> {
        match self {
            Rule::Text { pattern, max_chars } => {
                if text.contains(['*', '%']) || text.chars().any(char::is_control) {
                    return Err(Unfit::Wildcard);
                }
                if text.len() > *max_chars as usize && text.chars().count() > *max_chars as usize {
                    return Err(Unfit::TooLong);
                }
                if !pattern.matches(text) {
                    return Err(Unfit::Pattern);
                }
                Ok(ParameterValue::Text(text.into()))
            }
            Rule::Integer { .. } => {
                let digits = text.strip_prefix('-').unwrap_or(text);
                let canonical = !digits.is_empty()
                    && digits.bytes().all(|byte| byte.is_ascii_digit())
                    && (digits == "0" || !digits.starts_with('0'))
                    && text != "-0";
                if !canonical {
                    return Err(Unfit::Type);
                }
                self.read_integer(text.parse().map_err(|_| Unfit::Bounds)?)
            }
            Rule::Boolean => match text {
                "true" => Ok(ParameterValue::Boolean(true)),
                "false" => Ok(ParameterValue::Boolean(false)),
                _ => Err(Unfit::Type),
            },
        }
    }

    /// Reads a whole number.
    ///
    /// # Errors
    /// The same as [`Rule::read_text`].
    pub fn read_integer(&self, number: i64) -> Result<ParameterValue, Unfit> {
        match self {
            Rule::Integer { min, max } if (*min..=*max).contains(&number) => {
                Ok(ParameterValue::Integer(number))
            }
            Rule::Integer { .. } => Err(Unfit::Bounds),
            Rule::Text { .. } | Rule::Boolean => Err(Unfit::Type),
        }
    }
}

impl fmt::Display for ParameterValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParameterValue::Text(text) => f.write_str(text),
            ParameterValue::Integer(number) => write!(f, "{number}"),
            ParameterValue::Boolean(value) => write!(f, "{value}"),
        }
    }
}

/// A pattern that is always matched against the whole text, in linear time whatever the input. It
/// is compiled when it is first used, because a large catalog has many that are never used.
#[derive(Clone)]
pub struct Pattern(Arc<Written>);

struct Written {
    /// The text as written in the catalog, without the anchors added here.
    text: Box<str>,
    /// The compiled form; none if it can't be compiled, which the catalog check has ruled out.
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Wraps the text of a pattern that compiled before.
    fn known(text: &str) -> Pattern {
        Pattern(Arc::new(Written { text: text.into(), compiled: OnceLock::new() }))
    }

    /// Tells whether the whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        let compiled = self.0.compiled.get_or_init(|| compile(&self.0.text).ok());
        compiled.as_ref().is_some_and(|regex| regex.is_match(text))
    }

    /// Tells whether both share one compiled pattern.
    pub(super) fn is_same(&self, other: &Pattern) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The pattern as it was written, without the anchors added here.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }
}

const PREFIX: &str = r"\A(?:";
const SUFFIX: &str = r")\z";

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Compiles patterns, each text once: catalogs repeat the same few thousands of times.
#[derive(Debug, Default)]
pub struct Patterns(HashMap<Box<str>, Pattern>);

impl Patterns {
    /// Compiles the pattern of a text. Anchors are added; `^` and `$` within the text are harmless.
    ///
    /// # Errors
    /// The regex crate's message, if the text is no pattern or compiles too large.
    pub fn compile(&mut self, text: &str) -> Result<Pattern, String> {
        if let Some(pattern) = self.0.get(text) {
            return Ok(pattern.clone());
        }
        let pattern = Pattern::known(text);
        let _ = pattern.0.compiled.set(Some(compile(text)?));
        self.0.insert(text.into(), pattern.clone());
        Ok(pattern)
    }

    /// Finds the one pattern that all patterns of the same text share.
    pub fn shared(&mut self, pattern: &Pattern) -> Pattern {
        if let Some(known) = self.0.get(pattern.as_str()) {
            return known.clone();
        }
        self.0.insert(pattern.as_str().into(), pattern.clone());
        pattern.clone()
    }
}

fn compile(text: &str) -> Result<Regex, String> {
    // Compiled alone first, so that `a)|(b` can't break out of the anchors.
    Regex::new(text).map_err(|error| error.to_string())?;
    regex::RegexBuilder::new(&format!("{PREFIX}{text}{SUFFIX}"))
        .size_limit(PATTERN_SIZE_BYTES)
        .build()
        .map_err(|error| error.to_string())
}

/// Written as its text.
impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Pattern, D::Error> {
        Ok(Pattern::known(&Box::<str>::deserialize(deserializer)?))
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unfit::Nobody => "no letter or digit is in it that could identify a person",
            Unfit::Repeated => "it stands more than once",
            Unfit::Pattern => "it does not match the declared pattern",
            Unfit::TooLong => "it is longer than declared",
            Unfit::Wildcard => "it holds *, % or a control character",
            Unfit::Type => "it is not of the declared type",
            Unfit::Bounds => "it is outside the declared bounds",
        })
    }
}

/// Checks that a text may name a parameter: letters, digits, `_` and `-`, at most 63 bytes.
///
/// # Errors
/// The text has another form.
pub fn check_parameter_name(text: &str) -> Result<(), NotAName> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if text.is_empty() || text.len() > super::name::MAX_NAME_BYTES || !text.bytes().all(plain) {
        return Err(NotAName);
    }
    Ok(())
}
