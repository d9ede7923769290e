//! Walks the tour: makes its calls, and compares the answers with the expected ones.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use sluice_core::domain::registry::Role;
use sluice_core::{grant, notice};

use super::client::{self, CallAnswer};
use super::officers::Officer;
use super::playbill::{Playbill, StageError};
use super::tour::grants::{Act, Does, GRANTED};
use super::tour::{Call, Expected, Scene};
use crate::contract::grants::GrantRequest;
use crate::contract::problem::ProblemDocument;

/// A scene of the tour, with its result.
pub struct Step {
    /// The point that it shows.
    pub title: &'static str,
    /// The caller, or the person who acts: `department/id`.
    pub who: &'static str,
    /// Differences from the expected answer; empty if there are none.
    pub wrong: Vec<String>,
    /// The outcome, in a few words.
    pub outcome: String,
}

/// Plays every scene of the tour in turn.
///
/// # Errors
/// A person of the tour has no certificate.
pub async fn walk(
    port: u16,
    playbill: &Playbill,
    scenes: Vec<Scene>,
) -> Result<Vec<Step>, StageError> {
    let mut steps = Vec::with_capacity(scenes.len());
    let mut grants = HashMap::new();
    for scene in scenes {
        steps.push(match scene {
            Scene::Call(call) => make(port, playbill, call, &grants).await?,
            Scene::Act(act) => play(playbill, act, &mut grants).await?,
        });
    }
    Ok(steps)
}

/// Ids of the tour's grants, by their names in the tour.
type Ids = HashMap<&'static str, String>;

async fn make(
    port: u16,
    playbill: &Playbill,
    mut call: Call,
    grants: &Ids,
) -> Result<Step, StageError> {
    let pair = playbill.systems.get(call.system);
    let pair = pair.ok_or_else(|| format!("no certificate for {}", call.system))?;
    if let Some(grant) = call.under {
        let id = grants.get(grant).ok_or_else(|| format!("no grant {grant}"))?;
        call.headers.push(("Exchange-Grant", id.clone().into()));
    }
    let mut answered = client::call(port, &playbill.ca, pair, &call).await;
    for _ in 1..call.times {
        answered = client::call(port, &playbill.ca, pair, &call).await;
    }
    let (wrong, outcome) = match answered {
        Ok(answered) => (compare(&call.expected, &answered), outcome(&answered)),
        Err(error) => (vec![error.to_string()], "no answer".into()),
    };
    Ok(Step { title: call.title, who: call.system, wrong, outcome })
}

async fn play(playbill: &Playbill, act: Act, grants: &mut Ids) -> Result<Step, StageError> {
    let Act { title, by, grant, does, ends } = act;
    let officer = Officer::of(playbill, by)?;
    let known = grants.get(grant).cloned().unwrap_or_default();
    let done = match does {
        Does::Ask(mut said) => {
            let now = jiff::Timestamp::now();
            said["from"] = now.to_string().into();
            said["until"] = (now + GRANTED).to_string().into();
            let said: GrantRequest = serde_json::from_value(said)?;
            let id = officer.writes(&said).await;
            match id {
                Ok(id) => {
                    let request = (grant::GrantStep::Request, Role::Applicant);
                    let done = officer.takes(&id, request, None).await;
                    grants.insert(grant, id);
                    done
                }
                Err(error) => Err(error),
            }
        }
        Does::Take(step, role, reason) => officer.takes(&known, (step, role), reason).await,
        Does::Acknowledge(reason) => {
            let step = (notice::NoticeStep::Acknowledge, Role::Applicant);
            officer.acknowledges(&known, step, reason).await
        }
    };
    let id = grants.get(grant).map_or("", String::as_str);
    let (wrong, outcome) = match done {
        Ok(state) if state == ends => (Vec::new(), format!("{id} {state}")),
        Ok(state) => (vec![format!("{state} instead of {ends}")], format!("{id} {state}")),
        Err(error) => (vec![error.to_string()], "refused".into()),
    };
    Ok(Step { title, who: by, wrong, outcome })
}

fn code_of(answered: &CallAnswer) -> Option<String> {
    let document: ProblemDocument<'_> = serde_json::from_str(&answered.body).ok()?;
    let is_problem = document.r#type.starts_with("urn:sluice:problem:");
    is_problem.then(|| document.code.into_owned())
}

fn outcome(answered: &CallAnswer) -> String {
    match code_of(answered) {
        Some(code) => format!("{} {code}", answered.status.as_u16()),
        None => answered.status.as_u16().to_string(),
    }
}

fn compare(expected: &Expected, answered: &CallAnswer) -> Vec<String> {
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

/// A path for a POSIX shell.
pub fn quote_path(path: &Path) -> String {
    quote(&path.display().to_string())
}

/// A word for a POSIX shell.
pub fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
