//! What a key asks for rests on what was read, and the question says what it is about.

use crate::model::*;
use crate::ui::testing::*;

#[test]
fn services_that_were_read_in_part_are_not_the_whole_environment() {
    let failure = || Failure::new(FailureKind::Denied, "ecs:DescribeServices: not allowed");
    let mut stage = Stage::new((100, 30));
    let now = stage.app.now;
    stage.app.estate.services.filled(Some("4 of 14 services could not be read".into()), Some(failure()), now);
    stage.press("O");
    assert!(stage.app.operations.list.is_empty() && stage.window().is_none());
    stage.shows("not all services were read: 4 of 14 services could not be read");
    // The last read failed whole: what is known is of before.
    let mut stage = Stage::new((100, 30));
    stage.app.estate.services.fail(failure());
    stage.press("O");
    assert!(stage.app.operations.list.is_empty() && stage.window().is_none());
    stage.shows("not all services were read");
}

#[test]
fn what_is_rolled_back_is_named_though_it_is_the_same_again() {
    let mut stage = Stage::new((100, 30));
    stage.press("2 j j F");
    stage.press("enter");
    stage.shows("rolling out");
    stage.press("R");
    stage.shows("The deployment of web:42 is ended.");
}
