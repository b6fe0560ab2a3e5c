//! `cockpit with-db` with a real server, which asks for a password over TLS.

use super::*;
use base64::Engine as _;

fn key() -> String {
    let key = base64::engine::general_purpose::STANDARD.encode(include_bytes!("tls/server.key.der"));
    let lines: Vec<&str> = key.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

/// Who is not `postgres` says a password.
const HBA: &str = "local all all trust\nhost all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 md5\n";

/// A server with TLS or without it, with the database and the user of the secret.
fn asking(tls: bool, password: &str) -> LocalPostgres {
    let tls = tls.then(|| (include_str!("tls/server.pem").to_owned(), key()));
    let options = LocalOptions { tls, hba: Some(HBA.to_owned()), ..LocalOptions::default() };
    let server = LocalPostgres::start(&options).unwrap();
    for sql in [format!("create role app login password '{password}'").as_str(), "create database app owner app"] {
        let mut psql = Command::new(server.programs().join("psql"));
        psql.args(["-X", "-h", "127.0.0.1", "-p", &server.port().to_string(), "-U", "postgres", "-c", sql]);
        run(&mut psql, [""; 0]).coded(0);
    }
    server
}

/// The password of the secret, as a command is given it.
fn password() -> String {
    let world = World::mapped(REMOTE, SocketAddr::from(([127, 0, 0, 1], server().port())));
    let typed = ["with-db", "staging", "--to", REMOTE, "--", "sh", "-c", "printf %s \"$PGPASSWORD\""];
    run(&mut home().on(&world), typed).coded(0).out
}

/// Runs a command with the database; `input` is what is piped into it.
fn with_db(home: &Home, world: &World, flags: &[&str], shell: &str, input: &str) -> Said {
    let mut command = home.on(world);
    command.args(flags).args(["with-db", "staging", "--to", REMOTE, "--", "sh", "-c", shell]);
    command.env("PSQL", server().programs().join("psql")).env("PGCONNECT_TIMEOUT", "60");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    finish(child)
}

#[test]
fn a_command_with_a_database_logs_in_reads_its_input_and_only_reads_where_that_was_asked_for() {
    let password = password();
    for tls in [false, true] {
        let server = asking(tls, &password);
        let (home, world) = (home(), World::mapped(REMOTE, SocketAddr::from(([127, 0, 0, 1], server.port()))));
        let by_url = "exec \"$PSQL\" -XAtq -v ON_ERROR_STOP=1 \"$DATABASE_URL\"";
        let sql = "create table kept (n int);\ninsert into kept values (1), (2);\n\
                   select current_user, current_database(), sum(n) from kept;\n";
        assert_eq!(with_db(&home, &world, &[], by_url, sql).coded(0).out, "app|app|3\n");
        // By libpq's own variables, and encrypted where the server can.
        let by_variables = "exec \"$PSQL\" -XAtq -v ON_ERROR_STOP=1 -v VERBOSITY=verbose";
        let sql = "select ssl from pg_stat_ssl where pid = pg_backend_pid();\n";
        let said = with_db(&home, &world, &[], by_variables, sql).coded(0);
        assert_eq!(said.out, if tls { "t\n" } else { "f\n" });
        // The server refuses what is no read, and the exit code is the command's.
        for (how, sql) in [(by_url, "insert into kept values (3);\n"), (by_variables, "insert into kept values (4);\n")]
        {
            let said = with_db(&home, &world, &["--read-only"], how, sql).coded(3);
            assert!(said.err.contains("cannot execute INSERT in a read-only transaction"), "{said:#?}");
        }
        assert_eq!(with_db(&home, &world, &["--read-only"], by_url, "select sum(n) from kept;\n").coded(0).out, "3\n");
        assert_eq!(with_db(&home, &world, &[], by_variables, "select 1/0;\n").coded(3).out, "");
    }
}

#[test]
fn what_becomes_of_the_tunnel_while_the_command_runs_is_said_on_stderr_and_nothing_in_its_output() {
    let world = World::mapped(REMOTE, SocketAddr::from(([127, 0, 0, 1], server().port())));
    let home = home();
    let mut command = home.on(&world);
    command.args(["with-db", "staging", "--to", REMOTE, "--", "sh", "-c", "echo begun; read _; echo over"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let (mut printed, mut said) = (String::new(), String::new());
    out.read_line(&mut printed).unwrap();
    world.post("/_sim/fault", &json!({"operation": "gateway:link", "kind": "close", "count": 1}));
    while !said.contains("is ready again") {
        assert!(err.read_line(&mut said).unwrap() > 0, "{said}");
    }
    input.write_all(b"\n").unwrap();
    out.read_to_string(&mut printed).unwrap();
    assert_eq!((printed.as_str(), child.wait().unwrap().code()), ("begun\nover\n", Some(0)));
    assert!(said.contains(&format!("the tunnel to {REMOTE} has lost its link, and goes on with")), "{said}");
}

#[test]
fn a_command_may_be_led_to_the_reader_and_takes_its_password_from_a_parameter() {
    let reader = SocketAddr::from(([127, 0, 0, 1], server().port()));
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let map = vec![("reader:5432".to_owned(), reader), ("writer:5432".to_owned(), nobody)];
    let world = World::led(aws_sim::Scenario::Prod, 0.0, map);
    let home = home();
    let (path, secret) = ("/bookmark-manager/prod/DB_PASSWORD", "simulated-hush");
    world.poke(&json!({"put_parameter": {"name": path, "type": "SecureString", "value": secret}}));
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    let through = "service = \"bookmark-manager-prod-api\"\n";
    assert!(config.contains(through), "{config}");
    let login = format!("service = \"bookmark-manager-prod-web\"\nuser = \"app\"\nparameter = \"{path}\"\n");
    home.write("config.toml", config.replace(through, &login));
    let shell = "test \"$PGPASSWORD\" = simulated-hush && echo \"$PGUSER\"";
    let typed = ["with-db", "prod", "--reader", "--yes", "--confirm", "prod", "--", "sh", "-c", shell];
    let said = run(&mut home.on(&world), typed).coded(0);
    assert_eq!(said.out, "app\n", "{said:#?}");
    let written = support::tunnels::audit(&home);
    assert!(written[0]["after"]["to"].as_str().unwrap().contains(".cluster-ro-"), "{written:?}");
}
