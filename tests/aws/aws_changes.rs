//! How changes are sent to AWS: once whatever the outcome, and by the account that was verified right
//! before, with the same credentials.

use crate::desk::{CLUSTER, Desk, WEB, reads, writes};
use crate::support::SECRET;
use aws_sim::{ACCOUNT, Scenario};
use cockpit::app::operation::call::{Write, may_have_been_made};
use cockpit::app::operation::single::scaling::call::ScalingWrite;
use cockpit::aws::Connection;
use cockpit::model::FailureKind;
use cockpit::model::timer::Timer;
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;

#[test]
fn failed_change_is_sent_once_with_any_fault() {
    for (kind, expected) in [
        ("throttle", FailureKind::Throttled),
        ("error", FailureKind::Service),
        ("denied", FailureKind::Denied),
        ("expired", FailureKind::Credentials),
        ("truncate", FailureKind::Unreachable),
        ("reset", FailureKind::Unreachable),
        ("cut", FailureKind::Unreachable),
        ("lost", FailureKind::Service),
        ("malformed", FailureKind::Malformed),
        ("hang", FailureKind::Timeout),
    ] {
        // Retries are enabled, but only apply to reads. A short limit if the limit ends the wait.
        let limit = Duration::from_millis(if kind == "hang" { 500 } else { 20_000 });
        let patient = |connection| Connection { attempts: Some(3), operation_timeout: limit, ..connection };
        let desk = Desk::with(Scenario::Staging, patient);
        let writes = writes(&desk);
        for (write, operation) in &writes {
            let before = (desk.world.requests(operation), desk.world.requests("sts:GetCallerIdentity"));
            desk.world.fault(operation, kind);
            let answered = desk.write(write.clone());
            desk.world.clear_faults();
            let after = (desk.world.requests(operation), desk.world.requests("sts:GetCallerIdentity"));
            assert_eq!(after, (before.0 + 1, before.1 + 1), "{kind} {operation}");
            match answered.outcome {
                Err(failure) if failure.kind == expected => {
                    assert!(failure.message.starts_with(write.action()), "{failure}");
                    assert!(!format!("{failure:?}").contains(SECRET), "{failure}");
                    let open = ["error", "truncate", "reset", "cut", "lost", "malformed", "hang"].contains(&kind);
                    assert_eq!(may_have_been_made(&failure), open, "{kind} {operation}");
                }
                // What the simulator itself refuses is refused, whatever happens to its answer.
                Err(failure) if ["lost", "cut", "truncate"].contains(&kind) => {
                    assert!(
                        matches!(failure.kind, FailureKind::NotFound | FailureKind::Other),
                        "{operation}: {failure}"
                    );
                }
                // An answer without a body cannot be broken, and that of a function may be anything.
                Ok(_) => assert!(["malformed", "truncate"].contains(&kind), "{kind} {operation}"),
                Err(failure) => panic!("{kind} {operation}: {failure:?}"),
            }
            let names_action = ["throttle", "error", "denied", "expired"].contains(&kind);
            assert!(!names_action || answered.request_ids.len() == 1, "{kind} {operation}: {:?}", answered.request_ids);
        }
    }
}

#[test]
fn lost_answer_keeps_the_change() {
    for kind in ["lost", "cut"] {
        let desk = Desk::new(Scenario::Staging);
        desk.world.fault("ecs:UpdateService", kind);
        let scale = Write::Update {
            cluster: CLUSTER.into(),
            service: WEB.into(),
            task_definition: None,
            force: false,
            desired: Some(2),
            exec: false,
        };
        let failure = desk.write(scale).outcome.unwrap_err();
        assert!(may_have_been_made(&failure), "{failure}");
        assert_eq!(desk.web().desired, 2);
        assert_eq!(desk.world.requests("ecs:UpdateService"), 1);
    }
}

#[test]
fn other_account_changes_nothing() {
    let desk = Desk::new(Scenario::Staging);
    for (write, operation) in writes(&desk) {
        let answered = desk.runtime.block_on(desk.session.write(write.clone(), Some("999999999999".into())));
        let failure = answered.outcome.unwrap_err();
        assert_eq!(failure.kind, FailureKind::WrongAccount, "{failure}");
        assert!(failure.message.starts_with(write.action()), "{failure}");
        assert!(failure.message.contains(ACCOUNT) && failure.message.contains("999999999999"), "{failure}");
        assert_eq!(desk.world.requests(operation), 0, "{operation}");
        assert!(answered.request_ids.is_empty());
    }
    // Without a required account, none is requested.
    let before = desk.world.requests("sts:GetCallerIdentity");
    let write = Write::Remember { arn: desk.web().arn, desired: Some(1), suspended: None };
    desk.runtime.block_on(desk.session.write(write, None)).outcome.unwrap();
    assert_eq!(desk.world.requests("sts:GetCallerIdentity"), before);
}

#[test]
fn unreadable_account_changes_nothing() {
    for kind in ["throttle", "error", "denied", "expired", "reset", "malformed"] {
        let desk = Desk::new(Scenario::Staging);
        let write = Write::Remember { arn: desk.web().arn, desired: Some(1), suspended: None };
        desk.world.fault("sts:*", kind);
        let failure = desk.write(write).outcome.unwrap_err();
        assert!(failure.message.starts_with("sts:GetCallerIdentity"), "{failure}");
        assert_eq!(desk.world.requests("ecs:TagResource"), 0, "{kind}");
    }
}

