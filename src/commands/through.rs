//! The common parts of tunnels and shells: the environment, the service that they go through, where a tunnel leads, who
//! connects there, what is written into the audit file.

use super::awake::{self, unclear};
use super::context::Context;
use super::say::say;
use super::waits::waited;
use super::yes::asked;
use crate::app::command::Risk;
use crate::app::operation::call::{Read, Reply};
use crate::app::tunnels::route::{self, TunnelVia};
use crate::aws::Session;
use crate::aws::secrets::Login;
use crate::aws::ssm::{Gateway, Purpose};
use crate::cli::{ExitCode, Report};
use crate::config::{Config, EnvironmentConfig};
use crate::headless;
use crate::model::audit::Record;
use crate::model::tunnel::Wanted;
use crate::model::tunnel::far::{POSTGRES, RemoteAddress, To};
use crate::model::tunnel::whose::Whose;
use crate::model::{Failure, Identity};
use crate::runtime::audit;
use crate::runtime::offers::TunnelOffer;
use crate::runtime::tunnels::{listen, standing};
use jiff::Timestamp;
use serde_json::Value;
use ssm_tunnel::driver::Status;
use ssm_tunnel::{FailureKind, Local, Options, State, Tunnel};
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

/// An environment that something is opened to.
pub(super) struct Target {
    pub(super) environment: EnvironmentConfig,
    pub(super) session: Session,
    config: Config,
    identity: Identity,
    audit: Option<PathBuf>,
    mark: String,
}

/// The wishes for a tunnel, beside the configuration.
#[derive(Debug, Clone, Default)]
pub(super) struct Wish<'a> {
    pub(super) to: Option<&'a str>,
    pub(super) through: Option<&'a str>,
    pub(super) port: Option<u16>,
    /// Where the tunnels listen that the same command has opened: one more takes the next port that is free.
    pub(super) ours: &'a [Local],
    /// A Unix socket instead of a port.
    pub(super) socket: Option<&'a Path>,
    /// Another address of this machine than 127.0.0.1.
    pub(super) listen: Option<Ipv4Addr>,
    /// A Unix socket beside, at which other commands find it.
    pub(super) beside: Option<&'a Path>,
}

impl Target {
    /// Opens the environment of this name, or that of `--env`, and sees whose credentials these are.
    pub(super) async fn open(context: &Context, name: Option<&str>) -> Result<Self, Report> {
        let (loaded, environment) = context.open_typed(name)?;
        let session_facts = context.session();
        let environment = session_facts.overrides.apply(environment);
        let audit = audit::path(loaded.config.audit_file.as_deref());
        let session = context.aws(&environment);
        let answered = waited(context, "it is not known whose credentials these are", async {
            Ok(session.read(Read::Identity, environment.account.as_deref()).await)
        })
        .await?;
        let identity = match answered.outcome {
            Ok(Reply::Identity(identity)) => identity,
            Ok(_) => return Err(Report::new("malformed", "AWS did not say who this is", ExitCode::Failed)),
            Err(failure) => {
                let name = &environment.name;
                return Err(Report::of_failure(format!("{name} cannot be opened"), &failure));
            }
        };
        Ok(Self { environment, session, config: loaded.config, identity, audit, mark: session_facts.mark })
    }

    /// Says what is about to be opened or done, and where: what a yes is then said to.
    pub(super) fn tell(&self, title: &str) {
        for line in headless::operation::heading(
            title,
            &self.environment,
            Some(&self.identity),
            &route::endpoints(&self.identity),
        ) {
            say(&line);
        }
    }

    /// In a guarded environment a person, or the flags, must say yes to what `title` says.
    pub(super) async fn guarded(
        &self,
        context: &Context,
        title: &str,
        risk: Risk,
        read_only: bool,
    ) -> Result<(), Report> {
        if !self.environment.guarded && !read_only {
            return Ok(());
        }
        self.tell(title);
        if asked(context, &self.environment, risk, read_only).await? {
            return Ok(());
        }
        Err(Report::new("refused", "nothing was opened", ExitCode::Refused))
    }

