//! The Services pane: all services, one service, or one task.

mod commands;
pub mod facts;
pub mod health;
#[cfg(test)]
mod health_tests;
mod input_lines;
pub mod instances;
mod instances_view;
pub mod layout;
mod other_pages;
mod repeated_request;
pub mod rows;
pub mod scaling;
pub mod state;
mod task_view;
#[cfg(test)]
mod tests;
pub mod update;
pub mod user_pool;
pub mod view;

use crate::app::pane::{Data, Rows};
use crate::app::rows::{SERVICE_COLUMNS, services};
use crate::app::subject::Subject;
use crate::app::{Hooks, Pane, Spec, View, data_status, layout as place, select};
use crate::model::Source;
use commands::{ACTIONS_HERE, COMMANDS, IN_ALL_LISTS};
use state::{
    CONTAINERS, CURVES, DEPLOYMENTS, EVENTS, HEALTH, LIST, MACHINES, POOL, SCALING, SubView, TARGETS, TASK_FACTS, TASKS,
};

/// The Services pane.
pub const PANE: Pane = Pane {
    id: state::ID,
    title: "Services",
    key: "2",
    doc: "Go to the services.",
    heading: "In the services",
    commands: COMMANDS,
    in_lists: IN_ALL_LISTS,
    actions: ACTIONS_HERE,
    views: &[&ALL, &SERVICE, &TASK, &REACHED, &INSTANCES, &USERS],
    view: |app| match (&app.panes.services.service, &app.panes.services.task) {
        (None, _) => match app.panes.services.sub_view {
            Some(SubView::Health) => &REACHED,
            Some(SubView::Machines) => &INSTANCES,
            Some(SubView::Pool) => &USERS,
            None => &ALL,
        },
        (Some(_), None) => &SERVICE,
        (Some(_), Some(_)) => &TASK,
    },
    hooks: Hooks {
        entered: update::entered,
        up: update::up,
        open_subject: update::shows,
        on_switch: update::switched,
        renewed: update::renewed,
        plan: update::plan,
        answer: update::answer,
        reachability: health::glance,
        accepted: input_lines::accepted,
        ..Hooks::NONE
    },
};

/// Sources that are refreshed on demand while one service is shown.
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
    unfocusable_blocks: &[],
    layout: place::single_block,
    summary: layout::all_summary,
    subject: |_| None,
    services: Some(LIST),
    sources: &[Source::Services, Source::Tasks, Source::Metrics],
};

static REACHED: View = View {
    name: "health",
    blocks: HOW_REACHED,
    unfocusable_blocks: &[],
    layout: place::single_block,
    summary: place::no_summary,
    subject: |_| None,
    services: None,
    sources: &[Source::Services, Source::Targets],
};

static INSTANCES: View = View {
    name: "instances",
    blocks: MACHINES_ALONE,
    unfocusable_blocks: &[],
    layout: place::single_block,
    summary: place::no_summary,
    subject: |_| None,
    services: None,
    sources: &[Source::Instances],
};

static USERS: View = View {
    name: "users",
    blocks: POOL_ALONE,
    unfocusable_blocks: &[],
    layout: place::single_block,
    summary: place::no_summary,
    subject: |_| None,
    services: None,
    sources: &[Source::UserPool],
};

static SERVICE: View = View {
    name: "service",
    blocks: OF_SERVICE,
    unfocusable_blocks: &[],
    layout: layout::service,
    summary: layout::service_summary,
    subject: |app| app.panes.services.service.clone().map(Subject::Service),
    services: None,
    sources: ONE,
};

static TASK: View = View {
    name: "task",
    blocks: OF_TASK,
    unfocusable_blocks: &[],
    layout: layout::task,
    summary: layout::task_summary,
    subject: |app| Some(Subject::Task(app.panes.services.service.clone()?, app.panes.services.task.clone()?)),
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
    is_entry: |_| true,
    subject: select::service_subject,
    open: |_| None,
    details: |_, _| Vec::new(),
    data: Data::Read {
        status: data_status::services,
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
    is_entry: |_| true,
    subject: |app, key| {
        let check = health::checks(app).into_iter().nth(key?.parse().ok()?)?;
        Some(Subject::Text(format!("{}: {}", check.subject, check.text)))
    },
    open: |_| None,
    details: health::details,
    data: Data::Own(health::data_status),
}];

