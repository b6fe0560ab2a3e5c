//! A client like the cockpit, and helpers for the simulator and the far side.
#![allow(clippy::unwrap_used, missing_docs, dead_code)]

use aws_sim::{Scenario, Sim, SimOptions};
use serde_json::{Value, json};
use ssm_tunnel::{Credentials, Failure, FailureKind, Gate, OpenSession, Options, SendRate, Status, Token, Tunnel};
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::timeout;

pub const CLUSTER: &str = "bookmark-manager-staging-cluster";
pub const SERVICE: &str = "bookmark-manager-staging-web";
pub const REMOTE: (&str, u16) = ("db.example", 5432);
/// The time limit of a test step.
pub const PATIENCE: Duration = Duration::from_mins(1);

pub async fn post(endpoint: &str, path: &str, headers: &str, body: &Value) -> Result<Value, String> {
    request(endpoint, "POST", path, headers, &body.to_string()).await
}

pub async fn get(endpoint: &str, path: &str) -> Result<Value, String> {
    request(endpoint, "GET", path, "", "").await
}

async fn request(endpoint: &str, method: &str, path: &str, headers: &str, body: &str) -> Result<Value, String> {
    let address = endpoint.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    stream.write_all((head + body).as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.map_err(|error| error.to_string())?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
    if head.starts_with("HTTP/1.1 200") { Ok(serde_json::from_str(body).unwrap()) } else { Err(body.to_owned()) }
}

pub async fn call(endpoint: &str, target: &str, input: &Value) -> Result<Value, String> {
    let service = if target.starts_with("AmazonSSM") { "ssm" } else { "ecs" };
    let headers = format!(
        "authorization: AWS4-HMAC-SHA256 Credential=AKIATEST/20261118/ap-northeast-1/{service}/aws4_request, SignedHeaders=host, Signature=00\r\ncontent-type: application/x-amz-json-1.1\r\nx-amz-target: {target}\r\n"
    );
    post(endpoint, "/", &headers, input).await
}

pub async fn ecs(endpoint: &str, operation: &str, input: &Value) -> Result<Value, String> {
    call(endpoint, &format!("AmazonEC2ContainerServiceV20141113.{operation}"), input).await
}

pub async fn fault(sim: &Sim, fault: Value) {
    post(&sim.endpoint(), "/_sim/fault", "", &fault).await.unwrap();
}

/// A gate that makes the requests to the simulator as an AWS client would.
pub struct Client {
    pub endpoint: String,
    pub command: Option<String>,
}

#[derive(Clone)]
pub struct Target {
    task: String,
    pub name: String,
}

impl Gate for Client {
    type Target = Target;

    async fn resolve(&self) -> Result<Target, Failure> {
        let input = json!({"cluster": CLUSTER, "serviceName": SERVICE});
        let listed = ecs(&self.endpoint, "ListTasks", &input).await.map_err(Failure::transient)?;
        let input = json!({"cluster": CLUSTER, "tasks": listed["taskArns"]});
        let described = ecs(&self.endpoint, "DescribeTasks", &input).await.map_err(Failure::transient)?;
        let tasks = described["tasks"].as_array().unwrap();
        let task = tasks.iter().find(|task| task["containers"][0]["managedAgents"][0]["lastStatus"] == "RUNNING");
        let task = task.ok_or_else(|| Failure::transient("no task"))?;
        let id = task["taskArn"].as_str().unwrap().rsplit('/').next().unwrap();
        let runtime = task["containers"][0]["runtimeId"].as_str().unwrap();
        Ok(Target { task: id.to_owned(), name: format!("ecs:{CLUSTER}_{id}_{runtime}") })
    }

    fn describe(&self, target: &Target) -> String {
        target.task.clone()
    }

    async fn start(&self, target: &Target) -> Result<OpenSession, Failure> {
        let answer = if let Some(command) = &self.command {
            let input = json!({"cluster": CLUSTER, "task": target.task, "command": command, "interactive": true});
            ecs(&self.endpoint, "ExecuteCommand", &input).await.map(|answer| {
                    let session = &answer["session"];
                    json!({"SessionId": session["sessionId"], "StreamUrl": session["streamUrl"], "TokenValue": session["tokenValue"]})
                })
        } else {
            let input = json!({
                "Target": target.name, "DocumentName": "AWS-StartPortForwardingSessionToRemoteHost",
                "Parameters": {"host": [REMOTE.0], "portNumber": [REMOTE.1.to_string()], "localPortNumber": ["0"]},
            });
            call(&self.endpoint, "AmazonSSM.StartSession", &input).await
        };
        let answer = answer.map_err(Failure::transient)?;
        let text = |key: &str| answer[key].as_str().unwrap().to_owned();
        Ok(OpenSession { session_id: text("SessionId"), url: text("StreamUrl"), token: text("TokenValue").into() })
    }

    async fn resume(&self, session_id: &str) -> Result<(Option<String>, Token), Failure> {
        let answer = call(&self.endpoint, "AmazonSSM.ResumeSession", &json!({"SessionId": session_id})).await;
        let answer = answer.map_err(|error| {
            let gone = error.contains("DoesNotExist");
            Failure::new(if gone { FailureKind::Gone } else { FailureKind::Transient }, error)
        })?;
        match answer["TokenValue"].as_str().filter(|token| !token.is_empty()) {
            Some(token) => Ok((answer["StreamUrl"].as_str().map(str::to_owned), token.to_owned().into())),
            None => Err(Failure::new(FailureKind::Gone, "the session timed out")),
        }
    }

    async fn terminate(&self, session_id: &str) -> Result<(), Failure> {
        let ended = call(&self.endpoint, "AmazonSSM.TerminateSession", &json!({"SessionId": session_id})).await;
        ended.map(drop).map_err(Failure::transient)
    }

    async fn find_gone_reason(&self, _: &Target) -> Option<String> {
        None
    }

    async fn credentials(&self) -> Result<Credentials, Failure> {
        Ok(Credentials::new("AKIATEST", "secret", None, None, "test"))
    }
}

pub fn options() -> Options {
    Options { region: "ap-northeast-1".into(), tls: None, proxy: None, pace: SendRate { per_second: 0, burst: 0 } }
}

pub async fn simulator(to: Option<SocketAddr>) -> Sim {
    let map = to.map(|to| (format!("{}:{}", REMOTE.0, REMOTE.1), to)).into_iter().collect();
    Sim::start(SimOptions { scenario: Scenario::Staging, map, ..SimOptions::default() }).await.unwrap()
}

pub async fn opened(sim: &Sim) -> Tunnel {
    let gate = Client { endpoint: sim.endpoint(), command: None };
    let tunnel = Tunnel::open(gate, options(), SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    timeout(PATIENCE, tunnel.ready()).await.unwrap().unwrap();
    tunnel
}

pub async fn until(tunnel: &Tunnel, holds: impl Fn(&Status) -> bool) -> Status {
    let mut status = tunnel.status();
    let reached = timeout(PATIENCE, status.wait_for(|status| holds(status))).await;
    match reached {
        Ok(status) => status.unwrap().clone(),
        Err(late) => panic!("{late}: {:?}", *tunnel.status().borrow()),
    }
}

/// Starts an echo server that ends a connection when its client does.
pub async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut read, mut write) = socket.split();
                let _ = tokio::io::copy(&mut read, &mut write).await;
            });
        }
    });
    address
}

