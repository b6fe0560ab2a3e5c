//! The pane, driven by keys. Except for its rows, everything tested here follows from the declaration in `mod.rs`.

use super::state::ID;
use crate::app::effect::Effect;
use crate::app::event::{Answer, Event};
use crate::app::ticket::Owner;
use crate::app::{App, keys_document};
use crate::feeds::Ask;
use crate::feeds::aws::{Fact, Part, Query};
use crate::model::{Alarm, AlarmState, Failure, FailureKind};
use crate::panes::table::with_example::TABLE;
use crate::ui::testing::{loaded_app, now, press, staging, text};
use jiff::SignedDuration;

fn alarm(name: &str, state: AlarmState) -> Alarm {
    Alarm { name: name.into(), state, threshold: Some(90.0), ..Alarm::default() }
}

/// The app with the pane open, and the effects of the key that opened it.
fn opened(size: (u16, u16)) -> (App, Vec<Effect>) {
    let mut app = loaded_app(&staging(), size);
    app.table = &TABLE;
    app.keymap = crate::app::keymap::Keymap::of(&TABLE);
    let effects = app.update(Event::Key("9".parse().unwrap()));
    app.settle();
    (app, effects)
}

fn asked(effects: &[Effect]) -> Option<crate::app::ticket::Ticket> {
    effects.iter().find_map(|effect| match effect {
        Effect::Fetch { ticket, ask: Ask::Aws(Query::Alarms { .. }), .. } if ticket.owner == Owner::Pane(ID.0, 0) => {
            Some(*ticket)
        }
        _ => None,
    })
}

fn answered(app: &mut App, effects: &[Effect], part: Part) {
    let ticket = asked(effects).expect("the pane asks");
    app.update(Event::Answer(Answer { ticket, requests: 1, part: part.into() }));
    app.settle();
}

fn two() -> Part {
    Part::Last(Fact::Alarms(vec![alarm("api-cpu", AlarmState::Ok), alarm("db-cpu", AlarmState::Alarm)]))
}

#[test]
fn key_opens_the_pane_answers_are_shown_and_the_command_filters() {
    for size in [(60, 15), (80, 24), (200, 60)] {
        let (mut app, effects) = opened(size);
        assert_eq!(app.shown_pane().id, ID);
        assert!(text(&app).contains("reading alarms"), "{}", text(&app));
        answered(&mut app, &effects, two());
        let screen = text(&app);
        assert!(screen.contains("9 Alarms") && screen.contains("api-cpu") && screen.contains("Alarms (2)"), "{screen}");
        assert!(screen.contains("f only firing"), "its command is on the bottom line:\n{screen}");
        press(&mut app, "f", &staging());
        let screen = text(&app);
        assert!(!screen.contains("api-cpu") && screen.contains("db-cpu"), "{screen}");
    }
}

#[test]
fn example_pane_has_the_features_of_every_pane() {
    let world = staging();
    let (mut app, effects) = opened((100, 30));
    answered(&mut app, &effects, two());
    // Moving, zoom, filter, copy.
    press(&mut app, "j z / d b enter", &world);
    assert!(app.screen.zoom && text(&app).contains("(1 of 2)"), "{}", text(&app));
    let copied = app.update(Event::Key("y".parse().unwrap()));
    assert_eq!(copied, [Effect::Copy("db-cpu".into())]);
    // Help and documentation list its command under its heading; the palette opens the pane.
    press(&mut app, "?", &world);
    assert!(text(&app).contains("── In the alarms ──"), "{}", text(&app));
    let page = keys_document::keys(&TABLE);
    assert!(page.contains("## In the alarms") && page.contains("| `f` | `only-firing` | look |"), "{page}");
    press(&mut app, "esc 1", &world);
    assert_ne!(app.shown_pane().id, ID);
    press(&mut app, ": a l a r m s enter", &world);
    assert_eq!(app.shown_pane().id, ID);
}

#[test]
fn alarms_appear_after_the_last_page() {
    let (mut app, effects) = opened((80, 24));
    answered(&mut app, &effects, Part::Page(Fact::Alarms(vec![alarm("api-cpu", AlarmState::Ok)])));
    assert!(text(&app).contains("reading alarms"), "{}", text(&app));
    answered(&mut app, &effects, Part::Last(Fact::Alarms(vec![alarm("db-cpu", AlarmState::Alarm)])));
    let screen = text(&app);
    assert!(screen.contains("api-cpu") && screen.contains("db-cpu"), "{screen}");
}

#[test]
fn shown_pane_reads_again_after_a_minute_and_failure_keeps_the_rows() {
    let (mut app, effects) = opened((80, 24));
    answered(&mut app, &effects, two());
    let later = now() + SignedDuration::from_secs(61);
    let effects = app.update(Event::Tick(later));
    answered(&mut app, &effects, Part::Failed(Failure::new(FailureKind::Denied, "no")));
    assert!(text(&app).contains("api-cpu"), "the last good answer stays");
    press(&mut app, "1", &staging());
    let effects = app.update(Event::Tick(later + SignedDuration::from_secs(120)));
    assert_eq!(asked(&effects), None, "the pane is not shown");
}

#[test]
fn switching_the_environment_resets_the_pane() {
    let (mut app, effects) = opened((80, 24));
    answered(&mut app, &effects, two());
    press(&mut app, "e j", &staging());
    app.update(Event::Key("enter".parse().unwrap()));
    assert_eq!(app.environment.name, "prod");
    assert!(app.panes.alarms.alarms.is_empty());
}
