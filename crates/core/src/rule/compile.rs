//! From CEL to columns: an expression is parsed by the `cel` crate, checked against the catalog's types and added to a
//! [`Program`]. What an officer can read is what is computed; there is no loop, no clock and no way out.

use super::program::{Compare, FrameIx, NodeIx, Op, Origin, Program};
use super::types::Type;
use crate::catalog::{Attribute, Parameter};
use cel::IdedExpr;
use cel::common::ast::{ComprehensionExpr, Expr, LiteralValue, SelectExpr, operators};
use cel::parser::Parser;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// A named value of a kind of subject.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Let {
    /// The kind of subject.
    pub about: String,
    /// Its name, `age`.
    pub name: String,
    /// What officers read.
    pub title: crate::catalog::Words,
    /// The expression.
    pub is: String,
}

/// The words that expressions may use.
pub struct Vocabulary<'a> {
    /// Attributes by full name.
    pub attributes: &'a BTreeMap<String, Attribute>,
    /// Parameters by name.
    pub parameters: &'a BTreeMap<String, Parameter>,
    /// Named values by `kind.name`.
    pub lets: &'a BTreeMap<String, Let>,
    /// What was parsed before.
    parsed: RefCell<HashMap<String, Rc<IdedExpr>>>,
}

impl<'a> Vocabulary<'a> {
    /// The words of a catalog.
    pub fn new(
        attributes: &'a BTreeMap<String, Attribute>,
        parameters: &'a BTreeMap<String, Parameter>,
        lets: &'a BTreeMap<String, Let>,
    ) -> Self {
        Self { attributes, parameters, lets, parsed: RefCell::default() }
    }

    fn parse(&self, text: &str) -> Result<Rc<IdedExpr>, Mistaken> {
        if let Some(known) = self.parsed.borrow().get(text) {
            return Ok(known.clone());
        }
        let parsed = Parser::new().parse(text);
        let parsed = Rc::new(parsed.or_else(|errors| no(first_line(&errors.to_string()), "a CEL expression"))?);
        self.parsed.borrow_mut().insert(text.to_owned(), parsed.clone());
        Ok(parsed)
    }
}

/// What is wrong with an expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistaken {
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub expected: String,
}

pub(super) fn no<T>(what: impl Into<String>, expected: impl Into<String>) -> Result<T, Mistaken> {
    Err(Mistaken { what: what.into(), expected: expected.into() })
}

/// Compiles an expression about the program's kind of subject; its values must be of a type.
///
/// # Errors
/// What is wrong and what would be right.
pub fn compile(
    program: &mut Program,
    words: &Vocabulary<'_>,
    text: &str,
    wanted: Option<&Type>,
) -> Result<NodeIx, Mistaken> {
    let parsed = words.parse(text)?;
    let about = program.about().to_owned();
    let mut work = Work { program, words, open: Vec::new() };
    let scope = Scope { frame: FrameIx(0), names: vec![(variable(&about), FrameIx(0))] };
    let node = work.node(&parsed, &scope)?;
    let found = work.program.type_of(node);
    match wanted {
        Some(wanted) if wanted != found => no(format!("comes to {found}"), wanted.to_string()),
        _ => Ok(node),
    }
}

fn first_line(text: &str) -> String {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("cannot be read");
    line.trim().trim_start_matches("ERROR: ").to_owned()
}

/// A name of the catalog as expressions write it.
pub fn variable(name: &str) -> String {
    name.replace('-', "_")
}

#[derive(Clone)]
pub(super) struct Scope {
    /// Where values are computed.
    pub(super) frame: FrameIx,
    names: Vec<(String, FrameIx)>,
}

/// What a part of an expression comes to while it is compiled.
pub(super) enum Part {
    Node(NodeIx),
    /// A subject, seen from the frame of the variable it was reached from.
    Subject {
        frame: FrameIx,
        base: FrameIx,
    },
    /// Those who name a subject of the frame `above`.
    List {
        above: FrameIx,
        base: FrameIx,
        each: FrameIx,
        only: Option<NodeIx>,
        value: Option<NodeIx>,
    },
    Text(String),
    Parameters,
}

