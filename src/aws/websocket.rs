//! The settings of a session's WebSocket: the region, certificates, the proxy, credentials.

use super::environment::variable;
use super::session::Session;
use crate::model::{Failure, FailureKind};
use aws_credential_types::Credentials;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use ssm_tunnel::{Options, Proxy, SendRate};
use std::sync::Arc;

impl Session {
    /// Returns the credentials in use, or fresh ones.
    pub(super) async fn credentials(&self) -> Result<Credentials, Failure> {
        let generation = self.current();
        match generation.load(&self.0).await {
            Ok(loaded) => loaded.credentials.in_use().await,
            Err(failure) => Err(failure.clone()),
        }
    }

    /// Returns the connection options of session WebSockets.
    ///
    /// # Errors
    /// There is no region, or no trusted certificate.
    pub async fn websocket(&self) -> Result<Options, Failure> {
        let generation = self.current();
        let loaded = generation.load(&self.0).await.as_ref().map_err(Clone::clone)?;
        let region = loaded.config.region().map(ToString::to_string).unwrap_or_default();
        let proxy = Proxy::of_environment(variable);
        let tls = trusting(self.0.wire.trusted_bundle())?;
        Ok(Options { region, tls: Some(Arc::new(tls)), proxy, pace: SendRate::default() })
    }
}

/// Trusts the certificates of a bundle, else those of the machine.
fn trusting(bundle: Option<Vec<u8>>) -> Result<ClientConfig, Failure> {
    let mut roots = RootCertStore::empty();
    let found: Vec<CertificateDer<'static>> = match bundle {
        Some(pem) => CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok).collect(),
        None => rustls_native_certs::load_native_certs().certs,
    };
    roots.add_parsable_certificates(found);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::new(FailureKind::Other, format!("TLS cannot be used: {error}")))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
