"""Every operation once or more, through boto3, with what the answers should say."""

from datetime import timedelta

from botocore.exceptions import ClientError
from strict import REGION, SEEN, advance, client, control, done, pages, problem, same, true

C = "bookmark-manager-staging-cluster"
WEB, API = "bookmark-manager-staging-web", "bookmark-manager-staging-api"
ACCOUNT = "123456789012"


def refused(call, code, **arguments):
    try:
        call(**arguments)
    except ClientError as e:
        same(e.response["Error"]["Code"], code, call.__name__)
        true(e.response["ResponseMetadata"].get("RequestId"), f"{code} has a request id")
        return e.response["Error"]["Message"]
    problem(call.__name__, f"was not refused with {code}")
    return ""


def identity():
    same(client("sts").get_caller_identity()["Account"], ACCOUNT)


def ecs():
    e = client("ecs")
    arns = pages(e, "list_clusters", "clusterArns")
    same([a.split("/")[1] for a in arns], ["bookmark-manager-prod-cluster", C])
    same(len(pages(e, "list_clusters", "clusterArns", PaginationConfig={"PageSize": 1})), 2)
    found = e.describe_clusters(clusters=[C, "none"], include=["TAGS", "SETTINGS"])
    same(found["clusters"][0]["activeServicesCount"], 2)
    same(found["clusters"][0]["runningTasksCount"], 2)
    same(found["failures"][0]["reason"], "MISSING")
    names = [a.split("/")[-1] for a in pages(e, "list_services", "serviceArns", cluster=C, PaginationConfig={"PageSize": 1})]
    same(names, [API, WEB])
    answer = e.describe_services(cluster=C, services=[WEB, "none"], include=["TAGS"])
    same([f["reason"] for f in answer["failures"]], ["MISSING"])
    web = answer["services"][0]
    same((web["desiredCount"], web["runningCount"], web["pendingCount"]), (1, 1, 0))
    same(web["deployments"][0]["rolloutState"], "COMPLETED")
    same(web["healthCheckGracePeriodSeconds"], 120)
    same(web["deploymentConfiguration"]["deploymentCircuitBreaker"], {"enable": True, "rollback": True})
    true(web["events"][0]["message"].endswith("has reached a steady state."), "steady")
    true({"key": "Environment", "value": "staging"} in web["tags"], "tags")
    tasks = pages(e, "list_tasks", "taskArns", cluster=C, PaginationConfig={"PageSize": 1})
    same(len(tasks), 2)
    same(len(pages(e, "list_tasks", "taskArns", cluster=C, serviceName=WEB)), 1)
    same(len(pages(e, "list_tasks", "taskArns", cluster=C, family=API)), 1)
    same(pages(e, "list_tasks", "taskArns", cluster=C, desiredStatus="STOPPED"), [])
    task = e.describe_tasks(cluster=C, tasks=[*tasks, "0" * 32])
    same([f["reason"] for f in task["failures"]], ["MISSING"])
    true(all(t["lastStatus"] == "RUNNING" for t in task["tasks"]), "running")
    true(task["tasks"][0]["containers"][0]["imageDigest"].startswith("sha256:"), "digest")
    definition = e.describe_task_definition(taskDefinition=web["taskDefinition"])["taskDefinition"]
    options = definition["containerDefinitions"][0]["logConfiguration"]["options"]
    same(options["awslogs-group"], f"/ecs/{WEB}")
    same(options["awslogs-stream-prefix"], "ecs")
    true(f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{WEB}:" in definition["containerDefinitions"][0]["image"], "image")
    revisions = pages(e, "list_task_definitions", "taskDefinitionArns", familyPrefix=WEB, PaginationConfig={"PageSize": 2})
    same([r.rsplit(":", 1)[1] for r in revisions], ["1", "2", "3", "4", "5"])
    newest = e.list_task_definitions(familyPrefix=WEB, sort="DESC", maxResults=1)
    same(newest["taskDefinitionArns"], revisions[-1:])
    refused(e.describe_services, "ClusterNotFoundException", cluster="none", services=["a"])
    refused(e.describe_services, "InvalidParameterException", cluster=C, services=["x"] * 11)
    refused(e.list_tasks, "ServiceNotFoundException", cluster=C, serviceName="none")
    refused(e.list_services, "InvalidParameterException", cluster=C, nextToken="nonsense")
    refused(e.list_services, "InvalidParameterException", cluster=C, maxResults=101)
    refused(e.describe_task_definition, "ClientException", taskDefinition="none:1")
    refused(e.list_attributes, "UnknownOperationException", targetType="container-instance")


def deployments():
    e = client("ecs")
    first = e.list_service_deployments(cluster=C, service=WEB, maxResults=2)
    same(len(first["serviceDeployments"]), 2)
    rest = e.list_service_deployments(cluster=C, service=WEB, nextToken=first["nextToken"])
    briefs = first["serviceDeployments"] + rest["serviceDeployments"]
    same([b["status"] for b in briefs], ["SUCCESSFUL"] * 5)
    same(briefs, sorted(briefs, key=lambda b: b["createdAt"], reverse=True))
    recent = e.list_service_deployments(cluster=C, service=WEB, createdAt={"after": briefs[1]["createdAt"]})
    same(len(recent["serviceDeployments"]), 2)
    arns = [b["serviceDeploymentArn"] for b in briefs]
    full = e.describe_service_deployments(serviceDeploymentArns=[*arns, arns[0] + "x"])
    same(len(full["serviceDeployments"]), 5)
    same(full["failures"][0]["reason"], "MISSING")
    newest = full["serviceDeployments"][0]
    same(newest["deploymentCircuitBreaker"], {"status": "MONITORING_COMPLETE", "failureCount": 0, "threshold": 3})
    revision = e.describe_service_revisions(serviceRevisionArns=[newest["targetServiceRevision"]["arn"]])
    image = revision["serviceRevisions"][0]["containerImages"][0]
    same(image["containerName"], "web")
    true(image["imageDigest"].startswith("sha256:"), "digest of the revision")


def changes():
    """A real rollout, and one that the circuit breaker rolls back."""
    e = client("ecs")
    e.update_service(cluster=C, service=WEB, forceNewDeployment=True)
    service = e.describe_services(cluster=C, services=[WEB])["services"][0]
    same([d["status"] for d in service["deployments"]], ["PRIMARY", "ACTIVE"])
    same(service["deployments"][0]["rolloutState"], "IN_PROGRESS")
    advance(120)
    service = e.describe_services(cluster=C, services=[WEB])["services"][0]
    same([d["rolloutState"] for d in service["deployments"]], ["COMPLETED"])
    stopped = pages(e, "list_tasks", "taskArns", cluster=C, desiredStatus="STOPPED")
    task = e.describe_tasks(cluster=C, tasks=stopped)["tasks"][0]
    same((task["lastStatus"], task["stopCode"]), ("STOPPED", "ServiceSchedulerInitiated"))
    same(task["containers"][0]["exitCode"], 0)
    control("/_sim/world", {"break_task_definition": f"{API}:4"})
    e.update_service(cluster=C, service=API, taskDefinition=f"{API}:4")
    advance(600)
    newest = e.list_service_deployments(cluster=C, service=API)["serviceDeployments"][0]
    same(newest["status"], "ROLLBACK_SUCCESSFUL")
    full = e.describe_service_deployments(serviceDeploymentArns=[newest["serviceDeploymentArn"]])["serviceDeployments"][0]
    same(full["deploymentCircuitBreaker"]["status"], "TRIGGERED")
    same(full["deploymentCircuitBreaker"]["failureCount"], 3)
    true(full["rollback"]["serviceRevisionArn"], "rollback revision")
    e.stop_task(cluster=C, task=pages(e, "list_tasks", "taskArns", cluster=C, serviceName=API)[0], reason="日本 & <b>")
    advance(60)
    stopped = pages(e, "list_tasks", "taskArns", cluster=C, serviceName=API, desiredStatus="STOPPED")
    reasons = {t["stoppedReason"] for t in e.describe_tasks(cluster=C, tasks=stopped)["tasks"]}
    true("日本 & <b>" in reasons, f"reason of StopTask in {reasons}")
    e.update_service(cluster=C, service=API, desiredCount=2)
    advance(120)
    same(e.describe_services(cluster=C, services=[API])["services"][0]["runningCount"], 2)


def scaling():
    a = client("application-autoscaling")
    targets = pages(a, "describe_scalable_targets", "ScalableTargets", ServiceNamespace="ecs", PaginationConfig={"PageSize": 1})
    same(len(targets), 4)
    prod = "service/bookmark-manager-prod-cluster/bookmark-manager-prod-web"
    one = a.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[prod])["ScalableTargets"][0]
    same((one["MinCapacity"], one["MaxCapacity"]), (1, 10))
    policies = pages(a, "describe_scaling_policies", "ScalingPolicies", ServiceNamespace="ecs", ResourceId=prod)
    same([p["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] for p in policies], [70.0, 80.0])
    alarm = policies[0]["Alarms"][0]["AlarmName"]
    same(client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]["Threshold"], 70.0)
    actions = pages(a, "describe_scheduled_actions", "ScheduledActions", ServiceNamespace="ecs")
    same(sorted({x["Schedule"] for x in actions}), ["cron(0 22 ? * MON-FRI *)", "cron(0 9 ? * MON-FRI *)"])
    a.register_scalable_target(
        ServiceNamespace="ecs", ResourceId=prod, ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=3, MaxCapacity=6, SuspendedState={"DynamicScalingInSuspended": True},
    )
    one = a.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[prod])["ScalableTargets"][0]
    same((one["MinCapacity"], one["SuspendedState"]["DynamicScalingInSuspended"]), (3, True))
    advance(120)
    activities = pages(a, "describe_scaling_activities", "ScalingActivities", ServiceNamespace="ecs", ResourceId=prod)
    same((activities[0]["StatusCode"], activities[0]["Cause"]), ("Successful", "minimum capacity was set to 3"))
    same(a.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"], [])
    refused(a.describe_scalable_targets, "ValidationException", ServiceNamespace="nonsense")
    refused(a.describe_scalable_targets, "InvalidNextTokenException", ServiceNamespace="ecs", NextToken="x")


def databases():
    r = client("rds")
    clusters = pages(r, "describe_db_clusters", "DBClusters")
    same([c["DBClusterIdentifier"] for c in clusters], ["bookmark-manager-prod-aurora"])
    cluster = clusters[0]
    writers = [m["DBInstanceIdentifier"] for m in cluster["DBClusterMembers"] if m["IsClusterWriter"]]
    same(writers, ["bookmark-manager-prod-aurora-1"])
    same(cluster["ServerlessV2ScalingConfiguration"], {"MinCapacity": 0.5, "MaxCapacity": 2.0})
    same((cluster["BackupRetentionPeriod"], cluster["DeletionProtection"]), (30, True))
    instances = pages(r, "describe_db_instances", "DBInstances")
    same(len(instances), 4)
    by = [{"Name": "db-cluster-id", "Values": [cluster["DBClusterIdentifier"]]}]
    same(len(r.describe_db_instances(Filters=by)["DBInstances"]), 2)
    staging = r.describe_db_instances(DBInstanceIdentifier="bookmark-manager-staging-db")["DBInstances"][0]
    same((staging["Engine"], staging["DBInstanceClass"], staging["AllocatedStorage"]), ("postgres", "db.t4g.micro", 20))
    same((staging["MultiAZ"], staging["BackupRetentionPeriod"]), (False, 7))
    change = {"instance": "minimal-db", "name": "AllocatedStorage", "value": "40"}
    control("/_sim/world", {"pending_change": change})
    minimal = r.describe_db_instances(DBInstanceIdentifier="minimal-db")["DBInstances"][0]
    same(minimal["PendingModifiedValues"], {"AllocatedStorage": 40})
    refused(r.describe_db_instances, "DBInstanceNotFound", DBInstanceIdentifier="none")
    refused(r.describe_db_clusters, "DBClusterNotFoundFault", DBClusterIdentifier="none")
    refused(r.describe_db_clusters, "InvalidParameterValue", MaxRecords=5)
    same(r.failover_db_cluster(DBClusterIdentifier=cluster["DBClusterIdentifier"])["DBCluster"]["Status"], "failing-over")
    advance(40)
    cluster = pages(r, "describe_db_clusters", "DBClusters")[0]
    writers = [m["DBInstanceIdentifier"] for m in cluster["DBClusterMembers"] if m["IsClusterWriter"]]
    same((cluster["Status"], writers), ("available", ["bookmark-manager-prod-aurora-2"]))
    messages = [e["Message"] for e in pages(r, "describe_events", "Events", SourceType="db-cluster")]
    same(messages[0], "Started cross AZ failover to DB instance: bookmark-manager-prod-aurora-2")
    same(messages[-1], "Completed failover to DB instance: bookmark-manager-prod-aurora-2")
    backups = r.describe_events(SourceType="db-instance", SourceIdentifier="minimal-db", Duration=2 * 1440, EventCategories=["backup"])
    same([e["Message"] for e in backups["Events"]], ["Backing up DB instance", "Finished DB Instance backup"] * 2)
    refused(r.describe_events, "InvalidParameterCombination", SourceIdentifier="minimal-db")
    same(client("rds", "us-east-1").describe_db_instances()["DBInstances"], [])
    refused(r.describe_db_snapshots, "InvalidAction")


def balancers():
    b = client("elbv2")
    found = pages(b, "describe_load_balancers", "LoadBalancers", PaginationConfig={"PageSize": 1})
    same([x["LoadBalancerName"] for x in found], ["bookmark-manager-prod-alb", "bookmark-manager-staging-alb"])
    groups = pages(b, "describe_target_groups", "TargetGroups", LoadBalancerArn=found[1]["LoadBalancerArn"])
    same([g["TargetGroupName"] for g in groups], [API, WEB])
    health = b.describe_target_health(TargetGroupArn=groups[1]["TargetGroupArn"])["TargetHealthDescriptions"]
    same([h["TargetHealth"]["State"] for h in health], ["healthy"])
    control("/_sim/world", {"unhealthy": {"service": WEB}})
    health = b.describe_target_health(TargetGroupArn=groups[1]["TargetGroupArn"])["TargetHealthDescriptions"]
    same(health[0]["TargetHealth"]["State"], "unhealthy")
    advance(180)
    refused(b.describe_target_groups, "TargetGroupNotFound", Names=["none"])
    refused(b.describe_load_balancers, "LoadBalancerNotFound", Names=["none"])


def metrics():
    w = client("cloudwatch")
    alarms = pages(w, "describe_alarms", "MetricAlarms", AlarmNamePrefix="bookmark-manager-staging-", PaginationConfig={"PageSize": 2})
    same(len(alarms), 6)
    same({a["StateValue"] for a in alarms}, {"OK"})
    same(w.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"], [])
    listed = pages(w, "list_metrics", "Metrics", Namespace="AWS/ECS")
    same(len(listed), 8)
    now = alarms[0]["StateUpdatedTimestamp"]
    state = control("/_sim/state")["now"]
    now = now.fromisoformat(state.replace("Z", "+00:00"))
    queries = [
        {"Id": f"m{i}", "MetricStat": {"Metric": {k: m[k] for k in ("Namespace", "MetricName", "Dimensions")}, "Period": 60, "Stat": "Average"}}
        for i, m in enumerate(pages(w, "list_metrics", "Metrics"))
    ]
    results = pages(w, "get_metric_data", "MetricDataResults", MetricDataQueries=queries, StartTime=now - timedelta(hours=3), EndTime=now)
    same(len(results), len(queries))
    full = [r for r in results if len(r["Values"]) >= 179]
    true(len(full) >= len(queries) - 4, f"{len(full)} of {len(queries)} metrics have three hours")
    true(all(len(r["Values"]) == len(r["Timestamps"]) for r in results), "as many times as values")
    true(full[0]["Timestamps"][0] > full[0]["Timestamps"][-1], "newest first")
    one = w.get_metric_statistics(
        Namespace="AWS/RDS", MetricName="CPUUtilization", Period=300, Statistics=["Average", "Maximum"], ExtendedStatistics=["p99"],
        Dimensions=[{"Name": "DBInstanceIdentifier", "Value": "minimal-db"}], StartTime=now - timedelta(hours=1), EndTime=now,
    )["Datapoints"]
    true(12 <= len(one) <= 13, f"{len(one)} datapoints")
    true(all(0 < p["Average"] <= p["Maximum"] <= 100 for p in one), "percent")
    true("p99" in one[0]["ExtendedStatistics"], "p99")
    refused(w.get_metric_data, "ValidationError", MetricDataQueries=queries[:1], StartTime=now, EndTime=now)
    refused(w.list_dashboards, "InvalidAction")


def names():
    """A name of 255 characters with everything in it."""
    e = client("ecs")
    name = ("日本語🚀<&>\"'\x1b[31m" * 30)[:255]
    control("/_sim/world", {"rename_service": {"from": "pantri-service", "to": name}})
    e = client("ecs", "us-east-1")
    arns = pages(e, "list_services", "serviceArns", cluster="pantri")
    same(arns[0].split("/", 2)[2], name)
    same(e.describe_services(cluster="pantri", services=arns)["services"][0]["serviceName"], name)
    listed = pages(client("cloudwatch", "us-east-1"), "list_metrics", "Metrics", Namespace="AWS/ECS")
    true(any(d["Value"] == name for m in listed for d in m["Dimensions"]), "the name in CBOR")


def strings():
    """Escape sequences, Japanese and emoji in XML and CBOR too."""
    text = "日本 🚀 <b>&\"' \x1b[31m"
    control("/_sim/world", {"rename_alarm": {"from": "minimal-disk-high", "to": text}})
    same(len(client("cloudwatch").describe_alarms(AlarmNames=[text])["MetricAlarms"]), 1)
    control("/_sim/world", {"rename_instance": {"from": "minimal-db", "to": text}})
    ids = [i["DBInstanceIdentifier"] for i in client("rds").describe_db_instances()["DBInstances"]]
    # XML 1.0 has no way to write an escape character.
    true(text.replace("\x1b", "\ufffd") in ids, f"{text} in {ids}")
    control("/_sim/world", {"note": {"service": WEB, "text": text}})
    events = client("ecs").describe_services(cluster=C, services=[WEB])["services"][0]["events"]
    true(events[0]["message"].endswith(text), events[0]["message"])


def credentials():
    e = client("ecs", key="AKIAOLD")
    e.list_clusters()
    control("/_sim/expire", {"access_key": "AKIAOLD"})
    refused(e.list_clusters, "ExpiredTokenException")
    refused(client("rds", key="AKIAOLD").describe_db_instances, "ExpiredToken")
    refused(client("cloudwatch", key="AKIAOLD").describe_alarms, "ExpiredToken")
    client("ecs", key="AKIANEW").list_clusters()
    control("/_sim/fault", {"operation": "*", "kind": "denied", "count": 3})
    text = refused(client("rds").describe_db_clusters, "AccessDenied")
    true("is not authorized to perform: rds:DescribeDBClusters because" in text, text)
    refused(client("ecs").list_clusters, "AccessDeniedException")
    refused(client("cloudwatch").describe_alarms, "AccessDenied")
    control("/_sim/fault", {"operation": "*", "kind": "throttle", "count": 3})
    refused(client("ecs").list_clusters, "ThrottlingException")
    refused(client("rds").describe_db_clusters, "Throttling")
    refused(client("cloudwatch").describe_alarms, "Throttling")


def counted():
    report = control("/_sim/requests")
    same(report["unknown"], 3)
    true(report["operations"]["ecs:DescribeServices"]["count"] > 5, "counted")
    true(report["budgets"]["ecs:services"]["count"] > 5, "budget")
    wanted = 30
    true(len(SEEN) >= wanted, f"{len(SEEN)} operations seen: {sorted(SEEN)}")


for part in (identity, ecs, deployments, balancers, metrics, changes, scaling, databases, names, strings, credentials, counted):
    try:
        part()
    except Exception as e:  # noqa: BLE001 - the rest is still worth running
        problem(part.__name__, f"{type(e).__name__}: {e}")
done()
