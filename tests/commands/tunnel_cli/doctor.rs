//! The doctor's checks of tunnels and shells: who may open them, and through what.

use crate::support::tunnels::home;
use crate::support::{Home, World, line};
use serde_json::{Value, json};

/// Runs the doctor on staging; returns a lookup of its checks by name.
fn doctor_checks(home: &Home, world: &World) -> impl Fn(&str) -> Value {
    let doctor = line(&mut home.on(world), "doctor --env staging -o json").json();
    move |name: &str| {
        let checks = doctor["checks"].as_array().unwrap();
        let found = checks.iter().find(|check| check["name"] == name).cloned();
        found.unwrap_or_else(|| panic!("no check {name}: {doctor}"))
    }
}

/// The status of a check, and its message.
fn result(check: &Value) -> (&str, &str) {
    (check["status"].as_str().unwrap(), check["detail"].as_str().unwrap())
}

#[test]
fn doctor_reports_iam_tunnel_permission_as_allowed_denied_or_unknown() {
    let (home, world) = (home(), World::staging());
    let (start, execute) = ("ssm:StartSession", "ecs:ExecuteCommand");
    let (web, api) = ("ssmmessages bookmark-manager-staging-web", "ssmmessages bookmark-manager-staging-api");
    let check = doctor_checks(&home, &world);
    for action in [start, execute] {
        assert_eq!(result(&check(action)), ("ok", "allowed to role admin, as IAM simulates it"));
    }
    assert_eq!(result(&check("ssm:ResumeSession")).0, "untried");
    assert_eq!(result(&check(api)).0, "ok");
    let allowed = check(web);
    let role = result(&allowed).1.strip_prefix("its tasks' role ").and_then(|rest| rest.split(' ').next()).unwrap();
    // A denial of either action is reported with the denying policy and the resource.
    world.fault(start, "denied");
    let refused = json!({"role": role, "action": "ssmmessages:OpenDataChannel", "by": "boundary"});
    world.poke(&json!({"refuse_action": refused}));
    let check = doctor_checks(&home, &world);
    let denied = check(start);
    assert_eq!(result(&denied).0, "warn");
    assert!(result(&denied).1.starts_with("not allowed to role admin on document/AWS-Start"), "{denied}");
    assert!(result(&denied).1.ends_with(": no policy allows it"), "{denied}");
    assert!(denied["hint"].as_str().unwrap().contains("doctor --env staging --policy operate"), "{denied}");
    assert_eq!((result(&check(execute)).0, result(&check(api)).0), ("ok", "ok"));
    let channel = check(web);
    let words = format!("not allowed to role {role}, the role of its tasks: ssmmessages:OpenDataChannel");
    assert!(result(&channel).0 == "warn" && result(&channel).1.starts_with(&words), "{channel}");
    assert!(result(&channel).1.contains("permissions boundary"), "{channel}");
    assert!(channel["hint"].as_str().unwrap().contains("--force"), "{channel}");
    // What depends on the request, and what IAM does not answer, is unknown, with the reason.
    world.clear_faults();
    let condition = json!({"role": "admin", "action": execute, "by": "condition", "key": "aws:ResourceTag/Team"});
    world.poke(&json!({"refuse_action": condition}));
    let depends = doctor_checks(&home, &world)(execute);
    let words = "not known, because the policies of role admin have conditions on aws:ResourceTag/Team";
    assert!(result(&depends).0 == "untried" && result(&depends).1.starts_with(words), "{depends}");
    world.fault("iam:SimulatePrincipalPolicy", "denied");
    let check = doctor_checks(&home, &world);
    for name in [start, execute, web, api] {
        let unknown = check(name);
        let words = "not known, because iam:SimulatePrincipalPolicy: not allowed";
        assert!(result(&unknown).0 == "untried" && result(&unknown).1.starts_with(words), "{unknown}");
    }
    assert!(check(start)["hint"].as_str().unwrap().contains("`cockpit tunnel staging --port 0` tries it"));
    assert_eq!((world.requests(start), world.requests(execute)), (0, 0), "reading opens nothing");
}

#[test]
fn doctor_reports_per_service_whether_tunnel_and_shell_work() {
    let (home, world) = (home(), World::staging());
    world.poke(&json!({"exec": {"service": "bookmark-manager-staging-api", "on": false}}));
    let doctor = line(&mut home.on(&world), "doctor --env staging -o json").json();
    let check = |name: &str| doctor["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).cloned();
    let (web, api) = ("tunnel bookmark-manager-staging-web", "exec bookmark-manager-staging-api");
    assert_eq!(check(web).unwrap()["status"], "ok", "{doctor}");
    let api = check(api).unwrap();
    assert_eq!(api["status"], "warn", "{api}");
    assert!(api["hint"].as_str().unwrap().contains("deploy bookmark-manager-staging-api --enable-exec"), "{api}");
    assert_eq!(check("session-manager-plugin").unwrap()["detail"], "not needed");
}

#[test]
fn doctor_counts_services_over_many_pages() {
    let home = Home::with("[environments.big]\nregion = \"ap-northeast-1\"\ncluster = \"big-cluster\"\n");
    let world = World::run_at(aws_sim::Scenario::Big, 0.0);
    let doctor = line(&mut home.on(&world), "doctor --env big -o json").json();
    let checks = doctor["checks"].as_array().unwrap();
    let left_out = checks.iter().find(|check| check["detail"].as_str().unwrap_or_default().contains("not looked at"));
    let words = left_out.unwrap()["detail"].as_str().unwrap().to_owned();
    let count: usize = words.split(' ').next().unwrap().parse().unwrap();
    assert!(count > 900, "{words}");
}
