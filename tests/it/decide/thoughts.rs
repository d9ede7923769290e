//! Calls that somebody thinks of making, by what comes of them.

use super::Thought;

const QUERY: &str = "/public-security/population/query";
const NUMBER: &str = r#"{"id_number":"330106199003070410"}"#;

/// Calls of every outcome that a decision can have.
pub fn thoughts() -> Vec<Thought> {
    [permitted(), lacking(), unknown_to_the_catalog(), malformed()].concat()
}

fn query() -> Thought {
    Thought::post(QUERY, NUMBER)
}

fn assisted(thought: Thought) -> Thought {
    thought.purpose("social-assistance")
}

fn case() -> Thought {
    Thought::get("/public-security/cases").purpose("case-investigation")
}

fn consented(consent: Option<&'static str>) -> Thought {
    Thought { consent, ..assisted(Thought::get("/public-security/consents")) }
}

fn permitted() -> Vec<Thought> {
    vec![
        consented(Some("同意-2026-0007")),
        assisted(query()),
        query().of("civil-affairs/marriage-desk").purpose("marriage-registration"),
        Thought::get("/civil-affairs/divisions/330100"),
        Thought::get("/civil-affairs/divisions").of("health/clinic-desk"),
        assisted(Thought::get("/public-security/population/people/P1?year=1990&place=a+b")),
        Thought { fields: &["$.name", "$.sex"], ..assisted(query()) },
        Thought {
            case: Some("（2026）浙01刑初12号"), operator: Some("officer-0017"), ..case()
        },
    ]
}

/// What the term, or a grant that is named, does not let through.
fn lacking() -> Vec<Thought> {
    vec![
        query(),
        query().purpose("marriage-registration"),
        query().purpose("no such purpose"),
        query().of("civil-affairs/records").purpose("marriage-registration"),
        query().of("health/clinic-desk"),
        Thought { case: Some("<>"), ..assisted(query()) },
        Thought { consent: Some("<>"), ..assisted(query()) },
        Thought { operator: Some("officer-0019"), ..assisted(query()) },
        consented(None),
        consented(Some("C 1")),
        case(),
        Thought { case: Some("（2026）浙01刑初12号"), ..case() },
        Thought { case: Some("2026-12"), operator: Some("officer-0017"), ..case() },
        Thought { case: Some("（2026）浙1号"), operator: Some("officer-0018"), ..case() },
        case().of("civil-affairs/marriage-desk"),
        assisted(Thought::get("/public-security/population/all")),
        Thought { grant: Some("G-1"), ..assisted(query()) },
        Thought { fields: &["$.nothing"], ..assisted(query()) },
        Thought { fields: &["$.name["], ..assisted(query()) },
    ]
}

fn unknown_to_the_catalog() -> Vec<Thought> {
    vec![
        Thought::get("/nothing/here"),
        Thought::get("/public-security/population/nothing"),
        Thought::get(QUERY),
        Thought { method: "DELETE", ..Thought::get("/civil-affairs/divisions/330100") },
        Thought::get("/public-security/open-cases"),
        assisted(Thought::post("/civil-affairs/marriage/query", NUMBER)),
        Thought::get("/market-regulation/licences/91330106MA00000000"),
    ]
}

/// What is wrong with the request itself.
fn malformed() -> Vec<Thought> {
    const PEOPLE: &str = "/public-security/population/people";
    let long: &'static str =
        Box::leak(format!("{PEOPLE}/P1?place={}", "a".repeat(4096)).into_boxed_str());
    vec![
        Thought::get("/civil-affairs/../divisions"),
        Thought::get("/civil-affairs//divisions"),
        Thought::get("/civil-affairs/divisions/33%2F0100"),
        Thought::get(long),
        Thought::get("/civil-affairs/divisions/abc"),
        Thought::get("/civil-affairs/divisions?year=1"),
        assisted(Thought::get("/public-security/population/people/P1?year=1990&year=1991")),
        assisted(Thought::post(QUERY, "{}")),
        assisted(Thought::post(QUERY, r#"{"id_number":1}"#)),
        assisted(Thought::post(QUERY, r#"{"id_number":"330106199003070410","x":1}"#)),
        assisted(Thought::post(QUERY, r#"{"id_number":"1","id_number":"330106199003070410"}"#)),
        assisted(Thought::post(QUERY, "[]")),
        assisted(Thought::post(
            "/public-security/population/search",
            r#"{"name":"赵晓明","born":1990.0}"#,
        )),
        Thought { body: Some("{}"), ..Thought::post("/civil-affairs/divisions/330100", "{}") },
    ]
}
