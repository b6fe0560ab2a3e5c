//! Probes: how a site looks from this machine. Requests without a body, handshakes of TLS, questions to name servers, each with
//! a time limit; nothing here changes anything, and nothing is sent but what the documentation of a probe says.
//!
//! - `dial`: connections, to the address of a name or to where the configuration says.
//! - `request`: a request with its redirects.
//! - `handshake`: versions of TLS, and the certificate with why it would not be trusted.
//! - `resolve`: addresses of names; `delegation`: the name servers at the zone above.
//!
//! What an answer means is in `model::health_probe`; when to ask is decided by whoever asks. Only the public address of this
//! machine and the hosts themselves are ever asked; no proxy is, as it would answer for the site.

mod delegation;
mod dial;
mod handshake;
mod io;
mod request;
mod resolve;

#[cfg(test)]
mod tests;

use crate::model::health_probe::results::{Delegation, Names, ProbeError};
use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use resolve::Resolver;

/// No probe takes longer.
pub const LIMIT: Duration = Duration::from_secs(5);

/// The client and the settings with which probes are sent.
#[derive(Debug, Clone)]
pub struct Probes {
    resolver: Resolver,
    roots: Arc<RootCertStore>,
    /// `HOST:PORT` (the host may be `*`) and where its connections go instead.
    instead: Vec<(String, SocketAddr)>,
    limit: Duration,
}

/// How they are sent, as it is configured.
#[derive(Debug, Clone, Default)]
pub struct Settings<'a> {
    /// A name server to ask instead of the machine's: `192.0.2.53` or `192.0.2.53:53`.
    pub resolver: Option<&'a str>,
    /// A file of certificates to trust instead of the machine's.
    pub ca_file: Option<&'a str>,
    /// `HOST:PORT=ADDRESS:PORT`, each.
    pub connect: &'a [String],
    /// No probe takes longer; none is [`LIMIT`].
    pub limit: Option<Duration>,
}

impl Probes {
    /// Reads what they are sent with.
    ///
    /// # Errors
    /// A sentence on what of the configuration cannot be used.
    pub fn new(settings: &Settings<'_>) -> Result<Self, String> {
        let mut instead = Vec::new();
        for text in settings.connect {
            let wrong = || format!("`{text}` is not HOST:PORT=ADDRESS:PORT");
            let (from, to) = text.split_once('=').ok_or_else(wrong)?;
            instead.push((from.trim().to_ascii_lowercase(), to.trim().parse().map_err(|_| wrong())?));
        }
        Ok(Self {
            resolver: Resolver::new(settings.resolver)?,
            roots: Arc::new(roots(settings.ca_file)?),
            instead,
            limit: settings.limit.unwrap_or(LIMIT),
        })
    }

    /// The addresses of a name.
    pub async fn names(&self, name: &str) -> Names {
        let limit = self.limit;
        let names = tokio::time::timeout(limit, self.resolver.names(name)).await;
        names.unwrap_or_else(|_| Names { name: name.to_owned(), addresses: Err(ProbeError::Timeout) })
    }

    /// The name servers of a zone at the zone above. It asks several servers, each within its own limit.
    pub async fn delegation(&self, zone: &str) -> Delegation {
        let asked = tokio::time::timeout(self.limit * 2, self.parent_name_servers(zone)).await;
        Delegation { zone: zone.to_owned(), servers: asked.unwrap_or(Err(ProbeError::Timeout)) }
    }

    /// The public address of this machine, as a service that tells it answers.
    pub async fn public_address(&self, url: &str) -> Result<IpAddr, ProbeError> {
        let text = self.fetch_text(url).await?;
        text.trim().parse().map_err(|_| ProbeError::Other(format!("{url} does not answer with an address")))
    }
}

/// The certificates that are trusted.
fn roots(file: Option<&str>) -> Result<RootCertStore, String> {
    use std::os::unix::fs::FileTypeExt as _;
    let certificates = match file {
        None => rustls_native_certs::load_native_certs().certs,
        Some(file) => {
            let failed = |why: String| format!("the certificates in {file} cannot be read: {why}");
            // It is read each time: a pipe would be waited for.
            if std::fs::metadata(file).is_ok_and(|about| about.file_type().is_fifo()) {
                return Err(failed("it is a pipe".to_owned()));
            }
            let pem = std::fs::read(Path::new(file)).map_err(|error| failed(error.to_string()))?;
            let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
            all.map_err(|error| failed(error.to_string()))?
        }
    };
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(certificates);
    Ok(store)
}
