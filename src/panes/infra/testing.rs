//! The pane with a run in progress, and a record of its requests.

use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::{Answer, Event};
use crate::app::ticket::Ticket;
use crate::feeds::part::Part;
use crate::feeds::{self, infra, runs};
use crate::model::Failure;
use crate::model::infra::message::{Action, Diagnostic, Message, Summary};
use crate::model::infra::plan::{Plan, testing};
use crate::model::infra::run_event::{
    Actor, Goal, PlanRef, RequestKind, Revision, RunEvent, RunEventKind, Started, Step, UnitEnd,
};
use crate::model::infra::run_order::ListedRun;
use crate::model::infra::{Around, Graph, Tool, Unit};
use crate::ui::testing::{loaded_app, now, staging, text, user_input};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::path::Path;
use std::path::PathBuf;

pub(super) const RUN: &str = "20261120T050000Z-apply-1f2e";

/// The pane, and a record of its requests.
pub(super) struct Desk {
    pub(super) app: App,
    pub(super) follows: Option<Ticket>,
    pub(super) wishes: Vec<RequestKind>,
    pub(super) begun: Vec<(Goal, Vec<String>)>,
    /// Resources to be replaced.
    pub(super) replaced: Vec<String>,
    /// Resources to be planned alone.
    pub(super) targeted: Vec<String>,
    /// The folders of runs that were followed.
    pub(super) followed: Vec<PathBuf>,
    /// Other requests, to be answered by the test.
    pub(super) asked: Vec<(Ticket, infra::Ask)>,
    /// The existing runs.
    pub(super) runs: Vec<ListedRun>,
    /// The units, or why they cannot be found.
    pub(super) units: Result<infra::Units, Failure>,
    /// The plan with which reads are answered at once.
    pub(super) plan: Option<Plan>,
    /// Reads of plans that are not answered yet.
    pub(super) reads: Vec<(Ticket, String, String)>,
    pub(super) left: Vec<Ticket>,
}

pub(super) fn unit(name: &str, depends_on: &[&str]) -> Unit {
    Unit {
        name: name.into(),
        tool: Tool::Terragrunt,
        dir: Path::new("/units").join(name),
        workspace: None,
        var_files: Vec::new(),
        depends_on: depends_on.iter().map(|needs| (*needs).to_owned()).collect(),
        around: Around::default(),
    }
}

pub(super) fn units() -> Vec<Unit> {
    vec![
        unit("auth", &[]),
        unit("compute", &["auth", "database", "network", "registry"]),
        unit("database", &["network"]),
        unit("edge", &["compute"]),
        unit("network", &[]),
        unit("registry", &[]),
    ]
}

pub(super) fn listed(name: &str) -> ListedRun {
    ListedRun {
        run: name.into(),
        folder: PathBuf::from("/runs/staging").join(name),
        order: None,
        live: true,
        end: None,
    }
}

