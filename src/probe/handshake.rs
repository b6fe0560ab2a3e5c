//! Handshakes of TLS: which versions a host speaks, the certificate that it shows, and why this machine would not trust it.

use super::Probes;
use super::dial::trouble_of;
use crate::model::health_probe::results::{Certificate, ProbeError, Tls};
use jiff::Timestamp;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::version::{TLS12, TLS13};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    SupportedProtocolVersion,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::Utf8StringRef;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;

/// The versions that rustls speaks, by name. Older versions are spoken by nobody here, and so cannot be asked for.
const VERSIONS: [(&str, &SupportedProtocolVersion); 2] = [("1.2", &TLS12), ("1.3", &TLS13)];

impl Probes {
    /// TLS with a host: a handshake for each version, without a request.
    pub async fn tls(&self, host: &str) -> Tls {
        let mut seen = Tls {
            host: host.to_owned(),
            versions: Vec::new(),
            certificate: Err(ProbeError::NoAddress),
            distrust: None,
        };
        for (name, version) in VERSIONS {
            let shaken =
                timeout(self.limit, self.handshake(host, 443, &[version])).await.unwrap_or(Err(ProbeError::Timeout));
            match shaken {
                Ok((stream, distrust)) => {
                    let (_, session) = stream.get_ref();
                    seen.certificate = read(session.peer_certificates().unwrap_or_default());
                    seen.distrust = distrust;
                    seen.versions.push((name.to_owned(), true));
                }
                Err(trouble) => {
                    // Whoever does not answer at all is not asked again.
                    let over = !matches!(trouble, ProbeError::Tls(_) | ProbeError::Other(_));
                    if seen.certificate.is_err() {
                        seen.certificate = Err(trouble);
                    }
                    if over {
                        break;
                    }
                    seen.versions.push((name.to_owned(), false));
                }
            }
        }
        seen
    }

    /// A handshake, whoever's certificate it is; with it why it would not be trusted.
    pub(super) async fn handshake(
        &self,
        host: &str,
        port: u16,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Result<(TlsStream<TcpStream>, Option<String>), ProbeError> {
        let other = |error: &dyn std::error::Error| ProbeError::Other(format!("TLS cannot be used: {error}"));
        let name = ServerName::try_from(host.to_owned()).map_err(|error| other(&error))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let seen = Arc::new(Seen::new(&self.roots, Arc::clone(&provider)));
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .map_err(|error| other(&error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&seen) as Arc<dyn ServerCertVerifier>)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let tcp = self.dial(host, port).await?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await.map_err(|error| of_tls(&error))?;
        Ok((stream, seen.distrust.lock().unwrap_or_else(PoisonError::into_inner).clone()))
    }
}

/// The trouble of a handshake.
fn of_tls(error: &io::Error) -> ProbeError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(error) => ProbeError::Tls(error.to_string()),
        None if error.kind() == io::ErrorKind::UnexpectedEof => ProbeError::Tls("the other side ends it".to_owned()),
        None => trouble_of(error),
    }
}

/// Lets every certificate pass, and keeps why it would not have been trusted. Signatures are checked as always.
#[derive(Debug)]
struct Seen {
    judge: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    distrust: Mutex<Option<String>>,
}

impl Seen {
    fn new(roots: &Arc<RootCertStore>, provider: Arc<CryptoProvider>) -> Self {
        let judge = WebPkiServerVerifier::builder_with_provider(Arc::clone(roots), Arc::clone(&provider)).build().ok();
        Self { judge, provider, distrust: Mutex::new(None) }
    }
}

impl ServerCertVerifier for Seen {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let why = match &self.judge {
            None => Some("this machine trusts no authority".to_owned()),
            Some(judge) => judge.verify_server_cert(own, between, name, ocsp, now).err().map(|error| words(&error)),
        };
        *self.distrust.lock().unwrap_or_else(PoisonError::into_inner) = why;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Why a certificate is not trusted.
fn words(error: &Error) -> String {
    let Error::InvalidCertificate(why) = error else { return error.to_string() };
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it does not hold yet".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for other names".to_owned()
        }
        CertificateError::UnknownIssuer => {
            "its chain leads to no authority that this machine trusts (a missing intermediate does that, too)"
                .to_owned()
        }
        other => format!("{other:?}"),
    }
}

/// Reads the host's own certificate out of the chain that it sent.
fn read(chain: &[CertificateDer<'_>]) -> Result<Certificate, ProbeError> {
    let parsed: Result<Vec<x509_cert::Certificate>, _> =
        chain.iter().map(|one| x509_cert::Certificate::from_der(one)).collect();
    let parsed = parsed.map_err(|error| ProbeError::Tls(format!("the certificate cannot be read: {error}")))?;
    let own = parsed.first().ok_or_else(|| ProbeError::Tls("no certificate was shown".to_owned()))?;
    let tbs = &own.tbs_certificate;
    let names = match tbs.get::<SubjectAltName>() {
        Ok(Some((_, SubjectAltName(names)))) => names.iter().filter_map(of_name).collect(),
        _ => Vec::new(),
    };
    let time = |at: &x509_cert::time::Time| {
        i64::try_from(at.to_unix_duration().as_secs()).ok().and_then(|seconds| Timestamp::from_second(seconds).ok())
    };
    Ok(Certificate {
        names,
        issuer: common_name(&tbs.issuer),
        chain: parsed.iter().map(|one| common_name(&one.tbs_certificate.subject)).collect(),
        not_before: time(&tbs.validity.not_before),
        not_after: time(&tbs.validity.not_after),
    })
}

fn of_name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(name.to_string()),
        GeneralName::IpAddress(bytes) => {
            let bytes = bytes.as_bytes();
            <[u8; 4]>::try_from(bytes)
                .map(|four| std::net::IpAddr::from(four).to_string())
                .or_else(|_| <[u8; 16]>::try_from(bytes).map(|six| std::net::IpAddr::from(six).to_string()))
                .ok()
        }
        _ => None,
    }
}

/// The common name in a name, else the whole of it.
fn common_name(name: &Name) -> String {
    /// `id-at-commonName`.
    const COMMON: &str = "2.5.4.3";
    let parts = name.0.iter().flat_map(|part| part.0.iter());
    let common = parts.filter(|part| part.oid.to_string() == COMMON).find_map(|part| {
        let text = part.value.decode_as::<Utf8StringRef<'_>>().map(|text| text.as_str().to_owned());
        text.ok().or_else(|| String::from_utf8(part.value.value().to_vec()).ok())
    });
    common.unwrap_or_else(|| name.to_string())
}
