"""Logs in the scenario `crash-loop`: groups, streams, complete pages without duplicates, the last lines of tasks."""

from datetime import datetime

from strict import advance, client, control, done, pages, refused, same, true

API, WEB = "/ecs/bookmark-manager-staging-api", "/ecs/bookmark-manager-staging-web"
C = "bookmark-manager-staging-cluster"
# Reads many pages, so the client retries when throttled.
logs = client("logs", attempts=10)
now = int(datetime.fromisoformat(control("/_sim/state")["now"].replace("Z", "+00:00")).timestamp() * 1000)


def read(**kwargs):
    events, token, count = [], None, 0
    while True:
        page = logs.filter_log_events(**kwargs, **({"nextToken": token} if token else {}))
        events += page["events"]
        count += 1
        token = page.get("nextToken")
        if not token:
            return events, count


groups = [g["logGroupName"] for g in pages(logs, "describe_log_groups", "logGroups", PaginationConfig={"PageSize": 2})]
true(API in groups and WEB in groups, f"{groups}")
same(groups, sorted(groups))
streams = pages(logs, "describe_log_streams", "logStreams", logGroupName=API)
true(len(streams) >= 3, f"{len(streams)} streams")
stopped = pages(client("ecs"), "list_tasks", "taskArns", cluster=C, desiredStatus="STOPPED")
for arn in stopped:
    name = "ecs/api/" + arn.rsplit("/", 1)[1]
    tail = logs.get_log_events(logGroupName=API, logStreamName=name, limit=3)["events"]
    same([e["message"] for e in tail][1], "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory")
    whole, token = [], None
    while True:
        page = logs.get_log_events(logGroupName=API, logStreamName=name, limit=7, startFromHead=True, **({"nextToken": token} if token else {}))
        whole += page["events"]
        if page["nextForwardToken"] == token:
            break
        token = page["nextForwardToken"]
    same(whole[-3:], tail)
    back, token = [], None
    while True:
        page = logs.get_log_events(logGroupName=API, logStreamName=name, limit=7, **({"nextToken": token} if token else {}))
        back = page["events"] + back
        if page["nextBackwardToken"] == token:
            break
        token = page["nextBackwardToken"]
    same(back, whole)

window = {"logGroupName": WEB, "startTime": now - 600_000, "endTime": now}
all_events, _ = read(**window)
true(len(all_events) > 300, f"{len(all_events)} events in ten minutes")
same(len({e["eventId"] for e in all_events}), len(all_events))
same([e["timestamp"] for e in all_events], sorted(e["timestamp"] for e in all_events))
small, count = read(**window, limit=100)
same(small, all_events)
true(count > 3, "several pages")
health, _ = read(**window, filterPattern="GET -404")
same(health, [e for e in all_events if "GET" in e["message"] and "404" not in e["message"]])
json_errors, _ = read(logGroupName="/ecs/bookmark-manager-prod-api", startTime=now - 3_600_000, filterPattern="{ $.level >= 50 && $.res.statusCode = 500 }")
true(json_errors and all('"level":50' in e["message"] for e in json_errors), "JSON selector")
sparse = "/aws/lambda/bookmark-manager-staging-ecs-scheduler"
events, count = read(logGroupName=sparse, startTime=now - 40 * 3_600_000)
true(count > 10 and events, f"{len(events)} events in {count} pages, most of them empty")
control("/_sim/world", {"write_log": {"group": WEB, "message": "late \x1b[2J 日本 🚀", "age_ms": 30_000}})
late, _ = read(logGroupName=WEB, startTime=now - 60_000, filterPattern='"late"')
same([(e["message"], e["ingestionTime"] - e["timestamp"]) for e in late], [("late \x1b[2J 日本 🚀", 30_000)])
before = {e["eventId"] for e in read(**window)[0]}
advance(60)
after = {e["eventId"] for e in read(**window)[0]}
true(before < after, "late lines appear among earlier ones")

refused(logs.filter_log_events, "ResourceNotFoundException", logGroupName="none")
refused(logs.filter_log_events, "InvalidParameterException", logGroupName=WEB, filterPattern="{ $.a = }")
refused(logs.filter_log_events, "InvalidParameterException", logGroupName=WEB, nextToken="nonsense")
refused(logs.get_log_events, "ResourceNotFoundException", logGroupName=WEB, logStreamName="none")
control("/_sim/world", {"delete_log_group": WEB})
refused(logs.filter_log_events, "ResourceNotFoundException", logGroupName=WEB)
done()
