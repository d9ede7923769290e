//! The cases of negative answers: what a term lacks, and what is refused whatever terms say.

use crate::support::Ask;

const NUMBER: &str = r#"{"id_number":"330106199003070410"}"#;
pub const PURPOSE: &str = "social-assistance";
pub const BODY_BYTES: u64 = 2048;

const FULL: &str = "clearance: 3";
const STATED: &[(&str, &str)] = &[("Exchange-Purpose", PURPOSE)];
const PERSON: &str = "/public-security/population/people/P0017";

/// What a term asks, and a request that lacks just that.
pub struct Unmet {
    /// The name of the lack's variant.
    pub lacking: &'static str,
    pub term: &'static str,
    pub headers: &'static [(&'static str, &'static str)],
    /// What the problem document says of it, in JSON.
    pub nearest: &'static str,
    pub detail: &'static str,
}

/// A request that is refused, of whom, and how.
pub struct Refused {
    /// The name of the rejection's variant.
    pub rejection: &'static str,
    /// The system that asks; a probe where none is named.
    pub system: Option<&'static str>,
    pub status: u16,
    pub code: &'static str,
    pub detail: &'static str,
    pub ask: fn() -> Ask,
}

pub const UNMET: &[Unmet] = &[
    Unmet {
        lacking: "System",
        term: "clearance: 3, systems: [pension-desk]",
        headers: STATED,
        nearest: r#"{ "code": "not-authorised", "lacks": "system" }"#,
        detail: "system basis=term/own lacking=system",
    },
    Unmet {
        lacking: "Period",
        term: "clearance: 3, from: 2099-01-01",
        headers: STATED,
        nearest: r#"{ "code": "not-authorised", "lacks": "period" }"#,
        detail: "period basis=term/own lacking=period",
    },
    Unmet {
        lacking: "Period",
        term: "clearance: 3, from: 2019-01-01, until: 2020-01-01",
        headers: STATED,
        nearest: r#"{ "code": "not-authorised", "lacks": "period" }"#,
        detail: "period basis=term/own lacking=period",
    },
    Unmet {
        lacking: "Mode",
        term: "clearance: 3, modes: [search]",
        headers: STATED,
        nearest: r#"{ "code": "mode-not-allowed", "allowed": ["search"] }"#,
        detail: "mode basis=term/own lacking=mode allowed=search",
    },
    Unmet {
        lacking: "PurposeMissing",
        term: FULL,
        headers: &[],
        nearest: r#"{ "code": "purpose-missing", "allowed": ["social-assistance"] }"#,
        detail: "purpose-missing basis=term/own lacking=purpose-missing allowed=social-assistance",
    },
    Unmet {
        lacking: "PurposeNotAllowed",
        term: FULL,
        headers: &[("Exchange-Purpose", "marriage-registration")],
        nearest: r#"{ "code": "purpose-not-allowed", "allowed": ["social-assistance"] }"#,
        detail: "purpose basis=term/own lacking=purpose allowed=social-assistance",
    },
    Unmet {
        lacking: "PurposeNotAllowed",
        term: FULL,
        headers: &[("Exchange-Purpose", "\"no such purpose\"")],
        nearest: r#"{ "code": "purpose-not-allowed", "allowed": ["social-assistance"] }"#,
        detail: "purpose basis=term/own lacking=purpose allowed=social-assistance",
    },
    Unmet {
        lacking: "CaseMissing",
        term: "clearance: 3, case: required",
        headers: STATED,
        nearest: r#"{ "code": "case-missing" }"#,
        detail: "case-missing basis=term/own lacking=case-missing",
    },
    Unmet {
        lacking: "CaseInvalid",
        term: "clearance: 3, case: { pattern: 'SA-[0-9]{4}' }",
        headers: &[("Exchange-Purpose", PURPOSE), ("Exchange-Case", "SA-12345")],
        nearest: r#"{ "code": "case-invalid" }"#,
        detail: "case-invalid basis=term/own lacking=case-invalid",
    },
    Unmet {
        lacking: "CaseInvalid",
        term: FULL,
        headers: &[("Exchange-Purpose", PURPOSE), ("Exchange-Case", "\"<b>\"")],
        nearest: r#"{ "code": "case-invalid" }"#,
        detail: "case-invalid basis=term/own lacking=case-invalid",
    },
    Unmet {
        lacking: "ConsentMissing",
        term: "clearance: 3, consent: required",
        headers: STATED,
        nearest: r#"{ "code": "consent-missing" }"#,
        detail: "consent-missing basis=term/own lacking=consent-missing",
    },
    Unmet {
        lacking: "ConsentInvalid",
        term: "clearance: 3, consent: required",
        headers: &[("Exchange-Purpose", PURPOSE), ("Exchange-Consent", "\"C 1\"")],
        nearest: r#"{ "code": "consent-invalid" }"#,
        detail: "consent-invalid basis=term/own lacking=consent-invalid",
    },
    Unmet {
        lacking: "ConsentInvalid",
        term: FULL,
        headers: &[("Exchange-Purpose", PURPOSE), ("Exchange-Consent", "\"<b>\"")],
        nearest: r#"{ "code": "consent-invalid" }"#,
        detail: "consent-invalid basis=term/own lacking=consent-invalid",
    },
    Unmet {
        lacking: "OperatorMissing",
        term: "clearance: 3, operators: required",
        headers: STATED,
        nearest: r#"{ "code": "operator-missing" }"#,
        detail: "operator-missing basis=term/own lacking=operator-missing",
    },
    Unmet {
        lacking: "OperatorNotAllowed",
        term: "clearance: 3, operators: [officer-0018]",
        headers: &[("Exchange-Purpose", PURPOSE), ("Exchange-Operator", "officer-0017")],
        nearest: r#"{ "code": "operator-not-allowed" }"#,
        detail: "operator basis=term/own lacking=operator",
    },
    Unmet {
        lacking: "OperatorNotAllowed",
        term: FULL,
        headers: &[("Exchange-Purpose", PURPOSE), ("Exchange-Operator", "officer-0019")],
        nearest: r#"{ "code": "operator-not-allowed" }"#,
        detail: "operator basis=term/own lacking=operator",
    },
    Unmet {
        lacking: "OperatorNotAllowed",
        term: FULL,
        headers: &[("Exchange-Purpose", PURPOSE), ("Exchange-Operator", "officer-0101")],
        nearest: r#"{ "code": "operator-not-allowed" }"#,
        detail: "operator basis=term/own lacking=operator",
    },
    Unmet {
        lacking: "Lookup",
        term: "clearance: 2",
        headers: STATED,
        nearest: r#"{ "code": "parameter-not-allowed", "parameter": "number" }"#,
        detail: "lookup parameter=number basis=term/own lacking=lookup",
    },
    Unmet {
        lacking: "Binding",
        term: "clearance: 3, bindings: [{ parameter: region, to: own-region }]",
        headers: STATED,
        nearest: r#"{ "code": "parameter-not-allowed", "parameter": "region" }"#,
        detail: "binding parameter=region basis=term/own lacking=binding",
    },
    Unmet {
        lacking: "Binding",
        term: "clearance: 3, bindings: [{ parameter: number, equals: '0001' }]",
        headers: STATED,
        nearest: r#"{ "code": "parameter-not-allowed", "parameter": "number" }"#,
        detail: "binding parameter=number basis=term/own lacking=binding",
    },
];

