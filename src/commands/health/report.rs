//! The report of `cockpit health`.

use crate::cli::ExitCode;
use crate::headless::Rows;
use crate::headless::emit::Printable;
use crate::headless::input::SnapshotInput;
use crate::headless::lists::Head;
use crate::headless::table::{Table, left_aligned, prose};
use crate::model::health_probe::checks;
use crate::model::health_probe::findings::{Check, Findings};
use crate::model::suggested_commands::with_scope;
use crate::model::{Health, Source};
use schemars::JsonSchema;
use serde::Serialize;

/// Schema of `cockpit health`.
pub const SCHEMA: &str = "cockpit.health/1";
/// The sources that the report reads.
pub const SOURCES: &[Source] = &[Source::Identity, Source::Services, Source::Targets];

/// The health of the site.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct HealthReport {
    /// Schema, environment, time, sources.
    #[serde(flatten)]
    pub head: Head,
    /// Whether the hosts were probed.
    pub probed: bool,
    /// Whether the firewall was tested.
    pub firewall_tried: bool,
    /// The worst health of the checks.
    pub health: String,
    /// The hosts that were checked.
    pub hosts: Vec<String>,
    /// The load balancers; `null` if they could not be read.
    pub balancers: Option<Vec<BalancerDto>>,
    /// The public address of this machine; `null` if it was not requested or there was no answer.
    pub address: Option<String>,
    /// The checks, in the order from serving to protection.
    pub checks: Vec<CheckDto>,
    /// The certificates that the hosts presented.
    pub certificates: Vec<CertificateDto>,
    /// The requests, with their redirects.
    pub requests: Vec<RequestDto>,
}

/// A load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BalancerDto {
    /// Its name.
    pub name: String,
    /// Its DNS name.
    pub dns_name: String,
    /// `internet-facing` or `internal`.
    pub scheme: String,
    /// `active`, …
    pub state: String,
}

/// A check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CheckDto {
    /// `targets`, `balancer`, `request`, `redirect`, `dns`, `name-servers`, `certificate`, `tls`, `allowed`, `firewall`.
    pub topic: String,
    /// The subject of the check.
    pub subject: String,
    /// `healthy`, `changing`, `degraded`, `down`, `stopped`, `unknown`.
    pub health: String,
    /// The finding in a sentence.
    pub what: String,
    /// A hint on what to do, if there is one.
    pub hint: Option<String>,
}

/// A certificate that a host presented.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CertificateDto {
    /// The host.
    pub host: String,
    /// The names that it is valid for.
    pub names: Vec<String>,
    /// The certificate's issuer.
    pub issuer: String,
    /// The subjects of the presented chain, the host's own first.
    pub chain: Vec<String>,
    /// The end of its validity.
    pub not_after: Option<String>,
    /// Whole days until it expires; negative if it has expired.
    pub days_left: Option<i64>,
    /// Why this machine does not trust it; `null` if it does.
    pub distrust: Option<String>,
    /// The TLS versions that the host supports, of 1.2 and 1.3.
    pub tls_versions: Vec<String>,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RequestDto {
    /// The URL that was requested.
    pub url: String,
    /// The last status code; `null` if there was none.
    pub status: Option<u16>,
    /// The redirect locations, in order.
    pub redirects: Vec<String>,
    /// The duration in milliseconds.
    pub took_ms: u64,
    /// Why there is no status code.
    pub error: Option<String>,
}

