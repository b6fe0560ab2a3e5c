//! The plans of this repository's environments, as the real Terraform and its provider made them before anything existed (what is
//! not looked at left out), and what could be wrong with others.

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
    estimate(&units, &Prices::ours(), region, now)
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
fn production_costs_what_its_parts_do_calm_and_at_its_peak() {
    let estimate = of(&plans(PROD), "ap-northeast-1");
    assert_eq!(estimate.unknown, [], "every type of it is in the table");
    let (least, most) = estimate.total();
    // Two tasks to twenty; two instances of 0.5 to 2 ACU; a gateway, a balancer, two endpoints, a firewall, alarms, secrets.
    assert!(near(least, 313.99) && near(most, 1452.17), "{least} {most}");
    let web = estimate.lines.iter().find(|line| line.address == "aws_ecs_service.this[\"web\"]").unwrap();
    assert_eq!((web.count, web.what.as_str()), ((1.0, 10.0), "Fargate task, 1 vCPU and 2 GB"));
    assert!(near(web.least, 730.0 * (0.05056 + 2.0 * 0.00553)), "{web:?}");
    let acu: Vec<_> = estimate.lines.iter().filter(|line| line.what.contains("ACU")).collect();
    assert_eq!((acu.len(), acu[0].count), (2, (0.5, 2.0)));
    assert_eq!(estimate.saved(), None, "nothing stops it");
    let used: Vec<&str> = estimate.usage.iter().map(|usage| usage.item.as_str()).collect();
    for item in
        ["alb.lcu", "nat.gb", "aurora.io", "aurora.storage", "waf.requests", "cloudwatch.logs_gb", "ecr.storage"]
    {
        assert!(used.contains(&item), "{item}: {used:?}");
    }
}

#[test]
fn the_schedule_of_staging_saves_its_tasks_and_their_addresses_outside_of_office_hours() {
    let estimate = of(&plans(STAGING), "ap-northeast-1");
    assert_eq!(estimate.unknown, []);
    // From Monday to Friday, 13 hours a day.
    let stopped = estimate.stopped.unwrap();
    assert!((stopped - (1.0 - 65.0 / 168.0)).abs() < 0.001, "{stopped}");
    let tasks = 2.0 * 730.0 * (0.25 * 0.05056 + 0.5 * 0.00553 + 0.005);
    assert!(near(estimate.saved().unwrap(), tasks * stopped), "{:?}", estimate.saved());
    // In office hours, and without the balancer's use: what the documentation of the environment says.
    assert!(near(estimate.scheduled().unwrap(), 95.975 - 730.0 * 0.008), "{:?}", estimate.scheduled());
}

#[test]
fn instances_of_a_group_and_databases_in_two_zones_are_counted() {
    let estimate = of(&plans(MINIMAL), "ap-northeast-1");
    assert_eq!(estimate.unknown, []);
    let (least, most) = estimate.total();
    let storage = estimate.usage.iter().find(|usage| usage.item == "rds.storage").unwrap();
    assert_eq!(storage.of, ["database: aws_db_instance.replica[0]"], "its plan does not say how much it has");
    // The documentation counts 20 GB for the replica, and the use of a balancer.
    let known = 20.0 * 0.138 + 730.0 * 0.008;
    assert!(near(least, 204.245 - known) && near(most, 241.541 - known), "{least} {most}");
    let group = estimate.lines.iter().find(|line| line.what.starts_with("EC2")).unwrap();
    assert_eq!(group.address, "aws_autoscaling_group.this[0]");
}

#[test]
fn what_is_not_in_the_table_is_unknown_and_never_nothing() {
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
    // Its disk is known and told.
    assert!(near(estimate.total().0, 9.6), "{:?}", estimate.lines);
}

#[test]
fn a_region_without_prices_has_none_of_another() {
    let estimate = of(&plans(PROD), "eu-west-1");
    let unknown: Vec<&str> = estimate.unknown.iter().map(|one| one.why.as_str()).collect();
    assert!(unknown.contains(&"NAT gateway: the table has no price of nat in eu-west-1"), "{unknown:?}");
    // What costs the same everywhere stands.
    assert!(estimate.lines.iter().all(|line| !line.what.contains("Fargate task")), "{:?}", estimate.lines);
    assert!(estimate.lines.iter().any(|line| line.what == "web ACL"));
}

