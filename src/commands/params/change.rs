//! Changes of parameters: each is a request of an operation, which shows its plan and asks for confirmation.

use super::args::{Import, Put, Rm, Type};
use super::facts::{Facts, Readers, within};
use super::input;
use crate::app::operation::parameter::{Request, StepChange, command_line};
use crate::cli::{ExitCode, Report};
use crate::commands::change::act;
use crate::commands::change_target::{Opened, open};
use crate::commands::context::Context;
use crate::commands::progress::print_note;
use crate::model::parameters::{Kind, dotenv};
use std::io;

fn kind(typed: Type) -> Kind {
    match typed {
        Type::Plain => Kind::Plain,
        Type::List => Kind::List,
        Type::Secure => Kind::Secure,
    }
}

/// Returns the services that read these parameters; fails if these are to be restarted but are not known.
fn readers<'a>(facts: &Facts, names: impl Iterator<Item = &'a str>, restart: bool) -> Result<Option<Readers>, Report> {
    let readers = facts.readers(names);
    if readers.is_none() && restart {
        let report = facts
            .incomplete_error("it is not known which services are to get new tasks: nothing was changed".to_owned());
        let hint = report.hint.clone().unwrap_or_else(|| "try again".to_owned());
        return Err(report.hint(format!("{hint}, or leave --restart out")));
    }
    Ok(readers)
}

/// Refuses a change with `--read-only`, before the value is read.
fn may_change(context: &Context) -> Result<(), Report> {
    if context.global.read_only {
        return Err(Report::new("refused", "nothing was changed: --read-only refuses every change", ExitCode::Refused)
            .hint("leave --read-only out"));
    }
    Ok(())
}

pub(super) async fn put(context: &Context, put: &Put, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    may_change(context)?;
    let opened = open(context)?;
    let facts = Facts::gather(context, &opened).await?;
    let name = facts.full_name(&put.name)?;
    if name != put.name {
        print_note(&format!("{} is {name}", put.name));
    }
    // Checked before the value is read, which could not be written.
    let foreign = facts.foreign_checks(std::iter::once(name.as_str()));
    if let Some(check) = foreign.first() {
        return Err(facts.refusal(check));
    }
    let readers = readers(&facts, std::iter::once(name.as_str()), put.restart)?;
    let before = if put.editor {
        let account = opened.environment.account.as_deref();
        let read = within(context, facts.session.parameter_with_value(&name, account)).await?;
        let held = read.map_err(|failure| Report::from_failure(format!("{name} cannot be read"), &failure))?;
        match held.map(|held| held.value) {
            None => None,
            Some(Ok(value)) => Some(value),
            Some(Err(failure)) => {
                return Err(Report::from_failure(format!("the value of {name} cannot be read"), &failure)
                    .hint("write the new one without the one before: leave --editor out"));
            }
        }
    } else {
        None
    };
    let value = input::value(context, put, &name, before).await?;
    let source = match (&put.file, put.stdin, put.editor) {
        (Some(file), ..) => command_line::flag("--file", Some(&file.to_string_lossy())),
        (None, true, _) => " --stdin".to_owned(),
        (None, _, true) => " --editor".to_owned(),
        _ => String::new(),
    };
    let wanted = StepChange::Put {
        name,
        value,
        kind: put.kind.map(kind),
        key: put.key.clone(),
        description: put.description.clone(),
    };
    let typed = command_line::of(&wanted, &source);
    let request = Request { wanted: vec![wanted], foreign, readers, restart: put.restart, command_line: typed };
    begin(context, &opened, request, put.dry_run, out).await
}

pub(super) async fn remove(context: &Context, rm: &Rm, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    may_change(context)?;
    let opened = open(context)?;
    let facts = Facts::gather(context, &opened).await?;
    let mut names = Vec::new();
    for typed in &rm.names {
        let name = facts.full_name(typed)?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let readers = facts.readers(names.iter().map(String::as_str));
    let foreign = facts.foreign_checks(names.iter().map(String::as_str));
    let typed = command_line::remove(&names);
    let wanted = names.into_iter().map(|name| StepChange::Remove { name }).collect();
    let request = Request { wanted, foreign, readers, restart: false, command_line: typed };
    begin(context, &opened, request, rm.dry_run, out).await
}

pub(super) async fn import(context: &Context, import: &Import, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    may_change(context)?;
    let opened = open(context)?;
    let text = input::file(context, &import.file).await?;
    let shown = import.file.display();
    let variables = dotenv::parse(text.expose())
        .map_err(|mistake| Report::usage(format!("{shown} is not understood")).cause(mistake.to_string()))?;
    if variables.is_empty() {
        return Err(Report::usage(format!("{shown} has no variables")));
    }
    let facts = Facts::gather(context, &opened).await?;
    let under = match &import.under {
        Some(path) => folder(path),
        None => own_path(&facts)?,
    };
    let wanted: Vec<StepChange> = variables
        .into_iter()
        .map(|one| StepChange::Put {
            name: if one.name.starts_with('/') { one.name } else { format!("{under}{}", one.name) },
            value: one.value,
            kind: import.kind.map(kind),
            key: None,
            description: None,
        })
        .collect();
    let readers = readers(&facts, wanted.iter().map(StepChange::name), import.restart)?;
    let typed = command_line::import(&import.file.to_string_lossy(), &under, import.kind.map(kind));
    let foreign = facts.foreign_checks(wanted.iter().map(StepChange::name));
    let request = Request { wanted, foreign, readers, restart: import.restart, command_line: typed };
    begin(context, &opened, request, import.dry_run, out).await
}

/// Returns the path with a slash at its end.
pub(super) fn folder(path: &str) -> String {
    if path.ends_with('/') { path.to_owned() } else { format!("{path}/") }
}

/// Returns the only path of the environment's parameters.
pub(super) fn own_path(facts: &Facts) -> Result<String, Report> {
    let under = facts.require_paths()?;
    if !facts.complete && facts.environment.parameters.is_empty() {
        // An unread task definition may name another path.
        let report =
            facts.incomplete_error(format!("it is not known where the parameters of {} are", facts.environment.name));
        return Err(report.hint("give it with --under PATH"));
    }
    let folders: Vec<&String> = under.iter().filter(|path| path.ends_with('/')).collect();
    let own = |path: &&&String| path.split('/').any(|part| part == facts.environment.name);
    let mut own_folders = folders.iter().filter(own);
    match (folders.as_slice(), own_folders.next(), own_folders.next()) {
        ([one], ..) => Ok((*one).clone()),
        (_, Some(one), None) => Ok((**one).clone()),
        _ => Err(Report::usage(format!(
            "{} has several paths of parameters: {}",
            facts.environment.name,
            under.join(", ")
        ))
        .hint("say which one with --under PATH")),
    }
}

async fn begin(
    context: &Context,
    opened: &Opened,
    request: Request,
    dry_run: bool,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    if request.restart {
        opened.require_cluster()?;
    }
    act(context, opened, vec![request.into()], dry_run, out).await
}
