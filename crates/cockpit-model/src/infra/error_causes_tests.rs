//! Provider errors, verbatim except for names and numbers, and their explanations.

use super::*;

fn diagnostic_of(detail: &str) -> Diagnostic {
    Diagnostic {
        error: true,
        summary: detail.lines().next().unwrap().to_owned(),
        detail: detail.into(),
        address: None,
        file: None,
        line: None,
        code: None,
    }
}

/// The text, the extracted code, and a part of the explanation.
const TEXTS: &[(&str, &str, &str)] = &[
    (
        "creating EC2 VPC: operation error EC2: CreateVpc, https response error StatusCode: 400, RequestID: 8f0e3c, api error \
         VpcLimitExceeded: The maximum number of VPCs has been reached.",
        "VpcLimitExceeded",
        "its limit for this kind of resource",
    ),
    (
        "creating IAM Policy (team): operation error IAM: CreatePolicy, https response error StatusCode: 409, RequestID: 8f0e3c, \
         LimitExceeded: Cannot exceed quota for PoliciesPerAccount: 1500.",
        "LimitExceeded",
        "a limit of the account or of the service",
    ),
    (
        "creating S3 Bucket (logs): operation error S3: CreateBucket, https response error StatusCode: 409, RequestID: 8F0E3C, \
         HostID: UptFVr3xyZhTfFl5Q1vHPn8eCDPE716zwPYZ5XG2DkRkf5YLrlrYc6=, BucketAlreadyExists: ",
        "BucketAlreadyExists",
        "another account has a bucket of this name",
    ),
    (
        "creating IAM Role (AWSAFTService): operation error IAM: CreateRole, https response error StatusCode: 409, RequestID: \
         b3b78412-dc8b-4bf2-b549-05389e48a643, EntityAlreadyExists: Role with name AWSAFTService already exists.",
        "EntityAlreadyExists",
        "it exists already",
    ),
    (
        "creating SSM Parameter (/team/url): operation error SSM: PutParameter, https response error StatusCode: 400, RequestID: \
         8f0e3c, ParameterAlreadyExists: The parameter already exists. To overwrite this value, set the overwrite option in the \
         request to true.",
        "ParameterAlreadyExists",
        "it exists already",
    ),
    (
        "deleting Security Group (sg-0e013a8ae0299f8a4): DependencyViolation: resource sg-0e013a8ae0299f8a4 has a dependent object\n\
         \tstatus code: 400, request id: 719afa5c-eb05-4032-9780-70656e0f4f73",
        "DependencyViolation",
        "something still uses it",
    ),
    (
        "ECR Repository (web) not empty, consider using force_delete: operation error ECR: DeleteRepository, https response error \
         StatusCode: 400, RequestID: 8f0e3c, RepositoryNotEmptyException: The repository with name 'web' in registry with id '1' \
         cannot be deleted because it still contains images",
        "RepositoryNotEmptyException",
        "it still holds data",
    ),
    (
        "creating AWS EventBridge Scheduler Schedule (stop): operation error Scheduler: CreateSchedule, https response error \
         StatusCode: 403, RequestID: bae15e8c, api error AccessDeniedException: User: arn:aws:sts::1:assumed-role/ci/session is not \
         authorized to perform: scheduler:CreateSchedule on resource: arn:aws:scheduler:eu-west-2:1:schedule/default/stop because no \
         identity-based policy allows the scheduler:CreateSchedule action",
        "AccessDeniedException",
        "these credentials may not do it: scheduler:CreateSchedule",
    ),
    (
        "creating S3 Bucket (logs): operation error S3: CreateBucket, https response error StatusCode: 403, RequestID: 8F0E3C, \
         HostID: UptFVr3xyZhTfFl5Q1vHPn8eCDPE716zwPYZ5XG2DkRkf5YLrlrYc6=, api error AccessDenied: Access Denied",
        "AccessDenied",
        "these credentials may not do it: S3 CreateBucket",
    ),
    (
        "reading IAM Role (web): operation error IAM: GetRole, https response error StatusCode: 403, RequestID: 8f0e3c, api error \
         ExpiredToken: The security token included in the request is expired",
        "ExpiredToken",
        "the credentials have expired",
    ),
    (
        "failed to refresh cached credentials, refresh cached SSO token failed, unable to refresh SSO token, operation error SSO \
         OIDC: CreateToken, https response error StatusCode: 400, RequestID: 8f0e3c, InvalidGrantException: ",
        "InvalidGrantException",
        "the credentials have expired",
    ),
    (
        "validating provider credentials: retrieving caller identity from STS: operation error STS: GetCallerIdentity, https \
         response error StatusCode: 403, RequestID: 8f0e3c, api error InvalidClientTokenId: The security token included in the \
         request is invalid.",
        "InvalidClientTokenId",
        "AWS does not know these credentials",
    ),
    (
        "reading SSM Parameter (/team/url): operation error SSM: DescribeParameters, exceeded maximum number of attempts, 25, https \
         response error StatusCode: 400, RequestID: 8f0e3c, api error ThrottlingException: Rate exceeded",
        "ThrottlingException",
        "AWS was asked too often",
    ),
    (
        "creating CloudFront Distribution: operation error CloudFront: CreateDistributionWithTags, https response error StatusCode: \
         400, RequestID: 8f0e3c, InvalidViewerCertificate: The specified SSL certificate doesn't exist, isn't in us-east-1 region, \
         isn't valid, or doesn't include a valid certificate chain.",
        "InvalidViewerCertificate",
        "the certificate is not there, not yet validated",
    ),
    (
        "waiting for ACM Certificate (arn:aws:acm:eu-west-1:1:certificate/2) to be issued: timeout while waiting for state to become \
         'ISSUED' (last state: 'PENDING_VALIDATION', timeout: 1h15m0s)",
        "PENDING_VALIDATION",
        "the certificate is not there, not yet validated",
    ),
    (
        "waiting for ECS Service (arn:aws:ecs:eu-west-1:1:service/team/web) create: timeout while waiting for state to become \
         'tasksStable' (last state: 'PENDING', timeout: 20m0s)",
        "PENDING",
        "not ready in the time that the provider waits: at AWS it was PENDING",
    ),
    (
        "creating Lambda Function (stop): operation error Lambda: CreateFunction, https response error StatusCode: 400, RequestID: \
         8f0e3c, InvalidParameterValueException: The role defined for the function cannot be assumed by Lambda.",
        "InvalidParameterValueException",
        "the service cannot assume the role",
    ),
    (
        "creating Amazon EventBridge Scheduler Schedule (stop): operation error Scheduler: CreateSchedule, https response error \
         StatusCode: 400, RequestID: 8f0e3c, ValidationException: The execution role you provide must allow AWS EventBridge Scheduler \
         to assume the role.",
        "ValidationException",
        "the service cannot assume the role",
    ),
    (
        "creating Kinesis Firehose Delivery Stream (waf): operation error Firehose: CreateDeliveryStream, https response error \
         StatusCode: 400, RequestID: 8f0e3c, InvalidArgumentException: Firehose is unable to assume role arn:aws:iam::1:role/waf. \
         Please check the role provided.",
        "InvalidArgumentException",
        "the service cannot assume the role",
    ),
    (
        "creating ECS Service (webserver): operation error ECS: CreateService, https response error StatusCode: 400, RequestID: \
         8f0e3c, InvalidParameterException: Unable to assume role and validate the specified targetGroupArn. Please verify that the \
         ECS service role being passed has the proper permissions.",
        "InvalidParameterException",
        "the service cannot assume the role",
    ),
    (
        "creating IAM Role (web): operation error IAM: CreateRole, https response error StatusCode: 400, RequestID: 8f0e3c, \
         MalformedPolicyDocument: Invalid principal in policy: \"AWS\":\"arn:aws:iam::1:role/gone\"",
        "MalformedPolicyDocument",
        "the policy is not valid",
    ),
    (
        "creating EC2 Instance: operation error EC2: RunInstances, https response error StatusCode: 500, RequestID: 8f0e3c, api error \
         InsufficientInstanceCapacity: We currently do not have sufficient m6i.xlarge capacity in the Availability Zone you requested \
         (us-east-2a). Our system will be working on provisioning additional capacity.",
        "InsufficientInstanceCapacity",
        "AWS has none of this size left",
    ),
    (
        "creating EC2 Instance: operation error EC2: RunInstances, https response error StatusCode: 400, RequestID: 8f0e3c, api error \
         InvalidSubnetID.NotFound: The subnet ID 'subnet-0a1b2c' does not exist",
        "InvalidSubnetID.NotFound",
        "the subnet is full, or not there",
    ),
    (
        "rebooting RDS Cluster Instance (team-1): operation error RDS: RebootDBInstance, https response error StatusCode: 400, \
         RequestID: 8f0e3c, InvalidDBInstanceState: Instance cannot currently reboot due to an in-progress management operation.",
        "InvalidDBInstanceState",
        "the database is not in a state in which it can be changed",
    ),
    (
        "creating ECS Service (web): operation error ECS: CreateService, https response error StatusCode: 400, RequestID: 8f0e3c, \
         InvalidParameterException: The target group with targetGroupArn \
         arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/web/2 does not have an associated load balancer.",
        "InvalidParameterException",
        "AWS does not accept a value",
    ),
    (
        "creating EC2 Instance: operation error EC2: RunInstances, https response error StatusCode: 401, RequestID: 8f0e3c, api error \
         OptInRequired: You are not subscribed to this service. Please go to http://aws.amazon.com to subscribe.",
        "OptInRequired",
        "not signed up for this service",
    ),
    (
        "Failed to save state: failed to upload state: operation error S3: PutObject, https response error StatusCode: 412, RequestID: \
         8F0E3C, HostID: UptF=, api error PreconditionFailed: At least one of the pre-conditions you specified did not hold",
        "PreconditionFailed",
        "somebody else holds the lock",
    ),
    (
        "updating ECS Service (web): operation error ECS: UpdateService, https response error StatusCode: 400, RequestID: 8f0e3c, \
         ClusterNotFoundException: Cluster not found.",
        "ClusterNotFoundException",
        "something that it names is not there",
    ),
    (
        "reading EC2 VPC (vpc-1): operation error EC2: DescribeVpcs, exceeded maximum number of attempts, 25, https response error \
         StatusCode: 500, RequestID: 8f0e3c, api error InternalError: An internal error has occurred",
        "InternalError",
        "AWS failed on its side",
    ),
];

