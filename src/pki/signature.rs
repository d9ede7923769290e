//! Signatures of people: JSON Web Signatures (RFC 7515) in compact form, detached from what is
//! signed (its appendix F), by the key of a certificate that goes along as `x5c`.
//!
//! ES256 with P-256 keys, EdDSA with Ed25519 keys (RFC 7518, RFC 8037). The key alone determines
//! the algorithm, so that nobody can ask for another. `tls` decides whether to trust the
//! certificate.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde::{Deserialize, Serialize};
use sluice_core::release::ContentDigest;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::PkiError;

/// Longest signature that is looked at, in bytes of its compact form.
pub const MAX_SIGNATURE_BYTES: usize = 32 * 1024;

/// Most certificates that go along.
const MAX_CHAIN_CERTIFICATES: usize = 8;

/// Algorithm identifiers of public keys (RFC 5480, RFC 8410).
const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const ED25519_KEY: &str = "1.3.101.112";

/// The type of these signatures, so that one that was made for another use is refused.
const TYPE: &str = "sluice-statement+jws";

/// A person's certificate and key, to sign with.
pub struct Signer {
    chain: Vec<CertificateDer<'static>>,
    key: Key,
}

enum Key {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A verified signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The signer's certificate, and those that lead to its authority.
    pub chain: Vec<CertificateDer<'static>>,
    /// The digest of the certificate's public key.
    pub key: ContentDigest,
    /// The digest of the statement with its signature, which the next statement names.
    pub digest: ContentDigest,
}

/// The reason why a text is not a valid signature of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSigned {
    /// The text is no detached JWS of the kind that is used here.
    Malformed,
    /// Its certificate can't be read, or has a key of another kind than those used here.
    Certificate,
    /// The algorithm that it states is not that of the key.
    Algorithm,
    /// The signature was made over another text, or with another key.
    Mismatch,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    x5c: Vec<String>,
}

