//! HTTP/1.1 on a connection, for both ends: what `server` and `upstream` have alike. What a message
//! means stands in [`sluice_core::message`]; here its bytes come and go.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`wire`] | a stream with what was read ahead of it: heads, writing, whether the other end left |
//! | [`body`] | reading a body to its end, piece by piece |
//! | [`deadline`] | deadlines that cost nothing while they are kept |

pub mod body;
pub mod deadline;
pub mod wire;

use std::fmt;

use sluice_core::message::BadMessage;

/// Why nothing more comes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageFault {
    /// It is no message.
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
