//! One terminal: its line to the server, its beat, its visitors, its troubles.

use crate::behaviour::model::{StepSaid, VisitSaid};
use crate::device::model::{BeatOf, ConditionOf, DeviceTold, Enrolled, Said};
use futures_util::{SinkExt, StreamExt};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};
use yizhan_core::behaviour::VisitOf;
use yizhan_core::behaviour::planted::{Dice, World};
use yizhan_kit::Day;

/// What terminals did, all together.
#[derive(Default)]
pub struct Tally {
    /// Heartbeats that were sent.
    pub beats: AtomicU64,
    /// Visits that were told.
    pub visits: AtomicU64,
    /// Orders and configurations that were carried out.
    pub orders: AtomicU64,
    /// Lines that were opened.
    pub lines: AtomicU64,
    /// Lines that the server did not let open.
    pub refused: AtomicU64,
}

/// What the terminals of a hall share: its network, and what people find hard there.
pub struct Halls {
    world: Mutex<World>,
    numbers: Vec<u32>,
    dice: Mutex<Dice>,
    /// Until when the network of each hall is down.
    down: Mutex<Vec<Option<Instant>>>,
    calm: bool,
}

impl Halls {
    /// The halls of some terminals.
    pub fn new(seed: u64, enrolled: &[Enrolled], calm: bool) -> Self {
        let mut numbers: Vec<u32> = enrolled.iter().map(|one| one.hall).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let halls = u32::try_from(numbers.len().max(1)).unwrap_or(1);
        let down = Mutex::new(vec![None; numbers.len()]);
        Self { world: Mutex::new(World::new(seed, halls, 5)), numbers, dice: Mutex::new(Dice::new(seed)), down, calm }
    }

    fn place(&self, hall: u32) -> usize {
        self.numbers.iter().position(|number| *number == hall).unwrap_or(0)
    }

    /// A visit in a hall, by whatever is hard there.
    fn visit(&self, hall: u32) -> VisitOf {
        let number = u32::try_from(self.place(hall)).unwrap_or(0) + 1;
        self.world.lock().expect("no panic while the world is held").visit_in(Day(0), number)
    }

    /// Takes the network of a hall down for a while.
    pub fn cut(&self, hall: u32, lasts: Duration) {
        self.down.lock().expect("no panic while the networks are held")[self.place(hall)] =
            Some(Instant::now() + lasts);
    }

    /// When the network of a hall is there again, if it is not.
    fn back(&self, hall: u32) -> Option<Instant> {
        let down = self.down.lock().expect("no panic while the networks are held");
        down[self.place(hall)].filter(|until| *until > Instant::now())
    }
}

/// One terminal.
pub struct Terminal {
    address: String,
    enrolled: Enrolled,
    dice: Dice,
    halls: Arc<Halls>,
    beat: BeatOf,
    /// The visit that is under way: when it is over.
    visited_until: Instant,
}

type Line = WebSocketStream<TcpStream>;

impl Terminal {
    /// A terminal that was enrolled.
    pub fn new(address: String, enrolled: Enrolled, seed: u64, halls: Arc<Halls>) -> Self {
        let good = ConditionOf::Good;
        let beat = BeatOf {
            printer: good,
            paper: good,
            card_reader: good,
            cameras: good,
            network: good,
            screen: good,
            config: 0,
            done: Vec::new(),
        };
        let mut dice = Dice::new(seed);
        let first = Duration::from_millis(1_000 + dice.below(30_000));
        Self { address, enrolled, dice, halls, beat, visited_until: Instant::now() + first }
    }

    /// Lives until it is told to stop: a line that breaks is opened again.
    pub async fn live(mut self, mut stop: watch::Receiver<bool>, tally: Arc<Tally>) {
        loop {
            let up = async {
                if let Some(back) = self.halls.back(self.enrolled.hall) {
                    sleep_until(back).await;
                }
            };
            tokio::select! {
                () = up => {}
                _ = stop.changed() => return,
            }
            match open(&self.address, &self.enrolled.secret).await {
                Ok(mut line) => {
                    tally.lines.fetch_add(1, Ordering::Relaxed);
                    if self.talk(&mut line, &mut stop, &tally).await.is_some() {
                        let _ = line.close(None).await;
                        return;
                    }
                }
                Err(_) => {
                    tally.refused.fetch_add(1, Ordering::Relaxed);
                }
            }
            // Not all at once, when a hall comes back.
            let pause = Duration::from_millis(500 + self.dice.below(3_000));
            tokio::select! {
                () = sleep(pause) => {}
                _ = stop.changed() => return,
            }
        }
    }

