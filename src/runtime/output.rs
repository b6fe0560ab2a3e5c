//! Standard output and standard error of commands. Writing to a pipe blocks while nobody reads it. These writers stay
//! interruptible: a signal or `--timeout` ends the command even then.

use super::stop::{self, StopSignal};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{self, IsTerminal as _, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How often a blocked write checks whether the command should stop.
const POLL_INTERVAL: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// How long to wait for a stalled reader after the command's time limit has passed, so that a reader that is only slow gets
/// complete output.
const READER_GRACE: Duration = Duration::from_secs(2);

/// The number of bytes that a writable pipe accepts without blocking the writer.
pub const PIECE: usize = rustix::pipe::PIPE_BUF;

/// Why a write was aborted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteAborted {
    /// A signal arrived.
    Signal(StopSignal),
    /// The time limit of the command has passed.
    TimeUp,
}

/// Standard output or standard error, written without blocking the runtime.
#[derive(Debug)]
pub struct Output<Stream> {
    stream: Stream,
    /// Whether writes complete at once, as into a file.
    never_blocks: bool,
    deadline: Option<Instant>,
    given_up: Option<WriteAborted>,
}

impl Output<io::Stdout> {
    /// Standard output; a blocked write is aborted after `deadline`.
    pub fn stdout(deadline: Option<Instant>) -> Self {
        Self::new(io::stdout(), deadline)
    }
}

impl Output<io::Stderr> {
    /// Standard error; a blocked write is aborted when the command should end.
    pub fn stderr() -> Self {
        Self::new(io::stderr(), None)
    }
}

impl<Stream: AsFd> Output<Stream> {
    fn new(stream: Stream, deadline: Option<Instant>) -> Self {
        Self { never_blocks: is_regular_file(&stream), stream, deadline, given_up: None }
    }

    /// Returns why a write was aborted, if one was.
    pub fn aborted_by(&self) -> Option<WriteAborted> {
        self.given_up
    }

    /// Waits briefly for the stream to become writable; false if it did not.
    fn ready(&self) -> io::Result<bool> {
        let mut fds = [PollFd::new(&self.stream, PollFlags::OUT)];
        match poll(&mut fds, Some(&POLL_INTERVAL)) {
            // A closed pipe polls as ready; the write then returns the error.
            Ok(count) => Ok(count > 0),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns why to stop waiting for a reader that has read nothing since `since`.
    fn abort_reason(&self, since: Instant) -> Option<WriteAborted> {
        let is_late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline.max(since) + READER_GRACE);
        stop::received_signal().map(WriteAborted::Signal).or(is_late.then_some(WriteAborted::TimeUp))
    }
}

impl<Stream: AsFd> Write for Output<Stream> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let since = Instant::now();
        while !self.ready()? {
            if let Some(why) = self.abort_reason(since) {
                self.given_up = Some(why);
                let text = "nobody reads it, and the command is to end";
                return Err(io::Error::new(io::ErrorKind::TimedOut, text));
            }
        }
        let length = if self.never_blocks { bytes.len() } else { bytes.len().min(PIECE) };
        Ok(rustix::io::write(&self.stream, &bytes[..length])?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Waits until a stream (`io::stdout`) accepts [`PIECE`] bytes. Everything else continues: a paused terminal (Ctrl-S) or a pipe
/// that nobody reads for a while delays only its own output.
pub async fn wait_until_writable<Stream: AsFd + 'static>(stream: fn() -> Stream) {
    // If polling fails, the write returns the error.
    let is_writable = move |wait: &Timespec| {
        let stream = stream();
        !matches!(poll(&mut [PollFd::new(&stream, PollFlags::OUT)], Some(wait)), Ok(0) | Err(rustix::io::Errno::INTR))
    };
    if is_writable(&Timespec { tv_sec: 0, tv_nsec: 0 }) {
        return;
    }
    let (ready, until) = oneshot::channel();
    // This thread ends soon after the waiter is dropped.
    tokio::task::spawn_blocking(move || {
        while !ready.is_closed() {
            if is_writable(&POLL_INTERVAL) {
                let _ = ready.send(());
                return;
            }
        }
    });
    let _ = until.await;
}

/// Whether the reader of standard output is gone. Without a write, nothing else would report that.
pub fn reader_is_gone() -> bool {
    let stream = io::stdout();
    // Errors and hang-ups are reported without being requested.
    let mut fds = [PollFd::new(&stream, PollFlags::empty())];
    let is_closed = poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|count| count > 0);
    is_closed && fds[0].revents().intersects(PollFlags::ERR | PollFlags::HUP)
}

/// Whether a stream is a regular file: not a pipe, socket or terminal.
fn is_regular_file(stream: &impl AsFd) -> bool {
    let file = stream.as_fd().try_clone_to_owned().map(std::fs::File::from);
    file.is_ok_and(|file| !file.is_terminal() && file.metadata().is_ok_and(|about| about.is_file()))
}
