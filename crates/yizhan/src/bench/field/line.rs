//! A bad line: a proxy on the loopback that lets so many bits a second through in each direction, is far away, and breaks.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use yizhan_kit::id::SeededEntropy;

/// What goes through at a time, as a packet does.
const PACKET: usize = 1_460;

/// How many packets may be on their way: a second's worth is more than a line holds.
const ON_THE_WAY: usize = 32;

/// One direction: everybody's packets go through one after the other.
struct Direction {
    free: Mutex<Instant>,
    bits_s: u64,
    bytes: AtomicU64,
}

impl Direction {
    fn new(bits_s: u64) -> Self {
        Self { free: Mutex::new(Instant::now()), bits_s, bytes: AtomicU64::new(0) }
    }

    /// When a packet is through that is put in now.
    fn through(&self, bytes: usize) -> Instant {
        let takes = Duration::from_micros(bytes as u64 * 8_000_000 / self.bits_s);
        let mut free = self.free.lock().expect("no panic while the line is held");
        *free = (*free).max(Instant::now()) + takes;
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        *free
    }
}

/// The line.
pub struct Line {
    /// Where it begins.
    pub address: SocketAddr,
    up: Direction,
    down: Direction,
    away: Duration,
    broken: watch::Sender<usize>,
    cuts: AtomicUsize,
}

impl Line {
    /// A line to a server, of so many bits a second, so far away one way.
    pub async fn to(server: SocketAddr, bits_s: u64, away: Duration) -> Result<Arc<Self>, String> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let (up, down) = (Direction::new(bits_s), Direction::new(bits_s));
        let line = Arc::new(Self { address, up, down, away, broken: watch::Sender::new(0), cuts: AtomicUsize::new(0) });
        let carrying = line.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let line = carrying.clone();
                tokio::spawn(async move {
                    let Ok(far) = TcpStream::connect(server).await else { return };
                    let _ = (near.set_nodelay(true), far.set_nodelay(true));
                    let mut broken = line.broken.subscribe();
                    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                    let carry = async {
                        tokio::select! {
                            () = line.carry(&line.up, near_in, far_out) => {}
                            () = line.carry(&line.down, far_in, near_out) => {}
                        }
                    };
                    // What is on its way when the line breaks is lost, and nobody is told.
                    tokio::select! { () = carry => {}, _ = broken.changed() => {} }
                });
            }
        });
        Ok(line)
    }

    async fn carry(&self, direction: &Direction, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let (put, mut take) = mpsc::channel::<(Instant, Vec<u8>)>(ON_THE_WAY);
        let reading = async move {
            let mut packet = vec![0; PACKET];
            while let Ok(read @ 1..) = from.read(&mut packet).await {
                let arrives = direction.through(read) + self.away;
                if put.send((arrives, packet[..read].to_vec())).await.is_err() {
                    return;
                }
            }
        };
        let writing = async move {
            while let Some((arrives, packet)) = take.recv().await {
                tokio::time::sleep_until(arrives.into()).await;
                if to.write_all(&packet).await.is_err() {
                    return;
                }
            }
        };
        tokio::join!(reading, writing);
    }

    /// Breaks every connection, so many times, at random moments within a time, by a seed.
    pub fn break_at_random(self: &Arc<Self>, times: usize, within: Duration, seed: u64) {
        let line = self.clone();
        let chance = SeededEntropy::new(seed);
        let mut moments: Vec<u64> = (0..times).map(|_| chance.below(within.as_millis() as u64)).collect();
        moments.sort_unstable();
        tokio::spawn(async move {
            let began = Instant::now();
            for moment in moments {
                tokio::time::sleep_until((began + Duration::from_millis(moment)).into()).await;
                line.cuts.fetch_add(1, Ordering::Relaxed);
                line.broken.send_modify(|breaks| *breaks += 1);
            }
        });
    }

    /// How often it broke.
    pub fn cuts(&self) -> usize {
        self.cuts.load(Ordering::Relaxed)
    }

    /// How many bytes were put in on the way up.
    pub fn bytes_up(&self) -> u64 {
        self.up.bytes.load(Ordering::Relaxed)
    }
}
