//! The authority and its certificates in a folder:
//!
//! | file | what it holds |
//! |------|---------------|
//! | `ca.pem` | the authority's certificate: what others trust |
//! | `ca.key` | its key, readable by its owner alone |
//! | `revoked.txt` | a serial number and a time a line: what was revoked when |
//! | `crl.pem` | the signed revocation list made from it |
//!
//! Certificates and keys are never written over. The two revocation files are replaced whole, so
//! that whoever reads them sees either the old or the new.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sluice_core::domain::UnixMillis;

use super::authority::{Authority, Issued, Revoked};
use super::{PkiError, serial};

/// The authority's certificate within its folder.
pub const CA_CERTIFICATE_FILE: &str = "ca.pem";
/// The authority's key within its folder.
pub const CA_KEY_FILE: &str = "ca.key";
/// The list of revoked certificates, with the times of revocation.
pub const REVOKED_FILE: &str = "revoked.txt";
/// The signed revocation list.
pub const REVOCATION_LIST_FILE: &str = "crl.pem";

const KEY_MODE: u32 = 0o600;
const PUBLIC_MODE: u32 = 0o644;

impl Authority {
    /// Reads `ca.pem` and `ca.key` of a folder.
    ///
    /// # Errors
    /// Names the file that is missing or wrong.
    pub fn load(dir: &Path) -> Result<Authority, PkiError> {
        let cert_pem = read(&dir.join(CA_CERTIFICATE_FILE))?;
        let key_pem = read(&dir.join(CA_KEY_FILE))?;
        Authority::from_pem(&cert_pem, &key_pem).map_err(|error| match error {
            PkiError::Unreadable { source, cause } => {
                PkiError::Unreadable { source: format!("{}: {source}", dir.display()), cause }
            }
            PkiError::KeyMismatch => PkiError::Unreadable {
                source: dir.join(CA_KEY_FILE).display().to_string(),
                cause: format!("the key is not that of {CA_CERTIFICATE_FILE}"),
            },
            other => other,
        })
    }

    /// Writes `ca.pem` and `ca.key`, making the folder if need be. Gives the two paths.
    ///
    /// # Errors
    /// [`PkiError::Exists`] when either is there already; else names the file that failed.
    pub fn save(&self, dir: &Path) -> Result<(PathBuf, PathBuf), PkiError> {
        let (cert, key) = (dir.join(CA_CERTIFICATE_FILE), dir.join(CA_KEY_FILE));
        write_pair(&cert, self.cert_pem(), &key, &self.key_pem())?;
        Ok((cert, key))
    }

    /// Adds a serial number to the folder's revoked ones and signs a new list, which may be
    /// relied on until `next_update`. Without a serial number the list is only signed anew.
    /// Gives the path of the list.
    ///
    /// # Errors
    /// [`PkiError::AlreadyRevoked`] when it stands there already; else names the file that
    /// failed.
    pub fn revoke(
        &self,
        dir: &Path,
        revoke: Option<&str>,
        now: UnixMillis,
        next_update: UnixMillis,
    ) -> Result<PathBuf, PkiError> {
        // Two revocations at once would each write a list without the other's.
        let _lock = lock(&dir.join(CA_CERTIFICATE_FILE))?;
        let record = dir.join(REVOKED_FILE);
        let mut revoked = read_revoked(&record)?;
        if let Some(text) = revoke {
            let serial = serial::spell(&serial::parse(text)?);
            if revoked.iter().any(|known| known.serial == serial) {
                return Err(PkiError::AlreadyRevoked(serial));
            }
            revoked.push(Revoked { serial, at: now });
        }
        let list = self.revocation_list(&revoked, now, next_update)?;
        // The record first: should the list fail, asking again for any other serial mends it.
        replace(&record, &spell_revoked(&revoked)?)?;
        let path = dir.join(REVOCATION_LIST_FILE);
        replace(&path, &list)?;
        Ok(path)
    }
}

