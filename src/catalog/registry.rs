//! The meaning of `departments.yaml`, and the names that entries may refer to.

use std::collections::{HashMap, HashSet};

use sluice_core::domain::check_digit::is_credit_code;
use sluice_core::domain::index::DepartmentIx;
use sluice_core::domain::name::{Name, is_name};
use sluice_core::domain::registry::{AllowedAddress, Department, Member, Purpose, Registry};

use super::files::{DepartmentSaid, GroupSaid, PersonSaid, PurposeSaid, RegistryFile, SystemSaid};
use super::operation;
use super::reference::{is_new, unknown};
use super::rule::Rule;
use super::shape::{Report, Spanned};
use super::yaml::Position;

/// Length of a unified social credit code (GB 32100) in characters.
const CREDIT_CODE_CHARS: usize = 18;

/// Longest code of a department in characters.
const MAX_CODE_CHARS: usize = 32;

/// The names that entries may refer to.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) registry: Registry,
    /// Members of groups, sorted.
    pub(crate) groups: HashMap<Box<str>, Vec<DepartmentIx>>,
    /// True if the registry was read as a whole. If not, unknown names are not reported:
    /// one mistake in it would make every entry wrong.
    pub(crate) complete: bool,
}

impl Names {
    /// The department of that id, else a problem.
    pub(crate) fn department(
        &self,
        said: &Spanned<String>,
        report: &mut Report<'_>,
    ) -> Option<DepartmentIx> {
        let found = self.registry.department(&said.value).map(|(ix, _)| ix);
        if found.is_none() && self.complete {
            let known = self.registry.departments().iter().map(|d| d.id.as_str());
            unknown(report, said, Rule::UnknownDepartment, "department", known);
        }
        found
    }

    /// The members of the group of that id, else a problem.
    pub(crate) fn group(&self, said: &Spanned<String>, report: &mut Report<'_>) -> &[DepartmentIx] {
        match self.groups.get(said.value.as_str()) {
            Some(members) => members,
            None => {
                if self.complete {
                    let known = self.groups.keys().map(|id| &**id);
                    unknown(report, said, Rule::UnknownDepartment, "group", known);
                }
                &[]
            }
        }
    }

    /// The purpose of that code, else a problem.
    pub(crate) fn purpose(&self, said: &Spanned<String>, report: &mut Report<'_>) -> Option<Name> {
        let found = self.registry.purpose(&said.value).map(|purpose| purpose.code.clone());
        if found.is_none() && self.complete {
            let known = self.registry.purposes().iter().map(|purpose| purpose.code.as_str());
            unknown(report, said, Rule::UnknownPurpose, "purpose", known);
        }
        found
    }
}

/// Reads the registry.
pub(crate) fn registry(file: &RegistryFile, report: &mut Report<'_>) -> Names {
    for (key, count) in [("purposes", file.purposes.len()), ("departments", file.departments.len())]
    {
        if count == 0 {
            let message = format!("the registry has no {key}");
            report.add(Position::START, Rule::MissingKey, message, format!("add `{key}:`"));
        }
    }
    let purposes = purposes(&file.purposes, report);
    let mut seen = HashSet::new();
    let mut codes = HashSet::new();
    let mut departments = Vec::with_capacity(file.departments.len());
    for said in &file.departments {
        if let Some(code) = said.code.as_ref().filter(|code| !codes.insert(code.value.as_str())) {
            let message = format!("there are two departments of the code `{}`", code.value);
            report.add(code.place, Rule::DuplicateId, message, "give each its own code");
        }
        if is_new(&mut seen, &said.id, "departments", report) {
            departments.extend(department(said, report));
        }
    }
    let is_tree = parents(&file.departments, report);
    let mut names = Names {
        complete: is_tree && !report.incomplete && is_whole(file, &departments, &purposes),
        registry: Registry::new(departments, purposes),
        groups: HashMap::new(),
    };
    let mut seen = HashSet::new();
    for said in &file.groups {
        if is_new(&mut seen, &said.id, "groups", report) {
            group(said, &mut names, report);
        }
    }
    names
}

