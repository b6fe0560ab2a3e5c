//! Texts about runs, units and resources.

use super::drift;
use super::state::{Followed, ID, State, place_of};
use crate::app::App;
use crate::app::operation_texts::format_elapsed;
use crate::model::Health;
use crate::model::infra::error_causes;
use crate::model::infra::estimate::History;
use crate::model::infra::message::Summary;
use crate::model::infra::plan::text::counts;
use crate::model::infra::question;
use crate::model::infra::run::{LiftPhase, Phase, ResourcePhase, ResourceState, UnitState};
use crate::model::infra::run_event::{Goal, Revision, RunEnd, UnitEnd};
use crate::model::infra::{Graph, RunState};
use crate::model::suggested_commands::with_scope;
use crate::model::time::short;
use jiff::Timestamp;

/// Whether infrastructure as code is configured for the environment.
pub fn configured(app: &App) -> bool {
    app.environment.infra.kind.is_some()
}

/// Whether a recording is shown: it accepts no requests, and nothing can be started.
pub fn recorded(app: &App) -> bool {
    app.session.recorded && configured(app)
}

/// The mark of a recorded run in titles.
pub const RECORDED: &str = "RECORDED";

/// Why nothing can be started while a recording is shown.
pub const ONLY_RECORDED: &str =
    "this run is RECORDED and only shown: with `terraform` on PATH the demo plans and applies";

/// Whether the run applies approved plans.
pub fn applies(run: &RunState) -> bool {
    matches!(goal(run), Some(Goal::Apply | Goal::Destroy))
}

/// Whether the pane is shown.
pub fn is_shown(app: &App) -> bool {
    app.shown_pane().id == ID
}

/// The state of a unit: health, description, counts and duration.
pub struct UnitWords {
    /// The health of the unit.
    pub health: Health,
    pub words: String,
    /// The description in a few words, for a box of the graph.
    pub brief: String,
    /// `+2 ~1 -0`; empty without a plan.
    pub counts: String,
    /// How long the unit has been in this state.
    pub time: String,
}

/// Describes a unit in the followed run.
pub fn unit(state: &State, graph: &Graph, name: &str, now: Timestamp) -> UnitWords {
    let Some((run, unit)) = state.state().and_then(|run| Some((run, run.units.get(name)?))) else {
        let words = if state.state().is_some() { "not in this run" } else { "" };
        return UnitWords {
            health: Health::Stopped,
            words: words.to_owned(),
            brief: words.to_owned(),
            counts: String::new(),
            time: String::new(),
        };
    };
    let (health, words) = unit_words(run, unit, graph, name);
    let done = run.end.map_or(now, |(at, _)| at);
    let time = unit.since.map(|since| match unit.phase {
        Phase::Ended | Phase::Queued | Phase::Init => String::new(),
        _ => format_elapsed(done.duration_since(since)),
    });
    let counts = unit.plan.as_ref().map(|plan| counts(&plan.summary)).unwrap_or_default();
    let brief = brief(unit).map_or_else(|| words.clone(), str::to_owned);
    UnitWords { health, words, brief, counts, time: time.unwrap_or_default() }
}

/// The essential part of a description that is too long for a box.
fn brief(unit: &UnitState) -> Option<&'static str> {
    match (&unit.end, unit.phase, &unit.plan) {
        (Some(UnitEnd::Failed { .. }), ..) => Some("failed"),
        (Some(UnitEnd::Cancelled { in_flight, .. }), ..) if !in_flight.is_empty() => Some("cancelled, in flight"),
        (None, Phase::Review, Some(plan)) if !plan.on_mocks && !plan.destroys_stateful.is_empty() => {
            Some("DATA IS LOST")
        }
        (None, Phase::Init, _) if unit.step.as_ref().is_some_and(|step| step.end.is_none()) => Some("init"),
        _ => None,
    }
}

