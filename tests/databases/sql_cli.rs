//! `cockpit sql` as typed, on a real PostgreSQL: directly, and through the simulated tunnel.

mod reads;
mod scripts;

use crate::support::{Home, Output, PATIENCE, World, ended, finish, run, signal, until};
use cockpit::runtime::local_postgres::{LocalOptions, LocalPostgres};
use rustix::process::Signal;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// The password in the URL, which must never be printed.
const PASSWORD: &str = "hush-in-the-url";

fn server() -> &'static LocalPostgres {
    static SERVER: OnceLock<LocalPostgres> = OnceLock::new();
    SERVER.get_or_init(|| LocalPostgres::start(&LocalOptions::default()).unwrap())
}

fn url() -> String {
    format!("postgres://postgres:{PASSWORD}@127.0.0.1:{}/postgres", server().port())
}

/// The command connected to the server.
fn sql(home: &Home) -> Command {
    let mut command = home.at(None);
    command.env("COCKPIT_DATABASE_URL", url()).arg("sql");
    command
}

fn run_sql(home: &Home, arguments: &[&str]) -> Output {
    let output = run(&mut sql(home), arguments);
    assert!(!output.out.contains(PASSWORD) && !output.err.contains(PASSWORD), "{output:#?}");
    output
}

/// Runs a command with a text on standard input.
fn piped(command: &mut Command, text: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    finish(child)
}

/// Runs a script on standard input.
fn script(home: &Home, arguments: &[&str], text: &str) -> Output {
    piped(sql(home).args(arguments), text)
}

