//! The handle on a running simulator: options, start, stop. Requests are handled elsewhere.

use crate::clock::Clock;
use crate::dispatch::Keys;
use crate::faults::Faults;
use crate::meter::Meter;
use crate::rates::Limits;
use crate::scenario::Scenario;
use crate::world::World;
use crate::{ACCOUNT, server};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How to start a simulator.
#[derive(Debug, Clone)]
pub struct SimOptions {
    /// The world to start with.
    pub scenario: Scenario,
    /// Where to listen: a loopback address; port 0 picks a free one.
    pub listen: SocketAddr,
    /// The seed of everything random in the world.
    pub seed: u64,
    /// Simulated seconds a real second; 0 stops the clock.
    pub speed: f64,
    /// The simulated time at the start; `None` is the real time.
    pub start: Option<jiff::Timestamp>,
    /// Whether clients are held to the rates that AWS documents: a request too many is throttled.
    pub limited: bool,
}

impl Default for SimOptions {
    fn default() -> Self {
        SimOptions {
            scenario: Scenario::Staging,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: 1,
            speed: 1.0,
            start: None,
            limited: true,
        }
    }
}

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The address is reachable from outside this machine.
    #[error("the simulator listens on loopback only, and {0} is not a loopback address; use 127.0.0.1 or [::1]")]
    NotLoopback(SocketAddr),
    /// The address could not be bound.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A running simulator. Clones are handles on the same one; it runs until [`Sim::shutdown`] or
/// until its runtime ends.
#[derive(Debug, Clone)]
pub struct Sim(Arc<Shared>);

/// What every connection sees.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) scenario: Scenario,
    pub(crate) seed: u64,
    pub(crate) clock: Clock,
    address: SocketAddr,
    world: Mutex<World>,
    faults: Mutex<Faults>,
    meter: Mutex<Meter>,
    limits: Mutex<Limits>,
    keys: Mutex<Keys>,
    stop: watch::Sender<bool>,
}

impl Sim {
    /// Starts a simulator on the current tokio runtime.
    pub async fn start(options: SimOptions) -> Result<Sim, SimError> {
        let asked = options.listen;
        if !asked.ip().is_loopback() {
            return Err(SimError::NotLoopback(asked));
        }
        let bind = |source| SimError::Bind { address: asked, source };
        let listener = TcpListener::bind(asked).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let start = options.start.unwrap_or_else(jiff::Timestamp::now);
        let (stop, stopped) = watch::channel(false);
        let shared = Arc::new(Shared {
            scenario: options.scenario,
            seed: options.seed,
            clock: Clock::new(start, options.speed),
            address,
            world: Mutex::new(World::new(options.scenario, options.seed, start.as_millisecond())),
            faults: Mutex::default(),
            meter: Mutex::new(Meter::new()),
            limits: Mutex::new(Limits::new(options.limited)),
            keys: Mutex::default(),
            stop,
        });
        tokio::spawn(server::serve(listener, Arc::clone(&shared), stopped));
        Ok(Sim(shared))
    }

    /// The address to put into `AWS_ENDPOINT_URL`: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> String {
        self.0.endpoint()
    }

    /// The first line `cockpit sim` prints: endpoint, account, region, scenario.
    pub fn hello(&self) -> Value {
        json!({
            "endpoint": self.endpoint(),
            "account": ACCOUNT,
            "region": self.0.scenario.region(),
            "scenario": self.0.scenario.name(),
        })
    }

    /// The simulated time.
    pub fn now(&self) -> jiff::Timestamp {
        self.0.clock.now()
    }

    /// A handle on the simulated time.
    pub fn clock(&self) -> Clock {
        self.0.clock.clone()
    }

    /// Stops listening and drops every connection.
    pub fn shutdown(&self) {
        let _ = self.0.stop.send(true);
    }
}

impl Shared {
    /// Where it is reached: `http://127.0.0.1:PORT`.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The world, brought up to the present.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.run_until(self.clock.now_ms());
        world
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn meter(&self) -> MutexGuard<'_, Meter> {
        self.meter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn limits(&self) -> MutexGuard<'_, Limits> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
