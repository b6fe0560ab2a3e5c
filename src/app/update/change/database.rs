//! Changes of the selected database by keys: another writer, a snapshot, a restart, stop and start.

use super::{again, plan};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::operation::database::{Connected, Request, Wanted};
use crate::app::overlay::{Kind, Overlay, Tone};
use crate::app::screen::Purpose;
use crate::app::select;
use crate::app::subject::Subject;
use crate::app::tell;
use crate::app::update::windows::{push_window, start_typing};
use crate::model::database_history::bad_snapshot_name;
use crate::model::time::spoken;
use crate::model::timer::Power;
use crate::model::tunnel::far::{POSTGRES, RemoteAddress};
use crate::model::{Database, DatabaseKind, Member, Role};

/// The selected database, and the instance of it that is selected; a person is told where there is none.
fn selected(app: &mut App) -> Option<(Database, Option<Member>)> {
    let subject = select::subject(app);
    let Some((id, instance)) = subject.as_ref().and_then(Subject::database) else {
        app.no_line("select a database first");
        return None;
    };
    let row = app.estate.derived.databases.iter().find(|row| row.database.id == id)?;
    let member = row.database.members.iter().find(|member| Some(member.id.as_str()) == instance);
    Some((row.database.clone(), member.cloned()))
}

/// Whether a database, or an instance of one, is selected.
pub(crate) fn on_database(app: &App) -> bool {
    matches!(select::subject(app), Some(Subject::Database(_) | Subject::Instance(..)))
}

fn request(app: &mut App, database: &Database, wanted: Wanted) -> Vec<Effect> {
    let what = Request { connected: Connected::Unasked, ..asked(database, wanted) };
    plan(app, what)
}

fn asked(database: &Database, wanted: Wanted) -> Request {
    let cluster = database.kind == DatabaseKind::Aurora;
    Request { database: database.id.clone(), cluster, wanted, connected: Connected::Unasked }
}

/// Fails over to the selected reader, else to the one that takes over by itself; also says where its writer is.
pub(crate) fn failover(app: &mut App) -> Option<(Request, Option<RemoteAddress>)> {
    let (database, member) = selected(app)?;
    let to = member.filter(|member| member.role == Role::Reader).map(|member| member.id);
    let port = database.port.unwrap_or(POSTGRES);
    let far = database.endpoint.clone().map(|host| RemoteAddress { host, port, database: database.database.clone() });
    Some((asked(&database, Wanted::Failover { to }), far))
}

/// The selected instance.
pub(crate) fn reboot(app: &mut App) -> Vec<Effect> {
    let Some((database, member)) = selected(app) else { return Vec::new() };
    let instance = match (member, database.kind) {
        (Some(member), _) => member.id,
        (None, DatabaseKind::Rds) => database.id.clone(),
        (None, DatabaseKind::Aurora) => {
            app.say("a cluster is not restarted: select one of its instances");
            return Vec::new();
        }
    };
    request(app, &database, Wanted::Reboot { instance })
}

/// Stops it where it runs, else starts it.
pub(crate) fn power(app: &mut App) -> Vec<Effect> {
    let Some((database, _)) = selected(app) else { return Vec::new() };
    let power = if database.status == "stopped" { Power::Start } else { Power::Stop };
    request(app, &database, Wanted::Power(power))
}

/// Asks for the name of the snapshot.
pub(crate) fn snapshot(app: &mut App) -> Vec<Effect> {
    let Some((database, _)) = selected(app) else { return Vec::new() };
    let now = app.service_now();
    let mut lines = Vec::new();
    let snapshots = app.estate.db_snapshots.value().into_iter().flatten();
    let of = snapshots.filter(|one| one.database == database.id).filter_map(|one| Some((one.at?, one)));
    if let Some((at, newest)) = of.max_by_key(|(at, _)| *at) {
        let age = spoken(now.duration_since(at));
        lines.push(tell::line("", format!("the newest one: {}, {age} old", newest.id), Tone::Plain));
    }
    lines.push(tell::line("", "letters, digits and hyphens", Tone::Dim));
    let mut window = Overlay::new(Kind::Name, format!("Snapshot of {}: name", database.id), lines);
    let time = now.to_zoned(app.zone()).strftime("%Y-%m-%d-%H%M").to_string();
    window.query = crate::app::input::Input::new(format!("{}-{time}", database.id));
    window.service = database.id;
    push_window(app, window);
    start_typing(app, Purpose::Window);
    Vec::new()
}

/// Takes the name that was typed for a snapshot.
pub(crate) fn named(app: &mut App) -> Vec<Effect> {
    let Some(window) = app.screen.overlays.last() else { return Vec::new() };
    let (id, name) = (window.service.clone(), window.query.text().trim().to_owned());
    let row = app.estate.derived.databases.iter().find(|row| row.database.id == id);
    let Some(database) = row.map(|row| row.database.clone()) else { return again(app) };
    if let Some(why) = bad_snapshot_name(&name, database.kind == DatabaseKind::Aurora) {
        app.say(why);
        return again(app);
    }
    app.screen.overlays.pop();
    request(app, &database, Wanted::Snapshot { name })
}
