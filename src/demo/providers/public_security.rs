//! Public security: the population register, vehicles at checkpoints.

use serde::Serialize;

use super::{ProviderAnswer, Question, list, pretty};
use crate::demo::divisions;
use crate::demo::people::{Person, Relation};
use crate::demo::world::World;

pub(super) fn answer(question: &Question<'_>) -> Option<ProviderAnswer> {
    let (method, segments) = question.route();
    Some(match (method, segments.as_slice()) {
        ("POST", ["v1", "population", "query"]) => match question.person() {
            Ok(person) => pretty(&resident(question.world, person)),
            Err(none) => none,
        },
        ("POST", ["v1", "population", "search"]) => search(question),
        ("POST", ["v1", "vehicle-passes", "search"]) => vehicle_passes(question),
        _ => return None,
    })
}

#[derive(Serialize)]
struct ResidentRecord<'a> {
    record_number: u64,
    id_number: &'a str,
    name: &'a str,
    /// Undeclared.
    former_name: Option<&'a str>,
    sex: &'static str,
    ethnicity: &'static str,
    birth_date: &'a str,
    division_code: &'static str,
    division_name: String,
    address: &'a str,
    mobile: &'a str,
    email: &'a str,
    deceased: bool,
    household: HouseholdRecord<'a>,
    vehicles: Vec<VehicleRecord<'a>>,
    portrait: String,
    /// Undeclared: for the police alone.
    watch_list: WatchRecord,
    remark: &'static str,
}

#[derive(Serialize)]
struct HouseholdRecord<'a> {
    number: String,
    relation: &'static str,
    members: Vec<MemberRecord<'a>>,
}

#[derive(Serialize)]
struct MemberRecord<'a> {
    name: &'a str,
    relation: &'static str,
    /// Undeclared.
    id_number: &'a str,
}

#[derive(Serialize)]
struct VehicleRecord<'a> {
    plate: &'a str,
    /// Undeclared.
    engine_number: String,
}

#[derive(Serialize)]
struct WatchRecord {
    listed: bool,
    score: f64,
}

fn resident<'a>(world: &'a World, person: &'a Person) -> ResidentRecord<'a> {
    let number = format!("HH{}{:06}", person.division, person.household() + 1);
    let place = divisions::find(person.division);
    let vehicles = person.plate.iter().map(|plate| VehicleRecord {
        plate,
        engine_number: format!("ENG0000{:05}", person.ix + 1),
    });
    ResidentRecord {
        record_number: person.record_number,
        id_number: &person.id_number,
        name: &person.name,
        former_name: None,
        sex: person.sex.word(),
        ethnicity: person.ethnicity,
        birth_date: &person.birth_date,
        division_code: person.division,
        division_name: place.map_or(String::new(), divisions::Division::full_name),
        address: &person.address,
        mobile: &person.mobile,
        email: &person.email,
        deceased: person.relation == Relation::Spouse && person.household() % 20 == 19,
        household: HouseholdRecord {
            number,
            relation: person.relation.word(person.sex),
            members: members(world, person),
        },
        vehicles: vehicles.collect(),
        portrait: format!("data:image/png;base64,U2FtcGxl{:04}", person.ix + 1000),
        watch_list: WatchRecord { listed: false, score: 0.25 },
        remark: "内部备注：2019年曾补领身份证",
    }
}

fn members<'a>(world: &'a World, person: &Person) -> Vec<MemberRecord<'a>> {
    let others = world.household(person).iter().filter(|other| other.ix != person.ix);
    let member = |other: &'a Person| MemberRecord {
        name: &other.name,
        relation: other.relation.word(other.sex),
        id_number: &other.id_number,
    };
    others.map(member).collect()
}

fn search(question: &Question<'_>) -> ProviderAnswer {
    let (name, division) = (question.in_body("name"), question.in_body("division"));
    let prefix = division.trim_end_matches("00");
    let found = question
        .world
        .people()
        .iter()
        .filter(|person| person.name == name && person.division.starts_with(prefix));
    pretty(&list(found.map(|person| resident(question.world, person)).collect()))
}

#[derive(Serialize)]
struct PassRecord<'a> {
    plate: &'a str,
    passed_at: String,
    checkpoint: &'static str,
    lane: u32,
    owner_id_number: &'a str,
    /// Undeclared.
    camera_address: String,
    image_file: String,
}

const CHECKPOINTS: [&str; 3] = ["样例路北口卡口", "示范街立交卡口", "演示大道收费站卡口"];

fn vehicle_passes(question: &Question<'_>) -> ProviderAnswer {
    let (plate, date) = (question.in_body("plate"), question.in_body("date"));
    let owner =
        question.world.people().iter().find(|person| person.plate.as_deref() == Some(plate));
    let passes = owner.into_iter().flat_map(|owner| {
        CHECKPOINTS.iter().enumerate().map(move |(ix, checkpoint)| PassRecord {
            plate,
            passed_at: format!(
                "{date}T{:02}:{:02}:09+08:00",
                7 + ix * 5,
                (owner.ix + ix * 13) % 60
            ),
            checkpoint,
            lane: 1 + ix as u32,
            owner_id_number: &owner.id_number,
            camera_address: format!("192.0.2.{}", 10 + ix),
            image_file: format!("{date}/{}-{ix}.jpg", owner.ix),
        })
    });
    pretty(&list(passes.collect()))
}
