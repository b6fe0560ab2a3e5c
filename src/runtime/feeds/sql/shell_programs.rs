//! Shell commands that are not part of a statement: one that reads a text and ends, and one that results are piped into until it
//! is left (`\o |COMMAND`).

use super::program::Program;
use crate::feeds::sql::Fact;
use crate::runtime::feeds::context::FeedContext;
use crate::runtime::feeds::errors::failure_from;
use crate::runtime::feeds::sql_programs::Input;
use crate::runtime::feeds::sql_sessions::Replies;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::time::sleep;

/// How long a command may take to read pending input after it was left; then it is ended.
const GRACE: Duration = Duration::from_secs(5);

/// Runs a command to its end. With a text the command reads that; without one it receives results until it is left.
pub(super) async fn run(context: &FeedContext, replies: &Replies, number: u64, command: &str, text: Option<String>) {
    let mut program = match Program::start(command, true) {
        Ok(program) => program,
        Err(error) => return replies.failed(failure_from(format!("/bin/sh: {error}"))).await,
    };
    let mut input = program.child.stdin.take();
    if let Some(text) = text {
        if let Some(input) = &mut input {
            // A command that ends early has read what it needed, even if its child processes could still read.
            tokio::select! {
                _ = input.write_all(text.as_bytes()) => {}
                _ = program.child.wait() => {}
            }
        }
        drop(input);
    } else {
        let programs = context.sql.programs();
        let input = Input::new(input);
        programs.add(number, input.clone());
        replies.page(Fact::Done).await;
        tokio::select! {
            _ = program.child.wait() => {}
            () = context.ended() => {}
        }
        programs.remove(number);
        // A write to a command that does not read may be in progress.
        tokio::select! {
            () = input.close() => {}
            _ = program.child.wait() => {}
            () = sleep(GRACE) => {
                drop(program);
                return replies.failed(failure_from("the command did not read, and was ended".to_owned())).await;
            }
        }
    }
    match program.end().await {
        Ok(output) => replies.last(Fact::ProgramOutput(output)).await,
        Err(why) => replies.failed(failure_from(why)).await,
    }
}
