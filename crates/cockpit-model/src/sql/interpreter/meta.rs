//! The implementation of psql's commands.

use super::action::{Action, Edited, Peer, Target};
use super::arguments::Arguments;
use super::state::{Interpreter, Use, Waiting, Watch};
use crate::sql::commands;
use crate::sql::copy_command;
use crate::sql::format::error::{Context, Verbosity};
use crate::sql::format::{Options, error, options};
use crate::sql::variables::Variables;

/// Commands whose argument is the rest of the line as written.
const WHOLE_LINE: &[&str] = &["!", "copy", "ef", "ev", "h", "help", "sf", "sf+", "sv", "sv+", "if", "elif"];
/// Commands whose arguments keep a `;` at the end.
const KEEPS_SEMICOLONS: &[&str] = &["echo", "qecho", "warn", "set", "prompt", "bind", "f", "pset"];

impl Interpreter {
    /// Parses a command's arguments and runs it.
    pub(super) fn begin_command(&mut self, name: &str, raw: &str) {
        if WHOLE_LINE.contains(&name) {
            // Variables are replaced in conditions, as in arguments.
            let line = if matches!(name, "if" | "elif") {
                match Arguments::read(raw, &self.variables) {
                    Ok(arguments) if arguments.shell().is_some() => return self.with_arguments(name, arguments),
                    Ok(arguments) => arguments.texts().join(" "),
                    Err(why) => return self.fail(why),
                }
            } else {
                raw.trim().to_owned()
            };
            self.whole_line(name, &line);
            return;
        }
        match Arguments::read(raw, &self.variables) {
            Ok(arguments) if KEEPS_SEMICOLONS.contains(&name) => self.with_arguments(name, arguments),
            Ok(arguments) => self.with_arguments(name, arguments.without_semicolons()),
            Err(why) => self.fail(why),
        }
    }

    /// Runs a command, once any backtick commands in its arguments have been run.
    pub(super) fn with_arguments(&mut self, name: &str, arguments: Arguments) {
        if let Some(command) = arguments.shell() {
            let action = Action::Shell { command: command.to_owned(), captured: true };
            self.enqueue(action, Waiting::Shell(name.to_owned(), arguments));
            return;
        }
        if matches!(name, "if" | "elif") {
            self.whole_line(name, &arguments.texts().join(" "));
        } else if !self.statement_command(name, &arguments) && !self.state_command(name, &arguments) {
            self.other_command(name, &arguments);
        }
    }

    fn whole_line(&mut self, name: &str, line: &str) {
        match name {
            "!" => {
                self.enqueue(Action::Shell { command: line.to_owned(), captured: false }, Waiting::Simple);
            }
            "copy" => match copy_command::parse(line) {
                Ok(copy) => {
                    let peer = match copy.peer {
                        copy_command::Peer::Following if copy.reads => self.copy_source(),
                        copy_command::Peer::Following => Peer::Results,
                        copy_command::Peer::Standard => Peer::Standard,
                        copy_command::Peer::File(path) => Peer::File(path),
                        copy_command::Peer::Program(command) => Peer::Program(command),
                    };
                    let options = self.options.clone();
                    self.begun = self.line();
                    self.launch(copy.statement, Use::Show, Target::Results, options, Some(peer));
                }
                Err(why) => self.fail(format!("\\copy: {why}")),
            },
            "h" | "help" => {
                let text = crate::sql::help::text(line.trim_end_matches(';').trim(), self.version());
                self.print(text, Target::Output);
            }
            "if" | "elif" => self.condition(name, line),
            routine => self.routine(routine, line),
        }
    }

