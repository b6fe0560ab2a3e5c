//! How long changes usually take: from what earlier runs of the environment took, by type of resource and what was done to it.

use super::RunState;
use super::message::Action;
use super::plan::{Plan, resource_of, type_of};
use super::run::{Phase, ResourcePhase, UnitState};
use super::unit::Graph;
use std::collections::{BTreeMap, HashMap};

/// How many of the latest times of a type count.
const COUNTED: usize = 20;

/// Times that changes took, in seconds, the latest first, by type and action.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    times: BTreeMap<(String, Action), Vec<u64>>,
}

impl History {
    /// Adds a run that is older than those added before.
    pub fn add(&mut self, run: &RunState) {
        for (address, resource) in run.units.values().flat_map(|unit| &unit.resources) {
            if resource.phase != ResourcePhase::Done {
                continue;
            }
            let times = self.times.entry((kind(address), resource.action)).or_default();
            if times.len() < COUNTED {
                times.push(resource.elapsed);
            }
        }
    }

    /// The same where time passes this many times faster: the clock of a demo.
    #[must_use]
    pub fn scaled(mut self, speed: f64) -> Self {
        for time in self.times.values_mut().flatten() {
            *time = (*time as f64 * speed).round() as u64;
        }
        self
    }

    /// How long a change of a resource usually takes, in seconds: the median. None where none was seen.
    pub fn usual(&self, address: &str, action: Action) -> Option<u64> {
        let mut times = self.times.get(&(kind(address), action))?.clone();
        times.sort_unstable();
        times.get(times.len() / 2).copied()
    }

    /// The duration of a plan's changes, one after the other as they depend on each other. None where nothing is known
    /// of any of them.
    pub fn of_plan(&self, plan: &Plan) -> Option<u64> {
        let mut known = false;
        let mut own: HashMap<String, u64> = HashMap::new();
        for change in &plan.changes {
            let usual = self.usual(&change.address, change.action);
            known |= usual.is_some();
            let longest = own.entry(resource_of(&change.address)).or_default();
            *longest = (*longest).max(usual.unwrap_or(0));
        }
        let mut ends: Vec<Option<u64>> = vec![None; plan.resources.len()];
        let longest = (0..plan.resources.len()).map(|at| end(plan, &own, &mut ends, at, 0)).max().unwrap_or(0);
        let alone = own.values().copied().max().unwrap_or(0);
        known.then_some(longest.max(alone))
    }

