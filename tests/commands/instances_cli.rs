//! The resources of an environment besides its services, as typed: EC2 instances, a distribution, a user pool.

use crate::support::{Home, World, follows_schema, line};
use aws_sim::Scenario;
use serde_json::{Value, json};

const BASTION: &str = "i-0123456789abcdef0";
const SPARE: &str = "i-0fedcba9876543210";
const SPEED: f64 = 60.0;

/// The example configuration with an audit file inside the home folder, and a polling interval of one second.
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
    assert!(!text.contains(crate::support::SECRET), "{text}");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn instances_are_listed_and_followed_to_passing_checks_after_each_change() {
    let (home, world) = (home(), World::run_at(Scenario::Minimal, SPEED));
    let list = line(&mut home.on(&world), "--env minimal instances -o json").exits(0).json();
    follows_schema(&home, "instances", &list);
    let states: Vec<&str> =
        list["instances"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["running", "stopped"]);
    assert_eq!(list["instances"][0]["system_check"], "ok");
    assert_eq!(list["instances"][0]["agent"], "Online");
    // An empty page is not the last one.
    world.post("/_sim/fault", &json!({"operation": "ssm:DescribeInstanceInformation", "kind": "empty", "count": 1}));
    let again = line(&mut home.on(&world), "--env minimal instances -o json").exits(0).json();
    assert_eq!(again["instances"][0]["agent"], "Online", "{again:#}");

    let dry = line(&mut home.on(&world), "--env minimal instances stop bastion-spare --dry-run").exits(1);
    assert!(dry.err.contains("stopped already"), "{dry:#?}");
    let output = line(&mut home.on(&world), "--env minimal instances start bastion-spare --yes -o json").exits(0);
    follows_schema(&home, "operation", &output.json());
    assert!(output.err.contains("status checks initializing"), "each state is reported: {output:#?}");
    let summary = output.json()["operations"][0]["summary"].as_str().unwrap().to_owned();
    assert!(summary.contains(SPARE) && summary.contains("its status checks pass"), "{summary}");

    let output = line(&mut home.on(&world), "--env minimal instances reboot bastion-spare --yes").exits(0);
    assert!(output.out.contains("has restarted"), "{output:#?}");
    let output = line(&mut home.on(&world), &format!("--env minimal instances stop {SPARE} --yes")).exits(0);
    assert!(output.out.contains("is stopped"), "{output:#?}");
    let written = audit(&home);
    let outcomes: Vec<&str> = written.iter().filter_map(|record| record["outcome"].as_str()).collect();
    assert_eq!(outcomes.iter().filter(|word| **word == "done").count(), 3, "{written:#?}");
    assert_eq!(written.last().unwrap()["after"]["instance"], SPARE);
}

#[test]
fn instance_change_needs_a_yes_and_an_instance_of_this_environment() {
    let (home, world) = (home(), World::run_at(Scenario::Minimal, SPEED));
    let run = |words: &str, code: i32| line(&mut home.on(&world), &format!("--env minimal {words}")).exits(code);
    let output = run("instances stop bastion", 4);
    assert!(output.err.contains("--yes"), "{output:#?}");
    run("--read-only instances stop bastion --yes", 4);
    let output = run("instances stop nobody --yes", 2);
    assert!(output.err.contains("no instance `nobody`") && output.err.contains("bastion"), "{output:#?}");
    // Two instances with one name: the choice must be explicit.
    world.poke(&json!({"instance": {"id": SPARE, "name": "bastion"}}));
    let output = run("instances stop bastion --yes", 2);
    assert!(output.err.contains("could be several") && output.err.contains(BASTION), "{output:#?}");
    assert!(output.err.contains(SPARE), "{output:#?}");
    // An instance of another environment of the same account does not belong to this one.
    let other = line(&mut home.on(&world), &format!("--env staging instances stop {BASTION} --yes")).exits(2);
    assert!(other.err.contains("staging has no instance"), "{other:#?}");
    assert_eq!(world.requests("ec2:StopInstances"), 0);
}

