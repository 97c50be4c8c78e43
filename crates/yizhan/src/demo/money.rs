//! Work with money under way when a demonstration begins, each through the doors that everyone uses: a project that is late at its
//! first gate and one that was granted its funds; a rent that reached a collective, and its division on notice; a batch that
//! waits at a township; a batch the bank answered, in which one payment failed and one sum is unlike the others.

use super::{Maker, picture};
use crate::app::{App, Request};
use crate::case::act::{self, Wanted};
use crate::{paper, pay};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use yizhan_core::access::Viewer;
use yizhan_core::act::Actor;
use yizhan_core::image::case::StepVerb;
use yizhan_core::image::fact::Value as Known;
use yizhan_core::row::SubjectId;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Fen, Lang, Moment};

/// What happens next in a story.
enum Deed {
    Open(&'static str, Value),
    Attach(&'static str),
    Sign(Value),
    /// Signs the lines, one of them with another sum than the rule's.
    SignOneOdd,
    /// The bank answers: everything arrived but one.
    Answer,
}

/// Something that somebody does at a moment.
struct Event {
    at: Moment,
    story: usize,
    who: String,
    deed: Deed,
}

/// The stories that are told, in order of time.
pub(super) struct Stories {
    events: VecDeque<Event>,
    /// The case of each story.
    cases: HashMap<usize, SubjectId>,
    done: usize,
}

/// An asset whose rent can be booked: its operator lies in the same township.
struct Let {
    village: RegionCode,
    asset: SubjectId,
    contract: SubjectId,
    operator: SubjectId,
    rent: Fen,
}

impl Stories {
    /// Makes them up for a zone.
    pub(super) fn new(app: &App, maker: &Maker<'_>) -> Self {
        let (first, today) = (maker.founded, maker.today);
        let ago = |days: i32, hour: i64| today.plus(-days).start().plus_ms(hour * 3_600_000);
        let mut events = Vec::new();
        let mut tell = |story: usize, at: Moment, who: String, deed: Deed| events.push(Event { at, story, who, deed });
        let village = |n: usize| maker.villages[n % maker.villages.len()];
        let township = |area: RegionCode| area.parent().unwrap_or(area);
        let project = |n: usize, name: &str, industry: &str, funds: &str, income: &str| {
            json!({"region": village(n).to_string(), "project_name": format!("{}{name}", maker.name_of(village(n))),
                   "industry": industry, "content": "新建棚舍和配套水电", "planned_funds": funds, "planned_income": income})
        };
        let on = |days: i32, hour: i64| first.plus(days).start().plus_ms(hour * 3_600_000);

        // Applied for, and left lying without the minutes of the vote.
        let clerk = format!("v{}", village(6));
        tell(
            0,
            on(0, 9),
            clerk.clone(),
            Deed::Open("industry-project", project(6, "食用菌大棚", "planting", "420000.00", "33600.00")),
        );
        tell(0, on(0, 10), clerk, Deed::Attach("application"));

        // Approved with its funds, and out for bids.
        let (clerk, office) = (format!("v{}", village(10)), format!("t{}", township(village(10))));
        tell(
            1,
            on(0, 11),
            clerk.clone(),
            Deed::Open("industry-project", project(10, "冷库", "processing", "360000.00", "28800.00")),
        );
        for paper in ["application", "vote"] {
            tell(1, on(1, 9), clerk.clone(), Deed::Attach(paper));
        }
        tell(1, on(1, 10), clerk, Deed::Sign(json!({})));
        for paper in ["plan", "budget"] {
            tell(1, on(6, 9), office.clone(), Deed::Attach(paper));
        }
        tell(1, on(6, 10), office, Deed::Sign(json!({})));
        tell(1, on(8, 9), "district".into(), Deed::Attach("approval"));
        let granted = json!({"granted": "350000.00", "officer": "柳一，经济发展部副部长"});
        tell(1, on(8, 10), "district".into(), Deed::Sign(granted));

        // A rent reaches the collective; the village proposes how to divide a part of it.
        if let Some(one) = rented(app, today) {
            let area = one.village.to_string();
            let (clerk, office) = (format!("v{}", one.village), format!("t{}", township(one.village)));
            let rent = json!({"region": area, "payer": one.operator.0, "amount": one.rent.to_string(), "kind": "rent", "period": "2021",
                              "asset": one.asset.0, "contract": one.contract.0, "paid_until": today.plus(364).to_string()});
            tell(2, ago(7, 9), office.clone(), Deed::Open("asset-receipt", rent));
            tell(2, ago(7, 10), office, Deed::Sign(json!({})));
            let share = Fen(one.rent.0 / 2).to_string();
            tell(
                3,
                ago(4, 9),
                clerk.clone(),
                Deed::Open("income-distribution", json!({"region": area, "period": "2021", "total": share})),
            );
            tell(3, ago(3, 10), clerk, Deed::Sign(json!({})));
        }

        // Allowances of a township: the bank has answered; another batch waits to be looked through.
        let area = township(village(0));
        let office = format!("t{area}");
        let batch = |programme: &str, period: &str| json!({"region": area.to_string(), "programme": programme, "period": period});
        tell(4, ago(12, 9), office.clone(), Deed::Open("programme-batch", batch("elder-allowance", "2020-12")));
        tell(4, ago(12, 10), office.clone(), Deed::SignOneOdd);
        tell(4, ago(7, 15), "district".into(), Deed::Sign(json!({})));
        tell(4, ago(2, 11), "district".into(), Deed::Answer);
        tell(5, ago(1, 9), office, Deed::Open("programme-batch", batch("living-allowance", "2021-01")));

        events.sort_by_key(|event| event.at);
        Self { events: events.into(), cases: HashMap::new(), done: 0 }
    }

    /// When the next thing happens.
    pub(super) fn next(&self) -> Option<Moment> {
        self.events.front().map(|event| event.at)
    }

    /// How many cases there are so far.
    pub(super) fn cases(&self) -> usize {
        self.cases.len()
    }

    /// Lets the next thing happen, at the moment that the clock shows.
    ///
    /// # Errors
    /// The refusal that the story ran into.
    pub(super) async fn step(&mut self, app: &App, staff: &HashMap<String, SubjectId>) -> Result<(), String> {
        let Some(Event { story, who, deed, .. }) = self.events.pop_front() else { return Ok(()) };
        let actor = staff.get(&who).map(|id| Actor::Staff { id: *id, instead_of: None }).ok_or(who)?;
        self.done += 1;
        let request = Request::keyed("demonstration-money", &self.done.to_string(), b"");
        let done = match deed {
            Deed::Open(service, form) => {
                let opened = act::open(app, actor, service, request, form.to_string().as_bytes()).await;
                opened.map(|outcome| self.cases.extend(outcome.about.map(|case| (story, case))))
            }
            // Where nobody is to be paid, the story ends.
            Deed::SignOneOdd if self.is_idle(app, actor, story) => {
                self.cases.remove(&story);
                Ok(())
            }
            other => match self.cases.get(&story) {
                Some(case) => happen(app, actor, request, *case, other, self.done).await,
                None => Ok(()),
            },
        };
        done.map_err(|problem| format!("story {story} of money: {problem}"))
    }
}

impl Stories {
    /// Whether the batch of a story has no lines.
    fn is_idle(&self, app: &App, actor: Actor, story: usize) -> bool {
        let image = app.image();
        let lines = Viewer::of(&image, actor, app.now().day()).and_then(|viewer| {
            let head = viewer.look(&image).case(self.cases.get(&story).copied().unwrap_or(SubjectId(0)))?;
            pay::view::lines(app, &viewer, &image.number(head), &[], Lang::Zh)
        });
        lines.is_ok_and(|lines| lines.lines.is_empty())
    }
}

/// Something happens to a case.
async fn happen(
    app: &App,
    actor: Actor,
    request: Request,
    case: SubjectId,
    deed: Deed,
    n: usize,
) -> Result<(), yizhan_kit::Problem> {
    let image = app.image();
    let viewer = Viewer::of(&image, actor, app.now().day())?;
    let head = viewer.look(&image).case(case)?.clone();
    let number = image.number(&head);
    let sign = |answers: Value| {
        let (version, verb) = (u64::from(head.changed), StepVerb::Sign);
        Wanted { case, version, verb, to: None, answers: Some(answers), reason: None }
    };
    match deed {
        Deed::Open(..) => Ok(()),
        Deed::Attach(paper) => {
            paper::act::attach(app, &viewer, case, paper, "材料.png", picture::sheet(n)).await.map(drop)
        }
        Deed::Sign(answers) => act::step(app, &viewer, request, sign(answers)).await.map(drop),
        Deed::SignOneOdd => {
            let lines = pay::view::lines(app, &viewer, &number, &[], Lang::Zh)?;
            let odd = lines
                .lines
                .get(lines.lines.len() / 2)
                .map(|line| json!({"subject": line.subject, "amount": "500.00", "reason": "补发上年漏发的十个月"}));
            let adjust: Vec<Value> = odd.into_iter().collect();
            act::step(app, &viewer, request, sign(json!({ "adjust": adjust }))).await.map(drop)
        }
        Deed::Answer => {
            let waits: Vec<u64> = viewer.look(&image).transfers_of(case).map(|one| one.n).collect();
            let row = |(place, n): (usize, &u64)| match place {
                0 => json!({"n": n, "arrived": false, "why": "账号已销户"}),
                _ => json!({"n": n, "arrived": true}),
            };
            let rows: Vec<Value> = waits.iter().enumerate().map(row).collect();
            if rows.is_empty() {
                return Ok(());
            }
            act::record(app, &viewer, request, case, "bank-reply", json!({ "rows": rows })).await.map(drop)
        }
    }
}

/// The first asset whose rent the township can book.
fn rented(app: &App, today: Day) -> Option<Let> {
    let image = app.image();
    let program = Viewer::program();
    let seen = program.look(&image);
    let named = |of: SubjectId, attribute: &str| match seen.fact(of, attribute, today) {
        Some(Known::Subject(other)) => Some(other),
        _ => None,
    };
    let day = |of: SubjectId, attribute: &str| match seen.fact(of, attribute, today) {
        Some(Known::Day(day)) => Some(day),
        _ => None,
    };
    seen.subjects_of("contract").find_map(|contract| {
        let (asset, operator) = (named(contract, "contract.asset")?, named(contract, "contract.operator")?);
        let village = seen.place_of(asset)?;
        let near = village.parent()?.contains(seen.place_of(operator)?);
        let held = day(contract, "contract.ended-on").is_none() && named(asset, "asset.collective").is_some();
        let Some(Known::Fen(rent)) = seen.fact(contract, "contract.rent", today) else { return None };
        (near && held).then_some(Let { village, asset, contract, operator, rent })
    })
}
