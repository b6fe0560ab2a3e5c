//! The environment that a command changes, and the services that were typed for it.

use super::context::Context;
use crate::cli::{ExitCode, Report};
use crate::config::{Config, EnvironmentConfig};
use crate::headless;
use crate::model::Source;
use crate::model::names::Shortening;
use crate::runtime::clock::{Clock, zone as clock_zone};
use crate::runtime::{Collected, Driver, audit as audit_file};
use jiff::SignedDuration;
use jiff::tz::TimeZone;

/// An opened environment and what its operations need.
pub(super) struct Opened {
    pub(super) config: Config,
    pub(super) environment: EnvironmentConfig,
    pub(super) zone: TimeZone,
}

pub(super) fn open(context: &Context) -> Result<Opened, Report> {
    let (loaded, environment) = context.open()?;
    let environment = context.session().overrides.apply(environment);
    let zone = clock_zone(environment.timezone.as_deref());
    Ok(Opened { config: loaded.config, environment, zone })
}

impl Opened {
    pub(super) fn needs_cluster(&self) -> Result<(), Report> {
        if self.environment.cluster.is_some() {
            return Ok(());
        }
        Err(Report::usage(format!("{} has no containers", self.environment.name))
            .hint("an environment with services names its `cluster` in the configuration"))
    }

    pub(super) fn driver(&self, context: &Context) -> Driver {
        let file = audit_file::path(self.config.audit_file.as_deref());
        let session = (&self.environment, context.aws(&self.environment));
        let mut driver = Driver::new(&context.session().mark, self.zone.clone(), file, Clock::System, session);
        driver.operations.limit = context.global.timeout;
        let left = context.limit().and_then(|left| SignedDuration::try_from(left).ok());
        driver.operations.deadline = left.and_then(|left| Clock::System.now().checked_add(left).ok());
        driver
    }
}

/// `--timeout` ended it before anything was changed. `doing` is the rest of the sentence, what was not had by then:
/// `the instances were not read in it`.
pub(super) fn time_is_up(doing: &str) -> Report {
    let mut report = Report::new("timeout", format!("the time is up: {doing}"), ExitCode::TimedOut);
    report.causes.push("nothing was changed".to_owned());
    report.hint("give it more time with --timeout")
}

/// Whole and short names of the services that were typed, or of all.
pub(super) async fn names(
    context: &Context,
    opened: &Opened,
    typed: &[String],
) -> Result<Vec<(String, String)>, Report> {
    let all: Vec<String> = if let Some(exact) = opened.environment.exact_services() {
        exact.to_vec()
    } else {
        let reading = context.collect(&[Source::Services], false).await?;
        reading.check_credentials()?;
        let estate = &reading.collector.app.estate;
        if estate.services.value().is_none() || reading.collected == Collected::TimedOut {
            let why = estate.services.failure().cloned();
            if reading.collected == Collected::TimedOut {
                return Err(time_is_up("the services could not be listed in it"));
            }
            let report = Report::new("services", "the services cannot be listed", ExitCode::Failed);
            return Err(match why {
                Some(failure) => Report::of_failure("the services cannot be listed", &failure),
                None => report,
            });
        }
        estate.services.value().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    };
    let every: Vec<&str> = all.iter().map(String::as_str).collect();
    let shortening = Shortening::of(every.iter().copied());
    let short = |name: &str| shortening.short(name).to_owned();
    let home = headless::select::Home::of(&opened.environment, None);
    let wanted = headless::select::among("service", &every, typed, home)?.unwrap_or_else(|| all.clone());
    // In the configured order, each once.
    Ok(all.iter().filter(|name| wanted.contains(name)).map(|name| (name.clone(), short(name))).collect())
}

/// The one service that was typed.
pub(super) fn one(mut names: Vec<(String, String)>) -> Result<(String, String), Report> {
    match (names.pop(), names.is_empty()) {
        (Some(name), true) => Ok(name),
        _ => Err(Report::usage("one service is needed").hint("name it, as `cockpit services` lists it")),
    }
}
