//! Judges a statement's effect from its text: whether it only reads, whether it changes a whole table, what it does to the
//! transaction. Writes are prevented by the server's own read-only transactions; this judgement only decides what to confirm
//! first.

use super::calls::{self, Calls};
use super::copy::{self, Copy};
use super::statement::StatementTokens;
use super::token::{Kind, Token, significant_tokens, significant_tokens_as};

/// The effect of a statement, in increasing order of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nature {
    /// The statement is empty.
    Nothing,
    /// Reads, and calls only built-in functions that are known to only read. A view, rule, operator or cast may still call
    /// another function, which the text does not show.
    Reads,
    /// Begins, ends or marks a transaction.
    Transaction,
    /// Changes only the session: `SET`, `PREPARE`, `LISTEN`.
    Session,
    /// Reads, and calls an unknown function, which may do anything.
    Calls,
    /// Changes or locks data, or may: `DO`, `CALL` and `EXECUTE` can do anything.
    Writes,
    /// Changes no data, but takes locks and time: `VACUUM`, `REINDEX`, `REFRESH`.
    Maintains,
    /// Changes the schema or privileges: `CREATE`, `ALTER`, `DROP`, `GRANT`, `TRUNCATE`.
    Defines,
    /// Begins with an unknown word.
    Unknown,
}

impl Nature {
    /// Returns whether it changes nothing that others see.
    pub fn is_harmless(self) -> bool {
        matches!(self, Self::Nothing | Self::Reads | Self::Transaction | Self::Session)
    }

    /// Returns whether it changes nothing that others see, apart from what a called function may do.
    pub fn only_reads(self) -> bool {
        self.is_harmless() || self == Self::Calls
    }
}

/// The effect of a statement on the transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `BEGIN`, `START TRANSACTION`.
    Begin,
    /// `COMMIT`, `END`; with `AND CHAIN` another transaction begins at once.
    Commit {
        /// `AND CHAIN`.
        chain: bool,
    },
    /// `ROLLBACK`, `ABORT`.
    Rollback {
        /// `AND CHAIN`.
        chain: bool,
    },
    /// `SAVEPOINT name`.
    Savepoint(String),
    /// `ROLLBACK TO name`.
    RollbackTo(String),
    /// `RELEASE name`.
    Release(String),
    /// `PREPARE TRANSACTION`: the transaction is then detached from the session.
    Prepare,
    /// `COMMIT PREPARED`, `ROLLBACK PREPARED`: ends another transaction.
    Prepared,
    /// `SET TRANSACTION`, `SET CONSTRAINTS`.
    Set,
}

impl Step {
    /// Returns whether the session is outside any transaction afterwards.
    pub fn ends_transaction(&self) -> bool {
        matches!(self, Self::Commit { chain: false } | Self::Rollback { chain: false } | Self::Prepare)
    }

    /// Returns whether it commits or rolls back the transaction, even if another one begins at once.
    pub fn completes_transaction(&self) -> bool {
        matches!(self, Self::Commit { .. } | Self::Rollback { .. } | Self::Prepare)
    }
}

/// An `UPDATE` or `DELETE` of all rows of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WholeTableChange {
    /// `UPDATE` or `DELETE`.
    pub verb: &'static str,
    /// The table, as written in the statement.
    pub table: String,
}

/// How far a read-only transaction on the server prevents a statement's effects, from most to least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReadOnlyProtection {
    /// The server refuses the statement, or there is nothing to refuse.
    Full,
    /// The server refuses changes of rows and tables; other effects of a function still happen.
    RowsOnly,
    /// The server does not refuse it: `VACUUM`, `ALTER SYSTEM`, `NOTIFY` and `pg_terminate_backend` change no row.
    Unprotected,
}

/// The judgement of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The effect; for several statements in one text, the worst.
    pub nature: Nature,
    /// The direction of data through the client.
    pub copy: Option<Copy>,
    /// The effect on the transaction.
    pub step: Option<Step>,
    /// Tables that it changes without `WHERE`, also inside a `WITH`.
    pub whole_table_changes: Vec<WholeTableChange>,
    /// Whether it contains a password, so that it is kept out of the history.
    pub secret: bool,
    /// Whether it cannot run in a transaction block, so that none is begun before it with autocommit off.
    pub excludes_transaction_block: bool,
    /// Whether it lets a read-only session write, after it or within it, which removes the server's protection.
    pub lifts_read_only: bool,
    /// How far a read-only transaction prevents its effects.
    pub protection: ReadOnlyProtection,
}

