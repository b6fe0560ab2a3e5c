//! The lifetime of a tunnel: real PostgreSQL programs through it, TLS and a proxy on the way, a machine that slept,
//! expired credentials, a Unix socket.

mod with_db;

use crate::support::tunnels::{REMOTE, Running, echoes, home};
use crate::support::{Home, Output, PATIENCE, World, ended, finish, line, run, signal};
use cockpit::runtime::local_postgres::{LocalOptions, LocalPostgres};
use rustix::process::Signal;
use serde_json::json;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// One server for all tests of this file.
fn server() -> &'static LocalPostgres {
    static SERVER: OnceLock<LocalPostgres> = OnceLock::new();
    SERVER.get_or_init(|| LocalPostgres::start(&LocalOptions::default()).unwrap())
}

/// A tunnel to the server.
struct Through {
    tunnel: Running,
    host: String,
    port: String,
    world: World,
    _home: Home,
}

impl Through {
    fn open() -> Self {
        let world = World::mapped(REMOTE, SocketAddr::from(([127, 0, 0, 1], server().port())));
        let home = home();
        let mut tunnel = Running::start(&home, &world, &format!("tunnel staging --to {REMOTE} --port 0 --json"));
        let ready = tunnel.until("ready");
        let (host, port) = ready["local"].as_str().unwrap().split_once(':').unwrap();
        Self { host: host.to_owned(), port: port.to_owned(), tunnel, world, _home: home }
    }

    /// A PostgreSQL program, through the tunnel.
    fn program(&self, name: &str, arguments: &[&str]) -> Command {
        program(name, &self.host, &self.port, arguments)
    }

    fn psql(&self, sql: &str) -> Output {
        run(&mut self.program("psql", &["-XAt", "-v", "ON_ERROR_STOP=1", "-c", sql]), [""; 0])
    }
}

fn program(name: &str, host: &str, port: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(server().programs().join(name));
    command.env_clear().env("LC_ALL", "C").env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.args(["-h", host, "-p", port, "-U", "postgres"]).args(arguments).stdin(Stdio::null());
    command
}

