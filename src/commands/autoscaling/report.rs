//! The report of `cockpit autoscaling`: limits, policies, schedules, recent activities, and why a service does not
//! scale.

use crate::cli::Report;
use crate::headless::Rows;
use crate::headless::convert::{self, time};
use crate::headless::dto::{PolicyDto, ScheduledDto};
use crate::headless::emit::Printable;
use crate::headless::input::{SnapshotInput, known};
use crate::headless::lists::Head;
use crate::headless::select;
use crate::headless::table::{Table, left_aligned, numbers, prose};
use crate::model::estate::ServiceRow;
use crate::model::scaling_watch::{Observation, WatchSummary};
use crate::model::{ScalableTarget, ScalingActivity, Service, Source};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Schema of the list of services.
pub const SCHEMA: &str = "cockpit.autoscaling/1";
/// The sources that the list reads.
pub const SOURCES: &[Source] = &[
    Source::Identity,
    Source::Services,
    Source::ScalableTargets,
    Source::ScalingPolicies,
    Source::ScheduledActions,
    Source::ScalingActivities,
];
/// Number of activities listed for each service.
const NEWEST: usize = 10;

/// Schema of the lines of `cockpit autoscaling --watch`.
pub const LINE: &str = "cockpit.scaling-line/1";

/// A line of `cockpit autoscaling --watch -o json`; the last line is the summary.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Line {
    /// An observation.
    Told(ToldDto),
    /// The summary at the end.
    Ended(EndedDto),
}

/// An observation.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ToldDto {
    /// `cockpit.scaling-line/1`.
    #[schemars(extend("const" = LINE))]
    schema: &'static str,
    /// The time of the observation by AWS's clock.
    at: String,
    /// The observation in a sentence.
    what: String,
}

/// The summary of a watch; steps that were not observed are `null`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EndedDto {
    /// `cockpit.scaling-line/1`.
    #[schemars(extend("const" = LINE))]
    schema: &'static str,
    /// When the load rose.
    load: Option<String>,
    /// When the desired count was first raised, and its new value.
    out: Option<(String, u32)>,
    /// When that many tasks were running.
    capacity: Option<String>,
    /// When the load was gone.
    calm: Option<String>,
    /// When the desired count was first lowered again, and its new value.
    back: Option<(String, u32)>,
    /// The highest number of running tasks.
    most: u32,
    /// The reasons that delayed scaling, with the number of times each was observed.
    held: Vec<(String, u32)>,
}

impl Line {
    /// Makes the line of an observation.
    pub fn of(observation: &Observation) -> Self {
        Self::Told(ToldDto { schema: LINE, at: observation.at.to_string(), what: observation.what.clone() })
    }

    /// Makes the line of the summary at the end.
    pub fn of_end(ended: &WatchSummary) -> Self {
        let step = |step: Option<(Timestamp, u32)>| step.map(|(at, to)| (at.to_string(), to));
        Self::Ended(EndedDto {
            schema: LINE,
            load: time(ended.load),
            out: step(ended.out),
            capacity: time(ended.capacity),
            calm: time(ended.load_end),
            back: step(ended.back),
            most: ended.peak_running,
            held: ended.delays.clone(),
        })
    }
}

/// The list of services with their autoscaling.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AutoscalingList {
    /// Schema, environment, time, sources.
    #[serde(flatten)]
    pub head: Head,
    /// A row for each service; `null` if services could not be read.
    pub services: Option<Vec<ScalingDto>>,
}

