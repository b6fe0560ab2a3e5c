//! Maps keys to commands. No other code matches keys.

use super::command::{Id, Scope};
use super::table::Table;
use crate::model::key::{Code, Key};
use std::collections::{BTreeMap, HashMap};

/// Which command a key runs in which scope.
#[derive(Debug, Clone)]
pub struct Keymap {
    bindings: HashMap<(Scope, Key), Id>,
    shown: HashMap<Id, Vec<Key>>,
}

impl Keymap {
    /// The default keys of all commands.
    pub fn of<A>(table: &Table<A>) -> Self {
        // A test checks the defaults, so there is nothing to report here.
        Self::new(table, &BTreeMap::new()).unwrap_or_else(|_| Self { bindings: HashMap::new(), shown: HashMap::new() })
    }

    /// The default keys, overridden by those of the configuration.
    ///
    /// # Errors
    /// Returns every mistake at once: unknown commands, texts that are no keys, two commands on one key.
    pub fn new<A>(table: &Table<A>, overrides: &BTreeMap<String, Vec<String>>) -> Result<Self, Vec<String>> {
        let mut mistakes = Vec::new();
        let mut map = Self { bindings: HashMap::new(), shown: HashMap::new() };
        for name in overrides.keys() {
            if table.by_name(name).is_none() {
                mistakes.push(format!("`{name}` is not a command"));
            }
        }
        for command in table.commands() {
            let keys = match overrides.get(command.name()) {
                None => command.default_keys(),
                Some(texts) => texts
                    .iter()
                    .filter_map(|text| {
                        text.parse().map_err(|mistake| mistakes.push(format!("{}: {mistake}", command.name()))).ok()
                    })
                    .collect(),
            };
            for key in &keys {
                if let Some(other) = map.bindings.insert((command.scope, *key), command.id) {
                    let other = other.0;
                    mistakes.push(format!("`{key}` is bound to both `{other}` and `{}`", command.name()));
                }
            }
            map.shown.insert(command.id, keys);
        }
        if mistakes.is_empty() { Ok(map) } else { Err(mistakes) }
    }

    /// The command that a key runs; `scopes` are tried in order.
    pub fn command(&self, scopes: &[Scope], key: Key) -> Option<Id> {
        // Some terminals send Ctrl-H for Backspace and Ctrl-J for Enter only with modifiers; a
        // plain newline from a paste that is not bracketed counts as Enter.
        let key = if key.code == Code::Char('\n') { Key::plain(Code::Enter) } else { key };
        scopes.iter().find_map(|scope| self.bindings.get(&(*scope, key)).copied())
    }

    /// Splits a key with Alt into Esc and the key, if no command has it with Alt in these scopes. A terminal sends Alt
    /// with a key as Esc followed by the key: Esc and a key typed quickly, or over a slow connection, arrive the same
    /// way.
    pub fn split_alt(&self, scopes: &[Scope], key: Key) -> Option<[Key; 2]> {
        (key.alt && self.command(scopes, key).is_none()).then(|| [Key::plain(Code::Esc), Key { alt: false, ..key }])
    }

    /// Whether the key can answer a question: it accepts the selection or the typed text, or quits.
    pub fn can_answer(&self, key: Key) -> bool {
        let scopes = [Scope::Input, Scope::Overlay, Scope::List, Scope::Global];
        let means = |scope: &Scope| self.command(std::slice::from_ref(scope), key);
        scopes.iter().filter_map(means).any(|command| matches!(command, Id::OPEN | Id::ACCEPT | Id::QUIT))
    }

    /// The keys of a command; the first is the one to display.
    pub fn keys(&self, id: Id) -> &[Key] {
        self.shown.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The label of a command's first key.
    pub fn label(&self, id: Id) -> Option<String> {
        self.keys(id).first().map(|key| key.label())
    }

    /// The label of a key that works while letters are typed because it types nothing; `None` if the command has no
    /// such key.
    pub fn label_beside_text(&self, id: Id) -> Option<String> {
        self.keys(id).iter().find(|key| key.typed_char().is_none()).map(|key| key.label())
    }
}
