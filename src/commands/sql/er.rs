//! `cockpit sql --er`: prints tables and their foreign keys as a diagram.

use super::args::Arguments;
use super::catalogue::{MAX_CATALOGUE, with_catalogue};
use crate::cli::{ExitCode, Output, Report};
use crate::commands::context::Context;
use crate::commands::report_output::print_result;
use crate::db::{Connection, Lost};
use crate::model::sql::er::{Diagram, KEYS, TABLES};
use std::io;

pub(super) async fn er(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let diagram = Box::pin(with_catalogue(context, arguments, "--er", async |connection: &mut Connection| {
        read(connection).await
    }))
    .await?;
    let diagram = around(diagram, &arguments.around)?;
    let text = match context.output {
        Output::Mermaid => diagram.mermaid(),
        Output::Dot => diagram.dot(),
        Output::Svg => diagram.svg(),
        _ => diagram.text(),
    };
    print_result(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

async fn read(connection: &mut Connection) -> Result<Diagram, Report> {
    let mut answers = Vec::new();
    for statement in [TABLES, KEYS] {
        let answer = connection.rows(statement, MAX_CATALOGUE).await.map_err(|Lost(why)| {
            Report::new("session", format!("the connection was lost: {why}"), ExitCode::Failed).hint("try again")
        })?;
        let answer = answer.map_err(|server_error| {
            Report::new("catalogue", "the tables cannot be read", ExitCode::Failed)
                .cause(server_error.message)
                .hint("the server may lack this part of PostgreSQL's catalogue")
        })?;
        answers.push(answer.rows);
    }
    Ok(Diagram::of(&answers[0], &answers[1]))
}

/// Limits the diagram to these tables and their neighbours, if any are given.
fn around(diagram: Diagram, names: &[String]) -> Result<Diagram, Report> {
    if names.is_empty() {
        return Ok(diagram);
    }
    if let Some(unknown) = names.iter().find(|name| diagram.tables.iter().all(|table| table.name != **name)) {
        let known: Vec<&str> = diagram.tables.iter().map(|table| table.name.as_str()).take(20).collect();
        return Err(
            Report::usage(format!("there is no table {unknown}")).hint(format!("there are: {}", known.join(", ")))
        );
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Ok(diagram.neighbours(&names))
}
