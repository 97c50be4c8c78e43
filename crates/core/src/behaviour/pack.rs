//! Visits, packed: twenty bytes each and four a step, with the words they use kept once. Of when and where, the hour and the
//! hall are kept: neither the device nor the minute, so that no visit can be laid beside an act of the journal.

use crate::row::SubjectId;
use std::collections::HashMap;
use yizhan_kit::Moment;

/// The most words of each kind; what names more is refused, so that memory is bounded.
const MOST_MODULES: usize = 1_024;
/// The most steps that one module may have.
const MOST_STEPS: usize = 64;
/// The most steps that are kept of one visit.
pub const LONGEST_VISIT: usize = 200;
/// The first bytes of a packed day.
const VERSION: u8 = 1;

pub(super) const HOUR_MS: i64 = 3_600_000;

/// What came of a step.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum What {
    /// It was done.
    Done,
    /// It was refused: a mistake in the form, a card that could not be read.
    Error,
    /// Help was called.
    Help,
    /// They turned back.
    Back,
}

impl What {
    /// Everything that may come of a step.
    pub const ALL: [Self; 4] = [Self::Done, Self::Error, Self::Help, Self::Back];

    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Error => "error",
            Self::Help => "help",
            Self::Back => "back",
        }
    }

    /// Reads its name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|what| what.as_str() == text)
    }
}

/// How a visit ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ending {
    /// What they came for was handed in.
    Finished,
    /// They said that they stop.
    GaveUp,
    /// Nobody was there any more.
    WalkedAway,
}

impl Ending {
    /// Every ending.
    pub const ALL: [Self; 3] = [Self::Finished, Self::GaveUp, Self::WalkedAway];

    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::GaveUp => "gave-up",
            Self::WalkedAway => "walked-away",
        }
    }

    /// Reads its name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ending| ending.as_str() == text)
    }
}

/// A step of a visit, as a device tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StepOf {
    /// Which, by its name in the module.
    pub step: String,
    /// What came of it.
    pub what: What,
    /// How long it took, milliseconds.
    pub took_ms: u32,
}

/// A visit, as a device tells it when it is over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VisitOf {
    /// At which device; not kept.
    pub device: SubjectId,
    /// In which hall.
    pub hall: SubjectId,
    /// What they came for: the name of a service.
    pub module: String,
    /// When it began; the hour is kept.
    pub began: Moment,
    /// How it ended.
    pub ending: Ending,
    /// Its steps, in order.
    pub steps: Vec<StepOf>,
}

/// A visit, packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Visit {
    /// Where its steps begin.
    first: u32,
    /// The hour in which it began, counted from 1970.
    pub(super) hour: u32,
    pub(super) module: u16,
    pub(super) hall: u16,
    steps: u16,
    pub(super) ending: Ending,
    /// Whether the same was begun at the same device within minutes after a visit that came to nothing.
    pub(super) again: bool,
}

/// A step, packed: which of its module's, what came of it, tenths of a second.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Took {
    pub(super) step: u8,
    pub(super) what: What,
    pub(super) tenths: u16,
}

/// After how long a new visit is no repeat of the last one, milliseconds.
const AGAIN_MS: i64 = 10 * 60_000;

/// Visits, in the order in which they were told.
#[derive(Default, Debug, Clone)]
pub struct Visits {
    visits: Vec<Visit>,
    steps: Vec<Took>,
    modules: Vec<Module>,
    halls: Vec<SubjectId>,
    /// The last visit at each device: what for, when it began, whether it came to something. In memory only.
    last: HashMap<SubjectId, (u16, Moment, Ending)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Module {
    name: String,
    steps: Vec<String>,
}

impl Visits {
    /// Takes a visit in. Whether there was room for its words.
    pub fn push(&mut self, of: &VisitOf) -> bool {
        let Some(module) = self.module(&of.module) else { return false };
        let before = self.last.insert(of.device, (module, of.began, of.ending));
        let again = before.is_some_and(|(what, when, how)| {
            what == module && how != Ending::Finished && of.began.0 - when.0 <= AGAIN_MS
        });
        self.put(module, of, again)
    }

