//! Computes a program for many subjects at a time, column after column.

use super::arithmetic::arithmetic;
use super::lanes::{Bits, Lanes, Truths};
use super::program::{Calendar, Compare, FrameIx, NodeIx, Op, Order, Origin, Program};
use super::types::Type;
use crate::row::SubjectId;
use yizhan_kit::Day;
use yizhan_kit::calendar::WorkCalendar;

/// Where rules read facts, for one day.
pub trait Source {
    /// The day that is asked about.
    fn today(&self) -> Day;
    /// What an attribute of the program is, of subjects by slot.
    fn load(&self, attribute: usize, slots: &[u32], into: &mut Lanes);
    /// The slot of a subject by number; [`NOWHERE`] when there is none.
    fn slot(&self, subject: i64) -> u32;
    /// The slots of those who name a subject of a frame by an attribute, in order.
    fn naming(&self, attribute: usize, frame: usize, slot: u32, into: &mut Vec<u32>);
    /// Which loaded values are one of a list of codes.
    fn table(&self, list: usize) -> Vec<bool>;
    /// The subject at a slot of a frame.
    fn subject(&self, frame: usize, slot: u32) -> Option<SubjectId>;
    /// The code that a value of an attribute stands for.
    fn code(&self, attribute: usize, value: i64) -> Option<String>;
    /// The value of a parameter.
    fn parameter(&self, parameter: usize) -> Option<i64>;
    /// A named value that is given rather than computed.
    fn given(&self, _named: &str, _frame: usize, _slot: u32) -> Option<i64> {
        None
    }
    /// Which days are worked, where it is known.
    fn calendar(&self) -> Option<&WorkCalendar> {
        None
    }
    /// Whether named values may be given.
    fn gives(&self) -> bool {
        false
    }
}

/// The slot of nobody.
pub const NOWHERE: u32 = u32::MAX;

#[derive(Clone, Default, Debug)]
pub(super) struct Seated {
    pub(super) slots: Vec<u32>,
    /// The lane of the frame above that each lane came of.
    pub(super) owner: Vec<u32>,
}

#[derive(Clone, Debug)]
enum Register {
    Numbers(Lanes),
    Truths(Truths),
}

/// A program at work: its registers are used again and again.
pub struct Run<'p> {
    program: &'p Program,
    /// What is computed, in order.
    order: Vec<Order>,
    frames: Vec<Seated>,
    registers: Vec<Register>,
    tables: Vec<Vec<bool>>,
    scratch: Lanes,
    marks: Vec<u8>,
    /// The last day of birth of each age.
    birthdays: Vec<i64>,
}

impl<'p> Run<'p> {
    /// Prepares to compute a whole program from a source; every later call is given the same one.
    pub fn new(program: &'p Program, source: &impl Source) -> Self {
        Self::of(program, source, &(0..program.nodes.len()).map(NodeIx).collect::<Vec<_>>())
    }

    /// Prepares to compute some nodes, and what they are made of.
    pub fn of(program: &'p Program, source: &impl Source, wanted: &[NodeIx]) -> Self {
        let empty = |of: &Type| match of {
            Type::Truth => Register::Truths(Truths::default()),
            _ => Register::Numbers(Lanes::default()),
        };
        Self {
            program,
            order: program.needed(wanted),
            frames: vec![Seated::default(); program.frames.len()],
            registers: program.nodes.iter().map(|node| empty(&node.of)).collect(),
            tables: (0..program.lists.len()).map(|list| source.table(list)).collect(),
            scratch: Lanes::default(),
            marks: Vec::new(),
            birthdays: Vec::new(),
        }
    }

    /// Computes everything for some subjects.
    pub fn over(&mut self, source: &impl Source, slots: &[u32]) {
        for place in 0..self.order.len() {
            match self.order[place] {
                Order::Frame(frame) => self.seat(source, frame, slots),
                Order::Node(node) => self.compute(source, node),
            }
        }
    }

    /// The kind of subject that is judged.
    pub fn about(&self) -> &str {
        self.program.about()
    }

