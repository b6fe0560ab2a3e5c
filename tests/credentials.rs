//! Credentials as people have them: helpers that ask, keys out of secret stores, files with mistakes, proxies
//! with certificates of their own; and that a read ends whatever is answered.
#![allow(clippy::unwrap_used)]

#[path = "credentials/files.rs"]
mod files;
#[path = "credentials/metadata.rs"]
mod metadata;
#[path = "credentials/mfa.rs"]
mod mfa;
#[path = "credentials/sign_in.rs"]
mod sign_in;
mod support;
#[path = "credentials/tls.rs"]
mod tls;

use aws_sim::Scenario;
use cockpit::config::EnvironmentConfig;
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::time::Duration;
use support::{Home, PATIENCE, SECRET, Said, World, finish, line, run, signal, until};

const KEYS: &str = r#"{"Version":1,"AccessKeyId":"ASIASIMULATED0000001","SecretAccessKey":"s","SessionToken":"t"}"#;

/// The program on a world, with a profile `work` whose helper is this script. Each start adds a line to `starts`.
fn with_helper(home: &Home, world: &World, script: &str) -> Command {
    home.write("helper.sh", format!("echo $$ >> '{}'\n{script}\n", home.path().join("starts").display()));
    let command = format!("credential_process = sh '{}' --secret {SECRET}", home.path().join("helper.sh").display());
    let mut program = with_files(home, world, &format!("[profile work]\n{command}\n"));
    program.env("AWS_PROFILE", "work");
    program
}

/// The program on a world, with this AWS file and no keys in the environment.
fn with_files(home: &Home, world: &World, text: &str) -> Command {
    std::fs::create_dir_all(home.path().join(".aws")).unwrap();
    home.write(".aws/config", text);
    let mut program = home.at(None);
    program.env("AWS_ENDPOINT_URL", world.endpoint());
    program
}

fn starts(home: &Home) -> usize {
    std::fs::read_to_string(home.path().join("starts")).map_or(0, |text| text.lines().count())
}

/// Whether a process is there that was not ended.
fn alive(id: &str) -> bool {
    Command::new("kill").args(["-0", id]).stderr(Stdio::null()).status().unwrap().success()
}

fn quick() -> String {
    include_str!("../config.toml")
        .replace("[environments.staging]\n", "[environments.staging]\ncredential_timeout = \"1s\"\n")
}

// Helpers.

#[test]
fn a_helper_is_started_once_for_all_requests() {
    let (home, world) = (Home::new(), World::staging());
    let commands = [
        "snapshot -o json",
        "services",
        "logs web --since 1m",
        "doctor",
        "instances",
        "users --env pantri",
        "snapshot --env pantri -o json",
        "health --no-probe",
        "params ls",
        "params get DATABASE_URL",
        "scale web 2 --yes --dry-run",
        "instances stop bastion --dry-run",
        "alarms mute api-cpu --for 1h --dry-run",
    ];
    for (number, command) in commands.into_iter().enumerate() {
        let said = line(&mut with_helper(&home, &world, &format!("echo '{KEYS}'")), command);
        // There is no user pool in this account: it was asked all the same.
        let typed = said.code != 2 || said.err.contains("the account has none");
        assert!(typed && said.code != 8, "{said:#?}");
        assert_eq!(starts(&home), number + 1, "{command}");
    }
}

#[test]
fn a_helper_that_fails_is_named_with_what_it_said_and_started_once() {
    let (home, world) = (Home::new(), World::staging());
    let script = "echo 'Enter MFA code for arn:aws:iam::1:mfa/me:' >&2; echo 'EOF when reading a line' >&2; exit 1";
    for (number, command) in ["snapshot -o json", "services", "scale web 2 --yes"].into_iter().enumerate() {
        let said = line(&mut with_helper(&home, &world, script), command).coded(8);
        for part in ["helper.sh", "credential_process of profile `work`", "EOF when reading a line"] {
            assert!(said.err.contains(part) || (part == "helper.sh" && said.err.contains("`sh`")), "{part}: {said:#?}");
        }
        assert!(!said.err.contains("sso login"), "a hint for another cause: {said:#?}");
        assert_eq!(starts(&home), number + 1);
    }
}

