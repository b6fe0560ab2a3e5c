//! The smallest IAM policy for what is configured of an environment: the actions of `actions.json` that its configuration
//! needs, on what is its own. Names that the configuration does not say are those that `infra/terraform` gives.

use super::args::Purpose;
use crate::app::dialog::capital;
use crate::cli::{ExitCode, Report};
use crate::config::EnvironmentConfig;
use crate::model::partition;
use serde::Deserialize;
use serde_json::{Value, json};

/// Each action of AWS that the cockpit needs; `tests/infrastructure` holds it against what is called and against `docs/iam`.
const TABLE: &str = include_str!("actions.json");
/// Services without a region, or whose calls go to another.
const EVERYWHERE: [&str; 4] = ["budgets", "cloudfront", "iam", "route53"];

#[derive(Debug, Deserialize)]
struct Table {
    read: Vec<Row>,
    write: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Row {
    action: String,
    /// Any of these keys must be configured; none: it is always needed.
    needs: Vec<String>,
    /// The thing that a change is about.
    on: Option<String>,
}

impl Row {
    fn service(&self) -> &str {
        self.action.split(':').next().unwrap_or_default()
    }

    fn is_needed(&self, environment: &EnvironmentConfig) -> bool {
        let has = |key: &String| match key.as_str() {
            "cluster" => environment.cluster.is_some(),
            "target_groups" => !environment.target_groups.is_empty(),
            "databases" => !environment.databases.is_empty(),
            "alarms" => !environment.alarms.is_empty(),
            "scheduler" => environment.scheduler.is_some(),
            "secrets" => environment.tunnel.secret.is_some() || environment.database.secret.is_some(),
            _ => false,
        };
        self.needs.is_empty() || self.needs.iter().any(has)
    }
}

/// The policy, as text of JSON.
///
/// # Errors
/// The region is not known, or for changes the account.
pub(super) fn text(environment: &EnvironmentConfig, region: Option<&str>, purpose: Purpose) -> Result<String, Report> {
    let table: Table = serde_json::from_str(TABLE).map_err(|error| {
        Report::new("policy", "the list of actions cannot be read", ExitCode::Failed).caused_by(&error)
    })?;
    let unknown = |what: &str, hint: &str| {
        Report::usage(format!("the policy names the {what}, and none is known")).hint(hint.to_owned())
    };
    let region = region.ok_or_else(|| unknown("region", "set `region` of the environment, --region or AWS_REGION"))?;
    let statements = match purpose {
        Purpose::Read => looking(&table, environment, region),
        Purpose::Operate => {
            let account = environment.account.as_deref();
            let account = account.ok_or_else(|| unknown("account", "set `account` of the environment"))?;
            let own = Own { environment, region, account };
            changing(&table, &own)
        }
    };
    let policy = json!({ "Version": "2012-10-17", "Statement": statements });
    serde_json::to_string_pretty(&policy)
        .map_err(|error| Report::new("policy", "the policy cannot be written", ExitCode::Failed).caused_by(&error))
}

fn statement(sid: &str, mut actions: Vec<&str>, resources: &[String], condition: Option<Value>) -> Value {
    actions.sort_unstable();
    let resource = match resources {
        [one] => json!(one),
        several => json!(several),
    };
    let mut made = json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource });
    if let Some(condition) = condition {
        made["Condition"] = condition;
    }
    made
}

fn looking(table: &Table, environment: &EnvironmentConfig, region: &str) -> Vec<Value> {
    let all = ["*".to_owned()];
    let of = |wanted: &dyn Fn(&str) -> bool| -> Vec<&str> {
        let rows = table.read.iter().filter(|row| row.is_needed(environment) && wanted(row.service()));
        rows.map(|row| row.action.as_str()).collect()
    };
    let here = |service: &str| !EVERYWHERE.contains(&service) && !matches!(service, "sts" | "ce");
    let within = json!({ "StringEquals": { "aws:RequestedRegion": region } });
    vec![
        statement("Who", of(&|service| service == "sts"), &all, None),
        // The doctor asks about names that do not exist to see whether it may ask, so the bound is the region.
        statement("Read", of(&here), &all, Some(within)),
        statement("Everywhere", of(&|service| EVERYWHERE.contains(&service)), &all, None),
        // Cost Explorer has one region for all.
        statement("Costs", of(&|service| service == "ce"), &all, None),
    ]
}

