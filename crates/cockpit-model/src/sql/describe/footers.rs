//! What stands below a relation: the parts of its one question.

use super::asked::{V14, V15, V18};

/// Adds a part: its place, its heading, by what its lines are sorted, the line, where from.
pub type Add<'a> = dyn FnMut(usize, &str, &str, &str, &str) + 'a;

/// The table that a sequence belongs to.
pub fn sequence(oid: &str, add: &mut Add) {
    add(
        1,
        "",
        "1",
        "CASE d.deptype WHEN 'i' THEN 'Sequence for identity column: ' ELSE 'Owned by: ' END || pg_catalog.quote_ident(nspname) || '.' || pg_catalog.quote_ident(relname) || '.' || pg_catalog.quote_ident(attname)",
        &format!(
            "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_depend d ON c.oid = d.refobjid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid \
             WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass \
             AND d.objid = {oid} AND d.deptype IN ('a', 'i')"
        ),
    );
}

/// What it is on and of which kind.
pub fn index(oid: &str, version: u32, add: &mut Add) {
    let distinct =
        if version >= V15 { "CASE WHEN i.indnullsnotdistinct THEN ' nulls not distinct' ELSE '' END" } else { "''" };
    add(
        4,
        "",
        "1",
        &format!(
            "CASE WHEN i.indisprimary THEN 'primary key, ' WHEN i.indisunique THEN 'unique' || {distinct} || ', ' ELSE '' END || am.amname || ', for table \"' || n.nspname || '.' || c2.relname || '\"' \
         || COALESCE(', predicate (' || pg_catalog.pg_get_expr(i.indpred, i.indrelid, true) || ')', '') || CASE WHEN i.indisclustered THEN ', clustered' ELSE '' END \
         || CASE WHEN NOT i.indisvalid THEN ', invalid' ELSE '' END || CASE WHEN con.condeferrable THEN ', deferrable' ELSE '' END \
         || CASE WHEN con.condeferred THEN ', initially deferred' ELSE '' END || CASE WHEN i.indisreplident THEN ', replica identity' ELSE '' END"
        ),
        &format!(
            "FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_class c2 ON c2.oid = i.indrelid \
             JOIN pg_catalog.pg_namespace n ON n.oid = c2.relnamespace JOIN pg_catalog.pg_am am ON am.oid = c.relam \
             LEFT JOIN pg_catalog.pg_constraint con ON con.conindid = i.indexrelid AND con.contype IN ('p','u','x') WHERE i.indexrelid = {oid}"
        ),
    );
}

