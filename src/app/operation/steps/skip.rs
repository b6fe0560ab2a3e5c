//! Skips the next scheduled stop or start, or undoes a skip. Schedules of `EventBridge` Scheduler and scheduled actions
//! of Application Auto Scaling form one list here: the next event is the earliest of them, and only the events at that
//! moment are skipped. Nothing is sent if one of them cannot be computed.

use super::{Step, Steps};
use crate::app::operation::call::Write;
use crate::app::operation::step::Ctx;
use crate::config::EnvironmentConfig;
use crate::model::deploy::{Change, Check, Level};
use crate::model::recurrence::Recurrence;
use crate::model::time;
use crate::model::timer::{Power, Timer};
use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;

/// AWS fires within the minute that an expression names, and may already have picked up the next one. Source: the note
/// on precision in "Schedule types in `EventBridge` Scheduler".
const PRECISION: SignedDuration = SignedDuration::from_secs(60);

/// The sentence on what is not among the schedules, and what to do about it. Source: `PutRule` of Amazon `EventBridge`
/// has a schedule expression and a state, but no start date, so a rule cannot skip a single time and resume by itself.
pub(super) const RULES: &str = "rules of EventBridge (`aws events list-rules`) are not looked at: they have no start date, so \
     that no single time of theirs can be skipped; disable the rule until that time has passed, or make it a schedule of \
     EventBridge Scheduler";

/// A schedule whose start is moved.
struct Moved<'a> {
    timer: &'a Timer,
    /// When it fires next without the change.
    now: Option<Timestamp>,
    /// When it fires next with the change.
    next: Option<Timestamp>,
    /// The start date that skips a time; `None` if the schedule gets no start.
    start: Option<Timestamp>,
}

impl Steps {
    /// The enabled schedules that do this, each with its recurrence.
    fn doing(&self, power: Power) -> impl Iterator<Item = (&Timer, Result<Recurrence, String>)> {
        let doing = self.timers.iter().filter(move |timer| timer.power() == Some(power) && timer.enabled);
        doing.map(|timer| (timer, timer.recurrence()))
    }

