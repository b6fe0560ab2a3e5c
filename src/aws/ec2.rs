//! Instances of EC2, as far as tunnels go through them: found, and started. The crate of EC2 would be larger than all others
//! together for two requests, so these are signed and sent here, over the HTTP client of the session.

use super::failure::kind_of;
use super::session::{Action, Caller, Session};
use crate::app::effect::Lane;
use crate::aws::budget::Class;
use crate::model::tunnel::NoTarget;
use crate::model::tunnel::instance::{Found, Instance, Named};
use crate::model::{Failure, FailureKind};
use aws_sdk_ssm::types::{InstanceInformationStringFilter, PingStatus};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use std::fmt::Display;
use std::time::SystemTime;

/// The version of the API that both requests are of.
const VERSION: &str = "2016-11-15";
const DESCRIBE: &str = "ec2:DescribeInstances";
const START: &str = "ec2:StartInstances";
const ONLINE: Action = Action { name: "ssm:DescribeInstanceInformation", class: Class::Sessions };

impl Session {
    /// The instances that are meant.
    ///
    /// # Errors
    /// They cannot be asked for.
    pub async fn instances(&self, named: &Named) -> Result<Vec<Instance>, Failure> {
        let parameters = match named {
            Named::Id(id) => vec![("InstanceId.1", id.clone())],
            Named::Tag(key, value) => {
                vec![("Filter.1.Name", format!("tag:{key}")), ("Filter.1.Value.1", value.clone())]
            }
        };
        Ok(instances(&self.query(DESCRIBE, &parameters).await?))
    }

    /// The one instance that is meant, and how it stands; why there is none.
    ///
    /// # Errors
    /// It cannot be asked for.
    pub async fn found(&self, named: &Named) -> Result<Result<Found, NoTarget>, Failure> {
        if let Named::Id(id) = named {
            // Who may not look may still open a session: that says what is wrong.
            match self.instance_is_online(id).await {
                Ok(true) => return Ok(Ok(Found::Runs(id.clone()))),
                Err(failure) if failure.kind == FailureKind::Denied => return Ok(Ok(Found::Runs(id.clone()))),
                Ok(false) => {}
                Err(failure) => return Err(failure),
            }
        }
        match (self.instances(named).await, named) {
            (Ok(found), _) => Ok(named.of(&found).map(Found::of)),
            (Err(failure), Named::Id(id)) if failure.kind == FailureKind::Denied => Ok(Ok(Found::Runs(id.clone()))),
            (Err(failure), _) => Err(failure),
        }
    }

    /// Starts a stopped instance. It is online some time later.
    ///
    /// # Errors
    /// It is refused.
    pub async fn start_instance(&self, id: &str) -> Result<(), Failure> {
        self.query(START, &[("InstanceId.1", id.to_owned())]).await.map(drop)
    }

    /// Whether the agent of an instance is online.
    ///
    /// # Errors
    /// It cannot be asked for.
    pub async fn instance_is_online(&self, id: &str) -> Result<bool, Failure> {
        let caller = Caller::new(self, Lane::Operator);
        let filter = InstanceInformationStringFilter::builder().key("InstanceIds").values(id).build();
        let filter = filter.map_err(|error| Failure::new(FailureKind::Other, error.to_string()))?;
        let answer = caller
            .call(ONLINE, |clients| clients.ssm().describe_instance_information().filters(filter.clone()).send())
            .await?;
        let mut all = answer.instance_information_list().iter();
        Ok(all.any(|one| one.instance_id() == Some(id) && one.ping_status() == Some(&PingStatus::Online)))
    }

