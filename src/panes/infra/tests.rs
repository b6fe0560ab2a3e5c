//! The Infra pane at each size: its keys, and what it refuses.

use super::state::{CHANGE, GRAPH, ID, PLAN, RESOURCES};
use super::testing::{Desk, RUN, event, listed, middle, plan, ready, started, step, who};
use crate::feeds::infra;
use crate::feeds::part::Part;
use crate::model::infra::plan::{Plan, testing};
use crate::model::infra::run_event::{Goal, RequestKind, RunEnd, RunEventKind, Step};
use crate::model::{Failure, FailureKind};
use crate::ui::testing::pictures::assert_screen;

#[test]
fn unconfigured_environment_shows_what_to_configure() {
    let mut desk = Desk::with((80, 24), false);
    desk.keys("6");
    assert_eq!(desk.app.shown_pane().id, ID);
    let screen = desk.screen();
    assert!(screen.contains("[environments.staging.infra]") && screen.contains("kind = \"terragrunt\""), "{screen}");
    desk.keys("P");
    assert!(desk.begun.is_empty(), "no run is started");
    assert_screen("infra_unconfigured", &desk.app);
}

#[test]
fn units_are_listed_in_apply_order_before_any_run() {
    let mut desk = Desk::new((80, 24));
    desk.keys("6");
    let screen = desk.screen();
    let place = |name: &str| screen.find(&format!(" {name} ")).unwrap_or_else(|| panic!("{name}:\n{screen}"));
    assert!(place("network") < place("database") && place("database") < place("compute"), "{screen}");
    assert!(screen.contains("no run yet"), "{screen}");
    assert_screen("infra_idle", &desk.app);
}

