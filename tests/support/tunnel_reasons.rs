//! What is told of a tunnel that is not as it should be, and what is told nobody.

use super::*;
use support::{Lines, Said};

/// What a tunnel says to people until it has said how programs connect and its link was made again, and what it says on stderr.
fn told(home: &Home, world: &World, more: &str) -> (String, String) {
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
    let said = support::finish(child).coded(130);
    text.extend(lines.map(|line| line + "\n"));
    (text, said.err)
}

#[test]
fn how_programs_connect_is_printed_once_and_the_password_only_where_it_is_asked_for() {
    let (home, world) = (home(), World::staging());
    let read = || world.asked("secretsmanager:GetSecretValue");
    // The name of the user stands in the secret alone.
    let (out, err) = told(&home, &world, "");
    for words in
        ["psql -h 127.0.0.1 -p ", " -U app -d app\n", "postgresql://app@127.0.0.1:", "jdbc:postgresql://127.0.0.1:"]
    {
        assert_eq!(out.matches(words).count(), 1, "{words}: {out}");
    }
    assert_eq!(out.matches("staging: ready  127.0.0.1:").count(), 2, "{out}");
    assert!(out.contains("staging: resuming: the service closed the connection: 1000 Bye\n"), "{out}");
    assert!(!(out + &err).contains(PASSWORD));
    assert_eq!(read(), 1);
    let (out, err) = told(&home, &world, "--show-password");
    assert_eq!((out.matches(PASSWORD).count(), err.contains(PASSWORD)), (2, false), "{out}");
    let known = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    home.write("config.toml", known.replacen("tunnel]\n", "tunnel]\nuser = \"me\"\ndatabase = \"shop\"\n", 1));
    let (out, _) = told(&home, &world, "");
    assert!(out.contains(" -U me -d shop\n") && read() == 2, "nothing is read that is not needed: {out}");
    // `audit` looks for the password in the file.
    assert_eq!(audit(&home).len(), 6);
    let said = line(&mut home.on(&world), "tunnel staging --json --show-password").coded(2);
    assert!(said.err.contains("--json has none"), "{said:#?}");
}

#[test]
fn who_may_not_read_the_secret_still_gets_a_tunnel() {
    let (home, world) = (home(), World::staging());
    world.fault("secretsmanager:GetSecretValue", "denied");
    let (out, err) = told(&home, &world, "");
    assert!(out.contains("psql -h 127.0.0.1") && !out.contains(" -U "), "{out}");
    assert!(
        err.contains("the name of the user is not known") && err.contains("secretsmanager:GetSecretValue"),
        "{err}"
    );
}

#[test]
fn an_agent_that_aws_cannot_reach_says_what_the_role_and_the_network_need() {
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
        let Said { out, err, .. } = support::finish(child).coded(1);
        assert!(err.contains("runs and is not connected to Systems Manager (TargetNotConnected)"), "{err}");
        let hint = err.split("hint: ").nth(1).unwrap_or_default();
        for needed in ["ssmmessages:CreateControlChannel", "interface endpoint", &format!("deploy {service} --force")] {
            assert!(hint.contains(needed), "{needed}: {err}");
        }
        assert!(!(out + &err).contains("on the side of AWS"), "{err}");
    }
    assert_eq!(world.asked("ssm:TerminateSession"), 0, "there was no session");
    // One that connects a moment later is waited for, and why is said meanwhile.
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
fn a_bastion_that_was_replaced_is_found_again_by_its_name() {
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
    line(&mut home.on(&world), &format!("--env minimal instances start {new} --yes")).coded(0);
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
fn a_database_that_refuses_or_drops_is_told_from_each_other_and_in_time() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (home, world) = (home(), World::mapped(REMOTE, nobody));
    let with_db = ["with-db", "staging", "--to", REMOTE, "--", "sh", "-c", "exit 7"];
    let said = run(&mut home.on(&world), with_db).coded(1);
    assert!(said.err.contains(&format!("nobody listens at {REMOTE}")), "{said:#?}");
    let asked = world.get("/_sim/requests")["operations"]["gateway:dial:ConnectionRefused"]["errors"].clone();
    assert_eq!(asked, 3, "asked again for as long as one needs that is just started, and no longer");
    let world = World::mapped(REMOTE, database());
    world.post("/_sim/fault", &json!({"operation": "gateway:dial", "kind": "hang", "count": 1}));
    let said = run(&mut home.on(&world), with_db).coded(7);
    assert!(said.err.contains(&format!("{REMOTE}: the far side has not answered for 5 s")), "{said:#?}");
}

