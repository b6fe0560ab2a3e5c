//! Which groups are read: those created later, configured ones, and those that could not be listed.

use super::*;

#[test]
fn streams_of_new_tasks_are_followed_automatically() {
    let (home, world) = (Home::new(), World::running(Scenario::Staging));
    let tail = Tail::start(&home, &world, &["--since", "10s", "api"]);
    until("the first lines", PATIENCE, || (tail.ids().len() > 2).then_some(()));
    world.poke(&json!({"set_desired": {"service": "bookmark-manager-staging-api", "desired": 2}}));
    until("lines of a second task", PATIENCE, || {
        let lines = tail.lines.lock().unwrap();
        let tasks: BTreeSet<&str> = lines.iter().filter_map(|line| line["task"].as_str()).collect();
        (tasks.len() == 2).then_some(())
    });
    tail.stop();
}

#[test]
fn configured_groups_and_filters_belong_to_the_environment() {
    let config = include_str!("../../../config.toml")
        .replace("# logs = [", "logs = [")
        .replace("# log_filters = [\"slow: latency>500ms -healthcheck\"]", "log_filters = [\"bad: level>=error\"]");
    let (home, world) = (Home::with(&config), World::staging());
    let lines = lines_of(&line(&mut home.on(&world), "logs --since 1d --pattern START -o json").exits(0));
    assert!(lines.iter().any(|line| line["group"] == "/aws/lambda/bookmark-manager-staging-ecs-scheduler"));
    let lines = lines_of(&line(&mut home.on(&world), "logs api --since 2h --filter @bad -o json").exits(0));
    assert!(!lines.is_empty() && lines.iter().all(|line| line["level"] == "error"));
    let output = line(&mut home.on(&world), "logs --filter @none").exits(2);
    assert!(output.err.contains("no filter is called `none`"), "{}", output.err);
}

#[test]
fn lines_beyond_group_retention_are_reported() {
    let (home, world) = (Home::new(), World::staging());
    let old = line(&mut home.on(&world), "logs web --since 8d --until 191h --pattern nosuchword").exits(0);
    let message = format!("{WEB} keeps lines for 7 days: of what was before it has nothing");
    assert!(old.err.contains(&message), "{}", old.err);
    let new = line(&mut home.on(&world), "logs web --since 1m").exits(0);
    assert!(!new.err.contains("keeps lines"), "{}", new.err);
    let searched = line(&mut home.on(&world), "insights errors web --since 8d --price").exits(0);
    assert!(searched.err.contains(&message), "{}", searched.err);
}

#[test]
fn service_created_later_is_followed_too() {
    let config = "default_environment = \"staging\"\n[environments.staging]\nregion = \"ap-northeast-1\"\naccount = \"123456789012\"\n\
                  cluster = \"bookmark-manager-staging-cluster\"\nservices = [\"*-api\"]\n\
                  [environments.staging.refresh]\nservices = \"1s\"\n";
    let (home, world) = (Home::with(config), World::running(Scenario::Staging));
    let tail = Tail::start(&home, &world, &["--since", "1m", "--delay", "0s"]);
    let of = |group: &str| {
        let lines = tail.lines.lock().unwrap();
        lines.iter().find(|line| line["group"] == group).cloned()
    };
    until("a line", PATIENCE, || of(API));
    assert_eq!(of(WEB), None);
    world.poke(&json!({"rename_service": {"from": "bookmark-manager-staging-web", "to": "second-api"}}));
    let line = until("a line of the other", PATIENCE, || of(WEB));
    assert_eq!(line["service"], "second-api");
    tail.stop();
}

#[test]
fn logs_are_read_in_the_region_of_the_task_definition() {
    let (home, world) = (Home::new(), World::running(Scenario::Staging));
    // A group with the same name exists in the environment's own region, and is not the right one.
    let local = lines_of(&line(&mut home.on(&world), "logs api --since 10m -o json").exits(0));
    assert!(!local.is_empty());
    world.poke(&json!({"newer_field": {
        "operation": "ecs:DescribeTaskDefinition",
        "at": "taskDefinition.containerDefinitions.logConfiguration.options",
        "field": "awslogs-region",
        "value": "us-east-1",
    }}));
    let output = line(&mut home.on(&world), "logs api --since 10m -o json");
    let rows = lines_of(&output);
    assert!(rows.iter().all(|row| row["gap"] == "missing"), "the local group is another one: {}", output.out);
    assert!(output.code != 0 && output.out.contains("in us-east-1: "), "{} {}", output.out, output.err);
    world.poke(&json!({"log_region": {"group": API, "region": "us-east-1"}}));
    let remote = lines_of(&line(&mut home.on(&world), "logs api --since 10m -o json").exits(0));
    assert!(remote.len() + 5 >= local.len(), "{} and {}", remote.len(), local.len());
    let tail = Tail::start(&home, &world, &["--since", "10s", "api"]);
    until("followed lines of that region", PATIENCE, || (tail.ids().len() > 2).then_some(()));
    tail.stop();
}

