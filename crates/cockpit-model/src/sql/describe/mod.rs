//! psql's `\d` commands: their catalogue queries, and the tables built from the results. Pure: no query is sent here.

pub mod cluster;
pub mod families;
pub mod footers;
pub mod lists;
pub mod objects;
pub mod others;
pub mod pattern;
pub mod request;
pub mod table;

use crate::sql::Column;
use crate::sql::small_table::{Sheet, SheetKind};
use request::{Flags, ListRequest, Setting};
use std::collections::VecDeque;
use table::Relation;

/// The next step of a description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Run this query, then pass its result to [`Describe::answer`].
    Query(String),
    Show(Box<Sheet>),
    Print(String),
    /// Print this; the command has failed.
    Fail(String),
    /// The description is complete.
    Done,
}

/// A command that describes database objects.
#[derive(Debug, Clone)]
pub struct Describe {
    steps: VecDeque<Step>,
    waiting: Waiting,
    flags: Flags,
    setting: Setting,
    arguments: Vec<String>,
}

/// The query whose result is awaited.
#[derive(Debug, Clone)]
enum Waiting {
    Nothing,
    /// A list, with the query for its footer.
    List {
        title: &'static str,
        none: Option<&'static str>,
        counted: bool,
        below: Option<String>,
    },
    Publications(Box<Sheet>),
    /// The publications to describe in full, each as object id and name.
    Found,
    Publication(String, VecDeque<(String, String)>),
    Published(Box<Sheet>, VecDeque<(String, String)>),
    Relations,
    Columns(Relation, VecDeque<Relation>),
    Footers(Box<Sheet>, VecDeque<Relation>),
}

/// The result of a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueryResult {
    pub columns: Vec<Column>,
    /// The rows; `None` is NULL.
    pub rows: Vec<Vec<Option<String>>>,
}

impl Describe {
    /// Starts a command with its arguments; `None` if it is not a describe command.
    pub fn new(command: &str, arguments: &[String], setting: &Setting) -> Option<Self> {
        let name = command.trim_end_matches(['S', '+']);
        let flags = Flags { system: command[name.len()..].contains('S'), more: command[name.len()..].contains('+') };
        let pattern = arguments.first().map(|pattern| pattern::without_database(pattern, &setting.database));
        let mut describe = Self {
            steps: VecDeque::new(),
            waiting: Waiting::Nothing,
            flags,
            setting: setting.clone(),
            arguments: arguments.to_vec(),
        };
        let request = ListRequest {
            name,
            flags,
            pattern,
            rest: arguments.get(1..).unwrap_or_default(),
            version: setting.version,
            hides_method: setting.hides_method,
        };
        let list = match (name, pattern) {
            ("d", Some(pattern)) => {
                describe.waiting = Waiting::Relations;
                let query = table::find(pattern);
                describe.steps.push_back(query.map_or_else(Step::Fail, Step::Query));
                return Some(describe);
            }
            ("dRp", pattern) if flags.more => {
                describe.waiting = Waiting::Found;
                let query = cluster::publications_to_describe(pattern);
                describe.steps.push_back(query.map_or_else(Step::Fail, Step::Query));
                return Some(describe);
            }
            ("d", None) => lists::relations(&request, ""),
            _ => lists::list(&request)?,
        };
        match list {
            Ok(list) => {
                // psql prints a row count for all lists but roles.
                let counted = !matches!(name, "du" | "dg");
                let below =
                    (name == "dn").then(|| lists::schema_publications(arguments.first()?, setting.version)).flatten();
                describe.waiting = Waiting::List { title: list.title, none: list.none, counted, below };
                describe.steps.push_back(Step::Query(list.statement));
            }
            Err(why) => describe.steps.push_back(Step::Fail(why)),
        }
        Some(describe)
    }

    /// Returns the next step. After [`Step::Query`] the caller must call [`Self::answer`].
    pub fn step(&mut self) -> Step {
        self.steps.pop_front().unwrap_or(Step::Done)
    }

