//! Witnesses: what a gateway's own operator can't do unseen.

use std::fs;
use std::path::{Path, PathBuf};

use sluice::settings::WitnessSettings;
use sluice_core::domain::name::Name;
use sluice_core::ledger::checkpoint::SignedCheckpoint;
use sluice_core::ledger::note::{KeyKind, NoteSigner, NoteVerifier};
use tempfile::TempDir;

use crate::support::operations;
use crate::support::program::{Program, run, sluice};
use crate::support::{Ask, World, eventually};

const DESK: &str = "human-resources/pension-desk";
const SEED: [u8; 32] = [5; 32];

fn log_key() -> NoteVerifier {
    let signer = NoteSigner::from_seed("exchange.test/test", KeyKind::Log, &SEED).unwrap();
    signer.verifier().clone()
}

/// A witness of that log as a process of its own, and how it is named in settings.
fn witness(dir: &Path, port: u16) -> (Program, WitnessSettings) {
    let config = dir.join("witness.toml");
    let text = format!(
        "name = \"witness.test/1\"\nlisten = \"127.0.0.1:{port}\"\ndir = \"witness\"\nlogs = [\"{}\"]\n",
        log_key()
    );
    fs::write(&config, text).unwrap();
    let program = Program::start(sluice().args(["witness", "--config", config.to_str().unwrap()]));
    program.wait_until_ready();
    let said = |name: &str| {
        let out = program.out();
        out.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned()
    };
    let settings = WitnessSettings {
        url: said("url").parse().unwrap(),
        key: said("witness").parse().unwrap(),
    };
    (program, settings)
}

/// A gateway on a log that outlives it.
fn gateway(dir: &Path, witness: &WitnessSettings) -> World {
    let secrets = dir.join("secrets");
    fs::create_dir_all(&secrets).unwrap();
    fs::write(secrets.join("signing.key"), blake3::Hash::from(SEED).to_hex().as_str()).unwrap();
    World::setup()
        .settings(|settings| {
            settings.log.dir = dir.join("log");
            settings.log.secrets = secrets;
            settings.witnesses = vec![witness.clone()];
        })
        .start()
}

fn exchanges(world: &World, count: usize) {
    let mut connection = world.connect(DESK);
    for _ in 0..count {
        connection.ask(&Ask::get("/nothing/here"));
    }
}

fn readiness(world: &World) -> String {
    operations::fetch(world.gateway().operations, "/readyz").unwrap().1
}

fn wait_for(world: &World, part: &str) {
    eventually(part, || readiness(world).contains(part).then_some(()));
}

