"""Clients are throttled at the rates that AWS documents, with each protocol's own error, and succeed after a while."""

import time

from botocore.exceptions import ClientError
from strict import advance, client, control, done, problem, same, true

GROUP = "/ecs/bookmark-manager-staging-web"
CLUSTER = "bookmark-manager-staging-cluster"
STREAM = client("logs").describe_log_streams(logGroupName=GROUP, limit=1)["logStreams"][0]["logStreamName"]


def answered(call, **arguments):
    """Returns the number of calls before one is throttled, and its error."""
    for count in range(5_000):
        try:
            call(**arguments)
        except ClientError as e:
            return count, e.response
    problem(str(call), "is never throttled")
    return None, None


def held(call, at_once, code, status, a_second, **arguments):
    """Checks the burst and then the rate per second; both may be exceeded slightly, as real time passes during the calls."""
    name = call.__name__
    since = time.monotonic()
    count, error = answered(call, **arguments)
    most = (at_once + a_second * (time.monotonic() - since)) * 1.1 + 5
    true(at_once <= count <= most, f"{name}: {count} at once, not {at_once}")
    same((error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]), (code, status), name)
    same(error["Error"]["Message"], "Rate exceeded", name)
    since = time.monotonic()
    advance(1)
    count, _ = answered(call, **arguments)
    most = a_second * (1 + time.monotonic() - since) * 1.1 + 5
    true(a_second <= count <= most, f"{name}: {count} after a second, not {a_second}")


held(client("ecs").list_clusters, 50, "ThrottlingException", 400, 20)
held(client("ecs").describe_services, 100, "ThrottlingException", 400, 20, cluster=CLUSTER, services=["bookmark-manager-staging-web"])
held(client("logs").filter_log_events, 10, "ThrottlingException", 400, 10, logGroupName=GROUP, limit=1)
held(client("logs").get_log_events, 25, "ThrottlingException", 400, 25, logGroupName=GROUP, logStreamName=STREAM, limit=1)
held(client("cloudwatch").describe_alarms, 9, "Throttling", 400, 9)
held(client("elbv2").describe_target_groups, 40, "Throttling", 400, 10)
held(client("application-autoscaling").describe_scalable_targets, 40, "ThrottlingException", 400, 10, ServiceNamespace="ecs")
held(client("lambda").list_functions, 15, "TooManyRequestsException", 429, 15)
held(client("scheduler").list_schedules, 50, "ThrottlingException", 429, 50)
control("/_sim/rates", {"rate": "rds", "per_second": 5, "burst": 20})
held(client("rds").describe_db_instances, 20, "Throttling", 400, 5)
control("/_sim/rates", {"rate": "sts", "per_second": 5})
held(client("sts").get_caller_identity, 5, "Throttling", 400, 5)

# Operations of one bucket share it; another key of the account shares it too, another region does not.
ecs = client("ecs")
answered(ecs.list_tasks, cluster=CLUSTER)
count, _ = answered(client("ecs", key="AKIAOTHER").describe_tasks, cluster=CLUSTER, tasks=["x"])
true(count < 5, f"{count} of a bucket that is empty")
client("ecs", region="us-east-1").list_clusters()
# The retries of the SDK succeed, as on AWS.
for _ in range(15):
    client("logs", attempts=10).filter_log_events(logGroupName=GROUP, limit=1)

report = control("/_sim/requests")["budgets"]
true(report["logs:filter"]["throttled"] >= 2, "what was throttled is counted")
same((report["logs:filter"]["rate"], report["ecs:services"]["burst"]), (10, 100))
control("/_sim/rates", {"on": False})
for _ in range(60):
    ecs.list_clusters()
done()
