//! The queries behind `\dt`, `\df`, `\du` and similar commands, for each server version.

use super::pattern::{Columns, conditions, type_name};
use super::request::{ACL, List, ListRequest, OWNER, V14, V15, V16, V17, V18, first, more, not_system};
use super::{cluster, families, objects, others};
use crate::sql::keywords::literal;
use std::fmt::Write as _;

/// Returns the list of a command, or `None` if the command has no list.
///
/// # Errors
/// The pattern is invalid.
pub fn list(request: &ListRequest) -> Option<Result<List, String>> {
    let name = request.name;
    Some(match name {
        "dn" => schemas(request),
        "du" | "dg" => cluster::roles(request),
        "da" => aggregates(request),
        "dp" | "z" => rights(request),
        "ddp" => cluster::default_rights(request),
        "drds" => cluster::settings_of_roles(request),
        "dx" => cluster::extensions(request),
        "dT" => types(request),
        "dD" => domains(request),
        "db" => cluster::tablespaces(request),
        "dL" => cluster::languages(request),
        "dy" => cluster::event_triggers(request),
        "drg" => cluster::role_grants(request),
        "dRp" => cluster::publications(request),
        "dRs" => cluster::subscriptions(request),
        "des" => cluster::foreign_servers(request),
        "dconfig" => cluster::settings(request),
        "l" | "list" => cluster::databases(request),
        "dC" => objects::casts(request),
        "do" => objects::operators(request),
        "dO" => objects::collations(request),
        "dX" => objects::extended_statistics(request),
        "dF" => objects::text_search(request),
        "dA" => families::methods(request),
        "dAc" => families::operator_classes(request),
        "dAf" => families::operator_families(request),
        "dAo" => families::operators_of_families(request),
        "dAp" => families::functions_of_families(request),
        "dc" => others::conversions(request),
        "dd" => others::descriptions(request),
        "dFd" | "dFp" | "dFt" => others::parts_of_text_search(request),
        "det" => others::foreign_tables(request),
        "deu" => others::user_mappings(request),
        "dew" => others::foreign_data_wrappers(request),
        "dl" | "lo_list" => Ok(others::large_objects(request)),
        _ if name.starts_with("df") && name[2..].chars().all(|c| "anptw".contains(c)) => functions(request),
        _ if name.starts_with("dP") && name[2..].chars().all(|c| "itn".contains(c)) => partitioned(request),
        _ if name.starts_with('d') && name.len() > 1 && name[1..].chars().all(|c| "tivmsE".contains(c)) => {
            relations(request, &name[1..])
        }
        _ => return None,
    })
}

/// Lists tables, views and other relations. `kinds` are the letters after `\d`.
///
/// # Errors
/// The pattern is invalid.
pub fn relations(request: &ListRequest, kinds: &str) -> Result<List, String> {
    let kinds = if kinds.is_empty() { "tvmsE" } else { kinds };
    let has = |kind: char| kinds.contains(kind);
    let mut letters: Vec<&str> = Vec::new();
    for (kind, found) in [('t', "'r','p'"), ('v', "'v'"), ('m', "'m'"), ('i', "'i','I'"), ('s', "'S'"), ('E', "'f'")] {
        if has(kind) {
            letters.push(found);
        }
    }
    // A pattern may also match TOAST tables.
    if has('t') && request.pattern.is_some() {
        letters.push("'t'");
    }
    let table = if has('i') { ",\n  c2.relname AS \"Table\"" } else { "" };
    let joined = if has('i') {
        "\n  LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid\n  LEFT JOIN pg_catalog.pg_class c2 ON i.indrelid = c2.oid"
    } else {
        ""
    };
    let methods = !request.hides_method && (has('t') || has('m') || has('i'));
    let method = if methods { ",\n  am.amname AS \"Access method\"" } else { "" };
    let more = more(
        request,
        &format!(
            ",\n  CASE c.relpersistence WHEN 'p' THEN 'permanent' WHEN 't' THEN 'temporary' WHEN 'u' THEN 'unlogged' END AS \"Persistence\"{method},\n  \
             pg_catalog.pg_size_pretty(pg_catalog.pg_table_size(c.oid)) AS \"Size\",\n  \
             pg_catalog.obj_description(c.oid, 'pg_class') AS \"Description\""
        ),
    );
    let found = conditions(
        request.pattern,
        Columns { schema: "n.nspname", name: "c.relname", other: "", visible: "pg_catalog.pg_table_is_visible(c.oid)" },
    )?;
    let statement = format!(
        "SELECT n.nspname AS \"Schema\",\n  c.relname AS \"Name\",\n  CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'i' THEN 'index' \
         WHEN 'S' THEN 'sequence' WHEN 't' THEN 'TOAST table' WHEN 'f' THEN 'foreign table' WHEN 'p' THEN 'partitioned table' \
         WHEN 'I' THEN 'partitioned index' END AS \"Type\",\n  {OWNER}(c.relowner) AS \"Owner\"{table}{more}\n\
         FROM pg_catalog.pg_class c\n  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace\n  \
         LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam{joined}\n\
         WHERE c.relkind IN ({}){}{found}\nORDER BY 1, 2",
        letters.join(","),
        not_system(request),
    );
    let (title, none) = title_and_name(kinds, request.version);
    Ok(List { title, statement, none: Some(none) })
}

