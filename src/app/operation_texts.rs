//! The screen's texts about an operation: the head of its view, its log, the lines of its dialogs. `src/ui` decides how
//! they look.

use super::App;
use super::operation::step::Weight;
use super::operation::{Operation, Stage};
use super::overlay::{Choice, Kind, Line, Tone};
use super::screen;
use super::{operation_list, operation_reports, tunnels};
use crate::config::EnvironmentConfig;
use crate::model::deploy::{Check, Level};
use crate::model::suggested_commands::with_scope;
use crate::model::text::width;
use crate::model::wrap::wrap;
use crate::model::{Endpoints, Identity, Severity, time};
use jiff::{SignedDuration, Timestamp};

/// Returns, if requests do not go to AWS itself, a label and the address they go to.
pub fn custom_endpoint(app: &App, endpoints: &Endpoints) -> Option<(&'static str, String)> {
    if app.session.simulated {
        return Some(("SIMULATED", String::new()));
    }
    let address = endpoints.label()?;
    let word = match (endpoints.is_simulated(), endpoints.is_partly_aws()) {
        (true, _) => "SIMULATED",
        (false, true) => "PARTLY NOT AWS",
        (false, false) => "NOT AWS",
    };
    Some((word, address))
}

/// The account of an environment. An unverified account carries a question mark; if nothing of AWS is configured, there
/// is none.
pub fn account(environment: &EnvironmentConfig, identity: Option<&Identity>) -> String {
    match (identity, &environment.account) {
        (Some(identity), _) => identity.account.clone(),
        (None, Some(account)) => format!("{account}?"),
        (None, None) if environment.is_only_infra() => String::new(),
        (None, None) => "account ?".to_owned(),
    }
}

/// A line of text; `left` is a sign or a number.
pub fn line(left: &str, text: impl Into<String>, tone: Tone) -> Line {
    Line {
        left: left.into(),
        text: text.into(),
        note: String::new(),
        note_tone: Tone::Plain,
        risk: None,
        tone,
        choice: Choice::Nothing,
    }
}

/// Adds a paragraph, wrapped to `cells`, with the sign before its first line.
pub fn paragraph(lines: &mut Vec<Line>, left: &str, text: &str, tone: Tone, cells: usize) {
    for (number, part) in wrap(text, cells.max(1)).into_iter().enumerate() {
        lines.push(line(if number == 0 { left } else { "" }, part, tone));
    }
}

/// The tone of a line in an operation's log.
pub fn tone(weight: Weight) -> Tone {
    match weight {
        Weight::Step => Tone::Plain,
        Weight::Detail => Tone::Dim,
        Weight::Warn => Tone::Warn,
        Weight::Bad => Tone::Bad,
        Weight::Good => Tone::Good,
    }
}

/// The sign and tone of a check.
pub fn check_mark(check: &Check) -> (&'static str, Tone) {
    match check.level {
        Level::Fine => ("●", Tone::Good),
        Level::Note => ("·", Tone::Plain),
        Level::Warn => ("▲", Tone::Warn),
        Level::Stop => ("✖", Tone::Bad),
    }
}

/// A line in an operation's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged<'a> {
    /// The time; the causes at the end have none.
    pub at: Option<Timestamp>,
    /// The tone of the text.
    pub tone: Tone,
    pub text: std::borrow::Cow<'a, str>,
}

/// Returns an operation's log, oldest first; an ended operation has its causes and hint at the end.
pub fn log(operation: &Operation) -> impl Iterator<Item = (String, Logged<'_>)> {
    let dropped = operation.dropped;
    let lines = operation.lines.iter().enumerate().map(move |(number, line)| {
        let logged = Logged { at: Some(line.at), tone: tone(line.weight), text: line.text.as_str().into() };
        ((dropped + number).to_string(), logged)
    });
    let end = operation.outcome.iter().flat_map(|outcome| {
        let causes = outcome.causes.iter().map(|cause| (Tone::Plain, format!("  {cause}")));
        causes.chain(outcome.hint.iter().map(|hint| (Tone::Strong, format!("→ {hint}"))))
    });
    let end = end
        .enumerate()
        .map(|(number, (tone, text))| (format!("end {number}"), Logged { at: None, tone, text: text.into() }));
    lines.chain(end)
}

