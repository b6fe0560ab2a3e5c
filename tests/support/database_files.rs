//! Results that go to files and programs, data that come from them, and values of a statement, on a real server.

use super::support::PATIENCE;
use super::{Desk, SESSION, done, texts};
use cockpit::app::effect::Effect;
use cockpit::app::ticket::Ticket;
use cockpit::feeds::part::Part;
use cockpit::feeds::sql::{Ask, Beside, Data, Fact, Outlet};
use cockpit::model::sql::format::{Format, Options};
use cockpit::model::sql::{Ended, Transaction};
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

fn csv() -> Options {
    Options { format: Format::Csv, ..Options::default() }
}

fn to(outlet: Outlet) -> Beside {
    Beside { outlet: Some((outlet, csv())), ..Beside::default() }
}

fn from(data: Data) -> Beside {
    Beside { data: Some(data), ..Beside::default() }
}

impl Desk {
    /// Runs a statement with what goes with it: what was said beside, and how it ended.
    async fn with(&mut self, result: u64, statement: &str, beside: Beside) -> (String, Ended) {
        self.run_beside(result, statement, beside);
        let (facts, ended) = self.ended(result).await;
        assert!(!facts.iter().any(|fact| matches!(fact, Fact::Begun { .. })), "nothing is kept: {facts:?}");
        let said = facts.iter().filter_map(|fact| if let Fact::Notice(said) = fact { Some(said) } else { None });
        let said: Vec<String> = said.map(|said| format!("{}: {}", said.severity, said.message)).collect();
        (said.join("\n"), ended)
    }
}

#[tokio::test]
async fn a_result_goes_to_a_file_of_ones_own_whole_or_not_at_all() {
    let mut desk = Desk::connected(None).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv");
    let file = || to(Outlet::File(path.to_str().unwrap().to_owned()));
    let rows = "select n, repeat('日', 300) as t from generate_series(1, 20000) n";
    let (said, ended) = desk.with(1, rows, file()).await;
    assert_eq!(ended, done("SELECT 20000"));
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("n,t\n1,日") && text.lines().count() == 20_001);
    assert!(said.contains(&format!("{} bytes", text.len())), "{said}");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    // One that fails in the middle leaves what was there.
    let (_, ended) = desk.with(2, "select 1 / (5 - n) from generate_series(1, 9) n", file()).await;
    assert!(matches!(ended, Ended::Failed(_)), "{ended:?}");
    assert!(std::fs::read_to_string(&path).unwrap() == text);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing else is left");
    let (_, ended) = desk.with(3, "select 1", to(Outlet::File("/nowhere/at/all".into()))).await;
    assert!(format!("{ended:?}").contains("No such file"), "{ended:?}");
    let (_, ended) = desk.with(4, "select 1", to(Outlet::File("/dev/null".into()))).await;
    assert_eq!(ended, done("SELECT 1"));
    assert!(!std::fs::metadata("/dev/null").unwrap().is_file(), "what is no plain file stays what it is");
    // One value that is larger than what is read at a time.
    desk.with(5, "select 1 as a, repeat('x', 3000000) as b", file()).await;
    assert_eq!(std::fs::read_to_string(&path).unwrap().len(), "a,b\n1,\n".len() + 3_000_000);
    let add = || to(Outlet::Append(path.to_str().unwrap().to_owned()));
    desk.with(6, "select 7 as c", add()).await;
    assert!(std::fs::read_to_string(&path).unwrap().ends_with("\nc\n7\n"));
    // The number of rows is that of a statement that ended well.
    let aligned = || Some((Outlet::Append(path.to_str().unwrap().to_owned()), Options::default()));
    let beside = || Beside { outlet: aligned(), ..Beside::default() };
    desk.with(7, "select 1 / (2 - n) as d from generate_series(1, 9) n", beside()).await;
    assert!(std::fs::read_to_string(&path).unwrap().ends_with("\n7\n d \n---\n 1\n\n"));
    desk.with(8, "select 8 as e", beside()).await;
    assert!(std::fs::read_to_string(&path).unwrap().ends_with(" e \n---\n 8\n(1 row)\n\n"));
    // What came of a statement that failed does not pass for all of it.
    let (_, ended) = desk.with(9, "select 1 / (5 - n) from generate_series(1, 9) n", beside()).await;
    assert!(matches!(ended, Ended::Failed(_)), "{ended:?}");
    assert!(!std::fs::read_to_string(&path).unwrap().contains("rows)"));
    desk.run_beside(10, "select 8 as d; select 1 / 0 as e", beside());
    let (_, ended) = desk.ended(11).await;
    assert!(matches!(ended, Ended::Failed(_)), "{ended:?}");
    assert!(std::fs::read_to_string(&path).unwrap().ends_with("\n 8\n(1 row)\n\n"), "one that ended before is whole");
}

