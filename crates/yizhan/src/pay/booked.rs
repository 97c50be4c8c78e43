//! What the register learns when the district books a case of opening records: projects with their assets and rights, what was
//! granted and spent, contracts with the right they give.

use super::records::{Book, Kind, fen, frozen, number};
use crate::app::App;
use crate::case::money;
use serde_json::Value;
use yizhan_core::access::Viewer;
use yizhan_core::image::Image;
use yizhan_core::image::case::CaseHead;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{LearnedFact, LearnedMove, Lesson, Whose, Word};
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Fen, Problem};

/// What the register learns when the district books a case: nothing of cases that bring nothing.
///
/// # Errors
/// The store's failure; `not-found` where there is no treasury.
pub fn lesson(app: &App, image: &Image, case: &CaseHead) -> Result<Option<Lesson>, Problem> {
    let program = Viewer::program();
    let Some(book) = Book::new(app, image, &program, case) else { return Ok(None) };
    let last = image.service(case).steps.len() - 1;
    if usize::from(case.step) != last {
        return Ok(None);
    }
    let answers = frozen(app, image, case)?.unwrap_or_default();
    let rows = answers["rows"].as_array().cloned().unwrap_or_default();
    let mut writing = Writing { book: &book, service: image.service(case).name.clone(), lesson: Lesson::default() };
    for row in rows.iter().filter(|row| !book.is_known(row)) {
        match book.kind {
            Kind::Projects => writing.project(row)?,
            Kind::Contracts => writing.contract(row),
        }
    }
    Ok(Some(writing.lesson))
}

/// Puts down what rows tell.
struct Writing<'a> {
    book: &'a Book<'a>,
    service: String,
    lesson: Lesson,
}