    /// The service that was named, or the one that the configuration names.
    pub(super) async fn service(&self, context: &Context, named: Option<&str>) -> Result<String, Report> {
        let named = named.or(self.environment.tunnel.service.as_deref());
        if self.environment.cluster.is_none() {
            return Err(Report::usage(format!("{} has no containers to go through", self.environment.name))
                .hint("an environment with services names its `cluster` in the configuration"));
        }
        let every: Vec<String> = match self.environment.exact_services() {
            Some(exact) => exact.to_vec(),
            None => self.services(context).await?,
        };
        let names: Vec<&str> = every.iter().map(String::as_str).collect();
        let home = headless::select::Home::of(&self.environment, None);
        let named = named.map(|named| home.bare("service", named)).transpose()?;
        Ok(route::service(&self.environment, named, &names).map_err(|why| unclear(&why))?.to_owned())
    }

    async fn services(&self, context: &Context) -> Result<Vec<String>, Report> {
        let cluster = self.environment.cluster.as_deref().unwrap_or_default();
        let what = "the services cannot be listed";
        let listed =
            async { self.session.service_names(cluster).await.map_err(|failure| Report::of_failure(what, &failure)) };
        let mut names = waited(context, what, listed).await?;
        names.retain(|name| self.environment.has_service(name));
        names.sort_unstable();
        Ok(names)
    }

    /// Where it is to lead, as it is called before it is looked for.
    pub(super) fn wanted<'a>(&'a self, typed: Option<&'a str>) -> &'a str {
        typed.or(self.environment.tunnel.to.as_deref()).unwrap_or("writer")
    }

    /// Where it leads: as typed or configured, or to the writer.
    pub(super) async fn far(&self, context: &Context, typed: Option<&str>) -> Result<RemoteAddress, Report> {
        let to = To::parse(self.wanted(typed)).map_err(|why| unclear(&why))?;
        if let To::Place(far) = to {
            return self.own(far);
        }
        let what = "the databases cannot be read";
        let patterns = &self.environment.databases;
        let read =
            async { self.session.databases(patterns).await.map_err(|failure| Report::of_failure(what, &failure)) };
        let databases = waited(context, what, read).await?;
        let databases: Vec<_> = databases.iter().collect();
        self.own(to.of(&self.environment.name, &databases, None).map_err(|why| unclear(&why))?)
    }

    /// A place that is not another environment's, as far as that is known.
    fn own(&self, far: RemoteAddress) -> Result<RemoteAddress, Report> {
        self.beside().host(&far.host).map_err(|why| unclear(&why))?;
        Ok(far)
    }

    /// The environment beside the others of the configuration.
    fn beside(&self) -> Whose {
        route::whose(&self.config, &self.environment)
    }

    /// The user and password: from the configured secret or parameter, and the configured names.
    pub(super) async fn login(&self, context: &Context, far: &RemoteAddress) -> Result<Login, Report> {
        let read = self.read(context, far).await?;
        read.map_err(|failure| Report::of_failure("the database's password cannot be read", &failure))
    }

    /// The user without the password, which nobody asked for. Where the user's name stands in the secret alone, that is
    /// read for it.
    pub(super) async fn user(&self, context: &Context, far: &RemoteAddress) -> Result<Login, Report> {
        let tunnel = &self.environment.tunnel;
        let database = tunnel.database.clone().or_else(|| far.database.clone());
        let known = Login { user: tunnel.user.clone(), password: None, database };
        if known.user.is_some() || tunnel.secret.is_none() {
            return Ok(known);
        }
        match self.read(context, far).await? {
            Ok(login) => Ok(Login { password: None, ..login }),
            Err(failure) => {
                say(&format!("the name of the user is not known, as its secret cannot be read: {}", failure.message));
                Ok(known)
            }
        }
    }

    async fn read(&self, context: &Context, far: &RemoteAddress) -> Result<Result<Login, Failure>, Report> {
        let tunnel = &self.environment.tunnel;
        let read = waited(context, "the database's password was not read", async {
            Ok(match (&tunnel.secret, &tunnel.parameter) {
                (Some(secret), _) => self.session.secret(secret).await,
                (None, Some(parameter)) => self.session.parameter(parameter).await,
                (None, None) => Ok(Login::default()),
            })
        })
        .await?;
        Ok(read.map(|read| Login {
            user: tunnel.user.clone().or(read.user),
            password: read.password,
            database: tunnel.database.clone().or(read.database).or_else(|| far.database.clone()),
        }))
    }

