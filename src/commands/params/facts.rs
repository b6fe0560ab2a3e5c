//! The facts that the actions of `params` need: the paths of the parameters, the references of task definitions, and a
//! session.

use crate::app::operation::parameter::place;
use crate::app::parameters;
use crate::app::poll::Wants;
use crate::aws::Session;
use crate::cli::{ExitCode, Report};
use crate::commands::change_target::{Opened, open, time_is_up};
use crate::commands::context::Context;
use crate::commands::progress::print_note;
use crate::config::{Config, EnvironmentConfig};
use crate::model::deploy::Check;
use crate::model::parameters::references::ParameterReference;
use crate::model::parameters::{Parameter, Secret, is_under_path, prefixes, references};
use crate::model::{Failure, FailureKind, Source};
use crate::runtime::stop::unless_stopped;
use crate::runtime::{Collected, Collector};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The services that read each parameter when a task starts: full name to short name.
pub(super) type Readers = BTreeMap<String, BTreeMap<String, String>>;

/// The facts of an environment: its configuration, and the references of its task definitions.
pub(super) struct Facts {
    pub(super) environment: EnvironmentConfig,
    /// The whole configuration, which shows what belongs to other environments.
    pub(super) config: Config,
    pub(super) session: Session,
    pub(super) now: Timestamp,
    /// The parameters and secrets that task definitions refer to.
    pub(super) named: Vec<ParameterReference>,
    /// Whether all task definitions were read.
    pub(super) complete: bool,
    /// The task definitions that were not read, in sentences.
    pub(super) missing: Vec<String>,
    /// The first failure to read a task definition.
    pub(super) failure: Option<Failure>,
    /// Stopped tasks: service and reason.
    pub(super) stopped: Vec<(String, String)>,
    /// Why stopped tasks are not known.
    pub(super) unread_tasks: Option<String>,
    /// The configured or detected region.
    pub(super) region: Option<String>,
}

impl Facts {
    /// Reads the facts of the selected environment.
    pub(super) async fn gather(context: &Context, opened: &Opened) -> Result<Self, Report> {
        Self::of(context, opened.config.clone(), opened.environment.clone()).await
    }

    /// Reads the facts of another environment by name.
    pub(super) async fn of_named(context: &Context, name: &str) -> Result<Self, Report> {
        let (loaded, environment) = context.open_named(name)?;
        let environment = context.session().overrides.apply(environment);
        Self::of(context, loaded.config, environment).await
    }

    async fn of(context: &Context, config: Config, environment: EnvironmentConfig) -> Result<Self, Report> {
        let collector = collector(context, config, environment.clone());
        Box::pin(Self::read(context, collector, environment)).await
    }

    /// Reads the facts, parameters and secrets of the selected environment. The configured paths are listed while task
    /// definitions are read.
    pub(super) async fn with_lists(context: &Context, opened: &Opened) -> Result<(Self, Lists), Report> {
        let environment = opened.environment.clone();
        let (configured, account) = (environment.parameters.clone(), environment.account.clone());
        let mut collector = collector(context, opened.config.clone(), environment.clone());
        let session = collector.session();
        let listed = async {
            if configured.is_empty() {
                Ok(Vec::new())
            } else {
                session.parameters(&configured, account.as_deref()).await
            }
        };
        let (facts, listed, secrets) = tokio::try_join!(
            Box::pin(Self::read(context, collector, environment)),
            Box::pin(within(context, listed)),
            Box::pin(within(context, session.secrets(account.as_deref()))),
        )?;
        let mut rest = facts.requested(&facts.require_paths()?);
        rest.retain(|requested| !configured.contains(requested));
        let mut parameters = listed.map_err(|failure| unlisted(&failure))?;
        if !rest.is_empty() {
            let read = within(context, session.parameters(&rest, account.as_deref())).await?;
            parameters.extend(read.map_err(|failure| unlisted(&failure))?);
            parameters.sort_by(|a, b| a.name.cmp(&b.name));
            parameters.dedup_by(|a, b| a.name == b.name);
        }
        Ok((facts, Lists { parameters, secrets }))
    }

