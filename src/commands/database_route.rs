//! The way to a database for commands that run SQL: through a tunnel of an environment, or directly.

use super::confirmation::confirm;
use super::context::Context;
use super::progress::print_note;
use super::remote::{Target, TunnelRequest, end_error, facts};
use super::waiting::wait_for;
use crate::app::command::Risk;
use crate::cli::{ExitCode, Report};
use crate::db::{Connection, Settings, password_file, url};
use crate::feeds::sql::{ConnectAs, Place};
use crate::model::Failure;
use crate::runtime::database_login;
use serde_json::Value;
use ssm_tunnel::Tunnel;

/// The destination as it was typed.
#[derive(Debug, Clone, Default)]
pub(super) struct RequestedServer<'a> {
    /// The environment's name; `None` for that of `--env`.
    pub(super) environment: Option<&'a str>,
    /// `reader`, or a host and a port; `None` for the configured destination.
    pub(super) to: Option<&'a str>,
    /// The service or instance to tunnel through.
    pub(super) through: Option<&'a str>,
    /// The URL of a server to connect to directly.
    pub(super) url: Option<&'a str>,
    /// The risk of a session that may write; `None` for a read-only session.
    pub(super) write_risk: Option<Risk>,
    /// The command for the audit file: its name, and its arguments after the environment.
    pub(super) command: (&'static str, String),
}

/// A way to a server, which is open as long as the command runs.
pub(super) struct ServerRoute {
    pub(super) settings: Settings,
    /// Whether the session is read-only only because the environment is guarded.
    pub(super) guarded: bool,
    /// The environment; `None` if a URL was given.
    target: Option<Target>,
    /// The tunnel, the command line in the audit file, and the remote address.
    tunnel: Option<(Tunnel, String, String)>,
    what: &'static str,
}

/// Resolves the destination and the login, and opens the tunnel.
pub(super) async fn open_route(context: &Context, wanted: &RequestedServer<'_>) -> Result<ServerRoute, Report> {
    let read_only = context.global.read_only;
    if read_only && wanted.write_risk.is_some() {
        return Err(Report::usage("--read-only excludes what changes something"));
    }
    if let Some(typed) = wanted.url {
        let settings = url::parse(typed, filled);
        let mut settings = settings.map_err(|wrong| Report::usage(wrong.message).hint(wrong.hint))?;
        if let Err(why) = password_file::fill_in(&mut settings, filled) {
            print_note(&format!("warning: {why}"));
        }
        settings.read_only |= read_only;
        return Ok(ServerRoute { settings, guarded: false, target: None, tunnel: None, what: wanted.command.0 });
    }
    let target = Target::open(context, wanted.environment).await?;
    let title = format!("{}{}", wanted.command.0, wanted.command.1);
    // A writing session is confirmed only if the environment is guarded.
    if let Some(risk) = wanted.write_risk {
        target.confirm_if_guarded(context, &format!("{title} --write"), risk, false).await?;
    }
    let to = wanted.to;
    let far = target.remote_address(context, to).await?;
    let environment = &target.environment;
    let guarded = environment.guarded && wanted.write_risk.is_none();
    let unread = |failure: Failure| Report::from_failure("no session can be opened", &failure);
    let named = Place { host: far.host.clone(), port: far.port, through: None };
    let who = ConnectAs::default();
    let login_settings =
        database_login::settings(environment, Some(&target.session), named, &who, far.database.clone());
    let login_settings = async { login_settings.await.map_err(unread) };
    let mut settings = wait_for(context, "the login of the database was not read", login_settings).await?;
    settings.read_only = read_only || guarded;
    let reached = environment.cluster.is_some() || environment.tunnel.instance.is_some() || wanted.through.is_some();
    if !reached {
        return Ok(ServerRoute { settings, guarded, target: Some(target), tunnel: None, what: wanted.command.0 });
    }
    let request = TunnelRequest { to, through: wanted.through, port: Some(0), ..TunnelRequest::default() };
    let (tunnel, service) = target.tunnel(context, &request, &far).await?;
    let local = tunnel.local();
    settings.place.through = Some(local.to_string());
    let place = far.host_and_port();
    // Statements may contain secrets, so they are not recorded.
    let (what, typed) = &wanted.command;
    let write = if settings.read_only || *what != "sql" { "" } else { " --write" };
    let command = format!("cockpit {what} {}{typed} --to {place} --through {service}{write}", environment.name);
    let begun = target.audit(what, &command, serde_json::json!({"to": place}), "started", "");
    let way = ServerRoute { settings, guarded, target: Some(target), tunnel: Some((tunnel, command, place)), what };
    match begun {
        Ok(()) => Ok(way),
        Err(report) => {
            let _ = way.close("failed", "").await;
            Err(report)
        }
    }
}

