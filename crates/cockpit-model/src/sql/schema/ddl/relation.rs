//! Tables and views.

use super::part;
use super::parts::{NAME, SEQUENCE, foreign_options, options, relation, with};
use super::tail;
use std::fmt::Write as _;

/// The first version in which columns have their own compression. Source: release notes of PostgreSQL 14.
const COMPRESSION: u32 = 140_000;
/// The first version in which NOT NULL is a named constraint. Source: release notes of PostgreSQL 18.
const NAMED_NOT_NULL: u32 = 180_000;
/// The condition for columns that the definition lists: those that do not come from a type or from inheritance.
const GIVEN: &str = "(a.attislocal OR c.relispartition) AND c.reloftype = 0";
const COLUMNS: &str = "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
    LEFT JOIN pg_catalog.pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum AND a.atthasdef";
/// The sort expression for columns, by number.
const BY_NUMBER: &str = "pg_catalog.lpad(a.attnum::text, 5, '0')";

/// A constraint with its name, as written in a definition.
const CONSTRAINT: &str =
    "'CONSTRAINT ' || pg_catalog.quote_ident(k.conname) || ' ' || pg_catalog.pg_get_constraintdef(k.oid)";
const CONSTRAINTS: &str =
    "JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND (k.conislocal OR c.relispartition)";
/// The condition for constraints between the parentheses.
const INLINE: &str = "(k.contype IN ('p', 'u', 'x') OR (k.contype = 'c' AND k.convalidated))";
/// The sort expression for these constraints.
const BY_KIND: &str = "CASE k.contype WHEN 'p' THEN '1' WHEN 'u' THEN '2' WHEN 'x' THEN '3' ELSE '4' END || k.conname";

/// Returns the parts for an ordinary, partitioned or foreign table.
pub(super) fn table(oid: u32, kind: char, version: u32) -> Vec<String> {
    let word = if kind == 'f' { "FOREIGN TABLE" } else { "TABLE" };
    let mut parts = sequences(oid);
    parts.extend(definition(oid, kind, version, word));
    parts.extend(later_constraints(oid));
    parts.extend(column_settings(oid));
    parts.extend(table_settings(oid));
    parts.extend(tail::statements(oid, word));
    parts
}

/// Returns the sequences of `serial` columns, which come first because defaults refer to them.
fn sequences(oid: u32) -> Vec<String> {
    let sequences = with(
        oid,
        "JOIN pg_catalog.pg_depend p ON p.refobjid = c.oid AND p.refobjsubid > 0 AND p.deptype = 'a' AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass \
         AND p.classid = 'pg_catalog.pg_class'::pg_catalog.regclass JOIN pg_catalog.pg_sequence s ON s.seqrelid = p.objid \
         JOIN pg_catalog.pg_class q ON q.oid = s.seqrelid JOIN pg_catalog.pg_namespace qn ON qn.oid = q.relnamespace \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.refobjsubid",
    );
    let sequence = "pg_catalog.quote_ident(qn.nspname) || '.' || pg_catalog.quote_ident(q.relname)";
    let made = format!(
        "'CREATE ' || CASE q.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END || 'SEQUENCE ' || {sequence} || {SEQUENCE}"
    );
    let owned = format!(
        "'ALTER SEQUENCE ' || {sequence} || ' OWNED BY ' || {NAME} || '.' || pg_catalog.quote_ident(a.attname)"
    );
    vec![part(10, "q.relname", "s", &made, &sequences), part(75, "q.relname", "s", &owned, &sequences)]
}

