//! The state of a block's data: its age, its failure, what is missing; and whether an empty block is loading, empty,
//! not configured, forbidden or failed. Every block uses this module, so they all word it the same.

use super::App;
use super::command::Id;
use super::pane::{Data, DataStatus, StatusLines, Statuses};
use super::screen::Block;
use crate::model::estate::SourceStatus;
use crate::model::suggested_commands::with_scope;
use crate::model::time::{sentence_duration, short};
use crate::model::{Failure, FailureKind, Health, Observed, Source};
use jiff::SignedDuration;

/// Returns the state of a block's data.
pub fn for_block(app: &App, block: Block) -> DataStatus {
    let mut data_status = match app.spec(block).data {
        Data::Own(data_status) => or_no_identity(app, data_status(app)),
        Data::Read { status, missing, empty } => read(app, block, status(app), missing(app), empty),
    };
    // "Nothing" must not be claimed about data that could not be read: the trouble comes before the empty text.
    if let Some(trouble) = &data_status.trouble
        && !data_status.mentions(trouble)
    {
        data_status.empty.insert(0, trouble.clone());
    }
    data_status
}

/// Replaces the loading state by the identity's failure, if the block waits for answers of AWS that are only requested
/// once the identity is known, and the identity cannot be read or is of another account.
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
    /// Whether the empty text contains this trouble, or any other trouble.
    pub fn mentions(&self, trouble: &(Health, String)) -> bool {
        let bad = |health: Health| matches!(health, Health::Down | Health::Degraded | Health::Unknown);
        self.empty.iter().any(|line| line == trouble || bad(line.0))
    }
}

