//! Prints the code and the page, and waits for the confirmation.

use crate::aws::sso::Verification;
use crate::cli::{ExitCode, Report};
use crate::commands::change_target::open;
use crate::commands::context::Context;
use crate::commands::progress::print_note;
use crate::model::FailureKind;
use crate::model::time::clock;
use tokio::sync::oneshot;

pub(super) async fn run(context: &Context) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    let session = context.aws(&opened.environment);
    let (verification_sender, verification) = oneshot::channel();
    let shows = async {
        let Ok(Verification { url, code, expires: until }) = verification.await else { return };
        print_note(&format!("confirm the code {code} on this page, until {}:", clock(until, &opened.zone)));
        print_note(&format!("  {url}"));
    };
    let signing = async { tokio::join!(Box::pin(session.sign_in(verification_sender)), shows).0 };
    let ended = context.in_time(signing).await.ok_or_else(not_confirmed)?;
    match ended {
        Ok(()) => {
            print_note("signed in; the AWS CLI has the same token");
            Ok(ExitCode::Done)
        }
        Err(failure) if failure.kind == FailureKind::Timeout => Err(not_confirmed()),
        Err(failure) => Err(Report::from_failure("not signed in", &failure)),
    }
}

/// Returns the error for a timeout, of `--timeout` or of the code.
fn not_confirmed() -> Report {
    Report::new("timeout", "not signed in: nobody confirmed the code in time", ExitCode::TimedOut)
        .hint("`cockpit login` shows a new one")
}
