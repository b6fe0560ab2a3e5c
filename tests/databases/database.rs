//! Sessions on a real PostgreSQL, as used by the pane and `cockpit sql`: accepted and refused connections, the facts of
//! statements, results on disk, cancelling, a server that goes away.

mod bad;
mod cancels;
mod edits;
mod faults;
mod files;
mod pooler;
mod process;
mod proxy;

use crate::support::PATIENCE;
use base64::Engine as _;
use cockpit::app::effect::{Effect, Priority};
use cockpit::app::event::Event;
use cockpit::app::ticket::Ticket;
use cockpit::config::EnvironmentConfig;
use cockpit::db::{Connection, Roots, Settings, SslMode, read_facts};
use cockpit::feeds::part::Part;
use cockpit::feeds::sql::{Ask, ConnectAs, Fact, Place, RunOptions};
use cockpit::model::Failure;
use cockpit::model::sql::process::Process;
use cockpit::model::sql::{Cell, ResultId, Server, SessionId, StatementOutcome, Transaction};
use cockpit::runtime::Executor;
use cockpit::runtime::local_postgres::{LocalOptions, LocalPostgres};
use std::sync::OnceLock;
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

const HBA: &str = "host all refused all reject\nhostssl all encrypted all trust\nhost all encrypted all reject\n\
                   host all app all scram-sha-256\nhost all old all md5\nhost all all all trust\n";

/// The key of its certificates, as PEM.
fn key() -> String {
    let key = base64::engine::general_purpose::STANDARD.encode(include_bytes!("../support/tls/server.key.der"));
    let lines: Vec<&str> = key.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

/// One server for all tests of this file.
fn server() -> &'static LocalPostgres {
    static SERVER: OnceLock<LocalPostgres> = OnceLock::new();
    SERVER.get_or_init(|| {
        let options = LocalOptions {
            tls: Some((include_str!("../support/tls/server.pem").to_owned(), key())),
            hba: Some(HBA.to_owned()),
            settings: Vec::new(),
            ..LocalOptions::default()
        };
        let server = LocalPostgres::start(&options).unwrap();
        let roles = "set password_encryption = 'scram-sha-256'; create role app login password 'hush'; create role full login connection limit 0; \
                     create role refused login; create role encrypted login; \
                     set password_encryption = 'md5'; create role old login password 'hush'";
        let settings = Settings::of(direct(&server), "postgres", "postgres");
        let made = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                Connection::open(&settings).await.unwrap().rows(roles, 0).await.unwrap().unwrap();
            });
        });
        made.join().unwrap();
        server
    })
}

fn direct(server: &LocalPostgres) -> Place {
    Place { host: "127.0.0.1".to_owned(), port: server.port(), through: None }
}

fn settings(user: &str) -> Settings {
    Settings::of(direct(server()), user, "postgres")
}

async fn refused(settings: &Settings) -> Failure {
    timeout(PATIENCE, Connection::open(settings)).await.unwrap().unwrap_err()
}

#[track_caller]
fn says(failure: &Failure, what: &str, hint: &str) {
    assert!(failure.message.contains(what) && failure.hint().contains(hint), "{failure:?}");
    assert!(!format!("{failure:?}").contains("hush"), "{failure:?}");
}

#[tokio::test]
async fn refused_login_is_reported_with_reason_and_remedy() {
    let with = |user: &str, password: &str| Settings {
        password: Some(password.to_owned().into()),
        password_source: "the secret app".to_owned(),
        ..settings(user)
    };
    says(&refused(&with("app", "hush, but wrong")).await, "password authentication failed", "that of the secret app");
    says(&refused(&settings("app")).await, "asks for a password of app", "database.secret");
    says(&refused(&with("refused", "x")).await, "pg_hba.conf", "its `pg_hba.conf` decides that");
    says(&refused(&settings("full")).await, "too many connections", "pg_stat_activity");
    let lost = Settings { database: "nowhere".into(), ..settings("postgres") };
    says(&refused(&lost).await, "\"nowhere\" does not exist", "database.database");
    let open = Settings { sslmode: SslMode::Disable, ..settings("encrypted") };
    says(&refused(&open).await, "pg_hba.conf", "sslmode = \"require\"");
    let mut nobody = settings("postgres");
    nobody.place.port = 1;
    says(&refused(&nobody).await, "nothing listens at 127.0.0.1:1", "tunnel");
    for (user, mode) in [("app", SslMode::Prefer), ("app", SslMode::Disable), ("old", SslMode::Prefer)] {
        let settings = Settings { sslmode: mode, ..with(user, "hush") };
        let connection = Connection::open(&settings).await.unwrap();
        assert_eq!(connection.is_encrypted(), mode != SslMode::Disable);
    }
}

