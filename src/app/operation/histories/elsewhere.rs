//! Another account, which has nothing of what an operation is about.

use crate::app::operation::call::{Answered, Call, Read, Reply};

/// The answer to a call.
pub(super) fn nothing_like(call: &Call) -> Option<Answered> {
    let nothing = match call {
        Call::Read(Read::Services { .. }) => Reply::Services(Vec::new()),
        Call::Read(Read::History { .. } | Read::Releases { .. }) => Reply::Releases(Vec::new()),
        Call::Read(Read::Tasks { .. } | Read::Task { .. }) => Reply::Tasks(Vec::new()),
        _ => return None,
    };
    Some(Answered { account: Some("2".to_owned()), ..Answered::new(Ok(nothing)) })
}
