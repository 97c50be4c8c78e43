//! Years of cases played through the same doors that everyone uses, day by day, on a clock that moves from event to event. What
//! happens at one moment happens side by side, so that it shares a commit.

use super::book::Book;
use super::medical::Medical;
use crate::app::{App, Request};
use crate::case::act::{self, Wanted};
use crate::demo::Bar;
use crate::{paper, pay};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::task::JoinSet;
use yizhan_core::access::Viewer;
use yizhan_core::act::Actor;
use yizhan_core::image::case::StepVerb;
use yizhan_core::row::SubjectId;
use yizhan_kit::clock::DemoClock;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Fen, Moment};

/// How many things happen side by side.
const TOGETHER: usize = 128;

/// The smallest file that is a paper.
const SHEET: &[u8] = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n";

/// Who does something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Desk {
    Village,
    Township,
    District,
    /// Another officer of the township.
    OtherTownship,
    /// Another officer of the district than the one before.
    Second,
    /// An agent of the remote desk.
    Agent,
}

impl Desk {
    fn login(self, area: RegionCode) -> String {
        match self {
            Self::Village => format!("v{area}"),
            Self::Township => {
                format!("t{}", if area.to_string().ends_with("000") { area } else { area.parent().unwrap_or(area) })
            }
            Self::OtherTownship => format!("{}b", Self::Township.login(area)),
            Self::District => "district".to_owned(),
            Self::Second => "district-b".to_owned(),
            Self::Agent => "desk".to_owned(),
        }
    }
}

/// Answers, or how they follow from what is on record by then.
pub(super) enum Answers {
    Are(Value),
    Follow(Box<dyn Fn(&App) -> Result<Value, String> + Send + Sync>),
}

impl Answers {
    pub(super) fn follow(how: impl Fn(&App) -> Result<Value, String> + Send + Sync + 'static) -> Self {
        Self::Follow(Box::new(how))
    }

    fn now(&self, app: &App) -> Result<Value, String> {
        match self {
            Self::Are(value) => Ok(value.clone()),
            Self::Follow(how) => how(app),
        }
    }
}

impl From<Value> for Answers {
    fn from(value: Value) -> Self {
        Self::Are(value)
    }
}

