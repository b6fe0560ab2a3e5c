//! (stand-in until the room's own arrives)
use super::session::Session;
use crate::app::operation::call::{Answered, Read, Reply, Write};
use crate::model::{Failure, FailureKind};
impl Session {
    /// x
    pub async fn read(&self, _: Read) -> Result<Reply, Failure> {
        Err(Failure::new(FailureKind::Other, ""))
    }
    /// x
    pub async fn write(&self, _: Write, _: Option<String>) -> Answered {
        Answered { outcome: Err(Failure::new(FailureKind::Other, "")), request_ids: vec![] }
    }
}
