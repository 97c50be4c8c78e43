//! What the register learns by a step: from the answers of the application and of the step to facts and new subjects.

use super::act::canonical;
use super::view;
use crate::app::App;
use crate::pay;
use serde_json::{Value, json};
use yizhan_core::access::{Seen, Viewer, forbidden};
use yizhan_core::act::Actor;
use yizhan_core::catalog::{Added, Learned, Learning, Says, Service, Whom};
use yizhan_core::image::Image;
use yizhan_core::image::case::CaseHead;
use yizhan_core::image::fact::Value as Known;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{LearnedFact, Lesson, NewSealed, Whose, Word};
use yizhan_kit::{Day, Problem};

/// The attribute that holds who a person is.
const IDENTITY: &str = "person.identity";

/// Everything that the register learns when a step is signed.
///
/// # Errors
/// `form-invalid` where the answers name nobody; `forgotten`; the store's failure.
pub fn lesson(
    app: &App,
    image: &Image,
    case: &CaseHead,
    learning: &Learning,
    step: Option<&Value>,
) -> Result<Lesson, Problem> {
    if let Some(lesson) = pay::booked::lesson(app, image, case)? {
        return Ok(lesson);
    }
    if learning.facts.is_empty() && learning.adds.is_empty() {
        return Ok(Lesson::default());
    }
    let program = Viewer::program();
    let seen = program.look(image);
    let mut answers = view::given(app, &seen, case)?;
    if let (Some(all), Some(step)) = (answers.as_object_mut(), step.and_then(Value::as_object)) {
        all.extend(step.iter().map(|(name, answer)| (name.clone(), answer.clone())));
    }
    let mut lesson = Lesson::default();
    let told = Told { answers: &answers, adds: &learning.adds, seen, case: case.subject, day: app.now().day() };
    for added in &learning.adds {
        let secret = added.identity.as_ref().map(|pointers| identity(app, &answers, pointers));
        lesson.adds.push((added.kind.clone(), secret));
    }
    for learned in each(&learning.facts, &answers) {
        if let Some((at, is)) = &learned.when
            && text(&answers, at).as_deref() != Some(is)
        {
            continue;
        }
        let says = match &learned.says {
            Says::Constant(text) => Word::Text(text.clone()),
            Says::Day => Word::Today,
            Says::Nothing => Word::Nothing,
            // What was not asked or not answered changes nothing.
            Says::Answer(pointer) => match text(&answers, pointer) {
                Some(text) => Word::Text(text),
                None => continue,
            },
            Says::Subject(whom) => match told.whose(whom)?.first() {
                Some(subject) => Word::Subject(*subject),
                None => continue,
            },
        };
        let days = learned.during.as_ref().map(|pointer| period(&answers, pointer, app.now().day())).transpose()?;
        let days = days.map(|(from, to)| (from, Some(to)));
        for of in told.whose(&learned.of)? {
            lesson.facts.push(LearnedFact { of, attribute: learned.attribute.clone(), says: says.clone(), days });
        }
    }
    Ok(lesson)
}

/// The subjects of the register that an application names must be there for whoever opens it; who has no account names
/// nobody.
///
/// # Errors
/// `forbidden`.
pub fn must_be_seen(app: &App, image: &Image, actor: Actor, service: &Service, body: &[u8]) -> Result<(), Problem> {
    let answers = super::act::json(body)?;
    let facts = service.steps.iter().flat_map(|step| each(&step.learning.facts, &answers));
    let whom = facts.flat_map(|learned| match learned.says {
        Says::Subject(other) => vec![learned.of, other],
        _ => vec![learned.of],
    });
    let pointers = whom.filter_map(|whom| match whom {
        Whom::Named(pointer) => Some(pointer),
        Whom::Of { whom, .. } => match *whom {
            Whom::Named(pointer) => Some(pointer),
            _ => None,
        },
        _ => None,
    });
    for pointer in pointers {
        for named in named(&answers, &pointer)? {
            let Whose::Known(subject) = named else { continue };
            let viewer = Viewer::of(image, actor, app.now().day())?;
            if viewer.look(image).place_of(subject).is_none() {
                return Err(forbidden(
                    "申请里的户或人不在您的辖区内。",
                    "The application names a household or a person outside your area.",
                ));
            }
        }
    }
    Ok(())
}