#[test]
fn terminated_instance_and_failing_check_are_reported() {
    let (home, world) = (home(), World::run_at(Scenario::Minimal, SPEED));
    world.poke(&json!({"instance": {"id": BASTION, "impaired": true}}));
    let list = line(&mut home.on(&world), "--env minimal instances -o json").exits(0).json();
    assert_eq!(list["instances"][0]["health"], "down", "{list:#}");
    world.poke(&json!({"instance": {"id": BASTION, "terminated": true}}));
    let output = line(&mut home.on(&world), &format!("--env minimal instances stop {BASTION} --yes")).exits(1);
    assert!(output.err.contains("it must be running"), "{output:#?}");
}

#[test]
fn each_missing_instance_right_is_named() {
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
        let output = line(&mut home.on(&world), &format!("--env minimal {words}")).exits(code);
        assert!(output.err.contains(denied) || output.out.contains(denied), "{denied}: {output:#?}");
    }
    // Without the status checks only the state decides the end, and that is reported.
    let (home, world) = (home(), World::run_at(Scenario::Minimal, SPEED));
    world.fault("ec2:DescribeInstanceStatus", "denied");
    let output = line(&mut home.on(&world), "--env minimal instances start bastion-spare --yes").exits(0);
    assert!(output.err.contains("status checks cannot be read"), "{output:#?}");
}

#[test]
fn configured_names_without_a_match_are_reported() {
    let config = include_str!("../../config.toml").replace(
        "[environments.staging]\n",
        "[environments.staging]\ninstances = [\"bastion\", \"nope-*\"]\nuser_pools = [\"nope\"]\nparameters = [\"/nope/\"]\n",
    );
    let (home, world) = (Home::with(&config), World::staging());
    let output = line(&mut home.on(&world), "instances").exits(0);
    assert!(output.out.contains("nothing matches `nope-*`") && !output.out.contains("`bastion`"), "{}", output.out);
    let listed = line(&mut home.on(&world), "instances -o json").exits(0).json();
    assert_eq!(listed["unmatched"], serde_json::json!(["nope-*"]));
    let output = line(&mut home.on(&world), "users").exits(2);
    assert!(output.err.contains("`user_pools`") && output.err.contains("nope"), "{}", output.err);
    let output = line(&mut home.on(&world), "params ls").exits(0);
    assert!(output.err.contains("nothing lies under `/nope/`"), "{}", output.err);
}

#[test]
fn instances_are_listed_even_if_the_account_is_unknown() {
    let (home, world) = (home(), World::staging());
    world.fault("sts:GetCallerIdentity", "denied");
    let output = line(&mut home.on(&world), "instances").exits(3);
    assert!(output.out.contains("bastion") && output.out.contains("sts.identity could not be read"), "{}", output.out);
}

#[test]
fn hanging_call_is_named() {
    let (home, world) = (home(), World::staging());
    for call in ["cloudwatch:ListMetrics", "cloudwatch:GetMetricData", "ssm:DescribeInstanceInformation"] {
        world.clear_faults();
        world.fault(call, "hang");
        let output = line(&mut home.on(&world), "instances --timeout 3s").exits(7);
        assert!(output.out.contains(&format!("not read: {call}: no answer came in time")), "{call}: {output:#?}");
    }
}

#[test]
fn instance_session_runs_a_command_and_is_audited() {
    let (home, world) = (home(), World::staging());
    let words = ["--env", "minimal", "instances", "session", "bastion", "--", "echo", "日本"];
    let minimal = World::run_at(Scenario::Minimal, SPEED);
    // In a terminal's format, which ends lines with two characters.
    let output = home.on(&minimal).args(words).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("日本"), "{output:?}");
    assert_eq!(minimal.requests("ssm:TerminateSession"), 1, "its session is terminated");
    let written = audit(&home);
    assert_eq!(written[0]["after"]["instance"], BASTION, "{written:#?}");
    assert_eq!(written.len(), 2, "start and end: {written:#?}");
    // As it would be typed: arguments after the dashes belong to the other program.
    let command = written[0]["command"].as_str().unwrap_or_default();
    assert!(command.starts_with(&format!("cockpit instances session {BASTION} --env minimal -- echo ")), "{command}");
    assert_eq!(command.matches("--env").count(), 1, "{command}");
    let output = line(&mut home.on(&minimal), "--env minimal instances session bastion-spare -- true").exits(1);
    assert!(output.err.contains("is stopped") && output.err.contains("instances start"), "{output:#?}");
    // Nothing of another environment is opened.
    line(&mut home.on(&world), "--env minimal instances session bastion -- true").exits(2);
    assert_eq!(world.requests("ssm:StartSession"), 0);
}

