//! Configured commands: finding, running and stopping them by keys.

use crate::app::custom_commands;
use crate::app::effect::Effect;
use crate::app::event::Event;
use crate::app::keymap::Keymap;
use crate::app::operation::call::{Call, CallId, CallResult, Program};
use crate::app::operation::outcome::Verdict;
use crate::app::{Session, operation};
use crate::config::CommandConfig;
use crate::model::risk::Risk;
use crate::panes::table::TABLE;
use crate::ui::testing::pictures::assert_screen;
use crate::ui::testing::*;

fn commands() -> Vec<CommandConfig> {
    let command = |name: &str, key: &str, risk: Risk| CommandConfig {
        name: name.into(),
        key: Some(key.into()),
        run: format!("./{name} \"$COCKPIT_SERVICE\""),
        doc: Some(format!("Does {name} with 日本語.")),
        risk,
        ..CommandConfig::default()
    };
    vec![
        CommandConfig {
            pane: Some("services".into()),
            selection: Some("service".into()),
            ..command("flush-cache", "W", Risk::Change)
        },
        command("report", "w", Risk::Read),
        CommandConfig { foreground: true, ..command("top", "u", Risk::Read) },
        CommandConfig { key: None, selection: Some("alarm".into()), ..command("silence", "", Risk::Disrupt) },
    ]
}

/// A stage on which programs run until a test ends them.
struct Own {
    stage: Stage,
    running: Vec<(CallId, Program)>,
    ended: Vec<CallId>,
}

impl Own {
    fn new(name: &str, read_only: bool, size: (u16, u16)) -> Self {
        let session = Session { read_only, ..Session::default() };
        let mut stage = Stage::with_environment(environment(name), session, size);
        stage.app.config.commands = commands();
        stage.app.table = custom_commands::table(&TABLE, &stage.app.config.commands);
        stage.app.keymap = Keymap::of(stage.app.table);
        Self { stage, running: Vec::new(), ended: Vec::new() }
    }

    fn serve(&mut self, effects: Vec<Effect>) {
        let mut waiting: std::collections::VecDeque<Effect> = effects.into();
        while let Some(effect) = waiting.pop_front() {
            match &effect {
                Effect::Call { id, call, .. } if matches!(&**call, Call::Run(_)) => {
                    let Call::Run(program) = &**call else { continue };
                    self.running.push((*id, program.clone()));
                }
                Effect::EndCall(id) => self.ended.push(*id),
                Effect::Call { .. } => {
                    if let Some(event) = self.stage.aws.event(&effect) {
                        waiting.extend(self.stage.app.update(event));
                    }
                }
                _ => self.stage.serve(vec![effect]),
            }
        }
        read_screen(&mut self.stage.app);
    }

    fn press(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            let effects = user_input(&mut self.stage.app, Event::Key(key.parse().unwrap()));
            self.serve(effects);
        }
    }

    fn prints(&mut self, line: &str) {
        let id = self.running.last().unwrap().0;
        let effects = self.stage.app.update(Event::Output(id, line.to_owned()));
        self.serve(effects);
    }

    fn exits(&mut self, code: i32) {
        let id = self.running.last().unwrap().0;
        let ended = operation::call::Reply::Ended { code: Some(code), output: String::new(), left_out: 0 };
        let effects = self.stage.app.update(Event::Reply(id, Box::new(CallResult::new(Ok(ended)))));
        self.serve(effects);
    }
}

#[test]
fn reading_command_runs_at_once_and_shows_output_exit_code_and_age() {
    let mut own = Own::new("staging", true, (120, 30));
    own.press("w");
    assert_eq!(own.running.len(), 1, "--read-only allows commands that only read");
    own.prints("42 rows\u{1b}[31m, 3 日本");
    own.stage.advance_to(65);
    own.stage.assert_shown("report  running  1m05s");
    own.stage.assert_shown("42 rows");
    own.stage.assert_shown("Ctrl-k stop");
    own.exits(3);
    own.stage.assert_shown("FAILED  report: exit 3, 1 line");
    own.stage.assert_hidden("Ctrl-k stop");
    assert_eq!(own.stage.verdict(), Some(Verdict::Failed));
    let written: Vec<&str> = own.stage.aws.audit.iter().map(|record| record.outcome.as_str()).collect();
    assert_eq!(written, ["started", "failed"]);
    own.press("esc");
    assert_eq!(own.stage.app.view().name, "overview");
}

#[test]
fn changing_command_shows_its_plan_and_receives_the_selection() {
    for size in [(80, 24), (120, 40)] {
        let mut own = Own::new("staging", false, size);
        own.press("2 j j W");
        assert!(own.running.is_empty(), "nothing runs before the confirmation");
        assert_screen(&format!("own_command_{}x{}", size.0, size.1), &own.stage.app);
        own.press("enter");
        let (_, program) = own.running.last().unwrap();
        assert_eq!(program.argv, ["sh", "-c", "./flush-cache \"$COCKPIT_SERVICE\""]);
        assert!(program.variables.contains(&("COCKPIT_SERVICE".to_owned(), WEB.to_owned())));
        own.exits(0);
        assert_eq!(own.stage.verdict(), Some(Verdict::Done));
    }
}

#[test]
fn read_only_and_guarded_apply_to_custom_commands_by_risk() {
    let mut own = Own::new("staging", true, (120, 30));
    own.press("2 j j W");
    own.stage.assert_shown("read-only: `flush-cache` would change something and is refused");
    assert!(own.running.is_empty() && own.stage.window().is_none());
    let mut own = Own::new("prod", false, (120, 30));
    own.press("2 j j W enter");
    assert!(own.running.is_empty(), "a guarded environment preselects Cancel");
}

#[test]
fn custom_commands_are_listed_in_palette_help_and_actions() {
    let mut own = Own::new("staging", false, (120, 40));
    own.press(":");
    own.stage.type_text("flush");
    own.stage.assert_shown("flush-cache");
    own.stage.assert_shown("Does flush-cache with 日本語.");
    own.press("enter");
    own.stage.assert_shown("`flush-cache` applies in the pane services");
    own.press(":");
    own.stage.type_text("silence");
    own.press("enter");
    own.stage.assert_shown("select an alarm first");
    own.press("2 j j x");
    own.stage.assert_shown("flush-cache");
    own.stage.assert_hidden("silence");
    own.press("esc ?");
    own.press("/");
    own.stage.type_text("flush-cache");
    own.stage.assert_shown("Does flush-cache");
}

#[test]
fn endless_command_is_stopped_by_a_key_or_by_quitting() {
    let mut own = Own::new("staging", true, (120, 30));
    own.press("w");
    own.prints("still here");
    let id = own.running[0].0;
    own.press("ctrl-k");
    assert_eq!(own.ended, [id]);
    own.stage.assert_shown("FAILED  report: it was stopped");
    own.press("ctrl-k");
    own.stage.assert_shown("nothing runs here that could be stopped");
    own.press("w");
    own.press("q");
    own.stage.assert_shown("it will be stopped");
}

#[test]
fn foreground_command_gets_the_terminal() {
    let mut own = Own::new("staging", false, (120, 30));
    own.press("u");
    let (_, program) = own.running.last().unwrap();
    assert!(program.terminal);
    assert_eq!(program.argv.last().unwrap(), "./top \"$COCKPIT_SERVICE\"", "its line is an argument");
}
