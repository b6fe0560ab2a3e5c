//! The environment that a command changes, and the services named on its command line.

use super::completeness::complete_or_exact;
use super::context::Context;
pub(super) use super::timeouts::{nothing_changed, time_is_up};
use crate::cli::Report;
use crate::config::{Config, EnvironmentConfig};
use crate::headless;
use crate::model::Source;
use crate::model::names::Shortening;
use crate::runtime::clock::{Clock, zone as clock_zone};
use crate::runtime::{Driver, audit as audit_file};
use jiff::SignedDuration;
use jiff::tz::TimeZone;

/// An open environment, with what its operations need.
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
    pub(super) fn require_cluster(&self) -> Result<(), Report> {
        if self.environment.cluster.is_some() {
            return Ok(());
        }
        Err(Report::usage(format!("{} has no containers", self.environment.name))
            .hint("an environment with services names its `cluster` in the configuration"))
    }

    /// Resolves a typed revision: `family:revision`, its number, or its ARN, which must be of this account and region.
    pub(super) fn revision(&self, typed: &str) -> Result<String, Report> {
        let known = self.environment.account.is_some() && self.environment.region.is_some();
        if typed.starts_with("arn:") && !known {
            let text = format!(
                "it is not known whether `{typed}` belongs to this environment: its account or region is not configured"
            );
            return Err(Report::usage(text).hint("write it as family:revision"));
        }
        headless::select::ArnScope::of(&self.environment, None).bare_name("task-definition", typed).map(str::to_owned)
    }

    pub(super) fn driver(&self, context: &Context) -> Driver {
        let file = audit_file::path(self.config.audit_file.as_deref());
        let session = (&self.environment, context.aws(&self.environment));
        let mut driver = Driver::new(&context.session().mark, self.zone.clone(), file, Clock::System, session);
        driver.operations.limit = context.global.timeout;
        let left = context.time_left().and_then(|left| SignedDuration::try_from(left).ok());
        driver.operations.deadline = left.and_then(|left| Clock::System.now().checked_add(left).ok());
        driver
    }
}

/// Returns the full and short names of the typed services, or of all.
pub(super) async fn service_names(
    context: &Context,
    opened: &Opened,
    typed: &[String],
) -> Result<Vec<(String, String)>, Report> {
    let home = headless::select::ArnScope::of(&opened.environment, None);
    let (all, whole): (Vec<String>, bool) = if let Some(exact) = opened.environment.exact_services() {
        (exact.to_vec(), true)
    } else {
        let reading = context.collect(&[Source::Services], false).await?;
        let estate = &reading.collector.app.estate;
        let known: Vec<&str> = estate.services.value().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        let typed: Result<Vec<&str>, Report> = typed.iter().map(|typed| home.bare_name("service", typed)).collect();
        let complete = complete_or_exact(&reading, &[Source::Services], "services", (&typed?, &known))?;
        (known.into_iter().map(str::to_owned).collect(), complete)
    };
    let every: Vec<&str> = all.iter().map(String::as_str).collect();
    let shortening = Shortening::of(every.iter().copied());
    // With an incomplete list, a short name might belong to an unread service.
    let short = |name: &str| if whole { shortening.short(name).to_owned() } else { name.to_owned() };
    let wanted = headless::select::resolve_names("service", &every, typed, home)?.unwrap_or_else(|| all.clone());
    // In the configured order, each once.
    Ok(all.iter().filter(|name| wanted.contains(name)).map(|name| (name.clone(), short(name))).collect())
}

/// Returns the only service that was typed.
pub(super) fn single_service(mut names: Vec<(String, String)>) -> Result<(String, String), Report> {
    match (names.pop(), names.is_empty()) {
        (Some(name), true) => Ok(name),
        _ => Err(Report::usage("one service is needed").hint("name it, as `cockpit services` lists it")),
    }
}
