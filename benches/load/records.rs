//! The answers of the origin: synthetic records of persons, the same bytes every time.

use sluice_core::domain::check_digit::identity_check;

/// How large an answer is. The sizes are those of the tables in benches/README.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Size {
    /// One record, about 300 bytes.
    One,
    /// An array of records, about 10 KB.
    Page,
    /// An array of records, about 1 MB.
    Bulk,
}

/// Persons there are: more than records in the largest answer, so that each is about another.
const PERSONS: usize = 4_000;

const DIVISION: &str = "330106";

impl Size {
    /// All sizes, the smallest first.
    pub(crate) const ALL: [Size; 3] = [Size::One, Size::Page, Size::Bulk];

    /// The operation's path below the entry, and the word in tables.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Size::One => "one",
            Size::Page => "page",
            Size::Bulk => "bulk",
        }
    }

    /// Requests a second at which both proxies are measured: what either can hold with ease.
    pub(crate) fn rate(self) -> f64 {
        match self {
            Size::One => 8_000.0,
            Size::Page => 2_500.0,
            Size::Bulk => 60.0,
        }
    }

    /// The body of a request for an answer of this size.
    pub(crate) fn question(self) -> String {
        match self {
            Size::One => format!("{{\"id_number\":\"{}\"}}", id_number(0)),
            Size::Page | Size::Bulk => format!("{{\"division\":\"{DIVISION}\"}}"),
        }
    }

    /// The provider's answer.
    pub(crate) fn answer(self) -> String {
        let least_bytes = match self {
            Size::One => return record(0),
            Size::Page => 10_000,
            Size::Bulk => 1_000_000,
        };
        let mut array = String::with_capacity(least_bytes + 1_000);
        let mut number = 0;
        while array.len() < least_bytes {
            array.push(if number == 0 { '[' } else { ',' });
            array.push_str(&record(number));
            number += 1;
        }
        array.push(']');
        array
    }
}

/// An identity number that does not occur in an answer as the consumer may see it.
pub(crate) fn hidden() -> String {
    id_number(0)
}

pub(crate) fn record(number: usize) -> String {
    let (id_number, person) = (id_number(number), number % PERSONS);
    let (year, month, day) = birth(person);
    format!(
        "{{\"id_number\":\"{id_number}\",\"name\":\"段例{person}\",\"sex\":\"女\",\
         \"birth_date\":\"{year}-{month:02}-{day:02}\",\"division_code\":\"{DIVISION}\",\
         \"address\":\"浙江省杭州市西湖区样例街道样例路{person}号{number}室\",\
         \"mobile\":\"1380000{:04}\",\"household\":\"{DIVISION}{person:06}\",\
         \"ethnicity\":\"汉族\"}}",
        person % 10_000,
    )
}

fn id_number(number: usize) -> String {
    let person = number % PERSONS;
    let (year, month, day) = birth(person);
    let digits = format!("{DIVISION}{year}{month:02}{day:02}{:03}", person % 1_000);
    let check = identity_check(digits.as_bytes());
    format!("{digits}{check}")
}

/// No two persons share both their day of birth and the number that follows it.
fn birth(person: usize) -> (usize, usize, usize) {
    (1920 + person / 40, 1 + person % 12, 1 + person % 28)
}
