//! The README of a lesson as HTML, in one of its languages.

use std::fs;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use tour::lessons::Lesson;

use crate::html::code::pane_id;

/// A README: its title, its first sentence as text, and all below its top as HTML.
pub struct Readme {
    /// The title, without the number of the lesson.
    pub title: String,
    /// What the lesson is about.
    pub lead: String,
    /// What stands below the title and the links, as HTML.
    pub html: String,
}

/// Reads a README by the name of its file, which says its language; where there is none, the name
/// of the package has to do as its title. It can link to these `lessons`, which are on the page.
pub fn read(name: &str, lesson: &Lesson, lessons: &[&Lesson]) -> Readme {
    let text = fs::read_to_string(lesson.folder().join(name)).unwrap_or_default();
    render(&text, name, lesson, lessons)
}

/// Headings go on from the page's own, and links lead somewhere. HTML stays as it is: whoever runs
/// the lesson trusts its README, and the page runs no script of others.
fn render(text: &str, name: &str, lesson: &Lesson, lessons: &[&Lesson]) -> Readme {
    let text = text.replace("\r\n", "\n");
    // At the top stand the title and a line of links to the other language and the other lessons.
    // The page has its own.
    let mut parts = text.splitn(3, "\n\n");
    let title = parts.next().and_then(|title| title.split_once([':', '：']));
    let body = parts.nth(1).unwrap_or_default();

    let below = |level: HeadingLevel| {
        HeadingLevel::try_from(level as usize + 2).unwrap_or(HeadingLevel::H6)
    };
    let mut is_in_diagram = false;
    let mut is_link = false;
    let parser = Parser::new_ext(body, Options::ENABLE_TABLES).into_offset_iter();
    let events = parser.filter_map(|(event, range)| match event {
        Event::Start(Tag::Heading { level, classes, attrs, .. }) => {
            let id = Some(heading_id(lesson, name, &slug(&body[range])).into());
            Some(Event::Start(Tag::Heading { level: below(level), id, classes, attrs }))
        }
        Event::End(TagEnd::Heading(level)) => Some(Event::End(TagEnd::Heading(below(level)))),
        Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) if &*kind == "mermaid" => {
            is_in_diagram = true;
            Some(Event::Html(in_place_of_diagram(name, lesson).into()))
        }
        Event::End(TagEnd::CodeBlock) if is_in_diagram => {
            is_in_diagram = false;
            None
        }
        _ if is_in_diagram => None,
        // A link that leads nowhere from here is plain text.
        Event::Start(Tag::Link { dest_url, link_type, title, id }) => {
            let target = target(&dest_url, name, lesson, lessons);
            is_link = target.is_some();
            let dest_url = target?.into();
            Some(Event::Start(Tag::Link { dest_url, link_type, title, id }))
        }
        Event::End(TagEnd::Link) if !is_link => None,
        event => Some(event),
    });
    let mut html = String::new();
    html::push_html(&mut html, events);
    let title = title.map_or(lesson.package, |(_, title)| title.trim()).to_string();
    Readme { title, lead: first_sentence(body), html }
}

/// The ladder on the page stands in for a diagram.
fn in_place_of_diagram(name: &str, lesson: &Lesson) -> String {
    let id = format!("lesson{}", lesson.number());
    if name == "README.md" {
        format!("<p>For the diagram see <a href=\"#{id}\">the run above</a>.</p>\n")
    } else {
        format!("<p>图见上面的<a href=\"#{id}\">“这次运行”</a>。</p>\n")
    }
}

/// The first sentence of a text, on one line and without its markup.
fn first_sentence(text: &str) -> String {
    let mut plain = String::new();
    for event in Parser::new(text) {
        match event {
            Event::Text(text) | Event::Code(text) => plain += &text,
            // A line break is a blank, but not between two Chinese characters.
            Event::SoftBreak if plain.ends_with(|last: char| last.is_ascii()) => plain.push(' '),
            Event::End(TagEnd::Paragraph) => break,
            _ => {}
        }
    }
    let ends = plain.match_indices(". ").chain(plain.match_indices('。'));
    if let Some(end) = ends.map(|(at, end)| at + end.trim_end().len()).min() {
        plain.truncate(end);
    }
    plain
}

