use std::path::Path;

use sluice_core::usage::Days;

use super::Settings;

const LEAST: &str = r#"
node = "gw-1"
trust_domain = "exchange.internal"
[tls]
certificate = "gateway.pem"
key = "gateway.key"
[[authority]]
name = "office"
certificates = "ca.pem"
departments = ["*"]
kinds = ["system", "person"]
[catalog]
dir = "catalog"
[log]
dir = "log"
secrets = "log-secrets"
"#;

fn error_of(text: &str) -> String {
    Settings::parse(text, Path::new("/etc/sluice/sluice.toml")).unwrap_err().to_string()
}

#[test]
fn the_least_settings_get_every_default() {
    let settings = Settings::parse(LEAST, Path::new("/etc/sluice/sluice.toml")).unwrap();
    assert_eq!(settings.exchange.port(), 8443);
    assert!(settings.operations.ip().is_loopback());
    assert_eq!(settings.catalog, super::CatalogSettings::Folder("/etc/sluice/catalog".into()));
    assert_eq!(settings.authorities[0].departments, None);
    assert_eq!(settings.log.commit_window.as_micros(), 150);
    assert_eq!((settings.limits.days, settings.limits.refusals.len()), (Days::CHINA, 2));
}

#[test]
fn the_example_file_is_valid() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("sluice.example.toml");
    Settings::load(&path).unwrap();
}

#[test]
fn errors_name_file_place_key_and_what_is_allowed() {
    let cases = [
        (
            LEAST.replace("[log]\n", "[log]\ncomit_window_us = 3\n"),
            vec!["/etc/sluice/sluice.toml:15:1", "did you mean `commit_window_us`?"],
        ),
        (LEAST.replace("\"gw-1\"", "\"GW 1\""), vec!["node", "lower-case"]),
        (LEAST.replace("[\"*\"]", "[]"), vec!["authority", "vouches for nobody"]),
        (LEAST.replace("\"person\"", "\"robot\""), vec!["unknown variant `robot`", "`system`"]),
        (
            format!("{LEAST}\n[bounds]\nconnections = 0\n"),
            vec!["bounds.connections", "0 is not within 1 to 1000000"],
        ),
        (
            format!("{LEAST}\n[upstream.hosts]\nnoport = \"127.0.0.1:1\"\n"),
            vec!["upstream.hosts", "host:port"],
        ),
        (
            LEAST.replace("[log]\n", "[log]\nretention_days = 179\n"),
            vec!["log.retention_days", "179 is not within 180 to 3650"],
        ),
        (
            format!("{LEAST}\n[[witness]]\nurl = \"https://w:1\"\nkey = \"x\"\n"),
            vec!["witness.url", "http://host:port"],
        ),
        (
            format!("{LEAST}\n[[witness]]\nurl = \"http://w:1\"\nkey = \"x\"\n"),
            vec!["witness.key", "is no verifier key"],
        ),
        (
            format!("{LEAST}\n[limits]\nutc_offset = \"8\"\n"),
            vec!["limits.utc_offset", "\"8\" is no offset", "+08:00"],
        ),
        (
            format!("{LEAST}\n[limits]\nrefusals = [\"often\"]\n"),
            vec!["limits.refusals", "\"often\" is no rate"],
        ),
        (format!("{LEAST}\n[limits]\nrefusals = []\n"), vec!["limits.refusals", "one to 4 rates"]),
        (
            format!("{LEAST}\n[limits]\naccounts = 0\n"),
            vec!["limits.accounts", "0 is not within 1 to 10000000"],
        ),
        (
            format!("{LEAST}\n[bounds]\nexchanges = 0\n"),
            vec!["bounds.exchanges", "0 is not within 1 to 1000000"],
        ),
        (LEAST.replace("[tls]", "[tls"), vec!["/etc/sluice/sluice.toml:4"]),
    ];
    for (text, parts) in cases {
        let error = error_of(&text);
        for part in parts {
            assert!(error.contains(part), "{error:?} lacks {part:?}");
        }
    }
}