#[tokio::test]
async fn a_command_reads_a_result_and_one_that_fails_or_never_ends_is_told() {
    let mut desk = Desk::connected(None).await;
    let program = |command: &str| to(Outlet::Program(command.to_owned()));
    let (said, ended) = desk.with(1, "select n from generate_series(1, 3) n", program("wc -l")).await;
    assert_eq!((said.trim(), ended), ("OUTPUT: 4", done("SELECT 3")));
    // One that reads no more is no fault.
    let many = "select n from generate_series(1, 500000) n";
    let (said, ended) = desk.with(2, many, program("head -2")).await;
    assert_eq!((said.trim(), ended), ("OUTPUT: n\n1", done("SELECT 500000")));
    let (said, _) = desk.with(3, "select 1", program("echo bad >&2; exit 3")).await;
    assert!(said.contains("WARNING: the command ended with exit status: 3: bad"), "{said}");
    let folder = tempfile::tempdir().unwrap();
    let reads = folder.path().join("reads");
    desk.run_beside(4, many, program(&format!(": > '{}'; sleep 3600", reads.display())));
    // A cancel that comes before it runs keeps it from running.
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

/// Starts a command that results go to; the ticket to leave it with.
async fn kept(desk: &mut Desk, number: u64, command: &str) -> Ticket {
    desk.ask(Ask::Program { number, command: command.into(), text: None });
    let ticket = Ticket::of_command(0, desk.serial);
    assert!(matches!(desk.next().await, Part::Page(Fact::Done)));
    ticket
}

#[tokio::test]
async fn results_go_to_one_command_until_it_is_left_and_one_that_reads_no_more_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.txt");
    let mut desk = Desk::connected(None).await;
    let command = format!("cat > {}; echo done", path.display());
    let ticket = kept(&mut desk, 7, &command).await;
    for result in 1..=2 {
        let to = to(Outlet::Kept(7, command.clone()));
        assert_eq!(desk.with(result, &format!("select {result} as n"), to).await, (String::new(), done("SELECT 1")));
    }
    desk.executor.carry_out(Effect::Leave(ticket));
    let Part::Last(Fact::Said(said)) = desk.next().await else { panic!("its end is told") };
    assert_eq!((said.as_str(), std::fs::read_to_string(path).unwrap().as_str()), ("done\n", "n\n1\nn\n2\n"));
    // Nothing of it is lost without a word: the command that results went to has ended.
    let (_, ended) = desk.with(3, "select 3", to(Outlet::Kept(7, command))).await;
    assert!(format!("{ended:?}").contains("it has ended"), "{ended:?}");
    let ticket = kept(&mut desk, 8, "exec <&-; sleep 60").await;
    let many = "select n, repeat('x', 1000) from generate_series(1, 5000) n";
    let (told, _) = desk.with(4, many, to(Outlet::Kept(8, "sleep".into()))).await;
    assert!(told.contains("sleep reads no more"), "{told}");
    desk.executor.carry_out(Effect::Leave(ticket));
}

#[tokio::test]
async fn a_command_reads_a_text_and_what_it_says_is_told() {
    let mut desk = Desk::connected(None).await;
    for (command, text, said) in [("tr a-z A-Z", "select 1\n", "SELECT 1\n"), ("echo ~ >&2; echo あ", "", "あ\n")] {
        desk.ask(Ask::Program { number: 1, command: command.into(), text: Some(text.into()) });
        let Part::Last(Fact::Said(told)) = desk.next().await else { panic!("{command}") };
        assert!(told.contains(said), "{command}: {told}");
    }
    desk.ask(Ask::Program { number: 1, command: "exit 3".into(), text: Some(String::new()) });
    let Part::Failed(failure) = desk.next().await else { panic!("it failed") };
    assert!(failure.message.contains("exit status: 3"), "{failure:?}");
}

#[tokio::test]
async fn data_are_copied_from_files_programs_and_lines() {
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
    // What fails in the middle is not taken for all there is.
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
    let outlet = to(Outlet::File(out.to_str().unwrap().to_owned()));
    assert_eq!(desk.with(9, "copy (select 1, null) to stdout", outlet).await.1, done("COPY 1"));
    assert_eq!(std::fs::read_to_string(out).unwrap(), "1\t\\N\n", "as the server sends it");
}