/// An environment's own names.
struct Own<'a> {
    environment: &'a EnvironmentConfig,
    region: &'a str,
    account: &'a str,
}

/// The scope of a kind of change: its resources, and under which condition.
type About = (&'static str, Vec<String>, Option<Value>);

impl Own<'_> {
    fn partition(&self) -> &'static str {
        partition::name(self.region)
    }

    fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{rest}", self.partition(), self.region, self.account)
    }

    /// The ARN of a resource of a service without regions.
    fn everywhere(&self, service: &str, rest: &str) -> String {
        format!("arn:{}:{service}::{}:{rest}", self.partition(), self.account)
    }

    /// The beginning of all its names: `alarms` is that and a hyphen.
    fn prefix(&self) -> String {
        let environment = self.environment;
        if let Some(alarms) = environment.alarms.first() {
            return alarms.trim_end_matches('-').to_owned();
        }
        self.path().replace('/', "-")
    }

    fn path(&self) -> String {
        let EnvironmentConfig { project, name, .. } = self.environment;
        if project.is_empty() || project == name { name.clone() } else { format!("{project}/{name}") }
    }

    /// Its services, as policies write patterns; those of a whole cluster by the beginning of their names.
    fn services(&self) -> Vec<String> {
        match &self.environment.services[..] {
            [] => vec![format!("{}-*", self.prefix())],
            named => named.iter().map(|name| pattern(name)).collect(),
        }
    }

    fn tags(&self, further: Value) -> Value {
        let mut tags = json!({ "aws:ResourceTag/Project": self.environment.project });
        if let (Some(tags), Value::Object(further)) = (tags.as_object_mut(), further) {
            tags.extend(further);
        }
        json!({ "StringEquals": tags })
    }

    /// All that changes may be about, in the order of the policy.
    fn all(&self) -> Vec<About> {
        let environment = self.environment;
        let mut made: Vec<About> = vec![("*", vec!["*".to_owned()], None)];
        made.extend(self.of_cluster());
        made.push(("repository", self.each(&self.repositories(), "ecr", |name| format!("repository/{name}")), None));
        if let Some(function) = &environment.scheduler {
            made.push(("function", vec![self.arn("lambda", &format!("function:{function}"))], None));
            let begins = environment.schedules.clone().unwrap_or_else(|| format!("{}-", self.prefix()));
            made.push(("schedule", vec![self.arn("scheduler", &format!("schedule/default/{begins}*"))], None));
        }
        // The cockpit's own rules, and the alarms that they mute.
        let mut alarms =
            self.each(&environment.alarms, "cloudwatch", |name| format!("alarm-mute-rule:cockpit-mute-{name}*"));
        alarms.extend(self.each(&environment.alarms, "cloudwatch", |name| format!("alarm:{name}*")));
        made.push(("alarm", alarms, None));
        made.extend(self.of_databases());
        made.push(("parameter", self.parameters(), None));
        made.extend(self.of_sessions());
        if environment.cluster.is_some() {
            let balancer = self.tags(json!({ "aws:ResourceTag/Name": format!("{}-alb", self.prefix()) }));
            made.push(("security-group", vec![self.arn("ec2", "security-group/*")], Some(balancer)));
        }
        if !environment.distributions.is_empty() {
            let tagged = self.tags(json!({ "aws:ResourceTag/Environment": environment.name }));
            made.push(("distribution", vec![self.everywhere("cloudfront", "distribution/*")], Some(tagged)));
        }
        made
    }

    fn each(&self, names: &[String], service: &str, rest: impl Fn(&str) -> String) -> Vec<String> {
        names.iter().map(|name| self.arn(service, &rest(&pattern(name)))).collect()
    }

    /// A repository of images is called as its service.
    fn repositories(&self) -> Vec<String> {
        if self.environment.cluster.is_some() { self.services() } else { Vec::new() }
    }

    fn of_cluster(&self) -> Vec<About> {
        let environment = self.environment;
        let Some(cluster) = environment.cluster.as_deref() else { return Vec::new() };
        // It may be named by its ARN.
        let cluster = cluster.rsplit('/').next().unwrap_or(cluster);
        let of = |kind: &str| self.arn("ecs", &format!("{kind}/{cluster}/*"));
        let whole = self.arn("ecs", &format!("cluster/{cluster}"));
        let tagged = self.tags(json!({ "aws:ResourceTag/Environment": environment.name }));
        let ends = ["execution", "task", "schedule"].into_iter();
        let ends = ends.filter(|end| *end != "schedule" || environment.scheduler.is_some());
        let roles = ends.map(|end| self.everywhere("iam", &format!("role/{}-{end}", self.prefix()))).collect();
        let passed = ["ecs-tasks.amazonaws.com", "scheduler.amazonaws.com"];
        vec![
            ("service", vec![of("service")], None),
            ("service-deployment", vec![of("service-deployment")], None),
            ("task", vec![of("task")], None),
            ("task-and-cluster", vec![of("task"), whole], None),
            ("target", vec![self.arn("application-autoscaling", "scalable-target/*")], Some(tagged)),
            ("role", roles, Some(json!({ "StringEquals": { "iam:PassedToService": passed } }))),
        ]
    }

    fn of_databases(&self) -> Vec<About> {
        let environment = self.environment;
        let databases = &environment.databases;
        let named = |rest: &dyn Fn(&str) -> String| self.each(databases, "rds", rest);
        // An instance of Aurora is called by its cluster and a number; a replica by its writer.
        let instances: Vec<String> = databases
            .iter()
            .flat_map(|name| ["", "-*"].map(|end| self.arn("rds", &format!("db:{}{end}", pattern(name)))))
            .collect();
        let clusters = named(&|name| format!("cluster:{name}"));
        let of_instances = [instances.clone(), named(&|name| format!("snapshot:{name}-*"))].concat();
        let mut secrets = self.each(databases, "secretsmanager", |name| format!("secret:{name}/*"));
        let configured = [&environment.tunnel.secret, &environment.database.secret].into_iter().flatten();
        // Six characters that nobody chooses end the ARN of a secret.
        secrets.extend(configured.map(|name| match name.strip_prefix("arn:") {
            Some(_) => format!("{name}*"),
            None => self.arn("secretsmanager", &format!("secret:{name}-*")),
        }));
        secrets.dedup();
        let of_clusters = [clusters.clone(), named(&|name| format!("cluster-snapshot:{name}-*"))].concat();
        vec![
            ("instance-of-rds", instances, None),
            ("cluster-of-rds", clusters, None),
            ("snapshot", of_instances, None),
            ("secret", secrets, None),
            ("cluster-snapshot", of_clusters, None),
        ]
    }

    fn parameters(&self) -> Vec<String> {
        let environment = self.environment;
        let paths = match &environment.parameters[..] {
            [] => vec![format!("/{}/", self.path())],
            paths => paths.to_vec(),
        };
        let named = [&environment.tunnel.parameter, &environment.database.parameter].into_iter().flatten().cloned();
        let mut made: Vec<String> = paths
            .into_iter()
            .chain(named)
            .flat_map(|path| {
                let whole = self.arn("ssm", &format!("parameter/{}", path.trim_matches('/')));
                let below = path.ends_with('/').then(|| format!("{whole}/*"));
                std::iter::once(whole).chain(below)
            })
            .collect();
        made.dedup();
        made
    }

    fn of_sessions(&self) -> Vec<About> {
        let environment = self.environment;
        let instances: Vec<&String> = environment.tunnel.instance.iter().chain(&environment.instances).collect();
        if environment.cluster.is_none() && instances.is_empty() {
            return Vec::new();
        }
        let of_aws = |name: &str| format!("arn:{}:ssm:{}::document/{name}", self.partition(), self.region);
        let mut documents = vec![
            of_aws("AWS-StartPortForwardingSession"),
            of_aws("AWS-StartPortForwardingSessionToRemoteHost"),
            self.arn("ssm", "document/SSM-SessionManagerRunShell"),
        ];
        if !instances.is_empty() {
            documents.push(of_aws("AWS-StartInteractiveCommand"));
        }
        let mut own = vec![self.arn("ssm", "session/${aws:userid}-*")];
        if let Some((_, task, _)) = self.of_cluster().into_iter().find(|(kind, ..)| *kind == "task") {
            documents.extend(task);
            // Sessions of ECS Exec are named after their command document.
            own.push(self.arn("ssm", "session/ecs-execute-command-*"));
        }
        let mut made: Vec<About> = vec![("session", documents, None), ("own-session", own, None)];
        if !instances.is_empty() {
            let (ids, names): (Vec<&String>, Vec<&String>) =
                instances.into_iter().partition(|named| named.starts_with("i-"));
            if names.is_empty() {
                let ids = ids.iter().map(|id| self.arn("ec2", &format!("instance/{id}"))).collect();
                made.push(("instance", ids, Some(self.tags(json!({})))));
            } else {
                let names: Vec<String> = names.iter().map(|name| pattern(name)).collect();
                let mut condition = self.tags(json!({}));
                condition["StringLike"] = json!({ "aws:ResourceTag/Name": names });
                made.push(("instance", vec![self.arn("ec2", "instance/*")], Some(condition)));
            }
        }
        made
    }
}

