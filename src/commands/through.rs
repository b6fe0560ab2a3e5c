//! What tunnels and shells share: the environment, the service that they go through, where a tunnel leads, who connects
//! there, what is written into the audit file.

use super::context::Context;
use super::yes::asked;
use crate::app::command::Risk;
use crate::app::operation::call::{Read, Reply};
use crate::aws::secrets::Login;
use crate::aws::ssm::{Gateway, Purpose};
use crate::aws::{Connection, Session};
use crate::cli::{ExitCode, Report};
use crate::config::{Config, EnvironmentConfig};
use crate::headless;
use crate::model::audit::Record;
use crate::model::tunnel::{Wanted, is_instance};
use crate::model::{Identity, Source};
use crate::runtime::audit;
use jiff::Timestamp;
use serde_json::{Value, json};
use ssm_tunnel::driver::Status;
use ssm_tunnel::{FailureKind, Options, State, Tunnel};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// An environment that something is opened to.
pub(super) struct Target {
    pub(super) environment: EnvironmentConfig,
    pub(super) session: Session,
    config: Config,
    identity: Identity,
    audit: Option<PathBuf>,
    mark: String,
}

/// Where a tunnel leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Far {
    pub(super) host: String,
    pub(super) port: u16,
    /// The database as AWS names it, where it is known.
    pub(super) database: Option<String>,
}

/// What is asked of a tunnel, beside what the configuration says.
#[derive(Debug, Clone, Default)]
pub(super) struct Wish<'a> {
    pub(super) to: Option<&'a str>,
    pub(super) through: Option<&'a str>,
    pub(super) port: Option<u16>,
}