    /// The truths of a node that was computed.
    pub fn truths(&self, node: NodeIx) -> &Truths {
        match &self.registers[node.0] {
            Register::Truths(truths) => truths,
            Register::Numbers(_) => panic!("the node is a number"),
        }
    }

    /// The numbers of a node that was computed.
    pub fn numbers(&self, node: NodeIx) -> &Lanes {
        match &self.registers[node.0] {
            Register::Numbers(lanes) => lanes,
            Register::Truths(_) => panic!("the node is a truth"),
        }
    }

    /// The value of a lane as a number; truths are 0 and 1.
    pub(super) fn value(&self, node: NodeIx, lane: usize) -> Option<i64> {
        match &self.registers[node.0] {
            Register::Numbers(lanes) => lanes.get(lane),
            Register::Truths(truths) => truths.get(lane).map(i64::from),
        }
    }

    pub(super) fn program(&self) -> &'p Program {
        self.program
    }

    pub(super) fn seated(&self, frame: FrameIx) -> &Seated {
        &self.frames[frame.0]
    }

    fn seat(&mut self, source: &impl Source, frame: FrameIx, slots: &[u32]) {
        let mut seated = std::mem::take(&mut self.frames[frame.0]);
        seated.slots.clear();
        seated.owner.clear();
        match self.program.frames[frame.0].origin {
            Origin::Root => seated.slots.extend_from_slice(slots),
            Origin::Named(_, link) => {
                let named = self.numbers(link);
                let slots = (0..named.len()).map(|lane| named.get(lane).map_or(NOWHERE, |n| source.slot(n)));
                seated.slots.extend(slots);
            }
            Origin::Naming(above, attribute) => {
                for (lane, slot) in self.frames[above.0].slots.iter().enumerate() {
                    if *slot != NOWHERE {
                        source.naming(attribute, above.0, *slot, &mut seated.slots);
                    }
                    seated.owner.resize(seated.slots.len(), u32::try_from(lane).expect("lanes of a chunk"));
                }
            }
        }
        self.frames[frame.0] = seated;
    }

    fn compute(&mut self, source: &impl Source, node: NodeIx) {
        let program = self.program;
        let (frame, op) = (program.nodes[node.0].frame, &program.nodes[node.0].op);
        let lanes = self.frames[frame.0].slots.len();
        let mut register = std::mem::replace(&mut self.registers[node.0], Register::Truths(Truths::default()));
        match &mut register {
            Register::Truths(out) => self.truth(source, frame, op, lanes, out),
            Register::Numbers(out) => self.number(source, frame, op, lanes, out),
        }
        if source.gives()
            && let Some(named) = program.lets.get(&node)
        {
            self.give(source, named, frame, &mut register);
        }
        self.registers[node.0] = register;
    }

    fn give(&self, source: &impl Source, named: &str, frame: FrameIx, register: &mut Register) {
        for (lane, slot) in self.frames[frame.0].slots.iter().enumerate() {
            let Some(given) = source.given(named, frame.0, *slot) else { continue };
            match register {
                Register::Numbers(lanes) => lanes.write(lane, given, true),
                Register::Truths(truths) => {
                    let (yes, known) = (truths.yes.clone(), truths.known.clone());
                    let lanes = self.frames[frame.0].slots.len();
                    truths.yes.fill_lanes(lanes, |other| if other == lane { given != 0 } else { yes.get(other) });
                    truths.known.fill_lanes(lanes, |other| other == lane || known.get(other));
                }
            }
        }
    }

    fn truth(&mut self, source: &impl Source, frame: FrameIx, op: &Op, lanes: usize, out: &mut Truths) {
        match op {
            Op::Truth(yes) => {
                out.yes.fill(lanes, |_| if *yes { u64::MAX } else { 0 });
                out.known.fill(lanes, |_| u64::MAX);
            }
            Op::Flag(attribute) => {
                let mut loaded = std::mem::take(&mut self.scratch);
                loaded.reset(lanes);
                source.load(*attribute, &self.frames[frame.0].slots, &mut loaded);
                let values = loaded.values();
                out.known.clone_from(loaded.known());
                out.yes.fill_values(values, |n| n != 0);
                out.yes.keep(loaded.known());
                self.scratch = loaded;
            }
            Op::OneOf(node, list) => {
                let (codes, table) = (self.numbers(*node), &self.tables[*list]);
                out.known.clone_from(codes.known());
                // What is not known holds anything.
                let meets = |n: i64| usize::try_from(n).is_ok_and(|n| table.get(n) == Some(&true));
                out.yes.fill_values(codes.values(), meets);
                out.yes.keep(codes.known());
            }
            Op::Same(a, b) => {
                let (a, b) = (self.truths(*a), self.truths(*b));
                let words = [a.yes.words(), b.yes.words(), a.known.words(), b.known.words()];
                out.known.fill(lanes, |w| words[2][w] & words[3][w]);
                out.yes.fill(lanes, |w| !(words[0][w] ^ words[1][w]) & words[2][w] & words[3][w]);
            }
            Op::Not(a) => {
                let a = self.truths(*a);
                out.known.clone_from(&a.known);
                out.yes.fill(lanes, |w| a.known.words()[w] & !a.yes.words()[w]);
            }
            Op::And(a, b) => {
                let (a, b) = (self.truths(*a), self.truths(*b));
                let [ay, by, ak, bk] = [a.yes.words(), b.yes.words(), a.known.words(), b.known.words()];
                out.yes.fill(lanes, |w| ay[w] & by[w]);
                out.known.fill(lanes, |w| (ak[w] & bk[w]) | (ak[w] & !ay[w]) | (bk[w] & !by[w]));
            }
            Op::Or(a, b) => {
                let (a, b) = (self.truths(*a), self.truths(*b));
                let [ay, by, ak, bk] = [a.yes.words(), b.yes.words(), a.known.words(), b.known.words()];
                out.yes.fill(lanes, |w| ay[w] | by[w]);
                out.known.fill(lanes, |w| (ak[w] & bk[w]) | ay[w] | by[w]);
            }
            Op::Has(node) => {
                let known = match &self.registers[node.0] {
                    Register::Numbers(numbers) => numbers.known(),
                    Register::Truths(truths) => &truths.known,
                };
                out.yes.clone_from(known);
                out.known.fill(lanes, |_| u64::MAX);
            }
            Op::Compare(how, a, b) => self.compare(*how, *a, *b, lanes, out),
            Op::Choose(condition, yes, otherwise) => {
                let (c, a, b) = (self.truths(*condition), self.truths(*yes), self.truths(*otherwise));
                let [cy, ck] = [c.yes.words(), c.known.words()];
                let choose = |a: &Bits, b: &Bits, w: usize| (cy[w] & a.words()[w]) | (ck[w] & !cy[w] & b.words()[w]);
                out.yes.fill(lanes, |w| choose(&a.yes, &b.yes, w));
                out.known.fill(lanes, |w| choose(&a.known, &b.known, w));
            }
            Op::Of(from, node) => {
                let (inner, slots) = (self.truths(*node), &self.frames[from.0].slots);
                out.known.fill_lanes(lanes, |lane| slots[lane] != NOWHERE);
                out.known.keep(&inner.known);
                out.yes.clone_from(&inner.yes);
                out.yes.keep(&out.known);
            }
            Op::Above(node) => {
                let (outer, owner) = (self.truths(*node), &self.frames[frame.0].owner);
                let above = |lane: usize| owner.get(lane).map_or(lane, |owner| *owner as usize);
                out.known.fill_lanes(lanes, |lane| outer.known.get(above(lane)));
                out.yes.fill_lanes(lanes, |lane| outer.yes.get(above(lane)));
            }
            Op::All(each, node) | Op::Exists(each, node) => {
                let all = matches!(op, Op::All(..));
                self.mark(*each, *node, lanes);
                let (decides, otherwise) = if all { (NO, false) } else { (YES, true) };
                let marks = &self.marks;
                out.known.fill_lanes(lanes, |lane| marks[lane] & decides != 0 || marks[lane] & UNKNOWN == 0);
                out.yes.fill_lanes(lanes, |lane| {
                    let decided = marks[lane] & decides != 0;
                    if otherwise { decided } else { !decided && marks[lane] & UNKNOWN == 0 }
                });
            }
            _ => unreachable!("{op:?} is no truth"),
        }
    }

    /// For each lane above, what was met among those who came of it.
    fn mark(&mut self, each: FrameIx, node: NodeIx, lanes: usize) {
        let mut marks = std::mem::take(&mut self.marks);
        marks.clear();
        marks.resize(lanes, 0);
        let truths = self.truths(node);
        for (lane, owner) in self.frames[each.0].owner.iter().enumerate() {
            marks[*owner as usize] |= match (truths.known.get(lane), truths.yes.get(lane)) {
                (false, _) => UNKNOWN,
                (true, true) => YES,
                (true, false) => NO,
            };
        }
        self.marks = marks;
    }

    fn compare(&self, how: Compare, a: NodeIx, b: NodeIx, lanes: usize, out: &mut Truths) {
        let (a, b) = (self.numbers(a), self.numbers(b));
        let (left, right) = (&a.values()[..lanes], &b.values()[..lanes]);
        match how {
            Compare::Less => out.yes.fill_pairs(left, right, |a, b| a < b),
            Compare::AtMost => out.yes.fill_pairs(left, right, |a, b| a <= b),
            Compare::Equal => out.yes.fill_pairs(left, right, |a, b| a == b),
        }
        out.known.clone_from(a.known());
        out.known.keep(b.known());
        out.yes.keep(&out.known);
    }

    fn number(&mut self, source: &impl Source, frame: FrameIx, op: &Op, lanes: usize, out: &mut Lanes) {
        out.reset(lanes);
        let everywhere = |out: &mut Lanes, n: i64| {
            out.values_mut().fill(n);
            out.known_mut().fill(lanes, |_| u64::MAX);
        };
        match op {
            Op::Number(n) => everywhere(out, *n),
            Op::Today => everywhere(out, i64::from(source.today().0)),
            Op::Parameter(parameter) => {
                if let Some(n) = source.parameter(*parameter) {
                    everywhere(out, n);
                }
            }
            Op::Load(attribute) => source.load(*attribute, &self.frames[frame.0].slots, out),
            Op::Calendar(what, day) => {
                let (days, today) = (self.numbers(*day), source.today());
                if matches!(what, Calendar::Age) {
                    if self.birthdays.is_empty() {
                        self.birthdays = birthdays(today);
                    }
                    let days = self.numbers(*day);
                    for (age, day) in out.values_mut().iter_mut().zip(days.values()) {
                        *age = age_on(&self.birthdays, today, *day);
                    }
                    out.known_mut().clone_from(days.known());
                    return;
                }
                for lane in days.known().lanes() {
                    let day = Day(i32::try_from(days.values()[lane]).unwrap_or(i32::MAX));
                    let (year, month, _) = day.ymd();
                    out.set(lane, if matches!(what, Calendar::Year) { i64::from(year) } else { i64::from(month) });
                }
            }
            Op::PartStart(part, day) => self.part(*day, out, |day| part.start(day)),
            Op::PartEnd(part, day) => self.part(*day, out, |day| part.end(day)),
            Op::Deadline(first, last) => {
                let (first, last) = (self.numbers(*first), self.numbers(*last));
                let day = |n: i64| i32::try_from(n).ok().map(Day);
                for lane in first.known().lanes().filter(|lane| last.known().get(*lane)) {
                    let days = day(first.values()[lane]).zip(day(last.values()[lane]));
                    if let Some(((first, last), calendar)) = days.zip(source.calendar()) {
                        out.set(lane, i64::from(calendar.deadline(first, last).0));
                    }
                }
            }
            Op::Arithmetic(how, a, b) => arithmetic(*how, self.numbers(*a), self.numbers(*b), lanes, out),
            Op::Choose(condition, yes, otherwise) => {
                let (c, a, b) = (self.truths(*condition), self.numbers(*yes), self.numbers(*otherwise));
                for lane in c.known.lanes() {
                    let chosen = if c.yes.get(lane) { a } else { b };
                    out.write(lane, chosen.values()[lane], chosen.known().get(lane));
                }
            }
            Op::Of(from, node) => {
                let (inner, slots) = (self.numbers(*node), &self.frames[from.0].slots);
                out.values_mut().copy_from_slice(inner.values());
                out.known_mut().fill_lanes(lanes, |lane| slots[lane] != NOWHERE);
                out.known_mut().keep(inner.known());
            }
            Op::Above(node) => {
                let (outer, owner) = (self.numbers(*node), &self.frames[frame.0].owner);
                for lane in 0..lanes {
                    let above = owner.get(lane).map_or(lane, |owner| *owner as usize);
                    out.write(lane, outer.values()[above], outer.known().get(above));
                }
            }
            Op::Count(each, only) => self.sum(*each, *only, None, lanes, out),
            Op::Sum(each, only, value) => self.sum(*each, *only, Some(*value), lanes, out),
            _ => unreachable!("{op:?} is no number"),
        }
    }

    /// A day of the calendar for each day; beside each other they are mostly the same.
    fn part(&self, days: NodeIx, out: &mut Lanes, of: impl Fn(Day) -> Day) {
        let days = self.numbers(days);
        let mut before: Option<(i64, i64)> = None;
        for lane in days.known().lanes() {
            let day = days.values()[lane];
            let (_, found) = match before {
                Some(known) if known.0 == day => known,
                _ => (day, i64::from(of(Day(i32::try_from(day).unwrap_or(i32::MAX))).0)),
            };
            before = Some((day, found));
            out.set(lane, found);
        }
    }

    fn sum(&self, each: FrameIx, only: Option<NodeIx>, value: Option<NodeIx>, lanes: usize, out: &mut Lanes) {
        let only = only.map(|only| self.truths(only));
        let value = value.map(|value| self.numbers(value));
        let mut failed = Bits::default();
        failed.reset(lanes);
        out.values_mut().fill(0);
        for (lane, owner) in self.frames[each.0].owner.iter().enumerate() {
            let owner = *owner as usize;
            let counts = match only.map(|only| only.get(lane)) {
                None | Some(Some(true)) => true,
                Some(Some(false)) => false,
                Some(None) => {
                    failed.add(owner, true);
                    false
                }
            };
            if counts {
                let sum = out.values()[owner];
                match value.map_or(Some(1), |value| value.get(lane)).and_then(|n| sum.checked_add(n)) {
                    Some(sum) => out.values_mut()[owner] = sum,
                    None => failed.add(owner, true),
                }
            }
        }
        out.known_mut().fill(lanes, |w| !failed.words()[w]);
    }
}

