//! Expands the `*` of a SELECT into its columns.

use super::catalogue::Catalogue;
use super::context::{Statement, TableReference, name_of};
use super::keywords::quote_identifier;
use super::split::{PieceKind, Split};
use super::token::{Kind, Token};
use std::ops::Range;

/// Words that end a FROM clause.
const ENDS: &[&str] = &[
    "where",
    "group",
    "having",
    "window",
    "union",
    "intersect",
    "except",
    "order",
    "limit",
    "offset",
    "fetch",
    "for",
    "into",
    "returning",
];

/// A `*` with its qualifier, as token indexes.
struct Star {
    first: usize,
    last: usize,
}

/// Returns the columns for the `*` at the cursor, or the only one in the statement there, and the range of the `*`.
///
/// # Errors
/// The reason it cannot be expanded: columns that differ from the server's would be worse than none.
pub fn expand(
    text: &str,
    split: &Split,
    cursor: usize,
    catalogue: &Catalogue,
) -> Result<(Range<usize>, String), String> {
    let piece = split.at(text, cursor).filter(|piece| piece.kind == PieceKind::Statement);
    let tokens: Vec<Token> =
        piece.into_iter().flat_map(super::split::Piece::tokens).filter(|token| !token.kind.is_space()).collect();
    let stars: Vec<Star> = (0..tokens.len()).filter_map(|at| star(text, &tokens, at)).collect();
    let touched = |star: &&Star| tokens[star.first].start <= cursor && cursor <= tokens[star.last].end;
    let star = match (stars.iter().find(touched), &stars[..]) {
        (Some(star), _) | (None, [star]) => star,
        (None, []) => return Err("there is no * of a SELECT in the statement under the cursor".to_owned()),
        (None, _) => return Err("there are several *: put the cursor on one".to_owned()),
    };
    let tables = tables(text, &tokens, star.last)?;
    let qualifier = &tokens[star.first..star.last];
    let written = text.get(tokens[star.first].start..tokens[star.last].start).unwrap_or_default();
    let names: Vec<String> =
        qualifier.iter().filter(|token| token.kind != Kind::Dot).map(|token| name_of(text, token)).collect();
    let is_selected = |named: &&TableReference| match &names[..] {
        [] => true,
        [name] => named.alias.as_ref().unwrap_or(&named.name) == name,
        [schema, name] => named.alias.is_none() && named.schema.as_ref() == Some(schema) && named.name == *name,
        _ => false,
    };
    let several = tables.len() > 1;
    let mut columns = Vec::new();
    for named in tables.iter().filter(is_selected) {
        let relation = named.of_catalogue(catalogue).filter(|relation| !relation.columns.is_empty());
        let relation = relation.ok_or_else(|| format!("the columns of {} are not known", named.name))?;
        let prefix = match (names.is_empty(), several) {
            (false, _) => written.to_owned(),
            (true, true) => format!("{}.", quote_identifier(named.alias.as_ref().unwrap_or(&named.name))),
            (true, false) => String::new(),
        };
        columns.extend(relation.columns.iter().map(|(name, _)| format!("{prefix}{}", quote_identifier(name))));
    }
    if columns.is_empty() {
        return Err(format!("FROM has no {}", written.trim_end_matches('.')));
    }
    Ok((tokens[star.first].start..tokens[star.last].end, columns.join(", ")))
}

/// Returns the `*` at token `at`, if it belongs to the list of a SELECT.
fn star(text: &str, tokens: &[Token], at: usize) -> Option<Star> {
    if tokens[at].kind != Kind::Operator || tokens[at].of(text) != "*" {
        return None;
    }
    let mut first = at;
    while first >= 2 && tokens[first - 1].kind == Kind::Dot {
        first -= 2;
    }
    let before = tokens[..first].last()?;
    let begins = before.kind == Kind::Comma || ["select", "distinct", "all"].iter().any(|word| before.is(text, word));
    if !begins {
        return None;
    }
    // Go back to the SELECT of the same parenthesis.
    let mut depth = 0_usize;
    for token in tokens[..first].iter().rev() {
        match token.kind {
            Kind::Closing => depth += 1,
            Kind::Opening => depth = depth.checked_sub(1)?,
            Kind::Keyword if depth == 0 => {
                if token.is(text, "select") {
                    return Some(Star { first, last: at });
                }
                if ["from", "where", "by", "values", "set", "returning", "using"]
                    .iter()
                    .any(|word| token.is(text, word))
                {
                    return None;
                }
            }
            _ => {}
        }
    }
    None
}

