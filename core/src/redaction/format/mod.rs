//! Formats of answers beside a single JSON text.
//!
//! | file | what it holds |
//! |------|---------------|
//! | this | which format a media type is |
//! | `charset` | legacy encodings, turned into UTF-8 as they come |
//! | `texts` | several JSON texts: one a line, or as RFC 7464 has them |
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
    /// The format of a media type, without its parameters; none if answers of that type can't be
    /// judged.
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

    /// The media type under which such an answer is released.
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
    /// The charset of that label; none if it is not one that is read.
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
