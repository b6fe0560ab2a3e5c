//! Resources that may exist and be in no state: an apply had begun to make them, and its process ended before it said the end.
//! What each would be called is in its plan, so that it can be looked for, and taken into the state by an `import` block.

use super::RunState;
use super::import;
use super::plan::{Plan, Shown, resource_of, type_of};
use crate::text::quoted;
use std::fmt::Write as _;

/// A resource that may exist and be in no state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// The unit.
    pub unit: String,
    /// Its address.
    pub address: String,
    /// `aws_ecs_service`.
    pub kind: String,
    /// What it is called in AWS, as far as the plan says it.
    pub name: Option<String>,
    /// Where it is looked for; none where there is no read call for it.
    pub look: Option<Look>,
}

/// Where a resource is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// An ECS cluster.
    Cluster,
    /// A service of this cluster (its name or its ARN).
    Service {
        /// The cluster.
        cluster: String,
    },
    /// A repository of images.
    Repository,
    /// A group of logs.
    LogGroup,
    /// A database instance.
    DbInstance,
    /// An Aurora cluster.
    DbCluster,
    /// A target group.
    TargetGroup,
    /// An alarm on a metric.
    Alarm,
    /// A function.
    Function,
    /// A schedule of a group.
    Schedule {
        /// Its group.
        group: String,
    },
    /// A parameter of Systems Manager.
    Parameter,
    /// A load balancer.
    LoadBalancer,
    /// A security group.
    SecurityGroup {
        /// Its network; none where that is not known before it is made.
        vpc: Option<String>,
    },
    /// A secret.
    Secret,
    /// A user pool.
    UserPool,
    /// A hosted zone.
    Zone,
}

/// What came of looking for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is there: what it is imported by.
    There(String),
    /// It is not there.
    Absent,
    /// It was not looked for, or not successfully: why.
    Unknown(String),
}

/// The attribute that names a resource of a type, and whether it is imported by that name.
///
/// Source: the section "Import" of each resource in the documentation of the AWS provider, version 5.
const NAMES: &[(&str, &str, bool)] = &[
    ("aws_ecs_cluster", "name", true),
    ("aws_ecs_service", "name", false),
    ("aws_ecr_repository", "name", true),
    ("aws_cloudwatch_log_group", "name", true),
    ("aws_db_instance", "identifier", true),
    ("aws_rds_cluster", "cluster_identifier", true),
    ("aws_rds_cluster_instance", "identifier", true),
    ("aws_db_subnet_group", "name", true),
    ("aws_db_parameter_group", "name", true),
    ("aws_lb_target_group", "name", false),
    ("aws_lb", "name", false),
    ("aws_cloudwatch_metric_alarm", "alarm_name", true),
    ("aws_cloudwatch_composite_alarm", "alarm_name", true),
    ("aws_lambda_function", "function_name", true),
    ("aws_scheduler_schedule", "name", false),
    ("aws_s3_bucket", "bucket", true),
    ("aws_iam_role", "name", true),
    ("aws_iam_policy", "name", false),
    ("aws_ssm_parameter", "name", true),
    ("aws_secretsmanager_secret", "name", false),
    ("aws_sns_topic", "name", false),
    ("aws_security_group", "name", false),
    ("aws_cognito_user_pool", "name", false),
    ("aws_route53_zone", "name", false),
    ("aws_vpc", "", false),
];

/// What looks for a resource of a type for which the cockpit has no call; `{}` is its name.
const BY_HAND: &[(&str, &str)] = &[
    ("aws_iam_role", "aws iam get-role --role-name {}"),
    ("aws_s3_bucket", "aws s3api head-bucket --bucket {}"),
    ("aws_db_subnet_group", "aws rds describe-db-subnet-groups --db-subnet-group-name {}"),
    ("aws_db_parameter_group", "aws rds describe-db-parameter-groups --db-parameter-group-name {}"),
];

/// The orphans of a run, in the order of units and addresses; `plan` has the plan of a unit as it was shown.
pub fn of(run: &RunState, plan: impl Fn(&str) -> Option<Plan>) -> Vec<Orphan> {
    let mut plans: Vec<(String, Option<Plan>)> = Vec::new();
    let mut found = Vec::new();
    for (unit, address) in run.left.keys() {
        if plans.last().is_none_or(|(of, _)| of != unit) {
            plans.push((unit.clone(), plan(unit)));
        }
        let plan = plans.last().and_then(|(_, plan)| plan.as_ref());
        found.push(orphan(unit, address, plan));
    }
    found
}

