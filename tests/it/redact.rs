//! `sluice redact`: what a maintainer sees of an answer is what a consumer will.

use std::fs;
use std::fs::File;
use std::process::Output;

use crate::support::catalog::default_folder;
use crate::support::program::sluice;
use crate::support::world::PUBLIC_SECURITY;
use crate::support::{Ask, Origin, World, json};

const RECORD: &str = r#"{"id_number":"330106199003070410","name":"赵晓明","sex":"女",
"secret":{"name":"x"},"birth_date":"1990-03-07","deceased":"no"}
"#;

/// What the program makes of an input on the default catalog's population.
fn redact(input: &[u8], arguments: &[&str]) -> (Option<i32>, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("answer");
    fs::write(&file, input).unwrap();
    let mut command = sluice();
    command.arg("redact").arg("--catalog").arg(default_folder());
    command.args(["--entry", "public-security/population"]).args(arguments);
    let Output { status, stdout, stderr } =
        command.stdin(File::open(file).unwrap()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn it_shows_what_the_gateway_shows() {
    let origin = Origin::answering("public-security/records", json(200, RECORD));
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let body = r#"{"id_number":"330106199003070410"}"#;
    let ask = Ask::post("/public-security/population/query", body).purpose("social-assistance");
    let answer = world.call("human-resources/pension-desk", &ask);
    for arguments in [
        &["--clearance", "2"][..],
        &["--consumer", "human-resources"],
        &["--clearance", "2", "--chunk", "1"],
        &["--clearance", "2", "--consumer", "health", "--operation", "person"],
    ] {
        let (code, out, err) = redact(RECORD.as_bytes(), arguments);
        assert_eq!((code, &*out, &*err), (Some(0), answer.text(), ""), "{arguments:?}");
    }
}

#[test]
fn it_explains_what_became_of_each_field() {
    let (code, out, told) = redact(RECORD.as_bytes(), &["--clearance", "2", "--explain"]);
    assert_eq!(code, Some(0));
    assert!(!out.contains("passed"));
    for line in [
        "path passed masked dropped",
        "$.id_number 0 1 0",
        "$.sex 1 0 0",
        "$.portrait 0 0 0",
        "1 records",
        "1 persons, each counted once",
        "1 members dropped that the entry does not declare",
        "1 values dropped that were of another kind than declared",
    ] {
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.lines().any(|told| words(told) == line), "{line:?} is not in {told}");
    }
}

#[test]
fn a_bad_answer_is_told_with_its_place() {
    for (input, arguments, parts) in [
        ("{\"sex\":\"女\",\n\"name\":}", &[][..], "line 2: it is not JSON (RFC 8259) (at byte 21)"),
        ("{\"sex\":\"女\"", &[], "line 1: it ends too early (at byte 12)"),
        ("[]", &[], "line 1: its outermost value is not what the operation declares (at byte 0)"),
        ("{\"sex\":\"女\"}\n{}", &[], "line 2: it is not JSON (RFC 8259)"),
        ("{}\n{}\n", &["--type", "application/jsonl"], "line 2: it holds more records"),
        ("sex\n\"x\"y\n", &["--type", "text/csv"], "line 2: it is no table (RFC 4180)"),
    ] {
        for chunk in ["1", "65536"] {
            let arguments = [&["--clearance", "2", "--chunk", chunk], arguments].concat();
            let (code, out, err) = redact(input.as_bytes(), &arguments);
            assert_eq!(code, Some(1), "{input}: {err}");
            assert!(err.contains(parts), "{parts:?} is not in {err}");
            assert!(input.starts_with(&out), "{input}: {out}");
        }
    }
}

#[test]
fn what_is_not_there_is_told_with_what_is() {
    for (arguments, part) in [
        (&["--clearance", "2", "--operation", "qurey"][..], "did you mean query?"),
        (&["--consumer", "nobody"], "it has exchange-office"),
        (&["--consumer", "health"], "no term of public-security/population is for health"),
        (&["--clearance", "2", "--type", "text/html"], "\"text/html\" is withheld"),
        (&["--clearance", "0"], "1..=4"),
        (&[], "--clearance"),
        (&["--clearance", "2", "--entry", "public-security/open-cases"], "cannot be used"),
    ] {
        let (code, out, err) = redact(b"{}", arguments);
        assert_eq!((code, &*out), (Some(2), ""), "{err}");
        assert!(err.contains(part), "{part:?} is not in {err}");
    }
}
