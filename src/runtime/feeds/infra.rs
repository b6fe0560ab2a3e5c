//! Finds units, begins runs over them, and reads plans.

use super::means::FeedContext;
use super::runs::kept;
use super::trouble::{failed, of_trouble};
use super::{infra_look, infra_make, infra_move, infra_state};
use crate::feeds::infra::{Ask, Fact, Locked, Units};
use crate::feeds::part::Part;
use crate::feeds::runs::Place;
use crate::infra::needed::still_needed;
use crate::infra::prevented::prevented;
use crate::infra::run::events::Reader;
use crate::infra::run::{left, ordered, start};
use crate::infra::{Access, Discovered, Look, each, locks, uses};
use crate::model::Failure;
use crate::model::infra::RunState;
use crate::model::infra::lock::Lock;
use crate::model::infra::plan::Plan;
use crate::model::infra::question::unbound;
use crate::model::infra::run_event::Goal;
use crate::model::text::quoted;
use crate::runtime::audit;
use jiff::Timestamp;
use std::path::Path;
use std::time::Duration;

/// How long AWS may take to say whose account it is, where nothing is refused for that.
const LIMIT: Duration = Duration::from_secs(15);

/// Does what is asked.
pub(super) async fn answer(means: &FeedContext, ask: Ask) {
    let done = match ask {
        Ask::Discover => found(means).await.map(|found| Fact::Units(units(found))),
        Ask::Begin { place, goal, units, replace, targets, account, command } => {
            begin(means, &place, goal, Over { units, replace, targets }, account, command).await
        }
        Ask::Locks { units } => locks(means, &units).await,
        Ask::Unlock { place, lock } => unlock(means, &place, lock).await,
        Ask::Orphans { run } => orphans(means, &run).await,
        Ask::Look { place, what, units } => infra_look::answer(means, &place, what, &units).await,
        Ask::Kept { units } => infra_make::kept(means, &units).await,
        Ask::Push { place, kept } => infra_make::push(means, &place, kept).await,
        Ask::Movable { place, units, bucket } => infra_move::look(means, &place, &units, bucket).await,
        Ask::Move { place, states } => infra_move::moved(means, &place, &states).await,
        Ask::Workspaces { place, units } => infra_make::workspaces(means, &place, &units).await,
        Ask::Make { make, units } => infra_make::made(means, make, &units).await,
        Ask::Declared { units } => infra_state::declared(means, &units).await,
        Ask::Attributes { unit, address } => infra_state::attributes(means, unit, address).await,
        Ask::Written { run, unit } => infra_state::written(run, unit).await,
        Ask::Clean { place, units, paths } => infra_look::clean(means, &place, &units, paths).await,
        Ask::Plan { unit, sha256, path } => {
            let read = tokio::task::spawn_blocking(move || plan(&path)).await;
            let plan = read.unwrap_or_else(|_| Err(failed("the plan cannot be read: an internal fault".to_owned())));
            plan.map(|plan| Fact::Plan { unit, sha256, plan: Box::new(plan) })
        }
    };
    let part = match done {
        Ok(fact) => Part::Last(fact),
        Err(failure) => Part::Failed(failure),
    };
    means.send(part).await;
}

async fn found(means: &FeedContext) -> Result<Discovered, Failure> {
    infra_look::discovered(means, Look::default()).await
}

/// The units that a run is to cover, and the resources that it replaces or targets.
struct Over {
    units: Vec<String>,
    replace: Vec<String>,
    targets: Vec<String>,
}

/// Begins a run over the units as they are now.
async fn begin(
    means: &FeedContext,
    place: &Place,
    goal: Goal,
    over: Over,
    account: Option<String>,
    command: String,
) -> Result<Fact, Failure> {
    let runs = kept(place)?;
    let environment = infra_look::opened(means)?;
    let all = found(means).await?;
    let mut shown = Units { graph: all.graph.clone(), warnings: all.warnings.clone() };
    let found = all.only(&over.units).map_err(|trouble| of_trouble(&trouble))?;
    let mut order = ordered::order(&found, environment, goal, audit::who(), command);
    (order.account, order.replace, order.targets) = (account, over.replace, over.targets);
    if goal == Goal::Destroy {
        shown.warnings.extend(needed(&found, !order.targets.is_empty()).await?);
    }
    if order.account.is_none() && goal.applies() && !place.simulated && order.units.iter().any(uses::aws) {
        match unnamed(means).await {
            Ok(account) => order.account = Some(account),
            Err(why) => shown.warnings.push(unbound(&environment.name, &why)),
        }
    }
    let begun = start::start(&start::this_program(), &runs, &order, Timestamp::now()).await;
    let folder = begun.map_err(|error| failed(format!("the run cannot be started: {}", error.words())))?;
    Ok(Fact::Began(folder, shown))
}

