//! Secrets that stand in files of their own: 64 hexadecimal digits, made at the first start.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Reads a secret, or makes it.
///
/// # Errors
/// Which file, and what to do.
pub fn secret(file: &Path) -> Result<[u8; 32], String> {
    let wrong = |what: String| format!("{}: {what}", file.display());
    match std::fs::read_to_string(file) {
        Ok(text) => blake3::Hash::from_hex(text.trim()).map(Into::into).map_err(|_| {
            wrong("is not 64 hexadecimal digits; restore it, as others rely on what it made".into())
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut secret = [0; 32];
            let random = rustls::crypto::aws_lc_rs::default_provider().secure_random;
            random.fill(&mut secret).map_err(|_| wrong("the system gives no randomness".into()))?;
            let open = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
            let text = blake3::Hash::from(secret).to_hex();
            open.and_then(|mut open| {
                open.write_all(text.as_bytes())?;
                open.sync_all()
            })
            .map_err(|error| wrong(error.to_string()))?;
            Ok(secret)
        }
        Err(error) => Err(wrong(error.to_string())),
    }
}