#[test]
fn container_shell_on_an_instance_is_refused_with_the_right_command() {
    let (home, world) = (home(), World::run_at(Scenario::Staging, SPEED));
    for (typed, named) in [(BASTION, BASTION), ("instance:bastion", "bastion"), ("tag:Role=bastion", "INSTANCE")] {
        let output = line(&mut home.on(&world), &format!("exec staging {typed}")).exits(2);
        assert!(output.err.contains("exec takes a service"), "{output:#?}");
        assert!(output.err.contains(&format!("cockpit instances session {named}")), "{output:#?}");
    }
}

#[test]
fn doctor_checks_the_tunnel_instance_without_opening_a_session() {
    let (home, world) = (home().with_code(), World::run_at(Scenario::Minimal, 1.0));
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    for (named, status, detail) in [
        ("bastion", "ok", format!("through instance {BASTION}")),
        ("bastion-spare", "warn", format!("{SPARE} is stopped")),
        ("nobody", "warn", "there is no instance nobody".to_owned()),
    ] {
        home.write("config.toml", format!("{config}\n[environments.minimal.tunnel]\ninstance = \"{named}\"\n"));
        // A missing one is reported for its configuration line, too.
        let code = i32::from(named == "nobody");
        let doctor = line(&mut home.on(&world), "--env minimal doctor -o json").exits(code).json();
        let checks = doctor["checks"].as_array().unwrap();
        let check = |name: &str| checks.iter().find(|check| check["name"] == name).unwrap();
        let tunnel = check(&format!("tunnel {named}"));
        assert_eq!((&tunnel["status"], &tunnel["detail"]), (&json!(status), &json!(detail)), "{tunnel}");
        assert_eq!(check("ssm:StartSession")["status"], if named == "nobody" { "untried" } else { "ok" });
        assert_eq!(check("tunnel.instance")["status"], if named == "nobody" { "fail" } else { "ok" });
    }
    // Once per check of the instance, and once to test the permission.
    assert_eq!(world.requests("ec2:DescribeInstances"), 3 + 3);
    world.fault("ssm:DescribeInstanceInformation", "denied");
    home.write("config.toml", format!("{config}\n[environments.minimal.tunnel]\ninstance = \"bastion\"\n"));
    let text = line(&mut home.on(&world), "--env minimal doctor").out;
    assert!(text.contains("tunnel bastion") && text.contains("ssm:DescribeInstanceInformation"), "{text}");
    assert_eq!(world.requests("ssm:StartSession"), 0);
}

#[test]
fn invalidation_is_followed_until_it_is_complete() {
    let (home, world) = (home(), World::run_at(Scenario::Pantri, SPEED));
    let dry = line(&mut home.on(&world), "--env pantri invalidate /index.html /static/* --dry-run -o json").exits(0);
    assert!(dry.err.contains("every object below /static/"), "{dry:#?}");
    assert!(dry.err.contains("E1PANTRI0DIST0") && dry.err.contains("pantri.example"), "{dry:#?}");
    assert!(dry.err.contains("free of charge: 0 paths"), "{dry:#?}");
    follows_schema(&home, "operation", &dry.json());
    assert_eq!(world.requests("cloudfront:CreateInvalidation"), 0);
    let output = line(&mut home.on(&world), "--env pantri invalidate /* --yes").exits(0);
    assert!(output.out.contains("is completed"), "{output:#?}");
    assert!(output.err.contains("InProgress"), "{output:#?}");
    let written = audit(&home);
    assert_eq!(written.last().unwrap()["after"]["invalidation"]["paths"], json!(["/*"]), "{written:#?}");
}

