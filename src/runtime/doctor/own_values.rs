//! Checks whether values in `infra/terraform` are still those of the examples. Files are read as text, as string literals and the
//! names that they are assigned to; expressions are not evaluated.

use crate::app::doctor::Check;
use crate::config::EnvironmentConfig;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The account ID of every example.
const ACCOUNT: &str = "123456789012";
/// Suffixes of names that are reserved for examples. Source: RFC 2606.
const DOMAINS: [&str; 4] = ["example.com", "example.net", "example.org", ".example"];
/// Prefixes of addresses that are reserved for examples. Source: RFC 5737.
const ADDRESSES: [&str; 3] = ["192.0.2.", "198.51.100.", "203.0.113."];
/// The domain in the shipped tree. It belongs to somebody, and may be the reader's own.
const SHIPPED_DOMAIN: &str = "tidilyspace.app";
/// Values that every environment must set, with the consequence if one is missing.
const NEEDED: [(&str, &str); 2] = [
    ("allowed_cidr_blocks", "it sets who can reach the load balancer, and planning fails without it"),
    ("alarm_emails", "alarms are sent to nobody"),
];

/// A string literal of a file and the name it is assigned to: `account_id = "123456789012"`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Literal {
    key: String,
    value: String,
}

/// Returns the checks of an environment if `infra/terraform` exists here or in a parent folder; none otherwise.
pub(super) fn checks(folder: &Path, environment: &EnvironmentConfig) -> Vec<Check> {
    let Some(tree) =
        folder.ancestors().map(|each| each.join("infra/terraform")).find(|each| each.join("envs").is_dir())
    else {
        return Vec::new();
    };
    let files = files(&tree, &environment.name);
    if files.is_empty() {
        return Vec::new();
    }
    let read = |path: &PathBuf| {
        let shown = path.strip_prefix(folder).unwrap_or(path).display().to_string();
        (shown, std::fs::read_to_string(path).unwrap_or_default())
    };
    let texts: Vec<(String, String)> = files.iter().map(read).collect();
    verdicts(&texts, environment)
}

/// Returns the files that contain an environment's own values: those of Terragrunt (`envs/NAME`) or of a plain root (`NAME`),
/// the units' own files, and the file of the account's bootstrap.
fn files(tree: &Path, name: &str) -> Vec<PathBuf> {
    let (units, plain) = (tree.join("envs").join(name), tree.join(name));
    let mut found: Vec<PathBuf> = Vec::new();
    if units.join("env.hcl").is_file() {
        found.push(units.join("env.hcl"));
        for unit in ["security", "monitoring", "compute", "instance"] {
            let own = ["terragrunt.hcl", "terraform.tfvars", ".tfvars.local"];
            found.extend(own.map(|file| units.join(unit).join(file)));
        }
    } else if plain.is_dir() {
        // The workspace that the cockpit operates is that of production.
        let own = ["prod.tfvars", "terraform.tfvars", "backend_override.tf"];
        found.extend(own.map(|file| plain.join(file)));
    }
    if !found.is_empty() {
        found.push(tree.join("envs/bootstrap/env.hcl"));
    }
    found.retain(|path| path.is_file());
    found
}

/// Checks these files, given as `(name, text)`.
fn verdicts(texts: &[(String, String)], environment: &EnvironmentConfig) -> Vec<Check> {
    let literals: Vec<(&str, Literal)> = texts
        .iter()
        .flat_map(|(name, text)| literals(text).into_iter().map(move |each| (name.as_str(), each)))
        .collect();
    let example = literals.iter().any(|(_, each)| each.key == "account_id" && each.value == ACCOUNT);
    let mut checks = Vec::new();
    let mut reported = BTreeSet::new();
    for (file, Literal { key, value }) in &literals {
        if let Some(hint) = hint(value, example).filter(|_| reported.insert((*file, key, value))) {
            checks.push(missing(format!("{key} in {file} is the example's {value}"), hint));
        }
        if key == "account_id" && value != ACCOUNT && environment.account.as_ref().is_some_and(|own| own != value) {
            let own = environment.account.as_deref().unwrap_or_default();
            let detail = format!("account_id in {file} is {value}, and `account` of the configuration is {own}");
            checks.push(missing(detail, "write the same account into both"));
        }
    }
    // Values that no file sets.
    for (name, without) in NEEDED {
        let given = texts.iter().any(|(_, text)| text.lines().any(|line| code(line).contains(name)));
        // A plain root admits the readers of CloudFront, not address ranges; but it must set the alarm addresses too.
        let required = name == "alarm_emails" || texts.iter().any(|(file, _)| file.ends_with("env.hcl"));
        if required && !given {
            let first = texts.first().map_or("", |(file, _)| file.as_str());
            checks.push(missing(format!("{name} is in no file: {without}"), format!("write it into {first}")));
        }
    }
    if checks.is_empty() {
        let shown = ["account_id", "domain_name", "repository"];
        let own = literals.iter().filter(|(_, each)| shown.contains(&each.key.as_str()));
        let own: BTreeSet<String> = own.map(|(_, each)| format!("{} {}", each.key, each.value)).collect();
        checks.push(Check::ok("own values", own.into_iter().collect::<Vec<_>>().join(", ")));
    }
    checks
}

fn missing(detail: String, hint: impl Into<String>) -> Check {
    Check::warn("own values", detail, hint)
}

