//! Streams answers too long to be judged as a whole: they leave window by window, each recorded before its
//! bytes go. An error then can't be answered any more; the stream is cut, so that no client can
//! take it for complete.

use bytes::Bytes;
use sluice_core::domain::rejection::Rejection;
use tokio::sync::mpsc;
use tokio::time::timeout_at;

use super::body::StreamAborted;
use super::stream_state::{StreamedAnswer, WINDOW_BYTES};
use crate::exchange::recheck::Recheck;
use crate::exchange::record::stream_record::StreamRecord;

/// Most bytes that wait for the persons of their record to be known.
pub const MAX_UNSETTLED_BYTES: usize = 1024 * 1024;

/// The way of the windows to the client; dropped without an error, the answer is complete.
pub type Windows = mpsc::Sender<Result<Bytes, StreamAborted>>;

/// The reason why an answer does not go on.
enum Stop {
    /// A rejection: the rest can't be judged, recorded, or is no longer permitted.
    Rejected(Rejection),
    /// The client takes no more of it.
    ClientGone,
}

/// Lets the answer out, window by window, to its end.
pub(in crate::exchange) async fn stream(
    mut streamed: StreamedAnswer,
    mut recheck: Recheck,
    mut record: StreamRecord,
    windows: Windows,
) {
    let flowed = flow(&mut streamed, &mut recheck, &mut record, &windows).await;
    let flowed = flowed.and_then(|()| Ok(recheck.is_still_permitted(record.current())?));
    let StreamedAnswer { redactor, mut window, memory: _memory, .. } = streamed;
    let finished =
        flowed.and_then(|()| Ok(redactor.finish(&mut window).map_err(Rejection::from)?));
    match finished {
        Ok(tally) => {
            let recorded = record.end(&tally, &window).await;
            // The client may be gone by now; to the log it was released all the same.
            let _ = windows.send(recorded.map(|()| window.into()).map_err(|_| StreamAborted)).await;
        }
        Err(Stop::Rejected(why)) => {
            record.cut(&why);
            let _ = windows.send(Err(StreamAborted)).await;
        }
        // Its connection is closed when it is stopped: then that is why.
        Err(Stop::ClientGone) => match recheck.is_still_permitted(record.current()) {
            Err(why) => record.cut(&why),
            Ok(()) => drop(record),
        },
    }
}

/// Everything but the last window.
async fn flow(
    streamed: &mut StreamedAnswer,
    recheck: &mut Recheck,
    record: &mut StreamRecord,
    windows: &Windows,
) -> Result<(), Stop> {
    let mut piece = Vec::new();
    loop {
        let ready = streamed.window.len() - streamed.redactor.unsettled();
        if streamed.redactor.unsettled() > MAX_UNSETTLED_BYTES {
            let limit_bytes = MAX_UNSETTLED_BYTES as u64;
            return Err(Rejection::AnswerTooLarge { limit_bytes }.into());
        }
        if ready >= WINDOW_BYTES {
            recheck.is_still_permitted(record.current())?;
            let rest = streamed.window.split_off(ready);
            let window = std::mem::replace(&mut streamed.window, rest);
            let subjects = streamed.redactor.take_subjects();
            let begun = (streamed.redactor.records(), streamed.redactor.unnamed_records());
            record.window(&window, begun, &subjects).await?;
            // A client that does not read holds the exchange no longer than a provider may.
            let sent =
                timeout_at(streamed.upstream_body.deadline(), windows.send(Ok(window.into())));
            sent.await.map_err(|_| Stop::ClientGone)?.map_err(|_| Stop::ClientGone)?;
        }
        if streamed.upstream_body.is_over() {
            return Ok(());
        }
        piece.clear();
        let came = tokio::select! {
            came = streamed.upstream_body.read(&mut piece) => came,
            // A provider that is silent, or slow, is not waited for when nobody is left to hear it.
            () = windows.closed() => return Err(Stop::ClientGone),
        };
        came?;
        streamed.redactor.push(&piece, &mut streamed.window).map_err(Rejection::from)?;
    }
}

impl From<Rejection> for Stop {
    fn from(why: Rejection) -> Stop {
        Stop::Rejected(why)
    }
}