    /// The schedules to move: those that fire at the earliest moment of all. An error is the check that prevents it.
    fn moved(&self, power: Power, undo: bool, now: Timestamp) -> Result<Vec<Moved<'_>>, Check> {
        let word = power.name();
        let stop = |text: String| Check::new(Level::Stop, text);
        if self.timers.iter().all(|timer| timer.power() != Some(power)) {
            return Err(stop(format!("no schedule {word}s the environment")).hint(RULES));
        }
        let mut known = Vec::new();
        for (timer, recurrence) in self.doing(power) {
            let recurrence = recurrence.map_err(|why| {
                stop(format!("when {} next does a {word} cannot be computed: {why}", timer.name))
                    .hint("change or disable it where it is declared")
            })?;
            known.push((timer, recurrence));
        }
        if known.is_empty() {
            return Err(stop("the schedule is disabled: nothing will happen".to_owned()));
        }
        let skipped = known.iter().filter_map(|(_, recurrence)| recurrence.skipped(now)).min();
        let coming = known.iter().filter_map(|(_, recurrence)| recurrence.next(now)).min();
        if undo {
            let Some(skipped) = skipped else { return Err(stop("no time is skipped".to_owned())) };
            let back = known.iter().filter_map(|(timer, recurrence)| {
                let unskip = recurrence.unskip(now).filter(|unskip| unskip.next == skipped)?;
                Some(Moved { timer, now: recurrence.next(now), next: Some(unskip.next), start: unskip.start })
            });
            return Ok(back.collect());
        }
        let Some(at) = coming else { return Err(stop(format!("no {word} is scheduled any more"))) };
        if skipped.is_some_and(|skipped| skipped < at) {
            return Err(stop("the next time is skipped already".to_owned()));
        }
        let mut moved = Vec::new();
        for (timer, recurrence) in known.iter().filter(|(_, recurrence)| recurrence.next(now) == Some(at)) {
            let skip = recurrence.skip(now).map_err(|why| {
                stop(format!("the next {word}, of {}, cannot be skipped: {why}", timer.title()))
                    .hint("disable or delete it where it is declared")
            })?;
            moved.push(Moved { timer, now: Some(at), next: Some(skip.next), start: Some(skip.start) });
        }
        // Regardless of the order of answers: schedules of the environment come before those of a single service.
        moved.sort_by_key(|moved| (moved.timer.action.is_some(), &moved.timer.name));
        Ok(moved)
    }

    /// The next time after the change, by the moved schedules or others.
    fn next_of_all(&self, power: Power, undo: bool, now: Timestamp) -> Option<Timestamp> {
        let moved = self.moved(power, undo, now).ok()?;
        let others = self.doing(power).filter(|(timer, _)| moved.iter().all(|other| other.timer != *timer));
        let others = others.filter_map(|(_, recurrence)| recurrence.ok()?.next(now));
        others.chain(moved.iter().filter_map(|moved| moved.next)).min()
    }

    pub(super) fn check_skip(&self, power: Power, undo: bool, ctx: &Ctx<'_>) -> Vec<Check> {
        let moved = match self.moved(power, undo, ctx.service_now) {
            Ok(moved) => moved,
            Err(check) => return vec![check],
        };
        let word = power.name();
        let mut checks = Vec::new();
        let soon = moved.iter().filter_map(|moved| moved.now.min(moved.next)).min();
        if soon.is_some_and(|at| at.duration_since(ctx.service_now) <= PRECISION) {
            let text = format!("the {word} is less than a minute away: AWS may not take notice in time");
            checks.push(Check::new(Level::Warn, text));
        }
        let others = self.doing(power).filter(|(timer, _)| moved.iter().all(|other| other.timer != *timer));
        for (timer, recurrence) in others {
            if let Some(at) = recurrence.ok().and_then(|recurrence| recurrence.next(ctx.service_now)) {
                let at = time::moment(at, ctx.service_now, ctx.zone);
                checks.push(Check::new(Level::Note, format!("{} does a {word} too, at {at}: it stays", timer.title())));
            }
        }
        for moved in moved {
            // A schedule is replaced as a whole; unlike task definitions, it has no earlier revisions, so the unknown
            // field would be lost.
            checks.extend(moved.timer.not_carried.iter().map(|field| {
                Check::new(
                    Level::Stop,
                    format!("{}: `{field}` is not known here and would be lost", moved.timer.title()),
                )
                .hint(
                    "a newer version of the cockpit may know it; until then, change the schedule where it is declared",
                )
            }));
        }
        checks
    }

    pub(super) fn skip_changes(&self, power: Power, undo: bool, ctx: &Ctx<'_>) -> Vec<Change> {
        let Ok(moved) = self.moved(power, undo, ctx.service_now) else { return Vec::new() };
        let say = |at: Option<Timestamp>| {
            at.map_or_else(|| "never".to_owned(), |at| time::moment(at, ctx.service_now, ctx.zone))
        };
        let alone = moved.len() == 1 && self.doing(power).count() == 1;
        let changes = moved.iter().map(|moved| {
            let what = format!("next {}", power.name());
            let what = if alone { what } else { format!("{what} by {}", moved.timer.title()) };
            Change::of(what, say(moved.now), say(moved.next))
        });
        changes.flatten().collect()
    }

    pub(super) fn compile_skip(&self, power: Power, undo: bool, ctx: &Ctx<'_>, steps: &mut VecDeque<Step>) {
        for moved in self.moved(power, undo, ctx.service_now).into_iter().flatten() {
            steps.push_back(Step::Do(Write::Skip { timer: Box::new(moved.timer.clone()), until: moved.start }));
        }
    }

    /// The sentence on the final state.
    pub(super) fn skip_result(&self, power: Power, undo: bool, ctx: &Ctx<'_>) -> String {
        // Computed as of the plan, because that is what was sent.
        let ahead = ctx.service_now.duration_since(ctx.now);
        let next = self.next_of_all(power, undo, self.began.map_or(ctx.service_now, |began| began + ahead));
        let at = next.map_or_else(|| "never".to_owned(), |at| time::moment(at, ctx.service_now, ctx.zone));
        format!("the next {} is {at}", power.name())
    }
}

/// The timers that belong to this environment: its cluster may also have services of another one.
pub(super) fn own(found: Vec<Timer>, environment: &EnvironmentConfig) -> impl Iterator<Item = Timer> {
    found.into_iter().filter(|timer| timer.service().is_none_or(|service| environment.has_service(service)))
}
