//! A person who takes steps with grants and notices over the administrative interface, as people do
//! with `sluice grant`.

use std::fs;

use serde::de::DeserializeOwned;
use sluice_core::domain::name::Name;
use sluice_core::domain::registry::Role;
use sluice_core::grant::Grant;
use sluice_core::grant::end::notice_id;
use sluice_core::release::step::StepName;
use sluice_core::release::{ContentDigest, Statement};

use super::playbill::{Playbill, StageError};
use crate::api::client::Client;
use crate::contract::grants::{GrantRequest, GrantResponse};
use crate::contract::notices::NoticeResponse;
use crate::contract::steps::StepRequest;
use crate::pki::signature::Signer;

/// A person with their certificate.
pub struct Officer {
    client: Client,
    signer: Signer,
}

impl Officer {
    /// The person `department/id`.
    ///
    /// # Errors
    /// The person has no certificate.
    pub fn of(playbill: &Playbill, who: &str) -> Result<Officer, StageError> {
        let pair = playbill.people.get(who);
        let pair = pair.ok_or_else(|| format!("no certificate for {who}"))?;
        let client = Client::new(&playbill.admin, &playbill.ca, &pair.cert, &pair.key)?;
        let (cert, key) = (fs::read_to_string(&pair.cert)?, fs::read_to_string(&pair.key)?);
        Ok(Officer { client, signer: Signer::from_pem(&cert, &key)? })
    }

    /// Writes a request for a grant; gives its id.
    ///
    /// # Errors
    /// The reason why that failed.
    pub async fn writes(&self, said: &GrantRequest) -> Result<String, StageError> {
        let told: GrantResponse = self.client.send("/api/v1/grants", said).await?;
        Ok(told.id)
    }

    /// Takes a step with a grant; gives the word for where it is then.
    ///
    /// # Errors
    /// The reason why that failed.
    pub async fn takes<S: StepName>(
        &self,
        id: &str,
        (step, role): (S, Role),
        reason: Option<&str>,
    ) -> Result<String, StageError> {
        let path = format!("/api/v1/grants/{id}");
        let told: GrantResponse = self.client.read(&path).await?;
        let grant = Grant::parse(&told.text)?;
        let previous = told.previous.as_deref().and_then(ContentDigest::parse);
        let (object, digest) = (format!("grant/{id}"), grant.digest());
        let statement = said((step, role), (object, digest), previous, reason);
        let told: GrantResponse = self.signs(&path, &statement).await?;
        Ok(told.state)
    }

    /// Says of the notice about a grant's end that it is done.
    ///
    /// # Errors
    /// The reason why that failed.
    pub async fn acknowledges<S: StepName>(
        &self,
        grant: &str,
        step: (S, Role),
        reason: &str,
    ) -> Result<String, StageError> {
        let notice = notice_id(&Name::parse(grant)?);
        let path = format!("/api/v1/notices/{notice}");
        let told: NoticeResponse = self.client.read(&path).await?;
        let about = (format!("notice/{notice}"), ContentDigest::of(told.text.as_bytes()));
        let _: NoticeResponse = self.signs(&path, &said(step, about, None, Some(reason))).await?;
        Ok("acknowledged".into())
    }

    async fn signs<S: StepName, T: DeserializeOwned>(
        &self,
        path: &str,
        statement: &Statement<S>,
    ) -> Result<T, StageError> {
        let statement = statement.canonical();
        let body = StepRequest { signature: self.signer.sign(&statement)?, statement };
        Ok(self.client.send(&format!("{path}/steps"), &body).await?)
    }
}

fn said<S: StepName>(
    (step, role): (S, Role),
    (object, digest): (String, ContentDigest),
    previous: Option<ContentDigest>,
    reason: Option<&str>,
) -> Statement<S> {
    Statement {
        step,
        object: object.into(),
        digest,
        previous,
        role,
        time: jiff::Timestamp::now().as_millisecond(),
        approval: None,
        reason: reason.map(Into::into),
    }
}
