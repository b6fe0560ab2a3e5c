//! A credential helper: the program that a profile's `credential_process` names.
//!
//! It may prompt its user, in a browser, by a touch or at the terminal, so it has its own time limit, separate
//! from those of requests. If it fails, its standard error is quoted. While the screen is in use it
//! gets its own session without a terminal: otherwise its prompts would overwrite the screen, and the answers
//! would be read as keys. It ends with the cockpit.

use super::failure::clean;
use aws_credential_types::Credentials;
use jiff::Timestamp;
use rustix::process::{
    Pid, Signal, WaitOptions, kill_process, kill_process_group, test_kill_process, test_kill_process_group, waitpid,
};
use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// How long its output is still read after its end: processes it left running may hold the output open.
const DRAIN: Duration = Duration::from_secs(1);
/// Maximum number of bytes of an answer; longer error output is cut at its beginning.
const MAX: usize = 64 * 1024;
/// Number of quoted lines of its standard error.
const QUOTED: usize = 3;

/// How long a helper has to end after SIGTERM.
pub const HELPER_GRACE: Duration = Duration::from_secs(2);
/// The interval between checks whether it has ended.
const POLL: Duration = Duration::from_millis(10);

/// Running helpers and those being terminated, by process id; whether each leads its own process group.
static RUNNING: Mutex<BTreeMap<i32, bool>> = Mutex::new(BTreeMap::new());

/// Started helpers that have not answered, including abandoned ones: their names in messages, and their
/// standard error so far.
static UNANSWERED: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// The helper program of a profile.
#[derive(Debug, Clone)]
pub(super) struct Helper {
    /// The profile that names it.
    pub profile: String,
    /// Its command line for `sh`. It may contain secrets: only [`Self::program`] is shown.
    pub command: secrecy::SecretString,
}

/// A running helper; dropping this before its end terminates it.
struct Running {
    pid: Pid,
    detached: bool,
}

impl Running {
    fn new(pid: Pid, detached: bool) -> Self {
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).insert(pid.as_raw_pid(), detached);
        Self { pid, detached }
    }

    /// Marks the program as ended, so that it is not terminated.
    fn ended(self) {
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.pid.as_raw_pid());
        std::mem::forget(self);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        send(self.pid, self.detached, Signal::TERM);
        // Without a running runtime it is terminated together with the cockpit.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(end(self.pid, self.detached));
        }
    }
}

/// Waits until a terminated program has ended, and kills it after the grace period.
async fn end(pid: Pid, detached: bool) {
    let limit = Instant::now() + HELPER_GRACE;
    while runs(pid, detached) && Instant::now() < limit {
        tokio::time::sleep(POLL).await;
    }
    if runs(pid, detached) {
        send(pid, detached, Signal::KILL);
    }
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).remove(&pid.as_raw_pid());
}

/// Sends a signal to the program, or to its whole process group if it leads one.
fn send(pid: Pid, detached: bool, signal: Signal) {
    // Shortly after its start it may not lead its group yet.
    if !detached || kill_process_group(pid, signal).is_err() {
        let _ = kill_process(pid, signal);
    }
}

/// Whether any process of it runs.
fn runs(pid: Pid, detached: bool) -> bool {
    // A zombie would count as running.
    let _ = waitpid(Some(pid), WaitOptions::NOHANG);
    test_kill_process(pid).is_ok() || (detached && test_kill_process_group(pid).is_ok())
}

/// Sends a signal to every running helper.
pub fn signal_helpers(signal: Signal) {
    for (pid, detached) in RUNNING.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        if let Some(pid) = Pid::from_raw(*pid) {
            send(pid, *detached, signal);
        }
    }
}

/// Whether any helper runs; removes those that have ended.
pub fn has_running_helpers() -> bool {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running.retain(|pid, detached| Pid::from_raw(*pid).is_some_and(|pid| runs(pid, *detached)));
    !running.is_empty()
}

