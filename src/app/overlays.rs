//! Builds the windows over the panes: help, palette, actions, environments, activity, raw fields, messages.

use super::Command;
use super::command::{Id, Scope};
use super::doctor::{Outcome, merge_by_cause, summary};
use super::overlay::{Choice, Kind, Line, Overlay, Tone, width};
use super::{App, AttentionCounts};
use super::{operation_list, operation_reports, operation_texts};
use crate::model::Health;
use crate::model::glance::{Glance, glance};
use crate::model::suggested_commands::with_scope;
use crate::model::text;
use crate::model::wrap::wrap;

fn line(left: impl Into<String>, text: impl Into<String>, note: impl Into<String>, choice: Choice) -> Line {
    Line {
        left: left.into(),
        text: text.into(),
        note: note.into(),
        note_tone: Tone::Plain,
        risk: None,
        tone: Tone::Plain,
        choice,
    }
}

fn command_line(app: &App, command: &Command, text: &str, note: &str) -> Line {
    let keys: Vec<String> = app.keymap.keys(command.id).iter().map(|key| key.label()).collect();
    Line { risk: Some(command.risk), ..line(keys.join(" "), text, note, Choice::Run(command.id)) }
}

/// Returns the window with all keys and commands, by scope.
pub fn help(app: &App) -> Overlay {
    let mut lines = Vec::new();
    // The keys of the current pane come first.
    for scope in app.table.scopes(Some(app.shown_pane().id)) {
        lines.push(line("", format!("── {} ──", app.table.heading(scope)), "", Choice::Nothing));
        for command in app.table.commands().filter(|command| command.scope == scope) {
            let mut entry = command_line(app, command, command.doc, command.name());
            // A command without a key is run by its name.
            if entry.left.is_empty() {
                entry.left = format!(":{}", command.name());
            }
            if matches!(scope, Scope::Input | Scope::Text) {
                entry.choice = Choice::Nothing;
            }
            lines.push(entry);
        }
    }
    Overlay::new(Kind::Help, "Keys", lines)
}

/// Returns the window with every command by its name, and each environment.
pub fn palette(app: &App) -> Overlay {
    let commands = app
        .table
        .commands()
        .filter(|command| !matches!(command.scope, Scope::Input | Scope::Text) && command.id != Id::PALETTE);
    let mut lines: Vec<Line> =
        commands.map(|command| command_line(app, command, command.name(), command.doc)).collect();
    for environment in &app.config.environments {
        let choice = Choice::Environment(environment.name.clone());
        lines.push(line(
            "",
            format!("environment {}", environment.name),
            format!("Switch to {}.", environment.name),
            choice,
        ));
    }
    Overlay::new(Kind::Palette, "Command", lines)
}

/// Returns the window with the actions on the selected thing.
pub fn actions(app: &App) -> Overlay {
    let (name, commands) = super::select::actions(app);
    let lines = commands.iter().map(|id| {
        let command = app.table.command(*id);
        command_line(app, command, command.title, command.doc)
    });
    Overlay::new(Kind::Actions, format!("Actions on {}", text::sanitize(&name)), lines.collect())
}

/// Returns the window with the configured environments, each with its last known state.
pub fn environments(app: &App) -> Overlay {
    let mut overlay = Overlay::new(Kind::Environments, "Environments", environment_lines(app));
    let place = app.config.environments.iter().position(|environment| environment.name == app.environment.name);
    overlay.list.select(place.unwrap_or(0));
    overlay
}