/// Returns the hint on a value that is still an example's. `example`: the account is also the example's, so nothing in the
/// tree was adapted yet.
fn hint(value: &str, example: bool) -> Option<&'static str> {
    let host = value.rsplit('@').next().unwrap_or(value);
    if value.contains(ACCOUNT) {
        return Some("write your account: `aws sts get-caller-identity` shows it");
    }
    if DOMAINS.iter().any(|end| host.ends_with(end)) {
        return Some(if value.contains('@') { "write an address that somebody reads" } else { "write your domain" });
    }
    if ADDRESSES.iter().any(|begin| value.starts_with(begin)) {
        return Some("write your address: `curl https://checkip.amazonaws.com` shows it");
    }
    if value.starts_with("example/") {
        return Some("write your GitHub repository as owner/name");
    }
    if example && value == SHIPPED_DOMAIN {
        return Some("write your domain, or keep it if it is yours");
    }
    None
}

/// Returns a line without its comment, which begins with `#` or `//` outside quotes.
fn code(line: &str) -> &str {
    let mut quoted = false;
    let mut before = ' ';
    for (at, sign) in line.char_indices() {
        match sign {
            '"' if before != '\\' => quoted = !quoted,
            '#' if !quoted => return &line[..at],
            '/' if !quoted && before == '/' => return &line[..at - 1],
            _ => {}
        }
        before = sign;
    }
    line
}

/// Returns the string literals of a text with the names they are assigned to.
fn literals(text: &str) -> Vec<Literal> {
    let mut found = Vec::new();
    let mut key = String::new();
    for line in text.lines() {
        // Splitting at quotes yields names and operators, and literals, alternately.
        for (turn, part) in code(line).split('"').enumerate() {
            if turn % 2 == 1 {
                found.push(Literal { key: key.clone(), value: part.to_owned() });
            } else if let Some((before, _)) = part.rsplit_once('=') {
                let named = before.trim_end().rsplit(|sign: char| !(sign.is_alphanumeric() || sign == '_')).next();
                named.unwrap_or_default().clone_into(&mut key);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::doctor::Outcome;

    fn environment(account: &str) -> EnvironmentConfig {
        EnvironmentConfig { name: "staging".into(), account: Some(account.into()), ..Default::default() }
    }

    fn details(texts: &[(&str, &str)], account: &str) -> Vec<String> {
        let texts: Vec<_> = texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let checks = verdicts(&texts, &environment(account));
        assert!(checks.iter().all(|each| (each.status == Outcome::Warn) == each.hint.is_some()), "{checks:?}");
        checks.into_iter().map(|each| each.detail).collect()
    }

    #[test]
    fn example_values_are_reported_with_their_file() {
        let text = r#"
            account_id = "123456789012" # your account
            own = { security = { allowed_cidr_blocks = ["203.0.113.4/32"] }, monitoring = { alarm_emails = ["a@example.com"] } }
            domain = {
              name = "minimal.example.com"
            }
            repository = "example/bookmark-manager"
            bucket     = "cockpit-terraform-state-123456789012"
        "#;
        let found = details(&[("env.hcl", text)], "123456789012");
        let wanted = [
            "account_id in env.hcl is the example's 123456789012",
            "allowed_cidr_blocks in env.hcl is the example's 203.0.113.4/32",
            "alarm_emails in env.hcl is the example's a@example.com",
            "name in env.hcl is the example's minimal.example.com",
            "repository in env.hcl is the example's example/bookmark-manager",
            "bucket in env.hcl is the example's cockpit-terraform-state-123456789012",
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn adapted_values_are_shown() {
        let text = r#"
            account_id = "210987654321"
            own = { security = { allowed_cidr_blocks = ["198.18.7.1/32"] }, monitoring = { alarm_emails = ["a@team.dev"] } }
            domain_name = "tidilyspace.app" # the team's own
        "#;
        assert_eq!(
            details(&[("env.hcl", text)], "210987654321"),
            ["account_id 210987654321, domain_name tidilyspace.app"]
        );
    }

    #[test]
    fn shipped_domain_is_reported_with_the_example_account() {
        let text = "account_id = \"123456789012\"\nname = \"tidilyspace.app\"\nallowed_cidr_blocks alarm_emails";
        let found = details(&[("env.hcl", text)], "123456789012");
        assert_eq!(found.last().unwrap(), "name in env.hcl is the example's tidilyspace.app");
    }

    #[test]
    fn required_value_in_a_comment_counts_as_missing() {
        let text = "account_id = \"210987654321\"\nsecurity = {} # { allowed_cidr_blocks = [\"203.0.113.4/32\"] }\n";
        let found = details(&[("env.hcl", text), ("security/terragrunt.hcl", "inputs = {}")], "210987654321");
        assert!(found[0].starts_with("allowed_cidr_blocks is in no file"), "{found:?}");
        assert!(found[1].starts_with("alarm_emails is in no file"), "{found:?}");
        let own = ("security/terraform.tfvars", "allowed_cidr_blocks = [\"198.18.7.1/32\"]");
        assert_eq!(details(&[("env.hcl", text), own], "210987654321").len(), 1);
    }

    #[test]
    fn account_that_differs_from_the_configuration_is_reported() {
        let text = "account_id = \"210987654321\"\nallowed_cidr_blocks alarm_emails";
        let found = details(&[("env.hcl", text)], "111111111111");
        assert_eq!(
            found,
            ["account_id in env.hcl is 210987654321, and `account` of the configuration is 111111111111"]
        );
    }

    #[test]
    fn comment_begins_only_outside_quotes() {
        assert_eq!(code(r#"a = "x#y//z" # b = "c""#), r#"a = "x#y//z" "#);
        assert_eq!(code("a = 1 // b"), "a = 1 ");
        assert_eq!(code(r##"a = "\"#" # b"##), r##"a = "\"#" "##);
    }
}
