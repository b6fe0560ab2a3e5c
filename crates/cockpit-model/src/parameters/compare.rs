//! Comparison of two environments: parameter names that one lacks, or that have different types. Values are never
//! compared.

use super::{Kind, Parameter};
use std::collections::BTreeMap;

/// One of the two environments, with its parameters.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The name of the environment.
    pub environment: &'a str,
    /// The paths of its parameters.
    pub prefixes: &'a [String],
    pub parameters: &'a [Parameter],
}

/// A name that differs between the two sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The common name, with `*` in place of the environment's name.
    pub name: String,
    /// Full name and type on the left side, if it exists there.
    pub left: Option<(String, Kind)>,
    /// Full name and type on the right side, if it exists there.
    pub right: Option<(String, Kind)>,
}

/// Returns the names that one side lacks or that have different types, sorted.
pub fn differences(left: &Side<'_>, right: &Side<'_>) -> Vec<Difference> {
    let mut by_name: BTreeMap<String, Difference> = BTreeMap::new();
    for one in left.parameters {
        entry(&mut by_name, left, one).left = Some((one.name.clone(), one.kind));
    }
    for one in right.parameters {
        entry(&mut by_name, right, one).right = Some((one.name.clone(), one.kind));
    }
    let kind = |side: &Option<(String, Kind)>| side.as_ref().map(|(_, kind)| *kind);
    by_name.into_values().filter(|one| kind(&one.left) != kind(&one.right)).collect()
}

fn entry<'a>(by_name: &'a mut BTreeMap<String, Difference>, side: &Side<'_>, one: &Parameter) -> &'a mut Difference {
    let name = shared(&one.name, side);
    by_name.entry(name.clone()).or_insert_with(|| Difference { name, left: None, right: None })
}

/// Returns a name without its environment-specific part: a part of its path that is or contains the environment's name
/// as a word, or else the configured path that it is under.
pub fn shared(name: &str, side: &Side<'_>) -> String {
    let mut found = false;
    let parts: Vec<String> = name
        .split('/')
        .map(|part| {
            let words: Vec<&str> = part.split_inclusive(['-', '_', '.']).collect();
            let is_environment = |word: &str| word.trim_end_matches(['-', '_', '.']) == side.environment;
            if found || !words.iter().any(|word| is_environment(word)) {
                return part.to_owned();
            }
            found = true;
            let starred = words.iter().map(|word| {
                if is_environment(word) { word.replace(side.environment, "*") } else { (*word).to_owned() }
            });
            starred.collect()
        })
        .collect();
    if found {
        return parts.join("/");
    }
    let under = side.prefixes.iter().filter(|prefix| prefix.ends_with('/') && name.starts_with(prefix.as_str()));
    match under.max_by_key(|prefix| prefix.len()) {
        Some(prefix) if side.prefixes.len() == 1 => format!("*/{}", &name[prefix.len()..]),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(names: &[(&str, Kind)]) -> Vec<Parameter> {
        names
            .iter()
            .map(|(name, kind)| Parameter { name: (*name).into(), kind: *kind, ..Parameter::default() })
            .collect()
    }

    #[test]
    fn names_are_compared_without_the_environment() {
        let staging = parameters(&[
            ("/shop/staging/A", Kind::Secure),
            ("/shop/staging/B", Kind::Plain),
            ("/shop/staging/ONLY", Kind::Secure),
            ("/datadog/api-key", Kind::Secure),
        ]);
        let prod = parameters(&[
            ("/shop/prod/A", Kind::Secure),
            ("/shop/prod/B", Kind::Secure),
            ("/shop/prod/MORE", Kind::Secure),
            ("/datadog/api-key", Kind::Secure),
        ]);
        let left = Side { environment: "staging", prefixes: &[], parameters: &staging };
        let right = Side { environment: "prod", prefixes: &[], parameters: &prod };
        let found: Vec<_> = differences(&left, &right)
            .into_iter()
            .map(|one| format!("{} {} {}", one.name, one.left.is_some(), one.right.is_some()))
            .collect();
        assert_eq!(found, ["/shop/*/B true true", "/shop/*/MORE false true", "/shop/*/ONLY true false"]);
    }

    #[test]
    fn environment_is_found_as_a_word_or_by_its_path() {
        let all = ["/live/".to_owned()];
        let side = |environment, prefixes| Side { environment, prefixes, parameters: &[] };
        assert_eq!(shared("/shop-prod/A", &side("prod", &[])), "/shop-*/A");
        assert_eq!(shared("shop.prod.A", &side("prod", &[])), "shop.*.A");
        assert_eq!(shared("/production/A", &side("prod", &[])), "/production/A", "no word of its own");
        assert_eq!(shared("/live/x/A", &side("prod", &all)), "*/x/A");
    }
}