    /// Talks until the line breaks, the hall's network goes, or it is told to stop: that alone ends the terminal.
    async fn talk(&mut self, line: &mut Line, stop: &mut watch::Receiver<bool>, tally: &Tally) -> Option<()> {
        let period = Duration::from_secs(u64::from(self.enrolled.beat_seconds.max(1)));
        let mut next = Instant::now();
        let mut look = tokio::time::interval(Duration::from_millis(500));
        loop {
            tokio::select! {
                () = sleep_until(next) => {
                    self.happen();
                    self.say(line, tally).await?;
                    next += period;
                }
                heard = line.next() => {
                    let Some(Ok(Message::Text(text))) = heard else {
                        if matches!(heard, Some(Ok(Message::Ping(_) | Message::Pong(_)))) {
                            continue;
                        }
                        return None;
                    };
                    let Ok(told) = serde_json::from_str::<DeviceTold>(&text) else { return None };
                    let restart = self.hear(&told, tally);
                    self.say(line, tally).await?;
                    if restart {
                        return None;
                    }
                }
                _ = look.tick() => {
                    if self.halls.back(self.enrolled.hall).is_some() {
                        return None;
                    }
                    if Instant::now() >= self.visited_until {
                        self.be_visited(line, tally).await?;
                    }
                }
                _ = stop.changed() => return Some(()),
            }
        }
    }

    /// Sends a heartbeat. `None` when the line is broken.
    async fn say(&mut self, line: &mut Line, tally: &Tally) -> Option<()> {
        let said = Said { beat: Some(self.beat.clone()), visit: None };
        line.send(Message::Text(serde_json::to_string(&said).ok()?.into())).await.ok()?;
        self.beat.done.clear();
        tally.beats.fetch_add(1, Ordering::Relaxed);
        Some(())
    }

    /// Carries out what it is told. Whether its page is to be loaded again.
    fn hear(&mut self, told: &DeviceTold, tally: &Tally) -> bool {
        if let Some(config) = &told.config {
            self.beat.config = config.version;
            tally.orders.fetch_add(1, Ordering::Relaxed);
        }
        tally.orders.fetch_add(told.orders.len() as u64, Ordering::Relaxed);
        self.beat.done.extend(told.orders.iter().map(|order| order.n));
        told.orders.iter().any(|order| order.what == "restart")
    }

    /// Once a beat something may happen: paper runs out, the printer jams, the hall's network goes.
    fn happen(&mut self) {
        if self.halls.calm {
            return;
        }
        let good = ConditionOf::Good;
        match self.dice.below(400) {
            0..8 => self.beat.paper = if self.beat.paper == good { ConditionOf::Low } else { good },
            8..10 => self.beat.printer = ConditionOf::Faulty,
            10 => self.beat.card_reader = ConditionOf::Faulty,
            11 => self.beat.cameras = ConditionOf::Faulty,
            // Somebody mends what is broken, sooner or later.
            12..32 => (self.beat.printer, self.beat.card_reader, self.beat.cameras) = (good, good, good),
            _ => {}
        }
        let mut dice = self.halls.dice.lock().expect("no panic while the dice are held");
        if dice.below(2_500) == 0 {
            let lasts = Duration::from_secs(50 + dice.below(120));
            drop(dice);
            self.halls.cut(self.enrolled.hall, lasts);
        }
    }

    /// Tells a visit that is over, and waits for the next one.
    async fn be_visited(&mut self, line: &mut Line, tally: &Tally) -> Option<()> {
        let visit = self.halls.visit(self.enrolled.hall);
        let said = Said { beat: None, visit: Some(said(&visit, self.dice.below(u64::MAX))) };
        line.send(Message::Text(serde_json::to_string(&said).ok()?.into())).await.ok()?;
        tally.visits.fetch_add(1, Ordering::Relaxed);
        let next = visit.steps.iter().map(|step| u64::from(step.took_ms)).sum::<u64>() / 4 + self.dice.below(60_000);
        self.visited_until = Instant::now() + Duration::from_millis(next);
        Some(())
    }
}

/// A visit as a terminal tells it.
pub fn said(visit: &VisitOf, number: u64) -> VisitSaid {
    let step = |step: &yizhan_core::behaviour::StepOf| StepSaid {
        step: step.step.clone(),
        what: step.what.as_str().into(),
        took_ms: step.took_ms,
    };
    VisitSaid {
        visit: number,
        module: visit.module.clone(),
        ending: visit.ending.as_str().into(),
        steps: visit.steps.iter().map(step).collect(),
    }
}

/// Opens a device's line.
///
/// # Errors
/// What the network or the server says.
pub async fn open(address: &str, secret: &str) -> Result<Line, String> {
    let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    let _ = stream.set_nodelay(true);
    let mut request =
        format!("ws://{address}/api/devices/live").into_client_request().map_err(|error| error.to_string())?;
    let bearer = format!("Bearer {secret}").parse().map_err(|_| "the secret fits in no header")?;
    request.headers_mut().insert("authorization", bearer);
    client_async(request, stream).await.map(|(line, _)| line).map_err(|error| error.to_string())
}
