//! Pictures of an operation: tasks over time, the bar of a build, or a list of steps.

use crate::app::operation::Operation;
use crate::app::operation::watch::Watch;
use crate::app::operation_reports;
use crate::model::Health;
use crate::ui::canvas::Canvas;
use crate::ui::widgets::rollout_lanes::{self, Lanes};
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::collections::BTreeMap;

/// Draws a rollout: versions, counts, targets, tasks over time, problems.
pub fn rollout(
    canvas: &mut Canvas<'_, '_>,
    operation: &Operation,
    watch: &Watch,
    (previous, version): (Option<&str>, &str),
    place: Rect,
) {
    let theme = canvas.theme;
    let from = previous.filter(|from| *from != watch.subject.revision);
    let to = match from {
        Some(from) => {
            // Within the same family, the revision number is enough.
            let to = &watch.subject.revision;
            let same = from.rsplit_once(':').zip(to.rsplit_once(':')).filter(|((old, _), (new, _))| old == new);
            same.map_or_else(|| format!("{from} → {to}"), |(_, (_, number))| format!("{from} → :{number}"))
        }
        None => watch.subject.revision.clone(),
    };
    let state = watch.state.as_ref();
    let (status, status_style) = state.map_or(("not in the history yet", theme.dim), |state| {
        (
            state.status.label(),
            crate::ui::shared::services::rollout_style(theme, crate::model::rollout_words::of_status(&state.status)),
        )
    });
    let stage = state.and_then(crate::model::ServiceDeployment::stage_label).unwrap_or_default();
    let breaker = state
        .and_then(|state| state.breaker)
        .filter(|(failures, _)| *failures > 0)
        .map(|(failures, threshold)| format!("{failures} of {threshold} failures"))
        .unwrap_or_default();
    let row = |number: u16| place.y + number;
    facts(
        canvas,
        Rect { height: 1, ..place },
        &[
            ("", to.as_str(), theme.strong),
            ("", version, theme.text),
            ("ECS: ", status, status_style),
            ("breaker: ", breaker.as_str(), theme.degraded),
            ("", stage.as_str(), theme.changing),
        ],
    );
    if place.height < 2 {
        return;
    }
    counts(canvas, watch, Rect { y: row(1), height: 1, ..place });
    let troubles = watch.troubles.len().min(usize::from(place.height / 4)) as u16;
    let chart = Rect { y: row(2), height: place.height.saturating_sub(2 + troubles), ..place };
    // Bars carry timestamps of the service.
    let began = operation.began_at().unwrap_or(watch.subject.since);
    rollout_lanes::draw(
        canvas,
        chart,
        &Lanes {
            task_counts: &watch.task_counts,
            began: began.min(watch.subject.since),
            until: operation.ended_at().unwrap_or_else(|| canvas.app.service_now()),
            usual: operation.machine().usual_duration(),
        },
    );
    for (trouble, y) in watch.troubles.iter().zip(chart.bottom()..place.bottom()) {
        let health = if trouble.sure { Health::Down } else { Health::Degraded };
        canvas.put(place.x, y, 1, health.sign(), theme.health(health));
        canvas.put_cut(place.x + 2, y, place.width.saturating_sub(2), &trouble.text, theme.health(health));
    }
}

/// Draws labels with their values from the left, as many as fit without being cut.
fn facts(canvas: &mut Canvas<'_, '_>, line: Rect, facts: &[(&str, &str, Style)]) {
    let Some(((label, value, style), others)) = facts.split_first() else { return };
    let dim = canvas.theme.dim;
    let used = canvas.put_all(line.x, line.y, line.width, &[(label, dim), (value, *style)]);
    canvas.put_facts(line.x + used, line.y, line.width.saturating_sub(used), others);
}

fn counts(canvas: &mut Canvas<'_, '_>, watch: &Watch, line: Rect) {
    let theme = canvas.theme;
    let Some(bar) = watch.task_counts.last() else { return };
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for target in watch.targets.iter().flat_map(|(_, targets)| targets) {
        *states.entry(target.state.as_str()).or_default() += 1;
    }
    let bad = states.keys().any(|state| *state == "unhealthy");
    let targets: Vec<String> = states.iter().map(|(state, count)| format!("{count} {state}")).collect();
    let targets = targets.join(", ");
    let starting = if bar.starting > 0 { format!("{} starting", bar.starting) } else { String::new() };
    let (desired, fresh, old) = (bar.desired.to_string(), bar.fresh.to_string(), bar.old.to_string());
    let reached = if bar.fresh >= bar.desired { theme.healthy } else { theme.text };
    facts(
        canvas,
        line,
        &[
            ("desired ", desired.as_str(), theme.text),
            ("new ", fresh.as_str(), reached),
            ("", starting.as_str(), theme.changing),
            ("old ", old.as_str(), theme.text),
            ("targets ", targets.as_str(), if bad { theme.degraded } else { theme.text }),
        ],
    );
}

