//! The languages the gateway speaks, and which of them a request asks for.

use sluice_core::message::field::HeaderField;
use sluice_core::message::fields::Fields;

/// A language the gateway speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Language {
    English,
    Chinese,
}

impl Language {
    /// The tag for `Content-Language` (RFC 5646).
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Chinese => "zh",
        }
    }

    /// Chooses a language by an `Accept-Language` header (RFC 9110, 12.5.4): English, unless
    /// Chinese has the higher weight, or the same weight and comes first. A language that is listed
    /// several times counts at its first place.
    pub fn negotiate(fields: &Fields) -> Language {
        Language::preferred(fields.first(HeaderField::AcceptLanguage).unwrap_or_default())
    }

    /// The better of the two for the value of an `Accept-Language` header.
    pub fn preferred(ranges: &[u8]) -> Language {
        let mut best = (0.0f32, Language::English);
        for range in std::str::from_utf8(ranges).unwrap_or_default().split(',') {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let weight = parts
                .filter_map(|part| part.trim().strip_prefix("q="))
                .find_map(|weight| weight.trim().parse::<f32>().ok())
                .unwrap_or(1.0);
            let primary = tag.split('-').next().unwrap_or_default();
            let language = if primary.eq_ignore_ascii_case("zh") {
                Language::Chinese
            } else if primary.eq_ignore_ascii_case("en") || primary == "*" {
                Language::English
            } else {
                continue;
            };
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }
}
