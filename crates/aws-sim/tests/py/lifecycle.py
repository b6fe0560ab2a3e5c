"""Creating and deleting services, failing rollbacks, assuming roles."""

import sys
from datetime import datetime, timezone

from strict import advance, client, control, done, each, refused, same, true

CLUSTER = "bookmark-manager-staging-cluster"
WEB, API = "bookmark-manager-staging-web", "bookmark-manager-staging-api"
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "ENABLED"}}
BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
ecs = client("ecs")


def service(name):
    return ecs.describe_services(cluster=CLUSTER, services=[name])["services"][0]


def release(arn):
    return ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0]


def register(image, family="worker"):
    definition = {
        "family": family, "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512",
        "executionRoleArn": "arn:aws:iam::123456789012:role/execution",
        "containerDefinitions": [{"name": "worker", "image": image, "essential": True}],
    }
    return ecs.register_task_definition(**definition)["taskDefinition"]["taskDefinitionArn"]


def image(tag):
    return f"123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/{WEB}:{tag}"


def create(name, tag, **more):
    return ecs.create_service(**{
        "cluster": CLUSTER, "serviceName": name, "taskDefinition": register(image(tag)), "desiredCount": 1,
        "launchType": "FARGATE", "networkConfiguration": NETWORK, "deploymentConfiguration": BREAKER, **more,
    })["service"]


def created():
    group = client("elbv2").describe_target_groups(Names=[WEB])["TargetGroups"][0]["TargetGroupArn"]
    tagged = [{"key": "Team", "value": "shop"}]
    new = create("worker", "c0ffee1", tags=tagged, loadBalancers=[{"targetGroupArn": group, "containerName": "worker", "containerPort": 80}])
    same((new["status"], new["desiredCount"], new["runningCount"], new["tags"]), ("ACTIVE", 1, 0, tagged))
    same(new["deployments"][0]["rolloutState"], "IN_PROGRESS")
    same(release(new["currentServiceDeployment"])["sourceServiceRevisions"], [])
    refused(ecs.create_service, "InvalidParameterException", "not idempotent", cluster=CLUSTER, serviceName="worker",
            taskDefinition="worker", desiredCount=1, networkConfiguration=NETWORK)
    advance(300)
    same(release(new["currentServiceDeployment"])["status"], "SUCCESSFUL")
    same(service("worker")["runningCount"], 1)
    true(any(arn.endswith("/worker") for arn in ecs.list_services(cluster=CLUSTER)["serviceArns"]), "it is listed")
    refused(ecs.create_service, "ClientException", "not found", cluster=CLUSTER, serviceName="none",
            taskDefinition="nothing:9", desiredCount=1, networkConfiguration=NETWORK)
    refused(ecs.create_service, "InvalidParameterException", "Network Configuration", cluster=CLUSTER,
            serviceName="none", taskDefinition="worker", desiredCount=1)


def deleted():
    refused(ecs.delete_service, "InvalidParameterException", "scaled above 0", cluster=CLUSTER, service="worker")
    refused(ecs.delete_service, "ServiceNotFoundException", cluster=CLUSTER, service="nobody")
    gone = ecs.delete_service(cluster=CLUSTER, service="worker", force=True)["service"]
    same((gone["status"], gone["desiredCount"]), ("DRAINING", 0))
    refused(ecs.update_service, "ServiceNotActiveException", cluster=CLUSTER, service="worker", desiredCount=3)
    refused(ecs.create_service, "InvalidParameterException", "Draining", cluster=CLUSTER, serviceName="worker",
            taskDefinition="worker", desiredCount=1, networkConfiguration=NETWORK)
    advance(120)
    gone = service("worker")
    same((gone["status"], gone["deployments"], gone["runningCount"]), ("INACTIVE", [], 0))
    refused(ecs.update_service, "ServiceNotActiveException", cluster=CLUSTER, service="worker", desiredCount=3)
    true(not any(arn.endswith("/worker") for arn in ecs.list_services(cluster=CLUSTER)["serviceArns"]), "it is not listed")
    again = create("worker", "c0ffee1")
    same((again["status"], len(service("worker")["deployments"])), ("ACTIVE", 1))
    ecs.update_service(cluster=CLUSTER, service="worker", desiredCount=0)
    advance(60)
    ecs.delete_service(cluster=CLUSTER, service="worker")
    advance(60)
    control("/_sim/world", {"forget_service": "worker"})
    same(ecs.describe_services(cluster=CLUSTER, services=["worker"])["failures"][0]["reason"], "MISSING")


def deleted_in_the_middle():
    mine = ecs.update_service(cluster=CLUSTER, service=API, forceNewDeployment=True)["service"]
    advance(15)
    control("/_sim/world", {"delete_service": API})
    same(service(API)["status"], "DRAINING")
    same(release(mine["currentServiceDeployment"])["status"], "STOPPED")
    true("deleted" in release(mine["currentServiceDeployment"])["statusReason"], "why")
    advance(300)
    same((service(API)["status"], release(mine["currentServiceDeployment"])["status"]), ("INACTIVE", "STOPPED"))


