//! Explanations of AWS errors, with hints. An error is identified by AWS's error code, which the provider prints as
//! `api error CODE: …` (or as `CODE: …` where the SDK has a type for it), not by the text around it.

use super::lock;
use super::message::Diagnostic;

/// The explanation of an error, with a hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// AWS's error code; empty if the error is not from AWS.
    pub code: String,
    pub meaning: String,
    /// The hint.
    pub hint: String,
}

/// A row: error codes, their meaning, the hint.
type Row = (&'static [&'static str], &'static str, &'static str);

/// Source: the error codes in the API references of the services, grouped by the required action.
const CAUSES: &[Row] = &[
    (
        &[
            "VpcLimitExceeded",
            "AddressLimitExceeded",
            "NatGatewayLimitExceeded",
            "SecurityGroupLimitExceeded",
            "VcpuLimitExceeded",
        ],
        "the account has reached its limit for this kind of resource in the region",
        "remove what is not used, or ask for more in Service Quotas",
    ),
    (
        &[
            "LimitExceededException",
            "LimitExceeded",
            "ServiceQuotaExceededException",
            "QuotaExceededException",
            "TooManyBuckets",
        ],
        "a limit of the account or of the service is reached",
        "look at the service in Service Quotas: remove what is not used, or ask for more",
    ),
    (
        &["BucketAlreadyExists"],
        "another account has a bucket of this name: names of buckets are shared by everybody",
        "choose another name",
    ),
    (
        &[
            "BucketAlreadyOwnedByYou",
            "EntityAlreadyExists",
            "ResourceAlreadyExistsException",
            "RepositoryAlreadyExistsException",
            "DBInstanceAlreadyExists",
            "DBClusterAlreadyExistsFault",
            "DBSubnetGroupAlreadyExists",
            "InvalidGroup.Duplicate",
            "DuplicateLoadBalancerName",
            "DuplicateTargetGroupName",
            "ParameterAlreadyExists",
            "AlreadyExistsException",
            "InvalidPermission.Duplicate",
            "ResourceExistsException",
        ],
        "it exists already, and is not in this state",
        "import it if it is meant to be this one, else choose another name or remove it",
    ),
    (
        &["DependencyViolation", "DeleteConflict", "ResourceInUse", "ResourceInUseException", "CannotDelete"],
        "something still uses it, often something that Terraform did not make",
        "find what uses it (network interfaces are the commonest) and remove that first, then retry",
    ),
    (
        &["BucketNotEmpty", "RepositoryNotEmptyException"],
        "it still holds data",
        "empty it if that is meant, old versions too, then retry",
    ),
    DENIED,
    (
        &["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired", "InvalidGrantException"],
        "the credentials have expired while it ran",
        "renew them (`aws sso login`), then retry: what is done stays done",
    ),
    (
        &[
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "SignatureDoesNotMatch",
            "AuthFailure",
            "InvalidAccessKeyId",
        ],
        "AWS does not know these credentials",
        "look at the profile, and at AWS_* variables of the shell",
    ),
    (
        &["Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown"],
        "AWS was asked too often",
        "retry; fewer units at a time (`--parallelism`) ask less",
    ),
    (
        &[
            "UnsupportedCertificate",
            "InvalidViewerCertificate",
            "CertificateNotFound",
            "InvalidCertificate",
            // ACM's status while validation is pending.
            "PENDING_VALIDATION",
        ],
        "the certificate is not there, not yet validated, or in another region",
        "wait until its DNS validation is through; CloudFront wants it in us-east-1",
    ),
    ROLE,
    (
        &["MalformedPolicyDocument", "MalformedPolicyDocumentException", "MalformedPolicy"],
        "the policy is not valid: a principal that does not exist, or JSON that is none",
        "correct the policy: a principal that was removed and made again has another id",
    ),
    (
        &[
            "InsufficientInstanceCapacity",
            "InsufficientDBInstanceCapacity",
            "InsufficientDBClusterCapacityFault",
            "InsufficientCacheClusterCapacity",
        ],
        "AWS has none of this size left in the zone",
        "choose another size or zone, or try later",
    ),
    (
        &["InsufficientFreeAddressesInSubnet", "InvalidSubnet", "SubnetNotFound", "InvalidSubnetID.NotFound"],
        "the subnet is full, or not there",
        "use a larger or another subnet",
    ),
    (
        &["InvalidDBInstanceState", "InvalidDBClusterStateFault", "InvalidDBInstanceStateFault"],
        "the database is not in a state in which it can be changed: it is being changed, backed up, or is stopped",
        "wait until it is available, or start it, then retry",
    ),
    VALUE,
    (
        &["OptInRequired", "SubscriptionRequiredException", "UnsupportedOperation", "InvalidEndpointException"],
        "the account is not signed up for this service or region",
        "enable it in the account's settings",
    ),
    (
        &["ConditionalCheckFailedException", "PreconditionFailed"],
        "somebody else holds the lock of the state, or has changed it meanwhile",
        "wait for the other run; if there is none, look at who holds the lock before releasing it",
    ),
    (
        &[
            "NoSuchBucket",
            "NoSuchEntity",
            "ResourceNotFoundException",
            "ClusterNotFoundException",
            "DBClusterNotFoundFault",
            "NotFoundException",
        ],
        "something that it names is not there: removed elsewhere, or in another region",
        "plan again; if it stays, check whether it was removed by hand",
    ),
    (
        &[
            "InternalFailure",
            "InternalError",
            "ServiceUnavailable",
            "ServiceUnavailableException",
            "InternalServerError",
        ],
        "AWS failed on its side",
        "retry; health.aws.amazon.com says whether it is more than a moment",
    ),
];

