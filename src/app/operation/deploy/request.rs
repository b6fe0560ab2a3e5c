//! Requests for a deployment: their kinds, titles, button labels and command lines.

use crate::config::{BuildConfig, Hooks};

/// The source of a deployment: an image, a revision, or the same once more.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// An image in the service's repository, by tag or digest.
    Image(String),
    /// The same task definition again, with new tasks.
    Force,
    /// An image that is built now.
    Build {
        config: BuildConfig,
        /// Though the tree has changes that are not committed.
        dirty: bool,
    },
    /// A revision that ran before: this one, or the one right before.
    Back(Option<String>),
    /// The deployment that is under way, or that ended last: it is only watched.
    Attach,
}

/// A deployment that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The service's whole name.
    pub service: String,
    /// The short name of the service.
    pub short: String,
    pub source: Source,
    /// The task definition that is copied instead of the one that runs.
    pub base: Option<String>,
    /// The container whose image is changed instead of the main one.
    pub container: Option<String>,
    /// ECS Exec is switched on with it.
    pub exec: bool,
    /// Whether what fails early is rolled back from here; none: where the circuit breaker would not do it.
    pub roll_back: Option<bool>,
    /// Commands before and after.
    pub hooks: Hooks,
    /// Flags of the build, as they were typed: ` --platform linux/arm64`.
    pub flags: String,
}

impl Request {
    /// A request that says no more than what is deployed.
    pub fn new(service: String, short: String, source: Source, hooks: Hooks) -> Self {
        // The way back is not taken back again.
        let roll_back = matches!(source, Source::Back(_)).then_some(false);
        Self {
            service,
            short,
            source,
            base: None,
            container: None,
            exec: false,
            roll_back,
            hooks,
            flags: String::new(),
        }
    }

    /// The command line that does this, without the environment.
    pub fn typed(&self) -> String {
        let short = &self.short;
        let mut words = match &self.source {
            Source::Image(image) => format!("deploy {short} --image {image}"),
            Source::Force if self.exec => format!("deploy {short} --enable-exec"),
            Source::Force => format!("deploy {short} --force"),
            Source::Build { dirty, .. } => {
                format!("deploy {short} --build{}{}", if *dirty { " --dirty" } else { "" }, self.flags)
            }
            Source::Attach => format!("deploy {short} --attach"),
            Source::Back(None) => return format!("rollback {short}"),
            Source::Back(Some(to)) => return format!("rollback {short} --to {to}"),
        };
        let named = [("--from", &self.base), ("--container", &self.container)];
        for (flag, value) in named.into_iter().filter_map(|(flag, value)| Some((flag, value.as_ref()?))) {
            words = format!("{words} {flag} {value}");
        }
        match self.roll_back {
            Some(true) => words.push_str(" --rollback-on-failure"),
            Some(false) => words.push_str(" --no-rollback"),
            None => {}
        }
        words
    }

    /// `deploy web`.
    pub fn title(&self) -> String {
        let short = &self.short;
        match &self.source {
            Source::Image(_) | Source::Build { .. } => format!("deploy {short}"),
            Source::Force if self.exec => format!("enable ECS Exec on {short}"),
            Source::Force => format!("deploy {short} anew"),
            Source::Back(_) => format!("roll {short} back"),
            Source::Attach => format!("watch {short}"),
        }
    }

    /// The word on the button of a yes.
    pub fn verb(&self) -> &'static str {
        match &self.source {
            Source::Force if self.exec => "Enable",
            Source::Image(_) | Source::Build { .. } | Source::Force => "Deploy",
            Source::Back(_) => "Roll back",
            Source::Attach => "Watch",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_has_every_flag_that_was_given() {
        let new = |source| Request::new("app-web".into(), "web".into(), source, Hooks::default());
        assert_eq!(new(Source::Image("abc".into())).typed(), "deploy web --image abc");
        assert_eq!(new(Source::Force).typed(), "deploy web --force");
        let exec = Request { exec: true, ..new(Source::Force) };
        assert_eq!((exec.typed().as_str(), exec.verb()), ("deploy web --enable-exec", "Enable"));
        assert_eq!(new(Source::Attach).typed(), "deploy web --attach");
        let base = Some("web:7".to_owned());
        let request = Request { base, container: Some("app".into()), ..new(Source::Force) };
        assert_eq!(request.typed(), "deploy web --force --from web:7 --container app");
        let on = |on| Request { roll_back: Some(on), ..new(Source::Force) }.typed();
        assert_eq!(on(true), "deploy web --force --rollback-on-failure");
        assert_eq!(on(false), "deploy web --force --no-rollback");
    }

    #[test]
    fn a_rollback_request_never_rolls_back_by_itself() {
        let new = |to| Request::new("app-web".into(), "web".into(), Source::Back(to), Hooks::default());
        assert_eq!(new(None).roll_back, Some(false));
        assert_eq!(new(None).typed(), "rollback web");
        assert_eq!(new(Some("web:7".into())).typed(), "rollback web --to web:7");
    }
}