/// The lines above an operation's blocks: its progress; once it has ended, the verdict, the causes and the hint. The
/// sign of the first line is that of its health.
pub fn operation_header(app: &App, operation: &Operation, cells: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let named = operation_list::qualified_title(app, operation);
    match &operation.outcome {
        None => {
            let mut words = vec![format!("{named}  {}", operation.status_label())];
            let fraction = operation_reports::fraction(operation);
            if !fraction.is_empty() {
                words.push(fraction);
            }
            words.push(duration(operation, app.now));
            lines.push(line("", words.join("  "), Tone::Strong));
        }
        Some(outcome) => {
            let verdict = outcome.verdict.label().to_uppercase();
            let tone = match operation_reports::health(operation) {
                crate::model::Health::Healthy => Tone::Good,
                crate::model::Health::Stopped => Tone::Strong,
                _ => Tone::Bad,
            };
            paragraph(&mut lines, "", &format!("{verdict}  {}", outcome.summary), tone, cells);
            for cause in &outcome.causes {
                paragraph(&mut lines, "·", cause, Tone::Plain, cells);
            }
            if let Some(hint) = &outcome.hint {
                paragraph(&mut lines, "→", hint, Tone::Strong, cells);
            }
        }
    }
    lines
}

/// The elapsed time: `1m12s, usually 2 min`.
fn duration(operation: &Operation, now: Timestamp) -> String {
    let elapsed = format_elapsed(operation_reports::elapsed(operation, now));
    match operation.machine().usual_duration() {
        Some(usual) => format!("{elapsed}, usually {}", time::sentence_duration(usual)),
        None => elapsed,
    }
}

/// Formats a running duration: `8s`, `1m12s`, `2h05m`.
pub fn format_elapsed(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => time::short(duration),
    }
}

/// The plan of an operation, or the progress of making it, or why it is impossible.
pub fn plan(app: &App, operation: &Operation, cells: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let inner = cells.saturating_sub(2);
    if let Some(outcome) = &operation.outcome {
        paragraph(&mut lines, "✖", &outcome.summary, Tone::Bad, inner);
        // The check that stopped a plan is listed below, among its checks.
        for cause in outcome.causes.iter().filter(|cause| !stops(operation, cause)) {
            paragraph(&mut lines, "", cause, Tone::Plain, inner);
        }
        if let Some(hint) = &outcome.hint {
            paragraph(&mut lines, "→", hint, Tone::Strong, inner);
        }
    } else if operation.stage == Stage::Planning {
        let waited = app.now.duration_since(operation.requested_at);
        let waited = if waited.as_secs() > 2 { format!(" {}", format_elapsed(waited)) } else { String::new() };
        lines.push(line("◐", format!("looking …{waited}"), Tone::Plain));
        paragraph(&mut lines, "", "nothing is changed before it is confirmed", Tone::Dim, inner);
    }
    let Some(plan) = &operation.plan else { return lines };
    let possible = plan.possible() && operation.outcome.is_none();
    let section = |lines: &mut Vec<Line>, title: &str| {
        if !lines.is_empty() {
            lines.push(line("", "", Tone::Plain));
        }
        lines.push(line("", title, Tone::Strong));
    };
    // The important part comes first, because a small window shows only the beginning.
    let (grave, fine): (Vec<&Check>, Vec<&Check>) =
        plan.checks.iter().partition(|check| matches!(check.level, Level::Warn | Level::Stop));
    let checks = |lines: &mut Vec<Line>, title: &str, checks: Vec<&Check>| {
        if !checks.is_empty() {
            section(lines, title);
        }
        for check in checks {
            let (sign, tone) = check_mark(check);
            paragraph(lines, sign, &check.text, tone, inner);
            if let Some(hint) = &check.hint {
                paragraph(lines, "", &format!("→ {hint}"), Tone::Dim, inner);
            }
        }
    };
    checks(&mut lines, "Warnings", grave);
    if possible && !plan.steps.is_empty() {
        section(&mut lines, "What will happen");
        for (number, step) in plan.steps.iter().enumerate() {
            paragraph(&mut lines, &format!("{}", number + 1), step, Tone::Plain, inner);
        }
        for program in &plan.programs {
            paragraph(&mut lines, "$", program, Tone::Plain, inner);
        }
    }
    if !plan.changes.is_empty() {
        section(&mut lines, "Now → next");
        let wide = plan.changes.iter().map(|change| width(&change.what)).max().unwrap_or(0).min(cells / 3);
        for change in &plan.changes {
            let or_none = |text: &str| if text.is_empty() { "–".to_owned() } else { text.to_owned() };
            let (now, next) = shortened(&change.now, &change.next);
            let what = format!("{:wide$}  ", change.what);
            let full = format!("{what}{} → {}", or_none(&now), or_none(&next));
            if width(&full) <= inner {
                lines.push(line("", full, Tone::Plain));
            } else {
                // Long values are placed one below the other, so that they can be compared.
                lines.push(line("", change.what.clone(), Tone::Plain));
                paragraph(&mut lines, "·", &or_none(&now), Tone::Plain, inner);
                paragraph(&mut lines, "→", &or_none(&next), Tone::Plain, inner);
            }
        }
    }
    checks(&mut lines, "Checked", fine);
    if possible && !plan.undo.is_empty() {
        section(&mut lines, "To undo it");
        paragraph(&mut lines, "", &plan.undo, Tone::Plain, inner);
    }
    if !plan.command.is_empty() {
        section(&mut lines, "The same from a shell");
        paragraph(&mut lines, "", &plan.command, Tone::Plain, inner);
    }
    lines
}

