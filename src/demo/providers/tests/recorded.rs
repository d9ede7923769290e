//! Pins the answers of the sample world by one digest for each route, so that none changes by
//! accident.

use serde_json::{Value, json};

use super::*;
use crate::demo::divisions;

/// Requests to one route, and the digest of all answers.
struct Asked {
    provider: ProviderSystem,
    route: &'static str,
    /// The part of each target after the route: a query, a segment of the path, or nothing.
    targets: Vec<String>,
    bodies: Vec<Vec<u8>>,
    digest: &'static str,
}

fn get(
    provider: ProviderSystem,
    route: &'static str,
    targets: Vec<String>,
    digest: &'static str,
) -> Asked {
    Asked { provider, route, targets, bodies: vec![Vec::new()], digest }
}

fn post(
    provider: ProviderSystem,
    route: &'static str,
    bodies: Vec<Vec<u8>>,
    digest: &'static str,
) -> Asked {
    Asked { provider, route, targets: vec![String::new()], bodies, digest }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Bodies that name each person, and some that name nobody.
fn people() -> Vec<Vec<u8>> {
    let people = World::sample().people().iter();
    let known = people.map(|person| json!({ "id_number": person.id_number }));
    let odd = [
        json!({ "id_number": "330106190001010000" }),
        json!({ "id_number": "a\"b\\c\n段" }),
        json!({ "id_number": 5 }),
        json!({ "id_number": true }),
        json!({ "id_number": null }),
        json!({ "id_number": [] }),
        json!({}),
        json!([]),
        json!("text"),
        json!(1),
    ];
    let mut bodies: Vec<_> = known.chain(odd).map(|body| body.to_string().into_bytes()).collect();
    bodies.extend([b"".to_vec(), b"{".to_vec(), b"{} {}".to_vec(), b"\xff".to_vec()]);
    bodies
}

fn searches() -> Vec<Vec<u8>> {
    let people = World::sample().people().iter();
    let divisions = ["330106", "330100", "330000", "110000", "33", "0000", "", "x"];
    let bodies = people.enumerate().flat_map(|(ix, person)| {
        let division = divisions[ix % divisions.len()];
        [
            json!({ "name": person.name, "division": division }),
            json!({ "name": person.name, "division": person.division }),
            json!({ "name": person.name }),
        ]
    });
    let odd =
        [json!({ "division": "330106" }), json!({ "name": "无此人", "division": 1 }), json!([1])];
    bodies.chain(odd).map(|body| body.to_string().into_bytes()).collect()
}

fn passes() -> Vec<Vec<u8>> {
    let people = World::sample().people().iter();
    let bodies = people.map(|person| json!({ "plate": person.plate, "date": "2026-11-02" }));
    let odd = [
        json!({ "plate": "浙A0001Z" }),
        json!({ "plate": "浙A0001Z", "date": "\"" }),
        json!({ "plate": "浙A0001Z", "date": 7 }),
        json!({ "date": "2026-11-02" }),
    ];
    bodies.chain(odd).map(|body| body.to_string().into_bytes()).collect()
}

fn registrations() -> Vec<Vec<u8>> {
    let world = World::sample();
    let enterprises = world.enterprises().iter().cycle();
    let full_time = [json!(true), json!(false), Value::Null, json!("no")];
    let full_time = full_time.iter().cycle();
    let rows = world.people().iter().zip(enterprises).zip(full_time);
    let bodies = rows.map(|((person, enterprise), full_time)| {
        json!({
            "id_number": person.id_number,
            "division": person.division,
            "employer_code": enterprise.code,
            "started_on": "2026-11-02",
            "full_time": full_time,
        })
    });
    let first = &world.people()[0].id_number;
    let odd = [
        json!({ "id_number": first }),
        json!({ "id_number": first, "employer_code": "\"段" }),
        json!({ "id_number": first, "employer_code": world.enterprises()[0].code }),
        json!({ "employer_code": world.enterprises()[0].code }),
    ];
    bodies.chain(odd).map(|body| body.to_string().into_bytes()).collect()
}

fn paged(of: &[String]) -> Vec<String> {
    let pages = ["", "&page=1", "&page=2", "&page=3", "&page=0", "&page=-1", "&page=x", "&page=99"];
    of.iter().flat_map(|one| pages.map(|page| format!("{one}{page}"))).collect()
}

fn regions() -> Vec<String> {
    let known = divisions::all().iter().map(|division| format!("?division={}", division.code));
    let odd = ["", "?division=", "?division=33", "?division=3301061", "?other=1"];
    known.chain(odd.map(str::to_owned)).collect()
}

fn routes() -> Vec<Asked> {
    use ProviderSystem::{CivilAffairs, Health, HumanResources, MarketRegulation, PublicSecurity};
    let world = World::sample();
    let codes = divisions::all().iter().map(|division| division.code);
    let parents = codes.clone().map(|code| format!("?parent={code}"));
    let companies = world.enterprises().iter();
    let names = companies.clone().map(|company| format!("?name={}", encoded(&company.name)));
    let odd = ["", "/999999", "/%22%E6%AE%B5", "/..", "//", "/a/b", "?parent=", "?parent=1"];
    let odd = || odd.map(str::to_owned);
    let word = |name: &str, text: &str| format!("?{name}={}", encoded(text));
    let found = [
        word("name", "样例"),
        word("status", "存续"),
        word("status", "吊销"),
        word("name", "食品"),
    ];
    let regional = regions();
    let one_region = regional.iter().filter(|region| region.contains("=3301")).cloned();
    let one_region: Vec<_> = one_region.chain(["?x=1".to_owned()]).collect();
    let segments = |codes: Vec<String>| codes.into_iter().map(|code| format!("/{code}"));
    let company_codes = companies.clone().map(|company| company.code.clone()).collect();
    let hospital_codes = world.hospitals().iter().map(|hospital| hospital.code.clone()).collect();
    let divisions = segments(codes.map(str::to_owned).collect());
    let divisions = parents.chain(divisions).chain(odd()).collect();
    let companies = names.chain(segments(company_codes)).chain(paged(&found));
    let companies = companies.chain(regions()).chain(odd()).collect();
    let numbers = ["FI2026-00001", "FI2026-00002", "FI2026-00003"].map(str::to_owned);
    let inspections = segments(numbers.into()).chain(odd()).collect();
    let hospitals = segments(hospital_codes).chain(regional).chain(odd()).collect();
    vec![
        get(CivilAffairs, "/v1/divisions", divisions, "57c5d2a1c37fd22c"),
        get(CivilAffairs, "/v1/allowance/recipients", paged(&one_region), "992a2a419c08c15a"),
        get(CivilAffairs, "/v1/allowance/export", odd().to_vec(), "fdab92eea21a61bf"),
        post(CivilAffairs, "/v1/marriage/query", people(), "eb11a267f3d4c097"),
        post(CivilAffairs, "/v1/allowance/query", people(), "19c46ca220bcea7c"),
        post(PublicSecurity, "/v1/population/query", people(), "3003f1397515b53f"),
        post(PublicSecurity, "/v1/population/search", searches(), "00c488e6fff8f82a"),
        post(PublicSecurity, "/v1/vehicle-passes/search", passes(), "bbd5c6c5614b91d0"),
        post(HumanResources, "/v1/social-insurance/query", people(), "534d385c4c8db622"),
        post(HumanResources, "/v1/employment/query", people(), "256b53745a9fc9db"),
        post(HumanResources, "/v1/employment/registrations", registrations(), "2cd72e6993712573"),
        get(MarketRegulation, "/v1/enterprises", companies, "85999792d8b1e904"),
        get(MarketRegulation, "/v1/food-inspections", inspections, "2ffab6aa786498ee"),
        get(Health, "/v1/hospitals", hospitals, "fac8a7c3c2f9152f"),
        post(Health, "/v1/immunisation/query", people(), "4440bfd52ce25024"),
        post(Health, "/v1/hospitals", people(), "4214e39cda37c254"),
    ]
}

#[test]
fn the_answers_of_the_sample_world_are_those_of_before() {
    let mut changed = Vec::new();
    for Asked { provider, route, targets, bodies, digest } in routes() {
        let method = if bodies[0].is_empty() { "GET" } else { "POST" };
        let mut hasher = blake3::Hasher::new();
        for target in &targets {
            let whole = format!("{route}{target}");
            let (path, query) =
                whole.split_once('?').map_or((&*whole, None), |(p, q)| (p, Some(q)));
            for body in &bodies {
                let answered = answer(provider, &ProviderRequest { method, path, query, body });
                let ProviderAnswer { status, content_type, body } = answered;
                let head = format!("{status} {content_type} {}\n", body.len());
                hasher.update(head.as_bytes()).update(&body);
            }
        }
        let now = hasher.finalize().to_hex()[..16].to_owned();
        if now != digest {
            changed.push(format!(
                "{method} {route} of {} answers {now}, not {digest}",
                provider.department()
            ));
        }
    }
    assert!(changed.is_empty(), "\n{}\n", changed.join("\n"));
}
