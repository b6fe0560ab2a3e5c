//! `cockpit insights`: the result, its price, and that an abandoned query is stopped.

use super::*;

#[test]
fn insights_query_prints_rows_and_its_cost() {
    let (home, world) = (Home::new(), World::staging());
    let output = line(&mut home.on(&world), "insights errors --since 2h -o json").exits(0);
    let result = output.json();
    assert_eq!(result["schema"], "cockpit.insights/1");
    follows_schema(&home, "insights", &result);
    assert!(!result["rows"].as_array().unwrap().is_empty() && result["complete"] == true);
    assert!(output.err.contains("scanned, "), "{}", output.err);
    let query = "stats count(*) as lines by @log | sort lines desc";
    let output = run(&mut home.on(&world), ["insights", query, "api", "--since", "1h", "-o", "csv"]).exits(0);
    assert!(output.out.starts_with("\"@log\",\"lines\"\n") && output.out.contains(API), "{}", output.out);
    let table = line(&mut home.on(&world), "insights slow --since 1h -o table").exits(0);
    assert!(table.out.contains("p95"), "{}", table.out);
    let before = world.get("/_sim/requests")["total"].clone();
    let unknown = run(&mut home.on(&world), ["insights", "nonsense"]).exits(2);
    assert!(unknown.err.contains("slow") && unknown.err.contains("hint: there are: "), "{}", unknown.err);
    assert_eq!(world.get("/_sim/requests")["total"], before, "no request was sent");
    let wrong = run(&mut home.on(&world), ["insights", "nonsense of a kind"]).exits(1);
    assert!(wrong.err.contains("MalformedQuery"), "{}", wrong.err);
}

#[test]
fn abandoned_insights_query_is_stopped() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("logs:GetQueryResults", "hang");
    let (looked, stopped) = (|| world.requests("logs:GetQueryResults"), || world.requests("logs:StopQuery"));
    for (n, told, code) in [(1, Signal::INT, 130), (2, Signal::TERM, 1)] {
        let before = looked();
        let mut command = home.on(&world);
        command.args(["insights", "volume"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        until("a query", PATIENCE, || (looked() > before).then_some(()));
        signal(child.id(), told);
        finish(child).exits(code);
        assert_eq!(stopped(), n, "unscanned data is not charged");
    }
    line(&mut home.on(&world), "insights volume --timeout 4s").exits(7);
    assert_eq!(stopped(), 3);
    // Another environment is opened while a query runs.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let environment = |name: &str| EnvironmentConfig {
            name: name.into(),
            endpoint_url: Some(world.endpoint()),
            region: Some("ap-northeast-1".into()),
            ..EnvironmentConfig::default()
        };
        let (mut executor, _answers) = Executor::new(true);
        executor.carry_out(Effect::Connect { environment: Box::new(environment("staging")), generation: 1 });
        let (text, groups) = ("stats count(*)".to_owned(), vec![API.to_owned()]);
        let query = Box::new(InsightsQuery { groups, text, from: 0, to: 1_000, limit: 10 });
        let before = looked();
        let ticket = Ticket { generation: 1, owner: cockpit::app::ticket::Owner::Poll, serial: 1 };
        executor.carry_out(Effect::Fetch { ticket, priority: Priority::Operator, ask: Query::Insights(query).into() });
        let query_started = async {
            while looked() == before {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, query_started).await.expect("in time");
        executor.carry_out(Effect::Connect { environment: Box::new(environment("prod")), generation: 2 });
        // The process waits for the stop request, and no longer.
        executor.finish_cleanup().await;
        assert_eq!(stopped(), 4);
    });
}

#[test]
fn saved_query_runs_by_name_and_its_price_is_estimated_without_running() {
    let saved = "log_queries = [\"by-group: stats count(*) as lines by @log | sort lines desc\"]";
    let config = include_str!("../../../config.toml")
        .replace("[environments.staging]\n", &format!("[environments.staging]\n{saved}\n"));
    let (home, world) = (Home::with(&config), World::staging());
    let output = line(&mut home.on(&world), "insights by-group api --since 6h --price").exits(0);
    assert!(
        output.out.starts_with("stats count(*) as lines by @log") && output.out.contains("it will scan about"),
        "{output:#?}"
    );
    assert!(output.out.contains('$'), "{output:#?}");
    assert_eq!(world.requests("logs:StartQuery"), 0, "no charged request is sent");
    let output = line(&mut home.on(&world), "insights by-group api --since 6h -o csv").exits(0);
    assert!(output.out.starts_with("\"@log\",\"lines\"\n") && output.out.contains(API), "{output:#?}");
    home.write("config.toml", config.replace("by-group:", "by group:"));
    let output = line(&mut home.on(&world), "config check").exits(2);
    assert!(output.out.contains("has no name") && output.out.contains("log_queries"), "{output:#?}");
}
