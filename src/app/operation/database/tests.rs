//! Tests of database changes against a small RDS that the test advances.

use super::call::{RdsRead, RdsReply, RdsWrite};
use super::{ConnectedSessions, Request, StepChange};
use crate::app::operation::call::{Call, CallResult, Read, Reply, Write};
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::tests::{at, environment, get, me, ok, settle, to_its_end};
use crate::app::operation::{OperationId, Operations};
use crate::model::database::{DbCluster, DbInstance, join};
use crate::model::failover::Figures;
use crate::model::timer::Power;
use crate::model::{Database, DatabaseEvent, DatabaseSnapshot, Failure, FailureKind};
use jiff::tz::TimeZone;
use std::cell::RefCell;

/// A cluster of a writer and a reader, with the parts that a test controls.
struct Rds {
    writer: &'static str,
    status: &'static str,
    readers: bool,
    events: Vec<DatabaseEvent>,
    snapshots: Vec<DatabaseSnapshot>,
    /// Reads since the change; the test decides what happens at each.
    looks: u32,
    figures_denied: bool,
    /// The answer to the change.
    answer: Option<Failure>,
}

impl Rds {
    fn new() -> Self {
        Self {
            writer: "db-1",
            status: "available",
            readers: true,
            events: Vec::new(),
            snapshots: Vec::new(),
            looks: 0,
            figures_denied: false,
            answer: None,
        }
    }

    fn database(&self) -> Database {
        let ids: &[&str] = if self.readers { &["db-1", "db-2"] } else { &["db-1"] };
        let members = ids.iter().map(|id| ((*id).to_owned(), *id == self.writer, Some(1))).collect();
        let instance = |id: &&str| DbInstance {
            id: (*id).to_owned(),
            cluster: Some("db".into()),
            status: "available".into(),
            ..DbInstance::default()
        };
        let instances: Vec<DbInstance> = ids.iter().map(instance).collect();
        let cluster = DbCluster { id: "db".into(), status: self.status.into(), members, ..DbCluster::default() };
        join(&[cluster], Some(&instances)).remove(0)
    }

    fn event(&mut self, second: i64, message: &str) {
        let event = DatabaseEvent {
            at: at(second),
            source: "db".into(),
            cluster: true,
            categories: Vec::new(),
            message: message.into(),
        };
        self.events.push(event);
    }

    fn answer(&self, call: &Call) -> CallResult {
        match call {
            Call::Read(Read::Identity) => me("123456789012"),
            Call::Read(Read::Rds(read)) => match read {
                RdsRead::Database { .. } => ok(Reply::Rds(RdsReply::Database(Some(Box::new(self.database()))))),
                RdsRead::Events { .. } => ok(Reply::Rds(RdsReply::Events(self.events.clone()))),
                RdsRead::Snapshots { .. } => ok(Reply::Rds(RdsReply::Snapshots(self.snapshots.clone()))),
                RdsRead::Figures { .. } if self.figures_denied => {
                    CallResult::new(Err(Failure::new(FailureKind::Denied, "no cloudwatch:GetMetricData")))
                }
                RdsRead::Figures { .. } => ok(Reply::Rds(RdsReply::Figures(Figures::default()))),
            },
            Call::Write { .. } => match &self.answer {
                Some(failure) => CallResult::new(Err(failure.clone())),
                None => ok(Reply::Done),
            },
            _ => ok(Reply::Done),
        }
    }
}

fn request(wanted: StepChange) -> Request {
    Request { database: "db".into(), cluster: true, wanted, connected: ConnectedSessions::NotRequested }
}

/// Runs a request to its end; `moves` is called for each read of the database after the change.
fn run(wanted: StepChange, rds: Rds, moves: impl Fn(&mut Rds)) -> (Vec<Write>, Outcome, Vec<String>) {
    let rds = RefCell::new(rds);
    let mut operations = Operations::new("t", TimeZone::UTC);
    let (id, effects) = operations.start(request(wanted), &environment(), at(0));
    let sent = settle(&mut operations, effects, at(0), &mut |call| rds.borrow().answer(call));
    assert_eq!(sent, [], "nothing is sent before the yes");
    let effects = operations.confirm(id, at(1));
    let changed = RefCell::new(false);
    let writes = to_its_end(&mut operations, id, effects, 1, &mut |call| {
        if matches!(call, Call::Write { .. }) {
            changed.replace(true);
        }
        if *changed.borrow() && matches!(call, Call::Read(Read::Rds(RdsRead::Database { .. }))) {
            rds.borrow_mut().looks += 1;
            moves(&mut rds.borrow_mut());
        }
        rds.borrow().answer(call)
    });
    let operation = get(&operations, id);
    let lines = operation.lines.iter().map(|line| line.text.clone()).collect();
    (writes, operation.outcome.clone().expect("it ended"), lines)
}