fn unit_words(run: &RunState, unit: &UnitState, graph: &Graph, name: &str) -> (Health, String) {
    if let Some(end) = &unit.end {
        return match end {
            UnitEnd::Done => (Health::Healthy, done(run).to_owned()),
            UnitEnd::Unchanged => (Health::Healthy, "nothing to do".to_owned()),
            UnitEnd::Failed { why } => (Health::Down, format!("failed: {why}")),
            UnitEnd::Blocked { by } => (Health::Stopped, format!("blocked by {by}")),
            UnitEnd::Cancelled { in_flight, applied } if in_flight.is_empty() => {
                (Health::Degraded, (if *applied { "cancelled, a part is applied" } else { "cancelled" }).to_owned())
            }
            UnitEnd::Cancelled { in_flight, .. } => {
                (Health::Down, format!("cancelled with {} in flight: {}", in_flight.len(), in_flight.join(", ")))
            }
        };
    }
    let phase =
        |phases: &[ResourcePhase]| unit.resources.values().filter(|resource| phases.contains(&resource.phase)).count();
    // Providers are initialised ahead of time; the plan then waits for its turn.
    let ready = unit.step.as_ref().is_some_and(|step| step.end.is_some());
    match unit.phase {
        Phase::Init if !ready => (Health::Changing, "init: loading providers".to_owned()),
        Phase::Queued | Phase::Init => {
            let waits = graph.unit(name).map(|unit| unit.depends_on.iter()).into_iter().flatten();
            let over = |needs: &&String| run.units.get(*needs).is_some_and(|other| other.end.is_none());
            let waits: Vec<&str> = waits.filter(over).map(String::as_str).collect();
            let words = if waits.is_empty() { "queued".to_owned() } else { format!("waits for {}", waits.join(", ")) };
            (Health::Stopped, words)
        }
        Phase::Planning => {
            let read = phase(&[ResourcePhase::Refreshed]);
            let reading = read + phase(&[ResourcePhase::Refreshing]);
            let words = if reading > 0 { format!("planning, {read}/{reading} read") } else { "planning".to_owned() };
            (Health::Changing, words)
        }
        Phase::Review => match &unit.plan {
            Some(plan) if plan.on_mocks => (Health::Stopped, "planned on made-up values: not to be applied".to_owned()),
            Some(_) if unit.lift == LiftPhase::Planned => {
                (Health::Degraded, "to review: lifts what guards it, before it is destroyed".to_owned())
            }
            Some(plan) if !plan.destroys_stateful.is_empty() => {
                (Health::Degraded, format!("DATA IS LOST in {}: to review", plan.destroys_stateful.join(", ")))
            }
            _ => (Health::Degraded, "to review".to_owned()),
        },
        Phase::Approved => (Health::Changing, "approved".to_owned()),
        Phase::Applying => {
            let over = phase(&[ResourcePhase::Done, ResourcePhase::Failed]);
            let all = over + phase(&[ResourcePhase::Applying, ResourcePhase::Planned]);
            (Health::Changing, format!("{} {over}/{all}", verb(run)))
        }
        Phase::Ended => (Health::Unknown, "ended".to_owned()),
    }
}

fn verb(run: &RunState) -> &'static str {
    match goal(run) {
        Some(Goal::Destroy) => "destroying",
        _ => "applying",
    }
}

fn done(run: &RunState) -> &'static str {
    match goal(run) {
        Some(Goal::Plan) => "planned",
        Some(Goal::Drift) => "looked for drift",
        Some(Goal::Apply) => "applied",
        Some(Goal::Destroy) => "destroyed",
        None => "done",
    }
}

/// The goal of a run.
pub fn goal(run: &RunState) -> Option<Goal> {
    run.started.as_ref().map(|started| started.goal)
}

/// The word for a goal.
pub fn goal_word(goal: Option<Goal>) -> &'static str {
    match goal {
        Some(Goal::Plan) => "plan",
        Some(Goal::Drift) => "drift",
        Some(Goal::Apply) => "apply",
        Some(Goal::Destroy) => "destroy",
        None => "run",
    }
}

/// The health and description of a resource.
pub fn resource(resource: &ResourceState, now: Timestamp) -> (Health, String) {
    resource_with_usual(resource, now, None)
}

/// The health and description of a resource, with its usual duration in seconds.
pub fn resource_with_usual(resource: &ResourceState, now: Timestamp, usual: Option<u64>) -> (Health, String) {
    let took = |seconds: u64| format_elapsed(jiff::SignedDuration::from_secs(seconds as i64));
    match resource.phase {
        ResourcePhase::Refreshing => (Health::Changing, "reading".to_owned()),
        ResourcePhase::Refreshed if resource.drifted => (Health::Degraded, "changed elsewhere".to_owned()),
        ResourcePhase::Refreshed => (Health::Stopped, "read".to_owned()),
        ResourcePhase::Planned => (Health::Stopped, "planned".to_owned()),
        ResourcePhase::Applying => {
            let since = now.duration_since(resource.since).as_secs().max(0).unsigned_abs();
            let usual = usual
                .map(|usual| format!(" (usually {})", short(jiff::SignedDuration::from_secs(usual as i64))))
                .unwrap_or_default();
            (
                Health::Changing,
                format!("{} {}{usual}", resource.action.progress_label(), took(since.max(resource.elapsed))),
            )
        }
        ResourcePhase::Done => (Health::Healthy, format!("done {}", took(resource.elapsed))),
        ResourcePhase::Failed => (Health::Down, format!("failed after {}", took(resource.elapsed))),
        ResourcePhase::InFlight => (Health::Down, "in flight: it may exist and be in no state".to_owned()),
    }
}

