//! The selected thing: what it is, its name, its link to the AWS console, the actions on it, and its raw fields.

use super::App;
use super::command::Id;
use super::list::List;
use super::pane::Rows;
use super::subject::Subject;
use crate::model::suggested_commands::with_scope;
use crate::model::text::percent_encode;
use crate::model::{Observed, partition};
use serde::Serialize;

/// The selected thing, if any.
pub fn subject(app: &App) -> Option<Subject> {
    let block = app.focused();
    let key = app.screen.list_of(block).and_then(List::selected);
    (app.spec(block).subject)(app, key)
}

/// The full name of the service that is selected, or that the open thing belongs to.
pub fn service(app: &App) -> Option<String> {
    match (app.view().subject)(app) {
        Some(Subject::Service(name) | Subject::Task(name, _)) => Some(name),
        // The open thing belongs to no service.
        Some(_) => None,
        None => match subject(app)? {
            Subject::Service(name) => Some(name),
            _ => None,
        },
    }
}

/// The service with the selected key.
pub fn service_subject(_: &App, key: Option<&str>) -> Option<Subject> {
    key.map(|key| Subject::Service(key.to_owned()))
}

/// The database or instance with the selected key.
pub fn database_subject(_: &App, key: Option<&str>) -> Option<Subject> {
    let key = key?;
    Some(match key.split_once('/') {
        Some((database, instance)) => Subject::Instance(database.to_owned(), instance.to_owned()),
        None => Subject::Database(key.to_owned()),
    })
}

/// The line with the selected number, in the focused block.
pub fn fact_subject(app: &App, key: Option<&str>) -> Option<Subject> {
    let Rows::Facts(facts) = app.spec(app.focused()).rows else { return None };
    let line = facts(app).into_iter().nth(key?.parse().ok()?)?;
    Some(Subject::Text(line.text))
}

/// The selected thing's name and the commands that apply to it, most useful first.
pub fn actions(app: &App) -> (String, Vec<Id>) {
    let applies = |id: &&Id| app.table.command(**id).applies(app);
    let configured = app.table.commands().filter(|command| command.is_numbered() && command.applies(app));
    let own = app.shown_pane().actions.iter().filter(applies).copied();
    let commands = own.chain(configured.map(|command| command.id)).collect();
    let operation = app.screen.operation.map(|id| app.operations.get(id).map(|operation| operation.title.clone()));
    let name = match operation {
        Some(title) => title,
        None => subject(app).map(|subject| subject.name().to_owned()).or_else(|| service(app)),
    };
    (name.unwrap_or_else(|| "nothing".to_owned()), commands)
}

/// Whether a service is selected or open.
pub fn in_service(app: &App) -> bool {
    service(app).is_some()
}

/// Whether there is a version to roll back to; in an operation's view, whether the operation can be rolled back.
pub fn can_roll_back(app: &App) -> bool {
    match app.screen.operation {
        None => in_service(app),
        Some(id) => app
            .operations
            .get(id)
            .is_some_and(|operation| operation.revertible() || (operation.outcome.is_some() && service(app).is_some())),
    }
}

/// Whether a service is selected on which ECS Exec is off.
pub fn exec_is_off(app: &App) -> bool {
    service(app).and_then(|name| app.estate.service(&name)).is_some_and(|service| !service.exec)
}

/// Whether a task is selected.
pub fn has_task(app: &App) -> bool {
    matches!(subject(app), Some(Subject::Task(..) | Subject::Container(..)))
}

/// Whether the autoscaling of the service is suspended; `None` if it is not autoscaled.
pub fn suspended(app: &App) -> Option<bool> {
    let resource = app.estate.service(&service(app)?)?.scaling_id();
    let targets = app.estate.scalable.value()?;
    targets.iter().find(|target| target.resource == resource).map(|target| target.suspended.any())
}

/// Whether a service is selected and schedules stop and start its environment.
pub fn has_schedule(app: &App) -> bool {
    in_service(app) && app.environment.schedules.is_some()
}

/// Whether the selected thing has raw fields.
pub fn has_fields(app: &App) -> bool {
    !matches!(subject(app), None | Some(Subject::Services | Subject::Machine(_) | Subject::Text(_)))
}

/// Whether the AWS console has a page for the selected thing.
pub fn has_link(app: &App) -> bool {
    subject(app).and_then(|subject| console_link(app, &subject)).is_some()
}

/// Whether the selected thing can be opened: all can, except the service that is already open. Things without a page of
/// their own show their whole row.
pub fn can_open(app: &App) -> bool {
    match subject(app) {
        Some(Subject::Service(name)) => (app.view().subject)(app) != Some(Subject::Service(name)),
        Some(_) => true,
        None => false,
    }
}

