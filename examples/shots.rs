//! Generates pictures of every pane, from real screens over the simulator: `./dev shots`.
//!
//! Each picture is the buffer of a terminal, as SVG.

use aws_sim::{Scenario, Sim, SimOptions};
use cockpit::app::effect::Effect;
use cockpit::app::event::Event;
use cockpit::app::poll::Wants;
use cockpit::app::{App, Session};
use cockpit::config;
use cockpit::db::{Connection, Settings};
use cockpit::feeds::{Ask, sql};
use cockpit::panes::query::state::EDITOR;
use cockpit::runtime::Collector;
use cockpit::runtime::clock::Clock;
use cockpit::runtime::demo_database::{DATABASE, DemoDatabase, USER};
use cockpit::runtime::{demo_infra, demo_recorded};
use cockpit::ui;
use jiff::SignedDuration;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// A picture: its name, scenario, size, and the keys that lead to it.
const SHOTS: [(&str, Scenario, (u16, u16), &str); 18] = [
    ("overview", Scenario::CrashLoop, (120, 40), ""),
    ("overview-80x24", Scenario::CrashLoop, (80, 24), ""),
    ("overview-200x60", Scenario::Prod, (200, 60), ""),
    ("services", Scenario::Big, (120, 40), "2"),
    ("services-80x24", Scenario::Big, (80, 24), "2"),
    ("services-200x60", Scenario::Big, (200, 60), "2"),
    ("service", Scenario::CrashLoop, (120, 40), "2 enter"),
    ("task", Scenario::CrashLoop, (120, 40), "2 enter down enter"),
    ("database", Scenario::Prod, (120, 40), "4"),
    ("database-80x24", Scenario::Prod, (80, 24), "4"),
    ("database-200x60", Scenario::Prod, (200, 60), "4"),
    ("logs", Scenario::LogStorm, (120, 40), "3"),
    ("logs-80x24", Scenario::LogStorm, (80, 24), "3"),
    ("logs-200x60", Scenario::LogStorm, (200, 60), "3"),
    ("logs-event", Scenario::LogStorm, (120, 40), "3 v v v k enter"),
    ("actions", Scenario::Prod, (100, 30), "2 x"),
    ("palette", Scenario::Staging, (100, 30), ": s e r"),
    ("help", Scenario::Staging, (100, 30), "?"),
];

/// The simulator answers within this time.
const ANSWER: Duration = Duration::from_millis(60);

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("usage: shots FOLDER")?);
    std::fs::create_dir_all(&folder)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(all(&folder))
}

async fn all(folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut scenarios: Vec<Scenario> = SHOTS.iter().map(|shot| shot.1).collect();
    scenarios.dedup();
    scenarios.sort_by_key(|scenario| scenario.name());
    scenarios.dedup();
    for scenario in scenarios {
        // The clock stands still, so that the pictures are reproducible: Friday, early afternoon.
        let start = "2026-11-20T05:02:31Z".parse()?;
        let sim = Sim::start(SimOptions { scenario, speed: 0.0, start: Some(start), ..SimOptions::default() }).await?;
        let mut collector = open(scenario, &sim)?;
        collector.collect(Some(Duration::from_secs(30))).await;
        if scenario == Scenario::LogStorm {
            // Read once and shown in every picture: half a minute of the storm.
            let open = vec![Event::Resize(120, 40), Event::Key("3".parse()?)];
            collector.drive(open, Duration::from_mins(1), |app| app.panes.logs.store.len() > 120_000).await;
        }
        for (name, _, size, keys) in SHOTS.iter().filter(|shot| shot.1 == scenario) {
            let picture = shoot(collector.app.clone(), *size, keys)?;
            std::fs::write(folder.join(format!("{name}.svg")), picture)?;
        }
        sim.shutdown();
    }
    Box::pin(measured(folder)).await?;
    Box::pin(operations(folder)).await?;
    Box::pin(infra(folder)).await?;
    Box::pin(queries(folder)).await
}