/// The row for denied actions; the name of the action is added to the meaning.
const DENIED: Row = (
    &[
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "AuthorizationError",
        "Client.UnauthorizedOperation",
    ],
    "these credentials may not do it",
    "allow the action to the role that applies, or use another profile",
);

/// The row for roles that cannot be assumed, such as one that was just created.
const ROLE: Row = (
    &["InvalidIAMRole", "InvalidRoleException", "InvalidRoleFault", "InvalidRole"],
    "the service cannot assume the role, or not yet: a new role takes some seconds to be known everywhere",
    "retry; if it stays, look at who the role trusts",
);

/// The row for invalid values. Most services have no error code for an unassumable role; only the text shows that.
const VALUE: Row = (
    &[
        "ClientException",
        "InvalidArgumentException",
        "InvalidInputException",
        "InvalidParameterCombination",
        "InvalidParameterException",
        "InvalidParameterValue",
        "InvalidParameterValueException",
        "InvalidRequestException",
        "ValidationError",
        "ValidationException",
    ],
    "AWS does not accept a value",
    "the error message names it: correct the code",
);
/// Phrases for a role that cannot be assumed.
const ROLE_WORDS: &[&str] =
    &["cannot be assumed by", "unable to assume", "is not authorized to assume", "to assume the role"];

/// Summaries of errors that have no code.
const SUMMARIES: &[(&str, &str, &str)] = &[
    (
        "No valid credential sources found",
        "there are no credentials of AWS, or their session cannot be renewed",
        "sign in (`cockpit login`, `aws sso login`), or look at the profile; then retry",
    ),
    (
        "No value for required variable",
        "a variable has no value; nobody is asked for one, and runs take no -var",
        "write it into a file of the unit's `var_files` or into *.auto.tfvars beside the code, with Terragrunt into `inputs`",
    ),
    (
        "Missing Required Value",
        "the code names a part of its backend alone, and runs take no -backend-config",
        "write the whole backend into the code, or into backend_override.tf beside it, which Git may ignore; then retry",
    ),
    (
        "Invalid workspaces configuration",
        "its state is in HCP Terraform (a `cloud` block with the name of a workspace), and runs here name the workspace themselves",
        "keep the state in a backend, as S3 or a file, or plan and apply it there",
    ),
];

/// The hint for a locked state.
const LOCKED: &str = "wait for that one, and retry; `cockpit infra unlock` (`L` in Infra) shows whether it still works, and releases a lock \
                      that was left behind";

