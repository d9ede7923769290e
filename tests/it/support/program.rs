//! The program itself, as a process of its own: for what only a process can show.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use super::certificates::{self, DOMAIN};
use super::{Files, LogReader, Origin, eventually};

/// A folder with all that `sluice serve` needs: certificates, catalog, settings.
pub struct Site {
    dir: TempDir,
    hosts: String,
    settings: String,
    catalog: String,
}

/// A running program. Dropping it kills it.
pub struct Program {
    child: Child,
    out: Arc<Mutex<String>>,
    err: Arc<Mutex<String>>,
}

/// What became of a program that ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// The program, to be given arguments.
pub fn sluice() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    command.env_remove("SLUICE_LOG").stdin(Stdio::null());
    command
}

/// Runs the program with these arguments to its end.
pub fn run(arguments: &[&str]) -> Ended {
    Program::start(sluice().args(arguments)).wait()
}

impl Site {
    /// With the default catalog and free ports.
    pub fn new() -> Site {
        let dir = tempfile::tempdir().unwrap();
        let own = certificates::system("exchange-office/gateway");
        let files = [
            ("gateway.pem", own.cert_pem.as_str()),
            ("gateway.key", &own.key_pem),
            ("ca.pem", certificates::office().cert_pem()),
        ];
        for (name, text) in files {
            fs::write(dir.path().join(name), text).unwrap();
        }
        Files::default().write(&dir.path().join("catalog"));
        let catalog = "dir = \"catalog\"\n".to_owned();
        Site { dir, hosts: String::new(), settings: String::new(), catalog }
    }

    /// Says that an address of the catalog is where this origin listens.
    pub fn origin(mut self, address: &str, origin: &Origin) -> Site {
        writeln!(self.hosts, "{address:?} = \"{}\"", origin.address).unwrap();
        self
    }

    /// With more settings: tables of TOML that the usual ones lack.
    pub fn settings(mut self, text: &str) -> Site {
        self.settings.push_str(text);
        self
    }

    /// With another source of its catalog: keys of the table `catalog`.
    pub fn catalog(mut self, text: String) -> Site {
        self.catalog = text;
        self
    }

    /// A file or folder of the site.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The records.
    pub fn log(&self) -> LogReader {
        LogReader::new(&self.path("log"))
    }

    /// Writes the settings file.
    pub fn config(&self) -> PathBuf {
        let file = self.path("sluice.toml");
        let (hosts, settings, catalog) = (&self.hosts, &self.settings, &self.catalog);
        let text = format!(
            "node = \"test\"\ntrust_domain = \"{DOMAIN}\"\nworkers = 2\n\
             [listen]\nexchange = \"127.0.0.1:0\"\nadministration = \"127.0.0.1:0\"\n\
             operations = \"127.0.0.1:0\"\n\
             [tls]\ncertificate = \"gateway.pem\"\nkey = \"gateway.key\"\n\
             [[authority]]\nname = \"office\"\ncertificates = \"ca.pem\"\ndepartments = [\"*\"]\n\
             kinds = [\"system\", \"person\"]\n\
             [catalog]\n{catalog}[log]\ndir = \"log\"\nsecrets = \"secrets\"\n\
             [upstream.hosts]\n{hosts}{settings}"
        );
        fs::write(&file, text).unwrap();
        file
    }

    /// Starts the gateway and waits until it is ready.
    pub fn serve(&self) -> Program {
        let program = Program::start(sluice().arg("serve").arg("--config").arg(self.config()));
        program.wait_until_ready();
        program
    }

    /// Starts a gateway that must refuse to start.
    pub fn serve_in_vain(&self) -> Ended {
        Program::start(sluice().arg("serve").arg("--config").arg(self.config())).wait()
    }
}

impl Program {
    /// Starts a program and keeps what it says.
    pub fn start(command: &mut Command) -> Program {
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        let out = kept(child.stdout.take().unwrap());
        let err = kept(child.stderr.take().unwrap());
        Program { child, out, err }
    }

    /// Waits for the line that says that calls will succeed.
    pub fn wait_until_ready(&self) {
        eventually("the program to be ready", || {
            self.out.lock().unwrap().lines().any(|line| line == "ready").then_some(())
        });
    }

    /// Standard output so far.
    pub fn out(&self) -> String {
        self.out.lock().unwrap().clone()
    }

    /// Standard error so far.
    pub fn err(&self) -> String {
        self.err.lock().unwrap().clone()
    }

    /// Where it listens, as it has said: `exchange`, `administration` or `operations`.
    pub fn address(&self, listener: &str) -> SocketAddr {
        let said = format!("{listener}=");
        eventually("the addresses", || {
            let err = self.err();
            let word = err.split_whitespace().find_map(|word| word.strip_prefix(&*said))?;
            Some(word.parse().unwrap())
        })
    }

    /// Sends it a signal, by the name that a shell knows it by.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").arg("-c").arg(kill).status().unwrap().success());
    }

    /// Kills it, as nothing can be caught.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Whether it has ended by itself.
    pub fn ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits until it ends.
    pub fn wait(mut self) -> Ended {
        let status: ExitStatus =
            eventually("the program to end", || self.child.try_wait().unwrap());
        // The pipes end with the program; what was in them may still be on its way here.
        eventually("the end of its output", || {
            (Arc::strong_count(&self.out) + Arc::strong_count(&self.err) == 2).then_some(())
        });
        Ended { code: status.code(), out: self.out(), err: self.err() }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Keeps what comes, line by line, until the other end closes; the thread then lets go of it.
fn kept(from: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let said = Arc::new(Mutex::new(String::new()));
    let kept = said.clone();
    std::thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            kept.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    });
    said
}

/// The segment files of a log, in order.
pub fn segments(log: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(log).unwrap().map(|found| found.unwrap().path());
    let segment = |path: &PathBuf| path.extension().is_some_and(|kind| kind == "jsonl");
    let mut files: Vec<_> = files.filter(segment).collect();
    files.sort();
    files
}
