//! Tests of judging statements, including deceptive ones.

use super::*;

#[test]
fn string_that_may_end_elsewhere_hides_no_statement() {
    // With `standard_conforming_strings` off the string is just `'`, and a statement follows it.
    let hidden = judge("select '\\''; delete from t; --'");
    assert_eq!((hidden.nature, hidden.whole_table_changes.len()), (Nature::Writes, 1));
    assert!(judge("select '\\''; set default_transaction_read_only = off; --'").lifts_read_only);
    assert_eq!(judge("select '\\''; vacuum; --'").protection, ReadOnlyProtection::Unprotected);
    // A change that both readings see is reported once.
    assert_eq!(judge("delete from t returning 'C:\\'").whole_table_changes.len(), 1);
    assert_eq!(judge("select * from t where a like 'b\\_c' escape '\\'").nature, Nature::Reads);
}

#[test]
fn reading_statements_are_told_apart_from_others() {
    use Nature::{Defines, Maintains, Nothing, Reads, Session, Transaction, Unknown, Writes};
    for (statement, nature) in [
        ("", Nothing),
        ("-- update t set a = 1", Nothing),
        (";", Nothing),
        ("select 1", Reads),
        ("(select 1) union (select 2)", Reads),
        ("table t", Reads),
        ("values (1)", Reads),
        ("show all", Reads),
        ("with a as (select 1) select * from a", Reads),
        ("with a as (delete from t where id = 1 returning *) select * from a", Writes),
        ("with a as not materialized (insert into t values (1) returning *) table a", Writes),
        ("with a(x) as (select 1) update t set b = x from a where t.id = 1", Writes),
        ("select * from t for update", Writes),
        ("select * from t for no key update skip locked", Writes),
        ("select substring(a for 2) from t", Reads),
        ("select a into b from t", Defines),
        ("select 'delete from t'", Reads),
        ("select \"update\" from t", Reads),
        ("select nextval('s')", Writes),
        ("select pg_terminate_backend(1)", Writes),
        ("select nextval from t", Reads),
        ("explain delete from t", Reads),
        ("explain (format json) update t set a = 1", Reads),
        ("explain analyze delete from t", Writes),
        ("explain (analyze, buffers) update t set a = 1", Writes),
        ("explain (analyze false) update t set a = 1", Reads),
        ("explain (analyze, buffers) select 1", Reads),
        ("explain analyze create table a as select 1", Defines),
        ("insert into t values (1) on conflict do nothing", Writes),
        ("merge into t using s on true when matched then delete", Writes),
        ("do $$ begin end $$", Writes),
        ("call p()", Writes),
        ("copy t to stdout", Reads),
        ("copy (select 1) to stdout", Reads),
        ("copy (delete from t returning *) to stdout", Writes),
        ("copy t from stdin", Writes),
        ("copy t to program 'rm'", Writes),
        ("truncate t", Defines),
        ("create table t (a int)", Defines),
        ("vacuum t", Maintains),
        ("begin", Transaction),
        ("set transaction read only", Transaction),
        ("set search_path = a", Session),
        ("prepare p as delete from t", Session),
        ("prepare transaction 'x'", Transaction),
        ("selct 1", Unknown),
        ("select 1 \\; delete from t where a = 1", Writes),
    ] {
        assert_eq!(judge(statement).nature, nature, "{statement}");
    }
}

