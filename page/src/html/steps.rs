//! The numbered steps of the lessons in both languages.

/// What the steps of these lessons are, in Chinese, by their numbers: the words of the source may change.
const CHINESE: &[(&str, &[(&str, &str)])] = &[
    (
        "00",
        &[
            ("1", "读出地址，有端口时也读出端口"),
            ("2", "看地址说明了什么"),
            ("3", "看端口说明了什么"),
        ],
    ),
    (
        "01 03",
        &[
            ("1 and 2", "创建套接字，绑定固定的 IP 地址和端口"),
            ("3", "接收对方发来的数据"),
            ("4", "回答"),
        ],
    ),
    ("02", &[("1", "创建套接字，端口由系统任选"), ("2", "发送给指定的服务器"), ("3", "接收回答")]),
    (
        "04 09",
        &[
            ("1 to 3", "创建套接字，绑定固定的 IP 地址和端口，开始监听"),
            ("4", "接受连接，得到第二个套接字，它是通往这一个客户端的通道"),
            ("5", "接收对方发来的数据"),
            ("6", "回答"),
            ("7", "关闭通道"),
        ],
    ),
    (
        "05",
        &[
            ("1 and 2", "创建套接字，连接指定的服务器"),
            ("3", "发送给指定的服务器"),
            ("4", "接收回答，直到字节流结束"),
            ("5", "关闭"),
        ],
    ),
    (
        "06 07 08 11 12",
        &[
            ("1", "构造邮件"),
            ("2", "连接 MTA，再按账户的设置改用 TLS"),
            ("3", "登录"),
            ("4", "发送邮件"),
            ("5", "退出"),
        ],
    ),
    (
        "10",
        &[
            ("1", "连接 HOST"),
            ("2", "给出用户名和密码"),
            ("3", "传输文件，查询信息"),
            ("4", "离开"),
        ],
    ),
    (
        "13",
        &[
            ("1", "连接 MDA"),
            ("2", "登录"),
            ("3", "询问有多少封邮件，总共多大"),
            ("4", "列出邮件"),
            ("5", "取回最新的一封，也就是编号最大的一封"),
            ("6", "退出"),
            ("7", "拆开邮件：邮件头、各部分、正文和附件"),
        ],
    ),
];

/// The heading of a step, such as `05 Step 3: send; why not?`: its number, in English and in Chinese, and
/// what it is likewise.
pub fn step(text: &str) -> [String; 4] {
    let (lesson, text) = text.split_once(' ').unwrap_or_default();
    let (label, what) = text.split_once(": ").unwrap_or((text, ""));
    let number = label.trim_start_matches("Steps ").trim_start_matches("Step ");
    let what = first_clause(what);
    let steps = CHINESE.iter().find(|(lessons, _)| lessons.contains(lesson));
    let chinese = steps.and_then(|(_, steps)| steps.iter().find(|(known, _)| *known == number));
    let chinese = chinese.map_or(what, |(_, chinese)| chinese);
    let chinese_number = number.replace(" to ", " 到 ").replace(" and ", "、");
    [label.into(), what.into(), format!("第 {chinese_number} 步"), chinese.into()]
}

/// What is done; what is said about it comes behind a semicolon or in further sentences.
fn first_clause(text: &str) -> &str {
    let sentence = text.split(". ").next().unwrap_or_default();
    sentence.split(';').next().unwrap_or_default().trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tour::lessons::LESSONS;

    use super::*;

    #[test]
    fn what_is_said_about_a_step_is_no_heading() {
        let expected = ["Steps 1 to 3", "answer", "第 1 到 3 步", "answer"];
        assert_eq!(step("99 Steps 1 to 3: answer; why not?"), expected);
        assert_eq!(step("99 Steps 1 to 3: answer. Why not?"), expected);
        assert_eq!(step("03 Step 4: reply.")[3], "回答");
    }

    #[test]
    fn the_steps_of_all_lessons_have_their_words_in_chinese() {
        for lesson in LESSONS {
            let main = fs::read_to_string(lesson.folder().join("src/main.rs")).unwrap();
            let comments = main.lines().filter_map(|line| line.trim().strip_prefix("// "));
            for comment in comments.filter(|comment| comment.starts_with("Step")) {
                let [_, english, _, chinese] = step(&format!("{} {comment}", lesson.number()));
                assert_ne!(english, chinese, "{}: {comment}", lesson.package);
            }
        }
    }
}
