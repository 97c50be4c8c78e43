//! One attribute of all its subjects, packed: most subjects have one open-ended value, which takes twelve bytes (sixteen
//! for amounts and numbers) with the day it holds from and the act that said so. Whoever has more to tell has a timeline.
//!
//! Pages of neighbours lie together, so that walking all subjects of a kind reads memory in order.

use super::fact::{Spell, Value, lay_over, value_of};
use crate::catalog::{Attribute, Memory, ValueKind};
use crate::row::{FactRow, SubjectId};
use crate::rule::Lanes;
use std::ops::Deref;
use std::sync::Arc;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Fen};

/// Slots a page.
const PAGE: usize = 32;

/// One attribute of all its subjects.
#[derive(Clone, Default)]
pub struct Column {
    /// What its packed values are; what is of another class since the catalog changed has a timeline.
    class: Option<Class>,
    pages: imbl::Vector<Option<Arc<Page>>>,
    timelines: Paged<Arc<[Spell]>>,
    /// The codes that occurred; a packed code is a place among them.
    words: imbl::Vector<Arc<str>>,
    /// For an attribute that names a subject: the slots that ever named it, by the subject named, in order.
    back: Paged<Arc<[u32]>>,
}

/// How values are packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Class {
    Flag,
    Int,
    Fen,
    Day,
    Code,
    Text,
    Subject,
    Region,
    Sealed,
}

#[derive(Clone)]
struct Page {
    /// Which slots have a packed value.
    here: u32,
    /// The latest day from which any of them holds, or held.
    latest: i32,
    from: [i32; PAGE],
    seq: [u32; PAGE],
    cells: Cells,
}

#[derive(Clone)]
enum Cells {
    Narrow(Box<[i32; PAGE]>),
    Wide(Box<[i64; PAGE]>),
    Texts(Box<[Option<Arc<str>>; PAGE]>),
}

enum Packed {
    Narrow(i32),
    Wide(i64),
    Text(Arc<str>),
}

/// Something by number, where it is rare.
#[derive(Clone)]
struct Paged<T>(imbl::Vector<Option<Arc<[Option<T>; PAGE]>>>);

impl<T> Default for Paged<T> {
    fn default() -> Self {
        Self(imbl::Vector::new())
    }
}

impl<T: Clone> Paged<T> {
    fn get(&self, n: usize) -> Option<&T> {
        self.0.get(n / PAGE)?.as_ref()?[n % PAGE].as_ref()
    }

    fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        let pages = self.0.iter().enumerate();
        pages.flat_map(|(page, items)| {
            let items = items.iter().flat_map(|items| items.iter().enumerate());
            items.filter_map(move |(place, item)| Some((page * PAGE + place, item.as_ref()?)))
        })
    }

    fn has_page(&self, page: usize) -> bool {
        self.0.get(page).is_some_and(Option::is_some)
    }

    fn insert(&mut self, n: usize, item: T) {
        while self.0.len() <= n / PAGE {
            self.0.push_back(None);
        }
        let page = self.0.get_mut(n / PAGE).expect("just made long enough");
        let page = page.get_or_insert_with(|| Arc::new(std::array::from_fn(|_| None)));
        Arc::make_mut(page)[n % PAGE] = Some(item);
    }
}

/// The timeline of one subject: none, one spell, or a list; reads as a slice.
#[derive(Clone)]
pub enum Spells<'a> {
    /// At most one.
    One(Option<Spell>),
    /// Several.
    Many(&'a [Spell]),
}

impl Deref for Spells<'_> {
    type Target = [Spell];

    fn deref(&self) -> &[Spell] {
        match self {
            Self::One(spell) => spell.as_slice(),
            Self::Many(spells) => spells,
        }
    }
}

impl std::fmt::Debug for Spells<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}

