//! The queries about a server's activity.

use super::process::START_TIME;

/// Maximum number of rows listed for each. One more is requested, to detect that there are more.
pub(in crate::sql) const LOCKS: usize = 500;
pub(in crate::sql) const STATEMENTS: usize = 50;
pub(in crate::sql) const TABLES: usize = 100;
pub(in crate::sql) const INDEXES: usize = 200;

pub(super) fn sessions(version: u32) -> String {
    let query_id = if version >= 140_000 { "a.query_id" } else { "NULL" };
    format!(
        "SELECT a.pid, a.usename, a.datname, a.application_name, a.client_addr, a.state, a.wait_event_type, a.wait_event, \
         EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.state_change), EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.xact_start), \
         EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.query_start), a.query, pg_catalog.pg_blocking_pids(a.pid)::text, {query_id}, \
         a.backend_type, a.pid = pg_catalog.pg_backend_pid(), {START_TIME} \
         FROM pg_catalog.pg_stat_activity a WHERE a.backend_type = 'client backend' OR a.state IS NOT NULL OR (a.backend_type IS NULL AND a.usename IS NOT NULL) ORDER BY a.xact_start NULLS LAST, a.pid"
    )
}

/// A lock on a table that is only read blocks nothing but an `ALTER`, so it is listed only while an `ALTER` waits for it. The
/// object id of a table in another database refers to a different table here, or to none.
pub(super) fn locks(version: u32) -> String {
    let since = if version >= 140_000 { "COALESCE(l.waitstart, a.query_start)" } else { "a.query_start" };
    format!(
        "SELECT l.pid, a.usename, CASE WHEN l.relation IS NULL THEN l.locktype \
         WHEN l.database = 0 OR d.datname = pg_catalog.current_database() THEN l.relation::pg_catalog.regclass::text \
         ELSE pg_catalog.concat('table ', l.relation, ' of ', d.datname) END, l.mode, l.granted, \
         EXTRACT(epoch FROM pg_catalog.clock_timestamp() - {since}), pg_catalog.pg_blocking_pids(l.pid)::text, a.query, {START_TIME} \
         FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid \
         LEFT JOIN pg_catalog.pg_database d ON d.oid = l.database WHERE l.pid <> pg_catalog.pg_backend_pid() AND l.locktype <> 'virtualxid' AND (NOT l.granted OR l.mode <> 'AccessShareLock') \
         ORDER BY l.granted, 6 DESC NULLS LAST, l.pid LIMIT {}",
        LOCKS + 1
    )
}

pub(super) fn statements() -> String {
    format!(
        "SELECT r.rolname, d.datname, s.calls, s.total_exec_time, s.mean_exec_time, s.max_exec_time, s.rows, s.shared_blks_hit, s.shared_blks_read, \
     s.temp_blks_written, s.query, s.queryid FROM pg_stat_statements s LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.userid \
     LEFT JOIN pg_catalog.pg_database d ON d.oid = s.dbid ORDER BY s.total_exec_time DESC LIMIT {}",
        STATEMENTS + 1
    )
}

/// Returns the condition that nobody holds or awaits an exclusive lock on a table or one of its indexes. Otherwise reading
/// its size would block until the lock is released, and so would everything else in the session.
pub(super) fn unlocked(table: &str) -> String {
    format!(
        "NOT EXISTS (SELECT 1 FROM pg_catalog.pg_locks k LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = k.relation \
         WHERE (k.relation = {table} OR x.indrelid = {table}) AND k.mode = 'AccessExclusiveLock' AND k.database = \
         (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))"
    )
}

/// Returns the query for table sizes. Dead rows come from the statistics collector; the bloat is an estimate based on them.
pub(super) fn sizes() -> String {
    format!(
        "SELECT n.nspname, c.relname, pg_catalog.pg_total_relation_size(c.oid), pg_catalog.pg_table_size(c.oid), pg_catalog.pg_indexes_size(c.oid), \
    (CASE WHEN c.reltuples = 0 AND c.relpages = 0 AND pg_catalog.current_setting('server_version_num', true)::pg_catalog.int4 < 140000 THEN -1 ELSE c.reltuples END)::bigint, s.n_live_tup, s.n_dead_tup, EXTRACT(epoch FROM pg_catalog.clock_timestamp() - GREATEST(s.last_vacuum, s.last_autovacuum)), \
    EXTRACT(epoch FROM pg_catalog.clock_timestamp() - GREATEST(s.last_analyze, s.last_autoanalyze)), s.seq_scan, s.idx_scan \
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_catalog.pg_stat_all_tables s ON s.relid = c.oid \
    WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND {} ORDER BY 3 DESC LIMIT {}",
        unlocked("c.oid"),
        TABLES + 1
    )
}

