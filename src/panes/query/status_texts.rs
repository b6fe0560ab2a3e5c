//! Texts of the Query pane: the state of the session, how a statement ended, and where it failed.

use super::addresses::{no_address_reason, role};
use super::result::Tab;
use super::state::{Link, State};
use crate::app::App;
use crate::app::command::Id;
use crate::app::data_status::secondary_trouble;
use crate::app::overlay::Tone;
use crate::app::tunnels::state::Tunnel;
use crate::app::tunnels::texts::status_text;
use crate::model::sql::format::cell::grouped;
use crate::model::sql::{Server, ServerMessage, StatementOutcome, Transaction};
use crate::model::text::pluralize;
use crate::model::time::short;
use crate::model::tunnel::remote_end::POSTGRES;
use crate::model::{Health, Source};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// Maximum number of a statement's lines shown below its outcome.
const SHOWN: usize = 200;

/// A line with its tone.
pub type Toned = (Tone, String);

/// The state of the session: a sign, and texts in order of importance. What does not fit is left out from the end.
pub fn session(state: &State) -> (Health, Vec<Toned>) {
    let server = state.server.as_ref().filter(|_| state.is_on());
    let health = match (&state.link, server) {
        (Link::Off, _) => Health::Stopped,
        (Link::Opening(_), _) => Health::Changing,
        (Link::Lost(_), _) => Health::Down,
        (Link::On, Some(Server { reader: Some(true), .. })) => Health::Degraded,
        (Link::On, Some(Server { reader: None, .. })) => Health::Unknown,
        (Link::On, _) => Health::Healthy,
    };
    let words = match (&state.link, server) {
        (Link::Off, _) => vec![(Tone::Plain, "not connected".to_owned())],
        (Link::Opening(to), _) => vec![(Tone::Plain, format!("connecting to {to} …"))],
        (Link::Lost(why), _) => vec![(Tone::Bad, format!("connection lost: {why}"))],
        (Link::On, None) => vec![(Tone::Plain, "connected".to_owned())],
        (Link::On, Some(server)) => connected(state, server),
    };
    (health, words)
}

fn connected(state: &State, server: &Server) -> Vec<Toned> {
    let mut words = vec![(Tone::Strong, role(server).to_owned())];
    match state.transaction {
        Transaction::Idle => {}
        Transaction::Open => {
            let marks = state.interpreter.savepoints();
            let marks = if marks.is_empty() { String::new() } else { format!(", savepoint {}", marks.join(", ")) };
            words.push((Tone::Warn, format!("* transaction{marks}")));
        }
        Transaction::Failed => words.push((Tone::Bad, "! transaction failed: ROLLBACK".to_owned())),
    }
    if state.lost_transaction {
        let words_of_it =
            "! the open transaction was lost, none of its changes were kept: continue with BEGIN or ROLLBACK";
        words.push((Tone::Bad, words_of_it.to_owned()));
    }
    if server.read_only {
        words.push((Tone::Warn, "READ-ONLY".to_owned()));
    }
    words.extend(state.result_target.iter().map(|file| (Tone::Warn, format!("results go to {file} (\\o ends it)"))));
    words.extend(state.changed.iter().map(|changed| (Tone::Warn, format!("▲ {changed}"))));
    words.push((Tone::Plain, format!("{}@{}", server.user, server.database)));
    words.push((Tone::Plain, server.host.clone()));
    words.extend(
        server.read_only_why.iter().filter(|_| server.read_only).map(|why| (Tone::Dim, format!("read-only: {why}"))),
    );
    let limit = server.statement_timeout.map_or_else(|| "none".to_owned(), format_duration);
    words.push((Tone::Dim, format!("timeout {limit}")));
    words.extend(server.idle_timeout.map(|idle| (Tone::Dim, format!("idle {}", format_duration(idle)))));
    if !server.tls {
        words.push((Tone::Dim, "no TLS".to_owned()));
    }
    words.push((Tone::Dim, format!("port {}  PostgreSQL {}", server.port, server.version)));
    words
}

/// The state of the connection as one text.
pub fn session_text(state: &State) -> String {
    session(state).1.into_iter().map(|(_, words)| words).collect::<Vec<_>>().join("  ")
}

