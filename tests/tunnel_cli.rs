//! `cockpit tunnel`, `with-db` and `exec` as they are typed, against the simulator's Session Manager.
#![allow(clippy::unwrap_used)]

#[path = "support/tunnel_doctor.rs"]
mod doctor;
#[path = "support/tunnel_reasons.rs"]
mod reasons;
#[path = "support/tunnel_reused.rs"]
mod reused;
#[path = "support/tunnel_shells.rs"]
mod shells;
mod support;

use rustix::process::Signal;
use serde_json::json;
use shells::last;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use support::tunnels::{PASSWORD, REMOTE, Running, audit, echoes, home};
use support::{Home, Lines, PATIENCE, World, ended, line, lines_follow_schema, run, signal};

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
    assert_eq!(written[1]["reason"], "SIGINT");
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
fn a_started_instance_is_gone_through_also_where_nobody_may_ask_whether_its_agent_is_online() {
    let (home, world) = (home(), World::run_at(aws_sim::Scenario::Staging, 60.0));
    world.fault("ssm:DescribeInstanceInformation", "denied");
    let typed = format!("tunnel minimal --to {REMOTE} --port 0 --json --through instance:bastion-spare --yes");
    let mut tunnel = Running::start(&home, &world, &typed);
    assert_eq!(tunnel.until("ready")["through"], "instance i-0fedcba9876543210");
}

#[test]
fn nothing_of_another_environment_is_gone_through_or_to() {
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
        let said = line(&mut home.on(&world), &typed).coded(4);
        assert!(said.err.contains("it is of prod") && said.err.contains("choose --env prod"), "{typed}: {said:#?}");
    }
    // As configured it is the same.
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    let service = "service = \"bookmark-manager-staging-web\"\n";
    home.write("config.toml", config.replace(service, "instance = \"bastion\"\n"));
    let said = line(&mut home.on(&world), &format!("tunnel staging --to {REMOTE} --port 0")).coded(4);
    assert!(said.err.contains("it is of prod"), "{said:#?}");
    assert_eq!((world.asked("ssm:StartSession"), world.asked("ec2:StartInstances")), (0, 0));
    assert!(audit(&home).is_empty(), "nothing was begun");
}

#[test]
fn a_local_port_that_is_taken_is_told_with_one_that_is_free() {
    let (home, world) = (home(), World::staging());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let said = line(&mut home.on(&world), &format!("tunnel staging --to {REMOTE} --port {port}")).coded(1);
    assert!(said.err.contains("it is taken") && said.err.contains("hint: --port "), "{said:#?}");
    // Whose it is: this test's.
    let by = format!("(process {})", std::process::id());
    assert!(said.err.contains(&by) || !cfg!(target_os = "linux"), "{said:#?}");
    assert_eq!(world.asked("ssm:StartSession"), 0);
}

#[test]
fn tunnels_of_several_environments_each_have_a_port_and_tell_each_state_once() {
    let (home, world) = (home(), World::staging());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    drop(taken);
    // Both have the same one in the configuration: the second takes the next that is free.
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
        let lines = tunnel.said.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let own = lines.filter(|line| line["environment"] == environment);
        own.map(|line| line["state"].as_str().unwrap().to_owned()).collect()
    };
    for environment in ["minimal", "staging"] {
        assert_eq!(states(environment), ["resolving", "opening", "ready"], "{}", tunnel.said);
    }
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
    // What is made with libpq needs no URL, and is not led elsewhere by what was set before.
    let shell =
        ["--", "sh", "-c", "echo \"$PGHOST $PGUSER $PGDATABASE [$PGSERVICE] $PGPORT $DATABASE_URL $PGPASSWORD\""];
    let mut command = home.on(&world);
    command.env("PGSERVICE", "prod").env("PGHOST", "elsewhere");
    let said = run(&mut command, typed.iter().chain(&shell)).coded(0);
    let words: Vec<&str> = said.out.split_whitespace().collect();
    assert_eq!(words[..4], ["127.0.0.1", "app", "app", "[]"], "{said:#?}");
    assert!(words[5].contains(&format!(":{}/", words[4])) && words[5].contains(words[6]), "{said:#?}");
    // The same, for reading alone, under another name.
    let shell = ["--var", "OTHER", "--", "sh", "-c", "printf '%s' \"$OTHER $PGOPTIONS\""];
    let said = run(&mut home.on(&world), ["--read-only"].iter().chain(&typed).chain(&shell)).coded(0);
    assert_eq!(said.out.matches("default_transaction_read_only").count(), 2, "{said:#?}");
}

