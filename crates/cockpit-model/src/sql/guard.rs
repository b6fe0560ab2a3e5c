//! The effect of a statement, from its words: whether it only reads, whether it changes a whole table, what it does to
//! the transaction. The server's own read-only transaction is what keeps from writing; this is what is asked before.

use super::calls::{self, Calls};
use super::copy::{self, Copy};
use super::statement::Words;
use super::token::{Kind, Token, words, words_as};

/// The effect of a statement, the harmless first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nature {
    /// Nothing: it is empty.
    Nothing,
    /// It reads, and calls no function but the server's own that are known to only read. A view, a rule, an operator or a
    /// cast may still call another one: words do not say that.
    Reads,
    /// It begins, ends or marks a transaction.
    Transaction,
    /// It changes the session alone: `SET`, `PREPARE`, `LISTEN`.
    Session,
    /// It reads, and calls a function that is not known here, which may do anything.
    Calls,
    /// It changes or locks data, or may: `DO`, `CALL` and `EXECUTE` can do anything.
    Writes,
    /// It changes no data, but takes locks and time: `VACUUM`, `REINDEX`, `REFRESH`.
    Maintains,
    /// It changes what there is: `CREATE`, `ALTER`, `DROP`, `GRANT`, `TRUNCATE`.
    Defines,
    /// It begins with no word that is known.
    Unknown,
}

impl Nature {
    /// Whether it changes nothing that others see.
    pub fn is_harmless(self) -> bool {
        matches!(self, Self::Nothing | Self::Reads | Self::Transaction | Self::Session)
    }

    /// Whether its own words change nothing that others see; a function that it calls may.
    pub fn only_reads(self) -> bool {
        self.is_harmless() || self == Self::Calls
    }
}

/// The effect of a statement on the transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `BEGIN`, `START TRANSACTION`.
    Begin,
    /// `COMMIT`, `END`; with `AND CHAIN` another one begins at once.
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
    /// `PREPARE TRANSACTION`: it is no longer this session's.
    Prepare,
    /// `COMMIT PREPARED`, `ROLLBACK PREPARED`: of another transaction.
    Prepared,
    /// `SET TRANSACTION`, `SET CONSTRAINTS`.
    Set,
}

impl Step {
    /// Whether the session is in no transaction after it.
    pub fn ends(&self) -> bool {
        matches!(self, Self::Commit { chain: false } | Self::Rollback { chain: false } | Self::Prepare)
    }

    /// Whether what was done in the transaction is decided with it, also where another one begins at once.
    pub fn decides(&self) -> bool {
        matches!(self, Self::Commit { .. } | Self::Rollback { .. } | Self::Prepare)
    }
}

/// An `UPDATE` or `DELETE` of all rows of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// `UPDATE` or `DELETE`.
    pub verb: &'static str,
    /// The table, as it is written there.
    pub table: String,
}

/// How far the server itself keeps a transaction that only reads from what a statement does: the least last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// It refuses it, or there is nothing to refuse.
    Wholly,
    /// It refuses what changes rows and tables; what else a function does is done.
    Rows,
    /// It does not: `VACUUM`, `ALTER SYSTEM`, `NOTIFY`, `pg_terminate_backend` change no row.
    Not,
}

/// The judgement of a statement by its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The effect; of several statements in one text the worst.
    pub nature: Nature,
    /// Data go through the client.
    pub copy: Option<Copy>,
    /// The effect on the transaction.
    pub step: Option<Step>,
    /// Tables that it changes without `WHERE`, also in a `WITH`.
    pub whole: Vec<Whole>,
    /// It holds a password, and is kept in no history.
    pub secret: bool,
    /// It can be in no transaction block, so none is begun before it where commits are not automatic.
    pub alone: bool,
    /// Transactions may write after it, or within it, that only read before: it takes the server's own protection away.
    pub lifts: bool,
    /// Whether a transaction that only reads is kept from it.
    pub kept: Kept,
}

