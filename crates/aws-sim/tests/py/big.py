"""The scenario `big`: every page of 1,000 services and 10,000 tasks."""

import time

from strict import client, control, done, pages, same, true

C = "big-cluster"
# 11,000 names need more pages than a token bucket holds, so the client retries when throttled.
e = client("ecs", attempts=10)
services = pages(e, "list_services", "serviceArns", cluster=C, PaginationConfig={"PageSize": 100})
same(len(services), 1000)
same(services, sorted(set(services)))
tasks = pages(e, "list_tasks", "taskArns", cluster=C)
true(10000 <= len(set(tasks)) <= 10100, f"{len(set(tasks))} tasks")
same(len(tasks), len(set(tasks)))
began = time.monotonic()
found = [e.describe_services(cluster=C, services=services[i : i + 10])["services"] for i in range(0, 200, 10)]
true(time.monotonic() - began < 5, "DescribeServices is slow")
true(all(len(f) == 10 for f in found), "ten at a time")
same(len(e.describe_tasks(cluster=C, tasks=tasks[:100])["tasks"]), 100)
targets = pages(client("application-autoscaling"), "describe_scalable_targets", "ScalableTargets", ServiceNamespace="ecs")
same(len([t for t in targets if C in t["ResourceId"]]), 200)
same(len([t for t in targets if t["SuspendedState"]["DynamicScalingOutSuspended"]]), 3)
alarms = pages(client("cloudwatch"), "describe_alarms", "MetricAlarms")
same(len({a["AlarmName"] for a in alarms}), len(alarms))
true(len(alarms) > 400, f"{len(alarms)} alarms")
control("/_sim/world", {"add_services": {"cluster": C, "count": 10000, "prefix": "more-"}})
same(len(pages(e, "list_services", "serviceArns", cluster=C, PaginationConfig={"PageSize": 100})), 11000)
done()
