//! People who mean harm: heads and bodies of which a byte comes now and then, bodies without end, connections opened and closed.

use super::callers::runtime;
use crate::bench::world::SERVICE;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long lies between two bytes.
const BYTE: Duration = Duration::from_millis(700);

/// How long lies between two connections of one who opens and closes.
const OPENING: Duration = Duration::from_millis(20);

/// Bodies without end at once.
const ENDLESS: usize = 16;

/// Whoever opens and closes, at once.
const OPENING_AT_ONCE: usize = 16;

/// What became of them.
#[derive(Default)]
struct Counted {
    heads: AtomicU64,
    bodies: AtomicU64,
    endless: AtomicU64,
    taken: AtomicU64,
    opened: AtomicU64,
}

/// What became of them, told.
pub struct Blows {
    /// Slow heads on which the server hung up.
    pub heads: u64,
    /// Slow bodies that it refused.
    pub bodies: u64,
    /// Endless bodies that it refused.
    pub endless: u64,
    /// The most that it let one of these send, in megabytes.
    pub taken_mb: f64,
    /// Connections opened and closed.
    pub opened: u64,
}

/// Those at work.
pub struct Hostile {
    over: Arc<AtomicBool>,
    counted: Arc<Counted>,
    working: JoinHandle<Result<(), String>>,
}

/// Begins with so many slow heads, and as many slow bodies.
pub fn start(address: SocketAddr, slow: usize) -> Hostile {
    let (over, counted) = (Arc::new(AtomicBool::new(false)), Arc::new(Counted::default()));
    let (ending, counting) = (over.clone(), counted.clone());
    let working = std::thread::spawn(move || {
        runtime()?.block_on(async {
            let mut tasks = tokio::task::JoinSet::new();
            for _ in 0..slow {
                tasks.spawn(again(ending.clone(), counting.clone(), address, slow_head));
                tasks.spawn(again(ending.clone(), counting.clone(), address, slow_body));
            }
            for _ in 0..ENDLESS {
                tasks.spawn(again(ending.clone(), counting.clone(), address, endless));
            }
            for _ in 0..OPENING_AT_ONCE {
                tasks.spawn(again(ending.clone(), counting.clone(), address, open_and_close));
            }
            while !ending.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            tasks.shutdown().await;
            Ok(())
        })
    });
    Hostile { over, counted, working }
}

impl Hostile {
    /// Ends it.
    ///
    /// # Errors
    /// When they could not work.
    pub fn stop(self) -> Result<Blows, String> {
        self.over.store(true, Ordering::Relaxed);
        self.working.join().map_err(|_| "the thread of the hostile failed")??;
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Ok(Blows {
            heads: of(&self.counted.heads),
            bodies: of(&self.counted.bodies),
            endless: of(&self.counted.endless),
            taken_mb: of(&self.counted.taken) as f64 / 1e6,
            opened: of(&self.counted.opened),
        })
    }
}

/// Does it again and again; a connection that breaks is what is expected.
async fn again<F: Future<Output = std::io::Result<()>>>(
    over: Arc<AtomicBool>,
    counted: Arc<Counted>,
    address: SocketAddr,
    once: impl Fn(SocketAddr, Arc<Counted>) -> F,
) {
    while !over.load(Ordering::Relaxed) {
        let _ = once(address, counted.clone()).await;
        tokio::time::sleep(OPENING).await;
    }
}

/// Sends bytes until the server hangs up or answers.
async fn drip(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut answer = [0; 512];
    loop {
        tokio::select! {
            read = stream.read(&mut answer) => return read.map(drop),
            () = tokio::time::sleep(BYTE) => stream.write_all(b"x").await?,
        }
    }
}

async fn slow_head(address: SocketAddr, counted: Arc<Counted>) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ").await?;
    let ended = drip(&mut stream).await;
    counted.heads.fetch_add(1, Ordering::Relaxed);
    ended
}

async fn slow_body(address: SocketAddr, counted: Arc<Counted>) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let head = format!(
        "POST /api/cases/{SERVICE} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    let ended = drip(&mut stream).await;
    counted.bodies.fetch_add(1, Ordering::Relaxed);
    ended
}

async fn endless(address: SocketAddr, counted: Arc<Counted>) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let head = format!(
        "POST /api/cases/{SERVICE} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    let mut chunk = b"10000\r\n".to_vec();
    chunk.extend(std::iter::repeat_n(b' ', 0x10000));
    chunk.extend(b"\r\n");
    let mut sent = 0;
    let broke = loop {
        if let Err(broke) = stream.write_all(&chunk).await {
            break broke;
        }
        sent += 0x10000;
        counted.taken.fetch_max(sent, Ordering::Relaxed);
    };
    counted.endless.fetch_add(1, Ordering::Relaxed);
    Err(broke)
}

async fn open_and_close(address: SocketAddr, counted: Arc<Counted>) -> std::io::Result<()> {
    drop(TcpStream::connect(address).await?);
    counted.opened.fetch_add(1, Ordering::Relaxed);
    Ok(())
}
