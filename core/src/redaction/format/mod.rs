//! Formats of answers: those other than a single JSON text, and the charsets.
//!
//! | file | what it holds |
//! |------|---------------|
//! | this | the format and charset of a media type |
//! | `charset` | legacy encodings, decoded to UTF-8 as the bytes arrive |
//! | `texts` | several JSON texts: one a line, or a sequence of RFC 7464 |
//! | `table` | CSV with a header row (RFC 4180) |
//! | `opaque` | files, which are shown whole or not at all |

pub(super) mod charset;
pub(super) mod opaque;
pub(super) mod table;
pub(super) mod texts;

use std::fmt;

/// The format of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// One JSON text (RFC 8259).
    Json,
    /// A JSON text a line.
    JsonLines,
    /// JSON texts, each behind a record separator (RFC 7464).
    JsonSequence,
    /// A table with a header row: CSV (RFC 4180).
    Csv,
}

/// The charset of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Charset {
    /// UTF-8.
    Utf8,
    /// GBK, and GB2312 within it.
    Gbk,
    /// GB18030.
    Gb18030,
}

impl Format {
    /// The format of a media type, given without its parameters; none if answers of that type can't
    /// be judged.
    pub fn of(essence: &str) -> Option<Format> {
        match essence {
            "application/json" => Some(Format::Json),
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/x-jsonlines" => Some(Format::JsonLines),
            "application/json-seq" => Some(Format::JsonSequence),
            "text/csv" => Some(Format::Csv),
            other => {
                let kind = other.strip_prefix("application/")?;
                let json = kind.ends_with("+json") && kind.len() > "+json".len();
                let sequence = kind.ends_with("+json-seq") && kind.len() > "+json-seq".len();
                if json {
                    return Some(Format::Json);
                }
                sequence.then_some(Format::JsonSequence)
            }
        }
    }

    /// The media type under which an answer of this format is released.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Json => "application/json",
            Format::JsonLines => "application/x-ndjson",
            Format::JsonSequence => "application/json-seq",
            Format::Csv => "text/csv; charset=utf-8; header=present",
        }
    }
}

impl Charset {
    /// The charset of a label; none if it is not supported.
    pub fn of(label: &str) -> Option<Charset> {
        let label = label.to_ascii_lowercase();
        match label.as_str() {
            "utf-8" | "utf8" => Some(Charset::Utf8),
            "gbk" | "gb2312" | "gb_2312-80" | "cp936" | "x-gbk" | "windows-936" => {
                Some(Charset::Gbk)
            }
            "gb18030" => Some(Charset::Gb18030),
            _ => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.media_type())
    }
}
