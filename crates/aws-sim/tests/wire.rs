//! The simulator over a plain socket: protocols, credentials, faults, counters, pages, shutdown. The content of
//! answers is checked by boto3 in `botocore.rs`.

#![allow(clippy::unwrap_used)]

use aws_sim::{Scenario, Sim, SimError, SimOptions};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CLUSTER: &str = "bookmark-manager-staging-cluster";

async fn start(scenario: Scenario) -> Sim {
    let start = Some("2026-11-18T03:00:00Z".parse().unwrap());
    Sim::start(SimOptions { scenario, speed: 0.0, start, ..SimOptions::default() }).await.unwrap()
}

/// An answer, or the part of it that arrived.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|l| l.split_once(": ").filter(|(n, _)| n.eq_ignore_ascii_case(name))).map(|(_, v)| v)
    }
}

async fn raw(sim: &Sim, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
    let address = sim.endpoint().strip_prefix("http://").unwrap().to_owned();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut bytes = Vec::new();
    // A reset in the middle is one of the faults; the bytes before it count.
    let _ = stream.read_to_end(&mut bytes).await;
    let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else {
        return Answer { status: 0, head: String::new(), body: bytes };
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: bytes[end + 4..].to_vec() }
}

fn signed(key: &str, service: &str) -> String {
    format!(
        "authorization: AWS4-HMAC-SHA256 Credential={key}/20261118/ap-northeast-1/{service}/aws4_request, SignedHeaders=host, Signature=00\r\n"
    )
}

async fn ecs_as(sim: &Sim, key: &str, operation: &str, input: Value) -> Answer {
    let headers = format!(
        "{}content-type: application/x-amz-json-1.1\r\nx-amz-target: AmazonEC2ContainerServiceV20141113.{operation}\r\n",
        signed(key, "ecs")
    );
    raw(sim, "POST", "/", &headers, input.to_string().as_bytes()).await
}

async fn ecs(sim: &Sim, operation: &str, input: Value) -> Answer {
    ecs_as(sim, "AKIATEST", operation, input).await
}

async fn rds(sim: &Sim, form: &str) -> Answer {
    let headers = format!("{}content-type: application/x-www-form-urlencoded\r\n", signed("AKIATEST", "rds"));
    raw(sim, "POST", "/", &headers, format!("Version=2014-10-31&Action={form}").as_bytes()).await
}

async fn cbor(sim: &Sim, operation: &str, body: &[u8]) -> Answer {
    let headers = format!(
        "{}content-type: application/cbor\r\nsmithy-protocol: rpc-v2-cbor\r\n",
        signed("AKIATEST", "monitoring")
    );
    raw(sim, "POST", &format!("/service/GraniteServiceVersion20100801/operation/{operation}"), &headers, body).await
}

