//! The meaning of changes for consumers.

use super::{DIVISIONS, MARRIAGE, edited, samples};
use crate::catalog::difference::{Changes, between, beyond_the_department};
use crate::catalog::{PROCEDURE_FILE, REGISTRY_FILE, SourceFile, read};

fn changes(sources: &[SourceFile]) -> Changes {
    between(&read(&samples()).unwrap(), &read(sources).unwrap())
}

fn said(edits: &[(&str, &str, &str)]) -> String {
    changes(&edited(edits)).to_string()
}

#[test]
fn the_same_meaning_is_no_difference() {
    assert_eq!(said(&[]), "");
    assert_eq!(said(&[(MARRIAGE, "max_chars: 18", "max_chars: 18  # as of GB 11643")]), "");
}

#[test]
fn who_sees_more_or_less_is_told() {
    assert_eq!(
        said(&[(MARRIAGE, "    title: 姓名\n    level: 2", "    title: 姓名\n    level: 3")]),
        "civil-affairs/marriage
  - civil-affairs and human-resources: `$.name` is now seen masked by keep(1, 0, *) (in clear before)
"
    );
    assert_eq!(
        said(&[(MARRIAGE, "clearance: 2", "clearance: 3")]),
        "civil-affairs/marriage
  + civil-affairs and human-resources: `$.id_number` is now seen in clear (masked by id-number before)
"
    );
    assert_eq!(
        said(&[(DIVISIONS, "rate: 50/s", "rate: 50/s\nclearance: 2")]),
        "civil-affairs/divisions
  + city-government, civil-affairs and human-resources: `$.boundary` is now seen in clear (not at all \
         before)
"
    );
}

#[test]
fn who_gains_and_loses_an_entry_is_told() {
    assert_eq!(
        said(&[(MARRIAGE, "consumers: [public-security]", "consumers: [city-government]")]),
        "civil-affairs/marriage
  - public-security: may no longer use it
  + city-government: may now use it: `by-year` and `query`, for `case-investigation`; sees 5 fields \
         in clear, 0 masked
"
    );
    let gone: Vec<_> = samples().into_iter().filter(|source| source.path != DIVISIONS).collect();
    assert_eq!(
        changes(&gone).to_string(),
        "civil-affairs/divisions
  - the entry is gone
  - every department: may no longer use it
"
    );
}

#[test]
fn conditions_are_told() {
    assert_eq!(
        said(&[
            (MARRIAGE, "open:", "related: [33/0117]\nresponsible: civil-affairs\nopen:"),
            (MARRIAGE, "case: required", "case: {pattern: '[0-9]+'}"),
            (MARRIAGE, "rate: 20/s", "consent: required\n    rate: 10/s"),
            (MARRIAGE, "tells: [case, operator]", "tells: [case, consent]"),
            (MARRIAGE, "until: 2027-01-01", "until: 2026-07-01"),
            (MARRIAGE, "total_timeout_ms: 5000", "total_timeout_ms: 3000"),
            (MARRIAGE, "max: 2100", "max: 2050"),
            (MARRIAGE, "    lookups: [$.id_number]\n", "    lookups: [$.id_number, $.note]\n"),
        ]),
        "civil-affairs/marriage
  ~ its list of related codes is 33/0117 (none before)
  ~ its upstream is records.civil-affairs.internal:9443, 10.20.3.4:9443/api/v1 within 3000 ms \
         (records.civil-affairs.internal:9443, 10.20.3.4:9443/api/v1 within 5000 ms before)
  ~ term `social-assistance`: the consent is required (optional before)
  ~ term `social-assistance`: what may be searched by though not shown is `$.id_number` and `$.note` \
         (`$.id_number` before)
  ~ term `social-assistance`: the rate is 10 in 1 s, 40 at once (20 in 1 s, 40 at once before)
  ~ term `social-assistance`: its end is 2026-07-01 (2027-01-01 before)
  ~ term `social-assistance`: what the provider is told is the case and the consent (the case and \
         the operator before)
  ~ term `investigation`: the case reference is required like `[0-9]+` (required before)
  ~ operation `by-year`: `year` is required, a number from 1950 to 2050, in the path (required, a \
         number from 1950 to 2100, in the path before)
"
    );
}

#[test]
fn what_records_say_of_themselves_is_told() {
    let conditions = "conditions:
  - { field: $.note, one_of: [sealed, adopted], withhold: true }
  - { field: $.note, younger_than_years: 14, level: 4, fields: [$.name, $.id_number] }
  - { field: $.note, younger_than_years: 18, level: 4 }
terms:";
    assert_eq!(
        said(&[(MARRIAGE, "terms:", conditions)]),
        "civil-affairs/marriage
  ~ its rule on records is nothing is shown if `$.note` is one of `sealed` and `adopted`; `$.name` and \
         `$.id_number` are at least of level 4 if `$.note` is less than 14 years ago; all fields are \
         at least of level 4 if `$.note` is less than 18 years ago (none before)
"
    );
}

