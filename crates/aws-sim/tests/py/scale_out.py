"""The scenario `scale-out`: services grow to their maximum, and their activities give the reason."""

from strict import advance, client, done, pages, same, true

C, WEB = "bookmark-manager-prod-cluster", "bookmark-manager-prod-web"
e, a, w = client("ecs"), client("application-autoscaling"), client("cloudwatch")
for minute in range(16):
    advance(60)
same(e.describe_services(cluster=C, services=[WEB])["services"][0]["runningCount"], 10)
resource = f"service/{C}/{WEB}"
done_ones = pages(a, "describe_scaling_activities", "ScalingActivities", ServiceNamespace="ecs", ResourceId=resource)
true(len(done_ones) >= 3, f"{len(done_ones)} activities")
true(all(x["StatusCode"] in ("Successful", "InProgress") for x in done_ones), "status of activities")
for minute in range(20):
    advance(60)
every = pages(
    a, "describe_scaling_activities", "ScalingActivities",
    ServiceNamespace="ecs", ResourceId=resource, IncludeNotScaledActivities=True, PaginationConfig={"PageSize": 2},
)
reasons = [x["NotScaledReasons"][0]["Code"] for x in every if x.get("NotScaledReasons")]
true(set(reasons) <= {"AlreadyAtMaxCapacity"}, f"reasons {reasons}")
group = client("elbv2").describe_target_groups(Names=[WEB])["TargetGroups"][0]["TargetGroupArn"]
health = client("elbv2").describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
same([h["TargetHealth"]["State"] for h in health], ["healthy"] * 10)
done()
