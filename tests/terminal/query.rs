//! A SQL session on the screen, through a simulated tunnel to a real PostgreSQL: the effect of its own statements, and a
//! machine without room for a result.

use super::*;
use cockpit::runtime::local_postgres::{LocalOptions, LocalPostgres};
use std::net::SocketAddr;

/// Staging with its database behind a tunnel through a running service.
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
fn result_that_fills_the_disk_is_cancelled_and_the_session_continues() {
    let server = LocalPostgres::start(&LocalOptions::default()).unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], server.port()));
    let (home, world) = (home(), World::with_map(Scenario::Staging, 1.0, vec![("*:5432".to_owned(), address)]));
    // Its files are limited to some megabytes, as if the disk were full then.
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

#[test]
fn rows_are_described_edited_sorted_and_explained() {
    let server = LocalPostgres::start(&LocalOptions::default()).unwrap();
    let url = server.url("postgres", "postgres");
    let (home, world) = (home(), {
        let address = SocketAddr::from(([127, 0, 0, 1], server.port()));
        World::with_map(Scenario::Staging, 1.0, vec![("*:5432".to_owned(), address)])
    });
    let on_server = |statement: &str| {
        crate::support::run(&mut home.at(None), ["sql", "--url", &url, "-o", "tsv", "-c", statement]).exits(0).out
    };
    on_server(
        "create table days (id int primary key, rains boolean, code char(6), note text); \
         insert into days select n, n % 2 = 0, 'c' || n, null from generate_series(1, 5000) n",
    );
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.shows(aws_sim::ACCOUNT);
    terminal.press("5");
    terminal.shows("connects to");
    terminal.press("\r");
    terminal.shows("postgres=> ");
    terminal.press("\\d days\r");
    terminal.shows("\"days_pkey\" PRIMARY KEY, btree (id)");
    terminal.shows("character(6)");
    terminal.press("select * from days order by id;\r");
    terminal.shows("row 1 of 5,000");
    terminal.press(ESC);
    terminal.shows("⏎ open");

    edits_and_a_deletion_are_committed(&mut terminal);
    assert_eq!(
        on_server("select id, rains, code from days where id < 3 order by id"),
        "id\trains\tcode\n1\tt\tnew   \n"
    );
    the_server_sorts_then_the_rows_here(&mut terminal);
    a_statement_is_explained(&mut terminal);
}

fn edits_and_a_deletion_are_committed(terminal: &mut Terminal) {
    // A cell without text, and a padded one.
    terminal.press("l");
    terminal.shows("column 2 of 4");
    terminal.press("e");
    terminal.shows("value (");
    terminal.press("\u{15}t\r");
    terminal.shows("1 change: W applies it");
    terminal.press("l");
    terminal.shows("column 3 of 4");
    terminal.press("e");
    terminal.shows("value (");
    terminal.press("\u{15}new\r");
    terminal.press("j");
    terminal.shows("row 2 of 5,000");
    terminal.press("D");
    terminal.shows("2 changes: W applies them");
    terminal.press("W");
    terminal.shows("pg_catalog.format('%s', rains) = 'f'");
    terminal.shows("⏎ chooses");
    terminal.press("\r");
    terminal.shows("2 changes committed");
}

fn the_server_sorts_then_the_rows_here(terminal: &mut Terminal) {
    // It was read again, and the same cell is selected. Sorted by the server, then in reverse; then locally.
    terminal.shows("row 2 of 4,999 · column 3 of 4");
    terminal.press("h");
    terminal.shows("column 2 of 4");
    terminal.press("h");
    terminal.shows("column 1 of 4");
    terminal.press("o");
    terminal.shows("id↑");
    terminal.press("o");
    terminal.shows("id↓");
    terminal.shows("SELECT 4999");
    terminal.shows("c5000");
    terminal.press("s");
    terminal.shows("sorted by id upwards");
    terminal.press("G");
    terminal.shows("row 4,999 of 4,999");
    terminal.shows("c4998");
}

fn a_statement_is_explained(terminal: &mut Terminal) {
    // A plan, and one with execution times.
    terminal.press("\t");
    terminal.shows("run after ;");
    terminal.press("select count(*) from days where note is null;");
    terminal.press("\u{1b}[17~");
    terminal.shows("Seq Scan on days");
    terminal.press("\u{1b}[18~");
    terminal.shows("measured:");
    terminal.shows("Aggregate");
}