/// Judges a statement. Where a text in it ends elsewhere for a server that has `standard_conforming_strings` off, by the worse of what
/// the two would make of it: what is a text to one of them may be a statement to the other.
pub fn judge(text: &str) -> Judged {
    let mut judged = judge_words(text, &words(text));
    if text.contains("\\'") {
        let other = judge_words(text, &words_as(text, true));
        judged.nature = judged.nature.max(other.nature);
        let more = other.whole.into_iter().filter(|whole| !judged.whole.contains(whole));
        let more: Vec<Whole> = more.collect();
        judged.whole.extend(more);
        judged.secret |= other.secret;
        judged.lifts |= other.lifts;
        judged.kept = judged.kept.max(other.kept);
    }
    judged
}

fn judge_words(text: &str, all: &[Token]) -> Judged {
    let mut judged = Judged {
        nature: Nature::Nothing,
        copy: None,
        step: None,
        whole: Vec::new(),
        secret: super::secret::is_held(text, all),
        alone: false,
        lifts: false,
        kept: Kept::Wholly,
    };
    for part in all.split(|token| matches!(token.kind, Kind::Semicolon | Kind::Escaped)) {
        let part: Vec<Token> = part.iter().filter(|token| token.kind != Kind::Command).copied().collect();
        // What reads data decides: they follow the text.
        if judged.copy != Some(Copy::In) {
            judged.copy = copy::direction(text, &part).or(judged.copy);
        }
        let words = Words { text, tokens: &part };
        judged.nature = judged.nature.max(words.nature());
        judged.whole.extend(words.whole());
        judged.step = judged.step.or_else(|| words.step());
        judged.alone |= words.stands_alone();
        judged.lifts |= words.lifts();
        judged.kept = judged.kept.max(words.kept());
        if part.iter().any(|token| is_escaped_name(token.of(text))) {
            judged.nature = judged.nature.max(Nature::Unknown);
            judged.lifts = true;
            judged.kept = Kept::Not;
        }
    }
    judged
}

/// Whether a name is written with escapes (`U&"…"`): it may be that of any function or setting, and is not read here.
fn is_escaped_name(written: &str) -> bool {
    written.strip_prefix(['u', 'U']).is_some_and(|rest| rest.starts_with("&\""))
}

/// Whether a text, or one of the statements in it, commits the transaction that is open or prepares that: where its answer is lost
/// nobody knows whether it was carried out.
pub fn commits(text: &str) -> bool {
    let all = words(text);
    let mut parts = all.split(|token| matches!(token.kind, Kind::Semicolon | Kind::Escaped));
    parts.any(|part| matches!(Words { text, tokens: part }.step(), Some(Step::Commit { .. } | Step::Prepare)))
}

/// The statement that says how many rows one would touch, without running it.
pub fn plan_of(statement: &str) -> String {
    format!("EXPLAIN (FORMAT JSON) {statement}")
}