/// Returns the table's definition, with its columns and constraints.
fn definition(oid: u32, kind: char, version: u32, word: &str) -> Vec<String> {
    let head =
        format!("'CREATE ' || CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END || '{word} ' || {NAME}");
    // A table of a composite type has its columns from that type.
    let typed = format!("{head} || ' OF ' || pg_catalog.format_type(c.reloftype, NULL)");
    let constraints = with(oid, CONSTRAINTS);
    vec![
        part(20, "''", "open", &head, &format!("{} AND c.reloftype = 0", relation(oid))),
        part(20, "''", "s", &typed, &format!("{} AND c.reloftype <> 0", relation(oid))),
        part(30, BY_NUMBER, "item", &column(kind, version), &format!("{} AND {GIVEN}", with(oid, COLUMNS))),
        part(40, BY_KIND, "item", CONSTRAINT, &format!("{constraints} AND c.reloftype = 0 AND {INLINE}")),
        part(50, "''", "close", &tail_clauses(kind), &format!("{} AND c.reloftype = 0", with(oid, tail_joins(kind)))),
    ]
}

/// Returns constraints that are added to the existing table.
fn later_constraints(oid: u32) -> Vec<String> {
    let constraints = with(oid, CONSTRAINTS);
    let later = format!("'ALTER TABLE ' || {NAME} || ' ADD ' || {CONSTRAINT}");
    vec![
        part(62, BY_KIND, "s", &later, &format!("{constraints} AND c.reloftype <> 0 AND {INLINE}")),
        part(
            65,
            "k.conname",
            "s",
            &later,
            &format!("{constraints} AND k.contype IN ('c', 'n') AND NOT k.convalidated"),
        ),
    ]
}

/// Returns column settings that need the existing table.
fn column_settings(oid: u32) -> Vec<String> {
    let only = format!("'ALTER TABLE ONLY ' || {NAME} || ' ALTER COLUMN ' || pg_catalog.quote_ident(a.attname) ||");
    let taken = format!("{} AND NOT ({GIVEN})", with(oid, COLUMNS));
    let default = format!("{only} ' SET DEFAULT ' || pg_catalog.pg_get_expr(f.adbin, f.adrelid)");
    let columns = with(oid, COLUMNS);
    vec![
        part(60, BY_NUMBER, "s", &default, &format!("{taken} AND f.adbin IS NOT NULL AND a.attgenerated = ''")),
        part(61, BY_NUMBER, "s", &format!("{only} ' SET NOT NULL'"), &format!("{taken} AND a.attnotnull")),
        part(
            70,
            BY_NUMBER,
            "s",
            &format!("{only} ' SET STATISTICS ' || a.attstattarget"),
            &format!("{columns} AND COALESCE(a.attstattarget, -1) >= 0"),
        ),
        part(
            71,
            BY_NUMBER,
            "s",
            &format!(
                "{only} ' SET STORAGE ' || CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END"
            ),
            &format!(
                "{} AND a.attstorage <> y.typstorage",
                with(oid, &format!("{COLUMNS} JOIN pg_catalog.pg_type y ON y.oid = a.atttypid"))
            ),
        ),
        part(
            72,
            BY_NUMBER,
            "s",
            &format!("{only} ' SET (' || {} || ')'", options("a.attoptions")),
            &format!("{columns} AND a.attoptions IS NOT NULL"),
        ),
    ]
}

/// Returns settings that need the existing table: the partitioned table it belongs to, replica identity, foreign keys,
/// row-level security.
fn table_settings(oid: u32) -> Vec<String> {
    let mut parts = vec![
        part(
            82,
            "''",
            "s",
            "'ALTER TABLE ONLY ' || i.inhparent::pg_catalog.regclass || ' ATTACH PARTITION ' || i.inhrelid::pg_catalog.regclass || ' ' || pg_catalog.pg_get_expr(c.relpartbound, c.oid)",
            &format!("{} AND c.relispartition", with(oid, "JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid")),
        ),
        part(
            84,
            "''",
            "s",
            &format!(
                "'ALTER TABLE ONLY ' || {NAME} || ' REPLICA IDENTITY ' || CASE c.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' ELSE 'USING INDEX ' || \
             (SELECT pg_catalog.quote_ident(x.relname) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = c.oid AND i.indisreplident) END"
            ),
            &format!("{} AND c.relreplident IN ('f', 'n', 'i') AND c.relkind IN ('r', 'p')", relation(oid)),
        ),
        part(
            86,
            "k.conname",
            "s",
            &format!(
                "'ALTER TABLE ' || CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || {NAME} || ' ADD ' || {CONSTRAINT}"
            ),
            &format!("{} AND k.contype = 'f' AND k.conparentid = 0", with(oid, CONSTRAINTS)),
        ),
    ];
    for (flag, word) in [("relrowsecurity", "ENABLE"), ("relforcerowsecurity", "FORCE")] {
        let line = format!("'ALTER TABLE ' || {NAME} || ' {word} ROW LEVEL SECURITY'");
        parts.push(part(93, &format!("'{word}'"), "s", &line, &format!("{} AND c.{flag}", relation(oid))));
    }
    parts
}

