//! A small shell in a simulated container: a line editor with echo, and a few commands. It runs no process of this machine.

use bytes::Bytes;
use ssm_tunnel::message::Size;

/// The keys that a terminal sends as control characters.
const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;
const BACKSPACE: u8 = 8;
const DELETE: u8 = 127;
/// The exit code of a command ended by Ctrl-C: 128 plus the number of SIGINT.
const INTERRUPTED: i32 = 130;

/// The shell's reaction to an input.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ShellReply {
    pub(super) output: String,
    /// The exit code, once the shell has ended.
    pub(super) exit: Option<i32>,
}

/// The small shell of ECS Exec.
#[derive(Debug)]
pub(super) struct Shell {
    host: String,
    line: Vec<u8>,
    size: Size,
    /// The exit code of the last command.
    last: i32,
    /// Whether a command reads input until its end.
    reading_input: bool,
    /// Whether the shell runs a single command, without a prompt.
    single_command: bool,
}

impl Shell {
    /// Starts a shell that runs `command`: an interactive shell, or a single command. Also returns the initial output.
    pub(super) fn start(command: &str, host: &str) -> (Self, ShellReply) {
        let mut shell = Shell {
            host: host.to_owned(),
            line: Vec::new(),
            size: Size { cols: 80, rows: 24 },
            last: 0,
            reading_input: false,
            single_command: false,
        };
        let name = command.trim();
        if ["sh", "/bin/sh", "bash", "/bin/bash", "ash"].contains(&name) {
            let output = shell.prompt();
            return (shell, ShellReply { output, exit: None });
        }
        shell.single_command = true;
        let reply = shell.command(name);
        let exit = if shell.reading_input { None } else { Some(reply.exit.unwrap_or(shell.last)) };
        (shell, ShellReply { output: reply.output, exit })
    }

    fn prompt(&self) -> String {
        format!("root@{}:/app# ", self.host)
    }

    pub(super) fn resize(&mut self, size: Size) {
        self.size = size;
    }

    /// Processes typed input.
    pub(super) fn input(&mut self, bytes: &Bytes) -> ShellReply {
        let mut reply = ShellReply::default();
        let mut shown: Vec<u8> = Vec::new();
        for byte in bytes {
            if reply.exit.is_some() {
                break;
            }
            match *byte {
                b'\r' | b'\n' => {
                    shown.extend_from_slice(b"\r\n");
                    let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
                    if self.reading_input {
                        shown.extend_from_slice(line.as_bytes());
                        shown.extend_from_slice(b"\r\n");
                        continue;
                    }
                    let answer = self.command(&line);
                    shown.extend_from_slice(answer.output.as_bytes());
                    reply.exit = answer.exit;
                    if reply.exit.is_none() && !self.reading_input {
                        shown.extend_from_slice(self.prompt().as_bytes());
                    }
                }
                CTRL_C => {
                    self.line.clear();
                    self.last = INTERRUPTED;
                    shown.extend_from_slice(b"^C\r\n");
                    reply.exit = self.command_over(INTERRUPTED, &mut shown);
                }
                // As in a terminal, Ctrl-D passes on a partly typed line; only on an empty line it ends the input.
                CTRL_D if self.reading_input && !self.line.is_empty() => shown.append(&mut self.line),
                CTRL_D if self.reading_input => reply.exit = self.command_over(0, &mut shown),
                CTRL_D if self.line.is_empty() => {
                    shown.extend_from_slice(b"exit\r\n");
                    reply.exit = Some(self.last);
                }
                CTRL_D => {}
                BACKSPACE | DELETE => {
                    if let Some((at, _)) = String::from_utf8_lossy(&self.line).char_indices().next_back() {
                        self.line.truncate(at);
                        shown.extend_from_slice(b"\x08 \x08");
                    }
                }
                byte => {
                    self.line.push(byte);
                    shown.push(byte);
                }
            }
        }
        reply.output = String::from_utf8_lossy(&shown).into_owned();
        reply
    }

    /// Ends the command that read the input. A shell for a single command ends with it; otherwise the prompt is shown again.
    fn command_over(&mut self, code: i32, shown: &mut Vec<u8>) -> Option<i32> {
        self.reading_input = false;
        if self.single_command {
            return Some(code);
        }
        shown.extend_from_slice(self.prompt().as_bytes());
        None
    }

