//! Certificates of the load balancers: asked a few times a day while somebody is there, whatever pane is shown, as what needs
//! attention is told in all of them.

use super::state::ID;
use crate::app::App;
use crate::app::effect::{Effect, Priority};
use crate::app::event::Answer;
use crate::app::probes::groups;
use crate::app::subject::{Fact, bad, fact};
use crate::app::ticket::{Owner, Ticket};
use crate::feeds::aws::{Fact as Told, Part, Query};
use crate::model::certificates::{first, name};
use crate::model::{Failure, Health, Source};
use jiff::SignedDuration;

/// The kind of its question.
pub const KIND: u8 = 2;
/// The wait before certificates that could not be read are asked for again.
const AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// Whether the target groups are known, by which load balancers are found.
fn are_found(app: &App) -> bool {
    let estate = &app.estate;
    let (services, groups) = (&estate.services, &estate.target_groups);
    (app.environment.cluster.is_none() || services.at().is_some())
        && (app.environment.target_groups.is_empty() || groups.at().is_some() || groups.failure().is_some())
}

/// Asks for the certificates where they were never read, or are too old.
pub fn ask(app: &mut App) -> Vec<Effect> {
    // A command has no screen: nobody looks.
    let looks = app.screen.size != (0, 0) && app.screen.paused.is_none();
    let known = app.estate.identity.value().is_some() && !app.poller.wrong_account();
    let seen = &app.estate.certificates;
    let every = if seen.failure().is_some() || seen.at().is_none() {
        AGAIN
    } else {
        app.environment.refresh.of(Source::Certificates)
    };
    let soon = app.panes.overview.certificates_asked.is_some_and(|at| app.now.duration_since(at).abs() < every);
    if !looks || !known || soon || !are_found(app) {
        return Vec::new();
    }
    let groups = groups(&app.estate);
    if groups.is_empty() {
        return Vec::new();
    }
    app.panes.overview.certificates_asked = Some(app.now);
    let ticket = Ticket { generation: app.generation(), owner: Owner::Pane(ID.0, KIND), serial: 0 };
    vec![Effect::Fetch { ticket, lane: Priority::Background, ask: Query::Certificates { groups }.into() }]
}

/// Stores the certificates; they are judged with all other facts.
pub fn answer(app: &mut App, answer: Answer) {
    let now = app.now;
    match answer.of::<Told>().part {
        Part::Page(Told::Certificates(found)) | Part::Last(Told::Certificates(found)) => {
            app.estate.certificates.learn(found, now);
        }
        Part::Page(_) | Part::Last(_) => app.estate.certificates.fail(Failure::other_answer()),
        Part::Failed(failure) => app.estate.certificates.fail(failure),
    }
    app.facts_changed();
}

/// The line at a glance, and the same in a few words: how long the one holds that ends first, or what is wrong with the worst; none where there is none.
pub fn line(app: &App) -> Option<(Fact, String)> {
    let seen = &app.estate.certificates;
    let label = "certificate";
    let Some(all) = seen.value() else {
        // It is asked for once in hours, and told when it has come; load balancers are found by the services.
        let services = &app.estate.services;
        let why = seen.failure().or(services.failure()).map(ToString::to_string);
        let why = why.or_else(|| services.partial().map(str::to_owned))?;
        // What is not known is told whole.
        return Some((bad(label, format!("not known: {why}"), Health::Unknown), String::new()));
    };
    let (one, standing) = first(all, app.service_now())?;
    let others = if all.len() > 1 { format!(", first of {}", all.len()) } else { String::new() };
    let text = format!("{}: {}{others}", standing.short, name(one));
    Some(match (standing.severity, standing.days) {
        (None, Some(days)) => (fact(label, text), format!("certificate {days} d")),
        (None, None) => (fact(label, text), format!("certificate {}", standing.short)),
        (Some(_), _) => (bad(label, text, standing.health()), format!("certificate {}", standing.short)),
    })
}
