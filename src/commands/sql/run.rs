//! Runs the scripts: `-c`, a file, or standard input.

use super::args::Arguments;
use super::ddl::ddl;
use super::destination::Outlet;
use super::driver::{Driver, print_error};
use super::er::er;
use super::report::{ReadOnlyReason, notice, pooler_error, statement_error};
use super::script::{ScriptFile, ScriptSource};
use super::session::{ScriptEnd, Session, output_error};
use crate::app::safety::WRITE_SESSION_RISK;
use crate::cli::{ExitCode, Output, Report};
use crate::commands::context::Context;
use crate::commands::database_route::{RequestedServer, ServerRoute, open_route};
use crate::commands::progress::print_note;
use crate::commands::waiting;
use crate::model::sql::Transaction;
use crate::model::sql::format::options::Format;
use crate::model::sql::interpreter::{Halt, Interpreter, Mode, Origin, UnrunPart};
use crate::runtime::stop::StopSignals;
use std::io::{self, IsTerminal as _};
use std::path::Path;

/// A script to run.
enum Script {
    /// `-c`.
    Command(String),
    /// `-f`.
    File(ScriptFile),
    /// Standard input, read as it arrives.
    Input,
}

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    if arguments.er {
        return Box::pin(er(context, arguments, out)).await;
    }
    if !arguments.ddl.is_empty() {
        return Box::pin(ddl(context, arguments, out)).await;
    }
    let stops = StopSignals::new().map_err(|error| {
        Report::new("system", "signal handlers cannot be installed", ExitCode::Failed).caused_by(&error)
    })?;
    let scripts = scripts(context, arguments).await?;
    let end = context.deadline();
    let wanted = RequestedServer {
        environment: arguments.environment.as_deref(),
        to: arguments.reader.then_some("reader"),
        through: arguments.through.as_deref(),
        url: arguments.url.as_ref().map(|url| url.0.as_str()),
        write_risk: arguments.write.then_some(WRITE_SESSION_RISK),
        command: ("sql", String::new()),
    };
    let way = Box::pin(open_route(context, &wanted)).await?;
    let mut connection = match way.connect(context).await {
        Ok(connection) => connection,
        Err(report) => {
            way.close("failed", &report.message).await?;
            return Err(report);
        }
    };
    if connection.pooled() && way.settings.read_only {
        let report = pooler_error();
        way.close("failed", &report.message).await?;
        return Err(report);
    }
    // Settings that could not be applied are reported before anything runs.
    connection.take_notices().iter().flat_map(notice).for_each(|line| print_note(&line));
    let mut driver = driver(Session::new(connection, stops, end), &way, context, arguments, out)?;
    if way.settings.read_only {
        driver.set_read_only(match (context.global.read_only, way.guarded) {
            (true, _) => ReadOnlyReason::Flag,
            (false, true) => ReadOnlyReason::Guarded,
            (false, false) => ReadOnlyReason::Configured,
        });
    }
    let outcome = run_scripts(&mut driver, arguments, scripts).await;
    let flushed = driver.outlet.end().map_err(|error| output_error(&error));
    driver.session.close().await;
    finish(way, outcome.and_then(|code| flushed.map(|()| code))).await
}

/// Makes the driver, with the settings of the flags.
fn driver<'a>(
    session: Session,
    way: &'a ServerRoute,
    context: &Context,
    arguments: &Arguments,
    out: &'a mut dyn io::Write,
) -> Result<Driver<'a>, Report> {
    let mut interpreter = Interpreter::new(Mode::Script);
    interpreter.set_server(&session.server());
    let options = interpreter.options_mut();
    options.format = match context.output {
        Output::Csv => Format::Csv,
        Output::Tsv => Format::Tsv,
        Output::Json => Format::Json,
        Output::JsonLines => Format::JsonLines,
        Output::Markdown => Format::Markdown,
        Output::Table | Output::Yaml | Output::Text | Output::Raw | Output::Mermaid | Output::Dot | Output::Svg => {
            Format::Aligned
        }
    };
    options.columns = Context::width().map_or(0, usize::from);
    // Unlike psql: a script that continues after an error does something other than it says.
    let on = ("ON_ERROR_STOP".to_owned(), "on".to_owned());
    for (name, value) in std::iter::once(&on).chain(&arguments.variables) {
        let set = interpreter.variables_mut().set(name, value);
        set.map_err(|why| Report::usage(format!("-v {name}: {why}")))?;
    }
    let mut driver = Driver::new(session, interpreter, Outlet::new(out, io::stdout().is_terminal()), way);
    driver.single = arguments.single_transaction;
    Ok(driver)
}

