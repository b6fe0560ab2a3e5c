//! A click answers a dialog only on a button that has been visible for a moment. Milliseconds are on the machine's clock,
//! which the test advances.

use super::confirm_tests::{WAYS, changes, press_last_key, stage_before_last_key};
use super::testing::*;
use crate::app::event::{Event, Mouse};
use crate::app::overlay::ButtonAction;
use ratatui::layout::Rect;

/// The place of the button with this action.
fn place(stage: &Stage, act: ButtonAction) -> Rect {
    let placed = crate::app::dialog::placed_buttons(&stage.app);
    placed.iter().find(|(button, _)| button.action == act).unwrap_or_else(|| panic!("{act:?} of {placed:?}")).1
}

fn click(stage: &mut Stage, place: Rect) {
    let effects = stage.app.update(Event::Mouse(Mouse::Click(place.x + 1, place.y)));
    stage.answer(effects);
}

#[test]
fn cancel_button_never_moves_and_no_button_takes_its_place() {
    for guarded in [false, true] {
        for way in WAYS {
            let mut stage = stage_before_last_key(way, guarded);
            let effects = press_last_key(&mut stage, way);
            stage.app.settle();
            stage.frame();
            let cancel = place(&stage, ButtonAction::Cancel);
            stage.advance_clock(1_000);
            stage.answer(effects);
            // Delays within and beyond a person's reaction time.
            for wait in [0, 20, 600, 2_000] {
                stage.advance_clock(wait);
                stage.app.settle();
                assert_eq!(place(&stage, ButtonAction::Cancel), cancel, "{way:?}");
                for (button, place) in crate::app::dialog::placed_buttons(&stage.app) {
                    assert!(button.action == ButtonAction::Cancel || !place.intersects(cancel), "{way:?}: {button:?}");
                }
                stage.frame();
            }
            click(&mut stage, cancel);
            assert!(stage.window().is_none() && !changes(&stage), "{way:?}");
        }
    }
    // The other dialogs with buttons.
    for (kind, keys) in [("Roll back", "R"), ("Leave", "q")] {
        let mut stage = Stage::with_half_deployment((100, 30));
        stage.press(keys);
        assert_eq!(crate::app::dialog::placed_buttons(&stage.app)[0].0.action, ButtonAction::Cancel, "{kind}");
    }
}

#[test]
fn click_counts_only_on_a_button_that_was_visible_for_a_moment() {
    // Cancel is visible while the plan is being read and after it came.
    for looking in [true, false] {
        let mut stage = stage_before_last_key(WAYS[0], false);
        let effects = press_last_key(&mut stage, WAYS[0]);
        stage.app.settle();
        stage.frame();
        let cancel = place(&stage, ButtonAction::Cancel);
        stage.advance_clock(399);
        click(&mut stage, cancel);
        assert!(stage.window().is_some(), "it was there for 399 ms");
        stage.advance_clock(1_100);
        if !looking {
            stage.answer(effects);
        }
        click(&mut stage, cancel);
        assert!(stage.window().is_none() && !changes(&stage), "looking {looking}");
    }
    // The plan's own button accepts clicks 400 ms after the frame that shows it.
    for (shown, confirmed) in [(0, false), (399, false), (400, true)] {
        let mut stage = stage_before_last_key(WAYS[0], false);
        let effects = press_last_key(&mut stage, WAYS[0]);
        stage.app.settle();
        stage.frame();
        stage.advance_clock(2_000);
        stage.answer(effects);
        stage.app.settle();
        let yes = place(&stage, ButtonAction::Confirm);
        stage.advance_clock(2_000);
        stage.frame();
        stage.advance_clock(shown);
        click(&mut stage, yes);
        assert_eq!(changes(&stage), confirmed, "after {shown} ms");
    }
}

#[test]
fn double_click_that_ends_on_a_button_presses_nothing() {
    let mut stage = stage_before_last_key(WAYS[0], false);
    let effects = press_last_key(&mut stage, WAYS[0]);
    stage.answer(effects);
    stage.app.settle();
    let place = place(&stage, ButtonAction::Confirm);
    let click = |stage: &mut Stage| click(stage, place);
    click(&mut stage);
    stage.frame();
    stage.advance_clock(500);
    click(&mut stage);
    assert!(!changes(&stage));
    stage.advance_clock(2_000);
    click(&mut stage);
    assert!(changes(&stage));
}
