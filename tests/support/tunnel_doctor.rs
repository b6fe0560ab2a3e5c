//! What the doctor says of tunnels and shells: who may open them, and through what.

use crate::support::tunnels::home;
use crate::support::{Home, World, line};
use serde_json::{Value, json};

/// A look at staging: the check of a name.
fn looked(home: &Home, world: &World) -> impl Fn(&str) -> Value {
    let doctor = line(&mut home.on(world), "doctor --env staging -o json").json();
    move |name: &str| {
        let checks = doctor["checks"].as_array().unwrap();
        let found = checks.iter().find(|check| check["name"] == name).cloned();
        found.unwrap_or_else(|| panic!("no check {name}: {doctor}"))
    }
}

/// How a check came out, and what it says.
fn said(check: &Value) -> (&str, &str) {
    (check["status"].as_str().unwrap(), check["detail"].as_str().unwrap())
}

#[test]
fn doctor_asks_iam_who_may_open_a_tunnel_and_says_allowed_denied_or_why_it_is_not_known() {
    let (home, world) = (home(), World::staging());
    let (start, execute) = ("ssm:StartSession", "ecs:ExecuteCommand");
    let (web, api) = ("ssmmessages bookmark-manager-staging-web", "ssmmessages bookmark-manager-staging-api");
    let check = looked(&home, &world);
    for action in [start, execute] {
        assert_eq!(said(&check(action)), ("ok", "allowed to role admin, as IAM simulates it"));
    }
    assert_eq!(said(&check("ssm:ResumeSession")).0, "untried");
    assert_eq!(said(&check(api)).0, "ok");
    let allowed = check(web);
    let role = said(&allowed).1.strip_prefix("its tasks' role ").and_then(|rest| rest.split(' ').next()).unwrap();
    // A denial of either is told by what it is denied by, on what.
    world.fault(start, "denied");
    let refused = json!({"role": role, "action": "ssmmessages:OpenDataChannel", "by": "boundary"});
    world.poke(&json!({"refuse_action": refused}));
    let check = looked(&home, &world);
    let denied = check(start);
    assert_eq!(said(&denied).0, "warn");
    assert!(said(&denied).1.starts_with("not allowed to role admin on document/AWS-Start"), "{denied}");
    assert!(said(&denied).1.ends_with(": no policy allows it"), "{denied}");
    assert!(denied["hint"].as_str().unwrap().contains("doctor --env staging --policy operate"), "{denied}");
    assert_eq!((said(&check(execute)).0, said(&check(api)).0), ("ok", "ok"));
    let channel = check(web);
    let words = format!("not allowed to role {role}, the role of its tasks: ssmmessages:OpenDataChannel");
    assert!(said(&channel).0 == "warn" && said(&channel).1.starts_with(&words), "{channel}");
    assert!(said(&channel).1.contains("permissions boundary"), "{channel}");
    assert!(channel["hint"].as_str().unwrap().contains("--force"), "{channel}");
    // What hangs on a request, and what IAM does not say, is not known, with the reason.
    world.clear_faults();
    let condition = json!({"role": "admin", "action": execute, "by": "condition", "key": "aws:ResourceTag/Team"});
    world.poke(&json!({"refuse_action": condition}));
    let depends = looked(&home, &world)(execute);
    let words = "not known, because the policies of role admin have conditions on aws:ResourceTag/Team";
    assert!(said(&depends).0 == "untried" && said(&depends).1.starts_with(words), "{depends}");
    world.fault("iam:SimulatePrincipalPolicy", "denied");
    let check = looked(&home, &world);
    for name in [start, execute, web, api] {
        let unknown = check(name);
        let words = "not known, because iam:SimulatePrincipalPolicy: not allowed";
        assert!(said(&unknown).0 == "untried" && said(&unknown).1.starts_with(words), "{unknown}");
    }
    assert!(check(start)["hint"].as_str().unwrap().contains("`cockpit tunnel staging --port 0` tries it"));
    assert_eq!((world.asked(start), world.asked(execute)), (0, 0), "nothing is opened by looking");
}

#[test]
fn doctor_says_of_each_service_whether_a_tunnel_or_a_shell_can_be_opened_and_what_to_do() {
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
fn doctor_counts_all_services_of_a_cluster_of_many_pages() {
    let home = Home::with("[environments.big]\nregion = \"ap-northeast-1\"\ncluster = \"big-cluster\"\n");
    let world = World::run_at(aws_sim::Scenario::Big, 0.0);
    let doctor = line(&mut home.on(&world), "doctor --env big -o json").json();
    let checks = doctor["checks"].as_array().unwrap();
    let left_out = checks.iter().find(|check| check["detail"].as_str().unwrap_or_default().contains("not looked at"));
    let words = left_out.unwrap()["detail"].as_str().unwrap().to_owned();
    let count: usize = words.split(' ').next().unwrap().parse().unwrap();
    assert!(count > 900, "{words}");
}
