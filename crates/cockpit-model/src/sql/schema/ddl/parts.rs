//! Expressions shared by several definitions. Their aliases are the same everywhere: `n` is the schema, `c` the relation, `a`
//! the column, `s` the sequence.

/// The qualified name of a relation.
pub(super) const NAME: &str = "pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)";

/// Returns the `FROM` clause for a relation and its schema, by object id.
pub(super) fn relation(oid: u32) -> String {
    format!("FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = {oid}")
}

/// Returns the `FROM` clause for a relation with further joins.
pub(super) fn with(oid: u32, more: &str) -> String {
    format!(
        "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace {more} WHERE c.oid = {oid}"
    )
}

/// The options of a sequence that differ from the defaults, each preceded by a blank.
pub(super) const SEQUENCE: &str = "CASE WHEN s.seqtypid = 'pg_catalog.int8'::pg_catalog.regtype THEN '' ELSE ' AS ' || pg_catalog.format_type(s.seqtypid, NULL) END \
    || CASE WHEN s.seqincrement = 1 THEN '' ELSE ' INCREMENT BY ' || s.seqincrement END \
    || CASE WHEN s.seqmin = CASE WHEN s.seqincrement > 0 THEN 1 ELSE CASE s.seqtypid WHEN 21 THEN -32768 WHEN 23 THEN -2147483648 ELSE -9223372036854775808 END END \
    THEN '' ELSE ' MINVALUE ' || s.seqmin END \
    || CASE WHEN s.seqmax = CASE WHEN s.seqincrement < 0 THEN -1 ELSE CASE s.seqtypid WHEN 21 THEN 32767 WHEN 23 THEN 2147483647 ELSE 9223372036854775807 END END \
    THEN '' ELSE ' MAXVALUE ' || s.seqmax END \
    || CASE WHEN s.seqstart = CASE WHEN s.seqincrement > 0 THEN s.seqmin ELSE s.seqmax END THEN '' ELSE ' START WITH ' || s.seqstart END \
    || CASE WHEN s.seqcache = 1 THEN '' ELSE ' CACHE ' || s.seqcache END || CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END";

/// Formats options for `WITH (…)` from a list of `name=value`.
pub(super) fn options(list: &str) -> String {
    format!(
        "(SELECT pg_catalog.string_agg(pg_catalog.quote_ident(pg_catalog.split_part(o.text, '=', 1)) || '=' || \
         pg_catalog.quote_literal(pg_catalog.substr(o.text, pg_catalog.strpos(o.text, '=') + 1)), ', ') FROM pg_catalog.unnest({list}) AS o (text))"
    )
}

/// Formats options of foreign tables and their columns for `OPTIONS (…)`.
pub(super) fn foreign_options(list: &str) -> String {
    format!(
        "(SELECT pg_catalog.string_agg(pg_catalog.quote_ident(o.option_name) || ' ' || pg_catalog.quote_literal(o.option_value), ', ') \
         FROM pg_catalog.pg_options_to_table({list}) AS o)"
    )
}

/// Returns the statement for an object's comment. `what` is an expression for the text after `COMMENT ON`.
pub(super) fn comment(what: &str, catalogue: &str, oid: &str) -> (String, String) {
    let line = format!("'COMMENT ON ' || {what} || ' IS ' || pg_catalog.quote_literal(d.description)");
    let join = format!(
        "JOIN pg_catalog.pg_description d ON d.objoid = {oid} AND d.classoid = 'pg_catalog.{catalogue}'::pg_catalog.regclass AND d.objsubid = 0"
    );
    (line, join)
}

/// Returns grants, and revocations of default privileges, as one text with a statement per line. `acl` and `owner` are
/// columns, `letter` is the kind for `acldefault`, `what` an expression for the object after `ON`.
pub(super) fn rights(acl: &str, owner: &str, letter: char, what: &str) -> String {
    let grantee =
        "CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) END";
    let own = format!("pg_catalog.aclexplode(pg_catalog.acldefault('{letter}', {owner}))");
    let same = |other: &str| {
        format!(
            "EXISTS (SELECT 1 FROM {other} AS y WHERE y.grantee = x.grantee AND y.privilege_type = x.privilege_type AND y.is_grantable >= x.is_grantable)"
        )
    };
    let given = format!("pg_catalog.aclexplode({acl})");
    format!(
        "(SELECT pg_catalog.string_agg(g.line, E';\\n' ORDER BY g.place) FROM (\
         SELECT 0 AS place, 'REVOKE ' || pg_catalog.string_agg(x.privilege_type, ', ') || ' ON ' || {what} || ' FROM ' || {grantee} AS line \
         FROM {own} AS x WHERE {acl} IS NOT NULL AND NOT {} GROUP BY x.grantee UNION ALL \
         SELECT pg_catalog.min(x.number), 'GRANT ' || pg_catalog.string_agg(x.privilege_type, ', ' ORDER BY x.number) || ' ON ' || {what} || ' TO ' || {grantee} \
         || CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END \
         FROM {given} WITH ORDINALITY AS x (grantor, grantee, privilege_type, is_grantable, number) WHERE NOT {} GROUP BY x.grantee, x.is_grantable) AS g)",
        same(&given),
        same(&own)
    )
}
