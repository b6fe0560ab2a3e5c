//! Tunnels and shells from the screen: their effect on the terminal, and what they leave.

use super::*;
use std::net::TcpStream;

/// The example configuration with an audit file inside the home folder, and a tunnel through a running service.
fn tunneled() -> Home {
    let home = Home::new();
    let audit = home.path().join("audit.jsonl");
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    let shipped = "service = \"bookmark-manager-staging-api\"\n";
    assert!(config.contains(shipped), "{config}");
    let tunnel = "service = \"bookmark-manager-staging-web\"\nport = \"0\"\nto = \"db.internal:5432\"\n";
    let top = format!("audit_file = {:?}\n", audit.to_str().unwrap());
    home.write("config.toml", top + &config.replace(shipped, tunnel));
    home
}

/// The outcome in each line of the audit file, with its command.
fn written(home: &Home) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(home.path().join("audit.jsonl")).unwrap_or_default();
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    lines.map(|line| (line["outcome"].to_string(), line["command"].to_string())).collect()
}

#[test]
fn shell_gets_the_whole_terminal_and_the_screen_is_restored() {
    let (home, world) = (tunneled(), World::staging());
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.press("2");
    terminal.shows("healthy");
    terminal.press("/web\r");
    terminal.hides("● api");
    terminal.press("E");
    terminal.shows("root@");
    assert!(!terminal.text().contains("DESIRED"), "{}", terminal.text());
    terminal.press("echo 日本語\r");
    terminal.wait("what was typed and what came of it", |text| text.matches("日本語").count() == 2);
    terminal.resize(100, 30);
    until("the size", PATIENCE, || {
        terminal.press("stty size\r");
        std::thread::sleep(Duration::from_millis(50));
        terminal.text().contains("30 100").then_some(())
    });
    // The key that would quit the cockpit ends the program in the shell.
    terminal.press("cat\r\u{3}");
    terminal.shows("^C");
    terminal.press("exit 3\r");
    terminal.is_taken();
    terminal.shows("exit code 3");
    terminal.shows("DESIRED");
    // The next key goes to the screen, and none is lost to the previous reader.
    terminal.press("4");
    terminal.shows("bookmark-manager-staging-db");
    let output = written(&home);
    assert_eq!(output.iter().map(|(outcome, _)| outcome.as_str()).collect::<Vec<_>>(), ["\"started\"", "\"done\""]);
    assert!(output[0].1.contains("cockpit exec staging bookmark-manager-staging-web"), "{output:?}");
    assert_eq!(world.requests("ssm:TerminateSession"), 1);
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_restored();
}

#[test]
fn shell_ended_by_the_service_shows_the_reason_and_is_not_audited_as_done() {
    let (home, world) = (tunneled(), World::staging());
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.press("2");
    terminal.shows("healthy");
    terminal.press("/web\r");
    terminal.hides("● api");
    terminal.press("E");
    terminal.shows("root@");
    world.post("/_sim/fault", &json!({"operation": "gateway:link", "kind": "ended", "count": 1}));
    terminal.shows("was ended");
    let outcomes: Vec<String> = written(&home).into_iter().map(|(outcome, _)| outcome).collect();
    assert_eq!(outcomes, ["\"started\"", "\"unknown\""]);
}

#[test]
fn shell_command_restores_the_terminal_and_returns_the_exit_code() {
    let (home, world) = (tunneled(), World::staging());
    let mut terminal = Terminal::on(&home, &world, "exec staging web");
    terminal.shows("root@");
    terminal.press("cat\r\u{3}");
    terminal.shows("^C");
    terminal.press("exit 7\r");
    assert_eq!(terminal.ended(), 7);
    until("cooked", PATIENCE, || terminal.cooked().then_some(()));
    // A shell that never opens is left with Ctrl-C.
    world.fault("ecs:ExecuteCommand", "hang");
    let mut terminal = Terminal::on(&home, &world, "exec staging web");
    until("the session request", PATIENCE, || (world.requests("ecs:ExecuteCommand") >= 2).then_some(()));
    terminal.press("\u{3}");
    assert_eq!(terminal.ended(), 130);
}

