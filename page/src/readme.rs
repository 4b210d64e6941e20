//! The README of a lesson as HTML, in one of its languages.

use std::fs;
use std::path::Path;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use tour::lessons::short;

use crate::html::code::pane_id;

/// A README: its title, its first sentence as text, and all but the title as HTML.
#[derive(Default)]
pub struct Readme {
    /// The title, without the number of the lesson.
    pub title: String,
    /// What the lesson is about.
    pub lead: String,
    /// What stands below the title, as HTML.
    pub html: String,
}

/// What a README can link to.
pub struct Site {
    /// The package that it is of.
    pub package: &'static str,
    /// The packages of the lessons on the page.
    pub packages: Vec<&'static str>,
}

/// Reads a README, if the lesson has one in this language.
pub fn read(file: &Path, site: &Site) -> Option<Readme> {
    let name = file.file_name()?.to_str()?;
    Some(render(&fs::read_to_string(file).ok()?, name, site))
}

/// `name` is the name of its file, which says its language.
fn render(text: &str, name: &str, site: &Site) -> Readme {
    let mut readme = Readme::default();
    let mut kept: Vec<Vec<Event>> = Vec::new();
    for block in blocks(Parser::new_ext(text, Options::ENABLE_TABLES)) {
        match &block[0] {
            Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) => {
                readme.title = plain(&block);
                continue;
            }
            // The page has links of its own to the other language and the other lessons.
            Event::Start(Tag::Paragraph) if readme.lead.is_empty() && is_links(&block) => continue,
            Event::Start(Tag::Paragraph) if readme.lead.is_empty() => {
                readme.lead = first_sentence(&plain(&block)).to_string();
            }
            // The ladder on the page stands in for a diagram.
            _ if is_diagram(&block) => {
                kept.push(Parser::new(ladder_words(name)).collect());
                continue;
            }
            _ => {}
        }
        kept.push(block);
    }
    html::push_html(&mut readme.html, adapted(kept.into_iter().flatten(), name, site).into_iter());
    if let Some((_number, title)) = readme.title.split_once([':', '：']) {
        readme.title = title.trim().to_string();
    }
    readme
}

/// The blocks of a text, such as a paragraph or a list, each from its start to its end.
fn blocks<'a>(events: impl Iterator<Item = Event<'a>>) -> Vec<Vec<Event<'a>>> {
    let mut blocks = Vec::new();
    let mut block = Vec::new();
    let mut depth = 0;
    for event in events {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            _ => {}
        }
        block.push(event);
        if depth == 0 {
            blocks.push(std::mem::take(&mut block));
        }
    }
    blocks
}

fn is_diagram(block: &[Event]) -> bool {
    match &block[0] {
        Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) => &**kind == "mermaid",
        _ => false,
    }
}

/// What stands in a README in place of a diagram.
fn ladder_words(name: &str) -> &'static str {
    if name == "README.md" {
        "For the diagram see [the run above](README.md)."
    } else {
        "图见上面的[“这次运行”](README.zh-CN.md)。"
    }
}

/// Whether a paragraph says nothing but its links and pictures.
fn is_links(block: &[Event]) -> bool {
    let mut depth = 0;
    for event in block {
        match event {
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => depth += 1,
            Event::End(TagEnd::Link | TagEnd::Image) => depth -= 1,
            Event::Text(text) | Event::Code(text)
                if depth == 0 && text.contains(char::is_alphanumeric) =>
            {
                return false;
            }
            _ => {}
        }
    }
    true
}

/// A block as text on one line.
fn plain(block: &[Event]) -> String {
    let mut plain = String::new();
    for event in block {
        match event {
            Event::Text(text) | Event::Code(text) => plain += text,
            // A line break is a blank, but not between two Chinese characters.
            Event::SoftBreak | Event::HardBreak
                if plain.ends_with(|last: char| last.is_ascii()) =>
            {
                plain.push(' ');
            }
            _ => {}
        }
    }
    plain
}

/// The text up to the end of its first sentence.
fn first_sentence(text: &str) -> &str {
    for (at, end) in text.match_indices(['.', '!', '?', '。', '！', '？']) {
        let (sentence, rest) = text.split_at(at + end.len());
        let is_short_form = sentence.ends_with("e.g.") || sentence.ends_with("i.e.");
        if !end.is_ascii() || (rest.starts_with(' ') && !is_short_form) {
            return sentence;
        }
    }
    text
}

