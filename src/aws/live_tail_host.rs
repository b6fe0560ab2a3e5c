//! The host of a live tail on a configured endpoint.

use aws_sdk_cloudwatchlogs::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_cloudwatchlogs::config::{ConfigBag, Intercept, RuntimeComponents};
use std::error::Error;

/// The SDK prepends `stream-` even to the host of a configured endpoint, which makes it
/// another host. This removes the prefix again.
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

/// The address without `stream-` before its host, if present.
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
