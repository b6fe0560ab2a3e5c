//! The protocols of hand-signed requests (`signed`): forms and paths with XML, and JSON.

use super::failure::{Context, of_answer};
use super::session::{Action, Caller};
use super::signed::{Answer, Request, Service};
use super::xml::Element;
use crate::model::{Failure, FailureKind};
use serde_json::Value;

/// The content type of the query protocol.
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
/// The content type of a request in XML.
const XML: &str = "application/xml";
/// The content type of JSON 1.1.
const JSON: &str = "application/x-amz-json-1.1";

/// Builds a request of the query protocol.
pub(super) fn query(action: Action, service: Service, version: &str, parameters: &[(&str, String)]) -> Request {
    let pairs = [("Action", operation(action).to_owned()), ("Version", version.to_owned())].into_iter();
    let body = form(pairs.chain(parameters.iter().map(|(key, value)| (*key, value.clone()))));
    Request { action, service, method: "POST", path: "/".to_owned(), content_type: FORM, target: None, body }
}

/// Builds a request of a service with paths and XML.
pub(super) fn rest(
    action: Action,
    service: Service,
    method: &'static str,
    path: impl Into<String>,
    body: String,
) -> Request {
    let content = if body.is_empty() { "" } else { XML };
    Request { action, service, method, path: path.into(), content_type: content, target: None, body }
}

/// Builds a request of JSON 1.1; `target` precedes the operation's name in `X-Amz-Target`.
pub(super) fn json(action: Action, service: Service, target: &str, body: &Value) -> Request {
    let target = Some(format!("{target}.{}", operation(action)));
    Request {
        action,
        service,
        method: "POST",
        path: "/".to_owned(),
        content_type: JSON,
        target,
        body: body.to_string(),
    }
}

impl Caller<'_> {
    /// Executes a read with an XML answer.
    ///
    /// # Errors
    /// The request is refused or unanswered, or the answer is not XML.
    pub(super) async fn xml(&self, request: &Request) -> Result<Element, Failure> {
        self.send_signed(request, parse_xml).await
    }

    /// Executes a read with a JSON answer.
    ///
    /// # Errors
    /// The request is refused or unanswered, or the answer is not JSON.
    pub(super) async fn json(&self, request: &Request) -> Result<Value, Failure> {
        self.send_signed(request, parse_json).await
    }
}

/// Parses an answer in XML.
pub(super) fn parse_xml(action: Action, context: &Context, answer: &Answer) -> Result<Element, Failure> {
    let tree = Element::parse(&answer.text);
    if (200..300).contains(&answer.status) {
        return tree.ok_or_else(|| not(action, "XML"));
    }
    let tree = tree.unwrap_or_default();
    let text = |name: &str| tree.find(name).map(|found| found.text.clone()).unwrap_or_default();
    Err(of_answer(action.name, context, answer.status, &text("Code"), &text("Message")))
}

/// Parses an answer in JSON.
pub(super) fn parse_json(action: Action, context: &Context, answer: &Answer) -> Result<Value, Failure> {
    let tree = serde_json::from_str::<Value>(&answer.text);
    if (200..300).contains(&answer.status) {
        return tree.map_err(|_| not(action, "JSON"));
    }
    let tree = tree.unwrap_or_default();
    let text = |key: &str| tree.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let code = text("__type");
    let code = code.rsplit('#').next().unwrap_or_default();
    let message = Some(text("message")).filter(|text| !text.is_empty()).unwrap_or_else(|| text("Message"));
    Err(of_answer(action.name, context, answer.status, code, &message))
}

fn not(action: Action, what: &str) -> Failure {
    Failure::new(FailureKind::Malformed, format!("{}: the answer is not {what}", action.name))
}

/// The operation of an action: `DescribeInstances` of `ec2:DescribeInstances`.
fn operation(action: Action) -> &'static str {
    action.name.rsplit(':').next().unwrap_or_default()
}

/// Encodes pairs as `application/x-www-form-urlencoded`.
fn form<'a>(pairs: impl Iterator<Item = (&'a str, String)>) -> String {
    pairs
        .map(|(key, value)| format!("{}={}", percent_encode(key), percent_encode(&value)))
        .collect::<Vec<_>>()
        .join("&")
}

/// Encodes a text for a path or a form.
pub(super) fn percent_encode(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::budget::Class;

    const ACTION: Action = Action { name: "sts:GetCallerIdentity", class: Class::Sts };

    fn context() -> Context {
        Context {
            profile: "profile dev".into(),
            renewal_hint: "run aws sso login".into(),
            fixed: false,
            from_variables: false,
            from_sign_in: false,
            endpoints: crate::model::Endpoints::default(),
        }
    }

    fn answer(status: u16, text: &str) -> Answer {
        Answer { status, text: text.to_owned(), id: None }
    }

    #[test]
    fn reserved_form_characters_are_encoded() {
        let pairs = [("Filter.1.Name", "tag:a b".to_owned()), ("Filter.1.Value.1", "x&y=日".to_owned())];
        assert_eq!(form(pairs.into_iter()), "Filter.1.Name=tag%3Aa%20b&Filter.1.Value.1=x%26y%3D%E6%97%A5");
    }

    #[test]
    fn xml_refusal_is_parsed_and_names_its_action() {
        let ec2 = "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>not &quot;you&quot;</Message></Error></Errors></Response>";
        let read = parse_xml(ACTION, &context(), &answer(403, ec2)).unwrap_err();
        assert_eq!(read.kind, FailureKind::Denied);
        assert_eq!(read.message, "sts:GetCallerIdentity: not allowed: not \"you\" (UnauthorizedOperation)");
        let broken = parse_xml(ACTION, &context(), &answer(502, "<html>")).unwrap_err();
        assert!(broken.kind == FailureKind::Service && broken.message.contains("HTTP 502"), "{broken}");
        assert_eq!(parse_xml(ACTION, &context(), &answer(200, "<a>")).unwrap_err().kind, FailureKind::Malformed);
    }

    #[test]
    fn json_refusal_is_parsed_and_names_the_profile_to_renew() {
        let text = r#"{"__type": "com.amazon#ExpiredTokenException", "Message": "expired"}"#;
        let read = parse_json(ACTION, &context(), &answer(400, text)).unwrap_err();
        assert_eq!(read.kind, FailureKind::Credentials);
        assert!(read.message.contains("profile dev") && read.hint().contains("aws sso login"), "{read:?}");
        assert_eq!(parse_json(ACTION, &context(), &answer(200, "<html>")).unwrap_err().kind, FailureKind::Malformed);
    }
}