#[test]
fn common_aws_errors_are_explained_with_a_hint() {
    for (text, code, means) in TEXTS {
        let explanation = explain(&diagnostic_of(text)).unwrap_or_else(|| panic!("not explained: {text}"));
        assert_eq!(explanation.code, *code, "{text}");
        assert!(explanation.meaning.contains(means) && !explanation.hint.is_empty(), "{explanation:?} for {text}");
    }
    // Unknown errors are not explained.
    assert_eq!(explain(&diagnostic_of("Error running command 'x': exit status 1")), None);
    assert_eq!(explain(&diagnostic_of("operation error EC2: New, RequestID: 1, api error SomethingNew: hm")), None);
    assert_eq!(
        explain(&diagnostic_of("operation error Firehose: New, RequestID: 1, SomethingNew: hm: unable to assume role")),
        None
    );
}

#[test]
fn every_row_has_distinct_codes_and_a_real_example() {
    let mut all: Vec<&str> = CAUSES.iter().flat_map(|(codes, ..)| codes.iter().copied()).collect();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count);
    assert!(CAUSES.len() >= 20);
    let meanings: Vec<String> =
        TEXTS.iter().filter_map(|(text, ..)| Some(explain(&diagnostic_of(text))?.meaning)).collect();
    for (_, means, _) in CAUSES {
        assert!(meanings.iter().any(|meaning| meaning.starts_with(means)), "no example for: {means}");
    }
}