    async fn read(context: &Context, collector: Collector, environment: EnvironmentConfig) -> Result<Self, Report> {
        let mut reading = unless_stopped(Box::pin(context.read_with(collector))).await?;
        reading.check_credentials()?;
        if reading.collected == Collected::TimedOut {
            return Err(time_is_up("the task definitions could not be read"));
        }
        let session = reading.collector.session();
        let app = &reading.collector.app;
        let estate = &app.estate;
        let mut facts = Self {
            session,
            now: app.service_now(),
            named: Vec::new(),
            complete: true,
            missing: Vec::new(),
            failure: None,
            stopped: Vec::new(),
            unread_tasks: None,
            region: environment.region.clone().or_else(|| estate.identity.value()?.region.clone()),
            config: app.config.clone(),
            environment,
        };
        if facts.environment.cluster.is_none() {
            return Ok(facts);
        }
        for source in [Source::Services, Source::TaskDefinitions] {
            let status = estate.status(source);
            facts.failure = facts.failure.or_else(|| status.failure.clone());
            let why = status.failure.map(|failure| failure.message).or(status.partial);
            if let Some(why) = why {
                facts.complete = false;
                facts.missing.push(format!("{}: {why}", source.label()));
            }
        }
        let (named, all_read) = parameters::named_by_services(estate);
        facts.named = named;
        facts.complete &= all_read;
        let status = estate.status(Source::Tasks);
        let why = status.failure.map(|failure| failure.message).or(status.partial);
        facts.unread_tasks = why.map(|why| format!("{}: {why}", Source::Tasks.label()));
        facts.stopped = parameters::stopped(estate);
        Ok(facts)
    }

    /// Returns the paths of its parameters: the configured ones, else those of the parameters that task definitions
    /// refer to.
    pub(super) fn paths(&self) -> Vec<String> {
        if !self.environment.parameters.is_empty() {
            return self.environment.parameters.clone();
        }
        prefixes(self.named.iter().filter_map(|one| one.from.parameter()))
    }

    /// Returns these paths; if there are none, the error says how to configure them.
    pub(super) fn require_paths(&self) -> Result<Vec<String>, Report> {
        let under = self.paths();
        if !under.is_empty() {
            return Ok(under);
        }
        let name = &self.environment.name;
        if !self.complete {
            let report = self.incomplete_error(format!("it is not known where the parameters of {name} are"));
            // Only a lack of permissions is worth working around with configuration; a network failure is not.
            let may_not = self.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::Denied);
            let way = format!("or write parameters = [\"/path/of/{name}/\"] into [environments.{name}]");
            let hint = report.hint.clone().unwrap_or_default();
            return Err(if may_not { report.hint(format!("{hint}, {way}")) } else { report });
        }
        Err(Report::usage(format!("nothing says where the parameters of {name} are: its task definitions name none"))
            .hint(format!("write parameters = [\"/path/of/{name}/\"] into [environments.{name}]")))
    }

    /// Warns about configured paths without parameters: the list would look complete otherwise.
    pub(super) fn warn_unmatched(&self, parameters: &[Parameter]) {
        for path in &self.environment.parameters {
            if !parameters.iter().any(|one| is_under_path(&one.name, std::slice::from_ref(path))) {
                print_note(&format!("! nothing lies under `{path}` (`parameters` of the configuration)"));
            }
        }
    }

    /// Returns the environment's secrets, and the number of other secrets in the region.
    pub(super) fn own_secrets<'a>(&self, all: &'a [Secret]) -> (Vec<&'a Secret>, usize) {
        self.environment.own_secrets(all, &self.named)
    }

    /// Returns the error for a question that cannot be answered because not all task definitions were read.
    pub(super) fn incomplete_error(&self, message: String) -> Report {
        let report = match &self.failure {
            Some(failure) => Report::from_failure(message, failure),
            None => Report::new("incomplete", message, ExitCode::Failed),
        };
        let report = Report { causes: self.missing.clone(), ..report };
        // Something could not be read, so the rest is no answer.
        if report.code == ExitCode::Failed { Report { code: ExitCode::Incomplete, ..report } } else { report }
    }

    /// Returns the paths and names to list: `under`, and names elsewhere that task definitions refer to.
    pub(super) fn requested(&self, under: &[String]) -> Vec<String> {
        let mut requested = under.to_vec();
        for name in self.named.iter().filter_map(|one| one.from.parameter()) {
            if !is_under_path(name, &requested) {
                requested.push(name.to_owned());
            }
            // An ARN does not distinguish `/KEY` from `KEY`.
            let other = format!("/{name}");
            if !name.contains('/') && !requested.contains(&other) {
                requested.push(other);
            }
        }
        requested
    }

    /// Lists the parameters of the environment.
    pub(super) async fn parameters(&self, context: &Context) -> Result<Vec<Parameter>, Report> {
        let requested = self.requested(&self.require_paths()?);
        let account = self.environment.account.as_deref();
        let read = within(context, self.session.parameters(&requested, account)).await?;
        read.map_err(|failure| unlisted(&failure))
    }

    /// Returns the full name of a typed parameter: unchanged if it has a slash, else under the environment's path.
    pub(super) fn full_name(&self, typed: &str) -> Result<String, Report> {
        if typed.contains('/') {
            return Ok(typed.to_owned());
        }
        let named: Vec<&str> = self.named.iter().filter_map(|one| one.from.parameter()).collect();
        if named.contains(&typed) {
            return Ok(typed.to_owned());
        }
        if !self.complete {
            // An unread task definition may refer to another parameter of that name, and the wrong one would be shown,
            // written or removed.
            let report = self.incomplete_error(format!("it is not known which parameter `{typed}` is"));
            return Err(report.hint("write its whole name: /PATH/OF/IT"));
        }
        let ends = |name: &&str| name.rsplit('/').next() == Some(typed);
        let mut known: Vec<&str> = named.into_iter().filter(ends).collect();
        known.sort_unstable();
        known.dedup();
        let under = self.paths();
        let folders: Vec<&String> = under.iter().filter(|path| path.ends_with('/')).collect();
        let own: Vec<&&String> =
            folders.iter().filter(|path| path.split('/').any(|part| part == self.environment.name)).collect();
        match (known.as_slice(), own.as_slice(), folders.as_slice()) {
            ([one], ..) => Ok((*one).to_owned()),
            ([], [one], _) => Ok(format!("{one}{typed}")),
            ([], _, [one]) => Ok(format!("{one}{typed}")),
            ([], _, []) => Ok(typed.to_owned()),
            _ => Err(Report::usage(format!("`{typed}` may be several parameters"))
                .hint("write its whole name, as `cockpit params ls` lists it")),
        }
    }

    /// Returns the checks for names that this environment must not change.
    pub(super) fn foreign_checks<'a>(&self, names: impl Iterator<Item = &'a str>) -> Vec<Check> {
        let place = place(&self.config, &self.environment, &self.named, self.complete);
        names.filter_map(|name| place.foreign_check(name)).collect()
    }

    /// Returns the error for a change that a check refuses.
    pub(super) fn refusal(&self, check: &Check) -> Report {
        let text = check.text.clone();
        let report = if check.usage { Report::usage(text) } else { self.incomplete_error(text) };
        report.hint(check.hint.clone().unwrap_or_default())
    }

    /// Returns the services that read these parameters; `None` if not all task definitions are known.
    pub(super) fn readers<'a>(&self, names: impl Iterator<Item = &'a str>) -> Option<Readers> {
        let readers = names.map(|name| (name.to_owned(), references::readers(&self.named, name))).collect();
        self.complete.then_some(readers)
    }
}

