//! Running statements: the implicit statements around them, the variables set afterwards, and the use of their rows.

use super::action::{Action, Peer, Ran, Rows, Run, Target};
use super::state::{Interpreter, Mode, Origin, Sent, Use, Waiting, Watch};
use crate::sql::copy::Copy;
use crate::sql::format::crosstab::crosstab;
use crate::sql::guard::{Step, judge};
use crate::sql::keywords::literal;
use crate::sql::token::{Kind, tokens_as};
use crate::sql::{ServerMessage, Transaction};

/// The savepoint that psql sets before each statement of a transaction if errors roll back only their statement.
const SAVEPOINT: &str = "pg_psql_temporary_savepoint";
/// Maximum number of rows kept in memory for commands that need all of them.
const MAX_KEPT_ROWS: usize = 100_000;

/// Returns the number of statements in a text; a `;` at its end does not begin another.
fn count(statement: &str, escapes: bool) -> usize {
    let (mut count, mut begun) = (0, false);
    for token in tokens_as(statement, escapes).filter(|token| !token.kind.is_space()) {
        let ends = token.kind == Kind::Semicolon;
        count += usize::from(!ends && !begun);
        begun = !ends;
    }
    count.max(1)
}

impl Interpreter {
    /// Sends the statement read so far, if there is one.
    pub(super) fn send(&mut self, used: Use) {
        self.send_to(used, Target::Results, self.options.clone());
    }

    /// Like [`Self::send`], with another destination or format for the result.
    pub(super) fn send_to(&mut self, used: Use, target: Target, options: crate::sql::format::Options) {
        let begun = self.scan.is_begun() || !self.buffer.trim().is_empty();
        let mut statement = std::mem::take(&mut self.buffer);
        statement.truncate(statement.trim_end().len());
        self.reset_buffer();
        if !begun || statement.is_empty() {
            // `\g` and similar commands without a statement run the last one again.
            if used == Use::Show && target == Target::Results && options == self.options {
                return;
            }
            statement.clone_from(&self.previous);
            if statement.is_empty() {
                return;
            }
        }
        self.previous.clone_from(&statement);
        let peer = match judge(&statement).copy {
            None => None,
            Some(Copy::Out) => Some(Peer::Results),
            Some(Copy::In) => Some(self.copy_source()),
        };
        self.launch(statement, used, target, options, peer);
    }

    /// Returns the source of data for a `COPY … FROM STDIN`.
    pub(super) fn copy_source(&self) -> Peer {
        let file = self.sources.iter().rev().find(|source| source.variable.is_none());
        match file.map(|source| &source.origin) {
            Some(Origin::Input | Origin::File(_)) => Peer::Following,
            Some(Origin::Command) | None => Peer::Standard,
        }
    }

    pub(super) fn launch(
        &mut self,
        statement: String,
        used: Use,
        target: Target,
        options: crate::sql::format::Options,
        copy: Option<Peer>,
    ) {
        let echo = matches!(self.variables.get("ECHO"), Some("queries" | "all"));
        let rows = match used {
            Use::Show | Use::Watch(_) => Rows::Print,
            Use::Gset(_) => Rows::Keep(2),
            Use::Gexec | Use::Crosstab(_) => Rows::Keep(MAX_KEPT_ROWS),
            Use::Gdesc => Rows::Describe,
        };
        // If there are several statements (`\;`), the first one decides.
        let escapes = self.server.escapes;
        let first = tokens_as(&statement, escapes)
            .find(|token| token.kind == Kind::Semicolon)
            .map(|token| &statement[..token.start]);
        let alone = judge(first.unwrap_or(&statement)).excludes_transaction_block;
        let begins = self.transaction == Transaction::Idle && !self.variables.is_on("AUTOCOMMIT") && !alone;
        if begins {
            let begin = self.hidden("BEGIN");
            self.enqueue(begin, Waiting::Before);
        }
        let rolls = match self.variables.get("ON_ERROR_ROLLBACK") {
            Some("on") => true,
            Some("interactive") => self.mode == Mode::Interactive,
            _ => false,
        };
        let savepoint = rolls && (begins || self.transaction == Transaction::Open);
        if savepoint {
            let set = self.hidden(&format!("SAVEPOINT {SAVEPOINT}"));
            self.enqueue(set, Waiting::Before);
        }
        let (line, file) = (self.begun, self.file_name());
        let statements = count(&statement, escapes);
        let (bind, rows) = match self.bind.take() {
            // The server refuses to bind values to several statements. Describing them produces its own error message.
            Some(_) if statements > 1 => (None, Rows::Describe),
            bind => (bind, rows),
        };
        let every = match &used {
            Use::Watch(watch) => Some(watch.milliseconds),
            _ => None,
        };
        let run =
            Run { statement, bind, copy, target, options, rows, hidden: false, echo, line, file, statements, every };
        let run = Box::new(run);
        let sent = Box::new(Sent { run: run.clone(), used, savepoint });
        self.enqueue(Action::Run(run), Waiting::Statement(sent));
    }

