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

/// Whether a function with this name exists.
pub(super) async fn exists(caller: &Caller<'_>, name: &str) -> Result<Reply, Failure> {
    // Its environment variables may be secrets: nothing of the answer is kept.
    caller
        .call(GET_FUNCTION_CONFIGURATION, |clients| {
            clients.lambda().get_function_configuration().function_name(name).send()
        })
        .await?;
    Ok(Reply::Done)
}

/// Sends the function as the answer of a poll, including that it does not exist.
pub(super) async fn send_existence(caller: &Caller<'_>, answers: &AnswerSender<'_>, name: &str) -> Result<(), Failure> {
    let there = match exists(caller, name).await {
        Ok(_) => true,
        Err(failure) if failure.kind == FailureKind::NotFound => false,
        Err(failure) => return Err(failure),
    };
    answers.last(Fact::Function(there)).await;
    Ok(())
}

/// Invokes the function and waits for its answer and the end of its log.
pub(super) async fn invoke(writer: &Writer<'_>, function: &str, power: Power) -> Result<Reply, Failure> {
    let payload = serde_json::json!({"action": power.name()}).to_string();
    let answer = writer
        .send_once(INVOKE, |clients| {
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

/// Decodes the lines of a log tail in base64. An invalid one is omitted: the answer matters.
fn lines(log: &str) -> Vec<String> {
    let log = BASE64_STANDARD.decode(log).unwrap_or_default();
    text(&log).lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn log_tail_is_split_into_lines() {
        assert_eq!(lines("U1RBUlQgUmVxdWVzdElkOiAxCuaXpeacrApFTkQK"), ["START RequestId: 1", "日本", "END"]);
        assert!(lines("").is_empty() && lines("§").is_empty());
    }
}
