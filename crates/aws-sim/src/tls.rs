//! TLS on the simulator's port: an authority of its own, made when it is first needed, and its certificate for this
//! machine. Who trusts the authority (`AWS_CA_BUNDLE`) can check the whole way.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::error::Error;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// What a message of TLS begins with; nothing of HTTP does.
pub(crate) const HANDSHAKE: u8 = 0x16;

/// The authority and what it vouches for.
pub(crate) struct Tls {
    /// The authority's certificate, as PEM.
    pub(crate) authority: String,
    pub(crate) acceptor: TlsAcceptor,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Tls")
    }
}

impl Tls {
    /// A new authority, with a certificate for the names and addresses of this machine.
    pub(crate) fn new() -> Result<Self, Box<dyn Error>> {
        let mut authority = CertificateParams::new(Vec::new())?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.distinguished_name.push(DnType::CommonName, "simulated AWS");
        let issuer_key = KeyPair::generate()?;
        let pem = authority.self_signed(&issuer_key)?.pem();
        let issuer = Issuer::new(authority, issuer_key);
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let mut server = CertificateParams::new(names)?;
        server.distinguished_name.push(DnType::CommonName, "localhost");
        let key = KeyPair::generate()?;
        let certificate = server.signed_by(&key, &issuer)?.der().clone();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)?;
        Ok(Self { authority: pem, acceptor: TlsAcceptor::from(Arc::new(config)) })
    }
}
