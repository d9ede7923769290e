//! Answers by a description: binds its names to rows and values, and renders its templates.

use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::description::{Binding, Each, Piece, SystemDescription, Template, TextTemplate};
use super::expression::{ColumnName, Datum, Expression};
use crate::demo::world::{TableRow, World};

/// The names that templates can use at one place.
#[derive(Clone)]
pub(super) struct Scope<'a> {
    description: &'a SystemDescription,
    names: Vec<(&'a str, Bound<'a>)>,
}

/// The row, rows or value of a name.
#[derive(Clone)]
enum Bound<'a> {
    Row(&'a TableRow),
    Rows(Vec<&'a TableRow>),
    Value(Datum<'a>),
}

impl<'a> Scope<'a> {
    pub(super) fn of(description: &'a SystemDescription) -> Scope<'a> {
        Scope { description, names: Vec::new() }
    }

    /// Binds a name to a row.
    pub(super) fn name_row(&mut self, name: &'a str, row: &'a TableRow) {
        self.names.push((name, Bound::Row(row)));
    }

    /// Binds names, one after the other.
    ///
    /// # Errors
    /// The name of the error answer, where no row is found that must be there.
    pub(super) fn bind(&mut self, bindings: &'a [(String, Binding)]) -> Result<(), &'a str> {
        for (name, binding) in bindings {
            let bound = match binding {
                Binding::Value(text) => Bound::Value(self.text(text)),
                Binding::Rows(selection) => {
                    let rows = self.rows(&selection.from, selection.test.as_ref());
                    match (rows.first(), &selection.otherwise) {
                        _ if selection.many => Bound::Rows(rows),
                        (Some(row), _) => Bound::Row(row),
                        (None, Some(error)) => return Err(error),
                        (None, None) => Bound::Value(Datum::Null),
                    }
                }
            };
            self.names.push((name, bound));
        }
        Ok(())
    }

    /// Renders the answer of a template; none if a name is unbound or a number is not one.
    pub(super) fn render(&mut self, template: &'a Template) -> Option<Rendered<'a>> {
        Some(match template {
            Template::Literal(value) => Rendered::Literal(value),
            Template::Text(text @ TextTemplate::Number(_)) => {
                let Datum::Text(number) = self.text(text) else { return None };
                Rendered::Number(RawValue::from_string(number.into()).ok()?)
            }
            Template::Text(text) => Rendered::Datum(self.text(text)),
            Template::Record(name) => self.render(self.description.records.get(name)?)?,
            Template::Object { with, members } => {
                let outer = self.names.len();
                self.bind(&with.0).ok()?;
                let members = members.iter().map(|(name, it)| Some((&**name, self.render(it)?)));
                let members = members.collect::<Option<_>>()?;
                self.names.truncate(outer);
                Rendered::Object(members)
            }
            Template::Each(each) => self.each(each)?,
        })
    }

    fn each(&mut self, each: &'a Each) -> Option<Rendered<'a>> {
        let rows = self.rows(&each.from, each.test.as_ref());
        let skipped = match each.skip.as_ref().map(|skip| self.value(skip)) {
            Some(Datum::Int(skipped)) => usize::try_from(skipped).unwrap_or(0),
            _ => 0,
        };
        let rows = rows.into_iter().skip(skipped).take(each.take.unwrap_or(usize::MAX));
        let items = rows.map(|row| {
            self.name_row(&each.alias, row);
            let item = self.render(&each.give);
            self.names.pop();
            item
        });
        items.collect::<Option<_>>().map(Rendered::Array)
    }

    /// The rows of a table, or of a name that is bound to many, of which the test holds.
    fn rows(&mut self, from: &str, test: Option<&'a Expression>) -> Vec<&'a TableRow> {
        let rows: Vec<&TableRow> = match self.named(from) {
            Some(Bound::Rows(rows)) => rows.clone(),
            _ => {
                let own = self.description.tables.get(from);
                let table = own.or_else(|| World::sample().tables().get(from));
                table.into_iter().flatten().collect()
            }
        };
        let Some(test) = test else { return rows };
        let holds = |row: &&'a TableRow| {
            self.name_row("row", row);
            let holds = self.value(test).holds();
            self.names.pop();
            holds
        };
        rows.into_iter().filter(holds).collect()
    }

    fn named(&self, name: &str) -> Option<&Bound<'a>> {
        self.names.iter().rev().find(|(known, _)| *known == name).map(|(_, bound)| bound)
    }

    fn value(&self, expression: &'a Expression) -> Datum<'a> {
        expression.value(&|ColumnName { alias, column }| match (self.named(alias), column) {
            (Some(Bound::Row(row)), Some(column)) => row.get(column).map_or(Datum::Null, Datum::of),
            (Some(Bound::Rows(rows)), None) => Datum::Int(rows.len() as i64),
            (Some(Bound::Value(datum)), None) => datum.clone(),
            _ => Datum::Null,
        })
    }

    fn text(&self, text: &'a TextTemplate) -> Datum<'a> {
        let (TextTemplate::Number(pieces) | TextTemplate::Text(pieces)) = text else {
            let TextTemplate::Value(expression) = text else { return Datum::Null };
            return self.value(expression);
        };
        let mut whole = String::new();
        for piece in pieces {
            match piece {
                Piece::Plain(plain) => whole.push_str(plain),
                Piece::Value(expression, width) => self.value(expression).write(*width, &mut whole),
            }
        }
        Datum::Text(whole.into())
    }
}

/// A value of an answer.
pub(super) enum Rendered<'a> {
    Literal(&'a Value),
    Datum(Datum<'a>),
    /// A number with the digits that it has; a JSON reader that makes doubles of them loses some.
    Number(Box<RawValue>),
    Object(Vec<(&'a str, Rendered<'a>)>),
    Array(Vec<Rendered<'a>>),
}

impl Serialize for Rendered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Rendered::Literal(value) => value.serialize(serializer),
            Rendered::Datum(Datum::Null) => serializer.serialize_unit(),
            Rendered::Datum(Datum::Bool(bool)) => bool.serialize(serializer),
            Rendered::Datum(Datum::Int(number)) => number.serialize(serializer),
            Rendered::Datum(Datum::Text(text)) => text.serialize(serializer),
            Rendered::Number(number) => number.serialize(serializer),
            Rendered::Object(members) => {
                serializer.collect_map(members.iter().map(|(name, value)| (name, value)))
            }
            Rendered::Array(items) => serializer.collect_seq(items),
        }
    }
}
