//! Lists of access methods and their objects: operator classes and families, with operators and functions.
//! Source: psql's own queries (`psql -E`).

use super::pattern::{Columns, conditions};
use super::request::{List, ListRequest, OWNER, V18, first, more};
use std::fmt::Write as _;

/// Returns a name, qualified with its schema unless it is on the search path.
fn qualified_name(visible: &str, name: &str, schema: &str) -> String {
    format!(
        "CASE WHEN {visible} THEN pg_catalog.format('%I', {name}) ELSE pg_catalog.format('%I.%I', {schema}, {name}) END"
    )
}

/// A type, matched by its catalogue name or its SQL name.
const TYPE: Columns<'_> = Columns {
    schema: "tn.nspname",
    name: "t.typname",
    other: "pg_catalog.format_type(t.oid, NULL)",
    visible: "pg_catalog.pg_type_is_visible(t.oid)",
};

/// Returns the condition on the access method's name, which is the first argument.
fn method(request: &ListRequest) -> Result<String, String> {
    conditions(request.pattern, Columns { name: "am.amname", ..Columns::default() })
}

/// Returns the conditions on the access method and the family, which are the arguments.
fn family(request: &ListRequest) -> Result<String, String> {
    let family = request.rest.first().map(String::as_str);
    let schema = if request.name == "dAp" { "ns.nspname" } else { "nsf.nspname" };
    Ok(method(request)? + &conditions(family, Columns { schema, name: "of.opfname", ..Columns::default() })?)
}

/// `\dA`: access methods.
pub fn methods(request: &ListRequest) -> Result<List, String> {
    let more =
        more(request, ",\n  amhandler AS \"Handler\",\n  pg_catalog.obj_description(oid, 'pg_am') AS \"Description\"");
    let statement = format!(
        "SELECT amname AS \"Name\",\n  CASE amtype WHEN 'i' THEN 'Index' WHEN 't' THEN 'Table' END AS \"Type\"{more}\n\
         FROM pg_catalog.pg_am{}\nORDER BY 1",
        first(&conditions(request.pattern, Columns { name: "amname", ..Columns::default() })?)
    );
    Ok(List { title: "List of access methods", statement, none: None })
}

/// `\dAc`: operator classes, optionally by the indexed type.
pub fn operator_classes(request: &ListRequest) -> Result<List, String> {
    let family = qualified_name("pg_catalog.pg_opfamily_is_visible(of.oid)", "of.opfname", "ofn.nspname");
    let more = more(request, &format!(",\n  {family} AS \"Operator family\",\n  {OWNER}(c.opcowner) AS \"Owner\""));
    let mut found = method(request)?;
    if let Some(written) = request.rest.first() {
        found.push_str(&conditions(Some(written), TYPE)?);
    }
    let statement = format!(
        "SELECT am.amname AS \"AM\",\n  pg_catalog.format_type(c.opcintype, NULL) AS \"Input type\",\n  \
         CASE WHEN c.opckeytype <> 0 AND c.opckeytype <> c.opcintype THEN pg_catalog.format_type(c.opckeytype, NULL) END AS \"Storage type\",\n  \
         {} AS \"Operator class\",\n  CASE WHEN c.opcdefault THEN 'yes' ELSE 'no' END AS \"Default?\"{more}\n\
         FROM pg_catalog.pg_opclass c\n  LEFT JOIN pg_catalog.pg_am am ON am.oid = c.opcmethod\n  \
         LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.opcnamespace\n  LEFT JOIN pg_catalog.pg_type t ON t.oid = c.opcintype\n  \
         LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace\n  LEFT JOIN pg_catalog.pg_opfamily of ON of.oid = c.opcfamily\n  \
         LEFT JOIN pg_catalog.pg_namespace ofn ON ofn.oid = of.opfnamespace{}\nORDER BY 1, 2, 4",
        qualified_name("pg_catalog.pg_opclass_is_visible(c.oid)", "c.opcname", "n.nspname"),
        first(&found)
    );
    Ok(List { title: "List of operator classes", statement, none: None })
}

