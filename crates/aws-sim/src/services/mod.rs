//! The operations: one file per service, each mapping operation names to functions from an input tree and the world
//! to an answer tree. Bytes, headers and faults are handled elsewhere.

mod acm;
mod autoscaling;
mod cloudfront;
mod cloudtrail;
mod cloudwatch;
mod cognito;
mod costs;
mod ec2;
mod ecr;
pub(crate) mod ecs;
mod elbv2;
mod iam;
mod lambda;
pub(crate) mod logs;
mod parameters;
mod rds;
pub(crate) mod rest;
mod route53;
mod scheduler;
mod secrets;
mod sso;
mod sts;
mod token;
mod wafv2;

use crate::wire::{Node, query};
use crate::world::World;
use crate::world::logs::Stream;
use std::borrow::Cow;

/// The simulated services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Sts,
    Ecs,
    Ecr,
    Lambda,
    Scheduler,
    AutoScaling,
    Rds,
    Elb,
    CloudWatch,
    Logs,
    Ssm,
    Secrets,
    Ec2,
    Acm,
    Route53,
    Trail,
    Costs,
    /// IAM Identity Center, including its sign-in.
    Sso,
    Cdn,
    Pools,
    Budgets,
    /// WAF.
    Firewall,
    Iam,
    Unknown,
}

impl Service {
    /// The IAM prefix, which is also used in operation names of faults and counters.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Service::Sts => "sts",
            Service::Ecs => "ecs",
            Service::Ecr => "ecr",
            Service::Lambda => "lambda",
            Service::Scheduler => "scheduler",
            Service::AutoScaling => "application-autoscaling",
            Service::Rds => "rds",
            Service::Elb => "elasticloadbalancing",
            Service::CloudWatch => "cloudwatch",
            Service::Logs => "logs",
            Service::Ssm => "ssm",
            Service::Ec2 => "ec2",
            Service::Acm => "acm",
            Service::Route53 => "route53",
            Service::Secrets => "secretsmanager",
            Service::Trail => "cloudtrail",
            Service::Costs => "ce",
            Service::Sso => "sso",
            Service::Cdn => "cloudfront",
            Service::Pools => "cognito-idp",
            Service::Budgets => "budgets",
            Service::Firewall => "wafv2",
            Service::Iam => "iam",
            Service::Unknown => "unknown",
        }
    }

    /// The service for a prefix of `X-Amz-Target`.
    pub(crate) fn from_target(prefix: &str) -> Service {
        match prefix {
            "AmazonEC2ContainerServiceV20141113" => Service::Ecs,
            "AmazonEC2ContainerRegistry_V20150921" => Service::Ecr,
            "AnyScaleFrontendService" => Service::AutoScaling,
            "GraniteServiceVersion20100801" => Service::CloudWatch,
            "Logs_20140328" => Service::Logs,
            "AmazonSSM" => Service::Ssm,
            "secretsmanager" => Service::Secrets,
            "CertificateManager" => Service::Acm,
            "AWSInsightsIndexService" => Service::Costs,
            "AWSCognitoIdentityProviderService" => Service::Pools,
            "AWSBudgetServiceGateway" => Service::Budgets,
            "AWSWAF_20190729" => Service::Firewall,
            "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101" => Service::Trail,
            _ => Service::Unknown,
        }
    }

    /// The service for the `Version` of a query request.
    pub(crate) fn from_version(version: &str) -> Option<Service> {
        match version {
            "2011-06-15" => Some(Service::Sts),
            "2010-05-08" => Some(Service::Iam),
            "2014-10-31" => Some(Service::Rds),
            "2015-12-01" => Some(Service::Elb),
            "2010-08-01" => Some(Service::CloudWatch),
            "2016-11-15" => Some(Service::Ec2),
            _ => None,
        }
    }

    /// The service for the name in a credential scope.
    pub(crate) fn from_signing_name(name: &str) -> Service {
        match name {
            "sts" => Service::Sts,
            "iam" => Service::Iam,
            "rds" => Service::Rds,
            "elasticloadbalancing" => Service::Elb,
            "monitoring" => Service::CloudWatch,
            "logs" => Service::Logs,
            "ec2" => Service::Ec2,
            _ => Service::Unknown,
        }
    }

    /// The XML namespace of the answers, from the service models.
    pub(crate) fn namespace(self) -> &'static str {
        match self {
            Service::Rds => "http://rds.amazonaws.com/doc/2014-10-31/",
            Service::Elb => "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
            Service::CloudWatch => "http://monitoring.amazonaws.com/doc/2010-08-01/",
            Service::Ec2 => query::EC2,
            Service::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
            Service::Route53 => "https://route53.amazonaws.com/doc/2013-04-01/",
            Service::Cdn => "http://cloudfront.amazonaws.com/doc/2020-05-31/",
            _ => "https://sts.amazonaws.com/doc/2011-06-15/",
        }
    }
}

