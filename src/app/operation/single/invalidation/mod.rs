//! Invalidates paths of a `CloudFront` distribution: which, and what it costs.

pub mod call;

use super::{Decided, Job, Sent, SingleChange};
use crate::app::command::Risk;
use crate::app::operation::call::{Read, Reply, Write};
use crate::app::operation::machine::What;
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::step::Ctx;
use crate::config::EnvironmentConfig;
use crate::model::Failure;
use crate::model::cdn::{self, Distribution, Invalidation, Month};
use crate::model::deploy::{Change, Check, Level};
use crate::model::names::listed;
use crate::model::text::quoted;
use crate::model::time::spoken;
use call::{Batch, CdnRead, CdnReply};
use jiff::ToSpan as _;
use serde_json::{Value, json};

const DISTRIBUTIONS: &str = "distributions";
const MONTH: &str = "month";
/// How many paths are explained, and shown of an operation's title.
const SHOWN: usize = 8;

/// An invalidation that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The distribution: its id, one of its names; none for the environment's only one.
    pub distribution: Option<String>,
    /// As readers ask for them.
    pub paths: Vec<String>,
}

impl Request {
    /// Reads what was typed: the distribution, where it is named, and the paths, which begin with a slash.
    ///
    /// # Errors
    /// No path is named, or one is none.
    pub fn parse<T: AsRef<str>>(words: &[T]) -> Result<Self, String> {
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        let (distribution, paths) = match &words[..] {
            [first, rest @ ..] if !first.starts_with('/') && !rest.is_empty() => (Some((*first).to_owned()), rest),
            all => (None, all),
        };
        if paths.is_empty() {
            return Err("a path is needed".to_owned());
        }
        paths.iter().try_for_each(|path| cdn::check(path))?;
        // One that is named twice would cost twice.
        let mut each: Vec<String> = Vec::new();
        for path in paths {
            if each.iter().all(|known| known != path) {
                each.push((*path).to_owned());
            }
        }
        Ok(Self { distribution, paths: each })
    }

    /// What would be typed, without the environment.
    fn typed(&self) -> String {
        let words = self.distribution.iter().chain(&self.paths).map(|word| quoted(word));
        format!("invalidate {}", words.collect::<Vec<_>>().join(" "))
    }
}

/// An invalidation under way.
#[derive(Debug, Clone, PartialEq)]
pub struct Throwing {
    request: Request,
    all: Vec<Distribution>,
    month: Option<Result<Month, Failure>>,
    /// The distribution that was decided for.
    chosen: Option<String>,
    id: Option<String>,
    last: Option<Invalidation>,
}

impl From<Request> for What {
    fn from(request: Request) -> Self {
        Box::new(SingleChange::new(Throwing {
            request,
            all: Vec::new(),
            month: None,
            chosen: None,
            id: None,
            last: None,
        }))
    }
}

/// Whether a distribution is one of an environment: as configured, by a host that is probed, or by its comment.
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

impl Throwing {
    fn distribution(&self) -> Option<String> {
        self.chosen.clone()
    }

