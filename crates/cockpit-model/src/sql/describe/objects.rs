//! Lists of the objects that statements use: casts, operators, collations, extended statistics, text search.
//! Source: psql's own queries (`psql -E`), and describe.c for older versions.

use super::pattern::{Columns, conditions, type_name};
use super::request::{List, ListRequest, V14, V15, V16, V17, V18, first, more, not_system};
use std::fmt::Write as _;

/// Returns the columns that match a type by its catalogue name or its SQL name.
fn type_columns<'a>(schema: &'a str, name: &'a str, other: &'a str, visible: &'a str) -> Columns<'a> {
    Columns { schema, name, other, visible }
}

/// `\dC`: casts.
pub fn casts(request: &ListRequest) -> Result<List, String> {
    let source = type_columns(
        "ns.nspname",
        "ts.typname",
        "pg_catalog.format_type(ts.oid, NULL)",
        "pg_catalog.pg_type_is_visible(ts.oid)",
    );
    let target = type_columns(
        "nt.nspname",
        "tt.typname",
        "pg_catalog.format_type(tt.oid, NULL)",
        "pg_catalog.pg_type_is_visible(tt.oid)",
    );
    let leakproof = if request.version >= V18 {
        ",\n  CASE WHEN p.proleakproof THEN 'yes' ELSE 'no' END AS \"Leakproof?\""
    } else {
        ""
    };
    let more = more(request, &format!("{leakproof},\n  d.description AS \"Description\""));
    let statement = format!(
        "SELECT pg_catalog.format_type(castsource, NULL) AS \"Source type\",\n  pg_catalog.format_type(casttarget, NULL) AS \"Target type\",\n  \
         CASE c.castmethod WHEN 'b' THEN '(binary coercible)' WHEN 'i' THEN '(with inout)' ELSE p.proname END AS \"Function\",\n  \
         CASE c.castcontext WHEN 'e' THEN 'no' WHEN 'a' THEN 'in assignment' ELSE 'yes' END AS \"Implicit?\"{more}\n\
         FROM pg_catalog.pg_cast c LEFT JOIN pg_catalog.pg_proc p ON c.castfunc = p.oid\n  \
         LEFT JOIN pg_catalog.pg_type ts ON c.castsource = ts.oid LEFT JOIN pg_catalog.pg_namespace ns ON ns.oid = ts.typnamespace\n  \
         LEFT JOIN pg_catalog.pg_type tt ON c.casttarget = tt.oid LEFT JOIN pg_catalog.pg_namespace nt ON nt.oid = tt.typnamespace\n  \
         LEFT JOIN pg_catalog.pg_description d ON d.classoid = c.tableoid AND d.objoid = c.oid AND d.objsubid = 0\n\
         WHERE (true{}) OR (true{})\nORDER BY 1, 2",
        conditions(request.pattern, source)?,
        conditions(request.pattern, target)?
    );
    Ok(List { title: "List of casts", statement, none: None })
}

/// `\do`: operators, optionally by argument types. A single type means a prefix operator.
pub fn operators(request: &ListRequest) -> Result<List, String> {
    let columns = Columns {
        schema: "n.nspname",
        name: "o.oprname",
        other: "",
        visible: "pg_catalog.pg_operator_is_visible(o.oid)",
    };
    let mut found = conditions(request.pattern, columns)?;
    let sides: &[&str] = match request.rest.len() {
        0 => &[],
        1 => &["o.oprright"],
        _ => &["o.oprleft", "o.oprright"],
    };
    if sides.len() == 1 {
        found.push_str("\n  AND o.oprleft = 0");
    }
    let mut joined = String::new();
    for (at, (side, argument)) in sides.iter().zip(request.rest).enumerate() {
        let _ = write!(
            joined,
            "\n  LEFT JOIN pg_catalog.pg_type t{at} ON t{at}.oid = {side} LEFT JOIN pg_catalog.pg_namespace nt{at} ON nt{at}.oid = t{at}.typnamespace"
        );
        if argument == "-" {
            let _ = write!(found, "\n  AND t{at}.typname IS NULL");
            continue;
        }
        let names = [
            format!("nt{at}.nspname"),
            format!("t{at}.typname"),
            format!("pg_catalog.format_type(t{at}.oid, NULL)"),
            format!("pg_catalog.pg_type_is_visible(t{at}.oid)"),
        ];
        let [schema, name, other, visible] = &names;
        found.push_str(&conditions(Some(type_name(argument)), type_columns(schema, name, other, visible))?);
    }
    let leakproof = if request.version >= V18 {
        ",\n  CASE WHEN p.proleakproof THEN 'yes' ELSE 'no' END AS \"Leakproof?\""
    } else {
        ""
    };
    let more = more(request, &format!(",\n  o.oprcode AS \"Function\"{leakproof}"));
    let statement = format!(
        "SELECT n.nspname AS \"Schema\",\n  o.oprname AS \"Name\",\n  \
         CASE WHEN o.oprkind = 'l' THEN NULL ELSE pg_catalog.format_type(o.oprleft, NULL) END AS \"Left arg type\",\n  \
         CASE WHEN o.oprkind = 'r' THEN NULL ELSE pg_catalog.format_type(o.oprright, NULL) END AS \"Right arg type\",\n  \
         pg_catalog.format_type(o.oprresult, NULL) AS \"Result type\"{more},\n  \
         COALESCE(pg_catalog.obj_description(o.oid, 'pg_operator'), pg_catalog.obj_description(o.oprcode, 'pg_proc')) AS \"Description\"\n\
         FROM pg_catalog.pg_operator o LEFT JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace\n  \
         LEFT JOIN pg_catalog.pg_proc p ON p.oid = o.oprcode{joined}{}\nORDER BY 1, 2, 3, 4",
        first(&(not_system(request).to_owned() + &found))
    );
    Ok(List { title: "List of operators", statement, none: None })
}

