//! Lists of server-wide and database-wide objects: roles, databases, settings, extensions, publications.

use super::pattern::{Columns, conditions};
use super::request::{ACL, List, ListRequest, OWNER, V15, V16, V17, V18, first, more};
use crate::sql::keywords::literal;

/// `\du`: roles.
pub fn roles(request: &ListRequest) -> Result<List, String> {
    let mut found = conditions(request.pattern, Columns { name: "r.rolname", ..Columns::default() })?;
    if !request.flags.system && request.pattern.is_none() {
        found.push_str("\n  AND r.rolname !~ '^pg_'");
    }
    // From version 16 on a membership has options of its own, which `\drg` lists instead.
    let member = if request.version >= V16 {
        ""
    } else {
        ",\n  ARRAY(SELECT b.rolname FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles b ON m.roleid = b.oid \
         WHERE m.member = r.oid) AS \"Member of\""
    };
    let more = more(request, ",\n  pg_catalog.shobj_description(r.oid, 'pg_authid') AS \"Description\"");
    let statement = format!(
        "SELECT r.rolname AS \"Role name\",\n  pg_catalog.concat_ws(E'\\n',\n    NULLIF(pg_catalog.concat_ws(', ',\n      \
         CASE WHEN r.rolsuper THEN 'Superuser' END, CASE WHEN NOT r.rolinherit THEN 'No inheritance' END,\n      \
         CASE WHEN r.rolcreaterole THEN 'Create role' END, CASE WHEN r.rolcreatedb THEN 'Create DB' END,\n      \
         CASE WHEN NOT r.rolcanlogin THEN 'Cannot login' END, CASE WHEN r.rolreplication THEN 'Replication' END,\n      \
         CASE WHEN r.rolbypassrls THEN 'Bypass RLS' END), ''),\n    \
         CASE WHEN r.rolconnlimit = 0 THEN 'No connections' WHEN r.rolconnlimit = 1 THEN '1 connection'\n      \
         WHEN r.rolconnlimit > 1 THEN r.rolconnlimit || ' connections' END,\n    \
         'Password valid until ' || r.rolvaliduntil) AS \"Attributes\"{member}{more}\n\
         FROM pg_catalog.pg_roles r{}\nORDER BY 1",
        first(&found)
    );
    Ok(List { title: "List of roles", statement, none: None })
}

/// `\drg`: role memberships, with their options and grantors.
pub fn role_grants(request: &ListRequest) -> Result<List, String> {
    let mut found = conditions(request.pattern, Columns { name: "m.rolname", ..Columns::default() })?;
    if !request.flags.system && request.pattern.is_none() {
        found.push_str("\n  AND m.rolname !~ '^pg_'");
    }
    // Before version 16 ADMIN was a membership's only option.
    let options = if request.version >= V16 {
        "CASE WHEN pam.inherit_option THEN 'INHERIT' END, CASE WHEN pam.set_option THEN 'SET' END"
    } else {
        "CASE WHEN m.rolinherit THEN 'INHERIT' END, 'SET'"
    };
    let statement = format!(
        "SELECT m.rolname AS \"Role name\", r.rolname AS \"Member of\",\n  \
         pg_catalog.concat_ws(', ', CASE WHEN pam.admin_option THEN 'ADMIN' END, {options}) AS \"Options\",\n  g.rolname AS \"Grantor\"\n\
         FROM pg_catalog.pg_roles m\n  JOIN pg_catalog.pg_auth_members pam ON pam.member = m.oid\n  \
         LEFT JOIN pg_catalog.pg_roles r ON pam.roleid = r.oid\n  LEFT JOIN pg_catalog.pg_roles g ON pam.grantor = g.oid{}\nORDER BY 1, 2, 4",
        first(&found)
    );
    Ok(List { title: "List of role grants", statement, none: None })
}

