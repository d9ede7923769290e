//! Drafts: how they are written, checked and signed.

use std::collections::BTreeSet;

use sluice_core::domain::UnixMillis;
use sluice_core::domain::identity::Identity;
use sluice_core::domain::name::Name;
use sluice_core::domain::registry::Role;
use sluice_core::release::{Change, ContentDigest, Draft, DraftStage};

use super::journal::{DraftHistory, Journal};
use super::rows::{DraftRow, JournalRow, SignedRow};
use super::version::{aside, manifest, sources};
use super::{ChangeError, Control, Recorded, TRIES};
use crate::catalog::difference::{Changes, between, beyond_the_department};
use crate::catalog::{self, CatalogProblems};

/// Longest note in bytes.
const MAX_NOTE_BYTES: usize = 1_024;

/// Open drafts of one department, at most.
const MAX_OPEN_DRAFTS: usize = 100;

/// A person's request for a change of the catalog.
#[derive(Clone, Debug, Default)]
pub struct NewDraft {
    /// The department whose files change.
    pub department: String,
    /// The release that the draft restores; such a draft lists no files.
    pub restores: Option<u64>,
    /// A note for the people who review the draft.
    pub note: String,
    /// The new text of each file, by path; `None` deletes the file.
    pub files: Vec<(String, Option<String>)>,
}

/// The catalog that a draft would lead to.
#[derive(Clone, Debug)]
pub struct CheckedDraft {
    /// All its problems, warnings included.
    pub problems: CatalogProblems,
    /// The changes for consumers; empty if problems keep the catalog from being built.
    pub changes: Changes,
    /// Reasons why the exchange office must approve the draft; empty if the department itself may.
    pub needs_office: Vec<String>,
}