/// `\dO`: collations.
pub fn collations(request: &ListRequest) -> Result<List, String> {
    let columns = Columns {
        schema: "n.nspname",
        name: "c.collname",
        other: "",
        visible: "pg_catalog.pg_collation_is_visible(c.oid)",
    };
    let provider = "CASE c.collprovider WHEN 'd' THEN 'default' WHEN 'b' THEN 'builtin' WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' END AS \"Provider\"";
    let places = "c.collcollate AS \"Collate\",\n  c.collctype AS \"Ctype\"";
    let properties = match request.version {
        V17.. => format!("{provider},\n  {places},\n  c.colllocale AS \"Locale\",\n  c.collicurules AS \"ICU Rules\""),
        V16.. => {
            format!("{provider},\n  {places},\n  c.colliculocale AS \"ICU Locale\",\n  c.collicurules AS \"ICU Rules\"")
        }
        V15.. => format!("{places},\n  c.colliculocale AS \"ICU Locale\",\n  {provider}"),
        _ => format!("{places},\n  c.collcollate AS \"ICU Locale\",\n  {provider}"),
    };
    let more = more(request, ",\n  pg_catalog.obj_description(c.oid, 'pg_collation') AS \"Description\"");
    let statement = format!(
        "SELECT n.nspname AS \"Schema\",\n  c.collname AS \"Name\",\n  {properties},\n  \
         CASE WHEN c.collisdeterministic THEN 'yes' ELSE 'no' END AS \"Deterministic?\"{more}\n\
         FROM pg_catalog.pg_collation c JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace\n\
         WHERE c.collencoding IN (-1, pg_catalog.pg_char_to_encoding(pg_catalog.getdatabaseencoding())){}{}\nORDER BY 1, 2",
        not_system(request),
        conditions(request.pattern, columns)?
    );
    Ok(List { title: "List of collations", statement, none: None })
}

/// `\dX`: extended statistics.
pub fn extended_statistics(request: &ListRequest) -> Result<List, String> {
    let columns = Columns {
        schema: "es.stxnamespace::pg_catalog.regnamespace::pg_catalog.text",
        name: "es.stxname",
        other: "",
        visible: "pg_catalog.pg_statistics_obj_is_visible(es.oid)",
    };
    let of = if request.version >= V14 {
        "pg_catalog.pg_get_statisticsobjdef_columns(es.oid)"
    } else {
        "(SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ') FROM pg_catalog.unnest(es.stxkeys) s(attnum)\n    \
         JOIN pg_catalog.pg_attribute a ON es.stxrelid = a.attrelid AND a.attnum = s.attnum AND NOT a.attisdropped)"
    };
    let defined = |letter: char, name: &str| {
        format!(",\n  CASE WHEN '{letter}' = ANY(es.stxkind) THEN 'defined' END AS \"{name}\"")
    };
    let kinds = [('d', "Ndistinct"), ('f', "Dependencies"), ('m', "MCV")].map(|(letter, name)| defined(letter, name));
    let statement = format!(
        "SELECT es.stxnamespace::pg_catalog.regnamespace::pg_catalog.text AS \"Schema\",\n  es.stxname AS \"Name\",\n  \
         pg_catalog.format('%s FROM %s', {of}, es.stxrelid::pg_catalog.regclass) AS \"Definition\"{}\n\
         FROM pg_catalog.pg_statistic_ext es{}\nORDER BY 1, 2",
        kinds.concat(),
        first(&conditions(request.pattern, columns)?)
    );
    Ok(List { title: "List of extended statistics", statement, none: None })
}

/// `\dF`: text search configurations.
pub fn text_search(request: &ListRequest) -> Result<List, String> {
    let columns = Columns {
        schema: "n.nspname",
        name: "c.cfgname",
        other: "",
        visible: "pg_catalog.pg_ts_config_is_visible(c.oid)",
    };
    let statement = format!(
        "SELECT n.nspname AS \"Schema\",\n  c.cfgname AS \"Name\",\n  pg_catalog.obj_description(c.oid, 'pg_ts_config') AS \"Description\"\n\
         FROM pg_catalog.pg_ts_config c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.cfgnamespace{}\nORDER BY 1, 2",
        first(&conditions(request.pattern, columns)?)
    );
    Ok(List { title: "List of text search configurations", statement, none: None })
}
