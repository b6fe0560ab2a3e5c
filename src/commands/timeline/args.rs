//! Arguments of `cockpit timeline`.

use crate::cli::duration;
use clap::Args;
use jiff::SignedDuration;

/// Print events of the environment in one order, with who caused them [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "Events are deployments (by the cockpit and by others), ended tasks with the reason, scaling, alarm changes, database events
and failovers, schedules, infrastructure runs, parameters, changes in the audit file, and the writes
recorded by CloudTrail with who made them. An event that several sources report is shown once,
at the time that AWS gives. With -f new events follow; with -o json each event is then one object per line.

--before shows what changed before a problem began: it lists the events up to that time, the likeliest cause first,
judged by the kind of the event and how close in time it was.

Filters: kind:deployment  who:anna  service:web  level>=warn  \"two words\"  /regex/  -noise  a or b

Examples:
  cockpit timeline                               the last 2 hours
  cockpit timeline --since 1d --filter 'kind:deployment or kind:rollback'
  cockpit timeline web -f --level warn
  cockpit timeline --before 14:02                what changed in the quarter of an hour before the errors began?"
)]
pub struct Arguments {
    /// Only events of these services, databases or alarms: names, short names, or parts of names
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Start of the time range: a duration before now (`2h`), or a time (`14:02`, `2026-11-24 14:02`, RFC 3339)
    /// [default: 2h]
    #[arg(long, value_name = "TIME", conflicts_with = "before")]
    pub since: Option<String>,
    /// End of the time range, in the same forms [default: now]
    #[arg(long, value_name = "TIME", conflicts_with_all = ["follow", "before"])]
    pub until: Option<String>,
    /// Follow: print events as they happen
    #[arg(short, long, conflicts_with = "before")]
    pub follow: bool,
    /// Show the events before this time, the likeliest cause first
    #[arg(long, value_name = "TIME")]
    pub before: Option<String>,
    /// With --before: how far back to look
    #[arg(long, value_name = "DURATION", requires = "before", conflicts_with_all = ["since", "until", "follow"], default_value = "15m", value_parser = duration::parse)]
    pub window: SignedDuration,
    /// Only events that pass this filter
    #[arg(long, value_name = "EXPR")]
    pub filter: Option<String>,
    /// Only events that match this regular expression (case-insensitive unless it has a capital letter)
    #[arg(long, value_name = "RE")]
    pub grep: Option<String>,
    /// Only events at this level (info, warn, error) or above
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<String>,
    /// Also print routine events: tasks that start and stop, steady states, alarms of autoscaling, failed writes; and
    /// writes in other environments of the account
    #[arg(long)]
    pub all: bool,
}
