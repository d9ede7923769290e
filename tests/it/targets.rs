//! Path tricks and parameter tricks: what a provider could read otherwise than the gateway does is
//! refused, and what passes reaches it in the one normal form.

use crate::support::certificates::HOST;
use crate::support::world::{CIVIL_AFFAIRS, PUBLIC_SECURITY, probe};
use crate::support::{Answer, Ask, Origin, World, check, detail_of, http2, json, system};

const CASES: &str = include_str!("../cases/targets.txt");
const DIVISIONS: &str = "/civil-affairs/divisions";
const PEOPLE: &str = "/public-security/population/people";
const PURPOSE: &str = "social-assistance";

/// A line of the table.
struct Case {
    expected: Expected,
    /// As it stands in the table, for messages.
    line: &'static str,
    target: Vec<u8>,
}

/// What becomes of a target.
enum Expected {
    Passes(&'static str),
    Refused(u16, &'static str, Option<String>),
    /// It does not even make a request line.
    Unread(&'static str),
}

fn cases() -> Vec<Case> {
    let lines = CASES.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let case = |line: &'static str| {
        let (expected, target) = line.split_once('\t').unwrap();
        let expected = match expected.split_once(' ') {
            Some(("passes", forwarded)) => Expected::Passes(forwarded),
            Some(("refused", why)) => {
                Expected::Refused(400, "request-malformed", Some(format!("target-{why}")))
            }
            Some(("unread", why)) => Expected::Unread(why),
            _ => match expected {
                "421" => {
                    Expected::Refused(421, "request-malformed", Some("authority-unknown".into()))
                }
                "not-in-catalog" => Expected::Refused(404, expected, None),
                "method-not-allowed" => Expected::Refused(405, expected, None),
                code => Expected::Refused(400, code, None),
            },
        };
        Case { expected, line, target: raw(target) }
    };
    lines.map(case).collect()
}

/// The bytes of a target of the table.
fn raw(text: &str) -> Vec<u8> {
    let text = text.replacen("$D", DIVISIONS, 1).replacen("$P", PEOPLE, 1);
    let mut parts = text.split("\\x");
    let mut raw = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        raw.push(u8::from_str_radix(&part[..2], 16).unwrap());
        raw.extend_from_slice(&part.as_bytes()[2..]);
    }
    raw
}

/// A gateway with both providers behind it.
struct Stage {
    world: World,
    origins: [Origin; 2],
}

impl Stage {
    fn set() -> Stage {
        let origins = ["public-security/records", "civil-affairs/records"]
            .map(|system| Origin::answering(system, json(200, "{\"items\":[]}")));
        let world = World::with(&[(PUBLIC_SECURITY, &origins[0]), (CIVIL_AFFAIRS, &origins[1])]);
        Stage { world, origins }
    }

    /// What reached the providers since the last time.
    fn reached(&self) -> Vec<String> {
        let asked = self.origins.iter().flat_map(Origin::take);
        asked.map(|asked| asked.head.line).collect()
    }

    fn check(&self, case: &Case, answer: &Answer) {
        let reached = self.reached();
        match &case.expected {
            Expected::Passes(forwarded) => {
                check(&self.world, answer, 200, None);
                assert_eq!(reached, [format!("GET {forwarded} HTTP/1.1")], "{}", case.line);
            }
            Expected::Refused(status, code, why) => {
                assert_eq!(answer.code().as_deref(), Some(*code), "{}", case.line);
                let record = check(&self.world, answer, *status, Some(code));
                if let Some(why) = why {
                    assert_eq!(detail_of(&record), why.as_str(), "{}", case.line);
                }
                assert!(reached.is_empty(), "{}: {reached:?}", case.line);
            }
            Expected::Unread(why) => {
                let record = check(&self.world, answer, 400, Some("request-malformed"));
                assert_eq!(detail_of(&record), format!("message-{why}"), "{}", case.line);
                assert!(reached.is_empty(), "{}: {reached:?}", case.line);
            }
        }
    }
}

#[test]
fn a_target_passes_in_its_one_normal_form_or_not_at_all() {
    let stage = Stage::set();
    let cases = cases();
    assert!(cases.len() > 150, "the table is read wrongly");
    for (number, case) in cases.iter().enumerate() {
        let system = probe(number);
        let mut connection = stage.world.connect(&system);
        connection.send(b"GET ");
        connection.send(&case.target);
        let rest = format!(" HTTP/1.1\r\nHost: {HOST}\r\nExchange-Purpose: {PURPOSE}\r\n\r\n");
        connection.send(rest.as_bytes());
        let answer = connection.answer().unwrap();
        stage.check(case, &answer);
    }
}

#[test]
fn http2_changes_nothing_about_it() {
    let stage = Stage::set();
    let mut tried = 0;
    for (number, case) in cases().iter().enumerate() {
        let Ok(target) = std::str::from_utf8(&case.target) else { continue };
        // Other forms of a target don't exist there, and some bytes the client's library refuses.
        let sendable = format!("https://{HOST}{target}").parse::<http::Uri>().is_ok();
        if !target.starts_with('/')
            || target.contains('#')
            || !sendable
            || matches!(case.expected, Expected::Unread(_))
        {
            continue;
        }
        tried += 1;
        let ask = Ask::get(target).purpose(PURPOSE);
        let certificate = system(&probe(number));
        let answers = http2::ask_all(stage.world.address(), &certificate, vec![ask]);
        stage.check(case, &answers[0]);
    }
    assert!(tried > 130, "{tried}");
}

#[test]
fn a_target_has_a_length_and_a_number_of_parts() {
    let stage = Stage::set();
    let query = |length: usize| {
        let start = format!("{PEOPLE}/P0017?place=");
        start.clone() + &"a".repeat(length - start.len())
    };
    let parameters = |count: usize| format!("{DIVISIONS}?{}", vec!["a=1"; count].join("&"));
    let too_many = "target-too-many-parts limit_parts=32";
    let cases = [
        (query(4096), 400, "parameter-invalid", "too-long parameter=place"),
        (query(4097), 414, "request-too-large", "target limit_bytes=4096"),
        (query(15_000), 414, "request-too-large", "target limit_bytes=4096"),
        ("/a".repeat(32), 404, "not-in-catalog", "entry"),
        ("/a".repeat(33), 400, "request-malformed", too_many),
        (parameters(32), 400, "parameter-not-allowed", "query-parameter position=1"),
        (parameters(33), 400, "request-malformed", too_many),
    ];
    for (number, (target, status, code, detail)) in cases.iter().enumerate() {
        let ask = Ask::get(target).purpose(PURPOSE);
        let mut answers = vec![stage.world.probe(number, &ask)];
        let certificate = system(&probe(number));
        answers.extend(http2::ask_all(stage.world.address(), &certificate, vec![ask]));
        for answer in answers {
            let record = check(&stage.world, &answer, *status, Some(code));
            assert_eq!(detail_of(&record), *detail, "{} bytes", target.len());
        }
    }
    assert!(stage.reached().is_empty());
}

#[test]
fn a_target_beyond_the_head_is_not_even_read() {
    let stage = Stage::set();
    let mut connection = stage.world.connect(&probe(0));
    let long = format!("{DIVISIONS}?parent={}", "1".repeat(20_000));
    connection.send(&Ask::get(&long).bytes());
    let answer = connection.answer().unwrap();
    let record = check(&stage.world, &answer, 431, Some("request-too-large"));
    assert_eq!(detail_of(&record), "head limit_bytes=16384 limit_fields=64");
    assert!(stage.reached().is_empty());
}
