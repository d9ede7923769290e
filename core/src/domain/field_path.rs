//! Paths of fields: the subset of RFC 9535 JSONPath that an allow-list needs, names and `[*]`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One step down into a JSON value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PathStep {
    /// The member of an object with this name (decoded, so no escapes).
    Member(Box<str>),
    /// Every element of an array.
    Each,
}

/// The path of a field: `$.name`, `$.children[*].name`, `$['登记 号']`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct FieldPath(pub Vec<PathStep>);

/// Deepest path that can be declared, in steps.
pub const MAX_STEPS: usize = 32;

/// The reason for which a text is no path, and the byte at which it fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAPath {
    /// Byte offset in the text.
    pub at: usize,
    /// The reason.
    pub why: &'static str,
}

impl FieldPath {
    /// The root: `$`.
    pub fn root() -> FieldPath {
        FieldPath::default()
    }

    /// Reads a path.
    ///
    /// # Errors
    /// When the text is outside the subset; the error gives the place.
    pub fn parse(text: &str) -> Result<FieldPath, NotAPath> {
        let Some(mut rest) = text.strip_prefix('$') else {
            return Err(NotAPath { at: 0, why: "a path starts with $" });
        };
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let at = text.len() - rest.len();
            let (step, after) = parse_step(rest).map_err(|why| NotAPath { at, why })?;
            steps.push(step);
            if steps.len() > MAX_STEPS {
                return Err(NotAPath { at, why: "the path has more than 32 steps" });
            }
            rest = after;
        }
        Ok(FieldPath(steps))
    }

    /// Appends another path to this one.
    pub fn join(&self, below: &FieldPath) -> FieldPath {
        FieldPath(self.0.iter().chain(&below.0).cloned().collect())
    }
}

fn parse_step(rest: &str) -> Result<(PathStep, &str), &'static str> {
    if let Some(after) = rest.strip_prefix("[*]") {
        return Ok((PathStep::Each, after));
    }
    if let Some(quoted) = rest.strip_prefix("['") {
        let end = quoted.find("']").ok_or("a quoted name ends with ']")?;
        let name = &quoted[..end];
        if name.is_empty() || name.contains(['\'', '\\']) || name.chars().any(char::is_control) {
            return Err("a quoted name is not empty and has no quote, backslash or control");
        }
        return Ok((PathStep::Member(name.into()), &quoted[end + 2..]));
    }
    if let Some(after) = rest.strip_prefix('.') {
        let end = after.find(['.', '[']).unwrap_or(after.len());
        let name = &after[..end];
        let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || !name.chars().all(plain) {
            return Err("a name after a dot is letters, digits, _ and -; quote others: ['…']");
        }
        return Ok((PathStep::Member(name.into()), &after[end..]));
    }
    Err("a step is .name, ['name'] or [*]; indices, slices and filters are not supported")
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for step in &self.0 {
            match step {
                PathStep::Each => f.write_str("[*]")?,
                PathStep::Member(name)
                    if name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') =>
                {
                    write!(f, ".{name}")?;
                }
                PathStep::Member(name) => write!(f, "['{name}']")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for NotAPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.why, self.at)
    }
}

impl std::error::Error for NotAPath {}
