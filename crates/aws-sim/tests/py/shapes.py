"""Container health checks, blue/green deployments, services with controllers other than ECS, and the logs of
functions: one scenario each, named by the argument."""

import sys

from strict import advance, client, control, done, pages, refused, same, true

CLUSTER = "bookmark-manager-staging-cluster"
WEB, API = "bookmark-manager-staging-web", "bookmark-manager-staging-api"
ecs = client("ecs")


def service(name):
    return ecs.describe_services(cluster=CLUSTER, services=[name])["services"][0]


def release(arn):
    return ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0]


def tasks(name, status="RUNNING"):
    arns = pages(ecs, "list_tasks", "taskArns", cluster=CLUSTER, serviceName=name, desiredStatus=status)
    return ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"] if arns else []


def with_image(name, tag):
    """Registers a new revision of the running definition with another image."""
    old = ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]
    keep = ("family", "networkMode", "requiresCompatibilities", "cpu", "memory", "executionRoleArn", "containerDefinitions")
    new = {key: old[key] for key in keep}
    first = new["containerDefinitions"][0]
    first["image"] = first["image"].rsplit(":", 1)[0] + ":" + tag
    return ecs.register_task_definition(**new)["taskDefinition"]


def deploy(name, tag):
    arn = with_image(name, tag)["taskDefinitionArn"]
    return ecs.update_service(cluster=CLUSTER, service=name, taskDefinition=arn)["service"]["currentServiceDeployment"]


def health_checks():
    check = ecs.describe_task_definition(taskDefinition=API)["taskDefinition"]["containerDefinitions"][0]["healthCheck"]
    same((check["interval"], check["retries"], check["startPeriod"]), (10, 3, 15))
    same([(t["healthStatus"], t["containers"][0]["healthStatus"]) for t in tasks(API)], [("HEALTHY", "HEALTHY")])
    good = deploy(API, "c0ffee1")
    advance(240)
    same((release(good)["status"], [t["healthStatus"] for t in tasks(API)]), ("SUCCESSFUL", ["HEALTHY"]))
    bad = deploy(API, "deadbee")
    seen = set()
    for _ in range(60):
        advance(10)
        seen |= {t["healthStatus"] for t in tasks(API)}
        if release(bad)["status"] != "IN_PROGRESS":
            break
    true({"UNKNOWN", "HEALTHY"} <= seen, f"{seen}")
    gone = [t for t in tasks(API, "STOPPED") if t.get("stoppedReason") == "Task failed container health checks"]
    true(gone and gone[0]["stopCode"] == "ServiceSchedulerInitiated", f"{len(gone)} stopped")
    same(gone[0]["healthStatus"], "UNHEALTHY")
    true(any("failed container health checks" in e["message"] for e in service(API)["events"]), "the event")
    advance(300)
    same(release(bad)["status"], "ROLLBACK_SUCCESSFUL")
    before = tasks(API)[0]["taskArn"]
    control("/_sim/world", {"unhealthy": {"service": API, "container": True}})
    advance(120)
    true(tasks(API)[0]["taskArn"] != before, "a task whose container is unhealthy is replaced")


def blue_green():
    same(service(WEB)["deploymentConfiguration"]["strategy"], "BLUE_GREEN")
    same(service(WEB)["deploymentConfiguration"]["bakeTimeInMinutes"], 1)
    mine = deploy(WEB, "c0ffee1")
    stages, traffic = [], []
    for _ in range(400):
        advance(1)
        now = release(mine)
        if now["status"] == "SUCCESSFUL":
            break
        stage = now.get("lifecycleStage")
        if stage and stages[-1:] != [stage]:
            stages.append(stage)
            traffic.append(now["targetServiceRevision"]["requestedProductionTrafficWeight"])
        if stage == "BAKE_TIME":
            same(len([t for t in tasks(WEB) if t["lastStatus"] == "RUNNING"]), 2, "old and new run beside each other")
    same(release(mine)["status"], "SUCCESSFUL")
    same(stages, ["RECONCILE_SERVICE", "PRE_SCALE_UP", "SCALE_UP", "POST_SCALE_UP", "TEST_TRAFFIC_SHIFT", "POST_TEST_TRAFFIC_SHIFT",
                  "PRODUCTION_TRAFFIC_SHIFT", "POST_PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME", "CLEAN_UP"])
    same(traffic, [0.0] * 6 + [100.0] * 4)
    same((service(WEB)["runningCount"], len(service(WEB)["deployments"])), (1, 1))
    # A rollback within the bake time needs no new task.
    second = deploy(WEB, "c0ffee2")
    while release(second).get("lifecycleStage") != "BAKE_TIME":
        advance(2)
    old = {t["taskArn"] for t in tasks(WEB)}
    ecs.stop_service_deployment(serviceDeploymentArn=second, stopType="ROLLBACK")
    advance(90)
    same(release(second)["status"], "ROLLBACK_SUCCESSFUL")
    true({t["taskArn"] for t in tasks(WEB)} < old, "what ran before runs on")
    # Tasks that never become healthy receive no traffic, and the breaker ends the rollout.
    third = deploy(WEB, "badc0de")
    advance(600)
    same(release(third)["status"], "ROLLBACK_SUCCESSFUL")
    ecs.update_service(cluster=CLUSTER, service=API, deploymentConfiguration={"strategy": "ROLLING"})
    same(service(API)["deploymentConfiguration"]["strategy"], "ROLLING")


