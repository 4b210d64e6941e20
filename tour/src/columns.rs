//! Shows how two programs differ, side by side.

use std::env;
use std::io;

use console::{Style, Term, measure_text_width};
use tour::diff::{Block, Piece, Row};

use crate::compare::position;
use crate::show::say;

/// How many characters stand in a line where no terminal says it.
const WIDTH: usize = 120;

/// A character, and whether only this program has it.
type Cell = (bool, char);

/// Shows two columns as wide as the terminal allows, with `|` between lines that differ, `<` beside
/// a line that only the old program has, and `>` beside one that only the new program has.
///
/// # Errors
/// Nobody reads what is shown.
pub fn side_by_side(old: &str, new: &str, blocks: &[Block]) -> io::Result<()> {
    let terminal = Term::stdout().size_checked().map(|(_rows, columns)| columns.into());
    let given = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    // Between the columns stand a mark and a blank on either side of it.
    let width = (terminal.or(given).unwrap_or(WIDTH).max(23) - 3) / 2;
    let name = |name: &str| Some(vec![(true, name.to_string())]);
    let names = Row { old: name(old), new: name(new) };
    show_row(&names, ' ', width, [&Style::new().bold(), &Style::new().bold()])?;
    for block in blocks {
        say(&position(block))?;
        for row in &block.rows {
            let mark = match row {
                Row { old: None, .. } => '>',
                Row { new: None, .. } => '<',
                row if row.is_same() => ' ',
                _ => '|',
            };
            show_row(row, mark, width, [&Style::new().red(), &Style::new().green()])?;
        }
    }
    Ok(())
}

/// Shows a line of each program; what is too long for its column goes on below.
fn show_row(row: &Row, mark: char, width: usize, styles: [&Style; 2]) -> io::Result<()> {
    let fold = |pieces: &Option<Vec<Piece>>| fold(pieces.as_deref().unwrap_or_default(), width);
    let old = fold(&row.old);
    let new = fold(&row.new);
    for index in 0..old.len().max(new.len()) {
        let [old, new] = [&old, &new].map(|lines| lines.get(index).map_or(&[][..], Vec::as_slice));
        let blanks = width - columns(old);
        let old = paint(old, styles[0]);
        let new = paint(new, styles[1]);
        say(format!("{old}{:blanks$} {mark} {new}", "").trim_end())?;
    }
    Ok(())
}

/// Divides a line into lines of at most this width, at blanks where there are any. Those that
/// continue it are indented.
fn fold(pieces: &[Piece], width: usize) -> Vec<Vec<Cell>> {
    let cells = pieces.iter().flat_map(|(is_changed, text)| {
        let text = text.replace('\t', "    ");
        text.chars().map(|character| (*is_changed, character)).collect::<Vec<_>>()
    });
    let mut rest: Vec<Cell> = cells.collect();
    let blanks = rest.iter().take_while(|(_, character)| *character == ' ').count();
    let indent = vec![(false, ' '); (blanks + 4).min(width / 2)];
    let mut lines = Vec::new();
    while columns(&rest) > width {
        let fits = (0..rest.len()).take_while(|&end| columns(&rest[..=end]) <= width).count();
        let start = if lines.is_empty() { blanks } else { indent.len() };
        let blank = (start..fits).rfind(|&index| rest[index].1 == ' ');
        let after = rest.split_off(blank.map_or(fits, |blank| blank + 1));
        lines.push(rest);
        rest = [indent.clone(), after].concat();
    }
    lines.push(rest);
    lines
}

/// How wide a text is on a terminal, where a Chinese character is as wide as two others.
fn columns(cells: &[Cell]) -> usize {
    measure_text_width(&text(cells))
}

fn text(cells: &[Cell]) -> String {
    cells.iter().map(|(_, character)| character).collect()
}

/// The text, with what has changed in this style.
fn paint(cells: &[Cell], style: &Style) -> String {
    let runs = cells.chunk_by(|one, next| one.0 == next.0);
    let paint = |run: &[Cell]| {
        if run[0].0 { style.apply_to(text(run)).to_string() } else { text(run) }
    };
    runs.map(paint).collect()
}
