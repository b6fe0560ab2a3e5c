//! Credentials as people have them: helpers that prompt, keys from secret stores, files with mistakes, proxies
//! with their own certificates; and that every read ends, whatever the answer.

mod files;
mod metadata;
mod mfa;
mod sign_in;
mod tls;

use crate::support::{Home, Output, PATIENCE, SECRET, World, finish, line, run, signal, until};
use aws_sim::Scenario;
use cockpit::config::EnvironmentConfig;
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::time::Duration;

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

/// Whether a process is still running.
fn alive(id: &str) -> bool {
    Command::new("kill").args(["-0", id]).stderr(Stdio::null()).status().unwrap().success()
}

fn quick() -> String {
    include_str!("../../config.toml")
        .replace("[environments.staging]\n", "[environments.staging]\ncredential_timeout = \"1s\"\n")
}

// Helpers.

#[test]
fn helper_is_started_once_for_all_requests() {
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
        let output = line(&mut with_helper(&home, &world, &format!("echo '{KEYS}'")), command);
        // There is no user pool in this account: the request was sent all the same.
        let typed = output.code != 2 || output.err.contains("the account has none");
        assert!(typed && output.code != 8, "{output:#?}");
        assert_eq!(starts(&home), number + 1, "{command}");
    }
}

#[test]
fn failing_helper_is_named_with_its_output_and_started_once() {
    let (home, world) = (Home::new(), World::staging());
    let script = "echo 'Enter MFA code for arn:aws:iam::1:mfa/me:' >&2; echo 'EOF when reading a line' >&2; exit 1";
    for (number, command) in ["snapshot -o json", "services", "scale web 2 --yes"].into_iter().enumerate() {
        let output = line(&mut with_helper(&home, &world, script), command).exits(8);
        for part in ["helper.sh", "credential_process of profile `work`", "EOF when reading a line"] {
            assert!(
                output.err.contains(part) || (part == "helper.sh" && output.err.contains("`sh`")),
                "{part}: {output:#?}"
            );
        }
        assert!(!output.err.contains("sso login"), "the hint is for another cause: {output:#?}");
        assert_eq!(starts(&home), number + 1);
    }
}

#[test]
fn slow_helper_is_killed() {
    let (home, world) = (Home::with(&quick()), World::staging());
    let child = home.path().join("child");
    let script = format!("echo 'touch your key' >&2; sleep 600 & echo $! > '{}'; wait", child.display());
    let mut program = with_helper(&home, &world, &script);
    let output = line(&mut program, "services").exits(8);
    for part in ["did not end within", "touch your key", "credential_timeout"] {
        assert!(output.err.contains(part), "{part}: {output:#?}");
    }
    assert_eq!(starts(&home), 1);
    let shell = std::fs::read_to_string(home.path().join("starts")).unwrap();
    until("the helper ends", PATIENCE, || (!alive(shell.trim())).then_some(()));
    if let Ok(id) = std::fs::read_to_string(&child) {
        let _ = Command::new("kill").arg(id.trim()).stderr(Stdio::null()).status();
    }
}

#[test]
fn helper_unanswered_at_the_time_limit_is_named() {
    let (home, world) = (Home::new(), World::staging());
    for command in ["services", "snapshot -o json", "tunnel staging --to db.internal:5432 --port 0"] {
        let typed = format!("{command} --timeout 2s");
        let asks = "echo 'touch your key' >&2; exec sleep 600";
        let output = line(&mut with_helper(&home, &world, asks), &typed).exits(7);
        let named = "`sh` (credential_process of profile `work`) had not given credentials by then: touch your key";
        assert!(output.err.contains(named), "{command}: {output:#?}");
    }
    // A helper that has answered is not named.
    let mut program = with_helper(&home, &world, &format!("echo '{KEYS}'"));
    world.post("/_sim/fault", &json!({"operation": "sts:GetCallerIdentity", "kind": "hang"}));
    let output = line(&mut program, "tunnel staging --to db.internal:5432 --port 0 --timeout 2s").exits(7);
    assert!(!output.err.contains("credential_process"), "{output:#?}");
}

