//! The members of an object as raw values, read by serde_json. Order, duplicates and spelling are
//! kept.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A member or an element: its name, if it has one, and its value.
pub(super) type Item<'a> = (Option<&'a RawValue>, &'a RawValue);

/// All members of an object in their order, with repeated ones.
pub(super) fn members(raw: &RawValue) -> serde_json::Result<Vec<Item<'_>>> {
    serde_json::from_str::<Object<'_>>(raw.get()).map(|object| object.0)
}

struct Object<'a>(Vec<Item<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<'a>(PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for ObjectVisitor<'a> {
    type Value = Object<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'a>, A::Error> {
        let mut items = Vec::new();
        while let Some((name, value)) = map.next_entry::<&'a RawValue, &'a RawValue>()? {
            items.push((Some(name), value));
        }
        Ok(Object(items))
    }
}
