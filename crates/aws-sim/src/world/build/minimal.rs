//! The minimal environment: a database and one machine, no containers.

use super::alarm;
use crate::world::alarms::Comparison;
use crate::world::databases::DbInstance;
use crate::world::metrics::MetricName;
use crate::world::{DAY, World};

const REGION: &str = "ap-northeast-1";

/// Adds the environment.
pub(super) fn build(world: &mut World) {
    let created = world.start - 200 * DAY;
    world.databases.instances.push(DbInstance {
        region: REGION,
        id: "minimal-db".to_owned(),
        cluster: None,
        class: "db.t4g.micro",
        version: "17.6",
        zone: "ap-northeast-1c",
        storage: Some(20),
        multi_az: false,
        public: false,
        status: "available",
        backup_days: 1,
        deletion_protection: false,
        tier: 1,
        created,
        pending: Vec::new(),
        off: Vec::new(),
        restarted: 0,
    });
    let instance = [("InstanceId", "i-0123456789abcdef0")];
    let cpu = MetricName::new("AWS/EC2", "CPUUtilization", &instance);
    let high = (Comparison::GreaterOrEqual, 80.0);
    let mut spec = alarm(REGION, "minimal", "cpu-high", "Processor use of the instance", cpu, high);
    spec.flat = Some((17.0, 6.0));
    world.add_alarm(spec);
    let dims = [("InstanceId", "i-0123456789abcdef0"), ("path", "/"), ("fstype", "xfs")];
    let disk = MetricName::new("CWAgent", "disk_used_percent", &dims);
    let high = (Comparison::GreaterOrEqual, 85.0);
    let mut spec = alarm(REGION, "minimal", "disk-high", "Disk use of the instance", disk, high);
    spec.flat = Some((41.0, 0.4));
    world.add_alarm(spec);
}
