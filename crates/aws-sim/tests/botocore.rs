//! The independent clients boto3 and AWS CLI against the simulator: the answers must parse, contain no member unknown
//! to the service models, and match the world.
//!
//! The interpreter is `$COCKPIT_PYTHON`, or by default that of the environment that `./dev test` creates.

#![allow(clippy::unwrap_used)]

use aws_sim::{Scenario, Sim, SimOptions};
use serde_json::Value;
use ssm_tunnel::{Credentials, Failure, Gate, OpenSession, Options, SendRate, Token, Tunnel};
use std::path::{Path, PathBuf};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

/// A Wednesday noon in Japan.
const NOON: &str = "2026-11-18T03:00:00Z";

fn python() -> PathBuf {
    if let Some(path) = std::env::var_os("COCKPIT_PYTHON") {
        return path.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))
        .unwrap();
    let path = cache.join("cockpit/venv/bin/python");
    assert!(
        path.exists(),
        "{} is not there: `./dev test` makes the Python environment, or set COCKPIT_PYTHON to an interpreter with boto3 and awscli",
        path.display()
    );
    path
}

async fn start(scenario: Scenario) -> Sim {
    let start = Some(NOON.parse().unwrap());
    Sim::start(SimOptions { scenario, speed: 0.0, start, ..SimOptions::default() }).await.unwrap()
}

