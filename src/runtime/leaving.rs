//! The end of a session: what goes on is left as by the key that quits, and its end stands in the audit file.

use super::clock::Clock;
use super::executor::Executor;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::Event;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The audit file is waited for so long: as long as a key that quits waits while the screen stands. A system that shuts
/// down gives ten seconds or more.
const LEAVING: Duration = Duration::from_secs(2);
/// Between two looks at what has been written down.
const WRITING: Duration = Duration::from_millis(20);

/// Leaves the operations that go on, and waits until the audit file has their ends.
pub(super) async fn leave(app: &mut App, executor: &mut Executor, clock: &Clock, answers: &mut mpsc::Receiver<Event>) {
    let end = Instant::now() + LEAVING;
    let mut effects = app.update(Event::Tick(clock.now()));
    effects.extend(app.update(Event::Stopped));
    while Instant::now() < end {
        for effect in effects.drain(..) {
            match effect {
                Effect::Quit => return,
                Effect::Call { .. } => drop(executor.carry_out(effect)),
                // Nothing is read, shown or saved any more.
                Effect::Connect { .. }
                | Effect::Fetch { .. }
                | Effect::Leave(_)
                | Effect::Copy(_)
                | Effect::Save { .. }
                | Effect::Tee(_)
                | Effect::SaveFilter { .. }
                | Effect::OpenUrl(_)
                | Effect::Suspend => {}
            }
        }
        let event = tokio::time::timeout(WRITING, answers.recv()).await;
        effects = app.update(Event::Tick(clock.now()));
        if let Ok(Some(event)) = event {
            effects.extend(app.update(event));
        }
    }
}
