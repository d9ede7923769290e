//! Source text as tokens: enough of the language to follow paths and to find declarations.

/// A word, `::`, or one other character, with its line.
#[derive(Clone, Copy, Debug)]
pub struct Token<'t> {
    pub text: &'t str,
    pub line: usize,
}

/// The attribute of what is built for tests alone.
const FOR_TESTS: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];

/// Splits source text into tokens. Comments, texts and characters are left out, and so are items
/// that are built for tests alone.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while !rest.is_empty() {
        let (length, is_code) = next(rest);
        if is_code {
            found.push(Token { text: &rest[..length], line });
        }
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    without_tests(&found)
}

/// The length of what comes next in bytes, and whether it is a token.
fn next(text: &str) -> (usize, bool) {
    let first = text.chars().next().map_or(0, char::len_utf8);
    if text.starts_with("//") {
        return (text.find('\n').unwrap_or(text.len()), false);
    }
    if text.starts_with("/*") {
        return (text.find("*/").map_or(text.len(), |end| end + 2), false);
    }
    if let Some(length) = literal(text) {
        return (length, false);
    }
    let word = text.find(|c: char| !is_of_word(c)).unwrap_or(text.len());
    match word {
        0 if text.starts_with("::") => (2, true),
        0 => (first, !text.starts_with(char::is_whitespace)),
        length => (length, true),
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of the text or character that begins here, if one does.
fn literal(text: &str) -> Option<usize> {
    let bare = text.strip_prefix('b').unwrap_or(text);
    let prefix = text.len() - bare.len();
    if let Some(raw) = bare.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if let Some(inner) = raw[hashes..].strip_prefix('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let length = inner.find(&end).map_or(inner.len(), |at| at + end.len());
            return Some(prefix + 2 + hashes + length);
        }
    }
    let quote = bare.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    // A lifetime is a quote and a word, and no quote behind its first character.
    let mut ahead = bare[1..].chars();
    let is_lifetime = ahead.next().is_some_and(is_of_word) && ahead.next() != Some('\'');
    if quote == '\'' && is_lifetime {
        return None;
    }
    let mut escaped = false;
    let end = bare[1..].find(|c| {
        let is_end = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        is_end
    });
    Some(prefix + end.map_or(bare.len(), |end| end + 2))
}

fn without_tests<'t>(tokens: &[Token<'t>]) -> Vec<Token<'t>> {
    let mut kept = Vec::with_capacity(tokens.len());
    let mut rest = tokens;
    while let Some(first) = rest.first() {
        let is_for_tests = rest.len() > FOR_TESTS.len()
            && FOR_TESTS.iter().zip(rest).all(|(expected, token)| token.text == *expected);
        if is_for_tests {
            rest = &rest[FOR_TESTS.len()..];
            rest = &rest[item_length(rest)..];
        } else {
            kept.push(*first);
            rest = &rest[1..];
        }
    }
    kept
}

/// How many tokens the item takes that begins here: to its `;`, or to the brace that closes it.
fn item_length(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0;
    for (ix, token) in tokens.iter().enumerate() {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" => depth -= 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 && matches!(token.text, ";" | "}") {
            return ix + 1;
        }
    }
    tokens.len()
}

#[test]
fn what_is_no_code_is_no_token() {
    let text = r####"
        use a::{b, c as d}; // x::y
        /* x::y */ const A: &'static str = "x\"::y"; const B: char = '\''; const C: char = 'x';
        const D: &[u8] = br#"x"::y"#;
        #[cfg(test)]
        #[allow(x)]
        mod tests { use x::y; }
        fn last<'a>() {}
    "####;
    let found: Vec<&str> = tokens(text).iter().map(|token| token.text).collect();
    let expected = "use a :: { b , c as d } ; const A : & ' static str = ; const B : char = ; \
                    const C : char = ; const D : & [ u8 ] = ; fn last < ' a > ( ) { }";
    assert_eq!(found.join(" "), expected);
    assert_eq!(tokens(text).last().unwrap().line, 8);
}
