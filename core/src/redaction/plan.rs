//! A view compiled for one operation: the treatment of each value, found by walking down a trie of
//! the declared paths along with the answer. It is built with the snapshot, never per request.

use std::sync::Arc;

use crate::domain::entry::{Entry, Operation};
use crate::domain::field::{Field, FieldKind};
use crate::domain::field_path::{FieldPath, PathStep};
use crate::domain::mask::Mask;
use crate::domain::view::{FieldSet, Shown, View};

use super::condition::{Conditional, looked};
use super::names::{Label, MemberNames};
use super::node_index::{NOWHERE, NodeIx, ROOT};

/// A view compiled for the answers of one operation.
#[derive(Clone, Debug)]
pub struct Plan {
    shape: Arc<Shape>,
    /// One verdict a node.
    verdicts: Box<[Verdict]>,
    /// The plan of a record that stands by itself, as a line or a row; none if the answer is one
    /// record anyway.
    row: Option<Arc<Plan>>,
    /// The conditions of records, with the plans that they lead to.
    conditional: Option<Arc<Conditional<Plan>>>,
    /// True if pseudonyms are shown.
    pseudonyms: bool,
}

/// The parts that the plans of one operation share, whatever the view.
#[derive(Clone, Debug)]
pub struct Shapes {
    document: Arc<Shape>,
    /// The shape of a record that stands by itself.
    row: Arc<Shape>,
}

/// The part of a plan that does not depend on the view: plans of one operation share it.
#[derive(Debug)]
struct Shape {
    nodes: Vec<Node>,
    /// The labels of member nodes: their names as they stand in front of their values.
    labels: Vec<Label>,
    fields: usize,
    has_subjects: bool,
    /// True if a record names one person, and nobody else can follow once that person is read.
    names_one: bool,
}

/// The order of members, learnt from the answer: most of its records have their members in one
/// order.
#[derive(Debug)]
pub(super) struct Sequence {
    /// The next member: by the member before it or, for the first member, by the object's node.
    next: Vec<NodeIx>,
    nodes: usize,
}

impl Sequence {
    /// The place before the first member of an object.
    #[inline]
    pub(super) fn begin(&self, object: NodeIx) -> usize {
        self.nodes + object as usize
    }

    /// The member to look for first.
    #[inline]
    pub(super) fn guess(&self, place: usize) -> usize {
        self.next.get(place).copied().unwrap_or(NOWHERE) as usize
    }

    /// The member that was there.
    pub(super) fn learn(&mut self, place: usize, member: NodeIx) {
        if let Some(next) = self.next.get_mut(place) {
            *next = member;
        }
    }
}

/// A place in the answer to which, or through which, a declared path leads. One place can have
/// several types: `$.tags` a text and `$.tags[*]` another.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// The declared members of an object here; none if no object is declared here.
    pub(super) members: Option<MemberNames>,
    /// The node of an array's elements; none if no array is declared here.
    pub(super) each: Option<NodeIx>,
    /// The declared scalar here.
    pub(super) leaf: Option<Leaf>,
    /// True if a value here is a record.
    pub(super) record: bool,
    /// True if a scalar here is an identifier of a person.
    pub(super) subject: bool,
}

/// A declared scalar.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    /// The entry's field; none for a value beside the records.
    pub(super) field: Option<u16>,
    /// The type that its value must have; none for any.
    pub(super) kind: Option<FieldKind>,
    /// The field's mask.
    pub(super) mask: Option<Mask>,
}

/// The verdict of one view on a node: how values there are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// The treatment of a scalar here.
    pub(super) scalar: Shown,
    /// True if an object or array here is written. One below which nothing is shown is walked too,
    /// to count and to find persons, but leaves no trace in the output.
    pub(super) branch: bool,
    /// The types of scalars that are declared here, as the bits of [`kinds`].
    pub(super) accepts: u8,
    /// True if a scalar here is a record or a subject.
    pub(super) noted: bool,
    /// The types of scalars for which `scalar` is the whole treatment: neither noted nor null.
    pub(super) plainly: u8,
    /// The index under which scalars here are counted: the field's index, or for values beside the
    /// records one more than the last field's.
    pub(super) count: u16,
}

