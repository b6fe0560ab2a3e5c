//! Checks of the credentials' identity and expiry, the region, and this machine's clock.

use super::CheckedEnvironment;
use crate::app::App;
use crate::app::doctor::Check;
use crate::cli::ExitCode;
use crate::model::time::sentence_duration;
use crate::model::{FailureKind, Identity, Observed};
use jiff::SignedDuration;

/// AWS refuses requests whose clock is off by more than this. Source: the SigV4 documentation.
const SKEW_REFUSED: SignedDuration = SignedDuration::from_mins(5);
/// Clock skew from which on a warning is given.
const SKEW_NOTED: SignedDuration = SignedDuration::from_secs(30);

/// Returns the checks, and the exit code if the credentials are refused.
pub(super) fn checks(checked: &CheckedEnvironment, app: &App) -> (Vec<Check>, Option<ExitCode>) {
    let failure = app.estate.identity.failure();
    let refused = failure.is_some_and(|failure| failure.kind == FailureKind::Credentials);
    let mut checks = identity_checks(app);
    checks.push(match checked.aws.region() {
        Some(region) => Check::ok("region", region),
        None => Check::fail("region", "none is set", "set `region` of the environment, --region or AWS_REGION"),
    });
    checks.push(clock(checked));
    (checks, refused.then_some(ExitCode::Credentials))
}

fn clock(checked: &CheckedEnvironment) -> Check {
    if checked.session.simulated {
        // The simulated world has a time of its own.
        return Check::ok("clock", "simulated");
    }
    let Some(skew) = checked.aws.service_clock().measured_offset() else {
        return Check::warn("clock", "no answer contained the time", "check the endpoint");
    };
    let off = skew.abs();
    let detail = format!("{} off", sentence_duration(off));
    if off >= SKEW_REFUSED {
        Check::fail("clock", detail, "set this machine's clock: AWS refuses requests that are 5 minutes off")
    } else if off >= SKEW_NOTED {
        Check::warn("clock", detail, "set this machine's clock")
    } else {
        Check::ok("clock", detail)
    }
}

fn identity_checks(app: &App) -> Vec<Check> {
    let seen: &Observed<Identity> = &app.estate.identity;
    let mut checks = Vec::new();
    if let Some(failure) = seen.failure() {
        checks.push(Check::fail("identity", failure.message.clone(), failure.hint()).of(failure));
        return checks;
    }
    let Some(identity) = seen.value() else { return checks };
    checks.push(Check::ok("identity", identity.arn.clone()));
    checks.push(match &app.environment.account {
        Some(_) => Check::ok("account", format!("{}, as configured", identity.account)),
        None => Check::warn(
            "account",
            identity.account.clone(),
            "set `account` of the environment, so that another one is refused",
        ),
    });
    if let Some(expires) = identity.expires {
        let left = expires.duration_since(app.service_now());
        let detail = format!("end in {}", sentence_duration(left));
        checks.push(if left < SignedDuration::from_mins(15) {
            Check::warn("credentials", detail, FailureKind::Credentials.hint())
        } else {
            Check::ok("credentials", detail)
        });
    }
    checks
}
