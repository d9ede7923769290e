//! The meaning of an entry's file as a whole: class, upstream, and what goes with them.

use sluice_core::domain::address::Address;
use sluice_core::domain::classification::{
    Category, Class, Level, Open, Origin, Sharing, Withholding,
};
use sluice_core::domain::condition::Condition;
use sluice_core::domain::entry::{About, Entry, EntryId, Upstream};
use sluice_core::domain::name::Name;
use sluice_core::domain::parameter::Patterns;
use sluice_core::domain::rate::DEFAULT_RATE;
use sluice_core::domain::registry::Department;
use sluice_core::domain::terms::Term;
use sluice_core::domain::view::ViewTerms;

use super::condition;
use super::field::{self, Fields};
use super::files::{EntryFile, UpstreamSaid};
use super::opaque;
use super::operation::{self, check_literal};
use super::registry::Names;
use super::rule::Rule;
use super::shape::{Report, Spanned};
use super::term::{self, Views};
use super::yaml::Position;

/// Default time from the first byte sent to the last received.
const DEFAULT_TIMEOUT_MS: u32 = 10_000;
/// Longest time that an entry can state.
const MOST_TIMEOUT_MS: u32 = 120_000;
/// Shortest time that an entry can state: less is a mistaken unit.
const LEAST_TIMEOUT_MS: u32 = 10;

/// Reads an entry. Something may come back although problems were reported: then the catalog as a
/// whole is refused.
pub(crate) fn entry(
    id: EntryId,
    file: &EntryFile,
    names: &Names,
    patterns: &mut Patterns,
    report: &mut Report<'_>,
) -> Option<Entry> {
    let about = about(&id, file, names, report);
    let level = report.level(&file.level);
    let class = class(file, report);
    misplaced(file, report);
    waived(file, report);
    shared_parts(file, report);
    let provider = names.registry.department(id.department().as_str()).map(|(_, found)| found);
    let upstream = file.upstream.as_ref().and_then(|said| upstream(said, provider, names, report));
    let opaque = opaque::media_types(file, report);
    let fields = match (&about, level, opaque.is_empty()) {
        (Some(about), Some(level), false) => Fields::of_files(&about.title, level),
        _ => field::fields(&file.fields, report),
    };
    let conditions = condition::conditions(&file.conditions, &fields, report);
    let mut around = operation::OperationContext {
        fields: &fields,
        patterns,
        personal: file.personal,
        opaque: !opaque.is_empty(),
    };
    let operations = operation::operations(&file.operations, &mut around, report);
    let mut views = Views::default();
    let mut around = term::TermContext {
        names,
        fields: &fields,
        conditions: &conditions,
        operations: &operations,
        operations_complete: operations.len() == file.operations.len(),
        patterns,
        personal: file.personal,
        restricted: file.class.value != Sharing::Unconditional,
    };
    let mut terms = term::terms(&file.terms, &mut around, &mut views, report);
    terms.extend(implicit_term(file, &fields, &conditions, &mut views, report));
    Some(Entry {
        id,
        about: about?,
        class: class?,
        category: file.category,
        level: level?,
        personal: file.personal,
        origin: file.origin.unwrap_or(Origin::Source),
        active: file.active.unwrap_or(true),
        operations,
        fields: fields.list,
        opaque,
        conditions,
        terms,
        views: views.0,
        upstream,
    })
}

fn about(id: &EntryId, file: &EntryFile, names: &Names, report: &mut Report<'_>) -> Option<About> {
    let title = report.text(&file.title);
    let contact = report.text(&file.contact);
    let published = file.published.as_ref();
    let published = published.filter(|said| report.date(said).is_some());
    Some(About {
        title_en: report.text_of(&file.title_en),
        code: report.text_of(&file.code),
        classification: report.text_of(&file.classification),
        summary: report.text_of(&file.summary),
        standard: report.text_of(&file.standard),
        update_cycle: report.duration(&file.update_cycle),
        published: published.map(|said| said.value.as_str().into()),
        related: file.related.iter().filter_map(|code| report.text(code)).collect(),
        responsible: responsible(id, file, names, report),
        title: title?,
        contact: contact?,
        open: file.open.unwrap_or(Open::Prohibited),
    })
}

/// Checks that the department that answers for an entry is the provider, or belongs to it.
fn responsible(
    id: &EntryId,
    file: &EntryFile,
    names: &Names,
    report: &mut Report<'_>,
) -> Option<Name> {
    let said = file.responsible.as_ref()?;
    let found = names.department(said, report)?;
    let responsible = &names.registry.departments()[found as usize];
    let provider = id.department();
    let belongs = responsible.id == *provider || names.registry.stands_below(responsible, provider);
    if !belongs && names.complete {
        let message = format!("`{}` does not stand below {provider}", responsible.id);
        let advice = "name an office below the provider, or move the entry to who answers for it";
        report.add(said.place, Rule::ResponsibleOutside, message, advice);
    }
    Some(responsible.id.clone())
}

fn class(file: &EntryFile, report: &mut Report<'_>) -> Option<Class> {
    match file.class.value {
        Sharing::Unconditional => Some(Class::Unconditional),
        Sharing::Restricted => Some(Class::Restricted),
        Sharing::NonShared => {
            let Some(Spanned { value: said, .. }) = &file.withholding else {
                let message = "an entry that is not shared says why";
                let advice = "add `withholding:` with `reason`, `legal_basis` and `approver`";
                report.add(file.class.place, Rule::WithholdingMissing, message, advice);
                return None;
            };
            let reason = report.text(&said.reason);
            let legal_basis = report.text(&said.legal_basis);
            let approver = report.text(&said.approver);
            Some(Class::NonShared(Withholding {
                reason: reason?,
                legal_basis: legal_basis?,
                approver: approver?,
            }))
        }
    }
}

