//! Sessions of `cockpit sql` that were opened to read.

use super::*;

/// Words show it, or what a function did is seen after it.
#[test]
fn a_session_that_only_reads_is_not_had_write_by_what_it_runs() {
    let home = Home::new();
    let lift = "create function lift() returns text language sql as \
                $$ select set_config('default_transaction_read_only', 'off', false) $$";
    said(&home, &["-c", "create table lifted (n int)", "-c", lift]).coded(0);
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
        let refused = script(&home, &["--read-only"], &text).coded(4);
        assert!(refused.err.contains("--read-only"), "{what}: {}", refused.err);
        let on = script(&home, &["--read-only", "-v", "ON_ERROR_STOP=0"], &text);
        assert!(on.code != 0, "{what}: {on:?}");
    }
    let reads = "begin read only;\nselect set_config('search_path', 'public', false);\ncommit;\nreset search_path;\n";
    script(&home, &["--read-only"], reads).coded(0);
    assert_eq!(said(&home, &["-o", "tsv", "-c", "select count(*) from lifted"]).coded(0).out, "count\n0\n");
}

/// A transaction that only reads refuses changes of rows and tables alone: the rest is not sent.
#[test]
fn what_the_server_would_do_in_a_session_that_only_reads_is_not_sent_to_it() {
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
        let refused = script(&home, &["--read-only"], &format!("{what};\n")).coded(4);
        assert!(refused.err.contains("not run: the session only reads"), "{what}: {}", refused.err);
    }
    script(&home, &["--read-only"], "explain select pg_switch_wal();\nselect 'vacuum full';\n").coded(0);
}