#[test]
fn a_password_is_shown_where_it_was_asked_for_and_nowhere_else() {
    let (home, world) = (home(), World::mapped(REMOTE, database()));
    for (flag, shown) in [("", false), (" --show-password", true)] {
        let mut command = home.on(&world);
        command.args(format!("tunnel staging --to {REMOTE} --port 0{flag}").split_whitespace());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = Lines::of(child.stdout.take().unwrap());
        // The last of the ways to connect that are told once it is ready.
        let mut said: Vec<String> = lines.by_ref().take_while(|line| !line.contains("JDBC")).collect();
        signal(child.id(), Signal::INT);
        said.extend(lines);
        assert_eq!(ended(&mut child).code(), Some(130), "{said:#?}");
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert!(said.iter().any(|line| line.contains("postgresql://")), "{said:#?}");
        assert_eq!(said.iter().any(|line| line.contains(PASSWORD)), shown, "{said:#?}");
        assert!(!err.contains(PASSWORD), "{err}");
    }
    // Nor does it stand in the audit file, which is looked through for it.
    assert_eq!(audit(&home).len(), 4);
}

#[test]
fn a_command_of_the_configuration_may_have_the_url_too_and_its_words_and_its_end_are_its_own() {
    let (home, world) = (home(), World::mapped(REMOTE, database()));
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    let leads = format!("secret = \"bookmark-manager-staging-db/app\"\nto = \"{REMOTE}\"\n");
    let command = "\n[[commands]]\nname = \"migrate\"\nrisk = \"change\"\ndatabase = true\n\
                   run = 'printf \"%s\" \"$DATABASE_URL\" > url; echo migrated; exit 7'\n";
    let config = config.replacen("secret = \"bookmark-manager-staging-db/app\"\n", &leads, 1) + command;
    home.write("config.toml", config);
    let said = line(&mut home.on(&world), "run migrate --yes").coded(1);
    let url = std::fs::read_to_string(home.path().join("url")).unwrap();
    assert!(url.starts_with("postgresql://app:simulated-") && url.contains("@127.0.0.1:"), "{url}");
    assert!(said.err.contains("migrated") && said.err.contains("exit 7"), "{said:#?}");
    assert!(!format!("{said:?}").contains(PASSWORD), "{said:#?}");
    assert_eq!(world.asked("ssm:TerminateSession"), 1, "the tunnel ends with it");
    let commands: Vec<String> = audit(&home).iter().map(|one| one["command"].to_string()).collect();
    assert!(commands.iter().any(|one| one.contains("cockpit run migrate")), "{commands:?}");
    assert!(commands.iter().any(|one| one.contains("with-db")), "{commands:?}");
}

#[test]
fn what_is_no_database_is_told_and_the_command_is_not_run() {
    let (home, world) = (home(), World::staging());
    let said = run(&mut home.on(&world), ["with-db", "staging", "--to", REMOTE, "--", "touch", "ran"]).coded(1);
    assert!(said.err.contains("not PostgreSQL"), "{said:#?}");
    assert!(!home.path().join("ran").exists());
}

/// Limits of a command that is to be ready before one of them is over, on a busy machine too: the next one is tried where it
/// was not.
const LIMITS: [&str; 3] = ["4s", "16s", "50s"];

