//! Resource names: shortening for display, lookup by typed text, lists, and suggestions for mistyped names.

use super::text::common_prefix;
use log_store::name::{generated_suffix, without_generated_suffix};
use std::collections::{HashMap, HashSet};

/// The short forms of a set of names: without their common prefix and without generated suffixes, as long as they stay
/// distinct.
#[derive(Debug, Clone, Default)]
pub struct Shortening<'a> {
    prefix: &'a str,
    /// Short forms that are ambiguous, and full names.
    taken: HashSet<&'a str>,
}

impl<'a> Shortening<'a> {
    /// Computes the short forms of these names.
    pub fn of(names: impl IntoIterator<Item = &'a str>) -> Self {
        let names: Vec<&str> = names.into_iter().collect();
        let prefix = common_prefix(names.iter().map(|name| without_generated_suffix(name)));
        let mut count: HashMap<&str, usize> = HashMap::with_capacity(names.len());
        for name in &names {
            *count.entry(cut(name, prefix)).or_default() += 1;
        }
        let mut taken: HashSet<&str> =
            count.into_iter().filter(|(_, count)| *count > 1).map(|(short, _)| short).collect();
        // The short form of one must not be the name of another.
        taken.extend(names.iter().filter(|name| cut(name, prefix) != **name));
        Self { prefix, taken }
    }

    /// Returns the prefix that all names share.
    pub fn prefix(&self) -> &'a str {
        self.prefix
    }

    /// Returns the short form of one of the names.
    pub fn short<'n>(&self, name: &'n str) -> &'n str {
        let short = cut(name, self.prefix);
        if !self.taken.contains(short) {
            return short;
        }
        let with_all = name.strip_prefix(self.prefix).filter(|rest| !rest.is_empty()).unwrap_or(name);
        if self.taken.contains(with_all) { name } else { with_all }
    }
}

/// Returns the name without the prefix and without a generated suffix.
fn cut<'n>(name: &'n str, prefix: &str) -> &'n str {
    without_generated_suffix(name)
        .strip_prefix(prefix)
        .filter(|rest| !rest.is_empty())
        .unwrap_or_else(|| without_generated_suffix(name))
}

/// Resolves typed text to a full name. The rules in order: the name itself; its short form; whole words at its end,
/// with or without the logical id that a tool has added; whole words anywhere in it, case-sensitive or not. The first
/// rule that only one name meets decides.
///
/// # Errors
/// The candidate names: several, or none.
pub fn find<'a>(typed: &str, names: &[&'a str]) -> Result<&'a str, Vec<&'a str>> {
    if typed.trim().is_empty() {
        return Err(Vec::new());
    }
    if let Some(name) = names.iter().find(|name| **name == typed) {
        return Ok(name);
    }
    let shortening = Shortening::of(names.iter().copied());
    find_with(typed, names.iter().map(|name| (*name, shortening.short(name))))
}

/// A rule that compares a name and its short form with the typed text.
type Rule<'a> = &'a dyn Fn(&str, &str) -> bool;

/// Does the same for names with known short forms: pairs of a name and its short form.
///
/// # Errors
/// The candidate names: several, or none.
pub fn find_with<'a>(
    typed: &str,
    mut names: impl Iterator<Item = (&'a str, &'a str)> + Clone,
) -> Result<&'a str, Vec<&'a str>> {
    let candidates = names.clone();
    if typed.trim().is_empty() {
        return Err(Vec::new());
    }
    if let Some((name, _)) = names.find(|(name, _)| *name == typed) {
        return Ok(name);
    }
    let (lower, wanted) = (typed.to_lowercase(), words(typed));
    let exact = |word: &str, other: &str| word == other;
    let rules: [Rule<'_>; 10] = [
        &|_, short| short == typed,
        &|_, short| short.to_lowercase() == lower,
        &|name, short| {
            let from = name.find(short).filter(|_| !short.is_empty());
            from.is_some_and(|at| with_logical_id(name).get(at..) == Some(typed))
        },
        &|name, _| is_whole_end(name, typed),
        &|name, _| ends(&words(without_generated_suffix(name)), &wanted, exact),
        &|name, _| ends(&words(with_logical_id(name)), &wanted, exact),
        &|name, _| ends_in(typed, name),
        &|name, _| within(&words(without_generated_suffix(name)), &wanted, exact),
        &|name, _| within(&words(with_logical_id(name)), &wanted, exact),
        &|name, _| is_name_or_words(typed, name),
    ];
    let mut close = Vec::new();
    for rule in rules {
        let found: Vec<&str> =
            candidates.clone().filter(|(name, short)| rule(name, short)).map(|(name, _)| name).collect();
        match found.as_slice() {
            [one] => return Ok(one),
            [] => {}
            _ if close.is_empty() => close = found,
            _ => {}
        }
    }
    Err(close)
}

