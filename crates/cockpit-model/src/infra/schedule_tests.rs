//! Random graphs, outcomes and orders of events: what the schedule promises holds in all of them.

use super::around::Around;
use super::guard::{Guard, Lift};
use super::message::{Message, Summary};
use super::run::{LiftPhase, Phase, RunState};
use super::run_event::{Goal, PlanRef, RunEnd, RunEvent, Started, Step, UnitEnd, What, Who};
use super::schedule::{Decision, decide, have_waited, refused, to_retry, wait_in_vain, waits};
use super::unit::{Tool, Unit};
use jiff::Timestamp;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The fate of a unit when it is worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Applied,
    Empty,
    /// `init` fails while what it needs is not done, and works then.
    EarlyInitFails,
    InitFails,
    PlanFails,
    ApplyFails,
    StaleOnce,
    /// The resources that it destroys are guarded; the plan that lifts that is empty for every second one.
    Guarded,
    /// Its plan is made on outputs that were made up.
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

fn who() -> Who {
    Who { user: "ana".into(), host: "desk".into(), pid: 1 }
}

#[derive(Debug, Clone)]
pub(super) struct Case {
    /// The fate of each unit; unit 3 is `u3`.
    fates: Vec<Fate>,
    /// Whether the unit needs another: only ones before it, so that there is no cycle.
    edges: Vec<bool>,
    goal: Goal,
    parallelism: u32,
    serial_init: bool,
    /// Units of Terragrunt, those of them that were never initialised, and those that may be planned ahead.
    ways: Vec<(bool, bool, bool)>,
    /// Which of what is under way ends next.
    order: Vec<usize>,
    /// After so many ends of steps it is cancelled.
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

/// Units that are applied one behind the other.
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

/// A plan that was begun ahead only waits.
fn is_waiting((_, step, early): &(String, Step, bool)) -> bool {
    *step == Step::Plan && *early
}

/// A run in a world where steps end as their fates say.
struct World<'a> {
    case: &'a Case,
    state: RunState,
    under_way: Vec<(String, Step, bool)>,
    stale: BTreeSet<String>,
    plans: BTreeMap<String, u32>,
}