/// One call: the current world, the region of the signature, the simulator's address, the input.
pub(crate) struct Call<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) region: &'a str,
    /// The simulator's own address: `http://127.0.0.1:PORT`.
    pub(crate) endpoint: &'a str,
    /// The access key of the signature.
    pub(crate) key: &'a str,
    pub(crate) input: &'a Node,
    /// Whether a fault denies an action.
    pub(crate) denies: &'a dyn Fn(&str) -> bool,
}

/// Runs an operation.
pub(crate) fn call(service: Service, operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match service {
        Service::Sts => sts::call(operation, call),
        Service::Ecs => ecs::call(operation, call),
        Service::Ecr => ecr::call(operation, call),
        Service::Lambda => lambda::call(operation, call),
        Service::Scheduler => scheduler::call(operation, call),
        Service::AutoScaling => autoscaling::call(operation, call),
        Service::Rds => rds::call(operation, call),
        Service::Elb => elbv2::call(operation, call),
        Service::CloudWatch => cloudwatch::call(operation, call),
        Service::Logs => logs::call(operation, call),
        Service::Ec2 => ec2::call(operation, call),
        Service::Acm => acm::call(operation, call),
        Service::Route53 => route53::call(operation, call),
        Service::Trail => cloudtrail::call(operation, call),
        Service::Costs | Service::Budgets => costs::call(operation, call),
        Service::Sso => sso::call(operation, call),
        Service::Cdn => cloudfront::call(operation, call),
        Service::Pools => cognito::call(operation, call),
        Service::Ssm if operation == "DescribeInstanceInformation" => Ok(ec2::information(call)),
        Service::Ssm => parameters::call(operation, call),
        Service::Secrets => secrets::call(operation, call),
        Service::Firewall => wafv2::call(operation, call),
        Service::Iam => iam::call(operation, call),
        Service::Unknown => Err(ApiError::unknown_operation(operation)),
    }
}

/// The ids of all events of some streams within a time range that are visible now.
pub(crate) fn visible_events(world: &World, streams: &[Stream], from: i64, to: i64) -> Vec<String> {
    logs::visible(world, streams, from, to)
}

/// The names of an operation's paging members.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paging {
    /// The list in the answer.
    pub(crate) list: &'static str,
    /// The token in the answer.
    pub(crate) answer: &'static str,
    /// The token in the request.
    pub(crate) request: &'static str,
}

/// The paging members of an operation, if it has pages.
pub(crate) fn paging(operation: &str) -> Option<Paging> {
    let (list, answer, request) = match operation {
        "ListClusters" => ("clusterArns", "nextToken", "nextToken"),
        "ListServices" => ("serviceArns", "nextToken", "nextToken"),
        "ListTasks" => ("taskArns", "nextToken", "nextToken"),
        "ListTaskDefinitions" => ("taskDefinitionArns", "nextToken", "nextToken"),
        "ListServiceDeployments" => ("serviceDeployments", "nextToken", "nextToken"),
        "DescribeRepositories" => ("repositories", "nextToken", "nextToken"),
        "DescribeImages" => ("imageDetails", "nextToken", "nextToken"),
        "ListImages" => ("imageIds", "nextToken", "nextToken"),
        "ListSchedules" => ("Schedules", "NextToken", "NextToken"),
        "DescribeScalableTargets" => ("ScalableTargets", "NextToken", "NextToken"),
        "DescribeScalingPolicies" => ("ScalingPolicies", "NextToken", "NextToken"),
        "DescribeScheduledActions" => ("ScheduledActions", "NextToken", "NextToken"),
        "DescribeScalingActivities" => ("ScalingActivities", "NextToken", "NextToken"),
        "DescribeDBClusters" => ("DBClusters", "Marker", "Marker"),
        "DescribeDBInstances" => ("DBInstances", "Marker", "Marker"),
        "DescribeEvents" => ("Events", "Marker", "Marker"),
        "DescribeLoadBalancers" => ("LoadBalancers", "NextMarker", "Marker"),
        "DescribeTargetGroups" => ("TargetGroups", "NextMarker", "Marker"),
        "DescribeAlarms" => ("MetricAlarms", "NextToken", "NextToken"),
        "DescribeAlarmHistory" => ("AlarmHistoryItems", "NextToken", "NextToken"),
        "ListAlarmMuteRules" => ("AlarmMuteRuleSummaries", "NextToken", "NextToken"),
        "LookupEvents" => ("Events", "NextToken", "NextToken"),
        "GetMetricData" => ("MetricDataResults", "NextToken", "NextToken"),
        "ListMetrics" => ("Metrics", "NextToken", "NextToken"),
        "DescribeLogGroups" => ("logGroups", "nextToken", "nextToken"),
        "DescribeLogStreams" => ("logStreams", "nextToken", "nextToken"),
        "FilterLogEvents" => ("events", "nextToken", "nextToken"),
        "DescribeParameters" | "GetParametersByPath" | "GetParameterHistory" => {
            ("Parameters", "NextToken", "NextToken")
        }
        "DescribeInstanceInformation" => ("InstanceInformationList", "NextToken", "NextToken"),
        "DescribeBudgets" => ("Budgets", "NextToken", "NextToken"),
        "ListSecrets" => ("SecretList", "NextToken", "NextToken"),
        "ListWebACLs" => ("WebACLs", "NextMarker", "NextMarker"),
        _ => return None,
    };
    Some(Paging { list, answer, request })
}