#[test]
fn helper_ends_with_the_cockpit() {
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
fn role_is_assumed_with_the_credentials_of_a_helper() {
    let (home, world) = (Home::new(), World::staging());
    home.write("keys", KEYS);
    let text = format!(
        "[profile base]\ncredential_process = cat '{}'\n[profile work]\nrole_arn = arn:aws:iam::123456789012:role/ops\nsource_profile = base\n",
        home.path().join("keys").display()
    );
    // Whatever that call returns is reported: no request is sent with the keys of the base profile.
    let output = line(with_files(&home, &world, &text).env("AWS_PROFILE", "work"), "services");
    assert!(world.requests("sts:AssumeRole") > 0 || output.err.contains("sts:AssumeRole"), "{output:#?}");
    assert!(output.code == 0 || (output.code == 8 && world.requests("ecs:DescribeServices") == 0), "{output:#?}");
}

/// The SDK assumed roles at the endpoint in variables, ignoring the flag.
#[test]
fn role_over_keys_is_assumed_at_the_configured_endpoint() {
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
    work(&[], &["--endpoint-url", &world.endpoint()]).exits(0);
    assert_eq!((world.requests("sts:AssumeRole"), other.get("/_sim/requests")["total"].as_u64()), (1, Some(0)));
    // An ignored endpoint is not used to assume a role either. AWS itself is unreachable here.
    let output = work(&[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")], &[]);
    assert!(output.code != 0 && other.get("/_sim/requests")["total"] == 0, "{output:#?}");
}

// Keys.

#[test]
fn whitespace_around_keys_is_trimmed() {
    let (home, world) = (Home::new(), World::staging());
    // The folder of the units in the configuration.
    std::fs::create_dir_all(home.path().join("infra/terraform/envs/staging")).unwrap();
    for command in ["snapshot -o json", "doctor -o json"] {
        let mut program = home.on(&world);
        program
            .env("AWS_ACCESS_KEY_ID", " AKIASIMULATED0000001\n")
            .env("AWS_SECRET_ACCESS_KEY", format!("{SECRET}\r\n"));
        program.env("AWS_SESSION_TOKEN", "token\n").env("AWS_REGION", "ap-northeast-1\n");
        let output = line(&mut program, command);
        assert!(output.code == 0, "{output:#?}");
    }
}

#[test]
fn invalid_key_is_refused_by_the_name_of_its_variable() {
    let (home, world) = (Home::new(), World::staging());
    for (name, value) in
        [("AWS_ACCESS_KEY_ID", "AKIA\nSIMULATED"), ("AWS_SECRET_ACCESS_KEY", "a b"), ("AWS_SESSION_TOKEN", "to\nken")]
    {
        for command in ["snapshot", "services", "alarms", "scale web 2 --yes"] {
            let output = line(home.on(&world).env(name, value), command).exits(8);
            assert!(output.err.contains(name), "{command}: {output:#?}");
            assert!(!output.err.contains("sso login") && !output.err.contains("internal fault"), "{output:#?}");
        }
        let output = line(home.on(&world).env(name, value), "doctor -o json");
        assert!(output.code != 101 && output.out.contains(name), "{output:#?}");
    }
    let output = line(home.on(&world).env_remove("AWS_SECRET_ACCESS_KEY"), "services").exits(8);
    assert!(output.err.contains("AWS_SECRET_ACCESS_KEY is not"), "{output:#?}");
    assert_eq!(world.get("/_sim/requests")["total"], 0, "no request was sent");
}

#[test]
fn refused_environment_keys_are_reported_with_a_remedy() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("*", "expired");
    let output = line(&mut home.on(&world), "services").exits(8);
    assert!(output.err.contains("AWS_ACCESS_KEY_ID") && output.err.contains("export a new key"), "{output:#?}");
    assert!(!output.err.contains("sso login"), "{output:#?}");
}

// Files.

#[test]
fn broken_line_of_an_aws_file_is_reported_with_file_and_line() {
    let (home, world) = (Home::new(), World::staging());
    for (text, at) in [("[default]\nregion = x\n[broken\n", "line 3"), ("[default]\nnothing here\n", "line 2")] {
        let output = line(&mut with_files(&home, &world, text), "services").exits(8);
        assert!(output.err.contains(".aws/config") && output.err.contains(at), "{output:#?}");
        assert!(!output.err.contains("sso login"), "{output:#?}");
    }
}

#[test]
fn missing_profile_error_lists_the_existing_ones() {
    let (home, world) = (Home::new(), World::staging());
    let text = "[profile production]\nregion = ap-northeast-1\n[profile staging]\nregion = ap-northeast-1\n[profile far]\nsource_profile = gone\nrole_arn = arn:aws:iam::1:role/x\n";
    let output = line(&mut with_files(&home, &world, text), "services --profile stagin").exits(8);
    assert!(output.err.contains("there is no profile `stagin`"), "{output:#?}");
    assert!(output.err.contains("there are: staging"), "the nearest first: {output:#?}");
    let output = line(&mut with_files(&home, &world, text), "services --profile far").exits(8);
    assert!(output.err.contains("`gone` (`source_profile` of `far`)"), "{output:#?}");
    for variable in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"] {
        let output = line(with_files(&home, &world, text).env(variable, "prodution"), "services").exits(8);
        assert!(output.err.contains("there are: production"), "{variable}: {output:#?}");
    }
    // No profile is named, and there is no default one.
    let output = line(&mut with_files(&home, &world, text), "services").exits(8);
    assert!(output.err.contains("name a profile with --profile"), "{output:#?}");
    // Keys in the environment need no profile.
    line(
        with_files(&home, &world, text).env("AWS_ACCESS_KEY_ID", "AKIA").env("AWS_SECRET_ACCESS_KEY", "s"),
        "services",
    )
    .exits(0);
}

#[test]
fn missing_part_of_a_profile_is_named() {
    let (home, world) = (Home::new(), World::staging());
    let role = "role_arn = arn:aws:iam::123456789012:role/x";
    let text = format!(
        "[profile one]\n{role}\nsource_profile = two\n[profile two]\n{role}\nsource_profile = one\n\
         [profile sso]\nsso_session = nobody\nsso_account_id = 123456789012\nsso_role_name = r\n\
         [sso-session work]\nsso_start_url = https://x\nsso_region = ap-northeast-1\n\
         [profile web]\n{role}\nweb_identity_token_file = /no/such/token\n"
    );
    for (profile, what, hint) in [
        ("one", "one, two, one", "hint: give the last one keys"),
        ("sso", "there is no [sso-session nobody]", "hint: there are: work"),
        ("web", "there is no file /no/such/token", "hint: the platform that runs this writes the token there"),
    ] {
        let output = line(&mut with_files(&home, &world, &text), &format!("services --profile {profile}")).exits(8);
        assert!(output.err.contains(what) && output.err.contains(hint), "{profile}: {output:#?}");
    }
    assert_eq!(world.get("/_sim/requests")["total"], 0, "no request was sent");
}

#[test]
fn unusable_certificates_are_named() {
    let (home, world) = (Home::new(), World::staging());
    home.write("empty.pem", "nothing\n");
    for file in ["missing.pem", "empty.pem"] {
        let output = line(home.on(&world).env("AWS_CA_BUNDLE", file), "services");
        assert!(output.code != 0 && output.out.contains(file) && output.out.contains("AWS_CA_BUNDLE"), "{output:#?}");
    }
    let text = "[default]\nca_bundle = ~/none.pem\naws_access_key_id = AKIA\naws_secret_access_key = s\n";
    let output = line(&mut with_files(&home, &world, text), "services");
    assert!(output.code != 0 && output.out.contains("~/none.pem"), "{output:#?}");
}

// Messages.

#[test]
fn unreadable_account_is_not_printed() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("sts:GetCallerIdentity", "denied");
    let output = line(&mut home.on(&world), "snapshot -o json").exits(3);
    let snapshot = output.json();
    assert_eq!(snapshot["account"], Value::Null);
    let sources = snapshot["sources"].as_array().unwrap();
    let identity = sources.iter().find(|source| source["name"] == "sts.identity").unwrap();
    assert!(identity["error"].as_str().unwrap().contains("sts:GetCallerIdentity"), "{identity}");
    let table = line(&mut home.on(&world), "snapshot -o table").exits(3);
    assert!(table.out.lines().next().unwrap().contains("account ?"), "{table:#?}");
}