impl Issued {
    /// Writes `<stem>.pem` and `<stem>.key`, making folders if need be. Gives the two paths.
    ///
    /// # Errors
    /// [`PkiError::Exists`] when either is there already; else names the file that failed.
    pub fn save(&self, stem: &Path) -> Result<(PathBuf, PathBuf), PkiError> {
        let with = |ending: &str| {
            let mut path = stem.as_os_str().to_owned();
            path.push(ending);
            PathBuf::from(path)
        };
        let (cert, key) = (with(".pem"), with(".key"));
        write_pair(&cert, &self.cert_pem, &key, &self.key_pem)?;
        Ok((cert, key))
    }
}

/// Reads a text file, naming it when that fails.
///
/// # Errors
/// [`PkiError::Read`].
pub fn read(file: &Path) -> Result<String, PkiError> {
    fs::read_to_string(file).map_err(|cause| PkiError::Read { file: file.to_owned(), cause })
}

fn write_pair(cert: &Path, cert_pem: &str, key: &Path, key_pem: &str) -> Result<(), PkiError> {
    // Asked beforehand so that a second certificate doesn't leave a key without one behind;
    // create_new is what makes sure.
    for file in [cert, key] {
        if file.exists() {
            return Err(PkiError::Exists(file.to_owned()));
        }
    }
    if let Some(dir) = cert.parent() {
        fs::create_dir_all(dir).map_err(|cause| PkiError::Write { file: dir.to_owned(), cause })?;
    }
    write_new(key, key_pem, KEY_MODE)?;
    write_new(cert, cert_pem, PUBLIC_MODE)
}

fn write_new(file: &Path, text: &str, mode: u32) -> Result<(), PkiError> {
    let written = create_new(file, mode).and_then(|mut open| {
        open.write_all(text.as_bytes())?;
        open.sync_all()
    });
    written.map_err(|cause| match cause.kind() {
        io::ErrorKind::AlreadyExists => PkiError::Exists(file.to_owned()),
        _ => PkiError::Write { file: file.to_owned(), cause },
    })
}

fn create_new(file: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(file)
}

fn replace(file: &Path, text: &str) -> Result<(), PkiError> {
    let mut fresh = file.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    let written = fs::write(&fresh, text)
        .and_then(|()| File::open(&fresh)?.sync_all())
        .and_then(|()| fs::rename(&fresh, file));
    written.map_err(|cause| PkiError::Write { file: file.to_owned(), cause })
}

fn lock(file: &Path) -> Result<File, PkiError> {
    let locked = File::open(file).and_then(|open| open.lock().map(|()| open));
    locked.map_err(|cause| PkiError::Read { file: file.to_owned(), cause })
}

fn read_revoked(file: &Path) -> Result<Vec<Revoked>, PkiError> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(PkiError::Read { file: file.to_owned(), cause }),
    };
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(index, line)| parse_revoked(line).ok_or(index)).collect::<Result<_, _>>().map_err(
        |index| PkiError::Unreadable {
            source: format!("{}, line {}", file.display(), index + 1),
            cause: "wanted a serial number in hexadecimal, a space, and a time such as \
                    2026-01-31T08:00:00Z"
                .to_owned(),
        },
    )
}

fn parse_revoked(line: &str) -> Option<Revoked> {
    let (number, at) = line.trim().split_once(' ')?;
    Some(Revoked {
        serial: serial::spell(&serial::parse(number).ok()?),
        at: at.trim().parse::<jiff::Timestamp>().ok()?.as_millisecond(),
    })
}

fn spell_revoked(revoked: &[Revoked]) -> Result<String, PkiError> {
    let mut text = String::new();
    for Revoked { serial, at } in revoked {
        let time =
            jiff::Timestamp::from_second(at.div_euclid(1000)).map_err(|_| PkiError::Time(*at))?;
        text.push_str(&format!("{serial} {time}\n"));
    }
    Ok(text)
}