/// Returns the title for relations of these kinds, and their name in the message that there are none. Since version 18 a
/// single kind has a title of its own.
fn title_and_name(kinds: &str, version: u32) -> (&'static str, &'static str) {
    match kinds {
        _ if version < V18 => ("List of relations", "relation"),
        "t" => ("List of tables", "tables"),
        "i" => ("List of indexes", "indexes"),
        "v" => ("List of views", "views"),
        "m" => ("List of materialized views", "materialized views"),
        "s" => ("List of sequences", "sequences"),
        "E" => ("List of foreign tables", "foreign tables"),
        _ => ("List of relations", "relations"),
    }
}

fn schemas(request: &ListRequest) -> Result<List, String> {
    let more = more(
        request,
        &format!(
            ",\n  {ACL}(n.nspacl, E'\\n') AS \"Access privileges\",\n  pg_catalog.obj_description(n.oid, 'pg_namespace') AS \"Description\""
        ),
    );
    let mut found = conditions(request.pattern, Columns { name: "n.nspname", ..Columns::default() })?;
    if !request.flags.system && request.pattern.is_none() {
        found.push_str("\n  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'");
    }
    let statement = format!(
        "SELECT n.nspname AS \"Name\",\n  {OWNER}(n.nspowner) AS \"Owner\"{more}\nFROM pg_catalog.pg_namespace n{}\nORDER BY 1",
        first(&found)
    );
    Ok(List { title: "List of schemas", statement, none: None })
}

/// Returns the query for the publications of a schema, shown below it.
pub fn schema_publications(schema: &str, version: u32) -> Option<String> {
    let known = version >= V15;
    known.then(|| format!(
        "SELECT p.pubname FROM pg_catalog.pg_publication p JOIN pg_catalog.pg_publication_namespace pn ON p.oid = pn.pnpubid\n  \
         JOIN pg_catalog.pg_namespace n ON n.oid = pn.pnnspid WHERE n.nspname = {} ORDER BY 1",
        literal(schema)
    ))
}

/// Returns the joins and conditions for a function's name and argument types. Source: describe.c, `describeFunctions`.
fn function(request: &ListRequest) -> Result<(String, String), String> {
    let (mut joined, mut found) = (String::new(), conditions(request.pattern, FUNCTION)?);
    for (at, written) in request.rest.iter().enumerate() {
        let _ = write!(
            joined,
            "\n  LEFT JOIN pg_catalog.pg_type t{at} ON t{at}.oid = p.proargtypes[{at}]\n  LEFT JOIN pg_catalog.pg_namespace nt{at} ON nt{at}.oid = t{at}.typnamespace"
        );
        if written == "-" {
            let _ = write!(found, "\n  AND t{at}.typname IS NULL");
            continue;
        }
        let columns = Columns {
            schema: &format!("nt{at}.nspname"),
            name: &format!("t{at}.typname"),
            other: &format!("pg_catalog.format_type(t{at}.oid, NULL)"),
            visible: &format!("pg_catalog.pg_type_is_visible(t{at}.oid)"),
        };
        found.push_str(&conditions(Some(type_name(written)), columns)?);
    }
    Ok((joined, found))
}

const FUNCTION: Columns<'_> =
    Columns { schema: "n.nspname", name: "p.proname", other: "", visible: "pg_catalog.pg_function_is_visible(p.oid)" };

