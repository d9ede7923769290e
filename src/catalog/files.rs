//! The shapes of the catalog's files, as written. Their meaning is in `sluice_core::domain`; the
//! format is documented in `catalog/README.md`.

use sluice_core::domain::classification::{Category, Open, Origin, Sharing};
use sluice_core::domain::entry::Method;
use sluice_core::domain::field::FieldKind;
use sluice_core::domain::parameter::ParameterLocation;
use sluice_core::domain::registry::Role;
use sluice_core::grant::Escalates;

use super::choices::{
    BoundSpec, CaseSpec, Limit, MaskKey, ModeSpec, OperatorsSpec, RecordSpec, Required,
    SensitiveSpec, TellsSpec, TypeSpec,
};
use super::keywords;
use super::shape::{Spanned, shape};

shape! {
    /// The registry of a Sluice catalog: departments.yaml.
    RegistryFile, "the registry" {
        /// Purposes that an exchange may have; at least one.
        purposes: Vec<PurposeSaid> => {"minItems": 1},
        /// Departments that terms may name together, as `@group`.
        groups: Vec<GroupSaid>,
        /// Departments with their systems and people; at least one.
        departments: Vec<DepartmentSaid> => {"minItems": 1},
    }
}

shape! {
    /// A purpose that an exchange may have.
    PurposeSaid, "a purpose" {
        /// The code in Exchange-Purpose.
        code: Spanned<String> => (keywords::id()),
        /// Its meaning, for people.
        title: Spanned<String>,
        /// The uses it covers and those it doesn't, if there is more to say.
        description: Option<Spanned<String>>,
        /// The ways of use that it allows. Default all.
        modes: Limit<Spanned<ModeSpec>>,
        /// The kinds of data that it allows. Default all.
        categories: Limit<Category>,
    }
}

shape! {
    /// Departments that terms may name together.
    GroupSaid, "a group" {
        /// Its id; terms write `@id`.
        id: Spanned<String> => (keywords::id()),
        /// Ids of departments.
        members: Vec<Spanned<String>> => {"minItems": 1},
    }
}

shape! {
    /// A department with its systems and people.
    DepartmentSaid, "a department" {
        /// Its id in paths and certificates.
        id: Spanned<String> => (keywords::id()),
        /// Its name.
        title: Spanned<String>,
        /// Its name in English.
        title_en: Option<Spanned<String>>,
        /// Its unified social credit code (GB 32100), or a code of the office's own.
        code: Option<Spanned<String>> => {"pattern": "^[A-Za-z0-9./-]{1,32}$"},
        /// Id of the department that it stands under.
        parent: Option<Spanned<String>> => (keywords::id()),
        /// Its division code (GB/T 2260), in quotes.
        region: Option<Spanned<String>> => {"pattern": "^(0[1-9]|[1-9][0-9])[0-9]{4,10}$"},
        /// Words by which terms name it along with its like, as "tag:word".
        tags: Vec<Spanned<String>> => {"items": (keywords::tag())},
        /// An inactive department neither calls nor provides. Default true.
        active: Option<bool>,
        /// Rates at which all consumers together may ask for its data. At most 4.
        rates: Limit<Spanned<String>> => {"items": (keywords::rate()), "maxItems": 4},
        /// The addresses of its provider systems: hosts with ports, or address ranges.
        upstream_addresses: Vec<Spanned<String>>,
        /// Its programs.
        systems: Vec<SystemSaid>,
        /// Its people, by the pseudonymous numbers of their posts.
        people: Vec<PersonSaid>,
    }
}

shape! {
    /// A program of a department.
    SystemSaid, "a system" {
        /// Its id in certificates.
        id: Spanned<String> => (keywords::id()),
        /// An inactive system is refused at once. Default true.
        active: Option<bool>,
    }
}

