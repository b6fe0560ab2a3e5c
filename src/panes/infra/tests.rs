use super::state::{CHANGE, GRAPH, ID, PLAN, RESOURCES};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::{Answer, Event};
use crate::app::ticket::Ticket;
use crate::feeds::part::Part;
use crate::feeds::{self, infra, runs};
use crate::model::infra::message::{Action, Diagnostic, Message, Summary};
use crate::model::infra::order::Listed;
use crate::model::infra::plan::{Plan, testing};
use crate::model::infra::run_event::{
    Goal, PlanRef, Revision, RunEnd, RunEvent, Started, Step, UnitEnd, What, Who, Wish,
};
use crate::model::infra::{Graph, Tool, Unit};
use crate::model::{Failure, FailureKind};
use crate::ui::testing::pictures::seen;
use crate::ui::testing::{by_hand, now, read, staging, text};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::path::PathBuf;

const RUN: &str = "20261120T050000Z-apply-1f2e";

/// The pane, and what it asked.
struct Desk {
    app: App,
    follows: Option<Ticket>,
    wishes: Vec<Wish>,
    begun: Vec<(Goal, Vec<String>)>,
    /// Runs that there are.
    runs: Vec<Listed>,
    /// Units, or why they cannot be found.
    units: Result<infra::Units, Failure>,
    plan: Plan,
    left: Vec<Ticket>,
}

fn unit(name: &str, depends_on: &[&str]) -> Unit {
    Unit {
        name: name.into(),
        tool: Tool::Terragrunt,
        dir: PathBuf::from("/units").join(name),
        workspace: None,
        var_files: Vec::new(),
        depends_on: depends_on.iter().map(|needs| (*needs).to_owned()).collect(),
        hooks: false,
    }
}

fn units() -> Vec<Unit> {
    vec![
        unit("auth", &[]),
        unit("compute", &["auth", "database", "network", "registry"]),
        unit("database", &["network"]),
        unit("edge", &["compute"]),
        unit("network", &[]),
        unit("registry", &[]),
    ]
}

fn listed(name: &str) -> Listed {
    Listed { run: name.into(), folder: PathBuf::from("/runs/staging").join(name), order: None, live: true }
}

/// A plan with everything in it that a person has to see.
fn plan() -> Plan {
    let mut database = testing::change(
        "aws_rds_cluster.main",
        &["delete", "create"],
        json!({"engine_version": "15.4", "storage_encrypted": false, "name": "main", "master_password": "hunter-2000"}),
        json!({"engine_version": "15.4", "storage_encrypted": true, "name": "main", "master_password": "hunter-3000"}),
    );
    database["change"]["replace_paths"] = json!([["storage_encrypted"]]);
    database["change"]["before_sensitive"] = json!({"master_password": true});
    database["change"]["after_sensitive"] = json!({"master_password": true});
    database["action_reason"] = json!("replace_because_cannot_update");
    let group = testing::change(
        "aws_security_group.db",
        &["update"],
        json!({"description": "db", "ingress": [{"port": 5432, "cidr": "10.0.0.0/16"}]}),
        json!({"description": "db", "ingress": [{"port": 5432, "cidr": "10.0.0.0/8"}]}),
    );
    let alarm = testing::change("aws_cloudwatch_metric_alarm.lag", &["create"], Value::Null, json!({"threshold": 4}));
    let mut show = testing::show(&[alarm, group, database]);
    show["configuration"] = json!({"root_module": {"resources": [
        {"address": "aws_security_group.db"},
        {"address": "aws_rds_cluster.main", "depends_on": ["aws_security_group.db"]},
        {"address": "aws_cloudwatch_metric_alarm.lag", "depends_on": ["aws_rds_cluster.main"]},
        {"address": "aws_rds_cluster_instance.writer", "depends_on": ["aws_rds_cluster.main"]},
    ]}});
    Plan::read(show.to_string().as_bytes()).unwrap()
}

fn who() -> Who {
    Who { user: "kenta".into(), host: "mac".into(), pid: 7 }
}

