//! The environment's user pool: requests, answers and facts. Of the users only the status is kept.

use super::other_pages;
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
use crate::model::suggested_commands::with_scope;
use crate::model::users::{PoolStatistics, describe_status};
use jiff::SignedDuration;

/// Poll interval while the pool is shown. It is long because users are counted page by page.
const EVERY: SignedDuration = SignedDuration::from_mins(5);
/// Kind of the request, among those of the pane.
pub(super) const KIND: u8 = 2;

/// `a`: shows the user pool.
pub fn show(app: &mut App) -> Vec<Effect> {
    other_pages::show(app, SubView::Pool)
}

/// Requests the pool while it is shown, periodically.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let (now, generation) = (app.now, app.generation());
    let due = app.panes.services.pool.is_due(EVERY, false, now) && other_pages::is_shown(app, SubView::Pool);
    let held = app.screen.paused.is_some() && app.panes.services.pool.last_answer.at().is_some();
    let known = app.estate.identity.at().is_some() && app.poller.account_known();
    if !due || held || !known {
        return Vec::new();
    }
    let environment = &app.environment;
    let (named, prefixes) = (environment.user_pools.clone(), prefixes(&environment.project, &environment.name));
    let ticket = app.panes.services.pool.record_request(Owner::Pane(ID.0, KIND), generation, now);
    vec![Effect::Fetch { ticket, priority: Priority::Operator, ask: Query::UserPool { named, prefixes }.into() }]
}

/// Stores an answer about the user pool.
pub fn answer(app: &mut App, answer: Answer) {
    let pool = |fact| if let Told::UserPool(found) = fact { Some(found.map(|found| *found)) } else { None };
    app.panes.services.pool.store_answer(answer, pool, app.now);
    app.lists_changed();
}

fn found(app: &App) -> Option<&PoolStatistics> {
    app.panes.services.pool.last_answer.value()?.as_ref()
}

/// Facts about the user pool, as labelled lines.
pub fn facts(app: &App) -> Vec<Fact> {
    let Some(seen) = found(app) else { return Vec::new() };
    let unknown = || "not known".to_owned();
    let pool = &seen.pool;
    let mut lines = vec![fact("pool", format!("{}  {}", pool.name, pool.id))];
    let methods = pool.methods.as_ref().filter(|methods| !methods.is_empty());
    let methods = methods.map(|methods| format!(": {}", methods.join(", "))).unwrap_or_default();
    lines.push(match pool.mfa.as_deref() {
        Some("OFF") => bad("MFA", "off: a password is enough", Health::Degraded),
        Some(mfa) => fact("MFA", format!("{}{methods}", mfa.to_lowercase())),
        None => fact("MFA", unknown()),
    });
    lines.push(fact("passwords", pool.policy.map_or_else(unknown, |policy| policy.describe())));
    lines.push(match pool.protected {
        Some(true) => fact("deletion", "protected"),
        Some(false) => bad("deletion", "not protected", Health::Degraded),
        None => fact("deletion", unknown()),
    });
    match &seen.counts {
        Some(counts) => {
            let total: u64 = counts.values().sum();
            let more = if seen.has_more { "at least " } else { "" };
            let off =
                if seen.disabled > 0 { format!(", {} of them switched off", seen.disabled) } else { String::new() };
            lines.push(fact("users", format!("{more}{total}{off}")));
            lines.extend(
                counts
                    .iter()
                    .map(|(status, count)| fact("", format!("{count:>6} {status}: {}", describe_status(status)))),
            );
        }
        None => lines.push(fact("users", unknown())),
    }
    lines.extend(
        pool.estimated
            .filter(|_| seen.has_more || seen.counts.is_none())
            .map(|count| fact("estimated", format!("{count} users, as Cognito has it"))),
    );
    let who = "`cockpit users` lists them, masked; --declared holds it against Terraform";
    lines.push(fact("who they are", with_scope(who, app.environment.command_scope())));
    lines
}

/// Freshness of the user pool, and what is missing.
pub fn data_status(app: &App) -> DataStatus {
    let missing = found(app).and_then(|seen| seen.missing.first()).map(ToString::to_string);
    let nothing = "no user pool is known to be this environment's: `user_pools` in the configuration names it";
    other_pages::data_status(&app.panes.services.pool, EVERY, missing, nothing, "reading the user pool …", app.now)
}
