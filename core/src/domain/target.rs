//! The one normalisation of a request's target. Its result is matched, recorded (as a template) and
//! forwarded: there is no second reading of the bytes.
//!
//! Whatever providers are known to interpret differently is refused: encoded slashes and percent
//! signs, dot segments, empty segments, `;`, backslashes, control characters, bytes that are not
//! UTF-8, raw bytes beyond ASCII, repeated query names.

use std::borrow::Cow;
use std::fmt;

/// Longest path with query, in bytes.
pub const MAX_TARGET_BYTES: usize = 4096;

/// Most segments in a path, and most parameters in a query.
pub const MAX_PARTS: usize = 32;

/// A decoded path and query. Parts without escapes are borrowed from the text that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// Decoded segments; at least one, none empty.
    pub segments: Vec<Cow<'a, str>>,
    /// Decoded names and values, in order; names may still repeat.
    pub query: Vec<QueryPart<'a>>,
}

/// A decoded name and value of a query.
pub type QueryPart<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The reason for which a target is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadTarget {
    /// Longer than [`MAX_TARGET_BYTES`].
    TooLong,
    /// More than [`MAX_PARTS`] segments or parameters.
    TooManyParts,
    /// The path does not start with `/`.
    NotAbsolute,
    /// A segment is empty (`//`, or a slash at the end).
    EmptySegment,
    /// A segment is `.` or `..`, encoded or not.
    DotSegment,
    /// A slash, backslash or percent sign is percent-encoded, or a backslash stands raw.
    EncodedSeparator,
    /// `;` stands raw or encoded.
    Semicolon,
    /// A control character stands raw or encoded.
    Control,
    /// A percent sign is not followed by two hexadecimal digits.
    BadEscape,
    /// The decoded bytes are not UTF-8.
    NotUtf8,
    /// A raw byte that RFC 3986 does not allow there.
    RawByte,
    /// A query part is not `name=value` with a name.
    BadQuery,
    /// A fragment, or user information, stands in the target.
    Fragment,
}

impl Target<'_> {
    /// Reads the path and query as they stood on the wire.
    ///
    /// # Errors
    /// [`BadTarget`] gives the reason.
    pub fn parse(raw: &str) -> Result<Target<'_>, BadTarget> {
        if raw.len() > MAX_TARGET_BYTES {
            return Err(BadTarget::TooLong);
        }
        if raw.contains('#') {
            return Err(BadTarget::Fragment);
        }
        let (path, query) = match raw.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (raw, None),
        };
        let path = path.strip_prefix('/').ok_or(BadTarget::NotAbsolute)?;
        let mut segments = Vec::with_capacity(4);
        for raw_segment in path.split('/') {
            if segments.len() == MAX_PARTS {
                return Err(BadTarget::TooManyParts);
            }
            segments.push(decode_segment(raw_segment)?);
        }
        Ok(Target { segments, query: query.map_or(Ok(Vec::new()), decode_query)? })
    }
}

fn decode_segment(raw: &str) -> Result<Cow<'_, str>, BadTarget> {
    if raw.is_empty() {
        return Err(BadTarget::EmptySegment);
    }
    let text = decode(raw, false)?;
    if text == "." || text == ".." {
        return Err(BadTarget::DotSegment);
    }
    if text.contains(['/', '\\', '%']) {
        return Err(BadTarget::EncodedSeparator);
    }
    Ok(text)
}

fn decode_query(raw: &str) -> Result<Vec<QueryPart<'_>>, BadTarget> {
    let mut parts = Vec::new();
    for part in raw.split('&') {
        if parts.len() == MAX_PARTS {
            return Err(BadTarget::TooManyParts);
        }
        let (name, value) = part.split_once('=').ok_or(BadTarget::BadQuery)?;
        let name = decode(name, true)?;
        if name.is_empty() {
            return Err(BadTarget::BadQuery);
        }
        parts.push((name, decode(value, true)?));
    }
    Ok(parts)
}

/// Decodes percent escapes once; in a query `+` is a space, as forms write it.
fn decode(raw: &str, query: bool) -> Result<Cow<'_, str>, BadTarget> {
    let bytes = raw.as_bytes();
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    if bytes.iter().all(|byte| plain(*byte)) {
        return Ok(raw.into());
    }
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let byte = match bytes[at] {
            b'%' => {
                let digit = |at: usize| {
                    let hex = bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
                    hex.ok_or(BadTarget::BadEscape)
                };
                let byte = digit(at + 1)? << 4 | digit(at + 2)?;
                at += 2;
                byte as u8
            }
            b'\\' => return Err(BadTarget::EncodedSeparator),
            b'+' if query => b' ',
            raw if raw.is_ascii_control() => return Err(BadTarget::Control),
            raw if is_raw_allowed(raw, query) => raw,
            b';' => return Err(BadTarget::Semicolon),
            _ => return Err(BadTarget::RawByte),
        };
        match byte {
            b';' => return Err(BadTarget::Semicolon),
            byte if byte.is_ascii_control() => return Err(BadTarget::Control),
            byte => decoded.push(byte),
        }
        at += 1;
    }
    let text = String::from_utf8(decoded).map_err(|_| BadTarget::NotUtf8)?;
    // U+0080 to U+009F are control characters as well, though encoded in more than one byte.
    if text.chars().any(char::is_control) {
        return Err(BadTarget::Control);
    }
    Ok(text.into())
}

/// Tells whether a byte may stand raw: RFC 3986 `pchar` without `;`, and in a query also `/` and
/// `?`.
fn is_raw_allowed(byte: u8, query: bool) -> bool {
    byte.is_ascii_alphanumeric()
        || b"-._~!$&'()*+,=:@".contains(&byte)
        || (query && (byte == b'/' || byte == b'?'))
}

/// Appends a text with everything but RFC 3986's unreserved characters percent-encoded.
pub fn encode_into(text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

impl fmt::Display for BadTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            BadTarget::TooLong => "the path with its query is longer than 4096 bytes",
            BadTarget::TooManyParts => "the path or query has more than 32 parts",
            BadTarget::NotAbsolute => "the path does not start with /",
            BadTarget::EmptySegment => "the path has an empty segment (// or a / at its end)",
            BadTarget::DotSegment => "the path has a . or .. segment",
            BadTarget::EncodedSeparator => "the path holds an encoded /, % or a backslash",
            BadTarget::Semicolon => "; is not allowed in path or query",
            BadTarget::Control => "path or query holds a control character",
            BadTarget::BadEscape => "a % is not followed by two hexadecimal digits",
            BadTarget::NotUtf8 => "path or query is not UTF-8 when decoded",
            BadTarget::RawByte => "path or query holds a byte that must be percent-encoded",
            BadTarget::BadQuery => "a query part is not name=value",
            BadTarget::Fragment => "the target holds a #",
        };
        f.write_str(text)
    }
}

impl std::error::Error for BadTarget {}
