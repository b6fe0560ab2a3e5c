"""The distribution of Pantri with its invalidations, and its user pool."""

import subprocess
import sys

from strict import ENDPOINT, advance, client, control, done, refused, same

REGION = "us-east-1"


def distributions():
    cdn = client("cloudfront", region=REGION)
    found = cdn.list_distributions()["DistributionList"]
    same([one["Comment"] for one in found["Items"]], ["pantri", "another team's"])
    one = found["Items"][0]
    same(one["Aliases"]["Items"], ["pantri.example", "www.pantri.example"])
    paged = cdn.get_paginator("list_distributions").paginate(PaginationConfig={"PageSize": 1})
    same([item["Id"] for page in paged for item in page["DistributionList"]["Items"]], [item["Id"] for item in found["Items"]])
    batch = {"Paths": {"Quantity": 2, "Items": ["/*", "/a&b"]}, "CallerReference": "one"}
    made = cdn.create_invalidation(DistributionId=one["Id"], InvalidationBatch=batch)
    same(made["Invalidation"]["Status"], "InProgress")
    same(made["Invalidation"]["InvalidationBatch"]["Paths"]["Items"], ["/*", "/a&b"])
    again = cdn.create_invalidation(DistributionId=one["Id"], InvalidationBatch=batch)
    same(again["Invalidation"]["Id"], made["Invalidation"]["Id"], "the same reference is the same invalidation")
    other = {"Paths": {"Quantity": 1, "Items": ["/b"]}, "CallerReference": "one"}
    refused(cdn.create_invalidation, "InvalidArgument", DistributionId=one["Id"], InvalidationBatch=other)
    wrong = {"Paths": {"Quantity": 2, "Items": ["/b"]}, "CallerReference": "two"}
    refused(cdn.create_invalidation, "InconsistentQuantities", DistributionId=one["Id"], InvalidationBatch=wrong)
    many = {"Paths": {"Quantity": 15, "Items": [f"/{n}/*" for n in range(15)]}, "CallerReference": "three"}
    refused(cdn.create_invalidation, "TooManyInvalidationsInProgress", DistributionId=one["Id"], InvalidationBatch=many)
    refused(cdn.create_invalidation, "NoSuchDistribution", DistributionId="E0", InvalidationBatch=batch)
    refused(cdn.get_invalidation, "NoSuchInvalidation", DistributionId=one["Id"], Id="I0")
    listed = cdn.list_invalidations(DistributionId=one["Id"])["InvalidationList"]["Items"]
    same([item["Id"] for item in listed], [made["Invalidation"]["Id"]])
    advance(120)
    # The waiter of the AWS CLI.
    words = ["cloudfront", "wait", "invalidation-completed", "--distribution-id", one["Id"], "--id", made["Invalidation"]["Id"]]
    said = subprocess.run([sys.executable, "-m", "awscli", *words, "--endpoint-url", ENDPOINT, "--region", REGION], capture_output=True, text=True, timeout=120)
    same((said.returncode, said.stderr), (0, ""), "aws cloudfront wait")


def pools():
    cognito = client("cognito-idp", region=REGION)
    found = cognito.list_user_pools(MaxResults=60)["UserPools"]
    same([one["Name"] for one in found], ["another-team-users", "pantri-users"])
    id = found[1]["Id"]
    pool = cognito.describe_user_pool(UserPoolId=id)["UserPool"]
    same(pool["Policies"]["PasswordPolicy"]["MinimumLength"], 12)
    same(cognito.get_user_pool_mfa_config(UserPoolId=id)["MfaConfiguration"], "OPTIONAL")
    paged = cognito.get_paginator("list_users").paginate(UserPoolId=id, Limit=4)
    names = [user["Username"] for page in paged for user in page["Users"]]
    same((len(names), len(set(names))), (11, 11))
    some = cognito.list_users(UserPoolId=id, Filter='cognito:user_status = "UNCONFIRMED"')["Users"]
    same([user["UserStatus"] for user in some], ["UNCONFIRMED"])
    same(cognito.list_users(UserPoolId=found[0]["Id"])["Users"], [])
    refused(cognito.list_users, "InvalidParameterException", UserPoolId=id, PaginationToken="nonsense")
    refused(cognito.describe_user_pool, "ResourceNotFoundException", UserPoolId="us-east-1_Nobody000")


# The request rates are tested elsewhere.
control("/_sim/rates", {"on": False})
for part in (distributions, pools):
    part()
done()
