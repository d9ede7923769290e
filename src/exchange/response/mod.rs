//! The answer of an exchange, from the provider's first byte to the consumer's last.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`bounds`], [`memory`] | bounds on answers, and the memory for them, each and all together |
//! | [`media_type`] | what an answer is by its media type, and what it is asked for |
//! | [`content_coding`] | decoding an answer that comes compressed |
//! | [`upstream_body`] | the provider's body as it comes in, decoded |
//! | [`receive`] | reading an answer, as a whole or its beginning |
//! | [`redact`] | putting an answer through the permit's view |
//! | [`stream_state`], [`stream`] | an answer that leaves in windows, and how it does |
//! | [`body`] | the body of an answer as the server sends it |
//! | [`render`] | the answer, the provider's or the gateway's own |

pub mod body;
pub mod bounds;
pub mod content_coding;
pub mod media_type;
pub mod memory;
pub mod receive;
pub mod redact;
pub mod render;
pub mod stream;
pub mod stream_state;
pub mod upstream_body;