impl Signer {
    /// Takes a certificate chain and its key, PEM.
    ///
    /// # Errors
    /// Certificate or key can't be read, they don't belong together, or the key is of an
    /// unsupported kind.
    pub fn from_pem(cert_pem: &str, key_pem: &str) -> Result<Signer, PkiError> {
        let unreadable = |source: &str, cause: &dyn fmt::Display| PkiError::Unreadable {
            source: source.to_owned(),
            cause: cause.to_string(),
        };
        let certificates = CertificateDer::pem_slice_iter(cert_pem.as_bytes());
        let chain = certificates
            .collect::<Result<Vec<CertificateDer<'static>>, _>>()
            .map_err(|error| unreadable("the certificate", &error))?;
        let first = chain.first().ok_or_else(|| unreadable("the certificate", &"there is none"))?;
        let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes())
            .map_err(|error| unreadable("the key", &error))?;
        let key = Key::read(key.secret_der())
            .ok_or_else(|| unreadable("the key", &"it is neither a P-256 nor an Ed25519 key"))?;
        let (_, certificate) = X509Certificate::from_der(first)
            .map_err(|error| unreadable("the certificate", &error))?;
        if *certificate.public_key().subject_public_key.data != *key.public() {
            return Err(unreadable("the key", &"it is not the certificate's"));
        }
        Ok(Signer { chain, key })
    }

    /// Signs a text.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn sign(&self, text: &str) -> Result<String, PkiError> {
        let header = Header {
            alg: self.key.algorithm().to_owned(),
            typ: TYPE.to_owned(),
            x5c: self.chain.iter().map(|der| STANDARD.encode(der)).collect(),
        };
        // A struct of texts always can be written.
        let header = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header).unwrap_or_default());
        let signature = self.key.sign(&signing_input(&header, text))?;
        Ok(format!("{header}..{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl Key {
    /// PKCS #8, or SEC 1 for P-256.
    fn read(der: &[u8]) -> Option<Key> {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        EcdsaKeyPair::from_pkcs8(algorithm, der)
            .or_else(|_| EcdsaKeyPair::from_private_key_der(algorithm, der))
            .map(Key::P256)
            .or_else(|_| Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map(Key::Ed25519))
            .ok()
    }

    fn public(&self) -> &[u8] {
        match self {
            Key::P256(pair) => pair.public_key().as_ref(),
            Key::Ed25519(pair) => pair.public_key().as_ref(),
        }
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Key::P256(_) => "ES256",
            Key::Ed25519(_) => "EdDSA",
        }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, PkiError> {
        let signature = match self {
            Key::P256(pair) => pair.sign(&SystemRandom::new(), message),
            Key::Ed25519(pair) => Ok(pair.sign(message)),
        };
        Ok(signature.map_err(|_| PkiError::Random)?.as_ref().to_vec())
    }
}

/// Checks a detached signature of a text.
///
/// # Errors
/// [`NotSigned`].
pub fn verify(signature: &str, text: &str) -> Result<Signed, NotSigned> {
    if signature.len() > MAX_SIGNATURE_BYTES {
        return Err(NotSigned::Malformed);
    }
    let (header_text, bytes) = signature.split_once("..").ok_or(NotSigned::Malformed)?;
    let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| NotSigned::Malformed);
    let header: Header =
        serde_json::from_slice(&decoded(header_text)?).map_err(|_| NotSigned::Malformed)?;
    let bytes = decoded(bytes)?;
    if header.typ != TYPE || header.x5c.is_empty() || header.x5c.len() > MAX_CHAIN_CERTIFICATES {
        return Err(NotSigned::Malformed);
    }
    let chain = header.x5c.iter().map(|der| STANDARD.decode(der).map(CertificateDer::from));
    let chain: Vec<_> = chain.collect::<Result<_, _>>().map_err(|_| NotSigned::Malformed)?;
    let (rest, certificate) =
        X509Certificate::from_der(&chain[0]).map_err(|_| NotSigned::Certificate)?;
    let key = certificate.public_key();
    let (name, algorithm): (_, &dyn aws_lc_rs::signature::VerificationAlgorithm) =
        match &*key.algorithm.algorithm.to_id_string() {
            EC_PUBLIC_KEY => ("ES256", &ECDSA_P256_SHA256_FIXED),
            ED25519_KEY => ("EdDSA", &ED25519),
            _ => return Err(NotSigned::Certificate),
        };
    if !rest.is_empty() {
        return Err(NotSigned::Certificate);
    }
    if header.alg != name {
        return Err(NotSigned::Algorithm);
    }
    UnparsedPublicKey::new(algorithm, &*key.subject_public_key.data)
        .verify(&signing_input(header_text, text), &bytes)
        .map_err(|_| NotSigned::Mismatch)?;
    let key = ContentDigest::of(key.raw);
    let digest = ContentDigest::of(format!("{text}\n{signature}").as_bytes());
    Ok(Signed { chain, key, digest })
}

/// Returns the input of a JWS signature: header and payload, both in base64url, with a dot between.
fn signing_input(header: &str, text: &str) -> Vec<u8> {
    format!("{header}.{}", URL_SAFE_NO_PAD.encode(text)).into_bytes()
}

impl fmt::Display for NotSigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NotSigned::Malformed => {
                "it is no detached JSON Web Signature (RFC 7515) with `alg`, `typ` and `x5c`"
            }
            NotSigned::Certificate => "its certificate can't be read, or has a key of another kind",
            NotSigned::Algorithm => "its `alg` is not that of the certificate's key",
            NotSigned::Mismatch => "it was made over another text, or with another key",
        })
    }
}

impl std::error::Error for NotSigned {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::{Authority, Issued, Subject, Validity};
    use sluice_core::domain::identity::{Identity, Kind};
    use sluice_core::domain::name::Name;

