//! Requires that JSON has the one form in which the log writes it. In another form a line could say
//! one thing to a reader who searches it for a member's bytes, and another to one who parses all of
//! it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::not_a_line::NotALine;
use crate::ledger::json::{number, string};

/// Reads one object, in which each member stands once and everything is written as the log writes
/// it.
pub(super) fn read(line: &[u8]) -> Result<Map<String, Value>, NotALine> {
    let mut written = Vec::with_capacity(line.len());
    let mut json = serde_json::Deserializer::from_slice(line);
    let value = Rewriting(&mut written).deserialize(&mut json);
    let value = value.and_then(|value| json.end().map(|()| value));
    match value {
        Ok(Value::Object(members)) if written == line => Ok(members),
        Ok(Value::Object(_)) => Err(NotALine::Form),
        Err(error) if error.is_data() => Err(NotALine::Form),
        Ok(_) | Err(_) => Err(NotALine::NotJson),
    }
}

/// Writes the JSON again while it is read, in the order of the text and in the log's form.
struct Rewriting<'a>(&'a mut Vec<u8>);

impl<'de> DeserializeSeed<'de> for Rewriting<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Rewriting<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what a line of the log is made of")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        let word: &[u8] = if value { b"true" } else { b"false" };
        self.0.extend_from_slice(word);
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        number(self.0, value);
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        self.0.extend(value.is_negative().then_some(b'-'));
        number(self.0, value.unsigned_abs());
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        string(self.0, value);
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        self.0.push(b'[');
        while let Some(item) = items.next_element_seed(Separate(self.0, list.is_empty()))? {
            list.push(item);
        }
        self.0.push(b']');
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        self.0.push(b'{');
        while let Some(name) = members.next_key::<String>()? {
            self.0.extend((!map.is_empty()).then_some(b','));
            string(self.0, &name);
            self.0.push(b':');
            let value = members.next_value_seed(Rewriting(self.0))?;
            if map.insert(name, value).is_some() {
                return Err(A::Error::custom("a member stands twice"));
            }
        }
        self.0.push(b'}');
        Ok(Value::Object(map))
    }
}

/// The comma before an item of a list; the flag is true before the first item, which has none.
struct Separate<'a>(&'a mut Vec<u8>, bool);

impl<'de> DeserializeSeed<'de> for Separate<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        self.0.extend((!self.1).then_some(b','));
        Rewriting(self.0).deserialize(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::line::Line;

    #[test]
    fn a_line_is_written_in_one_way() {
        for line in
            [r#"{"a":"b","c":{"d":[1,-2,true]},"e":[],"f":{}}"#, r#"{"a":"\u000a京\u202e"}"#]
        {
            let members = read(line.as_bytes()).unwrap();
            let same: Map<String, Value> = serde_json::from_str(line).unwrap();
            assert_eq!(members, same);
        }
        for other in [
            r#"{ "a":1}"#,
            r#"{"a": 1}"#,
            r#"{"a":1} "#,
            r#"{"a":1,"a":1}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            r#"{"a":"\n"}"#,
            r#"{"a":"\u0062"}"#,
            "{\"a\":\"\u{202e}\"}",
            r#"{"a":1.0}"#,
            r#"{"a":1e3}"#,
            r#"{"a":-0}"#,
            r#"{"a":null}"#,
        ] {
            assert_eq!(read(other.as_bytes()), Err(NotALine::Form), "{other}");
        }
        for other in ["", "1", "[]", "{", r#"{"a":1}{"#, r#"{"a":01}"#] {
            assert_eq!(read(other.as_bytes()), Err(NotALine::NotJson), "{other}");
        }
    }

    #[test]
    fn the_first_members_stand_where_they_are_looked_for() {
        let head = r#"{"v":1,"index":7,"time":"2026-03-01T00:00:00.250Z","node":"gw-1""#;
        let line = |rest: &str| Line::parse(format!("{head},{rest}}}").as_bytes());
        assert!(line(r#""kind":"a","began":"""#).is_ok());
        for other in [r#""began":"","kind":"a""#, r#""kind":"a","kind":"a""#] {
            assert_eq!(line(other), Err(NotALine::Form), "{other}");
        }
        let turned = head.replacen(r#""v":1,"index":7"#, r#""index":7,"v":1"#, 1);
        let turned = format!("{turned},\"kind\":\"a\"}}");
        assert_eq!(Line::parse(turned.as_bytes()), Err(NotALine::Form));
    }
}
