//! `\d` and its like: the questions go out one after the other, the tables come back.

use super::action::{Action, Target};
use super::arguments::Arguments;
use super::state::{Interpreter, Mode, Waiting};
use crate::sql::ServerMessage;
use crate::sql::commands::{Support, find};
use crate::sql::describe::asked::Setting;
use crate::sql::describe::{Describe, Looked, Step};

/// How many arguments such a command takes.
fn taken(command: &str) -> usize {
    match command.trim_end_matches(['S', '+']) {
        "dl" | "lo_list" => 0,
        "drds" | "dAc" | "dAf" | "dAo" | "dAp" => 2,
        // Types of arguments follow the name.
        name if name.starts_with("df") || name == "do" => usize::MAX,
        _ => 1,
    }
}

impl Interpreter {
    /// Runs a command that describes objects, or says that none has this name.
    pub(super) fn describe(&mut self, name: &str, arguments: &Arguments) {
        let known = find(name);
        if let Some(command) = known
            && let Support::No(why) = command.support
        {
            self.fail(format!("\\{name} is not there: {why}"));
            return;
        }
        let texts = arguments.texts();
        if let Some(describe) = Describe::new(name, &texts, &self.setting()) {
            self.go_on(describe);
            // Who names several is told that the others are not among what is shown.
            for extra in texts.iter().skip(taken(name)) {
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
                Step::Ask(statement) => {
                    let shown = self.variables.get("ECHO_HIDDEN") != Some("off");
                    self.ask(Action::Look { statement, shown }, Waiting::Described(Box::new(describe)));
                    return;
                }
                Step::Show(sheet) => {
                    let options = self.sheet_options();
                    self.ask(Action::Show { sheet, options }, Waiting::Nothing);
                }
                Step::Say(text) => self.print(format!("{text}\n"), Target::Errors),
                Step::Fail(text) => self.fail(text),
                Step::Over => return,
            }
        }
    }

    pub(super) fn described(&mut self, mut describe: Describe, looked: Result<Looked, Box<ServerMessage>>) {
        match looked {
            Ok(looked) => {
                describe.answer(looked);
                self.go_on(describe);
            }
            Err(said) => self.fail(format!("{}: {}", said.severity, said.message)),
        }
    }
}
