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
//! | `recheck` | the decision made again, when another policy has come into force |
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

use std::sync::Arc;
use std::time::{Duration, Instant};

use sluice_core::authorize::{Authorized, Resolved, Routed, identify, route};
use sluice_core::domain::classification::Mode;
use sluice_core::domain::matching::find_entry;
use sluice_core::domain::rejection::{Malformed, Rejection, Unavailable};
use sluice_core::domain::target::Target;
use sluice_core::ledger::record::Effect;
use sluice_core::message::fields::Fields;

use crate::snapshot::{Release, Snapshot};
use crate::upstream::{Destination, Failure, UpstreamResponse};
use admission::Admission;
use budget_view::BudgetView;
use context::{ExchangeContext, Peer};
use outcome::{ExchangeOutcome, Released, ReleasedStream};
use recheck::{Recheck, is_still_permitted};
use record::guard::RecordGuard;
use record::labels::{outcome_unknown, outcome_unknown_if_sent};
use request::body::RequestBody;
use request::forward;
use request::head::{self, RequestHead};
use response::receive::receive;
use response::redact::{RedactionOutcome, ResponseRedaction};
use response::render::{self, Response, ResponseContext};
use response::stream::stream;

/// The first segment of the gateway's own routes.
pub const OWN_PREFIX: &str = "-";

/// The result of the stages: known as a whole, or only begun.
enum StagesOutcome {
    Whole(ExchangeOutcome),
    Stream(Box<ReleasedStream>),
}

/// The reason why the stages end early.
enum EarlyEnd {
    /// A rejection, which is answered.
    Rejected(Rejection),
    /// The client is gone: nobody is answered.
    Gone,
}

impl From<Rejection> for EarlyEnd {
    fn from(rejection: Rejection) -> EarlyEnd {
        EarlyEnd::Rejected(rejection)
    }
}

/// One request that may be made now: decided, and within the rates.
struct Admitted<'a> {
    release: &'a Release,
    head: &'a RequestHead,
    body: &'a [u8],
    resolved: &'a Resolved<'a>,
    authorized: Authorized,
    admission: Admission,
}

/// Makes one exchange. Whatever happens in it, its record is durable before this returns. There is
/// no answer when nobody waits for it any more.
pub async fn exchange<R: RequestBody>(
    context: &Arc<ExchangeContext>,
    peer: &Arc<Peer>,
    head: &RequestHead,
    body: &mut R,
) -> Option<Response> {
    let mut record = RecordGuard::open(context, peer, head.received);
    let snapshot = record.snapshot();
    let policy = &snapshot.release.policy;
    let outcome = match stages(context, &snapshot, peer, head, body, &mut record).await {
        Ok(outcome) => Ok(outcome),
        Err(EarlyEnd::Rejected(rejection)) => {
            admission::count_refusal(context, policy, &peer.identity, record.entry(), &rejection);
            Err(rejection)
        }
        // The guard writes the record when it is dropped.
        Err(EarlyEnd::Gone) => return None,
    };
    let mut response = ResponseContext::of(context, &record, &head.request.fields);
    // Promise 2: durable first, then the answer. If that fails, the answer is withheld.
    let outcome = match outcome {
        Ok(StagesOutcome::Stream(begun)) => match start_stream(record, *begun, &mut response).await
        {
            Ok(answer) => return Some(answer),
            Err(instead) => Err(instead),
        },
        Ok(StagesOutcome::Whole(whole)) => close_record(record, Ok(whole), &mut response).await,
        Err(rejection) => close_record(record, Err(rejection), &mut response).await,
    };
    Some(match outcome {
        Ok(ExchangeOutcome::Released(released)) => render::released(&response, *released),
        Ok(ExchangeOutcome::Reasoning(reasoning)) => render::reasoning(&response, &reasoning),
        Ok(ExchangeOutcome::OwnAnswer(answer)) => render::own_answer(&response, *answer),
        Err(rejection) => render::rejected(&response, policy, &rejection),
    })
}