/// Shortens two long names for comparison: drops the path they share (`…/web:9f3c2e1`) and cuts digests. The full
/// digest is among the checks.
fn shortened(now: &str, next: &str) -> (String, String) {
    let shared = now.rfind('/').filter(|end| next.get(..=*end) == now.get(..=*end));
    let cut = |text: &str| {
        let text = shared.map_or_else(|| text.to_owned(), |end| format!("…{}", &text[end..]));
        match text.split_once("@sha256:") {
            Some((name, digest)) if digest.len() > 12 && digest.is_ascii() => {
                format!("{name}@sha256:{}…", &digest[..12])
            }
            _ => text,
        }
    };
    (cut(now), cut(next))
}

/// Whether a sentence is that of a check that stops the plan.
fn stops(operation: &Operation, sentence: &str) -> bool {
    operation.plan.iter().flat_map(super::operation::plan::Plan::blockers).any(|check| check.text == sentence)
}

/// The lines that explain what rolling back a deployment in progress does.
pub fn revert(operation: &Operation, cells: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let details = operation.machine().details();
    // A forced deployment of the same definition has no new revision.
    let watched = operation.machine().watch().map(|watch| watch.subject.revision.clone());
    let ended = match watched.or(details.revision).filter(|revision| !revision.is_empty()) {
        Some(revision) => format!("The deployment of {revision} is ended."),
        None => "The deployment under way is ended.".to_owned(),
    };
    paragraph(&mut lines, "", &ended, Tone::Plain, cells);
    let back = match details.previous {
        Some(previous) => format!("ECS brings {previous} back; this is watched to its end."),
        None => "ECS brings the version before back; this is watched to its end.".to_owned(),
    };
    paragraph(&mut lines, "", &back, Tone::Plain, cells);
    if let Some(runs) = details.running_version {
        paragraph(&mut lines, "", &format!("What runs now: {runs}"), Tone::Dim, cells);
    }
    lines
}

