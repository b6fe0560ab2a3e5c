//! Runs what was given: each -c as one message, a script statement by statement.

use super::args::Arguments;
use super::login::{Way, way};
use super::rows::RowWriter;
use super::session::{Data, Over, Session};
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::model::sql::Transaction;
use crate::model::sql::split::{Split, What};
use crate::runtime::stop::StopSignals;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::Path;
use tokio::time::Instant;

/// A text to run, and where it is from.
struct Script {
    /// `-c`: one message, as psql sends it.
    whole: bool,
    name: String,
    text: String,
}

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let mut stops = StopSignals::new()
        .map_err(|error| Report::new("system", "signals cannot be taken", ExitCode::Failed).caused_by(&error))?;
    let scripts = scripts(arguments)?;
    let end = context.limit().map(|limit| Instant::now() + limit);
    let opened = async {
        let way = way(context, arguments).await?;
        let connected = way.connect().await;
        Ok::<_, Report>((way, connected))
    };
    let (way, connected) = tokio::select! {
        opened = opened => opened?,
        signal = stops.next() => return Ok(signal.code()),
        () = until(end) => return Err(Report::new("timeout", "the database did not answer in time", ExitCode::TimedOut)
            .hint("give it more time with --timeout")),
    };
    let connection = match connected {
        Ok(connection) => connection,
        Err(report) => {
            way.close("failed", &report.message).await?;
            return Err(report);
        }
    };
    let writer = RowWriter::new(out, context.output, io::stdout().is_terminal());
    let mut session = Session::new(connection, writer, context.output, stops, end);
    let outcome = all(&mut session, arguments, &scripts).await;
    let closed = session.close().await;
    finish(way, outcome.and_then(|code| closed.map(|()| code))).await
}

async fn finish(way: Way, outcome: Result<ExitCode, Over>) -> Result<ExitCode, Report> {
    let outcome = match outcome {
        Ok(code) | Err(Over::Code(code)) => Ok(code),
        Err(Over::Quiet) => Ok(ExitCode::Done),
        Err(Over::Failed(report)) => Err(*report),
    };
    let (word, reason) = match &outcome {
        Ok(ExitCode::Done) => ("done", String::new()),
        Ok(code) => ("failed", format!("exit code {}", code.code())),
        Err(report) => ("failed", report.message.clone()),
    };
    let guarded = way.guarded;
    way.close(word, &reason).await?;
    outcome.map_err(|report| {
        let read_only = report.hint.as_deref().is_some_and(|hint| hint.contains("--write"));
        if read_only && guarded { report.cause("the environment is guarded") } else { report }
    })
}

async fn until(end: Option<Instant>) {
    match end {
        Some(end) => tokio::time::sleep_until(end).await,
        None => std::future::pending().await,
    }
}

/// What is to be run, in the order in which it is.
fn scripts(arguments: &Arguments) -> Result<Vec<Script>, Report> {
    let mut scripts: Vec<Script> = arguments
        .commands
        .iter()
        .map(|text| Script { whole: true, name: "-c".to_owned(), text: text.clone() })
        .collect();
    let input = Path::new("-");
    match arguments.file.as_deref() {
        Some(file) if file != input => {
            let name = file.display().to_string();
            let bytes = std::fs::read(file).map_err(|error| {
                Report::new("input", format!("{name} cannot be read"), ExitCode::Usage).caused_by(&error)
            })?;
            scripts.push(Script { whole: false, text: text(bytes, &name)?, name });
        }
        None if !scripts.is_empty() => {}
        Some(_) | None => {
            if io::stdin().is_terminal() && arguments.file.is_none() {
                return Err(Report::usage("there is nothing to run")
                    .hint("give statements with -c, with -f or on standard input; the pane Query of `cockpit` is for typing them"));
            }
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes).map_err(|error| {
                Report::new("input", "standard input cannot be read", ExitCode::Failed).caused_by(&error)
            })?;
            scripts.push(Script { whole: false, text: text(bytes, "standard input")?, name: "standard input".into() });
        }
    }
    Ok(scripts)
}

