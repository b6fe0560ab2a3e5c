//! Runs the programs of operations: docker, git, hooks. They run without a shell and without a terminal; their output arrives
//! line by line, and their input is passed only to them.
//!
//! Each program leads its own process group, so that everything it started is ended with it: when its time limit passes, when
//! it is left (Ctrl-C, another signal), and when the cockpit ends.

use super::registry;
use crate::app::operation::call::{Program, Reply};
use crate::aws::{HELPER_GRACE, has_running_helpers, signal_helpers};
use crate::infra::run::start::this_program;
use crate::model::{Failure, FailureKind, text};
use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, test_kill_process_group, waitpid};
use secrecy::ExposeSecret as _;
use std::collections::{BTreeSet, VecDeque};
use std::process::{ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

/// Number of lines kept for the answer.
const KEPT_LINES: usize = 200;
/// The maximum length of a line in bytes; longer lines are cut.
const MAX_LINE: usize = 4 * 1024;
/// How long to read a program's output after its end.
const DRAIN: Duration = Duration::from_secs(1);
/// The time between SIGTERM and SIGKILL: a cancelled build removes its containers in that time.
const GRACE: Duration = Duration::from_secs(2);
/// How often to check whether they have ended.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// The process groups of programs that are running or were asked to end, by the process ID of each leader.
static RUNNING: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// A program and all processes that it started. Dropping it before [`Group::ended`] ends them.
struct Group(Pid);

impl Group {
    fn of(child: &Child) -> Option<Self> {
        let pid = Pid::from_raw(i32::try_from(child.id()?).ok()?)?;
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).insert(pid.as_raw_pid());
        Some(Self(pid))
    }

    /// Marks the program as ended by itself. Processes that it left running on purpose stay.
    fn ended(self) {
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0.as_raw_pid());
        std::mem::forget(self);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let pid = self.0;
        if RUNNING.lock().unwrap_or_else(PoisonError::into_inner).contains(&pid.as_raw_pid()) {
            let end = move || end(&[pid], Instant::now() + GRACE);
            // Without a thread, it is ended together with the cockpit.
            let _ = std::thread::Builder::new().name("ends a program".into()).spawn(end);
        }
    }
}

/// Ends process groups with SIGTERM, and with SIGKILL at `limit`.
fn end(groups: &[Pid], limit: Instant) {
    let alive = || {
        groups.iter().copied().filter(|pid| {
            // Reap it: an unreaped process looks as if it ran.
            let _ = waitpid(Some(*pid), WaitOptions::NOHANG);
            test_kill_process_group(*pid).is_ok()
        })
    };
    for pid in alive() {
        let _ = kill_process_group(pid, Signal::TERM);
        // A process that is stopped because it wanted the terminal would not process SIGTERM.
        let _ = kill_process_group(pid, Signal::CONT);
    }
    while alive().next().is_some() && Instant::now() < limit {
        std::thread::sleep(POLL_INTERVAL);
    }
    for pid in alive() {
        let _ = kill_process_group(pid, Signal::KILL);
    }
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running.retain(|id| groups.iter().all(|pid| pid.as_raw_pid() != *id));
}

/// Ends every running program of an operation, with everything that it started, and waits for that: no process of the cockpit
/// outlives it.
pub fn end_programs() {
    let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let groups: Vec<Pid> = running.into_iter().filter_map(Pid::from_raw).collect();
    if !groups.is_empty() {
        end(&groups, Instant::now() + GRACE);
    }
}

/// Ends every running credential helper, and waits for that.
pub fn end_helpers() {
    signal_helpers(Signal::TERM);
    let limit = Instant::now() + HELPER_GRACE;
    while has_running_helpers() && Instant::now() < limit {
        std::thread::sleep(POLL_INTERVAL);
    }
    signal_helpers(Signal::KILL);
}

