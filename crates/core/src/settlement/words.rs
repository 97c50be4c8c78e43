//! Why a layer paid what it paid, in a sentence for the slip and in full for whoever checks it, in Chinese and English.
//!
//! Nothing is reckoned again here: the words tell the steps that the engine took.

use super::bill::Bill;
use super::engine::{Applies, Bound, NO_LIMIT, PARTS, Step, portion};
use super::policy::{Base, Per, Policy};
use std::fmt::Write;
use yizhan_kit::{Fen, Lang};

/// Why a layer paid what it paid: one sentence, added to a text.
pub fn why(policy: &Policy, layer: usize, bill: &Bill, step: &Step<'_>, lang: Lang, into: &mut String) {
    let mut pen = Pen { policy, bill, step, lang, into };
    pen.reason();
    if policy.is_illustrative(layer) {
        pen.say("（示例参数，未经本地核实）", " (illustrative figures, not confirmed here)");
    }
}

/// The arithmetic of a layer from its base to what it pays, added to a text.
pub fn arithmetic(policy: &Policy, layer: usize, bill: &Bill, step: &Step<'_>, lang: Lang, into: &mut String) {
    let mut pen = Pen { policy, bill, step, lang, into };
    pen.sum();
    let source = &policy.layers[layer].source;
    pen.say("。依据：", ". Source: ");
    pen.say(source, source);
}

/// Writes an amount as [`Fen`] does, several times as fast: a slip in full has a hundred of them.
pub fn write_fen(fen: Fen, into: &mut String) {
    let mut digits = [b'0'; 24];
    let (mut left, mut at) = (fen.0.unsigned_abs(), digits.len());
    while left > 0 || at > digits.len() - 4 {
        at -= 1;
        if at == digits.len() - 3 {
            digits[at] = b'.';
            continue;
        }
        digits[at] = b'0' + u8::try_from(left % 10).expect("a digit");
        left /= 10;
    }
    if fen.0 < 0 {
        into.push('-');
    }
    into.push_str(std::str::from_utf8(&digits[at..]).expect("digits and a point"));
}

struct Pen<'a> {
    policy: &'a Policy,
    bill: &'a Bill,
    step: &'a Step<'a>,
    lang: Lang,
    into: &'a mut String,
}

