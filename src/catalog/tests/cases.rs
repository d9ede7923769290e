//! One mistake a rule, at least.

use crate::catalog::Rule;

/// A change to a sample file that breaks one rule, and one that doesn't.
pub(super) struct Case {
    pub(super) rule: Rule,
    pub(super) file: &'static str,
    /// The text that is replaced, at its first occurrence.
    pub(super) from: &'static str,
    pub(super) wrong: &'static str,
    pub(super) right: &'static str,
    /// Line and column of the problem.
    pub(super) at: (u32, u32),
    /// A part of its message or advice.
    pub(super) says: &'static str,
}

const REGISTRY: &str = "departments.yaml";
const MARRIAGE: &str = "civil-affairs/marriage.yaml";
const DIVISIONS: &str = "civil-affairs/divisions.yaml";
const PROCEDURE: &str = "procedure.yaml";
const WITHHELD: &str = "public-security/open-cases.yaml";

macro_rules! cases {
    ($($rule:ident in $file:ident: $from:literal => $wrong:literal, $right:literal; $at:tt $says:literal)*) => {
        pub(super) const CASES: &[Case] = &[$(Case {
            rule: Rule::$rule,
            file: $file,
            from: $from,
            wrong: $wrong,
            right: $right,
            at: $at,
            says: $says,
        }),*];
    };
}

