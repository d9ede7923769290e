//! Secrets in files of their own: 64 hexadecimal digits, made at the first start.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Reads a secret, or makes it.
///
/// # Errors
/// Names the file, and the remedy.
pub fn secret(file: &Path) -> Result<[u8; 32], String> {
    if let Ok(false) = fs::exists(file) {
        let mut secret = [0; 32];
        let random = rustls::crypto::aws_lc_rs::default_provider().secure_random;
        let filled = random.fill(&mut secret);
        filled.map_err(|_| wrong(file, "the system gives no randomness"))?;
        keep(file, &secret).map_err(|error| wrong(file, error))?;
    }
    read_secret(file)
}

/// Reads a secret that was made before.
///
/// # Errors
/// Names the file, and the remedy.
pub fn read_secret(file: &Path) -> Result<[u8; 32], String> {
    let text = fs::read_to_string(file).map_err(|error| wrong(file, error))?;
    blake3::Hash::from_hex(text.trim()).map(Into::into).map_err(|_| {
        wrong(file, "is not 64 hexadecimal digits; restore it, as others rely on what it made")
    })
}

fn wrong(file: &Path, what: impl std::fmt::Display) -> String {
    format!("{}: {what}", file.display())
}

/// Stores a new secret atomically and durably, before it is used. It never replaces one that
/// another process has stored in the meantime.
fn keep(file: &Path, secret: &[u8; 32]) -> io::Result<()> {
    let half = file.with_extension("half");
    let mut options = OpenOptions::new();
    let mut out = options.write(true).create(true).truncate(true).mode(0o600).open(&half)?;
    out.write_all(blake3::Hash::from(*secret).to_hex().as_bytes())?;
    out.sync_all()?;
    match fs::hard_link(&half, file) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => {}
    }
    fs::remove_file(&half)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_once_and_whole() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("one.key");
        assert!(read_secret(&file).is_err());
        // What a crash has left is no secret.
        fs::write(dir.path().join("one.half"), "5f5f").unwrap();
        let made = secret(&file).unwrap();
        assert_eq!((secret(&file), read_secret(&file)), (Ok(made), Ok(made)));
        assert_ne!(secret(&dir.path().join("two.key")), Ok(made));
        // One that is kept is never replaced.
        keep(&file, &[7; 32]).unwrap();
        assert_eq!(secret(&file), Ok(made));
        fs::write(&file, "5f5f").unwrap();
        let why = secret(&file).unwrap_err();
        assert!(why.contains("one.key") && why.contains("restore it"), "{why}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }
}