/// Another amount for a line than the rule's: who, how much, why.
pub(super) type Adjusted = (u32, Fen, &'static str);

/// What lines are to come to, and what becomes of those that the rule draws.
pub(super) struct Lines {
    /// The figure that the batch belongs to.
    pub figure: &'static str,
    /// How many lines there are to be, where it is known.
    pub count: Option<usize>,
    /// What is adjusted, from what the rule came to.
    pub adjust: Option<Box<dyn Fn(&[(u32, Fen)]) -> Vec<Adjusted> + Send + Sync>>,
}

/// What is done.
pub(super) enum Deed {
    Open,
    Attach(&'static str),
    Sign(Answers),
    /// Signs the lines of a batch.
    Freeze(Lines),
    /// The bank answers: everything arrived.
    Reply,
}

/// A case and what happens to it.
pub(super) struct Script {
    service: &'static str,
    area: RegionCode,
    form: Answers,
    events: Vec<(Moment, Desk, Deed)>,
    at: Moment,
}

impl Script {
    /// A case that somebody opens at a moment.
    pub(super) fn new(service: &'static str, area: RegionCode, form: impl Into<Answers>, at: Moment, by: Desk) -> Self {
        Self { service, area, form: form.into(), events: vec![(at, by, Deed::Open)], at }
    }

    /// So many days pass.
    pub(super) fn days(mut self, days: i32) -> Self {
        self.at = self.at.plus_ms(i64::from(days) * 86_400_000);
        self
    }

    /// A day by which what comes next is not done before.
    pub(super) fn until(mut self, day: Day) -> Self {
        self.at = self.at.max(Moment::at(day, 600));
        self
    }

    pub(super) fn sign(self, by: Desk) -> Self {
        self.answer(by, json!({}))
    }

    pub(super) fn answer(self, by: Desk, answers: impl Into<Answers>) -> Self {
        self.then(by, Deed::Sign(answers.into()))
    }

    pub(super) fn attach(mut self, by: Desk, papers: &[&'static str]) -> Self {
        for paper in papers {
            self = self.then(by, Deed::Attach(paper));
        }
        self
    }

    /// The next thing, a minute after the one before.
    pub(super) fn then(mut self, by: Desk, deed: Deed) -> Self {
        self.at = self.at.plus_ms(60_000);
        self.events.push((self.at, by, deed));
        self
    }

    /// The last thing that happens.
    pub(super) fn ends(&self) -> Moment {
        self.at
    }
}

/// Who plays, and on what.
pub(super) struct Stage<'a> {
    pub app: &'a Arc<App>,
    pub clock: &'a DemoClock,
    /// What becomes known of people on its own day.
    pub book: Book,
    /// Bills, day by day.
    pub medical: Medical,
}

impl Stage<'_> {
    /// Lets everything happen in order of time, and what becomes known up to a moment.
    ///
    /// # Errors
    /// The refusal that something ran into: of which case, when.
    pub(super) async fn play(
        &mut self,
        scripts: Vec<Script>,
        (began, until): (Moment, Moment),
    ) -> Result<usize, String> {
        let mut today = began.day();
        let staff: HashMap<String, SubjectId> = {
            let image = self.app.image();
            image.staff().filter_map(|id| Some((image.staff_login(id)?, id))).collect()
        };
        let mut events: Vec<(Moment, usize, Desk, Deed)> = Vec::new();
        let mut cases: Vec<Playing> = Vec::with_capacity(scripts.len());
        for (n, script) in scripts.into_iter().enumerate() {
            let Script { service, area, form, events: own, .. } = script;
            events.extend(own.into_iter().map(|(at, by, deed)| (at, n, by, deed)));
            cases.push(Playing { service, area, form: Arc::new(form), case: None });
        }
        // What happens to one case at one moment keeps its order.
        events.sort_by_key(|(at, n, ..)| (*at, *n));
        let mut bar = Bar::new(events.len());
        let (mut done, mut waiting) = (0, events.into_iter().peekable());
        while let Some((at, ..)) = waiting.peek() {
            let at = *at;
            self.days_until(&mut today, at.day()).await?;
            self.clock.set(at);
            let mut side_by_side = JoinSet::new();
            let mut here = Vec::new();
            while here.len() < TOGETHER && waiting.peek().is_some_and(|(next, ..)| *next == at) {
                here.extend(waiting.next());
            }
            for (_, n, by, deed) in here {
                let playing = &cases[n];
                let login = by.login(playing.area);
                let who = staff.get(&login).copied().ok_or_else(|| format!("no officer {login}"))?;
                let (app, form, service, case) =
                    (self.app.clone(), playing.form.clone(), playing.service, playing.case);
                done += 1;
                let request = Request::keyed("demonstration-years", &done.to_string(), b"");
                side_by_side.spawn(async move {
                    let done = happen(&app, who, request, (service, case), &form, deed).await;
                    (n, done)
                });
            }
            while let Some(ended) = side_by_side.join_next().await {
                let (n, ended) = ended.map_err(|error| error.to_string())?;
                let playing = &mut cases[n];
                let opened =
                    ended.map_err(|what| format!("{} of {} on {}: {what}", playing.service, playing.area, at.day()))?;
                playing.case = playing.case.or(opened);
            }
            bar.show(done);
        }
        bar.end();
        self.days_until(&mut today, until.day()).await?;
        self.clock.set(until);
        Ok(cases.len())
    }

    /// What comes of itself on the days up to one: what becomes known, and hospital bills.
    async fn days_until(&mut self, today: &mut Day, until: Day) -> Result<(), String> {
        while *today < until {
            *today = today.plus(1);
            let morning = Moment::at(*today, 480);
            self.book.record_until(self.app, self.clock, morning).await?;
            self.clock.set(morning);
            self.medical.day(self.app, *today).await?;
        }
        Ok(())
    }
}

struct Playing {
    service: &'static str,
    area: RegionCode,
    form: Arc<Answers>,
    case: Option<SubjectId>,
}

async fn happen(
    app: &App,
    who: SubjectId,
    request: Request,
    (service, case): (&str, Option<SubjectId>),
    form: &Answers,
    deed: Deed,
) -> Result<Option<SubjectId>, String> {
    let actor = Actor::Staff { id: who, instead_of: None };
    let Some(case) = case else {
        let form = form.now(app)?;
        let opened = act::open(app, actor, service, request, form.to_string().as_bytes()).await;
        return opened.map(|outcome| outcome.about).map_err(|problem| format!("{problem}, with {form}"));
    };
    let told = |problem: yizhan_kit::Problem| problem.to_string();
    let image = app.image();
    let viewer = Viewer::of(&image, actor, app.now().day()).map_err(told)?;
    let version = u64::from(viewer.look(&image).case(case).map_err(told)?.changed);
    let sign = |answers: Value| {
        let (verb, answers) = (StepVerb::Sign, Some(answers));
        Wanted { case, version, verb, to: None, answers, reason: None }
    };
    match deed {
        Deed::Open => Ok(()),
        Deed::Attach(name) => {
            paper::act::attach(app, &viewer, case, name, "材料.pdf", SHEET.to_vec()).await.map(drop).map_err(told)
        }
        Deed::Sign(answers) => {
            let answers = answers.now(app)?;
            act::step(app, &viewer, request, sign(answers)).await.map(drop).map_err(told)
        }
        Deed::Freeze(lines) => {
            let adjust = lines.adjusted(app, case)?;
            act::step(app, &viewer, request, sign(json!({ "adjust": adjust }))).await.map(drop).map_err(told)
        }
        Deed::Reply => {
            let rows: Vec<Value> = viewer
                .look(&image)
                .transfers_of(case)
                .filter(|one| one.waits())
                .map(|one| json!({"n": one.n, "arrived": true}))
                .collect();
            act::record(app, &viewer, request, case, "bank-reply", json!({ "rows": rows }))
                .await
                .map(drop)
                .map_err(told)
        }
    }
    .map(|()| None)
}

impl Lines {
    /// What is adjusted in a batch, once its lines are what was planned.
    fn adjusted(&self, app: &App, case: SubjectId) -> Result<Vec<Value>, String> {
        let image = app.image();
        let told = |problem: yizhan_kit::Problem| problem.to_string();
        let program = Viewer::program();
        let head = program.look(&image).case(case).map_err(told)?.clone();
        let catalog = image.catalog().ok_or("no catalog")?;
        let given = crate::case::view::given(app, &program.look(&image), &head).map_err(told)?;
        let asked = pay::lines::asked(app, &image, catalog, &head, &given).map_err(told)?;
        let draft = pay::lines::draft(app, &image, catalog, &asked).map_err(told)?;
        if let Some(count) = self.count.filter(|count| *count != draft.lines.len()) {
            let held: Vec<String> = draft
                .held
                .iter()
                .take(3)
                .map(|one| format!("{} {:?} {:?}", one.subject, one.why, one.grounds))
                .collect();
            return Err(format!(
                "{}: {} of {} pays {} where {count} were planned; held back are {}",
                self.figure,
                asked.programme.name,
                asked.period,
                draft.lines.len(),
                held.join(", ")
            ));
        }
        let Some(adjust) = &self.adjust else { return Ok(Vec::new()) };
        let drawn: Vec<(u32, Fen)> = draft.lines.iter().map(|line| (line.subject.0, line.amount)).collect();
        let adjusted = adjust(&drawn).into_iter();
        Ok(adjusted
            .map(|(subject, amount, why)| json!({"subject": subject, "amount": amount.to_string(), "reason": why}))
            .collect())
    }
}
