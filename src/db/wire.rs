//! Messages of PostgreSQL's protocol 3.0 as bytes: taken apart and put together, without a socket. Source: PostgreSQL's
//! documentation, "Message Formats".

use crate::model::sql::{Column, ServerMessage, Transaction};

/// The request for TLS: its length, and the code 80877103.
pub const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
/// The end of a session.
pub const TERMINATE: [u8; 5] = [b'X', 0, 0, 0, 4];
/// The end of what is copied to the server.
pub const COPY_DONE: [u8; 5] = [b'c', 0, 0, 0, 4];
/// A message begins with its kind and its length, which counts itself.
pub const HEADER_LEN: usize = 5;

/// The kind of the message that some bytes begin with, and how many bytes it has with its head; none while the head is
/// not complete.
///
/// # Errors
/// No message is of such a length: this is another protocol.
pub fn header(bytes: &[u8]) -> Result<Option<(u8, usize)>, Malformed> {
    let Some((head, _)) = bytes.split_first_chunk::<HEADER_LEN>() else { return Ok(None) };
    let length = i32::from_be_bytes([head[1], head[2], head[3], head[4]]);
    // Source: PostgreSQL's `MaxAllocSize`: nothing is larger than a gigabyte.
    match usize::try_from(length) {
        Ok(length) if (4..=0x4000_0000).contains(&length) => Ok(Some((head[0], length + 1))),
        Ok(_) | Err(_) => Err(Malformed),
    }
}

/// The bytes are not of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer is not PostgreSQL's protocol")]
pub struct Malformed;

impl From<Malformed> for std::io::Error {
    fn from(malformed: Malformed) -> Self {
        Self::new(std::io::ErrorKind::InvalidData, malformed)
    }
}

/// A statement as the message that asks for it. It must have no NUL.
pub fn query(statement: &str) -> Vec<u8> {
    text_message(b'Q', statement)
}

/// The messages that ask which columns a statement would have, without running it: it is parsed, described, and forgotten.
pub fn describe(statement: &str) -> Vec<u8> {
    let mut parse = vec![0];
    parse.extend_from_slice(statement.as_bytes());
    // Its end, and no types of parameters.
    parse.extend_from_slice(&[0, 0, 0]);
    let mut messages = Vec::new();
    message(&mut messages, b'P', &parse);
    message(&mut messages, b'D', b"S\0");
    message(&mut messages, b'S', b"");
    messages
}

/// Why nothing is copied to the server.
pub fn copy_fail(why: &str) -> Vec<u8> {
    text_message(b'f', why)
}

/// Data that are copied to the server.
pub fn copy_data(out: &mut Vec<u8>, data: &[u8]) {
    message(out, b'd', data);
}

/// The request to cancel what a process works at: its length, the code 80877102, the process and its secret.
pub fn cancel(process: i32, secret: i32) -> [u8; 16] {
    let mut bytes = [0; 16];
    let words: [u32; 4] = [16, 80_877_102, process.cast_unsigned(), secret.cast_unsigned()];
    for (place, word) in bytes.chunks_exact_mut(4).zip(words) {
        place.copy_from_slice(&word.to_be_bytes());
    }
    bytes
}

fn message(out: &mut Vec<u8>, kind: u8, body: &[u8]) {
    out.push(kind);
    out.extend_from_slice(&(body.len() as u32 + 4).to_be_bytes());
    out.extend_from_slice(body);
}

fn text_message(kind: u8, text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + HEADER_LEN + 1);
    bytes.push(kind);
    bytes.extend_from_slice(&(text.len() as u32 + 5).to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes.push(0);
    bytes
}

/// Reads a body from its beginning.
#[derive(Debug, Clone, Copy)]
pub struct Body<'a>(pub &'a [u8]);

impl<'a> Body<'a> {
    /// So many bytes.
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number of two bytes.
    pub fn i16(&mut self) -> Option<i16> {
        self.take(2)?.try_into().ok().map(i16::from_be_bytes)
    }

    /// A number of four bytes.
    pub fn i32(&mut self) -> Option<i32> {
        self.take(4)?.try_into().ok().map(i32::from_be_bytes)
    }

    /// A text up to its NUL. Bytes that are not UTF-8 are U+FFFD.
    pub fn text(&mut self) -> Option<String> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let text = self.take(end)?;
        self.take(1)?;
        Some(String::from_utf8_lossy(text).into_owned())
    }
}

/// The columns of a `RowDescription`.
pub fn columns(body: &[u8]) -> Option<Vec<Column>> {
    let mut body = Body(body);
    let count = body.i16()?.cast_unsigned();
    let mut columns = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let name = body.text()?;
        let table_oid = body.i32()?.cast_unsigned();
        let number = body.i16()?;
        let type_oid = body.i32()?.cast_unsigned();
        let _size = body.i16()?;
        let modifier = body.i32()?;
        let _format = body.i16()?;
        columns.push(Column { name, type_oid, modifier, table_oid, number });
    }
    Some(columns)
}