/// Returns the query for indexes that match the condition. An index is redundant if another has the same columns in the same
/// order, with the same collations and predicate, and the same uniqueness. It is never reported if it backs a constraint, is
/// unique for another reason, or is a replica identity. Indexes with a finding come first.
pub(in crate::sql) fn indexes(condition: &str) -> String {
    let constrains = |index: &str| {
        format!("EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k WHERE k.conindid = {index}.indexrelid)")
    };
    // PostgreSQL has this column from version 15 on.
    let nulls = |index: &str| format!("COALESCE(pg_catalog.to_jsonb({index}) ->> 'indnullsnotdistinct', 'false')");
    format!(
        "SELECT * FROM (SELECT n.nspname, t.relname, c.relname AS name, pg_catalog.pg_relation_size(c.oid) AS bytes, s.idx_scan AS used, \
         i.indisunique OR i.indisexclusion OR i.indisreplident OR {of_constraint} AS kept, i.indisvalid AS valid, \
         (SELECT pg_catalog.min(o.relname) FROM pg_catalog.pg_index j JOIN pg_catalog.pg_class o ON o.oid = j.indexrelid \
         WHERE j.indrelid = i.indrelid AND j.indexrelid <> i.indexrelid AND j.indisvalid AND NOT (i.indisexclusion OR i.indisreplident OR {of_constraint}) \
         AND o.relam = c.relam AND j.indkey::text = i.indkey::text AND j.indnkeyatts = i.indnkeyatts AND j.indclass::text = i.indclass::text \
         AND j.indcollation::text = i.indcollation::text AND j.indoption::text = i.indoption::text \
         AND COALESCE(pg_catalog.pg_get_expr(j.indpred, j.indrelid), '') = COALESCE(pg_catalog.pg_get_expr(i.indpred, i.indrelid), '') \
         AND COALESCE(pg_catalog.pg_get_expr(j.indexprs, j.indrelid), '') = COALESCE(pg_catalog.pg_get_expr(i.indexprs, i.indrelid), '') \
         AND (NOT i.indisunique OR (j.indisunique AND j.indimmediate = i.indimmediate AND {other_nulls} = {own_nulls})) \
         AND (j.indexrelid < i.indexrelid OR j.indisunique <> i.indisunique OR {other_constraint})) AS alike, \
         pg_catalog.pg_get_indexdef(i.indexrelid) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_class t ON t.oid = i.indrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace LEFT JOIN pg_catalog.pg_stat_all_indexes s ON s.indexrelid = i.indexrelid \
         WHERE {condition}) AS found ORDER BY valid AND alike IS NULL AND (kept OR used IS DISTINCT FROM 0), bytes DESC, name LIMIT {most}",
        of_constraint = constrains("i"),
        other_constraint = constrains("j"),
        own_nulls = nulls("i"),
        other_nulls = nulls("j"),
        most = INDEXES + 1,
    )
}

pub(super) const REPLICATION: &str = "SELECT application_name, client_addr, state, sync_state, pg_catalog.pg_wal_lsn_diff(sent_lsn, replay_lsn), \
    EXTRACT(epoch FROM replay_lag) FROM pg_catalog.pg_stat_replication ORDER BY 1";

pub(super) const CONNECTIONS: &str = "SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE state = 'active'), pg_catalog.count(*) FILTER (WHERE state LIKE 'idle in transaction%'), \
    pg_catalog.current_setting('max_connections'), pg_catalog.current_setting('superuser_reserved_connections'), \
    pg_catalog.pg_has_role(pg_catalog.current_user(), 'pg_read_all_stats', 'USAGE') FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend' OR (backend_type IS NULL AND usename IS NOT NULL)";
