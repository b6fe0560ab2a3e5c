//! The environment's user pool: what is asked for it, what came, and what is told of it. Of nobody in it anything but the
//! status is kept.

use super::state::ID;
use crate::app::App;
use crate::app::data_status::note;
use crate::app::effect::{Effect, Lane};
use crate::app::event::Answer;
use crate::app::pane::DataStatus;
use crate::app::subject::{Fact, bad, fact};
use crate::app::ticket::{Owner, Ticket};
use crate::app::update::run::enter;
use crate::app::update::settle::done;
use crate::feeds::aws::{Fact as Told, Part, Query};
use crate::model::Health;
use crate::model::cdn::prefixes;
use crate::model::time::short;
use crate::model::users::status_words;
use jiff::SignedDuration;

/// It is read this often while somebody looks: users are counted page by page.
const EVERY: SignedDuration = SignedDuration::from_mins(5);
/// The question for it, among those of the pane.
pub(super) const ASKED: u8 = 2;

/// `a`: shows it.
pub fn show(app: &mut App) -> Vec<Effect> {
    let mut effects = enter(app, ID);
    let state = &mut app.panes.services;
    (state.health.open, state.machines.open, state.pool.open) = (false, false, true);
    effects.extend(done(app));
    effects
}

/// Asked when somebody looks, and again after a while.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let state = &app.panes.services;
    let shown = state.pool.open && state.service.is_none() && app.shown().id == ID;
    let due = state.pool.asked.is_none_or(|asked| app.now.duration_since(asked) >= EVERY);
    if !shown || state.pool.under_way || !due || app.estate.identity.at().is_none() {
        return Vec::new();
    }
    let environment = &app.environment;
    let (named, prefixes) = (environment.user_pools.clone(), prefixes(&environment.project, &environment.name));
    let generation = app.generation();
    let state = &mut app.panes.services.pool;
    state.serial += 1;
    (state.under_way, state.asked) = (true, Some(app.now));
    let ticket = Ticket { generation, owner: Owner::Pane(ID.0, ASKED), serial: state.serial };
    vec![Effect::Fetch { ticket, lane: Lane::Operator, ask: Query::UserPool { named, prefixes }.into() }]
}

/// Takes in what came.
pub fn answer(app: &mut App, answer: Answer) {
    let now = app.now;
    let state = &mut app.panes.services.pool;
    if answer.ticket.serial != state.serial {
        return;
    }
    state.under_way = false;
    match answer.of::<Told>().part {
        Part::Page(Told::UserPool(found)) | Part::Last(Told::UserPool(found)) => {
            (state.found, state.failure, state.read) = (found.map(|found| *found), None, Some(now));
        }
        Part::Failed(failure) => state.failure = Some(failure),
        Part::Page(_) | Part::Last(_) => state.failure = Some(crate::model::Failure::other_answer()),
    }
    app.lists_changed();
}

/// What is told of it.
pub fn facts(app: &App) -> Vec<Fact> {
    let Some(seen) = &app.panes.services.pool.found else { return Vec::new() };
    let unknown = || "not known".to_owned();
    let pool = &seen.pool;
    let mut lines = vec![fact("pool", format!("{}  {}", pool.name, pool.id))];
    let methods = pool.methods.as_ref().filter(|methods| !methods.is_empty());
    let methods = methods.map(|methods| format!(": {}", methods.join(", "))).unwrap_or_default();
    lines.push(match pool.mfa.as_deref() {
        Some("OFF") => bad("second factor", "off: a password is enough", Health::Degraded),
        Some(mfa) => fact("second factor", format!("{}{methods}", mfa.to_lowercase())),
        None => fact("second factor", unknown()),
    });
    lines.push(fact("passwords", pool.policy.map_or_else(unknown, |policy| policy.words())));
    lines.push(match pool.protected {
        Some(true) => fact("deletion", "protected"),
        Some(false) => bad("deletion", "not protected", Health::Degraded),
        None => fact("deletion", unknown()),
    });
    match &seen.counts {
        Some(counts) => {
            let all: u64 = counts.values().sum();
            let more = if seen.more { "at least " } else { "" };
            let off =
                if seen.disabled > 0 { format!(", {} of them switched off", seen.disabled) } else { String::new() };
            lines.push(fact("users", format!("{more}{all}{off}")));
            lines.extend(
                counts.iter().map(|(status, count)| fact("", format!("{count:>6} {status}: {}", status_words(status)))),
            );
        }
        None => lines.push(fact("users", unknown())),
    }
    lines.extend(
        pool.estimated
            .filter(|_| seen.more || seen.counts.is_none())
            .map(|count| fact("estimated", format!("{count} users, as Cognito has it"))),
    );
    lines.push(fact("who they are", "`cockpit users` lists them, masked; --declared holds it against Terraform"));
    lines
}

/// How it stands.
pub fn data_status(app: &App) -> DataStatus {
    let state = &app.panes.services.pool;
    let age = state.read.map(|at| app.now.duration_since(at)).filter(|age| *age >= EVERY * 2);
    let missing = state.found.as_ref().and_then(|seen| seen.missing.first());
    let trouble = match (&state.failure, missing) {
        (Some(failure), _) => Some((Health::Down, format!("{failure}: {}", failure.hint()))),
        (None, Some(first)) => Some((Health::Unknown, format!("not read: {first}"))),
        (None, None) => None,
    };
    let instead = match (&state.failure, state.read) {
        (Some(_), _) => Vec::new(),
        (None, Some(_)) => {
            note("no user pool is known to be this environment's: `user_pools` in the configuration names it")
        }
        (None, None) => note("reading the user pool …"),
    };
    DataStatus {
        age: age.map(|age| format!("{} old", short(age))),
        empty: trouble.iter().cloned().chain(instead).collect(),
        dimmed: state.failure.is_some() && state.read.is_some(),
        loading: state.read.is_none() && state.failure.is_none(),
        trouble,
    }
}