/// Returns a name without its generated suffix, but with the logical id before that.
fn with_logical_id(name: &str) -> &str {
    generated_suffix(name).map_or(name, |part| &name[..name.len() - part.len() - 1])
}

/// Whether the typed text is the end of the name, including the generated suffix.
fn is_whole_end(name: &str, typed: &str) -> bool {
    generated_suffix(name).is_some_and(|part| typed.len() >= part.len())
        && name.strip_suffix(typed).is_some_and(|rest| rest.ends_with(['-', '_', '/']))
}

/// Whether the typed text is the name, or whole words of it.
pub fn is_name_or_words(typed: &str, name: &str) -> bool {
    let any_case = |word: &str, other: &str| word.eq_ignore_ascii_case(other);
    let (name_body, parts) = (without_generated_suffix(name), |text| parts(text).collect::<Vec<_>>());
    name == typed
        || within(&words(name_body), &words(typed), any_case)
        || within(&parts(name_body), &parts(typed), any_case)
}

/// Whether the typed text is whole words at the end of the name, in any case. A generated suffix is not a word, and
/// neither is the `Service` at the end of the CDK's logical ids.
pub fn ends_in(typed: &str, name: &str) -> bool {
    let (wanted, name_words) = (words(typed), words(without_generated_suffix(name)));
    let any_case = |word: &str, other: &str| word.eq_ignore_ascii_case(other);
    let without = name_words.split_last().filter(|(last, _)| any_case(last, "Service")).map(|(_, rest)| rest);
    !wanted.is_empty()
        && (ends(&name_words, &wanted, any_case) || without.is_some_and(|rest| ends(rest, &wanted, any_case)))
}

/// Returns the parts between the separators of a name.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty())
}

/// Returns the words of a name: split at separators, and at the start of each capitalized word.
fn words(name: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for part in parts(name) {
        let mut from = 0;
        let chars: Vec<(usize, char)> = part.char_indices().collect();
        for at in 1..chars.len() {
            let (before, here) = (chars[at - 1].1, chars[at].1);
            let next_is_small = chars.get(at + 1).is_some_and(|(_, next)| next.is_lowercase());
            if here.is_uppercase() && (before.is_lowercase() || (before.is_uppercase() && next_is_small)) {
                found.push(&part[from..chars[at].0]);
                from = chars[at].0;
            }
        }
        found.push(&part[from..]);
    }
    found
}

fn same(a: &[&str], b: &[&str], equal: impl Fn(&str, &str) -> bool) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
}

fn ends(words: &[&str], wanted: &[&str], equal: impl Fn(&str, &str) -> bool) -> bool {
    !wanted.is_empty() && words.len() >= wanted.len() && same(&words[words.len() - wanted.len()..], wanted, equal)
}

fn within(words: &[&str], wanted: &[&str], equal: impl Fn(&str, &str) -> bool + Copy) -> bool {
    !wanted.is_empty() && words.windows(wanted.len()).any(|run| same(run, wanted, equal))
}

/// Lists names: at most 20, and the number of the others.
pub fn list_names(names: &[&str]) -> String {
    const SHOWN: usize = 20;
    let text = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN { format!("{text} … and {} more", names.len() - SHOWN) } else { text }
}

/// Returns the name most similar to the typed text, if one is similar enough.
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(typed, name), name))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// The parts of an ARN of an ECS service or task, or of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    pub region: &'a str,
    pub account: &'a str,
    /// `service`, `task`, `cluster`, `db`.
    pub kind: &'a str,
    /// The cluster, if the ARN has one; ARNs from before 2018 have none.
    pub cluster: Option<&'a str>,
    /// The resource's name or id.
    pub name: &'a str,
}

