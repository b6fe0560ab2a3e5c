//! The table: on the terminal and in `docs/performance.md`.

use crate::{Effort, Result};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

/// One line of the table.
struct Row {
    what: String,
    target: String,
    measured: String,
    met: bool,
}

/// All lines.
pub(crate) struct Report {
    effort: Effort,
    rows: Vec<Row>,
}

impl Report {
    pub(crate) fn new(effort: Effort) -> Self {
        Self { effort, rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, what: &str, target: &str, measured: impl Into<String>, met: bool) {
        let row = Row { what: what.to_owned(), target: target.to_owned(), measured: measured.into(), met };
        let _ = writeln!(std::io::stderr(), "  {}: {} (target {}{})", row.what, row.measured, row.target, missed(&row));
        self.rows.push(row);
    }

    pub(crate) fn print(&self) -> Result<()> {
        std::io::stdout().write_all(self.table().as_bytes())?;
        Ok(())
    }

    fn table(&self) -> String {
        let mut table = String::from("| what | target | measured | met |\n|---|---|---|---|\n");
        for Row { what, target, measured, met } in &self.rows {
            let _ = writeln!(table, "| {what} | {target} | {measured} | {} |", if *met { "yes" } else { "**no**" });
        }
        table
    }

    /// Writes the page.
    pub(crate) fn write(&self) -> Result<()> {
        let today = jiff::Zoned::now().date();
        let page = include_str!("page.md")
            .replace("{date}", &today.to_string())
            .replace("{machine}", &machine())
            .replace("{effort}", self.effort.pick("a whole run", "a quick run (`--quick`)"))
            .replace("{table}", self.table().trim_end());
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/performance.md"), page)?;
        Ok(())
    }
}

fn missed(row: &Row) -> &'static str {
    if row.met { "" } else { ", MISSED" }
}

/// The kind of machine: its cores and its processor.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = about.lines().find_map(|line| line.strip_prefix("model name")).and_then(|line| line.split(": ").nth(1));
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').nth(2).map(|load| format!(", load average over 15 minutes {load}")).unwrap_or_default();
    format!("{cores} cores, {}, {}{load}", model.unwrap_or("unknown processor"), std::env::consts::OS)
}