fn planned(wanted: StepChange, rds: &Rds) -> (Operations, OperationId) {
    let mut operations = Operations::new("t", TimeZone::UTC);
    let (id, effects) = operations.start(request(wanted), &environment(), at(0));
    let sent = settle(&mut operations, effects, at(0), &mut |call| rds.answer(call));
    assert_eq!(sent, []);
    (operations, id)
}

#[test]
fn failover_is_done_when_the_new_writer_is_available_and_reports_the_interruption() {
    let (writes, outcome, lines) = run(StepChange::Failover { to: None }, Rds::new(), |rds| match rds.looks {
        1 => {
            rds.status = "failing-over";
            rds.event(2, "Started cross AZ failover to DB instance: db-2");
        }
        4 => rds.writer = "db-2",
        6 => {
            rds.status = "available";
            rds.event(19, "Completed failover to DB instance: db-2");
        }
        _ => {}
    });
    assert_eq!(writes, [Write::Rds(RdsWrite::Failover { cluster: "db".into(), to: "db-2".into() })]);
    assert_eq!(outcome.verdict, Verdict::Done, "{outcome:?}");
    assert_eq!(outcome.summary, "db-2 writes now; without a writer for at most 17 s (RDS: 22:13:22 to 22:13:39)");
    assert!(lines.iter().any(|line| line.contains("Started cross AZ failover")), "{lines:?}");
}

#[test]
fn interruption_without_events_is_reported_as_an_estimate() {
    let (_, outcome, _) = run(StepChange::Failover { to: None }, Rds::new(), |rds| match rds.looks {
        2 => rds.status = "failing-over",
        6 => (rds.writer, rds.status) = ("db-2", "available"),
        _ => {}
    });
    assert_eq!(outcome.verdict, Verdict::Done, "{outcome:?}");
    assert!(outcome.summary.contains("without a writer for about 12 s (looked at every 3 s)"), "{outcome:?}");
}

#[test]
fn unrequested_writer_is_not_a_success() {
    let mut rds = Rds::new();
    rds.writer = "db-2";
    let (_, outcome, _) = run(StepChange::Failover { to: Some("db-1".into()) }, rds, |rds| {
        if rds.looks == 3 {
            rds.writer = "db-3";
        }
        rds.status = "available";
    });
    // No member has that name: there is no writer, and it never succeeds.
    assert_ne!(outcome.verdict, Verdict::Done, "{outcome:?}");
}

#[test]
fn failover_abandoned_by_rds_fails() {
    let (_, outcome, _) = run(StepChange::Failover { to: None }, Rds::new(), |rds| match rds.looks {
        1 => rds.status = "failing-over",
        3 => {
            rds.status = "available";
            rds.event(9, "Cluster failover failed, check the health of your cluster instances and try again.");
        }
        _ => {}
    });
    assert_eq!(outcome.verdict, Verdict::Failed, "{outcome:?}");
    assert!(outcome.summary.contains("gave the failover up; db-1 writes"), "{outcome:?}");
}

#[test]
fn failover_without_visible_effect_fails_after_minutes() {
    let (_, outcome, _) = run(StepChange::Failover { to: None }, Rds::new(), |_| {});
    assert_eq!(outcome.verdict, Verdict::Failed, "{outcome:?}");
    assert!(outcome.summary.contains("nothing has happened for 5 min"), "{outcome:?}");
}

#[test]
fn missing_failover_target_sends_nothing_and_reports_why() {
    let (operations, id) = planned(StepChange::Failover { to: None }, &Rds { readers: false, ..Rds::new() });
    let outcome = get(&operations, id).outcome.clone().expect("it ended");
    assert_eq!(outcome.verdict, Verdict::Impossible);
    assert!(outcome.summary.contains("no failover target: it is a cluster of one instance"), "{outcome:?}");
}

#[test]
fn unreadable_figures_are_only_a_warning() {
    let (operations, id) = planned(StepChange::Failover { to: None }, &Rds { figures_denied: true, ..Rds::new() });
    let plan = get(&operations, id).plan.clone().expect("it is planned");
    assert!(plan.possible());
    assert!(plan.checks.iter().any(|check| check.text.contains("no cloudwatch:GetMetricData")), "{plan:?}");
    let unknown = plan.checks.iter().filter(|check| check.text.contains("not known"));
    assert_eq!(unknown.count(), 1, "it is said once: {plan:?}");
    assert_eq!(plan.undo, "`cockpit failover db --to db-1 --env staging` goes back, with another interruption");
}

#[test]
fn late_confirmation_of_a_changed_database_is_not_carried_out() {
    let mut rds = Rds::new();
    let (mut operations, id) = planned(StepChange::Failover { to: None }, &rds);
    rds.writer = "db-2";
    let effects = operations.confirm(id, at(60));
    let writes = settle(&mut operations, effects, at(60), &mut |call| rds.answer(call));
    assert_eq!(writes, []);
    let outcome = get(&operations, id).outcome.clone().expect("it ended");
    assert!(outcome.summary.contains("changed since it was looked at"), "{outcome:?}");
}

