//! The terminal is restored, whatever ends or suspends the session.

use super::*;

#[test]
fn terminal_is_restored_after_signals() {
    let (home, world) = (Home::new(), World::staging());
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let mut terminal = Terminal::on(&home, &world, "--env staging");
        terminal.shows("healthy");
        terminal.is_taken();
        terminal.signal(signal);
        let code = terminal.ended();
        assert_eq!(code, if signal == Signal::INT { 130 } else { 1 }, "{signal:?}");
        terminal.is_restored();
    }
}

#[test]
fn terminal_is_restored_after_a_panic() {
    let (home, world) = (Home::new(), World::staging());
    let mut command = command(&home, Some(&world.endpoint()), "--env staging");
    command.env("COCKPIT_PANIC", "1");
    let mut terminal = Terminal::open(command, 120, 40);
    assert_ne!(terminal.ended(), 0);
    terminal.is_restored();
    terminal.shows("error: cockpit failed at");
    terminal.shows("hint: the report is");
    let folder = home.path().join(".local/state/cockpit");
    let report = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap();
    let report = std::fs::read_to_string(report.path()).unwrap();
    assert!(report.contains("panicked in main") && !report.contains(SECRET), "{report}");
}

#[test]
fn error_before_the_screen_leaves_the_terminal_untouched() {
    let home = Home::with("[environments.staging]\nclutser = 1\n");
    let mut terminal = Terminal::open(command(&home, None, "--env staging"), 120, 40);
    assert_eq!(terminal.ended(), 2);
    terminal.shows("clutser");
    terminal.is_restored();
}

#[cfg(target_os = "linux")]
fn stat(id: u32) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name may contain blanks; the fields after its bracket do not.
    Some(text.rsplit_once(") ")?.1.split(' ').map(str::to_owned).collect())
}

/// Processor time used by a process, in clock ticks.
#[cfg(target_os = "linux")]
fn ticks(stat: &[String]) -> u64 {
    stat[11].parse::<u64>().unwrap() + stat[12].parse::<u64>().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn suspended_session_is_restored() {
    let (home, world) = (Home::new(), World::staging());
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.shows("healthy");
    terminal.press("4");
    terminal.shows("bookmark-manager-staging-db");
    let id = terminal.child.process_id().unwrap();
    terminal.press("\u{1a}");
    until("stopped", PATIENCE, || stat(id).filter(|stat| stat[0] == "T"));
    terminal.is_restored();
    terminal.resize(100, 30);
    terminal.signal(Signal::CONT);
    terminal.is_taken();
    terminal.shows("bookmark-manager-staging-db");
    // The signal has the effect of the key.
    terminal.signal(Signal::TSTP);
    until("stopped", PATIENCE, || stat(id).filter(|stat| stat[0] == "T"));
    terminal.is_restored();
    terminal.signal(Signal::CONT);
    terminal.is_taken();
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_restored();
}

/// A home with a program that prompts for a word, and has the terminal from Alt-b on.
fn with_a_program() -> Home {
    let run = r#"printf "what is it? "; read -r it; echo "it is $it"; exit 3"#;
    let config = format!(
        "{}\n[[commands]]\nname = \"ask\"\nkey = \"Alt-b\"\nrisk = \"look\"\noutput = \"foreground\"\nrun = '{run}'\n",
        include_str!("../../config.toml")
    );
    Home::with(&config)
}

#[test]
fn keys_typed_after_handing_over_the_terminal_are_not_screen_keys() {
    let (home, world) = (Home::new(), World::staging());
    let editor = home.write("editor", "printf 'what is it? '; read -r it; echo \"it is $it\" > \"$1\"\n");
    let mut command = command(&home, Some(&world.endpoint()), "--env staging");
    command.env("VISUAL", format!("sh {}", editor.display()));
    let mut terminal = Terminal::open(command, 120, 40);
    terminal.shows("Needs attention");
    terminal.press("5");
    terminal.shows("connects to");
    // In one piece: the second key would quit the cockpit before the editor has started.
    terminal.press("\u{5}q");
    terminal.shows("what is it?");
    terminal.press("a word\r");
    terminal.shows("it is a word");
    terminal.shows("connects to");
}

/// The key reaches both the program and the cockpit: if one of them continued, no shell would take the terminal.
#[cfg(target_os = "linux")]
#[test]
fn foreground_program_is_suspended_with_the_cockpit() {
    let (home, world) = (with_a_program(), World::staging());
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.shows("Needs attention");
    terminal.press("\u{1b}b");
    terminal.shows("what is it?");
    let id = terminal.child.process_id().unwrap();
    terminal.press("\u{1a}");
    until("stopped", PATIENCE, || stat(id).filter(|stat| stat[0] == "T"));
    // Continued as by a shell.
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
    terminal.is_restored();
}

/// The other end of the terminal is closed, with a hang-up signal or, in a session of its own, without.
#[cfg(target_os = "linux")]
#[test]
fn lost_terminal_ends_the_program_without_spinning() {
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
        // The clock on the screen sends bytes every second.
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
        // Two seconds, doubled for a busy machine.
        until("the end", Duration::from_secs(4), || match stat(id) {
            Some(stat) if stat[0] != "Z" => {
                last = ticks(&stat);
                None
            }
            _ => Some(()),
        });
        let ended = child.wait().unwrap();
        assert!(last - before < 50, "{} ticks: busy loop", last - before);
        // Silently, as after a hang-up: no crash report.
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
