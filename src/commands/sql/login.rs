//! Where the command connects: through a tunnel of an environment, or straight.

use super::args::Arguments;
use crate::app::command::Risk;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::through::{Target, Wish, ended, facts};
use crate::db::{Connection, Settings, url};
use crate::feeds::sql::Place;
use crate::model::Failure;
use crate::runtime::database_login;
use ssm_tunnel::Tunnel;

/// A way to a server, which is open as long as the command runs.
pub(super) struct Way {
    pub(super) settings: Settings,
    /// Why the session only reads, where nobody asked for that.
    pub(super) guarded: bool,
    tunnel: Option<(Target, Tunnel, String, String)>,
}

/// Finds out where to and who connects, and opens the tunnel.
pub(super) async fn way(context: &Context, arguments: &Arguments) -> Result<Way, Report> {
    let read_only = context.global.read_only;
    if read_only && arguments.write {
        return Err(Report::usage("--read-only and --write exclude each other"));
    }
    if let Some(typed) = &arguments.url {
        let settings = url::parse(&typed.0, |name| std::env::var(name).ok().filter(|value| !value.is_empty()));
        let settings = settings.map_err(|wrong| Report::usage(wrong.message).hint(wrong.hint))?;
        return Ok(Way { settings: Settings { read_only, ..settings }, guarded: false, tunnel: None });
    }
    let target = Target::open(context, arguments.environment.as_deref()).await?;
    if arguments.write {
        target.guarded(context, Risk::Change, false).await?;
    }
    let to = arguments.reader.then_some("reader");
    let far = target.far(context, to).await?;
    let environment = &target.environment;
    let guarded = environment.guarded && !arguments.write;
    let unread = |failure: Failure| Report::of_failure("it is not known who connects to the database", &failure);
    let named = Place { host: far.host.clone(), port: far.port, through: None };
    let mut settings = database_login::settings(environment, Some(&target.session), named, far.database.clone())
        .await
        .map_err(unread)?;
    settings.read_only = read_only || guarded;
    let reached = environment.cluster.is_some() || environment.tunnel.instance.is_some() || arguments.through.is_some();
    if !reached {
        return Ok(Way { settings, guarded, tunnel: None });
    }
    let wish = Wish { to, through: arguments.through.as_deref(), port: Some(0), socket: None };
    let (tunnel, service) = target.tunnel(context, &wish, &far).await?;
    let local = tunnel.local();
    settings.place.through = Some(local.to_string());
    let place = far.place();
    // What is run may hold a secret, and is not written down.
    let write = if settings.read_only { "" } else { " --write" };
    let command = format!("cockpit sql {} --to {place} --through {service}{write}", environment.name);
    let begun = target.audit("sql", &command, serde_json::json!({"to": place}), "started", "");
    let way = Way { settings, guarded, tunnel: Some((target, tunnel, command, place)) };
    match begun {
        Ok(()) => Ok(way),
        Err(report) => {
            let _ = way.close("failed", "").await;
            Err(report)
        }
    }
}

impl Way {
    /// Connects.
    pub(super) async fn connect(&self) -> Result<Connection, Report> {
        if let Some((_, tunnel, ..)) = &self.tunnel
            && let Err(status) = tunnel.ready().await
        {
            return Err(ended("the tunnel", &status)
                .unwrap_or_else(|| Report::new("session", "the tunnel was closed", ExitCode::Failed)));
        }
        let connected = Connection::open(&self.settings).await;
        connected.map_err(|failure| {
            let place = format!("{}:{}", self.settings.place.host, self.settings.place.port);
            Report::of_failure(format!("no session on {place} can be opened"), &failure)
        })
    }

    /// Closes the tunnel, and writes down how it went.
    pub(super) async fn close(self, outcome: &str, reason: &str) -> Result<(), Report> {
        let Some((target, tunnel, command, place)) = self.tunnel else { return Ok(()) };
        let local = tunnel.local().clone();
        let status = tunnel.close().await;
        target.audit("sql", &command, facts(&status, &place, Some(&local)), outcome, reason)
    }
}
