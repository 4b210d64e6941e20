//! The numbered steps of the lessons in both languages.

use super::{Say, say};

/// The lessons, a step by its number, and its words in Chinese: those of the source may change.
const CHINESE: &[(&str, &str, &str)] = &[
    ("00", "1", "读出地址，有端口时也读出端口"),
    ("00", "2", "看地址说明了什么"),
    ("00", "3", "看端口说明了什么"),
    ("01 03", "1 and 2", "创建套接字，绑定固定的 IP 地址和端口"),
    ("01 03", "3", "接收对方发来的数据"),
    ("01 03", "4", "回答"),
    ("02", "1", "创建套接字，端口由系统任选"),
    ("02", "2", "发送给指定的服务器"),
    ("02", "3", "接收回答"),
    ("04 09", "1 to 3", "创建套接字，绑定固定的 IP 地址和端口，开始监听"),
    ("04 09", "4", "接受连接，得到第二个套接字，它是通往这一个客户端的通道"),
    ("04 09", "5", "接收对方发来的数据"),
    ("04 09", "6", "回答"),
    ("04 09", "7", "关闭通道"),
    ("05", "1 and 2", "创建套接字，连接指定的服务器"),
    ("05", "3", "发送给指定的服务器"),
    ("05", "4", "接收回答，直到字节流结束"),
    ("05", "5", "关闭"),
    ("06 07 08 11 12", "1", "构造邮件"),
    ("06 07 08 11 12", "2", "连接 MTA，再按账户的设置改用 TLS"),
    ("06 07 08 11 12", "3", "登录"),
    ("06 07 08 11 12", "4", "发送邮件"),
    ("06 07 08 11 12", "5", "退出"),
    ("10", "1", "连接 HOST"),
    ("10", "2", "给出用户名和密码"),
    ("10", "3", "传输文件，查询信息"),
    ("10", "4", "离开"),
    ("13", "1", "连接 MDA"),
    ("13", "2", "登录"),
    ("13", "3", "询问有多少封邮件，总共多大"),
    ("13", "4", "列出邮件"),
    ("13", "5", "取回最新的一封，也就是编号最大的一封"),
    ("13", "6", "退出"),
    ("13", "7", "拆开邮件：邮件头、各部分、正文和附件"),
];

/// The heading of a step of this lesson, whose comment is such as `Step 3: send; why not?`: its
/// number, and what is done. What is said about it comes behind a semicolon or in more sentences.
pub fn step(lesson: &str, comment: &str) -> (Say, Say) {
    let (label, what) = comment.split_once(": ").unwrap_or((comment, ""));
    let sentence = what.split(". ").next().unwrap_or_default();
    let what = sentence.split(';').next().unwrap_or_default().trim_end_matches('.');
    let number = label.trim_start_matches("Steps ").trim_start_matches("Step ");
    let mut steps = CHINESE.iter().filter(|(lessons, _, _)| lessons.contains(lesson));
    let chinese = steps.find(|(_, known, _)| *known == number);
    let chinese = chinese.map_or(what, |(_, _, chinese)| chinese);
    let chinese_number = number.replace(" to ", " 到 ").replace(" and ", "、");
    let label = say(label.to_string(), format!("第 {chinese_number} 步"));
    (label, say(what.to_string(), chinese.to_string()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tour::lessons::LESSONS;

    use super::*;

    #[test]
    fn what_is_said_about_a_step_is_no_heading() {
        let expected = (say("Steps 1 to 3", "第 1 到 3 步"), say("answer", "answer"));
        assert_eq!(step("99", "Steps 1 to 3: answer; why not?"), expected);
        assert_eq!(step("99", "Steps 1 to 3: answer. Why not?"), expected);
        assert_eq!(step("03", "Step 4: reply.").1, say("reply", "回答"));
    }

    #[test]
    fn the_steps_of_all_lessons_have_their_words_in_chinese() {
        for lesson in LESSONS {
            let main = fs::read_to_string(lesson.folder().join("src/main.rs")).unwrap();
            let comments = main.lines().filter_map(|line| line.trim().strip_prefix("// "));
            for comment in comments.filter(|comment| comment.starts_with("Step")) {
                let (_, Say(english, chinese)) = step(lesson.number(), comment);
                assert_ne!(english, chinese, "{}: {comment}", lesson.package);
            }
        }
    }
}