/// Runs a program to its end. Its output goes to `lines`, unless it is quiet.
pub(super) async fn run(program: Program, lines: impl Fn(String)) -> Result<Reply, Failure> {
    let Some(name) = program.argv.first() else {
        return Err(Failure::new(FailureKind::Other, "there is no program to run"));
    };
    let mut command = command(&program);
    // Deleted with the program: its environment contains no secret.
    let _login = match &program.login {
        Some(login) => Some(registry::prepare(login, &mut command).map_err(|error| {
            Failure::new(FailureKind::Other, format!("{name} cannot be logged in to {}: {error}", login.host))
        })?),
        None => None,
    };
    if program.terminal {
        // In our own process group, because another one could not read the terminal.
        let status = command.status().await.map_err(|error| not_started(name, &program, &error))?;
        return Ok(Reply::Ended { code: status.code(), output: String::new(), left_out: 0 });
    }
    command
        .stdin(if program.input.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let mut child = command.spawn().map_err(|error| not_started(name, &program, &error))?;
    let group = Group::of(&child);
    let mut printed = Printed::default();
    let limit = Duration::from_secs(program.limit_seconds);
    match tokio::time::timeout(limit, until_ended(&mut child, &program, &mut printed, lines)).await {
        Ok(Ok(status)) => {
            if let Some(group) = group {
                group.ended();
            }
            Ok(printed.reply(status))
        }
        Ok(Err(error)) => Err(Failure::new(FailureKind::Other, format!("{name} was lost: {error}"))),
        // Dropping the group ends it.
        Err(_) => {
            let message = format!("{name} did not end within {} s and was ended", program.limit_seconds);
            Err(Failure::new(FailureKind::Timeout, message))
        }
    }
}

/// Builds the command of a program: its arguments, folder and variables.
fn command(program: &Program) -> Command {
    let own = program.runs_itself.then(this_program);
    let (name, arguments) = program.argv.split_first().map_or((None, &[][..]), |(name, rest)| (Some(name), rest));
    let mut command = own.map_or_else(|| Command::new(name.map_or("", String::as_str)), Command::new);
    command
        .args(arguments)
        .envs(program.variables.iter().map(|(name, value)| (name, value)))
        .kill_on_drop(program.terminal);
    let begins: Vec<&str> = program.removed_variables.iter().filter_map(|name| name.strip_suffix('*')).collect();
    let inherited = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let inherited = inherited.filter(|name| begins.iter().any(|begin| name.starts_with(begin)));
    for name in program.removed_variables.iter().cloned().chain(inherited) {
        if program.variables.iter().all(|(set, _)| *set != name) {
            command.env_remove(name);
        }
    }
    if let Some(folder) = &program.folder {
        command.current_dir(folder);
    }
    command
}

/// Passes a program its input and reads its output until it has ended.
async fn until_ended(
    child: &mut Child,
    program: &Program,
    printed: &mut Printed,
    lines: impl Fn(String),
) -> std::io::Result<ExitStatus> {
    let input = child.stdin.take();
    let feeding = async {
        if let (Some(mut input), Some(text)) = (input, &program.input) {
            // A program that ignores its standard input may have closed it.
            let _ = input.write_all(text.expose_secret().as_bytes()).await;
        }
    };
    let (into, mut out) = mpsc::channel::<(bool, String)>(64);
    let stdout = read(child.stdout.take(), false, into.clone());
    let stderr = read(child.stderr.take(), true, into);
    let gathering = async {
        while let Some((error, line)) = out.recv().await {
            if printed.take(error, &line, program.captures_output) {
                lines(line);
            }
        }
    };
    let everything = async { tokio::join!(feeding, stdout, stderr, gathering) };
    tokio::pin!(everything);
    tokio::select! {
        _ = &mut everything => child.wait().await,
        status = child.wait() => {
            // Background processes may keep its output open for any time.
            let _ = tokio::time::timeout(DRAIN, everything).await;
            status
        }
    }
}

/// The end of a program's output.
#[derive(Default)]
struct Printed {
    kept: VecDeque<String>,
    left_out: usize,
    /// The last line of its standard error.
    last_error: String,
}

impl Printed {
    /// Adds a line of its output or its errors. Returns whether to show it at once.
    fn take(&mut self, error: bool, line: &str, quiet: bool) -> bool {
        if error {
            line.clone_into(&mut self.last_error);
        }
        if quiet && error {
            return false;
        }
        if self.kept.len() >= KEPT_LINES {
            self.kept.pop_front();
            self.left_out += 1;
        }
        self.kept.push_back(line.to_owned());
        !quiet
    }

    /// Returns the answer of a program that ended. The last error stands in for the output of a failed program that printed
    /// nothing.
    fn reply(self, status: ExitStatus) -> Reply {
        let mut output: Vec<String> = self.kept.into();
        if output.is_empty() && !status.success() && !self.last_error.is_empty() {
            output.push(self.last_error);
        }
        Reply::Ended { code: status.code(), output: output.join("\n"), left_out: self.left_out }
    }
}

fn not_started(name: &str, program: &Program, error: &std::io::Error) -> Failure {
    let kind = error.kind();
    if kind != std::io::ErrorKind::NotFound {
        return Failure::new(FailureKind::Other, format!("{name} cannot be started: {error}"));
    }
    // A missing folder gives the same error.
    match program.folder.as_deref().filter(|folder| !std::path::Path::new(folder).is_dir()) {
        Some(folder) => Failure::new(FailureKind::Invalid, format!("there is no folder {folder}"))
            .with_hint("name a folder that is there"),
        None => Failure::new(FailureKind::NotFound, format!("there is no {name} on this machine")),
    }
}

/// Sends the lines of a stream; a carriage return ends a line too, as progress bars use it.
async fn read(stream: Option<impl AsyncRead + Unpin>, error: bool, into: mpsc::Sender<(bool, String)>) {
    let Some(stream) = stream else { return };
    let mut reader = BufReader::new(stream);
    let mut bytes = Vec::new();
    loop {
        // Piece by piece, so that an endless line does not fill the memory.
        let (ended, used) = {
            let Ok(piece) = reader.fill_buf().await else { return };
            if let Some(at) = piece.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
                keep(&mut bytes, &piece[..at]);
                (true, at + 1)
            } else {
                keep(&mut bytes, piece);
                (piece.is_empty(), piece.len())
            }
        };
        reader.consume(used);
        if ended {
            let line = String::from_utf8_lossy(&bytes);
            let sent =
                line.trim().is_empty() || into.send((error, text::cut_end(&line, MAX_LINE).into_owned())).await.is_ok();
            if used == 0 || !sent {
                return;
            }
            bytes.clear();
        }
    }
}

