//! The variables and settings of the AWS CLI that are honoured, for `docs/configuration.md`.
//!
//! Sources: "Environment variables for the AWS CLI" and "Configuration and credential file settings" of its user
//! guide (version 2), and the table of session variables in botocore's `configprovider.py`.

use std::fmt::Write as _;

/// An environment variable, a profile setting, and how they are handled.
type Row = (&'static str, &'static str, &'static str);

const CREDENTIALS: &[Row] = &[
    ("`AWS_ACCESS_KEY_ID`", "`aws_access_key_id`", "yes; blanks and line breaks around a key are ignored"),
    ("`AWS_SECRET_ACCESS_KEY`", "`aws_secret_access_key`", "yes"),
    ("`AWS_SESSION_TOKEN`", "`aws_session_token`", "yes"),
    ("`AWS_PROFILE`, `AWS_DEFAULT_PROFILE`", "–", "yes; `--profile` and `profile` of the environment go first"),
    ("`AWS_SHARED_CREDENTIALS_FILE`", "–", "yes"),
    ("`AWS_CONFIG_FILE`", "–", "yes"),
    ("`AWS_ROLE_ARN`", "`role_arn`", "yes"),
    ("`AWS_ROLE_SESSION_NAME`", "`role_session_name`", "yes"),
    ("`AWS_WEB_IDENTITY_TOKEN_FILE`", "`web_identity_token_file`", "yes"),
    ("–", "`source_profile`", "yes, through chains of profiles"),
    ("–", "`credential_source`", "yes"),
    ("–", "`external_id`", "yes"),
    (
        "–",
        "`duration_seconds`",
        "for roles with a `credential_process`; otherwise an hour, because the SDK for Rust does not support it",
    ),
    (
        "–",
        "`mfa_serial`",
        "yes: the code is prompted for on the terminal or in a window, or given with `--mfa-code`; the session is cached where the AWS CLI caches its own (`~/.aws/cli/cache`) and serves both",
    ),
    (
        "–",
        "`credential_process`",
        "yes, with a limit of its own (`credential_timeout`); it is started once for all waiting requests, and has no terminal while the screen is in use",
    ),
    (
        "–",
        "`sso_session`, `sso_start_url`, `sso_region`, `sso_account_id`, `sso_role_name`",
        "yes; the login itself is `aws sso login`, or `sign-in` on the screen",
    ),
    ("–", "`sso_registration_scopes`", "yes, for `sign-in`"),
    ("–", "`login_session`", "yes; the login itself is `aws login`"),
    ("`AWS_LOGIN_CACHE_DIRECTORY`", "–", "yes"),
    (
        "`AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`, `AWS_CONTAINER_CREDENTIALS_FULL_URI`, `AWS_CONTAINER_AUTHORIZATION_TOKEN`, `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`",
        "–",
        "yes",
    ),
    ("`AWS_EC2_METADATA_DISABLED`", "–", "yes"),
    (
        "`AWS_EC2_METADATA_SERVICE_ENDPOINT`, `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE`",
        "`ec2_metadata_service_endpoint`, `ec2_metadata_service_endpoint_mode`",
        "yes",
    ),
    ("`AWS_EC2_METADATA_V1_DISABLED`", "`ec2_metadata_v1_disabled`", "no: version 1 is never used"),
    ("`AWS_IMDS_USE_IPV6`", "`imds_use_ipv6`", "no: `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE` replaces it"),
    ("`AWS_METADATA_SERVICE_TIMEOUT`", "`metadata_service_timeout`", "the variable; without it a second"),
    ("`AWS_METADATA_SERVICE_NUM_ATTEMPTS`", "`metadata_service_num_attempts`", "the variable; without it one"),
    (
        "`AWS_ACCOUNT_ID`",
        "`aws_account_id`",
        "no: the account is read from STS, and compared with `account` of the environment",
    ),
    ("`AWS_CREDENTIAL_EXPIRATION`", "–", "no: keys in variables are used until AWS refuses them"),
    ("`AWS_BEARER_TOKEN_SERVICE`", "–", "no: no service used here accepts one"),
];

const CONNECTION: &[Row] = &[
    ("`AWS_REGION`, `AWS_DEFAULT_REGION`", "`region`", "yes; `--region` and `region` of the environment go first"),
    ("`AWS_CA_BUNDLE`", "`ca_bundle`", "yes: these certificates are trusted instead of the machine's"),
    (
        "`AWS_ENDPOINT_URL`",
        "`endpoint_url`",
        "yes; `--endpoint-url` and `endpoint_url` of the environment go first, for every service. An empty value counts as unset; one that is used and is not a URL is a usage error, also in a file",
    ),
    (
        "`AWS_ENDPOINT_URL_SERVICE`",
        "`services`",
        "yes; plans, the audit file and the screen name the endpoint that a change goes to, service by service",
    ),
    (
        "`AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`",
        "`ignore_configured_endpoint_urls`",
        "yes: ignored endpoints are neither used nor shown, also for roles. IAM Identity Center, `aws login` and web identities are called by the SDK, which uses configured endpoints all the same: if one is configured for them, that is refused",
    ),
    ("`AWS_USE_FIPS_ENDPOINT`", "`use_fips_endpoint`", "yes"),
    ("`AWS_USE_DUALSTACK_ENDPOINT`", "`use_dualstack_endpoint`", "yes"),
    ("`AWS_ACCOUNT_ID_ENDPOINT_MODE`", "`account_id_endpoint_mode`", "no: no service used here has such endpoints"),
    ("`AWS_ENDPOINT_DISCOVERY_ENABLED`", "`endpoint_discovery_enabled`", "no: no service used here has it"),
    (
        "`AWS_DISABLE_HOST_PREFIX_INJECTION`",
        "`disable_host_prefix_injection`",
        "no: a live tail always keeps the host of a configured endpoint",
    ),
    ("`AWS_MAX_ATTEMPTS`", "`max_attempts`", "yes; a change is sent only once in any case"),
    ("`AWS_RETRY_MODE`", "`retry_mode`", "no: `standard`, within budgets of our own for each API"),
    ("`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`", "–", "yes, for connections over TLS"),
    ("`AWS_SDK_UA_APP_ID`", "`sdk_ua_app_id`", "yes"),
    ("`AWS_AUTH_SCHEME_PREFERENCE`", "`auth_scheme_preference`", "yes"),
    (
        "`AWS_SIGV4A_SIGNING_REGION_SET`",
        "`sigv4a_signing_region_set`",
        "no: no service used here signs for several regions",
    ),
    ("`AWS_STS_REGIONAL_ENDPOINTS`", "`sts_regional_endpoints`", "no: STS is always called in the region"),
    ("`AWS_DEFAULTS_MODE`", "`defaults_mode`", "no: the cockpit has its own time limits"),
    (
        "`AWS_REQUEST_CHECKSUM_CALCULATION`, `AWS_RESPONSE_CHECKSUM_VALIDATION`",
        "`request_checksum_calculation`, `response_checksum_validation`",
        "no: they are for S3",
    ),
    (
        "`AWS_DISABLE_REQUEST_COMPRESSION`, `AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES`",
        "`disable_request_compression`, `request_min_compression_size_bytes`",
        "no: no request is that large",
    ),
    ("–", "`tcp_keepalive`", "no: an idle connection is reopened"),
    ("–", "`s3`: `addressing_style`, `max_concurrent_requests` and others", "no: S3 is not used"),
    (
        "`AWS_CSM_ENABLED`, `AWS_CSM_HOST`, `AWS_CSM_PORT`, `AWS_CSM_CLIENT_ID`",
        "`csm_enabled` and others",
        "no: internal to the AWS CLI",
    ),
];

const OUTPUT: &[Row] = &[
    ("`AWS_DEFAULT_OUTPUT`", "`output`", "no: the formats differ; use `--output`"),
    ("`AWS_PAGER`", "`cli_pager`", "no: there is no pager; use a pipe"),
    ("`AWS_CLI_AUTO_PROMPT`", "`cli_auto_prompt`", "no: only changes prompt"),
    ("`AWS_CLI_FILE_ENCODING`, `AWS_CLI_OUTPUT_ENCODING`", "–", "no: UTF-8"),
    ("`AWS_CLI_HISTORY_FILE`", "`cli_history`", "no: changes are recorded in the audit file"),
    ("`AWS_CLI_S3_MV_VALIDATE_SAME_S3_PATHS`", "–", "no: S3 is not used"),
    ("`AWS_DATA_PATH`", "–", "no: the models of the services are built in"),
    (
        "–",
        "`cli_binary_format`, `cli_follow_urlparam`, `cli_help_output`",
        "no: they are for arguments and help of the AWS CLI",
    ),
    ("–", "`cli_timestamp_format`", "no: RFC 3339 for machines; `timezone` of the environment for people"),
    ("–", "`parameter_validation`", "no: requests are typed"),
];

/// Returns this section of the page.
pub(super) fn section() -> String {
    let mut text = String::from(
        "## Variables and settings of the AWS CLI\n\nThe cockpit connects as the AWS CLI does, with the same variables and \
         files. A malformed line is reported with\nits file and line. All that the AWS CLI documents:\n\n",
    );
    for (title, rows) in [("Credentials", CREDENTIALS), ("Connection", CONNECTION), ("Output and prompts", OUTPUT)] {
        let _ = writeln!(text, "### {title}\n\n| variable | setting | honoured |\n|---|---|---|");
        for (variable, setting, honoured) in rows {
            let _ = writeln!(text, "| {variable} | {setting} | {honoured} |");
        }
        text.push('\n');
    }
    text
}
