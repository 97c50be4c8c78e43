//! Saying of a paper whether it will do. Papers are never taken away: one that will not do stays on record beside the next.

use super::guard::may_judge;
use crate::access::Viewer;
use crate::act::{Effects, Scene, Verb};
use crate::image::case::StepVerb;
use crate::problem;
use crate::row::SubjectId;
use std::sync::Arc;
use yizhan_kit::Problem;

/// Accepts the latest paper of a kind, or asks for another.
pub struct JudgePaper {
    /// The case.
    pub case: SubjectId,
    /// The paper's name in the service.
    pub paper: String,
    /// [`StepVerb::Accept`] or [`StepVerb::Return`].
    pub verb: StepVerb,
    /// Which content was looked at, and why it will not do; sealed.
    pub body: Arc<[u8]>,
    /// A text message to the person, sealed, where another is asked for.
    pub message: Option<Arc<[u8]>>,
}

impl Verb for JudgePaper {
    fn name(&self) -> &'static str {
        self.verb.as_str()
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        let (case, paper) = may_judge(scene.image, &viewer, self.case, &self.paper)?;
        if !matches!(self.verb, StepVerb::Accept | StepVerb::Return) {
            return Err(problem::MOVE_NOT_ALLOWED.problem("只能接收或退回。", "A paper is accepted or returned."));
        }
        if case.key == 0 {
            return Err(
                problem::FORGOTTEN.problem("个人信息已按规定删除。", "The personal details were deleted by rule.")
            );
        }
        let key = Some(u64::from(case.key));
        let body = effects.body(key, &self.body);
        effects.step(case, self.verb, &paper.name, scene.image.area(case), Some(body));
        if let Some(message) = &self.message {
            effects.deliver("sms", key, message);
        }
        Ok(())
    }
}
