//! The owner of a parameter, by where it lies: Parameter Store keeps those of all environments of an account side by
//! side, and a name that is typed whole may be another one's.

use super::named::{ParameterReference, key, readers};
use super::{belongs, prefixes};
use crate::cdn;
use crate::deploy::{Check, Level};
use crate::names::listed;

/// Another environment whose parameters lie in the same account and region.
#[derive(Debug, Clone, Copy)]
pub struct Neighbour<'a> {
    pub project: &'a str,
    pub environment: &'a str,
    /// Its paths, where its configuration names them.
    pub configured: &'a [String],
}

/// The evidence on which parameters are an environment's.
#[derive(Debug, Clone)]
pub struct Place<'a> {
    pub project: &'a str,
    pub environment: &'a str,
    /// Its paths, where its configuration names them; else they are those of what its task definitions name.
    pub configured: &'a [String],
    /// Single parameters that its configuration names.
    pub also: Vec<&'a str>,
    pub named: &'a [ParameterReference],
    /// Whether all of its task definitions were read.
    pub complete: bool,
    pub neighbours: Vec<Neighbour<'a>>,
}

impl<'a> Place<'a> {
    /// The other environment that a parameter is of, by where it lies.
    pub fn neighbour(&self, name: &str) -> Option<&'a str> {
        let explicit = self.explicit(name);
        let own = explicit.max(longest(name, &self.learned())).max(self.reads(name));
        let theirs = self.neighbours.iter().filter_map(|other| Some((self.lies_with(other, name)?, other.environment)));
        // The longest path tells it best; of two that are the same, what was written down does.
        let (depth, other) = theirs.max()?;
        own.is_none_or(|own| depth > own || (depth == own && explicit != Some(own))).then_some(other)
    }

    /// The check that keeps this environment from changing a parameter; none where it is its own.
    pub fn refuses(&self, name: &str) -> Option<Check> {
        let environment = self.environment;
        if let Some(other) = self.neighbour(name) {
            return Some(Check::usage(format!("{name} belongs to {other}, not to {environment}")).hint(format!(
                "choose it with --env {other}; if both use it, name it in `parameters` of [environments.{environment}]"
            )));
        }
        let learned = self.learned();
        if self.explicit(name).or(longest(name, &learned)).or(self.reads(name)).is_some() {
            return None;
        }
        let paths: Vec<&str> = self.configured.iter().chain(&learned).map(String::as_str).collect();
        let by_name = segment(name, self.project, environment).is_some() || !name.contains('/');
        if by_name && (paths.is_empty() || (!self.complete && self.configured.is_empty())) {
            return None;
        }
        if self.configured.is_empty() && !self.complete {
            let text = format!("whether {name} is of {environment} is not known: not all task definitions were read");
            return Some(Check::new(Level::Stop, text).hint(self.way(name, &[])));
        }
        let text = match paths.as_slice() {
            [] => format!("nothing says that {name} is of {environment}"),
            // Where none has a path, a new one has none either.
            all if !name.contains('/') && all.iter().all(|path| !path.ends_with('/')) => return None,
            all => format!("{name} does not belong to {environment}, whose parameters lie under {}", listed(all)),
        };
        Some(Check::usage(text).hint(self.way(name, &paths)))
    }

    fn explicit(&self, name: &str) -> Option<usize> {
        longest(name, self.configured).max(self.also.contains(&name).then_some(name.len()))
    }

    fn learned(&self) -> Vec<String> {
        if self.configured.is_empty() {
            prefixes(self.named.iter().filter_map(|one| one.from.parameter()))
        } else {
            Vec::new()
        }
    }

    /// The length of its folder, where a service of the environment reads it: that says less than a path of somebody's does.
    fn reads(&self, name: &str) -> Option<usize> {
        let read = !readers(self.named, name).is_empty();
        read.then(|| name.rfind('/').map_or(name.len(), |slash| slash + 1))
    }

    fn way(&self, name: &str, paths: &[&str]) -> String {
        let folder = name.rfind('/').map_or(name, |slash| &name[..=slash]);
        let all: Vec<String> = paths.iter().copied().chain([folder]).map(|path| format!("\"{path}\"")).collect();
        let environment = self.environment;
        format!(
            "choose the environment that it belongs to with --env, or write parameters = [{}] into [environments.{environment}]",
            all.join(", ")
        )
    }

    /// How much of a name says that it is another environment's.
    fn lies_with(&self, other: &Neighbour<'_>, name: &str) -> Option<usize> {
        let by_name = segment(name, other.project, other.environment)
            .filter(|_| segment(name, self.project, self.environment).is_none());
        longest(name, other.configured).max(by_name)
    }
}

/// The length of the longest of these paths that a parameter lies under.
fn longest(name: &str, paths: &[String]) -> Option<usize> {
    let lies = |path: &&String| belongs(name, std::slice::from_ref(*path)) || key(path) == key(name);
    paths.iter().filter(lies).map(String::len).max()
}

