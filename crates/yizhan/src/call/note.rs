//! What is evidence of a call: a subject of the register and its facts, each by an act of its own.

use crate::app::{App, Request};
use yizhan_core::access::{Deed, Viewer};
use yizhan_core::act::{Actor, Effects, NewFact, Scene, Verb};
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::writer::Answer;
use yizhan_kit::Problem;

/// Somebody calls.
pub struct OpenCall {
    /// Attributes without `call.`, and their values.
    pub facts: Vec<(&'static str, String)>,
}

impl Verb for OpenCall {
    fn name(&self) -> &'static str {
        "open-call"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        Viewer::of(scene.image, scene.actor, scene.today())?.must(Deed::OpenCase)?;
        let call = effects.subject("call");
        effects.about(call);
        let on = scene.today().to_string();
        let at = scene.at.to_string();
        add(scene, effects, call, &[("on", on), ("at", at)])?;
        add(scene, effects, call, &self.facts)
    }
}

/// Something happened in a call.
pub struct Note {
    /// What, as the journal names it.
    pub name: &'static str,
    /// What whoever did it must be allowed to do; a caller is known by the call's secret before.
    pub deed: Option<Deed>,
    /// Which call.
    pub call: SubjectId,
    /// What is known from then on: attributes without `call.`, and their values.
    pub facts: Vec<(&'static str, String)>,
}

impl Verb for Note {
    fn name(&self) -> &'static str {
        self.name
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        if let Some(deed) = self.deed {
            viewer.must(deed)?;
        }
        if scene.image.kind(self.call).is_none_or(|kind| **kind != *"call") {
            return Err(problem::NOT_FOUND.problem("没有这个呼叫。", "There is no such call."));
        }
        effects.about(self.call);
        add(scene, effects, self.call, &self.facts)
    }
}

fn add(
    scene: &Scene<'_>,
    effects: &mut Effects<'_>,
    call: SubjectId,
    facts: &[(&'static str, String)],
) -> Result<(), Problem> {
    for (attribute, value) in facts {
        let attribute = format!("call.{attribute}");
        effects.fact(&NewFact {
            subject: call,
            attribute: &attribute,
            value: Some(value),
            from: scene.today(),
            to: None,
            source: "call",
        })?;
    }
    Ok(())
}

/// Records something of a call; `once` names what happens only once in it, however often it is said. Nothing of the kind is
/// named by nothing.
///
/// # Errors
/// The refusal.
pub async fn record(app: &App, actor: Actor, once: &str, note: Note) -> Answer {
    let request = match once {
        "" => Request::unkeyed(note.name.as_bytes()),
        once => Request::keyed(&format!("call {}", note.call), once, note.name.as_bytes()),
    };
    app.act(actor, request, note).await
}
