//! Walking the tour: making its calls and comparing what comes back with what must.

use std::fmt::Write as _;
use std::path::Path;

use super::client::{self, Answered};
use super::stage::{Playbill, StageError};
use super::tour::{Call, Expected};

/// A call of the tour with what came of it.
pub struct Step {
    /// The call.
    pub call: Call,
    /// What is wrong with the answer; nothing when all is as it must be.
    pub wrong: Vec<String>,
    /// The answer in a few words.
    pub outcome: String,
}

/// Makes every call of the tour in turn.
///
/// # Errors
/// When a system of the tour has no certificate.
pub async fn walk(
    port: u16,
    playbill: &Playbill,
    calls: Vec<Call>,
) -> Result<Vec<Step>, StageError> {
    let mut steps = Vec::with_capacity(calls.len());
    for call in calls {
        let pair = playbill.systems.get(call.system);
        let pair = pair.ok_or_else(|| format!("no certificate for {}", call.system))?;
        let mut answered = client::call(port, &playbill.ca, pair, &call).await;
        for _ in 1..call.times {
            answered = client::call(port, &playbill.ca, pair, &call).await;
        }
        steps.push(match answered {
            Ok(answered) => Step {
                wrong: compare(&call.expected, &answered),
                outcome: outcome(&answered),
                call,
            },
            Err(error) => {
                Step { call, wrong: vec![error.to_string()], outcome: "no answer".into() }
            }
        });
    }
    Ok(steps)
}

fn code_of(answered: &Answered) -> Option<String> {
    let document: serde_json::Value = serde_json::from_str(&answered.body).ok()?;
    let is_problem = document.get("type")?.as_str()?.starts_with("urn:sluice:problem:");
    is_problem.then(|| document["code"].as_str().map(str::to_owned)).flatten()
}

fn outcome(answered: &Answered) -> String {
    match code_of(answered) {
        Some(code) => format!("{} {code}", answered.status.as_u16()),
        None => answered.status.as_u16().to_string(),
    }
}

fn compare(expected: &Expected, answered: &Answered) -> Vec<String> {
    let mut wrong = Vec::new();
    let status = answered.status.as_u16();
    if status != expected.status {
        wrong.push(format!("status {status} instead of {}", expected.status));
    }
    let code = code_of(answered);
    if code.as_deref() != expected.code {
        wrong.push(format!("code {code:?} instead of {:?}", expected.code));
    }
    let body = &answered.body;
    let missing = expected.holds.iter().filter(|text| !body.contains(*text));
    wrong.extend(missing.map(|text| format!("the answer lacks {text:?}")));
    let leaked = expected.lacks.iter().filter(|text| body.contains(*text));
    wrong.extend(leaked.map(|text| format!("the answer holds {text:?}, which must not leave")));
    if !answered.headers.contains_key("exchange-id") {
        wrong.push("the answer has no Exchange-Id".to_owned());
    }
    wrong
}

/// A call as a `curl` command that works when pasted into a shell.
pub fn curl(playbill: &Playbill, call: &Call) -> String {
    let mut command = String::from("curl -s");
    // Writing to a string can't fail.
    let mut add = |words: &str| {
        let _ = write!(command, " {words}");
    };
    add(&format!("--cacert {}", quote_path(&playbill.ca)));
    if let Some(pair) = playbill.systems.get(call.system) {
        add(&format!("--cert {} --key {}", quote_path(&pair.cert), quote_path(&pair.key)));
    }
    // Dot segments would be folded by curl before they are sent.
    if call.target.contains("/.") {
        add("--path-as-is");
    }
    if call.method != "GET" && !(call.method == "POST" && call.body.is_some()) {
        add(&format!("-X {}", call.method));
    }
    for (name, value) in &call.headers {
        add(&format!("-H {}", quote(&format!("{name}: {value}"))));
    }
    if let Some(body) = &call.body {
        add(&format!("-d {}", quote(body)));
    }
    add(&quote(&format!("{}{}", playbill.exchange, call.target)));
    command
}

fn quote_path(path: &Path) -> String {
    quote(&path.display().to_string())
}

/// A word for a POSIX shell.
fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
