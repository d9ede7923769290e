//! The data path: one request with its one answer.
//!
//! [`exchange`] is the whole of it, a stage a line. Each stage takes what the one before it left,
//! so none can be skipped: identified, located, matched, permitted, admitted, forwarded, received,
//! redacted, recorded, answered.
//!
//! | room | what lives there |
//! |------|------------------|
//! | [`context`] | what the stages share; the verified peer |
//! | [`request`] | the request: its head, its body, and what the provider gets of it |
//! | [`response`] | the answer: received, decoded, redacted, streamed, rendered |
//! | [`record`] | the record of an exchange: open, closed, streamed; its receipt |
//! | [`routes`] | the gateway's own routes, below `/-/` |
//! | [`outcome`] | what the stages come to |
//! | [`admission`] | rates, budgets, and the exchanges that may be under way |
//! | [`budget_view`] | the use of budgets as one decision sees it |
//! | [`recheck`] | the decision made again, when another policy has come into force |
//! | [`log_reader`] | the log, for those who ask about it |
//! | [`id`], `clock` | ids of exchanges, wall-clock times |

pub mod admission;
pub mod budget_view;
mod clock;
pub mod context;
pub mod id;
pub mod log_reader;
pub mod outcome;
mod recheck;
pub mod record;
pub mod request;
pub mod response;
pub mod routes;
mod subject;

use crate::exchange::context::ExchangeContext;
use crate::exchange::context::Peer;
use crate::exchange::outcome::ExchangeOutcome;
use crate::exchange::outcome::Released;
use crate::exchange::outcome::ReleasedStream;
use request::forward;
use std::sync::Arc;
use std::time::Duration;

use sluice_core::domain::UnixMillis;
use sluice_core::domain::classification::Mode;
use sluice_core::domain::decide::{Permit, decide};
use sluice_core::domain::facts::Facts;
use sluice_core::domain::matching::{Located, find_entry, identify, locate, match_arguments};
use sluice_core::domain::policy::Policy;
use sluice_core::domain::rejection::{Malformed, Rejection, Unavailable};
use sluice_core::domain::target::Target;
use sluice_core::ledger::digest::SubjectDigest;
use sluice_core::ledger::record::Effect;
use sluice_core::message::fields::Fields;
use sluice_core::redaction::pseudonym::{PseudonymKey, UnknownKey};

use crate::limits::{ConcurrencySlot, Remaining};
use crate::snapshot::{Release, Snapshot};
use crate::upstream::{Destination, Failure, UpstreamResponse};
use admission::PolicyFreshness;
use budget_view::BudgetView;
use recheck::{Recheck, still};
use record::guard::RecordGuard;
use request::body::RequestBody;
use request::head::RequestHead;
use response::redact::{RedactionOutcome, ResponseRedaction};
use response::render::Response;

/// The first segment of the gateway's own routes.
pub const OWN_PREFIX: &str = "-";

/// What the stages came to: known as a whole, or only begun.
enum StagesOutcome {
    Whole(ExchangeOutcome),
    Pouring(Box<ReleasedStream>),
}

/// Leave to make one exchange now: permitted, and within the rate.
struct Admitted {
    permit: Permit,
    remaining: Remaining,
    /// The persons that the request names.
    asked: Vec<SubjectDigest>,
    /// The key of the pseudonyms that the answer will show, if the view has any.
    pseudonyms: Option<PseudonymKey>,
    /// One of the exchanges that the system may have under way.
    place: ConcurrencySlot,
}

/// Makes one exchange. Whatever happens in it, its record is durable before this returns. There is
/// no answer when nobody waits for it any more.
pub async fn exchange<R: RequestBody>(
    gate: &Arc<ExchangeContext>,
    peer: &Arc<Peer>,
    head: &RequestHead,
    rest: &mut R,
) -> Option<Response> {
    let mut docket = RecordGuard::open(gate, peer, head.received);
    let snapshot = docket.snapshot();
    let outcome = match stages(gate, &snapshot, peer, head, rest, &mut docket).await {
        Ok(came) => Ok(came),
        Err(EarlyEnd::Rejected(rejection)) => {
            admission::note_refusal(
                gate,
                &snapshot.release.policy,
                peer,
                docket.entry(),
                &rejection,
            );
            Err(rejection)
        }
        // The docket writes its record when it is dropped.
        Err(EarlyEnd::Gone) => return None,
    };
    let mut place = response::render::ResponseContext::of(gate, &docket, &head.request.fields);
    // Promise 2: durable first, then the answer. If that fails, the answer is withheld.
    let outcome = match outcome {
        Ok(StagesOutcome::Pouring(pouring)) => match start(docket, *pouring, &mut place).await {
            Ok(answer) => return Some(answer),
            Err(instead) => Err(instead),
        },
        Ok(StagesOutcome::Whole(passed)) => close(docket, Ok(passed), &mut place).await,
        Err(rejection) => close(docket, Err(rejection), &mut place).await,
    };
    Some(match outcome {
        Ok(ExchangeOutcome::Released(released)) => response::render::released(&place, *released),
        Ok(ExchangeOutcome::Reasoning(reasoning)) => {
            response::render::reasoning(&place, &reasoning)
        }
        Ok(ExchangeOutcome::Shown(shown)) => response::render::shown(&place, *shown),
        Err(rejection) => response::render::rejected(&place, &snapshot.release.policy, &rejection),
    })
}