/// Every fact, with one for each row of a list that it goes through.
fn each(facts: &[Learned], answers: &Value) -> Vec<Learned> {
    let rows = |list| answers.pointer(list).and_then(Value::as_array).map_or(0, Vec::len);
    let of_all = facts.iter().flat_map(|learned| match learned.list() {
        Some(list) => (0..rows(list)).map(|n| learned.of_row(n)).collect(),
        None => vec![learned.clone()],
    });
    of_all.collect()
}

/// The days of a period that is answered: of one that has not begun nothing is known.
fn period(answers: &Value, pointer: &str, today: Day) -> Result<(Day, Day), Problem> {
    let written = text(answers, pointer).unwrap_or_default();
    let days = pay::rule::days_of(&written).ok_or_else(|| {
        problem::FORM_INVALID.problem(
            format!("“{written}”不是月份、季度、半年或年度。"),
            format!("{written:?} is no month, quarter, half-year or year."),
        )
    })?;
    if today < days.0 {
        return Err(
            problem::TOO_EARLY.problem(format!("{written} 还没有开始。"), format!("{written} has not begun yet."))
        );
    }
    Ok(days)
}

fn text(answers: &Value, pointer: &str) -> Option<String> {
    match answers.pointer(pointer)? {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}

/// What is known when a step is signed: the answers, who is added, what facts say.
struct Told<'a> {
    answers: &'a Value,
    adds: &'a [Added],
    seen: Seen<'a>,
    case: SubjectId,
    day: Day,
}

impl Told<'_> {
    fn whose(&self, whom: &Whom) -> Result<Vec<Whose>, Problem> {
        match whom {
            Whom::Named(pointer) => named(self.answers, pointer),
            Whom::Added(name) => {
                let place = self.adds.iter().position(|added| added.name == *name);
                Ok(place.map(Whose::Added).into_iter().collect())
            }
            Whom::Case => Ok(vec![Whose::Case]),
            Whom::Recalled(attribute) => Ok(self.names(self.case, attribute)),
            Whom::Of { whom, attribute } => {
                let all = self.whose(whom)?.into_iter().flat_map(|one| match one {
                    Whose::Known(subject) => self.names(subject, attribute),
                    _ => Vec::new(),
                });
                Ok(all.collect())
            }
        }
    }

    /// Whom a fact of a subject names: nobody where it was never told.
    fn names(&self, subject: SubjectId, attribute: &str) -> Vec<Whose> {
        match self.seen.fact(subject, attribute, self.day) {
            Some(Known::Subject(named)) => vec![Whose::Known(named)],
            _ => Vec::new(),
        }
    }
}

/// The subjects whose numbers stand at a pointer.
fn named(answers: &Value, pointer: &str) -> Result<Vec<Whose>, Problem> {
    let number = |value: &Value| {
        let n = value.as_u64().or_else(|| value.as_str()?.parse().ok());
        n.and_then(|n| u32::try_from(n).ok()).map(|n| Whose::Known(SubjectId(n))).ok_or_else(|| {
            problem::FORM_INVALID.problem(
                "这个申请没有指明登记中的哪一户、哪个人；请从户的页面发起。",
                "This application names no household or person of the register; open it from the household's page.",
            )
        })
    };
    match answers.pointer(pointer) {
        Some(Value::Array(list)) => list.iter().map(number).collect(),
        Some(one) => Ok(vec![number(one)?]),
        // Who is not named is not asked for: a form that needs somebody requires it.
        None => Ok(Vec::new()),
    }
}

/// Who is added, sealed under a key of their own.
fn identity(app: &App, answers: &Value, [name, number, mobile]: &[String; 3]) -> NewSealed {
    let answer = |pointer: &String| text(answers, pointer).unwrap_or_default();
    let (name, number, mobile) = (answer(name), canonical("citizen-number", &answer(number)), answer(mobile));
    let known = [("citizen-number", &number), ("mobile", &mobile)].into_iter().filter(|(_, text)| !text.is_empty());
    let digests: Vec<_> = known.map(|(kind, text)| app.vault.blind(kind, text)).collect();
    let (key, secret) = app.vault.new_key("register", &digests);
    let plain = json!({"name": name, "citizen_number": number, "mobile": mobile}).to_string();
    NewSealed { attribute: IDENTITY.into(), key, sealed: app.vault.seal(&secret, "register", plain.as_bytes()) }
}
