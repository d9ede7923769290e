//! The sample world: the data of the sample departments, made once and never changed.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;
use serde_json::{Value, json};

use super::codes::credit_code;
use super::divisions;
use super::people::{self, Person};

/// A row of a table, by the names of its columns.
pub type TableRow = serde_json::Map<String, Value>;

/// Tables by their names.
pub type Tables = BTreeMap<String, Vec<TableRow>>;

/// Everything that the sample providers know.
#[derive(Debug)]
pub struct World {
    people: Vec<Person>,
    enterprises: Vec<Enterprise>,
    hospitals: Vec<Hospital>,
    tables: Tables,
}

/// A synthetic company.
#[derive(Clone, Debug, Serialize)]
pub struct Enterprise {
    /// Unified social credit code (GB 32100).
    pub code: String,
    /// Name.
    pub name: String,
    /// Its business scope.
    pub scope: &'static str,
    /// Division code of its seat.
    pub division: &'static str,
    /// Place of its legal representative in [`World::people`].
    pub representative: usize,
    /// Registered capital in yuan.
    pub capital_yuan: u64,
    /// Registered, deregistered or revoked.
    pub status: &'static str,
    /// Founding date (ISO 8601).
    pub established_on: String,
    /// Landline.
    pub telephone: String,
    /// E-mail address.
    pub email: String,
}

/// A synthetic hospital.
#[derive(Clone, Debug, Serialize)]
pub struct Hospital {
    /// Code in the register of hospitals.
    pub code: String,
    /// Name.
    pub name: String,
    /// Grade.
    pub grade: &'static str,
    /// Division code.
    pub division: &'static str,
    /// The number of beds.
    pub beds: u32,
    /// Landline at night.
    pub duty_telephone: String,
    /// Place of its director in [`World::people`].
    pub director: usize,
}

impl World {
    /// The sample world.
    pub fn sample() -> &'static World {
        static SAMPLE: LazyLock<World> = LazyLock::new(|| {
            let people = people::everybody();
            let enterprises: Vec<_> = (0..people::EMPLOYERS).map(enterprise).collect();
            let hospitals: Vec<_> = (0..people::DIVISIONS.len()).map(hospital).collect();
            let tables = Tables::from_iter([
                ("divisions".to_owned(), rows(divisions::all().iter().map(division))),
                ("people".to_owned(), rows(&people)),
                ("enterprises".to_owned(), rows(&enterprises)),
                ("hospitals".to_owned(), rows(&hospitals)),
            ]);
            World { people, enterprises, hospitals, tables }
        });
        &SAMPLE
    }

    /// Everybody, household by household: head, spouse, child.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// All companies.
    pub fn enterprises(&self) -> &[Enterprise] {
        &self.enterprises
    }

    /// All hospitals.
    pub fn hospitals(&self) -> &[Hospital] {
        &self.hospitals
    }

    /// All of it as tables, and the divisions.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }
}

/// Numbers the rows of a table: column `ix` is the place in it, from 0.
pub fn numbered(rows: &mut [TableRow]) {
    for (ix, row) in rows.iter_mut().enumerate() {
        row.insert("ix".to_owned(), ix.into());
    }
}

fn rows<T: Serialize>(of: impl IntoIterator<Item = T>) -> Vec<TableRow> {
    let values = of.into_iter().filter_map(|row| serde_json::to_value(row).ok());
    let rows =
        values.filter_map(|value| if let Value::Object(row) = value { Some(row) } else { None });
    let mut rows: Vec<_> = rows.collect();
    numbered(&mut rows);
    rows
}

fn division(division: &divisions::Division) -> Value {
    json!({
        "code": division.code,
        "name": division.name,
        "rank": division.rank(),
        "parent": division.parent().map(|parent| parent.code),
        "full_name": division.full_name(),
    })
}

/// Business scopes of companies, by the word in their names.
const TRADES: [(&str, &str); 8] = [
    ("科技", "软件开发；信息系统集成服务。"),
    ("食品", "食品生产；食品销售。"),
    ("纺织", "针纺织品及原料销售。"),
    ("物流", "道路货物运输；仓储服务。"),
    ("餐饮", "餐饮服务。"),
    ("建材", "建筑材料销售。"),
    ("茶叶", "茶叶种植；茶叶销售。"),
    ("印刷", "包装装潢印刷品印刷。"),
];

