//! Detached runs: what is started outlives whoever started it, and tells the whole of what it printed and how it ended.
#![allow(clippy::unwrap_used)]

mod support;

use cockpit::app::effect::{Effect, Lane};
use cockpit::app::event::{Answer, Event};
use cockpit::app::ticket::Ticket;
use cockpit::config::EnvironmentConfig;
use cockpit::feeds::runs::{Ask, End, Entry, Exit, Fact, News, Order, Phase, Stream};
use cockpit::feeds::{aws, part::Part};
use cockpit::runtime::Executor;
use cockpit::runtime::runs::{folder, follow::Reader, start, stop};
use rustix::process::{Pid, Signal, getsid, kill_process, kill_process_group};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use support::{Home, PATIENCE, ended, until};
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

fn shell(script: &str, home: &Home) -> Order {
    Order {
        argv: ["sh", "-c", script].map(str::to_owned).to_vec(),
        folder: Some(home.path().to_owned()),
        variables: Vec::new(),
        without: Vec::new(),
    }
}

/// Starts a run that the program under test watches over.
async fn started(home: &Home, order: &Order) -> PathBuf {
    let folder = home.path().join("runs/1");
    start::start(Path::new(env!("CARGO_BIN_EXE_cockpit")), &folder, order).await.expect("it starts");
    folder
}

async fn next(reader: &mut Reader) -> News {
    timeout(PATIENCE, reader.next()).await.expect("it goes on").expect("it is read")
}

/// All that it tells until `over`.
async fn read_until(reader: &mut Reader, over: impl Fn(&News) -> bool) -> (Vec<Entry>, News) {
    let mut entries = Vec::new();
    loop {
        let news = next(reader).await;
        entries.extend(news.entries.clone());
        if over(&news) {
            return (entries, news);
        }
        assert_eq!(news.end, None, "{entries:?}");
    }
}

async fn whole(folder: &Path) -> (Vec<Entry>, End) {
    let (entries, last) = read_until(&mut Reader::open(folder, 0).expect("a run"), |news| news.end.is_some()).await;
    (entries, last.end.expect("an end"))
}

fn lines(entries: &[Entry], of: Stream) -> Vec<&str> {
    let line = |entry| match entry {
        &Entry::Line { stream, ref text, .. } if stream == of => Some(text.as_str()),
        _ => None,
    };
    entries.iter().filter_map(line).collect()
}

fn says(text: &str) -> impl Fn(&News) -> bool {
    move |news| lines(&news.entries, Stream::Out).contains(&text)
}

fn watcher(folder: &Path) -> Pid {
    let pid = folder::state(folder).expect("a state").pid;
    Pid::from_raw(i32::try_from(pid).expect("a number")).expect("a process")
}

const ENDED: End = End::Ended(Exit { code: Some(0), signal: None });