#[test]
fn shell_with_lost_link_reports_it_and_is_left_with_ctrl_c() {
    let (home, world) = (tunneled(), World::staging());
    let mut terminal = Terminal::open(command(&home, Some(&world.endpoint()), "exec staging web"), 200, 40);
    terminal.shows("root@");
    world.fault("gateway:connect", "hang");
    world.post("/_sim/fault", &json!({"operation": "gateway:link", "kind": "reset", "count": 1}));
    terminal.shows("Ctrl-C leaves");
    terminal.press("\u{3}");
    assert_eq!(terminal.ended(), 130);
    until("cooked", PATIENCE, || terminal.cooked().then_some(()));
    assert_eq!(written(&home).last().unwrap().0, "\"unknown\"");
}

#[test]
fn mfa_prompt_during_a_shell_lets_it_continue() {
    let (home, world) = (tunneled(), World::staging());
    world.poke(&json!({"require_code": "271828"}));
    std::fs::create_dir_all(home.path().join(".aws")).unwrap();
    let files = format!(
        "[profile base]\naws_access_key_id = AKIASIMULATED0000001\naws_secret_access_key = {SECRET}\n\n[profile work]\nrole_arn = arn:aws:iam::123456789012:role/ops\nsource_profile = base\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n"
    );
    home.write(".aws/config", files);
    let mut command = command(&home, None, "exec staging web");
    command.env("AWS_ENDPOINT_URL", world.endpoint());
    command.env("AWS_PROFILE", "work");
    let mut terminal = Terminal::open(command, 200, 40);
    terminal.shows("for profile work:");
    terminal.press("271828\r");
    terminal.shows("root@");
    // After an hour the session of the role has expired, and the service closes the link.
    let kept = std::fs::read_dir(home.path().join(".aws/cli/cache")).unwrap().next().unwrap().unwrap().path();
    let role: serde_json::Value = serde_json::from_slice(&std::fs::read(&kept).unwrap()).unwrap();
    std::fs::remove_file(&kept).unwrap();
    world.post("/_sim/expire", &json!({"access_key": role["Credentials"]["AccessKeyId"]}));
    world.post("/_sim/fault", &json!({"operation": "gateway:link", "kind": "close", "count": 1}));
    terminal.wait("the second question", |text| text.matches("for profile work:").count() == 2);
    terminal.press("271828\r");
    until("keys to go to the shell again", PATIENCE, || (!terminal.cooked()).then_some(()));
    terminal.press("exit 7\r");
    assert_eq!(terminal.ended(), 7);
    until("cooked", PATIENCE, || terminal.cooked().then_some(()));
}

#[test]
fn demo_key_opens_a_tunnel_usable_by_psql_elsewhere() {
    use cockpit::runtime::local_postgres::{LocalOptions, LocalPostgres};
    let home = Home::new();
    let mut terminal = Terminal::open(command(&home, None, "demo --scenario staging --speed 0"), 160, 45);
    terminal.shows("healthy");
    terminal.press("T");
    // The usual port may be taken on this machine: then another one is offered, by a window that ignores held keys.
    until("it is ready", PATIENCE, || {
        if terminal.text().contains("is taken") {
            std::thread::sleep(Duration::from_secs(2));
            terminal.press("\r");
        }
        // Services may be listed before the databases that it leads to.
        if terminal.text().contains("no tunnel: ") {
            terminal.press("T");
        }
        std::thread::sleep(Duration::from_millis(200));
        terminal.text().contains("is ready: psql -h 127.0.0.1 -p ").then_some(())
    });
    let text = terminal.text();
    let typed = text.split("is ready: psql ").nth(1).unwrap().lines().next().unwrap().trim().to_owned();
    // Its programs belong to the server that the demo has started.
    let programs = LocalPostgres::start(&LocalOptions::default()).unwrap().programs().to_owned();
    let mut psql = std::process::Command::new(programs.join("psql"));
    psql.args(typed.split_whitespace()).args(["-XAt", "-c", "select count(*) > 0 from bookmarks"]);
    assert_eq!(crate::support::run(&mut psql, [""; 0]).exits(0).out, "t\n", "{typed}");
}

/// A world whose database answers like PostgreSQL without TLS, and no more.
fn with_a_database() -> World {
    let database = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let world = World::mapped("db.internal:5432", database.local_addr().unwrap());
    std::thread::spawn(move || {
        for socket in database.incoming() {
            let mut socket = socket.unwrap();
            std::thread::spawn(move || {
                let mut request = [0; 8];
                if socket.read_exact(&mut request).is_ok() {
                    let _ = socket.write_all(b"N");
                }
            });
        }
    });
    world
}