/// The autoscaling of a service.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ScalingDto {
    /// The service.
    pub service: String,
    /// The desired number of tasks.
    pub desired: u32,
    /// Number of tasks in RUNNING.
    pub running: u32,
    /// Whether it is registered for autoscaling; `null` if that could not be read.
    pub registered: Option<bool>,
    /// The lowest desired count that autoscaling sets.
    pub min: Option<u32>,
    /// The highest desired count that autoscaling sets.
    pub max: Option<u32>,
    /// The suspended kinds of scaling in words; empty if none is, `null` if that is not known or the service is not
    /// registered.
    pub suspended: Option<String>,
    /// Policies; `null` if they could not be read.
    pub policies: Option<Vec<PolicyDto>>,
    /// Scheduled actions; `null` if they could not be read.
    pub scheduled: Option<Vec<ScheduledDto>>,
    /// The newest activities, newest first; `null` if they could not be read.
    pub activities: Option<Vec<ActivityDto>>,
    /// The known reasons why it does not scale.
    pub not_scaling_because: Vec<String>,
    /// Its name without the prefix and suffix that all services of the environment share.
    pub short: String,
}

/// A scaling activity, including attempts that did not scale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ActivityDto {
    /// When it began.
    pub at: Option<String>,
    /// `Successful`, `InProgress`, `Failed`, `NotScaled` …
    pub status: String,
    /// AWS's description of the activity.
    pub description: String,
    /// AWS's description of the cause.
    pub cause: String,
    /// The desired count that it set.
    pub set_to: Option<u32>,
    /// The reason codes for not scaling: `AlreadyAtMaxCapacity`, …
    pub not_scaled: Vec<String>,
    /// AWS's message on the status.
    pub message: Option<String>,
}

/// Builds the list of these services, or of all.
pub fn autoscaling(input: &SnapshotInput<'_>, wanted: &[String]) -> Result<AutoscalingList, Report> {
    let names = select::services(input, wanted)?;
    let services = if input.environment.cluster.is_none() {
        Some(Vec::new())
    } else {
        known(&input.estate.services, BTreeMap::is_empty).map(|all| {
            let rows = input.estate.derived.services.iter();
            rows.filter(|row| names.as_ref().is_none_or(|names| names.contains(&row.name)))
                .filter_map(|row| Some(dto(input, all.get(&row.name)?, row)))
                .collect()
        })
    };
    Ok(AutoscalingList { head: Head::new(SCHEMA, input, SOURCES), services })
}

fn dto(input: &SnapshotInput<'_>, service: &Service, row: &ServiceRow) -> ScalingDto {
    let estate = input.estate;
    let resource = service.scaling_id();
    let target = convert::scalable(estate, &resource);
    let activities: Option<Vec<&ScalingActivity>> = estate
        .activities
        .value()
        .map(|all| all.iter().filter(|activity| activity.resource == resource).take(NEWEST).collect());
    let registered = known(&estate.scalable, Vec::is_empty).map(|_| target.is_some());
    let policies = convert::policies(estate, &resource);
    ScalingDto {
        service: service.name.clone(),
        desired: service.desired,
        running: service.running,
        registered,
        min: target.map(|target| target.min),
        max: target.map(|target| target.max),
        suspended: target.map(|target| target.suspended.describe()),
        not_scaling_because: why(service, registered, target, policies.as_deref(), activities.as_deref()),
        policies,
        scheduled: convert::scheduled(estate, &resource, input.now),
        activities: activities.map(|all| all.into_iter().map(activity).collect()),
        short: row.short.clone(),
    }
}

fn activity(activity: &ScalingActivity) -> ActivityDto {
    ActivityDto {
        at: time(activity.at),
        status: activity.status.clone(),
        description: activity.description.clone(),
        cause: activity.cause.clone(),
        set_to: activity.new_desired_count(),
        not_scaled: activity.not_scaled.clone(),
        message: activity.message.clone(),
    }
}