    /// Takes the result of the last query.
    pub fn answer(&mut self, looked: QueryResult) {
        let waiting = std::mem::replace(&mut self.waiting, Waiting::Nothing);
        match waiting {
            Waiting::Nothing => {}
            Waiting::List { none: Some(what), .. }
                if looked.rows.is_empty() && (!self.setting.quiet || what == "extensions") =>
            {
                let message = self.not_found(what);
                self.steps.push_back(Step::Print(message));
            }
            Waiting::List { title, counted, below, .. } => {
                let sheet = Box::new(Sheet { counted, kind: SheetKind::List, ..sheet(title, looked) });
                match below {
                    Some(query) => {
                        self.steps.push_back(Step::Query(query));
                        self.waiting = Waiting::Publications(sheet);
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
                let publications: VecDeque<_> = looked.rows.iter().map(|row| (cell(row, 0), cell(row, 1))).collect();
                if publications.is_empty() {
                    let message = self.not_found("publication");
                    self.steps.push_back(Step::Fail(message));
                }
                self.next_publication(publications);
            }
            Waiting::Publication(oid, rest) => {
                let name = rest.front().map(|(_, name)| name.as_str()).unwrap_or_default();
                let mut sheet =
                    Sheet { counted: true, kind: SheetKind::List, ..sheet(&format!("Publication {name}"), looked) };
                sheet.columns.iter_mut().for_each(|(_, right)| *right = false);
                self.steps.push_back(Step::Query(cluster::published(&oid, self.setting.version)));
                self.waiting = Waiting::Published(Box::new(sheet), rest);
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
                    // Unlike an empty list this is a failure, as in psql, so that a script stops.
                    let message = self.not_found("relation");
                    self.steps.push_back(Step::Fail(message));
                }
                self.next(relations);
            }
            Waiting::Columns(relation, rest) => {
                let mut sheet = sheet(&relation.title(), looked);
                sheet.kind = if relation.kind == "S" { SheetKind::List } else { SheetKind::One };
                // Column descriptions are left-aligned, as in psql; those of a sequence are aligned like a result.
                if relation.kind != "S" {
                    sheet.columns.iter_mut().for_each(|(_, right)| *right = false);
                }
                self.steps.push_back(Step::Query(relation.footers(self.flags, &self.setting)));
                self.waiting = Waiting::Footers(Box::new(sheet), rest);
            }
            Waiting::Footers(mut sheet, rest) => {
                sheet.footers = footers(&looked.rows);
                self.steps.push_back(Step::Show(sheet));
                self.next(rest);
            }
        }
    }

    fn not_found(&self, what: &str) -> String {
        match (self.arguments.first(), what) {
            (Some(pattern), "settings") => match self.arguments.get(1) {
                Some(database) => {
                    format!("Did not find any settings for role \"{pattern}\" and database \"{database}\".")
                }
                None => format!("Did not find any settings for role \"{pattern}\"."),
            },
            (Some(pattern), _)
                if self.setting.version >= request::V18 && !matches!(what, "relation" | "extensions") =>
            {
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
            self.steps.push_back(Step::Query(cluster::publication(&oid, self.setting.version)));
            self.waiting = Waiting::Publication(oid, publications);
        }
    }

    fn next(&mut self, mut relations: VecDeque<Relation>) {
        if let Some(relation) = relations.pop_front() {
            self.steps.push_back(Step::Query(relation.columns(self.flags, &self.setting)));
            self.waiting = Waiting::Columns(relation, relations);
        }
    }
}

fn sheet(title: &str, looked: QueryResult) -> Sheet {
    Sheet {
        title: Some(title.into()),
        columns: looked.columns.iter().map(|column| (column.name.clone(), column.is_right_aligned())).collect(),
        rows: looked.rows,
        ..Sheet::default()
    }
}

/// Returns the lines grouped under their headings.
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
