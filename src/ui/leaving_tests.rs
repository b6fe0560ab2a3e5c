//! A session that ends from outside: by a signal, or because its terminal is gone.

use super::testing::*;
use crate::app::effect::Effect;
use crate::app::event::Event;
use crate::app::operation::call::Call;
use jiff::SignedDuration;

#[test]
fn session_ended_from_outside_writes_the_audit_record_without_asking() {
    let mut stage = Stage::planned((80, 24));
    let effects = stage.app.update(Event::Stopped);
    assert_eq!(effects, [Effect::Quit], "an open plan is not a running operation");

    let mut stage = Stage::with_half_deployment((80, 24));
    let effects = stage.app.update(Event::Stopped);
    assert!(matches!(&effects[..], [Effect::Call { call, .. }] if matches!(&**call, Call::Audit(_))), "{effects:?}");
    assert_eq!(stage.window(), None);
    // A second signal still waits for the record to be written.
    assert_eq!(stage.app.update(Event::Stopped), []);
    stage.serve(effects);
    assert_eq!(stage.other_effects, [Effect::Quit]);
    assert_eq!(stage.aws.audit.last().map(|record| record.outcome.as_str()), Some("unknown"));
    let [left] = stage.app.followed.still_running[..] else { panic!("{:?}", stage.app.followed.still_running) };
    let outcome = stage.app.operations.get(left).and_then(|operation| operation.outcome.clone()).unwrap();
    assert_eq!(outcome.hint.as_deref(), Some("look again with `cockpit deploy --attach web --env staging`"));

    // The wait for a stuck audit file is limited, as it is for the quit key.
    let mut stage = Stage::with_half_deployment((80, 24));
    stage.app.update(Event::Stopped);
    let late = stage.app.now + SignedDuration::from_secs(3);
    assert!(stage.app.update(Event::Tick(late)).contains(&Effect::Quit));
}
