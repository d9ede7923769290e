//! Identities: the system or person that a certificate's one URI names, read strictly.

use std::fmt;

use super::name::{Name, NotAName};

/// A system or a person of a department, as its certificate names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The department it belongs to.
    pub department: Name,
    /// The kind of the key's holder.
    pub kind: Kind,
    /// Its id within the department.
    pub id: Name,
}

/// The kind of a key's holder: a program or a human being.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A program that calls or answers.
    System,
    /// A human being who maintains, approves, audits or operates.
    Person,
}

impl Kind {
    /// The word in URIs, settings and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::System => "system",
            Kind::Person => "person",
        }
    }

    fn parse(text: &str) -> Option<Kind> {
        match text {
            "system" => Some(Kind::System),
            "person" => Some(Kind::Person),
            _ => None,
        }
    }
}

/// The reason for which a URI is no identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAnIdentity {
    /// The scheme is not `spiffe`, or the path has another shape than
    /// `/department/<id>/system/<id>` or `/department/<id>/person/<id>`.
    Shape,
    /// The URI belongs to another trust domain than this gateway's.
    TrustDomain,
    /// An id in it does not have the form of a [`Name`].
    Id(NotAName),
}

impl Identity {
    /// Reads `spiffe://<trust-domain>/department/<id>/(system|person)/<id>`. Nothing is decoded
    /// or folded: a URI that would need it is refused.
    ///
    /// # Errors
    /// [`NotAnIdentity`] names the part that is wrong.
    pub fn parse_uri(trust_domain: &str, uri: &str) -> Result<Identity, NotAnIdentity> {
        let rest = uri.strip_prefix("spiffe://").ok_or(NotAnIdentity::Shape)?;
        let (domain, path) = rest.split_once('/').ok_or(NotAnIdentity::Shape)?;
        if domain != trust_domain {
            return Err(NotAnIdentity::TrustDomain);
        }
        let mut parts = path.split('/');
        let (Some("department"), Some(department), Some(kind), Some(id), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NotAnIdentity::Shape);
        };
        Ok(Identity {
            kind: Kind::parse(kind).ok_or(NotAnIdentity::Shape)?,
            department: Name::parse(department).map_err(NotAnIdentity::Id)?,
            id: Name::parse(id).map_err(NotAnIdentity::Id)?,
        })
    }

    /// The URI that [`Identity::parse_uri`] reads.
    pub fn to_uri(&self, trust_domain: &str) -> String {
        let (department, kind, id) = (&self.department, self.kind.as_str(), &self.id);
        format!("spiffe://{trust_domain}/department/{department}/{kind}/{id}")
    }
}

/// `department/id`, as in headers, records and messages.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.department, self.id)
    }
}

impl fmt::Display for NotAnIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotAnIdentity::Shape => f.write_str(
                "the URI is not spiffe://<trust-domain>/department/<id>/system/<id> or …/person/<id>",
            ),
            NotAnIdentity::TrustDomain => {
                f.write_str("the URI belongs to another trust domain than this gateway's")
            }
            NotAnIdentity::Id(error) => write!(f, "an id in the URI is not one: {error}"),
        }
    }
}

impl std::error::Error for NotAnIdentity {}
