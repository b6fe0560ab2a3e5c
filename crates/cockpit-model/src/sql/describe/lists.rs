//! Lists of what there is: the questions behind `\dt`, `\df`, `\du` and their like, for each version of the server.

use super::asked::{ACL, Asked, List, OWNER, V14, V15, V16, V17, V18, first, more, not_system};
use super::pattern::{Columns, conditions, type_name};
use super::{cluster, families, objects, others};
use crate::sql::keywords::literal;
use std::fmt::Write as _;

/// The list of a command; none where it is none of these.
///
/// # Errors
/// A pattern that is none.
pub fn list(asked: &Asked) -> Option<Result<List, String>> {
    let name = asked.name;
    Some(match name {
        "dn" => schemas(asked),
        "du" | "dg" => cluster::roles(asked),
        "da" => aggregates(asked),
        "dp" | "z" => rights(asked),
        "ddp" => cluster::default_rights(asked),
        "drds" => cluster::settings_of_roles(asked),
        "dx" => cluster::extensions(asked),
        "dT" => types(asked),
        "dD" => domains(asked),
        "db" => cluster::tablespaces(asked),
        "dL" => cluster::languages(asked),
        "dy" => cluster::event_triggers(asked),
        "drg" => cluster::role_grants(asked),
        "dRp" => cluster::publications(asked),
        "dRs" => cluster::subscriptions(asked),
        "des" => cluster::foreign_servers(asked),
        "dconfig" => cluster::settings(asked),
        "l" | "list" => cluster::databases(asked),
        "dC" => objects::casts(asked),
        "do" => objects::operators(asked),
        "dO" => objects::collations(asked),
        "dX" => objects::extended_statistics(asked),
        "dF" => objects::text_search(asked),
        "dA" => families::methods(asked),
        "dAc" => families::operator_classes(asked),
        "dAf" => families::operator_families(asked),
        "dAo" => families::operators_of_families(asked),
        "dAp" => families::functions_of_families(asked),
        "dc" => others::conversions(asked),
        "dd" => others::descriptions(asked),
        "dFd" | "dFp" | "dFt" => others::parts_of_text_search(asked),
        "det" => others::foreign_tables(asked),
        "deu" => others::user_mappings(asked),
        "dew" => others::foreign_data_wrappers(asked),
        "dl" | "lo_list" => Ok(others::large_objects(asked)),
        _ if name.starts_with("df") && name[2..].chars().all(|c| "anptw".contains(c)) => functions(asked),
        _ if name.starts_with("dP") && name[2..].chars().all(|c| "itn".contains(c)) => partitioned(asked),
        _ if name.starts_with('d') && name.len() > 1 && name[1..].chars().all(|c| "tivmsE".contains(c)) => {
            relations(asked, &name[1..])
        }
        _ => return None,
    })
}

/// Tables, views and their like: `kinds` are the letters after `\d`.
///
/// # Errors
/// A pattern that is none.
pub fn relations(asked: &Asked, kinds: &str) -> Result<List, String> {
    let kinds = if kinds.is_empty() { "tvmsE" } else { kinds };
    let has = |kind: char| kinds.contains(kind);
    let mut letters: Vec<&str> = Vec::new();
    for (kind, found) in [('t', "'r','p'"), ('v', "'v'"), ('m', "'m'"), ('i', "'i','I'"), ('s', "'S'"), ('E', "'f'")] {
        if has(kind) {
            letters.push(found);
        }
    }
    // A pattern may also name the tables where long values of others are kept.
    if has('t') && asked.pattern.is_some() {
        letters.push("'t'");
    }
    let table = if has('i') { ",\n  c2.relname AS \"Table\"" } else { "" };
    let joined = if has('i') {
        "\n  LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid\n  LEFT JOIN pg_catalog.pg_class c2 ON i.indrelid = c2.oid"
    } else {
        ""
    };
    let methods = !asked.hides_method && (has('t') || has('m') || has('i'));
    let method = if methods { ",\n  am.amname AS \"Access method\"" } else { "" };
    let more = more(
        asked,
        &format!(
            ",\n  CASE c.relpersistence WHEN 'p' THEN 'permanent' WHEN 't' THEN 'temporary' WHEN 'u' THEN 'unlogged' END AS \"Persistence\"{method},\n  \
             pg_catalog.pg_size_pretty(pg_catalog.pg_table_size(c.oid)) AS \"Size\",\n  \
             pg_catalog.obj_description(c.oid, 'pg_class') AS \"Description\""
        ),
    );
    let found = conditions(
        asked.pattern,
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
        not_system(asked),
    );
    let (title, none) = named(kinds, asked.version);
    Ok(List { title, statement, none: Some(none) })
}

