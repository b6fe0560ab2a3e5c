//! Completion: the candidates at the cursor, from the tokens of the statement and the known objects of the database.

use super::catalogue::{Catalogue, Relation};
use super::commands::GROUPS;
use super::context::{Expected, Statement, TableReference, name_of};
use super::format::options;
use super::join;
use super::keywords::{KEYWORDS, is_keyword, quote_identifier};
use super::schema::keys::ForeignKeys;
use super::split::{PieceKind, Split, command_name};
use super::token::{Kind, Token};
use super::variables::Variables;
use std::ops::Range;

/// The kind of a completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CompletionKind {
    /// The condition of a join of two tables, from a foreign key between them.
    Join,
    /// A column of a table of the statement.
    Column,
    /// An alias of a table in the statement.
    Alias,
    /// A table, a view or the like.
    Relation,
    Schema,
    Function,
    /// A keyword.
    Keyword,
    /// A psql command, or an argument of one.
    Command,
    /// A psql variable.
    Variable,
    /// Another name: of a role, a database, an extension, a setting.
    Name,
}

/// A completion candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The text to insert.
    pub text: String,
    pub kind: CompletionKind,
    /// More about it: a type, arguments, a schema.
    pub detail: String,
}

/// The candidates, and the range of text that they replace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completion {
    /// The byte range to replace.
    pub replaces: Range<usize>,
    /// The candidates, the best first.
    pub items: Vec<Item>,
}

/// Maximum number of candidates.
const MOST: usize = 200;

/// The known facts about the database and the session.
#[derive(Debug, Clone, Copy)]
pub struct CompletionContext<'a> {
    /// The names in the database.
    pub catalogue: &'a Catalogue,
    /// The foreign keys, if they are known.
    pub keys: Option<&'a ForeignKeys>,
    /// psql's variables.
    pub variables: &'a Variables,
}

/// Returns the completions at a byte offset of a text.
pub fn complete(text: &str, split: &Split, cursor: usize, known: CompletionContext<'_>) -> Completion {
    let CompletionContext { catalogue, keys, variables } = known;
    let piece = split.pieces().iter().find(|piece| piece.start < cursor && cursor <= piece.end);
    let tokens: Vec<Token> = match piece {
        Some(piece) if piece.kind != PieceKind::Data => piece.tokens().collect(),
        Some(_) => return Completion::default(),
        None => Vec::new(),
    };
    let current = tokens.iter().find(|token| token.start < cursor && cursor <= token.end).copied();
    let nothing = Completion { replaces: cursor..cursor, items: Vec::new() };
    let (start, prefix) = match current {
        Some(token) => match token.kind {
            Kind::Command => return complete_command(text, token, cursor, catalogue, variables),
            Kind::Text | Kind::DollarText | Kind::Number | Kind::Parameter => return nothing,
            Kind::Comment if cursor < token.end || !token.of(text).ends_with("*/") => return nothing,
            Kind::Variable => (token.start + 1, &text[token.start + 1..cursor]),
            Kind::Word | Kind::Keyword => (token.start, &text[token.start..cursor]),
            Kind::QuotedName => (token.start, text[token.start..cursor].trim_matches('"')),
            _ => (cursor, ""),
        },
        None => (cursor, ""),
    };
    let mut found = Found { prefix: prefix.to_lowercase(), items: Vec::new() };
    if current
        .is_some_and(|token| token.kind == Kind::Variable || (token.kind == Kind::Operator && token.of(text) == ":"))
    {
        let names = variables.list();
        for name in names.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name) {
            found.add(name.to_owned(), CompletionKind::Variable, "");
        }
        return found.ranked(start..cursor);
    }
    let words: Vec<Token> = tokens.iter().filter(|token| !token.kind.is_space()).copied().collect();
    let before: Vec<Token> = words.iter().filter(|token| token.end <= start).copied().collect();
    let statement = Statement { text, tokens: &words };
    let tables = statement.tables();
    let last = before.last();
    if last.is_some_and(|last| last.kind == Kind::Dot) {
        let qualifier = before.len().checked_sub(2).map(|at| name_of(text, &before[at])).unwrap_or_default();
        found.add_qualified(&qualifier, &tables, catalogue);
        return found.ranked(start..cursor);
    }
    match statement.expected(&before) {
        Expected::Statement => {
            for word in STARTS {
                found.add(cased(word, prefix), CompletionKind::Keyword, "");
            }
        }
        Expected::Relation => {
            for defined in statement.defined() {
                found.add(quote_identifier(&defined.name), CompletionKind::Relation, "WITH");
            }
            found.relations(catalogue, |relation| !matches!(relation.kind, 'i' | 'I' | 'S'));
            found.schemas(catalogue);
            for word in ["select", "lateral", "only", "where", "join", "on", "set", "values"] {
                found.add(cased(word, prefix), CompletionKind::Keyword, "");
            }
        }
        Expected::ColumnsOf(named) => found.columns(&[named], catalogue, false),
        Expected::Expression => {
            if last.is_some_and(|last| last.is(text, "on")) {
                let joined = Statement { text, tokens: &before }.tables();
                for (condition, name) in join::conditions(&joined, keys, catalogue) {
                    found.add(condition, CompletionKind::Join, &name);
                }
            }
            found.columns(&tables, catalogue, true);
            found.functions(catalogue);
            found.schemas(catalogue);
            for word in KEYWORDS {
                found.add(cased(word, prefix), CompletionKind::Keyword, "");
            }
            if tables.is_empty() {
                found.relations(catalogue, |relation| !matches!(relation.kind, 'i' | 'I'));
            }
        }
    }
    found.ranked(start..cursor)
}

