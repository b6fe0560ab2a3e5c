//! The way to a database, for commands that run SQL: through a tunnel of an environment, or straight.

use super::context::Context;
use super::say::say;
use super::through::{Target, Wish, ended, facts};
use super::waits::waited;
use super::yes::said_yes;
use crate::app::command::Risk;
use crate::cli::{ExitCode, Report};
use crate::db::{Connection, Settings, password_file, url};
use crate::feeds::sql::{Place, Who};
use crate::model::Failure;
use crate::runtime::database_login;
use serde_json::Value;
use ssm_tunnel::Tunnel;

/// The typed words on where to go.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted<'a> {
    /// The environment's name; that of `--env` without it.
    pub(super) environment: Option<&'a str>,
    /// `reader`, or a host and a port; as configured without it.
    pub(super) to: Option<&'a str>,
    /// A service or an instance.
    pub(super) through: Option<&'a str>,
    /// Straight to this server.
    pub(super) url: Option<&'a str>,
    /// The risk of the session, where it is not one that only reads.
    pub(super) writes: Option<Risk>,
    /// The command, for the audit file: what it is called, and what is typed of it behind the environment.
    pub(super) command: (&'static str, String),
}

/// A way to a server, which is open as long as the command runs.
pub(super) struct Way {
    pub(super) settings: Settings,
    /// Why the session only reads, where nobody asked for that.
    pub(super) guarded: bool,
    /// The environment; none where a URL named the server.
    target: Option<Target>,
    /// The tunnel, the command as it is written down, and where it leads.
    tunnel: Option<(Tunnel, String, String)>,
    what: &'static str,
}

/// Finds out where to and who connects, and opens the tunnel.
pub(super) async fn way(context: &Context, wanted: &Wanted<'_>) -> Result<Way, Report> {
    let read_only = context.global.read_only;
    if read_only && wanted.writes.is_some() {
        return Err(Report::usage("--read-only excludes what changes something"));
    }
    if let Some(typed) = wanted.url {
        let settings = url::parse(typed, filled);
        let mut settings = settings.map_err(|wrong| Report::usage(wrong.message).hint(wrong.hint))?;
        if let Err(why) = password_file::fill_in(&mut settings, filled) {
            say(&format!("warning: {why}"));
        }
        settings.read_only |= read_only;
        return Ok(Way { settings, guarded: false, target: None, tunnel: None, what: wanted.command.0 });
    }
    let target = Target::open(context, wanted.environment).await?;
    let title = format!("{}{}", wanted.command.0, wanted.command.1);
    // What a session may write is only asked where the environment is guarded.
    if let Some(risk) = wanted.writes {
        target.guarded(context, &format!("{title} --write"), risk, false).await?;
    }
    let to = wanted.to;
    let far = target.far(context, to).await?;
    let environment = &target.environment;
    let guarded = environment.guarded && wanted.writes.is_none();
    let unread = |failure: Failure| Report::of_failure("no session can be opened", &failure);
    let named = Place { host: far.host.clone(), port: far.port, through: None };
    let who = Who::default();
    let asked = database_login::settings(environment, Some(&target.session), named, &who, far.database.clone());
    let asked = async { asked.await.map_err(unread) };
    let mut settings = waited(context, "the login of the database was not read", asked).await?;
    settings.read_only = read_only || guarded;
    let reached = environment.cluster.is_some() || environment.tunnel.instance.is_some() || wanted.through.is_some();
    if !reached {
        return Ok(Way { settings, guarded, target: Some(target), tunnel: None, what: wanted.command.0 });
    }
    let wish = Wish { to, through: wanted.through, port: Some(0), ..Wish::default() };
    let (tunnel, service) = target.tunnel(context, &wish, &far).await?;
    let local = tunnel.local();
    settings.place.through = Some(local.to_string());
    let place = far.place();
    // What is run may hold a secret, and is not written down.
    let (what, typed) = &wanted.command;
    let write = if settings.read_only || *what != "sql" { "" } else { " --write" };
    let command = format!("cockpit {what} {}{typed} --to {place} --through {service}{write}", environment.name);
    let begun = target.audit(what, &command, serde_json::json!({"to": place}), "started", "");
    let way = Way { settings, guarded, target: Some(target), tunnel: Some((tunnel, command, place)), what };
    match begun {
        Ok(()) => Ok(way),
        Err(report) => {
            let _ = way.close("failed", "").await;
            Err(report)
        }
    }
}

/// An environment variable, where it says something.
fn filled(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Way {
    /// Says what is about to be done, and takes a yes to it, in any environment.
    pub(super) async fn agreed(&self, context: &Context, title: &str, risk: Risk) -> Result<(), Report> {
        let Some(target) = &self.target else { return Ok(()) };
        target.tell(title);
        if said_yes(context, &target.environment, risk).await? {
            return Ok(());
        }
        Err(Report::new("cancelled", "nothing was changed: the answer was no", ExitCode::Refused))
    }

    /// How one connects anew on the same way: to another database, or as another user, for whom the password of the one before
    /// is not. What holds of the session that is left holds of the new one.
    pub(super) async fn anew(&self, before: &Settings, database: String, user: String) -> Result<Settings, Failure> {
        let mut settings = if let Some(target) = &self.target {
            let place = Place { through: None, ..before.place.clone() };
            let who = Who { user: Some(user), database: Some(database) };
            database_login::settings(&target.environment, Some(&target.session), place, &who, None).await?
        } else {
            let mut settings = Settings { database, ..before.clone() };
            if user != before.user {
                (settings.user, settings.password, settings.password_from) = (user, None, String::new());
            }
            if let Err(why) = password_file::fill_in_again(&mut settings, filled) {
                say(&format!("warning: {why}"));
            }
            settings
        };
        settings.place = before.place.clone();
        settings.read_only = before.read_only;
        Ok(settings)
    }

    /// Writes down that something begins or has ended; what is not written down is not done.
    pub(super) fn audit(&self, typed: &str, after: Value, outcome: &str, reason: &str) -> Result<(), Report> {
        let Some(target) = &self.target else { return Ok(()) };
        let command = format!("cockpit {} {typed} --env {}", self.what, target.environment.name);
        target.audit(self.what, &command, after, outcome, reason)
    }

    /// Connects, unless the command is ended meanwhile.
    pub(super) async fn connect(&self, context: &Context) -> Result<Connection, Report> {
        waited(context, "the database did not answer in time", Box::pin(self.connected())).await
    }

    async fn connected(&self) -> Result<Connection, Report> {
        if let Some((tunnel, ..)) = &self.tunnel
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
        let what = self.what;
        let (Some(target), Some((tunnel, command, place))) = (self.target, self.tunnel) else { return Ok(()) };
        let local = tunnel.local().clone();
        let status = tunnel.close().await;
        let after = facts(&status, &place, Some(&local));
        target.audit_end(what, &command, after, (outcome, reason), Ok(ExitCode::Done)).map(drop)
    }
}
