//! What the bills of five years are to come to, layer by layer, and the claims beside them.

use super::super::targets::Targets;
use std::path::Path;
use yizhan_kit::Fen;

/// The layers in the order of the page: who pays by the names of the policies, the figure of its times, the figure of its sum.
const LAYERS: [(&str, &str, &str); 6] = [
    ("basic", "F024", "F025"),
    ("serious-illness", "F026", "F027"),
    ("institution", "F028", "F029"),
    ("assistance", "F030", "F031"),
    ("supplement", "F032", "F033"),
    ("re-assistance", "F036", "F037"),
];

/// The claims of accident insurance, beside the layers.
const CLAIMS: (&str, &str) = ("F034", "F035");

/// How often something is to be paid, and how much in all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Amount {
    /// The figure that says how often.
    pub times_id: &'static str,
    /// The figure that says how much.
    pub sum_id: &'static str,
    /// How often.
    pub times: usize,
    /// How much.
    pub sum: Fen,
}

/// What all of it is to come to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// By layer, with its payer: the first is the one that pays on every bill.
    pub layers: Vec<(&'static str, Amount)>,
    /// The claims of accident insurance.
    pub claims: Amount,
}

impl Wanted {
    /// What a file of targets says, the page's own unless one is named.
    ///
    /// # Errors
    /// When it cannot be read, or a figure that fails.
    pub fn read(file: Option<&Path>) -> Result<Self, String> {
        Self::of(&Targets::read(file)?)
    }

    /// What targets say: how often a sum is paid is a figure of its own; where that is missing, what the sum was counted over.
    pub(in crate::demo::page) fn of(targets: &Targets) -> Result<Self, String> {
        let amount = |times_id, sum_id| -> Result<Amount, String> {
            let times = targets.number(times_id).or_else(|fault| targets.over(sum_id).map_err(|_| fault))?;
            Ok(Amount { times_id, sum_id, times, sum: targets.money(sum_id)? })
        };
        let layers = LAYERS.iter().map(|(payer, times, sum)| Ok((*payer, amount(times, sum)?)));
        Ok(Self { layers: layers.collect::<Result<_, String>>()?, claims: amount(CLAIMS.0, CLAIMS.1)? })
    }
}
