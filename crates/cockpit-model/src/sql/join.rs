//! Join conditions between the tables of a statement, from foreign keys, for completion after `ON`.

use super::catalogue::Catalogue;
use super::context::TableReference;
use super::keywords::quote_identifier;
use super::schema::keys::{End, ForeignKeys};

/// Returns the conditions that join the last table to one before it, each with the name of its key.
pub fn conditions(
    tables: &[TableReference],
    keys: Option<&ForeignKeys>,
    catalogue: &Catalogue,
) -> Vec<(String, String)> {
    let (Some((last, others)), Some(keys)) = (tables.split_last(), keys) else { return Vec::new() };
    let oid =
        |named: &TableReference| named.of_catalogue(catalogue).map(|relation| relation.oid).filter(|oid| *oid != 0);
    let Some(last_oid) = oid(last) else { return Vec::new() };
    let mut conditions = Vec::new();
    for other in others.iter().rev() {
        let Some(other_oid) = oid(other) else { continue };
        for key in keys.from(last_oid).filter(|key| key.to.oid == other_oid) {
            conditions.push((condition((last, &key.from), (other, &key.to)), key.name.clone()));
        }
        // The loop above has already found the keys from a table to itself.
        for key in keys.to(last_oid).filter(|key| key.from.oid == other_oid && other_oid != last_oid) {
            conditions.push((condition((last, &key.to), (other, &key.from)), key.name.clone()));
        }
    }
    conditions
}

fn condition((here, of): (&TableReference, &End), (there, to): (&TableReference, &End)) -> String {
    let name = |named: &TableReference| quote_identifier(named.alias.as_ref().unwrap_or(&named.name));
    let (left, right) = (name(here), name(there));
    let equality = |((_, a), (_, b)): (&(i16, String), &(i16, String))| {
        format!("{left}.{} = {right}.{}", quote_identifier(a), quote_identifier(b))
    };
    of.columns.iter().zip(&to.columns).map(equality).collect::<Vec<_>>().join(" AND ")
}