/// Returns the state of a block made of sources: `main` fill its rows, `beside` only add to them.
fn read(
    app: &App,
    block: Block,
    (main, beside): (Statuses, Statuses),
    missing: Option<String>,
    nothing: fn(&App) -> StatusLines,
) -> DataStatus {
    let mut data_status = DataStatus::default();
    let unread: Vec<Source> =
        main.iter().filter(|(_, status)| status.at.is_none()).map(|(source, _)| *source).collect();
    let failure = |(source, status): &(Source, SourceStatus)| {
        let failure = status.failure.clone().filter(|_| status.partial.is_none())?;
        Some((*source, failure))
    };
    // A failure of a source that only adds to the rows does not make them down.
    let failed = main.iter().find_map(failure).map(|(source, failure)| (severity(&failure), source, failure));
    let failed =
        failed.or_else(|| beside.iter().find_map(failure).map(|(source, failure)| (Health::Degraded, source, failure)));
    let partial = main.iter().chain(&beside).find_map(|(source, status)| Some((*source, status.partial.as_ref()?)));
    data_status.loading = !unread.is_empty();
    let failing = main.iter().any(|(_, status)| status.failure.is_some() && status.partial.is_none());
    let ages = || main.iter().filter_map(|(_, status)| Some(app.now.duration_since(status.at?)));
    let age = oldest_late_age(app, &main).or_else(|| ages().max().filter(|age| failing && age.as_secs() > 0));
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

/// Whether data of this age is late: older than two intervals of its source, or four while the terminal does not have
/// the focus.
fn is_late(app: &App, source: Source, age: SignedDuration) -> bool {
    let most = if app.focused { 2 } else { 4 };
    age > app.environment.refresh.of(source) * most
}

/// The age of the oldest source that is late; `None` if all are in time or were never read.
pub fn oldest_late_age(app: &App, sources: &[(Source, SourceStatus)]) -> Option<SignedDuration> {
    let ages = sources.iter().filter_map(|(source, status)| {
        let age = app.now.duration_since(status.at?);
        is_late(app, *source, age).then_some(age)
    });
    ages.max()
}

/// The sources that are polled at intervals of their own, if they were read and do not fail: failures are listed
/// separately among what needs attention.
pub fn polled(app: &App) -> Statuses {
    use Source::{Agents, Rollouts, Targets, TaskDefinitions};
    let sources = app.poller.sources(&app.environment).into_iter();
    let timed = sources.filter(|source| !matches!(source, Agents | Rollouts | Targets | TaskDefinitions));
    let statuses = timed.map(|source| (source, app.estate.status(source)));
    let read = statuses.filter(|(_, status)| status.at.is_some() && status.failure.is_none());
    read.map(|(source, status)| (source, SourceStatus { partial: None, ..status })).collect()
}

/// The status of each of these sources.
pub fn all(app: &App, sources: &[Source]) -> Statuses {
    sources.iter().map(|source| (*source, app.estate.status(*source))).collect()
}

/// The status of a value that belongs to one thing.
pub fn status<T>(observed: &Observed<T>) -> SourceStatus {
    SourceStatus {
        at: observed.at(),
        failure: observed.failure().cloned(),
        partial: observed.partial().map(str::to_owned),
        used: true,
    }
}

/// Why a shown value is not current or not complete: `3m old`, `3m old: no permission to read alarms`, `not all alarms
/// could be read`; `None` if it is current and complete.
pub fn staleness(app: &App, source: Source) -> Option<String> {
    let status = app.estate.status(source);
    let age = app.now.duration_since(status.at?);
    let failure = status.failure.filter(|_| status.partial.is_none());
    if let Some(failure) = failure {
        return Some(format!("{} old: {}", short(age), cannot(source, &failure)));
    }
    let part = status.partial.map(|_| format!("not all {} could be read", source.label()));
    let reasons: Vec<String> =
        part.into_iter().chain(is_late(app, source, age).then(|| format!("{} old", short(age)))).collect();
    (!reasons.is_empty()).then(|| reasons.join(", "))
}

/// The age of a source that is late or fails, for places with room for no more.
pub fn age_if_late(app: &App, source: Source) -> Option<String> {
    let status = app.estate.status(source);
    let age = app.now.duration_since(status.at?);
    let failing = status.failure.is_some() && status.partial.is_none() && age.as_secs() > 0;
    (failing || is_late(app, source, age)).then(|| format!("{} old", short(age)))
}

/// The health that a failure gives a block.
pub fn severity(failure: &Failure) -> Health {
    if failure.kind == FailureKind::Throttled { Health::Degraded } else { Health::Down }
}

/// The first failure or gap among sources that only add to a block.
pub fn secondary_trouble(app: &App, sources: &[Source]) -> Option<(Health, String)> {
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

/// The failure in a line: what, why, when the next try is.
fn trouble(app: &App, source: Source, failure: &Failure) -> String {
    let what = cannot(source, failure);
    format!("{}{what}: {}", next_try(app, source).map(|next| format!("{next} · ")).unwrap_or_default(), failure.message)
}

/// `no permission to read alarms`.
fn cannot(source: Source, failure: &Failure) -> String {
    match failure.kind {
        FailureKind::Denied => format!("no permission to read {}", source.label()),
        FailureKind::Throttled => format!("{} are read late", source.label()),
        _ => format!("cannot read {}", source.label()),
    }
}

/// `next try in 8 s`.
pub fn next_try(app: &App, source: Source) -> Option<String> {
    if app.screen.paused.is_some() {
        return None;
    }
    if app.poller.is_reading(source) {
        return Some("trying again".to_owned());
    }
    let left = app.poller.next_try(source)?.duration_since(app.now);
    (left.as_secs() > 0).then(|| format!("next try in {}", sentence_duration(left)))
}

fn empty(
    app: &App,
    block: Block,
    missing: Option<String>,
    nothing: fn(&App) -> StatusLines,
    main: &Statuses,
    unread: &[Source],
) -> StatusLines {
    if let Some(missing) = missing {
        return vec![(Health::Stopped, "not configured".to_owned()), (Health::Stopped, missing)];
    }
    // The identity comes first: nothing else is requested without it.
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
        let words = source.label();
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

/// The message for a chart that was read and has no points; charts go back this far.
pub const NO_POINTS: &str = "no data points in the last three hours";

/// The data of a chart, from the status of its sources and what is not configured.
pub const fn chart_data(status: fn(&App) -> (Statuses, Statuses), missing: fn(&App) -> Option<String>) -> Data<App> {
    Data::Read { status, missing, empty: |_| note(NO_POINTS) }
}

/// The status of a list of services; beside the services there are the sources of its columns.
pub fn services(app: &App) -> (Statuses, Statuses) {
    use Source::{Cluster, Metrics, ScalableTargets, Services, TaskDefinitions, Tasks};
    let beside = [Cluster, Tasks, TaskDefinitions, ScalableTargets, Metrics];
    (all(app, &[Services]), all(app, &beside))
}

/// The status of a service's charts; beside the points there are the marks of its deployments, and the thresholds of
/// alarms and scaling.
pub fn service_curves(app: &App) -> (Statuses, Statuses) {
    let beside = [Source::Services, Source::Rollouts, Source::Alarms, Source::ScalingPolicies];
    (all(app, &[Source::Metrics]), all(app, &beside))
}

/// The status of a database's charts; beside the points there are its instances, the marks of its failovers and of the
/// services' deployments, and the thresholds of alarms.
pub fn database_curves(app: &App) -> (Statuses, Statuses) {
    use Source::{Alarms, DbClusters, DbInstances, RdsEvents, Rollouts, Services};
    let beside = [DbClusters, DbInstances, RdsEvents, Services, Rollouts, Alarms];
    (all(app, &[Source::Metrics]), all(app, &beside))
}

/// A neutral line.
pub fn note(text: &str) -> StatusLines {
    vec![(Health::Stopped, text.to_owned())]
}

/// A failure in lines: what, why, what to do, when it is tried again.
pub fn failure_lines(app: &App, source: Source, failure: &Failure) -> Vec<(Health, String)> {
    let what = match failure.kind {
        FailureKind::Denied => format!("no permission to read {}", source.label()),
        FailureKind::Credentials => "no valid credentials".to_owned(),
        FailureKind::WrongAccount => "wrong account".to_owned(),
        _ => format!("cannot read {}", source.label()),
    };
    let mut lines = vec![
        (severity(failure), what),
        (Health::Stopped, failure.message.clone()),
        (Health::Stopped, format!("→ {}", with_scope(failure.hint(), app.environment.command_scope()))),
    ];
    lines.extend(next_try(app, source).map(|next| (Health::Stopped, next)));
    lines
}

/// The text of an empty list of services.
pub fn no_services(app: &App) -> StatusLines {
    vec![
        (Health::Stopped, format!("no services in cluster {}", app.environment.cluster.as_deref().unwrap_or("?"))),
        (Health::Stopped, "check `cluster` and `services` in the configuration".to_owned()),
    ]
}

/// The text of an empty list of databases.
pub fn no_database(app: &App) -> StatusLines {
    vec![
        (Health::Stopped, format!("no database matches {}", app.environment.databases.join(", "))),
        (Health::Stopped, "check `databases` in the configuration".to_owned()),
    ]
}
