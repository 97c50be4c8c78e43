//! Taking invoices in, packing them, taking them back: each decided by the writer, from the runs that stand in cases.

use super::model::{NOT_THEIRS, NOTHING_PACKED, NewStock, QUOTA_EXCEEDED, Run, STOCK_OVERLAPS, STOCK_SHORT};
use super::{rule, view};
use crate::app::App;
use crate::case::view::given;
use crate::parcel;
use serde_json::Value;
use yizhan_core::access::{Deed, Viewer, forbidden};
use yizhan_core::act::{Effects, NewFact, Scene, Verb};
use yizhan_core::catalog::Step;
use yizhan_core::image::Image;
use yizhan_core::image::case::CaseHead;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::service::MoveCase;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Digest16, Problem};

/// The service by which invoices are given out, and its step.
pub const RECEIVE: (&str, &str) = ("invoice-receive", "pack");

/// The service by which they come back, and its step.
pub const RETURN: (&str, &str) = ("invoice-return", "check");

/// The service by which more are granted.
pub const INCREASE: &str = "invoice-increase";

/// The most numbers that one delivery has: what is printed has eight digits.
const LAST: u32 = 99_999_999;

/// What is decided together with the signature of a step: numbers from the stock, a parcel. Who the taxpayer is becomes
/// known to the case as a keyed digest, so that the writer can count by it without a name.
///
/// # Errors
/// `forgotten`, `address-missing`, or the store's failure.
pub fn around(
    app: &App,
    image: &Image,
    case: &CaseHead,
    step: &Step,
    answers: Option<&Value>,
    moving: MoveCase,
) -> Result<Box<dyn Verb>, Problem> {
    let service = image.service(case);
    let route = (service.name.as_str(), step.name.as_str());
    if step.parcel.is_some() {
        return parcel::act::around(app, image, case, step, answers, moving);
    }
    let counts = [RECEIVE, RETURN].contains(&route) || (service.name == INCREASE && !step.facts.is_empty());
    if !counts {
        return Ok(Box::new(moving));
    }
    let program = Viewer::program();
    let asked = given(app, &program.look(image), case)?;
    let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
    let taxpayer = app.vault.blind("taxpayer-number", &text("taxpayer_number"));
    let number = |from: &Value, name: &str| from[name].as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    Ok(match route {
        RECEIVE => {
            let count = answers.map_or(0, |answers| number(answers, "count"));
            Box::new(Pack { moving, taxpayer, kind: text("kind"), count })
        }
        RETURN => {
            let (code, first, last) = (text("code"), number(&asked, "first"), number(&asked, "last"));
            let intact = text("condition") == "intact";
            Box::new(TakeBack { moving, taxpayer, code, first, last, condition: intact.then_some(Intact) })
        }
        _ => Box::new(Grant { moving, taxpayer, kind: text("kind") }),
    })
}

/// That what came back can be given out again.
struct Intact;

/// Records something as true of a subject from today.
fn know(
    scene: &Scene<'_>,
    effects: &mut Effects<'_>,
    subject: SubjectId,
    attribute: &str,
    value: &str,
) -> Result<(), Problem> {
    let (from, source) = (scene.today(), "invoices");
    effects.fact(&NewFact { subject, attribute, value: Some(value), from, to: None, source })
}

fn written(runs: &[Run]) -> String {
    serde_json::to_string(runs).expect("numbers are written")
}

/// Signs the packing and takes the lowest free numbers of the kind.
struct Pack {
    moving: MoveCase,
    taxpayer: Digest16,
    kind: String,
    count: u32,
}

impl Verb for Pack {
    fn name(&self) -> &'static str {
        "pack-invoices"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        self.moving.decide(scene, effects)?;
        let program = Viewer::program();
        let seen = program.look(scene.image);
        let case = seen.case(self.moving.case)?;
        let own = view::packet(&seen, case.subject);
        let month = view::month(&seen, self.taxpayer, &self.kind, scene.today(), Some(case.subject));
        if let Some(quota) = month.quota.filter(|quota| month.used + self.count > *quota) {
            let (used, wanted) = (month.used, self.count);
            return Err(QUOTA_EXCEEDED.problem(
                format!("本月核定 {quota} 份，已领 {used} 份，不能再领 {wanted} 份；需要更多请先办增量。"),
                format!("{quota} a month, {used} had already: not {wanted} more. An increase is another matter."),
            ));
        }
        // Packed again: what was packed before lies on the desk still, and is free.
        let free: Vec<Run> = view::free(&seen, scene.image.area(case), &self.kind, Some(case.subject));
        let Some(runs) = rule::lowest(&free, self.count) else {
            let left = rule::count(&free);
            return Err(STOCK_SHORT.problem(
                format!("库存只剩 {left} 份，不够 {} 份。", self.count),
                format!("The stock has {left} left, not {}.", self.count),
            ));
        };
        let mut stocks: Vec<u32> = runs.iter().chain(&own.void).map(|run| run.stock).collect();
        stocks.dedup();
        for stock in stocks {
            know(scene, effects, case.subject, "invoice-receive.stock", &stock.to_string())?;
        }
        let facts = [
            ("invoice-receive.taxpayer", self.taxpayer.to_string()),
            ("invoice-receive.kind", self.kind.clone()),
            ("invoice-receive.packed", self.count.to_string()),
            ("invoice-receive.runs", written(&runs)),
        ];
        facts.iter().try_for_each(|(attribute, value)| know(scene, effects, case.subject, attribute, value))
    }
}

