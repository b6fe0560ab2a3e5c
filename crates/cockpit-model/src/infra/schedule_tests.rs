//! Property tests of the schedule with random graphs, outcomes and orders of events.

use super::guard::{Guard, Lift};
use super::message::{Message, Summary};
use super::run::{LiftPhase, Phase, RunState};
use super::run_event::{Actor, Goal, PlanRef, RunEnd, RunEvent, RunEventKind, Started, Step, UnitEnd};
use super::schedule::{
    Decision, decide, is_waiting_early, ready_early_units, rejection_reason, units_to_retry, waiting_in_vain,
};
use super::terragrunt_settings::Around;
use super::unit::{Tool, Unit};
use jiff::Timestamp;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The outcome of working on a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Applied,
    Empty,
    /// `init` fails while its dependencies are not complete, and succeeds then.
    EarlyInitFails,
    InitFails,
    PlanFails,
    ApplyFails,
    StaleOnce,
    /// The resources that it destroys are guarded; the plan that lifts the guards is empty for every second one.
    Guarded,
    /// Its plan is made with mock outputs.
    OnMocks,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Applied),
        1 => Just(Fate::Empty),
        1 => Just(Fate::EarlyInitFails),
        1 => Just(Fate::InitFails),
        1 => Just(Fate::PlanFails),
        1 => Just(Fate::ApplyFails),
        1 => Just(Fate::StaleOnce),
        1 => Just(Fate::Guarded),
        1 => Just(Fate::OnMocks),
    ]
}

fn who() -> Actor {
    Actor { user: "ana".into(), host: "desk".into(), pid: 1 }
}

#[derive(Debug, Clone)]
pub(super) struct Case {
    /// The outcome of each unit; unit 3 is `u3`.
    fates: Vec<Fate>,
    /// Whether the unit depends on another; only on earlier ones, so that there is no cycle.
    edges: Vec<bool>,
    goal: Goal,
    parallelism: u32,
    serial_init: bool,
    /// Terragrunt units, units that were never initialized, and units that may be planned early.
    ways: Vec<(bool, bool, bool)>,
    /// Which step in progress ends next.
    order: Vec<usize>,
    /// It is cancelled after this many ends of steps.
    cancel: Option<usize>,
}

fn case() -> impl Strategy<Value = Case> {
    (1_usize..8).prop_flat_map(|count| {
        (
            proptest::collection::vec(fate(), count),
            proptest::collection::vec(any::<bool>(), count * count),
            prop_oneof![Just(Goal::Apply), Just(Goal::Apply), Just(Goal::Destroy), Just(Goal::Plan)],
            1_u32..5,
            any::<bool>(),
            proptest::collection::vec(any::<(bool, bool, bool)>(), count),
            proptest::collection::vec(0_usize..8, 200),
            proptest::option::weighted(0.3, 0_usize..20),
        )
            .prop_map(|(fates, edges, goal, parallelism, serial_init, ways, order, cancel)| Case {
                fates,
                edges,
                goal,
                parallelism,
                serial_init,
                ways,
                order,
                cancel,
            })
    })
}

/// Units in a chain of dependencies, to be applied.
pub(super) fn applied(edges: Vec<bool>, way: (bool, bool, bool)) -> Case {
    let count = edges.len().isqrt();
    Case {
        fates: vec![Fate::Applied; count],
        edges,
        goal: Goal::Apply,
        parallelism: 1,
        serial_init: false,
        ways: vec![way; count],
        order: vec![0],
        cancel: None,
    }
}

fn units(case: &Case) -> Vec<Unit> {
    let count = case.fates.len();
    let unit = |at: usize| Unit {
        name: format!("u{at}"),
        tool: if case.ways[at].0 { Tool::Terragrunt } else { Tool::Terraform },
        dir: "/u".into(),
        workspace: None,
        var_files: Vec::new(),
        depends_on: (0..at).filter(|other| case.edges[at * count + other]).map(|other| format!("u{other}")).collect(),
        around: Around::default(),
    };
    (0..count).map(unit).collect()
}

/// A plan that was begun early only waits.
fn is_waiting((_, step, early): &(String, Step, bool)) -> bool {
    *step == Step::Plan && *early
}

/// A simulated run whose steps end according to the outcomes.
struct World<'a> {
    case: &'a Case,
    state: RunState,
    under_way: Vec<(String, Step, bool)>,
    stale: BTreeSet<String>,
    plans: BTreeMap<String, u32>,
}

