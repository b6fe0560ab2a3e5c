//! The objects of a database as a tree of rows: schemas, their groups, and the objects in them. Schemas and groups can be
//! folded.

use super::object::{Class, Object};
use super::objects::{GROUPS, Group, Objects, is_system};
use std::collections::BTreeSet;

/// What a row stands for, from its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row<'a> {
    Schema(&'a str),
    /// A group of a schema.
    Group(&'a str, Group),
    Object(&'a Object),
}

/// Returns the key of a schema's row.
pub fn key_of_schema(schema: &str) -> String {
    format!("n:{schema}")
}

/// Returns the key of a group's row.
pub fn key_of_group(schema: &str, group: Group) -> String {
    format!("g:{}:{schema}", group.name())
}

/// Returns the key of an object's row.
pub fn key_of(object: &Object) -> String {
    format!("{}:{}", object.class.letter(), object.oid)
}

/// Returns the row with this key.
pub fn row<'a>(objects: &'a Objects, key: &'a str) -> Option<Row<'a>> {
    let (letter, rest) = key.split_once(':')?;
    match letter {
        "n" => Some(Row::Schema(rest)),
        "g" => {
            let (word, schema) = rest.split_once(':')?;
            let group = GROUPS.iter().find(|group| group.name() == word)?;
            Some(Row::Group(schema, *group))
        }
        _ => objects.get(Class::of(letter.chars().next()?)?, rest.parse().ok()?).map(Row::Object),
    }
}

/// Returns whether a row with children is open. By default user schemas with their tables and views are; `toggled` holds the
/// exceptions.
pub fn is_open(row: &Row<'_>, toggled: &BTreeSet<String>) -> bool {
    let (of_itself, key) = match row {
        Row::Schema(schema) => (!is_system(schema), key_of_schema(schema)),
        Row::Group(schema, group) => (matches!(group, Group::Tables | Group::Views), key_of_group(schema, *group)),
        Row::Object(_) => return false,
    };
    of_itself != toggled.contains(&key)
}

/// Returns the keys of the rows, and the number of objects in the schemas considered. With a filter, matches are shown below
/// their schemas even if folded; system schemas are only searched while open.
pub fn keys(
    objects: &Objects,
    toggled: &BTreeSet<String>,
    wanted: Option<&dyn Fn(&str) -> bool>,
) -> (Vec<String>, usize) {
    let mut keys = Vec::new();
    let mut total = 0;
    for (schema, all) in objects.schemas() {
        let open = is_open(&Row::Schema(schema), toggled);
        if let Some(wanted) = wanted {
            if !open && is_system(schema) {
                continue;
            }
            total += all.len();
            let mut found = all
                .iter()
                .filter(|object| wanted(&format!("{}.{} {}", object.schema, object.name, object.kind_name())))
                .map(key_of)
                .peekable();
            if found.peek().is_some() {
                keys.push(key_of_schema(schema));
                keys.extend(found);
            }
            continue;
        }
        total += all.len();
        keys.push(key_of_schema(schema));
        if !open {
            continue;
        }
        let mut rest = all;
        while let Some(first) = rest.first() {
            let group = Group::of(first);
            let (in_group, others) = rest.split_at(rest.partition_point(|object| Group::of(object) <= group));
            keys.push(key_of_group(schema, group));
            if is_open(&Row::Group(schema, group), toggled) {
                keys.extend(in_group.iter().map(key_of));
            }
            rest = others;
        }
    }
    (keys, total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::catalogue::Catalogue;
    use crate::sql::describe::QueryResult;

    fn row_of(cells: &[&str]) -> Vec<Option<String>> {
        cells.iter().map(|cell| Some((*cell).to_owned())).collect()
    }

    fn looked(rows: Vec<Vec<Option<String>>>) -> QueryResult {
        QueryResult { columns: Vec::new(), rows }
    }

    fn objects() -> Objects {
        let mut catalogue = Catalogue::default();
        catalogue.set_relations(&looked(vec![
            row_of(&["pg_catalog", "pg_class", "r", "t", "", "1259"]),
            row_of(&["public", "bookmarks", "r", "t", "id\u{1f}bigint", "10"]),
            row_of(&["public", "bookmarks_pkey", "i", "t", "", "11"]),
            row_of(&["日本", "しおり", "r", "f", "", "12"]),
            row_of(&["public", "v", "v", "t", "", "13"]),
        ]));
        catalogue.set_functions(&looked(vec![row_of(&["public", "f", "a integer", "t", "10", "f"])]));
        catalogue.set_names(&looked(vec![row_of(&["n", "empty"]), row_of(&["n", "public"])]));
        Objects::of(&catalogue, &[row_of(&["t", "e", "20", "public", "mood"])])
    }

    #[test]
    fn user_tables_and_views_are_open_and_system_schemas_are_last_and_folded() {
        let (keys, total) = keys(&objects(), &BTreeSet::new(), None);
        assert_eq!(
            keys,
            [
                "n:empty",
                "n:public",
                "g:tables:public",
                "r:10",
                "g:views:public",
                "r:13",
                "g:functions:public",
                "g:types:public",
                "g:indexes:public",
                "n:日本",
                "g:tables:日本",
                "r:12",
                "n:pg_catalog"
            ]
        );
        assert_eq!(total, 7);
    }

    #[test]
    fn filter_searches_folded_rows_but_not_system_schemas() {
        let objects = objects();
        let find = |text: &str| keys(&objects, &BTreeSet::new(), Some(&|found: &str| found.contains(text))).0;
        assert_eq!(find("pkey"), ["n:public", "r:11"]);
        assert_eq!(find("しお"), ["n:日本", "r:12"]);
        assert_eq!(find("pg_class"), [] as [&str; 0]);
        let opened = BTreeSet::from(["n:pg_catalog".to_owned()]);
        assert_eq!(
            keys(&objects, &opened, Some(&|found: &str| found.contains("pg_class"))).0,
            ["n:pg_catalog", "r:1259"]
        );
    }

    #[test]
    fn key_leads_back_to_its_row_and_toggling_inverts_the_default() {
        let objects = objects();
        let none = BTreeSet::new();
        for key in keys(&objects, &none, None).0 {
            let back = match row(&objects, &key).unwrap() {
                Row::Schema(schema) => key_of_schema(schema),
                Row::Group(schema, group) => key_of_group(schema, group),
                Row::Object(object) => key_of(object),
            };
            assert_eq!(back, key);
        }
        // A function and a table may have the same object id.
        assert_eq!(objects.get(Class::Function, 10).unwrap().qualified_name(), "public.f(a integer)");
        assert_eq!(objects.get(Class::Relation, 10).unwrap().name, "bookmarks");
        let toggled =
            BTreeSet::from(["g:tables:public".to_owned(), "n:日本".to_owned(), "g:functions:public".to_owned()]);
        let (keys, _) = keys(&objects, &toggled, None);
        assert!(
            !keys.contains(&"r:10".to_owned())
                && keys.contains(&"f:10".to_owned())
                && !keys.contains(&"r:12".to_owned()),
            "{keys:?}"
        );
        assert_eq!((row(&objects, "r:99"), row(&objects, "x"), row(&objects, "g:nope:public")), (None, None, None));
    }

    #[test]
    fn size_that_was_never_counted_is_unknown() {
        let mut objects = objects();
        objects.set_sizes(&[row_of(&["10", "1e6", "8192", "marks"]), row_of(&["12", "-1", "0", ""])]);
        assert_eq!(objects.size(10).map(|size| (size.rows, size.bytes)), Some((Some(1_000_000), 8192)));
        assert_eq!(objects.size(12).unwrap().rows, None);
        assert!(objects.size(13).is_none());
    }

    #[test]
    fn ten_thousand_tables_are_listed_in_order() {
        let mut catalogue = Catalogue::default();
        let rows =
            (0..10_000).rev().map(|n| row_of(&["public", &format!("t{n:05}"), "r", "t", "", &(n + 1).to_string()]));
        catalogue.set_relations(&looked(rows.collect()));
        let objects = Objects::of(&catalogue, &[]);
        let (keys, total) = keys(&objects, &BTreeSet::new(), None);
        assert_eq!((keys.len(), total, keys[2].as_str(), keys[10_001].as_str()), (10_002, 10_000, "r:1", "r:10000"));
    }
}