/// Returns the started helpers that have not answered, ``"`aws-vault` (credential_process of profile `work`)"``, each with its
/// standard error so far: `": touch your key"`, or empty.
pub fn pending_helpers() -> Vec<(String, String)> {
    let unanswered = UNANSWERED.lock().unwrap_or_else(PoisonError::into_inner);
    unanswered.iter().map(|(helper, output)| (helper.clone(), output.clone())).collect()
}

/// Stores the error output of a helper while it runs.
fn store_complaint(named: &str, complaint: &[u8]) {
    if let Some(output) = UNANSWERED.lock().unwrap_or_else(PoisonError::into_inner).get_mut(named) {
        *output = quoted(complaint);
    }
}

impl Helper {
    /// The name of its program, without folder and arguments.
    pub(super) fn program(&self) -> String {
        use secrecy::ExposeSecret as _;
        let command = self.command.expose_secret().trim();
        let (quote, rest) = match command.chars().next() {
            Some(quote @ ('"' | '\'')) => (Some(quote), &command[1..]),
            _ => (None, command),
        };
        let end = rest.find(|c: char| quote.map_or(c.is_whitespace(), |quote| c == quote));
        let word = &rest[..end.unwrap_or(rest.len())];
        clean(word.rsplit('/').next().unwrap_or(word))
    }

    /// Runs it to its end; `detached`: without a terminal. The error contains its error output.
    pub(super) async fn run(&self, limit: Duration, detached: bool) -> Result<Credentials, String> {
        use secrecy::ExposeSecret as _;
        let program = self.program();
        if program.is_empty() {
            return Err(format!("`credential_process` of profile `{}` names no program", self.profile));
        }
        let named = format!("`{program}` (credential_process of profile `{}`)", self.profile);
        // Without a terminal anyway, its own session allows all its child processes to be terminated with it.
        let detached = detached || std::fs::File::open("/dev/tty").is_err();
        let mut command = if detached { detached_shell() } else { tokio::process::Command::new("sh") };
        command.arg("-c").arg(exec_form(self.command.expose_secret())).stdout(Stdio::piped()).stderr(Stdio::piped());
        // At a terminal it may prompt, as it does for the AWS CLI.
        command.stdin(if detached { Stdio::null() } else { Stdio::inherit() });
        let mut child = command.spawn().map_err(|error| format!("{named} cannot be started: {error}"))?;
        UNANSWERED.lock().unwrap_or_else(PoisonError::into_inner).insert(named.clone(), String::new());
        let running =
            child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)).map(|pid| Running::new(pid, detached));
        let (mut answer, mut complaint) = (Vec::new(), Vec::new());
        let status = {
            let (out, err) = (child.stdout.take(), child.stderr.take());
            let store_complaint = |complaint_so_far: &[u8]| store_complaint(&named, complaint_so_far);
            let reading =
                async { tokio::join!(read(out, &mut answer, |_| ()), read(err, &mut complaint, store_complaint)) };
            tokio::pin!(reading);
            let exit = async {
                tokio::select! {
                    _ = &mut reading => child.wait().await,
                    status = child.wait() => {
                        let _ = tokio::time::timeout(DRAIN, &mut reading).await;
                        status
                    }
                }
            };
            tokio::time::timeout(limit, exit).await
        };
        UNANSWERED.lock().unwrap_or_else(PoisonError::into_inner).remove(&named);
        let quote = quoted(&complaint);
        let Ok(status) = status else {
            drop(running);
            // The remaining limit is slightly below the configured one, so it is rounded.
            let seconds = limit.as_secs_f64().round().max(1.0);
            let limit = crate::model::time::sentence_duration(jiff::SignedDuration::from_secs_f64(seconds));
            return Err(format!("{named} did not end within {limit} and was ended{quote}"));
        };
        let status = status.map_err(|error| format!("{named} was lost: {error}"))?;
        if let Some(running) = running {
            running.ended();
        }
        if !status.success() {
            return Err(format!("{named} failed ({status}){quote}"));
        }
        parsed(&answer).map_err(|why| format!("{named} gave no credentials: {why}{quote}"))
    }
}

