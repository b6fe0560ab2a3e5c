//! `c` watches a service while it scales: events as they happen, task counts as curves, the cool-down, and finally a report
//! of how long each step took.

use super::state::{SCALING, Scaling};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::scaling::sample;
use crate::app::subject::{Fact, bad, fact};
use crate::app::update::refresh::after_move;
use crate::model::scaling_watch::{Sample, remaining_cooldowns, short};
use crate::model::time::{clock, short as spoken};
use crate::model::{AlarmState, Health, Point, Source};
use jiff::{SignedDuration, Timestamp};

/// Poll interval. Metrics and activities change no faster than once a minute.
const EVERY: SignedDuration = SignedDuration::from_secs(10);
/// Maximum number of events kept; the latest ones stay.
const TOLD: usize = 100;
/// Maximum number of events shown on the screen.
const SHOWN: usize = 12;
/// Maximum number of points of a curve: one day of polls.
const POINTS: usize = 8_640;

/// Starts to watch the opened service, or ends the watch with a report.
pub fn watch(app: &mut App) -> Vec<Effect> {
    let Some(name) = app.panes.services.service.clone() else {
        app.show_message("Enter opens a service; c then watches how it scales");
        return Vec::new();
    };
    if let Some(watched) = app.panes.services.scaling.take() {
        let same = watched.service == name;
        report(app, &watched);
        if same {
            app.lists_changed();
            return after_move(app);
        }
    }
    let since = app.service_now();
    app.panes.services.scaling = Some(Scaling { service: name, since, ..Scaling::default() });
    app.focus_on(SCALING);
    look(app);
    app.lists_changed();
    after_move(app)
}

/// Shows how long each step took in a window.
fn report(app: &mut App, watched: &Scaling) {
    let short = app.estate.service_row(&watched.service).map_or(watched.service.clone(), |row| row.short.clone());
    let took = spoken(app.service_now().duration_since(watched.since));
    let mut lines = vec![format!("{short}, watched for {took}"), String::new()];
    lines.extend(watched.watch.summary().lines());
    let message = crate::app::overlays::message(app, "How it scaled", &lines.join("\n"));
    app.screen.overlays.push(message);
}

/// Polls when it is due, regardless of the shown pane, and makes the poller refresh the needed sources sooner.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let now = app.service_now();
    let due = |watched: &Scaling| watched.polled_at.is_none_or(|at| now.duration_since(at).abs() >= EVERY);
    if app.panes.services.scaling.as_ref().is_some_and(due) {
        look(app);
        let at = app.now;
        app.poller.make_due(&[Source::Services, Source::ScalingActivities, Source::AlarmHistory], at);
    }
    Vec::new()
}

fn look(app: &mut App) {
    let now = app.service_now();
    let Some(name) = app.panes.services.scaling.as_ref().map(|watched| watched.service.clone()) else { return };
    let Some(sample) = sample(app, &name) else { return };
    let read = app.estate.services.at();
    let Some(watched) = app.panes.services.scaling.as_mut() else { return };
    watched.polled_at = Some(now);
    // Data that was not read again adds no point to the curves.
    if watched.read == read {
        return;
    }
    watched.read = read;
    for (curve, count) in [(&mut watched.desired, sample.desired), (&mut watched.running, sample.running)] {
        if curve.len() >= POINTS {
            curve.remove(0);
        }
        curve.push(Point { at: read.unwrap_or(now), value: f64::from(count) });
    }
    let mut events = watched.watch.add_sample(sample.clone());
    // The last event is the current state, which has lines of its own.
    events.pop();
    watched.events.extend(events);
    let over = watched.events.len().saturating_sub(TOLD);
    watched.events.drain(..over);
    watched.last = Some(sample);
    if watched.watch.is_done() && !watched.finished {
        watched.finished = true;
        app.show_message("it has scaled out and back in: c shows how long each step took");
    }
    app.lists_changed();
}

/// Facts shown above the autoscaling settings; empty if the opened service is not watched.
pub fn facts(app: &App) -> Vec<Fact> {
    let Some(watched) = watched(app) else { return Vec::new() };
    let now = app.service_now();
    let took = spoken(now.duration_since(watched.since));
    let over = if watched.finished { "; it has scaled out and back in" } else { "" };
    let mut lines = vec![fact("watched", format!("for {took}{over}; c ends it with a report"))];
    let Some(last) = &watched.last else { return lines };
    let age = now.duration_since(last.at);
    if age > EVERY * 3 {
        lines.push(bad("counts", format!("of {} ago: not read again since", spoken(age)), Health::Unknown));
    }
    lines.extend(standing(last, now));
    let newest = watched.events.iter().rev().take(SHOWN);
    lines.extend(newest.map(|told| fact(&clock(told.at, &app.zone()), &told.what)));
    lines
}

fn standing(last: &Sample, now: Timestamp) -> Vec<Fact> {
    let mut lines = vec![fact("tasks", format!("{} run, {} desired", last.running, last.desired))];
    for (policy, value) in &last.policies {
        let name = policy.metric.as_deref().unwrap_or(&policy.name);
        let name = name.strip_prefix("ECSServiceAverage").unwrap_or(name);
        let aim = policy.target.map(|target| format!(", target {target}")).unwrap_or_default();
        let above = value.zip(policy.target).is_some_and(|(value, target)| value > target);
        let text = value.map_or_else(|| format!("not measured yet{aim}"), |value| format!("{value:.0}{aim}"));
        lines.push(if above { bad(name, text, Health::Degraded) } else { fact(name, text) });
    }
    for (alarm, state) in &last.alarms {
        let raised = *state == AlarmState::Alarm;
        let text = state.name().to_owned();
        lines.push(if raised { bad(short(alarm), text, Health::Degraded) } else { fact(short(alarm), text) });
    }
    // The cool-down continues to count while nothing new is read.
    let left: Vec<String> = remaining_cooldowns(&Sample { at: now, ..last.clone() })
        .into_iter()
        .map(|(way, left)| format!("{way} after {}", spoken(left)))
        .collect();
    let text = if left.is_empty() { "none: it may scale".to_owned() } else { left.join(", ") };
    lines.push(fact("cool-down", text));
    lines
}

/// The watch, if it is about the opened service.
pub fn watched(app: &App) -> Option<&Scaling> {
    let opened = app.panes.services.service.as_deref()?;
    app.panes.services.scaling.as_ref().filter(|watched| watched.service == opened)
}
