//! Tunnels and shells through the simulator's Session Manager, with the driver that the cockpit uses: every byte arrives
//! in order, or the connection is reset.
#![allow(clippy::unwrap_used)]

use aws_sim::{Scenario, Sim, SimOptions};
use serde_json::{Value, json};
use ssm_tunnel::driver::{Said, ShellInput};
use ssm_tunnel::{
    Credentials, Failure, FailureKind, Gate, Granted, Options, Pace, Shell, State, Status, Token, Tunnel,
};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const CLUSTER: &str = "bookmark-manager-staging-cluster";
const SERVICE: &str = "bookmark-manager-staging-web";
const REMOTE: (&str, u16) = ("db.example", 5432);
/// What hangs fails here.
const PATIENCE: Duration = Duration::from_mins(1);

async fn post(endpoint: &str, path: &str, headers: &str, body: &Value) -> Result<Value, String> {
    let address = endpoint.strip_prefix("http://").unwrap();
    let body = body.to_string();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.map_err(|error| error.to_string())?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
    if head.starts_with("HTTP/1.1 200") { Ok(serde_json::from_str(body).unwrap()) } else { Err(body.to_owned()) }
}

async fn call(endpoint: &str, target: &str, input: &Value) -> Result<Value, String> {
    let service = if target.starts_with("AmazonSSM") { "ssm" } else { "ecs" };
    let headers = format!(
        "authorization: AWS4-HMAC-SHA256 Credential=AKIATEST/20261118/ap-northeast-1/{service}/aws4_request, SignedHeaders=host, Signature=00\r\ncontent-type: application/x-amz-json-1.1\r\nx-amz-target: {target}\r\n"
    );
    post(endpoint, "/", &headers, input).await
}

async fn ecs(endpoint: &str, operation: &str, input: &Value) -> Result<Value, String> {
    call(endpoint, &format!("AmazonEC2ContainerServiceV20141113.{operation}"), input).await
}

async fn fault(sim: &Sim, fault: Value) {
    post(&sim.endpoint(), "/_sim/fault", "", &fault).await.unwrap();
}

/// Asks the simulator as an AWS client would.
struct Client {
    endpoint: String,
    command: Option<String>,
}

#[derive(Clone)]
struct Target {
    task: String,
    name: String,
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

