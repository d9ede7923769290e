//! The commands as a user meets them: help, mistakes, exit codes, the demo, certificates.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use sluice::demo::client::{CallAnswer, call};
use sluice::demo::playbill::{Pair, StageError};
use sluice::demo::tour::{Call, Expected};

use crate::support::Files;
use crate::support::program::{Ended, Program, Site, run, sluice};

const DONE: Option<i32> = Some(0);
const FOUND_PROBLEMS: Option<i32> = Some(1);
const USAGE: Option<i32> = Some(2);
const EXIT_SOFTWARE: Option<i32> = Some(70);
const EXIT_CONFIG: Option<i32> = Some(78);

fn assert_said(ended: &Ended, code: Option<i32>, parts: &[&str]) {
    assert_eq!(ended.code, code, "{ended:?}");
    for part in parts {
        assert!(ended.err.contains(part), "{part:?} is not in {}", ended.err);
    }
    assert!(!ended.err.contains("panicked"), "{ended:?}");
}

/// As [`assert_said`], of standard output.
fn assert_answered(ended: &Ended, code: Option<i32>, parts: &[&str]) {
    assert_eq!(ended.code, code, "{ended:?}");
    for part in parts {
        assert!(ended.out.contains(part), "{part:?} is not in {}", ended.out);
    }
}

#[test]
fn every_command_explains_itself_with_an_example() {
    let mut commands = vec![Vec::new()];
    let mut leaves = BTreeSet::new();
    while let Some(command) = commands.pop() {
        let asked: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let help = run(&asked);
        assert_said(&help, DONE, &[]);
        assert!(help.out.contains("Usage: sluice"), "{help:?}");
        let below = subcommands(&help.out);
        if below.is_empty() {
            assert!(help.out.contains("Example"), "no example: {}", help.out);
            leaves.insert(command.join(" "));
        }
        commands.extend(below.into_iter().map(|name| [command.clone(), vec![name]].concat()));
    }
    for known in ["demo", "serve", "certs ca", "certs revoke", "catalog check", "decide"] {
        assert!(leaves.contains(known), "{known} is not among {leaves:?}");
    }
}

/// The names in the list of commands of a help text.
fn subcommands(help: &str) -> Vec<String> {
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = list.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn a_wrong_command_line_is_told_so() {
    for (arguments, part) in [
        (vec![], "Usage: sluice"),
        (vec!["sevre"], "serve"),
        (vec!["serve"], "--config"),
        (vec!["demo", "--exchange-port", "70000"], "70000"),
        (vec!["decide", "--catalog", "catalog", "--path", "/a/b"], "--consumer"),
    ] {
        assert_said(&run(&arguments), USAGE, &[part]);
    }
}

/// Each with a part of the settings file, what stands there instead, and what must be said.
#[test]
fn a_mistake_in_the_settings_is_told_with_file_key_and_what_is_allowed() {
    let cases: [(&str, &str, &[&str]); 11] = [
        ("node = \"test\"", "node = \"Test 1\"", &["node", "lower-case"]),
        ("node = ", "nod = ", &[":1:1", "`nod`", "did you mean `node`"]),
        ("workers = 2", "workers = 1000", &["workers", "at most 256"]),
        ("[listen]", "[bounds]\nanswer_bytes = 1\n[listen]", &["bounds.answer_bytes", "1024 to"]),
        ("\"127.0.0.1:0\"", "\"localhost\"", &["socket address"]),
        ("kinds = [\"system\", \"person\"]", "kinds = []", &["authority", "\"system\""]),
        ("gateway.pem", "absent.pem", &["tls: ", "absent.pem", "could not be read"]),
        ("key = \"gateway.key\"", "key = \"gateway.pem\"", &["gateway.pem", "no private key"]),
        (
            "certificates = \"ca.pem\"",
            "certificates = \"gateway.pem\"",
            &["authority", "gateway.pem"],
        ),
        ("dir = \"catalog\"", "dir = \"catalogue\"", &["catalogue"]),
        ("dir = \"log\"", "dir = \"ca.pem\"", &["log", "ca.pem"]),
    ];
    for (from, to, parts) in cases {
        let site = Site::new();
        let file = site.config();
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(&file, text.replacen(from, to, 1)).unwrap();
        let ended = run(&["serve", "--config", file.to_str().unwrap()]);
        assert_said(&ended, EXIT_CONFIG, parts);
        assert!(!ended.out.contains("ready"), "{ended:?}");
    }
    assert_said(&run(&["serve", "--config", "/nowhere.toml"]), EXIT_CONFIG, &["/nowhere.toml"]);
}

#[test]
fn a_port_that_is_taken_is_told_with_its_key() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let holder = TcpListener::bind(taken).unwrap();
    for listener in ["exchange", "administration", "operations"] {
        let site = Site::new();
        let file = site.config();
        let text = fs::read_to_string(&file).unwrap();
        let (from, to) =
            (format!("{listener} = \"127.0.0.1:0\""), format!("{listener} = \"{taken}\""));
        fs::write(&file, text.replace(&from, &to)).unwrap();
        let ended = run(&["serve", "--config", file.to_str().unwrap()]);
        assert_said(&ended, EXIT_CONFIG, &[&format!("listen.{listener}: {taken}"), "in use"]);
    }
    drop(holder);
}