fn orphan(unit: &str, address: &str, plan: Option<&Plan>) -> Orphan {
    let kind = type_of(&resource_of(address)).to_owned();
    let value = |name: &str| {
        let change = plan?.changes.iter().find(|change| change.address == address)?;
        let attribute = change.attributes.iter().find(|attribute| attribute.name.as_deref() == Some(name))?;
        match &attribute.shown {
            Shown::Added { after } | Shown::Changed { after, .. } => serde_json::from_str::<String>(after).ok(),
            Shown::Removed { .. } | Shown::Parts { .. } => None,
        }
    };
    let name = NAMES.iter().find(|(of, ..)| *of == kind).and_then(|(_, attribute, _)| value(attribute));
    let look = match kind.as_str() {
        "aws_ecs_cluster" => Some(Look::Cluster),
        "aws_ecs_service" => value("cluster").map(|cluster| Look::Service { cluster }),
        "aws_ecr_repository" => Some(Look::Repository),
        "aws_cloudwatch_log_group" => Some(Look::LogGroup),
        "aws_db_instance" | "aws_rds_cluster_instance" => Some(Look::DbInstance),
        "aws_rds_cluster" => Some(Look::DbCluster),
        "aws_lb_target_group" => Some(Look::TargetGroup),
        "aws_cloudwatch_metric_alarm" | "aws_cloudwatch_composite_alarm" => Some(Look::Alarm),
        "aws_lambda_function" => Some(Look::Function),
        "aws_scheduler_schedule" => {
            Some(Look::Schedule { group: value("group_name").unwrap_or_else(|| "default".to_owned()) })
        }
        "aws_ssm_parameter" => Some(Look::Parameter),
        "aws_lb" => Some(Look::LoadBalancer),
        "aws_security_group" => Some(Look::SecurityGroup { vpc: value("vpc_id") }),
        "aws_secretsmanager_secret" => Some(Look::Secret),
        "aws_cognito_user_pool" => Some(Look::UserPool),
        "aws_route53_zone" => Some(Look::Zone),
        _ => None,
    };
    Orphan { unit: unit.to_owned(), address: address.to_owned(), kind, look: look.filter(|_| name.is_some()), name }
}

impl Orphan {
    /// What it is imported by, where that follows from its name alone.
    pub fn id_by_name(&self) -> Option<String> {
        let by_name = NAMES.iter().any(|(kind, _, by_name)| *kind == self.kind && *by_name);
        self.name.clone().filter(|_| by_name)
    }

    /// What looks for it on a command line, where the cockpit has no call for that.
    pub fn by_hand(&self) -> Option<String> {
        let (_, command) = BY_HAND.iter().find(|(kind, _)| *kind == self.kind)?;
        Some(command.replace("{}", &quoted(self.name.as_ref()?)))
    }

    /// For a person: what it is called.
    pub fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("{} ({name})", self.address),
            None => self.address.clone(),
        }
    }
}

impl Found {
    /// For a person.
    pub fn words(&self) -> String {
        match self {
            Self::There(id) => format!("exists, and is in no state: imported as {id}"),
            Self::Absent => "does not exist".to_owned(),
            Self::Unknown(why) => format!("not known: {why}"),
        }
    }
}

