//! Questions on a real terminal: what was typed before one is no answer to it, and keys that are typed when
//! the program is on its way out belong to the shell.

use super::*;
use std::io::BufRead as _;

/// Each command that asks, with a scenario in which it has something to do.
const ASKING: [&str; 12] = [
    "deploy web --force",
    "deploy web --image c0ffee1",
    "rollback web",
    "scale api 0",
    "autoscaling web --suspend",
    "stop",
    "schedule --skip stop",
    "stop-task",
    "instances stop bastion",
    "instances reboot bastion",
    "alarms mute api-cpu --for 1h",
    "db --snapshot a-1",
];

fn changes(world: &World) -> u64 {
    let writes = [
        "ecs:UpdateService",
        "ecs:RegisterTaskDefinition",
        "ecs:StopTask",
        "lambda:InvokeFunction",
        "scheduler:UpdateSchedule",
        "application-autoscaling:RegisterScalableTarget",
        "ec2:StopInstances",
        "ec2:RebootInstances",
        "cloudwatch:PutAlarmMuteRule",
        "rds:CreateDBSnapshot",
    ];
    writes.iter().map(|operation| world.asked(operation)).sum()
}

#[test]
fn what_is_typed_before_a_question_does_not_answer_it() {
    let (home, world) = (Home::new(), World::staging());
    let tasks = support::line(&mut home.on(&world), "tasks web -o json").coded(0).json();
    let task = tasks["tasks"][0]["id"].as_str().unwrap().to_owned();
    for asking in ASKING {
        for typed in ["\r", "\r\r\r", "y\r", "yes\ry\r"] {
            let arguments = if asking == "stop-task" { format!("stop-task {task}") } else { asking.to_owned() };
            let mut terminal = Terminal::on(&home, &world, &format!("--env staging {arguments}"));
            terminal.press(typed);
            terminal.shows("do it? [");
            // As often as it takes: what comes right before the question is asked again is forgotten with the rest.
            let ended = until("the end", PATIENCE, || {
                terminal.press("n\r");
                terminal.child.try_wait().unwrap()
            });
            assert_eq!(ended.exit_code(), 4, "{arguments} with {typed:?} typed before:\n{}", terminal.text());
            terminal.shows("the answer was no");
        }
    }
    // An Enter that is held from the command line on is none either.
    let mut terminal = Terminal::on(&home, &world, "--env staging scale web 2");
    until("a word about the Enter", PATIENCE, || {
        terminal.press("\r");
        terminal.text().contains("not taken").then_some(())
    });
    // As often as it takes: what comes right before the question is asked again is forgotten with the rest.
    let ended = until("the end", PATIENCE, || {
        terminal.press("n\r");
        terminal.child.try_wait().unwrap()
    });
    assert_eq!(ended.exit_code(), 4, "{}", terminal.text());
    assert_eq!(changes(&world), 0);
    // And an answer is taken.
    let mut terminal = Terminal::on(&home, &world, "--env staging autoscaling web --suspend");
    terminal.shows("do it? [");
    // It is none before the question could be read.
    std::thread::sleep(Duration::from_millis(500));
    terminal.press("y\r");
    assert_eq!(terminal.ended(), 0, "{}", terminal.text());
    assert_eq!(changes(&world), 1);
}

/// What asks before it opens something is ended like everything else; and an answer that nobody gives does not outlast
/// the time.
#[test]
fn a_question_before_something_is_opened_is_left_by_a_key_a_signal_and_the_time() {
    let (home, world) = (Home::new(), World::start(Scenario::Prod));
    let opening = [
        "exec prod web -- ls",
        "with-db prod -- true",
        "tunnel prod --port 0",
        "instances session bastion -- ls",
        "sql --write -c select",
    ];
    for arguments in opening {
        let asked = |terminal: &Terminal| {
            terminal.wait("a question", |text| text.contains("do it? [y/N]") || text.contains("type prod to do it"));
            // What the yes is to, and where: the environment may be the default one, and was not typed.
            let text = terminal.text();
            let what = arguments.split(' ').next().unwrap();
            let told = text.contains("in prod GUARDED (123456789012, ap-northeast-1, as ");
            assert!(told && (text.contains(what) || what == "instances"), "{arguments}: {text}");
        };
        let mut terminal = Terminal::on(&home, &world, &format!("--env prod {arguments}"));
        asked(&terminal);
        terminal.press("\u{3}");
        assert_eq!(terminal.ended(), 130, "{arguments}: {}", terminal.text());
        let mut terminal = Terminal::on(&home, &world, &format!("--env prod {arguments}"));
        asked(&terminal);
        terminal.signal(Signal::TERM);
        assert_eq!(terminal.ended(), 1, "{arguments}: {}", terminal.text());
        let mut terminal = Terminal::on(&home, &world, &format!("--timeout 3s --env prod {arguments}"));
        assert_eq!(terminal.ended(), 7, "{arguments}: {}", terminal.text());
    }
}