/// Answers what could not even be read as a request.
pub async fn refuse_unread(
    gate: &Arc<ExchangeContext>,
    peer: &Arc<Peer>,
    rejection: Rejection,
) -> Response {
    let docket = RecordGuard::open(gate, peer, std::time::Instant::now());
    let snapshot = docket.snapshot();
    let mut place = response::render::ResponseContext::of(gate, &docket, &Fields::default());
    let rejection = match close(docket, Err(rejection), &mut place).await {
        Err(rejection) => rejection,
        // What is closed with a rejection does not pass.
        Ok(_) => Rejection::GatewayFault,
    };
    response::render::rejected(&place, &snapshot.release.policy, &rejection)
}

/// Closes the record, and gives what may be answered now.
async fn close(
    docket: RecordGuard<'_>,
    outcome: Result<ExchangeOutcome, Rejection>,
    place: &mut response::render::ResponseContext,
) -> Result<ExchangeOutcome, Rejection> {
    place.receipt = docket.close(&outcome).await?;
    outcome
}

/// Starts an answer that leaves in windows, once its intent is durable.
async fn start(
    docket: RecordGuard<'_>,
    pouring: ReleasedStream,
    place: &mut response::render::ResponseContext,
) -> Result<Response, Rejection> {
    let ReleasedStream { permit, remaining, long, again, place: taken_place } = pouring;
    let (release, receipt) = docket.release(permit, long.status).await?;
    place.receipt = Some(receipt);
    let (windows, taken) = tokio::sync::mpsc::channel(1);
    let answer = response::render::pouring(place, &long, remaining, taken);
    tokio::spawn(async move {
        let _place = taken_place;
        response::stream::pour(long, again, release, windows).await;
    });
    Ok(answer)
}

/// Why the stages end early.
enum EarlyEnd {
    /// There is a reason to say.
    Rejected(Rejection),
    /// There is nobody to say it to.
    Gone,
}

impl From<Rejection> for EarlyEnd {
    fn from(rejection: Rejection) -> EarlyEnd {
        EarlyEnd::Rejected(rejection)
    }
}

async fn stages<'a, R: RequestBody>(
    gate: &ExchangeContext,
    snapshot: &Snapshot,
    peer: &Peer,
    head: &'a RequestHead,
    rest: &mut R,
    docket: &mut RecordGuard<'a>,
) -> Result<StagesOutcome, EarlyEnd> {
    // With a log that has failed nobody is asked anything: a provider would act on a request that
    // stands nowhere.
    if !gate.lane.is_healthy() {
        return Err(Rejection::LogUnavailable.into());
    }
    let (release, grants) = (&*snapshot.release, &*snapshot.grants);
    let policy = &release.policy;
    let peer = identify(policy, &peer.identity)?;
    snapshot.stops.admits(peer.identity)?;
    if !head.authority_is_clear {
        return Err(Rejection::RequestMalformed(Malformed::Authority).into());
    }
    let target = Target::parse(head.request.target()).map_err(Rejection::from)?;
    if &*target.segments[0] == OWN_PREFIX {
        let answered = routes::answer(gate, snapshot, peer, head, &target, rest, docket).await;
        return Ok(StagesOutcome::Whole(answered?));
    }
    docket.note_entry(find_entry(policy, &target));
    admission::listen(gate, policy, peer, docket.entry())?;
    let declared = request::head::declared(&head.request.fields)?;
    admission::not_stopped(snapshot, peer, docket.entry(), &declared)?;
    docket.note_stated(peer, &declared);
    let granted = admission::has_grant(snapshot, peer, docket.entry());
    let located = locate(policy, granted, head.request.method(), &target)?;
    let body = read_body(gate, policy, &located, head, rest).await?;
    let matched = match_arguments(policy, located, &body)?;
    docket.note_operation(&matched);
    let asked = subject::asked(policy, &matched, release.subject_key(matched.entry))?;
    let exchange = *docket.exchange();
    let spent = BudgetView::of(&gate.budgets, peer, exchange.as_str(), &asked);
    let facts = Facts { peer, matched: &matched, declared: &declared, usage: &spent, grants };
    let permit = decide(policy, &facts, gate.current.not_before(docket.time()))?;
    let heard = PolicyFreshness::of(gate, docket.time());
    admission::may_rely_on(heard, (policy, &snapshot.stops), &permit)?;
    docket.note_permit(&permit);
    let pseudonyms = pseudonym_key(release, &facts, &permit, docket.time())?;
    let pass = admission::admit(gate, policy, &facts, &permit, &spent).await?;
    docket.note_ticket(pass.ticket);
    // Waiting for a place takes time.
    still(gate, docket, &facts, (head, &body), &permit)?;
    let (remaining, place, asked) = (pass.remaining, pass.place, asked.clone());
    let admitted = Admitted { permit, remaining, asked, pseudonyms, place };
    // From here on it is the provider that is waited for, and not for those who have left.
    tokio::select! {
        biased;
        came = ask(gate, release, &facts, admitted, (head, &body), docket) => Ok(came?),
        () = rest.gone() => Err(EarlyEnd::Gone),
    }
}

