"""The scenario `crash-loop`: the answers of DescribeTasks for tasks that run out of memory."""

from strict import advance, client, done, pages, same, true

C, API = "bookmark-manager-staging-cluster", "bookmark-manager-staging-api"
e = client("ecs")


def look():
    service = e.describe_services(cluster=C, services=[API])["services"][0]
    arns = pages(e, "list_tasks", "taskArns", cluster=C, serviceName=API, desiredStatus="STOPPED")
    return service, e.describe_tasks(cluster=C, tasks=arns)["tasks"]


service, stopped = look()
same((service["desiredCount"], service["runningCount"], len(stopped)), (1, 0, 3))
deployment = service["deployments"][0]
same([d["rolloutState"] for d in service["deployments"]], ["IN_PROGRESS"])
for task in stopped:
    same((task["lastStatus"], task["stopCode"]), ("STOPPED", "EssentialContainerExited"))
    same(task["startedBy"], deployment["id"])
    same(task["containers"][0]["exitCode"], 137)
    same(task["containers"][0]["reason"], "OutOfMemoryError: Container killed due to memory usage")
    true(task["createdAt"] < task["pullStartedAt"] < task["startedAt"] < task["stoppingAt"] < task["stoppedAt"], "times")
advance(1200)
service, stopped = look()
true(len(stopped) > 15, f"{len(stopped)} stopped")
same(len(service["deployments"]), 1)
done()
