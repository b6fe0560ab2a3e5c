//! The output of `\d` and similar commands, and of results, compared with that of a real psql on the same server.

use cockpit::model::sql::describe::QueryResult;
use cockpit::model::sql::format::writer::{Head, sheet};
use cockpit::model::sql::format::{Options, Writer};
use cockpit::model::sql::interpreter::{Action, Answer, Interpreter, Mode, Origin};
use cockpit::model::sql::{Column, Server};
use cockpit::runtime::local_postgres::{LocalOptions, LocalPostgres};
use std::process::Command;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

const SCHEMA: &str = concat!(include_str!("../fixtures/psql.sql"), include_str!("../fixtures/psql_more.sql"));

/// Commands with byte-identical output.
const SAME: &[&str] = &[
    "\\d app.bookmarks",
    "\\d app.refers",
    "\\d app.p_refers",
    "\\d app.p_refers_1",
    "\\d app.whole_1",
    "\\d+ app.bookmarks",
    "\\d app.users",
    "\\d+ app.users",
    "\\d app.part",
    "\\d+ app.part",
    "\\d app.part_2026",
    "\\d+ app.part_default",
    "\\d app.v",
    "\\d+ app.v",
    "\\d+ app.mv",
    "\\d app.leaves",
    "\\d+ app.leaves",
    "\\d app.leaves_1",
    "\\d+ app.leaves_1",
    "\\d pg_toast.pg_toast_2619",
    "\\d+ pg_toast.pg_toast_2619",
    "\\d pg_toast.pg_toast_2619_index",
    "\\d app.sq",
    "\\d app.bookmarks_id_seq",
    "\\d app.bm_gin",
    "\\d app.users_pkey",
    "\\d app.child",
    "\\d+ app.parent",
    "\\d app.parent",
    "\\d app.pair",
    "\\d app.rules",
    "\\d+ app.rules",
    "\\d app.u",
    "\\dt app.*",
    "\\dt+ app.*",
    "\\di app.*",
    "\\dv app.*",
    "\\dm app.*",
    "\\ds app.*",
    "\\dtv app.u*",
    "\\d",
    "\\dt",
    "\\dt nope",
    "\\d nope",
    "\\dn",
    "\\dn+",
    "\\du",
    "\\du+ app*",
    "\\dg app_reader",
    "\\df app.*",
    "\\dft app.*",
    "\\dfp app.*",
    "\\da app.*",
    "\\dp app.*",
    "\\ddp",
    "\\drds",
    "\\dx",
    "\\dT app.*",
    "\\dT+ app.*",
    "\\dD app.*",
    "\\dD+ app.*",
    "\\dRp",
    "\\dRp+",
    "\\dRp+ pub",
    "\\dRp+ nope",
    "\\dRs",
    "\\des",
    "\\dL",
    "\\dy",
    "\\db",
    "\\l",
    "\\dP app.*",
    "\\dPt app.*",
    "\\dconfig work_mem",
    "\\sf app.touch",
    "\\sv app.v",
    "\\sf+ app.add(int, int)",
    "\\dtv nope",
    "\\di nope",
    "\\drds nope",
    "\\df+ app.add",
    "\\dL+",
    "\\dy+",
    "\\dn+ app",
    "\\dconfig+ work_mem",
    "\\dT+ app.mood",
    "\\d+ app.child",
    "\\d+ app.sq",
    "\\di+ app.*",
    "\\dpS app.users",
    "\\d+ app.bm_gin",
    "\\dP+ app.*",
    "\\d+ app.pair",
    "\\d app.*",
    "\\d+ app.*",
    "\\d app.\"Odd.Name\"",
    "\\d postgres.app.u",
    "\\dt postgres.app.u*",
    "\\dn app",
    "\\dn nope",
    "\\df app.add int",
    "\\df app.add text",
    "\\df app.add int -",
    "\\df+ abs integer",
    "\\dT int[]",
    "\\dT int",
    "\\sv app.checked",
    "\\sv+ app.checked",
    "\\drds nope nope",
    "\\d+ pg_am",
    "\\dtS pg_am*",
    "\\diS pg_am_*",
    "\\dvS pg_locks",
    "\\dfS abs",
    "\\daS bit_and",
    "\\dTS int4",
    "\\duS pg_monitor",
    "\\dnS",
    "\\dnS+ information_schema",
    "\\dE",
    "\\dS pg_am",
    "\\dtS+ pg_am",
    "\\dDS+ information_schema.sql_identifier",
    "\\dLS",
    "\\dy+ nope",
    "\\db+ pg_default",
    "\\des nope",
    "\\ddp nope",
    "\\l template*",
    "\\dC",
    "\\dC int",
    "\\dC+ int4",
    "\\dC app.*",
    "\\do",
    "\\doS !~~",
    "\\do app.*",
    "\\do+ = int int",
    "\\do+ - int",
    "\\do - - int",
    "\\dO",
    "\\dOS \"C\"",
    "\\dOS+ ucs_basic",
    "\\dX",
    "\\dX app.*",
    "\\dF",
    "\\dF english",
    "\\dA",
    "\\dA+ b*",
    "\\dAc btree int",
    "\\dAc+ gin",
    "\\dAf",
    "\\dAf+ btree int4",
    "\\dAo btree integer_ops",
    "\\dAo+ gist pg_catalog.point_ops",
    "\\dAp hash float*",
    "\\dAp+ gin array_ops",
    "\\dAo btree a.b.c",
    "\\dc",
    "\\dcS utf8_to_euc*",
    "\\dcS+ euc_jp_to_utf8",
    "\\dd",
    "\\dd app.*",
    "\\ddS *",
    "\\dFd",
    "\\dFd+ english*",
    "\\dFp",
    "\\dFt",
    "\\dFt+ s*",
    "\\det",
    "\\det app.*",
    "\\deu",
    "\\deu srv",
    "\\dew",
    "\\dew fdw",
    "\\dl",
    "\\dl+",
    "\\lo_list",
];

