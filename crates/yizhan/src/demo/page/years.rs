//! What the cases of the years are made from: the register, who deals with it, the figures; and the forms and routes that many
//! of them share.

use super::book::Book;
use super::census::Census;
use super::families::Shape;
use super::play::{Desk, Script};
use super::school::parameter;
use super::stands::Stands;
use super::targets::Targets;
use crate::demo::Maker;
use serde_json::{Value, json};
use yizhan_core::row::SubjectId;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::id::SeededEntropy;
use yizhan_kit::{Day, Fen, Moment};

/// The whole of it.
pub(super) struct Years<'a> {
    pub maker: &'a Maker<'a>,
    pub targets: &'a Targets,
    pub census: &'a Census,
    pub shape: &'a Shape,
    pub stands: &'a Stands,
    pub barrier_free: &'a [usize],
    pub renovated: &'a [bool],
    pub chance: SeededEntropy,
    pub book: Book,
}

impl Years<'_> {
    pub(super) fn below(&self, bound: usize) -> usize {
        usize::try_from(self.chance.below(bound.max(1) as u64)).unwrap_or(0)
    }

    /// So many days, by chance.
    pub(super) fn days(&self, bound: usize) -> i32 {
        i32::try_from(self.below(bound)).unwrap_or(0)
    }

    pub(super) fn district(&self) -> RegionCode {
        self.maker.catalog.regions.root().code
    }

    /// A figure of the catalog that pays by the month.
    pub(super) fn rate(&self, name: &str, on: Day) -> Result<Fen, String> {
        parameter(self.maker.catalog, name, on)
    }

    /// The number of somebody who is there from the beginning.
    pub(super) fn id(&self, soul: usize) -> Option<SubjectId> {
        self.book.ids[soul]
    }

    pub(super) fn house(&self, home: usize) -> SubjectId {
        self.book.homes[home].1
    }

    /// What a case about a household asks for first.
    pub(super) fn of_home(&self, home: usize, more: Value) -> Value {
        let household = &self.census.households[home];
        let mut form = json!({"name": household.name, "region": household.area.to_string(), "household": self.book.homes[home].0.0});
        if let (Some(form), Value::Object(more)) = (form.as_object_mut(), more) {
            form.extend(more);
        }
        form
    }

    /// As [`Years::of_home`], about one of its people.
    pub(super) fn of_soul(&self, soul: usize, more: Value) -> Value {
        let mut form = self.of_home(self.census.souls[soul].home, more);
        form["person"] = json!(self.id(soul).map(|id| id.0));
        form
    }

    /// Some people that fit and are there from the beginning, in an order of chance.
    pub(super) fn drawn(&self, fits: impl Fn(usize) -> bool) -> Vec<usize> {
        let all = (0..self.census.souls.len()).filter(|n| self.id(*n).is_some());
        let mut order: Vec<usize> = all.filter(|n| fits(*n)).collect();
        for n in (1..order.len()).rev() {
            order.swap(n, self.below(n + 1));
        }
        order
    }

    /// A morning, by a household's place: what many do on the same days shares its commits.
    pub(super) fn morning(&self, on: Day) -> Moment {
        Moment::at(on, 540)
    }
}

/// The usual route of a change after its opening: village, township with its papers, district.
pub(super) fn three(script: Script, papers: &[&'static str]) -> Script {
    let script = script.days(1).sign(Desk::Village).days(9).attach(Desk::Township, papers).sign(Desk::Township);
    script.days(4).sign(Desk::District)
}

/// A day as forms take it.
pub(super) fn text(day: Day) -> String {
    day.to_string()
}
