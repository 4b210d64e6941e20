//! The source of the lessons: lines with numbers, steps, comments and strings told apart.

use std::fs;
use std::io;
use std::path::Path;

use ra_ap_rustc_lexer::{FrontmatterAllowed, LiteralKind, TokenKind, tokenize};

/// The words that mean something to Rust itself.
const KEYWORDS: &[&str] = &[
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern",
    "false", "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub",
    "ref", "return", "self", "static", "struct", "super", "trait", "true", "type", "unsafe", "use",
    "where", "while",
];

/// A file of a package's source.
#[derive(Clone)]
pub struct File {
    /// Its path in `src`, such as `main.rs`.
    pub name: String,
    /// All of it.
    pub text: String,
    /// The numbered steps, from top to bottom: the line that does it, and the comment right above,
    /// such as `Step 3: send.`, on one line.
    steps: Vec<(usize, String)>,
}

/// A piece of a line of the source, and what it is.
pub struct Piece<'a> {
    /// `comment`, `doc`, `step`, `string`, `keyword`, or nothing.
    pub class: &'static str,
    /// The piece itself.
    pub text: &'a str,
}

/// Reads a file of a package.
///
/// # Errors
/// It cannot be read.
pub fn read_file(path: &Path) -> io::Result<File> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(file(name, fs::read_to_string(path)?))
}

fn file(name: String, text: String) -> File {
    let text = text.replace("\r\n", "\n");
    let mut steps = Vec::new();
    let mut step = String::new();
    for (line, code) in (1..).zip(text.lines()) {
        match code.trim_start().strip_prefix("// ") {
            Some(words) if words.starts_with("Step") => step = words.into(),
            Some(words) if !step.is_empty() => step = format!("{step} {words}"),
            None if !step.is_empty() => steps.push((line, std::mem::take(&mut step))),
            _ => {}
        }
    }
    File { name, text, steps }
}

impl File {
    /// The lines of its code that have this call in them, rather than its definition.
    pub fn calls(&self, call: &str) -> impl Iterator<Item = usize> {
        let others = ["//", "fn ", "pub fn ", "use "];
        let is_other = move |code: &str| others.iter().any(|start| code.starts_with(start));
        let lines = (1..).zip(self.text.lines());
        let calls =
            lines.filter(move |(_, code)| code.contains(call) && !is_other(code.trim_start()));
        calls.map(|(line, _)| line)
    }

    /// The line of the step in whose paragraph this line stands: what is logged, the step's own
    /// statement has done.
    pub fn step_of(&self, line: usize) -> Option<usize> {
        let (step, _) = *self.steps.iter().rfind(|(step, _)| *step <= line)?;
        let mut between = self.text.lines().skip(step - 1).take(line - step);
        between.all(|line| !line.trim().is_empty()).then_some(step)
    }

    /// What the step does whose statement stands on this line.
    pub fn step_at(&self, line: usize) -> Option<&str> {
        let (_, text) = self.steps.iter().find(|(step, _)| *step == line)?;
        Some(text)
    }
}

/// The lines of a file, each in pieces; the number of a step stands out from its comment.
pub fn lines(text: &str) -> Vec<Vec<Piece<'_>>> {
    let mut lines = vec![Vec::new()];
    let mut rest = text;
    for token in tokenize(text, FrontmatterAllowed::No) {
        let (token_text, after) = rest.split_at(token.len as usize);
        rest = after;
        let class = class(token.kind, token_text);
        // A comment such as `// Steps 1 and 2: connect` has a part of its own; other tokens are whole.
        let step = token_text.strip_prefix("// Step").and_then(|rest| rest.find([':', ',']));
        let length = step.map_or(0, |length| "// Step".len() + length);
        let (label, words) = token_text.split_at(length);
        let (slashes, step) = label.split_at(length.min("// ".len()));
        for (class, piece) in [(class, slashes), ("step", step), (class, words)] {
            for (index, text) in piece.split('\n').enumerate() {
                if index > 0 {
                    lines.push(Vec::new());
                }
                if let Some(line) = lines.last_mut().filter(|_| !text.is_empty()) {
                    line.push(Piece { class, text });
                }
            }
        }
    }
    // A file ends with a newline, and no line follows that.
    if lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    lines
}

fn class(kind: TokenKind, text: &str) -> &'static str {
    match kind {
        TokenKind::LineComment { doc_style: None } | TokenKind::BlockComment { .. } => "comment",
        TokenKind::LineComment { .. } => "doc",
        TokenKind::Literal {
            kind: LiteralKind::Int { .. } | LiteralKind::Float { .. }, ..
        } => "",
        TokenKind::Literal { .. } => "string",
        TokenKind::Ident if KEYWORDS.contains(&text) => "keyword",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "//! A lesson.\n\nfn main() -> shared::Result {\n    \
        // Steps 1 and 2: create the socket,\n    // and connect.\n    let a = connect(\"// no\")?;\n\n    \
        // Step 3: send; why not?\n    a.send(b'\"')?;\n    // Not a step.\n    Ok(())\n}\n";

    #[test]
    fn a_call_is_found_where_it_is_made_and_a_step_is_the_paragraph_below_its_comment() {
        let file = file("main.rs".into(), SOURCE.into());
        let lines = |call| file.calls(call).collect::<Vec<_>>();
        assert_eq!(
            [lines("connect("), lines(".send("), lines("main(")],
            [vec![6], vec![9], vec![]]
        );

        let first = "Steps 1 and 2: create the socket, and connect.";
        let steps = [5, 6, 9].map(|line| file.step_at(line));
        assert_eq!(steps, [None, Some(first), Some("Step 3: send; why not?")]);
        let steps = [3, 6, 7, 9, 11].map(|line| file.step_of(line));
        assert_eq!(steps, [None, Some(6), Some(6), Some(9), Some(9)]);
    }

    #[test]
    fn comments_strings_and_steps_are_told_apart_and_every_character_is_kept() {
        let lines = lines(SOURCE);
        let line = |pieces: &Vec<Piece>| pieces.iter().map(|piece| piece.text).collect::<String>();
        let text: String = lines.iter().map(|pieces| line(pieces) + "\n").collect();
        assert_eq!(text, SOURCE);

        let classes = |number: usize| -> Vec<_> {
            let pieces = lines[number - 1].iter();
            pieces.map(|piece| (piece.class, piece.text.trim())).collect()
        };
        assert_eq!(classes(1), [("doc", "//! A lesson.")]);
        let step = [("", ""), ("comment", "//"), ("step", "Steps 1 and 2")];
        assert_eq!(classes(4)[..3], step);
        assert_eq!(classes(6)[1], ("keyword", "let"));
        assert!(classes(6).contains(&("string", "\"// no\"")));
        assert!(classes(9).contains(&("string", "b'\"'")));
    }
}
