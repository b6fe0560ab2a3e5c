//! Renewed, missing and expiring credentials, and the doctor's reads with them.

use super::*;
use cockpit::aws::permissions::PermissionQuery;
use cockpit::model::permission::{ActionVerdict, verdict};

fn credentials_file(name: &str, key: &str) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let text = format!("[default]\naws_access_key_id = {key}\naws_secret_access_key = simulated\n");
    std::fs::write(&file, text).unwrap();
    file
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn renewed_credentials_on_disk_are_used_without_restart() {
    let sim = simulator(Scenario::Staging).await;
    let file = credentials_file("renewed", "AKIAFIRST00000000000");
    let session = Session::new(Connection {
        keys: None,
        profile: Some("default".into()),
        credentials_file: Some(file),
        reread_interval: Duration::ZERO,
        ..connection(&sim)
    });
    ask(&session, services()).await.end.unwrap();
    control(&sim, "/_sim/expire", serde_json::json!({"access_key": "AKIAFIRST00000000000"})).await;
    let refused = failure(&session, services()).await;
    assert_eq!(refused.kind, FailureKind::Credentials);
    assert!(refused.message.contains("profile `default`"), "{refused}");
    assert!(refused.hint().contains("aws configure --profile default"), "{refused:?}");
    credentials_file("renewed", "AKIASECOND0000000000");
    let answer = ask(&session, services()).await;
    answer.end.unwrap();
    assert!(answer.renewed, "their account must be requested");
    assert_eq!(answer.requests, 2, "the refused one and the one with new credentials");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_credentials_and_profiles_are_explained() {
    let sim = simulator(Scenario::Staging).await;
    let with = |profile: &str, file: PathBuf| {
        Session::new(Connection {
            keys: None,
            profile: Some(profile.into()),
            credentials_file: Some(file),
            ..connection(&sim)
        })
    };
    let session = with("nobody", credentials_file("missing", "AKIAFIRST00000000000"));
    let missing = failure(&session, Query::Identity).await;
    assert_eq!(missing.kind, FailureKind::Credentials, "{missing}");
    assert!(missing.message.contains("profile `nobody`"), "{missing}");

    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("codes");
    let text = "[work]\nrole_arn = arn:aws:iam::123456789012:role/work\nsource_profile = absent\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n";
    std::fs::write(&file, text).unwrap();
    let asks = failure(&with("work", file), Query::Identity).await;
    assert_eq!(asks.kind, FailureKind::Credentials);
    assert!(asks.message.contains("there is no profile `absent` (`source_profile` of `work`)"), "{asks}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unreachable_endpoints_are_named() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let at = |endpoint: String| {
        Session::new(Connection { attempts: Some(1), ..Connection::simulated(endpoint, "ap-northeast-1") })
    };
    let refused = failure(&at(format!("http://me:hush@{closed}")), services()).await;
    assert_eq!(refused.kind, FailureKind::Unreachable, "{refused}");
    assert!(refused.message.contains(&closed.to_string()), "{refused}");
    assert!(!refused.message.contains("hush"), "{refused}");
    let unknown = failure(&at("http://cockpit.invalid".into()), services()).await;
    assert_eq!(unknown.kind, FailureKind::Unreachable, "{unknown}");
    let odd = failure(&at("not a url".into()), services()).await;
    assert_eq!(odd.message, "ecs:DescribeServices: the endpoint `not a url` is not a URL");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_tries_each_read() {
    let sim = simulator(Scenario::Staging).await;
    let session = Session::new(connection(&sim));
    let environment = EnvironmentConfig {
        cluster: Some(cluster()),
        databases: vec!["*".into()],
        account: Some(aws_sim::ACCOUNT.into()),
        region: Some("ap-northeast-1".into()),
        scheduler: Some("bookmark-manager-staging-ecs-scheduler".into()),
        schedules: Some("bookmark-manager-staging".into()),
        ..EnvironmentConfig::default()
    };
    let probes = session.probe(&environment).await;
    assert_eq!(probes.len(), 28);
    for probe in &probes {
        assert_eq!(probe.outcome, Ok(()), "{}", probe.action);
    }
    let reads = [
        "ecs:ListTasks",
        "ecr:DescribeImages",
        "logs:GetLogEvents",
        "scheduler:GetSchedule",
        "lambda:GetFunctionConfiguration",
    ];
    for read in reads {
        fault(&sim, read, "denied").await;
    }
    let probes = session.probe(&environment).await;
    let denied: Vec<&str> = probes.iter().filter(|probe| probe.outcome.is_err()).map(|probe| probe.action).collect();
    assert_eq!(denied, reads);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn identity_center_role_is_queried_by_its_full_name() {
    let sim = simulator(Scenario::Staging).await;
    let session = Session::new(connection(&sim));
    let (name, region) = ("AWSReservedSSO_admin_0123456789abcdef", "ap-northeast-1");
    let full_arn = session.role_arn(name, region).await.unwrap();
    assert!(full_arn.ends_with(&format!(":role/aws-reserved/sso.amazonaws.com/{name}")), "{full_arn}");
    let resources = ["*".to_owned()];
    let question = PermissionQuery { actions: &["ssm:StartSession"], resources: &resources, context: &[] };
    let decided = session.simulate(&full_arn, region, question).await.unwrap();
    assert_eq!(verdict("ssm:StartSession", &decided), ActionVerdict::Allowed);
    // Without its path the role does not exist.
    let short = format!("arn:aws:iam::{}:role/{name}", aws_sim::ACCOUNT);
    let missing = session.simulate(&short, region, question).await.unwrap_err();
    assert_eq!(missing.kind, FailureKind::NotFound, "{missing}");
    fault(&sim, "iam:GetRole", "denied").await;
    assert_eq!(session.role_arn(name, region).await.unwrap_err().kind, FailureKind::Denied);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credential_expiry_is_known() {
    let sim = simulator(Scenario::Staging).await;
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("ending");
    let process = r#"{"Version":1,"AccessKeyId":"ASIAEND","SecretAccessKey":"s","SessionToken":"t","Expiration":"2099-01-02T03:04:05Z"}"#;
    std::fs::write(&file, format!("[ends]\ncredential_process = echo '{process}'\n")).unwrap();
    let session = Session::new(Connection {
        keys: None,
        profile: Some("ends".into()),
        credentials_file: Some(file),
        ..connection(&sim)
    });
    let Fact::Identity(identity) = fact(&session, Query::Identity).await else { panic!() };
    assert_eq!(identity.expires, Some("2099-01-02T03:04:05Z".parse().unwrap()));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failing_credentials_are_loaded_once_for_many_requests() {
    let sim = simulator(Scenario::Staging).await;
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (file, count) = (folder.join("failing"), folder.join(format!("count-{}", std::process::id())));
    let process = format!("echo once >> '{}'; exit 1", count.display());
    std::fs::write(&file, format!("[fails]\ncredential_process = {process}\n")).unwrap();
    let session = Session::new(Connection {
        keys: None,
        profile: Some("fails".into()),
        credentials_file: Some(file),
        ..connection(&sim)
    });
    let questions = (0..9).map(|_| failure(&session, Query::Identity));
    for failure in futures_util::future::join_all(questions).await {
        assert_eq!(failure.kind, FailureKind::Credentials, "{failure}");
        assert!(failure.message.contains("profile `fails`"), "{failure}");
    }
    assert_eq!(std::fs::read_to_string(&count).unwrap().lines().count(), 1);
    std::fs::remove_file(&count).unwrap();
}
