//! `cockpit sql` as it is typed, on a real PostgreSQL: straight, and through the simulated tunnel.
#![allow(clippy::unwrap_used)]

#[path = "support/sql_reads.rs"]
mod reads;
#[path = "support/sql_scripts.rs"]
mod scripts;
mod support;

use cockpit::runtime::local_postgres::{LocalOptions, LocalPostgres};
use rustix::process::Signal;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use support::{Home, PATIENCE, Said, World, ended, finish, run, signal, until};

/// What is in the URL and is never to be seen.
const PASSWORD: &str = "hush-in-the-url";

fn server() -> &'static LocalPostgres {
    static SERVER: OnceLock<LocalPostgres> = OnceLock::new();
    SERVER.get_or_init(|| LocalPostgres::start(&LocalOptions::default()).unwrap())
}

fn url() -> String {
    format!("postgres://postgres:{PASSWORD}@127.0.0.1:{}/postgres", server().port())
}

/// The command at the server.
fn sql(home: &Home) -> Command {
    let mut command = home.at(None);
    command.env("COCKPIT_DATABASE_URL", url()).arg("sql");
    command
}

fn said(home: &Home, arguments: &[&str]) -> Said {
    let said = run(&mut sql(home), arguments);
    assert!(!said.out.contains(PASSWORD) && !said.err.contains(PASSWORD), "{said:#?}");
    said
}

/// Runs a command with a text on standard input.
fn fed(command: &mut Command, text: &str) -> Said {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    finish(child)
}

/// With a script on standard input.
fn script(home: &Home, arguments: &[&str], text: &str) -> Said {
    fed(sql(home).args(arguments), text)
}

