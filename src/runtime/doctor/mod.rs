//! The checks of `cockpit doctor`, for the command and for the screen: tools, permissions, tunnels, credentials and
//! clock, each line of the environment's configuration. Every check runs; none stops the others.

mod account;
mod asked;
mod configured;
mod files;
mod lines;
mod own_values;
mod permissions;
mod tools;
mod tunnels;

use super::clock::Clock;
use super::collect::{Collected, Collector};
use crate::app::checkup::Check;
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

/// The limit for an answer, where no other one was set.
const LIMIT: Duration = Duration::from_mins(1);

/// The environment that is checked.
pub struct CheckedEnvironment {
    /// With the environments beside it.
    pub config: Config,
    /// The environment, with what flags say over it.
    pub environment: EnvironmentConfig,
    /// The session's facts, with where the values of the configuration stand.
    pub session: Session,
    /// The session with which AWS is asked.
    pub aws: aws::Session,
    pub clock: Clock,
    /// When it ends at the latest; none: each part has a minute.
    pub end: Option<Instant>,
    /// A screen is taken: nobody is asked anything.
    pub on_screen: bool,
}

impl CheckedEnvironment {
    fn left(&self) -> Duration {
        self.end.map_or(LIMIT, |end| end.saturating_duration_since(Instant::now()))
    }
}

/// The checks, and what the exit code tells of them.
pub struct Found {
    pub checks: Vec<Check>,
    /// The exit code, where it is not that of the checks.
    pub code: Option<ExitCode>,
    /// Whether something is there could not be read.
    pub unread: bool,
}

impl Found {
    fn late(what: &str) -> Self {
        let checks = vec![Check::fail(what, "no answer in time", FailureKind::Timeout.hint())];
        // What was not answered in time is not known to be wrong.
        Self { checks, code: Some(ExitCode::TimedOut), unread: false }
    }
}

/// Looks at an environment.
pub async fn look(patient: &CheckedEnvironment) -> Found {
    let (tools, mut found) =
        tokio::join!(tools::checks(patient.end.map(|_| patient.left())), Box::pin(of_environment(patient)));
    let mut checks = tools;
    checks.append(&mut found.checks);
    // Real code beside a simulated world says nothing of it.
    if !patient.session.simulated {
        checks.extend(own_values::checks(&std::env::current_dir().unwrap_or_default(), &patient.environment));
    }
    Found { checks, ..found }
}

/// Checks an environment for the screen, which is told each check.
pub(super) async fn tell(patient: CheckedEnvironment, out: Sender<Event>) {
    let found = Box::pin(look(&patient)).await;
    let _ = out.send(Event::Checked(patient.environment.name.clone(), found.checks)).await;
}

async fn of_environment(patient: &CheckedEnvironment) -> Found {
    let CheckedEnvironment { environment, aws, .. } = patient;
    let asked = async { tokio::join!(aws.probe(environment), aws.probe_further(environment)) };
    let Ok((probes, further)) = timeout(patient.left(), Box::pin(asked)).await else { return Found::late("aws") };
    let Ok(instance) = timeout(patient.left(), tunnels::instance(patient)).await else {
        return Found::late("tunnels");
    };
    let mut collector = collector(patient);
    if Box::pin(collector.collect(patient.end.map(|_| patient.left()))).await == Collected::TimedOut {
        return Found::late("identity");
    }
    let app: &App = &collector.app;
    let looks = Box::pin(tunnels::checks(patient, app, instance.as_ref()));
    let Ok(tunnels) = timeout(patient.left(), looks).await else { return Found::late("tunnels") };
    let looks = Box::pin(configured::checks(patient, app, instance.as_ref()));
    let Ok((lines, unread)) = timeout(patient.left(), looks).await else {
        return Found::late("configuration");
    };
    let (mut checks, code) = account::checks(patient, app);
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
        // What is not needed by all of the cockpit is not needed by everybody.
        Err(failure) => Check::warn(probe.action, failure.message.clone(), failure.hint()).of(&failure),
    }));
    checks.extend(aws::probe::UNTRIED.iter().map(|one| Check::untried(one.action, one.why, one.hint)));
    checks.extend(tunnels);
    checks.extend(lines);
    Found { checks, code, unread }
}

/// A collector for the identity, and for the lists that the configuration names something of.
fn collector(patient: &CheckedEnvironment) -> Collector {
    let environment = &patient.environment;
    let wanted = [
        (Source::Identity, true),
        (Source::Cluster, true),
        // Those of a whole cluster may be thousands, and none of them is named.
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
    let (config, session) = (patient.config.clone(), patient.session.clone());
    let mut collector = Collector::new(config, environment.clone(), session, wants, patient.clock.clone());
    if patient.on_screen {
        collector = collector.with_screen().in_passing();
    }
    collector.with_session(patient.aws.clone())
}
