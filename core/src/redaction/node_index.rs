//! The index of a node in its plan.

/// Index of a node; the answer's outermost value is at node 0.
pub(super) type NodeIx = u32;

/// The outermost value's node.
pub(super) const ROOT: NodeIx = 0;

/// No node: the place of undeclared values.
pub(super) const NOWHERE: NodeIx = NodeIx::MAX;
