//! The body of `POST /-/decide`: a call that somebody thinks of making.

use std::fmt;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use sluice_core::domain::parameter::Unfit;
use sluice_core::domain::rejection::{Malformed, Rejection, Undeclared};
use sluice_core::message::field::HeaderField;
use sluice_core::message::fields::Fields;

use crate::exchange::request::structured_field;

/// A call that somebody thinks of making.
#[derive(Clone, Debug, Default)]
pub struct DecideRequest {
    /// The method.
    pub method: String,
    /// Path and query, as they would be sent.
    pub path: String,
    /// The body, if there is one, as it is written: what a call would be refused for, such as a
    /// member that stands twice, must still be there.
    pub body: Option<Box<RawValue>>,
    /// The text of `Exchange-Purpose`.
    pub purpose: Option<Box<str>>,
    /// The text of `Exchange-Case`.
    pub case: Option<Box<str>>,
    /// The text of `Exchange-Consent`.
    pub consent: Option<Box<str>>,
    /// The text of `Exchange-Operator`.
    pub operator: Option<Box<str>>,
    /// The text of `Exchange-Grant`.
    pub grant: Option<Box<str>>,
    /// The members of `Exchange-Fields`: paths, or names of members of the record.
    pub fields: Option<Vec<String>>,
    /// The text of `Exchange-Pseudonym-Key`.
    pub pseudonym_key: Option<Box<str>>,
}

impl DecideRequest {
    /// Reads the body of `POST /-/decide`.
    ///
    /// # Errors
    /// When it is no JSON object with distinct members, or which member is not known, missing or of
    /// another type.
    pub fn read(body: &[u8]) -> Result<DecideRequest, Rejection> {
        let malformed = Rejection::RequestMalformed(Malformed::Body);
        let Members(members) = serde_json::from_slice(body).map_err(|_| malformed.clone())?;
        let mut request = DecideRequest::default();
        for (ix, (name, value)) in members.iter().enumerate() {
            if members[..ix].iter().any(|(before, _)| before == name) {
                return Err(malformed);
            }
            let position = u16::try_from(ix + 1).unwrap_or(u16::MAX);
            request.take(name, value, position)?;
        }
        for (name, given) in [("method", &request.method), ("path", &request.path)] {
            if given.is_empty() {
                return Err(Rejection::ParameterMissing { name: name.into() });
            }
        }
        Ok(request)
    }

    /// Takes one member. A value `null` says nothing.
    fn take(&mut self, name: &str, value: &RawValue, position: u16) -> Result<(), Rejection> {
        let is_null = value.get() == "null";
        match name {
            "method" => self.method = read(name, value)?,
            "path" => self.path = read(name, value)?,
            "body" => self.body = (!is_null).then(|| value.to_owned()),
            "purpose" => self.purpose = read(name, value)?,
            "case" => self.case = read(name, value)?,
            "consent" => self.consent = read(name, value)?,
            "operator" => self.operator = read(name, value)?,
            "grant" => self.grant = read(name, value)?,
            "fields" => self.fields = read(name, value)?,
            "pseudonym_key" => self.pseudonym_key = read(name, value)?,
            _ => return Err(Rejection::ParameterNotAllowed(Undeclared::Body(position))),
        }
        Ok(())
    }

    /// The body of the call; empty where there is none.
    pub fn body_bytes(&self) -> &[u8] {
        self.body.as_ref().map_or(&[], |body| body.get().as_bytes())
    }

    /// The header fields by which the call would declare all that, to be read as a call's are.
    pub fn header_fields(&self) -> Fields {
        let texts = [
            (HeaderField::ExchangePurpose, &self.purpose),
            (HeaderField::ExchangeCase, &self.case),
            (HeaderField::ExchangeConsent, &self.consent),
            (HeaderField::ExchangeOperator, &self.operator),
            (HeaderField::ExchangeGrant, &self.grant),
            (HeaderField::ExchangePseudonymKey, &self.pseudonym_key),
        ];
        let given = texts.iter().filter_map(|(field, text)| {
            Some((field.name(), structured_field::item(text.as_deref()?)))
        });
        let mut pairs: Vec<(&str, String)> = given.collect();
        if let Some(paths) = &self.fields {
            pairs.push((HeaderField::ExchangeFields.name(), structured_field::list(paths)));
        }
        Fields::of(pairs.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())))
    }
}

/// Reads a member's value.
fn read<'de, T: Deserialize<'de>>(name: &str, value: &'de RawValue) -> Result<T, Rejection> {
    let invalid = |_| Rejection::ParameterInvalid { name: name.into(), why: Unfit::Type };
    serde_json::from_str(value.get()).map_err(invalid)
}

/// The members of an object, in their order, whether their names are distinct or not.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Members, D::Error> {
        struct AnyObject;
        impl<'de> Visitor<'de> for AnyObject {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(AnyObject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::request::head;

    fn code(body: &str) -> Result<(), Rejection> {
        DecideRequest::read(body.as_bytes()).map(drop)
    }

    #[test]
    fn a_list_that_no_header_could_hold_is_refused() {
        for count in [400, 7_000, 20_000] {
            let fields = Some(vec!["$.a".to_owned(); count]);
            let request = DecideRequest { fields, ..DecideRequest::default() };
            let declared = head::declared(&request.header_fields()).map(drop);
            assert!(matches!(declared, Err(Rejection::RequestMalformed(_))), "{count}");
        }
    }

    #[test]
    fn what_can_not_be_read_is_named() {
        let unknown = r#"{"method":"GET","path":"/a/b","porpose":"x"}"#;
        assert_eq!(code(unknown), Err(Rejection::ParameterNotAllowed(Undeclared::Body(3))));
        let missing = Rejection::ParameterMissing { name: "path".into() };
        assert_eq!(code(r#"{"method":"GET"}"#), Err(missing));
        let wrong = Rejection::ParameterInvalid { name: "case".into(), why: Unfit::Type };
        assert_eq!(code(r#"{"method":"GET","path":"/a/b","case":7}"#), Err(wrong));
        let twice = r#"{"method":"GET","method":"GET","path":"/a/b"}"#;
        assert_eq!(code(twice), Err(Rejection::RequestMalformed(Malformed::Body)));
        assert_eq!(code("[]"), Err(Rejection::RequestMalformed(Malformed::Body)));
        assert_eq!(code(r#"{"method":"GET","path":"/a/b","case":null,"body":null}"#), Ok(()));
    }
}
