//! Judges from a statement's text how far a read-only transaction on the server prevents its effects.
//! Source: `PreventCommandIfReadOnly` and `ClassifyUtilityCommandAsReadOnly` of PostgreSQL 13 to 18.

use super::calls::{self, Calls};
use super::copy;
use super::guard::ReadOnlyProtection;
use super::statement::StatementTokens;
use super::token::{Kind, significant_tokens};

/// Functions that run a string as a query. Source: PostgreSQL's documentation, "Text Search Functions", and that of its
/// modules tablefunc and xml2.
const RUNNING: &[&str] = &["connectby", "crosstab", "ts_rewrite", "ts_stat", "xpath_table"];

impl StatementTokens<'_> {
    /// Returns how far a read-only transaction prevents the statement's effects.
    pub(super) fn protection(&self) -> ReadOnlyProtection {
        let first = (0..self.tokens.len()).find(|at| self.sign(*at) != "(").unwrap_or(0);
        match self.sign(first).to_ascii_lowercase().as_str() {
            "explain" => self.explained(first).map_or(ReadOnlyProtection::Full, |inner| inner.protection()),
            "vacuum" | "analyze" | "analyse" | "reindex" | "cluster" | "checkpoint" | "lock" | "notify" => {
                ReadOnlyProtection::Unprotected
            }
            "alter" if self.is(first + 1, "system") => ReadOnlyProtection::Unprotected,
            "commit" | "rollback" if self.is(first + 1, "prepared") => ReadOnlyProtection::Unprotected,
            "copy" if self.is_written_there() => ReadOnlyProtection::Unprotected,
            "copy" if self.sign(first + 1) != "(" => ReadOnlyProtection::Full,
            // The executor refuses these before it calls a function.
            "insert" | "update" | "delete" | "merge" | "create" | "alter" | "drop" | "grant" | "revoke"
            | "truncate" | "comment" | "security" | "reassign" | "import" | "refresh" => ReadOnlyProtection::Full,
            "do" => self.texts_act().max(ReadOnlyProtection::RowsOnly),
            "call" | "execute" => self.calls_act().max(ReadOnlyProtection::RowsOnly),
            // The statement runs later, when its text is no longer judged.
            "prepare" if !self.is(first + 1, "transaction") => self.calls_act(),
            "select" | "values" | "table" | "with" | "declare" | "copy" if self.is_refused(first) => {
                ReadOnlyProtection::Full
            }
            _ => self.calls_act(),
        }
    }

    /// Judges the functions that it calls.
    fn calls_act(&self) -> ReadOnlyProtection {
        match calls::classify(self.text, self.tokens) {
            Calls::ReadOnly => ReadOnlyProtection::Full,
            Calls::Unknown if self.runs_a_text() => self.texts_act().max(ReadOnlyProtection::RowsOnly),
            Calls::Unknown => ReadOnlyProtection::RowsOnly,
            Calls::SideEffects => ReadOnlyProtection::Unprotected,
        }
    }

    fn runs_a_text(&self) -> bool {
        (0..self.tokens.len()).any(|at| self.sign(at + 1) == "(" && RUNNING.contains(&self.name(at).as_str()))
    }

    /// Returns whether it is a `COPY … TO` a file or program on the server's machine.
    fn is_written_there(&self) -> bool {
        let mut depth = 0_usize;
        let to = self.tokens.iter().find(|token| {
            match token.kind {
                Kind::Opening => depth += 1,
                Kind::Closing => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && ["from", "to"].iter().any(|word| token.is(self.text, word))
        });
        copy::direction(self.text, self.tokens).is_none() && to.is_some_and(|to| to.is(self.text, "to"))
    }

    /// Judges the functions called inside strings that are run as code.
    fn texts_act(&self) -> ReadOnlyProtection {
        let texts = self.tokens.iter().filter(|token| matches!(token.kind, Kind::Text | Kind::DollarText));
        let acts = |text: &str| {
            let inner = match text.strip_prefix('$') {
                Some(rest) => rest
                    .split_once('$')
                    .map_or("", |(tag, rest)| rest.strip_suffix(&format!("${tag}$")).unwrap_or(rest)),
                None => text.trim_start_matches(['e', 'E']).trim_matches('\''),
            };
            calls::classify(inner, &significant_tokens(inner)) == Calls::SideEffects
        };
        if texts.map(|token| token.of(self.text)).any(acts) {
            ReadOnlyProtection::Unprotected
        } else {
            ReadOnlyProtection::Full
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::guard::{Nature, ReadOnlyProtection, judge};

    #[test]
    fn effects_that_a_read_only_transaction_does_not_prevent_are_recognized() {
        for statement in [
            "vacuum full",
            "analyze t",
            "reindex table t",
            "cluster t using i",
            "checkpoint",
            "alter system set work_mem = '1GB'",
            "lock table t in access exclusive mode",
            "notify a, 'b'",
            "commit prepared 'x'",
            "rollback prepared 'x'",
            "copy t to '/tmp/t'",
            "copy (select 1 from t) to program 'cat'",
            "copy (select pg_reload_conf()) to stdout",
            "select lo_create(0)",
            "select lo_export(1, '/tmp/x')",
            "select pg_switch_wal()",
            "select pg_reload_conf()",
            "select pg_stat_reset_shared('bgwriter')",
            "select * from pg_create_physical_replication_slot('s')",
            "select * from ts_stat('select pg_switch_wal()::text::tsvector')",
            "select * from dblink('host=h', 'delete from t returning 1') as t (n int)",
            "select pg_catalog.pg_notify('a', 'b')",
            "values (pg_terminate_backend(1))",
            "with a as (select pg_wal_replay_pause()) table a",
            "explain analyze select pg_switch_wal()",
            "prepare p as select pg_switch_wal()",
            "declare c cursor for select pg_switch_wal()",
            "do $$ begin perform pg_switch_wal(); end $$",
            "do $a$ begin perform pg_catalog.lo_create(0); end $a$",
            "do 'begin perform pg_reload_conf(); end'",
            "call p(pg_switch_wal())",
            "select 1 \\; vacuum t",
        ] {
            assert_eq!(judge(statement).protection, ReadOnlyProtection::Unprotected, "{statement}");
        }
        for statement in [
            "select wipe()",
            "do $$ begin perform wipe(); end $$",
            "call p()",
            "execute p(1)",
            "select * from ts_stat('select v, 1 from t')",
        ] {
            assert_eq!(judge(statement).protection, ReadOnlyProtection::RowsOnly, "{statement}");
        }
        assert_eq!(judge("commit prepared 'x'").nature, Nature::Writes, "of another session's transaction");
    }

    #[test]
    fn statements_that_the_server_refuses_or_that_only_read_are_left_to_it() {
        for statement in [
            "select 1",
            "insert into t values (1)",
            "update t set a = pg_switch_wal()",
            "with a as (delete from t returning *) select pg_switch_wal() from a",
            "select pg_switch_wal() into t",
            "select * from t for update",
            "create table t (a int default nextval('s'))",
            "create function f() returns int language sql as 'select pg_switch_wal()'",
            "alter table t add a int",
            "refresh materialized view v",
            "copy t from stdin",
            "copy t from '/tmp/t'",
            "copy t to stdout",
            "explain select pg_switch_wal()",
            "prepare p as delete from t",
            "prepare transaction 'x'",
            "commit",
            "set search_path = a",
            "select 'vacuum', pg_switch_wal from t",
        ] {
            assert_eq!(judge(statement).protection, ReadOnlyProtection::Full, "{statement}");
        }
    }
}
