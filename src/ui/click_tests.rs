//! Which clicks answer a question: only those on a button that has been there for a moment. Milliseconds are those of
//! the machine's clock, which a test moves on.

use super::confirm_tests::{WAYS, asked, before, changes};
use super::testing::*;
use crate::app::event::{Event, Mouse};
use crate::app::overlay::Act;
use ratatui::layout::Rect;

/// Where the button is that does this.
fn place(stage: &Stage, act: Act) -> Rect {
    let placed = crate::app::dialog::placed(&stage.app);
    placed.iter().find(|(button, _)| button.act == act).unwrap_or_else(|| panic!("{act:?} of {placed:?}")).1
}

fn click(stage: &mut Stage, place: Rect) {
    let effects = stage.app.update(Event::Mouse(Mouse::Click(place.x + 1, place.y)));
    stage.answer(effects);
}

#[test]
fn what_leaves_a_window_stays_where_it_is_and_nothing_else_ever_comes_there() {
    for guarded in [false, true] {
        for way in WAYS {
            let mut stage = before(way, guarded);
            let effects = asked(&mut stage, way);
            stage.app.settle();
            stage.frame();
            let cancel = place(&stage, Act::No);
            stage.pass(1_000);
            stage.answer(effects);
            // As long as the hand needs, and longer.
            for wait in [0, 20, 600, 2_000] {
                stage.pass(wait);
                stage.app.settle();
                assert_eq!(place(&stage, Act::No), cancel, "{way:?}");
                for (button, place) in crate::app::dialog::placed(&stage.app) {
                    assert!(button.act == Act::No || !place.intersects(cancel), "{way:?}: {button:?}");
                }
                stage.frame();
            }
            click(&mut stage, cancel);
            assert!(stage.window().is_none() && !changes(&stage), "{way:?}");
        }
    }
    // The other windows with buttons.
    for (kind, keys) in [("Roll back", "R"), ("Leave", "q")] {
        let mut stage = Stage::half((100, 30));
        stage.press(keys);
        assert_eq!(crate::app::dialog::placed(&stage.app)[0].0.act, Act::No, "{kind}");
    }
}

#[test]
fn a_click_counts_only_on_a_button_that_was_there_for_a_moment() {
    // On Cancel while it is looked at, and after the plan came: it was there all the time.
    for looking in [true, false] {
        let mut stage = before(WAYS[0], false);
        let effects = asked(&mut stage, WAYS[0]);
        stage.app.settle();
        stage.frame();
        let cancel = place(&stage, Act::No);
        stage.pass(399);
        click(&mut stage, cancel);
        assert!(stage.window().is_some(), "it was there for 399 ms");
        stage.pass(1_100);
        if !looking {
            stage.answer(effects);
        }
        click(&mut stage, cancel);
        assert!(stage.window().is_none() && !changes(&stage), "looking {looking}");
    }
    // On what came with the plan: 400 ms after the frame that has it.
    for (shown, confirmed) in [(0, false), (399, false), (400, true)] {
        let mut stage = before(WAYS[0], false);
        let effects = asked(&mut stage, WAYS[0]);
        stage.app.settle();
        stage.frame();
        stage.pass(2_000);
        stage.answer(effects);
        stage.app.settle();
        let yes = place(&stage, Act::Yes);
        stage.pass(2_000);
        stage.frame();
        stage.pass(shown);
        click(&mut stage, yes);
        assert_eq!(changes(&stage), confirmed, "after {shown} ms");
    }
}

#[test]
fn a_double_click_that_ends_on_a_button_presses_nothing() {
    let mut stage = before(WAYS[0], false);
    let effects = asked(&mut stage, WAYS[0]);
    stage.answer(effects);
    stage.app.settle();
    let place = place(&stage, Act::Yes);
    let click = |stage: &mut Stage| click(stage, place);
    click(&mut stage);
    stage.frame();
    stage.pass(500);
    click(&mut stage);
    assert!(!changes(&stage));
    stage.pass(2_000);
    click(&mut stage);
    assert!(changes(&stage));
}
