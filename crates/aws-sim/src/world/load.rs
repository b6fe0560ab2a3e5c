//! Load and resource usage: a daily curve and noise as a pure function of seed and minute, so that hours of history
//! take no memory; only changes of the task count and of control requests are stored. Metric names are in `metrics`.

use super::{MINUTE, World};
use crate::clock::Ms;
use crate::rng;

/// The change of a service's load beyond the daily curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    /// The daily curve only.
    Day,
    /// Rises from the start to this multiple of the base, stays there, and falls back.
    Surge(f64),
}

/// The load of a service.
#[derive(Debug)]
pub(crate) struct Load {
    /// The CPU demand in tasks on an average day: 0.4 keeps one task at 40 %.
    pub(crate) base: f64,
    /// Memory use in percent without load.
    pub(crate) memory: f64,
    pub(crate) shape: Shape,
    pub(crate) salt: u64,
    running: Vec<(Ms, u32)>,
    factor: Vec<(Ms, f64)>,
}

/// The number of changes to keep; the oldest are dropped.
const REMEMBERED: usize = 512;

impl Load {
    pub(crate) fn new(base: f64, memory: f64, salt: u64) -> Load {
        Load { base, memory, shape: Shape::Day, salt, running: Vec::new(), factor: Vec::new() }
    }

    /// Records that this many tasks run from a time on.
    pub(crate) fn log_running(&mut self, at: Ms, running: u32) {
        if self.running.last().is_some_and(|(_, n)| *n == running) {
            return;
        }
        self.running.push((at, running));
        if self.running.len() > REMEMBERED {
            self.running.drain(..REMEMBERED / 2);
        }
    }

    /// Multiplies the load by a factor from a time on.
    pub(crate) fn set_factor(&mut self, at: Ms, factor: f64) {
        self.factor.push((at, factor.clamp(0.0, 1_000.0)));
    }

    /// The number of tasks that ran at a time; before the first record, the number in that record.
    pub(crate) fn running_at(&self, at: Ms) -> u32 {
        before(&self.running, at).or_else(|| self.running.first().map(|(_, n)| *n)).unwrap_or(0)
    }

    /// The CPU demand in tasks in a minute, given the start of the simulation.
    pub(crate) fn at(&self, minute: i64, start: Ms) -> f64 {
        let at = minute * MINUTE;
        let shape = match self.shape {
            Shape::Day => 1.0,
            Shape::Surge(top) => 1.0 + (top - 1.0) * surge(at - start),
        };
        let factor = before(&self.factor, at + MINUTE - 1).unwrap_or(1.0);
        let wobble = 1.0 + 0.06 * rng::noise(self.salt, minute) + 0.05 * rng::noise(self.salt ^ 9, minute / 7);
        self.base * day(at) * shape * factor * wobble
    }
}

fn before<T: Copy>(log: &[(Ms, T)], at: Ms) -> Option<T> {
    let next = log.partition_point(|(t, _)| *t <= at);
    next.checked_sub(1).map(|i| log[i].1)
}

/// The daily curve in Japan: lowest at four in the morning, highest at four in the afternoon.
pub(crate) fn day(at: Ms) -> f64 {
    let hours = (at as f64 / 3_600_000.0 + 9.0).rem_euclid(24.0);
    1.0 + 0.15 * ((hours - 10.0) / 24.0 * std::f64::consts::TAU).sin()
}

/// The course of a surge: up within 10 minutes, constant for half an hour, down within 15 minutes.
fn surge(since: Ms) -> f64 {
    let minutes = since as f64 / 60_000.0;
    match minutes {
        m if m <= 0.0 => 0.0,
        m if m < 10.0 => m / 10.0,
        m if m < 40.0 => 1.0,
        m if m < 55.0 => (55.0 - m) / 15.0,
        _ => 0.0,
    }
}

impl World {
    /// The CPU usage of a service in a minute, in percent; none if no task ran.
    pub(crate) fn service_cpu(&self, service: usize, minute: i64) -> Option<f64> {
        let load = &self.services[service].load;
        let running = load.running_at(minute * MINUTE + MINUTE - 1);
        if running == 0 {
            return None;
        }
        let value = 100.0 * load.at(minute, self.start) / f64::from(running);
        Some(value.clamp(0.2, 100.0))
    }

    /// The memory usage of a service in a minute, in percent; it depends slightly on the load.
    pub(crate) fn service_memory(&self, service: usize, minute: i64) -> Option<f64> {
        let load = &self.services[service].load;
        let cpu = self.service_cpu(service, minute)?;
        let value = load.memory + cpu * 0.12 + 1.5 * rng::noise(load.salt ^ 5, minute / 3);
        Some(value.clamp(1.0, 100.0))
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // the same computation gives the same bits
mod tests {
    use super::*;

    #[test]
    fn load_history_is_a_pure_function() {
        let mut load = Load::new(0.4, 50.0, 7);
        assert!((0..500).all(|m| load.at(m, 0) == load.at(m, 0)));
        load.log_running(100, 1);
        load.log_running(200, 3);
        assert_eq!((load.running_at(0), load.running_at(150), load.running_at(200)), (1, 1, 3));
        load.set_factor(10 * MINUTE, 2.0);
        assert!(load.at(12, 0) > load.at(9, 0) * 1.4);
    }

    #[test]
    fn surge_rises_and_falls() {
        let values: Vec<f64> = [0, 5, 10, 39, 47, 60].map(|m| surge(m * MINUTE)).to_vec();
        assert_eq!(values[0], 0.0);
        assert!(values[1] < values[2] && values[2] == values[3] && values[4] < 1.0);
        assert_eq!(values[5], 0.0);
    }
}
