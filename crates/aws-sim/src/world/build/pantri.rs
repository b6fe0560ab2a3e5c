//! Pantri in us-east-1: one service over two zones with Fargate Spot, no database.

use super::{ServiceSpec, alarm};
use crate::account::ACCOUNT;
use crate::world::World;
use crate::world::alarms::Comparison;
use crate::world::metrics::MetricName;

const REGION: &str = "us-east-1";
const ZONES: &[&str] = &["us-east-1a", "us-east-1b"];

/// Adds the environment.
pub(super) fn build(world: &mut World) {
    let tags = vec![("Project", "pantri"), ("Environment", "prod"), ("ManagedBy", "terraform")];
    let cluster = world.add_cluster(REGION, "pantri", true, tags.clone());
    let balancer = world.add_balancer(REGION, "pantri-alb", ZONES);
    let group = world.add_group(balancer, "pantri-service", 3000, "/api/health", 30, 3);
    let secret = |n: &str| format!("arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/pantri/prod/{n}");
    let service = world.add_service(ServiceSpec {
        cpu: 512,
        memory: 1024,
        desired: 2,
        container: "pantri",
        port: 3000,
        environment: vec![("NODE_ENV", "production".to_owned())],
        secrets: vec![("COGNITO_CLIENT_SECRET", secret("COGNITO_CLIENT_SECRET"))],
        sidecar: true,
        target_group: Some(group),
        spot: true,
        zones: ZONES,
        load: 0.85,
        memory_use: 48.0,
        tags,
        ..ServiceSpec::small(cluster, "pantri-service")
    });
    let target = world.add_scaling(service, 2, 6);
    world.track(target, "pantri-cpu", "ECSServiceAverageCPUUtilization", 70.0);
    world.track(target, "pantri-memory", "ECSServiceAverageMemoryUtilization", 80.0);
    let dims = [("ClusterName", "pantri"), ("ServiceName", "pantri-service")];
    let metric = |name: &str| MetricName::new("AWS/ECS", name, &dims);
    let high = (Comparison::GreaterOrEqual, 80.0);
    world.add_alarm(alarm(REGION, "pantri", "cpu-high", "Processor use of the tasks", metric("CPUUtilization"), high));
    let high = (Comparison::GreaterOrEqual, 90.0);
    world.add_alarm(alarm(
        REGION,
        "pantri",
        "memory-high",
        "Memory use of the tasks",
        metric("MemoryUtilization"),
        high,
    ));
    let (balancer, group) = (world.balancers[balancer].suffix(), world.target_groups[group].suffix());
    let dims = [("LoadBalancer", balancer.as_str()), ("TargetGroup", group.as_str())];
    let errors = MetricName::new("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", &dims);
    let mut spec = alarm(REGION, "pantri", "5xx", "Server errors of the targets", errors, (Comparison::Greater, 25.0));
    spec.statistic = "Sum";
    world.add_alarm(spec);
}
