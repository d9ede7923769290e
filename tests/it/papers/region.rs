//! Parts of pages that are made from the code: `<!-- name -->` to `<!-- /name -->`.

use std::fs;

use super::{page, root};

/// Set to 1, it writes what is otherwise compared.
const WRITE: &str = "SLUICE_WRITE_DOCS";

/// Compares a region of a page with what the code says, or writes it there.
pub fn compare_region(page_name: &str, name: &str, made: &str) {
    let text = page(page_name);
    let (opening, closing) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let found = text.split_once(&opening).and_then(|(before, rest)| {
        rest.split_once(&closing).map(|(written, after)| (before, written, after))
    });
    let (before, written, after) =
        found.unwrap_or_else(|| panic!("{page_name} has no {opening} {closing}"));
    if written == made {
        return;
    }
    if std::env::var(WRITE).is_ok_and(|said| said == "1") {
        let whole = format!("{before}{opening}{made}{closing}{after}");
        fs::write(root().join(page_name), whole).unwrap();
        return;
    }
    let differs = made.lines().zip(written.lines()).find(|(made, written)| made != written);
    panic!("{page_name} is not what the code says, from {differs:?} on; {WRITE}=1 writes it");
}

/// The rows of the tables below a heading: cells without their outer white space.
pub fn rows_below(text: &str, heading: &str) -> Vec<Vec<String>> {
    let below = text.lines().skip_while(|line| *line != heading).skip(1);
    let below = below.take_while(|line| !line.starts_with('#'));
    let cells = |line: &str| {
        let line = line.trim().trim_start_matches('|').trim_end_matches('|');
        line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>()
    };
    let rows: Vec<_> = below.filter(|line| line.starts_with('|')).map(cells).collect();
    rows.into_iter().filter(|row| row[0].starts_with('`')).collect()
}

/// The words in backticks of a cell.
pub fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
