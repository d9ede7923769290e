//! Expressions of the descriptions: columns by name, whole numbers, texts, and operators on them.
//!
//! Expressions are not type-checked: an operator on a value of the wrong type gives null, as an
//! absent column does, and null equals only null.

use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value;

/// A value of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Datum<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Text(Cow<'a, str>),
}

/// An expression, read from its text.
#[derive(Debug)]
pub(super) enum Expression {
    Literal(Datum<'static>),
    Column(ColumnName),
    Apply(&'static ExpressionOperator, Vec<Expression>),
}

/// `alias.column` of a row, or `alias` of a value that was bound.
#[derive(Debug)]
pub(super) struct ColumnName {
    pub(super) alias: String,
    pub(super) column: Option<String>,
}

/// An operator between two operands, or a function.
#[derive(Debug)]
pub(super) struct ExpressionOperator {
    symbol: &'static str,
    /// Operators of a higher rank bind closer; functions have rank 0.
    rank: u8,
    operands: usize,
    apply: for<'a> fn(&[Datum<'a>]) -> Datum<'a>,
}

const fn infix(
    symbol: &'static str,
    rank: u8,
    apply: for<'a> fn(&[Datum<'a>]) -> Datum<'a>,
) -> ExpressionOperator {
    ExpressionOperator { symbol, rank, operands: 2, apply }
}

const fn function(
    symbol: &'static str,
    operands: usize,
    apply: for<'a> fn(&[Datum<'a>]) -> Datum<'a>,
) -> ExpressionOperator {
    ExpressionOperator { symbol, rank: 0, operands, apply }
}

static OPERATORS: [ExpressionOperator; 15] = [
    infix("or", 1, |of| Datum::Bool(of[0].holds() || of[1].holds())),
    infix("and", 2, |of| Datum::Bool(of[0].holds() && of[1].holds())),
    infix("==", 3, |of| Datum::Bool(of[0] == of[1])),
    infix("!=", 3, |of| Datum::Bool(of[0] != of[1])),
    infix("<", 3, |of| ints(of, |a, b| Some(Datum::Bool(a < b)))),
    infix(">", 3, |of| ints(of, |a, b| Some(Datum::Bool(a > b)))),
    infix("+", 4, |of| ints(of, |a, b| a.checked_add(b).map(Datum::Int))),
    infix("-", 4, |of| ints(of, |a, b| a.checked_sub(b).map(Datum::Int))),
    infix("*", 5, |of| ints(of, |a, b| a.checked_mul(b).map(Datum::Int))),
    infix("/", 5, |of| ints(of, |a, b| a.checked_div(b).map(Datum::Int))),
    infix("%", 5, |of| ints(of, |a, b| a.checked_rem(b).map(Datum::Int))),
    function("if", 3, |of| of[if of[0].holds() { 1 } else { 2 }].clone()),
    // The whole number that a text says, or else the other operand.
    function("number", 2, |of| {
        let said = of[0].text().parse::<u32>();
        said.map_or_else(|_| of[1].clone(), |said| Datum::Int(said.into()))
    }),
    function("contains", 2, |of| Datum::Bool(of[0].text().contains(of[1].text()))),
    // A division's code lies within another, or within none.
    function("within", 2, |of| {
        Datum::Bool(of[0].text().starts_with(of[1].text().trim_end_matches("00")))
    }),
];

fn ints<'a>(of: &[Datum<'_>], apply: fn(i64, i64) -> Option<Datum<'a>>) -> Datum<'a> {
    match of {
        [Datum::Int(a), Datum::Int(b)] => apply(*a, *b).unwrap_or(Datum::Null),
        _ => Datum::Null,
    }
}