/// Commands with identical output after a setting.
const SET: &[&str] = &[
    "\\x\u{1}\\d app.users",
    "\\x\u{1}\\dt app.u*",
    "\\x\u{1}\\dRp+ pub*",
    "\\x\u{1}\\d app.sq",
    "\\x auto\u{1}\\d app.users",
    "\\a\u{1}\\d app.users",
    "\\pset null X\u{1}\\d app.u",
    "\\pset null X\u{1}\\dt+ app.u",
    "\\pset format csv\u{1}\\d app.u",
    "\\pset footer off\u{1}\\d app.users",
    "\\pset footer off\u{1}\\dt app.u*",
    "\\pset border 0\u{1}\\d app.users",
    "\\pset border 0\u{1}\\dt app.*",
    "\\pset numericlocale on\u{1}\\ds app.*",
    "\\set HIDE_TABLEAM on\u{1}\\dt+ app.u",
    "\\set HIDE_TABLEAM on\u{1}\\d+ app.u",
    "\\set HIDE_TOAST_COMPRESSION on\u{1}\\d+ app.u",
    "\\pset format wrapped\u{1}\\pset columns 60\u{1}\\d+ app.users",
    "\\x\u{1}\\x\u{1}\\x foo",
    "\\t foo",
    "\\t on\u{1}\\t",
    "\\r",
    "\\watch",
];

/// Statements whose results look the same.
const RESULTS: &[&str] = &[
    "select 1 as a, null as b, E'x\\ny' as c, '日本' as \"名前\"",
    "select g as n, repeat('x', g) as t from generate_series(1, 12) g",
    "select 1 as a where false",
    "select true as b, 1.50::numeric as n, '{1,2}'::int[] as a, '\\x00ff'::bytea as y, now() is null as z, 'a'::\"char\" as c",
    "select E'tab\\there' as t, E'\\r' as r, E'\\x01' as x",
    "select 1 as U&\"two\\000Alines\", E'p\\nq\\nr' as b, 'x' as U&\"three\\000A\\000Alines\"",
    "select 'abc' as short, repeat('long text ', 10) as long, 1234567.5 as num",
    "select repeat('日本語', 20) as t, E'a\\nlonger line' as u from generate_series(1, 2)",
    "select from generate_series(1, 3)",
];

