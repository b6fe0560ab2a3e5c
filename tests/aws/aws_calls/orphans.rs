//! Leftovers of a killed apply: whether a resource exists, by its type and name, and its import id.

use super::*;
use cockpit::app::operation::single::address::call::{ReachRead, ReachReply};
use cockpit::model::infra::orphan::Lookup;

/// The lookup, the name, the expected call, and the expected import id.
type Row = (Lookup, String, &'static str, String);

fn rows(desk: &Desk) -> Vec<Row> {
    let (_, repository, _) = desk.repository();
    let web = desk.web();
    let target_group = web.target_groups[0].clone();
    let read = ReachRead::Balancers { target_groups: web.target_groups };
    let Ok(Reply::Reach(ReachReply::Balancers(balancers))) = desk.read(Read::Reach(read)) else { panic!() };
    let balancer = &balancers[0];
    let group = balancer.security_groups[0].clone();
    let timer = desk.timers().remove(0);
    let secret = desk.runtime.block_on(desk.session.secrets(Some(ACCOUNT))).unwrap().remove(0);
    let same = |look, name: &str, call| (look, name.to_owned(), call, name.to_owned());
    vec![
        same(Lookup::Cluster, CLUSTER, "ecs:DescribeClusters"),
        (Lookup::Service { cluster: CLUSTER.into() }, WEB.into(), "ecs:DescribeServices", format!("{CLUSTER}/{WEB}")),
        same(Lookup::Repository, &repository, "ecr:DescribeImages"),
        same(Lookup::LogGroup, "/ecs/bookmark-manager-staging-web", "logs:DescribeLogGroups"),
        same(Lookup::DbInstance, DATABASE, "rds:DescribeDBInstances"),
        (
            Lookup::TargetGroup,
            target_group.split('/').nth(1).unwrap().to_owned(),
            "elasticloadbalancing:DescribeTargetGroups",
            target_group,
        ),
        same(Lookup::Alarm, "bookmark-manager-staging-db-cpu-high", "cloudwatch:DescribeAlarms"),
        same(Lookup::Function, FUNCTION, "lambda:GetFunctionConfiguration"),
        (
            Lookup::Schedule { group: timer.group.clone() },
            timer.name.clone(),
            "scheduler:GetSchedule",
            format!("{}/{}", timer.group, timer.name),
        ),
        same(Lookup::Parameter, "/bookmark-manager/staging/SMTP_PASSWORD", "ssm:DescribeParameters"),
        (
            Lookup::LoadBalancer,
            balancer.name.clone(),
            "elasticloadbalancing:DescribeLoadBalancers",
            balancer.arn.clone(),
        ),
        (Lookup::SecurityGroup { vpc: None }, format!("{}-sg", balancer.name), "ec2:DescribeSecurityGroups", group),
        (Lookup::Secret, secret.name, "secretsmanager:ListSecrets", secret.arn),
    ]
}

/// Checks that each exists under exactly its name; a denied lookup must not report it as missing.
fn are_found(desk: &Desk, rows: Vec<Row>) {
    let look = |look: &Lookup, name: &str, account| desk.runtime.block_on(desk.session.lookup(look, name, account));
    for (of, name, call, id) in rows {
        assert_eq!(look(&of, &name, Some(ACCOUNT)).unwrap(), Some(id), "{of:?} {name}");
        // A name with the same prefix is another resource.
        let missing = name.strip_suffix(|_: char| true).unwrap();
        assert_eq!(look(&of, missing, Some(ACCOUNT)).unwrap(), None, "{of:?} {missing}");
        desk.world.fault(call, "denied");
        let denied = look(&of, &name, Some(ACCOUNT)).unwrap_err();
        assert_eq!(denied.kind, FailureKind::Denied, "{of:?}: {denied}");
        desk.world.clear_faults();
        let other = look(&of, &name, Some("999999999999")).unwrap_err();
        assert_eq!(other.kind, FailureKind::WrongAccount, "{of:?}: {other}");
    }
}

#[test]
fn leftovers_of_an_apply_are_found_by_type_and_name() {
    let desk = Desk::new(Scenario::Staging);
    are_found(&desk, rows(&desk));
    let group = rows(&desk).into_iter().find(|row| row.0 == Lookup::SecurityGroup { vpc: None }).unwrap().1;
    let look = |look: &Lookup, name: &str| desk.runtime.block_on(desk.session.lookup(look, name, None)).unwrap();
    assert_eq!(
        look(&Lookup::SecurityGroup { vpc: Some("vpc-0".into()) }, &group),
        None,
        "it belongs to another network"
    );
    let prod = Desk::new(Scenario::Prod);
    let same = |look, name: &str, call| (look, name.to_owned(), call, name.to_owned());
    let cluster = same(Lookup::DbCluster, "bookmark-manager-prod-aurora", "rds:DescribeDBClusters");
    // A composite alarm.
    let alarm = same(Lookup::Alarm, "bookmark-manager-prod-load", "cloudwatch:DescribeAlarms");
    are_found(&prod, vec![cluster, alarm]);
    let there = |connection| Connection { region: Some("us-east-1".into()), ..connection };
    let pantri = Desk::with(Scenario::Pantri, there);
    let zone = pantri.runtime.block_on(pantri.session.zones_of(&[])).unwrap().remove(0);
    let users = (Lookup::UserPool, "pantri-users".into(), "cognito-idp:ListUserPools", "us-east-1_Pantri000".into());
    are_found(&pantri, vec![users, (Lookup::Zone, zone.name, "route53:ListHostedZones", zone.id)]);
}
