//! A shell in a container: the screen steps aside for it.

use super::ask::{self, identity};
use super::state::{Asking, ShellPlan};
use super::{find, route};
use crate::app::App;
use crate::app::effect::Effect;
use crate::feeds::runs::Place;
use crate::model::tunnel::whose::Whose;
use crate::model::tunnel::{Wanted, short};

/// The program that is run where none is typed.
pub const SHELL: &str = "/bin/sh";

/// Opens one, or asks before; a person is told where it cannot be.
pub fn open(
    app: &mut App,
    service: &str,
    task: Option<String>,
    container: Option<String>,
    command: Option<String>,
) -> Vec<Effect> {
    let identity = match identity(app) {
        Ok(identity) => identity,
        Err(why) => {
            app.say(format!("no shell: {}: {}", why.why, why.hint));
            return Vec::new();
        }
    };
    if find::exec_is_off(app, service) {
        ask::ask(app, Asking::Exec(service.to_owned()));
        return Vec::new();
    }
    let environment = &app.environment;
    let command = command.unwrap_or_else(|| SHELL.to_owned());
    let mut typed = format!("cockpit exec {} {service}", environment.name);
    for (flag, value) in [("--task", task.as_deref().map(short)), ("--container", container.as_deref())] {
        if let Some(value) = value {
            typed = format!("{typed} {flag} {value}");
        }
    }
    if command != SHELL {
        typed = format!("{typed} -- {command}");
    }
    app.tunnels.last += 1;
    let operation = format!("{}-exec-{}", app.session.mark, app.tunnels.last);
    let plan = ShellPlan {
        wanted: Wanted { task, container, ..route::wanted(environment, Whose::default(), service, None) },
        command,
        record: route::record(operation, environment, &identity, app.ahead, &typed),
        audit: Place { audit_file: app.config.audit_file.clone(), simulated: app.session.simulated },
    };
    if app.environment.guarded {
        ask::ask(app, Asking::Shell(Box::new(plan)));
        return Vec::new();
    }
    begin(&plan)
}

/// Opens a shell on an EC2 instance, through Session Manager: the shell that the account has configured.
pub fn on_instance(app: &mut App, id: &str) -> Vec<Effect> {
    let identity = match identity(app) {
        Ok(identity) => identity,
        Err(why) => {
            app.say(format!("no session: {}: {}", why.why, why.hint));
            return Vec::new();
        }
    };
    let environment = &app.environment;
    let typed = format!("cockpit instances session {id} --env {}", environment.name);
    app.tunnels.last += 1;
    let operation = format!("{}-session-{}", app.session.mark, app.tunnels.last);
    let plan = ShellPlan {
        wanted: Wanted { service: id.to_owned(), instance: Some(id.to_owned()), ..Wanted::default() },
        command: String::new(),
        record: route::record(operation, environment, &identity, app.ahead, &typed),
        audit: Place { audit_file: app.config.audit_file.clone(), simulated: app.session.simulated },
    };
    if app.environment.guarded {
        ask::ask(app, Asking::Shell(Box::new(plan)));
        return Vec::new();
    }
    begin(&plan)
}

/// Opens the shell: the screen steps aside for it.
pub fn begin(plan: &ShellPlan) -> Vec<Effect> {
    vec![Effect::Shell(Box::new(plan.clone()))]
}
