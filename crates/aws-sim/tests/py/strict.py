"""Clients that check every answer against botocore's service model: a member unknown to the model,
a value of the wrong type or outside an enumeration fails the run. The content of the answers is
checked in the other files."""

import io
import json
import os
import sys
import urllib.request
import xml.etree.ElementTree as ElementTree

import boto3
import botocore.parsers
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
REGION = "ap-northeast-1"
PROBLEMS = []
SEEN = set()

SCALARS = {
    "string": str,
    "integer": int,
    "long": int,
    "boolean": bool,
}


def problem(where, text):
    PROBLEMS.append(f"{where}: {text}")


def check_scalar(shape, value, where):
    kind = shape.type_name
    if kind in ("double", "float"):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            problem(where, f"{value!r} is no number")
    elif kind in SCALARS:
        if not isinstance(value, SCALARS[kind]) or (kind != "boolean" and isinstance(value, bool)):
            problem(where, f"{value!r} is no {kind}")
    enum = getattr(shape, "enum", None)
    if enum and value not in enum:
        problem(where, f"{value!r} is none of {enum}")


def check_tree(shape, value, where, timestamp):
    """JSON and CBOR: the body as Python values."""
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            return problem(where, f"{value!r} is no structure")
        for key, item in value.items():
            if key not in shape.members:
                problem(where, f"unknown member {key}")
            else:
                check_tree(shape.members[key], item, f"{where}.{key}", timestamp)
    elif kind == "list":
        if not isinstance(value, list):
            return problem(where, f"{value!r} is no list")
        for item in value:
            check_tree(shape.member, item, f"{where}[]", timestamp)
    elif kind == "map":
        for item in value.values():
            check_tree(shape.value, item, f"{where}{{}}", timestamp)
    elif kind == "timestamp":
        if not timestamp(value):
            problem(where, f"{value!r} is no time")
    else:
        check_scalar(shape, value, where)


def check_rest(shape, headers, body, where):
    """REST services: some members are headers, one may be the whole body."""
    for name, member in shape.members.items():
        if member.serialization.get("location") == "header":
            value = headers.get(member.serialization["name"])
            if value is not None:
                check_scalar(member, value, f"{where}.{name}")
    if shape.serialization.get("payload"):
        return
    number = lambda v: isinstance(v, (int, float)) and not isinstance(v, bool)
    check_tree(shape, json.loads(body) if body else {}, where, number)


def local(tag):
    return tag.rsplit("}", 1)[-1]


def check_xml(shape, node, where):
    kind = shape.type_name
    if kind == "structure":
        names = {m.serialization.get("name", k): m for k, m in shape.members.items()}
        for child in node:
            name = local(child.tag)
            if name not in names:
                problem(where, f"unknown element {name}")
            else:
                check_xml(names[name], child, f"{where}.{name}")
    elif kind == "list":
        expected = shape.member.serialization.get("name", "member")
        for child in node:
            if local(child.tag) != expected:
                problem(where, f"list element {local(child.tag)}, not {expected}")
            check_xml(shape.member, child, f"{where}[]")
    elif kind == "boolean":
        if node.text not in ("true", "false"):
            problem(where, f"{node.text!r} is no boolean")
    elif kind in ("integer", "long"):
        try:
            int(node.text)
        except (TypeError, ValueError):
            problem(where, f"{node.text!r} is no integer")
    elif kind in ("double", "float"):
        float(node.text)
    elif kind == "timestamp":
        if not (node.text or "").endswith("Z"):
            problem(where, f"{node.text!r} is no ISO 8601 time")
    elif getattr(shape, "enum", None) and node.text not in shape.enum:
        problem(where, f"{node.text!r} is none of {shape.enum}")


def cbor(body):
    parser = botocore.parsers.RpcV2CBORParser()
    return parser.parse_data_item(io.BufferedReader(io.BytesIO(body)))