#[tokio::test]
async fn server_that_is_not_postgresql_is_reported_as_such() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let web = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt as _;
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    for mode in [SslMode::Require, SslMode::Disable] {
        let place = Place { host: "127.0.0.1".into(), port, through: None };
        let settings = Settings { sslmode: mode, ..Settings::of(place, "app", "app") };
        says(&refused(&settings).await, "is not PostgreSQL", "tunnel.to");
    }
    web.abort();
}

#[tokio::test]
async fn certificate_is_verified_per_sslmode_against_the_real_host_name() {
    let file = |name: &str| Roots::File(format!("{}/tests/support/tls/{name}", env!("CARGO_MANIFEST_DIR")).into());
    let with = |mode, roots| Settings { sslmode: mode, roots, ..settings("postgres") };
    let good = Connection::open(&with(SslMode::VerifyFull, file("authority.pem"))).await.unwrap();
    assert!(good.is_encrypted());
    let unknown = with(SslMode::VerifyCa, file("another.pem"));
    says(&refused(&unknown).await, "signed by nobody who is trusted", "truststore.pki.rds.amazonaws.com");
    // As in libpq: configured authorities are verified with `require` too.
    says(&refused(&with(SslMode::Require, file("another.pem"))).await, "signed by nobody", "sslrootcert");
    assert!(Connection::open(&with(SslMode::Require, Roots::Usual)).await.unwrap().is_encrypted());
    says(&refused(&with(SslMode::VerifyFull, file("none.pem"))).await, "cannot be read", "sslrootcert");

    // Through a tunnel the name is that of the database, not of the tunnel's end.
    let through = |mode, host: &str| {
        let local = format!("127.0.0.1:{}", server().port());
        let place = Place { host: host.to_owned(), port: 5432, through: Some(local) };
        Settings { place, ..with(mode, file("authority.pem")) }
    };
    assert!(Connection::open(&through(SslMode::VerifyFull, "localhost")).await.unwrap().is_encrypted());
    let other = refused(&through(SslMode::VerifyFull, "db.example")).await;
    says(&other, "the certificate is not that of db.example", "verify-ca");
    assert!(Connection::open(&through(SslMode::VerifyCa, "db.example")).await.unwrap().is_encrypted());
}

#[tokio::test]
async fn session_settings_are_set_and_known() {
    let wanted = Settings {
        read_only: true,
        statement_timeout: Some(std::time::Duration::from_secs(90)),
        idle_timeout: Some(std::time::Duration::from_mins(5)),
        ..settings("postgres")
    };
    let mut connection = Connection::open(&wanted).await.unwrap();
    let server = read_facts(&mut connection).await.unwrap();
    assert_eq!((server.reader, server.read_only, server.tls), (Some(false), true, true));
    assert_eq!((server.statement_timeout, server.idle_timeout), (wanted.statement_timeout, wanted.idle_timeout));
    assert_eq!((server.user.as_str(), server.database.as_str()), ("postgres", "postgres"));
    let output = connection.rows("create table t ()", 0).await.unwrap().unwrap_err();
    assert_eq!(output.code, "25006");
    let named = connection.rows("select application_name from pg_stat_activity where pid = pg_backend_pid()", 1000);
    assert_eq!(named.await.unwrap().unwrap().rows, [[Some("cockpit".to_owned())]]);
}

/// The feed, as a pane uses it.
struct Desk {
    executor: Executor,
    events: Receiver<Event>,
    serial: u64,
    /// The known properties of the server.
    server: Option<Server>,
}

const SESSION: SessionId = SessionId(1);