/// Returns an environment variable, unless it is empty.
fn filled(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl ServerRoute {
    /// Prints what is about to be done, and requires a confirmation in any environment.
    pub(super) async fn require_confirmation(&self, context: &Context, title: &str, risk: Risk) -> Result<(), Report> {
        let Some(target) = &self.target else { return Ok(()) };
        target.print_heading(title);
        if confirm(context, &target.environment, risk).await? {
            return Ok(());
        }
        Err(Report::new("cancelled", "nothing was changed: the answer was no", ExitCode::Refused))
    }

    /// Returns the settings for another connection on the same way: to another database, or as another user with that
    /// user's own password. The read-only setting is inherited.
    pub(super) async fn reconnect_settings(
        &self,
        before: &Settings,
        database: String,
        user: String,
    ) -> Result<Settings, Failure> {
        let mut settings = if let Some(target) = &self.target {
            let place = Place { through: None, ..before.place.clone() };
            let who = ConnectAs { user: Some(user), database: Some(database) };
            database_login::settings(&target.environment, Some(&target.session), place, &who, None).await?
        } else {
            let mut settings = Settings { database, ..before.clone() };
            if user != before.user {
                (settings.user, settings.password, settings.password_source) = (user, None, String::new());
            }
            if let Err(why) = password_file::refill(&mut settings, filled) {
                print_note(&format!("warning: {why}"));
            }
            settings
        };
        settings.place = before.place.clone();
        settings.read_only = before.read_only;
        Ok(settings)
    }

    /// Writes an audit record for the start or the end; nothing is done if this fails.
    pub(super) fn audit(&self, typed: &str, after: Value, outcome: &str, reason: &str) -> Result<(), Report> {
        let Some(target) = &self.target else { return Ok(()) };
        let command = format!("cockpit {} {typed} --env {}", self.what, target.environment.name);
        target.audit(self.what, &command, after, outcome, reason)
    }

    /// Connects, unless the command is ended meanwhile.
    pub(super) async fn connect(&self, context: &Context) -> Result<Connection, Report> {
        wait_for(context, "the database did not answer in time", Box::pin(self.connected())).await
    }

    async fn connected(&self) -> Result<Connection, Report> {
        if let Some((tunnel, ..)) = &self.tunnel
            && let Err(status) = tunnel.ready().await
        {
            return Err(end_error("the tunnel", &status)
                .unwrap_or_else(|| Report::new("session", "the tunnel was closed", ExitCode::Failed)));
        }
        let connected = Connection::open(&self.settings).await;
        connected.map_err(|failure| {
            let place = format!("{}:{}", self.settings.place.host, self.settings.place.port);
            Report::from_failure(format!("no session on {place} can be opened"), &failure)
        })
    }

    /// Closes the tunnel, and writes the audit record of its end.
    pub(super) async fn close(self, outcome: &str, reason: &str) -> Result<(), Report> {
        let what = self.what;
        let (Some(target), Some((tunnel, command, place))) = (self.target, self.tunnel) else { return Ok(()) };
        let local = tunnel.local().clone();
        let status = tunnel.close().await;
        let after = facts(&status, &place, Some(&local));
        target.audit_end(what, &command, after, (outcome, reason), Ok(ExitCode::Done)).map(drop)
    }
}
