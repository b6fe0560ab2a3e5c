"""CloudWatch in each protocol of its model, and strings that are hard to encode in each."""

import json
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree

from strict import ENDPOINT, check_tree, check_xml, client, control, done, local, same, true

SIGNATURE = "AWS4-HMAC-SHA256 Credential=AKIARAW/20261118/ap-northeast-1/monitoring/aws4_request, SignedHeaders=host, Signature=0"
model = client("cloudwatch").meta.service_model


def send(body, **headers):
    headers = {k.replace("_", "-"): v for k, v in headers.items()} | {"Authorization": SIGNATURE}
    try:
        with urllib.request.urlopen(urllib.request.Request(ENDPOINT + "/", data=body, headers=headers)) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as e:
        return e.code, e.headers, e.read()


def as_json(operation, **arguments):
    return send(
        json.dumps(arguments).encode(),
        X_Amz_Target=f"GraniteServiceVersion20100801.{operation}",
        Content_Type="application/x-amz-json-1.0",
    )


def as_query(operation, **arguments):
    form = {"Action": operation, "Version": "2010-08-01", **arguments}
    return send(urllib.parse.urlencode(form).encode(), Content_Type="application/x-www-form-urlencoded")


number = lambda v: isinstance(v, (int, float))
prefix = "bookmark-manager-prod-"
status, headers, body = as_json("DescribeAlarms", AlarmNamePrefix=prefix)
same((status, headers["content-type"]), (200, "application/x-amz-json-1.0"))
check_tree(model.operation_model("DescribeAlarms").output_shape, json.loads(body), "json", number)
same(len(json.loads(body)["MetricAlarms"]), 8)
status, headers, body = as_json("Nonsense")
same((status, json.loads(body)["__type"], headers["x-amzn-query-error"]), (400, "UnknownOperationException", "InvalidAction;Sender"))

status, headers, body = as_query("DescribeAlarms", AlarmNamePrefix=prefix)
same(status, 200)
root = ElementTree.fromstring(body)
check_xml(model.operation_model("DescribeAlarms").output_shape, root[0], "query")
status, headers, body = as_query(
    "GetMetricStatistics", Namespace="AWS/RDS", MetricName="CPUUtilization", Period=60,
    StartTime="2026-11-18T02:00:00Z", EndTime="2026-11-18T03:00:00Z", **{
        "Statistics.member.1": "Average", "Dimensions.member.1.Name": "DBInstanceIdentifier",
        "Dimensions.member.1.Value": "minimal-db",
    },
)
same((status, body.count(b"<Average>")), (200, 60))

# A name with all kinds of characters survives XML, as far as XML can represent it.
name = "日本 🚀 <b>&\"'"
control("/_sim/world", {"rename_service": {"from": "bookmark-manager-prod-web", "to": name}})
status, headers, body = as_query("ListMetrics", Namespace="AWS/ECS")
values = [n.text for n in ElementTree.fromstring(body).iter() if local(n.tag) == "Value"]
true(name in values, f"{name} in {values}")
done()
