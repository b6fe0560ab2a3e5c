//! Lines and whose they are: accounts that are not known, keys that are refused.

use super::*;

#[test]
fn lines_of_an_unknown_account_are_said_to_be() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("sts:GetCallerIdentity", "denied");
    for command in ["logs --since 2m", "logs --tail 3", "insights errors"] {
        let said = line(&mut home.on(&world), command).coded(3);
        assert!(said.err.contains("the account of these credentials is not known"), "{command}: {said:#?}");
    }
    let answer = line(&mut home.on(&world), "insights errors -o json").coded(3).json();
    assert_eq!(answer["complete"], false, "{answer}");
}

#[test]
fn a_read_that_ends_does_not_wait_for_a_key_that_cannot_be_renewed() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("logs:FilterLogEvents", "expired");
    world.fault("logs:GetLogEvents", "expired");
    let said = line(&mut home.on(&world), "logs --since 20s web").coded(8);
    assert!(said.err.contains("cannot be read any more"), "{said:#?}");
    // One request of each kind and group, and not eight in two minutes.
    assert!(world.asked("logs:FilterLogEvents") <= 2, "{}", world.asked("logs:FilterLogEvents"));
}

#[test]
fn a_filter_for_a_service_that_writes_nothing_is_told() {
    let (home, world) = (Home::new(), World::staging());
    let said = line(&mut home.on(&world), "logs --since 1m --filter service:nosuch").coded(0);
    assert!(said.out.is_empty() && said.err.contains("no line that is read is of a service `nosuch`"), "{said:#?}");
    assert!(said.err.contains("bookmark-manager-staging-web"), "{said:#?}");
    let said = line(&mut home.on(&world), "logs --since 1m --filter service:web").coded(0);
    assert_eq!(said.err, "");
}

#[test]
fn where_two_services_write_under_one_name_each_line_is_told_as_that_of_its_task() {
    let (home, world) = (Home::new(), World::running(Scenario::Staging));
    let before = lines_of(&line(&mut home.on(&world), "logs api --since 5m -o json").coded(0));
    let task = before.last().unwrap()["task"].as_str().unwrap().to_owned();
    let at = "taskDefinition.containerDefinitions";
    for (at, field, value) in [
        (at.to_owned(), "name", "api"),
        (format!("{at}.logConfiguration.options"), "awslogs-group", API),
        (format!("{at}.logConfiguration.options"), "awslogs-stream-prefix", "ecs"),
    ] {
        let answer = json!({"operation": "ecs:DescribeTaskDefinition", "at": at, "field": field, "value": value});
        world.poke(&json!({ "newer_field": answer }));
    }
    let of = |command: &str, service: &str| {
        let rows = lines_of(&line(&mut home.on(&world), command).coded(0));
        let of_task: Vec<Value> = rows.iter().filter(|row| row["task"] == task.as_str()).cloned().collect();
        assert!(of_task.iter().all(|row| row["service"] == service), "{command}: {of_task:#?}");
        of_task.len()
    };
    let api = "bookmark-manager-staging-api";
    assert!(of("logs --since 5m -o json", api) > 0);
    assert!(of("logs api --since 5m -o json", api) > 0);
    assert!(of(&format!("logs --group {API} --since 5m -o json"), api) > 0);
    assert_eq!(of("logs web --since 5m -o json", api), 0, "they are another's");
    let said = line(&mut home.on(&world), "insights errors web").coded(0);
    assert!(said.err.contains(&format!("{API} holds lines of {api} too")), "{}", said.err);
}
