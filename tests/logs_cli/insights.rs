//! `cockpit insights`: its answer, what it costs, and that a query nobody waits for is stopped.

use super::*;

#[test]
fn insights_answers_and_says_what_it_cost() {
    let (home, world) = (Home::new(), World::staging());
    let said = line(&mut home.on(&world), "insights errors --since 6h -o json").coded(0);
    let result = said.json();
    assert_eq!(result["schema"], "cockpit.insights/1");
    follows_schema(&home, "insights", &result);
    assert!(!result["rows"].as_array().unwrap().is_empty() && result["complete"] == true);
    assert!(said.err.contains("scanned, "), "{}", said.err);
    let query = "stats count(*) as lines by @log | sort lines desc";
    let said = run(&mut home.on(&world), ["insights", query, "api", "--since", "1h", "-o", "csv"]).coded(0);
    assert!(said.out.starts_with("\"@log\",\"lines\"\n") && said.out.contains(API), "{}", said.out);
    let table = line(&mut home.on(&world), "insights slow --since 1h -o table").coded(0);
    assert!(table.out.contains("p95"), "{}", table.out);
    let asked = world.get("/_sim/requests")["total"].clone();
    let unknown = run(&mut home.on(&world), ["insights", "nonsense"]).coded(2);
    assert!(unknown.err.contains("slow") && unknown.err.contains("hint: there are: "), "{}", unknown.err);
    assert_eq!(world.get("/_sim/requests")["total"], asked, "nothing was asked");
    let wrong = run(&mut home.on(&world), ["insights", "nonsense of a kind"]).coded(1);
    assert!(wrong.err.contains("MalformedQuery"), "{}", wrong.err);
}

#[test]
fn a_query_that_nobody_waits_for_is_stopped() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("logs:GetQueryResults", "hang");
    let (looked, stopped) = (|| world.asked("logs:GetQueryResults"), || world.asked("logs:StopQuery"));
    for (n, told, code) in [(1, Signal::INT, 130), (2, Signal::TERM, 1)] {
        let before = looked();
        let mut command = home.on(&world);
        command.args(["insights", "volume"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        until("a query", PATIENCE, || (looked() > before).then_some(()));
        signal(child.id(), told);
        finish(child).coded(code);
        assert_eq!(stopped(), n, "what it has not scanned yet costs nothing");
    }
    line(&mut home.on(&world), "insights volume --timeout 4s").coded(7);
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
        executor.carry_out(Effect::Fetch { ticket, lane: Priority::Operator, ask: Query::Insights(query).into() });
        let asked = async {
            while looked() == before {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, asked).await.expect("in time");
        executor.carry_out(Effect::Connect { environment: Box::new(environment("prod")), generation: 2 });
        // Nobody waits longer than it takes to say so, and that is waited for.
        executor.finish_cleanup().await;
        assert_eq!(stopped(), 4);
    });
}

#[test]
fn a_saved_query_is_asked_by_its_name_and_its_price_is_told_without_asking() {
    let saved = "log_queries = [\"by-group: stats count(*) as lines by @log | sort lines desc\"]";
    let config = include_str!("../../config.toml")
        .replace("[environments.staging]\n", &format!("[environments.staging]\n{saved}\n"));
    let (home, world) = (Home::with(&config), World::staging());
    let said = line(&mut home.on(&world), "insights by-group api --since 6h --price").coded(0);
    assert!(
        said.out.starts_with("stats count(*) as lines by @log") && said.out.contains("it will scan about"),
        "{said:#?}"
    );
    assert!(said.out.contains('$'), "{said:#?}");
    assert_eq!(world.asked("logs:StartQuery"), 0, "nothing is asked that costs");
    let said = line(&mut home.on(&world), "insights by-group api --since 6h -o csv").coded(0);
    assert!(said.out.starts_with("\"@log\",\"lines\"\n") && said.out.contains(API), "{said:#?}");
    home.write("config.toml", config.replace("by-group:", "by group:"));
    let said = line(&mut home.on(&world), "config check").coded(2);
    assert!(said.out.contains("has no name") && said.out.contains("log_queries"), "{said:#?}");
}