pub(super) struct Work<'a, 'p> {
    pub(super) program: &'p mut Program,
    pub(super) words: &'a Vocabulary<'a>,
    /// Named values that are being compiled, to refuse circles.
    open: Vec<String>,
}

impl Work<'_, '_> {
    pub(super) fn node(&mut self, expr: &IdedExpr, scope: &Scope) -> Result<NodeIx, Mistaken> {
        match self.part(expr, scope)? {
            Part::Node(node) => Ok(node),
            Part::Subject { .. } => no("a subject stands for a value", "one of its attributes"),
            Part::List { .. } => no("a list stands for a value", "all, exists, size or sum of it"),
            Part::Text(text) => no(format!("the text {text:?} stands alone"), "a comparison with a code"),
            Part::Parameters => no("`parameter` stands alone", "parameter.some_name"),
        }
    }

    pub(super) fn typed(&mut self, expr: &IdedExpr, scope: &Scope, wanted: &Type) -> Result<NodeIx, Mistaken> {
        let node = self.node(expr, scope)?;
        let found = self.program.type_of(node);
        if found == wanted {
            Ok(node)
        } else {
            no(format!("{found} stands where {wanted} is needed"), wanted.to_string())
        }
    }

    pub(super) fn put(&mut self, scope: &Scope, op: Op, of: Type) -> Result<Part, Mistaken> {
        Ok(Part::Node(self.program.node(scope.frame, op, of)))
    }

    pub(super) fn part(&mut self, expr: &IdedExpr, scope: &Scope) -> Result<Part, Mistaken> {
        match &expr.expr {
            Expr::Literal(literal) => self.literal(literal, scope),
            Expr::Ident(name) => self.name(name, scope),
            Expr::Select(select) => self.select(select, scope),
            Expr::Call(call) => self.call(call, scope),
            Expr::Comprehension(loops) => self.comprehension(loops, scope),
            _ => no("this kind of expression is not for rules", "attributes, comparisons, && || !, all, exists, sum"),
        }
    }

    fn literal(&mut self, literal: &LiteralValue, scope: &Scope) -> Result<Part, Mistaken> {
        match literal {
            LiteralValue::Boolean(yes) => self.put(scope, Op::Truth(*yes.inner()), Type::Truth),
            LiteralValue::Int(n) => self.put(scope, Op::Number(*n.inner()), Type::Number),
            LiteralValue::String(text) => Ok(Part::Text(text.inner().to_owned())),
            LiteralValue::Double(_) => {
                no("a number with a decimal point", "a whole number, yuan(\"12.34\") or a ratio parameter")
            }
            _ => no("this kind of literal is not for rules", "a whole number, a text, true or false"),
        }
    }

    fn name(&mut self, name: &str, scope: &Scope) -> Result<Part, Mistaken> {
        if let Some((_, frame)) = scope.names.iter().rev().find(|(known, _)| known == name) {
            return Ok(Part::Subject { frame: *frame, base: *frame });
        }
        match name {
            "today" => self.put(scope, Op::Today, Type::Day),
            "parameter" => Ok(Part::Parameters),
            _ => {
                let known: Vec<&str> = scope.names.iter().map(|(name, _)| name.as_str()).collect();
                no(format!("no variable `{name}`"), format!("{}, today or parameter", known.join(", ")))
            }
        }
    }

    fn select(&mut self, select: &SelectExpr, scope: &Scope) -> Result<Part, Mistaken> {
        let field = select.field.replace('_', "-");
        match self.part(&select.operand, scope)? {
            Part::Parameters => {
                let Some(parameter) = self.words.parameters.get(&field) else {
                    return no(format!("no parameter `{field}`"), "a file in parameter/");
                };
                let of = Type::of_unit(&parameter.unit);
                let place = self.program.parameter(&field);
                self.put(scope, Op::Parameter(place), of)
            }
            Part::Subject { frame, base } => self.field(frame, base, &field, select.test, scope),
            _ => no(format!("`.{}` of what has no attributes", select.field), "an attribute of a subject"),
        }
    }

