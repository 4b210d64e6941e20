//! The numbered steps of the lessons in both languages.

/// What the steps' comments say, in Chinese.
const CHINESE: &[(&str, &str)] = &[
    ("read the address, and the port if there is one", "读出地址，有端口时也读出端口"),
    ("see what the address says", "看地址说明了什么"),
    ("see what the port says", "看端口说明了什么"),
    (
        "create the socket, and bind it to a fixed IP address and port",
        "创建套接字，绑定固定的 IP 地址和端口",
    ),
    ("create the socket, on any free port", "创建套接字，端口由系统任选"),
    (
        "create the socket, bind it to a fixed IP address and port, and listen",
        "创建套接字，绑定固定的 IP 地址和端口，开始监听",
    ),
    ("create the socket, and connect it to the given server", "创建套接字，连接指定的服务器"),
    (
        "accept, which yields a second socket, the channel to that one peer",
        "接受连接，得到第二个套接字，它是通往这一个客户端的通道",
    ),
    ("receive what the peer sends", "接收对方发来的数据"),
    ("answer", "回答"),
    ("send to the given server", "发送给指定的服务器"),
    ("receive the answer", "接收回答"),
    ("receive the answer, to the end of the stream", "接收回答，直到字节流结束"),
    ("close", "关闭"),
    ("close the channel", "关闭通道"),
    ("build the message", "构造邮件"),
    (
        "connect to the MTA, and go on in TLS as the account says",
        "连接 MTA，再按账户的设置改用 TLS",
    ),
    ("log in", "登录"),
    ("send the message", "发送邮件"),
    ("quit", "退出"),
    ("connect to HOST", "连接 HOST"),
    ("give the user name and the password", "给出用户名和密码"),
    ("transfer files and query information", "传输文件，查询信息"),
    ("leave", "离开"),
    ("connect to the MDA", "连接 MDA"),
    (
        "ask how many messages there are, and how large they are together",
        "询问有多少封邮件，总共多大",
    ),
    ("list them", "列出邮件"),
    ("fetch the newest, the one with the highest number", "取回最新的一封，也就是编号最大的一封"),
    (
        "take the message apart: headers, parts, text and attachments",
        "拆开邮件：邮件头、各部分、正文和附件",
    ),
];

/// The heading of `Step 3: send; why not?`: its number, in English and in Chinese, and `send` likewise.
pub fn step(text: &str) -> [String; 4] {
    let (number, what) = text.split_once(": ").unwrap_or((text, ""));
    let chinese_number = number.trim_start_matches("Steps ").trim_start_matches("Step ");
    let chinese_number = chinese_number.replace(" to ", " 到 ").replace(" and ", "、");
    let what = first_clause(what);
    let chinese = CHINESE.iter().find(|(english, _)| *english == what);
    let chinese = chinese.map_or(what, |(_, chinese)| chinese);
    [number.into(), what.into(), format!("第 {chinese_number} 步"), chinese.into()]
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
        let expected = ["Steps 1 to 3", "answer", "第 1 到 3 步", "回答"];
        assert_eq!(step("Steps 1 to 3: answer; why not?"), expected);
        assert_eq!(step("Steps 1 to 3: answer. Why not?"), expected);
        assert_eq!(step("Step 9: sing.")[3], "sing");
    }

    #[test]
    fn the_steps_of_all_lessons_have_their_words_in_chinese() {
        for lesson in LESSONS {
            let main = fs::read_to_string(lesson.folder().join("src/main.rs")).unwrap();
            let comments = main.lines().filter_map(|line| line.trim().strip_prefix("// "));
            for comment in comments.filter(|comment| comment.starts_with("Step")) {
                let [_, english, _, chinese] = step(comment);
                assert_ne!(english, chinese, "{}: {comment}", lesson.package);
            }
        }
    }
}
