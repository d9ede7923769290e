//! `sluice watch`: what happens to drafts, grants, notices and suspensions, as it happens.

use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use super::connection::{ConnectionArgs, Failed};
use super::shown;

/// Tell what happens to drafts, grants, notices and suspensions, a line each, until stopped
///
/// Steps are told as they are taken, and what the clock brings about: requests that nobody has answered in
/// time, reviews that are due, grants that expire, notices that nobody has acknowledged.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  sluice watch --after 120 --profile me.toml")]
pub(super) struct WatchArgs {
    /// Begin behind this row of the store, which stands before each line, as far back as it is remembered
    #[arg(long, value_name = "ROW")]
    after: Option<u64>,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Runs `sluice watch`.
pub(super) fn run(args: &WatchArgs) -> ExitCode {
    let done = args.connection.open().and_then(|office| {
        let mut event = Event::default();
        office.watch("/api/v1/events", args.after, &mut |line| event.read(line))
    });
    match done {
        Ok(()) => Failed::Unreachable("the gateway has ended it".into()).complain("watch"),
        Err(failed) => failed.complain("watch"),
    }
}

/// An event that is being read (WHATWG HTML, server-sent events).
#[derive(Default)]
struct Event {
    row: String,
    name: String,
    data: String,
}

impl Event {
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
        let Ok(Value::Object(told)) = serde_json::from_str(&self.data) else { return };
        let text = |key: &str| told.get(key).and_then(Value::as_str);
        let (Some(time), Some(what), Some(object)) = (text("time"), text("what"), text("object"))
        else {
            return;
        };
        let row = if self.row.is_empty() { "-" } else { &self.row };
        let by = text("by").map(|by| format!(" by {by}")).unwrap_or_default();
        let reason =
            text("reason").map(|reason| format!(": {}", shown(reason))).unwrap_or_default();
        say!("{row:>6} {time} {object} {what}{by}{reason}");
    }
}
