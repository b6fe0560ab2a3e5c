//! Sequences, indexes, types, functions, schemas.

use super::part;
use super::parts::{NAME, SEQUENCE, comment, relation, rights, with};

/// Returns the parts for a sequence, with its owning column.
pub(super) fn sequence(oid: u32) -> Vec<String> {
    let of = |more: &str| with(oid, more);
    let (commented, described) = comment(&format!("'SEQUENCE ' || {NAME}"), "pg_class", "c.oid");
    vec![
        part(
            20,
            "''",
            "s",
            &format!(
                "'CREATE ' || CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END || 'SEQUENCE ' || {NAME} || {SEQUENCE}"
            ),
            &of("JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid"),
        ),
        part(
            30,
            "''",
            "s",
            &format!(
                "CASE p.deptype WHEN 'i' THEN '-- it is made with the identity column ' || p.refobjid::pg_catalog.regclass || '.' || pg_catalog.quote_ident(a.attname) \
                 ELSE 'ALTER SEQUENCE ' || {NAME} || ' OWNED BY ' || p.refobjid::pg_catalog.regclass || '.' || pg_catalog.quote_ident(a.attname) END"
            ),
            &of("JOIN pg_catalog.pg_depend p ON p.objid = c.oid AND p.deptype IN ('a', 'i') AND p.refobjsubid > 0 \
                 AND p.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass \
                 JOIN pg_catalog.pg_attribute a ON a.attrelid = p.refobjid AND a.attnum = p.refobjsubid"),
        ),
        part(40, "''", "s", &commented, &of(&described)),
        // The owner of a column's sequence is the table's owner.
        part(
            50,
            "''",
            "s",
            &owner("SEQUENCE", NAME, "c.relowner"),
            &format!(
                "{} AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend p WHERE p.objid = c.oid AND p.deptype IN ('a', 'i') AND p.refobjsubid > 0 \
                 AND p.classid = 'pg_catalog.pg_class'::pg_catalog.regclass)",
                relation(oid)
            ),
        ),
        part(60, "''", "s", &rights("c.relacl", "c.relowner", 's', &format!("'SEQUENCE ' || {NAME}")), &relation(oid)),
    ]
}

fn owner(word: &str, name: &str, column: &str) -> String {
    format!("'ALTER {word} ' || {name} || ' OWNER TO ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid({column}))")
}

/// Returns the parts for an index. One that backs a constraint is created with the constraint.
pub(super) fn index(oid: u32) -> Vec<String> {
    let of = |more: &str| with(oid, more);
    let made = "JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = c.oid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')";
    let (commented, described) = comment(&format!("'INDEX ' || {NAME}"), "pg_class", "c.oid");
    vec![
        part(
            20,
            "''",
            "s",
            "CASE WHEN k.oid IS NULL THEN pg_catalog.pg_get_indexdef(c.oid) ELSE 'ALTER TABLE ONLY ' || i.indrelid::pg_catalog.regclass || ' ADD CONSTRAINT ' || \
             pg_catalog.quote_ident(k.conname) || ' ' || pg_catalog.pg_get_constraintdef(k.oid) END",
            &of(made),
        ),
        part(
            30,
            "''",
            "s",
            &format!("'ALTER INDEX ' || {NAME} || ' SET TABLESPACE ' || pg_catalog.quote_ident(t.spcname)"),
            &of("JOIN pg_catalog.pg_tablespace t ON t.oid = c.reltablespace"),
        ),
        part(
            40,
            "''",
            "s",
            "'-- it is not valid: build it again with REINDEX'",
            &format!("{} AND NOT i.indisvalid", of(made)),
        ),
        part(50, "''", "s", &commented, &of(&described)),
    ]
}

const TYPE: &str = "pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(y.typname)";

fn typed(condition: &str, more: &str) -> String {
    format!(
        "FROM pg_catalog.pg_type y JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace {more} WHERE {condition}"
    )
}