/// Begins it, and leaves it to itself.
fn begun(home: &Home, arguments: &[&str]) -> Child {
    sql(home).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn rows_go_to_standard_output_in_each_format_and_everything_else_beside() {
    let home = Home::new();
    let rows = "select 1 as n, null as nothing, '日本, \"x\"' as t";
    let of = |form: &str| said(&home, &["-o", form, "-c", rows]).coded(0).out;
    assert_eq!(of("csv"), "n,nothing,t\n1,,\"日本, \"\"x\"\"\"\n");
    assert_eq!(of("tsv"), "n\tnothing\tt\n1\t\\N\t日本, \"x\"\n");
    assert_eq!(of("jsonl"), "{\"n\":1,\"nothing\":null,\"t\":\"日本, \\\"x\\\"\"}\n");
    let json: serde_json::Value = serde_json::from_str(&of("json")).unwrap();
    assert_eq!(json, serde_json::json!([{"n": 1, "nothing": null, "t": "日本, \"x\""}]));
    assert_eq!(script(&home, &["-o", "csv", "-f", "-"], "select 1 as n;\n").coded(0).out, "n\n1\n");
    assert_eq!(of("markdown"), "| n | nothing | t |\n|---:|---|---|\n| 1 |  | 日本, \"x\" |\n");
    let said = said(&home, &["-c", "create temporary table x (); do $$ begin raise notice 'so'; end $$", "-c", rows]);
    let said = said.coded(0);
    assert_eq!(
        said.out,
        " n | nothing |     t     \n---+---------+-----------\n 1 |         | 日本, \"x\"\n(1 row)\n\n"
    );
    assert!(said.err.contains("CREATE TABLE") && said.err.contains("NOTICE: so"), "{}", said.err);
}

#[test]
fn an_error_ends_a_script_at_its_place_and_nothing_of_one_transaction_is_kept() {
    let home = Home::new();
    said(&home, &["-c", "create table kept (n int)"]).coded(0);
    let text = "insert into kept values (1);\n\ninsert into kept values ('日本', x);\ninsert into kept values (3);\n";
    let failed = script(&home, &["-1"], text).coded(1);
    assert!(failed.err.contains("standard input:3: column \"x\" does not exist"), "{}", failed.err);
    let lines: Vec<&str> = failed.err.lines().map(str::trim_end).collect();
    let caret = lines.iter().position(|line| line.trim() == "^").unwrap();
    let column = |line: &str, what: char| line.chars().position(|c| c == what).unwrap();
    // Two of the characters before it are two cells wide.
    assert_eq!(column(lines[caret], '^'), column(lines[caret - 1], 'x') + 2, "{}", failed.err);
    assert_eq!(said(&home, &["-o", "csv", "-c", "select count(*) from kept"]).out, "count\n0\n");
    let on = script(&home, &["-v", "ON_ERROR_STOP=0"], text).coded(1);
    assert!(on.err.contains("does not exist"), "{}", on.err);
    assert_eq!(said(&home, &["-o", "csv", "-c", "select count(*) from kept"]).out, "count\n2\n");
    let json = said(&home, &["-o", "json", "-c", "selec"]).coded(1).error();
    assert_eq!(json["kind"], "sql");
}

#[test]
fn what_depends_on_the_server_is_of_this_server_and_its_session() {
    let home = Home::new();
    let told = script(&home, &[], "\\conninfo\n\\echo :DBNAME :USER :PORT :SERVER_VERSION_NUM\n").coded(0).out;
    let mut lines = told.lines();
    let info = lines.next().unwrap();
    assert!(info.starts_with("You are connected to database \"postgres\" as user \"postgres\""), "{told}");
    let last: Vec<&str> = lines.next_back().unwrap().split(' ').collect();
    assert_eq!(last[..3], ["postgres", "postgres", &server().port().to_string()]);
    let version: u32 = last[3].parse().unwrap();
    // What came with version 14 is told by it.
    let described = said(&home, &["-c", "\\d+ pg_am"]).coded(0).out;
    assert_eq!(described.contains("Compression"), version >= 140_000, "{described}");
}

#[test]
fn columns_of_any_statement_are_told_without_running_it() {
    let home = Home::new();
    said(&home, &["-c", "create table told (n int, t varchar(5))"]).coded(0);
    let text = "insert into told values (1, 'x') returning *\n\\gdesc\nshow work_mem \\gdesc\nselect $1::int as n \\gdesc\n\
                drop table told \\gdesc\nselect count(*) from told;\nselec \\gdesc\n";
    let said = script(&home, &["-o", "csv", "-v", "ON_ERROR_STOP=0"], text).coded(1);
    let told = "Column,Type\nn,integer\nt,character varying(5)\nColumn,Type\nwork_mem,text\nColumn,Type\nn,integer\n\
                The command has no result, or the result has no columns.\ncount\n0\n";
    assert_eq!(said.out, told);
    assert!(said.err.contains("standard input:7: syntax error at or near \"selec\""), "{}", said.err);
}

#[test]
fn of_several_statements_at_once_the_last_one_is_used_and_the_others_are_printed_where_they_are_to() {
    let home = Home::new();
    let text = "select 1 as a\\; select 2 as a \\gset\n\\echo :a\n\\set SHOW_ALL_RESULTS off\nselect 3 as b\\; select 4 as b;\n\
                select 5 as c\\; select 'select 6 as d' \\gexec\n";
    assert_eq!(script(&home, &["-o", "csv"], text).coded(0).out, "a\n1\n2\nb\n4\nd\n6\n");
}

#[test]
fn a_statement_that_is_run_again_and_again_says_when_and_a_notice_says_all_of_it() {
    let home = Home::new();
    let out = said(&home, &["-c", "select 1 as n \\watch c=2 i=0.01"]).coded(0).out;
    assert_eq!(out.matches("(every 0.01s)\n\n n \n---\n 1\n").count(), 2, "{out}");
    let raised = "do $$ begin raise notice 'so' using detail = 'much\nmore', hint = 'do it'; end $$";
    let told = said(&home, &["-c", raised]).coded(0).err;
    assert!(told.contains("NOTICE: so\nDETAIL: much\nmore\nHINT: do it\n"), "{told}");
    let verbose = script(&home, &["-v", "ON_ERROR_STOP=0"], "select 1/0;\n\\errverbose\n").coded(1);
    assert!(verbose.out.is_empty() && verbose.err.contains("LOCATION:  int4div, int.c:"), "{verbose:#?}");
}

#[test]
fn data_are_copied_both_ways() {
    let home = Home::new();
    let text = "create table copied (n int, t text);\ncopy copied from stdin;\n7\tseven\n8\t\\N\n\\.\ncopy copied to stdout;\n";
    assert_eq!(script(&home, &[], text).coded(0).out, "7\tseven\n8\t\\N\n");
    script(&home, &["-c", "copy copied from stdin (format csv)"], "9,nine\n").coded(0);
    let wrong = script(&home, &["-c", "copy copied from stdin"], "x\ty\n").coded(1);
    assert!(wrong.err.contains("invalid input syntax"), "{}", wrong.err);
    assert_eq!(said(&home, &["-o", "tsv", "-c", "select count(*) from copied"]).out, "count\n3\n");
}

#[test]
fn values_are_bound_again_after_a_transaction_failed_with_them() {
    let home = Home::new();
    let text =
        "\\set ON_ERROR_STOP 0\nbegin;\nselect $1::int \\bind x \\g\nrollback;\nselect $1::int as n \\bind 7 \\g\n";
    let said = script(&home, &["-o", "tsv"], text).coded(1);
    assert!(said.err.contains("invalid input syntax") && said.out == "n\n7\n", "{said:#?}");
    let file = home.path().join("out.csv");
    let kept = format!("\\pset format csv\nselect 1 as n \\g {}\n", file.display());
    script(&home, &[], &kept).coded(0);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_to_string(file).unwrap(), "n\n1\n");
}