/// Indexes, checks, foreign keys, policies.
pub fn constraints(oid: &str, indexed: bool, add: &mut Add) {
    if indexed {
        add(
            10,
            "Indexes:",
            "(NOT i.indisprimary)::text || c2.relname",
            "'    \"' || c2.relname || '\"' || CASE WHEN con.contype = 'x' THEN ' ' || pg_catalog.pg_get_constraintdef(con.oid, true) ELSE \
             CASE WHEN i.indisprimary THEN ' PRIMARY KEY,' WHEN i.indisunique THEN CASE WHEN con.contype = 'u' THEN ' UNIQUE CONSTRAINT,' ELSE ' UNIQUE,' END ELSE '' END \
             || ' ' || pg_catalog.regexp_replace(pg_catalog.pg_get_indexdef(i.indexrelid, 0, true), '^.*? USING ', '') \
             || CASE WHEN con.condeferrable THEN ' DEFERRABLE' ELSE '' END || CASE WHEN con.condeferred THEN ' INITIALLY DEFERRED' ELSE '' END END \
             || CASE WHEN i.indisclustered THEN ' CLUSTER' ELSE '' END || CASE WHEN NOT i.indisvalid THEN ' INVALID' ELSE '' END \
             || CASE WHEN i.indisreplident THEN ' REPLICA IDENTITY' ELSE '' END || COALESCE(', tablespace \"' || t.spcname || '\"', '')",
            &format!(
                "FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c2 ON i.indexrelid = c2.oid LEFT JOIN pg_catalog.pg_tablespace t ON t.oid = c2.reltablespace \
                 LEFT JOIN pg_catalog.pg_constraint con ON con.conrelid = i.indrelid AND con.conindid = i.indexrelid AND con.contype IN ('p','u','x') WHERE i.indrelid = {oid}"
            ),
        );
    }
    let line = "'    \"' || r.conname || '\" ' || pg_catalog.pg_get_constraintdef(r.oid, true)";
    let of = |kind: &str| format!("FROM pg_catalog.pg_constraint r WHERE r.conrelid = {oid} AND r.contype = '{kind}'");
    add(11, "Check constraints:", "r.conname", line, &of("c"));
    // Those of a partitioned table are its partitions' too; what the server keeps for them of each partition is none of its own.
    add(
        12,
        "Foreign-key constraints:",
        &format!("(r.conrelid <> {oid})::text || r.conname"),
        &format!(
            "'    ' || CASE WHEN r.conrelid = {oid} THEN '' ELSE 'TABLE \"' || r.conrelid::pg_catalog.regclass || '\" CONSTRAINT ' END \
             || '\"' || r.conname || '\" ' || pg_catalog.pg_get_constraintdef(r.oid, true)"
        ),
        &format!(
            "FROM pg_catalog.pg_constraint r WHERE r.contype = 'f' AND r.conparentid = 0 AND r.conrelid IN \
             (SELECT pg_catalog.pg_partition_ancestors({oid}) UNION ALL VALUES ({oid}::pg_catalog.regclass))"
        ),
    );
    add(
        13,
        "Referenced by:",
        "r.conname",
        "'    TABLE \"' || r.conrelid::pg_catalog.regclass || '\" CONSTRAINT \"' || r.conname || '\" ' || pg_catalog.pg_get_constraintdef(r.oid, true)",
        &format!(
            "FROM pg_catalog.pg_constraint r WHERE r.contype = 'f' AND r.conparentid = 0 AND r.confrelid IN \
             (SELECT pg_catalog.pg_partition_ancestors({oid}) UNION ALL VALUES ({oid}::pg_catalog.regclass))"
        ),
    );
    let heading = "CASE WHEN c.relrowsecurity AND c.relforcerowsecurity THEN 'Policies (forced row security enabled):' WHEN c.relrowsecurity THEN 'Policies:' ELSE 'Policies (row security disabled):' END";
    add(
        14,
        heading,
        "pol.polname",
        "'    POLICY \"' || pol.polname || '\"' || CASE WHEN pol.polpermissive THEN '' ELSE ' AS RESTRICTIVE' END \
         || CASE pol.polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT' WHEN 'w' THEN ' FOR UPDATE' WHEN 'd' THEN ' FOR DELETE' ELSE '' END \
         || CASE WHEN pol.polroles = '{0}' THEN '' ELSE E'\\n      TO ' || pg_catalog.array_to_string(ARRAY(SELECT rolname FROM pg_catalog.pg_roles WHERE oid = ANY (pol.polroles) ORDER BY 1), ',') END \
         || COALESCE(E'\\n      USING (' || pg_catalog.pg_get_expr(pol.polqual, pol.polrelid) || ')', '') \
         || COALESCE(E'\\n      WITH CHECK (' || pg_catalog.pg_get_expr(pol.polwithcheck, pol.polrelid) || ')', '')",
        &format!(
            "FROM pg_catalog.pg_policy pol JOIN pg_catalog.pg_class c ON c.oid = pol.polrelid WHERE pol.polrelid = {oid}"
        ),
    );
    add(
        14,
        "",
        "1",
        "CASE WHEN c.relforcerowsecurity THEN 'Policies (forced row security enabled): (none)' ELSE 'Policies (row security enabled): (none)' END",
        &format!(
            "FROM pg_catalog.pg_class c WHERE c.oid = {oid} AND c.relrowsecurity AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_policy WHERE polrelid = c.oid)"
        ),
    );
}

/// The extended statistics of a table.
pub fn statistics(oid: &str, version: u32, add: &mut Add) {
    // Before version 14 the kinds are always told.
    let (all, columns) = if version >= V14 {
        ("pg_catalog.cardinality(stxkind) >= 3 OR stxkind = '{e}'", "pg_catalog.pg_get_statisticsobjdef_columns(oid)")
    } else {
        (
            "false",
            "(SELECT pg_catalog.string_agg(pg_catalog.quote_ident(attname), ', ') FROM pg_catalog.unnest(stxkeys) s(attnum) JOIN pg_catalog.pg_attribute a ON stxrelid = a.attrelid AND a.attnum = s.attnum AND NOT attisdropped)",
        )
    };
    add(
        15,
        "Statistics objects:",
        "stxname",
        &format!(
            "'    \"' || stxnamespace::pg_catalog.regnamespace || '.' || stxname || '\"' || CASE WHEN {all} THEN '' ELSE \
             ' (' || pg_catalog.array_to_string(ARRAY(SELECT CASE k WHEN 'd' THEN 'ndistinct' WHEN 'f' THEN 'dependencies' WHEN 'm' THEN 'mcv' END FROM pg_catalog.unnest(stxkind) k WHERE k <> 'e'), ', ') || ')' END \
             || ' ON ' || {columns} || ' FROM ' || stxrelid::pg_catalog.regclass \
             || CASE WHEN stxstattarget >= 0 THEN '; STATISTICS ' || stxstattarget ELSE '' END"
        ),
        &format!("FROM pg_catalog.pg_statistic_ext WHERE stxrelid = {oid}"),
    );
}