/// Returns the statements that follow the definition of a type.
fn type_tail(condition: &str) -> Vec<String> {
    let word = "CASE y.typtype WHEN 'd' THEN 'DOMAIN ' ELSE 'TYPE ' END";
    let (commented, described) = comment(&format!("{word} || {TYPE}"), "pg_type", "y.oid");
    vec![
        part(50, "''", "s", &commented, &typed(condition, &described)),
        part(
            60,
            "''",
            "s",
            &format!(
                "'ALTER ' || {word} || {TYPE} || ' OWNER TO ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(y.typowner))"
            ),
            &typed(condition, ""),
        ),
        part(
            70,
            "''",
            "s",
            &rights("y.typacl", "y.typowner", 'T', &format!("'TYPE ' || {TYPE}")),
            &typed(condition, ""),
        ),
    ]
}

/// Returns the parts for a composite type, by the object id of its relation.
pub(super) fn composite(oid: u32) -> Vec<String> {
    let of = |more: &str| with(oid, more);
    let columns = "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped";
    let by = "pg_catalog.lpad(a.attnum::text, 5, '0')";
    let (_, described) = comment("''", "pg_class", "c.oid");
    let mut parts = vec![
        part(20, "''", "open", &format!("'CREATE TYPE ' || {NAME} || ' AS'"), &relation(oid)),
        part(
            30,
            by,
            "item",
            "pg_catalog.quote_ident(a.attname) || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod) || COALESCE((SELECT ' COLLATE ' || pg_catalog.quote_ident(ln.nspname) || '.' \
             || pg_catalog.quote_ident(l.collname) FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace JOIN pg_catalog.pg_type y ON y.oid = a.atttypid \
             WHERE l.oid = a.attcollation AND l.oid <> y.typcollation), '')",
            &of(columns),
        ),
        part(40, "''", "close", "''", &relation(oid)),
        part(
            55,
            by,
            "s",
            &format!(
                "'COMMENT ON COLUMN ' || {NAME} || '.' || pg_catalog.quote_ident(a.attname) || ' IS ' || pg_catalog.quote_literal(d.description)"
            ),
            &of(&format!("{columns} {}", described.replace("d.objsubid = 0", "d.objsubid = a.attnum"))),
        ),
    ];
    parts.extend(type_tail(&format!("y.typrelid = {oid}")));
    parts
}