/// Starts a command without waiting for it.
fn spawn_sql(home: &Home, arguments: &[&str]) -> Child {
    sql(home).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn rows_go_to_stdout_in_each_format_and_the_rest_to_stderr() {
    let home = Home::new();
    let rows = "select 1 as n, null as nothing, '日本, \"x\"' as t";
    let of = |form: &str| run_sql(&home, &["-o", form, "-c", rows]).exits(0).out;
    assert_eq!(of("csv"), "n,nothing,t\n1,,\"日本, \"\"x\"\"\"\n");
    assert_eq!(of("tsv"), "n\tnothing\tt\n1\t\\N\t日本, \"x\"\n");
    assert_eq!(of("jsonl"), "{\"n\":1,\"nothing\":null,\"t\":\"日本, \\\"x\\\"\"}\n");
    let json: serde_json::Value = serde_json::from_str(&of("json")).unwrap();
    assert_eq!(json, serde_json::json!([{"n": 1, "nothing": null, "t": "日本, \"x\""}]));
    assert_eq!(script(&home, &["-o", "csv", "-f", "-"], "select 1 as n;\n").exits(0).out, "n\n1\n");
    assert_eq!(of("markdown"), "| n | nothing | t |\n|---:|---|---|\n| 1 |  | 日本, \"x\" |\n");
    let output =
        run_sql(&home, &["-c", "create temporary table x (); do $$ begin raise notice 'so'; end $$", "-c", rows]);
    let output = output.exits(0);
    assert_eq!(
        output.out,
        " n | nothing |     t     \n---+---------+-----------\n 1 |         | 日本, \"x\"\n(1 row)\n\n"
    );
    assert!(output.err.contains("CREATE TABLE") && output.err.contains("NOTICE: so"), "{}", output.err);
}

#[test]
fn error_ends_a_script_with_its_position_and_rolls_back_its_transaction() {
    let home = Home::new();
    run_sql(&home, &["-c", "create table kept (n int)"]).exits(0);
    let text = "insert into kept values (1);\n\ninsert into kept values ('日本', x);\ninsert into kept values (3);\n";
    let failed = script(&home, &["-1"], text).exits(1);
    assert!(failed.err.contains("standard input:3: column \"x\" does not exist"), "{}", failed.err);
    let lines: Vec<&str> = failed.err.lines().map(str::trim_end).collect();
    let caret = lines.iter().position(|line| line.trim() == "^").unwrap();
    let column = |line: &str, what: char| line.chars().position(|c| c == what).unwrap();
    // Two of the characters before it are two cells wide.
    assert_eq!(column(lines[caret], '^'), column(lines[caret - 1], 'x') + 2, "{}", failed.err);
    assert_eq!(run_sql(&home, &["-o", "csv", "-c", "select count(*) from kept"]).out, "count\n0\n");
    let on = script(&home, &["-v", "ON_ERROR_STOP=0"], text).exits(1);
    assert!(on.err.contains("does not exist"), "{}", on.err);
    assert_eq!(run_sql(&home, &["-o", "csv", "-c", "select count(*) from kept"]).out, "count\n2\n");
    let json = run_sql(&home, &["-o", "json", "-c", "selec"]).exits(1).error();
    assert_eq!(json["kind"], "sql");
}

#[test]
fn server_dependent_commands_use_this_server_and_session() {
    let home = Home::new();
    let output = script(&home, &[], "\\conninfo\n\\echo :DBNAME :USER :PORT :SERVER_VERSION_NUM\n").exits(0).out;
    let mut lines = output.lines();
    let info = lines.next().unwrap();
    assert!(info.starts_with("You are connected to database \"postgres\" as user \"postgres\""), "{output}");
    let last: Vec<&str> = lines.next_back().unwrap().split(' ').collect();
    assert_eq!(last[..3], ["postgres", "postgres", &server().port().to_string()]);
    let version: u32 = last[3].parse().unwrap();
    // Server features of version 14 are shown accordingly.
    let described = run_sql(&home, &["-c", "\\d+ pg_am"]).exits(0).out;
    assert_eq!(described.contains("Compression"), version >= 140_000, "{described}");
}

#[test]
fn columns_of_a_statement_are_described_without_running_it() {
    let home = Home::new();
    run_sql(&home, &["-c", "create table told (n int, t varchar(5))"]).exits(0);
    let text = "insert into told values (1, 'x') returning *\n\\gdesc\nshow work_mem \\gdesc\nselect $1::int as n \\gdesc\n\
                drop table told \\gdesc\nselect count(*) from told;\nselec \\gdesc\n";
    let output = script(&home, &["-o", "csv", "-v", "ON_ERROR_STOP=0"], text).exits(1);
    let columns = "Column,Type\nn,integer\nt,character varying(5)\nColumn,Type\nwork_mem,text\nColumn,Type\nn,integer\n\
                The command has no result, or the result has no columns.\ncount\n0\n";
    assert_eq!(output.out, columns);
    assert!(output.err.contains("standard input:7: syntax error at or near \"selec\""), "{}", output.err);
}

#[test]
fn last_of_several_statements_is_used_and_the_others_are_printed_as_configured() {
    let home = Home::new();
    let text = "select 1 as a\\; select 2 as a \\gset\n\\echo :a\n\\set SHOW_ALL_RESULTS off\nselect 3 as b\\; select 4 as b;\n\
                select 5 as c\\; select 'select 6 as d' \\gexec\n";
    assert_eq!(script(&home, &["-o", "csv"], text).exits(0).out, "a\n1\n2\nb\n4\nd\n6\n");
}

#[test]
fn watch_prints_its_time_and_notices_are_printed_in_full() {
    let home = Home::new();
    let out = run_sql(&home, &["-c", "select 1 as n \\watch c=2 i=0.01"]).exits(0).out;
    assert_eq!(out.matches("(every 0.01s)\n\n n \n---\n 1\n").count(), 2, "{out}");
    let raised = "do $$ begin raise notice 'so' using detail = 'much\nmore', hint = 'do it'; end $$";
    let stderr = run_sql(&home, &["-c", raised]).exits(0).err;
    assert!(stderr.contains("NOTICE: so\nDETAIL: much\nmore\nHINT: do it\n"), "{stderr}");
    let verbose = script(&home, &["-v", "ON_ERROR_STOP=0"], "select 1/0;\n\\errverbose\n").exits(1);
    assert!(verbose.out.is_empty() && verbose.err.contains("LOCATION:  int4div, int.c:"), "{verbose:#?}");
}

#[test]
fn copy_works_in_both_directions() {
    let home = Home::new();
    let text = "create table copied (n int, t text);\ncopy copied from stdin;\n7\tseven\n8\t\\N\n\\.\ncopy copied to stdout;\n";
    assert_eq!(script(&home, &[], text).exits(0).out, "7\tseven\n8\t\\N\n");
    script(&home, &["-c", "copy copied from stdin (format csv)"], "9,nine\n").exits(0);
    let wrong = script(&home, &["-c", "copy copied from stdin"], "x\ty\n").exits(1);
    assert!(wrong.err.contains("invalid input syntax"), "{}", wrong.err);
    assert_eq!(run_sql(&home, &["-o", "tsv", "-c", "select count(*) from copied"]).out, "count\n3\n");
}

#[test]
fn values_can_be_bound_again_after_a_failed_transaction() {
    let home = Home::new();
    let text =
        "\\set ON_ERROR_STOP 0\nbegin;\nselect $1::int \\bind x \\g\nrollback;\nselect $1::int as n \\bind 7 \\g\n";
    let output = script(&home, &["-o", "tsv"], text).exits(1);
    assert!(output.err.contains("invalid input syntax") && output.out == "n\n7\n", "{output:#?}");
    let file = home.path().join("out.csv");
    let kept = format!("\\pset format csv\nselect 1 as n \\g {}\n", file.display());
    script(&home, &[], &kept).exits(0);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_to_string(file).unwrap(), "n\n1\n");
}