    fn command(&mut self, line: &str) -> ShellReply {
        let line = line.trim();
        let line = match line.strip_prefix("sh -c ").or_else(|| line.strip_prefix("/bin/sh -c ")) {
            Some(inner) => inner.trim_matches(['\'', '"']),
            None => line,
        };
        let mut reply = ShellReply::default();
        for part in parts(line).into_iter().map(str::trim).filter(|part| !part.is_empty()) {
            let (output, code, over) = self.run_one(part);
            reply.output.push_str(&output);
            self.last = code;
            if over {
                reply.exit = Some(code);
                break;
            }
        }
        reply
    }

    fn run_one(&mut self, line: &str) -> (String, i32, bool) {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default();
        let rest: Vec<&str> = words.collect();
        let text = match name {
            "exit" => {
                return (String::new(), rest.first().and_then(|code| code.parse().ok()).unwrap_or(self.last), true);
            }
            "false" => return (String::new(), 1, false),
            "true" | ":" => String::new(),
            "echo" => rest.join(" ").replace("$?", &self.last.to_string()).replace(['"', '\''], ""),
            "pwd" => "/app".to_owned(),
            "whoami" => "root".to_owned(),
            "hostname" => self.host.clone(),
            "id" => "uid=0(root) gid=0(root) groups=0(root)".to_owned(),
            "uname" => "Linux".to_owned(),
            "ls" => "Dockerfile  dist  node_modules  package.json".to_owned(),
            "env" => format!("HOME=/root\r\nHOSTNAME={}\r\nNODE_ENV=production\r\nTERM=xterm", self.host),
            "stty" if rest == ["size"] => format!("{} {}", self.size.rows, self.size.cols),
            "cat" if rest.is_empty() => {
                self.reading_input = true;
                return (String::new(), 0, false);
            }
            "cat" => return (format!("cat: {}: No such file or directory\r\n", rest.join(" ")), 1, false),
            other => return (format!("/bin/sh: {other}: not found\r\n"), 127, false),
        };
        (if text.is_empty() { text } else { text + "\r\n" }, 0, false)
    }
}

/// Splits a line into commands at semicolons outside quotes.
fn parts(line: &str) -> Vec<&str> {
    let (mut found, mut begin, mut quote) = (Vec::new(), 0, None);
    for (at, letter) in line.char_indices() {
        match quote {
            Some(open) if open == letter => quote = None,
            None if matches!(letter, '\'' | '"') => quote = Some(letter),
            None if letter == ';' => {
                found.push(&line[begin..at]);
                begin = at + 1;
            }
            Some(_) | None => {}
        }
    }
    found.push(&line[begin..]);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_returns_its_output_and_exit_code() {
        assert_eq!(Shell::start("echo 日本", "h").1, ShellReply { output: "日本\r\n".into(), exit: Some(0) });
        assert_eq!(Shell::start("sh -c 'echo a; exit 3'", "h").1, ShellReply { output: "a\r\n".into(), exit: Some(3) });
        assert_eq!(Shell::start("nothing", "h").1.exit, Some(127));
        let reply = Shell::start("echo 'a;b'; exit 3", "h").1;
        assert_eq!(reply, ShellReply { output: "a;b\r\n".into(), exit: Some(3) });
    }

    #[test]
    fn reading_command_ends_at_ctrl_d_on_an_empty_line_only() {
        let mut shell = Shell::start("cat", "h").0;
        let reply = shell.input(&Bytes::from_static(b"one\ntwo\x04"));
        assert_eq!(reply, ShellReply { output: "one\r\none\r\ntwotwo".into(), exit: None });
        assert_eq!(shell.input(&Bytes::from_static(b"\x04")).exit, Some(0));
        let mut shell = Shell::start("cat", "h").0;
        assert_eq!(shell.input(&Bytes::from_static(b"one\n\x04")).exit, Some(0));
    }

    #[test]
    fn shell_edits_lines_and_exits_with_the_last_code() {
        let (mut shell, first) = Shell::start("/bin/sh", "ip-10-0-0-1");
        assert_eq!(first.output, "root@ip-10-0-0-1:/app# ");
        let reply = shell.input(&Bytes::from_static(b"falsx\x7fe\r"));
        assert!(reply.output.ends_with("# "), "{reply:?}");
        shell.resize(Size { cols: 132, rows: 50 });
        assert!(shell.input(&Bytes::from_static(b"stty size\r")).output.contains("50 132"));
        assert!(shell.input(&Bytes::from_static(b"abc\x03")).output.contains("^C"));
        assert_eq!(shell.input(&Bytes::from_static(b"exit 7\r")).exit, Some(7));
    }
}