/// The same for the page: headings go on from the page's own and leave no level out, links lead
/// somewhere, and of HTML there are the few tags that fold a text or break a line.
fn adapted<'a>(events: impl Iterator<Item = Event<'a>>, name: &str, site: &Site) -> Vec<Event<'a>> {
    let mut all = Vec::new();
    let mut level_above = HeadingLevel::H3;
    let mut is_link = false;
    let mut open = Vec::new();
    let mut html_text = String::new();
    for event in events {
        match event {
            Event::Start(Tag::Heading { level, id, classes, attrs }) => {
                level_above = lower(level).min(below(level_above));
                all.push(Event::Start(Tag::Heading { level: level_above, id, classes, attrs }));
            }
            Event::End(TagEnd::Heading(_)) => {
                let is_start = |event: &Event| matches!(event, Event::Start(Tag::Heading { .. }));
                if let Some(start) = all.iter().rposition(is_start) {
                    let anchor = slug(&plain(&all[start..]));
                    if let Event::Start(Tag::Heading { id, .. }) = &mut all[start] {
                        *id = Some(heading_id(site.package, name, &anchor).into());
                    }
                }
                all.push(Event::End(TagEnd::Heading(level_above)));
            }
            // A link that leads nowhere from here is plain text.
            Event::Start(Tag::Link { dest_url, link_type, title, id }) => {
                let target = target(&dest_url, name, site);
                is_link = target.is_some();
                all.extend(target.map(|target| {
                    Event::Start(Tag::Link { dest_url: target.into(), link_type, title, id })
                }));
            }
            Event::End(TagEnd::Link) if !is_link => {}
            Event::Html(text) => html_text += &text,
            Event::InlineHtml(text) => push_tags(&mut all, &mut open, &text),
            Event::End(TagEnd::HtmlBlock) => {
                push_tags(&mut all, &mut open, &std::mem::take(&mut html_text));
                all.push(event);
            }
            event => all.push(event),
        }
    }
    while let Some(tag) = open.pop() {
        all.push(Event::Html(format!("</{tag}>").into()));
    }
    all
}

/// Adds HTML: of its tags those that fold a text or break a line; the others are shown as text.
/// `open` are those that have begun and not ended yet.
fn push_tags(all: &mut Vec<Event>, open: &mut Vec<&'static str>, text: &str) {
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let is_comment = rest[start..].starts_with("<!--");
        let end_mark = if is_comment { "-->" } else { ">" };
        let Some(length) = rest[start..].find(end_mark) else { break };
        let end = start + length + end_mark.len();
        let tag = rest[start + 1..end - 1].trim_end_matches('/').to_ascii_lowercase();
        let name = tag.split_whitespace().next().unwrap_or_default();
        all.push(Event::Text(rest[..start].to_string().into()));
        match name {
            "details" => push_start(all, open, "details"),
            "summary" => push_start(all, open, "summary"),
            "br" => all.push(Event::HardBreak),
            "/details" | "/summary" if open.last() == Some(&&name[1..]) => {
                open.pop();
                all.push(Event::Html(format!("<{name}>").into()));
            }
            _ if is_comment => {}
            _ => all.push(Event::Text(rest[start..end].to_string().into())),
        }
        rest = &rest[end..];
    }
    all.push(Event::Text(rest.to_string().into()));
}

fn push_start(all: &mut Vec<Event>, open: &mut Vec<&'static str>, tag: &'static str) {
    open.push(tag);
    all.push(Event::Html(format!("<{tag}>").into()));
}

/// The page has headings down to the third level.
fn lower(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 | HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}

/// The level right below.
fn below(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H3 => HeadingLevel::H4,
        HeadingLevel::H4 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}

/// Where a link leads: to the web, or to the same thing on the page, if it is there;
/// `name` is the name of the README.
fn target(url: &str, name: &str, site: &Site) -> Option<String> {
    if url.starts_with("https://") {
        return Some(url.into());
    }
    let (path, anchor) = url.split_once('#').unwrap_or((url, ""));
    let path = if path.is_empty() { name } else { path };
    let path = match path.strip_prefix("../") {
        Some(other) => other.to_string(),
        None => format!("{}/{path}", site.package),
    };
    let (package, file) = path.split_once('/').unwrap_or((&path, ""));
    let package = site.packages.iter().copied().find(|known| *known == package)?;
    let number = number(package);
    match (file.rsplit_once('/'), file) {
        (None, "" | "README.md" | "README.zh-CN.md") if anchor.is_empty() => {
            Some(format!("#lesson{number}"))
        }
        (None, "README.md" | "README.zh-CN.md") => {
            Some(format!("#{}", heading_id(package, file, anchor)))
        }
        (Some(("src" | "examples", name)), _)
            if file.starts_with("src/") || name.ends_with("-bare.rs") =>
        {
            Some(format!("#{}", pane_id(number, short(package), name)))
        }
        _ => None,
    }
}

/// The id of a heading of this package's README.
fn heading_id(package: &str, name: &str, anchor: &str) -> String {
    let language = if name == "README.md" { "en" } else { "zh" };
    format!("{language}{}-{anchor}", number(package))
}

/// The number of a lesson.
fn number(package: &str) -> &str {
    short(package).trim_start_matches("lesson")
}

