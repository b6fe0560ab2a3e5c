"""Live tails and queries of Insights in the scenario `log-storm`: 50,000 lines a second, of which a
live tail shows 500."""

import time
from datetime import datetime

from botocore.exceptions import ClientError
from strict import advance, client, control, done, problem, same, true

WEB, API = "/ecs/bookmark-manager-prod-web", "/ecs/bookmark-manager-prod-api"
QUIET = "/ecs/bookmark-manager-staging-web"
# A host prefix cannot be added to a loopback address.
logs = client("logs", inject_host_prefix=False)


def arn(group):
    return f"arn:aws:logs:ap-northeast-1:123456789012:log-group:{group}"


def now():
    return int(datetime.fromisoformat(control("/_sim/state")["now"].replace("Z", "+00:00")).timestamp() * 1000)


def updates(stream, count):
    found = []
    for event in stream:
        if "sessionUpdate" in event:
            found.append(event["sessionUpdate"])
            if len(found) == count:
                return found
        else:
            true("sessionStart" in event, f"{event}")
    return found


def refused(code, **kwargs):
    try:
        logs.start_live_tail(**kwargs)
        problem(code, "was not refused")
    except ClientError as e:
        same(e.response["Error"]["Code"], code)


stream = logs.start_live_tail(logGroupIdentifiers=[arn(QUIET)])["responseStream"]
advance(1)
begin = now()
advance(10)
found = updates(stream, 2)
true(not any(u["sessionMetadata"]["sampled"] for u in found), "nothing is sampled in a quiet group")
results = [r for u in found for r in u["sessionResults"]]
true(len(results) >= 5, f"{len(results)} lines in 10 s")
same({r["logGroupIdentifier"] for r in results}, {f"123456789012:{QUIET}"})
same([r["ingestionTime"] for r in results], sorted(r["ingestionTime"] for r in results))
stream.close()

stream = logs.start_live_tail(logGroupIdentifiers=[arn(WEB), arn(API)])["responseStream"]
updates(stream, 1)
advance(1)
found = [u for u in updates(stream, 2) if u["sessionResults"]]
true(found and found[0]["sessionMetadata"]["sampled"], "a storm is sampled")
true(0 < len(found[0]["sessionResults"]) <= 500, f"{len(found[0]['sessionResults'])} lines of a second")
stream.close()

stream = logs.start_live_tail(logGroupIdentifiers=[arn(QUIET)], logEventFilterPattern="GET")["responseStream"]
advance(20)
true(all("GET" in r["message"] for u in updates(stream, 2) for r in u["sessionResults"]), "filtered")
advance(3 * 3600)
try:
    for event in stream:
        pass
    problem("end", "the session went on after three hours")
except ClientError as e:
    same(e.response["Error"]["Code"], "SessionTimeoutException")
except Exception as e:  # botocore's class for errors unknown to the model
    true("SessionTimeout" in f"{e}", f"{e!r}")
refused("ResourceNotFoundException", logGroupIdentifiers=[arn("/none")])
refused("InvalidParameterException", logGroupIdentifiers=[arn(QUIET) + ":*"])
refused("InvalidParameterException", logGroupIdentifiers=[arn(QUIET)] * 11)


def query(text, groups, seconds=3600, **kwargs):
    end = now() // 1000
    id = logs.start_query(logGroupNames=groups, queryString=text, startTime=end - seconds, endTime=end, **kwargs)["queryId"]
    while True:
        result = logs.get_query_results(queryId=id)
        if result["status"] not in ("Running", "Scheduled"):
            return result
        time.sleep(0.01)


def table(result):
    return [{f["field"]: f["value"] for f in row if f["field"] != "@ptr"} for row in result["results"]]


staging = ["/ecs/bookmark-manager-staging-api", QUIET]
result = query("stats count(*) as n by @log", staging)
same(result["status"], "Complete")
rows = table(result)
same(len(rows), 2)
same(sum(int(r["n"]) for r in rows), int(result["statistics"]["recordsScanned"]))
newest = table(query("fields @timestamp, @message | sort @timestamp desc | limit 5", staging))
same(len(newest), 5)
same([r["@timestamp"] for r in newest], sorted((r["@timestamp"] for r in newest), reverse=True))
errors = query("filter level >= 50 | stats count(*) as n, pct(responseTime, 95) as p95, avg(responseTime) by err.message | sort n desc", staging, 2 * 3600)
true(table(errors) and all(float(r["p95"]) >= 0 for r in table(errors)), f"{table(errors)}")
true(errors["statistics"]["recordsMatched"] < errors["statistics"]["recordsScanned"], "matched fewer")
bins = table(query("filter @message like /GET/ and res.statusCode in [200, 304] | stats count(*) by bin(10m)", staging))
true(6 <= len(bins) <= 7, f"{bins}")
# Web logs `GET /path 200 in 12ms`.
parsed = table(query('parse @message "GET * * in *ms" as path, status, ms | filter ispresent(path) | dedup status | sort status', [QUIET]))
true(parsed and len({r["@message"].split(" in ")[0].split()[-1] for r in parsed}) == len(parsed), f"{parsed}")
groups = table(query("parse @message /in (?<took>[0-9]+)ms/ | filter ispresent(took) | stats count(*) as n, max(took) as most", [QUIET]))
true(int(groups[0]["n"]) > 0 and float(groups[0]["most"]) > 0, f"{groups}")
for pattern, holds in (
    ("%GET /[a-z]+%", lambda m: "GET /" in m),
    ("[method = GET, path, status = *200*, ...]", lambda m: m.split()[0] == "GET" and "200" in m.split()[2]),
):
    found = logs.filter_log_events(logGroupName=QUIET, startTime=now() - 3600_000, filterPattern=pattern)["events"]
    true(found and all(holds(e["message"].strip()) for e in found), f"{pattern}: {found[:2]}")
for bad in ("nonsense", "fields a | filter a like 5", 'fields "open'):
    try:
        query(bad, staging)
        problem("query", f"{bad} was not refused")
    except ClientError as e:
        same(e.response["Error"]["Code"], "MalformedQueryException")
end = now() // 1000
id = logs.start_query(logGroupName=QUIET, queryString="fields @message", startTime=end - 60, endTime=end)["queryId"]
same(logs.stop_query(queryId=id)["success"], True)
same(logs.get_query_results(queryId=id)["status"], "Cancelled")
done()