pub fn noise(bytes: usize) -> Vec<u8> {
    (0..bytes as u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 11) as u8).collect()
}

/// Sends bytes and reads them back.
pub async fn round(local: SocketAddr, bytes: usize) -> Result<Vec<u8>, std::io::Error> {
    let mut socket = TcpStream::connect(local).await?;
    let (mut read, mut write) = socket.split();
    let sent = noise(bytes);
    let mut got = vec![0; bytes];
    let (sending, reading) = tokio::join!(write.write_all(&sent), read.read_exact(&mut got));
    sending?;
    reading?;
    assert_eq!(got, sent);
    Ok(got)
}

/// Starts AWS's own client with a session to [`REMOTE`]; returns the process and the address at which it listens.
pub async fn plugin(program: &str, endpoint: &str) -> (Child, SocketAddr) {
    let client = Client { endpoint: endpoint.to_owned(), command: None };
    let target = client.resolve().await.unwrap();
    let input = json!({
        "Target": target.name, "DocumentName": "AWS-StartPortForwardingSessionToRemoteHost",
        "Parameters": {"host": [REMOTE.0], "portNumber": [REMOTE.1.to_string()], "localPortNumber": ["0"]},
    });
    let session = call(endpoint, "AmazonSSM.StartSession", &input).await.unwrap();
    let mut command = Command::new(program);
    let arguments = [&session.to_string(), "ap-northeast-1", "StartSession", "", &input.to_string(), endpoint];
    // A separate folder, as its socket is named after the session id: one left behind by an earlier run would block it.
    let folder = std::env::temp_dir().join(format!("session-manager-plugin-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    command.args(arguments).env_clear().env("HOME", &folder).env("TMPDIR", &folder);
    command.envs([
        ("AWS_ACCESS_KEY_ID", "AKIATEST"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let port = timeout(PATIENCE, async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some(port) = line.strip_prefix("Port ").and_then(|rest| rest.split(' ').next()) {
                return port.parse::<u16>().unwrap();
            }
        }
        panic!("it ended without a port");
    });
    let address = SocketAddr::from(([127, 0, 0, 1], port.await.unwrap()));
    // It ends if nothing reads its output.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (child, address)
}