/// Types of scalars as bits, so that one test tells whether a value is declared.
pub(super) mod kinds {
    pub(crate) const TEXT: u8 = 1;
    pub(crate) const NUMBER: u8 = 1 << 1;
    pub(crate) const BOOLEAN: u8 = 1 << 2;
    pub(crate) const NULL: u8 = 1 << 3;

    const OF: [u8; 256] = {
        let mut of = [0; 256];
        let mut first = 0;
        while first < 256 {
            of[first] = match first as u8 {
                b'"' => TEXT,
                b'-' | b'0'..=b'9' => NUMBER,
                b't' | b'f' => BOOLEAN,
                b'n' => NULL,
                _ => 0,
            };
            first += 1;
        }
        of
    };

    /// The type of the scalar that begins with this byte; none if no scalar does.
    #[inline]
    pub(crate) fn of(first: u8) -> u8 {
        OF[usize::from(first)]
    }
}

impl Shapes {
    /// Makes the shapes of an operation.
    pub fn of(entry: &Entry, operation: &Operation) -> Shapes {
        let document = Arc::new(Shape::of(entry, operation, &operation.records));
        let row = if operation.records.0.is_empty() {
            document.clone()
        } else {
            Arc::new(Shape::of(entry, operation, &FieldPath::root()))
        };
        Shapes { document, row }
    }

    /// Makes the plan of a view.
    pub fn plan(&self, entry: &Entry, view: &View) -> Plan {
        let pseudonyms = |shown: &[Shown]| {
            let masks = entry.fields.iter().map(|field| field.mask.as_ref());
            let mut shown = shown.iter().zip(masks);
            shown.any(|it| it == (&Shown::Masked, Some(&Mask::Pseudonym)))
        };
        let bare = |shape: &Arc<Shape>, shown: &[Shown]| Plan {
            verdicts: shape.verdicts(|field| shown[usize::from(field)]),
            shape: shape.clone(),
            row: None,
            conditional: None,
            pseudonyms: pseudonyms(shown),
        };
        let conditional = (!entry.conditions.is_empty()).then(|| {
            let variants = std::iter::once(&view.fields).chain(&view.raised);
            let variants = variants.map(|shown| Arc::new(bare(&self.row, shown))).collect();
            Arc::new(Conditional::new(looked(entry), variants))
        });
        let pseudonyms = pseudonyms(&view.fields) || view.raised.iter().any(|it| pseudonyms(it));
        let of = |shape| Plan {
            conditional: conditional.clone(),
            pseudonyms,
            ..bare(shape, &view.fields)
        };
        let single = Arc::ptr_eq(&self.document, &self.row);
        let row = (!single).then(|| Arc::new(of(&self.row)));
        Plan { row, ..of(&self.document) }
    }
}

impl Plan {
    /// Compiles a view of an entry for one of its operations.
    pub fn compile(entry: &Entry, operation: &Operation, view: &View) -> Plan {
        Shapes::of(entry, operation).plan(entry, view)
    }

    /// The plan of a record that stands by itself.
    pub(super) fn row(self: &Arc<Plan>) -> &Arc<Plan> {
        self.row.as_ref().unwrap_or(self)
    }

    /// The conditions of records, with the plans that they lead to.
    #[inline]
    pub(super) fn conditional(&self) -> Option<&Arc<Conditional<Plan>>> {
        self.conditional.as_ref()
    }

    /// Tells whether a value here is a record whose conditions must be looked up first.
    #[inline]
    pub(super) fn looks_into(&self, ix: NodeIx) -> bool {
        self.conditional.is_some() && self.node(ix).record
    }

