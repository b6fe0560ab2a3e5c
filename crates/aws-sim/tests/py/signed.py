"""Prints the `Authorization` header with which botocore signs the request for a WebSocket at a given time. The query is passed
decoded, as the service reads it: a `+` is a space."""

import os
import sys
import urllib.parse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

url, date, *token = sys.argv[1:]
address, query = url.split("?", 1)
keys = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], *token)
auth = SigV4Auth(keys, "ssmmessages", os.environ["AWS_REGION"])
request = AWSRequest(method="GET", url=address, params=dict(urllib.parse.parse_qsl(query)))
request.context["timestamp"] = date
auth._modify_request_before_signing(request)
text = auth.string_to_sign(request, auth.canonical_request(request))
auth._inject_signature_to_request(request, auth.signature(text, request))
print(request.headers["Authorization"])