impl World<'_> {
    fn tell(&mut self, what: What) {
        self.state.fold(&RunEvent { time: Timestamp::UNIX_EPOCH, what });
    }

    fn fate(&self, name: &str) -> Fate {
        self.case.fates[name[1..].parse::<usize>().unwrap()]
    }

    /// Carries out what is decided until nothing more is. Whether the run is over.
    fn go(&mut self) -> bool {
        loop {
            let decisions = decide(&self.state);
            if decisions.is_empty() {
                let in_vain: Vec<String> = wait_in_vain(&self.state).into_iter().map(str::to_owned).collect();
                if in_vain.is_empty() {
                    return false;
                }
                for unit in in_vain {
                    self.under_way.retain(|(name, ..)| *name != unit);
                    self.tell(What::StepEnded { unit, step: Step::Plan, code: None, failed: Some("in vain".into()) });
                }
                continue;
            }
            for decision in decisions {
                match decision {
                    Decision::EndRun(end) => {
                        assert!(self.under_way.is_empty(), "it is over while something is under way");
                        self.tell(What::Ended { end });
                        return true;
                    }
                    Decision::End { unit, end } => {
                        assert!(!self.under_way.iter().any(|(name, ..)| *name == unit), "{unit} is under way");
                        self.tell(What::UnitEnded { unit, end });
                    }
                    Decision::Lifted { unit } => {
                        assert_eq!(self.case.goal, Goal::Destroy);
                        self.tell(What::Lifted { unit });
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
        assert!(!early || step == Step::Init || (step == Step::Plan && self.state.ahead.contains(unit)));
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
            assert_eq!(state.approved.as_ref().map(|(hash, _)| hash), Some(&plan.sha256), "not what was approved");
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
        self.tell(What::Step { unit: unit.to_owned(), step, pid: None, early });
        if step == Step::Apply {
            for text in ["its version", "what it does"] {
                let message = Message::Log { text: text.into() };
                self.tell(What::Said { unit: unit.to_owned(), step, message });
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

    /// A step comes to its end.
    fn end(&mut self, at: usize) {
        let (unit, step, early) = self.under_way.remove(at);
        let fate = self.fate(&unit);
        let failed = match (step, fate) {
            // What was never initialised is by its plan.
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
                self.tell(What::StepEnded { unit: unit.clone(), step, code: None, failed: None });
                let guards = vec![Guard { address: "aws_lb.a".into(), what: Lift::Protection }];
                self.tell(What::Guarded { unit, guards });
                return;
            }
            let odd = unit.ends_with(['1', '3', '5', '7']);
            let empty = fate == Fate::Empty || (lift == LiftPhase::Wanted && odd);
            let plan = PlanRef { empty, on_mocks: fate == Fate::OnMocks, ..plan(&format!("{unit}-{number}")) };
            self.tell(What::PlanReady { unit: unit.clone(), plan });
        }
        let stale = step == Step::Apply && fate == Fate::StaleOnce && self.stale.insert(unit.clone());
        let failed = (failed || stale).then(|| "it failed".to_owned());
        self.tell(What::StepEnded { unit: unit.clone(), step, code: None, failed });
        if stale {
            self.tell(What::PlanStale { unit, why: "the state has changed".into() });
        }
    }

    /// A person approves whatever waits.
    fn approve(&mut self) {
        let waiting: Vec<(String, String)> =
            self.state.to_review().map(|(name, plan)| (name.to_owned(), plan.sha256.clone())).collect();
        for (unit, sha256) in waiting {
            if refused(&self.state, &unit, &sha256).is_none() {
                self.tell(What::Approved { unit, sha256, by: who() });
            }
        }
    }
}

/// A plan with this hash.
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

/// The first event of a case.
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
    world.tell(What::Started(Box::new(started(case))));
    let of = |so: fn(&(bool, bool, bool)) -> bool| -> Vec<String> {
        (0..case.ways.len()).filter(|at| case.ways[*at].0 && so(&case.ways[*at])).map(|at| format!("u{at}")).collect()
    };
    let ahead = if case.goal == Goal::Apply { of(|ways| ways.2) } else { Vec::new() };
    world.tell(What::Prepared { fresh: of(|ways| ways.1), ahead });
    let mut retried = !then_retry;
    for turn in 0..1000 {
        if world.go() {
            if retried {
                return world.state;
            }
            retried = true;
            let units = to_retry(&world.state).unwrap_or_default();
            world.tell(What::Retried { units, by: who() });
            continue;
        }
        if case.cancel == Some(turn) && !retried {
            world.tell(What::CancelAsked { by: who(), hard: false });
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
    fn a_failure_blocks_what_depends_on_it_and_nothing_else(case in case()) {
        let case = Case { cancel: None, ..case };
        let state = ended(&case, false);
        let world = World { case: &case, state: state.clone(), under_way: vec![], stale: BTreeSet::new(), plans: BTreeMap::new() };
        let fails = |name: &str| match world.fate(name) {
            Fate::InitFails | Fate::PlanFails => true,
            // What was made up is never applied.
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
    fn a_run_that_is_cancelled_and_tried_again_comes_to_its_end(case in case()) {
        let state = ended(&case, true);
        prop_assert!(state.units.values().all(|unit| unit.phase == Phase::Ended));
        let again = state.units.values().any(|unit| matches!(unit.end, Some(UnitEnd::Cancelled { .. })));
        prop_assert!(!again, "what was cancelled was tried again");
    }
}

#[test]
fn a_plan_whose_time_has_come_is_told_to_go_on_until_it_ends() {
    let mut state = RunState::default();
    let mut tell = |what| {
        state.fold(&RunEvent { time: Timestamp::UNIX_EPOCH, what });
        let told: Vec<String> = have_waited(&state).into_iter().map(str::to_owned).collect();
        (told, state.units.get("u0").is_some_and(waits))
    };
    let plans = |unit: &str, early| What::Step { unit: unit.into(), step: Step::Plan, pid: None, early };
    tell(What::Prepared { fresh: Vec::new(), ahead: vec!["u0".into()] });
    assert_eq!(tell(plans("u1", false)), (Vec::new(), false), "it is never begun ahead");
    assert_eq!(tell(plans("u0", true)), (Vec::new(), true), "what it needs is not done");
    assert_eq!(tell(plans("u0", false)), (vec!["u0".to_owned()], false));
    tell(What::CancelAsked { by: who(), hard: false });
    assert_eq!(tell(plans("u0", false)), (vec!["u0".to_owned()], false), "a cancel has to reach it");
    let ended = What::StepEnded { unit: "u0".into(), step: Step::Plan, code: None, failed: None };
    assert_eq!(tell(ended), (Vec::new(), false));
}

#[test]
fn only_the_plan_that_was_read_is_approved() {
    let case = applied(vec![false], (false, false, false));
    let state = ended(&case, false);
    assert!(refused(&state, "u0", "u0-1").is_some(), "it is applied");
    assert!(refused(&state, "other", "u0-1").is_some_and(|why| why.contains("no unit other")));
}
