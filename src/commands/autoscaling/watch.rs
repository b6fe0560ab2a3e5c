//! `cockpit autoscaling SERVICE --watch`: how a service scales as it does, and a report at the end.

use super::args::Arguments;
use super::report::SOURCES;
use crate::cli::{ExitCode, Output, Report};
use crate::commands::context::{Context, Reading};
use crate::commands::printed::printed;
use crate::commands::say::say;
use crate::headless::sources;
use crate::model::scaling_watch::{Sample, Told, Watch};
use crate::model::text::harmless;
use crate::model::{AlarmState, MetricKey, Source, time};
use crate::runtime::stop::stopped;
use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

/// How often it is looked: metrics have a point a minute, activities none for longer.
const EVERY: Duration = Duration::from_secs(10);

pub(super) async fn watch(
    context: &Context,
    arguments: &Arguments,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let wanted: Vec<Source> = SOURCES.iter().copied().chain([Source::Metrics, Source::AlarmHistory]).collect();
    let mut reading = context.collect(&wanted, true).await?;
    reading.check_credentials()?;
    let names = crate::headless::select::services(&reading.input(), &arguments.services)?.unwrap_or_default();
    let [name] = names.as_slice() else {
        return Err(Report::usage("one service is watched").hint("name it, as `cockpit services` lists it"));
    };
    let name = name.clone();
    let mut watch = Watch::default();
    let mut failed: BTreeSet<String> = BTreeSet::new();
    let mut code = ExitCode::Done;
    loop {
        if let Some(sample) = sample(&reading, &name) {
            for told in watch.take(sample) {
                if let Err(error) = line(context, &reading, &told, out) {
                    return printed(Err(error));
                }
            }
        }
        let notes: BTreeSet<String> = sources::notes(&reading.input().asked().rows(&wanted)).into_iter().collect();
        for note in notes.difference(&failed) {
            say(note);
        }
        failed = notes;
        if watch.done() {
            break;
        }
        let left = context.limit();
        if left.is_some_and(|left| left <= EVERY) {
            tokio::time::sleep(left.unwrap_or_default()).await;
            break;
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            signal = stopped() => {
                code = signal.code();
                break;
            }
        }
        reading.collector.again(context.limit()).await;
    }
    let ended = watch.ended();
    let written = if context.output == Output::Json {
        serde_json::to_string(&ended).map_err(io::Error::other).and_then(|text| writeln!(out, "{text}"))
    } else {
        ended.lines().iter().try_for_each(|line| writeln!(out, "{}", harmless(line)))
    };
    printed(written)?;
    Ok(if failed.is_empty() || code != ExitCode::Done { code } else { ExitCode::Incomplete })
}

/// A line as it is told: with its time, or an object.
fn line(context: &Context, reading: &Reading, told: &Told, out: &mut dyn io::Write) -> io::Result<()> {
    let text = if context.output == Output::Json {
        serde_json::to_string(told).map_err(io::Error::other)?
    } else {
        harmless(&format!("{}  {}", time::clock(told.at, &reading.zone), told.what)).into_owned()
    };
    writeln!(out, "{text}")?;
    out.flush()
}

/// How the service stands now; none while it is not known.
fn sample(reading: &Reading, name: &str) -> Option<Sample> {
    let app = &reading.collector.app;
    let (estate, now) = (&app.estate, app.service_now());
    let service = estate.service(name)?;
    let resource = service.scaling_id();
    let target = estate.scalable.value().into_iter().flatten().find(|target| target.resource == resource);
    let value = |metric: Option<&str>| {
        let key = match metric? {
            "ECSServiceAverageCPUUtilization" => MetricKey::ServiceCpu(name.to_owned()),
            "ECSServiceAverageMemoryUtilization" => MetricKey::ServiceMemory(name.to_owned()),
            _ => return None,
        };
        estate.series.get(&key)?.recent(now).map(|point| point.value)
    };
    let policies = estate.policies.value().into_iter().flatten().filter(|policy| policy.resource == resource);
    let of_service = format!("TargetTracking-{resource}-");
    // Newest first; the first word of each is how it stands.
    let mut alarms: Vec<(String, AlarmState)> = Vec::new();
    for change in estate.alarm_changes.value().into_iter().flatten().filter(|one| one.alarm.starts_with(&of_service)) {
        if let Some((_, to)) = change.states
            && !alarms.iter().any(|(known, _)| *known == change.alarm)
        {
            alarms.push((change.alarm.clone(), to));
        }
    }
    let activities = estate.activities.value().into_iter().flatten().filter(|one| one.resource == resource);
    Some(Sample {
        at: now,
        desired: service.desired,
        running: service.running,
        policies: policies.map(|policy| (policy.clone(), value(policy.metric.as_deref()))).collect(),
        alarms,
        activities: activities.cloned().collect(),
        suspended: target.map(|target| target.suspended.words()).unwrap_or_default(),
        limits: target.map(|target| (target.min, target.max)),
    })
}