/// The account of an environment that names none, or why AWS does not say it.
async fn unnamed(means: &FeedContext) -> Result<String, String> {
    let session = means.session.as_ref().ok_or("no environment is opened")?;
    let asked = tokio::time::timeout(LIMIT, Box::pin(session.account())).await;
    asked.map_err(|_| "AWS does not answer".to_owned())?.map_err(|failure| failure.message)
}

/// Refuses to destroy what others still need, and what code forbids destroying; says what is not known of them. Of a part alone
/// nobody knows whether it is that.
async fn needed(found: &Discovered, part: bool) -> Result<Vec<String>, Failure> {
    let needed = Box::pin(still_needed(found)).await;
    let mut warnings = needed.warnings();
    match needed.refused() {
        Some(trouble) if part => warnings.extend(trouble.causes),
        Some(trouble) => return Err(of_trouble(&trouble)),
        None => {}
    }
    let prevented = if part { None } else { Box::pin(prevented(found)).await.refused() };
    prevented.map_or(Ok(warnings), |trouble| Err(of_trouble(&trouble)))
}

/// Locks of the states of these units.
async fn locks(means: &FeedContext, chosen: &[String]) -> Result<Fact, Failure> {
    let found = found(means).await?.only(chosen).map_err(|trouble| of_trouble(&trouble))?;
    let (mut locked, mut said) = (Vec::new(), Vec::new());
    for (unit, lock) in each(&found, |access| async move { locks::look(&access).await }).await {
        match lock {
            Ok(None) => {}
            Ok(Some(lock)) => {
                let alive = locks::alive(&lock, &found.surroundings).await;
                let lock = lock.in_words();
                locked.push(Locked {
                    unit: unit.name.clone(),
                    gone: alive == locks::Alive::Gone,
                    alive: alive.sentence(),
                    id: lock.id,
                    who: lock.who,
                    operation: lock.operation,
                    since: lock.created,
                });
            }
            Err(trouble) => said.push(format!("{}: {}", unit.name, trouble.message)),
        }
    }
    Ok(Fact::Locks(locked, said))
}

/// Releases a lock, and writes it into the audit file.
async fn unlock(means: &FeedContext, place: &Place, lock: Locked) -> Result<Fact, Failure> {
    let name = infra_look::opened(means)?.name.clone();
    let all = found(means).await?;
    let unit = all.graph.unit(&lock.unit).ok_or_else(|| failed(format!("there is no unit {}", lock.unit)))?;
    let held = Lock { id: lock.id, who: lock.who, operation: lock.operation, created: lock.since };
    locks::release(&Access::new(&all, unit), &held).await.map_err(|trouble| of_trouble(&trouble))?;
    let typed = format!("cockpit infra unlock {name} --unit {}", quoted(&lock.unit));
    let after = serde_json::json!({ "unit": lock.unit, "lock": held.id, "held_by": held.who });
    infra_make::record(means, place, &all, &typed, after, None)
        .map_err(|error| failed(format!("the lock is released; the audit file does not have it: {error}")))?;
    Ok(Fact::Unlocked(lock.unit))
}

/// The resources that a run may have left behind, in lines.
async fn orphans(means: &FeedContext, run: &Path) -> Result<Fact, Failure> {
    let unread = |error: std::io::Error| failed(format!("the run in {} cannot be read: {error}", run.display()));
    let events = Reader::new(0).read_all(run).map_err(unread)?;
    let state = RunState::of(&events.events);
    let session = means.session.as_ref().ok_or_else(|| failed("no environment is opened".to_owned()))?;
    let account = means.environment.as_deref().and_then(|environment| environment.account.as_deref());
    let looked = crate::runtime::orphans::look(session, account, run, &state).await.map_err(unread)?;
    let mut lines: Vec<String> = looked
        .orphans
        .iter()
        .map(|(orphan, found)| format!("{}: {}: {}", orphan.unit, orphan.title(), found.words()))
        .collect();
    if let Some(file) = looked.imports {
        lines.push(format!(
            "import blocks are in {}; `cockpit infra orphans --write` puts them into the units",
            file.display()
        ));
    }
    for unit in state.started.iter().flat_map(|started| &started.units) {
        lines.extend(left::errored(unit).into_iter().map(|file| {
            format!(
                "{}: a state could not be written and is kept in {}: U shows it and pushes it",
                unit.name,
                file.display()
            )
        }));
    }
    Ok(Fact::Orphans(lines))
}

fn units(found: Discovered) -> Units {
    Units { graph: found.graph, warnings: found.warnings }
}

fn plan(path: &Path) -> Result<Plan, Failure> {
    let bytes = std::fs::read(path)
        .map_err(|error| failed(format!("the plan in {} cannot be read: {error}", path.display())))?;
    serde_json::from_slice(&bytes)
        .map_err(|_| failed(format!("the plan in {} was not written by this version: plan again", path.display())))
}
