//! Resources that may exist and be in no state: an apply had begun to make them, and its process ended before it said the end.
//! What each would be called is in its plan, so that it can be looked for, and taken into the state by an `import` block.

use super::RunState;
use super::plan::{Attribute, Plan, Shown, resource_of, type_of};
use super::{import, orphan_types};
use crate::text::quoted;
use serde_json::Value;
use std::fmt::Write as _;

/// A resource that may exist and be in no state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    pub unit: String,
    pub address: String,
    /// `aws_ecs_service`.
    pub kind: String,
    /// Its name in AWS, as far as the plan says it.
    pub name: Option<String>,
    /// Where it is looked for; none where there is no read call for it.
    pub look: Option<Look>,
    /// The id by which it would be imported, where its plan says that.
    pub id: Option<String>,
    /// The command line that looks for it, where the cockpit has no call for that.
    pub by_hand: Option<String>,
}

/// Where a resource is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// An ECS cluster.
    Cluster,
    /// A service of this cluster (its name or its ARN).
    Service {
        cluster: String,
    },
    /// A repository of images.
    Repository,
    LogGroup,
    /// A database instance.
    DbInstance,
    /// An Aurora cluster.
    DbCluster,
    TargetGroup,
    /// An alarm on a metric.
    Alarm,
    Function,
    /// A schedule of a group.
    Schedule {
        group: String,
    },
    /// A parameter of Systems Manager.
    Parameter,
    LoadBalancer,
    SecurityGroup {
        /// Its network; none where that is not known before it is made.
        vpc: Option<String>,
    },
    Secret,
    UserPool,
    /// A hosted zone.
    Zone,
    /// A listener of this load balancer (its name or its ARN), by its port.
    Listener {
        /// The load balancer.
        balancer: String,
    },
    /// An instance of EC2, by its tag `Name`.
    Instance,
    /// A record of a hosted zone.
    Record {
        zone: String,
        /// The type of the resource.
        kind: String,
        /// The attribute that tells it from others of its name and type.
        set: Option<String>,
    },
    /// The scaling target of a service, by its resource.
    ScalableTarget,
    /// A policy of what scales this resource.
    ScalingPolicy {
        resource: String,
    },
}

/// The result of looking for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is there: what it is imported by.
    There(String),
    /// It is not there.
    Absent,
    /// It was not looked for, or not successfully: why.
    Unknown(String),
}

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

/// Whether a resource of a type is looked for, or said how it is.
pub fn is_known(kind: &str) -> bool {
    orphan_types::of(kind).is_some()
}

/// The value of a resource's attribute in a plan; of a map the value of the key behind a dot.
fn value(plan: &Plan, address: &str, name: &str) -> Option<String> {
    let change = plan.changes.iter().find(|change| change.address == address)?;
    let (name, key) = name.split_once('.').map_or((name, None), |(name, key)| (name, Some(key)));
    let find = |all: &[Attribute], name: &str| all.iter().find(|one| one.name.as_deref() == Some(name)).cloned();
    let mut found = find(&change.attributes, name)?;
    if let (Some(key), Shown::Parts { parts, .. }) = (key, &found.shown) {
        found = find(parts, key)?;
    }
    match &found.shown {
        Shown::Added { after } | Shown::Changed { after, .. } => match serde_json::from_str(after).ok()? {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        },
        Shown::Removed { .. } | Shown::Parts { .. } => None,
    }
}

/// The load balancer of a listener: its ARN where there was one before, else the name of the one that is made with it.
fn balancer(plan: &Plan, listener: &str) -> Option<String> {
    let known = value(plan, listener, "load_balancer_arn");
    known.or_else(|| {
        let of = plan.resources.iter().find(|one| one.address == resource_of(listener))?;
        let needs = of.needs.iter().filter_map(|number| plan.resources.get(*number as usize));
        let mut balancers = needs.filter(|one| type_of(&one.address) == "aws_lb");
        let (Some(one), None) = (balancers.next(), balancers.next()) else { return None };
        let mut made = plan.changes.iter().filter(|change| resource_of(&change.address) == one.address);
        let (Some(change), None) = (made.next(), made.next()) else { return None };
        value(plan, &change.address, "name")
    })
}

