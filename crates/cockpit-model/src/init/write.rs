//! Writes the configuration as text, with comments on the reasons, and questions where something is unknown.

use super::discovered::DiscoveredResources;
use super::group::{Guess, Guesses, Infra, Offer};
use std::fmt::Write as _;

/// Formats a text for TOML.
fn text(value: &str) -> String {
    let mut out = String::from("\"");
    for character in value.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            other if other.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(other));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

fn list(values: &[String]) -> String {
    format!("[{}]", values.iter().map(|value| text(value)).collect::<Vec<_>>().join(", "))
}

/// Formats a name for a table's path.
fn key(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.chars().all(plain) { name.to_owned() } else { text(name) }
}

/// Writes a comment; control characters in external names cannot end it.
fn comment(out: &mut String, words: &str) {
    let line: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let _ = writeln!(out, "# {line}");
}

/// Returns the whole configuration file.
pub fn write(seen: &DiscoveredResources, guesses: &Guesses) -> String {
    let mut out = String::new();
    comment(
        &mut out,
        "The configuration of cockpit, as `cockpit init` found the account. `cockpit config check` reads it, `cockpit",
    );
    comment(
        &mut out,
        "doctor` tries it, docs/configuration.md lists all keys. Lines with a question mark want an answer.",
    );
    if let Some(default) = guesses.default_environment() {
        out.push('\n');
        comment(&mut out, "The environment that is opened when none is named: the first that is not production.");
        let _ = writeln!(out, "default_environment = {}", text(default));
    }
    for guess in &guesses.environments {
        environment(&mut out, guess);
    }
    if guesses.environments.is_empty() {
        out.push('\n');
        let regions: Vec<&str> = seen.regions.iter().map(|region| region.name.as_str()).collect();
        comment(
            &mut out,
            &format!(
                "? Nothing was found in {}: no cluster, no database. Is it another region or account?",
                regions.join(", ")
            ),
        );
        for line in
            ["[environments.staging]", "account = \"123456789012\"", "region = \"ap-northeast-1\"", "cluster = \"…\""]
        {
            comment(&mut out, line);
        }
    }
    if !guesses.unassigned.is_empty() || !seen.missing.is_empty() {
        out.push('\n');
    }
    for rest in &guesses.unassigned {
        comment(&mut out, &format!("? {rest}."));
    }
    for missing in &seen.missing {
        comment(&mut out, &format!("? Not read: {missing}"));
    }
    out
}

fn environment(out: &mut String, guess: &Guess) {
    out.push('\n');
    for why in &guess.reasons {
        comment(
            out,
            &format!(
                "{}{}.",
                why.chars().take(1).flat_map(char::to_uppercase).collect::<String>(),
                why.chars().skip(1).collect::<String>()
            ),
        );
    }
    for question in &guess.questions {
        comment(out, &format!("? {question}"));
    }
    let path = format!("environments.{}", key(&guess.name));
    let _ = writeln!(out, "[{path}]");
    let mut line = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = writeln!(out, "{name} = {value}");
        }
    };
    let optional = |value: &Option<String>| value.as_deref().map(text);
    let non_empty_list = |values: &[String]| (!values.is_empty()).then(|| list(values));
    line("project", guess.account.is_some().then(|| text(&guess.project)));
    line("account", optional(&guess.account));
    line("region", optional(&guess.region));
    line("profile", optional(&guess.profile));
    line("cluster", optional(&guess.cluster));
    line("services", non_empty_list(&guess.services));
    line("databases", non_empty_list(&guess.databases));
    line("target_groups", non_empty_list(&guess.target_groups));
    line("instances", non_empty_list(&guess.instances));
    line("distributions", non_empty_list(&guess.distributions));
    line("user_pools", non_empty_list(&guess.user_pools));
    line("parameters", non_empty_list(&guess.parameters));
    line("alarms", non_empty_list(&guess.alarms));
    line("guarded", guess.guarded.then(|| "true".to_owned()));
    line("timezone", optional(&guess.timezone));
    line("scheduler", optional(&guess.scheduler));
    line("schedules", optional(&guess.schedules));
    for Offer { key, values, list: is_list, why } in &guess.offers {
        let value = if *is_list { list(values) } else { values.first().map(|value| text(value)).unwrap_or_default() };
        comment(out, &format!("{key} = {value}   # {why}"));
    }
    match &guess.infra {
        Some(Infra::Terragrunt { dir }) => {
            let _ = writeln!(out, "\n[{path}.infra]\nkind = \"terragrunt\"\ndir = {}", text(dir));
        }
        Some(Infra::Terraform { name, dir, workspace, var_files }) => {
            let workspace =
                workspace.as_deref().map(|name| format!(", workspace = {}", text(name))).unwrap_or_default();
            let _ = writeln!(
                out,
                "\n[{path}.infra]\nkind = \"terraform\"\nunits = [{{ name = {}, dir = {}{workspace}, var_files = {}, depends_on = [] }}]",
                text(name),
                text(dir),
                list(var_files)
            );
        }
        None => {}
    }
    if let Some(service) = &guess.tunnel {
        let _ = writeln!(out, "\n[{path}.tunnel]\nservice = {}", text(service));
    }
    if !guess.hosts.is_empty() {
        let _ = writeln!(out, "\n[{path}.health]\nhosts = {}", list(&guess.hosts));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn external_names_are_quoted() {
        assert_eq!(text("a\"b\\c\u{1}"), "\"a\\\"b\\\\c\\u0001\"");
        let mut out = String::new();
        comment(&mut out, "x\n[environments.evil]");
        assert_eq!(out, "# x [environments.evil]\n");
        assert_eq!((key("a-b"), key("a.b")), ("a-b".to_owned(), "\"a.b\"".to_owned()));
    }

    #[test]
    fn empty_account_gives_a_question() {
        let written = write(&DiscoveredResources::default(), &Guesses::default());
        assert!(written.contains("# ? Nothing was found"), "{written}");
        assert!(written.lines().all(|line| line.is_empty() || line.starts_with('#')), "nothing is set");
    }
}
