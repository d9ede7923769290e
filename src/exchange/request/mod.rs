//! The request of an exchange.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`head`] | what a request is, and what it declares about itself |
//! | [`structured_field`] | texts as structured fields (RFC 9651), and back |
//! | [`body`] | what comes behind a request's head |
//! | [`forward`] | the request as the provider gets it |

pub mod body;
pub mod forward;
pub mod head;
pub mod structured_field;
