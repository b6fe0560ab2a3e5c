//! A link that is cut repeatedly during one transfer, at any byte: in a header, in a payload, within the WebSocket's
//! own frames.
#![allow(clippy::unwrap_used)]

use super::client::{Client, Target, options, simulator};
use super::matrix::{Sizes, Transfer, Verdict, far_side, run_transfer};
use ssm_tunnel::{Credentials, Failure, Gate, OpenSession, Token, Tunnel};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

/// The number of links to cut.
const CUTS: u32 = 30;
/// The number of bytes from the agent that cover its answer to the upgrade and some messages. A link that delivered
/// less proves nothing about the session, and several such links in a row end it.
const MIN_RECEIVED: usize = 2_000;

/// A relay between the client and the gateway that cuts each link after a number of bytes in one direction.
struct Relay {
    address: SocketAddr,
    cuts: Arc<AtomicU32>,
    /// The number of links still to be cut.
    left: Arc<AtomicU32>,
}

impl Relay {
    async fn start(to: SocketAddr, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (cuts, left) = (Arc::<AtomicU32>::default(), Arc::<AtomicU32>::default());
        let (counts, lefts) = (Arc::clone(&cuts), Arc::clone(&left));
        let dice = AtomicU64::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(to).await.unwrap();
                let cut = lefts.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
                let rolled = roll(&dice);
                let limit = 3_000 + (rolled >> 8) as usize % 40_000;
                let (up, down) = if rolled & 1 == 0 { (limit, usize::MAX) } else { (usize::MAX, limit) };
                let (up, down) = if cut { (up, down) } else { (usize::MAX, usize::MAX) };
                let counts = Arc::clone(&counts);
                tokio::spawn(async move {
                    if link(near, far, up, down).await {
                        counts.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        Self { address, cuts, left }
    }
}

/// xorshift: the same numbers for the same seed.
fn roll(dice: &AtomicU64) -> u64 {
    let mut next = dice.load(Ordering::Relaxed);
    next ^= next << 13;
    next ^= next >> 7;
    next ^= next << 17;
    dice.store(next, Ordering::Relaxed);
    next
}

/// Relays a link until it ends or is cut; returns whether it was cut.
async fn link(mut near: TcpStream, mut far: TcpStream, up: usize, down: usize) -> bool {
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let (mut near_read, mut near_write) = near.split();
    let (mut far_read, mut far_write) = far.split();
    let (counter, received) = watch::channel(0);
    tokio::select! {
        cut = carry(&mut near_read, &mut far_write, up, received, None) => cut,
        cut = carry(&mut far_read, &mut near_write, down, counter.subscribe(), Some(&counter)) => cut,
    }
}

/// Relays one direction up to a limit; returns whether the limit was reached.
async fn carry(
    from: &mut ReadHalf<'_>,
    to: &mut WriteHalf<'_>,
    limit: usize,
    mut received: watch::Receiver<usize>,
    counter: Option<&watch::Sender<usize>>,
) -> bool {
    let (mut buffer, mut passed) = ([0; 4096], 0);
    loop {
        let Ok(got @ 1..) = from.read(&mut buffer).await else { return false };
        let take = got.min(limit - passed);
        if to.write_all(&buffer[..take]).await.is_err() {
            return false;
        }
        passed += take;
        if let Some(counter) = counter {
            counter.send_replace(passed);
        }
        if passed == limit {
            return received.wait_for(|received| *received >= MIN_RECEIVED).await.is_ok();
        }
    }
}

/// A gate that uses the simulator, with links through the relay.
struct Relayed {
    client: Client,
    relay: SocketAddr,
}

impl Relayed {
    fn through(&self, url: &str) -> String {
        url.replacen(self.client.endpoint.strip_prefix("http://").unwrap(), &self.relay.to_string(), 1)
    }
}

impl Gate for Relayed {
    type Target = Target;

    async fn resolve(&self) -> Result<Target, Failure> {
        self.client.resolve().await
    }

    fn describe(&self, target: &Target) -> String {
        self.client.describe(target)
    }

    async fn start(&self, target: &Target) -> Result<OpenSession, Failure> {
        let granted = self.client.start(target).await?;
        Ok(OpenSession { url: self.through(&granted.url), ..granted })
    }

    async fn resume(&self, session_id: &str) -> Result<(Option<String>, Token), Failure> {
        let (url, token) = self.client.resume(session_id).await?;
        Ok((url.map(|url| self.through(&url)), token))
    }

    async fn terminate(&self, session_id: &str) -> Result<(), Failure> {
        self.client.terminate(session_id).await
    }

    async fn find_gone_reason(&self, target: &Target) -> Option<String> {
        self.client.find_gone_reason(target).await
    }

    async fn credentials(&self) -> Result<Credentials, Failure> {
        self.client.credentials().await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transfer_survives_links_cut_at_any_byte() {
    let far = far_side().await;
    for (seed, kind, least) in [(1, Transfer::Up, CUTS), (2, Transfer::Down, CUTS), (3, Transfer::Rounds, 3)] {
        let sim = simulator(Some(far)).await;
        let gateway = sim.endpoint().strip_prefix("http://").unwrap().parse().unwrap();
        let relay = Relay::start(gateway, seed).await;
        let client = Client { endpoint: sim.endpoint(), command: None };
        let gate = Relayed { client, relay: relay.address };
        // The first link too, because the transfer starts on it.
        relay.left.store(CUTS, Ordering::Relaxed);
        let tunnel = Tunnel::open(gate, options(), SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let sizes = Sizes { bytes: 3 << 20, rounds: 400, ..Sizes::SMALL };
        let verdict =
            timeout(sizes.patience, run_transfer(tunnel.address().unwrap(), kind, sizes, async {})).await.unwrap();
        let (cuts, status) = (relay.cuts.load(Ordering::Relaxed), tunnel.close().await);
        assert_eq!((verdict, status.replacements), (Verdict::Exact, 0), "{kind:?} after {cuts} cuts: {status:?}");
        assert!(cuts >= least && status.resumes >= u64::from(least), "{kind:?}: {cuts} cuts: {status:?}");
    }
}
