//! The state shared by a simulator's connections: options, world and faults, behind locks.

use crate::clock::Clock;
use crate::faults::Faults;
use crate::gateway::state::Gateway;
use crate::keys::Keys;
use crate::meter::Meter;
use crate::rates::Limits;
use crate::scenario::Scenario;
use crate::tls::Tls;
use crate::world::World;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::watch;

tokio::task_local! {
    /// Whether the current request arrived over TLS.
    pub(crate) static OVER_TLS: bool;
}

/// The options of a simulator.
#[derive(Debug, Clone)]
pub struct SimOptions {
    /// The initial world.
    pub scenario: Scenario,
    /// The loopback address to listen at; port 0 picks a free one.
    pub listen: SocketAddr,
    /// The seed of all randomness in the world.
    pub seed: u64,
    /// Simulated seconds per real second; 0 stops the clock.
    pub speed: f64,
    /// The simulated time at the start; `None` is the real time.
    pub start: Option<jiff::Timestamp>,
    /// Local addresses for session targets: `HOST:PORT` and the address; the host `*` matches every host.
    pub map: Vec<(String, SocketAddr)>,
    /// Whether ECS Exec runs programs of this machine instead of the built-in shell.
    pub commands: bool,
    /// Whether clients are throttled at the rates that AWS documents.
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
            map: Vec::new(),
            commands: false,
            limited: true,
        }
    }
}

/// The state shared by all connections.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) scenario: Scenario,
    pub(crate) seed: u64,
    pub(crate) clock: Clock,
    /// Whether ECS Exec runs programs of this machine.
    pub(crate) commands: bool,
    tls: OnceLock<Option<Tls>>,
    address: SocketAddr,
    world: Mutex<World>,
    faults: Mutex<Faults>,
    meter: Mutex<Meter>,
    limits: Mutex<Limits>,
    keys: Mutex<Keys>,
    gateway: Mutex<Gateway>,
    stop: watch::Sender<bool>,
}

impl Shared {
    /// Creates the initial state of a simulator.
    pub(crate) fn new(
        options: &SimOptions,
        address: SocketAddr,
        start: jiff::Timestamp,
    ) -> (Self, watch::Receiver<bool>) {
        let (stop, stopped) = watch::channel(false);
        let shared = Shared {
            scenario: options.scenario,
            seed: options.seed,
            clock: Clock::new(start, options.speed),
            commands: options.commands,
            tls: OnceLock::new(),
            address,
            world: Mutex::new(World::new(options.scenario, options.seed, start.as_millisecond())),
            faults: Mutex::default(),
            meter: Mutex::new(Meter::new()),
            limits: Mutex::new(Limits::new(options.limited)),
            keys: Mutex::default(),
            gateway: Mutex::new(Gateway::new(options.seed, options.map.clone())),
            stop,
        };
        (shared, stopped)
    }

    /// Signals all listeners to stop.
    pub(crate) fn stop(&self) {
        let _ = self.stop.send(true);
    }

    /// The endpoint URL, `http://127.0.0.1:PORT`; `https` for requests over TLS.
    pub(crate) fn endpoint(&self) -> String {
        let over_tls = OVER_TLS.try_with(|over| *over).unwrap_or(false);
        format!("{}://{}", if over_tls { "https" } else { "http" }, self.address)
    }

    /// The TLS setup, created at the first call; none if the system has no randomness for keys.
    pub(crate) fn tls(&self) -> Option<&Tls> {
        self.tls.get_or_init(|| Tls::of_this_machine().ok()).as_ref()
    }

    /// The world, advanced to the current time.
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

    pub(crate) fn gateway(&self) -> MutexGuard<'_, Gateway> {
        self.gateway.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
