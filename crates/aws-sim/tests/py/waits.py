"""The waiters of the AWS CLI for the simulated services (that of CloudFront is in beside.py). A waiter sleeps between
two requests; here that advances the simulator's clock, so that it really waits for its condition."""

import io
import time
from contextlib import redirect_stderr

import botocore.session
from awscli.clidriver import create_clidriver
from botocore import xform_name
from strict import advance, client, control, done, each, problem, same, true

CLUSTER = "bookmark-manager-staging-cluster"
WEB, API = "bookmark-manager-staging-web", "bookmark-manager-staging-api"
PROD, DB = "bookmark-manager-prod-aurora", "bookmark-manager-staging-db"
FUNCTION = "bookmark-manager-staging-ecs-scheduler"
# Conditions that never occur here, with the reason why they are skipped.
LEFT = {
    ("ec2", "instance-terminated"): "nothing terminates an instance here",
}
RUN, SLEPT = set(), []


def sleep_simulated(seconds):
    SLEPT.append(seconds)
    advance(max(1, round(seconds)))


time.sleep = sleep_simulated


def wait(line, region="ap-northeast-1", code=0, at_once=False):
    """Runs `aws SERVICE wait NAME …`, and checks that it had to wait unless `at_once` is set."""
    words = line.split()
    RUN.add((words[0], words[1]))
    SLEPT.clear()
    errors = io.StringIO()
    with redirect_stderr(errors):
        got = create_clidriver().main([words[0], "wait", *words[1:], "--region", region])
    same((got, errors.getvalue() if code == 0 else ""), (code, ""), f"aws {words[0]} wait {words[1]}")
    if not at_once:
        true(SLEPT, f"{line}: it did not have to wait")


def services():
    ecs, elb = client("ecs"), client("elbv2")
    before = set(ecs.list_tasks(cluster=CLUSTER, serviceName=WEB)["taskArns"])
    ecs.update_service(cluster=CLUSTER, service=WEB, forceNewDeployment=True)
    advance(2)
    new = set(ecs.list_tasks(cluster=CLUSTER, serviceName=WEB)["taskArns"]) - before
    true(len(new) == 1 and before, f"one task is started beside {before}: {new}")
    wait(f"ecs tasks-running --cluster {CLUSTER} --tasks {' '.join(new)}")
    group = elb.describe_target_groups(Names=[WEB])["TargetGroups"][0]["TargetGroupArn"]
    wait(f"elbv2 target-in-service --target-group-arn {group}")
    wait(f"ecs services-stable --cluster {CLUSTER} --services {WEB} {API}", at_once=True)
    wait(f"ecs tasks-stopped --cluster {CLUSTER} --tasks {' '.join(before)}", at_once=True)
    wait(f"ecs tasks-running --cluster {CLUSTER} --tasks {' '.join(before)}", code=255, at_once=True)
    one = next(iter(new))
    ecs.stop_task(cluster=CLUSTER, task=one)
    wait(f"ecs tasks-stopped --cluster {CLUSTER} --tasks {one}")
    wait(f"ecs services-inactive --cluster {CLUSTER} --services none", code=255, at_once=True)
    ecs.delete_service(cluster=CLUSTER, service=API, force=True)
    wait(f"ecs services-inactive --cluster {CLUSTER} --services {API}")
    wait(f"ecs services-stable --cluster {CLUSTER} --services {API}", code=255, at_once=True)
    wait(f"ecr image-scan-complete --repository-name {WEB} --image-id imageTag=c0ffee1", at_once=True)


def balancers():
    elb = client("elbv2")
    arn = elb.describe_load_balancers(Names=["bookmark-manager-staging-alb"])["LoadBalancers"][0]["LoadBalancerArn"]
    wait(f"elbv2 load-balancer-exists --load-balancer-arns {arn}", at_once=True)
    wait("elbv2 load-balancer-available --names bookmark-manager-staging-alb", at_once=True)
    gone = arn.rsplit("/", 1)[0] + "/0000000000000000"
    wait(f"elbv2 load-balancers-deleted --load-balancer-arns {gone}", at_once=True)
    group = elb.describe_target_groups(Names=[WEB])["TargetGroups"][0]["TargetGroupArn"]
    wait(f"elbv2 target-deregistered --target-group-arn {group} --targets Id=10.0.99.99", at_once=True)


