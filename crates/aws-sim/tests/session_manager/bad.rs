//! Invalid answers of AWS, or of someone else in its place: each is reported and overcome, and leaves nothing behind.

use super::client::{CLUSTER, Client, PATIENCE, SERVICE, Target, call, echo, ecs, options, post, round, simulator};
use aws_sim::{Sim, SimOptions};
use serde_json::{Value, json};
use ssm_tunnel::{Credentials, Failure, FailureKind, Gate, OpenSession, State, Status, Token, Tunnel};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};
use tokio::time::timeout;

/// A gate that uses the simulator and modifies the answer to its first start.
struct ModifyingGate<F> {
    client: Client,
    modify: F,
    started: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
    /// How far this machine's clock is ahead of the service's time, which the gate knows.
    clock_offset: Duration,
}

impl<F: Fn(&mut OpenSession) + Send + Sync + 'static> Gate for ModifyingGate<F> {
    type Target = Target;

    async fn resolve(&self) -> Result<Target, Failure> {
        self.client.resolve().await
    }

    fn describe(&self, target: &Target) -> String {
        self.client.describe(target)
    }

    async fn start(&self, target: &Target) -> Result<OpenSession, Failure> {
        let mut granted = self.client.start(target).await?;
        if self.started.fetch_add(1, Ordering::Relaxed) == 0 {
            (self.modify)(&mut granted);
        }
        Ok(granted)
    }

    async fn resume(&self, session_id: &str) -> Result<(Option<String>, Token), Failure> {
        self.client.resume(session_id).await
    }

    async fn terminate(&self, session_id: &str) -> Result<(), Failure> {
        self.ended.fetch_add(1, Ordering::Relaxed);
        self.client.terminate(session_id).await
    }

    async fn find_gone_reason(&self, target: &Target) -> Option<String> {
        self.client.find_gone_reason(target).await
    }

    async fn credentials(&self) -> Result<Credentials, Failure> {
        self.client.credentials().await
    }

    fn now(&self) -> SystemTime {
        SystemTime::now() - self.clock_offset
    }
}

