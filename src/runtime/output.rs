//! Standard output and standard error of commands. A pipe that nobody reads holds a write up for as long as it likes:
//! while it does, an interrupt, a signal and `--timeout` end the command all the same.

use super::stop::{self, StopSignal};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{self, IsTerminal as _, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How often a write that is held up looks whether the command is to end.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// How long a reader that takes nothing is waited for after the time of the command is up: what was read until then is whole where the
/// reader is only slow.
const SLOW: Duration = Duration::from_secs(2);

/// A pipe that is ready takes so many bytes without holding the writer up.
pub const PIECE: usize = rustix::pipe::PIPE_BUF;

/// Why a write was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteAborted {
    /// A signal came.
    Signal(StopSignal),
    /// The time of the command is up.
    TimeUp,
}

/// Standard output or standard error, written without blocking the runtime.
#[derive(Debug)]
pub struct Output<Stream> {
    stream: Stream,
    /// Whether what is written there goes through at once, as into a file.
    whole: bool,
    deadline: Option<Instant>,
    given_up: Option<WriteAborted>,
}

impl Output<io::Stdout> {
    /// Standard output, which is waited for until `deadline`.
    pub fn stdout(deadline: Option<Instant>) -> Self {
        Self::new(io::stdout(), deadline)
    }
}

impl Output<io::Stderr> {
    /// Standard error. What cannot be said there is not waited for once the command is to end.
    pub fn stderr() -> Self {
        Self::new(io::stderr(), None)
    }
}

impl<Stream: AsFd> Output<Stream> {
    fn new(stream: Stream, deadline: Option<Instant>) -> Self {
        Self { whole: waits_for_nobody(&stream), stream, deadline, given_up: None }
    }

    /// Why a write was given up, if one was.
    pub fn given_up(&self) -> Option<WriteAborted> {
        self.given_up
    }

    /// Whether it takes a piece within a moment.
    fn ready(&self) -> io::Result<bool> {
        let mut all = [PollFd::new(&self.stream, PollFlags::OUT)];
        match poll(&mut all, Some(&LOOK)) {
            // An end that is closed is ready, too: the write says so.
            Ok(count) => Ok(count > 0),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Why a reader is not waited for any longer that takes nothing since a moment.
    fn over(&self, since: Instant) -> Option<WriteAborted> {
        let is_late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline.max(since) + SLOW);
        stop::came().map(WriteAborted::Signal).or(is_late.then_some(WriteAborted::TimeUp))
    }
}

impl<Stream: AsFd> Write for Output<Stream> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let since = Instant::now();
        while !self.ready()? {
            if let Some(why) = self.over(since) {
                self.given_up = Some(why);
                let text = "nobody reads it, and the command is to end";
                return Err(io::Error::new(io::ErrorKind::TimedOut, text));
            }
        }
        let most = if self.whole { bytes.len() } else { bytes.len().min(PIECE) };
        Ok(rustix::io::write(&self.stream, &bytes[..most])?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Until a stream (`io::stdout`) takes a piece of [`PIECE`] bytes. What goes on meanwhile goes on: a terminal that is held (Ctrl-S)
/// or a pipe that nobody reads for a while holds up nothing but what is to be written there.
pub async fn writable<Stream: AsFd + 'static>(stream: fn() -> Stream) {
    // Where it cannot be asked, the write tells why.
    let takes = move |wait: &Timespec| {
        let stream = stream();
        !matches!(poll(&mut [PollFd::new(&stream, PollFlags::OUT)], Some(wait)), Ok(0) | Err(rustix::io::Errno::INTR))
    };
    if takes(&Timespec { tv_sec: 0, tv_nsec: 0 }) {
        return;
    }
    let (ready, until) = oneshot::channel();
    // A thread that ends soon after nobody waits for it any more.
    tokio::task::spawn_blocking(move || {
        while !ready.is_closed() {
            if takes(&LOOK) {
                let _ = ready.send(());
                return;
            }
        }
    });
    let _ = until.await;
}

/// Whether nobody reads standard output any more. What has nothing to write would not hear of it.
pub fn reader_is_gone() -> bool {
    let stream = io::stdout();
    // That an end is closed is told without being asked for.
    let mut all = [PollFd::new(&stream, PollFlags::empty())];
    let told = poll(&mut all, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|count| count > 0);
    told && all[0].revents().intersects(PollFlags::ERR | PollFlags::HUP)
}

/// Whether a stream is a file: no pipe, no socket, no terminal.
fn waits_for_nobody(stream: &impl AsFd) -> bool {
    let file = stream.as_fd().try_clone_to_owned().map(std::fs::File::from);
    file.is_ok_and(|file| !file.is_terminal() && file.metadata().is_ok_and(|about| about.is_file()))
}
