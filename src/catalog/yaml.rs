//! A YAML parser that gives a tree of nodes with their positions.
//!
//! Anchors, aliases, tags and merge keys are refused, as a reviewer must see each value at its
//! place. Scalars stay text, so that `0755` or `1.10` are kept as written.

use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, Span};

/// Deepest nesting of sequences and mappings that is read.
const MAX_NESTING_LEVELS: usize = 24;

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// Line, from 1.
    pub(crate) line: u32,
    /// Column in characters, from 1.
    pub(crate) column: u32,
    /// The number of characters on its first line; at least 1.
    pub(crate) width: u32,
}

/// A value with its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Position,
    pub(crate) kind: NodeKind,
}

/// The kind of a node.
#[derive(Clone, Debug)]
pub(crate) enum NodeKind {
    /// Text, quoted or plain.
    Scalar { text: Box<str>, plain: bool },
    /// A list.
    Sequence(Vec<Node>),
    /// Keys with their values, in the order of the file, repeated keys included.
    Mapping(Vec<(Key, Node)>),
}

/// A key of a mapping.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) place: Position,
    pub(crate) text: Box<str>,
}

/// The reason why a text is no YAML that a catalog file may hold.
#[derive(Clone, Debug)]
pub(crate) struct BadYaml {
    pub(crate) place: Position,
    pub(crate) why: String,
}

impl Position {
    /// The beginning of a file, for problems of the whole file.
    pub(crate) const START: Position = Position { line: 1, column: 1, width: 1 };
}

impl Node {
    /// Tells whether the value is empty, or one of the words for null.
    pub(crate) fn is_null(&self) -> bool {
        let nothing = ["", "~", "null", "Null", "NULL"];
        matches!(&self.kind, NodeKind::Scalar { text, plain: true } if nothing.contains(&&**text))
    }
}

/// Reads one document.
pub(crate) fn parse(text: &str) -> Result<Node, BadYaml> {
    let options = granit_parser::options! {
        flow_nesting_limit: MAX_NESTING_LEVELS,
        block_nesting_limit: MAX_NESTING_LEVELS,
        emit_comments: false,
        disallow_directives: true,
    };
    let mut events = Events { parser: parser(text, options) };
    let mut document = None;
    loop {
        let (event, span) = events.next()?;
        match event {
            Event::StreamStart | Event::DocumentEnd => {}
            Event::StreamEnd => break,
            Event::DocumentStart(..) if document.is_some() => {
                return Err(refuse(span, "a catalog file is one YAML document"));
            }
            Event::DocumentStart(..) => {
                let (event, span) = events.next()?;
                document = Some(node(event, span, &mut events)?);
            }
            _ => return Err(refuse(span, "unexpected content")),
        }
    }
    document.ok_or_else(|| BadYaml { place: Position::START, why: "the file is empty".into() })
}

type Source<'t> = granit_parser::StrInput<'t>;

fn parser(text: &str, options: Options) -> Parser<'_, Source<'_>> {
    Parser::new_from_str_with_options(text, options)
}

struct Events<'t> {
    parser: Parser<'t, Source<'t>>,
}

impl<'t> Events<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), BadYaml> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(syntax(&error)),
            None => Err(BadYaml { place: Position::START, why: "the file ends too early".into() }),
        }
    }
}

/// The node that an event begins. Recursion is bounded by [`MAX_NESTING_LEVELS`].
fn node<'t>(event: Event<'t>, span: Span, events: &mut Events<'t>) -> Result<Node, BadYaml> {
    let place = place(span);
    let (anchor, tag) = match &event {
        Event::Scalar(_, _, anchor, tag)
        | Event::SequenceStart(_, anchor, tag)
        | Event::MappingStart(_, anchor, tag) => (*anchor, tag.is_some()),
        _ => (0, false),
    };
    if tag {
        return Err(refuse(span, "YAML tags (`!…`) are not used in catalog files"));
    }
    if anchor != 0 {
        return Err(refuse(span, "YAML anchors (`&…`) are not used in catalog files"));
    }
    let kind = match event {
        Event::Scalar(text, style, ..) => {
            NodeKind::Scalar { text: text.into(), plain: style == ScalarStyle::Plain }
        }
        Event::SequenceStart(..) => NodeKind::Sequence(sequence(events)?),
        Event::MappingStart(..) => NodeKind::Mapping(mapping(events)?),
        Event::Alias(_) | Event::UnresolvedAlias(_) => {
            return Err(refuse(span, "YAML aliases (`*…`) are not used in catalog files"));
        }
        _ => return Err(refuse(span, "a value is missing")),
    };
    Ok(Node { place, kind })
}

fn sequence(events: &mut Events<'_>) -> Result<Vec<Node>, BadYaml> {
    let mut elements = Vec::new();
    loop {
        match events.next()? {
            (Event::SequenceEnd, _) => return Ok(elements),
            (event, span) => elements.push(node(event, span, events)?),
        }
    }
}

fn mapping(events: &mut Events<'_>) -> Result<Vec<(Key, Node)>, BadYaml> {
    let mut members = Vec::new();
    loop {
        let (event, span) = events.next()?;
        if event == Event::MappingEnd {
            return Ok(members);
        }
        let key = node(event, span, events)?;
        let NodeKind::Scalar { text, .. } = key.kind else {
            return Err(refuse(span, "a key is a word, not a list or a mapping"));
        };
        let key = Key { place: key.place, text };
        let (event, span) = events.next()?;
        members.push((key, node(event, span, events)?));
    }
}

fn place(span: Span) -> Position {
    let width = if span.start.line() == span.end.line() { span.len() } else { usize::MAX };
    Position {
        line: span.start.line() as u32,
        column: span.start.col() as u32 + 1,
        width: u32::try_from(width).unwrap_or(u32::MAX).max(1),
    }
}

fn refuse(span: Span, why: &str) -> BadYaml {
    BadYaml { place: place(span), why: why.into() }
}

fn syntax(error: &ScanError) -> BadYaml {
    let marker = error.marker();
    let place =
        Position { line: (marker.line() as u32).max(1), column: marker.col() as u32 + 1, width: 1 };
    BadYaml { place, why: error.info() }
}
