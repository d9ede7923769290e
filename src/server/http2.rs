//! HTTP/2 towards consumers. The engine is hyper's; a stream is an exchange.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use sluice_core::domain::rejection::{Malformed, Rejection, TooLarge};
use sluice_core::message::MAX_REQUEST_HEAD_BYTES;
use sluice_core::message::head::Request;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use super::doorway::Doorway;
use crate::exchange::context::{ExchangeContext, Peer};
use crate::exchange::request::body::RequestBody;
use crate::exchange::request::head::RequestHead;
use crate::exchange::response::body::ResponseBody;
use crate::exchange::response::render::Response;
use crate::exchange::{exchange, refuse_unread};

/// Answers the requests of a connection until it ends or the gateway stops.
pub(super) async fn converse<S>(
    context: &Arc<ExchangeContext>,
    doorway: &Doorway,
    stream: S,
    peer: &Arc<Peer>,
    mut stop: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = {
        let (context, peer) = (context.clone(), peer.clone());
        service_fn(move |request: http::Request<Incoming>| {
            let (context, peer) = (context.clone(), peer.clone());
            async move {
                let (head, body) = head_of(request);
                let answer = exchange(&context, &peer, &head, &mut Stream { body }).await;
                // Without an answer there is no stream any more to send one on.
                Ok::<_, Infallible>(answer.map(rendered).unwrap_or_default())
            }
        })
    };
    let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(doorway.http2_streams)
        .max_header_list_size(MAX_REQUEST_HEAD_BYTES as u32)
        .keep_alive_interval(doorway.head_timeout)
        .keep_alive_timeout(doorway.head_timeout);
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = loop {
        tokio::select! {
            ended = connection.as_mut() => break ended,
            _ = stop.changed() => connection.as_mut().graceful_shutdown(),
        }
    };
    if ended.is_err_and(|error| error.is_parse()) {
        // Nobody can be answered; what came of it stands in the log.
        let unreadable = Rejection::RequestMalformed(Malformed::Framing);
        drop(refuse_unread(context, peer, unreadable).await);
    }
}

/// Takes a request apart: our own head, and the engine's body.
fn head_of(request: http::Request<Incoming>) -> (RequestHead, Incoming) {
    let received = Instant::now();
    let (parts, body) = request.into_parts();
    let host = parts.headers.get(header::HOST).map(|host| host.as_bytes());
    let authority = parts.uri.authority().map(|authority| authority.as_str().as_bytes());
    let authority_is_clear = authority.is_some() && (host.is_none() || host == authority);
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    let fields = parts.headers.iter().map(|(name, value)| {
        let (name, value): (&HeaderName, &HeaderValue) = (name, value);
        (name.as_str().as_bytes(), value.as_bytes())
    });
    let request = Request::of(parts.method.as_str(), target, fields);
    (RequestHead { request, authority_is_clear, received }, body)
}

fn rendered(answer: Response) -> http::Response<ResponseBody> {
    let Response { status, section, body } = answer;
    let mut response = http::Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    let headers: &mut HeaderMap = response.headers_mut();
    for (name, value) in section.iter() {
        // The section holds what can stand in a line; names are ours.
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value))
        {
            headers.append(name, value);
        }
    }
    response
}

/// The part of a request behind its head. The engine drops an exchange whose stream is gone.
struct Stream {
    body: Incoming,
}

impl RequestBody for Stream {
    async fn read(&mut self, limit_bytes: u64, timeout: Duration) -> Result<Vec<u8>, Rejection> {
        let body = &mut self.body;
        if body.is_end_stream() {
            return Ok(Vec::new());
        }
        let too_large = Rejection::RequestTooLarge(TooLarge::Body { limit_bytes });
        if body.size_hint().lower() > limit_bytes {
            return Err(too_large);
        }
        let reading = async {
            let mut all = Vec::new();
            while let Some(frame) = body.frame().await {
                let frame = frame.map_err(|_| Rejection::RequestMalformed(Malformed::Body))?;
                let Ok(piece) = frame.into_data() else { continue };
                if (all.len() + piece.len()) as u64 > limit_bytes {
                    return Err(too_large);
                }
                all.extend_from_slice(&piece);
            }
            Ok(all)
        };
        tokio::time::timeout(timeout, reading).await.unwrap_or(Err(Rejection::RequestTimeout))
    }

    async fn gone(&mut self) {
        std::future::pending().await
    }
}