#[test]
fn a_helper_that_takes_too_long_is_ended() {
    let (home, world) = (Home::with(&quick()), World::staging());
    let child = home.path().join("child");
    let script = format!("echo 'touch your key' >&2; sleep 600 & echo $! > '{}'; wait", child.display());
    let mut program = with_helper(&home, &world, &script);
    let said = line(&mut program, "services").coded(8);
    for part in ["did not end within", "touch your key", "credential_timeout"] {
        assert!(said.err.contains(part), "{part}: {said:#?}");
    }
    assert_eq!(starts(&home), 1);
    let shell = std::fs::read_to_string(home.path().join("starts")).unwrap();
    until("the helper ends", PATIENCE, || (!alive(shell.trim())).then_some(()));
    if let Ok(id) = std::fs::read_to_string(&child) {
        let _ = Command::new("kill").arg(id.trim()).stderr(Stdio::null()).status();
    }
}

#[test]
fn a_helper_that_has_not_answered_when_the_time_is_up_is_named() {
    let (home, world) = (Home::new(), World::staging());
    for command in ["services", "snapshot -o json", "tunnel staging --to db.internal:5432 --port 0"] {
        let typed = format!("{command} --timeout 2s");
        let asks = "echo 'touch your key' >&2; exec sleep 600";
        let said = line(&mut with_helper(&home, &world, asks), &typed).coded(7);
        let named = "`sh` (credential_process of profile `work`) had not given credentials by then: touch your key";
        assert!(said.err.contains(named), "{command}: {said:#?}");
    }
    // One that has answered is not.
    let mut program = with_helper(&home, &world, &format!("echo '{KEYS}'"));
    world.post("/_sim/fault", &json!({"operation": "sts:GetCallerIdentity", "kind": "hang"}));
    let said = line(&mut program, "tunnel staging --to db.internal:5432 --port 0 --timeout 2s").coded(7);
    assert!(!said.err.contains("credential_process"), "{said:#?}");
}

#[test]
fn a_helper_ends_with_the_cockpit() {
    for sent in [rustix::process::Signal::INT, rustix::process::Signal::TERM, rustix::process::Signal::HUP] {
        let (home, world) = (Home::new(), World::staging());
        let mut program = with_helper(&home, &world, "exec sleep 600");
        let child = program.arg("services").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let id = until("the helper starts", PATIENCE, || {
            let text = std::fs::read_to_string(home.path().join("starts")).ok()?;
            text.ends_with('\n').then(|| text.trim().to_owned())
        });
        signal(child.id(), sent);
        assert_ne!(finish(child).code, 0);
        until("the helper ends", PATIENCE, || (!alive(&id)).then_some(()));
    }
}

#[test]
fn a_role_behind_a_helper_is_assumed_with_what_it_gives() {
    let (home, world) = (Home::new(), World::staging());
    home.write("keys", KEYS);
    let text = format!(
        "[profile base]\ncredential_process = cat '{}'\n[profile work]\nrole_arn = arn:aws:iam::123456789012:role/ops\nsource_profile = base\n",
        home.path().join("keys").display()
    );
    // Whatever the endpoint says to that call, it is what is told: no request goes out with the keys of the base.
    let said = line(with_files(&home, &world, &text).env("AWS_PROFILE", "work"), "services");
    assert!(world.asked("sts:AssumeRole") > 0 || said.err.contains("sts:AssumeRole"), "{said:#?}");
    assert!(said.code == 0 || (said.code == 8 && world.asked("ecs:DescribeServices") == 0), "{said:#?}");
}