async fn finish(way: ServerRoute, outcome: Result<ExitCode, ScriptEnd>) -> Result<ExitCode, Report> {
    let outcome = match outcome {
        Err(ScriptEnd::Code(ExitCode::TimedOut)) => {
            let what = "the time was up: what ran was cancelled at the server";
            Err(Report::new("timeout", what, ExitCode::TimedOut).hint("give it more time with --timeout"))
        }
        Ok(code) | Err(ScriptEnd::Code(code)) => Ok(code),
        Err(ScriptEnd::Quiet) => Ok(ExitCode::Done),
        Err(ScriptEnd::Failed(report)) => Err(*report),
    };
    let (word, reason) = match &outcome {
        Ok(ExitCode::Done) => ("done", String::new()),
        Ok(code) => ("failed", format!("exit code {}", code.code())),
        Err(report) => ("failed", report.message.clone()),
    };
    way.close(word, &reason).await?;
    outcome
}

/// Returns the scripts to run, in their order.
async fn scripts(context: &Context, arguments: &Arguments) -> Result<Vec<Script>, Report> {
    let mut scripts: Vec<Script> = arguments.commands.iter().cloned().map(Script::Command).collect();
    match arguments.file.as_deref() {
        Some(file) if file != Path::new("-") => {
            let name = file.display().to_string();
            let unreadable = |error: &dyn std::error::Error| {
                Report::new("input", format!("{name} cannot be read"), ExitCode::Usage).caused_by(error)
            };
            let (doing, path) = (format!("while {name} was opened"), file.to_owned());
            // The file may be a pipe without a writer, which would block.
            let opened = waiting::blocking(context, &doing, move || Ok(ScriptFile::open(&path))).await?;
            scripts.push(Script::File(opened.map_err(|error| unreadable(&error))?));
        }
        None if !scripts.is_empty() => {}
        None if io::stdin().is_terminal() => {
            let hint =
                "give statements with -c, with -f or on standard input; the Query pane of `cockpit` is for typing them";
            return Err(Report::usage("there is nothing to run").hint(hint));
        }
        Some(_) | None => scripts.push(Script::Input),
    }
    Ok(scripts)
}

/// Describes which statements ran before an error, and which were skipped because of it.
fn not_run(mut halt: Halt, name: &str, scripts: impl Iterator<Item = Script>) -> Option<String> {
    let after = scripts.map(|script| match script {
        Script::Command(_) => "-c".to_owned(),
        Script::File(file) => file.name().to_owned(),
        Script::Input => "standard input".to_owned(),
    });
    halt.remaining.extend(after.map(|name| UnrunPart { file: Some(name), line: 1 }));
    let words = halt.sentence(name)?;
    Some(if halt.open { format!("{words}; the open transaction is rolled back") } else { words })
}

/// Runs all scripts. Returns the exit code if no error ended them.
async fn run_scripts(
    driver: &mut Driver<'_>,
    arguments: &Arguments,
    scripts: Vec<Script>,
) -> Result<ExitCode, ScriptEnd> {
    if arguments.single_transaction {
        driver
            .session
            .query("BEGIN", 0)
            .await?
            .map_err(|server_error| ScriptEnd::from(statement_error(&server_error, "BEGIN")))?;
        driver.interpreter.set_transaction(Transaction::Open);
    }
    let mut code = None;
    let mut scripts = scripts.into_iter();
    for script in scripts.by_ref() {
        let alone = matches!(script, Script::Command(_));
        match script {
            Script::Command(text) => driver.interpreter.run(&text, Origin::Command),
            Script::File(file) => {
                file.name().clone_into(&mut driver.name);
                driver.reads = ScriptSource::of(file);
            }
            Script::Input => {
                "standard input".clone_into(&mut driver.name);
                driver.reads = ScriptSource::input();
            }
        }
        code = driver.run().await?;
        // As in psql, `\q` ends the text that contains it, and each -c is a separate text.
        let stops = driver.interpreter.variables().is_on("ON_ERROR_STOP");
        if alone && (code == Some(0) || code.is_some() && !stops) {
            driver.interpreter.cancel_quit();
            driver.interpreter.clear();
            code = None;
        }
        if code.is_some() {
            break;
        }
    }
    if code.is_none() {
        driver.interpreter.finish();
        code = driver.run().await?;
    }
    let (code, last) = (code.unwrap_or_default(), driver.take_last_failure());
    let halted = driver.interpreter.take_halted().and_then(|halt| not_run(halt, &driver.name, scripts));
    if arguments.single_transaction {
        let end = if code == 0 { "COMMIT" } else { "ROLLBACK" };
        driver
            .session
            .query(end, 0)
            .await?
            .map_err(|server_error| ScriptEnd::from(statement_error(&server_error, end)))?;
    }
    match last {
        Some(report) if code != 0 => Err(match halted {
            Some(words) => report.cause(words).into(),
            None => report.into(),
        }),
        // Without `ON_ERROR_STOP` the script continued, and earlier failures were already printed.
        Some(report) => {
            print_error(&report);
            Ok(ExitCode::Failed)
        }
        None if code == 0 && !driver.had_failure => Ok(ExitCode::Done),
        None => Ok(ExitCode::Failed),
    }
}
