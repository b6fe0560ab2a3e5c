//! Reading runs: older runs, attributes of a resource, raw program output, folding of the graph, and recordings.

use super::requests::{Kind, ticket};
use super::state::{CHANGE, LOG, RESOURCE_GRAPH};
use super::testing::{Desk, RUN, event, listed, middle, ready, started};
use crate::feeds::infra::{Ask, Fact};
use crate::feeds::part::Part;
use crate::feeds::runs;
use crate::model::infra::plan::{Plan, testing};
use crate::model::infra::run_event::{Goal, RunEnd, RunEventKind};
use crate::model::infra::run_order::ListedRun;
use crate::model::{Failure, FailureKind};
use crate::ui::testing::pictures::assert_screen;
use serde_json::{Value, json};

const OLDER: &str = "20261119T050000Z-plan-0a0a";

#[test]
fn older_run_opens_from_the_list_until_escape() {
    let mut desk = Desk::new((100, 30));
    desk.runs = [RUN, OLDER].map(|name| ListedRun { live: false, ..listed(name) }).to_vec();
    desk.keys("6");
    desk.news(middle(), true);
    desk.news(vec![event(0, RunEventKind::Ended { end: RunEnd::Failed })], false);
    desk.keys("a");
    let screen = desk.screen();
    assert!(screen.contains("Runs over staging") && screen.contains(OLDER), "{screen}");
    desk.keys("j enter");
    assert!(desk.followed.last().is_some_and(|folder| folder.ends_with(OLDER)), "{:?}", desk.followed);
    desk.news(vec![started(Goal::Plan), event(-100, RunEventKind::Ended { end: RunEnd::Done })], false);
    let screen = desk.screen();
    assert!(screen.contains(&format!("{OLDER} is an older run, read again")), "{screen}");
    assert!(screen.contains("plan  0/6 units") && screen.contains("done"), "{screen}");
    // Runs are listed repeatedly; the latest one does not replace the opened one.
    desk.tick(20);
    desk.tick(40);
    assert_eq!(desk.followed.len(), 2, "{:?}", desk.followed);
    assert_screen("infra_older_run_100x30", &desk.app);
    desk.keys("a g enter");
    assert!(desk.followed.last().is_some_and(|folder| folder.ends_with(RUN)), "{:?}", desk.followed);
    assert!(!desk.screen().contains("is an older run"), "{}", desk.screen());
}

