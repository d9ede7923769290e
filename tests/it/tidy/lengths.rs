//! Files and lines stay short.

use super::{Source, everything, fail_on, is_test};

/// Longest source file in lines.
const MAX_LINES: usize = 500;

/// Longest line in characters. rustfmt keeps code to 100; this is for comments and texts.
const MAX_COLUMNS: usize = 120;

#[test]
fn files_stay_short_and_lines_too() {
    let mut complaints = Vec::new();
    for Source { path, text } in everything() {
        let (is_test, path) = (is_test(&path), path.display());
        let lines = text.lines().count();
        if lines > MAX_LINES {
            complaints.push(format!("{path}: {lines} lines; divide it by what it holds"));
        }
        // Expected records are one line each in tests, as they are in the log.
        for (ix, line) in text.lines().enumerate().filter(|_| !is_test) {
            if line.chars().count() > MAX_COLUMNS {
                complaints.push(format!("{path}:{}: longer than {MAX_COLUMNS}", ix + 1));
            }
        }
    }
    fail_on(&complaints);
}
