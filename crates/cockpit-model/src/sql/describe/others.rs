//! Rarely used lists: descriptions, conversions, parts of text search, foreign data, large objects.
//! Source: psql's own queries (`psql -E`).

use super::pattern::{Columns, conditions};
use super::request::{ACL, List, ListRequest, OWNER, first, more};

/// Without a pattern system objects are left out. TOAST schemas contain none of these objects.
fn not_system(request: &ListRequest) -> &'static str {
    if request.flags.system || request.pattern.is_some() {
        ""
    } else {
        "\n  AND n.nspname <> 'pg_catalog' AND n.nspname <> 'information_schema'"
    }
}

/// `\dd`: descriptions of the objects that no other list covers.
pub fn descriptions(request: &ListRequest) -> Result<List, String> {
    let table = "pg_catalog.pg_table_is_visible(c.oid)";
    let of_table = "JOIN pg_catalog.pg_class c ON c.oid =";
    let parts = [
        ("table constraint", "pg_constraint", "conname", format!("{of_table} o.conrelid"), "c.relnamespace", table, ""),
        (
            "domain constraint",
            "pg_constraint",
            "conname",
            "JOIN pg_catalog.pg_type t ON t.oid = o.contypid".to_owned(),
            "t.typnamespace",
            "pg_catalog.pg_type_is_visible(t.oid)",
            "",
        ),
        (
            "operator class",
            "pg_opclass",
            "opcname",
            String::new(),
            "o.opcnamespace",
            "pg_catalog.pg_opclass_is_visible(o.oid)",
            "",
        ),
        (
            "operator family",
            "pg_opfamily",
            "opfname",
            String::new(),
            "o.opfnamespace",
            "pg_catalog.pg_opfamily_is_visible(o.oid)",
            "",
        ),
        (
            "rule",
            "pg_rewrite",
            "rulename",
            format!("{of_table} o.ev_class"),
            "c.relnamespace",
            table,
            "\n  AND o.rulename <> '_RETURN'",
        ),
        ("trigger", "pg_trigger", "tgname", format!("{of_table} o.tgrelid"), "c.relnamespace", table, ""),
    ];
    let mut questions = Vec::new();
    for (object, catalogue, name, joined, schema, visible, rule) in parts {
        let columns = Columns { schema: "n.nspname", name: &format!("o.{name}"), other: "", visible };
        let found = not_system(request).to_owned() + rule + &conditions(request.pattern, columns)?;
        questions.push(format!(
            "SELECT o.oid AS oid, o.tableoid AS tableoid, n.nspname AS nspname, o.{name}::pg_catalog.text AS name, \
             '{object}'::pg_catalog.text AS object\n  FROM pg_catalog.{catalogue} o {joined} LEFT JOIN pg_catalog.pg_namespace n ON n.oid = {schema}{}",
            first(&found)
        ));
    }
    let statement = format!(
        "SELECT DISTINCT tt.nspname AS \"Schema\", tt.name AS \"Name\", tt.object AS \"Object\", d.description AS \"Description\"\n\
         FROM ({}) AS tt\n  JOIN pg_catalog.pg_description d ON tt.oid = d.objoid AND tt.tableoid = d.classoid AND d.objsubid = 0\n\
         ORDER BY 1, 2, 3",
        questions.join("\nUNION ALL\n")
    );
    Ok(List { title: "Object descriptions", statement, none: None })
}

/// `\dc`: conversions.
pub fn conversions(request: &ListRequest) -> Result<List, String> {
    let columns = Columns {
        schema: "n.nspname",
        name: "c.conname",
        other: "",
        visible: "pg_catalog.pg_conversion_is_visible(c.oid)",
    };
    let more = more(request, ",\n  pg_catalog.obj_description(c.oid, 'pg_conversion') AS \"Description\"");
    let statement = format!(
        "SELECT n.nspname AS \"Schema\",\n  c.conname AS \"Name\",\n  pg_catalog.pg_encoding_to_char(c.conforencoding) AS \"Source\",\n  \
         pg_catalog.pg_encoding_to_char(c.contoencoding) AS \"Destination\",\n  CASE WHEN c.condefault THEN 'yes' ELSE 'no' END AS \"Default?\"{more}\n\
         FROM pg_catalog.pg_conversion c JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace{}\nORDER BY 1, 2",
        first(&(not_system(request).to_owned() + &conditions(request.pattern, columns)?))
    );
    Ok(List { title: "List of conversions", statement, none: None })
}