/// A picture of metrics or events: its name, size, and the keys that lead to it.
const MEASURED: [(&str, (u16, u16), &str); 4] = [
    ("metrics", (120, 40), "2 down down m c"),
    ("metrics-80x24", (80, 24), "2 down down m"),
    ("alarms", (120, 40), "8 v"),
    ("timeline", (120, 40), "1 t"),
];

/// Metrics, alarms and the time line of production after two hours in which the load rose and fell.
async fn measured(folder: &Path) -> Result<(), Box<dyn Error>> {
    let start = "2026-11-20T05:02:31Z".parse()?;
    let options = SimOptions { scenario: Scenario::ScaleOut, speed: 0.0, start: Some(start), ..SimOptions::default() };
    let sim = Sim::start(options).await?;
    advance(&sim, 7_200).await?;
    for (name, size, keys) in MEASURED {
        let mut collector = open(Scenario::ScaleOut, &sim)?;
        // Like the screen, also collect the data of the time line.
        collector.app.panes.metrics.range = 2;
        collector.collect(Some(Duration::from_secs(30))).await;
        let (mut app, mut event_loop) = collector.into_parts();
        let mut effects = app.update(Event::Resize(size.0, size.1));
        for key in keys.split_whitespace() {
            read(&mut app);
            effects.extend(app.update(Event::Key(key.parse()?)));
            app.settle();
        }
        for _ in 0..3 {
            event_loop.carry_out(std::mem::take(&mut effects));
            while let Ok(Some(event)) = tokio::time::timeout(ANSWER * 4, event_loop.next()).await {
                event_loop.carry_out(app.update(event));
                app.settle();
            }
            effects = app.update(Event::Tick(event_loop.now()));
        }
        app.settle();
        std::fs::write(folder.join(format!("{name}.svg")), shoot(app, size, "")?)?;
    }
    sim.shutdown();
    Ok(())
}

/// A picture of a run over units: its name, size, the elapsed seconds of the run, and the keys that lead to it.
const RUNS: [(&str, (u16, u16), f64, &str); 6] = [
    ("infra", (200, 60), 70.0, "6"),
    ("infra-graph", (120, 40), 70.0, "6 tab"),
    ("infra-80x24", (80, 24), 70.0, "6"),
    ("infra-unit", (120, 40), 100.0, "6 g j j j j j enter"),
    ("infra-diff", (120, 40), 60.0, "6 v"),
    ("infra-approve", (120, 40), 60.0, "6 A"),
];

/// The recorded run of the demo for machines without Terraform, at several times.
async fn infra(folder: &Path) -> Result<(), Box<dyn Error>> {
    let now: jiff::Timestamp = "2026-11-20T05:02:31Z".parse()?;
    let options = SimOptions { scenario: Scenario::Staging, speed: 0.0, start: Some(now), ..SimOptions::default() };
    let sim = Sim::start(options).await?;
    let home = std::env::temp_dir().join(format!("cockpit-shots-{}", std::process::id()));
    for (name, size, seconds, keys) in RUNS {
        let runs = home.join(name).join("runs-simulated");
        let configured = demo_infra::create_in(&runs, "staging", 1.0)?;
        // Its events up to then, shifted so that they end now.
        let run = runs.join("staging/20261120T050000Z-apply-3a91");
        std::fs::create_dir_all(&run)?;
        demo_recorded::write_plans(&run)?;
        demo_recorded::write_request(&run, &demo_infra::root(&runs, "staging"))?;
        let mut events = demo_recorded::events(&run, &demo_infra::root(&runs, "staging"))?;
        // The picture must not be marked as a recording.
        events.remove(1);
        let first = events.first().map(|event| event.time).ok_or("the recording is empty")?;
        let until = first + SignedDuration::from_secs_f64(seconds);
        let mut lines = String::new();
        for mut event in events.into_iter().filter(|event| event.time <= until) {
            event.time = now - until.duration_since(event.time);
            lines += &serde_json::to_string(&event)?;
            lines.push('\n');
        }
        std::fs::write(run.join("events.jsonl"), lines)?;
        let _driven = cockpit::infra::run::folder::lock_run(&run)?;
        let mut config = config::parse("config.toml", include_str!("../config.toml")).config;
        config.audit_file = Some(home.join(name).join("audit.jsonl").display().to_string());
        for environment in &mut config.environments {
            environment.endpoint_url = Some(sim.endpoint());
            environment.infra = configured.clone();
        }
        let environment = config.environment("staging").cloned().ok_or("no such environment")?;
        let mut collector = opened(config, environment, &sim);
        collector.collect(Some(Duration::from_secs(30))).await;
        let steps = vec![Event::Resize(size.0, size.1), Event::Key("6".parse()?)];
        let shown = |app: &App| {
            let infra = &app.panes.infra;
            let planned = |unit: &String| infra.plan_of(unit).is_some();
            let all = infra.state().is_some_and(|run| {
                run.units.iter().filter(|(_, unit)| unit.plan.is_some()).all(|(name, _)| planned(name))
            });
            infra.units.is_some() && infra.run.as_ref().is_some_and(|run| run.events_arrived) && all
        };
        collector.drive(steps, Duration::from_mins(1), shown).await;
        std::fs::write(folder.join(format!("{name}.svg")), shoot(collector.app.clone(), size, keys)?)?;
    }
    std::fs::remove_dir_all(home)?;
    sim.shutdown();
    Ok(())
}

