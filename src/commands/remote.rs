//! The common parts of tunnels and shells: the environment, the service or instance in between, the remote address, the
//! login, and the audit records.

use super::confirmation::confirm_with;
use super::context::Context;
use super::instance_start::{self, instance_error};
use super::progress::print_note;
use super::waiting::wait_for;
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
use crate::model::tunnel::TunnelGateway;
use crate::model::tunnel::owner::Ownership;
use crate::model::tunnel::remote_end::{POSTGRES, RemoteAddress, RemoteTarget};
use crate::model::{Failure, Identity};
use crate::runtime::audit;
use crate::runtime::shared_tunnels::TunnelOffer;
use crate::runtime::tunnels::{listen, to_model_status};
use jiff::Timestamp;
use serde_json::Value;
use ssm_tunnel::driver::Status;
use ssm_tunnel::{FailureKind, Local, Options, State, Tunnel};
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

/// The environment that a tunnel or shell is opened to.
pub(super) struct Target {
    pub(super) environment: EnvironmentConfig,
    pub(super) session: Session,
    config: Config,
    identity: Identity,
    audit: Option<PathBuf>,
    mark: String,
}

/// The request for a tunnel, which takes precedence over the configuration.
#[derive(Debug, Clone, Default)]
pub(super) struct TunnelRequest<'a> {
    pub(super) to: Option<&'a str>,
    pub(super) through: Option<&'a str>,
    pub(super) port: Option<u16>,
    /// The listeners of tunnels that the same command has opened: the next tunnel takes the next free port.
    pub(super) own_listeners: &'a [Local],
    /// The path of a Unix socket to listen on instead of a port.
    pub(super) socket: Option<&'a Path>,
    /// An address of this machine to listen on instead of 127.0.0.1.
    pub(super) listen: Option<Ipv4Addr>,
    /// The path of an additional Unix socket, where other commands find the tunnel.
    pub(super) additional_socket: Option<&'a Path>,
}

impl Target {
    /// Opens the environment of this name, or that of `--env`, and checks the identity of the credentials.
    pub(super) async fn open(context: &Context, name: Option<&str>) -> Result<Self, Report> {
        let (loaded, environment) = context.open_typed(name)?;
        let session_facts = context.session();
        let environment = session_facts.overrides.apply(environment);
        let audit = audit::path(loaded.config.audit_file.as_deref());
        let session = context.aws(&environment);
        let answered = wait_for(context, "it is not known whose credentials these are", async {
            Ok(session.read(Read::Identity, environment.account.as_deref()).await)
        })
        .await?;
        let identity = match answered.outcome {
            Ok(Reply::Identity(identity)) => identity,
            Ok(_) => return Err(Report::new("malformed", "AWS did not say who this is", ExitCode::Failed)),
            Err(failure) => {
                let name = &environment.name;
                return Err(Report::from_failure(format!("{name} cannot be opened"), &failure));
            }
        };
        Ok(Self { environment, session, config: loaded.config, identity, audit, mark: session_facts.mark })
    }

    /// Prints what is about to be opened or done, and where, before the confirmation.
    pub(super) fn print_heading(&self, title: &str) {
        for line in headless::operation::heading(
            title,
            &self.environment,
            Some(&self.identity),
            &route::endpoints(&self.identity),
        ) {
            print_note(&line);
        }
    }

    /// In a guarded environment, requires a confirmation of `title`, by a prompt or by flags.
    pub(super) async fn confirm_if_guarded(
        &self,
        context: &Context,
        title: &str,
        risk: Risk,
        read_only: bool,
    ) -> Result<(), Report> {
        if !self.environment.guarded && !read_only {
            return Ok(());
        }
        self.print_heading(title);
        if confirm_with(context, &self.environment, risk, read_only).await? {
            return Ok(());
        }
        Err(Report::new("refused", "nothing was opened", ExitCode::Refused))
    }