/// Addresses of resources that are being changed, with the elapsed time.
pub fn in_flight(run: &RunState, now: Timestamp) -> Vec<String> {
    let units = run.units.values().flat_map(|unit| &unit.resources);
    let going = units.filter(|(_, state)| state.phase == ResourcePhase::Applying);
    going.map(|(address, state)| format!("{address} ({})", resource(state, now).1)).collect()
}

/// The summed counts of all plans of a run.
pub fn total(run: &RunState) -> Summary {
    let plans = run.units.values().filter_map(|unit| unit.plan.as_ref());
    plans.fold(Summary::default(), |sum, plan| Summary {
        add: sum.add + plan.summary.add,
        change: sum.change + plan.summary.change,
        remove: sum.remove + plan.summary.remove,
        import: sum.import + plan.summary.import,
    })
}

/// The health of a run as a whole.
pub fn health(run: &Followed) -> Health {
    match run.state.end {
        Some((_, RunEnd::Done)) => Health::Healthy,
        Some((_, RunEnd::Failed)) => Health::Down,
        Some((_, RunEnd::Cancelled)) => Health::Degraded,
        None if run.events_arrived && !run.live => Health::Unknown,
        None if run.state.to_review().next().is_some() => Health::Degraded,
        None => Health::Changing,
    }
}

/// Summary lines about the followed run; empty without a run.
pub fn summary(app: &App) -> Vec<(Health, String)> {
    let state = &app.panes.infra;
    let mut lines = Vec::new();
    if !configured(app) {
        return lines;
    }
    if let Some(waiting) = &state.pending_request {
        lines.push((Health::Changing, waiting.clone()));
    }
    let Some(run) = &state.run else {
        if lines.is_empty() {
            lines.push((Health::Stopped, "no run yet: P plans, A plans and asks before it applies".to_owned()));
        }
        return lines;
    };
    if let Some(failure) = &run.failure {
        lines.push((Health::Down, failure.message.clone()));
        return lines;
    }
    let recorded = if recorded(app) { "RECORDED  " } else { "" };
    lines.push((health(run), format!("{recorded}{}{}", head(run, app.now), ends_in(state, run, app.now))));
    if state.pinned {
        let newest = state.runs.iter().find(|run| run.live).map(|run| format!("; {} goes on", run.run));
        let newest = newest.unwrap_or_default();
        lines.push((Health::Stopped, format!("{} is an older run, read again{newest}: a goes back", run.name)));
    }
    lines.extend(drift::summary(state));
    if run.events_arrived && !run.live && run.state.end.is_none() {
        let text = format!(
            "nothing drives it any more: T, or `cockpit infra resume {}`, resumes it where it stopped",
            run.name
        );
        lines.push((Health::Down, with_scope(&text, app.environment.command_scope())));
    }
    if let Some((by, hard)) = run.state.cancel.as_ref().filter(|_| run.state.end.is_none()) {
        let flying = in_flight(&run.state, app.now);
        let waits = if flying.is_empty() { String::new() } else { format!(": waits for {}", flying.join(", ")) };
        let again = if *hard { " for the second time" } else { "" };
        lines.push((Health::Degraded, format!("{} on {} asked it to stop{again}{waits}", by.user, by.host)));
    }
    lines.extend(lost(state, run));
    for (name, unit) in &run.state.units {
        lines.extend(question::stale(unit, &app.zone()).map(|words| (Health::Degraded, format!("{name}: {words}"))));
    }
    if run.live && applies(&run.state) && !app.session.recorded {
        lines.extend(to_review(state, &run.state));
    }
    if !run.state.leftovers.is_empty() {
        let left: Vec<&str> = run.state.leftovers.keys().map(|(_, address)| address.as_str()).collect();
        lines.push((Health::Down, format!("may exist and be in no state: {}. u looks for it", left.join(", "))));
    }
    for (unit, file) in &run.state.unwritten_states {
        let text =
            format!("{unit}: its state could not be written: U shows and pushes what was kept in {}", file.display());
        lines.push((Health::Down, text));
    }
    for (name, unit) in &run.state.units {
        let errors = unit.diagnostics.iter().filter(|diagnostic| diagnostic.error);
        for error in errors.take(2) {
            let place = place_of(error);
            let place = if place.is_empty() { String::new() } else { format!(" ({place})") };
            lines.push((Health::Down, format!("{name}: {}{place}", error.summary)));
            lines.extend(
                error_causes::explain(error)
                    .map(|explained| (Health::Stopped, format!("{name}: {}: {}", explained.meaning, explained.hint))),
            );
        }
    }
    let run_notes = run.state.notes.iter().rev().filter(|(unit, _)| unit.is_none());
    lines.extend(run_notes.take(1).map(|(_, text)| (Health::Stopped, text.clone())));
    lines
}