#[test]
fn a_command_that_fails_ends_a_script_and_what_it_writes_only_its_person_reads() {
    let home = Home::new();
    let missing = said(&home, &["-c", "\\d nope", "-c", "select 'after'"]).coded(1);
    assert!(
        missing.err.contains("Did not find any relation named \"nope\".") && missing.out.is_empty(),
        "{missing:#?}"
    );
    said(&home, &["-c", "\\dt nope", "-c", "\\df nope"]).coded(0);
    let gone = said(&home, &["-c", "\\i gone.sql"]).coded(1);
    assert_eq!(gone.err.matches("gone.sql").count(), 1, "{gone:#?}");
    script(
        &home,
        &[],
        "select 1\n\\w kept.sql\n\\r\n\\getenv none NO_SUCH_VARIABLE\n\\getenv home HOME\n\\echo :{?none} :{?home}\n",
    )
    .coded(0)
    .out
    .contains("FALSE TRUE")
    .then_some(())
    .expect("a variable that is not set sets nothing");
    let kept = home.path().join("kept.sql");
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "select 1\n");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(kept).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}

/// psql says nothing of it, and who runs the file again runs its beginning twice.
#[test]
fn a_file_that_fails_in_its_middle_says_what_ran_and_what_did_not() {
    let home = Home::new();
    said(&home, &["-c", "create table half (n int)"]).coded(0);
    let insert = |value: &str| format!("insert into half values ({value});\n");
    let inner = home.write("inner.sql", insert("1") + &insert("x") + "\n" + &insert("2"));
    let outer = home.write("outer.sql", insert("0") + "\\ir inner.sql\n" + &insert("3"));
    let (inner, outer) = (inner.to_str().unwrap(), outer.to_str().unwrap());
    let failed = said(&home, &["-f", outer]).coded(1);
    let told = format!("2 statements ran before it; not run: {inner} from line 4 on, then {outer} from line 3 on");
    assert!(failed.err.contains("inner.sql:2: column \"x\" does not exist"), "{}", failed.err);
    assert!(failed.err.contains(&told) && !failed.err.contains("taken back"), "{}", failed.err);
    let count = || said(&home, &["-o", "csv", "-c", "select count(*) from half"]).coded(0).out;
    assert_eq!(count(), "count\n2\n");
    let one = said(&home, &["-1", "-f", outer]).coded(1);
    assert!(one.err.contains("what is in the transaction that was open is taken back"), "{}", one.err);
    assert_eq!(count(), "count\n2\n");
}

#[test]
fn a_transaction_begins_by_itself_and_an_error_takes_back_its_statement_alone() {
    let home = Home::new();
    said(&home, &["-c", "create table stepwise (n int)"]).coded(0);
    let text = "\\set AUTOCOMMIT off\n\\set ON_ERROR_ROLLBACK on\ninsert into stepwise values (1);\ninsert into stepwise values ('x');\n\
                insert into stepwise values (2);\ncommit;\ninsert into stepwise values (3);\n";
    let told = script(&home, &["-v", "ON_ERROR_STOP=0"], text).coded(1);
    assert_eq!(told.err.matches("error:").count(), 1, "{}", told.err);
    // The last one was not committed.
    assert_eq!(said(&home, &["-o", "csv", "-c", "select n from stepwise order by n"]).coded(0).out, "n\n1\n2\n");
    let failed = script(
        &home,
        &["-v", "ON_ERROR_STOP=0", "-v", "AUTOCOMMIT=off"],
        "selec;\ninsert into stepwise values (4);\ncommit;\n",
    );
    assert!(failed.coded(1).err.contains("current transaction is aborted"), "without it all of it is taken back");
}

