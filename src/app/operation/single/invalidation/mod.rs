//! Invalidates paths of a `CloudFront` distribution: the request, its checks and its cost.

pub mod call;

use super::{Decided, Job, Sent, SingleChange};
use crate::app::command::Risk;
use crate::app::operation::call::{Read, Reply, Write};
use crate::app::operation::machine::NewOperation;
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::step::Ctx;
use crate::config::EnvironmentConfig;
use crate::model::Failure;
use crate::model::cdn::{self, Distribution, Invalidation, Month};
use crate::model::deploy::{Change, Check, Level};
use crate::model::names::list_names;
use crate::model::text::shell_quote;
use crate::model::time::sentence_duration;
use call::{Batch, CdnRead, CdnReply};
use jiff::ToSpan as _;
use serde_json::{Value, json};

const DISTRIBUTIONS: &str = "distributions";
const MONTH: &str = "month";
/// Maximum number of paths explained, and shown in an operation's title.
const SHOWN: usize = 8;

/// A request for an invalidation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The distribution: its id or one of its names; `None` for the environment's only one.
    pub distribution: Option<String>,
    /// The paths as readers request them.
    pub paths: Vec<String>,
}

impl Request {
    /// Parses what was typed: the distribution, if named, and the paths, which begin with a slash.
    ///
    /// # Errors
    /// When no path is given, or one is not a path.
    pub fn parse<T: AsRef<str>>(words: &[T]) -> Result<Self, String> {
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        let (distribution, paths) = match &words[..] {
            [first, rest @ ..] if !first.starts_with('/') && !rest.is_empty() => (Some((*first).to_owned()), rest),
            words => (None, words),
        };
        if paths.is_empty() {
            return Err("a path is needed".to_owned());
        }
        paths.iter().try_for_each(|path| cdn::check(path))?;
        // A path given twice would cost twice.
        let mut each: Vec<String> = Vec::new();
        for path in paths {
            if each.iter().all(|known| known != path) {
                each.push((*path).to_owned());
            }
        }
        Ok(Self { distribution, paths: each })
    }

    /// The command line, without the environment.
    fn typed(&self) -> String {
        let words = self.distribution.iter().chain(&self.paths).map(|word| shell_quote(word));
        format!("invalidate {}", words.collect::<Vec<_>>().join(" "))
    }
}

/// An invalidation in progress.
#[derive(Debug, Clone, PartialEq)]
pub struct InvalidationChange {
    request: Request,
    all: Vec<Distribution>,
    month: Option<Result<Month, Failure>>,
    /// The id of the selected distribution.
    chosen: Option<String>,
    id: Option<String>,
    last: Option<Invalidation>,
}

impl From<Request> for NewOperation {
    fn from(request: Request) -> Self {
        Box::new(SingleChange::new(InvalidationChange {
            request,
            all: Vec::new(),
            month: None,
            chosen: None,
            id: None,
            last: None,
        }))
    }
}

/// Whether a distribution belongs to an environment: by configuration, by a probed host, or by its comment.
pub fn is_of(distribution: &Distribution, environment: &EnvironmentConfig) -> bool {
    let names: Vec<&str> = [&distribution.id, &distribution.domain, &distribution.comment]
        .into_iter()
        .chain(&distribution.aliases)
        .map(String::as_str)
        .collect();
    let configured = &environment.distributions;
    let probed =
        configured.is_empty() && distribution.aliases.iter().any(|name| environment.health.hosts.contains(name));
    probed || cdn::belongs(&names, configured, &cdn::prefixes(&environment.project, &environment.name))
}

impl InvalidationChange {
    fn distribution(&self) -> Option<String> {
        self.chosen.clone()
    }

