//! Credentials that nobody types: a token of a CI system, credentials of a container, and the metadata of an instance.

use crate::support::{Home, World, line};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const KEY: &str = "ASIAMETADATA00000001";
const ROLE: &str = "arn:aws:iam::123456789012:role/deploy";
const PATH: &str = "/latest/meta-data/iam/security-credentials";

/// A request as received by the server.
#[derive(Debug, Clone)]
struct Received {
    /// The request line without version: `GET /path`.
    what: String,
    headers: BTreeMap<String, String>,
}

/// An HTTP server that answers each request with a status, further headers and a body. Without answers it accepts connections
/// and stays silent.
struct HttpServer {
    address: String,
    requests: Arc<Mutex<Vec<Received>>>,
}

type Answer = fn(&Received) -> Option<(u16, &'static str, String)>;

impl HttpServer {
    fn new(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        std::thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
                let first = lines.next().unwrap_or_default();
                let headers = lines.take_while(|line| !line.is_empty()).filter_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    Some((name.to_ascii_lowercase(), value.trim().to_owned()))
                });
                let what = first.rsplit_once(' ').map(|(what, _)| what.to_owned()).unwrap_or_default();
                let request = Received { what, headers: headers.collect() };
                kept.lock().unwrap().push(request.clone());
                let Some((status, further, body)) = answer(&request) else {
                    silent.push(stream);
                    continue;
                };
                let length = body.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{further}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
            }
        });
        Self { address, requests }
    }

    fn requests(&self) -> Vec<Received> {
        self.requests.lock().unwrap().clone()
    }
}

/// Keys in the format of both services.
fn keys() -> String {
    json!({
        "Code": "Success", "Type": "AWS-HMAC", "LastUpdated": "2026-01-01T00:00:00Z", "Expiration": "2099-01-01T00:00:00Z",
        "AccessKeyId": KEY, "SecretAccessKey": "s", "Token": "t", "RoleArn": ROLE,
    })
    .to_string()
}

/// The program on a world, without keys and without AWS files.
fn program(home: &Home, world: &World) -> Command {
    let mut program = home.at(None);
    program.env("AWS_ENDPOINT_URL", world.endpoint());
    program
}

/// Checks that requests are signed with the provided key.
fn is_used(world: &World, program: impl Fn() -> Command) {
    line(&mut program(), "services").exits(0);
    world.post("/_sim/expire", &json!({"access_key": KEY, "on": true}));
    let output = line(&mut program(), "services").exits(8);
    assert!(output.err.contains("expired"), "{output:#?}");
}

#[test]
fn ci_job_assumes_the_role_of_its_web_identity_token() {
    let (home, world) = (Home::new(), World::staging());
    let with = |token: &str| {
        let file = home.write("token", token);
        let mut program = program(&home, &world);
        program.env("AWS_WEB_IDENTITY_TOKEN_FILE", file).env("AWS_ROLE_ARN", ROLE);
        program.env("AWS_ROLE_SESSION_NAME", "job-7");
        program
    };
    let doctor = line(&mut with("head.claims.signature"), "doctor -o json").json();
    let checks = doctor["checks"].as_array().unwrap();
    let identity = checks.iter().find(|check| check["name"] == "identity").unwrap();
    assert_eq!(identity["detail"], "arn:aws:sts::123456789012:assumed-role/deploy/job-7");
    assert_eq!(world.requests("sts:AssumeRoleWithWebIdentity"), 1, "one role for all requests");
    for (token, why) in [("expired.claims.signature", "ExpiredToken"), ("no token", "InvalidIdentityToken")] {
        let output = line(&mut with(token), "services").exits(8);
        assert!(output.err.contains(why) || output.err.contains("expired"), "{why}: {output:#?}");
        assert!(!output.err.contains("claims"), "the token is printed: {output:#?}");
    }
    world.poke(&json!({"refuse_role": ROLE}));
    let output = line(&mut with("head.claims.signature"), "services").exits(8);
    assert!(output.err.contains("AssumeRoleWithWebIdentity"), "{output:#?}");
    let missing = line(
        program(&home, &world).env("AWS_WEB_IDENTITY_TOKEN_FILE", "nowhere").env("AWS_ROLE_ARN", ROLE),
        "services",
    );
    assert_eq!(missing.code, 8, "{missing:#?}");
}