/// The keywords that begin a statement.
const STARTS: &[&str] = &[
    "alter",
    "analyze",
    "begin",
    "call",
    "close",
    "comment",
    "commit",
    "copy",
    "create",
    "deallocate",
    "declare",
    "delete from",
    "discard",
    "do",
    "drop",
    "end",
    "execute",
    "explain",
    "fetch",
    "grant",
    "insert into",
    "listen",
    "lock",
    "merge into",
    "notify",
    "prepare",
    "refresh",
    "reindex",
    "release",
    "reset",
    "revoke",
    "rollback",
    "savepoint",
    "select",
    "set",
    "show",
    "start transaction",
    "table",
    "truncate",
    "update",
    "vacuum",
    "values",
    "with",
];

/// Returns a keyword in the case of the typed prefix.
fn cased(word: &str, prefix: &str) -> String {
    let upper = prefix.chars().any(char::is_uppercase) && !prefix.chars().any(char::is_lowercase);
    if upper { word.to_uppercase() } else { word.to_owned() }
}

/// The candidates before sorting.
struct Found {
    /// The typed prefix in lower case.
    prefix: String,
    items: Vec<(u32, Item)>,
}

impl Found {
    /// Adds a candidate if its name matches; `fit` defines the rank.
    fn add(&mut self, text: String, offer: CompletionKind, detail: &str) {
        let Some(fit) = fit(&self.prefix, text.trim_matches('"')) else { return };
        self.items.push((fit, Item { text, kind: offer, detail: detail.to_owned() }));
    }

    fn relations(&mut self, catalogue: &Catalogue, wanted: impl Fn(&Relation) -> bool) {
        for relation in catalogue.relations() {
            if !wanted(relation) || (self.prefix.is_empty() && !relation.visible) {
                continue;
            }
            // Most of the thousands of relations do not match: skip them before building anything.
            if fit(&self.prefix, &relation.name).is_none() {
                continue;
            }
            let system = relation.schema == "pg_catalog" || relation.schema == "information_schema";
            if system && self.prefix.len() < 3 {
                continue;
            }
            let name = quote_identifier(&relation.name);
            let text = if relation.visible { name } else { format!("{}.{name}", quote_identifier(&relation.schema)) };
            let fit = fit(&self.prefix, &relation.name).unwrap_or(2) + u32::from(system);
            self.items.push((fit, Item { text, kind: CompletionKind::Relation, detail: relation.schema.clone() }));
        }
    }

    fn schemas(&mut self, catalogue: &Catalogue) {
        for name in catalogue.names('n') {
            self.add(quote_identifier(name), CompletionKind::Schema, "");
        }
    }

    fn functions(&mut self, catalogue: &Catalogue) {
        if self.prefix.is_empty() {
            return;
        }
        for function in catalogue.functions().iter().filter(|function| function.visible) {
            if fit(&self.prefix, &function.name).is_some() {
                self.add(
                    format!("{}(", quote_identifier(&function.name)),
                    CompletionKind::Function,
                    &function.arguments,
                );
            }
        }
    }

    fn columns(&mut self, tables: &[TableReference], catalogue: &Catalogue, aliases: bool) {
        for named in tables {
            for name in named.columns.iter().flatten() {
                self.add(quote_identifier(name), CompletionKind::Column, &named.name);
            }
            let relation = named.of_catalogue(catalogue);
            for (name, kind) in relation.map(|relation| relation.columns.as_slice()).unwrap_or_default() {
                self.add(quote_identifier(name), CompletionKind::Column, &format!("{kind} · {}", named.name));
            }
            if aliases {
                let alias = named.alias.as_ref().unwrap_or(&named.name);
                self.add(quote_identifier(alias), CompletionKind::Alias, &named.name);
            }
        }
    }

    /// Adds the completions behind `qualifier.`: columns of a table, or objects of a schema.
    fn add_qualified(&mut self, qualifier: &str, tables: &[TableReference], catalogue: &Catalogue) {
        let is_qualified = |named: &&TableReference| {
            named.alias.as_deref() == Some(qualifier) || (named.alias.is_none() && named.name == qualifier)
        };
        let known = |named: &&TableReference| named.columns.is_some() || named.of_catalogue(catalogue).is_some();
        if let Some(named) = tables.iter().filter(known).find(is_qualified) {
            self.columns(std::slice::from_ref(named), catalogue, false);
            return;
        }
        for relation in catalogue.relations().iter().filter(|relation| relation.schema == qualifier) {
            self.add(quote_identifier(&relation.name), CompletionKind::Relation, "");
        }
        for function in catalogue.functions().iter().filter(|function| function.schema == qualifier) {
            self.add(format!("{}(", quote_identifier(&function.name)), CompletionKind::Function, &function.arguments);
        }
    }

