//! stub
use super::{ApiError, Call};
use crate::wire::Node;
pub(crate) fn call(operation: &str, _: &mut Call<'_>) -> Result<Node, ApiError> {
    Err(ApiError::unknown_operation(operation))
}
