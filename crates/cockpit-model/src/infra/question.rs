//! The text of the question whether to apply plans: where they apply, what each plan is bound to, how old they are, and
//! what else to consider before answering. The commands and the screen use the same text.

use super::data_loss::Loss;
use super::plan::text::counts;
use super::run::{RunState, UnitState};
use super::run_event::{PlanRef, Revision};
use super::state_endpoint::EndpointVariables;
use crate::time::{clock, short};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Returns where the plans of a run would be applied.
pub fn place(run: &RunState, world: &EndpointVariables) -> String {
    let started = run.started.as_ref();
    started.map(|started| environment(&started.environment, started.account.as_deref(), world)).unwrap_or_default()
}

/// Formats the target of a change: `environment staging · account 123456789012 · at http://127.0.0.1:4566`. Without an
/// endpoint it is AWS itself.
pub fn environment(name: &str, account: Option<&str>, world: &EndpointVariables) -> String {
    let account = account.map(|account| format!("account {account}"));
    let endpoint = (!world.is_aws()).then(|| format!("at {}", world.key()));
    let parts = [Some(format!("environment {name}")), account, endpoint];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Formats the counts of a plan, its hash, and its creation time: `network  +2 ~1 -0  plan 0123456789ab of 14:02:31`.
pub fn plan(name: &str, unit: &UnitState, bound: &PlanRef, zone: &TimeZone) -> String {
    let hash: String = bound.sha256.chars().take(12).collect();
    let created = unit.since.map(|since| format!(" of {}", clock(since, zone))).unwrap_or_default();
    format!("{name}  {}  plan {hash}{created}", counts(&bound.summary))
}

/// Formats workspace and revision: `workspace dev · 9f3c2e1 with uncommitted changes`. Several environments may share
/// the code, and a plan may come from code that is not committed.
pub fn workspace_and_revision(run: &RunState, name: &str, bound: &PlanRef) -> String {
    let started = run.started.as_ref();
    let of = started.and_then(|started| started.units.iter().find(|unit| unit.name == name));
    let workspace = of.and_then(|unit| unit.workspace.as_ref()).map(|workspace| format!("workspace {workspace}"));
    let revision = bound.revision.as_ref().or(started.and_then(|started| started.revision.as_ref()));
    let revision = revision.map_or_else(|| "of a revision that is not known".to_owned(), Revision::describe);
    [workspace, Some(revision)].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Returns a sentence with the age of the plans of these units.
pub fn age<'a>(run: &RunState, names: impl IntoIterator<Item = &'a str>, now: Timestamp) -> String {
    let since: Vec<Timestamp> = names.into_iter().filter_map(|name| run.units.get(name)?.since).collect();
    let (Some(first), Some(last)) = (since.iter().min(), since.iter().max()) else { return String::new() };
    let ago = |at: &Timestamp| short(now.duration_since(*at));
    match since.as_slice() {
        [_] => format!("The plan is {} old.", ago(first)),
        _ if ago(first) == ago(last) => format!("The plans are {} old.", ago(first)),
        _ => format!("The oldest plan is {} old, the newest {}.", ago(first), ago(last)),
    }
}

/// Returns plans that wait for approval and can be approved.
pub fn waiting(run: &RunState) -> impl Iterator<Item = (&str, &PlanRef)> {
    run.to_review().filter(|(_, plan)| !plan.on_mocks && !plan.empty)
}

/// Returns a sentence on other plans that wait: `Waits too, and is not asked for here: network`; `None` if there are
/// none.
pub fn other_waiting_plans(run: &RunState, names: &[&str]) -> Option<String> {
    let others: Vec<&str> = waiting(run).map(|(unit, _)| unit).filter(|unit| !names.contains(unit)).collect();
    (!others.is_empty()).then(|| format!("Waits too, and is not asked for here: {}", others.join(", ")))
}

/// Returns a note that the plan is not the one that was approved before, and why; `None` if no earlier plan was
/// approved.
pub fn stale(unit: &UnitState, zone: &TimeZone) -> Option<String> {
    let stale = unit.stale.as_ref().filter(|_| unit.end.is_none())?;
    let at = stale.approved.map(|at| format!(" at {}", clock(at, zone))).unwrap_or_default();
    let another = if unit.plan.is_some() { "another plan than" } else { "planned again, and not" };
    Some(format!("{another} the one approved by {}{at}: {}", stale.by.user, stale.why))
}

/// Returns a warning that the plans are not bound to an account.
pub fn unbound_warning(environment: &str, why: &str) -> String {
    format!(
        "AWS does not say whose account this is, so that credentials of another one could apply the plans: {why}; with `account` of \
         {environment} in the configuration that is refused"
    )
}

/// Returns a sentence on the data that is lost with a destroyed resource.
pub fn loss_sentence(loss: &Loss) -> String {
    format!("lost with {}", loss.sentence())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::run_event::{Actor, Goal, RunEvent, RunEventKind, Started, Step};
    use crate::infra::testing::unit;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn who() -> Actor {
        Actor { user: "ana".into(), host: "desk".into(), pid: 1 }
    }

    fn started(account: Option<&str>) -> RunEvent {
        let mut net = unit("net", &[]);
        net.workspace = Some("dev".into());
        let started = Started {
            run: "run".into(),
            environment: "lab".into(),
            goal: Goal::Apply,
            units: vec![net, unit("app", &[])],
            targets: Vec::new(),
            replace: Vec::new(),
            by: who(),
            account: account.map(str::to_owned),
            revision: Some(Revision { commit: "9f3c2e1aabbcc".into(), dirty: true }),
            dropped: Vec::new(),
            parallelism: 2,
            guarded: false,
            serial_init: false,
            pid: 2,
        };
        RunEvent { time: at(0), what: RunEventKind::Started(Box::new(started)) }
    }

    fn ready(seconds: i64, unit: &str, hash: &str) -> RunEvent {
        let plan = PlanRef { sha256: hash.repeat(32), ..PlanRef::default() };
        RunEvent { time: at(seconds), what: RunEventKind::PlanReady { unit: unit.into(), plan } }
    }

    #[test]
    fn question_contains_target_workspace_revision_hash_and_age() {
        let run = RunState::of(&[started(Some("123456789012")), ready(60, "net", "ab"), ready(600, "app", "cd")]);
        let world = EndpointVariables::of([("AWS_ENDPOINT_URL".to_owned(), "http://127.0.0.1:4566/".to_owned())]);
        assert_eq!(place(&run, &world), "environment lab · account 123456789012 · at http://127.0.0.1:4566");
        assert_eq!(place(&RunState::of(&[started(None)]), &EndpointVariables::default()), "environment lab");
        let net = &run.units["net"];
        let bound = net.plan.as_ref().unwrap();
        assert_eq!(plan("net", net, bound, &TimeZone::UTC), "net  +0 ~0 -0  plan abababababab of 08:01:00");
        assert_eq!(workspace_and_revision(&run, "net", bound), "workspace dev · 9f3c2e1 with uncommitted changes");
        assert_eq!(age(&run, ["net"], at(120)), "The plan is 1m old.");
        assert_eq!(age(&run, ["net", "app"], at(1200)), "The oldest plan is 19m old, the newest 10m.");
        assert_eq!(other_waiting_plans(&run, &["app"]).as_deref(), Some("Waits too, and is not asked for here: net"));
        assert_eq!(other_waiting_plans(&run, &["app", "net"]), None);
    }

    #[test]
    fn stale_approval_is_kept_until_another_plan_is_approved() {
        let event = |seconds, what| RunEvent { time: at(seconds), what };
        let approved = |seconds, hash: &str| {
            event(seconds, RunEventKind::Approved { unit: "net".into(), sha256: hash.repeat(32), by: who() })
        };
        let why = "the state was changed since it was planned";
        let mut run = RunState::of(&[
            started(None),
            ready(60, "net", "ab"),
            approved(120, "ab"),
            event(130, RunEventKind::Step { unit: "net".into(), step: Step::Apply, pid: None, early: false }),
            event(140, RunEventKind::PlanStale { unit: "net".into(), why: why.into() }),
        ]);
        let stale_note = |run: &RunState| stale(&run.units["net"], &TimeZone::UTC);
        assert_eq!(
            stale_note(&run),
            Some(format!("planned again, and not the one approved by ana at 08:02:00: {why}"))
        );
        // A failure to make the next plan does not affect this.
        run.apply(&event(150, RunEventKind::PlanStale { unit: "net".into(), why: "its supervisor was killed".into() }));
        run.apply(&ready(160, "net", "cd"));
        assert_eq!(stale_note(&run), Some(format!("another plan than the one approved by ana at 08:02:00: {why}")));
        run.apply(&approved(170, "cd"));
        assert_eq!(stale_note(&run), None);
    }
}