/// Builds the report.
pub fn health(input: &SnapshotInput<'_>, found: &Findings, probed: bool, firewall_tried: bool) -> HealthReport {
    let targets = input.estate.targets.iter().filter_map(|(group, seen)| match (seen.value(), seen.failure()) {
        (_, Some(failure)) => Some(checks::targets(group, Err(failure))),
        (Some(targets), None) => Some(checks::targets(group, Ok(targets))),
        (None, None) => None,
    });
    let mut checks: Vec<Check> = targets.collect();
    checks.extend(checks::checks(found, input.now));
    let dto = |check: &Check| CheckDto {
        topic: check.topic.name().to_owned(),
        subject: check.subject.clone(),
        health: check.health.name().to_owned(),
        what: check.text.clone(),
        hint: check.hint.as_deref().map(|hint| with_scope(hint, input.environment.command_scope())),
    };
    let balancers = found.balancers.as_ref().and_then(|read| read.as_ref().ok());
    HealthReport {
        head: Head::new(SCHEMA, input, SOURCES),
        probed,
        firewall_tried,
        health: checks::worst(&checks).name().to_owned(),
        hosts: found.hosts.clone(),
        balancers: balancers.map(|all| {
            let dto = |one: &crate::model::health_probe::declared::Balancer| BalancerDto {
                name: one.name.clone(),
                dns_name: one.dns_name.clone(),
                scheme: one.scheme.clone(),
                state: one.state.clone(),
            };
            all.iter().map(dto).collect()
        }),
        address: found.address.as_ref().and_then(|read| read.as_ref().ok()).map(ToString::to_string),
        checks: checks.iter().map(dto).collect(),
        certificates: certificates(found, input.now),
        requests: found
            .visits
            .iter()
            .map(|visit| RequestDto {
                url: visit.url(),
                status: visit.status(),
                redirects: visit.hops.iter().filter_map(|hop| hop.location.clone()).collect(),
                took_ms: visit.took_ms,
                error: visit.error.as_ref().map(crate::model::health_probe::results::ProbeError::describe),
            })
            .collect(),
    }
}

fn certificates(found: &Findings, now: jiff::Timestamp) -> Vec<CertificateDto> {
    let shown = found.tls.iter().filter_map(|tls| Some((tls, tls.certificate.as_ref().ok()?)));
    let dto = |(tls, shown): (
        &crate::model::health_probe::results::Tls,
        &crate::model::health_probe::results::Certificate,
    )| {
        CertificateDto {
            host: tls.host.clone(),
            names: shown.names.clone(),
            issuer: shown.issuer.clone(),
            chain: shown.chain.clone(),
            not_after: shown.not_after.map(|at| at.to_string()),
            days_left: shown.not_after.map(|at| at.duration_since(now).as_secs().div_euclid(24 * 3600)),
            distrust: tls.distrust.clone(),
            tls_versions: tls.versions.iter().filter(|(_, on)| *on).map(|(name, _)| name.clone()).collect(),
        }
    };
    shown.map(dto).collect()
}

impl HealthReport {
    /// Returns 3 if a source failed, 1 if a check is down or degraded, 3 if a check is unknown.
    pub fn exit_code(&self) -> ExitCode {
        let any_is = |health: Health| self.checks.iter().any(|check| check.health == health.name());
        match self.head.exit_code() {
            ExitCode::Done if any_is(Health::Down) || any_is(Health::Degraded) => ExitCode::Failed,
            ExitCode::Done if any_is(Health::Unknown) => ExitCode::Incomplete,
            // Exit code 1 means that the site is unhealthy; here nothing about it is known.
            ExitCode::Failed => ExitCode::Incomplete,
            code => code,
        }
    }
}

impl Printable for HealthReport {
    fn tables(&self) -> Vec<Table> {
        let columns = [
            left_aligned("CHECK"),
            left_aligned("OF"),
            left_aligned("HEALTH"),
            prose("WHAT"),
            prose("WHAT TO DO").rank(1),
        ];
        let mut table = Table::new(&columns, "nothing to check: no target group, no load balancer, no host");
        for check in &self.checks {
            table.row([
                Some(check.topic.clone()),
                Some(check.subject.clone()),
                Some(check.health.clone()),
                Some(check.what.clone()),
                check.hint.clone(),
            ]);
        }
        vec![table]
    }
    fn rows(&self) -> Option<Rows> {
        Some(Rows::new("checks", &["topic", "subject", "health", "what", "hint"]))
    }
    fn notes(&self) -> Vec<String> {
        let mut notes = self.head.notes();
        if !self.probed {
            notes.push("nothing was sent to the hosts; --probe does that".to_owned());
        }
        notes
    }
}
