//! Messages about tunnels that are not as they should be, and secrets that must not be printed.

use super::*;
use crate::support::{Lines, Output};

/// Output of a tunnel until it has printed the connection details and its link was restored, and its stderr.
fn output_of(home: &Home, world: &World, more: &str) -> (String, String) {
    let mut command = home.on(world);
    command.args(format!("tunnel staging --to {REMOTE} --port 0 {more}").split_whitespace());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = Lines::of(child.stdout.take().unwrap());
    let mut text = String::new();
    let mut until = |words: &str| {
        while !text.lines().last().is_some_and(|line| line.contains(words)) {
            text.push_str(&lines.next().unwrap_or_else(|| panic!("it ended before {words}: {text}")));
            text.push('\n');
        }
    };
    until("JDBC");
    world.post("/_sim/fault", &json!({"operation": "gateway:link", "kind": "close", "count": 1}));
    until("staging: resuming");
    until("staging: ready");
    signal(child.id(), Signal::INT);
    let output = crate::support::finish(child).exits(130);
    text.extend(lines.map(|line| line + "\n"));
    (text, output.err)
}

#[test]
fn connection_details_are_printed_once_and_the_password_only_on_request() {
    let (home, world) = (home(), World::staging());
    let read = || world.requests("secretsmanager:GetSecretValue");
    // Only the secret contains the user name.
    let (out, err) = output_of(&home, &world, "");
    for words in
        ["psql -h 127.0.0.1 -p ", " -U app -d app\n", "postgresql://app@127.0.0.1:", "jdbc:postgresql://127.0.0.1:"]
    {
        assert_eq!(out.matches(words).count(), 1, "{words}: {out}");
    }
    assert_eq!(out.matches("staging: ready  127.0.0.1:").count(), 2, "{out}");
    assert!(out.contains("staging: resuming: the service closed the connection: 1000 Bye\n"), "{out}");
    assert!(!(out + &err).contains(PASSWORD));
    assert_eq!(read(), 1);
    let (out, err) = output_of(&home, &world, "--show-password");
    assert_eq!((out.matches(PASSWORD).count(), err.contains(PASSWORD)), (2, false), "{out}");
    let known = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    home.write("config.toml", known.replacen("tunnel]\n", "tunnel]\nuser = \"me\"\ndatabase = \"shop\"\n", 1));
    let (out, _) = output_of(&home, &world, "");
    assert!(out.contains(" -U me -d shop\n") && read() == 2, "only needed values are read: {out}");
    // `audit` looks for the password in the file.
    assert_eq!(audit(&home).len(), 6);
    let output = line(&mut home.on(&world), "tunnel staging --json --show-password").exits(2);
    assert!(output.err.contains("--json has none"), "{output:#?}");
}

#[test]
fn tunnel_opens_without_permission_to_read_the_secret() {
    let (home, world) = (home(), World::staging());
    world.fault("secretsmanager:GetSecretValue", "denied");
    let (out, err) = output_of(&home, &world, "");
    assert!(out.contains("psql -h 127.0.0.1") && !out.contains(" -U "), "{out}");
    assert!(
        err.contains("the name of the user is not known") && err.contains("secretsmanager:GetSecretValue"),
        "{err}"
    );
}

