//! Results written to files and programs, data read from them, and bound values of a statement, on a real server.

use super::{Desk, SESSION, done, texts};
use crate::support::PATIENCE;
use cockpit::app::effect::Effect;
use cockpit::app::ticket::Ticket;
use cockpit::feeds::part::Part;
use cockpit::feeds::sql::{Ask, Data, Fact, OutputTarget, RunOptions};
use cockpit::model::sql::format::{Format, Options};
use cockpit::model::sql::{StatementOutcome, Transaction};
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

fn csv() -> Options {
    Options { format: Format::Csv, ..Options::default() }
}

fn to(outlet: OutputTarget) -> RunOptions {
    RunOptions { target: Some((outlet, csv())), ..RunOptions::default() }
}

fn from(data: Data) -> RunOptions {
    RunOptions { data: Some(data), ..RunOptions::default() }
}

impl Desk {
    /// Runs a statement with its options; returns the notices and how it ended.
    async fn with(&mut self, result: u64, statement: &str, beside: RunOptions) -> (String, StatementOutcome) {
        self.run_beside(result, statement, beside);
        let (facts, ended) = self.ended(result).await;
        assert!(!facts.iter().any(|fact| matches!(fact, Fact::Begun { .. })), "no result is kept: {facts:?}");
        let notices = facts.iter().filter_map(|fact| if let Fact::Notice(notice) = fact { Some(notice) } else { None });
        let notices: Vec<String> = notices.map(|notice| format!("{}: {}", notice.severity, notice.message)).collect();
        (notices.join("\n"), ended)
    }
}

#[tokio::test]
async fn result_goes_to_a_private_file_completely_or_not_at_all() {
    let mut desk = Desk::connected(None).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv");
    let file = || to(OutputTarget::File(path.to_str().unwrap().to_owned()));
    let rows = "select n, repeat('日', 300) as t from generate_series(1, 20000) n";
    let (notices, ended) = desk.with(1, rows, file()).await;
    assert_eq!(ended, done("SELECT 20000"));
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("n,t\n1,日") && text.lines().count() == 20_001);
    assert!(notices.contains(&format!("{} bytes", text.len())), "{notices}");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    // A statement that fails in the middle leaves the existing file as it was.
    let (_, ended) = desk.with(2, "select 1 / (5 - n) from generate_series(1, 9) n", file()).await;
    assert!(matches!(ended, StatementOutcome::Failed(_)), "{ended:?}");
    assert!(std::fs::read_to_string(&path).unwrap() == text);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing else is left");
    let (_, ended) = desk.with(3, "select 1", to(OutputTarget::File("/nowhere/at/all".into()))).await;
    assert!(format!("{ended:?}").contains("No such file"), "{ended:?}");
    let (_, ended) = desk.with(4, "select 1", to(OutputTarget::File("/dev/null".into()))).await;
    assert_eq!(ended, done("SELECT 1"));
    assert!(!std::fs::metadata("/dev/null").unwrap().is_file(), "a special file is left unchanged");
    // One value that is larger than a single read.
    desk.with(5, "select 1 as a, repeat('x', 3000000) as b", file()).await;
    assert_eq!(std::fs::read_to_string(&path).unwrap().len(), "a,b\n1,\n".len() + 3_000_000);
    let add = || to(OutputTarget::Append(path.to_str().unwrap().to_owned()));
    desk.with(6, "select 7 as c", add()).await;
    assert!(std::fs::read_to_string(&path).unwrap().ends_with("\nc\n7\n"));
    // The row count is printed only for a statement that succeeded.
    let aligned = || Some((OutputTarget::Append(path.to_str().unwrap().to_owned()), Options::default()));
    let beside = || RunOptions { target: aligned(), ..RunOptions::default() };
    desk.with(7, "select 1 / (2 - n) as d from generate_series(1, 9) n", beside()).await;
    assert!(std::fs::read_to_string(&path).unwrap().ends_with("\n7\n d \n---\n 1\n\n"));
    desk.with(8, "select 8 as e", beside()).await;
    assert!(std::fs::read_to_string(&path).unwrap().ends_with(" e \n---\n 8\n(1 row)\n\n"));
    // The output of a failed statement must not pass for a complete result.
    let (_, ended) = desk.with(9, "select 1 / (5 - n) from generate_series(1, 9) n", beside()).await;
    assert!(matches!(ended, StatementOutcome::Failed(_)), "{ended:?}");
    assert!(!std::fs::read_to_string(&path).unwrap().contains("rows)"));
    desk.run_beside(10, "select 8 as d; select 1 / 0 as e", beside());
    let (_, ended) = desk.ended(11).await;
    assert!(matches!(ended, StatementOutcome::Failed(_)), "{ended:?}");
    assert!(
        std::fs::read_to_string(&path).unwrap().ends_with("\n 8\n(1 row)\n\n"),
        "a container that ended earlier is complete"
    );
}

