//! Watches over a run: `cockpit run-detached FOLDER`. It starts the program, writes down what it prints and how it ends,
//! and passes on that it is to stop. It never ends it.

use super::folder;
use super::lines::Lines;
use super::start::READY;
use crate::feeds::runs::{Entry, Exit, Phase, State, Stream};
use jiff::Timestamp;
use rustix::process::{Pid, Signal, getpid, getsid, kill_process, setsid};
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

/// Between two looks at what was printed.
const LOOK: Duration = Duration::from_millis(50);
/// Entries wait in memory while they cannot be written, as on a full disk; with so many bytes of them no more is read.
/// What the program prints is in its files meanwhile.
const WAITING: usize = 4 * 1024 * 1024;
/// Rounds of reading before anything else is looked at: a program that prints without end must hear that it is to stop.
const ROUNDS: usize = 16;
/// Tries to write the last entries down, a second apart, before they are left to the program's files.
const LAST_TRIES: u32 = 60;

/// Watches over the run in a folder to its end.
///
/// # Errors
/// When it was not started as a run is, has run before, or its folder cannot be written.
pub async fn watch(folder: &Path) -> io::Result<()> {
    own_session()?;
    let order = folder::order(folder)?;
    if !folder::watched(folder)? {
        return Err(io::Error::other("nothing holds its lock: a run is started by the cockpit, not by hand"));
    }
    let events = folder::new_file(&folder.join(folder::EVENTS))?;
    // Whoever is told to end as everything else is asks the program to stop; a terminal that closes is not ours.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let _hangup = signal(SignalKind::hangup())?;
    let state = State {
        schema: folder::SCHEMA.to_owned(),
        argv: order.argv.clone(),
        state: Phase::Running,
        pid: std::process::id(),
        program_pid: None,
        started: Timestamp::now(),
        ended: None,
        exit: None,
        lines: 0,
        cut: 0,
    };
    folder::write_state(folder, &state)?;
    let mut watch = Watch { folder: folder.to_owned(), events, state, waiting: Vec::new(), stop_asked: false };
    let mut out = io::stdout();
    // Nobody may listen any more.
    let _ = out.write_all(READY.as_bytes()).and_then(|()| out.flush());
    let (mut child, mut printed) = match program(folder, &order) {
        Ok(started) => started,
        Err(error) => {
            let reason = format!("{} cannot be started: {error}", order.argv.first().map_or("", String::as_str));
            watch.state.state = Phase::NotStarted;
            return watch.end(&Entry::NotStarted { time: Timestamp::now(), reason }).await;
        }
    };
    watch.state.program_pid = child.id();
    watch.tell(&Entry::Started { time: Timestamp::now(), pid: child.id().unwrap_or_default() });
    // It is told again at the end; a full disk must not end what goes on.
    let _ = folder::write_state(folder, &watch.state);
    let mut pause = LOOK;
    let status = loop {
        tokio::select! {
            status = child.wait() => break status,
            _ = interrupt.recv() => watch.stop(&child),
            _ = terminate.recv() => watch.stop(&child),
            () = tokio::time::sleep(pause) => {}
        }
        if folder.join(folder::STOP).exists() {
            watch.stop(&child);
        }
        pause = if watch.take(&mut printed) == Taken::Some { Duration::ZERO } else { LOOK };
    };
    watch.take_rest(&mut printed).await?;
    let exit = status.map_or(Exit { code: None, signal: None }, exit);
    let left_running = folder::program_runs(folder);
    (watch.state.state, watch.state.exit) = (Phase::Ended, Some(exit));
    watch.end(&Entry::Ended { time: Timestamp::now(), exit, left_running }).await?;
    if !left_running {
        for name in [folder::OUT, folder::ERR] {
            std::fs::remove_file(folder.join(name))?;
        }
    }
    Ok(())
}