const NO: u8 = 1;
const YES: u8 = 2;
const UNKNOWN: u8 = 4;

/// Ages that are told apart by a table.
const AGES: usize = 200;

/// For each age, the last day on which somebody of that age today was born.
pub(super) fn birthdays(today: Day) -> Vec<i64> {
    let (year, month, day) = today.ymd();
    // On a leap day, whoever was born on the 28th of February of a common year has had their birthday.
    let last = |age: usize| {
        let of = year - i32::try_from(age).unwrap_or_default();
        let day = Day::from_ymd(of, month, day).or_else(|| Day::from_ymd(of, month, day - 1));
        day.map_or(i64::MIN, |day| i64::from(day.0))
    };
    (0..AGES).map(last).collect()
}

/// How old somebody is who was born on a day.
pub(super) fn age_on(birthdays: &[i64], today: Day, born: i64) -> i64 {
    let lived = i64::from(today.0).saturating_sub(born);
    // A year has 365.2425 days; the table says on which side of a birthday one is.
    let about = usize::try_from(lived.saturating_mul(400) / 146_097).unwrap_or_default();
    if lived < 0 || about + 2 >= birthdays.len() {
        return i64::from(Day::age_years(Day(i32::try_from(born).unwrap_or_default()), today));
    }
    let age = if born <= birthdays[about + 1] { about + 1 } else { about };
    let age = if born > birthdays[age] { age.saturating_sub(1) } else { age };
    i64::try_from(age).unwrap_or_default()
}
