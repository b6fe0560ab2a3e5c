//! The facts that the actions of `params` need: where the parameters lie, what task definitions name, and a session.

use crate::app::operation::parameter::place;
use crate::app::parameters;
use crate::app::poll::Wants;
use crate::aws::Session;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::opened::{Opened, open, time_is_up};
use crate::commands::say::say;
use crate::config::{Config, EnvironmentConfig};
use crate::model::deploy::Check;
use crate::model::parameters::named::ParameterReference;
use crate::model::parameters::{Parameter, Secret, belongs, named, prefixes};
use crate::model::{Failure, FailureKind, Source};
use crate::runtime::stop::unless_stopped;
use crate::runtime::{Collected, Collector};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Services that read each parameter when a task starts: whole names, and what people call them.
pub(super) type Readers = BTreeMap<String, BTreeMap<String, String>>;

/// The facts of an environment for `cockpit params`: its configuration, and what its task definitions name.
pub(super) struct Facts {
    pub(super) environment: EnvironmentConfig,
    /// The whole configuration: it says what belongs to other environments.
    pub(super) config: Config,
    pub(super) session: Session,
    pub(super) now: Timestamp,
    /// The parameters and secrets that the task definitions name.
    pub(super) named: Vec<ParameterReference>,
    /// Whether all task definitions were read.
    pub(super) complete: bool,
    /// Which task definitions were not read, in sentences.
    pub(super) missing: Vec<String>,
    /// The first failure to read one.
    pub(super) failure: Option<Failure>,
    /// Tasks that stopped: the service, and the reason.
    pub(super) stopped: Vec<(String, String)>,
    /// Why it is not known which tasks stopped.
    pub(super) unread_tasks: Option<String>,
    /// The region, as configured or found.
    pub(super) region: Option<String>,
}

impl Facts {
    /// Reads the facts of the environment that was asked for.
    pub(super) async fn gather(context: &Context, opened: &Opened) -> Result<Self, Report> {
        Self::of(context, opened.config.clone(), opened.environment.clone()).await
    }

    /// Reads the facts of another environment, by its name.
    pub(super) async fn of_named(context: &Context, name: &str) -> Result<Self, Report> {
        let (loaded, environment) = context.open_named(name)?;
        let environment = context.session().overrides.apply(environment);
        Self::of(context, loaded.config, environment).await
    }

    async fn of(context: &Context, config: Config, environment: EnvironmentConfig) -> Result<Self, Report> {
        let collector = collector(context, config, environment.clone());
        Box::pin(Self::read(context, collector, environment)).await
    }

