//! Protocols in XML of services without a crate here, over requests that are signed by hand (`signed`): forms, and paths.

use super::session::{Action, Session};
use super::signed::{FORM, Signed, refused};
use super::xml::Element;
use crate::app::effect::Lane;
use crate::model::{Failure, FailureKind};

/// The content of a request in XML.
const XML: &str = "application/xml";

/// A service: its name in a signature and a host, and the region that it is asked in instead of the environment's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Service(pub(super) &'static str, pub(super) Option<&'static str>);

impl Session {
    /// A request of the query protocol; its answer.
    pub(super) async fn query_protocol(
        &self,
        action: &'static str,
        service: Service,
        version: &str,
        parameters: &[(&str, String)],
    ) -> Result<Element, Failure> {
        let pairs = [("Action", operation(action).to_owned()), ("Version", version.to_owned())].into_iter();
        let body = form(pairs.chain(parameters.iter().map(|(key, value)| (*key, value.clone()))));
        let request = Signed { action, service: service.0, region: service.1, content: FORM, target: None, body };
        xml(action, self.signed(request).await?)
    }

    /// A request of a service with paths and XML; its answer.
    pub(super) async fn rest_xml(
        &self,
        Action { name: action, class }: Action,
        service: Service,
        (method, path): (&str, &str),
        body: String,
    ) -> Result<Element, Failure> {
        self.0.take(class, Lane::Operator).await;
        let content = if body.is_empty() { "" } else { XML };
        let request = Signed { action, service: service.0, region: service.1, content, target: None, body };
        xml(action, self.signed_at(request, method, path).await?)
    }
}

/// What an answer that is none says.
fn said(action: &str, status: u16, answer: &str) -> Failure {
    let tree = Element::parse(answer).unwrap_or_default();
    let text = |name: &str| tree.find(name).map(|found| found.text.clone()).unwrap_or_default();
    let code = Some(text("Code")).filter(|code| !code.is_empty()).unwrap_or_else(|| format!("HTTP {status}"));
    refused(action, status, &code, &text("Message"))
}

fn xml(action: &str, (status, answer): (u16, String)) -> Result<Element, Failure> {
    if !(200..300).contains(&status) {
        return Err(said(action, status, &answer));
    }
    let malformed = || Failure::new(FailureKind::Malformed, format!("{action}: the answer is not XML"));
    Element::parse(&answer).ok_or_else(malformed)
}

/// `DescribeInstances` of `ec2:DescribeInstances`.
fn operation(action: &str) -> &str {
    action.rsplit(':').next().unwrap_or_default()
}

/// As a form is sent.
fn form<'a>(pairs: impl Iterator<Item = (&'a str, String)>) -> String {
    pairs.map(|(key, value)| format!("{}={}", encoded(key), encoded(&value))).collect::<Vec<_>>().join("&")
}

/// As a path or a form has it.
pub(super) fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_in_a_form_is_encoded() {
        let pairs = [("Filter.1.Name", "tag:a b".to_owned()), ("Filter.1.Value.1", "x&y=日".to_owned())];
        assert_eq!(form(pairs.into_iter()), "Filter.1.Name=tag%3Aa%20b&Filter.1.Value.1=x%26y%3D%E6%97%A5");
    }

    #[test]
    fn a_refusal_is_read_and_names_its_action() {
        let ec2 = "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>not &quot;you&quot;</Message></Error></Errors></Response>";
        let read = said("ec2:DescribeInstances", 403, ec2);
        assert_eq!(
            (read.kind, read.message.as_str()),
            (FailureKind::Denied, "ec2:DescribeInstances: not \"you\" (UnauthorizedOperation)")
        );
        assert!(said("acm:X", 502, "<html>").message.contains("HTTP 502"));
    }
}