/// `\ddp`: default privileges.
pub fn default_rights(request: &ListRequest) -> Result<List, String> {
    let columns =
        Columns { schema: "", name: "n.nspname", other: "pg_catalog.pg_get_userbyid(d.defaclrole)", visible: "" };
    let statement = format!(
        "SELECT {OWNER}(d.defaclrole) AS \"Owner\",\n  n.nspname AS \"Schema\",\n  CASE d.defaclobjtype WHEN 'r' THEN 'table' WHEN 'S' THEN 'sequence' \
         WHEN 'f' THEN 'function' WHEN 'T' THEN 'type' WHEN 'n' THEN 'schema' WHEN 'L' THEN 'large object' END AS \"Type\",\n  \
         {ACL}(d.defaclacl, E'\\n') AS \"Access privileges\"\nFROM pg_catalog.pg_default_acl d\n  \
         LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace{}\nORDER BY 1, 2, 3",
        first(&conditions(request.pattern, columns)?)
    );
    Ok(List { title: "Default access privileges", statement, none: None })
}

/// `\drds`: settings of roles in databases.
pub fn settings_of_roles(request: &ListRequest) -> Result<List, String> {
    let condition = |pattern, name| conditions(pattern, Columns { name, ..Columns::default() });
    let found =
        condition(request.pattern, "r.rolname")? + &condition(request.rest.first().map(String::as_str), "d.datname")?;
    let statement = format!(
        "SELECT rolname AS \"Role\", datname AS \"Database\",\n  {ACL}(setconfig, E'\\n') AS \"Settings\"\n\
         FROM pg_catalog.pg_db_role_setting s\n  LEFT JOIN pg_catalog.pg_database d ON d.oid = setdatabase\n  \
         LEFT JOIN pg_catalog.pg_roles r ON r.oid = setrole{}\nORDER BY 1, 2",
        first(&found)
    );
    Ok(List { title: "List of settings", statement, none: Some("settings") })
}

/// `\dx`: extensions.
pub fn extensions(request: &ListRequest) -> Result<List, String> {
    let found = first(&conditions(request.pattern, Columns { name: "e.extname", ..Columns::default() })?);
    if request.flags.more {
        let statement = format!(
            "SELECT e.extname AS \"Extension\",\n  pg_catalog.pg_describe_object(p.classid, p.objid, 0) AS \"Object description\"\n\
             FROM pg_catalog.pg_extension e\n  JOIN pg_catalog.pg_depend p ON p.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass \
             AND p.refobjid = e.oid AND p.deptype = 'e'{found}\nORDER BY 1, 2"
        );
        return Ok(List { title: "Objects in extensions", statement, none: Some("extensions") });
    }
    let default = if request.version >= V18 { ", ae.default_version AS \"Default version\"" } else { "" };
    let available = if request.version >= V18 {
        "\n  LEFT JOIN pg_catalog.pg_available_extensions() ae(name, default_version, comment) ON ae.name = e.extname"
    } else {
        ""
    };
    let statement = format!(
        "SELECT e.extname AS \"Name\", e.extversion AS \"Version\"{default}, n.nspname AS \"Schema\", d.description AS \"Description\"\n\
         FROM pg_catalog.pg_extension e\n  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace\n  \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = e.oid AND d.classoid = 'pg_catalog.pg_extension'::pg_catalog.regclass{available}{found}\nORDER BY 1"
    );
    Ok(List { title: "List of installed extensions", statement, none: None })
}

/// `\db`: tablespaces.
pub fn tablespaces(request: &ListRequest) -> Result<List, String> {
    let more = more(
        request,
        &format!(
            ",\n  {ACL}(spcacl, E'\\n') AS \"Access privileges\",\n  spcoptions AS \"Options\",\n  \
             pg_catalog.pg_size_pretty(pg_catalog.pg_tablespace_size(oid)) AS \"Size\",\n  pg_catalog.shobj_description(oid, 'pg_tablespace') AS \"Description\""
        ),
    );
    let statement = format!(
        "SELECT spcname AS \"Name\",\n  {OWNER}(spcowner) AS \"Owner\",\n  pg_catalog.pg_tablespace_location(oid) AS \"Location\"{more}\n\
         FROM pg_catalog.pg_tablespace{}\nORDER BY 1",
        first(&conditions(request.pattern, Columns { name: "spcname", ..Columns::default() })?)
    );
    Ok(List { title: "List of tablespaces", statement, none: None })
}

