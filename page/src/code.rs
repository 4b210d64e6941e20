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

/// A line of the source that sends, receives or logs something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The package, such as `lesson04-tcp-server`.
    pub package: String,
    /// The file in its `src`, such as `main.rs`.
    pub file: String,
    /// The number of the line, from 1.
    pub line: usize,
}

/// A file of a package's source.
pub struct File {
    /// Its path in `src`, such as `main.rs`.
    pub name: String,
    /// All of it.
    pub text: String,
    steps: Vec<Step>,
}

/// A numbered step of the notes: what its comment says, in small letters, and the line right below.
struct Step {
    text: String,
    line: usize,
}

/// A piece of a line of the source, and what it is.
pub struct Piece {
    /// `comment`, `doc`, `step`, `string`, `keyword`, or nothing.
    pub class: &'static str,
    /// The piece itself.
    pub text: String,
}

/// Reads the source of a package; `main.rs` comes first.
///
/// # Errors
/// It cannot be read.
pub fn read(workspace: &Path, package: &str) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(workspace.join(package).join("src"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".rs") {
            files.push(file(name, fs::read_to_string(entry.path())?));
        }
    }
    files.sort_by_key(|file| (file.name != "main.rs", file.name.clone()));
    Ok(files)
}

fn file(name: String, text: String) -> File {
    let text = text.replace("\r\n", "\n");
    let mut steps = Vec::new();
    let mut comment = String::new();
    for (line, code) in (1..).zip(text.lines()) {
        match code.trim_start().strip_prefix("// ") {
            Some(words) if words.starts_with("Step") || !comment.is_empty() => comment += words,
            Some(_) => {}
            None if comment.is_empty() => {}
            None => {
                let text = std::mem::take(&mut comment).to_lowercase();
                steps.push(Step { text, line });
            }
        }
    }
    File { name, text, steps }
}

/// The step of a package whose comment has one of these words; the first word that any step has decides.
pub fn step(package: &str, files: &[File], words: &[&str]) -> Option<Place> {
    let main = files.first()?;
    let mut found = words.iter().filter_map(|word| {
        let mut steps = main.steps.iter();
        steps.find(|step| step.text.contains(word))
    });
    let line = found.next()?.line;
    Some(Place { package: package.into(), file: main.name.clone(), line })
}

/// The step whose paragraph has this line: what is logged, the step's own statement has done.
pub fn step_of(files: &[File], place: &Place) -> Option<Place> {
    let file = files.iter().find(|file| file.name == place.file)?;
    let step = file.steps.iter().rev().find(|step| step.line <= place.line)?;
    let mut between = file.text.lines().skip(step.line - 1).take(place.line - step.line);
    let is_one = between.all(|line| !line.trim().is_empty());
    is_one.then(|| Place { line: step.line, ..place.clone() })
}

/// The lines of a file, each in pieces.
pub fn lines(text: &str) -> Vec<Vec<Piece>> {
    let mut lines = vec![Vec::new()];
    let mut rest = text;
    for token in tokenize(text, FrontmatterAllowed::No) {
        let (token_text, after) = rest.split_at(token.len as usize);
        rest = after;
        let class = class(token.kind, token_text);
        for (index, text) in token_text.split('\n').enumerate() {
            if index > 0 {
                lines.push(Vec::new());
            }
            if let Some(line) = lines.last_mut().filter(|_| !text.is_empty()) {
                push(line, class, text);
            }
        }
    }
    // A file ends with a newline, and no line follows that.
    if lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    lines
}

/// Adds a piece; the number of a step stands out from its comment.
fn push(line: &mut Vec<Piece>, class: &'static str, text: &str) {
    let number = text.strip_prefix("// Step").and_then(|rest| rest.find([':', ',']));
    match number.filter(|_| class == "comment") {
        Some(length) => {
            let (step, rest) = text.split_at("// Step".len() + length);
            let (slashes, step) = step.split_at("// ".len());
            line.push(Piece { class, text: slashes.into() });
            line.push(Piece { class: "step", text: step.into() });
            line.push(Piece { class, text: rest.into() });
        }
        None => match line.last_mut().filter(|last| last.class == class) {
            Some(last) => last.text += text,
            None => line.push(Piece { class, text: text.into() }),
        },
    }
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

    fn found(words: &[&str]) -> Option<usize> {
        let files = [file("main.rs".into(), SOURCE.into())];
        step("lesson00-none", &files, words).map(|place| place.line)
    }

    #[test]
    fn a_step_is_the_line_below_its_comment() {
        assert_eq!(found(&["connect"]), Some(6));
        assert_eq!(found(&["send"]), Some(9));
        assert_eq!(found(&["log in", "send"]), Some(9));
        assert_eq!(found(&["not a"]), None);
    }

    #[test]
    fn a_line_belongs_to_the_step_of_its_paragraph() {
        let files = [file("main.rs".into(), SOURCE.into())];
        let of = |line| {
            let (package, file) = ("lesson00-none".into(), "main.rs".into());
            step_of(&files, &Place { package, file, line }).map(|place| place.line)
        };
        assert_eq!([of(3), of(6), of(9), of(11)], [None, Some(6), Some(9), Some(9)]);
        assert_eq!(of(7), Some(6));
    }

    #[test]
    fn lines_keep_every_character() {
        let mut text = String::new();
        for line in lines(SOURCE) {
            text.extend(line.into_iter().map(|piece| piece.text));
            text.push('\n');
        }
        assert_eq!(text, SOURCE);
    }

    #[test]
    fn comments_strings_and_steps_are_told_apart() {
        let lines = lines(SOURCE);
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
