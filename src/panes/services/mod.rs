//! Services, one service, one task.

pub mod facts;
pub mod health;
pub mod instances;
mod instances_view;
mod invalidating;
pub mod layout;
pub mod rows;
pub mod state;
mod task_view;
#[cfg(test)]
mod tests;
pub mod update;
pub mod view;

use crate::app::command::Bottom::First;
use crate::app::command::{Id, Risk, Scope};
use crate::app::pane::{Data, Rows};
use crate::app::rows::{SERVICE_COLUMNS, services};
use crate::app::subject::Subject;
use crate::app::{Command, Hooks, Pane, Spec, View, data_status, layout as place, select};
use crate::model::Source;
use state::{CONTAINERS, CURVES, DEPLOYMENTS, EVENTS, HEALTH, LIST, MACHINES, SCALING, TARGETS, TASK_FACTS, TASKS};

/// The pane.
pub const PANE: Pane = Pane {
    id: state::ID,
    title: "Services",
    key: "2",
    doc: "Go to the services.",
    heading: "In the services",
    commands: COMMANDS,
    in_lists: &[INVALIDATE],
    actions: ACTIONS_HERE,
    views: &[&ALL, &SERVICE, &TASK, &REACHED, &INSTANCES],
    view: |app| match (&app.panes.services.service, &app.panes.services.task) {
        (None, _) if app.panes.services.health.open => &REACHED,
        (None, _) if app.panes.services.machines.open => &INSTANCES,
        (None, _) => &ALL,
        (Some(_), None) => &SERVICE,
        (Some(_), Some(_)) => &TASK,
    },
    hooks: Hooks {
        entered: update::entered,
        up: update::up,
        shows: update::shows,
        switched: update::switched,
        plan: update::plan,
        answer: update::answer,
        accepted: invalidating::accepted,
        ..Hooks::NONE
    },
};

const OWN: Scope = Scope::Pane(state::ID.0);

const COMMANDS: &[Command] = &[
    Command::new(
        Id("health"),
        OWN,
        "health",
        &["v"],
        "Show how the environment is reached: targets, load balancer, requests, names, certificates, who may reach it.",
        health::show,
    ),
    Command::new(
        Id("health-again"),
        OWN,
        "look again",
        &["u"],
        "Look again how the environment is reached, and send probes to its hosts, also where it is guarded.",
        health::look_again,
    )
    .when(health::has_focus),
    Command::new(
        Id("health-firewall"),
        OWN,
        "try firewall",
        &["w"],
        "Send the hosts an SQL injection and a script, which a firewall must refuse, and a normal request.",
        health::try_firewall,
    )
    .when(health::has_focus),
    Command::new(
        Id("instances"),
        OWN,
        "instances",
        &["m"],
        "Show the environment's instances of EC2: state, status checks, agent, processor, memory, disk.",
        instances::show,
    ),
    Command::new(
        Id("instance-power"),
        OWN,
        "instance on/off",
        &["U"],
        "Stop the selected instance, or start it; watched until its status checks say so.",
        instances::power,
    )
    .risks(Risk::Disrupt)
    .when(instances::on_machine)
    .on_bottom(First(1)),
    Command::new(
        Id("instance-reboot"),
        OWN,
        "restart instance",
        &["B"],
        "Restart the selected instance; watched until its status checks pass again.",
        instances::reboot,
    )
    .risks(Risk::Disrupt)
    .when(instances::on_machine)
    .on_bottom(First(2)),
    Command::new(
        Id("instance-session"),
        OWN,
        "session",
        &["L"],
        "Open a shell on the selected instance, through Session Manager.",
        instances::session,
    )
    .risks(Risk::Change)
    .when(instances::on_machine)
    .on_bottom(First(0)),
];

/// It is about the whole environment, and so in every list.
const INVALIDATE: Command = Command::new(
    Id("invalidate"),
    Scope::List,
    "invalidate",
    &[],
    "Throw away what a distribution of CloudFront has cached: paths are typed; watched until it is gone everywhere.",
    invalidating::ask,
)
.risks(Risk::Change);