/// A heading as an anchor, as GitHub makes it.
fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(text: &str) -> Readme {
        let packages = vec!["lesson04-tcp-server", "lesson09-tcp-threads"];
        super::render(text, "README.md", &Site { package: packages[0], packages })
    }

    #[test]
    fn title_lead_and_the_rest() {
        let readme = render(
            "# Lesson 04: a *TCP* server\n\nOne `word`\nor two. And a third.\n\nMore.\n\n## On the wire\n\n\
             ```mermaid\na->>b: x\n```\n\n```\n$ cargo <run>\n```\n",
        );
        assert_eq!(
            (readme.title.as_str(), readme.lead.as_str()),
            ("a TCP server", "One word or two.")
        );
        let html = "<p>One <code>word</code>\nor two. And a third.</p>\n<p>More.</p>\n\
                    <h4 id=\"en04-on-the-wire\">On the wire</h4>\n\
                    <p>For the diagram see <a href=\"#lesson04\">the run above</a>.</p>\n<pre><code>$ cargo &lt;run&gt;\n</code></pre>\n";
        assert_eq!(readme.html, html);
    }

    #[test]
    fn chinese_lines_meet_without_a_blank() {
        let readme = render("# 第 04 课：TCP 服务器\n\n先建立\n连接。\n");
        assert_eq!((readme.title.as_str(), readme.lead.as_str()), ("TCP 服务器", "先建立连接。"));
    }

    #[test]
    fn links_and_raw_html() {
        let html = |text: &str| render(&format!("# a\n\nb\n\n{text}\n")).html;
        let lesson = html("[c](../lesson09-tcp-threads/README.md)");
        assert_eq!(lesson, "<p>b</p>\n<p><a href=\"#lesson09\">c</a></p>\n");
        for (link, expected) in [
            ("../lesson09-tcp-threads/README.md#the-steps", "en09-the-steps"),
            ("../lesson09-tcp-threads/README.zh-CN.md#步骤", "zh09-%E6%AD%A5%E9%AA%A4"),
            ("#exercises", "en04-exercises"),
            ("src/main.rs", "p04-lesson04-main-rs"),
            ("examples/lesson04-bare.rs", "p04-lesson04-lesson04-bare-rs"),
        ] {
            let html = html(&format!("[c]({link})"));
            assert_eq!(html, format!("<p>b</p>\n<p><a href=\"#{expected}\">c</a></p>\n"));
        }
        assert_eq!(html("[c](../lesson06-text-mail/README.md)"), "<p>b</p>\n<p>c</p>\n");
        let outside = html("[c](https://rustup.rs)");
        assert_eq!(outside, "<p>b</p>\n<p><a href=\"https://rustup.rs\">c</a></p>\n");
        assert_eq!(html("[c](../docs/debugging.md)"), "<p>b</p>\n<p>c</p>\n");
        assert_eq!(html("[c](javascript:alert)"), "<p>b</p>\n<p>c</p>\n");
        let script = html("c <script>x</script>");
        assert_eq!(script, "<p>b</p>\n<p>c &lt;script&gt;x&lt;/script&gt;</p>\n");
    }

    #[test]
    fn the_lead_is_the_first_sentence_and_no_line_of_links() {
        let lead = |text: &str| render(&format!("# a\n\n{text}\n")).lead;
        let links = "[中文](README.zh-CN.md) · [all](../README.md#a)\n\n";
        assert_eq!(lead(&format!("{links}One, e.g. 1.5 of it. Two.")), "One, e.g. 1.5 of it.");
        assert_eq!(lead(&format!("{links}第一句，`a.b`。第二句。")), "第一句，a.b。");
        assert_eq!(lead("See [it](b.md) first. Then go on."), "See it first.");
        assert_eq!(lead(links), "");
    }

    #[test]
    fn details_are_folded_and_whatever_a_readme_leaves_open_ends_with_it() {
        let html = |text: &str| render(&format!("# a\n\nb\n\n{text}\n")).html;
        let folded = html("<details><summary>Hint</summary>\n\n*Why?*\n\n</details>");
        let expected = "<details><summary>Hint</summary>\n<p><em>Why?</em></p>\n</details>\n";
        assert_eq!(folded, format!("<p>b</p>\n{expected}"));
        let open = html("<details open onclick='x'><summary>c &\n<!-- d -->");
        assert_eq!(open, "<p>b</p>\n<details><summary>c &amp;\n\n</summary></details>");
        assert_eq!(html("c</details>"), "<p>b</p>\n<p>c&lt;/details&gt;</p>\n");
    }

    #[test]
    fn no_level_of_heading_is_left_out() {
        let html = render("# a\n\nb\n\n## c\n\n#### d\n\n# e\n").html;
        assert_eq!(html, "<p>b</p>\n<h4 id=\"en04-c\">c</h4>\n<h5 id=\"en04-d\">d</h5>\n");
    }
}
