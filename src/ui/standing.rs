//! How a block's data stands: its age, its failure, what is missing; and which of loading, empty, not
//! configured, forbidden and failed an empty block is. Every block asks here, so they all say the same.

use crate::app::App;
use crate::app::screen::Block;
use crate::model::estate::SourceStatus;
use crate::model::time::{short, spoken};
use crate::model::{Failure, FailureKind, Health, Observed, Source, target};

/// How a block's data stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Standing {
    /// The age to show, because it is too old: `45s old`.
    pub age: Option<String>,
    /// What is wrong, for the lower frame.
    pub trouble: Option<(Health, String)>,
    /// The data is the last good one of a source that fails.
    pub dimmed: bool,
    /// The first answer is on its way.
    pub loading: bool,
    /// What stands in the block while it has no rows.
    pub empty: Vec<(Health, String)>,
}

/// How the data of a block stands.
pub fn of(app: &App, block: Block) -> Standing {
    if matches!(block, Block::Progress | Block::OperationLog) {
        return operation(app, block);
    }
    let (main, beside) = statuses(app, block);
    let mut standing = Standing::default();
    let oldest = main.iter().filter_map(|(source, status)| Some((*source, status.at?))).min_by_key(|(_, at)| *at);
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
    standing.loading = !unread.is_empty();
    if let Some((source, at)) = oldest {
        let age = app.now.duration_since(at);
        let failing = main.iter().any(|(_, status)| status.failure.is_some() && status.partial.is_none());
        if age > app.environment.refresh.of(source) * 2 || (failing && age.as_secs() > 0) {
            standing.age = Some(format!("{} old", short(age)));
        }
        standing.dimmed = failing;
    }
    standing.trouble = match (failed, partial) {
        (Some((health, source, failure)), _) => Some((health, trouble(app, source, &failure))),
        (None, Some((source, missing))) => {
            Some((Health::Degraded, format!("{} are incomplete: {missing}", source.words())))
        }
        (None, None) => None,
    };
    standing.empty = empty(app, block, &main, &unread);
    standing
}

/// What a block shows: what it is made of, and what only adds to it.
type Statuses = Vec<(Source, SourceStatus)>;

fn statuses(app: &App, block: Block) -> (Statuses, Statuses) {
    let estate = &app.estate;
    let all =
        |sources: &[Source]| -> Statuses { sources.iter().map(|source| (*source, estate.status(*source))).collect() };
    let service = app.screen.service.as_deref().and_then(|name| estate.service(name));
    match block {
        // They tell the failures of their sources themselves.
        Block::Attention | Block::Logs | Block::Progress | Block::OperationLog => (Vec::new(), Vec::new()),
        Block::Services | Block::OverviewServices => {
            (all(&[Source::Services]), all(&[Source::Cluster, Source::ScalableTargets, Source::Metrics]))
        }
        Block::Tasks | Block::Containers | Block::TaskFacts => (all(&[Source::Tasks]), Vec::new()),
        Block::Events => (all(&[Source::Services]), Vec::new()),
        Block::Deployments => {
            let rollouts = app.screen.service.as_deref().and_then(|name| estate.rollouts.get(name));
            let beside = rollouts.map(|rollouts| (Source::Rollouts, status(rollouts)));
            (all(&[Source::Services]), beside.into_iter().collect())
        }
        Block::Scaling => (
            all(&[Source::ScalableTargets]),
            all(&[Source::ScalingPolicies, Source::ScheduledActions, Source::ScalingActivities, Source::Schedules]),
        ),
        Block::Targets => {
            let groups = service.map_or(&[][..], |service| &service.target_groups);
            let read = groups.iter().map(|arn| {
                let name = target::group_name(arn);
                let status = estate.targets.get(arn).map(status).unwrap_or_default();
                let partial = status.partial.map(|partial| format!("{name}: {partial}"));
                (Source::Targets, SourceStatus { partial, ..status })
            });
            (read.collect(), Vec::new())
        }
        Block::ServiceCurves | Block::DatabaseCurves => (all(&[Source::Metrics]), Vec::new()),
        Block::Databases | Block::OverviewDatabases | Block::DatabaseFacts => {
            (all(&[Source::DbClusters, Source::DbInstances]), all(&[Source::Metrics]))
        }
    }
}

/// How what is seen of an operation stands: its age where it is late, and why.
fn operation(app: &App, block: Block) -> Standing {
    let mut standing = Standing::default();
    let found = app.screen.operation.and_then(|id| app.operations.get(id));
    if block == Block::OperationLog {
        let filtered = app.screen.list_of(block).filter(|list| list.total > 0 && !list.filter.is_empty());
        standing.empty = match filtered {
            Some(list) => vec![
                (Health::Stopped, format!("none of {} lines contains {:?}", list.total, list.filter)),
                (Health::Stopped, "Esc shows all again".to_owned()),
            ],
            None => vec![(Health::Stopped, "nothing yet".to_owned())],
        };
        return standing;
    }
    let Some(operation) = found.filter(|operation| operation.outcome.is_none()) else { return standing };
    let next = |at: jiff::Timestamp| {
        let left = at.duration_since(app.now);
        if left.as_secs() > 0 { format!("next try in {}", spoken(left)) } else { "trying again".to_owned() }
    };
    if let Some(watch) = operation.deploy().and_then(|deploy| deploy.watch.as_ref()) {
        if let Some(seen) = watch.seen {
            let age = app.now.duration_since(seen);
            if age > operation.environment.refresh.watch * 2 {
                standing.age = Some(format!("{} old", short(age)));
            }
        }
        if let Some((failure, at)) = &watch.failing {
            standing.trouble = Some((severity(failure), format!("{} · cannot look: {}", next(*at), failure.message)));
        }
    } else if let Some(at) = operation.steps().and_then(crate::app::operation::steps::Steps::next_try) {
        standing.trouble = Some((Health::Degraded, format!("{} · the last look failed", next(at))));
    }
    standing
}