    fn issued() -> Issued {
        let validity = Validity::days(1_769_846_400_000, 30);
        let authority = Authority::create("Trial", validity).unwrap();
        let name = |text| Name::parse(text).unwrap();
        let identity = Identity { department: name("health"), kind: Kind::Person, id: name("a-1") };
        authority.issue(&Subject::person("exchange.internal", &identity), validity).unwrap()
    }

    #[test]
    fn what_was_signed_is_known_with_its_signer() {
        let Issued { cert_pem, key_pem, .. } = issued();
        let signer = Signer::from_pem(&cert_pem, &key_pem).unwrap();
        let signature = signer.sign("{}").unwrap();
        let signed = verify(&signature, "{}").unwrap();
        assert_eq!(signed.chain[0], CertificateDer::from_pem_slice(cert_pem.as_bytes()).unwrap());
        // Two signatures of one text are two: ECDSA is randomised.
        let again = verify(&signer.sign("{}").unwrap(), "{}").unwrap();
        assert!(again.key == signed.key && again.digest != signed.digest);
        assert!(Signer::from_pem(&cert_pem, &issued().key_pem).is_err());
    }

    #[test]
    fn a_chain_is_bounded_and_so_is_the_whole() {
        let Issued { cert_pem, key_pem, .. } = issued();
        let mut signer = Signer::from_pem(&cert_pem, &key_pem).unwrap();
        signer.chain = vec![signer.chain[0].clone(); MAX_CHAIN_CERTIFICATES];
        assert!(verify(&signer.sign("{}").unwrap(), "{}").is_ok());
        signer.chain.push(signer.chain[0].clone());
        assert_eq!(verify(&signer.sign("{}").unwrap(), "{}"), Err(NotSigned::Malformed));
        // Something to read, but too long: the last certificate is never looked at.
        signer.chain.truncate(1);
        signer.chain.push(CertificateDer::from(vec![0; MAX_SIGNATURE_BYTES]));
        let long = signer.sign("{}").unwrap();
        assert_eq!(verify(&long, "{}"), Err(NotSigned::Malformed));
        signer.chain[1] = CertificateDer::from(vec![0; MAX_SIGNATURE_BYTES / 4]);
        assert!(verify(&signer.sign("{}").unwrap(), "{}").is_ok());
    }

    #[test]
    fn anything_else_is_no_signature() {
        let Issued { cert_pem, key_pem, .. } = issued();
        let signature = Signer::from_pem(&cert_pem, &key_pem).unwrap().sign("{}").unwrap();
        assert_eq!(verify(&signature, "{} "), Err(NotSigned::Mismatch));
        let (head, tail) = signature.split_once("..").unwrap();
        let header = String::from_utf8(URL_SAFE_NO_PAD.decode(head).unwrap()).unwrap();
        let with = |from: &str, to: &str| {
            let head = URL_SAFE_NO_PAD.encode(header.replacen(from, to, 1));
            verify(&format!("{head}..{tail}"), "{}")
        };
        assert_eq!(with("ES256", "none"), Err(NotSigned::Algorithm));
        assert_eq!(with("ES256", "EdDSA"), Err(NotSigned::Algorithm));
        assert_eq!(with("{", "{ "), Err(NotSigned::Mismatch));
        assert_eq!(with("\"typ\"", "\"crit\":[],\"typ\""), Err(NotSigned::Malformed));
        assert_eq!(with("sluice-statement", "another"), Err(NotSigned::Malformed));
        // The certificate of somebody else.
        let mut other = issued().cert_pem;
        other.retain(|c| c != '\n');
        let other = other.replace("-----BEGIN CERTIFICATE-----", "");
        let other = other.replace("-----END CERTIFICATE-----", "");
        let own: Header = serde_json::from_str(&header).unwrap();
        assert_eq!(with(&own.x5c[0], &other), Err(NotSigned::Mismatch));
        for wrong in ["", "..", "a..b", &signature.replace("..", "."), &format!("{signature}=")] {
            assert_eq!(verify(wrong, "{}"), Err(NotSigned::Malformed), "{wrong}");
        }
    }
}
