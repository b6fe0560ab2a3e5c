//! Where requests go, service by service: the one place that decides it. The SDK's clients and the requests that are signed here ask
//! it, and what is shown and written down is made of it, so that what is told is what is used.
//!
//! As in the AWS CLI: `--endpoint-url` and the environment's `endpoint_url` first, whatever else is set; then, unless
//! `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` says otherwise, the variable of the service, the one of all services, and the same
//! two of the profile. What is set to nothing is not set.

use super::connection::Connection;
use super::environment::variable;
use crate::model::format::is_url;
use crate::model::{Endpoints, Failure, FailureKind};
use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

/// The setting of a profile.
const SETTING: &str = "endpoint_url";
/// The variable that has the SDK ignore endpoints in variables and files.
pub(super) const IGNORE: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
/// The setting of a profile that means the same.
const IGNORE_SETTING: &str = "ignore_configured_endpoint_urls";
/// The variable of all services; that of one has the service's name behind it.
const VARIABLE: &str = "AWS_ENDPOINT_URL";
/// The services that are asked, by their prefix in IAM, and the names that the AWS CLI's variables and files have for them.
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
    (SIGN_IN, "SSO OIDC"),
    ("sts", "STS"),
];
/// The sign-in of IAM Identity Center, as its actions are named here.
pub(super) const SIGN_IN: &str = "sso-oidc";

/// The URLs as they are used: one may have a user and a password in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Resolved {
    /// The endpoints of [`SERVICES`], in their order; none is AWS itself.
    own: Vec<Option<String>>,
    rest: Option<String>,
}

/// Whether it is said that variables and settings of files are not heard.
pub(super) fn are_ignored(variable: impl Fn(&str) -> Option<String>, setting: impl Fn(&str) -> Option<String>) -> bool {
    variable(IGNORE).or_else(|| setting(IGNORE_SETTING)).is_some_and(|said| said.eq_ignore_ascii_case("true"))
}

impl Resolved {
    /// The endpoints of the connection and the variables; those of the files are not known yet, or are not heard.
    pub(super) fn of_variables(connection: &Connection) -> Self {
        Self::of(connection, variable, |_, _| None)
    }

    /// The endpoints of the connection, the variables, the settings of the profile in use, and the files as the SDK has
    /// read them.
    ///
    /// # Errors
    /// The one of them that is not a URL.
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

    /// The variable or setting that names an endpoint for one of these services, by their names in variables, though
    /// such are to be ignored: the SDK's own requests for credentials use it all the same. None where nothing does.
    pub(super) fn ignored(sdk: &SdkConfig, services: &[&str]) -> Option<String> {
        let mut variables = services.iter().map(|id| variable_of(id)).chain([VARIABLE.to_owned()]);
        let in_files = || services.iter().any(|id| of_services(sdk, id).is_some());
        variables
            .find(|name| variable(name).is_some())
            .or_else(|| in_files().then(|| format!("`{SETTING}` of the AWS files")))
    }

    /// Where a service is, by its prefix in IAM.
    pub(super) fn of_service(&self, service: &str) -> Option<&str> {
        let at = SERVICES.iter().position(|(prefix, _)| *prefix == service);
        at.and_then(|at| self.own.get(at)).unwrap_or(&self.rest).as_deref()
    }

    /// The endpoints as they are shown and stored.
    pub(super) fn shown(&self) -> Endpoints {
        let own = SERVICES.iter().zip(&self.own).map(|((prefix, _), url)| ((*prefix).to_owned(), url.clone()));
        Endpoints::new(own, self.rest.as_deref())
    }

    /// The SDK's configuration with these endpoints for its clients.
    pub(super) fn applied(&self, sdk: SdkConfig) -> SdkConfig {
        let mut builder = sdk.into_builder();
        builder.set_endpoint_url(None);
        builder.service_config(self.clone()).build()
    }
}

/// The SDK's clients ask here.
impl LoadServiceConfig for Resolved {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        if key.env() != VARIABLE {
            return None;
        }
        let service = SERVICES.iter().find(|(_, id)| *id == key.service_id()).map_or("", |(prefix, _)| *prefix);
        self.of_service(service).map(str::to_owned)
    }
}