#[tokio::test]
async fn result_is_piped_to_a_command_and_its_failure_or_hang_is_reported() {
    let mut desk = Desk::connected(None).await;
    let program = |command: &str| to(OutputTarget::Program(command.to_owned()));
    let (notices, ended) = desk.with(1, "select n from generate_series(1, 3) n", program("wc -l")).await;
    assert_eq!((notices.trim(), ended), ("OUTPUT: 4", done("SELECT 3")));
    // A command that stops reading is no error.
    let many = "select n from generate_series(1, 500000) n";
    let (notices, ended) = desk.with(2, many, program("head -2")).await;
    assert_eq!((notices.trim(), ended), ("OUTPUT: n\n1", done("SELECT 500000")));
    let (notices, _) = desk.with(3, "select 1", program("echo bad >&2; exit 3")).await;
    assert!(notices.contains("WARNING: the command ended with exit status: 3: bad"), "{notices}");
    let folder = tempfile::tempdir().unwrap();
    let reads = folder.path().join("reads");
    desk.run_beside(4, many, program(&format!(": > '{}'; sleep 3600", reads.display())));
    // A cancel that arrives before the command runs prevents it.
    let moment = std::time::Duration::from_millis(100);
    let runs = async {
        while !reads.exists() {
            tokio::time::sleep(moment).await;
        }
    };
    tokio::time::timeout(PATIENCE, runs).await.unwrap();
    loop {
        desk.ask(Ask::Cancel { session: SESSION });
        let mut next = tokio::time::timeout(moment, desk.next()).await;
        while let Ok(part) = next {
            if let Part::Last(Fact::Ended { .. }) = part {
                return;
            }
            next = tokio::time::timeout(moment, desk.next()).await;
        }
    }
}

/// Starts a command that receives results; returns the ticket to leave it with.
async fn kept(desk: &mut Desk, number: u64, command: &str) -> Ticket {
    desk.ask(Ask::Program { number, command: command.into(), text: None });
    let ticket = Ticket::of_command(0, desk.serial);
    assert!(matches!(desk.next().await, Part::Page(Fact::Done)));
    ticket
}

#[tokio::test]
async fn results_go_to_one_command_until_left_and_a_closed_one_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.txt");
    let mut desk = Desk::connected(None).await;
    let command = format!("cat > {}; echo done", path.display());
    let ticket = kept(&mut desk, 7, &command).await;
    for result in 1..=2 {
        let to = to(OutputTarget::Kept(7, command.clone()));
        assert_eq!(desk.with(result, &format!("select {result} as n"), to).await, (String::new(), done("SELECT 1")));
    }
    desk.executor.carry_out(Effect::CancelFetch(ticket));
    let Part::Last(Fact::ProgramOutput(output)) = desk.next().await else { panic!("its end is reported") };
    assert_eq!((output.as_str(), std::fs::read_to_string(path).unwrap().as_str()), ("done\n", "n\n1\nn\n2\n"));
    // The loss is reported: the command that received results has ended.
    let (_, ended) = desk.with(3, "select 3", to(OutputTarget::Kept(7, command))).await;
    assert!(format!("{ended:?}").contains("it has ended"), "{ended:?}");
    let ticket = kept(&mut desk, 8, "exec <&-; sleep 60").await;
    let many = "select n, repeat('x', 1000) from generate_series(1, 5000) n";
    let (notices, _) = desk.with(4, many, to(OutputTarget::Kept(8, "sleep".into()))).await;
    assert!(notices.contains("sleep reads no more"), "{notices}");
    desk.executor.carry_out(Effect::CancelFetch(ticket));
}

