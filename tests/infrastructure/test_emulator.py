"""The emulator, where the environments depend on AWS behaviour that moto lacks."""

import urllib.error
import urllib.request


def delete_dashboard(endpoint, invocation):
    request = urllib.request.Request(
        endpoint,
        b"Action=DeleteDashboards&DashboardNames.member.1=shop",
        {
            "Authorization": "AWS4-HMAC-SHA256 Credential=AKIATESTTESTTESTTEST/20260101/us-east-1/monitoring/aws4_request",
            "Content-Type": "application/x-www-form-urlencoded",
            "amz-sdk-invocation-id": invocation,
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_repeated_request_gets_the_same_answer(shell):
    shell.client("cloudwatch", "us-east-1").put_dashboard(DashboardName="shop", DashboardBody='{"widgets":[]}')
    # The answer was lost, and the SDK repeats the request.
    assert [delete_dashboard(shell.endpoint, "one") for _ in range(2)] == [200, 200]
    assert delete_dashboard(shell.endpoint, "another") == 404
