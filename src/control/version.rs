//! A version of the catalog, read from the contents of a store.

use std::collections::BTreeMap;
use std::sync::Arc;

use sluice_core::release::{ContentDigest, Manifest};

use tokio::task::spawn_blocking;

use super::fault::RowError;
use crate::catalog::difference::{between, beyond_the_department};
use crate::catalog::{self, Catalog, SourceFile};
use crate::store::{Store, StoreError};

/// A version of the catalog.
#[derive(Clone, Debug)]
pub struct CatalogVersion {
    /// The release's number.
    pub number: u64,
    /// Its files.
    pub manifest: Manifest,
    /// The files' texts, by path; empty if the version was loaded in its compiled form.
    pub texts: CatalogTexts,
    /// The parsed catalog.
    pub catalog: Catalog,
}

/// The texts of a version's files, by path.
pub type CatalogTexts = BTreeMap<Box<str>, Arc<str>>;

impl CatalogVersion {
    /// Reads a release by the digest of its manifest.
    pub(super) async fn load(
        store: &dyn Store,
        number: u64,
        digest: ContentDigest,
    ) -> Result<CatalogVersion, RowError> {
        let manifest = manifest(store, digest).await?;
        let texts = complete(store, &manifest, CatalogTexts::new()).await?;
        aside(move || CatalogVersion::read(number, manifest, texts)).await?
    }

    /// Reads the next version, with the files of a manifest.
    pub(super) async fn next(
        &self,
        store: &dyn Store,
        number: u64,
        manifest: Manifest,
    ) -> Result<CatalogVersion, RowError> {
        let texts = self.texts_of(store, &manifest).await?;
        aside(move || CatalogVersion::read(number, manifest, texts)).await?
    }

    /// Returns the texts of another manifest; files that this version has as well are not fetched.
    pub(super) async fn texts_of(
        &self,
        store: &dyn Store,
        manifest: &Manifest,
    ) -> Result<CatalogTexts, RowError> {
        let same = |(path, digest): (&str, ContentDigest)| {
            let text = self.texts.get(path).filter(|_| self.manifest.file(path) == Some(digest));
            Some((Box::from(path), text?.clone()))
        };
        complete(store, manifest, manifest.files().filter_map(same).collect()).await
    }

    /// Reads texts whose manifest is known.
    pub(super) fn read(
        number: u64,
        manifest: Manifest,
        texts: CatalogTexts,
    ) -> Result<CatalogVersion, RowError> {
        let sources = sources(&texts);
        let mut catalog = catalog::read(&sources).map_err(|p| RowError::Unsound(p.to_string()))?;
        catalog.version = named(number, manifest.digest());
        Ok(CatalogVersion { number, manifest, texts, catalog })
    }

    /// Tells whether a later version changes more than a department may decide on by itself.
    pub(super) async fn shares_more_than_its_own(
        self: &Arc<Self>,
        later: &Arc<CatalogVersion>,
    ) -> Result<bool, RowError> {
        let (old, new) = (self.clone(), later.clone());
        let compared = aside(move || {
            let changes = between(&old.catalog, &new.catalog);
            beyond_the_department(&old.catalog, &new.catalog, &changes)
        });
        Ok(!compared.await?.is_empty())
    }
}

/// Runs a computation that takes seconds for a large catalog on a blocking thread, as the control
/// thread has others to serve.
pub(super) async fn aside<T: Send + 'static>(
    what: impl FnOnce() -> T + Send + 'static,
) -> Result<T, RowError> {
    spawn_blocking(what).await.map_err(|_| RowError::Broken)
}

/// The manifest of that digest.
pub(super) async fn manifest(
    store: &dyn Store,
    digest: ContentDigest,
) -> Result<Manifest, RowError> {
    let found = store.contents(vec![digest]).await?.pop();
    let manifest = found.and_then(|(_, bytes)| String::from_utf8(bytes).ok());
    let manifest = manifest.and_then(|text| Manifest::parse(&text));
    manifest.ok_or_else(|| RowError::Invalid(format!("there is no manifest {digest}")))
}

/// The texts of all files of a manifest, given some of them.
async fn complete(
    store: &dyn Store,
    manifest: &Manifest,
    mut texts: CatalogTexts,
) -> Result<CatalogTexts, RowError> {
    let missing = manifest.files().filter(|(path, _)| !texts.contains_key(*path));
    let missing: Vec<(&str, ContentDigest)> = missing.collect();
    let mut digests: Vec<ContentDigest> = missing.iter().map(|(_, digest)| *digest).collect();
    digests.sort_unstable();
    digests.dedup();
    let found: BTreeMap<_, _> = store.contents(digests).await?.into_iter().collect();
    for (path, digest) in missing {
        let bytes = found
            .get(&digest)
            .ok_or_else(|| StoreError::Damaged(format!("the contents of `{path}` are missing")))?;
        let text = std::str::from_utf8(bytes)
            .map_err(|_| RowError::Unsound(format!("`{path}` is not UTF-8")))?;
        texts.insert(path.into(), text.into());
    }
    Ok(texts)
}

/// Names a release for records and answers: `r<number>-<short digest>`.
pub fn named(number: u64, manifest: ContentDigest) -> String {
    format!("r{number}-{}", manifest.short())
}

/// Texts as the files of a catalog.
pub fn sources(texts: &CatalogTexts) -> Vec<SourceFile> {
    let files = texts.iter();
    files
        .map(|(path, text)| SourceFile { path: path.to_string(), text: text.to_string() })
        .collect()
}
