//! Paging: sorted keys, a page size, and opaque tokens that contain the last key returned. The operations define
//! which of them have pages, and their sizes.

use crate::rng;
use std::fmt::Write as _;

/// A page of items and the token of the next page.
pub(crate) type Page<T> = (Vec<T>, Option<String>);

/// The page after `token` of items sorted by key. `None` if the token was not issued here.
pub(crate) fn page<T>(items: impl Iterator<Item = (String, T)>, token: Option<&str>, size: usize) -> Option<Page<T>> {
    let after = match token {
        Some(token) => Some(decode(token)?),
        None => None,
    };
    let mut rest = items.skip_while(|(key, _)| after.as_ref().is_some_and(|a| key <= a)).peekable();
    let mut out = Vec::new();
    let mut last = None;
    while out.len() < size {
        let Some((key, item)) = rest.next() else { break };
        out.push(item);
        last = Some(key);
    }
    let next = last.filter(|_| rest.peek().is_some()).map(|key| encode(&key));
    Some((out, next))
}

/// Encodes a key as an opaque token.
pub(crate) fn encode(key: &str) -> String {
    let mut out = format!("{:08x}", check(key));
    for (i, byte) in key.bytes().enumerate() {
        let _ = write!(out, "{:02x}", byte ^ mask(i));
    }
    out
}

/// The key in a token, if the token was issued here.
pub(crate) fn decode(token: &str) -> Option<String> {
    let (sum, hex) = (token.get(..8)?, token.get(8..)?);
    let bytes: Option<Vec<u8>> = (0..hex.len() / 2)
        .map(|i| u8::from_str_radix(hex.get(2 * i..2 * i + 2)?, 16).ok().map(|b| b ^ mask(i)))
        .collect();
    let key = String::from_utf8(bytes?).ok()?;
    (u32::from_str_radix(sum, 16).ok()? == check(&key)).then_some(key)
}

fn check(key: &str) -> u32 {
    rng::hash(77, key) as u32
}

fn mask(i: usize) -> u8 {
    rng::mix(i as u64) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cover_every_item_once() {
        let items = || (0..25).map(|i| (format!("k{i:03}"), i));
        let mut token = None;
        let mut seen = Vec::new();
        let mut pages = 0;
        loop {
            let (page, next) = page(items(), token.as_deref(), 10).unwrap();
            seen.extend(page);
            pages += 1;
            token = next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!((seen.len(), pages), (25, 3));
        assert_eq!(seen, (0..25).collect::<Vec<_>>());
        // An exact multiple has no empty last page.
        assert!(page((0..10).map(|i| (format!("{i}"), i)), None, 10).unwrap().1.is_none());
    }

    #[test]
    fn foreign_tokens_are_refused() {
        assert_eq!(decode(&encode("日本")).as_deref(), Some("日本"));
        for bad in ["", "x", "00000000", "zzzzzzzz00", "日本語日本語"] {
            assert!(page(std::iter::empty::<(String, ())>(), Some(bad), 1).is_none(), "{bad}");
        }
    }
}