impl Column {
    /// Takes a fact in.
    pub fn apply(&mut self, slot: u32, row: &FactRow, attribute: &Attribute) {
        let value = value_of(row, attribute);
        match &value {
            Some(Value::Subject(target)) => self.point_back(*target, slot),
            // Timelines hold codes as texts; rules read them by their places.
            Some(Value::Text(text)) if attribute.kind == ValueKind::Code => {
                self.word(text);
            }
            _ => {}
        }
        let n = slot as usize;
        let keeps = attribute.memory != Memory::Current || attribute.many;
        let alone = self.timelines.get(n).is_none() && row.true_to.is_none();
        if alone && !(keeps && self.page(n).is_some_and(|page| page.has(n % PAGE))) {
            match value {
                None => return self.clear(n),
                Some(value) => {
                    if let Some(packed) = self.pack(&value, attribute) {
                        return self.put(n, row.true_from, row.seq, packed);
                    }
                    self.insert(n, &[], row, Some(value));
                    return self.clear(n);
                }
            }
        }
        let before = self.spells(slot).to_vec();
        self.clear(n);
        self.insert(n, &before, row, value);
    }

    fn insert(&mut self, n: usize, before: &[Spell], row: &FactRow, value: Option<Value>) {
        let after = lay_over(before, row.true_from, row.true_to, value.map(|value| (value, row.seq)));
        self.timelines.insert(n, after.into());
    }

    fn pack(&mut self, value: &Value, attribute: &Attribute) -> Option<Packed> {
        let (class, packed) = match value {
            Value::Flag(flag) => (Class::Flag, Packed::Narrow(i32::from(*flag))),
            Value::Int(n) => (Class::Int, Packed::Wide(*n)),
            Value::Fen(Fen(n)) => (Class::Fen, Packed::Wide(*n)),
            Value::Day(Day(n)) => (Class::Day, Packed::Narrow(*n)),
            Value::Subject(SubjectId(n)) => (Class::Subject, Packed::Narrow(n.cast_signed())),
            Value::Region(code) => (Class::Region, Packed::Wide(region(*code))),
            Value::Sealed(n) => (Class::Sealed, Packed::Wide(i64::try_from(*n).ok()?)),
            Value::Text(text) if attribute.kind == ValueKind::Code => {
                (Class::Code, Packed::Narrow(i32::try_from(self.word(text)).ok()?))
            }
            Value::Text(text) => (Class::Text, Packed::Text(text.clone())),
        };
        (*self.class.get_or_insert(class) == class).then_some(packed)
    }

    /// The place of a code among those that occurred.
    fn word(&mut self, text: &Arc<str>) -> usize {
        self.words.iter().position(|known| known == text).unwrap_or_else(|| {
            self.words.push_back(text.clone());
            self.words.len() - 1
        })
    }

    fn page(&self, n: usize) -> Option<&Arc<Page>> {
        self.pages.get(n / PAGE)?.as_ref()
    }

    fn put(&mut self, n: usize, from: Day, seq: u64, packed: Packed) {
        while self.pages.len() <= n / PAGE {
            self.pages.push_back(None);
        }
        let page = self.pages.get_mut(n / PAGE).expect("just made long enough");
        let page = Arc::make_mut(page.get_or_insert_with(|| Arc::new(Page::like(&packed))));
        let place = n % PAGE;
        page.here |= 1 << place;
        page.latest = page.latest.max(from.0);
        page.from[place] = from.0;
        page.seq[place] = u32::try_from(seq).expect("fewer than 2^32 acts in a zone");
        match (&mut page.cells, packed) {
            (Cells::Narrow(cells), Packed::Narrow(n)) => cells[place] = n,
            (Cells::Wide(cells), Packed::Wide(n)) => cells[place] = n,
            (Cells::Texts(cells), Packed::Text(text)) => cells[place] = Some(text),
            _ => unreachable!("a column packs all its values alike"),
        }
    }

    fn clear(&mut self, n: usize) {
        if self.page(n).is_some_and(|page| page.has(n % PAGE)) {
            let page = self.pages.get_mut(n / PAGE).and_then(Option::as_mut).expect("just seen");
            Arc::make_mut(page).here &= !(1 << (n % PAGE));
        }
    }

    fn unpack(&self, page: &Page, place: usize) -> Option<Value> {
        let class = self.class?;
        Some(match (&page.cells, class) {
            (Cells::Narrow(cells), Class::Flag) => Value::Flag(cells[place] != 0),
            (Cells::Narrow(cells), Class::Day) => Value::Day(Day(cells[place])),
            (Cells::Narrow(cells), Class::Subject) => Value::Subject(SubjectId(cells[place].cast_unsigned())),
            (Cells::Narrow(cells), _) => Value::Text(self.words.get(usize::try_from(cells[place]).ok()?)?.clone()),
            (Cells::Wide(cells), Class::Int) => Value::Int(cells[place]),
            (Cells::Wide(cells), Class::Fen) => Value::Fen(Fen(cells[place])),
            (Cells::Wide(cells), Class::Region) => {
                Value::Region(RegionCode::try_from(cells[place].cast_unsigned()).expect("packed from a region code"))
            }
            (Cells::Wide(cells), _) => Value::Sealed(u64::try_from(cells[place]).ok()?),
            (Cells::Texts(cells), _) => Value::Text(cells[place].clone()?),
        })
    }