fn text(bytes: Vec<u8>, name: &str) -> Result<String, Report> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        Report::new("input", format!("{name} is not UTF-8 (line {line})"), ExitCode::Usage).hint("save it as UTF-8")
    })
}

/// Runs everything; the exit code where no error ended it.
async fn all(session: &mut Session<'_>, arguments: &Arguments, scripts: &[Script]) -> Result<ExitCode, Over> {
    let stops = arguments
        .variables
        .iter()
        .rev()
        .find(|(name, _)| name == "ON_ERROR_STOP")
        .is_none_or(|(_, value)| !matches!(value.to_lowercase().as_str(), "0" | "off" | "false" | "no"));
    if arguments.single_transaction {
        session.run("BEGIN", Data::Input).await?.map_err(|report| Over::Failed(Box::new(report)))?;
    }
    let mut worst: Option<Report> = None;
    for script in scripts {
        let failed = if script.whole {
            session.run(&script.text, Data::Input).await?.err()
        } else {
            self::script(session, script, stops, &mut worst).await?
        };
        if let Some(report) = failed {
            if stops {
                if arguments.single_transaction && session.transaction() != Transaction::Idle {
                    session.run("ROLLBACK", Data::Input).await?.ok();
                }
                return Err(report.into());
            }
            tell(&report);
            worst = Some(report);
        }
    }
    if arguments.single_transaction {
        session.run("COMMIT", Data::Input).await?.map_err(|report| Over::Failed(Box::new(report)))?;
    }
    Ok(if worst.is_some() { ExitCode::Failed } else { ExitCode::Done })
}

/// An error after which it goes on.
fn tell(report: &Report) {
    let _ = report.write(&mut crate::runtime::Output::stderr(), false);
}

async fn script(
    session: &mut Session<'_>,
    script: &Script,
    stops: bool,
    worst: &mut Option<Report>,
) -> Result<Option<Report>, Over> {
    let split = Split::new(&script.text);
    let pieces = split.pieces();
    for (at, piece) in pieces.iter().enumerate() {
        let report = match piece.what {
            What::Blank | What::Data => continue,
            What::Command => {
                let line = script.text[..piece.body(&script.text).start].matches('\n').count() + 1;
                let command =
                    script.text[piece.body(&script.text)].split_whitespace().next().unwrap_or_default().to_owned();
                Some(Report::usage(format!("{}:{line}: {command} is not run here", script.name)))
            }
            What::Statement => {
                let data = pieces.get(at + 1).filter(|next| next.what == What::Data);
                let lines = data.map(|data| lines(&script.text[data.start..data.end]));
                let statement = piece.statement(&script.text);
                let ran = session.run(&statement, lines.map_or(Data::Lines(""), Data::Lines)).await?;
                ran.err().map(|report| {
                    let line = script.text[..piece.body(&script.text).start].matches('\n').count() + 1;
                    Report { message: format!("{}:{line}: {}", script.name, report.message), ..report }
                })
            }
        };
        if let Some(report) = report {
            if stops {
                return Ok(Some(report));
            }
            tell(&report);
            *worst = Some(report);
        }
    }
    Ok(None)
}

/// The lines of data after a statement: without the rest of its line, and without the `\.` that ends them.
fn lines(data: &str) -> &str {
    let lines = data.split_once('\n').map_or("", |(_, lines)| lines);
    let ended = lines.trim_end_matches(['\n', '\r']);
    match ended.strip_suffix("\\.") {
        Some(before) if before.is_empty() || before.ends_with('\n') => before,
        Some(_) | None => lines,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_are_the_lines_between_the_statement_and_its_end() {
        assert_eq!(lines("\n7\tseven\n8\teight\n\\.\n"), "7\tseven\n8\teight\n");
        assert_eq!(lines(" -- x\n7\n"), "7\n");
        assert_eq!((lines("\n\\.\n"), lines("")), ("", ""));
        assert_eq!(lines("\na\\.\n"), "a\\.\n");
    }
}
