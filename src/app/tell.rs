//! The screen's sentences on an operation: the head of its view, its log, the lines of its dialogs. How they look is
//! for `src/ui`.

use super::App;
use super::operation::step::Weight;
use super::operation::{Operation, Stage};
use super::overlay::{Choice, Kind, Line, Tone};
use super::screen;
use super::{followed, listed, tunnels};
use crate::config::EnvironmentConfig;
use crate::model::deploy::{Check, Level};
use crate::model::offered::in_environment;
use crate::model::text::width;
use crate::model::wrap::wrap;
use crate::model::{Endpoints, Identity, Severity, time};
use jiff::{SignedDuration, Timestamp};

/// That something is not asked at AWS itself: a word, and where it is asked instead.
pub fn elsewhere(app: &App, endpoints: &Endpoints) -> Option<(&'static str, String)> {
    if app.session.simulated {
        return Some(("SIMULATED", String::new()));
    }
    let there = endpoints.words()?;
    let word = match (endpoints.is_simulated(), endpoints.is_partly_aws()) {
        (true, _) => "SIMULATED",
        (false, true) => "PARTLY NOT AWS",
        (false, false) => "NOT AWS",
    };
    Some((word, there))
}

/// The account of an environment. What was not verified carries a question mark; where nothing of AWS is configured nobody is
/// asked, and there is none.
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

/// Adds a paragraph, broken to `cells` with the sign before its first line.
pub fn paragraph(lines: &mut Vec<Line>, left: &str, text: &str, tone: Tone, cells: usize) {
    for (number, part) in wrap(text, cells.max(1)).into_iter().enumerate() {
        lines.push(line(if number == 0 { left } else { "" }, part, tone));
    }
}

/// The tone of a line of an operation's log.
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
pub fn of_check(check: &Check) -> (&'static str, Tone) {
    match check.level {
        Level::Fine => ("●", Tone::Good),
        Level::Note => ("·", Tone::Plain),
        Level::Warn => ("▲", Tone::Warn),
        Level::Stop => ("✖", Tone::Bad),
    }
}

/// A line of an operation's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged<'a> {
    /// When; the causes at its end have no time of their own.
    pub at: Option<Timestamp>,
    /// The tone of the text.
    pub tone: Tone,
    pub text: std::borrow::Cow<'a, str>,
}

/// An operation's log, oldest first; at its end why it ended so, and what to do.
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