#[test]
fn a_mistake_in_the_catalog_is_told_with_its_place() {
    let population = "public-security/population.yaml";
    let site = Site::new();
    let sound = Files::default();
    let broken = sound
        .edit(population, "level: 3\npersonal: true", "level: 9\npersonal: true")
        .edit("departments.yaml", "id: health", "id: Health");
    broken.write(&site.path("catalog"));
    let places = ["public-security/population.yaml:8:8", "departments.yaml:41:9"];
    let served = site.serve_in_vain();
    assert_said(&served, EXIT_CONFIG, &places);
    let catalog = site.path("catalog");
    let checked = run(&["catalog", "check", catalog.to_str().unwrap()]);
    assert_said(&checked, FOUND_PROBLEMS, &places);
    let asked =
        ["decide", "--catalog", catalog.to_str().unwrap(), "--consumer", "a/b", "--path", "/"];
    assert_said(&run(&asked), EXIT_CONFIG, &places);
    assert_said(&run(&["catalog", "check", "/nowhere"]), FOUND_PROBLEMS, &["/nowhere"]);
}

#[test]
fn a_catalog_is_checked_compared_and_listed() {
    let explained = run(&["catalog", "check", "--explain", "toxic-combination"]);
    assert_answered(&explained, DONE, &["toxic-combination (an error)"]);
    let unknown = run(&["catalog", "check", "--explain", "toxic-combinaton"]);
    assert_said(&unknown, USAGE, &["did you mean `toxic-combination`?"]);

    let (old, new) = (Site::new(), Site::new());
    Files::default().write(&old.path("catalog"));
    let population = "public-security/population.yaml";
    Files::default().edit(population, "clearance: 2", "clearance: 3").write(&new.path("catalog"));
    let (old, new) = (old.path("catalog"), new.path("catalog"));
    let (old, new) = (old.to_str().unwrap(), new.to_str().unwrap());
    assert_answered(&run(&["catalog", "diff", old, old]), DONE, &["no difference in meaning"]);
    let told = run(&["catalog", "diff", old, new]);
    assert_answered(&told, DONE, &["public-security/population\n  + ", "now seen in clear"]);
    let told = run(&["catalog", "diff", old, new, "--format", "json"]);
    let told: Value = serde_json::from_str(&told.out).unwrap();
    assert!(told["changes"].as_array().is_some_and(|changes| !changes.is_empty()), "{told}");

    let list = run(&["catalog", "list", old, "--format", "json"]);
    assert_answered(&list, DONE, &[population.trim_end_matches(".yaml")]);
    let superior = Path::new(new).join("superior.json");
    std::fs::write(&superior, &list.out).unwrap();
    let superior = superior.to_str().unwrap();
    let held = run(&["catalog", "superior", new, "--against", superior]);
    assert_answered(&held, DONE, &["nothing of "]);
    let schema: Value = serde_json::from_str(&run(&["catalog", "schema", "entry"]).out).unwrap();
    assert_eq!(schema["type"], "object");
}