/// The listed parameters and secrets.
pub(super) struct Lists {
    pub(super) parameters: Vec<Parameter>,
    pub(super) secrets: Result<Vec<Secret>, Failure>,
}

fn collector(context: &Context, config: Config, environment: EnvironmentConfig) -> Collector {
    let sources = [Source::Identity, Source::Services, Source::TaskDefinitions, Source::Tasks].into();
    context.collector(config, environment, Wants { sources, service_metrics: false, once: true, ..Wants::default() })
}

fn unlisted(failure: &Failure) -> Report {
    Report::from_failure("the parameters cannot be listed", failure)
}

/// An environment without the facts of its task definitions, which a full name does not need.
pub(super) struct Access {
    pub(super) environment: EnvironmentConfig,
    pub(super) session: Session,
}

/// Resolves the full name of a parameter. Task definitions are read only if the typed name requires it.
pub(super) async fn resolve(context: &Context, typed: &str) -> Result<(Access, String), Report> {
    let opened = open(context)?;
    if typed.contains('/') {
        let session = context.aws(&opened.environment);
        warn_if_foreign(&opened.config, &opened.environment, typed);
        return Ok((Access { environment: opened.environment, session }, typed.to_owned()));
    }
    let facts = Facts::gather(context, &opened).await?;
    let name = facts.full_name(typed)?;
    Ok((Access { environment: facts.environment, session: facts.session }, name))
}

/// Warns if a full name or path belongs to another environment: it is read with this environment's credentials.
pub(super) fn warn_if_foreign(config: &Config, environment: &EnvironmentConfig, typed: &str) {
    if let Some(other) = place(config, environment, &[], false).neighbour(typed) {
        print_note(&format!("! {typed} belongs to {other}, not to {}", environment.name));
    }
}

/// Awaits a read until `--timeout` is up.
pub(super) async fn within<T>(
    context: &Context,
    read: impl Future<Output = Result<T, Failure>>,
) -> Result<Result<T, Failure>, Report> {
    context.in_time(read).await.ok_or_else(|| {
        Report::new("timeout", "the time is up: AWS did not answer", ExitCode::TimedOut)
            .hint("give it more time with --timeout")
    })
}