impl World<'_> {
    fn tell(&mut self, what: RunEventKind) {
        self.state.apply(&RunEvent { time: Timestamp::UNIX_EPOCH, what });
    }

    fn fate(&self, name: &str) -> Fate {
        self.case.fates[name[1..].parse::<usize>().unwrap()]
    }

    /// Carries out decisions until there are no more. Returns whether the run has ended.
    fn go(&mut self) -> bool {
        loop {
            let decisions = decide(&self.state);
            if decisions.is_empty() {
                let in_vain: Vec<String> = waiting_in_vain(&self.state).into_iter().map(str::to_owned).collect();
                if in_vain.is_empty() {
                    return false;
                }
                for unit in in_vain {
                    self.under_way.retain(|(name, ..)| *name != unit);
                    let failed = Some("in vain".into());
                    self.tell(RunEventKind::StepEnded { unit, step: Step::Plan, code: None, failed });
                }
                continue;
            }
            for decision in decisions {
                match decision {
                    Decision::EndRun(end) => {
                        assert!(self.under_way.is_empty(), "it is over while something is under way");
                        self.tell(RunEventKind::Ended { end });
                        return true;
                    }
                    Decision::End { unit, end } => {
                        assert!(!self.under_way.iter().any(|(name, ..)| *name == unit), "{unit} is under way");
                        self.tell(RunEventKind::UnitEnded { unit, end });
                    }
                    Decision::Lifted { unit } => {
                        assert_eq!(self.case.goal, Goal::Destroy);
                        self.tell(RunEventKind::Lifted { unit });
                    }
                    Decision::Begin { unit, step, early } => self.begin(&unit, step, early),
                }
            }
        }
    }

    fn begin(&mut self, unit: &str, step: Step, early: bool) {
        assert!(self.state.cancel.is_none(), "{unit} begins after a cancel");
        let waited = self.under_way.iter().position(|under_way| *under_way == (unit.to_owned(), Step::Plan, true));
        if let Some(at) = waited.filter(|_| step == Step::Plan && !early) {
            self.under_way.remove(at);
        }
        assert!(!self.under_way.iter().any(|(name, ..)| *name == unit), "{unit} has two steps at a time");
        assert!(!early || step == Step::Init || (step == Step::Plan && self.state.early_units.contains(unit)));
        if early && step == Step::Plan {
            assert_eq!(self.case.goal, Goal::Apply);
            for need in self.needs(unit) {
                let need = &self.state.units[&need];
                let applied = need.step.as_ref().is_some_and(|step| step.step == Step::Apply && step.end.is_none());
                assert!(applied || need.end.is_some(), "{unit} would wait for a person");
            }
        }
        if !early {
            for need in self.needs(unit) {
                let end = self.state.units[&need].end.clone();
                assert!(
                    matches!(end, Some(UnitEnd::Done | UnitEnd::Unchanged)),
                    "{unit} begins before {need}: {end:?}"
                );
            }
        }
        if step == Step::Apply {
            let state = &self.state.units[unit];
            let plan = state.plan.as_ref().unwrap();
            assert_eq!(state.approved.as_ref().map(|(hash, _)| hash), Some(&plan.sha256), "not the approved plan");
            assert!(self.case.goal.applies() && !plan.on_mocks);
        }
        self.under_way.push((unit.to_owned(), step, early));
        let working = self.under_way.iter().filter(|under_way| !is_waiting(under_way)).count();
        assert!(
            working <= self.case.parallelism as usize
                && self.under_way.len() - working <= self.case.parallelism as usize
        );
        let inits = self.under_way.iter().filter(|(_, step, _)| *step == Step::Init).count();
        assert!(!self.case.serial_init || inits <= 1);
        self.tell(RunEventKind::Step { unit: unit.to_owned(), step, pid: None, early });
        if step == Step::Apply {
            for text in ["its version", "what it does"] {
                let message = Message::Log { text: text.into() };
                self.tell(RunEventKind::Said { unit: unit.to_owned(), step, message });
            }
        }
    }

    fn needs(&self, name: &str) -> Vec<String> {
        let units = units(self.case);
        match self.case.goal {
            Goal::Plan | Goal::Drift => Vec::new(),
            Goal::Apply => units.into_iter().find(|unit| unit.name == name).unwrap().depends_on,
            Goal::Destroy => units
                .into_iter()
                .filter(|unit| unit.depends_on.contains(&name.to_owned()))
                .map(|unit| unit.name)
                .collect(),
        }
    }

    /// Ends a step.
    fn end(&mut self, at: usize) {
        let (unit, step, early) = self.under_way.remove(at);
        let fate = self.fate(&unit);
        let failed = match (step, fate) {
            // A unit that was never initialized is initialized by its plan.
            (Step::Init | Step::Plan, Fate::InitFails)
            | (Step::Plan, Fate::PlanFails)
            | (Step::Apply, Fate::ApplyFails) => true,
            (Step::Init, Fate::EarlyInitFails) => early,
            _ => false,
        };
        if step == Step::Show {
            let number = self.plans.entry(unit.clone()).or_default();
            *number += 1;
            let lift = self.state.units[&unit].lift;
            let guarded = fate == Fate::Guarded && self.case.goal == Goal::Destroy;
            if guarded && lift == LiftPhase::None {
                self.tell(RunEventKind::StepEnded { unit: unit.clone(), step, code: None, failed: None });
                let guards = vec![Guard { address: "aws_lb.a".into(), what: Lift::Protection }];
                self.tell(RunEventKind::Guarded { unit, guards });
                return;
            }
            let odd = unit.ends_with(['1', '3', '5', '7']);
            let empty = fate == Fate::Empty || (lift == LiftPhase::Planned && odd);
            let plan = PlanRef { empty, on_mocks: fate == Fate::OnMocks, ..plan(&format!("{unit}-{number}")) };
            self.tell(RunEventKind::PlanReady { unit: unit.clone(), plan });
        }
        let stale = step == Step::Apply && fate == Fate::StaleOnce && self.stale.insert(unit.clone());
        let failed = (failed || stale).then(|| "it failed".to_owned());
        self.tell(RunEventKind::StepEnded { unit: unit.clone(), step, code: None, failed });
        if stale {
            self.tell(RunEventKind::PlanStale { unit, why: "the state has changed".into() });
        }
    }

    /// Approves all waiting plans.
    fn approve(&mut self) {
        let waiting: Vec<(String, String)> =
            self.state.to_review().map(|(name, plan)| (name.to_owned(), plan.sha256.clone())).collect();
        for (unit, sha256) in waiting {
            if rejection_reason(&self.state, &unit, &sha256).is_none() {
                self.tell(RunEventKind::Approved { unit, sha256, by: who() });
            }
        }
    }
}