/// Says whether nothing that entries may refer to was left out for being wrong.
fn is_whole(file: &RegistryFile, departments: &[Department], purposes: &[Purpose]) -> bool {
    file.purposes.len() == purposes.len()
        && file.departments.len() == departments.len()
        && file.departments.iter().zip(departments).all(|(said, read)| {
            said.systems.len() == read.systems.len()
                && said.people.len() == read.people.len()
                && said.upstream_addresses.len() == read.upstream_addresses.len()
                && said.tags.len() == read.tags.len()
                && said.region.is_some() == read.region.is_some()
        })
}

fn purposes(said: &[PurposeSaid], report: &mut Report<'_>) -> Vec<Purpose> {
    let mut seen = HashSet::new();
    let mut purposes = Vec::with_capacity(said.len());
    for PurposeSaid { code, title, description, modes, categories } in said {
        let new = is_new(&mut seen, code, "purposes", report);
        let (code, title) = (report.name(code), report.text(title));
        let description = report.text_of(description);
        let modes = modes.0.iter().flatten().filter_map(|mode| operation::mode(mode, report));
        let modes = modes.collect();
        if let (true, Some(code), Some(title)) = (new, code, title) {
            let categories = categories.0.clone().unwrap_or_default();
            purposes.push(Purpose { code, title, description, modes, categories });
        }
    }
    purposes
}

fn department(said: &DepartmentSaid, report: &mut Report<'_>) -> Option<Department> {
    let id = report.name(&said.id);
    let title = report.text(&said.title);
    let title_en = report.text_of(&said.title_en);
    let code = said.code.as_ref().and_then(|said| code(said, report));
    let tags = tags(&said.tags, report);
    let region = said.region.as_ref().and_then(|said| region(said, report));
    let addresses = said.upstream_addresses.iter().filter_map(|said| allowed(said, report));
    let upstream_addresses = addresses.collect();
    let systems = systems(&said.systems, report);
    let rates = report.rates(&said.rates);
    let people = people(&said.people, report);
    let parent = said.parent.as_ref().and_then(|parent| Name::parse(&parent.value).ok());
    Some(Department {
        id: id?,
        title: title?,
        title_en,
        code,
        parent,
        tags,
        region,
        active: said.active.unwrap_or(true),
        upstream_addresses,
        rates,
        systems,
        people,
    })
}

fn region(said: &Spanned<String>, report: &mut Report<'_>) -> Option<Box<str>> {
    let code = &said.value;
    let digits = code.bytes().all(|byte| byte.is_ascii_digit());
    // The first pair of digits is never zero; a region of zeros only would contain nothing.
    if digits && (6..=12).contains(&code.len()) && !code.starts_with("00") {
        return Some(code.as_str().into());
    }
    let message = format!("`{code}` is no division code");
    let advice = "write the six digits of GB/T 2260 in quotes: `\"330100\"`";
    report.add(said.place, Rule::BadRegion, message, advice);
    None
}

/// A department's code. One of 18 letters and digits is taken for a unified social credit code, and
/// must be one to the check character: a mistyped one would be another organisation's.
fn code(said: &Spanned<String>, report: &mut Report<'_>) -> Option<Box<str>> {
    let code = said.value.as_str();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"./-".contains(&byte);
    let credit = code.len() == CREDIT_CODE_CHARS && code.bytes().all(|b| b.is_ascii_alphanumeric());
    let (message, advice) = if code.is_empty() || code.len() > MAX_CODE_CHARS {
        (format!("`{code}` is empty or too long"), "write at most 32 characters")
    } else if !code.bytes().all(plain) {
        let advice = "write letters, digits, `-`, `.` and `/` only";
        (format!("`{code}` has characters that no code has"), advice)
    } else if credit && !is_credit_code(code) {
        let advice = "compare it with the certificate: its last two characters check the others";
        (format!("`{code}` is no unified social credit code"), advice)
    } else {
        return Some(code.into());
    };
    report.add(said.place, Rule::BadCode, message, advice);
    None
}

