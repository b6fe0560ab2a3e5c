//! Decoding of XML requests: elements become fields, repeated elements become a list.

use super::Node;
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use std::borrow::Cow;

/// An open element: its name, its text, its children.
type Open = (String, String, Vec<(String, Node)>);

/// Decodes a document; its root element is omitted.
pub(crate) fn decode(body: &[u8]) -> Result<Node, String> {
    let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Open> = Vec::new();
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) => {
                let name = start.local_name().as_ref().to_owned();
                open.push((name, String::new(), Vec::new()));
            }
            Event::Empty(start) => {
                let name = start.local_name().as_ref().to_owned();
                match open.last_mut() {
                    Some((_, _, inside)) => inside.push((name, Node::Str(String::new()))),
                    None => return Ok(Node::empty()),
                }
            }
            Event::Text(piece) => {
                if let Some((_, text, _)) = open.last_mut() {
                    text.push_str(&piece);
                }
            }
            Event::GeneralRef(reference) => {
                let known = match reference.resolve_char_ref() {
                    Ok(Some(character)) => Some(character.to_string()),
                    _ => resolve_predefined_entity(&reference).map(str::to_owned),
                };
                if let Some((_, text, _)) = open.last_mut() {
                    text.push_str(&known.unwrap_or_default());
                }
            }
            Event::End(_) => {
                let (name, text, inside) = open.pop().ok_or("an element ends that did not begin")?;
                let node = if inside.is_empty() { Node::Str(text.trim().to_owned()) } else { gathered(inside) };
                match open.last_mut() {
                    Some((_, _, around)) => around.push((name, node)),
                    None => return Ok(node),
                }
            }
            Event::Eof => return Err("the document breaks off".to_owned()),
            _ => {}
        }
    }
}

/// Combines repeated elements into lists.
fn gathered(inside: Vec<(String, Node)>) -> Node {
    let mut fields: Vec<(Cow<'static, str>, Node)> = Vec::new();
    for (name, node) in inside {
        match fields.iter_mut().find(|(known, _)| *known == name) {
            None => fields.push((Cow::Owned(name), node)),
            Some((_, Node::List(_, items))) => items.push(node),
            Some((_, one)) => {
                let first = std::mem::replace(one, Node::Null);
                *one = Node::List("member", vec![first, node]);
            }
        }
    }
    Node::Map(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_elements_become_a_list() {
        let node = decode(b"<?xml version=\"1.0\"?><B xmlns=\"urn:x\"><Q>2</Q><Items><Path>/a&amp;b</Path><Path>/c</Path></Items></B>").unwrap();
        assert_eq!(node.str("Q"), Some("2"));
        assert_eq!(node.get("Items").unwrap().strings("Path"), ["/a&b", "/c"]);
        assert!(decode(b"<a><b></b>").is_err());
    }
}