/// A value is what is typed after it was asked for: what was meant for the shell would be written as the secret.
#[test]
fn what_is_typed_before_a_value_is_asked_for_is_no_value() {
    let (home, world) = (Home::new(), World::staging());
    // Long enough to type before it is asked.
    world.post("/_sim/fault", &json!({"operation": "sts:GetCallerIdentity", "kind": "delay", "delay_ms": 1500}));
    let mut terminal = Terminal::on(&home, &world, "--env staging params put /bookmark-manager/staging/KEY --dry-run");
    terminal.press("ls\ry\r");
    terminal.shows("it is not shown");
    std::thread::sleep(Duration::from_millis(300));
    terminal.press("s3cret\r");
    terminal.shows("(6 characters)");
    assert_eq!(terminal.ended(), 0, "{}", terminal.text());
    // And it is ended like every question; the terminal is given back.
    let mut terminal = Terminal::on(&home, &world, "--env staging params put /bookmark-manager/staging/KEY");
    terminal.shows("it is not shown");
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.ended(), 1, "{}", terminal.text());
    let mut terminal =
        Terminal::on(&home, &world, "--env staging --timeout 3s params put /bookmark-manager/staging/KEY");
    assert_eq!(terminal.ended(), 7, "{}", terminal.text());
    assert_eq!(world.asked("ssm:PutParameter"), 0);
}

#[test]
fn a_guarded_environment_takes_no_bare_enter() {
    let (home, world) = (Home::new(), World::start(Scenario::Prod));
    for arguments in ["deploy web --force", "scale web 3", "stop"] {
        let mut terminal = Terminal::on(&home, &world, &format!("--env prod {arguments}"));
        terminal.press("\ry\rprod\r");
        terminal.wait("a question", |text| text.contains("do it? [y/N]") || text.contains("type prod to do it"));
        // Nothing that was typed before is left for it.
        let ended = until("the end", PATIENCE, || {
            terminal.press("n\r");
            terminal.child.try_wait().unwrap()
        });
        assert_eq!(ended.exit_code(), 4, "{arguments}: {}", terminal.text());
    }
    assert_eq!(changes(&world), 0);
}

#[test]
fn a_key_that_is_held_confirms_no_plan() {
    let home = Home::new();
    let mut terminal = Terminal::open(command(&home, None, "demo --scenario staging --speed 20"), 120, 32);
    terminal.press("2");
    terminal.shows("● web");
    terminal.press("jF");
    // As fast as this machine sends them, until the window says what it thinks of it.
    until("a word about the held key", PATIENCE, || {
        terminal.press("\r");
        terminal.text().contains("a key that is held").then_some(())
    });
    terminal.shows("[ Deploy ]");
    terminal.hides("⏎ takes it");
    assert!(!terminal.text().contains("run ◐"));
    // Let go, and pressed again when the window takes it.
    terminal.shows("⏎ takes it");
    terminal.press("\r");
    terminal.shows("run ◐");
}

#[test]
fn a_terminal_that_cannot_be_drawn_on_gets_no_screen() {
    let (home, world) = (Home::new(), World::staging());
    for (name, arguments, instead) in [
        ("dumb", "--env staging", "cockpit snapshot"),
        ("unknown", "--env staging", "cockpit snapshot"),
        ("dumb", "demo", "cockpit sim"),
    ] {
        let mut command = command(&home, Some(&world.endpoint()), arguments);
        command.env("TERM", name);
        let mut terminal = Terminal::open(command, 120, 40);
        assert_eq!(terminal.ended(), 2, "{name} {arguments}");
        terminal.shows(&format!("TERM is {name}"));
        terminal.shows(instead);
        let raw = terminal.raw.lock().unwrap();
        assert!(!raw.contains(&0x1b), "{}", String::from_utf8_lossy(&raw));
    }
    for unset in [false, true] {
        let mut command = command(&home, Some(&world.endpoint()), "--env staging");
        if unset {
            command.env_remove("TERM");
        } else {
            command.env("TERM", "");
        }
        let mut terminal = Terminal::open(command, 120, 40);
        assert_eq!(terminal.ended(), 2, "unset: {unset}");
        terminal.shows("TERM is not set");
    }
    // Commands need no screen.
    let mut command = command(&home, Some(&world.endpoint()), "--env staging services");
    command.env("TERM", "dumb");
    let mut terminal = Terminal::open(command, 120, 40);
    assert_eq!(terminal.ended(), 0);
    terminal.shows("healthy");
    assert!(!terminal.raw.lock().unwrap().contains(&0x1b));
}

