//! The end of a session: operations are left as by the key that quits, and the audit file records their ends.

use super::event_loop::{EventHandler, EventLoop};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::Event;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use tokio::time::Instant;

/// How long to wait for the audit file: as long as a key that quits waits while the screen is shown. A system that shuts down
/// gives ten seconds or more.
const AUDIT_LIMIT: Duration = Duration::from_secs(2);
/// The interval of checks whether the audit file was written.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Leaves the operations in progress, and waits until the audit file records their ends.
pub(super) async fn leave(app: &mut App, event_loop: &mut EventLoop) {
    let mut effects = app.update(Event::Tick(event_loop.now()));
    effects.extend(app.update(Event::Stopped));
    let mut leaving = Leaving { app, over: false };
    let effects = leaving.retained(effects);
    event_loop.carry_out(effects);
    event_loop.drive(&mut leaving, Some(Instant::now() + AUDIT_LIMIT)).await;
}

/// An app whose operations are being left.
struct Leaving<'a> {
    app: &'a mut App,
    over: bool,
}

impl Leaving<'_> {
    /// Returns the effects that are still carried out when the session ends: nothing is read, shown or saved any more.
    fn retained(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        let mut retained = Vec::new();
        for effect in effects {
            match effect {
                Effect::Quit => self.over = true,
                Effect::Call { .. } | Effect::EndCall(_) if !self.over => retained.push(effect),
                Effect::Call { .. }
                | Effect::EndCall(_)
                | Effect::Connect { .. }
                | Effect::Fetch { .. }
                | Effect::CancelFetch(_)
                | Effect::Copy(_)
                | Effect::Save { .. }
                | Effect::Tee(_)
                | Effect::SaveFilter { .. }
                | Effect::OpenUrl(_)
                | Effect::Shell(_)
                | Effect::Edit { .. }
                | Effect::SignIn(_)
                | Effect::MfaCode(..)
                | Effect::Survey(_)
                | Effect::RunDoctor
                | Effect::Suspend => {}
            }
        }
        retained
    }
}

impl EventHandler for Leaving<'_> {
    fn tick(&mut self, now: Timestamp, _: SignedDuration) -> Vec<Effect> {
        let effects = self.app.update(Event::Tick(now));
        self.retained(effects)
    }

    fn take(&mut self, event: Event, now: Timestamp, _: SignedDuration) -> Vec<Effect> {
        let mut effects = self.app.update(Event::Tick(now));
        effects.extend(self.app.update(event));
        self.retained(effects)
    }

    fn idle(&self, _: Timestamp) -> Option<Duration> {
        Some(POLL_INTERVAL)
    }

    fn is_over(&self) -> bool {
        self.over
    }
}
