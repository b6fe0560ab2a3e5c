//! How far the server keeps a transaction that only reads from what a statement does, from its words. Source: `PreventCommandIfReadOnly`
//! and `ClassifyUtilityCommandAsReadOnly` of PostgreSQL 13 to 18.

use super::calls::{self, Calls};
use super::copy;
use super::guard::Kept;
use super::statement::Words;
use super::token::{Kind, words};

/// Functions that run a text as a query. Source: PostgreSQL's documentation, "Text Search Functions", and of its modules
/// tablefunc and xml2.
const RUNNING: &[&str] = &["connectby", "crosstab", "ts_rewrite", "ts_stat", "xpath_table"];

impl Words<'_> {
    /// How far it is kept from.
    pub(super) fn kept(&self) -> Kept {
        let first = (0..self.tokens.len()).find(|at| self.sign(*at) != "(").unwrap_or(0);
        match self.sign(first).to_ascii_lowercase().as_str() {
            "explain" => self.explained(first).map_or(Kept::Wholly, |inner| inner.kept()),
            "vacuum" | "analyze" | "analyse" | "reindex" | "cluster" | "checkpoint" | "lock" | "notify" => Kept::Not,
            "alter" if self.is(first + 1, "system") => Kept::Not,
            "commit" | "rollback" if self.is(first + 1, "prepared") => Kept::Not,
            "copy" if self.is_written_there() => Kept::Not,
            "copy" if self.sign(first + 1) != "(" => Kept::Wholly,
            // The executor refuses them before it calls a function.
            "insert" | "update" | "delete" | "merge" | "create" | "alter" | "drop" | "grant" | "revoke"
            | "truncate" | "comment" | "security" | "reassign" | "import" | "refresh" => Kept::Wholly,
            "do" => self.texts_act().max(Kept::Rows),
            "call" | "execute" => self.calls_act().max(Kept::Rows),
            // It runs later, and nobody looks at its words then.
            "prepare" if !self.is(first + 1, "transaction") => self.calls_act(),
            "select" | "values" | "table" | "with" | "declare" | "copy" if self.is_refused(first) => Kept::Wholly,
            _ => self.calls_act(),
        }
    }

    /// Whether the functions that it calls change something.
    fn calls_act(&self) -> Kept {
        match calls::of(self.text, self.tokens) {
            Calls::Reading => Kept::Wholly,
            Calls::Unknown if self.runs_a_text() => self.texts_act().max(Kept::Rows),
            Calls::Unknown => Kept::Rows,
            Calls::Acting => Kept::Not,
        }
    }

    fn runs_a_text(&self) -> bool {
        (0..self.tokens.len()).any(|at| self.sign(at + 1) == "(" && RUNNING.contains(&self.name(at).as_str()))
    }

    /// Whether it is a `COPY … TO` a file or a program of the server's machine.
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

    /// Whether a function that acts is called within a text that is run.
    fn texts_act(&self) -> Kept {
        let texts = self.tokens.iter().filter(|token| matches!(token.kind, Kind::Text | Kind::DollarText));
        let acts = |text: &str| {
            let inner = match text.strip_prefix('$') {
                Some(rest) => rest
                    .split_once('$')
                    .map_or("", |(tag, rest)| rest.strip_suffix(&format!("${tag}$")).unwrap_or(rest)),
                None => text.trim_start_matches(['e', 'E']).trim_matches('\''),
            };
            calls::of(inner, &words(inner)) == Calls::Acting
        };
        if texts.map(|token| token.of(self.text)).any(acts) { Kept::Not } else { Kept::Wholly }
    }
}

#[cfg(test)]
mod tests {
    use super::super::guard::{Kept, Nature, judge};

    #[test]
    fn what_a_transaction_that_only_reads_is_not_kept_from_is_known() {
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
            assert_eq!(judge(statement).kept, Kept::Not, "{statement}");
        }
        for statement in [
            "select wipe()",
            "do $$ begin perform wipe(); end $$",
            "call p()",
            "execute p(1)",
            "select * from ts_stat('select v, 1 from t')",
        ] {
            assert_eq!(judge(statement).kept, Kept::Rows, "{statement}");
        }
        assert_eq!(judge("commit prepared 'x'").nature, Nature::Writes, "of another session's transaction");
    }

    #[test]
    fn what_the_server_refuses_itself_and_what_only_reads_is_left_to_it() {
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
            assert_eq!(judge(statement).kept, Kept::Wholly, "{statement}");
        }
    }
}
