//! The command line: `cargo bench --bench end_to_end -- --help`.

use std::time::Duration;

use clap::Parser;

use super::records::Size;

/// CPU per request: the gateway with everything on, against a plain proxy.
#[derive(Clone, Debug, Parser)]
#[command(name = "end_to_end")]
pub(crate) struct Flags {
    /// A look instead of a measurement: 3 pairs of half a second
    #[arg(long)]
    pub(crate) quick: bool,
    /// Interleaved pairs of runs for each size
    #[arg(long, default_value_t = 11)]
    pairs: usize,
    /// Length of one run in seconds
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Most requests in one run; for profilers under which a run by time would not end
    #[arg(long)]
    requests: Option<u64>,
    /// Requests a second over all connections, instead of the size's own rate
    #[arg(long)]
    rate: Option<f64>,
    /// Each connection asks again as soon as it has its answer, instead of at a rate
    #[arg(long)]
    closed: bool,
    /// Connections of the consumer
    #[arg(long, default_value_t = 32)]
    pub(crate) connections: usize,
    /// Only this size of answers; may be given several times
    #[arg(long, value_enum)]
    size: Vec<Size>,
    /// Only this proxy, without comparing: for profilers
    #[arg(long, value_enum)]
    pub(crate) only: Option<Role>,
    /// A command that the proxies run under, such as "valgrind --tool=callgrind"
    #[arg(long, default_value = "")]
    under: String,
    /// Given by cargo to every bench; without it (`cargo test --benches`) a run only shows that
    /// the bench still works
    #[arg(long, hide = true)]
    bench: bool,
}

/// The proxies that are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Role {
    /// The yardstick.
    Plain,
    /// The yardstick, with a record in a log that is durable before its answer.
    Logged,
    /// The gateway.
    Sluice,
}

impl Role {
    /// All, the yardstick first.
    pub(crate) const ALL: [Role; 3] = [Role::Plain, Role::Logged, Role::Sluice];

    /// The word in tables, and the argument by which this program runs as that proxy.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Role::Plain => "plain",
            Role::Logged => "logged",
            Role::Sluice => "sluice",
        }
    }
}

/// Where a run ends: at whichever comes first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    /// No request begins later than this.
    pub(crate) time: Duration,
    /// Most requests.
    pub(crate) requests: u64,
    /// From one request of a connection to the next, at least.
    pub(crate) pace: Duration,
}

impl Flags {
    /// How many pairs of runs.
    pub(crate) fn pairs(&self) -> usize {
        match (self.bench, self.quick) {
            (false, _) => 1,
            (true, true) => 3,
            (true, false) => self.pairs.max(1),
        }
    }

    /// The length of a run, and its pace.
    pub(crate) fn bound(&self, size: Size) -> Bound {
        let seconds = match (self.bench, self.quick) {
            (false, _) => 0.05,
            (true, true) => 0.5,
            (true, false) => self.seconds,
        };
        let time = Duration::from_secs_f64(seconds.clamp(0.01, 3600.0));
        let rate = self.rate.unwrap_or_else(|| size.rate()).max(1.0);
        let pace = if self.closed { 0.0 } else { self.connections as f64 / rate };
        let pace = Duration::from_secs_f64(pace.clamp(0.0, 60.0));
        Bound { time, requests: self.requests.unwrap_or(u64::MAX), pace }
    }

    /// The sizes of answers that are asked for.
    pub(crate) fn sizes(&self) -> Vec<Size> {
        if self.size.is_empty() { Size::ALL.to_vec() } else { self.size.clone() }
    }

    /// The proxies that take part.
    pub(crate) fn roles(&self) -> Vec<Role> {
        self.only.map_or(Role::ALL.to_vec(), |only| vec![only])
    }

    /// The words of the command that the proxies run under.
    pub(crate) fn under(&self) -> Vec<String> {
        self.under.split_whitespace().map(str::to_owned).collect()
    }
}
