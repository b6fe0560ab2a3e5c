//! A real pgbouncer in front of the server: sessions through it, in each of its modes that support transactions.

use super::{Desk, SESSION, direct, done, server, texts};
use crate::support::{Home, run};
use cockpit::db::{Connection, Settings};
use cockpit::feeds::part::Part;
use cockpit::feeds::sql::{Ask, Fact, Place};
use cockpit::model::sql::catalogue::RELATIONS;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running pgbouncer, stopped when dropped.
struct PgBouncer {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl PgBouncer {
    /// Starts pgbouncer and waits until it accepts connections. `./dev` installs it.
    async fn start(mode: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let users = folder.path().join("users");
        std::fs::write(&users, "\"postgres\" \"\"\n").unwrap();
        let configuration = folder.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = trust\nauth_file = {}\npool_mode = {mode}\ndefault_pool_size = 4\n",
            server().port(),
            users.display()
        );
        std::fs::write(&configuration, text).unwrap();
        let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/opt/homebrew/bin:/usr/local/bin";
        let mut command = Command::new("pgbouncer");
        command.arg(&configuration).env("PATH", path);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0) {
            // It refuses to run as root.
            command.uid(65534).gid(65534);
        }
        let child = command.spawn().expect("pgbouncer is installed: ./dev test does that");
        let bouncer = Self { child, port, _folder: folder };
        let up = async {
            while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(crate::support::PATIENCE, up).await.expect("pgbouncer takes connections");
        bouncer
    }

