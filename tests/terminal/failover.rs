//! A failover of an Aurora cluster during a session of the screen. Two PostgreSQL servers act as its members: the second
//! follows the first, and accepts writes once it is promoted.

use super::*;
use crate::support::line;
use cockpit::runtime::local_postgres::{LocalOptions, LocalPostgres};
use std::net::SocketAddr;

const MEMBERS: [&str; 2] = ["bookmark-manager-prod-aurora-1", "bookmark-manager-prod-aurora-2"];

/// The example configuration with writes allowed on prod, through a running service.
fn home() -> Home {
    let home = Home::new();
    let audit = home.path().join("audit.jsonl");
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    let guarded = "alarms = [\"bookmark-manager-prod-\"]\nguarded = true\n";
    let through = "service = \"bookmark-manager-prod-api\"\n";
    assert!(config.contains(guarded) && config.contains(through), "{config}");
    let config = config
        .replace(guarded, "alarms = [\"bookmark-manager-prod-\"]\n")
        .replace(through, "service = \"bookmark-manager-prod-web\"\nport = \"0\"\n");
    let who = "\n[environments.prod.database]\nuser = \"postgres\"\ndatabase = \"postgres\"\n";
    home.write("config.toml", format!("audit_file = {:?}\n{config}{who}", audit.to_str().unwrap()));
    home
}

fn sql(home: &Home, server: &LocalPostgres, statement: &str) -> String {
    let url = server.url("postgres", "postgres");
    crate::support::run(&mut home.at(None), ["sql", "--url", &url, "-o", "tsv", "-c", statement]).exits(0).out
}

#[test]
fn session_follows_a_failover_and_is_marked_while_read_only() {
    let first = LocalPostgres::start(&LocalOptions::default()).unwrap();
    let follows = LocalOptions { standby_of: Some(first.port()), ..LocalOptions::default() };
    let second = LocalPostgres::start(&follows).unwrap();
    let map = MEMBERS.iter().zip([&first, &second]);
    let map = map.map(|(name, server)| (format!("{name}:5432"), SocketAddr::from(([127, 0, 0, 1], server.port()))));
    let (home, world) = (home(), World::with_map(Scenario::Prod, 10.0, map.collect()));
    let mut terminal = Terminal::on(&home, &world, "--env prod");
    terminal.shows(aws_sim::ACCOUNT);
    terminal.press("5");
    terminal.shows("connects to");
    terminal.press("\r");
    terminal.shows("Connect to");
    terminal.press("\r");
    terminal.shows("postgres=> ");
    terminal.press("create table kept (n int);\r");
    terminal.shows("CREATE TABLE");

    let output = line(&mut home.on(&world), "--env prod failover --yes").exits(0);
    assert!(output.out.contains(MEMBERS[1]) && output.out.contains("writes now"), "{output:#?}");
    // The tunnel stays open; its name now leads to the other member.
    terminal.shows("this is a reader now: writes will fail");
    terminal.shows("another server answers");
    assert_eq!(sql(&home, &second, "select pg_promote()").lines().last(), Some("t"));
    terminal.shows("this is the writer now");
    terminal.press("insert into kept values (7);\r");
    terminal.shows("INSERT 0 1");
    assert_eq!(sql(&home, &second, "select n from kept"), "n\n7\n");
    assert_eq!(sql(&home, &first, "select n from kept"), "n\n", "nothing was sent to the previous member");
    assert_eq!(
        world.requests("ssm:StartSession"),
        2,
        "one tunnel of the screen, one of the command that listed the connected clients"
    );
    terminal.press("\u{1b}");
    terminal.press("q");
    terminal.shows("Leave?");
}