impl Target {
    /// Opens the environment of this name, or that of `--env`, and sees whose credentials these are.
    pub(super) async fn open(context: &Context, name: Option<&str>) -> Result<Self, Report> {
        let loaded = context.load();
        let environment = loaded.open(name.or(context.global.env.as_deref()))?.clone();
        let session_facts = context.session();
        let environment = session_facts.overrides.apply(environment);
        let audit = audit::path(loaded.config.audit_file.as_deref());
        let session = Session::new(Connection::from(&environment));
        let answered = session.read(Read::Identity, environment.account.as_deref()).await;
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

    /// In a guarded environment a person, or the flags, must say yes.
    pub(super) async fn guarded(&self, context: &Context, risk: Risk, read_only: bool) -> Result<(), Report> {
        if !self.environment.guarded && !read_only {
            return Ok(());
        }
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
        let typed: Vec<String> = named.map(str::to_owned).into_iter().collect();
        let home = headless::select::Home::of(&self.environment, None);
        let found = headless::select::among("service", &names, &typed, home)?.unwrap_or(every);
        match &found[..] {
            [one] => Ok(one.clone()),
            [] => Err(Report::usage(format!("{} has no services", self.environment.name))),
            several => Err(Report::usage("through which service is not said").hint(format!(
                "name one of {}, or set `tunnel.service` of the environment in the configuration",
                several.join(", ")
            ))),
        }
    }

    async fn services(&self, context: &Context) -> Result<Vec<String>, Report> {
        let estate = self.estate(context, &[Source::Services], "the services cannot be listed").await?;
        Ok(estate.collector.app.estate.services.value().into_iter().flatten().map(|(name, _)| name.clone()).collect())
    }

    async fn estate(
        &self,
        context: &Context,
        sources: &[Source],
        failed: &str,
    ) -> Result<super::context::Reading, Report> {
        let reading = context.collect_in(self.config.clone(), self.environment.clone(), sources, false).await;
        reading.check_credentials()?;
        let estate = &reading.collector.app.estate;
        let of_services = estate.services.failure().filter(|_| sources.contains(&Source::Services));
        let asks_databases = sources.contains(&Source::DbClusters);
        let of_databases = estate.db_clusters.failure().or(estate.db_instances.failure()).filter(|_| asks_databases);
        match of_services.or(of_databases) {
            Some(failure) => Err(Report::of_failure(failed, failure)),
            None => Ok(reading),
        }
    }

    /// Where it leads: as typed or configured, or to the writer.
    pub(super) async fn far(&self, context: &Context, typed: Option<&str>) -> Result<Far, Report> {
        let to = typed.or(self.environment.tunnel.to.as_deref()).unwrap_or("writer");
        if to != "writer" && to != "reader" {
            let parts = to.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
            let (host, port) = parts.filter(|(host, port)| !host.is_empty() && *port > 0).ok_or_else(|| {
                Report::usage(format!("`{to}` is no place to go to"))
                    .hint("write `writer`, `reader`, or a host and a port as db.example:5432")
            })?;
            return Ok(Far { host: host.trim_matches(['[', ']']).to_owned(), port, database: None });
        }
        let reading =
            self.estate(context, &[Source::DbClusters, Source::DbInstances], "the databases cannot be read").await?;
        let rows = &reading.collector.app.estate.derived.databases;
        let failure = || {
            let report = Report::usage(format!("{} has no database with a {to}", self.environment.name));
            report.hint("name it in `databases` of the environment, or say where to with --to HOST:PORT")
        };
        let databases: Vec<_> = rows.iter().map(|row| &row.database).collect();
        let [database] = &databases[..] else {
            let names: Vec<&str> = databases.iter().map(|database| database.id.as_str()).collect();
            return Err(if names.is_empty() {
                failure()
            } else {
                Report::usage("to which database is not said")
                    .hint(format!("say it with --to HOST:PORT; there are {}", names.join(", ")))
            });
        };
        let host = if to == "reader" { database.reader_endpoint.clone() } else { database.endpoint.clone() };
        let host = host.ok_or_else(failure)?;
        Ok(Far { host, port: database.port.unwrap_or(5432), database: database.database.clone() })
    }

    /// Who connects: from the configured secret or parameter, and the configured names.
    pub(super) async fn login(&self, far: &Far) -> Result<Login, Report> {
        let tunnel = &self.environment.tunnel;
        let read = match (&tunnel.secret, &tunnel.parameter) {
            (Some(secret), _) => self.session.secret(secret).await,
            (None, Some(parameter)) => self.session.parameter(parameter).await,
            (None, None) => Ok(Login::default()),
        };
        let read = read.map_err(|failure| Report::of_failure("the database's password cannot be read", &failure))?;
        Ok(Login {
            user: tunnel.user.clone().or(read.user),
            password: read.password,
            database: tunnel.database.clone().or(read.database).or_else(|| far.database.clone()),
        })
    }

    /// Opens a tunnel: it listens, and is not ready yet.
    pub(super) async fn tunnel(
        &self,
        context: &Context,
        wish: &Wish<'_>,
        far: &Far,
    ) -> Result<(Tunnel, String), Report> {
        let tunnel = &self.environment.tunnel;
        let named = wish.through.or(tunnel.service.as_deref().filter(|_| tunnel.instance.is_none()));
        let instance = match named {
            Some(named) if is_instance(named) => Some(named.to_owned()),
            Some(_) => None,
            None => tunnel.instance.clone(),
        };
        let service = match &instance {
            Some(instance) => instance.clone(),
            None => self.service(context, wish.through).await?,
        };
        let gateway = self.gateway(
            Wanted {
                cluster: self.environment.cluster.clone().unwrap_or_default(),
                service: service.clone(),
                task: None,
                container: tunnel.container.clone(),
                instance,
            },
            Purpose::Port { host: far.host.clone(), port: far.port },
        );
        let local = SocketAddr::from((Ipv4Addr::LOCALHOST, self.local_port(wish)?));
        let tunnel = Tunnel::open(gateway, self.options().await?, local).await.map_err(|error| {
            let report = Report::new("port", format!("{local} cannot be listened on"), ExitCode::Failed);
            if error.kind() != std::io::ErrorKind::AddrInUse {
                return report.caused_by(&error);
            }
            let by = crate::runtime::ports::listener(local.port());
            let report = report.cause(by.map_or_else(|| "it is taken".to_owned(), |by| format!("it is taken by {by}")));
            match crate::runtime::ports::free_after(local.port()) {
                Some(port) => report.hint(format!("--port {port} is free")),
                None => report.hint("--port 0 takes a free one"),
            }
        })?;
        Ok((tunnel, service))
    }

    fn local_port(&self, wish: &Wish<'_>) -> Result<u16, Report> {
        match (wish.port, &self.environment.tunnel.port) {
            (Some(port), _) => Ok(port),
            (None, Some(port)) => port.parse().map_err(|_| {
                Report::usage(format!("`tunnel.port` of {} is no port: `{port}`", self.environment.name))
                    .hint("write a number from 0 to 65535 in quotation marks")
            }),
            (None, None) => Ok(5432),
        }
    }

    pub(super) fn gateway(&self, wanted: Wanted, purpose: Purpose) -> Gateway {
        Gateway::new(self.session.clone(), wanted, purpose)
    }

    pub(super) async fn options(&self) -> Result<Options, Report> {
        self.session.websocket().await.map_err(|failure| Report::of_failure("no session can be opened", &failure))
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
        let record = Record {
            operation: format!("{}-{what}", self.mark),
            who: self.identity.arn.clone(),
            environment: self.environment.name.clone(),
            account: self.identity.account.clone(),
            region: self.identity.region.clone().unwrap_or_default(),
            endpoint: self.identity.endpoint.clone().unwrap_or_default(),
            command: command.to_owned(),
            after,
            outcome: outcome.to_owned(),
            reason: reason.to_owned(),
            ..Record::default()
        };
        audit::append(self.audit.as_deref(), record, Timestamp::now()).map_err(|error| {
            Report::new("audit", "the audit file cannot be written, so nothing is opened", ExitCode::Failed)
                .caused_by(&error)
        })
    }
}

/// What of a tunnel is written into the audit file.
pub(super) fn facts(status: &Status, to: &str, local: Option<SocketAddr>) -> Value {
    json!({
        "to": to,
        "local": local.map(|local| local.to_string()),
        "target": status.target,
        "session": status.session_id,
        "sent": status.sent,
        "received": status.received,
    })
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
            let code = if failure.kind == FailureKind::Credentials { ExitCode::Credentials } else { ExitCode::Failed };
            let report =
                Report::new("session", format!("{what} cannot be opened"), code).cause(failure.message.clone());
            Some(match &failure.hint {
                Some(hint) => report.hint(hint.clone()),
                None => report,
            })
        }
    }
}
