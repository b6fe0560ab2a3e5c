//! The AWS query protocol: form fields in, XML out, times as ISO 8601. The envelopes of answers and errors are part
//! of the format and are built here too.

use super::Node;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Decodes a form body into a tree: `A.member.2.B=x` becomes nested maps and lists.
pub(crate) fn decode(body: &str) -> Node {
    let mut root = Node::empty();
    for pair in body.split('&').filter(|p| !p.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = unescape(key);
        let path: Vec<&str> = key.split('.').collect();
        insert(&mut root, &path, unescape(value));
    }
    root
}

/// More elements than any operation accepts; a larger index is treated as a name.
const MAX_INDEX: usize = 10_000;

fn insert(node: &mut Node, path: &[&str], value: String) {
    let Some((head, rest)) = path.split_first() else {
        *node = Node::Str(value);
        return;
    };
    let index = head.parse::<usize>().ok().filter(|i| (1..=MAX_INDEX).contains(i));
    if let Some(index) = index {
        if !matches!(node, Node::List(..)) {
            *node = Node::List("member", Vec::new());
        }
        if let Node::List(_, items) = node {
            while items.len() < index {
                items.push(Node::Null);
            }
            insert(&mut items[index - 1], rest, value);
        }
        return;
    }
    if !matches!(node, Node::Map(_)) {
        *node = Node::empty();
    }
    if let Node::Map(fields) = node {
        let at = fields.iter().position(|(k, _)| k == head).unwrap_or_else(|| {
            fields.push((Cow::Owned((*head).to_owned()), Node::Null));
            fields.len() - 1
        });
        insert(&mut fields[at].1, rest, value);
    }
}

/// Decodes form encoding: `+` is a space, `%XX` a byte; invalid UTF-8 becomes U+FFFD.
pub(crate) fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = (bytes[i] == b'%')
            .then(|| bytes.get(i + 1..i + 3))
            .flatten()
            .and_then(|h| std::str::from_utf8(h).ok())
            .and_then(|h| u8::from_str_radix(h, 16).ok());
        match (bytes[i], hex) {
            (_, Some(byte)) => {
                out.push(byte);
                i += 2;
            }
            (b'+', None) => out.push(b' '),
            (byte, None) => out.push(byte),
        }
        i += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The namespace of EC2, which has its own envelopes.
pub(crate) const EC2: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

/// Encodes the envelope of a successful answer.
pub(crate) fn encode(action: &str, namespace: &str, node: &Node, request_id: &str) -> Vec<u8> {
    let mut out = String::with_capacity(1024);
    if namespace == EC2 {
        let _ = write!(out, "<{action}Response xmlns=\"{namespace}\"><requestId>{request_id}</requestId>");
        fields(node, &mut out);
        let _ = write!(out, "</{action}Response>");
        return out.into_bytes();
    }
    let _ = write!(out, "<{action}Response xmlns=\"{namespace}\"><{action}Result>");
    fields(node, &mut out);
    let _ = write!(
        out,
        "</{action}Result><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{action}Response>"
    );
    out.into_bytes()
}

/// Encodes a document of a service with paths: its root element and its content.
pub(crate) fn document(root: &str, namespace: &str, node: &Node) -> Vec<u8> {
    let mut out = String::with_capacity(1024);
    let _ = write!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"{namespace}\">");
    fields(node, &mut out);
    let _ = write!(out, "</{root}>");
    out.into_bytes()
}

/// Encodes the envelope of an error.
pub(crate) fn encode_error(namespace: &str, sender: bool, code: &str, message: &str, request_id: &str) -> Vec<u8> {
    let kind = if sender { "Sender" } else { "Receiver" };
    let (code, message) = (escape(code), escape(message));
    if namespace == EC2 {
        return format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors><RequestID>{request_id}</RequestID></Response>"
        )
        .into_bytes();
    }
    format!(
        "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>{kind}</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    .into_bytes()
}

/// Escapes text for XML 1.0; control characters that XML cannot contain become U+FFFD.
fn escape(text: &str) -> Cow<'_, str> {
    let bad = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if text.contains(bad) {
        let clean = text.replace(bad, "\u{fffd}");
        return Cow::Owned(quick_xml::escape::escape(clean.as_str()).into_owned());
    }
    quick_xml::escape::escape(text)
}

fn fields(node: &Node, out: &mut String) {
    if let Node::Map(entries) = node {
        for (key, value) in entries.iter().filter(|(_, v)| *v != Node::Null) {
            element(key, value, out);
        }
    }
}

fn element(name: &str, node: &Node, out: &mut String) {
    let _ = write!(out, "<{name}>");
    match node {
        Node::Null | Node::Json(_) => {}
        Node::Bool(b) => {
            let _ = write!(out, "{b}");
        }
        Node::Int(i) => {
            let _ = write!(out, "{i}");
        }
        Node::Float(f) => {
            let _ = write!(out, "{f:?}");
        }
        Node::Str(s) => out.push_str(&escape(s)),
        Node::Time(t) => {
            let _ = write!(out, "{t:.3}");
        }
        Node::List(item, items) => {
            for entry in items {
                element(item, entry, out);
            }
        }
        Node::Map(_) => fields(node, out),
    }
    let _ = write!(out, "</{name}>");
}

#[cfg(test)]
mod tests {
    use super::super::{list, map, named_list};
    use super::*;
    use crate::clock::timestamp;

    #[test]
    fn nested_form_fields_are_decoded() {
        let node = decode(
            "Action=DescribeDBClusters&Filters.Filter.1.Name=db-cluster-id&Filters.Filter.1.Values.Value.1=a%2Bb+%E6%97%A5&TargetGroupArns.member.2=y&TargetGroupArns.member.1=x&MaxRecords=20",
        );
        assert_eq!(node.str("Action"), Some("DescribeDBClusters"));
        assert_eq!(node.int("MaxRecords"), Some(20));
        assert_eq!(node.strings("TargetGroupArns"), ["x", "y"]);
        let filter = &node.items("Filters")[0];
        assert_eq!(filter.str("Name"), Some("db-cluster-id"));
        assert_eq!(filter.strings("Values"), ["a+b 日"]);
        assert_eq!(decode("a=%zz&b=%&&=").str("a"), Some("%zz"));
        assert!(decode("a.99999999999=1").get("a").is_some());
    }

    #[test]
    fn xml_is_escaped() {
        let node = map! {
            "Name": "<日本 & \u{1b}>", "At": timestamp(5), "On": true, "None": None::<i64>,
            "Arns": list(["a"]), "DBClusters": named_list("DBCluster", [map! {"Port": 5432}]),
        };
        let xml = String::from_utf8(encode("Get", "urn:x", &node, "r-1")).unwrap();
        assert_eq!(
            xml,
            "<GetResponse xmlns=\"urn:x\"><GetResult><Name>&lt;日本 &amp; \u{fffd}&gt;</Name><At>1970-01-01T00:00:00.005Z</At><On>true</On><Arns><member>a</member></Arns><DBClusters><DBCluster><Port>5432</Port></DBCluster></DBClusters></GetResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></GetResponse>"
        );
        let error = String::from_utf8(encode_error("urn:x", true, "C", "a<b", "r")).unwrap();
        assert!(error.contains("<Message>a&lt;b</Message>"));
    }
}
