//! A small shell in a container that is not there: a line editor with an echo, and a handful of commands. It runs no
//! process of this machine.

use bytes::Bytes;
use ssm_tunnel::message::Size;

/// The keys that a terminal sends as control characters.
const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;
const BACKSPACE: u8 = 8;
const DELETE: u8 = 127;
/// The exit code of what Ctrl-C has ended: 128 and the number of SIGINT.
const INTERRUPTED: i32 = 130;

/// The shell's answer to an input.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) output: String,
    /// The exit code, when it is over.
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
    /// A command that reads its input until the end.
    reads: bool,
    /// There is no prompt: it is over with the command that it was started for.
    alone: bool,
}

impl Shell {
    /// One that runs `command`: a shell, or a command that is run and then is over. What it says first.
    pub(super) fn start(command: &str, host: &str) -> (Self, Said) {
        let mut shell = Shell {
            host: host.to_owned(),
            line: Vec::new(),
            size: Size { cols: 80, rows: 24 },
            last: 0,
            reads: false,
            alone: false,
        };
        let name = command.trim();
        if ["sh", "/bin/sh", "bash", "/bin/bash", "ash"].contains(&name) {
            let output = shell.prompt();
            return (shell, Said { output, exit: None });
        }
        shell.alone = true;
        let said = shell.command(name);
        let exit = if shell.reads { None } else { Some(said.exit.unwrap_or(shell.last)) };
        (shell, Said { output: said.output, exit })
    }

    fn prompt(&self) -> String {
        format!("root@{}:/app# ", self.host)
    }

    pub(super) fn resize(&mut self, size: Size) {
        self.size = size;
    }

    /// Takes in what was typed.
    pub(super) fn input(&mut self, bytes: &Bytes) -> Said {
        let mut said = Said::default();
        let mut shown: Vec<u8> = Vec::new();
        for byte in bytes {
            if said.exit.is_some() {
                break;
            }
            match *byte {
                b'\r' | b'\n' => {
                    shown.extend_from_slice(b"\r\n");
                    let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
                    if self.reads {
                        shown.extend_from_slice(line.as_bytes());
                        shown.extend_from_slice(b"\r\n");
                        continue;
                    }
                    let answer = self.command(&line);
                    shown.extend_from_slice(answer.output.as_bytes());
                    said.exit = answer.exit;
                    if said.exit.is_none() && !self.reads {
                        shown.extend_from_slice(self.prompt().as_bytes());
                    }
                }
                CTRL_C => {
                    self.line.clear();
                    self.last = INTERRUPTED;
                    shown.extend_from_slice(b"^C\r\n");
                    said.exit = self.command_over(INTERRUPTED, &mut shown);
                }
                // Like a terminal: the part of a line typed so far is handed over; only an empty one ends the input.
                CTRL_D if self.reads && !self.line.is_empty() => shown.append(&mut self.line),
                CTRL_D if self.reads => said.exit = self.command_over(0, &mut shown),
                CTRL_D if self.line.is_empty() => {
                    shown.extend_from_slice(b"exit\r\n");
                    said.exit = Some(self.last);
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
        said.output = String::from_utf8_lossy(&shown).into_owned();
        said
    }

    /// Ends the command that read the input, and with it a shell that runs alone; else the prompt is shown again.
    fn command_over(&mut self, code: i32, shown: &mut Vec<u8>) -> Option<i32> {
        self.reads = false;
        if self.alone {
            return Some(code);
        }
        shown.extend_from_slice(self.prompt().as_bytes());
        None
    }

    fn command(&mut self, line: &str) -> Said {
        let line = line.trim();
        let line = match line.strip_prefix("sh -c ").or_else(|| line.strip_prefix("/bin/sh -c ")) {
            Some(inner) => inner.trim_matches(['\'', '"']),
            None => line,
        };
        let mut said = Said::default();
        for part in parts(line).into_iter().map(str::trim).filter(|part| !part.is_empty()) {
            let (output, code, over) = self.one(part);
            said.output.push_str(&output);
            self.last = code;
            if over {
                said.exit = Some(code);
                break;
            }
        }
        said
    }

    fn one(&mut self, line: &str) -> (String, i32, bool) {
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
                self.reads = true;
                return (String::new(), 0, false);
            }
            "cat" => return (format!("cat: {}: No such file or directory\r\n", rest.join(" ")), 1, false),
            other => return (format!("/bin/sh: {other}: not found\r\n"), 127, false),
        };
        (if text.is_empty() { text } else { text + "\r\n" }, 0, false)
    }
}

/// The commands of a line. A semicolon in quotes parts none.
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
    fn a_command_says_its_output_and_its_exit_code() {
        assert_eq!(Shell::start("echo 日本", "h").1, Said { output: "日本\r\n".into(), exit: Some(0) });
        assert_eq!(Shell::start("sh -c 'echo a; exit 3'", "h").1, Said { output: "a\r\n".into(), exit: Some(3) });
        assert_eq!(Shell::start("nothing", "h").1.exit, Some(127));
        let said = Shell::start("echo 'a;b'; exit 3", "h").1;
        assert_eq!(said, Said { output: "a;b\r\n".into(), exit: Some(3) });
    }

    #[test]
    fn what_reads_ends_at_the_end_of_input_and_not_at_the_end_of_half_a_line() {
        let mut shell = Shell::start("cat", "h").0;
        let said = shell.input(&Bytes::from_static(b"one\ntwo\x04"));
        assert_eq!(said, Said { output: "one\r\none\r\ntwotwo".into(), exit: None });
        assert_eq!(shell.input(&Bytes::from_static(b"\x04")).exit, Some(0));
        let mut shell = Shell::start("cat", "h").0;
        assert_eq!(shell.input(&Bytes::from_static(b"one\n\x04")).exit, Some(0));
    }

    #[test]
    fn a_shell_edits_lines_and_ends_with_the_last_code() {
        let (mut shell, first) = Shell::start("/bin/sh", "ip-10-0-0-1");
        assert_eq!(first.output, "root@ip-10-0-0-1:/app# ");
        let said = shell.input(&Bytes::from_static(b"falsx\x7fe\r"));
        assert!(said.output.ends_with("# "), "{said:?}");
        shell.resize(Size { cols: 132, rows: 50 });
        assert!(shell.input(&Bytes::from_static(b"stty size\r")).output.contains("50 132"));
        assert!(shell.input(&Bytes::from_static(b"abc\x03")).output.contains("^C"));
        assert_eq!(shell.input(&Bytes::from_static(b"exit 7\r")).exit, Some(7));
    }
}
