//! Ids of exchanges.

use arrayvec::ArrayString;
use uuid::Uuid;

/// The id of an exchange: a UUIDv7 in its usual text form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExchangeId(ArrayString<{ uuid::fmt::Hyphenated::LENGTH }>);

impl ExchangeId {
    /// A new one, later than those before it.
    pub fn now() -> ExchangeId {
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        let text = Uuid::now_v7().hyphenated().encode_lower(&mut text);
        // It fits: that is the length it has.
        ExchangeId(ArrayString::from(text).unwrap_or_default())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
