//! A command of the configuration, run by the shell. It is written down before it is run, and at its end, whatever it
//! risks: nobody knows what a command line does. One that only looks asks nobody; the others show what will be run.

mod request;
#[cfg(test)]
mod tests;

use super::call::{Answered, Call, Program, Reply};
use super::machine::{Machine, What};
use super::outcome::{Outcome, Verdict};
use super::plan::Plan;
use super::step::{Ctx, Slot, Weight};
use crate::model::risk::Risk;
use jiff::{SignedDuration, Timestamp};
pub use request::{Request, Selected};
use serde_json::{Map, Value, json};

/// The limit of a command in the foreground, which a person stops.
const NO_LIMIT: u64 = 365 * 24 * 60 * 60;
/// The script that runs a command in the foreground: where it fails, its last words stay on the terminal until they
/// were read. The command line is an argument and no part of this text.
const IN_FOREGROUND: &str = r#"sh -c "$1"; code=$?; if [ $code -ne 0 ]; then printf '\n[exit %s] Enter goes back ' $code; read -r _; fi; exit $code"#;

/// The command while it is run.
#[derive(Debug, Clone)]
struct Custom {
    request: Request,
    began: Option<Timestamp>,
    running: bool,
    code: Option<i32>,
    lines: usize,
}

impl From<Request> for What {
    fn from(request: Request) -> Self {
        Box::new(Custom { request, began: None, running: false, code: None, lines: 0 })
    }
}

impl Custom {
    fn program(&self) -> Program {
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        let Request { command, variables, without, through, .. } = &self.request;
        let argv: Vec<String> = if command.foreground {
            words(&["sh", "-c", IN_FOREGROUND, "sh", &command.run])
        } else {
            words(&["sh", "-c", &command.run])
        };
        Program {
            argv: through.iter().flatten().cloned().chain(argv).collect(),
            own: through.is_some(),
            folder: command.folder.clone(),
            variables: variables.clone(),
            without: without.clone(),
            limit_seconds: NO_LIMIT,
            terminal: command.foreground,
            ..Program::default()
        }
    }

    fn plan(&self, ctx: &Ctx<'_>) -> Plan {
        let command = &self.request.command;
        let mut steps = vec![match &command.folder {
            Some(folder) => format!("the shell runs this in {folder}"),
            None => "the shell runs this".to_owned(),
        }];
        for (name, value) in self.request.variables.iter().filter(|(name, _)| name.starts_with("COCKPIT_")) {
            steps.push(format!("{name}={value}"));
        }
        if self.request.through.is_some() {
            steps.push("a tunnel is opened for it, and DATABASE_URL leads through it to the database".to_owned());
        }
        if command.credentials {
            steps.push("it has the credentials of this environment".to_owned());
        }
        Plan {
            title: self.title(),
            steps,
            changes: Vec::new(),
            checks: Vec::new(),
            undo: "whatever it changes, the cockpit does not know how to take it back".to_owned(),
            risk: self.request.risk(),
            writes: Vec::new(),
            programs: vec![command.run.clone()],
            command: ctx.command(&self.typed()),
            offer: None,
        }
    }

    fn ended(&self, how: &str) -> String {
        format!("{}: {how}", self.title())
    }

    fn stopped(&self, why: &str) -> Outcome {
        Outcome::new(Verdict::Failed, self.ended(why)).cause("what it did until then is done")
    }
}

impl Machine for Custom {
    fn clone_box(&self) -> What {
        Box::new(self.clone())
    }

    fn title(&self) -> String {
        self.request.title()
    }

    fn verb(&self) -> &'static str {
        "Run"
    }

    fn typed(&self) -> String {
        self.request.typed()
    }

    fn only_looks(&self) -> bool {
        self.request.risk() == Risk::Read
    }

    fn is_written_down(&self) -> bool {
        true
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>) {
        if !self.only_looks() {
            ctx.plan = Some(self.plan(ctx));
        }
    }

    fn go(&mut self, ctx: &mut Ctx<'_>) {
        self.began = Some(ctx.now);
        self.running = true;
        ctx.say(Weight::Step, self.request.command.run.clone());
        ctx.ask(Slot::Run("command"), Call::Run(self.program()));
    }

    fn reply(&mut self, _: &Slot, answered: Answered, ctx: &mut Ctx<'_>) {
        self.running = false;
        ctx.end = Some(match answered.outcome {
            Ok(Reply::Ended { code, .. }) => {
                self.code = code;
                let lines = match self.lines {
                    _ if self.request.command.foreground => String::new(),
                    0 => ", without a word".to_owned(),
                    1 => ", 1 line".to_owned(),
                    lines => format!(", {lines} lines"),
                };
                match code {
                    Some(0) => Outcome::new(Verdict::Done, self.ended(&format!("exit 0{lines}"))),
                    Some(code) => Outcome::new(Verdict::Failed, self.ended(&format!("exit {code}{lines}"))),
                    None => self.stopped("it was ended by a signal"),
                }
            }
            Ok(_) => Outcome::new(Verdict::Unknown, self.ended("how it ended is not known")),
            Err(failure) => Outcome::new(Verdict::Failed, self.ended("it could not be run")).because(&failure),
        });
    }

    fn output(&mut self, line: &str, ctx: &mut Ctx<'_>) {
        self.lines += 1;
        ctx.say(Weight::Detail, line);
    }

    fn words(&self) -> &'static str {
        "running"
    }

    fn began(&self) -> Option<Timestamp> {
        self.began
    }

    fn limited_since(&self, _: Option<Timestamp>) -> Option<Timestamp> {
        None
    }

    fn took(&self, until: Timestamp) -> Option<SignedDuration> {
        Some(until.duration_since(self.began?))
    }

    fn stoppable(&self) -> bool {
        self.running
    }

    fn stop(&mut self, ctx: &mut Ctx<'_>) {
        self.running = false;
        ctx.end = Some(self.stopped("it was stopped"));
    }

    fn left(&mut self) -> Option<Outcome> {
        Some(if self.running {
            self.stopped("it was stopped, as it was left")
        } else {
            Outcome::new(Verdict::Cancelled, self.ended("it was left before it was run"))
        })
    }

    fn leaving(&self, _: &str) -> String {
        "it will be stopped".to_owned()
    }

    fn record(&self, _: Option<&Plan>) -> (Value, Value) {
        let selected: Map<String, Value> =
            self.request.selected.fields().map(|(word, value)| (word.to_owned(), json!(value))).collect();
        (json!({ "run": self.request.command.run, "selected": selected }), json!({ "exit_code": self.code }))
    }
}