fn enterprise(ix: usize) -> Enterprise {
    const ORDINALS: [&str; 10] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];
    let (trade, scope) = TRADES[ix % TRADES.len()];
    let division = people::DIVISIONS[ix % people::DIVISIONS.len()];
    let status = match ix % 10 {
        7 => "注销",
        9 => "吊销",
        _ => "存续",
    };
    Enterprise {
        code: credit_code(division, &format!("{:08}", ix + 1)),
        name: format!("杭州样例{}{trade}有限公司", ORDINALS[ix / 4 % ORDINALS.len()]),
        scope,
        division,
        representative: ix * people::HOUSEHOLD_PERSONS,
        capital_yuan: 500_000 * (1 + ix as u64 % 20),
        status,
        established_on: format!("{}-{:02}-{:02}", 2001 + ix % 24, 1 + ix * 7 % 12, 1 + ix * 3 % 28),
        telephone: format!("0571-0000{:04}", ix + 1),
        email: format!("office{:02}@enterprise.example.com", ix + 1),
    }
}

fn hospital(ix: usize) -> Hospital {
    let division = people::DIVISIONS[ix];
    let place = divisions::find(division).map_or("", |division| division.name);
    Hospital {
        code: format!("H{division}0001"),
        name: format!("{place}样例医院"),
        grade: ["三级甲等", "二级甲等", "二级乙等"][ix % 3],
        division,
        beds: 120 + 80 * ix as u32,
        duty_telephone: format!("0571-0001{:04}", ix + 1),
        director: ix * people::HOUSEHOLD_PERSONS + 1,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::demo::people::Relation;
    use sluice_core::domain::check_digit::{is_credit_code, is_identity_number, luhn_check};

    #[test]
    fn identity_numbers_are_valid_and_distinct() {
        let people = World::sample().people();
        for person in people {
            let number = person.id_number.as_str();
            assert!(is_identity_number(number), "{person:?}");
            assert_eq!(number[6..14], person.birth_date.replace('-', ""));
            assert!(divisions::find(&number[..6]).is_some(), "{person:?}");
            let (body, check) = person.bank_card.split_at(18);
            assert!(check.starts_with(luhn_check(body)), "{person:?}");
            assert_eq!(person.record_number.to_string().len(), 18);
        }
        let distinct: HashSet<_> = people.iter().map(|person| &person.id_number).collect();
        assert_eq!(distinct.len(), people.len());
        assert!(people.iter().any(|person| person.id_number.ends_with('X')));
    }

    #[test]
    fn credit_codes_are_valid_and_distinct() {
        let enterprises = World::sample().enterprises();
        assert!(enterprises.iter().all(|enterprise| is_credit_code(&enterprise.code)));
        let codes: HashSet<_> = enterprises.iter().map(|enterprise| &enterprise.code).collect();
        let names: HashSet<_> = enterprises.iter().map(|enterprise| &enterprise.name).collect();
        assert_eq!((codes.len(), names.len()), (people::EMPLOYERS, people::EMPLOYERS));
    }

    #[test]
    fn couples_are_of_two_sexes_and_grown_up() {
        let people = World::sample().people();
        for household in people.chunks(people::HOUSEHOLD_PERSONS) {
            let [head, spouse, child] = household else { panic!("{household:?}") };
            let relations = [head, spouse, child].map(|person| person.relation);
            assert_eq!(relations, [Relation::Head, Relation::Spouse, Relation::Child]);
            assert_ne!(head.sex, spouse.sex);
            // They marry when the head is 25.
            assert!(head.birth_year + 25 >= spouse.birth_year + 22, "{spouse:?}");
            assert!(head.employer.is_some() && child.employer.is_none());
        }
        assert!(people.iter().filter(|person| person.vaccinated).count() >= 5);
        assert!(people[0].receives_allowance);
    }

    #[test]
    fn nothing_is_lost_in_the_tables() {
        let world = World::sample();
        let sizes = world.tables().iter().map(|(name, rows)| (name.as_str(), rows.len()));
        let (people, enterprises) = (world.people().len(), world.enterprises().len());
        let hospitals = world.hospitals().len();
        let expected = [
            ("divisions", divisions::all().len()),
            ("enterprises", enterprises),
            ("hospitals", hospitals),
            ("people", people),
        ];
        assert_eq!(sizes.collect::<Vec<_>>(), expected);
        for (row, person) in world.tables()["people"].iter().zip(world.people()) {
            assert_eq!(row["record_number"], person.record_number, "{person:?}");
        }
    }
}