/// Until its notices are read, a server takes no more data in: it and the session would wait for each other.
#[tokio::test]
async fn data_are_copied_to_their_end_also_where_the_server_says_as_much_meanwhile() {
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
async fn values_are_bound_and_an_error_has_its_place_in_what_was_typed() {
    let mut desk = Desk::connected(None).await;
    let bind = |values: &[&str]| Beside {
        bind: Some(values.iter().map(|value| (*value).to_owned()).collect()),
        ..Beside::default()
    };
    for (result, begin) in [(1, "select 1"), (3, "begin")] {
        desk.all(result, begin).await;
        desk.run_beside(result + 1, "select $1::int + 1, $2", bind(&["41", "O'Neil \\"]));
        assert_eq!(desk.ended(result + 1).await.1, done("SELECT 1"));
        assert_eq!(texts(&desk.window(result + 1, 0, 1).await), [["42", "O'Neil \\"]]);
    }
    desk.run_beside(5, "select nothing", bind(&[]));
    let (_, ended) = desk.ended(5).await;
    assert!(matches!(&ended, Ended::Failed(said) if said.position == Some(8)), "{ended:?}");
    desk.all(6, "rollback").await;
    desk.all(7, "select count(*) from pg_prepared_statements").await;
    assert_eq!(texts(&desk.window(7, 0, 1).await), [["0"]], "nothing of it stays");
}

#[tokio::test]
async fn a_statement_with_values_that_the_server_refuses_fails_its_transaction_and_that_is_told() {
    let mut desk = Desk::connected(None).await;
    desk.all(1, "begin").await;
    let beside = Beside { bind: Some(vec!["1".to_owned()]), ..Beside::default() };
    desk.run_beside(2, "select $1::nosuch", beside);
    let (facts, ended) = desk.ended(2).await;
    assert!(matches!(ended, Ended::Failed(_)), "{ended:?}");
    assert_eq!(facts, [Fact::Transaction(Transaction::Failed)], "before it has ended");
    desk.all(3, "rollback").await;
    // What leaves it as it is tells of none.
    let none = Beside { bind: Some(Vec::new()), ..Beside::default() };
    desk.run_beside(4, "select 1", none);
    let (facts, _) = desk.ended(4).await;
    assert!(!facts.iter().any(|fact| matches!(fact, Fact::Transaction(_))), "{facts:?}");
}

#[tokio::test]
async fn a_statement_is_described_without_being_run() {
    let mut desk = Desk::connected(None).await;
    desk.all(1, "create temporary sequence asked").await;
    let describes = || Beside { describes: true, ..Beside::default() };
    desk.run_beside(2, "select nextval('asked') as number, 'x'::varchar(7) as text", describes());
    let (facts, ended) = desk.ended(2).await;
    assert_eq!(ended, done(""));
    let [Fact::Begun { columns, .. }] = &facts[..] else { panic!("{facts:?}") };
    let told: Vec<_> = columns.iter().map(|column| (column.name.as_str(), column.type_oid, column.modifier)).collect();
    assert_eq!(told, [("number", 20, -1), ("text", 1043, 11)]);
    desk.all(3, "select nextval('asked')").await;
    assert_eq!(texts(&desk.window(3, 0, 1).await), [["1"]], "it was not run");
    desk.run_beside(4, "select 日本", describes());
    let (_, ended) = desk.ended(4).await;
    assert!(matches!(&ended, Ended::Failed(said) if said.position == Some(8)), "{ended:?}");
}

/// Whether the server is at what is looked up beside.
async fn is_looked_up(desk: &mut Desk, result: &mut u64) -> bool {
    *result += 1;
    // It fails where none is.
    let statement =
        "select 1 / count(*) from pg_stat_activity where query like 'select pg_sleep(3601)%' and state = 'active'";
    matches!(desk.all(*result, statement).await.1, Ended::Done(_))
}

/// It does not notice by itself that nobody waits: what is looked up may wait for a lock, and others for it.
#[tokio::test]
async fn what_is_looked_up_is_cancelled_at_the_server_when_it_is_left() {
    let mut desk = Desk::connected(None).await;
    let statement = "select pg_sleep(3601)".to_owned();
    desk.ask(Ask::Look { session: SESSION, purpose: "left", statement });
    let (ticket, mut result) = (Ticket::of_command(0, desk.serial), 0);
    while !is_looked_up(&mut desk, &mut result).await {}
    desk.executor.carry_out(Effect::Leave(ticket));
    let left = Instant::now();
    while is_looked_up(&mut desk, &mut result).await {
        assert!(left.elapsed() < Duration::from_secs(15), "a limit of time ends it later");
    }
    desk.ask(Ask::Look { session: SESSION, purpose: "next", statement: "select 7".to_owned() });
    let Part::Last(Fact::Looked { purpose, rows, .. }) = desk.next().await else { panic!("what is looked up next") };
    assert_eq!((purpose, rows), ("next", vec![vec![Some("7".to_owned())]]));
}
