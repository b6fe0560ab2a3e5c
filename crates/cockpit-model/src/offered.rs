//! Commands of this program that texts for people offer to be typed: ``look with `cockpit services` ``. Each names the
//! environment that the text is about: one that is pasted without it acts on the default environment, in which there are
//! services of the same names. Flags that lead to it (another configuration, profile, region or endpoint) belong to it as its name
//! does: without them it would be another account's. All that is added here, so that no text can leave it out.

use super::text::quoted;
use std::fmt::Write as _;

/// A flag with its value, as it was typed before this text was made: `--profile`, `staging`.
pub type Flag = (&'static str, String);

/// The flags that make a command act where its text is about.
#[derive(Debug, Clone, Copy)]
pub struct CommandScope<'a> {
    pub environment: &'a str,
    /// The other flags that were typed.
    pub flags: &'a [Flag],
}

impl<'a> From<&'a str> for CommandScope<'a> {
    fn from(environment: &'a str) -> Self {
        Self { environment, flags: &[] }
    }
}

impl CommandScope<'_> {
    /// A command with all that it must name: `cockpit scale web 1`.
    pub fn command(&self, typed: &str) -> String {
        let (own, others) = parts(typed);
        let mut own = own.to_owned();
        if !names_it(typed, self.environment) {
            let _ = write!(own, " --env {}", self.environment);
        }
        if takes_flags(&own) {
            for (flag, value) in self.flags {
                if !own.split_whitespace().any(|word| word == *flag) {
                    let _ = write!(own, " {flag} {}", quoted(value));
                }
            }
        }
        own + others
    }
}

/// How a command begins in a text: between backquotes.
const BEGINS: &str = "`cockpit ";

/// Commands that are about no environment.
const OF_NONE: [&str; 8] = ["completions", "config", "demo", "init", "internal", "man", "schema", "sim"];

/// Commands that take their environment as a word, too.
const AS_WORD: [&str; 6] = ["cost", "exec", "infra", "sql", "tunnel", "with-db"];

/// The same text, in which each command names this environment and what leads to it.
pub fn in_environment<'a>(text: &str, named: impl Into<CommandScope<'a>>) -> String {
    let named = named.into();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((begin, length)) = next(rest) {
        let typed = &rest[begin..begin + length];
        out.push_str(&rest[..begin]);
        out.push_str(&named.command(typed));
        out.push('`');
        // The backquote that ends this one begins no other.
        rest = &rest[begin + length + 1..];
    }
    out.push_str(rest);
    out
}

/// The commands of a text, as they are typed.
pub fn commands(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((begin, length)) = next(rest) {
        found.push(&rest[begin..begin + length]);
        rest = &rest[begin + length + 1..];
    }
    found
}

/// Whether a command says which environment it is about, or is about none.
pub fn names_it(typed: &str, environment: &str) -> bool {
    let mut words = parts(typed).0.split_whitespace().skip(1);
    let command = words.next().unwrap_or_default();
    if command.starts_with('-') || OF_NONE.contains(&command) {
        return true;
    }
    let words: Vec<&str> = words.collect();
    words.iter().any(|word| *word == "-e" || *word == "--env" || word.starts_with("--env="))
        || as_words(command, &words).iter().any(|word| *word == environment || *word == "ENVIRONMENT")
}

/// Whether a command reads a configuration or asks AWS. `config` is about no environment, and reads one all the same.
fn takes_flags(own: &str) -> bool {
    let command = own.split_whitespace().nth(1).unwrap_or_default();
    command == "config" || !(command.starts_with('-') || OF_NONE.contains(&command))
}

