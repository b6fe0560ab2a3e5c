//! Arguments of `cockpit snapshot`.

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
An element of a list is found by its name, short name, id, or an unambiguous part of its name. `alarms.count` is the
length of the list; an alarm of that name is alarms.\"count\". A condition on an unknown value does not hold: a value
derived from several sources, such as attention, is known once all of them were read completely.
Operators: == != < <= > >=  and or not  ( ).

Without --output, it prints a table on a terminal and JSON elsewhere.
Exit codes: 3 when some source failed, 7 when the condition of --wait did not hold in time, 8 when it cannot hold, because
a source that it needs is refused for credentials that cannot be renewed.")]
pub struct Arguments {
    /// Print every configured environment on one line; they are read one after the other
    #[arg(long, conflicts_with_all = ["watch", "wait"])]
    pub all: bool,
    /// Read repeatedly at this interval, and print a line for each change
    #[arg(long, value_name = "INTERVAL", value_parser = duration::at_least_a_second)]
    pub watch: Option<SignedDuration>,
    /// Read repeatedly until this condition holds; exit with 0 then, or with 7 if --timeout ends first
    #[arg(long, value_name = "CONDITION")]
    pub wait: Option<String>,
}