    /// Runs commands on the statement.
    fn statement_command(&mut self, name: &str, arguments: &Arguments) -> bool {
        match name {
            "g" | "gx" => self.go(name, arguments),
            "gset" => self.send(Use::Gset(arguments.get(0).unwrap_or_default().to_owned())),
            "gexec" => self.send(Use::Gexec),
            "gdesc" => self.send(Use::Gdesc),
            "crosstabview" => self.send(Use::Crosstab(arguments.texts())),
            "watch" => match watch(&arguments.texts(), self.variables.get("WATCH_INTERVAL")) {
                Ok(_) if self.buffer.trim().is_empty() && self.previous.is_empty() => {
                    self.fail("\\watch cannot be used with an empty query");
                }
                Ok(watch) => self.send(Use::Watch(watch)),
                Err(why) => self.fail(why),
            },
            "bind" => self.bind = Some(arguments.texts()),
            "p" | "print" => {
                let text = if self.buffer.is_empty() { self.previous.clone() } else { self.buffer.clone() };
                match text.trim_end() {
                    "" => self.confirm("Query buffer is empty."),
                    text => self.print(format!("{text}\n"), Target::Output),
                }
            }
            "r" | "reset" => {
                self.reset_buffer();
                self.bind = None;
                self.confirm("Query buffer reset (cleared).");
            }
            "w" | "write" => {
                let Some(target) = target(arguments) else {
                    self.fail(format!("\\{name}: missing required argument"));
                    return true;
                };
                let text = if self.buffer.is_empty() { self.previous.clone() } else { self.buffer.clone() };
                self.enqueue(
                    Action::Write { text: format!("{}\n", text.trim_end_matches('\n')), target },
                    Waiting::Simple,
                );
            }
            "e" | "edit" => {
                let number = |at: usize| arguments.get(at).and_then(|text| text.parse::<usize>().ok());
                let (file, line) = match (arguments.get(0), number(0)) {
                    (Some(file), None) => (Some(file.to_owned()), number(1)),
                    (_, line) => (None, line),
                };
                let text =
                    if self.buffer.is_empty() { self.previous.clone() } else { self.buffer.trim_end().to_owned() };
                let what = file.map_or(Edited::Text(text), Edited::File);
                self.enqueue(Action::Edit { what, line }, Waiting::Edited);
            }
            _ => return false,
        }
        true
    }

