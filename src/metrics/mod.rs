//! Prometheus metrics. Labels come from the catalog and from closed lists only, never from a peer's
//! input; the number of series is bounded by the number of entries.

mod names;

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use foldhash::fast::RandomState;
use prometheus::{
    Encoder, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Registry,
    TextEncoder,
};

use names::MetricName;

/// Buckets for times of the data path, in seconds.
const SECONDS: [f64; 14] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0,
];

/// All metrics of a gateway.
pub struct Metrics {
    registry: Registry,
    /// Exchanges by entry and outcome.
    exchanges: IntCounterVec,
    /// The same counters, resolved once for each entry.
    by_entry: RwLock<HashMap<Box<str>, EntryCounters, RandomState>>,
    rejections: IntCounterVec,
    handshakes: IntCounterVec,
    /// Time from the end of a request's head to the durable record, the provider's time included.
    pub exchange_seconds: Histogram,
    /// The same without the provider's time.
    pub gateway_seconds: Histogram,
    /// Bytes of released answers.
    pub released_bytes: IntCounter,
    /// Records in released answers.
    pub released_records: IntCounter,
    /// Open connections of the exchange listener.
    pub connections: IntGauge,
    /// Exchanges under way.
    pub in_flight: IntGauge,
    /// Connections closed because there were too many.
    pub connections_refused: IntCounter,
    /// Refusals that were counted instead of recorded one by one.
    pub refusals_aggregated: IntCounter,
    log_records: IntCounter,
    log_commits: IntCounter,
    log_bytes: IntCounter,
    clock_jumps: IntCounter,
    clock_leapt: IntGauge,
    log_healthy: IntGauge,
    disk_free: IntGauge,
    disk_reserve: IntGauge,
    witnessed: IntGaugeVec,
    witness_up: IntGaugeVec,
    catalog: IntGaugeVec,
    catalog_reviewed: IntGauge,
    catalog_current: IntGauge,
    catalog_confirmed: IntGauge,
    rate_states: IntGauge,
    budget_accounts: IntGauge,
    duties: [IntGauge; names::DUTIES.len()],
}

/// The counters of one entry.
#[derive(Clone)]
struct EntryCounters {
    released: IntCounter,
    reasoned: IntCounter,
    refused: IntCounter,
    failed: IntCounter,
}

/// The outcome of an exchange, as the metrics count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutcomeLabel {
    /// The provider's answer was released.
    Released,
    /// The caller asked for the decision only, and got it.
    Reasoned,
    /// The policy, or the request's or peer's own fault, refused it.
    Refused,
    /// The request was permitted, but the provider or the gateway failed.
    Failed,
}

impl Metrics {
    /// Registers every metric.
    ///
    /// # Errors
    /// Two metrics have the same name, which is a mistake in this file.
    pub fn new() -> Result<Metrics, prometheus::Error> {
        let make = Make { registry: Registry::new() };
        let metrics = Metrics {
            exchanges: make.counters(names::EXCHANGES)?,
            by_entry: RwLock::default(),
            rejections: make.counters(names::REJECTIONS)?,
            handshakes: make.counters(names::HANDSHAKES)?,
            exchange_seconds: make.histogram(names::EXCHANGE_SECONDS)?,
            gateway_seconds: make.histogram(names::GATEWAY_SECONDS)?,
            released_bytes: make.counter(names::RELEASED_BYTES)?,
            released_records: make.counter(names::RELEASED_RECORDS)?,
            connections: make.gauge(names::CONNECTIONS)?,
            in_flight: make.gauge(names::IN_FLIGHT)?,
            connections_refused: make.counter(names::CONNECTIONS_REFUSED)?,
            refusals_aggregated: make.counter(names::REFUSALS_AGGREGATED)?,
            log_records: make.counter(names::LOG_RECORDS)?,
            log_commits: make.counter(names::LOG_COMMITS)?,
            log_bytes: make.counter(names::LOG_BYTES)?,
            clock_jumps: make.counter(names::CLOCK_JUMPS)?,
            clock_leapt: make.gauge(names::CLOCK_LEAPT)?,
            log_healthy: make.gauge(names::LOG_HEALTHY)?,
            disk_free: make.gauge(names::DISK_FREE)?,
            disk_reserve: make.gauge(names::DISK_RESERVE)?,
            witnessed: make.gauges(names::WITNESSED)?,
            witness_up: make.gauges(names::WITNESS_UP)?,
            catalog: make.gauges(names::CATALOG)?,
            catalog_reviewed: make.gauge(names::CATALOG_REVIEWED)?,
            catalog_current: make.gauge(names::CATALOG_CURRENT)?,
            catalog_confirmed: make.gauge(names::CATALOG_CONFIRMED)?,
            rate_states: make.gauge(names::RATE_STATES)?,
            budget_accounts: make.gauge(names::BUDGET_ACCOUNTS)?,
            duties: {
                let [a, b, c, d, e, f, g] = names::DUTIES.map(|name| make.gauge(name));
                [a?, b?, c?, d?, e?, f?, g?]
            },
            registry: make.registry,
        };
        Ok(metrics)
    }

    /// Counts an exchange once, at its end.
    pub fn count(&self, entry: Option<&str>, outcome: OutcomeLabel, code: Option<&'static str>) {
        if let Some(code) = code {
            self.rejections.with_label_values(&[code]).inc();
        }
        let counters = self.entry(entry.unwrap_or("none"));
        match outcome {
            OutcomeLabel::Released => counters.released.inc(),
            OutcomeLabel::Reasoned => counters.reasoned.inc(),
            OutcomeLabel::Refused => counters.refused.inc(),
            OutcomeLabel::Failed => counters.failed.inc(),
        }
    }

