//! The Query pane driven by keys, with a small server behind it that answers as the feed does.

pub(super) use super::samples::{bookmarks, server};
use super::samples::{catalogue, cell, column, psql};
use super::schema::samples as schema;
use super::state::ID;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::{Answer, Event};
use crate::app::ticket::Ticket;
use crate::feeds::part::Part;
use crate::feeds::{self, queries, sql};
use crate::model::sql::interpreter::Edited;
use crate::model::sql::{Cell, ResultId, ServerMessage, StatementOutcome, Transaction};
use crate::model::{Failure, FailureKind};
use crate::ui::testing::{loaded_app, now, staging, text, user_input};
use jiff::SignedDuration;
use std::time::Duration;

/// The pane, and a record of its requests.
pub(super) struct Desk {
    pub(super) app: App,
    /// The request that holds the session open.
    pub(super) session: Option<Ticket>,
    /// Statements that were run, with their tickets and results.
    pub(super) ran: Vec<(Ticket, ResultId, String)>,
    /// The settings of each statement.
    pub(super) beside: Vec<sql::RunOptions>,
    /// The contents of every file that is read.
    pub(super) file: String,
    /// Files that were opened to receive results.
    pub(super) begun: Vec<String>,
    /// The address and user of the last connection.
    pub(super) connected: Option<(sql::Place, Option<String>)>,
    pub(super) who: sql::ConnectAs,
    /// Commands run on this machine: the ticket, the command, and its input.
    pub(super) programs: Vec<(Ticket, String, Option<String>)>,
    pub(super) looked: Vec<String>,
    pub(super) stopped: Vec<&'static str>,
    pub(super) closed: Vec<ResultId>,
    pub(super) left: Vec<Ticket>,
    pub(super) copied: Vec<String>,
    /// The statements stored for later sessions.
    pub(super) kept: Vec<String>,
    /// The editor texts that were stored.
    pub(super) typed: Vec<queries::EditorText>,
    /// Number of rows of every result; `None` uses the rows of [`bookmarks`].
    pub(super) rows: Option<u64>,
    /// Size in bytes of each truncated value of a result.
    pub(super) long: Option<u64>,
    /// Results of psql's commands.
    pub(super) psql: Vec<ResultId>,
    /// Rows that were requested one by one, with the size limit for values.
    pub(super) asked_rows: Vec<(Vec<u64>, usize)>,
    /// Saved queries: their names, and whether they replaced one.
    pub(super) saved: Vec<(String, bool)>,
    /// Exports: ticket, path, table name, and columns.
    pub(super) exported: Vec<(Ticket, String, String, Vec<usize>)>,
    /// The texts for which the user's own editor was opened.
    pub(super) outside: Vec<(Ticket, Edited, Option<usize>)>,
    /// Answers to EXPLAIN (FORMAT JSON), in order.
    pub(super) plans: Vec<String>,
    /// The table id of results; 0 is none.
    pub(super) table: u32,
    /// The server's answers to statements that are not queries, in order; afterwards `UPDATE 3`.
    pub(super) tags: Vec<StatementOutcome>,
    pub(super) planned: u64,
    pub(super) slow: bool,
    /// Whether the database has more than one table.
    pub(super) wide: bool,
    pub(super) deaf: bool,
    /// The look-up that fails, and whether a privilege is missing.
    pub(super) lacks: Option<(&'static str, bool)>,
    pub(super) quits: bool,
}

impl Desk {
    pub(super) fn new(size: (u16, u16)) -> Self {
        Self {
            app: loaded_app(&staging(), size),
            session: None,
            ran: Vec::new(),
            beside: Vec::new(),
            file: String::new(),
            begun: Vec::new(),
            connected: None,
            who: sql::ConnectAs::default(),
            programs: Vec::new(),
            looked: Vec::new(),
            stopped: Vec::new(),
            closed: Vec::new(),
            left: Vec::new(),
            copied: Vec::new(),
            kept: Vec::new(),
            typed: Vec::new(),
            rows: None,
            long: None,
            psql: Vec::new(),
            asked_rows: Vec::new(),
            saved: Vec::new(),
            exported: Vec::new(),
            outside: Vec::new(),
            plans: Vec::new(),
            table: 0,
            tags: Vec::new(),
            planned: 120_000,
            slow: false,
            wide: false,
            deaf: false,
            lacks: None,
            quits: false,
        }
    }

