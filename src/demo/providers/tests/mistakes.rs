//! Finds mistakes in the descriptions without asking anything, each with its file and line.

use super::*;
use crate::demo::providers::description::{Binding, Each, Piece, Selection, TextTemplate};
use crate::demo::providers::expression::Expression;

type Columns = BTreeSet<String>;

/// The known type of a name.
#[derive(Clone)]
enum Known {
    Row(Columns),
    Rows(Columns),
    Value,
    /// A caller's value: any member may be there.
    Anything,
}

/// A description being looked through.
struct Reading<'a> {
    file: &'a str,
    text: &'a str,
    description: &'a SystemDescription,
    names: Vec<(String, Known)>,
    used: BTreeSet<String>,
    mistakes: Vec<String>,
}

/// The mistakes of a description.
fn mistakes(file: &str, text: &str) -> Vec<String> {
    let description = match SystemDescription::parse(text, SHARED) {
        Ok(description) => description,
        Err(error) => return vec![format!("{file}: {error}")],
    };
    let mut reading = Reading {
        file,
        text,
        description: &description,
        names: Vec::new(),
        used: BTreeSet::new(),
        mistakes: Vec::new(),
    };
    reading.all();
    reading.mistakes
}

impl Reading<'_> {
    /// Reports a mistake with the first line on which the text occurs.
    fn mistake(&mut self, at: &str, what: &str) {
        let line = self.text.lines().position(|line| line.contains(at)).map_or(0, |ix| ix + 1);
        self.mistakes.push(format!("{}:{line}: `{at}`: {what}", self.file));
    }

    fn all(&mut self) {
        let description = self.description;
        for (name, rows) in &description.tables {
            let columns = |row: &TableRow| row.keys().cloned().collect::<Columns>();
            if rows.windows(2).any(|pair| columns(&pair[0]) != columns(&pair[1])) {
                self.mistake(name, "its rows have different columns");
            }
        }
        let about = Known::Row(Columns::from(["path".to_owned()]));
        for route in &description.routes {
            let path = route.request.split(['{', '}']).skip(1).step_by(2);
            let path = Known::Row(path.map(str::to_owned).collect());
            self.names = [("request", about.clone()), ("path", path)]
                .into_iter()
                .chain(["query", "body"].map(|name| (name, Known::Anything)))
                .map(|(name, known)| (name.to_owned(), known))
                .collect();
            let well_formed = route.request.split_once(" /").is_some_and(|(method, path)| {
                matches!(method, "GET" | "POST") && !path.split('/').any(str::is_empty)
            });
            if !well_formed || !(200..300).contains(&route.status) {
                self.mistake(&route.request, "no method, path and status of success");
            }
            self.bindings(&route.with.0, true);
            self.template(&route.answer);
        }
        self.names = vec![("request".to_owned(), about)];
        for name in ["bad-request", "no-such-path"] {
            self.error(name);
        }
        let tables = description.tables.keys().map(|name| format!("table {name}"));
        let records = description.records.keys().map(|name| format!("record {name}"));
        for unused in
            tables.chain(records).filter(|name| !self.used.contains(name)).collect::<Vec<_>>()
        {
            let (_, name) = unused.split_once(' ').expect("two words");
            self.mistake(name, "used nowhere");
        }
    }

    fn bindings(&mut self, bindings: &[(String, Binding)], may_fail: bool) {
        let outer = self.names.len();
        for (name, binding) in bindings {
            let known = match binding {
                Binding::Value(text) => {
                    self.text(text);
                    Known::Value
                }
                Binding::Rows(Selection { from, test, many, otherwise }) => {
                    let columns = self.rows(from, test.as_ref());
                    match otherwise {
                        Some(error) if may_fail && !many => {
                            // An error answer knows the request alone.
                            let bound = self.names.split_off(outer);
                            self.error(error);
                            self.names.extend(bound);
                        }
                        Some(error) => self.mistake(error, "no `else` has a place here"),
                        None => {}
                    }
                    if *many { Known::Rows(columns) } else { Known::Row(columns) }
                }
            };
            self.names.push((name.clone(), known));
        }
    }

    fn error(&mut self, name: &str) {
        match self.description.errors.get(name) {
            Some(error) if (400..600).contains(&error.status) => self.template(&error.answer),
            Some(_) => self.mistake(name, "no status of an error"),
            None => self.mistake(name, "no such error"),
        }
    }

    fn template(&mut self, template: &Template) {
        let outer = self.names.len();
        match template {
            Template::Literal(_) => {}
            Template::Text(text) => self.text(text),
            Template::Record(name) => match self.description.records.get(name) {
                // A record within itself would have no end; each name is read once on the way.
                Some(_)
                    if self.names.iter().any(|(known, _)| *known == format!("record {name}")) =>
                {
                    self.mistake(name, "a record within itself");
                }
                Some(record) => {
                    self.used.insert(format!("record {name}"));
                    self.names.push((format!("record {name}"), Known::Value));
                    self.template(record);
                }
                None => self.mistake(name, "no such record"),
            },
            Template::Object { with, members } => {
                self.bindings(&with.0, false);
                members.iter().for_each(|(_, member)| self.template(member));
                for (ix, (name, _)) in members.iter().enumerate() {
                    if members[..ix].iter().any(|(before, _)| before == name) {
                        self.mistake(&format!("\"{name}\""), "twice in its object");
                    }
                }
            }
            Template::Each(each) => {
                let Each { from, test, skip, alias, give, .. } = &**each;
                let columns = self.rows(from, test.as_ref());
                skip.iter().for_each(|skip| self.expression(skip));
                self.names.push((alias.clone(), Known::Row(columns)));
                self.template(give);
            }
        }
        self.names.truncate(outer);
    }

    /// Checks a selection; returns the columns of its table.
    fn rows(&mut self, from: &str, test: Option<&Expression>) -> Columns {
        let bound = self.names.iter().rev().find(|(name, _)| name == from);
        let columns = match (bound, self.description.tables.get(from)) {
            (Some((_, Known::Rows(columns))), _) => columns.clone(),
            (_, own) => {
                let table = own.or_else(|| World::sample().tables().get(from));
                match table.and_then(|rows| rows.first()) {
                    Some(row) => row.keys().cloned().collect(),
                    None => {
                        self.mistake(from, "no such table");
                        return Columns::new();
                    }
                }
            }
        };
        self.used.insert(format!("table {from}"));
        if let Some(test) = test {
            self.names.push(("row".to_owned(), Known::Row(columns.clone())));
            self.expression(test);
            self.names.pop();
        }
        columns
    }

    fn text(&mut self, text: &TextTemplate) {
        match text {
            TextTemplate::Value(expression) => self.expression(expression),
            TextTemplate::Number(pieces) | TextTemplate::Text(pieces) => {
                for piece in pieces {
                    if let Piece::Value(expression, _) = piece {
                        self.expression(expression);
                    }
                }
            }
        }
    }

    fn expression(&mut self, expression: &Expression) {
        let mut named = Vec::new();
        expression
            .for_each_column(&mut |name| named.push((name.alias.clone(), name.column.clone())));
        for (alias, column) in named {
            let known = self.names.iter().rev().find(|(name, _)| *name == alias);
            let whole = column.as_ref().map_or(alias.clone(), |column| format!("{alias}.{column}"));
            match (known.map(|(_, known)| known), &column) {
                (Some(Known::Row(columns)), Some(column)) if columns.contains(column) => {}
                (Some(Known::Anything), Some(_)) => {}
                (Some(Known::Value | Known::Rows(_)), None) => {}
                (None, _) => self.mistake(&whole, "no such name here"),
                _ => self.mistake(&whole, "no such column"),
            }
        }
    }
}

