//! `sluice watch`: events of drafts, grants, notices and suspensions, as they happen.

use std::process::ExitCode;

use clap::Args;

use super::connection::{ConnectionArgs, Failed};
use super::shown;
use crate::contract::events::EventResponse;

/// Print the events of drafts, grants, notices and suspensions, a line each, until stopped
///
/// Prints steps as they are taken, and deadlines that pass: requests that nobody has answered in
/// time, reviews that are due, grants that expire, notices that nobody has acknowledged.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  sluice watch --after 120 --profile me.toml")]
pub(super) struct WatchArgs {
    /// Begin after this row of the store, as far back as events are remembered; each line begins
    /// with its row
    #[arg(long, value_name = "ROW")]
    after: Option<u64>,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Runs `sluice watch`.
pub(super) fn run(args: &WatchArgs) -> ExitCode {
    let done = args.connection.open().and_then(|office| {
        let mut event = WatchedEvent::default();
        office.watch("/api/v1/events", args.after, &mut |line| event.read(line))
    });
    match done {
        Ok(()) => Failed::Unreachable("the gateway has ended it".into()).complain("watch"),
        Err(failed) => failed.complain("watch"),
    }
}

/// An event that is being read (WHATWG HTML, server-sent events).
#[derive(Default)]
struct WatchedEvent {
    row: String,
    name: String,
    data: String,
}

impl WatchedEvent {
    fn read(&mut self, line: &str) {
        match line.split_once(": ") {
            Some(("id", row)) => self.row = row.into(),
            Some(("event", name)) => self.name = name.into(),
            Some(("data", data)) => self.data = data.into(),
            _ if line.is_empty() => std::mem::take(self).tell(),
            _ => {}
        }
    }

    fn tell(self) {
        match &*self.name {
            "missed" => {
                say!("some of what has happened is no longer remembered: look at the lists")
            }
            "ended" => say!("you are no longer let in"),
            _ => {}
        }
        // What is of another kind is of a newer gateway.
        let Ok(told) = serde_json::from_str::<EventResponse>(&self.data) else { return };
        let EventResponse { time, what, object, by, reason } = told;
        let row = if self.row.is_empty() { "-" } else { &self.row };
        let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
        let reason = reason.map(|reason| format!(": {}", shown(&reason))).unwrap_or_default();
        say!("{row:>6} {time} {object} {what}{by}{reason}");
    }
}
