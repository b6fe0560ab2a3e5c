//! Shows the activity of a server, or cancels or terminates a session, through a tunnel like that of `cockpit sql`.

use super::activity_report::Activity;
use super::args::Arguments;
use crate::app::command::Risk;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::database_route::{RequestedServer, ServerRoute, open_route};
use crate::commands::progress::print_note;
use crate::commands::report_output::{emit, print_result};
use crate::commands::waiting::wait_for;
use crate::db::{Connection, Lost, Rows};
use crate::model::sql::ServerMessage;
use crate::model::sql::activity::ActivityQuery;
use crate::model::sql::activity_listing::listing;
use crate::model::sql::process::{Process, START_TIME};
use crate::model::text::sanitize;
use clap::ValueEnum as _;
use serde_json::json;
use std::io;

/// The maximum size of an answer, in bytes.
const MAX_ANSWER: usize = 64 << 20;

pub(super) async fn activity(
    context: &Context,
    arguments: &Arguments,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    if arguments.databases.len() > 1 {
        return Err(Report::usage("one database is queried at a time").hint("name one database"));
    }
    let to = match arguments.databases.first() {
        Some(typed) if arguments.url.is_none() => {
            let found = Box::pin(crate::commands::database::find_database(context, Some(typed))).await?;
            Some(found.address(arguments.reader)?)
        }
        _ => arguments.reader.then(|| "reader".to_owned()),
    };
    if context.global.read_only && (arguments.cancel.is_some() || arguments.terminate.is_some()) {
        return Err(Report::usage("--read-only excludes what changes something"));
    }
    let signal = arguments.cancel.map(|pid| (pid, false)).or(arguments.terminate.map(|pid| (pid, true)));
    if signal.is_some() && arguments.url.is_some() {
        return Err(Report::usage("sessions are ended in an environment, which asks and writes it down")
            .hint("leave --url out"));
    }
    let typed = match signal {
        Some((pid, false)) => format!(" --cancel {pid}"),
        Some((pid, true)) => format!(" --terminate {pid}"),
        None => " --activity".to_owned(),
    };
    let wanted = RequestedServer {
        environment: context.global.env.as_deref(),
        to: to.as_deref(),
        through: arguments.through.as_deref(),
        url: arguments.url.as_deref(),
        write_risk: None,
        command: ("db", typed.clone()),
    };
    let mut way = Box::pin(open_route(context, &wanted)).await?;
    // Everything here runs read-only: signalling a session is not a write of the transaction.
    way.settings.read_only = true;
    let done = match way.connect(context).await {
        Ok(mut connection) => {
            let done = if let Some((pid, terminate)) = signal {
                send(&mut connection, &way, context, pid, terminate, typed.trim()).await
            } else {
                let listing_request = ask(&mut connection, &way, arguments, context, out);
                wait_for(context, "the database did not answer in time", listing_request).await
            };
            connection.close().await;
            done
        }
        Err(report) => Err(report),
    };
    let (word, reason) = match &done {
        Ok(_) => ("done", String::new()),
        Err(report) => ("failed", report.message.clone()),
    };
    way.close(word, &reason).await?;
    done
}

fn connection_lost(Lost(why): &Lost) -> Report {
    Report::new("session", format!("the connection was lost: {why}"), ExitCode::Failed).hint("try again")
}

async fn rows(connection: &mut Connection, statement: &str) -> Result<Result<Rows, ServerMessage>, Report> {
    connection.rows(statement, MAX_ANSWER).await.map_err(|lost| connection_lost(&lost))
}

async fn reader(connection: &mut Connection) -> Result<Option<bool>, Report> {
    let answer = rows(connection, "SELECT pg_catalog.pg_is_in_recovery()").await?.ok();
    let cell = answer.and_then(|answer| answer.rows.first()?.first()?.clone());
    Ok(cell.map(|cell| cell == "t"))
}

async fn ask(
    connection: &mut Connection,
    way: &ServerRoute,
    arguments: &Arguments,
    context: &Context,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let activity = arguments.activity.unwrap_or(super::args::What::Sessions);
    let question = activity.question();
    let reader = reader(connection).await?;
    let answer = rows(connection, &question.statement(version(connection))).await?;
    let answer =
        answer.map(|answer| listing(question, &answer.rows)).map_err(|server_error| missing(question, &server_error));
    let word = activity.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let complete = answer.is_ok();
    let report = Activity::new(&way.settings.place.host, reader, word, answer);
    print_result(emit(context, &report, out))?;
    Ok(if complete { ExitCode::Done } else { ExitCode::Incomplete })
}

