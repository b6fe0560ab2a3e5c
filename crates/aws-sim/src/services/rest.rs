//! The services whose operations are methods and paths: one table for both directions. The operations themselves are
//! in the services' files.

use super::Service;
use crate::wire::query::{decode, unescape};
use crate::wire::{Node, json};
use hyper::http::request::Parts;
use std::borrow::Cow;

/// An operation and the locations of its members.
#[derive(Debug)]
pub(crate) struct Rest {
    method: &'static str,
    /// `{Member}` stands for a segment.
    path: &'static str,
    pub(crate) service: Service,
    pub(crate) operation: &'static str,
    /// Request headers and the members that they hold.
    headers: &'static [(&'static str, &'static str)],
    /// Query parameters whose member has a different name.
    query: &'static [(&'static str, &'static str)],
    /// The member that is the whole body, in both directions.
    pub(crate) payload: Option<&'static str>,
    /// Response headers and the members that they hold.
    pub(crate) answers: &'static [(&'static str, &'static str)],
    /// The root element of XML answers; the requests are XML then, too.
    pub(crate) root: Option<&'static str>,
}

const fn rest(method: &'static str, path: &'static str, service: Service, operation: &'static str) -> Rest {
    Rest { method, path, service, operation, headers: &[], query: &[], payload: None, answers: &[], root: None }
}

const fn xml(
    method: &'static str,
    path: &'static str,
    service: Service,
    operation: &'static str,
    root: &'static str,
) -> Rest {
    Rest { root: Some(root), ..rest(method, path, service, operation) }
}

const GROUP: &[(&str, &str)] = &[("groupName", "GroupName")];

/// The operations of the REST services, by method and path.
static TABLE: &[Rest] = &[
    rest("GET", "/2015-03-31/functions", Service::Lambda, "ListFunctions"),
    rest("GET", "/2015-03-31/functions/{FunctionName}", Service::Lambda, "GetFunction"),
    rest("GET", "/2015-03-31/functions/{FunctionName}/configuration", Service::Lambda, "GetFunctionConfiguration"),
    Rest {
        headers: &[("x-amz-invocation-type", "InvocationType"), ("x-amz-log-type", "LogType")],
        payload: Some("Payload"),
        answers: &[
            ("x-amz-function-error", "FunctionError"),
            ("x-amz-log-result", "LogResult"),
            ("x-amz-executed-version", "ExecutedVersion"),
        ],
        ..rest("POST", "/2015-03-31/functions/{FunctionName}/invocations", Service::Lambda, "Invoke")
    },
    Rest { query: &[("ScheduleGroup", "GroupName")], ..rest("GET", "/schedules", Service::Scheduler, "ListSchedules") },
    Rest { query: GROUP, ..rest("GET", "/schedules/{Name}", Service::Scheduler, "GetSchedule") },
    rest("POST", "/schedules/{Name}", Service::Scheduler, "CreateSchedule"),
    rest("PUT", "/schedules/{Name}", Service::Scheduler, "UpdateSchedule"),
    Rest { query: GROUP, ..rest("DELETE", "/schedules/{Name}", Service::Scheduler, "DeleteSchedule") },
    rest("POST", "/client/register", Service::Sso, "RegisterClient"),
    rest("POST", "/device_authorization", Service::Sso, "StartDeviceAuthorization"),
    rest("POST", "/token", Service::Sso, "CreateToken"),
    Rest {
        headers: &[("x-amz-sso_bearer_token", "AccessToken")],
        query: &[("role_name", "RoleName"), ("account_id", "AccountId")],
        ..rest("GET", "/federation/credentials", Service::Sso, "GetRoleCredentials")
    },
    xml("GET", "/2013-04-01/hostedzone", Service::Route53, "ListHostedZones", "ListHostedZonesResponse"),
    xml("GET", "/2013-04-01/hostedzone/{Id}", Service::Route53, "GetHostedZone", "GetHostedZoneResponse"),
    xml(
        "GET",
        "/2013-04-01/hostedzone/{Id}/rrset",
        Service::Route53,
        "ListResourceRecordSets",
        "ListResourceRecordSetsResponse",
    ),
    xml("GET", "/2020-05-31/distribution", Service::Cdn, "ListDistributions", "DistributionList"),
    xml(
        "GET",
        "/2020-05-31/distribution/{DistributionId}/invalidation",
        Service::Cdn,
        "ListInvalidations",
        "InvalidationList",
    ),
    xml(
        "POST",
        "/2020-05-31/distribution/{DistributionId}/invalidation",
        Service::Cdn,
        "CreateInvalidation",
        "Invalidation",
    ),
    xml(
        "GET",
        "/2020-05-31/distribution/{DistributionId}/invalidation/{Id}",
        Service::Cdn,
        "GetInvalidation",
        "Invalidation",
    ),
];

