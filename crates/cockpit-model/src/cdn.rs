//! `CloudFront` distributions and invalidations: which belong to an environment, which paths are valid, and the cost.

use jiff::Timestamp;

/// Free invalidation paths per month, for all distributions of an account. Source: `CloudFront`'s pricing.
pub const FREE: u64 = 1_000;
/// Price of each further path, in thousandths of a dollar. Source: the same.
pub const PRICE_MILLS: u64 = 5;
/// Maximum number of paths without a wildcard in one request. Source: `CloudFront`'s quotas.
pub const MAX_PATHS: usize = 3_000;
/// Maximum number of paths with a wildcard in progress at a time. Source: the same.
pub const MAX_WILDCARDS: usize = 15;
/// Maximum length of a path, in characters. Source: the same.
const MAX_PATH_CHARS: usize = 4_000;

/// A `CloudFront` distribution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Distribution {
    /// `E2EXAMPLE1DIST`.
    pub id: String,
    /// `d111111abcdef8.cloudfront.net`.
    pub domain: String,
    /// The host names that it serves in addition to its domain.
    pub aliases: Vec<String>,
    pub comment: String,
    /// `Deployed`, `InProgress`.
    pub status: String,
    pub enabled: bool,
}

/// A request to remove cached paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invalidation {
    pub id: String,
    /// `InProgress`, `Completed`.
    pub status: String,
    pub at: Option<Timestamp>,
    pub paths: Vec<String>,
    /// The caller reference: a repeated reference means the same invalidation.
    pub reference: String,
}

/// The invalidations of a month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Month {
    pub paths: u64,
    /// Whether there were more than were read: `paths` is then a lower bound.
    pub more: bool,
}

impl Distribution {
    /// The distribution's name for people: its first alias, else its domain.
    pub fn title(&self) -> &str {
        self.aliases.first().map_or(&self.domain, String::as_str)
    }

    /// Whether `typed` is its id, one of its host names, or its comment.
    pub fn matches_text(&self, typed: &str) -> bool {
        let names = [&self.id, &self.domain, &self.comment];
        names.into_iter().chain(&self.aliases).any(|name| name.eq_ignore_ascii_case(typed))
    }
}

/// Whether a resource with these names belongs to an environment: by the configured names and patterns, or else by the
/// name prefix that the environment's Terraform uses.
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

/// Returns the possible name prefixes of an environment: `bookmark-manager-staging`; just the project if it has one
/// environment.
pub fn prefixes(project: &str, environment: &str) -> Vec<String> {
    match (project.is_empty(), project == environment) {
        (true, _) => vec![environment.to_owned()],
        (false, true) => vec![project.to_owned()],
        // The environment's name may already contain the project: `pantri-dev`.
        (false, false) => vec![format!("{project}-{environment}"), environment.to_owned()],
    }
}

/// Checks that a path can be invalidated.
///
/// # Errors
/// The problem, as a sentence.
pub fn check(path: &str) -> Result<(), String> {
    if !path.starts_with('/') {
        return Err(format!("`{path}` does not begin with a slash: write it as in a URL, such as /images/*"));
    }
    if path.chars().count() > MAX_PATH_CHARS {
        return Err(format!("a path has {MAX_PATH_CHARS} characters at most"));
    }
    if let Some(bad) = path.chars().find(|c| !c.is_ascii() || c.is_ascii_whitespace() || c.is_ascii_control()) {
        return Err(format!("`{path}` has `{bad}` in it: write it as URLs do, with %"));
    }
    Ok(())
}

/// Describes in a sentence which objects a path invalidates.
pub fn describe_path(path: &str) -> String {
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

/// Returns the price of `paths` after `before` earlier ones in the month, in thousandths of a dollar.
pub fn cost_mills(before: u64, paths: u64) -> u64 {
    ((before + paths).saturating_sub(FREE.max(before))) * PRICE_MILLS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_beyond_the_monthly_allowance_cost() {
        assert_eq!(cost_mills(0, 1_000), 0);
        assert_eq!(cost_mills(999, 1), 0);
        assert_eq!(cost_mills(999, 2), 5);
        assert_eq!(cost_mills(5_000, 3), 15);
        assert_eq!(cost_mills(0, 1_200), 1_000);
    }

    #[test]
    fn path_must_be_an_absolute_url_path() {
        for good in ["/", "/*", "/a/b.js", "/a%20b?x=1", "/日".replace('日', "%E6%97%A5").as_str()] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["", "images/*", "/日本", "/a b", "/a\nb"] {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert!(check(&format!("/{}", "a".repeat(4_000))).is_err());
    }

    #[test]
    fn wildcard_works_only_at_the_end() {
        assert!(describe_path("/*").contains("everything"));
        assert!(describe_path("/images/*").contains("below /images/"));
        assert!(describe_path("/img*").contains("begins with /img"));
        assert!(describe_path("/a/*/b").contains("stands for itself"));
        assert!(describe_path("/docs/").contains("/docs/* would be all"));
    }

    #[test]
    fn ownership_follows_configuration_or_name_prefix() {
        let (none, prefix) = (Vec::new(), prefixes("pantri", "prod"));
        assert!(belongs(&["pantri-prod-users"], &none, &prefix) && belongs(&["pantri-prod"], &none, &prefix));
        assert!(!belongs(&["pantri-production"], &none, &prefix) && !belongs(&["pantri-dev"], &none, &prefix));
        assert!(belongs(&["E1", "cdn.example"], &["E*".to_owned()], &prefix));
        assert!(!belongs(&["pantri-prod"], &["E*".to_owned()], &prefix), "configured names are exclusive");
        assert_eq!(prefixes("pantri", "pantri"), ["pantri"]);
        assert!(belongs(&["pantri-dev-users"], &none, &prefixes("pantri", "pantri-dev")));
    }
}
