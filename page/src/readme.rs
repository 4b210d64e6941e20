//! The README of a lesson as HTML, in one of its languages.

use std::fs;
use std::path::Path;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// A README: its title, its first paragraph as text, and the rest as HTML.
#[derive(Default)]
pub struct Readme {
    /// The title, without the number of the lesson.
    pub title: String,
    /// What the lesson is about.
    pub lead: String,
    /// What follows, as HTML.
    pub html: String,
}

/// Reads a README, if the lesson has one in this language.
pub fn read(file: &Path) -> Option<Readme> {
    Some(render(&fs::read_to_string(file).ok()?))
}

fn render(text: &str) -> Readme {
    let mut readme = Readme { title: String::new(), lead: String::new(), html: String::new() };
    // Where the reader of the Markdown is: nothing, the title, or the lead, is put together.
    let mut whole = Vec::new();
    let mut into: Option<TagEnd> = None;
    let mut is_hidden = false;
    let mut behind_diagram = None;
    let mut is_link = false;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match &event {
            Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) => {
                into = Some(TagEnd::Heading(HeadingLevel::H1));
            }
            Event::Start(Tag::Paragraph) if readme.lead.is_empty() && into.is_none() => {
                into = Some(TagEnd::Paragraph);
            }
            // The ladder on the page stands in for a diagram.
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) if &**kind == "mermaid" => {
                is_hidden = true;
            }
            Event::End(TagEnd::CodeBlock) if is_hidden => {
                is_hidden = false;
                behind_diagram = Some(whole.len());
                continue;
            }
            Event::Start(Tag::Heading { .. }) if behind_diagram == Some(whole.len()) => {
                drop_heading(&mut whole);
            }
            _ => {}
        }
        if is_hidden {
            continue;
        }
        if let Some(end) = into {
            let place = match end {
                TagEnd::Paragraph => &mut readme.lead,
                _ => &mut readme.title,
            };
            match &event {
                Event::Text(text) | Event::Code(text) => *place += text,
                Event::SoftBreak | Event::HardBreak => push_blank(place),
                Event::End(tag) if *tag == end => into = None,
                _ => {}
            }
            continue;
        }
        match event {
            // A link that leads nowhere from here is plain text.
            Event::Start(Tag::Link { dest_url, link_type, title, id }) => {
                let target = target(&dest_url);
                is_link = target.is_some();
                whole.extend(target.map(|target| {
                    Event::Start(Tag::Link { dest_url: target.into(), link_type, title, id })
                }));
            }
            Event::End(TagEnd::Link) if !is_link => {}
            event => whole.push(adapted(event)),
        }
    }
    html::push_html(&mut readme.html, whole.into_iter());
    if let Some((_number, title)) = readme.title.split_once([':', '：']) {
        readme.title = title.trim().to_string();
    }
    readme
}

/// Drops a heading that nothing has followed but a diagram.
fn drop_heading(whole: &mut Vec<Event>) {
    let is_start = |event: &Event| matches!(event, Event::Start(Tag::Heading { .. }));
    if let (Some(Event::End(TagEnd::Heading(_))), Some(start)) =
        (whole.last(), whole.iter().rposition(is_start))
    {
        whole.truncate(start);
    }
}

/// A line break inside a paragraph is a blank, but not between two Chinese characters.
fn push_blank(text: &mut String) {
    if text.ends_with(|last: char| last.is_ascii()) {
        text.push(' ');
    }
}

/// Headings are lower than the page's own, and the READMEs are Markdown alone.
fn adapted(event: Event) -> Event {
    match event {
        Event::Start(Tag::Heading { level, id, classes, attrs }) => {
            Event::Start(Tag::Heading { level: lower(level), id, classes, attrs })
        }
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level))),
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        event => event,
    }
}

/// The page has headings down to the third level.
fn lower(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 | HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}

/// Where a link leads on the page: another lesson is a part of it; other files do not come along.
fn target(url: &str) -> Option<String> {
    if url.starts_with("https://") {
        return Some(url.into());
    }
    let (_, lesson) = url.split_once("lesson")?;
    let number =
        lesson.get(..2).filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()))?;
    url.ends_with(".md").then(|| format!("#lesson{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn title_lead_and_the_rest() {
        let readme = render(
            "# Lesson 04: a *TCP* server\n\nOne `word`\nor two.\n\nMore.\n\n## On the wire\n\n\
             ```mermaid\na->>b: x\n```\n\n```\n$ cargo <run>\n```\n",
        );
        assert_eq!(
            (readme.title.as_str(), readme.lead.as_str()),
            ("a TCP server", "One word or two.")
        );
        let html =
            "<p>More.</p>\n<h4>On the wire</h4>\n<pre><code>$ cargo &lt;run&gt;\n</code></pre>\n";
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
        assert_eq!(lesson, "<p><a href=\"#lesson09\">c</a></p>\n");
        let outside = html("[c](https://rustup.rs)");
        assert_eq!(outside, "<p><a href=\"https://rustup.rs\">c</a></p>\n");
        assert_eq!(html("[c](../docs/debugging.md)"), "<p>c</p>\n");
        assert_eq!(html("[c](javascript:alert)"), "<p>c</p>\n");
        let script = html("c <script>x</script>");
        assert_eq!(script, "<p>c &lt;script&gt;x&lt;/script&gt;</p>\n");
    }
}
