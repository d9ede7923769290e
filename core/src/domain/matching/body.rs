//! Request bodies: reads one JSON object of scalars, and writes it anew.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::super::parameter::{ParameterValue, Rule, Unfit};

/// The members of one JSON object, with distinct names, in their order.
pub(super) struct BodyMembers<'a>(pub(super) Vec<(Cow<'a, str>, BodyScalar<'a>)>);

/// The value of a member, in the types that a parameter can have.
pub(super) enum BodyScalar<'a> {
    Text(Cow<'a, str>),
    Integer(i64),
    Boolean(bool),
    /// A value that no parameter can have: a fraction, `null`, an object, an array.
    Other,
}

impl BodyScalar<'_> {
    /// Reads the value by a parameter's rule.
    pub(super) fn read(&self, rule: &Rule) -> Result<ParameterValue, Unfit> {
        match (rule, self) {
            (Rule::Text { .. }, BodyScalar::Text(text)) => rule.read_text(text),
            (Rule::Integer { .. }, BodyScalar::Integer(number)) => rule.read_integer(*number),
            (Rule::Boolean, BodyScalar::Boolean(value)) => Ok(ParameterValue::Boolean(*value)),
            _ => Err(Unfit::Type),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for BodyMembers<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = BodyMembers<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<BodyMembers<'de>, A::Error> {
        let mut members: Vec<(Cow<'_, str>, BodyScalar<'_>)> = Vec::new();
        while let Some((Name(name), value)) = map.next_entry()? {
            // A body with an undeclared member is refused, but only after all of it was read, so
            // the number of members is bounded here.
            if members.len() == MAX_MEMBERS || members.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom("a repeated member, or too many"));
            }
            members.push((name, value));
        }
        Ok(BodyMembers(members))
    }
}

/// Most members of a body.
pub(super) const MAX_MEMBERS: usize = 256;

/// A name, borrowed where it has no escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_str(ScalarVisitor)? {
            BodyScalar::Text(name) => Ok(Name(name)),
            BodyScalar::Integer(_) | BodyScalar::Boolean(_) | BodyScalar::Other => {
                Err(D::Error::custom("a name is a text"))
            }
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for BodyScalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = BodyScalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<BodyScalar<'de>, E> {
        Ok(BodyScalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<BodyScalar<'de>, E> {
        Ok(BodyScalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<BodyScalar<'de>, E> {
        Ok(BodyScalar::Integer(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<BodyScalar<'de>, E> {
        Ok(i64::try_from(number).map_or(BodyScalar::Other, BodyScalar::Integer))
    }

    fn visit_bool<E>(self, value: bool) -> Result<BodyScalar<'de>, E> {
        Ok(BodyScalar::Boolean(value))
    }

    fn visit_f64<E>(self, _: f64) -> Result<BodyScalar<'de>, E> {
        Ok(BodyScalar::Other)
    }

    fn visit_unit<E>(self) -> Result<BodyScalar<'de>, E> {
        Ok(BodyScalar::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<BodyScalar<'de>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(BodyScalar::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<BodyScalar<'de>, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(BodyScalar::Other)
    }
}

/// Writes an object of these members.
pub(super) fn write(members: &[(&str, &ParameterValue)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    for (ix, (name, value)) in members.iter().enumerate() {
        out.push(if ix == 0 { b'{' } else { b',' });
        text(name, &mut out);
        out.push(b':');
        match value {
            ParameterValue::Text(value) => text(value, &mut out),
            other => out.extend(other.to_string().bytes()),
        }
    }
    if members.is_empty() {
        out.push(b'{');
    }
    out.push(b'}');
    out
}

fn text(text: &str, out: &mut Vec<u8>) {
    // Writing a text into memory can't fail.
    let _ = serde_json::to_writer(out, text);
}