impl Control {
    /// Takes a step with a draft that a person has signed.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub async fn step(
        &self,
        by: &Identity,
        id: &Name,
        step: SignedRow,
    ) -> Result<DraftHistory, ChangeError> {
        let mut journal = self.journal.lock().await;
        for _ in 0..TRIES {
            self.read_on(&mut journal).await?;
            let judged = journal.judge(&step, &*self.store, &self.judging_context).await?;
            let statement = &judged.taken.statement;
            if judged.id != *id {
                let named = format!("draft/{}", judged.id);
                return Err(ChangeError::OtherObject { named, wanted: format!("draft/{id}") });
            }
            self.require_own_step_now(by, &judged.taken.by, statement.time)?;
            let change = Recorded::of(by, &judged.taken);
            let mut contents = Vec::new();
            if let Some(version) = &judged.version {
                contents.push(version.manifest.to_string().into_bytes());
            }
            let row = JournalRow::Signed(step.clone()).row();
            let is_approval = statement.approval.is_some();
            if !self.commit(&journal, change, row, contents).await? {
                continue;
            }
            let trouble = self.read_on(&mut journal).await.err();
            if is_approval {
                self.publish(&journal, trouble).await;
            }
            return journal.drafting(id).cloned();
        }
        Err(ChangeError::OthersFaster)
    }

    /// Writes a draft or, with an id and the row that changed it last, rewrites it. An idempotency
    /// key makes one draft, however often the request comes.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub async fn write_draft(
        &self,
        by: &Identity,
        said: &NewDraft,
        known: Option<(&Name, u64)>,
        request: Option<&str>,
    ) -> Result<DraftHistory, ChangeError> {
        let department = Name::parse(&said.department)
            .map_err(|why| ChangeError::DepartmentMalformed(why.to_string()))?;
        if said.note.len() > MAX_NOTE_BYTES {
            return Err(ChangeError::NoteTooLong(MAX_NOTE_BYTES));
        }
        let mut journal = self.journal.lock().await;
        for _ in 0..TRIES {
            self.read_on(&mut journal).await?;
            may_write(&journal, by, &department)?;
            if let Some(made) = same_request(&journal, by, request) {
                return Ok(made.clone());
            }
            let id = self.id_of(&journal, &department, known)?;
            let (draft, contents) = self.draft(&journal, id.clone(), &department, said).await?;
            let told = JournalRow::Drafted(DraftRow {
                id: id.to_string(),
                department: department.to_string(),
                restores: said.restores,
                note: said.note.clone(),
                by: by.to_string(),
                time: (self.judging_context.clock)(),
                request: request.map(str::to_owned),
                changes: draft.changes.iter().map(Into::into).collect(),
            });
            let change = Recorded {
                by,
                step: "draft",
                object: &format!("draft/{id}"),
                digest: draft.digest(),
                release: None,
            };
            if self.commit(&journal, change, told.row(), contents).await? {
                self.read_on(&mut journal).await?;
                return journal.drafting(&id).cloned();
            }
        }
        Err(ChangeError::OthersFaster)
    }

    /// Computes the catalog that a draft would lead to.
    ///
    /// # Errors
    /// [`ChangeError`] when it does not fit the last release.
    pub async fn check_draft(
        &self,
        id: &Name,
        now: UnixMillis,
    ) -> Result<CheckedDraft, ChangeError> {
        let journal = self.journal().await;
        let drafting = journal.drafting(id)?;
        let head = journal.head.clone().ok_or_else(no_release)?;
        let manifest = head.manifest.apply(&drafting.draft).map_err(super::RowError::Conflict)?;
        drop(journal);
        let texts = head.texts_of(&*self.store, &manifest).await?;
        let checked = aside(move || {
            let checked = catalog::check(&sources(&texts), Some(now));
            let new = checked.catalog.as_ref();
            let changes = new.map_or_else(Changes::default, |new| between(&head.catalog, new));
            let beyond = new.map(|new| beyond_the_department(&head.catalog, new, &changes));
            let needs_office = beyond.unwrap_or_default();
            CheckedDraft { problems: checked.problems, changes, needs_office }
        });
        Ok(checked.await?)
    }

    fn id_of(
        &self,
        journal: &Journal,
        department: &Name,
        known: Option<(&Name, u64)>,
    ) -> Result<Name, ChangeError> {
        let Some((id, row)) = known else {
            let open = |one: &&DraftHistory| {
                let stage = one.stage();
                one.draft.department == *department
                    && matches!(
                        stage,
                        DraftStage::Open | DraftStage::Submitted | DraftStage::Reviewed
                    )
            };
            if journal.drafts.values().filter(open).count() >= MAX_OPEN_DRAFTS {
                let (department, limit) = (department.to_string(), MAX_OPEN_DRAFTS);
                return Err(ChangeError::TooManyDrafts { department, limit });
            }
            // Row numbers are unique, so these are.
            let id = Name::parse(&format!("d-{}", journal.last + 1));
            return id.map_err(|why| ChangeError::Malformed(why.to_string()));
        };
        let drafting = journal.drafting(id)?;
        if drafting.row != row {
            return Err(ChangeError::Changed);
        }
        if drafting.draft.department != *department {
            return Err(ChangeError::OtherDepartment);
        }
        match drafting.stage() {
            DraftStage::Open => Ok(id.clone()),
            stage => Err(ChangeError::DraftSettled(stage.as_str())),
        }
    }

    /// Makes the draft against the last release, with the contents of its files.
    async fn draft(
        &self,
        journal: &Journal,
        id: Name,
        department: &Name,
        said: &NewDraft,
    ) -> Result<(Draft, Vec<Vec<u8>>), ChangeError> {
        let head = journal.head.as_ref().ok_or_else(no_release)?;
        let mut changes = Vec::new();
        let mut contents = Vec::new();
        let mut change = |path: &str, after: Option<ContentDigest>| {
            let before = head.manifest.file(path);
            // A file that stays as it is needs no change.
            if before != after {
                changes.push(Change { path: path.into(), before, after });
            }
        };
        match said.restores {
            None => {
                for (path, text) in &said.files {
                    change(path, text.as_ref().map(|text| ContentDigest::of(text.as_bytes())));
                    contents.extend(text.as_ref().map(|text| text.clone().into_bytes()));
                }
            }
            Some(_) if !said.files.is_empty() => {
                return Err(ChangeError::FilesBesidesRestoring);
            }
            Some(number) => {
                let release = journal.release(number)?;
                let former = manifest(&*self.store, release.manifest).await?;
                let paths = head.manifest.files().chain(former.files());
                let paths: BTreeSet<&str> = paths.map(|(path, _)| path).collect();
                paths.into_iter().for_each(|path| change(path, former.file(path)));
            }
        }
        changes.sort_by(|one, two| one.path.cmp(&two.path));
        let draft = Draft { id, department: department.clone(), restores: said.restores, changes };
        let checked = draft.check(&self.judging_context.office);
        checked.map_err(|why| ChangeError::Malformed(super::sentence(&why.to_string())))?;
        Ok((draft, contents))
    }
}

/// Requires that the writer is a maintainer of the department.
fn may_write(journal: &Journal, by: &Identity, department: &Name) -> Result<(), ChangeError> {
    let roles = journal.head.as_ref().and_then(|head| head.catalog.registry.roles_of(by));
    let maintains = roles.is_some_and(|roles| roles.contains(&Role::Maintainer));
    if maintains && by.department == *department {
        return Ok(());
    }
    Err(ChangeError::NotItsMaintainer(department.to_string()))
}

fn same_request<'a>(
    journal: &'a Journal,
    by: &Identity,
    request: Option<&str>,
) -> Option<&'a DraftHistory> {
    let (by, request) = (by.to_string(), request?);
    journal.drafts.values().find(|one| one.request.as_deref() == Some(request) && one.by == by)
}

fn no_release() -> ChangeError {
    ChangeError::NoFirstRelease
}