    /// Handles the end of an implicit `BEGIN` or savepoint. If it failed, the statement after it is not run.
    pub(super) fn before_ran(&mut self, ran: Ran) {
        self.transaction = ran.transaction;
        if let Some(error) = ran.failed {
            self.queue.clear();
            self.failed(error, String::new());
        }
    }

    fn failed(&mut self, error: ServerMessage, statement: String) {
        let code = if error.code.is_empty() { "XX000" } else { &error.code };
        // These are psql's own names, which are always accepted.
        for (name, value) in [
            ("ERROR", "true"),
            ("SQLSTATE", code),
            ("ROW_COUNT", "0"),
            ("LAST_ERROR_SQLSTATE", code),
            ("LAST_ERROR_MESSAGE", &error.message),
        ] {
            let _ = self.variables.set(name, value);
        }
        let why = error.message.clone();
        self.last_error = Some((error, statement));
        self.halt_with(why);
    }

    /// Handles the end of a statement.
    pub(super) fn ran(&mut self, sent: Sent, ran: Ran) {
        self.set_transaction(ran.transaction);
        if ran.failed.is_none() {
            self.track_savepoints(&sent.run.statement);
        }
        if sent.savepoint {
            self.end_savepoint(&sent, &ran);
        }
        if let Some(error) = ran.failed {
            self.failed(error, sent.run.statement.clone());
            return;
        }
        self.done += sent.run.statements;
        for (name, value) in [("ERROR", "false"), ("SQLSTATE", "00000"), ("ROW_COUNT", &ran.count.to_string())] {
            let _ = self.variables.set(name, value);
        }
        if sent.run.rows == Rows::Keep(MAX_KEPT_ROWS) && ran.count > MAX_KEPT_ROWS as u64 && !ran.columns.is_empty() {
            // Using only a part of the rows would go unnoticed.
            return self.fail(format!(
                "the result of {} rows is too large: \\gexec and \\crosstabview take at most {}; use LIMIT and OFFSET",
                ran.count, MAX_KEPT_ROWS
            ));
        }
        match sent.used.clone() {
            Use::Show => {}
            Use::Gset(prefix) => self.gset(&prefix, &ran),
            Use::Gexec => self.generated = ran.rows.into_iter().flatten().flatten().collect(),
            Use::Gdesc => self.gdesc(&ran),
            Use::Crosstab(arguments) => {
                let columns: Vec<(String, bool)> =
                    ran.columns.iter().map(|column| (column.name.clone(), column.is_right_aligned())).collect();
                // As in psql: without columns there is nothing to pivot.
                if ran.columns.is_empty() {
                    return;
                }
                match crosstab(&columns, &ran.rows, &arguments, &sent.run.options.null) {
                    Ok(sheet) => {
                        let options = Box::new(sent.run.options.clone());
                        self.enqueue(Action::Show { sheet: Box::new(sheet), options }, Waiting::Nothing);
                    }
                    Err(why) => self.fail(why),
                }
            }
            Use::Watch(watch) => self.watched(sent, watch, ran.count),
        }
    }

