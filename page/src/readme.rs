//! The README of a lesson as HTML, in one of its languages.

use std::fs;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use tour::lessons::{short, workspace};

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

/// Reads a README by the name of its file, which says its language; where there is none, the name of
/// the package has to do as its title.
pub fn read(name: &str, site: &Site) -> Readme {
    let file = workspace().join(site.package).join(name);
    render(&fs::read_to_string(file).unwrap_or_default(), name, site)
}

/// Headings go on from the page's own and leave no level out, and links lead somewhere. HTML stays
/// as it is: whoever runs the lesson trusts its README, and the page runs no script of others.
fn render(text: &str, name: &str, site: &Site) -> Readme {
    let mut readme = Readme { title: site.package.into(), ..Readme::default() };
    let mut kept: Vec<Event> = Vec::new();
    let mut level_above = 3;
    let mut is_link = false;
    for mut block in blocks(Parser::new_ext(text, Options::ENABLE_TABLES)) {
        let words = plain(&block);
        match &mut block[0] {
            Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) => {
                let title =
                    words.split_once([':', '：']).map_or(words.as_str(), |(_, title)| title);
                readme.title = title.trim().to_string();
                continue;
            }
            Event::Start(Tag::Heading { level, id, .. }) => {
                level_above = (*level as usize + 2).min(level_above + 1).min(6);
                *level = HeadingLevel::try_from(level_above).unwrap_or(HeadingLevel::H6);
                *id = Some(heading_id(site.package, name, &slug(&words)).into());
                let end = Event::End(TagEnd::Heading(*level));
                block.pop();
                block.push(end);
            }
            // The ladder on the page stands in for a diagram.
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) if &**kind == "mermaid" => {
                block = Parser::new(ladder_words(name)).collect();
            }
            Event::Start(Tag::Paragraph) if readme.lead.is_empty() => {
                // The page has links of its own to the other language and the other lessons.
                if is_links(&block) {
                    continue;
                }
                readme.lead = first_sentence(&words).to_string();
            }
            _ => {}
        }
        for event in block {
            match event {
                // A link that leads nowhere from here is plain text.
                Event::Start(Tag::Link { dest_url, link_type, title, id }) => {
                    let target = target(&dest_url, name, site);
                    is_link = target.is_some();
                    kept.extend(target.map(|target| {
                        Event::Start(Tag::Link { dest_url: target.into(), link_type, title, id })
                    }));
                }
                Event::End(TagEnd::Link) if !is_link => {}
                event => kept.push(event),
            }
        }
    }
    html::push_html(&mut readme.html, kept.into_iter());
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

/// What stands in a README in place of a diagram.
fn ladder_words(name: &str) -> &'static str {
    if name == "README.md" {
        "For the diagram see [the run above](README.md)."
    } else {
        "图见上面的[“这次运行”](README.zh-CN.md)。"
    }
}

/// Whether a paragraph begins and ends with a link.
fn is_links(block: &[Event]) -> bool {
    use Event::{End, Start};
    matches!(block, [_, Start(Tag::Link { .. }), .., End(TagEnd::Link), _])
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
    let id = match file.rsplit_once('/').unwrap_or(("", file)) {
        ("", "" | "README.md" | "README.zh-CN.md") if anchor.is_empty() => {
            format!("lesson{number}")
        }
        ("", "README.md" | "README.zh-CN.md") => heading_id(package, file, anchor),
        ("src", name) => pane_id(number, package, name),
        ("examples", name) if name.ends_with("-bare.rs") => pane_id(number, package, name),
        _ => return None,
    };
    Some(format!("#{id}"))
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
    fn links_lead_somewhere() {
        let html = |link: &str| render(&format!("# a\n\nb\n\n[c]({link})\n")).html;
        for (link, expected) in [
            ("../lesson09-tcp-threads/README.md", "#lesson09"),
            ("../lesson09-tcp-threads/README.md#the-steps", "#en09-the-steps"),
            ("../lesson09-tcp-threads/README.zh-CN.md#步骤", "#zh09-%E6%AD%A5%E9%AA%A4"),
            ("#exercises", "#en04-exercises"),
            ("src/main.rs", "#p04-lesson04-main-rs"),
            ("examples/lesson04-bare.rs", "#p04-lesson04-lesson04-bare-rs"),
            ("https://rustup.rs", "https://rustup.rs"),
        ] {
            assert!(
                html(link).ends_with(&format!("<p><a href=\"{expected}\">c</a></p>\n")),
                "{link}"
            );
        }
        for link in ["../lesson06-text-mail/README.md", "../docs/debugging.md", "javascript:alert"]
        {
            assert!(html(link).ends_with("<p>c</p>\n"), "{link}");
        }
    }

    #[test]
    fn the_lead_is_the_first_sentence_and_no_line_of_links() {
        let lead = |text: &str| render(&format!("# a\n\n{text}\n")).lead;
        let links = "[中文](README.zh-CN.md) · [all](../README.md#a)\n\n";
        assert_eq!(lead(&format!("{links}One, e.g. 1.5 of it. Two.")), "One, e.g. 1.5 of it.");
        // Chinese lines meet without a blank.
        assert_eq!(lead(&format!("{links}第一句，\n`a.b`。第二句。")), "第一句，a.b。");
        assert_eq!(lead("See [it](b.md) first. Then go on."), "See it first.");
        assert_eq!(lead(links), "");
        assert_eq!(render("# 第 04 课：TCP 服务器\n").title, "TCP 服务器");
    }

    #[test]
    fn a_hint_stays_folded() {
        let folded = "<details><summary>Hint</summary>\n\n*Why?*\n\n</details>";
        let html = render(&format!("# a\n\nb\n\n{folded}\n")).html;
        let expected = "<details><summary>Hint</summary>\n<p><em>Why?</em></p>\n</details>\n";
        assert_eq!(html, format!("<p>b</p>\n{expected}"));
    }

    #[test]
    fn no_level_of_heading_is_left_out() {
        let html = render("# a\n\nb\n\n## c\n\n#### d\n\n# e\n").html;
        assert_eq!(html, "<p>b</p>\n<h4 id=\"en04-c\">c</h4>\n<h5 id=\"en04-d\">d</h5>\n");
    }
}
