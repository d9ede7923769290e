//! Rules that take more than one change to break, or look at several entries.

use sluice_core::domain::terms::Consumers;

use super::{DIVISIONS, MARRIAGE, edited, problems, rules, samples};
use crate::catalog::{CatalogProblem, REGISTRY_FILE, Rule, SourceFile, check, read};

/// A term for the department that also sees the marriage register.
const ALSO: &str = "terms:
  - id: also
    consumers: [human-resources]
    purposes: [social-assistance]
    clearance: 1
    legal_basis: 社会救助暂行办法
";

const PERSONS: &str = "public-security/open-cases.yaml";

/// Turns the withheld sample into a shared one with these fields.
fn persons(fields: &str) -> String {
    format!(
        "title: 人口
contact: 公安局
class: restricted
category: business
level: 3
personal: true
upstream: {{addresses: [\"records.public-security.internal:9443\"]}}
operations:
  - id: list
    method: GET
    path: /
    mode: search
    subjects: [$.id_number]
fields:
{fields}
{ALSO}"
    )
}

fn with_persons(fields: &str, mask_in_marriage: &str) -> Vec<crate::catalog::SourceFile> {
    let mut sources = edited(&[(MARRIAGE, "mask: id-number", mask_in_marriage)]);
    let entry = sources.iter_mut().find(|source| source.path == PERSONS).unwrap();
    entry.text = persons(fields);
    sources
}

#[test]
fn two_masks_that_show_both_ends_do_not_meet() {
    let fields = |keep: &str| {
        format!(
            "  - {{ path: $.id_number, title: 公民身份号码, level: 3, mask: {{keep: {keep}}} }}"
        )
    };
    let front = "mask: {keep: {front: 10}}";
    let found = problems(&with_persons(&fields("{end: 8}"), front));
    assert_eq!(found.iter().map(|p| p.rule).collect::<Vec<_>>(), [Rule::ToxicCombination]);
    assert_eq!((&*found[0].file, found[0].line, found[0].column), (PERSONS, 15, 13));
    assert!(found[0].message.contains("`$.id_number` of civil-affairs/marriage"), "{}", found[0]);
    assert!(found[0].message.contains("`human-resources`"), "{}", found[0]);
    assert_eq!(rules(&with_persons(&fields("{end: 3}"), front)), []);
    assert_eq!(rules(&with_persons(&fields("{front: 10}"), front)), []);
}

#[test]
fn six_and_four_digits_do_not_meet_the_birth_date() {
    let fields = |birth: &str| {
        format!(
            "  - {{ path: $.id_number, title: 公民身份号码, level: 3, mask: id-number }}
  - {{ path: $.birth_date, title: 出生日期, {birth} }}"
        )
    };
    let six_and_four = "mask: {keep: {front: 6, end: 4}}";
    let found = rules(&with_persons(&fields("level: 1"), six_and_four));
    assert_eq!(found, [Rule::ToxicCombination]);
    // Four digits of the year leave four unknown, which is too few as well.
    let found = rules(&with_persons(&fields("level: 2, mask: year"), six_and_four));
    assert_eq!(found, [Rule::ToxicCombination]);
    assert_eq!(rules(&with_persons(&fields("level: 2"), six_and_four)), []);
    assert_eq!(rules(&with_persons(&fields("level: 1"), "mask: id-number")), []);
}

#[test]
fn who_may_see_the_whole_number_may_see_its_parts() {
    let fields = "  - { path: $.id_number, title: 公民身份号码, level: 1, sensitive: none }
  - { path: $.own_id_number, title: 公民身份号码, level: 3, mask: {keep: {end: 8}} }";
    let front = "mask: {keep: {front: 10}}";
    assert_eq!(rules(&with_persons(fields, front)), [Rule::ToxicCombination]);
    let mut shown = with_persons(fields, front);
    let entry = shown.iter_mut().find(|source| source.path == MARRIAGE).unwrap();
    entry.text = entry.text.replace("clearance: 2", "clearance: 3");
    assert_eq!(rules(&shown), []);
}

#[test]
fn one_code_is_one_entrys() {
    let found = problems(&edited(&[(DIVISIONS, "class:", "code: 3301/0002\nclass:")]));
    assert_eq!(found.iter().map(|p| p.rule).collect::<Vec<_>>(), [Rule::DuplicateId]);
    assert_eq!((&*found[0].file, found[0].line, found[0].column), (MARRIAGE, 3, 7));
    assert!(found[0].message.contains("civil-affairs/divisions"), "{}", found[0]);
    assert_eq!(rules(&edited(&[(DIVISIONS, "class:", "code: 3301/0003\nclass:")])), []);
}

#[test]
fn a_related_entry_is_known_by_its_code() {
    let related = (MARRIAGE, "open:", "related: [3301/0001]\nopen:");
    assert_eq!(rules(&edited(&[related])), [Rule::RelatedUnknown]);
    assert_eq!(rules(&edited(&[related, (DIVISIONS, "class:", "code: 3301/0001\nclass:")])), []);
}

#[test]
fn an_office_below_the_provider_may_answer_for_its_entry() {
    let responsible = (MARRIAGE, "open:", "responsible: human-resources\nopen:");
    let elsewhere = "title: 人力资源和社会保障局\n    parent: city-government";
    let below = "title: 婚姻登记处\n    parent: civil-affairs";
    let placed = (REGISTRY_FILE, elsewhere, below);
    assert_eq!(rules(&edited(&[responsible])), [Rule::ResponsibleOutside]);
    let catalog = read(&edited(&[responsible, placed])).unwrap();
    let entry = catalog.entries.iter().find(|e| e.id.entry().as_str() == "marriage").unwrap();
    assert_eq!(entry.responsible().as_str(), "human-resources");
    let stopped =
        (REGISTRY_FILE, below, "title: 婚姻登记处\n    parent: civil-affairs\n    active: false");
    // Its term has no effect for it, either.
    let found = rules(&edited(&[responsible, placed, stopped]));
    assert_eq!(found, [Rule::InactiveParty, Rule::InactiveParty]);
}

/// The consumers of the marriage register's second term, by id.
fn consumers_of(consumers: &str, tagged: &str) -> Vec<String> {
    let sources = edited(&[
        (MARRIAGE, "consumers: [public-security]", consumers),
        (REGISTRY_FILE, "    title: 公安局\n", "    title: 公安局\n    tags: [bureau]\n"),
        (REGISTRY_FILE, "    title: 民政局\n", tagged),
        (
            REGISTRY_FILE,
            "title: 人力资源和社会保障局\n    parent: city-government",
            "title: 人力资源和社会保障局\n    parent: civil-affairs",
        ),
    ]);
    let catalog = read(&sources).unwrap();
    let entry = catalog.entries.iter().find(|e| e.id.entry().as_str() == "marriage").unwrap();
    let Consumers::Departments(found) = &entry.terms[1].consumers else { panic!("everyone") };
    let departments = catalog.registry.departments();
    found.iter().map(|ix| departments[*ix as usize].id.to_string()).collect()
}

#[test]
fn consumers_are_named_by_place_and_by_tag() {
    let alone = "    title: 民政局\n";
    let tagged = "    title: 民政局\n    tags: [bureau, social]\n";
    let all = ["civil-affairs", "human-resources", "public-security"];
    // However far below, and never the department above.
    assert_eq!(consumers_of("consumers: [under:city-government]", alone), all);
    assert_eq!(consumers_of("consumers: [under:civil-affairs]", alone), ["human-resources"]);
    assert_eq!(consumers_of("consumers: [tag:bureau]", alone), ["public-security"]);
    let both = ["civil-affairs", "public-security"];
    assert_eq!(consumers_of("consumers: [tag:bureau]", tagged), both);
    let mixed = "consumers: [\"@social-affairs\", tag:social, under:civil-affairs]";
    assert_eq!(consumers_of(mixed, tagged), all[..2]);
}

#[test]
fn a_mistaken_parent_does_not_make_places_wrong() {
    let under = (MARRIAGE, "consumers: [public-security]", "consumers: [under:civil-affairs]");
    let parent = "title: 人力资源和社会保障局\n    parent: city-government";
    let wrong = (REGISTRY_FILE, parent, "title: 人社局\n    parent: civil-afairs");
    assert_eq!(rules(&edited(&[under])), [Rule::ConsumersEmpty]);
    assert_eq!(rules(&edited(&[under, wrong])), [Rule::UnknownDepartment]);
}

#[test]
fn the_rules_on_terms_know_whom_a_place_stands_for() {
    // The one below the city government is covered by the wider term before it.
    let first = "terms:
  - id: wide
    consumers: [under:city-government]
    clearance: 1
  - id: surveying";
    assert_eq!(
        rules(&edited(&[(DIVISIONS, "terms:\n  - id: surveying", first)])),
        [Rule::UnreachableTerm]
    );
    let apart = first.replace("under:city-government", "city-government");
    assert_eq!(rules(&edited(&[(DIVISIONS, "terms:\n  - id: surveying", &apart)])), []);
    let stopped = (
        REGISTRY_FILE,
        "    title: 公安局\n",
        "    title: 公安局\n    tags: [a]\n    active: false\n",
    );
    let tagged = (MARRIAGE, "[public-security]", "[tag:a]");
    let alone = [stopped, tagged, (DIVISIONS, "[public-security]", "[civil-affairs]")];
    assert_eq!(rules(&edited(&alone)), [Rule::InactiveParty]);
    assert_eq!(
        rules(&edited(&[alone[0], (MARRIAGE, "[public-security]", "[civil-affairs]"), alone[2]])),
        []
    );
}

#[test]
fn a_term_that_asks_for_consent_leaves_the_others_their_use() {
    let two = |first: &str, second: &str| {
        let term = |id: &str, more: &str| {
            format!("  - id: {id}\n    consumers: [public-security]\n{more}    clearance: 2")
        };
        let text = format!("terms:\n{}\n{}", term("one", first), term("two", second));
        let all = "terms:\n  - id: surveying\n    consumers: [public-security]\n    clearance: 2";
        rules(&edited(&[(DIVISIONS, all, &text)]))
    };
    let consent = "    consent: required\n";
    assert_eq!(two(consent, ""), []);
    assert_eq!(two("", consent), [Rule::UnreachableTerm]);
    assert_eq!(two(consent, consent), [Rule::UnreachableTerm]);
}

#[test]
fn an_entry_about_persons_waives_no_purpose() {
    let about = [
        (DIVISIONS, "clearance: 2", "clearance: 2\n    legal_basis: 测绘法"),
        (DIVISIONS, "personal: false", "personal: true"),
        (DIVISIONS, "max_records: 5000", "subjects: [$.code]"),
        (DIVISIONS, "mode: query", "mode: query\n    subjects: [$.code]"),
    ];
    assert_eq!(rules(&edited(&about)), [Rule::PurposeWaived]);
    let stated = (DIVISIONS, "waives_purpose: true\n", "");
    assert_eq!(rules(&edited(&[about[0], about[1], about[2], about[3], stated])), []);
}

#[test]
fn who_is_not_active_is_a_warning_in_a_term() {
    let stopped = [
        (REGISTRY_FILE, "active: true", "active: false"),
        (REGISTRY_FILE, "    title: 公安局\n", "    title: 公安局\n    active: false\n"),
    ];
    let found = problems(&edited(&stopped));
    let found: Vec<_> = found.iter().map(|p| (p.rule, &*p.file, p.line, p.column)).collect();
    let expected = [
        (Rule::InactiveParty, DIVISIONS, 30, 17),
        (Rule::InactiveParty, MARRIAGE, 93, 17),
        (Rule::InactiveParty, MARRIAGE, 108, 17),
    ];
    assert_eq!(found, expected);
    assert!(read(&edited(&stopped)).is_ok());
}

#[test]
fn bulk_is_for_the_source() {
    let bulk = (MARRIAGE, "mode: search", "mode: bulk");
    assert_eq!(rules(&edited(&[bulk])), []);
    let found = problems(&edited(&[bulk, (MARRIAGE, "origin: source", "origin: copy")]));
    assert_eq!(found.iter().map(|p| p.rule).collect::<Vec<_>>(), [Rule::BulkCopy]);
    assert_eq!((found[0].line, found[0].column), (48, 11));
}

#[test]
fn a_purpose_that_allows_nothing_of_a_term_is_refused() {
    let scoped = |scope: &str| {
        let said = format!("title: 案件侦办\n    {scope}");
        problems(&edited(&[(REGISTRY_FILE, "title: 案件侦办", &said)]))
    };
    for wrong in ["categories: [base, trace]", "modes: [submit, bulk]"] {
        let found = scoped(wrong);
        assert_eq!(found.iter().map(|p| p.rule).collect::<Vec<_>>(), [Rule::PurposeScope]);
        assert_eq!((&*found[0].file, found[0].line, found[0].column), (MARRIAGE, 109, 16));
    }
    let found = scoped("categories: [trace]\n    modes: [query]");
    assert!(found[0].advice.starts_with("it is for `query` of `trace` data;"), "{}", found[0]);
    // One of the term's modes is enough; the other can still be asked for under another purpose.
    assert_eq!(scoped("categories: [business]\n    modes: [search]"), []);
}

#[test]
fn traces_are_asked_for_by_persons() {
    let trace = (MARRIAGE, "category: business", "category: trace");
    assert_eq!(rules(&edited(&[trace])), []);
    let found = problems(&edited(&[trace, (MARRIAGE, "    operators: required\n", "")]));
    assert_eq!(found.iter().map(|p| p.rule).collect::<Vec<_>>(), [Rule::TraceOperators]);
    assert_eq!((found[0].line, found[0].column), (107, 9));
}

#[test]
fn a_term_that_has_ended_is_a_warning_and_no_error() {
    let sources = edited(&[]);
    let end = 1_798_732_800_000;
    assert!(check(&sources, Some(end - 1)).problems.is_empty());
    let checked = check(&sources, Some(end));
    assert!(checked.catalog.is_some());
    let found: Vec<_> = checked.problems.iter().map(|p| (p.rule, p.line, p.column)).collect();
    assert_eq!(found, [(Rule::ExpiredTerm, 102, 12)]);
    assert!(checked.problems.to_string().starts_with("warning[expired-term]: "));
}

#[test]
fn warnings_do_not_keep_a_catalog_from_being_read() {
    let sources = edited(&[(DIVISIONS, "clearance: 2", "clearance: 2\n    modes: [submit]")]);
    assert_eq!(rules(&sources), [Rule::UnreachableTerm]);
    assert!(read(&sources).is_ok());
}

#[test]
fn many_files_are_read_in_parts_and_come_out_as_one() {
    let mut sources: Vec<SourceFile> = samples();
    let divisions = sources.iter().find(|source| source.path == DIVISIONS).unwrap().clone();
    for ix in 0..300 {
        let path = format!("civil-affairs/more-{ix:03}.yaml");
        let text: String = divisions
            .text
            .lines()
            .filter(|line| !line.starts_with("code:"))
            .map(|line| format!("{line}\n"))
            .collect();
        sources.push(SourceFile { path, text });
    }
    let catalog = read(&sources).unwrap();
    let ids: Vec<&str> = catalog.entries.iter().map(|entry| entry.id.as_str()).collect();
    assert!(ids.is_sorted() && ids.len() == sources.len() - 2);
    let found = |id: &&str| catalog.entry(id).is_some_and(|entry| entry.id.as_str() == *id);
    assert!(ids.iter().all(found) && catalog.entry("civil-affairs/more").is_none());
    // A second file of one path is found wherever the parts end.
    for twice in [4, 60, 130, 200, 302] {
        let mut more = sources.clone();
        more.push(more[twice].clone());
        let found = check(&more, None).problems;
        let rules: Vec<Rule> = found.iter().map(|problem| problem.rule).collect();
        assert_eq!(rules, [Rule::DuplicateId], "{}", more[twice].path);
    }
}

#[test]
fn persons_are_counted_where_there_are_persons() {
    let budget = |unit: &str| {
        let said = format!("rate: 20/s\n    budget: {{ total: {{ {unit}: 9 }} }}");
        let plain = (MARRIAGE, "personal: true", "personal: false");
        problems(&edited(&[plain, (MARRIAGE, "rate: 20/s", &said)]))
    };
    let of_budget =
        |found: &[CatalogProblem]| found.iter().filter(|p| p.rule == Rule::BadBudget).count();
    assert_eq!(of_budget(&budget("persons")), 1);
    assert_eq!(of_budget(&budget("records")), 0);
}