    /// Seconds until a run is over, by what each unit usually takes (`whole`): along the units that wait for each other. None
    /// where nothing is known of what is left. A plan that waits for a yes counts as approved now.
    pub fn left(run: &RunState, graph: &Graph, whole: impl Fn(&str) -> Option<u64>, now: i64) -> Option<u64> {
        let mut known = false;
        let mut ends: HashMap<&str, u64> = HashMap::new();
        let mut longest = 0;
        for unit in graph.waves().into_iter().flatten() {
            let Some(state) = run.units.get(&unit.name) else { continue };
            let own = match state.phase {
                Phase::Ended => 0,
                Phase::Queued | Phase::Init | Phase::Planning | Phase::Review | Phase::Approved | Phase::Applying => {
                    let whole = whole(&unit.name);
                    known |= whole.is_some();
                    whole.unwrap_or(0).saturating_sub(spent(state, now))
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

/// Types of resources that are whatever their code makes of them.
const OWN: &[&str] = &["terraform_data", "null_resource"];

/// The key under which durations are collected: the type of the resource, or all of its address but its keys where the
/// type says nothing.
fn kind(address: &str) -> String {
    let resource = resource_of(address);
    let kind = type_of(&resource);
    if OWN.contains(&kind) { resource } else { kind.to_owned() }
}

/// How long a unit is being applied, in seconds.
fn spent(unit: &UnitState, now: i64) -> u64 {
    let since = unit.since.filter(|_| unit.phase == Phase::Applying);
    since.map_or(0, |since| u64::try_from(now - since.as_second()).unwrap_or(0))
}

/// When a resource is done that waits for all that it needs.
fn end(plan: &Plan, own: &HashMap<String, u64>, ends: &mut [Option<u64>], at: usize, deep: usize) -> u64 {
    // No way is longer than there are resources, and none goes round in a circle.
    if let Some(known) = ends[at] {
        return known;
    }
    if deep > 2_000 {
        return 0;
    }
    let resource = &plan.resources[at];
    let needs: Vec<usize> =
        resource.needs.iter().map(|needs| *needs as usize).filter(|needs| *needs < plan.resources.len()).collect();
    let begins = needs.into_iter().map(|needs| end(plan, own, ends, needs, deep + 1)).max().unwrap_or(0);
    let end = begins + own.get(&resource.address).copied().unwrap_or(0);
    ends[at] = Some(end);
    end
}

#[cfg(test)]
mod tests {
    use super::super::message::Message;
    use super::super::plan::testing::{change, show};
    use super::super::run_event::{RunEvent, Step, What};
    use super::super::testing::unit;
    use super::*;
    use jiff::Timestamp;
    use serde_json::{Value, json};

    fn run(times: &[(&str, u64)]) -> RunState {
        let said = |message| RunEvent {
            time: Timestamp::UNIX_EPOCH,
            what: What::Said { unit: "a".into(), step: Step::Apply, message },
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
    fn a_type_usually_takes_what_it_took_in_the_middle() {
        let mut history = History::default();
        for elapsed in [240, 250, 9_000] {
            history.add(&run(&[("module.db[0].aws_db_instance.x", elapsed)]));
        }
        assert_eq!(history.usual("aws_db_instance.other", Action::Create), Some(250));
        assert_eq!(history.usual("aws_db_instance.other", Action::Delete), None);
        assert_eq!(history.usual("aws_vpc.a", Action::Create), None);
        history.add(&run(&[("terraform_data.slow", 90), ("terraform_data.quick[0]", 2)]));
        let usual = |history: &History, address| history.usual(address, Action::Create);
        assert_eq!(usual(&history, "terraform_data.quick[1]"), Some(2), "what it does is its own");
        let faster = history.scaled(20.0);
        assert_eq!(
            (usual(&faster, "terraform_data.slow"), usual(&faster, "aws_db_instance.x")),
            (Some(1_800), Some(5_000))
        );
    }

    #[test]
    fn a_plan_takes_as_long_as_what_waits_for_each_other_in_it() {
        let mut history = History::default();
        assert_eq!(history.of_plan(&plan()), None, "nothing is known");
        history.add(&run(&[("aws_db_instance.x", 240), ("aws_ecs_service.x", 60), ("aws_s3_bucket.x", 2)]));
        assert_eq!(history.of_plan(&plan()), Some(300));
    }

    #[test]
    fn what_is_left_of_a_run_goes_along_its_units_less_what_was_spent() {
        let mut history = History::default();
        history.add(&run(&[("aws_db_instance.x", 240), ("aws_ecs_service.x", 60)]));
        let whole = |_: &str| history.of_plan(&plan());
        let graph = Graph::new(vec![unit("a", &[]), unit("b", &["a"])]).unwrap();
        let mut state = RunState::default();
        let applying = UnitState {
            phase: Phase::Applying,
            since: Some(Timestamp::from_second(1_000).unwrap()),
            ..UnitState::default()
        };
        state.units.insert("a".into(), applying);
        state.units.insert("b".into(), UnitState::default());
        assert_eq!(History::left(&state, &graph, whole, 1_100), Some(500));
        // One that takes longer than usual is over any moment.
        assert_eq!(History::left(&state, &graph, whole, 9_000), Some(300));
        assert_eq!(History::left(&state, &graph, |_| None, 1_100), None);
    }
}