    /// Tracks the effect of an executed statement on the transaction's savepoints.
    fn track_savepoints(&mut self, statement: &str) {
        let place = |savepoints: &[String], name: &str| savepoints.iter().rposition(|known| known == name);
        match judge(statement).step {
            Some(Step::Savepoint(name)) => self.savepoints.push(name),
            Some(Step::Release(name)) => {
                let left = place(&self.savepoints, &name).unwrap_or(self.savepoints.len());
                self.savepoints.truncate(left);
            }
            Some(Step::RollbackTo(name)) => {
                let left = place(&self.savepoints, &name).map_or(self.savepoints.len(), |at| at + 1);
                self.savepoints.truncate(left);
            }
            // With `AND CHAIN` the next transaction begins at once, without savepoints.
            Some(Step::Commit { .. } | Step::Rollback { .. } | Step::Begin | Step::Prepare) => self.savepoints.clear(),
            Some(Step::Prepared | Step::Set) | None => {}
        }
    }

    fn end_savepoint(&mut self, sent: &Sent, ran: &Ran) {
        let end = match ran.transaction {
            Transaction::Idle => return,
            Transaction::Failed => format!("ROLLBACK TO {SAVEPOINT}"),
            Transaction::Open => match judge(&sent.run.statement).step {
                // A statement on savepoints, or the end of the transaction, has already removed our savepoint.
                Some(
                    Step::Savepoint(_)
                    | Step::Release(_)
                    | Step::RollbackTo(_)
                    | Step::Rollback { .. }
                    | Step::Commit { .. }
                    | Step::Begin
                    | Step::Prepare
                    | Step::Prepared,
                ) => return,
                Some(Step::Set) | None => format!("RELEASE {SAVEPOINT}"),
            },
        };
        let end = self.hidden(&end);
        self.enqueue(end, Waiting::After);
    }

    fn gset(&mut self, prefix: &str, ran: &Ran) {
        // As in psql: a statement without a result sets nothing.
        if ran.columns.is_empty() {
            return;
        }
        let row = match ran.rows.as_slice() {
            [row] => row,
            [] => return self.fail("no rows returned for \\gset"),
            _ => return self.fail("more than one row returned for \\gset"),
        };
        for (column, value) in ran.columns.iter().zip(row) {
            let name = format!("{prefix}{}", column.name);
            if crate::sql::variables::Variables::is_special(&name) {
                let text = format!("attempt to \\gset into specially treated variable \"{name}\" ignored\n");
                self.print(text, Target::Errors);
                continue;
            }
            let done = match value {
                Some(value) => self.variables.set(&name, value),
                None => self.variables.unset(&name),
            };
            if let Err(why) = done {
                return self.fail(why);
            }
        }
    }

    /// Sends the next statement from `\gexec`; returns whether there was one.
    pub(super) fn begin_generated(&mut self) -> bool {
        let Some(statement) = self.generated.pop_front() else { return false };
        let options = self.options.clone();
        let peer = judge(&statement).copy.map(|_| Peer::Standard);
        self.launch(statement, Use::Show, Target::Results, options, peer);
        true
    }

    /// Shows the columns of a statement's result.
    fn gdesc(&mut self, ran: &Ran) {
        if ran.columns.is_empty() {
            self.print("The command has no result, or the result has no columns.\n", Target::Results);
            return;
        }
        let row = |column: &crate::sql::Column| {
            format!("({}, {}, {})", literal(&column.name), column.type_oid, column.modifier)
        };
        let values: Vec<String> = ran.columns.iter().map(row).collect();
        let statement = format!(
            "SELECT name AS \"Column\", pg_catalog.format_type(tp, tpm) AS \"Type\"\nFROM (VALUES {}) s(name, tp, tpm)",
            values.join(", ")
        );
        let options = self.options.clone();
        self.launch(statement, Use::Show, Target::Results, options, None);
    }

    fn watched(&mut self, mut sent: Sent, mut watch: Watch, rows: u64) {
        watch.left = watch.left.map(|left| left.saturating_sub(1));
        if watch.left == Some(0) || rows < watch.least {
            return;
        }
        let milliseconds = watch.milliseconds;
        sent.used = Use::Watch(watch);
        self.enqueue(Action::Wait(milliseconds), Waiting::Pause(Box::new(sent)));
    }
}