/// Judges a statement. A server with `standard_conforming_strings` off may see its strings end elsewhere, so that a string
/// for one setting is a statement for the other. In that case the result combines the worse of both readings.
pub fn judge(text: &str) -> Judgement {
    let mut judged = judge_words(text, &significant_tokens(text));
    if text.contains("\\'") {
        let other = judge_words(text, &significant_tokens_as(text, true));
        judged.nature = judged.nature.max(other.nature);
        let more = other.whole_table_changes.into_iter().filter(|whole| !judged.whole_table_changes.contains(whole));
        let more: Vec<WholeTableChange> = more.collect();
        judged.whole_table_changes.extend(more);
        judged.secret |= other.secret;
        judged.lifts_read_only |= other.lifts_read_only;
        judged.protection = judged.protection.max(other.protection);
    }
    judged
}

fn judge_words(text: &str, tokens: &[Token]) -> Judgement {
    let mut judged = Judgement {
        nature: Nature::Nothing,
        copy: None,
        step: None,
        whole_table_changes: Vec::new(),
        secret: super::secret::contains_password(text, tokens),
        excludes_transaction_block: false,
        lifts_read_only: false,
        protection: ReadOnlyProtection::Full,
    };
    for part in tokens.split(|token| matches!(token.kind, Kind::Semicolon | Kind::Escaped)) {
        let part: Vec<Token> = part.iter().filter(|token| token.kind != Kind::Command).copied().collect();
        // The first `COPY … FROM STDIN` decides: its data follow the text.
        if judged.copy != Some(Copy::In) {
            judged.copy = copy::direction(text, &part).or(judged.copy);
        }
        let words = StatementTokens { text, tokens: &part };
        judged.nature = judged.nature.max(words.nature());
        judged.whole_table_changes.extend(words.whole_changes());
        judged.step = judged.step.or_else(|| words.step());
        judged.excludes_transaction_block |= words.excludes_transaction_block();
        judged.lifts_read_only |= words.lifts_read_only();
        judged.protection = judged.protection.max(words.protection());
        if part.iter().any(|token| is_escaped_name(token.of(text))) {
            judged.nature = judged.nature.max(Nature::Unknown);
            judged.lifts_read_only = true;
            judged.protection = ReadOnlyProtection::Unprotected;
        }
    }
    judged
}

/// Returns whether a name is written with escapes (`U&"…"`). It may be the name of any function or setting, and is not
/// decoded here.
fn is_escaped_name(written: &str) -> bool {
    written.strip_prefix(['u', 'U']).is_some_and(|rest| rest.starts_with("&\""))
}

/// Returns whether a text, or one of its statements, commits or prepares the open transaction. If its response is lost,
/// nobody knows whether it took effect.
pub fn commits(text: &str) -> bool {
    let tokens = significant_tokens(text);
    let mut parts = tokens.split(|token| matches!(token.kind, Kind::Semicolon | Kind::Escaped));
    parts.any(|part| matches!(StatementTokens { text, tokens: part }.step(), Some(Step::Commit { .. } | Step::Prepare)))
}

/// Returns the statement that estimates how many rows another one would touch, without running it.
pub fn plan_of(statement: &str) -> String {
    format!("EXPLAIN (FORMAT JSON) {statement}")
}

