//! Problems for tools: plain JSON, and SARIF 2.1.0 as code-review and editor tools read it.

use serde_json::{Value, json};

use super::problem::CatalogProblem;
use super::rule::{Rule, Severity};
use super::{CatalogProblems, Checked};
use crate::contract::entries::{CatalogReport, ReportedProblem};

const SARIF_SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Tells what a check found.
pub fn of(checked: &Checked) -> CatalogReport {
    let catalog = checked.catalog.as_ref();
    CatalogReport {
        catalog_version: catalog.map(|catalog| catalog.version.clone()),
        departments: catalog.map(|catalog| catalog.registry.departments().len()),
        entries: catalog.map(|catalog| catalog.entries.len()),
        problems: problems(&checked.problems),
    }
}

/// Tells the problems alone.
pub fn problems(problems: &CatalogProblems) -> Vec<ReportedProblem> {
    let problem = |problem: &CatalogProblem| ReportedProblem {
        file: problem.file.clone(),
        line: problem.line,
        column: problem.column,
        width: problem.width,
        severity: severity(problem.rule).to_owned(),
        rule: problem.rule.id().to_owned(),
        message: problem.message.clone(),
        advice: problem.advice.clone(),
        excerpt: problem.excerpt.clone(),
    };
    problems.iter().map(problem).collect()
}

/// Problems as a SARIF 2.1.0 log. Columns count characters (`unicodeCodePoints`), as they do here.
pub fn sarif(problems: &CatalogProblems) -> Value {
    let rule = |rule: &Rule| {
        json!({
            "id": rule.id(),
            "shortDescription": { "text": rule.id().replace('-', " ") },
            "fullDescription": { "text": rule.explanation() },
            "defaultConfiguration": { "level": severity(*rule) },
        })
    };
    let result = |problem: &CatalogProblem| {
        json!({
            "ruleId": problem.rule.id(),
            "level": severity(problem.rule),
            "message": { "text": format!("{}; {}", problem.message, problem.advice) },
            "locations": [{
                "physicalLocation": {
                    "artifactLocation": { "uri": uri(&problem.file) },
                    "region": {
                        "startLine": problem.line,
                        "startColumn": problem.column,
                        "endColumn": problem.column + problem.width,
                        "snippet": { "text": problem.excerpt },
                    },
                },
            }],
        })
    };
    json!({
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "sluice catalog check",
                    "version": env!("CARGO_PKG_VERSION"),
                    "rules": Rule::ALL.iter().map(rule).collect::<Vec<_>>(),
                },
            },
            "columnKind": "unicodeCodePoints",
            "results": problems.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

fn severity(rule: Rule) -> &'static str {
    match rule.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// A path as a relative URI reference (RFC 3986): what is not allowed in a path is escaped.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for (ix, segment) in path.split('/').enumerate() {
        if ix > 0 {
            uri.push('/');
        }
        sluice_core::domain::target::encode_into(segment, &mut uri);
    }
    uri
}
