//! The environment that a parameter belongs to, by its path. Parameter Store keeps the parameters of all environments
//! of an account together, so a typed full name may belong to another environment.

use super::references::{ParameterReference, normalize, readers};
use super::{is_under_path, prefixes};
use crate::cdn;
use crate::deploy::{Check, Level};
use crate::names::list_names;

/// Another environment with parameters in the same account and region.
#[derive(Debug, Clone, Copy)]
pub struct Neighbour<'a> {
    pub project: &'a str,
    pub environment: &'a str,
    /// Its paths, if configured.
    pub configured: &'a [String],
}

/// The data that decides which parameters belong to an environment.
#[derive(Debug, Clone)]
pub struct ParameterScope<'a> {
    pub project: &'a str,
    pub environment: &'a str,
    /// Its paths, if configured; otherwise, they are derived from the references of its task definitions.
    pub configured: &'a [String],
    /// Single parameters in its configuration.
    pub extra_names: Vec<&'a str>,
    pub references: &'a [ParameterReference],
    /// Whether all of its task definitions were read.
    pub complete: bool,
    pub neighbours: Vec<Neighbour<'a>>,
}

impl<'a> ParameterScope<'a> {
    /// Returns the other environment that a parameter belongs to by its path, if any.
    pub fn neighbour(&self, name: &str) -> Option<&'a str> {
        let explicit = self.explicit(name);
        let own = explicit.max(longest(name, &self.learned())).max(self.reads(name));
        let matching_others =
            self.neighbours.iter().filter_map(|other| Some((self.lies_with(other, name)?, other.environment)));
        // The longest path decides; between equal ones, a configured path wins.
        let (depth, other) = matching_others.max()?;
        own.is_none_or(|own| depth > own || (depth == own && explicit != Some(own))).then_some(other)
    }

    /// Returns the check that prevents changing a parameter of another environment; `None` if it is this environment's
    /// own.
    pub fn foreign_check(&self, name: &str) -> Option<Check> {
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
            return Some(Check::new(Level::Stop, text).hint(self.hint(name, &[])));
        }
        let text = match paths.as_slice() {
            [] => format!("nothing says that {name} is of {environment}"),
            // If no parameter has a path, a new one needs none either.
            all if !name.contains('/') && all.iter().all(|path| !path.ends_with('/')) => return None,
            all => format!("{name} does not belong to {environment}, whose parameters lie under {}", list_names(all)),
        };
        Some(Check::usage(text).hint(self.hint(name, &paths)))
    }

    fn explicit(&self, name: &str) -> Option<usize> {
        longest(name, self.configured).max(self.extra_names.contains(&name).then_some(name.len()))
    }

    fn learned(&self) -> Vec<String> {
        if self.configured.is_empty() {
            prefixes(self.references.iter().filter_map(|one| one.from.parameter()))
        } else {
            Vec::new()
        }
    }

    /// Returns the length of its folder if a service of the environment reads it; weaker evidence than a path of an
    /// environment.
    fn reads(&self, name: &str) -> Option<usize> {
        let read = !readers(self.references, name).is_empty();
        read.then(|| name.rfind('/').map_or(name.len(), |slash| slash + 1))
    }

    fn hint(&self, name: &str, paths: &[&str]) -> String {
        let folder = name.rfind('/').map_or(name, |slash| &name[..=slash]);
        let suggested: Vec<String> = paths.iter().copied().chain([folder]).map(|path| format!("\"{path}\"")).collect();
        let environment = self.environment;
        format!(
            "choose the environment that it belongs to with --env, or write parameters = [{}] into [environments.{environment}]",
            suggested.join(", ")
        )
    }

    /// Returns how much of a name indicates that it belongs to another environment.
    fn lies_with(&self, other: &Neighbour<'_>, name: &str) -> Option<usize> {
        let by_name = segment(name, other.project, other.environment)
            .filter(|_| segment(name, self.project, self.environment).is_none());
        longest(name, other.configured).max(by_name)
    }
}

/// Returns the length of the longest of these paths that a parameter is under.
fn longest(name: &str, paths: &[String]) -> Option<usize> {
    let is_under =
        |path: &&String| is_under_path(name, std::slice::from_ref(*path)) || normalize(path) == normalize(name);
    paths.iter().filter(is_under).map(String::len).max()
}