#[test]
fn exit_codes_of_a_decision() {
    let site = Site::new();
    let catalog = site.path("catalog");
    let decide = |more: &[&str]| {
        let first = ["decide", "--catalog", catalog.to_str().unwrap(), "--consumer"];
        run(&[&first, more].concat())
    };
    let permitted = decide(&["health/clinic-desk", "--path", "/civil-affairs/divisions/330106"]);
    assert_said(&permitted, DONE, &[]);
    assert_eq!(serde_json::from_str::<Value>(&permitted.out).unwrap()["decision"], "permit");
    let denied = decide(&["health/clinic-desk", "--path", "/civil-affairs/adoptions/1"]);
    assert_said(&denied, FOUND_PROBLEMS, &[]);
    let denied: Value = serde_json::from_str(&denied.out).unwrap();
    assert_eq!(denied["problem"]["code"], "not-in-catalog");
    assert_said(&decide(&["health", "--path", "/a/b"]), USAGE, &["DEPARTMENT/SYSTEM"]);
    let body = ["health/clinic-desk", "--path", "/a/b", "--body", "{"];
    assert_said(&decide(&body), USAGE, &["--body"]);
}

#[test]
fn the_demo_walks_its_tour() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("demo");
    let demo = run(&["demo", "--once", "--dir", dir.to_str().unwrap()]);
    assert_said(&demo, DONE, &[]);
    assert!(demo.out.contains("outcomes are the right ones."), "{}", demo.out);
    let last = fs::read_to_string(dir.join("log/00000000000000000000.jsonl")).unwrap();
    assert!(last.lines().last().unwrap().contains("\"stopped\""), "{last}");
    let again = run(&["demo", "--once", "--dir", dir.to_str().unwrap()]);
    assert_said(&again, EXIT_SOFTWARE, &["earlier demo", "another folder"]);
}

/// A demo that runs until it is told to stop.
fn demo(dir: &Path, more: &[&str]) -> (Program, Value) {
    let demo = Program::start(sluice().args(["demo", "--dir"]).arg(dir).args(more));
    demo.wait_until_ready();
    let playbill = fs::read(dir.join("demo.json")).unwrap();
    (demo, serde_json::from_slice(&playbill).unwrap())
}

#[test]
fn the_demo_says_what_runs_where() {
    let dir = tempfile::tempdir().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (demo, playbill) = demo(dir.path(), &["--exchange-port", &free.to_string()]);
    let keys: Vec<&String> = playbill.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["admin", "ca", "exchange", "log", "ops", "people", "systems"]);
    assert_eq!(playbill["exchange"], format!("https://localhost:{free}"));
    assert!(playbill["admin"].as_str().unwrap().starts_with("https://localhost:"));
    assert!(playbill["ops"].as_str().unwrap().starts_with("http://localhost:"));
    let out = demo.out();
    for told in ["exchange", "admin", "ops", "log"] {
        assert!(out.contains(playbill[told].as_str().unwrap()), "{told}: {out}");
    }
    assert!(Path::new(playbill["ca"].as_str().unwrap()).is_file());
    for (kind, known) in
        [("systems", "civil-affairs/assistance-desk"), ("people", "health/officer-0601")]
    {
        let of_kind = playbill[kind].as_object().unwrap();
        assert!(of_kind.contains_key(known), "{known}");
        for pair in of_kind.values() {
            for file in ["cert", "key"] {
                assert!(Path::new(pair[file].as_str().unwrap()).is_file(), "{pair}");
            }
        }
    }
    assert!(commands(&out).len() >= 6, "{out}");
    demo.signal("INT");
    assert_said(&demo.wait(), DONE, &[]);
}

/// The commands that a demo offers to be pasted.
fn commands(out: &str) -> Vec<String> {
    out.lines()
        .filter_map(|line| line.strip_prefix("   curl "))
        .map(|rest| format!("curl {rest}"))
        .collect()
}

