//! `cockpit snapshot`: its arguments.

use crate::cli::duration;
use clap::Args;
use jiff::SignedDuration;

/// Print the whole environment, watch its changes or wait for a condition [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(after_help = "Examples:
  cockpit snapshot --env staging -o json
  cockpit snapshot --all
  cockpit snapshot --watch 10s
  cockpit snapshot --wait 'services.web.running == services.web.desired' --timeout 10m

Conditions of --wait compare paths of the JSON with each other or with values:
  services.web.health == healthy and attention.count == 0
  databases.prod-aurora.status != 'failing-over'
An element of a list is found by its name, its short name, its id or words that only one has. `alarms.count` is the
length of the list; an alarm of that name is alarms.\"count\". No condition holds on what is not known now: what is
derived from several sources, such as attention, needs all of them to have been read completely.
Operators: == != < <= > >=  and or not  ( ).

Without --output, it prints a table on a terminal and JSON elsewhere.
Exit codes: 3 when some source failed, 7 when the condition of --wait did not hold in time, 8 when it cannot hold, because
a source that it needs is refused for credentials that cannot be renewed.")]
pub struct Arguments {
    /// Every environment of the configuration, one line each; they are read one after the other
    #[arg(long, conflicts_with_all = ["watch", "wait"])]
    pub all: bool,
    /// Read again at this interval and print a line for each change
    #[arg(long, value_name = "INTERVAL", value_parser = duration::at_least_a_second)]
    pub watch: Option<SignedDuration>,
    /// Read until this condition holds; exit 0 when it does, 7 when --timeout ends first
    #[arg(long, value_name = "CONDITION")]
    pub wait: Option<String>,
}
