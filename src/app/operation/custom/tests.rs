//! Tests of configured commands, from the request to the audit file.

use super::super::tests::{at, get, me, ok, settle};
use super::super::{NewOperation, Operations, Stage};
use super::{Request, Selected};
use crate::app::effect::Effect;
use crate::app::operation::call::{Call, CallResult, Program, Read, Reply};
use crate::app::operation::outcome::Verdict;
use crate::config::{CommandConfig, Config, DatabaseConfig, EnvironmentConfig};
use crate::model::risk::Risk;
use crate::model::{Failure, FailureKind};
use jiff::tz::TimeZone;

fn command(risk: Risk) -> CommandConfig {
    CommandConfig { name: "flush".into(), run: "./flush".into(), risk, ..CommandConfig::default() }
}

fn environment() -> EnvironmentConfig {
    EnvironmentConfig {
        name: "staging".into(),
        account: Some("123456789012".into()),
        region: Some("ap-northeast-1".into()),
        database: DatabaseConfig { password_env: Some("APP_PASSWORD".into()), ..DatabaseConfig::default() },
        ..EnvironmentConfig::default()
    }
}

fn request(command: CommandConfig, environment: &EnvironmentConfig) -> NewOperation {
    let selected = Selected { service: Some("web; rm -rf /".into()), ..Selected::default() };
    let config = Config { environments: vec![environment.clone()], ..Config::default() };
    Request::new(command, selected, environment, &config).into()
}

/// The programs and lines of a read-only request, in its account.
fn run_read_only(request: Request) -> (Vec<Program>, Vec<String>, Operations) {
    run_request(request.into(), Risk::Read, Some(0), &me("123456789012"))
}

/// Runs a command to its end with an exit code; returns the programs, the audit lines and the operations.
fn run_to_end(risk: Risk, code: Option<i32>, identity: &CallResult) -> (Vec<Program>, Vec<String>, Operations) {
    run_request(request(command(risk), &environment()), risk, code, identity)
}

fn run_request(
    what: NewOperation,
    risk: Risk,
    code: Option<i32>,
    identity: &CallResult,
) -> (Vec<Program>, Vec<String>, Operations) {
    let (mut ran, mut written) = (Vec::new(), Vec::new());
    let mut answer = |call: &Call| match call {
        Call::Read(Read::Identity) => identity.clone(),
        Call::Run(program) => {
            ran.push(program.clone());
            ok(Reply::Ended { code, output: String::new(), left_out: 0 })
        }
        Call::Audit(record) => {
            written.push(format!("{} {} {}", record.outcome, record.command, record.after["exit_code"]));
            ok(Reply::Done)
        }
        other => panic!("{other:?}"),
    };
    let mut operations = Operations::new("t", TimeZone::UTC);
    let (id, effects) = operations.start(what, &environment(), at(0));
    settle(&mut operations, effects, at(0), &mut answer);
    if risk != Risk::Read {
        assert!(operations.list[0].plan.as_ref().is_none_or(|plan| plan.programs == ["./flush"]));
        let effects = operations.confirm(id, at(1));
        settle(&mut operations, effects, at(1), &mut answer);
    }
    (ran, written, operations)
}

#[test]
fn read_only_command_needs_no_confirmation_and_is_recorded() {
    let (ran, written, operations) = run_to_end(Risk::Read, Some(0), &me("123456789012"));
    assert_eq!(ran.len(), 1);
    let typed = "cockpit run flush --service 'web; rm -rf /' --env staging";
    assert_eq!(written, [format!("started {typed} null"), format!("done {typed} 0")]);
    assert_eq!(operations.list[0].outcome.as_ref().map(|outcome| outcome.verdict), Some(Verdict::Done));
    let nobody = CallResult::new(Err(Failure::new(FailureKind::Unreachable, "STS is not there")));
    let (ran, written, _) = run_to_end(Risk::Read, Some(3), &nobody);
    assert_eq!((ran.len(), written.len()), (1, 2), "it only looks: it is run without a network, too");
    assert!(written[1].starts_with("failed"), "{written:?}");
}