def on_answer(operation_model, response_dict, **_):
    model = operation_model.service_model
    where = f"{model.service_name}:{operation_model.name}"
    SEEN.add(where)
    if not response_dict["headers"].get("x-amzn-requestid"):
        problem(where, "no request id")
    if response_dict["status_code"] >= 300 or operation_model.has_event_stream_output:
        return
    shape, body = operation_model.output_shape, response_dict["body"]
    protocol = model.resolved_protocol
    if shape is None:
        # An operation without output: an empty answer.
        read = {"json": json.loads, "smithy-rpc-v2-cbor": cbor}.get(protocol)
        if read and body and read(body) != {}:
            problem(where, f"{body!r} where nothing is answered")
        return
    if protocol == "json":
        number = lambda v: isinstance(v, (int, float)) and not isinstance(v, bool)
        check_tree(shape, json.loads(body), where, number)
    elif protocol == "smithy-rpc-v2-cbor":
        check_tree(shape, cbor(body), where, lambda v: hasattr(v, "tzinfo"))
    elif protocol == "query":
        root = ElementTree.fromstring(body)
        if local(root.tag) != f"{operation_model.name}Response":
            problem(where, f"root {root.tag}")
        parts = {local(c.tag): c for c in root}
        if set(parts) != {f"{operation_model.name}Result", "ResponseMetadata"}:
            problem(where, f"parts {sorted(parts)}")
        check_xml(shape, parts[f"{operation_model.name}Result"], where)
    elif protocol in ("ec2", "rest-xml"):
        # There is no envelope: the members are in the root. A rest-xml payload is the root itself.
        root = ElementTree.fromstring(body)
        inner = shape.members[shape.serialization["payload"]] if shape and shape.serialization.get("payload") else shape
        members = {m.serialization.get("name", k): m for k, m in inner.members.items()} if inner else {}
        for child in root:
            name = local(child.tag)
            if name == "requestId" and protocol == "ec2":
                continue
            if name not in members:
                problem(where, f"unknown element {name}")
            else:
                check_xml(members[name], child, f"{where}.{name}")
    elif protocol == "rest-json":
        check_rest(shape, response_dict["headers"], body, where)
    else:
        problem(where, f"unknown protocol {protocol}")


def client(service, region=REGION, key="AKIASIMULATED0000001", attempts=1, **settings):
    config = Config(retries={"total_max_attempts": attempts}, read_timeout=30, **settings)
    c = boto3.client(
        service,
        region_name=region,
        endpoint_url=ENDPOINT,
        aws_access_key_id=key,
        aws_secret_access_key="simulated",
        config=config,
    )
    # The event does not contain the model, so each operation has its own handler.
    for name in c.meta.service_model.operation_names:
        model = c.meta.service_model.operation_model(name)
        event = f"before-parse.{c.meta.service_model.service_id.hyphenize()}.{name}"
        c.meta.events.register(event, lambda m=model, **kw: on_answer(m, kw["response_dict"]))
    return c


def pages(c, operation, key, **arguments):
    """Returns all items of a paginator."""
    return [item for page in c.get_paginator(operation).paginate(**arguments) for item in page[key]]


def control(path, value=None):
    """Sends a control request to the simulator."""
    data = None if value is None else json.dumps(value).encode()
    request = urllib.request.Request(ENDPOINT + path, data=data)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def advance(seconds):
    control("/_sim/advance", {"seconds": seconds})


def same(got, wanted, what=""):
    if got != wanted:
        problem(what or "value", f"{got!r}, not {wanted!r}")


def true(condition, what):
    if not condition:
        problem("check", what)


def refused(call, code, text="", **arguments):
    """Checks that a call is refused with this code and text in its message; returns the message."""
    try:
        call(**arguments)
    except ClientError as e:
        same(e.response["Error"]["Code"], code, call.__name__)
        message = e.response["Error"]["Message"]
        true(text in message, message)
        true(e.response["ResponseMetadata"].get("RequestId"), f"{code} has a request id")
        return message
    problem(code, f"{call.__name__}({arguments}) was not refused")
    return ""


def each(*parts):
    """Runs the parts of a file in order; if one raises an error, the others still run."""
    for part in parts:
        try:
            part()
        except Exception as e:  # noqa: BLE001
            problem(part.__name__, f"{type(e).__name__}: {e}")


def done():
    """Ends the run, with exit code 1 if there was any problem."""
    for line in sorted(set(PROBLEMS)):
        print(line, file=sys.stderr)
    sys.exit(1 if PROBLEMS else 0)