#[test]
fn what_is_ended_before_it_is_open_has_begun_nothing_and_says_so() {
    let (home, world) = (home(), World::staging());
    world.post("/_sim/fault", &json!({"operation": "gateway:handshake", "kind": "silent"}));
    let with_db = ["with-db", "staging", "--to", REMOTE, "--", "touch", "ran"];
    for (arguments, words) in [
        (&["exec", "staging", "web", "--", "true"][..], "nothing was begun"),
        (&with_db[..], "`touch` was not started"),
    ] {
        let asked = world.asked("gateway:connect");
        let mut command = home.on(&world);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        support::until("the session is asked for", PATIENCE, || (world.asked("gateway:connect") > asked).then_some(()));
        signal(child.id(), Signal::TERM);
        let said = support::finish(child).coded(1);
        assert!(said.err.contains("SIGTERM") && said.err.contains(words), "{said:#?}");
        let (outcome, reason) = last(&home);
        assert!(outcome == "failed" && reason.contains("SIGTERM"), "{outcome}: {reason}");
    }
    assert!(!home.path().join("ran").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_the_output_ends_a_tunnel_at_aws_and_in_the_audit_file_too() {
    let (home, world) = (home(), World::staging());
    for typed in [format!("tunnel staging --to {REMOTE} --port 0"), "exec staging web -- echo lost".to_owned()] {
        let begun = || world.asked("ssm:StartSession") + world.asked("ecs:ExecuteCommand");
        let (begun_before, ended_before) = (begun(), world.asked("ssm:TerminateSession"));
        let said = support::on_a_full_disk(&mut home.on(&world), &typed).coded(1);
        assert!(said.err.contains("the output cannot be written"), "{said:#?}");
        // A tunnel may be left before it has begun one.
        assert_eq!(world.asked("ssm:TerminateSession") - ended_before, begun() - begun_before, "{typed}");
        let (outcome, reason) = last(&home);
        assert!(matches!(&*outcome, "failed" | "unknown") && !reason.is_empty(), "{typed}: {outcome}: {reason}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_tunnel_goes_on_while_nobody_reads_what_it_tells_and_ends_all_the_same() {
    let (home, world) = (home(), World::staging());
    // A pipe that takes one page: with a line in it, it takes no more.
    let (mut reader, writer) = std::io::pipe().unwrap();
    rustix::pipe::fcntl_setpipe_size(&writer, 4096).unwrap();
    let mut command = home.on(&world);
    command.args(["tunnel", "staging", "--to", REMOTE, "--port", "0", "--json"]).stdout(writer).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    drop(command);
    let mut told = String::new();
    while !(told.contains("\"ready\"") && told.ends_with('\n')) {
        let mut piece = [0; 4096];
        let got = reader.read(&mut piece).unwrap();
        assert_ne!(got, 0, "{told}");
        told.push_str(std::str::from_utf8(&piece[..got]).unwrap());
    }
    let ready: serde_json::Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    let mut socket = TcpStream::connect(ready["local"].as_str().unwrap()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    for _ in 0..3 {
        let asked = world.asked("gateway:connect");
        world.post("/_sim/fault", &json!({"operation": "gateway:link", "kind": "close", "count": 1}));
        support::until("it is resumed", PATIENCE, || (world.asked("gateway:connect") > asked).then_some(()));
        echoes(&mut socket, b"SELECT 1");
    }
    signal(child.id(), Signal::INT);
    let said = support::finish(child).coded(130);
    assert_eq!(world.asked("ssm:TerminateSession"), 1, "{said:#?}");
    assert_eq!(last(&home).0, "done");
}

#[test]
fn an_audit_file_that_takes_no_end_is_said_and_the_exit_code_of_the_command_stays() {
    let (home, world) = (home(), World::mapped(REMOTE, database()));
    let audit = home.path().join("audit.jsonl");
    let shell = format!("rm {0}; mkdir {0}; exit $CODE", audit.display());
    for (code, told) in [("7", 7), ("0", 1)] {
        let mut command = home.on(&world);
        command.env("CODE", code).args(["with-db", "staging", "--to", REMOTE, "--", "sh", "-c", &shell]);
        let said = run(&mut command, [""; 0]).coded(told);
        assert!(said.err.contains("the audit file cannot be written: it does not say that"), "{said:#?}");
        std::fs::remove_dir_all(&audit).unwrap();
    }
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