/// The lines in the result block while there is no result.
pub fn idle(app: &App) -> Vec<(Health, String)> {
    let state = &app.panes.query;
    let key = app.keymap.label(Id::OPEN).unwrap_or_default();
    let mut lines = Vec::new();
    match &state.link {
        Link::On => {
            lines.push((Health::Stopped, "no result yet: type a statement, `;` and Enter".to_owned()));
            return lines;
        }
        Link::Opening(to) => return vec![(Health::Changing, format!("connecting to {to} …"))],
        Link::Lost(why) => lines.push((Health::Down, why.clone())),
        Link::Off => {
            if let Some(failure) = &state.failure {
                lines.push((Health::Down, failure.message.clone()));
                if let Some(hint) = &failure.hint {
                    lines.push((Health::Stopped, format!("→ {hint}")));
                }
            }
        }
    }
    // The list of databases may be incomplete or outdated.
    if !app.environment.databases.is_empty() {
        lines.extend(secondary_trouble(app, &[Source::DbClusters, Source::DbInstances]));
    }
    if let Some(nowhere) = no_address_reason(app) {
        lines.extend(nowhere.into_iter().map(|line| (Health::Stopped, line)));
        lines.extend(tunnels(app));
        return lines;
    }
    let places = super::addresses::places(app);
    lines.push((Health::Stopped, format!("{key} connects to")));
    lines.extend(places.iter().flat_map(|(word, place)| {
        // A hostname of RDS fills a small screen.
        let port = if place.port == POSTGRES { String::new() } else { format!(":{}", place.port) };
        [(Health::Stopped, format!("  {word}")), (Health::Stopped, format!("  {}{port}", place.host))]
    }));
    if let Some(why) = super::addresses::read_only(app) {
        lines.push((Health::Stopped, format!("transactions only read: {why}")));
    }
    lines.extend(tunnels(app));
    lines
}

/// The session's tunnels, which other programs can use too, and the key that opens one.
fn tunnels(app: &App) -> Vec<(Health, String)> {
    let line = |tunnel: &Tunnel| {
        let standing = &tunnel.status;
        let bytes = format_size(standing.sent + standing.received);
        let round = standing.round_trip.map(|round| format!(", {} ms", round.as_millis())).unwrap_or_default();
        let age = short(app.now.duration_since(tunnel.since));
        let counted = format!("{age}, {bytes}{round}, {} open, resumed {} times", standing.open, standing.resumes);
        (standing.phase.health(), format!("{}  {counted}", status_text(tunnel)))
    };
    let mut lines: Vec<_> = app.tunnels.list.iter().map(line).collect();
    if super::addresses::is_tunnelled(app)
        && let Some(key) = app.keymap.label(Id("tunnel"))
    {
        lines.push((Health::Stopped, format!("{key} opens a tunnel for other programs on this machine")));
    }
    lines
}

/// The mark of a result that was kept only in part.
const NOT_WHOLE: &str = "NOT WHOLE: ";

/// How a statement ended, in one line.
pub fn outcome(tab: &Tab, now: Timestamp) -> Toned {
    let took = tab.duration.map(|took| format!("  {}", format_duration(took))).unwrap_or_default();
    match &tab.ended {
        None => {
            let since = now.duration_since(tab.began).max(SignedDuration::ZERO);
            let so_far = tab
                .grid
                .as_ref()
                .map(|grid| format!("  {} rows so far, {}", format_count(grid.rows), format_size(grid.bytes)));
            let clock = format!("{}.{} s", since.as_secs(), since.subsec_millis() / 100);
            (Tone::Warn, format!("running  {clock}{}", so_far.unwrap_or_default()))
        }
        Some(StatementOutcome::Done(tag)) if tab.rolled_back => (Tone::Warn, format!("ROLLED BACK: {tag}{took}")),
        Some(StatementOutcome::Done(tag)) => {
            let (tone, whole) = if tab.stopped.is_some() { (Tone::Warn, NOT_WHOLE) } else { (Tone::Good, "") };
            (tone, format!("{whole}{tag}{took}"))
        }
        Some(StatementOutcome::Cancelled) if tab.stopped.is_some() => {
            (Tone::Warn, format!("{NOT_WHOLE}reading was stopped{took}"))
        }
        Some(StatementOutcome::Failed(said)) => (Tone::Bad, format!("{}: {}{took}", said.severity, said.message)),
        Some(StatementOutcome::Cancelled) => (Tone::Warn, format!("cancelled{took}")),
        Some(StatementOutcome::Lost(why)) => (Tone::Bad, format!("lost: {why}")),
    }
}

/// All lines about a tab without rows.
pub fn tab_lines(tab: &Tab, now: Timestamp) -> Vec<Toned> {
    let mut lines = Vec::new();
    match &tab.ended {
        Some(StatementOutcome::Failed(error)) => lines.extend(failure_lines(error, &tab.statement)),
        Some(StatementOutcome::Lost(_)) => {
            lines.push(outcome(tab, now));
            lines.push((
                Tone::Plain,
                "Whether it was carried out is not known: look before you run it again.".to_owned(),
            ));
        }
        Some(StatementOutcome::Done(_) | StatementOutcome::Cancelled) | None => lines.push(outcome(tab, now)),
    }
    lines.extend(tab.part.iter().map(|part| (Tone::Warn, part.clone())));
    lines.extend(tab.stopped.iter().map(|why| (Tone::Warn, why.clone())));
    for notice in &tab.notices {
        lines.extend(notice_lines(notice));
    }
    if tab.dropped_notices > 0 {
        let kept = tab.notices.len();
        lines.push((
            Tone::Warn,
            format!("… and {} more: the first {kept} are kept", format_count(tab.dropped_notices as u64)),
        ));
    }
    if !matches!(tab.ended, Some(StatementOutcome::Failed(_))) {
        lines.push((Tone::Dim, String::new()));
        lines.extend(tab.statement.lines().take(SHOWN).map(|line| (Tone::Dim, line.to_owned())));
        if let Some(more) = tab.statement.lines().count().checked_sub(SHOWN).filter(|more| *more > 0) {
            lines.push((Tone::Dim, format!("… and {}", pluralize(more, "more line"))));
        }
    }
    lines
}

