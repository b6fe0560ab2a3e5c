//! Orphans: resources that may exist without being in a state, because the process of an apply ended while creating
//! them. The plan has their names, so that they can be looked up, and imported with an `import` block.

use super::RunState;
use super::plan::{Attribute, Plan, ValueChange, resource_of, type_of};
use super::{import, orphan_types};
use crate::text::shell_quote;
use serde_json::Value;
use std::fmt::Write as _;

/// A resource that may exist without being in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    pub unit: String,
    pub address: String,
    /// `aws_ecs_service`.
    pub kind: String,
    /// Its name in AWS, if the plan contains it.
    pub name: Option<String>,
    /// How to look it up; `None` if there is no call for it.
    pub lookup: Option<Lookup>,
    /// The id for importing it, if the plan contains it.
    pub id: Option<String>,
    /// The command line for looking it up, if the cockpit has no call for it.
    pub manual_command: Option<String>,
}

/// How a resource is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// An ECS cluster.
    Cluster,
    /// A service of a cluster, given by its name or ARN.
    Service {
        cluster: String,
    },
    /// An ECR repository.
    Repository,
    LogGroup,
    /// A database instance.
    DbInstance,
    /// An Aurora cluster.
    DbCluster,
    TargetGroup,
    /// A CloudWatch alarm.
    Alarm,
    Function,
    /// A schedule of a schedule group.
    Schedule {
        group: String,
    },
    /// A Systems Manager parameter.
    Parameter,
    LoadBalancer,
    SecurityGroup {
        /// Its VPC; `None` if that is only known after its creation.
        vpc: Option<String>,
    },
    Secret,
    UserPool,
    /// A hosted zone.
    Zone,
    /// A listener of a load balancer (given by its name or ARN), by its port.
    Listener {
        /// The load balancer.
        balancer: String,
    },
    /// An EC2 instance, by its tag `Name`.
    Instance,
    /// A record of a hosted zone.
    Record {
        zone: String,
        /// The record type.
        kind: String,
        /// The set identifier, which distinguishes records with the same name and type.
        set: Option<String>,
    },
    /// The scalable target of a service, by its resource id.
    ScalableTarget,
    /// A scaling policy of a resource.
    ScalingPolicy {
        resource: String,
    },
}

/// The result of looking up an orphan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrphanStatus {
    /// It exists; the id for importing it.
    Exists(String),
    /// It does not exist.
    Absent,
    /// Unknown, with the reason.
    Unknown(String),
}

/// Returns the orphans of a run, sorted by unit and address; `plan` returns the recorded plan of a unit.
pub fn of(run: &RunState, plan: impl Fn(&str) -> Option<Plan>) -> Vec<Orphan> {
    let mut plans: Vec<(String, Option<Plan>)> = Vec::new();
    let mut found = Vec::new();
    for (unit, address) in run.leftovers.keys() {
        if plans.last().is_none_or(|(of, _)| of != unit) {
            plans.push((unit.clone(), plan(unit)));
        }
        let plan = plans.last().and_then(|(_, plan)| plan.as_ref());
        found.push(orphan(unit, address, plan));
    }
    found
}

/// Whether a resource type can be looked up, by a call or by hand.
pub fn is_known(kind: &str) -> bool {
    orphan_types::type_row(kind).is_some()
}

/// Returns the value of a resource's attribute in a plan; for a map, the part after the dot is the key.
fn value(plan: &Plan, address: &str, name: &str) -> Option<String> {
    let change = plan.changes.iter().find(|change| change.address == address)?;
    let (name, key) = name.split_once('.').map_or((name, None), |(name, key)| (name, Some(key)));
    let find =
        |attributes: &[Attribute], name: &str| attributes.iter().find(|one| one.name.as_deref() == Some(name)).cloned();
    let mut found = find(&change.attributes, name)?;
    if let (Some(key), ValueChange::Parts { parts, .. }) = (key, &found.shown) {
        found = find(parts, key)?;
    }
    match &found.shown {
        ValueChange::Added { after } | ValueChange::Changed { after, .. } => match serde_json::from_str(after).ok()? {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        },
        ValueChange::Removed { .. } | ValueChange::Parts { .. } => None,
    }
}