    /// The one that is meant, or why there is none.
    fn meant(&self, environment: &EnvironmentConfig) -> Result<&Distribution, Check> {
        let name = &environment.name;
        let mine: Vec<&Distribution> = self.all.iter().filter(|one| is_of(one, environment)).collect();
        let told = |found: &[&Distribution]| {
            let names: Vec<String> = found.iter().map(|one| format!("{} ({})", one.id, one.title())).collect();
            listed(&names.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let configure = "name it with `distributions` in the environment's configuration";
        let Some(typed) = &self.request.distribution else {
            return match &mine[..] {
                [one] => Ok(one),
                [] if self.all.is_empty() => Err(Check::usage("the account has no distribution")),
                [] => Err(Check::usage(format!("no distribution is known to be one of {name}")).hint(configure)),
                several => Err(Check::usage(format!("{name} has several distributions"))
                    .hint(format!("name one of {}", told(several)))),
            };
        };
        let called: Vec<&Distribution> = mine.iter().copied().filter(|one| one.is_called(typed)).collect();
        match (&called[..], self.all.iter().find(|one| one.is_called(typed))) {
            ([one], _) => Ok(one),
            ([], None) => {
                let check = Check::usage(format!("there is no distribution {typed}"));
                Err(if mine.is_empty() { check } else { check.hint(format!("there are: {}", told(&mine))) })
            }
            ([], Some(_)) => {
                Err(Check::usage(format!("{typed} is not known to be one of {name}'s distributions")).hint(configure))
            }
            (several, _) => Err(Check::usage(format!("{typed} could be several distributions"))
                .hint(format!("name an id: {}", told(several)))),
        }
    }

    fn checks(&self, one: &Distribution) -> Vec<Check> {
        let paths = &self.request.paths;
        let mut checks: Vec<Check> = paths.iter().filter_map(|path| cdn::check(path).err()).map(Check::usage).collect();
        let (wild, plain): (Vec<&String>, Vec<&String>) = paths.iter().partition(|path| path.ends_with('*'));
        for (count, most, what) in
            [(plain.len(), cdn::MOST, "paths"), (wild.len(), cdn::MOST_WILDCARDS, "paths with a wildcard")]
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
            checks.push(Check::new(level, cdn::explained(path)));
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
        let said = |month: &Month| {
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
            Some(Ok(month)) => said(month),
            Some(Err(failure)) => Check::new(Level::Note, format!("what it costs is not known: {failure}; {free}")),
            None => Check::new(Level::Note, free),
        }
    }
}

impl Job for Throwing {
    fn title(&self) -> String {
        match &self.request.paths[..] {
            [only] => format!("invalidate {only}"),
            paths => format!("invalidate {} paths", paths.len()),
        }
    }

    fn verb(&self) -> &'static str {
        "Invalidate"
    }

    fn typed(&self) -> String {
        self.request.typed()
    }

    fn risk(&self) -> Risk {
        Risk::Change
    }

    fn reads(&self, _: &Ctx<'_>) -> Vec<(&'static str, Read)> {
        vec![(DISTRIBUTIONS, Read::Cdn(CdnRead::Distributions))]
    }

    fn learn(
        &mut self,
        what: &'static str,
        outcome: Result<Reply, Failure>,
        ctx: &Ctx<'_>,
    ) -> Result<Vec<(&'static str, Read)>, Failure> {
        if what == MONTH {
            // Without it the rest can be said all the same.
            self.month = Some(outcome.and_then(|reply| match reply {
                Reply::Cdn(CdnReply::Month(month)) => Ok(month),
                _ => Err(Failure::other_answer()),
            }));
            return Ok(Vec::new());
        }
        let Reply::Cdn(CdnReply::Distributions(all)) = outcome? else { return Err(Failure::other_answer()) };
        self.all = all;
        self.chosen = self.meant(ctx.environment).ok().map(|one| one.id.clone());
        if self.chosen.is_none() || self.month.is_some() {
            return Ok(Vec::new());
        }
        // What is free is so for the whole account.
        let distributions = self.all.iter().map(|one| one.id.clone()).collect();
        let now = ctx.service_now.to_zoned(jiff::tz::TimeZone::UTC);
        let since = now.first_of_month().and_then(|first| first.start_of_day()).map(|first| first.timestamp());
        let since = since.unwrap_or_else(|_| ctx.service_now.saturating_sub(744.hours()).unwrap_or(ctx.service_now));
        Ok(vec![(MONTH, Read::Cdn(CdnRead::Month { distributions, since }))])
    }

    fn decide(&mut self, ctx: &Ctx<'_>) -> Decided {
        let one = match self.meant(ctx.environment) {
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

    fn standing(&self) -> String {
        let one = |one: &Distribution| format!("{} {} {}", one.id, one.enabled, one.aliases.join(","));
        self.all.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    fn landed(&mut self, reply: &Reply) {
        if let Reply::Cdn(CdnReply::Invalidation(Some(made))) = reply {
            self.id = Some(made.id.clone());
            self.last = Some(made.clone());
        }
    }

    fn look(&self, _: &Write) -> Read {
        let id = self.id.clone().unwrap_or_default();
        let distribution = self.distribution().unwrap_or_default();
        Read::Cdn(CdnRead::Invalidation { distribution, id })
    }

    fn looked(&mut self, reply: Reply, sent: &Sent, ctx: &mut Ctx<'_>) -> Option<Outcome> {
        let Reply::Cdn(CdnReply::Invalidation(found)) = reply else { return None };
        let Some(found) = found else {
            let id = self.id.clone().unwrap_or_default();
            return Some(Outcome::new(Verdict::Unknown, format!("the invalidation {id} is not there any more")));
        };
        let done = found.status == "Completed";
        let waited = ctx.now.duration_since(sent.at);
        let took = if waited.as_secs() > 0 { format!(" after {}", spoken(waited)) } else { String::new() };
        let summary = format!("{}: {} is completed{took}", self.title(), found.id);
        self.last = Some(found);
        done.then(|| Outcome::new(Verdict::Done, summary))
    }

    fn waits(&self) -> &'static str {
        "waiting for the edges"
    }

    fn shown_by(&self) -> String {
        match (&self.id, self.distribution()) {
            (Some(id), Some(distribution)) => {
                format!("aws cloudfront get-invalidation --distribution-id {distribution} --id {id}")
            }
            _ => "cockpit timeline".to_owned(),
        }
    }

    fn known(&self) -> Vec<String> {
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
    fn what_is_typed_is_one_word_each_for_a_shell() {
        let typed = |words: &[&str]| Request::parse(words).map(|request| request.typed());
        assert_eq!(typed(&["/a", "/b*"]).as_deref(), Ok("invalidate /a '/b*'"));
        assert_eq!(typed(&["my site", "/(a)?b=1;c"]).as_deref(), Ok("invalidate 'my site' '/(a)?b=1;c'"));
    }
}