/// The lines above an operation's blocks: how it stands; at its end the verdict, why, and what to do.
/// The first line's sign is its health's.
pub fn head(app: &App, operation: &Operation, cells: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let named = listed::named(app, operation);
    match &operation.outcome {
        None => {
            let mut words = vec![format!("{named}  {}", operation.words())];
            let fraction = followed::fraction(operation);
            if !fraction.is_empty() {
                words.push(fraction);
            }
            words.push(duration(operation, app.now));
            lines.push(line("", words.join("  "), Tone::Strong));
        }
        Some(outcome) => {
            let verdict = outcome.verdict.words().to_uppercase();
            let tone = match followed::health(operation) {
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

/// `1m12s, usually 2 min`.
fn duration(operation: &Operation, now: Timestamp) -> String {
    let elapsed = exactly(followed::elapsed(operation, now));
    match operation.machine().usual() {
        Some(usual) => format!("{elapsed}, usually {}", time::spoken(usual)),
        None => elapsed,
    }
}

/// `8s`, `1m12s`, `2h05m`: a duration that is watched.
pub fn exactly(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => time::short(duration),
    }
}

/// The plan of an operation, or how far looking at it is, or why it cannot be done.
pub fn plan(app: &App, operation: &Operation, cells: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let inner = cells.saturating_sub(2);
    if let Some(outcome) = &operation.outcome {
        paragraph(&mut lines, "✖", &outcome.summary, Tone::Bad, inner);
        // What a plan stopped at stands below, among its checks.
        for cause in outcome.causes.iter().filter(|cause| !stops(operation, cause)) {
            paragraph(&mut lines, "", cause, Tone::Plain, inner);
        }
        if let Some(hint) = &outcome.hint {
            paragraph(&mut lines, "→", hint, Tone::Strong, inner);
        }
    } else if operation.stage == Stage::Looking {
        let waited = app.now.duration_since(operation.asked);
        let waited = if waited.as_secs() > 2 { format!(" {}", exactly(waited)) } else { String::new() };
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
    // A small window shows only what comes first.
    let (grave, fine): (Vec<&Check>, Vec<&Check>) =
        plan.checks.iter().partition(|check| matches!(check.level, Level::Warn | Level::Stop));
    let checks = |lines: &mut Vec<Line>, title: &str, checks: Vec<&Check>| {
        if !checks.is_empty() {
            section(lines, title);
        }
        for check in checks {
            let (sign, tone) = of_check(check);
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
            let (now, next) = apart(&change.now, &change.next);
            let what = format!("{:wide$}  ", change.what);
            let whole = format!("{what}{} → {}", or_none(&now), or_none(&next));
            if width(&whole) <= inner {
                lines.push(line("", whole, Tone::Plain));
            } else {
                // Long values stand one above the other, so that they can be compared.
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

/// Two long names without the path that they share: `…/web:9f3c2e1`, and digests by their beginning. The whole
/// digest stands among the checks.
fn apart(now: &str, next: &str) -> (String, String) {
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

/// Whether a sentence is that of a check which stops the plan.
fn stops(operation: &Operation, sentence: &str) -> bool {
    operation.plan.iter().flat_map(super::operation::plan::Plan::stops).any(|check| check.text == sentence)
}

/// The lines that say what rolling back a deployment under way does.
pub fn revert(operation: &Operation, cells: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let details = operation.machine().details();
    // Deploying the same again has no revision of its own to go to.
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
    if let Some(runs) = details.runs {
        paragraph(&mut lines, "", &format!("What runs now: {runs}"), Tone::Dim, cells);
    }
    lines
}

/// Why a service is as it is, for a width and a number of rows: of each reason its severity and its lines, the
/// first of which has the sign beside it. Where there is no room for all of it, a line each.
pub fn reasons(app: &App, service: &str, cells: usize, rows: usize) -> Vec<(Severity, Vec<String>)> {
    let Some(row) = app.estate.service_row(service) else { return Vec::new() };
    let parts = row.assessment.reasons.iter().map(|reason| {
        let since =
            reason.since.map(|since| format!("  {}", time::age(Some(since), app.service_now()))).unwrap_or_default();
        let hint = reason.hint.as_deref().map(|hint| in_environment(hint, app.environment.named()));
        let hint = hint.map(|hint| format!("  → {hint}")).unwrap_or_default();
        (reason, since, hint)
    });
    let parts: Vec<_> = parts.collect();
    let whole: Vec<(Severity, Vec<String>)> = parts
        .iter()
        .map(|(reason, since, hint)| (reason.severity, wrap(&format!("{}{since}{hint}", reason.text), cells.max(1))))
        .collect();
    if whole.iter().map(|(_, lines)| lines.len()).sum::<usize>() <= rows {
        return whole;
    }
    let short = parts.into_iter().map(|(reason, since, hint)| {
        // A hint that would be cut says nothing.
        let text = &reason.text;
        let lines = [format!("{text}{since}{hint}"), format!("{text}{since}"), text.clone()];
        let fitting = lines.into_iter().find(|line| width(line) <= cells);
        (reason.severity, vec![fitting.unwrap_or_else(|| text.clone())])
    });
    short.collect()
}

/// The text of a screen that is too small for anything else, broken to its width: that it is, and what leaving would
/// leave behind where that was asked for.
pub fn too_small(app: &App, (columns, rows): (u16, u16)) -> Vec<String> {
    let (least_columns, least_rows) = screen::SMALLEST;
    let mut text = format!("{columns}×{rows} is too small: {least_columns}×{least_rows} at least");
    if app.screen.overlays.last().is_some_and(|window| window.kind == Kind::Quit) {
        let count = listed::running(app).count() + listed::going(app).filter(|one| one.runs).count();
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

/// The lines that say what becomes of operations under way when the cockpit is left.
pub fn leaving(app: &App, cells: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let inner = cells.saturating_sub(2);
    for operation in listed::running(app) {
        let head =
            format!("{}  {}  {}", listed::named(app, operation), operation.words(), followed::fraction(operation));
        paragraph(&mut lines, "◐", head.trim_end(), Tone::Strong, inner);
        let becomes = operation.machine().leaving(&operation.environment.name);
        paragraph(&mut lines, "", &becomes, Tone::Plain, inner);
    }
    for one in listed::going(app).filter(|one| one.runs) {
        paragraph(&mut lines, "◐", &format!("{}  {}  {}", one.title, one.words, one.note), Tone::Strong, inner);
        paragraph(
            &mut lines,
            "",
            "It goes on without the cockpit, which finds it again at its next start.",
            Tone::Plain,
            inner,
        );
    }
    for lost in listed::lost(app) {
        paragraph(&mut lines, "▲", &lost, Tone::Warn, inner);
    }
    for tunnel in app.tunnels.live() {
        let (head, becomes) = tunnels::tell::leaving(tunnel, app.session.simulated);
        paragraph(&mut lines, tunnel.standing.phase.health().sign(), &head, Tone::Strong, inner);
        paragraph(&mut lines, "", &becomes, Tone::Plain, inner);
    }
    lines
}
