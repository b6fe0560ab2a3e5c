//! Reads the account, and writes the configuration.

use super::args::Arguments;
use super::folder;
use crate::app::command::Risk;
use crate::app::operation::call::{Read, Reply};
use crate::aws::{Connection, Session};
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::opened::nothing_changed;
use crate::commands::printed::printed;
use crate::commands::say::say;
use crate::commands::yes::asked;
use crate::config::EnvironmentConfig;
use crate::model::init::diff::difference;
use crate::model::init::group::group;
use crate::model::init::seen::Seen;
use crate::model::init::write::write;
use crate::model::text::harmless;
use futures_util::future::join_all;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let global = &context.global;
    let connection = |region: Option<&String>| {
        Connection::from(&EnvironmentConfig {
            region: region.cloned(),
            profile: global.profile.clone(),
            endpoint_url: global.endpoint_url.clone(),
            ..EnvironmentConfig::default()
        })
    };
    let looked = context.in_time(Box::pin(look(&arguments.regions, global.region.as_ref(), connection))).await;
    let mut seen = looked.ok_or_else(|| nothing_changed("not all of the account could be looked at"))??;
    seen.profile.clone_from(&global.profile);
    seen.code = folder::look(&arguments.dir);
    let text = write(&seen, &group(&seen));
    let code = offer(context, arguments, &text, out).await?;
    if seen.missing.is_empty() {
        return Ok(code);
    }
    // What could not be read looks like what is not there, but for the comments.
    say(&format!("not all of the account could be read: {} questions in the text say what", seen.missing.len()));
    Ok(ExitCode::Incomplete)
}

/// Reads these regions, or the one that is configured.
pub(super) async fn look(
    regions: &[String],
    usual: Option<&String>,
    connection: impl Fn(Option<&String>) -> Connection,
) -> Result<Seen, Report> {
    let first = Session::new(connection(regions.first().or(usual)));
    let named = first.named_region().await;
    let named = named.map_err(|failure| Report::of_failure("the account cannot be looked at", &failure))?;
    if regions.is_empty() && named.is_none() {
        return Err(
            Report::usage("no region is known").hint("name those to look at: --regions ap-northeast-1,us-east-1")
        );
    }
    let identity = match first.read(Read::Identity, None).await.outcome {
        Ok(Reply::Identity(identity)) => identity,
        Ok(_) => return Err(Report::new("identity", "the account cannot be asked for", ExitCode::Failed)),
        Err(failure) => return Err(Report::of_failure("the account cannot be looked at", &failure)),
    };
    let regions = if regions.is_empty() { named.into_iter().collect() } else { regions.to_vec() };
    let surveys = regions.iter().map(async |region| Session::new(connection(Some(region))).survey(region).await);
    let (surveys, (everywhere, missing)) =
        tokio::join!(join_all(surveys), Box::pin(first.survey_everywhere(&identity.account)));
    let mut seen = Seen {
        account: Some(identity.account),
        distributions: everywhere.distributions,
        hosts: everywhere.hosts,
        profiles: everywhere.profiles,
        missing,
        ..Seen::default()
    };
    for (region, missing) in surveys {
        seen.regions.push(region);
        seen.missing.extend(missing);
    }
    Ok(seen)
}

/// Shows what would be written, and writes it where that is wanted and nothing is there.
async fn offer(
    context: &Context,
    arguments: &Arguments,
    text: &str,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let file = &arguments.file;
    if file.exists() {
        let old = std::fs::read_to_string(file).map_err(|error| unusable(file, "read", &error))?;
        let lines = difference(&old, text);
        if lines.is_empty() {
            say(&format!("{} is as it would be written", file.display()));
            return Ok(ExitCode::Done);
        }
        say(&format!("{} is there and stays as it is; + is what was found, - is what it says", file.display()));
        return shown(&lines.join("\n"), out);
    }
    if !arguments.accept {
        shown(text.trim_end(), out)?;
        let terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
        if !terminal && !context.global.yes {
            say(&format!("nothing was written; --accept writes it to {}", file.display()));
            return Ok(ExitCode::Done);
        }
        let _ = writeln!(crate::runtime::Output::stderr(), "write it to {}", file.display());
        if !asked(context, &EnvironmentConfig::default(), Risk::Change, false).await? {
            return Err(Report::new("cancelled", "nothing was written: the answer was no", ExitCode::Refused));
        }
    }
    let mut made = std::fs::File::create_new(file).map_err(|error| unusable(file, "written", &error))?;
    if let Err(error) = made.write_all(text.as_bytes()) {
        // Half of it would be a configuration that is wrong, and that is never overwritten.
        let _ = std::fs::remove_file(file);
        return Err(unusable(file, "written", &error));
    }
    say(&format!("{} is written; `cockpit doctor` checks it", file.display()));
    Ok(ExitCode::Done)
}

fn shown(text: &str, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let lines: Vec<String> = text.lines().map(|line| harmless(line).into_owned()).collect();
    printed(writeln!(out, "{}", lines.join("\n")).and_then(|()| out.flush()))
}

fn unusable(file: &Path, what: &str, error: &io::Error) -> Report {
    Report::new("file", format!("{} cannot be {what}", file.display()), ExitCode::Failed).caused_by(error)
}
