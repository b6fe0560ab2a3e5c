//! The objects in a database, on a real PostgreSQL: definitions that recreate the same objects, the details of each,
//! foreign keys to follow, and messages about missing rights.

use crate::support::{Home, Output, run};
use cockpit::db::{Connection, Settings};
use cockpit::feeds::sql::Place;
use cockpit::model::sql::activity_listing::Listing;
use cockpit::model::sql::catalogue::{Catalogue, FUNCTIONS, NAMES, RELATIONS};
use cockpit::model::sql::describe::QueryResult;
use cockpit::model::sql::interpreter::version_number;
use cockpit::model::sql::schema::detail::{Section, full_text};
use cockpit::model::sql::schema::keys::{FOREIGN_KEYS, ForeignKeys};
use cockpit::model::sql::schema::object::{Class, Object};
use cockpit::model::sql::schema::objects::{Objects, SIZES, TYPES};
use cockpit::model::sql::{Cell, Column};
use cockpit::runtime::local_postgres::{LocalOptions, LocalPostgres};
use std::process::Command;
use std::sync::OnceLock;

const OBJECTS: &str = concat!(include_str!("../fixtures/psql.sql"), include_str!("../fixtures/schema.sql"));

/// Statements that do not belong to a single object.
const BESIDE: &str = "create foreign data wrapper w; create server srv foreign data wrapper w;";

/// One server for all tests of this file, with a database `made` that has everything.
fn server() -> &'static LocalPostgres {
    static SERVER: OnceLock<LocalPostgres> = OnceLock::new();
    SERVER.get_or_init(|| {
        let server = LocalPostgres::start(&LocalOptions::default()).unwrap();
        psql(&server, "postgres", "create database made");
        psql(&server, "made", OBJECTS);
        server
    })
}

