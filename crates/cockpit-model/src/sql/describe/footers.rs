//! The footers below a relation: the parts of a single query.

use super::request::{V14, V15, V18};

/// Adds a part: its position, its heading, the sort expression, the line, the `FROM` clause.
pub type Add<'a> = dyn FnMut(usize, &str, &str, &str, &str) + 'a;

/// Adds the table that owns a sequence.
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

/// Adds the table and the kind of an index.
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

/// Adds the owning table of a TOAST table.
pub fn toast_owner(oid: &str, add: &mut Add) {
    add(
        4,
        "",
        "1",
        "'Owning table: \"' || n.nspname || '.' || c.relname || '\"'",
        &format!(
            "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.reltoastrelid = {oid}"
        ),
    );
}

/// Adds indexes, checks, foreign keys and policies.
pub fn constraints(oid: &str, version: u32, indexed: bool, add: &mut Add) {
    if indexed {
        // Only the definition of a range key contains its full text.
        let defined = if version >= V18 { "con.contype = 'x' OR con.conperiod" } else { "con.contype = 'x'" };
        add(
            10,
            "Indexes:",
            "(NOT i.indisprimary)::text || c2.relname",
            &format!(
                "'    \"' || c2.relname || '\"' || CASE WHEN {defined} THEN ' ' || pg_catalog.pg_get_constraintdef(con.oid, true) ELSE \
             CASE WHEN i.indisprimary THEN ' PRIMARY KEY,' WHEN i.indisunique THEN CASE WHEN con.contype = 'u' THEN ' UNIQUE CONSTRAINT,' ELSE ' UNIQUE,' END ELSE '' END \
             || ' ' || pg_catalog.regexp_replace(pg_catalog.pg_get_indexdef(i.indexrelid, 0, true), '^.*? USING ', '') \
             || CASE WHEN con.condeferrable THEN ' DEFERRABLE' ELSE '' END || CASE WHEN con.condeferred THEN ' INITIALLY DEFERRED' ELSE '' END END \
             || CASE WHEN i.indisclustered THEN ' CLUSTER' ELSE '' END || CASE WHEN NOT i.indisvalid THEN ' INVALID' ELSE '' END \
             || CASE WHEN i.indisreplident THEN ' REPLICA IDENTITY' ELSE '' END || COALESCE(', tablespace \"' || t.spcname || '\"', '')"
            ),
            &format!(
                "FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c2 ON i.indexrelid = c2.oid LEFT JOIN pg_catalog.pg_tablespace t ON t.oid = c2.reltablespace \
                 LEFT JOIN pg_catalog.pg_constraint con ON con.conrelid = i.indrelid AND con.conindid = i.indexrelid AND con.contype IN ('p','u','x') WHERE i.indrelid = {oid}"
            ),
        );
    }
    let line = "'    \"' || r.conname || '\" ' || pg_catalog.pg_get_constraintdef(r.oid, true)";
    let from =
        |kind: &str| format!("FROM pg_catalog.pg_constraint r WHERE r.conrelid = {oid} AND r.contype = '{kind}'");
    add(11, "Check constraints:", "r.conname", line, &from("c"));
    // A partition also shows the foreign keys of its partitioned table. The per-partition copies that the server creates for
    // them are internal and left out.
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

/// Adds the extended statistics of a table.
pub fn statistics(oid: &str, version: u32, add: &mut Add) {
    // Before version 14 the kinds are always shown.
    let (all, columns) = if version >= V14 {
        ("stxkind @> '{d,f,m}' OR stxkind = '{e}'", "pg_catalog.pg_get_statisticsobjdef_columns(oid)")
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

/// Adds the publications that include the relation.
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

/// Adds the not-null constraints, which exist since version 18.
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

/// Adds the triggers, with disabled ones apart. A partition also has those of its partitioned table.
pub fn triggers(oid: &str, version: u32, add: &mut Add) {
    // Before version 15 the triggers that a partition inherits are marked as internal. They depend on the partitioned
    // table's.
    let own = if version >= V15 {
        "NOT t.tgisinternal"
    } else {
        "(NOT t.tgisinternal OR EXISTS (SELECT 1 FROM pg_catalog.pg_depend WHERE objid = t.oid \
         AND refclassid = 'pg_catalog.pg_trigger'::pg_catalog.regclass))"
    };
    let kinds = [
        ("Triggers:", 'O', own),
        ("Disabled user triggers:", 'D', "NOT t.tgisinternal"),
        ("Disabled internal triggers:", 'D', "t.tgisinternal"),
        ("Triggers firing always:", 'A', own),
        ("Triggers firing on replica only:", 'R', own),
    ];
    let from = "(SELECT u.tgrelid::pg_catalog.regclass FROM pg_catalog.pg_trigger u, \
                pg_catalog.pg_partition_ancestors(t.tgrelid) WITH ORDINALITY a(relid, depth) WHERE t.tgparentid <> 0 \
                AND u.tgname = t.tgname AND u.tgrelid = a.relid AND u.tgparentid = 0 ORDER BY a.depth LIMIT 1)";
    let line = format!(
        "'    ' || pg_catalog.regexp_replace(pg_catalog.pg_get_triggerdef(t.oid, true), '^.*? TRIGGER ', '') \
         || COALESCE(', ON TABLE ' || {from}, '')"
    );
    for (at, (heading, enabled, of)) in kinds.into_iter().enumerate() {
        add(
            30 + at,
            heading,
            "t.tgname",
            &line,
            &format!("FROM pg_catalog.pg_trigger t WHERE t.tgrelid = {oid} AND t.tgenabled = '{enabled}' AND {of}"),
        );
    }
}