const MACHINES_ALONE: &[&Spec] = &[&Spec {
    block: MACHINES,
    title: "Instances",
    header: true,
    columns: instances::COLUMNS,
    rows: Rows::Sorted(instances::in_order),
    follows_end: false,
    is_entry: |_| true,
    subject: instances::subject,
    open: |_| None,
    details: instances::details,
    data: Data::Own(instances::data_status),
}];

const POOL_ALONE: &[&Spec] = &[&Spec {
    block: POOL,
    title: "User pool",
    header: false,
    columns: &[],
    rows: Rows::Facts(user_pool::facts),
    follows_end: false,
    is_entry: |_| true,
    subject: select::fact_subject,
    open: |_| None,
    details: |_, _| Vec::new(),
    data: Data::Own(user_pool::data_status),
}];

const OF_SERVICE: &[&Spec] = &[
    &Spec {
        block: TASKS,
        title: "Tasks",
        header: true,
        columns: rows::TASK_COLUMNS,
        rows: Rows::Sorted(rows::tasks),
        follows_end: false,
        is_entry: |_| true,
        subject: |app, key| Some(Subject::Task(app.panes.services.service.clone()?, key?.to_owned())),
        open: |_| None,
        details: |_, _| Vec::new(),
        data: Data::Read {
            status: |app| {
                let beside = [Source::Services, Source::TaskDefinitions];
                (data_status::all(app, &[Source::Tasks]), data_status::all(app, &beside))
            },
            missing: data_status::no_cluster,
            empty: |app| rows::text_or_gone(app, "no tasks: none running, none stopped within the last hour"),
        },
    },
    &Spec {
        block: DEPLOYMENTS,
        title: "Deployments",
        header: true,
        columns: &[],
        rows: Rows::Lines(rows::deployments),
        follows_end: false,
        is_entry: |_| true,
        subject: |app, key| Some(Subject::Deployment(app.panes.services.service.clone()?, key?.to_owned())),
        open: |_| None,
        details: |_, _| Vec::new(),
        data: Data::Read {
            status: rows::deployments_status,
            missing: data_status::no_cluster,
            empty: |app| rows::text_or_gone(app, "no deployments"),
        },
    },
    &Spec {
        block: EVENTS,
        title: "Events",
        header: false,
        columns: &[],
        rows: Rows::NewestFirst(rows::events),
        follows_end: false,
        is_entry: |_| true,
        subject: rows::event,
        open: |_| None,
        details: |_, _| Vec::new(),
        data: Data::Read {
            status: |app| (data_status::all(app, &[Source::Services]), Vec::new()),
            missing: data_status::no_cluster,
            empty: |app| rows::text_or_gone(app, "no events: ECS keeps the last 100"),
        },
    },
    &Spec {
        block: SCALING,
        title: "Autoscaling",
        header: false,
        columns: &[],
        rows: Rows::Facts(facts::scaling),
        follows_end: false,
        is_entry: |_| true,
        subject: select::fact_subject,
        open: |_| None,
        details: |_, _| Vec::new(),
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
            empty: |app| rows::text_or_gone(app, "not scaled automatically"),
        },
    },
    &Spec {
        block: TARGETS,
        title: "Targets",
        header: true,
        columns: &[],
        rows: Rows::Lines(rows::target_lines),
        follows_end: false,
        is_entry: |_| true,
        subject: |_, key| key.map(|key| Subject::Text(key.to_owned())),
        open: |_| None,
        details: rows::target_details,
        data: Data::Read { status: rows::targets_status, missing: data_status::no_cluster, empty: rows::no_targets },
    },
    &Spec {
        subject: |app, _| app.panes.services.service.clone().map(Subject::Service),
        ..Spec::self_drawn(
            CURVES,
            "Metrics",
            Data::Read {
                status: data_status::service_curves,
                missing: data_status::no_cluster,
                empty: |app| rows::text_or_gone(app, data_status::NO_POINTS),
            },
        )
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
        is_entry: |_| true,
        subject: |app, key| Some(Subject::Container(app.panes.services.task.clone()?, key?.to_owned())),
        open: |_| None,
        details: |_, _| Vec::new(),
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
        is_entry: |_| true,
        subject: select::fact_subject,
        open: |_| None,
        details: |_, _| Vec::new(),
        data: Data::Read { status: rows::task_status, missing: data_status::no_cluster, empty: rows::no_task },
    },
];
