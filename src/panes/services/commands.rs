//! The commands of the Services pane.

use super::state::ID;
use super::{health, input_lines, instances, scaling, user_pool};
use crate::app::command::Bottom::First;
use crate::app::command::{Id, Risk, Scope};
use crate::app::{Command, select};

const OWN: Scope = Scope::Pane(ID.0);

/// Commands that apply only in this pane.
pub(super) const COMMANDS: &[Command] = &[
    Command::new(
        Id("health"),
        OWN,
        "health",
        &["v"],
        "Show the health from outside: targets, load balancer, requests, host names, certificates, allowed addresses.",
        health::show,
    ),
    Command::new(
        Id("health-again"),
        OWN,
        "look again",
        &["u"],
        "Check the health from outside again, and send probes to its hosts, even if the environment is guarded.",
        health::look_again,
    )
    .when(health::has_focus),
    Command::new(
        Id("health-firewall"),
        OWN,
        "try firewall",
        &["w"],
        "Test the firewall: send the hosts an SQL injection and a script, which it must block, and a normal request.",
        health::try_firewall,
    )
    .when(health::has_focus),
    Command::new(
        Id("watch-scaling"),
        OWN,
        "watch scaling",
        &["c"],
        "Watch the autoscaling of the opened service: counts as curves, alarms, cool-down, events; again ends with a report.",
        scaling::watch,
    ),
    Command::new(
        Id("address-allow"),
        OWN,
        "allow my address",
        &["A"],
        "Allow this machine's address on the load balancer: adds a rule to its security group, outside of the code.",
        health::allow_address,
    )
    .with_risk(Risk::Change)
    .when(health::has_focus),
    Command::new(
        Id("address-disallow"),
        OWN,
        "remove address",
        &["X"],
        "Remove a manually added rule for an address: type the address.",
        health::disallow_address,
    )
    .with_risk(Risk::Change)
    .when(health::has_focus),
    Command::new(
        Id("instances"),
        OWN,
        "instances",
        &["b"],
        "Show the environment's EC2 instances: state, status checks, agent, CPU, memory, disk.",
        instances::show,
    ),
    Command::new(
        Id("users"),
        OWN,
        "user pool",
        &["a"],
        "Show the environment's user pool: users by status, MFA, password policy; totals only.",
        user_pool::show,
    ),
];

/// Commands on instances and on the whole environment, offered in every list where they apply.
pub(super) const IN_ALL_LISTS: &[Command] = &[
    INVALIDATE,
    Command::new(
        Id("scaling-target"),
        Scope::List,
        "scaling target",
        &[],
        "Change the target value of a scaling policy of the selected service: type the metric and the value, such as cpu=50.",
        input_lines::ask_target,
    )
    .with_risk(Risk::Change)
    .when(|app| select::suspended(app).is_some()),
    Command::new(
        Id("scheduled-add"),
        Scope::List,
        "add scheduled action",
        &[],
        "Add a scheduled action to the selected service: type its name, limits and schedule.",
        input_lines::ask_action,
    )
    .with_risk(Risk::Change)
    .when(|app| select::suspended(app).is_some()),
    Command::new(
        Id("scheduled-remove"),
        Scope::List,
        "remove scheduled action",
        &[],
        "Remove a scheduled action of the selected service: type its name.",
        input_lines::ask_removal,
    )
    .with_risk(Risk::Change)
    .when(|app| select::suspended(app).is_some()),
    Command::new(
        Id("instance-power"),
        Scope::List,
        "instance on/off",
        &["U"],
        "Stop or start the selected instance; watched until its status checks confirm it.",
        instances::power,
    )
    .with_risk(Risk::Disrupt)
    .when(instances::is_instance_selected)
    .on_bottom(First(1)),
    Command::new(
        Id("instance-reboot"),
        Scope::List,
        "restart instance",
        &["B"],
        "Reboot the selected instance; watched until its status checks pass again.",
        instances::reboot,
    )
    .with_risk(Risk::Disrupt)
    .when(instances::is_instance_selected)
    .on_bottom(First(2)),
    Command::new(
        Id("instance-session"),
        Scope::List,
        "session",
        &["L"],
        "Open a shell on the selected instance, through Session Manager.",
        instances::session,
    )
    .with_risk(Risk::Change)
    .when(instances::is_instance_selected)
    .on_bottom(First(0)),
];

/// The command that invalidates paths of a distribution, offered in every list.
const INVALIDATE: Command = Command::new(
    Id("invalidate"),
    Scope::List,
    "invalidate",
    &[],
    "Invalidate paths in the cache of a CloudFront distribution: type the paths; watched until complete.",
    input_lines::ask,
)
.with_risk(Risk::Change);

/// The actions on the selection, the most useful first. For an instance, only those on instances apply.
pub(super) const ACTIONS_HERE: &[Id] = &[
    Id::OPEN,
    Id("instance-session"),
    Id("instance-power"),
    Id("instance-reboot"),
    Id::STOP_TASK,
    Id("exec"),
    Id::DEPLOY,
    Id::ROLL_BACK,
    Id::SCALE,
    Id::FORCE,
    Id("enable-exec"),
    Id::WATCH,
    Id::SCALING_RESUME,
    Id::SCALING_SUSPEND,
    Id::SCALING_LIMITS,
    Id("scaling-target"),
    Id("scheduled-add"),
    Id("scheduled-remove"),
    Id::POWER,
    Id::SKIP_STOP,
    Id::SKIP_START,
    Id("invalidate"),
    Id("tunnel"),
    Id("tunnel-to"),
    Id("tunnel-close"),
    Id::INSPECT,
    Id::COPY,
    Id::CONSOLE,
    Id::REFRESH,
];