/// A fault: its operation and its kind.
const UNREAD: [(&str, &str); 4] = [
    ("ecs:DescribeServices", "denied"),
    ("ecs:DescribeServices", "error"),
    ("ecs:DescribeTaskDefinition", "denied"),
    ("ecs:DescribeServices", "malformed"),
];

#[test]
fn failed_call_is_not_reported_as_no_log_groups() {
    let (home, world) = (Home::new(), World::staging());
    for (operation, kind) in UNREAD {
        world.clear_faults();
        world.fault(operation, kind);
        for command in ["logs --since 5m", "logs api --since 5m", "logs -f", "insights errors", "insights errors api"] {
            let output = line(&mut home.on(&world), command).exits(3);
            assert!(output.err.contains("it is not known which log groups there are"), "{command}: {}", output.err);
            assert!(output.err.contains(operation) && output.out.is_empty(), "{command}: {output:?}");
        }
    }
    world.clear_faults();
    world.fault("ecs:DescribeServices", "hang");
    for command in ["logs --timeout 2s", "logs -f --timeout 2s", "insights errors --timeout 2s"] {
        let output = line(&mut home.on(&world), command).exits(7);
        assert!(output.err.contains("it is not known which log groups there are"), "{command}: {}", output.err);
    }
    world.clear_faults();
    // A named group needs no services.
    world.fault("ecs:DescribeServices", "denied");
    assert!(!line(&mut home.on(&world), &format!("logs --group {API} --since 5m")).exits(0).out.is_empty());
    line(&mut home.on(&world), &format!("insights volume --group {API}")).exits(0);
    world.clear_faults();
    world.fault("logs:DescribeLogGroups", "denied");
    let output = line(&mut home.on(&world), "logs --group /aws/* --since 5m").exits(3);
    assert!(output.err.contains("logs:DescribeLogGroups"), "{}", output.err);
    world.clear_faults();
    world.fault("logs:DescribeLogGroups", "hang");
    line(&mut home.on(&world), "logs --group /aws/* --timeout 2s").exits(7);
}

#[test]
fn readable_groups_are_read_and_missing_ones_reported() {
    let (home, world) = (Home::new(), World::staging());
    // The definition of one service is read; that of the other is denied, however often it is requested.
    let all_but_one = json!({"operation": "ecs:DescribeTaskDefinition", "kind": "denied", "after": 1});
    world.post("/_sim/fault", &all_but_one);
    let output = line(&mut home.on(&world), "logs --since 5m -o json").exits(3);
    assert!(output.err.contains("ecs:DescribeTaskDefinition") && !output.out.is_empty(), "{}", output.err);
    world.clear_faults();
    world.post("/_sim/fault", &all_but_one);
    let output = line(&mut home.on(&world), "insights volume --since 1h -o json").exits(3);
    let result = output.json();
    assert_eq!((&result["complete"], result["missing"].as_array().unwrap().len()), (&json!(false), 1));
    assert!(output.err.contains("ecs:DescribeTaskDefinition"), "{}", output.err);
    world.clear_faults();
    // A failing group pattern of the configuration does not stop the services' logs.
    let config = include_str!("../../../config.toml").replace("# logs = [", "logs = [");
    let home = Home::with(&config);
    world.fault("logs:DescribeLogGroups", "denied");
    let output = line(&mut home.on(&world), "logs --since 5m -o json").exits(3);
    assert!(output.err.contains("of the configuration") && !output.out.is_empty(), "{}", output.err);
}

#[test]
fn missing_group_is_reported_with_a_similar_name() {
    let (home, world) = (Home::new(), World::staging());
    for (typed, near) in [
        ("logs --group /ecs/bookmark-manager-staging-wbe", WEB),
        ("logs --group bookmark-manager-staging-api --since 5m -o json", API),
        ("logs --lambda bookmark-manager-staging-ecs-schedule", "/aws/lambda/bookmark-manager-staging-ecs-scheduler"),
        ("insights errors --group /ecs/bookmark-manager-staging-apy", API),
    ] {
        let output = line(&mut home.on(&world), typed).exits(2);
        assert!(output.err.contains("there is no log group") && output.err.contains(near), "{typed}: {output:?}");
        assert!(output.out.is_empty(), "{typed}: {output:?}");
    }
    // Without permission to list groups a named one is read, and its absence is reported by that read.
    world.fault("logs:DescribeLogGroups", "denied");
    assert!(!line(&mut home.on(&world), &format!("logs --group {API} --since 5m")).exits(0).out.is_empty());
    let output = line(&mut home.on(&world), "logs --group /nosuch --since 5m").exits(3);
    assert!(output.out.contains("does not exist"), "{output:?}");
    // A follow waits for a missing group.
    world.clear_faults();
    let output = line(&mut home.on(&world), "logs -f --group /nosuch --timeout 2s").exits(3);
    assert!(output.err.contains("there is no log group `/nosuch`: it is waited for"), "{output:?}");
}
