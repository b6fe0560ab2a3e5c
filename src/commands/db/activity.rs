//! Asks a server what it is doing, and ends what it does: through a tunnel, as `cockpit sql` opens it.

use super::activity_report::Activity;
use super::args::Arguments;
use crate::app::command::Risk;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::printed::{emit, printed};
use crate::commands::say::say;
use crate::commands::waits::waited;
use crate::commands::way::{Wanted, Way, way};
use crate::db::{Connection, Lost, Rows};
use crate::model::sql::ServerMessage;
use crate::model::sql::activity::Question;
use crate::model::sql::activity_listing::listing;
use crate::model::sql::process::{BEGAN, Process};
use crate::model::text::harmless;
use clap::ValueEnum as _;
use serde_json::json;
use std::io;

/// No more is read of an answer.
const MOST: usize = 64 << 20;

pub(super) async fn activity(
    context: &Context,
    arguments: &Arguments,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    if arguments.databases.len() > 1 {
        return Err(Report::usage("one database is asked at a time").hint("name one database"));
    }
    let to = match arguments.databases.first() {
        Some(typed) if arguments.url.is_none() => {
            let found = Box::pin(crate::commands::database::one(context, Some(typed))).await?;
            Some(found.place(arguments.reader)?)
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
    let wanted = Wanted {
        environment: context.global.env.as_deref(),
        to: to.as_deref(),
        through: arguments.through.as_deref(),
        url: arguments.url.as_deref(),
        writes: None,
        command: ("db", typed.clone()),
    };
    let mut way = Box::pin(way(context, &wanted)).await?;
    // Whatever is asked here reads only: a signal is no write of the transaction.
    way.settings.read_only = true;
    let done = match way.connect(context).await {
        Ok(mut connection) => {
            let done = if let Some((pid, terminate)) = signal {
                send(&mut connection, &way, context, pid, terminate, typed.trim()).await
            } else {
                let asked = ask(&mut connection, &way, arguments, context, out);
                waited(context, "the database did not answer in time", asked).await
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

fn gone(Lost(why): &Lost) -> Report {
    Report::new("session", format!("the connection was lost: {why}"), ExitCode::Failed).hint("try again")
}

async fn rows(connection: &mut Connection, statement: &str) -> Result<Result<Rows, ServerMessage>, Report> {
    connection.rows(statement, MOST).await.map_err(|lost| gone(&lost))
}

async fn reader(connection: &mut Connection) -> Result<Option<bool>, Report> {
    let answer = rows(connection, "SELECT pg_catalog.pg_is_in_recovery()").await?.ok();
    let cell = answer.and_then(|answer| answer.rows.first()?.first()?.clone());
    Ok(cell.map(|cell| cell == "t"))
}

async fn ask(
    connection: &mut Connection,
    way: &Way,
    arguments: &Arguments,
    context: &Context,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let what = arguments.activity.unwrap_or(super::args::What::Sessions);
    let question = what.question();
    let reader = reader(connection).await?;
    let answer = rows(connection, &question.statement(version(connection))).await?;
    let answer = answer.map(|answer| listing(question, &answer.rows)).map_err(|said| missing(question, &said));
    let word = what.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let complete = answer.is_ok();
    let report = Activity::new(&way.settings.place.host, reader, word, answer);
    printed(emit(context, &report, out))?;
    Ok(if complete { ExitCode::Done } else { ExitCode::Incomplete })
}

/// The version as a number: `150018`.
fn version(connection: &Connection) -> u32 {
    let text = connection.parameter("server_version").unwrap_or_default();
    let mut parts = text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse::<u32>().ok());
    parts.next().unwrap_or(13) * 10_000 + parts.next().unwrap_or(0)
}

/// Why there is no answer, with the right that it takes.
fn missing(question: Question, said: &ServerMessage) -> String {
    match question.missing(&said.code) {
        Some(what) => format!("{}: {what}", said.message),
        None => said.message.clone(),
    }
}

/// A session of the server, as it is when it is looked at.
struct Seen {
    process: Process,
    /// In words: `checkout as app on shop, since 2026-03-01 10:00:00 UTC`.
    words: String,
    user: String,
}

/// The session of a process, and so that another one which gets its number later is not meant.
async fn seen(connection: &mut Connection, pid: i32) -> Result<Option<Seen>, Report> {
    let statement = format!(
        "SELECT {BEGAN}, application_name, usename, datname FROM pg_catalog.pg_stat_activity WHERE pid = {pid}"
    );
    let answer = rows(connection, &statement).await?;
    let answer = answer.map_err(|said| {
        Report::new("denied", format!("session {pid} cannot be looked at"), ExitCode::Failed).cause(said.message)
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
        Seen { process: Process { pid, began }, words, user }
    }))
}

/// Cancels what a session does, or ends it, after a yes to whose it is. It is written down before.
async fn send(
    connection: &mut Connection,
    way: &Way,
    context: &Context,
    pid: i32,
    terminate: bool,
    typed: &str,
) -> Result<ExitCode, Report> {
    let function = if terminate { "pg_terminate_backend" } else { "pg_cancel_backend" };
    let listed = "`cockpit db --activity` lists them";
    let none = || Report::new("session", format!("there is no session {pid}"), ExitCode::Failed).hint(listed);
    let risk = if terminate { Risk::Disrupt } else { Risk::Change };
    let Some(seen) = seen(connection, pid).await? else {
        return Err(none());
    };
    way.agreed(context, &format!("db {typed}: {}", harmless(&seen.words)), risk).await?;
    let what = json!({"pid": pid, "began": seen.process.began, "user": seen.user, "function": function});
    way.audit(typed, what.clone(), "started", "")?;
    let answer = rows(connection, &seen.process.signal(function)).await?;
    let outcome = match answer {
        Ok(answer) if answer.rows.first().and_then(|row| row.first()) == Some(&Some("t".to_owned())) => Ok(()),
        Ok(_) => Err(Report::new("session", format!("session {pid} was left alone"), ExitCode::Failed)
            .cause(format!("it has ended meanwhile; {pid} is nobody's now, or another session's"))
            .hint(listed)),
        Err(said) => {
            let report = Report::new("denied", format!("session {pid} was left alone"), ExitCode::Failed);
            let report = report.cause(said.message.clone());
            Err(match said.code.as_str() {
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
    let done = if terminate { "was ended" } else { "was asked to cancel what it does" };
    say(&format!("session {pid} {done}: {}", harmless(&seen.words)));
    Ok(ExitCode::Done)
}
