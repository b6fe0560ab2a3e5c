//! `cockpit timeline`: its arguments.

use crate::cli::duration;
use clap::Args;
use jiff::SignedDuration;

/// Print what happened, by whom, in one order [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "Deployments (ours and others'), tasks that ended and why, scaling, changes of alarms, events of databases and
failovers, schedules, runs over the infrastructure, parameters, changes of the audit file, and the writes
that CloudTrail has recorded with who did them. What several of them report of one event is shown once,
at the time that AWS gives. With -f the command goes on; with -o json each event is then one object per line.

--before answers what changed before something began: it lists what happened up to then, the likeliest cause first,
judged by what it is and how close in time.

Filters: kind:deployment  who:anna  service:web  level>=warn  \"two words\"  /regex/  -noise  a or b

Examples:
  cockpit timeline                               the last 2 hours
  cockpit timeline --since 1d --filter 'kind:deployment or kind:rollback'
  cockpit timeline web -f --level warn
  cockpit timeline --before 14:02                what changed in the quarter of an hour before the errors began?"
)]
pub struct Arguments {
    /// Only what is about these services, databases or alarms: names, short names, or words of them
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// From this long ago (`2h`), or from this time (`14:02`, `2026-11-24 14:02`, RFC 3339) [default: 2h]
    #[arg(long, value_name = "TIME", conflicts_with = "before")]
    pub since: Option<String>,
    /// Up to this time, in the same forms
    #[arg(long, value_name = "TIME", conflicts_with_all = ["follow", "before"])]
    pub until: Option<String>,
    /// Follow: print things as they happen
    #[arg(short, long, conflicts_with = "before")]
    pub follow: bool,
    /// Show what happened before this time, the likeliest cause first
    #[arg(long, value_name = "TIME")]
    pub before: Option<String>,
    /// With --before: how far back to look
    #[arg(long, value_name = "DURATION", requires = "before", conflicts_with_all = ["since", "until", "follow"], default_value = "15m", value_parser = duration::parse)]
    pub window: SignedDuration,
    /// Only what passes this filter
    #[arg(long, value_name = "EXPR")]
    pub filter: Option<String>,
    /// Only what matches this regular expression (case-insensitive unless it has a capital letter)
    #[arg(long, value_name = "RE")]
    pub grep: Option<String>,
    /// Only what is at this level (info, warn, error) or above
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<String>,
    /// Also what goes as planned: tasks that start and stop, steady states, alarms of autoscaling, writes that failed; and
    /// what was written in other environments of the account
    #[arg(long)]
    pub all: bool,
}
