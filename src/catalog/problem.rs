//! Problems of a catalog, with a remedy for its writer.

use std::fmt::{self, Write};

use sluice_core::grant::document::is_hidden;

use super::rule::{Rule, Severity};

/// A problem, with its place and a remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogProblem {
    /// The file, as [`super::SourceFile::path`] names it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The number of characters that are meant; at least 1, and not beyond the line.
    pub width: u32,
    /// The rule it breaks.
    pub rule: Rule,
    /// The problem in words.
    pub message: String,
    /// Advice on what to do.
    pub advice: String,
    /// The line of the file; empty where the file could not be read.
    pub excerpt: String,
}

/// Everything that is wrong with a catalog, by file, line and column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogProblems(Vec<CatalogProblem>);

impl CatalogProblems {
    /// Sorts problems by file, line and column.
    pub(crate) fn sorted(mut problems: Vec<CatalogProblem>) -> CatalogProblems {
        problems.sort_by(|a, b| {
            (&a.file, a.line, a.column, a.rule.id(), &a.message).cmp(&(
                &b.file,
                b.line,
                b.column,
                b.rule.id(),
                &b.message,
            ))
        });
        CatalogProblems(problems)
    }

    /// The problems.
    pub fn iter(&self) -> std::slice::Iter<'_, CatalogProblem> {
        self.0.iter()
    }

    /// The number of problems.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether there are no problems.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Says whether one of them is an error, so that the catalog can't be used.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|problem| problem.rule.severity() == Severity::Error)
    }

    /// The same problems with their files named below a folder, as a person would open them.
    pub fn below(mut self, folder: &std::path::Path) -> CatalogProblems {
        for problem in &mut self.0 {
            problem.file = folder.join(&problem.file).display().to_string();
        }
        self
    }
}

impl<'a> IntoIterator for &'a CatalogProblems {
    type Item = &'a CatalogProblem;
    type IntoIter = std::slice::Iter<'a, CatalogProblem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// Shown like errors of the Rust compiler: rule and message, place, the line with what is meant
/// underlined, advice.
impl fmt::Display for CatalogProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CatalogProblem { file, line, column, rule, message, advice, excerpt, .. } = self;
        let number = line.to_string();
        let gutter = " ".repeat(number.len());
        let severity = match rule.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        writeln!(f, "{severity}[{rule}]: {}", visible(message))?;
        writeln!(f, "{gutter}--> {}:{line}:{column}", visible(file))?;
        if !excerpt.is_empty() {
            writeln!(f, "{gutter} |")?;
            writeln!(f, "{number} | {}", visible(excerpt))?;
            writeln!(f, "{gutter} | {}", self.marker())?;
        }
        write!(f, "{gutter} = help: {}", visible(advice))
    }
}

/// Makes a text safe for a terminal: text of another department must neither control the terminal
/// nor move other text. Each character keeps its column.
fn visible(text: &str) -> String {
    let shown = |c: char| match c {
        '\t' => ' ',
        hidden if is_hidden(hidden) => char::REPLACEMENT_CHARACTER,
        plain => plain,
    };
    text.chars().map(shown).collect()
}

impl CatalogProblem {
    /// Carets below what is meant, moved right by the columns that the text before it takes.
    fn marker(&self) -> String {
        let before = self.column.saturating_sub(1) as usize;
        let columns = |chars: &mut dyn Iterator<Item = char>| chars.map(columns_of).sum::<usize>();
        let indent = columns(&mut self.excerpt.chars().take(before));
        let meant = columns(&mut self.excerpt.chars().skip(before).take(self.width as usize));
        format!("{}{}", " ".repeat(indent), "^".repeat(meant.max(1)))
    }
}

/// Terminal columns of a character: Chinese characters and full-width forms take two.
fn columns_of(c: char) -> usize {
    let wide = matches!(u32::from(c),
        0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F300..=0x1FAFF
        | 0x20000..=0x3FFFD);
    if wide { 2 } else { 1 }
}

impl fmt::Display for CatalogProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (ix, problem) in self.0.iter().enumerate() {
            if ix > 0 {
                f.write_char('\n')?;
            }
            writeln!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for CatalogProblems {}

#[cfg(test)]
mod tests {
    use crate::catalog::{SourceFile, check};

    #[test]
    fn what_a_file_says_does_not_steer_the_terminal() {
        let text = "\"\\e[2J\\n\": 1 # \u{202e}\n".to_owned();
        let checked = check(&[SourceFile { path: "departments.yaml".into(), text }], None);
        let shown = checked.problems.to_string();
        assert!(shown.contains("\u{fffd}[2J\u{fffd}"), "{shown}");
        let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!shown.contains(steers), "{shown:?}");
    }
}