    /// `\g` and `\gx`: `(OPTIONS)`, then a file or a command.
    fn go(&mut self, name: &str, arguments: &Arguments) {
        let mut options = self.options.clone();
        let mut texts: Vec<String> = arguments.texts();
        if texts.first().is_some_and(|first| first.starts_with('(')) {
            let Some(end) = texts.iter().position(|text| text.ends_with(')')) else {
                self.fail(format!("\\{name}: missing right parenthesis"));
                return;
            };
            let rest = texts.split_off(end + 1);
            // Each option is one argument, with blanks if it was quoted.
            for (at, option) in texts.iter().enumerate() {
                let option = if at == 0 { &option[1..] } else { option.as_str() };
                let option = if at == end { option.strip_suffix(')').unwrap_or(option) } else { option };
                if option.is_empty() {
                    continue;
                }
                let (name, value) = option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value)));
                if let Err(why) = options.set(name, value) {
                    self.fail(why);
                    return;
                }
            }
            texts = rest;
        }
        if name == "gx" {
            options.expanded = options::Expanded::On;
        }
        let target = match texts.first() {
            Some(first) => match first.strip_prefix('|') {
                // A command is the rest of the line.
                Some(_) => {
                    Target::Pipe(arguments.line.split_once('|').map_or("", |(_, command)| command).trim().into())
                }
                None => Target::File(first.clone()),
            },
            None => Target::Results,
        };
        if self.buffer.trim().is_empty() && self.previous.is_empty() {
            return;
        }
        if self.buffer.trim().is_empty() {
            self.buffer.clone_from(&self.previous);
        }
        self.send_to(Use::Show, target, options);
    }

    /// Runs commands that change the interpreter's state.
    fn state_command(&mut self, name: &str, arguments: &Arguments) -> bool {
        let first = arguments.get(0);
        match name {
            "set" => match first {
                None => {
                    let list = self.variables.list();
                    self.print(list, Target::Output);
                }
                Some(name) => {
                    let value: String = arguments.all.iter().skip(1).map(|argument| argument.text.as_str()).collect();
                    self.set(name, &value);
                }
            },
            "unset" => match first {
                None => self.fail("\\unset: missing required argument"),
                Some(name) => {
                    if let Err(why) = self.variables.unset(name) {
                        self.fail(why);
                    }
                }
            },
            "timing" => {
                match first.map(options::boolean) {
                    None => self.timing = !self.timing,
                    Some(Some(on)) => self.timing = on,
                    Some(None) => {
                        let value = first.unwrap_or_default();
                        self.fail(format!("unrecognized value \"{value}\" for \"\\timing\": Boolean expected"));
                        return true;
                    }
                }
                self.confirm(if self.timing { "Timing is on." } else { "Timing is off." });
            }
            "x" | "t" | "f" | "C" => {
                let name = if name == "f" { "fieldsep" } else { name };
                self.pset(name, first);
            }
            "a" => {
                let aligned = self.options.format == options::Format::Aligned;
                self.pset("format", Some(if aligned { "unaligned" } else { "aligned" }));
            }
            "pset" => match first {
                None => {
                    let list = self.options.list();
                    self.print(list, Target::Output);
                }
                Some(name) => self.pset(name, arguments.get(1)),
            },
            "o" | "out" => {
                self.enqueue(Action::Output(target(arguments).unwrap_or(Target::Output)), Waiting::Simple);
            }
            "restrict" => match first {
                None => self.fail("\\restrict: missing required argument"),
                Some(key) => self.restricted = Some(key.to_owned()),
            },
            "unrestrict" => match (first, &self.restricted) {
                (_, None) => self.fail("\\unrestrict: not currently in restricted mode"),
                (Some(key), Some(restricted)) if key == restricted => self.restricted = None,
                _ => self.fail("\\unrestrict: wrong key"),
            },
            "else" | "endif" => self.condition(name, ""),
            _ => return false,
        }
        true
    }

    fn pset(&mut self, name: &str, value: Option<&str>) {
        match self.options.set(name, value) {
            Ok(confirmation) if confirmation.is_empty() => {}
            Ok(confirmation) => self.confirm(&confirmation),
            Err(why) => self.fail(why),
        }
    }

    /// Runs commands that request something from outside.
    fn other_command(&mut self, name: &str, arguments: &Arguments) {
        let first = arguments.get(0);
        match name {
            "q" | "quit" => self.quit(),
            "echo" | "qecho" | "warn" => self.echo(name, arguments),
            "i" | "include" | "ir" | "include_relative" => self.include(name, first),
            "s" => self.enqueue(Action::History(first.map(str::to_owned)), Waiting::Simple),
            "cd" => self.enqueue(Action::Folder(first.map(str::to_owned)), Waiting::Simple),
            "c" | "connect" => self.connect(arguments),
            "conninfo" => self.conninfo(),
            "encoding" => match first {
                None => self.print("UTF8\n", Target::Output),
                Some(name) if ["utf8", "utf-8", "unicode"].contains(&name.to_ascii_lowercase().as_str()) => {}
                // pg_dumpall writes `\encoding SQL_ASCII` before it connects to a database whose name needs quotes, so that
                // the name's bytes are passed unchanged. That is always the case here.
                Some(name) if name.eq_ignore_ascii_case("sql_ascii") => {}
                Some(name) => self.fail(format!("{name}: the encoding of the client is always UTF8 here")),
            },
            "errverbose" => self.errverbose(),
            "prompt" => {
                let texts = arguments.texts();
                match texts.as_slice() {
                    [] => self.fail("\\prompt: missing required argument"),
                    [name] => self.enqueue(Action::Prompt(String::new()), Waiting::SetVariable(name.clone())),
                    [text, name, ..] => self.enqueue(Action::Prompt(text.clone()), Waiting::SetVariable(name.clone())),
                }
            }
            "getenv" => match (first, arguments.get(1)) {
                (Some(name), Some(variable)) => {
                    self.enqueue(Action::Environment(variable.to_owned()), Waiting::SetVariable(name.to_owned()));
                }
                _ => self.fail("\\getenv: missing required argument"),
            },
            "?" => {
                let text = match first {
                    Some("variables") => Variables::help(),
                    _ => commands::help(),
                };
                self.print(text, Target::Output);
            }
            _ => self.describe(name, arguments),
        }
    }

    fn echo(&mut self, name: &str, arguments: &Arguments) {
        let mut words = arguments.all.as_slice();
        let mut end = "\n";
        if let [first, rest @ ..] = words
            && first.text == "-n"
            && !first.quoted
        {
            (words, end) = (rest, "");
        }
        let texts: Vec<&str> = words.iter().map(|argument| argument.text.as_str()).collect();
        let target = match name {
            "echo" => Target::Output,
            "qecho" => Target::Results,
            _ => Target::Errors,
        };
        self.print(format!("{}{end}", texts.join(" ")), target);
    }

    fn errverbose(&mut self) {
        let (text, target) = match &self.last_error {
            None => ("There is no previous error.\n".to_owned(), Target::Output),
            Some((error_message, statement)) => {
                (error::text(error_message, statement, Verbosity::Verbose, Context::Always), Target::Errors)
            }
        };
        self.print(text, target);
    }

    /// Returns how the server's messages are printed.
    pub fn verbosity(&self) -> (Verbosity, Context) {
        let named = |name: &str| self.variables.get(name).unwrap_or_default().to_owned();
        (
            Verbosity::from_name(&named("VERBOSITY")).unwrap_or_default(),
            Context::named(&named("SHOW_CONTEXT")).unwrap_or_default(),
        )
    }

    /// Returns the options for a table that is not a statement's result: always aligned.
    pub(super) fn sheet_options(&self) -> Box<Options> {
        Box::new(Options { title: None, ..self.options.clone() })
    }
}