/// The endpoint that the files have for a service: only the SDK looks into the `services` of a profile. For a variable
/// that is never set it looks nowhere else.
fn of_services(sdk: &SdkConfig, service: &str) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id(service).env("COCKPIT_NOT_A_VARIABLE").profile(SETTING);
    let found = sdk.service_config()?.load_config(key.build().ok()?)?;
    Some(found.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The variable of a service: `AWS_ENDPOINT_URL_CLOUDWATCH_LOGS`.
fn variable_of(id: &str) -> String {
    format!("{VARIABLE}_{}", id.to_uppercase().replace(' ', "_"))
}

/// Where the requests of a service go with a configuration that [`Resolved::applied`] made.
pub(super) fn of_config(config: &SdkConfig, service: &str) -> Option<String> {
    let id = SERVICES.iter().find(|(prefix, _)| *prefix == service).map_or("", |(_, id)| *id);
    let key = ServiceConfigKey::builder().service_id(id).env(VARIABLE).profile(SETTING).build().ok()?;
    config.service_config()?.load_config(key)
}

/// Whether the SDK can make a request of it.
fn is_usable(url: &str) -> bool {
    is_url(url) && HttpRequest::new(SdkBody::empty()).set_uri(url).is_ok()
}

/// The failure where something is named as an endpoint and is not a URL, with its place in a file.
pub(super) fn not_a_url(named: &str, place: Option<String>) -> Failure {
    let named = super::failure::clean(&super::failure::without_user(named));
    let what = match place {
        Some(place) => format!("`{named}` is not a URL: it is {place}"),
        None => format!("`{named}` is named as an endpoint, and is not a URL"),
    };
    Failure::new(FailureKind::Other, what).hinted(
        "write it as http://127.0.0.1:4566 in AWS_ENDPOINT_URL or `endpoint_url`, or leave it out; --endpoint-url goes before it",
    )
}

/// The variable that names an endpoint, is not a URL, and would be used for this connection; none where all are fine.
pub fn wrong_variable(connection: &Connection) -> Option<String> {
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
    fn each_service_is_asked_where_the_aws_cli_would_ask_it() {
        let places =
            |found: &Resolved| ["ecs", "logs", "ec2", "unheard-of"].map(|one| found.of_service(one).map(str::to_owned));
        let all = |url: &str| [(); 4].map(|()| Some(url.to_owned()));
        let none = [(); 4].map(|()| None);
        assert_eq!(places(&of(None, &[], &[])), none);
        assert_eq!(places(&of(None, &[(ALL, "http://a")], &[(None, SETTING, "http://file")])), all("http://a"));
        assert_eq!(places(&of(None, &[], &[(None, SETTING, "http://file")])), all("http://file"));
        // The variable of a service goes before that of all; one of all before what the files have for a service.
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
        // A flag goes before all of it.
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
            assert!(found.shown().is_aws() && found.of_service("ecs").is_none(), "{ignoring}");
        }
        assert!(of(None, &named, &[(None, "ignore_configured_endpoint_urls", "true")]).shown().is_aws());
        let off = [named[0], ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false")];
        assert!(of(None, &off, &[(None, "ignore_configured_endpoint_urls", "true")]).shown().is_simulated());
    }

    #[test]
    fn a_variable_that_is_set_to_nothing_is_not_set() {
        let empty = [(ALL, ""), ("AWS_ENDPOINT_URL_ECS", " ")];
        assert!(of(None, &empty, &[]).shown().is_aws());
        let found = of(None, &[(ALL, "http://a"), ("AWS_ENDPOINT_URL_ECS", "")], &[]);
        assert_eq!(found.of_service("ecs"), Some("http://a"));
        assert_eq!(of(None, &empty, &[(None, SETTING, "http://file")]).of_service("ecs"), Some("http://file"));
    }

    #[test]
    fn the_clients_of_the_sdk_ask_where_it_is_shown_that_they_do() {
        let found = of(None, &[("AWS_ENDPOINT_URL_ECS", "http://127.0.0.1:2")], &[]);
        let config = found.applied(SdkConfig::builder().endpoint_url("http://127.0.0.1:9").build());
        assert_eq!((config.endpoint_url(), of_config(&config, "ecs").as_deref()), (None, Some("http://127.0.0.1:2")));
        assert_eq!(of_config(&config, "sts"), None);
        assert_eq!(found.shown().words().as_deref(), Some("ecs at http://127.0.0.1:2, all else at AWS itself"));
    }

    #[test]
    fn what_is_no_url_is_told_before_a_library_stumbles_over_it() {
        for wrong in ["localhost:4566", "http://", "http://[::1", "http://a:999999", "x"] {
            assert!(!is_usable(wrong), "{wrong}");
        }
        assert!(is_usable("http://[::1]:4566/path") && is_usable("https://me:x@host"));
    }
}
