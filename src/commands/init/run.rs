//! Reads the account, and writes the configuration.

use super::args::Arguments;
use super::folder;
use crate::app::command::Risk;
use crate::app::operation::call::{Read, Reply};
use crate::aws::{Connection, Session};
use crate::cli::{ExitCode, Report};
use crate::commands::change_target::nothing_changed;
use crate::commands::confirmation::confirm_with;
use crate::commands::context::Context;
use crate::commands::progress::print_note;
use crate::commands::report_output::print_result;
use crate::config::EnvironmentConfig;
use crate::model::init::diff::difference;
use crate::model::init::discovered::DiscoveredResources;
use crate::model::init::group::group;
use crate::model::init::write::write;
use crate::model::text::sanitize;
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
    let survey =
        context.in_time(Box::pin(survey_account(&arguments.regions, global.region.as_ref(), connection))).await;
    let mut seen = survey.ok_or_else(|| nothing_changed("not all of the account could be read in time"))??;
    seen.profile.clone_from(&global.profile);
    seen.code = folder::find_code(&arguments.dir);
    let text = write(&seen, &group(&seen));
    let code = offer(context, arguments, &text, out).await?;
    if seen.missing.is_empty() {
        return Ok(code);
    }
    // In the written file, resources that could not be read look like absent ones, except for the comments.
    print_note(&format!("not all of the account could be read: {} questions in the text say what", seen.missing.len()));
    Ok(ExitCode::Incomplete)
}

/// Reads these regions, or the configured one.
pub(super) async fn survey_account(
    regions: &[String],
    usual: Option<&String>,
    connection: impl Fn(Option<&String>) -> Connection,
) -> Result<DiscoveredResources, Report> {
    let first = Session::new(connection(regions.first().or(usual)));
    let named = first.configured_region().await;
    let named = named.map_err(|failure| Report::from_failure("the account cannot be looked at", &failure))?;
    if regions.is_empty() && named.is_none() {
        return Err(
            Report::usage("no region is known").hint("name those to look at: --regions ap-northeast-1,us-east-1")
        );
    }
    let identity = match first.read(Read::Identity, None).await.outcome {
        Ok(Reply::Identity(identity)) => identity,
        Ok(_) => return Err(Report::new("identity", "the account cannot be read", ExitCode::Failed)),
        Err(failure) => return Err(Report::from_failure("the account cannot be looked at", &failure)),
    };
    let regions = if regions.is_empty() { named.into_iter().collect() } else { regions.to_vec() };
    let surveys = regions.iter().map(async |region| Session::new(connection(Some(region))).survey(region).await);
    let (surveys, (everywhere, missing)) =
        tokio::join!(join_all(surveys), Box::pin(first.survey_global(&identity.account)));
    let mut seen = DiscoveredResources {
        account: Some(identity.account),
        distributions: everywhere.distributions,
        hosts: everywhere.hosts,
        profiles: everywhere.profiles,
        missing,
        ..DiscoveredResources::default()
    };
    for (region, missing) in surveys {
        seen.regions.push(region);
        seen.missing.extend(missing);
    }
    Ok(seen)
}

/// Shows the new configuration, and writes it if the user agrees and the file does not exist.
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
            print_note(&format!("{} is as it would be written", file.display()));
            return Ok(ExitCode::Done);
        }
        print_note(&format!(
            "{} exists and is not changed; + is what was found, - is what the file has",
            file.display()
        ));
        return shown(&lines.join("\n"), out);
    }
    if !arguments.accept {
        shown(text.trim_end(), out)?;
        let terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
        if !terminal && !context.global.yes {
            print_note(&format!("nothing was written; --accept writes it to {}", file.display()));
            return Ok(ExitCode::Done);
        }
        let _ = writeln!(crate::runtime::Output::stderr(), "write it to {}", file.display());
        if !confirm_with(context, &EnvironmentConfig::default(), Risk::Change, false).await? {
            return Err(Report::new("cancelled", "nothing was written: the answer was no", ExitCode::Refused));
        }
    }
    let mut made = std::fs::File::create_new(file).map_err(|error| unusable(file, "written", &error))?;
    if let Err(error) = made.write_all(text.as_bytes()) {
        // A partial file would be an invalid configuration, and would never be overwritten.
        let _ = std::fs::remove_file(file);
        return Err(unusable(file, "written", &error));
    }
    print_note(&format!("{} is written; `cockpit doctor` checks it", file.display()));
    Ok(ExitCode::Done)
}

fn shown(text: &str, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let lines: Vec<String> = text.lines().map(|line| sanitize(line).into_owned()).collect();
    print_result(writeln!(out, "{}", lines.join("\n")).and_then(|()| out.flush()))
}

fn unusable(file: &Path, what: &str, error: &io::Error) -> Report {
    Report::new("file", format!("{} cannot be {what}", file.display()), ExitCode::Failed).caused_by(error)
}
