//! Estimated durations of changes, from earlier runs of the environment, by resource type and action.

use super::RunState;
use super::message::Action;
use super::plan::{Plan, resource_of, type_of};
use super::run::{Phase, ResourcePhase, UnitState};
use super::unit::Graph;
use std::collections::{BTreeMap, HashMap};

/// Number of the latest durations of a type that are kept.
const MAX_DURATIONS: usize = 20;

/// Durations of changes in seconds, the latest first, by type and action.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    times: BTreeMap<(String, Action), Vec<u64>>,
}

impl History {
    /// Adds a run; runs must be added from newest to oldest.
    pub fn add(&mut self, run: &RunState) {
        for (address, resource) in run.units.values().flat_map(|unit| &unit.resources) {
            if resource.phase != ResourcePhase::Done {
                continue;
            }
            let times = self.times.entry((kind(address), resource.action)).or_default();
            if times.len() < MAX_DURATIONS {
                times.push(resource.elapsed);
            }
        }
    }

    /// Scales the durations for a clock that runs `speed` times faster, as in a demo.
    #[must_use]
    pub fn scaled(mut self, speed: f64) -> Self {
        for time in self.times.values_mut().flatten() {
            *time = (*time as f64 * speed).round() as u64;
        }
        self
    }

    /// Returns the usual duration of a resource change in seconds (the median); `None` if there is none yet.
    pub fn usual_duration(&self, address: &str, action: Action) -> Option<u64> {
        let mut times = self.times.get(&(kind(address), action))?.clone();
        times.sort_unstable();
        times.get(times.len() / 2).copied()
    }

    /// Returns the duration of a plan's changes along their dependencies; `None` if no change has a known duration.
    pub fn plan_duration(&self, plan: &Plan) -> Option<u64> {
        let mut known = false;
        let mut own: HashMap<String, u64> = HashMap::new();
        for change in &plan.changes {
            let usual = self.usual_duration(&change.address, change.action);
            known |= usual.is_some();
            let longest = own.entry(resource_of(&change.address)).or_default();
            *longest = (*longest).max(usual.unwrap_or(0));
        }
        let mut ends: Vec<Option<u64>> = vec![None; plan.resources.len()];
        let longest = (0..plan.resources.len()).map(|at| end(plan, &own, &mut ends, at, 0)).max().unwrap_or(0);
        let longest_single = own.values().copied().max().unwrap_or(0);
        known.then_some(longest.max(longest_single))
    }

    /// Returns the seconds until a run ends, along the dependencies of its units; `usual` gives the total duration of a
    /// unit. `None` if nothing is known about the remaining units. A plan that waits for approval counts as approved
    /// now.
    pub fn remaining_seconds(
        run: &RunState,
        graph: &Graph,
        usual: impl Fn(&str) -> Option<u64>,
        now: i64,
    ) -> Option<u64> {
        let mut known = false;
        let mut ends: HashMap<&str, u64> = HashMap::new();
        let mut longest = 0;
        for unit in graph.waves().into_iter().flatten() {
            let Some(state) = run.units.get(&unit.name) else { continue };
            let own = match state.phase {
                Phase::Ended => 0,
                Phase::Queued | Phase::Init | Phase::Planning | Phase::Review | Phase::Approved | Phase::Applying => {
                    let usual = usual(&unit.name);
                    known |= usual.is_some();
                    usual.unwrap_or(0).saturating_sub(spent(state, now))
                }
            };
            let begins =
                unit.depends_on.iter().filter_map(|needs| ends.get(needs.as_str())).max().copied().unwrap_or(0);
            ends.insert(&unit.name, begins + own);
            longest = longest.max(begins + own);
        }
        known.then_some(longest)
    }
}

/// Resource types whose duration depends entirely on their code.
const CODE_DEFINED: &[&str] = &["terraform_data", "null_resource"];

/// Returns the key under which durations are collected: the resource type or, for [`CODE_DEFINED`] types, the address
/// without its instance keys.
fn kind(address: &str) -> String {
    let resource = resource_of(address);
    let kind = type_of(&resource);
    if CODE_DEFINED.contains(&kind) { resource } else { kind.to_owned() }
}

/// Returns how long a unit has been applying, in seconds.
fn spent(unit: &UnitState, now: i64) -> u64 {
    let since = unit.since.filter(|_| unit.phase == Phase::Applying);
    since.map_or(0, |since| u64::try_from(now - since.as_second()).unwrap_or(0))
}

