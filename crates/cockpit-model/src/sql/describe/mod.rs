//! What psql's `\d` and its like ask of the catalogue, and the tables that they make of the answers. Nothing is asked here.

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

/// What is next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Ask this of the server, and give the answer.
    Ask(String),
    /// Show this.
    Show(Box<Sheet>),
    /// Say this.
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

/// What the answer that is waited for is of.
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
    Relations,
    Columns(Relation, VecDeque<Relation>),
    Footers(Box<Sheet>, VecDeque<Relation>),
}

/// What came of a question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows; none is NULL.
    pub rows: Vec<Vec<Option<String>>>,
}

impl Describe {
    /// For a command with its arguments, in such a session. None where it is no such command.
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

    /// What is next. After [`Step::Ask`] comes [`Self::answer`].
    pub fn step(&mut self) -> Step {
        self.steps.pop_front().unwrap_or(Step::Over)
    }

    /// What came of the last question.
    pub fn answer(&mut self, looked: Looked) {
        let waiting = std::mem::replace(&mut self.asked, Waiting::Nothing);
        match waiting {
            Waiting::Nothing => {}
            Waiting::List { none: Some(what), .. } if looked.rows.is_empty() => {
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
            (None, "relation") => "Did not find any relations.".into(),
            (None, _) => format!("Did not find any {what}."),
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
