//! What a yes is asked for: which plans, and what they are bound to.

use super::state::RESOURCES;
use super::testing::{Desk, RUN, event, listed, ready, started, unit, units, who};
use crate::feeds::infra;
use crate::model::infra::plan::types::{Attribute, Output, Shown};
use crate::model::infra::run_event::{Goal, RequestKind, RunEnd, RunEvent, What};
use crate::model::infra::{Graph, Tool};
use crate::ui::testing::pictures::seen;

/// A run in which three units of the first wave wait for a yes.
fn wave(size: (u16, u16)) -> Desk {
    let mut desk = Desk::new(size);
    desk.runs = vec![listed(RUN)];
    desk.keys("6");
    desk.news(
        vec![
            started(Goal::Apply),
            ready(-840, "network", "aaaa", (1, 0, 0), &[]),
            ready(-60, "auth", "bbbb", (0, 1, 0), &[]),
            ready(-30, "registry", "cccc", (1, 0, 0), &[]),
        ],
        true,
    );
    desk.tick(1);
    desk
}

fn approved(desk: &Desk) -> Vec<&str> {
    let mut units = Vec::new();
    for wish in &desk.wishes {
        if let RequestKind::Approve { unit, .. } = wish {
            units.push(unit.as_str());
        }
    }
    units
}

#[test]
fn a_wave_is_asked_for_at_once_marked_units_alone_and_so_is_the_one_that_was_gone_into() {
    // Whichever unit is selected: all that wait.
    let mut desk = wave((100, 30));
    desk.keys("j A");
    let screen = desk.screen();
    assert!(screen.contains("Apply auth, network, registry in staging"), "{screen}");
    assert!(screen.contains("space in the list marks units"), "{screen}");
    desk.keys("right enter");
    assert_eq!(approved(&desk), ["auth", "network", "registry"]);
    // The marked ones.
    let mut desk = wave((100, 30));
    desk.keys("space j j space A");
    let screen = desk.screen();
    assert!(screen.contains("Apply auth, registry in staging"), "{screen}");
    assert!(screen.contains("Waits too, and is not asked for here: network"), "{screen}");
    desk.keys("right enter");
    assert_eq!(approved(&desk), ["auth", "registry"]);
    // The one that was gone into.
    let mut desk = wave((100, 30));
    desk.keys("j enter A");
    assert!(desk.screen().contains("Apply network in staging"), "{}", desk.screen());
    desk.keys("right enter");
    assert_eq!(approved(&desk), ["network"]);
}

#[test]
fn the_question_says_workspace_revision_and_age_and_the_list_says_the_workspace() {
    // One folder is two environments: what tells them apart is the workspace.
    let in_workspace = |name: &str, needs: &[&str]| crate::model::infra::Unit {
        tool: Tool::Terraform,
        workspace: Some("dev".into()),
        ..unit(name, needs)
    };
    let units = vec![in_workspace("pantri", &[])];
    let mut desk = Desk::new((80, 24));
    desk.units = Ok(infra::Units { graph: Graph::new(units.clone()).unwrap(), warnings: Vec::new() });
    desk.runs = vec![listed(RUN)];
    desk.keys("6");
    let mut began = started(Goal::Apply);
    if let RunEvent { what: What::Started(started), .. } = &mut began {
        started.units = units;
    }
    desk.news(vec![began, ready(-840, "pantri", "aaaa", (1, 0, 0), &[])], true);
    desk.tick(1);
    let screen = desk.screen();
    assert!(screen.contains("WORKSPACE") && screen.contains("pantri") && screen.contains(" dev "), "{screen}");
    desk.keys("A");
    let screen = desk.screen();
    assert!(screen.contains("plan aaaa of 13:48:31"), "{screen}");
    assert!(screen.contains("workspace dev · 9f3c2e1 with uncommitted changes"), "{screen}");
    assert!(screen.contains("The plan is 14m old."), "{screen}");
    seen("infra_approve_workspace_80x24", &desk.app);
    // It grows older while one reads; what is asked is the same.
    let asked = crate::app::question::question(&desk.app);
    desk.tick(600);
    assert!(desk.screen().contains("The plan is 24m old."), "{}", desk.screen());
    assert_eq!(crate::app::question::question(&desk.app), asked);
    desk.keys("esc enter");
    assert!(desk.screen().contains("pantri · workspace dev"), "{}", desk.screen());
}

