//! The environment's user pool: what is asked for it, what came, and what is told of it. Of nobody in it anything but the
//! status is kept.

use super::instead;
use super::state::{ID, SubView};
use crate::app::App;
use crate::app::effect::{Effect, Priority};
use crate::app::event::Answer;
use crate::app::pane::DataStatus;
use crate::app::subject::{Fact, bad, fact};
use crate::app::ticket::Owner;
use crate::feeds::aws::{Fact as Told, Query};
use crate::model::Health;
use crate::model::cdn::prefixes;
use crate::model::offered::in_environment;
use crate::model::users::{Seen, status_words};
use jiff::SignedDuration;

/// It is read this often while somebody looks: users are counted page by page.
const EVERY: SignedDuration = SignedDuration::from_mins(5);
/// The question for it, among those of the pane.
pub(super) const ASKED: u8 = 2;

/// `a`: shows the user pool, or the list again.
pub fn show(app: &mut App) -> Vec<Effect> {
    instead::show(app, SubView::Pool)
}

/// Asked when somebody looks, and again after a while.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let (now, generation) = (app.now, app.generation());
    let due = app.panes.services.pool.is_due(EVERY, false, now) && instead::is_shown(app, SubView::Pool);
    let held = app.screen.paused.is_some() && app.panes.services.pool.seen.at().is_some();
    let known = app.estate.identity.at().is_some() && app.poller.account_known();
    if !due || held || !known {
        return Vec::new();
    }
    let environment = &app.environment;
    let (named, prefixes) = (environment.user_pools.clone(), prefixes(&environment.project, &environment.name));
    let ticket = app.panes.services.pool.ask(Owner::Pane(ID.0, ASKED), generation, now);
    vec![Effect::Fetch { ticket, lane: Priority::Operator, ask: Query::UserPool { named, prefixes }.into() }]
}

/// Takes in an answer about the user pool.
pub fn answer(app: &mut App, answer: Answer) {
    let pool = |fact| if let Told::UserPool(found) = fact { Some(found.map(|found| *found)) } else { None };
    app.panes.services.pool.take(answer, pool, app.now);
    app.lists_changed();
}

fn found(app: &App) -> Option<&Seen> {
    app.panes.services.pool.seen.value()?.as_ref()
}

/// The facts of the user pool, as labelled lines.
pub fn facts(app: &App) -> Vec<Fact> {
    let Some(seen) = found(app) else { return Vec::new() };
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
    let who = "`cockpit users` lists them, masked; --declared holds it against Terraform";
    lines.push(fact("who they are", in_environment(who, app.environment.named())));
    lines
}

/// Whether the user pool is fresh, and what is missing of it.
pub fn data_status(app: &App) -> DataStatus {
    let missing = found(app).and_then(|seen| seen.missing.first()).map(ToString::to_string);
    let nothing = "no user pool is known to be this environment's: `user_pools` in the configuration names it";
    instead::data_status(&app.panes.services.pool, EVERY, missing, nothing, "reading the user pool …", app.now)
}
