//! Statements: what is sent around them, what their ends set, and what becomes of their rows.

use super::action::{Action, Peer, Ran, Rows, Run, Target};
use super::state::{Interpreter, Mode, Origin, Sent, Use, Waiting, Watch};
use crate::sql::copy::Copy;
use crate::sql::format::crosstab::crosstab;
use crate::sql::guard::{Step, judge};
use crate::sql::keywords::literal;
use crate::sql::token::{Kind, tokens_as};
use crate::sql::{ServerMessage, Transaction};

/// The savepoint that psql sets before each statement of a transaction where errors take back their statement alone.
const SAVEPOINT: &str = "pg_psql_temporary_savepoint";
/// The most rows that are kept for commands that need them in memory.
const KEPT: usize = 100_000;

/// How many statements a text has; a `;` at its end begins no other.
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
    /// Sends the statement that was read, if there is one.
    pub(super) fn send(&mut self, used: Use) {
        self.send_to(used, Target::Results, self.options.clone());
    }

    /// The same, with its result somewhere else or in another form.
    pub(super) fn send_to(&mut self, used: Use, target: Target, options: crate::sql::format::Options) {
        let begun = self.scan.is_begun() || !self.buffer.trim().is_empty();
        let mut statement = std::mem::take(&mut self.buffer);
        statement.truncate(statement.trim_end().len());
        self.reset_buffer();
        if !begun || statement.is_empty() {
            // `\g` and its like without a statement run the last one again.
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
            Some(Copy::In) => Some(self.following_of_copy()),
        };
        self.launch(statement, used, target, options, peer);
    }

    /// Where the data of a `COPY … FROM STDIN` come from.
    pub(super) fn following_of_copy(&self) -> Peer {
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
            Use::Gexec | Use::Crosstab(_) => Rows::Keep(KEPT),
            Use::Gdesc => Rows::Describe,
        };
        // Of several (`\;`) the first one decides.
        let escapes = self.server.escapes;
        let first = tokens_as(&statement, escapes)
            .find(|token| token.kind == Kind::Semicolon)
            .map(|token| &statement[..token.start]);
        let alone = judge(first.unwrap_or(&statement)).alone;
        let begins = self.transaction == Transaction::Idle && !self.variables.is_on("AUTOCOMMIT") && !alone;
        if begins {
            let begin = self.hidden("BEGIN");
            self.ask(begin, Waiting::Before);
        }
        let rolls = match self.variables.get("ON_ERROR_ROLLBACK") {
            Some("on") => true,
            Some("interactive") => self.mode == Mode::Interactive,
            _ => false,
        };
        let savepoint = rolls && (begins || self.transaction == Transaction::Open);
        if savepoint {
            let set = self.hidden(&format!("SAVEPOINT {SAVEPOINT}"));
            self.ask(set, Waiting::Before);
        }
        let (line, file) = (self.begun, self.file_name());
        let statements = count(&statement, escapes);
        let (bind, rows) = match self.bind.take() {
            // The server refuses to bind values to several, in its own words: it is only asked what they would give.
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
        self.ask(Action::Run(run), Waiting::Statement(sent));
    }

    /// `BEGIN` or a savepoint ended: where it failed, what it was for is not run.
    pub(super) fn before_ran(&mut self, ran: Ran) {
        self.transaction = ran.transaction;
        if let Some(said) = ran.failed {
            self.queue.clear();
            self.failed(said, String::new());
        }
    }

    fn failed(&mut self, said: ServerMessage, statement: String) {
        let code = if said.code.is_empty() { "XX000" } else { &said.code };
        // Names and values of psql's own: none of them is refused.
        for (name, value) in [
            ("ERROR", "true"),
            ("SQLSTATE", code),
            ("ROW_COUNT", "0"),
            ("LAST_ERROR_SQLSTATE", code),
            ("LAST_ERROR_MESSAGE", &said.message),
        ] {
            let _ = self.variables.set(name, value);
        }
        let why = said.message.clone();
        self.last_error = Some((said, statement));
        self.halt_for(why);
    }

    /// A statement ended.
    pub(super) fn ran(&mut self, sent: Sent, ran: Ran) {
        self.set_transaction(ran.transaction);
        if ran.failed.is_none() {
            self.mark(&sent.run.statement);
        }
        if sent.savepoint {
            self.end_savepoint(&sent, &ran);
        }
        if let Some(said) = ran.failed {
            self.failed(said, sent.run.statement.clone());
            return;
        }
        self.done += sent.run.statements;
        for (name, value) in [("ERROR", "false"), ("SQLSTATE", "00000"), ("ROW_COUNT", &ran.count.to_string())] {
            let _ = self.variables.set(name, value);
        }
        if sent.run.rows == Rows::Keep(KEPT) && ran.count > KEPT as u64 && !ran.columns.is_empty() {
            // A part of them would do a part of what was meant, and nobody would see that.
            return self.fail(format!(
                "nothing is made of a result of {} rows: no more than {} are kept for \\gexec and \\crosstabview; use LIMIT and OFFSET",
                ran.count, KEPT
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
                // As psql: there is nothing to turn.
                if ran.columns.is_empty() {
                    return;
                }
                match crosstab(&columns, &ran.rows, &arguments, &sent.run.options.null) {
                    Ok(sheet) => {
                        let options = Box::new(sent.run.options.clone());
                        self.ask(Action::Show { sheet: Box::new(sheet), options }, Waiting::Nothing);
                    }
                    Err(why) => self.fail(why),
                }
            }
            Use::Watch(watch) => self.watched(sent, watch, ran.count),
        }
    }

    /// Notes the effect of a statement that was carried out on the savepoints of the transaction.
    fn mark(&mut self, statement: &str) {
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
            // With `AND CHAIN` the next one begins at once, without them.
            Some(Step::Commit { .. } | Step::Rollback { .. } | Step::Begin | Step::Prepare) => self.savepoints.clear(),
            Some(Step::Prepared | Step::Set) | None => {}
        }
    }

    fn end_savepoint(&mut self, sent: &Sent, ran: &Ran) {
        let end = match ran.transaction {
            Transaction::Idle => return,
            Transaction::Failed => format!("ROLLBACK TO {SAVEPOINT}"),
            Transaction::Open => match judge(&sent.run.statement).step {
                // A statement about savepoints or the transaction's end has dealt with ours too.
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
        self.ask(end, Waiting::After);
    }

    fn gset(&mut self, prefix: &str, ran: &Ran) {
        // As psql: what has no result sets nothing.
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

    /// Sends the next statement that `\gexec` has. Whether there was one.
    pub(super) fn begin_generated(&mut self) -> bool {
        let Some(statement) = self.generated.pop_front() else { return false };
        let options = self.options.clone();
        let peer = judge(&statement).copy.map(|_| Peer::Standard);
        self.launch(statement, Use::Show, Target::Results, options, peer);
        true
    }

    /// Shows the columns that a statement would have.
    fn gdesc(&mut self, ran: &Ran) {
        if ran.columns.is_empty() {
            self.print("The command has no result, or the result has no columns.\n", Target::Results);
            return;
        }
        let one = |column: &crate::sql::Column| {
            format!("({}, {}, {})", literal(&column.name), column.type_oid, column.modifier)
        };
        let values: Vec<String> = ran.columns.iter().map(one).collect();
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
        self.ask(Action::Wait(milliseconds), Waiting::Pause(Box::new(sent)));
    }
}
