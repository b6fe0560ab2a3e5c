//! Confirmations are based on complete reads and name their subject.

use crate::model::*;
use crate::ui::testing::*;

#[test]
fn stop_of_the_environment_needs_all_services_to_be_read() {
    let failure = || Failure::new(FailureKind::Denied, "ecs:DescribeServices: not allowed");
    let mut stage = Stage::new((100, 30));
    let now = stage.app.now;
    stage.app.estate.services.finish_fill(Some("4 of 14 services could not be read".into()), Some(failure()), now);
    stage.press("O");
    assert!(stage.app.operations.list.is_empty() && stage.window().is_none());
    stage.assert_shown("not all services were read: 4 of 14 services could not be read");
    // After a failed read, the known services are outdated.
    let mut stage = Stage::new((100, 30));
    stage.app.estate.services.record_failure(failure());
    stage.press("O");
    assert!(stage.app.operations.list.is_empty() && stage.window().is_none());
    stage.assert_shown("not all services were read");
}

#[test]
fn rollback_question_names_the_version_even_if_it_is_unchanged() {
    let mut stage = Stage::new((100, 30));
    stage.press("2 j j F");
    stage.press("enter");
    stage.assert_shown("rolling out");
    stage.press("R");
    stage.assert_shown("The deployment of web:42 is ended.");
}
