//! Changes of the selected database by keys: failover, snapshot, reboot, stop and start.

use super::{plan, retry};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::operation::database::{ConnectedSessions, Request, StepChange};
use crate::app::operation_texts;
use crate::app::overlay::{Kind, Overlay, Tone};
use crate::app::screen::Purpose;
use crate::app::select;
use crate::app::subject::Subject;
use crate::app::update::windows::{push_window, start_typing};
use crate::model::database_history::snapshot_name_error;
use crate::model::time::sentence_duration;
use crate::model::timer::Power;
use crate::model::tunnel::remote_end::{POSTGRES, RemoteAddress};
use crate::model::{Database, DatabaseKind, Member, Role};

/// The selected database, and its selected instance if any; without one, the person is told to select one.
fn selected(app: &mut App) -> Option<(Database, Option<Member>)> {
    let subject = select::subject(app);
    let Some((id, instance)) = subject.as_ref().and_then(Subject::database) else {
        app.refuse_line("select a database first");
        return None;
    };
    let row = app.estate.derived.databases.iter().find(|row| row.database.id == id)?;
    let member = row.database.members.iter().find(|member| Some(member.id.as_str()) == instance);
    Some((row.database.clone(), member.cloned()))
}

/// Whether a database or a database instance is selected.
pub(crate) fn on_database(app: &App) -> bool {
    matches!(select::subject(app), Some(Subject::Database(_) | Subject::Instance(..)))
}

fn request(app: &mut App, database: &Database, wanted: StepChange) -> Vec<Effect> {
    let what = Request { connected: ConnectedSessions::NotRequested, ..unasked_request(database, wanted) };
    plan(app, what)
}

fn unasked_request(database: &Database, wanted: StepChange) -> Request {
    let cluster = database.kind == DatabaseKind::Aurora;
    Request { database: database.id.clone(), cluster, wanted, connected: ConnectedSessions::NotRequested }
}

/// Prepares a failover to the selected reader, or else to AWS's choice; also returns the address of the writer, if
/// known.
pub(crate) fn failover(app: &mut App) -> Option<(Request, Option<RemoteAddress>)> {
    let (database, member) = selected(app)?;
    let to = member.filter(|member| member.role == Role::Reader).map(|member| member.id);
    let port = database.port.unwrap_or(POSTGRES);
    let far = database.endpoint.clone().map(|host| RemoteAddress { host, port, database: database.database.clone() });
    Some((unasked_request(&database, StepChange::Failover { to }), far))
}

/// Reboots the selected instance.
pub(crate) fn reboot(app: &mut App) -> Vec<Effect> {
    let Some((database, member)) = selected(app) else { return Vec::new() };
    let instance = match (member, database.kind) {
        (Some(member), _) => member.id,
        (None, DatabaseKind::Rds) => database.id.clone(),
        (None, DatabaseKind::Aurora) => {
            app.show_message("a cluster is not restarted: select one of its instances");
            return Vec::new();
        }
    };
    request(app, &database, StepChange::Reboot { instance })
}

/// Stops the database if it is running, otherwise starts it.
pub(crate) fn power(app: &mut App) -> Vec<Effect> {
    let Some((database, _)) = selected(app) else { return Vec::new() };
    let power = if database.status == "stopped" { Power::Start } else { Power::Stop };
    request(app, &database, StepChange::Power(power))
}

/// Asks for the name of a snapshot.
pub(crate) fn snapshot(app: &mut App) -> Vec<Effect> {
    let Some((database, _)) = selected(app) else { return Vec::new() };
    let now = app.service_now();
    let mut lines = Vec::new();
    let snapshots = app.estate.db_snapshots.value().into_iter().flatten();
    let dated = snapshots.filter(|one| one.database == database.id).filter_map(|one| Some((one.at?, one)));
    if let Some((at, newest)) = dated.max_by_key(|(at, _)| *at) {
        let age = sentence_duration(now.duration_since(at));
        lines.push(operation_texts::line("", format!("the newest one: {}, {age} old", newest.id), Tone::Plain));
    }
    lines.push(operation_texts::line("", "letters, digits and hyphens", Tone::Dim));
    let mut window = Overlay::new(Kind::SnapshotName, format!("Snapshot of {}: name", database.id), lines);
    let time = now.to_zoned(app.zone()).strftime("%Y-%m-%d-%H%M").to_string();
    window.query = crate::app::input::Input::new(format!("{}-{time}", database.id));
    window.service = database.id;
    push_window(app, window);
    start_typing(app, Purpose::Window);
    Vec::new()
}

/// Accepts the name typed for a snapshot.
pub(crate) fn accept_name(app: &mut App) -> Vec<Effect> {
    let Some(window) = app.screen.overlays.last() else { return Vec::new() };
    let (id, name) = (window.service.clone(), window.query.text().trim().to_owned());
    let row = app.estate.derived.databases.iter().find(|row| row.database.id == id);
    let Some(database) = row.map(|row| row.database.clone()) else { return retry(app) };
    if let Some(why) = snapshot_name_error(&name, database.kind == DatabaseKind::Aurora) {
        app.show_message(why);
        return retry(app);
    }
    app.screen.overlays.pop();
    request(app, &database, StepChange::Snapshot { name })
}