#[test]
fn lost_answer_is_looked_up_in_the_events_and_not_resent() {
    let mut rds = Rds::new();
    rds.answer = Some(Failure::new(FailureKind::Timeout, "no answer"));
    rds.event(2, "Started cross AZ failover to DB instance: db-2");
    let (writes, outcome, _) = run(StepChange::Failover { to: None }, rds, |rds| {
        rds.writer = "db-2";
        rds.event(12, "Completed failover to DB instance: db-2");
    });
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert_eq!(outcome.verdict, Verdict::Done, "{outcome:?}");
}

#[test]
fn snapshot_reports_progress_and_is_done_when_complete() {
    let rds = RefCell::new(Rds::new());
    let mut operations = Operations::new("t", TimeZone::UTC);
    let (id, effects) = operations.start(request(StepChange::Snapshot { name: "Mine".into() }), &environment(), at(0));
    settle(&mut operations, effects, at(0), &mut |call| rds.borrow().answer(call));
    let effects = operations.confirm(id, at(1));
    let made = |status: &str, percent| DatabaseSnapshot {
        id: "mine".into(),
        database: "db".into(),
        status: status.into(),
        percent: Some(percent),
        size_gib: Some(20),
        ..DatabaseSnapshot::default()
    };
    rds.borrow_mut().snapshots = Vec::new();
    let writes = settle(&mut operations, effects, at(1), &mut |call| {
        if matches!(call, Call::Write { .. }) {
            rds.borrow_mut().snapshots = vec![made("creating", 40)];
        }
        rds.borrow().answer(call)
    });
    assert_eq!(writes.len(), 1);
    assert_eq!(get(&operations, id).progress(), Some((40, 100)));
    rds.borrow_mut().snapshots = vec![made("available", 100)];
    let effects = operations.tick(at(5));
    settle(&mut operations, effects, at(5), &mut |call| rds.borrow().answer(call));
    let outcome = get(&operations, id).outcome.clone().expect("it ended");
    assert_eq!(
        (outcome.verdict, outcome.summary.as_str()),
        (Verdict::Done, "the snapshot mine of db is there, 20 GiB after 4 s")
    );
}

#[test]
fn taken_or_invalid_snapshot_name_is_refused_before_sending() {
    let mut rds = Rds::new();
    rds.snapshots = vec![DatabaseSnapshot { id: "mine".into(), ..DatabaseSnapshot::default() }];
    for (name, words, usage) in [("mine", "already", false), ("MINE", "already", false), ("no_such", "hyphens", true)] {
        let (operations, id) = planned(StepChange::Snapshot { name: name.into() }, &rds);
        let outcome = get(&operations, id).outcome.clone().expect("it ended");
        assert!(outcome.summary.contains(words) && outcome.usage == usage, "{outcome:?}");
    }
}

#[test]
fn impossible_state_ends_the_wait() {
    let reboot = || StepChange::Reboot { instance: "db-2".into() };
    let (_, outcome, _) = run(reboot(), Rds::new(), |rds| rds.readers = false);
    assert!(outcome.verdict == Verdict::Failed && outcome.summary == "db-2 was deleted meanwhile", "{outcome:?}");
    for wanted in [reboot(), StepChange::Failover { to: None }, StepChange::Power(Power::Stop)] {
        let (_, outcome, _) = run(wanted, Rds::new(), |rds| rds.status = "deleting");
        assert!(outcome.verdict == Verdict::Failed && outcome.summary == "db is deleting", "{outcome:?}");
    }
    let (_, outcome, _) = run(StepChange::Power(Power::Stop), Rds::new(), |rds| {
        rds.status = if rds.looks == 1 { "stopping" } else { "starting" };
    });
    assert!(outcome.verdict == Verdict::Failed && outcome.summary == "db was started meanwhile", "{outcome:?}");
}

#[test]
fn permanently_refused_events_end_the_watch_despite_other_answers() {
    let rds = Rds::new();
    let (mut operations, id) = planned(StepChange::Failover { to: None }, &rds);
    let effects = operations.confirm(id, at(1));
    to_its_end(&mut operations, id, effects, 1, &mut |call| match call {
        Call::Read(Read::Rds(RdsRead::Events { .. })) => {
            let failure = Failure::new(FailureKind::Credentials, "rds:DescribeEvents: ExpiredToken");
            CallResult::new(Err(failure.mark_permanent(true)))
        }
        call => rds.answer(call),
    });
    let operation = get(&operations, id);
    let outcome = operation.outcome.clone().expect("it ended");
    assert_eq!((outcome.verdict, outcome.failure), (Verdict::Unknown, Some(FailureKind::Credentials)), "{outcome:?}");
    assert!(!operation.lines.iter().any(|line| line.text == "AWS answers again"), "{:?}", operation.lines);
}
