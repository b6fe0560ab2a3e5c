//! Estimates of this repository's environments, from plans that the real Terraform and its provider made before
//! anything existed (reduced to the relevant parts); and edge cases of other plans.

use super::prices::Prices;
use super::*;
use crate::infra::plan::{Plan, testing};
use jiff::Timestamp;
use serde_json::{Value, json};

const STAGING: &str = include_str!("fixtures/staging.json");
const PROD: &str = include_str!("fixtures/prod.json");
const MINIMAL: &str = include_str!("fixtures/minimal-2.json");

fn of(plans: &[(String, Plan)], region: &str) -> Estimate {
    let units: Vec<Unit<'_>> =
        plans.iter().map(|(name, plan)| Unit { name, bill: plan.bill.as_ref().unwrap() }).collect();
    let now: Timestamp = "2026-11-20T05:00:00Z".parse().unwrap();
    estimate(&units, &Prices::built_in(), region, now)
}

fn plans(file: &str) -> Vec<(String, Plan)> {
    let units: serde_json::Map<String, Value> = serde_json::from_str(file).unwrap();
    units.into_iter().map(|(name, show)| (name, Plan::read(show.to_string().as_bytes()).unwrap())).collect()
}

fn one(changes: &[Value]) -> Estimate {
    let plan = Plan::read(testing::show(changes).to_string().as_bytes()).unwrap();
    of(&[("unit".to_owned(), plan)], "ap-northeast-1")
}

fn create(address: &str, after: Value) -> Value {
    testing::change(address, &["create"], Value::Null, after)
}

fn near(value: f64, wanted: f64) -> bool {
    (value - wanted).abs() < 0.01
}

#[test]
fn production_estimate_is_the_sum_of_its_parts() {
    let estimate = of(&plans(PROD), "ap-northeast-1");
    assert_eq!(estimate.unknown, [], "every type of it is in the table");
    let (least, most) = estimate.total();
    // Two to twenty tasks; two instances with 0.5 to 2 ACU; a NAT gateway, a load balancer, two endpoints, a web ACL,
    // alarms, secrets.
    assert!(near(least, 313.99) && near(most, 1452.17), "{least} {most}");
    let web = estimate.lines.iter().find(|line| line.address == "aws_ecs_service.this[\"web\"]").unwrap();
    assert_eq!((web.count, web.what.as_str()), ((1.0, 10.0), "Fargate task, 1 vCPU and 2 GB"));
    assert!(near(web.min_cost, 730.0 * (0.05056 + 2.0 * 0.00553)), "{web:?}");
    let acu: Vec<_> = estimate.lines.iter().filter(|line| line.what.contains("ACU")).collect();
    assert_eq!((acu.len(), acu[0].count), (2, (0.5, 2.0)));
    assert_eq!(estimate.savings(), None, "nothing stops it");
    let used: Vec<&str> = estimate.usage.iter().map(|usage| usage.item.as_str()).collect();
    for item in
        ["alb.lcu", "nat.gb", "aurora.io", "aurora.storage", "waf.requests", "cloudwatch.logs_gb", "ecr.storage"]
    {
        assert!(used.contains(&item), "{item}: {used:?}");
    }
}

#[test]
fn staging_schedule_saves_tasks_and_addresses_outside_office_hours() {
    let estimate = of(&plans(STAGING), "ap-northeast-1");
    assert_eq!(estimate.unknown, []);
    // Monday to Friday, 13 hours a day.
    let stopped = estimate.stopped.unwrap();
    assert!((stopped - (1.0 - 65.0 / 168.0)).abs() < 0.001, "{stopped}");
    let tasks = 2.0 * 730.0 * (0.25 * 0.05056 + 0.5 * 0.00553 + 0.005);
    assert!(near(estimate.savings().unwrap(), tasks * stopped), "{:?}", estimate.savings());
    // During office hours, without load balancer usage: the value in the environment's documentation.
    assert!(near(estimate.scheduled().unwrap(), 95.975 - 730.0 * 0.008), "{:?}", estimate.scheduled());
}

