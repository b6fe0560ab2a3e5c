//! STS: who am I. Nothing is verified; every caller is the same operator.

use super::{ApiError, Call};
use crate::ACCOUNT;
use crate::wire::{Node, map};

/// Runs an STS operation.
pub(crate) fn call(operation: &str, _: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "GetCallerIdentity" => Ok(map! {
            "UserId": "AROASIMULATEDEXAMPLE:operator",
            "Account": ACCOUNT,
            "Arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/admin/operator"),
        }),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}