#[test]
fn a_session_that_may_not_be_ended_is_said() {
    let (home, world) = (home(), World::staging());
    world.fault("ssm:TerminateSession", "denied");
    let said = run(home.on(&world).stdin(Stdio::null()), ["exec", "staging", "web", "--", "true"]).coded(0);
    assert!(said.err.contains("was not ended at AWS") && said.err.contains("ssm:TerminateSession"), "{said:#?}");
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
fn a_tunnel_for_others_than_this_machine_is_warned_of_and_written_down() {
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
    assert!(err.contains("warning: whoever reaches 0.0.0.0 connects through this tunnel"), "{err}");
    assert_eq!(audit(&home)[0]["after"]["local"], json!(local));
    // Nothing is said of this machine's own addresses.
    let said = line(
        &mut home.on(&world),
        &format!("tunnel staging --to {REMOTE} --listen 127.0.0.1 --port {port} --timeout 1ms"),
    );
    assert!(!said.err.contains("warning"), "{said:#?}");
    // 192.0.2.0/24 is no machine's (RFC 5737).
    let other = format!("tunnel staging --to {REMOTE} --listen 192.0.2.1 --port 0");
    let said = line(&mut home.on(&world), &other).coded(1);
    assert!(said.err.contains("--listen takes an address of this machine"), "{said:#?}");
}

/// Says one byte to who connects.
fn says(byte: u8) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().try_for_each(|socket| socket?.write_all(&[byte])));
    address
}

#[test]
fn the_simulator_that_is_typed_leads_where_it_was_told_over_tls_too_and_runs_programs_where_it_may() {
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
        let said = run(&mut home.at(None), ["sim", "--map", bad]).coded(2);
        assert!(said.err.contains("--map"), "{bad}: {said:#?}");
    }
}

