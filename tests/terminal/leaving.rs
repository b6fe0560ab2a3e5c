//! The session is ended from outside during a deployment: by a signal, or a closing terminal.

use super::*;

/// The keys that start a slow deployment of web, and the text to wait for after each.
const KEYS: [(&str, &str); 4] = [("2", "● web"), ("jF", "[ Deploy ]"), ("", "⏎ chooses"), ("\r", "run ◐")];

/// How the only operation ended, according to the audit file.
fn audited(home: &Home, world: &World) -> String {
    let report = crate::support::line(&mut home.on(world), "audit -o json").exits(0).json();
    let operations = report["operations"].as_array().unwrap();
    assert_eq!(operations.len(), 1, "{report}");
    operations[0]["outcome"].as_str().unwrap().to_owned()
}

#[test]
fn signal_during_a_deployment_closes_its_audit_line_and_prints_how_to_attach() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let (home, world) = (Home::new(), World::running(Scenario::SlowRollout));
        let mut terminal = Terminal::on(&home, &world, "--env staging");
        for (keys, shown) in KEYS {
            terminal.press(keys);
            terminal.shows(shown);
        }
        until("the change", PATIENCE, || (world.requests("ecs:UpdateService") > 0).then_some(()));
        terminal.signal(signal);
        assert_eq!(terminal.ended(), 7, "{signal:?}: {}", terminal.text());
        terminal.is_restored();
        terminal.shows("cockpit deploy --attach web --env staging");
        assert_eq!(audited(&home, &world), "unknown", "{signal:?}");
    }
}

/// With a hang-up signal or, in a session of its own, without.
#[cfg(target_os = "linux")]
#[test]
fn terminal_closing_during_a_deployment_leaves_a_complete_audit_file() {
    for own_session in [false, true] {
        let (home, world) = (Home::new(), World::running(Scenario::SlowRollout));
        let mut command = command(&home, Some(&world.endpoint()), "--env staging");
        if own_session {
            let program = env!("CARGO_BIN_EXE_cockpit");
            let line =
                format!("trap '' HUP; exec 3<&0; setsid '{program}' --env staging <&3 3<&- & wait $!; echo $? > code");
            *command.get_argv_mut() = ["/bin/sh", "-c", &line].into_iter().map(Into::into).collect();
        }
        let pair = portable_pty::native_pty_system().openpty(size(120, 40)).unwrap();
        let mut child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let (mut reader, mut keys) = (pair.master.try_clone_reader().unwrap(), pair.master.take_writer().unwrap());
        let mut shown = vt100::Parser::new(cells(40), cells(120), 0);
        let mut bytes = [0; 16 * 1024];
        for (typed, text) in KEYS {
            keys.write_all(typed.as_bytes()).unwrap();
            // The clock on the screen sends bytes every second.
            while !shown.screen().contents().contains(text) {
                let count = reader.read(&mut bytes).unwrap();
                shown.process(&bytes[..count]);
            }
        }
        until("the change", PATIENCE, || (world.requests("ecs:UpdateService") > 0).then_some(()));
        drop((reader, keys, pair.master));
        let ended = child.wait().unwrap();
        let code = if own_session {
            std::fs::read_to_string(home.path().join("code")).unwrap().trim().parse().unwrap()
        } else {
            ended.exit_code()
        };
        assert_eq!(code, 7);
        assert_eq!(audited(&home, &world), "unknown");
    }
}