    /// Tells whether the view shows pseudonyms, for which there must be a key.
    pub fn has_pseudonyms(&self) -> bool {
        self.pseudonyms
    }

    /// Copies the plan, with the fields outside a set dropped too.
    pub fn narrowed(&self, to: &FieldSet) -> Plan {
        let mut shown = vec![Shown::Dropped; self.fields()];
        for (node, verdict) in self.shape.nodes.iter().zip(&self.verdicts) {
            let field = node.leaf.as_ref().and_then(|leaf| leaf.field);
            if let Some(field) = field.filter(|field| to.contains(*field)) {
                shown[usize::from(field)] = verdict.scalar;
            }
        }
        let narrowed = |plan: &Plan| plan.narrowed(to);
        Plan {
            shape: Arc::clone(&self.shape),
            verdicts: self.shape.verdicts(|field| shown[usize::from(field)]),
            row: self.row.as_deref().map(narrowed).map(Arc::new),
            conditional: self.conditional.as_deref().map(|it| Arc::new(it.map(narrowed))),
            pseudonyms: self.pseudonyms,
        }
    }

    /// The number of fields that the entry declares.
    pub fn fields(&self) -> usize {
        self.shape.fields
    }

    /// Tells whether the operation declares identifiers of persons.
    pub fn has_subjects(&self) -> bool {
        self.shape.has_subjects
    }

    /// Tells whether a record names one person at most, so that once the identifier is read, the
    /// rest of the record is about that person too.
    pub(super) fn names_one(&self) -> bool {
        self.shape.names_one
    }

    #[inline]
    pub(super) fn node(&self, ix: NodeIx) -> &Node {
        &self.shape.nodes[ix as usize]
    }

    #[inline]
    pub(super) fn verdict(&self, ix: NodeIx) -> Verdict {
        self.verdicts[ix as usize]
    }

    /// The names in front of members' values, by their nodes.
    #[inline]
    pub(super) fn labels(&self) -> &[Label] {
        &self.shape.labels
    }

    /// The verdicts of the view, by node.
    #[inline]
    pub(super) fn verdicts(&self) -> &[Verdict] {
        &self.verdicts
    }

    /// The mask of a node's scalar.
    #[inline]
    pub(super) fn mask(&self, ix: NodeIx) -> Option<&Mask> {
        self.node(ix).leaf.as_ref()?.mask.as_ref()
    }

    /// The sequence of members to guess at first: the declared order, until the answer shows
    /// another.
    pub(super) fn sequence(&self) -> Sequence {
        let nodes = self.shape.nodes.len();
        let mut next = vec![NOWHERE; 2 * nodes];
        for (ix, node) in self.shape.nodes.iter().enumerate() {
            let mut before = nodes + ix;
            for member in node.members.iter().flat_map(MemberNames::nodes) {
                next[before] = member;
                before = member as usize;
            }
        }
        Sequence { next, nodes }
    }
}

impl Shape {
    fn of(entry: &Entry, operation: &Operation, records: &FieldPath) -> Shape {
        let mut shape = Shape {
            nodes: vec![Node::default()],
            labels: vec![Label::NEVER],
            fields: entry.fields.len(),
            has_subjects: !operation.subjects.is_empty(),
            names_one: match operation.subjects.as_slice() {
                [only] => !only.0.contains(&PathStep::Each),
                _ => false,
            },
        };
        let record = shape.reach(records);
        shape.nodes[record as usize].record = true;
        for (ix, field) in entry.fields.iter().enumerate() {
            let node = shape.reach(&records.join(&field.path));
            shape.declare(node, Leaf::of(ix, field));
        }
        // Values beside the records have no place in a record that stands by itself.
        let whole = *records == operation.records;
        for path in operation.envelope.iter().filter(|_| whole) {
            let node = shape.reach(path);
            shape.declare(node, Leaf { field: None, kind: None, mask: None });
        }
        for path in &operation.subjects {
            let node = shape.reach(&records.join(path));
            shape.nodes[node as usize].subject = true;
        }
        // A record without declared fields is still an object, and passes as an empty one.
        let record = &mut shape.nodes[record as usize];
        if record.members.is_none() && record.each.is_none() && record.leaf.is_none() {
            record.members = Some(MemberNames::default());
        }
        shape
            .nodes
            .iter_mut()
            .filter_map(|node| node.members.as_mut())
            .for_each(MemberNames::index);
        shape
    }

