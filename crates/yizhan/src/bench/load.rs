//! A small load generator: so many connections, each with one request under way, over plain HTTP/1.1 on the loopback.

use super::world::{Declarations, SERVICE};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came of a load.
#[derive(Default)]
pub struct Outcome {
    /// Answers by status, summed: 2xx.
    pub good: usize,
    /// Everything else.
    pub refused: usize,
    /// How long it took.
    pub seconds: f64,
    /// How long each answer took, in microseconds, sorted.
    pub latencies_us: Vec<u32>,
}

impl Outcome {
    /// Good answers a second.
    pub fn rate(&self) -> f64 {
        self.good as f64 / self.seconds
    }

    /// The latency that so many of a hundred answers did not exceed, in milliseconds.
    pub fn percentile_ms(&self, percent: usize) -> f64 {
        let place = (self.latencies_us.len() * percent / 100).min(self.latencies_us.len().saturating_sub(1));
        self.latencies_us.get(place).map_or(f64::NAN, |us| f64::from(*us) / 1000.0)
    }
}

/// What to ask for.
#[derive(Clone)]
pub enum Ask {
    /// Declare, or have a declaration checked without storing it.
    Declare {
        /// The declarations.
        from: Declarations,
        /// The number of the first.
        first: usize,
        /// The path.
        path: &'static str,
    },
    /// Read one of these addresses, in turn.
    Read(Arc<Vec<String>>),
    /// The same of one of several zones, by its host's first label.
    Of(Arc<str>, Box<Ask>),
}

/// The path that stores.
pub const STORE: &str = "/api/cases/travel-declaration";
/// The path that checks and answers without storing.
pub const CHECK: &str = "/api/cases/travel-declaration/check";

impl Ask {
    fn request(&self, n: usize, into: &mut Vec<u8>) {
        into.clear();
        match self {
            Self::Declare { from, first, path } => {
                let body = from.body(first + n);
                let head = format!(
                    "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nIdempotency-Key: {SERVICE}-{}\r\nContent-Length: {}\r\n\r\n",
                    first + n,
                    body.len()
                );
                into.extend(head.as_bytes());
                into.extend(body.as_bytes());
            }
            Self::Read(paths) => {
                let path = &paths[n % paths.len()];
                into.extend(format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").as_bytes());
            }
            Self::Of(zone, ask) => {
                ask.request(n, into);
                let text = String::from_utf8_lossy(into).replacen("Host: 127.0.0.1", &format!("Host: {zone}"), 1);
                *into = text.into_bytes();
            }
        }
    }
}

/// Asks so many times over so many connections, at most so often a second.
///
/// # Errors
/// When a connection breaks.
pub fn run(
    address: SocketAddr,
    ask: &Ask,
    connections: usize,
    requests: usize,
    per_second: Option<f64>,
) -> Result<Outcome, String> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let outcome = runtime.block_on(async {
        let tasks: Vec<_> = (0..connections)
            .map(|_| tokio::spawn(one(address, ask.clone(), next.clone(), requests, per_second, began)))
            .collect();
        let mut total = Outcome::default();
        for task in tasks {
            let part = task.await.map_err(|error| error.to_string())??;
            total.good += part.good;
            total.refused += part.refused;
            total.latencies_us.extend(part.latencies_us);
        }
        Ok::<_, String>(total)
    });
    let mut outcome = outcome?;
    outcome.seconds = began.elapsed().as_secs_f64();
    outcome.latencies_us.sort_unstable();
    Ok(outcome)
}

async fn one(
    address: SocketAddr,
    ask: Ask,
    next: Arc<AtomicUsize>,
    requests: usize,
    per_second: Option<f64>,
    began: Instant,
) -> Result<Outcome, String> {
    let mut stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let (mut request, mut answer) = (Vec::with_capacity(2048), Vec::with_capacity(4096));
    let mut outcome = Outcome::default();
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        if n >= requests {
            return Ok(outcome);
        }
        if let Some(rate) = per_second {
            let due = began + Duration::from_secs_f64(n as f64 / rate);
            tokio::time::sleep_until(due.into()).await;
        }
        ask.request(n, &mut request);
        let sent = Instant::now();
        stream.write_all(&request).await.map_err(|error| error.to_string())?;
        let answered = tokio::time::timeout(PATIENCE, read_answer(&mut stream, &mut answer)).await;
        let status = answered.map_err(|_| format!("request {n} got no answer in {} s", PATIENCE.as_secs()))??;
        outcome.latencies_us.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
        if (200..300).contains(&status) {
            outcome.good += 1;
        } else {
            outcome.refused += 1;
        }
    }
}

/// Reads one answer whole and tells its status.
///
/// # Errors
/// When the connection breaks or the answer is no HTTP.
pub async fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) -> Result<u16, String> {
    answer.clear();
    loop {
        let read = stream.read_buf(answer).await.map_err(|error| error.to_string())?;
        if read == 0 {
            return Err("the server hung up".into());
        }
        let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&answer[..end]).map_err(|error| error.to_string())?;
        let status = head.get(9..12).and_then(|text| text.parse().ok()).ok_or("no status")?;
        let length = head.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        let whole = end + 4 + length.unwrap_or(0);
        while answer.len() < whole {
            if stream.read_buf(answer).await.map_err(|error| error.to_string())? == 0 {
                return Err("the server hung up".into());
            }
        }
        return Ok(status);
    }
}

/// The CPU time a process has used, in seconds; with its ended children.
pub fn cpu_s(pid: u32, children: bool) -> f64 {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return 0.0 };
    let Some((_, rest)) = stat.rsplit_once(')') else { return 0.0 };
    let fields: Vec<f64> = rest.split_whitespace().map(|field| field.parse().unwrap_or(0.0)).collect();
    let ticks = |from: usize| fields.get(from).copied().unwrap_or(0.0) + fields.get(from + 1).copied().unwrap_or(0.0);
    // Linux counts these in hundredths of a second.
    (ticks(11) + if children { ticks(13) } else { 0.0 }) / 100.0
}

/// One page, as text. Blocking.
pub fn text(address: SocketAddr, path: &str) -> Result<String, String> {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(address).map_err(|error| error.to_string())?;
    let ask = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    stream.set_read_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
    stream.write_all(ask.as_bytes()).map_err(|error| error.to_string())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(|error| error.to_string())?;
    Ok(answer)
}

/// The resident memory of a process, in bytes.
pub fn memory(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(0.0) * 1024.0
}