/// Returns the load balancer of a listener: its ARN if it existed before, or else the name of the one created with it.
fn balancer(plan: &Plan, listener: &str) -> Option<String> {
    let known = value(plan, listener, "load_balancer_arn");
    known.or_else(|| {
        let of = plan.resources.iter().find(|one| one.address == resource_of(listener))?;
        let needs = of.needs.iter().filter_map(|number| plan.resources.get(*number as usize));
        let mut balancers = needs.filter(|one| type_of(&one.address) == "aws_lb");
        let (Some(one), None) = (balancers.next(), balancers.next()) else { return None };
        let mut created = plan.changes.iter().filter(|change| resource_of(&change.address) == one.address);
        let (Some(change), None) = (created.next(), created.next()) else { return None };
        value(plan, &change.address, "name")
    })
}

fn orphan(unit: &str, address: &str, plan: Option<&Plan>) -> Orphan {
    let kind = type_of(&resource_of(address)).to_owned();
    let value = |name: &str| value(plan?, address, name);
    let known = orphan_types::type_row(&kind);
    let name = known.and_then(|known| value(known.name_attribute));
    let look = match kind.as_str() {
        "aws_ecs_cluster" => Some(Lookup::Cluster),
        "aws_ecs_service" => value("cluster").map(|cluster| Lookup::Service { cluster }),
        "aws_ecr_repository" => Some(Lookup::Repository),
        "aws_cloudwatch_log_group" => Some(Lookup::LogGroup),
        "aws_db_instance" | "aws_rds_cluster_instance" => Some(Lookup::DbInstance),
        "aws_rds_cluster" => Some(Lookup::DbCluster),
        "aws_lb_target_group" => Some(Lookup::TargetGroup),
        "aws_lb_listener" => {
            plan.and_then(|plan| balancer(plan, address)).map(|balancer| Lookup::Listener { balancer })
        }
        "aws_instance" => Some(Lookup::Instance),
        "aws_cloudwatch_metric_alarm" | "aws_cloudwatch_composite_alarm" => Some(Lookup::Alarm),
        "aws_lambda_function" => Some(Lookup::Function),
        "aws_scheduler_schedule" => {
            Some(Lookup::Schedule { group: value("group_name").unwrap_or_else(|| "default".to_owned()) })
        }
        "aws_ssm_parameter" => Some(Lookup::Parameter),
        "aws_lb" => Some(Lookup::LoadBalancer),
        "aws_security_group" => Some(Lookup::SecurityGroup { vpc: value("vpc_id") }),
        "aws_secretsmanager_secret" => Some(Lookup::Secret),
        "aws_cognito_user_pool" => Some(Lookup::UserPool),
        "aws_route53_zone" => Some(Lookup::Zone),
        "aws_route53_record" => value("zone_id").zip(value("type")).map(|(zone, kind)| Lookup::Record {
            zone,
            kind,
            set: value("set_identifier"),
        }),
        // The cockpit only queries the scaling of ECS services.
        "aws_appautoscaling_target" | "aws_appautoscaling_policy"
            if value("service_namespace").as_deref() != Some("ecs") =>
        {
            None
        }
        "aws_appautoscaling_target" => Some(Lookup::ScalableTarget),
        "aws_appautoscaling_policy" => value("resource_id").map(|resource| Lookup::ScalingPolicy { resource }),
        _ => None,
    };
    let id = known.filter(|known| !known.id.is_empty()).and_then(|known| orphan_types::fill_template(known.id, value));
    // Values missing in the plan become capitalized placeholders.
    let shell_value =
        |name: &str| Some(value(name).map_or_else(|| name.replace('.', "_").to_uppercase(), |text| shell_quote(&text)));
    let by_hand = known
        .filter(|known| !known.manual_command.is_empty())
        .and_then(|known| orphan_types::fill_template(known.manual_command, shell_value));
    Orphan {
        unit: unit.to_owned(),
        address: address.to_owned(),
        kind,
        lookup: look.filter(|_| name.is_some()),
        name,
        id,
        manual_command: by_hand,
    }
}

impl Orphan {
    /// Returns the address and the name, for display.
    pub fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("{} ({name})", self.address),
            None => self.address.clone(),
        }
    }
}

impl OrphanStatus {
    /// Describes the result.
    pub fn describe(&self) -> String {
        match self {
            Self::Exists(id) => format!("exists, and is in no state: imported as {id}"),
            Self::Absent => "does not exist".to_owned(),
            Self::Unknown(why) => format!("not known: {why}"),
        }
    }
}