impl Desk {
    /// Cancels the running statement, and waits for its end and the reply to the cancel.
    async fn cancelled(&mut self) {
        self.ask(Ask::Cancel { session: SESSION });
        let (mut cancelled, mut confirmed) = (false, false);
        while !(cancelled && confirmed) {
            match self.next().await {
                Part::Last(Fact::Ended { ended, .. }) => cancelled = *ended == StatementOutcome::Cancelled,
                Part::Last(Fact::Done) => confirmed = true,
                Part::Page(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Connects to the shared server.
    async fn connected(read_only: Option<&str>) -> Self {
        Self::at(direct(server()), "postgres", read_only).await
    }

    /// Connects to a server elsewhere, or to another database.
    async fn at(place: Place, database: &str, read_only: Option<&str>) -> Self {
        let mut environment = EnvironmentConfig { name: "local".into(), ..EnvironmentConfig::default() };
        environment.database.database = Some(database.into());
        Self::of(environment, place, read_only).await
    }

    /// Connects to the database of an environment.
    async fn of(mut environment: EnvironmentConfig, place: Place, read_only: Option<&str>) -> Self {
        let (mut executor, events) = Executor::new(true);
        environment.database.user = Some("postgres".into());
        executor.carry_out(Effect::Connect { environment: environment.into(), generation: 0 });
        let mut desk = Self { executor, events, serial: 0, server: None };
        let read_only = read_only.map(str::to_owned);
        desk.ask(Ask::Connect { session: SESSION, place, connect_as: ConnectAs::default(), read_only });
        let Part::Page(Fact::Connected(server)) = desk.next().await else { panic!("no session") };
        assert_eq!(server.read_only_why.is_some(), server.read_only);
        desk.server = Some(*server);
        desk
    }

    fn ask(&mut self, ask: Ask) {
        self.serial += 1;
        let ticket = Ticket::of_command(0, self.serial);
        self.executor.carry_out(Effect::Fetch { ticket, priority: Priority::Operator, ask: ask.into() });
    }

    async fn next(&mut self) -> Part<Fact> {
        loop {
            let event = timeout(PATIENCE, self.events.recv()).await.unwrap().unwrap();
            if let Event::Answer(answer) = event {
                return answer.of::<Fact>().part;
            }
        }
    }

    fn run(&mut self, result: u64, statement: &str) {
        self.run_beside(result, statement, RunOptions::default());
    }

    /// Runs a statement with its options.
    fn run_beside(&mut self, result: u64, statement: &str, beside: RunOptions) {
        let (statement, beside) = (statement.to_owned(), Box::new(beside));
        self.ask(Ask::Run { session: SESSION, result: ResultId(result), statement, options: beside });
    }

    /// Returns all facts until the statement has ended, and how it ended.
    async fn ended(&mut self, result: u64) -> (Vec<Fact>, StatementOutcome) {
        let mut facts = Vec::new();
        loop {
            match self.next().await {
                Part::Last(Fact::Ended { result: ended, ended: how, .. }) => {
                    assert_eq!(ended, ResultId(result), "{facts:?}");
                    return (facts, *how);
                }
                Part::Page(fact) | Part::Last(fact) => facts.push(fact),
                Part::Failed(failure) => panic!("{failure:?} after {facts:?}"),
            }
        }
    }

    /// Runs a statement to its end.
    async fn all(&mut self, result: u64, statement: &str) -> (Vec<Fact>, StatementOutcome) {
        self.run(result, statement);
        self.ended(result).await
    }

    async fn window(&mut self, result: u64, from: u64, count: u32) -> Vec<Vec<Cell>> {
        self.ask(Ask::Window { result: ResultId(result), from, count });
        match self.next().await {
            Part::Last(Fact::Window { rows, .. }) => rows,
            other => panic!("{other:?}"),
        }
    }
}

/// Waits until a process of the server sleeps in a statement.
async fn sleeps(process: &str) {
    let mut beside = Connection::open(&settings("postgres")).await.unwrap();
    let sleeps = format!("select 1 from pg_stat_activity where pid = {process} and wait_event = 'PgSleep'");
    let slept = async { while beside.rows(&sleeps, 1 << 10).await.unwrap().unwrap().rows.is_empty() {} };
    timeout(PATIENCE, slept).await.unwrap();
}

fn texts(rows: &[Vec<Cell>]) -> Vec<Vec<&str>> {
    let text = |cell| match cell {
        &Cell::Null => "NULL",
        Cell::Text { text, .. } => &**text,
    };
    rows.iter().map(|row| row.iter().map(text).collect()).collect()
}

fn done(word: &str) -> StatementOutcome {
    StatementOutcome::Done(word.to_owned())
}

#[tokio::test]
async fn result_is_readable_at_any_row_and_its_first_row_is_reported_at_once() {
    let mut desk = Desk::connected(None).await;
    let statement = "select n, case when n % 2 = 0 then repeat('あ', 20) end from generate_series(1, 300000) n";
    let (facts, ended) = desk.all(1, statement).await;
    assert_eq!(ended, done("SELECT 300000"));
    let Fact::Begun { columns, .. } = &facts[0] else { panic!("{facts:?}") };
    assert_eq!(columns.iter().map(|column| column.type_oid).collect::<Vec<_>>(), [23, 25]);
    let grown = |fact: &Fact| if let Fact::Grown { rows, .. } = fact { Some(*rows) } else { None };
    let grown: Vec<u64> = facts.iter().filter_map(grown).collect();
    assert!(grown[0] < 300_000 && grown.is_sorted() && grown.last() == Some(&300_000), "{grown:?}");
    assert_eq!(texts(&desk.window(1, 299_997, 100).await)[1..], [["299999", "NULL"], ["300000", &"あ".repeat(20)]]);
    assert_eq!(texts(&desk.window(1, 123_456, 1).await), [["123457", "NULL"]]);
    assert!(desk.window(1, 300_000, 5).await.is_empty());
}

#[tokio::test]
async fn transaction_state_follows_the_server_even_after_an_error() {
    let mut desk = Desk::connected(None).await;
    let transaction = |facts: &[Fact]| {
        facts.iter().find_map(|fact| if let Fact::Transaction(now) = fact { Some(*now) } else { None })
    };
    let (facts, ended) = desk.all(1, "begin").await;
    assert_eq!((transaction(&facts), ended), (Some(Transaction::Open), done("BEGIN")));
    let (facts, ended) = desk.all(2, "select 日本 from nowhere").await;
    assert_eq!(transaction(&facts), Some(Transaction::Failed), "it is printed before the result");
    let StatementOutcome::Failed(error) = ended else { panic!("{ended:?}") };
    assert_eq!((error.code.as_str(), error.position), ("42P01", Some(16)), "characters, not bytes");
    let (facts, _) = desk.all(3, "rollback").await;
    assert_eq!(transaction(&facts), Some(Transaction::Idle));
    let (facts, ended) = desk.all(4, "do $$ begin raise notice 'look at %', 7; end $$").await;
    assert!(matches!(&facts[..], [Fact::Notice(notice)] if notice.message == "look at 7"), "{facts:?}");
    assert_eq!(ended, done("DO"));
    let StatementOutcome::Failed(error) = desk.all(5, "select 'a\0b'").await.1 else { panic!() };
    assert!(error.message.contains("NUL"), "{error:?}");
    assert_eq!(desk.all(6, "").await.1, done(""));
    let (facts, ended) = desk.all(7, "set statement_timeout = '77s'").await;
    assert_eq!((facts.len(), ended), (0, done("SET")));
    let Part::Page(Fact::Connected(server)) = desk.next().await else { panic!() };
    assert_eq!(server.statement_timeout, Some(std::time::Duration::from_secs(77)), "the current state is reported");
}

#[tokio::test]
async fn rows_of_every_shape_are_stored_unchanged() {
    let mut desk = Desk::connected(None).await;
    assert_eq!(desk.all(1, "select from generate_series(1, 3)").await.1, done("SELECT 3"));
    assert_eq!(desk.window(1, 0, 10).await, [vec![], vec![], vec![]], "rows without columns count as rows");
    let odd = r"select 1 as a, 2 as a, '' as empty, null as nothing, '\x00ff'::bytea as bytes, E'\x1b[2J' as escape";
    desk.all(2, odd).await;
    assert_eq!(texts(&desk.window(2, 0, 1).await), [["1", "2", "", "NULL", "\\x00ff", "\u{1b}[2J"]]);
    let many: Vec<String> = (1..=1600).map(|n| format!("{n} as c{n}")).collect();
    desk.all(3, &format!("select {}", many.join(", "))).await;
    assert_eq!(desk.window(3, 0, 1).await[0].len(), 1600);
    desk.all(4, "select 7, repeat('x', 30000000), 8").await;
    let rows = desk.window(4, 0, 1).await;
    assert!(matches!(&rows[0][1], Cell::Text { bytes: 30_000_000, cut: true, text } if text.len() < 10_000));
    assert_eq!(texts(&rows)[0][2], "8");
    for (most, came) in [(u64::MAX, 30_000_000), (1 << 20, 1 << 20)] {
        desk.ask(Ask::Value { result: ResultId(4), row: 0, column: 1, most });
        let Part::Last(Fact::Value(Some((text, bytes)))) = desk.next().await else { panic!() };
        assert_eq!((text.len(), bytes), (came, 30_000_000));
    }
}

#[tokio::test]
async fn copy_returns_rows_or_explains_its_data_source_and_the_session_continues() {
    let mut desk = Desk::connected(None).await;
    desk.all(1, "create temporary table copied (a int, b text)").await;
    let StatementOutcome::Failed(error) = desk.all(2, "copy copied from stdin").await.1 else { panic!() };
    assert!(error.message.contains("\\copy reads them from a file"), "{error:?}");
    desk.all(3, "insert into copied values (1, 'one'), (2, null)").await;
    assert_eq!(desk.all(4, "copy copied to stdout").await.1, done("COPY 2"));
    assert_eq!(texts(&desk.window(4, 0, 5).await), [["1\tone"], ["2\t\\N"]]);
}

#[tokio::test]
async fn cancel_ends_the_statement_and_the_session_continues() {
    let mut desk = Desk::connected(None).await;
    desk.run(1, "select n, pg_sleep(case when n > 3 then 3600 else 0 end) from generate_series(1, 9) n");
    // It is running, according to the server.
    loop {
        let statement = "select count(*) from pg_stat_activity where query like '%3600 else%' and state = 'active' \
                         and pid <> pg_backend_pid()";
        desk.ask(Ask::Query { session: SESSION, purpose: "works", statement: statement.into() });
        let looked = loop {
            if let Part::Last(Fact::QueryRows { purpose, rows, .. }) = desk.next().await {
                assert_eq!(purpose, "works");
                break rows;
            }
        };
        if looked[0][0].as_deref() != Some("0") {
            break;
        }
    }
    desk.cancelled().await;
    // A statement timeout is a failure of the statement, although its code is the same.
    desk.all(2, "begin").await;
    desk.all(2, "set local statement_timeout = 10").await;
    let (_, ended) = desk.all(3, "select pg_sleep(3600)").await;
    assert!(
        matches!(&ended, StatementOutcome::Failed(error) if error.message.contains("statement timeout")),
        "{ended:?}"
    );
    desk.all(3, "rollback").await;
    // Closing a result while it is read cancels it at the server.
    desk.run(4, "select generate_series(1, 2000000000)");
    while !matches!(desk.next().await, Part::Page(Fact::Grown { .. })) {}
    desk.ask(Ask::Close { result: ResultId(4) });
    loop {
        if let Part::Last(Fact::Ended { ended, .. }) = desk.next().await {
            assert_eq!(*ended, StatementOutcome::Cancelled);
            return;
        }
    }
}

#[tokio::test]
async fn lost_session_is_reported_and_fails_its_statement() {
    let mut desk = Desk::connected(None).await;
    desk.all(1, "begin").await;
    desk.run(2, "select pg_sleep(3600)");
    desk.ask(Ask::Terminate { session: SESSION });
    let (mut ended, mut failed) = (None, None);
    while ended.is_none() || failed.is_none() {
        match desk.next().await {
            Part::Last(Fact::Ended { ended: how, .. }) => ended = Some(*how),
            Part::Failed(failure) => failed = Some(failure),
            Part::Page(_) | Part::Last(_) => {}
        }
    }
    let (Some(StatementOutcome::Lost(why)), Some(failure)) = (ended, failed) else { panic!("it is lost") };
    assert!(why.contains("terminating connection"), "{why}");
    assert!(failure.message.contains("terminating connection"), "{failure:?}");
    desk.run(3, "select 1");
    // The answer to the termination may arrive after it.
    let failure = loop {
        if let Part::Failed(failure) = desk.next().await {
            break failure;
        }
    };
    says(&failure, "not open any more", "connect again");
}
