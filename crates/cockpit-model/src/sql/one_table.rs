//! Whether each row of a result is a row of one table, from the words of its statement. Of a column the server says only of which
//! table it is: where a statement names a table twice, a row of the result is of two rows of it.

use super::statement::Words;
use super::token::{Kind, Token, words};

/// Why it is not.
const WHY: &str = "its statement names more than one plain table (a join, a query or a function in FROM, WITH, UNION), so which row of \
                   the table a value is of is not known; a SELECT of that table alone can be changed";
/// Why it is not known.
const UNKNOWN: &str = "its statement does not show of which table it is; a SELECT of that table alone can be changed";

/// Looks whether each row of a statement's result is a row of one table.
///
/// # Errors
/// Why that is not so, or not known, and what can be changed.
pub(super) fn check(statement: &str) -> Result<(), String> {
    let mut tokens: Vec<Token> = words(statement).into_iter().filter(|token| token.kind != Kind::Command).collect();
    while tokens.last().is_some_and(|last| last.kind == Kind::Semicolon) {
        tokens.pop();
    }
    if tokens.iter().any(|token| matches!(token.kind, Kind::Semicolon | Kind::Escaped)) {
        return Err(UNKNOWN.to_owned());
    }
    // What stands in parentheses has tables of its own, whose columns are not those of the result.
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
    let words = Words { text: statement, tokens: &tokens };
    let one = match words.sign(0).to_ascii_lowercase().as_str() {
        "select" | "table" => words.reads_one(),
        // What it inserts may come from anywhere: what it returns is of the table.
        "insert" => true,
        "update" => !words.has_from(),
        "delete" => !(0..tokens.len()).any(|at| words.is(at, "using")),
        "with" => false,
        _ => return Err(UNKNOWN.to_owned()),
    };
    if one { Ok(()) } else { Err(WHY.to_owned()) }
}

impl Words<'_> {
    /// Where `FROM` stands, which is not that of `IS DISTINCT FROM`.
    fn froms(&self) -> impl Iterator<Item = usize> {
        (1..self.tokens.len()).filter(move |at| self.is(*at, "from") && !self.is(at - 1, "distinct"))
    }

    fn has_from(&self) -> bool {
        self.froms().next().is_some()
    }

    /// Whether a query reads one table by its name; what stands in parentheses is left out of its words, but for the sign that
    /// opens.
    fn reads_one(&self) -> bool {
        if (0..self.tokens.len()).any(|at| self.any(at, &["union", "intersect", "except", "join"])) {
            return false;
        }
        let mut at = match self.froms().next() {
            Some(from) => from + 1,
            None if self.is(0, "table") => 1,
            // Without FROM nothing of it is of a table.
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
        // `f(…)`: rows of a function.
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
    fn rows_of_a_query_of_one_plain_table_are_rows_of_that_table() {
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
    fn rows_of_a_table_that_is_named_twice_or_made_by_a_query_are_of_no_one_row() {
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
