//! STS: the identity of the credentials.

use super::budget::Class;
use super::pages::AnswerSender;
use super::session::{Action, Caller};
use crate::feeds::aws::Fact;
use crate::model::{Failure, FailureKind, Identity};

/// Needs no permission: AWS answers it even if a policy denies it.
pub(super) const GET_CALLER_IDENTITY: Action = Action { name: "sts:GetCallerIdentity", class: Class::Sts };

/// Sends the account and the identity, and the expiry of the credentials.
pub(super) async fn identity(caller: &Caller<'_>, answers: &AnswerSender<'_>) -> Result<(), Failure> {
    // The expiry is sent even without an answer.
    if caller.session.current().load(&caller.session.0).await.is_ok() {
        answers.page(Fact::Endpoints(caller.endpoints())).await;
    }
    answers.last(Fact::Identity(caller_identity(caller).await?)).await;
    Ok(())
}

/// Returns the identity of these credentials.
pub(super) async fn caller_identity(caller: &Caller<'_>) -> Result<Identity, Failure> {
    let answer = caller.call(GET_CALLER_IDENTITY, |clients| clients.sts().get_caller_identity().send()).await?;
    let (Some(account), Some(arn)) = (answer.account, answer.arn) else {
        return Err(Failure::new(
            FailureKind::Malformed,
            format!("{}: the answer names no account", GET_CALLER_IDENTITY.name),
        ));
    };
    let expires = caller.session.credentials_expire();
    let (region, endpoints) = (caller.session.region(), caller.endpoints());
    Ok(Identity { account, arn, expires, region, endpoints })
}