/// Signs that invoices came back. Intact ones are free again; the others never are.
struct TakeBack {
    moving: MoveCase,
    taxpayer: Digest16,
    code: String,
    first: u32,
    last: u32,
    condition: Option<Intact>,
}

impl Verb for TakeBack {
    fn name(&self) -> &'static str {
        "take-invoices-back"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        self.moving.decide(scene, effects)?;
        let program = Viewer::program();
        let seen = program.look(scene.image);
        let wanted = i64::from(self.last) - i64::from(self.first) + 1;
        let mut found = 0;
        for case in view::cases_of(&seen, self.taxpayer, RECEIVE.0) {
            let mut packet = view::packet(&seen, case);
            let mut held = Vec::new();
            for stock in view::deliveries(&seen).iter().filter(|stock| stock.code == self.code) {
                let back = Run { stock: stock.subject.0, first: self.first, last: self.last };
                let (left, taken) = rule::without(&packet.runs, back);
                packet.runs = left;
                held.extend(taken);
            }
            if held.is_empty() {
                continue;
            }
            found += i64::from(rule::count(&held));
            know(scene, effects, case, "invoice-receive.runs", &written(&packet.runs))?;
            if self.condition.is_none() {
                packet.void.extend(held);
                know(scene, effects, case, "invoice-receive.void", &written(&rule::joined(packet.void)))?;
            }
        }
        if found != wanted || wanted <= 0 {
            return Err(NOT_THEIRS.problem(
                format!("这些号码里只有 {found} 份是本户领用、还没有缴回的。"),
                format!("Only {found} of these numbers are with this taxpayer."),
            ));
        }
        Ok(())
    }
}

/// Signs that more, or larger ones, are granted: for whom and of which kind.
struct Grant {
    moving: MoveCase,
    taxpayer: Digest16,
    kind: String,
}

impl Verb for Grant {
    fn name(&self) -> &'static str {
        "grant-invoices"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        self.moving.decide(scene, effects)?;
        let case = self.moving.case;
        know(scene, effects, case, "invoice-increase.taxpayer", &self.taxpayer.to_string())?;
        know(scene, effects, case, "invoice-increase.kind", &self.kind)
    }
}

/// What a lost parcel means for the invoices in it: nobody gets these numbers any more. Nothing where there are none.
///
/// # Errors
/// When an attribute is missing from the catalog.
pub fn lost(scene: &Scene<'_>, effects: &mut Effects<'_>, case: SubjectId) -> Result<(), Problem> {
    let program = Viewer::program();
    let mut packet = view::packet(&program.look(scene.image), case);
    if packet.runs.is_empty() {
        return Ok(());
    }
    packet.void.append(&mut packet.runs);
    know(scene, effects, case, "invoice-receive.void", &written(&rule::joined(packet.void)))?;
    know(scene, effects, case, "invoice-receive.runs", "[]")
}

/// Whether there is something to send, where invoices are sent.
///
/// # Errors
/// `nothing-packed`.
pub fn must_be_packed(image: &Image, case: &CaseHead) -> Result<(), Problem> {
    let program = Viewer::program();
    let empty = view::packet(&program.look(image), case.subject).runs.is_empty();
    if image.service(case).name == RECEIVE.0 && empty {
        return Err(NOTHING_PACKED.problem(
            "原来的发票已在邮寄中遗失作废，请退回“配票”重新配。",
            "What was packed was lost in the post; go back and pack again.",
        ));
    }
    Ok(())
}

/// Takes a delivery into the stock.
pub struct TakeIn {
    /// What came.
    pub new: NewStock,
    /// The area whose desk keeps it.
    pub area: RegionCode,
}

impl Verb for TakeIn {
    fn name(&self) -> &'static str {
        "take-invoices-in"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        viewer.must(Deed::KeepLists)?;
        if !viewer.covers(self.area) {
            return Err(forbidden("不在您的辖区内。", "It is outside your area."));
        }
        let NewStock { kind, code, first, last, .. } = &self.new;
        let digits = code.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || ![10, 12].contains(&code.len()) || *first == 0 || first > last || *last > LAST {
            return Err(problem::FORM_INVALID.problem(
                "发票代码是 10 或 12 位数字；号码从小到大，最多八位。",
                "The code has ten or twelve digits; numbers ascend and have eight at most.",
            ));
        }
        let program = Viewer::program();
        let seen = program.look(scene.image);
        if view::deliveries(&seen)
            .iter()
            .any(|one| one.code == *code && one.run.first <= *last && *first <= one.run.last)
        {
            return Err(STOCK_OVERLAPS.problem(
                format!("代码 {code} 的这些号码已经入库。"),
                format!("Numbers of {code} among these are in the stock already."),
            ));
        }
        let subject = effects.subject("invoice-stock");
        let facts = [
            ("invoice-stock.area", self.area.to_string()),
            ("invoice-stock.kind", kind.clone()),
            ("invoice-stock.code", code.clone()),
            ("invoice-stock.first", first.to_string()),
            ("invoice-stock.last", last.to_string()),
        ];
        effects.about(subject);
        facts.iter().try_for_each(|(attribute, value)| know(scene, effects, subject, attribute, value))
    }
}