/// Where a link leads: to the web, or to the same thing on the page, if it is there;
/// `name` is the name of the README.
fn target(url: &str, name: &str, lesson: &Lesson, lessons: &[&Lesson]) -> Option<String> {
    if url.starts_with("https://") {
        return Some(url.into());
    }
    let (path, anchor) = url.split_once('#').unwrap_or((url, ""));
    let path = if path.is_empty() { name } else { path };
    let path = match path.strip_prefix("../") {
        Some(other) => other.to_string(),
        None => format!("{}/{path}", lesson.package),
    };
    let (package, file) = path.split_once('/').unwrap_or((&path, ""));
    let lesson = lessons.iter().find(|lesson| lesson.package == package)?;
    let number = lesson.number();
    let id = match file.rsplit_once('/').unwrap_or(("", file)) {
        ("", "" | "README.md" | "README.zh-CN.md") if anchor.is_empty() => {
            format!("lesson{number}")
        }
        ("", "README.md" | "README.zh-CN.md") => heading_id(lesson, file, anchor),
        ("src", name) => pane_id(number, package, name),
        ("examples", name) if name.ends_with("-bare.rs") => pane_id(number, package, name),
        _ => return None,
    };
    Some(format!("#{id}"))
}

/// The id of a heading of this lesson's README.
fn heading_id(lesson: &Lesson, name: &str, anchor: &str) -> String {
    let language = if name == "README.md" { "en" } else { "zh" };
    format!("{language}{}-{anchor}", lesson.number())
}

/// The source of a heading as an anchor, as GitHub makes it.
fn slug(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim();
    let kept = words.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(text: &str) -> Readme {
        let lessons: Vec<_> = ["04", "09"].into_iter().filter_map(Lesson::find).collect();
        super::render(text, "README.md", lessons[0], &lessons)
    }

    #[test]
    fn title_lead_and_the_rest() {
        let readme = render(
            "# Lesson 04: a TCP server\n\n[中文](README.zh-CN.md) · [all](../README.md#a)\n\nOne `word`\n\
             or *two*. And a third.\n\nMore.\n\n## On the wire\n\n```mermaid\na->>b: x\n```\n\n\
             ```\n$ cargo <run>\n```\n\n### A `hint`\n\n\
             <details><summary>Hint</summary>\n\n*Why?*\n\n</details>\n",
        );
        assert_eq!(
            (readme.title.as_str(), readme.lead.as_str()),
            ("a TCP server", "One word or two.")
        );
        let html = "<p>One <code>word</code>\nor <em>two</em>. And a third.</p>\n<p>More.</p>\n\
                    <h4 id=\"en04-on-the-wire\">On the wire</h4>\n\
                    <p>For the diagram see <a href=\"#lesson04\">the run above</a>.</p>\n\
                    <pre><code>$ cargo &lt;run&gt;\n</code></pre>\n\
                    <h5 id=\"en04-a-hint\">A <code>hint</code></h5>\n\
                    <details><summary>Hint</summary>\n<p><em>Why?</em></p>\n</details>\n";
        assert_eq!(readme.html, html);
    }

    #[test]
    fn the_title_and_the_first_sentence_in_chinese() {
        let text = "# 第 04 课：TCP 服务器\n\n[a](b)\n\n第一句，\n[`a.b`](c)。第二句。\n";
        let readme = render(&text.replace('\n', "\r\n"));
        // Chinese lines meet without a blank.
        assert_eq!((readme.title.as_str(), readme.lead.as_str()), ("TCP 服务器", "第一句，a.b。"));
        let none = render("");
        assert_eq!((none.title.as_str(), none.lead.as_str()), ("lesson04-tcp-server", ""));
    }

    #[test]
    fn links_lead_somewhere() {
        let html = |link: &str| render(&format!("# a: b\n\n[a](b)\n\n[c]({link})\n")).html;
        for (link, expected) in [
            ("../lesson09-tcp-threads/README.md", "#lesson09"),
            ("../lesson09-tcp-threads/README.md#the-steps", "#en09-the-steps"),
            ("../lesson09-tcp-threads/README.zh-CN.md#步骤", "#zh09-%E6%AD%A5%E9%AA%A4"),
            ("#exercises", "#en04-exercises"),
            ("src/main.rs", "#p04-lesson04-main-rs"),
            ("examples/lesson04-bare.rs", "#p04-lesson04-lesson04-bare-rs"),
            ("https://rustup.rs", "https://rustup.rs"),
        ] {
            assert_eq!(html(link), format!("<p><a href=\"{expected}\">c</a></p>\n"));
        }
        for link in ["../lesson06-text-mail/README.md", "../docs/debugging.md", "javascript:alert"]
        {
            assert_eq!(html(link), "<p>c</p>\n", "{link}");
        }
    }
}