fn tags(said: &[Spanned<String>], report: &mut Report<'_>) -> Vec<Name> {
    let mut seen = HashSet::new();
    let mut tags = Vec::with_capacity(said.len());
    for tag in said {
        let new = is_new(&mut seen, tag, "tags", report);
        if let (true, Some(tag)) = (new, report.name(tag)) {
            tags.push(tag);
        }
    }
    tags
}

fn allowed(said: &Spanned<String>, report: &mut Report<'_>) -> Option<AllowedAddress> {
    let text = said.value.trim();
    if let Some(address) = AllowedAddress::parse(text) {
        return Some(address);
    }
    let message = format!("`{text}` is neither a host with its port nor a range");
    let advice = "write `records.example.internal:9443`, `[2001:db8::1]:9443` or `10.20.0.0/16`";
    report.add(said.place, Rule::BadAddress, message, advice);
    None
}

fn systems(said: &[SystemSaid], report: &mut Report<'_>) -> Vec<Member> {
    let mut seen = HashSet::new();
    let mut members = Vec::with_capacity(said.len());
    for SystemSaid { id, active } in said {
        let new = is_new(&mut seen, id, "systems", report);
        if let (true, Some(id)) = (new, report.name(id)) {
            members.push(Member { id, active: active.unwrap_or(true), roles: Vec::new() });
        }
    }
    members
}

fn people(said: &[PersonSaid], report: &mut Report<'_>) -> Vec<Member> {
    let mut seen = HashSet::new();
    let mut members = Vec::with_capacity(said.len());
    for PersonSaid { id, roles, active } in said {
        let new = is_new(&mut seen, id, "people", report);
        if let (true, Some(id)) = (new, report.name(id)) {
            let roles = roles.clone();
            members.push(Member { id, active: active.unwrap_or(true), roles });
        }
    }
    members
}

fn group(said: &GroupSaid, names: &mut Names, report: &mut Report<'_>) {
    let id = report.name(&said.id);
    if said.members.is_empty() {
        let message = format!("the group `{}` has no members", said.id.value);
        let advice = "list at least one department, or remove the group";
        report.add(said.id.place, Rule::ConsumersMissing, message, advice);
    }
    let mut members: Vec<DepartmentIx> =
        said.members.iter().filter_map(|member| names.department(member, report)).collect();
    members.sort_unstable();
    members.dedup();
    match id {
        Some(id) => {
            names.groups.insert(id.as_str().into(), members);
        }
        None => names.complete = false,
    }
}

/// Checks that parents exist and that going up ends; says whether they do.
fn parents(departments: &[DepartmentSaid], report: &mut Report<'_>) -> bool {
    let mut is_tree = true;
    let ids = || departments.iter().map(|department| department.id.value.as_str());
    let parent_of: HashMap<&str, &str> = departments
        .iter()
        .filter_map(|d| Some((d.id.value.as_str(), d.parent.as_ref()?.value.as_str())))
        .collect();
    let known: HashSet<&str> = ids().collect();
    for department in departments {
        let Some(parent) = &department.parent else { continue };
        if !known.contains(parent.value.as_str()) {
            is_tree = false;
            // What is no id at all is told so rather than told to be declared.
            if is_name(&parent.value) {
                unknown(report, parent, Rule::UnknownDepartment, "department", ids());
            } else {
                report.name(parent);
            }
            continue;
        }
        let id = department.id.value.as_str();
        let mut above = parent.value.as_str();
        for _ in 0..departments.len() {
            if above == id {
                let message = format!("`{id}` stands above itself");
                let advice = "a department's parents must end at one without a parent";
                report.add(parent.place, Rule::ParentCycle, message, advice);
                is_tree = false;
                break;
            }
            let Some(next) = parent_of.get(above) else { break };
            above = next;
        }
    }
    is_tree
}
