//! Market regulation: enterprise licences, food inspections.

use serde::Serialize;

use super::{ProviderAnswer, Question, Yuan, compact, refuse};
use crate::demo::divisions;
use crate::demo::world::{Enterprise, World};

/// Records on a page of a search.
const PAGE_RECORDS: usize = 20;

pub(super) fn answer(question: &Question<'_>) -> Option<ProviderAnswer> {
    let (method, segments) = question.route();
    Some(match (method, segments.as_slice()) {
        ("GET", ["v1", "enterprises"]) => search(question),
        ("GET", ["v1", "enterprises", code]) => match question.world.enterprise(code) {
            Some(found) => compact(&licence(question.world, found)),
            None => refuse(404, "no-such-enterprise", code),
        },
        ("GET", ["v1", "food-inspections", number]) => inspection(question.world, number),
        _ => return None,
    })
}

#[derive(Serialize)]
struct LicenceRecord<'a> {
    code: &'a str,
    name: &'a str,
    kind: &'static str,
    division_code: &'static str,
    address: String,
    status: &'static str,
    established_on: &'a str,
    registered_capital: Yuan,
    business_scope: &'static str,
    legal_representative: RepresentativeRecord<'a>,
    contact: ContactRecord<'a>,
    /// Undeclared: how the bureau rates the company, and who looked at it last.
    risk_grade: &'static str,
    inspector_note: &'static str,
}

#[derive(Serialize)]
struct RepresentativeRecord<'a> {
    name: &'a str,
    id_number: &'a str,
    /// Undeclared.
    mobile: &'a str,
}

#[derive(Serialize)]
struct ContactRecord<'a> {
    telephone: &'a str,
    email: &'a str,
}

fn licence<'a>(world: &'a World, enterprise: &'a Enterprise) -> LicenceRecord<'a> {
    let representative = &world.people()[enterprise.representative];
    let place = divisions::find(enterprise.division);
    LicenceRecord {
        code: &enterprise.code,
        name: &enterprise.name,
        kind: "有限责任公司（自然人投资或控股）",
        division_code: enterprise.division,
        address: place.map_or(String::new(), divisions::Division::full_name) + "演示大道1号",
        status: enterprise.status,
        established_on: &enterprise.established_on,
        registered_capital: Yuan(enterprise.capital_yuan),
        business_scope: enterprise.scope,
        legal_representative: RepresentativeRecord {
            name: &representative.name,
            id_number: &representative.id_number,
            mobile: &representative.mobile,
        },
        contact: ContactRecord { telephone: &enterprise.telephone, email: &enterprise.email },
        risk_grade: "B",
        inspector_note: "内部备注：列入双随机抽查名单",
    }
}

fn search(question: &Question<'_>) -> ProviderAnswer {
    let fits = |enterprise: &&Enterprise| {
        let Enterprise { name, division, status, .. } = enterprise;
        question.in_query("name").is_none_or(|part| name.contains(part))
            && question.in_query("division").is_none_or(|code| code == *division)
            && question.in_query("status").is_none_or(|wanted| wanted == *status)
    };
    let found = question.world.enterprises().iter().filter(fits);
    let records = found.map(|enterprise| licence(question.world, enterprise)).collect();
    compact(&question.page(records, PAGE_RECORDS))
}

#[derive(Serialize)]
struct InspectionRecord<'a> {
    number: &'a str,
    product: &'static str,
    producer_code: &'a str,
    conclusion: &'static str,
    inspected_on: &'static str,
    /// Undeclared.
    laboratory_note: &'static str,
}

fn inspection(world: &World, number: &str) -> ProviderAnswer {
    let samples = [("FI2026-00001", "样例龙井茶"), ("FI2026-00002", "样例糕点")];
    let producers =
        world.enterprises().iter().filter(|enterprise| enterprise.name.contains("食品"));
    let mut known = samples.into_iter().zip(producers);
    match known.find(|((known, _), _)| *known == number) {
        Some(((_, product), producer)) => compact(&InspectionRecord {
            number,
            product,
            producer_code: &producer.code,
            conclusion: "合格",
            inspected_on: "2026-02-18",
            laboratory_note: "复检留样至2026-08",
        }),
        None => refuse(404, "no-such-inspection", number),
    }
}
