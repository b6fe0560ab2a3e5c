//! How a block's data stands: its age, its failure, what is missing; and which of loading, empty, not
//! configured, forbidden and failed an empty block is. Every block asks here, so they all say the same.

use super::App;
use super::command::Id;
use super::pane::{Data, DataStatus, Statuses, Words};
use super::screen::Block;
use crate::model::estate::SourceStatus;
use crate::model::offered::in_environment;
use crate::model::time::{short, spoken};
use crate::model::{Failure, FailureKind, Health, Observed, Source};
use jiff::SignedDuration;

/// How the data of a block stands.
pub fn of(app: &App, block: Block) -> DataStatus {
    let mut data_status = match app.spec(block).data {
        Data::Own(data_status) => or_no_identity(app, data_status(app)),
        Data::Read { status, missing, empty } => read(app, block, status(app), missing(app), empty),
    };
    // "Nothing" is not known of what could not be read: the trouble stands before what an empty block says.
    if let Some(trouble) = &data_status.trouble
        && !data_status.tells(trouble)
    {
        data_status.empty.insert(0, trouble.clone());
    }
    data_status
}

/// The same, unless it waits for what is only asked once it is known who we are, and that cannot be read or is somebody of another
/// account.
fn or_no_identity(app: &App, data_status: DataStatus) -> DataStatus {
    let asks_aws = !app.view().sources.is_empty();
    let nobody = app.estate.identity.at().is_none() || app.poller.wrong_account();
    match app.estate.identity.failure().filter(|_| nobody) {
        Some(failure) if data_status.loading && asks_aws => {
            DataStatus { loading: false, empty: failure_lines(app, Source::Identity, failure), ..data_status }
        }
        _ => data_status,
    }
}

impl DataStatus {
    /// Whether a trouble, or another one, is among what stands in the block while it has no rows.
    pub fn tells(&self, trouble: &(Health, String)) -> bool {
        let bad = |health: Health| matches!(health, Health::Down | Health::Degraded | Health::Unknown);
        self.empty.iter().any(|line| line == trouble || bad(line.0))
    }
}

/// How the data of a block stands that is made of sources: those it is made of, and those that only add to it.
fn read(
    app: &App,
    block: Block,
    (main, beside): (Statuses, Statuses),
    missing: Option<String>,
    nothing: fn(&App) -> Words,
) -> DataStatus {
    let mut data_status = DataStatus::default();
    let unread: Vec<Source> =
        main.iter().filter(|(_, status)| status.at.is_none()).map(|(source, _)| *source).collect();
    let failure = |(source, status): &(Source, SourceStatus)| {
        let failure = status.failure.clone().filter(|_| status.partial.is_none())?;
        Some((*source, failure))
    };
    // What only adds to the rows is no reason to call them down.
    let failed = main.iter().find_map(failure).map(|(source, failure)| (severity(&failure), source, failure));
    let failed =
        failed.or_else(|| beside.iter().find_map(failure).map(|(source, failure)| (Health::Degraded, source, failure)));
    let partial = main.iter().chain(&beside).find_map(|(source, status)| Some((*source, status.partial.as_ref()?)));
    data_status.loading = !unread.is_empty();
    let failing = main.iter().any(|(_, status)| status.failure.is_some() && status.partial.is_none());
    let ages = || main.iter().filter_map(|(_, status)| Some(app.now.duration_since(status.at?)));
    let age = late(app, &main).or_else(|| ages().max().filter(|age| failing && age.as_secs() > 0));
    data_status.age = age.map(|age| format!("{} old", short(age)));
    data_status.dimmed = failing && ages().next().is_some();
    data_status.trouble = match (failed, partial) {
        (Some((health, source, failure)), _) => Some((health, trouble(app, source, &failure))),
        (None, Some((source, missing))) => Some((Health::Degraded, source.incomplete(missing))),
        (None, None) => None,
    };
    data_status.empty = empty(app, block, missing, nothing, &main, &unread);
    data_status
}

/// Whether data of this age is late: older than two intervals of its source, which are twice as long while the terminal
/// does not have the focus.
fn is_late(app: &App, source: Source, age: SignedDuration) -> bool {
    let most = if app.focused { 2 } else { 4 };
    age > app.environment.refresh.of(source) * most
}

/// The age of the oldest of the sources that are late; none where all are in time or were never read.
pub fn late(app: &App, sources: &[(Source, SourceStatus)]) -> Option<SignedDuration> {
    let ages = sources.iter().filter_map(|(source, status)| {
        let age = app.now.duration_since(status.at?);
        is_late(app, *source, age).then_some(age)
    });
    ages.max()
}