/// Runs `cockpit with-db` at a terminal, with the output of another program as its input. The command with the database has its
/// own session: only forwarded signals reach it.
#[cfg(target_os = "linux")]
const PIPED: &str = r#"
    trap : INT
    sh -c 'trap ": >\"$WITNESS\"; exit" INT; while :; do sleep 0.05; done' |
        "$PROGRAM" with-db staging -- setsid sh -c '
            trap "echo interrupted" INT; trap "exit 0" TERM; echo "the program is $PPID."
            while :; do sleep 0.05; done'
    echo "it ended with $?"
"#;

#[cfg(target_os = "linux")]
#[test]
fn terminal_signal_key_is_not_forwarded_twice_to_a_with_db_command() {
    let (home, world) = (tunneled(), with_a_database());
    let mut builder = CommandBuilder::new("sh");
    builder.env_clear();
    for (name, value) in home.variables(Some(&world.endpoint())) {
        builder.env(name, value);
    }
    let witness = home.path().join("witness");
    builder.env("WITNESS", &witness);
    builder.env("PROGRAM", env!("CARGO_BIN_EXE_cockpit"));
    builder.cwd(home.path());
    builder.args(["-c", PIPED]);
    let mut terminal = Terminal::open(builder, 120, 40);
    let number: u32 = until("the number of the program", PATIENCE, || {
        terminal.text().split("the program is ").nth(1)?.split_once('.')?.0.parse().ok()
    });
    terminal.press("\u{3}");
    until("the key has reached the programs in the foreground", PATIENCE, || witness.exists().then_some(()));
    crate::support::signal(number, Signal::TERM);
    terminal.shows("it ended with 0");
    assert!(!terminal.text().contains("interrupted"), "{}", terminal.text());
}

#[test]
fn tunnel_of_the_screen_is_reused_by_a_command_in_another_terminal() {
    // A socket address has a length limit.
    let state = tempfile::tempdir().unwrap();
    let (home, world) = (tunneled(), with_a_database());
    let mut builder = command(&home, Some(&world.endpoint()), "--env staging");
    builder.env("XDG_STATE_HOME", state.path());
    let mut terminal = Terminal::open(builder, 120, 40);
    terminal.shows(aws_sim::ACCOUNT);
    terminal.shows("healthy");
    terminal.press("T");
    terminal.shows("is ready: psql -h 127.0.0.1 -p ");
    let mut with_db = home.on(&world);
    with_db.env("XDG_STATE_HOME", state.path()).args(["with-db", "staging", "--", "true"]);
    let output = crate::support::run(&mut with_db, [""; 0]).exits(0);
    let uses = format!("uses the tunnel of process {} to db.internal:5432", terminal.child.process_id().unwrap());
    assert!(output.err.contains(&uses), "{output:#?}");
    assert_eq!(world.requests("ssm:StartSession"), 1);
}

#[test]
fn key_opens_a_tunnel_and_quitting_asks_and_ends_its_session() {
    let (home, world) = (tunneled(), World::staging());
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.shows(aws_sim::ACCOUNT);
    terminal.shows("healthy");
    terminal.press("T");
    terminal.shows("is ready: psql -h 127.0.0.1 -p ");
    terminal.shows("tunnel ●");
    let text = terminal.text();
    let port: u16 =
        text.split("psql -h 127.0.0.1 -p ").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.write_all(b"SELECT 1").unwrap();
    let mut answer = [0; 8];
    socket.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"SELECT 1");
    // It stays open while another environment is shown.
    terminal.press("ej\r");
    terminal.shows("GUARDED");
    terminal.shows("tunnel ●");
    socket.write_all(b"SELECT 2").unwrap();
    socket.read_exact(&mut answer).unwrap();
    terminal.press("q");
    terminal.shows("Leave?");
    terminal.shows("In another terminal it goes on");
    // The question is answered after it could be read, and not by a key that may be held.
    until("it leaves", PATIENCE, || {
        std::thread::sleep(Duration::from_secs(2));
        terminal.press("q");
        std::thread::sleep(Duration::from_millis(100));
        terminal.child.try_wait().unwrap()
    });
    assert_eq!(world.requests("ssm:TerminateSession"), 1);
    let outcomes: Vec<String> = written(&home).into_iter().map(|(outcome, _)| outcome).collect();
    assert_eq!(outcomes, ["\"started\"", "\"done\""]);
    terminal.is_restored();
}