/// A plan with every detail that a reviewer must see.
pub(super) fn plan() -> Plan {
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

pub(super) fn who() -> Actor {
    Actor { user: "kenta".into(), host: "mac".into(), pid: 7 }
}

pub(super) fn at(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

pub(super) fn event(seconds: i64, what: RunEventKind) -> RunEvent {
    RunEvent { time: at(seconds), what }
}

pub(super) fn started(goal: Goal) -> RunEvent {
    event(
        -200,
        RunEventKind::Started(Box::new(Started {
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

pub(super) fn step(seconds: i64, unit: &str, step: Step) -> RunEvent {
    event(seconds, RunEventKind::Step { unit: unit.into(), step, pid: Some(71), early: false })
}

pub(super) fn said(seconds: i64, unit: &str, step: Step, message: Message) -> RunEvent {
    event(seconds, RunEventKind::Said { unit: unit.into(), step, message })
}

pub(super) fn ready(seconds: i64, unit: &str, hash: &str, summary: (u64, u64, u64), lost: &[&str]) -> RunEvent {
    let (add, change, remove) = summary;
    let plan = PlanRef {
        sha256: hash.into(),
        account: None,
        revision: None,
        dir: None,
        code: String::new(),
        summary: Summary { add, change, remove, import: 0 },
        drifted: 0,
        guards: Vec::new(),
        destroys_stateful: lost.iter().map(|address| (*address).to_owned()).collect(),
        empty: false,
        on_mocks: false,
        shown: PathBuf::from("/runs/plan.json"),
    };
    event(seconds, RunEventKind::PlanReady { unit: unit.into(), plan })
}

pub(super) fn over(seconds: i64, unit: &str, end: UnitEnd) -> RunEvent {
    event(seconds, RunEventKind::UnitEnded { unit: unit.into(), end })
}

/// Events of a run: some units done, one being applied, one failed, one waiting for review.
pub(super) fn middle() -> Vec<RunEvent> {
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
        event(-170, RunEventKind::Approved { unit: "network".into(), sha256: "aaaa".into(), by: who() }),
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
    pub(super) fn new(size: (u16, u16)) -> Self {
        Self::with(size, true)
    }

    pub(super) fn with(size: (u16, u16), configured: bool) -> Self {
        let mut app = loaded_app(&staging(), size);
        app.environment.infra.kind = configured.then_some(Tool::Terragrunt);
        let graph = Graph::new(units()).unwrap();
        let units = Ok(infra::Units { graph, warnings: Vec::new() });
        Self {
            app,
            follows: None,
            wishes: Vec::new(),
            begun: Vec::new(),
            replaced: Vec::new(),
            targeted: Vec::new(),
            followed: Vec::new(),
            asked: Vec::new(),
            runs: Vec::new(),
            units,
            plan: Some(plan()),
            reads: Vec::new(),
            left: Vec::new(),
        }
    }

    pub(super) fn keys(&mut self, keys: &str) {
        for key in keys.split(' ') {
            let effects = user_input(&mut self.app, Event::Key(key.parse().unwrap()));
            self.answer(effects);
        }
    }

    pub(super) fn tick(&mut self, seconds: i64) {
        let effects = self.app.update(Event::Tick(at(seconds)));
        self.answer(effects);
    }

    pub(super) fn answered(&mut self, ticket: Ticket, part: impl Into<feeds::Part>) {
        let effects = self.app.update(Event::Answer(Answer { ticket, requests: 0, part: part.into() }));
        self.answer(effects);
    }

    pub(super) fn answer(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            let (ticket, ask) = match effect {
                Effect::Fetch { ticket, ask, .. } => (ticket, ask),
                Effect::CancelFetch(ticket) => {
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
                feeds::Ask::Infra(infra::Ask::Begin { goal, units, replace, targets, .. }) => {
                    self.begun.push((goal, units));
                    self.replaced.extend(replace);
                    self.targeted.extend(targets);
                    self.runs = vec![listed(RUN)];
                    let folder = self.runs[0].folder.clone();
                    let units = self.units.clone().unwrap();
                    self.answered(ticket, Part::Last(infra::Fact::Began(folder, units)));
                }
                feeds::Ask::Infra(infra::Ask::Plan { unit, sha256, .. }) => {
                    self.reads.push((ticket, unit, sha256));
                    self.plans();
                }
                feeds::Ask::Runs(runs::Ask::List { .. }) => {
                    let runs = self.runs.clone();
                    self.answered(ticket, Part::Last(runs::Fact::Runs(runs)));
                }
                feeds::Ask::Infra(other) => self.asked.push((ticket, other)),
                feeds::Ask::Runs(runs::Ask::Follow { run, .. }) => {
                    self.follows = Some(ticket);
                    self.followed.push(run);
                }
                feeds::Ask::Runs(runs::Ask::Request { request: wish, .. }) => {
                    self.wishes.push(wish);
                    self.answered(ticket, Part::Last(runs::Fact::Requested));
                }
                _ => {}
            }
        }
        self.app.settle();
    }

    /// Answers the reads of plans, if there is a plan.
    pub(super) fn plans(&mut self) {
        let Some(plan) = self.plan.clone() else { return };
        for (ticket, unit, sha256) in std::mem::take(&mut self.reads) {
            let plan = Box::new(plan.clone());
            self.answered(ticket, Part::Last(infra::Fact::Plan { unit, sha256, plan }));
        }
    }

    /// Delivers events of the followed run.
    pub(super) fn news(&mut self, events: Vec<RunEvent>, live: bool) {
        let ticket = self.follows.expect("a run is followed");
        let news = runs::News { events, next: 1, live };
        self.answered(ticket, Part::Page(runs::Fact::News(news)));
        self.app.settle();
    }

    pub(super) fn screen(&self) -> String {
        text(&self.app)
    }

    /// The pane with a run in progress.
    pub(super) fn in_the_middle(size: (u16, u16)) -> Self {
        let mut desk = Self::new(size);
        desk.runs = vec![listed(RUN)];
        desk.keys("6");
        desk.news(middle(), true);
        desk.tick(1);
        desk
    }
}