    fn packed(&self, n: usize) -> Option<Spell> {
        let (page, place) = (self.page(n)?, n % PAGE);
        if !page.has(place) {
            return None;
        }
        let value = self.unpack(page, place)?;
        Some(Spell { from: Day(page.from[place]), to: None, value, seq: u64::from(page.seq[place]) })
    }

    /// What holds on a day, as far as memory goes.
    pub fn on(&self, slot: u32, day: Day) -> Option<Value> {
        let n = slot as usize;
        if let Some(spells) = self.timelines.get(n) {
            return spells.iter().find(|spell| spell.holds_on(day)).map(|spell| spell.value.clone());
        }
        self.packed(n).filter(|spell| spell.from <= day).map(|spell| spell.value)
    }

    /// The timeline kept in memory.
    pub fn spells(&self, slot: u32) -> Spells<'_> {
        match self.timelines.get(slot as usize) {
            Some(spells) => Spells::Many(spells),
            None => Spells::One(self.packed(slot as usize)),
        }
    }

    /// The latest value whatever the day, open-ended or not.
    pub fn latest(&self, slot: u32) -> Option<Value> {
        match self.timelines.get(slot as usize) {
            Some(spells) => spells.last().map(|spell| spell.value.clone()),
            None => self.packed(slot as usize).map(|spell| spell.value),
        }
    }

    fn point_back(&mut self, target: SubjectId, slot: u32) {
        let known = self.back.get(target.index()).map_or(&[][..], |slots| slots);
        if let Err(place) = known.binary_search(&slot) {
            let mut slots = known.to_vec();
            slots.insert(place, slot);
            self.back.insert(target.index(), slots.into());
        }
    }

    /// The slots that ever named a subject, in order.
    pub fn pointing_to(&self, target: SubjectId) -> &[u32] {
        self.back.get(target.index()).map_or(&[], |slots| slots)
    }

    /// The slots that name a subject on a day, in order.
    pub fn naming(&self, target: SubjectId, day: Day, into: &mut Vec<u32>) {
        let wanted = Some(i64::from(target.0));
        into.extend(self.pointing_to(target).iter().filter(|slot| self.loaded(**slot, day) == wanted));
    }

    /// The slots whose latest text holds what is looked for, in order, with the text.
    pub fn holding(&self, part: &str) -> Vec<(u32, Arc<str>)> {
        let mut found = Vec::new();
        for (n, page) in self.pages.iter().enumerate().filter_map(|(n, page)| Some((n, page.as_ref()?))) {
            let Cells::Texts(cells) = &page.cells else { continue };
            for (place, text) in cells.iter().enumerate().filter(|(place, _)| page.has(*place)) {
                found.extend(
                    text.iter().filter(|text| text.contains(part)).map(|text| (n * PAGE + place, text.clone())),
                );
            }
        }
        let of_timeline = self.timelines.iter().filter_map(|(n, spells)| match &spells.last()?.value {
            Value::Text(text) if text.contains(part) => Some((n, text.clone())),
            _ => None,
        });
        found.extend(of_timeline);
        found.sort_unstable_by_key(|(n, _)| *n);
        found.into_iter().filter_map(|(n, text)| Some((u32::try_from(n).ok()?, text))).collect()
    }

    /// The place that a code takes when it is loaded; nothing when it never occurred.
    pub fn code(&self, text: &str) -> Option<i64> {
        self.words.iter().position(|known| **known == *text).and_then(|n| i64::try_from(n).ok())
    }

    /// The code at a place.
    pub fn code_at(&self, n: i64) -> Option<&str> {
        self.words.get(usize::try_from(n).ok()?).map(|word| &**word)
    }

    /// Loads what holds on a day of many subjects: flags as 0 and 1, days, amounts and numbers as they are, codes as their
    /// places, subjects as their numbers, of a free text only that it is there. What is no number stays unknown; the lanes
    /// were reset before.
    pub fn load(&self, slots: &[u32], day: Day, into: &mut Lanes) {
        let mut at = 0;
        while at < slots.len() {
            let page = slots[at] as usize / PAGE;
            let run = slots[at..].iter().position(|slot| *slot as usize / PAGE != page).unwrap_or(slots.len() - at);
            if self.timelines.has_page(page) {
                for (place, slot) in slots[at..at + run].iter().enumerate() {
                    if let Some(n) = self.loaded(*slot, day) {
                        into.set(at + place, n);
                    }
                }
            } else if let Some(Some(page)) = self.pages.get(page) {
                page.load(&slots[at..at + run], day, at, into);
            }
            at += run;
        }
    }

    fn loaded(&self, slot: u32, day: Day) -> Option<i64> {
        let n = slot as usize;
        match self.timelines.get(n) {
            Some(spells) => {
                let spell = spells.iter().find(|spell| spell.holds_on(day))?;
                match &spell.value {
                    Value::Flag(flag) => Some(i64::from(*flag)),
                    Value::Int(n) | Value::Fen(Fen(n)) => Some(*n),
                    Value::Day(Day(n)) => Some(i64::from(*n)),
                    Value::Subject(SubjectId(n)) => Some(i64::from(*n)),
                    Value::Region(code) => Some(region(*code)),
                    Value::Text(text) => Some(self.code(text).unwrap_or(0)),
                    Value::Sealed(_) => None,
                }
            }
            None => {
                let page = self.page(n)?;
                let place = n % PAGE;
                (page.has(place) && page.from[place] <= day.0).then(|| page.number(place))
            }
        }
    }
}