#[test]
fn no_token_and_no_password_is_in_the_whole_log() {
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
    run(&mut logged("exec staging web -- true"), [""; 0]).coded(0);
    run(&mut logged(&format!("with-db staging --to {REMOTE} -- true")), [""; 0]).coded(1);
    let text = std::fs::read_to_string(&log).unwrap();
    for asked in
        ["ssm:StartSession", "ssm:ResumeSession", "ssm:TerminateSession", "ecs:ExecuteCommand", "GetSecretValue"]
    {
        assert!(text.contains(asked), "{asked} is not in the log");
    }
    for secret in ["AAEAA", PASSWORD] {
        assert!(!text.contains(secret), "{secret} is in the log");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_was_ignored_at_the_start_ends_no_tunnel() {
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

/// The program with the keys of a file instead of variables.
fn with_a_file(home: &Home, world: &World) -> std::process::Command {
    let mut command = home.on(world);
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        command.env_remove(name);
    }
    command
}

#[test]
fn credentials_of_another_account_keep_no_tunnel_and_are_told() {
    let (home, world) = (home(), World::staging());
    let key = |number: u8| format!("aws_access_key_id = AKIASIMULATED000000{number}\naws_secret_access_key = x\n");
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    home.write(".aws/credentials", format!("[default]\n{}", key(1)));
    let mut command = with_a_file(&home, &world);
    command.args(["tunnel", "staging", "--to", REMOTE, "--port", "0", "--json"]);
    let mut tunnel = Running::of(command);
    tunnel.until("ready");
    let opened = world.asked("ssm:StartSession");
    // Somebody signs in elsewhere, as the first key expires.
    home.write(".aws/credentials", format!("[base]\n{}", key(2)));
    let role = "[default]\nrole_arn = arn:aws:iam::999999999999:role/other\nsource_profile = base\n";
    home.write(".aws/config", role);
    world.post("/_sim/expire", &json!({"access_key": "AKIASIMULATED0000001"}));
    world.post("/_sim/fault", &json!({"operation": "gateway:link", "kind": "ended", "count": 1}));
    let closed = tunnel.until("closed");
    let why = closed["reason"].as_str().unwrap();
    assert!(why.contains("999999999999"), "{closed}");
    assert_eq!(ended(&mut tunnel.child).code(), Some(4));
    assert_eq!(world.asked("ssm:StartSession"), opened, "nothing is opened with them");
    let (outcome, reason) = last(&home);
    assert!(outcome == "failed" && reason.contains("999999999999"), "{outcome}: {reason}");
    // Nor is its session ended with them.
    let mut err = String::new();
    tunnel.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert!(err.contains("was not ended at AWS"), "{err}");
    assert!(audit(&home).last().unwrap()["after"]["not_ended"].is_string(), "{err}");
}

#[test]
fn several_guarded_environments_are_each_confirmed_before_the_first_is_opened() {
    let (home, world) = (home(), World::staging());
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    home.write(
        "config.toml",
        config.replacen("[environments.minimal]\n", "[environments.minimal]\nguarded = true\n", 1),
    );
    let typed = format!("tunnel staging minimal --to {REMOTE} --port 0 --json --through i-0123456789abcdef0 --yes");
    let said = line(&mut home.on(&world), &format!("{typed} --confirm staging")).coded(4);
    assert!(said.err.contains("--confirm minimal"), "{said:#?}");
    assert_eq!(world.asked("ssm:StartSession"), 0, "the first is not opened either");
    let mut tunnel = Running::start(&home, &world, &format!("{typed} --confirm staging --confirm minimal"));
    let ready = [tunnel.until("ready"), tunnel.until("ready")];
    assert_ne!(ready[0]["environment"], ready[1]["environment"]);
}

#[test]
fn a_variable_that_leads_to_programs_or_the_database_is_not_given_the_url() {
    let (home, world) = (home(), World::staging());
    for name in ["PATH", "PGHOST", "PGPASSWORD"] {
        let said = run(&mut home.on(&world), ["with-db", "staging", "--var", name, "--", "ls"]).coded(2);
        assert!(said.err.contains(&format!("`{name}` cannot be the variable")), "{said:#?}");
    }
    assert_eq!(world.asked("ssm:StartSession"), 0);
}

#[test]
fn an_end_that_is_not_answered_in_time_is_said() {
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
fn a_session_that_aws_opens_after_the_command_was_ended_is_ended_too() {
    let (home, world) = (home(), World::staging());
    world.post("/_sim/fault", &json!({"operation": "ssm:StartSession", "kind": "delay", "delay_ms": 2000}));
    let mut tunnel = Running::start(&home, &world, &format!("tunnel staging --to {REMOTE} --port 0 --json"));
    support::until("it is asked for", PATIENCE, || (world.asked("ssm:StartSession") > 0).then_some(()));
    signal(tunnel.child.id(), Signal::INT);
    tunnel.until("closed");
    assert_eq!(ended(&mut tunnel.child).code(), Some(130));
    assert_eq!(world.asked("ssm:TerminateSession"), 1);
}

#[test]
fn an_agent_that_answers_nothing_is_left_for_another_session() {
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
    // Nothing says ready in between: the next that is told is that another session is opened.
    let replacing = tunnel.until("replacing");
    assert!(tunnel.said.matches("\"ready\"").count() == 1, "{}", tunnel.said);
    assert!(!tunnel.said.contains("far side has not answered"), "{replacing}");
}