/// The words of a command that are taken for environments: the first behind it and its sub-commands, of several that it takes
/// those before the first flag. Another word may be a service, a unit or a table of the same name.
fn as_words<'a>(command: &str, words: &'a [&'a str]) -> &'a [&'a str] {
    if !AS_WORD.contains(&command) {
        return &[];
    }
    let behind = match (command, words) {
        ("infra", ["state", _, behind @ ..] | [_, behind @ ..]) => behind,
        _ => words,
    };
    let most = if command == "tunnel" { behind.len() } else { 1 };
    let count = behind.iter().take(most).take_while(|word| !word.starts_with('-')).count();
    &behind[..count]
}

/// Splits a command at `--`: this program's words, and those of another program.
fn parts(typed: &str) -> (&str, &str) {
    let ends = |at: &usize| matches!(typed[at + 3..].chars().next(), None | Some(' '));
    let at = typed.match_indices(" --").map(|(at, _)| at).find(ends);
    at.map_or((typed, ""), |at| typed.split_at(at))
}

/// Where the next command begins, behind its backquote, and how long it is.
fn next(text: &str) -> Option<(usize, usize)> {
    let begin = text.find(BEGINS)? + 1;
    Some((begin, text[begin..].find('`')?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_command_that_is_offered_names_its_environment() {
        for (text, named) in [
            ("`cockpit scale web 1` takes it back", "`cockpit scale web 1 --env prod` takes it back"),
            (
                "`cockpit start` or `cockpit scale web 2`",
                "`cockpit start --env prod` or `cockpit scale web 2 --env prod`",
            ),
            ("look with `cockpit services --env prod`", "look with `cockpit services --env prod`"),
            ("`cockpit exec web -- ls -e`", "`cockpit exec web --env prod -- ls -e`"),
            ("`cockpit exec web --`", "`cockpit exec web --env prod --`"),
            ("`cockpit infra plan prod --unit a`", "`cockpit infra plan prod --unit a`"),
            ("`cockpit infra retry 7`", "`cockpit infra retry 7 --env prod`"),
            ("`cockpit infra state list prod`", "`cockpit infra state list prod`"),
            ("`cockpit tunnel staging prod --json`", "`cockpit tunnel staging prod --json`"),
            // A service, a unit or a table may have the name of the environment.
            ("`cockpit infra plan --unit prod`", "`cockpit infra plan --unit prod --env prod`"),
            ("`cockpit sql --ddl prod`", "`cockpit sql --ddl prod --env prod`"),
            ("`cockpit exec staging prod`", "`cockpit exec staging prod --env prod`"),
            ("`cockpit scale prod 1`", "`cockpit scale prod 1 --env prod`"),
            ("`cockpit config show`, `cockpit --help`", "`cockpit config show`, `cockpit --help`"),
            ("`web` is not in cockpit `x`", "`web` is not in cockpit `x`"),
            ("`cockpit without an end", "`cockpit without an end"),
        ] {
            assert_eq!(in_environment(text, "prod"), named);
        }
        assert_eq!(commands("`cockpit a`, `b`, `cockpit c d`"), ["cockpit a", "cockpit c d"]);
    }

    #[test]
    fn a_command_that_is_offered_leads_where_the_flags_led() {
        let flags = [
            ("--config", "/a b/config.toml".to_owned()),
            ("--profile", "one".to_owned()),
            ("--endpoint-url", "http://127.0.0.1:1".to_owned()),
        ];
        let named = CommandScope { environment: "prod", flags: &flags };
        let all = "--config '/a b/config.toml' --profile one --endpoint-url http://127.0.0.1:1";
        for (typed, whole) in [
            ("cockpit scale web 1", format!("cockpit scale web 1 --env prod {all}")),
            ("cockpit services --env prod", format!("cockpit services --env prod {all}")),
            ("cockpit tunnel prod --port 5432", format!("cockpit tunnel prod --port 5432 {all}")),
            ("cockpit exec web -- ls -e", format!("cockpit exec web --env prod {all} -- ls -e")),
            ("cockpit config show", format!("cockpit config show {all}")),
            ("cockpit sim", "cockpit sim".to_owned()),
            ("cockpit --help", "cockpit --help".to_owned()),
        ] {
            assert_eq!(named.command(typed), whole);
            assert_eq!(named.command(&whole), whole, "once is enough");
            assert_eq!(in_environment(&format!("`{typed}`, see"), named), format!("`{whole}`, see"));
        }
        assert!(named.command("cockpit db --profile two").contains("--profile two --env prod --config"));
    }

    proptest! {
        #[test]
        fn naming_it_twice_changes_nothing(text in "[`a-z -]{0,20}(`cockpit [a-z -]{0,12}`[`a-z ]{0,8}){0,3}") {
            let once = in_environment(&text, "prod");
            prop_assert_eq!(&in_environment(&once, "prod"), &once);
            for typed in commands(&once) {
                prop_assert!(names_it(typed, "prod"), "{}", typed);
            }
        }
    }
}
