//! The first release: nobody could have signed it, so settings pin its digest.

use sluice_core::domain::UnixMillis;
use sluice_core::release::{ContentDigest, Manifest};

use super::rows::{GenesisRow, JournalRow};
use crate::catalog::SourceFile;
use crate::store::{Store, StoreError};

/// Writes the first release, with which a journal begins; returns the digest of its manifest.
///
/// # Errors
/// The store has a release already, or can't be written.
pub async fn begin(
    store: &dyn Store,
    files: Vec<SourceFile>,
    time: UnixMillis,
) -> Result<ContentDigest, StoreError> {
    let digest = |file: &SourceFile| ContentDigest::of(file.text.as_bytes());
    let manifest = Manifest::of(files.iter().map(|f| (f.path.as_str().into(), digest(f))));
    let mut contents = vec![manifest.to_string().into_bytes()];
    contents.extend(files.into_iter().map(|file| file.text.into_bytes()));
    let genesis = GenesisRow { manifest: manifest.digest().to_string(), time };
    store.append(0, vec![JournalRow::Genesis(genesis).row()], contents).await?;
    Ok(manifest.digest())
}
