//! The blocks of code in a page.

/// A fenced block.
#[derive(Clone, Debug)]
pub struct Block {
    /// The line of its fence, from 1.
    pub line: usize,
    /// Its language: the first word behind the fence.
    pub language: String,
    /// The words behind the language, which say what a test does with the block.
    options: Vec<String>,
    /// Its lines.
    pub text: String,
}

impl Block {
    /// The value of an option that is written `name=value`.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find_map(|option| option.strip_prefix(name)?.strip_prefix('='))
    }

    /// Tells if an option stands there that is one word.
    pub fn has(&self, word: &str) -> bool {
        self.options.iter().any(|option| option == word)
    }

    /// Its language, and what is done with it.
    pub fn kind(&self) -> (&str, &[String]) {
        (&self.language, &self.options)
    }
}

/// The fenced blocks of a page, in order.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut lines = page.lines().zip(1..);
    while let Some((line, number)) = lines.next() {
        let indent = line.len() - line.trim_start().len();
        let Some(said) = line.trim_start().strip_prefix("```") else { continue };
        let mut said = said.split_whitespace().map(str::to_owned);
        let (language, options) = (said.next().unwrap_or_default(), said.collect());
        let inside = lines.by_ref().map(|(line, _)| line);
        let inside = inside.take_while(|line| line.trim_start() != "```");
        let inside = inside.map(|line| line.get(indent..).unwrap_or_default());
        let text = inside.map(|line| format!("{line}\n")).collect();
        found.push(Block { line: number, language, options, text });
    }
    found
}

/// The first line of a block that is indented instead of fenced: nobody could say what it is.
pub fn first_indented(page: &str) -> Option<usize> {
    let (mut fenced, mut listed, mut blank) = (false, false, true);
    for (line, number) in page.lines().zip(1..) {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        let text = line.trim_start();
        if !fenced && blank && !listed && line.starts_with("    ") && !text.is_empty() {
            return Some(number);
        }
        let is_item = ["* ", "- "].iter().any(|mark| text.starts_with(mark))
            || text.split_once(". ").is_some_and(|(number, _)| number.parse::<u8>().is_ok());
        listed = is_item || listed && (line.starts_with(' ') || line.is_empty());
        blank = text.is_empty();
    }
    None
}
