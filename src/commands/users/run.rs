//! Reads the user pool, and prints it.

use super::args::Arguments;
use super::report::{self, Read};
use crate::aws::Session;
use crate::aws::within::within;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::opened::time_is_up;
use crate::commands::printed::print;
use crate::config::EnvironmentConfig;
use crate::model::FailureKind;
use crate::model::cdn::{belongs, prefixes};
use crate::model::infra::declared::{Running, differences};
use crate::model::names::listed;
use crate::model::users::{Pool, User};
use crate::runtime::states;
use std::io;
use tokio::time::{Instant, timeout_at};

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let reading = context.collect(report::SOURCES, false).await?;
    reading.check_credentials()?;
    let environment = &reading.collector.app.environment;
    let session = context.aws(environment);
    let end = context.end();
    let (mut read, late) = Box::pin(asked(&session, environment, arguments, end)).await?;
    let late = late && context.is_over();
    if arguments.declared {
        let asked = context.in_time(Box::pin(states::of_environment(environment))).await;
        let states = asked.ok_or_else(|| time_is_up("the states were not read"))?;
        let running = Running { pools: Some(std::slice::from_ref(&read.pool)), ..Running::default() };
        read.missing.extend(states.missing);
        read.declared = Some(differences(&states.units, running));
        let known = states.units.iter().flat_map(|(_, all)| all).any(|one| one.kind == "aws_cognito_user_pool");
        if !known {
            read.missing.push("no state has a user pool: what is declared of it is not known".to_owned());
        }
    }
    let list = report::users(&reading.input(), &read, arguments.reveal);
    let code = if late { ExitCode::TimedOut } else { list.exit_code() };
    print(context, &reading, &list, code, out)
}

/// Reads the pool and its users, at the latest until `end`: what was not answered by then is missing. Whether something was not
/// answered in time.
async fn asked(
    session: &Session,
    environment: &EnvironmentConfig,
    arguments: &Arguments,
    end: Option<Instant>,
) -> Result<(Read, bool), Report> {
    let late = || time_is_up("the user pools were not listed");
    let pool = match end {
        Some(end) => timeout_at(end, one(session, environment)).await.map_err(|_| late())??,
        None => one(session, environment).await?,
    };
    let (mut users, mut status) = (Vec::<User>::new(), Vec::new());
    let (known, listed) = tokio::join!(
        within(end, "cognito-idp:DescribeUserPool", async { Ok(session.user_pool(pool.clone()).await) }),
        within(
            end,
            "cognito-idp:ListUsers",
            session.users(&pool.id, arguments.status.as_deref(), |page| {
                users.extend(page);
                // One more says that there are more.
                users.len() <= arguments.limit
            })
        )
    );
    let (pool, missing) = known.unwrap_or_else(|late| (pool, vec![late]));
    let late = missing.iter().chain(listed.as_ref().err()).any(|failure| failure.kind == FailureKind::Timeout);
    status.extend(missing.into_iter().map(|failure| failure.message));
    let limited = (users.len() > arguments.limit).then_some(arguments.limit);
    users.truncate(arguments.limit);
    let whole = listed.is_ok() && limited.is_none();
    if let Err(failure) = listed {
        status.push(failure.message);
    }
    // Nobody at all is an answer; nobody because of a failure is none.
    let known = whole || !users.is_empty();
    Ok((Read { pool, users: known.then_some(users), whole, limited, missing: status, declared: None }, late))
}

/// The pool of the environment.
async fn one(session: &Session, environment: &EnvironmentConfig) -> Result<Pool, Report> {
    let all = session.user_pools().await;
    let all = all.map_err(|failure| Report::of_failure("the user pools cannot be listed", &failure))?;
    let prefixes = prefixes(&environment.project, &environment.name);
    let mine: Vec<&Pool> =
        all.iter().filter(|pool| belongs(&[&pool.id, &pool.name], &environment.user_pools, &prefixes)).collect();
    let name = &environment.name;
    let told = |pools: &[&Pool]| {
        let words: Vec<String> = pools.iter().map(|pool| format!("{} ({})", pool.name, pool.id)).collect();
        listed(&words.iter().map(String::as_str).collect::<Vec<_>>())
    };
    match &mine[..] {
        [only] => Ok((*only).clone()),
        [] => {
            let written: Vec<&str> = environment.user_pools.iter().map(String::as_str).collect();
            let report = Report::usage(match &written[..] {
                [] => format!("no user pool is known to be {name}'s"),
                written => format!("no user pool matches `user_pools` of the configuration: {}", written.join(", ")),
            });
            Err(match &all[..] {
                [] => report.hint("the account has none in this region"),
                _ => report.hint(format!(
                    "name it with `user_pools` in the configuration: {}",
                    told(&all.iter().collect::<Vec<_>>())
                )),
            })
        }
        several => Err(Report::usage(format!("{name} could have several user pools"))
            .hint(format!("name one with `user_pools` in the configuration: {}", told(several)))),
    }
}