/// What can be done here, the most useful first: to an instance what is only of instances.
const ACTIONS_HERE: &[Id] = &[
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

/// What is read again where one service is looked at.
const ONE: &[Source] = &[
    Source::Services,
    Source::Tasks,
    Source::ScalableTargets,
    Source::ScalingPolicies,
    Source::ScheduledActions,
    Source::ScalingActivities,
    Source::Metrics,
];

static ALL: View = View {
    name: "services",
    blocks: SERVICES,
    beside: &[],
    layout: place::whole,
    summary: place::no_summary,
    about: |_| None,
    services: Some(LIST),
    sources: &[Source::Services, Source::Tasks, Source::Metrics],
};

static REACHED: View = View {
    name: "health",
    blocks: HOW_REACHED,
    beside: &[],
    layout: place::whole,
    summary: place::no_summary,
    about: |_| None,
    services: None,
    sources: &[Source::Services, Source::Targets],
};

static INSTANCES: View = View {
    name: "instances",
    blocks: MACHINES_ALONE,
    beside: &[],
    layout: place::whole,
    summary: place::no_summary,
    about: |_| None,
    services: None,
    sources: &[],
};

static SERVICE: View = View {
    name: "service",
    blocks: OF_SERVICE,
    beside: &[],
    layout: layout::service,
    summary: layout::service_summary,
    about: |app| app.panes.services.service.clone().map(Subject::Service),
    services: None,
    sources: ONE,
};

static TASK: View = View {
    name: "task",
    blocks: OF_TASK,
    beside: &[],
    layout: layout::task,
    summary: layout::task_summary,
    about: |app| Some(Subject::Task(app.panes.services.service.clone()?, app.panes.services.task.clone()?)),
    services: None,
    sources: ONE,
};

const SERVICES: &[&Spec] = &[&Spec {
    block: LIST,
    title: "Services",
    header: true,
    columns: SERVICE_COLUMNS,
    rows: Rows::Sorted(services),
    follows_end: false,
    counts: |_| true,
    subject: select::a_service,
    open: |_| None,
    whole: |_, _| Vec::new(),
    data: Data::Read {
        status: |app| {
            (
                data_status::all(app, &[Source::Services]),
                data_status::all(app, &[Source::Cluster, Source::ScalableTargets, Source::Metrics]),
            )
        },
        missing: data_status::no_cluster,
        empty: data_status::no_services,
    },
}];

const HOW_REACHED: &[&Spec] = &[&Spec {
    block: HEALTH,
    title: "Health from outside",
    header: true,
    columns: &[],
    rows: Rows::Lines(health::lines),
    follows_end: false,
    counts: |_| true,
    subject: |app, key| {
        let check = health::checks(app).into_iter().nth(key?.parse().ok()?)?;
        Some(Subject::Text(format!("{}: {}", check.subject, check.words)))
    },
    open: |_| None,
    whole: health::whole,
    data: Data::Own(health::data_status),
}];

const MACHINES_ALONE: &[&Spec] = &[&Spec {
    block: MACHINES,
    title: "Instances",
    header: true,
    columns: &[],
    rows: Rows::Lines(instances::lines),
    follows_end: false,
    counts: |_| true,
    subject: instances::subject,
    open: |_| None,
    whole: instances::whole,
    data: Data::Own(instances::data_status),
}];

const OF_SERVICE: &[&Spec] = &[
    &Spec {
        block: TASKS,
        title: "Tasks",
        header: true,
        columns: rows::TASK_COLUMNS,
        rows: Rows::Sorted(rows::tasks),
        follows_end: false,
        counts: |_| true,
        subject: |app, key| Some(Subject::Task(app.panes.services.service.clone()?, key?.to_owned())),
        open: |_| None,
        whole: |_, _| Vec::new(),
        data: Data::Read {
            status: |app| (data_status::all(app, &[Source::Tasks]), Vec::new()),
            missing: data_status::no_cluster,
            empty: |app| rows::or_gone(app, "no tasks: none running, none stopped within the last hour"),
        },
    },
    &Spec {
        block: DEPLOYMENTS,
        title: "Deployments",
        header: true,
        columns: &[],
        rows: Rows::Lines(rows::deployments),
        follows_end: false,
        counts: |_| true,
        subject: |app, key| Some(Subject::Deployment(app.panes.services.service.clone()?, key?.to_owned())),
        open: |_| None,
        whole: |_, _| Vec::new(),
        data: Data::Read {
            status: rows::deployments_status,
            missing: data_status::no_cluster,
            empty: |app| rows::or_gone(app, "no deployments"),
        },
    },
    &Spec {
        block: EVENTS,
        title: "Events",
        header: false,
        columns: &[],
        rows: Rows::Lines(rows::events),
        follows_end: false,
        counts: |_| true,
        subject: rows::event,
        open: |_| None,
        whole: |_, _| Vec::new(),
        data: Data::Read {
            status: |app| (data_status::all(app, &[Source::Services]), Vec::new()),
            missing: data_status::no_cluster,
            empty: |app| rows::or_gone(app, "no events: ECS keeps the last 100"),
        },
    },
    &Spec {
        block: SCALING,
        title: "Autoscaling",
        header: false,
        columns: &[],
        rows: Rows::Facts(facts::scaling),
        follows_end: false,
        counts: |_| true,
        subject: select::a_fact,
        open: |_| None,
        whole: |_, _| Vec::new(),
        data: Data::Read {
            status: |app| {
                (
                    data_status::all(app, &[Source::ScalableTargets]),
                    data_status::all(
                        app,
                        &[
                            Source::ScalingPolicies,
                            Source::ScheduledActions,
                            Source::ScalingActivities,
                            Source::Schedules,
                        ],
                    ),
                )
            },
            missing: data_status::no_cluster,
            empty: |app| rows::or_gone(app, "not scaled automatically"),
        },
    },
    &Spec {
        block: TARGETS,
        title: "Targets",
        header: true,
        columns: &[],
        rows: Rows::Lines(rows::target_lines),
        follows_end: false,
        counts: |_| true,
        subject: |_, key| key.map(|key| Subject::Text(key.to_owned())),
        open: |_| None,
        whole: rows::whole_target,
        data: Data::Read { status: rows::targets_status, missing: data_status::no_cluster, empty: rows::no_targets },
    },
    &Spec {
        block: CURVES,
        title: "Metrics",
        header: false,
        columns: &[],
        rows: Rows::None,
        follows_end: false,
        counts: |_| true,
        subject: |app, _| app.panes.services.service.clone().map(Subject::Service),
        open: |_| None,
        whole: |_, _| Vec::new(),
        data: Data::Read {
            status: |app| (data_status::all(app, &[Source::Metrics]), Vec::new()),
            missing: data_status::no_cluster,
            empty: |app| rows::or_gone(app, "no points within the last three hours"),
        },
    },
];

const OF_TASK: &[&Spec] = &[
    &Spec {
        block: CONTAINERS,
        title: "Containers",
        header: true,
        columns: &[],
        rows: Rows::Lines(rows::containers),
        follows_end: false,
        counts: |_| true,
        subject: |app, key| Some(Subject::Container(app.panes.services.task.clone()?, key?.to_owned())),
        open: |_| None,
        whole: |_, _| Vec::new(),
        data: Data::Read {
            status: |app| (data_status::all(app, &[Source::Tasks]), Vec::new()),
            missing: data_status::no_cluster,
            empty: rows::no_task,
        },
    },
    &Spec {
        block: TASK_FACTS,
        title: "Task",
        header: false,
        columns: &[],
        rows: Rows::Facts(facts::task),
        follows_end: false,
        counts: |_| true,
        subject: select::a_fact,
        open: |_| None,
        whole: |_, _| Vec::new(),
        data: Data::Read {
            status: |app| (data_status::all(app, &[Source::Tasks]), Vec::new()),
            missing: data_status::no_cluster,
            empty: rows::no_task,
        },
    },
];