#[test]
fn failing_backslash_command_ends_a_script_and_written_files_are_private() {
    let home = Home::new();
    let missing = run_sql(&home, &["-c", "\\d nope", "-c", "select 'after'"]).exits(1);
    assert!(
        missing.err.contains("Did not find any relation named \"nope\".") && missing.out.is_empty(),
        "{missing:#?}"
    );
    run_sql(&home, &["-c", "\\dt nope", "-c", "\\df nope"]).exits(0);
    let gone = run_sql(&home, &["-c", "\\i gone.sql"]).exits(1);
    assert_eq!(gone.err.matches("gone.sql").count(), 1, "{gone:#?}");
    script(
        &home,
        &[],
        "select 1\n\\w kept.sql\n\\r\n\\getenv none NO_SUCH_VARIABLE\n\\getenv home HOME\n\\echo :{?none} :{?home}\n",
    )
    .exits(0)
    .out
    .contains("FALSE TRUE")
    .then_some(())
    .expect("an unset variable has no effect");
    let kept = home.path().join("kept.sql");
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "select 1\n");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(kept).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}

/// psql does not report this, and running the file again runs its beginning twice.
#[test]
fn file_failing_midway_reports_what_ran_and_what_did_not() {
    let home = Home::new();
    run_sql(&home, &["-c", "create table half (n int)"]).exits(0);
    let insert = |value: &str| format!("insert into half values ({value});\n");
    let inner = home.write("inner.sql", insert("1") + &insert("x") + "\n" + &insert("2"));
    let outer = home.write("outer.sql", insert("0") + "\\ir inner.sql\n" + &insert("3"));
    let (inner, outer) = (inner.to_str().unwrap(), outer.to_str().unwrap());
    let failed = run_sql(&home, &["-f", outer]).exits(1);
    let summary = format!("2 statements ran before it; not run: {inner} from line 4 on, then {outer} from line 3 on");
    assert!(failed.err.contains("inner.sql:2: column \"x\" does not exist"), "{}", failed.err);
    assert!(failed.err.contains(&summary) && !failed.err.contains("rolled back"), "{}", failed.err);
    let count = || run_sql(&home, &["-o", "csv", "-c", "select count(*) from half"]).exits(0).out;
    assert_eq!(count(), "count\n2\n");
    let single = run_sql(&home, &["-1", "-f", outer]).exits(1);
    assert!(single.err.contains("the open transaction is rolled back"), "{}", single.err);
    assert_eq!(count(), "count\n2\n");
}

#[test]
fn autocommit_off_begins_a_transaction_and_an_error_rolls_back_only_its_statement() {
    let home = Home::new();
    run_sql(&home, &["-c", "create table stepwise (n int)"]).exits(0);
    let text = "\\set AUTOCOMMIT off\n\\set ON_ERROR_ROLLBACK on\ninsert into stepwise values (1);\ninsert into stepwise values ('x');\n\
                insert into stepwise values (2);\ncommit;\ninsert into stepwise values (3);\n";
    let output = script(&home, &["-v", "ON_ERROR_STOP=0"], text).exits(1);
    assert_eq!(output.err.matches("error:").count(), 1, "{}", output.err);
    // The last insert was not committed.
    assert_eq!(run_sql(&home, &["-o", "csv", "-c", "select n from stepwise order by n"]).exits(0).out, "n\n1\n2\n");
    let failed = script(
        &home,
        &["-v", "ON_ERROR_STOP=0", "-v", "AUTOCOMMIT=off"],
        "selec;\ninsert into stepwise values (4);\ncommit;\n",
    );
    assert!(failed.exits(1).err.contains("current transaction is aborted"), "without it everything is rolled back");
}