fn status<T>(observed: &Observed<T>) -> SourceStatus {
    SourceStatus {
        at: observed.at(),
        failure: observed.failure().cloned(),
        partial: observed.partial().map(str::to_owned),
        used: true,
    }
}

fn severity(failure: &Failure) -> Health {
    if failure.kind == FailureKind::Throttled { Health::Degraded } else { Health::Down }
}

/// The failure in a line: what, why, when it is tried again.
fn trouble(app: &App, source: Source, failure: &Failure) -> String {
    let what = match failure.kind {
        FailureKind::Denied => format!("no permission to read {}", source.words()),
        FailureKind::Throttled => format!("{} are read late", source.words()),
        _ => format!("cannot read {}", source.words()),
    };
    format!("{}{what}: {}", next_try(app, source).map(|next| format!("{next} · ")).unwrap_or_default(), failure.message)
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

fn empty(app: &App, block: Block, main: &Statuses, unread: &[Source]) -> Vec<(Health, String)> {
    let note = |text: &str| vec![(Health::Stopped, text.to_owned())];
    if let Some(missing) = not_configured(app, block) {
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
        return note(&format!("reading {} …", source.words()));
    }
    let service = app.screen.service.as_deref();
    match block {
        Block::Attention if app.estate.identity.at().is_none() => match app.estate.identity.failure() {
            Some(failure) => failure_lines(app, Source::Identity, failure),
            None => note("reading who we are …"),
        },
        Block::Attention => attention(app),
        Block::Services | Block::OverviewServices => vec![
            (Health::Stopped, format!("no services in cluster {}", app.environment.cluster.as_deref().unwrap_or("?"))),
            (Health::Stopped, "check `cluster` and `services` in the configuration".to_owned()),
        ],
        _ if service.is_some_and(|name| app.estate.service(name).is_none()) && !is_database(block) => vec![
            (Health::Unknown, format!("service {} is no longer there", service.unwrap_or_default())),
            (Health::Stopped, "Esc leads back to the list".to_owned()),
        ],
        Block::Logs => note("no lines"),
        Block::Tasks => note("no tasks: none running, none stopped within the last hour"),
        Block::Containers | Block::TaskFacts => vec![
            (Health::Unknown, "this task is no longer there: ECS keeps stopped tasks for an hour".to_owned()),
            (Health::Stopped, "Esc leads back to the service".to_owned()),
        ],
        Block::Deployments => note("no deployments"),
        Block::Events => note("no events: ECS keeps the last 100"),
        Block::Scaling => note("not scaled automatically"),
        Block::Targets => {
            let service = app.screen.service.as_deref().and_then(|name| app.estate.service(name));
            if service.is_some_and(|service| !service.target_groups.is_empty()) {
                note("no targets are registered")
            } else {
                note("not behind a load balancer")
            }
        }
        Block::Progress | Block::OperationLog => Vec::new(),
        Block::ServiceCurves | Block::DatabaseCurves => note("no points within the last three hours"),
        Block::Databases | Block::OverviewDatabases | Block::DatabaseFacts => vec![
            (Health::Stopped, format!("no database matches {}", app.environment.databases.join(", "))),
            (Health::Stopped, "check `databases` in the configuration".to_owned()),
        ],
    }
}

/// Nothing needs attention: only when everything was read.
fn attention(app: &App) -> Vec<(Health, String)> {
    let sources = app.poller.sources(&app.environment);
    let unread: Vec<&str> = sources
        .iter()
        .filter(|source| {
            let keyed = matches!(source, Source::TaskDefinitions | Source::Rollouts | Source::Targets);
            // Where there is nothing there is nothing to measure.
            let bare = app.estate.derived.services.is_empty() && app.estate.derived.databases.is_empty();
            !(keyed || bare && **source == Source::Metrics) && app.estate.status(**source).at.is_none()
        })
        .map(|source| source.words())
        .collect();
    if unread.is_empty() {
        vec![(Health::Healthy, "nothing".to_owned())]
    } else {
        vec![(Health::Stopped, format!("nothing so far; reading {} …", unread.join(", ")))]
    }
}

fn is_database(block: Block) -> bool {
    matches!(
        block,
        Block::Databases | Block::OverviewDatabases | Block::DatabaseFacts | Block::DatabaseCurves | Block::Attention
    )
}

fn not_configured(app: &App, block: Block) -> Option<String> {
    let name = &app.environment.name;
    match block {
        Block::Attention => None,
        block if is_database(block) => app
            .environment
            .databases
            .is_empty()
            .then(|| format!("name the databases of {name}: databases = [\"…\"] in the configuration")),
        _ => app
            .environment
            .cluster
            .is_none()
            .then(|| format!("name the ECS cluster of {name}: cluster = \"…\" in the configuration")),
    }
}

fn failure_lines(app: &App, source: Source, failure: &Failure) -> Vec<(Health, String)> {
    let what = match failure.kind {
        FailureKind::Denied => format!("no permission to read {}", source.words()),
        FailureKind::Credentials => "no valid credentials".to_owned(),
        FailureKind::WrongAccount => "wrong account".to_owned(),
        _ => format!("cannot read {}", source.words()),
    };
    let mut lines = vec![
        (severity(failure), what),
        (Health::Stopped, failure.message.clone()),
        (Health::Stopped, format!("→ {}", failure.hint())),
    ];
    lines.extend(next_try(app, source).map(|next| (Health::Stopped, next)));
    lines
}