    /// Counts a handshake: `accepted`, or one of the fixed causes.
    pub fn count_handshake(&self, outcome: &'static str) {
        self.handshakes.with_label_values(&[outcome]).inc();
    }

    /// Shows the catalog version in force.
    pub fn show_catalog(&self, version: &str, entries: usize) {
        self.catalog.reset();
        self.catalog.with_label_values(&[version]).set(entries as i64);
    }

    /// Sets the gauges of the policy: reviewed by people, known to be the published one, and the
    /// time of the last contact with the store, in milliseconds since 1970.
    pub fn show_policy(&self, reviewed: bool, current: bool, confirmed: Option<i64>) {
        self.catalog_reviewed.set(reviewed.into());
        self.catalog_current.set(current.into());
        self.catalog_confirmed.set(confirmed.map_or(0, |millis| millis / 1_000));
    }

    /// Observes how long an exchange took, and how long of it the provider.
    pub fn observe(&self, whole: Duration, upstream: Duration) {
        self.exchange_seconds.observe(whole.as_secs_f64());
        self.gateway_seconds.observe(whole.saturating_sub(upstream).as_secs_f64());
    }

    /// Shows what the log counts by itself: records, commits (each one fdatasync) and bytes since
    /// the start, and whether it can be written.
    pub fn show_log(&self, records: u64, commits: u64, bytes: u64, healthy: bool) {
        let totals =
            [(&self.log_records, records), (&self.log_commits, commits), (&self.log_bytes, bytes)];
        for (counter, total) in totals {
            counter.inc_by(total.saturating_sub(counter.get()));
        }
        self.log_healthy.set(i64::from(healthy));
    }

    /// Shows how often the system's clock has jumped since the start.
    pub fn show_clock(&self, jumps: u64) {
        self.clock_jumps.inc_by(jumps.saturating_sub(self.clock_jumps.get()));
    }

    /// Shows whether the system's clock has leapt ahead, and is not believed.
    pub fn show_leap(&self, leapt: bool) {
        self.clock_leapt.set(leapt.into());
    }

    /// Shows how much room the log has.
    pub fn show_disk(&self, free: u64, reserve: u64) {
        for (gauge, bytes) in [(&self.disk_free, free), (&self.disk_reserve, reserve)] {
            gauge.set(i64::try_from(bytes).unwrap_or(i64::MAX));
        }
    }

    /// Sets the gauges of a witness, by its name in the settings: the size of the tree that it
    /// cosigned last, and true if it cosigned at the last attempt.
    pub fn show_witness(&self, name: &str, size: u64, up: bool) {
        self.witnessed.with_label_values(&[name]).set(i64::try_from(size).unwrap_or(i64::MAX));
        self.witness_up.with_label_values(&[name]).set(i64::from(up));
    }

    /// Shows how much limits have to remember.
    pub fn show_limits(&self, rate_states: usize, budget_accounts: usize) {
        let shown = [(&self.rate_states, rate_states), (&self.budget_accounts, budget_accounts)];
        for (gauge, number) in shown {
            gauge.set(i64::try_from(number).unwrap_or(i64::MAX));
        }
    }

    /// Shows how much people have still to do.
    pub fn show_duties(&self, numbers: [u64; names::DUTIES.len()]) {
        for (gauge, number) in self.duties.iter().zip(numbers) {
            gauge.set(i64::try_from(number).unwrap_or(i64::MAX));
        }
    }

    /// The text exposition format.
    pub fn render(&self) -> Vec<u8> {
        let mut text = Vec::new();
        // Encoding into memory fails only on a metric without a name.
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut text);
        text
    }

    fn entry(&self, id: &str) -> EntryCounters {
        let known = self.by_entry.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(counters) = known.get(id) {
            return counters.clone();
        }
        drop(known);
        let of = |outcome| self.exchanges.with_label_values(&[id, outcome]);
        let counters = EntryCounters {
            released: of("released"),
            reasoned: of("reasoned"),
            refused: of("refused"),
            failed: of("failed"),
        };
        let mut known = self.by_entry.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(id.into()).or_insert(counters).clone()
    }
}

/// Makes metrics and registers them.
struct Make {
    registry: Registry,
}

impl Make {
    fn counter(&self, of: MetricName) -> Result<IntCounter, prometheus::Error> {
        let metric = IntCounter::with_opts(of.options())?;
        self.registry.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    fn gauge(&self, of: MetricName) -> Result<IntGauge, prometheus::Error> {
        let metric = IntGauge::with_opts(of.options())?;
        self.registry.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    fn counters(&self, of: MetricName) -> Result<IntCounterVec, prometheus::Error> {
        let metric = IntCounterVec::new(of.options(), of.labels)?;
        self.registry.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    fn gauges(&self, of: MetricName) -> Result<IntGaugeVec, prometheus::Error> {
        let metric = IntGaugeVec::new(of.options(), of.labels)?;
        self.registry.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    fn histogram(&self, of: MetricName) -> Result<Histogram, prometheus::Error> {
        let options = HistogramOpts::new(of.name, of.help).buckets(SECONDS.to_vec());
        let metric = Histogram::with_opts(options)?;
        self.registry.register(Box::new(metric.clone()))?;
        Ok(metric)
    }
}