/// The SDK asked for roles where variables say, and knew of nothing that is typed.
#[test]
fn a_role_over_keys_is_asked_for_where_all_else_is() {
    let (home, world, other) = (Home::new(), World::staging(), World::staging());
    let text = format!(
        "[profile base]\naws_access_key_id = AKIASIMULATED0000001\naws_secret_access_key = {SECRET}\n\
         [profile work]\nrole_arn = arn:aws:iam::123456789012:role/ops\nsource_profile = base\nregion = ap-northeast-1\n"
    );
    let work = |more: &[(&str, &str)], arguments: &[&str]| {
        let mut program = with_files(&home, &other, &text);
        program.env("AWS_PROFILE", "work").env("AWS_MAX_ATTEMPTS", "1").envs(more.iter().copied());
        run(&mut program, ["services"].iter().chain(arguments))
    };
    work(&[], &["--endpoint-url", &world.endpoint()]).coded(0);
    assert_eq!((world.asked("sts:AssumeRole"), other.get("/_sim/requests")["total"].as_u64()), (1, Some(0)));
    // What is ignored is not asked for a role, either. There is no way to AWS itself here.
    let said = work(&[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")], &[]);
    assert!(said.code != 0 && other.get("/_sim/requests")["total"] == 0, "{said:#?}");
}

// Keys.

#[test]
fn blanks_and_line_breaks_around_keys_are_no_part_of_them() {
    let (home, world) = (Home::new(), World::staging());
    // Where the configuration says that its units lie.
    std::fs::create_dir_all(home.path().join("infra/terraform/envs/staging")).unwrap();
    for command in ["snapshot -o json", "doctor -o json"] {
        let mut program = home.on(&world);
        program
            .env("AWS_ACCESS_KEY_ID", " AKIASIMULATED0000001\n")
            .env("AWS_SECRET_ACCESS_KEY", format!("{SECRET}\r\n"));
        program.env("AWS_SESSION_TOKEN", "token\n").env("AWS_REGION", "ap-northeast-1\n");
        let said = line(&mut program, command);
        assert!(said.code == 0, "{said:#?}");
    }
}

#[test]
fn what_cannot_be_a_key_is_refused_by_the_name_of_its_variable() {
    let (home, world) = (Home::new(), World::staging());
    for (name, value) in
        [("AWS_ACCESS_KEY_ID", "AKIA\nSIMULATED"), ("AWS_SECRET_ACCESS_KEY", "a b"), ("AWS_SESSION_TOKEN", "to\nken")]
    {
        for command in ["snapshot", "services", "alarms", "scale web 2 --yes"] {
            let said = line(home.on(&world).env(name, value), command).coded(8);
            assert!(said.err.contains(name), "{command}: {said:#?}");
            assert!(!said.err.contains("sso login") && !said.err.contains("internal fault"), "{said:#?}");
        }
        let said = line(home.on(&world).env(name, value), "doctor -o json");
        assert!(said.code != 101 && said.out.contains(name), "{said:#?}");
    }
    let said = line(home.on(&world).env_remove("AWS_SECRET_ACCESS_KEY"), "services").coded(8);
    assert!(said.err.contains("AWS_SECRET_ACCESS_KEY is not"), "{said:#?}");
    assert_eq!(world.get("/_sim/requests")["total"], 0, "nothing was asked");
}

#[test]
fn keys_in_the_environment_that_are_refused_are_answered_with_what_helps() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("*", "expired");
    let said = line(&mut home.on(&world), "services").coded(8);
    assert!(said.err.contains("AWS_ACCESS_KEY_ID") && said.err.contains("export a new key"), "{said:#?}");
    assert!(!said.err.contains("sso login"), "{said:#?}");
}

// Files.

#[test]
fn a_broken_line_of_an_aws_file_is_told_with_file_and_line() {
    let (home, world) = (Home::new(), World::staging());
    for (text, at) in [("[default]\nregion = x\n[broken\n", "line 3"), ("[default]\nnothing here\n", "line 2")] {
        let said = line(&mut with_files(&home, &world, text), "services").coded(8);
        assert!(said.err.contains(".aws/config") && said.err.contains(at), "{said:#?}");
        assert!(!said.err.contains("sso login"), "{said:#?}");
    }
}

#[test]
fn a_profile_that_is_not_there_is_answered_with_those_that_are() {
    let (home, world) = (Home::new(), World::staging());
    let text = "[profile production]\nregion = ap-northeast-1\n[profile staging]\nregion = ap-northeast-1\n[profile far]\nsource_profile = gone\nrole_arn = arn:aws:iam::1:role/x\n";
    let said = line(&mut with_files(&home, &world, text), "services --profile stagin").coded(8);
    assert!(said.err.contains("there is no profile `stagin`"), "{said:#?}");
    assert!(said.err.contains("there are: staging"), "the nearest first: {said:#?}");
    let said = line(&mut with_files(&home, &world, text), "services --profile far").coded(8);
    assert!(said.err.contains("`gone` (`source_profile` of `far`)"), "{said:#?}");
    for variable in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"] {
        let said = line(with_files(&home, &world, text).env(variable, "prodution"), "services").coded(8);
        assert!(said.err.contains("there are: production"), "{variable}: {said:#?}");
    }
    // No profile is named, and none is the default.
    let said = line(&mut with_files(&home, &world, text), "services").coded(8);
    assert!(said.err.contains("name a profile with --profile"), "{said:#?}");
    // Keys in the environment need no profile.
    line(
        with_files(&home, &world, text).env("AWS_ACCESS_KEY_ID", "AKIA").env("AWS_SECRET_ACCESS_KEY", "s"),
        "services",
    )
    .coded(0);
}

