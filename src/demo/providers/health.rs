//! Health: hospitals, immunisation of children.

use serde::Serialize;

use super::{ProviderAnswer, Question, compact, not_found, pretty, refuse};
use crate::demo::divisions;
use crate::demo::world::{Hospital, World};

pub(super) fn answer(question: &Question<'_>) -> Option<ProviderAnswer> {
    let (method, segments) = question.route();
    Some(match (method, segments.as_slice()) {
        ("GET", ["v1", "hospitals"]) => {
            let division = question.in_query("division").unwrap_or_default();
            let prefix = division.trim_end_matches("00");
            let inside = |hospital: &&Hospital| hospital.division.starts_with(prefix);
            let found = question.world.hospitals().iter().filter(inside);
            compact(&found.map(|found| hospital(question.world, found)).collect::<Vec<_>>())
        }
        ("GET", ["v1", "hospitals", code]) => {
            match question.world.hospitals().iter().find(|hospital| hospital.code == *code) {
                Some(found) => compact(&hospital(question.world, found)),
                None => refuse(404, "no-such-hospital", code),
            }
        }
        ("POST", ["v1", "immunisation", "query"]) => {
            immunisation(question).unwrap_or_else(|none| none)
        }
        _ => return None,
    })
}

#[derive(Serialize)]
struct HospitalRecord<'a> {
    code: &'a str,
    name: &'a str,
    grade: &'static str,
    division_code: &'static str,
    address: String,
    beds: u32,
    emergency: bool,
    duty_telephone: &'a str,
    director: &'a str,
    /// Undeclared.
    inspection_score: f64,
}

fn hospital<'a>(world: &'a World, hospital: &'a Hospital) -> HospitalRecord<'a> {
    let place = divisions::find(hospital.division);
    HospitalRecord {
        code: &hospital.code,
        name: &hospital.name,
        grade: hospital.grade,
        division_code: hospital.division,
        address: place.map_or(String::new(), divisions::Division::full_name) + "示范街8号",
        beds: hospital.beds,
        emergency: hospital.beds > 200,
        duty_telephone: &hospital.duty_telephone,
        director: &world.people()[hospital.director].name,
        inspection_score: 91.5,
    }
}

#[derive(Serialize)]
struct ImmunisationRecord<'a> {
    id_number: &'a str,
    name: &'a str,
    birth_date: &'a str,
    complete: bool,
    doses: Vec<DoseRecord>,
    guardian: GuardianRecord<'a>,
    /// Undeclared.
    clinic_note: &'static str,
}

#[derive(Serialize)]
struct DoseRecord {
    vaccine: &'static str,
    number: u32,
    given_on: String,
    site: &'static str,
    reaction: Option<&'static str>,
    /// Undeclared.
    lot: String,
}

#[derive(Serialize)]
struct GuardianRecord<'a> {
    name: &'a str,
    id_number: &'a str,
    mobile: &'a str,
    /// Undeclared.
    employer: Option<&'a str>,
}

/// Vaccine, number of the dose, months after birth, reaction.
const DOSES: [(&str, u32, u32, Option<&str>); 4] = [
    ("乙肝疫苗", 1, 0, None),
    ("乙肝疫苗", 2, 1, None),
    ("百白破疫苗", 1, 3, Some("低热，次日消退")),
    ("麻腮风疫苗", 1, 8, None),
];

fn immunisation(question: &Question<'_>) -> Result<ProviderAnswer, ProviderAnswer> {
    let child = question.person()?;
    let world = question.world;
    if !world.children().any(|known| known.ix == child.ix) {
        return Err(not_found(&child.id_number));
    }
    let guardian = &world.household(child)[0];
    let born_month: u32 = child.birth_date[5..7].parse().unwrap_or(1);
    let dose = |(vaccine, number, after, reaction)| {
        let months = born_month - 1 + after;
        let (year, month) = (child.birth_year + months / 12, months % 12 + 1);
        DoseRecord {
            vaccine,
            number,
            given_on: format!("{year}-{month:02}-{}", &child.birth_date[8..]),
            site: "样例路社区卫生服务中心",
            reaction,
            lot: format!("LOT{year}{month:02}-{number}"),
        }
    };
    Ok(pretty(&ImmunisationRecord {
        id_number: &child.id_number,
        name: &child.name,
        birth_date: &child.birth_date,
        complete: true,
        doses: DOSES.into_iter().map(dose).collect(),
        guardian: GuardianRecord {
            name: &guardian.name,
            id_number: &guardian.id_number,
            mobile: &guardian.mobile,
            employer: world.employer(guardian).map(|employer| employer.name.as_str()),
        },
        clinic_note: "内部备注：家长曾咨询延迟接种",
    }))
}
