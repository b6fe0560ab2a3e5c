//! The interactive session in its own terminal: keys in, screen out, and the state it leaves.
#![allow(clippy::unwrap_used)]
#![cfg(unix)]

mod blue_green;
mod demo_site;
mod failover;
mod faults;
mod helpers;
mod infra;
mod infra_after;
mod leaving;
mod logs;
mod query;
mod questions;
mod restored;
mod schema;
mod staging;
#[path = "../support/mod.rs"]
mod support;
mod tunnels;

use aws_sim::Scenario;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty};
use rustix::process::Signal;
use rustix::termios::LocalModes;
use serde_json::json;
use std::fmt::Write as _;
use std::io::{Read as _, Write};
use std::num::NonZero;
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{Home, PATIENCE, SECRET, TOKEN, World, until};

const SERVICE: &str = "bookmark-manager-staging-web";
const ESC: &str = "\u{1b}";

/// The bytes sent to a terminal.
#[derive(Default, Clone)]
struct Sent {
    asked_clipboard: Vec<String>,
    title: Vec<String>,
}

impl vt100::Callbacks for Sent {
    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
        self.asked_clipboard.push(String::from_utf8_lossy(data).into_owned());
    }
    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.title.push(String::from_utf8_lossy(title).into_owned());
    }
}

type Shown = Arc<Mutex<vt100::Parser<Sent>>>;

/// A terminal that runs the program.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    // Kept, so that the terminal outlives the program and can be inspected.
    _slave: Box<dyn SlavePty + Send>,
    keys: Box<dyn Write + Send>,
    shown: Shown,
    raw: Arc<Mutex<Vec<u8>>>,
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap()
}

fn command(home: &Home, endpoint: Option<&str>, arguments: &str) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_cockpit"));
    command.env_clear();
    for (name, value) in home.variables(endpoint) {
        command.env(name, value);
    }
    command.cwd(home.path());
    command.args(arguments.split_whitespace());
    command
}

