//! The checks of `cockpit doctor`, for the command and for the screen: tools, permissions, tunnels, credentials, clock, and each
//! name in the environment's configuration. A failing check does not stop the others.

mod account;
mod configured;
mod files;
mod name_findings;
mod names;
mod own_values;
mod permissions;
mod tools;
mod tunnels;

use super::clock::Clock;
use super::collect::{Collected, Collector};
use crate::app::doctor::Check;
use crate::app::event::Event;
use crate::app::poll::Wants;
use crate::app::{App, Session};
use crate::aws;
use crate::cli::ExitCode;
use crate::config::{Config, EnvironmentConfig};
use crate::model::{FailureKind, Source};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, timeout};

pub use tools::checks as tools;

/// The time limit of a group of checks, unless another limit was set.
const LIMIT: Duration = Duration::from_mins(1);

/// The environment that is checked.
pub struct CheckedEnvironment {
    /// The configuration, which also has the other environments.
    pub config: Config,
    /// The environment, with the command line flags applied.
    pub environment: EnvironmentConfig,
    /// Facts about the session, including where configuration values are written.
    pub session: Session,
    /// The AWS session.
    pub aws: aws::Session,
    pub clock: Clock,
    /// The time limit of all checks; `None` gives each group of them a minute.
    pub end: Option<Instant>,
    /// Whether a screen has the terminal: nobody is asked for input then.
    pub on_screen: bool,
}

impl CheckedEnvironment {
    fn remaining(&self) -> Duration {
        self.end.map_or(LIMIT, |end| end.saturating_duration_since(Instant::now()))
    }
}

/// The checks, and their effect on the exit code.
pub struct DoctorResult {
    pub checks: Vec<Check>,
    /// The exit code, if it does not follow from the checks.
    pub code: Option<ExitCode>,
    /// Whether it is unknown for some name if its target exists.
    pub unread: bool,
}

impl DoctorResult {
    fn late(what: &str) -> Self {
        let checks = vec![Check::fail(what, "no answer in time", FailureKind::Timeout.hint())];
        // A missing answer does not prove a fault.
        Self { checks, code: Some(ExitCode::TimedOut), unread: false }
    }
}

/// Checks an environment.
pub async fn check(checked: &CheckedEnvironment) -> DoctorResult {
    let (tools, mut found) =
        tokio::join!(tools::checks(checked.end.map(|_| checked.remaining())), Box::pin(of_environment(checked)));
    let mut checks = tools;
    checks.append(&mut found.checks);
    // The Terraform code in the folder is unrelated to a simulated world.
    if !checked.session.simulated {
        checks.extend(own_values::checks(&std::env::current_dir().unwrap_or_default(), &checked.environment));
    }
    DoctorResult { checks, ..found }
}

/// Checks an environment for the screen and sends it the checks.
pub(super) async fn run_for_screen(checked: CheckedEnvironment, out: Sender<Event>) {
    let found = Box::pin(check(&checked)).await;
    let _ = out.send(Event::DoctorFinished(checked.environment.name.clone(), found.checks)).await;
}

async fn of_environment(checked: &CheckedEnvironment) -> DoctorResult {
    let CheckedEnvironment { environment, aws, .. } = checked;
    let probes = async { tokio::join!(aws.probe(environment), aws.probe_optional(environment)) };
    let Ok((probes, further)) = timeout(checked.remaining(), Box::pin(probes)).await else {
        return DoctorResult::late("aws");
    };
    let Ok(instance) = timeout(checked.remaining(), tunnels::instance(checked)).await else {
        return DoctorResult::late("tunnels");
    };
    let mut collector = collector(checked);
    if Box::pin(collector.collect(checked.end.map(|_| checked.remaining()))).await == Collected::TimedOut {
        return DoctorResult::late("identity");
    }
    let app: &App = &collector.app;
    let tunnel_checks = Box::pin(tunnels::checks(checked, app, instance.as_ref()));
    let Ok(tunnels) = timeout(checked.remaining(), tunnel_checks).await else { return DoctorResult::late("tunnels") };
    let configuration_checks = Box::pin(configured::checks(checked, app, instance.as_ref()));
    let Ok((lines, unread)) = timeout(checked.remaining(), configuration_checks).await else {
        return DoctorResult::late("configuration");
    };
    let (mut checks, code) = account::checks(checked, app);
    for probe in probes {
        checks.push(match probe.outcome {
            Ok(()) => Check::ok(probe.action, "allowed"),
            Err(failure) if failure.kind == FailureKind::Throttled => {
                Check::warn(probe.action, failure.message.clone(), failure.hint()).of(&failure)
            }
            Err(failure) => Check::fail(probe.action, failure.message.clone(), failure.hint()).of(&failure),
        });
    }
    checks.extend(further.into_iter().map(|probe| match probe.outcome {
        Ok(()) => Check::ok(probe.action, "allowed"),
        // These actions are needed only for some commands, so not everybody needs them.
        Err(failure) => Check::warn(probe.action, failure.message.clone(), failure.hint()).of(&failure),
    }));
    checks.extend(aws::probe::UNTRIED.iter().map(|one| Check::untried(one.action, one.reason, one.hint)));
    checks.extend(tunnels);
    checks.extend(lines);
    DoctorResult { checks, code, unread }
}

/// Creates a collector that reads the identity and the lists whose members the configuration names.
fn collector(checked: &CheckedEnvironment) -> Collector {
    let environment = &checked.environment;
    let wanted = [
        (Source::Identity, true),
        (Source::Cluster, true),
        // Without configured services they would be those of a whole cluster, perhaps thousands, and none is named.
        (Source::Services, !environment.services.is_empty()),
        (Source::Targets, !environment.target_groups.is_empty()),
        (Source::DbClusters, true),
        (Source::DbInstances, true),
        (Source::Alarms, true),
        (Source::Schedules, true),
        (Source::LogGroups, true),
        (Source::Function, true),
    ];
    let sources: BTreeSet<Source> =
        wanted.into_iter().filter(|(_, wanted)| *wanted).map(|(source, _)| source).collect();
    let wants = Wants { sources, service_metrics: false, once: true, ..Wants::default() };
    let (config, session) = (checked.config.clone(), checked.session.clone());
    let mut collector = Collector::new(config, environment.clone(), session, wants, checked.clock.clone());
    if checked.on_screen {
        collector = collector.with_screen().in_background();
    }
    collector.with_session(checked.aws.clone())
}