#[test]
fn failed_unit_search_shows_its_reason_and_keeps_known_units() {
    let mut desk = Desk::new((80, 24));
    let text = "the code is broken\nenvs/staging/network/terragrunt.hcl:3: unknown function\n→ correct it";
    let units = std::mem::replace(&mut desk.units, Err(Failure::new(FailureKind::Other, text)));
    desk.keys("6");
    assert!(desk.screen().contains("terragrunt.hcl:3"), "{}", desk.screen());
    assert_screen("infra_broken", &desk.app);
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
fn running_run_is_shown_unit_by_unit() {
    for (name, size) in [("infra_80x24", (80, 24)), ("infra_60x15", (60, 15)), ("infra_200x60", (200, 60))] {
        let desk = Desk::in_the_middle(size);
        let screen = desk.screen();
        assert!(screen.contains("blocked by registry") && screen.contains("nothing to do"), "{screen}");
        assert!(screen.contains("DATA IS LOST"), "what matters most is cut last:\n{screen}");
        assert_screen(name, &desk.app);
    }
    let desk = Desk::in_the_middle((200, 60));
    let screen = desk.screen();
    for part in ["3/6 units", "applying 1/2", "main.tf:12", "DATA IS LOST", "run ◐ apply 3/6", "+2 ~1 -1"] {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
}

#[test]
fn running_run_is_shown_in_every_pane_and_the_drawer() {
    let mut desk = Desk::in_the_middle((200, 60));
    desk.keys("1");
    assert!(desk.screen().contains("run ◐ apply 3/6"), "{}", desk.screen());
    desk.keys("ctrl-a");
    assert!(desk.screen().contains("infra apply  3/6 units, 1 plan to review"), "{}", desk.screen());
}

#[test]
fn run_of_another_user_is_found_while_the_pane_is_hidden() {
    let mut desk = Desk::new((120, 24));
    desk.tick(1);
    assert!(desk.follows.is_none());
    desk.runs = vec![listed(RUN)];
    desk.tick(3);
    assert!(desk.follows.is_none(), "not requested again so soon");
    desk.tick(7);
    desk.news(middle(), true);
    assert!(desk.screen().contains("◐ apply"), "{}", desk.screen());
}

#[test]
fn waiting_plan_opens_even_if_another_unit_is_selected() {
    let mut desk = Desk::in_the_middle((120, 40));
    assert_ne!(desk.app.panes.infra.selected_unit.as_deref(), Some("database"));
    desk.keys("v");
    assert_eq!((desk.app.panes.infra.selected_unit.as_deref(), desk.app.focused()), (Some("database"), PLAN));
    assert!(desk.screen().contains("must be replaced"), "{}", desk.screen());
    // Back in the list, its unit is selected.
    desk.keys("esc");
    assert_eq!(desk.app.panes.infra.selected_unit.as_deref(), Some("database"));
}

#[test]
fn plan_of_a_unit_is_shown_resource_by_resource() {
    let mut desk = Desk::in_the_middle((200, 60));
    desk.keys("j j j v");
    assert_eq!(desk.app.panes.infra.selected_unit.as_deref(), Some("database"));
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
    assert_screen("infra_unit_200x60", &desk.app);
    desk.keys("enter");
    assert_eq!(desk.app.focused(), CHANGE);
    desk.keys("esc esc");
    assert_eq!(desk.app.panes.infra.opened_unit, None);
    assert_eq!(desk.app.panes.infra.selected_unit.as_deref(), Some("database"), "the unit that was left is selected");
}

#[test]
fn plan_is_offered_for_review_after_it_was_read() {
    let mut desk = Desk::new((120, 40));
    (desk.runs, desk.plan) = (vec![listed(RUN)], None);
    desk.keys("6");
    desk.news(middle(), true);
    desk.tick(1);
    let screen = desk.screen();
    assert!(screen.contains("reading the plan of database …"), "{screen}");
    assert!(!screen.contains("A approves"), "{screen}");
    desk.keys("A");
    assert!(desk.screen().contains("the plan of database is still being read"), "{}", desk.screen());
    let (ticket, ..) = desk.reads.last().cloned().unwrap();
    desk.answered(ticket, Part::<infra::Fact>::Failed(Failure::new(FailureKind::Other, "it is torn")));
    assert!(desk.screen().contains("the plan of database cannot be read: it is torn"), "{}", desk.screen());
    desk.plan = Some(plan());
    desk.plans();
    assert!(desk.screen().contains("1 plan waits for review: database. v reads it, A approves"), "{}", desk.screen());
}

#[test]
fn plan_that_loses_data_needs_the_typed_name() {
    let mut desk = Desk::in_the_middle((80, 24));
    desk.keys("A");
    let screen = desk.screen();
    assert!(screen.contains("The data in database: aws_rds_cluster.main is lost."), "{screen}");
    assert!(screen.contains("type staging to confirm"), "{screen}");
    assert_screen("infra_approve_80x24", &desk.app);
    desk.keys("enter");
    assert!(desk.wishes.is_empty(), "nothing was typed");
    desk.keys("s t a g i n g enter");
    assert_eq!(
        desk.wishes,
        [RequestKind::Approve { unit: "database".into(), sha256: "bbbbbbbbbbbbbbbb".into() }],
        "{}",
        desk.screen()
    );
}

#[test]
fn plan_replaced_during_review_is_not_approved() {
    let mut desk = Desk::in_the_middle((80, 24));
    desk.keys("A");
    desk.news(
        vec![
            event(0, RunEventKind::PlanStale { unit: "database".into(), why: "the code changed".into() }),
            ready(0, "database", "cccc", (1, 0, 0), &[]),
        ],
        true,
    );
    desk.keys("s t a g i n g enter enter");
    assert!(desk.wishes.is_empty(), "{}", desk.screen());
}

#[test]
fn disruptive_plan_preselects_cancel() {
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
    // Marked units are approved together.
    desk.keys("space j space");
    let marked: Vec<&String> = desk.app.panes.infra.marked_units.iter().collect();
    assert_eq!(marked, ["auth", "network"]);
    desk.keys("A enter");
    assert!(desk.wishes.is_empty(), "Cancel was selected");
    desk.keys("A right enter");
    assert_eq!(desk.wishes.len(), 2, "{}", desk.screen());
}

#[test]
fn read_only_session_approves_nothing() {
    let mut desk = Desk::in_the_middle((80, 24));
    desk.app.session.read_only = true;
    for key in ["A", "X", "C", "R"] {
        desk.keys(key);
    }
    assert!(desk.wishes.is_empty() && desk.begun.is_empty());
    assert!(desk.app.screen.overlays.is_empty());
}

#[test]
fn cancel_names_changes_in_flight_and_a_second_one_needs_the_typed_name() {
    let mut desk = Desk::in_the_middle((80, 24));
    desk.keys("C");
    assert!(desk.screen().contains("aws_nat_gateway.a (creating"), "{}", desk.screen());
    let asked = super::windows::confirm(&desk.app, 0).unwrap();
    assert_eq!(asked.command, "cockpit infra cancel 20261120T050000Z-apply-1f2e --env staging");
    desk.keys("enter");
    assert_eq!(desk.wishes, [RequestKind::Cancel { hard: false }]);
    desk.news(vec![event(0, RunEventKind::CancelAsked { by: who(), hard: false })], true);
    desk.tick(2);
    assert!(desk.screen().contains("asked it to stop: waits for aws_nat_gateway.a"), "{}", desk.screen());
    desk.keys("C");
    let screen = desk.screen();
    assert!(screen.contains("the state may not be written") && screen.contains("type staging"), "{screen}");
    desk.keys("enter");
    assert_eq!(desk.wishes.len(), 1);
    desk.keys("s t a g i n g enter");
    assert_eq!(desk.wishes[1], RequestKind::Cancel { hard: true });
}

#[test]
fn end_is_reported_once_and_failed_units_can_be_retried() {
    let mut desk = Desk::in_the_middle((80, 24));
    desk.news(vec![event(0, RunEventKind::Ended { end: RunEnd::Failed })], false);
    desk.tick(10);
    let screen = desk.screen();
    assert!(screen.contains("FAILED 10s ago"), "{screen}");
    assert!(desk.app.activity.iter().any(|entry| entry.error && entry.text == "infra apply: FAILED"));
    assert!(!screen.contains("run ◐"), "nothing goes on:\n{screen}");
    desk.keys("R");
    assert_eq!(desk.wishes, [RequestKind::Retry]);
}

#[test]
fn run_without_a_supervisor_shows_how_to_resume_it() {
    let mut desk = Desk::in_the_middle((80, 24));
    desk.news(Vec::new(), false);
    desk.tick(2);
    let screen = desk.screen();
    assert!(screen.contains("nothing drives it any more"), "{screen}");
    desk.keys("A");
    assert!(desk.wishes.is_empty(), "no supervisor would read it");
}

#[test]
fn plan_key_starts_a_run_over_the_marked_units_and_follows_it() {
    let mut desk = Desk::new((100, 30));
    desk.keys("6 P");
    assert_eq!(desk.begun, [(Goal::Plan, Vec::new())]);
    assert!(desk.follows.is_some(), "it is followed at once");
    desk.news(vec![started(Goal::Plan)], true);
    desk.keys("X");
    assert_eq!(desk.begun.len(), 1, "one run at a time");
    desk.news(vec![event(1, RunEventKind::Ended { end: RunEnd::Done })], false);
    desk.keys("space A");
    assert_eq!(desk.begun[1].0, Goal::Apply);
    assert_eq!(desk.begun[1].1.len(), 1, "the marked one alone");
}

#[test]
fn drift_key_starts_a_drift_run() {
    let mut desk = Desk::new((100, 30));
    desk.keys("6 W");
    assert_eq!(desk.begun, [(Goal::Drift, Vec::new())], "{}", desk.screen());
    assert!(desk.follows.is_some(), "it is followed at once");
    desk.news(vec![started(Goal::Drift)], true);
    desk.keys("W");
    assert_eq!(desk.begun.len(), 1, "one run at a time");
}

#[test]
fn wrong_account_plans_and_approves_nothing() {
    let mut desk = Desk::in_the_middle((80, 24));
    desk.app.environment.account = Some("999999999999".into());
    desk.keys("A");
    assert!(desk.app.screen.overlays.is_empty(), "nothing is asked");
    assert!(desk.screen().contains("refused: the credentials are of account 123456789012"), "{}", desk.screen());
    desk.news(vec![event(0, RunEventKind::Ended { end: RunEnd::Failed })], false);
    desk.keys("P A X W");
    assert!(desk.begun.is_empty() && desk.wishes.is_empty());
}

#[test]
fn initialised_unit_shows_what_it_waits_for() {
    let mut desk = Desk::new((100, 30));
    desk.runs = vec![listed(RUN)];
    desk.keys("6");
    let ended = RunEventKind::StepEnded { unit: "database".into(), step: Step::Init, code: Some(0), failed: None };
    desk.news(vec![started(Goal::Apply), step(-9, "database", Step::Init)], true);
    assert!(desk.screen().contains("loading providers"), "{}", desk.screen());
    desk.news(vec![event(-5, ended)], true);
    desk.tick(1);
    let screen = desk.screen();
    assert!(screen.contains("waits for network") && !screen.contains("loading providers"), "{screen}");
}

#[test]
fn moving_in_the_graph_selects_the_unit() {
    let mut desk = Desk::in_the_middle((80, 24));
    desk.keys("tab");
    assert_eq!(desk.app.focused(), GRAPH);
    assert_screen("infra_graph_80x24", &desk.app);
    let before = desk.app.panes.infra.selected_unit.clone();
    desk.keys("right");
    assert_ne!(desk.app.panes.infra.selected_unit, before);
    desk.keys("right right right");
    assert_eq!(desk.app.panes.infra.selected_unit.as_deref(), Some("edge"), "the last wave");
    assert!(desk.screen().contains("edge"), "it is in view:\n{}", desk.screen());
    desk.keys("enter");
    assert_eq!(desk.app.panes.infra.opened_unit.as_deref(), Some("edge"));
}

#[test]
fn filter_finds_units_by_name_and_by_state() {
    let mut desk = Desk::in_the_middle((80, 24));
    desk.keys("/ b l o c k e d enter");
    let screen = desk.screen();
    assert!(screen.contains("compute") && !screen.contains("nothing to do"), "{screen}");
}

#[test]
fn switching_the_environment_resets_the_pane_and_the_run_continues() {
    let mut desk = Desk::in_the_middle((80, 24));
    let follows = desk.follows.unwrap();
    desk.keys("e j enter");
    assert_eq!(desk.app.environment.name, "prod");
    assert!(desk.app.panes.infra.run.is_none() && desk.app.panes.infra.units.is_none());
    assert_eq!(desk.left, [follows], "it is left, and not stopped");
    assert!(desk.wishes.is_empty());
    desk.news(vec![event(0, RunEventKind::Ended { end: RunEnd::Failed })], true);
    assert!(desk.app.panes.infra.run.is_none(), "late news are of another environment");
}

#[test]
fn ten_thousand_resources_are_folded() {
    let mut desk = Desk::new((200, 60));
    desk.plan = Some(Plan::read(testing::large(10_000).to_string().as_bytes()).unwrap());
    desk.runs = vec![listed(RUN)];
    desk.keys("6");
    desk.news(vec![started(Goal::Apply), ready(-1, "network", "aaaa", (10_000, 0, 0), &[])], true);
    desk.tick(1);
    desk.app.screen.list(super::state::UNITS).select_key("network");
    desk.keys("down up");
    desk.app.panes.infra.selected_unit = Some("network".into());
    desk.keys("enter");
    let screen = desk.screen();
    assert!(screen.contains("module.m0") && screen.contains("+ 500"), "{screen}");
    assert!(screen.contains("Resources network (10000)"), "{screen}");
}

#[test]
fn suggested_command_in_a_dialog_names_the_environment() {
    let desk = Desk::in_the_middle((80, 24));
    let window = crate::app::overlays::message(&desk.app, "The code", "`cockpit infra fmt` writes them in it");
    assert_eq!(window.copy_text.as_deref(), Some("`cockpit infra fmt --env staging` writes them in it"));
}