fn functions(request: &ListRequest) -> Result<List, String> {
    let kinds: Vec<&str> = request.name[2..]
        .chars()
        .map(|kind| match kind {
            'a' => "p.prokind = 'a'",
            'p' => "p.prokind = 'p'",
            't' => "p.prorettype = 'pg_catalog.trigger'::pg_catalog.regtype",
            'w' => "p.prokind = 'w'",
            _ => "(p.prokind = 'f' AND p.prorettype <> 'pg_catalog.trigger'::pg_catalog.regtype)",
        })
        .collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!("\n  AND ({})", kinds.join(" OR ")) };
    // From version 16 on psql leaves the source to `\sf`.
    let source = match request.version {
        V16.. => "CASE WHEN l.lanname IN ('internal', 'c') THEN p.prosrc END AS \"Internal name\"",
        V14.. => "COALESCE(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc) AS \"Source code\"",
        _ => "p.prosrc AS \"Source code\"",
    };
    let leakproof = if request.version >= V18 {
        ",\n  CASE WHEN p.proleakproof THEN 'yes' ELSE 'no' END AS \"Leakproof?\""
    } else {
        ""
    };
    let more_columns = more(
        request,
        &format!(
            ",\n  CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' WHEN 'v' THEN 'volatile' END AS \"Volatility\",\n  \
             CASE p.proparallel WHEN 'r' THEN 'restricted' WHEN 's' THEN 'safe' WHEN 'u' THEN 'unsafe' END AS \"Parallel\",\n  \
             {OWNER}(p.proowner) AS \"Owner\",\n  CASE WHEN p.prosecdef THEN 'definer' ELSE 'invoker' END AS \"Security\"{leakproof},\n  \
             {ACL}(p.proacl, E'\\n') AS \"Access privileges\",\n  l.lanname AS \"Language\",\n  {source},\n  \
             pg_catalog.obj_description(p.oid, 'pg_proc') AS \"Description\""
        ),
    );
    let (joined, found) = function(request)?;
    let statement = format!(
        "SELECT n.nspname AS \"Schema\",\n  p.proname AS \"Name\",\n  pg_catalog.pg_get_function_result(p.oid) AS \"Result data type\",\n  \
         pg_catalog.pg_get_function_arguments(p.oid) AS \"Argument data types\",\n  \
         CASE p.prokind WHEN 'a' THEN 'agg' WHEN 'w' THEN 'window' WHEN 'p' THEN 'proc' ELSE 'func' END AS \"Type\"{more_columns}\n\
         FROM pg_catalog.pg_proc p\n  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace\n  \
         LEFT JOIN pg_catalog.pg_language l ON l.oid = p.prolang{joined}{}\nORDER BY 1, 2, 4",
        first(&format!("{kinds}{}{found}", not_system(request)))
    );
    Ok(List { title: "List of functions", statement, none: None })
}

fn aggregates(request: &ListRequest) -> Result<List, String> {
    let found = conditions(request.pattern, FUNCTION)?;
    let statement = format!(
        "SELECT n.nspname AS \"Schema\",\n  p.proname AS \"Name\",\n  pg_catalog.format_type(p.prorettype, NULL) AS \"Result data type\",\n  \
         CASE WHEN p.pronargs = 0 THEN '*' ELSE pg_catalog.pg_get_function_arguments(p.oid) END AS \"Argument data types\",\n  \
         pg_catalog.obj_description(p.oid, 'pg_proc') AS \"Description\"\n\
         FROM pg_catalog.pg_proc p\n  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace\n\
         WHERE p.prokind = 'a'{}{found}\nORDER BY 1, 2, 4",
        not_system(request)
    );
    Ok(List { title: "List of aggregate functions", statement, none: None })
}