#[test]
fn unreachable_agent_error_explains_role_and_network_needs() {
    let (home, world) = (home(), World::staging());
    let service = "bookmark-manager-staging-web";
    world.poke(&json!({"exec": {"service": service, "connected": false}}));
    let begin = |typed: &str| {
        let mut command = home.on(&world);
        command.args(typed.split_whitespace()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let typed = [format!("tunnel staging --to {REMOTE} --port 0"), "exec staging web -- true".to_owned()];
    for child in typed.map(|typed| begin(&typed)) {
        let Output { out, err, .. } = crate::support::finish(child).exits(1);
        assert!(err.contains("runs and is not connected to Systems Manager (TargetNotConnected)"), "{err}");
        let hint = err.split("hint: ").nth(1).unwrap_or_default();
        for needed in ["ssmmessages:CreateControlChannel", "interface endpoint", &format!("deploy {service} --force")] {
            assert!(hint.contains(needed), "{needed}: {err}");
        }
        assert!(!(out + &err).contains("on the side of AWS"), "{err}");
    }
    assert_eq!(world.requests("ssm:TerminateSession"), 0, "there was no session");
    // An agent that connects a moment later is waited for, and the reason is printed meanwhile.
    let mut tunnel = Running::start(&home, &world, &format!("tunnel staging --to {REMOTE} --port 0 --json"));
    let trying = loop {
        let line = tunnel.until("resolving");
        if !line["reason"].is_null() {
            break line;
        }
    };
    assert!(trying["hint"].as_str().unwrap().contains("ssmmessages"), "{trying}");
    world.poke(&json!({"exec": {"service": service, "connected": true}}));
    tunnel.until("ready");
}

#[test]
fn replaced_bastion_is_found_by_name() {
    let (home, world) = (home(), World::run_at(aws_sim::Scenario::Staging, 60.0));
    let (old, new) = ("i-0123456789abcdef0", "i-0fedcba9876543210");
    let typed = format!("tunnel minimal --to {REMOTE} --port 0 --json --through instance:bastion");
    let mut tunnel = Running::start(&home, &world, &typed);
    let ready = tunnel.until("ready");
    assert_eq!(ready["through"], format!("instance {old}"));
    let mut socket = TcpStream::connect(ready["local"].as_str().unwrap()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    echoes(&mut socket, b"before");
    world.poke(&json!({"instance": {"id": new, "name": "bastion"}}));
    line(&mut home.on(&world), &format!("--env minimal instances start {new} --yes")).exits(0);
    world.poke(&json!({"instance": {"id": old, "terminated": true}}));
    let lost = tunnel.until("replacing");
    assert!(!lost["reason"].as_str().unwrap().is_empty(), "{lost}");
    let again = tunnel.until("ready");
    assert_eq!((&again["through"], &again["local"]), (&json!(format!("instance {new}")), &ready["local"]));
    let end = socket.read(&mut [0; 8]).map_err(|error| error.kind());
    assert_eq!(end, Err(std::io::ErrorKind::ConnectionReset), "no clean end");
    let mut socket = TcpStream::connect(again["local"].as_str().unwrap()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    echoes(&mut socket, b"after");
}

#[test]
fn refusing_and_dropping_databases_are_distinguished_in_time() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (home, world) = (home(), World::mapped(REMOTE, nobody));
    let with_db = ["with-db", "staging", "--to", REMOTE, "--", "sh", "-c", "exit 7"];
    let output = run(&mut home.on(&world), with_db).exits(1);
    assert!(output.err.contains(&format!("nobody listens at {REMOTE}")), "{output:#?}");
    let refused = world.get("/_sim/requests")["operations"]["gateway:dial:ConnectionRefused"]["errors"].clone();
    assert_eq!(refused, 3, "retried as long as a starting database needs, and no longer");
    let world = World::mapped(REMOTE, database());
    world.post("/_sim/fault", &json!({"operation": "gateway:dial", "kind": "hang", "count": 1}));
    let output = run(&mut home.on(&world), with_db).exits(7);
    assert!(output.err.contains(&format!("{REMOTE}: the far side has not answered for 5 s")), "{output:#?}");
}

#[test]
fn session_without_terminate_permission_is_reported() {
    let (home, world) = (home(), World::staging());
    world.fault("ssm:TerminateSession", "denied");
    let output = run(home.on(&world).stdin(Stdio::null()), ["exec", "staging", "web", "--", "true"]).exits(0);
    assert!(output.err.contains("was not ended at AWS") && output.err.contains("ssm:TerminateSession"), "{output:#?}");
    let mut tunnel = Running::start(&home, &world, &format!("tunnel staging --to {REMOTE} --port 0 --json"));
    tunnel.until("ready");
    signal(tunnel.child.id(), Signal::INT);
    tunnel.until("closed");
    let mut err = String::new();
    tunnel.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert!(err.contains("was not ended at AWS"), "{err}");
    assert_eq!(ended(&mut tunnel.child).code(), Some(130));
}

#[test]
fn tunnel_open_to_other_machines_is_warned_about_and_audited() {
    let (home, world) = (home(), World::staging());
    let mut tunnel =
        Running::start(&home, &world, &format!("tunnel staging --to {REMOTE} --port 0 --json --listen 0.0.0.0"));
    let ready = tunnel.until("ready");
    let local = ready["local"].as_str().unwrap().to_owned();
    let port = local.strip_prefix("0.0.0.0:").unwrap().parse().unwrap();
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    echoes(&mut socket, b"SELECT 1");
    signal(tunnel.child.id(), Signal::INT);
    tunnel.until("closed");
    let mut err = String::new();
    tunnel.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert!(err.contains("warning: anyone who can reach 0.0.0.0 can connect through this tunnel"), "{err}");
    assert_eq!(audit(&home)[0]["after"]["local"], json!(local));
    // There is no warning for this machine's own addresses.
    let output = line(
        &mut home.on(&world),
        &format!("tunnel staging --to {REMOTE} --listen 127.0.0.1 --port {port} --timeout 1ms"),
    );
    assert!(!output.err.contains("warning"), "{output:#?}");
    // 192.0.2.0/24 belongs to no machine (RFC 5737).
    let other = format!("tunnel staging --to {REMOTE} --listen 192.0.2.1 --port 0");
    let output = line(&mut home.on(&world), &other).exits(1);
    assert!(output.err.contains("--listen takes an address of this machine"), "{output:#?}");
}

/// Starts a server that sends one byte to each client.
fn says(byte: u8) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().try_for_each(|socket| socket?.write_all(&[byte])));
    address
}

#[test]
fn standalone_simulator_maps_targets_also_over_tls_and_runs_allowed_commands() {
    let home = home();
    let (one, any) = (says(b'1'), says(b'*'));
    let bundle = home.path().join("authority.pem");
    let mut command = home.at(None);
    command.args(["sim", "--speed", "0", "--allow-commands", "--map", &format!("{REMOTE}={one}")]);
    command.args(["--map", &format!("*:6000={any}"), "--certificate"]).arg(&bundle);
    let mut sim = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let hello = Lines::of(sim.stdout.take().unwrap()).next().unwrap();
    let hello: serde_json::Value = serde_json::from_str(&hello).unwrap();
    let endpoint = hello["endpoint"].as_str().unwrap();
    let said_by = |to: &str, tls: bool| {
        let mut command = home.at(Some(endpoint));
        if tls {
            command.env("AWS_ENDPOINT_URL", endpoint.replacen("http:", "https:", 1)).env("NO_PROXY", "127.0.0.1");
            command.env("AWS_CA_BUNDLE", &bundle);
        }
        command.args(["tunnel", "staging", "--to", to, "--port", "0", "--json"]);
        let mut tunnel = Running::of(command);
        let ready = tunnel.until("ready");
        let mut socket = TcpStream::connect(ready["local"].as_str().unwrap()).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        byte[0]
    };
    assert_eq!((said_by(REMOTE, false), said_by(REMOTE, true), said_by("other.host:6000", false)), (b'1', b'1', b'*'));
    let mut command = home.at(Some(endpoint));
    command.args(["exec", "staging", "web", "--", "sh", "-c", "expr 6 \\* 7"]).stdin(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    assert_eq!(ended(&mut child).code(), Some(0));
    assert_eq!(child.wait_with_output().unwrap().stdout, b"42\r\n");
    signal(sim.id(), Signal::TERM);
    assert_eq!(ended(&mut sim).code(), Some(0));
    for bad in
        ["db.internal", "db.internal:5432", "db.internal:x=127.0.0.1:1", "db.internal:5432=10.0.0.1:1", "=127.0.0.1:1"]
    {
        let output = run(&mut home.at(None), ["sim", "--map", bad]).exits(2);
        assert!(output.err.contains("--map"), "{bad}: {output:#?}");
    }
}

#[test]
fn full_log_contains_no_token_and_no_password() {
    let (home, world) = (home(), World::staging());
    let log = home.path().join("whole.log");
    let logged = |typed: &str| {
        let mut command = home.on(&world);
        command.args(["-vvv", "--log-file"]).arg(&log).args(typed.split_whitespace()).stdin(Stdio::null());
        command
    };
    let mut tunnel = Running::of(logged(&format!("tunnel staging --to {REMOTE} --port 0 --json")));
    tunnel.until("ready");
    world.post("/_sim/fault", &json!({"operation": "gateway:link", "kind": "close", "count": 1}));
    tunnel.until("resuming");
    tunnel.until("ready");
    signal(tunnel.child.id(), Signal::INT);
    ended(&mut tunnel.child);
    run(&mut logged("exec staging web -- true"), [""; 0]).exits(0);
    run(&mut logged(&format!("with-db staging --to {REMOTE} -- true")), [""; 0]).exits(1);
    let text = std::fs::read_to_string(&log).unwrap();
    for action in
        ["ssm:StartSession", "ssm:ResumeSession", "ssm:TerminateSession", "ecs:ExecuteCommand", "GetSecretValue"]
    {
        assert!(text.contains(action), "{action} is not in the log");
    }
    for secret in ["AAEAA", PASSWORD] {
        assert!(!text.contains(secret), "{secret} is in the log");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn signal_ignored_at_start_ends_no_tunnel() {
    let (home, world) = (home(), World::staging());
    for (ignored, sent, ends, code) in [("HUP", Signal::HUP, Signal::INT, 130), ("INT", Signal::INT, Signal::TERM, 1)] {
        let program = home.on(&world);
        let mut command = std::process::Command::new("/bin/sh");
        command.env_clear().current_dir(home.path()).stdin(Stdio::null());
        command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.args(["-c", &format!("trap '' {ignored}; exec \"$0\" \"$@\"")]).arg(program.get_program());
        command.args(["tunnel", "staging", "--to", REMOTE, "--port", "0", "--json"]);
        let mut tunnel = Running::of(command);
        let ready = tunnel.until("ready");
        signal(tunnel.child.id(), sent);
        let mut socket = TcpStream::connect(ready["local"].as_str().unwrap()).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        echoes(&mut socket, b"SELECT 1");
        signal(tunnel.child.id(), ends);
        tunnel.until("closed");
        assert_eq!(ended(&mut tunnel.child).code(), Some(code), "it ended by SIG{ignored}");
    }
}

/// The program with keys from a file instead of variables.
fn with_a_file(home: &Home, world: &World) -> std::process::Command {
    let mut command = home.on(world);
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        command.env_remove(name);
    }
    command
}

#[test]
fn credentials_of_another_account_end_the_tunnel_and_are_reported() {
    let (home, world) = (home(), World::staging());
    let key = |number: u8| format!("aws_access_key_id = AKIASIMULATED000000{number}\naws_secret_access_key = x\n");
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    home.write(".aws/credentials", format!("[default]\n{}", key(1)));
    let mut command = with_a_file(&home, &world);
    command.args(["tunnel", "staging", "--to", REMOTE, "--port", "0", "--json"]);
    let mut tunnel = Running::of(command);
    tunnel.until("ready");
    let opened = world.requests("ssm:StartSession");
    // Somebody signs in to another account as the first key expires.
    home.write(".aws/credentials", format!("[base]\n{}", key(2)));
    let role = "[default]\nrole_arn = arn:aws:iam::999999999999:role/other\nsource_profile = base\n";
    home.write(".aws/config", role);
    world.post("/_sim/expire", &json!({"access_key": "AKIASIMULATED0000001"}));
    world.post("/_sim/fault", &json!({"operation": "gateway:link", "kind": "ended", "count": 1}));
    let closed = tunnel.until("closed");
    let why = closed["reason"].as_str().unwrap();
    assert!(why.contains("999999999999"), "{closed}");
    assert_eq!(ended(&mut tunnel.child).code(), Some(4));
    assert_eq!(world.requests("ssm:StartSession"), opened, "these credentials open nothing");
    let (outcome, reason) = last(&home);
    assert!(outcome == "failed" && reason.contains("999999999999"), "{outcome}: {reason}");
    // Its session is not ended with these credentials either.
    let mut err = String::new();
    tunnel.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert!(err.contains("was not ended at AWS"), "{err}");
    assert!(audit(&home).last().unwrap()["after"]["not_ended"].is_string(), "{err}");
}

#[test]
fn guarded_environments_are_all_confirmed_before_the_first_tunnel_opens() {
    let (home, world) = (home(), World::staging());
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    home.write(
        "config.toml",
        config.replacen("[environments.minimal]\n", "[environments.minimal]\nguarded = true\n", 1),
    );
    let typed = format!("tunnel staging minimal --to {REMOTE} --port 0 --json --through i-0123456789abcdef0 --yes");
    let output = line(&mut home.on(&world), &format!("{typed} --confirm staging")).exits(4);
    assert!(output.err.contains("--confirm minimal"), "{output:#?}");
    assert_eq!(world.requests("ssm:StartSession"), 0, "the first tunnel is not opened either");
    let mut tunnel = Running::start(&home, &world, &format!("{typed} --confirm staging --confirm minimal"));
    let ready = [tunnel.until("ready"), tunnel.until("ready")];
    assert_ne!(ready[0]["environment"], ready[1]["environment"]);
}

#[test]
fn url_is_not_put_into_variables_that_affect_programs_or_libpq() {
    let (home, world) = (home(), World::staging());
    for name in ["PATH", "PGHOST", "PGPASSWORD"] {
        let output = run(&mut home.on(&world), ["with-db", "staging", "--var", name, "--", "ls"]).exits(2);
        assert!(output.err.contains(&format!("`{name}` cannot be the variable")), "{output:#?}");
    }
    assert_eq!(world.requests("ssm:StartSession"), 0);
}

#[test]
fn unanswered_session_end_is_reported() {
    let (home, world) = (home(), World::staging());
    world.fault("ssm:TerminateSession", "hang");
    let mut tunnel = Running::start(&home, &world, &format!("tunnel staging --to {REMOTE} --port 0 --json"));
    tunnel.until("ready");
    signal(tunnel.child.id(), Signal::INT);
    tunnel.until("closed");
    let mut err = String::new();
    tunnel.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert!(err.contains("was not ended at AWS") && err.contains("no answer in 5 s"), "{err}");
    assert_eq!(audit(&home)[1]["after"]["not_ended"], "no answer in 5 s");
}

#[test]
fn session_opened_after_the_command_ended_is_ended_too() {
    let (home, world) = (home(), World::staging());
    world.post("/_sim/fault", &json!({"operation": "ssm:StartSession", "kind": "delay", "delay_ms": 2000}));
    let mut tunnel = Running::start(&home, &world, &format!("tunnel staging --to {REMOTE} --port 0 --json"));
    crate::support::until("the session request", PATIENCE, || (world.requests("ssm:StartSession") > 0).then_some(()));
    signal(tunnel.child.id(), Signal::INT);
    tunnel.until("closed");
    assert_eq!(ended(&mut tunnel.child).code(), Some(130));
    assert_eq!(world.requests("ssm:TerminateSession"), 1);
}

#[test]
fn silent_agent_is_replaced_by_another_session() {
    let (home, world) = (home(), World::staging());
    let mut tunnel = Running::start(&home, &world, &format!("tunnel staging --to {REMOTE} --port 0 --json"));
    let ready = tunnel.until("ready");
    for operation in ["gateway:output", "gateway:acknowledge"] {
        world.post("/_sim/fault", &json!({"operation": operation, "kind": "drop"}));
    }
    let mut socket = TcpStream::connect(ready["local"].as_str().unwrap()).unwrap();
    socket.write_all(b"SELECT 1").unwrap();
    let resuming = tunnel.until("resuming");
    assert!(resuming["reason"].as_str().unwrap().contains("the agent does not answer"), "{resuming}");
    // No "ready" in between: the next report is that another session is opened.
    let replacing = tunnel.until("replacing");
    assert!(tunnel.printed.matches("\"ready\"").count() == 1, "{}", tunnel.printed);
    assert!(!tunnel.printed.contains("far side has not answered"), "{replacing}");
}