#[test]
#[expect(clippy::print_stderr, reason = "what is not tested is said")]
fn pg_dumpall_output_runs_and_a_script_stays_on_its_server() {
    let home = Home::new();
    let (from, to) = (server(), LocalPostgres::start(&LocalOptions::default()).unwrap());
    // Server versions other than the machine's own come without it (postgres_versions.py).
    if std::env::var_os("PGBIN").is_some() && !from.programs().join("pg_dumpall").exists() {
        eprintln!("NOT TESTED with {}: there is no pg_dumpall", from.programs().display());
        return;
    }
    let database = "Shop ' 日";
    run_sql(
        &home,
        &["-c", "create role \"App\" login", "-c", &format!("create database \"{database}\" owner \"App\"")],
    )
    .exits(0);
    let connect = format!("\\connect -reuse-previous=on \"dbname='{}'\"\n", database.replace('\'', "\\'"));
    let output =
        script(&home, &[], &format!("{connect}create table notes (t text);\ncopy notes from stdin;\na\\tb\n日\n\\.\n"));
    let output = output.exits(0);
    assert!(
        output.err.contains("You are now connected to database \"Shop ' 日\" as user \"postgres\"."),
        "{}",
        output.err
    );
    let dump =
        Command::new(from.programs().join("pg_dumpall")).args(["-d", &from.url("postgres", "postgres")]).output();
    let dump = dump.unwrap();
    assert!(dump.status.success(), "{dump:?}");
    let there = || {
        let mut command = home.at(None);
        command.env("COCKPIT_DATABASE_URL", to.url("postgres", "postgres")).arg("sql");
        command
    };
    // The role that runs it already exists.
    let run_there = piped(there().args(["-v", "ON_ERROR_STOP=0"]), &String::from_utf8(dump.stdout).unwrap()).exits(1);
    assert_eq!(run_there.err.matches("error:").count(), 1, "{}", run_there.err);
    let rows = piped(
        there().args(["-o", "csv"]),
        &format!("{connect}select * from notes order by t;\n\\c postgres App\nselect current_user;\n"),
    );
    assert_eq!(rows.exits(0).out, "t\na\tb\n日\ncurrent_user\nApp\n");
    // The following commands are meant for another server: they are not run here.
    for (text, why) in [
        ("\\c nowhere\n", "database \"nowhere\" does not exist"),
        ("\\c postgres postgres db.example.com\n", "a script stays on its server"),
        ("begin;\n\\c template1\n", "a transaction is open"),
    ] {
        let failed = piped(there().args(["-v", "ON_ERROR_STOP=0"]), &format!("{text}select 'after';\n")).exits(1);
        assert!(failed.err.contains(why) && !failed.out.contains("after"), "{failed:#?}");
    }
    let single = piped(there().arg("-1"), "\\c template1\n").exits(1);
    assert!(single.err.contains("with -1 all is one transaction"), "{}", single.err);
    let reads = piped(there().args(["--read-only"]), "\\c template1\ncreate table never ();\n").exits(4);
    assert!(reads.err.contains("read-only transaction"), "reads are allowed there, too: {}", reads.err);
}

#[test]
fn tilde_expands_to_the_home_folder_in_every_command() {
    let home = Home::new();
    let folder = home.path().join("日本 me");
    std::fs::create_dir_all(folder.join("sql")).unwrap();
    std::fs::write(folder.join("sql/first.sql"), "\\ir second.sql\n").unwrap();
    std::fs::write(folder.join("sql/second.sql"), "select 'second' as s;\n").unwrap();
    let text = "select 1 as n \\g ~/g.csv\n\\o ~/o.csv\nselect 2 as n;\n\\o\n\
                \\copy (select 3) to '~/copied'\ncreate temporary table c (n int);\n\\copy c from ~/copied\n\
                select * from c;\nselect 5\n\\w ~/w.sql\n\\r\n\\i ~/sql/first.sql\n\\cd ~/sql\n\\i second.sql\n\\cd\n\\i sql/second.sql\n";
    let output = piped(sql(&home).args(["-o", "csv"]).env("HOME", &folder), text).exits(0);
    assert_eq!(output.out, "n\n3\nQuery buffer reset (cleared).\ns\nsecond\ns\nsecond\ns\nsecond\n", "{output:#?}");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    assert_eq!((read("g.csv"), read("o.csv"), read("copied")), ("n\n1\n".into(), "n\n2\n".into(), "3\n".into()));
    assert_eq!(read("w.sql"), "select 5\n");
}