/// The status changes up to Ready when the first session's answer is modified; then checks that bytes arrive through
/// the second session.
async fn statuses_until_ready(modify: impl Fn(&mut OpenSession) + Send + Sync + 'static) -> Vec<Status> {
    let sim = simulator(Some(echo().await)).await;
    let (started, ended) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let client = Client { endpoint: sim.endpoint(), command: None };
    let gate =
        ModifyingGate { client, modify, started: started.clone(), ended: ended.clone(), clock_offset: Duration::ZERO };
    let mut tunnel = Tunnel::open(gate, options(), SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let mut statuses = Vec::new();
    while !statuses.last().is_some_and(|status: &Status| status.state == State::Ready) {
        statuses.push(timeout(PATIENCE, tunnel.changed()).await.unwrap().unwrap());
    }
    timeout(PATIENCE, round(tunnel.address().unwrap(), 5_000)).await.unwrap().unwrap();
    let status = tunnel.close().await;
    assert_eq!(status.replacements, 1, "{status:?}");
    assert_eq!((started.load(Ordering::Relaxed), ended.load(Ordering::Relaxed)), (2, 2), "each was ended at AWS");
    statuses
}

fn reasons(statuses: &[Status]) -> String {
    statuses.iter().filter_map(Status::reason).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_token_is_reported_and_another_session_opened() {
    let statuses = statuses_until_ready(|granted| granted.token = "hush-other".to_owned().into()).await;
    let reasons = reasons(&statuses);
    assert!(reasons.contains("closed the connection"), "{reasons}");
    assert!(!format!("{statuses:?}").contains("hush"), "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_address_is_reported_and_another_session_opened() {
    for bad in ["", "hush", "http://127.0.0.1:1/hush", "wss://?hush"] {
        let statuses = statuses_until_ready(move |granted| bad.clone_into(&mut granted.url)).await;
        let reasons = reasons(&statuses);
        assert!(reasons.contains("the address that AWS returned for the session is invalid"), "{bad}: {reasons}");
        assert!(!format!("{statuses:?}").contains("hush"), "{bad}: {statuses:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_address_is_reported_and_another_session_opened() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let statuses = statuses_until_ready(move |granted| granted.url = format!("ws://{nobody}/v1/data-channel/x")).await;
    assert!(reasons(&statuses).contains("cannot be reached"), "{statuses:?}");
    // An echo server, which does not answer as a WebSocket.
    let somebody = echo().await;
    let statuses =
        statuses_until_ready(move |granted| granted.url = format!("ws://{somebody}/v1/data-channel/x")).await;
    assert!(reasons(&statuses).contains("does not answer as a WebSocket"), "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signature_uses_the_time_of_the_gate() {
    let sim = simulator(None).await;
    let here = SocketAddr::from(([127, 0, 0, 1], 0));
    let client = || Client { endpoint: sim.endpoint(), command: None };
    let skewed = async || {
        let requests = super::get(&sim.endpoint(), "/_sim/requests").await.unwrap();
        requests["operations"]["gateway:connect:skewed"]["errors"].as_u64().unwrap_or_default()
    };
    let tunnel = Tunnel::open(client(), options(), here).await.unwrap();
    timeout(PATIENCE, tunnel.ready()).await.unwrap().unwrap();
    assert_eq!(skewed().await, 0);
    let (started, ended) = (Arc::default(), Arc::default());
    let late_gate = ModifyingGate {
        client: client(),
        modify: |_: &mut OpenSession| (),
        started,
        ended,
        clock_offset: Duration::from_mins(10),
    };
    let tunnel = Tunnel::open(late_gate, options(), here).await.unwrap();
    timeout(PATIENCE, tunnel.ready()).await.unwrap().unwrap();
    assert_eq!(skewed().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_or_denied_targets_get_the_errors_of_aws() {
    let sim = Sim::start(SimOptions { limited: false, ..SimOptions::default() }).await.unwrap();
    let client = Client { endpoint: sim.endpoint(), command: None };
    let target = client.resolve().await.unwrap();
    let task = client.describe(&target);
    let start = async |target: &str| {
        let input = json!({
            "Target": target, "DocumentName": "AWS-StartPortForwardingSessionToRemoteHost",
            "Parameters": {"host": ["db.example"], "portNumber": ["5432"], "localPortNumber": ["0"]},
        });
        call(&sim.endpoint(), "AmazonSSM.StartSession", &input).await
    };
    let execute = async |more: Value| {
        let mut input = json!({"cluster": CLUSTER, "task": task, "command": "true", "interactive": true});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ecs(&sim.endpoint(), "ExecuteCommand", &input).await
    };
    let refused = |answer: Result<Value, String>, code: &str, says: &str| {
        let error = answer.unwrap_err();
        assert!(error.contains(code) && error.contains(says), "{code}, {says}: {error}");
    };
    let (other, name) = (target.name.replace(&task, &"0".repeat(32)), target.name.as_str());
    for nobody in ["i-00000000000000000", "ecs:no_cluster", "mi-1", &other, &format!("{name}0")] {
        refused(start(nobody).await, "TargetNotConnected", "is not connected");
    }
    refused(execute(json!({"task": "0".repeat(32)})).await, "InvalidParameterException", "task was not found");
    refused(execute(json!({"container": "nobody"})).await, "InvalidParameterException", "container name");
    refused(execute(json!({"interactive": false})).await, "InvalidParameterException", "Interactive is the only mode");
    refused(execute(json!({"cluster": "nobody"})).await, "ClusterNotFoundException", "");
    let poke = async |exec: Value| post(&sim.endpoint(), "/_sim/world", "", &json!({"exec": exec})).await.unwrap();
    poke(json!({"service": SERVICE, "connected": false})).await;
    refused(start(name).await, "TargetNotConnected", "is not connected");
    refused(execute(json!({})).await, "TargetNotConnectedException", "internal error");
    poke(json!({"service": SERVICE, "connected": true})).await;
    poke(json!({"service": SERVICE, "on": false})).await;
    refused(start(name).await, "TargetNotConnected", "is not connected");
    refused(execute(json!({})).await, "InvalidParameterException", "execute command was not enabled");
    poke(json!({"service": SERVICE})).await;
    // A session gets a new token and address each time.
    let session = start(name).await.unwrap();
    let resume = async |id: &Value| call(&sim.endpoint(), "AmazonSSM.ResumeSession", &json!({"SessionId": id})).await;
    let (one, two) = (resume(&session["SessionId"]).await.unwrap(), resume(&session["SessionId"]).await.unwrap());
    for key in ["TokenValue", "StreamUrl"] {
        assert!(session[key] != one[key] && one[key] != two[key] && session[key] != two[key], "{key}");
    }
    refused(resume(&json!("operator-0")).await, "DoesNotExistException", "operator-0");
    super::fault(&sim, json!({"operation": "ssm:StartSession", "kind": "denied"})).await;
    refused(start(name).await, "AccessDeniedException", "ssm:StartSession");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_link_before_the_first_ready_closes_with_a_reason() {
    let sim = simulator(None).await;
    super::fault(&sim, serde_json::json!({"operation": "gateway:connect", "kind": "denied"})).await;
    let gate = Client { endpoint: sim.endpoint(), command: None };
    let tunnel = Tunnel::open(gate, options(), SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let status = timeout(PATIENCE, tunnel.ready()).await.unwrap().unwrap_err();
    let State::Closed(ssm_tunnel::supervisor::Closed::Failed(failure)) = &status.state else { panic!("{status:?}") };
    assert_eq!(failure.kind, FailureKind::Refused);
    assert!(failure.message.contains("403"), "{failure}");
    assert!(failure.hint.as_ref().is_some_and(|hint| hint.contains("clock")), "{failure:?}");
}
