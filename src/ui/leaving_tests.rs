//! A session that is ended from outside: by a signal, or because its terminal has gone.

use super::testing::*;
use crate::app::effect::Effect;
use crate::app::event::Event;
use crate::app::operation::call::Call;
use jiff::SignedDuration;

#[test]
fn a_session_that_is_ended_from_outside_asks_nobody_and_writes_the_end_down_first() {
    let mut stage = Stage::planned((80, 24));
    let effects = stage.app.update(Event::Stopped);
    assert_eq!(effects, [Effect::Quit], "a plan that waits is nothing that goes on");

    let mut stage = Stage::half((80, 24));
    let effects = stage.app.update(Event::Stopped);
    assert!(matches!(&effects[..], [Effect::Call { call, .. }] if matches!(&**call, Call::Audit(_))), "{effects:?}");
    assert_eq!(stage.window(), None);
    // Again, while it is being written: it is still waited for.
    assert_eq!(stage.app.update(Event::Stopped), []);
    stage.serve(effects);
    assert_eq!(stage.left, [Effect::Quit]);
    assert_eq!(stage.aws.audit.last().map(|record| record.outcome.as_str()), Some("unknown"));
    let [left] = stage.app.followed.left[..] else { panic!("{:?}", stage.app.followed.left) };
    let outcome = stage.app.operations.get(left).and_then(|operation| operation.outcome.clone()).unwrap();
    assert_eq!(outcome.hint.as_deref(), Some("look again with `cockpit deploy --attach web --env staging`"));

    // A file that does not answer is not waited for longer than for a key that quits.
    let mut stage = Stage::half((80, 24));
    stage.app.update(Event::Stopped);
    let late = stage.app.now + SignedDuration::from_secs(3);
    assert!(stage.app.update(Event::Tick(late)).contains(&Effect::Quit));
}
