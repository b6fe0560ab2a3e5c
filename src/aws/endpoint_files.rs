//! Validates the endpoints of the AWS files before the first request: an invalid URL is a configuration error, not
//! a connection that fails later.

use super::connection::{Connection, aws_files};
use super::credentials::load::endpoints;
use super::profiles::Profiles;
use crate::model::Failure;
use futures_util::FutureExt as _;

/// Returns the failure for an endpoint in the files that this connection would use and that is not a URL; `None` if all are
/// valid, or if the files cannot be read, which is reported where they are needed.
pub fn invalid_setting(connection: &Connection) -> Option<Failure> {
    if connection.endpoint_url.is_some() || !aws_files(connection).has_endpoints() {
        return None;
    }
    let check = async {
        let profiles = Profiles::read(connection).await.ok()?;
        endpoints(connection, &profiles).await.err()
    };
    // The SDK reads its files synchronously, and waits for nothing else.
    Box::pin(check).now_or_never().flatten()
}
