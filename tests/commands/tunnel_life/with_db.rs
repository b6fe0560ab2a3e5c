//! `cockpit with-db` with a real server, which requires a password over TLS.

use super::*;
use base64::Engine as _;

fn key() -> String {
    let key = base64::engine::general_purpose::STANDARD.encode(include_bytes!("../../support/tls/server.key.der"));
    let lines: Vec<&str> = key.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

/// Every user except `postgres` needs a password.
const HBA: &str = "local all all trust\nhost all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 md5\n";

/// A server with or without TLS, with the database and the user of the secret.
fn asking(tls: bool, password: &str) -> LocalPostgres {
    let tls = tls.then(|| (include_str!("../../support/tls/server.pem").to_owned(), key()));
    let options = LocalOptions { tls, hba: Some(HBA.to_owned()), ..LocalOptions::default() };
    let server = LocalPostgres::start(&options).unwrap();
    for sql in [format!("create role app login password '{password}'").as_str(), "create database app owner app"] {
        let mut psql = Command::new(server.programs().join("psql"));
        psql.args(["-X", "-h", "127.0.0.1", "-p", &server.port().to_string(), "-U", "postgres", "-c", sql]);
        run(&mut psql, [""; 0]).exits(0);
    }
    server
}

/// The password of the secret, as passed to a command.
fn password() -> String {
    let world = World::mapped(REMOTE, SocketAddr::from(([127, 0, 0, 1], server().port())));
    let typed = ["with-db", "staging", "--to", REMOTE, "--", "sh", "-c", "printf %s \"$PGPASSWORD\""];
    run(&mut home().on(&world), typed).exits(0).out
}

/// Runs a command with the database; `input` is piped into it.
fn with_db(home: &Home, world: &World, flags: &[&str], shell: &str, input: &str) -> Output {
    let mut command = home.on(world);
    command.args(flags).args(["with-db", "staging", "--to", REMOTE, "--", "sh", "-c", shell]);
    command.env("PSQL", server().programs().join("psql")).env("PGCONNECT_TIMEOUT", "60");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    finish(child)
}

#[test]
fn with_db_command_logs_in_reads_stdin_and_is_read_only_on_request() {
    let password = password();
    for tls in [false, true] {
        let server = asking(tls, &password);
        let (home, world) = (home(), World::mapped(REMOTE, SocketAddr::from(([127, 0, 0, 1], server.port()))));
        let by_url = "exec \"$PSQL\" -XAtq -v ON_ERROR_STOP=1 \"$DATABASE_URL\"";
        let sql = "create table kept (n int);\ninsert into kept values (1), (2);\n\
                   select current_user, current_database(), sum(n) from kept;\n";
        assert_eq!(with_db(&home, &world, &[], by_url, sql).exits(0).out, "app|app|3\n");
        // Through libpq's own variables, and encrypted if the server supports it.
        let by_variables = "exec \"$PSQL\" -XAtq -v ON_ERROR_STOP=1 -v VERBOSITY=verbose";
        let sql = "select ssl from pg_stat_ssl where pid = pg_backend_pid();\n";
        let output = with_db(&home, &world, &[], by_variables, sql).exits(0);
        assert_eq!(output.out, if tls { "t\n" } else { "f\n" });
        // The server refuses writes, and the exit code is that of the command.
        for (how, sql) in [(by_url, "insert into kept values (3);\n"), (by_variables, "insert into kept values (4);\n")]
        {
            let output = with_db(&home, &world, &["--read-only"], how, sql).exits(3);
            assert!(output.err.contains("cannot execute INSERT in a read-only transaction"), "{output:#?}");
        }
        assert_eq!(with_db(&home, &world, &["--read-only"], by_url, "select sum(n) from kept;\n").exits(0).out, "3\n");
        assert_eq!(with_db(&home, &world, &[], by_variables, "select 1/0;\n").exits(3).out, "");
    }
}

#[test]
fn tunnel_events_go_to_stderr_and_not_into_the_command_output() {
    let world = World::mapped(REMOTE, SocketAddr::from(([127, 0, 0, 1], server().port())));
    let home = home();
    let mut command = home.on(&world);
    command.args(["with-db", "staging", "--to", REMOTE, "--", "sh", "-c", "echo begun; read _; echo over"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let (mut printed, mut stderr) = (String::new(), String::new());
    out.read_line(&mut printed).unwrap();
    world.post("/_sim/fault", &json!({"operation": "gateway:link", "kind": "close", "count": 1}));
    while !stderr.contains("is ready again") {
        assert!(err.read_line(&mut stderr).unwrap() > 0, "{stderr}");
    }
    input.write_all(b"\n").unwrap();
    out.read_to_string(&mut printed).unwrap();
    assert_eq!((printed.as_str(), child.wait().unwrap().code()), ("begun\nover\n", Some(0)));
    assert!(stderr.contains(&format!("the tunnel to {REMOTE} has lost its link, and continues with")), "{stderr}");
}

#[test]
fn with_db_can_use_the_reader_and_a_password_from_a_parameter() {
    let reader = SocketAddr::from(([127, 0, 0, 1], server().port()));
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let map = vec![("reader:5432".to_owned(), reader), ("writer:5432".to_owned(), nobody)];
    let world = World::with_map(aws_sim::Scenario::Prod, 0.0, map);
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
    let output = run(&mut home.on(&world), typed).exits(0);
    assert_eq!(output.out, "app\n", "{output:#?}");
    let written = crate::support::tunnels::audit(&home);
    assert!(written[0]["after"]["to"].as_str().unwrap().contains(".cluster-ro-"), "{written:?}");
}