/// Returns all known reasons why a service does not scale.
fn why(
    service: &Service,
    registered: Option<bool>,
    target: Option<&ScalableTarget>,
    policies: Option<&[PolicyDto]>,
    activities: Option<&[&ScalingActivity]>,
) -> Vec<String> {
    let mut reasons = Vec::new();
    if registered == Some(false) {
        reasons.push("it is not registered for autoscaling".to_owned());
    }
    if let Some(target) = target {
        if target.suspended.any() {
            reasons.push(format!("suspended: {}", target.suspended.describe()));
        }
        if target.max == 0 {
            reasons.push("its maximum is 0".to_owned());
        } else if service.desired >= target.max {
            reasons.push(format!("it is at its maximum of {}", target.max));
        } else if target.min == target.max {
            reasons.push(format!("its minimum and maximum are both {}", target.max));
        }
        if policies.is_some_and(<[PolicyDto]>::is_empty) {
            reasons.push("it has no scaling policy".to_owned());
        }
    }
    // Only the newest activity counts: a reason from an hour ago may no longer apply.
    if let Some(newest) = activities.and_then(<[_]>::first) {
        for reason in &newest.not_scaled {
            reasons.push(words_of(reason));
        }
        if newest.status == "Failed" {
            let message = newest.message.as_deref().unwrap_or("without a reason");
            reasons.push(format!("the last activity failed: {message}"));
        }
    }
    reasons
}

/// Translates AWS's reason codes; an unknown code stays as it is.
fn words_of(code: &str) -> String {
    match code {
        "AlreadyAtMaxCapacity" => "the policy wants more, but it is at its maximum".to_owned(),
        "AlreadyAtMinCapacity" => "the policy wants less, but it is at its minimum".to_owned(),
        "AlreadyAtDesiredCapacity" => "it already has the count that the policy wants".to_owned(),
        "AutoScalingAnticipatedFlapping" => "autoscaling expects that it would have to go back at once".to_owned(),
        "TargetServicePutResourceAsUnscalable" => "ECS reports that it cannot be scaled now".to_owned(),
        other => other.to_owned(),
    }
}

impl Printable for AutoscalingList {
    fn tables(&self) -> Vec<Table> {
        let empty = if self.services.is_some() { "no services" } else { "services are not known" };
        let columns = [
            left_aligned("SERVICE"),
            numbers("DESIRED"),
            numbers("RUNNING"),
            numbers("MIN"),
            numbers("MAX"),
            left_aligned("SUSPENDED").rank(4),
            prose("POLICIES").rank(3),
            left_aligned("NEXT").rank(2),
            prose("LAST").rank(1),
            prose("WHY IT DOES NOT SCALE"),
        ];
        let mut table = Table::new(&columns, empty);
        let shown = &self.head.shown;
        for service in self.services.iter().flatten() {
            let number = |value: Option<u32>| value.map(|value| value.to_string());
            let policies = service.policies.as_ref().map(|all| {
                let one = |policy: &PolicyDto| match (&policy.metric, policy.target) {
                    (Some(metric), Some(target)) => format!("{metric} {target}"),
                    (_, _) => policy.name.clone(),
                };
                all.iter().map(one).collect::<Vec<_>>().join(", ")
            });
            let coming = service.scheduled.iter().flatten().filter_map(|action| Some((action.next.as_ref()?, action)));
            let next = coming.min_by_key(|(at, _)| (*at).clone());
            let next = next.map(|(at, action)| format!("{} {}", action.effect, shown.time(at)));
            let last = service.activities.iter().flatten().next();
            table.row([
                Some(service.service.clone()),
                number(Some(service.desired)),
                number(Some(service.running)),
                number(service.min),
                number(service.max),
                service.suspended.clone().filter(|words| !words.is_empty()),
                policies.filter(|text| !text.is_empty()),
                next,
                last.map(|last| {
                    let at = last.at.as_deref().map(|at| shown.time(at));
                    format!("{} {} {}", at.unwrap_or_default(), last.status, last.description)
                }),
                Some(service.not_scaling_because.join("; ")).filter(|text| !text.is_empty()),
            ]);
        }
        vec![table]
    }
    fn rows(&self) -> Option<Rows> {
        let fields = [
            "service",
            "running",
            "desired",
            "min",
            "max",
            "suspended",
            "policies",
            "scheduled",
            "activities",
            "not_scaling_because",
            "registered",
            "short",
        ];
        Some(Rows::new("services", &fields))
    }
    fn notes(&self) -> Vec<String> {
        self.head.notes()
    }
}
