//! The endpoint of each service: this is the only place that determines it. The SDK's clients and hand-signed requests use it,
//! and what is displayed and recorded is derived from it, so that the reported endpoint is the one in use.
//!
//! As in the AWS CLI: `--endpoint-url` and the environment's `endpoint_url` come first, whatever else is set; then, unless
//! `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` is set, the variable of the service, the variable for all services, and the same
//! two of the profile. A value that is empty counts as unset.

use super::connection::Connection;
use super::environment::variable;
use crate::model::format::is_url;
use crate::model::{Endpoints, Failure, FailureKind};
use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

/// The profile setting for an endpoint.
const SETTING: &str = "endpoint_url";
/// The variable that makes the SDK ignore endpoints in variables and files.
pub(super) const IGNORE_VARIABLE: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
/// The profile setting with the same meaning.
const IGNORE_SETTING: &str = "ignore_configured_endpoint_urls";
/// The variable for all services; that of one service has its name appended.
const VARIABLE: &str = "AWS_ENDPOINT_URL";
/// The services in use, by their prefix in IAM, and their names in the AWS CLI's variables and files.
/// Source: the service identifiers of "Service-specific endpoints" in the reference guide of SDKs and tools.
const SERVICES: &[(&str, &str)] = &[
    ("acm", "ACM"),
    ("application-autoscaling", "Application Auto Scaling"),
    ("budgets", "Budgets"),
    ("ce", "Cost Explorer"),
    ("cloudfront", "CloudFront"),
    ("cloudtrail", "CloudTrail"),
    ("cloudwatch", "CloudWatch"),
    ("cognito-idp", "Cognito Identity Provider"),
    ("ec2", "EC2"),
    ("ecr", "ECR"),
    ("ecs", "ECS"),
    ("elasticloadbalancing", "Elastic Load Balancing v2"),
    ("iam", "IAM"),
    ("lambda", "Lambda"),
    ("logs", "CloudWatch Logs"),
    ("rds", "RDS"),
    ("route53", "Route 53"),
    ("scheduler", "Scheduler"),
    ("secretsmanager", "Secrets Manager"),
    ("ssm", "SSM"),
    (SSO_OIDC, "SSO OIDC"),
    ("sts", "STS"),
];
/// The sign-in of IAM Identity Center, as named in the actions here.
pub(super) const SSO_OIDC: &str = "sso-oidc";

/// The URLs in use: one may contain a user and a password.
#[derive(Debug, Clone, Default)]
pub(super) struct Resolved {
    /// The endpoints of [`SERVICES`], in their order; `None` is AWS itself.
    own: Vec<Option<String>>,
    rest: Option<String>,
}

/// Whether endpoints in variables and files are ignored.
pub(super) fn are_ignored(variable: impl Fn(&str) -> Option<String>, setting: impl Fn(&str) -> Option<String>) -> bool {
    variable(IGNORE_VARIABLE)
        .or_else(|| setting(IGNORE_SETTING))
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

impl Resolved {
    /// Returns the endpoints of the connection and the variables; those of the files are not known yet, or ignored.
    pub(super) fn of_variables(connection: &Connection) -> Self {
        Self::of(connection, variable, |_, _| None)
    }

    /// Resolves the endpoints from the connection, the variables, the settings of the profile in use, and the files as read by
    /// the SDK.
    ///
    /// # Errors
    /// One of them is not a URL.
    pub(super) fn read(
        connection: &Connection,
        setting: impl Fn(&str) -> Option<String>,
        sdk: &SdkConfig,
    ) -> Result<Self, String> {
        let file = |service: Option<&str>, key: &str| {
            service.and_then(|service| of_services(sdk, service)).or_else(|| setting(key))
        };
        let found = Self::of(connection, variable, file);
        let wrong = found.own.iter().chain([&found.rest]).flatten().find(|url| !is_usable(url)).cloned();
        wrong.map_or(Ok(found), Err)
    }

    fn of(
        connection: &Connection,
        variable: impl Fn(&str) -> Option<String>,
        file: impl Fn(Option<&str>, &str) -> Option<String>,
    ) -> Self {
        if let Some(url) = &connection.endpoint_url {
            return Self { own: Vec::new(), rest: Some(url.clone()) };
        }
        if are_ignored(&variable, |key| file(None, key)) {
            return Self::default();
        }
        let all = variable(VARIABLE);
        let own = |(_, id): &(&str, &str)| {
            let own = variable(&variable_of(id));
            own.or_else(|| all.clone()).or_else(|| file(Some(*id), SETTING))
        };
        Self { own: SERVICES.iter().map(own).collect(), rest: all.clone().or_else(|| file(None, SETTING)) }
    }

    /// Returns the variable or setting that names an endpoint for one of these services (by their names in variables) although
    /// endpoints are to be ignored: the SDK's own requests for credentials use it anyway.
    pub(super) fn ignored_setting(sdk: &SdkConfig, services: &[&str]) -> Option<String> {
        let mut variables = services.iter().map(|id| variable_of(id)).chain([VARIABLE.to_owned()]);
        let in_files = || services.iter().any(|id| of_services(sdk, id).is_some());
        variables
            .find(|name| variable(name).is_some())
            .or_else(|| in_files().then(|| format!("`{SETTING}` of the AWS files")))
    }

    /// Returns the endpoint of a service, by its prefix in IAM.
    pub(super) fn of_service(&self, service: &str) -> Option<&str> {
        let at = SERVICES.iter().position(|(prefix, _)| *prefix == service);
        at.and_then(|at| self.own.get(at)).unwrap_or(&self.rest).as_deref()
    }

    /// Returns the endpoints as displayed and recorded.
    pub(super) fn for_display(&self) -> Endpoints {
        let own = SERVICES.iter().zip(&self.own).map(|((prefix, _), url)| ((*prefix).to_owned(), url.clone()));
        Endpoints::new(own, self.rest.as_deref())
    }

    /// Returns the SDK's configuration with these endpoints for its clients.
    pub(super) fn apply_to(&self, sdk: SdkConfig) -> SdkConfig {
        let mut builder = sdk.into_builder();
        builder.set_endpoint_url(None);
        builder.service_config(self.clone()).build()
    }
}

/// The SDK's clients get their endpoints from this.
impl LoadServiceConfig for Resolved {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        if key.env() != VARIABLE {
            return None;
        }
        let service = SERVICES.iter().find(|(_, id)| *id == key.service_id()).map_or("", |(prefix, _)| *prefix);
        self.of_service(service).map(str::to_owned)
    }
}