#[test]
#[expect(clippy::print_stderr, reason = "what is not tested is said")]
fn what_pg_dumpall_writes_is_run_and_a_script_stays_on_its_server() {
    let home = Home::new();
    let (from, to) = (server(), LocalPostgres::start(&LocalOptions::default()).unwrap());
    // Those of other versions than the machine's own come without it (postgres_versions.py).
    if std::env::var_os("PGBIN").is_some() && !from.programs().join("pg_dumpall").exists() {
        eprintln!("NOT TESTED with {}: there is no pg_dumpall", from.programs().display());
        return;
    }
    let database = "Shop ' 日";
    said(&home, &["-c", "create role \"App\" login", "-c", &format!("create database \"{database}\" owner \"App\"")])
        .coded(0);
    let connect = format!("\\connect -reuse-previous=on \"dbname='{}'\"\n", database.replace('\'', "\\'"));
    let told =
        script(&home, &[], &format!("{connect}create table notes (t text);\ncopy notes from stdin;\na\\tb\n日\n\\.\n"));
    let told = told.coded(0);
    assert!(told.err.contains("You are now connected to database \"Shop ' 日\" as user \"postgres\"."), "{}", told.err);
    let dump =
        Command::new(from.programs().join("pg_dumpall")).args(["-d", &from.url("postgres", "postgres")]).output();
    let dump = dump.unwrap();
    assert!(dump.status.success(), "{dump:?}");
    let there = || {
        let mut command = home.at(None);
        command.env("COCKPIT_DATABASE_URL", to.url("postgres", "postgres")).arg("sql");
        command
    };
    // The role that runs it is there already.
    let run_there = fed(there().args(["-v", "ON_ERROR_STOP=0"]), &String::from_utf8(dump.stdout).unwrap()).coded(1);
    assert_eq!(run_there.err.matches("error:").count(), 1, "{}", run_there.err);
    let rows = fed(
        there().args(["-o", "csv"]),
        &format!("{connect}select * from notes order by t;\n\\c postgres App\nselect current_user;\n"),
    );
    assert_eq!(rows.coded(0).out, "t\na\tb\n日\ncurrent_user\nApp\n");
    // What follows is meant for another place: it is not run here.
    for (text, why) in [
        ("\\c nowhere\n", "database \"nowhere\" does not exist"),
        ("\\c postgres postgres db.example.com\n", "a script stays on its server"),
        ("begin;\n\\c template1\n", "a transaction is open"),
    ] {
        let failed = fed(there().args(["-v", "ON_ERROR_STOP=0"]), &format!("{text}select 'after';\n")).coded(1);
        assert!(failed.err.contains(why) && !failed.out.contains("after"), "{failed:#?}");
    }
    let single = fed(there().arg("-1"), "\\c template1\n").coded(1);
    assert!(single.err.contains("with -1 all is one transaction"), "{}", single.err);
    let reads = fed(there().args(["--read-only"]), "\\c template1\ncreate table never ();\n").coded(4);
    assert!(reads.err.contains("read-only transaction"), "what only reads does so there, too: {}", reads.err);
}

#[test]
fn names_that_begin_with_a_tilde_are_of_the_home_folder_in_every_command() {
    let home = Home::new();
    let folder = home.path().join("日本 me");
    std::fs::create_dir_all(folder.join("sql")).unwrap();
    std::fs::write(folder.join("sql/first.sql"), "\\ir second.sql\n").unwrap();
    std::fs::write(folder.join("sql/second.sql"), "select 'second' as s;\n").unwrap();
    let text = "select 1 as n \\g ~/g.csv\n\\o ~/o.csv\nselect 2 as n;\n\\o\n\
                \\copy (select 3) to '~/copied'\ncreate temporary table c (n int);\n\\copy c from ~/copied\n\
                select * from c;\nselect 5\n\\w ~/w.sql\n\\r\n\\i ~/sql/first.sql\n\\cd ~/sql\n\\i second.sql\n\\cd\n\\i sql/second.sql\n";
    let said = fed(sql(&home).args(["-o", "csv"]).env("HOME", &folder), text).coded(0);
    assert_eq!(said.out, "n\n3\nQuery buffer reset (cleared).\ns\nsecond\ns\nsecond\ns\nsecond\n", "{said:#?}");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    assert_eq!((read("g.csv"), read("o.csv"), read("copied")), ("n\n1\n".into(), "n\n2\n".into(), "3\n".into()));
    assert_eq!(read("w.sql"), "select 5\n");
}