/// A failure, with its position in the statement.
pub fn failure_lines(error: &ServerMessage, statement: &str) -> Vec<Toned> {
    let code = if error.code.is_empty() { String::new() } else { format!("  ({})", error.code) };
    let mut lines = vec![(Tone::Bad, format!("{}: {}{code}", error.severity, error.message))];
    let own = error.internal_query.as_deref().zip(error.internal_position);
    for (line, caret) in error
        .position
        .and_then(|at| place(statement, at))
        .into_iter()
        .chain(own.and_then(|(query, at)| place(query, at)))
    {
        lines.push((Tone::Plain, line));
        lines.push((Tone::Bad, caret));
    }
    lines.extend(more(error));
    lines
}

/// The lines of a server notice.
pub fn notice_lines(notice: &ServerMessage) -> Vec<Toned> {
    let tone = if notice.severity == "WARNING" { Tone::Warn } else { Tone::Dim };
    let mut lines = vec![(tone, format!("{}: {}", notice.severity, notice.message))];
    lines.extend(more(notice));
    lines
}

fn more(message: &ServerMessage) -> Vec<Toned> {
    let parts = [("DETAIL", &message.detail), ("HINT", &message.hint), ("CONTEXT", &message.context)];
    let parts = parts.into_iter().filter_map(|(word, text)| Some((word, text.as_ref()?)));
    parts.map(|(word, text)| (Tone::Plain, format!("{word}:  {text}"))).collect()
}

/// Number of characters of a long line shown on each side of the position.
const AROUND: usize = 60;

/// The line of a statement that contains the character at `position` (counted from 1), and a marker line below it.
fn place(statement: &str, position: u32) -> Option<(String, String)> {
    let at = usize::try_from(position).ok()?.checked_sub(1)?;
    let before: String = statement.chars().take(at).collect();
    let number = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let head: String = before[start..].replace('\t', " ");
    let line = statement.lines().nth(number - 1).unwrap_or_default().replace('\t', " ");
    let column = head.chars().count();
    let skipped = column.saturating_sub(AROUND);
    let shown: String = line.chars().skip(skipped).take(2 * AROUND).collect();
    let dots = if skipped > 0 { "…" } else { "" };
    let prefix = format!("LINE {number}: {dots}");
    let under: String = line.chars().skip(skipped).take(column - skipped).collect();
    let cells = crate::model::text::width(&prefix) + crate::model::text::width(&crate::model::text::sanitize(&under));
    Some((format!("{prefix}{shown}"), format!("{}^", " ".repeat(cells))))
}

/// Formats a number with thousands separators.
pub fn format_count(number: u64) -> String {
    grouped(&number.to_string())
}

/// Formats a size: `812 B`, `1.4 MB`.
pub fn format_size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1e3;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1e3;
        unit += 1;
    }
    if value < 9.95 { format!("{value:.1} {}", UNITS[unit]) } else { format!("{value:.0} {}", UNITS[unit]) }
}

/// Formats a duration: `12 ms`, `3.4 s`, `2 m 5 s`.
pub fn format_duration(took: Duration) -> String {
    match took.as_millis() {
        0 => format!("{:.1} ms", took.as_secs_f64() * 1e3),
        millis @ 1..1_000 => format!("{millis} ms"),
        1_000..60_000 if took.subsec_millis() == 0 => format!("{} s", took.as_secs()),
        1_000..60_000 => format!("{:.1} s", took.as_secs_f64()),
        _ if took.as_secs().is_multiple_of(60) => format!("{} min", took.as_secs() / 60),
        _ => format!("{} min {} s", took.as_secs() / 60, took.as_secs() % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_marker_is_aligned_after_wide_characters() {
        let (line, caret) = place("select 1\nfrom 日本 wher x", 18).unwrap();
        assert_eq!(line, "LINE 2: from 日本 wher x");
        assert_eq!(caret, format!("{}^", " ".repeat("LINE 2: from ".len() + 5)));
        assert_eq!(place("select", 0), None);
        assert!(place("select", 100).is_some(), "behind the end");
    }

    #[test]
    fn numbers_sizes_and_times_are_formatted() {
        assert_eq!(
            (format_count(0), format_count(999), format_count(1_000), format_count(10_000_000)),
            ("0".into(), "999".into(), "1,000".into(), "10,000,000".into())
        );
        let times = [300, 12_000, 3_400_000, 120_000_000, 125_000_000]
            .map(|micros| format_duration(Duration::from_micros(micros)));
        assert_eq!(times, ["0.3 ms", "12 ms", "3.4 s", "2 min", "2 min 5 s"]);
    }
}
