//! The end of a session: what goes on is left as by the key that quits, and its end stands in the audit file.

use super::ring::{EventHandler, EventLoop};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::Event;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use tokio::time::Instant;

/// The audit file is waited for so long: as long as a key that quits waits while the screen stands. A system that shuts
/// down gives ten seconds or more.
const LEAVING: Duration = Duration::from_secs(2);
/// The interval between two looks at what has been written down.
const WRITING: Duration = Duration::from_millis(20);

/// Leaves the operations that go on, and waits until the audit file has their ends.
pub(super) async fn leave(app: &mut App, ring: &mut EventLoop) {
    let mut effects = app.update(Event::Tick(ring.now()));
    effects.extend(app.update(Event::Stopped));
    let mut leaving = Leaving { app, over: false };
    let effects = leaving.kept(effects);
    ring.carry_out(effects);
    ring.drive(&mut leaving, Some(Instant::now() + LEAVING)).await;
}

/// An app whose operations are being left.
struct Leaving<'a> {
    app: &'a mut App,
    over: bool,
}

impl Leaving<'_> {
    /// The effects that are still carried out when the session ends: nothing is read, shown or saved any more.
    fn kept(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        let mut kept = Vec::new();
        for effect in effects {
            match effect {
                Effect::Quit => self.over = true,
                Effect::Call { .. } | Effect::EndCall(_) if !self.over => kept.push(effect),
                Effect::Call { .. }
                | Effect::EndCall(_)
                | Effect::Connect { .. }
                | Effect::Fetch { .. }
                | Effect::Leave(_)
                | Effect::Copy(_)
                | Effect::Save { .. }
                | Effect::Tee(_)
                | Effect::SaveFilter { .. }
                | Effect::OpenUrl(_)
                | Effect::Shell(_)
                | Effect::Edit { .. }
                | Effect::SignIn(_)
                | Effect::Code(..)
                | Effect::Survey(_)
                | Effect::CheckUp
                | Effect::Suspend => {}
            }
        }
        kept
    }
}

impl EventHandler for Leaving<'_> {
    fn tick(&mut self, now: Timestamp, _: SignedDuration) -> Vec<Effect> {
        let effects = self.app.update(Event::Tick(now));
        self.kept(effects)
    }

    fn take(&mut self, event: Event, now: Timestamp, _: SignedDuration) -> Vec<Effect> {
        let mut effects = self.app.update(Event::Tick(now));
        effects.extend(self.app.update(event));
        self.kept(effects)
    }

    fn idle(&self, _: Timestamp) -> Option<Duration> {
        Some(WRITING)
    }

    fn over(&self) -> bool {
        self.over
    }
}