    async fn start(&self, target: &Target) -> Result<Granted, Failure> {
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
        Ok(Granted { session_id: text("SessionId"), url: text("StreamUrl"), token: text("TokenValue").into() })
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

    async fn gone(&self, _: &Target) -> Option<String> {
        None
    }

    async fn credentials(&self) -> Result<Credentials, Failure> {
        Ok(Credentials::new("AKIATEST", "secret", None, None, "test"))
    }
}

fn options() -> Options {
    Options { region: "ap-northeast-1".into(), tls: None, proxy: None, pace: Pace { per_second: 0, burst: 0 } }
}

async fn simulator(to: Option<SocketAddr>) -> Sim {
    let map = to.map(|to| (format!("{}:{}", REMOTE.0, REMOTE.1), to)).into_iter().collect();
    Sim::start(SimOptions { scenario: Scenario::Staging, map, ..SimOptions::default() }).await.unwrap()
}

async fn opened(sim: &Sim) -> Tunnel {
    let gate = Client { endpoint: sim.endpoint(), command: None };
    let tunnel = Tunnel::open(gate, options(), "127.0.0.1:0".parse().unwrap()).await.unwrap();
    timeout(PATIENCE, tunnel.ready()).await.unwrap().unwrap();
    tunnel
}

async fn until(tunnel: &Tunnel, holds: impl Fn(&Status) -> bool) -> Status {
    let mut status = tunnel.status();
    let reached = timeout(PATIENCE, status.wait_for(|status| holds(status))).await;
    match reached {
        Ok(status) => status.unwrap().clone(),
        Err(late) => panic!("{late}: {:?}", *tunnel.status().borrow()),
    }
}

/// Answers every byte, and ends when its client does.
async fn echo() -> SocketAddr {
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

fn noise(bytes: usize) -> Vec<u8> {
    (0..bytes as u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 11) as u8).collect()
}

/// Sends and reads back.
async fn round(local: SocketAddr, bytes: usize) -> Result<Vec<u8>, std::io::Error> {
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_byte_arrives_whatever_happens_to_the_link() {
    let sim = simulator(Some(echo().await)).await;
    let tunnel = opened(&sim).await;
    let faults = [
        json!({"operation": "gateway:output", "kind": "reset", "after": 30, "count": 1}),
        json!({"operation": "gateway:output", "kind": "close", "after": 30, "count": 1}),
        json!({"operation": "gateway:output", "kind": "going_away", "after": 30, "count": 1}),
        json!({"operation": "gateway:acknowledge", "kind": "drop", "after": 10, "count": 40}),
        json!({"operation": "gateway:*", "kind": "duplicate", "count": 100}),
        json!({"operation": "gateway:output", "kind": "reorder", "count": 20}),
        json!({"operation": "gateway:output", "kind": "unknown", "count": 20}),
        json!({"operation": "gateway:output", "kind": "drop", "after": 20, "count": 3}),
    ];
    for one in faults {
        fault(&sim, one.clone()).await;
        timeout(PATIENCE, round(tunnel.local(), 200_000)).await.unwrap_or_else(|_| panic!("hung: {one}")).unwrap();
        fault(&sim, json!({"clear": true})).await;
    }
    // Acknowledgements are lost at the moment of a cut.
    fault(&sim, json!({"operation": "gateway:acknowledge", "kind": "drop", "count": 25})).await;
    fault(&sim, json!({"operation": "gateway:output", "kind": "reset", "after": 25, "count": 1})).await;
    timeout(PATIENCE, round(tunnel.local(), 200_000)).await.unwrap().unwrap();
    let status = tunnel.close().await;
    assert_eq!((status.resumes, status.replacements), (4, 0), "{status:?}");
    assert_eq!(status.received, 9 * 200_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_timed_out_resets_its_connections_and_the_port_stays() {
    let sim = simulator(Some(echo().await)).await;
    let tunnel = opened(&sim).await;
    let mut socket = TcpStream::connect(tunnel.local()).await.unwrap();
    socket.write_all(b"x").await.unwrap();
    assert_eq!(socket.read_u8().await.unwrap(), b'x');
    fault(&sim, json!({"operation": "ssm:ResumeSession", "kind": "empty", "count": 1})).await;
    fault(&sim, json!({"operation": "gateway:link", "kind": "close", "count": 1})).await;
    let error = timeout(PATIENCE, socket.read_u8()).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "no clean end");
    timeout(PATIENCE, round(tunnel.local(), 1000)).await.unwrap().unwrap();
    assert_eq!(tunnel.close().await.replacements, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_refuses_resets_the_connection_and_is_counted() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let sim = simulator(Some(free)).await;
    let tunnel = opened(&sim).await;
    let error = timeout(PATIENCE, round(tunnel.local(), 10)).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    until(&tunnel, |status| status.refused == 1 && status.state == State::Ready).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_agent_serves_one_connection_after_the_other() {
    let sim = simulator(Some(echo().await)).await;
    fault(&sim, json!({"operation": "gateway:handshake", "kind": "old", "count": 1})).await;
    let tunnel = opened(&sim).await;
    for _ in 0..2 {
        timeout(PATIENCE, round(tunnel.local(), 5_000)).await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_link_and_a_late_agent_are_told_and_overcome() {
    let sim = simulator(None).await;
    fault(&sim, json!({"operation": "gateway:handshake", "kind": "early", "delay_ms": 300, "count": 1})).await;
    let tunnel = opened(&sim).await;
    // A refusal, and then it is let in.
    fault(&sim, json!({"operation": "gateway:connect", "kind": "denied", "count": 1})).await;
    fault(&sim, json!({"operation": "gateway:link", "kind": "reset", "count": 1})).await;
    until(&tunnel, |status| matches!(&status.state, State::Resuming(why) if why.contains("403"))).await;
    until(&tunnel, |status| status.state == State::Ready && status.resumes == 1).await;
    timeout(PATIENCE, round(tunnel.local(), 10)).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_stops_holds_the_sender_and_loses_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let sim = simulator(Some(listener.local_addr().unwrap())).await;
    let tunnel = opened(&sim).await;
    let bytes = noise(12 << 20);
    let sent = Arc::new(bytes.clone());
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let _ = socket.write_all(&sent).await;
    });
    let mut socket = TcpStream::connect(tunnel.local()).await.unwrap();
    until(&tunnel, |status| status.waits_for_reader).await;
    let mut got = Vec::new();
    timeout(PATIENCE, socket.read_to_end(&mut got)).await.unwrap().unwrap();
    assert!(got == bytes, "{} of {}", got.len(), bytes.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_connections_at_once_each_get_their_own_bytes() {
    let sim = simulator(None).await;
    let tunnel = opened(&sim).await;
    let local = tunnel.local();
    let mut silent = TcpStream::connect(local).await.unwrap();
    let all: Vec<_> = (1..=150).map(|size| tokio::spawn(timeout(PATIENCE, round(local, size * 7)))).collect();
    for one in all {
        one.await.unwrap().unwrap().unwrap();
    }
    // One that said nothing so far is served like the others.
    silent.write_all(b"x").await.unwrap();
    assert_eq!(silent.read_u8().await.unwrap(), b'x');
    assert_eq!(tunnel.close().await.connections, 151);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shell_says_its_output_and_its_exit_code_and_its_session_ends() {
    let sim = simulator(None).await;
    let gate = Client { endpoint: sim.endpoint(), command: Some("/bin/sh".into()) };
    let mut shell = Shell::open(gate, options());
    let input = shell.input().unwrap();
    input.send(ShellInput::Bytes("echo 日本; exit 3\r".into())).await.unwrap();
    let (mut output, mut exit) = (Vec::new(), None);
    while let Some(said) = timeout(PATIENCE, shell.next()).await.unwrap() {
        match said {
            Said::Output(bytes) | Said::Stderr(bytes) => output.extend_from_slice(&bytes),
            Said::Exit(code) => exit = Some(code),
            Said::Closed => break,
        }
    }
    assert_eq!(exit, Some(3));
    let output = String::from_utf8(output).unwrap();
    assert!(output.contains("\r\n日本\r\n"), "{output}");
}
