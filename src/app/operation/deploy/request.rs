//! Requests for a deployment: their kinds, titles, button labels and command lines.

use crate::config::{BuildConfig, Hooks};

/// The source of a deployment: an image, a revision, or the same definition again.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// An image in the service's repository, by tag or digest.
    Image(String),
    /// The same task definition again, with new tasks.
    Force,
    /// An image built now.
    Build {
        config: BuildConfig,
        /// Whether to build despite uncommitted changes.
        dirty: bool,
    },
    /// A revision that ran before: the named one, or the previous one.
    RollBack(Option<String>),
    /// The deployment in progress, or the last one: it is only watched.
    Attach,
}

/// A requested deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The full name of the service.
    pub service: String,
    /// The short name of the service.
    pub short: String,
    pub source: Source,
    /// The task definition to copy instead of the running one.
    pub base: Option<String>,
    /// The container whose image to change instead of the main one.
    pub container: Option<String>,
    /// Whether to enable ECS Exec as well.
    pub exec: bool,
    /// Whether to roll back an early failure from here; `None`: only if the circuit breaker would not.
    pub roll_back: Option<bool>,
    /// The hooks before and after.
    pub hooks: Hooks,
    /// The build flags as typed: ` --platform linux/arm64`.
    pub flags: String,
}

impl Request {
    /// A request with only the source given.
    pub fn new(service: String, short: String, source: Source, hooks: Hooks) -> Self {
        // A rollback is not rolled back again.
        let roll_back = matches!(source, Source::RollBack(_)).then_some(false);
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
    pub fn command_line(&self) -> String {
        let short = &self.short;
        let mut words = match &self.source {
            Source::Image(image) => format!("deploy {short} --image {image}"),
            Source::Force if self.exec => format!("deploy {short} --enable-exec"),
            Source::Force => format!("deploy {short} --force"),
            Source::Build { dirty, .. } => {
                format!("deploy {short} --build{}{}", if *dirty { " --dirty" } else { "" }, self.flags)
            }
            Source::Attach => format!("deploy {short} --attach"),
            Source::RollBack(None) => return format!("rollback {short}"),
            Source::RollBack(Some(to)) => return format!("rollback {short} --to {to}"),
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
            Source::RollBack(_) => format!("roll {short} back"),
            Source::Attach => format!("watch {short}"),
        }
    }

    /// The label of the confirmation button.
    pub fn verb(&self) -> &'static str {
        match &self.source {
            Source::Force if self.exec => "Enable",
            Source::Image(_) | Source::Build { .. } | Source::Force => "Deploy",
            Source::RollBack(_) => "Roll back",
            Source::Attach => "Watch",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_line_has_every_given_flag() {
        let new = |source| Request::new("app-web".into(), "web".into(), source, Hooks::default());
        assert_eq!(new(Source::Image("abc".into())).command_line(), "deploy web --image abc");
        assert_eq!(new(Source::Force).command_line(), "deploy web --force");
        let exec = Request { exec: true, ..new(Source::Force) };
        assert_eq!((exec.command_line().as_str(), exec.verb()), ("deploy web --enable-exec", "Enable"));
        assert_eq!(new(Source::Attach).command_line(), "deploy web --attach");
        let base = Some("web:7".to_owned());
        let request = Request { base, container: Some("app".into()), ..new(Source::Force) };
        assert_eq!(request.command_line(), "deploy web --force --from web:7 --container app");
        let on = |on| Request { roll_back: Some(on), ..new(Source::Force) }.command_line();
        assert_eq!(on(true), "deploy web --force --rollback-on-failure");
        assert_eq!(on(false), "deploy web --force --no-rollback");
    }

    #[test]
    fn rollback_request_never_rolls_back_by_itself() {
        let new = |to| Request::new("app-web".into(), "web".into(), Source::RollBack(to), Hooks::default());
        assert_eq!(new(None).roll_back, Some(false));
        assert_eq!(new(None).command_line(), "rollback web");
        assert_eq!(new(Some("web:7".into())).command_line(), "rollback web --to web:7");
    }
}