impl Page {
    fn like(packed: &Packed) -> Self {
        let cells = match packed {
            Packed::Narrow(_) => Cells::Narrow(Box::new([0; PAGE])),
            Packed::Wide(_) => Cells::Wide(Box::new([0; PAGE])),
            Packed::Text(_) => Cells::Texts(Box::new([const { None }; PAGE])),
        };
        Self { here: 0, latest: i32::MIN, from: [0; PAGE], seq: [0; PAGE], cells }
    }

    fn has(&self, place: usize) -> bool {
        self.here & (1 << place) != 0
    }

    /// Which values hold on a day, of those that are here.
    fn due(&self, day: Day) -> u32 {
        if self.latest <= day.0 {
            return u32::MAX;
        }
        self.from.iter().enumerate().fold(0, |bits, (place, from)| bits | u32::from(*from <= day.0) << place)
    }

    fn number(&self, place: usize) -> i64 {
        match &self.cells {
            Cells::Narrow(cells) => i64::from(cells[place]),
            Cells::Wide(cells) => cells[place],
            Cells::Texts(_) => 0,
        }
    }

    fn load(&self, slots: &[u32], day: Day, at: usize, into: &mut Lanes) {
        match &self.cells {
            Cells::Narrow(cells) => self.load_cells(cells, slots, day, at, into),
            Cells::Wide(cells) => self.load_cells(cells, slots, day, at, into),
            Cells::Texts(_) => self.load_cells(&[0_i32; PAGE], slots, day, at, into),
        }
    }

    fn load_cells<T: Copy + Into<i64>>(&self, cells: &[T; PAGE], slots: &[u32], day: Day, at: usize, into: &mut Lanes) {
        let holds = self.here & self.due(day);
        let (first, last) = (slots[0] as usize % PAGE, slots[slots.len() - 1] as usize % PAGE);
        if slots.windows(2).all(|pair| pair[1] == pair[0] + 1) {
            for (into, cell) in into.values_mut()[at..].iter_mut().zip(&cells[first..=last]) {
                *into = (*cell).into();
            }
            let mask = u64::MAX >> (64 - slots.len());
            into.known_mut().add_run(at, u64::from(holds >> first) & mask);
            return;
        }
        for (place, slot) in slots.iter().enumerate() {
            let cell = *slot as usize % PAGE;
            into.write(at + place, cells[cell].into(), holds >> cell & 1 != 0);
        }
    }
}

fn region(code: RegionCode) -> i64 {
    u64::from(code).cast_signed()
}
