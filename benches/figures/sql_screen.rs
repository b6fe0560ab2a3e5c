//! A SQL session on the screen: ten million rows in the grid, and completion in a catalogue of ten thousand tables;
//! through a tunnel of the simulator, to a PostgreSQL of this machine's own programs.

use crate::interactive::frames;
use crate::report::Report;
use crate::servers::{Server, World};
use crate::terminal::Terminal;
use crate::times::{Times, ms};
use crate::{Effort, Result};
use cockpit::model::sql::activity_figures::grouped;
use cockpit::runtime::local_postgres::{LocalOptions, LocalPostgres};
use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The number of rows in the result, and in a quick run.
const ROWS: u64 = 10_000_000;
const FEW_ROWS: u64 = 1_000_000;
const TABLES: u32 = 10_000;
const KEY_P99: Duration = Duration::from_millis(16);
const JUMP: Duration = Duration::from_millis(50);
/// The limit from the key that closes a result of twenty million rows until its query has ended on the server.
const CLOSED: Duration = Duration::from_millis(100);
const MEMORY_MB: f64 = 60.0;
const LONG: Duration = Duration::from_mins(5);
/// The time between two keys.
const PACE: Duration = Duration::from_millis(20);

pub(crate) fn screen(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let server = LocalPostgres::start(&LocalOptions::default()).map_err(|error| error.to_string())?;
    catalogue(&server)?;
    let simulator = Server::with_tunnels_to(SocketAddr::from(([127, 0, 0, 1], server.port())), "1")?;
    world.logging_in(|| measure(world, &server, &simulator, effort, report))
}

/// Creates ten thousand tables with four columns, in ten schemas.
fn catalogue(server: &LocalPostgres) -> Result<()> {
    let mut script = String::new();
    for number in 0..TABLES {
        // One transaction per table would take a minute; a single one would exceed the locks of a server.
        if number % 1000 == 0 {
            let end = if number == 0 { "" } else { "commit; " };
            let _ = writeln!(script, "{end}begin; create schema s{};", number / 1000);
        }
        let schema = number / 1000;
        let _ = writeln!(
            script,
            "create table s{schema}.tab_{number:05} (id int, name text, at date, note_{number:05} text);"
        );
    }
    script.push_str("commit;\n");
    let file = tempfile::NamedTempFile::new()?;
    fs::write(file.path(), script)?;
    let mut psql = Command::new("psql");
    psql.args(["-Xqd", &server.url("postgres", "postgres"), "-f"]).arg(file.path()).stdin(Stdio::null());
    if !psql.status()?.success() {
        return Err("the tables could not be made".into());
    }
    Ok(())
}

/// Presses keys; returns the time until the screen contains a text.
fn time_until_shown(terminal: &mut Terminal, keys: &str, wanted: &str) -> Result<Duration> {
    terminal.watch(Duration::ZERO);
    if terminal.screen().contents().contains(wanted) {
        return Err(format!("{wanted:?} stood there before").into());
    }
    let pressed = Instant::now();
    terminal.write(keys)?;
    let at = terminal.until(&format!("{wanted:?}"), LONG, |screen| screen.contents().contains(wanted))?;
    let took = at.saturating_duration_since(pressed);
    terminal.watch(PACE.saturating_sub(took));
    Ok(took)
}

fn measure(
    world: &World,
    server: &LocalPostgres,
    simulator: &Server,
    effort: Effort,
    report: &mut Report,
) -> Result<()> {
    let log = world.folder.join("sql-screen.log").display().to_string();
    let mut terminal = Terminal::open(world, simulator, "staging", &["-vv", "--log-file", &log])?;
    terminal.until("the first frame", LONG, |screen| screen.contents().contains("5 Query"))?;
    time_until_shown(&mut terminal, "5", "connects to")?;
    time_until_shown(&mut terminal, "\r", "postgres=> ")?;
    completion(&mut terminal, effort, report)?;
    rows(&mut terminal, &log, effort, report)?;
    closed(&mut terminal, server, effort, report)
}

/// Typing in the editor, and completion.
fn completion(terminal: &mut Terminal, effort: Effort, report: &mut Report) -> Result<()> {
    let end = Instant::now() + LONG;
    // The catalogue is read in the background.
    loop {
        terminal.write("\x03select * from s3.tab_03\t")?;
        terminal.watch(Duration::from_millis(500));
        if terminal.screen().contents().contains("tab_03001") {
            break;
        }
        if Instant::now() > end {
            return Err("the catalogue did not come".into());
        }
    }
    terminal.write("\x03")?;
    terminal.watch(PACE);
    terminal.write("\x03")?;
    terminal.watch(PACE);
    let (mut typed, mut offered) = (Times::default(), Times::default());
    for round in 0..effort.pick(40, 10) {
        let schema = round % 10;
        let text = format!("select * from s{schema}.tab_0{schema}");
        for end in 1..=text.len() {
            // A trailing blank is invisible on the screen.
            if text[..end].ends_with(' ') {
                terminal.write(" ")?;
                terminal.watch(PACE);
            } else {
                typed.push(time_until_shown(terminal, &text[end - 1..end], &format!("=> {}", &text[..end]))?);
            }
        }
        offered.push(time_until_shown(terminal, "\t", &format!("tab_0{schema}003"))?);
        // Closes the list, then the text.
        terminal.write("\x03")?;
        terminal.watch(PACE);
        terminal.write("\x03")?;
        terminal.watch(PACE);
    }
    report.add(
        "completion in a catalogue of 10,000 tables: key to frame while a statement is typed; Tab to the list",
        "p99 ≤ 16 ms",
        format!(
            "{}; Tab p50 {}, longest {} of {}",
            typed.quantiles(),
            ms(offered.median()),
            ms(offered.longest()),
            offered.count()
        ),
        typed.p99() <= KEY_P99 && offered.longest() <= KEY_P99,
    );
    Ok(())
}