/// The sources that are read at intervals of their own, as far as they were read and do not fail: a failure is told by
/// itself among what needs attention.
pub fn polled(app: &App) -> Statuses {
    use Source::{Agents, Rollouts, Targets, TaskDefinitions};
    let sources = app.poller.sources(&app.environment).into_iter();
    let timed = sources.filter(|source| !matches!(source, Agents | Rollouts | Targets | TaskDefinitions));
    let stands = timed.map(|source| (source, app.estate.status(source)));
    let read = stands.filter(|(_, status)| status.at.is_some() && status.failure.is_none());
    read.map(|(source, status)| (source, SourceStatus { partial: None, ..status })).collect()
}

/// How these sources stand.
pub fn all(app: &App, sources: &[Source]) -> Statuses {
    sources.iter().map(|source| (*source, app.estate.status(*source))).collect()
}

/// The state of a value that belongs to one thing.
pub fn status<T>(observed: &Observed<T>) -> SourceStatus {
    SourceStatus {
        at: observed.at(),
        failure: observed.failure().cloned(),
        partial: observed.partial().map(str::to_owned),
        used: true,
    }
}

/// Why a value that is shown is not of now, or not the whole: `3m old`, `3m old: no permission to read alarms`,
/// `not all alarms could be read`; none where it is both.
pub fn behind(app: &App, source: Source) -> Option<String> {
    let status = app.estate.status(source);
    let age = app.now.duration_since(status.at?);
    let failure = status.failure.filter(|_| status.partial.is_none());
    if let Some(failure) = failure {
        return Some(format!("{} old: {}", short(age), cannot(source, &failure)));
    }
    let part = status.partial.map(|_| format!("not all {} could be read", source.words()));
    let told: Vec<String> =
        part.into_iter().chain(is_late(app, source, age).then(|| format!("{} old", short(age)))).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

/// How old a source is that is late or fails, where there is room for no more than that.
pub fn old(app: &App, source: Source) -> Option<String> {
    let status = app.estate.status(source);
    let age = app.now.duration_since(status.at?);
    let failing = status.failure.is_some() && status.partial.is_none() && age.as_secs() > 0;
    (failing || is_late(app, source, age)).then(|| format!("{} old", short(age)))
}

/// How bad a failure is.
pub fn severity(failure: &Failure) -> Health {
    if failure.kind == FailureKind::Throttled { Health::Degraded } else { Health::Down }
}

/// The first failure or gap of sources that only add to a block.
pub fn beside(app: &App, sources: &[Source]) -> Option<(Health, String)> {
    sources.iter().find_map(|source| {
        let status = app.estate.status(*source);
        let text = match (status.partial, status.failure) {
            (Some(missing), _) => source.incomplete(&missing),
            (None, Some(failure)) => trouble(app, *source, &failure),
            (None, None) => return None,
        };
        Some((Health::Degraded, text))
    })
}

/// The failure in a line: what, why, when it is tried again.
fn trouble(app: &App, source: Source, failure: &Failure) -> String {
    let what = cannot(source, failure);
    format!("{}{what}: {}", next_try(app, source).map(|next| format!("{next} · ")).unwrap_or_default(), failure.message)
}

/// `no permission to read alarms`.
fn cannot(source: Source, failure: &Failure) -> String {
    match failure.kind {
        FailureKind::Denied => format!("no permission to read {}", source.words()),
        FailureKind::Throttled => format!("{} are read late", source.words()),
        _ => format!("cannot read {}", source.words()),
    }
}

/// `next try in 8 s`.
pub fn next_try(app: &App, source: Source) -> Option<String> {
    if app.screen.paused.is_some() {
        return None;
    }
    if app.poller.reading(source) {
        return Some("trying again".to_owned());
    }
    let left = app.poller.next_try(source)?.duration_since(app.now);
    (left.as_secs() > 0).then(|| format!("next try in {}", spoken(left)))
}

fn empty(
    app: &App,
    block: Block,
    missing: Option<String>,
    nothing: fn(&App) -> Words,
    main: &Statuses,
    unread: &[Source],
) -> Words {
    if let Some(missing) = missing {
        return vec![(Health::Stopped, "not configured".to_owned()), (Health::Stopped, missing)];
    }
    // Who we are comes first: without it nothing else is asked.
    if let Some(failure) = app.estate.identity.failure()
        && app.estate.services.at().is_none()
        && app.estate.db_clusters.at().is_none()
        && matches!(failure.kind, FailureKind::Credentials | FailureKind::WrongAccount)
    {
        return failure_lines(app, Source::Identity, failure);
    }
    let failed = main.iter().find_map(|(source, status)| Some((*source, status.failure.as_ref()?)));
    if let Some((source, failure)) = failed {
        return failure_lines(app, source, failure);
    }
    if let Some(list) = app.screen.list_of(block).filter(|list| list.total > 0 && !list.filter.is_empty()) {
        return vec![
            (Health::Stopped, format!("none of {} rows contains {:?}", list.total, list.filter)),
            (Health::Stopped, "Esc shows all again".to_owned()),
        ];
    }
    if let Some(source) = unread.first() {
        let words = source.words();
        return note(&match app.keymap.label(Id::PAUSE).filter(|_| app.screen.paused.is_some()) {
            Some(key) => format!("not read before the pause: {words}; {key} resumes"),
            None => format!("reading {words} …"),
        });
    }
    nothing(app)
}

/// The configuration key to set where the environment has no cluster, in words.
pub fn no_cluster(app: &App) -> Option<String> {
    let (name, cluster) = (&app.environment.name, &app.environment.cluster);
    cluster.is_none().then(|| format!("name the ECS cluster of {name}: cluster = \"…\" in the configuration"))
}

/// The configuration key to set where the environment has no databases, in words.
pub fn no_databases(app: &App) -> Option<String> {
    let (name, databases) = (&app.environment.name, &app.environment.databases);
    databases.is_empty().then(|| format!("name the databases of {name}: databases = [\"…\"] in the configuration"))
}

/// The message where a curve was read and has no points: they are asked for this far back.
pub const NO_POINTS: &str = "no data points in the last three hours";

/// How the data of curves stands, where these say how their sources stand and what is not configured.
pub const fn curves(status: fn(&App) -> (Statuses, Statuses), missing: fn(&App) -> Option<String>) -> Data<App> {
    Data::Read { status, missing, empty: |_| note(NO_POINTS) }
}

/// How a list of services stands: beside them there is what its columns are made of.
pub fn services(app: &App) -> (Statuses, Statuses) {
    use Source::{Cluster, Metrics, ScalableTargets, Services, TaskDefinitions, Tasks};
    let beside = [Cluster, Tasks, TaskDefinitions, ScalableTargets, Metrics];
    (all(app, &[Services]), all(app, &beside))
}

/// How the curves of a service stand: beside its points there are the marks of its deployments, and where an alarm is raised
/// or it is scaled.
pub fn service_curves(app: &App) -> (Statuses, Statuses) {
    let beside = [Source::Services, Source::Rollouts, Source::Alarms, Source::ScalingPolicies];
    (all(app, &[Source::Metrics]), all(app, &beside))
}

/// How the curves of a database stand: beside its points there are its instances, the marks of its failovers and of the
/// services' deployments, and where an alarm is raised.
pub fn database_curves(app: &App) -> (Statuses, Statuses) {
    use Source::{Alarms, DbClusters, DbInstances, RdsEvents, Rollouts, Services};
    let beside = [DbClusters, DbInstances, RdsEvents, Services, Rollouts, Alarms];
    (all(app, &[Source::Metrics]), all(app, &beside))
}

/// A line that is no news.
pub fn note(text: &str) -> Words {
    vec![(Health::Stopped, text.to_owned())]
}

/// A failure in lines: what, why, what to do, when it is tried again.
pub fn failure_lines(app: &App, source: Source, failure: &Failure) -> Vec<(Health, String)> {
    let what = match failure.kind {
        FailureKind::Denied => format!("no permission to read {}", source.words()),
        FailureKind::Credentials => "no valid credentials".to_owned(),
        FailureKind::WrongAccount => "wrong account".to_owned(),
        _ => format!("cannot read {}", source.words()),
    };
    let mut lines = vec![
        (severity(failure), what),
        (Health::Stopped, failure.message.clone()),
        (Health::Stopped, format!("→ {}", in_environment(failure.hint(), app.environment.named()))),
    ];
    lines.extend(next_try(app, source).map(|next| (Health::Stopped, next)));
    lines
}

/// The lines of a list of services that is empty.
pub fn no_services(app: &App) -> Words {
    vec![
        (Health::Stopped, format!("no services in cluster {}", app.environment.cluster.as_deref().unwrap_or("?"))),
        (Health::Stopped, "check `cluster` and `services` in the configuration".to_owned()),
    ]
}

/// The lines of a list of databases that is empty.
pub fn no_database(app: &App) -> Words {
    vec![
        (Health::Stopped, format!("no database matches {}", app.environment.databases.join(", "))),
        (Health::Stopped, "check `databases` in the configuration".to_owned()),
    ]
}
