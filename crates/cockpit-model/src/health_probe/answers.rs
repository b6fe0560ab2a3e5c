//! The answers of probes, as they came.

use core::net::IpAddr;
use jiff::Timestamp;

/// The most redirects that are followed.
pub const MOST_REDIRECTS: usize = 5;

/// Why a probe got no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The name has no address, or its name servers say that there is none.
    NoAddress,
    /// Nobody answered within the time limit.
    Timeout,
    /// The connection was refused.
    Refused,
    /// TLS could not be agreed on.
    Tls(String),
    /// It was redirected more often than is followed.
    TooManyRedirects,
    /// It redirects to something that is not a web address.
    BadRedirect(String),
    /// Anything else, in words.
    Other(String),
}

impl Trouble {
    /// The failure, in words.
    pub fn words(&self) -> String {
        match self {
            Self::NoAddress => "the name has no address".to_owned(),
            Self::Timeout => "no answer in time".to_owned(),
            Self::Refused => "the connection is refused".to_owned(),
            Self::Tls(why) => format!("the TLS handshake failed: {why}"),
            Self::TooManyRedirects => format!("more than {MOST_REDIRECTS} redirects: a redirect loop"),
            Self::BadRedirect(to) => format!("it redirects to `{to}`, which is not a web address"),
            Self::Other(why) => why.clone(),
        }
    }
}

/// One answer on the way of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The URL that was requested.
    pub url: String,
    pub status: u16,
    /// Where it leads, as an absolute address.
    pub location: Option<String>,
}

/// A request with its redirects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The host that was asked.
    pub host: String,
    /// Whether it began with HTTPS.
    pub secure: bool,
    pub path: String,
    /// The answers in their order; the last is not a redirect, or one that was not followed.
    pub hops: Vec<Hop>,
    /// Why there is no last answer.
    pub trouble: Option<Trouble>,
    /// How long it took in milliseconds.
    pub took_ms: u64,
}

impl Visit {
    /// The URL that was asked for first.
    pub fn url(&self) -> String {
        format!("{}://{}{}", if self.secure { "https" } else { "http" }, self.host, self.path)
    }

    /// The last status, where one came.
    pub fn status(&self) -> Option<u16> {
        if self.trouble.is_some() { None } else { self.hops.last().map(|hop| hop.status) }
    }
}

/// A certificate as a server shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    pub names: Vec<String>,
    /// The name of whoever signed it.
    pub issuer: String,
    /// The subjects of the chain that was sent, its own first.
    pub chain: Vec<String>,
    /// From when on it holds.
    pub not_before: Option<Timestamp>,
    /// When it expires.
    pub not_after: Option<Timestamp>,
}

/// The result of a TLS handshake with one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    pub host: String,
    /// `1.2`, `1.3`, and whether the server speaks it.
    pub versions: Vec<(String, bool)>,
    /// Its certificate, or why none was seen.
    pub certificate: Result<Certificate, Trouble>,
    /// Why this machine would not trust it: its chain, its time or its names.
    pub distrust: Option<String>,
}

/// The addresses of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The name that was asked for.
    pub name: String,
    pub addresses: Result<Vec<IpAddr>, Trouble>,
}

/// The name servers of a zone at the zone above it, which is what its registrar wrote there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    pub zone: String,
    /// The names of the servers.
    pub servers: Result<Vec<String>, Trouble>,
}

/// The requests that a firewall let through: the statuses of three requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firewall {
    /// The address that was asked.
    pub url: String,
    /// The status of a normal request, which must pass.
    pub normal: Result<u16, Trouble>,
    /// The answer to a request with an SQL injection in its query.
    pub injection: Result<u16, Trouble>,
    /// The answer to a request with a script in its query.
    pub script: Result<u16, Trouble>,
}
