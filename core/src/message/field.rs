//! The closed list of header fields that are looked at, in requests and answers. Others are read
//! past: they must be well-formed, and nothing of them is kept.

/// A header field that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Field {
    Accept,
    AcceptLanguage,
    Connection,
    ContentEncoding,
    ContentLanguage,
    ContentLength,
    ContentType,
    ExchangeCase,
    ExchangeConsent,
    ExchangeConsumer,
    ExchangeEntry,
    ExchangeFields,
    ExchangeGrant,
    ExchangeId,
    ExchangeOperator,
    ExchangePseudonymKey,
    ExchangePurpose,
    Expect,
    Host,
    Traceparent,
    Tracestate,
    TransferEncoding,
}

impl Field {
    /// How many there are.
    pub const COUNT: usize = Field::ALL.len();

    /// All of them, each at its own index.
    pub const ALL: [Field; 22] = [
        Field::Accept,
        Field::AcceptLanguage,
        Field::Connection,
        Field::ContentEncoding,
        Field::ContentLanguage,
        Field::ContentLength,
        Field::ContentType,
        Field::ExchangeCase,
        Field::ExchangeConsent,
        Field::ExchangeConsumer,
        Field::ExchangeEntry,
        Field::ExchangeFields,
        Field::ExchangeGrant,
        Field::ExchangeId,
        Field::ExchangeOperator,
        Field::ExchangePseudonymKey,
        Field::ExchangePurpose,
        Field::Expect,
        Field::Host,
        Field::Traceparent,
        Field::Tracestate,
        Field::TransferEncoding,
    ];

    /// Its name, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Field::Accept => "accept",
            Field::AcceptLanguage => "accept-language",
            Field::Connection => "connection",
            Field::ContentEncoding => "content-encoding",
            Field::ContentLanguage => "content-language",
            Field::ContentLength => "content-length",
            Field::ContentType => "content-type",
            Field::ExchangeCase => "exchange-case",
            Field::ExchangeConsent => "exchange-consent",
            Field::ExchangeConsumer => "exchange-consumer",
            Field::ExchangeEntry => "exchange-entry",
            Field::ExchangeFields => "exchange-fields",
            Field::ExchangeGrant => "exchange-grant",
            Field::ExchangeId => "exchange-id",
            Field::ExchangeOperator => "exchange-operator",
            Field::ExchangePseudonymKey => "exchange-pseudonym-key",
            Field::ExchangePurpose => "exchange-purpose",
            Field::Expect => "expect",
            Field::Host => "host",
            Field::Traceparent => "traceparent",
            Field::Tracestate => "tracestate",
            Field::TransferEncoding => "transfer-encoding",
        }
    }

    /// The field of a name, however its letters are written; none if it is not looked at.
    pub fn find(name: &[u8]) -> Option<Field> {
        // By length first: at most four names share one, and most of what is sent has none's.
        let candidates: &[Field] = match name.len() {
            4 => &[Field::Host],
            6 => &[Field::Accept, Field::Expect],
            10 => &[Field::Connection, Field::Tracestate],
            11 => &[Field::ExchangeId, Field::Traceparent],
            12 => &[Field::ContentType],
            13 => &[Field::ExchangeCase],
            14 => &[Field::ContentLength, Field::ExchangeEntry, Field::ExchangeGrant],
            15 => &[Field::AcceptLanguage, Field::ExchangeFields],
            16 => &[
                Field::ContentEncoding,
                Field::ContentLanguage,
                Field::ExchangeConsent,
                Field::ExchangePurpose,
            ],
            17 => &[Field::ExchangeConsumer, Field::ExchangeOperator, Field::TransferEncoding],
            22 => &[Field::ExchangePseudonymKey],
            _ => return None,
        };
        let named = |field: &&Field| name.eq_ignore_ascii_case(field.name().as_bytes());
        candidates.iter().find(named).copied()
    }
}
