//! The documented request rates of each API, and the token buckets that enforce them for all clients together. A
//! request that finds its bucket empty is throttled and takes no token. All clients of the simulator share the
//! buckets, as all callers of one account and region do.
//!
//! A bucket fills with the real clock or with the simulated one, whichever advanced further since the last request:
//! clients pace themselves by their own clock when the simulated one is slow or stopped, and are not throttled for
//! hours that a test or `--speed` skipped.

use crate::clock::Ms;
use serde_json::Value;
use std::collections::HashMap;
use std::time::Instant;

/// A limit shared by some operations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// The name in `GET /_sim/requests`.
    pub name: &'static str,
    /// Sustained requests per second.
    pub per_second: f64,
    /// The number of requests possible at once after a pause.
    pub burst: f64,
    /// `service:Operation`, or `service:` for all other operations of a service. The first matching entry applies.
    pub(crate) operations: &'static [&'static str],
}

/// A quota that AWS documents in transactions per second; the burst is the same number.
const fn tps(name: &'static str, per_second: f64, operations: &'static [&'static str]) -> Rate {
    Rate { name, per_second, burst: per_second, operations }
}

const fn bucket(name: &'static str, per_second: f64, burst: f64, operations: &'static [&'static str]) -> Rate {
    Rate { name, per_second, burst, operations }
}

/// The limits of most regions. Sources, all in AWS's documentation: ECS, "Request throttling for the Amazon ECS API";
/// ELB, "Request throttling for the Elastic Load Balancing API"; Logs, `CloudWatch`, ECR, Lambda, Scheduler and STS,
/// the pages on quotas. For quotas that differ by region, see [`in_region`].
///
/// Undocumented and assumed: Application Auto Scaling, RDS, the ECR reads that pull no image; that
/// `StopServiceDeployment` counts as a service deployment action, task set actions as service actions, and
/// `StopQuery` as `StartQuery`; sessions and parameters of Systems Manager, `ExecuteCommand`.
pub(crate) const RATES: &[Rate] = &[
    bucket("ecs:services", 20.0, 100.0, &["ecs:DescribeServices", "ecs:ListServices", "ecs:DescribeTaskSets"]),
    bucket("ecs:tasks", 20.0, 100.0, &["ecs:DescribeTasks", "ecs:ListTasks"]),
    bucket("ecs:clusters", 20.0, 50.0, &["ecs:DescribeClusters", "ecs:ListClusters"]),
    bucket("ecs:task-definitions", 20.0, 50.0, &["ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions"]),
    bucket(
        "ecs:service-deployments",
        20.0,
        50.0,
        &["ecs:ListServiceDeployments", "ecs:DescribeServiceDeployments", "ecs:StopServiceDeployment"],
    ),
    bucket("ecs:service-revisions", 20.0, 50.0, &["ecs:DescribeServiceRevisions"]),
    bucket(
        "ecs:update-service",
        5.0,
        50.0,
        &[
            "ecs:UpdateService",
            "ecs:CreateService",
            "ecs:DeleteService",
            "ecs:CreateTaskSet",
            "ecs:UpdateTaskSet",
            "ecs:UpdateServicePrimaryTaskSet",
            "ecs:DeleteTaskSet",
        ],
    ),
    bucket("ecs:register", 1.0, 20.0, &["ecs:RegisterTaskDefinition", "ecs:DeregisterTaskDefinition"]),
    bucket("ecs:execute-command", 5.0, 20.0, &["ecs:ExecuteCommand"]),
    bucket("ecs:task-changes", 40.0, 100.0, &["ecs:StopTask", "ecs:RunTask"]),
    bucket("ecs:tag-changes", 10.0, 20.0, &["ecs:TagResource", "ecs:UntagResource"]),
    bucket("ecs:tags", 20.0, 50.0, &["ecs:ListTagsForResource"]),
    bucket("rds", 12.0, 300.0, &["rds:"]),
    tps("cloudwatch:alarms", 9.0, &["cloudwatch:DescribeAlarms"]),
    tps("cloudwatch:alarm-history", 20.0, &["cloudwatch:DescribeAlarmHistory"]),
    // Undocumented: assumed equal to the rate of the alarms.
    tps(
        "cloudwatch:mute-rules",
        9.0,
        &[
            "cloudwatch:ListAlarmMuteRules",
            "cloudwatch:GetAlarmMuteRule",
            "cloudwatch:PutAlarmMuteRule",
            "cloudwatch:DeleteAlarmMuteRule",
        ],
    ),
    // "AWS WAF quotas": five per second for any one action that gets or lists, or that creates or updates; less for these.
    bucket("wafv2:associate", 0.5, 1.0, &["wafv2:AssociateWebACL"]),
    bucket("wafv2:disassociate", 0.5, 1.0, &["wafv2:DisassociateWebACL"]),
    tps("wafv2:of-resource", 1.0, &["wafv2:GetWebACLForResource"]),
    tps("wafv2:resources", 1.0, &["wafv2:ListResourcesForWebACL"]),
    tps("wafv2:create", 1.0, &["wafv2:CreateWebACL"]),
    tps("wafv2:update", 1.0, &["wafv2:UpdateWebACL"]),
    tps("wafv2:get", 5.0, &["wafv2:GetWebACL"]),
    tps("wafv2:list", 5.0, &["wafv2:ListWebACLs"]),
    // Undocumented: assumed equal to the list operations.
    tps("wafv2", 5.0, &["wafv2:"]),
    // Undocumented: assumed as low as the reads of Application Auto Scaling.
    bucket("iam", 10.0, 40.0, &["iam:"]),
    // Undocumented; each request costs money.
    tps("ce", 2.0, &["ce:", "budgets:"]),
    tps("cloudtrail:lookup", 2.0, &["cloudtrail:LookupEvents"]),
    tps("cloudwatch:metric-data", 500.0, &["cloudwatch:GetMetricData"]),
    tps("cloudwatch:statistics", 400.0, &["cloudwatch:GetMetricStatistics"]),
    tps("cloudwatch:list-metrics", 25.0, &["cloudwatch:ListMetrics"]),
    bucket("application-autoscaling", 10.0, 40.0, &["application-autoscaling:"]),
    bucket("elasticloadbalancing", 10.0, 40.0, &["elasticloadbalancing:"]),
    tps("logs:filter", 10.0, &["logs:FilterLogEvents"]),
    tps("logs:get", 25.0, &["logs:GetLogEvents"]),
    tps("logs:groups", 10.0, &["logs:DescribeLogGroups"]),
    tps("logs:streams", 25.0, &["logs:DescribeLogStreams"]),
    tps("logs:live-tail", 5.0, &["logs:StartLiveTail"]),
    tps("logs:queries", 10.0, &["logs:StartQuery", "logs:StopQuery"]),
    tps("logs:query-results", 10.0, &["logs:GetQueryResults"]),
    tps("ecr:login", 500.0, &["ecr:GetAuthorizationToken"]),
    tps("ecr:manifests", 2_000.0, &["ecr:BatchGetImage"]),
    tps("ecr:layers", 3_000.0, &["ecr:GetDownloadUrlForLayer"]),
    tps("ecr:push", 10.0, &["ecr:PutImage"]),
    tps("ecr:layer-checks", 1_000.0, &["ecr:BatchCheckLayerAvailability"]),
    tps("ecr:layer-starts", 100.0, &["ecr:InitiateLayerUpload"]),
    tps("ecr:layer-ends", 100.0, &["ecr:CompleteLayerUpload"]),
    tps("ecr:layer-parts", 500.0, &["ecr:UploadLayerPart"]),
    bucket("ecr", 20.0, 200.0, &["ecr:"]),
    tps("lambda:functions", 100.0, &["lambda:GetFunction"]),
    // Ten per second for each of the 1,000 concurrent executions.
    tps("lambda:invoke", 10_000.0, &["lambda:Invoke"]),
    tps("lambda", 15.0, &["lambda:"]),
    tps("scheduler", 50.0, &["scheduler:"]),
    tps(
        "ssm:parameters",
        40.0,
        &["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:GetParameterHistory"],
    ),
    tps("ssm:parameter-changes", 3.0, &["ssm:PutParameter", "ssm:DeleteParameter"]),
    bucket("ssm:parameter-list", 10.0, 40.0, &["ssm:DescribeParameters"]),
    tps("ssm", 5.0, &["ssm:"]),
    tps("secretsmanager", 10_000.0, &["secretsmanager:"]),
    tps("sts", 600.0, &["sts:"]),
    // "Quotas": five per second per account, in any region; ten for `DescribeCertificate`.
    tps("route53", 5.0, &["route53:"]),
    tps("acm", 10.0, &["acm:"]),
    // Undocumented for CloudFront: assumed as low as for Route 53.
    tps("cloudfront", 5.0, &["cloudfront:"]),
    // "Quotas in Amazon Cognito": the categories UserPoolRead and UserList.
    tps(
        "cognito-idp:pools",
        15.0,
        &["cognito-idp:ListUserPools", "cognito-idp:DescribeUserPool", "cognito-idp:GetUserPoolMfaConfig"],
    ),
    tps("cognito-idp:users", 30.0, &["cognito-idp:ListUsers"]),
    // "Request throttling for the Amazon EC2 API": unfiltered describe actions, and resource tokens.
    bucket(
        "ec2:changes",
        5.0,
        1_000.0,
        &[
            "ec2:StartInstances",
            "ec2:StopInstances",
            "ec2:RebootInstances",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:RevokeSecurityGroupIngress",
        ],
    ),
    bucket("ec2", 20.0, 100.0, &["ec2:"]),
];

/// A regional quota that differs from that of most regions, in transactions per second.
fn in_region(name: &str, region: &str) -> Option<f64> {
    let few = ["ap-northeast-3", "ap-southeast-3", "ca-west-1", "eu-central-1", "il-central-1"];
    match (name, region) {
        ("logs:filter", "us-east-1") => Some(25.0),
        ("logs:filter", _) if few.contains(&region) => Some(5.0),
        ("logs:get", "eu-west-3") => Some(30.0),
        ("logs:get", "us-west-2" | "eu-west-1") => Some(10.0),
        ("logs:get", _) if few.contains(&region) => Some(10.0),
        _ => None,
    }
}

/// The documented limit of an operation, such as `ecs:ListServices`, in a region; none if it has no limit.
pub fn rate(operation: &str, region: &str) -> Option<Rate> {
    let rate = *index(operation).and_then(|at| RATES.get(at))?;
    Some(in_region(rate.name, region).map_or(rate, |tps| Rate { per_second: tps, burst: tps, ..rate }))
}

/// The index in [`RATES`] of the entry for an operation.
pub(crate) fn index(operation: &str) -> Option<usize> {
    let exact = RATES.iter().position(|rate| rate.operations.contains(&operation));
    exact.or_else(|| {
        let others = |o: &&str| o.ends_with(':') && operation.starts_with(*o);
        RATES.iter().position(|rate| rate.operations.iter().any(others))
    })
}

/// The number of tokens, and when it was last updated on either clock.
#[derive(Debug)]
struct Bucket {
    tokens: f64,
    real: Instant,
    simulated: Ms,
}

/// The buckets of every region.
#[derive(Debug)]
pub(crate) struct Limits {
    on: bool,
    /// Limits (per second, burst) set instead of the documented ones, for every region.
    set: HashMap<usize, (f64, f64)>,
    buckets: HashMap<(String, usize), Bucket>,
}

impl Limits {
    pub(crate) fn new(on: bool) -> Limits {
        Limits { on, set: HashMap::new(), buckets: HashMap::new() }
    }

    /// Takes a token for a request; returns whether there was one.
    pub(crate) fn take(&mut self, operation: &str, region: &str, real: Instant, simulated: Ms) -> bool {
        let Some(at) = index(operation).filter(|_| self.on) else { return true };
        let documented = rate(operation, region).map(|rate| (rate.per_second, rate.burst));
        let Some((per_second, burst)) = self.set.get(&at).copied().or(documented) else { return true };
        let full = || Bucket { tokens: burst, real, simulated };
        let bucket = self.buckets.entry((region.to_owned(), at)).or_insert_with(full);
        let passed = real.saturating_duration_since(bucket.real).as_secs_f64();
        let passed = passed.max((simulated - bucket.simulated) as f64 / 1_000.0);
        bucket.tokens = (bucket.tokens + passed * per_second).min(burst);
        (bucket.real, bucket.simulated) = (real, simulated);
        let granted = bucket.tokens >= 1.0;
        if granted {
            bucket.tokens -= 1.0;
        }
        granted
    }

    /// `{"on": false}` disables all limits, `{"on": true}` enables them again. `{"rate": "logs:filter", "per_second":
    /// 5, "burst": 5}` sets other values, as for other regions or raised quotas, and refills the bucket.
    pub(crate) fn control(&mut self, request: &Value) -> Result<(), String> {
        if let Some(on) = request["on"].as_bool() {
            self.on = on;
            self.buckets.clear();
            return Ok(());
        }
        let name = request["rate"].as_str().ok_or("`on` or `rate` is missing")?;
        let at = RATES.iter().position(|rate| rate.name == name).ok_or_else(|| {
            let known: Vec<&str> = RATES.iter().map(|rate| rate.name).collect();
            format!("rate {name:?} is none of {}", known.join(", "))
        })?;
        let figure = |key: &str| request[key].as_f64().filter(|n| *n > 0.0);
        let per_second = figure("per_second").ok_or("per_second is missing or not positive")?;
        self.set.insert(at, (per_second, figure("burst").unwrap_or(per_second).max(1.0)));
        self.buckets.retain(|(_, of), _| *of != at);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::time::Duration;

    fn granted(limits: &mut Limits, operation: &str, region: &str, real: Instant, simulated: Ms) -> usize {
        (0..1_000).take_while(|_| limits.take(operation, region, real, simulated)).count()
    }

    #[test]
    fn grouped_operations_share_a_bucket_per_region() {
        let (mut limits, start) = (Limits::new(true), Instant::now());
        assert_eq!(granted(&mut limits, "ecs:ListServices", "eu-west-1", start, 0), 100);
        assert_eq!(granted(&mut limits, "ecs:DescribeServices", "eu-west-1", start, 0), 0, "they share a bucket");
        assert_eq!(granted(&mut limits, "ecs:ListServices", "us-east-1", start, 0), 100);
        let later = start + Duration::from_millis(500);
        assert_eq!(granted(&mut limits, "ecs:ListServices", "eu-west-1", later, 0), 10);
    }

    #[test]
    fn faster_clock_refills_the_bucket() {
        let (mut limits, start) = (Limits::new(true), Instant::now());
        let mut take = |real: u64, simulated| {
            granted(&mut limits, "logs:FilterLogEvents", "r", start + Duration::from_millis(real), simulated)
        };
        assert_eq!(take(0, 0), 10);
        assert_eq!(take(200, 0), 2, "the simulated clock stands");
        assert_eq!(take(300, 500), 5, "it runs faster");
        assert_eq!(take(800, 600), 5, "it runs slower");
        assert_eq!(take(800, 1_000_000), 10, "never more than a burst");
    }

    #[test]
    fn throttled_request_takes_no_token() {
        let (mut limits, start) = (Limits::new(true), Instant::now());
        assert_eq!(granted(&mut limits, "logs:FilterLogEvents", "r", start, 0), 10);
        for _ in 0..100 {
            assert!(!limits.take("logs:FilterLogEvents", "r", start, 0));
        }
        assert!(limits.take("logs:FilterLogEvents", "r", start + Duration::from_millis(101), 0));
    }

    #[test]
    fn quotas_differ_by_region_and_can_be_changed() {
        let filter = |region| rate("logs:FilterLogEvents", region).map(|r| r.burst);
        assert_eq!((filter("us-east-1"), filter("eu-central-1")), (Some(25.0), Some(5.0)));
        assert_eq!((filter("ap-northeast-1"), rate("s3:GetObject", "us-east-1")), (Some(10.0), None));
        let (mut limits, start) = (Limits::new(true), Instant::now());
        limits.control(&json!({"rate": "logs:filter", "per_second": 3})).unwrap();
        assert_eq!(granted(&mut limits, "logs:FilterLogEvents", "us-east-1", start, 0), 3);
        limits.control(&json!({"on": false})).unwrap();
        assert_eq!(granted(&mut limits, "logs:FilterLogEvents", "us-east-1", start, 0), 1_000);
        assert!(limits.control(&json!({"rate": "x", "per_second": 1})).unwrap_err().contains("logs:filter"));
        assert!(limits.control(&json!({"rate": "rds"})).is_err() && limits.control(&json!({})).is_err());
    }

    #[test]
    fn specific_entry_takes_precedence_over_the_service_entry() {
        let named = |operation| rate(operation, "r").map(|r| r.name);
        assert_eq!(
            (named("lambda:GetFunction"), named("lambda:ListFunctions")),
            (Some("lambda:functions"), Some("lambda"))
        );
        assert_eq!((named("ecr:PutImage"), named("ecr:DescribeImages")), (Some("ecr:push"), Some("ecr")));
        assert_eq!(named("rds:DescribeEvents"), Some("rds"));
    }
}