impl Words<'_> {
    fn has(&self, word: &str) -> bool {
        self.tokens.iter().any(|token| token.is(self.text, word))
    }

    fn nature(&self) -> Nature {
        let first = (0..self.tokens.len()).find(|at| self.sign(*at) != "(");
        let Some(first) = first else { return Nature::Nothing };
        let word = self.sign(first).to_ascii_lowercase();
        match word.as_str() {
            "select" | "values" | "table" | "with" | "declare" => self.of_query(first),
            "show" | "fetch" | "move" | "close" => Nature::Reads,
            "explain" => self.of_explain(first),
            // What another session has prepared is kept, or thrown away.
            "commit" | "rollback" if self.is(first + 1, "prepared") => Nature::Writes,
            "begin" | "start" | "commit" | "end" | "rollback" | "abort" | "savepoint" | "release" => {
                Nature::Transaction
            }
            "prepare" if self.is(first + 1, "transaction") => Nature::Transaction,
            "set" if self.any(first + 1, &["transaction", "constraints"]) => Nature::Transaction,
            "set" | "reset" | "prepare" | "deallocate" | "discard" | "listen" | "unlisten" | "load" => Nature::Session,
            "copy" => self.of_copy(),
            "insert" | "update" | "delete" | "merge" | "do" | "call" | "execute" | "lock" | "notify" => Nature::Writes,
            "vacuum" | "analyze" | "analyse" | "reindex" | "cluster" | "refresh" | "checkpoint" => Nature::Maintains,
            "create" | "alter" | "drop" | "grant" | "revoke" | "truncate" | "comment" | "security" | "reassign"
            | "import" => Nature::Defines,
            _ => Nature::Unknown,
        }
    }

    /// A query reads, unless a part of it changes something, it makes a table, or it locks rows.
    fn of_query(&self, first: usize) -> Nature {
        let calls = calls::of(self.text, &self.tokens[first..]);
        if self.changes_rows(first) || calls == Calls::Acting {
            return Nature::Writes;
        }
        if self.makes_table(first) {
            return Nature::Defines;
        }
        if calls == Calls::Unknown { Nature::Calls } else { Nature::Reads }
    }

    /// Whether a part of it changes rows, or locks them.
    fn changes_rows(&self, first: usize) -> bool {
        let verbs = (first..self.tokens.len())
            .any(|at| self.any(at, &["insert", "update", "delete", "merge"]) && self.begins_statement(at));
        let locks = (first..self.tokens.len())
            .any(|at| self.is(at, "for") && (self.any(at + 1, &["update", "share", "no"]) || (self.is(at + 1, "key"))));
        verbs || locks
    }

    /// Whether the server refuses such a query in a transaction that only reads, before it calls anything.
    pub(super) fn is_refused(&self, first: usize) -> bool {
        self.changes_rows(first) || self.makes_table(first)
    }

    /// `SELECT … INTO t`: at the depth of its `SELECT`.
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

    fn of_explain(&self, first: usize) -> Nature {
        self.explained(first).map_or(Nature::Reads, |inner| inner.nature().max(Nature::Reads))
    }

    /// The statement that an `EXPLAIN` runs, if it does.
    pub(super) fn explained(&self, first: usize) -> Option<Words<'_>> {
        let verbs = ["select", "values", "table", "with", "insert", "update", "delete", "merge", "execute", "declare"];
        let inner = (first + 1..self.tokens.len())
            .find(|at| self.any(*at, &verbs) || self.any(*at, &["create", "refresh"]))
            .unwrap_or(self.tokens.len());
        // An option's name may stand in quotes.
        let runs = (first + 1..inner).any(|at| {
            matches!(self.name(at).as_str(), "analyze" | "analyse")
                && !self.any(at + 1, &["false", "off"])
                && self.sign(at + 1) != "0"
        });
        runs.then(|| Words { text: self.text, tokens: &self.tokens[inner..] })
    }

    fn of_copy(&self) -> Nature {
        let direction = copy::direction(self.text, self.tokens);
        if direction != Some(Copy::Out) {
            return Nature::Writes;
        }
        if self.sign(1) == "(" { self.of_query(1) } else { Nature::Reads }
    }

    /// Whether the word there begins a statement, or one in a `WITH`: `FOR UPDATE`, `ON UPDATE`, `DO UPDATE` and
    /// `THEN UPDATE` do not.
    fn begins_statement(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else { return true };
        matches!(self.sign(before), "(" | ")") || self.any(before, &["explain", "analyze", "analyse", "verbose", "as"])
    }

    fn whole(&self) -> Vec<Whole> {
        if self.any(0, &["create", "alter", "grant", "revoke", "comment", "drop"]) {
            return Vec::new();
        }
        let begins = |at: &usize| self.any(*at, &["update", "delete"]) && self.begins_statement(*at);
        (0..self.tokens.len()).filter(begins).filter_map(|at| self.whole_at(at)).collect()
    }

    fn whole_at(&self, at: usize) -> Option<Whole> {
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
        Some(Whole { verb, table })
    }

    /// Whether a condition is `true` or `1 = 1` and nothing more.
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

    /// Source: psql's common.c, `command_no_begin`.
    fn stands_alone(&self) -> bool {
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
