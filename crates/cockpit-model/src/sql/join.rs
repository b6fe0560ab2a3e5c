//! Joins of the tables of a statement: conditions from foreign keys, to be offered behind `ON`.

use super::catalogue::Catalogue;
use super::context::TableReference;
use super::keywords::quoted;
use super::schema::keys::{End, ForeignKeys};

/// The conditions that join the last of some tables to one before it, each with the name of its key.
pub fn conditions(
    tables: &[TableReference],
    keys: Option<&ForeignKeys>,
    catalogue: &Catalogue,
) -> Vec<(String, String)> {
    let (Some((last, others)), Some(keys)) = (tables.split_last(), keys) else { return Vec::new() };
    let oid =
        |named: &TableReference| named.of_catalogue(catalogue).map(|relation| relation.oid).filter(|oid| *oid != 0);
    let Some(here) = oid(last) else { return Vec::new() };
    let mut conditions = Vec::new();
    for other in others.iter().rev() {
        let Some(there) = oid(other) else { continue };
        for key in keys.from(here).filter(|key| key.to.oid == there) {
            conditions.push((condition((last, &key.from), (other, &key.to)), key.name.clone()));
        }
        // One that refers to its own table was found already.
        for key in keys.to(here).filter(|key| key.from.oid == there && there != here) {
            conditions.push((condition((last, &key.to), (other, &key.from)), key.name.clone()));
        }
    }
    conditions
}

fn condition((here, of): (&TableReference, &End), (there, to): (&TableReference, &End)) -> String {
    let name = |named: &TableReference| quoted(named.alias.as_ref().unwrap_or(&named.name));
    let (left, right) = (name(here), name(there));
    let one =
        |((_, a), (_, b)): (&(i16, String), &(i16, String))| format!("{left}.{} = {right}.{}", quoted(a), quoted(b));
    of.columns.iter().zip(&to.columns).map(one).collect::<Vec<_>>().join(" AND ")
}
