//! The stable words of rejections: the reasons in records' details. They are part of the log's
//! format and do not change; a new variant needs a new word.

use super::{
    BadMessage, BadTarget, Lacking, Late, Malformed, Misbehaved, Mismatch, NotInCatalog, RateScope,
    Suspended, TooLarge, Unavailable, Undeclared, Unfit, UnknownPeer, Unreadable,
};
use crate::domain::budget::BudgetWindow;

/// Gives each variant of an enum its word, and lists the words.
macro_rules! words {
    ($name:ident { $($variant:ident => $word:literal,)+ $(; $($inner:ident,)+)? }) => {
        impl $name {
            /// The words of all variants; a variant that leaves its word to the value it holds is
            /// left out.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word in records. It does not change.
            pub fn word(&self) -> &'static str {
                match self {
                    $($name::$variant { .. } => $word,)+
                    $($($name::$inner(inner) => inner.word(),)+)?
                }
            }
        }
    };
}

/// Does the same for an enum whose variants hold nothing, and lists the variants too.
macro_rules! plain_words {
    ($name:ident { $($variant:ident => $word:literal,)+ }) => {
        words!($name { $($variant => $word,)+ });

        impl $name {
            /// Every variant, for tables that leave none out.
            pub const ALL: [$name; [$($word),+].len()] = [$($name::$variant),+];
        }
    };
}

plain_words!(UnknownPeer {
    Department => "department",
    System => "system",
    Person => "person",
});

plain_words!(Suspended {
    Department => "department",
    System => "system",
});

words!(Malformed {
    Header => "header-malformed",
    RepeatedHeader => "header-repeated",
    Body => "body-malformed",
    UnexpectedBody => "body-unexpected",
    Authority => "authority-unknown",
    Framing => "http2-malformed",
    PseudonymKey => "pseudonym-key-unknown",
    ;
    Target,
    Message,
});

plain_words!(BadTarget {
    TooLong => "target-too-long",
    TooManyParts => "target-too-many-parts",
    NotAbsolute => "target-not-absolute",
    EmptySegment => "target-empty-segment",
    DotSegment => "target-dot-segment",
    EncodedSeparator => "target-encoded-separator",
    Semicolon => "target-semicolon",
    Control => "target-control-character",
    BadEscape => "target-bad-escape",
    NotUtf8 => "target-not-utf8",
    RawByte => "target-raw-byte",
    BadQuery => "target-bad-query",
    Fragment => "target-fragment",
});

words!(BadMessage {
    RequestLine => "message-request-line",
    StatusLine => "message-status-line",
    Version => "message-version",
    LineEnd => "message-line-end",
    FieldName => "message-field-name",
    FieldValue => "message-field-value",
    Folded => "message-folded-field",
    HeadTooLarge => "message-head-size",
    TooManyFields => "message-field-count",
    Length => "message-content-length",
    TransferCoding => "message-transfer-coding",
    TwoLengths => "message-two-lengths",
    Chunk => "message-chunk",
    Expectation => "message-expectation",
});

words!(TooLarge {
    Target => "target",
    Head => "head",
    Body => "body",
});

plain_words!(NotInCatalog {
    Entry => "entry",
    Operation => "operation",
});

words!(Undeclared {
    Query => "query-parameter",
    Body => "body-member",
});

plain_words!(Unfit {
    Repeated => "repeated",
    Pattern => "pattern",
    TooLong => "too-long",
    Wildcard => "wildcard",
    Type => "type",
    Bounds => "bounds",
    Nobody => "nobody",
});

words!(Lacking {
    System => "system",
    Period => "period",
    Mode => "mode",
    Operation => "operation",
    PurposeMissing => "purpose-missing",
    PurposeNotAllowed => "purpose",
    PurposeScope => "purpose-scope",
    CaseMissing => "case-missing",
    CaseInvalid => "case-invalid",
    ConsentMissing => "consent-missing",
    ConsentInvalid => "consent-invalid",
    OperatorMissing => "operator-missing",
    OperatorNotAllowed => "operator",
    Lookup => "lookup",
    Budget => "budget",
    Subject => "subject",
    Binding => "binding",
});

plain_words!(Unavailable {
    NoUpstream => "no-upstream",
    Unresolved => "unresolved",
    AddressNotAllowed => "address-not-allowed",
    Refused => "connection-refused",
    ConnectionLost => "connection-lost",
    Busy => "busy",
});

plain_words!(Late {
    Connect => "connect",
    Answer => "answer",
});

plain_words!(Misbehaved {
    Protocol => "protocol",
    Redirect => "redirect",
    Partial => "partial-content",
    Challenge => "challenge",
    Status => "status",
});

plain_words!(Unreadable {
    MediaType => "media-type",
    ContentCoding => "content-coding",
    NotJson => "not-json",
    NotCsv => "not-csv",
    Charset => "charset",
    Expansion => "expansion",
    RecordTooLong => "record-too-long",
    SecondSubject => "second-subject",
    Shape => "shape",
    TooDeep => "too-deep",
    Truncated => "truncated",
});

plain_words!(Mismatch {
    TooManyRecords => "too-many-records",
    Subject => "subject",
});

impl RateScope {
    /// All parties that a rate limits.
    pub const ALL: [RateScope; 4] =
        [RateScope::System, RateScope::Operator, RateScope::Provider, RateScope::Refusals];

    /// The reason in records. It does not change.
    pub fn reason(self) -> &'static str {
        match self {
            RateScope::System => "system-rate",
            RateScope::Operator => "operator-rate",
            RateScope::Provider => "provider-rate",
            RateScope::Refusals => "refusals-rate",
        }
    }
}

impl BudgetWindow {
    /// The reason in records if a limit over this window leaves too little. It does not change.
    pub fn reason(self) -> &'static str {
        match self {
            BudgetWindow::Day => "daily-limit",
            BudgetWindow::Total => "total-limit",
        }
    }
}