/// Returns a line per environment: its state and the state's age, then project, account and region.
pub fn environment_lines(app: &App) -> Vec<Line> {
    let lines = app.config.environments.iter().map(|environment| {
        let shown = environment.name == app.environment.name;
        let left = if shown { app.attention_counts() } else { app.attention_when_left.get(&environment.name).copied() };
        let seen = app.survey.results.get(&environment.name).filter(|seen| left.is_none_or(|left| left.at <= seen.at));
        let mut notes = Vec::new();
        if environment.guarded {
            notes.push("GUARDED".to_owned());
        }
        match (seen.filter(|_| !shown), left) {
            (Some(seen), _) => {
                let age = crate::model::time::age(Some(seen.at), app.now);
                notes.push(format!("{}  {age} ago", text::sanitize(&seen.summary())));
            }
            (None, Some(_)) if shown => {
                let sources = app.poller.sources(&app.environment);
                notes.push(text::sanitize(&glance(&app.estate, &sources, app.now).summary()).into_owned());
            }
            (None, left) => notes.extend(left.map(|left| standing(left, app.now))),
        }
        if app.survey.under_way.as_deref() == Some(environment.name.as_str()) {
            notes.push("looking …".to_owned());
        }
        // Project, account and region come last, because the end of a line is cut first.
        notes.push(environment.project.clone());
        notes.extend(environment.account.clone());
        notes.extend(environment.region.clone());
        notes.retain(|note| !note.is_empty());
        let marker = if shown { "●" } else { "" };
        let choice = Choice::Environment(environment.name.clone());
        let note_tone = if environment.guarded { Tone::Bad } else { Tone::Plain };
        Line { note_tone, ..line(marker, environment.name.clone(), notes.join("  "), choice) }
    });
    lines.collect()
}

/// `✖ 1  ▲ 2` with its age: the attention counts when the environment was left.
fn standing(left: AttentionCounts, now: jiff::Timestamp) -> String {
    let known = Glance { critical: left.critical, warnings: left.warnings, ..Glance::default() };
    format!("{} {} ago", known.attention(), crate::model::time::age(Some(left.at), now))
}

/// Returns the window with the operations and what happened in this session, newest first.
pub fn activity(app: &App) -> Overlay {
    Overlay::new(Kind::Activity, "Activity", activities(app))
}

/// Returns the current lines of the activity window.
pub fn activities(app: &App) -> Vec<Line> {
    let mut lines: Vec<Line> = operation_list::listed(app).map(|operation| operation_line(app, operation)).collect();
    for pane in app.table.panes {
        lines.extend((pane.hooks.activity)(app).map(|going| Line {
            tone: if going.is_running { Tone::Strong } else { Tone::Plain },
            ..line(
                going.health.sign(),
                format!("{} {}  {}", pane.title.to_lowercase(), going.title, going.sentence),
                going.note,
                Choice::Run(Id(pane.id.0)),
            )
        }));
    }
    if !lines.is_empty() {
        lines.push(line("", "", "", Choice::Nothing));
    }
    let zone = app.zone();
    lines.extend(app.activity.iter().rev().map(|entry| Line {
        tone: if entry.error { Tone::Bad } else { Tone::Plain },
        ..line(crate::model::time::clock(entry.at, &zone), entry.text.clone(), "", Choice::Nothing)
    }));
    if lines.is_empty() {
        lines.push(line(
            "",
            "Nothing has happened yet: operations, switches, failures and recoveries are listed here.",
            "",
            Choice::Nothing,
        ));
    }
    lines
}

/// `◐ deploy web  rolling out 1/2  1m12s`; an ended operation shows its outcome instead.
fn operation_line(app: &App, operation: &super::operation::Operation) -> Line {
    let health = operation_reports::health(operation);
    let clock = crate::model::time::clock(operation.requested_at, &app.zone());
    let words = match &operation.outcome {
        Some(outcome) => format!("{}: {}", operation.status_label(), outcome.summary),
        None => {
            format!("{} {}", operation.status_label(), operation_reports::fraction(operation)).trim_end().to_owned()
        }
    };
    let note = match operation.ended {
        Some(ended) => format!("{} ago", crate::model::time::short(app.now.duration_since(ended))),
        None => operation_texts::format_elapsed(operation_reports::elapsed(operation, app.now)),
    };
    let tone = match health {
        crate::model::Health::Down | crate::model::Health::Unknown => Tone::Bad,
        crate::model::Health::Healthy => Tone::Good,
        _ => Tone::Strong,
    };
    let text = format!("{}  {words}", operation_list::qualified_title(app, operation));
    Line { tone, ..line(format!("{clock} {}", health.sign()), text, note, Choice::Operation(operation.id)) }
}