async fn looked(client: &Client, statement: &str) -> Result<QueryResult, tokio_postgres::Error> {
    let prepared = client.prepare(statement).await?;
    let column = |column: &tokio_postgres::Column| Column {
        name: column.name().to_owned(),
        type_oid: column.type_().oid(),
        modifier: -1,
        table_oid: 0,
        number: 0,
    };
    let columns: Vec<Column> = prepared.columns().iter().map(column).collect();
    let mut rows = Vec::new();
    for message in client.simple_query(statement).await? {
        if let SimpleQueryMessage::Row(row) = message {
            rows.push((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect());
        }
    }
    Ok(QueryResult { columns, rows })
}

/// The interpreter's output for a text, after which it quits.
async fn printed(client: &Client, version: &str, text: &str) -> String {
    let mut interpreter = Interpreter::new(Mode::Script);
    let database = "postgres".to_owned();
    interpreter.set_server(&Server { version: version.to_owned(), database, ..Server::default() });
    interpreter.run(text, Origin::Command);
    interpreter.finish();
    let mut out = String::new();
    loop {
        match interpreter.step() {
            Action::Quit(_) => return out,
            Action::Query { statement, .. } => {
                let rows =
                    looked(client, &statement).await.unwrap_or_else(|error| panic!("{text}: {error:?}\n{statement}"));
                interpreter.answer(Answer::Rows(Ok(rows)));
            }
            Action::Show { sheet: shown, options } => {
                out.push_str(&String::from_utf8(sheet(&shown, &options, false)).unwrap());
            }
            Action::Run(run) => {
                let rows = looked(client, &run.statement).await.unwrap();
                out.push_str(&table(&rows, &run.options));
                interpreter.answer(Answer::Ran(Box::default()));
            }
            Action::Print { text, .. } => out.push_str(&text),
            Action::Fail { message, .. } => {
                out.push_str(&message);
                out.push('\n');
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}

fn table(looked: &QueryResult, options: &Options) -> String {
    let mut out = Vec::new();
    let mut writer = Writer::new(looked.columns.iter().map(Head::of).collect(), options, false);
    for row in &looked.rows {
        writer.row(row.iter().map(|cell| cell.as_deref().map(str::as_bytes)), &mut out);
    }
    writer.end(&[], &mut out);
    String::from_utf8(out).unwrap()
}

fn psql(program: &std::path::Path, url: &str, text: &str) -> String {
    let run = Command::new(program)
        .args(["-X", url])
        .env("PGCLIENTENCODING", "UTF8")
        .env("PGOPTIONS", "-c client_min_messages=error")
        .args(text.split('\u{1}').flat_map(|part| ["-c", part]))
        .output()
        .unwrap();
    String::from_utf8(run.stdout).unwrap() + &String::from_utf8(run.stderr).unwrap()
}

/// Collects all differences, so that one run reports all of them.
#[tokio::test]
async fn output_equals_that_of_psql() {
    let server = LocalPostgres::start(&LocalOptions::default()).unwrap();
    let url = server.url("postgres", "postgres");
    let program = server.programs().join("psql");
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    client.batch_execute(SCHEMA).await.unwrap();
    let version = client.query_one("show server_version", &[]).await.unwrap().get::<_, String>(0);
    let mut different = Vec::new();
    let results = RESULTS.iter().flat_map(|statement| {
        [
            "",
            "\\pset border 0\u{1}",
            "\\pset border 2\u{1}",
            "\\x\u{1}",
            "\\pset linestyle unicode\u{1}\\pset border 2\u{1}",
            "\\t\u{1}",
            "\\pset null ∅\u{1}",
            "\\pset footer off\u{1}",
            "\\pset numericlocale on\u{1}",
            "\\pset format wrapped\u{1}\\pset columns 40\u{1}",
            "\\pset format wrapped\u{1}\\pset columns 40\u{1}\\x\u{1}",
            "\\pset format wrapped\u{1}\\pset columns 40\u{1}\\x\u{1}\\pset border 0\u{1}",
            "\\pset format wrapped\u{1}\\pset columns 40\u{1}\\pset border 2\u{1}\\pset linestyle unicode\u{1}",
            "\\pset expanded auto\u{1}\\pset columns 40\u{1}",
            "\\pset linestyle old-ascii\u{1}",
            "\\pset linestyle old-ascii\u{1}\\pset border 2\u{1}",
            "\\pset title 'a title'\u{1}\\pset border 0\u{1}",
            "\\a\u{1}\\pset recordsep ';'\u{1}",
            "\\a\u{1}\\pset recordsep_zero\u{1}\\pset fieldsep_zero\u{1}",
            "\\a\u{1}\\x\u{1}\\pset title 'a title'\u{1}",
            "\\x\u{1}\\pset linestyle unicode\u{1}\\pset border 2\u{1}",
            "\\x\u{1}\\pset border 0\u{1}",
            "\\x\u{1}\\t\u{1}",
        ]
        .map(|setting| format!("{setting}{statement}"))
    });
    // From 18 on, psql's lists show the sign for NULL; here they show nothing, as before 18.
    let major: u32 = version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or_default();
    let same = SAME.iter().chain(SET).filter(|command| major < 18 || !command.starts_with("\\pset null X\u{1}\\dt"));
    for text in same.map(|command| (*command).to_owned()).chain(results) {
        let wanted = psql(&program, &url, &text);
        let script: Vec<&str> = text.split('\u{1}').collect();
        let got = printed(&client, &version, &script.join("\n")).await;
        if got != wanted {
            different.push(format!("{text}\n--- psql\n{wanted}--- here\n{got}"));
        }
    }
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
    drop(client);
    connection.abort();
}