    fn put(&mut self, module: u16, of: &VisitOf, again: bool) -> bool {
        let Some(hall) = self.hall(of.hall) else { return false };
        let first = self.steps.len();
        for step in of.steps.iter().take(LONGEST_VISIT) {
            let Some(code) = self.step(module, &step.step) else {
                self.steps.truncate(first);
                return false;
            };
            let tenths = u16::try_from(step.took_ms / 100).unwrap_or(u16::MAX);
            self.steps.push(Took { step: code, what: step.what, tenths });
        }
        self.visits.push(Visit {
            first: u32::try_from(first).unwrap_or(u32::MAX),
            hour: u32::try_from(of.began.0 / HOUR_MS).unwrap_or(0),
            module,
            hall,
            steps: u16::try_from(self.steps.len() - first).unwrap_or(u16::MAX),
            ending: of.ending,
            again,
        });
        true
    }

    /// How many visits.
    pub fn len(&self) -> usize {
        self.visits.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.visits.is_empty()
    }

    /// How many steps.
    pub fn events(&self) -> usize {
        self.steps.len()
    }

    /// What they take in memory, bytes.
    pub fn bytes(&self) -> usize {
        self.visits.capacity() * size_of::<Visit>() + self.steps.capacity() * size_of::<Took>()
    }

    /// Every visit with its steps.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Visit, &[Took])> {
        self.visits.iter().map(|visit| {
            let first = visit.first as usize;
            (visit, &self.steps[first..first + usize::from(visit.steps)])
        })
    }

    /// The names of the modules, by code.
    pub fn modules(&self) -> impl Iterator<Item = &str> {
        self.modules.iter().map(|module| module.name.as_str())
    }

    pub(super) fn module_name(&self, module: usize) -> &str {
        &self.modules[module].name
    }

    pub(super) fn step_names(&self, module: usize) -> &[String] {
        &self.modules[module].steps
    }

    pub(super) fn halls(&self) -> &[SubjectId] {
        &self.halls
    }

    fn module(&mut self, name: &str) -> Option<u16> {
        let found = self.modules.iter().position(|module| module.name == name);
        let at = found.or_else(|| {
            (self.modules.len() < MOST_MODULES).then(|| {
                self.modules.push(Module { name: name.to_owned(), steps: Vec::new() });
                self.modules.len() - 1
            })
        });
        at.and_then(|at| u16::try_from(at).ok())
    }

    fn step(&mut self, module: u16, name: &str) -> Option<u8> {
        let steps = &mut self.modules[usize::from(module)].steps;
        let found = steps.iter().position(|step| step == name);
        let at = found.or_else(|| {
            (steps.len() < MOST_STEPS).then(|| {
                steps.push(name.to_owned());
                steps.len() - 1
            })
        });
        at.and_then(|at| u8::try_from(at).ok())
    }

    fn hall(&mut self, hall: SubjectId) -> Option<u16> {
        let found = self.halls.iter().position(|known| *known == hall);
        let at = found.unwrap_or_else(|| {
            self.halls.push(hall);
            self.halls.len() - 1
        });
        u16::try_from(at).ok()
    }

    /// Drops the oldest visits until at most so many steps are left.
    pub fn keep_latest(&mut self, events: usize) {
        let Some(over) = self.steps.len().checked_sub(events).filter(|over| *over > 0) else { return };
        let cut = self.visits.partition_point(|visit| (visit.first as usize) < over);
        let first = self.visits.get(cut).map_or(self.steps.len(), |visit| visit.first as usize);
        self.visits.drain(..cut);
        self.steps.drain(..first);
        let gone = u32::try_from(first).unwrap_or(u32::MAX);
        self.visits.iter_mut().for_each(|visit| visit.first -= gone);
    }