#[test]
fn group_instances_and_multi_az_databases_are_counted() {
    let estimate = of(&plans(MINIMAL), "ap-northeast-1");
    assert_eq!(estimate.unknown, []);
    let (least, most) = estimate.total();
    let storage = estimate.usage.iter().find(|usage| usage.item == "rds.storage").unwrap();
    assert_eq!(storage.of, ["database: aws_db_instance.replica[0]"], "its plan does not contain its storage size");
    // The documentation includes 20 GB for the replica, and load balancer usage.
    let known = 20.0 * 0.138 + 730.0 * 0.008;
    assert!(near(least, 204.245 - known) && near(most, 241.541 - known), "{least} {most}");
    let group = estimate.lines.iter().find(|line| line.what.starts_with("EC2")).unwrap();
    assert_eq!(group.address, "aws_autoscaling_group.this[0]");
}

#[test]
fn resource_without_a_price_is_unknown_and_not_free() {
    let estimate = one(&[
        create("aws_redshift_cluster.big", json!({"node_type": "ra3.large"})),
        create("aws_redshift_cluster.other", json!({})),
        create(
            "aws_instance.gpu",
            json!({"instance_type": "p5.48xlarge", "root_block_device": [{"volume_size": 100}]}),
        ),
        create("aws_db_instance.my", json!({"instance_class": "db.t4g.micro", "engine": "mysql"})),
        create("aws_ecs_service.lone", json!({"name": "lone", "desired_count": 2, "launch_type": "FARGATE"})),
        create("aws_iam_role.free", json!({})),
    ]);
    let unknown: Vec<String> =
        estimate.unknown.iter().map(|one| format!("{} × {}: {}", one.what, one.count, one.why)).collect();
    assert_eq!(
        unknown,
        [
            "aws_instance.gpu × 1: EC2 p5.48xlarge, Linux: the table has no price of ec2.p5.48xlarge",
            "aws_db_instance.my × 1: the table has prices of PostgreSQL, and not of mysql",
            "aws_ecs_service.lone × 1: how large its tasks are is not in the plan: no task definition with cpu and memory",
            "aws_redshift_cluster × 2: the table has no price of this type",
        ]
    );
    assert_eq!(estimate.free, 1);
    // Its disk is known and listed.
    assert!(near(estimate.total().0, 9.6), "{:?}", estimate.lines);
}

#[test]
fn region_without_prices_does_not_use_those_of_another() {
    let estimate = of(&plans(PROD), "eu-west-1");
    let unknown: Vec<&str> = estimate.unknown.iter().map(|one| one.why.as_str()).collect();
    assert!(unknown.contains(&"NAT gateway: the table has no price of nat in eu-west-1"), "{unknown:?}");
    // Prices that are the same everywhere still apply.
    assert!(estimate.lines.iter().all(|line| !line.what.contains("Fargate task")), "{:?}", estimate.lines);
    assert!(estimate.lines.iter().any(|line| line.what == "web ACL"));
}

#[test]
fn spot_tasks_cost_between_a_fraction_and_the_full_price() {
    let service = json!({"name": "w", "desired_count": 4, "launch_type": null, "capacity_provider_strategy": [
        {"capacity_provider": "FARGATE", "base": 1, "weight": 0}, {"capacity_provider": "FARGATE_SPOT", "base": 0, "weight": 1},
    ]});
    let definition =
        json!({"family": "w", "cpu": "1024", "memory": "2048", "runtime_platform": [{"cpu_architecture": "ARM64"}]});
    let estimate = one(&[create("aws_ecs_service.w", service), create("aws_ecs_task_definition.w", definition)]);
    let task = 730.0 * (0.04045 + 2.0 * 0.00442);
    let (least, most) = estimate.total();
    assert!(near(least, task * (1.0 + 3.0 * 0.3)) && near(most, task * 4.0), "{least} {most} {task}");
}