/// The stages in which the provider has part.
async fn ask(
    gate: &ExchangeContext,
    release: &Release,
    facts: &Facts<'_>,
    admitted: Admitted,
    asked: (&RequestHead, &[u8]),
    docket: &mut RecordGuard<'_>,
) -> Result<StagesOutcome, Rejection> {
    let changes = facts.matched.operation(&release.policy).mode == Mode::Submit;
    let came = answered(gate, release, facts, admitted, asked, docket).await;
    came.map_err(
        |rejection| if changes { record::detail::unknown_if_sent(rejection) } else { rejection },
    )
}

async fn answered(
    gate: &ExchangeContext,
    release: &Release,
    facts: &Facts<'_>,
    admitted: Admitted,
    (head, body): (&RequestHead, &[u8]),
    docket: &mut RecordGuard<'_>,
) -> Result<StagesOutcome, Rejection> {
    let answer = forward(gate, release, facts, &admitted, head, docket).await?;
    let matched = facts.matched;
    let entry = release.policy.entry(matched.entry);
    let received = response::receive::receive(answer, entry, gate.sizes, gate.buffers.hold()).await;
    docket.note_upstream_end();
    let Admitted { permit, mut remaining, asked, pseudonyms, place } = admitted;
    let measure = ResponseRedaction {
        release,
        permit: &permit,
        asked,
        pseudonyms,
        now: docket.time(),
        answer_bytes: gate.sizes.answer_bytes,
    };
    let judged = measure.redact(received?)?;
    Ok(match judged {
        RedactionOutcome::Whole(redacted) => {
            let stands = still(gate, docket, facts, (head, body), &permit);
            let changes = matched.operation(&release.policy).mode == Mode::Submit;
            stands.map_err(|why| if changes { record::detail::unknown(&why) } else { why })?;
            docket.take(&permit, &redacted)?;
            docket.tell_budget(&mut remaining);
            StagesOutcome::Whole(ExchangeOutcome::Released(Box::new(Released {
                permit,
                remaining,
                redacted,
            })))
        }
        RedactionOutcome::Long(long) => {
            let again = Recheck::of(facts, head, body, &permit, docket.snapshot().revision);
            docket.tell_budget(&mut remaining);
            StagesOutcome::Pouring(Box::new(ReleasedStream {
                permit,
                remaining,
                long: *long,
                again,
                place,
            }))
        }
    })
}

/// The key of the pseudonyms that the answer will show, if the view has any.
fn pseudonym_key(
    release: &Release,
    facts: &Facts<'_>,
    permit: &Permit,
    now: UnixMillis,
) -> Result<Option<PseudonymKey>, Rejection> {
    let consumer = facts.peer.identity.department.as_str();
    let wanted = facts.declared.pseudonym_key.as_deref();
    let key = release.pseudonym_key(permit, consumer, now, wanted);
    key.map_err(|UnknownKey| Rejection::RequestMalformed(Malformed::PseudonymKey))
}

async fn read_body(
    gate: &ExchangeContext,
    policy: &Policy,
    located: &Located,
    head: &RequestHead,
    rest: &mut impl RequestBody,
) -> Result<Vec<u8>, Rejection> {
    if located.operation(policy).has_body() {
        request::head::require_json(&head.request.fields)?;
    }
    rest.read(gate.request_body_bytes, gate.body_timeout).await
}

async fn forward(
    gate: &ExchangeContext,
    release: &Release,
    facts: &Facts<'_>,
    admitted: &Admitted,
    head: &RequestHead,
    docket: &mut RecordGuard<'_>,
) -> Result<UpstreamResponse, Rejection> {
    let policy = &release.policy;
    let entry = policy.entry(admitted.permit.entry);
    let (Some(upstream), Some(department)) = (&entry.upstream, policy.provider(entry)) else {
        return Err(Rejection::UpstreamUnavailable(Unavailable::NoUpstream));
    };
    let permit = &admitted.permit;
    let fields = &head.request.fields;
    let request = forward::render(release, facts, permit, upstream, docket, fields);
    docket.note_request(&request);
    let operation = facts.matched.operation(policy);
    if operation.intent {
        let write = operation.mode == Mode::Submit;
        docket.intend(if write { Effect::Write } else { Effect::Ask }).await?;
    }
    let timeout = Duration::from_millis(u64::from(upstream.total_timeout_ms));
    let deadline = tokio::time::Instant::now() + timeout;
    let destination = Destination { department, addresses: &upstream.addresses, deadline };
    docket.note_upstream_start();
    let sent = gate.upstreams.send(&destination, &request).await;
    docket.note_upstream_end();
    sent.map_err(Failure::rejection)
}