    /// The pane with an open session.
    pub(super) fn connected(size: (u16, u16)) -> Self {
        let mut desk = Self::new(size);
        desk.keys("5");
        desk.connect();
        desk
    }

    pub(super) fn connect(&mut self) {
        self.keys("enter");
        if !self.app.screen.overlays.is_empty() {
            self.keys("enter");
        }
        self.tell(sql::Fact::Connected(Box::new(server())));
    }

    pub(super) fn keys(&mut self, keys: &str) {
        for key in keys.split(' ') {
            let effects = user_input(&mut self.app, Event::Key(key.parse().unwrap()));
            self.answer(effects);
        }
    }

    /// Types letter by letter.
    pub(super) fn types(&mut self, text: &str) {
        for letter in text.chars() {
            let key = if letter == ' ' { "space".to_owned() } else { letter.to_string() };
            self.keys(&key);
        }
    }

    pub(super) fn paste(&mut self, text: &str) {
        let effects = self.app.update(Event::Paste(text.into()));
        self.answer(effects);
    }

    /// Pastes a text and presses Enter.
    pub(super) fn run(&mut self, text: &str) {
        self.paste(text);
        self.keys("enter");
    }

    pub(super) fn tick(&mut self, seconds: i64) {
        let effects = self.app.update(Event::Tick(now() + SignedDuration::from_secs(seconds)));
        self.answer(effects);
    }

    pub(super) fn answered(&mut self, ticket: Ticket, part: impl Into<feeds::Part>) {
        let effects = self.app.update(Event::Answer(Answer { ticket, requests: 0, part: part.into() }));
        self.answer(effects);
    }

    /// Delivers a fact about the session.
    pub(super) fn tell(&mut self, fact: sql::Fact) {
        let ticket = self.session.expect("a session");
        self.answered(ticket, Part::Page(fact));
    }

    /// Simulates the loss of the session.
    pub(super) fn lose(&mut self, why: &str) {
        let ticket = self.session.expect("a session");
        self.answered(ticket, Part::<sql::Fact>::Failed(Failure::new(FailureKind::Unreachable, why)));
    }

    /// Ends the last statement.
    pub(super) fn ends(&mut self, ended: StatementOutcome) {
        let (ticket, result, _) = self.ran.last().expect("a statement").clone();
        let took = Duration::from_millis(12);
        self.answered(ticket, Part::Last(sql::Fact::Ended { result, ended: Box::new(ended), took, stopped: None }));
    }

    pub(super) fn fails(&mut self, message: &str, position: Option<u32>) {
        let message = ServerMessage {
            severity: "ERROR".into(),
            code: "42703".into(),
            message: message.into(),
            hint: Some("Perhaps you meant the column \"title\".".into()),
            position,
            ..ServerMessage::default()
        };
        self.ends(StatementOutcome::Failed(message));
    }

    pub(super) fn transaction(&mut self, transaction: Transaction) {
        self.tell(sql::Fact::Transaction(transaction));
    }

    pub(super) fn answer(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            let (ticket, ask) = match effect {
                Effect::Fetch { ticket, ask, .. } => (ticket, ask),
                Effect::CancelFetch(ticket) => {
                    self.left.push(ticket);
                    continue;
                }
                Effect::Edit { ticket, what, line } => {
                    self.outside.push((ticket, what, line));
                    continue;
                }
                Effect::Copy(text) => {
                    self.copied.push(text);
                    continue;
                }
                Effect::Quit => {
                    self.quits = true;
                    continue;
                }
                _ => continue,
            };
            self.question(ticket, ask);
        }
        self.app.settle();
    }

