//! What a record says of itself, and pseudonyms: what one consumer sees of a person and another
//! doesn't.

use serde_json::json;
use sluice::settings::Settings;
use sluice_core::domain::UnixMillis;
use sluice_core::redaction::pseudonym::{PseudonymKeys, Rotation};

use crate::support::world::{PUBLIC_SECURITY, Setup};
use crate::support::{Answer, Ask, Files, Origin, World, check, detail_of, json as whole};

const DESK: &str = "human-resources/pension-desk";
const MARRIAGE_DESK: &str = "civil-affairs/marriage-desk";
const PROVIDER: &str = "public-security/records";
const POPULATION: &str = "public-security/population.yaml";
const IDENTIFIER: &str = "330106199003070410";

fn query(purpose: &str) -> Ask {
    let body = format!("{{\"id_number\":\"{IDENTIFIER}\"}}");
    Ask::post("/public-security/population/query", &body).purpose(purpose)
}

fn search() -> Ask {
    Ask::post("/public-security/population/search", r#"{"name":"赵晓明"}"#)
        .purpose("social-assistance")
}

/// Nothing is shown of a sealed record; of a child's neither address nor note.
fn conditional(files: Files) -> Files {
    let conditions = "
conditions:
  - { field: $.note, one_of: [sealed, adopted], withhold: true }
  - { field: $.birth_date, younger_than_years: 14, level: 4, fields: [$.sex, $.address] }

terms:
";
    files.edit(POPULATION, "\nterms:\n", conditions)
}

fn world(origin: &Origin) -> Setup {
    World::setup().catalog(conditional).origin(PUBLIC_SECURITY, origin)
}

fn record(birth_date: &str, note: &str) -> String {
    // The condition's fields come last: everything before is known only then.
    format!(
        r#"{{"id_number":"{IDENTIFIER}","sex":"女","address":"杭州市西湖区文三路9号","birth_date":"{birth_date}","note":"{note}"}}"#
    )
}

#[test]
fn a_child_s_record_shows_less() {
    let shown = |sex: &str, note: &str| {
        let year = if sex.is_empty() { "2024" } else { "1990" };
        format!(
            r#"{{"id_number":"3***************10",{sex}"address":"杭州市西湖区文****","birth_date":"{year}","note":"{note}"}}"#
        )
    };
    let cases = [
        (record("1990-03-07", "x"), shown(r#""sex":"女","#, "x")),
        (record("2024-03-07", "x"), shown("", "x")),
    ];
    for (sent, shown) in cases {
        let origin = Origin::answering(PROVIDER, whole(200, &sent));
        let world = world(&origin).start();
        let answer = world.call(DESK, &query("social-assistance"));
        let record = check(&world, &answer, 200, None);
        assert_eq!(answer.text(), shown, "{record}");
    }
}

#[test]
fn a_sealed_record_is_withheld_as_if_it_were_not_there() {
    let origin = Origin::answering(PROVIDER, whole(200, &record("1990-03-07", "sealed")));
    let world = world(&origin).start();
    let answer = world.call(DESK, &query("social-assistance"));
    let record = check(&world, &answer, 403, Some("record-withheld"));
    assert!(record.get("released").is_none());
    assert!(!answer.text().contains("sealed"));
}

#[test]
fn an_error_is_no_record_that_says_something_of_itself() {
    let origin = Origin::answering(PROVIDER, whole(404, r#"{"title":"nobody found"}"#));
    let world = world(&origin).start();
    let answer = world.call(DESK, &query("social-assistance"));
    check(&world, &answer, 404, Some("upstream-error"));
}

#[test]
fn what_is_withheld_of_many_is_counted_apart() {
    let open = record("1990-03-07", "x");
    let without = r#"{"id_number":"33010619870512043X","birth_date":"1990-03-07"}"#;
    let twice = record("1990-03-07", r#"x","note":"x"#);
    let sealed = record("1990-03-07", "sealed");
    let items = [&*sealed, &open, without, &sealed, &twice, &open, &sealed].join(",");
    let body = format!(r#"{{"total":7,"items":[{items}]}}"#);
    let origin = Origin::answering(PROVIDER, whole(200, &body));
    let world = world(&origin).start();
    let answer = world.call(DESK, &search());
    let record = check(&world, &answer, 200, None);
    let shown = r#"{"id_number":"3***************10","sex":"女","address":"杭州市西湖区文****","birth_date":"1990","note":"x"}"#;
    assert_eq!(answer.text(), format!(r#"{{"total":7,"items":[{shown},{shown}]}}"#));
    // A record without its note, or with two, is not known to be harmless.
    assert_eq!(record["released"]["withheld"], 5, "{record}");
    assert_eq!(record["released"]["records"], 2);
    assert_eq!(record["released"]["subjects"].as_array().unwrap().len(), 1);
}

#[test]
fn a_record_too_long_to_be_held_is_withheld_with_the_answer() {
    let long = record("1990-03-07", "x").replace("文三路9号", &"文".repeat(100_000));
    let body = format!(r#"{{"total":1,"items":[{long}]}}"#);
    let origin = Origin::answering(PROVIDER, whole(200, &body));
    let world = world(&origin).settings(|s| s.bounds.buffer_bytes = 1 << 20).start();
    let answer = world.call(DESK, &search());
    let record = check(&world, &answer, 502, Some("answer-unreadable"));
    assert_eq!(detail_of(&record), "record-too-long");
}

/// Both departments see pseudonyms of identifiers, under keys that change every day.
fn pseudonymous(origin: &Origin) -> Setup {
    let masked = |files: Files| {
        let clearance = "    clearance: 3\n    rate: 100/s";
        let lower = "    clearance: 2\n    lookups: [$.id_number]\n    rate: 100/s";
        files
            .edit(POPULATION, "mask: id-number", "mask: pseudonym")
            .edit(POPULATION, clearance, lower)
    };
    World::setup()
        .catalog(masked)
        .origin(PUBLIC_SECURITY, origin)
        .settings(|settings| settings.pseudonyms = ROTATION)
}

const ROTATION: Rotation = Rotation { period_days: 1, overlap_days: 1 };

fn pseudonym(answer: &Answer) -> String {
    answer.json()["id_number"].as_str().unwrap().to_owned()
}

/// The keys that the gateway makes, from the secret that it wrote down.
fn keys(settings: &Settings) -> PseudonymKeys {
    let text = std::fs::read_to_string(settings.log.secrets.join("pseudonym.key")).unwrap();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    let secret: Vec<u8> = text.trim().as_bytes().chunks(2).map(byte).collect();
    PseudonymKeys::derive(&secret.try_into().unwrap(), ROTATION)
}

fn now() -> UnixMillis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    since.as_millis() as i64
}

#[test]
fn a_person_has_one_pseudonym_for_a_department_and_another_elsewhere() {
    let body = format!(r#"{{"id_number":"{IDENTIFIER}","sex":"女"}}"#);
    let origin = Origin::answering(PROVIDER, whole(200, &body));
    let mut world = pseudonymous(&origin).start();
    let answer = world.call(DESK, &query("social-assistance"));
    let record = check(&world, &answer, 200, None);
    assert_eq!(record["released"]["masked"], json!({"$.id_number": 1}));
    let own = pseudonym(&answer);
    let other = pseudonym(&world.call(MARRIAGE_DESK, &query("marriage-registration")));
    assert_ne!(own.split('-').next(), other.split('-').next());
    // Midnight may come between two calls: the key of the first may be asked for by its id.
    let key = own.split('-').next().unwrap();
    let again = query("social-assistance").header("Exchange-Pseudonym-Key", key);
    assert_eq!(pseudonym(&world.call(DESK, &again)), own);
    // A restart does not change it.
    let settings = world.settings.clone();
    assert!(world.stop());
    let keys = keys(&settings);
    let entry = "public-security/population";
    let same = keys.at(now(), "human-resources", entry, Some(key)).unwrap();
    let mut written = Vec::new();
    same.write(IDENTIFIER, &mut written).unwrap();
    assert_eq!(own.as_bytes(), written);
}

#[test]
fn the_key_before_may_be_asked_for_and_no_other() {
    let body = format!(r#"{{"id_number":"{IDENTIFIER}","sex":"女"}}"#);
    let origin = Origin::answering(PROVIDER, whole(200, &body));
    let world = pseudonymous(&origin).start();
    let own = pseudonym(&world.call(DESK, &query("social-assistance")));
    let keys = keys(&world.settings);
    let entry = "public-security/population";
    let day = 24 * 60 * 60 * 1_000;
    let key_of = |days_ago: i64| {
        let key = keys.at(now() - days_ago * day, "human-resources", entry, None).unwrap();
        key.id().to_owned()
    };
    let with = |key: &str| {
        let ask = query("social-assistance").header("Exchange-Pseudonym-Key", key);
        let answer = world.call(DESK, &ask);
        check(&world, &answer, answer.status, answer.code().as_deref());
        answer
    };
    let before = with(&key_of(1));
    assert_eq!(before.status, 200, "{before:?}");
    assert!(pseudonym(&before).starts_with(&key_of(1)) && pseudonym(&before) != own);
    for key in [&*key_of(3), "p1_0000", "\"p1_0000\"", "", "é", "a b"] {
        let answer = with(key);
        assert_eq!(answer.code().as_deref(), Some("request-malformed"), "{key}: {answer:?}");
    }
}