#[test]
fn run_list_shows_results_and_a_lost_apply_is_reported_above_the_units() {
    let mut desk = Desk::new((120, 30));
    let of = |name: &str, goal, end| {
        let units = vec![super::testing::unit("network", &[])];
        let by = super::testing::who();
        let order =
            json!({"environment": "staging", "goal": goal, "units": units, "by": by, "terraform": "/bin/terraform"});
        ListedRun { live: false, end, order: Some(serde_json::from_value(order).unwrap()), ..listed(name) }
    };
    let lost = "20261119T050000Z-apply-0c0c";
    desk.runs = vec![
        of(RUN, Goal::Apply, Some(RunEnd::Failed)),
        of(lost, Goal::Apply, None),
        of("20261118T050000Z-plan-0d0d", Goal::Plan, None),
        of("20261117T050000Z-plan-0e0e", Goal::Plan, Some(RunEnd::Done)),
    ];
    desk.keys("6");
    desk.news(middle(), true);
    desk.news(vec![event(0, RunEventKind::Ended { end: RunEnd::Failed })], false);
    let screen = desk.screen();
    assert!(screen.contains(&format!("{lost} has lost its supervisor: a opens it, T resumes it")), "{screen}");
    desk.keys("a");
    let screen = desk.screen();
    for part in ["network, FAILED", "network, LOST", "network, done"] {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
    // The opened run shows its own state.
    desk.keys("j enter");
    desk.news(middle(), false);
    let screen = desk.screen();
    assert!(!screen.contains("has lost its supervisor") && screen.contains("nothing drives it any more"), "{screen}");
}

#[test]
fn started_run_replaces_an_opened_older_one() {
    let mut desk = Desk::new((100, 30));
    let older = |name: &str| ListedRun { live: false, ..listed(name) };
    desk.runs = vec![older(OLDER), older("20261118T050000Z-plan-0b0b")];
    desk.keys("6");
    desk.news(vec![started(Goal::Plan), event(-100, RunEventKind::Ended { end: RunEnd::Done })], false);
    desk.keys("a j enter");
    desk.news(vec![started(Goal::Plan), event(-100, RunEventKind::Ended { end: RunEnd::Done })], false);
    desk.keys("P");
    assert!(desk.followed.last().is_some_and(|folder| folder.ends_with(RUN)), "{:?}", desk.followed);
}

#[test]
fn outdated_run_list_does_not_remove_a_started_run() {
    let mut desk = Desk::new((100, 30));
    let older = || ListedRun { live: false, ..listed(OLDER) };
    desk.runs = vec![older()];
    desk.keys("6");
    desk.news(vec![started(Goal::Plan), event(-100, RunEventKind::Ended { end: RunEnd::Done })], false);
    let late = ticket(&desk.app, Kind::List, desk.app.panes.infra.serial);
    desk.keys("P");
    desk.answered(late, Part::Last(runs::Fact::Runs(vec![older()])));
    let runs: Vec<&str> = desk.app.panes.infra.runs.iter().map(|listed| listed.run.as_str()).collect();
    assert!(runs.contains(&RUN), "{runs:?}");
}

#[test]
fn cancel_confirmation_does_not_apply_to_the_next_run() {
    let mut desk = Desk::in_the_middle((120, 40));
    // Another run starts before this pane learns of the end of the first.
    let next = "20261120T060000Z-apply-0c0c";
    desk.runs.insert(0, listed(next));
    desk.tick(10);
    desk.keys("C");
    assert!(desk.screen().contains(&format!("Cancel {RUN}")), "{}", desk.screen());
    desk.news(vec![event(0, RunEventKind::Ended { end: RunEnd::Done })], false);
    assert!(desk.followed.last().is_some_and(|folder| folder.ends_with(next)), "{:?}", desk.followed);
    desk.news(middle(), true);
    desk.keys("enter");
    assert!(desk.wishes.is_empty(), "{:?}", desk.wishes);
}

#[test]
fn resource_shows_its_run_state_and_attributes() {
    let mut desk = Desk::in_the_middle((120, 40));
    desk.keys("s");
    assert!(desk.screen().contains("Enter goes into a unit; s then shows"), "{}", desk.screen());
    desk.keys("j j j enter s");
    let (ticket, ask) = desk.asked.pop().unwrap();
    let wanted = Ask::Attributes { unit: "database".into(), address: "aws_rds_cluster.main".into() };
    assert_eq!(ask, wanted);
    assert!(desk.screen().contains("reading what the state has of aws_rds_cluster.main …"), "{}", desk.screen());
    let value = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let values = Some(vec![value("engine", "aurora-postgresql"), value("master_password", "(sensitive)")]);
    let (unit, address) = ("database".to_owned(), "aws_rds_cluster.main".to_owned());
    desk.answered(ticket, Part::Last(Fact::Attributes { unit, address, values }));
    let screen = desk.screen();
    for part in ["storage_encrypted = false -> true", "engine = aurora-postgresql", "master_password = (sensitive)"] {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
    assert_screen("infra_resource_120x40", &desk.app);
    // If the attributes cannot be read, the run's report is still shown.
    desk.keys("esc s");
    let (ticket, _) = desk.asked.pop().unwrap();
    desk.answered(ticket, Part::<Fact>::Failed(Failure::new(FailureKind::Other, "there is no terraform on PATH")));
    let screen = desk.screen();
    assert!(screen.contains("storage_encrypted") && screen.contains("there is no terraform on PATH"), "{screen}");
    // A resource that was never applied.
    desk.keys("esc s");
    let (ticket, _) = desk.asked.pop().unwrap();
    let (unit, address) = ("database".to_owned(), "aws_rds_cluster.main".to_owned());
    desk.answered(ticket, Part::Last(Fact::Attributes { unit, address, values: None }));
    assert!(desk.screen().contains("It is in no state"), "{}", desk.screen());
}

#[test]
fn log_is_shown_in_words_and_as_written() {
    let mut desk = Desk::in_the_middle((120, 40));
    desk.keys("j l");
    assert_eq!((desk.app.panes.infra.selected_unit.as_deref(), desk.app.focused()), (Some("network"), LOG));
    assert!(desk.screen().contains("aws_vpc.main: done after 5s"), "{}", desk.screen());
    assert!(desk.asked.is_empty());
    desk.keys("l");
    let (ticket, ask) = desk.asked.pop().unwrap();
    assert!(matches!(&ask, Ask::Written { run, unit } if run.ends_with(RUN) && unit == "network"), "{ask:?}");
    let lines = ["── apply.stdout ──", "{\"@level\":\"info\"}", "── apply.stderr ──", "WARN a word of Terragrunt"];
    let lines = |more: &[&str]| lines.iter().chain(more).map(|line| (*line).to_owned()).collect::<Vec<String>>();
    desk.answered(ticket, Part::Last(Fact::Written { unit: "network".into(), lines: lines(&[]) }));
    let screen = desk.screen();
    assert!(screen.contains("Log network as it was written"), "{screen}");
    assert!(screen.contains("{\"@level\":\"info\"}") && screen.contains("WARN a word of Terragrunt"), "{screen}");
    assert!(!screen.contains("done after 5s"), "{screen}");
    // The output grows during the run and is read again.
    desk.tick(2);
    desk.tick(4);
    let (ticket, _) = desk.asked.pop().unwrap();
    assert!(desk.asked.is_empty(), "{:?}", desk.asked);
    desk.answered(ticket, Part::Last(Fact::Written { unit: "network".into(), lines: lines(&["one more"]) }));
    assert!(desk.screen().contains("one more"), "{}", desk.screen());
    desk.keys("l");
    assert!(desk.screen().contains("aws_vpc.main: done after 5s"), "{}", desk.screen());
}

#[test]
fn answer_to_an_earlier_request_does_not_replace_a_later_one() {
    // The same log, requested again before the first answer.
    let mut desk = Desk::in_the_middle((120, 40));
    desk.keys("j l l");
    let (first, _) = desk.asked.pop().unwrap();
    desk.tick(4);
    let (second, _) = desk.asked.pop().unwrap();
    let written = |lines: &[&str]| {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        Part::Last(Fact::Written { unit: "network".into(), lines })
    };
    desk.answered(second, written(&["line one", "line two"]));
    desk.answered(first, written(&["line one"]));
    assert!(desk.screen().contains("line two"), "{}", desk.screen());
    // The attributes of another resource, whose earlier request fails later.
    let mut desk = Desk::in_the_middle((120, 40));
    desk.keys("j j j enter s");
    let (first, _) = desk.asked.pop().unwrap();
    desk.keys("j s");
    let (second, ask) = desk.asked.pop().unwrap();
    let Ask::Attributes { unit, address } = ask else { panic!("attributes are asked for") };
    assert_eq!(address, "aws_security_group.db");
    desk.answered(first, Part::<Fact>::Failed(Failure::new(FailureKind::Other, "it took too long")));
    let values = Some(vec![("port".to_owned(), "5432".to_owned())]);
    desk.answered(second, Part::Last(Fact::Attributes { unit, address, values }));
    let screen = desk.screen();
    assert!(screen.contains("port = 5432") && !screen.contains("cannot be read"), "{screen}");
}

/// The opened unit with this plan, with the graph focused.
fn folded(plan: &Value) -> Desk {
    let mut desk = Desk::new((120, 40));
    desk.plan = Some(Plan::read(plan.to_string().as_bytes()).unwrap());
    desk.runs = vec![listed(RUN)];
    desk.keys("6");
    let ready = ready(-1, "auth", "aaaa", (13, 0, 0), &[]);
    desk.news(vec![started(Goal::Apply), ready], true);
    desk.tick(1);
    desk.keys("enter tab");
    assert_eq!((desk.app.panes.infra.opened_unit.as_deref(), desk.app.focused()), (Some("auth"), RESOURCE_GRAPH));
    desk
}

fn boxes(desk: &Desk) -> usize {
    desk.app.panes.infra.drawing.picture.nodes.len()
}

#[test]
fn resources_are_folded_and_unfolded_by_keys() {
    let of = |prefix: &str, count: usize| (0..count).map(|at| format!("{prefix}.r{at}")).collect::<Vec<String>>();
    let addresses = [
        of("module.web.aws_lb_listener_rule", 6),
        of("module.web.aws_lb_target_group", 2),
        of("module.web.module.inner.aws_iam_role", 3),
        of("aws_sns_topic", 2),
    ];
    let change = |address: &String| testing::change(address, &["create"], Value::Null, json!({"name": "x"}));
    let changes: Vec<Value> = addresses.iter().flatten().map(change).collect();
    let mut desk = folded(&testing::show(&changes));
    assert_eq!(boxes(&desk), 13, "few enough to be drawn one by one");
    for (count, title) in [(4, "auth · by type"), (3, "auth · by module"), (2, "auth · by outermost module")] {
        desk.keys("-");
        assert!(boxes(&desk) == count && desk.screen().contains(title), "{title}: {}", desk.screen());
        if count == 3 {
            assert_screen("infra_folded_120x40", &desk.app);
        }
    }
    desk.keys("-");
    assert!(desk.screen().contains("it is folded as far as it goes"), "{}", desk.screen());
    desk.keys("+ + +");
    assert_eq!(boxes(&desk), 13);
    desk.keys("+");
    assert!(desk.screen().contains("each resource has a box of its own"), "{}", desk.screen());
    // Ten thousand resources are not drawn one by one.
    let mut desk = folded(&testing::large(10_000));
    assert_eq!(boxes(&desk), 20);
    desk.keys("+");
    assert_eq!(boxes(&desk), 140);
    desk.keys("+");
    assert_eq!(boxes(&desk), 140);
    assert!(desk.screen().contains("10000 boxes are too many to be drawn"), "{}", desk.screen());
}

#[test]
fn critical_path_is_visible_without_colours() {
    let mut desk = Desk::in_the_middle((120, 40));
    let nodes = &desk.app.panes.infra.drawing.picture.nodes;
    let critical: Vec<&str> = nodes.iter().filter(|node| node.critical).map(|node| node.id.as_str()).collect();
    assert_eq!(critical, ["network", "database", "compute", "edge"]);
    let screen = desk.screen();
    for part in ["◐ ┃ network", "▲ ┃ database", "○ ┃ compute", "○ ┃ edge", "●   auth", "✖   registry"]
    {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
    desk.keys("tab");
    let screen = desk.screen();
    for part in ["Graph ━ critical path", "┃ ◐ network", "│ ● auth", "┏━", "━┛", "━▶"] {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
    assert_screen("infra_graph_120x40", &desk.app);
    desk.app.session.ascii = true;
    let screen = desk.screen();
    assert!(screen.is_ascii() && screen.contains("# ~ network") && screen.contains("| * auth"), "{screen}");
    // Among resources: every changed one that others depend on.
    let mut desk = Desk::in_the_middle((120, 40));
    desk.keys("j j j enter");
    let of = |critical| {
        let nodes = desk.app.panes.infra.drawing.picture.nodes.iter().filter(|node| node.critical == critical);
        nodes.map(|node| node.id.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(of(true), ["aws_security_group.db", "aws_rds_cluster.main", "aws_cloudwatch_metric_alarm.lag"]);
    assert_eq!(of(false), ["aws_rds_cluster_instance.writer"], "nothing is done to it");
    assert!(desk.screen().contains("┃ -/+ aws_rds_cluster.main"), "{}", desk.screen());
    desk.keys("enter");
    assert_eq!(desk.app.focused(), CHANGE);
}

#[test]
fn recording_is_marked_in_titles_and_needs_no_code() {
    let mut desk = Desk::new((80, 24));
    desk.app.session.recorded = true;
    desk.runs = vec![listed(RUN)];
    desk.units = Err(Failure::new(FailureKind::Other, "there is no terraform on PATH"));
    desk.keys("6");
    desk.news(middle(), true);
    desk.tick(1);
    let screen = desk.screen();
    assert!(screen.contains("Units RECORDED (6)") && screen.contains("RECORDED  apply  3/6 units"), "{screen}");
    assert!(crate::app::operation_list::activities(&desk.app).any(|going| going.title == "apply RECORDED"));
    assert!(!screen.contains("no terraform") && !screen.contains("A approves"), "{screen}");
    assert_screen("infra_recorded_80x24", &desk.app);
    for key in ["A", "P", "X", "C", "R"] {
        desk.keys(key);
        assert!(desk.screen().contains("is RECORDED and only shown"), "{key}: {}", desk.screen());
    }
    assert!(desk.begun.is_empty() && desk.wishes.is_empty());
    desk.keys("enter");
    assert!(desk.screen().contains("· RECORDED"), "{}", desk.screen());
}
