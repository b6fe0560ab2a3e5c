//! A credential helper: the program that `credential_process` of a profile names.
//!
//! It may ask its user, in a browser, by a touch or at the terminal, so that it has a limit of its own, apart
//! from those of requests. What it says on standard error is quoted where it fails. While the screen is taken it
//! gets a session of its own, without a terminal: its questions would be written over the screen, and the answers
//! would be keys. It is ended with the cockpit.

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

/// How long what it printed is still read after its end: what it left running may hold its output open.
const DRAIN: Duration = Duration::from_secs(1);
/// More than this is no answer; longer complaints are cut at their beginning.
const MOST: usize = 64 * 1024;
/// Lines of its standard error that are quoted.
const QUOTED: usize = 3;

/// How long one that is told to end has for it.
pub const HELPER_GRACE: Duration = Duration::from_secs(2);
/// The interval between two looks at whether it has.
const LOOK: Duration = Duration::from_millis(10);

/// Helpers that run or have been told to end, by their process id; whether each leads a group of its own.
static RUNNING: Mutex<BTreeMap<i32, bool>> = Mutex::new(BTreeMap::new());

/// Helpers that were asked and have not answered, also those that nobody waits for any more: how they are named, and what they
/// have said on standard error.
static ASKED: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// The program of a profile.
#[derive(Debug, Clone)]
pub(super) struct Helper {
    /// The profile that names it.
    pub profile: String,
    /// Its command line, for `sh`. It may hold secrets: only [`Self::program`] is shown.
    pub command: secrecy::SecretString,
}

/// A program that runs; it is ended when this is dropped before its end.
struct Running {
    pid: Pid,
    alone: bool,
}

impl Running {
    fn new(pid: Pid, alone: bool) -> Self {
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).insert(pid.as_raw_pid(), alone);
        Self { pid, alone }
    }

    /// Marks the program as ended by itself.
    fn ended(self) {
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.pid.as_raw_pid());
        std::mem::forget(self);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        send(self.pid, self.alone, Signal::TERM);
        // Where nothing is carried out any more it is ended with the cockpit.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(end(self.pid, self.alone));
        }
    }
}

/// Ends one that was told to: after a while nobody asks.
async fn end(pid: Pid, alone: bool) {
    let limit = Instant::now() + HELPER_GRACE;
    while runs(pid, alone) && Instant::now() < limit {
        tokio::time::sleep(LOOK).await;
    }
    if runs(pid, alone) {
        send(pid, alone, Signal::KILL);
    }
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).remove(&pid.as_raw_pid());
}

/// Sends a signal to the program, and to all that it started where that is a group of its own.
fn send(pid: Pid, alone: bool, signal: Signal) {
    // A moment after its start it may not have its group yet.
    if !alone || kill_process_group(pid, signal).is_err() {
        let _ = kill_process(pid, signal);
    }
}

/// Whether something of it runs.
fn runs(pid: Pid, alone: bool) -> bool {
    // One that nobody has waited for is there as if it ran.
    let _ = waitpid(Some(pid), WaitOptions::NOHANG);
    test_kill_process(pid).is_ok() || (alone && test_kill_process_group(pid).is_ok())
}

/// Sends a signal to every helper that runs.
pub fn tell_helpers(signal: Signal) {
    for (pid, alone) in RUNNING.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        if let Some(pid) = Pid::from_raw(*pid) {
            send(pid, *alone, signal);
        }
    }
}

/// Whether a helper runs; those that have ended are forgotten.
pub fn helpers_run() -> bool {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running.retain(|pid, alone| Pid::from_raw(*pid).is_some_and(|pid| runs(pid, *alone)));
    !running.is_empty()
}

/// The helpers that were asked and have not answered, ``"`aws-vault` (credential_process of profile `work`)"``, each with what it
/// has said on standard error, `": touch your key"`, or nothing.
pub fn helpers_asked() -> Vec<(String, String)> {
    let asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    asked.iter().map(|(helper, said)| (helper.clone(), said.clone())).collect()
}

/// Keeps what one has said while it is waited for.
fn hears(named: &str, complaint: &[u8]) {
    if let Some(said) = ASKED.lock().unwrap_or_else(PoisonError::into_inner).get_mut(named) {
        *said = quoted(complaint);
    }
}

impl Helper {
    /// The name of its program, without its folder and its arguments.
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

