//! Medians, ratios, the table.

use std::time::Duration;

use super::callers::Outcome;
use super::flags::Role;
use super::records::Size;

/// One run of one proxy.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// CPU time of the proxy for one request, in microseconds.
    pub(crate) cpu_us: f64,
    /// Requests answered in a second.
    pub(crate) per_second: f64,
    /// Median latency in microseconds.
    pub(crate) p50_us: f64,
    /// Latency that 99 of 100 did not exceed, in microseconds.
    pub(crate) p99_us: f64,
}

impl Run {
    /// From what the load saw and what the proxy's process spent meanwhile.
    pub(crate) fn new(outcome: &Outcome, cpu: Duration) -> Run {
        let requests = outcome.requests().max(1) as f64;
        Run {
            cpu_us: cpu.as_secs_f64() * 1e6 / requests,
            per_second: requests / outcome.took.as_secs_f64(),
            p50_us: f64::from(outcome.percentile_us(0.50)),
            p99_us: f64::from(outcome.percentile_us(0.99)),
        }
    }
}

/// The head of the table.
pub(crate) fn head() -> String {
    format!(
        "{:<6} {:>9} {:<7} {:>14} {:>12} {:>9} {:>9}",
        "answer", "bytes", "proxy", "CPU µs/request", "requests/s", "p50 µs", "p99 µs"
    )
}

/// The medians of one proxy's runs, as a row.
pub(crate) fn row(size: Size, role: Role, runs: &[Run]) -> String {
    let of = |value: fn(&Run) -> f64| median(runs.iter().map(value));
    format!(
        "{:<6} {:>9} {:<7} {:>14.1} {:>12.0} {:>9.0} {:>9.0}",
        size.word(),
        size.answer().len(),
        role.word(),
        of(|run| run.cpu_us),
        of(|run| run.per_second),
        of(|run| run.p50_us),
        of(|run| run.p99_us)
    )
}

/// By how much the median latency grew, pair by pair; the median of that, in microseconds.
pub(crate) fn later_us(yardstick: &[Run], runs: &[Run]) -> f64 {
    median(yardstick.iter().zip(runs).map(|(yardstick, run)| run.p50_us - yardstick.p50_us))
}

/// The ratios of the pairs: their median, and how far they lie apart.
pub(crate) fn ratios(yardstick: &[Run], runs: &[Run]) -> (f64, String) {
    let pairs = yardstick.iter().zip(runs).map(|(yardstick, run)| run.cpu_us / yardstick.cpu_us);
    let mut ratios: Vec<f64> = pairs.collect();
    ratios.sort_by(f64::total_cmp);
    let middle = median(ratios.iter().copied());
    let (least, most) = (ratios.first().unwrap_or(&0.0), ratios.last().unwrap_or(&0.0));
    let count = ratios.len();
    let text =
        format!("CPU ratio {middle:.2} (median of {count} pairs, from {least:.2} to {most:.2})");
    (middle, text)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => values[middle],
        _ => (values[middle - 1] + values[middle]) / 2.0,
    }
}