/// Returns the `import` blocks of a unit's orphans: of those that exist, and as comments of those that are unknown.
pub fn blocks<'a>(orphans: impl IntoIterator<Item = (&'a Orphan, &'a OrphanStatus)>) -> String {
    let mut text = String::new();
    for (orphan, found) in orphans {
        match found {
            OrphanStatus::Exists(id) => match import::block(&orphan.address, id) {
                Ok(block) => {
                    let _ = writeln!(text, "{block}");
                }
                Err(why) => {
                    let _ = writeln!(text, "# {}: {why}\n", orphan.address);
                }
            },
            OrphanStatus::Absent => {}
            OrphanStatus::Unknown(why) => {
                let _ = writeln!(text, "# {}: {}", orphan.address, why.replace('\n', " "));
                let id = orphan.id.clone().unwrap_or_else(|| "ID".to_owned());
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
    use super::super::run_event::{RunEvent, RunEventKind, Step};
    use super::*;
    use jiff::Timestamp;
    use serde_json::json;

    fn message_event(step: Step, message: Message) -> RunEvent {
        RunEvent { time: Timestamp::UNIX_EPOCH, what: RunEventKind::Said { unit: "compute".into(), step, message } }
    }

    fn apply_started(address: &str, action: Action) -> RunEvent {
        message_event(Step::Apply, Message::ApplyStarted { address: address.into(), action })
    }

    fn killed() -> Vec<RunEvent> {
        let end = RunEventKind::StepEnded {
            unit: "compute".into(),
            step: Step::Apply,
            code: None,
            failed: Some("killed".into()),
        };
        let step = RunEventKind::Step { unit: "compute".into(), step: Step::Apply, pid: None, early: false };
        let done = Message::ApplyDone {
            address: "aws_lb.done".into(),
            action: Action::Create,
            id: Some("x".into()),
            elapsed: 1,
        };
        let event = |what| RunEvent { time: Timestamp::UNIX_EPOCH, what };
        vec![
            event(step),
            apply_started("aws_ecs_service.web", Action::Create),
            apply_started("aws_lb.done", Action::Create),
            apply_started("aws_lb.changed", Action::Update),
            apply_started("aws_vpc.this", Action::Create),
            message_event(Step::Apply, done),
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
    fn unfinished_creation_is_looked_up_by_its_planned_name() {
        let state = RunState::of(&killed());
        let found = of(&state, |_| Some(plan()));
        let titles: Vec<String> = found.iter().map(Orphan::title).collect();
        assert_eq!(titles, ["aws_ecs_service.web (team-web)", "aws_vpc.this"]);
        assert_eq!(found[0].lookup, Some(Lookup::Service { cluster: "team".into() }));
        assert_eq!(found[1].lookup, None, "it has no name");
        assert_eq!(of(&state, |_| None)[0].lookup, None, "without a plan its name is unknown");
    }

    #[test]
    fn lookup_comes_from_the_plan_or_names_a_command() {
        let all = [
            ("aws_security_group.db", json!({"name": "db", "vpc_id": "vpc-1"})),
            ("aws_security_group.new", json!({"name": "new"})),
            ("aws_security_group.any", json!({"name_prefix": "any"})),
            ("aws_iam_role.web", json!({"name": "web's"})),
            ("aws_sns_topic.tell", json!({"name": "tell"})),
            ("aws_iam_role_policy.web", json!({"name": "logs"})),
            ("aws_s3_bucket_versioning.logs", json!({"bucket": "logs"})),
        ];
        let shown = show(&all.clone().map(|(address, after)| change(address, &["create"], Value::Null, after)));
        let plan = Plan::read(&serde_json::to_vec(&shown).unwrap()).unwrap();
        let of = |address| orphan("compute", address, Some(&plan));
        let group = |vpc: Option<&str>| Some(Lookup::SecurityGroup { vpc: vpc.map(str::to_owned) });
        assert_eq!(of("aws_security_group.db").lookup, group(Some("vpc-1")));
        assert_eq!(of("aws_security_group.new").lookup, group(None), "its network is made with it");
        assert_eq!(of("aws_security_group.any").lookup, None, "AWS chooses its name");
        let role = of("aws_iam_role.web");
        assert_eq!(
            (role.lookup.as_ref(), role.manual_command.unwrap().as_str()),
            (None, r"aws iam get-role --role-name 'web'\''s'")
        );
        assert_eq!(of("aws_sns_topic.tell").manual_command.as_deref(), Some("aws sns list-topics"));
        let policy = of("aws_iam_role_policy.web");
        assert_eq!(
            policy.manual_command.as_deref(),
            Some("aws iam get-role-policy --role-name ROLE --policy-name logs")
        );
        assert_eq!((policy.id, of("aws_s3_bucket_versioning.logs").id.as_deref()), (None, Some("logs")));
    }

    #[test]
    fn listener_is_looked_up_at_its_load_balancer() {
        let new = |address: &str, after: Value| change(address, &["create"], Value::Null, after);
        let mut shown = show(&[
            new("aws_lb.web", json!({"name": "team-web"})),
            new("aws_lb_listener.new", json!({"port": 443})),
            new("aws_lb_listener.there", json!({"port": 80, "load_balancer_arn": "arn:lb"})),
            new("aws_instance.bastion", json!({"tags": {"Name": "team-bastion"}})),
            new("aws_route53_record.www", json!({"zone_id": "Z1", "name": "www", "type": "A"})),
            new(
                "aws_appautoscaling_policy.cpu",
                json!({"name": "cpu", "resource_id": "service/a/b",
                "service_namespace": "ecs", "scalable_dimension": "ecs:service:DesiredCount"}),
            ),
        ]);
        shown["configuration"] = json!({"root_module": {"resources": [
            {"address": "aws_lb.web"},
            {"address": "aws_lb_listener.new", "depends_on": ["aws_lb.web"]},
        ]}});
        let plan = Plan::read(&serde_json::to_vec(&shown).unwrap()).unwrap();
        let of = |address| orphan("compute", address, Some(&plan));
        let at = |balancer: &str| Some(Lookup::Listener { balancer: balancer.to_owned() });
        assert_eq!(
            (of("aws_lb_listener.new").lookup, of("aws_lb_listener.new").title()),
            (at("team-web"), "aws_lb_listener.new (443)".into())
        );
        assert_eq!(of("aws_lb_listener.there").lookup, at("arn:lb"));
        let instance = of("aws_instance.bastion");
        assert_eq!((instance.lookup, instance.name.as_deref()), (Some(Lookup::Instance), Some("team-bastion")));
        let record = of("aws_route53_record.www");
        assert_eq!(record.lookup, Some(Lookup::Record { zone: "Z1".into(), kind: "A".into(), set: None }));
        let policy = of("aws_appautoscaling_policy.cpu");
        assert_eq!(policy.lookup, Some(Lookup::ScalingPolicy { resource: "service/a/b".into() }));
        assert_eq!(policy.id.as_deref(), Some("ecs/service/a/b/ecs:service:DesiredCount/cpu"));
    }

    #[test]
    fn resource_in_the_state_is_no_orphan() {
        let mut events = killed();
        let by = super::super::run_event::Actor { user: "a".into(), host: "b".into(), pid: 1 };
        let retried = RunEventKind::Retried { units: vec!["compute".into()], by };
        events.push(RunEvent { time: Timestamp::UNIX_EPOCH, what: retried });
        assert_eq!(RunState::of(&events).leftovers.len(), 2, "a retry alone does not remove them");
        events.push(message_event(Step::Plan, Message::Refreshed { address: "aws_vpc.this".into() }));
        let done =
            Message::ApplyDone { address: "aws_ecs_service.web".into(), action: Action::Create, id: None, elapsed: 1 };
        events.push(apply_started("aws_ecs_service.web", Action::Create));
        events.push(message_event(Step::Apply, done));
        assert!(RunState::of(&events).leftovers.is_empty());
    }

    #[test]
    fn blocks_import_existing_and_comment_unknown_resources() {
        let found = of(&RunState::of(&killed()), |_| Some(plan()));
        let text = blocks([
            (&found[0], &OrphanStatus::Exists("team/team-web".into())),
            (&found[1], &OrphanStatus::Unknown("there is no read call for it".into())),
        ]);
        assert_eq!(
            text,
            "import {\n  to = aws_ecs_service.web\n  id = \"team/team-web\"\n}\n\n\
             # aws_vpc.this: there is no read call for it\n# import {\n#   to = aws_vpc.this\n#   id = \"ID\"\n# }\n\n"
        );
        assert_eq!(blocks([(&found[0], &OrphanStatus::Absent)]), "");
    }
}