/// Reads an `ErrorResponse` or a `NoticeResponse`.
pub fn server_message(body: &[u8]) -> ServerMessage {
    let mut body = Body(body);
    let mut said = ServerMessage::default();
    let mut translated = String::new();
    let mut plain = None;
    let (mut file, mut line, mut routine) = (String::new(), String::new(), String::new());
    while let Some([kind]) = body.take(1) {
        let Some(text) = body.text() else { break };
        match kind {
            b'S' => translated = text,
            // Not translated; sent since PostgreSQL 9.6.
            b'V' => plain = Some(text),
            b'C' => said.code = text,
            b'M' => said.message = text,
            b'D' => said.detail = Some(text),
            b'H' => said.hint = Some(text),
            b'P' => said.position = text.parse().ok(),
            b'p' => said.internal_position = text.parse().ok(),
            b'q' => said.internal_query = Some(text),
            b'W' => said.context = Some(text),
            b's' => said.about.push(("schema", text)),
            b't' => said.about.push(("table", text)),
            b'c' => said.about.push(("column", text)),
            b'd' => said.about.push(("datatype", text)),
            b'n' => said.about.push(("constraint", text)),
            b'F' => file = text,
            b'L' => line = text,
            b'R' => routine = text,
            // What newer servers say.
            _ => {}
        }
    }
    said.location = (!routine.is_empty()).then(|| format!("{routine}, {file}:{line}"));
    said.severity = plain.unwrap_or(translated);
    said
}

/// The state that a `ReadyForQuery` tells.
pub fn transaction(body: &[u8]) -> Transaction {
    match body.first() {
        Some(b'T') => Transaction::Open,
        Some(b'E') => Transaction::Failed,
        Some(_) | None => Transaction::Idle,
    }
}

/// The values of a `DataRow`, one after the other; none is NULL. One that is cut short ends early.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    body: Body<'a>,
    left: u16,
}

impl<'a> Fields<'a> {
    /// Reads the body of a `DataRow`.
    pub fn of(body: &'a [u8]) -> Self {
        let mut body = Body(body);
        let left = body.i16().unwrap_or_default().cast_unsigned();
        Self { body, left }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Option<&'a [u8]>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let length = self.body.i32()?;
        match usize::try_from(length) {
            Ok(length) => self.body.take(length).map(Some),
            Err(_) => Some(None),
        }
    }
}

/// The bodies of messages that lie one after the other, all of them complete.
#[derive(Debug, Clone)]
pub struct Messages<'a>(pub &'a [u8]);

impl<'a> Iterator for Messages<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let (_, length) = header(self.0).ok()??;
        let (message, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(&message[HEADER_LEN..])
    }
}

/// A `DataRow` with its head, of such values.
pub fn row<'a>(values: impl ExactSizeIterator<Item = Option<&'a [u8]>>) -> Vec<u8> {
    let mut bytes = vec![b'D', 0, 0, 0, 0];
    bytes.extend_from_slice(&(values.len() as u16).to_be_bytes());
    for value in values {
        match value {
            Some(value) => {
                bytes.extend_from_slice(&(value.len() as u32).to_be_bytes());
                bytes.extend_from_slice(value);
            }
            None => bytes.extend_from_slice(&(-1_i32).to_be_bytes()),
        }
    }
    let length = (bytes.len() as u32 - 1).to_be_bytes();
    bytes[1..HEADER_LEN].copy_from_slice(&length);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_error_has_all_that_the_server_says() {
        let body =
            b"SFEHLER\0VERROR\0C42601\0Mno\0P8\0p3\0qselect x\0WPL/pgSQL\0sapp\0tusers\0nusers_pkey\0Ffile.c\0\0";
        let said = server_message(body);
        assert_eq!((said.severity.as_str(), said.code.as_str(), said.message.as_str()), ("ERROR", "42601", "no"));
        assert_eq!((said.position, said.internal_position), (Some(8), Some(3)));
        assert_eq!(
            said.about,
            [("schema", "app".to_owned()), ("table", "users".to_owned()), ("constraint", "users_pkey".to_owned())]
        );
    }

    #[test]
    fn a_length_that_no_message_has_is_another_protocol() {
        assert_eq!(header(b"HTTP/1.1 400"), Err(Malformed));
        assert_eq!(header(b"D\0\0\0\x03"), Err(Malformed));
        assert_eq!(header(b"D\0\0"), Ok(None));
        assert_eq!(header(b"Z\0\0\0\x05I"), Ok(Some((b'Z', 6))));
    }

    #[test]
    fn a_cancel_has_the_process_and_its_secret() {
        assert_eq!(cancel(1, -1), [0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 1, 255, 255, 255, 255]);
    }

    proptest! {
        #[test]
        fn a_row_is_read_as_it_was_written(
            rows in prop::collection::vec(prop::collection::vec(prop::option::of(prop::collection::vec(any::<u8>(), 0..20)), 0..9), 0..9)
        ) {
            let bytes: Vec<u8> =
                rows.iter().flat_map(|row_values| row(row_values.iter().map(Option::as_deref))).collect();
            let read: Vec<Vec<Option<Vec<u8>>>> = Messages(&bytes)
                .map(|body| Fields::of(body).map(|value| value.map(<[u8]>::to_vec)).collect())
                .collect();
            prop_assert_eq!(read, rows);
        }

        #[test]
        fn no_bytes_are_too_wrong(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = (columns(&bytes), server_message(&bytes), transaction(&bytes), header(&bytes));
            prop_assert!(u16::try_from(Fields::of(&bytes).count()).is_ok());
            prop_assert!(Messages(&bytes).count() <= bytes.len());
        }
    }
}
