//! Questions on a real terminal: keys typed before one do not answer it, and keys typed during
//! shutdown belong to the shell.

use super::*;
use std::io::BufRead as _;

/// Each command with a question, and a scenario in which it has something to do.
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
    writes.iter().map(|operation| world.requests(operation)).sum()
}

#[test]
fn keys_typed_before_a_question_do_not_answer_it() {
    let (home, world) = (Home::new(), World::staging());
    let tasks = crate::support::line(&mut home.on(&world), "tasks web -o json").exits(0).json();
    let task = tasks["tasks"][0]["id"].as_str().unwrap().to_owned();
    for asking in ASKING {
        for typed in ["\r", "\r\r\r", "y\r", "yes\ry\r"] {
            let arguments = if asking == "stop-task" { format!("stop-task {task}") } else { asking.to_owned() };
            let mut terminal = Terminal::on(&home, &world, &format!("--env staging {arguments}"));
            terminal.press(typed);
            terminal.shows("do it? [");
            // Repeated as needed: input right before the question is repeated is discarded with the rest.
            let ended = until("the end", PATIENCE, || {
                terminal.press("n\r");
                terminal.child.try_wait().unwrap()
            });
            assert_eq!(ended.exit_code(), 4, "{arguments} with {typed:?} typed before:\n{}", terminal.text());
            terminal.shows("the answer was no");
        }
    }
    // An Enter held since the command line is not an answer either.
    let mut terminal = Terminal::on(&home, &world, "--env staging scale web 2");
    until("the message about Enter", PATIENCE, || {
        terminal.press("\r");
        terminal.text().contains("ignored").then_some(())
    });
    // Repeated as needed: input right before the question is repeated is discarded with the rest.
    let ended = until("the end", PATIENCE, || {
        terminal.press("n\r");
        terminal.child.try_wait().unwrap()
    });
    assert_eq!(ended.exit_code(), 4, "{}", terminal.text());
    assert_eq!(changes(&world), 0);
    // And an answer is accepted.
    let mut terminal = Terminal::on(&home, &world, "--env staging autoscaling web --suspend");
    terminal.shows("do it? [");
    // It counts only after the question could be read.
    std::thread::sleep(Duration::from_millis(500));
    terminal.press("y\r");
    assert_eq!(terminal.ended(), 0, "{}", terminal.text());
    assert_eq!(changes(&world), 1);
}

/// A question before opening something can be ended like everything else; and an unanswered one does not exceed the time
/// limit.
#[test]
fn question_before_opening_is_left_by_key_signal_and_timeout() {
    let (home, world) = (Home::new(), World::start(Scenario::Prod));
    let opening = [
        "exec prod web -- ls",
        "with-db prod -- true",
        "tunnel prod --port 0",
        "instances session bastion -- ls",
        "sql --write -c select",
    ];
    for arguments in opening {
        let question_is_shown = |terminal: &Terminal| {
            terminal.wait("a question", |text| text.contains("do it? [y/N]") || text.contains("type prod to do it"));
            // The question states what is opened and where: the environment may be the untyped default one.
            let text = terminal.text();
            let what = arguments.split(' ').next().unwrap();
            let names_place = text.contains("in prod GUARDED (123456789012, ap-northeast-1, as ");
            assert!(names_place && (text.contains(what) || what == "instances"), "{arguments}: {text}");
        };
        let mut terminal = Terminal::on(&home, &world, &format!("--env prod {arguments}"));
        question_is_shown(&terminal);
        terminal.press("\u{3}");
        assert_eq!(terminal.ended(), 130, "{arguments}: {}", terminal.text());
        let mut terminal = Terminal::on(&home, &world, &format!("--env prod {arguments}"));
        question_is_shown(&terminal);
        terminal.signal(Signal::TERM);
        assert_eq!(terminal.ended(), 1, "{arguments}: {}", terminal.text());
        let mut terminal = Terminal::on(&home, &world, &format!("--timeout 3s --env prod {arguments}"));
        assert_eq!(terminal.ended(), 7, "{arguments}: {}", terminal.text());
    }
}

/// A value is what is typed after its prompt: otherwise text meant for the shell would be written as the secret.
#[test]
fn keys_typed_before_a_value_prompt_are_not_the_value() {
    let (home, world) = (Home::new(), World::staging());
    // Long enough to type before the prompt.
    world.post("/_sim/fault", &json!({"operation": "sts:GetCallerIdentity", "kind": "delay", "delay_ms": 1500}));
    let mut terminal = Terminal::on(&home, &world, "--env staging params put /bookmark-manager/staging/KEY --dry-run");
    terminal.press("ls\ry\r");
    terminal.shows("it is not shown");
    std::thread::sleep(Duration::from_millis(300));
    terminal.press("s3cret\r");
    terminal.shows("(6 characters)");
    assert_eq!(terminal.ended(), 0, "{}", terminal.text());
    // And it can be ended like every question; the terminal is restored.
    let mut terminal = Terminal::on(&home, &world, "--env staging params put /bookmark-manager/staging/KEY");
    terminal.shows("it is not shown");
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.ended(), 1, "{}", terminal.text());
    let mut terminal =
        Terminal::on(&home, &world, "--env staging --timeout 3s params put /bookmark-manager/staging/KEY");
    assert_eq!(terminal.ended(), 7, "{}", terminal.text());
    assert_eq!(world.requests("ssm:PutParameter"), 0);
}