#[test]
fn data_of_a_copy_that_fails_are_no_statements_and_a_full_disk_is_that_of_the_file_that_is_named() {
    let home = Home::new();
    let text = "copy nowhere from stdin;\ndrop table\n1\t2\n\\.\nselect 'after' as a;\n";
    let said = script(&home, &["-o", "csv", "-v", "ON_ERROR_STOP=0"], text).coded(1);
    assert!(said.out == "a\nafter\n" && !said.err.contains("syntax"), "{said:#?}");
    assert!(said.err.contains("2 lines after the COPY that failed, up to `\\.`, passed over"), "{said:#?}");
    let rows = "x\n".repeat(200_000);
    let text = format!("create temporary table t (x text);\ncopy t from stdin;\n{rows}\\.\nselect count(*) from t;\n");
    assert_eq!(script(&home, &["-o", "csv"], &text).coded(0).out, "count\n200000\n");
    for text in ["\\o /dev/full\nselect 1;\n", "select 1 \\g /dev/full\n", "\\copy (select 1) to /dev/full\n"] {
        let full = script(&home, &[], text).coded(1);
        assert!(full.err.contains("/dev/full: No space left on device"), "{text}: {full:#?}");
    }
    let folder = home.path().display().to_string();
    let unread = script(&home, &[], &format!("create temporary table t (x text);\n\\copy t from {folder}\n")).coded(1);
    assert!(unread.err.contains("Is a directory"), "{unread:#?}");
}

#[test]
fn a_session_that_only_reads_writes_nothing() {
    let home = Home::new();
    let refused = said(&home, &["--read-only", "-c", "create table never ()"]).coded(4);
    assert!(
        refused.err.contains("read-only transaction") && refused.err.contains("leave --read-only out"),
        "{refused:?}"
    );
    // A transaction that the script itself opens so is its own business.
    let own = ["-c", "begin read only; create table never ()"];
    assert!(said(&home, &own).coded(1).err.contains("read-only transaction"));
    said(&home, &["--read-only", "--write", "-c", "select 1"]).coded(2);
    let mut command = home.at(None);
    command.env("COCKPIT_DATABASE_URL", url().replace("/postgres", "/nowhere"));
    let lost = run(&mut command, ["sql", "-c", "select 1"]).coded(1);
    assert!(lost.err.contains("\"nowhere\" does not exist") && !lost.err.contains(PASSWORD), "{}", lost.err);
    let mut command = home.at(None);
    let wrong = run(&mut command, ["sql", "--url", "mysql://x:hush@h/d", "-c", "select 1"]).coded(2);
    assert!(!wrong.err.contains("hush"), "{}", wrong.err);
}

/// Whether this is so of a statement at the server with that in it.
fn is_so(home: &Home, so: &str, what: &str) -> bool {
    let query = format!(
        "select count(*) from pg_stat_activity where {so} and query like '%{what}%' and pid <> pg_backend_pid()"
    );
    said(home, &["-o", "tsv", "-c", &query]).coded(0).out != "count\n0\n"
}

/// Whether a statement with this in it runs at the server.
fn runs(home: &Home, what: &str) -> bool {
    is_so(home, "state = 'active'", what)
}

#[test]
fn an_interrupt_the_time_and_a_reader_that_has_gone_are_cancelled_at_the_server() {
    let home = Home::new();
    let mut child = begun(&home, &["-c", "select pg_sleep(3600), 'interrupted'"]);
    until("it runs", PATIENCE, || runs(&home, "interrupted").then_some(()));
    signal(child.id(), Signal::INT);
    assert_eq!(ended(&mut child).code(), Some(130));
    assert!(!runs(&home, "interrupted"));
    let late = said(&home, &["--timeout", "1s", "-c", "select pg_sleep(3600), 'late'"]).coded(7);
    assert!(late.err.contains("the time was up"), "{late:#?}");
    assert!(!runs(&home, "late"));
    let mut child = begun(&home, &["-o", "csv", "-c", "select repeat('gone', 50), generate_series(1, 1000000000)"]);
    child.stdout.take().unwrap().read_exact(&mut [0; 100]).unwrap();
    let said = finish(child).coded(0);
    assert_eq!(said.err, "", "a reader that has gone is no fault");
    assert!(!runs(&home, "gone"));
}

