//! Answers in XML as a tree.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

/// Deeper than any answer; what is deeper is none.
const DEEPEST: usize = 64;

/// An element with its text and the elements in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// Without the prefix of its namespace.
    pub(super) name: String,
    /// The text directly inside it.
    pub(super) text: String,
    /// The elements in it, in their order.
    pub(super) children: Vec<Element>,
}

impl Element {
    /// The outermost element of a document; none where it is no XML.
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

    /// The element at a path: `instanceState/name`.
    pub(super) fn at(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |element, name| element.children.iter().find(|child| child.name == name))
    }

    /// The text at a path, where it has one.
    pub(super) fn get(&self, path: &str) -> Option<&str> {
        self.at(path).map(|element| element.text.trim()).filter(|text| !text.is_empty())
    }

    /// The text at a path as it is kept.
    pub(super) fn owned(&self, path: &str) -> Option<String> {
        self.get(path).map(str::to_owned)
    }

    /// The elements in the one at a path; none where there is no such.
    pub(super) fn all(&self, path: &str) -> &[Self] {
        self.at(path).map_or(&[], |element| &element.children)
    }

    /// The first element of this name, however deep.
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
    fn an_answer_is_read_by_paths_whatever_its_namespaces() {
        let text = "<?xml version=\"1.0\"?><a:R xmlns:a=\"urn:x\"><L><item><N>a &amp; b&#33;</N></item><item><N/></item></L></a:R>";
        let tree = Element::parse(text).unwrap();
        let names: Vec<_> = tree.all("L").iter().map(|item| item.get("N")).collect();
        assert_eq!(names, [Some("a & b!"), None]);
        assert_eq!(tree.find("N").unwrap().text, "a & b!");
        assert!(tree.all("M").is_empty());
    }

    #[test]
    fn a_document_that_breaks_off_is_refused() {
        for text in ["", "x", "<a><b></a>", "<a>"] {
            assert_eq!(Element::parse(text), None, "{text}");
        }
        assert_eq!(Element::parse(&"<a>".repeat(1000)), None);
    }
}
