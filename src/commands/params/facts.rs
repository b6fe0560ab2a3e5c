//! What the actions know: where the environment's parameters lie, what its task definitions name, and a session to ask with.

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

/// An environment, and what its services name.
pub(super) struct Facts {
    pub(super) environment: EnvironmentConfig,
    /// With the environments beside it.
    pub(super) config: Config,
    pub(super) session: Session,
    pub(super) now: Timestamp,
    /// What task definitions name.
    pub(super) named: Vec<ParameterReference>,
    /// All of them were read.
    pub(super) complete: bool,
    /// What of them is missing.
    pub(super) missing: Vec<String>,
    /// The first failure among that.
    pub(super) failure: Option<Failure>,
    /// Why tasks stopped before they ran.
    pub(super) stopped: Vec<(String, String)>,
    /// Why that is not known.
    pub(super) unread_tasks: Option<String>,
    /// The region, as configured or found.
    pub(super) region: Option<String>,
}

impl Facts {
    /// Of the environment that was asked for.
    pub(super) async fn gather(context: &Context, opened: &Opened) -> Result<Self, Report> {
        Self::of(context, opened.config.clone(), opened.environment.clone()).await
    }

    /// Of another one.
    pub(super) async fn of_named(context: &Context, name: &str) -> Result<Self, Report> {
        let (loaded, environment) = context.open_named(name)?;
        let environment = context.session().overrides.apply(environment);
        Self::of(context, loaded.config, environment).await
    }

    async fn of(context: &Context, config: Config, environment: EnvironmentConfig) -> Result<Self, Report> {
        let collector = collector(context, config, environment.clone());
        Box::pin(Self::read(context, collector, environment)).await
    }

    /// Of the environment that was asked for, with its parameters and secrets: what its configuration says where they lie is
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

    /// Where its parameters lie: as configured, else where those lie that its task definitions name.
    pub(super) fn under(&self) -> Vec<String> {
        if !self.environment.parameters.is_empty() {
            return self.environment.parameters.clone();
        }
        prefixes(self.named.iter().filter_map(|one| one.from.parameter()))
    }

    /// The same, or how to say it.
    pub(super) fn known_under(&self) -> Result<Vec<String>, Report> {
        let under = self.under();
        if !under.is_empty() {
            return Ok(under);
        }
        let name = &self.environment.name;
        if !self.complete {
            let report = self.unread(format!("where the parameters of {name} lie is not known"));
            // A network that is down is mended, not configured around.
            let may_not = self.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::Denied);
            let way = format!("or write parameters = [\"/path/of/{name}/\"] into [environments.{name}]");
            let hint = report.hint.clone().unwrap_or_default();
            return Err(if may_not { report.hint(format!("{hint}, {way}")) } else { report });
        }
        Err(Report::usage(format!("nothing says where the parameters of {name} lie: its task definitions name none"))
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

    /// What cannot be known because not all task definitions were read, and why.
    pub(super) fn unread(&self, message: String) -> Report {
        let report = match &self.failure {
            Some(failure) => Report::of_failure(message, failure),
            None => Report::new("incomplete", message, ExitCode::Failed),
        };
        let report = Report { causes: self.missing.clone(), ..report };
        // Something failed to be read, and what was is no answer.
        if report.code == ExitCode::Failed { Report { code: ExitCode::Incomplete, ..report } } else { report }
    }

    /// Names that are asked for: those paths, and what task definitions name elsewhere.
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

    /// All of them.
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
            let report = self.unread(format!("which parameter `{typed}` is, is not known"));
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

    /// One of those as the end of a command.
    pub(super) fn refusal(&self, check: &Check) -> Report {
        let text = check.text.clone();
        let report = if check.usage { Report::usage(text) } else { self.unread(text) };
        report.hint(check.hint.clone().unwrap_or_default())
    }

    /// Who reads these, for a change; none where not all task definitions are known.
    pub(super) fn readers<'a>(&self, names: impl Iterator<Item = &'a str>) -> Option<Readers> {
        let all = names.map(|name| (name.to_owned(), named::readers(&self.named, name))).collect();
        self.complete.then_some(all)
    }
}

/// What lies there.
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

/// Says of which other environment a name or a path is that was typed whole: it is read with this one's credentials.
pub(super) fn tell_whose(config: &Config, environment: &EnvironmentConfig, typed: &str) {
    if let Some(other) = place(config, environment, &[], false).neighbour(typed) {
        say(&format!("! {typed} belongs to {other}, not to {}", environment.name));
    }
}

/// A read within `--timeout`.
pub(super) async fn within<T>(
    context: &Context,
    read: impl Future<Output = Result<T, Failure>>,
) -> Result<Result<T, Failure>, Report> {
    context.in_time(read).await.ok_or_else(|| {
        Report::new("timeout", "the time is up: AWS did not answer", ExitCode::TimedOut)
            .hint("give it more time with --timeout")
    })
}