/// `\dL`: procedural languages.
pub fn languages(request: &ListRequest) -> Result<List, String> {
    let more = more(
        request,
        &format!(
            ",\n  NOT l.lanispl AS \"Internal language\",\n  l.lanplcallfoid::pg_catalog.regprocedure AS \"Call handler\",\n  \
             l.lanvalidator::pg_catalog.regprocedure AS \"Validator\",\n  l.laninline::pg_catalog.regprocedure AS \"Inline handler\",\n  \
             {ACL}(l.lanacl, E'\\n') AS \"Access privileges\""
        ),
    );
    let mut found = conditions(request.pattern, Columns { name: "l.lanname", ..Columns::default() })?;
    if !request.flags.system && request.pattern.is_none() {
        found.push_str("\n  AND l.lanplcallfoid != 0");
    }
    let statement = format!(
        "SELECT l.lanname AS \"Name\",\n  {OWNER}(l.lanowner) AS \"Owner\",\n  l.lanpltrusted AS \"Trusted\"{more},\n  \
         pg_catalog.obj_description(l.oid, 'pg_language') AS \"Description\"\nFROM pg_catalog.pg_language l{}\nORDER BY 1",
        first(&found)
    );
    Ok(List { title: "List of languages", statement, none: None })
}

/// `\dy`: event triggers.
pub fn event_triggers(request: &ListRequest) -> Result<List, String> {
    let more = more(request, ",\n  pg_catalog.obj_description(e.oid, 'pg_event_trigger') AS \"Description\"");
    let statement = format!(
        "SELECT evtname AS \"Name\", evtevent AS \"Event\", {OWNER}(e.evtowner) AS \"Owner\",\n  \
         CASE evtenabled WHEN 'O' THEN 'enabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' WHEN 'D' THEN 'disabled' END AS \"Enabled\",\n  \
         e.evtfoid::pg_catalog.regproc AS \"Function\", {ACL}(ARRAY(SELECT x FROM pg_catalog.unnest(evttags) AS t(x)), ', ') AS \"Tags\"{more}\n\
         FROM pg_catalog.pg_event_trigger e{}\nORDER BY 1",
        first(&conditions(request.pattern, Columns { name: "evtname", ..Columns::default() })?)
    );
    Ok(List { title: "List of event triggers", statement, none: None })
}

/// Returns the columns of a publication besides its name.
fn publication_columns(version: u32) -> String {
    let generated = if version >= V18 {
        ",\n  CASE pubgencols WHEN 'n' THEN 'none' WHEN 's' THEN 'stored' END AS \"Generated columns\""
    } else {
        ""
    };
    format!(
        "{OWNER}(pubowner) AS \"Owner\",\n  puballtables AS \"All tables\",\n  pubinsert AS \"Inserts\",\n  \
         pubupdate AS \"Updates\",\n  pubdelete AS \"Deletes\",\n  pubtruncate AS \"Truncates\"{generated},\n  pubviaroot AS \"Via root\""
    )
}

/// `\dRp+`: the object ids and names of the publications to describe.
pub fn publications_to_describe(pattern: Option<&str>) -> Result<String, String> {
    let found = first(&conditions(pattern, Columns { name: "pubname", ..Columns::default() })?);
    Ok(format!("SELECT oid, pubname FROM pg_catalog.pg_publication{found}\nORDER BY 2"))
}

