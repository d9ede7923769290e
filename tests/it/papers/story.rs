//! A page followed by somebody who pastes its commands one after the other.
//!
//! The folder they stand in has what a checkout has: the catalog and the example of settings. The
//! ports of a page stand for free ones, on loopback, `cargo run --release --` for the program under test.

use crate::support::free_port;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::blocks::Block;
use super::masks::{masked, masked_json};
use crate::support::eventually;
use crate::support::program::Program;

/// The ports that pages name: exchange, administration, operations, a witness.
const PORTS: [&str; 4] = ["8443", "8444", "9464", "8450"];

/// The way in which a page starts the program from a checkout.
const FROM_A_CHECKOUT: &str = "cargo run --release -- ";

/// Somebody who follows a page.
pub struct Story {
    page: &'static str,
    /// The folder in which the page's commands begin.
    root: TempDir,
    /// The folder in which they are by now.
    here: PathBuf,
    ports: [(&'static str, String); PORTS.len()],
    /// Programs that run until they are stopped.
    running: Vec<Running>,
    /// The output of the last commands.
    said: String,
}

struct Running {
    command: String,
    program: Program,
}

impl Story {
    /// Begins a page, in a folder of its own.
    pub fn begin(page: &'static str) -> Story {
        let root = tempfile::tempdir().unwrap();
        let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
        copy_folder(&sources.join("catalog"), &root.path().join("catalog"));
        let ports = PORTS.map(|port| (port, free_port().to_string()));
        let here = root.path().to_owned();
        let story = Story { page, root, here, ports, running: Vec::new(), said: String::new() };
        let example = fs::read_to_string(sources.join("sluice.example.toml")).unwrap();
        let loopback = story.placed(&example).replace("0.0.0.0", "127.0.0.1");
        fs::write(story.here.join("sluice.example.toml"), loopback).unwrap();
        story
    }

    /// Does what a block says, or compares it.
    pub fn follow(&mut self, block: &Block) {
        let text = self.placed(&block.text);
        if let Some(file) = block.option("file") {
            let file = self.here.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        } else if let Some(file) = block.option("merge") {
            merge(&self.here.join(file), &text);
        } else if let Some(file) = block.option("show") {
            let found = fs::read_to_string(self.here.join(file)).unwrap();
            self.same(block, &masked(&found), &masked(&text));
        } else if block.language == "json" {
            self.compare(block, &text);
        } else if block.has("output") {
            self.same(block, &masked(&self.said), &masked(&text));
        } else if block.language == "sh" {
            self.run(block, &text);
        }
    }

    /// Ends a page: what follows something has seen it, and all stops in good order.
    pub fn end(mut self) {
        for running in &self.running {
            if is_follower(&running.command) {
                eventually(&running.command, || (!running.program.out().is_empty()).then_some(()));
            }
        }
        while let Some(running) = self.running.pop() {
            stop(self.page, running);
        }
        drop(self.root);
    }

    fn run(&mut self, block: &Block, text: &str) {
        if let Some(command) = lasting(text) {
            // A second gateway on the same ports takes the place of the first.
            let first = |running: &Running| {
                running.command.split(" --").next() == command.split(" --").next()
            };
            if let Some(former) = self.running.iter().position(first) {
                stop(self.page, self.running.remove(former));
            }
            let mut program = Program::start(&mut self.shell(&format!("exec {command}")));
            if !is_follower(command) {
                let ready = eventually(command, || {
                    let ready = program.out().lines().any(|line| line == "ready");
                    (ready || program.ended()).then_some(ready)
                });
                if !ready {
                    panic!("{}: {command}: {:?}", self.page, program.wait());
                }
            }
            self.running.push(Running { command: command.to_owned(), program });
            return;
        }
        let left = self.root.path().join(".here");
        let script = format!("set -e\n{text}\npwd > '{}'\n", left.display());
        let once = || Program::start(&mut self.shell(&script)).wait();
        let ended = if block.has("eventually") {
            eventually(text, || Some(once()).filter(|ended| ended.code == Some(0)))
        } else {
            once()
        };
        let place = format!("{}:{}", self.page, block.line);
        assert_eq!(ended.code, Some(0), "{place}\n{text}\n{}\n{}", ended.out, ended.err);
        self.here = fs::read_to_string(left).unwrap().trim_end().into();
        self.said = ended.out;
    }

    fn shell(&self, script: &str) -> Command {
        let program = Path::new(env!("CARGO_BIN_EXE_sluice")).parent().unwrap().display();
        let path = format!("{program}:{}", std::env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        command.arg("-c").arg(script).current_dir(&self.here);
        command.env("PATH", path).env_remove("SLUICE_LOG").stdin(Stdio::null());
        command
    }

    fn compare(&self, block: &Block, text: &str) {
        let json = |text: &str| -> Value {
            let told = |error| panic!("{}:{}: {error}: {text}", self.page, block.line);
            serde_json::from_str(text).unwrap_or_else(told)
        };
        let said = json(&self.said);
        let part = block.option("at").unwrap_or_default();
        let found = said.pointer(part).unwrap_or_else(|| panic!("no {part} in {said:#}"));
        let pretty = |value: &Value| format!("{:#}", masked_json(value));
        self.same(block, &pretty(found), &pretty(&json(text)));
    }

    fn same(&self, block: &Block, found: &str, written: &str) {
        let lines =
            |text: &str| text.trim().lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        let (found, written) = (lines(found), lines(written));
        let place = format!("{}:{}", self.page, block.line);
        assert!(found == written, "{place} shows\n{written}\nand what comes is\n{found}");
    }

    /// A text of the page, with the ports that are free here.
    fn placed(&self, text: &str) -> String {
        let text = text.replace(FROM_A_CHECKOUT, "sluice ");
        self.ports.iter().fold(text, |text, (port, free)| text.replace(port, free))
    }
}

/// The command of a block that runs until it is stopped, if it has one.
pub fn lasting(text: &str) -> Option<&str> {
    let text = text.trim();
    let serves = ["sluice serve", "sluice demo --dir", "sluice witness"];
    let lasts = serves.iter().any(|begin| text.starts_with(begin)) || is_follower(text);
    lasts.then_some(text)
}

/// Tells if a command goes on telling what comes.
fn is_follower(command: &str) -> bool {
    command.starts_with("sluice watch") || command.contains(" --follow")
}

fn stop(page: &str, Running { command, program }: Running) {
    if is_follower(&command) {
        return;
    }
    program.signal("TERM");
    let ended = program.wait();
    assert_eq!(ended.code, Some(0), "{page}: {command}: {ended:?}");
}

/// Puts what a part of a settings file says into that file.
fn merge(file: &Path, part: &str) {
    let mut settings: toml::Table = fs::read_to_string(file).unwrap().parse().unwrap();
    let part: toml::Table = part.parse().unwrap();
    for (key, value) in part {
        match (settings.get_mut(&key), value) {
            (Some(toml::Value::Table(known)), toml::Value::Table(more)) => known.extend(more),
            (_, value) => {
                settings.insert(key, value);
            }
        }
    }
    fs::write(file, settings.to_string()).unwrap();
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for found in fs::read_dir(from).unwrap() {
        let path = found.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}
