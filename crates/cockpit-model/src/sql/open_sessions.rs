//! The sessions of a server, by user and application: those that a failover or a restart disconnects.

/// The query. Users without the privilege to see others' activity still see their names.
pub const QUERY: &str = "SELECT usename, application_name, count(*), count(*) FILTER (WHERE state = 'active'), \
                       count(*) FILTER (WHERE state LIKE 'idle in transaction%'), count(*) FILTER (WHERE backend_type IS NULL) \
                       FROM pg_catalog.pg_stat_activity WHERE usename IS NOT NULL AND pid <> pg_catalog.pg_backend_pid() \
                       AND (backend_type IS NULL OR backend_type = 'client backend') \
                       GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2";

/// Number of groups listed individually.
const LISTED: usize = 8;

/// The purpose of the query.
pub const PURPOSE: &str = "connected";

/// Returns the result as sentences: `web as app: 12 connections, 3 at work, 1 in an open transaction`.
pub fn lines(rows: &[Vec<Option<String>>]) -> Vec<String> {
    if rows.is_empty() {
        return vec!["nobody else is connected to the writer".to_owned()];
    }
    let text = |row: &[Option<String>], at: usize| row.get(at).cloned().flatten().unwrap_or_default();
    let count = |row: &[Option<String>], at: usize| text(row, at).parse::<u64>().unwrap_or_default();
    let line = |row: &Vec<Option<String>>| {
        let (user, application, all) = (text(row, 0), text(row, 1), count(row, 2));
        let who = if application.is_empty() { user } else { format!("{application} as {user}") };
        let mut words = vec![format!("{all} connection{}", if all == 1 { "" } else { "s" })];
        let (active, open, hidden) = (count(row, 3), count(row, 4), count(row, 5));
        if active > 0 {
            words.push(format!("{active} at work"));
        }
        if open > 0 {
            words.push(format!("{open} in an open transaction"));
        }
        if hidden == all {
            words.push("what they do is not visible".to_owned());
        }
        format!("connected: {who}: {}", words.join(", "))
    };
    let mut lines: Vec<String> = rows.iter().take(LISTED).map(line).collect();
    if rows.len() > LISTED {
        let rest: u64 = rows[LISTED..].iter().map(|row| count(row, 2)).sum();
        lines.push(format!("connected: {} others with {rest} connections", rows.len() - LISTED));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<Option<String>> {
        cells.iter().map(|cell| (!cell.is_empty()).then(|| (*cell).to_owned())).collect()
    }

    #[test]
    fn connections_are_listed_by_application_and_user_with_open_transactions() {
        let found = lines(&[row(&["app", "web", "12", "3", "1", "0"]), row(&["report", "", "1", "0", "0", "1"])]);
        assert_eq!(
            found,
            [
                "connected: web as app: 12 connections, 3 at work, 1 in an open transaction",
                "connected: report: 1 connection, what they do is not visible"
            ]
        );
        assert_eq!(lines(&[]), ["nobody else is connected to the writer"]);
        let many: Vec<_> = (0..11).map(|n| row(&["app", &format!("job {n}"), "2", "0", "0", "0"])).collect();
        assert_eq!(lines(&many).last().map(String::as_str), Some("connected: 3 others with 6 connections"));
    }
}
