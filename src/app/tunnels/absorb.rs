//! Takes reports about tunnels: each change goes into the activity list with its reason.

use super::state::{Tunnel, TunnelQuestion};
use super::{opening, texts};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::Answer;
use crate::feeds::part::Part;
use crate::feeds::tunnels::Fact;
use crate::model::suggested_commands::with_scope;
use crate::model::tunnel::status::{Phase, TunnelStatus};

/// Handles a report about a tunnel.
pub fn absorb(app: &mut App, answer: Answer) -> Vec<Effect> {
    let number = answer.ticket.serial;
    let part = answer.of::<Fact>().part;
    let Some(place) = app.tunnels.list.iter().position(|tunnel| tunnel.number == number) else { return Vec::new() };
    let (next, named) = (app.tunnels.list[place].next.clone(), texts::title(&app.tunnels.list[place]));
    match part {
        Part::Page(fact) => learned(app, place, fact),
        Part::Last(fact) => {
            learned(app, place, fact);
            // The request is over, and with it the tunnel.
            let has_ended = app.tunnels.get(number).is_some_and(|tunnel| !tunnel.is_live());
            if !has_ended {
                ended(app, number, TunnelStatus { phase: Phase::Closed, ..TunnelStatus::default() });
            }
        }
        Part::Failed(failure) => {
            let hint = Some(failure.hint().to_owned()).filter(|hint| !hint.is_empty());
            let reason = Some(failure.message);
            ended(app, number, TunnelStatus { phase: Phase::Failed, reason, hint, ..TunnelStatus::default() });
        }
    }
    app.lists_changed();
    // Once it has ended, its port is free for the tunnel that takes its place.
    let Some(next) = next.filter(|_| app.tunnels.get(number).is_none_or(|tunnel| !tunnel.is_live())) else {
        return Vec::new();
    };
    if let Some(tunnel) = app.tunnels.list.iter_mut().find(|tunnel| tunnel.number == number) {
        tunnel.next = None;
    }
    if next.environment == app.environment.name {
        return opening::open_now(app, *next);
    }
    let text = format!(
        "{named} is closed; none to {} was opened: {} was left meanwhile",
        next.remote.host_and_port(),
        next.environment
    );
    app.note(true, text.clone());
    app.show_message(text);
    Vec::new()
}

fn ended(app: &mut App, number: u64, standing: TunnelStatus) {
    let Some(place) = app.tunnels.list.iter().position(|tunnel| tunnel.number == number) else { return };
    // The counters keep their last values.
    let before = app.tunnels.list[place].status.clone();
    let standing = TunnelStatus { phase: standing.phase, reason: standing.reason, hint: standing.hint, ..before };
    update_status(app, place, standing);
}

fn learned(app: &mut App, place: usize, fact: Fact) {
    match fact {
        Fact::Listening(local) => app.tunnels.list[place].local = Some(local),
        Fact::Status(standing) => update_status(app, place, *standing),
        Fact::Stopped(id) => {
            let tunnel = app.tunnels.list.remove(place);
            let text = format!("{}: instance {id} is stopped", texts::title(&tunnel));
            app.note(true, text.clone());
            if may_ask(app, &tunnel) {
                opening::open_confirmation(app, TunnelQuestion::Start(Box::new(tunnel.plan), id));
            } else {
                app.show_message(text);
            }
        }
        Fact::PortTaken { by, free } => {
            let tunnel = app.tunnels.list.remove(place);
            let owner = by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
            let text = format!("{}: 127.0.0.1:{} is taken{owner}", texts::title(&tunnel), tunnel.plan.port);
            app.note(true, text.clone());
            match free {
                // Asked only in the tunnel's environment: elsewhere it would be opened with other credentials.
                Some(free) if may_ask(app, &tunnel) => {
                    opening::open_confirmation(app, TunnelQuestion::Port(Box::new(tunnel.plan), by, free));
                }
                _ => app.show_message(text),
            }
        }
    }
}

/// Whether a window may open for the tunnel: its environment is open, and no window or input line is.
fn may_ask(app: &App, tunnel: &Tunnel) -> bool {
    tunnel.plan.environment == app.environment.name && app.screen.overlays.is_empty() && app.screen.typing.is_none()
}

/// Stores a tunnel's new state, and reports it if it is news.
fn update_status(app: &mut App, place: usize, standing: TunnelStatus) {
    let now = app.now;
    let named = app.command_scope(&app.tunnels.list[place].plan.environment);
    let hint = standing.hint.map(|hint| with_scope(&hint, named));
    let standing = TunnelStatus { hint, ..standing };
    let tunnel = &mut app.tunnels.list[place];
    let before = std::mem::replace(&mut tunnel.status, standing);
    let standing = &tunnel.status;
    let news = before.phase != standing.phase || (before.reason != standing.reason && standing.reason.is_some());
    let refused = standing.refused > before.refused;
    if before.phase != standing.phase {
        tunnel.changed = now;
    }
    let tunnel = tunnel.clone();
    if refused {
        let place = tunnel.plan.remote.host_and_port();
        let text = format!("{}: a connection was refused: {place} cannot be reached from there", texts::title(&tunnel));
        app.note(true, text.clone());
        app.show_message(text);
    }
    if let Some(leftover) =
        tunnel.status.left_session_note().filter(|_| before.termination_failure != tunnel.status.termination_failure)
    {
        let text = format!("{}: {leftover}", texts::title(&tunnel));
        app.note(true, text.clone());
        app.show_message(text);
    }
    if !news {
        return;
    }
    let text = texts::status_text(&tunnel);
    let phase = tunnel.status.phase;
    let bad = matches!(phase, Phase::Failed | Phase::Replacing);
    app.note(bad, text.clone());
    let first = before.phase != Phase::Resuming && phase == Phase::Ready;
    if bad {
        app.show_message(text);
    } else if first {
        app.show_message(texts::ready_or_news(&tunnel));
    }
    // A tunnel that was closed is removed; one that failed stays, with its reason.
    if phase == Phase::Closed {
        app.tunnels.list.retain(|other: &Tunnel| other.number != tunnel.number);
    }
}