/// Other runs that apply and whose supervisor was killed: their changes may be half done.
fn lost(state: &State, shown: &Followed) -> Option<(Health, String)> {
    let lost = state.runs.iter().filter(|run| run.is_lost() && run.applies() && run.run != shown.name);
    let names: Vec<&str> = lost.map(|run| run.run.as_str()).collect();
    let lost = if names.len() == 1 { "has lost its supervisor" } else { "have lost their supervisors" };
    let text = format!("{} {lost}: a opens it, T resumes it", names.join(", "));
    (!names.is_empty()).then_some((Health::Down, text))
}

/// Lines about plans that wait for review. A plan that was not read yet cannot be approved and is listed separately.
fn to_review(state: &State, run: &RunState) -> Vec<(Health, String)> {
    let mut lines = Vec::new();
    let (read, unread): (Vec<&str>, Vec<&str>) =
        run.to_review().map(|(unit, _)| unit).partition(|unit| state.plan_of(unit).is_some());
    if !read.is_empty() {
        let (many, them) = if read.len() == 1 { ("1 plan waits", "it") } else { ("plans wait", "them") };
        let many = if read.len() == 1 { many.to_owned() } else { format!("{} {many}", read.len()) };
        lines.push((Health::Degraded, format!("{many} for review: {}. v reads {them}, A approves", read.join(", "))));
    }
    if !unread.is_empty() {
        lines.push(match &state.plans_failure {
            Some(failure) => {
                (Health::Down, format!("the plan of {} cannot be read: {}", unread.join(", "), failure.message))
            }
            None => (Health::Changing, format!("reading the plan of {} …", unread.join(", "))),
        });
    }
    lines
}

/// The estimated end of the run, from the durations of earlier runs; empty if unknown.
fn ends_in(state: &State, run: &Followed, now: Timestamp) -> String {
    if run.state.end.is_some() || !run.live || !applies(&run.state) {
        return String::new();
    }
    let graph = state.graph();
    let left = History::remaining_seconds(&run.state, &graph, |unit| state.usual.get(unit).copied(), now.as_second());
    let left = left.map(|left| jiff::SignedDuration::from_secs(i64::try_from(left).unwrap_or(0)));
    left.map(|left| format!("  about {} left", format_elapsed(left))).unwrap_or_default()
}

/// The first summary line: `apply  4/6 units  +2 ~1 -0  3m12s  by kenta on mac, 9f3c2e1`.
fn head(run: &Followed, now: Timestamp) -> String {
    let state = &run.state;
    let Some(started) = &state.started else { return format!("{}: starting", run.name) };
    let (over, all) = state.progress();
    let counts = counts(&total(state));
    let (end, ended) = match state.end {
        Some((at, RunEnd::Done)) => (at, format!("done {} ago", short(now.duration_since(at)))),
        Some((at, RunEnd::Failed)) => (at, format!("FAILED {} ago", short(now.duration_since(at)))),
        Some((at, RunEnd::Cancelled)) => (at, format!("cancelled {} ago", short(now.duration_since(at)))),
        None => (now, String::new()),
    };
    let took = state.began.map(|began| format_elapsed(end.duration_since(began))).unwrap_or_default();
    let revision = started.revision.as_ref().map(Revision::describe);
    let by = format!("by {} on {}", started.by.user, started.by.host);
    let parts = [
        goal_word(Some(started.goal)).to_owned(),
        match state.end {
            // After a failed or cancelled run, the number of successful units matters.
            Some((_, RunEnd::Failed | RunEnd::Cancelled)) => {
                let well = |unit: &&UnitState| matches!(unit.end, Some(UnitEnd::Done | UnitEnd::Unchanged));
                format!("{} of {all} units done", state.units.values().filter(well).count())
            }
            Some((_, RunEnd::Done)) | None => format!("{over}/{all} units"),
        },
        counts,
        took,
        ended,
        by,
        revision.unwrap_or_default(),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
}

/// The word for the end of a run.
pub fn end_word(end: RunEnd) -> &'static str {
    match end {
        RunEnd::Done => "done",
        RunEnd::Failed => "FAILED",
        RunEnd::Cancelled => "cancelled",
    }
}
