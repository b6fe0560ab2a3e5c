//! Endpoints of the AWS files, looked at before anything is asked: one that is no URL is a mistake of the configuration, and
//! no connection that fails later.

use super::connection::{Connection, texts};
use super::credentials::load::endpoints;
use super::profiles::Profiles;
use crate::model::Failure;
use futures_util::FutureExt as _;

/// The endpoint of the files that is not a URL and would be used for this connection; none where all are fine, and where
/// the files cannot be read, which is told by who needs them.
pub fn wrong_setting(connection: &Connection) -> Option<Failure> {
    if connection.endpoint_url.is_some() || !texts(connection).say_something() {
        return None;
    }
    let looked = async {
        let profiles = Profiles::read(connection).await.ok()?;
        endpoints(connection, &profiles).await.err()
    };
    // The SDK reads its files at once, and waits for nothing else.
    Box::pin(looked).now_or_never().flatten()
}
