//! The arithmetic: a policy as small arrays, and one bill settled on the account of its person's year. Nothing is allocated
//! for a bill, and no word is made unless somebody asks for the steps.

use super::bill::Bill;
use super::policy::{Base, Per};
use yizhan_kit::Fen;

/// Levels of hospitals: 一级, 二级, 三级.
pub const LEVELS: usize = 3;

/// The most layers of a policy.
pub const MOST_LAYERS: usize = 8;

/// The most sums that a policy keeps over a person's year.
pub const MOST_ACCUMULATORS: usize = 8;

/// How many admissions of a year may differ in their deductible; the last stands for all that follow.
pub const MOST_ADMISSIONS: usize = 4;

/// What ratios are counted in: millionths, a percentage with four decimals.
pub const PARTS: i64 = 1_000_000;

/// An amount that is never reached.
pub const NO_LIMIT: i64 = i64::MAX;

/// Every layer for every kind of care, category and level.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    layers: usize,
    categories: usize,
    /// By kind, category and level; the layers of one bill lie side by side.
    terms: Vec<Terms>,
    bands: Vec<Band>,
    /// By kind: whether it is an admission.
    admissions: Vec<bool>,
}

/// What a layer does for one kind of care, category and level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// Whether it does anything.
    pub applies: Applies,
    /// What it applies to.
    pub base: Base,
    /// What it rounds.
    pub per: Per,
    /// The sums it keeps over the year: a place in the account.
    pub accumulator: Option<u8>,
    /// Its bands, ascending, without gaps: a range of the table's.
    pub bands: (u16, u16),
    /// What it leaves to the person first, by admission of the year.
    pub deductible: [i64; MOST_ADMISSIONS],
    /// The most it pays for one bill.
    pub event_cap: i64,
    /// The most it pays in a year.
    pub year_cap: i64,
}

/// Whether a layer does anything for a bill.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Applies {
    /// It does.
    Yes,
    /// Not for this kind of care.
    NotThisKind,
    /// Not for this category of people.
    NotThisCategory,
}

/// A ratio for a part of an amount.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Band {
    /// Above which amount.
    pub from: i64,
    /// Up to which.
    pub to: i64,
    /// The ratio in [`PARTS`].
    pub ratio: i64,
}

/// What is added up over a person's year: the whole memory that one bill has of those before it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Account {
    /// How many admissions there were.
    pub admissions: u32,
    /// The sums of the layers.
    pub sums: [Sum; MOST_ACCUMULATORS],
}

/// What came to a layer in a year, and what it paid.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Sum {
    /// What it applied to; kept where the layer applies to the sum of it.
    pub base: i64,
    /// What it paid.
    pub pay: i64,
}

/// What a bill comes to.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Slip {
    /// By layer: what it applied to, before deductible and accumulator.
    pub base: [Fen; MOST_LAYERS],
    /// By layer: what it pays.
    pub pay: [Fen; MOST_LAYERS],
    /// What the person pays.
    pub personal: Fen,
}

/// How a layer came to its amount.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step<'t> {
    /// What it does.
    pub terms: &'t Terms,
    /// What it applied to.
    pub base: i64,
    /// The deductible of this bill.
    pub deductible: i64,
    /// The sums of the year before this bill.
    pub before: Sum,
    /// What is due on the sum before this bill, of a layer that applies to a sum.
    pub due_before: i64,
    /// What is due on the base, or on the sum after this bill.
    pub due: i64,
    /// What it pays.
    pub pay: i64,
    /// What kept it from paying what was due.
    pub bound: Bound,
    /// Which admission of the year this is; none for care that is no admission.
    pub admission: Option<u32>,
}

/// What kept a layer from paying what was due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bound {
    /// Nothing.
    Free,
    /// The cap of one bill.
    Event,
    /// The cap of the year.
    Year,
}

impl Table {
    /// An empty table, to be filled for every kind, category, level and layer, in this order.
    pub fn new(layers: usize, categories: usize, admissions: Vec<bool>) -> Self {
        assert!(layers <= MOST_LAYERS, "a slip has room for the layers");
        Self { layers, categories, terms: Vec::new(), bands: Vec::new(), admissions }
    }

    /// The bands of one layer, to be named by its terms.
    pub fn add_bands(&mut self, bands: &[Band]) -> (u16, u16) {
        let known = self.bands.windows(bands.len().max(1)).position(|window| window == bands);
        let begin = known.unwrap_or_else(|| {
            self.bands.extend_from_slice(bands);
            self.bands.len() - bands.len()
        });
        let place = |at: usize| u16::try_from(at).expect("a policy has few bands");
        (place(begin), place(begin + bands.len()))
    }

    /// The terms of the next layer.
    pub fn push(&mut self, terms: Terms) {
        self.terms.push(terms);
    }

    /// How many layers there are.
    pub fn layers(&self) -> usize {
        self.layers
    }

