//! The declared context: what a request says of itself in `Exchange-*` headers.

use std::borrow::Cow;

use super::field_path::FieldPath;

/// The declared context of a request, from its `Exchange-*` headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeclaredContext<'a> {
    /// `Exchange-Purpose`.
    pub purpose: Option<Cow<'a, str>>,
    /// `Exchange-Case`.
    pub case: Option<Cow<'a, str>>,
    /// `Exchange-Consent`.
    pub consent: Option<Cow<'a, str>>,
    /// `Exchange-Operator`: the person's id, without the department.
    pub operator: Option<Cow<'a, str>>,
    /// `Exchange-Grant`.
    pub grant: Option<Cow<'a, str>>,
    /// `Exchange-Fields`, as paths within a record.
    pub fields: Option<Vec<FieldPath>>,
    /// `Exchange-Pseudonym-Key`: the id of the key with which pseudonyms are to be made.
    pub pseudonym_key: Option<Cow<'a, str>>,
}

impl DeclaredContext<'_> {
    /// Copies whatever is borrowed.
    pub fn into_owned(self) -> DeclaredContext<'static> {
        let owned = |text: Option<Cow<'_, str>>| text.map(|text| Cow::Owned(text.into_owned()));
        DeclaredContext {
            purpose: owned(self.purpose),
            case: owned(self.case),
            consent: owned(self.consent),
            operator: owned(self.operator),
            grant: owned(self.grant),
            fields: self.fields,
            pseudonym_key: owned(self.pseudonym_key),
        }
    }
}

/// Longest reference to a case or a consent in characters.
pub const MAX_REFERENCE_CHARS: usize = 64;

/// Tells whether a text has the general form of references (to a consent, or to a case where a term
/// states no pattern): letters (Chinese ones too), digits, and the brackets and dashes of file
/// numbers.
pub fn is_reference(text: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "-_/.()[]（）〔〕【】〈〉".contains(c);
    !text.is_empty() && text.chars().count() <= MAX_REFERENCE_CHARS && text.chars().all(plain)
}