#[test]
fn an_environment_is_reached_through_its_tunnel_and_a_guarded_one_only_reads() {
    let far = "db.internal:5432";
    let world = World::mapped(far, std::net::SocketAddr::from(([127, 0, 0, 1], server().port())));
    let home = Home::new();
    let audit = home.path().join("audit.jsonl");
    let config = include_str!("../config.toml")
        .replace(
            "service = \"bookmark-manager-staging-api\"\n",
            "service = \"bookmark-manager-staging-web\"\nto = \"db.internal:5432\"\n",
        )
        .replace("[environments.staging]\n", "[environments.staging]\nguarded = true\n");
    let who = "[environments.staging.database]\nuser = \"postgres\"\ndatabase = \"postgres\"\n";
    home.write("config.toml", format!("audit_file = {audit:?}\n{config}\n{who}"));
    let rows =
        run(&mut home.on(&world), ["sql", "staging", "-o", "csv", "-c", "select current_user, pg_is_in_recovery()"]);
    assert_eq!(rows.coded(0).out, "current_user,pg_is_in_recovery\npostgres,f\n");
    let there = ["sql", "staging", "-c", "\\c template1", "-c", "create table never ()"];
    let refused = run(&mut home.on(&world), there).coded(4);
    assert!(refused.err.contains("template1") && refused.err.contains("the environment is guarded"), "{}", refused.err);
    let refused = run(&mut home.on(&world), ["sql", "staging", "-c", "create table never ()"]).coded(4);
    assert!(refused.err.contains("the environment is guarded") && refused.err.contains("--write"), "{}", refused.err);
    run(&mut home.on(&world), ["sql", "staging", "--write", "-c", "create table never ()"]).coded(4);
    let lifts = ["sql", "staging", "--yes", "--confirm", "staging", "-c", "set default_transaction_read_only = off"];
    let lifts = run(&mut home.on(&world), lifts).coded(4);
    assert!(lifts.err.contains("the environment is guarded") && lifts.err.contains("--write"), "{}", lifts.err);
    let yes = ["sql", "staging", "--write", "--yes", "--confirm", "staging", "-c", "create table written ()"];
    run(&mut home.on(&world), yes).coded(0);
    let written = std::fs::read_to_string(audit).unwrap();
    assert!(written.contains("cockpit sql staging --to db.internal:5432") && written.contains("--write"), "{written}");
    assert!(!written.contains("create table"), "what is run is not written down: {written}");
}

/// Whether a statement with this in it waits for a lock at the server.
fn waits(home: &Home, what: &str) -> bool {
    is_so(home, "wait_event_type = 'Lock'", what)
}

#[test]
fn a_copy_that_the_server_does_not_take_in_is_interrupted_and_only_the_first_of_several_has_the_data() {
    let home = Home::new();
    said(&home, &["-c", "create table held (n int primary key)"]).coded(0);
    let mut holder = begun(&home, &["-c", "begin; insert into held values (1); select pg_sleep(3600), 'holder'"]);
    until("the key is held", PATIENCE, || runs(&home, "holder").then_some(()));
    // More than the buffers on the way take.
    let path = home.write("rows", "1\n".repeat(8 << 20));
    let mut child = begun(&home, &["-c", &format!("\\copy held from '{}'", path.display())]);
    until("it waits for the key", PATIENCE, || waits(&home, "held").then_some(()));
    signal(child.id(), Signal::INT);
    assert_eq!(ended(&mut child).code(), Some(130));
    assert!(!waits(&home, "held"));
    signal(holder.id(), Signal::INT);
    assert_eq!(ended(&mut holder).code(), Some(130));
    assert_eq!(said(&home, &["-o", "tsv", "-c", "select count(*) from held"]).coded(0).out, "count\n0\n");

    let text = "create temporary table a (n int);\ncreate temporary table b (n int);\n\
                copy a from stdin\\; copy b from stdin;\n1\n\\.\n2\n3\n\\.\nselect a.n, b.n as m from a, b;\n";
    assert_eq!(script(&home, &["-o", "csv"], text).coded(0).out, "n,m\n1,2\n1,3\n", "each has its own, as in psql");
    let text = "create table alone (n int)\\; copy alone from stdin\\; copy alone from stdin";
    let said = script(&home, &["-c", text], "1\n").coded(1);
    assert!(said.err.contains("there are no data to copy"), "{said:#?}");
}