#[test]
fn data_of_a_failed_copy_is_not_run_and_a_full_disk_names_the_file() {
    let home = Home::new();
    let text = "copy nowhere from stdin;\ndrop table\n1\t2\n\\.\nselect 'after' as a;\n";
    let output = script(&home, &["-o", "csv", "-v", "ON_ERROR_STOP=0"], text).exits(1);
    assert!(output.out == "a\nafter\n" && !output.err.contains("syntax"), "{output:#?}");
    assert!(output.err.contains("2 lines after the COPY that failed, up to `\\.`, passed over"), "{output:#?}");
    let rows = "x\n".repeat(200_000);
    let text = format!("create temporary table t (x text);\ncopy t from stdin;\n{rows}\\.\nselect count(*) from t;\n");
    assert_eq!(script(&home, &["-o", "csv"], &text).exits(0).out, "count\n200000\n");
    for text in ["\\o /dev/full\nselect 1;\n", "select 1 \\g /dev/full\n", "\\copy (select 1) to /dev/full\n"] {
        let full = script(&home, &[], text).exits(1);
        assert!(full.err.contains("/dev/full: No space left on device"), "{text}: {full:#?}");
    }
    let folder = home.path().display().to_string();
    let unread = script(&home, &[], &format!("create temporary table t (x text);\n\\copy t from {folder}\n")).exits(1);
    assert!(unread.err.contains("Is a directory"), "{unread:#?}");
}

#[test]
fn read_only_session_writes_nothing() {
    let home = Home::new();
    let refused = run_sql(&home, &["--read-only", "-c", "create table never ()"]).exits(4);
    assert!(
        refused.err.contains("read-only transaction") && refused.err.contains("leave --read-only out"),
        "{refused:?}"
    );
    // A transaction that the script itself opens this way is left alone.
    let own = ["-c", "begin read only; create table never ()"];
    assert!(run_sql(&home, &own).exits(1).err.contains("read-only transaction"));
    run_sql(&home, &["--read-only", "--write", "-c", "select 1"]).exits(2);
    let mut command = home.at(None);
    command.env("COCKPIT_DATABASE_URL", url().replace("/postgres", "/nowhere"));
    let lost = run(&mut command, ["sql", "-c", "select 1"]).exits(1);
    assert!(lost.err.contains("\"nowhere\" does not exist") && !lost.err.contains(PASSWORD), "{}", lost.err);
    let mut command = home.at(None);
    let wrong = run(&mut command, ["sql", "--url", "mysql://x:hush@h/d", "-c", "select 1"]).exits(2);
    assert!(!wrong.err.contains("hush"), "{}", wrong.err);
}

/// Whether a condition holds at the server for a statement that contains this text.
fn holds_at_server(home: &Home, so: &str, what: &str) -> bool {
    let query = format!(
        "select count(*) from pg_stat_activity where {so} and query like '%{what}%' and pid <> pg_backend_pid()"
    );
    run_sql(home, &["-o", "tsv", "-c", &query]).exits(0).out != "count\n0\n"
}

/// Whether a statement that contains this text runs at the server.
fn runs(home: &Home, what: &str) -> bool {
    holds_at_server(home, "state = 'active'", what)
}

#[test]
fn interrupt_timeout_and_closed_pipe_cancel_at_the_server() {
    let home = Home::new();
    let mut child = spawn_sql(&home, &["-c", "select pg_sleep(3600), 'interrupted'"]);
    until("it runs", PATIENCE, || runs(&home, "interrupted").then_some(()));
    signal(child.id(), Signal::INT);
    assert_eq!(ended(&mut child).code(), Some(130));
    assert!(!runs(&home, "interrupted"));
    let late = run_sql(&home, &["--timeout", "1s", "-c", "select pg_sleep(3600), 'late'"]).exits(7);
    assert!(late.err.contains("the time was up"), "{late:#?}");
    assert!(!runs(&home, "late"));
    let mut child = spawn_sql(&home, &["-o", "csv", "-c", "select repeat('gone', 50), generate_series(1, 1000000000)"]);
    child.stdout.take().unwrap().read_exact(&mut [0; 100]).unwrap();
    let output = finish(child).exits(0);
    assert_eq!(output.err, "", "a closed pipe is no failure");
    assert!(!runs(&home, "gone"));
}