/// Publications that have it.
pub fn publications(oid: &str, version: u32, add: &mut Add) {
    let (columns, schemas) = if version >= V15 {
        (
            " || COALESCE(' (' || (SELECT pg_catalog.string_agg(attname, ', ') FROM pg_catalog.unnest(pr.prattrs::pg_catalog.int2[]) WITH ORDINALITY s(n, o) JOIN pg_catalog.pg_attribute ON attrelid = pr.prrelid AND attnum = n) || ')', '') \
             || COALESCE(' WHERE ' || pg_catalog.pg_get_expr(pr.prqual, pr.prrelid), '')",
            format!(
                " UNION SELECT '    \"' || p.pubname || '\"' FROM pg_catalog.pg_publication p JOIN pg_catalog.pg_publication_namespace pn ON p.oid = pn.pnpubid \
                 JOIN pg_catalog.pg_class pc ON pc.relnamespace = pn.pnnspid WHERE pc.oid = {oid} AND pg_catalog.pg_relation_is_publishable({oid})"
            ),
        )
    } else {
        ("", String::new())
    };
    add(
        20,
        "Publications:",
        "x.line",
        "x.line",
        &format!(
            "FROM (SELECT '    \"' || p.pubname || '\"'{columns} AS line FROM pg_catalog.pg_publication p JOIN pg_catalog.pg_publication_rel pr ON p.oid = pr.prpubid WHERE pr.prrelid = {oid}{schemas} \
             UNION SELECT '    \"' || p.pubname || '\"' FROM pg_catalog.pg_publication p WHERE p.puballtables AND pg_catalog.pg_relation_is_publishable({oid})) x"
        ),
    );
}

/// Columns that are never NULL, each by a constraint, which they are since version 18.
pub fn not_null(oid: &str, version: u32, add: &mut Add) {
    if version < V18 {
        return;
    }
    add(
        21,
        "Not-null constraints:",
        "pg_catalog.lpad(a.attnum::text, 5, '0')",
        "'    \"' || r.conname || '\" NOT NULL \"' || a.attname || '\"' || CASE WHEN r.connoinherit THEN ' NO INHERIT' \
         WHEN r.conislocal AND r.coninhcount <> 0 THEN ' (local, inherited)' WHEN r.coninhcount <> 0 THEN ' (inherited)' ELSE '' END \
         || CASE WHEN r.convalidated THEN '' ELSE ' NOT VALID' END",
        &format!(
            "FROM pg_catalog.pg_constraint r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.conrelid AND a.attnum = r.conkey[1] \
             WHERE r.contype = 'n' AND r.conrelid = {oid}"
        ),
    );
}

/// Triggers, those that are disabled apart.
pub fn triggers(oid: &str, add: &mut Add) {
    let kinds = [
        ("Triggers:", "t.tgenabled = 'O' AND NOT t.tgisinternal"),
        ("Disabled user triggers:", "t.tgenabled = 'D' AND NOT t.tgisinternal"),
        ("Disabled internal triggers:", "t.tgenabled = 'D' AND t.tgisinternal"),
        ("Triggers firing always:", "t.tgenabled = 'A' AND NOT t.tgisinternal"),
        ("Triggers firing on replica only:", "t.tgenabled = 'R' AND NOT t.tgisinternal"),
    ];
    for (at, (heading, of)) in kinds.into_iter().enumerate() {
        add(
            30 + at,
            heading,
            "t.tgname",
            "'    ' || pg_catalog.regexp_replace(pg_catalog.pg_get_triggerdef(t.oid, true), '^.*? TRIGGER ', '')",
            &format!("FROM pg_catalog.pg_trigger t WHERE t.tgrelid = {oid} AND {of}"),
        );
    }
}