    /// As bytes that explain themselves: the words, then visits and steps. In which order visits came within an hour is not
    /// kept either.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        let number = |bytes: &mut Vec<u8>, n: usize| bytes.extend(u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes());
        let word = |bytes: &mut Vec<u8>, text: &str| {
            bytes.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
            bytes.extend(&text.as_bytes()[..text.len().min(255)]);
        };
        number(&mut bytes, self.modules.len());
        for module in &self.modules {
            word(&mut bytes, &module.name);
            number(&mut bytes, module.steps.len());
            module.steps.iter().for_each(|step| word(&mut bytes, step));
        }
        number(&mut bytes, self.halls.len());
        self.halls.iter().for_each(|hall| bytes.extend(hall.0.to_le_bytes()));
        number(&mut bytes, self.visits.len());
        let mut sorted: Vec<_> = self.iter().collect();
        sorted.sort_by_key(|(visit, steps)| (visit.hour, visit.hall, visit.module, visit.ending, steps.len()));
        for (visit, steps) in sorted {
            bytes.extend(visit.hour.to_le_bytes());
            bytes.extend(visit.module.to_le_bytes());
            bytes.extend(visit.hall.to_le_bytes());
            bytes.extend(visit.steps.to_le_bytes());
            bytes.extend([visit.ending as u8, u8::from(visit.again)]);
            for step in steps {
                bytes.extend([step.step, step.what as u8]);
                bytes.extend(step.tenths.to_le_bytes());
            }
        }
        bytes
    }

    /// Takes in what was packed elsewhere. Nothing of it when it cannot be read whole.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), String> {
        let mut at = Cursor { bytes, at: 0 };
        let told = at.visits().ok_or_else(|| format!("visits cannot be read from byte {}", at.at))?;
        for (visit, again) in &told {
            if let Some(module) = self.module(&visit.module) {
                self.put(module, visit, *again);
            }
        }
        Ok(())
    }
}

/// Where a reader of bytes is.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn part<const N: usize>(&mut self) -> Option<[u8; N]> {
        let part = self.bytes.get(self.at..self.at + N)?.try_into().ok()?;
        self.at += N;
        Some(part)
    }

    fn number(&mut self) -> Option<u32> {
        self.part().map(u32::from_le_bytes)
    }

    fn short(&mut self) -> Option<u16> {
        self.part().map(u16::from_le_bytes)
    }

    fn byte(&mut self) -> Option<u8> {
        self.part::<1>().map(|[byte]| byte)
    }

    fn word(&mut self) -> Option<String> {
        let length = usize::from(self.byte()?);
        let text = self.bytes.get(self.at..self.at + length)?;
        self.at += length;
        String::from_utf8(text.to_vec()).ok()
    }

    fn visits(&mut self) -> Option<Vec<(VisitOf, bool)>> {
        if self.byte()? != VERSION {
            return None;
        }
        let mut modules = Vec::new();
        for _ in 0..self.number()? {
            let name = self.word()?;
            let steps = (0..self.number()?).map(|_| self.word()).collect::<Option<Vec<_>>>()?;
            modules.push(Module { name, steps });
        }
        let halls = (0..self.number()?).map(|_| self.number().map(SubjectId)).collect::<Option<Vec<_>>>()?;
        let count = self.number()?;
        let mut told = Vec::new();
        for _ in 0..count {
            let hour = self.number()?;
            let (module, hall, steps) = (self.short()?, self.short()?, self.short()?);
            let module = modules.get(usize::from(module))?;
            let ending = *Ending::ALL.get(usize::from(self.byte()?))?;
            let again = self.byte()? == 1;
            let mut kept = Vec::with_capacity(usize::from(steps).min(LONGEST_VISIT));
            for _ in 0..steps {
                let (step, what) = (self.byte()?, self.byte()?);
                let took_ms = u32::from(self.short()?) * 100;
                let step = module.steps.get(usize::from(step))?.clone();
                kept.push(StepOf { step, what: *What::ALL.get(usize::from(what))?, took_ms });
            }
            let visit = VisitOf {
                device: SubjectId(0),
                hall: *halls.get(usize::from(hall))?,
                module: module.name.clone(),
                began: Moment(i64::from(hour) * HOUR_MS),
                ending,
                steps: kept,
            };
            told.push((visit, again));
        }
        (self.at == self.bytes.len()).then_some(told)
    }
}
