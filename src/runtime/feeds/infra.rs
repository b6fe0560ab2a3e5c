//! Finds units, starts runs over them, and reads plans.

use super::context::FeedContext;
use super::errors::{failure_from, of_trouble};
use super::runs::runs_folder;
use super::{infra_changes, infra_inspect, infra_move, infra_state};
use crate::feeds::infra::{Ask, Fact, StateLock, Units};
use crate::feeds::part::Part;
use crate::feeds::runs::Place;
use crate::infra::dependents::still_needed;
use crate::infra::prevent_destroy::find_prevented;
use crate::infra::run::events::Reader;
use crate::infra::run::{ordered, start, unwritten_states};
use crate::infra::{Access, DiscoverOptions, Discovered, aws_use, locks, query_each};
use crate::model::Failure;
use crate::model::infra::RunState;
use crate::model::infra::lock::Lock;
use crate::model::infra::plan::Plan;
use crate::model::infra::question::unbound_warning;
use crate::model::infra::run_event::Goal;
use crate::model::text::shell_quote;
use crate::runtime::audit;
use jiff::Timestamp;
use std::path::Path;
use std::time::Duration;

/// How long to wait for the account ID if nothing is refused without it.
const LIMIT: Duration = Duration::from_secs(15);

/// Answers a question about units.
pub(super) async fn answer(context: &FeedContext, ask: Ask) {
    let done = match ask {
        Ask::Discover => found(context).await.map(|found| Fact::Units(units(found))),
        Ask::Begin { place, goal, units, replace, targets, account, command } => {
            begin(context, &place, goal, Selection { units, replace, targets }, account, command).await
        }
        Ask::Locks { units } => locks(context, &units).await,
        Ask::Unlock { place, lock } => unlock(context, &place, lock).await,
        Ask::Orphans { run } => orphans(context, &run).await,
        Ask::Inspect { place, what, units } => infra_inspect::answer(context, &place, what, &units).await,
        Ask::UnpushedStates { units } => infra_changes::unwritten_states(context, &units).await,
        Ask::Push { place, kept } => infra_changes::push(context, &place, kept).await,
        Ask::Movable { place, units, bucket } => infra_move::movable_states(context, &place, &units, bucket).await,
        Ask::Move { place, states } => infra_move::move_states(context, &place, &states).await,
        Ask::Workspaces { place, units } => infra_changes::workspaces(context, &place, &units).await,
        Ask::Change { change: make, units } => infra_changes::apply_change(context, make, &units).await,
        Ask::Declared { units } => infra_state::declared(context, &units).await,
        Ask::Attributes { unit, address } => infra_state::attributes(context, unit, address).await,
        Ask::Written { run, unit } => infra_state::output_of_unit(run, unit).await,
        Ask::Clean { place, units, paths } => infra_inspect::clean(context, &place, &units, paths).await,
        Ask::Plan { unit, sha256, path } => {
            let read = tokio::task::spawn_blocking(move || plan(&path)).await;
            let plan =
                read.unwrap_or_else(|_| Err(failure_from("the plan cannot be read: an internal fault".to_owned())));
            plan.map(|plan| Fact::Plan { unit, sha256, plan: Box::new(plan) })
        }
    };
    let part = match done {
        Ok(fact) => Part::Last(fact),
        Err(failure) => Part::Failed(failure),
    };
    context.send(part).await;
}

async fn found(context: &FeedContext) -> Result<Discovered, Failure> {
    infra_inspect::discover_units(context, DiscoverOptions::default()).await
}

/// The units that a run covers, and the resources that it replaces or targets.
struct Selection {
    units: Vec<String>,
    replace: Vec<String>,
    targets: Vec<String>,
}

/// Starts a run over the units in their current state.
async fn begin(
    context: &FeedContext,
    place: &Place,
    goal: Goal,
    selection: Selection,
    account: Option<String>,
    command: String,
) -> Result<Fact, Failure> {
    let runs = runs_folder(place)?;
    let environment = infra_inspect::opened_environment(context)?;
    let all = found(context).await?;
    let mut shown = Units { graph: all.graph.clone(), warnings: all.warnings.clone() };
    let found = all.select(&selection.units).map_err(|trouble| of_trouble(&trouble))?;
    let mut order = ordered::build_order(&found, environment, goal, audit::current_process(), command);
    (order.account, order.replace, order.targets) = (account, selection.replace, selection.targets);
    if goal == Goal::Destroy {
        shown.warnings.extend(destroy_warnings(&found, !order.targets.is_empty()).await?);
    }
    if order.account.is_none() && goal.applies() && !place.simulated && order.units.iter().any(aws_use::mentions_aws) {
        match caller_account(context).await {
            Ok(account) => order.account = Some(account),
            Err(why) => shown.warnings.push(unbound_warning(&environment.name, &why)),
        }
    }
    let started = start::start(&start::this_program(), &runs, &order, Timestamp::now()).await;
    let folder = started.map_err(|error| failure_from(format!("the run cannot be started: {}", error.sentence())))?;
    Ok(Fact::Began(folder, shown))
}

