//! Distributions of `CloudFront` and what is thrown away of their caches: which are an environment's, which paths may be
//! named, and what it costs.

use jiff::Timestamp;

/// Paths of a month that cost nothing, of an account over all its distributions. Source: `CloudFront`'s pricing.
pub const FREE: u64 = 1_000;
/// Each further one, in thousandths of a dollar. Source: the same.
pub const PRICE_MILLS: u64 = 5;
/// Paths without a wildcard that one request may name. Source: `CloudFront`'s quotas.
pub const MOST: usize = 3_000;
/// Paths with a wildcard that may be under way at a time. Source: the same.
pub const MOST_WILDCARDS: usize = 15;
/// Characters of a path. Source: the same.
const LONGEST: usize = 4_000;

/// A `CloudFront` distribution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Distribution {
    /// `E2EXAMPLE1DIST`.
    pub id: String,
    /// `d111111abcdef8.cloudfront.net`.
    pub domain: String,
    /// The host names that it serves, beside its own.
    pub aliases: Vec<String>,
    pub comment: String,
    /// `Deployed`, `InProgress`.
    pub status: String,
    pub enabled: bool,
}

/// A request to throw cached paths away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invalidation {
    pub id: String,
    /// `InProgress`, `Completed`.
    pub status: String,
    pub at: Option<Timestamp>,
    pub paths: Vec<String>,
    /// The caller reference: the same again means the same invalidation.
    pub reference: String,
}

/// The invalidations of a month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Month {
    pub paths: u64,
    /// Whether there was more than was read: it is at least that.
    pub more: bool,
}

impl Distribution {
    /// The distribution's name for people: its first alias, else its domain.
    pub fn title(&self) -> &str {
        self.aliases.first().map_or(&self.domain, String::as_str)
    }

    /// Whether it is meant by what was typed: its id, one of its names, or its comment.
    pub fn is_called(&self, typed: &str) -> bool {
        let names = [&self.id, &self.domain, &self.comment];
        names.into_iter().chain(&self.aliases).any(|name| name.eq_ignore_ascii_case(typed))
    }
}

/// Whether a thing that has these names is one of an environment: as configured by names or patterns, else by the beginning
/// that its Terraform gives all names.
pub fn belongs(names: &[&str], configured: &[String], prefixes: &[String]) -> bool {
    if configured.is_empty() {
        return names.iter().any(|name| {
            prefixes.iter().any(|prefix| {
                name.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            })
        });
    }
    configured.iter().any(|pattern| names.iter().any(|name| log_store::pattern::matches(pattern, name)))
}

/// The beginning of names of an environment: `bookmark-manager-staging`; of a project with one environment the project.
pub fn prefixes(project: &str, environment: &str) -> Vec<String> {
    match (project.is_empty(), project == environment) {
        (true, _) => vec![environment.to_owned()],
        (false, true) => vec![project.to_owned()],
        // An environment may have the project in its own name: `pantri-dev`.
        (false, false) => vec![format!("{project}-{environment}"), environment.to_owned()],
    }
}

/// Why a path cannot be invalidated.
///
/// # Errors
/// What is wrong with it, in a sentence.
pub fn check(path: &str) -> Result<(), String> {
    if !path.starts_with('/') {
        return Err(format!(
            "`{path}` does not begin with a slash: paths are as readers ask for them, such as /images/*"
        ));
    }
    if path.chars().count() > LONGEST {
        return Err(format!("a path has {LONGEST} characters at most"));
    }
    if let Some(bad) = path.chars().find(|c| !c.is_ascii() || c.is_ascii_whitespace() || c.is_ascii_control()) {
        return Err(format!("`{path}` has `{bad}` in it: write it as URLs do, with %"));
    }
    Ok(())
}

/// A sentence on the objects that a path invalidates.
pub fn explained(path: &str) -> String {
    match path.strip_suffix('*') {
        Some("/") => "/*: everything; every object is asked of the origin again".to_owned(),
        Some(start) if start.ends_with('/') => format!("{path}: every object below {start}"),
        Some(start) => format!("{path}: every object whose path begins with {start}"),
        None if path.contains('*') => {
            format!("{path}: that one object; a * that is not the last character stands for itself")
        }
        None if path.ends_with('/') => format!("{path}: that one object, and nothing below it: {path}* would be all"),
        None => format!("{path}: that one object; with query strings only where the path names them"),
    }
}

/// The price of so many paths after those of the month, in thousandths of a dollar.
pub fn cost_mills(before: u64, paths: u64) -> u64 {
    ((before + paths).saturating_sub(FREE.max(before))) * PRICE_MILLS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_beyond_the_first_thousand_of_a_month_cost() {
        assert_eq!(cost_mills(0, 1_000), 0);
        assert_eq!(cost_mills(999, 1), 0);
        assert_eq!(cost_mills(999, 2), 5);
        assert_eq!(cost_mills(5_000, 3), 15);
        assert_eq!(cost_mills(0, 1_200), 1_000);
    }

    #[test]
    fn a_path_is_as_readers_ask_for_it() {
        for good in ["/", "/*", "/a/b.js", "/a%20b?x=1", "/日".replace('日', "%E6%97%A5").as_str()] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["", "images/*", "/日本", "/a b", "/a\nb"] {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert!(check(&format!("/{}", "a".repeat(4_000))).is_err());
    }

    #[test]
    fn a_wildcard_is_one_only_at_the_end() {
        assert!(explained("/*").contains("everything"));
        assert!(explained("/images/*").contains("below /images/"));
        assert!(explained("/img*").contains("begins with /img"));
        assert!(explained("/a/*/b").contains("stands for itself"));
        assert!(explained("/docs/").contains("/docs/* would be all"));
    }

    #[test]
    fn what_is_an_environments_is_told_by_configuration_or_by_the_beginning_of_its_name() {
        let (none, prefix) = (Vec::new(), prefixes("pantri", "prod"));
        assert!(belongs(&["pantri-prod-users"], &none, &prefix) && belongs(&["pantri-prod"], &none, &prefix));
        assert!(!belongs(&["pantri-production"], &none, &prefix) && !belongs(&["pantri-dev"], &none, &prefix));
        assert!(belongs(&["E1", "cdn.example"], &["E*".to_owned()], &prefix));
        assert!(!belongs(&["pantri-prod"], &["E*".to_owned()], &prefix), "what is configured is all");
        assert_eq!(prefixes("pantri", "pantri"), ["pantri"]);
        assert!(belongs(&["pantri-dev-users"], &none, &prefixes("pantri", "pantri-dev")));
    }
}