/// Returns the query for one publication, by object id.
pub fn publication(oid: &str, version: u32) -> String {
    format!("SELECT {}\nFROM pg_catalog.pg_publication\nWHERE oid = {}", publication_columns(version), literal(oid))
}

/// Returns the query for a publication's contents, shown below it: tables with their columns and conditions, schemas.
pub fn published(oid: &str, version: u32) -> String {
    let oid = literal(oid);
    let (more, schemas) = if version >= V15 {
        (
            " || CASE WHEN r.prattrs IS NOT NULL THEN ' (' || pg_catalog.array_to_string(ARRAY(SELECT a.attname \
             FROM pg_catalog.generate_series(0, pg_catalog.array_upper(r.prattrs::pg_catalog.int2[], 1)) s, pg_catalog.pg_attribute a \
             WHERE a.attrelid = c.oid AND a.attnum = r.prattrs[s]), ', ') || ')' ELSE '' END\n  \
             || COALESCE(' WHERE ' || pg_catalog.pg_get_expr(r.prqual, c.oid), '')",
            format!(
                "\nUNION ALL SELECT 'Tables from schemas:', '    \"' || n.nspname || '\"', 2, n.nspname, NULL\n\
                 FROM pg_catalog.pg_publication_namespace p JOIN pg_catalog.pg_namespace n ON n.oid = p.pnnspid WHERE p.pnpubid = {oid}"
            ),
        )
    } else {
        ("", String::new())
    };
    format!(
        "SELECT 'Tables:', '    \"' || n.nspname || '.' || c.relname || '\"'{more}, 1, n.nspname, c.relname\n\
         FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_class c ON c.oid = r.prrelid\n  \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE r.prpubid = {oid}{schemas}\nORDER BY 3, 4, 5"
    )
}

/// `\dRp`: publications.
pub fn publications(request: &ListRequest) -> Result<List, String> {
    let statement = format!(
        "SELECT pubname AS \"Name\",\n  {}\nFROM pg_catalog.pg_publication{}\nORDER BY 1",
        publication_columns(request.version),
        first(&conditions(request.pattern, Columns { name: "pubname", ..Columns::default() })?)
    );
    Ok(List { title: "List of publications", statement, none: None })
}

/// `\dRs`: subscriptions.
pub fn subscriptions(request: &ListRequest) -> Result<List, String> {
    let statement = format!(
        "SELECT subname AS \"Name\",\n  {OWNER}(subowner) AS \"Owner\",\n  subenabled AS \"Enabled\",\n  subpublications AS \"Publication\"\n\
         FROM pg_catalog.pg_subscription\nWHERE subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()){}\nORDER BY 1",
        conditions(request.pattern, Columns { name: "subname", ..Columns::default() })?
    );
    Ok(List { title: "List of subscriptions", statement, none: None })
}

/// `\des`: foreign servers.
pub fn foreign_servers(request: &ListRequest) -> Result<List, String> {
    // Options are not shown: they may contain a password.
    let more = more(
        request,
        &format!(
            ",\n  {ACL}(s.srvacl, E'\\n') AS \"Access privileges\",\n  s.srvtype AS \"Type\",\n  s.srvversion AS \"Version\",\n  \
             pg_catalog.obj_description(s.oid, 'pg_foreign_server') AS \"Description\""
        ),
    );
    let statement = format!(
        "SELECT s.srvname AS \"Name\",\n  {OWNER}(s.srvowner) AS \"Owner\",\n  f.fdwname AS \"Foreign-data wrapper\"{more}\n\
         FROM pg_catalog.pg_foreign_server s\n  JOIN pg_catalog.pg_foreign_data_wrapper f ON f.oid = s.srvfdw{}\nORDER BY 1",
        first(&conditions(request.pattern, Columns { name: "s.srvname", ..Columns::default() })?)
    );
    Ok(List { title: "List of foreign servers", statement, none: None })
}

