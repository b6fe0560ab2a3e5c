//! Two environments beside each other: which names one lacks, and which are of another type. Never values.

use super::{Kind, Parameter};
use std::collections::BTreeMap;

/// One of the two environments, with its names.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The name of the environment.
    pub environment: &'a str,
    /// The paths that its parameters lie under.
    pub prefixes: &'a [String],
    pub parameters: &'a [Parameter],
}

/// A name with what either side has of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The name that both would share, with `*` in the place of the environment's.
    pub name: String,
    /// Its whole name and type at the left, where it is there.
    pub left: Option<(String, Kind)>,
    /// The same on the right.
    pub right: Option<(String, Kind)>,
}

/// Names that one side lacks, or has of another type, in their order.
pub fn differences(left: &Side<'_>, right: &Side<'_>) -> Vec<Difference> {
    let mut all: BTreeMap<String, Difference> = BTreeMap::new();
    for one in left.parameters {
        entry(&mut all, left, one).left = Some((one.name.clone(), one.kind));
    }
    for one in right.parameters {
        entry(&mut all, right, one).right = Some((one.name.clone(), one.kind));
    }
    let kind = |side: &Option<(String, Kind)>| side.as_ref().map(|(_, kind)| *kind);
    all.into_values().filter(|one| kind(&one.left) != kind(&one.right)).collect()
}

fn entry<'a>(all: &'a mut BTreeMap<String, Difference>, side: &Side<'_>, one: &Parameter) -> &'a mut Difference {
    let name = shared(&one.name, side);
    all.entry(name.clone()).or_insert_with(|| Difference { name, left: None, right: None })
}

/// The name without what is of its environment alone: a part of its path that is the environment's name, or has it as a
/// word, else the configured path that it lies under.
pub fn shared(name: &str, side: &Side<'_>) -> String {
    let mut found = false;
    let parts: Vec<String> = name
        .split('/')
        .map(|part| {
            let words: Vec<&str> = part.split_inclusive(['-', '_', '.']).collect();
            let bare = |word: &str| word.trim_end_matches(['-', '_', '.']) == side.environment;
            if found || !words.iter().any(|word| bare(word)) {
                return part.to_owned();
            }
            found = true;
            let starred = words
                .iter()
                .map(|word| if bare(word) { word.replace(side.environment, "*") } else { (*word).to_owned() });
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
    fn names_are_compared_without_the_environment_in_them() {
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
        let told: Vec<_> = differences(&left, &right)
            .into_iter()
            .map(|one| format!("{} {} {}", one.name, one.left.is_some(), one.right.is_some()))
            .collect();
        assert_eq!(told, ["/shop/*/B true true", "/shop/*/MORE false true", "/shop/*/ONLY true false"]);
    }

    #[test]
    fn an_environment_is_found_as_a_word_of_a_part_or_by_its_path() {
        let all = ["/live/".to_owned()];
        let side = |environment, prefixes| Side { environment, prefixes, parameters: &[] };
        assert_eq!(shared("/shop-prod/A", &side("prod", &[])), "/shop-*/A");
        assert_eq!(shared("shop.prod.A", &side("prod", &[])), "shop.*.A");
        assert_eq!(shared("/production/A", &side("prod", &[])), "/production/A", "no word of its own");
        assert_eq!(shared("/live/x/A", &side("prod", &all)), "*/x/A");
    }
}