#[test]
fn unknown_functions_may_do_anything_and_built_in_ones_are_known() {
    for statement in [
        "select wipe()",
        "values (wipe())",
        "select 1 from t where wipe() > 0",
        "select * from wipe()",
        "select * from wipe() as (a int)",
        "select \"Wipe\" (1)",
        "select app.lower('a')",
        "select app.wipe(1)",
        "with a as (select wipe()) table a",
        "select distinct on (a) wipe(a) from t",
        "select a at time zone wipe() from t",
        "declare c cursor for select wipe()",
        "copy (select wipe()) to stdout",
        "explain (analyze) select wipe()",
        "explain (analyze, buffers, format json) select wipe()",
        "select refresh(1)",
    ] {
        assert_eq!(judge(statement).nature, Nature::Calls, "{statement}");
    }
    assert!(!Nature::Calls.is_harmless() && Nature::Calls.only_reads());
    for statement in [
        "explain select wipe()",
        "select count(*) filter (where a > 1) over (partition by (b)) from t",
        "select pg_catalog.lower(a), \"upper\"(b), COALESCE(c, now()) from t where a in (1, 2) and exists (select 1)",
        "select a::numeric(10, 2), cast(b as app.kind(3)), varchar(3) 'x' from t",
        "with recursive a(x, y) as (select 1, 2), b(z) as materialized (select 3) select * from a, b",
        "select * from generate_series(1, 3) g(n) join (values (1)) as v(a) using (a)",
        "select * from unnest(array[1]) with ordinality u(a, n)",
        "select * from t tablesample system (10) repeatable (1)",
        "select a, sum(b) from t group by grouping sets ((a), rollup (a, b))",
        "select percentile_cont(0.5) within group (order by a) from t",
        "select 'wipe()', \"a\" from t -- wipe()",
        "copy (select 1) to stdout (format csv)",
        "select json_agg(t), pg_size_pretty(pg_total_relation_size('t')), gen_random_uuid(), random() from t",
    ] {
        assert_eq!(judge(statement).nature, Nature::Reads, "{statement}");
    }
    assert_eq!(judge("select pg_catalog.setval('s', 1), wipe()").nature, Nature::Writes);
}

fn whole(statement: &str) -> Vec<String> {
    judge(statement).whole_table_changes.iter().map(|whole| format!("{} {}", whole.verb, whole.table)).collect()
}

#[test]
fn change_of_a_whole_table_is_found_anywhere_in_a_statement() {
    for (statement, found) in [
        ("update t set a = 1", "UPDATE t"),
        ("delete from only s.\"T\"", "DELETE s.\"T\""),
        ("DELETE FROM t -- where id = 1", "DELETE t"),
        ("delete from t /* where */", "DELETE t"),
        ("update t set a = 'where'", "UPDATE t"),
        ("update t set \"where\" = 1", "UPDATE t"),
        ("update t set a = (select b from u where u.id = 1)", "UPDATE t"),
        ("delete from t using (select 1 where true) u", "DELETE t"),
        ("delete from t where true", "DELETE t"),
        ("delete from t where 1=1 returning *", "DELETE t"),
        ("with a as (delete from t returning *) select * from a where id = 1", "DELETE t"),
        ("with a as (select 1 where true) update t set b = 1", "UPDATE t"),
        ("explain analyze delete from t", "DELETE t"),
        ("explain (analyze, buffers) update t set a = 1", "UPDATE t"),
        ("prepare p as delete from t", "DELETE t"),
        ("copy (delete from t returning *) to stdout", "DELETE t"),
        ("select 1 \\; delete from t", "DELETE t"),
        ("delete from t returning (select 1 where true)", "DELETE t"),
    ] {
        assert_eq!(whole(statement), [found], "{statement}");
    }
}

#[test]
fn statement_with_a_condition_does_not_change_a_whole_table() {
    for statement in [
        "update t set a = 1 where id = 1",
        "delete from t where exists (select 1)",
        "delete from t using u where t.id = u.id",
        "delete from t where current of c",
        "update t set a = $1 where true and id = $2",
        "delete from t where 1 = 1 and id = 2",
        "select * from t for update",
        "insert into t values (1) on conflict (id) do update set a = 1",
        "merge into t using s on t.id = s.id when matched then update set a = 1",
        "create table t (a int references u on delete cascade on update cascade)",
        "create trigger g before update or delete on t for each row execute function f()",
        "create rule r as on insert to t do instead (delete from u)",
        "grant update, delete on t to app",
        "select 'delete from t'",
        "do $$ begin delete from t; end $$",
        "with a as (delete from t where id = 1 returning *) select * from a",
    ] {
        assert!(whole(statement).is_empty(), "{statement}: {:?}", whole(statement));
    }
    assert_eq!(whole("with a as (delete from t returning *) update u set a = 1"), ["DELETE t", "UPDATE u"]);
}

