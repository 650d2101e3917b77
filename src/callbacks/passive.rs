//! Passive replies as XML, before encryption (doc path 90241), and texts cut into pieces that arrive whole. Pure.

use crate::model::ReplyArticle;
use std::fmt::Write;

/// WeCom cuts a passive text beyond so many bytes, in the middle of a character if it falls that way (doc path 90241).
pub const TEXT_MAX_BYTES: usize = 2_048;

/// What a passive reply says.
#[derive(Debug, Clone, Copy)]
pub(super) enum Passive<'c> {
    /// A text of at most [`TEXT_MAX_BYTES`].
    Text(&'c str),
    /// A picture, by the id that WeCom knows it by.
    Image(&'c str),
    /// Articles.
    News(&'c [ReplyArticle]),
}

/// A reply to a member in the name of the corp; sender and receiver are swapped against what was received.
pub(super) fn message(content: &Passive<'_>, userid: &str, corpid: &str, now_s: i64) -> String {
    let (kind, inner) = match content {
        Passive::Text(text) => ("text", format!("<Content>{}</Content>", cdata(text))),
        Passive::Image(media_id) => ("image", format!("<Image><MediaId>{}</MediaId></Image>", cdata(media_id))),
        Passive::News(articles) => ("news", news(articles)),
    };
    wrap(kind, &inner, userid, corpid, now_s)
}

fn wrap(kind: &str, inner: &str, userid: &str, corpid: &str, now_s: i64) -> String {
    format!(
        "<xml><ToUserName>{}</ToUserName><FromUserName>{}</FromUserName><CreateTime>{now_s}</CreateTime>\
         <MsgType><![CDATA[{kind}]]></MsgType>{inner}</xml>",
        cdata(userid),
        cdata(corpid)
    )
}

fn news(articles: &[ReplyArticle]) -> String {
    let mut xml = format!("<ArticleCount>{}</ArticleCount><Articles>", articles.len());
    for article in articles {
        let (title, description) = (cdata(&article.title), cdata(&article.description));
        let (picture, url) = (cdata(&article.picture), cdata(&article.url));
        // writing into a String cannot fail
        let _ = write!(
            xml,
            "<item><Title>{title}</Title><Description>{description}</Description><PicUrl>{picture}</PicUrl>\
             <Url>{url}</Url></item>"
        );
    }
    xml.push_str("</Articles>");
    xml
}

/// `]]>` would end the section: it is split over two.
fn cdata(text: &str) -> String {
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
}

/// A text in pieces of at most `max_bytes`, together exactly the text but for blanks at the seams: cut at a line break, else
/// at the end of a sentence, else between two characters; never inside a link.
pub fn pieces(text: &str, max_bytes: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while rest.len() > max_bytes {
        let at = seam(rest, max_bytes);
        let (piece, behind) = rest.split_at(at);
        pieces.push(piece.trim_end().to_owned());
        rest = behind.trim_start_matches(['\n', ' ']);
    }
    pieces.push(rest.to_owned());
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// Where the first piece ends.
fn seam(text: &str, max_bytes: usize) -> usize {
    let mut hard = max_bytes.min(text.len());
    while !text.is_char_boundary(hard) {
        hard -= 1;
    }
    // a link that begins before and ends behind the seam goes to the next piece as a whole
    let open = text[..hard].rfind("<a ");
    let end = match open {
        Some(open) if open > 0 && !text[open..hard].contains("</a>") => open,
        _ => hard,
    };
    let head = &text[..end];
    let is_late = |at: &usize| *at * 2 >= end;
    let line = head.rfind('\n').map(|at| at + 1).filter(is_late);
    let sentence = || {
        let mut ends = head
            .char_indices()
            .filter(|(_, letter)| matches!(letter, '。' | '!' | '?' | ';' | '\u{FF01}' | '\u{FF1F}' | '\u{FF1B}'));
        ends.next_back().map(|(at, letter)| at + letter.len_utf8()).filter(is_late)
    };
    let cut = line.or_else(sentence).unwrap_or(end);
    // a seam inside a link that is longer than a piece cannot be helped
    if cut > 0 { cut } else { hard.max(text.chars().next().map_or(1, char::len_utf8)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_keep_their_lines_and_links() {
        let text = "第一行\n<a href=\"http://oa/\">打开</a> ]]> & <b>";
        let xml = message(&Passive::Text(text), "zhangsan", "ww1", 1_700_000_000);
        let tree = super::super::tree::Tree::parse(&xml).unwrap();
        assert_eq!(tree.text("Content"), Some(text));
        assert_eq!((tree.text("ToUserName"), tree.text("FromUserName")), (Some("zhangsan"), Some("ww1")));
        assert_eq!(tree.text("MsgType"), Some("text"));
    }

    #[test]
    fn articles_stand_in_items() {
        let article = ReplyArticle {
            title: "标题".into(),
            description: String::new(),
            url: "http://oa/1".into(),
            picture: "http://oa/1.png".into(),
        };
        let xml = message(&Passive::News(&[article.clone(), article]), "a", "b", 1);
        let tree = super::super::tree::Tree::parse(&xml).unwrap();
        assert_eq!(tree.text("ArticleCount"), Some("2"));
        assert_eq!(tree.group("Articles").unwrap().all("item").count(), 2);
    }

    #[test]
    fn seams() {
        let long = "行一。".repeat(100);
        for piece in pieces(&long, 100) {
            assert!(piece.ends_with('。') && piece.len() <= 100, "{piece}");
        }
        let lines = "abcdefgh\n".repeat(10);
        assert_eq!(pieces(&lines, 30)[0], "abcdefgh\nabcdefgh\nabcdefgh");
        let link = format!("{}<a href=\"http://oa/1\">link</a>", "x".repeat(20));
        assert_eq!(pieces(&link, 40), ["x".repeat(20), "<a href=\"http://oa/1\">link</a>".to_owned()]);
        assert_eq!(pieces("short", 100), ["short"]);
        assert_eq!(pieces("", 100), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_too_long(text in "([a-c。\n ]|中|<a href=\"x\">|</a>|\u{1F600}){0,300}", max in 40_usize..200) {
            let cut = pieces(&text, max);
            prop_assert!(cut.iter().all(|piece| piece.len() <= max && !piece.is_empty()));
            let bare = |text: &str| text.chars().filter(|letter| !matches!(letter, ' ' | '\n')).collect::<String>();
            prop_assert_eq!(bare(&cut.concat()), bare(&text));
        }
    }
}