/// Returns a plan with this hash.
pub(super) fn plan(sha256: &str) -> PlanRef {
    PlanRef {
        sha256: sha256.to_owned(),
        summary: Summary::default(),
        drifted: 0,
        destroys_stateful: Vec::new(),
        guards: Vec::new(),
        empty: false,
        on_mocks: false,
        shown: "plan.json".into(),
        account: None,
        revision: None,
        code: String::new(),
        dir: None,
    }
}

/// Returns the first event of a case.
pub(super) fn started(case: &Case) -> Started {
    Started {
        run: "r".into(),
        environment: "e".into(),
        goal: case.goal,
        units: units(case),
        targets: Vec::new(),
        replace: Vec::new(),
        by: who(),
        account: None,
        revision: None,
        dropped: Vec::new(),
        parallelism: case.parallelism,
        guarded: false,
        serial_init: case.serial_init,
        pid: 1,
    }
}

/// Runs a case to its end.
fn ended(case: &Case, then_retry: bool) -> RunState {
    let mut world = World {
        case,
        state: RunState::default(),
        under_way: Vec::new(),
        stale: BTreeSet::new(),
        plans: BTreeMap::new(),
    };
    world.tell(RunEventKind::Started(Box::new(started(case))));
    let of = |pick: fn(&(bool, bool, bool)) -> bool| -> Vec<String> {
        (0..case.ways.len()).filter(|at| case.ways[*at].0 && pick(&case.ways[*at])).map(|at| format!("u{at}")).collect()
    };
    let ahead = if case.goal == Goal::Apply { of(|ways| ways.2) } else { Vec::new() };
    world.tell(RunEventKind::Prepared { fresh: of(|ways| ways.1), ahead });
    let mut retried = !then_retry;
    for turn in 0..1000 {
        if world.go() {
            if retried {
                return world.state;
            }
            retried = true;
            let units = units_to_retry(&world.state).unwrap_or_default();
            world.tell(RunEventKind::Retried { units, by: who() });
            continue;
        }
        if case.cancel == Some(turn) && !retried {
            world.tell(RunEventKind::CancelAsked { by: who(), hard: false });
            continue;
        }
        let working: Vec<usize> = (0..world.under_way.len()).filter(|at| !is_waiting(&world.under_way[*at])).collect();
        if working.is_empty() {
            assert!(
                world.state.to_review().next().is_some(),
                "nothing is under way, nothing waits, and it is not over"
            );
        } else {
            let pick = case.order.get(turn % case.order.len()).copied().unwrap_or(0);
            world.end(working[pick % working.len()]);
        }
        world.approve();
    }
    panic!("it does not come to its end: {:?}", world.state);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn failure_blocks_only_its_dependents(case in case()) {
        let case = Case { cancel: None, ..case };
        let state = ended(&case, false);
        let world = World { case: &case, state: state.clone(), under_way: vec![], stale: BTreeSet::new(), plans: BTreeMap::new() };
        let fails = |name: &str| match world.fate(name) {
            Fate::InitFails | Fate::PlanFails => true,
            // Plans with mock outputs are never applied.
            Fate::ApplyFails | Fate::OnMocks => case.goal.applies(),
            _ => false,
        };
        let mut blocked: BTreeSet<String> = BTreeSet::new();
        loop {
            let before = blocked.len();
            for name in state.units.keys() {
                if world.needs(name).iter().any(|need| blocked.contains(need) || fails(need)) {
                    blocked.insert(name.clone());
                }
            }
            if blocked.len() == before { break }
        }
        for (name, unit) in &state.units {
            let end = unit.end.clone().unwrap();
            if end == UnitEnd::Done && world.fate(name) == Fate::Guarded && case.goal == Goal::Destroy {
                prop_assert_eq!(unit.lift, LiftPhase::Done, "it is destroyed after that alone");
            }
            if blocked.contains(name) {
                prop_assert!(matches!(end, UnitEnd::Blocked { .. }), "{name}: {end:?}");
            } else if fails(name) {
                prop_assert!(matches!(end, UnitEnd::Failed { .. }), "{name}: {end:?}");
            } else {
                let wanted = if world.fate(name) == Fate::Empty { UnitEnd::Unchanged } else { UnitEnd::Done };
                prop_assert_eq!(end, wanted);
            }
        }
        let well = state.units.keys().all(|name| !fails(name));
        prop_assert_eq!(state.end.unwrap().1, if well { RunEnd::Done } else { RunEnd::Failed });
    }

    #[test]
    fn cancelled_and_retried_run_ends(case in case()) {
        let state = ended(&case, true);
        prop_assert!(state.units.values().all(|unit| unit.phase == Phase::Ended));
        let again = state.units.values().any(|unit| matches!(unit.end, Some(UnitEnd::Cancelled { .. })));
        prop_assert!(!again, "a cancelled unit was retried");
    }
}