#[test]
fn what_a_purpose_allows_is_told_with_what_that_takes() {
    assert_eq!(
        said(&[(REGISTRY_FILE, "title: 案件侦办", "title: 案件侦办\n    modes: [query]")]),
        "the registry
  ~ purpose `case-investigation` is for `query` of any data (for every use before)

civil-affairs/marriage
  - public-security: may no longer use `by-year`
"
    );
}

#[test]
fn changes_of_the_registry_are_told() {
    assert_eq!(
        said(&[
            (
                REGISTRY_FILE,
                "      - id: old-desk\n        active: false\n",
                "      - id: new-desk\n"
            ),
            (REGISTRY_FILE, "roles: [maintainer]", "roles: [reviewer]"),
            (
                REGISTRY_FILE,
                "region: \"330102\"",
                "region: \"330103\"\n    code: R-2\n    tags: [city]"
            ),
            (REGISTRY_FILE, "    title: 公安局\n", "    title: 公安局\n    active: false\n"),
        ]),
        "the registry
  - department `public-security` is no longer active
  - system `old-desk` of civil-affairs is gone
  + system `new-desk` of civil-affairs is new
  ~ the roles of officer-0017 of civil-affairs are [reviewer] ([maintainer] before)
  ~ the region of human-resources is 330103 (330102 before)
  ~ the code of human-resources is R-2 (none before)
  ~ the list of tags of human-resources is `city` (none before)

civil-affairs/divisions
  - public-security: may no longer use it

civil-affairs/marriage
  - public-security: may no longer use it
"
    );
}

#[test]
fn what_widens_access_to_sensitive_data_is_beyond_the_department() {
    let beyond = |edits: &[(&str, &str, &str)]| {
        let new = read(&edited(edits)).unwrap_or_else(|problems| panic!("{problems}"));
        let old = read(&samples()).unwrap();
        beyond_the_department(&old, &new, &between(&old, &new)).len()
    };
    // Of level 3: what opens, and what is merely otherwise.
    assert_eq!(beyond(&[(MARRIAGE, "clearance: 2", "clearance: 3")]), 1);
    assert_eq!(beyond(&[(MARRIAGE, "rate: 20/s", "rate: 30/s")]), 1);
    assert_eq!(beyond(&[(MARRIAGE, "max: 2100", "max: 2200")]), 1);
    assert_eq!(beyond(&[(MARRIAGE, "total_timeout_ms: 5000", "total_timeout_ms: 6000")]), 1);
    // What closes is the department's own affair, and so is an entry open to all.
    assert_eq!(beyond(&[(MARRIAGE, "clearance: 2", "clearance: 1")]), 0);
    assert_eq!(beyond(&[(DIVISIONS, "rate: 50/s", "rate: 60/s")]), 0);
}

#[test]
fn what_a_department_may_use_is_told() {
    let budget = |said: &str| format!("rate: 20/s\n    budget: {said}");
    let less = budget("{ daily: { persons: 30 }, total: { records: 9000, bytes: 1 } }");
    assert_eq!(
        said(&[(MARRIAGE, "rate: 20/s", &less)]),
        "civil-affairs/marriage
  ~ term `social-assistance`: the budget of a department is 30 persons a day, 9000 records in all and \
         1 bytes in all (none before)
"
    );
}

#[test]
fn who_must_agree_by_now_is_told() {
    assert_eq!(
        said(&[
            (PROCEDURE_FILE, "longest_days: 31", "longest_days: 92"),
            (PROCEDURE_FILE, "  - agree: approver", "  - agree: section-head"),
            (PROCEDURE_FILE, "workdays: [2026-10-10]", "workdays: []"),
            (PROCEDURE_FILE, "reviews:", "lifted_by_same: true\nreviews:"),
        ])
        .lines()
        .filter(|line| !line.contains("submit") && !line.contains("unconditional"))
        .collect::<Vec<_>>()
        .join("\n"),
        "the procedure
  - grants (restricted, query, level 1 to 3): agreed to by the provider's section-head, opened by the \
         office's approver, for 366 days at most; each answers within 5 working days, then escalated \
         by themselves
  - grants (restricted, search, level 1 to 3): agreed to by the provider's section-head, opened by \
         the office's approver, for 366 days at most; each answers within 5 working days, then \
         escalated by themselves
  + grants (restricted, bulk, level 1 to 4): agreed to by the provider's section-head and leader, opened \
         by the office's approver, for 92 days at most; each answers within 10 working days
  ~ the calendar of working days is another
  + the person who suspends something may also lift that"
    );
}