#[test]
fn psql_works_through_a_tunnel_with_many_sessions_and_reports_errors() {
    let through = Through::open();
    assert_eq!(through.psql("select 6 * 7, 'é日本'").exits(0).out, "42|é日本\n");
    assert!(through.psql("select 1/0").exits(1).err.contains("division by zero"));
    let sessions: Vec<_> = (0..20)
        .map(|number| {
            let mut psql = through.program("psql", &["-XAt", "-c", &format!("select {number} from pg_sleep(0.2)")]);
            psql.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for (number, session) in sessions.into_iter().enumerate() {
        assert_eq!(finish(session).exits(0).out, format!("{number}\n"));
    }
}

#[test]
fn three_million_rows_survive_a_closed_tunnel_connection() {
    let through = Through::open();
    let copy = "copy (select n, n % 97 from generate_series(1, 3000000) n) to stdout";
    let mut psql = through.program("psql", &["-XAt", "-c", copy]).stdout(Stdio::piped()).spawn().unwrap();
    let mut rows = 0_u64;
    for (at, line) in BufReader::new(psql.stdout.take().unwrap()).lines().enumerate() {
        rows += 1;
        assert_eq!(line.unwrap(), format!("{rows}\t{}", rows % 97));
        if at == 500_000 {
            through.world.post("/_sim/fault", &json!({"operation": "gateway:link", "kind": "close", "count": 1}));
        }
    }
    assert!(ended(&mut psql).success());
    assert_eq!(rows, 3_000_000);
    // And in the other direction, at the pace of the service.
    through.psql("create table copied (n int, text text)").exits(0);
    let mut psql =
        through.program("psql", &["-XAt", "-c", "copy copied from stdin"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = std::io::BufWriter::new(psql.stdin.take().unwrap());
    for n in 1..=200_000 {
        writeln!(input, "{n}\trow {n}").unwrap();
    }
    drop(input);
    assert!(ended(&mut psql).success());
    assert_eq!(
        through.psql("select count(*), sum(n), max(text) from copied").exits(0).out,
        "200000|20000100000|row 99999\n"
    );
}

#[test]
fn pg_dump_output_is_the_same_with_and_without_a_tunnel() {
    let through = Through::open();
    let made = "create schema dumped; create table dumped.one (id int primary key, text text, bytes bytea); \
                insert into dumped.one select n, repeat(md5(n::text), 20), decode(md5(n::text), 'hex') \
                from generate_series(1, 5000) n; create index on dumped.one (text)";
    through.psql(made).exits(0);
    let arguments = ["-n", "dumped", "postgres"];
    let dumped = |command: &mut Command| {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        // A random key that differs each time.
        text.lines().filter(|line| !line.contains("restrict ")).map(|line| line.to_owned() + "\n").collect::<String>()
    };
    let there = dumped(&mut through.program("pg_dump", &arguments));
    let here = dumped(&mut program("pg_dump", "127.0.0.1", &server().port().to_string(), &arguments));
    assert!(there.len() > 3_000_000 && there == here, "{} and {}", there.len(), here.len());
}

#[test]
fn query_is_cancelled_through_a_tunnel() {
    let mut through = Through::open();
    let psql = through.program("psql", &["-XAt", "-c", "select pg_sleep(600)"]).stderr(Stdio::piped()).spawn().unwrap();
    let sleeps = || through.psql("select count(*) from pg_stat_activity where query = 'select pg_sleep(600)'").out;
    crate::support::until("the query runs", PATIENCE, || (sleeps() == "1\n").then_some(()));
    let began = Instant::now();
    signal(psql.id(), Signal::INT);
    let output = finish(psql).exits(1);
    assert!(output.err.contains("canceling statement due to user request"), "{output:#?}");
    assert!(began.elapsed() < PATIENCE / 2);
    signal(through.tunnel.child.id(), Signal::INT);
    assert_eq!(through.tunnel.until("closed")["refused"], 0);
}

#[test]
fn psql_uses_a_unix_socket_that_is_removed_with_its_tunnel() {
    let world = World::mapped(REMOTE, SocketAddr::from(([127, 0, 0, 1], server().port())));
    let home = home();
    // A folder with a short name: a socket path is limited to some 100 bytes.
    let folder = tempfile::Builder::new().prefix("s").tempdir_in("/tmp").unwrap();
    let folder = folder.path().to_str().unwrap();
    let mut tunnel = Running::start(&home, &world, &format!("tunnel staging --to {REMOTE} --socket {folder} --json"));
    let ready = tunnel.until("ready");
    let path = format!("{folder}/.s.PGSQL.5432");
    assert_eq!(ready["local"], path);
    let psql = |sql: &str| run(&mut program("psql", folder, "5432", &["-XAt", "-c", sql]), [""; 0]);
    assert_eq!(psql("select 7").exits(0).out, "7\n");
    let rows = "select string_agg(n::text, ',') from generate_series(1, 300000) n";
    assert_eq!(psql(rows).exits(0).out.len(), 1_988_895);
    let again = line(&mut home.on(&world), &format!("tunnel staging --to {REMOTE} --socket {folder}")).exits(1);
    assert!(again.err.contains("something is there already"), "{again:#?}");
    signal(tunnel.child.id(), Signal::INT);
    tunnel.until("closed");
    ended(&mut tunnel.child);
    assert!(!std::path::Path::new(&path).exists());
}

/// A proxy that accepts `CONNECT`; counts its requests.
fn proxy() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&requests);
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut near = socket.unwrap();
            let counts = Arc::clone(&counts);
            std::thread::spawn(move || {
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && near.read_exact(&mut byte).is_ok() {
                    head.push(byte[0]);
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                let Some(to) = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()) else { return };
                counts.fetch_add(1, Ordering::Relaxed);
                let far = TcpStream::connect(to).unwrap();
                near.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
                let (mut near_read, mut far_write) = (near.try_clone().unwrap(), far.try_clone().unwrap());
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut near_read, &mut far_write);
                    let _ = far_write.shutdown(std::net::Shutdown::Write);
                });
                let (mut far, mut near) = (far, near);
                let _ = std::io::copy(&mut far, &mut near);
                let _ = near.shutdown(std::net::Shutdown::Write);
            });
        }
    });
    (address, requests)
}

/// The same over TLS, with a certificate of the tests' own authority.
fn over_tls(proxy: SocketAddr) -> (SocketAddr, Runtime) {
    let chain = CertificateDer::pem_slice_iter(include_bytes!("../support/tls/server.pem"));
    let chain = chain.collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::try_from(include_bytes!("../support/tls/server.key.der").to_vec()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut near) = acceptor.accept(stream).await else { return };
                let mut far = tokio::net::TcpStream::connect(proxy).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    (address, runtime)
}

