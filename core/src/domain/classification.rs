//! The classes of data: level, sharing class, category, openness, origin, mode.

use serde::{Deserialize, Serialize};

/// The sensitivity of data: 1 (open to all departments) to 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Level(u8);

impl Level {
    /// The least level.
    pub const LEAST: Level = Level(1);

    /// A level from 1 to 4.
    pub fn new(level: u8) -> Option<Level> {
        (1..=4).contains(&level).then_some(Level(level))
    }

    /// The number.
    pub fn number(self) -> u8 {
        self.0
    }
}

/// The sharing class of an entry.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Class {
    /// Shared with every active department.
    Unconditional,
    /// Shared by terms or grants only.
    Restricted,
    /// Not shared, except by a grant whose approval chain says so.
    NonShared(Withholding),
}

/// A class without its reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Sharing {
    Unconditional,
    Restricted,
    NonShared,
}

impl Class {
    /// The class alone.
    pub fn sharing(&self) -> Sharing {
        match self {
            Class::Unconditional => Sharing::Unconditional,
            Class::Restricted => Sharing::Restricted,
            Class::NonShared(_) => Sharing::NonShared,
        }
    }

    /// The words of all classes.
    pub const WORDS: [&'static str; 3] = ["unconditional", "restricted", "non-shared"];

    /// The word in catalog files and lists.
    pub fn as_str(&self) -> &'static str {
        let [unconditional, restricted, non_shared] = Class::WORDS;
        match self {
            Class::Unconditional => unconditional,
            Class::Restricted => restricted,
            Class::NonShared(_) => non_shared,
        }
    }
}

/// The reasons for which an entry is not shared: it stands on the negative list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Withholding {
    /// The reason, in words that every department may read.
    pub reason: Box<str>,
    /// The law it rests on.
    pub legal_basis: Box<str>,
    /// The office that approved it.
    pub approver: Box<str>,
}

/// The kind of data that an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Category {
    /// Identifying codes of people, cases, things, places, organisations.
    Base,
    /// Data of a department's business.
    Business,
    /// Traces, status and analysis: for related persons only.
    Trace,
}

impl Category {
    /// All categories.
    pub const ALL: [Category; 3] = [Category::Base, Category::Business, Category::Trace];

    /// The word in catalog files, lists and refusals.
    pub fn as_str(self) -> &'static str {
        match self {
            Category::Base => "base",
            Category::Business => "business",
            Category::Trace => "trace",
        }
    }
}

/// The openness of the data to the public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Open {
    Unconditional,
    Restricted,
    #[default]
    Prohibited,
}

impl Open {
    /// All values.
    pub const ALL: [Open; 3] = [Open::Unconditional, Open::Restricted, Open::Prohibited];

    /// The word in catalog files and lists.
    pub fn as_str(self) -> &'static str {
        match self {
            Open::Unconditional => "unconditional",
            Open::Restricted => "restricted",
            Open::Prohibited => "prohibited",
        }
    }
}

/// The origin of the data: the provider itself, or another source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Origin {
    Source,
    Copy,
}

impl Origin {
    /// The word in catalog files and lists.
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Source => "source",
            Origin::Copy => "copy",
        }
    }
}

/// A way of use (requirement S13). `verify` and `statistics` come with their engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Mode {
    /// One record, by its identifier.
    Query,
    /// Several records, by other fields.
    Search,
    /// Whole data sets; only ever under an approved grant.
    Bulk,
    /// Data sent to the provider.
    Submit,
}

impl Mode {
    /// All ways of use.
    pub const ALL: [Mode; 4] = [Mode::Query, Mode::Search, Mode::Bulk, Mode::Submit];

    /// The word in catalog files, records and refusals.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Query => "query",
            Mode::Search => "search",
            Mode::Bulk => "bulk",
            Mode::Submit => "submit",
        }
    }
}
