//! Lines and their owners: unknown accounts, refused keys.

use super::*;

#[test]
fn lines_of_an_unknown_account_are_marked() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("sts:GetCallerIdentity", "denied");
    for command in ["logs --since 2m", "logs --tail 3", "insights errors"] {
        let output = line(&mut home.on(&world), command).exits(3);
        assert!(output.err.contains("the account of these credentials is not known"), "{command}: {output:#?}");
    }
    let answer = line(&mut home.on(&world), "insights errors -o json").exits(3).json();
    assert_eq!(answer["complete"], false, "{answer}");
}

#[test]
fn bounded_read_does_not_wait_for_unrenewable_credentials() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("logs:FilterLogEvents", "expired");
    world.fault("logs:GetLogEvents", "expired");
    let output = line(&mut home.on(&world), "logs --since 20s web").exits(8);
    assert!(output.err.contains("cannot be read any more"), "{output:#?}");
    // One request of each kind and group, instead of eight in two minutes.
    assert!(world.requests("logs:FilterLogEvents") <= 2, "{}", world.requests("logs:FilterLogEvents"));
}

#[test]
fn filter_for_a_service_without_logs_is_reported() {
    let (home, world) = (Home::new(), World::staging());
    let output = line(&mut home.on(&world), "logs --since 1m --filter service:nosuch").exits(0);
    assert!(
        output.out.is_empty() && output.err.contains("no line that is read is of a service `nosuch`"),
        "{output:#?}"
    );
    assert!(output.err.contains("bookmark-manager-staging-web"), "{output:#?}");
    let output = line(&mut home.on(&world), "logs --since 1m --filter service:web").exits(0);
    assert_eq!(output.err, "");
}

#[test]
fn lines_of_services_sharing_a_stream_name_are_attributed_by_task() {
    let (home, world) = (Home::new(), World::running(Scenario::Staging));
    let before = lines_of(&line(&mut home.on(&world), "logs api --since 5m -o json").exits(0));
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
        let rows = lines_of(&line(&mut home.on(&world), command).exits(0));
        let of_task: Vec<Value> = rows.iter().filter(|row| row["task"] == task.as_str()).cloned().collect();
        assert!(of_task.iter().all(|row| row["service"] == service), "{command}: {of_task:#?}");
        of_task.len()
    };
    let api = "bookmark-manager-staging-api";
    assert!(of("logs --since 5m -o json", api) > 0);
    assert!(of("logs api --since 5m -o json", api) > 0);
    assert!(of(&format!("logs --group {API} --since 5m -o json"), api) > 0);
    assert_eq!(of("logs web --since 5m -o json", api), 0, "they belong to another user");
    let output = line(&mut home.on(&world), "insights errors web").exits(0);
    assert!(output.err.contains(&format!("{API} holds lines of {api} too")), "{}", output.err);
}