    /// Settles a bill on the account of its person's year.
    ///
    /// # Panics
    /// When the bill names a category, kind or level that the table does not have.
    pub fn settle(&self, account: &mut Account, bill: &Bill) -> Slip {
        self.settle_telling(account, bill, |_, _| {})
    }

    /// The same, and tells how each layer came to its amount.
    ///
    /// # Panics
    /// As [`Self::settle`].
    #[inline]
    pub fn settle_telling(&self, account: &mut Account, bill: &Bill, mut tell: impl FnMut(usize, &Step<'_>)) -> Slip {
        let (kind, category, level) = (usize::from(bill.kind), usize::from(bill.category), usize::from(bill.level));
        assert!(category < self.categories && level < LEVELS, "a bill of this policy");
        let admission = self.admissions[kind].then(|| {
            account.admissions = account.admissions.saturating_add(1);
            account.admissions
        });
        let turn = admission.map_or(0, |number| (number as usize).min(MOST_ADMISSIONS) - 1);
        let row = ((kind * self.categories + category) * LEVELS + level) * self.layers;
        let mut slip = Slip::default();
        let mut rest = bill.in_scope().0;
        for (layer, terms) in self.terms[row..row + self.layers].iter().enumerate() {
            let mut unkept = Sum::default();
            let sum = terms.accumulator.map_or(&mut unkept, |place| &mut account.sums[usize::from(place)]);
            let step = self.step(terms, rest, terms.deductible[turn], *sum, admission);
            if terms.base == Base::AccumulatedRemainder {
                // The sum is the person's: it grows though the category of the day gets nothing of it. Beyond what 64 bits
                // hold, some nine million bills of the largest amount, it stands still.
                sum.base = sum.base.saturating_add(rest);
            }
            sum.pay = sum.pay.saturating_add(step.pay);
            slip.base[layer] = Fen(rest);
            slip.pay[layer] = Fen(step.pay);
            rest -= step.pay;
            tell(layer, &step);
        }
        slip.personal = Fen(rest + bill.out_of_scope().0);
        slip
    }

    #[inline]
    fn step<'t>(&self, terms: &'t Terms, base: i64, deductible: i64, before: Sum, admission: Option<u32>) -> Step<'t> {
        let mut step =
            Step { terms, base, deductible, before, due_before: 0, due: 0, pay: 0, bound: Bound::Free, admission };
        if terms.applies != Applies::Yes {
            return step;
        }
        let due = if terms.base == Base::AccumulatedRemainder {
            step.due_before = self.due(terms, deductible, before.base).min(terms.year_cap);
            step.due = self.due(terms, deductible, before.base.saturating_add(base));
            if step.due > terms.year_cap {
                (step.due, step.bound) = (terms.year_cap, Bound::Year);
            }
            step.due - step.due_before
        } else {
            step.due = self.due(terms, deductible, base);
            step.due
        };
        step.pay = due;
        for (limit, bound) in [(terms.event_cap, Bound::Event), (terms.year_cap - before.pay, Bound::Year)] {
            if step.pay > limit {
                (step.pay, step.bound) = (limit, bound);
            }
        }
        // No ratio is above one, so that a layer never pays more than it applies to; what a year's cap has left may be less
        // than nothing where a smaller cap follows a larger one.
        step.pay = step.pay.clamp(0, base);
        step
    }

    /// What is due on an amount, rounded as the layer says.
    #[inline]
    fn due(&self, terms: &Terms, deductible: i64, amount: i64) -> i64 {
        let (mut whole, mut rest) = (0, 0);
        for (slice, ratio) in self.slices(terms, deductible, amount) {
            let (fen, parts) = portion(slice, ratio);
            whole += fen;
            match terms.per {
                Per::Slice => whole += half_up(parts),
                Per::Layer => rest += parts,
            }
        }
        whole + half_up(rest)
    }

    /// The part of an amount above the deductible that falls into each band, with the band's ratio.
    #[inline]
    pub fn slices(&self, terms: &Terms, deductible: i64, amount: i64) -> impl Iterator<Item = (i64, i64)> + '_ {
        let bands = &self.bands[usize::from(terms.bands.0)..usize::from(terms.bands.1)];
        bands.iter().filter_map(move |band| {
            let slice = amount.min(band.to) - deductible.max(band.from);
            (slice > 0).then_some((slice, band.ratio))
        })
    }
}

/// A ratio of an amount: whole fen, and what is left in millionths of one. It cannot overflow, as the ratio is at most one.
#[inline]
pub fn portion(amount: i64, ratio: i64) -> (i64, i64) {
    let low = amount % PARTS * ratio;
    (amount / PARTS * ratio + low / PARTS, low % PARTS)
}

/// Whole fen of millionths of a fen, half up.
#[inline]
fn half_up(parts: i64) -> i64 {
    (parts + PARTS / 2) / PARTS
}