fn psql(server: &LocalPostgres, database: &str, text: &str) -> String {
    let mut command = Command::new(server.programs().join("psql"));
    command.args([
        "-XAtq",
        "-v",
        "ON_ERROR_STOP=1",
        "-d",
        &server.url("postgres", database),
        "-c",
        "set client_min_messages = error",
    ]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let output = command.arg("-f").arg(file.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The output of `pg_dump -s`, without the parts meant only for readers.
fn dump(database: &str) -> Vec<String> {
    let server = server();
    let output = Command::new(server.programs().join("pg_dump"))
        .args(["-s", "--no-publications", "-d", &server.url("postgres", database)])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let kept = |line: &&str| !line.starts_with("--") && !line.starts_with('\\') && !line.is_empty();
    text.lines().filter(kept).map(str::to_owned).collect()
}

/// Runs `cockpit sql --ddl` for these objects, on a database.
fn ddl(user: &str, database: &str, names: &[String]) -> Output {
    let home = Home::new();
    let mut command = home.at(None);
    command.env("COCKPIT_DATABASE_URL", server().url(user, database)).arg("sql");
    run(&mut command, names.iter().flat_map(|name| ["--ddl", name]))
}

/// The names of all user-defined objects, as typed, in an order in which they can be created.
fn all_names() -> Vec<String> {
    let list = psql(
        server(),
        "made",
        "select name from (
         select quote_ident(nspname), 0, oid from pg_namespace where nspname !~ '^pg_' and nspname not in ('information_schema', 'public')
         union all select quote_ident(nspname) || '.' || quote_ident(relname), case relkind when 'c' then 1 when 'S' then 3 else 4 end, c.oid
         from pg_class c join pg_namespace n on n.oid = relnamespace where nspname !~ '^pg_' and nspname <> 'information_schema'
         and relkind in ('r', 'p', 'f', 'v', 'm', 'c', 'S') and not (relkind = 'S' and exists (select from pg_depend d where d.objid = c.oid and d.deptype in ('a', 'i')))
         union all select quote_ident(nspname) || '.' || quote_ident(typname), 1, t.oid from pg_type t join pg_namespace n on n.oid = typnamespace
         where nspname !~ '^pg_' and nspname <> 'information_schema' and typtype in ('e', 'd', 'r')
         union all select quote_ident(nspname) || '.' || quote_ident(proname) || '(' || oidvectortypes(proargtypes) || ')', 2, p.oid
         from pg_proc p join pg_namespace n on n.oid = pronamespace where nspname !~ '^pg_' and nspname <> 'information_schema'
         and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'i')
         ) as o (name, place, oid) order by place, oid",
    );
    list.lines().map(str::to_owned).collect()
}

#[test]
fn definitions_recreate_the_same_objects_according_to_pg_dump() {
    let names = all_names();
    assert!(names.len() >= 38 && names.contains(&"\"日本\".\"しおり\"".to_owned()), "{names:?}");
    let output = ddl("postgres", "made", &names).exits(0);
    psql(server(), "postgres", "create database again");
    psql(server(), "again", &format!("set check_function_bodies = off;\n{BESIDE}\n{}", output.out));
    let (made, again) = (dump("made"), dump("again"));
    let lost: Vec<&String> = made.iter().filter(|line| !again.contains(line)).collect();
    let added: Vec<&String> = again.iter().filter(|line| !made.contains(line)).collect();
    assert!(lost.is_empty() && added.is_empty(), "lost: {lost:#?}\nadded: {added:#?}");
    assert_eq!(made, again);
}

#[test]
fn object_is_printed_as_text_and_an_unknown_name_is_reported() {
    let one = |name: &str| ddl("postgres", "made", &[name.to_owned()]);
    let table = one("app.users").exits(0).out;
    assert!(
        table.starts_with("CREATE TABLE app.users (\n    id bigint GENERATED BY DEFAULT AS IDENTITY,\n"),
        "{table}"
    );
    let view = one("APP.V").exits(0).out;
    assert!(view.starts_with("CREATE VIEW app.v AS\n SELECT ") && view.contains("FROM app.users"), "{view}");
    let function = one("app.add").exits(0).out;
    assert!(
        function.starts_with("CREATE OR REPLACE FUNCTION app.add(a integer, b integer DEFAULT 2, OUT c integer)"),
        "{function}"
    );
    let index = one("app.bm_gin").exits(0).out;
    assert_eq!(index, "CREATE INDEX bm_gin ON app.bookmarks USING gin (tags);\n");
    assert_eq!(one("bm_gin").exits(0).out, index, "without a schema all schemas are searched, unlike in a statement");
    let key = one("app.users_pkey").exits(0).out;
    assert_eq!(key, "ALTER TABLE ONLY app.users ADD CONSTRAINT users_pkey PRIMARY KEY (id);\n");
    let sequence = one("app.bookmarks_id_seq").exits(0).out;
    assert!(sequence.starts_with("CREATE SEQUENCE app.bookmarks_id_seq AS integer;\n\nALTER SEQUENCE app.bookmarks_id_seq OWNED BY app.bookmarks.id;"), "{sequence}");
    let wrong = one("app.nothing");
    assert!(wrong.err.contains("there is no app.nothing in the database"), "{wrong:#?}");
    wrong.exits(2);
    let wrong = one("a.b.c");
    assert!(wrong.err.contains("two parts at most"), "{wrong:#?}");
    wrong.exits(2);
}

#[test]
fn diagram_covers_the_database_or_the_surroundings_of_a_table() {
    let home = Home::new();
    let er = |arguments: &[&str]| {
        let mut command = home.at(None);
        command.env("COCKPIT_DATABASE_URL", server().url("postgres", "made")).args(["sql", "--er"]);
        run(&mut command, arguments)
    };
    let diagram = er(&["-o", "mermaid"]).exits(0).out;
    assert!(
        diagram.starts_with("erDiagram\n") && diagram.contains("\"app.users\" ||--o{ \"app.bookmarks\" : \"user_id\""),
        "{diagram}"
    );
    assert!(diagram.contains("\"日本.しおり\""), "{diagram}");
    let some = er(&["--around", "app.users"]).exits(0).out;
    assert!(some.contains("app.bookmarks (user_id) → app.users") && !some.contains("しおり"), "{some}");
    assert!(er(&["--around", "nope"]).exits(2).err.contains("there is no table nope"));
}

#[test]
fn denied_catalogue_part_is_named() {
    psql(server(), "postgres", "create database closed");
    psql(
        server(),
        "closed",
        "create table t (id int primary key); revoke select on pg_catalog.pg_constraint from public; create role reads login",
    );
    let output = ddl("reads", "closed", &["public.t".to_owned()]);
    assert!(
        output.err.contains("permission denied for table pg_constraint") && output.err.contains("lacks this right"),
        "{output:#?}"
    );
    assert!(output.out.is_empty());
    output.exits(1);
}

async fn looked(connection: &mut Connection, question: &str) -> QueryResult {
    let rows = connection.rows(question, 64 << 20).await.unwrap();
    let rows = rows.unwrap_or_else(|error| panic!("{}\n{question}", error.message));
    QueryResult { columns: rows.columns, rows: rows.rows }
}

/// The pane's knowledge of a database after its queries.
struct Known {
    connection: Connection,
    objects: Objects,
    keys: ForeignKeys,
    version: u32,
}

impl Known {
    async fn of(database: &str) -> Self {
        let place = Place { host: "127.0.0.1".to_owned(), port: server().port(), through: None };
        let mut settings = Settings::of(place, "postgres", database);
        settings.read_only = true;
        let mut connection = Connection::open(&settings).await.unwrap();
        let mut catalogue = Catalogue::default();
        catalogue.set_relations(&looked(&mut connection, RELATIONS).await);
        catalogue.set_functions(&looked(&mut connection, FUNCTIONS).await);
        catalogue.set_names(&looked(&mut connection, NAMES).await);
        let types = looked(&mut connection, TYPES).await;
        let mut objects = Objects::of(&catalogue, &types.rows);
        objects.set_sizes(&looked(&mut connection, SIZES).await.rows);
        let keys = ForeignKeys::of(&looked(&mut connection, FOREIGN_KEYS).await.rows);
        let version = version_number(connection.parameter("server_version").unwrap());
        Self { connection, objects, keys, version }
    }

    fn object(&self, schema: &str, name: &str) -> Object {
        self.objects.of_schema(schema).iter().find(|object| object.name == name).unwrap().clone()
    }

    async fn section(&mut self, object: &Object, section: Section) -> Listing {
        let question = section.query(object, &self.keys, self.version);
        let rows = looked(&mut self.connection, &question).await.rows;
        section.listing(object, &self.keys, &rows)
    }
}

fn cells(listing: &Listing) -> Vec<Vec<&str>> {
    listing.rows.iter().map(|row| row.cells.iter().map(|cell| cell.text.as_str()).collect()).collect()
}

#[tokio::test]
async fn every_section_of_every_object_works_on_a_real_server() {
    let mut known = Known::of("made").await;
    let schemas: Vec<String> = known.objects.schemas().map(|(name, _)| name.to_owned()).collect();
    assert!(schemas.contains(&"日本".to_owned()) && schemas.contains(&"pg_catalog".to_owned()), "{schemas:?}");
    let mut seen = 0;
    for schema in ["app", "日本", "own"] {
        for object in known.objects.of_schema(schema).to_vec() {
            for section in Section::of(&object) {
                let listing = known.section(&object, *section).await;
                // Not every object has an index or a key; each has a definition and an owner.
                let may_be_empty = matches!(section, Section::Indexes | Section::Keys | Section::Columns);
                assert!(may_be_empty || !listing.rows.is_empty(), "{section:?} of {}", object.qualified_name());
                seen += 1;
            }
        }
    }
    assert!(seen > 120, "{seen}");
}

#[tokio::test]
async fn table_detail_lists_columns_indexes_and_keys() {
    let mut known = Known::of("made").await;
    let bookmarks = known.object("app", "bookmarks");
    let columns = known.section(&bookmarks, Section::Columns).await;
    assert_eq!(
        cells(&columns)[..2],
        [
            ["id", "integer", "not null", "PK", "nextval('app.bookmarks_id_seq'::regclass)", ""],
            ["user_id", "bigint", "not null", "→ app.users", "", ""]
        ]
    );
    let keys = known.section(&known.object("app", "users"), Section::Keys).await;
    let referred: Vec<_> = cells(&keys)
        .into_iter()
        .filter(|cells| cells[1] == "referred to by")
        .map(|cells| cells[2].to_owned())
        .collect();
    assert_eq!(
        referred,
        ["app.bookmarks (user_id) → (id)", "app.parted (b) → (id)"],
        "the key of a partitioned table counts as one"
    );
    let er = known.section(&bookmarks, Section::Er).await;
    assert!(full_text(&er).contains("app.bookmarks (user_id) → app.users"), "{}", full_text(&er));
    assert_eq!(known.object("日本", "しおり").kind_name(), "table");
    assert!(known.objects.get(Class::Type, 0).is_none());
}

#[tokio::test]
async fn unused_and_redundant_indexes_are_found_and_missing_statistics_are_unknown() {
    psql(server(), "postgres", "create database indexed");
    psql(
        server(),
        "indexed",
        "create table t (a int primary key, b int); create index t_b on t (b); create index t_b2 on t (b); create index t_ab on t (a, b); \
         create table counted as select g from generate_series(1, 5000) g; analyze counted",
    );
    let mut known = Known::of("indexed").await;
    let table = known.object("public", "t");
    let listing = known.section(&table, Section::Indexes).await;
    let mut findings: Vec<(&str, &str)> = cells(&listing).into_iter().map(|cells| (cells[0], cells[4])).collect();
    findings.sort_unstable();
    let unused = "unused since the statistics began";
    assert_eq!(findings, [("t_ab", unused), ("t_b", unused), ("t_b2", "t_b does the same"), ("t_pkey", "")]);
    assert_eq!(known.objects.size(table.oid).unwrap().rows, None, "never counted");
    let about = known.section(&table, Section::About).await;
    assert!(
        cells(&about).iter().any(|cells| cells[0] == "rows estimated" && cells[1].starts_with("not known")),
        "{:?}",
        cells(&about)
    );
    let counted = known.object("public", "counted");
    let size = known.objects.size(counted.oid).unwrap();
    assert!(size.rows == Some(5000) && size.bytes > 100_000, "{size:?}");
}

#[tokio::test]
async fn foreign_key_leads_to_the_row_and_back_for_any_value() {
    psql(server(), "postgres", "create database keyed");
    psql(
        server(),
        "keyed",
        "create schema \"あ\"; create table \"あ\".\"Users\" (k text, n int, primary key (k, n)); \
         create table marks (id int primary key, n int, k text, foreign key (k, n) references \"あ\".\"Users\"); \
         insert into \"あ\".\"Users\" values (E'it''s \\\\ :x', 1), ('b', 2); insert into marks values (1, 1, E'it''s \\\\ :x'), (2, null, 'b'); \
         create table whole (id int primary key) partition by range (id); \
         create table whole_1 partition of whole for values from (0) to (10); create table refers (id int references whole)",
    );
    let mut known = Known::of("keyed").await;
    let refers = known.object("public", "refers");
    let to: Vec<&str> = known.keys.from(refers.oid).map(|key| key.to.name.as_str()).collect();
    assert_eq!(to, ["whole"], "a single partition may not contain the row");
    let result = looked(&mut known.connection, "select * from marks order by id").await;
    let row = |values: &[Option<String>]| -> Vec<Cell> {
        let cell = |value: &Option<String>| match value {
            None => Cell::Null,
            Some(text) => Cell::Text { text: text.as_str().into(), bytes: text.len() as u64, cut: false },
        };
        values.iter().map(cell).collect()
    };
    let column: &Column = &result.columns[2];
    let key = known.keys.of_column(column).next().unwrap().clone();
    let statement = key.referenced_row_query(&result.columns, &row(&result.rows[0]), 2).unwrap();
    let referred = looked(&mut known.connection, &statement).await;
    assert_eq!(referred.rows, [[Some("it's \\ :x".to_owned()), Some("1".to_owned())]], "{statement}");
    let back = key.referencing_rows_query(&referred.columns, &row(&referred.rows[0]), 0).unwrap();
    assert_eq!(looked(&mut known.connection, &back).await.rows, [result.rows[0].clone()], "{back}");
    assert_eq!(
        key.referenced_row_query(&result.columns, &row(&result.rows[1]), 2).unwrap_err(),
        "n is NULL: it refers to no row"
    );
}
