//! Civil affairs: divisions, marriages, minimum living allowance.

use serde::Serialize;

use super::{Page, ProviderAnswer, Question, Yuan, compact, list, not_found, pretty, refuse};
use crate::demo::divisions::{self, Division};
use crate::demo::people::Person;
use crate::demo::world::Marriage;

/// Records on a page of recipients.
const PAGE_RECORDS: usize = 20;

pub(super) fn answer(question: &Question<'_>) -> Option<ProviderAnswer> {
    let (method, segments) = question.route();
    Some(match (method, segments.as_slice()) {
        ("GET", ["v1", "divisions"]) => {
            compact(&list(divisions::below(question.in_query("parent")).map(division).collect()))
        }
        ("GET", ["v1", "divisions", code]) => match divisions::find(code) {
            Some(found) => compact(&division(found)),
            None => refuse(404, "no-such-division", code),
        },
        ("POST", ["v1", "marriage", "query"]) => marriage(question).unwrap_or_else(|none| none),
        ("POST", ["v1", "allowance", "query"]) => allowance(question).unwrap_or_else(|none| none),
        ("GET", ["v1", "allowance", "recipients"]) => compact(&recipients(question)),
        ("GET", ["v1", "allowance", "export"]) => {
            compact(&list(question.world.recipients().map(allowance_record).collect()))
        }
        _ => return None,
    })
}

#[derive(Serialize)]
struct DivisionRecord {
    /// Undeclared.
    row_id: u32,
    code: &'static str,
    name: &'static str,
    rank: &'static str,
    parent: Option<&'static str>,
    full_name: String,
    /// Undeclared.
    editor_note: &'static str,
}

fn division(division: &Division) -> DivisionRecord {
    DivisionRecord {
        row_id: division.code.parse().unwrap_or(0),
        code: division.code,
        name: division.name,
        rank: division.rank(),
        parent: division.parent().map(|parent| parent.code),
        full_name: division.full_name(),
        editor_note: "内部备注：待核对地名图",
    }
}

#[derive(Serialize)]
struct MarriageRecord<'a> {
    id_number: &'a str,
    name: &'a str,
    status: &'static str,
    registered_on: String,
    certificate_number: String,
    office: String,
    spouse: SpouseRecord<'a>,
    history: Vec<HistoryRecord>,
    /// Undeclared: what the registrar wrote down, and the file's place.
    registrar_note: &'static str,
    archive: String,
}

#[derive(Serialize)]
struct SpouseRecord<'a> {
    name: &'a str,
    id_number: &'a str,
    /// Undeclared.
    mobile: &'a str,
}

#[derive(Serialize)]
struct HistoryRecord {
    kind: &'static str,
    registered_on: String,
    /// Undeclared.
    reason: &'static str,
}

fn marriage(question: &Question<'_>) -> Result<ProviderAnswer, ProviderAnswer> {
    let person = question.person()?;
    let found = question.world.marriage(person);
    let (marriage, spouse) = found.ok_or_else(|| not_found(&person.id_number))?;
    let Marriage { household, married_year, divorced_year } = marriage;
    let day = format!("{:02}-{:02}", 1 + household * 3 % 12, 1 + household * 7 % 28);
    let married = HistoryRecord {
        kind: "结婚登记",
        registered_on: format!("{married_year}-{day}"),
        reason: "自愿",
    };
    let divorced = divorced_year.map(|year| HistoryRecord {
        kind: "离婚登记",
        registered_on: format!("{year}-{day}"),
        reason: "协议离婚",
    });
    let place = divisions::find(person.division).map_or("", |division| division.name);
    let district = person.division;
    let year = divorced_year.unwrap_or(married_year);
    let kind = if divorced_year.is_some() { 'L' } else { 'J' };
    Ok(pretty(&MarriageRecord {
        id_number: &person.id_number,
        name: &person.name,
        status: if divorced_year.is_some() { "离婚" } else { "已婚" },
        registered_on: format!("{year}-{day}"),
        certificate_number: format!("{kind}{district}-{year}-{:06}", household + 1),
        office: format!("{place}民政局婚姻登记处"),
        spouse: SpouseRecord {
            name: &spouse.name,
            id_number: &spouse.id_number,
            mobile: &spouse.mobile,
        },
        history: std::iter::once(married).chain(divorced).collect(),
        registrar_note: "双方材料齐全，经办人口头提示财产约定",
        archive: format!("库房3-架{}-盒{}", household / 10 + 1, household % 10 + 1),
    }))
}

#[derive(Serialize)]
struct AllowanceRecord<'a> {
    /// Undeclared.
    row_id: usize,
    id_number: &'a str,
    name: &'a str,
    division_code: &'static str,
    status: &'static str,
    approved_on: String,
    household_size: usize,
    monthly_amount: Yuan,
    disabled: bool,
    address: &'a str,
    telephone: String,
    payment: PaymentRecord<'a>,
    /// Undeclared: what the visiting officer wrote down.
    visit_note: &'static str,
}

#[derive(Serialize)]
struct PaymentRecord<'a> {
    bank: &'static str,
    account: &'a str,
    /// Undeclared.
    balance_checked: bool,
}

fn allowance(question: &Question<'_>) -> Result<ProviderAnswer, ProviderAnswer> {
    let person = question.person()?;
    let receives = question.world.recipients().any(|recipient| recipient.ix == person.ix);
    if !receives {
        return Err(not_found(&person.id_number));
    }
    Ok(compact(&allowance_record(person)))
}

fn recipients(question: &Question<'_>) -> Page<AllowanceRecord<'static>> {
    let division = question.in_query("division").unwrap_or_default();
    let prefix = division.trim_end_matches("00");
    let inside = question.world.recipients().filter(|person| person.division.starts_with(prefix));
    question.page(inside.map(allowance_record).collect(), PAGE_RECORDS)
}

fn allowance_record(person: &Person) -> AllowanceRecord<'_> {
    let household = person.household();
    AllowanceRecord {
        row_id: 70_000 + household,
        id_number: &person.id_number,
        name: &person.name,
        division_code: person.division,
        status: if household.is_multiple_of(9) { "在保" } else { "渐退期" },
        approved_on: format!("{}-{:02}-01", 2020 + household % 6, 1 + household % 12),
        household_size: 3,
        monthly_amount: Yuan(1_130 * 3 - 10 * household as u64),
        disabled: household.is_multiple_of(5),
        address: &person.address,
        telephone: format!("0571-0002{:04}", household + 1),
        payment: PaymentRecord {
            bank: "样例银行西湖支行",
            account: &person.bank_card,
            balance_checked: true,
        },
        visit_note: "入户走访：家中老人长期卧床",
    }
}
