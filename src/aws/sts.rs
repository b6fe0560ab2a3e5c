//! STS: whose the credentials are.

use super::budget::Class;
use super::pages::AnswerSender;
use super::session::{Action, Caller};
use crate::feeds::aws::Fact;
use crate::model::{Failure, FailureKind, Identity};

/// Needs no permission: AWS answers it even where a policy denies it.
pub(super) const GET_CALLER_IDENTITY: Action = Action { name: "sts:GetCallerIdentity", class: Class::Sts };

/// The account and the identity, with the end of the credentials.
pub(super) async fn identity(caller: &Caller<'_>, answers: &AnswerSender<'_>) -> Result<(), Failure> {
    // Where nobody answers it is said all the same.
    if caller.session.current().load(&caller.session.0).await.is_ok() {
        answers.page(Fact::Endpoints(caller.endpoints())).await;
    }
    answers.last(Fact::Identity(who(caller).await?)).await;
    Ok(())
}

/// Asks STS whose credentials these are.
pub(super) async fn who(caller: &Caller<'_>) -> Result<Identity, Failure> {
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
