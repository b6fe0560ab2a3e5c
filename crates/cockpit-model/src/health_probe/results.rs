//! The results of probes.

use core::net::IpAddr;
use jiff::Timestamp;

/// Maximum number of redirects to follow.
pub const MAX_REDIRECTS: usize = 5;

/// The reason why a probe failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeError {
    /// The name has no address, or its name servers report that there is none.
    NoAddress,
    /// There was no answer within the time limit.
    Timeout,
    /// The connection was refused.
    Refused,
    /// The TLS handshake failed.
    Tls(String),
    /// There were more redirects than are followed.
    TooManyRedirects,
    /// It redirects to something that is not a web address.
    BadRedirect(String),
    /// Another reason, in words.
    Other(String),
}

impl ProbeError {
    /// Describes the failure.
    pub fn describe(&self) -> String {
        match self {
            Self::NoAddress => "the name has no address".to_owned(),
            Self::Timeout => "no answer in time".to_owned(),
            Self::Refused => "the connection is refused".to_owned(),
            Self::Tls(why) => format!("the TLS handshake failed: {why}"),
            Self::TooManyRedirects => format!("more than {MAX_REDIRECTS} redirects: a redirect loop"),
            Self::BadRedirect(to) => format!("it redirects to `{to}`, which is not a web address"),
            Self::Other(why) => why.clone(),
        }
    }
}

/// One answer in a chain of redirects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The URL that was requested.
    pub url: String,
    pub status: u16,
    /// The redirect target, as an absolute URL.
    pub location: Option<String>,
}

/// A request with its redirects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The requested host.
    pub host: String,
    /// Whether the first request used HTTPS.
    pub secure: bool,
    pub path: String,
    /// The answers in order; the last is not a redirect, or was not followed.
    pub hops: Vec<Hop>,
    /// The reason why there is no final answer.
    pub error: Option<ProbeError>,
    /// The total duration in milliseconds.
    pub took_ms: u64,
}

impl Visit {
    /// Returns the URL that was requested first.
    pub fn url(&self) -> String {
        format!("{}://{}{}", if self.secure { "https" } else { "http" }, self.host, self.path)
    }

    /// Returns the final status, if there was one.
    pub fn status(&self) -> Option<u16> {
        if self.error.is_some() { None } else { self.hops.last().map(|hop| hop.status) }
    }
}

/// A certificate that a server presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    pub names: Vec<String>,
    /// The name of its issuer.
    pub issuer: String,
    /// The subjects of the presented chain, starting with its own.
    pub chain: Vec<String>,
    /// When it becomes valid.
    pub not_before: Option<Timestamp>,
    /// When it expires.
    pub not_after: Option<Timestamp>,
}

/// The result of a TLS handshake with one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    pub host: String,
    /// The TLS versions `1.2` and `1.3`, and whether the server supports each.
    pub versions: Vec<(String, bool)>,
    /// Its certificate, or the reason why there is none.
    pub certificate: Result<Certificate, ProbeError>,
    /// The reason why this machine does not trust it: its chain, validity or names.
    pub distrust: Option<String>,
}

/// The addresses of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The name that was looked up.
    pub name: String,
    pub addresses: Result<Vec<IpAddr>, ProbeError>,
}

/// The name servers of a zone according to its parent zone, as entered at the registrar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    pub zone: String,
    /// The names of the servers.
    pub servers: Result<Vec<String>, ProbeError>,
}

/// The answers to three requests that test a firewall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firewall {
    /// The requested URL.
    pub url: String,
    /// The status of a normal request, which should pass.
    pub normal: Result<u16, ProbeError>,
    /// The status of a request with an SQL injection in its query.
    pub injection: Result<u16, ProbeError>,
    /// The status of a request with a script in its query.
    pub script: Result<u16, ProbeError>,
}
