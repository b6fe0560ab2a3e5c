//! The terminal is given back as it was, whatever ends or suspends the session.

use super::*;

#[test]
fn the_terminal_is_given_back_after_signals() {
    let (home, world) = (Home::new(), World::staging());
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let mut terminal = Terminal::on(&home, &world, "--env staging");
        terminal.shows("healthy");
        terminal.is_taken();
        terminal.signal(signal);
        let code = terminal.ended();
        assert_eq!(code, if signal == Signal::INT { 130 } else { 1 }, "{signal:?}");
        terminal.is_given_back();
    }
}

#[test]
fn the_terminal_is_given_back_after_a_panic() {
    let (home, world) = (Home::new(), World::staging());
    let mut command = command(&home, Some(&world.endpoint()), "--env staging");
    command.env("COCKPIT_PANIC", "1");
    let mut terminal = Terminal::open(command, 120, 40);
    assert_ne!(terminal.ended(), 0);
    terminal.is_given_back();
    terminal.shows("error: cockpit failed at");
    terminal.shows("hint: the report is");
    let folder = home.path().join(".local/state/cockpit");
    let report = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap();
    let report = std::fs::read_to_string(report.path()).unwrap();
    assert!(report.contains("panicked in main") && !report.contains(SECRET), "{report}");
}

#[test]
fn an_error_before_the_screen_leaves_the_terminal_alone() {
    let home = Home::with("[environments.staging]\nclutser = 1\n");
    let mut terminal = Terminal::open(command(&home, None, "--env staging"), 120, 40);
    assert_eq!(terminal.ended(), 2);
    terminal.shows("clutser");
    terminal.is_given_back();
}

#[cfg(target_os = "linux")]
fn stat(id: u32) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name may hold blanks; what follows its bracket does not.
    Some(text.rsplit_once(") ")?.1.split(' ').map(str::to_owned).collect())
}

