//! Checks before a deployment, each with a sentence as its result. A [`Level::Stop`] prevents the deployment.

use crate::failure::{Failure, FailureKind};
use crate::image::{Image, architecture_of};
use crate::rollout::{RolloutStatus, ServiceDeployment};
use crate::scaling::ScalableTarget;
use crate::service::Service;
use crate::task_definition::{TaskDefinition, family};
use crate::time;
use crate::timer::{Power, Timer};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Fine,
    /// Informational.
    Note,
    /// A warning.
    Warn,
    /// The deployment must not be done.
    Stop,
}

/// A check with its result.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    /// The level.
    pub level: Level,
    /// The result, as a sentence without a full stop.
    pub text: String,
    /// The hint, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Whether it stops the operation because of its arguments.
    #[serde(skip)]
    pub usage: bool,
    /// The kind of the AWS failure that it reports, if any.
    #[serde(skip)]
    pub failure: Option<FailureKind>,
}

impl Check {
    /// Creates a check without a hint.
    pub fn new(level: Level, text: impl Into<String>) -> Self {
        Self { level, text: text.into(), hint: None, usage: false, failure: None }
    }

    /// Creates a check for something that could not be read, with the hint of the failure.
    pub fn failed(level: Level, what: &str, failure: &Failure) -> Self {
        let check = Self::new(level, format!("{what}: {failure}")).hint(failure.hint());
        Self { failure: Some(failure.kind), ..check }
    }

    /// Creates a check that stops the operation because of its arguments.
    pub fn usage(text: impl Into<String>) -> Self {
        Self { usage: true, ..Self::new(Level::Stop, text) }
    }

    /// Returns the check with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A scheduled stop within this time causes a warning.
const STOP_NOTICE: SignedDuration = SignedDuration::from_mins(30);

/// Checks the service: its controller, deployments in progress, its percentages, and the circuit breaker.
pub fn service(
    service: &Service,
    history: &[ServiceDeployment],
    running: Option<&TaskDefinition>,
    now: Timestamp,
) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Some(deleted) = deleted(service) {
        // Nothing else matters.
        return vec![deleted];
    }
    if service.controller != "ECS" {
        checks.push(unsupported_controller(&service.controller));
    }
    checks.extend(check_no_deployment(service, history, running, now));
    // The percentages only apply to a rolling update. Source: `maximumPercent`, `minimumHealthyPercent` of the ECS API.
    let staged = !matches!(service.strategy.as_str(), "" | "ROLLING");
    checks.push(if staged {
        let how = service.strategy.to_lowercase().replace('_', "/");
        let text = format!("it is rolled out {how}: old and new tasks run side by side until ECS moves the traffic");
        Check::new(Level::Note, text)
    } else if service.is_daemon() && service.desired == 0 {
        let text = "DAEMON, and no container instance of its cluster takes it: nothing will run until one does";
        Check::new(Level::Warn, text).hint("`aws ecs list-container-instances` lists those of the cluster")
    } else if service.is_daemon() {
        Check::new(Level::Fine, "DAEMON: one task on each container instance")
    } else {
        percentages(service)
    });
    checks.push(breaker(service));
    if !service.deployment_alarms.is_empty() {
        let names = service.deployment_alarms.join(", ");
        checks.push(Check::new(Level::Note, format!("these alarms end the deployment: {names}")));
    }
    checks
}

/// Checks whether a failing version is rolled back automatically.
pub fn breaker(service: &Service) -> Check {
    match service.breaker {
        Some(breaker) if breaker.enabled && breaker.rollback => Check::new(
            Level::Fine,
            format!("the circuit breaker rolls back after {} failures", breaker_threshold(service.desired)),
        ),
        Some(breaker) if breaker.enabled => {
            Check::new(Level::Note, "the circuit breaker stops a failing deployment and does not roll back")
        }
        _ => Check::new(Level::Warn, "the circuit breaker is off: ECS would try a failing version for ever"),
    }
}

/// Checks for containers that the service's load balancers route to but that the task definition lacks: ECS would
/// reject it, after a copy was already registered.
pub fn missing_balanced_containers(service: &Service, target: &TaskDefinition) -> Vec<Check> {
    let missing = service.balanced.iter().filter(|name| target.container(name).is_none());
    let check = |name: &String| {
        Check::usage(format!("{} has no container {name}, which the load balancer reaches", target.name))
            .hint(format!("name a revision of {}", family(&service.task_definition)))
    };
    missing.map(check).collect()
}