    /// One request of EC2's query protocol, as it is signed now; its answer.
    async fn query(&self, action: &'static str, parameters: &[(&str, String)]) -> Result<String, Failure> {
        let failed = |error: &dyn Display| Failure::new(FailureKind::Other, format!("{action}: {error}"));
        let generation = self.current();
        let loaded = generation.load(&self.0).await.as_ref().map_err(Clone::clone)?;
        let region = loaded.config.region().map(ToString::to_string).unwrap_or_default();
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let url = match loaded.config.endpoint_url() {
            Some(endpoint) => format!("{}/", endpoint.trim_end_matches('/')),
            None => format!("https://ec2.{region}.{domain}/"),
        };
        let name = action.rsplit(':').next().unwrap_or_default().to_owned();
        let pairs = [("Action", name), ("Version", VERSION.to_owned())].into_iter();
        let body = form(pairs.chain(parameters.iter().map(|(key, value)| (*key, value.clone()))));
        let host = url.split("://").nth(1).unwrap_or_default().trim_end_matches('/').to_owned();
        let headers = [("host", host.as_str()), ("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
        let identity = self.credentials().await?.into();
        let signing = v4::SigningParams::builder()
            .identity(&identity)
            .region(&region)
            .name("ec2")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| failed(&error))?;
        let signable = SignableRequest::new("POST", &url, headers.into_iter(), SignableBody::Bytes(body.as_bytes()))
            .map_err(|error| failed(&error))?;
        let (signed, _) = sign(signable, &signing.into()).map_err(|error| failed(&error))?.into_parts();
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_uri(url.as_str()).map_err(|error| failed(&error))?;
        request.set_method("POST").map_err(|error| failed(&error))?;
        for (name, value) in headers.into_iter().chain(signed.headers()) {
            request.headers_mut().insert(name.to_owned(), value.to_owned());
        }
        let (status, answer) = self
            .0
            .wire
            .ask(request)
            .await
            .ok_or_else(|| Failure::new(FailureKind::Unreachable, format!("{action}: {host} does not answer")))?;
        if (200..300).contains(&status) {
            return Ok(answer);
        }
        let code = between(&answer, "Code").unwrap_or_default();
        let message = between(&answer, "Message").unwrap_or_default();
        let short: String = message.chars().take(LONGEST).collect();
        Err(Failure::new(kind_of(&code, status), format!("{action}: {short} ({code})")))
    }
}

/// Longer than this no message of the service is shown.
const LONGEST: usize = 500;

/// As a form is sent.
fn form<'a>(pairs: impl Iterator<Item = (&'a str, String)>) -> String {
    let encoded = |text: &str| -> String {
        let byte = |byte: u8| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        };
        text.bytes().map(byte).collect()
    };
    pairs.map(|(key, value)| format!("{}={}", encoded(key), encoded(&value))).collect::<Vec<_>>().join("&")
}

/// The text of the first element of this name.
fn between(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    Some(plain.replace("&amp;", "&"))
}

/// The instances of an answer: each begins with its id, and has one state and its tags before the next.
fn instances(xml: &str) -> Vec<Instance> {
    let parts = xml.split("<instanceId>").skip(1);
    let one = |part: &str| {
        let (id, rest) = part.split_once("</instanceId>")?;
        let state = between(rest.split_once("<instanceState>")?.1, "name")?;
        let tags = rest.split("<key>Name</key>").nth(1);
        Some(Instance { id: id.to_owned(), name: tags.and_then(|tag| between(tag, "value")), state })
    };
    parts.filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As EC2 answers, shortened.
    const ANSWER: &str = "<DescribeInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r</requestId>\
        <reservationSet><item><instancesSet><item><instanceId>i-01</instanceId><imageId>ami-1</imageId>\
        <instanceState><code>16</code><name>running</name></instanceState><tagSet><item><key>Name</key>\
        <value>a &amp; b</value></item></tagSet></item><item><instanceId>i-02</instanceId><instanceState><code>80</code>\
        <name>stopped</name></instanceState></item></instancesSet></item></reservationSet></DescribeInstancesResponse>";

    #[test]
    fn instances_are_read_with_their_names_and_states() {
        let found = instances(ANSWER);
        let read: Vec<_> = found.iter().map(|one| (one.id.as_str(), one.name.as_deref(), one.state.as_str())).collect();
        assert_eq!(read, [("i-01", Some("a & b"), "running"), ("i-02", None, "stopped")]);
        assert!(instances("<x/>").is_empty());
    }

    #[test]
    fn what_has_a_meaning_in_a_form_is_encoded() {
        let pairs = [("Filter.1.Name", "tag:a b".to_owned()), ("Filter.1.Value.1", "x&y=日".to_owned())];
        assert_eq!(form(pairs.into_iter()), "Filter.1.Name=tag%3Aa%20b&Filter.1.Value.1=x%26y%3D%E6%97%A5");
    }
}
