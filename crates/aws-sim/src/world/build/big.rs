//! A cluster of 1,000 services and 10,000 tasks: most calm, some not.

use super::ServiceSpec;
use crate::world::ecs::Fate;
use crate::world::scaling::Activity;
use crate::world::{HOUR, MINUTE, World};

/// The number of services in the cluster.
const SERVICES: usize = 1_000;
/// Every fifth service has auto scaling.
const SCALED_EVERY: usize = 5;

/// Adds the cluster with its services.
pub(super) fn build(world: &mut World) {
    let cluster = world.add_cluster("ap-northeast-1", "big-cluster", true, vec![("Environment", "big")]);
    for n in 1..=SERVICES {
        let name = format!("svc-{n:04}");
        let small = ServiceSpec { repository: "big-app".to_owned(), ..ServiceSpec::small(cluster, &name) };
        let base = ServiceSpec { desired: 10, load: 4.6, ..small };
        let scaled = n % 100 == 50;
        let spec = ServiceSpec {
            desired: if scaled { 13 } else { 10 },
            load: if scaled { 8.6 } else { base.load },
            ..base.clone()
        };
        let service = world.add_service(spec);
        if n % SCALED_EVERY == 0 {
            let target = world.add_scaling(service, 2, 40);
            world.track(target, &format!("{name}-cpu"), "ECSServiceAverageCPUUtilization", 70.0);
            // The load stays between the alarms, so that only services with a reason scale.
            if n % 300 == 0 {
                world.scaling[target].suspended_in = true;
                world.scaling[target].suspended_out = true;
            }
            if scaled {
                note_scaled(world, target);
            }
        }
        if n % 200 == 7 {
            fail(world, service, &base);
        }
    }
}

fn note_scaled(world: &mut World, target: usize) {
    let at = world.start - 2 * HOUR;
    let alarm = &world.alarms[world.scaling[target].policies[0].high].name;
    let cause =
        format!("monitor alarm {alarm} in state ALARM triggered policy {}", world.scaling[target].policies[0].name);
    world.record(
        target,
        Activity {
            id: String::new(),
            at,
            end: Some(at + MINUTE),
            cause,
            description: "Setting desired count to 13.".to_owned(),
            status: "Successful",
            message: "Successfully set desired count to 13. Change successfully fulfilled by ecs.".to_owned(),
            not_scaled: None,
        },
    );
}

/// Deploys a revision ten minutes ago whose tasks never run; no breaker stops it.
fn fail(world: &mut World, service: usize, spec: &ServiceSpec) {
    let start = world.start;
    let def = world.register(spec, 6, start - 11 * MINUTE, Fate::ExitsEarly);
    world.services[service].breaker = false;
    world.now = start - 10 * MINUTE;
    world.deploy(service, def);
    world.run_until(start);
}
