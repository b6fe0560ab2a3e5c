//! `\d` and its like: the questions go out one after the other, the tables come back.

use super::action::{Action, Target};
use super::arguments::Arguments;
use super::state::{Interpreter, Mode, Waiting};
use crate::sql::ServerMessage;
use crate::sql::commands::{Support, find};
use crate::sql::describe::asked::Setting;
use crate::sql::describe::{Describe, Looked, Step};

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
        if let Some(describe) = Describe::new(name, &arguments.texts(), &self.setting()) {
            self.go_on(describe);
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
