//! Human resources and social security: insurance, employment.

use serde::Serialize;

use super::{ProviderAnswer, Question, Yuan, compact, not_found, refuse};

/// Who is born before this year draws a pension already.
const PENSION_BIRTH_YEAR: u32 = 1964;

pub(super) fn answer(question: &Question<'_>) -> Option<ProviderAnswer> {
    let (method, segments) = question.route();
    let answered = match (method, segments.as_slice()) {
        ("POST", ["v1", "social-insurance", "query"]) => insurance(question),
        ("POST", ["v1", "employment", "query"]) => employment(question),
        ("POST", ["v1", "employment", "registrations"]) => register(question),
        _ => return None,
    };
    Some(answered.unwrap_or_else(|refusal| refusal))
}

#[derive(Serialize)]
struct InsuranceRecord<'a> {
    account_number: u64,
    id_number: &'a str,
    name: &'a str,
    mobile: &'a str,
    status: &'static str,
    employer: EmployerRecord<'a>,
    schemes: Vec<SchemeRecord>,
    contribution_base: Yuan,
    bank_card: &'a str,
    /// Undeclared.
    arrears_note: &'static str,
    last_clerk: &'static str,
}

#[derive(Serialize)]
struct EmployerRecord<'a> {
    code: &'a str,
    name: &'a str,
    /// Undeclared.
    payroll_contact: &'a str,
}

#[derive(Serialize)]
struct SchemeRecord {
    scheme: &'static str,
    months_paid: u32,
    last_paid_on: &'static str,
    /// Undeclared.
    batch: String,
}

fn insurance(question: &Question<'_>) -> Result<ProviderAnswer, ProviderAnswer> {
    let person = question.person()?;
    let employer = question.world.employer(person).ok_or_else(|| not_found(&person.id_number))?;
    let schemes = ["职工基本养老保险", "职工基本医疗保险", "工伤保险"];
    let scheme = |(ix, scheme): (usize, &'static str)| SchemeRecord {
        scheme,
        months_paid: 24 + (person.ix as u32 * 5 + ix as u32 * 12) % 360,
        last_paid_on: "2026-10-15",
        batch: format!("B202610-{ix:03}"),
    };
    let retired = person.birth_year < PENSION_BIRTH_YEAR;
    Ok(compact(&InsuranceRecord {
        account_number: person.record_number + 500_000,
        id_number: &person.id_number,
        name: &person.name,
        mobile: &person.mobile,
        status: if retired { "待遇领取" } else { "参保缴费" },
        employer: EmployerRecord {
            code: &employer.code,
            name: &employer.name,
            payroll_contact: &employer.telephone,
        },
        schemes: schemes.into_iter().enumerate().map(scheme).collect(),
        contribution_base: Yuan(4_812 + 137 * (person.ix as u64 % 90)),
        bank_card: &person.bank_card,
        arrears_note: "内部备注：2023年补缴两月",
        last_clerk: "window-07",
    }))
}

#[derive(Serialize)]
struct EmploymentRecord<'a> {
    receipt_number: String,
    id_number: &'a str,
    name: &'a str,
    division_code: &'a str,
    status: &'static str,
    employer_name: &'a str,
    started_on: &'a str,
    full_time: bool,
    /// Undeclared.
    wage_band: &'static str,
}

fn employment(question: &Question<'_>) -> Result<ProviderAnswer, ProviderAnswer> {
    let person = question.person()?;
    let employer = question.world.employer(person).ok_or_else(|| not_found(&person.id_number))?;
    Ok(compact(&EmploymentRecord {
        receipt_number: format!("JY{}2026{:06}", person.division, person.ix + 1),
        id_number: &person.id_number,
        name: &person.name,
        division_code: person.division,
        status: "在业",
        employer_name: &employer.name,
        started_on: "2024-07-01",
        full_time: !person.ix.is_multiple_of(7),
        wage_band: "C",
    }))
}

/// Accepts a registration: its receipt repeats what was registered. Nothing is kept, so that the
/// same request has the same answer.
fn register(question: &Question<'_>) -> Result<ProviderAnswer, ProviderAnswer> {
    let person = question.person()?;
    let code = question.in_body("employer_code");
    let unknown = || refuse(422, "no-such-employer", code);
    let employer = question.world.enterprise(code).ok_or_else(unknown)?;
    let accepted = compact(&EmploymentRecord {
        receipt_number: format!("JY{}2026{:06}", person.division, 900_000 + person.ix),
        id_number: &person.id_number,
        name: &person.name,
        division_code: question.in_body("division"),
        status: "已受理",
        employer_name: &employer.name,
        started_on: question.in_body("started_on"),
        full_time: question.body["full_time"].as_bool().unwrap_or(true),
        wage_band: "未定",
    });
    Ok(ProviderAnswer { status: 201, ..accepted })
}