/// Explains an error if it is a known AWS error, a state lock, or a Terraform error whose advice does not apply here.
pub fn explain(diagnostic: &Diagnostic) -> Option<Explanation> {
    if let Some(lock) = lock::parse(&diagnostic.detail) {
        return Some(explained("", format!("the state is locked {}", lock.sentence()), LOCKED));
    }
    if let Some((_, means, todo)) = SUMMARIES.iter().find(|(summary, ..)| *summary == diagnostic.summary) {
        return Some(explained("", (*means).to_owned(), todo));
    }
    let text = format!("{}\n{}", diagnostic.summary, diagnostic.detail);
    let Some(code) = code(&text) else { return timed_out(&text) };
    let lower = text.to_ascii_lowercase();
    let row = *CAUSES.iter().find(|(codes, ..)| codes.contains(&code))?;
    let (_, means, todo) =
        if row == VALUE && ROLE_WORDS.iter().any(|words| lower.contains(words)) { ROLE } else { row };
    let means = match action(&text).filter(|_| row == DENIED) {
        Some(action) => format!("{means}: {action}"),
        None => means.to_owned(),
    };
    Some(explained(code, means, todo))
}

fn explained(code: &str, means: String, todo: &str) -> Explanation {
    Explanation { code: code.to_owned(), meaning: means, hint: todo.to_owned() }
}

/// Explains a timeout of the provider. It has no error code, but contains the AWS status: `timeout while waiting for
/// state to become 'ISSUED' (last state: 'PENDING_VALIDATION', timeout: 1h15m0s)`.
fn timed_out(text: &str) -> Option<Explanation> {
    let rest = text.split("timeout while waiting for state to become ").nth(1)?;
    let state = rest.split("(last state: '").nth(1)?.split('\'').next().filter(|state| !state.is_empty())?;
    let row = CAUSES.iter().find(|(codes, ..)| codes.contains(&state));
    let (means, todo) = row.map_or_else(
        || {
            let means = format!("it was not ready in the time that the provider waits: at AWS it was {state}");
            (means, "look at it there (an ECS service: its events and stopped tasks), then retry")
        },
        |(_, means, todo)| ((*means).to_owned(), *todo),
    );
    Some(explained(state, means, todo))
}

/// Extracts the error code: `api error CODE:` of the newer SDK, or the part after the request id if the error has a
/// type of its own; `CODE: …` at the start of a line of the older SDK.
fn code(text: &str) -> Option<&str> {
    let is_code = |word: &str| {
        word.len() > 3
            && word.starts_with(|first: char| first.is_ascii_uppercase())
            && word.chars().all(|next| next.is_ascii_alphanumeric() || next == '.')
    };
    let code_end = |rest: &'_ str| rest.find([':', ' ', '\n']).unwrap_or(rest.len());
    let of_api = text.split("api error ").nth(1).map(|rest| &rest[..code_end(rest)]);
    let of_type = || {
        let mut after = text.split("RequestID: ").nth(1)?.split(", ").skip(1);
        let part = after.find(|part| !part.starts_with("HostID: "))?;
        part.contains(':').then(|| &part[..code_end(part)])
    };
    if let Some(code) = of_api.filter(|code| is_code(code)).or_else(|| of_type().filter(|code| is_code(code))) {
        return Some(code);
    }
    let known = |word: &&str| is_code(word) && CAUSES.iter().any(|(codes, ..)| codes.contains(word));
    text.split([' ', '\n', '(', ')']).filter_map(|word| word.strip_suffix(':')).find(known)
}

/// Extracts the denied action (`ec2:CreateVpc`), or the API call if the service names no action (`S3 CreateBucket`).
fn action(text: &str) -> Option<String> {
    let named = text.split("not authorized to perform: ").nth(1).and_then(|rest| rest.split([' ', '\n']).next());
    if let Some(action) = named.filter(|action| action.contains(':')) {
        return Some(action.to_owned());
    }
    let (service, rest) = text.split("operation error ").nth(1)?.split_once(": ")?;
    let call = rest.split([',', ' ', '\n']).next().filter(|call| !call.is_empty())?;
    Some(format!("{service} {call}"))
}

#[cfg(test)]
#[path = "error_causes_tests.rs"]
mod tests;
