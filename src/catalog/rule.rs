//! The rules of a catalog, each with a stable id and its reason.

use std::fmt;

/// The gravity of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The catalog can't be used.
    Error,
    /// The catalog can be used, but somebody should look: a part has no effect, or has lost it.
    Warning,
}

macro_rules! rules {
    ($($severity:ident $rule:ident $id:literal: $why:literal,)*) => {
        /// A rule that catalog files are checked by.
        #[allow(rustdoc::invalid_html_tags, reason = "the texts are for people at a terminal")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule {
            $(#[doc = $why] $rule,)*
        }

        impl Rule {
            /// All rules.
            pub const ALL: &'static [Rule] = &[$(Rule::$rule),*];

            /// The stable id, as messages and tools cite it.
            pub fn id(self) -> &'static str {
                match self {
                    $(Rule::$rule => $id,)*
                }
            }

            /// The gravity of breaking it.
            pub fn severity(self) -> Severity {
                match self {
                    $(Rule::$rule => Severity::$severity,)*
                }
            }

            /// The reason for the rule, and how to keep it.
            pub fn explanation(self) -> &'static str {
                match self {
                    $(Rule::$rule => $why,)*
                }
            }
        }
    };
}

rules! {
    Error FileUnreadable "file-unreadable":
        "Every file of the catalog must be readable UTF-8 text of at most 1 MiB: a catalog that is \
         only partly read would decide by what is missing.",
    Error FilePlace "file-place":
        "An entry stands in <department>/<entry>.yaml: its folder is its department and its file \
         name its id, so that nobody writes an entry for another department by a line inside it.",
    Error RegistryMissing "registry-missing":
        "The registry, departments.yaml, stands at the top of the catalog. Without it no caller \
         is known.",
    Error Syntax "syntax":
        "The file is not YAML, or uses a part of YAML that catalog files do without: anchors, \
         aliases, tags, directives, several documents, deep nesting. A reviewer must see what a \
         file says where it says it.",
    Error UnknownKey "unknown-key":
        "A key that the format does not have would be ignored, and its writer would believe in \
         it. The keys are listed in catalog/README.md.",
    Error DuplicateKey "duplicate-key":
        "A key stands once in a mapping. YAML readers differ in which of two they take.",
    Error MissingKey "missing-key": "This key is required.",
    Error WrongType "wrong-type":
        "A text, number, list or mapping stands where something else belongs.",
    Error UnknownWord "unknown-word": "Only the words of a closed list may stand here.",
    Error BadText "bad-text":
        "Titles, contacts and the like are not empty, have at most 2,000 characters and no control \
         characters: they end up in headers, records and terminals.",
    Error BadId "bad-id":
        "Ids stand in paths, certificates and labels: lower-case letters and digits in words \
         joined by single dashes, starting with a letter, at most 63 characters. Names of \
         parameters are letters, digits, `_` and `-`.",
    Error DuplicateId "duplicate-id":
        "Two things of one id can't be told apart in requests, refusals and records.",
    Error UnknownDepartment "unknown-department":
        "Departments and groups that are referred to stand in departments.yaml.",
    Error UnknownSystem "unknown-system":
        "A term's systems belong to one of its consumer departments.",
    Error UnknownPerson "unknown-person":
        "A term's operators belong to one of its consumer departments.",
    Error UnknownPurpose "unknown-purpose": "Purposes are registered in departments.yaml.",
    Error PurposeScope "purpose-scope":
        "A purpose says in departments.yaml which ways of use and kinds of data it allows, if not \
         all. A term that lists one which allows none of what the term does promises what every \
         request for that purpose would be refused.",
    Error UnknownField "unknown-field":
        "Fields are referred to by a path that the entry declares under `fields`. A mistyped path \
         of a subject would leave persons out of the log.",
    Error UnknownParameter "unknown-parameter":
        "Parameters are declared by the operation; a binding's by one that the term allows.",
    Error ParentCycle "parent-cycle":
        "Departments form a tree: the office above two departments decides between them.",
    Error BadRegion "bad-region":
        "A region is a division code of GB/T 2260: six digits, in quotes, or more for the levels \
         below a county.",
    Error BadCode "bad-code":
        "A department's code is its unified social credit code (GB 32100), of which the organisation \
         code within and the last character check the others, or a code of the office's own: at \
         most 32 letters, digits, `-`, `.` and `/`. One of 18 letters and digits is taken for a \
         credit code.",
    Error BadAddress "bad-address":
        "An address is a host and a port (`records.example.internal:9443`, `[2001:db8::1]:9443`); \
         in the registry also a range (`10.20.0.0/16`).",
    Error BadLevel "bad-level": "Levels and clearances go from 1 (open to all departments) to 4.",
    Error BadNumber "bad-number": "A number is outside what the format allows for it.",
    Error BadDate "bad-date":
        "Dates are ISO 8601 calendar dates (`2026-01-31`). A term's begin and end at 00:00 UTC+8, \
         and its end lies after its beginning.",
    Error BadDuration "bad-duration":
        "Durations are ISO 8601 (`P1D`, `PT1H`, `P1Y`), and not zero.",
    Error BadRate "bad-rate":
        "A rate is a number of requests and a unit: `20/s`, `100/m`, `1000/h`, `5000/d`.",
    Error BadBudget "bad-budget":
        "A budget limits requests, records, bytes or (of personal entries) persons, a day or in \
         all, and the day no less strictly than the whole.",
    Error BadPattern "bad-pattern":
        "A pattern is a regular expression of the Rust regex crate: no look-around, no \
         back-references, and small when compiled. It is always matched against the whole value.",
    Error PatternMissing "pattern-missing":
        "Every text parameter has a pattern: what is not described can't be checked, and what is \
         not checked reaches the provider's query.",
    Error BoundsMissing "bounds-missing":
        "Every integer parameter has a least and a greatest value, the least not above the \
         greatest.",
    Error ParameterRule "parameter-rule":
        "Patterns and lengths belong to text parameters, bounds to integers.",
    Error BadTemplate "bad-template":
        "A path starts with `/` and is made of texts and `{parameter}`s, each a whole segment. \
         It holds nothing that a request's path can't: no empty or dot segments, no `;`, `%`, \
         backslash or control character, at most 30 segments.",
    Error TemplateParameter "template-parameter":
        "Each `{name}` in a path is declared once as a parameter `in: path`, and the other way \
         round.",
    Error PathParameterOptional "path-parameter-optional":
        "A path parameter is always required: without it the path is another one.",
    Error BodyNotAllowed "body-not-allowed":
        "Only POST and PUT requests have a body, so only their operations have body parameters.",
    Error OverlappingOperations "overlapping-operations":
        "One method and path must lead to one operation, else the order of lines would decide \
         what is released.",
    Error BadFieldPath "bad-field-path":
        "Field paths are the part of JSONPath (RFC 9535) that names fields: `$.name`, \
         `$.children[*].name`, `$['…']`.",
    Error FieldOverlap "field-overlap":
        "No field is declared twice, and none lies within another: two verdicts on one value \
         can't both hold.",
    Error BadCondition "bad-condition":
        "A condition looks at one field that stands once in a record, says by exactly one of \
         `one_of` and `younger_than_years` when it is fulfilled, and by exactly one of `level` and \
         `withhold` what comes of it. An entry has at most 4.",
    Error BadMediaType "bad-media-type":
        "The media types of files are written in lower case without parameters, and none of them \
         is one that can be judged field by field.",
    Error OpaqueWhole "opaque-whole":
        "A file is shown whole or not at all: each term's clearance reaches the level of an entry \
         of files, and its operations hand out (query, search, bulk).",
    Error TooManyFields "too-many-fields": "An entry has at most 1,024 fields.",
    Error BadSample "bad-sample":
        "A field has at most 5 samples of at most 256 characters. They are made up: an entry is read \
         by many, and is no place for data about real persons.",
    Error UnknownMask "unknown-mask": "Masks are listed in catalog/README.md.",
    Error MaskHidesNothing "mask-hides-nothing":
        "A mask must hide something: one that keeps more characters than any identifier has \
         shows all of it.",
    Error ModeNotBuilt "mode-not-built":
        "The modes `verify` and `statistics` have no engine yet; an entry that promises them \
         can't be served.",
    Error OperationsMissing "operations-missing":
        "An entry that is shared has at least one operation and one field: nobody can ask for it \
         otherwise.",
    Error SubjectsMissing "subjects-missing":
        "Records about persons name where the persons' identifiers stand, and requests for files \
         about persons who they are, so that the log can tell who was asked about.",
    Error PurposeWaived "purpose-waived":
        "Only an unconditional entry that is not about persons may do without a purpose.",
    Error PurposesMissing "purposes-missing":
        "A term of a restricted entry lists the purposes that it is for.",
    Error ConsumersMissing "consumers-missing": "A term names the departments that it is for.",
    Error ConsumersEmpty "consumers-empty":
        "`under:department` stands for all departments below one in departments.yaml, without that \
         one, and `tag:word` for all that have the tag. One that stands for nobody is a mistake: \
         whoever came to be meant later would be let in unseen.",
    Error EmptyLimit "empty-limit":
        "A list of systems, modes, purposes, operators or fields limits a term. Without the key \
         there is no limit; an empty list would be taken for that by some and for nothing by \
         others.",
    Error WithholdingMissing "withholding-missing":
        "Sharing is the rule: what is not shared states reason, legal basis and approver.",
    Error UpstreamMissing "upstream-missing":
        "An entry that is shared says where its provider answers.",
    Error UpstreamOutside "upstream-outside":
        "The registry says where a department's provider systems may stand; an entry can't point \
         the gateway anywhere else.",
    Error ResponsibleOutside "responsible-outside":
        "Who answers for an entry is its provider, or a department or office that stands below it \
         in departments.yaml: nobody is made responsible for another department's data.",
    Error MisplacedKey "misplaced-key":
        "This key has no meaning for such an entry, and would mislead its readers.",
    Error EnvelopeOverlap "envelope-overlap":
        "What passes beside the records must stand beside them: within the records, or around \
         them, it would pass without level and mask.",
    Error Secret "secret":
        "What is a state secret is not shared through this gateway, so its entry is not \
         published.",
    Error BaseRestricted "base-restricted":
        "Base data (identifying codes of people, cases, things, places, organisations) goes to \
         all. An entry of base data that is restricted states the exception it rests on.",
    Error TraceOperators "trace-operators":
        "Traces, status and analysis are for related persons only: they are not shared \
         unconditionally, and each term asks for the operator, by name or at all.",
    Error BulkCopy "bulk-copy":
        "Only the source of data exports it in bulk. Who holds a copy answers queries.",
    Error SensitiveOpen "sensitive-open":
        "Identity numbers, biometrics, bank accounts, communications, property, transactions and \
         data of children are sensitive, and by mobile numbers, e-mail addresses and plates persons \
         are found: level 1 would show them to every department. They are known by what a field \
         says it holds, by its standard element, its name and title, and by its samples. A field \
         that only looks like one of them says `sensitive: none`.",
    Error SensitiveUnmasked "sensitive-unmasked":
        "A sensitive field says by a mask what those see who lack the clearance, or takes \
         `approval: true`. `mask: null` shows only that there is a value.",
    Error MaskShowsMuch "mask-shows-much":
        "A mask that keeps this much of such a value does not hide it: of an identity number or a \
         bank card at most 10 characters may be kept, of a mobile number 7, of a plate 4, of a name \
         or an e-mail address 1, of biometrics, property and transactions none.",
    Error SearchMasked "search-masked":
        "Who may search by a field learns its value by asking, so the field must be shown to \
         them, or the term must allow the search with `lookups`. Otherwise the operation can't \
         be used under the term.",
    Error RegionMissing "region-missing":
        "A parameter that is tied to the consumer's own region needs consumers that have one in \
         departments.yaml.",
    Error ToxicCombination "toxic-combination":
        "What one consumer sees of one kind of value through all entries together: the beginning \
         through one mask, the end through another, the birth date beside an identity number. \
         Fewer than 5 hidden digits of an identity number are soon guessed.",
    Error ChainTooWeak "chain-too-weak":
        "Bulk export and data of level 4 are granted by the head of the section that owns the data and \
         then by the provider's leader, what is not shared by the exchange office's leader as well. \
         procedure.yaml may ask for more people, not for fewer.",
    Warning UnreachableTerm "unreachable-term":
        "Terms are tried in order and the first that holds is the basis. This one can never be \
         it: an earlier one holds whenever it would, or none of the operations has its modes.",
    Warning BasisMissing "basis-missing":
        "Data about persons is shared because a law asks for it or because the person consented. A \
         term of a personal entry states the law as `legal_basis`, or asks for a reference to the \
         consent with every request, by `consent: required`.",
    Warning RelatedUnknown "related-unknown":
        "A related code begins, up to its last `/`, as codes of this catalog do, and no entry of it \
         has that code. Codes that begin otherwise are of other offices' catalogs and are not \
         looked for.",
    Warning InactiveParty "inactive-party":
        "A term names a department, system or person that is not active, and has no effect for \
         them; or an inactive department is to answer for an entry.",
    Warning ExpiredTerm "expired-term":
        "The term no longer holds. Renew it, or remove it so that readers aren't misled.",
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Rule {
    /// The rule of that id.
    pub fn parse(id: &str) -> Option<Rule> {
        Rule::ALL.iter().copied().find(|rule| rule.id() == id)
    }
}
