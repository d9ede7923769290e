//! Masks: the ways to show a part of a value. [`crate::redaction::mask`] applies them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A way to show a part of a value, or only that there is one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Mask {
    /// The first `front` and the last `end` characters, with mask characters between them. A short
    /// value keeps fewer, so that something is always hidden.
    Keep {
        /// Characters kept at the front.
        front: u16,
        /// Characters kept at the end.
        end: u16,
        /// The character that stands for each hidden one.
        with: char,
    },
    /// A person's name: the first character, `段**`.
    Name,
    /// An identity number of 15 or 18 characters: the first and the last two,
    /// `5***************1X`.
    IdNumber,
    /// A mobile number, with or without `+86` and spaces: `180****1999`.
    Mobile,
    /// A landline with its area code: `0915*****79`.
    Landline,
    /// An address: the first seven characters, `北京市海淀区马********`.
    Address,
    /// An e-mail address: first character and domain, `d*************@gmail.com.cn`.
    Email,
    /// A vehicle plate: `苏D4***0`.
    Plate,
    /// A bank card: first and last four, in groups of four, `1101 **** **** **** 3256`.
    BankCard,
    /// The year of an ISO 8601 date.
    Year,
    /// Year and month of an ISO 8601 date.
    Month,
    /// The part of a number's range that it lies in, between bounds in ascending order:
    /// `5000..10000`, `..1000`, `50000..`; the lower bound belongs to it.
    Range(Box<[i64]>),
    /// A pseudonym: the same for one identifier, however it is written, in all answers of the entry
    /// to one department; unrelated in other entries and to other departments. It begins with the
    /// id of its key.
    Pseudonym,
    /// A fixed text in place of any value.
    Constant(Box<str>),
    /// `null` in place of any value.
    Null,
}

/// The text that stands for a value which a mask can't judge.
pub const OPAQUE: &str = "***";

/// The words a catalog file uses for the masks without arguments.
pub const PRESETS: [(&str, Mask); 12] = [
    ("name", Mask::Name),
    ("id-number", Mask::IdNumber),
    ("mobile", Mask::Mobile),
    ("landline", Mask::Landline),
    ("address", Mask::Address),
    ("email", Mask::Email),
    ("plate", Mask::Plate),
    ("bank-card", Mask::BankCard),
    ("year", Mask::Year),
    ("month", Mask::Month),
    ("pseudonym", Mask::Pseudonym),
    ("null", Mask::Null),
];

impl Mask {
    /// Finds the preset of that name.
    pub fn preset(word: &str) -> Option<Mask> {
        PRESETS.iter().find(|(name, _)| *name == word).map(|(_, mask)| mask.clone())
    }
}

impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mask::Keep { front, end, with } => write!(f, "keep({front}, {end}, {with})"),
            Mask::Constant(text) => write!(f, "constant({text})"),
            Mask::Range(bounds) => {
                let bounds: Vec<String> = bounds.iter().map(i64::to_string).collect();
                write!(f, "range({})", bounds.join(", "))
            }
            preset => {
                let name = PRESETS.iter().find(|(_, mask)| mask == preset).map(|(name, _)| *name);
                f.write_str(name.unwrap_or("mask"))
            }
        }
    }
}