fn rights(request: &ListRequest) -> Result<List, String> {
    let found = conditions(
        request.pattern,
        Columns { schema: "n.nspname", name: "c.relname", other: "", visible: "pg_catalog.pg_table_is_visible(c.oid)" },
    )?;
    // As in psql: without a pattern system objects are left out, even in commands that take no `S`.
    let system = if request.pattern.is_none() && !request.flags.system { "\n  AND n.nspname !~ '^pg_'" } else { "" };
    let statement = format!(
        "SELECT n.nspname AS \"Schema\",\n  c.relname AS \"Name\",\n  CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' \
         WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table' WHEN 'p' THEN 'partitioned table' END AS \"Type\",\n  \
         {ACL}(c.relacl, E'\\n') AS \"Access privileges\",\n  {ACL}(ARRAY(\n    SELECT attname || E':\\n  ' || {ACL}(attacl, E'\\n  ')\n    \
         FROM pg_catalog.pg_attribute a WHERE attrelid = c.oid AND NOT attisdropped AND attacl IS NOT NULL), E'\\n') AS \"Column privileges\",\n  \
         {ACL}(ARRAY(\n    SELECT polname || CASE WHEN NOT polpermissive THEN E' (RESTRICTIVE)' ELSE '' END\n      \
         || CASE WHEN polcmd != '*' THEN E' (' || polcmd::pg_catalog.text || E'):' ELSE E':' END\n      \
         || CASE WHEN polqual IS NOT NULL THEN E'\\n  (u): ' || pg_catalog.pg_get_expr(polqual, polrelid) ELSE '' END\n      \
         || CASE WHEN polwithcheck IS NOT NULL THEN E'\\n  (c): ' || pg_catalog.pg_get_expr(polwithcheck, polrelid) ELSE '' END\n      \
         || CASE WHEN polroles <> '{{0}}' THEN E'\\n  to: ' || {ACL}(ARRAY(SELECT rolname FROM pg_catalog.pg_roles \
         WHERE oid = ANY (polroles) ORDER BY 1), E', ') ELSE '' END\n    FROM pg_catalog.pg_policy pol WHERE polrelid = c.oid), E'\\n') AS \"Policies\"\n\
         FROM pg_catalog.pg_class c\n  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace\n\
         WHERE c.relkind IN ('r','v','m','S','f','p'){system}{found}\nORDER BY 1, 2"
    );
    Ok(List { title: "Access privileges", statement, none: None })
}

fn types(request: &ListRequest) -> Result<List, String> {
    let more = more(
        request,
        &format!(
            ",\n  t.typname AS \"Internal name\",\n  CASE WHEN t.typrelid != 0 THEN 'tuple' WHEN t.typlen < 0 THEN 'var' ELSE t.typlen::pg_catalog.text END AS \"Size\",\n  \
             {ACL}(ARRAY(SELECT e.enumlabel FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder), E'\\n') AS \"Elements\",\n  \
             {OWNER}(t.typowner) AS \"Owner\",\n  {ACL}(t.typacl, E'\\n') AS \"Access privileges\""
        ),
    );
    let pattern = request.pattern.map(type_name);
    // Array types are shown only if the pattern asks for them.
    let lists = if pattern.is_some_and(|pattern| pattern.ends_with("[]")) {
        ""
    } else {
        "\n  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_type el WHERE el.oid = t.typelem AND el.typarray = t.oid)"
    };
    let found = conditions(
        pattern,
        Columns {
            schema: "n.nspname",
            name: "t.typname",
            other: "pg_catalog.format_type(t.oid, NULL)",
            visible: "pg_catalog.pg_type_is_visible(t.oid)",
        },
    )?;
    let statement = format!(
        "SELECT n.nspname AS \"Schema\",\n  pg_catalog.format_type(t.oid, NULL) AS \"Name\"{more},\n  \
         pg_catalog.obj_description(t.oid, 'pg_type') AS \"Description\"\n\
         FROM pg_catalog.pg_type t\n  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace\n\
         WHERE (t.typrelid = 0 OR (SELECT c.relkind = 'c' FROM pg_catalog.pg_class c WHERE c.oid = t.typrelid)){lists}{}{found}\nORDER BY 1, 2",
        not_system(request)
    );
    Ok(List { title: "List of data types", statement, none: None })
}

