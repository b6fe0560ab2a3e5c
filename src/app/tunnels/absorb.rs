//! Takes in news of tunnels: each change goes into the activity with its reason.

use super::state::{Asking, Tunnel};
use super::{ask, tell};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::Answer;
use crate::feeds::part::Part;
use crate::feeds::tunnels::Fact;
use crate::model::offered::in_environment;
use crate::model::tunnel::standing::{Phase, TunnelStatus};

/// Handles news of a tunnel.
pub fn absorb(app: &mut App, answer: Answer) -> Vec<Effect> {
    let number = answer.ticket.serial;
    let part = answer.of::<Fact>().part;
    let Some(place) = app.tunnels.list.iter().position(|tunnel| tunnel.number == number) else { return Vec::new() };
    let (next, named) = (app.tunnels.list[place].next.clone(), tell::named(&app.tunnels.list[place]));
    match part {
        Part::Page(fact) => learned(app, place, fact),
        Part::Last(fact) => {
            learned(app, place, fact);
            // The question is over, and with it the tunnel.
            let over = app.tunnels.get(number).is_some_and(|tunnel| !tunnel.is_live());
            if !over {
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
    // Its port is free at its end, for the one that leads elsewhere.
    let Some(next) = next.filter(|_| app.tunnels.get(number).is_none_or(|tunnel| !tunnel.is_live())) else {
        return Vec::new();
    };
    if let Some(tunnel) = app.tunnels.list.iter_mut().find(|tunnel| tunnel.number == number) {
        tunnel.next = None;
    }
    if next.environment == app.environment.name {
        return ask::begin(app, *next);
    }
    let text =
        format!("{named} is closed; none to {} was opened: {} was left meanwhile", next.far.place(), next.environment);
    app.note(true, text.clone());
    app.say(text);
    Vec::new()
}

fn ended(app: &mut App, number: u64, standing: TunnelStatus) {
    let Some(place) = app.tunnels.list.iter().position(|tunnel| tunnel.number == number) else { return };
    // Counters stay as they were.
    let before = app.tunnels.list[place].standing.clone();
    let standing = TunnelStatus { phase: standing.phase, reason: standing.reason, hint: standing.hint, ..before };
    stands(app, place, standing);
}

fn learned(app: &mut App, place: usize, fact: Fact) {
    match fact {
        Fact::Listens(local) => app.tunnels.list[place].local = Some(local),
        Fact::Stands(standing) => stands(app, place, *standing),
        Fact::Stopped(id) => {
            let tunnel = app.tunnels.list.remove(place);
            let text = format!("{}: instance {id} is stopped", tell::named(&tunnel));
            app.note(true, text.clone());
            if may_ask(app, &tunnel) {
                ask::ask(app, Asking::Start(Box::new(tunnel.plan), id));
            } else {
                app.say(text);
            }
        }
        Fact::Taken { by, free } => {
            let tunnel = app.tunnels.list.remove(place);
            let whose = by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
            let text = format!("{}: 127.0.0.1:{} is taken{whose}", tell::named(&tunnel), tunnel.plan.port);
            app.note(true, text.clone());
            match free {
                // Asked in the environment that it is of: elsewhere it would be opened with other credentials.
                Some(free) if may_ask(app, &tunnel) => {
                    ask::ask(app, Asking::Port(Box::new(tunnel.plan), by, free));
                }
                _ => app.say(text),
            }
        }
    }
}

/// Whether a window may open for it: in its environment, and over nothing that somebody is doing.
fn may_ask(app: &App, tunnel: &Tunnel) -> bool {
    tunnel.plan.environment == app.environment.name && app.screen.overlays.is_empty() && app.screen.typing.is_none()
}

/// Takes a tunnel's new state, and tells it where it is news.
fn stands(app: &mut App, place: usize, standing: TunnelStatus) {
    let now = app.now;
    let named = app.named(&app.tunnels.list[place].plan.environment);
    let hint = standing.hint.map(|hint| in_environment(&hint, named));
    let standing = TunnelStatus { hint, ..standing };
    let tunnel = &mut app.tunnels.list[place];
    let before = std::mem::replace(&mut tunnel.standing, standing);
    let standing = &tunnel.standing;
    let news = before.phase != standing.phase || (before.reason != standing.reason && standing.reason.is_some());
    let refused = standing.refused > before.refused;
    if before.phase != standing.phase {
        tunnel.changed = now;
    }
    let tunnel = tunnel.clone();
    if refused {
        let place = tunnel.plan.far.place();
        let text = format!("{}: a connection was refused: {place} cannot be reached from there", tell::named(&tunnel));
        app.note(true, text.clone());
        app.say(text);
    }
    if let Some(behind) = tunnel.standing.left_behind().filter(|_| before.not_ended != tunnel.standing.not_ended) {
        let text = format!("{}: {behind}", tell::named(&tunnel));
        app.note(true, text.clone());
        app.say(text);
    }
    if !news {
        return;
    }
    let text = tell::news(&tunnel);
    let phase = tunnel.standing.phase;
    let bad = matches!(phase, Phase::Failed | Phase::Replacing);
    app.note(bad, text.clone());
    let first = before.phase != Phase::Resuming && phase == Phase::Ready;
    if bad {
        app.say(text);
    } else if first {
        app.say(tell::stands(&tunnel));
    }
    // One that was asked to end is gone; one that could not go on stays, with its reason.
    if phase == Phase::Closed {
        app.tunnels.list.retain(|other: &Tunnel| other.number != tunnel.number);
    }
}