def never_ran():
    new = create("first", "badc0de")
    advance(900)
    end = release(new["currentServiceDeployment"])
    same((end["status"], end["deploymentCircuitBreaker"]["status"]), ("ROLLBACK_FAILED", "TRIGGERED"))
    true("rollback" not in end, "there is nothing to go back to")
    same(service("first")["deployments"][0]["rolloutState"], "FAILED")
    fixed = ecs.update_service(cluster=CLUSTER, service="first", taskDefinition=register(image("c0ffee1")))["service"]
    advance(300)
    same(release(fixed["currentServiceDeployment"])["status"], "SUCCESSFUL")


def rollback(ends, status):
    control("/_sim/world", {"rollback": {"service": WEB, "ends": ends}})
    bad = register(image("badc0de"), WEB)
    mine = ecs.update_service(cluster=CLUSTER, service=WEB, taskDefinition=bad)["service"]["currentServiceDeployment"]
    seen = set()
    for _ in range(90):
        advance(10)
        seen.add(release(mine)["status"])
    true("ROLLBACK_IN_PROGRESS" in seen, f"{ends}: {seen}")
    same(release(mine)["status"], status, ends)
    true(service(WEB)["runningCount"] >= 1, "what ran before still runs")


def roles():
    sts = client("sts")
    arn = "arn:aws:iam::123456789012:role/ops/deployer"
    answer = sts.assume_role(RoleArn=arn, RoleSessionName="mia", DurationSeconds=900)
    key = answer["Credentials"]["AccessKeyId"]
    same(answer["AssumedRoleUser"]["Arn"], "arn:aws:sts::123456789012:assumed-role/deployer/mia")
    now = datetime.fromisoformat(control("/_sim/state")["now"].replace("Z", "+00:00"))
    left = (answer["Credentials"]["Expiration"].astimezone(timezone.utc) - now).total_seconds()
    true(890 < left <= 901, f"{left} seconds")
    me = client("sts", key=key).get_caller_identity()
    same((me["Account"], me["Arn"]), ("123456789012", answer["AssumedRoleUser"]["Arn"]))
    client("ecs", key=key).list_clusters()
    other = sts.assume_role(RoleArn="arn:aws:iam::210987654321:role/deployer", RoleSessionName="mia")
    same(client("sts", key=other["Credentials"]["AccessKeyId"]).get_caller_identity()["Account"], "210987654321")
    job = sts.assume_role_with_web_identity(RoleArn=arn, RoleSessionName="job-7", WebIdentityToken="head.claims.signature")
    same(job["AssumedRoleUser"]["Arn"], "arn:aws:sts::123456789012:assumed-role/deployer/job-7")
    same(client("sts", key=job["Credentials"]["AccessKeyId"]).get_caller_identity()["Arn"], job["AssumedRoleUser"]["Arn"])
    refused(sts.assume_role_with_web_identity, "InvalidIdentityToken", RoleArn=arn, RoleSessionName="job-7", WebIdentityToken="none")
    advance(901)
    refused(client("ecs", key=key).list_clusters, "ExpiredTokenException")
    refused(client("sts", key=key).get_caller_identity, "ExpiredToken")
    control("/_sim/world", {"refuse_role": arn})
    refused(sts.assume_role, "AccessDenied", "sts:AssumeRole on resource: " + arn, RoleArn=arn, RoleSessionName="mia")
    control("/_sim/world", {"trust_role": arn, "role_seconds": 30})
    short = sts.assume_role(RoleArn=arn, RoleSessionName="mia")["Credentials"]["AccessKeyId"]
    advance(31)
    refused(client("ecs", key=short).list_clusters, "ExpiredTokenException")
    refused(sts.assume_role, "ValidationError", RoleArn="arn:aws:iam::123456789012:user/somebody", RoleSessionName="mia")


def failing_rollbacks():
    rollback("fails", "ROLLBACK_FAILED")
    rollback("hangs", "ROLLBACK_IN_PROGRESS")


if sys.argv[1:] == ["first-deployment"]:
    advance(900)
    same(service(API)["deployments"][0]["rolloutState"], "FAILED")
    same([d["status"] for d in ecs.list_service_deployments(cluster=CLUSTER, service=API)["serviceDeployments"]], ["ROLLBACK_FAILED"])
elif sys.argv[1:] == ["deleted"]:
    ecs.update_service(cluster=CLUSTER, service=WEB, forceNewDeployment=True)
    advance(29)
    same(service(WEB)["status"], "ACTIVE")
    advance(2)
    same((service(WEB)["status"], service(API)["status"]), ("DRAINING", "ACTIVE"))
else:
    each(created, deleted, never_ran, failing_rollbacks, roles, deleted_in_the_middle)
done()