#[test]
fn changing_command_runs_only_in_its_account_after_confirmation() {
    for risk in [Risk::Change, Risk::Disrupt, Risk::Destroy] {
        let (ran, written, _) = run_to_end(risk, Some(0), &me("123456789012"));
        assert_eq!((ran.len(), written.len()), (1, 2));
        let (ran, written, operations) = run_to_end(risk, Some(0), &me("210987654321"));
        assert!(ran.is_empty() && written.is_empty());
        assert_eq!(operations.list[0].outcome.as_ref().map(|outcome| outcome.verdict), Some(Verdict::Refused));
    }
    let (ran, ..) = run_to_end(Risk::Read, Some(0), &me("210987654321"));
    assert!(ran.is_empty(), "nor is one that looks, in another account");
}

#[test]
fn selection_is_passed_as_variables_and_never_in_the_command_line() {
    let (ran, ..) = run_to_end(Risk::Read, Some(0), &me("123456789012"));
    assert_eq!(ran[0].argv, ["sh", "-c", "./flush"]);
    assert!(ran[0].variables.contains(&("COCKPIT_SERVICE".to_owned(), "web; rm -rf /".to_owned())));
    assert!(ran[0].variables.contains(&("COCKPIT_ENV".to_owned(), "staging".to_owned())));
}

#[test]
fn credentials_are_passed_only_on_request() {
    let names = |credentials, profile: Option<&str>| {
        let environment = EnvironmentConfig { profile: profile.map(str::to_owned), ..environment() };
        let command = CommandConfig { credentials, ..command(Risk::Read) };
        let config = Config { environments: vec![environment.clone()], ..Config::default() };
        let request = Request::new(command, Selected::default(), &environment, &config);
        let set: Vec<String> = request.variables.into_iter().map(|(name, _)| name).collect();
        (set, request.removed_variables)
    };
    let has = |names: &[String], name: &str| names.iter().any(|other| other == name);
    let (set, without) = names(false, Some("admin"));
    assert!(!set.iter().any(|name| name.starts_with("AWS_")));
    for name in ["AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "APP_PASSWORD", "PGPASSWORD"] {
        assert!(has(&without, name), "{name}");
    }
    let (set, without) = names(true, Some("admin"));
    assert!(has(&set, "AWS_PROFILE") && has(&without, "AWS_SECRET_ACCESS_KEY") && has(&without, "APP_PASSWORD"));
    let (set, without) = names(true, None);
    assert!(has(&set, "AWS_REGION") && !has(&without, "AWS_SECRET_ACCESS_KEY"));
}

#[test]
fn program_uses_the_same_aws_endpoints_as_cockpit() {
    let command = CommandConfig { credentials: true, ..command(Risk::Read) };
    let request = |endpoint: Option<&str>| {
        let environment = EnvironmentConfig { endpoint_url: endpoint.map(str::to_owned), ..environment() };
        Request::new(command.clone(), Selected::default(), &environment, &Config::default())
    };
    let redirected = request(Some("http://127.0.0.1:1"));
    assert!(redirected.variables.contains(&("AWS_ENDPOINT_URL".to_owned(), "http://127.0.0.1:1".to_owned())));
    for name in ["AWS_ENDPOINT_URL_*", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] {
        assert!(redirected.removed_variables.iter().any(|other| other == name), "{name}");
        // Inherited variables mean the same to both programs.
        assert!(!request(None).removed_variables.iter().any(|other| other == name), "{name}");
    }
}

