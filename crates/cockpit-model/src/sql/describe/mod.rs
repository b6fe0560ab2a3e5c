//! The questions of psql's `\d` and its like to the catalogue, and the tables that are made of the answers. Nothing is
//! asked here.

pub mod asked;
pub mod cluster;
pub mod families;
pub mod footers;
pub mod lists;
pub mod objects;
pub mod others;
pub mod pattern;
pub mod table;

use crate::sql::Column;
use crate::sql::sheet::{Of, Sheet};
use asked::{Asked, Flags, Setting};
use std::collections::VecDeque;
use table::Relation;

/// The next step of a description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Ask this of the server, and give the answer.
    Ask(String),
    Show(Box<Sheet>),
    Say(String),
    /// Say this; the command has failed.
    Fail(String),
    /// Nothing more.
    Over,
}

/// A command that describes what there is.
#[derive(Debug, Clone)]
pub struct Describe {
    steps: VecDeque<Step>,
    asked: Waiting,
    flags: Flags,
    setting: Setting,
    arguments: Vec<String>,
}

/// The question whose answer is waited for.
#[derive(Debug, Clone)]
enum Waiting {
    Nothing,
    /// A list, and the question for what stands below it.
    List {
        title: &'static str,
        none: Option<&'static str>,
        counted: bool,
        below: Option<String>,
    },
    Publications(Box<Sheet>),
    /// The publications that are described in full, each by its number and name.
    Found,
    Publication(String, VecDeque<(String, String)>),
    Published(Box<Sheet>, VecDeque<(String, String)>),
    Relations,
    Columns(Relation, VecDeque<Relation>),
    Footers(Box<Sheet>, VecDeque<Relation>),
}

/// The answer to a question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked {
    pub columns: Vec<Column>,
    /// The rows; none is NULL.
    pub rows: Vec<Vec<Option<String>>>,
}

impl Describe {
    /// The questions for a command with its arguments, in such a session. None where it is no such command.
    pub fn new(command: &str, arguments: &[String], setting: &Setting) -> Option<Self> {
        let name = command.trim_end_matches(['S', '+']);
        let flags = Flags { system: command[name.len()..].contains('S'), more: command[name.len()..].contains('+') };
        let pattern = arguments.first().map(|pattern| pattern::here(pattern, &setting.database));
        let mut describe = Self {
            steps: VecDeque::new(),
            asked: Waiting::Nothing,
            flags,
            setting: setting.clone(),
            arguments: arguments.to_vec(),
        };
        let asked = Asked {
            name,
            flags,
            pattern,
            rest: arguments.get(1..).unwrap_or_default(),
            version: setting.version,
            hides_method: setting.hides_method,
        };
        let list = match (name, pattern) {
            ("d", Some(pattern)) => {
                describe.asked = Waiting::Relations;
                let question = table::find(pattern);
                describe.steps.push_back(question.map_or_else(Step::Fail, Step::Ask));
                return Some(describe);
            }
            ("dRp", pattern) if flags.more => {
                describe.asked = Waiting::Found;
                let question = cluster::publications_to_describe(pattern);
                describe.steps.push_back(question.map_or_else(Step::Fail, Step::Ask));
                return Some(describe);
            }
            ("d", None) => lists::relations(&asked, ""),
            _ => lists::list(&asked)?,
        };
        match list {
            Ok(list) => {
                // psql counts all but roles.
                let counted = !matches!(name, "du" | "dg");
                let below =
                    (name == "dn").then(|| lists::publications_of(arguments.first()?, setting.version)).flatten();
                describe.asked = Waiting::List { title: list.title, none: list.none, counted, below };
                describe.steps.push_back(Step::Ask(list.statement));
            }
            Err(why) => describe.steps.push_back(Step::Fail(why)),
        }
        Some(describe)
    }

    /// The next step. After [`Step::Ask`] comes [`Self::answer`].
    pub fn step(&mut self) -> Step {
        self.steps.pop_front().unwrap_or(Step::Over)
    }