impl<'a> Arn<'a> {
    /// Splits an ARN into its parts; `None` if it is not an ARN of this kind.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next() != Some("arn") {
            return None;
        }
        let (service, region, account, resource) = (parts.nth(1)?, parts.next()?, parts.next()?, parts.next()?);
        let (kind, cluster, name) = match service {
            "ecs" => {
                let (kind, rest) = resource.split_once('/')?;
                match rest.split_once('/') {
                    Some((cluster, name)) => (kind, Some(cluster), name),
                    None => (kind, None, rest),
                }
            }
            "rds" => {
                let (kind, name) = resource.split_once(':')?;
                (kind, None, name)
            }
            _ => return None,
        };
        (!name.is_empty()).then_some(Self { region, account, kind, cluster, name })
    }

    /// Returns why the ARN does not belong to this account, region and cluster. Unknown values are not compared.
    pub fn mismatch(&self, account: Option<&str>, region: Option<&str>, cluster: Option<&str>) -> Option<String> {
        let differs = |what: &str, here: Option<&str>, there: &str| {
            here.filter(|here| *here != there)
                .map(|here| format!("it is of {what} {there}, and the environment of {here}"))
        };
        // The configuration may name the cluster by its ARN.
        let cluster = cluster.map(|cluster| cluster.rsplit('/').next().unwrap_or(cluster));
        differs("account", account, self.account)
            .or_else(|| differs("region", region, self.region))
            .or_else(|| differs("cluster", cluster, self.cluster?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COPILOT: [&str; 4] = [
        "shop-prod-web-Service-1A2B3C4D5E6F",
        "shop-prod-admin-web-Service-2B3C4D5E6F7A",
        "shop-prod-api-Service-3fXq9Zc1LmPa",
        "shop-prod-api-worker-Service-4D5E6F7A8B9C",
    ];
    const CDK: [&str; 2] = ["ShopProd-WebServiceD2A8E1F4-qN2bR8WmZ0aB", "ShopProd-ApiService9571FDD8-8HZbVYEo9Rzx"];
    const PLAIN: [&str; 3] =
        ["bookmark-manager-staging-web", "bookmark-manager-staging-api", "bookmark-manager-staging-cron"];

    fn shorts(names: &[&'static str]) -> Vec<&'static str> {
        let shortening = Shortening::of(names.iter().copied());
        names.iter().map(|name| shortening.short(name)).collect()
    }

    #[test]
    fn name_is_found_by_its_last_words() {
        for (typed, name, expected) in [
            ("web", "shop-prod-web", true),
            ("web", "web", true),
            ("admin-web", "shop-admin-web", true),
            ("web", "ShopProd-WebServiceD2A8E1F4-qN2bR8WmZ0aB", true),
            ("web", "shop-prod-web-Service-1A2B3C4D5E6F", true),
            ("web", "web-3f2a9c1b", true),
            ("shop", "shop-prod-web", false),
            ("eb", "shop-prod-web", false),
            ("web", "shop-web-admin", false),
            ("", "web", false),
        ] {
            assert_eq!(ends_in(typed, name), expected, "{typed} of {name}");
        }
    }

    #[test]
    fn short_name_omits_common_prefix_and_generated_suffix() {
        assert_eq!(shorts(&COPILOT), ["web", "admin-web", "api", "api-worker"]);
        assert_eq!(shorts(&CDK), ["WebService", "ApiService"]);
        assert_eq!(shorts(&PLAIN), ["web", "api", "cron"]);
        assert_eq!(shorts(&COPILOT[..1]), ["shop-prod-web"]);
        assert_eq!(shorts(&["svc-0001", "svc-0002"]), ["0001", "0002"]);
    }

    #[test]
    fn short_names_are_distinct_from_each_other_and_from_full_names() {
        let twice = ["a-web-Service-1A2B3C4D5E6F", "a-web-Service-9Z8Y7X6W5V4U", "a-api-Service-3C4D5E6F7A8B"];
        assert_eq!(shorts(&twice), ["web-Service-1A2B3C4D5E6F", "web-Service-9Z8Y7X6W5V4U", "api"]);
        // `a-b` is one of the names, so it cannot be the short form of the other.
        assert_eq!(shorts(&["a-a-b", "a-b"]), ["a-a-b", "b"]);
        assert_eq!(shorts(&["web-9f3c2e1", "web-1a2b3c4"]), ["web-9f3c2e1", "web-1a2b3c4"]);
    }

    #[test]
    fn unique_run_of_whole_words_is_enough() {
        for (typed, expected) in [
            (COPILOT[0], COPILOT[0]),
            ("web", COPILOT[0]),
            ("prod-web", COPILOT[0]),
            ("shop-prod-web", COPILOT[0]),
            ("Web", COPILOT[0]),
            ("admin", COPILOT[1]),
            ("admin-web", COPILOT[1]),
            ("api", COPILOT[2]),
            ("api-worker", COPILOT[3]),
            ("worker", COPILOT[3]),
            ("1A2B3C4D5E6F", COPILOT[0]),
            ("web-Service", COPILOT[0]),
            ("shop-prod-web-Service", COPILOT[0]),
            ("admin-web-Service", COPILOT[1]),
            ("api-Service", COPILOT[2]),
        ] {
            assert_eq!(find(typed, &COPILOT), Ok(expected), "{typed}");
        }
        for (typed, expected) in [
            ("web", CDK[0]),
            ("WebService", CDK[0]),
            ("WebServiceD2A8E1F4", CDK[0]),
            ("ShopProd-ApiService9571FDD8", CDK[1]),
            ("Api", CDK[1]),
            ("shopprod-webservice", CDK[0]),
        ] {
            assert_eq!(find(typed, &CDK), Ok(expected), "{typed}");
        }
        // A service with exactly this name is preferred to one that contains the word.
        let both = ["Stack-WebServiceD2A8E1F4-qN2bR8WmZ0aB", "Stack-web-admin"];
        assert_eq!(find("web", &both), Ok(both[0]));
        for (typed, expected) in [("web", PLAIN[0]), ("staging-api", PLAIN[1]), ("cron", PLAIN[2])] {
            assert_eq!(find(typed, &PLAIN), Ok(expected), "{typed}");
        }
    }

    #[test]
    fn ambiguous_or_unknown_text_is_rejected() {
        for typed in ["shop", "shop-prod", "prod"] {
            assert_eq!(find(typed, &COPILOT).map_err(|close| close.len()), Err(4), "{typed}");
        }
        for typed in ["", " ", "-", "we", "eb", "webs", "min-web", "Service-1A2B3C4D5E6", "web-admin", "5E6F", "b"] {
            assert_eq!(find(typed, &COPILOT).map_err(|close| close.len()), Err(0), "{typed}");
        }
        assert_eq!(find("", &COPILOT[..1]), Err(Vec::new()), "empty text does not match the only name");
        assert_eq!(find("staging", &PLAIN).map_err(|close| close.len()), Err(3));
        assert_eq!(find("we", &["web"]), Err(Vec::new()));
    }

    #[test]
    fn arn_of_another_environment_is_recognized() {
        let text = "arn:aws:ecs:eu-west-1:123456789012:service/shop-prod/shop-prod-web-Service-1A2B3C4D5E6F";
        let arn = Arn::parse(text).unwrap();
        assert_eq!((arn.kind, arn.cluster, arn.name), ("service", Some("shop-prod"), COPILOT[0]));
        assert_eq!(arn.mismatch(Some("123456789012"), Some("eu-west-1"), Some("shop-prod")), None);
        assert_eq!(arn.mismatch(None, None, Some("arn:aws:ecs:eu-west-1:123456789012:cluster/shop-prod")), None);
        for (account, region, cluster) in [
            ("9", "eu-west-1", "shop-prod"),
            ("123456789012", "us-east-1", "shop-prod"),
            ("123456789012", "eu-west-1", "x"),
        ] {
            assert!(arn.mismatch(Some(account), Some(region), Some(cluster)).is_some(), "{account} {region} {cluster}");
        }
        assert_eq!(Arn::parse("arn:aws:ecs:r:1:service/web").unwrap().cluster, None);
        assert_eq!(Arn::parse("arn:aws:rds:r:1:cluster:prod-aurora").unwrap().name, "prod-aurora");
        for text in ["web", "arn:", "arn:aws:ecs:r:1:service/", "arn:aws:s3:::bucket"] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }
}