    fn place(&self) -> Place {
        Place { host: "127.0.0.1".into(), port: self.port, through: None }
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn values(connection: &mut Connection, statement: &str) -> Vec<String> {
    let rows = connection.rows(statement, 1 << 20).await.unwrap().unwrap();
    rows.rows.into_iter().flatten().map(Option::unwrap_or_default).collect()
}

/// Checks the common operations: rows, transactions, a cancel, the catalogue, a paged result.
async fn works(desk: &mut Desk, mode: &str) {
    assert_eq!(desk.all(1, "select 1").await.1, done("SELECT 1"));
    desk.all(2, "begin").await;
    desk.all(3, "create temp table kept (a int) on commit drop").await;
    assert_eq!(desk.all(4, "insert into kept select generate_series(1, 5)").await.1, done("INSERT 0 5"));
    assert_eq!(desk.all(5, "select * from kept").await.1, done("SELECT 5"));
    desk.all(6, "declare c cursor for select * from kept").await;
    assert_eq!(desk.all(7, "fetch 2 from c").await.1, done("FETCH 2"));
    assert_eq!(desk.all(8, "commit").await.1, done("COMMIT"));
    assert_eq!(desk.all(9, "select n from generate_series(1, 50000) n").await.1, done("SELECT 50000"));
    assert_eq!(texts(&desk.window(9, 49_999, 1).await)[0], ["50000"]);
    desk.ask(Ask::Query { session: SESSION, purpose: "relations", statement: RELATIONS.into() });
    loop {
        match desk.next().await {
            Part::Last(Fact::QueryRows { rows, .. }) => break assert!(!rows.is_empty(), "the catalogue is read"),
            Part::Failed(failure) => panic!("{failure:?}"),
            Part::Page(_) | Part::Last(_) => {}
        }
    }
    // Other tests run statements on the same server.
    let sleeps = format!("select pg_sleep(600) /* {mode} */");
    desk.run(10, &sleeps);
    let mut beside = Connection::open(&Settings::of(direct(server()), "postgres", "postgres")).await.unwrap();
    let running = format!("select count(*) from pg_stat_activity where query = '{sleeps}' and state = 'active'");
    while values(&mut beside, &running).await != ["1"] {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    desk.cancelled().await;
    let over = async {
        while values(&mut beside, &running).await != ["0"] {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, over).await.expect("it no longer runs at the server");
    desk.ask(Ask::Terminate { session: SESSION });
    let Part::Failed(refused) = desk.next().await else { panic!("its number belongs to the pooler") };
    assert!(refused.message.contains("a pooler is between"), "{refused:?}");
    assert_eq!(desk.all(11, "select 1").await.1, done("SELECT 1"), "the session continues");
}

#[tokio::test]
async fn transaction_pooling_works_and_settings_do_not_reach_the_application() {
    let bouncer = PgBouncer::start("transaction").await;
    let mut desk = Desk::at(bouncer.place(), "postgres", Some("it is guarded")).await;
    assert!(desk.server.as_ref().is_some_and(|server| !server.read_only), "{:?}", desk.server);
    let mut messages = Vec::new();
    for _ in 0..2 {
        let Part::Page(Fact::Notice(notice)) = desk.next().await else { panic!("it is told") };
        messages.push(notice.message.clone());
    }
    assert!(
        messages.iter().any(|notice| notice.contains("pool_mode = transaction") && notice.contains("is not set")),
        "{messages:?}"
    );
    works(&mut desk, "transaction").await;
    let plain = Settings::of(bouncer.place(), "postgres", "postgres");
    let limited = Settings { read_only: true, statement_timeout: Some(Duration::from_secs(7)), ..plain.clone() };
    let mut limited = Connection::open(&limited).await.unwrap();
    assert!(limited.pooled());
    let notices = limited.take_notices();
    assert!(
        notices
            .iter()
            .any(|notice| notice.message.contains("default_transaction_read_only, statement_timeout are not set")),
        "{notices:?}"
    );
    // The application gets the same server connections, all of them unchanged.
    let settings = "select current_setting('default_transaction_read_only'), current_setting('statement_timeout')";
    let mut clients = Vec::new();
    for _ in 0..4 {
        let mut client = Connection::open(&plain).await.unwrap();
        assert_eq!(values(&mut client, &format!("begin; {settings}")).await, ["off", "0"]);
        clients.push(client);
    }
    drop(clients);
}

#[tokio::test]
async fn session_pooling_keeps_settings_within_the_session() {
    let bouncer = PgBouncer::start("session").await;
    let mut desk = Desk::at(bouncer.place(), "postgres", Some("it is guarded")).await;
    assert!(desk.server.as_ref().is_some_and(|server| server.read_only), "{:?}", desk.server);
    let (_, refused) = desk.all(1, "create table never ()").await;
    assert!(format!("{refused:?}").contains("25006"), "{refused:?}");
    let mut desk = Desk::at(bouncer.place(), "postgres", None).await;
    works(&mut desk, "session").await;
    desk.all(20, "set work_mem = '5MB'").await;
    desk.all(21, "show work_mem").await;
    assert_eq!(texts(&desk.window(21, 0, 1).await)[0], ["5MB"]);
    drop(desk);
    let plain = Settings { read_only: true, ..Settings::of(bouncer.place(), "postgres", "postgres") };
    assert!(!Connection::open(&plain).await.unwrap().pooled());
}

#[tokio::test]
async fn cockpit_sql_works_through_pgbouncer_and_refuses_an_impossible_read_only_session() {
    let bouncer = PgBouncer::start("transaction").await;
    let home = Home::new();
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", bouncer.port);
    let run_sql = async |arguments: &[&str]| {
        let (mut command, url) = (home.at(None), url.clone());
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        // A separate thread waits for the program: the pooler's server runs on this one.
        let ran = tokio::task::spawn_blocking(move || {
            command.env("COCKPIT_DATABASE_URL", url);
            run(&mut command, arguments.iter().map(String::as_str))
        });
        ran.await.unwrap()
    };
    let rows = run_sql(&["sql", "-c", "\\dt pg_catalog.pg_am", "-c", "select 7 as n", "-c", "\\d pg_catalog.pg_am"])
        .await
        .exits(0)
        .out;
    assert!(
        rows.contains("pg_catalog | pg_am") && rows.contains('7') && rows.contains("\"pg_am_oid_index\""),
        "{rows}"
    );
    let refused = run_sql(&["--read-only", "sql", "-c", "select 1"]).await.exits(1);
    assert!(
        refused.err.contains("a pooler gives each transaction another connection") && refused.out.is_empty(),
        "{refused:#?}"
    );
}
