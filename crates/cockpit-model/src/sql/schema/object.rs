//! The objects of a database that have a definition.

use crate::sql::keywords::{literal, quote_identifier};

/// The catalogue that an object is in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// `pg_class`: tables, views, sequences, indexes, composite types.
    #[default]
    Relation,
    /// `pg_proc`.
    Function,
    /// `pg_type`: enumerations, domains, ranges.
    Type,
    /// `pg_namespace`.
    Schema,
}

impl Class {
    /// Returns the letter used in [`find`] and in keys of rows.
    pub fn letter(self) -> char {
        match self {
            Self::Relation => 'r',
            Self::Function => 'f',
            Self::Type => 't',
            Self::Schema => 'n',
        }
    }

    /// Returns the class with this letter.
    pub fn of(letter: char) -> Option<Self> {
        [Self::Relation, Self::Function, Self::Type, Self::Schema].into_iter().find(|class| class.letter() == letter)
    }
}

/// An object of the catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Object {
    /// The catalogue it is in.
    pub class: Class,
    /// The kind: `relkind`, `prokind`, `typtype`; `n` is a schema.
    pub kind: char,
    /// The object id.
    pub oid: u32,
    /// The schema; empty for a schema.
    pub schema: String,
    pub name: String,
    /// The declared arguments of a function.
    pub arguments: String,
}

impl Object {
    /// Returns the kind of the object in a word.
    pub fn kind_name(&self) -> &'static str {
        match (self.class, self.kind) {
            (Class::Relation, 'r') => "table",
            (Class::Relation, 'p') => "partitioned table",
            (Class::Relation, 'f') => "foreign table",
            (Class::Relation, 'v') => "view",
            (Class::Relation, 'm') => "materialized view",
            (Class::Relation, 'S') => "sequence",
            (Class::Relation, 'i') => "index",
            (Class::Relation, 'I') => "partitioned index",
            (Class::Relation, 'c') => "composite type",
            (Class::Relation, _) => "relation",
            (Class::Function, 'p') => "procedure",
            (Class::Function, 'a') => "aggregate",
            (Class::Function, 'w') => "window function",
            (Class::Function, _) => "function",
            (Class::Type, 'e') => "enumeration",
            (Class::Type, 'd') => "domain",
            (Class::Type, 'r') => "range",
            (Class::Type, _) => "type",
            (Class::Schema, _) => "schema",
        }
    }

    /// Returns whether rows can be read from it.
    pub fn has_rows(&self) -> bool {
        self.class == Class::Relation && matches!(self.kind, 'r' | 'p' | 'f' | 'v' | 'm')
    }

    /// Returns the object as a statement writes it: `app."Users"`, `app.add(a integer)`.
    pub fn qualified_name(&self) -> String {
        let name = if self.schema.is_empty() {
            quote_identifier(&self.name)
        } else {
            format!("{}.{}", quote_identifier(&self.schema), quote_identifier(&self.name))
        };
        if self.class == Class::Function { format!("{name}({})", self.arguments) } else { name }
    }

    /// Parses a row of [`find`].
    pub fn of(row: &[Option<String>]) -> Option<Self> {
        let cell = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
        Some(Self {
            class: Class::of(cell(0).chars().next()?)?,
            kind: cell(1).chars().next()?,
            oid: cell(2).parse().ok()?,
            schema: cell(3),
            name: cell(4),
            arguments: cell(5),
        })
    }
}

/// A typed name, split into its parts as in SQL: unquoted letters are folded to lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypedName {
    /// The schema, if one was typed.
    pub schema: Option<String>,
    pub name: String,
    /// The arguments of a function, if parentheses were typed.
    pub arguments: Option<String>,
}

impl TypedName {
    /// Parses a name.
    ///
    /// # Errors
    /// The reason it cannot be parsed.
    pub fn of(text: &str) -> Result<Self, String> {
        let mut parts = vec![String::new()];
        let mut letters = text.trim().chars().peekable();
        let (mut inside, mut arguments) = (false, None);
        while let Some(letter) = letters.next() {
            let part = parts.last_mut().ok_or("no name")?;
            match letter {
                '"' if inside && letters.peek() == Some(&'"') => {
                    letters.next();
                    part.push('"');
                }
                '"' => inside = !inside,
                '.' if !inside => parts.push(String::new()),
                '(' if !inside => {
                    let rest: String = letters.by_ref().collect();
                    let rest = rest.trim().strip_suffix(')').ok_or_else(|| format!("{text}: unclosed parenthesis"))?;
                    arguments = Some(rest.trim().to_owned());
                }
                letter if inside => part.push(letter),
                letter => part.extend(letter.to_lowercase()),
            }
        }
        if inside {
            return Err(format!("{text}: unclosed quote"));
        }
        let parts: Vec<String> = parts.into_iter().map(|part| part.trim().to_owned()).collect();
        match parts.as_slice() {
            _ if parts.iter().any(String::is_empty) => Err(format!("{text:?} is not a name: NAME or SCHEMA.NAME")),
            [name] => Ok(Self { schema: None, name: name.clone(), arguments }),
            [schema, name] => Ok(Self { schema: Some(schema.clone()), name: name.clone(), arguments }),
            _ => Err(format!("{text}: a name has two parts at most: SCHEMA.NAME")),
        }
    }
}

