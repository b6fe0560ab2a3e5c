//! `cockpit sql --ddl`: prints the statements that recreate objects.

use super::args::Arguments;
use super::catalogue::{MAX_CATALOGUE, with_catalogue};
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::report_output::print_result;
use crate::db::{Connection, Lost};
use crate::model::sql::interpreter::version_number;
use crate::model::sql::schema::ddl;
use crate::model::sql::schema::object::{Object, TypedName, find};
use crate::model::sql::schema::{CatalogueFailure, explain_missing};
use std::io;

pub(super) async fn ddl(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let names = arguments.ddl.iter().map(|text| TypedName::of(text).map(|typed| (text.as_str(), typed)));
    let names: Vec<(&str, TypedName)> = names.collect::<Result<_, _>>().map_err(Report::usage)?;
    let text = Box::pin(with_catalogue(context, arguments, "--ddl", async |connection: &mut Connection| {
        let mut texts = Vec::new();
        for (typed, name) in &names {
            texts.push(read(connection, typed, name).await?);
        }
        Ok(texts.join("\n"))
    }))
    .await?;
    print_result(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Returns the definitions of all objects of a name: overloaded functions, or a table and a function.
async fn read(connection: &mut Connection, typed: &str, name: &TypedName) -> Result<String, Report> {
    let found = query(connection, &find(name), typed).await?;
    let objects: Vec<Object> = found.iter().filter_map(|row| Object::of(row)).collect();
    if objects.is_empty() {
        return Err(Report::usage(format!("there is no {typed} in the database")).hint(
            "a name is SCHEMA.NAME, with quotes where it has capital letters; a function's may have its arguments: 'app.add(integer, integer)'",
        ));
    }
    let version = version_number(connection.parameter("server_version").unwrap_or_default());
    let mut texts = Vec::new();
    for object in &objects {
        let text = ddl::text(&query(connection, &ddl::query(object, version), typed).await?);
        if text.is_empty() {
            let gone = format!("the {} {} no longer exists", object.kind_name(), object.qualified_name());
            return Err(Report::new("catalogue", gone, ExitCode::Failed).hint("try again"));
        }
        texts.push(text);
    }
    Ok(texts.join("\n"))
}

async fn query(connection: &mut Connection, question: &str, typed: &str) -> Result<Vec<Vec<Option<String>>>, Report> {
    let answer = connection.rows(question, MAX_CATALOGUE).await.map_err(|Lost(why)| {
        Report::new("session", format!("the connection was lost: {why}"), ExitCode::Failed).hint("try again")
    })?;
    let answer = answer.map_err(|server_error| {
        Report::new("catalogue", format!("the definition of {typed} cannot be read"), ExitCode::Failed)
            .cause(explain_missing(&server_error.message, CatalogueFailure::of(&server_error.code)))
            .hint("the user must be able to read PostgreSQL's catalogue; another server may lack a part of it")
    })?;
    Ok(answer.rows)
}