    fn ranked(mut self, replaces: Range<usize>) -> Completion {
        self.items.sort_by(|a, b| {
            let rank = |(fit, item): &(u32, Item)| (*fit, item.kind, item.text.len());
            rank(a).cmp(&rank(b)).then_with(|| a.1.text.cmp(&b.1.text))
        });
        self.items.dedup_by(|a, b| a.1.text == b.1.text && a.1.kind == b.1.kind);
        let sorted = self.items.into_iter().map(|(_, item)| item);
        Completion { replaces, items: sorted.take(MOST).collect() }
    }
}

/// Ranks how well a name matches a lower-case prefix: it begins with it (0), contains it (1), or has its letters in order
/// (2).
fn fit(prefix: &str, name: &str) -> Option<u32> {
    if prefix.is_empty() {
        return Some(0);
    }
    let starts = name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    if starts {
        return Some(0);
    }
    let lower = name.to_lowercase();
    if lower.starts_with(prefix) {
        return Some(0);
    }
    if lower.contains(prefix) {
        return Some(1);
    }
    if prefix.chars().count() < 2 {
        return None;
    }
    let mut letters = lower.chars();
    let first = lower.chars().next() == prefix.chars().next();
    (first && prefix.chars().all(|wanted| letters.any(|letter| letter == wanted))).then_some(2)
}

/// Returns the completions of a psql command or its arguments.
fn complete_command(
    text: &str,
    token: Token,
    cursor: usize,
    catalogue: &Catalogue,
    variables: &Variables,
) -> Completion {
    let written = &text[token.start..cursor];
    let name = command_name(written);
    if written.len() == name.len() + 1 {
        let mut found = Found { prefix: name.to_lowercase(), items: Vec::new() };
        for command in GROUPS.iter().flat_map(|group| group.commands) {
            for known in command.names.iter().filter(|known| known.starts_with(name)) {
                let item =
                    Item { text: format!("\\{known}"), kind: CompletionKind::Command, detail: command.what.into() };
                found.items.push((0, item));
            }
        }
        return found.ranked(token.start..cursor);
    }
    let start = written.rfind([' ', '\t']).map_or(cursor, |at| token.start + at + 1);
    let argument = &text[start..cursor];
    let number = written.split_whitespace().count() - usize::from(!argument.is_empty());
    let (schema, prefix) =
        argument.rsplit_once('.').map_or((None, argument), |(schema, prefix)| (Some(schema), prefix));
    let mut found = Found { prefix: prefix.to_lowercase(), items: Vec::new() };
    let names = |found: &mut Found, kind: char| {
        for name in catalogue.names(kind) {
            found.add(quote_identifier(name), CompletionKind::Name, "");
        }
    };
    let bare = name.trim_end_matches(['S', '+']);
    match bare {
        "set" | "unset" if number == 1 => {
            for name in variables.list().lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name) {
                found.add(name.to_owned(), CompletionKind::Variable, "");
            }
        }
        "pset" if number == 1 => {
            for name in options::names() {
                found.add((*name).into(), CompletionKind::Command, "");
            }
        }
        "pset" if number == 2 => {
            for (name, _) in options::Format::NAMES {
                found.add((*name).into(), CompletionKind::Command, "");
            }
        }
        "x" => ["on", "off", "auto"].iter().for_each(|name| found.add((*name).into(), CompletionKind::Command, "")),
        "dn" => names(&mut found, 'n'),
        "du" | "dg" | "drds" => names(&mut found, 'r'),
        "l" | "list" | "c" | "connect" if number == 1 => names(&mut found, 'd'),
        "dx" => names(&mut found, 'x'),
        "dconfig" => names(&mut found, 's'),
        _ if bare.starts_with("df") || ["sf", "ef", "da"].contains(&bare) => {
            if let Some(schema) = schema {
                found.add_qualified(schema, &[], catalogue);
            } else {
                found.functions(catalogue);
                found.items.iter_mut().for_each(|(_, item)| item.text.truncate(item.text.len() - 1));
            }
        }
        _ if bare.starts_with('d') || ["sv", "ev", "z", "copy"].contains(&bare) => {
            if let Some(schema) = schema {
                found.add_qualified(schema, &[], catalogue);
            } else {
                let kinds = match bare {
                    "dt" => "rp",
                    "dv" | "sv" | "ev" => "vm",
                    "dm" => "m",
                    "di" => "iI",
                    "ds" => "S",
                    _ => "rpvmfSiI",
                };
                found.relations(catalogue, |relation| kinds.contains(relation.kind));
                found.schemas(catalogue);
            }
        }
        "h" | "help" => {
            for word in STARTS.iter().filter(|word| is_keyword(word)) {
                found.add(word.to_uppercase(), CompletionKind::Keyword, "");
            }
        }
        _ => {}
    }
    let start = start + argument.len() - prefix.len();
    found.ranked(start..cursor)
}

#[cfg(test)]
#[path = "complete_tests.rs"]
mod tests;
