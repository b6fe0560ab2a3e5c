"""The events during a deployment in each scenario, from the view of a client."""

from botocore.exceptions import ClientError
from strict import advance, client, control, done, problem, same, true

C, WEB = "bookmark-manager-staging-cluster", "bookmark-manager-staging-web"
scenario = control("/_sim/state")["scenario"]
e = client("ecs")


def code(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def service():
    return e.describe_services(cluster=C, services=[WEB], include=["TAGS"])["services"][0]


def newest(n=0):
    return e.list_service_deployments(cluster=C, service=WEB)["serviceDeployments"][n]


def stable():
    e.get_waiter("services_stable").wait(cluster=C, services=[WEB], WaiterConfig={"Delay": 0, "MaxAttempts": 1})


before = service()["taskDefinition"]
definition = e.describe_task_definition(taskDefinition=WEB)["taskDefinition"]
answered = ("taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt", "registeredBy")
definition["containerDefinitions"][0]["image"] = definition["containerDefinitions"][0]["image"].rsplit(":", 1)[0] + ":c0ffee1"
new = e.register_task_definition(**{k: v for k, v in definition.items() if k not in answered})["taskDefinition"]["taskDefinitionArn"]
change = {"cluster": C, "service": WEB, "taskDefinition": new}

if scenario == "breaker":
    mine = e.update_service(**change)["service"]["currentServiceDeployment"]
    advance(600)
    # The services are stable, but the deployed definition does not run.
    stable()
    got = e.describe_service_deployments(serviceDeploymentArns=[mine])["serviceDeployments"][0]
    same((got["status"], got["deploymentCircuitBreaker"]["status"]), ("ROLLBACK_SUCCESSFUL", "TRIGGERED"))
    same(service()["taskDefinition"], before)
elif scenario == "no-breaker":
    e.update_service(**change)
    advance(1800)
    same((newest()["status"], service()["runningCount"]), ("IN_PROGRESS", 1))
    e.stop_service_deployment(serviceDeploymentArn=newest()["serviceDeploymentArn"])
    advance(120)
    same((newest()["status"], service()["taskDefinition"]), ("ROLLBACK_SUCCESSFUL", before))
elif scenario == "other-deploy":
    mine = e.update_service(**change)["service"]["currentServiceDeployment"]
    advance(30)
    same(newest(1)["serviceDeploymentArn"], mine)
    same((newest(1)["status"], newest()["status"]), ("STOPPED", "PENDING"), "superseded")
    advance(240)
    stable()
    same(newest()["status"], "SUCCESSFUL")
    true(service()["taskDefinition"] not in (before, new), "what runs is the other's")
elif scenario == "lost-answer":
    same(code(e.update_service, **change), "ServerException")
    same(service()["taskDefinition"], new)
    advance(240)
    same(newest()["status"], "SUCCESSFUL")
    same(code(e.update_service, cluster=C, service=WEB, desiredCount=1), None)
elif scenario == "throttled-deploy":
    e.update_service(**change)
    for _ in range(4):
        same(code(e.describe_services, cluster=C, services=[WEB]), "ThrottlingException")
        client("elbv2").describe_load_balancers()
        advance(29)
    advance(4)
    advance(120)
    same(newest()["status"], "SUCCESSFUL")
elif scenario == "expires":
    e.update_service(**change)
    advance(29)
    service()
    advance(1)
    same(code(e.describe_services, cluster=C, services=[WEB]), "ExpiredTokenException")
    same(code(client("ecr").describe_repositories), "ExpiredTokenException")
    e = client("ecs", key="AKIASIMULATED0000002")
    advance(120)
    same(newest()["status"], "SUCCESSFUL")
elif scenario == "scheduled-stop":
    e.update_service(**change)
    advance(29)
    same(service()["desiredCount"], 1)
    advance(2)
    tags = {t["key"]: t["value"] for t in service()["tags"]}
    same((service()["desiredCount"], tags["cockpit:desired-count"]), (0, "1"))
    advance(120)
    # The rollout is complete, although nothing runs.
    same((newest()["status"], service()["runningCount"]), ("SUCCESSFUL", 0))
    stable()
elif scenario == "stopped":
    same((service()["desiredCount"], service()["runningCount"]), (0, 0))
    e.update_service(**change)
    advance(5)
    same((newest()["status"], service()["runningCount"]), ("SUCCESSFUL", 0))
    tags = {t["key"]: t["value"] for t in service()["tags"]}
    e.update_service(cluster=C, service=WEB, desiredCount=int(tags["cockpit:desired-count"]))
    advance(120)
    same(service()["runningCount"], 1)
else:
    problem("scenario", scenario)
done()