/// Answers what could not even be read as a request.
pub async fn refuse_unread(
    context: &Arc<ExchangeContext>,
    peer: &Arc<Peer>,
    rejection: Rejection,
) -> Response {
    let record = RecordGuard::open(context, peer, Instant::now());
    let snapshot = record.snapshot();
    let mut response = ResponseContext::of(context, &record, &Fields::default());
    let rejection = match close_record(record, Err(rejection), &mut response).await {
        Err(rejection) => rejection,
        // What is closed with a rejection does not pass.
        Ok(_) => Rejection::GatewayFault,
    };
    render::rejected(&response, &snapshot.release.policy, &rejection)
}

/// Closes the record, and gives what may be answered now.
async fn close_record(
    record: RecordGuard<'_>,
    outcome: Result<ExchangeOutcome, Rejection>,
    response: &mut ResponseContext,
) -> Result<ExchangeOutcome, Rejection> {
    response.receipt = record.close(&outcome).await?;
    outcome
}

/// Starts an answer that leaves in windows, once its intent is durable.
async fn start_stream(
    record: RecordGuard<'_>,
    begun: ReleasedStream,
    response: &mut ResponseContext,
) -> Result<Response, Rejection> {
    let ReleasedStream { permit, remaining, streamed, recheck, slot } = begun;
    let (record, receipt) = record.into_stream(permit, streamed.status).await?;
    response.receipt = Some(receipt);
    let (windows, taken) = tokio::sync::mpsc::channel(1);
    let answer = render::streamed(response, &streamed, remaining, taken);
    tokio::spawn(async move {
        let _slot = slot;
        stream(streamed, recheck, record, windows).await;
    });
    Ok(answer)
}

async fn stages<'a, R: RequestBody>(
    context: &ExchangeContext,
    snapshot: &Arc<Snapshot>,
    peer: &Peer,
    head: &'a RequestHead,
    body: &mut R,
    record: &mut RecordGuard<'a>,
) -> Result<StagesOutcome, EarlyEnd> {
    // With a log that has failed nobody is asked anything: a provider would act on a request that
    // stands nowhere.
    if !context.lane.is_healthy() {
        return Err(Rejection::LogUnavailable.into());
    }
    let in_force = snapshot.in_force();
    let (policy, now) = (in_force.policy, record.time());
    let peer = identify(&in_force, &peer.identity)?;
    if !head.authority_is_clear {
        return Err(Rejection::RequestMalformed(Malformed::Authority).into());
    }
    let target = Target::parse(head.request.target()).map_err(Rejection::from)?;
    if &*target.segments[0] == OWN_PREFIX {
        let answer = routes::answer(context, snapshot, peer, head, &target, body, record).await;
        return Ok(StagesOutcome::Whole(answer?));
    }
    record.note_entry(find_entry(policy, &target));
    admission::require_not_barred(context, policy, peer, record.entry())?;
    let declared = head::declared(&head.request.fields)?;
    record.note_declared(peer, &declared);
    let routed = route(&in_force, peer, &declared, head.request.method(), &target)?;
    record.note_operation(&routed);
    let bytes = read_body(context, snapshot, &routed, head, body).await?;
    let resolved = routed.resolve(&in_force, &bytes)?;
    let exchange = *record.exchange();
    let usage = BudgetView::of(&context.budgets, peer, exchange.as_str(), &resolved.persons);
    let decided_at = context.current.not_before(now);
    let freshness = context.current.freshness(now);
    let authorized = resolved.authorize(&in_force, freshness, &usage, decided_at)?;
    record.note_permit(&authorized.permit);
    let admission = admission::admit(context, policy, &resolved, &authorized.permit, &usage).await;
    let mut admission = admission?;
    record.note_ticket(admission.ticket.take());
    // Waiting for a slot takes time.
    let request = (head, &*bytes);
    is_still_permitted(&context.current, snapshot, &resolved, request, &authorized.permit)?;
    let release = &*snapshot.release;
    let admitted =
        Admitted { release, head, body: &bytes, resolved: &resolved, authorized, admission };
    // From here on it is the provider that is waited for, and not for those who have left.
    tokio::select! {
        biased;
        outcome = call_provider(context, admitted, record) => Ok(outcome?),
        () = body.gone() => Err(EarlyEnd::Gone),
    }
}

