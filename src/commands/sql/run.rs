//! Runs what was given: -c, a file, standard input.

use super::args::Arguments;
use super::ddl::ddl;
use super::driver::{Driver, tell};
use super::er::er;
use super::outlet::Outlet;
use super::reads::{Reads, ScriptFile};
use super::report::{OnlyReads, failed, notice, pooled};
use super::session::{Over, Session, gone};
use crate::app::safety::WRITES;
use crate::cli::{ExitCode, Output, Report};
use crate::commands::context::Context;
use crate::commands::say::say;
use crate::commands::waits;
use crate::commands::way::{Wanted, Way, way};
use crate::model::sql::Transaction;
use crate::model::sql::format::options::Format;
use crate::model::sql::interpreter::{Halt, Interpreter, Left, Mode, Origin};
use crate::runtime::stop::StopSignals;
use std::io::{self, IsTerminal as _};
use std::path::Path;

/// A script to run.
enum Script {
    /// `-c`.
    Command(String),
    /// `-f`.
    File(ScriptFile),
    /// Standard input, as it comes.
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
    let end = context.end();
    let wanted = Wanted {
        environment: arguments.environment.as_deref(),
        to: arguments.reader.then_some("reader"),
        through: arguments.through.as_deref(),
        url: arguments.url.as_ref().map(|url| url.0.as_str()),
        writes: arguments.write.then_some(WRITES),
        command: ("sql", String::new()),
    };
    let way = Box::pin(way(context, &wanted)).await?;
    let mut connection = match way.connect(context).await {
        Ok(connection) => connection,
        Err(report) => {
            way.close("failed", &report.message).await?;
            return Err(report);
        }
    };
    if connection.pooled() && way.settings.read_only {
        let report = pooled();
        way.close("failed", &report.message).await?;
        return Err(report);
    }
    // What could not be set is said before anything runs.
    connection.take_notices().iter().flat_map(notice).for_each(|line| say(&line));
    let mut driver = driver(Session::new(connection, stops, end), &way, context, arguments, out)?;
    if way.settings.read_only {
        driver.only_reads(match (context.global.read_only, way.guarded) {
            (true, _) => OnlyReads::Flag,
            (false, true) => OnlyReads::Guarded,
            (false, false) => OnlyReads::Configured,
        });
    }
    let outcome = all(&mut driver, arguments, scripts).await;
    let flushed = driver.outlet.end().map_err(|error| gone(&error));
    driver.session.close().await;
    finish(way, outcome.and_then(|code| flushed.map(|()| code))).await
}

/// The interpreter with what the flags set, and its hands.
fn driver<'a>(
    session: Session,
    way: &'a Way,
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
    // Unlike psql: a script that goes on after an error has done something else than what it says.
    let on = ("ON_ERROR_STOP".to_owned(), "on".to_owned());
    for (name, value) in std::iter::once(&on).chain(&arguments.variables) {
        let set = interpreter.variables_mut().set(name, value);
        set.map_err(|why| Report::usage(format!("-v {name}: {why}")))?;
    }
    let mut driver = Driver::new(session, interpreter, Outlet::new(out, io::stdout().is_terminal()), way);
    driver.single = arguments.single_transaction;
    Ok(driver)
}

async fn finish(way: Way, outcome: Result<ExitCode, Over>) -> Result<ExitCode, Report> {
    let outcome = match outcome {
        Err(Over::Code(ExitCode::TimedOut)) => {
            let what = "the time was up: what ran was cancelled at the server";
            Err(Report::new("timeout", what, ExitCode::TimedOut).hint("give it more time with --timeout"))
        }
        Ok(code) | Err(Over::Code(code)) => Ok(code),
        Err(Over::Quiet) => Ok(ExitCode::Done),
        Err(Over::Failed(report)) => Err(*report),
    };
    let (word, reason) = match &outcome {
        Ok(ExitCode::Done) => ("done", String::new()),
        Ok(code) => ("failed", format!("exit code {}", code.code())),
        Err(report) => ("failed", report.message.clone()),
    };
    way.close(word, &reason).await?;
    outcome
}

/// The scripts to run, in their order.
async fn scripts(context: &Context, arguments: &Arguments) -> Result<Vec<Script>, Report> {
    let mut scripts: Vec<Script> = arguments.commands.iter().cloned().map(Script::Command).collect();
    match arguments.file.as_deref() {
        Some(file) if file != Path::new("-") => {
            let name = file.display().to_string();
            let unreadable = |error: &dyn std::error::Error| {
                Report::new("input", format!("{name} cannot be read"), ExitCode::Usage).caused_by(error)
            };
            let (doing, path) = (format!("while {name} was opened"), file.to_owned());
            // It may be a pipe that nobody writes into.
            let opened = waits::blocking(context, &doing, move || Ok(ScriptFile::open(&path))).await?;
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

/// The sentence on statements that ran before an error, and those that were not run for it.
fn not_run(mut halt: Halt, name: &str, scripts: impl Iterator<Item = Script>) -> Option<String> {
    let after = scripts.map(|script| match script {
        Script::Command(_) => "-c".to_owned(),
        Script::File(file) => file.name().to_owned(),
        Script::Input => "standard input".to_owned(),
    });
    halt.left.extend(after.map(|name| Left { file: Some(name), line: 1 }));
    let words = halt.words(name)?;
    Some(if halt.open { format!("{words}; what is in the transaction that was open is taken back") } else { words })
}

/// Runs everything; the exit code where no error ended it.
async fn all(driver: &mut Driver<'_>, arguments: &Arguments, scripts: Vec<Script>) -> Result<ExitCode, Over> {
    if arguments.single_transaction {
        driver.session.look("BEGIN", 0).await?.map_err(|said| Over::from(failed(&said, "BEGIN")))?;
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
                driver.reads = Reads::of(file);
            }
            Script::Input => {
                "standard input".clone_into(&mut driver.name);
                driver.reads = Reads::input();
            }
        }
        code = driver.all().await?;
        // `\q` ends the text in which it stands, and each -c is one of its own, as in psql.
        let stops = driver.interpreter.variables().is_on("ON_ERROR_STOP");
        if alone && (code == Some(0) || code.is_some() && !stops) {
            driver.interpreter.stay();
            driver.interpreter.clear();
            code = None;
        }
        if code.is_some() {
            break;
        }
    }
    if code.is_none() {
        driver.interpreter.finish();
        code = driver.all().await?;
    }
    let (code, last) = (code.unwrap_or_default(), driver.last());
    let halted = driver.interpreter.take_halted().and_then(|halt| not_run(halt, &driver.name, scripts));
    if arguments.single_transaction {
        let end = if code == 0 { "COMMIT" } else { "ROLLBACK" };
        driver.session.look(end, 0).await?.map_err(|said| Over::from(failed(&said, end)))?;
    }
    match last {
        Some(report) if code != 0 => Err(match halted {
            Some(words) => report.cause(words).into(),
            None => report.into(),
        }),
        // `ON_ERROR_STOP` is off: it went on, and what failed was told.
        Some(report) => {
            tell(&report);
            Ok(ExitCode::Failed)
        }
        None if code == 0 && !driver.went_on => Ok(ExitCode::Done),
        None => Ok(ExitCode::Failed),
    }
}
