//! A bill as a hospital sends it: what the care cost, and how much of that is out of scope.

use yizhan_kit::{Day, Fen};

/// The largest amount on a bill: 9,999,999,999.99 yuan.
pub const MOST_AMOUNT: Fen = Fen(999_999_999_999);

/// A bill that can be settled: its parts are no more than the whole, and it ends after it begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bill {
    /// The person's category that day: a place among the policy's.
    pub category: u8,
    /// The kind of care: a place among the policy's.
    pub kind: u8,
    /// The hospital's level less one.
    pub level: u8,
    /// The first day.
    pub admitted: Day,
    /// The last, by which bills are ordered and told to their years.
    pub discharged: Day,
    /// Everything, 医疗费总额.
    pub total: Fen,
    /// 全自费: what no insurance covers.
    pub own_pay: Fen,
    /// 超限价自费: what is above a price limit.
    pub over_limit: Fen,
    /// 先行自付: the person's share before insurance begins.
    pub first_pay: Fen,
}

/// What is wrong with a bill, in the order in which it is looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BillFault {
    /// It ends before it begins.
    BadDate,
    /// There is no such level of hospitals.
    BadLevel,
    /// Its parts out of scope are more than the whole.
    ExceedsTotal,
}

impl Bill {
    /// Looks for faults.
    ///
    /// # Errors
    /// The first that is found.
    pub fn check(&self) -> Result<(), BillFault> {
        if self.admitted > self.discharged {
            return Err(BillFault::BadDate);
        }
        if usize::from(self.level) >= super::engine::LEVELS {
            return Err(BillFault::BadLevel);
        }
        // Three amounts of at most a million million fen each: the sum fits.
        if self.out_of_scope() > self.total { Err(BillFault::ExceedsTotal) } else { Ok(()) }
    }

    /// What stays with the person whatever the layers pay.
    pub fn out_of_scope(&self) -> Fen {
        Fen(self.own_pay.0 + self.over_limit.0 + self.first_pay.0)
    }

    /// 政策范围内费用: what the layers apply to.
    pub fn in_scope(&self) -> Fen {
        Fen(self.total.0 - self.out_of_scope().0)
    }

    /// The year it belongs to.
    pub fn year(&self) -> i32 {
        self.discharged.ymd().0
    }
}

/// Reads an amount of a bill: digits with at most two decimals, no sign, at most [`MOST_AMOUNT`].
pub fn amount(text: &str) -> Option<Fen> {
    let (mut fen, mut decimals, mut digits) = (0_i64, None, 0);
    for byte in text.bytes() {
        match (byte, decimals) {
            (b'0'..=b'9', Some(2)) => return None,
            (b'0'..=b'9', _) => {
                fen = fen * 10 + i64::from(byte - b'0');
                digits += 1;
                decimals = decimals.map(|count| count + 1);
            }
            (b'.', None) if digits > 0 => decimals = Some(0),
            _ => return None,
        }
        if fen > MOST_AMOUNT.0 {
            return None;
        }
    }
    let fen = match decimals {
        None if digits > 0 => fen * 100,
        Some(1) => fen * 10,
        Some(2) => fen,
        _ => return None,
    };
    (fen <= MOST_AMOUNT.0).then_some(Fen(fen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_bills() {
        let check = |text: &str, fen: Option<i64>| assert_eq!(amount(text), fen.map(Fen), "{text:?}");
        check("20000", Some(2_000_000));
        check("20000.5", Some(2_000_050));
        check("20000.00", Some(2_000_000));
        check("0", Some(0));
        check("0.01", Some(1));
        check("007", Some(700));
        check("9999999999.99", Some(999_999_999_999));
        check("10000000000.00", None);
        check("10000000000", None);
        check("99999999999999999999999999", None);
        for text in
            ["", ".", "1.", ".5", "1.234", "-1", "-0.00", "+1", "1e3", " 1", "1 ", "1,000", "１", "1.2.3", "NaN"]
        {
            check(text, None);
        }
    }
}