/// `\dFd`, `\dFp`, `\dFt`: dictionaries, parsers and templates of text search.
pub fn parts_of_text_search(request: &ListRequest) -> Result<List, String> {
    let (title, catalogue, prefix, more_columns) = match request.name {
        "dFd" => (
            "List of text search dictionaries",
            "dict",
            "dict",
            ",\n  (SELECT COALESCE(nt.nspname, '(null)')::pg_catalog.text || '.' || t.tmplname FROM pg_catalog.pg_ts_template t \
             LEFT JOIN pg_catalog.pg_namespace nt ON nt.oid = t.tmplnamespace WHERE o.dicttemplate = t.oid) AS \"Template\",\n  \
             o.dictinitoption AS \"Init options\"",
        ),
        // `+` would describe each parser, which is not supported.
        "dFp" => ("List of text search parsers", "parser", "prs", ""),
        _ => (
            "List of text search templates",
            "template",
            "tmpl",
            ",\n  o.tmplinit::pg_catalog.regproc AS \"Init\",\n  o.tmpllexize::pg_catalog.regproc AS \"Lexize\"",
        ),
    };
    let columns = Columns {
        schema: "n.nspname",
        name: &format!("o.{prefix}name"),
        other: "",
        visible: &format!("pg_catalog.pg_ts_{catalogue}_is_visible(o.oid)"),
    };
    let statement = format!(
        "SELECT n.nspname AS \"Schema\",\n  o.{prefix}name AS \"Name\"{},\n  pg_catalog.obj_description(o.oid, 'pg_ts_{catalogue}') AS \"Description\"\n\
         FROM pg_catalog.pg_ts_{catalogue} o LEFT JOIN pg_catalog.pg_namespace n ON n.oid = o.{prefix}namespace{}\nORDER BY 1, 2",
        more(request, more_columns),
        first(&conditions(request.pattern, columns)?)
    );
    Ok(List { title, statement, none: None })
}

/// `\det`. Options are not shown: they may contain a password.
pub fn foreign_tables(request: &ListRequest) -> Result<List, String> {
    let columns =
        Columns { schema: "n.nspname", name: "c.relname", other: "", visible: "pg_catalog.pg_table_is_visible(c.oid)" };
    let more = more(request, ",\n  pg_catalog.obj_description(c.oid, 'pg_class') AS \"Description\"");
    let statement = format!(
        "SELECT n.nspname AS \"Schema\",\n  c.relname AS \"Table\",\n  s.srvname AS \"Server\"{more}\n\
         FROM pg_catalog.pg_foreign_table ft\n  JOIN pg_catalog.pg_class c ON c.oid = ft.ftrelid\n  \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace\n  JOIN pg_catalog.pg_foreign_server s ON s.oid = ft.ftserver{}\nORDER BY 1, 2",
        first(&conditions(request.pattern, columns)?)
    );
    Ok(List { title: "List of foreign tables", statement, none: None })
}

/// `\deu`. Options are not shown: they contain a password.
pub fn user_mappings(request: &ListRequest) -> Result<List, String> {
    // As in psql, the pattern matches the server or the user.
    let columns = Columns { name: "um.srvname", other: "um.usename", ..Columns::default() };
    let statement = format!(
        "SELECT um.srvname AS \"Server\",\n  um.usename AS \"User name\"\nFROM pg_catalog.pg_user_mappings um{}\nORDER BY 1, 2",
        first(&conditions(request.pattern, columns)?)
    );
    Ok(List { title: "List of user mappings", statement, none: None })
}

/// `\dew`. Options are not shown.
pub fn foreign_data_wrappers(request: &ListRequest) -> Result<List, String> {
    let more = more(
        request,
        &format!(
            ",\n  {ACL}(fdwacl, E'\\n') AS \"Access privileges\",\n  \
             pg_catalog.obj_description(fdw.oid, 'pg_foreign_data_wrapper') AS \"Description\""
        ),
    );
    let statement = format!(
        "SELECT fdw.fdwname AS \"Name\",\n  {OWNER}(fdw.fdwowner) AS \"Owner\",\n  fdw.fdwhandler::pg_catalog.regproc AS \"Handler\",\n  \
         fdw.fdwvalidator::pg_catalog.regproc AS \"Validator\"{more}\nFROM pg_catalog.pg_foreign_data_wrapper fdw{}\nORDER BY 1",
        first(&conditions(request.pattern, Columns { name: "fdwname", ..Columns::default() })?)
    );
    Ok(List { title: "List of foreign-data wrappers", statement, none: None })
}

/// `\dl`; it takes no pattern.
pub fn large_objects(request: &ListRequest) -> List {
    let more = more(request, &format!(",\n  {ACL}(lomacl, E'\\n') AS \"Access privileges\""));
    let statement = format!(
        "SELECT oid AS \"ID\",\n  {OWNER}(lomowner) AS \"Owner\"{more},\n  pg_catalog.obj_description(oid, 'pg_largeobject') AS \"Description\"\n\
         FROM pg_catalog.pg_largeobject_metadata\nORDER BY oid"
    );
    List { title: "Large objects", statement, none: None }
}