#[test]
fn invalidation_cost_is_shown_and_other_distributions_are_untouched() {
    let (home, world) = (home(), World::run_at(Scenario::Pantri, SPEED));
    let plan = |words: &str, code: i32| {
        line(&mut home.on(&world), &format!("--env pantri invalidate {words} --dry-run")).exits(code).err
    };
    world.poke(&json!({"invalidated": 1_000}));
    let output = plan("/a", 0);
    assert!(output.contains("it costs $0.005") && output.contains("1000 paths were invalidated"), "{output}");
    let output = plan("E2ELSEWHERE0D /*", 2);
    assert!(output.contains("not known to be one of pantri's") && output.contains("`distributions`"), "{output}");
    let output = plan("images/*", 2);
    assert!(output.contains("does not begin with a slash"), "{output}");
    world.fault("cloudfront:ListInvalidations", "denied");
    let output = plan("/a", 0);
    assert!(
        output.contains("what it costs is not known") && output.contains("cloudfront:ListInvalidations"),
        "{output}"
    );
    world.clear_faults();
    world.fault("cloudfront:ListDistributions", "denied");
    assert!(plan("/a", 1).contains("cloudfront:ListDistributions"));
    world.clear_faults();
    world.poke(&json!({"add_distribution": {"comment": "pantri-static", "name": "static.pantri.example"}}));
    let output = plan("/a", 2);
    assert!(output.contains("several distributions") && output.contains("E1PANTRI0DIST0"), "{output}");
    plan("pantri.example /a", 0);
    // None exist at all.
    let staging = World::staging();
    let output = line(&mut home.on(&staging), "--env staging invalidate /* --yes").exits(2);
    assert!(output.err.contains("the account has no distribution"), "{output:#?}");
    assert_eq!(world.requests("cloudfront:CreateInvalidation"), 0);
}

#[test]
fn invalidation_with_lost_answer_is_found_and_not_repeated() {
    let (home, world) = (home(), World::run_at(Scenario::Pantri, SPEED));
    world.post("/_sim/fault", &json!({"operation": "cloudfront:CreateInvalidation", "kind": "lost", "count": 1}));
    let output = line(&mut home.on(&world), "--env pantri invalidate /* --yes").exits(0);
    assert!(output.err.contains("looking whether it was done"), "{output:#?}");
    assert_eq!(world.requests("cloudfront:CreateInvalidation"), 1);
}

#[test]
fn user_pool_is_counted_by_status_and_users_are_listed_only_on_request() {
    let (home, world) = (home(), World::start(Scenario::Pantri));
    world.post("/_sim/rates", &json!({"on": false}));
    let users = |more: &str| line(&mut home.on(&world), &format!("--env pantri users {more}")).exits(0);
    let list = users("-o json").json();
    follows_schema(&home, "users", &list);
    assert_eq!(list["pool"]["name"], "pantri-users");
    assert_eq!(
        (list["pool"]["mfa"].as_str(), list["pool"]["password"]["minimum_length"].as_u64()),
        (Some("OPTIONAL"), Some(12))
    );
    assert_eq!(list["counts"]["CONFIRMED"], 6);
    assert_eq!(list["counts"]["FORCE_CHANGE_PASSWORD"], 2);
    for format in ["-o json", "-o yaml", "-o csv", "-o table"] {
        let output = users(format);
        assert!(!output.out.contains("alice@") && !output.out.contains("+8190555501"), "{format}: {}", output.out);
        assert!(output.out.contains("a•••@e•••.com"), "{format}: {}", output.out);
    }
    assert!(users("--reveal -o csv").out.contains("alice@example.com"));
    let some = users("--status unconfirmed -o json").json();
    assert_eq!(some["users"].as_array().unwrap().len(), 1);
    line(&mut home.on(&world), "--env pantri users --status nonsense").exits(2);
}

#[test]
fn thousand_users_are_read_page_by_page_and_a_refusal_is_not_an_empty_list() {
    let (home, world) = (home(), World::start(Scenario::Pantri));
    world.post("/_sim/rates", &json!({"on": false}));
    world.poke(&json!({"add_users": 1_200}));
    let list = line(&mut home.on(&world), "--env pantri users -o json").exits(0).json();
    assert_eq!(list["users"].as_array().unwrap().len(), 1_211);
    assert_eq!(list["whole"], true);
    let some = line(&mut home.on(&world), "--env pantri users --limit 100 -o json").exits(3);
    assert_eq!((some.json()["users"].as_array().unwrap().len(), &some.json()["whole"]), (100, &json!(false)));
    let table = line(&mut home.on(&world), "--env pantri users --limit 100").exits(3);
    assert!(format!("{}{}", table.out, table.err).contains("only the first 100 users were read"), "{table:#?}");
    line(&mut home.on(&world), "--env pantri users --limit 0").exits(2);
    // Refused from the first page on: unknown is neither a number nor a list.
    world.post("/_sim/fault", &json!({"operation": "cognito-idp:ListUsers", "kind": "denied"}));
    let output = line(&mut home.on(&world), "--env pantri users -o json").exits(3);
    assert_eq!((output.json()["users"].clone(), output.json()["counts"].clone()), (Value::Null, Value::Null));
    assert!(output.json()["missing"][0].as_str().unwrap().contains("cognito-idp:ListUsers"), "{output:#?}");
}

