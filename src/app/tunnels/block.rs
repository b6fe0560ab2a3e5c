//! The block that lists tunnels, for every pane that shows it.

use super::state::Tunnel;
use super::texts;
use crate::app::data_status::note;
use crate::app::pane::{Data, DataStatus, Rows};
use crate::app::screen::Block;
use crate::app::subject::{Fact, Subject, bad, fact};
use crate::app::{App, Spec};
use crate::model::text::pluralize;
use crate::model::time::short;

/// The block with the list of tunnels.
pub const TUNNELS: Block = Block("tunnels");

/// The declaration of the block.
pub const SPEC: Spec = Spec {
    block: TUNNELS,
    title: "Tunnels",
    header: true,
    columns: &[],
    rows: Rows::Lines(lines),
    follows_end: false,
    is_entry: |_| true,
    subject,
    open: |_| None,
    details,
    data: Data::Own(status),
};

/// The tunnel in this row.
pub fn tunnel_of_row<'a>(app: &'a App, key: &str) -> Option<&'a Tunnel> {
    app.tunnels.get(key.parse().ok()?)
}

/// The tunnel selected in the list, if the list has the focus; otherwise the only tunnel of this environment: a key
/// pressed here does not mean a tunnel of another environment.
pub fn selected(app: &App) -> Option<&Tunnel> {
    if app.focused() == TUNNELS {
        let key = app.screen.list_of(TUNNELS).and_then(crate::app::list::List::selected);
        return key.and_then(|key| tunnel_of_row(app, key));
    }
    let mut ours = app.tunnels.list.iter().filter(|tunnel| tunnel.plan.environment == app.environment.name);
    ours.next().filter(|_| ours.next().is_none())
}

fn lines(app: &App) -> Vec<(String, String)> {
    let line = |tunnel: &Tunnel| {
        (tunnel.number.to_string(), format!("{} {}", texts::status_text(tunnel), tunnel.plan.remote.host_and_port()))
    };
    app.tunnels.list.iter().map(line).collect()
}

/// The text to copy for a tunnel: how programs connect to it.
fn subject(app: &App, key: Option<&str>) -> Option<Subject> {
    Some(Subject::Text(texts::url(tunnel_of_row(app, key?)?)))
}

fn status(_: &App) -> DataStatus {
    DataStatus { empty: note("no tunnel is open: T opens one to the database"), ..DataStatus::default() }
}

/// Everything known about a tunnel.
pub fn details(app: &App, key: &str) -> Vec<Fact> {
    let Some(tunnel) = tunnel_of_row(app, key) else { return Vec::new() };
    let (standing, plan) = (&tunnel.status, &tunnel.plan);
    let mut facts =
        vec![fact("environment", &plan.environment), bad("state", standing.phase.name(), standing.phase.health())];
    facts.extend(standing.reason.iter().map(|reason| fact("reason", reason)));
    facts.extend(standing.hint.iter().map(|hint| fact("→", hint)));
    facts.push(fact("leads to", plan.remote.host_and_port()));
    facts.push(fact("through", standing.through.as_deref().unwrap_or_else(|| plan.wanted.through())));
    facts.push(fact("listens at", tunnel.local.as_deref().unwrap_or("not yet")));
    facts.push(fact("connect", texts::url(tunnel)));
    facts.extend(texts::client_connections(tunnel).map(|(label, text)| fact(label, text)));
    facts.push(fact("sent", pluralize(standing.sent, "byte")));
    facts.push(fact("received", pluralize(standing.received, "byte")));
    facts.extend(standing.round_trip.map(|round| fact("round trip", format!("{} ms", round.as_millis()))));
    facts.push(fact("connections", format!("{} open, {} since it was opened", standing.open, standing.connections)));
    if standing.refused > 0 {
        facts.push(fact(
            "refused",
            format!("{}: the place cannot be reached from there", pluralize(standing.refused, "connection")),
        ));
    }
    if standing.waits_for_reader {
        facts.push(fact("waits", "a local program does not read what was received for it"));
    }
    facts.extend(standing.left_session_note().map(|behind| fact("left behind", behind)));
    facts.push(fact("resumed", format!("{}, without losing anything", pluralize(standing.resumes, "time"))));
    facts.push(fact("replaced", format!("{}, with what connections it had", pluralize(standing.replacements, "time"))));
    if standing.sessions > 1 {
        let further_sessions = standing.sessions - 1;
        facts.push(fact("sessions", format!("{}, {further_sessions} beside the first", standing.sessions)));
    }
    facts.push(fact("open for", short(app.now.duration_since(tunnel.since))));
    facts.push(fact("the same", &plan.command));
    facts
}
