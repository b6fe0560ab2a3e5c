//! Drift runs, and the comparison of the running environment with its declaration.

use super::state::PLAN;
use super::testing::{Desk, event, over, started};
use crate::app::ticket::Ticket;
use crate::feeds::infra::{Ask, Declared, Fact};
use crate::feeds::part::Part;
use crate::model::infra::declared::{Difference, address_parts};
use crate::model::infra::run_event::{Goal, RunEnd, RunEventKind, UnitEnd};
use crate::model::infra::state::Resource;
use crate::model::{Failure, FailureKind};
use crate::ui::testing::pictures::assert_screen;
use serde_json::{Value, json};

fn resource(address: &str, values: Value) -> Resource {
    Resource { address: address.into(), kind: address_parts(address).0, is_data: false, is_tainted: false, values }
}

/// The last applied state: an older revision with another image, three tasks of a service of which one runs, and other
/// scaling limits.
fn declared() -> Declared {
    let containers = json!([{"name": "web", "image": "registry/web:1"}]).to_string();
    let web = "service/bookmark-manager-staging/bookmark-manager-staging-web";
    let definition = "aws_ecs_task_definition.web";
    let compute = vec![
        resource("aws_ecs_service.api", json!({"name": "bookmark-manager-staging-api", "desired_count": 3})),
        resource(definition, json!({"family": "web", "revision": 41, "container_definitions": containers})),
        resource("aws_appautoscaling_target.web", json!({"resource_id": web, "min_capacity": 1, "max_capacity": 4})),
    ];
    let absent = Difference {
        unit: "compute".into(),
        address: definition.into(),
        what: "parameter that a task names".into(),
        declared: "/staging/key".into(),
        running: "does not exist".into(),
    };
    let place = |address: &str, place: &str| (("compute".to_owned(), address.to_owned()), place.to_owned());
    Declared {
        states: vec![("compute".into(), compute), ("network".into(), Vec::new())],
        places: [place("aws_ecs_service.api", "services.tf:12"), place(definition, "tasks.tf:3")].into(),
        absent: vec![absent],
        missing: Vec::new(),
    }
}

/// The drift run started by `W`, at its end.
fn drifted(desk: &mut Desk) {
    desk.keys("6 W");
    assert_eq!(desk.begun, [(Goal::Drift, Vec::new())]);
    desk.news(vec![started(Goal::Drift)], true);
    assert!(desk.asked.is_empty(), "nothing is compared before the end of the run");
    let units = ["auth", "compute", "database", "edge", "network", "registry"];
    desk.news(units.iter().map(|unit| over(-2, unit, UnitEnd::Done)).collect(), true);
    desk.news(vec![event(-1, RunEventKind::Ended { end: RunEnd::Done })], false);
    desk.tick(1);
}

/// The ticket of the request for the declared state.
fn declared_request(desk: &mut Desk) -> Ticket {
    let [(ticket, Ask::Declared { units })] = &desk.asked[..] else { panic!("{:?}", desk.asked) };
    assert_eq!(units.len(), 6, "of the units of the run");
    *ticket
}

#[test]
fn drift_run_reports_differences_from_the_declaration() {
    let mut desk = Desk::new((120, 40));
    drifted(&mut desk);
    assert!(desk.screen().contains("comparing what runs with what is declared …"), "{}", desk.screen());
    let ticket = declared_request(&mut desk);
    desk.answered(ticket, Part::Last(Fact::Declared(Box::new(declared()))));
    desk.tick(2);
    assert!(
        desk.screen().contains("5 differences from the declaration, in compute: v shows them"),
        "{}",
        desk.screen()
    );
    // The difference is shown whichever unit is selected.
    assert_ne!(desk.app.panes.infra.selected_unit.as_deref(), Some("compute"));
    desk.keys("v");
    assert_eq!((desk.app.panes.infra.selected_unit.as_deref(), desk.app.focused()), (Some("compute"), PLAN));
    let screen = desk.screen();
    for part in [
        "Differs from its declaration",
        "aws_ecs_service.api: count: declared 3, now 1 (services.tf:12)",
        "aws_ecs_task_definition.web: image of web in bookmark-manager-staging-web: declared registry/web:1",
        "task definition of bookmark-manager-staging-web: declared web:41, now web:42",
        "aws_appautoscaling_target.web: maximum of scaling: declared 4, now 10",
        "parameter that a task names: declared /staging/key, and does not exist (tasks.tf:3)",
    ] {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
    assert_screen("infra_drift_120x40", &desk.app);
    // In the unit, each resource shows its own differences.
    desk.keys("esc enter");
    let rows = &desk.app.screen.list(super::state::RESOURCES).rows;
    assert!(rows.contains(&"aws_ecs_service.api".to_owned()), "{rows:?}");
    assert!(desk.asked.len() == 1, "requested once: {:?}", desk.asked);
}

#[test]
fn comparison_reports_missing_sources_and_the_absence_of_differences() {
    let mut desk = Desk::new((120, 40));
    drifted(&mut desk);
    let ticket = declared_request(&mut desk);
    desk.answered(ticket, Part::Last(Fact::Declared(Box::default())));
    assert!(desk.screen().contains("no difference from the declaration"), "{}", desk.screen());

    let mut desk = Desk::new((120, 40));
    desk.app.estate.services = crate::model::Observed::default();
    drifted(&mut desk);
    let ticket = declared_request(&mut desk);
    let missing = vec!["network: its state cannot be read".to_owned()];
    desk.answered(ticket, Part::Last(Fact::Declared(Box::new(Declared { missing, ..Declared::default() }))));
    let screen = desk.screen();
    assert!(
        screen.contains("network: its state cannot be read") && !screen.contains("no difference from the declaration"),
        "{screen}"
    );
    assert!(screen.contains("services are not compared: they were not read yet"), "{screen}");

    let mut desk = Desk::new((120, 40));
    drifted(&mut desk);
    let ticket = declared_request(&mut desk);
    desk.answered(ticket, Part::<Fact>::Failed(Failure::new(FailureKind::Other, "no terraform")));
    assert!(desk.screen().contains("are not compared with their declarations: no terraform"), "{}", desk.screen());
}

#[test]
fn comparison_needs_a_drift_run_and_running_services() {
    let mut desk = Desk::new((120, 40));
    (desk.app.environment.cluster, desk.app.environment.databases) = (None, Vec::new());
    drifted(&mut desk);
    assert!(desk.asked.is_empty(), "{:?}", desk.asked);
    let mut desk = Desk::new((120, 40));
    desk.keys("6 P");
    desk.news(vec![started(Goal::Plan)], true);
    desk.news(vec![event(-1, RunEventKind::Ended { end: RunEnd::Done })], false);
    desk.tick(1);
    assert!(desk.asked.is_empty(), "{:?}", desk.asked);
}