/// The title above relations of these kinds, and their name where there are none. Since version 18 those of one kind
/// have a name of their own.
fn named(kinds: &str, version: u32) -> (&'static str, &'static str) {
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

fn schemas(asked: &Asked) -> Result<List, String> {
    let more = more(
        asked,
        &format!(
            ",\n  {ACL}(n.nspacl, E'\\n') AS \"Access privileges\",\n  pg_catalog.obj_description(n.oid, 'pg_namespace') AS \"Description\""
        ),
    );
    let mut found = conditions(asked.pattern, Columns { name: "n.nspname", ..Columns::default() })?;
    if !asked.flags.system && asked.pattern.is_none() {
        found.push_str("\n  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'");
    }
    let statement = format!(
        "SELECT n.nspname AS \"Name\",\n  {OWNER}(n.nspowner) AS \"Owner\"{more}\nFROM pg_catalog.pg_namespace n{}\nORDER BY 1",
        first(&found)
    );
    Ok(List { title: "List of schemas", statement, none: None })
}

/// The question for the publications of a schema, which stand below it.
pub fn publications_of(schema: &str, version: u32) -> Option<String> {
    let known = version >= V15;
    known.then(|| format!(
        "SELECT p.pubname FROM pg_catalog.pg_publication p JOIN pg_catalog.pg_publication_namespace pn ON p.oid = pn.pnpubid\n  \
         JOIN pg_catalog.pg_namespace n ON n.oid = pn.pnnspid WHERE n.nspname = {} ORDER BY 1",
        literal(schema)
    ))
}

/// The conditions of a function's name and of the types of its arguments, and what is joined for them. Source: describe.c,
/// `describeFunctions`.
fn function(asked: &Asked) -> Result<(String, String), String> {
    let (mut joined, mut found) = (String::new(), conditions(asked.pattern, FUNCTION)?);
    for (at, written) in asked.rest.iter().enumerate() {
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

fn functions(asked: &Asked) -> Result<List, String> {
    let kinds: Vec<&str> = asked.name[2..]
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
    // From version 16 on the source is not shown: `\sf` does.
    let source = match asked.version {
        V16.. => "CASE WHEN l.lanname IN ('internal', 'c') THEN p.prosrc END AS \"Internal name\"",
        V14.. => "COALESCE(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc) AS \"Source code\"",
        _ => "p.prosrc AS \"Source code\"",
    };
    let leakproof = if asked.version >= V18 {
        ",\n  CASE WHEN p.proleakproof THEN 'yes' ELSE 'no' END AS \"Leakproof?\""
    } else {
        ""
    };
    let more_columns = more(
        asked,
        &format!(
            ",\n  CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' WHEN 'v' THEN 'volatile' END AS \"Volatility\",\n  \
             CASE p.proparallel WHEN 'r' THEN 'restricted' WHEN 's' THEN 'safe' WHEN 'u' THEN 'unsafe' END AS \"Parallel\",\n  \
             {OWNER}(p.proowner) AS \"Owner\",\n  CASE WHEN p.prosecdef THEN 'definer' ELSE 'invoker' END AS \"Security\"{leakproof},\n  \
             {ACL}(p.proacl, E'\\n') AS \"Access privileges\",\n  l.lanname AS \"Language\",\n  {source},\n  \
             pg_catalog.obj_description(p.oid, 'pg_proc') AS \"Description\""
        ),
    );
    let (joined, found) = function(asked)?;
    let statement = format!(
        "SELECT n.nspname AS \"Schema\",\n  p.proname AS \"Name\",\n  pg_catalog.pg_get_function_result(p.oid) AS \"Result data type\",\n  \
         pg_catalog.pg_get_function_arguments(p.oid) AS \"Argument data types\",\n  \
         CASE p.prokind WHEN 'a' THEN 'agg' WHEN 'w' THEN 'window' WHEN 'p' THEN 'proc' ELSE 'func' END AS \"Type\"{more_columns}\n\
         FROM pg_catalog.pg_proc p\n  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace\n  \
         LEFT JOIN pg_catalog.pg_language l ON l.oid = p.prolang{joined}{}\nORDER BY 1, 2, 4",
        first(&format!("{kinds}{}{found}", not_system(asked)))
    );
    Ok(List { title: "List of functions", statement, none: None })
}

fn aggregates(asked: &Asked) -> Result<List, String> {
    let found = conditions(asked.pattern, FUNCTION)?;
    let statement = format!(
        "SELECT n.nspname AS \"Schema\",\n  p.proname AS \"Name\",\n  pg_catalog.format_type(p.prorettype, NULL) AS \"Result data type\",\n  \
         CASE WHEN p.pronargs = 0 THEN '*' ELSE pg_catalog.pg_get_function_arguments(p.oid) END AS \"Argument data types\",\n  \
         pg_catalog.obj_description(p.oid, 'pg_proc') AS \"Description\"\n\
         FROM pg_catalog.pg_proc p\n  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace\n\
         WHERE p.prokind = 'a'{}{found}\nORDER BY 1, 2, 4",
        not_system(asked)
    );
    Ok(List { title: "List of aggregate functions", statement, none: None })
}

fn rights(asked: &Asked) -> Result<List, String> {
    let found = conditions(
        asked.pattern,
        Columns { schema: "n.nspname", name: "c.relname", other: "", visible: "pg_catalog.pg_table_is_visible(c.oid)" },
    )?;
    // psql's own rule: without a pattern what is of the system is left out, also where `S` is not there to ask for it.
    let system = if asked.pattern.is_none() && !asked.flags.system { "\n  AND n.nspname !~ '^pg_'" } else { "" };
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

fn types(asked: &Asked) -> Result<List, String> {
    let more = more(
        asked,
        &format!(
            ",\n  t.typname AS \"Internal name\",\n  CASE WHEN t.typrelid != 0 THEN 'tuple' WHEN t.typlen < 0 THEN 'var' ELSE t.typlen::pg_catalog.text END AS \"Size\",\n  \
             {ACL}(ARRAY(SELECT e.enumlabel FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder), E'\\n') AS \"Elements\",\n  \
             {OWNER}(t.typowner) AS \"Owner\",\n  {ACL}(t.typacl, E'\\n') AS \"Access privileges\""
        ),
    );
    let pattern = asked.pattern.map(type_name);
    // Types of lists are shown where they are asked for.
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
        not_system(asked)
    );
    Ok(List { title: "List of data types", statement, none: None })
}

fn domains(asked: &Asked) -> Result<List, String> {
    let more = more(
        asked,
        &format!(
            ",\n  {ACL}(t.typacl, E'\\n') AS \"Access privileges\",\n  pg_catalog.obj_description(t.oid, 'pg_type') AS \"Description\""
        ),
    );
    let found = conditions(
        asked.pattern,
        Columns { schema: "n.nspname", name: "t.typname", other: "", visible: "pg_catalog.pg_type_is_visible(t.oid)" },
    )?;
    // Since version 17 NOT NULL is a constraint too.
    let checks = if asked.version >= V17 { " AND r.contype = 'c'" } else { "" };
    let statement = format!(
        "SELECT n.nspname AS \"Schema\",\n  t.typname AS \"Name\",\n  pg_catalog.format_type(t.typbasetype, t.typtypmod) AS \"Type\",\n  \
         (SELECT c.collname FROM pg_catalog.pg_collation c, pg_catalog.pg_type bt WHERE c.oid = t.typcollation AND bt.oid = t.typbasetype \
         AND t.typcollation <> bt.typcollation) AS \"Collation\",\n  CASE WHEN t.typnotnull THEN 'not null' END AS \"Nullable\",\n  \
         t.typdefault AS \"Default\",\n  {ACL}(ARRAY(SELECT pg_catalog.pg_get_constraintdef(r.oid, true) FROM pg_catalog.pg_constraint r \
         WHERE t.oid = r.contypid{checks}), ' ') AS \"Check\"{more}\n\
         FROM pg_catalog.pg_type t\n  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace\nWHERE t.typtype = 'd'{}{found}\nORDER BY 1, 2",
        not_system(asked)
    );
    Ok(List { title: "List of domains", statement, none: None })
}

fn partitioned(asked: &Asked) -> Result<List, String> {
    let letters = &asked.name[2..];
    let (tables, indexes) = (letters.contains('t'), letters.contains('i'));
    let (tables, indexes) = if tables || indexes { (tables, indexes) } else { (true, true) };
    let nested = letters.contains('n') || asked.pattern.is_some();
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
    let method = if asked.version >= V18 { ",\n  am.amname AS \"Access method\"" } else { "" };
    let leaf = if letters.contains('n') { ",\n  s.dps AS \"Leaf partition size\"" } else { "" };
    let more_columns = more(
        asked,
        &format!(
            "{method}{leaf},\n  s.tps AS \"Total size\",\n  pg_catalog.obj_description(c.oid, 'pg_class') AS \"Description\""
        ),
    );
    let sized = more(
        asked,
        ",\n  LATERAL (SELECT pg_catalog.pg_size_pretty(sum(CASE WHEN ppt.isleaf AND ppt.level = 1 THEN pg_catalog.pg_table_size(ppt.relid) ELSE 0 END)) AS dps,\n    \
         pg_catalog.pg_size_pretty(sum(pg_catalog.pg_table_size(ppt.relid))) AS tps FROM pg_catalog.pg_partition_tree(c.oid) ppt) s",
    );
    let top = if nested { "" } else { "\n  AND NOT c.relispartition" };
    let found = conditions(
        asked.pattern,
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
        not_system(asked)
    );
    let title = match (tables, indexes) {
        (true, false) => "List of partitioned tables",
        (false, true) => "List of partitioned indexes",
        _ => "List of partitioned relations",
    };
    Ok(List { title, statement, none: None })
}
