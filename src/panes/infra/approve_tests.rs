//! Approval of plans: which plans are asked about, and what the approval is bound to.

use super::state::RESOURCES;
use super::testing::{Desk, RUN, event, listed, ready, started, unit, units, who};
use crate::feeds::infra;
use crate::model::infra::plan::types::{Attribute, Output, ValueChange};
use crate::model::infra::run_event::{Goal, RequestKind, RunEnd, RunEvent, RunEventKind};
use crate::model::infra::{Graph, Tool};
use crate::ui::testing::pictures::assert_screen;

/// A run in which three units of the first wave wait for approval.
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
fn approval_covers_the_wave_or_the_marked_or_the_opened_unit() {
    // All waiting plans, whichever unit is selected.
    let mut desk = wave((100, 30));
    desk.keys("j A");
    let screen = desk.screen();
    assert!(screen.contains("Apply auth, network, registry in staging"), "{screen}");
    assert!(screen.contains("space in the list marks units"), "{screen}");
    desk.keys("right enter");
    assert_eq!(approved(&desk), ["auth", "network", "registry"]);
    // The marked units.
    let mut desk = wave((100, 30));
    desk.keys("space j j space A");
    let screen = desk.screen();
    assert!(screen.contains("Apply auth, registry in staging"), "{screen}");
    assert!(screen.contains("Waits too, and is not asked for here: network"), "{screen}");
    desk.keys("right enter");
    assert_eq!(approved(&desk), ["auth", "registry"]);
    // The opened unit.
    let mut desk = wave((100, 30));
    desk.keys("j enter A");
    assert!(desk.screen().contains("Apply network in staging"), "{}", desk.screen());
    desk.keys("right enter");
    assert_eq!(approved(&desk), ["network"]);
}

#[test]
fn question_names_workspace_revision_and_age_and_the_list_the_workspace() {
    // Two environments share one folder and differ only by workspace.
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
    if let RunEvent { what: RunEventKind::Started(started), .. } = &mut began {
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
    assert_screen("infra_approve_workspace_80x24", &desk.app);
    // The age grows while the dialog is open; the question stays the same.
    let asked = crate::app::question::question(&desk.app);
    desk.tick(600);
    assert!(desk.screen().contains("The plan is 24m old."), "{}", desk.screen());
    assert_eq!(crate::app::question::question(&desk.app), asked);
    desk.keys("esc enter");
    assert!(desk.screen().contains("pantri · workspace dev"), "{}", desk.screen());
}

#[test]
fn workspace_column_is_hidden_without_workspaces() {
    let mut desk = Desk::new((80, 24));
    desk.units = Ok(infra::Units { graph: Graph::new(units()).unwrap(), warnings: Vec::new() });
    desk.keys("6");
    assert!(!desk.screen().contains("WORKSPACE"), "{}", desk.screen());
}

#[test]
fn replacement_of_a_resource_is_planned_after_confirmation() {
    let mut desk = Desk::in_the_middle((120, 40));
    desk.keys("M");
    assert!(desk.screen().contains("Enter goes into a unit; M then makes"), "{}", desk.screen());
    desk.keys("j j j enter");
    assert_eq!(desk.app.panes.infra.opened_unit.as_deref(), Some("database"));
    assert_eq!(desk.app.focused(), RESOURCES);
    desk.keys("M");
    assert!(desk.screen().contains("is going on: C cancels it"), "{}", desk.screen());
    desk.news(vec![event(0, RunEventKind::CancelAsked { by: who(), hard: false })], true);
    desk.news(vec![event(0, RunEventKind::Ended { end: RunEnd::Cancelled })], false);
    let resource = desk.app.panes.infra.selected_resource.clone().unwrap();
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
fn question_names_endpoint_changed_outputs_and_failed_checks() {
    let mut desk = wave((120, 60));
    let value = Attribute {
        name: Some("vpc_id".into()),
        shown: ValueChange::Changed { before: "\"vpc-1\"".into(), after: "\"vpc-2\"".into() },
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
fn replacement_of_a_stale_approved_plan_is_explained() {
    let mut desk = wave((120, 40));
    let why = "the state was changed since it was planned";
    let approved = RunEventKind::Approved { unit: "network".into(), sha256: "aaaa".into(), by: who() };
    let stale = RunEventKind::PlanStale { unit: "network".into(), why: why.into() };
    desk.news(vec![event(-25, approved), event(-20, stale)], true);
    let screen = desk.screen();
    assert!(screen.contains("network: planned again, and not the one approved by kenta at 14:02:06"), "{screen}");
    desk.news(vec![ready(-10, "network", "eeee", (2, 0, 0), &[])], true);
    desk.tick(2);
    let notice = format!("network: another plan than the one approved by kenta at 14:02:06: {why}");
    assert!(desk.screen().contains(&notice), "{}", desk.screen());
    desk.keys("j enter A");
    assert!(desk.screen().contains("Apply network in staging"), "{}", desk.screen());
    let asked = super::approve::confirmation(&desk.app, &[("network".to_owned(), "eeee".to_owned())]).unwrap();
    assert_eq!(asked.text[0].1, notice);
    desk.keys("right enter");
    let again = RunEventKind::Approved { unit: "network".into(), sha256: "eeee".into(), by: who() };
    desk.news(vec![event(0, again)], true);
    assert!(!desk.screen().contains("another plan than"), "{}", desk.screen());
}

#[test]
fn suggested_command_quotes_unit_names_for_the_shell() {
    let desk = wave((100, 30));
    let units = ["お城 と blank".to_owned(), "net".to_owned()];
    let typed = super::requests::command(&desk.app, "apply", &units);
    assert_eq!(typed, "cockpit infra apply --env staging --unit 'お城 と blank' --unit net");
}
