//! An environment at a glance: one line beside the others, made of what was read of it.

use super::alarm::AlarmState;
use super::estate::Estate;
use super::health::{Health, Severity};
use super::source::Source;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The status of an environment. What could not be read is `None`, and never zero.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Glance {
    /// When the environment was read.
    pub at: Timestamp,
    /// The account of the credentials.
    pub account: Option<String>,
    /// Services, and how the worst of them is.
    pub services: Option<(usize, Health)>,
    /// How many of them are degraded or down.
    pub unhealthy: usize,
    /// Short names of services whose deployment goes on.
    pub deploying: Vec<String>,
    /// Databases, and how the worst of them is.
    pub databases: Option<(usize, Health)>,
    /// Alarms that are raised, without those of autoscaling.
    pub alarms: Option<usize>,
    /// The number of entries that need attention at once.
    pub critical: usize,
    pub warnings: usize,
    /// This month's cost of its account until now, as it was last read on this machine, with its currency.
    pub cost: Option<(f64, String)>,
    /// Why it could not be reached.
    pub error: Option<String>,
    /// Sources that could not be read.
    pub missing: usize,
}

fn worst(all: impl Iterator<Item = Health>) -> Health {
    all.min_by_key(|health| health.rank()).unwrap_or(Health::Stopped)
}

/// An environment that was read. `asked` are the sources that it has.
pub fn glance(estate: &Estate, asked: &BTreeSet<Source>, now: Timestamp) -> Glance {
    let rows = &estate.derived.services;
    let services = estate.services.at().map(|_| (rows.len(), worst(rows.iter().map(|row| row.assessment.health))));
    let databases = &estate.derived.databases;
    let known = estate.db_instances.at().is_some() && !databases.is_empty();
    let raised = |alarms: &Vec<super::alarm::Alarm>| {
        alarms.iter().filter(|one| one.state == AlarmState::Alarm && !one.of_autoscaling()).count()
    };
    let count = |wanted| estate.derived.attention.iter().filter(|entry| entry.severity == wanted).count();
    let deploying = rows.iter().filter(|row| estate.service(&row.name).is_some_and(super::Service::rolling_out));
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
    /// A glance at an environment that could not even be opened.
    pub fn failed(why: String, now: Timestamp) -> Self {
        Self { at: now, error: Some(why), ..Self::default() }
    }

    /// The needs-attention counts as signs: `✖ 1  ▲ 2`; all well is `●`, and `?` where not all of it was read.
    pub fn attention(&self) -> String {
        match (self.critical, self.warnings) {
            (0, 0) if self.missing > 0 => "?".to_owned(),
            (0, 0) => "●".to_owned(),
            (0, warnings) => format!("▲ {warnings}"),
            (critical, 0) => format!("✖ {critical}"),
            (critical, warnings) => format!("✖ {critical}  ▲ {warnings}"),
        }
    }

    /// One line, the most telling first; or why the environment could not be reached.
    pub fn words(&self) -> String {
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
    fn a_count_that_could_not_be_read_is_told_and_is_no_zero() {
        let now = Timestamp::from_second(1_000).unwrap();
        let mut estate = Estate::default();
        let sources = BTreeSet::from([Source::Identity, Source::Services, Source::Alarms]);
        estate.identity.fail(Failure::new(FailureKind::Credentials, "sts:GetCallerIdentity: the token has expired"));
        estate.settle(now);
        let seen = glance(&estate, &sources, now);
        assert_eq!((seen.services, seen.alarms), (None, None));
        assert_eq!(seen.words(), "? sts:GetCallerIdentity: the token has expired");
        estate.identity = super::super::Observed::default();
        estate.identity.learn(super::super::Identity { account: "1".into(), ..Default::default() }, now);
        estate.alarms.fail(Failure::new(FailureKind::Denied, "cloudwatch:DescribeAlarms: not allowed"));
        estate.services.learn(std::collections::BTreeMap::new(), now);
        estate.settle(now);
        let seen = glance(&estate, &sources, now);
        assert_eq!((seen.services, seen.alarms, seen.missing), (Some((0, Health::Stopped)), None, 1));
        assert_eq!(seen.words(), "▲ 1 · ○ 0 services · 1 not read");
    }

    #[test]
    fn nothing_is_well_of_which_not_all_was_read() {
        let seen = Glance { services: Some((2, Health::Healthy)), missing: 2, ..Glance::default() };
        assert_eq!(seen.words(), "? · ● 2 services · 2 not read");
    }

    #[test]
    fn a_line_tells_the_most_telling_first() {
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
        assert_eq!(seen.words(), "✖ 1  ▲ 2 · ▲ 1 of 2 services · deploying api · 2 alarms · ● 1 db · 119 USD");
    }
}
