//! Certificates of the load balancers. They are read a few times a day, whichever pane is shown, because every pane shows the
//! needs-attention counts.

use super::state::ID;
use crate::app::App;
use crate::app::effect::{Effect, Priority};
use crate::app::event::Answer;
use crate::app::probes::groups;
use crate::app::subject::{Fact, bad, fact};
use crate::app::ticket::{Owner, Ticket};
use crate::feeds::aws::{Fact as Told, Part, Query};
use crate::model::certificates::{most_urgent, name};
use crate::model::{Failure, Health, Source};
use jiff::SignedDuration;

/// Kind of the request, among those of the pane.
pub const KIND: u8 = 2;
/// Delay before failed reads of certificates are repeated.
const AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// Whether the target groups are known, which lead to the load balancers.
fn target_groups_are_known(app: &App) -> bool {
    let estate = &app.estate;
    let (services, groups) = (&estate.services, &estate.target_groups);
    (app.environment.cluster.is_none() || services.at().is_some())
        && (app.environment.target_groups.is_empty() || groups.at().is_some() || groups.failure().is_some())
}

/// Requests the certificates if they were never read or are too old.
pub fn request_if_due(app: &mut App) -> Vec<Effect> {
    // A command has no screen, so nobody looks at the result.
    let looks = app.screen.size != (0, 0) && app.screen.paused.is_none();
    let known = app.estate.identity.value().is_some() && !app.poller.wrong_account();
    let seen = &app.estate.certificates;
    let every = if seen.failure().is_some() || seen.at().is_none() {
        AGAIN
    } else {
        app.environment.refresh.of(Source::Certificates)
    };
    let soon = app.panes.overview.certificates_requested_at.is_some_and(|at| app.now.duration_since(at).abs() < every);
    if !looks || !known || soon || !target_groups_are_known(app) {
        return Vec::new();
    }
    let groups = groups(&app.estate);
    if groups.is_empty() {
        return Vec::new();
    }
    app.panes.overview.certificates_requested_at = Some(app.now);
    let ticket = Ticket { generation: app.generation(), owner: Owner::Pane(ID.0, KIND), serial: 0 };
    vec![Effect::Fetch { ticket, priority: Priority::Background, ask: Query::Certificates { groups }.into() }]
}

/// Stores the certificates; their health is judged together with all other facts.
pub fn answer(app: &mut App, answer: Answer) {
    let now = app.now;
    match answer.of::<Told>().part {
        Part::Page(Told::Certificates(found)) | Part::Last(Told::Certificates(found)) => {
            app.estate.certificates.record(found, now);
        }
        Part::Page(_) | Part::Last(_) => app.estate.certificates.record_failure(Failure::mismatched_answer()),
        Part::Failed(failure) => app.estate.certificates.record_failure(failure),
    }
    app.facts_changed();
}

/// The glance line and its short form: the days left of the certificate that expires first, or the fault of the worst one.
/// `None` if there is no certificate.
pub fn line(app: &App) -> Option<(Fact, String)> {
    let seen = &app.estate.certificates;
    let label = "certificate";
    let Some(all) = seen.value() else {
        // Certificates are read every few hours and shown when they arrive. Finding load balancers needs the services.
        let services = &app.estate.services;
        let why = seen.failure().or(services.failure()).map(ToString::to_string);
        let why = why.or_else(|| services.partial().map(str::to_owned))?;
        // An unknown state is shown completely, without a short form.
        return Some((bad(label, format!("not known: {why}"), Health::Unknown), String::new()));
    };
    let (one, standing) = most_urgent(all, app.service_now())?;
    let others = if all.len() > 1 { format!(", first of {}", all.len()) } else { String::new() };
    let text = format!("{}: {}{others}", standing.label, name(one));
    Some(match (standing.severity, standing.days) {
        (None, Some(days)) => (fact(label, text), format!("certificate {days} d")),
        (None, None) => (fact(label, text), format!("certificate {}", standing.label)),
        (Some(_), _) => (bad(label, text, standing.health()), format!("certificate {}", standing.label)),
    })
}