#[test]
fn snapshot_contains_the_configured_pool_without_its_users() {
    let world = World::start(Scenario::Pantri);
    let home = home();
    let none = line(&mut home.on(&world), "--env pantri snapshot -o json").exits(0).json();
    assert_eq!(none["user_pool"], Value::Null);
    assert_eq!(world.requests("cognito-idp:ListUserPools"), 0, "none is configured: no request");
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    let named = config.replace("[environments.pantri]\n", "[environments.pantri]\nuser_pools = [\"pantri-*\"]\n");
    assert_ne!(named, config);
    home.write("config.toml", named);
    let report = line(&mut home.on(&world), "--env pantri snapshot -o json").exits(0).json();
    follows_schema(&home, "snapshot", &report);
    assert!(report["user_pool"]["name"].as_str().unwrap().starts_with("pantri"), "{report:#}");
    assert!(report["user_pool"]["password"]["minimum_length"].is_u64(), "{report:#}");
    assert_eq!(world.requests("cognito-idp:ListUsers"), 0, "no user is read");
    world.fault("cognito-idp:DescribeUserPool", "denied");
    let report = line(&mut home.on(&world), "--env pantri snapshot -o json").exits(3).json();
    assert_eq!((&report["user_pool"]["password"], &report["complete"]), (&Value::Null, &json!(false)));
    let row = report["sources"].as_array().unwrap().iter().find(|row| row["name"] == "cognito.user_pool").unwrap();
    assert_eq!(row["status"], "partial");
    assert!(row["error"].as_str().unwrap().contains("cognito-idp:DescribeUserPool"), "{row}");
}

#[test]
fn scaling_target_changes_and_scheduled_actions_are_added_and_removed() {
    let (home, world) = (home(), World::run_at(Scenario::Pantri, SPEED));
    world.post("/_sim/rates", &json!({"on": false}));
    let typed = |words: &str, code: i32| line(&mut home.on(&world), &format!("--env pantri {words}")).exits(code);
    let dry = typed("autoscaling pantri-service --target cpu=55 --dry-run", 0);
    assert!(dry.err.contains("aiming at 55 instead of"), "{dry:#?}");
    assert_eq!(world.requests("application-autoscaling:PutScalingPolicy"), 0);
    typed("autoscaling pantri-service --target cpu=55 --yes", 0);
    let list = typed("autoscaling -o json", 0).out;
    assert!(list.contains("55.0") || list.contains("\"target\": 55"), "{list}");
    let output = typed("autoscaling pantri-service --target cpu=55 --yes", 1);
    assert!(output.err.contains("has the target 55 already"), "{output:#?}");
    let output = typed("autoscaling pantri-service --target disk=55 --yes", 2);
    assert!(output.err.contains("no policy for disk"), "{output:#?}");
    typed("autoscaling pantri-service --target cpu=none --yes", 2);

    let add = ["--env", "pantri", "schedule", "add", "pantri-service", "night", "--at"];
    let run =
        |more: &[&str]| crate::support::run(&mut home.on(&world), add.iter().copied().chain(more.iter().copied()));
    let output = run(&["cron(99 22 * * ? *)", "--max", "1", "--yes"]).exits(2);
    assert!(output.err.contains("is not a time"), "{output:#?}");
    run(&["cron(0 22 * * ? *)", "--yes"]).exits(2);
    let output = run(&["cron(0 22 * * ? *)", "--max", "1", "--timezone", "Mars/X", "--yes"]).exits(2);
    assert!(output.err.contains("the time zone Mars/X is not known"), "{output:#?}");
    let output = run(&["rate(1 day)", "--max", "4", "--dry-run"]).exits(0);
    assert!(output.err.contains("next at"), "a rate starts when it is created: {output:#?}");
    let output = run(&["cron(0 22 * * ? *)", "--min", "0", "--max", "0", "--yes"]).exits(0);
    assert!(output.err.contains("it stops the service at that time"), "{output:#?}");
    assert!(typed("schedule", 0).out.contains("night"));
    let output = typed("schedule rm pantri-service nigt --yes", 2);
    assert!(output.err.contains("no scheduled action nigt") && output.err.contains("night"), "{output:#?}");
    let output = typed("schedule rm pantri-service night --yes", 0);
    assert!(
        output.err.contains("schedule add pantri-service night --at 'cron(0 22 * * ? *)' --min 0 --max 0"),
        "{output:#?}"
    );
    assert!(!typed("schedule", 0).out.contains("night"));
    world.fault("application-autoscaling:PutScalingPolicy", "denied");
    let output = typed("autoscaling pantri-service --target cpu=60 --yes", 1);
    assert!(output.err.contains("application-autoscaling:PutScalingPolicy"), "{output:#?}");
}

