//! A SQL session on the screen where this machine has no room for a result.

use super::*;
use cockpit::runtime::local_postgres::{LocalOptions, LocalPostgres};
use std::net::SocketAddr;

/// Staging with its database behind a tunnel through a service that runs.
fn home() -> Home {
    let home = Home::new();
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    let shipped = "service = \"bookmark-manager-staging-api\"\n";
    assert!(config.contains(shipped), "{config}");
    let tunnel = "service = \"bookmark-manager-staging-web\"\nport = \"0\"\n";
    let who = "\n[environments.staging.database]\nuser = \"postgres\"\ndatabase = \"postgres\"\n";
    home.write("config.toml", config.replace(shipped, tunnel) + who);
    home
}

#[test]
fn a_result_that_finds_no_room_is_stopped_cancelled_and_says_so_and_the_session_goes_on() {
    let server = LocalPostgres::start(&LocalOptions::default()).unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], server.port()));
    let (home, world) = (home(), World::led(Scenario::Staging, 1.0, vec![("*:5432".to_owned(), address)]));
    // No file of it may be larger than some megabytes, as on a disk that is full then.
    let mut limited = CommandBuilder::new("/bin/sh");
    limited.env_clear();
    for (name, value) in home.variables(Some(&world.endpoint())) {
        limited.env(name, value);
    }
    limited.cwd(home.path());
    limited.args(["-c", "trap '' XFSZ; ulimit -f 16384; exec \"$0\" --env staging", env!("CARGO_BIN_EXE_cockpit")]);
    let mut terminal = Terminal::open(limited, 120, 40);
    terminal.shows(aws_sim::ACCOUNT);
    terminal.press("5");
    terminal.shows("connects to");
    terminal.press("\r");
    terminal.shows("postgres=> ");
    terminal.press("select n, repeat('full', 100) from generate_series(1, 20000000) n;\r");
    terminal.shows("NOT WHOLE: reading was stopped");
    terminal.shows("the result cannot be kept in");
    terminal.press("select 'it goes ' || 'on';\r");
    terminal.shows("it goes on");
}
