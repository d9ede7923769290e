//! A witness as a server: `POST /add-checkpoint` (C2SP tlog-witness).

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use sluice_core::ledger::witness::{AddCheckpoint, MAX_REQUEST_BYTES, Refused};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::memory::{Memory, NotCosigned};

/// Connections at once: logs are few.
const MAX_CONNECTIONS: usize = 256;

/// Time for a request's head, and for its body.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Serves for ever.
///
/// # Errors
/// Never, once the listener is there.
pub async fn serve(listener: TcpListener, memory: Memory) -> std::io::Result<()> {
    let memory = Arc::new(Mutex::new(memory));
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let socket = match listener.accept().await {
            Ok((socket, _)) => socket,
            Err(_) => {
                // Out of descriptors, most likely: others end in the meantime.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(place) = places.clone().try_acquire_owned() else { continue };
        let memory = memory.clone();
        tokio::spawn(async move {
            let _place = place;
            let service = service_fn(move |request| {
                let memory = memory.clone();
                async move { Ok::<_, Infallible>(answer(request, memory).await) }
            });
            // How a connection ends is the other end's concern.
            let _ = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(REQUEST_TIMEOUT)
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}

async fn answer(request: Request<Incoming>, memory: Arc<Mutex<Memory>>) -> Response<Full<Bytes>> {
    if !request.uri().path().ends_with("/add-checkpoint") {
        return text(StatusCode::NOT_FOUND, "there is POST /add-checkpoint\n");
    }
    if request.method() != Method::POST {
        return text(StatusCode::METHOD_NOT_ALLOWED, "only POST is answered here\n");
    }
    let body = Limited::new(request.into_body(), MAX_REQUEST_BYTES).collect();
    let Ok(Ok(body)) = tokio::time::timeout(REQUEST_TIMEOUT, body).await else {
        return text(StatusCode::BAD_REQUEST, "the request is too long, too slow, or broken\n");
    };
    let body = body.to_bytes();
    // What is remembered is written to a disk.
    let judged = tokio::task::spawn_blocking(move || judge(&body, &memory)).await;
    judged.unwrap_or_else(|_| text(StatusCode::INTERNAL_SERVER_ERROR, "it can't be judged\n"))
}

fn judge(body: &[u8], memory: &Mutex<Memory>) -> Response<Full<Bytes>> {
    let read = std::str::from_utf8(body).map_err(|_| Refused::Form);
    let request = match read.and_then(AddCheckpoint::parse) {
        Ok(request) => request,
        Err(refused) => return text(status(refused), format!("{refused}\n")),
    };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    // One request at a time: what is remembered and what is cosigned must not part.
    let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    match memory.cosign(&request, now.as_secs()) {
        Ok(signature) => text(StatusCode::OK, signature.to_string()),
        Err(NotCosigned::UnknownLog) => {
            text(StatusCode::NOT_FOUND, "this log is not watched here\n")
        }
        Err(NotCosigned::Refused(refused @ Refused::Conflict { size })) => {
            let mut answer = text(status(refused), format!("{size}\n"));
            let kind = header::HeaderValue::from_static("text/x.tlog.size");
            answer.headers_mut().insert(header::CONTENT_TYPE, kind);
            answer
        }
        Err(NotCosigned::Refused(refused)) => text(status(refused), format!("{refused}\n")),
        Err(NotCosigned::Forgetful(_)) => {
            text(StatusCode::INTERNAL_SERVER_ERROR, "it can't be remembered\n")
        }
    }
}

fn status(refused: Refused) -> StatusCode {
    StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::BAD_REQUEST)
}

fn text(status: StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(text.into()));
    *answer.status_mut() = status;
    let plain = header::HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, plain);
    answer
}