/// A pattern as policies write it: they know no sets in brackets.
fn pattern(name: &str) -> String {
    let mut made = String::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((_, behind)) = after.split_once(']') else { break };
        made.push_str(before);
        made.push('?');
        rest = behind;
    }
    made + rest
}

fn changing(table: &Table, own: &Own<'_>) -> Vec<Value> {
    let environment = own.environment;
    let mut statements = Vec::new();
    let all = own.all();
    for (kind, resources, condition) in &all {
        let rows = table.write.iter().filter(|row| row.on.as_deref() == Some(kind) && row.is_needed(environment));
        let actions: Vec<&str> = rows.map(|row| row.action.as_str()).collect();
        if !actions.is_empty() && !resources.is_empty() {
            statements.push(statement(&sid(kind), actions, resources, condition.clone()));
        }
    }
    if environment.cluster.is_some() {
        // A new revision keeps the tags of the one before.
        let services = own.services();
        let families = services
            .iter()
            .flat_map(|service| ["", ":*"].map(|end| own.arn("ecs", &format!("task-definition/{service}{end}"))));
        let made = json!({ "StringEquals": { "ecs:CreateAction": "RegisterTaskDefinition" } });
        let families: Vec<String> = families.collect();
        statements.push(statement("RevisionTags", vec!["ecs:TagResource"], &families, Some(made)));
    }
    if let Some((_, resources, condition)) = all.iter().find(|(kind, ..)| *kind == "instance") {
        // A session on an instance: only on this environment's, which its name tells.
        let session = vec!["ssm:StartSession"];
        statements.push(statement("SessionOnInstance", session, resources, condition.clone()));
    }
    statements
}

fn sid(kind: &str) -> String {
    kind.replace('*', "any").split('-').map(capital).collect()
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
