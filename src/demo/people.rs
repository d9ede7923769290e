//! Synthetic households: visibly made up, yet with every number in its real form.
//!
//! Names are the placeholders of textbooks (张三, 李四) or a surname with a term of the sexagenary
//! cycle (王甲子). Identity numbers have valid check digits and the sequence codes 998 and 999,
//! the far end of a day's registrations. Telephone and card numbers are runs of zeros.

use serde::Serialize;
use sluice_core::domain::check_digit::{identity_check, luhn_check};

use super::divisions;

/// The number of households; each has a head, a spouse and a child.
pub const HOUSEHOLDS: usize = 60;

/// The number of people in a household.
pub const HOUSEHOLD_PERSONS: usize = 3;

/// The number of companies, all of which people work for.
pub const EMPLOYERS: usize = 40;

/// The divisions that households live in: those of the sample city.
pub const DIVISIONS: [&str; 13] = [
    "330106", "330102", "330105", "330108", "330109", "330110", "330111", "330112", "330113",
    "330114", "330122", "330127", "330182",
];

/// The first year of birth in the immunisation register.
const FIRST_VACCINATED_YEAR: u32 = 2009;

/// A synthetic person.
#[derive(Clone, Debug, Serialize)]
pub struct Person {
    /// Place in [`super::world::World::people`].
    pub ix: usize,
    /// Number of the household, from 0.
    pub household: usize,
    /// 18 digits: more than a JSON reader that turns numbers into doubles can keep.
    pub record_number: u64,
    /// Identity number (GB 11643).
    pub id_number: String,
    /// Name.
    pub name: String,
    /// Sex.
    pub sex: Sex,
    /// Ethnic group.
    pub ethnicity: &'static str,
    /// Year of birth.
    pub birth_year: u32,
    /// Month of birth.
    pub birth_month: usize,
    /// Day of birth.
    pub birth_day: usize,
    /// Date of birth (ISO 8601).
    pub birth_date: String,
    /// Division code of the residence.
    pub division: &'static str,
    /// Address of the residence.
    pub address: String,
    /// Mobile number.
    pub mobile: String,
    /// E-mail address.
    pub email: String,
    /// Bank card number, 19 digits.
    pub bank_card: String,
    /// Number plate of a vehicle, if there is one.
    pub plate: Option<String>,
    /// Part in the household.
    pub relation: Relation,
    /// The same in the word of records.
    pub part: &'static str,
    /// Place of the employer in [`super::world::World::enterprises`]: grown-ups have one.
    pub employer: Option<usize>,
    /// True if they receive the minimum living allowance, for the whole household.
    pub receives_allowance: bool,
    /// True if they are in the immunisation register, and not yet in work.
    pub vaccinated: bool,
}

/// Sex, as identity numbers know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub enum Sex {
    #[serde(rename = "男")]
    Male,
    #[serde(rename = "女")]
    Female,
}

/// Part in a household.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Relation {
    Head,
    Spouse,
    Child,
}

impl Relation {
    /// The word in records.
    fn word(self, sex: Sex) -> &'static str {
        match (self, sex) {
            (Relation::Head, _) => "户主",
            (Relation::Spouse, _) => "配偶",
            (Relation::Child, Sex::Male) => "子",
            (Relation::Child, Sex::Female) => "女",
        }
    }
}

/// All people, household by household. The same at every call.
pub fn everybody() -> Vec<Person> {
    (0..HOUSEHOLDS * HOUSEHOLD_PERSONS).map(person).collect()
}

const SURNAMES: [&str; 24] = [
    "赵", "钱", "孙", "李", "周", "吴", "郑", "王", "冯", "陈", "褚", "卫", "蒋", "沈", "韩", "杨",
    "朱", "秦", "许", "何", "吕", "施", "欧阳", "司马",
];

const STEMS: [char; 10] = ['甲', '乙', '丙', '丁', '戊', '己', '庚', '辛', '壬', '癸'];

const BRANCHES: [char; 12] =
    ['子', '丑', '寅', '卯', '辰', '巳', '午', '未', '申', '酉', '戌', '亥'];

const STREETS: [&str; 6] = ["样例路", "示范街", "试验巷", "演示大道", "样板弄", "范本路"];