/// Waits until so many records are cosigned.
fn wait_for_size(world: &World, least: u64) {
    eventually("cosignatures", || {
        let said = readiness(world);
        let (_, rest) = said.split_once("has cosigned ")?;
        let size: u64 = rest.split(' ').next()?.parse().ok()?;
        (size >= least).then_some(())
    });
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to: PathBuf = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn what_is_recorded_is_cosigned_and_anybody_can_check_that() {
    let dir = TempDir::new().unwrap();
    let (_witness, settings) = witness(dir.path(), 0);
    let world = gateway(dir.path(), &settings);
    exchanges(&world, 3);
    wait_for(&world, "witness: witness.test/1 has cosigned");
    let metrics = operations::metrics(world.gateway());
    assert!(metrics.contains("sluice_log_witness_up{witness=\"witness.test/1\"} 1"), "{metrics}");
    let note = world.call("health/clinic-desk", &Ask::get("/-/log/checkpoint"));
    let note = SignedCheckpoint::open(&note.body, &log_key()).unwrap();
    let keys = [settings.key.clone()];
    assert_eq!(note.cosigned_by(&keys).count(), 1);
    let log = dir.path().join("log");
    let key = settings.key.to_string();
    drop(world);
    let verified = run(&["audit", "verify", "--log", log.to_str().unwrap(), "--witness", &key]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    assert!(verified.out.contains("witnessed    by witness.test/1 up to "), "{verified:?}");
}

/// The operator puts an older copy of the whole folder in place of the log and goes on from there,
/// with all keys in hand.
#[test]
fn a_history_that_is_taken_back_is_caught() {
    let dir = TempDir::new().unwrap();
    let (mut first, settings) = witness(dir.path(), 0);
    let world = gateway(dir.path(), &settings);
    exchanges(&world, 2);
    wait_for(&world, "has cosigned");
    drop(world);
    let log = dir.path().join("log");
    let old = dir.path().join("old");
    copy(&log, &old);
    let world = gateway(dir.path(), &settings);
    exchanges(&world, 6);
    wait_for_size(&world, 11);
    let seen = world.call(DESK, &Ask::get("/-/log/checkpoint")).body;
    let seen = SignedCheckpoint::open(&seen, &log_key()).unwrap().size();
    drop(world);
    // The witness has seen all of it by the time that the gateway has stopped, or not: either way
    // it remembers more than the copy has, though it is killed in between.
    first.kill();
    let port = settings.url.port_u16().unwrap();
    let (_again, settings) = witness(dir.path(), port);
    fs::remove_dir_all(&log).unwrap();
    copy(&old, &log);
    let world = gateway(dir.path(), &settings);
    wait_for(&world, "the log was restored behind that");
    exchanges(&world, 5 + seen as usize);
    wait_for(&world, "the log was forked or rewritten");
    let metrics = operations::metrics(world.gateway());
    assert!(metrics.contains("sluice_log_witness_up{witness=\"witness.test/1\"} 0"), "{metrics}");
}

#[test]
fn a_witness_that_is_away_holds_nobody_up() {
    let dir = TempDir::new().unwrap();
    let (mut away, settings) = witness(dir.path(), 0);
    away.kill();
    let world = gateway(dir.path(), &settings);
    exchanges(&world, 3);
    let port = settings.url.port_u16().unwrap();
    let told = format!("witness: unwitnessed (127.0.0.1:{port} can't be reached");
    wait_for(&world, &told);
    let (_again, _) = witness(dir.path(), port);
    wait_for(&world, "has cosigned");
}

#[test]
fn a_witness_says_what_is_wrong_with_its_settings() {
    let dir = TempDir::new().unwrap();
    let config = dir.path().join("witness.toml");
    for (text, part) in [
        ("name = \"w\"", "missing field"),
        ("name = \"a b\"\nlisten = \"127.0.0.1:0\"\ndir = \"w\"\nlogs = []", "name: "),
        ("name = \"w\"\nlisten = \"127.0.0.1:0\"\ndir = \"w\"\nlogs = [\"x\"]", "logs: \"x\""),
    ] {
        fs::write(&config, text).unwrap();
        let ended = run(&["witness", "--config", config.to_str().unwrap()]);
        assert_eq!(ended.code, Some(78), "{ended:?}");
        assert!(ended.err.contains(part), "{part}: {ended:?}");
    }
}

/// What an operator does after a restore: the log begins anew under another name and says after
/// which checkpoint of the old one.
#[test]
fn a_new_log_cites_the_old_ones_last_checkpoint() {
    let dir = TempDir::new().unwrap();
    let (_witness, said) = witness(dir.path(), 0);
    let world = gateway(dir.path(), &said);
    exchanges(&world, 2);
    wait_for_size(&world, 3);
    let old = world.call(DESK, &Ask::get("/-/log/checkpoint")).body;
    let old = String::from_utf8(old).unwrap();
    drop(world);
    let cited = dir.path().join("cited");
    fs::write(&cited, &old).unwrap();
    let log = dir.path().join("new");
    let start = |node: &str| {
        World::setup()
            .settings(|settings| {
                settings.node = Name::parse(node).unwrap();
                settings.log.dir = log.clone();
                settings.log.secrets = dir.path().join("secrets");
                settings.log.continues = Some(cited.clone());
            })
            .try_start()
    };
    let refused = start("test").err().expect("two logs of one origin").to_string();
    assert!(refused.contains("cited: it is of the origin that this log has"), "{refused}");
    drop(start("test-2").expect("it starts"));
    let segment = fs::read_dir(&log).unwrap().map(|entry| entry.unwrap().path());
    let mut segments: Vec<_> =
        segment.filter(|path| path.extension() == Some("jsonl".as_ref())).collect();
    segments.sort();
    let lines = fs::read_to_string(&segments[0]).unwrap();
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(first["event"], "continues");
    assert_eq!(first["checkpoint"], old);
}