#[test]
fn read_before_a_change_can_prevent_it() {
    let desk = Desk::new(Scenario::Staging);
    let web = desk.web();
    let register = |base: &str, container: &str| Write::Register {
        base: base.into(),
        images: vec![("web".into(), "web:1".into()), (container.into(), "x:1".into())],
    };
    let unknown = desk.write(register(&web.task_definition, "wbe")).outcome.unwrap_err();
    assert_eq!(unknown.kind, FailureKind::NotFound);
    assert!(unknown.message.contains("no container `wbe`; it has web"), "{unknown}");
    let missing = desk.write(register("no-such:1", "web")).outcome.unwrap_err();
    assert_eq!(missing.kind, FailureKind::NotFound, "{missing}");
    desk.world.fault("ecs:DescribeTaskDefinition", "denied");
    let denied = desk.write(register(&web.task_definition, "web")).outcome.unwrap_err();
    assert_eq!(denied.kind, FailureKind::Denied, "{denied}");
    assert_eq!(desk.world.requests("ecs:RegisterTaskDefinition"), 0);

    let timer = Timer { name: "no-such".into(), group: "default".into(), ..Timer::default() };
    let gone = desk.write(Write::Skip { timer: Box::new(timer), until: None }).outcome.unwrap_err();
    assert_eq!(gone.kind, FailureKind::NotFound, "{gone}");
    assert_eq!(desk.world.requests("scheduler:UpdateSchedule"), 0);

    desk.world.fault("application-autoscaling:DescribeScalingPolicies", "error");
    let (resource, policy) = (format!("service/{CLUSTER}/{WEB}"), "cpu".to_owned());
    let aim = Write::Scaling(ScalingWrite::Target { resource, policy, target: 55.0 });
    let unread = desk.write(aim).outcome.unwrap_err();
    assert!(!may_have_been_made(&unread), "no executable request was sent: {unread}");
    assert_eq!(desk.world.requests("application-autoscaling:PutScalingPolicy"), 0);
}

fn credentials_file(name: &str, key: &str) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, format!("[default]\naws_access_key_id = {key}\naws_secret_access_key = {SECRET}\n")).unwrap();
    file
}

fn on_file(connection: Connection, file: PathBuf) -> Connection {
    Connection {
        keys: None,
        profile: Some("default".into()),
        credentials_file: Some(file),
        reread_interval: Duration::ZERO,
        ..connection
    }
}

#[test]
fn credentials_expiring_before_a_change_are_reloaded_and_those_expiring_during_it_only_afterwards() {
    let file = credentials_file("change-renewed", "AKIAFIRST00000000000");
    let desk = Desk::with(Scenario::Staging, |connection| on_file(connection, file));
    let expire = |key: &str| desk.world.post("/_sim/expire", &json!({"access_key": key}));
    let remember = |desired| Write::Remember { arn: desk.web().arn, desired: Some(desired), suspended: None };
    desk.done(remember(1));
    expire("AKIAFIRST00000000000");
    credentials_file("change-renewed", "AKIASECOND0000000000");
    // The expiry is noticed by the account request; nothing was sent.
    let sts = desk.world.requests("sts:GetCallerIdentity");
    let arn = desk.web().arn;
    desk.done(Write::Remember { arn, desired: Some(2), suspended: None });
    assert!(desk.world.requests("sts:GetCallerIdentity") > sts);
    assert_eq!(desk.world.requests("ecs:TagResource"), 2);

    // The expiry is noticed by the change itself.
    let write = remember(3);
    desk.world.post("/_sim/fault", &json!({"operation": "ecs:TagResource", "kind": "expired", "count": 1}));
    let failure = desk.write(write).outcome.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Credentials, "{failure}");
    assert!(failure.hint().contains("aws configure --profile default"), "{failure:?}");
    assert_eq!(desk.world.requests("ecs:TagResource"), 3, "not repeated");
    expire("AKIASECOND0000000000");
    credentials_file("change-renewed", "AKIATHIRD00000000000");
    desk.done(remember(3));
    assert_eq!(desk.web().remembered, Some(3));
}

#[cfg(unix)]
#[test]
fn account_check_and_change_use_the_same_credentials() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (file, count) = (folder.join("pinned"), folder.join(format!("pinned-{}", std::process::id())));
    // Another key each time, which expires in half a minute: each separate use would load a new one.
    let script = folder.join("pinned.sh");
    let text = format!(
        "n=$(cat '{0}' 2>/dev/null | wc -l); echo x >> '{0}'\n\
         end=$(date -u -d '+30 seconds' +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -v+30S +%Y-%m-%dT%H:%M:%SZ)\n\
         echo '{{\"Version\":1,\"AccessKeyId\":\"ASIAKEY'$n'\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\",\"Expiration\":\"'$end'\"}}'\n",
        count.display()
    );
    std::fs::write(&script, text).unwrap();
    std::fs::write(&file, format!("[default]\ncredential_process = sh '{}'\n", script.display())).unwrap();
    let desk = Desk::with(Scenario::Staging, |connection| on_file(connection, file));
    let arn = desk.web().arn;
    let runs = || std::fs::read_to_string(&count).unwrap().lines().count();
    let before = runs();
    desk.done(Write::Remember { arn, desired: Some(1), suspended: None });
    assert_eq!(runs(), before + 1);
    std::fs::remove_file(&count).unwrap();
}

#[test]
fn displayed_values_contain_no_secret() {
    use std::fmt::Write as _;
    let desk = Desk::new(Scenario::Staging);
    let mut shown = String::new();
    for (read, _) in reads(&desk) {
        let _ = write!(shown, "{:?}", desk.read(read));
    }
    for (write, _) in writes(&desk) {
        let _ = write!(shown, "{write:?} {} {:?}", write.parameters(), desk.write(write.clone()));
    }
    let _ = write!(shown, "{:?}", desk.session);
    assert!(!shown.contains(SECRET));
    assert!(shown.contains(WEB));
}