/// Reports keys that have no meaning for the entry's class.
fn misplaced(file: &EntryFile, report: &mut Report<'_>) {
    let mut refuse = |key: &str, place: Option<Position>, classes: &str| {
        if let Some(place) = place {
            let message = format!("`{key}` is only for {classes} entries");
            let advice = "remove it, or correct `class`";
            report.add(place, Rule::MisplacedKey, message, advice);
        }
    };
    let class = file.class.value;
    if class != Sharing::Unconditional {
        refuse("clearance", file.clearance.as_ref().map(|said| said.place), "unconditional");
        refuse("rate", file.rate.as_ref().map(|said| said.place), "unconditional");
    }
    if class != Sharing::Restricted || file.category != Category::Base {
        refuse("exception", file.exception.as_ref().map(|said| said.place), "restricted base");
    }
    if class != Sharing::NonShared {
        refuse("withholding", file.withholding.as_ref().map(|said| said.place), "non-shared");
    } else {
        let first = file.terms.first().map(|term| term.id.place);
        refuse("terms", first, "unconditional and restricted");
    }
}

fn waived(file: &EntryFile, report: &mut Report<'_>) {
    let Some(Spanned { value: true, place }) = file.waives_purpose else { return };
    if file.class.value != Sharing::Unconditional || file.personal {
        let message = "only an unconditional entry that is not about persons needs no purpose";
        report.add(place, Rule::PurposeWaived, message, "remove `waives_purpose`");
    }
}

/// Reports the parts that a shared entry must have and lacks.
fn shared_parts(file: &EntryFile, report: &mut Report<'_>) {
    if file.class.value == Sharing::NonShared {
        return;
    }
    if file.upstream.is_none() {
        let message = "an entry that is shared says where its provider answers";
        let advice = "add `upstream:` with `addresses: [host:port]`";
        report.add(file.class.place, Rule::UpstreamMissing, message, advice);
    }
    let fields = file.fields.len() + file.opaque.0.as_ref().map_or(0, Vec::len);
    let missing = [("operations", file.operations.len()), ("fields", fields)];
    for (key, _) in missing.into_iter().filter(|(_, count)| *count == 0) {
        let message = format!("an entry that is shared has {key}");
        let advice = format!("add `{key}:` with at least one");
        report.add(file.class.place, Rule::OperationsMissing, message, advice);
    }
}

fn upstream(
    said: &Spanned<UpstreamSaid>,
    provider: Option<&Department>,
    names: &Names,
    report: &mut Report<'_>,
) -> Option<Upstream> {
    let UpstreamSaid { addresses, base_path, total_timeout_ms } = &said.value;
    if addresses.is_empty() {
        let advice = "add `addresses: [host:port]`";
        report.add(said.place, Rule::UpstreamMissing, "the upstream has no address", advice);
    }
    let read = |said: &Spanned<String>| address(said, provider.filter(|_| names.complete), report);
    let addresses = addresses.iter().filter_map(read).collect();
    let base_path = match base_path {
        None => Some(Box::from("")),
        Some(said) => base(said, report),
    };
    let total_timeout_ms = match total_timeout_ms {
        None => Some(DEFAULT_TIMEOUT_MS),
        Some(said) => report.number(said, LEAST_TIMEOUT_MS, MOST_TIMEOUT_MS),
    };
    Some(Upstream { addresses, base_path: base_path?, total_timeout_ms: total_timeout_ms? })
}

fn address(
    said: &Spanned<String>,
    provider: Option<&Department>,
    report: &mut Report<'_>,
) -> Option<Address> {
    let Some(address) = Address::parse(said.value.trim()) else {
        let message = format!("`{}` is no address", said.value);
        let advice = if said.value.contains("://") {
            "write only host and port: connections are always mutual TLS"
        } else {
            "write a host and a port: `records.example.internal:9443`"
        };
        report.add(said.place, Rule::BadAddress, message, advice);
        return None;
    };
    if let Some(provider) = provider
        && !provider.allows_address(&address.host, address.port)
    {
        let message = format!("`{address}` is outside what {} may use", provider.id);
        let advice = "use one of its `upstream_addresses`, or have departments.yaml changed";
        report.add(said.place, Rule::UpstreamOutside, message, advice);
    }
    Some(address)
}

/// A base path is sent as it stands, so it holds only what RFC 3986 allows unescaped.
fn base(said: &Spanned<String>, report: &mut Report<'_>) -> Option<Box<str>> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,=:@/".contains(c);
    let segments = said.value.strip_prefix('/').unwrap_or_default().split('/');
    let right =
        said.value.chars().all(plain) && segments.into_iter().all(|s| check_literal(s).is_ok());
    if right {
        return Some(said.value.as_str().into());
    }
    let message = format!("`{}` is no base path", said.value);
    let advice = "write `/api/v1`: it starts with `/`, does not end with it, and needs no escapes";
    report.add(said.place, Rule::BadTemplate, message, advice);
    None
}

/// The last term of an unconditional entry.
fn implicit_term(
    file: &EntryFile,
    fields: &Fields,
    conditions: &[Condition],
    views: &mut Views,
    report: &mut Report<'_>,
) -> Option<Term> {
    if file.class.value != Sharing::Unconditional {
        return None;
    }
    let clearance = match &file.clearance {
        None => Level::LEAST,
        Some(said) => report.level(said)?,
    };
    let rate = file.rate.as_ref().and_then(|said| report.rate(said)).unwrap_or(DEFAULT_RATE);
    let waived = file.waives_purpose.as_ref().is_some_and(|said| said.value);
    let view = views.at(&fields.list, conditions, &ViewTerms { clearance, fields: None });
    Some(term::unconditional(waived, rate, view))
}
