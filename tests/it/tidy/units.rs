//! That a constant which bounds something says in its name what it counts.

use super::{Source, code, everything, fail_on};

/// Words in the names of constants that are quantities.
const BOUNDS: [&str; 21] = [
    "BACKLOG", "BATCH", "BETWEEN", "DAY", "DEFAULT", "EVERY", "HOUR", "INTERVAL", "LEAST", "LEN",
    "LENGTH", "LIMIT", "LONGEST", "LOOKED", "MAX", "MIN", "MOST", "QUEUE", "SIZE", "TIMEOUT",
    "WINDOW",
];

/// Units, last in the name.
const UNITS: [&str; 17] = [
    "BITS", "BYTES", "CHARS", "COLUMNS", "DAYS", "DIGITS", "HOURS", "KIB", "LINES", "MIB", "MS",
    "NANOS", "PERCENT", "SECONDS", "TIMES", "US", "YEARS",
];

/// Things that are counted: their plural says it.
const COUNTED: &str = "ANSWERS BOUNDS CALLS CERTIFICATES CHANGES CONDITIONS CONNECTIONS DRAFTS \
    ENTRIES FIELDS FILES FOLDERS GRANTS GROUPS HASHES ITEMS LEVELS MEMBERS PARAMETERS PARTS PATTERNS \
    PEERS PERSONS RATES RECORDS SAMPLES SEGMENTS SIGNATURES STEPS SUBJECTS TERMS WATCHERS";

/// What needs no unit, and why.
const WITHOUT_UNIT: [(&str, &str); 3] = [
    // A number as JSON has it.
    ("core/src/release/statement.rs", "MAX_EXACT_INTEGER"),
    // The budget's own unit says what is counted.
    ("src/catalog/scalar.rs", "MAX_BUDGET"),
    // A number as it stands in an answer.
    ("core/src/redaction/mask/range.rs", "MOST"),
];

/// The name of the number that a line defines as a constant, if it does.
fn number(line: &str) -> Option<&str> {
    let (before, rest) = line.split_once("const ").or_else(|| line.split_once("static "))?;
    let is_free = before.trim().is_empty() || before.trim_start().starts_with("pub");
    let (name, typed) = rest.split_once(':').filter(|_| is_free)?;
    let kind = typed.trim_start().split([' ', '=', ';']).next()?;
    let is_number = kind == "f64"
        || kind == "f32"
        || kind == "usize"
        || kind == "isize"
        || kind == "UnixMillis"
        || kind.strip_prefix(['u', 'i']).is_some_and(|bits| bits.parse::<u8>().is_ok());
    let is_name = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    Some(name).filter(|_| is_number && is_name)
}

/// Whether a name says what it counts: last, or before what it is counted for, as in
/// `MAX_SUBJECTS_A_RECORD`.
fn says_its_unit(name: &str) -> bool {
    let is_unit = |name: &str| {
        let last = name.rsplit('_').next().unwrap_or(name);
        UNITS.contains(&last) || COUNTED.split(' ').any(|thing| thing == last)
    };
    is_unit(name) || ["_A_", "_PER_"].iter().any(|per| name.split(per).next().is_some_and(is_unit))
}

#[test]
fn constants_say_their_unit() {
    let mut complaints = Vec::new();
    for Source { path, text } in everything() {
        for (line_number, line) in code(&text) {
            let Some(name) = number(line) else { continue };
            let bounds = name.split('_').any(|word| BOUNDS.contains(&word));
            let listed = WITHOUT_UNIT.contains(&(path.to_str().unwrap(), name));
            if bounds && !says_its_unit(name) && !listed {
                let path = path.display();
                complaints.push(format!("{path}:{line_number}: {name}: say the unit last"));
            }
        }
    }
    fail_on(&complaints);
}

#[test]
fn constants_are_read_off_their_lines() {
    assert_eq!(number("    pub(super) const MAX_BYTES: u64 = 1;"), Some("MAX_BYTES"));
    assert_eq!(number("const MAX: usize = 1;"), Some("MAX"));
    for other in ["const MAX: Duration = X;", "    let MAX: u8 = 1;", "fn f<const N: usize>() {"] {
        assert_eq!(number(other), None, "{other}");
    }
    assert!(says_its_unit("MAX_SUBJECTS_A_RECORD") && says_its_unit("IDLE_TIMEOUT_MS"));
    assert!(!says_its_unit("MAX_DEPTH") && !says_its_unit("MS_TIMEOUT"));
}