/// The reasons of a service's health, for a width and a number of rows: the severity and the lines of each reason; the
/// sign goes beside its first line. If there is not room for all, one line each.
pub fn reasons(app: &App, service: &str, cells: usize, rows: usize) -> Vec<(Severity, Vec<String>)> {
    let Some(row) = app.estate.service_row(service) else { return Vec::new() };
    let parts = row.assessment.reasons.iter().map(|reason| {
        let since =
            reason.since.map(|since| format!("  {}", time::age(Some(since), app.service_now()))).unwrap_or_default();
        let hint = reason.hint.as_deref().map(|hint| with_scope(hint, app.environment.command_scope()));
        let hint = hint.map(|hint| format!("  → {hint}")).unwrap_or_default();
        (reason, since, hint)
    });
    let parts: Vec<_> = parts.collect();
    let wrapped: Vec<(Severity, Vec<String>)> = parts
        .iter()
        .map(|(reason, since, hint)| (reason.severity, wrap(&format!("{}{since}{hint}", reason.text), cells.max(1))))
        .collect();
    if wrapped.iter().map(|(_, lines)| lines.len()).sum::<usize>() <= rows {
        return wrapped;
    }
    let short = parts.into_iter().map(|(reason, since, hint)| {
        // A truncated hint is of no use.
        let text = &reason.text;
        let lines = [format!("{text}{since}{hint}"), format!("{text}{since}"), text.clone()];
        let fitting = lines.into_iter().find(|line| width(line) <= cells);
        (reason.severity, vec![fitting.unwrap_or_else(|| text.clone())])
    });
    short.collect()
}

/// The text of a screen that is too small for anything else, wrapped to its width: the required size, and what quitting
/// would leave behind if it was requested.
pub fn too_small(app: &App, (columns, rows): (u16, u16)) -> Vec<String> {
    let (least_columns, least_rows) = screen::SMALLEST;
    let mut text = format!("{columns}×{rows} is too small: {least_columns}×{least_rows} at least");
    if app.screen.overlays.last().is_some_and(|window| window.kind == Kind::Quit) {
        let count =
            operation_list::running(app).count() + operation_list::activities(app).filter(|one| one.is_running).count();
        let mut words = Vec::new();
        match count {
            0 => {}
            1 => words.push("1 operation goes on".to_owned()),
            several => words.push(format!("{several} operations go on")),
        }
        match app.tunnels.live().count() {
            0 => {}
            1 => words.push("1 tunnel ends".to_owned()),
            several => words.push(format!("{several} tunnels end")),
        }
        text = format!("{}; q again leaves. {text}", words.join(", "));
    }
    wrap(&text, usize::from(columns))
}

/// The lines that explain what happens to running operations when the program quits.
pub fn quit_lines(app: &App, cells: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let inner = cells.saturating_sub(2);
    for operation in operation_list::running(app) {
        let head = format!(
            "{}  {}  {}",
            operation_list::qualified_title(app, operation),
            operation.status_label(),
            operation_reports::fraction(operation)
        );
        paragraph(&mut lines, "◐", head.trim_end(), Tone::Strong, inner);
        let consequence = operation.machine().quit_note(&operation.environment.name);
        paragraph(&mut lines, "", &consequence, Tone::Plain, inner);
    }
    for one in operation_list::activities(app).filter(|one| one.is_running) {
        paragraph(&mut lines, "◐", &format!("{}  {}  {}", one.title, one.sentence, one.note), Tone::Strong, inner);
        paragraph(
            &mut lines,
            "",
            "It continues without the cockpit, which finds it again at its next start.",
            Tone::Plain,
            inner,
        );
    }
    for lost in operation_list::losses(app) {
        paragraph(&mut lines, "▲", &lost, Tone::Warn, inner);
    }
    for tunnel in app.tunnels.live() {
        let (head, consequence) = tunnels::texts::left_open_note(tunnel, app.session.simulated);
        paragraph(&mut lines, tunnel.status.phase.health().sign(), &head, Tone::Strong, inner);
        paragraph(&mut lines, "", &consequence, Tone::Plain, inner);
    }
    lines
}