#[test]
fn destroyed_resources_and_data_sources_cost_nothing() {
    let destroyed =
        testing::change("aws_nat_gateway.old", &["delete"], json!({"connectivity_type": "public"}), Value::Null);
    let stays = json!({"connectivity_type": "public"});
    let stays = testing::change("aws_nat_gateway.new", &["no-op"], stays.clone(), stays);
    let estimate = one(&[destroyed, stays]);
    assert_eq!(estimate.lines.len(), 1);
    assert_eq!(estimate.lines[0].address, "aws_nat_gateway.new");
}

#[test]
fn sensitive_values_are_not_kept() {
    let mut service = create("aws_ecs_service.w", json!({"name": "hunter-2000", "desired_count": 1}));
    service["change"]["after_sensitive"] = json!({"name": true});
    let plan = Plan::read(testing::show(&[service]).to_string().as_bytes()).unwrap();
    assert!(!serde_json::to_string(&plan).unwrap().contains("hunter"), "{plan:?}");
    assert_eq!(plan.bill.unwrap().resources[0].fact("desired_count"), Some("1"));
}

#[test]
fn fifteen_alarms_of_one_resource_are_one_line() {
    let alarms: Vec<Value> = (0..15)
        .map(|n| create(&format!("aws_cloudwatch_metric_alarm.this[\"a{n}\"]"), json!({"period": 300})))
        .collect();
    let grouped = one(&alarms).grouped();
    assert_eq!(grouped.len(), 1);
    assert_eq!((grouped[0].address.as_str(), grouped[0].count), ("aws_cloudwatch_metric_alarm.this", (15.0, 15.0)));
    assert!(near(grouped[0].min_cost, 1.5));
}

#[test]
fn unusual_plan_does_not_panic() {
    let odd = json!({"desired_count": -3, "network_configuration": "x", "subnets": null, "min_size": "many"});
    for kind in
        ["aws_ecs_service", "aws_lb", "aws_autoscaling_group", "aws_db_instance", "aws_vpc_endpoint", "aws_instance"]
    {
        let estimate = one(&[create(&format!("{kind}.odd[\"日本\"]"), odd.clone())]);
        assert!(estimate.total().0 >= 0.0);
    }
}

fn unknown_texts(estimate: &Estimate) -> Vec<String> {
    estimate.unknown.iter().map(|one| format!("{}: {}", one.what, one.why)).collect()
}

#[test]
fn additional_disks_are_unknown_and_template_address_is_priced() {
    let disk = |size: u32| json!({"ebs": [{"volume_size": size, "volume_type": "gp3"}]});
    let template = |disks: Vec<Value>| {
        json!({"instance_type": "t4g.small", "block_device_mappings": disks,
               "network_interfaces": [{"associate_public_ip_address": "true"}]})
    };
    let group = json!({"min_size": 2, "max_size": 2});
    let estimate = one(&[
        create("aws_autoscaling_group.a", group.clone()),
        create("aws_launch_template.a", template(vec![disk(30), disk(500)])),
        create(
            "aws_instance.b",
            json!({"instance_type": "t3.nano", "root_block_device": [{"volume_size": 8, "volume_type": "gp3"}],
                   "ebs_block_device": [{"volume_size": 100}, {"volume_size": 200}]}),
        ),
    ]);
    let more = "are in no sum; one that is an aws_ebs_volume has a line of its own";
    assert_eq!(
        unknown_texts(&estimate),
        [
            format!("aws_autoscaling_group.a: its other disks (1) {more}"),
            format!("aws_instance.b: its other disks (2) {more}"),
        ]
    );
    let address = estimate.lines.iter().find(|line| line.what == "its public IPv4 address").unwrap();
    assert_eq!((address.address.as_str(), address.count), ("aws_autoscaling_group.a", (2.0, 2.0)));
    let complete =
        one(&[create("aws_autoscaling_group.a", group), create("aws_launch_template.a", template(vec![disk(30)]))]);
    assert_eq!(complete.unknown, [], "one disk, and it is read");
}