#[test]
#[ignore = "needs curl"]
fn what_the_demo_prints_works_when_pasted_needs_curl() {
    let dir = tempfile::tempdir().unwrap();
    let (demo, _) = demo(dir.path(), &[]);
    for command in commands(&demo.out()) {
        for version in ["--http1.1", "--http2"] {
            let written = "\\n%{http_code} %{http_version}";
            let pasted = command.replacen("curl", &format!("curl {version} -w '{written}'"), 1);
            let done = Command::new("sh").arg("-c").arg(&pasted).stdin(Stdio::null()).output();
            let done = done.unwrap();
            assert!(done.status.success(), "{pasted}: {done:?}");
            let out = String::from_utf8(done.stdout).unwrap();
            let (body, code) = out.rsplit_once('\n').unwrap();
            let (status, spoken) = code.split_once(' ').unwrap();
            assert_eq!(version, if spoken == "2" { "--http2" } else { "--http1.1" }, "{pasted}");
            let body: Value = serde_json::from_str(body).unwrap();
            let problem = |kind: &str| kind.starts_with("urn:sluice:problem:");
            let refused = body["type"].as_str().is_some_and(problem);
            assert_eq!(refused, status != "200", "{pasted}: {status} {body}");
            println!("{version} {status} {body}");
        }
    }
}

/// An authority, a gateway, a system and a person made on the command line are all that a first
/// trial needs; a revoked system is let in no more.
#[test]
fn certificates_from_the_command_line_serve() {
    let site = Site::new();
    let certs = site.path("certs");
    let made = |command: &str, more: &[&str]| {
        let ended = run(&[&["certs", command, "--dir", certs.to_str().unwrap()], more].concat());
        assert_said(&ended, DONE, &[]);
        ended.out
    };
    let holder = |department, id| ["--department", department, "--id", id];
    made("ca", &["--name", "Trial authority"]);
    made(
        "gateway",
        &[&holder("exchange-office", "gateway")[..], &["--host", "localhost"]].concat(),
    );
    let said = made("system", &holder("health", "clinic-desk"));
    assert!(said.contains("curl --cacert"), "{said}");
    made("person", &holder("exchange-office", "officer-0101"));
    let config = site.config();
    let text = fs::read_to_string(&config).unwrap();
    let text = text
        .replace("exchange.test", "exchange.internal")
        .replace("gateway.pem", "certs/exchange-office/gateway.pem")
        .replace("gateway.key", "certs/exchange-office/gateway.key")
        .replace("\"ca.pem\"", "\"certs/ca.pem\"");
    fs::write(&config, &text).unwrap();
    let serve = || {
        let gateway = Program::start(sluice().arg("serve").arg("--config").arg(&config));
        gateway.wait_until_ready();
        gateway
    };
    let gateway = serve();
    let system = ask(&gateway, &certs, "health/clinic-desk").unwrap();
    assert_eq!(system.status, 404);
    assert!(system.body.contains("not-in-catalog"), "{}", system.body);
    let person = ask(&gateway, &certs, "exchange-office/officer-0101").unwrap();
    assert_eq!(person.status, 403);
    assert!(person.body.contains("unknown-peer"), "{}", person.body);
    gateway.signal("TERM");
    assert_said(&gateway.wait(), DONE, &[]);

    let revoked = certs.join("health/clinic-desk.pem");
    made("revoke", &["--cert", revoked.to_str().unwrap()]);
    let list = "kinds = [\"system\", \"person\"]\nrevocation_list = \"certs/crl.pem\"";
    fs::write(&config, text.replace("kinds = [\"system\", \"person\"]", list)).unwrap();
    let gateway = serve();
    assert!(ask(&gateway, &certs, "health/clinic-desk").is_err());
    assert_eq!(ask(&gateway, &certs, "exchange-office/officer-0101").unwrap().status, 403);
    let refused = site.log().wait_for("the refusal", |record| record["cause"] == "revoked");
    assert_eq!(refused["claimed"], "health/clinic-desk", "{refused}");

    // Nothing is written over.
    let again = run(&["certs", "ca", "--dir", certs.to_str().unwrap(), "--name", "Another"]);
    assert_said(&again, FOUND_PROBLEMS, &["ca.pem"]);
}

fn ask(gateway: &Program, certs: &Path, holder: &str) -> Result<CallAnswer, StageError> {
    let pair = Pair {
        cert: certs.join(format!("{holder}.pem")),
        key: certs.join(format!("{holder}.key")),
    };
    let asked = Call {
        title: "",
        system: "",
        method: "GET",
        target: "/nowhere/1".into(),
        headers: Vec::new(),
        body: None,
        under: None,
        times: 1,
        expected: Expected { status: 0, code: None, holds: Vec::new(), lacks: Vec::new() },
    };
    let port = gateway.address("exchange").port();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(call(port, &certs.join("ca.pem"), &pair, &asked))
}
