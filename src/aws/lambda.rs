//! Lambda: the function that stops and starts an environment.

use super::budget::Class;
use super::pages::AnswerSender;
use super::session::{Action, Caller};
use super::writer::Writer;
use crate::app::operation::call::Reply;
use crate::feeds::aws::Fact;
use crate::model::timer::Power;
use crate::model::{Failure, FailureKind};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{InvocationType, LogType};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

pub(super) const GET_FUNCTION_CONFIGURATION: Action =
    Action { name: "lambda:GetFunctionConfiguration", class: Class::Lambda };
const INVOKE: Action = Action { name: "lambda:InvokeFunction", class: Class::LambdaInvoke };

/// Whether there is a function of this name.
pub(super) async fn exists(caller: &Caller<'_>, name: &str) -> Result<Reply, Failure> {
    // Its variables may be secrets: nothing of the answer is kept.
    caller
        .call(GET_FUNCTION_CONFIGURATION, |clients| {
            clients.lambda().get_function_configuration().function_name(name).send()
        })
        .await?;
    Ok(Reply::Done)
}

/// The function as the answer of a poll, where "there is no function" is an answer.
pub(super) async fn known(caller: &Caller<'_>, answers: &AnswerSender<'_>, name: &str) -> Result<(), Failure> {
    let there = match exists(caller, name).await {
        Ok(_) => true,
        Err(failure) if failure.kind == FailureKind::NotFound => false,
        Err(failure) => return Err(failure),
    };
    answers.last(Fact::Function(there)).await;
    Ok(())
}

/// Calls the function and waits for its answer and the end of its log.
pub(super) async fn invoke(writer: &Writer<'_>, function: &str, power: Power) -> Result<Reply, Failure> {
    let payload = serde_json::json!({"action": power.word()}).to_string();
    let answer = writer
        .once(INVOKE, |clients| {
            clients
                .lambda()
                .invoke()
                .function_name(function)
                .invocation_type(InvocationType::RequestResponse)
                .log_type(LogType::Tail)
                .payload(Blob::new(payload))
                .send()
        })
        .await?;
    Ok(Reply::Invoked {
        answer: answer.payload.map(|payload| text(payload.as_ref())).unwrap_or_default(),
        log: answer.log_result.as_deref().map(lines).unwrap_or_default(),
        failed: answer.function_error.filter(|kind| !kind.is_empty()),
    })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The lines of a log's end, which comes as base64. One that is not is left out: the answer counts.
fn lines(log: &str) -> Vec<String> {
    let log = BASE64_STANDARD.decode(log).unwrap_or_default();
    text(&log).lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn the_end_of_a_log_is_lines() {
        assert_eq!(lines("U1RBUlQgUmVxdWVzdElkOiAxCuaXpeacrApFTkQK"), ["START RequestId: 1", "日本", "END"]);
        assert!(lines("").is_empty() && lines("§").is_empty());
    }
}
