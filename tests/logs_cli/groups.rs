//! Which groups are read: those that come later, those of the configuration, and those that could not be listed.

use super::*;

#[test]
fn streams_of_new_tasks_join_by_themselves() {
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
fn groups_and_filters_of_the_configuration_belong_to_the_environment() {
    let config = include_str!("../../config.toml")
        .replace("# logs = [", "logs = [")
        .replace("# log_filters = [\"slow: latency>500ms -healthcheck\"]", "log_filters = [\"bad: level>=error\"]");
    let (home, world) = (Home::with(&config), World::staging());
    let lines = lines_of(&line(&mut home.on(&world), "logs --since 1d --pattern START -o json").coded(0));
    assert!(lines.iter().any(|line| line["group"] == "/aws/lambda/bookmark-manager-staging-ecs-scheduler"));
    let lines = lines_of(&line(&mut home.on(&world), "logs api --since 2h --filter @bad -o json").coded(0));
    assert!(!lines.is_empty() && lines.iter().all(|line| line["level"] == "error"));
    let said = line(&mut home.on(&world), "logs --filter @none").coded(2);
    assert!(said.err.contains("no filter is called `none`"), "{}", said.err);
}

#[test]
fn lines_that_their_group_keeps_no_longer_are_told() {
    let (home, world) = (Home::new(), World::staging());
    let old = line(&mut home.on(&world), "logs web --since 8d --until 191h --pattern nosuchword").coded(0);
    let told = format!("{WEB} keeps lines for 7 days: of what was before it has nothing");
    assert!(old.err.contains(&told), "{}", old.err);
    let new = line(&mut home.on(&world), "logs web --since 1m").coded(0);
    assert!(!new.err.contains("keeps lines"), "{}", new.err);
    let searched = line(&mut home.on(&world), "insights errors web --since 8d --price").coded(0);
    assert!(searched.err.contains(&told), "{}", searched.err);
}

#[test]
fn a_service_that_comes_later_is_followed_too() {
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
fn logs_are_read_in_the_region_that_the_task_definition_names() {
    let (home, world) = (Home::new(), World::running(Scenario::Staging));
    // A group of the same name lies in the environment's own region, and is not the one.
    let ours = lines_of(&line(&mut home.on(&world), "logs api --since 10m -o json").coded(0));
    assert!(!ours.is_empty());
    world.poke(&json!({"newer_field": {
        "operation": "ecs:DescribeTaskDefinition",
        "at": "taskDefinition.containerDefinitions.logConfiguration.options",
        "field": "awslogs-region",
        "value": "us-east-1",
    }}));
    let said = line(&mut home.on(&world), "logs api --since 10m -o json");
    let rows = lines_of(&said);
    assert!(rows.iter().all(|row| row["gap"] == "missing"), "that of here is another one: {}", said.out);
    assert!(said.code != 0 && said.out.contains("in us-east-1: "), "{} {}", said.out, said.err);
    world.poke(&json!({"log_region": {"group": API, "region": "us-east-1"}}));
    let theirs = lines_of(&line(&mut home.on(&world), "logs api --since 10m -o json").coded(0));
    assert!(theirs.len() + 5 >= ours.len(), "{} and {}", theirs.len(), ours.len());
    let tail = Tail::start(&home, &world, &["--since", "10s", "api"]);
    until("lines that are followed there", PATIENCE, || (tail.ids().len() > 2).then_some(()));
    tail.stop();
}

/// A fault, what it is about, and the command that meets it.
const UNREAD: [(&str, &str); 4] = [
    ("ecs:DescribeServices", "denied"),
    ("ecs:DescribeServices", "error"),
    ("ecs:DescribeTaskDefinition", "denied"),
    ("ecs:DescribeServices", "malformed"),
];

#[test]
fn there_are_no_log_groups_is_never_said_because_a_call_failed() {
    let (home, world) = (Home::new(), World::staging());
    for (operation, kind) in UNREAD {
        world.clear_faults();
        world.fault(operation, kind);
        for command in ["logs --since 5m", "logs api --since 5m", "logs -f", "insights errors", "insights errors api"] {
            let said = line(&mut home.on(&world), command).coded(3);
            assert!(said.err.contains("it is not known which log groups there are"), "{command}: {}", said.err);
            assert!(said.err.contains(operation) && said.out.is_empty(), "{command}: {said:?}");
        }
    }
    world.clear_faults();
    world.fault("ecs:DescribeServices", "hang");
    for command in ["logs --timeout 2s", "logs -f --timeout 2s", "insights errors --timeout 2s"] {
        let said = line(&mut home.on(&world), command).coded(7);
        assert!(said.err.contains("it is not known which log groups there are"), "{command}: {}", said.err);
    }
    world.clear_faults();
    // A group that is named needs no services.
    world.fault("ecs:DescribeServices", "denied");
    assert!(!line(&mut home.on(&world), &format!("logs --group {API} --since 5m")).coded(0).out.is_empty());
    line(&mut home.on(&world), &format!("insights volume --group {API}")).coded(0);
    world.clear_faults();
    world.fault("logs:DescribeLogGroups", "denied");
    let said = line(&mut home.on(&world), "logs --group /aws/* --since 5m").coded(3);
    assert!(said.err.contains("logs:DescribeLogGroups"), "{}", said.err);
    world.clear_faults();
    world.fault("logs:DescribeLogGroups", "hang");
    line(&mut home.on(&world), "logs --group /aws/* --timeout 2s").coded(7);
}

#[test]
fn a_part_of_the_groups_is_read_and_what_is_missing_is_said() {
    let (home, world) = (Home::new(), World::staging());
    let once = json!({"operation": "ecs:DescribeTaskDefinition", "kind": "denied", "count": 1});
    world.post("/_sim/fault", &once);
    let said = line(&mut home.on(&world), "logs --since 5m -o json").coded(3);
    assert!(said.err.contains("ecs:DescribeTaskDefinition") && !said.out.is_empty(), "{}", said.err);
    world.post("/_sim/fault", &once);
    let said = line(&mut home.on(&world), "insights volume --since 1h -o json").coded(3);
    let result = said.json();
    assert_eq!((&result["complete"], result["missing"].as_array().unwrap().len()), (&json!(false), 1));
    assert!(said.err.contains("ecs:DescribeTaskDefinition"), "{}", said.err);
    // What the configuration names beside the services does not stop their logs.
    let config = include_str!("../../config.toml").replace("# logs = [", "logs = [");
    let home = Home::with(&config);
    world.fault("logs:DescribeLogGroups", "denied");
    let said = line(&mut home.on(&world), "logs --since 5m -o json").coded(3);
    assert!(said.err.contains("of the configuration") && !said.out.is_empty(), "{}", said.err);
}

#[test]
fn a_group_that_is_not_there_is_told_with_the_one_that_is_like_it() {
    let (home, world) = (Home::new(), World::staging());
    for (typed, near) in [
        ("logs --group /ecs/bookmark-manager-staging-wbe", WEB),
        ("logs --group bookmark-manager-staging-api --since 5m -o json", API),
        ("logs --lambda bookmark-manager-staging-ecs-schedule", "/aws/lambda/bookmark-manager-staging-ecs-scheduler"),
        ("insights errors --group /ecs/bookmark-manager-staging-apy", API),
    ] {
        let said = line(&mut home.on(&world), typed).coded(2);
        assert!(said.err.contains("there is no log group") && said.err.contains(near), "{typed}: {said:?}");
        assert!(said.out.is_empty(), "{typed}: {said:?}");
    }
    // Who may not list groups reads one by its name, and hears of it there.
    world.fault("logs:DescribeLogGroups", "denied");
    assert!(!line(&mut home.on(&world), &format!("logs --group {API} --since 5m")).coded(0).out.is_empty());
    let said = line(&mut home.on(&world), "logs --group /nosuch --since 5m").coded(3);
    assert!(said.out.contains("does not exist"), "{said:?}");
    // Who follows one waits for it.
    world.clear_faults();
    let said = line(&mut home.on(&world), "logs -f --group /nosuch --timeout 2s").coded(3);
    assert!(said.err.contains("there is no log group `/nosuch`: it is waited for"), "{said:?}");
}