    /// The requested distribution, or why it cannot be determined.
    fn selected_distribution(&self, environment: &EnvironmentConfig) -> Result<&Distribution, Check> {
        let name = &environment.name;
        let own: Vec<&Distribution> = self.all.iter().filter(|one| is_of(one, environment)).collect();
        let described = |found: &[&Distribution]| {
            let names: Vec<String> = found.iter().map(|one| format!("{} ({})", one.id, one.title())).collect();
            list_names(&names.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let configure = "name it with `distributions` in the environment's configuration";
        let Some(typed) = &self.request.distribution else {
            return match &own[..] {
                [one] => Ok(one),
                [] if self.all.is_empty() => Err(Check::usage("the account has no distribution")),
                [] => Err(Check::usage(format!("no distribution is known to be one of {name}")).hint(configure)),
                several => Err(Check::usage(format!("{name} has several distributions"))
                    .hint(format!("name one of {}", described(several)))),
            };
        };
        let called: Vec<&Distribution> = own.iter().copied().filter(|one| one.matches_text(typed)).collect();
        match (&called[..], self.all.iter().find(|one| one.matches_text(typed))) {
            ([one], _) => Ok(one),
            ([], None) => {
                let check = Check::usage(format!("there is no distribution {typed}"));
                Err(if own.is_empty() { check } else { check.hint(format!("there are: {}", described(&own))) })
            }
            ([], Some(_)) => {
                Err(Check::usage(format!("{typed} is not known to be one of {name}'s distributions")).hint(configure))
            }
            (several, _) => Err(Check::usage(format!("{typed} could be several distributions"))
                .hint(format!("name an id: {}", described(several)))),
        }
    }

    fn checks(&self, one: &Distribution) -> Vec<Check> {
        let paths = &self.request.paths;
        let mut checks: Vec<Check> = paths.iter().filter_map(|path| cdn::check(path).err()).map(Check::usage).collect();
        let (wild, plain): (Vec<&String>, Vec<&String>) = paths.iter().partition(|path| path.ends_with('*'));
        for (count, most, what) in
            [(plain.len(), cdn::MAX_PATHS, "paths"), (wild.len(), cdn::MAX_WILDCARDS, "paths with a wildcard")]
        {
            if count > most {
                checks.push(Check::usage(format!("{count} {what}: CloudFront takes {most} at a time")));
            }
        }
        if !one.enabled {
            checks.push(Check::new(Level::Warn, format!("{} is switched off: it serves nothing", one.id)));
        }
        if one.status != "Deployed" {
            checks.push(Check::new(Level::Note, format!("a change of {} is being deployed ({})", one.id, one.status)));
        }
        for path in paths.iter().take(SHOWN) {
            let level = if path == "/*" { Level::Warn } else { Level::Note };
            checks.push(Check::new(level, cdn::describe_path(path)));
        }
        if paths.len() > SHOWN {
            checks.push(Check::new(Level::Note, format!("and {} more paths", paths.len() - SHOWN)));
        }
        checks.push(self.price());
        checks
    }

    fn price(&self) -> Check {
        let paths = self.request.paths.len() as u64;
        let free = "the first 1,000 paths of a month are free, each further one costs $0.005";
        let price_text = |month: &Month| {
            let (least, mills) = (if month.more { "at least " } else { "" }, cdn::cost_mills(month.paths, paths));
            let before = format!("{least}{} paths were invalidated this month", month.paths);
            if mills > 0 {
                let dollars = format!("${}.{:03}", mills / 1_000, mills % 1_000);
                Check::new(Level::Warn, format!("it costs {least}{dollars}: {before}")).hint(free)
            } else if month.more {
                Check::new(Level::Note, format!("it may cost up to $0.005 a path: {before}; {free}"))
            } else {
                Check::new(Level::Note, format!("free of charge: {before}; {free}"))
            }
        };
        match &self.month {
            Some(Ok(month)) => price_text(month),
            Some(Err(failure)) => Check::new(Level::Note, format!("what it costs is not known: {failure}; {free}")),
            None => Check::new(Level::Note, free),
        }
    }
}

impl Job for InvalidationChange {
    fn title(&self) -> String {
        match &self.request.paths[..] {
            [only] => format!("invalidate {only}"),
            paths => format!("invalidate {} paths", paths.len()),
        }
    }

    fn verb(&self) -> &'static str {
        "Invalidate"
    }

    fn command_line(&self) -> String {
        self.request.typed()
    }

    fn risk(&self) -> Risk {
        Risk::Change
    }

    fn reads(&self, _: &Ctx<'_>) -> Vec<(&'static str, Read)> {
        vec![(DISTRIBUTIONS, Read::Cdn(CdnRead::Distributions))]
    }

    fn take_answer(
        &mut self,
        what: &'static str,
        outcome: Result<Reply, Failure>,
        ctx: &Ctx<'_>,
    ) -> Result<Vec<(&'static str, Read)>, Failure> {
        if what == MONTH {
            // The plan can do without the month's count.
            self.month = Some(outcome.and_then(|reply| match reply {
                Reply::Cdn(CdnReply::Month(month)) => Ok(month),
                _ => Err(Failure::mismatched_answer()),
            }));
            return Ok(Vec::new());
        }
        let Reply::Cdn(CdnReply::Distributions(all)) = outcome? else { return Err(Failure::mismatched_answer()) };
        self.all = all;
        self.chosen = self.selected_distribution(ctx.environment).ok().map(|one| one.id.clone());
        if self.chosen.is_none() || self.month.is_some() {
            return Ok(Vec::new());
        }
        // The free allowance is that of the whole account.
        let distributions = self.all.iter().map(|one| one.id.clone()).collect();
        let now = ctx.service_now.to_zoned(jiff::tz::TimeZone::UTC);
        let since = now.first_of_month().and_then(|first| first.start_of_day()).map(|first| first.timestamp());
        let since = since.unwrap_or_else(|_| ctx.service_now.saturating_sub(744.hours()).unwrap_or(ctx.service_now));
        Ok(vec![(MONTH, Read::Cdn(CdnRead::Month { distributions, since }))])
    }

    fn decide(&mut self, ctx: &Ctx<'_>) -> Decided {
        let one = match self.selected_distribution(ctx.environment) {
            Ok(one) => one,
            Err(check) => return Decided { checks: vec![check], ..Decided::default() },
        };
        let checks = self.checks(one);
        let stops = checks.iter().any(|check| check.level == Level::Stop);
        let reference = format!("cockpit-{}", ctx.service_now.as_nanosecond());
        let batch = Batch { distribution: one.id.clone(), paths: self.request.paths.clone(), reference };
        let names = if one.aliases.is_empty() { one.domain.clone() } else { one.aliases.join(", ") };
        let shown = self.request.paths.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(" ");
        Decided {
            write: (!stops).then_some(Write::Invalidate(batch)),
            steps: vec![
                format!("throwing away what {} ({names}) has cached of {shown}", one.id),
                "waiting until it is completed at every edge".to_owned(),
            ],
            changes: Change::of("distribution", String::new(), format!("{} ({names})", one.id)).into_iter().collect(),
            checks,
            undo: "what is thrown away is fetched from the origin again as it is asked for".to_owned(),
        }
    }

    fn state_to_recheck(&self) -> String {
        let one = |one: &Distribution| format!("{} {} {}", one.id, one.enabled, one.aliases.join(","));
        self.all.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    fn change_accepted(&mut self, reply: &Reply) {
        if let Reply::Cdn(CdnReply::Invalidation(Some(made))) = reply {
            self.id = Some(made.id.clone());
            self.last = Some(made.clone());
        }
    }

    fn progress_read(&self, _: &Write) -> Read {
        let id = self.id.clone().unwrap_or_default();
        let distribution = self.distribution().unwrap_or_default();
        Read::Cdn(CdnRead::Invalidation { distribution, id })
    }

    fn take_progress(&mut self, reply: Reply, sent: &Sent, ctx: &mut Ctx<'_>) -> Option<Outcome> {
        let Reply::Cdn(CdnReply::Invalidation(found)) = reply else { return None };
        let Some(found) = found else {
            let id = self.id.clone().unwrap_or_default();
            return Some(Outcome::new(Verdict::Unknown, format!("the invalidation {id} no longer exists")));
        };
        let done = found.status == "Completed";
        let waited = ctx.now.duration_since(sent.at);
        let took = if waited.as_secs() > 0 { format!(" after {}", sentence_duration(waited)) } else { String::new() };
        let summary = format!("{}: {} is completed{took}", self.title(), found.id);
        self.last = Some(found);
        done.then(|| Outcome::new(Verdict::Done, summary))
    }

    fn waiting_for(&self) -> &'static str {
        "waiting for the edges"
    }

    fn status_command(&self) -> String {
        match (&self.id, self.distribution()) {
            (Some(id), Some(distribution)) => {
                format!("aws cloudfront get-invalidation --distribution-id {distribution} --id {id}")
            }
            _ => "cockpit timeline".to_owned(),
        }
    }

    fn known_so_far(&self) -> Vec<String> {
        self.last.iter().map(|last| format!("{}: {}", last.id, last.status)).collect()
    }

    fn record(&self, _: Option<&Write>) -> (Value, Option<(&'static str, Value)>) {
        let paths: Vec<&String> = self.request.paths.iter().take(SHOWN).collect();
        let after = json!({"id": self.id, "paths": paths, "count": self.request.paths.len()});
        (Value::Null, Some(("invalidation", after)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_line_quotes_each_word() {
        let typed = |words: &[&str]| Request::parse(words).map(|request| request.typed());
        assert_eq!(typed(&["/a", "/b*"]).as_deref(), Ok("invalidate /a '/b*'"));
        assert_eq!(typed(&["my site", "/(a)?b=1;c"]).as_deref(), Ok("invalidate 'my site' '/(a)?b=1;c'"));
    }
}
