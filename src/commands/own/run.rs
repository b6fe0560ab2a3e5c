//! Runs a command defined in the configuration.

use super::args::Arguments;
use crate::app::operation::custom::{Request, Selected};
use crate::cli::{ExitCode, Report};
use crate::commands::change::act;
use crate::commands::change_target::{open, service_names, single_service};
use crate::commands::context::Context;
use crate::model::names::{list_names, nearest};
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    let known: Vec<&str> = opened.config.commands.iter().map(|command| command.name.as_str()).collect();
    let Some(command) = opened.config.commands.iter().find(|command| command.name == arguments.name).cloned() else {
        let hint = match nearest(&arguments.name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? there are: {}", list_names(&known)),
            None if known.is_empty() => "write [[commands]] into the configuration".to_owned(),
            None => format!("there are: {}", list_names(&known)),
        };
        return Err(Report::usage(format!("the configuration has no command `{}`", arguments.name)).hint(hint));
    };
    let mut selected = Selected {
        service: arguments.service.clone(),
        task: arguments.task.clone(),
        container: arguments.container.clone(),
        database: arguments.database.clone(),
        instance: arguments.instance.clone(),
        alarm: arguments.alarm.clone(),
        row: arguments.row.clone(),
    };
    if let Some(wanted) = command.selection.as_deref().filter(|wanted| !selected.has(wanted)) {
        return Err(Report::usage(format!("`{}` is run on one {wanted}", command.name)).hint(format!("say --{wanted}")));
    }
    if let Some(service) = arguments.service.as_ref().filter(|_| opened.environment.cluster.is_some()) {
        selected.service =
            Some(single_service(service_names(context, &opened, std::slice::from_ref(service)).await?)?.0);
    }
    let request = Request::new(command, selected, &opened.environment, &opened.config);
    act(context, &opened, vec![request.into()], arguments.dry_run, out).await
}