async fn read_body(
    context: &ExchangeContext,
    snapshot: &Snapshot,
    routed: &Routed<'_>,
    head: &RequestHead,
    body: &mut impl RequestBody,
) -> Result<Vec<u8>, Rejection> {
    if routed.operation(&snapshot.release.policy).has_body() {
        head::require_json(&head.request.fields)?;
    }
    body.read(context.request_body_bytes, context.body_timeout).await
}

/// The stages in which the provider has part.
async fn call_provider(
    context: &ExchangeContext,
    admitted: Admitted<'_>,
    record: &mut RecordGuard<'_>,
) -> Result<StagesOutcome, Rejection> {
    let changes = admitted.mode() == Mode::Submit;
    let outcome = exchange_with_provider(context, admitted, record).await;
    outcome
        .map_err(|rejection| if changes { outcome_unknown_if_sent(rejection) } else { rejection })
}

async fn exchange_with_provider(
    context: &ExchangeContext,
    admitted: Admitted<'_>,
    record: &mut RecordGuard<'_>,
) -> Result<StagesOutcome, Rejection> {
    let answer = forward(context, &admitted, record).await?;
    let changes = admitted.mode() == Mode::Submit;
    let Admitted { release, head, body, resolved, authorized, admission } = admitted;
    let Authorized { permit, pseudonym_key, .. } = authorized;
    let Admission { mut remaining, slot, .. } = admission;
    let entry = release.policy.entry(permit.entry);
    let received = receive(answer, entry, context.bounds, context.buffers.hold()).await;
    record.note_upstream_end();
    let redaction = ResponseRedaction {
        release,
        permit: &permit,
        persons: &resolved.persons,
        pseudonym_key,
        now: record.time(),
        answer_bytes: context.bounds.answer_bytes,
    };
    Ok(match redaction.redact(received?)? {
        RedactionOutcome::Whole(redacted) => {
            let (current, decided_by) = (&context.current, record.snapshot());
            let stands = is_still_permitted(current, &decided_by, resolved, (head, body), &permit);
            stands.map_err(|why| if changes { outcome_unknown(&why) } else { why })?;
            record.take_from_budget(&permit, &redacted)?;
            record.tell_budget(&mut remaining);
            let released = Released { permit, remaining, redacted };
            StagesOutcome::Whole(ExchangeOutcome::Released(Box::new(released)))
        }
        RedactionOutcome::Stream(streamed) => {
            let recheck = Recheck::of(resolved, head, body, &permit, record.snapshot());
            record.tell_budget(&mut remaining);
            let streamed = *streamed;
            let begun = ReleasedStream { permit, remaining, streamed, recheck, slot };
            StagesOutcome::Stream(Box::new(begun))
        }
    })
}

impl Admitted<'_> {
    /// The way of use.
    fn mode(&self) -> Mode {
        self.resolved.matched.operation(&self.release.policy).mode
    }
}

async fn forward(
    context: &ExchangeContext,
    admitted: &Admitted<'_>,
    record: &mut RecordGuard<'_>,
) -> Result<UpstreamResponse, Rejection> {
    let Admitted { release, head, resolved, authorized, .. } = admitted;
    let policy = &release.policy;
    let entry = policy.entry(authorized.permit.entry);
    let (Some(upstream), Some(department)) = (&entry.upstream, policy.provider(entry)) else {
        return Err(Rejection::UpstreamUnavailable(Unavailable::NoUpstream));
    };
    let (permit, fields) = (&authorized.permit, &head.request.fields);
    let request = forward::render(release, resolved, permit, upstream, record, fields);
    record.note_request(&request);
    if resolved.matched.operation(policy).intent {
        let write = admitted.mode() == Mode::Submit;
        record.write_intent(if write { Effect::Write } else { Effect::Ask }).await?;
    }
    let timeout = Duration::from_millis(u64::from(upstream.total_timeout_ms));
    let deadline = tokio::time::Instant::now() + timeout;
    let destination = Destination { department, addresses: &upstream.addresses, deadline };
    record.note_upstream_start();
    let sent = context.upstreams.send(&destination, &request).await;
    record.note_upstream_end();
    sent.map_err(Failure::rejection)
}