/// Returns the server version as a number: `150018`.
fn version(connection: &Connection) -> u32 {
    let text = connection.parameter("server_version").unwrap_or_default();
    let mut parts = text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse::<u32>().ok());
    parts.next().unwrap_or(13) * 10_000 + parts.next().unwrap_or(0)
}

/// Describes why there is no answer, including the missing privilege.
fn missing(question: ActivityQuery, server_error: &ServerMessage) -> String {
    match question.missing_hint(&server_error.code) {
        Some(what) => format!("{}: {what}", server_error.message),
        None => server_error.message.clone(),
    }
}

/// A session of the server at the time of the lookup.
struct ServerSession {
    process: Process,
    /// A description: `checkout as app on shop, since 2026-03-01 10:00:00 UTC`.
    words: String,
    user: String,
}

/// Looks up the session of a process id. Its start time is kept, so that a later session with the same id is not
/// signalled.
async fn find_session(connection: &mut Connection, pid: i32) -> Result<Option<ServerSession>, Report> {
    let statement = format!(
        "SELECT {START_TIME}, application_name, usename, datname FROM pg_catalog.pg_stat_activity WHERE pid = {pid}"
    );
    let answer = rows(connection, &statement).await?;
    let answer = answer.map_err(|server_error| {
        Report::new("denied", format!("session {pid} cannot be read"), ExitCode::Failed).cause(server_error.message)
    })?;
    Ok(answer.rows.into_iter().next().map(|row| {
        let mut cells = row.into_iter();
        let mut cell = || cells.next().flatten();
        let (began, application) = (cell(), cell().filter(|name| !name.is_empty()));
        let (user, database) = (cell().unwrap_or_else(|| "nobody".to_owned()), cell());
        let application = application.unwrap_or_else(|| "a session without a name".to_owned());
        let on = database.map(|database| format!(" on {database}")).unwrap_or_default();
        let since = began.as_deref().map(|began| format!(", since {began} UTC")).unwrap_or_default();
        let words = format!("{application} as {user}{on}{since}");
        ServerSession { process: Process { pid, start_time: began }, words, user }
    }))
}

/// Cancels the statement of a session, or terminates it, after a confirmation that shows the session. The audit record
/// is written first.
async fn send(
    connection: &mut Connection,
    way: &ServerRoute,
    context: &Context,
    pid: i32,
    terminate: bool,
    typed: &str,
) -> Result<ExitCode, Report> {
    let function = if terminate { "pg_terminate_backend" } else { "pg_cancel_backend" };
    let listed = "`cockpit db --activity` lists them";
    let none = || Report::new("session", format!("there is no session {pid}"), ExitCode::Failed).hint(listed);
    let risk = if terminate { Risk::Disrupt } else { Risk::Change };
    let Some(session) = find_session(connection, pid).await? else {
        return Err(none());
    };
    way.require_confirmation(context, &format!("db {typed}: {}", sanitize(&session.words)), risk).await?;
    let what = json!({"pid": pid, "began": session.process.start_time, "user": session.user, "function": function});
    way.audit(typed, what.clone(), "started", "")?;
    let answer = rows(connection, &session.process.signal(function)).await?;
    let outcome = match answer {
        Ok(answer) if answer.rows.first().and_then(|row| row.first()) == Some(&Some("t".to_owned())) => Ok(()),
        Ok(_) => Err(Report::new("session", format!("session {pid} was left alone"), ExitCode::Failed)
            .cause(format!("it has ended meanwhile; {pid} is unused now, or another session's"))
            .hint(listed)),
        Err(server_error) => {
            let report = Report::new("denied", format!("session {pid} was left alone"), ExitCode::Failed);
            let report = report.cause(server_error.message.clone());
            Err(match server_error.code.as_str() {
                "42501" => report.hint("GRANT pg_signal_backend TO the user; sessions of superusers take a superuser"),
                _ => report.hint("`cockpit db --activity` lists sessions"),
            })
        }
    };
    let (word, reason) = match &outcome {
        Ok(()) => ("done", String::new()),
        Err(report) => ("failed", report.message.clone()),
    };
    way.audit(typed, what, word, &reason)?;
    outcome?;
    let done = if terminate { "was ended" } else { "was requested to cancel its statement" };
    print_note(&format!("session {pid} {done}: {}", sanitize(&session.words)));
    Ok(ExitCode::Done)
}
