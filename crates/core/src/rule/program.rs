//! A compiled set of rules: a graph of columns of values, computed for many subjects at a time. What two rules have in
//! common is computed once.

use super::part::Part;
use super::types::Type;
use std::collections::HashMap;

/// A node of the graph, by number: a column of values.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct NodeIx(pub(super) usize);

/// A set of subjects beside each other, by number: those judged, those they name, those who name them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct FrameIx(pub(super) usize);

/// Where the subjects of a frame come from.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Origin {
    /// They are given.
    Root,
    /// Lane by lane, the subject that a value of the frame above names.
    Named(FrameIx, NodeIx),
    /// For each lane of the frame above, those who name it by an attribute, segment after segment.
    Naming(FrameIx, usize),
}

#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) origin: Origin,
    /// The kind of its subjects.
    pub(super) kind: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Compare {
    Less,
    AtMost,
    Equal,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Least,
    Greatest,
    /// Of an amount, a ratio in ten-thousandths, rounded half up.
    Share,
    /// What an amount is without the ratio of it that is added, rounded half up: a price without its tax.
    Without,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Calendar {
    Age,
    Year,
    Month,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Op {
    Number(i64),
    Truth(bool),
    Today,
    Parameter(usize),
    /// An attribute.
    Load(usize),
    /// An attribute that is a flag.
    Flag(usize),
    /// Whether a code is one of a list; an entry of the program's lists.
    OneOf(NodeIx, usize),
    Same(NodeIx, NodeIx),
    Not(NodeIx),
    And(NodeIx, NodeIx),
    Or(NodeIx, NodeIx),
    /// Whether something is known.
    Has(NodeIx),
    Compare(Compare, NodeIx, NodeIx),
    Arithmetic(Arithmetic, NodeIx, NodeIx),
    Calendar(Calendar, NodeIx),
    /// The first day of the part of the calendar that a day lies in.
    PartStart(Part, NodeIx),
    /// The last day of the part of the calendar that a day lies in.
    PartEnd(Part, NodeIx),
    /// When a period of days really ends, from its first day and its last, by the work calendar.
    Deadline(NodeIx, NodeIx),
    Choose(NodeIx, NodeIx, NodeIx),
    /// A value of a frame of named subjects, lane by lane; unknown where the link is.
    Of(FrameIx, NodeIx),
    /// A value of the frame above, for each lane that came of it.
    Above(NodeIx),
    All(FrameIx, NodeIx),
    Exists(FrameIx, NodeIx),
    /// How many of those naming there are, or of those who meet a condition.
    Count(FrameIx, Option<NodeIx>),
    /// The sum of a value over those naming, or over those who meet a condition.
    Sum(FrameIx, Option<NodeIx>, NodeIx),
}

impl Op {
    /// The nodes it is made of, and the frame it reads from.
    pub(super) fn parts(&self) -> ([Option<NodeIx>; 3], Option<FrameIx>) {
        match *self {
            Self::Number(_) | Self::Truth(_) | Self::Today | Self::Parameter(_) | Self::Load(_) | Self::Flag(_) => {
                ([None; 3], None)
            }
            Self::OneOf(a, _)
            | Self::Not(a)
            | Self::Has(a)
            | Self::Calendar(_, a)
            | Self::PartStart(_, a)
            | Self::PartEnd(_, a)
            | Self::Above(a) => ([Some(a), None, None], None),
            Self::Same(a, b)
            | Self::And(a, b)
            | Self::Or(a, b)
            | Self::Compare(_, a, b)
            | Self::Arithmetic(_, a, b)
            | Self::Deadline(a, b) => ([Some(a), Some(b), None], None),
            Self::Choose(a, b, c) => ([Some(a), Some(b), Some(c)], None),
            Self::Of(frame, a) | Self::All(frame, a) | Self::Exists(frame, a) => ([Some(a), None, None], Some(frame)),
            Self::Count(frame, only) => ([only, None, None], Some(frame)),
            Self::Sum(frame, only, value) => ([only, Some(value), None], Some(frame)),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) frame: FrameIx,
    pub(super) op: Op,
    pub(super) of: Type,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    Frame(FrameIx),
    Node(NodeIx),
}

/// Rules about one kind of subject, compiled together.
#[derive(Clone, Debug)]
pub struct Program {
    pub(super) frames: Vec<Frame>,
    pub(super) nodes: Vec<Node>,
    pub(super) order: Vec<Order>,
    /// The attributes that are read, by full name.
    pub(super) attributes: Vec<String>,
    /// The parameters that are read.
    pub(super) parameters: Vec<String>,
    /// Lists of codes: the attribute they are of, and the codes.
    pub(super) lists: Vec<(usize, Vec<String>)>,
    /// Named values, for reasons: where each begins.
    pub(super) lets: HashMap<NodeIx, String>,
    known_nodes: HashMap<(FrameIx, Op, Type), NodeIx>,
    known_frames: HashMap<Origin, FrameIx>,
}

impl Program {
    /// Nothing yet, about a kind of subject.
    pub fn new(about: &str) -> Self {
        let root = Frame { origin: Origin::Root, kind: about.to_owned() };
        Self {
            frames: vec![root],
            nodes: Vec::new(),
            order: vec![Order::Frame(FrameIx(0))],
            attributes: Vec::new(),
            parameters: Vec::new(),
            lists: Vec::new(),
            lets: HashMap::new(),
            known_nodes: HashMap::new(),
            known_frames: HashMap::from([(Origin::Root, FrameIx(0))]),
        }
    }

    /// The kind of subject that is judged.
    pub fn about(&self) -> &str {
        &self.frames[0].kind
    }

    /// How many columns of values are computed.
    pub fn size(&self) -> usize {
        self.nodes.len()
    }

    /// What a node's values are.
    pub fn type_of(&self, node: NodeIx) -> &Type {
        &self.nodes[node.0].of
    }

    /// The attributes that some nodes are made of, by full name.
    pub fn reads_for(&self, wanted: &[NodeIx]) -> Vec<String> {
        let mut reads: Vec<usize> = Vec::new();
        for order in self.needed(wanted) {
            match order {
                Order::Node(node) => match self.nodes[node.0].op {
                    Op::Load(attribute) | Op::Flag(attribute) => reads.push(attribute),
                    _ => {}
                },
                Order::Frame(frame) => {
                    if let Origin::Naming(_, attribute) = self.frames[frame.0].origin {
                        reads.push(attribute);
                    }
                }
            }
        }
        reads.sort_unstable();
        reads.dedup();
        reads.into_iter().map(|attribute| self.attributes[attribute].clone()).collect()
    }

    /// The node that tells in which region each subject lies, by the attributes that say where one is.
    pub fn place(
        &mut self,
        subjects: &std::collections::BTreeMap<String, crate::catalog::SubjectKind>,
        attributes: &std::collections::BTreeMap<String, crate::catalog::Attribute>,
    ) -> Option<NodeIx> {
        let (mut frame, mut path) = (FrameIx(0), Vec::new());
        loop {
            let lies_in = subjects.get(&self.frames[frame.0].kind)?.lies_in.as_ref()?;
            let attribute = attributes.get(lies_in)?;
            let place = self.attribute(lies_in);
            let mut node = self.node(frame, Op::Load(place), Type::of(attribute));
            let Some(named) = &attribute.of else {
                for (above, from) in path.into_iter().rev() {
                    node = self.node(above, Op::Of(from, node), Type::Opaque);
                }
                return Some(node);
            };
            let next = self.frame(Origin::Named(frame, node), named);
            path.push((frame, next));
            frame = next;
        }
    }

    /// What must be computed for some nodes, in order.
    pub(super) fn needed(&self, wanted: &[NodeIx]) -> Vec<Order> {
        let mut nodes = vec![false; self.nodes.len()];
        let mut frames = vec![false; self.frames.len()];
        frames[0] = true;
        wanted.iter().for_each(|node| nodes[node.0] = true);
        // Whatever is needed comes before what needs it.
        for order in self.order.iter().rev() {
            match order {
                Order::Node(node) if nodes[node.0] => {
                    frames[self.nodes[node.0].frame.0] = true;
                    let (of, from) = self.nodes[node.0].op.parts();
                    of.into_iter().flatten().for_each(|part| nodes[part.0] = true);
                    from.into_iter().for_each(|frame| frames[frame.0] = true);
                }
                Order::Frame(frame) if frames[frame.0] => match self.frames[frame.0].origin {
                    Origin::Root => {}
                    Origin::Named(above, link) => {
                        frames[above.0] = true;
                        nodes[link.0] = true;
                    }
                    Origin::Naming(above, _) => frames[above.0] = true,
                },
                _ => {}
            }
        }
        let needs = |order: &&Order| match order {
            Order::Frame(frame) => frames[frame.0],
            Order::Node(node) => nodes[node.0],
        };
        self.order.iter().filter(needs).copied().collect()
    }

    /// The parameters that some nodes are made of.
    pub fn parameters_for(&self, wanted: &[NodeIx]) -> Vec<String> {
        let of = |order: Order| match order {
            Order::Node(node) => match self.nodes[node.0].op {
                Op::Parameter(parameter) => Some(self.parameters[parameter].clone()),
                _ => None,
            },
            Order::Frame(_) => None,
        };
        self.needed(wanted).into_iter().filter_map(of).collect()
    }

    pub(super) fn node(&mut self, frame: FrameIx, op: Op, of: Type) -> NodeIx {
        // An amount of nothing and the number zero are two things.
        let key = (frame, op.clone(), of.clone());
        if let Some(known) = self.known_nodes.get(&key) {
            return *known;
        }
        let node = NodeIx(self.nodes.len());
        self.nodes.push(Node { frame, op, of });
        self.order.push(Order::Node(node));
        self.known_nodes.insert(key, node);
        node
    }

    pub(super) fn frame(&mut self, origin: Origin, kind: &str) -> FrameIx {
        if let Some(known) = self.known_frames.get(&origin) {
            return *known;
        }
        let frame = FrameIx(self.frames.len());
        self.frames.push(Frame { origin: origin.clone(), kind: kind.to_owned() });
        self.order.push(Order::Frame(frame));
        self.known_frames.insert(origin, frame);
        frame
    }

    pub(super) fn attribute(&mut self, name: &str) -> usize {
        place_of(&mut self.attributes, name)
    }

    pub(super) fn parameter(&mut self, name: &str) -> usize {
        place_of(&mut self.parameters, name)
    }

    pub(super) fn list(&mut self, attribute: usize, codes: Vec<String>) -> usize {
        let list = (attribute, codes);
        self.lists.iter().position(|known| *known == list).unwrap_or_else(|| {
            self.lists.push(list);
            self.lists.len() - 1
        })
    }
}

fn place_of(names: &mut Vec<String>, name: &str) -> usize {
    names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}