/// Returns the account of an environment that configures none, or why AWS did not return it.
async fn caller_account(context: &FeedContext) -> Result<String, String> {
    let session = context.session.as_ref().ok_or("no environment is opened")?;
    let answer = tokio::time::timeout(LIMIT, Box::pin(session.account())).await;
    answer.map_err(|_| "AWS does not answer".to_owned())?.map_err(|failure| failure.message)
}

/// Refuses to destroy units that others still need, and resources that the code protects from destruction. Returns warnings about
/// facts that could not be determined. With targets it is unknown whether the targeted part is affected, so it only warns.
async fn destroy_warnings(found: &Discovered, targeted: bool) -> Result<Vec<String>, Failure> {
    let needed = Box::pin(still_needed(found)).await;
    let mut warnings = needed.warnings();
    match needed.refusal() {
        Some(trouble) if targeted => warnings.extend(trouble.causes),
        Some(trouble) => return Err(of_trouble(&trouble)),
        None => {}
    }
    let prevented = if targeted { None } else { Box::pin(find_prevented(found)).await.refusal() };
    prevented.map_or(Ok(warnings), |trouble| Err(of_trouble(&trouble)))
}

/// Returns the locks on the states of these units.
async fn locks(context: &FeedContext, chosen: &[String]) -> Result<Fact, Failure> {
    let found = found(context).await?.select(chosen).map_err(|trouble| of_trouble(&trouble))?;
    let (mut locked, mut failures) = (Vec::new(), Vec::new());
    for (unit, lock) in query_each(&found, |access| async move { locks::find_lock(&access).await }).await {
        match lock {
            Ok(None) => {}
            Ok(Some(lock)) => {
                let alive = locks::holder_state(&lock, &found.child_environment).await;
                let lock = lock.with_placeholders();
                locked.push(StateLock {
                    unit: unit.name.clone(),
                    is_stale: alive == locks::HolderState::Gone,
                    alive: alive.sentence(),
                    id: lock.id,
                    holder: lock.who,
                    operation: lock.operation,
                    since: lock.created,
                });
            }
            Err(trouble) => failures.push(format!("{}: {}", unit.name, trouble.message)),
        }
    }
    Ok(Fact::Locks(locked, failures))
}

/// Releases a lock, and records it in the audit file.
async fn unlock(context: &FeedContext, place: &Place, lock: StateLock) -> Result<Fact, Failure> {
    let name = infra_inspect::opened_environment(context)?.name.clone();
    let all = found(context).await?;
    let unit = all.graph.unit(&lock.unit).ok_or_else(|| failure_from(format!("there is no unit {}", lock.unit)))?;
    let held = Lock { id: lock.id, who: lock.holder, operation: lock.operation, created: lock.since };
    locks::release(&Access::new(&all, unit), &held).await.map_err(|trouble| of_trouble(&trouble))?;
    let command_line = format!("cockpit infra unlock {name} --unit {}", shell_quote(&lock.unit));
    let after = serde_json::json!({ "unit": lock.unit, "lock": held.id, "held_by": held.who });
    infra_changes::record(context, place, &all, &command_line, after, None)
        .map_err(|error| failure_from(format!("the lock is released; the audit file does not have it: {error}")))?;
    Ok(Fact::Unlocked(lock.unit))
}

/// Returns the resources that a run may have left behind, as lines.
async fn orphans(context: &FeedContext, run: &Path) -> Result<Fact, Failure> {
    let unread = |error: std::io::Error| failure_from(format!("the run in {} cannot be read: {error}", run.display()));
    let events = Reader::new(0).read_all(run).map_err(unread)?;
    let state = RunState::of(&events.events);
    let session = context.session.as_ref().ok_or_else(|| failure_from("no environment is opened".to_owned()))?;
    let account = context.environment.as_deref().and_then(|environment| environment.account.as_deref());
    let look_up = crate::runtime::orphans::find_orphans(session, account, run, &state).await.map_err(unread)?;
    let mut lines: Vec<String> = look_up
        .orphans
        .iter()
        .map(|(orphan, found)| format!("{}: {}: {}", orphan.unit, orphan.title(), found.describe()))
        .collect();
    if let Some(file) = look_up.imports {
        lines.push(format!(
            "import blocks are in {}; `cockpit infra orphans --write` puts them into the units",
            file.display()
        ));
    }
    for unit in state.started.iter().flat_map(|started| &started.units) {
        lines.extend(unwritten_states::errored_states(unit).into_iter().map(|file| {
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
        .map_err(|error| failure_from(format!("the plan in {} cannot be read: {error}", path.display())))?;
    serde_json::from_slice(&bytes).map_err(|_| {
        failure_from(format!("the plan in {} was not written by this version: plan again", path.display()))
    })
}
