//! The statements after the definition of a table or view: indexes, statistics, rules, triggers, policies, comments, owner,
//! privileges.

use super::part;
use super::parts::{NAME, relation, rights, with};

/// The qualified name of an index `x` in the schema `n`.
const INDEX: &str = "pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(x.relname)";

/// Returns all of these statements. `word` is the kind of object in `COMMENT ON` and `ALTER`.
pub(super) fn statements(oid: u32, word: &str) -> Vec<String> {
    let mut parts = indexes(oid);
    parts.extend(statistics(oid));
    parts.extend(rules_and_triggers(oid));
    parts.extend(policies(oid));
    parts.extend(comments(oid, word));
    parts.extend(owner_and_rights(oid, word));
    parts
}

/// Returns a part that is a complete statement.
fn statement(place: u32, sort: &str, line: &str, from: &str) -> String {
    part(place, sort, "s", line, from)
}

/// Returns indexes that back no constraint, and the storage of all indexes.
fn indexes(oid: u32) -> Vec<String> {
    let indexes = with(
        oid,
        "JOIN pg_catalog.pg_index i ON i.indrelid = c.oid JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid \
         LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = c.oid AND k.contype IN ('p', 'u', 'x')",
    );
    vec![
        statement(
            80,
            "x.relname",
            "pg_catalog.pg_get_indexdef(i.indexrelid)",
            &format!("{indexes} AND k.oid IS NULL AND (i.indisvalid OR x.relkind = 'I')"),
        ),
        statement(
            80,
            "x.relname",
            "'-- the index ' || pg_catalog.quote_ident(x.relname) || ' is not valid and is left out: ' || pg_catalog.pg_get_indexdef(i.indexrelid)",
            &format!("{indexes} AND k.oid IS NULL AND NOT i.indisvalid AND x.relkind <> 'I'"),
        ),
        statement(
            81,
            "x.relname",
            &format!(
                "'ALTER INDEX ' || {INDEX} || ' SET TABLESPACE ' || (SELECT pg_catalog.quote_ident(t.spcname) FROM pg_catalog.pg_tablespace t WHERE t.oid = x.reltablespace)"
            ),
            &format!("{indexes} AND x.reltablespace <> 0"),
        ),
        statement(
            81,
            "x.relname || xa.attnum",
            &format!(
                "'ALTER INDEX ' || {INDEX} || ' ALTER COLUMN ' || xa.attnum || ' SET STATISTICS ' || xa.attstattarget"
            ),
            &format!(
                "{} AND COALESCE(xa.attstattarget, -1) >= 0",
                indexes.replace(
                    "LEFT JOIN pg_catalog.pg_constraint",
                    "JOIN pg_catalog.pg_attribute xa ON xa.attrelid = x.oid LEFT JOIN pg_catalog.pg_constraint"
                )
            ),
        ),
        statement(
            85,
            "x.relname",
            &format!("'ALTER TABLE ' || {NAME} || ' CLUSTER ON ' || pg_catalog.quote_ident(x.relname)"),
            &format!("{indexes} AND i.indisclustered"),
        ),
    ]
}

/// Returns the extended statistics.
fn statistics(oid: u32) -> Vec<String> {
    let statistics = with(oid, "JOIN pg_catalog.pg_statistic_ext e ON e.stxrelid = c.oid");
    vec![
        statement(88, "e.stxname", "pg_catalog.pg_get_statisticsobjdef(e.oid)", &statistics),
        statement(
            89,
            "e.stxname",
            "'ALTER STATISTICS ' || e.stxnamespace::pg_catalog.regnamespace || '.' || pg_catalog.quote_ident(e.stxname) || ' SET STATISTICS ' || e.stxstattarget",
            &format!("{statistics} AND COALESCE(e.stxstattarget, -1) >= 0"),
        ),
    ]
}

/// Returns rules and triggers, and whether they are enabled.
fn rules_and_triggers(oid: u32) -> Vec<String> {
    let rules =
        format!("{} AND r.rulename <> '_RETURN'", with(oid, "JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid"));
    let triggers =
        with(oid, "JOIN pg_catalog.pg_trigger g ON g.tgrelid = c.oid AND NOT g.tgisinternal AND g.tgparentid = 0");
    let mut parts = Vec::new();
    for (places, what, name, definition, enabled, from) in [
        ([90, 91], "RULE", "r.rulename", "pg_get_ruledef(r.oid)", "r.ev_enabled", &rules),
        ([92, 92], "TRIGGER", "g.tgname", "pg_get_triggerdef(g.oid)", "g.tgenabled", &triggers),
    ] {
        parts.push(statement(places[0], name, &format!("pg_catalog.{definition}"), from));
        let state = format!(
            "'ALTER TABLE ' || {NAME} || CASE {enabled} WHEN 'D' THEN ' DISABLE' WHEN 'A' THEN ' ENABLE ALWAYS' ELSE ' ENABLE REPLICA' END || ' {what} ' || pg_catalog.quote_ident({name})"
        );
        let from = format!("{from} AND {enabled} <> 'O'");
        parts.push(statement(places[1], &format!("{name} || ' '"), &state, &from));
    }
    parts
}