/// Returns the parts for an enumeration, a domain or a range.
pub(super) fn standalone_type(oid: u32) -> Vec<String> {
    let condition = format!("y.oid = {oid}");
    let of = |kind: char| format!("{condition} AND y.typtype = '{kind}'");
    let mut parts = vec![
        part(20, "''", "open", &format!("'CREATE TYPE ' || {TYPE} || ' AS ENUM'"), &typed(&of('e'), "")),
        part(
            30,
            "pg_catalog.row_number() OVER (ORDER BY e.enumsortorder) + 100000",
            "item",
            "pg_catalog.quote_literal(e.enumlabel)",
            &typed(&of('e'), "JOIN pg_catalog.pg_enum e ON e.enumtypid = y.oid"),
        ),
        part(40, "''", "close", "''", &typed(&of('e'), "")),
        part(
            20,
            "''",
            "s",
            &format!(
                "'CREATE DOMAIN ' || {TYPE} || ' AS ' || pg_catalog.format_type(y.typbasetype, y.typtypmod) || COALESCE((SELECT ' COLLATE ' || pg_catalog.quote_ident(ln.nspname) || '.' \
                 || pg_catalog.quote_ident(l.collname) FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace JOIN pg_catalog.pg_type b ON b.oid = y.typbasetype \
                 WHERE l.oid = y.typcollation AND l.oid <> b.typcollation), '') || CASE WHEN y.typnotnull THEN ' NOT NULL' ELSE '' END \
                 || COALESCE(' DEFAULT ' || COALESCE(pg_catalog.pg_get_expr(y.typdefaultbin, 0), pg_catalog.quote_literal(y.typdefault)), '') \
                 || COALESCE((SELECT pg_catalog.string_agg(E'\\n    CONSTRAINT ' || pg_catalog.quote_ident(k.conname) || ' ' || pg_catalog.pg_get_constraintdef(k.oid), '' ORDER BY k.conname) \
                 FROM pg_catalog.pg_constraint k WHERE k.contypid = y.oid AND k.contype = 'c' AND k.convalidated), '')"
            ),
            &typed(&of('d'), ""),
        ),
        part(
            30,
            "k.conname",
            "s",
            &format!(
                "'ALTER DOMAIN ' || {TYPE} || ' ADD CONSTRAINT ' || pg_catalog.quote_ident(k.conname) || ' ' || pg_catalog.pg_get_constraintdef(k.oid)"
            ),
            &typed(
                &of('d'),
                "JOIN pg_catalog.pg_constraint k ON k.contypid = y.oid AND k.contype = 'c' AND NOT k.convalidated",
            ),
        ),
        part(20, "''", "open", &format!("'CREATE TYPE ' || {TYPE} || ' AS RANGE'"), &typed(&of('r'), "")),
        part(
            20,
            "''",
            "s",
            &format!("'-- ' || {TYPE} || ' is a type that functions in C make: its definition is not read here'"),
            &typed(&format!("{condition} AND y.typtype NOT IN ('e', 'd', 'r')"), ""),
        ),
        part(40, "''", "close", "''", &typed(&of('r'), "")),
    ];
    let range = typed(&of('r'), "JOIN pg_catalog.pg_range r ON r.rngtypid = y.oid");
    for (number, line) in [
        "'subtype = ' || pg_catalog.format_type(r.rngsubtype, NULL)",
        "(SELECT 'subtype_opclass = ' || pg_catalog.quote_ident(q.nspname) || '.' || pg_catalog.quote_ident(o.opcname) FROM pg_catalog.pg_opclass o JOIN pg_catalog.pg_namespace q ON q.oid = o.opcnamespace WHERE o.oid = r.rngsubopc AND NOT o.opcdefault)",
        "(SELECT 'collation = ' || pg_catalog.quote_ident(q.nspname) || '.' || pg_catalog.quote_ident(l.collname) FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace q ON q.oid = l.collnamespace JOIN pg_catalog.pg_type b ON b.oid = r.rngsubtype WHERE l.oid = r.rngcollation AND l.oid <> b.typcollation)",
        "'canonical = ' || NULLIF(r.rngcanonical::pg_catalog.oid, 0)::pg_catalog.regproc",
        "'subtype_diff = ' || NULLIF(r.rngsubdiff::pg_catalog.oid, 0)::pg_catalog.regproc",
    ]
    .iter()
    .enumerate()
    {
        parts.push(part(30, &format!("'{number}'"), "item", line, &range));
    }
    parts.extend(type_tail(&condition));
    parts
}

/// Returns the parts for a function, a procedure or an aggregate.
pub(super) fn function(oid: u32, kind: char) -> Vec<String> {
    let from = |more: &str| {
        format!(
            "FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace {more} WHERE p.oid = {oid}"
        )
    };
    let arguments = if kind == 'a' {
        "COALESCE(NULLIF(pg_catalog.pg_get_function_identity_arguments(p.oid), ''), '*')"
    } else {
        "pg_catalog.pg_get_function_identity_arguments(p.oid)"
    };
    let name = format!(
        "pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.proname) || '(' || {arguments} || ')'"
    );
    let word = match kind {
        'a' => "AGGREGATE",
        'p' => "PROCEDURE",
        _ => "FUNCTION",
    };
    let mut parts = Vec::new();
    if kind == 'a' {
        parts.push(part(20, "''", "open", &format!("'CREATE AGGREGATE ' || {name}"), &from("")));
        for (number, line) in AGGREGATE.iter().enumerate() {
            let aggregate = from("JOIN pg_catalog.pg_aggregate g ON g.aggfnoid = p.oid");
            parts.push(part(30, &format!("'{number:02}'"), "item", line, &aggregate));
        }
        parts.push(part(40, "''", "close", "''", &from("")));
    } else {
        parts.push(part(20, "''", "s", "pg_catalog.pg_get_functiondef(p.oid)", &from("")));
    }
    let (commented, described) = comment(&format!("'{word} ' || {name}"), "pg_proc", "p.oid");
    parts.push(part(50, "''", "s", &commented, &from(&described)));
    parts.push(part(60, "''", "s", &owner(word, &name, "p.proowner"), &from("")));
    // A privilege on an aggregate is granted as one on a function.
    let target = if word == "PROCEDURE" { "PROCEDURE" } else { "FUNCTION" };
    let plain = name.replace(
        "NULLIF(pg_catalog.pg_get_function_identity_arguments(p.oid), ''), '*'",
        "pg_catalog.oidvectortypes(p.proargtypes)",
    );
    parts.push(part(
        70,
        "''",
        "s",
        &rights("p.proacl", "p.proowner", 'f', &format!("'{target} ' || {plain}")),
        &from(""),
    ));
    parts
}

