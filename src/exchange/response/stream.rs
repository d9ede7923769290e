//! Answers too long to be judged as a whole: they leave window by window, each recorded before its
//! bytes go. An error then can't be answered any more; the stream is cut, so that no client can
//! take it for complete.

use super::streamed::StreamedAnswer;
use super::streamed::WINDOW_BYTES;
use bytes::Bytes;
use sluice_core::domain::rejection::Rejection;
use tokio::sync::mpsc;
use tokio::time::timeout_at;

use super::body::StreamAborted;
use crate::exchange::recheck::Recheck;
use crate::exchange::record::stream_record::StreamRecord;

/// Most bytes that wait for the persons of their record to be known.
pub const MAX_UNSETTLED_BYTES: usize = 1024 * 1024;

/// Where the windows go; dropped without an error, the answer is complete.
pub type Windows = mpsc::Sender<Result<Bytes, StreamAborted>>;

/// Why an answer does not go on.
enum Stop {
    /// It can't be judged, or can't be recorded.
    Rejected(Rejection),
    /// Nobody takes it any more.
    ClientGone,
}

/// Lets the answer out, window by window, to its end.
pub(in crate::exchange) async fn pour(
    mut long: StreamedAnswer,
    mut again: Recheck,
    mut release: StreamRecord,
    windows: Windows,
) {
    let flowed = flow(&mut long, &mut again, &mut release, &windows).await;
    let flowed = flowed.and_then(|()| Ok(release.is_still_permitted(&mut again)?));
    let StreamedAnswer { redactor, mut window, held: _held, .. } = long;
    let finished =
        flowed.and_then(|()| Ok(redactor.finish(&mut window).map_err(Rejection::from)?));
    match finished {
        Ok(tally) => {
            let recorded = release.end(&tally, &window).await;
            // The client may be gone by now; to the log it was released all the same.
            let _ = windows.send(recorded.map(|()| window.into()).map_err(|_| StreamAborted)).await;
        }
        Err(Stop::Rejected(why)) => {
            release.cut(&why);
            let _ = windows.send(Err(StreamAborted)).await;
        }
        // Its connection is closed when it is stopped: then that is why.
        Err(Stop::ClientGone) => match release.is_still_permitted(&mut again) {
            Err(why) => release.cut(&why),
            Ok(()) => drop(release),
        },
    }
}

/// Everything but the last window.
async fn flow(
    long: &mut StreamedAnswer,
    again: &mut Recheck,
    release: &mut StreamRecord,
    windows: &Windows,
) -> Result<(), Stop> {
    let mut piece = Vec::new();
    loop {
        let ready = long.window.len() - long.redactor.unsettled();
        if long.redactor.unsettled() > MAX_UNSETTLED_BYTES {
            let limit_bytes = MAX_UNSETTLED_BYTES as u64;
            return Err(Rejection::AnswerTooLarge { limit_bytes }.into());
        }
        if ready >= WINDOW_BYTES {
            release.is_still_permitted(again)?;
            let rest = long.window.split_off(ready);
            let window = std::mem::replace(&mut long.window, rest);
            let subjects = long.redactor.take_subjects();
            let begun = (long.redactor.records(), long.redactor.unnamed_records());
            release.window(&window, begun, &subjects).await?;
            // A client that does not read holds the exchange no longer than a provider may.
            let sent = timeout_at(long.inflow.deadline(), windows.send(Ok(window.into())));
            sent.await.map_err(|_| Stop::ClientGone)?.map_err(|_| Stop::ClientGone)?;
        }
        if long.inflow.is_over() {
            return Ok(());
        }
        piece.clear();
        let came = tokio::select! {
            came = long.inflow.read(&mut piece) => came,
            // A provider that is silent, or slow, is not waited for when nobody is left to hear it.
            () = windows.closed() => return Err(Stop::ClientGone),
        };
        came?;
        long.redactor.push(&piece, &mut long.window).map_err(Rejection::from)?;
    }
}

impl From<Rejection> for Stop {
    fn from(why: Rejection) -> Stop {
        Stop::Rejected(why)
    }
}