#[test]
fn held_lock_is_explained_with_its_owner_for_every_backend() {
    let info = "Lock Info:\n  ID:        00a582d1-77be-ff4d-e407-e1c2c01aa5e6\n  Path:      terraform.tfstate\n  Operation: \
                OperationTypeApply\n  Who:       ann@desk\n  Version:   1.11.4\n  Created:   2026-11-30 02:50:21.964523833 +0000 UTC\n  \
                Info:      \n\n\nTerraform acquires a state lock to protect the state from being written\nby multiple users at the same time.";
    for first in [
        "Error message: resource temporarily unavailable",
        "Error message: operation error S3: PutObject, https response error StatusCode: 412, RequestID: , HostID: , api error \
         PreconditionFailed: At least one of the pre-conditions you specified did not hold",
        "Error message: operation error DynamoDB: PutItem, https response error StatusCode: 400, RequestID: 8F0E3C, \
         ConditionalCheckFailedException: The conditional request failed",
    ] {
        let held = Diagnostic {
            summary: "Error acquiring the state lock".into(),
            ..diagnostic_of(&format!("{first}\n{info}"))
        };
        let explanation = explain(&held).unwrap();
        assert_eq!(explanation.meaning, "the state is locked by ann@desk for apply since 2026-11-30 02:50:21 UTC");
        assert!(explanation.hint.contains("cockpit infra unlock"), "{explanation:?}");
    }
}

#[test]
fn missing_credentials_are_explained() {
    let none = Diagnostic {
        summary: "No valid credential sources found".into(),
        ..diagnostic_of(
            "Please see https://registry.terraform.io/providers/hashicorp/aws\nfor more information about providing credentials.",
        )
    };
    assert!(explain(&none).unwrap().meaning.starts_with("there are no credentials"));
}

#[test]
fn missing_variable_value_has_a_hint() {
    let missing = Diagnostic {
        summary: "No value for required variable".into(),
        ..diagnostic_of(
            "The root module input variable \"size\" is not set, and has no default value. Use a -var or -var-file command line\nargument \
             to provide a value for this variable.",
        )
    };
    let explanation = explain(&missing).unwrap();
    for part in ["var_files", "*.auto.tfvars", "inputs"] {
        assert!(explanation.hint.contains(part), "{explanation:?}");
    }
}

#[test]
fn partial_backend_and_cloud_workspace_have_a_hint() {
    let of = |summary: &str, detail: &str| {
        let diagnostic = Diagnostic { summary: summary.into(), ..diagnostic_of(detail) };
        explain(&diagnostic).unwrap()
    };
    let part = of(
        "Missing Required Value",
        "The attribute \"bucket\" is required by the backend.\n\nRefer to the backend documentation.",
    );
    assert!(part.meaning.contains("-backend-config") && part.hint.contains("backend_override.tf"), "{part:?}");
    let cloud = of(
        "Invalid workspaces configuration",
        "Specified workspace \"name\" conflicts with TF_WORKSPACE environment variable.",
    );
    assert!(cloud.meaning.contains("`cloud` block"), "{cloud:?}");
}
