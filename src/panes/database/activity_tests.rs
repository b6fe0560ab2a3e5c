//! What a server is at, snapshots and failovers, as a person presses for them.

use super::testing::{Desk, row};
use crate::app::operation::call::Write;
use crate::app::operation::database::call::RdsWrite;
use crate::app::operation::outcome::Verdict;
use crate::model::{DatabaseSnapshot, Failure, FailureKind};
use crate::ui::testing::pictures::seen;

/// When the process of this number began.
fn began(pid: &str) -> String {
    format!("2026-11-29 10:00:00.0000{pid}")
}

/// One that blocks, one that waits for it, one that waits for that one, and one that idles.
fn sessions() -> Vec<Vec<Option<String>>> {
    let session = |pid: &str, application: &str, state: &str, waits: &str, blocked: &str, statement: &str| {
        let wait = if waits == "NULL" { "NULL" } else { "Lock" };
        row(&[
            pid,
            "app",
            "bookmarks",
            application,
            "10.0.0.1",
            state,
            wait,
            waits,
            "3",
            "61",
            "3",
            statement,
            blocked,
            "NULL",
            "client backend",
            "f",
            &began(pid),
        ])
    };
    vec![
        session("91", "web", "idle", "NULL", "{}", "select 1"),
        session("93", "worker", "active", "transactionid", "{92}", "update bookmarks set title = '日本'"),
        session("92", "api", "active", "tuple", "{90}", "update bookmarks set note = null"),
        session("90", "psql", "idle in transaction", "NULL", "{}", "update bookmarks set visits = 0"),
    ]
}

#[test]
fn who_blocks_whom_is_a_tree_and_a_session_is_cancelled_or_ended_after_a_question() {
    let mut desk = Desk::new("staging", (120, 40));
    desk.rows = sessions();
    desk.press("4 a");
    let screen = crate::ui::testing::text(&desk.stage.app);
    let line = |text: &str| screen.lines().position(|line| line.contains(text)).unwrap_or(usize::MAX);
    assert!(line("90") < line("└ 92") && line("└ 92") < line("  └ 93") && line("└ 93") < line("91"), "{screen}");
    let branch = |text: &str| screen.lines().find_map(|line| line.find(text));
    assert!(branch("└ 92") < branch("└ 93"), "who waits for one that waits stands further in:\n{screen}");
    seen("database_activity", &desk.stage.app);
    // The one in the middle: what it runs is cancelled.
    desk.press("j I");
    desk.stage.shows("Cancel session 92 in staging");
    desk.stage.shows("update bookmarks set note");
    desk.press("esc");
    assert!(desk.signals.is_empty());
    desk.press("I enter");
    let signal = desk.signals.last().expect("a signal");
    assert_eq!((signal.process.pid, signal.terminate), (92, false));
    assert_eq!(signal.process.began, Some(began("92")), "another process that got the number is not meant");
    assert_eq!(signal.record.outcome, "started");
    assert!(signal.record.command.contains("cockpit db --cancel 92 --env staging"), "{:?}", signal.record);
    desk.press("g K");
    desk.stage.shows("End session 90 in staging");
    desk.stage.shows("rolled back");
    desk.press("enter");
    assert_eq!(desk.signals.len(), 1, "Cancel is selected");
    desk.press("K left enter");
    let signal = desk.signals.last().expect("a signal");
    assert_eq!((signal.process.pid, signal.terminate), (90, true));
    desk.press("esc");
    assert_eq!(desk.left.len(), 1, "the session is left with the activity");
}

#[test]
fn the_activity_goes_from_question_to_question_and_fits_a_small_screen() {
    let mut desk = Desk::new("staging", (80, 24));
    desk.rows = sessions();
    desk.press("4 a");
    seen("database_activity_80x24", &desk.stage.app);
    desk.press("v");
    desk.stage.shows("transactions");
    desk.rows = Vec::new();
    desk.press("v");
    desk.stage.shows("locks");
    desk.stage.shows("no lock that could be in somebody's way");
    let asked = desk.looked.len();
    desk.press("r");
    assert_eq!(desk.looked.len(), asked + 1);
}

#[test]
fn of_a_lock_the_question_names_who_holds_it_and_no_application() {
    let mut desk = Desk::new("staging", (120, 40));
    desk.rows =
        vec![row(&["90", "app", "bookmarks", "AccessExclusiveLock", "t", "3", "{}", "lock bookmarks", &began("90")])];
    desk.press("4 a v v");
    desk.stage.shows("AccessExclusiveLock");
    desk.press("g K");
    desk.stage.shows("End session 90 in staging");
    desk.stage.shows("Session 90 of app on");
}

#[test]
fn what_a_server_no_longer_answers_is_said_to_be_old() {
    let mut desk = Desk::new("staging", (120, 40));
    desk.rows = sessions();
    desk.press("4 a");
    desk.silent = true;
    let age = |desk: &Desk| super::activity::status(&desk.stage.app).age;
    desk.to(6);
    assert_eq!(age(&desk), None);
    desk.to(20);
    assert!(age(&desk).is_some_and(|age| age.ends_with("s old")));
}

