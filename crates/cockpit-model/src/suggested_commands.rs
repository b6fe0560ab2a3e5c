//! Commands that messages suggest to the user: ``look with `cockpit services` ``. Each must name the environment that
//! the message is about; otherwise it would act on the default environment, which may have services with the same
//! names. Flags that select the target (another configuration, profile, region or endpoint) are added for the same
//! reason: without them the command could act on another account. All of this is added here, so that no message can
//! omit it.

use super::text::shell_quote;
use std::fmt::Write as _;

/// A flag with its value, as it was typed: `--profile`, `staging`.
pub type Flag = (&'static str, String);

/// The environment and flags that make a suggested command act on the right target.
#[derive(Debug, Clone, Copy)]
pub struct CommandScope<'a> {
    pub environment: &'a str,
    /// The other flags of the current command line.
    pub flags: &'a [Flag],
}

impl<'a> From<&'a str> for CommandScope<'a> {
    fn from(environment: &'a str) -> Self {
        Self { environment, flags: &[] }
    }
}

impl CommandScope<'_> {
    /// Returns a command with the environment and the flags added: `cockpit scale web 1`.
    pub fn command(&self, typed: &str) -> String {
        let (own, others) = parts(typed);
        let mut own = own.to_owned();
        if !names_environment(typed, self.environment) {
            let _ = write!(own, " --env {}", self.environment);
        }
        if takes_flags(&own) {
            for (flag, value) in self.flags {
                if !own.split_whitespace().any(|word| word == *flag) {
                    let _ = write!(own, " {flag} {}", shell_quote(value));
                }
            }
        }
        own + others
    }
}

/// The start of a suggested command in a text.
const COMMAND_START: &str = "`cockpit ";

/// Commands that do not take an environment.
const WITHOUT_ENVIRONMENT: [&str; 8] = ["completions", "config", "demo", "init", "internal", "man", "schema", "sim"];

/// Commands that also accept their environment as a positional argument.
const POSITIONAL_ENVIRONMENT: [&str; 6] = ["cost", "exec", "infra", "sql", "tunnel", "with-db"];

/// Returns the text with the environment and the flags added to each suggested command.
pub fn with_scope<'a>(text: &str, scope: impl Into<CommandScope<'a>>) -> String {
    let scope = scope.into();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((begin, length)) = next(rest) {
        let typed = &rest[begin..begin + length];
        out.push_str(&rest[..begin]);
        out.push_str(&scope.command(typed));
        out.push('`');
        // The closing backquote does not open another command.
        rest = &rest[begin + length + 1..];
    }
    out.push_str(rest);
    out
}

/// Returns the suggested commands in a text.
pub fn suggested_commands(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((begin, length)) = next(rest) {
        found.push(&rest[begin..begin + length]);
        rest = &rest[begin + length + 1..];
    }
    found
}

/// Whether a command names its environment, or takes none.
pub fn names_environment(typed: &str, environment: &str) -> bool {
    let mut words = parts(typed).0.split_whitespace().skip(1);
    let command = words.next().unwrap_or_default();
    if command.starts_with('-') || WITHOUT_ENVIRONMENT.contains(&command) {
        return true;
    }
    let words: Vec<&str> = words.collect();
    words.iter().any(|word| *word == "-e" || *word == "--env" || word.starts_with("--env="))
        || environment_words(command, &words).iter().any(|word| *word == environment || *word == "ENVIRONMENT")
}

/// Whether a command reads a configuration or calls AWS. `config` takes no environment but reads a configuration.
fn takes_flags(own: &str) -> bool {
    let command = own.split_whitespace().nth(1).unwrap_or_default();
    command == "config" || !(command.starts_with('-') || WITHOUT_ENVIRONMENT.contains(&command))
}

/// Returns the positional arguments that are environments: the first after the command and its sub-commands or, for a
/// command that takes several, all before the first flag. Later words may be services, units or tables with the same
/// name.
fn environment_words<'a>(command: &str, words: &'a [&'a str]) -> &'a [&'a str] {
    if !POSITIONAL_ENVIRONMENT.contains(&command) {
        return &[];
    }
    let behind = match (command, words) {
        ("infra", ["state", _, behind @ ..] | [_, behind @ ..]) => behind,
        _ => words,
    };
    let max = if command == "tunnel" { behind.len() } else { 1 };
    let count = behind.iter().take(max).take_while(|word| !word.starts_with('-')).count();
    &behind[..count]
}

/// Splits a command at `--` into this program's words and those of another program.
fn parts(typed: &str) -> (&str, &str) {
    let ends = |at: &usize| matches!(typed[at + 3..].chars().next(), None | Some(' '));
    let at = typed.match_indices(" --").map(|(at, _)| at).find(ends);
    at.map_or((typed, ""), |at| typed.split_at(at))
}

/// Returns the position (after its backquote) and the length of the next command.
fn next(text: &str) -> Option<(usize, usize)> {
    let begin = text.find(COMMAND_START)? + 1;
    Some((begin, text[begin..].find('`')?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn suggested_command_names_its_environment() {
        for (text, named) in [
            ("`cockpit scale web 1` undoes it", "`cockpit scale web 1 --env prod` undoes it"),
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
            // A service, a unit or a table may have the same name as the environment.
            ("`cockpit infra plan --unit prod`", "`cockpit infra plan --unit prod --env prod`"),
            ("`cockpit sql --ddl prod`", "`cockpit sql --ddl prod --env prod`"),
            ("`cockpit exec staging prod`", "`cockpit exec staging prod --env prod`"),
            ("`cockpit scale prod 1`", "`cockpit scale prod 1 --env prod`"),
            ("`cockpit config show`, `cockpit --help`", "`cockpit config show`, `cockpit --help`"),
            ("`web` is not in cockpit `x`", "`web` is not in cockpit `x`"),
            ("`cockpit without an end", "`cockpit without an end"),
        ] {
            assert_eq!(with_scope(text, "prod"), named);
        }
        assert_eq!(suggested_commands("`cockpit a`, `b`, `cockpit c d`"), ["cockpit a", "cockpit c d"]);
    }

    #[test]
    fn suggested_command_keeps_the_target_flags() {
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
            assert_eq!(with_scope(&format!("`{typed}`, see"), named), format!("`{whole}`, see"));
        }
        assert!(named.command("cockpit db --profile two").contains("--profile two --env prod --config"));
    }

    proptest! {
        #[test]
        fn adding_it_twice_changes_nothing(text in "[`a-z -]{0,20}(`cockpit [a-z -]{0,12}`[`a-z ]{0,8}){0,3}") {
            let once = with_scope(&text, "prod");
            prop_assert_eq!(&with_scope(&once, "prod"), &once);
            for typed in suggested_commands(&once) {
                prop_assert!(names_environment(typed, "prod"), "{}", typed);
            }
        }
    }
}