#[test]
fn effect_on_the_transaction_is_recognized() {
    let step = |statement: &str| judge(statement).step;
    let name = || "a".to_owned();
    assert_eq!(step("BEGIN ISOLATION LEVEL SERIALIZABLE"), Some(Step::Begin));
    assert_eq!(step("start transaction"), Some(Step::Begin));
    assert_eq!(step("commit and chain"), Some(Step::Commit { chain: true }));
    assert_eq!(step("end transaction"), Some(Step::Commit { chain: false }));
    assert_eq!(step("abort"), Some(Step::Rollback { chain: false }));
    assert_eq!(step("rollback work and no chain"), Some(Step::Rollback { chain: false }));
    assert_eq!(step("rollback transaction to savepoint a"), Some(Step::RollbackTo(name())));
    assert_eq!(step("rollback to a"), Some(Step::RollbackTo(name())));
    assert_eq!(step("savepoint \"a\""), Some(Step::Savepoint(name())));
    assert_eq!(step("release savepoint a"), Some(Step::Release(name())));
    assert_eq!(step("commit prepared 'x'"), Some(Step::Prepared));
    assert_eq!(step("prepare transaction 'x'"), Some(Step::Prepare));
    assert_eq!(step("select 'commit'"), None);
    assert!(step("rollback").is_some_and(|step| step.ends_transaction()));
    assert!(!step("rollback to a").is_some_and(|step| step.ends_transaction()));
}

#[test]
fn statements_that_cannot_run_in_a_transaction_block_are_recognized() {
    for statement in [
        "vacuum",
        "create database a",
        "create unique index concurrently i on t (a)",
        "drop index concurrently i",
        "reindex table concurrently t",
        "alter system set a = 1",
        "discard all",
        "cluster",
    ] {
        assert!(judge(statement).excludes_transaction_block, "{statement}");
    }
    for statement in ["create index i on t (a)", "drop table t", "cluster t", "analyze", "alter table t add a int"] {
        assert!(!judge(statement).excludes_transaction_block, "{statement}");
    }
}

#[test]
fn commit_among_several_statements_is_recognized() {
    for text in ["commit", "END WORK", "select 1; commit", "select 1 \\; commit and chain", "prepare transaction 'x'"] {
        assert!(commits(text), "{text}");
    }
    for text in ["", "rollback", "commit prepared 'x'", "prepare x as select 1", "select 'commit; commit'"] {
        assert!(!commits(text), "{text}");
    }
}

#[test]
fn copy_from_stdin_is_found_among_several_statements() {
    for (text, copy) in [
        ("select 0 \\; copy t from stdin", Some(Copy::In)),
        ("copy t to stdout \\; copy t from stdin \\; select 1", Some(Copy::In)),
        ("copy t to stdout \\; select 1", Some(Copy::Out)),
        ("select 'copy t from stdin' \\; select 1", None),
    ] {
        assert_eq!(judge(text).copy, copy, "{text}");
    }
}

#[test]
fn escaped_name_may_be_any_function_or_setting() {
    for statement in [
        "set U&\"transaction_read_only\" = off",
        "select u&\"pg\\005fswitch_wal\"()",
        "update U&\"pg_settings\" set setting = 'off' where name = 'x'",
        "select 1 \\; set U&\"d!0061ta\" uescape '!' = off",
    ] {
        let judged = judge(statement);
        assert!(
            judged.lifts_read_only
                && judged.protection == ReadOnlyProtection::Unprotected
                && !judged.nature.only_reads(),
            "{statement}: {judged:?}"
        );
    }
    let text = judge("select U&'\\0061', u & \"a\" from t");
    assert!(
        !text.lifts_read_only && text.protection == ReadOnlyProtection::Full && text.nature == Nature::Reads,
        "{text:?}"
    );
}

#[test]
fn explain_analyze_is_recognized_with_quoted_options() {
    assert_eq!(judge("explain (\"analyze\") select pg_switch_wal()").protection, ReadOnlyProtection::Unprotected);
    assert_eq!(judge("explain (verbose, \"analyze\" on) delete from t where a = 1").nature, Nature::Writes);
    assert_eq!(judge("explain (verbose) delete from t where a = 1").nature, Nature::Reads);
}
