//! HTTP/1.1 on a connection, for both ends: shared by `server` and `upstream`. The meaning of messages
//! is in [`sluice_core::message`]; this module moves their bytes.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`wire`] | a stream with what was read ahead of it: heads, writing, closing by the other end |
//! | [`body`] | reading a body to its end, piece by piece |
//! | [`deadline`] | deadlines that cost nothing as long as they are met |

pub mod body;
pub mod deadline;
pub mod wire;

use std::fmt;

use sluice_core::message::BadMessage;

/// The reason why a message can't be read further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageFault {
    /// The bytes are no well-formed message.
    Bad(BadMessage),
    /// The connection ended or broke before its end.
    Broken,
}

impl From<BadMessage> for MessageFault {
    fn from(bad: BadMessage) -> MessageFault {
        MessageFault::Bad(bad)
    }
}

impl fmt::Display for MessageFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MessageFault::Bad(bad) => write!(f, "{bad}"),
            MessageFault::Broken => f.write_str("the connection ended before the message did"),
        }
    }
}

impl std::error::Error for MessageFault {}