#[test]
fn what_does_not_answer_holds_up_no_other_question() {
    let mut desk = Desk::new("staging", (120, 40));
    desk.rows = sessions();
    desk.silent = true;
    desk.press("4 a");
    let (asked, left) = (desk.looked.len(), desk.left.len());
    desk.press("v");
    assert_eq!((desk.looked.len(), desk.left.len()), (asked + 1, left + 1), "the one before is given up at the server");
    desk.press("r");
    assert_eq!((desk.looked.len(), desk.left.len()), (asked + 2, left + 2));
    desk.press("esc");
    assert_eq!(desk.left.len(), left + 4, "with the session, too");
}

#[test]
fn a_snapshot_is_named_planned_and_followed_until_it_is_whole() {
    let mut desk = Desk::new("staging", (120, 40));
    desk.press("4 B");
    desk.stage.shows("Snapshot of bookmark-manager-staging: name");
    desk.stage.shows("letters, digits and hyphens");
    desk.press("enter");
    desk.stage.shows("it stays, and costs, until somebody deletes it");
    seen("database_snapshot_plan", &desk.stage.app);
    desk.press("enter");
    let Some(Write::Rds(RdsWrite::Snapshot { database, name, .. })) = desk.stage.aws.writes.last().cloned() else {
        panic!("{:?}", desk.stage.aws.writes)
    };
    assert!(name.starts_with(&format!("{database}-20")), "{name}");
    let made = |status: &str, percent| DatabaseSnapshot {
        id: name.clone(),
        database: database.clone(),
        status: status.into(),
        percent: Some(percent),
        size_gib: Some(20),
        ..DatabaseSnapshot::default()
    };
    desk.stage.aws.snapshots = vec![made("creating", 40)];
    desk.to(10);
    assert_eq!(desk.stage.verdict(), None);
    desk.stage.aws.snapshots = vec![made("available", 100)];
    desk.to(30);
    assert_eq!(desk.stage.verdict(), Some(Verdict::Done));
}

#[test]
fn the_plan_of_a_failover_names_who_is_connected_or_says_why_that_is_not_known() {
    let mut desk = Desk::new("staging", (120, 40));
    desk.press("4");
    desk.press("F");
    desk.stage.shows("connected: web as app: 12 connections, 3 at work, 1 in an open transaction");
    assert_eq!(desk.left.len(), 1, "the session for it is left");
    seen("database_failover_plan", &desk.stage.app);
    desk.press("esc");

    // A server that does not answer holds up nobody for long.
    let mut desk = Desk::new("staging", (120, 40));
    desk.who = None;
    desk.press("4");
    desk.press("F");
    desk.stage.hides("who is connected is not known");
    desk.to(7);
    desk.stage.shows("who is connected is not known: the server did not answer within 5 s");

    let mut desk = Desk::new("staging", (120, 40));
    desk.stage.app.environment.database.user = None;
    desk.press("4");
    desk.press("F");
    desk.stage.shows("who is connected is not known: it is not said who connects");
    assert!(desk.session.is_none(), "nothing is connected to");
}

#[test]
fn the_activity_comes_back_after_its_session_was_cut() {
    let mut desk = Desk::new("staging", (120, 40));
    desk.rows = sessions();
    desk.press("4 a");
    desk.lose();
    desk.stage.shows("terminating connection due to administrator command");
    desk.to(1);
    assert!(desk.session.is_none());
    desk.to(3);
    assert!(desk.session.is_some(), "it is connected to again");
    desk.stage.shows("└ 92");
    // Who left it does not want it back.
    desk.lose();
    desk.press("esc");
    desk.to(20);
    assert!(desk.session.is_none());
}

#[test]
fn sessions_that_are_not_read_again_tell_their_age() {
    let old = |desk: &Desk| {
        let screen = crate::ui::testing::text(&desk.stage.app);
        let frame =
            screen.lines().find(|line| line.contains("sessions bookmark")).unwrap_or_else(|| panic!("{screen}"));
        frame
            .split_whitespace()
            .zip(frame.split_whitespace().skip(1))
            .find(|(_, word)| *word == "old")
            .map(|(age, _)| age.to_owned())
    };
    // A server that answers no more: nothing has failed.
    let mut desk = Desk::new("staging", (120, 40));
    desk.rows = sessions();
    desk.press("4 a");
    desk.silent = true;
    desk.to(3);
    assert_eq!(old(&desk), None);
    desk.to(12);
    assert_eq!(old(&desk).as_deref(), Some("12s"));

    // One that refuses: each refusal is new, the rows are not.
    let mut desk = Desk::new("staging", (120, 40));
    desk.rows = sessions();
    desk.press("4 a");
    desk.refusal = Some(Failure::new(FailureKind::Denied, "permission denied for view pg_stat_activity"));
    desk.to(3);
    desk.to(9);
    desk.stage.shows("permission denied for view pg_stat_activity");
    assert_eq!(old(&desk).as_deref(), Some("9s"));
    desk.refusal = None;
    desk.to(12);
    assert_eq!(old(&desk), None);
}

#[test]
fn a_paused_screen_keeps_the_sessions_as_they_are_and_tells_their_age() {
    let mut desk = Desk::new("staging", (120, 40));
    desk.rows = sessions();
    desk.press("4 a p");
    let asked = desk.looked.len();
    desk.rows = Vec::new();
    desk.to(12);
    assert_eq!(desk.looked.len(), asked, "nothing is asked");
    desk.stage.shows("└ 92");
    desk.stage.shows("12s old");
    desk.press("p");
    desk.to(13);
    assert!(desk.looked.len() > asked);
    desk.stage.hides("└ 92");
}
