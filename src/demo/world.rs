//! The sample world: what the sample departments hold, made once and never changed.

use std::sync::LazyLock;

use super::codes::credit_code;
use super::people::{self, Person, Relation};

/// How many companies there are.
pub const ENTERPRISES: usize = 40;

/// From this year of birth on, people are in the immunisation register and not yet in work.
const FIRST_CHILD_YEAR: u32 = 2009;

/// Everything that the sample providers know.
#[derive(Debug)]
pub struct World {
    people: Vec<Person>,
    enterprises: Vec<Enterprise>,
    hospitals: Vec<Hospital>,
}

/// A synthetic company.
#[derive(Clone, Debug)]
pub struct Enterprise {
    /// Unified social credit code (GB 32100).
    pub code: String,
    /// Name.
    pub name: String,
    /// What it does.
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
#[derive(Clone, Debug)]
pub struct Hospital {
    /// Code in the register of hospitals.
    pub code: String,
    /// Name.
    pub name: String,
    /// Grade.
    pub grade: &'static str,
    /// Division code.
    pub division: &'static str,
    /// How many beds it has.
    pub beds: u32,
    /// Landline at night.
    pub duty_telephone: String,
    /// Place of its director in [`World::people`].
    pub director: usize,
}

/// The marriage of a household's head and spouse.
#[derive(Clone, Copy, Debug)]
pub struct Marriage {
    /// Number of the household, which numbers its certificates too.
    pub household: usize,
    /// Year in which they married.
    pub married_year: u32,
    /// Year in which they divorced, if they did.
    pub divorced_year: Option<u32>,
}

impl World {
    /// The sample world.
    pub fn sample() -> &'static World {
        static SAMPLE: LazyLock<World> = LazyLock::new(|| World {
            people: people::everybody(),
            enterprises: (0..ENTERPRISES).map(enterprise).collect(),
            hospitals: (0..people::DIVISIONS.len()).map(hospital).collect(),
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

    /// The person of that identity number.
    pub fn person(&self, id_number: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.id_number == id_number)
    }

    /// The company of that code.
    pub fn enterprise(&self, code: &str) -> Option<&Enterprise> {
        self.enterprises.iter().find(|enterprise| enterprise.code == code)
    }

    /// The company that a person works for: grown-ups have one.
    pub fn employer(&self, person: &Person) -> Option<&Enterprise> {
        let grown_up = person.relation != Relation::Child;
        grown_up.then(|| &self.enterprises[person.household() % ENTERPRISES])
    }

    /// Everybody of a person's household, the person too.
    pub fn household(&self, person: &Person) -> &[Person] {
        let first = person.household() * people::HOUSEHOLD_PERSONS;
        &self.people[first..first + people::HOUSEHOLD_PERSONS]
    }

    /// The marriage of a person, with the other party.
    pub fn marriage(&self, person: &Person) -> Option<(Marriage, &Person)> {
        let [head, spouse, ..] = self.household(person) else { return None };
        let other = match person.relation {
            Relation::Head => spouse,
            Relation::Spouse => head,
            Relation::Child => return None,
        };
        let household = person.household();
        let married_year = head.birth_year + 25;
        let divorced_year = (household % 5 == 4).then_some(married_year + 6);
        Some((Marriage { household, married_year, divorced_year }, other))
    }

    /// Who receives the minimum living allowance, for the whole household.
    pub fn recipients(&self) -> impl Iterator<Item = &Person> {
        let in_need = |p: &&Person| p.relation == Relation::Head && p.household().is_multiple_of(3);
        self.people.iter().filter(in_need)
    }

    /// The children in the immunisation register.
    pub fn children(&self) -> impl Iterator<Item = &Person> {
        self.people.iter().filter(|person| person.birth_year >= FIRST_CHILD_YEAR)
    }
}

/// What companies do, by the word in their names.
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
    let place = super::divisions::find(division).map_or("", |division| division.name);
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

    use super::super::divisions;
    use super::*;
    use sluice_core::domain::checked::{is_credit_code, is_identity_number, luhn_check};

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
        assert_eq!((codes.len(), names.len()), (ENTERPRISES, ENTERPRISES));
    }

    #[test]
    fn couples_are_of_two_sexes_and_grown_up() {
        let world = World::sample();
        for person in world.people() {
            if let Some((marriage, other)) = world.marriage(person) {
                assert_ne!(person.sex, other.sex);
                assert!(marriage.married_year >= person.birth_year + 22, "{person:?}");
            }
        }
        assert!(world.children().count() >= 5);
        assert!(world.recipients().any(|person| person.ix == 0));
    }
}
