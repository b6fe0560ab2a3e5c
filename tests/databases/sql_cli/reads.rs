//! Read-only sessions of `cockpit sql`.

use super::*;

/// The attempt is recognised in the statement, or its effect is detected after a function did it.
#[test]
fn read_only_session_cannot_be_made_to_write() {
    let home = Home::new();
    let lift = "create function lift() returns text language sql as \
                $$ select set_config('default_transaction_read_only', 'off', false) $$";
    run_sql(&home, &["-c", "create table lifted (n int)", "-c", lift]).exits(0);
    for what in [
        "set default_transaction_read_only = off",
        "set session characteristics as transaction read write",
        "begin read write",
        "reset all",
        "discard all",
        "select set_config('default_transaction_read_only', 'off', false)",
        "select 'set default_transaction_read_only to off' \\gexec",
        "do $$ begin set default_transaction_read_only = off; end $$",
        "do $$ begin execute 'set default_tran' || 'saction_read_only = off'; end $$",
        "select lift()",
    ] {
        let text = format!("{what};\ninsert into lifted values (1);\n");
        let refused = script(&home, &["--read-only"], &text).exits(4);
        assert!(refused.err.contains("--read-only"), "{what}: {}", refused.err);
        let on = script(&home, &["--read-only", "-v", "ON_ERROR_STOP=0"], &text);
        assert!(on.code != 0, "{what}: {on:?}");
    }
    let reads = "begin read only;\nselect set_config('search_path', 'public', false);\ncommit;\nreset search_path;\n";
    script(&home, &["--read-only"], reads).exits(0);
    assert_eq!(run_sql(&home, &["-o", "tsv", "-c", "select count(*) from lifted"]).exits(0).out, "count\n0\n");
}

/// A read-only transaction refuses only changes of rows and tables: statements with other side effects are not sent.
#[test]
fn side_effects_the_server_would_allow_are_not_sent_in_a_read_only_session() {
    let home = Home::new();
    for what in [
        "vacuum full",
        "analyze",
        "alter system set work_mem = '5MB'",
        "checkpoint",
        "notify a, 'b'",
        "begin; lock table pg_catalog.pg_class in access exclusive mode",
        "copy (select 1) to '/nowhere/file'",
        "select lo_create(0)",
        "select pg_switch_wal()",
        "select pg_reload_conf()",
        "select pg_stat_reset()",
        "select pg_create_physical_replication_slot('never')",
        "prepare p as select pg_switch_wal()",
        "do $$ begin perform pg_switch_wal(); end $$",
        "select 'checkpoint' \\gexec",
    ] {
        let refused = script(&home, &["--read-only"], &format!("{what};\n")).exits(4);
        assert!(refused.err.contains("not run: the session only reads"), "{what}: {}", refused.err);
    }
    script(&home, &["--read-only"], "explain select pg_switch_wal();\nselect 'vacuum full';\n").exits(0);
}
