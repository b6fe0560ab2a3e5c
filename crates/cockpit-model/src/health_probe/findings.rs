//! All findings about an environment from outside, collected as they arrive.

use super::declared::{AcmCertificate, Balancer, Rule, Zone};
use super::outputs::OutputHost;
use super::results::{Delegation, Firewall, Names, ProbeError, Tls, Visit};
use crate::failure::Failure;
use core::net::IpAddr;

/// A response of AWS, or the failure.
pub type Read<T> = Result<T, Failure>;

/// A single finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The load balancers of the environment.
    Balancers(Read<Vec<Balancer>>),
    /// Rules of security groups, which decide who can reach the load balancers.
    Rules(Read<Vec<Rule>>),
    /// The zones of the hosts.
    Zones(Read<Vec<Zone>>),
    /// The ACM certificates of the load balancers.
    AcmCertificates(Read<Vec<AcmCertificate>>),
    /// Hosts in Terraform outputs, and sentences on outputs that could not be read.
    Outputs(Vec<OutputHost>, Vec<String>),
    /// The hosts to examine.
    Hosts(Vec<String>),
    /// The public address of this machine.
    Address(Result<IpAddr, ProbeError>),
    /// The answer to a GET request.
    Visit(Visit),
    /// The result of a TLS handshake with a host.
    Tls(Tls),
    /// The addresses of a name.
    Names(Names),
    /// The name servers according to the parent zone.
    Delegation(Delegation),
    /// The answers to the requests that test the firewall.
    Firewall(Firewall),
}

/// All findings about how a site can be reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Load balancers; `None` until they were read.
    pub balancers: Option<Read<Vec<Balancer>>>,
    /// Rules of their security groups.
    pub rules: Option<Read<Vec<Rule>>>,
    pub zones: Option<Read<Vec<Zone>>>,
    /// ACM certificates.
    pub acm_certificates: Option<Read<Vec<AcmCertificate>>>,
    /// Hosts in Terraform outputs; empty if the configuration has hosts.
    pub outputs: Vec<OutputHost>,
    /// Sentences on outputs that could not be read.
    pub unread_outputs: Vec<String>,
    /// The hosts to examine.
    pub hosts: Vec<String>,
    /// The public address of this machine.
    pub address: Option<Result<IpAddr, ProbeError>>,
    /// Answers to GET requests.
    pub visits: Vec<Visit>,
    pub tls: Vec<Tls>,
    /// Addresses of the hosts.
    pub names: Vec<Names>,
    /// Delegations of the zones to name servers.
    pub delegations: Vec<Delegation>,
    pub firewalls: Vec<Firewall>,
}

impl Findings {
    /// Adds a finding.
    pub fn add(&mut self, finding: Finding) {
        match finding {
            Finding::Balancers(read) => self.balancers = Some(read),
            Finding::Rules(read) => self.rules = Some(read),
            Finding::Zones(read) => self.zones = Some(read),
            Finding::AcmCertificates(read) => self.acm_certificates = Some(read),
            Finding::Outputs(named, unread) => (self.outputs, self.unread_outputs) = (named, unread),
            Finding::Hosts(hosts) => self.hosts = hosts,
            Finding::Address(address) => self.address = Some(address),
            Finding::Visit(visit) => self.visits.push(visit),
            Finding::Tls(tls) => self.tls.push(tls),
            Finding::Names(names) => self.names.push(names),
            Finding::Delegation(delegation) => self.delegations.push(delegation),
            Finding::Firewall(firewall) => self.firewalls.push(firewall),
        }
    }

    /// Returns the load balancers that were read.
    pub fn balancers(&self) -> &[Balancer] {
        self.balancers.as_ref().and_then(|read| read.as_ref().ok()).map_or(&[], Vec::as_slice)
    }

    /// Returns the zones that were read.
    pub fn zones(&self) -> &[Zone] {
        self.zones.as_ref().and_then(|read| read.as_ref().ok()).map_or(&[], Vec::as_slice)
    }
}

/// The subject of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Targets of a load balancer.
    Targets,
    /// A load balancer and its listeners.
    Balancer,
    /// The examined hosts.
    Hosts,
    Request,
    /// The redirects of a request.
    Redirect,
    /// The addresses of a name.
    Dns,
    /// The name servers of a zone.
    NameServers,
    Certificate,
    /// TLS versions and the certificate of a host.
    Tls,
    /// Whether this machine's address is allowed.
    Allowed,
    Firewall,
}

impl Topic {
    /// Returns the word used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Targets => "targets",
            Self::Balancer => "balancer",
            Self::Hosts => "hosts",
            Self::Request => "request",
            Self::Redirect => "redirect",
            Self::Dns => "dns",
            Self::NameServers => "name-servers",
            Self::Certificate => "certificate",
            Self::Tls => "tls",
            Self::Allowed => "allowed",
            Self::Firewall => "firewall",
        }
    }
}

/// A check with its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The topic of the check.
    pub topic: Topic,
    /// The subject of the finding: a host, a group, a URL.
    pub subject: String,
    pub health: crate::health::Health,
    /// The result, as a sentence.
    pub text: String,
    /// The hint, if there is one.
    pub hint: Option<String>,
}

impl Check {
    /// Creates a check without a hint.
    pub fn new(
        topic: Topic,
        subject: impl Into<String>,
        health: crate::health::Health,
        words: impl Into<String>,
    ) -> Self {
        Self { topic, subject: subject.into(), health, text: words.into(), hint: None }
    }

    /// Returns the check with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Creates a check without a result because of a failed read.
    pub fn failed(topic: Topic, subject: impl Into<String>, failure: &Failure) -> Self {
        Self::new(topic, subject, crate::health::Health::Unknown, failure.message.clone()).with_hint(failure.hint())
    }
}