    /// The node at a path, made if it is missing.
    fn reach(&mut self, path: &FieldPath) -> NodeIx {
        path.0.iter().fold(ROOT, |at, step| {
            let fresh = self.nodes.len() as NodeIx;
            let node = &mut self.nodes[at as usize];
            let next = match step {
                PathStep::Each => *node.each.get_or_insert(fresh),
                PathStep::Member(name) => node.members.get_or_insert_default().declare(name, fresh),
            };
            if next == fresh {
                self.nodes.push(Node::default());
                self.labels.push(match step {
                    PathStep::Each => Label::NEVER,
                    PathStep::Member(name) => Label::of(name),
                });
            }
            next
        })
    }

    /// Declares a scalar at a node. Fields are declared before values beside the records, and the
    /// first declaration counts, so that an envelope's path can't open a field.
    fn declare(&mut self, node: NodeIx, leaf: Leaf) {
        self.nodes[node as usize].leaf.get_or_insert(leaf);
    }

    fn verdicts(&self, shown: impl Fn(u16) -> Shown) -> Box<[Verdict]> {
        let scalar = |node: &Node| match &node.leaf {
            None => Shown::Dropped,
            Some(Leaf { field: None, .. }) => Shown::Passed,
            Some(Leaf { field: Some(field), mask, .. }) => match shown(*field) {
                Shown::Masked if mask.is_none() => Shown::Dropped,
                verdict => verdict,
            },
        };
        let verdict = |node: &Node| {
            let noted = node.subject || (node.record && node.leaf.is_some());
            let accepts = node.leaf.as_ref().map_or(0, Leaf::accepts);
            Verdict {
                scalar: scalar(node),
                branch: false,
                accepts,
                noted,
                plainly: if noted { 0 } else { accepts & !kinds::NULL },
                count: node.leaf.as_ref().and_then(|leaf| leaf.field).unwrap_or(self.fields as u16),
            }
        };
        let mut verdicts: Vec<Verdict> = self.nodes.iter().map(verdict).collect();
        // Children were made after their parents, so going backwards meets children first.
        for (ix, node) in self.nodes.iter().enumerate().rev() {
            let below = |child: NodeIx| {
                let Verdict { scalar, branch, .. } = verdicts[child as usize];
                branch || scalar != Shown::Dropped
            };
            verdicts[ix].branch = node.record || node.children().any(below);
        }
        verdicts.into()
    }
}

impl Node {
    fn children(&self) -> impl Iterator<Item = NodeIx> {
        let members = self.members.iter().flat_map(|members| members.nodes());
        members.chain(self.each)
    }

    /// Tells whether the entry declares a value here. An identifier of a person alone is not one.
    pub(super) fn is_declared(&self) -> bool {
        self.leaf.is_some() || self.members.is_some() || self.each.is_some()
    }
}

impl Leaf {
    fn of(ix: usize, field: &Field) -> Leaf {
        Leaf { field: Some(ix as u16), kind: Some(field.kind), mask: field.mask.clone() }
    }

    fn accepts(&self) -> u8 {
        let kind = match self.kind {
            None => kinds::TEXT | kinds::NUMBER | kinds::BOOLEAN,
            Some(FieldKind::Text) => kinds::TEXT,
            Some(FieldKind::Number) => kinds::NUMBER,
            Some(FieldKind::Boolean) => kinds::BOOLEAN,
        };
        kind | kinds::NULL
    }
}
