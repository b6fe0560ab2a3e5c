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
length of the list; an alarm of that name is alarms.\"count\". Nothing comes true on what is not known now: what is
judged from several sources, as attention, needs all of them to have been read whole.
Operators: == != < <= > >=  and or not  ( ).

Without --output, it prints a table on a terminal and JSON elsewhere.
It exits with 3 when some source failed, 7 when --wait did not come true in time, 8 when it cannot for want of a source
that is refused for a key which cannot be renewed.")]
pub struct Arguments {
    /// Every environment of the configuration, a line each; they are asked one after the other
    #[arg(long, conflicts_with_all = ["watch", "wait"])]
    pub all: bool,
    /// Read again at this interval and print a line for each change
    #[arg(long, value_name = "INTERVAL", value_parser = duration::at_least_a_second)]
    pub watch: Option<SignedDuration>,
    /// Read until this condition holds; exit 0 when it does, 7 when --timeout ends first
    #[arg(long, value_name = "CONDITION")]
    pub wait: Option<String>,
}