fn at(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn event(seconds: i64, what: What) -> RunEvent {
    RunEvent { time: at(seconds), what }
}

fn started(goal: Goal) -> RunEvent {
    event(
        -200,
        What::Started(Box::new(Started {
            run: RUN.into(),
            environment: "staging".into(),
            goal,
            units: units(),
            targets: Vec::new(),
            replace: Vec::new(),
            by: who(),
            account: Some("123456789012".into()),
            revision: Some(Revision { commit: "9f3c2e1aa".into(), dirty: true }),
            dropped: Vec::new(),
            parallelism: 4,
            guarded: false,
            serial_init: false,
            pid: 70,
        })),
    )
}

fn step(seconds: i64, unit: &str, step: Step) -> RunEvent {
    event(seconds, What::Step { unit: unit.into(), step, pid: Some(71), early: false })
}

fn said(seconds: i64, unit: &str, step: Step, message: Message) -> RunEvent {
    event(seconds, What::Said { unit: unit.into(), step, message })
}

fn ready(seconds: i64, unit: &str, hash: &str, summary: (u64, u64, u64), lost: &[&str]) -> RunEvent {
    let (add, change, remove) = summary;
    let plan = PlanRef {
        sha256: hash.into(),
        account: None,
        revision: None,
        dir: None,
        code: String::new(),
        summary: Summary { add, change, remove, import: 0 },
        drifted: 0,
        destroys_stateful: lost.iter().map(|address| (*address).to_owned()).collect(),
        empty: false,
        on_mocks: false,
        shown: PathBuf::from("/runs/plan.json"),
    };
    event(seconds, What::PlanReady { unit: unit.into(), plan })
}

fn over(seconds: i64, unit: &str, end: UnitEnd) -> RunEvent {
    event(seconds, What::UnitEnded { unit: unit.into(), end })
}

/// Some units are done, one is being applied, one failed, one waits to be read.
fn middle() -> Vec<RunEvent> {
    let error = Diagnostic {
        error: true,
        summary: "creating ECR Repository: RepositoryAlreadyExistsException".into(),
        detail: "operation error ECR: CreateRepository".into(),
        address: Some("aws_ecr_repository.web".into()),
        file: Some("main.tf".into()),
        line: Some(12),
        code: Some("resource \"aws_ecr_repository\" \"web\" {".into()),
    };
    let vpc = "aws_vpc.main".to_owned();
    let nat = "aws_nat_gateway.a".to_owned();
    vec![
        started(Goal::Apply),
        step(-190, "network", Step::Plan),
        ready(-180, "network", "aaaa", (2, 1, 0), &[]),
        event(-170, What::Approved { unit: "network".into(), sha256: "aaaa".into(), by: who() }),
        step(-165, "network", Step::Apply),
        said(-165, "network", Step::Apply, Message::ApplyStarted { address: vpc.clone(), action: Action::Create }),
        said(
            -160,
            "network",
            Step::Apply,
            Message::ApplyDone { address: vpc, action: Action::Create, id: None, elapsed: 5 },
        ),
        said(-160, "network", Step::Apply, Message::ApplyStarted { address: nat, action: Action::Create }),
        ready(-150, "database", "bbbbbbbbbbbbbbbb", (2, 1, 1), &["aws_rds_cluster.main"]),
        over(-140, "auth", UnitEnd::Unchanged),
        step(-139, "registry", Step::Apply),
        said(-138, "registry", Step::Apply, Message::Diagnostic(error)),
        over(-130, "registry", UnitEnd::Failed { why: "apply failed: exit 1".into() }),
        over(-130, "compute", UnitEnd::Blocked { by: "registry".into() }),
    ]
}

impl Desk {
    fn new(size: (u16, u16)) -> Self {
        Self::with(size, true)
    }

    fn with(size: (u16, u16), configured: bool) -> Self {
        let mut app = read(&staging(), size);
        app.environment.infra.kind = configured.then_some(Tool::Terragrunt);
        let graph = Graph::new(units()).unwrap();
        let units = Ok(infra::Units { graph, warnings: Vec::new() });
        let (follows, wishes, begun, runs) = (None, Vec::new(), Vec::new(), Vec::new());
        Self { app, follows, wishes, begun, runs, units, plan: plan(), left: Vec::new() }
    }

    fn keys(&mut self, keys: &str) {
        for key in keys.split(' ') {
            let effects = by_hand(&mut self.app, Event::Key(key.parse().unwrap()));
            self.answer(effects);
        }
    }

    fn tick(&mut self, seconds: i64) {
        let effects = self.app.update(Event::Tick(at(seconds)));
        self.answer(effects);
    }

    fn answered(&mut self, ticket: Ticket, part: impl Into<feeds::Part>) {
        let effects = self.app.update(Event::Answer(Answer { ticket, requests: 0, part: part.into() }));
        self.answer(effects);
    }

    fn answer(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            let (ticket, ask) = match effect {
                Effect::Fetch { ticket, ask, .. } => (ticket, ask),
                Effect::Leave(ticket) => {
                    self.left.push(ticket);
                    continue;
                }
                _ => continue,
            };
            match ask {
                feeds::Ask::Infra(infra::Ask::Discover) => match self.units.clone() {
                    Ok(units) => self.answered(ticket, Part::Last(infra::Fact::Units(units))),
                    Err(failure) => self.answered(ticket, Part::<infra::Fact>::Failed(failure)),
                },
                feeds::Ask::Infra(infra::Ask::Begin { goal, units, .. }) => {
                    self.begun.push((goal, units));
                    self.runs = vec![listed(RUN)];
                    let folder = self.runs[0].folder.clone();
                    let units = self.units.clone().unwrap();
                    self.answered(ticket, Part::Last(infra::Fact::Began(folder, units)));
                }
                feeds::Ask::Infra(infra::Ask::Plan { unit, sha256, .. }) => {
                    let plan = Box::new(self.plan.clone());
                    self.answered(ticket, Part::Last(infra::Fact::Plan { unit, sha256, plan }));
                }
                feeds::Ask::Runs(runs::Ask::List { .. }) => {
                    let runs = self.runs.clone();
                    self.answered(ticket, Part::Last(runs::Fact::Runs(runs)));
                }
                feeds::Ask::Runs(runs::Ask::Follow { .. }) => self.follows = Some(ticket),
                feeds::Ask::Runs(runs::Ask::Tell { wish, .. }) => {
                    self.wishes.push(wish);
                    self.answered(ticket, Part::Last(runs::Fact::Told));
                }
                _ => {}
            }
        }
        self.app.settle();
    }

    /// The followed run tells this.
    fn news(&mut self, events: Vec<RunEvent>, live: bool) {
        let ticket = self.follows.expect("a run is followed");
        let news = runs::News { events, next: 1, live };
        self.answered(ticket, Part::Page(runs::Fact::News(news)));
        self.app.settle();
    }

    fn screen(&self) -> String {
        text(&self.app)
    }

    /// The pane with a run in its middle.
    fn in_the_middle(size: (u16, u16)) -> Self {
        let mut desk = Self::new(size);
        desk.runs = vec![listed(RUN)];
        desk.keys("6");
        desk.news(middle(), true);
        desk.tick(1);
        desk
    }
}

