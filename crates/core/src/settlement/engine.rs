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

/// The place of sums that nothing asks for.
pub const UNREAD: u8 = 8;

/// How many admissions of a year may differ in their deductible; the last stands for all that follow.
pub const MOST_ADMISSIONS: usize = 4;

/// What ratios are counted in: millionths, a percentage with four decimals.
pub const PARTS: i64 = 1_000_000;

/// Up to this amount a product with a ratio fits into 64 bits as it is: nine times the largest bill. Sums of a year may be more.
const PLAIN: i64 = 9_000_000_000_000;

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
    /// By kind: 1 if it is an admission, else 0.
    admissions: Vec<u32>,
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
    /// The sums it keeps over the year: a place in the account, [`UNREAD`] if nothing asks for them.
    pub accumulator: u8,
    /// Its first band.
    pub first: Band,
    /// The bands above it, ascending, without gaps: a range of the table's.
    pub more: (u16, u16),
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

/// Nothing of any amount.
pub const NOTHING: Band = Band { from: 0, to: NO_LIMIT, ratio: 0 };

/// What is added up over a person's year: the whole memory that one bill has of those before it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Account {
    /// How many admissions there were.
    pub admissions: u32,
    /// The sums of the layers, and the place for what nothing asks for.
    pub sums: [Sum; MOST_ACCUMULATORS + 1],
}

/// What came to a layer in a year, and what it paid.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Sum {
    /// What it applied to; read where the layer applies to the sum of it.
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
    /// What is due on the sum before this bill, of a layer that applies to a sum; before the cap of the year.
    pub due_before: i64,
    /// What is due on the base, or on the sum after this bill; before any cap.
    pub due: i64,
    /// What it pays.
    pub pay: i64,
    /// Which admission of the year this is; 0 for care that is no admission.
    pub admission: u32,
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

impl Step<'_> {
    /// What kept it from paying what was due.
    pub fn bound(&self) -> Bound {
        if self.pay == self.due - self.due_before {
            Bound::Free
        } else if self.pay == self.terms.event_cap {
            Bound::Event
        } else {
            Bound::Year
        }
    }
}

impl Table {
    /// An empty table, to be filled for every kind, category, level and layer, in this order.
    pub fn new(layers: usize, categories: usize, admissions: Vec<bool>) -> Self {
        assert!(layers <= MOST_LAYERS, "a slip has room for the layers");
        let admissions = admissions.into_iter().map(u32::from).collect();
        Self { layers, categories, terms: Vec::new(), bands: Vec::new(), admissions }
    }

    /// Adds the terms of the next layer, with the bands above their first one.
    pub fn push(&mut self, terms: Terms, more: &[Band]) {
        let known = self.bands.windows(more.len().max(1)).position(|window| window == more);
        let begin = known.unwrap_or(self.bands.len());
        if known.is_none() {
            self.bands.extend_from_slice(more);
        }
        let place = |at: usize| u16::try_from(at).expect("a policy has few bands");
        self.terms.push(Terms { more: (place(begin), place(begin + more.len())), ..terms });
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

    /// Adds a slip that stands to the account of its year, without reckoning anything again: it is as after [`Self::settle`].
    ///
    /// # Panics
    /// As [`Self::settle`].
    pub fn add(&self, account: &mut Account, bill: &Bill, pay: &[Fen; MOST_LAYERS]) {
        let (kind, category, level) = (usize::from(bill.kind), usize::from(bill.category), usize::from(bill.level));
        assert!(category < self.categories && level < LEVELS, "a bill of this policy");
        account.admissions = account.admissions.saturating_add(self.admissions[kind]);
        let row = ((kind * self.categories + category) * LEVELS + level) * self.layers;
        let mut rest = bill.in_scope().0;
        for (terms, pay) in self.terms[row..row + self.layers].iter().zip(pay) {
            let sum = &mut account.sums[usize::from(terms.accumulator)];
            sum.base = sum.base.saturating_add(rest);
            sum.pay = sum.pay.saturating_add(pay.0);
            rest -= pay.0;
        }
    }

    /// The same, and tells how each layer came to its amount.
    ///
    /// # Panics
    /// As [`Self::settle`].
    #[inline]
    pub fn settle_telling(&self, account: &mut Account, bill: &Bill, mut tell: impl FnMut(usize, &Step<'_>)) -> Slip {
        let (kind, category, level) = (usize::from(bill.kind), usize::from(bill.category), usize::from(bill.level));
        assert!(category < self.categories && level < LEVELS, "a bill of this policy");
        account.admissions = account.admissions.saturating_add(self.admissions[kind]);
        let admission = account.admissions * self.admissions[kind];
        let turn = (admission as usize).min(MOST_ADMISSIONS).saturating_sub(1);
        let row = ((kind * self.categories + category) * LEVELS + level) * self.layers;
        let mut slip = Slip::default();
        let mut rest = bill.in_scope().0;
        for (layer, terms) in self.terms[row..row + self.layers].iter().enumerate() {
            let sum = &mut account.sums[usize::from(terms.accumulator)];
            let step = self.step(terms, rest, terms.deductible[turn], *sum, admission);
            // The sum is the person's: it grows though the category of the day gets nothing of it. Beyond what 64 bits hold,
            // some nine million bills of the largest amount, it stands still.
            sum.base = sum.base.saturating_add(rest);
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
    fn step<'t>(&self, terms: &'t Terms, base: i64, deductible: i64, before: Sum, admission: u32) -> Step<'t> {
        if terms.applies != Applies::Yes {
            return Step { terms, base, deductible, before, due_before: 0, due: 0, pay: 0, admission };
        }
        let (due_before, sum) = if terms.base == Base::AccumulatedRemainder {
            (self.due(terms, deductible, before.base), before.base.saturating_add(base))
        } else {
            (0, base)
        };
        let due = self.due(terms, deductible, sum);
        let pay = (due.min(terms.year_cap) - due_before.min(terms.year_cap))
            .min(terms.event_cap)
            .min(terms.year_cap - before.pay);
        // No ratio is above one, so that a layer never pays more than it applies to; what a year's cap has left may be less
        // than nothing where a smaller cap follows a larger one.
        Step { terms, base, deductible, before, due_before, due, pay: pay.clamp(0, base), admission }
    }

    /// What is due on an amount, rounded as the layer says.
    #[inline]
    fn due(&self, terms: &Terms, deductible: i64, amount: i64) -> i64 {
        // Few amounts come to a second band.
        if terms.per == Per::Layer && amount <= terms.first.to.min(PLAIN) {
            return half_up(terms.first.slice(deductible, amount) * terms.first.ratio);
        }
        self.due_by_bands(terms, deductible, amount)
    }

    #[inline(never)]
    fn due_by_bands(&self, terms: &Terms, deductible: i64, amount: i64) -> i64 {
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
    pub fn slices(&self, terms: &Terms, deductible: i64, amount: i64) -> impl Iterator<Item = (i64, i64)> + '_ {
        let slice = move |band: &Band| (band.slice(deductible, amount), band.ratio);
        let more = &self.bands[usize::from(terms.more.0)..usize::from(terms.more.1)];
        std::iter::once(slice(&terms.first)).chain(more.iter().map(slice)).filter(|(slice, _)| *slice > 0)
    }
}

impl Band {
    /// The part of an amount above the deductible that falls into it.
    #[inline]
    fn slice(&self, deductible: i64, amount: i64) -> i64 {
        (amount.min(self.to) - deductible.max(self.from)).max(0)
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
    ((parts + PARTS / 2).cast_unsigned() / PARTS.cast_unsigned()).cast_signed()
}
