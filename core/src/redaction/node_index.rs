//! The index of a node in its plan.

/// Index of a node; the answer's outermost value is at node 0.
pub(super) type NodeIx = u32;

/// The outermost value's node.
pub(super) const ROOT: NodeIx = 0;

/// No node: what nobody declared.
pub(super) const NOWHERE: NodeIx = NodeIx::MAX;
