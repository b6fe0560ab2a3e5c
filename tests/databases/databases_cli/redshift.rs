//! A server like Redshift: it reports itself as PostgreSQL 8.0.2, with its protocol, part of its catalogues and no newer
//! functions. Source of what it refuses, and with which messages: "Unsupported PostgreSQL features" and "Unsupported PostgreSQL
//! functions" in the developer guide of Redshift.

use crate::support::message;
use cockpit::db::wire;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

/// Words that PostgreSQL 8.0 does not know, with the code and message of the error.
const LACKS: &[(&str, &str, &str)] = &[
    ("create index", "0A000", "SQL command \"CREATE INDEX\" not supported on Redshift tables."),
    ("pg_is_in_recovery", "42883", "function pg_catalog.pg_is_in_recovery() does not exist"),
    ("pg_stat_statements", "42P01", "relation \"pg_stat_statements\" does not exist"),
    ("pg_stat_replication", "42P01", "relation \"pg_catalog.pg_stat_replication\" does not exist"),
    ("pg_stat_activity", "42703", "column a.pid does not exist"),
    ("pg_locks", "42703", "column a.pid does not exist"),
    ("pg_total_relation_size", "42883", "function pg_catalog.pg_total_relation_size(oid) does not exist"),
    ("pg_catalog", "42883", "a function of this name does not exist in PostgreSQL 8.0.2"),
    ("information_schema", "42P01", "relation \"information_schema\" does not exist"),
];

/// A result with one text column.
fn result(name: &str, value: &str) -> Vec<u8> {
    let mut columns = vec![0, 1];
    columns.extend(name.as_bytes());
    columns.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0]);
    let row = wire::row([Some(value.as_bytes())].into_iter());
    [message(b'T', &columns), row, message(b'C', b"SELECT\0")].concat()
}

fn answer(statement: &str) -> Vec<u8> {
    let lower = statement.to_lowercase();
    match LACKS.iter().find(|(lacking, ..)| lower.contains(lacking)) {
        Some((_, code, text)) => message(b'E', format!("SERROR\0C{code}\0M{text}\0\0").as_bytes()),
        None if lower.starts_with("set") => message(b'C', b"SET\0"),
        None => result("version", "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC, Redshift 1.0.12103"),
    }
}

/// Reads the body of a message, which follows its length.
fn body(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut body = vec![0; u32::from_be_bytes(length) as usize - 4];
    stream.read_exact(&mut body)?;
    Ok(body)
}

fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    while body(&mut stream)?[..4] == 80_877_103_u32.to_be_bytes() {
        stream.write_all(b"N")?;
    }
    let ready = message(b'Z', b"I");
    let hello = [message(b'R', &[0; 4]), message(b'S', b"server_version\08.0.2\0"), message(b'K', &[7; 8])];
    stream.write_all(&[hello.concat(), ready.clone()].concat())?;
    loop {
        let mut kind = [0];
        stream.read_exact(&mut kind)?;
        let body = body(&mut stream)?;
        if kind[0] != b'Q' {
            return Ok(());
        }
        let statement = String::from_utf8_lossy(&body[..body.len() - 1]).into_owned();
        stream.write_all(&[answer(&statement), ready.clone()].concat())?;
    }
}

/// Starts a server that runs until the tests end; returns its URL.
pub fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream));
        }
    });
    format!("postgres://app@127.0.0.1:{port}/dev?sslmode=disable")
}
