//! The smallest IAM policy for an environment: the actions of `actions.json` that its configuration needs, restricted
//! to its own resources. Names that are not configured are those that `infra/terraform` creates.

use super::args::Purpose;
use crate::app::dialog::capitalized;
use crate::cli::{ExitCode, Report};
use crate::config::EnvironmentConfig;
use crate::model::partition;
use serde::Deserialize;
use serde_json::{Value, json};

/// Every AWS action that the cockpit needs; `tests/infrastructure` compares it with the actual calls and with
/// `docs/iam`.
const TABLE: &str = include_str!("actions.json");
/// Services without a region, or whose API is in another region.
const GLOBAL_SERVICES: [&str; 4] = ["budgets", "cloudfront", "iam", "route53"];

#[derive(Debug, Deserialize)]
struct Table {
    read: Vec<Row>,
    write: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Row {
    action: String,
    /// The configuration keys of which at least one must be set; if empty, the action is always needed.
    needs: Vec<String>,
    /// The kind of resource that a change acts on.
    on: Option<String>,
}

impl Row {
    fn service(&self) -> &str {
        self.action.split(':').next().unwrap_or_default()
    }

    fn is_needed(&self, environment: &EnvironmentConfig) -> bool {
        let is_configured = |key: &String| match key.as_str() {
            "cluster" => environment.cluster.is_some(),
            "target_groups" => !environment.target_groups.is_empty(),
            "databases" => !environment.databases.is_empty(),
            "alarms" => !environment.alarms.is_empty(),
            "scheduler" => environment.scheduler.is_some(),
            "secrets" => environment.tunnel.secret.is_some() || environment.database.secret.is_some(),
            _ => false,
        };
        self.needs.is_empty() || self.needs.iter().any(is_configured)
    }
}

/// Returns the policy as JSON text.
///
/// # Errors
/// Fails if the region is not known or, for changes, the account.
pub(super) fn text(environment: &EnvironmentConfig, region: Option<&str>, purpose: Purpose) -> Result<String, Report> {
    let table: Table = serde_json::from_str(TABLE).map_err(|error| {
        Report::new("policy", "the list of actions cannot be read", ExitCode::Failed).caused_by(&error)
    })?;
    let unknown = |what: &str, hint: &str| {
        Report::usage(format!("the policy names the {what}, and none is known")).hint(hint.to_owned())
    };
    let region = region.ok_or_else(|| unknown("region", "set `region` of the environment, --region or AWS_REGION"))?;
    let statements = match purpose {
        Purpose::Read => read_statements(&table, environment, region),
        Purpose::Operate => {
            let account = environment.account.as_deref();
            let account = account.ok_or_else(|| unknown("account", "set `account` of the environment"))?;
            let own = OwnResources { environment, region, account };
            write_statements(&table, &own)
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

fn read_statements(table: &Table, environment: &EnvironmentConfig, region: &str) -> Vec<Value> {
    let everything = ["*".to_owned()];
    let actions = |wanted: &dyn Fn(&str) -> bool| -> Vec<&str> {
        let rows = table.read.iter().filter(|row| row.is_needed(environment) && wanted(row.service()));
        rows.map(|row| row.action.as_str()).collect()
    };
    let is_regional = |service: &str| !GLOBAL_SERVICES.contains(&service) && !matches!(service, "sts" | "ce");
    let within = json!({ "StringEquals": { "aws:RequestedRegion": region } });
    vec![
        statement("Who", actions(&|service| service == "sts"), &everything, None),
        // The doctor requests names that do not exist to test its permissions, so the statement is bounded by region
        // only.
        statement("Read", actions(&is_regional), &everything, Some(within)),
        statement("Everywhere", actions(&|service| GLOBAL_SERVICES.contains(&service)), &everything, None),
        // Cost Explorer has one region for all.
        statement("Costs", actions(&|service| service == "ce"), &everything, None),
    ]
}

/// The names and ARNs of an environment's own resources.
struct OwnResources<'a> {
    environment: &'a EnvironmentConfig,
    region: &'a str,
    account: &'a str,
}

/// The scope of a kind of change: its name, its resources, and an optional condition.
type ChangeScope = (&'static str, Vec<String>, Option<Value>);

impl OwnResources<'_> {
    fn partition(&self) -> &'static str {
        partition::name(self.region)
    }

    fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{rest}", self.partition(), self.region, self.account)
    }

    /// Returns the ARN of a resource of a global service.
    fn everywhere(&self, service: &str, rest: &str) -> String {
        format!("arn:{}:{service}::{}:{rest}", self.partition(), self.account)
    }

    /// Returns the prefix of all its resource names: `alarms` is that prefix plus a hyphen.
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

    /// Returns its services as policy patterns; if none are configured, all services with its prefix.
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

    /// Returns the scopes of all changes, in the order of the policy.
    fn change_scopes(&self) -> Vec<ChangeScope> {
        let environment = self.environment;
        let mut made: Vec<ChangeScope> = vec![("*", vec!["*".to_owned()], None)];
        made.extend(self.of_cluster());
        made.push(("repository", self.each(&self.repositories(), "ecr", |name| format!("repository/{name}")), None));
        if let Some(function) = &environment.scheduler {
            made.push(("function", vec![self.arn("lambda", &format!("function:{function}"))], None));
            let begins = environment.schedules.clone().unwrap_or_else(|| format!("{}-", self.prefix()));
            made.push(("schedule", vec![self.arn("scheduler", &format!("schedule/default/{begins}*"))], None));
        }
        // The cockpit's own mute rules, and the alarms that they mute.
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

    /// Image repositories have the names of their services.
    fn repositories(&self) -> Vec<String> {
        if self.environment.cluster.is_some() { self.services() } else { Vec::new() }
    }

    fn of_cluster(&self) -> Vec<ChangeScope> {
        let environment = self.environment;
        let Some(cluster) = environment.cluster.as_deref() else { return Vec::new() };
        // The cluster may be configured by its ARN.
        let cluster = cluster.rsplit('/').next().unwrap_or(cluster);
        let within_cluster = |kind: &str| self.arn("ecs", &format!("{kind}/{cluster}/*"));
        let cluster_arn = self.arn("ecs", &format!("cluster/{cluster}"));
        let tagged = self.tags(json!({ "aws:ResourceTag/Environment": environment.name }));
        let ends = ["execution", "task", "schedule"].into_iter();
        let ends = ends.filter(|end| *end != "schedule" || environment.scheduler.is_some());
        let roles = ends.map(|end| self.everywhere("iam", &format!("role/{}-{end}", self.prefix()))).collect();
        let passed = ["ecs-tasks.amazonaws.com", "scheduler.amazonaws.com"];
        vec![
            ("service", vec![within_cluster("service")], None),
            ("service-deployment", vec![within_cluster("service-deployment")], None),
            ("task", vec![within_cluster("task")], None),
            ("task-and-cluster", vec![within_cluster("task"), cluster_arn], None),
            ("target", vec![self.arn("application-autoscaling", "scalable-target/*")], Some(tagged)),
            ("role", roles, Some(json!({ "StringEquals": { "iam:PassedToService": passed } }))),
        ]
    }

    fn of_databases(&self) -> Vec<ChangeScope> {
        let environment = self.environment;
        let databases = &environment.databases;
        let named = |rest: &dyn Fn(&str) -> String| self.each(databases, "rds", rest);
        // An Aurora instance is named after its cluster plus a number; a replica after its writer.
        let instances: Vec<String> = databases
            .iter()
            .flat_map(|name| ["", "-*"].map(|end| self.arn("rds", &format!("db:{}{end}", pattern(name)))))
            .collect();
        let clusters = named(&|name| format!("cluster:{name}"));
        let of_instances = [instances.clone(), named(&|name| format!("snapshot:{name}-*"))].concat();
        let mut secrets = self.each(databases, "secretsmanager", |name| format!("secret:{name}/*"));
        let configured = [&environment.tunnel.secret, &environment.database.secret].into_iter().flatten();
        // The ARN of a secret ends with six random characters.
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
                let parameter = self.arn("ssm", &format!("parameter/{}", path.trim_matches('/')));
                let below = path.ends_with('/').then(|| format!("{parameter}/*"));
                std::iter::once(parameter).chain(below)
            })
            .collect();
        made.dedup();
        made
    }