impl Pen<'_> {
    fn say(&mut self, zh: &str, en: &str) {
        self.into.push_str(if self.lang == Lang::En { en } else { zh });
    }

    fn fen(&mut self, fen: i64) {
        write_fen(Fen(fen), self.into);
    }

    fn number(&mut self, number: impl std::fmt::Display) {
        let _ = write!(self.into, "{number}");
    }

    /// A ratio as a percentage without needless zeros.
    fn percent(&mut self, ratio: i64) {
        let (whole, part) = (ratio / (PARTS / 100), ratio % (PARTS / 100));
        self.number(whole);
        if part > 0 {
            let _ = write!(self.into, ".{part:04}");
            self.drop_zeros(0);
        }
        self.into.push('%');
    }

    /// A ratio of an amount in yuan, exact, with two decimals at least.
    fn product(&mut self, amount: i64, ratio: i64) {
        let (fen, parts) = portion(amount, ratio);
        self.fen(fen);
        if parts > 0 {
            let _ = write!(self.into, "{parts:06}");
            self.drop_zeros(2);
        }
    }

    fn drop_zeros(&mut self, decimals: usize) {
        let keep = self.into.rfind('.').map_or(0, |point| point + decimals + 1);
        let digits = self.into.trim_end_matches('0').len();
        self.into.truncate(digits.max(keep));
    }

    fn reason(&mut self) {
        let (step, policy) = (self.step, self.policy);
        match step.terms.applies {
            Applies::NotThisKind => {
                let title = &policy.kinds[usize::from(self.bill.kind)].named.title;
                self.say("本层不含", "This layer does not cover ");
                self.say(&title.zh, &title.en);
            }
            Applies::NotThisCategory => {
                let title = &policy.categories[usize::from(self.bill.category)].title;
                self.say("本层不含", "This layer is not for: ");
                self.say(&title.zh, &title.en);
            }
            Applies::Yes if step.base == 0 => self.say("没有余额", "Nothing is left"),
            Applies::Yes => self.reason_of_amount(),
        }
    }

    fn reason_of_amount(&mut self) {
        let step = self.step;
        let accumulates = step.terms.base == Base::AccumulatedRemainder;
        let amount = if accumulates { self.sum_after() } else { step.base };
        if step.admission > 1 && self.deductible_moves() {
            self.say("本年第 ", "Admission ");
            self.number(step.admission);
            self.say(" 次住院，", " of the year: ");
        }
        if accumulates {
            self.say("本年累计 ", "Accumulated in the year ");
            self.fen(amount);
            self.say(" 元，", ", ");
        }
        if amount <= step.deductible {
            self.say("未超过起付线 ", "not above the deductible of ");
            self.fen(step.deductible);
            self.say(" 元", "");
            return;
        }
        if step.deductible > 0 {
            self.say("起付线 ", "deductible ");
            self.fen(step.deductible);
            self.say(" 元以上部分", ", above it ");
        } else if accumulates {
            self.say("累计部分", "of the sum ");
        }
        let bands = self.policy.table.slices(step.terms, step.deductible, NO_LIMIT);
        match &bands.map(|(_, ratio)| ratio).collect::<Vec<_>>()[..] {
            [ratio] => {
                self.say("按 ", "");
                self.percent(*ratio);
                self.say(" 支付", "");
            }
            _ => self.say("分段按比例支付", "by bands"),
        }
        if accumulates && step.due_before > 0 {
            self.say("，减去此前应付 ", ", less ");
            self.fen(step.due_before.min(step.terms.year_cap));
            self.say(" 元", " due before");
        }
        match step.bound() {
            Bound::Free => {}
            Bound::Event => {
                self.say("；单次封顶 ", "; at most ");
                self.fen(step.terms.event_cap);
                self.say(" 元", " for one bill");
            }
            Bound::Year => {
                self.say("；年度封顶 ", "; at most ");
                self.fen(step.terms.year_cap);
                self.say(" 元，此前已付 ", " in a year, of which ");
                self.fen(step.before.pay);
                self.say(" 元", " was paid before");
            }
        }
    }

    /// Whether another admission of the year has another deductible.
    fn deductible_moves(&self) -> bool {
        self.step.terms.deductible.iter().any(|one| *one != self.step.deductible)
    }

    fn sum_after(&self) -> i64 {
        self.step.before.base.saturating_add(self.step.base)
    }

    fn sum(&mut self) {
        let step = self.step;
        match step.terms.base {
            Base::InScope => {
                self.say("政策范围内费用 ", "In scope ");
                self.fen(self.bill.total.0);
                for part in [self.bill.own_pay, self.bill.over_limit, self.bill.first_pay] {
                    self.say(" − ", " − ");
                    self.fen(part.0);
                }
                self.say(" = ", " = ");
            }
            Base::Remainder | Base::AccumulatedRemainder => self.say("上一层之后的余额 ", "Left by the layer before "),
        }
        self.fen(step.base);
        if step.terms.applies != Applies::Yes {
            self.say("；本层不适用，支付 0.00", "; the layer does not apply and pays 0.00");
            return;
        }
        if step.terms.base == Base::AccumulatedRemainder {
            self.say("；本年累计 ", "; in the year ");
            self.fen(step.before.base);
            self.say(" + ", " + ");
            self.fen(step.base);
            self.say(" = ", " = ");
            self.fen(self.sum_after());
            self.due(self.sum_after(), step.due);
            if step.before.base > 0 {
                self.say("；此前累计 ", "; of the sum before, ");
                self.fen(step.before.base);
                self.due(step.before.base, step.due_before);
            }
            let (due, before) = (step.due.min(step.terms.year_cap), step.due_before.min(step.terms.year_cap));
            self.say("；应付 ", "; due ");
            self.fen(due);
            self.say(" − ", " − ");
            self.fen(before);
            self.say(" = ", " = ");
            self.fen(due - before);
        } else {
            self.due(step.base, step.due);
        }
        self.limits();
        self.say("；支付 ", "; pays ");
        self.fen(step.pay);
        self.say("，余 ", ", leaves ");
        self.fen(step.base - step.pay);
    }

    /// What is due on an amount, band by band.
    fn due(&mut self, amount: i64, due: i64) {
        let step = self.step;
        if step.deductible > 0 && amount <= step.deductible {
            self.say("；未超过起付线 ", "; not above the deductible of ");
            self.fen(step.deductible);
            return;
        }
        if step.deductible > 0 {
            self.say("；起付线 ", "; deductible ");
            self.fen(step.deductible);
            if step.admission > 0 && self.deductible_moves() {
                self.say("（第 ", " (admission ");
                self.number(step.admission);
                self.say(" 次住院）", ")");
            }
            self.say("，", ", ");
            self.fen(amount);
            self.say(" − ", " − ");
            self.fen(step.deductible);
            self.say(" = ", " = ");
            self.fen(amount - step.deductible);
        }
        let mut slices = 0;
        for (slice, ratio) in self.policy.table.slices(step.terms, step.deductible, amount) {
            slices += 1;
            self.say("；", "; ");
            self.fen(slice);
            self.say(" × ", " × ");
            self.percent(ratio);
            self.say(" = ", " = ");
            self.product(slice, ratio);
        }
        if slices == 0 {
            return;
        }
        match step.terms.per {
            Per::Slice if slices > 1 => self.say("；逐段四舍五入到分合计 ", "; each rounded half up to fen, together "),
            Per::Layer if slices > 1 => self.say("；合计四舍五入到分 ", "; together, rounded half up to fen, "),
            Per::Slice | Per::Layer => self.say("，四舍五入到分 ", ", rounded half up to fen "),
        }
        self.fen(due);
        if step.terms.base == Base::AccumulatedRemainder && due > step.terms.year_cap {
            self.say("，以年度封顶为限 ", ", no more than the cap of the year ");
            self.fen(step.terms.year_cap);
        }
    }

    fn limits(&mut self) {
        let step = self.step;
        if step.terms.event_cap != NO_LIMIT {
            self.say("；单次封顶 ", "; at most for one bill ");
            self.fen(step.terms.event_cap);
        }
        if step.terms.year_cap != NO_LIMIT {
            self.say("；年度封顶 ", "; at most in a year ");
            self.fen(step.terms.year_cap);
            self.say("，此前已付 ", ", paid before ");
            self.fen(step.before.pay);
        }
    }
}
