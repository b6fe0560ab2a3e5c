//! The windows over the panes, made: help, palette, actions, environments, activity, raw fields, a message.

use super::Command;
use super::checkup::{Outcome, counted, joined};
use super::command::{Id, Scope};
use super::overlay::{Choice, Kind, Line, Overlay, Tone, width};
use super::{App, Left};
use super::{followed, listed, tell};
use crate::model::Health;
use crate::model::glance::{Glance, glance};
use crate::model::offered::in_environment;
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

/// All keys and commands, by scope.
pub fn help(app: &App) -> Overlay {
    let mut lines = Vec::new();
    // The keys of where one is come first.
    for scope in app.table.scopes(Some(app.shown().id)) {
        lines.push(line("", format!("── {} ──", app.table.heading(scope)), "", Choice::Nothing));
        for command in app.table.commands().filter(|command| command.scope == scope) {
            let mut entry = command_line(app, command, command.doc, command.name());
            // What has no key is run by its name.
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

/// Any command by its name, and each environment.
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

/// The window with the actions on the selected thing.
pub fn actions(app: &App) -> Overlay {
    let (name, commands) = super::select::actions(app);
    let lines = commands.iter().map(|id| {
        let command = app.table.command(*id);
        command_line(app, command, command.title, command.doc)
    });
    Overlay::new(Kind::Actions, format!("Actions on {}", text::harmless(&name)), lines.collect())
}

/// The environments of the configuration, each as it was last seen.
pub fn environments(app: &App) -> Overlay {
    let mut overlay = Overlay::new(Kind::Environments, "Environments", environment_lines(app));
    let place = app.config.environments.iter().position(|environment| environment.name == app.environment.name);
    overlay.list.select(place.unwrap_or(0));
    overlay
}

/// A line for each: how it stands, with its age; where that is not known yet, whose it is.
pub fn environment_lines(app: &App) -> Vec<Line> {
    let lines = app.config.environments.iter().map(|environment| {
        let shown = environment.name == app.environment.name;
        let left = if shown { app.standing() } else { app.left.get(&environment.name).copied() };
        let seen = app.survey.seen.get(&environment.name).filter(|seen| left.is_none_or(|left| left.at <= seen.at));
        let mut notes = Vec::new();
        if environment.guarded {
            notes.push("GUARDED".to_owned());
        }
        match (seen.filter(|_| !shown), left) {
            (Some(seen), _) => {
                let age = crate::model::time::age(Some(seen.at), app.now);
                notes.push(format!("{}  {age} ago", text::harmless(&seen.words())));
            }
            (None, Some(_)) if shown => {
                let sources = app.poller.sources(&app.environment);
                notes.push(text::harmless(&glance(&app.estate, &sources, app.now).words()).into_owned());
            }
            (None, left) => notes.extend(left.map(|left| standing(left, app.now))),
        }
        if app.survey.under_way.as_deref() == Some(environment.name.as_str()) {
            notes.push("looking …".to_owned());
        }
        // Whose it is comes last: there it is cut first.
        notes.push(environment.project.clone());
        notes.extend(environment.account.clone());
        notes.extend(environment.region.clone());
        notes.retain(|note| !note.is_empty());
        let here = if shown { "●" } else { "" };
        let choice = Choice::Environment(environment.name.clone());
        let note_tone = if environment.guarded { Tone::Bad } else { Tone::Plain };
        Line { note_tone, ..line(here, environment.name.clone(), notes.join("  "), choice) }
    });
    lines.collect()
}

/// `✖ 1  ▲ 2`, with its age: what was known when it was left.
fn standing(left: Left, now: jiff::Timestamp) -> String {
    let known = Glance { critical: left.critical, warnings: left.warnings, ..Glance::default() };
    format!("{} {} ago", known.attention(), crate::model::time::age(Some(left.at), now))
}

/// Operations, then what happened in this session, newest first.
pub fn activity(app: &App) -> Overlay {
    Overlay::new(Kind::Activity, "Activity", activities(app))
}

/// The lines of the activity drawer as of now.
pub fn activities(app: &App) -> Vec<Line> {
    let mut lines: Vec<Line> = listed::listed(app).map(|operation| operation_line(app, operation)).collect();
    for pane in app.table.panes {
        lines.extend((pane.hooks.going)(app).map(|going| Line {
            tone: if going.runs { Tone::Strong } else { Tone::Plain },
            ..line(
                going.health.sign(),
                format!("{} {}  {}", pane.title.to_lowercase(), going.title, going.words),
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

/// `◐ deploy web  rolling out 1/2  1m12s`, with how it ended in its place.
fn operation_line(app: &App, operation: &super::operation::Operation) -> Line {
    let health = followed::health(operation);
    let clock = crate::model::time::clock(operation.asked, &app.zone());
    let words = match &operation.outcome {
        Some(outcome) => format!("{}: {}", operation.words(), outcome.summary),
        None => format!("{} {}", operation.words(), followed::fraction(operation)).trim_end().to_owned(),
    };
    let note = match operation.ended {
        Some(ended) => format!("{} ago", crate::model::time::short(app.now.duration_since(ended))),
        None => tell::exactly(followed::elapsed(operation, app.now)),
    };
    let tone = match health {
        crate::model::Health::Down | crate::model::Health::Unknown => Tone::Bad,
        crate::model::Health::Healthy => Tone::Good,
        _ => Tone::Strong,
    };
    let text = format!("{}  {words}", listed::named(app, operation));
    Line { tone, ..line(format!("{clock} {}", health.sign()), text, note, Choice::Operation(operation.id)) }
}

/// Raw fields, a line each.
pub fn inspect(title: String, fields: &str) -> Overlay {
    let lines = fields.lines().map(|field| line("", text::harmless(field).into_owned(), "", Choice::Nothing));
    let mut overlay = Overlay::new(Kind::Inspect, title, lines.collect());
    overlay.copies = None;
    overlay
}

/// Something to read, which `y` copies whole: broken to the window's width. Commands that it offers name the environment.
pub fn message(app: &App, title: &str, body: &str) -> Overlay {
    let body = in_environment(body, app.environment.named());
    // Its frame, and a cell at each side.
    let cells = usize::from(width(app.screen.size.0).saturating_sub(4));
    let lines = wrap(&body, cells).into_iter().map(|text| line("", text, "", Choice::Nothing));
    let mut overlay = Overlay::new(Kind::Message, title, lines.collect());
    overlay.copies = Some(body);
    overlay
}

/// The window of the checks.
pub fn checkup(app: &App) -> Overlay {
    let environment = app.checkup.as_ref().map(|checkup| checkup.environment.as_str()).unwrap_or_default();
    let mut window = Overlay::new(Kind::Checkup, format!("Doctor: {environment}"), checkup_lines(app));
    window.copies = checkup_copied(app);
    window
}

/// Its lines: what is wrong first, what is well last.
pub fn checkup_lines(app: &App) -> Vec<Line> {
    let Some(checkup) = &app.checkup else { return Vec::new() };
    let Some(checks) = &checkup.checks else {
        return vec![tell::line(
            "",
            "checking: tools, credentials, permissions, each line of the configuration …",
            Tone::Dim,
        )];
    };
    let mut lines = vec![tell::line("", counted(checks), Tone::Strong)];
    let checks = joined(checks);
    // Its frame, a cell at each side, and the sign with what parts it from the text.
    let cells = usize::from(width(app.screen.size.0).saturating_sub(8));
    for status in [Outcome::Fail, Outcome::Warn, Outcome::Untried, Outcome::Ok] {
        let (health, tone) = match status {
            Outcome::Fail => (Health::Down, Tone::Bad),
            Outcome::Warn => (Health::Degraded, Tone::Warn),
            Outcome::Untried => (Health::Unknown, Tone::Plain),
            Outcome::Ok => (Health::Healthy, Tone::Plain),
        };
        for check in checks.iter().filter(|check| check.status == status) {
            let text = format!("{}: {}", check.name, check.words());
            for (number, text) in wrap(&text, cells).into_iter().enumerate() {
                lines.push(tell::line(if number == 0 { health.sign() } else { "" }, text, tone));
            }
            let hint = check.hint.as_deref().map(|hint| in_environment(hint, app.environment.named()));
            let hint = hint.map(|hint| wrap(&format!("→ {hint}"), cells)).unwrap_or_default();
            lines.extend(hint.into_iter().map(|text| tell::line("", text, Tone::Dim)));
        }
    }
    lines
}

/// The whole checkup as text, to be copied.
pub fn checkup_copied(app: &App) -> Option<String> {
    let checks = app.checkup.as_ref()?.checks.as_ref()?;
    let lines = checks.iter().map(|check| {
        let hint = check.hint.as_ref().map(|hint| format!(" → {hint}")).unwrap_or_default();
        format!("{}: {}: {}{hint}", check.status.word(), check.name, check.words())
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}
