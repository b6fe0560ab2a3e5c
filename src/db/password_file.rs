//! libpq's file of passwords, `~/.pgpass` or what `PGPASSFILE` names. Source: PostgreSQL's documentation, "The Password File".

use super::settings::Settings;
use secrecy::SecretString;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

/// Gives settings without a password the one that the file has for them, as libpq does.
///
/// # Errors
/// Why the file that is there is not read, in words.
pub fn fill_in(settings: &mut Settings, variable: impl Fn(&str) -> Option<String>) -> Result<(), String> {
    if settings.password.is_some() {
        return Ok(());
    }
    let Some(path) = place(&variable) else { return Ok(()) };
    let Ok(facts) = std::fs::metadata(&path) else { return Ok(()) };
    let name = path.display().to_string();
    if !facts.is_file() {
        return Err(format!("{name} is not read: it is no plain file"));
    }
    if facts.permissions().mode() & 0o077 != 0 {
        return Err(format!("{name} is not read, as others may: chmod 600 {name}"));
    }
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{name} cannot be read: {error}"))?;
    let host = if settings.place.host.starts_with('/') { "localhost" } else { settings.place.host.as_str() };
    let port = settings.place.port.to_string();
    if let Some(password) = of(&text, [host, &port, &settings.database, &settings.user]) {
        settings.password = Some(SecretString::from(password));
        settings.password_source = name;
    }
    Ok(())
}

/// The same for settings made of those of another session: what the file had for that one is looked for again, as it may have
/// another password for another database. Where it has none, that of the session before stays, which is of the same user.
///
/// # Errors
/// Why the file that is there is not read, in words.
pub fn refill(settings: &mut Settings, variable: impl Fn(&str) -> Option<String>) -> Result<(), String> {
    let of_file = place(&variable).is_some_and(|path| path.display().to_string() == settings.password_source);
    let before = settings.password.take_if(|_| of_file);
    let filled = fill_in(settings, variable);
    settings.password = settings.password.take().or(before);
    filled
}

/// Where the file is.
fn place(variable: &impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let own = || variable("HOME").map(|home| PathBuf::from(home).join(".pgpass"));
    variable("PGPASSFILE").map(PathBuf::from).or_else(own)
}

/// The password of the first line whose host, port, database and user are these, or `*`.
fn of(text: &str, wanted: [&str; 4]) -> Option<String> {
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut rest = line;
        for part in wanted {
            let (field, after) = field(rest);
            if field != "*" && unescaped(field) != part {
                return None;
            }
            rest = after?;
        }
        Some(unescaped(rest)).filter(|password| !password.is_empty())
    })
}

/// The text before the first `:` that no `\` is before, and the rest behind it.
fn field(text: &str) -> (&str, Option<&str>) {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            ':' if !escaped => return (&text[..at], Some(&text[at + 1..])),
            letter => escaped = letter == '\\' && !escaped,
        }
    }
    (text, None)
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        plain.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds::sql::Place;
    use secrecy::ExposeSecret as _;

    #[test]
    fn the_first_line_that_is_of_the_connection_has_its_password() {
        let text = "# a comment\ndb:5432:shop:app:one\ndb:*:*:app:t\\:w\\\\o\n*:*:*:other:three\n::1\n";
        assert_eq!(of(text, ["db", "5432", "shop", "app"]).as_deref(), Some("one"));
        assert_eq!(of(text, ["db", "5433", "shop", "app"]).as_deref(), Some("t:w\\o"));
        assert_eq!(of(text, ["else", "1", "x", "other"]).as_deref(), Some("three"));
        assert_eq!(of(text, ["else", "1", "x", "app"]), None);
        assert_eq!(of("a\\:b:*:*:*:p", ["a:b", "1", "x", "y"]).as_deref(), Some("p"));
    }

    #[test]
    fn a_file_that_others_may_read_is_not_read_and_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".pgpass");
        std::fs::write(&path, "db:*:*:app:hush\n").unwrap();
        let home = folder.path().display().to_string();
        let variable = |name: &str| (name == "HOME").then(|| home.clone());
        let place = Place { host: "db".into(), port: 5432, through: None };
        let mut settings = Settings::of(place, "app", "shop");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let why = fill_in(&mut settings, variable).unwrap_err();
        assert!(why.contains("chmod 600") && settings.password.is_none(), "{why}");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        fill_in(&mut settings, variable).unwrap();
        assert_eq!(settings.password.as_ref().unwrap().expose_secret(), "hush");
        assert!(settings.password_source.ends_with(".pgpass"));
        let other = folder.path().join("other").display().to_string();
        std::fs::write(&other, "*:*:*:*:else\n").unwrap();
        std::fs::set_permissions(&other, std::fs::Permissions::from_mode(0o600)).unwrap();
        fill_in(&mut settings, |_| Some(other.clone())).unwrap();
        assert_eq!(settings.password.take().unwrap().expose_secret(), "hush", "one that is said is not looked for");
        fill_in(&mut settings, |_| Some(other.clone())).unwrap();
        assert_eq!(settings.password.unwrap().expose_secret(), "else");
    }

    #[test]
    fn another_database_or_user_of_the_same_server_is_looked_for_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passwords").display().to_string();
        std::fs::write(&path, "*:*:shop:app:one\n*:*:stock:app:two\n*:*:shop:aya:three\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let variable = |name: &str| (name == "PGPASSFILE").then(|| path.clone());
        let place = Place { host: "db".into(), port: 5432, through: None };
        let mut settings = Settings::of(place, "app", "shop");
        let has = |settings: &Settings| settings.password.as_ref().unwrap().expose_secret().to_owned();
        fill_in(&mut settings, variable).unwrap();
        assert_eq!(has(&settings), "one");
        for (database, password) in [("stock", "two"), ("other", "two"), ("shop", "one")] {
            database.clone_into(&mut settings.database);
            refill(&mut settings, variable).unwrap();
            assert_eq!(has(&settings), password, "{database}");
        }
        let mut other =
            Settings { user: "aya".into(), password: None, password_source: String::new(), ..settings.clone() };
        refill(&mut other, variable).unwrap();
        assert_eq!(has(&other), "three");
        settings.password = Some(SecretString::from("said"));
        settings.password_source = "PGPASSWORD".to_owned();
        refill(&mut settings, variable).unwrap();
        assert_eq!(has(&settings), "said", "what was said is not looked for");
    }
}