/// The length of the path down to the folder that is called as an environment is.
fn segment(name: &str, project: &str, environment: &str) -> Option<usize> {
    let called = cdn::prefixes(project, environment);
    let (folders, _) = name.rsplit_once('/')?;
    let mut length = 0;
    for folder in folders.split('/') {
        length += folder.len() + 1;
        if called.iter().any(|called| called == folder) {
            return Some(length);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::named::From;

    fn named(names: &[&str]) -> Vec<ParameterReference> {
        let one = |name: &&str| ParameterReference {
            service: "shop-staging-web".into(),
            short: "web".into(),
            definition: "web:1".into(),
            container: "web".into(),
            variable: "KEY".into(),
            from: From::parse(name),
            execution_role: None,
        };
        names.iter().map(one).collect()
    }

    /// The refusal for staging of a name; none where it is its own.
    fn told(name: &str, configured: &[&str], names: &[&str], prods: &[&str]) -> Option<String> {
        let owned = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
        let (configured, prods, named) = (owned(configured), owned(prods), named(names));
        let neighbours = vec![Neighbour { project: "shop", environment: "prod", configured: &prods }];
        let place = Place {
            project: "shop",
            environment: "staging",
            configured: &configured,
            also: vec!["/elsewhere/db"],
            named: &named,
            complete: true,
            neighbours,
        };
        place.refuses(name).map(|check| check.text)
    }

    #[test]
    fn what_lies_outside_of_the_paths_of_an_environment_is_not_its_own() {
        let names = ["/shop/staging/URL", "/datadog/api-key"];
        for own in ["/shop/staging/NEW", "/shop/staging/mail/FROM", "/datadog/other", "/elsewhere/db"] {
            assert_eq!(told(own, &[], &names, &[]), None, "{own}");
        }
        assert_eq!(
            told("/shop/prod/URL", &[], &names, &[]).as_deref(),
            Some("/shop/prod/URL belongs to prod, not to staging")
        );
        let outside = "/other/URL does not belong to staging, whose parameters lie under /datadog/, /shop/staging/";
        assert_eq!(told("/other/URL", &[], &names, &[]).as_deref(), Some(outside));
        assert_eq!(told("/datadog/api-key", &["/shop/staging/"], &names, &[]), None, "a service of its own reads it");
        assert!(told("/datadog/other", &["/shop/staging/"], &names, &[]).is_some(), "configured paths are all");
        assert_eq!(told("KEY", &[], &["OTHER"], &[]), None, "where none has a path, a new one has none");
        assert!(told("KEY", &[], &names, &[]).is_some());
    }

    #[test]
    fn a_path_that_two_environments_lie_under_is_that_of_the_one_it_names_best() {
        let prods = |name: &str, configured: &[&str], names: &[&str], theirs: &[&str]| {
            told(name, configured, names, theirs).is_some_and(|text| text.ends_with("belongs to prod, not to staging"))
        };
        // What staging reads at the top has it learn a path that prod lies under.
        assert!(prods("/shop/prod/URL", &[], &["/shop/SHARED"], &[]));
        assert!(prods("/shop/prod/URL", &[], &["/shop/prod/URL"], &[]), "read by staging as well, and written by prod");
        assert!(prods("/shop/prod/URL", &["/shop/"], &[], &[]));
        assert!(prods("/shop/live/URL", &["/shop/"], &[], &["/shop/live/"]));
        assert!(prods("/shop/live/URL", &[], &["/shop/live/URL"], &["/shop/live/"]));
        for (name, configured, theirs) in [
            ("/shop/prod/URL", "/shop/prod/", ""),
            ("/shop/live/URL", "/shop/live/", "/shop/live/"),
            ("/shop/staging/prod/URL", "/shop/staging/", ""),
        ] {
            let theirs: &[&str] = if theirs.is_empty() { &[] } else { &[theirs] };
            assert_eq!(told(name, &[configured], &[], theirs), None, "{name}");
        }
    }

    #[test]
    fn where_nothing_says_where_its_parameters_lie_the_name_does() {
        for own in ["/shop/staging/URL", "/shop-staging/URL", "KEY"] {
            assert_eq!(told(own, &[], &[], &[]), None, "{own}");
        }
        assert_eq!(told("/x/URL", &[], &[], &[]).as_deref(), Some("nothing says that /x/URL is of staging"));
        assert!(told("/shop/prod/URL", &[], &[], &[]).is_some());
        let place = Place {
            project: "shop",
            environment: "staging",
            configured: &[],
            also: Vec::new(),
            named: &named(&["/datadog/api-key"]),
            complete: false,
            neighbours: Vec::new(),
        };
        assert_eq!(place.refuses("/shop/staging/URL"), None, "the rest may name it");
        let unknown = place.refuses("/x/URL").expect("it is not known to be its own");
        assert!(!unknown.usage && unknown.text.contains("not all task definitions were read"), "{unknown:?}");
    }
}