shape! {
    /// A person of a department.
    PersonSaid, "a person" {
        /// Pseudonymous number of the post; never a name.
        id: Spanned<String> => (keywords::id()),
        /// The roles of the person towards the gateway and its catalog.
        roles: Vec<Role>,
        /// An inactive person is refused at once. Default true.
        active: Option<bool>,
    }
}

shape! {
    /// The procedure of the exchange office for grants and suspensions: procedure.yaml.
    ProcedureFile, "the procedure" {
        /// The people who must agree to a grant. The first row that fits the request counts; if
        /// none fits, the built-in procedure does.
        chains: Vec<Spanned<ChainSaid>>,
        /// The working days. Default Monday to Friday.
        calendar: Option<CalendarSaid>,
        /// The reviews of open grants.
        reviews: Option<ReviewsSaid>,
        /// The working days that a department has to acknowledge a notice. Default 10.
        acknowledge_working_days: Option<Spanned<i64>> => {"minimum": 1, "maximum": 250},
        /// True if the person who suspended a target may also lift that. Default false.
        lifted_by_same: Option<bool>,
    }
}

shape! {
    /// The people who must agree to some grants.
    ChainSaid, "a chain" {
        /// The classes of the entries that the row is for. Default all.
        classes: Limit<Sharing>,
        /// The ways of use that the row is for. Default all.
        modes: Limit<Spanned<ModeSpec>>,
        /// The lowest level, of the highest field, that the row is for. Default all.
        level: Option<Spanned<i64>> => (keywords::level()),
        /// The role that agrees at the provider: approver, section-head or leader.
        agree: Spanned<Role>,
        /// The role that agrees there afterwards: section-head or leader. Default none.
        approve: Option<Spanned<Role>>,
        /// The role that opens it at the exchange office: approver or leader.
        open: Spanned<Role>,
        /// The days that a grant holds at most. Default 366; 92 for bulk use, data of level 4, and
        /// data that is not shared.
        longest_days: Option<Spanned<i64>> => {"minimum": 1, "maximum": 3_660},
        /// The working days that each of them has to answer. Default 10.
        answer_working_days: Option<Spanned<i64>> => {"minimum": 1, "maximum": 250},
        /// The way an unanswered request goes to the office above both parties. Default on-request,
        /// the only way for bulk use, data of level 4, and data that is not shared.
        escalates: Option<Escalates>,
    }
}

shape! {
    /// The working days, where they differ from Monday to Friday.
    CalendarSaid, "a calendar" {
        /// Days that are free.
        holidays: Vec<Spanned<String>> => {"items": (keywords::day())},
        /// Days of weekends that are worked.
        workdays: Vec<Spanned<String>> => {"items": (keywords::day())},
    }
}

shape! {
    /// The reviews of open grants.
    ReviewsSaid, "reviews" {
        /// No grant is open for longer without a review, in days. Default 184.
        every_days: Option<Spanned<i64>> => {"minimum": 1, "maximum": 3_660},
        /// The days by which a review is due ahead of its date. Default 30.
        notice_days: Option<Spanned<i64>> => {"minimum": 1, "maximum": 3_660},
        /// The days for which the grant still holds after the date. Default 14.
        grace_days: Option<Spanned<i64>> => {"minimum": 1, "maximum": 3_660},
    }
}