/// Leaves the session of whoever started it, with its terminal.
fn own_session() -> io::Result<()> {
    match setsid() {
        Ok(_) => Ok(()),
        // It leads one already.
        Err(_) if getsid(None).ok() == Some(getpid()) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Starts the program. What it prints goes to files that it holds locked; it leads a group of its own, so that a signal
/// to this one's is not its.
fn program(folder: &Path, order: &folder::Written) -> io::Result<(Child, [Lines; 2])> {
    let printed = |name: &str| -> io::Result<File> {
        let file = folder::new_file(&folder.join(name))?;
        file.lock()?;
        Ok(file)
    };
    let (out, err) = (printed(folder::OUT)?, printed(folder::ERR)?);
    let lines = |name, stream| Lines::of(&folder.join(name), stream);
    let lines = [lines(folder::OUT, Stream::Out)?, lines(folder::ERR, Stream::Err)?];
    let (name, arguments) = order.argv.split_first().ok_or_else(|| io::Error::other("there is no program to run"))?;
    let mut command = Command::new(name);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::from(out)).stderr(Stdio::from(err)).process_group(0);
    if let Some(place) = &order.folder {
        command.current_dir(place);
    }
    // Its files are let go of here with the command: the program alone has them then.
    Ok((command.spawn()?, lines))
}

fn exit(status: ExitStatus) -> Exit {
    Exit { code: status.code(), signal: status.signal() }
}

/// How much was taken of what was printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// All that is there, and it is written down.
    All,
    /// Some; there is more.
    Some,
    /// What was taken cannot be written down now, or no more be read.
    Stuck,
}

struct Watch {
    folder: PathBuf,
    events: File,
    state: State,
    /// Entries that are not written yet.
    waiting: Vec<u8>,
    stop_asked: bool,
}

impl Watch {
    /// Writes down what happened, now or as soon as that is possible.
    fn tell(&mut self, entry: &Entry) {
        if let Entry::Line { cut, .. } = entry {
            self.state.lines += 1;
            self.state.cut += cut;
        }
        // All entries can be written as JSON: their maps have names as keys.
        if serde_json::to_writer(&mut self.waiting, entry).is_ok() {
            self.waiting.push(b'\n');
        }
    }

    /// Writes what waits, as far as there is room. Whether all of it is written.
    fn write(&mut self) -> bool {
        while !self.waiting.is_empty() {
            match self.events.write(&self.waiting) {
                Ok(0) => return false,
                Ok(count) => drop(self.waiting.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        true
    }

    /// Takes what was printed since.
    fn take(&mut self, printed: &mut [Lines; 2]) -> Taken {
        // Nothing more is read while too much waits: it is in the program's files.
        if !self.write() && self.waiting.len() > WAITING {
            return Taken::Stuck;
        }
        for _ in 0..ROUNDS {
            let mut came = false;
            for lines in &mut *printed {
                match lines.read(Timestamp::now(), |entry| self.tell(&entry)) {
                    Ok(more) => came |= more,
                    Err(_) => return Taken::Stuck,
                }
            }
            if !self.write() {
                return Taken::Stuck;
            }
            if !came {
                return Taken::All;
            }
        }
        Taken::Some
    }

    /// Takes all that is left of what was printed, last lines without an end too.
    async fn take_rest(&mut self, printed: &mut [Lines; 2]) -> io::Result<()> {
        let mut tries = 1;
        loop {
            match self.take(printed) {
                Taken::All => break,
                Taken::Some => {}
                Taken::Stuck if tries == LAST_TRIES => {
                    return Err(io::Error::other("what was printed last cannot be written down"));
                }
                Taken::Stuck => {
                    tries += 1;
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
        for lines in printed {
            if let Some(entry) = lines.last(Timestamp::now()) {
                self.tell(&entry);
            }
        }
        Ok(())
    }

    /// Asks the program to stop, once. It is not waited for yet, so its number is its own.
    fn stop(&mut self, child: &Child) {
        let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let (Some(pid), false) = (pid, self.stop_asked) {
            self.stop_asked = true;
            self.tell(&Entry::StopAsked { time: Timestamp::now() });
            let _ = kill_process(pid, Signal::INT);
        }
    }

    /// Writes the end down. Where it cannot be, the run is lost, and says so by that. Whoever reads of the end finds it
    /// in the state too: that is written first.
    async fn end(&mut self, last: &Entry) -> io::Result<()> {
        self.write_all().await?;
        self.state.ended = Some(Timestamp::now());
        folder::write_state(&self.folder, &self.state)?;
        self.tell(last);
        self.write_all().await?;
        self.events.sync_data()
    }

    /// Writes all that waits.
    async fn write_all(&mut self) -> io::Result<()> {
        let mut tries = 1;
        while !self.write() {
            if tries == LAST_TRIES {
                return Err(io::Error::new(io::ErrorKind::StorageFull, "its end cannot be written down"));
            }
            tries += 1;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Ok(())
    }
}
