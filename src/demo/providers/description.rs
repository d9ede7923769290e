//! A department's system as it is described in `data/providers`: its routes, which rows of the
//! sample world each selects, and the shape of the answer.
//!
//! A route binds names, one after the other (`with`): to a row of a table, to all its rows
//! (`many`), or to a value. `where` says which rows: `row.…` is a column of the row that is looked
//! at; `path.…`, `query.…` and `body.…` is what the request says; of a body only texts and
//! booleans are read. Where no row is found, the route ends in the error that `else` names.
//!
//! The answer is written as it is to be, in its order, undeclared members and all:
//!
//! | in the answer | what becomes of it |
//! |---------------|--------------------|
//! | `"= expression"` | the value, with its type; the number of rows where `many` are bound |
//! | `"# text"` | the text as a number, digit for digit: `1130.00` |
//! | any other text | itself, with `{expression}` filled in; `{expression:04}` has four digits |
//! | `{ "$each": … }` | an array: `give` for each row |
//! | `{ "$record": … }` | the record of that name |
//! | `"$with"`, the first member | binds names for the other members |
//!
//! Every table has a column `ix`: the place of the row in it, from 0.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;

use super::expression::Expression;
use crate::demo::world::{Tables, numbered};

/// A department's system.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SystemDescription {
    pub(super) tables: Tables,
    pub(super) records: BTreeMap<String, Template>,
    pub(super) errors: BTreeMap<String, ErrorAnswer>,
    pub(super) routes: Vec<Route>,
}

/// A request that is answered, and the answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Route {
    /// Method and path; `{name}` is a segment that becomes `path.name`.
    pub(super) request: String,
    #[serde(default)]
    pub(super) with: Ordered<Binding>,
    #[serde(default = "ok")]
    pub(super) status: u16,
    #[serde(default)]
    pub(super) form: JsonForm,
    pub(super) answer: Template,
}

fn ok() -> u16 {
    200
}

/// White space in an answer.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum JsonForm {
    #[default]
    Compact,
    Pretty,
}

/// An answer that states a fault.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ErrorAnswer {
    pub(super) status: u16,
    pub(super) answer: Template,
}

/// The value or rows that a name is bound to.
#[derive(Debug)]
pub(super) enum Binding {
    Value(TextTemplate),
    Rows(Selection),
}

/// Rows of a table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Selection {
    pub(super) from: String,
    #[serde(rename = "where")]
    pub(super) test: Option<Expression>,
    #[serde(default)]
    pub(super) many: bool,
    #[serde(rename = "else")]
    pub(super) otherwise: Option<String>,
}

/// An array of the answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Each {
    /// A table, or a name that is bound to many rows.
    pub(super) from: String,
    #[serde(rename = "where")]
    pub(super) test: Option<Expression>,
    pub(super) skip: Option<Expression>,
    pub(super) take: Option<usize>,
    /// The name of the row in `give`.
    #[serde(rename = "as")]
    pub(super) alias: String,
    pub(super) give: Template,
}

/// A value of the answer.
#[derive(Debug)]
pub(super) enum Template {
    Literal(Value),
    Text(TextTemplate),
    Object { with: Ordered<Binding>, members: Vec<(String, Template)> },
    Each(Box<Each>),
    Record(String),
}

/// A text of a description.
#[derive(Debug)]
pub(super) enum TextTemplate {
    /// A value with its type.
    Value(Expression),
    /// A number as it is spelled.
    Number(Vec<Piece>),
    Text(Vec<Piece>),
}

/// A part of a text: literal text, or an expression with the width of its number.
#[derive(Debug)]
pub(super) enum Piece {
    Plain(String),
    Value(Expression, usize),
}

/// The members of an object in their order.
#[derive(Debug)]
pub(super) struct Ordered<T>(pub(super) Vec<(String, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Ordered(Vec::new())
    }
}

impl SystemDescription {
    /// Reads a description, with the errors that all departments have.
    ///
    /// # Errors
    /// The fault, with its line and column.
    pub(super) fn parse(text: &str, shared: &str) -> serde_json::Result<SystemDescription> {
        let mut description: SystemDescription = serde_json::from_str(text)?;
        let shared: SystemDescription = serde_json::from_str(shared)?;
        description.errors.extend(shared.errors);
        description.tables.values_mut().for_each(|rows| numbered(rows));
        Ok(description)
    }
}

impl TextTemplate {
    fn parse(text: &str) -> Result<TextTemplate, String> {
        if let Some(expression) = text.strip_prefix("= ") {
            return Expression::parse(expression).map(TextTemplate::Value);
        }
        match text.strip_prefix("# ") {
            Some(number) => pieces(number).map(TextTemplate::Number),
            None => pieces(text).map(TextTemplate::Text),
        }
    }
}

fn pieces(mut text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    while let Some((plain, rest)) = text.split_once('{') {
        let (inner, rest) = rest.split_once('}').ok_or("`{` without `}`")?;
        let (expression, width) = inner.split_once(':').unwrap_or((inner, "0"));
        let width = width.parse::<u8>().map_err(|_| format!("`{width}` is no width"))?;
        pieces.push(Piece::Plain(plain.to_owned()));
        pieces.push(Piece::Value(Expression::parse(expression)?, width.into()));
        text = rest;
    }
    pieces.push(Piece::Plain(text.to_owned()));
    Ok(pieces)
}

struct BindingVisitor;

impl<'de> Visitor<'de> for BindingVisitor {
    type Value = Binding;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or rows of a table")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Binding, E> {
        TextTemplate::parse(text).map(Binding::Value).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Binding, A::Error> {
        Selection::deserialize(MapAccessDeserializer::new(map)).map(Binding::Rows)
    }
}

impl<'de> Deserialize<'de> for Binding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BindingVisitor)
    }
}

struct TemplateVisitor;

impl<'de> Visitor<'de> for TemplateVisitor {
    type Value = Template;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, number, boolean, null or object")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Template, E> {
        TextTemplate::parse(text).map(Template::Text).map_err(E::custom)
    }

    fn visit_bool<E: Error>(self, bool: bool) -> Result<Template, E> {
        Ok(Template::Literal(bool.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Template, E> {
        Ok(Template::Literal(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Template, E> {
        Ok(Template::Literal(number.into()))
    }

    fn visit_unit<E: Error>(self) -> Result<Template, E> {
        Ok(Template::Literal(Value::Null))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Template, A::Error> {
        let (mut with, mut members) = (Ordered::default(), Vec::new());
        let mut alone = None;
        while let Some(name) = map.next_key::<String>()? {
            if alone.is_some() {
                return Err(A::Error::custom("`$each` and `$record` stand alone"));
            }
            match &*name {
                "$each" => alone = Some(Template::Each(map.next_value()?)),
                "$record" => alone = Some(Template::Record(map.next_value()?)),
                "$with" => with = map.next_value()?,
                _ => members.push((name, map.next_value()?)),
            }
        }
        if alone.is_some() && !(members.is_empty() && with.0.is_empty()) {
            return Err(A::Error::custom("`$each` and `$record` stand alone"));
        }
        Ok(alone.unwrap_or(Template::Object { with, members }))
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TemplateVisitor)
    }
}

struct OrderedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OrderedVisitor<T> {
    type Value = Ordered<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered<T>, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Ordered(members))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OrderedVisitor(PhantomData))
    }
}
