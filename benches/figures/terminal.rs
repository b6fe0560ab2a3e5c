//! The product in a pseudo terminal, with the time of each piece of output.

use crate::Result;
use crate::servers::{COCKPIT, Server, World, resident};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::fs;
use std::io::{Read as _, Write};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Columns and rows.
const SIZE: (u16, u16) = (120, 40);

/// A running session.
pub(crate) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    output: Receiver<(Instant, Vec<u8>)>,
    screen: vt100::Parser,
    pub(crate) started: Instant,
    pub(crate) bytes: usize,
}

impl Terminal {
    /// Opens an environment.
    pub(crate) fn open(world: &World, server: &Server, environment: &str, flags: &[&str]) -> Result<Self> {
        let size = PtySize { rows: SIZE.1, cols: SIZE.0, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size)?;
        let mut command = CommandBuilder::new(COCKPIT);
        command.args(["--env", environment]);
        command.args(flags);
        command.env_clear();
        for (name, value) in world.environment(&server.endpoint) {
            command.env(name, value);
        }
        command.cwd(&world.folder);
        let mut reader = pair.master.try_clone_reader()?;
        let keys = pair.master.take_writer()?;
        let (to, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if to.send((Instant::now(), buffer[..count].to_vec())).is_err() {
                    return;
                }
            }
        });
        let started = Instant::now();
        let child = pair.slave.spawn_command(command)?;
        drop(pair.slave);
        let lines = |count: u16| NonZero::new(count).ok_or("a terminal without cells");
        let screen = vt100::Parser::new(lines(SIZE.1)?, lines(SIZE.0)?, 0);
        Ok(Self { child, _master: pair.master, keys, output, screen, started, bytes: 0 })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.process_id().unwrap_or_default()
    }

    /// Reads until the screen satisfies a condition; returns the time of that output.
    pub(crate) fn until(
        &mut self,
        what: &str,
        limit: Duration,
        wanted: impl Fn(&vt100::Screen) -> bool,
    ) -> Result<Instant> {
        let end = Instant::now() + limit;
        loop {
            match self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok((at, bytes)) => {
                    self.take(&bytes);
                    if wanted(self.screen.screen()) {
                        return Ok(at);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    return Err(format!("{what} did not come:\n{}", self.screen.screen().contents()).into());
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(format!("it ended before {what}:\n{}", self.screen.screen().contents()).into());
                }
            }
        }
    }

    /// Reads output for some time.
    pub(crate) fn watch(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while let Ok((_, bytes)) = self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
            self.take(&bytes);
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len();
        self.screen.process(bytes);
    }

    pub(crate) fn screen(&self) -> &vt100::Screen {
        self.screen.screen()
    }

    pub(crate) fn write(&mut self, keys: &str) -> Result<()> {
        self.keys.write_all(keys.as_bytes())?;
        self.keys.flush()?;
        Ok(())
    }

    /// Presses a key; returns the time until the screen shows its effect.
    pub(crate) fn press(&mut self, key: &str) -> Result<Duration> {
        // Earlier output is not the answer to the key.
        while let Ok((_, bytes)) = self.output.try_recv() {
            self.take(&bytes);
        }
        let before = place(self.screen());
        let pressed = Instant::now();
        self.write(key)?;
        let shown =
            self.until(&format!("the answer to {key}"), Duration::from_secs(5), |screen| place(screen) != before)?;
        Ok(shown.saturating_duration_since(pressed))
    }

    /// The resident memory in MB (millions of bytes).
    pub(crate) fn memory(&self) -> Result<f64> {
        resident(self.pid())
    }

    /// The CPU time of all threads.
    pub(crate) fn processor(&self) -> Result<Duration> {
        let mut total = Duration::ZERO;
        for thread in fs::read_dir(format!("/proc/{}/task", self.pid()))? {
            let figures = fs::read_to_string(thread?.path().join("schedstat"))?;
            let nanoseconds: u64 = figures.split(' ').next().unwrap_or_default().parse()?;
            total += Duration::from_nanos(nanoseconds);
        }
        Ok(total)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The position of the user: the title of the first block, and the selected row. Ages, counts and the clock are
/// excluded, because they change by themselves.
fn place(screen: &vt100::Screen) -> (String, Option<(u16, String)>) {
    let words = |row: u16, from: u16, cells: u16| -> String {
        let cell = |column| screen.cell(row, column).map(|cell| cell.contents().to_owned()).unwrap_or_default();
        (from..from + cells).map(cell).collect()
    };
    let title = words(2, 2, 18).chars().filter(|c| c.is_alphabetic()).collect();
    // To the right of the block names in a strip, where the shown one is reversed too.
    let reversed = |row: &u16| screen.cell(*row, 14).is_some_and(vt100::Cell::inverse);
    let selected = (3..SIZE.1).find(reversed).map(|row| (row, words(row, 3, 12)));
    (title, selected)
}
