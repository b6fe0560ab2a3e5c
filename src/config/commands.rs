//! User-defined commands (`[[commands]]`), with each error at its position.

use super::loaded::{KnownCommand, Loaded};
use super::own_commands::EACH_COMMAND;
use super::schema::bare;
use super::tables::{Pair, pairs, type_name};
use super::types::CommandConfig;
use crate::model::key::Key;
use crate::model::names::{list_names, nearest};
use crate::model::risk::Risk;
use std::ops::Range;
use toml::de::{DeArray, DeTable, DeValue};

/// The kinds of things that a command may require to be selected.
pub const SELECTIONS: [&str; 6] = ["service", "task", "database", "instance", "alarm", "row"];
/// The possible destinations of its output.
const OUTPUTS: [&str; 2] = ["pane", "foreground"];
/// Maximum number of commands; nobody would find one among more.
const MOST: usize = 100;

/// Records an error: its position, the message, and the hint.
type Wrong<'a> = &'a mut dyn FnMut(Range<usize>, String, String);

/// A command with the positions of its keys and values.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) command: CommandConfig,
    pub(super) places: Vec<(&'static str, Range<usize>)>,
}

/// Reads the list at `span`. A command with an error is left out, because half of it would be a different command.
pub(super) fn read(elements: &DeArray<'_>, span: &Range<usize>, wrong: Wrong<'_>) -> Vec<Placed> {
    let mut commands: Vec<Placed> = Vec::new();
    if elements.len() > MOST {
        wrong(span.clone(), format!("there are more than {MOST} commands"), "leave some out".into());
    }
    for element in elements.iter().take(MOST) {
        let DeValue::Table(table) = element.get_ref() else {
            let message = format!("a command must be a table, not {}", type_name(element.get_ref()));
            wrong(element.span(), message, "write [[commands]], followed by KEY = VALUE".into());
            continue;
        };
        let mut sound = true;
        let mut report = |span, message, hint| {
            sound = false;
            wrong(span, message, hint);
        };
        let placed = command(table, &element.span(), &mut report);
        if let Some(other) = commands.iter().find(|other| other.command.name == placed.command.name)
            && !placed.command.name.is_empty()
        {
            let message = format!("two commands are called `{}`", other.command.name);
            report(placed.place("name"), message, "give one of them another name".into());
        }
        if sound {
            commands.push(placed);
        }
    }
    commands
}

impl Placed {
    fn place(&self, key: &str) -> Range<usize> {
        let found = self.places.iter().find(|(known, _)| *known == key);
        found.map(|(_, span)| span.clone()).unwrap_or_default()
    }
}

fn command(table: &DeTable<'_>, whole: &Range<usize>, wrong: Wrong<'_>) -> Placed {
    let mut placed = Placed { command: CommandConfig::default(), places: Vec::new() };
    let names: Vec<&'static str> = EACH_COMMAND.iter().map(|known| known.key).collect();
    for pair in pairs(table) {
        let (key, ref span, value) = pair;
        let Some(key) = names.iter().copied().find(|known| *known == key) else {
            let near =
                nearest(key, names.iter().copied()).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            let hint = format!("{near}a command has: {}", names.join(", "));
            wrong(span.clone(), format!("unknown key `{key}`"), hint);
            continue;
        };
        placed.places.push((key, value.span()));
        if let "credentials" | "database" = key {
            match value.get_ref() {
                DeValue::Boolean(on) if key == "database" => placed.command.database = *on,
                DeValue::Boolean(on) => placed.command.credentials = *on,
                other => {
                    let message = format!("`{key}` must be true or false, not {}", type_name(other));
                    wrong(value.span(), message, "write it without quotation marks".into());
                }
            }
            continue;
        }
        let Some(text) = text(&pair, wrong) else { continue };
        if let Err((message, hint)) = take(&mut placed.command, key, text) {
            wrong(value.span(), message, hint);
        }
    }
    for (key, hint) in [
        ("name", "write name = \"NAME\""),
        ("run", "write run = \"COMMAND LINE\""),
        ("risk", "write risk = \"look\", or \"change\", \"disrupt\", \"destroy\""),
    ] {
        if table.get(key).is_none() {
            wrong(whole.clone(), format!("this command has no `{key}`"), hint.into());
        }
    }
    if let Some(key) = placed.command.key.as_deref().and_then(|key| key.parse::<Key>().ok())
        && table.get("risk").is_some()
        && let Err((message, hint)) = capital(key, placed.command.risk)
    {
        wrong(placed.place("key"), message, hint);
    }
    placed
}