#[test]
fn tasks_on_spot_cost_a_part_at_least_and_all_of_it_at_most() {
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
fn what_a_plan_destroys_or_only_reads_costs_nothing_and_what_stays_costs_what_it_did() {
    let gone = testing::change("aws_nat_gateway.old", &["delete"], json!({"connectivity_type": "public"}), Value::Null);
    let stays = json!({"connectivity_type": "public"});
    let stays = testing::change("aws_nat_gateway.new", &["no-op"], stays.clone(), stays);
    let estimate = one(&[gone, stays]);
    assert_eq!(estimate.lines.len(), 1);
    assert_eq!(estimate.lines[0].address, "aws_nat_gateway.new");
}

#[test]
fn no_value_that_is_sensitive_is_kept_for_it() {
    let mut service = create("aws_ecs_service.w", json!({"name": "hunter-2000", "desired_count": 1}));
    service["change"]["after_sensitive"] = json!({"name": true});
    let plan = Plan::read(testing::show(&[service]).to_string().as_bytes()).unwrap();
    assert!(!serde_json::to_string(&plan).unwrap().contains("hunter"), "{plan:?}");
    assert_eq!(plan.bill.unwrap().resources[0].fact("desired_count"), Some("1"));
}

#[test]
fn fifteen_alarms_of_one_resource_are_a_line() {
    let alarms: Vec<Value> = (0..15)
        .map(|n| create(&format!("aws_cloudwatch_metric_alarm.this[\"a{n}\"]"), json!({"period": 300})))
        .collect();
    let grouped = one(&alarms).grouped();
    assert_eq!(grouped.len(), 1);
    assert_eq!((grouped[0].address.as_str(), grouped[0].count), ("aws_cloudwatch_metric_alarm.this", (15.0, 15.0)));
    assert!(near(grouped[0].least, 1.5));
}

#[test]
fn an_odd_plan_does_not_panic() {
    let odd = json!({"desired_count": -3, "network_configuration": "x", "subnets": null, "min_size": "many"});
    for kind in
        ["aws_ecs_service", "aws_lb", "aws_autoscaling_group", "aws_db_instance", "aws_vpc_endpoint", "aws_instance"]
    {
        let estimate = one(&[create(&format!("{kind}.odd[\"日本\"]"), odd.clone())]);
        assert!(estimate.total().0 >= 0.0);
    }
}

fn told(estimate: &Estimate) -> Vec<String> {
    estimate.unknown.iter().map(|one| format!("{}: {}", one.what, one.why)).collect()
}

#[test]
fn disks_beside_the_first_are_unknown_and_an_address_of_a_template_is_paid() {
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
        told(&estimate),
        [
            format!("aws_autoscaling_group.a: its other disks (1) {more}"),
            format!("aws_instance.b: its other disks (2) {more}"),
        ]
    );
    let address = estimate.lines.iter().find(|line| line.what == "its public IPv4 address").unwrap();
    assert_eq!((address.address.as_str(), address.count), ("aws_autoscaling_group.a", (2.0, 2.0)));
    let whole =
        one(&[create("aws_autoscaling_group.a", group), create("aws_launch_template.a", template(vec![disk(30)]))]);
    assert_eq!(whole.unknown, [], "one disk, and it is read");
}

#[test]
fn an_endpoint_of_a_gateway_alone_is_free() {
    let of = |kind: Value| one(&[create("aws_vpc_endpoint.a", json!({"vpc_endpoint_type": kind}))]);
    let free = of(json!("Gateway"));
    assert_eq!((free.free, free.unknown.len(), free.lines.len()), (1, 0, 0));
    let balancer = of(json!("GatewayLoadBalancer"));
    assert_eq!(
        told(&balancer),
        ["aws_vpc_endpoint.a: the table has no price of an endpoint of type GatewayLoadBalancer"]
    );
    assert_eq!((balancer.free, of(Value::Null).unknown.len()), (0, 1), "what is not known is not free either");
}

#[test]
fn a_service_is_billed_as_fargate_only_where_the_plan_says_that_it_is() {
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
fn an_action_that_stops_one_service_saves_nothing_of_another() {
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
    // Twelve hours of each day, and of the one alone.
    assert!(near(estimate.saved().unwrap(), task / 2.0), "{:?}", estimate.saved());
    assert!(near(estimate.stopped.unwrap(), 0.5), "{:?}", estimate.stopped);
    let parts: Vec<(&str, bool)> =
        estimate.lines.iter().map(|line| (line.address.as_str(), line.stopped > 0.0)).collect();
    assert_eq!(parts, [("aws_ecs_service.api", false), ("aws_ecs_service.web", true)]);
}