#[test]
fn what_a_profile_is_made_of_and_is_not_there_is_named() {
    let (home, world) = (Home::new(), World::staging());
    let role = "role_arn = arn:aws:iam::123456789012:role/x";
    let text = format!(
        "[profile one]\n{role}\nsource_profile = two\n[profile two]\n{role}\nsource_profile = one\n\
         [profile sso]\nsso_session = nobody\nsso_account_id = 123456789012\nsso_role_name = r\n\
         [sso-session work]\nsso_start_url = https://x\nsso_region = ap-northeast-1\n\
         [profile web]\n{role}\nweb_identity_token_file = /no/such/token\n"
    );
    for (profile, what, hint) in [
        ("one", "one, two, one", "hint: let the last one have keys"),
        ("sso", "there is no [sso-session nobody]", "hint: there are: work"),
        ("web", "there is no file /no/such/token", "hint: whatever runs this puts the token there"),
    ] {
        let said = line(&mut with_files(&home, &world, &text), &format!("services --profile {profile}")).coded(8);
        assert!(said.err.contains(what) && said.err.contains(hint), "{profile}: {said:#?}");
    }
    assert_eq!(world.get("/_sim/requests")["total"], 0, "nothing was asked");
}

#[test]
fn certificates_that_cannot_be_used_are_named() {
    let (home, world) = (Home::new(), World::staging());
    home.write("empty.pem", "nothing\n");
    for file in ["missing.pem", "empty.pem"] {
        let said = line(home.on(&world).env("AWS_CA_BUNDLE", file), "services");
        assert!(said.code != 0 && said.out.contains(file) && said.out.contains("AWS_CA_BUNDLE"), "{said:#?}");
    }
    let text = "[default]\nca_bundle = ~/none.pem\naws_access_key_id = AKIA\naws_secret_access_key = s\n";
    let said = line(&mut with_files(&home, &world, text), "services");
    assert!(said.code != 0 && said.out.contains("~/none.pem"), "{said:#?}");
}

// What is told.

#[test]
fn an_account_that_could_not_be_asked_is_not_stated() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("sts:GetCallerIdentity", "denied");
    let said = line(&mut home.on(&world), "snapshot -o json").coded(3);
    let snapshot = said.json();
    assert_eq!(snapshot["account"], Value::Null);
    let sources = snapshot["sources"].as_array().unwrap();
    let identity = sources.iter().find(|source| source["name"] == "sts.identity").unwrap();
    assert!(identity["error"].as_str().unwrap().contains("sts:GetCallerIdentity"), "{identity}");
    let table = line(&mut home.on(&world), "snapshot -o table").coded(3);
    assert!(table.out.lines().next().unwrap().contains("account ?"), "{table:#?}");
}

