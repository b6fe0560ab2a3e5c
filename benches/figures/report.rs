//! The table, on the terminal and in `docs/performance.md`.

use crate::{Effort, Result};
use std::io::Write as _;
use std::path::Path;

/// One row of the table.
struct Row {
    what: String,
    target: String,
    measured: String,
    met: bool,
    /// The day of the measurement, and whether it was a quick run.
    when: String,
}

/// The header of the table.
const HEAD: &str = "| what | target | measured | met | when |\n|---|---|---|---|---|\n";

/// All rows.
pub(crate) struct Report {
    effort: Effort,
    rows: Vec<Row>,
}

impl Report {
    pub(crate) fn new(effort: Effort) -> Self {
        Self { effort, rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, what: &str, target: &str, measured: impl Into<String>, met: bool) {
        let when = format!("{}{}", jiff::Zoned::now().date(), self.effort.pick("", ", quick"));
        let row = Row { what: what.to_owned(), target: target.to_owned(), measured: measured.into(), met, when };
        let _ = writeln!(std::io::stderr(), "  {}: {} (target {}{})", row.what, row.measured, row.target, missed(&row));
        self.rows.push(row);
    }

    pub(crate) fn print(&self) -> Result<()> {
        std::io::stdout().write_all(self.table().as_bytes())?;
        Ok(())
    }

    fn table(&self) -> String {
        self.rows.iter().fold(HEAD.to_owned(), |table, row| table + &line(row))
    }

    /// Writes the page. Rows that were not measured now are kept, each with its day; after a run of all parts only
    /// new rows remain.
    pub(crate) fn write(&self, whole: bool) -> Result<()> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/performance.md");
        let before = if whole { String::new() } else { std::fs::read_to_string(&file)? };
        let mut lines: Vec<String> = existing_rows(&before);
        for row in &self.rows {
            let same = |line: &String| line.starts_with(&format!("| {} |", row.what));
            match lines.iter_mut().find(|line| same(line)) {
                Some(known) => *known = line(row),
                None => lines.push(line(row)),
            }
        }
        let table = HEAD.to_owned() + &lines.concat();
        let page = include_str!("page.md").replace("{machine}", &machine()).replace("{table}", table.trim_end());
        std::fs::write(file, page)?;
        Ok(())
    }
}

fn line(Row { what, target, measured, met, when }: &Row) -> String {
    format!("| {what} | {target} | {measured} | {} | {when} |\n", if *met { "yes" } else { "**no**" })
}

/// The rows of the existing page.
fn existing_rows(page: &str) -> Vec<String> {
    let rows =
        page.lines().skip_while(|line| !line.starts_with("|---")).skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| format!("{row}\n")).collect()
}

fn missed(row: &Row) -> &'static str {
    if row.met { "" } else { ", MISSED" }
}

/// The machine: its cores and its processor.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = about.lines().find_map(|line| line.strip_prefix("model name")).and_then(|line| line.split(": ").nth(1));
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').nth(2).map(|load| format!(", load average over 15 minutes {load}")).unwrap_or_default();
    format!("{cores} cores, {}, {}{load}", model.unwrap_or("unknown processor"), std::env::consts::OS)
}