/// Clock ticks of the processor that a process has used.
#[cfg(target_os = "linux")]
fn ticks(stat: &[String]) -> u64 {
    stat[11].parse::<u64>().unwrap() + stat[12].parse::<u64>().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_suspended_session_comes_back_as_it_was() {
    let (home, world) = (Home::new(), World::staging());
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.shows("healthy");
    terminal.press("4");
    terminal.shows("bookmark-manager-staging-db");
    let id = terminal.child.process_id().unwrap();
    terminal.press("\u{1a}");
    until("stopped", PATIENCE, || stat(id).filter(|stat| stat[0] == "T"));
    terminal.is_given_back();
    terminal.resize(100, 30);
    terminal.signal(Signal::CONT);
    terminal.is_taken();
    terminal.shows("bookmark-manager-staging-db");
    // The signal does what the key does.
    terminal.signal(Signal::TSTP);
    until("stopped", PATIENCE, || stat(id).filter(|stat| stat[0] == "T"));
    terminal.is_given_back();
    terminal.signal(Signal::CONT);
    terminal.is_taken();
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_given_back();
}

/// With a program that asks for a word, which has the terminal from Alt-b on.
fn with_a_program() -> Home {
    let run = r#"printf "what is it? "; read -r it; echo "it is $it"; exit 3"#;
    let config = format!(
        "{}\n[[commands]]\nname = \"ask\"\nkey = \"Alt-b\"\nrisk = \"look\"\noutput = \"foreground\"\nrun = '{run}'\n",
        include_str!("../../config.toml")
    );
    Home::with(&config)
}

#[test]
fn what_is_typed_behind_the_key_that_hands_the_terminal_over_is_no_key_of_the_screen() {
    let (home, world) = (Home::new(), World::staging());
    let editor = home.write("editor", "printf 'what is it? '; read -r it; echo \"it is $it\" > \"$1\"\n");
    let mut command = command(&home, Some(&world.endpoint()), "--env staging");
    command.env("VISUAL", format!("sh {}", editor.display()));
    let mut terminal = Terminal::open(command, 120, 40);
    terminal.shows("Needs attention");
    terminal.press("5");
    terminal.shows("connects to");
    // In one piece: the second would end the cockpit before the editor has begun.
    terminal.press("\u{5}q");
    terminal.shows("what is it?");
    terminal.press("a word\r");
    terminal.shows("it is a word");
    terminal.shows("connects to");
}

/// The key reaches the program and the cockpit alike: where one of them goes on, no shell takes the terminal.
#[cfg(target_os = "linux")]
#[test]
fn a_program_that_has_the_terminal_is_suspended_together_with_the_cockpit() {
    let (home, world) = (with_a_program(), World::staging());
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.shows("Needs attention");
    terminal.press("\u{1b}b");
    terminal.shows("what is it?");
    let id = terminal.child.process_id().unwrap();
    terminal.press("\u{1a}");
    until("stopped", PATIENCE, || stat(id).filter(|stat| stat[0] == "T"));
    // As a shell has it go on.
    let group = rustix::process::Pid::from_raw(i32::try_from(id).unwrap()).unwrap();
    rustix::process::kill_process_group(group, Signal::CONT).unwrap();
    terminal.press("a word\r");
    terminal.shows("it is a word");
    terminal.shows("[exit 3] Enter goes back");
    terminal.press("\r");
    terminal.shows("FAILED  ask: exit 3");
    terminal.is_taken();
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_given_back();
}

/// The other end of the terminal goes away, with a hang-up signal or, in a session of its own, without.
#[cfg(target_os = "linux")]
#[test]
fn without_its_terminal_it_ends_and_does_not_spin() {
    let world = World::staging();
    for own_session in [false, true] {
        let home = Home::new();
        let program = env!("CARGO_BIN_EXE_cockpit");
        let mut command = command(&home, Some(&world.endpoint()), "--env staging");
        if own_session {
            let line = format!(
                "trap '' HUP; exec 3<&0; setsid '{program}' --env staging <&3 3<&- & echo $! > id; wait $!; echo $? > code"
            );
            *command.get_argv_mut() = ["/bin/sh", "-c", &line].into_iter().map(Into::into).collect();
        }
        let pair = portable_pty::native_pty_system().openpty(size(120, 40)).unwrap();
        let mut child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let mut shown = vt100::Parser::new(cells(40), cells(120), 0);
        let mut bytes = [0; 16 * 1024];
        // The clock on the screen brings bytes every second.
        while !shown.screen().contents().contains("healthy") {
            let count = reader.read(&mut bytes).unwrap();
            shown.process(&bytes[..count]);
        }
        let id = if own_session {
            std::fs::read_to_string(home.path().join("id")).unwrap().trim().parse().unwrap()
        } else {
            child.process_id().unwrap()
        };
        let before = ticks(&stat(id).unwrap());
        let mut last = before;
        drop(reader);
        drop(pair.master);
        // Two seconds, and as long again for a busy machine.
        until("the end", Duration::from_secs(4), || match stat(id) {
            Some(stat) if stat[0] != "Z" => {
                last = ticks(&stat);
                None
            }
            _ => Some(()),
        });
        let ended = child.wait().unwrap();
        assert!(last - before < 50, "{} ticks: it spins", last - before);
        // Quietly, as a hang-up ends it: no report of a fault.
        if own_session {
            let code = until("the code", PATIENCE, || {
                std::fs::read_to_string(home.path().join("code")).ok().filter(|code| code.ends_with('\n'))
            });
            assert_eq!(code.trim(), "1");
        } else {
            assert_eq!(ended.exit_code(), 1);
        }
        let reports = std::fs::read_dir(home.path().join(".local/state/cockpit")).into_iter().flatten().flatten();
        let reports: Vec<_> = reports.map(|entry| entry.file_name()).collect();
        assert!(!reports.iter().any(|name| name.to_string_lossy().starts_with("panic")), "{reports:?}");
    }
}
