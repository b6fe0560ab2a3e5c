//! `options` of a connection, as libpq hands them to the server: settings of the session. They are set with statements, as what
//! pools connections (pgbouncer) refuses those that it does not know.

/// The settings in such a text, in their order: `-c NAME=VALUE`, `-cNAME=VALUE` or `--NAME=VALUE`, with blanks between and `\`
/// before a blank that is part of a value. None where something else stands there. Source: PostgreSQL's `pg_split_opts` and
/// `ParseLongOption`.
pub(super) fn parse_settings(text: &str) -> Option<Vec<(String, String)>> {
    let mut words = split(text).into_iter();
    let mut settings = Vec::new();
    while let Some(word) = words.next() {
        let setting = match word.strip_prefix("--") {
            Some(long) => long.to_owned(),
            None if word == "-c" => words.next()?,
            None => word.strip_prefix("-c")?.to_owned(),
        };
        let (name, value) = setting.split_once('=')?;
        let name = name.replace('-', "_");
        let known = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '$');
        if name.is_empty() || !name.chars().all(known) {
            return None;
        }
        settings.push((name, value.to_owned()));
    }
    Some(settings)
}

/// Whether such settings have transactions only read: the last one of a name holds.
pub(super) fn are_read_only(settings: &[(String, String)]) -> bool {
    let last = settings.iter().rfind(|(name, _)| name.eq_ignore_ascii_case("default_transaction_read_only"));
    last.is_some_and(|(_, value)| ["on", "true", "yes", "1"].iter().any(|word| value.eq_ignore_ascii_case(word)))
}

fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            letter if letter.is_ascii_whitespace() => words.extend(word.take()),
            '\\' => word.get_or_insert_default().extend(letters.next()),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_the_server_reads_them_and_nothing_else_is_guessed() {
        let of = |text: &str| {
            parse_settings(text).map(|all| all.into_iter().map(|(a, b)| format!("{a}={b}")).collect::<Vec<_>>())
        };
        let two = ["search_path=app, public", "statement_timeout=5s"].map(str::to_owned).to_vec();
        assert_eq!(of("-c search_path=app,\\ public --statement-timeout=5s"), Some(two));
        assert_eq!(
            of(" -cdefault_transaction_read_only=on  -c app.who=a\\\\b "),
            Some(vec!["default_transaction_read_only=on".to_owned(), "app.who=a\\b".to_owned(),])
        );
        assert_eq!(of(""), Some(Vec::new()));
        for wrong in ["-c", "-c geqo", "geqo=off", "-B 5", "-c a;b=1", "-c =1", "-fs"] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
        let reads = |text: &str| are_read_only(&parse_settings(text).unwrap());
        assert!(reads("-c Default_Transaction_Read_Only=ON"));
        assert!(!reads("--default-transaction-read-only=on -c default_transaction_read_only=off"));
    }
}