    /// Resolves the service: the named one, or the configured one.
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
        let home = headless::select::ArnScope::of(&self.environment, None);
        let named = named.map(|named| home.bare_name("service", named)).transpose()?;
        Ok(route::service(&self.environment, named, &names).map_err(|why| instance_error(&why))?.to_owned())
    }

    async fn services(&self, context: &Context) -> Result<Vec<String>, Report> {
        let cluster = self.environment.cluster.as_deref().unwrap_or_default();
        let what = "the services cannot be listed";
        let listed =
            async { self.session.service_names(cluster).await.map_err(|failure| Report::from_failure(what, &failure)) };
        let mut names = wait_for(context, what, listed).await?;
        names.retain(|name| self.environment.has_service(name));
        names.sort_unstable();
        Ok(names)
    }

    /// Returns the requested destination, before it is resolved.
    pub(super) fn destination<'a>(&'a self, typed: Option<&'a str>) -> &'a str {
        typed.or(self.environment.tunnel.to.as_deref()).unwrap_or("writer")
    }

    /// Resolves the remote address: as typed or configured, else the writer.
    pub(super) async fn remote_address(&self, context: &Context, typed: Option<&str>) -> Result<RemoteAddress, Report> {
        let to = RemoteTarget::parse(self.destination(typed)).map_err(|why| instance_error(&why))?;
        if let RemoteTarget::Address(far) = to {
            return self.own(far);
        }
        let what = "the databases cannot be read";
        let patterns = &self.environment.databases;
        let read =
            async { self.session.databases(patterns).await.map_err(|failure| Report::from_failure(what, &failure)) };
        let databases = wait_for(context, what, read).await?;
        let databases: Vec<_> = databases.iter().collect();
        self.own(to.of(&self.environment.name, &databases, None).map_err(|why| instance_error(&why))?)
    }

    /// Refuses an address that is known to belong to another environment.
    fn own(&self, far: RemoteAddress) -> Result<RemoteAddress, Report> {
        self.beside().host(&far.host).map_err(|why| instance_error(&why))?;
        Ok(far)
    }

    /// Returns the knowledge about which hosts belong to which environment.
    fn beside(&self) -> Ownership {
        route::ownership(&self.config, &self.environment)
    }

    /// Reads the user and password from the configured secret or parameter; configured names take precedence.
    pub(super) async fn login(&self, context: &Context, far: &RemoteAddress) -> Result<Login, Report> {
        let read = self.read(context, far).await?;
        read.map_err(|failure| Report::from_failure("the database's password cannot be read", &failure))
    }

    /// Returns the user without the password. The secret is read only if the user's name is not configured.
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
                print_note(&format!(
                    "the name of the user is not known, as its secret cannot be read: {}",
                    failure.message
                ));
                Ok(known)
            }
        }
    }

    async fn read(&self, context: &Context, far: &RemoteAddress) -> Result<Result<Login, Failure>, Report> {
        let tunnel = &self.environment.tunnel;
        let read = wait_for(context, "the database's password was not read", async {
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

    /// Opens a tunnel, which listens but is not ready yet.
    pub(super) async fn tunnel(
        &self,
        context: &Context,
        request: &TunnelRequest<'_>,
        far: &RemoteAddress,
    ) -> Result<(Tunnel, String), Report> {
        let beside = self.beside();
        let (service, instance) = match route::near_end(&self.environment, request.through) {
            TunnelVia::Instance(instance) => {
                let audit = |command: &str, after: Value, outcome: &str, reason: &str| {
                    self.audit("start-instance", command, after, outcome, reason)
                };
                let lookup = instance_start::InstanceLookup {
                    session: &self.session,
                    environment: &self.environment,
                    ownership: &beside,
                    audit: &audit,
                };
                let id = instance_start::ensure_running(&lookup, context, &instance).await?;
                // By name: a replacement instance is found again.
                (id, Some(instance))
            }
            TunnelVia::Service(named) => (self.service(context, named.as_deref()).await?, None),
        };
        let gateway = self.gateway(
            route::tunnel_request(&self.environment, beside, &service, instance),
            Purpose::Port { host: far.host.clone(), port: far.port },
        );
        let options = self.options(context).await?;
        if let Some(path) = request.socket {
            let path = socket_path(path, request.own_listeners);
            let opened = listen(gateway, options, path.clone().into(), request.additional_socket).await;
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
        let mut port = route::local_port(&self.environment, request.port).map_err(|why| instance_error(&why))?;
        if request.own_listeners.iter().any(|other| other.address().is_some() && other.port() == port) {
            port = crate::runtime::ports::next_free_port(port).unwrap_or(0);
        }
        let listen_address = request.listen.unwrap_or(Ipv4Addr::LOCALHOST);
        if !listen_address.is_loopback() {
            print_note(&format!(
                "warning: anyone who can reach {listen_address} can connect through this tunnel without authentication"
            ));
        }
        let address = Local::Address(std::net::SocketAddr::from((listen_address, port)));
        let tunnel = listen(gateway, options, address, request.additional_socket).await.map_err(|error| {
            let report =
                Report::new("port", format!("{listen_address}:{port} cannot be listened on"), ExitCode::Failed);
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
            let owner = crate::runtime::ports::port_owner(port);
            let report =
                report.cause(owner.map_or_else(|| "it is taken".to_owned(), |owner| format!("it is taken by {owner}")));
            match crate::runtime::ports::next_free_port(port) {
                Some(port) => report.hint(format!("--port {port} is free")),
                None => report.hint("--port 0 takes a free one"),
            }
        })?;
        Ok((tunnel, service))
    }

    /// Describes a tunnel for other commands that may use it.
    pub(super) fn offer(&self, far: &RemoteAddress, through: String) -> TunnelOffer {
        TunnelOffer {
            environment: self.environment.name.clone(),
            account: self.identity.account.clone(),
            region: self.identity.region.clone().unwrap_or_default(),
            endpoint: route::endpoints(&self.identity).key(),
            to: far.host_and_port(),
            through,
            pid: std::process::id(),
        }
    }

    /// Returns the service or the instance that a tunnel goes through; `None` if neither is named or configured.
    pub(super) async fn through(&self, context: &Context, typed: Option<&str>) -> Result<Option<String>, Report> {
        match route::near_end(&self.environment, typed) {
            TunnelVia::Instance(named) => Ok(Some(named)),
            TunnelVia::Service(None) => Ok(None),
            TunnelVia::Service(Some(named)) => self.service(context, Some(&named)).await.map(Some),
        }
    }

    pub(super) fn gateway(&self, wanted: TunnelGateway, purpose: Purpose) -> Gateway {
        Gateway::new(self.session.clone(), Some(self.identity.account.clone()), wanted, purpose)
    }

    pub(super) async fn options(&self, context: &Context) -> Result<Options, Report> {
        let failed = |failure| Report::from_failure("no session can be opened", &failure);
        let websocket = async { self.session.websocket().await.map_err(failed) };
        wait_for(context, "no session was opened", websocket).await
    }

    /// Writes an audit record for the start or the end of a session. Nothing is opened if this fails.
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

    /// Writes the audit record for the end of a session. If that fails, an error verdict is kept and the failure is
    /// printed; a successful verdict becomes the failure, because the audit file lacks the end.
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
            Ok(ExitCode::Done | ExitCode::OfProgram(0)) => Err(Report { message, ..unwritten }),
            verdict => {
                print_note(&message);
                verdict
            }
        }
    }
}

/// Returns the path of a socket. Within a folder it gets the name that PostgreSQL's programs look for: with the default
/// port, or with the next one that no tunnel of the same command has.
fn socket_path(path: &Path, own_listeners: &[Local]) -> PathBuf {
    if !path.is_dir() {
        return path.to_owned();
    }
    let mut names = (POSTGRES..=u16::MAX).map(|port| path.join(format!(".s.PGSQL.{port}")));
    let taken = |path: &PathBuf| own_listeners.iter().any(|other| other.socket() == Some(path));
    names.find(|path| !taken(path)).unwrap_or_else(|| path.to_owned())
}

/// Returns the facts about a tunnel or a shell for the audit file.
pub(super) fn facts(status: &Status, to: &str, local: Option<&Local>) -> Value {
    to_model_status(status).audit_fields(to, local.map(ToString::to_string).as_deref())
}

/// Warns about a session that could not be ended and continues at AWS.
pub(super) fn warn_left_behind(status: &Status) {
    if let Some(behind) = to_model_status(status).left_session_note() {
        print_note(&format!("warning: {behind}"));
    }
}

/// Returns the error for a closed session, with its exit code; `None` if the session was closed on request.
pub(super) fn end_error(what: &str, status: &Status) -> Option<Report> {
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
    fn each_tunnel_of_a_command_gets_its_own_socket() {
        let folder = std::env::temp_dir();
        let first = socket_path(&folder, &[]);
        assert_eq!(first, folder.join(".s.PGSQL.5432"));
        assert_eq!(socket_path(&folder, &[Local::Socket(first)]), folder.join(".s.PGSQL.5433"));
        let named = folder.join("a socket");
        assert_eq!(socket_path(&named, &[]), named);
    }
}
