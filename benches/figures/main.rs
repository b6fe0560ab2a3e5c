//! Measures the product in one run next to its peers, and writes the table in `docs/performance.md`. Run with `./dev
//! bench`, or `./dev bench --quick`.
//!
//! Each part starts the release binary as a user would, in a pseudo terminal or as a command, against a simulator in
//! a separate process (or moto). The measured times are those of its output.
#![allow(missing_docs, clippy::print_stderr)]

mod day;
mod infra;
mod interactive;
mod logs;
mod operations;
mod peer;
mod report;
mod servers;
mod soak;
mod sql;
mod sql_screen;
mod terminal;
mod times;
mod tunnels;

use report::Report;
use servers::World;
use std::error::Error;

/// Any error ends the run; nothing can be recovered here.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The duration and number of measurements.
#[derive(Debug, Clone, Copy)]
struct Effort {
    quick: bool,
}

impl Effort {
    /// Returns the value for the current effort.
    fn pick<T>(self, whole: T, quick: T) -> T {
        if self.quick { quick } else { whole }
    }
}

/// Measures some rows of the table.
type Part = fn(&World, Effort, &mut Report) -> Result<()>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let effort = Effort { quick: arguments.iter().any(|argument| argument == "--quick") };
    let only: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    let is_selected = |name: &str| {
        only.is_empty()
            || only
                .iter()
                .any(|part| *part == name || name.strip_prefix(part.as_str()).is_some_and(|rest| rest.starts_with('-')))
    };
    let world = World::new()?;
    let mut report = Report::new(effort);
    let parts: [(&str, Part); 27] = [
        ("snapshot", peer::snapshot),
        ("latency", peer::latency),
        ("start", interactive::start),
        ("slow", interactive::slow_network),
        ("keys", interactive::keys_and_idle),
        ("big", interactive::big),
        ("verdicts", operations::verdicts),
        ("calls", operations::calls),
        ("store", logs::store),
        ("logs", logs::command),
        ("storm", logs::storm),
        ("infra-six", infra::six),
        ("infra-plans", infra::plans),
        ("infra-graph", infra::graph),
        ("infra-changing", infra::changing),
        ("infra-waits", infra::waits),
        ("sql", sql::sql),
        ("sql-screen", sql_screen::screen),
        ("soak", soak::soak),
        ("params", day::params),
        ("timeline", day::timeline),
        ("overview-idle", day::idle),
        ("init", day::init),
        ("panes", day::panes),
        ("tunnel", tunnels::link),
        ("day", tunnels::day),
        ("faults", tunnels::faults),
    ];
    for (name, part) in parts {
        if is_selected(name) {
            eprintln!("» {name}");
            if let Err(error) = part(&world, effort, &mut report) {
                let error = error.to_string();
                report.add(name, "measured", format!("not: {}", error.lines().next().unwrap_or_default()), false);
            }
        }
    }
    report.print()?;
    report.write(only.is_empty())
}
