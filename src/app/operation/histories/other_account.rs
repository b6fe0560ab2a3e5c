//! Another account, which has nothing that an operation looks for.

use crate::app::operation::call::{Call, CallResult, Read, Reply};

/// The empty answer to a call.
pub(super) fn empty_answer(call: &Call) -> Option<CallResult> {
    let nothing = match call {
        Call::Read(Read::Services { .. }) => Reply::Services(Vec::new()),
        Call::Read(Read::History { .. } | Read::Releases { .. }) => Reply::Releases(Vec::new()),
        Call::Read(Read::Tasks { .. } | Read::Task { .. }) => Reply::Tasks(Vec::new()),
        _ => return None,
    };
    Some(CallResult { account: Some("2".to_owned()), ..CallResult::new(Ok(nothing)) })
}