#[tokio::test]
async fn text_is_piped_to_a_command_and_its_output_is_reported() {
    let mut desk = Desk::connected(None).await;
    for (command, text, expected) in [("tr a-z A-Z", "select 1\n", "SELECT 1\n"), ("echo ~ >&2; echo あ", "", "あ\n")]
    {
        desk.ask(Ask::Program { number: 1, command: command.into(), text: Some(text.into()) });
        let Part::Last(Fact::ProgramOutput(output)) = desk.next().await else { panic!("{command}") };
        assert!(output.contains(expected), "{command}: {output}");
    }
    desk.ask(Ask::Program { number: 1, command: "exit 3".into(), text: Some(String::new()) });
    let Part::Failed(failure) = desk.next().await else { panic!("it failed") };
    assert!(failure.message.contains("exit status: 3"), "{failure:?}");
}

#[tokio::test]
async fn copy_reads_from_files_programs_and_lines() {
    let mut desk = Desk::connected(None).await;
    desk.all(1, "create temporary table copied (n int, t text)").await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.csv");
    let lines: Vec<String> = (0..200_000).map(|n| format!("{n},日本\n")).collect();
    std::fs::write(&path, lines.concat()).unwrap();
    let path = path.to_str().unwrap().to_owned();
    let copy = "copy copied from stdin (format csv)";
    assert_eq!(desk.with(2, copy, from(Data::File(path.clone()))).await.1, done("COPY 200000"));
    assert_eq!(desk.with(3, copy, from(Data::Program(format!("head -3 {path}")))).await.1, done("COPY 3"));
    assert_eq!(desk.with(4, copy, from(Data::Lines("7,x\n8,y\n".into()))).await.1, done("COPY 2"));
    // Output of a command that fails midway is not taken for complete.
    let half = format!("head -3 {path}; exit 1");
    let (_, ended) = desk.with(5, copy, from(Data::Program(half))).await;
    assert!(format!("{ended:?}").contains("exit status: 1"), "{ended:?}");
    let (_, ended) = desk.with(6, copy, from(Data::File("/nowhere.csv".into()))).await;
    assert!(format!("{ended:?}").contains("/nowhere.csv: No such file"), "{ended:?}");
    let (_, ended) = desk.with(7, copy, from(Data::Lines("7,x\nseven,y\n".into()))).await;
    assert!(format!("{ended:?}").contains("invalid input syntax"), "{ended:?}");
    assert_eq!(desk.all(8, "select count(*) from copied").await.1, done("SELECT 1"));
    assert_eq!(texts(&desk.window(8, 0, 1).await), [["200005"]]);
    let out = folder.path().join("out.tsv");
    let outlet = to(OutputTarget::File(out.to_str().unwrap().to_owned()));
    assert_eq!(desk.with(9, "copy (select 1, null) to stdout", outlet).await.1, done("COPY 1"));
    assert_eq!(std::fs::read_to_string(out).unwrap(), "1\t\\N\n", "unchanged from the server");
}