/// Sets a value, or returns the error message and a hint.
fn take(command: &mut CommandConfig, key: &str, text: String) -> Result<(), (String, String)> {
    let check_word = |text: &str, all: &[&str], what: &str| {
        if all.contains(&text) {
            return Ok(());
        }
        let near =
            nearest(text, all.iter().copied()).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
        Err((format!("`{text}` is not a {what}"), format!("{near}there are: {}", list_names(all))))
    };
    match key {
        "name" => {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if !text.chars().all(plain) || !text.starts_with(|c: char| c.is_ascii_lowercase()) {
                let hint = "it is what the palette finds: small letters, digits and `-`, such as `flush-cache`";
                return Err((format!("`{text}` cannot be a command's name"), hint.into()));
            }
            command.name = text;
        }
        "title" => command.title = Some(text),
        "doc" => command.doc = Some(text),
        "key" => {
            let key = text.parse::<Key>().map_err(|why| (why, "keys are written as in docs/keys.md".to_owned()))?;
            if key.is_navigation() {
                let why = format!("`{text}` is a navigation key and cannot be a command's key");
                return Err((why, "take a letter, or one with ctrl or alt".into()));
            }
            command.key = Some(text);
        }
        "pane" => command.pane = Some(text),
        "selection" => {
            check_word(&text, &SELECTIONS, "thing that can be selected")?;
            command.selection = Some(text);
        }
        "run" => command.run = text,
        "risk" => {
            let risks = Risk::ALL.map(Risk::name);
            check_word(&text, &risks, "risk")?;
            command.risk = Risk::from_name(&text).unwrap_or(Risk::Destroy);
        }
        "output" => {
            check_word(&text, &OUTPUTS, "place for its output")?;
            command.foreground = text == "foreground";
        }
        _ => {}
    }
    Ok(())
}

/// Checks that the key's case matches the risk: lower-case letters only look, capital letters change something.
fn capital(key: Key, risk: Risk) -> Result<(), (String, String)> {
    match (risk, key.is_capital()) {
        (Risk::Read, true) => {
            let hint = "take a small letter, or write its real risk";
            Err((format!("`{key}` is a capital letter, and the command only looks"), hint.into()))
        }
        (Risk::Change | Risk::Disrupt | Risk::Destroy, false) => Err((
            format!("`{key}` is not a capital letter, and the command changes something"),
            "take a capital letter".into(),
        )),
        (Risk::Read, false) | (Risk::Change | Risk::Disrupt | Risk::Destroy, true) => Ok(()),
    }
}

fn text((key, _, value): &Pair<'_, '_>, wrong: Wrong<'_>) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) if text.trim().is_empty() => {
            wrong(value.span(), "this is empty".into(), "leave the key out, or write a value".into());
            None
        }
        DeValue::String(text) if text.contains('\0') => {
            wrong(value.span(), "this has a NUL in it".into(), "leave it out".into());
            None
        }
        DeValue::String(text) => Some(text.to_string()),
        other => {
            wrong(
                value.span(),
                format!("`{key}` must be a text, not {}", type_name(other)),
                "put it in quotation marks".into(),
            );
            None
        }
    }
}

/// Reports names and keys that belong to the cockpit or to another command, and panes that do not exist.
pub(super) fn check(loaded: &mut Loaded, known: &[KnownCommand], panes: &[(String, String)]) {
    let commands = loaded.config.commands.clone();
    let mut refused = Vec::new();
    for (at, command) in commands.iter().enumerate() {
        let path = |key: &str| format!("commands.{}.{key}", bare(&command.name));
        let mut wrong = |key: &str, message: String, hint: String| {
            refused.push(command.name.clone());
            loaded.add_error(&path(key), message, hint);
        };
        if known.iter().any(|other| other.name == command.name) {
            wrong("name", format!("`{}` is a command of the cockpit", command.name), "give it another name".into());
        }
        if let Some(pane) = &command.pane
            && !panes.iter().any(|(name, _)| name == pane)
        {
            let names: Vec<&str> = panes.iter().map(|(name, _)| name.as_str()).collect();
            let near =
                nearest(pane, names.iter().copied()).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            wrong("pane", format!("there is no pane `{pane}`"), format!("{near}there are: {}", list_names(&names)));
            continue;
        }
        let Some(key) = command.key.as_deref().and_then(|key| key.parse::<Key>().ok()) else { continue };
        let heading = command.pane.as_ref().and_then(|pane| panes.iter().find(|(name, _)| name == pane));
        let of_pane = |scope: &str| !scope.is_empty() && panes.iter().any(|(_, heading)| heading == scope);
        let hears = |other: &KnownCommand| {
            !other.typing
                && (heading.is_none() || !of_pane(&other.scope) || heading.is_some_and(|(_, own)| *own == other.scope))
        };
        let bound = &loaded.config.keys;
        let has = |keys: &[String]| keys.iter().any(|text| text.parse::<Key>().ok() == Some(key));
        let taken = known.iter().find(|other| hears(other) && has(bound.get(&other.name).unwrap_or(&other.keys)));
        let before = commands[..at].iter().find(|other| {
            let meets = other.pane.is_none() || command.pane.is_none() || other.pane == command.pane;
            meets && other.key.as_deref().and_then(|text| text.parse::<Key>().ok()) == Some(key)
        });
        let taken = taken.map(|other| other.name.clone()).or_else(|| before.map(|other| other.name.clone()));
        if let Some(other) = taken {
            let hint = match &command.pane {
                Some(_) => "choose another key".to_owned(),
                None => "choose another key, or write the `pane` in which it is listened to".to_owned(),
            };
            refused.push(command.name.clone());
            loaded.add_error(&path("key"), format!("`{key}` is also the key of `{other}`"), hint);
        }
    }
    loaded.config.commands.retain(|command| !refused.contains(&command.name));
}