shape! {
    /// An entry of a Sluice catalog: <department>/<entry>.yaml.
    EntryFile, "an entry" {
        /// Its name.
        title: Spanned<String>,
        /// Its name in English.
        title_en: Option<Spanned<String>>,
        /// Its code in the office's own catalog.
        code: Option<Spanned<String>>,
        /// Its place in the classification.
        classification: Option<Spanned<String>>,
        /// Its content, in a sentence or two.
        summary: Option<Spanned<String>>,
        /// The data standard that its records follow.
        standard: Option<Spanned<String>>,
        /// The period at which it is renewed: an ISO 8601 duration such as P1D.
        update_cycle: Option<Spanned<String>> => (keywords::duration()),
        /// The date of its first publication.
        published: Option<Spanned<String>> => (keywords::date()),
        /// Codes of entries that belong with it, here or in other offices' catalogs.
        related: Vec<Spanned<String>>,
        /// Id of the department or office that answers for it: the provider or one that stands
        /// below it. Default the provider.
        responsible: Option<Spanned<String>> => (keywords::id()),
        /// The contact: an office, never a private person.
        contact: Spanned<String>,
        /// Openness of the data to the public. Default prohibited.
        open: Option<Open>,
        /// The class of sharing.
        class: Spanned<Sharing>,
        /// The kind of data.
        category: Category,
        /// Its level as a whole.
        level: Spanned<i64> => (keywords::level()),
        /// True if its records are about persons.
        personal: bool,
        /// The provider's part in the data: its source, or a copy. Default source.
        origin: Option<Origin>,
        /// A state secret; such an entry is refused.
        secret: Option<Spanned<bool>>,
        /// Restricted base data: why it does not go to all.
        exception: Option<Spanned<String>>,
        /// An inactive entry is refused at once. Default true.
        active: Option<bool>,
        /// Unconditional entries: up to which level everyone sees fields. Default 1.
        clearance: Option<Spanned<i64>> => (keywords::level()),
        /// Unconditional entries that are not personal: no purpose need be stated.
        waives_purpose: Option<Spanned<bool>>,
        /// Unconditional entries: the rate at which one system may call. Default 100/s.
        rate: Option<Spanned<String>> => (keywords::rate()),
        /// Non-shared entries: why.
        withholding: Option<Spanned<WithholdingSaid>>,
        /// The address of the provider; required unless non-shared.
        upstream: Option<Spanned<UpstreamSaid>>,
        /// The ways to ask for it; required unless non-shared.
        operations: Vec<OperationSaid>,
        /// The fields of a record; required unless non-shared or opaque.
        fields: Vec<FieldSaid>,
        /// Entries of files, which are shown whole or not at all: their media types.
        opaque: Limit<Spanned<String>> => {"items": (keywords::media_type())},
        /// Statements of a record about itself that change what may be seen of it. At most 4.
        conditions: Vec<Spanned<ConditionSaid>> => {"maxItems": 4},
        /// The terms of its use, tried in this order. The first that holds is the basis.
        terms: Vec<TermSaid>,
    }
}

shape! {
    /// The reason why an entry is not shared.
    WithholdingSaid, "a withholding" {
        /// The reason, which every department may read.
        reason: Spanned<String>,
        /// The law that it rests on.
        legal_basis: Spanned<String>,
        /// The office that approved it.
        approver: Spanned<String>,
    }
}

shape! {
    /// The address of the provider.
    UpstreamSaid, "an upstream" {
        /// Hosts with ports, tried in turn. Connections are always mutual TLS.
        addresses: Vec<Spanned<String>> => {"minItems": 1},
        /// The part before the operation's path.
        base_path: Option<Spanned<String>> => {"pattern": "^(/[^/?#%;]+)+$"},
        /// Time from the first byte sent to the last received, in milliseconds. Default 10000.
        total_timeout_ms: Option<Spanned<i64>> => {"minimum": 10, "maximum": 120_000},
    }
}

shape! {
    /// One way to ask.
    OperationSaid, "an operation" {
        /// Its id within the entry.
        id: Spanned<String> => (keywords::id()),
        /// The HTTP method.
        method: Spanned<Method>,
        /// The path below the entry, with parameters in braces.
        path: Spanned<String> => {"pattern": "^/"},
        /// The way of use.
        mode: Spanned<ModeSpec>,
        /// The place of the records in the answer. Default $, one record.
        records: Option<Spanned<String>> => (keywords::path()),
        /// Scalars beside the records that pass, such as a total.
        envelope: Vec<Spanned<String>> => {"items": (keywords::path())},
        /// Fields of a record that identify persons; required if the entry is personal.
        subjects: Vec<Spanned<String>> => {"items": (keywords::path())},
        /// Most records in an answer. Default 1 for query, 100 otherwise.
        max_records: Option<Spanned<i64>> => {"minimum": 1, "maximum": 10_000_000},
        /// `intent`: the log must know of it before the provider is asked. Always so for submit.
        record: Option<Spanned<RecordSpec>>,
        /// Usable under an approved grant only. Default false.
        approval: Option<bool>,
        /// The parameters of the request.
        parameters: Vec<ParameterSaid>,
    }
}

