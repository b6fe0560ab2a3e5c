//! The commands and their keys.

use super::*;
use crate::app::keymap::Keymap;
use crate::app::{command::Scope, keys_document};
use crate::model::key::Key;
use crate::panes::table::TABLE;
use std::collections::BTreeMap;

#[test]
fn command_names_are_unique_and_default_keys_parse() {
    let commands: Vec<_> = TABLE.commands().collect();
    for (place, command) in commands.iter().enumerate() {
        assert_eq!(command.default_keys().len(), command.keys.len(), "{}", command.name());
        assert!(commands[place + 1..].iter().all(|other| other.id != command.id), "{} twice", command.name());
    }
}

#[test]
fn commands_on_lowercase_keys_are_read_only() {
    for command in TABLE.commands() {
        for key in command.default_keys() {
            let capital = key.typed_char().is_some_and(char::is_uppercase);
            let moves = [Id::LAST, Id::PREVIOUS_MATCH].contains(&command.id);
            assert_eq!(capital && !moves, command.risk != Risk::Read, "{}", command.name());
        }
    }
}

#[test]
fn documented_keys_match_the_commands() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/keys.md");
    let page = keys_document::keys(&TABLE);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &page).expect("docs/keys.md is written");
    }
    let written = std::fs::read_to_string(path).expect("docs/keys.md is there");
    assert_eq!(written, page, "run UPDATE_DOCS=1 ./dev test documentation");
}

#[test]
fn offered_actions_are_existing_commands() {
    for pane in TABLE.panes {
        for id in pane.actions {
            assert!(TABLE.by_name(id.0).is_some(), "{}: {}", pane.id.0, id.0);
        }
    }
}

#[test]
fn defaults_have_no_conflict() {
    assert_eq!(Keymap::new(&TABLE, &BTreeMap::new()).err(), None);
}

#[test]
fn all_key_mistakes_are_reported_together() {
    let overrides = BTreeMap::from([
        ("open".to_owned(), vec!["j".to_owned()]),
        ("fly".to_owned(), vec!["f".to_owned()]),
        ("sort".to_owned(), vec!["hyper-s".to_owned()]),
    ]);
    let mistakes = Keymap::new(&TABLE, &overrides).expect_err("three mistakes");
    assert_eq!(mistakes.len(), 3, "{mistakes:?}");
}

#[test]
fn more_specific_scope_takes_precedence() {
    let map = Keymap::of(&TABLE);
    let key: Key = "enter".parse().expect("a key");
    assert_eq!(map.command(&[Scope::Input, Scope::List], key), Some(Id::ACCEPT));
    assert_eq!(map.command(&[Scope::List, Scope::Global], key), Some(Id::OPEN));
}