/// Warns of a task definition of another family that never ran in this service.
pub fn foreign_family(service: &Service, target: &TaskDefinition) -> Check {
    let text = format!(
        "{} is of the family {}, and {} runs {}: its history does not show that it ever ran there",
        target.name,
        family(&target.name),
        service.name,
        service.task_definition
    );
    Check::new(Level::Warn, text).hint("it brings the roles, variables and images of the other one")
}

/// Stops on a deleted service, which cannot be changed any more.
pub fn deleted(service: &Service) -> Option<Check> {
    let check = || Check::new(Level::Stop, format!("the service is {}: it was deleted", service.status));
    service.is_deleted().then(|| check().hint("create it again with the tool that makes it"))
}

/// Stops on a deployment in progress, and names who is probably responsible.
pub fn check_no_deployment(
    service: &Service,
    history: &[ServiceDeployment],
    running: Option<&TaskDefinition>,
    now: Timestamp,
) -> Option<Check> {
    let primary = service.primary();
    let newest = history.first().filter(|entry| !entry.status.has_ended());
    if !service.is_rolling_out() && newest.is_none() {
        return None;
    }
    let to = newest
        .and_then(|entry| entry.target.clone())
        .or_else(|| primary.map(|primary| primary.task_definition.clone()))
        .unwrap_or_default();
    let since = newest.and_then(|entry| entry.created_at).or_else(|| primary.and_then(|primary| primary.created_at));
    let since = time::age(since, now);
    let text = if newest.is_some_and(|entry| entry.status == RolloutStatus::RollbackInProgress) {
        format!("a rollback is in progress since {since}")
    } else {
        // AWS does not record who deploys; the identity that registered the task definition is the best approximation.
        let by = running
            .filter(|definition| definition.name == to)
            .and_then(|definition| definition.registered_by.as_deref());
        let by =
            by.map(|arn| format!(", registered by {},", arn.rsplit('/').next().unwrap_or(arn))).unwrap_or_default();
        format!("a deployment to {to}{by} is in progress since {since}")
    };
    let name = &service.name;
    Some(
        Check::new(Level::Stop, text)
            .hint(format!("watch it with `cockpit deploy {name} --attach`, or end it with `cockpit rollback {name}`")),
    )
}

/// Returns the number of failures after which the circuit breaker opens: half of the desired count rounded up, 3 to
/// 200. Source: the ECS developer guide on the deployment circuit breaker.
pub fn breaker_threshold(desired: u32) -> u32 {
    desired.div_ceil(2).clamp(3, 200)
}

/// Checks whether the minimum and maximum percent leave room to replace a task. ECS rounds the minimum up and the
/// maximum down, so that some pairs allow neither stopping an old task nor starting a new one.
fn percentages(service: &Service) -> Check {
    let (min, max) = (service.min_percent.unwrap_or(100), service.max_percent.unwrap_or(200));
    let desired = service.desired;
    let floor = (desired * min).div_ceil(100);
    let ceiling = desired * max / 100;
    let room = format!("minimum {min} % and maximum {max} % of {desired}");
    if desired > 0 && floor == 0 && ceiling <= desired {
        let text = format!("{room} let ECS stop every old task before a new one runs: nothing may serve meanwhile");
        return Check::new(Level::Warn, text).hint("raise the maximum percent, so that both run for a while");
    }
    if desired == 0 || ceiling > desired || floor < desired {
        return Check::new(Level::Fine, format!("{room} leave room"));
    }
    Check::new(Level::Stop, format!("{room} allow neither to start a new task nor to stop an old one"))
        .hint("raise the maximum percent, lower the minimum percent, or change the desired count")
}

/// Checks autoscaling, scheduled stops, and whether the environment is stopped.
pub fn interference(
    service: &Service,
    scalable: Option<&ScalableTarget>,
    timers: &[Timer],
    now: Timestamp,
    zone: &TimeZone,
) -> Vec<Check> {
    let mut checks = Vec::new();
    if service.is_deleted() {
        return checks;
    }
    if let Some(target) = scalable {
        let (min, max) = (target.min, target.max);
        if target.suspended.any() {
            let what = target.suspended.describe();
            checks.push(Check::new(Level::Note, format!("autoscaling {min}–{max}, suspended: {what}")));
        } else {
            checks.push(Check::new(Level::Fine, format!("autoscaling keeps it between {min} and {max}")));
        }
    }
    if service.is_daemon() {
        return checks;
    }
    if service.desired == 0 {
        let mut text = "it is stopped (desired 0): nothing will run until it is started".to_owned();
        let start = soonest(timers, Power::Start, now);
        if let Some(at) = start {
            text = format!("{text}; the schedule starts it at {}", time::moment(at, now, zone));
        }
        checks.push(Check::new(Level::Warn, text).hint("start it first with `cockpit start`"));
    } else if let Some(at) = soonest(timers, Power::Stop, now)
        && at.duration_since(now) <= STOP_NOTICE
    {
        let text = format!("the schedule stops this environment at {}", time::moment(at, now, zone));
        checks.push(Check::new(Level::Warn, text).hint("skip it with `cockpit schedule --skip stop`"));
    }
    checks
}