/// Returns the policies of row-level security.
fn policies(oid: u32) -> Vec<String> {
    let policies = with(oid, "JOIN pg_catalog.pg_policy o ON o.polrelid = c.oid");
    vec![statement(
        94,
        "o.polname",
        &format!(
            "'CREATE POLICY ' || pg_catalog.quote_ident(o.polname) || ' ON ' || {NAME} || CASE WHEN o.polpermissive THEN '' ELSE ' AS RESTRICTIVE' END \
             || CASE o.polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT' WHEN 'w' THEN ' FOR UPDATE' WHEN 'd' THEN ' FOR DELETE' ELSE '' END \
             || COALESCE(' TO ' || (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(m.role)), ', ' ORDER BY m.place) \
             FROM pg_catalog.unnest(o.polroles) WITH ORDINALITY AS m (role, place) WHERE m.role <> 0), '') \
             || COALESCE(' USING (' || pg_catalog.pg_get_expr(o.polqual, o.polrelid) || ')', '') \
             || COALESCE(' WITH CHECK (' || pg_catalog.pg_get_expr(o.polwithcheck, o.polrelid) || ')', '')"
        ),
        &policies,
    )]
}

/// Returns the comments on the relation and its parts.
fn comments(oid: u32, word: &str) -> Vec<String> {
    let of = |more: &str| with(oid, more);
    let is_description = "|| ' IS ' || pg_catalog.quote_literal(d.description)";
    let described = |catalogue: &str, oid: &str, number: &str| {
        format!(
            "JOIN pg_catalog.pg_description d ON d.objoid = {oid} AND d.classoid = 'pg_catalog.{catalogue}'::pg_catalog.regclass AND d.objsubid = {number}"
        )
    };
    let mut parts = vec![
        statement(
            96,
            "''",
            &format!("'COMMENT ON {word} ' || {NAME} {is_description}"),
            &of(&described("pg_class", "c.oid", "0")),
        ),
        statement(
            96,
            "pg_catalog.lpad(a.attnum::text, 5, '0')",
            &format!("'COMMENT ON COLUMN ' || {NAME} || '.' || pg_catalog.quote_ident(a.attname) {is_description}"),
            &of(&format!(
                "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped {}",
                described("pg_class", "c.oid", "a.attnum")
            )),
        ),
    ];
    let on = |what: &str, name: &str| {
        format!("'COMMENT ON {what} ' || pg_catalog.quote_ident({name}) || ' ON ' || {NAME} {is_description}")
    };
    for (what, name, table, catalogue, alias) in [
        ("CONSTRAINT", "k.conname", "JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid", "pg_constraint", "k.oid"),
        ("RULE", "r.rulename", "JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid", "pg_rewrite", "r.oid"),
        ("TRIGGER", "g.tgname", "JOIN pg_catalog.pg_trigger g ON g.tgrelid = c.oid", "pg_trigger", "g.oid"),
        ("POLICY", "o.polname", "JOIN pg_catalog.pg_policy o ON o.polrelid = c.oid", "pg_policy", "o.oid"),
    ] {
        let from = of(&format!("{table} {}", described(catalogue, alias, "0")));
        parts.push(statement(97, &format!("'{what}' || {name}"), &on(what, name), &from));
    }
    parts.push(statement(
        97,
        "'INDEX' || x.relname",
        &format!("'COMMENT ON INDEX ' || {INDEX} {is_description}"),
        &of(&format!(
            "JOIN pg_catalog.pg_index i ON i.indrelid = c.oid JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid {}",
            described("pg_class", "x.oid", "0")
        )),
    ));
    parts.push(statement(
        97,
        "'STATISTICS' || e.stxname",
        &format!(
            "'COMMENT ON STATISTICS ' || e.stxnamespace::pg_catalog.regnamespace || '.' || pg_catalog.quote_ident(e.stxname) {is_description}"
        ),
        &of(&format!(
            "JOIN pg_catalog.pg_statistic_ext e ON e.stxrelid = c.oid {}",
            described("pg_statistic_ext", "e.oid", "0")
        )),
    ));
    parts
}

/// Returns the owner, and the privileges of others.
fn owner_and_rights(oid: u32, word: &str) -> Vec<String> {
    let of = |more: &str| with(oid, more);
    let sequence = "pg_catalog.quote_ident(qn.nspname) || '.' || pg_catalog.quote_ident(q.relname)";
    vec![
        statement(
            98,
            "''",
            &format!(
                "'ALTER {word} ' || {NAME} || ' OWNER TO ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(c.relowner))"
            ),
            &relation(oid),
        ),
        statement(99, "'0'", &rights("c.relacl", "c.relowner", 'r', &format!("'TABLE ' || {NAME}")), &relation(oid)),
        statement(
            99,
            "'1' || pg_catalog.lpad(a.attnum::text, 5, '0') || x.number",
            &format!(
                "'GRANT ' || x.privilege_type || ' (' || pg_catalog.quote_ident(a.attname) || ') ON TABLE ' || {NAME} || ' TO ' || \
                 CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) END \
                 || CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END"
            ),
            &of("JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
                 JOIN LATERAL pg_catalog.aclexplode(a.attacl) WITH ORDINALITY AS x (grantor, grantee, privilege_type, is_grantable, number) ON true"),
        ),
        statement(
            99,
            "'2' || q.relname",
            &rights("q.relacl", "q.relowner", 's', &format!("'SEQUENCE ' || {sequence}")),
            &of("JOIN pg_catalog.pg_depend p ON p.refobjid = c.oid AND p.refobjsubid > 0 AND p.deptype IN ('a', 'i') \
                 AND p.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass \
                 JOIN pg_catalog.pg_class q ON q.oid = p.objid AND q.relkind = 'S' JOIN pg_catalog.pg_namespace qn ON qn.oid = q.relnamespace"),
        ),
    ]
}