    /// Reads the facts, parameters and secrets of the environment that was asked for. The paths that its configuration names are
    /// listed while task definitions are read.
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
        let mut rest = facts.asked(&facts.known_under()?);
        rest.retain(|asked| !configured.contains(asked));
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
                facts.missing.push(format!("{}: {why}", source.words()));
            }
        }
        let (named, all_read) = parameters::named_by_services(estate);
        facts.named = named;
        facts.complete &= all_read;
        let status = estate.status(Source::Tasks);
        let why = status.failure.map(|failure| failure.message).or(status.partial);
        facts.unread_tasks = why.map(|why| format!("{}: {why}", Source::Tasks.words()));
        facts.stopped = parameters::stopped(estate);
        Ok(facts)
    }

    /// The paths of its parameters: as configured, else those of the parameters that its task definitions name.
    pub(super) fn under(&self) -> Vec<String> {
        if !self.environment.parameters.is_empty() {
            return self.environment.parameters.clone();
        }
        prefixes(self.named.iter().filter_map(|one| one.from.parameter()))
    }

    /// These paths; an error says how to configure them where there are none.
    pub(super) fn known_under(&self) -> Result<Vec<String>, Report> {
        let under = self.under();
        if !under.is_empty() {
            return Ok(under);
        }
        let name = &self.environment.name;
        if !self.complete {
            let report = self.unread(format!("it is not known where the parameters of {name} are"));
            // A network that is down is mended, not configured around.
            let may_not = self.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::Denied);
            let way = format!("or write parameters = [\"/path/of/{name}/\"] into [environments.{name}]");
            let hint = report.hint.clone().unwrap_or_default();
            return Err(if may_not { report.hint(format!("{hint}, {way}")) } else { report });
        }
        Err(Report::usage(format!("nothing says where the parameters of {name} are: its task definitions name none"))
            .hint(format!("write parameters = [\"/path/of/{name}/\"] into [environments.{name}]")))
    }

    /// Says which configured paths have no parameter: a list without them looks whole.
    pub(super) fn tell_unmatched(&self, parameters: &[Parameter]) {
        for path in &self.environment.parameters {
            if !parameters.iter().any(|one| belongs(&one.name, std::slice::from_ref(path))) {
                say(&format!("! nothing lies under `{path}` (`parameters` of the configuration)"));
            }
        }
    }

    /// The environment's secrets, and how many others the region has.
    pub(super) fn own_secrets<'a>(&self, all: &'a [Secret]) -> (Vec<&'a Secret>, usize) {
        self.environment.own_secrets(all, &self.named)
    }

    /// The error where something cannot be known because not all task definitions were read.
    pub(super) fn unread(&self, message: String) -> Report {
        let report = match &self.failure {
            Some(failure) => Report::of_failure(message, failure),
            None => Report::new("incomplete", message, ExitCode::Failed),
        };
        let report = Report { causes: self.missing.clone(), ..report };
        // Something failed to be read, and what was is no answer.
        if report.code == ExitCode::Failed { Report { code: ExitCode::Incomplete, ..report } } else { report }
    }

    /// The names to ask for: these paths, and the names elsewhere that task definitions have.
    pub(super) fn asked(&self, under: &[String]) -> Vec<String> {
        let mut asked = under.to_vec();
        for name in self.named.iter().filter_map(|one| one.from.parameter()) {
            if !belongs(name, &asked) {
                asked.push(name.to_owned());
            }
            // An ARN cannot tell `/KEY` from `KEY`.
            let other = format!("/{name}");
            if !name.contains('/') && !asked.contains(&other) {
                asked.push(other);
            }
        }
        asked
    }

    /// The parameters of the environment.
    pub(super) async fn parameters(&self, context: &Context) -> Result<Vec<Parameter>, Report> {
        let asked = self.asked(&self.known_under()?);
        let account = self.environment.account.as_deref();
        let read = within(context, self.session.parameters(&asked, account)).await?;
        read.map_err(|failure| unlisted(&failure))
    }

    /// The whole name of what was typed: as it is where it has a slash, else under the environment's path.
    pub(super) fn whole(&self, typed: &str) -> Result<String, Report> {
        if typed.contains('/') {
            return Ok(typed.to_owned());
        }
        let named: Vec<&str> = self.named.iter().filter_map(|one| one.from.parameter()).collect();
        if named.contains(&typed) {
            return Ok(typed.to_owned());
        }
        if !self.complete {
            // What was not read may name another one: the wrong one would be shown, written or removed.
            let report = self.unread(format!("it is not known which parameter `{typed}` is"));
            return Err(report.hint("write its whole name: /PATH/OF/IT"));
        }
        let ends = |name: &&str| name.rsplit('/').next() == Some(typed);
        let mut known: Vec<&str> = named.into_iter().filter(ends).collect();
        known.sort_unstable();
        known.dedup();
        let under = self.under();
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

    /// Which of these are not the environment's to change.
    pub(super) fn foreign<'a>(&self, names: impl Iterator<Item = &'a str>) -> Vec<Check> {
        let place = place(&self.config, &self.environment, &self.named, self.complete);
        names.filter_map(|name| place.refuses(name)).collect()
    }

    /// The report with which a command ends that may not change this one.
    pub(super) fn refusal(&self, check: &Check) -> Report {
        let text = check.text.clone();
        let report = if check.usage { Report::usage(text) } else { self.unread(text) };
        report.hint(check.hint.clone().unwrap_or_default())
    }

    /// The services that read these parameters; none where not all task definitions are known.
    pub(super) fn readers<'a>(&self, names: impl Iterator<Item = &'a str>) -> Option<Readers> {
        let all = names.map(|name| (name.to_owned(), named::readers(&self.named, name))).collect();
        self.complete.then_some(all)
    }
}

/// The parameters and secrets that were listed.
pub(super) struct Lists {
    pub(super) parameters: Vec<Parameter>,
    pub(super) secrets: Result<Vec<Secret>, Failure>,
}

fn collector(context: &Context, config: Config, environment: EnvironmentConfig) -> Collector {
    let sources = [Source::Identity, Source::Services, Source::TaskDefinitions, Source::Tasks].into();
    context.collector(config, environment, Wants { sources, service_metrics: false, once: true, ..Wants::default() })
}

fn unlisted(failure: &Failure) -> Report {
    Report::of_failure("the parameters cannot be listed", failure)
}

/// An environment without what its task definitions name, for a name that is whole.
pub(super) struct Alone {
    pub(super) environment: EnvironmentConfig,
    pub(super) session: Session,
}

/// The whole name of a parameter, and with what to ask. Task definitions are read only where the name needs them.
pub(super) async fn found(context: &Context, typed: &str) -> Result<(Alone, String), Report> {
    let opened = open(context)?;
    if typed.contains('/') {
        let session = context.aws(&opened.environment);
        tell_whose(&opened.config, &opened.environment, typed);
        return Ok((Alone { environment: opened.environment, session }, typed.to_owned()));
    }
    let facts = Facts::gather(context, &opened).await?;
    let name = facts.whole(typed)?;
    Ok((Alone { environment: facts.environment, session: facts.session }, name))
}

/// Warns that a name or path that was typed whole belongs to another environment: it is read with this one's credentials.
pub(super) fn tell_whose(config: &Config, environment: &EnvironmentConfig, typed: &str) {
    if let Some(other) = place(config, environment, &[], false).neighbour(typed) {
        say(&format!("! {typed} belongs to {other}, not to {}", environment.name));
    }
}

/// Waits for a read until `--timeout` is up.
pub(super) async fn within<T>(
    context: &Context,
    read: impl Future<Output = Result<T, Failure>>,
) -> Result<Result<T, Failure>, Report> {
    context.in_time(read).await.ok_or_else(|| {
        Report::new("timeout", "the time is up: AWS did not answer", ExitCode::TimedOut)
            .hint("give it more time with --timeout")
    })
}