#[test]
fn a_condition_on_a_field_that_does_not_exist_is_wrong_usage_at_once() {
    let (home, world) = (Home::new(), World::staging());
    let said = line(&mut home.on(&world), "snapshot --wait services.web.runing==2").coded(2);
    assert!(said.err.contains("`runing`") && said.err.contains("`running`"), "{said:#?}");
    assert_eq!(world.get("/_sim/requests")["total"], 0, "nothing was asked");
}

#[test]
fn the_log_file_of_a_change_tells_what_was_sent_and_how_it_ended() {
    let home = Home::new();
    let world = World::run_at(Scenario::Staging, 60.0);
    line(&mut home.on(&world), "scale web 2 --yes -vvv --log-file whole.log").coded(0);
    let log = std::fs::read_to_string(home.path().join("whole.log")).unwrap();
    for part in [
        "scale",
        "sts:GetCallerIdentity answered",
        "ecs:UpdateService is sent",
        "ecs:UpdateService was taken",
        "it ends with 0",
    ] {
        assert!(log.contains(part), "{part}: {log}");
    }
    assert!(!log.contains(SECRET));
    // The hint of a failure names this file: what failed is in it without more.
    world.fault("ecs:DescribeServices", "denied");
    line(&mut home.on(&world), "services --log-file short.log");
    let log = std::fs::read_to_string(home.path().join("short.log")).unwrap();
    assert!(log.contains("ecs:DescribeServices") && log.contains("not allowed"), "{log}");
}

// A read ends.

/// Calls that a snapshot makes.
const CALLS: [&str; 16] = [
    "sts:GetCallerIdentity",
    "ecs:DescribeClusters",
    "ecs:DescribeServices",
    "ecs:ListTasks",
    "ecs:DescribeTasks",
    "ecs:DescribeTaskDefinition",
    "ecs:ListServiceDeployments",
    "ecs:DescribeServiceDeployments",
    "elasticloadbalancing:DescribeTargetHealth",
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "application-autoscaling:DescribeScheduledActions",
    "rds:DescribeDBClusters",
    "rds:DescribeDBInstances",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
];

const FAULTS: [&str; 10] =
    ["throttle", "error", "delay", "truncate", "reset", "hang", "malformed", "empty", "expired", "denied"];

/// A read of everything, with limits of a request short enough for a test; each request is tried once.
async fn read(environment: &EnvironmentConfig) -> cockpit::runtime::Collected {
    use cockpit::app::poll::Wants;
    let wants = Wants { once: true, ..Wants::default() };
    let session = cockpit::app::Session { simulated: true, ..cockpit::app::Session::default() };
    let config = cockpit::config::Config::default();
    let clock = cockpit::runtime::clock::Clock::System;
    let mut collector = cockpit::runtime::Collector::new(config, environment.clone(), session, wants, clock)
        .with_request_limit(Duration::from_millis(250));
    collector.collect(None).await
}

/// The matrix whole is behind `./dev fuzz`: `COCKPIT_ALL_FAULTS` is set there.
#[test]
fn a_read_ends_by_itself_with_any_fault_on_any_call() {
    let all = std::env::var_os("COCKPIT_ALL_FAULTS").is_some();
    let world = World::staging();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let loaded = cockpit::config::parse("config.toml", include_str!("../config.toml"));
    let mut environment = loaded.config.environment("staging").unwrap().clone();
    environment.endpoint_url = Some(world.endpoint());
    let mut ran = 0;
    for (number, (call, fault)) in CALLS.iter().flat_map(|call| FAULTS.map(|fault| (call, fault))).enumerate() {
        // Each fault and each call several times, not each pair.
        if !all && number % 3 != 0 {
            continue;
        }
        for count in [Some(1), None] {
            world.clear_faults();
            world.post("/_sim/fault", &json!({"operation": call, "kind": fault, "count": count, "delay_ms": 50}));
            // It settles: the limit of the whole read, minutes away, is not what ends it.
            let ended = runtime.block_on(async { tokio::time::timeout(PATIENCE, Box::pin(read(&environment))).await });
            assert_eq!(ended, Ok(cockpit::runtime::Collected::Settled), "{fault} on {call}, {count:?} times");
            ran += 1;
        }
    }
    assert!(ran > 100);
}
