//! Errors of AWS in plain words, and what to do about them. What decides is the code that AWS gives an error, which the
//! provider prints as `api error CODE: …`, or as `CODE: …` where the SDK has a type for it, and not the sentence around it.

use super::lock;
use super::message::Diagnostic;

/// The meaning of an error, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// AWS's code; empty where it is not AWS that refuses.
    pub code: String,
    pub means: String,
    /// The hint: what a person can do about it.
    pub todo: String,
}

/// A row: codes, what they mean, what to do.
type Row = (&'static [&'static str], &'static str, &'static str);

/// Source: the error codes in the API references of the services, by what they ask of a person.
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
            // What ACM calls it while it is waited for.
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

/// The row on an action that these credentials may not do; the action is told with it.
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

/// A role that was made just now.
const ROLE: Row = (
    &["InvalidIAMRole", "InvalidRoleException", "InvalidRoleFault", "InvalidRole"],
    "the service cannot assume the role, or not yet: a new role takes some seconds to be known everywhere",
    "retry; if it stays, look at who the role trusts",
);

/// The row on an invalid value. Most services have no code of its own for a role, and the sentence alone says it.
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
/// How services say that of a role.
const ROLE_WORDS: &[&str] =
    &["cannot be assumed by", "unable to assume", "is not authorized to assume", "to assume the role"];

/// Summaries that stand for themselves, as the provider has no code for them.
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

/// The hint on a state that somebody holds.
const LOCKED: &str = "wait for that one, and retry; `cockpit infra unlock` (`L` in Infra) shows whether it still works, and releases a lock \
                      that was left behind";

/// The explanation of an error, where it is a known one of AWS, the lock of a state, or one of Terraform that advises
/// something which does not exist here.
pub fn explain(said: &Diagnostic) -> Option<Explained> {
    if let Some(lock) = lock::parse(&said.detail) {
        return Some(explained("", format!("the state is locked {}", lock.sentence()), LOCKED));
    }
    if let Some((_, means, todo)) = SUMMARIES.iter().find(|(summary, ..)| *summary == said.summary) {
        return Some(explained("", (*means).to_owned(), todo));
    }
    let whole = format!("{}\n{}", said.summary, said.detail);
    let Some(code) = code(&whole) else { return in_vain(&whole) };
    let lower = whole.to_ascii_lowercase();
    let row = *CAUSES.iter().find(|(codes, ..)| codes.contains(&code))?;
    let (_, means, todo) =
        if row == VALUE && ROLE_WORDS.iter().any(|words| lower.contains(words)) { ROLE } else { row };
    let means = match action(&whole).filter(|_| row == DENIED) {
        Some(action) => format!("{means}: {action}"),
        None => means.to_owned(),
    };
    Some(explained(code, means, todo))
}

fn explained(code: &str, means: String, todo: &str) -> Explained {
    Explained { code: code.to_owned(), means, todo: todo.to_owned() }
}

/// The explanation of a wait of the provider that timed out. It has no code for that, but AWS's word for how far it is:
/// `timeout while waiting for state to become 'ISSUED' (last state: 'PENDING_VALIDATION', timeout: 1h15m0s)`.
fn in_vain(text: &str) -> Option<Explained> {
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

/// The code of an error: `api error CODE:` of the newer SDK, or what comes after its request where that has a type for it, and
/// `CODE: …` at the beginning of a line of the older one.
fn code(text: &str) -> Option<&str> {
    let is_code = |word: &str| {
        word.len() > 3
            && word.starts_with(|first: char| first.is_ascii_uppercase())
            && word.chars().all(|next| next.is_ascii_alphanumeric() || next == '.')
    };
    let first = |rest: &'_ str| rest.find([':', ' ', '\n']).unwrap_or(rest.len());
    let of_api = text.split("api error ").nth(1).map(|rest| &rest[..first(rest)]);
    let of_type = || {
        let mut after = text.split("RequestID: ").nth(1)?.split(", ").skip(1);
        let part = after.find(|part| !part.starts_with("HostID: "))?;
        part.contains(':').then(|| &part[..first(part)])
    };
    if let Some(code) = of_api.filter(|code| is_code(code)).or_else(|| of_type().filter(|code| is_code(code))) {
        return Some(code);
    }
    let known = |word: &&str| is_code(word) && CAUSES.iter().any(|(codes, ..)| codes.contains(word));
    text.split([' ', '\n', '(', ')']).filter_map(|word| word.strip_suffix(':')).find(known)
}

/// The action that was denied (`ec2:CreateVpc`), or the call where the service names no action (`S3 CreateBucket`).
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
#[path = "causes_tests.rs"]
mod tests;