/// The optional parts of an aggregate.
const AGGREGATE: &[&str] = &[
    "'SFUNC = ' || g.aggtransfn",
    "'STYPE = ' || pg_catalog.format_type(g.aggtranstype, NULL)",
    "'SSPACE = ' || NULLIF(g.aggtransspace, 0)",
    "'FINALFUNC = ' || NULLIF(g.aggfinalfn::pg_catalog.oid, 0)::pg_catalog.regproc",
    "CASE WHEN g.aggfinalextra THEN 'FINALFUNC_EXTRA' END",
    "'FINALFUNC_MODIFY = ' || CASE g.aggfinalmodify WHEN CASE g.aggkind WHEN 'n' THEN 'r' ELSE 'w' END THEN NULL WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END",
    "'COMBINEFUNC = ' || NULLIF(g.aggcombinefn::pg_catalog.oid, 0)::pg_catalog.regproc",
    "'SERIALFUNC = ' || NULLIF(g.aggserialfn::pg_catalog.oid, 0)::pg_catalog.regproc",
    "'DESERIALFUNC = ' || NULLIF(g.aggdeserialfn::pg_catalog.oid, 0)::pg_catalog.regproc",
    "'INITCOND = ' || pg_catalog.quote_literal(g.agginitval)",
    "'MSFUNC = ' || NULLIF(g.aggmtransfn::pg_catalog.oid, 0)::pg_catalog.regproc",
    "'MINVFUNC = ' || NULLIF(g.aggminvtransfn::pg_catalog.oid, 0)::pg_catalog.regproc",
    "'MSTYPE = ' || pg_catalog.format_type(NULLIF(g.aggmtranstype, 0), NULL)",
    "'MSSPACE = ' || NULLIF(g.aggmtransspace, 0)",
    "'MFINALFUNC = ' || NULLIF(g.aggmfinalfn::pg_catalog.oid, 0)::pg_catalog.regproc",
    "CASE WHEN g.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END",
    "'MINITCOND = ' || pg_catalog.quote_literal(g.aggminitval)",
    "(SELECT 'SORTOP = OPERATOR(' || pg_catalog.quote_ident(q.nspname) || '.' || o.oprname || ')' FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace q ON q.oid = o.oprnamespace WHERE o.oid = g.aggsortop)",
    "CASE p.proparallel WHEN 's' THEN 'PARALLEL = SAFE' WHEN 'r' THEN 'PARALLEL = RESTRICTED' END",
    "CASE g.aggkind WHEN 'h' THEN 'HYPOTHETICAL' END",
];

/// Returns the parts for a schema.
pub(super) fn schema(oid: u32) -> Vec<String> {
    let from = |more: &str| format!("FROM pg_catalog.pg_namespace n {more} WHERE n.oid = {oid}");
    let name = "pg_catalog.quote_ident(n.nspname)";
    let (commented, described) = comment(&format!("'SCHEMA ' || {name}"), "pg_namespace", "n.oid");
    vec![
        part(20, "''", "s", &format!("'CREATE SCHEMA ' || {name}"), &from("")),
        part(30, "''", "s", &commented, &from(&described)),
        part(40, "''", "s", &owner("SCHEMA", name, "n.nspowner"), &from("")),
        part(50, "''", "s", &rights("n.nspacl", "n.nspowner", 'n', &format!("'SCHEMA ' || {name}")), &from("")),
    ]
}