#[test]
fn guarded_environment_rejects_a_bare_enter() {
    let (home, world) = (Home::new(), World::start(Scenario::Prod));
    for arguments in ["deploy web --force", "scale web 3", "stop"] {
        let mut terminal = Terminal::on(&home, &world, &format!("--env prod {arguments}"));
        terminal.press("\ry\rprod\r");
        terminal.wait("a question", |text| text.contains("do it? [y/N]") || text.contains("type prod to do it"));
        // No earlier input is left for it.
        let ended = until("the end", PATIENCE, || {
            terminal.press("n\r");
            terminal.child.try_wait().unwrap()
        });
        assert_eq!(ended.exit_code(), 4, "{arguments}: {}", terminal.text());
    }
    assert_eq!(changes(&world), 0);
}

#[test]
fn held_key_confirms_no_plan() {
    let home = Home::new();
    let mut terminal = Terminal::open(command(&home, None, "demo --scenario staging --speed 20"), 120, 32);
    terminal.press("2");
    terminal.shows("● web");
    terminal.press("jF");
    // As fast as this machine sends them, until the window reports the held key.
    until("the message about the held key", PATIENCE, || {
        terminal.press("\r");
        terminal.text().contains("a held key").then_some(())
    });
    terminal.shows("[ Deploy ]");
    terminal.hides("⏎ chooses");
    assert!(!terminal.text().contains("run ◐"));
    // Released, and pressed again when the window accepts it.
    terminal.shows("⏎ chooses");
    terminal.press("\r");
    terminal.shows("run ◐");
}

#[test]
fn unsupported_terminal_gets_no_screen() {
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
fn keys_typed_during_shutdown_go_to_the_shell() {
    let (home, world) = (Home::new(), World::running(Scenario::Staging));
    world.fault("logs:GetQueryResults", "hang");
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.press("3");
    terminal.shows("request completed");
    terminal.press("u");
    terminal.shows("less than $0.001");
    terminal.press("\r");
    until("a query", PATIENCE, || (world.requests("logs:StartQuery") == 1).then_some(()));
    // Stopping it takes until the wait for it ends.
    world.fault("logs:StopQuery", "hang");
    terminal.press("q");
    terminal.is_restored();
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
fn screen_starts_with_all_environments_on_request() {
    let (home, world) = (Home::new(), World::staging());
    let mut terminal = Terminal::on(&home, &world, "--env staging --all");
    terminal.shows("Environments");
    // An environment that is not open is polled meanwhile.
    terminal.wait("what was seen of prod", |screen| {
        screen.lines().any(|line| line.contains("prod") && line.contains("ago"))
    });
    terminal.press(ESC);
    terminal.shows("Needs attention");
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
}

/// The doctor is a window with the same checks as the command: with the place of a misspelled name.
#[test]
fn doctor_on_the_screen_shows_the_place_of_a_configuration_line() {
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
    // The demo has it too, on its own world.
    let mut demo = Terminal::demo(&home);
    demo.shows("SIMULATED");
    demo.press(":doctor\r");
    demo.shows("0 failed");
    demo.press(&format!("{ESC}q"));
    assert_eq!(demo.ended(), 0);
}

/// Reports its creation, and waits until it may continue.
const WAITS: &str = "resource \"terraform_data\" \"it\" {\n  provisioner \"local-exec\" { command = \"touch begun; while [ ! -e go ]; do sleep 0.05; done\" }\n}\n";

#[test]
fn run_question_is_left_by_key_signal_timeout_and_end_of_the_run() {
    let home =
        Home::with("[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n");
    std::fs::create_dir_all(home.path().join("units/a")).unwrap();
    home.write("units/a/main.tf", WAITS);
    let open = |arguments: &str| Terminal::open(command(&home, None, arguments), 120, 40);
    let interrupt = |terminal: &mut Terminal| {
        terminal.press("\u{3}");
        terminal.shows("keep [w]aiting? [d]");
    };
    let mut terminal = open("infra apply lab --yes");
    until("the start of its apply", PATIENCE, || home.path().join("units/a/begun").exists().then_some(()));
    interrupt(&mut terminal);
    terminal.press("\u{3}");
    assert_eq!(terminal.ended(), 7, "{}", terminal.text());
    terminal.shows("the run continues");
    let mut terminal = open("--env lab infra attach");
    terminal.shows("terraform_data.it: creating");
    interrupt(&mut terminal);
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.ended(), 7, "{}", terminal.text());
    let mut terminal = open("--timeout 5s --env lab infra attach");
    terminal.shows("terraform_data.it: creating");
    terminal.press("\u{3}");
    assert_eq!(terminal.ended(), 7, "{}", terminal.text());
    let mut terminal = open("--env lab infra attach");
    terminal.shows("terraform_data.it: creating");
    interrupt(&mut terminal);
    home.write("units/a/go", "");
    terminal.shows("a: done");
    assert_eq!(terminal.ended(), 0, "{}", terminal.text());
}
