//! `cockpit tunnel`, `with-db` and `exec` as they are typed, against the simulator's Session Manager.
#![allow(clippy::unwrap_used)]

mod support;

use rustix::process::Signal;
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use support::tunnels::{PASSWORD, REMOTE, Running, audit, echoes, home};
use support::{PATIENCE, World, ended, line, lines_follow_schema, run, signal};

#[test]
fn a_tunnel_carries_bytes_over_a_lost_connection_and_ends_its_session_at_aws() {
    let (home, world) = (home(), World::staging());
    let mut tunnel = Running::start(&home, &world, "tunnel staging --to db.internal:5432 --port 0 --json");
    let ready = tunnel.until("ready");
    assert_eq!((ready["to"].as_str(), ready["environment"].as_str()), (Some(REMOTE), Some("staging")));
    let mut socket = TcpStream::connect(ready["local"].as_str().unwrap()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let bytes: Vec<u8> = (0..50_000u32).map(|at| (at % 251) as u8).collect();
    echoes(&mut socket, &bytes);
    world.post("/_sim/fault", &json!({"operation": "gateway:link", "kind": "close", "count": 1}));
    let resuming = tunnel.until("resuming");
    assert!(resuming["reason"].as_str().unwrap().contains("1000 Bye"), "{resuming}");
    echoes(&mut socket, &bytes);
    let again = tunnel.until("ready");
    assert_eq!((again["resumes"].as_u64(), again["replacements"].as_u64()), (Some(1), Some(0)));
    signal(tunnel.child.id(), Signal::INT);
    let closed = tunnel.until("closed");
    assert_eq!(closed["received"].as_u64(), Some(2 * bytes.len() as u64));
    assert_eq!(ended(&mut tunnel.child).code(), Some(130));
    assert_eq!(world.asked("ssm:TerminateSession"), 1);
    lines_follow_schema(&home, "tunnel", &tunnel.said);
    assert!(!tunnel.said.contains("AAEAA"), "a token: {}", tunnel.said);
    let written = audit(&home);
    let outcomes: Vec<&str> = written.iter().map(|record| record["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["started", "done"]);
    assert_eq!(written[1]["after"]["received"].as_u64(), Some(2 * bytes.len() as u64));
    assert!(written[1]["who"].as_str().unwrap().starts_with("arn:aws"), "{written:?}");
}

#[test]
fn a_task_that_is_replaced_resets_its_connections_and_the_port_stays() {
    let (home, world) = (home(), World::staging());
    let mut tunnel = Running::start(&home, &world, "tunnel staging --to db.internal:5432 --port 0 --json");
    let ready = tunnel.until("ready");
    let mut socket = TcpStream::connect(ready["local"].as_str().unwrap()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    echoes(&mut socket, b"before");
    let through = ready["through"].as_str().unwrap();
    let task = through.split("task ").nth(1).unwrap().split(',').next().unwrap();
    // How long the other task takes is not what is looked at here.
    let _ = line(&mut home.on(&world), &format!("--env staging stop-task {task} --yes --timeout 1s"));
    world.advance(60);
    let lost = tunnel.until("replacing");
    assert!(!lost["reason"].as_str().unwrap_or_default().is_empty(), "{lost}");
    world.advance(300);
    let again = tunnel.until("ready");
    assert_eq!(again["local"], ready["local"]);
    assert_ne!(again["through"], ready["through"]);
    let end = socket.read(&mut [0; 8]).map_err(|error| error.kind());
    assert_eq!(end, Err(std::io::ErrorKind::ConnectionReset), "no clean end");
    let mut socket = TcpStream::connect(again["local"].as_str().unwrap()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    echoes(&mut socket, b"after");
}

#[test]
fn a_thousand_connections_at_once_are_each_served() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let (home, world) = (home(), World::staging());
    let mut tunnel = Running::start(&home, &world, "tunnel staging --to db.internal:5432 --port 0 --json");
    let ready = tunnel.until("ready");
    let local = ready["local"].as_str().unwrap();
    let mut sockets: Vec<TcpStream> = (0..1000).map(|_| TcpStream::connect(local).unwrap()).collect();
    for (number, socket) in sockets.iter_mut().enumerate() {
        socket.write_all(&(number as u32).to_be_bytes()).unwrap();
    }
    for (number, socket) in sockets.iter_mut().enumerate() {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut got = [0; 4];
        socket.read_exact(&mut got).unwrap();
        assert_eq!(u32::from_be_bytes(got), number as u32);
    }
    signal(tunnel.child.id(), Signal::INT);
    assert_eq!(tunnel.until("closed")["connections"].as_u64(), Some(1000));
}

#[test]
fn ecs_exec_is_switched_on_and_a_tunnel_goes_through_the_new_tasks() {
    let (home, world) = (home(), World::run_at(aws_sim::Scenario::Staging, 30.0));
    world.poke(&json!({"exec": {"service": "bookmark-manager-staging-web", "on": false}}));
    let said = line(&mut home.on(&world), &format!("tunnel staging --to {REMOTE} --port 0 --json")).coded(1);
    assert!(said.err.contains("deploy bookmark-manager-staging-web --enable-exec"), "{said:#?}");
    let said = line(&mut home.on(&world), "--env staging deploy web --enable-exec --yes").coded(0);
    assert!(said.err.contains("ECS Exec") && said.err.contains("off") && said.err.contains("on"), "{said:#?}");
    let mut tunnel = Running::start(&home, &world, "tunnel staging --to db.internal:5432 --port 0 --json");
    tunnel.until("ready");
}

#[test]
fn a_tunnel_goes_through_an_instance_by_its_id() {
    let (home, world) = (home(), World::staging());
    let typed = "tunnel minimal --to db.internal:5432 --port 0 --json --through i-0123456789abcdef0";
    let mut tunnel = Running::start(&home, &world, typed);
    let ready = tunnel.until("ready");
    assert_eq!(ready["through"], "instance i-0123456789abcdef0");
    let mut socket = TcpStream::connect(ready["local"].as_str().unwrap()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    echoes(&mut socket, b"SELECT 1");
    signal(tunnel.child.id(), Signal::TERM);
    tunnel.until("closed");
    assert_eq!(ended(&mut tunnel.child).code(), Some(1));
}

#[test]
fn an_instance_is_found_by_its_name_or_a_tag_and_a_stopped_one_is_started_after_a_yes() {
    let (home, world) = (home(), World::run_at(aws_sim::Scenario::Staging, 60.0));
    let open =
        |through: &str, more: &str| format!("tunnel minimal --to {REMOTE} --port 0 --json --through {through} {more}");
    for through in ["instance:bastion", "tag:Role=bastion"] {
        let mut tunnel = Running::start(&home, &world, &open(through, ""));
        assert_eq!(tunnel.until("ready")["through"], "instance i-0123456789abcdef0");
    }
    let said = line(&mut home.on(&world), &open("instance:nobody", "")).coded(2);
    assert!(said.err.contains("there is no instance nobody"), "{said:#?}");
    let said = line(&mut home.on(&world), &open("instance:bastion-spare", "")).coded(4);
    assert!(said.err.contains("is stopped") && said.err.contains("--yes"), "{said:#?}");
    assert_eq!(world.asked("ec2:StartInstances"), 0, "nothing is started unasked");
    let mut tunnel = Running::start(&home, &world, &open("instance:bastion-spare", "--yes"));
    assert_eq!(tunnel.until("ready")["through"], "instance i-0fedcba9876543210");
    assert_eq!(world.asked("ec2:StartInstances"), 1);
    let written = audit(&home);
    assert!(written.iter().any(|line| line["after"]["instance"] == "i-0fedcba9876543210"), "{written:?}");
}

#[test]
fn a_local_port_that_is_taken_is_told_with_one_that_is_free() {
    let (home, world) = (home(), World::staging());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let said = line(&mut home.on(&world), &format!("tunnel staging --to {REMOTE} --port {port}")).coded(1);
    assert!(said.err.contains("it is taken") && said.err.contains("hint: --port "), "{said:#?}");
    assert_eq!(world.asked("ssm:StartSession"), 0);
}

/// Answers as PostgreSQL without TLS does before anybody has said who they are.
fn database() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let mut request = [0; 8];
            if socket.read_exact(&mut request).is_ok() {
                let _ = socket.write_all(b"N");
                let _ = socket.read(&mut request);
            }
        }
    });
    address
}

#[test]
fn a_command_has_the_url_in_its_environment_alone_and_gives_its_exit_code() {
    let (home, world) = (home(), World::mapped(REMOTE, database()));
    let shell = ["--", "sh", "-c", "printf '%s|' \"$DATABASE_URL\"; cat; exit 7"];
    let typed = ["with-db", "staging", "--to", REMOTE];
    let said = run(&mut home.on(&world), typed.iter().chain(&shell)).coded(7);
    assert!(said.out.starts_with("postgresql://app:simulated-") && said.out.contains("@127.0.0.1:"), "{said:#?}");
    assert!(said.out.ends_with("/app|"), "{said:#?}");
    assert!(!said.err.contains(PASSWORD), "{said:#?}");
    let written = audit(&home);
    assert_eq!(written[1]["reason"], "exit code 7");
    assert!(written[1]["command"].as_str().unwrap().ends_with("-- sh"), "{written:?}");
    // The same, for reading alone, under another name.
    let shell = ["--var", "OTHER", "--", "sh", "-c", "printf '%s' \"$OTHER $PGOPTIONS\""];
    let said = run(&mut home.on(&world), ["--read-only"].iter().chain(&typed).chain(&shell)).coded(0);
    assert_eq!(said.out.matches("default_transaction_read_only").count(), 2, "{said:#?}");
}

#[test]
fn what_is_no_database_is_told_and_the_command_is_not_run() {
    let (home, world) = (home(), World::staging());
    let said = run(&mut home.on(&world), ["with-db", "staging", "--to", REMOTE, "--", "touch", "ran"]).coded(1);
    assert!(said.err.contains("not PostgreSQL"), "{said:#?}");
    assert!(!home.path().join("ran").exists());
}

#[test]
fn a_command_in_a_container_gives_its_output_and_its_exit_code() {
    let (home, world) = (home(), World::staging());
    let exec = |arguments: &[&str]| {
        let mut command = home.on(&world);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        ended(&mut child);
        child.wait_with_output().unwrap()
    };
    let said = exec(&["exec", "staging", "web", "--", "sh", "-c", "echo 日本; exit 3"]);
    assert_eq!(String::from_utf8_lossy(&said.stdout), "日本\r\n", "{said:?}");
    assert_eq!(said.status.code(), Some(3), "{said:?}");
    let written = audit(&home);
    assert!(written[0]["command"].as_str().unwrap().contains("echo 日本"), "{written:?}");
    assert_eq!(world.asked("ssm:TerminateSession"), 1);
    let none = exec(&["exec", "staging", "web", "--task", "zzzz", "--", "true"]);
    let err = String::from_utf8_lossy(&none.stderr);
    assert!(none.status.code() == Some(1) && err.contains("zzzz") && err.contains("cockpit tasks"), "{err}");
}

#[test]
fn a_guarded_environment_asks_and_read_only_opens_no_shell() {
    let (home, world) = (home(), World::staging());
    for arguments in [
        format!("tunnel prod --to {REMOTE} --through web"),
        format!("with-db prod --to {REMOTE} --through web -- true"),
        "exec prod web -- true".to_owned(),
        "--read-only exec staging web -- true".to_owned(),
    ] {
        let said = line(&mut home.on(&world), &arguments).coded(4);
        assert!(said.err.contains("hint: "), "{said:#?}");
    }
    assert_eq!((world.asked("ssm:StartSession"), world.asked("ecs:ExecuteCommand")), (0, 0));
    assert!(audit(&home).is_empty());
}
