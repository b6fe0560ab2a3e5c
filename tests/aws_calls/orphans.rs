//! What an apply that was killed may have left: whether it is there, by its type and its name, and what it is imported by.

use super::*;
use cockpit::app::operation::single::address::call::{ReachRead, ReachReply};
use cockpit::model::infra::orphan::Look;

/// Where something is looked for, what it is called, by which call, and what it is imported by.
type Row = (Look, String, &'static str, String);

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
        same(Look::Cluster, CLUSTER, "ecs:DescribeClusters"),
        (Look::Service { cluster: CLUSTER.into() }, WEB.into(), "ecs:DescribeServices", format!("{CLUSTER}/{WEB}")),
        same(Look::Repository, &repository, "ecr:DescribeImages"),
        same(Look::LogGroup, "/ecs/bookmark-manager-staging-web", "logs:DescribeLogGroups"),
        same(Look::DbInstance, DATABASE, "rds:DescribeDBInstances"),
        (
            Look::TargetGroup,
            target_group.split('/').nth(1).unwrap().to_owned(),
            "elasticloadbalancing:DescribeTargetGroups",
            target_group,
        ),
        same(Look::Alarm, "bookmark-manager-staging-db-cpu-high", "cloudwatch:DescribeAlarms"),
        same(Look::Function, FUNCTION, "lambda:GetFunctionConfiguration"),
        (
            Look::Schedule { group: timer.group.clone() },
            timer.name.clone(),
            "scheduler:GetSchedule",
            format!("{}/{}", timer.group, timer.name),
        ),
        same(Look::Parameter, "/bookmark-manager/staging/SMTP_PASSWORD", "ssm:DescribeParameters"),
        (Look::LoadBalancer, balancer.name.clone(), "elasticloadbalancing:DescribeLoadBalancers", balancer.arn.clone()),
        (Look::SecurityGroup { vpc: None }, format!("{}-sg", balancer.name), "ec2:DescribeSecurityGroups", group),
        (Look::Secret, secret.name, "secretsmanager:ListSecrets", secret.arn),
    ]
}

/// Each is there under its name and under no other one; who may not look does not say that it is not there.
fn are_found(desk: &Desk, rows: Vec<Row>) {
    let look = |look: &Look, name: &str, account| desk.runtime.block_on(desk.session.lookup(look, name, account));
    for (of, name, call, id) in rows {
        assert_eq!(look(&of, &name, Some(ACCOUNT)).unwrap(), Some(id), "{of:?} {name}");
        // One whose name begins the same is another one.
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
fn what_an_apply_may_have_left_is_found_by_type_and_name() {
    let desk = Desk::new(Scenario::Staging);
    are_found(&desk, rows(&desk));
    let group = rows(&desk).into_iter().find(|row| row.0 == Look::SecurityGroup { vpc: None }).unwrap().1;
    let look = |look: &Look, name: &str| desk.runtime.block_on(desk.session.lookup(look, name, None)).unwrap();
    assert_eq!(look(&Look::SecurityGroup { vpc: Some("vpc-0".into()) }, &group), None, "it is of another network");
    let prod = Desk::new(Scenario::Prod);
    let same = |look, name: &str, call| (look, name.to_owned(), call, name.to_owned());
    let cluster = same(Look::DbCluster, "bookmark-manager-prod-aurora", "rds:DescribeDBClusters");
    // One that is made of others.
    let alarm = same(Look::Alarm, "bookmark-manager-prod-load", "cloudwatch:DescribeAlarms");
    are_found(&prod, vec![cluster, alarm]);
    let there = |connection| Connection { region: Some("us-east-1".into()), ..connection };
    let pantri = Desk::with(Scenario::Pantri, there);
    let zone = pantri.runtime.block_on(pantri.session.zones_of(&[])).unwrap().remove(0);
    let users = (Look::UserPool, "pantri-users".into(), "cognito-idp:ListUserPools", "us-east-1_Pantri000".into());
    are_found(&pantri, vec![users, (Look::Zone, zone.name, "route53:ListHostedZones", zone.id)]);
}
