//! The number of bytes that wait for local readers, over all connections. While it is full, reading from the WebSocket pauses.

use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;

/// The size of the reference client's receive bucket: 4 MiB.
pub(super) const LIMIT: usize = 4 << 20;

#[derive(Debug, Default)]
pub(super) struct Bucket {
    used: AtomicUsize,
    freed: Notify,
}

impl Bucket {
    pub(super) fn fill(&self, bytes: usize) {
        self.used.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn drain(&self, bytes: usize) {
        let before = self.used.fetch_sub(bytes, Ordering::Relaxed);
        if before >= LIMIT && before - bytes < LIMIT {
            self.freed.notify_one();
        }
    }

    /// Removes the given number of bytes when the returned guard is dropped.
    pub(super) fn held(&self, bytes: usize) -> Held<'_> {
        Held { bucket: self, bytes }
    }

    pub(super) fn is_full(&self) -> bool {
        self.used.load(Ordering::Relaxed) >= LIMIT
    }

    #[cfg(test)]
    pub(super) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Waits until there is room again.
    pub(super) async fn freed(&self) {
        self.freed.notified().await;
    }
}

/// Bytes that count as waiting until this guard is dropped.
#[derive(Debug)]
pub(super) struct Held<'a> {
    bucket: &'a Bucket,
    bytes: usize,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.bucket.drain(self.bytes);
    }
}