/// Returns the endpoint of a service from the files: only the SDK resolves the `services` section of a profile. Given a
/// variable that is never set, it looks nowhere else.
fn of_services(sdk: &SdkConfig, service: &str) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id(service).env("COCKPIT_NOT_A_VARIABLE").profile(SETTING);
    let found = sdk.service_config()?.load_config(key.build().ok()?)?;
    Some(found.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The variable of a service, such as `AWS_ENDPOINT_URL_CLOUDWATCH_LOGS`.
fn variable_of(id: &str) -> String {
    format!("{VARIABLE}_{}", id.to_uppercase().replace(' ', "_"))
}

/// Returns the endpoint of a service in a configuration made by [`Resolved::applied`].
pub(super) fn of_config(config: &SdkConfig, service: &str) -> Option<String> {
    let id = SERVICES.iter().find(|(prefix, _)| *prefix == service).map_or("", |(_, id)| *id);
    let key = ServiceConfigKey::builder().service_id(id).env(VARIABLE).profile(SETTING).build().ok()?;
    config.service_config()?.load_config(key)
}

/// Whether the SDK can use it for a request.
fn is_usable(url: &str) -> bool {
    is_url(url) && HttpRequest::new(SdkBody::empty()).set_uri(url).is_ok()
}

/// The failure for an endpoint that is not a URL, with its place in a file.
pub(super) fn not_a_url(named: &str, place: Option<String>) -> Failure {
    let named = super::failure::clean(&super::failure::without_user(named));
    let what = match place {
        Some(place) => format!("`{named}` is not a URL: it is {place}"),
        None => format!("the endpoint `{named}` is not a URL"),
    };
    Failure::new(FailureKind::Other, what).with_hint(
        "write it as http://127.0.0.1:4566 in AWS_ENDPOINT_URL or `endpoint_url`, or remove it; --endpoint-url takes precedence",
    )
}

/// Returns the variable with an endpoint that is not a URL and would be used for this connection; `None` if all are valid.
pub fn invalid_variable(connection: &Connection) -> Option<String> {
    if connection.endpoint_url.is_some() {
        return None;
    }
    let found = Resolved::of_variables(connection);
    let own = SERVICES.iter().zip(&found.own).filter(|(_, url)| **url != found.rest);
    let named = own.map(|((_, id), url)| (variable_of(id), url));
    let mut all = named.chain([(VARIABLE.to_owned(), &found.rest)]);
    all.find(|(_, url)| url.as_ref().is_some_and(|url| !is_usable(url))).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Resolves these variables and these settings of a profile.
    fn of(flag: Option<&str>, variables: &[(&str, &str)], files: &[(Option<&str>, &str, &str)]) -> Resolved {
        let connection = Connection { endpoint_url: flag.map(str::to_owned), ..Connection::default() };
        let variable = |name: &str| {
            let set = variables.iter().find(|(set, _)| *set == name).map(|(_, value)| value.trim().to_owned());
            set.filter(|value| !value.is_empty())
        };
        let file = |service: Option<&str>, key: &str| {
            let get = |service| files.iter().find(|(of, name, _)| *of == service && *name == key);
            get(service).or_else(|| get(None)).map(|(_, _, value)| (*value).to_owned())
        };
        Resolved::of(&connection, variable, file)
    }

    const ALL: &str = "AWS_ENDPOINT_URL";

    #[test]
    fn each_service_uses_the_endpoint_of_the_aws_cli() {
        let places =
            |found: &Resolved| ["ecs", "logs", "ec2", "unheard-of"].map(|one| found.of_service(one).map(str::to_owned));
        let all = |url: &str| [(); 4].map(|()| Some(url.to_owned()));
        let none = [(); 4].map(|()| None);
        assert_eq!(places(&of(None, &[], &[])), none);
        assert_eq!(places(&of(None, &[(ALL, "http://a")], &[(None, SETTING, "http://file")])), all("http://a"));
        assert_eq!(places(&of(None, &[], &[(None, SETTING, "http://file")])), all("http://file"));
        // The variable of a service precedes that of all services; the latter precedes the service's entry in the files.
        let own = of(
            None,
            &[(ALL, "http://a"), ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "http://l")],
            &[(Some("ECS"), SETTING, "http://e")],
        );
        assert_eq!(places(&own), ["http://a", "http://l", "http://a", "http://a"].map(|url| Some(url.to_owned())));
        let section = of(None, &[], &[(Some("ECS"), SETTING, "http://e"), (None, SETTING, "http://file")]);
        assert_eq!(
            places(&section),
            ["http://e", "http://file", "http://file", "http://file"].map(|url| Some(url.to_owned()))
        );
        // A flag precedes everything.
        let ignoring = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE");
        let flagged = of(Some("http://f"), &[(ALL, "http://a"), ("AWS_ENDPOINT_URL_ECS", "http://e"), ignoring], &[]);
        assert_eq!(places(&flagged), all("http://f"));
    }

    #[test]
    fn ignored_endpoints_are_neither_used_nor_shown() {
        let named = [(ALL, "http://127.0.0.1:1"), ("AWS_ENDPOINT_URL_ECS", "http://127.0.0.1:2")];
        for ignoring in ["true", "True"] {
            let variables = [named[0], named[1], ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", ignoring)];
            let found = of(None, &variables, &[(None, SETTING, "http://127.0.0.1:3")]);
            assert!(found.for_display().is_aws() && found.of_service("ecs").is_none(), "{ignoring}");
        }
        assert!(of(None, &named, &[(None, "ignore_configured_endpoint_urls", "true")]).for_display().is_aws());
        let off = [named[0], ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false")];
        assert!(of(None, &off, &[(None, "ignore_configured_endpoint_urls", "true")]).for_display().is_simulated());
    }

    #[test]
    fn empty_variable_counts_as_unset() {
        let empty = [(ALL, ""), ("AWS_ENDPOINT_URL_ECS", " ")];
        assert!(of(None, &empty, &[]).for_display().is_aws());
        let found = of(None, &[(ALL, "http://a"), ("AWS_ENDPOINT_URL_ECS", "")], &[]);
        assert_eq!(found.of_service("ecs"), Some("http://a"));
        assert_eq!(of(None, &empty, &[(None, SETTING, "http://file")]).of_service("ecs"), Some("http://file"));
    }

    #[test]
    fn sdk_clients_use_the_displayed_endpoints() {
        let found = of(None, &[("AWS_ENDPOINT_URL_ECS", "http://127.0.0.1:2")], &[]);
        let config = found.apply_to(SdkConfig::builder().endpoint_url("http://127.0.0.1:9").build());
        assert_eq!((config.endpoint_url(), of_config(&config, "ecs").as_deref()), (None, Some("http://127.0.0.1:2")));
        assert_eq!(of_config(&config, "sts"), None);
        assert_eq!(found.for_display().label().as_deref(), Some("ecs at http://127.0.0.1:2, all else at AWS itself"));
    }

    #[test]
    fn invalid_url_is_reported_before_the_sdk_fails_on_it() {
        for wrong in ["localhost:4566", "http://", "http://[::1", "http://a:999999", "x"] {
            assert!(!is_usable(wrong), "{wrong}");
        }
        assert!(is_usable("http://[::1]:4566/path") && is_usable("https://me:x@host"));
    }
}