    /// Opens a tunnel: it listens, and is not ready yet.
    pub(super) async fn tunnel(
        &self,
        context: &Context,
        wish: &Wish<'_>,
        far: &RemoteAddress,
    ) -> Result<(Tunnel, String), Report> {
        let beside = self.beside();
        let (service, instance) = match route::through(&self.environment, wish.through) {
            TunnelVia::Instance(instance) => {
                let audit = |command: &str, after: Value, outcome: &str, reason: &str| {
                    self.audit("start-instance", command, after, outcome, reason)
                };
                let whose = awake::Whose {
                    session: &self.session,
                    environment: &self.environment,
                    beside: &beside,
                    audit: &audit,
                };
                let id = awake::awake(&whose, context, &instance).await?;
                // As it was named: one that takes its place is found again.
                (id, Some(instance))
            }
            TunnelVia::Service(named) => (self.service(context, named.as_deref()).await?, None),
        };
        let gateway = self.gateway(
            route::wanted(&self.environment, beside, &service, instance),
            Purpose::Port { host: far.host.clone(), port: far.port },
        );
        let options = self.options(context).await?;
        if let Some(path) = wish.socket {
            let path = in_folder(path, wish.ours);
            let opened = listen(gateway, options, path.clone().into(), wish.beside).await;
            let tunnel = opened.map_err(|error| {
                let what = format!("{} cannot be listened at", path.display());
                let report = Report::new("socket", what, ExitCode::Failed);
                if error.kind() == ErrorKind::AddrInUse {
                    return report.cause("something is there already").hint("name another path, or a folder");
                }
                report.caused_by(&error)
            })?;
            return Ok((tunnel, service));
        }
        let mut port = route::local_port(&self.environment, wish.port).map_err(|why| unclear(&why))?;
        if wish.ours.iter().any(|other| other.address().is_some() && other.port() == port) {
            port = crate::runtime::ports::free_after(port).unwrap_or(0);
        }
        let here = wish.listen.unwrap_or(Ipv4Addr::LOCALHOST);
        if !here.is_loopback() {
            say(&format!(
                "warning: whoever reaches {here} connects through this tunnel, and is not asked who they are"
            ));
        }
        let address = Local::Address(std::net::SocketAddr::from((here, port)));
        let tunnel = listen(gateway, options, address, wish.beside).await.map_err(|error| {
            let report = Report::new("port", format!("{here}:{port} cannot be listened on"), ExitCode::Failed);
            match error.kind() {
                ErrorKind::AddrInUse => {}
                ErrorKind::AddrNotAvailable => {
                    return report.caused_by(&error).hint("--listen takes an address of this machine");
                }
                ErrorKind::PermissionDenied => {
                    return report.caused_by(&error).hint("take a port from 1024 on: --port 0 takes a free one");
                }
                _ => return report.caused_by(&error),
            }
            let by = crate::runtime::ports::listener(port);
            let report = report.cause(by.map_or_else(|| "it is taken".to_owned(), |by| format!("it is taken by {by}")));
            match crate::runtime::ports::free_after(port) {
                Some(port) => report.hint(format!("--port {port} is free")),
                None => report.hint("--port 0 takes a free one"),
            }
        })?;
        Ok((tunnel, service))
    }

    /// The description of a tunnel that leads there, for commands that may use it.
    pub(super) fn offer(&self, far: &RemoteAddress, through: String) -> TunnelOffer {
        TunnelOffer {
            environment: self.environment.name.clone(),
            account: self.identity.account.clone(),
            region: self.identity.region.clone().unwrap_or_default(),
            endpoint: route::endpoints(&self.identity).key(),
            to: far.place(),
            through,
            pid: std::process::id(),
        }
    }

    /// The service that it goes through, or the instance as it is named; none where nothing says which.
    pub(super) async fn through(&self, context: &Context, asked: Option<&str>) -> Result<Option<String>, Report> {
        match route::through(&self.environment, asked) {
            TunnelVia::Instance(named) => Ok(Some(named)),
            TunnelVia::Service(None) => Ok(None),
            TunnelVia::Service(Some(named)) => self.service(context, Some(&named)).await.map(Some),
        }
    }

    pub(super) fn gateway(&self, wanted: Wanted, purpose: Purpose) -> Gateway {
        Gateway::new(self.session.clone(), Some(self.identity.account.clone()), wanted, purpose)
    }