/// A picture of a SQL session: its name, its size, the text pasted into the editor, and the keys after that.
const QUERIES: [(&str, (u16, u16), &str, &str); 5] = [
    (
        "query",
        (120, 40),
        "select id, title, note, visits, rating, meta, created_at\nfrom bookmarks\norder by id;",
        "enter esc l",
    ),
    (
        "explain",
        (120, 40),
        "select u.email, count(*), max(b.created_at)\nfrom bookmarks b\njoin users u on u.id = b.user_id\nwhere b.title like '%の%'\n\
         group by u.email\norder by 2 desc\nlimit 10;",
        "f7 esc",
    ),
    ("explain-80x24", (80, 24), "", ""),
    ("activity", (120, 40), "", "esc 4 a"),
    ("activity-80x24", (80, 24), "", ""),
];

/// A session on the demo's own PostgreSQL: a grid, and a plan. Its times are those of this machine.
async fn queries(folder: &Path) -> Result<(), Box<dyn Error>> {
    let start = "2026-11-20T05:02:31Z".parse()?;
    let options = SimOptions { scenario: Scenario::Staging, speed: 0.0, start: Some(start), ..SimOptions::default() };
    let sim = Sim::start(options).await?;
    let database = DemoDatabase::listen(200_000).await?;
    let through = database.address().to_string();
    let mut collector = open(Scenario::Staging, &sim)?;
    collector.collect(Some(Duration::from_secs(30))).await;
    let (mut app, mut event_loop) = collector.into_parts();
    let led = |effects: Vec<Effect>| {
        effects.into_iter().map(|effect| match effect {
            Effect::Fetch {
                ticket,
                priority,
                ask: Ask::Sql(sql::Ask::Connect { session, connect_as: who, place, read_only }),
            } => {
                let place = sql::Place { through: Some(through.clone()), ..place };
                Effect::Fetch {
                    ticket,
                    priority,
                    ask: sql::Ask::Connect { session, connect_as: who, place, read_only }.into(),
                }
            }
            effect => effect,
        })
    };
    let mut steps = vec![("", (120, 40), "", "5 enter")];
    steps.extend(QUERIES);
    let mut others = Vec::new();
    for (name, size, text, keys) in steps {
        if name == "activity" {
            others = blocked(database.address().port()).await?;
        }
        let mut effects = app.update(Event::Resize(size.0, size.1));
        if !text.is_empty() {
            app.focus_on(EDITOR);
            effects.extend(app.update(Event::Paste(text.to_owned())));
        }
        for key in keys.split_whitespace() {
            read(&mut app);
            effects.extend(app.update(Event::Key(key.parse()?)));
            app.settle();
        }
        event_loop.carry_out(led(effects).collect());
        // The server starts with the first connection.
        let patience = if name.is_empty() { Duration::from_secs(20) } else { Duration::from_secs(2) };
        while let Ok(Some(event)) = tokio::time::timeout(patience, event_loop.next()).await {
            let effects = app.update(event);
            event_loop.carry_out(led(effects).collect());
            app.settle();
            if name.is_empty() && app.panes.query.is_on() {
                break;
            }
        }
        app.settle();
        if !name.is_empty() {
            std::fs::write(folder.join(format!("{name}.svg")), shoot(app.clone(), size, "")?)?;
        }
    }
    drop(others);
    sim.shutdown();
    Ok(())
}