#[test]
fn condition_on_an_unknown_field_is_an_immediate_usage_error() {
    let (home, world) = (Home::new(), World::staging());
    let output = line(&mut home.on(&world), "snapshot --wait services.web.runing==2").exits(2);
    assert!(output.err.contains("`runing`") && output.err.contains("`running`"), "{output:#?}");
    assert_eq!(world.get("/_sim/requests")["total"], 0, "no request was sent");
}

#[test]
fn log_file_of_a_change_lists_its_requests_and_their_results() {
    let home = Home::new();
    let world = World::run_at(Scenario::Staging, 60.0);
    line(&mut home.on(&world), "scale web 2 --yes -vvv --log-file whole.log").exits(0);
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
    // The log file named in the failure's hint contains the failure without extra options.
    world.fault("ecs:DescribeServices", "denied");
    line(&mut home.on(&world), "services --log-file short.log");
    let log = std::fs::read_to_string(home.path().join("short.log")).unwrap();
    assert!(log.contains("ecs:DescribeServices") && log.contains("not allowed"), "{log}");
}

// Every read ends.

/// The calls of a snapshot.
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

/// Reads everything, with request limits short enough for a test; each request is tried once.
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

/// `./dev fuzz` runs the full matrix by setting `COCKPIT_ALL_FAULTS`.
#[test]
fn read_ends_by_itself_with_any_fault_on_any_call() {
    let full_matrix = std::env::var_os("COCKPIT_ALL_FAULTS").is_some();
    let world = World::staging();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let loaded = cockpit::config::parse("config.toml", include_str!("../../config.toml"));
    let mut environment = loaded.config.environment("staging").unwrap().clone();
    environment.endpoint_url = Some(world.endpoint());
    let mut ran = 0;
    for (number, (call, fault)) in CALLS.iter().flat_map(|call| FAULTS.map(|fault| (call, fault))).enumerate() {
        // Each fault and each call several times, but not every pair.
        if !full_matrix && number % 3 != 0 {
            continue;
        }
        for count in [Some(1), None] {
            world.clear_faults();
            world.post("/_sim/fault", &json!({"operation": call, "kind": fault, "count": count, "delay_ms": 50}));
            // It settles by itself: the limit of the whole read is minutes away.
            let ended = runtime.block_on(async { tokio::time::timeout(PATIENCE, Box::pin(read(&environment))).await });
            assert_eq!(ended, Ok(cockpit::runtime::Collected::Settled), "{fault} on {call}, {count:?} times");
            ran += 1;
        }
    }
    assert!(ran > 100);
}