/// Draws a series of changes: finished, current and future steps, then the task counts of services.
pub fn steps(
    canvas: &mut Canvas<'_, '_>,
    operation: &Operation,
    (waited, last): (usize, &BTreeMap<String, (u32, u32)>),
    place: Rect,
) {
    let theme = canvas.theme;
    let steps: &[String] = operation.plan.as_ref().map_or(&[], |plan| &plan.steps);
    let done = match (&operation.outcome, operation.machine().progress()) {
        (Some(outcome), _)
            if operation_reports::health(operation) == Health::Healthy && !outcome.summary.is_empty() =>
        {
            steps.len()
        }
        (_, Some((done, _))) => done as usize,
        (_, None) => 0,
    };
    bar_line(canvas, Rect { height: 1, ..place }, done as u32, steps.len() as u32, operation.status_label());
    let counts = (waited as u16).min(place.height.saturating_sub(1) / 2);
    let list = Rect { y: place.y + 1, height: place.height.saturating_sub(1 + counts), ..place };
    // Keeps the current step in view.
    let first =
        (done + 2).saturating_sub(usize::from(list.height)).min(steps.len().saturating_sub(usize::from(list.height)));
    for ((number, text), y) in steps.iter().enumerate().skip(first).zip(list.y..list.bottom()) {
        let (sign, style) = match (number.cmp(&done), operation.outcome.is_some()) {
            (std::cmp::Ordering::Less, _) => ("●", theme.healthy),
            (std::cmp::Ordering::Equal, false) => ("◐", theme.changing),
            (std::cmp::Ordering::Equal, true) => {
                (operation_reports::health(operation).sign(), theme.health(operation_reports::health(operation)))
            }
            (std::cmp::Ordering::Greater, _) => ("○", theme.dim),
        };
        canvas.put(place.x, y, 1, sign, style);
        let own = if number > done { theme.dim } else { theme.text };
        canvas.put_cut(place.x + 2, y, place.width.saturating_sub(2), text, own);
    }
    let below = list.bottom().min(list.y + steps.len() as u16 - (first as u16).min(steps.len() as u16));
    for ((name, (running, desired)), y) in last.iter().zip(below..place.bottom()) {
        let style = if running == desired { theme.text } else { theme.changing };
        let short = canvas.app.estate.service_row(name).map_or(name.as_str(), |row| row.short.as_str());
        let used = canvas.put_cut(place.x + 2, y, place.width.saturating_sub(20), short, theme.text);
        canvas.put(place.x + 4 + used, y, 18, &format!("{running} of {desired} run"), style);
    }
}

/// Draws a bar if the total is known, otherwise words.
pub fn bar(canvas: &mut Canvas<'_, '_>, operation: &Operation, place: Rect) {
    let theme = canvas.theme;
    if let Some((done, all)) = operation.progress() {
        bar_line(canvas, Rect { height: 1, ..place }, done, all, operation.status_label());
    } else {
        let health = operation_reports::health(operation);
        canvas.put(place.x, place.y, 1, health.sign(), theme.health(health));
        canvas.put_cut(place.x + 2, place.y, place.width.saturating_sub(2), operation.status_label(), theme.text);
    }
}

fn bar_line(canvas: &mut Canvas<'_, '_>, line: Rect, done: u32, all: u32, words: &str) {
    let theme = canvas.theme;
    if all == 0 {
        canvas.put_cut(line.x, line.y, line.width, words, theme.text);
        return;
    }
    let figures = format!(" {}/{all}  {words}", done.min(all));
    let wide = line.width.saturating_sub(canvas.width(&figures)).min(60);
    let full = (u32::from(wide) * done.min(all) / all) as u16;
    let cells = |count: u16, sign: &str| sign.repeat(usize::from(count));
    let parts: [(&str, Style); 3] =
        [(&cells(full, "█"), theme.healthy), (&cells(wide - full, "░"), theme.dim), (&figures, theme.text)];
    canvas.put_all(line.x, line.y, line.width, &parts);
}
