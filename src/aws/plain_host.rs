//! The host of a live tail on an endpoint that was configured.

use aws_sdk_cloudwatchlogs::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_cloudwatchlogs::config::{ConfigBag, Intercept, RuntimeComponents};
use std::error::Error;

/// The SDK puts `stream-` before the host even of an endpoint that was configured, which is then
/// another host. Takes it away again.
#[derive(Debug)]
pub(super) struct PlainHost;

impl Intercept for PlainHost {
    fn name(&self) -> &'static str {
        "PlainHost"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), Box<dyn Error + Send + Sync + 'static>> {
        let request = context.request_mut();
        if let Some(plain) = without_stream(request.uri()) {
            request.set_uri(plain)?;
        }
        Ok(())
    }
}

/// The address without `stream-` before its host, if that is there.
fn without_stream(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once("://")?;
    Some(format!("{scheme}://{}", rest.strip_prefix("stream-")?))
}

#[cfg(test)]
mod tests {
    use super::without_stream;

    #[test]
    fn the_streaming_host_prefix_is_removed_for_plain_http() {
        assert_eq!(without_stream("http://stream-127.0.0.1:4566/").as_deref(), Some("http://127.0.0.1:4566/"));
        assert_eq!(without_stream("http://127.0.0.1:4566/stream-"), None);
    }
}