#[test]
fn an_environment_without_infrastructure_is_told_what_to_write() {
    let mut desk = Desk::with((80, 24), false);
    desk.keys("6");
    assert_eq!(desk.app.shown().id, ID);
    let screen = desk.screen();
    assert!(screen.contains("[environments.staging.infra]") && screen.contains("kind = \"terragrunt\""), "{screen}");
    desk.keys("P");
    assert!(desk.begun.is_empty(), "nothing is begun");
    seen("infra_unconfigured", &desk.app);
}

#[test]
fn units_stand_in_their_order_before_anything_runs() {
    let mut desk = Desk::new((80, 24));
    desk.keys("6");
    let screen = desk.screen();
    let place = |name: &str| screen.find(&format!(" {name} ")).unwrap_or_else(|| panic!("{name}:\n{screen}"));
    assert!(place("network") < place("database") && place("database") < place("compute"), "{screen}");
    assert!(screen.contains("no run yet"), "{screen}");
    seen("infra_idle", &desk.app);
}

#[test]
fn units_that_cannot_be_found_say_why_and_stay_where_they_were_known() {
    let mut desk = Desk::new((80, 24));
    let text = "the code is broken\nenvs/staging/network/terragrunt.hcl:3: unknown function\n→ correct it";
    let units = std::mem::replace(&mut desk.units, Err(Failure::new(FailureKind::Other, text)));
    desk.keys("6");
    assert!(desk.screen().contains("terragrunt.hcl:3"), "{}", desk.screen());
    seen("infra_broken", &desk.app);
    let broken = std::mem::replace(&mut desk.units, units);
    desk.keys("r");
    assert!(desk.screen().contains("network"), "{}", desk.screen());
    desk.units = broken;
    desk.keys("r");
    let screen = desk.screen();
    assert!(
        screen.contains("network") && screen.contains("the code is broken"),
        "the last good graph stays:\n{screen}"
    );
}

