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
