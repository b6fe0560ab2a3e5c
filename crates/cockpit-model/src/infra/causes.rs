//! Errors of AWS in plain words, and what to do about them. What decides is the code that AWS gives an error, which the
//! provider prints as `api error CODE: …`, and not the sentence around it.

use super::message::Diagnostic;

/// What an error means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// AWS's code.
    pub code: String,
    /// What it means.
    pub means: String,
    /// What to do.
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
    (
        &[
            "AccessDenied",
            "AccessDeniedException",
            "UnauthorizedOperation",
            "AuthorizationError",
            "Client.UnauthorizedOperation",
        ],
        "these credentials may not do it",
        "allow the action to the role that applies, or use another profile",
    ),
    (
        &["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"],
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
        &["UnsupportedCertificate", "InvalidViewerCertificate", "CertificateNotFound", "InvalidCertificate"],
        "the certificate is not there, not yet validated, or in another region",
        "wait until its DNS validation is through; CloudFront wants it in us-east-1",
    ),
    (
        &["InvalidIAMRole", "InvalidRoleFault", "InvalidRole"],
        "the service cannot assume the role, or not yet: a new role takes some seconds to be known everywhere",
        "retry; if it stays, look at who the role trusts",
    ),
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
    (
        &[
            "InvalidParameterCombination",
            "InvalidParameterValue",
            "InvalidParameterException",
            "ValidationError",
            "ValidationException",
            "InvalidParameterValueException",
        ],
        "AWS does not accept a value",
        "the sentence of the error names it: correct the code",
    ),
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
        "plan again; if it stays, look whether it was removed by hand",
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

/// A role that was made just now: the code is the general one of a value, and the sentence alone says it.
const ROLE: Row = (
    &[],
    "the service cannot assume the role, or not yet: a new role takes some seconds to be known everywhere",
    "retry; if it stays, look at who the role trusts",
);
/// How services say that of a role.
const ROLE_WORDS: &[&str] = &["cannot be assumed by", "unable to assume", "is not authorized to assume"];

/// What an error means, where it is one of AWS that is known.
pub fn explain(said: &Diagnostic) -> Option<Explained> {
    let whole = format!("{}\n{}", said.summary, said.detail);
    let code = code(&whole)?;
    let lower = whole.to_ascii_lowercase();
    let general = code.starts_with("InvalidParameter") || code.starts_with("Validation") || code.starts_with("Client");
    let (_, means, todo) = if general && ROLE_WORDS.iter().any(|words| lower.contains(words)) {
        ROLE
    } else {
        *CAUSES.iter().find(|(codes, ..)| codes.contains(&code))?
    };
    let means = match action(&whole) {
        Some(action) if !general => format!("{means}: {action}"),
        _ => means.to_owned(),
    };
    Some(Explained { code: code.to_owned(), means, todo: todo.to_owned() })
}

/// The code of an error: `api error CODE:` of the newer SDK, `CODE: …` at the beginning of a line of the older one.
fn code(text: &str) -> Option<&str> {
    let is_code = |word: &str| {
        word.len() > 3
            && word.starts_with(|first: char| first.is_ascii_uppercase())
            && word.chars().all(|next| next.is_ascii_alphanumeric() || next == '.')
    };
    let newer = text.split("api error ").nth(1).and_then(|rest| rest.split([':', ' ', '\n']).next());
    if let Some(code) = newer.filter(|code| is_code(code)) {
        return Some(code);
    }
    let known = |word: &&str| is_code(word) && CAUSES.iter().any(|(codes, ..)| codes.contains(word));
    text.split([' ', '\n', '(', ')']).filter_map(|word| word.strip_suffix(':')).find(known)
}

/// The action that was not allowed: `ec2:CreateVpc`.
fn action(text: &str) -> Option<&str> {
    let rest = text.split("not authorized to perform: ").nth(1)?;
    rest.split([' ', '\n']).next().filter(|action| action.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(detail: &str) -> Diagnostic {
        Diagnostic {
            error: true,
            summary: "creating it".into(),
            detail: detail.into(),
            address: None,
            file: None,
            line: None,
            code: None,
        }
    }

    #[test]
    fn the_commonest_errors_of_aws_are_told_in_plain_words_with_what_to_do() {
        let newer = |code: &str, text: &str| {
            said(&format!(
                "operation error EC2: CreateVpc, https response error StatusCode: 400, RequestID: 1, api error {code}: {text}"
            ))
        };
        let denied = explain(&newer(
            "UnauthorizedOperation",
            "You are not authorized to perform this operation. User: arn:aws:iam::1:user/a is not authorized to perform: ec2:CreateVpc on resource: x",
        ));
        assert!(denied.unwrap().means.ends_with(": ec2:CreateVpc"));
        assert_eq!(
            explain(&newer("VpcLimitExceeded", "The maximum number of VPCs has been reached.")).unwrap().code,
            "VpcLimitExceeded"
        );
        let role = explain(&newer(
            "InvalidParameterValueException",
            "The role defined for the function cannot be assumed by Lambda.",
        ));
        assert!(role.unwrap().means.contains("assume the role"));
        let older = explain(&said("BucketAlreadyExists: The requested bucket name is not available."));
        assert!(older.unwrap().means.contains("another account"));
        assert_eq!(explain(&said("Error running command 'x': exit status 1")), None);
        assert_eq!(explain(&newer("SomethingNew", "hm")), None);
    }

    #[test]
    fn no_code_is_in_two_rows() {
        let mut all: Vec<&str> = CAUSES.iter().flat_map(|(codes, ..)| codes.iter().copied()).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(CAUSES.len() >= 20);
    }
}