/// Returns the next time at which a schedule has this effect.
pub fn soonest(timers: &[Timer], power: Power, now: Timestamp) -> Option<Timestamp> {
    timers.iter().filter(|timer| timer.power() == Some(power)).filter_map(|timer| timer.next(now)).min()
}

/// Checks the image: its digest and age, its architecture, and the scan's findings.
pub fn image(image: &Image, definition: &TaskDefinition, now: Timestamp) -> Vec<Check> {
    let mut checks = Vec::new();
    let pushed = image.pushed_at.map(|at| format!(", pushed {} ago", time::short(now.duration_since(at))));
    let tags = if image.tags.is_empty() { String::new() } else { format!(" ({})", image.tags.join(", ")) };
    checks.push(Check::new(Level::Fine, format!("{}{tags}{}", image.digest, pushed.unwrap_or_default())));
    let wanted = architecture_of(definition.architecture.as_deref());
    if image.architectures.is_empty() {
        checks.push(Check::new(Level::Note, "the image's architecture could not be read"));
    } else if image.architectures.iter().any(|architecture| architecture == wanted) {
        checks.push(Check::new(Level::Fine, format!("built for {wanted}")));
    } else {
        let text = format!("the image is for {}, the task definition for {wanted}", image.architectures.join(", "));
        checks.push(Check::new(Level::Stop, text).hint(format!("build it with --platform linux/{wanted}")));
    }
    if let Some(scan) = &image.scan {
        let (critical, high) = (scan.critical, scan.high);
        let level = if critical > 0 {
            Level::Warn
        } else if high > 0 {
            Level::Note
        } else {
            Level::Fine
        };
        let text = scan.describe();
        checks.push(Check::new(level, text));
    }
    checks
}

/// Returns the checks before ECS Exec is enabled for a service.
pub fn exec(service: &Service) -> Vec<Check> {
    let mut checks = Vec::new();
    if service.exec {
        checks.push(Check::new(Level::Warn, "ECS Exec is on already: only new tasks will come of it"));
    }
    let role = "the agent in the tasks needs a role with ssmmessages:CreateControlChannel, CreateDataChannel, \
                OpenControlChannel and OpenDataChannel";
    checks.push(Check::new(Level::Note, role));
    let code = "if the service is managed in code, an apply switches it off again";
    checks.push(Check::new(Level::Note, code).hint("write `enable_execute_command = true` there (Terraform)"));
    checks
}