fn orphan(unit: &str, address: &str, plan: Option<&Plan>) -> Orphan {
    let kind = type_of(&resource_of(address)).to_owned();
    let value = |name: &str| value(plan?, address, name);
    let known = orphan_types::of(&kind);
    let name = known.and_then(|known| value(known.named));
    let look = match kind.as_str() {
        "aws_ecs_cluster" => Some(Look::Cluster),
        "aws_ecs_service" => value("cluster").map(|cluster| Look::Service { cluster }),
        "aws_ecr_repository" => Some(Look::Repository),
        "aws_cloudwatch_log_group" => Some(Look::LogGroup),
        "aws_db_instance" | "aws_rds_cluster_instance" => Some(Look::DbInstance),
        "aws_rds_cluster" => Some(Look::DbCluster),
        "aws_lb_target_group" => Some(Look::TargetGroup),
        "aws_lb_listener" => plan.and_then(|plan| balancer(plan, address)).map(|balancer| Look::Listener { balancer }),
        "aws_instance" => Some(Look::Instance),
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
        "aws_route53_record" => value("zone_id").zip(value("type")).map(|(zone, kind)| Look::Record {
            zone,
            kind,
            set: value("set_identifier"),
        }),
        // Of others than services of ECS the cockpit asks nothing.
        "aws_appautoscaling_target" | "aws_appautoscaling_policy"
            if value("service_namespace").as_deref() != Some("ecs") =>
        {
            None
        }
        "aws_appautoscaling_target" => Some(Look::ScalableTarget),
        "aws_appautoscaling_policy" => value("resource_id").map(|resource| Look::ScalingPolicy { resource }),
        _ => None,
    };
    let id = known.filter(|known| !known.id.is_empty()).and_then(|known| orphan_types::filled(known.id, value));
    // What its plan does not say is written in capitals, to be filled in.
    let shell =
        |name: &str| Some(value(name).map_or_else(|| name.replace('.', "_").to_uppercase(), |text| quoted(&text)));
    let by_hand =
        known.filter(|known| !known.hand.is_empty()).and_then(|known| orphan_types::filled(known.hand, shell));
    Orphan {
        unit: unit.to_owned(),
        address: address.to_owned(),
        kind,
        look: look.filter(|_| name.is_some()),
        name,
        id,
        by_hand,
    }
}

impl Orphan {
    /// The name for a person.
    pub fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("{} ({name})", self.address),
            None => self.address.clone(),
        }
    }
}

impl Found {
    /// The result in words.
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
    use super::super::run_event::{RunEvent, Step, What};
    use super::*;
    use jiff::Timestamp;
    use serde_json::json;

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
            ("aws_iam_role_policy.web", json!({"name": "logs"})),
            ("aws_s3_bucket_versioning.logs", json!({"bucket": "logs"})),
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
            (role.look.as_ref(), role.by_hand.unwrap().as_str()),
            (None, r"aws iam get-role --role-name 'web'\''s'")
        );
        assert_eq!(of("aws_sns_topic.tell").by_hand.as_deref(), Some("aws sns list-topics"));
        let policy = of("aws_iam_role_policy.web");
        assert_eq!(policy.by_hand.as_deref(), Some("aws iam get-role-policy --role-name ROLE --policy-name logs"));
        assert_eq!((policy.id, of("aws_s3_bucket_versioning.logs").id.as_deref()), (None, Some("logs")));
    }

    #[test]
    fn a_listener_is_looked_for_at_its_load_balancer_also_at_one_that_is_made_with_it() {
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
        let at = |balancer: &str| Some(Look::Listener { balancer: balancer.to_owned() });
        assert_eq!(
            (of("aws_lb_listener.new").look, of("aws_lb_listener.new").title()),
            (at("team-web"), "aws_lb_listener.new (443)".into())
        );
        assert_eq!(of("aws_lb_listener.there").look, at("arn:lb"));
        let instance = of("aws_instance.bastion");
        assert_eq!((instance.look, instance.name.as_deref()), (Some(Look::Instance), Some("team-bastion")));
        let record = of("aws_route53_record.www");
        assert_eq!(record.look, Some(Look::Record { zone: "Z1".into(), kind: "A".into(), set: None }));
        let policy = of("aws_appautoscaling_policy.cpu");
        assert_eq!(policy.look, Some(Look::ScalingPolicy { resource: "service/a/b".into() }));
        assert_eq!(policy.id.as_deref(), Some("ecs/service/a/b/ecs:service:DesiredCount/cpu"));
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
