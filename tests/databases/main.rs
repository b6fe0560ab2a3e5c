//! SQL sessions and database commands against a real PostgreSQL.

#![allow(clippy::unwrap_used)]

mod database;
mod databases_cli;
mod psql;
mod psql_split;
mod schema;
mod sql_cli;
#[path = "../support/mod.rs"]
mod support;