/// Prepares a command line for `sh`: a single program replaces the shell's process, so that ending that
/// process ends the program.
fn exec_form(command: &str) -> String {
    let single = !command.contains([';', '&', '|', '<', '>', '(', ')', '{', '}', '`', '=', '\n']);
    if single { format!("exec {}", command.trim()) } else { command.to_owned() }
}

/// A shell in its own session, and so without this process's terminal. No safe call creates a session for a child
/// process, so a small program does: `setsid` if available (Linux), else Perl (part of macOS). Without
/// either it gets at least its own process group, which must not read from the terminal.
fn detached_shell() -> tokio::process::Command {
    let found = |name: &str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
    };
    if found("setsid") {
        // It does not lead a group, so `setsid` becomes the shell and keeps its process id.
        let mut command = tokio::process::Command::new("setsid");
        command.arg("sh");
        command
    } else if found("perl") {
        let mut command = tokio::process::Command::new("perl");
        command.args(["-MPOSIX", "-e", "POSIX::setsid(); exec @ARGV", "sh"]);
        command
    } else {
        let mut command = tokio::process::Command::new("sh");
        command.process_group(0);
        command
    }
}

async fn read(stream: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>, on_data: impl Fn(&[u8])) {
    let Some(mut stream) = stream else { return };
    let mut piece = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut piece).await {
        into.extend_from_slice(&piece[..count]);
        if into.len() > MAX {
            into.drain(..into.len() - MAX);
        }
        on_data(into.as_slice());
    }
}

/// The last lines of its standard error.
fn quoted(complaint: &[u8]) -> String {
    let text = String::from_utf8_lossy(complaint);
    let lines: Vec<&str> = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = lines[lines.len().saturating_sub(QUOTED)..].join("; ");
    if last.is_empty() { String::new() } else { format!(": {}", clean(&last)) }
}

