//! `cockpit failover`, `cockpit db --activity` and `cockpit sql --er` as typed, with a PostgreSQL behind the simulated
//! tunnel.

mod redshift;

use crate::support::tunnels::audit;
use crate::support::{Home, Output, PATIENCE, World, follows_schema, line, run, until};
use aws_sim::Scenario;
use cockpit::db::{Connection, Event, Settings};
use cockpit::feeds::sql::Place;
use cockpit::runtime::local_postgres::{LocalOptions, LocalPostgres};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::OnceLock;

const AURORA: &str = "bookmark-manager-prod-aurora";

fn server() -> &'static LocalPostgres {
    static SERVER: OnceLock<LocalPostgres> = OnceLock::new();
    SERVER.get_or_init(|| LocalPostgres::start(&LocalOptions::default()).unwrap())
}

/// The example configuration, whose prod database is reached through a running service.
fn home(who: &str) -> Home {
    let home = Home::new();
    let audit = home.path().join("audit.jsonl");
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    let through = "service = \"bookmark-manager-prod-api\"\n";
    assert!(config.contains(through), "{config}");
    let config = config.replace(through, "service = \"bookmark-manager-prod-web\"\nport = \"0\"\n");
    home.write("config.toml", format!("audit_file = {:?}\n{config}\n{who}", audit.to_str().unwrap()));
    home
}

const WHO: &str = "[environments.prod.database]\nuser = \"postgres\"\ndatabase = \"postgres\"\n";

fn world() -> World {
    let address = SocketAddr::from(([127, 0, 0, 1], server().port()));
    World::with_map(Scenario::Prod, 40.0, vec![("*:5432".to_owned(), address)])
}

/// Waits for a session's future on its own runtime, beside the worlds, which have theirs.
fn wait<T>(does: impl Future<Output = T>) -> T {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    let made = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    RUNTIME.get_or_init(made).block_on(does)
}

/// Opens a session of an application.
fn session(application: &str) -> Connection {
    let place = Place { host: "127.0.0.1".into(), port: server().port(), through: None };
    let settings = Settings { application: application.to_owned(), ..Settings::of(place, "postgres", "postgres") };
    wait(Connection::open(&settings)).unwrap()
}

fn done(connection: &mut Connection, statement: &str) {
    wait(connection.rows(statement, 1 << 20)).unwrap().unwrap();
}

fn prod(home: &Home, world: &World, arguments: &str) -> Output {
    line(&mut home.on(world), &format!("--env prod {arguments}"))
}

#[test]
fn failover_plan_lists_connected_clients_and_is_followed_to_the_new_writer() {
    let (home, world) = (home(WHO), world());
    let mut open = session("checkout");
    done(&mut open, "begin");
    let dry = prod(&home, &world, "failover aurora --dry-run").exits(0);
    let printed = format!("{}{}", dry.out, dry.err);
    assert!(printed.contains("FailoverDBCluster") || printed.contains("failover-db-cluster"), "{dry:#?}");
    assert!(printed.contains("checkout as postgres: 1 connection, 1 in an open transaction"), "{dry:#?}");
    assert_eq!(world.requests("rds:FailoverDBCluster"), 0, "nothing was changed");

    let refused = prod(&home, &world, "failover --yes").exits(4);
    assert!(refused.err.contains("--confirm prod"), "{refused:#?}");
    let unknown = prod(&home, &world, "failover --to nobody --yes --confirm prod");
    assert!(unknown.code != 0 && format!("{unknown:?}").contains("has no reader nobody"), "{unknown:#?}");
    assert_eq!(world.requests("rds:FailoverDBCluster"), 0);

    let typed = format!("failover aurora --to {AURORA}-2 --yes --confirm prod -o json");
    let output = prod(&home, &world, &typed).exits(0);
    let report = output.json();
    follows_schema(&home, "operation", &report);
    assert_eq!(report["operations"][0]["verdict"], "done", "{output:#?}");
    let listed = prod(&home, &world, "db -o json").exits(0).json();
    let members = listed["databases"][0]["members"].as_array().unwrap().clone();
    let writer = members.iter().find(|member| member["role"] == "writer").unwrap();
    assert_eq!(writer["id"], format!("{AURORA}-2"));
    let written = audit(&home);
    let records: Vec<&Value> =
        written.iter().filter(|record| record["command"].as_str().unwrap().contains("failover")).collect();
    assert_eq!(records.last().unwrap()["outcome"], "done", "{written:?}");
    assert_eq!(records.last().unwrap()["after"]["writer"], format!("{AURORA}-2"));
}

