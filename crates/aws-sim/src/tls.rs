//! TLS on the simulator's port and on that of a simulated site: its own CA, created when first needed, and a server
//! certificate. Clients that trust the CA (`AWS_CA_BUNDLE`) can verify the connection.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::error::Error;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// The first byte of a TLS message; no HTTP request begins with it.
pub(crate) const HANDSHAKE: u8 = 0x16;

/// The CA certificate and the TLS acceptor.
pub(crate) struct Tls {
    /// The CA certificate, as PEM.
    pub(crate) authority: String,
    pub(crate) acceptor: TlsAcceptor,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Tls")
    }
}

impl Tls {
    /// For the simulator: a new CA, with a certificate for the names and addresses of this machine.
    pub(crate) fn of_this_machine() -> Result<Self, Box<dyn Error + Send + Sync>> {
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let mut server = CertificateParams::new(names)?;
        server.distinguished_name.push(DnType::CommonName, "localhost");
        Self::new("simulated AWS", &server)
    }

    /// Creates a new CA with this name, and a certificate for a server.
    pub(crate) fn new(name: &str, server: &CertificateParams) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let mut authority = CertificateParams::new(Vec::new())?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.distinguished_name.push(DnType::CommonName, name);
        let issuer_key = KeyPair::generate()?;
        let root = authority.self_signed(&issuer_key)?;
        let key = KeyPair::generate()?;
        let certificate = server.signed_by(&key, &Issuer::new(authority, issuer_key))?;
        let chain = vec![certificate.der().clone(), root.der().clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        Ok(Self { authority: root.pem(), acceptor: TlsAcceptor::from(Arc::new(config)) })
    }
}