/// `import` blocks of a unit's orphans: those that are there, and as comments those of which it is not known.
pub fn blocks<'a>(orphans: impl IntoIterator<Item = (&'a Orphan, &'a Found)>) -> String {
    let mut text = String::new();
    for (orphan, found) in orphans {
        match found {
            Found::There(id) => match import::block(&orphan.address, id) {
                Ok(block) => {
                    let _ = writeln!(text, "{block}");
                }
                Err(why) => {
                    let _ = writeln!(text, "# {}: {why}\n", orphan.address);
                }
            },
            Found::Absent => {}
            Found::Unknown(why) => {
                let _ = writeln!(text, "# {}: {}", orphan.address, why.replace('\n', " "));
                let id = orphan.id_by_name().unwrap_or_else(|| "ID".to_owned());
                let block = import::block(&orphan.address, &id).unwrap_or_default();
                for line in block.lines() {
                    let _ = writeln!(text, "# {line}");
                }
                text.push('\n');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::message::{Action, Message};
    use super::super::plan::testing::{change, show};
    use super::super::run_event::{RunEvent, Step, What};
    use super::*;
    use jiff::Timestamp;
    use serde_json::{Value, json};

    fn said(step: Step, message: Message) -> RunEvent {
        RunEvent { time: Timestamp::UNIX_EPOCH, what: What::Said { unit: "compute".into(), step, message } }
    }

    fn begun(address: &str, action: Action) -> RunEvent {
        said(Step::Apply, Message::ApplyStarted { address: address.into(), action })
    }

    fn killed() -> Vec<RunEvent> {
        let end =
            What::StepEnded { unit: "compute".into(), step: Step::Apply, code: None, failed: Some("killed".into()) };
        let step = What::Step { unit: "compute".into(), step: Step::Apply, pid: None, early: false };
        let done = Message::ApplyDone {
            address: "aws_lb.done".into(),
            action: Action::Create,
            id: Some("x".into()),
            elapsed: 1,
        };
        let event = |what| RunEvent { time: Timestamp::UNIX_EPOCH, what };
        vec![
            event(step),
            begun("aws_ecs_service.web", Action::Create),
            begun("aws_lb.done", Action::Create),
            begun("aws_lb.changed", Action::Update),
            begun("aws_vpc.this", Action::Create),
            said(Step::Apply, done),
            event(end),
        ]
    }

    fn plan() -> Plan {
        let new = |address: &str, after: Value| change(address, &["create"], Value::Null, after);
        let shown = show(&[
            new("aws_ecs_service.web", json!({"name": "team-web", "cluster": "team"})),
            new("aws_vpc.this", json!({"cidr_block": "10.0.0.0/16"})),
        ]);
        Plan::read(&serde_json::to_vec(&shown).unwrap()).unwrap()
    }

    #[test]
    fn what_was_begun_and_has_no_end_is_looked_for_by_what_its_plan_calls_it() {
        let state = RunState::of(&killed());
        let found = of(&state, |_| Some(plan()));
        let titles: Vec<String> = found.iter().map(Orphan::title).collect();
        assert_eq!(titles, ["aws_ecs_service.web (team-web)", "aws_vpc.this"]);
        assert_eq!(found[0].look, Some(Look::Service { cluster: "team".into() }));
        assert_eq!(found[1].look, None, "it has no name");
        assert_eq!(of(&state, |_| None)[0].look, None, "without a plan nobody knows its name");
    }

    #[test]
    fn where_a_resource_is_looked_for_is_in_its_plan_and_what_has_no_call_names_its_command() {
        let all = [
            ("aws_security_group.db", json!({"name": "db", "vpc_id": "vpc-1"})),
            ("aws_security_group.new", json!({"name": "new"})),
            ("aws_security_group.any", json!({"name_prefix": "any"})),
            ("aws_iam_role.web", json!({"name": "web's"})),
            ("aws_sns_topic.tell", json!({"name": "tell"})),
        ];
        let shown = show(&all.clone().map(|(address, after)| change(address, &["create"], Value::Null, after)));
        let plan = Plan::read(&serde_json::to_vec(&shown).unwrap()).unwrap();
        let of = |address| orphan("compute", address, Some(&plan));
        let group = |vpc: Option<&str>| Some(Look::SecurityGroup { vpc: vpc.map(str::to_owned) });
        assert_eq!(of("aws_security_group.db").look, group(Some("vpc-1")));
        assert_eq!(of("aws_security_group.new").look, group(None), "its network is made with it");
        assert_eq!(of("aws_security_group.any").look, None, "AWS chooses its name");
        let role = of("aws_iam_role.web");
        assert_eq!(
            (role.look.as_ref(), role.by_hand().unwrap().as_str()),
            (None, r"aws iam get-role --role-name 'web'\''s'")
        );
        assert_eq!(of("aws_sns_topic.tell").by_hand(), None);
    }

    #[test]
    fn what_is_in_the_state_after_all_is_no_orphan_also_after_a_retry() {
        let mut events = killed();
        let by = super::super::run_event::Who { user: "a".into(), host: "b".into(), pid: 1 };
        let retried = What::Retried { units: vec!["compute".into()], by };
        events.push(RunEvent { time: Timestamp::UNIX_EPOCH, what: retried });
        assert_eq!(RunState::of(&events).left.len(), 2, "a retry alone says nothing of them");
        events.push(said(Step::Plan, Message::Refreshed { address: "aws_vpc.this".into() }));
        let done =
            Message::ApplyDone { address: "aws_ecs_service.web".into(), action: Action::Create, id: None, elapsed: 1 };
        events.push(begun("aws_ecs_service.web", Action::Create));
        events.push(said(Step::Apply, done));
        assert!(RunState::of(&events).left.is_empty());
    }

    #[test]
    fn blocks_import_what_is_there_and_keep_what_is_not_known_as_a_comment() {
        let found = of(&RunState::of(&killed()), |_| Some(plan()));
        let text = blocks([
            (&found[0], &Found::There("team/team-web".into())),
            (&found[1], &Found::Unknown("there is no read call for it".into())),
        ]);
        assert_eq!(
            text,
            "import {\n  to = aws_ecs_service.web\n  id = \"team/team-web\"\n}\n\n\
             # aws_vpc.this: there is no read call for it\n# import {\n#   to = aws_vpc.this\n#   id = \"ID\"\n# }\n\n"
        );
        assert_eq!(blocks([(&found[0], &Found::Absent)]), "");
    }
}