/// Returns a column between the parentheses.
fn column(kind: char, version: u32) -> String {
    let mut text =
        "pg_catalog.quote_ident(a.attname) || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod)".to_owned();
    if kind == 'f' {
        text.push_str(" || COALESCE(' OPTIONS (' || ");
        text.push_str(&foreign_options("a.attfdwoptions"));
        text.push_str(" || ')', '')");
    }
    if version >= COMPRESSION {
        text.push_str(
            " || CASE a.attcompression WHEN 'p' THEN ' COMPRESSION pglz' WHEN 'l' THEN ' COMPRESSION lz4' ELSE '' END",
        );
    }
    text.push_str(
        " || COALESCE((SELECT ' COLLATE ' || pg_catalog.quote_ident(ln.nspname) || '.' || pg_catalog.quote_ident(l.collname) FROM pg_catalog.pg_collation l \
         JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace JOIN pg_catalog.pg_type y ON y.oid = a.atttypid WHERE l.oid = a.attcollation AND l.oid <> y.typcollation), '')",
    );
    let expression = "pg_catalog.pg_get_expr(f.adbin, f.adrelid)";
    let _ = write!(
        text,
        " || CASE WHEN a.attgenerated = 's' THEN ' GENERATED ALWAYS AS (' || {expression} || ') STORED' WHEN a.attgenerated <> '' THEN ' GENERATED ALWAYS AS (' || {expression} || ')' \
         WHEN f.adbin IS NOT NULL THEN ' DEFAULT ' || {expression} ELSE '' END"
    );
    // An identity's sequence name and options are written only if they differ from the defaults.
    let _ = write!(
        text,
        " || CASE a.attidentity WHEN '' THEN '' ELSE ' GENERATED ' || CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END || ' AS IDENTITY' || \
         COALESCE((SELECT ' (' || NULLIF(pg_catalog.btrim(CASE WHEN q.relname = pg_catalog.concat(c.relname, '_', a.attname, '_seq') AND q.relnamespace = c.relnamespace THEN '' \
         ELSE 'SEQUENCE NAME ' || q.oid::pg_catalog.regclass END || {}), '') || ')' \
         FROM pg_catalog.pg_depend p JOIN pg_catalog.pg_sequence s ON s.seqrelid = p.objid JOIN pg_catalog.pg_class q ON q.oid = s.seqrelid \
         WHERE p.refobjid = a.attrelid AND p.refobjsubid = a.attnum AND p.deptype = 'i' AND p.classid = 'pg_catalog.pg_class'::pg_catalog.regclass), '') END",
        // The default type of such a sequence is the column's.
        SEQUENCE.replacen(
            "CASE WHEN s.seqtypid = 'pg_catalog.int8'::pg_catalog.regtype THEN",
            "CASE WHEN s.seqtypid = a.atttypid THEN",
            1
        )
    );
    // As in pg_dump: a default constraint name is left out.
    text.push_str(if version >= NAMED_NOT_NULL {
        " || COALESCE((SELECT CASE WHEN k.conname <> pg_catalog.concat(c.relname, '_', a.attname, '_not_null') THEN ' CONSTRAINT ' || pg_catalog.quote_ident(k.conname) || ' NOT NULL' \
         WHEN a.attidentity = '' OR k.connoinherit THEN ' NOT NULL' ELSE '' END || CASE WHEN k.connoinherit THEN ' NO INHERIT' ELSE '' END FROM pg_catalog.pg_constraint k \
         WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND k.convalidated AND k.conkey[1] = a.attnum), '')"
    } else {
        " || CASE WHEN a.attnotnull AND a.attidentity = '' THEN ' NOT NULL' ELSE '' END"
    });
    text
}

