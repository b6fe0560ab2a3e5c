//! Events that some scenarios trigger when a client first changes a service: the answer is lost, calls are throttled,
//! keys expire, somebody else deploys or deletes the service, the nightly stop begins. Events that need no client are
//! in `world`.

use crate::clock::Ms;
use crate::scenario::Scenario;
use crate::shared::Shared;
use crate::world::{Event, SECOND, World};
use serde_json::json;

/// The delay between the change and the event.
const LATER: Ms = 30 * SECOND;
/// How long calls are throttled, in seconds.
const THROTTLED: u64 = 120;

/// Handles a client's successful `UpdateService`; returns whether its answer is lost.
pub(crate) fn updated(shared: &Shared, world: &mut World, key: &str) -> bool {
    let Some(service) = world.updated.take() else { return false };
    if std::mem::replace(&mut world.begun, true) {
        return false;
    }
    let later = world.now + LATER;
    match shared.scenario {
        Scenario::LostAnswer => return true,
        Scenario::ThrottledDeploy => {
            let fault = json!({"operation": "ecs:*", "kind": "throttle", "seconds": THROTTLED});
            // The kind is valid, so this cannot fail.
            let _ = shared.faults().control(&fault, world.now);
        }
        Scenario::Expires => shared.keys().expire_at(key, later),
        Scenario::OtherDeploy => world.schedule(later, Event::OtherDeploy(service)),
        Scenario::Deleted => world.schedule(later, Event::Delete(service)),
        Scenario::ScheduledStop => world.schedule(later, Event::StopBySchedule),
        _ => {}
    }
    false
}