#[test]
fn environment_is_reached_through_its_tunnel_and_a_guarded_one_is_read_only() {
    let far = "db.internal:5432";
    let world = World::mapped(far, std::net::SocketAddr::from(([127, 0, 0, 1], server().port())));
    let home = Home::new();
    let audit = home.path().join("audit.jsonl");
    let config = include_str!("../../config.toml")
        .replace(
            "service = \"bookmark-manager-staging-api\"\n",
            "service = \"bookmark-manager-staging-web\"\nto = \"db.internal:5432\"\n",
        )
        .replace("[environments.staging]\n", "[environments.staging]\nguarded = true\n");
    let who = "[environments.staging.database]\nuser = \"postgres\"\ndatabase = \"postgres\"\n";
    home.write("config.toml", format!("audit_file = {audit:?}\n{config}\n{who}"));
    let rows =
        run(&mut home.on(&world), ["sql", "staging", "-o", "csv", "-c", "select current_user, pg_is_in_recovery()"]);
    assert_eq!(rows.exits(0).out, "current_user,pg_is_in_recovery\npostgres,f\n");
    let there = ["sql", "staging", "-c", "\\c template1", "-c", "create table never ()"];
    let refused = run(&mut home.on(&world), there).exits(4);
    assert!(refused.err.contains("template1") && refused.err.contains("the environment is guarded"), "{}", refused.err);
    let refused = run(&mut home.on(&world), ["sql", "staging", "-c", "create table never ()"]).exits(4);
    assert!(refused.err.contains("the environment is guarded") && refused.err.contains("--write"), "{}", refused.err);
    run(&mut home.on(&world), ["sql", "staging", "--write", "-c", "create table never ()"]).exits(4);
    let lifts = ["sql", "staging", "--yes", "--confirm", "staging", "-c", "set default_transaction_read_only = off"];
    let lifts = run(&mut home.on(&world), lifts).exits(4);
    assert!(lifts.err.contains("the environment is guarded") && lifts.err.contains("--write"), "{}", lifts.err);
    let yes = ["sql", "staging", "--write", "--yes", "--confirm", "staging", "-c", "create table written ()"];
    run(&mut home.on(&world), yes).exits(0);
    let written = std::fs::read_to_string(audit).unwrap();
    assert!(written.contains("cockpit sql staging --to db.internal:5432") && written.contains("--write"), "{written}");
    assert!(!written.contains("create table"), "the command is not audited: {written}");
}

/// Whether a statement that contains this text waits for a lock at the server.
fn waits(home: &Home, what: &str) -> bool {
    holds_at_server(home, "wait_event_type = 'Lock'", what)
}

#[test]
fn blocked_copy_is_interrupted_and_only_the_first_of_several_gets_the_data() {
    let home = Home::new();
    run_sql(&home, &["-c", "create table held (n int primary key)"]).exits(0);
    let mut holder = spawn_sql(&home, &["-c", "begin; insert into held values (1); select pg_sleep(3600), 'holder'"]);
    until("the key to be locked", PATIENCE, || runs(&home, "holder").then_some(()));
    // More than the buffers on the way can hold.
    let path = home.write("rows", "1\n".repeat(8 << 20));
    let mut child = spawn_sql(&home, &["-c", &format!("\\copy held from '{}'", path.display())]);
    until("it waits for the locked key", PATIENCE, || waits(&home, "held").then_some(()));
    signal(child.id(), Signal::INT);
    assert_eq!(ended(&mut child).code(), Some(130));
    assert!(!waits(&home, "held"));
    signal(holder.id(), Signal::INT);
    assert_eq!(ended(&mut holder).code(), Some(130));
    assert_eq!(run_sql(&home, &["-o", "tsv", "-c", "select count(*) from held"]).exits(0).out, "count\n0\n");

    let text = "create temporary table a (n int);\ncreate temporary table b (n int);\n\
                copy a from stdin\\; copy b from stdin;\n1\n\\.\n2\n3\n\\.\nselect a.n, b.n as m from a, b;\n";
    assert_eq!(
        script(&home, &["-o", "csv"], text).exits(0).out,
        "n,m\n1,2\n1,3\n",
        "each has its own value, as in psql"
    );
    let text = "create table alone (n int)\\; copy alone from stdin\\; copy alone from stdin";
    let output = script(&home, &["-c", text], "1\n").exits(1);
    assert!(output.err.contains("there are no data to copy"), "{output:#?}");
}