#[test]
fn only_gateway_endpoints_are_free() {
    let of = |kind: Value| one(&[create("aws_vpc_endpoint.a", json!({"vpc_endpoint_type": kind}))]);
    let free = of(json!("Gateway"));
    assert_eq!((free.free, free.unknown.len(), free.lines.len()), (1, 0, 0));
    let balancer = of(json!("GatewayLoadBalancer"));
    assert_eq!(
        unknown_texts(&balancer),
        ["aws_vpc_endpoint.a: the table has no price of an endpoint of type GatewayLoadBalancer"]
    );
    assert_eq!((balancer.free, of(Value::Null).unknown.len()), (0, 1), "an unknown type is not free");
}

#[test]
fn service_is_priced_as_fargate_only_if_the_plan_shows_it() {
    let of = |launch: Value, providers: &str| {
        let strategy: Vec<Value> = providers
            .split_whitespace()
            .map(|name| json!({"capacity_provider": name, "base": 0, "weight": 1}))
            .collect();
        let service =
            json!({"name": "w", "desired_count": 1, "launch_type": launch, "capacity_provider_strategy": strategy});
        let definition = json!({"family": "w", "cpu": "256", "memory": "512"});
        one(&[create("aws_ecs_service.w", service), create("aws_ecs_task_definition.w", definition)])
    };
    for (launch, providers) in [(json!("FARGATE"), ""), (Value::Null, "FARGATE"), (json!(""), "FARGATE_SPOT")] {
        let estimate = of(launch, providers);
        assert_eq!((estimate.unknown.len(), estimate.lines.len()), (0, 1), "{providers}");
    }
    let instances = of(json!("EC2"), "");
    assert_eq!((instances.unknown.len(), instances.lines.len()), (0, 0), "they cost by themselves");
    for (launch, providers) in [(Value::Null, ""), (json!(""), "own"), (Value::Null, "FARGATE own")] {
        let estimate = of(launch, providers);
        assert_eq!((estimate.unknown.len(), estimate.lines.len()), (1, 0), "{providers}");
    }
}

#[test]
fn scheduled_action_saves_only_for_its_own_service() {
    let service = |name: &str| {
        let service = json!({"name": name, "desired_count": 1, "launch_type": "FARGATE"});
        let definition = json!({"family": name, "cpu": "256", "memory": "512"});
        [
            create(&format!("aws_ecs_service.{name}"), service),
            create(&format!("aws_ecs_task_definition.{name}"), definition),
        ]
    };
    let action = |name: &str, schedule: &str, count: u32| {
        let after = json!({"resource_id": "service/shop/web", "schedule": schedule,
                           "scalable_target_action": [{"min_capacity": count, "max_capacity": count}]});
        create(&format!("aws_appautoscaling_scheduled_action.{name}"), after)
    };
    let mut changes: Vec<Value> = ["web", "api"].into_iter().flat_map(service).collect();
    changes.extend([action("stop", "cron(0 13 * * ? *)", 0), action("start", "cron(0 1 * * ? *)", 1)]);
    let estimate = one(&changes);
    assert_eq!(estimate.unknown, []);
    let task = 730.0 * (0.25 * 0.05056 + 0.5 * 0.00553);
    assert!(near(estimate.total().0, 2.0 * task), "{:?}", estimate.lines);
    // Twelve hours of each day, for that service alone.
    assert!(near(estimate.savings().unwrap(), task / 2.0), "{:?}", estimate.savings());
    assert!(near(estimate.stopped.unwrap(), 0.5), "{:?}", estimate.stopped);
    let parts: Vec<(&str, bool)> =
        estimate.lines.iter().map(|line| (line.address.as_str(), line.stopped > 0.0)).collect();
    assert_eq!(parts, [("aws_ecs_service.api", false), ("aws_ecs_service.web", true)]);
}