#[test]
fn early_plan_may_proceed_until_it_ends() {
    let mut state = RunState::default();
    let mut tell = |what| {
        state.apply(&RunEvent { time: Timestamp::UNIX_EPOCH, what });
        let may_proceed: Vec<String> = ready_early_units(&state).into_iter().map(str::to_owned).collect();
        (may_proceed, state.units.get("u0").is_some_and(is_waiting_early))
    };
    let plans = |unit: &str, early| RunEventKind::Step { unit: unit.into(), step: Step::Plan, pid: None, early };
    tell(RunEventKind::Prepared { fresh: Vec::new(), ahead: vec!["u0".into()] });
    assert_eq!(tell(plans("u1", false)), (Vec::new(), false), "it is never planned early");
    assert_eq!(tell(plans("u0", true)), (Vec::new(), true), "its dependency is not complete");
    assert_eq!(tell(plans("u0", false)), (vec!["u0".to_owned()], false));
    tell(RunEventKind::CancelAsked { by: who(), hard: false });
    assert_eq!(tell(plans("u0", false)), (vec!["u0".to_owned()], false), "a cancel has to reach it");
    let ended = RunEventKind::StepEnded { unit: "u0".into(), step: Step::Plan, code: None, failed: None };
    assert_eq!(tell(ended), (Vec::new(), false));
}

#[test]
fn only_the_reviewed_plan_can_be_approved() {
    let case = applied(vec![false], (false, false, false));
    let state = ended(&case, false);
    assert!(rejection_reason(&state, "u0", "u0-1").is_some(), "it is applied");
    assert!(rejection_reason(&state, "other", "u0-1").is_some_and(|why| why.contains("no unit other")));
}