    /// An attribute, a named value or a relation of the subjects of a frame.
    fn field(
        &mut self,
        frame: FrameIx,
        base: FrameIx,
        field: &str,
        test: bool,
        scope: &Scope,
    ) -> Result<Part, Mistaken> {
        let kind = self.program.frames[frame.0].kind.clone();
        let full = format!("{kind}.{field}");
        let node = if let Some(attribute) = self.words.attributes.get(&full) {
            if attribute.many {
                return no(format!("`{full}` may hold several values"), "an attribute that holds one");
            }
            let (of, place) = (Type::of(attribute), self.program.attribute(&full));
            // Those who name a subject by this attribute name the one they came of.
            if let (Origin::Naming(above, by), Type::Subject(_), false) =
                (&self.program.frames[frame.0].origin, &of, test)
                && *by == place
            {
                return Ok(Part::Subject { frame: *above, base: *above });
            }
            let op = if of == Type::Truth { Op::Flag(place) } else { Op::Load(place) };
            let node = self.program.node(frame, op, of.clone());
            if let (Type::Subject(named), false) = (&of, test) {
                let named = self.program.frame(Origin::Named(frame, node), named);
                return Ok(Part::Subject { frame: named, base });
            }
            node
        } else if let Some(named) = self.words.lets.get(&full) {
            self.named(named, frame, &full)?
        } else if let Some((attribute, back)) = self.naming(&kind, field) {
            let place = self.program.attribute(&attribute);
            let each = self.program.frame(Origin::Naming(frame, place), &back);
            return Ok(Part::List { above: frame, base, each, only: None, value: None });
        } else {
            return no(format!("`{kind}` has no `{}`", variable(field)), self.near(&kind));
        };
        let node = if test { self.program.node(frame, Op::Has(node), Type::Truth) } else { node };
        if !test && *self.program.type_of(node) == Type::Opaque {
            return no(format!("no rule can read `{full}`"), format!("has({}.{})", variable(&kind), variable(field)));
        }
        self.bring(node, frame, base, scope)
    }

    /// The attribute by which others name a kind of subject under a name, and their kind.
    fn naming(&self, kind: &str, back: &str) -> Option<(String, String)> {
        let names = |one: &&Attribute| one.of.as_deref() == Some(kind) && one.back.as_deref() == Some(back);
        self.words.attributes.values().find(names).map(|one| (one.name.clone(), one.subject.clone()))
    }

    fn near(&self, kind: &str) -> String {
        let own = self.words.attributes.values().filter(|one| one.subject == kind);
        let own = own
            .map(|one| one.name.as_str())
            .chain(self.words.lets.values().filter(|one| one.about == kind).map(|one| one.name.as_str()));
        let names: Vec<String> = own.map(|name| variable(name.rsplit('.').next().unwrap_or(name))).collect();
        if names.is_empty() {
            format!("an attribute declared for {kind}")
        } else {
            format!("one of {}", names.join(", "))
        }
    }

    fn named(&mut self, named: &Let, frame: FrameIx, full: &str) -> Result<NodeIx, Mistaken> {
        if self.open.iter().any(|open| open == full) {
            return no(format!("`{full}` is made of itself"), "named values without circles");
        }
        let parsed = self.words.parse(&named.is)?;
        self.open.push(full.to_owned());
        let scope = Scope { frame, names: vec![(variable(&named.about), frame)] };
        let node = self.node(&parsed, &scope);
        self.open.pop();
        let node = node?;
        self.program.lets.insert(node, full.to_owned());
        Ok(node)
    }