    /// Runs it to its end; `alone`: without a terminal. What it complains of is in the error.
    pub(super) async fn run(&self, limit: Duration, alone: bool) -> Result<Credentials, String> {
        use secrecy::ExposeSecret as _;
        let program = self.program();
        if program.is_empty() {
            return Err(format!("`credential_process` of profile `{}` names no program", self.profile));
        }
        let named = format!("`{program}` (credential_process of profile `{}`)", self.profile);
        // Where there is no terminal anyway, a session of its own lets all that it starts be ended with it.
        let alone = alone || std::fs::File::open("/dev/tty").is_err();
        let mut command = if alone { alone_shell() } else { tokio::process::Command::new("sh") };
        command.arg("-c").arg(itself(self.command.expose_secret())).stdout(Stdio::piped()).stderr(Stdio::piped());
        // At the terminal it may ask, as it does for the AWS CLI.
        command.stdin(if alone { Stdio::null() } else { Stdio::inherit() });
        let mut child = command.spawn().map_err(|error| format!("{named} cannot be started: {error}"))?;
        ASKED.lock().unwrap_or_else(PoisonError::into_inner).insert(named.clone(), String::new());
        let running =
            child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)).map(|pid| Running::new(pid, alone));
        let (mut answer, mut complaint) = (Vec::new(), Vec::new());
        let status = {
            let (out, err) = (child.stdout.take(), child.stderr.take());
            let hears = |said: &[u8]| hears(&named, said);
            let reading = async { tokio::join!(read(out, &mut answer, |_| ()), read(err, &mut complaint, hears)) };
            tokio::pin!(reading);
            let whole = async {
                tokio::select! {
                    _ = &mut reading => child.wait().await,
                    status = child.wait() => {
                        let _ = tokio::time::timeout(DRAIN, &mut reading).await;
                        status
                    }
                }
            };
            tokio::time::timeout(limit, whole).await
        };
        ASKED.lock().unwrap_or_else(PoisonError::into_inner).remove(&named);
        let said = quoted(&complaint);
        let Ok(status) = status else {
            drop(running);
            // What is left of a limit after the way here is a moment short of it.
            let seconds = limit.as_secs_f64().round().max(1.0);
            let limit = crate::model::time::spoken(jiff::SignedDuration::from_secs_f64(seconds));
            return Err(format!("{named} did not end within {limit} and was ended{said}"));
        };
        let status = status.map_err(|error| format!("{named} was lost: {error}"))?;
        if let Some(running) = running {
            running.ended();
        }
        if !status.success() {
            return Err(format!("{named} failed ({status}){said}"));
        }
        parsed(&answer).map_err(|why| format!("{named} gave no credentials: {why}{said}"))
    }
}

/// A command line for `sh`: one that is a single program becomes the shell's own process, so that ending that
/// process ends the program.
fn itself(command: &str) -> String {
    let single = !command.contains([';', '&', '|', '<', '>', '(', ')', '{', '}', '`', '=', '\n']);
    if single { format!("exec {}", command.trim()) } else { command.to_owned() }
}

/// A shell in a session of its own, and so without the terminal of this one. No safe call makes one for a process
/// that is started, so a small program does: `setsid` where there is one (Linux), else Perl (macOS has it). With
/// neither it has at least a group of its own, which may not read from the terminal.
fn alone_shell() -> tokio::process::Command {
    let found = |name: &str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
    };
    if found("setsid") {
        // It is no leader of a group, so `setsid` becomes the shell and keeps its process id.
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

async fn read(stream: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>, heard: impl Fn(&[u8])) {
    let Some(mut stream) = stream else { return };
    let mut piece = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut piece).await {
        into.extend_from_slice(&piece[..count]);
        if into.len() > MOST {
            into.drain(..into.len() - MOST);
        }
        heard(into.as_slice());
    }
}

/// The last lines of its standard error.
fn quoted(complaint: &[u8]) -> String {
    let text = String::from_utf8_lossy(complaint);
    let lines: Vec<&str> = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = lines[lines.len().saturating_sub(QUOTED)..].join("; ");
    if last.is_empty() { String::new() } else { format!(": {}", clean(&last)) }
}

/// The answer in the form that the AWS CLI documents; names of members in any case, as the SDKs take them.
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
        Some((_, Some(other))) => return Err(format!("its answer has version {other}, and 1 is known")),
        Some((serde_json::Value::String(text), None)) if text.trim() == "1" => {
            return Err("`Version` of its answer is the text \"1\", and is to be the number 1".to_owned());
        }
        Some((_, None)) => return Err("`Version` of its answer is not the number 1".to_owned()),
        None => return Err("its answer has no `Version`".to_owned()),
    }
    let needed = |name: &str| text(name).ok_or_else(|| format!("its answer has no `{name}`"));
    let expires = match text("Expiration") {
        None if member("Expiration").is_some_and(|said| !said.is_string()) => {
            return Err("its `Expiration` is not a text with a time".to_owned());
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
    fn only_the_name_of_the_program_is_shown() {
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
    fn answers_are_taken_as_the_aws_cli_takes_them() {
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
            let said = parsed(wrong).unwrap_err();
            assert!(said.contains(why) || why == "no JSON object", "{said}");
        }
    }

    #[tokio::test]
    async fn what_it_complains_of_is_quoted_and_what_hangs_is_ended() {
        let said = helper(" ").run(Duration::from_mins(1), true).await.unwrap_err();
        assert!(said.contains("`credential_process` of profile `work` names no program"), "{said}");
        let said = helper("echo one >&2; echo 'MFA code is wrong' >&2; exit 3").run(Duration::from_mins(1), true).await;
        let said = said.unwrap_err();
        assert!(said.contains("MFA code is wrong") && said.contains("exit status: 3"), "{said}");
        let said = helper("echo 'touch the key' >&2; sleep 600 & wait").run(Duration::from_millis(300), true).await;
        assert!(said.unwrap_err().contains("did not end within"), "what it waits for is not for ever");
    }

    #[tokio::test]
    async fn what_it_started_ends_with_it_though_it_does_not_listen() {
        let file = std::env::temp_dir().join(format!("cockpit-helper-{}", std::process::id()));
        // What ignores a signal has children that ignore it.
        let script = format!("trap '' TERM; sleep 600 & echo $! > '{}'; wait", file.display());
        // It may be slow to start on a busy machine: tried until it was there in time.
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
            assert!(Instant::now() < limit, "the child runs on");
            tokio::time::sleep(LOOK).await;
        }
        let _ = std::fs::remove_file(file);
    }

    #[tokio::test]
    async fn it_has_no_terminal_while_the_screen_is_taken() {
        // Without a controlling terminal this cannot be opened, whoever runs the test.
        let said = helper("exec </dev/tty").run(Duration::from_mins(1), true).await.unwrap_err();
        assert!(said.contains("/dev/tty"), "{said}");
    }
}
