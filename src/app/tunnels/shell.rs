//! A shell in a container, which takes over the terminal.

use super::opening::{self, identity};
use super::state::{ShellPlan, TunnelQuestion};
use super::{find, route};
use crate::app::App;
use crate::app::effect::Effect;
use crate::feeds::runs::Place;
use crate::model::tunnel::owner::Ownership;
use crate::model::tunnel::{TunnelGateway, short};

/// The default program.
pub const SHELL: &str = "/bin/sh";

/// Opens a shell, possibly after a question; if that is impossible, the person is told why.
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
            app.show_message(format!("no shell: {}: {}", why.why, why.hint));
            return Vec::new();
        }
    };
    if find::exec_is_off(app, service) {
        opening::open_confirmation(app, TunnelQuestion::Exec(service.to_owned()));
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
        wanted: TunnelGateway {
            task,
            container,
            ..route::tunnel_request(environment, Ownership::default(), service, None)
        },
        command,
        record: route::record(operation, environment, &identity, app.ahead, &typed),
        audit: Place { audit_file: app.config.audit_file.clone(), simulated: app.session.simulated },
    };
    if app.environment.guarded {
        opening::open_confirmation(app, TunnelQuestion::Shell(Box::new(plan)));
        return Vec::new();
    }
    begin(&plan)
}

/// Opens a shell on an EC2 instance through Session Manager: the shell that the account has configured.
pub fn on_instance(app: &mut App, id: &str) -> Vec<Effect> {
    let identity = match identity(app) {
        Ok(identity) => identity,
        Err(why) => {
            app.show_message(format!("no session: {}: {}", why.why, why.hint));
            return Vec::new();
        }
    };
    let environment = &app.environment;
    let typed = format!("cockpit instances session {id} --env {}", environment.name);
    app.tunnels.last += 1;
    let operation = format!("{}-session-{}", app.session.mark, app.tunnels.last);
    let plan = ShellPlan {
        wanted: TunnelGateway { service: id.to_owned(), instance: Some(id.to_owned()), ..TunnelGateway::default() },
        command: String::new(),
        record: route::record(operation, environment, &identity, app.ahead, &typed),
        audit: Place { audit_file: app.config.audit_file.clone(), simulated: app.session.simulated },
    };
    if app.environment.guarded {
        opening::open_confirmation(app, TunnelQuestion::Shell(Box::new(plan)));
        return Vec::new();
    }
    begin(&plan)
}

/// Opens the shell, which takes over the terminal.
pub fn begin(plan: &ShellPlan) -> Vec<Effect> {
    vec![Effect::Shell(Box::new(plan.clone()))]
}
