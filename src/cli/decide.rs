//! `sluice decide`: the answer of the decision, offline, with its reasoning.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command talks to its terminal")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use clap::Args;
use sluice_core::authorize::{DummyPersonKeys, InForce, PolicyFreshness, identify};
use sluice_core::domain::grants::Grants;
use sluice_core::domain::identity::{Identity, Kind};
use sluice_core::domain::name::Name;
use sluice_core::domain::policy::Policy;
use sluice_core::domain::rejection::Rejection;
use sluice_core::domain::stops::Stops;
use uuid::Uuid;

use crate::catalog;
use crate::exchange::routes::decide_request::DecideRequest;
use crate::exchange::routes::reasoning::{DecisionContext, Reasoning, reason};
use crate::problem::{self, Context, Language};

use super::{EXIT_CONFIG, LanguageWord};

/// Tell whether a call would be allowed, and why, from a catalog folder.
///
/// The same answer as POST /-/decide gives on a gateway with that catalog, without grants, with
/// nothing used of budgets, and with any pseudonym key: its secret is the gateway's. Exit code 0:
/// permit; 1: denial.
#[derive(Args)]
#[command(after_help = "Example:\n  sluice decide --catalog catalog \
    --consumer civil-affairs/marriage-desk \\\n    --method POST --path \
    /public-security/population/query \\\n    --body '{\"id_number\":\"330106199003070410\"}' \
    --purpose marriage-registration")]
pub struct DecideArgs {
    /// The catalog folder.
    #[arg(long, value_name = "DIR")]
    catalog: PathBuf,
    /// The caller, as department/system.
    #[arg(long, value_name = "DEPARTMENT/SYSTEM")]
    consumer: String,
    /// The method.
    #[arg(long, default_value = "GET")]
    method: String,
    /// Path and query, as they would be sent.
    #[arg(long)]
    path: String,
    /// The body, as JSON.
    #[arg(long, value_name = "JSON")]
    body: Option<String>,
    /// The value of Exchange-Purpose.
    #[arg(long)]
    purpose: Option<String>,
    /// The value of Exchange-Case.
    #[arg(long)]
    case: Option<String>,
    /// The value of Exchange-Consent.
    #[arg(long)]
    consent: Option<String>,
    /// The value of Exchange-Operator.
    #[arg(long)]
    operator: Option<String>,
    /// The value of Exchange-Grant.
    #[arg(long)]
    grant: Option<String>,
    /// The value of Exchange-Fields: a path; may be given several times.
    #[arg(long = "field", value_name = "PATH")]
    fields: Vec<String>,
    /// The language of a denial.
    #[arg(long, value_enum, default_value = "en")]
    language: LanguageWord,
}

/// Answers the question.
pub fn run(args: &DecideArgs) -> ExitCode {
    let policy = match catalog::read_dir(&args.catalog) {
        Ok(catalog) => catalog.into_policy(),
        Err(problems) => {
            eprintln!("{problems}");
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    let (identity, question) = match (identity_of(&args.consumer), question_of(args)) {
        (Ok(identity), Ok(question)) => (identity, question),
        (Err(error), _) | (_, Err(error)) => {
            eprintln!("sluice decide: {error}");
            return ExitCode::from(2);
        }
    };
    let reasoning = answer(&policy, &identity, &question, args.language.into());
    // Serialising our own types into memory can't fail.
    say!("{}", serde_json::to_string_pretty(&reasoning).unwrap_or_default());
    if reasoning.permit.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn answer(
    policy: &Policy,
    identity: &Identity,
    question: &DecideRequest,
    language: Language,
) -> Reasoning {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = now.as_millis() as i64;
    let exchange = &*Uuid::nil().to_string();
    let (stops, keys) = (Stops::default(), DummyPersonKeys::default());
    let in_force = InForce { policy, grants: Grants::none(), stops: &stops, keys: &keys };
    match identify(&in_force, identity) {
        Ok(peer) => {
            let freshness = PolicyFreshness::default();
            let context =
                DecisionContext { in_force, peer, now, freshness, budgets: None, exchange };
            reason(&context, question, language)
        }
        Err(rejection) => unknown(policy, &rejection, exchange, language),
    }
}

fn unknown(
    policy: &Policy,
    rejection: &Rejection,
    exchange: &str,
    language: Language,
) -> Reasoning {
    let context = Context {
        exchange,
        catalog_version: policy.version(),
        entry: None,
        contact: None,
        language,
    };
    let document = problem::render(rejection, &context).body;
    Reasoning {
        problem: serde_json::from_slice(&document).ok(),
        rejection: Some(rejection.clone()),
        ..Reasoning::denial(policy.version())
    }
}

fn identity_of(consumer: &str) -> Result<Identity, String> {
    let wrong = || format!("--consumer {consumer:?} is not DEPARTMENT/SYSTEM");
    let (department, id) = consumer.split_once('/').ok_or_else(wrong)?;
    let name = |text| Name::parse(text).map_err(|why| format!("{}: {why}", wrong()));
    Ok(Identity { department: name(department)?, kind: Kind::System, id: name(id)? })
}

fn question_of(args: &DecideArgs) -> Result<DecideRequest, String> {
    let body = args.body.as_deref().map(serde_json::from_str).transpose();
    let boxed = |text: &Option<String>| text.as_deref().map(Box::from);
    Ok(DecideRequest {
        method: args.method.clone(),
        path: args.path.clone(),
        body: body.map_err(|error| format!("--body is no JSON: {error}"))?,
        purpose: boxed(&args.purpose),
        case: boxed(&args.case),
        consent: boxed(&args.consent),
        operator: boxed(&args.operator),
        grant: boxed(&args.grant),
        fields: (!args.fields.is_empty()).then(|| args.fields.clone()),
        // Which keys are in use only the gateway knows, which has their secret.
        pseudonym_key: None,
    })
}
