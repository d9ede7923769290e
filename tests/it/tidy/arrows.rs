//! Which room may use which: the table in ARCHITECTURE.md says so.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::graph::arrows;
use super::{fail_on, root, sources};

/// The head of the table.
const HEAD: &str = "| room | what lives there | may use |";

/// What a room may use, beside itself.
enum Allowed {
    Everything,
    Rooms(BTreeSet<String>),
}

#[test]
fn arrows_run_one_way() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut complaints = Vec::new();
    for (package, prefix) in [("src", ""), ("core/src", "core: ")] {
        let table = table(&text, prefix);
        let rooms = rooms(package);
        for room in rooms.iter().filter(|room| !table.contains_key(*room)) {
            complaints
                .push(format!("ARCHITECTURE.md: the room `{prefix}{room}` is not in the table"));
        }
        for room in table.keys().filter(|room| !rooms.contains(*room)) {
            complaints.push(format!("ARCHITECTURE.md: there is no room `{prefix}{room}`"));
        }
        for arrow in arrows(package) {
            // The root and the program may use all rooms; nobody uses them.
            let (Some(from), Some(to)) = (arrow.from.first(), arrow.to.first()) else { continue };
            if let Some(Allowed::Rooms(allowed)) = table.get(from)
                && from != to
                && !allowed.contains(to)
            {
                complaints.push(format!("{}: {from} must not use {to}", arrow.place));
            }
        }
    }
    fail_on(&complaints);
}

/// The rooms of a package by the table, those whose names begin with a prefix.
fn table(text: &str, prefix: &str) -> BTreeMap<String, Allowed> {
    let rows = text.lines().skip_while(|line| *line != HEAD).skip(2);
    let mut table = BTreeMap::new();
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [names, _, allowed] = cells[..] else { panic!("three cells, please: {row}") };
        for name in names.split('`').skip(1).step_by(2) {
            let is_of_core = name.contains(':');
            if let Some(name) =
                name.strip_prefix(prefix).filter(|_| is_of_core != prefix.is_empty())
            {
                table.insert(name.to_owned(), Allowed::read(allowed));
            }
        }
    }
    table
}

impl Allowed {
    fn read(cell: &str) -> Allowed {
        match cell {
            "all" => Allowed::Everything,
            "–" => Allowed::Rooms(BTreeSet::new()),
            rooms => Allowed::Rooms(rooms.split(", ").map(str::to_owned).collect()),
        }
    }
}

/// The rooms of a package: its folders and files but the root and the program.
fn rooms(package: &str) -> BTreeSet<String> {
    let name = |path: &std::path::Path| {
        let path = path.strip_prefix(package).unwrap();
        let first = path.iter().next().unwrap().to_string_lossy();
        first.trim_end_matches(".rs").to_owned()
    };
    let all = sources(package).into_iter().map(|source| name(&source.path));
    all.filter(|room| room != "lib" && room != "main").collect()
}

#[test]
fn the_table_is_read_as_it_is_written() {
    let text = format!(
        "{HEAD}\n|---|---|---|\n| `core: a` | x | – |\n| `b`, `c` | y | core, d |\n\n| `e` | z | all |"
    );
    let (core, src) = (table(&text, "core: "), table(&text, ""));
    assert!(core.keys().eq(["a"]) && src.keys().eq(["b", "c"]));
    let Allowed::Rooms(allowed) = &src["c"] else { panic!("not everything") };
    assert!(allowed.iter().eq(["core", "d"]));
}