#[test]
fn a_run_in_its_middle_is_told_unit_by_unit() {
    for (name, size) in [("infra_80x24", (80, 24)), ("infra_60x15", (60, 15)), ("infra_200x60", (200, 60))] {
        let desk = Desk::in_the_middle(size);
        let screen = desk.screen();
        assert!(screen.contains("blocked by registry") && screen.contains("nothing to do"), "{screen}");
        seen(name, &desk.app);
    }
    let desk = Desk::in_the_middle((200, 60));
    let screen = desk.screen();
    for part in ["3/6 units", "applying 1/2", "main.tf:12", "DATA IS LOST", "run ◐ apply 3/6", "+2 ~1 -1"] {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
}

#[test]
fn what_goes_on_is_told_from_every_pane_and_in_the_drawer() {
    let mut desk = Desk::in_the_middle((200, 60));
    desk.keys("1");
    assert!(desk.screen().contains("run ◐ apply 3/6"), "{}", desk.screen());
    desk.keys("ctrl-a");
    assert!(desk.screen().contains("infra apply  3/6 units, 1 plan to review"), "{}", desk.screen());
}

#[test]
fn a_run_that_somebody_else_begins_is_found_without_the_pane_being_open() {
    let mut desk = Desk::new((80, 24));
    desk.tick(1);
    assert!(desk.follows.is_none());
    desk.runs = vec![listed(RUN)];
    desk.tick(3);
    assert!(desk.follows.is_none(), "not asked again so soon");
    desk.tick(7);
    desk.news(middle(), true);
    assert!(desk.screen().contains("◐ apply"), "{}", desk.screen());
}

#[test]
fn the_plan_of_a_unit_is_read_resource_by_resource() {
    let mut desk = Desk::in_the_middle((200, 60));
    desk.keys("j j j v");
    assert_eq!(desk.app.panes.infra.unit.as_deref(), Some("database"));
    assert_eq!(desk.app.focused(), PLAN);
    let screen = desk.screen();
    for part in [
        "aws_rds_cluster.main: the data in it is lost",
        "-/+ aws_rds_cluster.main must be replaced: storage_encrypted cannot be",
        "also touches aws_cloudwatch_metric_alarm.lag",
    ] {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
    desk.keys("esc enter");
    assert_eq!(desk.app.focused(), RESOURCES);
    let screen = desk.screen();
    for part in ["~ storage_encrypted = false -> true  # forces replacement", "(sensitive value) -> (sensitive value)"]
    {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
    assert!(!screen.contains("hunter"), "{screen}");
    seen("infra_unit_200x60", &desk.app);
    desk.keys("enter");
    assert_eq!(desk.app.focused(), CHANGE);
    desk.keys("esc esc");
    assert_eq!(desk.app.panes.infra.open, None);
    assert_eq!(desk.app.panes.infra.unit.as_deref(), Some("database"), "the unit that was left is selected");
}

#[test]
fn a_plan_that_loses_data_is_approved_only_with_the_name_typed() {
    let mut desk = Desk::in_the_middle((80, 24));
    desk.keys("A");
    let screen = desk.screen();
    assert!(screen.contains("The data in database: aws_rds_cluster.main is lost."), "{screen}");
    assert!(screen.contains("type staging to confirm"), "{screen}");
    seen("infra_approve_80x24", &desk.app);
    desk.keys("enter");
    assert!(desk.wishes.is_empty(), "nothing was typed");
    desk.keys("s t a g i n g enter");
    assert_eq!(
        desk.wishes,
        [Wish::Approve { unit: "database".into(), sha256: "bbbbbbbbbbbbbbbb".into() }],
        "{}",
        desk.screen()
    );
}

#[test]
fn a_plan_that_changed_while_it_was_read_is_not_approved() {
    let mut desk = Desk::in_the_middle((80, 24));
    desk.keys("A");
    desk.news(
        vec![
            event(0, What::PlanStale { unit: "database".into(), why: "the code changed".into() }),
            ready(0, "database", "cccc", (1, 0, 0), &[]),
        ],
        true,
    );
    desk.keys("s t a g i n g enter enter");
    assert!(desk.wishes.is_empty(), "{}", desk.screen());
}

#[test]
fn what_disrupts_has_cancel_selected() {
    let mut desk = Desk::new((100, 30));
    desk.runs = vec![listed(RUN)];
    desk.keys("6");
    desk.news(
        vec![
            started(Goal::Apply),
            ready(-1, "network", "aaaa", (1, 0, 0), &[]),
            ready(-1, "auth", "bbbb", (0, 1, 0), &[]),
        ],
        true,
    );
    desk.tick(1);
    // Both are marked: they are approved together.
    desk.keys("space j j space");
    let marked: Vec<&String> = desk.app.panes.infra.marked.iter().collect();
    assert_eq!(marked.len(), 2);
    desk.app.panes.infra.marked = ["auth".to_owned(), "network".to_owned()].into();
    desk.keys("A enter");
    assert!(desk.wishes.is_empty(), "Cancel was selected");
    desk.keys("A right enter");
    assert_eq!(desk.wishes.len(), 2, "{}", desk.screen());
}

#[test]
fn nothing_is_approved_in_a_session_that_only_reads() {
    let mut desk = Desk::in_the_middle((80, 24));
    desk.app.session.read_only = true;
    for key in ["A", "X", "C", "R"] {
        desk.keys(key);
    }
    assert!(desk.wishes.is_empty() && desk.begun.is_empty());
    assert!(desk.app.screen.overlays.is_empty());
}

#[test]
fn cancelling_names_what_is_in_flight_and_a_second_time_takes_the_name() {
    let mut desk = Desk::in_the_middle((80, 24));
    desk.keys("C");
    assert!(desk.screen().contains("aws_nat_gateway.a (creating"), "{}", desk.screen());
    desk.keys("enter");
    assert_eq!(desk.wishes, [Wish::Cancel { hard: false }]);
    desk.news(vec![event(0, What::CancelAsked { by: who(), hard: false })], true);
    desk.tick(2);
    assert!(desk.screen().contains("asked it to stop: waits for aws_nat_gateway.a"), "{}", desk.screen());
    desk.keys("C");
    let screen = desk.screen();
    assert!(screen.contains("the state may not be written") && screen.contains("type staging"), "{screen}");
    desk.keys("enter");
    assert_eq!(desk.wishes.len(), 1);
    desk.keys("s t a g i n g enter");
    assert_eq!(desk.wishes[1], Wish::Cancel { hard: true });
}

#[test]
fn an_end_is_told_once_and_failed_units_are_tried_again() {
    let mut desk = Desk::in_the_middle((80, 24));
    desk.news(vec![event(0, What::Ended { end: RunEnd::Failed })], false);
    desk.tick(10);
    let screen = desk.screen();
    assert!(screen.contains("FAILED 10s ago"), "{screen}");
    assert!(desk.app.activity.iter().any(|entry| entry.error && entry.text == "infra apply: FAILED"));
    assert!(!screen.contains("run ◐"), "nothing goes on:\n{screen}");
    desk.keys("R");
    assert_eq!(desk.wishes, [Wish::Retry]);
}

#[test]
fn a_run_whose_supervisor_is_gone_says_how_it_goes_on() {
    let mut desk = Desk::in_the_middle((80, 24));
    desk.news(Vec::new(), false);
    desk.tick(2);
    let screen = desk.screen();
    assert!(screen.contains("nothing drives it any more"), "{screen}");
    desk.keys("A");
    assert!(desk.wishes.is_empty(), "nobody would hear it");
}

#[test]
fn planning_begins_a_run_over_the_marked_units_and_follows_it() {
    let mut desk = Desk::new((100, 30));
    desk.keys("6 P");
    assert_eq!(desk.begun, [(Goal::Plan, Vec::new())]);
    assert!(desk.follows.is_some(), "it is followed at once");
    desk.news(vec![started(Goal::Plan)], true);
    desk.keys("X");
    assert_eq!(desk.begun.len(), 1, "one run at a time");
    desk.news(vec![event(1, What::Ended { end: RunEnd::Done })], false);
    desk.keys("space A");
    assert_eq!(desk.begun[1].0, Goal::Apply);
    assert_eq!(desk.begun[1].1.len(), 1, "the marked one alone");
}

#[test]
fn nothing_is_planned_or_approved_with_credentials_of_another_account() {
    let mut desk = Desk::in_the_middle((80, 24));
    desk.app.environment.account = Some("999999999999".into());
    desk.keys("A");
    assert!(desk.app.screen.overlays.is_empty(), "nothing is asked");
    assert!(desk.screen().contains("refused: the credentials are of account 123456789012"), "{}", desk.screen());
    desk.news(vec![event(0, What::Ended { end: RunEnd::Failed })], false);
    desk.keys("P A X W");
    assert!(desk.begun.is_empty() && desk.wishes.is_empty());
}

#[test]
fn a_unit_whose_providers_are_ready_says_what_it_waits_for() {
    let mut desk = Desk::new((100, 30));
    desk.runs = vec![listed(RUN)];
    desk.keys("6");
    let ended = What::StepEnded { unit: "database".into(), step: Step::Init, code: Some(0), failed: None };
    desk.news(vec![started(Goal::Apply), step(-9, "database", Step::Init)], true);
    assert!(desk.screen().contains("loading providers"), "{}", desk.screen());
    desk.news(vec![event(-5, ended)], true);
    desk.tick(1);
    let screen = desk.screen();
    assert!(screen.contains("waits for network") && !screen.contains("loading providers"), "{screen}");
}

#[test]
fn the_graph_is_moved_in_and_its_box_is_the_selected_unit() {
    let mut desk = Desk::in_the_middle((80, 24));
    desk.keys("tab");
    assert_eq!(desk.app.focused(), GRAPH);
    seen("infra_graph_80x24", &desk.app);
    let before = desk.app.panes.infra.unit.clone();
    desk.keys("right");
    assert_ne!(desk.app.panes.infra.unit, before);
    desk.keys("right right right");
    assert_eq!(desk.app.panes.infra.unit.as_deref(), Some("edge"), "the last wave");
    assert!(desk.screen().contains("edge"), "it is in view:\n{}", desk.screen());
    desk.keys("enter");
    assert_eq!(desk.app.panes.infra.open.as_deref(), Some("edge"));
}

#[test]
fn a_search_finds_units_by_name_and_by_state() {
    let mut desk = Desk::in_the_middle((80, 24));
    desk.keys("/ b l o c k e d enter");
    let screen = desk.screen();
    assert!(screen.contains("compute") && !screen.contains("nothing to do"), "{screen}");
}

#[test]
fn another_environment_has_nothing_of_the_one_before_and_its_run_goes_on() {
    let mut desk = Desk::in_the_middle((80, 24));
    let follows = desk.follows.unwrap();
    desk.keys("e j enter");
    assert_eq!(desk.app.environment.name, "prod");
    assert!(desk.app.panes.infra.run.is_none() && desk.app.panes.infra.units.is_none());
    assert_eq!(desk.left, [follows], "it is left, and not stopped");
    assert!(desk.wishes.is_empty());
    desk.news(vec![event(0, What::Ended { end: RunEnd::Failed })], true);
    assert!(desk.app.panes.infra.run.is_none(), "late news are of another environment");
}

#[test]
fn ten_thousand_resources_are_drawn_folded() {
    let mut desk = Desk::new((200, 60));
    desk.plan = Plan::read(testing::large(10_000).to_string().as_bytes()).unwrap();
    desk.runs = vec![listed(RUN)];
    desk.keys("6");
    desk.news(vec![started(Goal::Apply), ready(-1, "network", "aaaa", (10_000, 0, 0), &[])], true);
    desk.tick(1);
    desk.app.screen.list(super::state::UNITS).select_key("network");
    desk.keys("down up");
    desk.app.panes.infra.unit = Some("network".into());
    desk.keys("enter");
    let screen = desk.screen();
    assert!(screen.contains("module.m0") && screen.contains("+ 500"), "{screen}");
    assert!(screen.contains("Resources network (10000)"), "{screen}");
}
