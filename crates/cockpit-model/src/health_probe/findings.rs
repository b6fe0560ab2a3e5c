//! All findings about one environment from outside, collected as they arrive.

use super::answers::{Delegation, Firewall, Names, Tls, Trouble, Visit};
use super::declared::{Balancer, Issued, Rule, Zone};
use super::outputs::Named;
use crate::failure::Failure;
use core::net::IpAddr;

/// An answer of AWS, or the failure.
pub type Read<T> = Result<T, Failure>;

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The load balancers of the environment.
    Balancers(Read<Vec<Balancer>>),
    /// Rules of security groups: who may reach the load balancers.
    Rules(Read<Vec<Rule>>),
    /// The zones of the hosts.
    Zones(Read<Vec<Zone>>),
    /// The certificates of the balancers.
    Issued(Read<Vec<Issued>>),
    /// Hosts that outputs of Terraform name, and sentences on outputs that could not be read.
    Outputs(Vec<Named>, Vec<String>),
    /// The hosts that are looked at.
    Hosts(Vec<String>),
    /// The public address of this machine.
    Address(Result<IpAddr, Trouble>),
    /// The answer to a GET request.
    Visit(Visit),
    /// The result of a TLS handshake with a host.
    Tls(Tls),
    /// The addresses of a name.
    Names(Names),
    /// The name servers at the zone above.
    Delegation(Delegation),
    /// The requests that the firewall lets through.
    Firewall(Firewall),
}

/// Everything that was found about how a site is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Load balancers; none while they were not read.
    pub balancers: Option<Read<Vec<Balancer>>>,
    /// Rules of their security groups.
    pub rules: Option<Read<Vec<Rule>>>,
    pub zones: Option<Read<Vec<Zone>>>,
    /// Certificates.
    pub issued: Option<Read<Vec<Issued>>>,
    /// Hosts that outputs of Terraform name; empty where the configuration names hosts.
    pub outputs: Vec<Named>,
    /// Outputs that could not be read, in sentences.
    pub unread: Vec<String>,
    /// The hosts that are looked at.
    pub hosts: Vec<String>,
    /// The public address of this machine.
    pub address: Option<Result<IpAddr, Trouble>>,
    /// Answers to GET requests.
    pub visits: Vec<Visit>,
    pub tls: Vec<Tls>,
    /// Addresses of the hosts.
    pub names: Vec<Names>,
    /// Name servers that the zones are delegated to.
    pub delegations: Vec<Delegation>,
    pub firewalls: Vec<Firewall>,
}

impl Findings {
    /// Adds a finding.
    pub fn take(&mut self, finding: Finding) {
        match finding {
            Finding::Balancers(read) => self.balancers = Some(read),
            Finding::Rules(read) => self.rules = Some(read),
            Finding::Zones(read) => self.zones = Some(read),
            Finding::Issued(read) => self.issued = Some(read),
            Finding::Outputs(named, unread) => (self.outputs, self.unread) = (named, unread),
            Finding::Hosts(hosts) => self.hosts = hosts,
            Finding::Address(address) => self.address = Some(address),
            Finding::Visit(visit) => self.visits.push(visit),
            Finding::Tls(tls) => self.tls.push(tls),
            Finding::Names(names) => self.names.push(names),
            Finding::Delegation(delegation) => self.delegations.push(delegation),
            Finding::Firewall(firewall) => self.firewalls.push(firewall),
        }
    }

    /// The balancers that were read.
    pub fn balancers(&self) -> &[Balancer] {
        self.balancers.as_ref().and_then(|read| read.as_ref().ok()).map_or(&[], Vec::as_slice)
    }

    /// The zones that were read.
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
    /// Which hosts are looked at.
    Hosts,
    Request,
    /// Where a request is led.
    Redirect,
    /// The addresses of a name.
    Dns,
    /// Name servers of a zone.
    NameServers,
    Certificate,
    /// TLS versions and the certificate of a host.
    Tls,
    /// Whether this machine may reach it.
    Allowed,
    Firewall,
}

impl Topic {
    /// The word for it in JSON.
    pub fn word(self) -> &'static str {
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

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The topic of the check.
    pub topic: Topic,
    /// The subject of the finding: a host, a group, a URL.
    pub subject: String,
    pub health: crate::health::Health,
    /// The result, in a sentence.
    pub words: String,
    /// The hint, where there is one.
    pub hint: Option<String>,
}

impl Check {
    /// A check without a hint.
    pub fn new(
        topic: Topic,
        subject: impl Into<String>,
        health: crate::health::Health,
        words: impl Into<String>,
    ) -> Self {
        Self { topic, subject: subject.into(), health, words: words.into(), hint: None }
    }

    /// The same check with a hint added.
    #[must_use]
    pub fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A check that a failed read leaves open.
    pub fn failed(topic: Topic, subject: impl Into<String>, failure: &Failure) -> Self {
        Self::new(topic, subject, crate::health::Health::Unknown, failure.message.clone()).hinted(failure.hint())
    }
}
