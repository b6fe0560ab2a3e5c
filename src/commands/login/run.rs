//! Shows the code and the page, and waits until a person has confirmed it.

use crate::aws::sso::Verification;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::opened::open;
use crate::commands::say::say;
use crate::model::FailureKind;
use crate::model::time::clock;
use tokio::sync::oneshot;

pub(super) async fn run(context: &Context) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    let session = context.aws(&opened.environment);
    let (tells, told) = oneshot::channel();
    let shows = async {
        let Ok(Verification { url, code, until }) = told.await else { return };
        say(&format!("confirm the code {code} on this page, until {}:", clock(until, &opened.zone)));
        say(&format!("  {url}"));
    };
    let signing = async { tokio::join!(Box::pin(session.sign_in(tells)), shows).0 };
    let ended = context.in_time(signing).await.ok_or_else(nobody)?;
    match ended {
        Ok(()) => {
            say("signed in; the AWS CLI has the same token");
            Ok(ExitCode::Done)
        }
        Err(failure) if failure.kind == FailureKind::Timeout => Err(nobody()),
        Err(failure) => Err(Report::of_failure("not signed in", &failure)),
    }
}

/// The time is up, that of `--timeout` or that of the code.
fn nobody() -> Report {
    Report::new("timeout", "not signed in: nobody confirmed the code in time", ExitCode::TimedOut)
        .hint("`cockpit login` shows a new one")
}