/// Advances the clock through the control request.
async fn advance(sim: &Sim, seconds: u64) {
    let address = sim.endpoint().strip_prefix("http://").unwrap().to_owned();
    let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let body = format!("{{\"seconds\":{seconds}}}");
    let head = format!(
        "POST /_sim/advance HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// A command of the interpreter whose environment contains only the simulator's settings.
fn command(sim: &Sim) -> Command {
    let mut command = Command::new(python());
    for (key, _) in std::env::vars_os() {
        if key.to_str().is_some_and(|k| k.starts_with("AWS_") || k.to_lowercase().ends_with("_proxy")) {
            command.env_remove(key);
        }
    }
    command
        .env("AWS_ENDPOINT_URL", sim.endpoint())
        .env("AWS_ACCESS_KEY_ID", "AKIASIMULATED0000001")
        .env("AWS_SECRET_ACCESS_KEY", "simulated")
        .env("AWS_REGION", "ap-northeast-1")
        .env("AWS_DEFAULT_REGION", "ap-northeast-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .kill_on_drop(true);
    command
}

async fn script(scenario: Scenario, line: &str) {
    let mut words = line.split_whitespace();
    let name = words.next().unwrap();
    let sim = start(scenario).await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/py");
    let output = command(&sim).current_dir(folder).arg(name).args(words).output().await.unwrap();
    sim.shutdown();
    assert!(output.status.success(), "{name}:\n{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_through_boto3() {
    script(Scenario::Staging, "operations.py").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scenarios_through_boto3() {
    script(Scenario::CrashLoop, "crash_loop.py").await;
    script(Scenario::ScaleOut, "scale_out.py").await;
    script(Scenario::Big, "big.py").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_during_a_deployment_through_boto3() {
    for scenario in [
        Scenario::Breaker,
        Scenario::NoBreaker,
        Scenario::OtherDeploy,
        Scenario::LostAnswer,
        Scenario::ThrottledDeploy,
        Scenario::Expires,
        Scenario::ScheduledStop,
        Scenario::Stopped,
    ] {
        script(scenario, "plots.py").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn public_access_and_instances_through_boto3() {
    script(Scenario::Staging, "edge.py").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn distributions_and_user_pools_through_boto3() {
    script(Scenario::Pantri, "beside.py").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cloudwatch_supports_every_protocol_of_botocore() {
    script(Scenario::Prod, "protocols.py").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_are_throttled_at_the_documented_rates() {
    script(Scenario::Staging, "rates.py").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_and_roles_are_created_and_deleted() {
    script(Scenario::Staging, "lifecycle.py").await;
    script(Scenario::FirstDeployment, "lifecycle.py first-deployment").await;
    script(Scenario::Deleted, "lifecycle.py deleted").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn service_variants_through_boto3() {
    script(Scenario::HealthChecks, "shapes.py health-checks").await;
    script(Scenario::BlueGreen, "shapes.py blue-green").await;
    script(Scenario::Controllers, "shapes.py controllers").await;
    script(Scenario::Staging, "shapes.py functions").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_through_boto3() {
    script(Scenario::CrashLoop, "logs.py").await;
    script(Scenario::LogStorm, "live.py").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aws_cli_waiters_end_on_time() {
    script(Scenario::Staging, "waits.py").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn image_uploads_and_firewall_changes_through_boto3() {
    script(Scenario::Staging, "written.py").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aws_cli_wait_succeeds_after_a_rollback() {
    let sim = start(Scenario::Breaker).await;
    let (cluster, web) = ("bookmark-manager-staging-cluster", "bookmark-manager-staging-web");
    let answer =
        cli(&sim, &format!("ecs update-service --cluster {cluster} --service {web} --force-new-deployment")).await;
    let deployment_arn = answer["service"]["currentServiceDeployment"].as_str().unwrap().to_owned();
    assert_eq!(answer["service"]["deployments"][0]["rolloutState"], "IN_PROGRESS");
    advance(&sim, 600).await;
    // "Stable" is true, but the deployed definition does not run.
    cli(&sim, &format!("ecs wait services-stable --cluster {cluster} --services {web}")).await;
    let answer =
        cli(&sim, &format!("ecs describe-service-deployments --service-deployment-arns {deployment_arn}")).await;
    let deployment = &answer["serviceDeployments"][0];
    assert_eq!(deployment["status"], "ROLLBACK_SUCCESSFUL");
    assert_eq!(deployment["deploymentCircuitBreaker"]["status"], "TRIGGERED");
    sim.shutdown();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aws_cli_reads_images_functions_and_schedules() {
    let sim = start(Scenario::Staging).await;
    let images =
        cli(&sim, "ecr describe-images --repository-name bookmark-manager-staging-web --image-ids imageTag=c0ffee1")
            .await;
    assert!(images["imageDetails"][0]["imageDigest"].as_str().unwrap().starts_with("sha256:"));
    let schedule = cli(&sim, "scheduler get-schedule --name bookmark-manager-staging-stop").await;
    assert_eq!(schedule["ScheduleExpressionTimezone"], "Asia/Tokyo");
    let name = "bookmark-manager-staging-ecs-scheduler";
    let line =
        format!("lambda invoke --function-name {name} --log-type Tail --payload {{\"action\":\"stop\"}} /dev/null");
    let answer = cli(&sim, &line).await;
    assert_eq!(
        (&answer["StatusCode"], &answer["ExecutedVersion"]),
        (&serde_json::json!(200), &serde_json::json!("$LATEST"))
    );
    sim.shutdown();
}

/// Version 2 of the AWS CLI, which has `logs tail`: Debian's package, which `./dev test` installs.
fn version_2() -> Option<PathBuf> {
    let path = std::env::var_os("COCKPIT_AWS_V2").map_or_else(|| PathBuf::from("/usr/bin/aws"), PathBuf::from);
    path.exists().then_some(path)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aws_cli_tails_and_filters_logs() {
    use tokio::io::{AsyncBufReadExt as _, BufReader};
    let aws = version_2().expect("version 2 of the AWS CLI: `./dev test` installs Debian's, or set COCKPIT_AWS_V2");
    let group = "/ecs/bookmark-manager-staging-web";
    let sim = Sim::start(SimOptions { scenario: Scenario::Staging, ..SimOptions::default() }).await.unwrap();
    let run = || {
        let mut run = Command::new(&aws);
        let known = command(&sim);
        for (key, value) in known.as_std().get_envs() {
            match value {
                Some(value) => run.env(key, value),
                None => run.env_remove(key),
            };
        }
        // Debian's version does not support `AWS_ENDPOINT_URL` yet.
        run.kill_on_drop(true).args(["--endpoint-url", &sim.endpoint()]);
        run
    };
    let filtered = run()
        .args(["logs", "filter-log-events", "--output", "json", "--log-group-name", group])
        .output()
        .await
        .unwrap();
    assert!(filtered.status.success(), "{}", String::from_utf8_lossy(&filtered.stderr));
    let since = run().args(["logs", "tail", group, "--since", "2m"]).output().await.unwrap();
    assert!(since.status.success(), "{}", String::from_utf8_lossy(&since.stderr));
    let lines = String::from_utf8_lossy(&since.stdout).lines().filter(|line| line.contains("GET /")).count();
    assert!(lines > 60, "{lines} lines in two minutes");
    let mut child = run()
        .args(["logs", "tail", group, "--follow", "--since", "10s"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut count = 0;
    while count < 30 {
        out.next_line().await.unwrap().expect("it goes on");
        count += 1;
    }
    child.kill().await.unwrap();
    sim.shutdown();
}

/// Runs the AWS CLI and parses its JSON; empty output is null.
async fn cli(sim: &Sim, line: &str) -> Value {
    let output =
        command(sim).args(["-m", "awscli", "--output", "json"]).args(line.split_whitespace()).output().await.unwrap();
    assert!(output.status.success(), "{line}:\n{}", String::from_utf8_lossy(&output.stderr));
    if output.stdout.is_empty() { Value::Null } else { serde_json::from_slice(&output.stdout).unwrap() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aws_cli_reads_services_and_databases() {
    let sim = start(Scenario::Prod).await;
    let cluster = "bookmark-manager-prod-cluster";
    let identity = cli(&sim, "sts get-caller-identity").await;
    assert_eq!(identity["Account"], aws_sim::ACCOUNT);
    let services = cli(&sim, &format!("ecs list-services --cluster {cluster}")).await;
    assert_eq!(services["serviceArns"].as_array().unwrap().len(), 2);
    let names = "bookmark-manager-prod-web bookmark-manager-prod-api";
    cli(&sim, &format!("ecs wait services-stable --cluster {cluster} --services {names}")).await;
    let clusters = cli(&sim, "rds describe-db-clusters").await;
    assert_eq!(clusters["DBClusters"][0]["Engine"], "aurora-postgresql");
    let alarms = cli(&sim, "cloudwatch describe-alarms --alarm-name-prefix bookmark-manager-prod-").await;
    assert_eq!(alarms["MetricAlarms"].as_array().unwrap().len(), 8);
    let targets = cli(&sim, "application-autoscaling describe-scalable-targets --service-namespace ecs").await;
    assert_eq!(targets["ScalableTargets"].as_array().unwrap().len(), 4);
    let groups = cli(&sim, "elbv2 describe-target-groups --names bookmark-manager-prod-web").await;
    let arn = groups["TargetGroups"][0]["TargetGroupArn"].as_str().unwrap();
    let health = cli(&sim, &format!("elbv2 describe-target-health --target-group-arn {arn}")).await;
    assert_eq!(health["TargetHealthDescriptions"][0]["TargetHealth"]["State"], "healthy");
    sim.shutdown();
}

/// A gate with a fixed address, and credentials with or without a session token.
struct Address {
    url: String,
    token: Option<&'static str>,
}

impl Gate for Address {
    type Target = ();

    async fn resolve(&self) -> Result<(), Failure> {
        Ok(())
    }

    fn describe(&self, (): &()) -> String {
        String::new()
    }

    async fn start(&self, (): &()) -> Result<OpenSession, Failure> {
        Ok(OpenSession { session_id: "operator-0a1b".into(), url: self.url.clone(), token: "t".to_owned().into() })
    }

    async fn resume(&self, _: &str) -> Result<(Option<String>, Token), Failure> {
        Err(Failure::transient("it is not resumed"))
    }

    async fn terminate(&self, _: &str) -> Result<(), Failure> {
        Ok(())
    }

    async fn find_gone_reason(&self, (): &()) -> Option<String> {
        None
    }

    async fn credentials(&self) -> Result<Credentials, Failure> {
        Ok(Credentials::new("AKIASIMULATED0000001", "simu/lat+ed", self.token.map(str::to_owned), None, "test"))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tunnel_signature_matches_botocore() {
    let sim = start(Scenario::Staging).await;
    for token in [None, Some("IQoJb3JpZ2lu+/x8=")] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        // In the form of AWS, with a raw `+` and `/`.
        let path = "/v1/data-channel/operator-0a1b?role=publish_subscribe&cell-number=AAEAA+sim/Xy9+/1==";
        let url = format!("ws://{}{path}", listener.local_addr().unwrap());
        let options = Options {
            region: "ap-northeast-1".into(),
            tls: None,
            proxy: None,
            pace: SendRate { per_second: 0, burst: 0 },
        };
        let gate = Address { url: url.clone(), token };
        let _tunnel = Tunnel::open(gate, options, std::net::SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            head.push(char::from(socket.read_u8().await.unwrap()));
        }
        assert!(head.starts_with(&format!("GET {path} HTTP/1.1\r\n")), "the address is asked for as it is: {head}");
        let header = |name: &str| {
            let lines = head.lines().filter_map(|line| line.split_once(": "));
            lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).next()
        };
        assert_eq!(header("x-amz-security-token").as_deref(), token);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/py");
        let mut signed = command(&sim);
        signed.current_dir(folder).arg("signed.py").arg(url.replacen("ws", "http", 1));
        signed.arg(header("x-amz-date").unwrap()).env("AWS_SECRET_ACCESS_KEY", "simu/lat+ed");
        signed.args(token);
        let output = signed.output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(header("authorization").unwrap(), String::from_utf8_lossy(&output.stdout).trim_end());
    }
    sim.shutdown();
}
