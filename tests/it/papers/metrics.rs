//! `docs/metrics.md` has every metric of the gateway, with its type, unit, labels and meaning.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sluice::metrics::{Metrics, OutcomeLabel};

use super::region::compare_region;

/// One metric, as `/metrics` describes it.
#[derive(Default)]
struct Told {
    help: String,
    kind: String,
    labels: BTreeSet<String>,
}

#[test]
fn the_page_has_every_metric() {
    let mut table =
        "| metric | type | unit | labels | meaning |\n|---|---|---|---|---|\n".to_owned();
    let told = told();
    assert!(told.len() > 30, "{} metrics are few", told.len());
    for (name, Told { help, kind, labels }) in &told {
        let unit = ["seconds", "bytes"].iter().find(|unit| name.contains(*unit)).unwrap_or(&"–");
        let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
        let labels = if labels.is_empty() { "–".to_owned() } else { labels.join(", ") };
        table.push_str(&format!("| `{name}` | {kind} | {unit} | {labels} | {help} |\n"));
    }
    compare_region("docs/metrics.md", "metrics", &table);
}

/// Every metric, each with a series.
fn told() -> BTreeMap<String, Told> {
    let metrics = Metrics::new().unwrap();
    metrics.count(Some("health/beds"), OutcomeLabel::Refused, Some("purpose-missing"));
    metrics.count_handshake("accepted");
    metrics.observe(Duration::ZERO, Duration::ZERO);
    metrics.show_catalog("r1-a36ff5bc39ef", 1);
    metrics.show_witness("witness.audit.example/1", 1, true);
    let text = String::from_utf8(metrics.render()).unwrap();
    let mut told: BTreeMap<String, Told> = BTreeMap::new();
    for line in text.lines() {
        if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|l| l.split_once(' ')) {
            told.entry(name.into()).or_default().help = help.into();
        } else if let Some((name, kind)) =
            line.strip_prefix("# TYPE ").and_then(|l| l.split_once(' '))
        {
            told.entry(name.into()).or_default().kind = kind.into();
        } else if let Some((name, labels)) = line.split_once('{') {
            let labels = labels.split_once('}').unwrap().0.split(',');
            let names = labels.filter_map(|label| label.split_once('='));
            let names = names.map(|(name, _)| name.to_owned()).filter(|name| name != "le");
            let of = told.iter_mut().find(|(known, _)| name.starts_with(known.as_str()));
            of.unwrap().1.labels.extend(names);
        }
    }
    told
}