shape! {
    /// A parameter of a request.
    ParameterSaid, "a parameter" {
        /// Its name in path, query or body.
        name: Spanned<String> => {"pattern": "^[A-Za-z0-9_-]{1,63}$"},
        /// Its place: path, query or body.
        place as "in": ParameterLocation,
        /// The type of its value. Default text.
        kind as "type": Option<TypeSpec>,
        /// Text: a regular expression that the whole value must match. Required.
        pattern: Option<Spanned<String>>,
        /// Text: longest value in characters. Default 128.
        max_chars: Option<Spanned<i64>> => {"minimum": 1, "maximum": 4096},
        /// Integer: least value. Required.
        min: Option<Spanned<i64>>,
        /// Integer: greatest value. Required.
        max: Option<Spanned<i64>>,
        /// True if it must be given. Default true.
        required: Option<Spanned<bool>>,
        /// The field that it searches by.
        searches: Option<Spanned<String>> => (keywords::path()),
        /// True if it identifies the person who is asked about. Known without it where it searches
        /// one of the operation's subjects.
        subject: Option<Spanned<bool>>,
    }
}

shape! {
    /// A field of a record.
    FieldSaid, "a field" {
        /// Its place in a record.
        path: Spanned<String> => (keywords::path()),
        /// Its name, for people.
        title: Spanned<String>,
        /// The type of its value. Default text.
        kind as "type": Option<FieldKind>,
        /// Its sensitivity; shown up to the consumer's clearance.
        level: Spanned<i64> => (keywords::level()),
        /// The mask that stands in its place above the clearance. Without one it is dropped.
        mask: MaskKey,
        /// The standard data element that it is, by name or code.
        element: Option<Spanned<String>>,
        /// Its sensitive kind, where path and title don't tell or tell wrongly.
        sensitive: Option<SensitiveSpec>,
        /// Values such as it has, made up and never of real persons, by which the check knows what
        /// it holds. At most 5.
        samples: Vec<Spanned<String>>
            => {"maxItems": 5, "items": {"type": ["string", "number", "boolean"]}},
        /// Shown under an approved grant only. Default false.
        approval: Option<bool>,
    }
}

shape! {
    /// A statement of a record about itself that changes what may be seen of it: exactly one of `one_of`
    /// and `younger_than_years`, and exactly one of `level` and `withhold`.
    ConditionSaid, "a condition" {
        /// The field that is examined. If it is missing, occurs twice or can't be read, the
        /// condition is fulfilled, too.
        field: Spanned<String> => (keywords::path()),
        /// Fulfilled if the field is one of these.
        one_of: Limit<Spanned<String>> => {"items": {"type": ["string", "number", "boolean"]}},
        /// Fulfilled if the field, a date of birth, is less than so many years ago.
        younger_than_years: Option<Spanned<i64>> => {"minimum": 1, "maximum": 120},
        /// Then fields of the record are at least of this level.
        level: Option<Spanned<i64>> => (keywords::level()),
        /// These fields. Default all.
        fields: Limit<Spanned<String>> => {"items": (keywords::path())},
        /// Then nothing of the record is shown. Default false.
        withhold: Option<Spanned<bool>>,
    }
}

