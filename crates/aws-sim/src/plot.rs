//! The plots of some scenarios once a client changes a service for the first time: the answer is lost, calls are
//! throttled, keys die, somebody else deploys or deletes the service, the night begins. What the world does by itself
//! is in `world`.

use crate::clock::Ms;
use crate::scenario::Scenario;
use crate::shared::Shared;
use crate::world::{Event, SECOND, World};
use serde_json::json;

/// How long after the change it happens.
const LATER: Ms = 30 * SECOND;
/// How long calls are throttled, in seconds.
const THROTTLED: u64 = 120;

/// A client's `UpdateService` has worked. Whether its answer is lost.
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
            // It is one of the kinds, so it is taken.
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
