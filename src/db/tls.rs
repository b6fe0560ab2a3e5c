//! The checks of a certificate in each `sslmode`.

use super::connection_errors;
use super::settings::{Roots, SslMode};
use crate::model::{Failure, FailureKind};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How TLS is spoken.
pub(super) fn config(mode: SslMode, roots: &Roots) -> Result<ClientConfig, Failure> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let other =
        |error: &dyn std::error::Error| Failure::new(FailureKind::Other, format!("TLS cannot be used: {error}"));
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| other(&error))?;
    // As libpq: whoever names authorities in `require` wants them to be asked.
    let named = matches!(roots, Roots::File(_));
    let checked = match mode {
        SslMode::VerifyFull => Some(true),
        SslMode::VerifyCa => Some(false),
        SslMode::Require if named => Some(false),
        SslMode::Require | SslMode::Disable | SslMode::Allow | SslMode::Prefer => None,
    };
    let verifier: Arc<dyn ServerCertVerifier> = match checked {
        None => Arc::new(Anybody(provider)),
        Some(host) => {
            let store = Arc::new(trusted(roots)?);
            let inner =
                WebPkiServerVerifier::builder_with_provider(store, provider).build().map_err(|error| other(&error))?;
            if host { inner } else { Arc::new(AnyHost(inner)) }
        }
    };
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

fn trusted(roots: &Roots) -> Result<RootCertStore, Failure> {
    let mut store = RootCertStore::empty();
    let usual = || {
        let path = PathBuf::from(std::env::var_os("HOME")?).join(".postgresql/root.crt");
        path.is_file().then_some(path)
    };
    let file = match roots {
        Roots::File(path) => Some(path.clone()),
        Roots::Usual => usual(),
        Roots::System => None,
    };
    let (certificates, place) = match &file {
        Some(path) => (of_file(path)?, path.display().to_string()),
        None => (rustls_native_certs::load_native_certs().certs, "this machine's authorities".to_owned()),
    };
    let (added, _) = store.add_parsable_certificates(certificates);
    if added == 0 {
        let message = format!("there is no certificate of an authority in {place}");
        return Err(Failure::new(FailureKind::Invalid, message).with_hint(connection_errors::RDS_BUNDLE_HINT));
    }
    Ok(store)
}

fn of_file(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    use std::os::unix::fs::FileTypeExt as _;
    let failed = |why: String| {
        let message = format!("the certificates in {} cannot be read: {why}", path.display());
        Failure::new(FailureKind::Invalid, message).with_hint(connection_errors::RDS_BUNDLE_HINT)
    };
    // It is read with each connection: a pipe would be waited for.
    if std::fs::metadata(path).is_ok_and(|about| about.file_type().is_fifo()) {
        return Err(failed("it is a pipe".to_owned()));
    }
    let pem = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
    CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>().map_err(|error| failed(error.to_string()))
}

/// Takes every certificate, but no signature that is not of its key.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Takes a certificate of a trusted authority, whoever's it is. The name is looked at last, so that one which only has
/// another name has passed everything else.
#[derive(Debug)]
struct AnyHost(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for AnyHost {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.0.verify_server_cert(certificate, between, name, ocsp, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