/// Until its notices are read, a server accepts no more data: it and the session would wait for each other.
#[tokio::test]
async fn copy_completes_even_if_the_server_sends_many_notices() {
    const ROWS: usize = 30_000;
    let mut desk = Desk::connected(None).await;
    desk.all(1, "create temporary table noisy (t text)").await;
    let function = "create function pg_temp.says() returns trigger language plpgsql \
                    as 'begin raise notice ''%'', new.t; return new; end'";
    desk.all(2, function).await;
    let trigger = "create trigger says before insert on noisy for each row execute function pg_temp.says()";
    assert_eq!(desk.all(3, trigger).await.1, done("CREATE TRIGGER"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.txt");
    std::fs::write(&path, format!("{}\n", "x".repeat(1_000)).repeat(ROWS)).unwrap();
    desk.run_beside(4, "copy noisy from stdin", from(Data::File(path.to_str().unwrap().to_owned())));
    let (facts, ended) = desk.ended(4).await;
    assert_eq!(ended, done(&format!("COPY {ROWS}")));
    assert_eq!(facts.iter().filter(|fact| matches!(fact, Fact::Notice(_))).count(), ROWS);
}

#[tokio::test]
async fn values_are_bound_and_errors_point_into_the_typed_text() {
    let mut desk = Desk::connected(None).await;
    let bind = |values: &[&str]| RunOptions {
        bind: Some(values.iter().map(|value| (*value).to_owned()).collect()),
        ..RunOptions::default()
    };
    for (result, begin) in [(1, "select 1"), (3, "begin")] {
        desk.all(result, begin).await;
        desk.run_beside(result + 1, "select $1::int + 1, $2", bind(&["41", "O'Neil \\"]));
        assert_eq!(desk.ended(result + 1).await.1, done("SELECT 1"));
        assert_eq!(texts(&desk.window(result + 1, 0, 1).await), [["42", "O'Neil \\"]]);
    }
    desk.run_beside(5, "select nothing", bind(&[]));
    let (_, ended) = desk.ended(5).await;
    assert!(matches!(&ended, StatementOutcome::Failed(error) if error.position == Some(8)), "{ended:?}");
    desk.all(6, "rollback").await;
    desk.all(7, "select count(*) from pg_prepared_statements").await;
    assert_eq!(texts(&desk.window(7, 0, 1).await), [["0"]], "nothing of it is left");
}

#[tokio::test]
async fn refused_bound_values_fail_the_transaction_and_are_reported() {
    let mut desk = Desk::connected(None).await;
    desk.all(1, "begin").await;
    let beside = RunOptions { bind: Some(vec!["1".to_owned()]), ..RunOptions::default() };
    desk.run_beside(2, "select $1::nosuch", beside);
    let (facts, ended) = desk.ended(2).await;
    assert!(matches!(ended, StatementOutcome::Failed(_)), "{ended:?}");
    assert_eq!(facts, [Fact::Transaction(Transaction::Failed)], "before it has ended");
    desk.all(3, "rollback").await;
    // A statement that leaves the transaction state unchanged reports none.
    let none = RunOptions { bind: Some(Vec::new()), ..RunOptions::default() };
    desk.run_beside(4, "select 1", none);
    let (facts, _) = desk.ended(4).await;
    assert!(!facts.iter().any(|fact| matches!(fact, Fact::Transaction(_))), "{facts:?}");
}

#[tokio::test]
async fn statement_is_described_without_being_run() {
    let mut desk = Desk::connected(None).await;
    desk.all(1, "create temporary sequence asked").await;
    let describes = || RunOptions { describe_only: true, ..RunOptions::default() };
    desk.run_beside(2, "select nextval('asked') as number, 'x'::varchar(7) as text", describes());
    let (facts, ended) = desk.ended(2).await;
    assert_eq!(ended, done(""));
    let [Fact::Begun { columns, .. }] = &facts[..] else { panic!("{facts:?}") };
    let described: Vec<_> =
        columns.iter().map(|column| (column.name.as_str(), column.type_oid, column.modifier)).collect();
    assert_eq!(described, [("number", 20, -1), ("text", 1043, 11)]);
    desk.all(3, "select nextval('asked')").await;
    assert_eq!(texts(&desk.window(3, 0, 1).await), [["1"]], "it was not run");
    desk.run_beside(4, "select 日本", describes());
    let (_, ended) = desk.ended(4).await;
    assert!(matches!(&ended, StatementOutcome::Failed(error) if error.position == Some(8)), "{ended:?}");
}

/// Whether the server is running the lookup.
async fn is_looked_up(desk: &mut Desk, result: &mut u64) -> bool {
    *result += 1;
    // The statement fails if there is no such backend.
    let statement =
        "select 1 / count(*) from pg_stat_activity where query like 'select pg_sleep(3601)%' and state = 'active'";
    matches!(desk.all(*result, statement).await.1, StatementOutcome::Done(_))
}

/// The server does not notice that nobody waits: a lookup may wait for a lock, and other sessions for the lookup.
#[tokio::test]
async fn lookup_is_cancelled_at_the_server_when_left() {
    let mut desk = Desk::connected(None).await;
    let statement = "select pg_sleep(3601)".to_owned();
    desk.ask(Ask::Query { session: SESSION, purpose: "left", statement });
    let (ticket, mut result) = (Ticket::of_command(0, desk.serial), 0);
    while !is_looked_up(&mut desk, &mut result).await {}
    desk.executor.carry_out(Effect::CancelFetch(ticket));
    let left = Instant::now();
    while is_looked_up(&mut desk, &mut result).await {
        assert!(left.elapsed() < Duration::from_secs(15), "a time limit ends it later");
    }
    desk.ask(Ask::Query { session: SESSION, purpose: "next", statement: "select 7".to_owned() });
    let Part::Last(Fact::QueryRows { purpose, rows, .. }) = desk.next().await else { panic!("the next lookup") };
    assert_eq!((purpose, rows), ("next", vec![vec![Some("7".to_owned())]]));
}