/// Returns the file or command named by `\o` or `\w`.
fn target(arguments: &Arguments) -> Option<Target> {
    let line = arguments.line.trim();
    match line.strip_prefix('|') {
        Some(command) => Some(Target::Pipe(command.trim().to_owned())),
        None => arguments.get(0).map(|file| Target::File(file.to_owned())),
    }
}

/// Parses `\watch SECONDS`, or `i=SECONDS c=TIMES m=ROWS`, each at most once. `usual` is the default for the seconds.
fn watch(arguments: &[String], usual: Option<&str>) -> Result<Watch, String> {
    let usual = usual.and_then(|seconds| seconds.parse::<f64>().ok()).unwrap_or(2.0);
    let mut watch = Watch { milliseconds: (usual * 1_000.0) as u64, left: None, least: 0 };
    let mut given: Vec<&str> = Vec::new();
    for argument in arguments {
        let (name, value) = argument.split_once('=').unwrap_or(("i", argument));
        let number = || value.parse::<u64>().ok().filter(|number| *number > 0);
        let what = match name {
            "i" | "interval" => "interval value",
            "c" | "count" => "iteration count",
            "m" | "min_rows" => "minimum row count",
            _ => return Err(format!("\\watch: unrecognized parameter \"{argument}\"")),
        };
        if given.contains(&what) {
            return Err(format!("\\watch: {what} is specified more than once"));
        }
        given.push(what);
        let wrong = || format!("\\watch: incorrect {what} \"{value}\"");
        match what {
            "interval value" => {
                let seconds = value.parse::<f64>().ok().filter(|seconds| (0.0..1_000_000.0).contains(seconds));
                watch.milliseconds = (seconds.ok_or_else(wrong)? * 1_000.0) as u64;
            }
            "iteration count" => watch.left = Some(number().ok_or_else(wrong)?),
            _ => watch.least = number().ok_or_else(wrong)?,
        }
    }
    Ok(watch)
}
