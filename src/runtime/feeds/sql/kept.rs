//! A command of this machine's shell that is no part of a statement: one that reads a text and ends, and one that results go to
//! until it is left (`\o |COMMAND`).

use super::program::Program;
use crate::feeds::sql::Fact;
use crate::runtime::feeds::means::FeedContext;
use crate::runtime::feeds::sql_programs::Input;
use crate::runtime::feeds::sql_sessions::Tell;
use crate::runtime::feeds::trouble::failed;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::time::sleep;

/// One that is let go while somebody waits for it to read is ended after so long.
const GRACE: Duration = Duration::from_secs(5);

/// Runs a command to its end; without a text to read it is there for results until it is left.
pub(super) async fn run(means: &FeedContext, tell: &Tell, number: u64, command: &str, text: Option<String>) {
    let mut program = match Program::start(command, true) {
        Ok(program) => program,
        Err(error) => return tell.failed(failed(format!("/bin/sh: {error}"))).await,
    };
    let mut input = program.child.stdin.take();
    if let Some(text) = text {
        if let Some(input) = &mut input {
            // One that does not want all of it has what it wanted, also where what it started could still read.
            tokio::select! {
                _ = input.write_all(text.as_bytes()) => {}
                _ = program.child.wait() => {}
            }
        }
        drop(input);
    } else {
        let programs = means.sql.programs();
        let input = Input::new(input);
        programs.add(number, input.clone());
        tell.page(Fact::Done).await;
        tokio::select! {
            _ = program.child.wait() => {}
            () = means.ended() => {}
        }
        programs.remove(number);
        // Somebody may still write, to one that does not read.
        tokio::select! {
            () = input.close() => {}
            _ = program.child.wait() => {}
            () = sleep(GRACE) => {
                drop(program);
                return tell.failed(failed("the command did not read, and was ended".to_owned())).await;
            }
        }
    }
    match program.end().await {
        Ok(said) => tell.last(Fact::Said(said)).await,
        Err(why) => tell.failed(failed(why)).await,
    }
}