#[test]
fn what_is_typed_while_the_program_says_farewell_is_the_shells() {
    let (home, world) = (Home::new(), World::running(Scenario::Staging));
    world.fault("logs:GetQueryResults", "hang");
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.press("3");
    terminal.shows("request completed");
    terminal.press("u");
    terminal.shows("less than $0.001");
    terminal.press("\r");
    until("a query", PATIENCE, || (world.asked("logs:StartQuery") == 1).then_some(()));
    // Stopping it takes as long as it is waited for.
    world.fault("logs:StopQuery", "hang");
    terminal.press("q");
    terminal.is_given_back();
    terminal.press("echo for the shell\r");
    assert_eq!(terminal.ended(), 0);
    let path = terminal.master.tty_name().unwrap();
    let flags = (rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::NONBLOCK).bits();
    let tty = std::fs::OpenOptions::new().read(true).custom_flags(flags.try_into().unwrap()).open(path).unwrap();
    let mut line = String::new();
    std::io::BufReader::new(tty).read_line(&mut line).unwrap();
    assert_eq!(line, "echo for the shell\n");
}

#[test]
fn the_screen_begins_with_all_environments_where_that_is_asked_for() {
    let (home, world) = (Home::new(), World::staging());
    let mut terminal = Terminal::on(&home, &world, "--env staging --all");
    terminal.shows("Environments");
    // One that is not opened is looked at meanwhile.
    terminal.wait("what was seen of prod", |screen| {
        screen.lines().any(|line| line.contains("prod") && line.contains("ago"))
    });
    terminal.press(ESC);
    terminal.shows("Needs attention");
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
}

/// The doctor is a window, and its checks are those of the command: with the place of a name that is written wrong.
#[test]
fn the_doctor_on_the_screen_tells_a_line_of_the_configuration_with_its_place() {
    let config = include_str!("../../config.toml").replacen("staging-db\"]", "staging-bd\"]", 1);
    let number = config.lines().position(|line| line.starts_with("databases")).unwrap() + 1;
    let (home, world) = (Home::with(&config), World::staging());
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.shows("Needs attention");
    terminal.press(":doctor\r");
    terminal.shows("Doctor: staging");
    terminal.shows(&format!("databases: config.toml:{number}: nothing matches `bookmark-manager-staging-bd`"));
    terminal.shows("did you mean `bookmark-manager-staging-db`?");
    terminal.press(ESC);
    terminal.hides("Doctor: staging");
    // The demonstration has it, too, on its own world.
    let mut demo = Terminal::demo(&home);
    demo.shows("SIMULATED");
    demo.press(":doctor\r");
    demo.shows("0 failed");
    demo.press(&format!("{ESC}q"));
    assert_eq!(demo.ended(), 0);
}

/// Says that it is being made, and waits until it may go on.
const WAITS: &str = "resource \"terraform_data\" \"it\" {\n  provisioner \"local-exec\" { command = \"touch begun; while [ ! -e go ]; do sleep 0.05; done\" }\n}\n";

#[test]
fn the_question_what_becomes_of_a_run_is_left_by_a_key_a_signal_the_time_and_the_end_of_the_run() {
    let home =
        Home::with("[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n");
    std::fs::create_dir_all(home.path().join("units/a")).unwrap();
    home.write("units/a/main.tf", WAITS);
    let open = |arguments: &str| Terminal::open(command(&home, None, arguments), 120, 40);
    let asked = |terminal: &mut Terminal| {
        terminal.press("\u{3}");
        terminal.shows("[w]ait on? [d]");
    };
    let mut terminal = open("infra apply lab --yes");
    until("its apply", PATIENCE, || home.path().join("units/a/begun").exists().then_some(()));
    asked(&mut terminal);
    terminal.press("\u{3}");
    assert_eq!(terminal.ended(), 7, "{}", terminal.text());
    terminal.shows("the run goes on");
    let mut terminal = open("--env lab infra attach");
    terminal.shows("terraform_data.it: creating");
    asked(&mut terminal);
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.ended(), 7, "{}", terminal.text());
    let mut terminal = open("--timeout 5s --env lab infra attach");
    terminal.shows("terraform_data.it: creating");
    terminal.press("\u{3}");
    assert_eq!(terminal.ended(), 7, "{}", terminal.text());
    let mut terminal = open("--env lab infra attach");
    terminal.shows("terraform_data.it: creating");
    asked(&mut terminal);
    home.write("units/a/go", "");
    terminal.shows("a: done");
    assert_eq!(terminal.ended(), 0, "{}", terminal.text());
}