#[test]
fn https_proxy_is_used_over_tls_for_requests_and_sessions() {
    let (home, world) = (home(), World::staging());
    let trusted = format!("{}{}", world.authority(), include_str!("../support/tls/authority.pem"));
    let bundle = home.write("authority.pem", trusted);
    let (proxy, requests) = proxy();
    let (proxy, _runtime) = over_tls(proxy);
    let mut command = home.on(&world);
    command.args(["tunnel", "staging", "--to", REMOTE, "--port", "0", "--json"]);
    command.env("AWS_ENDPOINT_URL", world.tls_endpoint()).env("AWS_CA_BUNDLE", &bundle);
    // HTTPS_PROXY is a closed port, and the lowercase variable takes precedence.
    command.env("https_proxy", format!("https://{proxy}")).env("NO_PROXY", "example.com");
    let mut tunnel = Running::of(command);
    let ready = tunnel.until("ready");
    let mut socket = TcpStream::connect(ready["local"].as_str().unwrap()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    echoes(&mut socket, &vec![7; 200_000]);
    assert!(requests.load(Ordering::Relaxed) >= 2, "requests and the WebSocket");
}

#[test]
fn tls_tunnel_uses_the_environment_proxy_unless_excluded() {
    let (home, world) = (home(), World::staging());
    let bundle = home.write("authority.pem", world.authority());
    let (proxy, requests) = proxy();
    let open = |excepted: &str| {
        let mut command = home.on(&world);
        command.args(["tunnel", "staging", "--to", REMOTE, "--port", "0", "--json"]);
        command.env("AWS_ENDPOINT_URL", world.tls_endpoint()).env("AWS_CA_BUNDLE", &bundle);
        command.env("HTTPS_PROXY", format!("http://{proxy}")).env("NO_PROXY", excepted);
        let mut tunnel = Running::of(command);
        let ready = tunnel.until("ready");
        let mut socket = TcpStream::connect(ready["local"].as_str().unwrap()).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        echoes(&mut socket, &vec![7; 200_000]);
        tunnel
    };
    let tunnel = open("example.com");
    assert!(requests.load(Ordering::Relaxed) >= 2, "requests and the WebSocket");
    drop(tunnel);
    let before = requests.load(Ordering::Relaxed);
    for excepted in ["127.0.0.1", "example.com 127.0.0.0/8"] {
        drop(open(excepted));
        assert_eq!(requests.load(Ordering::Relaxed), before, "{excepted}: neither requests nor the WebSocket");
    }
    // A certificate of an unknown authority is rejected.
    let mut command = home.on(&world);
    command.env("AWS_ENDPOINT_URL", world.tls_endpoint()).env("NO_PROXY", "127.0.0.1");
    command.args(["tunnel", "staging", "--to", REMOTE, "--port", "0", "--timeout", "20s"]);
    assert_ne!(run(&mut command, [""; 0]).code, 0);
}

#[test]
fn dead_connection_after_sleep_is_noticed_within_seconds_without_loss() {
    let (home, world) = (home(), World::staging());
    let mut tunnel = Running::start(&home, &world, &format!("tunnel staging --to {REMOTE} --port 0 --json"));
    let ready = tunnel.until("ready");
    let mut socket = TcpStream::connect(ready["local"].as_str().unwrap()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    echoes(&mut socket, b"before");
    // The program is stopped, like a sleeping machine, and meanwhile the connection to AWS is dropped.
    signal(tunnel.child.id(), Signal::STOP);
    world.post("/_sim/fault", &json!({"operation": "gateway:link", "kind": "hang", "count": 1}));
    std::thread::sleep(Duration::from_secs(6));
    let woken = Instant::now();
    signal(tunnel.child.id(), Signal::CONT);
    let resuming = tunnel.until("resuming");
    assert!(resuming["reason"].as_str().unwrap().contains("nothing came for 3 s"), "{resuming}");
    assert_eq!(tunnel.until("ready")["resumes"], 1);
    // A quiet link is probed after 30 seconds anyway: this was because of the sleep.
    assert!(woken.elapsed() < Duration::from_secs(25), "{:?}", woken.elapsed());
    echoes(&mut socket, b"after");
}

#[test]
fn session_waits_for_expired_credentials_and_continues_when_renewed() {
    let (home, world) = (home(), World::staging());
    let mut tunnel = Running::start(&home, &world, &format!("tunnel staging --to {REMOTE} --port 0 --json"));
    let ready = tunnel.until("ready");
    let mut socket = TcpStream::connect(ready["local"].as_str().unwrap()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    echoes(&mut socket, b"before");
    let key = "AKIASIMULATED0000001";
    world.post("/_sim/expire", &json!({"access_key": key}));
    world.post("/_sim/fault", &json!({"operation": "gateway:link", "kind": "close", "count": 1}));
    let why = loop {
        let resuming = tunnel.until("resuming");
        let why = resuming["reason"].as_str().unwrap().to_owned();
        if why.to_lowercase().contains("expired") {
            break why;
        }
    };
    world.post("/_sim/expire", &json!({"access_key": key, "on": false}));
    let again = tunnel.until("ready");
    assert_eq!((again["resumes"].as_u64(), again["replacements"].as_u64()), (Some(1), Some(0)), "{why}");
    echoes(&mut socket, b"after");
}

#[test]
fn clock_wrong_by_minutes_prevents_no_tunnel_and_no_shell() {
    for ahead in [jiff::SignedDuration::from_mins(12), jiff::SignedDuration::from_mins(-12)] {
        let (home, world) = (home(), World::off_by(aws_sim::Scenario::Staging, ahead));
        let mut tunnel = Running::start(&home, &world, &format!("tunnel staging --to {REMOTE} --port 0 --json"));
        tunnel.until("ready");
        world.post("/_sim/fault", &json!({"operation": "gateway:link", "kind": "close", "count": 1}));
        tunnel.until("resuming");
        tunnel.until("ready");
        line(&mut home.on(&world), "exec staging web -- true").exits(0);
        let counted = world.get("/_sim/requests");
        assert_eq!(counted["operations"]["gateway:connect"]["count"], 3);
        assert!(counted["operations"].get("gateway:connect:skewed").is_none(), "signed with the wrong time: {counted}");
    }
}
