//! Credentials that nobody types: a token of a CI system, what a container is given, and the metadata of an instance.

use super::support::{Home, World, line};
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

/// A request as the small server got it.
#[derive(Debug, Clone)]
struct Asked {
    /// `GET /path`.
    what: String,
    headers: BTreeMap<String, String>,
}

/// A server of HTTP that gives each request an answer: status, further headers, body. Without one it takes connections and
/// is silent.
struct Small {
    address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

type Answer = fn(&Asked) -> Option<(u16, &'static str, String)>;

impl Small {
    fn new(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
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
                let asked = Asked { what, headers: headers.collect() };
                kept.lock().unwrap().push(asked.clone());
                let Some((status, further, body)) = answer(&asked) else {
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
        Self { address, asked }
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// Keys as both services give them.
fn keys() -> String {
    json!({
        "Code": "Success", "Type": "AWS-HMAC", "LastUpdated": "2026-01-01T00:00:00Z", "Expiration": "2099-01-01T00:00:00Z",
        "AccessKeyId": KEY, "SecretAccessKey": "s", "Token": "t", "RoleArn": ROLE,
    })
    .to_string()
}

/// The program on a world, without keys and without files of AWS.
fn program(home: &Home, world: &World) -> Command {
    let mut program = home.at(None);
    program.env("AWS_ENDPOINT_URL", world.endpoint());
    program
}

/// Whether requests are signed with the key that was given.
fn is_used(world: &World, program: impl Fn() -> Command) {
    line(&mut program(), "services").coded(0);
    world.post("/_sim/expire", &json!({"access_key": KEY, "on": true}));
    let said = line(&mut program(), "services").coded(8);
    assert!(said.err.contains("expired"), "{said:#?}");
}

#[test]
fn a_job_of_a_ci_system_takes_the_role_that_its_token_is_good_for() {
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
    assert_eq!(world.asked("sts:AssumeRoleWithWebIdentity"), 1, "one role for all requests");
    for (token, why) in [("expired.claims.signature", "ExpiredToken"), ("no token", "InvalidIdentityToken")] {
        let said = line(&mut with(token), "services").coded(8);
        assert!(said.err.contains(why) || said.err.contains("expired"), "{why}: {said:#?}");
        assert!(!said.err.contains("claims"), "a token is a secret: {said:#?}");
    }
    world.poke(&json!({"refuse_role": ROLE}));
    let said = line(&mut with("head.claims.signature"), "services").coded(8);
    assert!(said.err.contains("AssumeRoleWithWebIdentity"), "{said:#?}");
    let missing = line(
        program(&home, &world).env("AWS_WEB_IDENTITY_TOKEN_FILE", "nowhere").env("AWS_ROLE_ARN", ROLE),
        "services",
    );
    assert_eq!(missing.code, 8, "{missing:#?}");
}

#[test]
fn a_container_takes_what_its_service_gives_it_for_the_token_of_a_file() {
    let (home, world) = (Home::new(), World::staging());
    let small = Small::new(|asked| {
        let right = asked.headers.get("authorization").is_some_and(|token| token == "token-of-the-task");
        Some(if right { (200, "", keys()) } else { (401, "", "{}".to_owned()) })
    });
    let with = |token: &str| {
        let file = home.write("token", token);
        let mut program = program(&home, &world);
        program.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}/v2/credentials/1", small.address));
        program.env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file);
        program
    };
    let refused = line(&mut with("another"), "services").coded(8);
    assert!(!refused.err.contains("another"), "{refused:#?}");
    is_used(&world, || with("token-of-the-task"));
    assert!(small.asked().iter().all(|asked| asked.what == "GET /v2/credentials/1"), "{:?}", small.asked());
    // What is no address of this machine nor of the container's service is never asked for keys over HTTP.
    let mut elsewhere = with("token-of-the-task");
    let said = line(elsewhere.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://192.0.2.1/keys"), "services").coded(8);
    assert!(!said.err.contains("token-of-the-task"), "{said:#?}");
}

#[test]
fn an_instance_gives_its_role_to_who_has_a_token_of_its_session() {
    let (home, world) = (Home::new(), World::staging());
    let small = Small::new(|asked| {
        let token = asked.headers.get("x-aws-ec2-metadata-token").is_some_and(|token| token == "of-the-session");
        Some(match asked.what.as_str() {
            "PUT /latest/api/token" if asked.headers.contains_key("x-aws-ec2-metadata-token-ttl-seconds") => {
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
    let asked = small.asked();
    let bare = asked.iter().filter(|one| !one.what.starts_with("PUT"));
    assert!(bare.clone().count() > 0, "{asked:?}");
    for one in bare {
        assert!(one.headers.contains_key("x-aws-ec2-metadata-token"), "asked without a token: {one:?}");
    }
    // Keys of the environment go before the instance's role, and it is not asked at all.
    let before = small.asked().len();
    let mut keyed = home.on(&world);
    keyed.env_remove("AWS_EC2_METADATA_DISABLED").env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &small.address);
    line(&mut keyed, "services").coded(0);
    assert_eq!(small.asked().len(), before);
}

#[test]
fn metadata_that_do_not_answer_are_asked_once_and_waited_for_a_second() {
    let (home, world) = (Home::new(), World::staging());
    let silent = Small::new(|_| None);
    let mut program = program(&home, &world);
    program.env_remove("AWS_EC2_METADATA_DISABLED").env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &silent.address);
    let started = Instant::now();
    let said = line(&mut program, "services").coded(8);
    // A second, and what a busy machine needs to start a program; retries of the SDK would take longer.
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert_eq!(silent.asked().len(), 1, "{:?}", silent.asked());
    assert!(said.err.contains("no valid credentials"), "{said:#?}");
    assert_eq!(world.asked("ecs:DescribeServices"), 0);
}