impl<'a> Datum<'a> {
    /// The value of a column. Fractions and lists are no values of expressions.
    pub(super) fn of(value: &'a Value) -> Datum<'a> {
        match value {
            Value::Bool(bool) => Datum::Bool(*bool),
            Value::Number(number) => number.as_i64().map_or(Datum::Null, Datum::Int),
            Value::String(text) => Datum::Text(text.as_str().into()),
            Value::Null | Value::Array(_) | Value::Object(_) => Datum::Null,
        }
    }

    pub(super) fn holds(&self) -> bool {
        *self == Datum::Bool(true)
    }

    /// Returns the text; an empty one if the value is no text.
    fn text(&self) -> &str {
        if let Datum::Text(text) = self { text } else { "" }
    }

    /// Appends it to a text, a number with zeros in front up to a width.
    pub(super) fn write(&self, width: usize, out: &mut String) {
        match self {
            Datum::Int(number) => out.push_str(&format!("{number:0width$}")),
            other => out.push_str(other.text()),
        }
    }
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// The fault.
    pub(super) fn parse(text: &str) -> Result<Expression, String> {
        let mut reader = Reader { rest: text.trim() };
        let expression = reader.operation(1)?;
        match reader.rest {
            "" => Ok(expression),
            rest => Err(format!("`{text}`: not understood from `{rest}` on")),
        }
    }

    /// Computes it, with the columns as they are looked up.
    pub(super) fn value<'a>(&'a self, column: &impl Fn(&ColumnName) -> Datum<'a>) -> Datum<'a> {
        match self {
            Expression::Literal(datum) => datum.clone(),
            Expression::Column(name) => column(name),
            Expression::Apply(operator, operands) => {
                let operands: Vec<_> = operands.iter().map(|it| it.value(column)).collect();
                (operator.apply)(&operands)
            }
        }
    }

    /// Looks at every column that it names.
    #[cfg(test)]
    pub(super) fn for_each_column(&self, look: &mut dyn FnMut(&ColumnName)) {
        match self {
            Expression::Literal(_) => {}
            Expression::Column(name) => look(name),
            Expression::Apply(_, operands) => {
                operands.iter().for_each(|operand| operand.for_each_column(look));
            }
        }
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Expression::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// The rest of an expression that is still to be read.
struct Reader<'t> {
    rest: &'t str,
}

fn in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

impl<'t> Reader<'t> {
    /// An operand and the operators of that rank or above behind it.
    fn operation(&mut self, rank: u8) -> Result<Expression, String> {
        let mut left = self.operand()?;
        while let Some(operator) = self.operator(rank) {
            let right = self.operation(operator.rank + 1)?;
            left = Expression::Apply(operator, vec![left, right]);
        }
        Ok(left)
    }

    fn operator(&mut self, rank: u8) -> Option<&'static ExpressionOperator> {
        let comes = |it: &&ExpressionOperator| it.rank >= rank && self.rest.starts_with(it.symbol);
        let found = OPERATORS.iter().find(comes)?;
        self.take(found.symbol).then_some(found)
    }

    fn operand(&mut self) -> Result<Expression, String> {
        if self.take("(") {
            let inner = self.operation(1)?;
            return self.demand(")").map(|()| inner);
        }
        if self.take("'") {
            let (text, rest) = self.rest.split_once('\'').ok_or("a text without its end")?;
            self.rest = rest.trim_start();
            return Ok(Expression::Literal(Datum::Text(text.to_owned().into())));
        }
        let word = self.word();
        if let Ok(number) = word.parse() {
            return Ok(Expression::Literal(Datum::Int(number)));
        }
        if self.take("(") {
            return self.call(word);
        }
        Ok(match word {
            "" => return Err(format!("a value is missing before `{}`", self.rest)),
            "null" => Expression::Literal(Datum::Null),
            "true" | "false" => Expression::Literal(Datum::Bool(word == "true")),
            alias => {
                let column = self.take(".").then(|| self.word().to_owned());
                Expression::Column(ColumnName { alias: alias.to_owned(), column })
            }
        })
    }

    fn call(&mut self, name: &str) -> Result<Expression, String> {
        let mut found = OPERATORS.iter().filter(|it| it.rank == 0);
        let found = found.find(|it| it.symbol == name);
        let function = found.ok_or_else(|| format!("no function `{name}`"))?;
        let mut operands = vec![self.operation(1)?];
        while self.take(",") {
            operands.push(self.operation(1)?);
        }
        self.demand(")")?;
        if operands.len() != function.operands {
            let (wanted, given) = (function.operands, operands.len());
            return Err(format!("`{name}` takes {wanted} operands, not {given}"));
        }
        Ok(Expression::Apply(function, operands))
    }

    fn word(&mut self) -> &'t str {
        let end = self.rest.find(|c| !in_word(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        word
    }

    fn take(&mut self, symbol: &str) -> bool {
        let rest = self.rest.strip_prefix(symbol);
        self.rest = rest.map_or(self.rest, str::trim_start);
        rest.is_some()
    }

    fn demand(&mut self, symbol: &str) -> Result<(), String> {
        if self.take(symbol) {
            return Ok(());
        }
        Err(format!("`{symbol}` is missing before `{}`", self.rest))
    }
}
