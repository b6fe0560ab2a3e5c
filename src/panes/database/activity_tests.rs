//! Server activity, snapshots and failovers, driven by keys.

use super::testing::{Harness, row};
use crate::app::operation::call::Write;
use crate::app::operation::database::call::RdsWrite;
use crate::app::operation::outcome::Verdict;
use crate::model::{DatabaseSnapshot, Failure, FailureKind};
use crate::ui::testing::pictures::assert_screen;

/// Start time of the process with this number.
fn began(pid: &str) -> String {
    format!("2026-11-29 10:00:00.0000{pid}")
}

/// A blocking session, one that waits for it, one that waits for that one, and an idle one.
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
fn blocked_sessions_form_a_tree_and_signals_need_confirmation() {
    let mut desk = Harness::new("staging", (120, 40));
    desk.rows = sessions();
    desk.press("4 a");
    let screen = crate::ui::testing::text(&desk.stage.app);
    let line = |text: &str| screen.lines().position(|line| line.contains(text)).unwrap_or(usize::MAX);
    assert!(line("90") < line("└ 92") && line("└ 92") < line("  └ 93") && line("└ 93") < line("91"), "{screen}");
    let branch = |text: &str| screen.lines().find_map(|line| line.find(text));
    assert!(branch("└ 92") < branch("└ 93"), "a session blocked by a blocked one is indented further:\n{screen}");
    assert_screen("database_activity", &desk.stage.app);
    // Cancels the statement of the session in the middle.
    desk.press("j I");
    desk.stage.assert_shown("Cancel session 92 in staging");
    desk.stage.assert_shown("update bookmarks set note");
    desk.press("esc");
    assert!(desk.signals.is_empty());
    desk.press("I enter");
    let signal = desk.signals.last().expect("a signal");
    assert_eq!((signal.process.pid, signal.terminate), (92, false));
    assert_eq!(
        signal.process.start_time,
        Some(began("92")),
        "the start time identifies the process if its number is reused"
    );
    assert_eq!(signal.record.outcome, "started");
    assert!(signal.record.command.contains("cockpit db --cancel 92 --env staging"), "{:?}", signal.record);
    desk.press("g K");
    desk.stage.assert_shown("End session 90 in staging");
    desk.stage.assert_shown("rolled back");
    desk.press("enter");
    assert_eq!(desk.signals.len(), 1, "Cancel is selected");
    desk.press("K left enter");
    let signal = desk.signals.last().expect("a signal");
    assert_eq!((signal.process.pid, signal.terminate), (90, true));
    desk.press("esc");
    assert_eq!(desk.left_tickets.len(), 1, "the session is left with the activity");
}

#[test]
fn activity_cycles_through_its_questions_and_fits_a_small_screen() {
    let mut desk = Harness::new("staging", (80, 24));
    desk.rows = sessions();
    desk.press("4 a");
    assert_screen("database_activity_80x24", &desk.stage.app);
    desk.press("v");
    desk.stage.assert_shown("transactions");
    desk.rows = Vec::new();
    desk.press("v");
    desk.stage.assert_shown("locks");
    desk.stage.assert_shown("no lock that could be in somebody's way");
    let asked = desk.listings.len();
    desk.press("r");
    assert_eq!(desk.listings.len(), asked + 1);
}

#[test]
fn confirmation_for_a_lock_names_its_holder_without_an_application() {
    let mut desk = Harness::new("staging", (120, 40));
    desk.rows =
        vec![row(&["90", "app", "bookmarks", "AccessExclusiveLock", "t", "3", "{}", "lock bookmarks", &began("90")])];
    desk.press("4 a v v");
    desk.stage.assert_shown("AccessExclusiveLock");
    desk.press("g K");
    desk.stage.assert_shown("End session 90 in staging");
    desk.stage.assert_shown("Session 90 of app on");
}

#[test]
fn unanswered_activity_is_marked_as_old() {
    let mut desk = Harness::new("staging", (120, 40));
    desk.rows = sessions();
    desk.press("4 a");
    desk.silent = true;
    let age = |desk: &Harness| super::activity::status(&desk.stage.app).age;
    desk.advance_to(6);
    assert_eq!(age(&desk), None);
    desk.advance_to(20);
    assert!(age(&desk).is_some_and(|age| age.ends_with("s old")));
}

#[test]
fn unanswered_question_does_not_block_the_next_one() {
    let mut desk = Harness::new("staging", (120, 40));
    desk.rows = sessions();
    desk.silent = true;
    desk.press("4 a");
    let (asked, left) = (desk.listings.len(), desk.left_tickets.len());
    desk.press("v");
    assert_eq!(
        (desk.listings.len(), desk.left_tickets.len()),
        (asked + 1, left + 1),
        "the previous one is cancelled at the server"
    );
    desk.press("r");
    assert_eq!((desk.listings.len(), desk.left_tickets.len()), (asked + 2, left + 2));
    desk.press("esc");
    assert_eq!(desk.left_tickets.len(), left + 4, "with the session, too");
}