#[test]
fn container_gets_credentials_with_the_token_of_a_file() {
    let (home, world) = (Home::new(), World::staging());
    let small = HttpServer::new(|request| {
        let right = request.headers.get("authorization").is_some_and(|token| token == "token-of-the-task");
        Some(if right { (200, "", keys()) } else { (401, "", "{}".to_owned()) })
    });
    let with = |token: &str| {
        let file = home.write("token", token);
        let mut program = program(&home, &world);
        program.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}/v2/credentials/1", small.address));
        program.env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file);
        program
    };
    let refused = line(&mut with("another"), "services").exits(8);
    assert!(!refused.err.contains("another"), "{refused:#?}");
    is_used(&world, || with("token-of-the-task"));
    assert!(small.requests().iter().all(|request| request.what == "GET /v2/credentials/1"), "{:?}", small.requests());
    // Over HTTP, only addresses of this machine or the container's service are queried for keys.
    let mut elsewhere = with("token-of-the-task");
    let output =
        line(elsewhere.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://192.0.2.1/keys"), "services").exits(8);
    assert!(!output.err.contains("token-of-the-task"), "{output:#?}");
}

#[test]
fn instance_metadata_gives_its_role_for_a_session_token() {
    let (home, world) = (Home::new(), World::staging());
    let small = HttpServer::new(|request| {
        let token = request.headers.get("x-aws-ec2-metadata-token").is_some_and(|token| token == "of-the-session");
        Some(match request.what.as_str() {
            "PUT /latest/api/token" if request.headers.contains_key("x-aws-ec2-metadata-token-ttl-seconds") => {
                (200, "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n", "of-the-session".to_owned())
            }
            _ if !token => (401, "", String::new()),
            what if what == format!("GET {PATH}/") => (200, "", "deploy".to_owned()),
            what if what == format!("GET {PATH}/deploy") => (200, "", keys()),
            _ => (404, "", String::new()),
        })
    });
    is_used(&world, || {
        let mut program = program(&home, &world);
        program.env_remove("AWS_EC2_METADATA_DISABLED").env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &small.address);
        program
    });
    let requests = small.requests();
    let bare = requests.iter().filter(|one| !one.what.starts_with("PUT"));
    assert!(bare.clone().count() > 0, "{requests:?}");
    for one in bare {
        assert!(one.headers.contains_key("x-aws-ec2-metadata-token"), "requested without a token: {one:?}");
    }
    // Keys in the environment precede the instance's role, which is not requested at all.
    let before = small.requests().len();
    let mut keyed = home.on(&world);
    keyed.env_remove("AWS_EC2_METADATA_DISABLED").env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &small.address);
    line(&mut keyed, "services").exits(0);
    assert_eq!(small.requests().len(), before);
}

#[test]
fn silent_metadata_service_is_tried_once_for_one_second() {
    let (home, world) = (Home::new(), World::staging());
    let silent = HttpServer::new(|_| None);
    let mut program = program(&home, &world);
    program.env_remove("AWS_EC2_METADATA_DISABLED").env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &silent.address);
    let started = Instant::now();
    let output = line(&mut program, "services").exits(8);
    // One second, plus the start of a program on a busy machine; retries of the SDK would take longer.
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert_eq!(silent.requests().len(), 1, "{:?}", silent.requests());
    assert!(output.err.contains("no valid credentials"), "{output:#?}");
    assert_eq!(world.requests("ecs:DescribeServices"), 0);
}