shape! {
    /// Consumers who may use the entry, in which ways and for which purposes.
    TermSaid, "a term" {
        /// Its id within the entry, named in records and refusals.
        id: Spanned<String> => (keywords::id()),
        /// Ids of departments, groups as "@group", all departments below one as
        /// "under:department", all with a tag as "tag:word".
        consumers: Vec<Spanned<String>> => {"minItems": 1},
        /// Only these systems of theirs.
        systems: Limit<Spanned<String>>,
        /// The ways of use that it allows. Default query and search.
        modes: Limit<Spanned<ModeSpec>>,
        /// The purposes that it is for; required for restricted entries.
        purposes: Limit<Spanned<String>>,
        /// The demand for a case reference: required, or the pattern it must match.
        case: Option<Spanned<CaseSpec>>,
        /// The demand for a reference to the consent of the person concerned. Default none.
        consent: Option<Required>,
        /// The demand to name an operator: required, or these people's ids.
        operators: Option<OperatorsSpec>,
        /// Parameters tied to a value.
        bindings: Vec<Spanned<BindingSaid>>,
        /// Fields that may be searched by though they are not shown.
        lookups: Vec<Spanned<String>> => {"items": (keywords::path())},
        /// Fields above it are masked or dropped.
        clearance: Spanned<i64> => (keywords::level()),
        /// Only these fields.
        fields: Limit<Spanned<String>> => {"items": (keywords::path())},
        /// The rate at which one system may call. Default 100/s.
        rate: Option<Spanned<String>> => (keywords::rate()),
        /// Further rates, all of which hold: 10000/h beside 100/s, say. At most 4.
        rates: Limit<Spanned<String>> => {"items": (keywords::rate()), "maxItems": 4},
        /// Rates at which one operator may, through whatever system. At most 4.
        operator_rates: Limit<Spanned<String>> => {"items": (keywords::rate()), "maxItems": 4},
        /// The number of calls that may come at once. Default the rate's number.
        burst: Option<Spanned<i64>> => {"minimum": 1, "maximum": 1_000_000},
        /// The amounts that each department may use under it. Default without limit.
        budget: Option<Spanned<BudgetSaid>>,
        /// The day on which it begins, at 00:00 UTC+8.
        from: Option<Spanned<String>> => (keywords::date()),
        /// The day on which it ends, at 00:00 UTC+8.
        until: Option<Spanned<String>> => (keywords::date()),
        /// The date on which the provider is to review it: it is listed until the date is moved on.
        review: Option<Spanned<String>> => (keywords::date()),
        /// The references that the provider is told.
        tells: Vec<TellsSpec>,
        /// True if its exchanges are left out of a person's own report until an auditor discloses
        /// them: open cases. Default false.
        confidential: Option<bool>,
        /// Number of the agreement between the departments.
        agreement: Option<Spanned<String>>,
        /// The law that it rests on.
        legal_basis: Option<Spanned<String>>,
        /// The time for which the consumer may keep the data: an ISO 8601 duration.
        retention: Option<Spanned<String>> => (keywords::duration()),
    }
}

shape! {
    /// The amounts that a department may use under a term.
    BudgetSaid, "a budget" {
        /// The limits of each day, from midnight to midnight.
        daily: Option<AllowanceSaid>,
        /// The limits in all.
        total: Option<AllowanceSaid>,
    }
}

shape! {
    /// The amounts that may be used in one window. Those not stated have no limit.
    AllowanceSaid, "an allowance" {
        /// Requests that are let through to the provider.
        requests: Option<Spanned<i64>> => {"minimum": 1},
        /// Records that are released.
        records: Option<Spanned<i64>> => {"minimum": 1},
        /// Bytes that are released.
        bytes: Option<Spanned<i64>> => {"minimum": 1},
        /// Distinct persons in what is released.
        persons: Option<Spanned<i64>> => {"minimum": 1},
    }
}

shape! {
    /// A parameter tied to a value: exactly one of `to` and `equals`.
    BindingSaid, "a binding" {
        /// The parameter; it must then be given.
        parameter: Spanned<String>,
        /// Tied to a division within the consumer's own region.
        to: Option<BoundSpec>,
        /// Tied to this very value.
        equals: Option<Spanned<String>> => {"type": ["string", "integer", "boolean"]},
    }
}
