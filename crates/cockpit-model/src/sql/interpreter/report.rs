//! `\d` commands: their queries are sent one after the other, and the tables printed.

use super::action::{Action, Target};
use super::arguments::Arguments;
use super::state::{Interpreter, Mode, Waiting};
use crate::sql::ServerMessage;
use crate::sql::commands::{Support, find};
use crate::sql::describe::request::Setting;
use crate::sql::describe::{Describe, QueryResult, Step};

/// Returns the number of arguments that a describe command takes.
fn argument_limit(command: &str) -> usize {
    match command.trim_end_matches(['S', '+']) {
        "dl" | "lo_list" => 0,
        "drds" | "dAc" | "dAf" | "dAo" | "dAp" => 2,
        // Argument types follow the name.
        name if name.starts_with("df") || name == "do" => usize::MAX,
        _ => 1,
    }
}

impl Interpreter {
    /// Runs a describe command, or reports that there is no such command.
    pub(super) fn describe(&mut self, name: &str, arguments: &Arguments) {
        let known = find(name);
        if let Some(command) = known
            && let Support::Unsupported(why) = command.support
        {
            self.fail(format!("\\{name} is not supported: {why}"));
            return;
        }
        let texts = arguments.texts();
        if let Some(describe) = Describe::new(name, &texts, &self.setting()) {
            self.go_on(describe);
            // Extra arguments are reported, because they are not shown.
            for extra in texts.iter().skip(argument_limit(name)) {
                self.print(format!("\\{name}: extra argument \"{extra}\" ignored\n"), Target::Errors);
            }
        } else {
            let hint = if self.mode == Mode::Interactive { "\nTry \\? for help." } else { "" };
            self.fail(format!("invalid command \\{name}{hint}"));
        }
    }

    fn setting(&self) -> Setting {
        Setting {
            version: self.version(),
            database: self.server.database.clone(),
            hides_method: self.variables.is_on("HIDE_TABLEAM"),
            hides_compression: self.variables.is_on("HIDE_TOAST_COMPRESSION"),
            quiet: self.variables.is_on("QUIET"),
        }
    }

    fn go_on(&mut self, mut describe: Describe) {
        loop {
            match describe.step() {
                Step::Query(statement) => {
                    let shown = self.variables.get("ECHO_HIDDEN") != Some("off");
                    self.enqueue(Action::Query { statement, shown }, Waiting::Described(Box::new(describe)));
                    return;
                }
                Step::Show(sheet) => {
                    let options = self.sheet_options();
                    self.enqueue(Action::Show { sheet, options }, Waiting::Nothing);
                }
                Step::Print(text) => self.print(format!("{text}\n"), Target::Errors),
                Step::Fail(text) => self.fail(text),
                Step::Done => return,
            }
        }
    }

    pub(super) fn described(&mut self, mut describe: Describe, looked: Result<QueryResult, Box<ServerMessage>>) {
        match looked {
            Ok(looked) => {
                describe.answer(looked);
                self.go_on(describe);
            }
            Err(error) => self.fail(format!("{}: {}", error.severity, error.message)),
        }
    }
}