    /// Takes the answer to the last question.
    pub fn answer(&mut self, looked: Looked) {
        let waiting = std::mem::replace(&mut self.asked, Waiting::Nothing);
        match waiting {
            Waiting::Nothing => {}
            Waiting::List { none: Some(what), .. }
                if looked.rows.is_empty() && (!self.setting.quiet || what == "extensions") =>
            {
                let told = self.nothing(what);
                self.steps.push_back(Step::Say(told));
            }
            Waiting::List { title, counted, below, .. } => {
                let sheet = Box::new(Sheet { counted, of: Of::List, ..sheet(title, looked) });
                match below {
                    Some(question) => {
                        self.steps.push_back(Step::Ask(question));
                        self.asked = Waiting::Publications(sheet);
                    }
                    None => self.steps.push_back(Step::Show(sheet)),
                }
            }
            Waiting::Publications(mut sheet) => {
                let names: Vec<String> = looked.rows.into_iter().flatten().flatten().collect();
                if !names.is_empty() {
                    sheet.footers.push("Publications:".to_owned());
                    sheet.footers.extend(names.into_iter().map(|name| format!("    \"{name}\"")));
                }
                self.steps.push_back(Step::Show(sheet));
            }
            Waiting::Found => {
                let cell = |row: &[Option<String>], at: usize| row.get(at).cloned().flatten().unwrap_or_default();
                let all: VecDeque<_> = looked.rows.iter().map(|row| (cell(row, 0), cell(row, 1))).collect();
                if all.is_empty() {
                    let told = self.nothing("publication");
                    self.steps.push_back(Step::Fail(told));
                }
                self.next_publication(all);
            }
            Waiting::Publication(oid, rest) => {
                let name = rest.front().map(|(_, name)| name.as_str()).unwrap_or_default();
                let mut sheet = Sheet { counted: true, of: Of::List, ..sheet(&format!("Publication {name}"), looked) };
                sheet.columns.iter_mut().for_each(|(_, right)| *right = false);
                self.steps.push_back(Step::Ask(cluster::published(&oid, self.setting.version)));
                self.asked = Waiting::Published(Box::new(sheet), rest);
            }
            Waiting::Published(mut sheet, mut rest) => {
                sheet.footers = footers(&looked.rows);
                self.steps.push_back(Step::Show(sheet));
                rest.pop_front();
                self.next_publication(rest);
            }
            Waiting::Relations => {
                let relations: VecDeque<Relation> = looked.rows.iter().map(|row| Relation::of(row)).collect();
                if relations.is_empty() {
                    // Unlike an empty list this is a failure, as with psql: a script is to stop.
                    let told = self.nothing("relation");
                    self.steps.push_back(Step::Fail(told));
                }
                self.next(relations);
            }
            Waiting::Columns(relation, rest) => {
                let mut sheet = sheet(&relation.title(), looked);
                sheet.of = if relation.kind == "S" { Of::List } else { Of::One };
                // Figures of columns stand at the left, as psql has them; those of a sequence are a result.
                if relation.kind != "S" {
                    sheet.columns.iter_mut().for_each(|(_, right)| *right = false);
                }
                self.steps.push_back(Step::Ask(relation.footers(self.flags, &self.setting)));
                self.asked = Waiting::Footers(Box::new(sheet), rest);
            }
            Waiting::Footers(mut sheet, rest) => {
                sheet.footers = footers(&looked.rows);
                self.steps.push_back(Step::Show(sheet));
                self.next(rest);
            }
        }
    }

    fn nothing(&self, what: &str) -> String {
        match (self.arguments.first(), what) {
            (Some(pattern), "settings") => match self.arguments.get(1) {
                Some(database) => {
                    format!("Did not find any settings for role \"{pattern}\" and database \"{database}\".")
                }
                None => format!("Did not find any settings for role \"{pattern}\"."),
            },
            (Some(pattern), _) if self.setting.version >= asked::V18 && !matches!(what, "relation" | "extensions") => {
                format!("Did not find any {what} named \"{pattern}\".")
            }
            (Some(pattern), _) => format!("Did not find any {} named \"{pattern}\".", what.trim_end_matches('s')),
            (None, "relation" | "publication") => format!("Did not find any {what}s."),
            (None, _) => format!("Did not find any {what}."),
        }
    }

    fn next_publication(&mut self, publications: VecDeque<(String, String)>) {
        if let Some((oid, _)) = publications.front() {
            let oid = oid.clone();
            self.steps.push_back(Step::Ask(cluster::publication(&oid, self.setting.version)));
            self.asked = Waiting::Publication(oid, publications);
        }
    }

    fn next(&mut self, mut relations: VecDeque<Relation>) {
        if let Some(relation) = relations.pop_front() {
            self.steps.push_back(Step::Ask(relation.columns(self.flags, &self.setting)));
            self.asked = Waiting::Columns(relation, relations);
        }
    }
}

fn sheet(title: &str, looked: Looked) -> Sheet {
    Sheet {
        title: Some(title.into()),
        columns: looked.columns.iter().map(|column| (column.name.clone(), column.is_right_aligned())).collect(),
        rows: looked.rows,
        ..Sheet::default()
    }
}

/// Lines under their headings.
fn footers(rows: &[Vec<Option<String>>]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut before = String::new();
    for row in rows {
        let cell = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
        let (heading, text) = (cell(0), cell(1));
        if heading != before && !heading.is_empty() {
            lines.push(heading.clone());
        }
        before = heading;
        lines.extend(text.split('\n').map(str::to_owned));
    }
    lines
}

#[cfg(test)]
mod tests;