#[test]
fn each_missing_user_pool_right_is_named() {
    for (denied, code) in [
        ("cognito-idp:ListUserPools", 1),
        ("cognito-idp:DescribeUserPool", 3),
        ("cognito-idp:GetUserPoolMfaConfig", 3),
        ("cognito-idp:ListUsers", 3),
    ] {
        let (home, world) = (home(), World::start(Scenario::Pantri));
        world.fault(denied, "denied");
        let output = line(&mut home.on(&world), "--env pantri users").exits(code);
        assert!(output.err.contains(denied) || output.out.contains(denied), "{denied}: {output:#?}");
    }
    let (home, world) = (home(), World::staging());
    let output = line(&mut home.on(&world), "--env staging users").exits(2);
    assert!(output.err.contains("no user pool is known to be staging's"), "{output:#?}");
}

#[test]
fn sidecar_agents_are_shown_with_version_and_reporting_state() {
    let (home, world) = (home(), World::start(Scenario::ScaleOut));
    let agents = |report: &Value| -> Vec<Value> {
        let tasks = report["tasks"].as_array().unwrap();
        let running = tasks.iter().filter(|task| task["status"] == "RUNNING");
        running.map(|task| task["agents"][0].clone()).collect()
    };
    let report = line(&mut home.on(&world), "--env prod tasks web -o json").exits(0).json();
    follows_schema(&home, "tasks", &report);
    let reported = agents(&report);
    assert!(!reported.is_empty() && reported.iter().all(|agent| agent["kind"] == "datadog"), "{report}");
    assert_eq!(
        (&reported[0]["version"], &reported[0]["running"], &reported[0]["reporting"]),
        (&json!("7.72.1"), &json!(true), &json!(true))
    );
    assert!(reported[0]["at"].is_string(), "the time of its last report: {reported:?}");
    let table = line(&mut home.on(&world), "--env prod tasks web").exits(0).out;
    assert!(table.contains("datadog 7.72.1 reports"), "{table}");

    let error = "2026-11-20 05:00:00 UTC | CORE | ERROR | (comp/forwarder) | 403 Forbidden: API key invalid";
    for _ in 0..3 {
        let group = "/ecs/bookmark-manager-prod-web";
        world.poke(&json!({"write_log": {"group": group, "container": "datadog-agent", "message": error}}));
    }
    let report = line(&mut home.on(&world), "--env prod tasks web -o json").exits(0).json();
    let failing: Vec<Value> = agents(&report).into_iter().filter(|agent| agent["reporting"] == false).collect();
    assert_eq!(failing.len(), 1, "the value of one task: {report}");
    assert!(failing[0]["why"].as_str().unwrap().contains("403 Forbidden"), "{failing:?}");

    world.fault("logs:GetLogEvents", "denied");
    let report = line(&mut home.on(&world), "--env prod tasks web -o json").exits(3).json();
    let unread = agents(&report);
    assert!(unread.iter().all(|agent| agent["reporting"].is_null()), "unreadable means unknown: {unread:?}");
    assert!(unread[0]["why"].as_str().unwrap().contains("logs:GetLogEvents"), "{unread:?}");
}