/// Returns the check that stops the deployment of a service with another deployment controller.
pub fn unsupported_controller(controller: &str) -> Check {
    let text = format!("its deployments are made by {controller}, not by ECS");
    Check::new(Level::Stop, text).hint("deploy it with the tool that controls it")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Scan;
    use crate::service::{Breaker, Deployment, RolloutState};

    fn at() -> Timestamp {
        "2026-11-20T11:00:00Z".parse().expect("valid")
    }

    fn active(desired: u32, min: u32, max: u32) -> Service {
        Service {
            status: "ACTIVE".into(),
            controller: "ECS".into(),
            desired,
            min_percent: Some(min),
            max_percent: Some(max),
            breaker: Some(Breaker { enabled: true, rollback: true }),
            ..Service::default()
        }
    }

    fn worst(checks: &[Check]) -> Option<&Check> {
        checks.iter().max_by_key(|check| check.level)
    }

    #[test]
    fn deleted_service_is_reported_only_as_deleted() {
        for status in ["DRAINING", "INACTIVE"] {
            let removed = Service { status: status.into(), ..active(0, 100, 100) };
            let checks = service(&removed, &[], None, at());
            assert_eq!(
                checks.iter().map(|check| check.text.as_str()).collect::<Vec<_>>(),
                [format!("the service is {status}: it was deleted")]
            );
            let target = ScalableTarget { min: 1, max: 2, ..ScalableTarget::default() };
            assert_eq!(interference(&removed, Some(&target), &[], at(), &TimeZone::UTC), [], "it cannot be started");
        }
    }

    #[test]
    fn deadlocking_percentages_stop_a_deployment() {
        for (desired, min, max, fine) in [
            (1, 100, 200, true),
            (1, 0, 100, true),
            (4, 0, 100, true),
            (2, 75, 100, false),
            (3, 100, 125, false),
            (4, 100, 125, true),
            (1, 100, 150, false),
            (0, 100, 100, true),
        ] {
            let checks = service(&active(desired, min, max), &[], None, at());
            let stopped = worst(&checks).is_some_and(|check| check.level == Level::Stop);
            assert_eq!(!stopped, fine, "{desired} at {min}–{max}");
            let halts = worst(&checks).is_some_and(|check| check.text.contains("nothing may serve meanwhile"));
            assert_eq!(halts, min == 0, "{desired} at {min}–{max}");
            let beside = Service { strategy: "BLUE_GREEN".into(), ..active(desired, min, max) };
            assert!(service(&beside, &[], None, at()).iter().all(|check| check.level < Level::Stop), "{desired}");
        }
    }

    #[test]
    fn deployment_in_progress_names_who_is_responsible() {
        let mut busy = active(1, 100, 200);
        busy.deployments = vec![Deployment {
            status: "PRIMARY".into(),
            rollout: Some(RolloutState::InProgress),
            task_definition: "web:42".into(),
            created_at: Some(at() - SignedDuration::from_secs(90)),
            ..Deployment::default()
        }];
        let checks = service(&busy, &[], None, at());
        assert_eq!(worst(&checks).map(|c| c.text.as_str()), Some("a deployment to web:42 is in progress since 1m"));
    }

    #[test]
    fn registrant_is_named_only_for_its_own_definition() {
        let mut busy = active(1, 100, 200);
        busy.deployments = vec![Deployment {
            status: "PRIMARY".into(),
            rollout: Some(RolloutState::InProgress),
            task_definition: "web:42".into(),
            ..Deployment::default()
        }];
        let running = TaskDefinition {
            name: "web:42".into(),
            registered_by: Some("arn:aws:sts::1:assumed-role/dev/alice".into()),
            ..TaskDefinition::default()
        };
        let checks = service(&busy, &[], Some(&running), at());
        assert!(
            worst(&checks).is_some_and(|check| check.text.contains("web:42, registered by alice, is")),
            "{checks:?}"
        );
    }

    #[test]
    fn other_controller_and_disabled_breaker_are_reported() {
        let mut other = active(1, 100, 200);
        other.controller = "CODE_DEPLOY".into();
        assert!(worst(&service(&other, &[], None, at())).is_some_and(|c| c.level == Level::Stop));
        other.controller = "ECS".into();
        other.breaker = None;
        assert!(worst(&service(&other, &[], None, at())).is_some_and(|c| c.level == Level::Warn));
    }

    #[test]
    fn wrong_architecture_stops_and_unknown_one_does_not() {
        let definition = TaskDefinition { architecture: Some("X86_64".into()), ..TaskDefinition::default() };
        let with = |architectures: &[&str]| Image {
            architectures: architectures.iter().map(ToString::to_string).collect(),
            scan: Some(Scan { status: "COMPLETE".into(), critical: 1, ..Scan::default() }),
            ..Image::default()
        };
        let level = |image: &Image| worst(&super::image(image, &definition, at())).map(|check| check.level);
        assert_eq!(level(&with(&["arm64"])), Some(Level::Stop));
        assert_eq!(level(&with(&["arm64", "amd64"])), Some(Level::Warn));
        assert_eq!(level(&with(&[])), Some(Level::Warn));
    }

    #[test]
    fn deployment_into_a_stopped_environment_warns() {
        let zone = TimeZone::get("Asia/Tokyo").expect("bundled");
        let timer = |expression: &str, action: &str| Timer {
            expression: expression.into(),
            timezone: Some("Asia/Tokyo".into()),
            enabled: true,
            input: format!("{{\"action\":\"{action}\"}}"),
            ..Timer::default()
        };
        let timers = [timer("cron(0 9 ? * MON-FRI *)", "start"), timer("cron(15 20 ? * MON-FRI *)", "stop")];
        let checks = interference(&active(0, 100, 200), None, &timers, at(), &zone);
        assert!(checks[0].text.contains("the schedule starts it at Mon 09:00 JST"), "{checks:?}");
        // 20:00 in Tokyo, a quarter of an hour before the scheduled stop.
        let checks = interference(&active(1, 100, 200), None, &timers, at(), &zone);
        assert!(checks[0].text.contains("stops this environment at 20:15 JST"), "{checks:?}");
    }
}