fn rows(terminal: &mut Terminal, log: &str, effort: Effort, report: &mut Report) -> Result<()> {
    let count = effort.pick(ROWS, FEW_ROWS);
    let statement = format!(
        "select n as id, 'row-' || lpad(n::text, 8, '0') as name, md5(n::text) as mark from generate_series(1, {count}) n;\r"
    );
    let begun = Instant::now();
    terminal.write(&statement)?;
    terminal.until("all rows", LONG, |screen| screen.contents().contains(&format!("row 1 of {}", grouped(count))))?;
    let took = begun.elapsed();
    terminal.until("its end", LONG, |screen| screen.contents().contains(&format!("SELECT {count}")))?;
    terminal.write("\x1b")?;
    terminal.watch(Duration::from_secs(1));
    let (memory, written) = (terminal.memory()?, fs::metadata(log)?.len() as usize);
    let mut keys = Times::default();
    let mut row = 1;
    for _ in 0..effort.pick(300, 100) {
        row += 1;
        keys.push(time_until_shown(terminal, "j", &format!("row {row} of"))?);
    }
    for _ in 0..effort.pick(100, 40) {
        row -= 1;
        keys.push(time_until_shown(terminal, "k", &format!("row {row} of"))?);
    }
    let (mut last, mut middle) = (Times::default(), Times::default());
    for round in 0..effort.pick(20, 8_u64) {
        last.push(time_until_shown(terminal, "G", &format!("row-{count:08}"))?);
        time_until_shown(terminal, "g", "row 1 of")?;
        // Any position: the requested row is shown.
        let place = 100_003 * (round + 1) * (count / FEW_ROWS) % count;
        terminal.write(&format!("#{place}"))?;
        terminal.watch(PACE);
        middle.push(time_until_shown(terminal, "\r", &format!("row-{place:08}"))?);
        time_until_shown(terminal, "g", "row 1 of")?;
    }
    report.add(
        "ten million rows in the grid, read through a tunnel: key to frame",
        "p99 ≤ 16 ms",
        format!("{}; {count} rows read in {:.0} s", keys.quantiles(), took.as_secs_f64()),
        keys.p99() <= KEY_P99,
    );
    report.add(
        "… to the last row, and to one in the middle, until they stand there",
        "≤ 50 ms",
        format!(
            "{} (longest {}), {} (longest {})",
            ms(last.median()),
            ms(last.longest()),
            ms(middle.median()),
            ms(middle.longest())
        ),
        last.longest() <= JUMP && middle.longest() <= JUMP,
    );
    frames("… a frame", fs::read_to_string(log)?.get(written..).unwrap_or_default(), report);
    let most = memory.max(terminal.memory()?);
    report.add("… resident memory", "≤ 60 MB", format!("{most:.1} MB"), most <= MEMORY_MB);
    Ok(())
}

/// Closes a result of twenty million rows after one screen.
fn closed(terminal: &mut Terminal, server: &LocalPostgres, effort: Effort, report: &mut Report) -> Result<()> {
    let mut took = Times::default();
    for round in 0..effort.pick(20, 5) {
        terminal.write("\t")?;
        terminal.watch(PACE);
        // The first screen contains the value a few above this, which is not in the statement itself.
        let first = (round + 1) * 1_000;
        terminal.write(&format!("select n + {first} as unwanted_{round} from generate_series(1, 20000000) n;\r"))?;
        terminal.until("the first screen", LONG, |screen| {
            let shown = screen.contents();
            shown.contains("row 1 of") && shown.contains(&(first + 5).to_string())
        })?;
        terminal.write("\x1b")?;
        terminal.watch(PACE);
        let mut waits = wait_for_query_end(server)?;
        // The watcher is polling before the key is pressed.
        terminal.watch(Duration::from_millis(300));
        let pressed = Instant::now();
        terminal.write("w")?;
        let ended = std::thread::spawn(move || waits.wait().map(|status| (status.success(), Instant::now())));
        while !ended.is_finished() {
            terminal.watch(Duration::from_millis(1));
        }
        match ended.join() {
            Ok(Ok((true, at))) => took.push(at.saturating_duration_since(pressed)),
            _ => return Err("psql could not look whether the query has ended".into()),
        }
    }
    report.add(
        "a result of 20,000,000 rows closed after one screen: from the key until its query has ended at the server",
        "≤ 100 ms",
        format!("median {}, longest {} of {}", ms(took.median()), ms(took.longest()), took.count()),
        took.median() <= CLOSED,
    );
    Ok(())
}

/// Starts a psql that ends as soon as no query of the closed result is active.
fn wait_for_query_end(server: &LocalPostgres) -> Result<Child> {
    let wait_loop = "do $$ begin \
         while exists (select from pg_stat_activity \
                       where state = 'active' and query like '%unwanted_%' and pid <> pg_backend_pid()) loop \
           perform pg_sleep(0.001), pg_stat_clear_snapshot(); \
         end loop; end $$";
    let mut psql = Command::new("psql");
    psql.args(["-Xqd", &server.url("postgres", "postgres"), "-c", wait_loop]).stdin(Stdio::null());
    Ok(psql.spawn()?)
}
