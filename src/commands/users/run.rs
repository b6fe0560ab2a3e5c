//! Reads and prints the user pool.

use super::args::Arguments;
use super::report::{self, PoolRead};
use crate::aws::Session;
use crate::aws::time_limit::wait_until;
use crate::cli::{ExitCode, Report};
use crate::commands::change_target::time_is_up;
use crate::commands::context::Context;
use crate::commands::report_output::print;
use crate::config::EnvironmentConfig;
use crate::model::FailureKind;
use crate::model::cdn::{belongs, prefixes};
use crate::model::infra::declared::{Running, differences};
use crate::model::names::list_names;
use crate::model::users::{Pool, User};
use crate::runtime::states;
use std::io;
use tokio::time::{Instant, timeout_at};

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let reading = context.collect(report::SOURCES, false).await?;
    reading.check_credentials()?;
    let environment = &reading.collector.app.environment;
    let session = context.aws(environment);
    let end = context.deadline();
    let (mut read, late) = Box::pin(read_pool(&session, environment, arguments, end)).await?;
    let late = late && context.is_timed_out();
    if arguments.declared {
        let states_read = context.in_time(Box::pin(states::of_environment(environment))).await;
        let states = states_read.ok_or_else(|| time_is_up("the states were not read"))?;
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

/// Reads the pool and its users until `end`; what has not arrived by then is missing. Also returns whether something
/// was late.
async fn read_pool(
    session: &Session,
    environment: &EnvironmentConfig,
    arguments: &Arguments,
    end: Option<Instant>,
) -> Result<(PoolRead, bool), Report> {
    let late = || time_is_up("the user pools were not listed");
    let pool = match end {
        Some(end) => timeout_at(end, own_pool(session, environment)).await.map_err(|_| late())??,
        None => own_pool(session, environment).await?,
    };
    let (mut users, mut status) = (Vec::<User>::new(), Vec::new());
    let (known, listed) = tokio::join!(
        wait_until(end, "cognito-idp:DescribeUserPool", async { Ok(session.user_pool(pool.clone()).await) }),
        wait_until(
            end,
            "cognito-idp:ListUsers",
            session.users(&pool.id, arguments.status.as_deref(), |page| {
                users.extend(page);
                // Reading one more than the limit shows that there are more.
                users.len() <= arguments.limit
            })
        )
    );
    let (pool, missing) = known.unwrap_or_else(|late| (pool, vec![late]));
    let late = missing.iter().chain(listed.as_ref().err()).any(|failure| failure.kind == FailureKind::Timeout);
    status.extend(missing.into_iter().map(|failure| failure.message));
    let limited = (users.len() > arguments.limit).then_some(arguments.limit);
    users.truncate(arguments.limit);
    let complete = listed.is_ok() && limited.is_none();
    if let Err(failure) = listed {
        status.push(failure.message);
    }
    // An empty list is an answer only if the read did not fail.
    let known = complete || !users.is_empty();
    Ok((PoolRead { pool, users: known.then_some(users), complete, limited, missing: status, declared: None }, late))
}

/// Returns the pool of the environment.
async fn own_pool(session: &Session, environment: &EnvironmentConfig) -> Result<Pool, Report> {
    let pools = session.user_pools().await;
    let pools = pools.map_err(|failure| Report::from_failure("the user pools cannot be listed", &failure))?;
    let prefixes = prefixes(&environment.project, &environment.name);
    let matching: Vec<&Pool> =
        pools.iter().filter(|pool| belongs(&[&pool.id, &pool.name], &environment.user_pools, &prefixes)).collect();
    let name = &environment.name;
    let pool_names = |pools: &[&Pool]| {
        let words: Vec<String> = pools.iter().map(|pool| format!("{} ({})", pool.name, pool.id)).collect();
        list_names(&words.iter().map(String::as_str).collect::<Vec<_>>())
    };
    match &matching[..] {
        [only] => Ok((*only).clone()),
        [] => {
            let written: Vec<&str> = environment.user_pools.iter().map(String::as_str).collect();
            let report = Report::usage(match &written[..] {
                [] => format!("no user pool is known to be {name}'s"),
                written => format!("no user pool matches `user_pools` of the configuration: {}", written.join(", ")),
            });
            Err(match &pools[..] {
                [] => report.hint("the account has none in this region"),
                _ => report.hint(format!(
                    "name it with `user_pools` in the configuration: {}",
                    pool_names(&pools.iter().collect::<Vec<_>>())
                )),
            })
        }
        several => Err(Report::usage(format!("{name} could have several user pools"))
            .hint(format!("name one with `user_pools` in the configuration: {}", pool_names(several)))),
    }
}