    /// Answers a request as the machine and the server would.
    fn question(&mut self, ticket: Ticket, ask: feeds::Ask) {
        match ask {
            feeds::Ask::Sql(ask) => self.asked(ticket, ask),
            feeds::Ask::Queries(queries::Ask::Remember(statement)) => self.kept.push(statement),
            feeds::Ask::Queries(queries::Ask::KeepTexts { now, .. }) => self.typed = now,
            feeds::Ask::Queries(queries::Ask::Texts) => {
                self.answered(ticket, Part::Last(queries::Fact::Texts(self.typed.clone())));
            }
            feeds::Ask::Queries(queries::Ask::Begin(path)) => {
                let opened = if path.starts_with("/nowhere") { Err(format!("{path}: no")) } else { Ok(String::new()) };
                self.begun.push(path);
                self.answered(ticket, Part::Last(queries::Fact::Text(opened)));
            }
            feeds::Ask::Queries(queries::Ask::Write { path, text }) => {
                self.begun.push(format!("{path}: {text}"));
                self.answered(ticket, Part::Last(queries::Fact::Text(Ok(String::new()))));
            }
            feeds::Ask::Queries(queries::Ask::Variable(name)) => {
                let fact = match name.as_str() {
                    "HOME" => queries::Fact::Text(Ok("/home/aya".to_owned())),
                    _ => queries::Fact::Done(String::new()),
                };
                self.answered(ticket, Part::Last(fact));
            }
            feeds::Ask::Queries(queries::Ask::Folder(path)) => {
                let whole = match path.as_deref() {
                    None => Ok("/home/aya".to_owned()),
                    Some("/nowhere") => Err("/nowhere: No such file or directory".to_owned()),
                    Some(path) => Ok(path.to_owned()),
                };
                self.answered(ticket, Part::Last(queries::Fact::Text(whole)));
            }
            feeds::Ask::Queries(queries::Ask::Read(path)) => {
                let text = Ok(if path.ends_with("more.sql") { String::new() } else { self.file.clone() });
                self.begun.push(path);
                self.answered(ticket, Part::Last(queries::Fact::Text(text)));
            }
            feeds::Ask::Queries(queries::Ask::History) => {
                let history = vec!["select * from tags;".to_owned(), "select now();".to_owned()];
                self.answered(ticket, Part::Last(queries::Fact::History(history)));
            }
            feeds::Ask::Queries(queries::Ask::Save { query, replaces, .. }) => {
                let taken = query.name == "slow queries" && !replaces;
                let done = queries::Fact::Done("saved".to_owned());
                if !taken {
                    self.saved.push((query.name.clone(), replaces));
                }
                let fact = if taken { queries::Fact::NameTaken(query) } else { done };
                self.answered(ticket, Part::Last(fact));
            }
            feeds::Ask::Queries(queries::Ask::Saved { .. }) => {
                let saved = vec![queries::Saved { name: "slow queries".into(), text: "select 'slow';\n".into() }];
                self.answered(ticket, Part::Last(queries::Fact::Saved(saved)));
            }
            _ => {}
        }
    }