/// Parses the answer in the form documented by the AWS CLI; member names in any case, as the SDKs accept them.
fn parsed(answer: &[u8]) -> Result<Credentials, String> {
    let value: serde_json::Value =
        serde_json::from_slice(answer).map_err(|error| format!("its output is not JSON (line {})", error.line()))?;
    let members = value.as_object().ok_or("its output is not a JSON object")?;
    let member = |name: &str| {
        let found = members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        found.filter(|value| !value.is_null())
    };
    let text =
        |name: &str| member(name).and_then(serde_json::Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    match member("Version").map(|version| (version, version.as_u64())) {
        Some((_, Some(1))) => {}
        Some((_, Some(other))) => return Err(format!("its answer has version {other}, and only 1 is supported")),
        Some((serde_json::Value::String(text), None)) if text.trim() == "1" => {
            return Err("`Version` of its answer is the text \"1\" instead of the number 1".to_owned());
        }
        Some((_, None)) => return Err("`Version` of its answer is not the number 1".to_owned()),
        None => return Err("its answer has no `Version`".to_owned()),
    }
    let needed = |name: &str| text(name).ok_or_else(|| format!("its answer has no `{name}`"));
    let expires = match text("Expiration") {
        None if member("Expiration").is_some_and(|value| !value.is_string()) => {
            return Err("its `Expiration` is not a time in quotes".to_owned());
        }
        None => None,
        Some(at) => {
            let at: Timestamp = at.parse().map_err(|_| "its `Expiration` is not a time".to_owned())?;
            Some(SystemTime::from(at))
        }
    };
    let mut builder = Credentials::builder()
        .access_key_id(needed("AccessKeyId")?)
        .secret_access_key(needed("SecretAccessKey")?)
        .provider_name("credential_process");
    builder.set_session_token(text("SessionToken").map(str::to_owned));
    builder.set_expiry(expires);
    if let Some(account) = text("AccountId") {
        builder = builder.account_id(account);
    }
    Ok(builder.build())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn helper(command: &str) -> Helper {
        Helper { profile: "work".into(), command: command.into() }
    }

    #[test]
    fn only_the_program_name_is_shown() {
        for (command, name) in [
            ("/opt/bin/aws-vault export --format=json work", "aws-vault"),
            ("'/opt/my tools/get keys' --token hush", "get keys"),
            ("granted", "granted"),
            ("", ""),
        ] {
            assert_eq!(helper(command).program(), name);
            assert!(!format!("{:?}", helper(command)).contains("hush"));
        }
    }

    #[test]
    fn answers_are_parsed_as_by_the_aws_cli() {
        let found = parsed(
            br#"{"Version":1,"accessKeyId":"AKIA","SecretAccessKey":"s\n","Expiration":"2099-01-02T03:04:05Z"}"#,
        )
        .unwrap();
        assert_eq!((found.access_key_id(), found.secret_access_key()), ("AKIA", "s"));
        assert!(found.expiry().is_some() && found.session_token().is_none());
        for (wrong, why) in [
            (&b"nothing"[..], "not JSON"),
            (b"[]", "no JSON object"),
            (br#"{"AccessKeyId":"a","SecretAccessKey":"s"}"#, "`Version`"),
            (br#"{"Version":2}"#, "version 2"),
            (br#"{"Version":"1","AccessKeyId":"a","SecretAccessKey":"s"}"#, "the number 1"),
            (br#"{"Version":true}"#, "not the number 1"),
            (br#"{"Version":1,"AccessKeyId":"a","SecretAccessKey":"s","Expiration":4070908800}"#, "`Expiration`"),
            (br#"{"Version":1,"AccessKeyId":"a"}"#, "`SecretAccessKey`"),
            (br#"{"Version":1,"AccessKeyId":"a","SecretAccessKey":"s","Expiration":"soon"}"#, "`Expiration`"),
        ] {
            let error = parsed(wrong).unwrap_err();
            assert!(error.contains(why) || why == "no JSON object", "{error}");
        }
    }

    #[tokio::test]
    async fn helper_stderr_is_quoted_and_a_hanging_helper_killed() {
        let error = helper(" ").run(Duration::from_mins(1), true).await.unwrap_err();
        assert!(error.contains("`credential_process` of profile `work` names no program"), "{error}");
        let error =
            helper("echo one >&2; echo 'MFA code is wrong' >&2; exit 3").run(Duration::from_mins(1), true).await;
        let error = error.unwrap_err();
        assert!(error.contains("MFA code is wrong") && error.contains("exit status: 3"), "{error}");
        let error = helper("echo 'touch the key' >&2; sleep 600 & wait").run(Duration::from_millis(300), true).await;
        assert!(error.unwrap_err().contains("did not end within"), "the wait is limited");
    }

    #[tokio::test]
    async fn children_of_a_helper_are_killed_even_if_they_ignore_signals() {
        let file = std::env::temp_dir().join(format!("cockpit-helper-{}", std::process::id()));
        // Children of a process that ignores a signal ignore it too.
        let script = format!("trap '' TERM; sleep 600 & echo $! > '{}'; wait", file.display());
        // It may start slowly on a busy machine: repeated until it was running in time.
        let mut child = None;
        for _ in 0..30 {
            helper(&script).run(Duration::from_secs(1), true).await.unwrap_err();
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            child = text.trim().parse().ok().and_then(Pid::from_raw);
            if child.is_some() {
                break;
            }
        }
        let child = child.expect("it was started");
        let limit = Instant::now() + Duration::from_mins(1);
        while test_kill_process(child).is_ok() {
            assert!(Instant::now() < limit, "the child keeps running");
            tokio::time::sleep(POLL).await;
        }
        let _ = std::fs::remove_file(file);
    }

    #[tokio::test]
    async fn helper_has_no_terminal_while_the_screen_is_in_use() {
        // Without a controlling terminal this cannot be opened, whoever runs the test.
        let error = helper("exec </dev/tty").run(Duration::from_mins(1), true).await.unwrap_err();
        assert!(error.contains("/dev/tty"), "{error}");
    }
}