#[test]
fn the_descriptions_have_no_mistakes() {
    let found: Vec<_> = ProviderSystem::ALL
        .into_iter()
        .flat_map(|provider| mistakes(&format!("{}.json", provider.department()), provider.text()))
        .collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn mistakes_are_found_where_they_stand() {
    let route = |with: &str, answer: &str| {
        format!(
            "{{\n\"routes\": [{{\n\"request\": \"GET /a/{{b}}\",\n\"with\": {with},\n\"answer\": {answer}\n}}]\n}}"
        )
    };
    let person = r#"{ "person": { "from": "people", "where": "row.ix == 0" } }"#;
    let cases = [
        (route("{}", r#""= path.c""#), "x.json:5: `path.c`: no such column"),
        (route("{}", r#""= person.name""#), "x.json:5: `person.name`: no such name here"),
        (route(person, r#""{person.nme}""#), "x.json:5: `person.nme`: no such column"),
        (route(person, r#"{ "$record": "none" }"#), "x.json:5: `none`: no such record"),
        (route(r#"{ "a": { "from": "persons" } }"#, "1"), "x.json:4: `persons`: no such table"),
        (
            route(r#"{ "a": { "from": "people", "else": "gone" } }"#, "1"),
            "x.json:4: `gone`: no such error",
        ),
        (route("{}", r#""= 1 +""#), "x.json: a value is missing before `` at line 5 column 17"),
        (route("{}", r#""{1""#), "x.json: `{` without `}` at line 5 column 14"),
        (route("{}", r#""= when(1)""#), "x.json: no function `when` at line 5 column 21"),
        (
            route("{}", r#""= if(true)""#),
            "x.json: `if` takes 3 operands, not 1 at line 5 column 22",
        ),
        (route("{}", r#"{ "a": 1, "a": 2 }"#), "x.json:5: `\"a\"`: twice in its object"),
        (
            "{ \"records\": { \"own\": { \"$record\": \"own\" } },\n\"routes\": [{ \"request\": \
             \"GET /a\", \"answer\": { \"$record\": \"own\" } }] }"
                .to_owned(),
            "x.json:1: `own`: a record within itself",
        ),
        (
            "{ \"tables\": { \"spare\": [{ \"a\": 1 }] } }".to_owned(),
            "x.json:1: `spare`: used nowhere",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(mistakes("x.json", &text), [expected], "{text}");
    }
}