// What is replaced => what breaks the rule, what keeps it; (line, column) what is said.
cases! {
    Syntax in MARRIAGE: "open: prohibited" => "open: [", "open: restricted"; (13, 9) "YAML"
    Syntax in MARRIAGE: "open: prohibited" => "open: &a prohibited", "open: restricted";
        (10, 10) "anchors"
    Syntax in MARRIAGE: "envelope: [$.total]" => "envelope: [$.all[*].total]",
        "envelope: [\"$.all[*].total\"]"; (30, 22) "in quotes when it stands in a list"
    UnknownKey in MARRIAGE: "update_cycle:" => "update-cycle:", "update_cycle:";
        (7, 1) "did you mean `update_cycle`?"
    UnknownKey in MARRIAGE: "update_cycle:" => "x:", "update_cycle:"; (7, 1) "the keys are `title`"
    UnknownKey in MARRIAGE: "max_chars: 18" => "max_char: 18", "max_chars: 19"; (39, 9) "max_chars"
    DuplicateKey in MARRIAGE: "category:" => "class: restricted\ncategory:", "category:";
        (13, 1) "stands twice"
    MissingKey in MARRIAGE: "contact: 民政局数据管理科\n" => "", "contact: 民政局\n";
        (1, 1) "contact"
    MissingKey in MARRIAGE: "\n    level: 4" => "", "\n    level: 3"; (81, 5) "level"
    MissingKey in MARRIAGE: "    title: 年龄
    type: number
    level: 1
" => "", "    title: 年龄
    level: 1
"; (77, 5) "the keys `title` and `level`"
    MissingKey in MARRIAGE: "to: own-region }" => "to: own-region, equals: x }", "to: own-region }";
        (95, 9) "exactly one"
    WrongType in MARRIAGE: "personal: true" => "personal: yes", "personal: true";
        (15, 11) "true or false"
    WrongType in MARRIAGE: "envelope: [$.total]" => "envelope: $.total", "envelope: []";
        (30, 15) "a list"
    UnknownWord in MARRIAGE: "open: prohibited" => "open: prohibitd", "open: restricted";
        (10, 7) "did you mean `prohibited`?"
    UnknownWord in REGISTRY: "[maintainer]" => "[boss]", "[auditor, operator]"; (29, 17) "approver"
    UnknownWord in MARRIAGE: "operators: required" => "operators: requierd", "operators: required";
        (111, 16) "did you mean `required`?"
    BadText in MARRIAGE: "title: 婚姻登记信息" => "title: ''", "title: 婚姻"; (1, 8) "1 to 2000"
    BadId in REGISTRY: "id: pension-desk" => "id: Pension_Desk", "id: pension-desk";
        (35, 13) "lower-case"
    BadId in MARRIAGE: "name: divorced" => "name: 离异", "name: is_divorced"; (58, 17) "letters"
    DuplicateId in REGISTRY: "id: human-resources" => "id: civil-affairs", "id: human-resources";
        (30, 9) "two departments"
    DuplicateId in REGISTRY: "id: old-desk" => "id: marriage-desk", "id: new-desk";
        (25, 13) "two systems"
    DuplicateId in REGISTRY: "code: social-assistance" => "code: case-investigation",
        "code: social-assistance"; (4, 11) "two purposes"
    DuplicateId in MARRIAGE: "id: by-year" => "id: query", "id: years"; (45, 9) "two operations"
    DuplicateId in MARRIAGE: "id: investigation" => "id: social-assistance", "id: other";
        (107, 9) "two terms"
    DuplicateId in DIVISIONS: "id: surveying" => "id: unconditional", "id: survey";
        (29, 9) "everyone"
    DuplicateId in MARRIAGE: "name: divorced" => "name: region", "name: married";
        (58, 17) "two parameters"
    UnknownDepartment in MARRIAGE: "[public-security]" => "[public-securty]", "[civil-affairs]";
        (108, 17) "did you mean `public-security`?"
    UnknownDepartment in MARRIAGE: "@social-affairs" => "@social-afairs", "@social-affairs";
        (88, 34) "did you mean `social-affairs`?"
    UnknownDepartment in REGISTRY: "[civil-affairs, " => "[civil-afairs, ", "[city-government, ";
        (9, 15) "did you mean `civil-affairs`?"
    UnknownDepartment in REGISTRY: "parent: city-government" => "parent: city-goverment",
        "parent: human-resources"; (18, 13) "did you mean `city-government`?"
    UnknownSystem in MARRIAGE: "systems: [pension-desk]" => "systems: [pension-desc]",
        "systems: [marriage-desk]"; (89, 15) "did you mean `pension-desk`?"
    UnknownPerson in MARRIAGE: "[officer-0042]" => "[officer-0099]", "[officer-0017]";
        (93, 17) "officer-00"
    UnknownPurpose in MARRIAGE: "[case-investigation]" => "[case-investigaton]",
        "[social-assistance]"; (109, 16) "did you mean `case-investigation`?"
    UnknownField in MARRIAGE: "lookups: [$.id_number]" => "lookups: [$.id_numbr]",
        "lookups: [$.id_number, $.name]"; (96, 15) "did you mean `$.id_number`?"
    UnknownField in MARRIAGE: "subjects: [$.id_number]" => "subjects: [$.idnumber]",
        "subjects: [$.name]"; (31, 16) "did you mean `$.id_number`?"
    UnknownField in MARRIAGE: "searches: $.id_number" => "searches: $.number", "searches: $.name";
        (40, 19) "there is no field"
    UnknownField in MARRIAGE: "fields: [$.id_number, $.name" => "fields: [$.id_number, $.nam",
        "fields: [$.id_number, $.age"; (98, 27) "did you mean `$.name`?"
    UnknownParameter in MARRIAGE: "{ parameter: region, to" => "{ parameter: regoin, to",
        "{ parameter: region, to"; (95, 22) "did you mean `region`?"
    UnknownParameter in MARRIAGE: "equals: \"330102\"" => "equals: west", "equals: \"330103\"";
        (113, 22) "never"
    ParentCycle in REGISTRY: "title: 市人民政府" => "title: 市人民政府\n    parent: city-government",
        "title: 市人民政府"; (14, 13) "stands above itself"
    BadRegion in REGISTRY: "region: \"330102\"" => "region: \"3301\"", "region: \"330106\"";
        (33, 13) "six digits"
    BadCode in REGISTRY: "title: 公安局" => "title: 公安局\n    code: 11330100000000079H",
        "title: 公安局\n    code: 11330100000000078H"; (41, 11) "credit code"
    BadCode in REGISTRY: "title: 公安局" => "title: 公安局\n    code: 1133O100000000078H",
        "title: 公安局\n    code: GA-1133.0100/0078H"; (41, 11) "credit code"
    BadCode in REGISTRY: "title: 公安局" => "title: 公安局\n    code: 公安01",
        "title: 公安局\n    code: \"01\""; (41, 11) "letters"
    BadCode in REGISTRY: "title: 公安局" => "title: 公安局\n    code: 012345678901234567890123456789012",
        "title: 公安局\n    code: 01234567890123456789012345678901"; (41, 11) "at most 32"
    DuplicateId in REGISTRY: "id: public-security\n    title: 公安局\n" =>
        "id: public-security\n    title: 公安局\n    code: A1\n  - id: other\n    title: 局\n    code: A1\n",
        "id: public-security\n    title: 公安局\n    code: A1\n  - id: other\n    title: 局\n    code: a1\n";
        (44, 11) "own code"
    DuplicateId in REGISTRY: "title: 公安局" => "title: 公安局\n    tags: [city, city]",
        "title: 公安局\n    tags: [city, old-town]"; (41, 18) "two tags"
    BadId in REGISTRY: "title: 公安局" => "title: 公安局\n    tags: [City]",
        "title: 公安局\n    tags: [city]"; (41, 12) "lower-case"
    BadAddress in REGISTRY: "- 10.20.0.0/16" => "- 10.20.0.0", "- 10.20.0.0/15";
        (22, 9) "neither"
    BadAddress in MARRIAGE: "[records.civil-affairs.internal:9443, " =>
        "[records.civil-affairs.internal, ", "["; (20, 15) "host and a port"
    BadAddress in MARRIAGE: "[records.civil-affairs.internal:9443, " =>
        "[\"http://records.civil-affairs.internal:9443\", ", "["; (20, 15) "always mutual TLS"
    BadLevel in MARRIAGE: "level: 3" => "level: 5", "level: 4"; (14, 8) "1 to 4"
    BadLevel in MARRIAGE: "clearance: 3" => "clearance: 0", "clearance: 4"; (114, 16) "1 to 4"
    BadLevel in DIVISIONS: "rate: 50/s" => "rate: 50/s\nclearance: 9", "clearance: 2";
        (9, 12) "1 to 4"
    BadNumber in MARRIAGE: "max_records: 1" => "max_records: 0", "max_records: 2"; (32, 18) "from 1"
    BadNumber in MARRIAGE: "total_timeout_ms: 5000" => "total_timeout_ms: 120001",
        "total_timeout_ms: 120000"; (22, 21) "120000"
    BadNumber in MARRIAGE: "burst: 40" => "burst: -1", "burst: 1"; (100, 12) "from 1"
    BadDate in MARRIAGE: "from: 2026-01-01" => "from: 2026-02-30", "from: 2026-02-28";
        (101, 11) "2026-01-31"
    BadDate in MARRIAGE: "until: 2027-01-01" => "until: 2026-01-01", "until: 2026-01-02";
        (102, 12) "later"
    BadDate in MARRIAGE: "published: 2026-01-15" => "published: January", "published: 2026-01-16";
        (8, 12) "2026-01-31"
    BadDuration in MARRIAGE: "update_cycle: P1D" => "update_cycle: daily", "update_cycle: P1M";
        (7, 15) "P1D"
    BadDuration in MARRIAGE: "retention: P30D" => "retention: 30", "retention: P1Y";
        (106, 16) "P1D"
    BadRate in MARRIAGE: "rate: 20/s" => "rate: 0/s", "rate: 20/d"; (99, 11) "20/s"
    BadRate in DIVISIONS: "rate: 50/s" => "rate: 50", "rate: 50/m"; (8, 7) "20/s"
    BadRate in MARRIAGE: "rate: 20/s" => "rates: [1/s, 2/s, 3/s, 4/s, 5/s]", "rates: [1/s, 2/s, 3/s, 4/s]";
        (99, 33) "keep"
    BadBudget in MARRIAGE: "rate: 20/s" => "budget: { daily: {} }", "budget: { daily: { persons: 9 } }";
        (99, 13) "limits nothing"
    BadBudget in MARRIAGE: "rate: 20/s" => "budget: { daily: { records: 5 }, total: { records: 4 } }",
        "budget: { daily: { records: 5, bytes: 7 }, total: { records: 5 } }"; (99, 13) "larger"
    BadNumber in MARRIAGE: "rate: 20/s" => "budget: { total: { requests: 0 } }",
        "budget: { total: { requests: 1 } }"; (99, 34) "from 1"
    BadPattern in MARRIAGE: "'[1-9][0-9]{16}[0-9X]'" => "'[1-9'", "'[1-9]+'"; (38, 18) "compile"
    BadPattern in MARRIAGE: "'救[0-9]{4}-[0-9]+'" => "'a)|(b'", "'(a)|(b)'"; (92, 21) "compile"
    PatternMissing in MARRIAGE: ", pattern: '[0-9]{6}' }" => " }", ", pattern: '[0-9]+' }";
        (57, 17) "region"
    BoundsMissing in MARRIAGE: "\n        max: 2100" => "", "\n        max: 1950"; (52, 15) "year"
    BoundsMissing in MARRIAGE: "max: 2100" => "max: 1949", "max: 1951"; (55, 14) "1950 to 1949"
    ParameterRule in MARRIAGE: "type: boolean" => "type: boolean, min: 0", "type: boolean";
        (58, 58) "`min`"
    BadTemplate in MARRIAGE: "path: /query" => "path: query", "path: /Query"; (27, 11) "start"
    BadTemplate in MARRIAGE: "path: /query" => "path: /query/", "path: /a/b"; (27, 11) "empty"
    BadTemplate in MARRIAGE: "path: /query" => "path: /a/../b", "path: /查询"; (27, 11) "`..`"
    BadTemplate in MARRIAGE: "path: /query" => "path: /x{id_number}", "path: /"; (27, 11) "whole"
    BadTemplate in MARRIAGE: "base_path: /api/v1" => "base_path: /api/", "base_path: /api";
        (21, 14) "base path"
    TemplateParameter in MARRIAGE: "/years/{year}" => "/years/{year}/{yeer}", "/years/{year}/all";
        (47, 25) "did you mean `year`?"
    TemplateParameter in MARRIAGE: "/years/{year}" => "/years", "/{year}"; (52, 15) "/{year}"
    TemplateParameter in MARRIAGE: "/years/{year}" => "/{year}/{year}", "/{year}"; (47, 11) "twice"
    PathParameterOptional in MARRIAGE: "min: 1950" => "min: 1950\n        required: false",
        "min: 1950\n        required: true"; (56, 19) "left out"
    BodyNotAllowed in MARRIAGE: "{ name: divorced, in: query" => "{ name: divorced, in: body",
        "{ name: other, in: query"; (58, 17) "POST"
    OverlappingOperations in DIVISIONS: "path: /\n" => "path: /divisions/all\n",
        "path: /divisions\n"; (20, 11) "both `all` and `one`"
    BadFieldPath in MARRIAGE: "path: $.age" => "path: age", "path: $.years"; (77, 11) "starts with $"
    BadFieldPath in MARRIAGE: "records: $.items[*]" => "records: $.items[0]", "records: $.all[*]";
        (49, 14) "[*]"
    FieldOverlap in MARRIAGE: "path: $.age" => "path: $.name", "path: $.names"; (77, 11) "twice"
    FieldOverlap in MARRIAGE: "path: $.age" => "path: $.name.first", "path: $.spouses[*].age";
        (77, 11) "within the field `$.name`"
    UnknownMask in MARRIAGE: "mask: id-number" => "mask: id_number", "mask: name"; (64, 11) "id-number"
    UnknownMask in MARRIAGE: "{constant: 已隐藏}" => "{}", "{constant: 无}"; (76, 11) "keep"
    UnknownMask in MARRIAGE: "with: \"*\"" => "with: \"0\"", "with: \"#\""; (68, 43) "symbol"
    MaskHidesNothing in MARRIAGE: "front: 1," => "front: 11,", "front: 0,"; (68, 18) "hides nothing"
    ModeNotBuilt in MARRIAGE: "mode: search" => "mode: verify", "mode: query"; (48, 11) "not built"
    ModeNotBuilt in MARRIAGE: "modes: [query]" => "modes: [query, statistics]",
        "modes: [query, submit]"; (90, 20) "not built"
    OperationsMissing in DIVISIONS: "fields:
  - { path: $.code, title: 代码, level: 1 }
  - { path: $.name, title: 名称, level: 1 }
  - { path: $.boundary, title: 界线, level: 2 }" => "fields: []", "fields:
  - { path: $.code, title: 代码, level: 1 }"; (3, 8) "fields"
    SubjectsMissing in MARRIAGE: "    subjects: [$.id_number]\n" => "",
        "    subjects: [$.id_number, $.name]\n"; (25, 9) "`query`"
    PurposeWaived in MARRIAGE: "active: true" => "waives_purpose: true", "waives_purpose: false";
        (17, 17) "unconditional"
    PurposesMissing in MARRIAGE: "    purposes: [case-investigation]\n" => "",
        "    purposes: [social-assistance]\n"; (107, 9) "`investigation`"
    ConsumersMissing in MARRIAGE: "consumers: [public-security]" => "consumers: []",
        "consumers: [human-resources]"; (107, 9) "nobody"
    ConsumersEmpty in MARRIAGE: "[public-security]" => "[\"under:public-security\"]",
        "[\"under:city-government\"]"; (108, 17) "stands below `public-security`"
    ConsumersEmpty in MARRIAGE: "[public-security]" => "[civil-affairs, tag:city]",
        "[civil-affairs]"; (108, 32) "no department has the tag `city`"
    UnknownDepartment in MARRIAGE: "[public-security]" => "[under:city-goverment]",
        "[under:city-government]"; (108, 17) "did you mean `city-government`?"
    WithholdingMissing in WITHHELD: "withholding:
  reason: 涉及在办案件
  legal_basis: 刑事诉讼法
  approver: 市政务数据主管部门" => "", "withholding:
  {reason: 在办, legal_basis: 刑事诉讼法, approver: 主管部门}"; (3, 8) "says why"
    UpstreamMissing in MARRIAGE: "addresses: [records.civil-affairs.internal:9443, \"10.20.3.4:9443\"]"
        => "addresses: []", "addresses: [\"10.20.255.1:80\"]"; (20, 3) "no address"
    UpstreamOutside in MARRIAGE: "10.20.3.4:9443" => "10.21.3.4:9443", "10.20.3.5:1";
        (20, 52) "civil-affairs"
    EmptyLimit in REGISTRY: "title: 案件侦办" => "title: 案件侦办\n    modes: []",
        "title: 案件侦办\n    modes: [query, search]"; (4, 12) "at least one"
    EmptyLimit in REGISTRY: "title: 案件侦办" => "title: 案件侦办\n    categories: []",
        "title: 案件侦办\n    categories: [business]"; (4, 17) "at least one"
    ModeNotBuilt in REGISTRY: "title: 案件侦办" => "title: 案件侦办\n    modes: [query, verify]",
        "title: 案件侦办\n    modes: [query, submit]"; (4, 20) "not built"
    BadText in REGISTRY: "title: 案件侦办" => "title: 案件侦办\n    description: ''",
        "title: 案件侦办\n    description: 立案侦查"; (4, 18) "1 to 2000"
    ResponsibleOutside in MARRIAGE: "open: prohibited" =>
        "responsible: human-resources\nopen: prohibited",
        "responsible: civil-affairs\nopen: prohibited"; (10, 14) "below civil-affairs"
    UnknownDepartment in MARRIAGE: "open: prohibited" =>
        "responsible: civil-afairs\nopen: prohibited",
        "responsible: civil-affairs\nopen: prohibited"; (10, 14) "did you mean `civil-affairs`?"
    BasisMissing in MARRIAGE: "    legal_basis: 刑事诉讼法\n" => "",
        "    consent: required\n"; (107, 9) "what law it rests on"
    WrongType in MARRIAGE: "    legal_basis: 刑事诉讼法\n" => "    consent: [required]\n",
        "    consent: required\n"; (115, 14) "a word"
    UnknownWord in MARRIAGE: "    legal_basis: 刑事诉讼法\n" => "    consent: given\n",
        "    consent: required\n"; (115, 14) "`required`"
    RelatedUnknown in MARRIAGE: "open: prohibited" => "related: [33/0117, 3301/0003]\nopen: prohibited",
        "related: [33/0117, 3302/0003]\nopen: prohibited"; (10, 20) "begin like it"
    RelatedUnknown in MARRIAGE: "open: prohibited" => "related: [3301/0002]\nopen: prohibited",
        "related: [0002]\nopen: prohibited"; (10, 11) "own code"
    BadText in MARRIAGE: "open: prohibited" => "related: ['']\nopen: prohibited",
        "related: []\nopen: prohibited"; (10, 11) "1 to 2000"
    MisplacedKey in MARRIAGE: "active: true" => "rate: 1/s", "active: false"; (17, 7) "`rate`"
    MisplacedKey in MARRIAGE: "active: true" => "clearance: 1", "active: false"; (17, 12) "clearance"
    MisplacedKey in WITHHELD: "level: 4" =>
        "level: 4\nterms: [{id: a, consumers: [civil-affairs], clearance: 1, purposes: [social-assistance]}]",
        "level: 3"; (6, 14) "terms"
    EnvelopeOverlap in MARRIAGE: "envelope: [$.total]" => "envelope: [$.name]",
        "envelope: [$.count]"; (30, 16) "beside"
    EnvelopeOverlap in MARRIAGE: "records: $.items[*]" =>
        "records: $.items[*]\n    envelope: [$.items]",
        "records: $.items[*]\n    envelope: [$.total]"; (50, 16) "beside"
    Secret in DIVISIONS: "level: 1" => "level: 1\nsecret: true", "level: 1\nsecret: false";
        (6, 9) "not published"
    BaseRestricted in MARRIAGE: "category: business" => "category: base",
        "category: base\nexception: 涉及公民个人信息"; (12, 8) "exception"
    TraceOperators in DIVISIONS: "category: base" => "category: trace", "category: business";
        (3, 8) "related persons"
    SensitiveOpen in MARRIAGE: "    level: 3\n    mask: id-number" =>
        "    level: 1\n    mask: id-number", "    level: 2\n    mask: id-number"; (63, 12) "open"
    SensitiveUnmasked in MARRIAGE: "    mask: id-number\n" => "", "    sensitive: none\n";
        (61, 11) "add `mask: id-number`"
    SensitiveUnmasked in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 号码\n    level: 4\n    element: 公民身份号码",
        "    title: 号码\n    level: 4\n    element: 公民身份证件类型"; (81, 11) "`mask: id-number`"
    SensitiveUnmasked in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 备注\n    level: 4\n    sensitive: biometric",
        "    title: 备注\n    level: 4\n    sensitive: biometric\n    mask: null";
        (81, 11) "add `mask: null`"
    SensitiveUnmasked in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 身份证\n    level: 4",
        "    title: 身份证类型\n    level: 4"; (81, 11) "`mask: id-number`"
    SensitiveUnmasked in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: Identity number\n    level: 4",
        "    title: Identity number\n    level: 4\n    mask: id-number"; (81, 11) "an identity number"
    SensitiveUnmasked in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 联系手机\n    level: 4",
        "    title: 联系手机\n    level: 4\n    mask: mobile"; (81, 11) "`mask: mobile`"
    SensitiveUnmasked in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 电子邮箱\n    level: 4",
        "    title: 电子邮箱\n    level: 4\n    mask: email"; (81, 11) "`mask: email`"
    SensitiveUnmasked in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 车辆号牌\n    level: 4",
        "    title: 号牌颜色\n    level: 4"; (81, 11) "`mask: plate`"
    SensitiveUnmasked in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 备注\n    level: 4\n    samples: [\"440524188001010014\"]",
        "    title: 备注\n    level: 4\n    samples: [\"440524188001010013\"]"; (81, 11) "`mask: id-number`"
    SensitiveUnmasked in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 备注\n    level: 4\n    samples: [\"440524188001010014\"]",
        "    title: 备注\n    level: 4\n    samples: [\"440524188001010014\"]\n    sensitive: none"; (81, 11) "has no mask"
    SensitiveUnmasked in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 备注\n    level: 4\n    samples: [\"+86 138-0000-1999\"]",
        "    title: 备注\n    level: 4\n    samples: [\"13800019\"]"; (81, 11) "`mask: mobile`"
    SensitiveUnmasked in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 备注\n    level: 4\n    samples: [\"+86 138-0000-1999\"]",
        "    title: 备注\n    level: 4\n    samples: [\"+86 138-0000-1999\"]\n    sensitive: none"; (81, 11) "has no mask"
    SensitiveUnmasked in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 备注\n    level: 4\n    samples: [\"6222020000000000000\"]",
        "    title: 备注\n    level: 4\n    samples: [\"6222020000000000001\"]"; (81, 11) "`mask: bank-card`"
    SensitiveUnmasked in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 备注\n    level: 4\n    samples: [\"6222020000000000000\"]",
        "    title: 备注\n    level: 4\n    samples: [\"6222020000000000000\"]\n    sensitive: none"; (81, 11) "has no mask"
    SensitiveUnmasked in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 备注\n    level: 4\n    samples: [\"li.si@example.com.cn\"]",
        "    title: 备注\n    level: 4\n    samples: [\"li.si\"]"; (81, 11) "`mask: email`"
    SensitiveUnmasked in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 备注\n    level: 4\n    samples: [\"li.si@example.com.cn\"]",
        "    title: 备注\n    level: 4\n    samples: [\"li.si@example.com.cn\"]\n    sensitive: none"; (81, 11) "has no mask"
    SensitiveUnmasked in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 备注\n    level: 4\n    samples: [\"浙A·D00000\"]",
        "    title: 备注\n    level: 4\n    samples: [\"浙A\"]"; (81, 11) "`mask: plate`"
    SensitiveUnmasked in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 备注\n    level: 4\n    samples: [\"浙A·D00000\"]",
        "    title: 备注\n    level: 4\n    samples: [\"浙A·D00000\"]\n    sensitive: none"; (81, 11) "has no mask"
    SensitiveOpen in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 备注\n    level: 1\n    mask: id-number\n    samples: [一, \"440524188001010014\"]",
        "    title: 备注\n    level: 2\n    mask: id-number\n    samples: [一, \"440524188001010014\"]"; (83, 12) "open to every"
    SensitiveUnmasked in MARRIAGE: "path: $.note\n    title: 备注\n    level: 4\n    approval: true" =>
        "path: $.holder.id_number\n    title: 备注\n    level: 4",
        "path: $.holder.number\n    title: 备注\n    level: 4"; (81, 11) "`mask: id-number`"
    MaskShowsMuch in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 备注\n    level: 4\n    samples: [\"440524188001010014\"]\n    mask: {keep: {front: 6, end: 5}}",
        "    title: 备注\n    level: 4\n    samples: [\"440524188001010014\"]\n    mask: {keep: {front: 6, end: 4}}"; (85, 11) "at most 10"
    MaskShowsMuch in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 备注\n    level: 4\n    samples: [\"13800001999\"]\n    mask: {keep: {front: 4, end: 4}}",
        "    title: 备注\n    level: 4\n    samples: [\"13800001999\"]\n    mask: mobile"; (85, 11) "at most 7"
    MaskShowsMuch in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 备注\n    level: 4\n    samples: [\"6222020000000000000\"]\n    mask: {keep: {front: 6, end: 5}}",
        "    title: 备注\n    level: 4\n    samples: [\"6222020000000000000\"]\n    mask: bank-card"; (85, 11) "at most 10"
    MaskShowsMuch in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 备注\n    level: 4\n    samples: [\"li.si@example.com\"]\n    mask: {keep: {front: 2}}",
        "    title: 备注\n    level: 4\n    samples: [\"li.si@example.com\"]\n    mask: email"; (85, 11) "at most 1"
    MaskShowsMuch in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 备注\n    level: 4\n    samples: [\"浙AD00000\"]\n    mask: {keep: {front: 4, end: 1}}",
        "    title: 备注\n    level: 4\n    samples: [\"浙AD00000\"]\n    mask: plate"; (85, 11) "at most 4"
    BadSample in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 备注\n    level: 4\n    samples: [一, 二, 三, 四, 五, 六]",
        "    title: 备注\n    level: 4\n    samples: [一, 二, 3, true, 五]"; (84, 30) "keep 5"
    BadSample in MARRIAGE: "    title: 备注\n    level: 4\n    approval: true" =>
        "    title: 备注\n    level: 4\n    samples: ['']",
        "    title: 备注\n    level: 4\n    samples: []"; (84, 15) "1 to 256"
    MaskShowsMuch in MARRIAGE: "mask: id-number" => "mask: {keep: {front: 7, end: 4}}",
        "mask: {keep: {front: 6, end: 4}}"; (64, 11) "at most 10"
    MaskShowsMuch in MARRIAGE: "front: 1," => "front: 2,", "front: 0,"; (68, 11) "`mask: name`"
    SearchMasked in MARRIAGE: "    lookups: [$.id_number]\n" => "",
        "    lookups: [$.name, $.id_number]\n"; (87, 9) "lookups"
    RegionMissing in MARRIAGE: "consumers: [human-resources, " => "consumers: [public-security, ",
        "consumers: [city-government, "; (95, 9) "`public-security` has no region"
    UnreachableTerm in DIVISIONS: "    clearance: 2" => "    clearance: 2
  - id: more
    consumers: [public-security]
    purposes: [case-investigation]
    clearance: 1", "    clearance: 2
  - id: more
    consumers: [human-resources]
    purposes: [case-investigation]
    clearance: 1"; (32, 9) "`surveying` always holds"
    UnreachableTerm in DIVISIONS: "consumers: [public-security]" =>
        "consumers: [public-security]\n    modes: [submit]",
        "consumers: [public-security]\n    modes: [query]"; (29, 9) "modes"
    InactiveParty in MARRIAGE: "systems: [pension-desk]" => "systems: [old-desk]",
        "systems: [marriage-desk]"; (89, 15) "`old-desk` is not active"
    EmptyLimit in MARRIAGE: "systems: [pension-desk]" => "systems: []", "systems: [marriage-desk]";
        (89, 14) "at least one"
    EmptyLimit in MARRIAGE: "purposes: [case-investigation]" => "purposes:",
        "purposes: [social-assistance]"; (109, 13) "at least one"
    EmptyLimit in MARRIAGE: "operators: [officer-0042]" => "operators: []",
        "operators: [officer-0017]"; (93, 16) "at least one"
    ConsumersMissing in REGISTRY: "[civil-affairs, human-resources]" => "[]", "[civil-affairs]";
        (8, 9) "no members"
    SearchMasked in DIVISIONS: "pattern: '[0-9]{6}' }" => "pattern: '[0-9]{6}', searches: $.boundary }",
        "pattern: '[0-9]{6}', searches: $.name }"; (3, 8) "nobody can use `one`"
    BadCondition in MARRIAGE: "terms:" =>
        "conditions:\n  - { field: $.age, level: 4 }\nterms:",
        "conditions:\n  - { field: $.note, younger_than_years: 14, level: 4 }\nterms:";
        (87, 5) "one of `one_of"
    BadCondition in MARRIAGE: "terms:" =>
        "conditions:\n  - { field: $.age, one_of: [1, 2], younger_than_years: 14, level: 4 }\nterms:",
        "conditions:\n  - { field: $.age, one_of: [1, 2], level: 4 }\nterms:";
        (87, 5) "one of `one_of"
    BadCondition in MARRIAGE: "terms:" =>
        "conditions:\n  - { field: $.note, one_of: [sealed] }\nterms:",
        "conditions:\n  - { field: $.note, one_of: [sealed], withhold: true }\nterms:";
        (87, 5) "exactly one of `level"
    BadCondition in MARRIAGE: "terms:" =>
        "conditions:\n  - { field: $.note, one_of: [sealed], withhold: true, fields: [$.age] }\nterms:",
        "conditions:\n  - { field: $.note, one_of: [sealed], level: 2, fields: [$.age] }\nterms:";
        (87, 5) "as a whole"
    BadCondition in MARRIAGE: "terms:" =>
        "conditions:\n  - { field: $.note, one_of: [sealed], level: 3, fields: [$.note] }\nterms:",
        "conditions:\n  - { field: $.note, one_of: [sealed], level: 3, fields: [$.name] }\nterms:";
        (87, 47) "raises no field"
    BadCondition in MARRIAGE: "terms:" =>
        "conditions:\n  - { field: '$.spouses[*].name', one_of: [甲], withhold: true }\nterms:",
        "conditions:\n  - { field: $.name, one_of: [甲], withhold: true }\nterms:";
        (87, 14) "without `[*]`"
    BadCondition in MARRIAGE: "terms:" =>
        "conditions:\n  - { field: $.age, younger_than_years: 14, level: 4 }\nterms:",
        "conditions:\n  - { field: $.age, one_of: [14], level: 4 }\nterms:";
        (87, 41) "a text"
    BadCondition in MARRIAGE: "terms:" =>
        "conditions:\n  - { field: $.age, one_of: [young], level: 4 }\nterms:",
        "conditions:\n  - { field: $.age, one_of: ['14'], level: 4 }\nterms:";
        (87, 30) "number"
    BadCondition in MARRIAGE: "terms:" =>
        "conditions:\n  - { field: $.note, one_of: [''], level: 4 }\nterms:",
        "conditions:\n  - { field: $.note, one_of: ['14'], level: 4 }\nterms:";
        (87, 31) "fulfils the condition anyway"
    UnknownField in MARRIAGE: "terms:" =>
        "conditions:\n  - { field: $.nmae, one_of: [甲], withhold: true }\nterms:",
        "conditions:\n  - { field: $.name, one_of: [甲], withhold: true }\nterms:";
        (87, 14) "`$.name`"
    BadNumber in MARRIAGE: "terms:" =>
        "conditions:\n  - { field: $.note, younger_than_years: 121, level: 4 }\nterms:",
        "conditions:\n  - { field: $.note, younger_than_years: 120, level: 4 }\nterms:";
        (87, 42) "120"
    EmptyLimit in MARRIAGE: "terms:" =>
        "conditions:\n  - { field: $.note, one_of: [], withhold: true }\nterms:",
        "conditions:\n  - { field: $.note, one_of: [x], withhold: true }\nterms:";
        (87, 30) "at least one"
    UnknownMask in MARRIAGE: "    type: number\n    level: 1" =>
        "    type: number\n    level: 1\n    mask: {range: [60, 18]}",
        "    type: number\n    level: 1\n    mask: {range: [18, 60]}"; (81, 19) "ascending"
    UnknownMask in MARRIAGE: "    type: number\n    level: 1" =>
        "    type: number\n    level: 1\n    mask: {range: []}",
        "    type: number\n    level: 1\n    mask: pseudonym"; (81, 19) "1 to 64"
    UnknownMask in MARRIAGE: "    type: number\n    level: 1" =>
        "    type: number\n    level: 1\n    mask: {range: [18], constant: x}",
        "    type: number\n    level: 1\n    mask: {range: [-1]}"; (81, 11) "`range`"
    ChainTooWeak in PROCEDURE: "    approve: leader\n    open: leader" => "    open: leader",
        "    approve: leader\n    open: leader\n    longest_days: 9"; (2, 5) "non-shared"
    ChainTooWeak in PROCEDURE: "modes: [bulk]" => "modes: [search]", "modes: [bulk, search]";
        (15, 5) "level: 4"
    ChainTooWeak in PROCEDURE: "level: 4" => "level: 3\n    modes: [query]", "level: 3";
        (16, 5) "bulk"
    ChainTooWeak in PROCEDURE: "level: 4\n    agree: section-head\n    approve: leader\n    open: approver"
        => "level: 4\n    agree: section-head\n    approve: leader\n    open: approver\n    escalates: when-overdue",
        "level: 4\n    agree: section-head\n    approve: leader\n    open: approver\n    escalates: on-request";
        (11, 5) "without anybody's word"
    BadNumber in PROCEDURE: "every_days: 92" => "every_days: 30", "every_days: 31"; (20, 24) "each review"
    UnknownWord in PROCEDURE: "approve: leader" => "approve: approver",
        "approve:  leader";
        (4, 14) "section-head"
    BadTemplate in MARRIAGE: "path: /query" => "path: //", "path: /"; (27, 11) "empty"
}
