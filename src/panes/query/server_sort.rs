//! Sorting a query by a column of its result on the server.

const BEGIN: &str = "SELECT * FROM (\n";
const BY: &str = "\n) AS q ORDER BY ";
const DOWN: &str = " DESC";

/// The inner query, the column, and whether in descending order, of a statement that [`by`] made.
pub fn parts(statement: &str) -> Option<(&str, usize, bool)> {
    let (query, by) = statement.strip_prefix(BEGIN)?.rsplit_once(BY)?;
    let (number, down) = by.strip_suffix(DOWN).map_or((by, false), |number| (number, true));
    let column = number.parse::<usize>().ok()?.checked_sub(1)?;
    Some((query, column, down))
}

/// Wraps the statement to sort it by this column: ascending, or descending if it is already ascending.
pub fn sorted_by(statement: &str, column: usize) -> String {
    let (query, down) = match parts(statement) {
        Some((query, known, down)) => (query, known == column && !down),
        None => (statement, false),
    };
    format!("{BEGIN}{query}{BY}{}{}", column + 1, if down { DOWN } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_column_reverses_the_order_and_another_starts_ascending() {
        let up = sorted_by("select 1, 2", 1);
        assert_eq!(up, "SELECT * FROM (\nselect 1, 2\n) AS q ORDER BY 2");
        let down = sorted_by(&up, 1);
        assert_eq!(down, "SELECT * FROM (\nselect 1, 2\n) AS q ORDER BY 2 DESC");
        assert_eq!(sorted_by(&down, 1), up);
        assert_eq!(sorted_by(&down, 0), "SELECT * FROM (\nselect 1, 2\n) AS q ORDER BY 1");
        assert_eq!(parts(&down), Some(("select 1, 2", 1, true)));
        for other in
            ["select 1", "SELECT * FROM (\nselect 1\n) AS q ORDER BY x", "SELECT * FROM (\nselect 1\n) AS q ORDER BY 0"]
        {
            assert_eq!(parts(other), None, "{other}");
        }
    }
}
