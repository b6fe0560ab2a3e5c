//! Whole transfers over a network that loses, doubles, delays and reorders messages, damages some, and is cut at any of
//! them: what arrives is byte for byte what was sent.

use crate::agent::{self, Agent};
use crate::purpose::{Event, Purpose, SendRate};
use crate::session::Session;
use crate::time::Time;
use bytes::Bytes;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

/// xorshift: the same numbers for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// Messages on their way, by the time of their arrival.
#[derive(Default)]
struct Wire(BTreeMap<(Time, u64), Bytes>);

#[derive(Debug, Clone, Copy)]
struct Trouble {
    /// Of a thousand messages.
    lost: u64,
    doubled: u64,
    damaged: u64,
    /// Milliseconds that a message may be late, and so come after later ones.
    late: u64,
    /// Of a thousand, the link is cut at a message.
    cut: u64,
}

struct Network {
    dice: Dice,
    trouble: Trouble,
    count: u64,
    up: Wire,
    down: Wire,
    cuts: u64,
}

impl Network {
    fn put(&mut self, up: bool, frame: &Bytes, now: Time) {
        let trouble = self.trouble;
        if self.dice.roll(1000) < trouble.lost {
            return;
        }
        let copies = 1 + u64::from(self.dice.roll(1000) < trouble.doubled);
        for _ in 0..copies {
            let late = 5 + self.dice.roll(trouble.late + 1);
            let mut bytes = frame.to_vec();
            if self.dice.roll(1000) < trouble.damaged {
                let at = self.dice.roll(bytes.len() as u64) as usize;
                if self.dice.roll(2) == 0 {
                    bytes.truncate(at);
                } else {
                    // Beyond the digest, where a change is noticed.
                    let at = at.max(121).min(bytes.len() - 1);
                    bytes[at] ^= 0x40;
                }
            }
            self.count += 1;
            let wire = if up { &mut self.up } else { &mut self.down };
            wire.0.insert((now + Duration::from_millis(late), self.count), bytes.into());
        }
    }

    /// Delivers what has arrived by now. When the link is back, if it was cut at a message.
    fn deliver(&mut self, session: &mut Session, agent: &mut Agent, now: Time) -> Option<Time> {
        let mut back = None;
        for is_up in [true, false] {
            loop {
                let wire = if is_up { &mut self.up } else { &mut self.down };
                let Some(entry) = wire.0.first_entry().filter(|entry| entry.key().0 <= now) else { break };
                let frame = entry.remove();
                let _ = if is_up { agent.receive(&frame, now) } else { session.receive(&frame, now) };
                if self.cuts < 20 && self.dice.roll(1000) < self.trouble.cut {
                    self.cuts += 1;
                    self.up.0.clear();
                    self.down.0.clear();
                    session.lost();
                    agent.lost();
                    back = Some(now + Duration::from_millis(self.dice.roll(3000)));
                }
            }
        }
        back
    }
}

/// 60 KB up on one connection, 60 KB down on another, and both read to the end.
fn transfer(seed: u64, trouble: Trouble) -> Result<(), String> {
    let mut network =
        Network { dice: Dice(seed | 1), trouble, count: 0, up: Wire::default(), down: Wire::default(), cuts: 0 };
    let mut session = Session::new(Purpose::Port, SendRate::default(), 1, 1);
    let mut agent = Agent::new(Purpose::Port, "3.3.0.0", 1, 2);
    agent.start(&["Unheard"], Time::ZERO);
    let payload: Vec<u8> = (0..60_000u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let (mut up, mut down) = (None, None);
    let (mut sent_up, mut sent_down) = (0, 0);
    let (mut got_up, mut got_down) = (Vec::new(), Vec::new());
    let mut ended = false;
    let mut link_back: Option<Time> = None;
    for ms in 0..600_000u64 {
        let now = Duration::from_millis(ms);
        if link_back.is_some_and(|back| back <= now) {
            link_back = None;
            session.resumed(now);
            agent.resumed(now);
        }
        session.tick(now);
        agent.tick(now);
        while session.can_send() && up.is_some_and(|_| sent_up < payload.len()) {
            let end = payload.len().min(sent_up + 700);
            session.send(up.unwrap(), &payload[sent_up..end].to_vec().into(), now);
            sent_up = end;
        }
        if let Some(stream) = down {
            while agent.has_room() && sent_down < payload.len() {
                let end = payload.len().min(sent_down + 1500);
                agent.send(stream, &payload[sent_down..end].to_vec().into(), now);
                sent_down = end;
            }
            if sent_down == payload.len() {
                agent.end(stream, now);
            }
        }
        if link_back.is_none() {
            while let Some(frame) = session.transmit() {
                network.put(true, &frame, now);
            }
            while let Some(frame) = agent.transmit() {
                network.put(false, &frame, now);
            }
        }
        link_back = network.deliver(&mut session, &mut agent, now).or(link_back);
        while let Some(event) = session.event() {
            match event {
                Event::Ready { .. } => {
                    up = session.open(now);
                    let second = session.open(now).ok_or("a second connection")?;
                    session.send(second, &Bytes::from_static(b"send"), now);
                }
                Event::Data(_, bytes) => got_down.extend_from_slice(&bytes),
                Event::Ended { refused, .. } => ended = !refused,
                other => return Err(format!("{other:?}")),
            }
        }
        while let Some(event) = agent.event() {
            match event {
                agent::Event::Data(3, bytes) => got_up.extend_from_slice(&bytes),
                agent::Event::Data(stream, _) => down = Some(stream),
                agent::Event::Broken(why) => return Err(why),
                _ => {}
            }
        }
        if ended && got_up.len() == payload.len() {
            return if got_up == payload && got_down == payload { Ok(()) } else { Err("other bytes arrived".into()) };
        }
    }
    Err(format!("hung: {} up, {} down of {}", got_up.len(), got_down.len(), payload.len()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn transfer_is_intact_over_an_unreliable_network(
        seed: u64, lost in 0u64..80, doubled in 0u64..200, damaged in 0u64..50, late in 0u64..120, cut in 0u64..20,
    ) {
        prop_assert_eq!(transfer(seed, Trouble { lost, doubled, damaged, late, cut }), Ok(()));
    }
}

#[test]
fn transfer_completes_over_a_reliable_network() {
    assert_eq!(transfer(1, Trouble { lost: 0, doubled: 0, damaged: 0, late: 0, cut: 0 }), Ok(()));
}
