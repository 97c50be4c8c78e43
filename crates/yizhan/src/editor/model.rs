//! What the editor takes and gives.

use crate::guide::model::ChangedFile;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A file of a draft.
#[derive(Clone, Serialize, Deserialize, ToSchema, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct DraftFile {
    /// Its path in the catalog, `service/some-name.toml`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A draft: files of the catalog, and the service that is edited as a form.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The service that is edited; its file is `service/{service}.toml`.
    pub service: String,
    /// The files, as they are written.
    pub files: Vec<DraftFile>,
    /// The service's file as a tree, where it was edited as a form: it is written into the file.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub tree: Option<Map<String, Value>>,
    /// The forms beside it by file name, where they were edited.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub forms: Option<Map<String, Value>>,
    /// The number of the catalog that the draft was begun from.
    #[serde(default)]
    pub number: Option<u64>,
}

/// A draft as it was read.
#[derive(Serialize, ToSchema)]
pub struct Shaped {
    /// The catalog in force.
    pub number: u64,
    /// The files, each beside what is in force; texts as the editor writes them.
    pub files: Vec<ChangedFile>,
    /// The service's file as a tree; absent when it cannot be read.
    #[schema(value_type = Option<Object>)]
    pub tree: Option<Map<String, Value>>,
    /// The forms beside it by file name.
    #[schema(value_type = Object)]
    pub forms: Map<String, Value>,
    /// What stands in the files and the form does not show, by place: `/step/2/settles`.
    pub unread: Vec<String>,
    /// What the loader finds wrong.
    pub mistakes: Vec<Located>,
    /// The files that somebody else changed since the draft was begun.
    pub changed: Vec<String>,
}

/// A mistake, and where it stands.
#[derive(Serialize, ToSchema, Debug, PartialEq, Eq)]
pub struct Located {
    /// The file.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// Where that is in the tree or the form: `/step/2/within`, `/properties/amount`.
    pub at: String,
    /// What is wrong, in the reader's language where it is a common mistake.
    pub said: String,
    /// What the loader says.
    pub what: String,
}

/// What a new service begins from.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewService {
    /// Its name: lower-case words joined by hyphens.
    pub name: String,
    /// A template or a service of the catalog.
    pub from: String,
    /// What the public will call it.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

/// What the editor chooses from.
#[derive(Serialize, ToSchema)]
pub struct Choices {
    /// Templates of services.
    pub templates: Vec<Choice>,
    /// Templates of files beside a service: a figure, a rule, a programme, a fund.
    pub beside: Vec<DraftFile>,
    /// Services that can be copied.
    pub services: Vec<Choice>,
    /// Funds.
    pub funds: Vec<Choice>,
    /// Figures in yuan.
    pub figures: Vec<Choice>,
    /// Entitlements that have an amount.
    pub entitlements: Vec<Choice>,
    /// Kinds of subjects.
    pub kinds: Vec<Choice>,
    /// What may be known of people and households, and of other kinds: `person.subsistence`.
    pub attributes: Vec<Choice>,
    /// Purposes under whose keys services seal what they are told.
    pub purposes: Vec<String>,
}

/// Something that can be chosen.
#[derive(Serialize, ToSchema)]
pub struct Choice {
    /// Its name in the catalog.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What its values are, of an attribute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// A page as somebody will see it.
#[derive(Serialize, ToSchema)]
pub struct Preview {
    /// The page.
    pub html: String,
}

/// A draft that is proposed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// The number of the catalog that it was begun from.
    pub number: u64,
    /// The files.
    pub files: Vec<DraftFile>,
    /// Why.
    pub why: String,
}

/// A zone to try a draft in.
#[derive(Serialize, ToSchema)]
pub struct Trial {
    /// Its name.
    pub name: String,
    /// When it is thrown away, RFC 3339.
    pub until: String,
    /// Its village.
    pub region: String,
    /// Who signs: two of each level.
    pub staff: Vec<TrialStaff>,
    /// Its people, who do not exist.
    pub people: Vec<TrialPerson>,
}

/// Somebody on the staff of a trial.
#[derive(Serialize, ToSchema)]
pub struct TrialStaff {
    /// Their login name.
    pub who: String,
    /// Their level.
    pub level: String,
}

/// Somebody of a trial who does not exist.
#[derive(Serialize, ToSchema)]
pub struct TrialPerson {
    /// Their number.
    pub subject: u32,
    /// `person` or `household`, or another kind.
    pub kind: String,
    /// What they are called.
    pub name: String,
}

/// What came of a trial so far.
#[derive(Serialize, ToSchema)]
pub struct TrialState {
    /// The zone's day.
    pub today: String,
    /// What became known, the latest first.
    pub facts: Vec<TrialFact>,
    /// What was posted, the latest first.
    pub transfers: Vec<TrialTransfer>,
}

/// Something that became known.
#[derive(Serialize, ToSchema)]
pub struct TrialFact {
    /// Of whom.
    pub of: String,
    /// What, in words.
    pub title: String,
    /// The attribute's full name.
    pub attribute: String,
    /// Its value; absent where it holds no more.
    pub value: Option<String>,
}

/// Money that would have moved.
#[derive(Serialize, ToSchema)]
pub struct TrialTransfer {
    /// From whose account.
    pub from: String,
    /// To whose.
    pub to: String,
    /// Of which fund.
    pub fund: String,
    /// How much, in yuan.
    pub amount: String,
    /// `pending`, `post`, `void` or `direct`.
    pub phase: String,
}

/// A paper that is attached in a trial: a sheet on which nothing can be read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialPaper {
    /// Of which case.
    pub case: String,
    /// Which paper.
    pub paper: String,
    /// Who attaches it: one of the staff, or nobody: whoever holds the receipt.
    #[serde(default)]
    pub who: Option<String>,
}
