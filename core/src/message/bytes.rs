//! Classes of bytes: the places of a message in which a byte may stand.

/// Bytes of a token (RFC 9110, 5.6.2).
const TOKEN: u8 = 1;
/// Bytes of a field's value (RFC 9110, 5.5): no control character but the tab. Those beyond ASCII
/// pass.
const VALUE: u8 = 2;
/// Bytes of a token of a structured field (RFC 9651, 3.3.4), but for its first.
const SF_TOKEN: u8 = 4;
/// Bytes that stand unescaped in a string of a structured field: printable ASCII but the quote and
/// the backslash.
const SF_STRING: u8 = 8;

/// The classes of each byte. One look-up a byte replaces about twenty comparisons.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        let token = b.is_ascii_alphanumeric() || is_one_of(b, b"!#$%&'*+-.^_`|~");
        let printable = b >= b' ' && b <= b'~';
        let mut class = 0;
        if token {
            class |= TOKEN;
        }
        if token || b == b':' || b == b'/' {
            class |= SF_TOKEN;
        }
        if !b.is_ascii_control() || b == b'\t' {
            class |= VALUE;
        }
        if printable && b != b'"' && b != b'\\' {
            class |= SF_STRING;
        }
        classes[byte] = class;
        byte += 1;
    }
    classes
};

const fn is_one_of(byte: u8, list: &[u8]) -> bool {
    let mut ix = 0;
    while ix < list.len() {
        if list[ix] == byte {
            return true;
        }
        ix += 1;
    }
    false
}

/// Tells whether all bytes are of a class.
fn are_all(text: &[u8], class: u8) -> bool {
    // There is no early exit, as that would need a branch; texts are short and nearly always right.
    text.iter().fold(class, |both, byte| both & CLASSES[usize::from(*byte)]) == class
}

/// Tells whether a text is a token.
pub fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && are_all(text, TOKEN)
}

/// Tells whether a text can be a field's value.
pub fn is_value(text: &[u8]) -> bool {
    are_all(text, VALUE)
}

/// Tells whether a text is a token of a structured field.
pub fn is_sf_token(text: &[u8]) -> bool {
    let first = text.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'*');
    first && are_all(text, SF_TOKEN)
}

/// Tells whether a text can stand in a string of a structured field without escapes.
pub fn is_sf_plain(text: &[u8]) -> bool {
    are_all(text, SF_STRING)
}