/// `\dAf`: operator families, optionally by a type that one of their classes indexes.
pub fn operator_families(request: &ListRequest) -> Result<List, String> {
    let more = more(request, &format!(",\n  {OWNER}(f.opfowner) AS \"Owner\""));
    let mut found = method(request)?;
    if let Some(written) = request.rest.first() {
        let _ = write!(
            found,
            "\n  AND EXISTS (SELECT 1 FROM pg_catalog.pg_type t JOIN pg_catalog.pg_opclass oc ON oc.opcintype = t.oid\n    \
             LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace WHERE oc.opcfamily = f.oid{})",
            conditions(Some(written), TYPE)?
        );
    }
    let statement = format!(
        "SELECT am.amname AS \"AM\",\n  {} AS \"Operator family\",\n  \
         (SELECT pg_catalog.string_agg(pg_catalog.format_type(oc.opcintype, NULL), ', ') FROM pg_catalog.pg_opclass oc \
         WHERE oc.opcfamily = f.oid) AS \"Applicable types\"{more}\n\
         FROM pg_catalog.pg_opfamily f\n  LEFT JOIN pg_catalog.pg_am am ON am.oid = f.opfmethod\n  \
         LEFT JOIN pg_catalog.pg_namespace n ON n.oid = f.opfnamespace{}\nORDER BY 1, 2",
        qualified_name("pg_catalog.pg_opfamily_is_visible(f.oid)", "f.opfname", "n.nspname"),
        first(&found)
    );
    Ok(List { title: "List of operator families", statement, none: None })
}

/// `\dAo`: operators of families, optionally by family name.
pub fn operators_of_families(request: &ListRequest) -> Result<List, String> {
    let leakproof = if request.version >= V18 {
        ",\n  CASE WHEN p.proleakproof THEN 'yes' ELSE 'no' END AS \"Leakproof?\""
    } else {
        ""
    };
    let more = more(request, &format!(",\n  ofs.opfname AS \"Sort opfamily\"{leakproof}"));
    let statement = format!(
        "SELECT am.amname AS \"AM\",\n  {} AS \"Operator family\",\n  o.amopopr::pg_catalog.regoperator AS \"Operator\",\n  \
         o.amopstrategy AS \"Strategy\",\n  CASE o.amoppurpose WHEN 'o' THEN 'ordering' WHEN 's' THEN 'search' END AS \"Purpose\"{more}\n\
         FROM pg_catalog.pg_amop o\n  LEFT JOIN pg_catalog.pg_opfamily of ON of.oid = o.amopfamily\n  \
         LEFT JOIN pg_catalog.pg_am am ON am.oid = of.opfmethod AND am.oid = o.amopmethod\n  \
         LEFT JOIN pg_catalog.pg_namespace nsf ON of.opfnamespace = nsf.oid\n  \
         LEFT JOIN pg_catalog.pg_opfamily ofs ON ofs.oid = o.amopsortfamily\n  \
         LEFT JOIN pg_catalog.pg_operator op ON op.oid = o.amopopr LEFT JOIN pg_catalog.pg_proc p ON p.oid = op.oprcode{}\n\
         ORDER BY 1, 2, o.amoplefttype = o.amoprighttype DESC, pg_catalog.format_type(o.amoplefttype, NULL),\n  \
         pg_catalog.format_type(o.amoprighttype, NULL), o.amopstrategy",
        qualified_name("pg_catalog.pg_opfamily_is_visible(of.oid)", "of.opfname", "nsf.nspname"),
        first(&family(request)?)
    );
    Ok(List { title: "List of operators of operator families", statement, none: None })
}

/// `\dAp`: support functions of families, optionally by family name.
pub fn functions_of_families(request: &ListRequest) -> Result<List, String> {
    let function = if request.flags.more { "ap.amproc::pg_catalog.regprocedure" } else { "p.proname" };
    let statement = format!(
        "SELECT am.amname AS \"AM\",\n  {} AS \"Operator family\",\n  pg_catalog.format_type(ap.amproclefttype, NULL) AS \"Registered left type\",\n  \
         pg_catalog.format_type(ap.amprocrighttype, NULL) AS \"Registered right type\",\n  ap.amprocnum AS \"Number\",\n  {function} AS \"Function\"\n\
         FROM pg_catalog.pg_amproc ap\n  LEFT JOIN pg_catalog.pg_opfamily of ON of.oid = ap.amprocfamily\n  \
         LEFT JOIN pg_catalog.pg_am am ON am.oid = of.opfmethod\n  LEFT JOIN pg_catalog.pg_namespace ns ON of.opfnamespace = ns.oid\n  \
         LEFT JOIN pg_catalog.pg_proc p ON ap.amproc = p.oid{}\n\
         ORDER BY 1, 2, ap.amproclefttype = ap.amprocrighttype DESC, 3, 4, 5",
        qualified_name("pg_catalog.pg_opfamily_is_visible(of.oid)", "of.opfname", "ns.nspname"),
        first(&family(request)?)
    );
    Ok(List { title: "List of support functions of operator families", statement, none: None })
}
