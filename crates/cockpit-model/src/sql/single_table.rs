//! Checks from a statement's text whether each row of its result is a row of one table. The server only reports which table a
//! column comes from: if a statement names a table twice, a row of the result combines two of its rows.

use super::statement::StatementTokens;
use super::token::{Kind, Token, significant_tokens};

/// The reason that it is not.
const WHY: &str = "its statement names more than one plain table (a join, a query or a function in FROM, WITH, UNION), so it is \
                   unknown which row of the table a value belongs to; the result of a SELECT from that table alone can be changed";
/// The reason that it is unknown.
const UNKNOWN: &str =
    "its statement does not show which table it reads; only the result of a SELECT from one table can be changed";

/// Checks whether each row of a statement's result is a row of one table.
///
/// # Errors
/// The reason that it is not, or that it is unknown, and what can be edited instead.
pub(super) fn check(statement: &str) -> Result<(), String> {
    let mut tokens: Vec<Token> =
        significant_tokens(statement).into_iter().filter(|token| token.kind != Kind::Command).collect();
    while tokens.last().is_some_and(|last| last.kind == Kind::Semicolon) {
        tokens.pop();
    }
    if tokens.iter().any(|token| matches!(token.kind, Kind::Semicolon | Kind::Escaped)) {
        return Err(UNKNOWN.to_owned());
    }
    // A query in parentheses has tables of its own, whose columns are not those of the result.
    let mut depth = 0_usize;
    tokens.retain(|token| {
        let outside = depth == 0;
        match token.kind {
            Kind::Opening => depth += 1,
            Kind::Closing => depth = depth.saturating_sub(1),
            _ => {}
        }
        outside
    });
    let words = StatementTokens { text: statement, tokens: &tokens };
    let is_one_table = match words.sign(0).to_ascii_lowercase().as_str() {
        "select" | "table" => words.reads_one(),
        // The inserted rows may come from anywhere; the returned ones belong to the table.
        "insert" => true,
        "update" => !words.has_from(),
        "delete" => !(0..tokens.len()).any(|at| words.is(at, "using")),
        "with" => false,
        _ => return Err(UNKNOWN.to_owned()),
    };
    if is_one_table { Ok(()) } else { Err(WHY.to_owned()) }
}

impl StatementTokens<'_> {
    /// Returns the positions of `FROM`, except in `IS DISTINCT FROM`.
    fn froms(&self) -> impl Iterator<Item = usize> {
        (1..self.tokens.len()).filter(move |at| self.is(*at, "from") && !self.is(at - 1, "distinct"))
    }

    fn has_from(&self) -> bool {
        self.froms().next().is_some()
    }

    /// Returns whether a query reads one table by its name. Parenthesized text has been removed from the tokens, except for
    /// the opening parenthesis.
    fn reads_one(&self) -> bool {
        if (0..self.tokens.len()).any(|at| self.any(at, &["union", "intersect", "except", "join"])) {
            return false;
        }
        let mut at = match self.froms().next() {
            Some(from) => from + 1,
            None if self.is(0, "table") => 1,
            // Without FROM no column comes from a table.
            None => return true,
        };
        at += usize::from(self.is(at, "only"));
        let is_name = |at: usize| {
            self.tokens.get(at).is_some_and(|token| matches!(token.kind, Kind::Word | Kind::Keyword | Kind::QuotedName))
        };
        if !is_name(at) {
            return false;
        }
        while self.sign(at + 1) == "." && is_name(at + 2) {
            at += 2;
        }
        // `f(…)` returns rows of a function.
        if self.sign(at + 1) == "(" {
            return false;
        }
        let ends = ["where", "group", "having", "window", "order", "limit", "offset", "fetch", "for"];
        (at..self.tokens.len()).take_while(|at| !self.any(*at, &ends)).all(|at| self.sign(at) != ",")
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn query_of_one_plain_table_returns_rows_of_that_table() {
        for statement in [
            "select * from emp",
            "SELECT e.id, e.name FROM app.\"Emp\" AS e WHERE boss IN (SELECT id FROM emp JOIN x USING (id)) ORDER BY 1, 2;",
            "select id, (select b.active from emp b where b.id = e.boss) from only emp e limit 10",
            "select id, a is distinct from b, extract(year from day), array[a, b] from emp where a is not distinct from b",
            "select id, count(*) over (partition by x, y) from emp x (id, b) group by id, b for update",
            "table emp",
            "select 1",
            "insert into emp select a.* from a join b on true returning *",
            "update emp set x = (select 1 from a), b = a is distinct from c where id = 1 returning id, x",
            "delete from emp where id in (select id from b) returning *",
        ] {
            assert_eq!(check(statement), Ok(()), "{statement}");
        }
    }

    #[test]
    fn rows_of_joins_and_subqueries_belong_to_no_single_table() {
        for statement in [
            "select e.id, b.id as bid, b.active from emp e join emp b on b.id = e.boss",
            "select * from emp e, emp b",
            "select * from (select * from emp) a, (select * from emp) b",
            "select a.id, b.active from (select * from emp) a cross join (select * from emp) b",
            "select * from lateral (select * from emp) a",
            "with e as (select * from emp) select e.id, b.active from e natural join emp b",
            "select * from f(1)",
            "select id from emp union all select id from emp",
            "table emp union table emp",
            "update emp set x = 1 from emp b where b.id = emp.boss returning b.*",
            "delete from emp using emp b where b.id = emp.boss returning b.*",
        ] {
            assert!(check(statement).unwrap_err().contains("more than one"), "{statement}");
        }
        for statement in ["fetch all from c", "execute p", "select * from a \\; select * from b", "merge into a", ""] {
            assert!(check(statement).unwrap_err().contains("does not show"), "{statement}");
        }
    }
}