/// Returns further joins that the clauses after the list need.
fn tail_joins(kind: char) -> &'static str {
    if kind == 'f' {
        "LEFT JOIN pg_catalog.pg_foreign_table ft ON ft.ftrelid = c.oid LEFT JOIN pg_catalog.pg_foreign_server fs ON fs.oid = ft.ftserver"
    } else {
        "LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam LEFT JOIN pg_catalog.pg_tablespace t ON t.oid = c.reltablespace LEFT JOIN pg_catalog.pg_class o ON o.oid = c.reltoastrelid"
    }
}

/// Returns the clauses after the list.
fn tail_clauses(kind: char) -> String {
    let inherits = "COALESCE((SELECT ' INHERITS (' || pg_catalog.string_agg(i.inhparent::pg_catalog.regclass::text, ', ' ORDER BY i.inhseqno) || ')' \
                    FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid AND NOT c.relispartition), '')";
    if kind == 'f' {
        return format!(
            "{inherits} || ' SERVER ' || pg_catalog.quote_ident(fs.srvname) || COALESCE(' OPTIONS (' || {} || ')', '')",
            foreign_options("ft.ftoptions")
        );
    }
    let partitioned = if kind == 'p' { " || ' PARTITION BY ' || pg_catalog.pg_get_partkeydef(c.oid)" } else { "" };
    let all = "c.reloptions || (SELECT pg_catalog.array_agg('toast.' || x.text) FROM pg_catalog.unnest(o.reloptions) AS x (text))";
    // Names of TOAST options contain a dot, which must not be quoted.
    let with = options(all).replace(
        "pg_catalog.quote_ident(pg_catalog.split_part(o.text, '=', 1))",
        "pg_catalog.split_part(o.text, '=', 1)",
    );
    format!(
        "{inherits}{partitioned} || CASE WHEN am.amname <> 'heap' THEN ' USING ' || pg_catalog.quote_ident(am.amname) ELSE '' END \
         || COALESCE(' WITH (' || {with} || ')', '') || COALESCE(' TABLESPACE ' || pg_catalog.quote_ident(t.spcname), '')"
    )
}

/// Returns the parts for a view or a materialized view.
pub(super) fn view(oid: u32, kept: bool) -> Vec<String> {
    let mut parts = Vec::new();
    let word = if kept { "MATERIALIZED VIEW" } else { "VIEW" };
    let place = if kept {
        " || CASE WHEN am.amname <> 'heap' THEN ' USING ' || pg_catalog.quote_ident(am.amname) ELSE '' END"
    } else {
        ""
    };
    let space = if kept { " || COALESCE(' TABLESPACE ' || pg_catalog.quote_ident(t.spcname), '')" } else { "" };
    // The definition does not include the rows.
    let end = if kept { " || E'\\n  WITH NO DATA'" } else { "" };
    parts.push(part(
        20,
        "''",
        "s",
        &format!(
            "'CREATE {word} ' || {NAME}{place} || COALESCE(' WITH (' || {} || ')', ''){space} || E' AS\\n' || pg_catalog.rtrim(pg_catalog.pg_get_viewdef(c.oid), ';'){end}",
            options("c.reloptions")
        ),
        &with(
            oid,
            "LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam LEFT JOIN pg_catalog.pg_tablespace t ON t.oid = c.reltablespace",
        ),
    ));
    parts.push(part(
        60,
        BY_NUMBER,
        "s",
        &format!(
            "'ALTER VIEW ' || {NAME} || ' ALTER COLUMN ' || pg_catalog.quote_ident(a.attname) || ' SET DEFAULT ' || pg_catalog.pg_get_expr(f.adbin, f.adrelid)"
        ),
        &format!("{} AND f.adbin IS NOT NULL", with(oid, COLUMNS)),
    ));
    parts.extend(tail::statements(oid, word));
    parts
}