    pub(super) async fn options(&self, context: &Context) -> Result<Options, Report> {
        let failed = |failure| Report::of_failure("no session can be opened", &failure);
        let asked = async { self.session.websocket().await.map_err(failed) };
        waited(context, "no session was opened", asked).await
    }

    /// Writes into the audit file that something begins or has ended. Nothing is opened that is not written down.
    pub(super) fn audit(
        &self,
        what: &str,
        command: &str,
        after: Value,
        outcome: &str,
        reason: &str,
    ) -> Result<(), Report> {
        let operation = format!("{}-{what}", self.mark);
        let ahead = self.session.service_clock().ahead();
        let record = Record {
            after,
            outcome: outcome.to_owned(),
            reason: reason.to_owned(),
            ..route::record(operation, &self.environment, &self.identity, ahead, command)
        };
        audit::append(self.audit.as_deref(), record, Timestamp::now()).map_err(|error| {
            Report::new("audit", "the audit file cannot be written, so nothing is opened", ExitCode::Failed)
                .caused_by(&error)
        })
    }

    /// Writes down how something ended: the outcome and the reason. What came of it stays what it is where that cannot be
    /// written, and it is said; what was well is a failure then, as the file has no end of it.
    pub(super) fn audit_end(
        &self,
        what: &str,
        command: &str,
        after: Value,
        (outcome, reason): (&str, &str),
        verdict: Result<ExitCode, Report>,
    ) -> Result<ExitCode, Report> {
        let Err(unwritten) = self.audit(what, command, after, outcome, reason) else { return verdict };
        let message = format!("the audit file cannot be written: it does not say that `{command}` ended");
        match verdict {
            Ok(ExitCode::Done | ExitCode::Of(0)) => Err(Report { message, ..unwritten }),
            verdict => {
                say(&message);
                verdict
            }
        }
    }
}

/// In a folder a socket has the name that programs of PostgreSQL look for: with its usual port, or the next one where a tunnel
/// of the same command has that.
fn in_folder(path: &Path, ours: &[Local]) -> PathBuf {
    if !path.is_dir() {
        return path.to_owned();
    }
    let mut names = (POSTGRES..=u16::MAX).map(|port| path.join(format!(".s.PGSQL.{port}")));
    let taken = |path: &PathBuf| ours.iter().any(|other| other.socket() == Some(path));
    names.find(|path| !taken(path)).unwrap_or_else(|| path.to_owned())
}

/// The facts on a tunnel or a shell for the audit file.
pub(super) fn facts(status: &Status, to: &str, local: Option<&Local>) -> Value {
    standing(status).facts(to, local.map(ToString::to_string).as_deref())
}

/// Says where a session goes on at AWS that was to end.
pub(super) fn left_behind(status: &Status) {
    if let Some(behind) = standing(status).left_behind() {
        say(&format!("warning: {behind}"));
    }
}

/// Why it is over, as an error with its exit code; none where it was asked to end.
pub(super) fn ended(what: &str, status: &Status) -> Option<Report> {
    let State::Closed(closed) = &status.state else { return None };
    match closed {
        ssm_tunnel::supervisor::Closed::Stopped => None,
        ssm_tunnel::supervisor::Closed::Ended(why) => {
            let report = Report::new("session", format!("{what} was ended"), ExitCode::Failed);
            Some(if why.is_empty() { report } else { report.cause(why.clone()) })
        }
        ssm_tunnel::supervisor::Closed::Failed(failure) => {
            let code = match failure.kind {
                FailureKind::Credentials => ExitCode::Credentials,
                FailureKind::Forbidden => ExitCode::Refused,
                FailureKind::Transient | FailureKind::Refused | FailureKind::Gone => ExitCode::Failed,
            };
            let report =
                Report::new("session", format!("{what} cannot be opened"), code).cause(failure.message.clone());
            Some(match &failure.hint {
                Some(hint) => report.hint(hint.clone()),
                None => report,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tunnel_of_a_command_has_a_socket_of_its_own_in_a_folder() {
        let folder = std::env::temp_dir();
        let first = in_folder(&folder, &[]);
        assert_eq!(first, folder.join(".s.PGSQL.5432"));
        assert_eq!(in_folder(&folder, &[Local::Socket(first)]), folder.join(".s.PGSQL.5433"));
        let named = folder.join("a socket");
        assert_eq!(in_folder(&named, &[]), named);
    }
}