/// Returns when a resource is done that waits for all its dependencies.
fn end(plan: &Plan, own: &HashMap<String, u64>, ends: &mut [Option<u64>], at: usize, depth: usize) -> u64 {
    // The depth is bounded, and dependencies have no cycles.
    if let Some(known) = ends[at] {
        return known;
    }
    if depth > 2_000 {
        return 0;
    }
    let resource = &plan.resources[at];
    let needs: Vec<usize> =
        resource.needs.iter().map(|needs| *needs as usize).filter(|needs| *needs < plan.resources.len()).collect();
    let begins = needs.into_iter().map(|needs| end(plan, own, ends, needs, depth + 1)).max().unwrap_or(0);
    let end = begins + own.get(&resource.address).copied().unwrap_or(0);
    ends[at] = Some(end);
    end
}

#[cfg(test)]
mod tests {
    use super::super::message::Message;
    use super::super::plan::testing::{change, show};
    use super::super::run_event::{RunEvent, RunEventKind, Step};
    use super::super::testing::unit;
    use super::*;
    use jiff::Timestamp;
    use serde_json::{Value, json};

    fn run(times: &[(&str, u64)]) -> RunState {
        let said = |message| RunEvent {
            time: Timestamp::UNIX_EPOCH,
            what: RunEventKind::Said { unit: "a".into(), step: Step::Apply, message },
        };
        let done = |(address, elapsed): &(&str, u64)| {
            let (address, action) = ((*address).to_owned(), Action::Create);
            said(Message::ApplyDone { address, action, id: None, elapsed: *elapsed })
        };
        RunState::of(&times.iter().map(done).collect::<Vec<_>>())
    }

    fn plan() -> Plan {
        let new = |address: &str| change(address, &["create"], Value::Null, json!({"name": address}));
        let mut shown = show(&[new("aws_db_instance.a"), new("aws_ecs_service.b"), new("aws_s3_bucket.c")]);
        shown["configuration"] = json!({"root_module": {"resources": [
            {"address": "aws_db_instance.a"},
            {"address": "aws_ecs_service.b", "depends_on": ["aws_db_instance.a"]},
            {"address": "aws_s3_bucket.c"},
        ]}});
        Plan::read(&serde_json::to_vec(&shown).unwrap()).unwrap()
    }

    #[test]
    fn usual_duration_is_the_median() {
        let mut history = History::default();
        for elapsed in [240, 250, 9_000] {
            history.add(&run(&[("module.db[0].aws_db_instance.x", elapsed)]));
        }
        assert_eq!(history.usual_duration("aws_db_instance.other", Action::Create), Some(250));
        assert_eq!(history.usual_duration("aws_db_instance.other", Action::Delete), None);
        assert_eq!(history.usual_duration("aws_vpc.a", Action::Create), None);
        history.add(&run(&[("terraform_data.slow", 90), ("terraform_data.quick[0]", 2)]));
        let usual = |history: &History, address| history.usual_duration(address, Action::Create);
        assert_eq!(usual(&history, "terraform_data.quick[1]"), Some(2), "its duration depends on its code");
        let faster = history.scaled(20.0);
        assert_eq!(
            (usual(&faster, "terraform_data.slow"), usual(&faster, "aws_db_instance.x")),
            (Some(1_800), Some(5_000))
        );
    }

    #[test]
    fn plan_duration_follows_the_dependencies() {
        let mut history = History::default();
        assert_eq!(history.plan_duration(&plan()), None, "nothing is known");
        history.add(&run(&[("aws_db_instance.x", 240), ("aws_ecs_service.x", 60), ("aws_s3_bucket.x", 2)]));
        assert_eq!(history.plan_duration(&plan()), Some(300));
    }

    #[test]
    fn remaining_time_follows_the_units_minus_elapsed_time() {
        let mut history = History::default();
        history.add(&run(&[("aws_db_instance.x", 240), ("aws_ecs_service.x", 60)]));
        let whole = |_: &str| history.plan_duration(&plan());
        let graph = Graph::new(vec![unit("a", &[]), unit("b", &["a"])]).unwrap();
        let mut state = RunState::default();
        let applying = UnitState {
            phase: Phase::Applying,
            since: Some(Timestamp::from_second(1_000).unwrap()),
            ..UnitState::default()
        };
        state.units.insert("a".into(), applying);
        state.units.insert("b".into(), UnitState::default());
        assert_eq!(History::remaining_seconds(&state, &graph, whole, 1_100), Some(500));
        // A unit that exceeds its usual duration counts as almost done.
        assert_eq!(History::remaining_seconds(&state, &graph, whole, 9_000), Some(300));
        assert_eq!(History::remaining_seconds(&state, &graph, |_| None, 1_100), None);
    }
}