#[test]
fn without_workspaces_there_is_no_column_for_them() {
    let mut desk = Desk::new((80, 24));
    desk.units = Ok(infra::Units { graph: Graph::new(units()).unwrap(), warnings: Vec::new() });
    desk.keys("6");
    assert!(!desk.screen().contains("WORKSPACE"), "{}", desk.screen());
}

#[test]
fn a_resource_is_planned_to_be_made_again_after_a_question() {
    let mut desk = Desk::in_the_middle((120, 40));
    desk.keys("M");
    assert!(desk.screen().contains("Enter goes into a unit; M then makes"), "{}", desk.screen());
    desk.keys("j j j enter");
    assert_eq!(desk.app.panes.infra.open.as_deref(), Some("database"));
    assert_eq!(desk.app.focused(), RESOURCES);
    desk.keys("M");
    assert!(desk.screen().contains("is going on: C cancels it"), "{}", desk.screen());
    desk.news(vec![event(0, What::CancelAsked { by: who(), hard: false })], true);
    desk.news(vec![event(0, What::Ended { end: RunEnd::Cancelled })], false);
    let resource = desk.app.panes.infra.resource.clone().unwrap();
    assert_eq!(resource, "aws_rds_cluster.main");
    desk.keys("M");
    let screen = desk.screen();
    assert!(screen.contains("Replace aws_rds_cluster.main"), "{screen}");
    assert!(screen.contains("The data in it would be lost."), "{screen}");
    assert!(screen.contains("cockpit infra replace aws_rds_cluster.main --env staging --unit database"), "{screen}");
    desk.keys("enter");
    assert!(desk.begun.is_empty(), "Cancel was selected");
    desk.keys("M right enter");
    assert_eq!(desk.begun, [(Goal::Apply, vec!["database".to_owned()])]);
    assert_eq!(desk.replaced, [resource]);
}

#[test]
fn the_question_names_where_it_is_applied_outputs_that_change_and_checks_that_fail() {
    let mut desk = wave((120, 60));
    let value = Attribute {
        name: Some("vpc_id".into()),
        shown: Shown::Changed { before: "\"vpc-1\"".into(), after: "\"vpc-2\"".into() },
        forces: false,
    };
    let checks = vec!["check.reachable: nobody answers".to_owned()];
    let mut plan = super::testing::plan();
    (plan.outputs, plan.checks) = (vec![Output { value }], checks);
    desk.plan = Some(plan);
    desk.news(vec![ready(-10, "network", "dddd", (0, 0, 0), &[])], true);
    desk.tick(2);
    desk.keys("j enter A");
    let screen = desk.screen();
    for part in [
        "environment staging · account 123456789012",
        "vpc_id = \"vpc-1\" -> \"vpc-2\"",
        "check failed: check.reachable: nobody answers",
    ] {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
}

#[test]
fn a_plan_in_the_place_of_one_that_was_approved_and_stale_says_so_before_it_is_asked_for() {
    let mut desk = wave((120, 40));
    let why = "the state was changed since it was planned";
    let approved = What::Approved { unit: "network".into(), sha256: "aaaa".into(), by: who() };
    let stale = What::PlanStale { unit: "network".into(), why: why.into() };
    desk.news(vec![event(-25, approved), event(-20, stale)], true);
    let screen = desk.screen();
    assert!(screen.contains("network: planned again, and not the one approved by kenta at 14:02:06"), "{screen}");
    desk.news(vec![ready(-10, "network", "eeee", (2, 0, 0), &[])], true);
    desk.tick(2);
    let said = format!("network: another plan than the one approved by kenta at 14:02:06: {why}");
    assert!(desk.screen().contains(&said), "{}", desk.screen());
    desk.keys("j enter A");
    assert!(desk.screen().contains("Apply network in staging"), "{}", desk.screen());
    let asked = super::approve::confirmation(&desk.app, &[("network".to_owned(), "eeee".to_owned())]).unwrap();
    assert_eq!(asked.text[0].1, said);
    desk.keys("right enter");
    let again = What::Approved { unit: "network".into(), sha256: "eeee".into(), by: who() };
    desk.news(vec![event(0, again)], true);
    assert!(!desk.screen().contains("another plan than"), "{}", desk.screen());
}

#[test]
fn a_unit_is_named_in_the_offered_command_as_a_shell_takes_it() {
    let desk = wave((100, 30));
    let units = ["お城 と blank".to_owned(), "net".to_owned()];
    let typed = super::ask::command(&desk.app, "apply", &units);
    assert_eq!(typed, "cockpit infra apply --env staging --unit 'お城 と blank' --unit net");
}
