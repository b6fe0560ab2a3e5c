//! A one-line summary of an environment, for lists of environments.

use super::alarm::AlarmState;
use super::estate::Estate;
use super::health::{Health, Severity};
use super::source::Source;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The status of an environment. Values that could not be read are `None`, not zero.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Glance {
    /// When the environment was read.
    pub at: Timestamp,
    /// The account of the credentials.
    pub account: Option<String>,
    /// Number of services, and the worst health among them.
    pub services: Option<(usize, Health)>,
    /// Number of services that are degraded or down.
    pub unhealthy: usize,
    /// Short names of services with a deployment in progress.
    pub deploying: Vec<String>,
    /// Number of databases, and the worst health among them.
    pub databases: Option<(usize, Health)>,
    /// Alarms in ALARM state, without those of autoscaling.
    pub alarms: Option<usize>,
    /// Number of critical entries in the needs-attention list.
    pub critical: usize,
    pub warnings: usize,
    /// The account's cost of this month so far, as last read on this machine, with its currency.
    pub cost: Option<(f64, String)>,
    /// The reason why the environment could not be reached.
    pub error: Option<String>,
    /// Number of sources that could not be read.
    pub missing: usize,
}

fn worst(all: impl Iterator<Item = Health>) -> Health {
    all.min_by_key(|health| health.rank()).unwrap_or(Health::Stopped)
}

/// Summarizes an environment that was read. `asked` are the sources that it has.
pub fn glance(estate: &Estate, asked: &BTreeSet<Source>, now: Timestamp) -> Glance {
    let rows = &estate.derived.services;
    let services = estate.services.at().map(|_| (rows.len(), worst(rows.iter().map(|row| row.assessment.health))));
    let databases = &estate.derived.databases;
    let known = estate.db_instances.at().is_some() && !databases.is_empty();
    let raised = |alarms: &Vec<super::alarm::Alarm>| {
        alarms.iter().filter(|one| one.state == AlarmState::Alarm && !one.is_for_autoscaling()).count()
    };
    let count = |wanted| estate.derived.attention.iter().filter(|entry| entry.severity == wanted).count();
    let deploying = rows.iter().filter(|row| estate.service(&row.name).is_some_and(super::Service::is_rolling_out));
    Glance {
        at: now,
        account: estate.identity.value().map(|identity| identity.account.clone()),
        unhealthy: rows.iter().filter(|row| matches!(row.assessment.health, Health::Down | Health::Degraded)).count(),
        services: services.filter(|_| asked.contains(&Source::Services)),
        deploying: deploying.map(|row| row.short.clone()).collect(),
        databases: known.then(|| (databases.len(), worst(databases.iter().map(|row| row.assessment.health)))),
        alarms: estate.alarms.value().filter(|_| asked.contains(&Source::Alarms)).map(raised),
        critical: count(Severity::Critical),
        warnings: count(Severity::Warning),
        error: estate.identity.failure().filter(|_| estate.identity.value().is_none()).map(ToString::to_string),
        missing: asked.iter().filter(|source| estate.status(**source).failure.is_some()).count(),
        ..Glance::default()
    }
}

impl Glance {
    /// Creates the summary of an environment that could not be opened.
    pub fn failed(why: String, now: Timestamp) -> Self {
        Self { at: now, error: Some(why), ..Self::default() }
    }

    /// Returns the needs-attention counts as signs: `✖ 1  ▲ 2`; `●` if there are none, and `?` if some sources were not
    /// read.
    pub fn attention(&self) -> String {
        match (self.critical, self.warnings) {
            (0, 0) if self.missing > 0 => "?".to_owned(),
            (0, 0) => "●".to_owned(),
            (0, warnings) => format!("▲ {warnings}"),
            (critical, 0) => format!("✖ {critical}"),
            (critical, warnings) => format!("✖ {critical}  ▲ {warnings}"),
        }
    }

    /// Returns the summary in one line, the most important part first; or the reason why the environment could not be
    /// reached.
    pub fn summary(&self) -> String {
        if let Some(why) = &self.error {
            return format!("? {why}");
        }
        let mut parts = vec![self.attention()];
        if let Some((count, health)) = self.services {
            let plural = if count == 1 { "service" } else { "services" };
            let bad = if self.unhealthy > 0 { format!("{} of ", self.unhealthy) } else { String::new() };
            parts.push(format!("{} {bad}{count} {plural}", health.sign()));
        }
        match self.deploying.as_slice() {
            [] => {}
            [one] => parts.push(format!("deploying {one}")),
            several => parts.push(format!("deploying {}", several.len())),
        }
        match self.alarms {
            Some(0) | None => {}
            Some(1) => parts.push("1 alarm".to_owned()),
            Some(alarms) => parts.push(format!("{alarms} alarms")),
        }
        if let Some((count, health)) = self.databases {
            parts.push(format!("{} {count} db", health.sign()));
        }
        if let Some((cost, currency)) = &self.cost {
            parts.push(format!("{cost:.0} {currency}"));
        }
        if self.missing > 0 {
            parts.push(format!("{} not read", self.missing));
        }
        parts.join(" · ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::{Failure, FailureKind};

    #[test]
    fn unreadable_count_is_reported_and_not_shown_as_zero() {
        let now = Timestamp::from_second(1_000).unwrap();
        let mut estate = Estate::default();
        let sources = BTreeSet::from([Source::Identity, Source::Services, Source::Alarms]);
        estate
            .identity
            .record_failure(Failure::new(FailureKind::Credentials, "sts:GetCallerIdentity: the token has expired"));
        estate.settle(now);
        let seen = glance(&estate, &sources, now);
        assert_eq!((seen.services, seen.alarms), (None, None));
        assert_eq!(seen.summary(), "? sts:GetCallerIdentity: the token has expired");
        estate.identity = super::super::Observed::default();
        estate.identity.record(super::super::Identity { account: "1".into(), ..Default::default() }, now);
        estate.alarms.record_failure(Failure::new(FailureKind::Denied, "cloudwatch:DescribeAlarms: not allowed"));
        estate.services.record(std::collections::BTreeMap::new(), now);
        estate.settle(now);
        let seen = glance(&estate, &sources, now);
        assert_eq!((seen.services, seen.alarms, seen.missing), (Some((0, Health::Stopped)), None, 1));
        assert_eq!(seen.summary(), "▲ 1 · ○ 0 services · 1 not read");
    }

    #[test]
    fn partly_read_environment_is_not_shown_as_healthy() {
        let seen = Glance { services: Some((2, Health::Healthy)), missing: 2, ..Glance::default() };
        assert_eq!(seen.summary(), "? · ● 2 services · 2 not read");
    }

    #[test]
    fn most_important_part_of_the_line_comes_first() {
        let seen = Glance {
            services: Some((2, Health::Degraded)),
            unhealthy: 1,
            deploying: vec!["api".into()],
            databases: Some((1, Health::Healthy)),
            alarms: Some(2),
            critical: 1,
            warnings: 2,
            cost: Some((119.4, "USD".into())),
            ..Glance::default()
        };
        assert_eq!(seen.summary(), "✖ 1  ▲ 2 · ▲ 1 of 2 services · deploying api · 2 alarms · ● 1 db · 119 USD");
    }
}