/// An error in the wording of AWS; the code is that of the JSON protocols.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
    pub(crate) status: u16,
}

impl ApiError {
    /// An error of the client, status 400.
    pub(crate) fn client(code: &'static str, message: impl Into<String>) -> ApiError {
        ApiError { code: Cow::Borrowed(code), message: message.into(), status: 400 }
    }

    /// A missing resource, status 404 as in the query services.
    pub(crate) fn not_found(code: &'static str, message: impl Into<String>) -> ApiError {
        ApiError { status: 404, ..ApiError::client(code, message) }
    }

    /// A throttled request. Code, status and spelling match each protocol's wire format.
    pub(crate) fn throttled(service: Service) -> ApiError {
        match service {
            Service::Lambda => {
                ApiError { status: 429, ..ApiError::client("TooManyRequestsException", "Rate exceeded") }
            }
            _ => ApiError::client("ThrottlingException", "Rate exceeded"),
        }
    }

    pub(crate) fn expired() -> ApiError {
        ApiError::client("ExpiredTokenException", "The security token included in the request is expired")
    }

    pub(crate) fn denied(action: &str) -> ApiError {
        ApiError::client(
            "AccessDeniedException",
            format!(
                "User: arn:aws:sts::{}:assumed-role/admin/operator is not authorized to perform: {action} because no identity-based policy allows the {action} action",
                crate::account::ACCOUNT
            ),
        )
    }

    pub(crate) fn missing_token() -> ApiError {
        ApiError::client("MissingAuthenticationTokenException", "Request is missing Authentication Token")
    }

    pub(crate) fn unknown_operation(operation: &str) -> ApiError {
        ApiError::client("UnknownOperationException", format!("The operation {operation} is not simulated."))
    }

    pub(crate) fn serialization(detail: &str) -> ApiError {
        ApiError::client("SerializationException", detail)
    }

    pub(crate) fn internal(service: Service) -> ApiError {
        let code = match service {
            Service::Ecs | Service::Ecr => "ServerException",
            Service::AutoScaling => "InternalServiceException",
            Service::Lambda => "ServiceException",
            Service::Scheduler => "InternalServerException",
            Service::CloudWatch => "InternalServiceFault",
            Service::Logs => "ServiceUnavailableException",
            _ => "InternalFailure",
        };
        ApiError {
            code: Cow::Borrowed(code),
            message: "Service Unavailable. Please try again later.".to_owned(),
            status: 500,
        }
    }

    /// Whether the operation is not simulated.
    pub(crate) fn is_unknown_operation(&self) -> bool {
        self.code == "UnknownOperationException"
    }

    /// Whether the caller caused the error.
    pub(crate) fn sender(&self) -> bool {
        self.status < 500
    }

    /// The code in the spelling of the query protocol.
    pub(crate) fn query_code(&self) -> &str {
        match self.code.as_ref() {
            "ThrottlingException" => "Throttling",
            "ExpiredTokenException" => "ExpiredToken",
            "AccessDeniedException" => "AccessDenied",
            "MissingAuthenticationTokenException" => "MissingAuthenticationToken",
            "UnknownOperationException" => "InvalidAction",
            "SerializationException" => "MalformedInput",
            "ValidationException" => "ValidationError",
            code => code,
        }
    }

    /// The status in services with paths.
    pub(crate) fn rest_status(&self) -> u16 {
        match self.code.as_ref() {
            "ThrottlingException" => 429,
            "UnknownOperationException" => 404,
            _ => self.query_status(),
        }
    }

    /// The status in the query protocol.
    pub(crate) fn query_status(&self) -> u16 {
        match self.code.as_ref() {
            "ExpiredTokenException" | "AccessDeniedException" | "MissingAuthenticationTokenException" => 403,
            _ => self.status,
        }
    }
}