def controllers():
    web, api = service(WEB), service(API)
    same((web["deploymentController"]["type"], api["deploymentController"]["type"]), ("CODE_DEPLOY", "EXTERNAL"))
    same((web["deployments"], web["taskSets"][0]["status"], web["taskSets"][0]["startedBy"]), ([], "PRIMARY", "CODE_DEPLOY"))
    true("taskDefinition" in web and "taskDefinition" not in api, "an external controller's has no task definition")
    revision = web["taskDefinition"]
    for more in ({"taskDefinition": revision}, {"forceNewDeployment": True}):
        refused(ecs.update_service, "InvalidParameterException", "CODE_DEPLOY", cluster=CLUSTER, service=WEB, **more)
        refused(ecs.update_service, "InvalidParameterException", "EXTERNAL", cluster=CLUSTER, service=API, **more)
    ecs.update_service(cluster=CLUSTER, service=WEB, desiredCount=2)
    ecs.update_service(cluster=CLUSTER, service=API, desiredCount=2)
    advance(180)
    same((service(WEB)["runningCount"], service(API)["runningCount"]), (2, 2))
    same(service(API)["taskSets"][0]["stabilityStatus"], "STEADY_STATE")
    refused(ecs.create_task_set, "InvalidParameterException", cluster=CLUSTER, service=WEB, taskDefinition=revision)
    definition = with_image(API, "c0ffee1")["taskDefinitionArn"]
    new = ecs.create_task_set(cluster=CLUSTER, service=API, taskDefinition=definition, externalId="build-7",
                              scale={"value": 50, "unit": "PERCENT"})["taskSet"]
    same((new["status"], new["computedDesiredCount"], new["externalId"]), ("ACTIVE", 1, "build-7"))
    advance(180)
    same(service(API)["runningCount"], 3)
    started = {t["startedBy"] for t in tasks(API)}
    true(new["id"] in started, f"{started}")
    ecs.update_task_set(cluster=CLUSTER, service=API, taskSet=new["id"], scale={"value": 100, "unit": "PERCENT"})
    ecs.update_service_primary_task_set(cluster=CLUSTER, service=API, primaryTaskSet=new["taskSetArn"])
    old = next(s for s in service(API)["taskSets"] if s["id"] != new["id"])
    same(old["status"], "ACTIVE")
    refused(ecs.delete_task_set, "InvalidParameterException", "scaled above 0", cluster=CLUSTER, service=API, taskSet=old["id"])
    ecs.delete_task_set(cluster=CLUSTER, service=API, taskSet=old["id"], force=True)
    advance(180)
    left = ecs.describe_task_sets(cluster=CLUSTER, service=API)["taskSets"]
    same([(s["id"], s["status"], s["runningCount"]) for s in left], [(new["id"], "PRIMARY", 2)])
    refused(ecs.update_task_set, "TaskSetNotFoundException", cluster=CLUSTER, service=API, taskSet=old["id"], scale={"value": 1, "unit": "PERCENT"})
    empty = ecs.create_service(cluster=CLUSTER, serviceName="empty", desiredCount=1, deploymentController={"type": "EXTERNAL"})["service"]
    same((empty["taskSets"], empty["deployments"], "taskDefinition" in empty), ([], [], False))
    advance(120)
    same(service("empty")["runningCount"], 0)
    ecs.delete_service(cluster=CLUSTER, service="empty", force=True)
    advance(60)
    same(service("empty")["status"], "INACTIVE")


def functions():
    name = "bookmark-manager-staging-ecs-scheduler"
    answer = client("lambda").invoke(FunctionName=name, Payload=b'{"action":"start"}', LogType="Tail")
    same(answer["StatusCode"], 200)
    client("lambda").invoke(FunctionName=name, Payload=b'{"action":"dance"}')
    advance(5)
    now = control("/_sim/state")["now"]
    from datetime import datetime
    since = int(datetime.fromisoformat(now.replace("Z", "+00:00")).timestamp() * 1000) - 30_000
    lines = [e["message"] for e in pages(client("logs"), "filter_log_events", "events", logGroupName=f"/aws/lambda/{name}", startTime=since)]
    for word in ("START RequestId: ", "END RequestId: ", "REPORT RequestId: ", "ERROR\tInvoke Error"):
        true(any(word in line for line in lines), f"{word} in {lines}")


{"health-checks": health_checks, "blue-green": blue_green, "controllers": controllers, "functions": functions}[sys.argv[1]]()
done()
