//! Definitions of functions and views: shown (`\sf`, `\sv`) or edited (`\ef`, `\ev`).

use super::action::{Action, Edited, Target};
use super::state::{Interpreter, Routine, Waiting};
use crate::sql::ServerMessage;
use crate::sql::describe::QueryResult;
use crate::sql::keywords::literal;

impl Interpreter {
    /// Requests a definition. `name` is the command, `line` its argument.
    pub(super) fn routine(&mut self, name: &str, line: &str) {
        let mut object = line.trim().trim_end_matches(';').trim();
        let edited = name.starts_with('e');
        let view = name.contains('v');
        let mut number = None;
        // A number at the end is a line number.
        if edited
            && let Some((before, last)) = object.rsplit_once(char::is_whitespace)
            && let Ok(line) = last.parse::<usize>()
        {
            (object, number) = (before.trim_end(), Some(line));
        }
        let routine = Routine { name: object.to_owned(), view, edited, numbered: name.ends_with('+'), line: number };
        if object.is_empty() {
            if edited {
                let text = if view {
                    "CREATE VIEW  AS\n SELECT \n  -- something...\n"
                } else {
                    "CREATE FUNCTION ( )\n RETURNS \n LANGUAGE \n -- common options:  IMMUTABLE  STABLE  STRICT  SECURITY DEFINER\nAS $function$\n\n$function$\n"
                };
                self.enqueue(Action::Edit { what: Edited::Text(text.into()), line: number }, Waiting::Edited);
            } else {
                let what = if view { "view" } else { "function" };
                self.fail(format!("\\{name}: {what} name is required"));
            }
            return;
        }
        let statement = if view {
            format!(
                "SELECT nspname, relname, relkind, pg_catalog.pg_get_viewdef(c.oid, true),\n\
                 (SELECT pg_catalog.string_agg(option_name || '=' || pg_catalog.quote_literal(option_value), ', ')\n\
                 FROM pg_catalog.pg_options_to_table(c.reloptions) WHERE option_name <> 'check_option'),\n\
                 (SELECT pg_catalog.upper(option_value) FROM pg_catalog.pg_options_to_table(c.reloptions) WHERE option_name = 'check_option')\n\
                 FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON c.relnamespace = n.oid\n\
                 WHERE c.oid = {}::pg_catalog.regclass AND c.relkind IN ('v', 'm')",
                literal(object)
            )
        } else {
            let cast = if object.contains('(') { "regprocedure" } else { "regproc" };
            format!("SELECT pg_catalog.pg_get_functiondef({}::pg_catalog.{cast}::pg_catalog.oid)", literal(object))
        };
        let shown = self.variables.get("ECHO_HIDDEN") != Some("off");
        self.enqueue(Action::Query { statement, shown }, Waiting::Routine(routine));
    }

    pub(super) fn routine_found(&mut self, routine: &Routine, looked: Result<QueryResult, Box<ServerMessage>>) {
        let rows = match looked {
            Ok(looked) => looked.rows,
            Err(error) => return self.fail(error.message),
        };
        let Some(row) = rows.into_iter().next() else {
            return self.fail(format!("\"{}\" is not a view", routine.name));
        };
        let cell = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
        let text = if routine.view {
            let kind = if cell(2) == "m" { "MATERIALIZED VIEW" } else { "OR REPLACE VIEW" };
            let quoted = crate::sql::keywords::quote_identifier;
            let options = match cell(4).as_str() {
                "" => String::new(),
                options => format!("\n WITH ({options})"),
            };
            // The check option is part of the view's definition.
            let check = match cell(5).as_str() {
                "" => String::new(),
                check => format!("\n WITH {check} CHECK OPTION"),
            };
            let definition = cell(3);
            let definition = definition.trim_end().trim_end_matches(';');
            format!("CREATE {kind} {}.{}{options} AS\n{definition}{check}\n", quoted(&cell(0)), quoted(&cell(1)))
        } else {
            let text = cell(0);
            if text.ends_with('\n') { text } else { format!("{text}\n") }
        };
        if routine.edited {
            self.enqueue(Action::Edit { what: Edited::Text(text), line: routine.line }, Waiting::Edited);
            return;
        }
        let text = if routine.numbered { numbered(&text, routine.view) } else { text };
        self.print(text, Target::Results);
    }
}

/// Numbers the lines as the server does: those of a function's body, from 1.
fn numbered(text: &str, view: bool) -> String {
    let begins = |line: &str| ["AS ", "BEGIN", "RETURN "].iter().any(|word| line.starts_with(word));
    let body = if view { Some(0) } else { text.lines().position(begins) };
    let line = |(at, line): (usize, &str)| match body {
        Some(body) if at >= body => format!("{:<7} {line}\n", at - body + 1),
        _ => format!("{:<7} {line}\n", ""),
    };
    text.lines().enumerate().map(line).collect()
}
