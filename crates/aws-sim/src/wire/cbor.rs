//! Smithy RPC v2 CBOR bodies: definite and indefinite lengths are decoded, definite ones encoded; a time is tag 1
//! with epoch seconds. Paths and headers belong to `dispatch`.

use super::Node;
use crate::clock::timestamp;
use minicbor::data::{Tag, Type};
use minicbor::decode::Error;
use minicbor::{Decoder, Encoder};
use std::borrow::Cow;

/// The maximum nesting depth of a request.
const MAX_DEPTH: u32 = 32;

/// Decodes a request body; an empty one is an empty map.
pub(crate) fn decode(body: &[u8]) -> Result<Node, String> {
    if body.is_empty() {
        return Ok(Node::empty());
    }
    let mut decoder = Decoder::new(body);
    let node = value(&mut decoder, 0).map_err(|e| e.to_string())?;
    match node {
        Node::Map(_) => Ok(node),
        _ => Err("the body is not a map".to_owned()),
    }
}

fn value(d: &mut Decoder<'_>, depth: u32) -> Result<Node, Error> {
    if depth > MAX_DEPTH {
        return Err(Error::message("nested too deep"));
    }
    Ok(match d.datatype()? {
        Type::Bool => Node::Bool(d.bool()?),
        // No operation takes bytes.
        Type::Null | Type::Undefined | Type::Bytes | Type::BytesIndef => {
            d.skip()?;
            Node::Null
        }
        Type::F16 | Type::F32 | Type::F64 => Node::Float(match d.datatype()? {
            Type::F16 => d.f16()?.into(),
            Type::F32 => d.f32()?.into(),
            _ => d.f64()?,
        }),
        Type::String | Type::StringIndef => {
            let mut text = String::new();
            for part in d.str_iter()? {
                text.push_str(part?);
            }
            Node::Str(text)
        }
        Type::Array | Type::ArrayIndef => {
            let length = d.array()?;
            let mut items = Vec::new();
            while more(d, length, items.len())? {
                items.push(value(d, depth + 1)?);
            }
            Node::List("member", items)
        }
        Type::Map | Type::MapIndef => {
            let length = d.map()?;
            let mut fields = Vec::new();
            while more(d, length, fields.len())? {
                let Node::Str(key) = value(d, depth + 1)? else {
                    return Err(Error::message("a key is not text"));
                };
                fields.push((Cow::Owned(key), value(d, depth + 1)?));
            }
            Node::Map(fields)
        }
        Type::Tag => {
            let tag = d.tag()?;
            match (tag == Tag::new(1), value(d, depth + 1)?) {
                (true, Node::Int(s)) => Node::Time(timestamp(s.saturating_mul(1000))),
                (true, Node::Float(s)) => Node::Time(timestamp((s * 1000.0) as i64)),
                (_, other) => other,
            }
        }
        _ => Node::Int(i64::try_from(i128::from(d.int()?)).unwrap_or(i64::MAX)),
    })
}

/// Whether another element follows; consumes the break of an indefinite length.
fn more(d: &mut Decoder<'_>, length: Option<u64>, done: usize) -> Result<bool, Error> {
    match length {
        Some(n) => Ok((done as u64) < n),
        None if d.datatype()? == Type::Break => {
            d.skip()?;
            Ok(false)
        }
        None => Ok(true),
    }
}

/// Encodes a node as CBOR.
pub(crate) fn encode(node: &Node) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::with_capacity(512));
    // Writing to a vector cannot fail.
    let _ = write(&mut encoder, node);
    encoder.into_writer()
}

type Written = Result<(), minicbor::encode::Error<std::convert::Infallible>>;

fn write(e: &mut Encoder<Vec<u8>>, node: &Node) -> Written {
    match node {
        Node::Null | Node::Json(_) => e.null()?,
        Node::Bool(b) => e.bool(*b)?,
        Node::Int(i) => e.i64(*i)?,
        Node::Float(f) => e.f64(*f)?,
        Node::Str(s) => e.str(s)?,
        Node::Time(t) => e.tag(Tag::new(1))?.f64(t.as_millisecond() as f64 / 1000.0)?,
        Node::List(_, items) => {
            e.array(items.len() as u64)?;
            for item in items {
                write(e, item)?;
            }
            e
        }
        Node::Map(fields) => {
            let fields: Vec<_> = fields.iter().filter(|(_, v)| *v != Node::Null).collect();
            e.map(fields.len() as u64)?;
            for (key, value) in fields {
                e.str(key)?;
                write(e, value)?;
            }
            e
        }
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{list, map};
    use super::*;

    #[test]
    fn encoded_cbor_decodes_to_the_same_node() {
        let node = map! {
            "s": "日本 🚀", "i": -3, "f": 0.25, "b": false, "t": timestamp(1_700_000_000_500),
            "l": list([1, 2]), "m": map! {"k": "v"},
        };
        assert_eq!(decode(&encode(&node)).unwrap(), node);
    }

    #[test]
    fn indefinite_lengths_and_half_floats_are_decoded() {
        // {_ "a": [_ 1, 2], "t": 1(1000), "h": 1.5 (f16), "s": (_ "x", "y")}
        let body = b"\xbf\x61a\x9f\x01\x02\xff\x61t\xc1\x19\x03\xe8\x61h\xf9\x3e\x00\x61s\x7f\x61x\x61y\xff\xff";
        let node = decode(body).unwrap();
        assert_eq!(node.items("a"), [Node::Int(1), Node::Int(2)]);
        assert_eq!(node.time("t"), Some(timestamp(1_000_000)));
        assert_eq!(node.get("h"), Some(&Node::Float(1.5)));
        assert_eq!(node.str("s"), Some("xy"));
    }

    #[test]
    fn refuses_garbage() {
        assert!(decode(b"\x01").is_err());
        assert!(decode(b"\xbf\x61a").is_err());
        assert!(decode(&[0x9f; 200]).is_err());
        assert!(decode(b"\xa1\x01\x01").is_err());
        assert_eq!(decode(b"").unwrap(), Node::empty());
    }
}
