//! Answers in XML as a tree.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

/// Maximum depth of an answer; a deeper one is rejected.
const DEEPEST: usize = 64;

/// An element with its text and its children.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// The name without its namespace prefix.
    pub(super) name: String,
    /// The text directly inside it.
    pub(super) text: String,
    /// The child elements, in order.
    pub(super) children: Vec<Element>,
}

impl Element {
    /// Parses a document and returns its root element; `None` if it is not XML.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader::from_str(text);
        let mut open: Vec<Self> = Vec::new();
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => {
                    if open.len() >= DEEPEST {
                        return None;
                    }
                    open.push(named(&start));
                }
                Event::Empty(start) => {
                    let element = named(&start);
                    match open.last_mut() {
                        Some(parent) => parent.children.push(element),
                        None => return Some(element),
                    }
                }
                Event::End(_) => {
                    let element = open.pop()?;
                    match open.last_mut() {
                        Some(parent) => parent.children.push(element),
                        None => return Some(element),
                    }
                }
                Event::Text(piece) => {
                    if let Some(last) = open.last_mut() {
                        last.text.push_str(&piece);
                    }
                }
                Event::CData(piece) => {
                    if let Some(last) = open.last_mut() {
                        last.text.push_str(&piece);
                    }
                }
                Event::GeneralRef(reference) => {
                    let known = match reference.resolve_char_ref() {
                        Ok(Some(character)) => Some(character.to_string()),
                        _ => resolve_predefined_entity(&reference).map(str::to_owned),
                    };
                    if let Some(last) = open.last_mut() {
                        last.text.push_str(&known.unwrap_or_default());
                    }
                }
                Event::Eof => return None,
                _ => {}
            }
        }
    }

    /// Returns the element at a path: `instanceState/name`.
    pub(super) fn at(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |element, name| element.children.iter().find(|child| child.name == name))
    }

    /// Returns the text at a path, if present.
    pub(super) fn get(&self, path: &str) -> Option<&str> {
        self.at(path).map(|element| element.text.trim()).filter(|text| !text.is_empty())
    }

    /// Returns an owned copy of the text at a path.
    pub(super) fn get_owned(&self, path: &str) -> Option<String> {
        self.get(path).map(str::to_owned)
    }

    /// Returns the children of the element at a path; empty if it does not exist.
    pub(super) fn children_at(&self, path: &str) -> &[Self] {
        self.at(path).map_or(&[], |element| &element.children)
    }

    /// Returns the first element with this name, at any depth.
    pub(super) fn find(&self, name: &str) -> Option<&Self> {
        if self.name == name {
            return Some(self);
        }
        self.children.iter().find_map(|child| child.find(name))
    }
}

fn named(start: &BytesStart<'_>) -> Element {
    let name = start.local_name().as_ref().to_owned();
    Element { name, ..Element::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_is_read_by_path_regardless_of_namespaces() {
        let text = "<?xml version=\"1.0\"?><a:R xmlns:a=\"urn:x\"><L><item><N>a &amp; b&#33;</N></item><item><N/></item></L></a:R>";
        let tree = Element::parse(text).unwrap();
        let names: Vec<_> = tree.children_at("L").iter().map(|item| item.get("N")).collect();
        assert_eq!(names, [Some("a & b!"), None]);
        assert_eq!(tree.find("N").unwrap().text, "a & b!");
        assert!(tree.children_at("M").is_empty());
    }

    #[test]
    fn truncated_document_is_refused() {
        for text in ["", "x", "<a><b></a>", "<a>"] {
            assert_eq!(Element::parse(text), None, "{text}");
        }
        assert_eq!(Element::parse(&"<a>".repeat(1000)), None);
    }
}
