//! What an environment has beside its services, as it is typed: instances of EC2, a distribution, a user pool.
#![allow(clippy::unwrap_used)]

mod support;

use aws_sim::Scenario;
use serde_json::{Value, json};
use support::{Home, World, follows_schema, line};

const BASTION: &str = "i-0123456789abcdef0";
const SPARE: &str = "i-0fedcba9876543210";
const SPEED: f64 = 60.0;

/// The example configuration with an audit file at hand, in which what is watched is read once a second.
fn home() -> Home {
    let home = Home::new();
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    let top = format!("audit_file = {:?}\n", home.path().join("audit.jsonl").to_str().unwrap());
    let quick = "\n[environments.minimal.refresh]\nwatch = \"1s\"\n\n[environments.pantri.refresh]\nwatch = \"1s\"\n";
    home.write("config.toml", top + &config + quick);
    home
}

fn audit(home: &Home) -> Vec<Value> {
    let text = std::fs::read_to_string(home.path().join("audit.jsonl")).unwrap_or_default();
    assert!(!text.contains(support::SECRET), "{text}");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn instances_are_listed_started_stopped_and_restarted_until_their_checks_say_so() {
    let (home, world) = (home(), World::run_at(Scenario::Minimal, SPEED));
    let list = line(&mut home.on(&world), "--env minimal instances -o json").coded(0).json();
    follows_schema(&home, "instances", &list);
    let states: Vec<&str> =
        list["instances"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["running", "stopped"]);
    assert_eq!(list["instances"][0]["system_check"], "ok");
    assert_eq!(list["instances"][0]["agent"], "Online");
    // A page that is empty is not the last.
    world.post("/_sim/fault", &json!({"operation": "ssm:DescribeInstanceInformation", "kind": "empty", "count": 1}));
    let again = line(&mut home.on(&world), "--env minimal instances -o json").coded(0).json();
    assert_eq!(again["instances"][0]["agent"], "Online", "{again:#}");

    let dry = line(&mut home.on(&world), "--env minimal instances stop bastion-spare --dry-run").coded(1);
    assert!(dry.err.contains("stopped already"), "{dry:#?}");
    let said = line(&mut home.on(&world), "--env minimal instances start bastion-spare --yes -o json").coded(0);
    follows_schema(&home, "operation", &said.json());
    assert!(said.err.contains("status checks initializing"), "each state is told: {said:#?}");
    let summary = said.json()["operations"][0]["summary"].as_str().unwrap().to_owned();
    assert!(summary.contains(SPARE) && summary.contains("its status checks pass"), "{summary}");

    let said = line(&mut home.on(&world), "--env minimal instances reboot bastion-spare --yes").coded(0);
    assert!(said.out.contains("has restarted"), "{said:#?}");
    let said = line(&mut home.on(&world), &format!("--env minimal instances stop {SPARE} --yes")).coded(0);
    assert!(said.out.contains("is stopped"), "{said:#?}");
    let written = audit(&home);
    let outcomes: Vec<&str> = written.iter().filter_map(|record| record["outcome"].as_str()).collect();
    assert_eq!(outcomes.iter().filter(|word| **word == "done").count(), 3, "{written:#?}");
    assert_eq!(written.last().unwrap()["after"]["instance"], SPARE);
}

#[test]
fn a_change_of_an_instance_needs_a_yes_and_an_instance_of_this_environment() {
    let (home, world) = (home(), World::run_at(Scenario::Minimal, SPEED));
    let asked = |words: &str, code: i32| line(&mut home.on(&world), &format!("--env minimal {words}")).coded(code);
    let said = asked("instances stop bastion", 4);
    assert!(said.err.contains("--yes"), "{said:#?}");
    asked("--read-only instances stop bastion --yes", 4);
    let said = asked("instances stop nobody --yes", 2);
    assert!(said.err.contains("no instance `nobody`") && said.err.contains("bastion"), "{said:#?}");
    // Two of one name: which is meant must be said.
    world.poke(&json!({"instance": {"id": SPARE, "name": "bastion"}}));
    let said = asked("instances stop bastion --yes", 2);
    assert!(said.err.contains("could be several") && said.err.contains(BASTION), "{said:#?}");
    assert!(said.err.contains(SPARE), "{said:#?}");
    // An instance of another environment of the same account is none of this one.
    let other = line(&mut home.on(&world), &format!("--env staging instances stop {BASTION} --yes")).coded(2);
    assert!(other.err.contains("staging has no instance"), "{other:#?}");
    assert_eq!(world.asked("ec2:StopInstances"), 0);
}

#[test]
fn an_instance_that_is_terminated_or_whose_check_fails_is_told_so() {
    let (home, world) = (home(), World::run_at(Scenario::Minimal, SPEED));
    world.poke(&json!({"instance": {"id": BASTION, "impaired": true}}));
    let list = line(&mut home.on(&world), "--env minimal instances -o json").coded(0).json();
    assert_eq!(list["instances"][0]["health"], "down", "{list:#}");
    world.poke(&json!({"instance": {"id": BASTION, "terminated": true}}));
    let said = line(&mut home.on(&world), &format!("--env minimal instances stop {BASTION} --yes")).coded(1);
    assert!(said.err.contains("it must be running"), "{said:#?}");
}

#[test]
fn each_right_that_instances_need_is_named_where_it_is_missing() {
    for (denied, words, code) in [
        ("ec2:DescribeInstances", "instances", 3),
        ("ec2:DescribeInstanceStatus", "instances", 3),
        ("ssm:DescribeInstanceInformation", "instances", 3),
        ("cloudwatch:ListMetrics", "instances", 3),
        ("ec2:DescribeInstances", "instances start bastion-spare --yes", 1),
        ("ec2:StartInstances", "instances start bastion-spare --yes", 1),
    ] {
        let (home, world) = (home(), World::run_at(Scenario::Minimal, SPEED));
        world.fault(denied, "denied");
        let said = line(&mut home.on(&world), &format!("--env minimal {words}")).coded(code);
        assert!(said.err.contains(denied) || said.out.contains(denied), "{denied}: {said:#?}");
    }
    // Without the status checks the state alone tells how it ends, and that is said.
    let (home, world) = (home(), World::run_at(Scenario::Minimal, SPEED));
    world.fault("ec2:DescribeInstanceStatus", "denied");
    let said = line(&mut home.on(&world), "--env minimal instances start bastion-spare --yes").coded(0);
    assert!(said.err.contains("status checks cannot be read"), "{said:#?}");
}

#[test]
fn what_the_configuration_names_and_nothing_has_is_told() {
    let config = include_str!("../config.toml").replace(
        "[environments.staging]\n",
        "[environments.staging]\ninstances = [\"bastion\", \"nope-*\"]\nuser_pools = [\"nope\"]\nparameters = [\"/nope/\"]\n",
    );
    let (home, world) = (Home::with(&config), World::staging());
    let said = line(&mut home.on(&world), "instances").coded(0);
    assert!(said.out.contains("nothing matches `nope-*`") && !said.out.contains("`bastion`"), "{}", said.out);
    let listed = line(&mut home.on(&world), "instances -o json").coded(0).json();
    assert_eq!(listed["unmatched"], serde_json::json!(["nope-*"]));
    let said = line(&mut home.on(&world), "users").coded(2);
    assert!(said.err.contains("`user_pools`") && said.err.contains("nope"), "{}", said.err);
    let said = line(&mut home.on(&world), "params ls").coded(0);
    assert!(said.err.contains("nothing lies under `/nope/`"), "{}", said.err);
}

#[test]
fn instances_that_were_read_are_told_though_nobody_says_whose_they_are() {
    let (home, world) = (home(), World::staging());
    world.fault("sts:GetCallerIdentity", "denied");
    let said = line(&mut home.on(&world), "instances").coded(3);
    assert!(said.out.contains("bastion") && said.out.contains("sts.identity could not be read"), "{}", said.out);
}

#[test]
fn the_call_that_does_not_answer_is_the_one_that_is_named() {
    let (home, world) = (home(), World::staging());
    for call in ["cloudwatch:ListMetrics", "cloudwatch:GetMetricData", "ssm:DescribeInstanceInformation"] {
        world.clear_faults();
        world.fault(call, "hang");
        let said = line(&mut home.on(&world), "instances --timeout 3s").coded(7);
        assert!(said.out.contains(&format!("not read: {call}: no answer came in time")), "{call}: {said:#?}");
    }
}

#[test]
fn a_session_on_an_instance_runs_a_command_and_stands_in_the_audit_file() {
    let (home, world) = (home(), World::staging());
    let words = ["--env", "minimal", "instances", "session", "bastion", "--", "echo", "日本"];
    let minimal = World::run_at(Scenario::Minimal, SPEED);
    // As a terminal has it, which ends lines with two characters.
    let said = home.on(&minimal).args(words).output().unwrap();
    assert!(String::from_utf8_lossy(&said.stdout).contains("日本"), "{said:?}");
    assert_eq!(minimal.asked("ssm:TerminateSession"), 1, "its session is ended at AWS");
    let written = audit(&home);
    assert_eq!(written[0]["after"]["instance"], BASTION, "{written:#?}");
    assert_eq!(written.len(), 2, "its beginning and its end: {written:#?}");
    // As it would be typed: what stands after the dashes is the other program's.
    let command = written[0]["command"].as_str().unwrap_or_default();
    assert!(command.starts_with(&format!("cockpit instances session {BASTION} --env minimal -- echo ")), "{command}");
    assert_eq!(command.matches("--env").count(), 1, "{command}");
    let said = line(&mut home.on(&minimal), "--env minimal instances session bastion-spare -- true").coded(1);
    assert!(said.err.contains("is stopped") && said.err.contains("instances start"), "{said:#?}");
    // Nothing that is not this environment's is opened.
    line(&mut home.on(&world), "--env minimal instances session bastion -- true").coded(2);
    assert_eq!(world.asked("ssm:StartSession"), 0);
}

#[test]
fn a_shell_in_a_container_is_none_on_an_instance_and_where_that_is_opened_is_told() {
    let (home, world) = (home(), World::run_at(Scenario::Staging, SPEED));
    for (typed, named) in [(BASTION, BASTION), ("instance:bastion", "bastion"), ("tag:Role=bastion", "INSTANCE")] {
        let said = line(&mut home.on(&world), &format!("exec staging {typed}")).coded(2);
        assert!(said.err.contains("exec takes a service"), "{said:#?}");
        assert!(said.err.contains(&format!("cockpit instances session {named}")), "{said:#?}");
    }
}

#[test]
fn the_doctor_looks_at_the_instance_that_tunnels_go_through_and_opens_no_session() {
    let (home, world) = (home().with_code(), World::run_at(Scenario::Minimal, SPEED));
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    for (named, status, detail) in [
        ("bastion", "ok", format!("through instance {BASTION}")),
        ("bastion-spare", "warn", format!("{SPARE} is stopped")),
        ("nobody", "warn", "there is no instance nobody".to_owned()),
    ] {
        home.write("config.toml", format!("{config}\n[environments.minimal.tunnel]\ninstance = \"{named}\"\n"));
        // One that is not there is told as a line of the configuration, too.
        let code = i32::from(named == "nobody");
        let doctor = line(&mut home.on(&world), "--env minimal doctor -o json").coded(code).json();
        let checks = doctor["checks"].as_array().unwrap();
        let check = |name: &str| checks.iter().find(|check| check["name"] == name).unwrap();
        let tunnel = check(&format!("tunnel {named}"));
        assert_eq!((&tunnel["status"], &tunnel["detail"]), (&json!(status), &json!(detail)), "{tunnel}");
        assert_eq!(check("ssm:StartSession")["status"], if named == "nobody" { "untried" } else { "ok" });
        assert_eq!(check("tunnel.instance")["status"], if named == "nobody" { "fail" } else { "ok" });
    }
    // Once for each look at the instance, and once to try whether it may be asked at all.
    assert_eq!(world.asked("ec2:DescribeInstances"), 3 + 3);
    world.fault("ssm:DescribeInstanceInformation", "denied");
    home.write("config.toml", format!("{config}\n[environments.minimal.tunnel]\ninstance = \"bastion\"\n"));
    let text = line(&mut home.on(&world), "--env minimal doctor").out;
    assert!(text.contains("tunnel bastion") && text.contains("ssm:DescribeInstanceInformation"), "{text}");
    assert_eq!(world.asked("ssm:StartSession"), 0);
}

#[test]
fn paths_are_invalidated_and_followed_until_they_are_gone_everywhere() {
    let (home, world) = (home(), World::run_at(Scenario::Pantri, SPEED));
    let dry = line(&mut home.on(&world), "--env pantri invalidate /index.html /static/* --dry-run -o json").coded(0);
    assert!(dry.err.contains("every object below /static/"), "{dry:#?}");
    assert!(dry.err.contains("E1PANTRI0DIST0") && dry.err.contains("pantri.example"), "{dry:#?}");
    assert!(dry.err.contains("free of charge: 0 paths"), "{dry:#?}");
    follows_schema(&home, "operation", &dry.json());
    assert_eq!(world.asked("cloudfront:CreateInvalidation"), 0);
    let said = line(&mut home.on(&world), "--env pantri invalidate /* --yes").coded(0);
    assert!(said.out.contains("is completed"), "{said:#?}");
    assert!(said.err.contains("InProgress"), "{said:#?}");
    let written = audit(&home);
    assert_eq!(written.last().unwrap()["after"]["invalidation"]["paths"], json!(["/*"]), "{written:#?}");
}

#[test]
fn what_an_invalidation_costs_is_said_and_no_other_distribution_is_touched() {
    let (home, world) = (home(), World::run_at(Scenario::Pantri, SPEED));
    let plan = |words: &str, code: i32| {
        line(&mut home.on(&world), &format!("--env pantri invalidate {words} --dry-run")).coded(code).err
    };
    world.poke(&json!({"invalidated": 1_000}));
    let said = plan("/a", 0);
    assert!(said.contains("it costs $0.005") && said.contains("1000 paths were invalidated"), "{said}");
    let said = plan("E2ELSEWHERE0D /*", 2);
    assert!(said.contains("not known to be one of pantri's") && said.contains("`distributions`"), "{said}");
    let said = plan("images/*", 2);
    assert!(said.contains("does not begin with a slash"), "{said}");
    world.fault("cloudfront:ListInvalidations", "denied");
    let said = plan("/a", 0);
    assert!(said.contains("what it costs is not known") && said.contains("cloudfront:ListInvalidations"), "{said}");
    world.clear_faults();
    world.fault("cloudfront:ListDistributions", "denied");
    assert!(plan("/a", 1).contains("cloudfront:ListDistributions"));
    world.clear_faults();
    world.poke(&json!({"add_distribution": {"comment": "pantri-static", "name": "static.pantri.example"}}));
    let said = plan("/a", 2);
    assert!(said.contains("several distributions") && said.contains("E1PANTRI0DIST0"), "{said}");
    plan("pantri.example /a", 0);
    // Nothing there at all.
    let staging = World::staging();
    let said = line(&mut home.on(&staging), "--env staging invalidate /* --yes").coded(2);
    assert!(said.err.contains("the account has no distribution"), "{said:#?}");
    assert_eq!(world.asked("cloudfront:CreateInvalidation"), 0);
}

#[test]
fn an_invalidation_whose_answer_was_lost_is_found_and_not_made_twice() {
    let (home, world) = (home(), World::run_at(Scenario::Pantri, SPEED));
    world.post("/_sim/fault", &json!({"operation": "cloudfront:CreateInvalidation", "kind": "lost", "count": 1}));
    let said = line(&mut home.on(&world), "--env pantri invalidate /* --yes").coded(0);
    assert!(said.err.contains("looking whether it was done"), "{said:#?}");
    assert_eq!(world.asked("cloudfront:CreateInvalidation"), 1);
}

#[test]
fn the_user_pool_is_counted_by_status_and_nobody_is_shown_unasked() {
    let (home, world) = (home(), World::start(Scenario::Pantri));
    world.post("/_sim/rates", &json!({"on": false}));
    let asked = |more: &str| line(&mut home.on(&world), &format!("--env pantri users {more}")).coded(0);
    let list = asked("-o json").json();
    follows_schema(&home, "users", &list);
    assert_eq!(list["pool"]["name"], "pantri-users");
    assert_eq!(
        (list["pool"]["mfa"].as_str(), list["pool"]["password"]["minimum_length"].as_u64()),
        (Some("OPTIONAL"), Some(12))
    );
    assert_eq!(list["counts"]["CONFIRMED"], 6);
    assert_eq!(list["counts"]["FORCE_CHANGE_PASSWORD"], 2);
    for format in ["-o json", "-o yaml", "-o csv", "-o table"] {
        let said = asked(format);
        assert!(!said.out.contains("alice@") && !said.out.contains("+8190555501"), "{format}: {}", said.out);
        assert!(said.out.contains("a•••@e•••.com"), "{format}: {}", said.out);
    }
    assert!(asked("--reveal -o csv").out.contains("alice@example.com"));
    let some = asked("--status unconfirmed -o json").json();
    assert_eq!(some["users"].as_array().unwrap().len(), 1);
    line(&mut home.on(&world), "--env pantri users --status nonsense").coded(2);
}

#[test]
fn a_thousand_users_are_all_read_page_by_page_and_a_refusal_is_no_empty_list() {
    let (home, world) = (home(), World::start(Scenario::Pantri));
    world.post("/_sim/rates", &json!({"on": false}));
    world.poke(&json!({"add_users": 1_200}));
    let list = line(&mut home.on(&world), "--env pantri users -o json").coded(0).json();
    assert_eq!(list["users"].as_array().unwrap().len(), 1_211);
    assert_eq!(list["whole"], true);
    let some = line(&mut home.on(&world), "--env pantri users --limit 100 -o json").coded(3);
    assert_eq!((some.json()["users"].as_array().unwrap().len(), &some.json()["whole"]), (100, &json!(false)));
    let table = line(&mut home.on(&world), "--env pantri users --limit 100").coded(3);
    assert!(format!("{}{}", table.out, table.err).contains("only the first 100 users were read"), "{table:#?}");
    line(&mut home.on(&world), "--env pantri users --limit 0").coded(2);
    // Refused from the first page on: unknown is no number and no list.
    world.post("/_sim/fault", &json!({"operation": "cognito-idp:ListUsers", "kind": "denied"}));
    let said = line(&mut home.on(&world), "--env pantri users -o json").coded(3);
    assert_eq!((said.json()["users"].clone(), said.json()["counts"].clone()), (Value::Null, Value::Null));
    assert!(said.json()["missing"][0].as_str().unwrap().contains("cognito-idp:ListUsers"), "{said:#?}");
}

#[test]
fn the_snapshot_has_the_pool_that_is_named_and_nobody_of_it() {
    let world = World::start(Scenario::Pantri);
    let home = home();
    let none = line(&mut home.on(&world), "--env pantri snapshot -o json").coded(0).json();
    assert_eq!(none["user_pool"], Value::Null);
    assert_eq!(world.asked("cognito-idp:ListUserPools"), 0, "none is named: nobody is asked");
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    let named = config.replace("[environments.pantri]\n", "[environments.pantri]\nuser_pools = [\"pantri-*\"]\n");
    assert_ne!(named, config);
    home.write("config.toml", named);
    let said = line(&mut home.on(&world), "--env pantri snapshot -o json").coded(0).json();
    follows_schema(&home, "snapshot", &said);
    assert!(said["user_pool"]["name"].as_str().unwrap().starts_with("pantri"), "{said:#}");
    assert!(said["user_pool"]["password"]["minimum_length"].is_u64(), "{said:#}");
    assert_eq!(world.asked("cognito-idp:ListUsers"), 0, "nobody is read");
    world.fault("cognito-idp:DescribeUserPool", "denied");
    let said = line(&mut home.on(&world), "--env pantri snapshot -o json").coded(3).json();
    assert_eq!((&said["user_pool"]["password"], &said["complete"]), (&Value::Null, &json!(false)));
    let row = said["sources"].as_array().unwrap().iter().find(|row| row["name"] == "cognito.user_pool").unwrap();
    assert_eq!(row["status"], "partial");
    assert!(row["error"].as_str().unwrap().contains("cognito-idp:DescribeUserPool"), "{row}");
}

#[test]
fn a_policy_aims_elsewhere_and_scheduled_actions_come_and_go() {
    let (home, world) = (home(), World::run_at(Scenario::Pantri, SPEED));
    world.post("/_sim/rates", &json!({"on": false}));
    let asked = |words: &str, code: i32| line(&mut home.on(&world), &format!("--env pantri {words}")).coded(code);
    let dry = asked("autoscaling pantri-service --target cpu=55 --dry-run", 0);
    assert!(dry.err.contains("aiming at 55 instead of"), "{dry:#?}");
    assert_eq!(world.asked("application-autoscaling:PutScalingPolicy"), 0);
    asked("autoscaling pantri-service --target cpu=55 --yes", 0);
    let list = asked("autoscaling -o json", 0).out;
    assert!(list.contains("55.0") || list.contains("\"target\": 55"), "{list}");
    let said = asked("autoscaling pantri-service --target cpu=55 --yes", 1);
    assert!(said.err.contains("aims at 55 already"), "{said:#?}");
    let said = asked("autoscaling pantri-service --target disk=55 --yes", 2);
    assert!(said.err.contains("no policy for disk"), "{said:#?}");
    asked("autoscaling pantri-service --target cpu=none --yes", 2);

    let add = ["--env", "pantri", "schedule", "add", "pantri-service", "night", "--at"];
    let run = |more: &[&str]| support::run(&mut home.on(&world), add.iter().copied().chain(more.iter().copied()));
    let said = run(&["cron(99 22 * * ? *)", "--max", "1", "--yes"]).coded(2);
    assert!(said.err.contains("is not a time"), "{said:#?}");
    run(&["cron(0 22 * * ? *)", "--yes"]).coded(2);
    let said = run(&["cron(0 22 * * ? *)", "--max", "1", "--timezone", "Mars/X", "--yes"]).coded(2);
    assert!(said.err.contains("the time zone Mars/X is not known"), "{said:#?}");
    let said = run(&["rate(1 day)", "--max", "4", "--dry-run"]).coded(0);
    assert!(said.err.contains("next at"), "a rate begins when it is made: {said:#?}");
    let said = run(&["cron(0 22 * * ? *)", "--min", "0", "--max", "0", "--yes"]).coded(0);
    assert!(said.err.contains("it stops the service at that time"), "{said:#?}");
    assert!(asked("schedule", 0).out.contains("night"));
    let said = asked("schedule rm pantri-service nigt --yes", 2);
    assert!(said.err.contains("no scheduled action nigt") && said.err.contains("night"), "{said:#?}");
    let said = asked("schedule rm pantri-service night --yes", 0);
    assert!(
        said.err.contains("schedule add pantri-service night --at 'cron(0 22 * * ? *)' --min 0 --max 0"),
        "{said:#?}"
    );
    assert!(!asked("schedule", 0).out.contains("night"));
    world.fault("application-autoscaling:PutScalingPolicy", "denied");
    let said = asked("autoscaling pantri-service --target cpu=60 --yes", 1);
    assert!(said.err.contains("application-autoscaling:PutScalingPolicy"), "{said:#?}");
}

#[test]
fn each_right_that_a_user_pool_needs_is_named_where_it_is_missing() {
    for (denied, code) in [
        ("cognito-idp:ListUserPools", 1),
        ("cognito-idp:DescribeUserPool", 3),
        ("cognito-idp:GetUserPoolMfaConfig", 3),
        ("cognito-idp:ListUsers", 3),
    ] {
        let (home, world) = (home(), World::start(Scenario::Pantri));
        world.fault(denied, "denied");
        let said = line(&mut home.on(&world), "--env pantri users").coded(code);
        assert!(said.err.contains(denied) || said.out.contains(denied), "{denied}: {said:#?}");
    }
    let (home, world) = (home(), World::staging());
    let said = line(&mut home.on(&world), "--env staging users").coded(2);
    assert!(said.err.contains("no user pool is known to be staging's"), "{said:#?}");
}

#[test]
fn agents_beside_a_service_are_told_with_their_version_and_whether_they_report() {
    let (home, world) = (home(), World::start(Scenario::ScaleOut));
    let agents = |said: &Value| -> Vec<Value> {
        let tasks = said["tasks"].as_array().unwrap();
        let running = tasks.iter().filter(|task| task["status"] == "RUNNING");
        running.map(|task| task["agents"][0].clone()).collect()
    };
    let said = line(&mut home.on(&world), "--env prod tasks web -o json").coded(0).json();
    follows_schema(&home, "tasks", &said);
    let all = agents(&said);
    assert!(!all.is_empty() && all.iter().all(|agent| agent["kind"] == "datadog"), "{said}");
    assert_eq!(
        (&all[0]["version"], &all[0]["running"], &all[0]["reporting"]),
        (&json!("7.72.1"), &json!(true), &json!(true))
    );
    assert!(all[0]["at"].is_string(), "when it last said so: {all:?}");
    let table = line(&mut home.on(&world), "--env prod tasks web").coded(0).out;
    assert!(table.contains("datadog 7.72.1 reports"), "{table}");

    let error = "2026-11-20 05:00:00 UTC | CORE | ERROR | (comp/forwarder) | 403 Forbidden: API key invalid";
    for _ in 0..3 {
        let group = "/ecs/bookmark-manager-prod-web";
        world.poke(&json!({"write_log": {"group": group, "container": "datadog-agent", "message": error}}));
    }
    let said = line(&mut home.on(&world), "--env prod tasks web -o json").coded(0).json();
    let failing: Vec<Value> = agents(&said).into_iter().filter(|agent| agent["reporting"] == false).collect();
    assert_eq!(failing.len(), 1, "that of one task: {said}");
    assert!(failing[0]["why"].as_str().unwrap().contains("403 Forbidden"), "{failing:?}");

    world.fault("logs:GetLogEvents", "denied");
    let said = line(&mut home.on(&world), "--env prod tasks web -o json").coded(3).json();
    let unread = agents(&said);
    assert!(unread.iter().all(|agent| agent["reporting"].is_null()), "what cannot be read is not known: {unread:?}");
    assert!(unread[0]["why"].as_str().unwrap().contains("logs:GetLogEvents"), "{unread:?}");
}