impl Writing<'_> {
    fn add(&mut self, kind: &str) -> Whose {
        self.lesson.adds.push((kind.to_owned(), None));
        Whose::Added(self.lesson.adds.len() - 1)
    }

    fn say(&mut self, of: Whose, attribute: &str, says: Word, from: Day) {
        let attribute = attribute.to_owned();
        self.lesson.facts.push(LearnedFact { of, attribute, says, days: Some((from, None)) });
    }

    /// What an answer says, where there is one.
    fn answer(&mut self, row: &Value, of: Whose, name: &str, attribute: &str, from: Day) {
        let says = match (&row[name], number(row, name)) {
            (Value::String(text), _) => Word::Text(text.clone()),
            (_, Some(subject)) => Word::Subject(Whose::Known(subject)),
            _ => return,
        };
        self.say(of, attribute, says, from);
    }

    fn right(&mut self, asset: Whose, kind: &str, holder: SubjectId, from: Day) {
        let right = self.add("right");
        self.say(right, "right.asset", Word::Subject(asset), from);
        self.say(right, "right.kind", Word::Text(kind.to_owned()), from);
        self.say(right, "right.holder", Word::Subject(Whose::Known(holder)), from);
        self.say(right, "right.share", Word::Text("100".into()), from);
        self.say(right, "right.from", Word::Text(from.to_string()), from);
        if self.book.seen.image().kind(holder).is_some_and(|kind| **kind == *"collective") {
            self.say(right, "right.collective", Word::Subject(Whose::Known(holder)), from);
        }
    }

    fn moves(&mut self, fund: &str, from: Whose, to: Whose, amount: Fen) {
        if amount > Fen(0) {
            let (fund, rule) = (fund.to_owned(), Some(self.service.clone()));
            self.lesson.moves.push(LearnedMove { fund, rule, from, to, amount });
        }
    }

    fn project(&mut self, row: &Value) -> Result<(), Problem> {
        let today = self.book.on;
        let day = |name: &str| row[name].as_str().and_then(|text| text.parse::<Day>().ok()).filter(|day| *day <= today);
        let year = row["year"].as_str().and_then(|year| Day::from_ymd(year.parse().ok()?, 1, 1));
        let begins = day("reserved_on").or(day("approved_on")).or(year).unwrap_or(today).min(today);
        let project = self.add("project");
        let plain = [
            ("village", "project.area"),
            ("project_name", "project.name"),
            ("industry", "project.industry"),
            ("planned", "project.planned-funds"),
            ("officer", "project.officer"),
            ("contractor", "project.contractor"),
        ];
        for (name, attribute) in plain {
            self.answer(row, project, name, attribute, begins);
        }
        for (name, attribute) in [
            ("reserved_on", "project.reserved-on"),
            ("approved_on", "project.approved-on"),
            ("accepted_on", "project.accepted-on"),
            ("handed_over_on", "project.handed-over-on"),
        ] {
            self.answer(row, project, name, attribute, day(name).unwrap_or(begins));
        }
        let (granted, spent) = (fen(row, "granted"), fen(row, "spent"));
        if granted > Fen(0) {
            let treasury = money::nearest(&self.book.seen, "treasury", self.book.area).ok_or_else(|| {
                problem::NOT_FOUND.problem("没有登记财政专户。", "No treasury is registered for this area.")
            })?;
            self.moves("special", Whose::Known(treasury), project, granted);
        }
        if let Some(contractor) = number(row, "contractor") {
            self.moves("special", project, Whose::Known(contractor), spent);
        }
        let village = row["village"].as_str().and_then(|code| code.parse::<RegionCode>().ok());
        let owner = village.and_then(|village| self.book.collective(village));
        let (Some(owner), Some(_)) = (owner, row["asset_name"].as_str()) else { return Ok(()) };
        let since = day("handed_over_on").or(day("accepted_on")).unwrap_or(begins);
        let asset = self.add("asset");
        for (name, attribute) in [
            ("village", "asset.area"),
            ("asset_name", "asset.name"),
            ("industry", "asset.industry"),
            ("worth", "asset.worth"),
            ("planned_income", "asset.planned-income"),
        ] {
            self.answer(row, asset, name, attribute, since);
        }
        self.say(asset, "asset.project", Word::Subject(project), since);
        self.say(asset, "asset.collective", Word::Subject(Whose::Known(owner)), since);
        self.say(asset, "asset.book-class", Word::Text("assets".into()), since);
        self.say(asset, "asset.taken-over-on", Word::Text(since.to_string()), since);
        self.right(asset, "ownership", owner, since);
        self.right(asset, "income", owner, since);
        if let Some(supervisor) = number(row, "supervisor") {
            self.right(asset, "supervision", supervisor, since);
        }
        Ok(())
    }

    fn contract(&mut self, row: &Value) {
        let today = self.book.on;
        let day = |name: &str| row[name].as_str().and_then(|text| text.parse::<Day>().ok());
        let (Some(asset), Some(operator)) = (number(row, "asset"), number(row, "operator")) else { return };
        // What begins later is known from today on.
        let first = day("first_day").unwrap_or(today);
        let from = first.min(today);
        let contract = self.add("contract");
        for (name, attribute) in [
            ("asset", "contract.asset"),
            ("number", "contract.number"),
            ("operator", "contract.operator"),
            ("rent", "contract.rent"),
            ("pays", "contract.pays"),
            ("first_day", "contract.first-day"),
            ("last_day", "contract.last-day"),
            ("deposit", "contract.deposit"),
            ("paid_until", "contract.paid-until"),
            ("duties", "contract.duties"),
        ] {
            self.answer(row, contract, name, attribute, from);
        }
        self.right(Whose::Known(asset), "operation", operator, first);
        let right = Whose::Added(self.lesson.adds.len() - 1);
        self.say(contract, "contract.right", Word::Subject(right), from);
        if let Some(last) = day("last_day") {
            self.say(right, "right.ends", Word::Text(last.plus(1).to_string()), from);
        }
        if let Some(owner) = self.book.named(asset, "asset.collective") {
            self.say(contract, "contract.owner", Word::Subject(Whose::Known(owner)), from);
            self.moves("deposit", Whose::Known(operator), Whose::Known(owner), fen(row, "deposit"));
        }
    }
}
