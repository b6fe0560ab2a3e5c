//! A query that the server sorts by a column of its result.

const BEGIN: &str = "SELECT * FROM (\n";
const BY: &str = "\n) AS q ORDER BY ";
const DOWN: &str = " DESC";

/// The query within, the column and whether downwards, of a statement that [`by`] made.
pub fn parts(statement: &str) -> Option<(&str, usize, bool)> {
    let (query, by) = statement.strip_prefix(BEGIN)?.rsplit_once(BY)?;
    let (number, down) = by.strip_suffix(DOWN).map_or((by, false), |number| (number, true));
    let column = number.parse::<usize>().ok()?.checked_sub(1)?;
    Some((query, column, down))
}

/// The statement sorted by this column: upwards, and downwards where it is so already, then upwards again.
pub fn by(statement: &str, column: usize) -> String {
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
    fn the_same_column_again_turns_the_order_and_another_one_begins_anew() {
        let up = by("select 1, 2", 1);
        assert_eq!(up, "SELECT * FROM (\nselect 1, 2\n) AS q ORDER BY 2");
        let down = by(&up, 1);
        assert_eq!(down, "SELECT * FROM (\nselect 1, 2\n) AS q ORDER BY 2 DESC");
        assert_eq!(by(&down, 1), up);
        assert_eq!(by(&down, 0), "SELECT * FROM (\nselect 1, 2\n) AS q ORDER BY 1");
        assert_eq!(parts(&down), Some(("select 1, 2", 1, true)));
        for other in
            ["select 1", "SELECT * FROM (\nselect 1\n) AS q ORDER BY x", "SELECT * FROM (\nselect 1\n) AS q ORDER BY 0"]
        {
            assert_eq!(parts(other), None, "{other}");
        }
    }
}