/// The address of a thing in the AWS console. Source of the forms: the console's own address line.
pub fn console_link(app: &App, subject: &Subject) -> Option<String> {
    let known = app.estate.identity.value().and_then(|identity| identity.region.as_deref());
    let region = app.environment.region.as_deref().or(known)?;
    let console = partition::console(region)?;
    let cluster = app.environment.cluster.as_deref();
    Some(match subject {
        Subject::Service(name) => {
            format!("{console}/ecs/v2/clusters/{}/services/{name}/health?region={region}", cluster?)
        }
        Subject::Task(_, id) | Subject::Container(id, _) => {
            format!("{console}/ecs/v2/clusters/{}/tasks/{id}/configuration?region={region}", cluster?)
        }
        Subject::Deployment(service, _) => {
            format!("{console}/ecs/v2/clusters/{}/services/{service}/deployments?region={region}", cluster?)
        }
        Subject::Database(id) => {
            let aurora = app
                .estate
                .derived
                .databases
                .iter()
                .any(|row| row.database.id == *id && row.database.kind == crate::model::DatabaseKind::Aurora);
            format!("{console}/rds/home?region={region}#database:id={id};is-cluster={aurora}")
        }
        Subject::Instance(_, id) => format!("{console}/rds/home?region={region}#database:id={id};is-cluster=false"),
        Subject::Machine(id) => format!("{console}/ec2/home?region={region}#InstanceDetails:instanceId={id}"),
        Subject::Alarm(name) => {
            format!("{console}/cloudwatch/home?region={region}#alarmsV2:alarm/{}", percent_encode(name))
        }
        Subject::Services | Subject::Reachability | Subject::Logs(..) | Subject::Text(_) => return None,
    })
}

/// The reasons of a health as YAML comments, because the screen may not have room for all of them.
fn reasons(app: &App, assessment: Option<&crate::model::health::Assessment>) -> String {
    let reasons = assessment.into_iter().flat_map(|assessment| &assessment.reasons);
    let lines = reasons.map(|reason| {
        let hint = reason.hint.as_ref().map(|hint| with_scope(hint, app.environment.command_scope()));
        let hint = hint.map(|hint| format!("  → {hint}")).unwrap_or_default();
        format!("# {}: {}{hint}\n", reason.severity.word(), reason.text)
    });
    lines.collect()
}

/// The raw fields of the selected thing, as YAML.
pub fn fields(app: &App) -> Option<(String, String)> {
    fn yaml<T: Serialize>(value: &T) -> String {
        serde_saphyr::to_string(value).unwrap_or_else(|error| format!("these fields cannot be shown: {error}"))
    }
    let estate = &app.estate;
    let subject = subject(app)?;
    let body = match &subject {
        Subject::Service(name) => {
            let row = estate.service_row(name);
            let service = reasons(app, row.map(|row| &row.assessment)) + &yaml(estate.service(name)?);
            let definition =
                estate.service(name).and_then(|service| estate.task_definitions.get(&service.task_definition));
            let definition = definition
                .and_then(Observed::value)
                .map(|definition| format!("\n# task definition\n{}", yaml(definition)));
            service + &definition.unwrap_or_default()
        }
        Subject::Task(_, id) => yaml(estate.task(id)?),
        Subject::Container(task, name) => {
            yaml(estate.task(task)?.containers.iter().find(|container| container.name == *name)?)
        }
        Subject::Deployment(service, key) => {
            let (when, id) = key.split_once(' ')?;
            if when == "now" {
                let now = &estate.service(service)?.deployments;
                let history = estate.rollouts.get(service).and_then(Observed::value);
                let mut rollouts = history.into_iter().flatten();
                let rollout =
                    rollouts.find(|rollout| rollout.matching_deployment(now).is_some_and(|other| other.id == id));
                let rollout = rollout.map(|rollout| format!("\n# service deployment\n{}", yaml(rollout)));
                yaml(now.iter().find(|deployment| deployment.id == id)?) + &rollout.unwrap_or_default()
            } else {
                yaml(estate.rollouts.get(service)?.value()?.iter().find(|rollout| rollout.id == id)?)
            }
        }
        Subject::Database(id) => {
            let cluster = estate.db_clusters.value().into_iter().flatten().find(|cluster| cluster.id == *id).map(yaml);
            let instance =
                || estate.db_instances.value().into_iter().flatten().find(|instance| instance.id == *id).map(yaml);
            let row = estate.derived.databases.iter().find(|row| row.database.id == *id);
            reasons(app, row.map(|row| &row.assessment)) + &cluster.or_else(instance)?
        }
        Subject::Instance(_, id) => yaml(estate.db_instances.value()?.iter().find(|instance| instance.id == *id)?),
        Subject::Alarm(name) => yaml(estate.alarms.value()?.iter().find(|alarm| alarm.name == *name)?),
        Subject::Services | Subject::Machine(_) | Subject::Reachability | Subject::Logs(..) | Subject::Text(_) => {
            return None;
        }
    };
    Some((subject.name().to_owned(), body))
}
