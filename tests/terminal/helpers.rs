//! A credential helper that asks its user while the screen is up.

use super::*;

/// A session whose profile names this script as its `credential_process`. It tells its process id in `helper`.
fn with_helper(home: &Home, world: &World) -> Terminal {
    let script = "echo $$ > \"$HOME/helper\"\necho 'Enter MFA code: ' >&2\n(echo 'Enter it here: ' > /dev/tty) 2>/dev/null\nread code || sleep 600\n";
    let path = home.write("helper.sh", script);
    std::fs::create_dir_all(home.path().join(".aws")).unwrap();
    home.write(".aws/config", format!("[profile work]\ncredential_process = sh '{}'\n", path.display()));
    let mut command = command(home, None, "--env staging");
    command.env("AWS_ENDPOINT_URL", world.endpoint());
    command.env("AWS_PROFILE", "work");
    Terminal::open(command, 200, 60)
}

fn helper(home: &Home) -> String {
    until("the helper starts", PATIENCE, || {
        let text = std::fs::read_to_string(home.path().join("helper")).ok()?;
        text.ends_with('\n').then(|| text.trim().to_owned())
    })
}

fn alive(id: &str) -> bool {
    std::process::Command::new("kill").args(["-0", id]).stderr(std::process::Stdio::null()).status().unwrap().success()
}

#[test]
fn a_helper_that_asks_is_named_and_nothing_of_it_stands_on_the_screen() {
    let config = include_str!("../../config.toml")
        .replace("[environments.staging]\n", "[environments.staging]\ncredential_timeout = \"1s\"\n");
    let (home, world) = (Home::with(&config), World::staging());
    let mut terminal = with_helper(&home, &world);
    helper(&home);
    terminal.shows("NO CREDENTIALS");
    terminal.shows("credential_process of profile `work`) did not end within 1 s and was ended: Enter MFA code");
    // What is typed is a key of the screen, not the answer.
    terminal.press("2");
    terminal.shows("DESIRED");
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_given_back();
    let raw = terminal.raw.lock().unwrap();
    assert!(!String::from_utf8_lossy(&raw).contains("Enter it here"), "it wrote over the screen");
}

#[test]
fn a_helper_that_still_asks_is_ended_with_the_session() {
    for ends in ["q", "TERM"] {
        let (home, world) = (Home::new(), World::staging());
        let mut terminal = with_helper(&home, &world);
        let id = helper(&home);
        terminal.shows("Needs attention");
        assert!(alive(&id));
        if ends == "q" {
            terminal.press("q");
        } else {
            terminal.signal(Signal::TERM);
        }
        terminal.ended();
        until("the helper ends", PATIENCE, || (!alive(&id)).then_some(()));
    }
}
