//! The secrets of persons' digests in the log: `subject-N.key`, one for each epoch.
//!
//! A new epoch begins with a new file, and records of different epochs can't be linked without
//! both. Old ones are kept as long as records made with them.

use std::path::Path;

use super::secret::{read_secret, secret};

/// The secrets of all epochs in a folder, the earliest first; or the one of a file, whose epoch
/// then is 0.
///
/// # Errors
/// Names the file, and the remedy.
pub fn subject_secrets(place: &Path) -> Result<Vec<(u32, [u8; 32])>, String> {
    if !place.is_dir() {
        return Ok(vec![(0, read_secret(place)?)]);
    }
    let epochs = epochs(place)?;
    if epochs.is_empty() {
        return Err(format!("{}: there is no subject-1.key in it", place.display()));
    }
    epochs.into_iter().map(|epoch| Ok((epoch, read_secret(&place.join(file(epoch)))?))).collect()
}

/// The secret of the epoch there is, or of the first.
///
/// # Errors
/// Names the file, and the remedy.
pub fn current_subject_secret(dir: &Path) -> Result<(u32, [u8; 32]), String> {
    let epoch = epochs(dir)?.last().copied().unwrap_or(1);
    Ok((epoch, secret(&dir.join(file(epoch)))?))
}

/// Makes the secret of the next epoch, which gateways use from their next start on.
///
/// # Errors
/// Names the file, and the remedy.
pub fn begin_subject_epoch(dir: &Path) -> Result<u32, String> {
    let last = epochs(dir)?.last().copied();
    let last = last.ok_or_else(|| {
        format!("{}: there is no subject-1.key in it; is it `log.secrets`?", dir.display())
    })?;
    let next = last.checked_add(1).ok_or("there are too many epochs")?;
    secret(&dir.join(file(next)))?;
    Ok(next)
}

fn file(epoch: u32) -> String {
    format!("subject-{epoch}.key")
}

fn epochs(dir: &Path) -> Result<Vec<u32>, String> {
    let wrong = |error| format!("{}: {error}", dir.display());
    let mut epochs = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(wrong)? {
        let name = entry.map_err(wrong)?.file_name();
        let number = name.to_str().and_then(|name| {
            name.strip_prefix("subject-")?.strip_suffix(".key")?.parse::<u32>().ok()
        });
        // Only names as they are made: subject-01.key would be another file.
        epochs.extend(number.filter(|epoch| *file(*epoch) == *name));
    }
    epochs.sort_unstable();
    Ok(epochs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_epoch_is_used_and_all_are_found() {
        let dir = tempfile::tempdir().unwrap();
        assert!(begin_subject_epoch(dir.path()).unwrap_err().contains("log.secrets"));
        assert!(subject_secrets(dir.path()).is_err());
        let (epoch, first) = current_subject_secret(dir.path()).unwrap();
        assert_eq!(epoch, 1);
        for _ in 0..9 {
            begin_subject_epoch(dir.path()).unwrap();
        }
        std::fs::write(dir.path().join("subject-011.key"), "no epoch").unwrap();
        let (epoch, last) = current_subject_secret(dir.path()).unwrap();
        assert!(epoch == 10 && last != first);
        let all = subject_secrets(dir.path()).unwrap();
        assert!(all.len() == 10 && all[0] == (1, first) && all[9] == (10, last));
        let one = subject_secrets(&dir.path().join("subject-10.key")).unwrap();
        assert_eq!(one, [(0, last)]);
    }
}