pub const REFUSED: &[Refused] = &[
    of("nobody/desk", case("UnknownPeer", 403, "unknown-peer", "department", query)),
    of("health/nobody", case("UnknownPeer", 403, "unknown-peer", "system", query)),
    of(
        "market-regulation/licence-desk",
        case("PeerSuspended", 403, "peer-suspended", "department", query),
    ),
    of(
        "human-resources/closed-desk",
        case("PeerSuspended", 403, "peer-suspended", "system", query),
    ),
    case("RequestMalformed", 400, "request-malformed", "body-malformed", || query_of("{")),
    case("RequestMalformed", 400, "request-malformed", "body-malformed", || query_of("[]")),
    case("RequestMalformed", 400, "request-malformed", "body-unexpected", || {
        Ask::get(PERSON).purpose(PURPOSE).body("{}")
    }),
    case(
        "RequestMalformed",
        400,
        "request-malformed",
        "header-malformed header=exchange-purpose",
        || Ask::post("/public-security/population/query", NUMBER).purpose("(a b)"),
    ),
    case(
        "RequestMalformed",
        400,
        "request-malformed",
        "header-malformed header=exchange-fields",
        || query().header("Exchange-Fields", "(sex)"),
    ),
    case(
        "RequestMalformed",
        400,
        "request-malformed",
        "header-repeated header=exchange-purpose",
        || query().purpose(PURPOSE),
    ),
    case("RequestMalformed", 400, "request-malformed", "target-dot-segment", || {
        Ask::get("/public-security/../civil-affairs")
    }),
    case("RequestTooLarge", 413, "request-too-large", "body limit_bytes=2048", large),
    case("RequestTooLarge", 414, "request-too-large", "target limit_bytes=4096", || {
        Ask::get(&format!("{PERSON}?place={}", "a".repeat(4096)))
    }),
    case("MediaTypeUnsupported", 415, "media-type-unsupported", "", || {
        Ask::new("POST", "/public-security/population/query").body(NUMBER)
    }),
    case("MediaTypeUnsupported", 415, "media-type-unsupported", "", || {
        query().header("Content-Encoding", "gzip")
    }),
    case("NotInCatalog", 404, "not-in-catalog", "entry", || Ask::get("/public-security/nothing")),
    case("NotInCatalog", 404, "not-in-catalog", "entry", || Ask::get("/public-security")),
    case("NotInCatalog", 404, "not-in-catalog", "operation", || {
        Ask::get("/public-security/population/nothing")
    }),
    case("NotInCatalog", 404, "not-in-catalog", "operation", || Ask::get("/-/nothing")),
    case("MethodNotAllowed", 405, "method-not-allowed", "", || {
        Ask::get("/public-security/population/query")
    }),
    case("ParameterNotAllowed", 400, "parameter-not-allowed", "query-parameter position=2", || {
        Ask::get(&format!("{PERSON}?year=1990&extra=1")).purpose(PURPOSE)
    }),
    case("ParameterNotAllowed", 400, "parameter-not-allowed", "body-member position=1", || {
        query_of(r#"{"extra":1}"#)
    }),
    case(
        "ParameterMissing",
        400,
        "parameter-missing",
        "parameter-missing parameter=id_number",
        || query_of("{}"),
    ),
    case("ParameterInvalid", 400, "parameter-invalid", "pattern parameter=id_number", || {
        query_of(r#"{"id_number":"1"}"#)
    }),
    case("ParameterInvalid", 400, "parameter-invalid", "bounds parameter=year", || {
        Ask::get(&format!("{PERSON}?year=1")).purpose(PURPOSE)
    }),
    case("ParameterInvalid", 400, "parameter-invalid", "repeated parameter=year", || {
        Ask::get(&format!("{PERSON}?year=1990&year=1990")).purpose(PURPOSE)
    }),
    case("FieldUnknown", 400, "field-unknown", "field-unknown position=2", || {
        query().header("Exchange-Fields", "sex, nothing")
    }),
    case("GrantUnknown", 403, "grant-unknown", "", || query().header("Exchange-Grant", "G-1")),
    case("NonShared", 403, "non-shared", "", || Ask::get("/public-security/open-cases")),
    case("EntrySuspended", 403, "entry-suspended", "", || {
        Ask::post("/civil-affairs/marriage/query", NUMBER).purpose(PURPOSE)
    }),
    case("ProviderSuspended", 403, "provider-suspended", "", || {
        Ask::get("/market-regulation/licences/91330106MA00000000")
    }),
    of("health/clinic-desk", case("NotAuthorised", 403, "not-authorised", "", query)),
    case("ApprovalRequired", 403, "approval-required", "", || {
        Ask::get("/public-security/terms/all").purpose(PURPOSE)
    }),
    case("ApprovalRequired", 403, "approval-required", "", || {
        Ask::get("/public-security/terms/portraits").purpose(PURPOSE)
    }),
];

const fn case(
    rejection: &'static str,
    status: u16,
    code: &'static str,
    detail: &'static str,
    ask: fn() -> Ask,
) -> Refused {
    Refused { rejection, system: None, status, code, detail, ask }
}

const fn of(system: &'static str, refused: Refused) -> Refused {
    Refused { system: Some(system), ..refused }
}

pub fn query() -> Ask {
    Ask::post("/public-security/population/query", NUMBER).purpose(PURPOSE)
}

/// The same with another body.
fn query_of(body: &str) -> Ask {
    Ask::post("/public-security/population/query", body).purpose(PURPOSE)
}

fn large() -> Ask {
    query_of(&format!(r#"{{"id_number":"{}"}}"#, "1".repeat(BODY_BYTES as usize)))
}