    /// Brings a value of a frame to where it is used: down to the variable it was reached from, up into the list that is
    /// being walked.
    pub(super) fn bring(
        &mut self,
        node: NodeIx,
        from: FrameIx,
        base: FrameIx,
        scope: &Scope,
    ) -> Result<Part, Mistaken> {
        let of = self.program.type_of(node).clone();
        let (mut node, mut frame) = (node, from);
        while frame != base {
            let Origin::Named(above, _) = self.program.frames[frame.0].origin else {
                return no("a value from inside a list", "all, exists or sum of the list");
            };
            node = self.program.node(above, Op::Of(frame, node), of.clone());
            frame = above;
        }
        let mut path = Vec::new();
        let mut at = scope.frame;
        while at != base {
            path.push(at);
            at = match self.program.frames[at.0].origin {
                Origin::Named(above, _) | Origin::Naming(above, _) => above,
                Origin::Root => return no("a variable from elsewhere", "a variable of this expression"),
            };
        }
        for frame in path.into_iter().rev() {
            node = self.program.node(frame, Op::Above(node), of.clone());
        }
        Ok(Part::Node(node))
    }

    /// What the macros all, exists, exists_one, filter and map were written as.
    fn comprehension(&mut self, loops: &ComprehensionExpr, scope: &Scope) -> Result<Part, Mistaken> {
        let Part::List { above, base, each, only, value: None } = self.part(&loops.iter_range, scope)? else {
            return no("a walk over what is no list", "household.members.all(m, …)");
        };
        let mut inner = scope.clone();
        inner.frame = each;
        inner.names.push((loops.iter_var.clone(), each));
        let step = match &loops.loop_step.expr {
            Expr::Call(call) => call,
            _ => return no("this kind of walk is not for rules", "all, exists, exists_one, filter or map"),
        };
        let is_accu = |expr: &IdedExpr| matches!(&expr.expr, Expr::Ident(name) if *name == loops.accu_var);
        // accu && P, accu || P
        if let ([accu, condition], operators::LOGICAL_AND | operators::LOGICAL_OR) =
            (step.args.as_slice(), step.func_name.as_str())
            && is_accu(accu)
        {
            if only.is_some() {
                return no("all or exists of a filtered list", "the condition inside: !c || p, or c && p");
            }
            let condition = self.typed(condition, &inner, &Type::Truth)?;
            let all = step.func_name == operators::LOGICAL_AND;
            let op = if all { Op::All(each, condition) } else { Op::Exists(each, condition) };
            let node = self.program.node(above, op, Type::Truth);
            return self.bring(node, above, base, scope);
        }
        // P ? accu + [x] : accu, P ? accu + 1 : accu, or accu + [x]
        let (condition, adding) = match (step.func_name.as_str(), step.args.as_slice()) {
            (operators::CONDITIONAL, [condition, IdedExpr { expr: Expr::Call(adding), .. }, accu]) if is_accu(accu) => {
                (Some(condition), adding)
            }
            (operators::ADD, _) => (None, step),
            _ => return no("this kind of walk is not for rules", "all, exists, exists_one, filter or map"),
        };
        let condition = condition.map(|condition| self.typed(condition, &inner, &Type::Truth)).transpose()?;
        let only = match (only, condition) {
            (Some(_), Some(_)) => return no("a filter of a filtered list", "one filter with &&"),
            (first, second) => first.or(second),
        };
        match adding.args.get(1).map(|added| &added.expr) {
            Some(Expr::List(list)) => {
                let [element] = list.elements.as_slice() else {
                    return no("this kind of walk is not for rules", "filter or map");
                };
                let filters = matches!(&element.expr, Expr::Ident(name) if *name == loops.iter_var);
                let value = if filters { None } else { Some(self.node(element, &inner)?) };
                Ok(Part::List { above, base, each, only, value })
            }
            Some(Expr::Literal(LiteralValue::Int(_))) => {
                let count = self.program.node(above, Op::Count(each, only), Type::Number);
                let one = self.program.node(above, Op::Number(1), Type::Number);
                let node = self.program.node(above, Op::Compare(Compare::Equal, count, one), Type::Truth);
                self.bring(node, above, base, scope)
            }
            _ => no("this kind of walk is not for rules", "all, exists, exists_one, filter or map"),
        }
    }
}