/// Collects as much of a line as is shown, and a little more so that the cut is visible.
fn keep(bytes: &mut Vec<u8>, piece: &[u8]) {
    let room = (4 * MAX_LINE).saturating_sub(bytes.len());
    bytes.extend_from_slice(&piece[..piece.len().min(room)]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    fn program(argv: &[&str]) -> Program {
        Program { argv: argv.iter().map(ToString::to_string).collect(), limit_seconds: 30, ..Program::default() }
    }

    #[tokio::test]
    async fn output_arrives_by_line_and_input_is_passed() {
        let seen = RefCell::new(Vec::new());
        let mut program = program(&["sh", "-c", "read word; echo got $word; echo $MARK >&2; exit 3"]);
        program.input = Some("secret\n".to_owned().into());
        program.variables = vec![("MARK".to_owned(), "here".to_owned())];
        let reply = run(program, |line| seen.borrow_mut().push(line)).await.unwrap();
        assert!(matches!(reply, Reply::Ended { code: Some(3), .. }));
        let mut lines = seen.into_inner();
        lines.sort();
        assert_eq!(lines, ["got secret", "here"]);
    }

    #[tokio::test]
    async fn only_the_end_of_a_huge_output_is_kept() {
        let count = RefCell::new(0);
        let script = "yes \"$(printf '%01000d' 7)\" | head -c 100000000; echo the end";
        let reply = run(program(&["sh", "-c", script]), |_| *count.borrow_mut() += 1).await.unwrap();
        let Reply::Ended { code: Some(0), output, left_out } = reply else { panic!("{reply:?}") };
        assert!(count.into_inner() > 99_000);
        assert!(
            output.ends_with("the end") && output.len() < 4 * MAX_LINE * KEPT_LINES && left_out > 99_000,
            "{left_out}"
        );
        // The same without any line end.
        let script = "head -c 100000000 /dev/zero | tr '\\0' x";
        let reply = run(program(&["sh", "-c", script]), |_| {}).await.unwrap();
        let Reply::Ended { code: Some(0), output, left_out: 0 } = reply else { panic!("{reply:?}") };
        assert!(output.len() <= 4 * MAX_LINE, "{}", output.len());
    }

    #[tokio::test]
    async fn excluded_variables_are_not_inherited() {
        let mut program = program(&["sh", "-c", "echo \"[$CARGO_MANIFEST_DIR][$CARGO_PKG_NAME]\""]);
        program.variables = vec![("CARGO_PKG_NAME".to_owned(), "set".to_owned())];
        assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some(), "the test needs an inherited variable");
        for without in [&["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME"][..], &["CARGO_*"]] {
            program.removed_variables = without.iter().map(|name| (*name).to_owned()).collect();
            let reply = run(program.clone(), |_| {}).await.unwrap();
            assert!(matches!(reply, Reply::Ended { code: Some(0), output, .. } if output == "[][set]"), "{without:?}");
        }
    }

    #[tokio::test]
    async fn missing_program_or_folder_is_named() {
        let failure = run(program(&["no-such-program-here"]), |_| {}).await.unwrap_err();
        assert_eq!(failure.message, "there is no no-such-program-here on this machine");
        let mut elsewhere = program(&["sh"]);
        elsewhere.folder = Some("/no/such/folder".to_owned());
        let failure = run(elsewhere, |_| {}).await.unwrap_err();
        assert_eq!(failure.message, "there is no folder /no/such/folder");
    }

    #[tokio::test]
    async fn program_past_its_limit_is_ended() {
        let mut endless = program(&["sleep", "600"]);
        endless.limit_seconds = 0;
        let failure = run(endless, |_| {}).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Timeout);
    }

    #[tokio::test]
    async fn child_processes_are_ended_even_if_they_ignore_sigterm() {
        let printed_id = RefCell::new(String::new());
        let mut endless = program(&["sh", "-c", "trap '' TERM; sleep 600 & echo $!; wait; sleep 600"]);
        endless.limit_seconds = 1;
        let failure = run(endless, |line| *printed_id.borrow_mut() = line).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Timeout);
        let id = printed_id.into_inner();
        // An unreaped process is a zombie.
        let alive = || {
            let ps = std::process::Command::new("ps").args(["-o", "stat=", "-p", &id]).output().unwrap();
            ps.stdout.first().is_some_and(|state| *state != b'Z')
        };
        assert!(!id.is_empty());
        let limit = Instant::now() + Duration::from_mins(1);
        while alive() {
            assert!(Instant::now() < limit, "process {id} is still running");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    #[tokio::test]
    async fn progress_bars_are_lines_and_background_processes_are_not_awaited() {
        let seen = RefCell::new(Vec::new());
        let bar = r#"printf "10%%\r20%%\r"; head -c 100000 /dev/zero | tr "\0" x; echo; echo end; sleep 60 & :"#;
        let reply = run(program(&["sh", "-c", bar]), |line| seen.borrow_mut().push(line)).await.unwrap();
        assert!(matches!(reply, Reply::Ended { code: Some(0), .. }));
        let seen = seen.into_inner();
        assert_eq!(seen[..2], ["10%", "20%"]);
        assert!(seen[2].len() <= MAX_LINE + 3, "{}", seen[2].len());
        assert_eq!(seen[3], "end");
    }

    #[tokio::test]
    async fn quiet_program_reports_no_lines_but_returns_its_output() {
        let mut quiet = program(&["sh", "-c", "echo answer; echo noise >&2"]);
        quiet.captures_output = true;
        let reply = run(quiet, |line| panic!("{line}")).await.unwrap();
        assert!(matches!(reply, Reply::Ended { code: Some(0), output, left_out: 0 } if output == "answer"));
    }

    #[tokio::test]
    async fn end_of_a_long_output_is_kept_and_the_rest_counted() {
        let mut long = program(&["sh", "-c", "i=0; while [ $i -lt 250 ]; do i=$((i+1)); echo $i; done"]);
        long.captures_output = true;
        let Reply::Ended { output, left_out, .. } = run(long, |line| panic!("{line}")).await.unwrap() else { panic!() };
        assert_eq!(left_out, 250 - KEPT_LINES);
        assert_eq!(output.lines().next(), Some("51"));
        assert_eq!(output.lines().last(), Some("250"));
    }
}
