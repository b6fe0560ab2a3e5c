//! A failover of an Aurora cluster under a session of the screen. Two servers of PostgreSQL stand for its members: the second
//! follows the first, and writes once it is promoted.

use super::*;
use cockpit::runtime::local_postgres::{LocalOptions, LocalPostgres};
use std::net::SocketAddr;
use support::line;

const MEMBERS: [&str; 2] = ["bookmark-manager-prod-aurora-1", "bookmark-manager-prod-aurora-2"];

/// The example configuration, where one may write on prod, through a service that runs.
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
    support::run(&mut home.at(None), ["sql", "--url", &url, "-o", "tsv", "-c", statement]).coded(0).out
}

#[test]
fn a_session_follows_a_failover_and_is_marked_while_the_member_only_reads() {
    let first = LocalPostgres::start(&LocalOptions::default()).unwrap();
    let follows = LocalOptions { standby_of: Some(first.port()), ..LocalOptions::default() };
    let second = LocalPostgres::start(&follows).unwrap();
    let map = MEMBERS.iter().zip([&first, &second]);
    let map = map.map(|(name, server)| (format!("{name}:5432"), SocketAddr::from(([127, 0, 0, 1], server.port()))));
    let (home, world) = (home(), World::led(Scenario::Prod, 10.0, map.collect()));
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

    let said = line(&mut home.on(&world), "--env prod failover --yes").coded(0);
    assert!(said.out.contains(MEMBERS[1]) && said.out.contains("writes now"), "{said:#?}");
    // The tunnel stays; its name leads to the other member now.
    terminal.shows("this is a reader now: writes will fail");
    terminal.shows("another server answers");
    assert_eq!(sql(&home, &second, "select pg_promote()").lines().last(), Some("t"));
    terminal.shows("this is the writer now");
    terminal.press("insert into kept values (7);\r");
    terminal.shows("INSERT 0 1");
    assert_eq!(sql(&home, &second, "select n from kept"), "n\n7\n");
    assert_eq!(sql(&home, &first, "select n from kept"), "n\n", "nothing went to the member before");
    assert_eq!(
        world.asked("ssm:StartSession"),
        2,
        "one tunnel of the screen, one of the command that asked who is connected"
    );
    terminal.press("\u{1b}");
    terminal.press("q");
    terminal.shows("Leave?");
}