fn domains(request: &ListRequest) -> Result<List, String> {
    let more = more(
        request,
        &format!(
            ",\n  {ACL}(t.typacl, E'\\n') AS \"Access privileges\",\n  pg_catalog.obj_description(t.oid, 'pg_type') AS \"Description\""
        ),
    );
    let found = conditions(
        request.pattern,
        Columns { schema: "n.nspname", name: "t.typname", other: "", visible: "pg_catalog.pg_type_is_visible(t.oid)" },
    )?;
    // Since version 17 NOT NULL is a constraint too.
    let checks = if request.version >= V17 { " AND r.contype = 'c'" } else { "" };
    let statement = format!(
        "SELECT n.nspname AS \"Schema\",\n  t.typname AS \"Name\",\n  pg_catalog.format_type(t.typbasetype, t.typtypmod) AS \"Type\",\n  \
         (SELECT c.collname FROM pg_catalog.pg_collation c, pg_catalog.pg_type bt WHERE c.oid = t.typcollation AND bt.oid = t.typbasetype \
         AND t.typcollation <> bt.typcollation) AS \"Collation\",\n  CASE WHEN t.typnotnull THEN 'not null' END AS \"Nullable\",\n  \
         t.typdefault AS \"Default\",\n  {ACL}(ARRAY(SELECT pg_catalog.pg_get_constraintdef(r.oid, true) FROM pg_catalog.pg_constraint r \
         WHERE t.oid = r.contypid{checks}), ' ') AS \"Check\"{more}\n\
         FROM pg_catalog.pg_type t\n  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace\nWHERE t.typtype = 'd'{}{found}\nORDER BY 1, 2",
        not_system(request)
    );
    Ok(List { title: "List of domains", statement, none: None })
}

fn partitioned(request: &ListRequest) -> Result<List, String> {
    let letters = &request.name[2..];
    let (tables, indexes) = (letters.contains('t'), letters.contains('i'));
    let (tables, indexes) = if tables || indexes { (tables, indexes) } else { (true, true) };
    let nested = letters.contains('n') || request.pattern.is_some();
    let kinds = match (tables, indexes) {
        (true, false) => "'p'",
        (false, true) => "'I'",
        _ => "'p','I'",
    };
    let parent = if nested { ",\n  inh.inhparent::pg_catalog.regclass AS \"Parent name\"" } else { "" };
    let table = if indexes { ",\n  i.indrelid::pg_catalog.regclass AS \"Table\"" } else { "" };
    let kind = if tables && indexes {
        ",\n  CASE c.relkind WHEN 'p' THEN 'partitioned table' WHEN 'I' THEN 'partitioned index' END AS \"Type\""
    } else {
        ""
    };
    let method = if request.version >= V18 { ",\n  am.amname AS \"Access method\"" } else { "" };
    let leaf = if letters.contains('n') { ",\n  s.dps AS \"Leaf partition size\"" } else { "" };
    let more_columns = more(
        request,
        &format!(
            "{method}{leaf},\n  s.tps AS \"Total size\",\n  pg_catalog.obj_description(c.oid, 'pg_class') AS \"Description\""
        ),
    );
    let sized = more(
        request,
        ",\n  LATERAL (SELECT pg_catalog.pg_size_pretty(sum(CASE WHEN ppt.isleaf AND ppt.level = 1 THEN pg_catalog.pg_table_size(ppt.relid) ELSE 0 END)) AS dps,\n    \
         pg_catalog.pg_size_pretty(sum(pg_catalog.pg_table_size(ppt.relid))) AS tps FROM pg_catalog.pg_partition_tree(c.oid) ppt) s",
    );
    let top = if nested { "" } else { "\n  AND NOT c.relispartition" };
    let found = conditions(
        request.pattern,
        Columns { schema: "n.nspname", name: "c.relname", other: "", visible: "pg_catalog.pg_table_is_visible(c.oid)" },
    )?;
    let order = match (tables && indexes, nested) {
        (true, true) => "\"Schema\", \"Type\" DESC, \"Parent name\" NULLS FIRST, \"Name\"",
        (true, false) => "\"Schema\", \"Type\" DESC, \"Name\"",
        (false, true) => "\"Schema\", \"Parent name\" NULLS FIRST, \"Name\"",
        (false, false) => "\"Schema\", \"Name\"",
    };
    let statement = format!(
        "SELECT n.nspname AS \"Schema\",\n  c.relname AS \"Name\",\n  {OWNER}(c.relowner) AS \"Owner\"{kind}{parent}{table}{more_columns}\n\
         FROM pg_catalog.pg_class c\n  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace\n  \
         LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid\n  LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam\n  LEFT JOIN pg_catalog.pg_inherits inh ON c.oid = inh.inhrelid{sized}\n\
         WHERE c.relkind IN ({kinds}){}{top}{found}\nORDER BY {order}",
        not_system(request)
    );
    let title = match (tables, indexes) {
        (true, false) => "List of partitioned tables",
        (false, true) => "List of partitioned indexes",
        _ => "List of partitioned relations",
    };
    Ok(List { title, statement, none: None })
}