/// The operation for a method and path, and its input.
pub(crate) fn route(head: &Parts, body: &[u8]) -> Option<(&'static Rest, Result<Node, String>)> {
    let (method, path) = (head.method.as_str(), head.uri.path());
    TABLE.iter().find_map(|rest| {
        let segments = fit(rest, method, path)?;
        Some((rest, input(rest, segments, head, body)))
    })
}

/// The members in the segments of a path, if it is the path of this operation.
fn fit(rest: &Rest, method: &str, path: &str) -> Option<Vec<(&'static str, String)>> {
    if rest.method != method {
        return None;
    }
    let (mut given, mut wanted) = (path.trim_end_matches('/').split('/'), rest.path.split('/'));
    let mut members = Vec::new();
    loop {
        match (given.next(), wanted.next()) {
            (None, None) => return Some(members),
            (Some(given), Some(wanted)) => match wanted.strip_prefix('{').and_then(|w| w.strip_suffix('}')) {
                // A plus sign in a path is literal.
                Some(member) if !given.is_empty() => members.push((member, unescape(&given.replace('+', "%2B")))),
                None if given == wanted => {}
                _ => return None,
            },
            _ => return None,
        }
    }
}

fn input(rest: &Rest, segments: Vec<(&'static str, String)>, head: &Parts, body: &[u8]) -> Result<Node, String> {
    let mut fields: Vec<(Cow<'static, str>, Node)> = match rest.payload {
        Some(member) => {
            let text = std::str::from_utf8(body).map_err(|e| e.to_string())?;
            vec![(member.into(), Node::from(text))]
        }
        None if rest.root.is_some() => match body {
            [] => Vec::new(),
            _ => vec![("Body".into(), crate::wire::xml::decode(body)?)],
        },
        None => match json::decode(body)? {
            Node::Map(fields) => fields,
            _ => Vec::new(),
        },
    };
    if let Node::Map(parameters) = decode(head.uri.query().unwrap_or_default()) {
        for (name, value) in parameters {
            let other = rest.query.iter().find(|(n, _)| *n == name).map(|(_, member)| Cow::Borrowed(*member));
            fields.push((other.unwrap_or(name), value));
        }
    }
    for (header, member) in rest.headers {
        if let Some(value) = head.headers.get(*header).and_then(|v| v.to_str().ok()) {
            fields.push(((*member).into(), Node::from(value)));
        }
    }
    fields.extend(segments.into_iter().map(|(member, value)| (member.into(), Node::from(value))));
    Ok(Node::Map(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_routed_to_their_operations() {
        let of = |method, path| TABLE.iter().find(|r| fit(r, method, path).is_some()).map(|r| r.operation);
        assert_eq!(of("GET", "/2015-03-31/functions/"), Some("ListFunctions"));
        assert_eq!(of("GET", "/2015-03-31/functions/a"), Some("GetFunction"));
        assert_eq!(of("POST", "/2015-03-31/functions/a/invocations"), Some("Invoke"));
        assert_eq!(of("PUT", "/schedules/a"), Some("UpdateSchedule"));
        assert_eq!((of("PUT", "/schedules"), of("PATCH", "/schedules/a"), of("GET", "/")), (None, None, None));
        let segments = fit(&TABLE[1], "GET", "/2015-03-31/functions/arn%3Aaws+x").unwrap();
        assert_eq!(segments, [("FunctionName", "arn:aws+x".to_owned())]);
    }
}
