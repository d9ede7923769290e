//! A version of the catalog, read from the contents of a store.

use std::collections::BTreeMap;
use std::sync::Arc;

use sluice_core::release::{ContentDigest, Manifest};

use tokio::task::spawn_blocking;

use super::fault::Wrong;
use crate::catalog::{self, Catalog, SourceFile, difference};
use crate::store::{Store, StoreError};

/// A version of the catalog.
#[derive(Clone, Debug)]
pub struct Version {
    /// The release's number.
    pub number: u64,
    /// Its files.
    pub manifest: Manifest,
    /// What they say, by path; none of them where it was loaded in its compiled form.
    pub texts: BTreeMap<Box<str>, Arc<str>>,
    /// What they mean.
    pub catalog: Catalog,
}

impl Version {
    /// Reads a release by the digest of its manifest.
    pub(super) async fn load(
        store: &dyn Store,
        number: u64,
        digest: ContentDigest,
    ) -> Result<Version, Wrong> {
        let found = store.contents(vec![digest]).await?.pop();
        let manifest = found.and_then(|(_, bytes)| String::from_utf8(bytes).ok());
        let manifest = manifest.and_then(|text| Manifest::parse(&text));
        let manifest =
            manifest.ok_or_else(|| Wrong::What(format!("there is no manifest {digest}")))?;
        Version::of(store, number, manifest, BTreeMap::new()).await
    }

    /// The version that comes after this one with those files.
    pub(super) async fn next(
        &self,
        store: &dyn Store,
        number: u64,
        manifest: Manifest,
    ) -> Result<Version, Wrong> {
        let same = |(path, digest): (&str, ContentDigest)| {
            let text = self.texts.get(path).filter(|_| self.manifest.file(path) == Some(digest));
            Some((Box::from(path), text?.clone()))
        };
        let texts = manifest.files().filter_map(same).collect();
        Version::of(store, number, manifest, texts).await
    }

    async fn of(
        store: &dyn Store,
        number: u64,
        manifest: Manifest,
        mut texts: BTreeMap<Box<str>, Arc<str>>,
    ) -> Result<Version, Wrong> {
        let missing: Vec<(&str, ContentDigest)> =
            manifest.files().filter(|(path, _)| !texts.contains_key(*path)).collect();
        let mut digests: Vec<ContentDigest> = missing.iter().map(|(_, digest)| *digest).collect();
        digests.sort_unstable();
        digests.dedup();
        let found: BTreeMap<_, _> = store.contents(digests).await?.into_iter().collect();
        for (path, digest) in missing {
            let bytes = found.get(&digest).ok_or_else(|| {
                StoreError::Damaged(format!("the contents of `{path}` are missing"))
            })?;
            let text = std::str::from_utf8(bytes)
                .map_err(|_| Wrong::Unsound(format!("`{path}` is not UTF-8")))?;
            texts.insert(path.into(), text.into());
        }
        // A large catalog takes seconds, in which the control thread has others to serve.
        let read = spawn_blocking(move || Version::read(number, manifest, texts)).await;
        read.map_err(|_| Wrong::Unsound("the catalog can't be read".into()))?
    }

    /// Reads texts whose manifest is known.
    pub(super) fn read(
        number: u64,
        manifest: Manifest,
        texts: BTreeMap<Box<str>, Arc<str>>,
    ) -> Result<Version, Wrong> {
        let sources = sources(&texts);
        let mut catalog = catalog::read(&sources).map_err(|p| Wrong::Unsound(p.to_string()))?;
        catalog.version = named(number, manifest.digest());
        Ok(Version { number, manifest, texts, catalog })
    }

    /// What of a later version a department may not decide by itself, in words.
    pub fn shares_more_than_its_own(&self, later: &Version) -> Vec<String> {
        difference::beyond_the_department(&self.catalog, &later.catalog)
    }
}

/// What records and answers cite of a release.
pub fn named(number: u64, manifest: ContentDigest) -> String {
    format!("r{number}-{}", manifest.short())
}

/// Texts as the files of a catalog.
pub fn sources(texts: &BTreeMap<Box<str>, Arc<str>>) -> Vec<SourceFile> {
    let files = texts.iter();
    files
        .map(|(path, text)| SourceFile { path: path.to_string(), text: text.to_string() })
        .collect()
}