/// Returns the tables of the FROM clause that belongs to the list containing token `star`, in order.
fn tables(text: &str, tokens: &[Token], star: usize) -> Result<Vec<TableReference>, String> {
    let statement = Statement { text, tokens };
    let made = statement.defined();
    let is_any =
        |at: usize, words: &[&str]| tokens.get(at).is_some_and(|token| words.iter().any(|word| token.is(text, word)));
    let mut at = next(text, tokens, star + 1, &["from"]).ok_or("the SELECT has no FROM")? + 1;
    let mut tables = Vec::new();
    loop {
        let query = "the columns of a query or a function in FROM are not written out: name them";
        let (named, end) = statement.table_at(at).ok_or(query)?;
        // `f(…)`, or `t AS x (a, b)`, which renames the columns.
        if tokens.get(end).is_some_and(|token| token.kind == Kind::Opening) {
            return Err(query.to_owned());
        }
        if named.schema.is_none() && made.iter().any(|made| made.name == named.name) {
            return Err(format!("the columns of {}, which WITH defines, are not written out: name them", named.name));
        }
        tables.push(named);
        // Skip the condition, to the next table or the end.
        match next(text, tokens, end, &["join", "using", "natural", ","]) {
            None => return Ok(tables),
            Some(found) if is_any(found, &["using", "natural"]) => {
                return Err("a join with USING or NATURAL gives columns once: name them".to_owned());
            }
            Some(found) => at = found + 1,
        }
    }
}

/// Returns the first of these words from `at` on, outside of parentheses and within the FROM clause and its parenthesis.
fn next(text: &str, tokens: &[Token], at: usize, words: &[&str]) -> Option<usize> {
    let mut depth = 0_usize;
    for (number, token) in tokens.iter().enumerate().skip(at) {
        match token.kind {
            Kind::Opening => depth += 1,
            Kind::Closing => depth = depth.checked_sub(1)?,
            Kind::Semicolon | Kind::Command => return None,
            Kind::Comma if depth == 0 && words.contains(&",") => return Some(number),
            Kind::Keyword if depth == 0 => {
                if words.iter().any(|word| token.is(text, word)) {
                    return Some(number);
                }
                if ENDS.iter().any(|word| token.is(text, word)) {
                    return None;
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::Relation;
    use super::*;

    fn catalogue() -> Catalogue {
        let relation = |schema: &str, name: &str, columns: &[&str]| Relation {
            schema: schema.into(),
            name: name.into(),
            kind: 'r',
            visible: schema == "public",
            columns: columns.iter().map(|column| ((*column).to_owned(), "text".to_owned())).collect(),
            oid: 1,
        };
        let mut catalogue = Catalogue::default();
        catalogue.with_relations(vec![
            relation("public", "users", &["id", "Name", "order"]),
            relation("public", "タグ", &["id", "名前"]),
            relation("audit", "log", &["at"]),
        ]);
        catalogue
    }

    /// Returns the text after expansion; `|` marks the cursor.
    fn expanded(text: &str) -> Result<String, String> {
        let cursor = text.find('|').unwrap_or(text.len());
        let text = text.replace('|', "");
        let (range, columns) = expand(&text, &Split::new(&text), cursor, &catalogue())?;
        Ok(format!("{}{columns}{}", &text[..range.start], &text[range.end..]))
    }

    #[test]
    fn star_expands_to_the_columns_of_its_tables_quoted_if_needed() {
        for (typed, is) in [
            ("select * from users", "select id, \"Name\", \"order\" from users"),
            (
                "SELECT DISTINCT * FROM \"users\" u WHERE id > 1;",
                "SELECT DISTINCT id, \"Name\", \"order\" FROM \"users\" u WHERE id > 1;",
            ),
            ("select * from タグ", "select id, \"名前\" from タグ"),
            (
                "select now(), u.* from users u, audit.log",
                "select now(), u.id, u.\"Name\", u.\"order\" from users u, audit.log",
            ),
            (
                "select * from users u left join audit.log on log.at = f(u.id, 1) where true",
                "select u.id, u.\"Name\", u.\"order\", log.at from users u left join audit.log on log.at = f(u.id, 1) where true",
            ),
            ("select audit.log.* from audit.log, users", "select audit.log.at from audit.log, users"),
            ("select (select |* from audit.log), * from users", "select (select at from audit.log), * from users"),
            (
                "select (select * from audit.log), *| from users",
                "select (select * from audit.log), id, \"Name\", \"order\" from users",
            ),
            ("select 2 * 3, count(*), * from audit.log", "select 2 * 3, count(*), at from audit.log"),
            ("select * from audit.log union select 'a'", "select at from audit.log union select 'a'"),
            ("insert into x select * from audit.log", "insert into x select at from audit.log"),
        ] {
            assert_eq!(expanded(typed).as_deref(), Ok(is), "{typed}");
        }
    }

    #[test]
    fn uncertain_columns_are_not_expanded() {
        for (typed, why) in [
            ("select 1", "no * of a SELECT"),
            ("select count(*) from users", "no * of a SELECT"),
            ("delete from users returning *", "no * of a SELECT"),
            ("select * from nowhere", "columns of nowhere are not known"),
            ("select * from users join audit.log using (id)", "USING or NATURAL"),
            ("select * from users natural join audit.log", "USING or NATURAL"),
            ("select * from generate_series(1, 2)", "a query or a function"),
            ("select * from users as x (a, b)", "a query or a function"),
            ("select * from (select 1) x", "a query or a function"),
            ("with users as (select 1) select * from users", "which WITH defines"),
            ("select x.* from users", "FROM has no x"),
            ("select u.*, * from users u| ", "several"),
            ("select *", "no FROM"),
        ] {
            let error = expanded(typed).unwrap_err();
            assert!(error.contains(why), "{typed}: {error}");
        }
    }
}