/// People whose names show what the tables don't: two characters, and a name with `·`.
const NAMED: [(usize, &str, &str); 5] = [
    (0, "张三", "汉族"),
    (1, "李四", "汉族"),
    (2, "张小样", "汉族"),
    (6, "样例·艾山", "维吾尔族"),
    (8, "古丽·样例", "维吾尔族"),
];

fn person(ix: usize) -> Person {
    let household = ix / HOUSEHOLD_PERSONS;
    let relation = [Relation::Head, Relation::Spouse, Relation::Child][ix % HOUSEHOLD_PERSONS];
    let sex = sex_of(household, relation);
    let (birth_year, birth_month, birth_day) = birth(household, relation);
    let division = DIVISIONS[household % DIVISIONS.len()];
    let named = NAMED.iter().find(|(who, _, _)| *who == ix);
    let name = named.map_or_else(|| name_of(household, relation), |(_, name, _)| (*name).into());
    let first = format!("{division}{birth_year}{birth_month:02}{birth_day:02}{}", sequence(sex));
    let card = format!("99990000000000{:04}", ix + 1);
    let drives = relation == Relation::Head && household.is_multiple_of(2);
    Person {
        ix,
        household,
        record_number: record_number(division, ix),
        id_number: format!("{first}{}", identity_check(first.as_bytes())),
        name,
        sex,
        ethnicity: named.map_or("汉族", |(_, _, ethnicity)| ethnicity),
        birth_year,
        birth_month,
        birth_day,
        birth_date: format!("{birth_year}-{birth_month:02}-{birth_day:02}"),
        division,
        address: address(division, household),
        mobile: format!("1410000{:04}", ix + 1),
        email: format!("resident{:03}@mail.example.com", ix + 1),
        bank_card: format!("{card}{}", luhn_check(&card)),
        plate: drives.then(|| format!("浙A0{:03}Z", household + 1)),
        relation,
        part: relation.word(sex),
        employer: (relation != Relation::Child).then_some(household % EMPLOYERS),
        receives_allowance: relation == Relation::Head && household.is_multiple_of(3),
        vaccinated: birth_year >= FIRST_VACCINATED_YEAR,
    }
}

fn sex_of(household: usize, relation: Relation) -> Sex {
    let head_is_male = !household.is_multiple_of(4) || household == 0;
    let male = match relation {
        Relation::Head => head_is_male,
        Relation::Spouse => !head_is_male,
        Relation::Child => household % 2 == 1,
    };
    if male { Sex::Male } else { Sex::Female }
}

/// Heads are born from 1955 to 1990, spouses about then, children a generation later.
fn birth(household: usize, relation: Relation) -> (u32, usize, usize) {
    let head_year = 1955 + (household as u32 * 7 + 33) % 36;
    let (year, shift) = match relation {
        Relation::Head => (head_year, 0),
        Relation::Spouse => (head_year + household as u32 % 4, 5),
        Relation::Child => (head_year + 27 + household as u32 % 3, 9),
    };
    (year, 1 + (household * 5 + shift) % 12, 1 + (household * 11 + shift) % 28)
}

fn name_of(household: usize, relation: Relation) -> String {
    let (family, place) = match relation {
        Relation::Head => (household, 0),
        Relation::Spouse => (household * 7 + 11, 1),
        Relation::Child => (household, 2),
    };
    let term = household * HOUSEHOLD_PERSONS + place;
    let given = [STEMS[term % STEMS.len()], BRANCHES[term % BRANCHES.len()]];
    format!("{}{}{}", SURNAMES[family % SURNAMES.len()], given[0], given[1])
}

/// Odd for men, even for women.
fn sequence(sex: Sex) -> u32 {
    match sex {
        Sex::Male => 999,
        Sex::Female => 998,
    }
}

fn record_number(division: &str, ix: usize) -> u64 {
    let division: u64 = division.parse().unwrap_or(0);
    division * 1_000_000_000_000 + 202_600_000_000 + ix as u64 + 1
}

fn address(division: &str, household: usize) -> String {
    let place = divisions::find(division).map_or(String::new(), divisions::Division::full_name);
    let street = STREETS[household % STREETS.len()];
    format!("{place}{street}{}号{}室", 100 + household, 101 + household % 5 * 100)
}
