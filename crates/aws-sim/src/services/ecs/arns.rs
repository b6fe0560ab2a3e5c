//! The ARNs of the records of a service: its deployments, revisions and task sets.

use crate::account::ACCOUNT;
use crate::world::World;
use crate::world::ecs::Release;

/// The ARN of a service deployment.
pub(super) fn release_arn(world: &World, service: usize, r: &Release) -> String {
    arn(world, service, "service-deployment", &r.id)
}

/// The ARN of a record of a service.
pub(super) fn arn(world: &World, service: usize, kind: &str, id: &str) -> String {
    let s = &world.services[service];
    let c = &world.clusters[s.cluster];
    format!("arn:aws:ecs:{}:{ACCOUNT}:{kind}/{}/{}/{id}", c.region, c.name, s.name)
}
