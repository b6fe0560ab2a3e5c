//! A command of ECS Exec as a process of this machine, if `--allow-commands` permits it. It has its own terminal,
//! created by the system's `script`, and inherits only `PATH` from the environment.

use super::connection::FromConnection;
use bytes::{Bytes, BytesMut};
use ssm_tunnel::message::Size;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

/// The exit code if it cannot be started, as in a shell.
const NOT_FOUND: i32 = 127;

/// On Linux, `script`, `env` and `stty` take different arguments than on macOS and the BSDs, where `script` returns
/// the command's exit code by default. Source: script(1) and stty(1) of util-linux and of FreeBSD.
const UTIL_LINUX: bool = cfg!(target_os = "linux");

/// A running process; dropping it kills it.
#[derive(Debug)]
pub(super) struct Process {
    input: mpsc::UnboundedSender<Bytes>,
    waiting: Arc<AtomicUsize>,
    /// The file in which its terminal's name is written once it has one.
    terminal: PathBuf,
}

impl Process {
    /// Starts a process. Its output and then its exit code go to `out`; `waiting` counts the input it has not read yet.
    pub(super) fn start(command: &str, out: mpsc::Sender<FromConnection>, waiting: Arc<AtomicUsize>) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let terminal = std::env::temp_dir().join(format!("aws-sim-terminal-{}-{number}", std::process::id()));
        let (input, from_input) = mpsc::unbounded_channel();
        // The parent process may ignore Ctrl-C, as shells set it for background jobs; the default is restored.
        let signals = if UTIL_LINUX { "--default-signal=INT,QUIT " } else { "" };
        let line = format!("tty >\"$SIMULATED_TERMINAL\"; unset SIMULATED_TERMINAL; exec env {signals}{command}");
        let arguments: &[&str] = if UTIL_LINUX {
            &["-q", "-e", "-c", &line, "/dev/null"]
        } else {
            &["-q", "/dev/null", "/bin/sh", "-c", &line]
        };
        let child = Command::new("script")
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs([("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("HOME", "/"), ("SHELL", "/bin/sh")])
            .env("SIMULATED_TERMINAL", &terminal)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        let file = terminal.clone();
        let unread = Arc::clone(&waiting);
        tokio::spawn(async move {
            let code = match child {
                Ok(child) => serve(child, &out, from_input, &unread).await,
                Err(error) => {
                    let message = format!("sh: script cannot be started: {error}\r\n");
                    let _ = out.send(FromConnection::Output(message.into())).await;
                    NOT_FOUND
                }
            };
            let _ = std::fs::remove_file(&file);
            let _ = out.send(FromConnection::Exited(code)).await;
        });
        Self { input, waiting, terminal }
    }

    pub(super) fn input(&self, bytes: Bytes) {
        let length = bytes.len();
        self.waiting.fetch_add(length, Ordering::Relaxed);
        if self.input.send(bytes).is_err() {
            self.waiting.fetch_sub(length, Ordering::Relaxed);
        }
    }

    /// Sets the size of its terminal, as soon as there is one.
    pub(super) fn resize(&self, size: Size) {
        let file = self.terminal.clone();
        tokio::spawn(async move {
            for _ in 0..100 {
                let name = std::fs::read_to_string(&file).unwrap_or_default();
                if let Some(name) = name.strip_suffix('\n') {
                    let (columns, rows) = (size.cols.to_string(), size.rows.to_string());
                    let mut stty = Command::new("stty");
                    stty.args([if UTIL_LINUX { "-F" } else { "-f" }, name, "cols", &columns, "rows", &rows])
                        .stdin(Stdio::null());
                    let _ = stty.stdout(Stdio::null()).stderr(Stdio::null()).status().await;
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
    }
}

/// Waits until the process has ended and all its output is read; returns its exit code. Kills it when its input is dropped.
async fn serve(
    mut child: Child,
    out: &mpsc::Sender<FromConnection>,
    mut from_input: mpsc::UnboundedReceiver<Bytes>,
    waiting: &AtomicUsize,
) -> i32 {
    let (Some(mut stdin), Some(mut stdout)) = (child.stdin.take(), child.stdout.take()) else { return NOT_FOUND };
    let writing = async {
        while let Some(bytes) = from_input.recv().await {
            let written = stdin.write_all(&bytes).await;
            waiting.fetch_sub(bytes.len(), Ordering::Relaxed);
            if written.is_err() {
                // It no longer reads; its output is still relevant.
                std::future::pending::<()>().await;
            }
        }
    };
    let reading = async {
        let mut buffer = BytesMut::new();
        loop {
            buffer.reserve(16 << 10);
            match stdout.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {
                    if out.send(FromConnection::Output(buffer.split().freeze())).await.is_err() {
                        return;
                    }
                }
            }
        }
    };
    tokio::select! {
        () = reading => {}
        () = writing => {
            let _ = child.start_kill();
        }
    }
    child.wait().await.ok().and_then(|status| status.code()).unwrap_or(NOT_FOUND)
}
