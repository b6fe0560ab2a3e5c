//! `cockpit tunnel`, `with-db` and `exec` as typed, against the simulator's Session Manager.

mod doctor;
mod reasons;
mod reused;
mod shells;

use crate::support::tunnels::{PASSWORD, REMOTE, Running, audit, echoes, home};
use crate::support::{Home, Lines, PATIENCE, World, ended, line, lines_follow_schema, run, signal};
use rustix::process::Signal;
use serde_json::json;
use shells::last;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;

#[test]
fn tunnel_survives_a_lost_connection_and_ends_its_session() {
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
    assert_eq!(world.requests("ssm:TerminateSession"), 1);
    lines_follow_schema(&home, "tunnel", &tunnel.printed);
    assert!(!tunnel.printed.contains("AAEAA"), "a token: {}", tunnel.printed);
    let written = audit(&home);
    let outcomes: Vec<&str> = written.iter().map(|record| record["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["started", "done"]);
    assert_eq!(written[1]["reason"], "SIGINT");
    assert_eq!(written[1]["after"]["received"].as_u64(), Some(2 * bytes.len() as u64));
    assert!(written[1]["who"].as_str().unwrap().starts_with("arn:aws"), "{written:?}");
}

#[test]
fn replaced_task_resets_connections_and_keeps_the_port() {
    let (home, world) = (home(), World::staging());
    let mut tunnel = Running::start(&home, &world, "tunnel staging --to db.internal:5432 --port 0 --json");
    let ready = tunnel.until("ready");
    let mut socket = TcpStream::connect(ready["local"].as_str().unwrap()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    echoes(&mut socket, b"before");
    let through = ready["through"].as_str().unwrap();
    let task = through.split("task ").nth(1).unwrap().split(',').next().unwrap();
    // The duration of the other task does not matter here.
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
fn thousand_concurrent_connections_are_all_served() {
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
fn enabled_ecs_exec_routes_the_tunnel_through_the_new_tasks() {
    let (home, world) = (home(), World::run_at(aws_sim::Scenario::Staging, 30.0));
    world.poke(&json!({"exec": {"service": "bookmark-manager-staging-web", "on": false}}));
    let output = line(&mut home.on(&world), &format!("tunnel staging --to {REMOTE} --port 0 --json")).exits(1);
    assert!(output.err.contains("deploy bookmark-manager-staging-web --enable-exec"), "{output:#?}");
    let output = line(&mut home.on(&world), "--env staging deploy web --enable-exec --yes").exits(0);
    assert!(output.err.contains("ECS Exec") && output.err.contains("off") && output.err.contains("on"), "{output:#?}");
    let mut tunnel = Running::start(&home, &world, "tunnel staging --to db.internal:5432 --port 0 --json");
    tunnel.until("ready");
}

#[test]
fn tunnel_goes_through_an_instance_by_id() {
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
fn instance_is_found_by_name_or_tag_and_started_after_a_yes() {
    let (home, world) = (home(), World::run_at(aws_sim::Scenario::Staging, 60.0));
    let open =
        |through: &str, more: &str| format!("tunnel minimal --to {REMOTE} --port 0 --json --through {through} {more}");
    for through in ["instance:bastion", "tag:Role=bastion"] {
        let mut tunnel = Running::start(&home, &world, &open(through, ""));
        assert_eq!(tunnel.until("ready")["through"], "instance i-0123456789abcdef0");
    }
    let output = line(&mut home.on(&world), &open("instance:nobody", "")).exits(2);
    assert!(output.err.contains("there is no instance nobody"), "{output:#?}");
    let output = line(&mut home.on(&world), &open("instance:bastion-spare", "")).exits(4);
    assert!(output.err.contains("is stopped") && output.err.contains("--yes"), "{output:#?}");
    assert_eq!(world.requests("ec2:StartInstances"), 0, "nothing is started without being requested");
    let mut tunnel = Running::start(&home, &world, &open("instance:bastion-spare", "--yes"));
    assert_eq!(tunnel.until("ready")["through"], "instance i-0fedcba9876543210");
    assert_eq!(world.requests("ec2:StartInstances"), 1);
    let written = audit(&home);
    assert!(written.iter().any(|line| line["after"]["instance"] == "i-0fedcba9876543210"), "{written:?}");
}

#[test]
fn started_instance_is_used_even_if_its_agent_status_is_denied() {
    let (home, world) = (home(), World::run_at(aws_sim::Scenario::Staging, 60.0));
    world.fault("ssm:DescribeInstanceInformation", "denied");
    let typed = format!("tunnel minimal --to {REMOTE} --port 0 --json --through instance:bastion-spare --yes");
    let mut tunnel = Running::start(&home, &world, &typed);
    assert_eq!(tunnel.until("ready")["through"], "instance i-0fedcba9876543210");
}

#[test]
fn tunnel_uses_nothing_of_another_environment() {
    let (home, world) = (home(), World::run_at(aws_sim::Scenario::Prod, 60.0));
    let prod = "bookmark-manager-prod-aurora.cluster-abc.ap-northeast-1.rds.amazonaws.com:5432";
    let through = "--through i-0123456789abcdef0";
    for typed in [
        format!("tunnel staging --to {prod} --port 0"),
        format!("tunnel staging --to {prod} --port 0 {through}"),
        format!("tunnel staging --to {REMOTE} --port 0 {through}"),
        format!("tunnel staging --to {REMOTE} --port 0 --through instance:bastion"),
        format!("tunnel staging --to {REMOTE} --port 0 --through tag:Role=bastion"),
        format!("with-db staging --to {prod} -- true"),
    ] {
        let output = line(&mut home.on(&world), &typed).exits(4);
        assert!(
            output.err.contains("it is of prod") && output.err.contains("choose --env prod"),
            "{typed}: {output:#?}"
        );
    }
    // The same with the configuration.
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    let service = "service = \"bookmark-manager-staging-web\"\n";
    home.write("config.toml", config.replace(service, "instance = \"bastion\"\n"));
    let output = line(&mut home.on(&world), &format!("tunnel staging --to {REMOTE} --port 0")).exits(4);
    assert!(output.err.contains("it is of prod"), "{output:#?}");
    assert_eq!((world.requests("ssm:StartSession"), world.requests("ec2:StartInstances")), (0, 0));
    assert!(audit(&home).is_empty(), "nothing was started");
}

#[test]
fn taken_local_port_is_reported_with_a_free_one() {
    let (home, world) = (home(), World::staging());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let output = line(&mut home.on(&world), &format!("tunnel staging --to {REMOTE} --port {port}")).exits(1);
    assert!(output.err.contains("it is taken") && output.err.contains("hint: --port "), "{output:#?}");
    // The owner is this test.
    let by = format!("(process {})", std::process::id());
    assert!(output.err.contains(&by) || !cfg!(target_os = "linux"), "{output:#?}");
    assert_eq!(world.requests("ssm:StartSession"), 0);
}

#[test]
fn tunnels_of_several_environments_have_own_ports_and_report_each_state_once() {
    let (home, world) = (home(), World::staging());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    drop(taken);
    // Both have the same port in the configuration: the second takes the next free one.
    let own = format!("tunnel]\nport = \"{port}\"\n");
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap().replacen("tunnel]\n", &own, 1);
    home.write("config.toml", config + &format!("\n[environments.minimal.{own}"));
    let through = "--through i-0123456789abcdef0";
    let mut tunnel = Running::start(&home, &world, &format!("tunnel minimal staging --to {REMOTE} --json {through}"));
    let (one, two) = (tunnel.until("ready"), tunnel.until("ready"));
    assert_ne!(one["local"], two["local"]);
    for ready in [&one, &two] {
        let mut socket = TcpStream::connect(ready["local"].as_str().unwrap()).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        echoes(&mut socket, b"SELECT 1");
    }
    let states = |environment: &str| -> Vec<String> {
        let lines = tunnel.printed.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let own = lines.filter(|line| line["environment"] == environment);
        own.map(|line| line["state"].as_str().unwrap().to_owned()).collect()
    };
    for environment in ["minimal", "staging"] {
        assert_eq!(states(environment), ["resolving", "opening", "ready"], "{}", tunnel.printed);
    }
}

/// Answers as PostgreSQL without TLS does before the login.
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
fn with_db_command_gets_the_url_only_by_environment_and_sets_the_exit_code() {
    let (home, world) = (home(), World::mapped(REMOTE, database()));
    let shell = ["--", "sh", "-c", "printf '%s|' \"$DATABASE_URL\"; cat; exit 7"];
    let typed = ["with-db", "staging", "--to", REMOTE];
    let output = run(&mut home.on(&world), typed.iter().chain(&shell)).exits(7);
    assert!(output.out.starts_with("postgresql://app:simulated-") && output.out.contains("@127.0.0.1:"), "{output:#?}");
    assert!(output.out.ends_with("/app|"), "{output:#?}");
    assert!(!output.err.contains(PASSWORD), "{output:#?}");
    let written = audit(&home);
    assert_eq!(written[1]["reason"], "exit code 7");
    assert!(written[1]["command"].as_str().unwrap().ends_with("-- sh"), "{written:?}");
    // libpq programs need no URL, and earlier variables do not redirect them.
    let shell =
        ["--", "sh", "-c", "echo \"$PGHOST $PGUSER $PGDATABASE [$PGSERVICE] $PGPORT $DATABASE_URL $PGPASSWORD\""];
    let mut command = home.on(&world);
    command.env("PGSERVICE", "prod").env("PGHOST", "elsewhere");
    let output = run(&mut command, typed.iter().chain(&shell)).exits(0);
    let words: Vec<&str> = output.out.split_whitespace().collect();
    assert_eq!(words[..4], ["127.0.0.1", "app", "app", "[]"], "{output:#?}");
    assert!(words[5].contains(&format!(":{}/", words[4])) && words[5].contains(words[6]), "{output:#?}");
    // The same, read-only, under another name.
    let shell = ["--var", "OTHER", "--", "sh", "-c", "printf '%s' \"$OTHER $PGOPTIONS\""];
    let output = run(&mut home.on(&world), ["--read-only"].iter().chain(&typed).chain(&shell)).exits(0);
    assert_eq!(output.out.matches("default_transaction_read_only").count(), 2, "{output:#?}");
}

#[test]
fn password_is_shown_only_on_request() {
    let (home, world) = (home(), World::mapped(REMOTE, database()));
    for (flag, shown) in [("", false), (" --show-password", true)] {
        let mut command = home.on(&world);
        command.args(format!("tunnel staging --to {REMOTE} --port 0{flag}").split_whitespace());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = Lines::of(child.stdout.take().unwrap());
        // The last of the connection details, printed once it is ready.
        let mut output: Vec<String> = lines.by_ref().take_while(|line| !line.contains("JDBC")).collect();
        signal(child.id(), Signal::INT);
        output.extend(lines);
        assert_eq!(ended(&mut child).code(), Some(130), "{output:#?}");
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert!(output.iter().any(|line| line.contains("postgresql://")), "{output:#?}");
        assert_eq!(output.iter().any(|line| line.contains(PASSWORD)), shown, "{output:#?}");
        assert!(!err.contains(PASSWORD), "{err}");
    }
    // It is not in the audit file either, which `audit` checks.
    assert_eq!(audit(&home).len(), 4);
}

#[test]
fn configured_command_can_get_the_url_and_keeps_its_arguments_and_exit_code() {
    let (home, world) = (home(), World::mapped(REMOTE, database()));
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    let leads = format!("secret = \"bookmark-manager-staging-db/app\"\nto = \"{REMOTE}\"\n");
    let command = "\n[[commands]]\nname = \"migrate\"\nrisk = \"change\"\ndatabase = true\n\
                   run = 'printf \"%s\" \"$DATABASE_URL\" > url; echo migrated; exit 7'\n";
    let config = config.replacen("secret = \"bookmark-manager-staging-db/app\"\n", &leads, 1) + command;
    home.write("config.toml", config);
    let output = line(&mut home.on(&world), "run migrate --yes").exits(1);
    let url = std::fs::read_to_string(home.path().join("url")).unwrap();
    assert!(url.starts_with("postgresql://app:simulated-") && url.contains("@127.0.0.1:"), "{url}");
    assert!(output.err.contains("migrated") && output.err.contains("exit 7"), "{output:#?}");
    assert!(!format!("{output:?}").contains(PASSWORD), "{output:#?}");
    assert_eq!(world.requests("ssm:TerminateSession"), 1, "the tunnel ends with it");
    let commands: Vec<String> = audit(&home).iter().map(|one| one["command"].to_string()).collect();
    assert!(commands.iter().any(|one| one.contains("cockpit run migrate")), "{commands:?}");
    assert!(commands.iter().any(|one| one.contains("with-db")), "{commands:?}");
}

#[test]
fn target_that_is_not_a_database_is_reported_and_the_command_not_run() {
    let (home, world) = (home(), World::staging());
    let output = run(&mut home.on(&world), ["with-db", "staging", "--to", REMOTE, "--", "touch", "ran"]).exits(1);
    assert!(output.err.contains("not PostgreSQL"), "{output:#?}");
    assert!(!home.path().join("ran").exists());
}

/// Time limits for a command that must be ready before its limit, even on a busy machine: the next one is tried if it
/// was not.
const LIMITS: [&str; 3] = ["4s", "16s", "50s"];

#[test]
fn tunnel_ended_before_opening_starts_nothing_and_reports_it() {
    let (home, world) = (home(), World::staging());
    world.post("/_sim/fault", &json!({"operation": "gateway:handshake", "kind": "silent"}));
    let with_db = ["with-db", "staging", "--to", REMOTE, "--", "touch", "ran"];
    for (arguments, words) in [
        (&["exec", "staging", "web", "--", "true"][..], "nothing was begun"),
        (&with_db[..], "`touch` was not started"),
    ] {
        let before = world.requests("gateway:connect");
        let mut command = home.on(&world);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        crate::support::until("the session request", PATIENCE, || {
            (world.requests("gateway:connect") > before).then_some(())
        });
        signal(child.id(), Signal::TERM);
        let output = crate::support::finish(child).exits(1);
        assert!(output.err.contains("SIGTERM") && output.err.contains(words), "{output:#?}");
        let (outcome, reason) = last(&home);
        assert!(outcome == "failed" && reason.contains("SIGTERM"), "{outcome}: {reason}");
    }
    assert!(!home.path().join("ran").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_under_the_output_ends_the_session_and_the_audit_entry() {
    let (home, world) = (home(), World::staging());
    for typed in [format!("tunnel staging --to {REMOTE} --port 0"), "exec staging web -- echo lost".to_owned()] {
        let begun = || world.requests("ssm:StartSession") + world.requests("ecs:ExecuteCommand");
        let (begun_before, ended_before) = (begun(), world.requests("ssm:TerminateSession"));
        let output = crate::support::on_a_full_disk(&mut home.on(&world), &typed).exits(1);
        assert!(output.err.contains("the output cannot be written"), "{output:#?}");
        // A tunnel may be left before it has opened a session.
        assert_eq!(world.requests("ssm:TerminateSession") - ended_before, begun() - begun_before, "{typed}");
        let (outcome, reason) = last(&home);
        assert!(matches!(&*outcome, "failed" | "unknown") && !reason.is_empty(), "{typed}: {outcome}: {reason}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn tunnel_with_unread_output_continues_and_still_ends() {
    let (home, world) = (home(), World::staging());
    // A pipe with the capacity of one page: with a line in it, it accepts no more.
    let (mut reader, writer) = std::io::pipe().unwrap();
    rustix::pipe::fcntl_setpipe_size(&writer, 4096).unwrap();
    let mut command = home.on(&world);
    command.args(["tunnel", "staging", "--to", REMOTE, "--port", "0", "--json"]).stdout(writer).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    drop(command);
    let mut printed = String::new();
    while !(printed.contains("\"ready\"") && printed.ends_with('\n')) {
        let mut piece = [0; 4096];
        let got = reader.read(&mut piece).unwrap();
        assert_ne!(got, 0, "{printed}");
        printed.push_str(std::str::from_utf8(&piece[..got]).unwrap());
    }
    let ready: serde_json::Value = serde_json::from_str(printed.lines().last().unwrap()).unwrap();
    let mut socket = TcpStream::connect(ready["local"].as_str().unwrap()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    for _ in 0..3 {
        let before = world.requests("gateway:connect");
        world.post("/_sim/fault", &json!({"operation": "gateway:link", "kind": "close", "count": 1}));
        crate::support::until("it is resumed", PATIENCE, || (world.requests("gateway:connect") > before).then_some(()));
        echoes(&mut socket, b"SELECT 1");
    }
    signal(child.id(), Signal::INT);
    let output = crate::support::finish(child).exits(130);
    assert_eq!(world.requests("ssm:TerminateSession"), 1, "{output:#?}");
    assert_eq!(last(&home).0, "done");
}

#[test]
fn unwritable_audit_end_is_reported_and_keeps_the_command_exit_code() {
    let (home, world) = (home(), World::mapped(REMOTE, database()));
    let audit = home.path().join("audit.jsonl");
    let shell = format!("rm {0}; mkdir {0}; exit $CODE", audit.display());
    for (code, told) in [("7", 7), ("0", 1)] {
        let mut command = home.on(&world);
        command.env("CODE", code).args(["with-db", "staging", "--to", REMOTE, "--", "sh", "-c", &shell]);
        let output = run(&mut command, [""; 0]).exits(told);
        assert!(output.err.contains("the audit file cannot be written: it does not say that"), "{output:#?}");
        std::fs::remove_dir_all(&audit).unwrap();
    }
}

#[test]
fn guarded_environment_asks_and_read_only_opens_no_shell() {
    let (home, world) = (home(), World::staging());
    for arguments in [
        format!("tunnel prod --to {REMOTE} --through web"),
        format!("with-db prod --to {REMOTE} --through web -- true"),
        "exec prod web -- true".to_owned(),
        "--read-only exec staging web -- true".to_owned(),
    ] {
        let output = line(&mut home.on(&world), &arguments).exits(4);
        assert!(output.err.contains("hint: "), "{output:#?}");
    }
    assert_eq!((world.requests("ssm:StartSession"), world.requests("ecs:ExecuteCommand")), (0, 0));
    assert!(audit(&home).is_empty());
}
