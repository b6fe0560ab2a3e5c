//! Questions to name servers.

use crate::model::health_probe::results::{Names, ProbeError};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// How long one server is waited for, and how often it is asked.
const WAIT: Duration = Duration::from_secs(2);

/// A resolver of names: with the name servers of this machine, or one that is configured.
#[derive(Clone)]
pub struct Resolver(TokioResolver);

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Resolver")
    }
}

impl Resolver {
    /// A resolver that asks a server (`192.0.2.53`, `192.0.2.53:5353`), or those of this machine.
    ///
    /// # Errors
    /// It is no address, or this machine names no servers.
    pub fn new(server: Option<&str>) -> Result<Self, String> {
        let mut builder = match server {
            None => TokioResolver::builder_tokio()
                .map_err(|error| format!("the name servers of this machine cannot be read: {error}"))?,
            Some(text) => {
                let address: Option<SocketAddr> =
                    text.parse().ok().or_else(|| Some(SocketAddr::new(text.parse().ok()?, 53)));
                let address = address.ok_or_else(|| format!("`{text}` is not the address of a name server"))?;
                TokioResolver::builder_with_config(one_server(address), TokioRuntimeProvider::default())
            }
        };
        options(builder.options_mut());
        Ok(Self(builder.build().map_err(|error| error.to_string())?))
    }

    /// The addresses of a host; one that is an address is its own.
    pub(super) async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, ProbeError> {
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        let mut found = Vec::new();
        let mut trouble = None;
        // One after the other: a name that has one kind only is no trouble.
        for kind in [RecordType::A, RecordType::AAAA] {
            match self.0.lookup(whole(host), kind).await {
                Ok(answer) => found.extend(answer.answers().iter().filter_map(address)),
                Err(error) => trouble = trouble.or(Some(of_dns(&error))),
            }
            if trouble == Some(ProbeError::Timeout) {
                break;
            }
        }
        if found.is_empty() { Err(trouble.unwrap_or(ProbeError::NoAddress)) } else { Ok(found) }
    }

    /// The addresses of a name, as an answer of a probe.
    pub async fn names(&self, name: &str) -> Names {
        let mut addresses = self.addresses(name).await;
        if let Ok(addresses) = &mut addresses {
            addresses.sort_unstable();
        }
        Names { name: name.to_owned(), addresses }
    }

    /// The name servers of a zone, as the servers of this machine know them.
    pub(super) async fn name_servers(&self, zone: &str) -> Result<Vec<String>, ProbeError> {
        let answer = self.0.lookup(whole(zone), RecordType::NS).await.map_err(|error| of_dns(&error))?;
        Ok(answer.answers().iter().filter_map(server).collect())
    }
}

/// The name servers of a zone that a server delegates it to.
pub(super) async fn referral(server_at: SocketAddr, zone: &str) -> Result<Vec<String>, ProbeError> {
    let mut builder = TokioResolver::builder_with_config(one_server(server_at), TokioRuntimeProvider::default());
    let settings = builder.options_mut();
    options(settings);
    settings.recursion_desired = false;
    settings.use_hosts_file = ResolveHosts::Never;
    let asked = builder.build().map_err(|error| ProbeError::Other(error.to_string()))?;
    match asked.lookup(whole(zone), RecordType::NS).await {
        Ok(answer) => Ok(answer.answers().iter().chain(answer.authorities()).filter_map(server).collect()),
        // A server of the zone above answers with a referral, which is no answer.
        Err(NetError::Dns(DnsError::NoRecordsFound(none))) => {
            let named = none.ns.iter().flat_map(|all| all.iter()).filter_map(|one| server(&one.ns));
            Ok(named.collect())
        }
        Err(error) => Err(of_dns(&error)),
    }
}

fn one_server(address: SocketAddr) -> ResolverConfig {
    let port = |mut connection: ConnectionConfig| {
        connection.port = address.port();
        connection
    };
    let connections = vec![port(ConnectionConfig::udp()), port(ConnectionConfig::tcp())];
    ResolverConfig::from_name_servers(vec![NameServerConfig::new(address.ip(), true, connections)])
}

fn options(settings: &mut ResolverOpts) {
    settings.timeout = WAIT;
    settings.attempts = 1;
    settings.cache_size = 0;
}

/// A name that is whole: no domain of this machine is put behind it.
fn whole(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.'))
}

fn address(record: &Record) -> Option<IpAddr> {
    match &record.data {
        RData::A(four) => Some(IpAddr::V4(four.0)),
        RData::AAAA(six) => Some(IpAddr::V6(six.0)),
        _ => None,
    }
}

fn server(record: &Record) -> Option<String> {
    match &record.data {
        RData::NS(name) => Some(name.0.to_string()),
        _ => None,
    }
}

fn of_dns(error: &NetError) -> ProbeError {
    match error {
        NetError::Timeout => ProbeError::Timeout,
        NetError::Dns(DnsError::NoRecordsFound(_)) => ProbeError::NoAddress,
        other => ProbeError::Other(format!("the name servers do not answer: {other}")),
    }
}