async fn control(sim: &Sim, path: &str, input: Value) -> Value {
    let answer = raw(sim, "POST", path, "", input.to_string().as_bytes()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

async fn fault(sim: &Sim, operation: &str, kind: &str, count: u64) {
    control(sim, "/_sim/fault", json!({"operation": operation, "kind": kind, "count": count})).await;
}

#[tokio::test]
async fn simulator_listens_on_loopback_only() {
    for listen in ["0.0.0.0:0", "192.0.2.1:0", "[::]:0"] {
        let options = SimOptions { listen: listen.parse().unwrap(), ..SimOptions::default() };
        let error = Sim::start(options).await.unwrap_err();
        assert!(matches!(error, SimError::NotLoopback(_)));
        assert!(error.to_string().contains("loopback"));
    }
    let first = start(Scenario::Staging).await;
    let listen = first.endpoint().strip_prefix("http://").unwrap().parse().unwrap();
    let error = Sim::start(SimOptions { listen, ..SimOptions::default() }).await.unwrap_err();
    assert!(matches!(error, SimError::Bind { .. }));
}

#[tokio::test]
async fn simulator_reports_itself_keeps_time_and_stops() {
    let sim = start(Scenario::Pantri).await;
    let hello = sim.hello();
    assert_eq!(hello["region"], "us-east-1");
    assert_eq!(hello["scenario"], "pantri");
    assert_eq!(hello["account"], aws_sim::ACCOUNT);
    assert_eq!(hello["endpoint"], sim.endpoint());
    let (before, clock) = (sim.now(), sim.clock());
    control(&sim, "/_sim/advance", json!({"seconds": 90})).await;
    assert_eq!(clock.now().duration_since(before).as_secs(), 90);
    assert_eq!(raw(&sim, "POST", "/_sim/advance", "", b"{\"seconds\":-1}").await.status, 400);
    assert_eq!(raw(&sim, "POST", "/_sim/advance", "", b"nonsense").await.status, 400);
    assert_eq!(raw(&sim, "GET", "/_sim/nothing", "", b"").await.status, 404);
    sim.shutdown();
    let address = sim.endpoint().strip_prefix("http://").unwrap().to_owned();
    for _ in 0..1_000 {
        if TcpStream::connect(&address).await.is_err() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("it still listens");
}

#[tokio::test]
async fn credentials_are_checked() {
    let sim = start(Scenario::Staging).await;
    let target = "x-amz-target: AmazonEC2ContainerServiceV20141113.ListClusters\r\n";
    let answer = raw(&sim, "POST", "/", target, b"{}").await;
    assert_eq!((answer.status, &answer.json()["__type"]), (400, &json!("MissingAuthenticationTokenException")));
    let answer = raw(&sim, "POST", "/", "", b"Action=DescribeDBClusters&Version=2014-10-31").await;
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("<Code>MissingAuthenticationToken</Code>"));
    assert!(answer.header("x-amzn-requestid").is_some());
    // The region comes from the signature: the cluster of another region is not found.
    let other = "authorization: AWS4-HMAC-SHA256 Credential=K/20261118/us-east-1/ecs/aws4_request\r\n";
    let answer = raw(&sim, "POST", "/", &format!("{other}{target}"), b"{}").await;
    assert_eq!(answer.json()["clusterArns"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn first_key_expires_in_scenario_expired() {
    let sim = start(Scenario::Expired).await;
    assert_eq!(ecs_as(&sim, "AKIAONE", "ListClusters", json!({})).await.status, 200);
    control(&sim, "/_sim/advance", json!({"seconds": 29})).await;
    assert_eq!(ecs_as(&sim, "AKIAONE", "ListClusters", json!({})).await.status, 200);
    control(&sim, "/_sim/advance", json!({"seconds": 1})).await;
    let answer = ecs_as(&sim, "AKIAONE", "ListClusters", json!({})).await;
    assert_eq!((answer.status, &answer.json()["__type"]), (400, &json!("ExpiredTokenException")));
    assert_eq!(ecs_as(&sim, "AKIATWO", "ListClusters", json!({})).await.status, 200);
    control(&sim, "/_sim/advance", json!({"seconds": 3600})).await;
    assert_eq!(ecs_as(&sim, "AKIATWO", "ListClusters", json!({})).await.status, 200);
    control(&sim, "/_sim/expire", json!({"access_key": "AKIATWO"})).await;
    assert_eq!(ecs_as(&sim, "AKIATWO", "ListClusters", json!({})).await.status, 400);
}

#[tokio::test]
async fn scenario_throttled_throttles_a_third_of_ecs() {
    let sim = start(Scenario::Throttled).await;
    // Only the throttling of the scenario is tested here, not the documented rates.
    control(&sim, "/_sim/rates", json!({"on": false})).await;
    let mut throttled = 0;
    for _ in 0..200 {
        let answer = ecs(&sim, "ListClusters", json!({})).await;
        if answer.status == 400 {
            assert_eq!(answer.json(), json!({"__type": "ThrottlingException", "message": "Rate exceeded"}));
            throttled += 1;
        }
        assert_eq!(rds(&sim, "DescribeDBInstances").await.status, 200);
    }
    assert!((40..=80).contains(&throttled), "{throttled} of 200");
}

#[tokio::test]
async fn errors_match_each_protocol() {
    let sim = start(Scenario::Staging).await;
    let kinds = [
        ("throttle", 400, "ThrottlingException", 400, "Throttling"),
        ("error", 500, "ServerException", 500, "InternalFailure"),
        ("denied", 400, "AccessDeniedException", 403, "AccessDenied"),
        ("expired", 400, "ExpiredTokenException", 403, "ExpiredToken"),
    ];
    for (kind, json_status, json_code, query_status, query_code) in kinds {
        fault(&sim, "*", kind, 3).await;
        let answer = ecs(&sim, "ListClusters", json!({})).await;
        assert_eq!((answer.status, answer.json()["__type"].as_str()), (json_status, Some(json_code)));
        let answer = rds(&sim, "DescribeDBClusters").await;
        assert_eq!(answer.status, query_status);
        assert!(answer.text().contains(&format!("<Code>{query_code}</Code>")), "{}", answer.text());
        let answer = cbor(&sim, "DescribeAlarms", b"").await;
        assert_eq!(answer.status, json_status);
        assert_eq!(answer.header("smithy-protocol"), Some("rpc-v2-cbor"));
        assert!(answer.header("x-amzn-query-error").is_some());
        // The fault is used up.
        assert_eq!(ecs(&sim, "ListClusters", json!({})).await.status, 200);
    }
    fault(&sim, "rds:DescribeDBClusters", "denied", 1).await;
    assert!(rds(&sim, "DescribeDBClusters").await.text().contains(
        "User: arn:aws:sts::123456789012:assumed-role/admin/operator is not authorized to perform: rds:DescribeDBClusters because no identity-based policy allows the rds:DescribeDBClusters action"
    ));
}

#[tokio::test]
async fn unknown_operations_are_rejected_and_counted() {
    let sim = start(Scenario::Staging).await;
    let answer = ecs(&sim, "MakeCoffee", json!({})).await;
    assert_eq!((answer.status, &answer.json()["__type"]), (400, &json!("UnknownOperationException")));
    let answer = rds(&sim, "MakeCoffee").await;
    assert!(answer.status == 400 && answer.text().contains("<Code>InvalidAction</Code>"));
    assert_eq!(cbor(&sim, "MakeCoffee", b"").await.status, 400);
    let headers = format!("{}x-amz-target: Firehose_20150804.ListDeliveryStreams\r\n", signed("AKIATEST", "firehose"));
    assert_eq!(raw(&sim, "POST", "/", &headers, b"{}").await.status, 400);
    assert_eq!(raw(&sim, "PUT", "/bucket/key", "", b"x").await.status, 404);
    let report = raw(&sim, "GET", "/_sim/requests", "", b"").await.json();
    assert_eq!((&report["unknown"], &report["total"]), (&json!(5), &json!(4)));
    assert_eq!(report["operations"]["ecs:MakeCoffee"], json!({"count": 1, "errors": 1}));
    control(&sim, "/_sim/requests/reset", json!({})).await;
    let report = raw(&sim, "GET", "/_sim/requests", "", b"").await.json();
    assert_eq!(report["total"], 0);
}

#[tokio::test]
async fn invalid_bodies_are_rejected() {
    let sim = start(Scenario::Staging).await;
    let headers = format!("{}x-amz-target: AmazonEC2ContainerServiceV20141113.ListClusters\r\n", signed("K", "ecs"));
    for body in [&b"{"[..], b"[1]", b"\xff\xfe", b"null"] {
        let answer = raw(&sim, "POST", "/", &headers, body).await;
        assert_eq!((answer.status, &answer.json()["__type"]), (400, &json!("SerializationException")));
    }
    assert_eq!(cbor(&sim, "DescribeAlarms", b"\xbf\x61").await.status, 400);
    assert_eq!(cbor(&sim, "DescribeAlarms", &[0x9f; 4096]).await.status, 400);
    assert_eq!(rds(&sim, "DescribeDBClusters&MaxRecords=many").await.status, 400);
    // No operation at all.
    let answer = raw(&sim, "POST", "/", &signed("K", "rds"), b"Version=2014-10-31").await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn requested_faults_break_answers() {
    let sim = start(Scenario::Staging).await;
    let complete = ecs(&sim, "ListClusters", json!({})).await;
    let length: usize = complete.header("content-length").unwrap().parse().unwrap();
    assert_eq!(complete.body.len(), length);
    fault(&sim, "ecs:ListClusters", "truncate", 1).await;
    let cut = ecs(&sim, "ListClusters", json!({})).await;
    assert_eq!(cut.header("content-length").unwrap(), length.to_string());
    assert_eq!(cut.body, complete.body[..length / 2]);
    fault(&sim, "*", "reset", 1).await;
    let gone = ecs(&sim, "ListClusters", json!({})).await;
    assert!(gone.status == 0 && gone.body.is_empty());
    fault(&sim, "*", "malformed", 3).await;
    let bad = ecs(&sim, "ListClusters", json!({})).await;
    assert!(bad.status == 200 && serde_json::from_slice::<Value>(&bad.body).is_err());
    let bad = rds(&sim, "DescribeDBClusters").await;
    assert_eq!((bad.status, bad.header("content-type")), (200, Some("text/xml")));
    let bad = cbor(&sim, "DescribeAlarms", b"").await;
    assert_eq!((bad.status, bad.header("content-type")), (200, Some("application/cbor")));
    fault(&sim, "ecs:*", "hang", 1).await;
    let hung = tokio::time::timeout(Duration::from_millis(100), ecs(&sim, "ListClusters", json!({}))).await;
    assert!(hung.is_err());
    assert_eq!(ecs(&sim, "ListClusters", json!({})).await.status, 200);
    control(&sim, "/_sim/fault", json!({"operation": "ecs:*", "kind": "delay", "delay_ms": 120})).await;
    let began = std::time::Instant::now();
    assert_eq!(ecs(&sim, "ListClusters", json!({})).await.status, 200);
    assert!(began.elapsed() >= Duration::from_millis(120));
    control(&sim, "/_sim/fault", json!({"clear": true})).await;
    let state = raw(&sim, "GET", "/_sim/state", "", b"").await.json();
    assert_eq!(state["faults"], json!([]));
    assert_eq!(raw(&sim, "POST", "/_sim/fault", "", b"{\"kind\":\"x\"}").await.status, 400);
}

#[tokio::test]
async fn pages_can_be_empty_or_never_end() {
    let sim = start(Scenario::Staging).await;
    fault(&sim, "ecs:ListServices", "empty", 1).await;
    let first = ecs(&sim, "ListServices", json!({"cluster": CLUSTER})).await.json();
    assert_eq!(first["serviceArns"], json!([]));
    let token = first["nextToken"].as_str().unwrap();
    let second = ecs(&sim, "ListServices", json!({"cluster": CLUSTER, "nextToken": token})).await.json();
    assert_eq!(second["serviceArns"].as_array().unwrap().len(), 2);
    assert!(second.get("nextToken").is_none());
    control(&sim, "/_sim/fault", json!({"operation": "*", "kind": "loop"})).await;
    for _ in 0..3 {
        let page = ecs(&sim, "ListServices", json!({"cluster": CLUSTER, "nextToken": token})).await.json();
        assert_eq!(page["nextToken"], token);
        assert_eq!(page["serviceArns"].as_array().unwrap().len(), 2);
        let page = rds(&sim, &format!("DescribeDBInstances&Marker={token}")).await.text();
        assert!(page.contains(&format!("<Marker>{token}</Marker>")) && page.contains("minimal-db"));
        assert_eq!(cbor(&sim, "DescribeAlarms", b"").await.status, 200);
    }
}

#[tokio::test]
async fn one_connection_carries_many_requests() {
    let sim = start(Scenario::Staging).await;
    let address = sim.endpoint().strip_prefix("http://").unwrap().to_owned();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let auth = signed("K", "ecs");
    for _ in 0..5 {
        let request = format!(
            "POST / HTTP/1.1\r\nhost: {address}\r\n{auth}x-amz-target: AmazonEC2ContainerServiceV20141113.ListClusters\r\ncontent-length: 2\r\n\r\n{{}}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(b"]}") {
            let mut part = [0; 4096];
            let n = stream.read(&mut part).await.unwrap();
            assert!(n > 0, "closed");
            seen.extend_from_slice(&part[..n]);
        }
        assert!(seen.starts_with(b"HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn many_connections_at_once() {
    let sim = start(Scenario::Staging).await;
    // A connection that hangs does not block others.
    fault(&sim, "sts:GetCallerIdentity", "hang", 1).await;
    let hung = {
        let sim = sim.clone();
        tokio::spawn(async move {
            raw(&sim, "POST", "/", &signed("K", "sts"), b"Action=GetCallerIdentity&Version=2011-06-15").await
        })
    };
    let all = (0..100).map(|_| {
        let sim = sim.clone();
        tokio::spawn(async move {
            ecs(&sim, "DescribeServices", json!({"cluster": CLUSTER, "services": ["bookmark-manager-staging-web"]}))
                .await
                .status
        })
    });
    for one in all.collect::<Vec<_>>() {
        assert_eq!(one.await.unwrap(), 200);
    }
    assert!(!hung.is_finished());
    hung.abort();
}

#[tokio::test]
async fn state_reports_services_and_databases() {
    let sim = start(Scenario::CrashLoop).await;
    let state = raw(&sim, "GET", "/_sim/state", "", b"").await.json();
    assert_eq!(state["scenario"], "crash-loop");
    assert_eq!(state["now"], "2026-11-18T03:00:00Z");
    let api = &state["clusters"][0]["services"][0];
    assert_eq!((&api["desired"], &api["running"]), (&json!(1), &json!(0)));
    let writers = state["databases"].as_array().unwrap().iter().filter(|d| d["writer"] == true).count();
    assert_eq!(writers, 1);
    let answer = raw(&sim, "POST", "/_sim/world", "", b"{\"nonsense\":1}").await;
    assert_eq!(answer.status, 400);
    control(&sim, "/_sim/world", json!({"set_desired": {"service": "bookmark-manager-staging-web", "desired": 3}}))
        .await;
    control(&sim, "/_sim/advance", json!({"seconds": 60})).await;
    let state = raw(&sim, "GET", "/_sim/state", "", b"").await.json();
    assert_eq!(state["clusters"][0]["services"][1]["running"], 3);
}

#[tokio::test]
async fn blobs_need_no_key_and_invalid_pokes_are_rejected() {
    let sim = start(Scenario::Staging).await;
    assert_eq!(raw(&sim, "GET", "/_ecr/blob/sha256:00", "", b"").await.status, 404);
    let web = "bookmark-manager-staging-web";
    for bad in [
        json!({"push_image": {"repository": "none", "tag": "a"}}),
        json!({"push_image": {"repository": web}}),
        json!({"push_image": {"repository": web, "tag": "a", "fate": "glorious"}}),
        json!({"deploy": {"service": "none"}}),
        json!({"deploy": {"service": web, "task_definition": "none:1"}}),
    ] {
        assert_eq!(raw(&sim, "POST", "/_sim/poke", "", bad.to_string().as_bytes()).await.status, 400, "{bad}");
    }
    let pushed = control(&sim, "/_sim/poke", json!({"push_image": {"repository": web, "tag": "v1"}})).await;
    assert!(pushed["digest"].as_str().unwrap().starts_with("sha256:"));
    let name = format!("{web}:2");
    let deployed = control(&sim, "/_sim/poke", json!({"deploy": {"service": web, "task_definition": name}})).await;
    let state = raw(&sim, "GET", "/_sim/state", "", b"").await.json();
    let service = &state["clusters"][0]["services"][1];
    assert_eq!(service["deployment"], deployed["deployment"]);
    assert_eq!(
        (&service["releases"][0]["status"], &service["releases"][1]["status"]),
        (&json!("PENDING"), &json!("SUCCESSFUL"))
    );
    let stopped = control(&sim, "/_sim/poke", json!({"stop_by_schedule": true})).await;
    assert_eq!(stopped["changed"][1]["service"], web);
    let key = json!({"access_key": "AKIATEST"});
    control(&sim, "/_sim/expire", key).await;
    assert_eq!(ecs(&sim, "ListClusters", json!({})).await.status, 400);
    control(&sim, "/_sim/expire", json!({"access_key": "AKIATEST", "on": false})).await;
    assert_eq!(ecs(&sim, "ListClusters", json!({})).await.status, 200);
}

#[tokio::test]
async fn rest_calls_have_their_own_errors_and_faults() {
    let sim = start(Scenario::Staging).await;
    let get = |path: &'static str| {
        let sim = sim.clone();
        async move { raw(&sim, "GET", path, &signed("AKIATEST", "scheduler"), b"").await }
    };
    let path = "/schedules/bookmark-manager-staging-stop";
    assert_eq!(get(path).await.json()["State"], "ENABLED");
    let missing = get("/schedules/none").await;
    assert_eq!((missing.status, missing.header("x-amzn-errortype")), (404, Some("ResourceNotFoundException")));
    for (kind, status) in [("throttle", 429), ("error", 500), ("denied", 403), ("expired", 403), ("lost", 500)] {
        fault(&sim, "scheduler:GetSchedule", kind, 1).await;
        assert_eq!(get(path).await.status, status, "{kind}");
    }
    fault(&sim, "scheduler:*", "cut", 1).await;
    assert_eq!(get(path).await.status, 0);
    fault(&sim, "scheduler:*", "malformed", 1).await;
    let bad = get(path).await;
    assert!(bad.status == 200 && serde_json::from_slice::<Value>(&bad.body).is_err());
    let headers = signed("AKIATEST", "lambda");
    let name = "/2015-03-31/functions/bookmark-manager-staging-ecs-scheduler/invocations";
    fault(&sim, "lambda:Invoke", "cut", 1).await;
    let gone = raw(&sim, "POST", name, &headers, b"{\"action\":\"stop\"}").await;
    assert_eq!(gone.status, 0);
    let state = raw(&sim, "GET", "/_sim/state", "", b"").await.json();
    assert_eq!(state["clusters"][0]["services"][0]["desired"], 0, "it was done all the same");
    assert_eq!(raw(&sim, "POST", name, &headers, b"\xff").await.status, 400);
    assert_eq!(raw(&sim, "PATCH", path, &headers, b"").await.status, 404);
}