/// A picture during a deployment: its name, size, the keys since the previous one, the seconds that pass then, and a
/// text to wait for, because a busy machine takes longer.
type Shot = (&'static str, (u16, u16), &'static str, u64, &'static str);

/// The pictures of a deployment, in order.
const OPERATIONS: [Shot; 6] = [
    ("images", (100, 30), "2 down D", 0, "runs now"),
    ("plan", (100, 34), "b a d c 0 d e enter", 0, "What will happen"),
    ("plan-80x24", (80, 24), "", 0, "What will happen"),
    ("deploying", (120, 40), "enter", 50, "ECS: "),
    ("deploying-80x24", (80, 24), "", 0, "ECS: "),
    ("rolled-back", (120, 40), "", 150, "ROLLED BACK"),
];
/// The number of attempts before a missing text is an error.
const LOOKS: usize = 200;

/// Advances the simulated world by some seconds.
async fn advance(sim: &Sim, seconds: u32) -> Result<(), Box<dyn Error>> {
    let endpoint = sim.endpoint();
    let host = endpoint.strip_prefix("http://").unwrap_or(&endpoint);
    let body = format!("{{\"seconds\":{seconds}}}");
    let head = format!("POST /_sim/advance HTTP/1.1\r\nhost: {host}\r\ncontent-length: {}\r\n", body.len());
    let mut stream = tokio::net::TcpStream::connect(host).await?;
    stream.write_all(format!("{head}connection: close\r\n\r\n{body}").as_bytes()).await?;
    stream.read_to_end(&mut Vec::new()).await?;
    Ok(())
}

/// A deployment from the choice of its image to its verdict.
async fn operations(folder: &Path) -> Result<(), Box<dyn Error>> {
    let start = "2026-11-20T05:02:31Z".parse()?;
    let options = SimOptions { scenario: Scenario::Staging, speed: 0.0, start: Some(start), ..SimOptions::default() };
    let sim = Sim::start(options).await?;
    let mut collector = open(Scenario::Staging, &sim)?;
    collector.collect(Some(Duration::from_secs(30))).await;
    let (mut app, mut event_loop) = collector.into_parts();
    let audit = std::env::temp_dir().join("cockpit-shots-audit.jsonl");
    event_loop.executor = event_loop.executor.with_audit(Some(audit));
    for (name, size, keys, seconds, shows) in OPERATIONS {
        // A screen without a size accepts no keys.
        let mut effects = app.update(Event::Resize(size.0, size.1));
        for key in keys.split_whitespace() {
            read(&mut app);
            effects.extend(app.update(Event::Key(key.parse()?)));
            app.settle();
        }
        for second in 0..=seconds {
            event_loop.carry_out(std::mem::take(&mut effects));
            // All requests are answered before time advances.
            while let Ok(Some(event)) = tokio::time::timeout(ANSWER, event_loop.next()).await {
                event_loop.carry_out(app.update(event));
            }
            if second < seconds {
                advance(&sim, 1).await?;
            }
            effects = app.update(Event::Tick(event_loop.now()));
        }
        app.settle();
        let mut looks = 0;
        while !text(&app).contains(shows) {
            looks += 1;
            if looks > LOOKS {
                return Err(format!("{name}: {shows:?} does not come: {}", text(&app)).into());
            }
            event_loop.carry_out(std::mem::take(&mut effects));
            while let Ok(Some(event)) = tokio::time::timeout(ANSWER, event_loop.next()).await {
                event_loop.carry_out(app.update(event));
            }
            // Time-consuming work continues.
            if seconds > 0 {
                advance(&sim, 1).await?;
            }
            effects = app.update(Event::Tick(event_loop.now()));
            app.settle();
        }
        // The last requests are answered before the next keys.
        event_loop.carry_out(effects);
        std::fs::write(folder.join(format!("{name}.svg")), shoot(app.clone(), size, "")?)?;
    }
    sim.shutdown();
    Ok(())
}

/// The text on the screen.
fn text(app: &App) -> String {
    let (columns, rows) = app.screen.size;
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    ui::draw(app, &mut buffer);
    buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect()
}

/// Opens sessions of which one blocks another, which blocks a third.
async fn blocked(port: u16) -> Result<Vec<Connection>, Box<dyn Error>> {
    let steps = [
        ("psql", "begin; update bookmarks set visits = visits + 1 where id = 1"),
        ("api", "update bookmarks set note = null where id = 1"),
        ("worker", "update bookmarks set title = 'x' where id = 1"),
        ("web", "select 1"),
    ];
    let mut all = Vec::new();
    for (application, statement) in steps {
        let place = sql::Place { host: "127.0.0.1".into(), port, through: None };
        let settings = Settings { application: application.into(), ..Settings::of(place, USER, DATABASE) };
        let mut connection = Connection::open(&settings).await.map_err(|failure| failure.message)?;
        if matches!(application, "psql" | "web") {
            connection.rows(statement, 1 << 16).await?.map_err(|said| said.message)?;
        } else {
            connection.send(statement).await?;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        all.push(connection);
    }
    Ok(all)
}

fn open(scenario: Scenario, sim: &Sim) -> Result<Collector, Box<dyn Error>> {
    let mut config = config::parse("config.toml", include_str!("../config.toml")).config;
    config.environments.push(config::EnvironmentConfig {
        name: "big".into(),
        project: "big".into(),
        account: Some(aws_sim::ACCOUNT.into()),
        region: Some("ap-northeast-1".into()),
        cluster: Some("big-cluster".into()),
        ..config::EnvironmentConfig::default()
    });
    for environment in &mut config.environments {
        environment.endpoint_url = Some(sim.endpoint());
        // Connects directly to the database; tunnels are not part of these pictures.
        environment.tunnel.service = None;
        environment.database.user = Some(USER.to_owned());
        environment.database.database = Some(DATABASE.to_owned());
    }
    let environment = config.environment(scenario.environment()).cloned().ok_or("no such environment")?;
    Ok(opened(config, environment, sim))
}

fn opened(config: config::Config, environment: config::EnvironmentConfig, sim: &Sim) -> Collector {
    let session = Session { simulated: true, ..Session::default() };
    let wants = Wants { once: true, ..Wants::of_screen() };
    Collector::new(config, environment, session, wants, Clock::Simulated(sim.clock()))
}

/// Simulates that the screen has been visible for as long as a person needs to read it.
fn read(app: &mut App) {
    app.settle();
    let drawn = app.confirm.now() + SignedDuration::from_secs(1);
    app.update(Event::Drawn(drawn, app.screen.size));
    app.update(Event::Elapsed(drawn + SignedDuration::from_secs(2)));
}

fn shoot(mut app: App, size: (u16, u16), keys: &str) -> Result<String, Box<dyn Error>> {
    app.update(Event::Resize(size.0, size.1));
    app.settle();
    for key in keys.split_whitespace() {
        read(&mut app);
        app.update(Event::Key(key.parse()?));
        app.settle();
    }
    read(&mut app);
    app.screen.toast = None;
    app.screen.flashes.clear();
    let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
    ui::draw(&app, &mut buffer);
    Ok(ui::svg::svg(&buffer))
}