/// Returns the query for the objects of a name: class, kind, object id, schema, name, arguments. Without a schema it finds
/// those on the search path, and if there are none, those of any schema.
pub fn find(typed: &TypedName) -> String {
    let name = literal(&typed.name);
    let place = |column: &str| match &typed.schema {
        Some(schema) => format!("{column} = {}", literal(schema)),
        None => format!("{column} !~ '^pg_(toast|temp)'"),
    };
    let relations = format!(
        "SELECT 'r', c.relkind::text, c.oid, n.nspname, c.relname, NULL::text, pg_catalog.pg_table_is_visible(c.oid) \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relname = {name} AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'i', 'I', 'c') AND {}",
        place("n.nspname")
    );
    // Functions that belong to another object, such as a range's constructors, are created with that.
    let functions = format!(
        "SELECT 'f', p.prokind::text, p.oid, n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid), pg_catalog.pg_function_is_visible(p.oid) \
         FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE p.proname = {name} AND {}{} \
         AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'i')",
        place("n.nspname"),
        typed.arguments.as_deref().map_or_else(String::new, |arguments| {
            let bare = |expression: &str| format!("pg_catalog.replace(pg_catalog.lower({expression}), ' ', '')");
            let wanted = bare(&literal(arguments));
            format!(
                " AND {wanted} IN ({}, {})",
                bare("pg_catalog.pg_get_function_identity_arguments(p.oid)"),
                bare("pg_catalog.oidvectortypes(p.proargtypes)")
            )
        })
    );
    let types = format!(
        "SELECT 't', y.typtype::text, y.oid, n.nspname, y.typname, NULL, pg_catalog.pg_type_is_visible(y.oid) \
         FROM pg_catalog.pg_type y JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace \
         WHERE y.typname = {name} AND y.typtype IN ('e', 'd', 'r') AND {}",
        place("n.nspname")
    );
    let schemas = format!(
        "SELECT 'n', 'n', n.oid, '', n.nspname, NULL, true FROM pg_catalog.pg_namespace n WHERE n.nspname = {name}"
    );
    let mut queries = vec![functions];
    if typed.arguments.is_none() {
        queries.extend([relations, types]);
        if typed.schema.is_none() {
            queries.push(schemas);
        }
    }
    format!(
        "SELECT class, kind, oid, schema, name, arguments FROM (SELECT *, pg_catalog.bool_or(visible) OVER () AS one_is FROM ({}) AS o (class, kind, oid, schema, name, arguments, visible)) AS f \
         WHERE {} ORDER BY class <> 'r', class, schema, arguments",
        queries.join(" UNION ALL "),
        if typed.schema.is_some() { "true" } else { "visible OR NOT one_is" }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_folded_and_quoted_as_in_sql() {
        let parsed = |text: &str| TypedName::of(text).unwrap();
        let typed = |schema: Option<&str>, name: &str, arguments: Option<&str>| TypedName {
            schema: schema.map(str::to_owned),
            name: name.to_owned(),
            arguments: arguments.map(str::to_owned),
        };
        assert_eq!(parsed("Users"), typed(None, "users", None));
        assert_eq!(parsed("app.\"Odd.\"\"Name\""), typed(Some("app"), "Odd.\"Name", None));
        assert_eq!(parsed("app.add(a int, b text)"), typed(Some("app"), "add", Some("a int, b text")));
        assert_eq!(parsed("しおり()"), typed(None, "しおり", Some("")));
        for wrong in ["", "a.", "a.b.c", "\"a", "f(", "."] {
            assert!(TypedName::of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn typed_text_cannot_escape_its_literal() {
        let question = find(&TypedName::of("\"x' OR true --\"").unwrap());
        assert!(question.contains("'x'' OR true --'"), "{question}");
    }

    #[test]
    fn object_is_quoted_as_a_statement_needs_it() {
        let object = Object { schema: "app".into(), name: "Users".into(), kind: 'r', ..Object::default() };
        assert_eq!(
            (object.qualified_name().as_str(), object.kind_name(), object.has_rows()),
            ("app.\"Users\"", "table", true)
        );
        let row = ["f", "a", "12", "app", "sum", "integer"].map(|cell| Some(cell.to_owned()));
        let function = Object::of(&row).unwrap();
        assert_eq!(
            (function.qualified_name().as_str(), function.kind_name(), function.has_rows()),
            ("app.sum(integer)", "aggregate", false)
        );
        assert_eq!(Object::of(&[]), None);
    }
}