/// `\dconfig`: settings of the server.
pub fn settings(request: &ListRequest) -> Result<List, String> {
    let (more, joined) = match (request.flags.more, request.version >= V15) {
        (false, _) => (String::new(), ""),
        (true, false) => {
            (", s.vartype AS \"Type\", s.context AS \"Context\", NULL AS \"Access privileges\"".to_owned(), "")
        }
        (true, true) => (
            format!(
                ", s.vartype AS \"Type\", s.context AS \"Context\", {ACL}(p.paracl, E'\\n') AS \"Access privileges\""
            ),
            "\n  LEFT JOIN pg_catalog.pg_parameter_acl p ON pg_catalog.lower(s.name) = p.parname",
        ),
    };
    // A setting's name may contain a dot.
    let pattern = request.pattern.map(|pattern| pattern.replace('.', "\".\""));
    let found = match &pattern {
        Some(pattern) => conditions(Some(pattern), Columns { name: "pg_catalog.lower(s.name)", ..Columns::default() })?,
        None => "\n  AND s.source <> 'default' AND s.setting IS DISTINCT FROM s.boot_val".into(),
    };
    let title = if pattern.is_some() {
        "List of configuration parameters"
    } else {
        "List of non-default configuration parameters"
    };
    let statement = format!(
        "SELECT s.name AS \"Parameter\", pg_catalog.current_setting(s.name) AS \"Value\"{more}\nFROM pg_catalog.pg_settings s{joined}{}\nORDER BY 1",
        first(&found)
    );
    Ok(List { title, statement, none: None })
}

/// `\l`: databases.
pub fn databases(request: &ListRequest) -> Result<List, String> {
    let locale = match request.version {
        V17.. => {
            ",\n  CASE d.datlocprovider WHEN 'b' THEN 'builtin' WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' END AS \"Locale Provider\",\n  d.datcollate AS \"Collate\",\n  d.datctype AS \"Ctype\",\n  d.datlocale AS \"Locale\",\n  d.daticurules AS \"ICU Rules\""
        }
        V16.. => {
            ",\n  CASE d.datlocprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' END AS \"Locale Provider\",\n  d.datcollate AS \"Collate\",\n  d.datctype AS \"Ctype\",\n  d.daticulocale AS \"ICU Locale\",\n  d.daticurules AS \"ICU Rules\""
        }
        V15.. => {
            ",\n  d.datcollate AS \"Collate\",\n  d.datctype AS \"Ctype\",\n  d.daticulocale AS \"ICU Locale\",\n  CASE d.datlocprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' END AS \"Locale Provider\""
        }
        // psql 15's columns for older servers.
        _ => {
            ",\n  d.datcollate AS \"Collate\",\n  d.datctype AS \"Ctype\",\n  NULL AS \"ICU Locale\",\n  'libc' AS \"Locale Provider\""
        }
    };
    let more = more(
        request,
        ",\n  CASE WHEN pg_catalog.has_database_privilege(d.datname, 'CONNECT') THEN pg_catalog.pg_size_pretty(pg_catalog.pg_database_size(d.datname)) \
         ELSE 'No Access' END AS \"Size\",\n  t.spcname AS \"Tablespace\",\n  pg_catalog.shobj_description(d.oid, 'pg_database') AS \"Description\"",
    );
    let statement = format!(
        "SELECT d.datname AS \"Name\",\n  {OWNER}(d.datdba) AS \"Owner\",\n  pg_catalog.pg_encoding_to_char(d.encoding) AS \"Encoding\"{locale},\n  \
         {ACL}(d.datacl, E'\\n') AS \"Access privileges\"{more}\n\
         FROM pg_catalog.pg_database d\n  JOIN pg_catalog.pg_tablespace t ON d.dattablespace = t.oid{}\nORDER BY 1",
        first(&conditions(request.pattern, Columns { name: "d.datname", ..Columns::default() })?)
    );
    Ok(List { title: "List of databases", statement, none: None })
}
