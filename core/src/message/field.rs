//! The closed list of header fields that the gateway reads, in requests and answers. Other fields
//! must be well-formed and are skipped.

/// A header field that the gateway reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum HeaderField {
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

impl HeaderField {
    /// The number of fields.
    pub const COUNT: usize = HeaderField::ALL.len();

    /// All fields, each at its own index.
    pub const ALL: [HeaderField; 22] = [
        HeaderField::Accept,
        HeaderField::AcceptLanguage,
        HeaderField::Connection,
        HeaderField::ContentEncoding,
        HeaderField::ContentLanguage,
        HeaderField::ContentLength,
        HeaderField::ContentType,
        HeaderField::ExchangeCase,
        HeaderField::ExchangeConsent,
        HeaderField::ExchangeConsumer,
        HeaderField::ExchangeEntry,
        HeaderField::ExchangeFields,
        HeaderField::ExchangeGrant,
        HeaderField::ExchangeId,
        HeaderField::ExchangeOperator,
        HeaderField::ExchangePseudonymKey,
        HeaderField::ExchangePurpose,
        HeaderField::Expect,
        HeaderField::Host,
        HeaderField::Traceparent,
        HeaderField::Tracestate,
        HeaderField::TransferEncoding,
    ];

    /// Its name, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            HeaderField::Accept => "accept",
            HeaderField::AcceptLanguage => "accept-language",
            HeaderField::Connection => "connection",
            HeaderField::ContentEncoding => "content-encoding",
            HeaderField::ContentLanguage => "content-language",
            HeaderField::ContentLength => "content-length",
            HeaderField::ContentType => "content-type",
            HeaderField::ExchangeCase => "exchange-case",
            HeaderField::ExchangeConsent => "exchange-consent",
            HeaderField::ExchangeConsumer => "exchange-consumer",
            HeaderField::ExchangeEntry => "exchange-entry",
            HeaderField::ExchangeFields => "exchange-fields",
            HeaderField::ExchangeGrant => "exchange-grant",
            HeaderField::ExchangeId => "exchange-id",
            HeaderField::ExchangeOperator => "exchange-operator",
            HeaderField::ExchangePseudonymKey => "exchange-pseudonym-key",
            HeaderField::ExchangePurpose => "exchange-purpose",
            HeaderField::Expect => "expect",
            HeaderField::Host => "host",
            HeaderField::Traceparent => "traceparent",
            HeaderField::Tracestate => "tracestate",
            HeaderField::TransferEncoding => "transfer-encoding",
        }
    }

    /// Finds the field of a name, in any letter case; none if the gateway does not read it.
    pub fn find(name: &[u8]) -> Option<HeaderField> {
        // The length comes first: at most four names share one, and most fields that are sent have
        // another length.
        let candidates: &[HeaderField] = match name.len() {
            4 => &[HeaderField::Host],
            6 => &[HeaderField::Accept, HeaderField::Expect],
            10 => &[HeaderField::Connection, HeaderField::Tracestate],
            11 => &[HeaderField::ExchangeId, HeaderField::Traceparent],
            12 => &[HeaderField::ContentType],
            13 => &[HeaderField::ExchangeCase],
            14 => &[
                HeaderField::ContentLength,
                HeaderField::ExchangeEntry,
                HeaderField::ExchangeGrant,
            ],
            15 => &[HeaderField::AcceptLanguage, HeaderField::ExchangeFields],
            16 => &[
                HeaderField::ContentEncoding,
                HeaderField::ContentLanguage,
                HeaderField::ExchangeConsent,
                HeaderField::ExchangePurpose,
            ],
            17 => &[
                HeaderField::ExchangeConsumer,
                HeaderField::ExchangeOperator,
                HeaderField::TransferEncoding,
            ],
            22 => &[HeaderField::ExchangePseudonymKey],
            _ => return None,
        };
        let named = |field: &&HeaderField| name.eq_ignore_ascii_case(field.name().as_bytes());
        candidates.iter().find(named).copied()
    }
}