    fn of_sessions(&self) -> Vec<ChangeScope> {
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
        let mut made: Vec<ChangeScope> = vec![("session", documents, None), ("own-session", own, None)];
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

/// Converts a name pattern to IAM's syntax, which has no bracket sets: a set becomes `?`.
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

fn write_statements(table: &Table, own: &OwnResources<'_>) -> Vec<Value> {
    let environment = own.environment;
    let mut statements = Vec::new();
    let scopes = own.change_scopes();
    for (kind, resources, condition) in &scopes {
        let rows = table.write.iter().filter(|row| row.on.as_deref() == Some(kind) && row.is_needed(environment));
        let actions: Vec<&str> = rows.map(|row| row.action.as_str()).collect();
        if !actions.is_empty() && !resources.is_empty() {
            statements.push(statement(&sid(kind), actions, resources, condition.clone()));
        }
    }
    if environment.cluster.is_some() {
        // A new revision is registered with the tags of the previous one.
        let services = own.services();
        let families = services
            .iter()
            .flat_map(|service| ["", ":*"].map(|end| own.arn("ecs", &format!("task-definition/{service}{end}"))));
        let made = json!({ "StringEquals": { "ecs:CreateAction": "RegisterTaskDefinition" } });
        let families: Vec<String> = families.collect();
        statements.push(statement("RevisionTags", vec!["ecs:TagResource"], &families, Some(made)));
    }
    if let Some((_, resources, condition)) = scopes.iter().find(|(kind, ..)| *kind == "instance") {
        // Sessions only on this environment's instances, which their tags identify.
        let session = vec!["ssm:StartSession"];
        statements.push(statement("SessionOnInstance", session, resources, condition.clone()));
    }
    statements
}

fn sid(kind: &str) -> String {
    kind.replace('*', "any").split('-').map(capitalized).collect()
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