impl StatementTokens<'_> {
    fn has(&self, word: &str) -> bool {
        self.tokens.iter().any(|token| token.is(self.text, word))
    }

    fn nature(&self) -> Nature {
        let first = (0..self.tokens.len()).find(|at| self.sign(*at) != "(");
        let Some(first) = first else { return Nature::Nothing };
        let word = self.sign(first).to_ascii_lowercase();
        match word.as_str() {
            "select" | "values" | "table" | "with" | "declare" => self.query_nature(first),
            "show" | "fetch" | "move" | "close" => Nature::Reads,
            "explain" => self.explain_nature(first),
            // A transaction prepared by another session is committed or rolled back.
            "commit" | "rollback" if self.is(first + 1, "prepared") => Nature::Writes,
            "begin" | "start" | "commit" | "end" | "rollback" | "abort" | "savepoint" | "release" => {
                Nature::Transaction
            }
            "prepare" if self.is(first + 1, "transaction") => Nature::Transaction,
            "set" if self.any(first + 1, &["transaction", "constraints"]) => Nature::Transaction,
            "set" | "reset" | "prepare" | "deallocate" | "discard" | "listen" | "unlisten" | "load" => Nature::Session,
            "copy" => self.copy_nature(),
            "insert" | "update" | "delete" | "merge" | "do" | "call" | "execute" | "lock" | "notify" => Nature::Writes,
            "vacuum" | "analyze" | "analyse" | "reindex" | "cluster" | "refresh" | "checkpoint" => Nature::Maintains,
            "create" | "alter" | "drop" | "grant" | "revoke" | "truncate" | "comment" | "security" | "reassign"
            | "import" => Nature::Defines,
            _ => Nature::Unknown,
        }
    }

    /// Judges a query: it reads, unless a part of it changes rows, it creates a table, or it locks rows.
    fn query_nature(&self, first: usize) -> Nature {
        let calls = calls::classify(self.text, &self.tokens[first..]);
        if self.changes_rows(first) || calls == Calls::SideEffects {
            return Nature::Writes;
        }
        if self.makes_table(first) {
            return Nature::Defines;
        }
        if calls == Calls::Unknown { Nature::Calls } else { Nature::Reads }
    }

    /// Returns whether a part of it changes or locks rows.
    fn changes_rows(&self, first: usize) -> bool {
        let verbs = (first..self.tokens.len())
            .any(|at| self.any(at, &["insert", "update", "delete", "merge"]) && self.begins_statement(at));
        let locks = (first..self.tokens.len())
            .any(|at| self.is(at, "for") && (self.any(at + 1, &["update", "share", "no"]) || (self.is(at + 1, "key"))));
        verbs || locks
    }

    /// Returns whether a read-only transaction refuses the query before any function is called.
    pub(super) fn is_refused(&self, first: usize) -> bool {
        self.changes_rows(first) || self.makes_table(first)
    }

    /// Returns whether it is `SELECT … INTO t`, with `INTO` at the depth of the `SELECT`.
    fn makes_table(&self, first: usize) -> bool {
        let mut depth = 0_usize;
        for at in first..self.tokens.len() {
            match self.tokens[at].kind {
                Kind::Opening => depth += 1,
                Kind::Closing => depth = depth.saturating_sub(1),
                _ if depth == 0 && self.is(at, "into") => return true,
                _ => {}
            }
        }
        false
    }

    fn explain_nature(&self, first: usize) -> Nature {
        self.explained(first).map_or(Nature::Reads, |inner| inner.nature().max(Nature::Reads))
    }

    /// Returns the statement that an `EXPLAIN` runs, if it runs one.
    pub(super) fn explained(&self, first: usize) -> Option<StatementTokens<'_>> {
        let verbs = ["select", "values", "table", "with", "insert", "update", "delete", "merge", "execute", "declare"];
        let inner = (first + 1..self.tokens.len())
            .find(|at| self.any(*at, &verbs) || self.any(*at, &["create", "refresh"]))
            .unwrap_or(self.tokens.len());
        // An option's name may be quoted.
        let runs = (first + 1..inner).any(|at| {
            matches!(self.name(at).as_str(), "analyze" | "analyse")
                && !self.any(at + 1, &["false", "off"])
                && self.sign(at + 1) != "0"
        });
        runs.then(|| StatementTokens { text: self.text, tokens: &self.tokens[inner..] })
    }

    fn copy_nature(&self) -> Nature {
        let direction = copy::direction(self.text, self.tokens);
        if direction != Some(Copy::Out) {
            return Nature::Writes;
        }
        if self.sign(1) == "(" { self.query_nature(1) } else { Nature::Reads }
    }

    /// Returns whether the word begins a statement, possibly inside a `WITH`: `FOR UPDATE`, `ON UPDATE`, `DO UPDATE` and
    /// `THEN UPDATE` do not.
    fn begins_statement(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else { return true };
        matches!(self.sign(before), "(" | ")") || self.any(before, &["explain", "analyze", "analyse", "verbose", "as"])
    }

    fn whole_changes(&self) -> Vec<WholeTableChange> {
        if self.any(0, &["create", "alter", "grant", "revoke", "comment", "drop"]) {
            return Vec::new();
        }
        let begins = |at: &usize| self.any(*at, &["update", "delete"]) && self.begins_statement(*at);
        (0..self.tokens.len()).filter(begins).filter_map(|at| self.whole_change_at(at)).collect()
    }

    fn whole_change_at(&self, at: usize) -> Option<WholeTableChange> {
        let verb = if self.is(at, "update") { "UPDATE" } else { "DELETE" };
        let mut depth = 0_usize;
        for here in at + 1..self.tokens.len() {
            match self.tokens[here].kind {
                Kind::Opening => depth += 1,
                Kind::Closing if depth == 0 => break,
                Kind::Closing => depth -= 1,
                _ if depth == 0 && self.is(here, "where") => {
                    if !self.is_always(here + 1) {
                        return None;
                    }
                    break;
                }
                _ => {}
            }
        }
        let mut name = at + 1 + usize::from(self.is(at + 1, "from"));
        name += usize::from(self.is(name, "only"));
        let mut table = self.sign(name).to_owned();
        while self.sign(name + 1) == "." {
            table = format!("{table}.{}", self.sign(name + 2));
            name += 2;
        }
        Some(WholeTableChange { verb, table })
    }

    /// Returns whether a condition is just `true` or `1 = 1`.
    fn is_always(&self, at: usize) -> bool {
        let length = if self.is(at, "true") {
            1
        } else if self.sign(at + 1) == "=" && self.sign(at) == self.sign(at + 2) {
            3
        } else {
            return false;
        };
        self.tokens.get(at + length).is_none_or(|next| next.is(self.text, "returning") || next.kind == Kind::Closing)
    }

    fn step(&self) -> Option<Step> {
        let after = 1 + usize::from(self.any(1, &["work", "transaction"]));
        let chain = self.is(after, "and") && self.is(after + 1, "chain");
        let marked = |at: usize| self.name(at + usize::from(self.is(at, "savepoint")));
        Some(match self.sign(0).to_ascii_lowercase().as_str() {
            "begin" | "start" => Step::Begin,
            "commit" | "rollback" if self.is(1, "prepared") => Step::Prepared,
            "commit" | "end" => Step::Commit { chain },
            "rollback" | "abort" if self.is(after, "to") => Step::RollbackTo(marked(after + 1)),
            "rollback" | "abort" => Step::Rollback { chain },
            "savepoint" => Step::Savepoint(self.name(1)),
            "release" => Step::Release(marked(1)),
            "prepare" if self.is(1, "transaction") => Step::Prepare,
            "set" if self.any(1, &["transaction", "constraints"]) => Step::Set,
            _ => return None,
        })
    }

    /// Returns whether it cannot run in a transaction block. Source: psql's common.c, `command_no_begin`.
    fn excludes_transaction_block(&self) -> bool {
        let concurrently = self.has("concurrently");
        match self.sign(0).to_ascii_lowercase().as_str() {
            "abort" | "begin" | "start" | "commit" | "end" | "rollback" | "vacuum" => true,
            "prepare" => self.is(1, "transaction"),
            "cluster" => self.tokens.len() == 1 || (self.tokens.len() == 2 && self.is(1, "verbose")),
            "create" => {
                self.any(1, &["database", "tablespace"])
                    || (concurrently && (self.is(1, "index") || (self.is(1, "unique") && self.is(2, "index"))))
            }
            "drop" => self.any(1, &["database", "tablespace", "system"]) || (concurrently && self.is(1, "index")),
            "alter" => self.is(1, "system"),
            "reindex" => self.any(1, &["database", "system"]) || concurrently,
            "discard" => self.is(1, "all"),
            _ => false,
        }
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