#[test]
fn endless_command_can_be_stopped_and_is_not_awaited() {
    for stops in [true, false] {
        let mut operations = Operations::new("t", TimeZone::UTC);
        let (id, effects) = operations.start(request(command(Risk::Read), &environment()), &environment(), at(0));
        let mut call = None;
        let mut waiting = effects;
        while let Some(effect) = waiting.pop() {
            let Effect::Call { id, call: wanted, .. } = effect else { panic!("{effect:?}") };
            match &*wanted {
                Call::Read(Read::Identity) => waiting.extend(operations.answered(id, &me("123456789012"), at(0))),
                Call::Audit(_) => waiting.extend(operations.answered(id, &ok(Reply::Done), at(0))),
                Call::Run(_) => call = Some(id),
                other => panic!("{other:?}"),
            }
        }
        let call = call.unwrap();
        operations.output(call, "still here", at(5));
        // It has no time limit of its own.
        assert!(operations.tick(at(100_000)).is_empty());
        assert!(get(&operations, id).stoppable());
        let effects = if stops { operations.stop(id, at(100_001)) } else { operations.detach(id, at(100_001)) };
        assert_eq!(effects.first(), Some(&Effect::EndCall(call)));
        assert!(matches!(effects.get(1), Some(Effect::Call { call, .. }) if matches!(&**call, Call::Audit(_))));
        let operation = get(&operations, id);
        assert_eq!((operation.stage, operation.stoppable()), (Stage::Ended, false));
        assert_eq!(operation.outcome.as_ref().map(|outcome| outcome.verdict), Some(Verdict::Failed));
        assert!(operations.stop(id, at(100_002)).is_empty());
        let late = ok(Reply::Ended { code: Some(0), output: String::new(), left_out: 0 });
        assert!(operations.answered(call, &late, at(100_003)).is_empty());
    }
}

#[test]
fn endless_output_keeps_its_end_and_counts_the_rest() {
    let mut operations = Operations::new("t", TimeZone::UTC);
    let (id, effects) = operations.start(request(command(Risk::Read), &environment()), &environment(), at(0));
    let mut call = None;
    let mut waiting = effects;
    while let Some(effect) = waiting.pop() {
        let Effect::Call { id, call: wanted, .. } = effect else { panic!("{effect:?}") };
        match &*wanted {
            Call::Read(Read::Identity) => waiting.extend(operations.answered(id, &me("123456789012"), at(0))),
            Call::Audit(_) => waiting.extend(operations.answered(id, &ok(Reply::Done), at(0))),
            _ => call = Some(id),
        }
    }
    let call = call.unwrap();
    for number in 0..1_000_000 {
        operations.output(
            call,
            &format!("a line of some hundred characters in the middle of which stands {number:>32}"),
            at(1),
        );
    }
    let operation = get(&operations, id);
    assert!(operation.lines.len() <= 2_000, "{}", operation.lines.len());
    assert!(operation.lines.last().unwrap().text.ends_with("999999"));
    assert!(operation.dropped >= 998_000);
}

#[test]
fn database_command_runs_behind_a_tunnel() {
    let ran = |risk, foreground| {
        let command = CommandConfig { database: true, foreground, ..command(risk) };
        let environment = EnvironmentConfig { flags: vec![("--config", "x.toml".into())], ..environment() };
        let config = Config { environments: vec![environment.clone()], ..Config::default() };
        Request::new(command, Selected::default(), &environment, &config)
    };
    let words = |risk| ran(risk, false).tunnel_arguments.unwrap().join(" ");
    assert_eq!(words(Risk::Change), "cockpit --config x.toml --yes --confirm staging with-db staging --");
    assert!(words(Risk::Read).contains("--read-only"), "what only looks is to change nothing");
    let request = ran(Risk::Change, false);
    let is_removed = |name: &str| request.removed_variables.iter().any(|other| other == name);
    assert!(
        !is_removed("APP_PASSWORD") && !is_removed("AWS_SECRET_ACCESS_KEY") && is_removed("PGPASSWORD"),
        "{:?}",
        request.removed_variables
    );
    let (programs, ..) = run_read_only(ran(Risk::Read, false));
    assert!(
        programs[0].runs_itself && programs[0].argv.ends_with(&["sh".into(), "-c".into(), "./flush".into()]),
        "{programs:?}"
    );
    assert_eq!(programs[0].argv[0], "cockpit");
}