#[test]
fn failover_explains_why_connected_clients_are_unknown() {
    let (home, world) = (home(""), world());
    let dry = prod(&home, &world, "failover --dry-run").exits(0);
    let printed = format!("{}{}", dry.out, dry.err);
    assert!(printed.contains("who is connected is not known") && printed.contains("database.user"), "{dry:#?}");
    let once = printed
        .lines()
        .filter(|line| line.contains("who is connected"))
        .all(|line| line.matches("not known").count() == 1);
    assert!(once, "{dry:#?}");
}

#[test]
fn sessions_form_a_blocking_tree_and_are_cancelled_or_ended_after_a_yes() {
    let (home, world) = (home(WHO), world());
    let (mut first, mut second) = (session("holds"), session("waits"));
    done(&mut first, "create table contested (n int); insert into contested values (1)");
    done(&mut first, "begin; update contested set n = 2");
    wait(second.send("update contested set n = 3")).unwrap();
    let (holds, waits) = (first.process(), second.process());
    let listed = until("it waits", PATIENCE, || {
        let report = prod(&home, &world, "db --activity -o json").exits(0).json();
        let rows = report["rows"].as_array().unwrap().clone();
        let row = rows.iter().find(|row| row["pid"] == waits)?;
        (row["blocked_by"] == serde_json::json!([holds])).then_some(report)
    });
    follows_schema(&home, "activity", &listed);
    assert_eq!((listed["role"].as_str(), listed["what"].as_str()), (Some("writer"), Some("sessions")));
    let table = prod(&home, &world, "db --activity").exits(0).out;
    let at = |text: &str| table.lines().position(|line| line.contains(text)).unwrap_or(usize::MAX);
    assert_eq!(at(&format!("└ {waits}")), at("holds") + 1, "listed below its blocker:\n{table}");
    let locks = prod(&home, &world, "db --activity=locks -o csv").exits(0).out;
    assert!(locks.contains("ShareLock") && locks.contains(&waits.to_string()), "{locks}");

    prod(&home, &world, &format!("db --cancel {waits} --yes")).exits(4);
    let yes = "--yes --confirm prod";
    let cancelled = prod(&home, &world, &format!("db --cancel {waits} {yes}")).exits(0);
    assert!(cancelled.err.contains("waits as postgres on postgres, since 2"), "no owner: {cancelled:#?}");
    prod(&home, &world, &format!("--read-only db --cancel {waits} {yes}")).exits(2);
    let failed = loop {
        if let Event::Failed(error) = wait(second.next()).unwrap() {
            break error;
        }
    };
    assert_eq!(failed.code, "57014", "{failed:?}");
    prod(&home, &world, &format!("db --terminate {holds} {yes}")).exits(0);
    assert!(wait(first.rows("select 1", 100)).is_err(), "it is gone");
    let none = prod(&home, &world, &format!("db --terminate {holds} {yes}")).exits(1);
    assert!(none.err.contains(&format!("there is no session {holds}")), "{none:#?}");
    let written = audit(&home);
    let function = |name: &str| {
        let records = written.iter().filter(|record| record["after"]["function"] == name);
        records.map(|record| record["outcome"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(function("pg_cancel_backend"), ["started", "done"]);
    assert_eq!(function("pg_terminate_backend"), ["started", "done"], "no confirmation for a missing session");
    assert!(written.iter().any(|record| record["after"]["user"] == "postgres" && record["after"]["began"].is_string()));
}

#[test]
fn hidden_data_is_reported_with_the_required_right() {
    let url = server().url("postgres", "postgres");
    let home = home(WHO);
    let sql = |statement: &str| run(&mut home.at(None), ["sql", "--url", &url, "-c", statement]);
    sql("create role humble login").exits(0);
    let humble_url = server().url("humble", "postgres");
    let report =
        run(&mut home.at(None), ["db", "--activity=statements", "--url", &humble_url, "-o", "json"]).exits(3).json();
    assert!(report["rows"].is_null(), "not an empty list: {report}");
    assert!(report["missing"][0].as_str().unwrap().contains("pg_stat_statements"), "{report}");
    // CSV has no place for it.
    let rows = run(&mut home.at(None), ["db", "--activity=statements", "--url", &humble_url, "-o", "csv"]).exits(3);
    assert!(rows.err.contains("pg_stat_statements"), "{rows:?}");
}

#[test]
fn index_that_is_depended_on_or_sorts_differently_is_not_redundant() {
    let url = server().url("postgres", "postgres");
    let home = home(WHO);
    let sql =
        |statement: &str| run(&mut home.at(None), ["sql", "--url", &url, "-o", "tsv", "-c", statement]).exits(0).out;
    let version: u32 = sql("show server_version_num").lines().last().unwrap().parse().unwrap();
    sql("create schema hints; set search_path = hints; \
         create table t (id int primary key, a text, b int, during int4range, exclude using gist (during with &&)); \
         create index plain on t (a); create index posix on t (a collate \"POSIX\"); create index twin on t (a); \
         create index like_key on t (id); create unique index unique_b on t (b); create index plain_b on t (b); \
         create index with_id on t (a) include (b)");
    if version >= 150_000 {
        sql("create unique index nulls_b on hints.t (b) nulls not distinct");
    }
    let report = run(&mut home.at(None), ["db", "--activity=indexes", "--url", &url, "-o", "json"]).exits(0).json();
    let rows = report["rows"].as_array().unwrap();
    let finding = |name: &str| {
        let row = rows.iter().find(|row| row["index"] == format!("hints.{name}"));
        row.unwrap_or_else(|| panic!("{name}: {report}"))["finding"].as_str().unwrap_or_default().to_owned()
    };
    let unused = "unused since the statistics began";
    for name in ["plain", "posix", "with_id"] {
        assert_eq!(finding(name), unused, "{name}");
    }
    for name in ["t_pkey", "unique_b", "t_during_excl"] {
        assert_eq!(finding(name), "", "{name}");
    }
    if version >= 150_000 {
        assert_eq!(finding("nulls_b"), "", "it distinguishes other rows than unique_b");
    }
    for (name, like) in [("twin", "plain"), ("like_key", "t_pkey")] {
        assert_eq!(finding(name), format!("{like} does the same"), "{name}");
    }
    assert!(finding("plain_b").ends_with("_b does the same"), "{}", finding("plain_b"));
}

#[test]
fn lock_in_another_database_names_no_table_of_this_one() {
    let url = server().url("postgres", "postgres");
    let home = home(WHO);
    run(&mut home.at(None), ["sql", "--url", &url, "-c", "create database elsewhere"]).exits(0);
    let place = Place { host: "127.0.0.1".into(), port: server().port(), through: None };
    let mut other = wait(Connection::open(&Settings::of(place, "postgres", "elsewhere"))).unwrap();
    done(&mut other, "create table locked (n int)");
    done(&mut other, "begin; lock table locked");
    let locks = run(&mut home.at(None), ["db", "--activity=locks", "--url", &url, "-o", "csv"]).exits(0).out;
    assert!(locks.contains(" of elsewhere\",\"AccessExclusiveLock\""), "{locks}");
}

#[test]
fn locked_table_does_not_block_the_size_list() {
    let url = server().url("postgres", "postgres");
    let home = home(WHO);
    let mut holds = session("holds all");
    done(&mut holds, "create table held (n int primary key); create table unheld (n int primary key)");
    done(&mut holds, "begin; lock table held");
    for what in ["sizes", "indexes"] {
        let arguments = ["db", &format!("--activity={what}"), "--url", &url, "-o", "csv", "--timeout", "20s"];
        let listed = run(&mut home.at(None), arguments).exits(0).out;
        assert!(listed.contains("unheld") && !listed.contains("\nheld"), "{listed}");
    }
}

#[test]
fn every_activity_query_works_on_a_real_server_and_hidden_parts_are_reported() {
    let counted = vec![("shared_preload_libraries".to_owned(), "pg_stat_statements".to_owned())];
    let counting = LocalPostgres::start(&LocalOptions { settings: counted, ..LocalOptions::default() });
    let counts = counting.is_ok();
    let server = counting.unwrap_or_else(|_| LocalPostgres::start(&LocalOptions::default()).unwrap());
    let standby = LocalOptions { standby_of: Some(server.port()), ..LocalOptions::default() };
    let _standby = LocalPostgres::start(&standby).unwrap();
    let home = home(WHO);
    let place = Place { host: "127.0.0.1".into(), port: server.port(), through: None };
    let settings = Settings::of(place, "postgres", "postgres");
    let mut made = wait(Connection::open(&settings)).unwrap();
    done(&mut made, "create role humble login; create role watcher login in role pg_monitor");
    done(&mut made, "create table kept (n int primary key, m int); create index kept_m on kept (m)");
    done(
        &mut made,
        "insert into kept select g, g from generate_series(1, 1000) g; analyze kept; delete from kept where n > 900",
    );
    if counts {
        done(&mut made, "create extension pg_stat_statements");
    }
    done(&mut made, "select count(*) from kept");
    // The statistics of a session are counted when it ends.
    wait(made.close());
    let mut open = wait(Connection::open(&settings)).unwrap();
    done(&mut open, "begin; update kept set m = 0 where n = 1");
    let activity = |user: &str, what: &str| {
        let url = server.url(user, "postgres");
        let output = run(&mut home.at(None), ["db", &format!("--activity={what}"), "--url", &url, "-o", "json"]);
        let report = output.exits(0).json();
        follows_schema(&home, "activity", &report);
        (report["rows"].as_array().unwrap().clone(), report["missing"].to_string())
    };
    let of = |rows: &[Value], field: &str, is: &str| -> Value {
        rows.iter().find(|row| row[field] == is).unwrap_or_else(|| panic!("{field} {is}: {rows:?}")).clone()
    };

    let (transactions, _) = activity("watcher", "transactions");
    assert_eq!(transactions.len(), 1, "{transactions:?}");
    assert_eq!(transactions[0]["pid"], open.process());
    assert!(transactions[0]["statement"].as_str().unwrap().starts_with("begin; update kept"), "{transactions:?}");
    let sizes = until("dead rows to be counted", PATIENCE, || {
        let table = of(&activity("watcher", "sizes").0, "table", "kept");
        (table["dead_rows"].as_u64() >= Some(100)).then_some(table)
    });
    assert_eq!(sizes["rows"], 1000, "{sizes}");
    assert!(sizes["index_bytes"].as_u64() > Some(0) && sizes["bloat_bytes"].as_u64() > Some(0), "{sizes}");
    assert!(sizes["analyze_seconds"].is_number() && sizes["vacuum_seconds"].is_null(), "{sizes}");
    let (indexes, _) = activity("watcher", "indexes");
    let unused = of(&indexes, "index", "kept_m");
    assert!(unused["finding"].is_string() && unused["scans"] == 0, "{unused}");
    let follower = until("it follows", PATIENCE, || {
        activity("watcher", "replication").0.into_iter().find(|row| row["state"] == "streaming")
    });
    assert!(follower["behind_bytes"].is_number(), "{follower}");

    let (connections, missing) = activity("watcher", "connections");
    let number = |field: &str| connections[0][field].as_u64().unwrap();
    assert_eq!((number("idle_in_transaction"), number("limit")), (1, 40), "{connections:?}");
    assert!(number("open") >= 2 && number("free") < 40 && !missing.contains("GRANT"), "{connections:?} {missing}");
    assert!(activity("humble", "connections").1.contains("pg_read_all_stats"));
    if !counts {
        return;
    }
    let (statements, missing) = activity("watcher", "statements");
    let counted = of(&statements, "statement", "select count(*) from kept");
    assert_eq!((&counted["calls"], &counted["user"], &counted["rows"]), (&1.into(), &"postgres".into(), &1.into()));
    assert_eq!(missing, "[]");
    let (hidden, missing) = activity("humble", "statements");
    assert!(hidden.iter().any(|row| row["user"] == "postgres" && row["statement"].is_null()), "{hidden:?}");
    assert!(!hidden.iter().any(|row| row["statement"] == "<insufficient privilege>"), "{hidden:?}");
    assert!(missing.contains("pg_read_all_stats"), "{missing}");
}

#[test]
fn redshift_like_server_runs_statements_and_missing_catalogue_parts_are_reported() {
    let home = home("");
    let url = redshift::start();
    let typed = |arguments: &[&str]| run(&mut home.at(None), arguments.iter().chain(&["--url", &url]));
    let sql = |statement: &str| typed(&["sql", "-c", statement]);
    assert!(sql("select version()").exits(0).out.contains("Redshift 1.0"));
    let refused = sql("create index i on t (a)").exits(1);
    assert!(refused.err.contains("not supported on Redshift tables"), "{refused:#?}");
    for command in [
        "\\d",
        "\\d t",
        "\\d+ t",
        "\\dt *.*",
        "\\di",
        "\\dv",
        "\\dm",
        "\\ds",
        "\\df",
        "\\dn",
        "\\du",
        "\\dp",
        "\\dT",
        "\\dD",
        "\\db",
        "\\dL",
        "\\ddp",
        "\\drds",
        "\\dx",
        "\\dy",
        "\\des",
        "\\dRp",
        "\\dP",
        "\\dconfig",
        "\\l",
        "\\sf f",
        "\\sv v",
    ] {
        let output = sql(command).exits(1);
        assert!(output.out.trim().is_empty() && output.err.contains("error"), "{command}: {output:#?}");
    }
    for arguments in [&["sql", "--er"][..], &["sql", "--ddl", "t"]] {
        let output = typed(arguments).exits(1);
        assert!(output.out.is_empty() && output.err.contains("does not exist"), "{output:#?}");
    }
    for what in ["sessions", "transactions", "locks", "statements", "sizes", "indexes", "replication", "connections"] {
        let report = typed(&["db", &format!("--activity={what}"), "-o", "json"]).exits(3).json();
        assert!(report["rows"].is_null(), "{what} is not an empty list: {report}");
        assert!(report["missing"][0].as_str().unwrap().contains("does not exist"), "{what}: {report}");
        let table = typed(&["db", &format!("--activity={what}")]).exits(3);
        let printed = format!("{}{}", table.out, table.err);
        assert!(printed.contains("does not exist"), "{what}: {table:#?}");
    }
}

#[test]
fn tables_and_foreign_keys_are_drawn_in_each_format() {
    let home = home("");
    let url = server().url("postgres", "shop");
    let made = server().url("postgres", "postgres");
    run(&mut home.at(None), ["sql", "--url", &made, "-c", "create database shop"]).exits(0);
    let tables = "create table customers (id int primary key, 名前 text); \
                  create table orders (id int primary key, customer_id int not null references customers); \
                  create table lines (order_id int references orders, n int, primary key (order_id, n)); \
                  create table lonely (id int)";
    run(&mut home.at(None), ["sql", "--url", &url, "-c", tables]).exits(0);
    let er = |more: &[&str]| run(&mut home.at(None), ["sql", "--url", &url, "--er"].iter().chain(more));
    let text = er(&[]).exits(0).out;
    for part in ["customers", "orders (customer_id) → customers", "lines (order_id) → orders", "lonely"] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    assert!(text.contains("1 column") && !text.contains("1 columns"), "{text}");
    let mermaid = er(&["-o", "mermaid"]).exits(0).out;
    assert!(mermaid.starts_with("erDiagram") && mermaid.contains("\"customers\" ||--o{ \"orders\""), "{mermaid}");
    assert!(mermaid.contains("text 名前"), "with columns: {mermaid}");
    let dot = er(&["-o", "dot"]).exits(0).out;
    assert!(dot.starts_with("digraph") && dot.contains("->"), "{dot}");
    let svg = er(&["-o", "svg"]).exits(0).out;
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>") && svg.contains(">customers<"), "{svg}");
    let around = er(&["--around", "customers"]).exits(0).out;
    assert!(around.contains("orders") && !around.contains("lonely"), "{around}");
    let unknown = er(&["--around", "nothing"]).exits(2);
    assert!(unknown.err.contains("there is no table nothing") && unknown.err.contains("customers"), "{unknown:#?}");
}