/// Returns the window with raw fields, one per line.
pub fn inspect(title: String, fields: &str) -> Overlay {
    let lines = fields.lines().map(|field| line("", text::sanitize(field).into_owned(), "", Choice::Nothing));
    let mut overlay = Overlay::new(Kind::Inspect, title, lines.collect());
    overlay.copy_text = None;
    overlay
}

/// Returns a window with a text wrapped to its width; `y` copies the whole text. Commands offered in it name the
/// environment.
pub fn message(app: &App, title: &str, body: &str) -> Overlay {
    let body = with_scope(body, app.environment.command_scope());
    // Minus the frame and one cell at each side.
    let cells = usize::from(width(app.screen.size.0).saturating_sub(4));
    let lines = wrap(&body, cells).into_iter().map(|text| line("", text, "", Choice::Nothing));
    let mut overlay = Overlay::new(Kind::Message, title, lines.collect());
    overlay.copy_text = Some(body);
    overlay
}

/// Returns the window with the results of `doctor`.
pub fn checkup(app: &App) -> Overlay {
    let environment = app.checkup.as_ref().map(|checkup| checkup.environment.as_str()).unwrap_or_default();
    let mut window = Overlay::new(Kind::Checkup, format!("Doctor: {environment}"), checkup_lines(app));
    window.copy_text = checkup_copied(app);
    window
}

/// The lines of the window: failures first, passed checks last.
pub fn checkup_lines(app: &App) -> Vec<Line> {
    let Some(checkup) = &app.checkup else { return Vec::new() };
    let Some(checks) = &checkup.checks else {
        return vec![operation_texts::line(
            "",
            "checking: tools, credentials, permissions, each line of the configuration …",
            Tone::Dim,
        )];
    };
    let mut lines = vec![operation_texts::line("", summary(checks), Tone::Strong)];
    let checks = merge_by_cause(checks);
    // Minus the frame, one cell at each side, and the sign with its separator.
    let cells = usize::from(width(app.screen.size.0).saturating_sub(8));
    for status in [Outcome::Fail, Outcome::Warn, Outcome::Untried, Outcome::Ok] {
        let (health, tone) = match status {
            Outcome::Fail => (Health::Down, Tone::Bad),
            Outcome::Warn => (Health::Degraded, Tone::Warn),
            Outcome::Untried => (Health::Unknown, Tone::Plain),
            Outcome::Ok => (Health::Healthy, Tone::Plain),
        };
        for check in checks.iter().filter(|check| check.status == status) {
            let text = format!("{}: {}", check.name, check.describe());
            for (number, text) in wrap(&text, cells).into_iter().enumerate() {
                lines.push(operation_texts::line(if number == 0 { health.sign() } else { "" }, text, tone));
            }
            let hint = check.hint.as_deref().map(|hint| with_scope(hint, app.environment.command_scope()));
            let hint = hint.map(|hint| wrap(&format!("→ {hint}"), cells)).unwrap_or_default();
            lines.extend(hint.into_iter().map(|text| operation_texts::line("", text, Tone::Dim)));
        }
    }
    lines
}

/// Returns the whole results as text, for copying.
pub fn checkup_copied(app: &App) -> Option<String> {
    let checks = app.checkup.as_ref()?.checks.as_ref()?;
    let lines = checks.iter().map(|check| {
        let hint = check.hint.as_ref().map(|hint| format!(" → {hint}")).unwrap_or_default();
        format!("{}: {}: {}{hint}", check.status.name(), check.name, check.describe())
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}