/// Returns the length of the path down to the folder that is named after an environment.
fn segment(name: &str, project: &str, environment: &str) -> Option<usize> {
    let folder_names = cdn::prefixes(project, environment);
    let (folders, _) = name.rsplit_once('/')?;
    let mut length = 0;
    for folder in folders.split('/') {
        length += folder.len() + 1;
        if folder_names.iter().any(|expected| expected == folder) {
            return Some(length);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::references::ValueSource;

    fn named(names: &[&str]) -> Vec<ParameterReference> {
        let one = |name: &&str| ParameterReference {
            service: "shop-staging-web".into(),
            short: "web".into(),
            definition: "web:1".into(),
            container: "web".into(),
            variable: "KEY".into(),
            from: ValueSource::parse(name),
            execution_role: None,
        };
        names.iter().map(one).collect()
    }

    /// Returns the text with which staging refuses a name; `None` if the name is its own.
    fn refusal(name: &str, configured: &[&str], names: &[&str], prods: &[&str]) -> Option<String> {
        let owned = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
        let (configured, prods, named) = (owned(configured), owned(prods), named(names));
        let neighbours = vec![Neighbour { project: "shop", environment: "prod", configured: &prods }];
        let place = ParameterScope {
            project: "shop",
            environment: "staging",
            configured: &configured,
            extra_names: vec!["/elsewhere/db"],
            references: &named,
            complete: true,
            neighbours,
        };
        place.foreign_check(name).map(|check| check.text)
    }

    #[test]
    fn parameter_outside_the_paths_is_refused() {
        let names = ["/shop/staging/URL", "/datadog/api-key"];
        for own in ["/shop/staging/NEW", "/shop/staging/mail/FROM", "/datadog/other", "/elsewhere/db"] {
            assert_eq!(refusal(own, &[], &names, &[]), None, "{own}");
        }
        assert_eq!(
            refusal("/shop/prod/URL", &[], &names, &[]).as_deref(),
            Some("/shop/prod/URL belongs to prod, not to staging")
        );
        let outside = "/other/URL does not belong to staging, whose parameters lie under /datadog/, /shop/staging/";
        assert_eq!(refusal("/other/URL", &[], &names, &[]).as_deref(), Some(outside));
        assert_eq!(
            refusal("/datadog/api-key", &["/shop/staging/"], &names, &[]),
            None,
            "a service of its own reads it"
        );
        assert!(
            refusal("/datadog/other", &["/shop/staging/"], &names, &[]).is_some(),
            "configured paths are exclusive"
        );
        assert_eq!(refusal("KEY", &[], &["OTHER"], &[]), None, "if none has a path, a new one needs none");
        assert!(refusal("KEY", &[], &names, &[]).is_some());
    }

    #[test]
    fn longest_matching_path_decides_the_environment() {
        let prods = |name: &str, configured: &[&str], names: &[&str], theirs: &[&str]| {
            refusal(name, configured, names, theirs)
                .is_some_and(|text| text.ends_with("belongs to prod, not to staging"))
        };
        // A parameter that staging reads at the top gives it a derived path that includes prod's.
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
            assert_eq!(refusal(name, &[configured], &[], theirs), None, "{name}");
        }
    }

    #[test]
    fn name_decides_if_there_are_no_paths() {
        for own in ["/shop/staging/URL", "/shop-staging/URL", "KEY"] {
            assert_eq!(refusal(own, &[], &[], &[]), None, "{own}");
        }
        assert_eq!(refusal("/x/URL", &[], &[], &[]).as_deref(), Some("nothing says that /x/URL is of staging"));
        assert!(refusal("/shop/prod/URL", &[], &[], &[]).is_some());
        let place = ParameterScope {
            project: "shop",
            environment: "staging",
            configured: &[],
            extra_names: Vec::new(),
            references: &named(&["/datadog/api-key"]),
            complete: false,
            neighbours: Vec::new(),
        };
        assert_eq!(place.foreign_check("/shop/staging/URL"), None, "the rest may name it");
        let unknown = place.foreign_check("/x/URL").expect("it is not known to be its own");
        assert!(!unknown.usage && unknown.text.contains("not all task definitions were read"), "{unknown:?}");
    }
}