/// The other process of the test below: starts the run that the variables name, says so, and waits for its own end.
#[tokio::test]
async fn starts_a_run_for_another_test() {
    let Some(folder) = std::env::var_os("RUN_OF_ANOTHER_TEST") else { return };
    let folder = PathBuf::from(folder);
    let script = "echo one; read word < go; echo $word; echo three >&2";
    let order = Order {
        argv: ["sh", "-c", script].map(str::to_owned).to_vec(),
        folder: folder.parent().map(Path::to_owned),
        variables: Vec::new(),
        without: Vec::new(),
    };
    start::start(Path::new(env!("CARGO_BIN_EXE_cockpit")), &folder, &order).await.expect("it starts");
    std::io::stdout().write_all(b"\nthe run stands\n").expect("a pipe");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_run_survives_the_end_of_the_process_that_started_it_and_of_its_group() {
    for signal in [Signal::TERM, Signal::HUP] {
        let home = Home::new();
        let folder = home.path().join("run");
        assert!(Command::new("mkfifo").arg(home.path().join("go")).status().expect("mkfifo").success());
        let mut starter = Command::new(std::env::current_exe().expect("a path"))
            .args(["--exact", "starts_a_run_for_another_test", "--nocapture"])
            .env("RUN_OF_ANOTHER_TEST", &folder)
            .process_group(0)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let said = BufReader::new(starter.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        assert!(said.into_iter().any(|line| line == "the run stands"));
        let mut reader = Reader::open(&folder, 0).expect("a run");
        let (before, news) = read_until(&mut reader, says("one")).await;
        let group = Pid::from_raw(i32::try_from(starter.id()).expect("a number")).expect("a process");
        kill_process_group(group, signal).expect("it is there");
        assert!(!ended(&mut starter).success());
        assert_eq!(getsid(Some(watcher(&folder))).expect("it is there"), watcher(&folder), "in a session of its own");
        std::fs::write(home.path().join("go"), "two\n").expect("the program reads it");
        // Another session attaches where the one before stopped reading.
        let (after, last) =
            read_until(&mut Reader::open(&folder, news.next).expect("a run"), |news| news.end.is_some()).await;
        assert_eq!(last.end, Some(ENDED));
        assert_eq!((lines(&before, Stream::Out), lines(&after, Stream::Out)), (vec!["one"], vec!["two"]));
        assert_eq!(lines(&after, Stream::Err), ["three"]);
        let state = folder::state(&folder).expect("a state");
        assert_eq!((state.state, state.lines, state.cut), (Phase::Ended, 3, 0));
    }
}

#[tokio::test]
async fn two_readers_read_a_hundred_thousand_lines_whole_and_in_order() {
    let home = Home::new();
    let count = 100_000;
    let script = format!("awk 'BEGIN {{ for (i = 1; i <= {count}; i++) print \"line \" i }}'");
    let folder = started(&home, &shell(&script, &home)).await;
    let ((one, end), (two, _)) = tokio::join!(whole(&folder), whole(&folder));
    assert_eq!(end, ENDED);
    assert_eq!(one, two);
    let wanted: Vec<String> = (1..=count).map(|number| format!("line {number}")).collect();
    assert!(lines(&one, Stream::Out) == wanted, "all, in order");
    assert_eq!(folder::state(&folder).expect("a state").lines, count);
}

#[tokio::test]
async fn a_run_whose_watcher_was_killed_is_lost_and_its_program_goes_on() {
    let home = Home::new();
    assert!(Command::new("mkfifo").arg(home.path().join("go")).status().expect("mkfifo").success());
    let folder = started(&home, &shell("echo one; read word < go; echo $word", &home)).await;
    let mut reader = Reader::open(&folder, 0).expect("a run");
    read_until(&mut reader, says("one")).await;
    kill_process(watcher(&folder), Signal::KILL).expect("it is there");
    let (_, last) = read_until(&mut reader, |news| news.end.is_some()).await;
    assert_eq!(last.end, Some(End::Lost { program_runs: true, unread: 0 }));
    assert!(stop::ask(&folder).is_err(), "nobody would pass it on");
    // What it prints goes to a file: it did not end for want of a reader.
    std::fs::write(home.path().join("go"), "two\n").expect("the program reads it");
    let printed = || std::fs::read_to_string(folder.join("stdout")).ok().filter(|text| text == "one\ntwo\n");
    until("the program's own end", PATIENCE, printed);
    loop {
        let (_, end) = whole(&folder).await;
        match end {
            End::Lost { program_runs: true, .. } => tokio::task::yield_now().await,
            end => break assert_eq!(end, End::Lost { program_runs: false, unread: 0 }, "and its end is not known"),
        }
    }
}

#[tokio::test]
async fn a_stop_is_passed_on_once_and_ends_nothing_unasked() {
    let home = Home::new();
    assert!(Command::new("mkfifo").arg(home.path().join("go")).status().expect("mkfifo").success());
    let script = "trap 'echo asked' INT; echo ready; while ! read word < go; do :; done; echo $word; exit 3";
    let folder = started(&home, &shell(script, &home)).await;
    let mut reader = Reader::open(&folder, 0).expect("a run");
    read_until(&mut reader, says("ready")).await;
    // By a file, by the file again, and by the signals that end everything else.
    stop::ask(&folder).expect("it is there");
    stop::ask(&folder).expect("asked before");
    kill_process(watcher(&folder), Signal::INT).expect("it is there");
    kill_process(watcher(&folder), Signal::TERM).expect("it is there");
    kill_process(watcher(&folder), Signal::HUP).expect("it is there");
    let (asked, _) = read_until(&mut reader, says("asked")).await;
    std::fs::write(home.path().join("go"), "released\n").expect("the program reads it");
    let (rest, last) = read_until(&mut reader, |news| news.end.is_some()).await;
    assert_eq!(last.end, Some(End::Ended(Exit { code: Some(3), signal: None })));
    let entries: Vec<Entry> = asked.into_iter().chain(rest).collect();
    assert_eq!(lines(&entries, Stream::Out), ["asked", "released"]);
    assert_eq!(entries.iter().filter(|entry| matches!(entry, Entry::StopAsked { .. })).count(), 1);
    assert!(stop::ask(&folder).is_err(), "it has ended");
}

#[tokio::test]
async fn only_its_owner_can_read_a_run_and_no_value_of_a_variable_is_in_it() {
    let home = Home::new();
    let mut order = shell("test \"$TOKEN\" = hush && test -z \"$HOME\" && echo has; echo lonely; printf end", &home);
    order.variables = vec![("TOKEN".to_owned(), "hush".into())];
    order.without = vec!["HOME".to_owned()];
    let folder = started(&home, &order).await;
    let (entries, end) = whole(&folder).await;
    assert_eq!((lines(&entries, Stream::Out), end), (vec!["has", "lonely", "end"], ENDED));
    let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    until("the last file to be written", PATIENCE, || (!folder::watched(&folder).ok()?).then_some(()));
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        names.push(path.file_name().expect("a name").to_string_lossy().into_owned());
        assert_eq!(mode(&path), 0o600, "{names:?}");
        // The script names the value; nothing else does.
        let text = std::fs::read_to_string(&path).expect("text").replace("= hush", "");
        assert!(!text.contains("hush"), "{text}");
    }
    names.sort();
    assert_eq!(names, ["events.jsonl", "lock", "order.json", "state.json"], "what was written down is not kept twice");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_told_by_the_run_and_a_folder_is_used_once() {
    let home = Home::new();
    let order = Order { argv: vec!["no-such-program-here".into()], ..shell("", &home) };
    let folder = started(&home, &order).await;
    let (_, end) = whole(&folder).await;
    assert!(matches!(&end, End::NotStarted(why) if why.contains("no-such-program-here")), "{end:?}");
    let again = start::start(Path::new(env!("CARGO_BIN_EXE_cockpit")), &folder, &order).await;
    assert_eq!(again.expect_err("it is used").kind(), std::io::ErrorKind::AlreadyExists);
    // By hand, without what a start hands over.
    let said = support::run(&mut home.at(None), [Path::new("run-detached"), &folder]).coded(1);
    assert!(said.err.contains("started by the cockpit"), "{}", said.err);
    assert!(Reader::open(&home.path().join("none"), 0).is_err());
}

#[tokio::test]
async fn what_goes_on_after_the_program_is_told_and_its_output_is_kept() {
    let home = Home::new();
    assert!(Command::new("mkfifo").arg(home.path().join("go")).status().expect("mkfifo").success());
    let folder = started(&home, &shell("(read word < go; echo $word) & echo main", &home)).await;
    let (entries, end) = whole(&folder).await;
    assert_eq!((lines(&entries, Stream::Out), end), (vec!["main"], ENDED));
    assert!(matches!(entries.last(), Some(Entry::Ended { left_running: true, .. })), "{entries:?}");
    std::fs::write(home.path().join("go"), "late\n").expect("it reads");
    let printed = || std::fs::read_to_string(folder.join("stdout")).ok().filter(|text| text == "main\nlate\n");
    until("what was left running", PATIENCE, printed);
}

/// The next answer with this ticket.
async fn answer(events: &mut Receiver<Event>, ticket: Ticket) -> Part<Fact> {
    loop {
        let event = timeout(PATIENCE, events.recv()).await.expect("an answer").expect("an executor");
        if let Event::Answer(answer) = event
            && answer.ticket == ticket
        {
            let Answer { part, .. } = answer;
            return part.of();
        }
    }
}

#[tokio::test]
async fn what_follows_a_run_survives_a_switch_of_environment_and_what_asks_aws_does_not() {
    let home = Home::new();
    assert!(Command::new("mkfifo").arg(home.path().join("go")).status().expect("mkfifo").success());
    let folder = started(&home, &shell("echo one; read word < go; echo $word", &home)).await;
    // An AWS that never answers.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let environment = |name: &str| {
        let endpoint = format!("http://{}", silent.local_addr().expect("an address"));
        Box::new(EnvironmentConfig {
            name: name.into(),
            region: Some("ap-northeast-1".into()),
            endpoint_url: Some(endpoint),
            ..EnvironmentConfig::default()
        })
    };
    let (mut executor, mut events) = Executor::new(true);
    executor.carry_out(Effect::Connect { environment: environment("staging"), generation: 1 });
    let (who, follows) = (Ticket::of_command(0, 1), Ticket::of_command(0, 2));
    let ask = aws::Query::Identity.into();
    executor.carry_out(Effect::Fetch { ticket: who, lane: Lane::Operator, ask });
    let ask = Ask::Follow { folder: folder.clone(), from: 0 }.into();
    executor.carry_out(Effect::Fetch { ticket: follows, lane: Lane::Operator, ask });
    let listening = tokio::task::spawn_blocking(move || silent.accept().map(|(stream, _)| (stream, silent)));
    let (mut stream, _silent) = timeout(PATIENCE, listening).await.expect("AWS is asked").expect("ok").expect("ok");
    while !matches!(answer(&mut events, follows).await, Part::Page(Fact::News(news)) if says("one")(&news)) {}

    executor.carry_out(Effect::Connect {
        environment: Box::new(EnvironmentConfig {
            name: "prod".into(),
            region: Some("ap-northeast-1".into()),
            endpoint_url: Some("http://127.0.0.1:9".into()),
            ..EnvironmentConfig::default()
        }),
        generation: 2,
    });
    // The request of the environment before is let go of: its connection comes to its end.
    let closed = tokio::task::spawn_blocking(move || stream.read_to_end(&mut Vec::new()));
    timeout(PATIENCE, closed).await.expect("it is closed").expect("ok").ok();
    std::fs::write(home.path().join("go"), "two\n").expect("the program reads it");
    loop {
        match answer(&mut events, follows).await {
            Part::Page(Fact::News(news)) => assert_eq!(news.end, None),
            Part::Last(Fact::News(news)) => {
                assert_eq!(news.end, Some(ENDED));
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    let again = Ticket::of_command(0, 3);
    executor.carry_out(Effect::Fetch {
        ticket: again,
        lane: Lane::Operator,
        ask: Ask::Follow { folder: home.path().join("none"), from: 0 }.into(),
    });
    assert!(matches!(answer(&mut events, again).await, Part::Failed(_)), "a run that is not there");
    executor.finish_cleanup().await;
}