def databases():
    rds = client("rds")
    rds.failover_db_cluster(DBClusterIdentifier=PROD)
    wait(f"rds db-cluster-available --db-cluster-identifier {PROD}")
    rds.reboot_db_instance(DBInstanceIdentifier=DB)
    wait(f"rds db-instance-available --db-instance-identifier {DB}")
    rds.create_db_snapshot(DBInstanceIdentifier=DB, DBSnapshotIdentifier="waited")
    wait("rds db-snapshot-available --db-snapshot-identifier waited")
    wait("rds db-snapshot-completed --db-snapshot-identifier waited", at_once=True)
    rds.create_db_cluster_snapshot(DBClusterIdentifier=PROD, DBClusterSnapshotIdentifier="waited-too")
    wait("rds db-cluster-snapshot-available --db-cluster-snapshot-identifier waited-too")
    wait("rds db-instance-deleted --db-instance-identifier none", at_once=True)
    wait("rds db-cluster-deleted --db-cluster-identifier none", at_once=True)
    wait("rds db-snapshot-deleted --db-snapshot-identifier none", at_once=True)
    wait("rds db-cluster-snapshot-deleted --db-cluster-snapshot-identifier none", at_once=True)


def instances():
    ec2 = client("ec2")
    found = [one for page in ec2.describe_instances()["Reservations"] for one in page["Instances"]]
    one = next(one["InstanceId"] for one in found if one["State"]["Name"] == "stopped")
    wait(f"ec2 instance-exists --instance-ids {one}", at_once=True)
    ec2.start_instances(InstanceIds=[one])
    wait(f"ec2 instance-running --instance-ids {one}")
    wait(f"ec2 system-status-ok --instance-ids {one}")
    wait(f"ec2 instance-status-ok --instance-ids {one}", at_once=True)
    ec2.stop_instances(InstanceIds=[one])
    wait(f"ec2 instance-stopped --instance-ids {one}")
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    wait(f"ec2 security-group-exists --group-ids {group}", at_once=True)


def other_services():
    watch = client("cloudwatch")
    alarm = watch.describe_alarms()["MetricAlarms"][0]["AlarmName"]
    wait(f"cloudwatch alarm-exists --alarm-names {alarm}", at_once=True)
    wait("cloudwatch composite-alarm-exists --alarm-names bookmark-manager-prod-load --alarm-types CompositeAlarm", at_once=True)
    watch.put_alarm_mute_rule(
        Name="waited", MuteTargets={"AlarmNames": [alarm]},
        Rule={"Schedule": {"Expression": "cron(0 2 * * *)", "Duration": "PT1H", "Timezone": "Asia/Tokyo"}},
    )
    wait("cloudwatch alarm-mute-rule-exists --alarm-mute-rule-name waited", at_once=True)
    for name in ("function-active", "function-active-v2", "function-exists", "function-updated", "function-updated-v2", "published-version-active"):
        wait(f"lambda {name} --function-name {FUNCTION}", at_once=True)
    certificate = client("acm").list_certificates()["CertificateSummaryList"][0]["CertificateArn"]
    wait(f"acm certificate-validated --certificate-arn {certificate}", at_once=True)


def all_waiters_are_covered():
    """Every waiter of the operations used above is covered."""
    session = botocore.session.get_session()
    for service in sorted({service for service, _ in RUN}):
        known = session.get_waiter_model(service)
        named = {xform_name(name, "-"): known.get_waiter(name).operation for name in known.waiter_names}
        looked = {operation for name, operation in named.items() if (service, name) in RUN}
        for name, operation in named.items():
            if operation in looked and (service, name) not in RUN and (service, name) not in LEFT:
                problem(f"aws {service} wait {name}", "is not run")


control("/_sim/rates", {"on": False})
each(services, balancers, databases, instances, other_services, all_waiters_are_covered)
done()