impl Terminal {
    fn open(command: CommandBuilder, columns: u16, rows: u16) -> Self {
        let pair = portable_pty::native_pty_system().openpty(size(columns, rows)).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        let shown =
            Arc::new(Mutex::new(vt100::Parser::new_with_callbacks(cells(rows), cells(columns), 0, Sent::default())));
        let raw = Arc::new(Mutex::new(Vec::new()));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (shown_there, raw_there) = (Arc::clone(&shown), Arc::clone(&raw));
        std::thread::spawn(move || {
            let mut bytes = [0; 16 * 1024];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                raw_there.lock().unwrap().extend_from_slice(&bytes[..count]);
                shown_there.lock().unwrap().process(&bytes[..count]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { child, master: pair.master, _slave: pair.slave, keys, shown, raw }
    }

    /// Starts a session on a world.
    fn on(home: &Home, world: &World, arguments: &str) -> Self {
        Self::open(command(home, Some(&world.endpoint()), arguments), 120, 40)
    }

    fn demo(home: &Home) -> Self {
        Self::open(command(home, None, "demo --scenario prod --speed 0"), 120, 40)
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    fn text(&self) -> String {
        self.shown.lock().unwrap().screen().contents()
    }

    #[track_caller]
    fn wait(&self, what: &str, is: impl Fn(&str) -> bool) {
        let end = std::time::Instant::now() + PATIENCE;
        while !is(&self.text()) {
            assert!(std::time::Instant::now() < end, "waited for: {what}\n{}", self.text());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[track_caller]
    fn shows(&self, text: &str) {
        self.wait(text, |shown| shown.contains(text));
    }

    #[track_caller]
    fn hides(&self, text: &str) {
        self.wait(&format!("no {text}"), |shown| !shown.contains(text));
    }

    fn resize(&self, columns: u16, rows: u16) {
        self.shown.lock().unwrap().screen_mut().set_size(cells(rows), cells(columns));
        self.master.resize(size(columns, rows)).unwrap();
    }

    fn signal(&self, signal: Signal) {
        support::signal(self.child.process_id().unwrap(), signal);
    }

    /// Waits for the end; returns the exit code.
    fn ended(&mut self) -> u32 {
        until("the end", PATIENCE, || self.child.try_wait().unwrap()).exit_code()
    }

    /// Whether the terminal edits and echoes lines, as a shell needs.
    fn cooked(&self) -> bool {
        let path = self.master.tty_name().unwrap();
        let flags = rustix::fs::OFlags::NOCTTY.bits();
        let tty = std::fs::OpenOptions::new().read(true).custom_flags(flags.try_into().unwrap()).open(path).unwrap();
        let modes = rustix::termios::tcgetattr(&tty).unwrap().local_modes;
        modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }

    /// Checks that the terminal is restored to its state before the program.
    #[track_caller]
    fn is_restored(&self) {
        until("the alternate screen left", PATIENCE, || {
            let shown = self.shown.lock().unwrap();
            (!shown.screen().alternate_screen() && !shown.screen().hide_cursor()).then_some(())
        });
        let shown = self.shown.lock().unwrap();
        assert_eq!(shown.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert!(!shown.screen().bracketed_paste());
        drop(shown);
        // This is restored last.
        until("no raw mode", PATIENCE, || self.cooked().then_some(()));
    }

    fn is_taken(&self) {
        until("the alternate screen", PATIENCE, || {
            self.shown.lock().unwrap().screen().alternate_screen().then_some(())
        });
        until("raw mode", PATIENCE, || (!self.cooked()).then_some(()));
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let raw = self.raw.lock().unwrap();
        let text = String::from_utf8_lossy(&raw);
        if !std::thread::panicking() {
            assert!(!text.contains(SECRET) && !text.contains(TOKEN), "a secret");
        }
    }
}

#[test]
fn demo_is_labelled_as_a_demo() {
    let home = Home::with("not read");
    let mut terminal = Terminal::demo(&home);
    terminal.shows("SIMULATED");
    terminal.shows("web");
    for pane in ["2", "4", "1"] {
        terminal.press(pane);
        terminal.shows("SIMULATED");
    }
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_restored();
}

#[test]
fn navigation_goes_to_services_tasks_and_back() {
    let (home, world) = (Home::new(), World::staging());
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.shows("Needs attention");
    terminal.shows(aws_sim::ACCOUNT);
    terminal.shows("healthy");
    terminal.press("4");
    terminal.shows("bookmark-manager-staging-db");
    terminal.press("2");
    terminal.shows("api");
    terminal.shows("DESIRED");
    terminal.press("G\r");
    terminal.shows("Deployments");
    terminal.shows("● running");
    terminal.press("\r");
    terminal.shows("Containers");
    terminal.press(ESC);
    terminal.hides("Containers");
    terminal.shows("Deployments");
    terminal.press(ESC);
    terminal.hides("Deployments");
    terminal.press("1");
    terminal.shows("Needs attention");
}

#[test]
fn first_key_after_a_resize_is_handled() {
    let (home, world) = (Home::new(), World::staging());
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.shows("Needs attention");
    // At once, a moment later, and long after.
    for (n, wait) in [0, 0, 1, 5, 20, 100, 600, 0, 0].into_iter().enumerate() {
        let (key, shown) = if n % 2 == 0 { ("4", "bookmark-manager-staging-db") } else { ("2", "DESIRED") };
        terminal.resize(if n % 2 == 0 { 100 } else { 120 }, 40);
        std::thread::sleep(Duration::from_millis(wait));
        terminal.press(key);
        terminal.shows(shown);
    }
}

#[test]
fn overlays_open_search_and_close() {
    let (home, world) = (Home::new(), World::staging());
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.press("2");
    terminal.shows("healthy");
    terminal.press("?");
    terminal.shows("Everywhere");
    terminal.press(ESC);
    terminal.hides("Everywhere");
    terminal.press("x");
    terminal.shows("Actions on");
    terminal.press(ESC);
    terminal.hides("Actions on");
    // Inspect, and search in it.
    terminal.press("i");
    terminal.shows("task_definition");
    terminal.press("/launch\r");
    terminal.hides("task_definition");
    terminal.shows("launch");
    // Sent in one piece, a terminal would mean Alt with the key. The palette runs the chosen command.
    terminal.press("\u{1b}:");
    terminal.shows("Command");
    terminal.press("database\r");
    terminal.shows("bookmark-manager-staging-db");
    terminal.press("2y");
    until("the clipboard", PATIENCE, || {
        let copied = terminal.shown.lock().unwrap().callbacks().asked_clipboard.clone();
        (!copied.is_empty()).then_some(copied)
    });
    terminal.press("\u{1}");
    terminal.shows("Activity");
    terminal.press(ESC);
    terminal.hides("Activity");
    terminal.press("z");
    terminal.shows("NAME");
    terminal.press("z");
    terminal.press("s");
    terminal.shows("sorted by name");
    terminal.press("p");
    terminal.shows("PAUSED");
    terminal.press("p");
    terminal.hides("PAUSED");
}

#[test]
fn switched_environment_shows_nothing_of_the_previous_one() {
    let (home, world) = (Home::new(), World::staging());
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.press("4");
    terminal.shows("bookmark-manager-staging-db");
    terminal.press("e");
    terminal.shows("Environments");
    terminal.press("j\r");
    terminal.shows("GUARDED");
    terminal.shows("bookmark-manager-prod-aurora");
    assert!(!terminal.text().contains("staging-db"));
}

#[test]
fn every_size_is_drawn_and_a_too_small_one_is_reported() {
    let (home, world) = (Home::new(), World::staging());
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.shows("healthy");
    for (columns, rows) in [(80, 24), (200, 60), (60, 15), (40, 10), (1, 1), (10, 3), (60, 15), (200, 60)] {
        terminal.resize(columns, rows);
        match (columns, rows) {
            (40, 10) => terminal.wait("a word about the size", |text| text.contains("60") && text.contains("15")),
            (..60, _) => {}
            // One block at a time, and a strip that names the others.
            (60, _) => terminal.shows("Services 2"),
            _ => {
                terminal.shows("1 Overview");
                terminal.shows("healthy");
            }
        }
    }
    terminal.press("4");
    terminal.shows("bookmark-manager-staging-db");
}

#[test]
fn mouse_click_opens_its_target() {
    let (home, world) = (Home::new(), World::staging());
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.shows("healthy");
    let place = |terminal: &Terminal, text: &str| -> (usize, usize) {
        until(text, PATIENCE, || {
            let shown = terminal.text();
            let found =
                shown.lines().enumerate().find_map(|(row, line)| Some((line.find(text)?, row, line.to_owned())));
            found.map(|(byte, row, line)| (line[..byte].chars().count() + 1, row + 1))
        })
    };
    let click = |terminal: &mut Terminal, (column, row): (usize, usize)| {
        let mut keys = String::new();
        write!(keys, "\u{1b}[<0;{column};{row}M\u{1b}[<0;{column};{row}m").unwrap();
        terminal.press(&keys);
    };
    let tab = place(&terminal, "2 Services");
    click(&mut terminal, tab);
    terminal.hides("Needs attention");
    let row = place(&terminal, "web");
    click(&mut terminal, row);
    click(&mut terminal, row);
    terminal.shows("Deployments");
}

fn any_service() -> String {
    "[environments.any]\nregion = \"ap-northeast-1\"\naccount = \"123456789012\"\ncluster = \"bookmark-manager-staging-cluster\"\ndatabases = [\"*\"]\n".to_owned()
}

#[test]
fn names_and_events_cannot_send_terminal_escapes() {
    let (home, world) = (Home::with(&any_service()), World::staging());
    let evil = "evil\u{1b}]0;title-of-evil\u{7}\u{1b}[2J\u{9b}31m\u{202e}";
    world.poke(&json!({"rename_service": {"from": SERVICE, "to": evil}}));
    world.poke(&json!({"note": {"service": evil, "text": "event \u{1b}]52;c;ZXZpbA==\u{7}\u{1b}]0;title-of-evil\u{7}\r\n\u{1b}[?1049l"}}));
    let mut terminal = Terminal::on(&home, &world, "--env any");
    terminal.press("2");
    // Truncated in the middle, and shown, not sent.
    terminal.shows("evil␛]0;tit");
    terminal.press("/evil\r\r");
    terminal.shows("Deployments");
    terminal.press("\t\t");
    terminal.shows("event");
    terminal.press("i");
    terminal.shows("evil");
    terminal.press(ESC);
    let shown = terminal.shown.lock().unwrap();
    assert!(shown.callbacks().title.is_empty(), "{:?}", shown.callbacks().title);
    assert!(shown.callbacks().asked_clipboard.is_empty());
    assert!(shown.screen().alternate_screen());
    let raw = terminal.raw.lock().unwrap();
    let raw = String::from_utf8_lossy(&raw);
    for bad in ["\u{1b}]0;", "\u{1b}[2J\u{9b}", "\u{9b}", "\u{202e}", "\u{1b}]52"] {
        assert!(!raw.contains(bad), "{bad:?} is not escaped");
    }
}

#[test]
fn deployment_is_confirmed_and_watched_to_its_verdict() {
    let home = Home::new();
    let mut terminal = Terminal::open(command(&home, None, "demo --scenario staging --speed 20"), 120, 32);
    terminal.press("2");
    terminal.shows("● web");
    terminal.press("j");
    terminal.press("D");
    terminal.shows("runs now");
    terminal.press("c0ffee1\r");
    terminal.shows("[ Deploy ]");
    terminal.shows("● built for amd64");
    // After it could be read, and some time after the previous key.
    terminal.shows("⏎ chooses");
    terminal.press("\r");
    terminal.shows("run ◐ deploy web");
    // While it is running, quitting asks.
    terminal.press("q");
    terminal.shows("[ Stay ]");
    terminal.shows("⏎ chooses");
    terminal.press("\r");
    terminal.shows("DONE  web runs bookmark-manager-staging-web:6 (c0ffee1)");
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn all_scenarios_can_be_shown() {
    let home = Home::new();
    for scenario in Scenario::ALL.iter().filter(|scenario| **scenario != Scenario::Big) {
        let arguments = format!("demo --speed 0 --scenario {}", scenario.name());
        let mut terminal = Terminal::open(command(&home, None, &arguments), 120, 40);
        terminal.shows("SIMULATED");
        terminal.press("2");
        terminal.shows("Services");
        terminal.press("q");
        assert_eq!(terminal.ended(), 0, "{}", scenario.name());
    }
}
