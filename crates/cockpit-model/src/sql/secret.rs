//! Recognizes statements that contain a password. They are kept out of the history and of logs.

use super::token::{Kind, Token};

/// Substrings of names whose values are secret.
const NAMES: &[&str] =
    &["password", "passwd", "passphrase", "pwd", "secret", "api_key", "apikey", "access_key", "token"];
/// Functions with a password or a key among their arguments. Source: the documentation of pgcrypto and dblink, and that of
/// RDS for `aws_commons`.
const FUNCTIONS: &[&str] = &[
    "create_aws_credentials",
    "crypt",
    "hmac",
    "pgp_sym_encrypt",
    "pgp_sym_decrypt",
    "pgp_sym_encrypt_bytea",
    "pgp_sym_decrypt_bytea",
    "pgp_pub_decrypt",
    "encrypt",
    "decrypt",
    "encrypt_iv",
    "decrypt_iv",
];

/// Returns whether a statement contains a password, or may. `words` are its tokens without blanks and comments, or only its
/// comments.
pub fn contains_password(text: &str, words: &[Token]) -> bool {
    let is_value = |at: usize| {
        words.get(at).is_some_and(|token| matches!(token.kind, Kind::Text | Kind::DollarText | Kind::Variable))
    };
    let names = |at: usize| is_secret_name(words[at].of(text));
    let insert = words.iter().any(|token| token.is(text, "insert"));
    for (at, token) in words.iter().enumerate() {
        match token.kind {
            Kind::Word | Kind::Keyword | Kind::QuotedName => {
                // `PASSWORD 'x'`, `password = 'x'`, `set password to 'x'`, `(password, 'x')`.
                let near = is_value(at + 1) || (is_value(at + 2) && words[at + 1].kind != Kind::Opening);
                // The values of an INSERT are separate from their column names.
                if names(at) && (near || (insert && words.iter().any(|token| token.kind == Kind::Text))) {
                    return true;
                }
                let called = words.get(at + 1).is_some_and(|next| next.of(text) == "(");
                if called && FUNCTIONS.iter().any(|name| token.is(text, name)) {
                    return true;
                }
            }
            Kind::Text | Kind::DollarText | Kind::Comment if has_password(token.of(text)) => return true,
            Kind::Command if is_held_by_command(token.of(text)) => return true,
            _ => {}
        }
    }
    false
}

fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    NAMES.iter().any(|part| name.contains(part))
}

/// Returns whether a string contains a password: `host=x password=y`, `postgres://user:password@host`, or a statement with
/// one.
fn has_password(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let assigned = |name: &&str| {
        lower.match_indices(*name).any(|(at, _)| {
            let after = lower[at + name.len()..].trim_start_matches([' ', '"', '\'']);
            after.starts_with(['=', ':']) || lower[at + name.len()..].trim_start().starts_with('\'')
        })
    };
    NAMES.iter().any(assigned) || has_url_with_password(&lower)
}

fn has_url_with_password(text: &str) -> bool {
    text.match_indices("://").any(|(at, _)| {
        let authority = text[at + 3..].split(['/', ' ', '\'', '"', '\n']).next().unwrap_or_default();
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    })
}

fn is_held_by_command(command: &str) -> bool {
    let lower = command.to_ascii_lowercase();
    let mut words = lower.split_whitespace();
    let name = words.next().unwrap_or_default();
    match name {
        "\\set" => words.next().is_some_and(is_secret_name) && words.next().is_some(),
        _ => has_password(&lower),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::token::significant_tokens;

    #[test]
    fn statements_with_a_password_are_recognized() {
        for statement in [
            "alter role app password 'x'",
            "ALTER USER app WITH ENCRYPTED PASSWORD 'x' VALID UNTIL 'infinity'",
            "create role app login password $$x$$",
            "alter role app password :'new'",
            "create user mapping for app server s options (user 'app', password 'x')",
            "update users set password = 'x' where id = 1",
            "update users set password_hash = E'x'",
            "insert into users (name, password) values ('a', 'x')",
            "select dblink_connect('host=h password=x')",
            "create subscription s connection 'host=h user=u password=x' publication p",
            "select crypt('x', gen_salt('bf'))",
            "select pgp_sym_encrypt('data', 'x')",
            "select aws_s3.table_import_from_s3('t', '', '', :'uri', aws_commons.create_aws_credentials('AKIA', 'x', ''))",
            "do $$ begin execute 'alter role app password ''x'''; end $$",
            "\\c postgres://app:x@host/db",
            "\\c 'host=h password=x'",
            "\\set password x",
            "select 1 -- ok\n, 'https://a:x@host/'",
            "set app.secret to 'x'",
            "select * from users where api_token = 'x'",
        ] {
            assert!(contains_password(statement, &significant_tokens(statement)), "{statement}");
        }
    }

    #[test]
    fn sql_without_a_password_is_not_secret() {
        for statement in [
            "select * from users where password is null",
            "select password from users where name = 'a'",
            "alter role app password null",
            "select 'https://example.com/a:b@c'",
            "insert into bookmarks (url) values ('https://example.com')",
            "\\set name x",
            "\\d passwords",
            "\\password app",
            "select count(*) from password_resets where at > '2026-01-01'",
        ] {
            assert!(!contains_password(statement, &significant_tokens(statement)), "{statement}");
        }
    }
}
