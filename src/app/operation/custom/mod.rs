//! A configured command, run by the shell. Its start and end are recorded whatever its risk, because the effect of a
//! command line is unknown. A read-only command runs without confirmation; the others first show what will be run.

mod request;
#[cfg(test)]
mod tests;

use super::call::{Call, CallResult, Program, Reply};
use super::machine::{Machine, NewOperation};
use super::outcome::{Outcome, Verdict};
use super::plan::Plan;
use super::step::{Ctx, Slot, Weight};
use crate::model::risk::Risk;
use jiff::{SignedDuration, Timestamp};
pub use request::{Request, Selected};
use serde_json::{Map, Value, json};

/// The time limit of a foreground command, which is ended by the person.
const NO_LIMIT: u64 = 365 * 24 * 60 * 60;
/// The script that runs a foreground command: if it fails, its last output stays on the terminal until Enter is
/// pressed. The command line is passed as an argument and is not part of this text.
const IN_FOREGROUND: &str = r#"sh -c "$1"; code=$?; if [ $code -ne 0 ]; then printf '\n[exit %s] Enter goes back ' $code; read -r _; fi; exit $code"#;

/// A configured command while it runs.
#[derive(Debug, Clone)]
struct Custom {
    request: Request,
    began: Option<Timestamp>,
    running: bool,
    code: Option<i32>,
    lines: usize,
}

impl From<Request> for NewOperation {
    fn from(request: Request) -> Self {
        Box::new(Custom { request, began: None, running: false, code: None, lines: 0 })
    }
}

impl Custom {
    fn program(&self) -> Program {
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        let Request { command, variables, removed_variables: without, tunnel_arguments: through, .. } = &self.request;
        let argv: Vec<String> = if command.foreground {
            words(&["sh", "-c", IN_FOREGROUND, "sh", &command.run])
        } else {
            words(&["sh", "-c", &command.run])
        };
        Program {
            argv: through.iter().flatten().cloned().chain(argv).collect(),
            runs_itself: through.is_some(),
            folder: command.folder.clone(),
            variables: variables.clone(),
            removed_variables: without.clone(),
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
        if self.request.tunnel_arguments.is_some() {
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
            command: ctx.command(&self.command_line()),
            wider_plan_title: None,
        }
    }

    fn summary(&self, how: &str) -> String {
        format!("{}: {how}", self.title())
    }

    fn stopped_outcome(&self, why: &str) -> Outcome {
        Outcome::new(Verdict::Failed, self.summary(why)).cause("what it did until then is done")
    }
}

impl Machine for Custom {
    fn clone_box(&self) -> NewOperation {
        Box::new(self.clone())
    }

    fn title(&self) -> String {
        self.request.title()
    }

    fn verb(&self) -> &'static str {
        "Run"
    }

    fn command_line(&self) -> String {
        self.request.command_line()
    }

    fn is_read_only(&self) -> bool {
        self.request.risk() == Risk::Read
    }

    fn is_audited(&self) -> bool {
        true
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>) {
        if !self.is_read_only() {
            ctx.plan = Some(self.plan(ctx));
        }
    }

    fn start_changes(&mut self, ctx: &mut Ctx<'_>) {
        self.began = Some(ctx.now);
        self.running = true;
        ctx.log(Weight::Step, self.request.command.run.clone());
        ctx.send_call(Slot::Run("command"), Call::Run(self.program()));
    }

    fn reply(&mut self, _: &Slot, answered: CallResult, ctx: &mut Ctx<'_>) {
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
                    Some(0) => Outcome::new(Verdict::Done, self.summary(&format!("exit 0{lines}"))),
                    Some(code) => Outcome::new(Verdict::Failed, self.summary(&format!("exit {code}{lines}"))),
                    None => self.stopped_outcome("it was ended by a signal"),
                }
            }
            Ok(_) => Outcome::new(Verdict::Unknown, self.summary("how it ended is not known")),
            Err(failure) => Outcome::new(Verdict::Failed, self.summary("it could not be run")).caused_by(&failure),
        });
    }

    fn output(&mut self, line: &str, ctx: &mut Ctx<'_>) {
        self.lines += 1;
        ctx.log(Weight::Detail, line);
    }

    fn activity(&self) -> &'static str {
        "running"
    }

    fn began(&self) -> Option<Timestamp> {
        self.began
    }

    fn limited_since(&self, _: Option<Timestamp>) -> Option<Timestamp> {
        None
    }

    fn duration(&self, until: Timestamp) -> Option<SignedDuration> {
        Some(until.duration_since(self.began?))
    }

    fn stoppable(&self) -> bool {
        self.running
    }

    fn stop(&mut self, ctx: &mut Ctx<'_>) {
        self.running = false;
        ctx.end = Some(self.stopped_outcome("it was stopped"));
    }

    fn abandon(&mut self) -> Option<Outcome> {
        Some(if self.running {
            self.stopped_outcome("it was stopped, as it was left")
        } else {
            Outcome::new(Verdict::Cancelled, self.summary("it was left before it was run"))
        })
    }

    fn quit_note(&self, _: &str) -> String {
        "it will be stopped".to_owned()
    }

    fn record(&self, _: Option<&Plan>) -> (Value, Value) {
        let selected: Map<String, Value> =
            self.request.selected.fields().map(|(word, value)| (word.to_owned(), json!(value))).collect();
        (json!({ "run": self.request.command.run, "selected": selected }), json!({ "exit_code": self.code }))
    }
}