#[test]
fn snapshot_is_named_planned_and_followed_until_complete() {
    let mut desk = Harness::new("staging", (120, 40));
    desk.press("4 B");
    desk.stage.assert_shown("Snapshot of bookmark-manager-staging: name");
    desk.stage.assert_shown("letters, digits and hyphens");
    desk.press("enter");
    desk.stage.assert_shown("it stays, and costs, until somebody deletes it");
    assert_screen("database_snapshot_plan", &desk.stage.app);
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
    desk.advance_to(10);
    assert_eq!(desk.stage.verdict(), None);
    desk.stage.aws.snapshots = vec![made("available", 100)];
    desk.advance_to(30);
    assert_eq!(desk.stage.verdict(), Some(Verdict::Done));
}

#[test]
fn failover_plan_lists_connections_or_the_reason_they_are_unknown() {
    let mut desk = Harness::new("staging", (120, 40));
    desk.press("4");
    desk.press("F");
    desk.stage.assert_shown("connected: web as app: 12 connections, 3 at work, 1 in an open transaction");
    assert_eq!(desk.left_tickets.len(), 1, "its session is closed");
    assert_screen("database_failover_plan", &desk.stage.app);
    desk.press("esc");

    // The plan waits only briefly for a server that does not answer.
    let mut desk = Harness::new("staging", (120, 40));
    desk.connected_rows = None;
    desk.press("4");
    desk.press("F");
    desk.stage.assert_hidden("who is connected is not known");
    desk.advance_to(7);
    desk.stage.assert_shown("who is connected is not known: the server did not answer within 5 s");

    let mut desk = Harness::new("staging", (120, 40));
    desk.stage.app.environment.database.user = None;
    desk.press("4");
    desk.press("F");
    desk.stage.assert_shown("who is connected is not known: it is not said who connects");
    assert!(desk.session.is_none(), "no connection is made");
}

#[test]
fn lost_activity_session_reconnects() {
    let mut desk = Harness::new("staging", (120, 40));
    desk.rows = sessions();
    desk.press("4 a");
    desk.lose();
    desk.stage.assert_shown("terminating connection due to administrator command");
    desk.advance_to(1);
    assert!(desk.session.is_none());
    desk.advance_to(3);
    assert!(desk.session.is_some(), "it is connected to again");
    desk.stage.assert_shown("└ 92");
    // A session that was left is not reconnected.
    desk.lose();
    desk.press("esc");
    desk.advance_to(20);
    assert!(desk.session.is_none());
}

#[test]
fn unrefreshed_sessions_show_their_age() {
    let old = |desk: &Harness| {
        let screen = crate::ui::testing::text(&desk.stage.app);
        let frame =
            screen.lines().find(|line| line.contains("sessions bookmark")).unwrap_or_else(|| panic!("{screen}"));
        frame
            .split_whitespace()
            .zip(frame.split_whitespace().skip(1))
            .find(|(_, word)| *word == "old")
            .map(|(age, _)| age.to_owned())
    };
    // A server that stops answering, without a failure.
    let mut desk = Harness::new("staging", (120, 40));
    desk.rows = sessions();
    desk.press("4 a");
    desk.silent = true;
    desk.advance_to(3);
    assert_eq!(old(&desk), None);
    desk.advance_to(12);
    assert_eq!(old(&desk).as_deref(), Some("12s"));

    // A server that refuses: the refusals are new, the rows are not.
    let mut desk = Harness::new("staging", (120, 40));
    desk.rows = sessions();
    desk.press("4 a");
    desk.refusal = Some(Failure::new(FailureKind::Denied, "permission denied for view pg_stat_activity"));
    desk.advance_to(3);
    desk.advance_to(9);
    desk.stage.assert_shown("permission denied for view pg_stat_activity");
    assert_eq!(old(&desk).as_deref(), Some("9s"));
    desk.refusal = None;
    desk.advance_to(12);
    assert_eq!(old(&desk), None);
}

#[test]
fn paused_screen_keeps_the_sessions_and_shows_their_age() {
    let mut desk = Harness::new("staging", (120, 40));
    desk.rows = sessions();
    desk.press("4 a p");
    let asked = desk.listings.len();
    desk.rows = Vec::new();
    desk.advance_to(12);
    assert_eq!(desk.listings.len(), asked, "nothing is requested");
    desk.stage.assert_shown("└ 92");
    desk.stage.assert_shown("12s old");
    desk.press("p");
    desk.advance_to(13);
    assert!(desk.listings.len() > asked);
    desk.stage.assert_hidden("└ 92");
}