    fn asked(&mut self, ticket: Ticket, ask: sql::Ask) {
        match ask {
            sql::Ask::Connect { place, connect_as: who, read_only, .. } => {
                self.session = Some(ticket);
                self.connected = Some((place, read_only));
                self.who = who;
            }
            sql::Ask::Program { command, text, .. } => self.programs.push((ticket, command, text)),
            sql::Ask::Run { result, statement, options: beside, .. } => {
                let sent = beside.target.is_some();
                self.beside.push(*beside);
                self.ran.push((ticket, result, statement.clone()));
                if sent {
                    self.ends(StatementOutcome::Done("SELECT 4".into()));
                } else if !self.slow {
                    self.results(ticket, result, &statement);
                }
            }
            sql::Ask::Cancel { .. } => self.stopped.push("cancel"),
            sql::Ask::Terminate { .. } => self.stopped.push("terminate"),
            sql::Ask::Signal { .. } => self.stopped.push("signal"),
            sql::Ask::Window { result, from, count, .. } => {
                let rows = self.window(result, from, count);
                self.answered(ticket, Part::Last(sql::Fact::Window { result, from, rows }));
            }
            sql::Ask::Rows { result, rows, most } => {
                self.asked_rows.push((rows.clone(), most));
                let cut = self.long.filter(|bytes| *bytes > most as u64);
                let long = std::mem::replace(&mut self.long, cut);
                let rows = rows.iter().flat_map(|row| self.window(result, *row, 1)).collect();
                self.long = long;
                self.answered(ticket, Part::Last(sql::Fact::Rows { result, rows }));
            }
            sql::Ask::Value { row, most, .. } => {
                let whole = || format!("the whole value of row {row}");
                let mut text = if self.plans.is_empty() { whole() } else { self.plans.remove(0) };
                let bytes = text.len() as u64;
                text.truncate(most as usize);
                self.answered(ticket, Part::Last(sql::Fact::Value(Some((text, bytes)))));
            }
            sql::Ask::Save { path, column, .. } => self.exported.push((ticket, path, String::new(), vec![column])),
            sql::Ask::Export { path, options, columns, .. } => {
                self.exported.push((ticket, path, options.table, columns));
            }
            sql::Ask::Close { result, .. } => self.closed.push(result),
            sql::Ask::Query { purpose, statement, .. } => {
                let known = if self.wide { schema::answer(purpose, &statement) } else { None };
                self.looked.push(statement);
                if self.deaf {
                    return;
                }
                if let Some((_, denied)) = self.lacks.filter(|(lacking, _)| *lacking == purpose) {
                    let (kind, why) = if denied {
                        (FailureKind::Denied, "permission denied for table pg_constraint")
                    } else {
                        (FailureKind::NotFound, "relation \"pg_catalog.pg_sequence\" does not exist")
                    };
                    self.answered(ticket, Part::<sql::Fact>::Failed(Failure::new(kind, why)));
                    return;
                }
                if let Some((columns, rows)) = known.or_else(|| catalogue(purpose)) {
                    self.answered(ticket, Part::Last(sql::Fact::QueryRows { purpose, columns, rows }));
                    return;
                }
                let plan = format!(
                    r#"[{{"Plan": {{"Node Type": "ModifyTable", "Operation": "Delete", "Plan Rows": 0,
                    "Plans": [{{"Node Type": "Seq Scan", "Plan Rows": {}}}]}}}}]"#,
                    self.planned
                );
                let rows = vec![vec![Some(plan)]];
                self.answered(ticket, Part::Last(sql::Fact::QueryRows { purpose, columns: Vec::new(), rows }));
            }
        }
    }

    fn window(&self, result: ResultId, from: u64, count: u32) -> Vec<Vec<Cell>> {
        let mut rows = self.all(result, from, count);
        for value in rows.iter_mut().flatten() {
            if let (Cell::Text { bytes, cut, .. }, Some(long)) = (value, self.long) {
                (*bytes, *cut) = (long, true);
            }
        }
        rows
    }

    fn all(&self, result: ResultId, from: u64, count: u32) -> Vec<Vec<Cell>> {
        match self.rows {
            _ if self.psql.contains(&result) => psql().1,
            None => bookmarks().1.into_iter().skip(from as usize).take(count as usize).collect(),
            Some(rows) => (from..(from + u64::from(count)).min(rows))
                .map(|row| vec![cell(&(row + 1).to_string()), cell(&format!("row {}", row + 1))])
                .collect(),
        }
    }

    fn results(&mut self, ticket: Ticket, result: ResultId, statement: &str) {
        let explains = statement.starts_with("EXPLAIN");
        let asks = statement.starts_with("SELECT") && statement.contains("pg_catalog.");
        if asks {
            self.psql.push(result);
        }
        let reads = explains || statement.to_lowercase().starts_with("select");
        if reads {
            let (mut columns, rows) = match self.rows {
                _ if explains => (vec![column("QUERY PLAN", 114)], 1),
                _ if asks => (psql().0, psql().1.len() as u64),
                None => (bookmarks().0, bookmarks().1.len() as u64),
                Some(rows) => (vec![column("n", 20), column("text", 25)], rows),
            };
            for (number, column) in (1..).zip(&mut columns) {
                (column.table_oid, column.number) = if self.table == 0 { (0, 0) } else { (self.table, number) };
            }
            self.answered(ticket, Part::Page(sql::Fact::Begun { result, columns }));
            self.answered(ticket, Part::Page(sql::Fact::Grown { result, rows, bytes: rows * 40 }));
            let ended = Box::new(StatementOutcome::Done(format!("SELECT {rows}")));
            self.answered(
                ticket,
                Part::Last(sql::Fact::Ended { result, ended, took: Duration::from_millis(12), stopped: None }),
            );
        } else {
            let next =
                if self.tags.is_empty() { StatementOutcome::Done("UPDATE 3".into()) } else { self.tags.remove(0) };
            let ended = Box::new(next);
            self.answered(
                ticket,
                Part::Last(sql::Fact::Ended { result, ended, took: Duration::from_millis(12), stopped: None }),
            );
        }
    }

    /// The statements that were run.
    pub(super) fn statements(&self) -> Vec<&str> {
        self.ran.iter().map(|(_, _, statement)| statement.as_str()).collect()
    }

    pub(super) fn screen(&self) -> String {
        text(&self.app)
    }

    pub(super) fn is_shown(&self) -> bool {
        self.app.shown_pane().id == ID
    }
}
