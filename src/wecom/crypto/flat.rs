//! The commonest form of WeCom's XML, read without an allocation: one `<xml>` with elements that hold a text each. Whatever
//! else there may be (attributes, nesting, entities, comments, declarations) is left to a parser of XML.

/// Calls `each` with name and text of every element, in their order. `false` = the text has another form, or breaks off;
/// `each` may have been called before that is known.
pub fn flat<'t>(text: &'t str, mut each: impl FnMut(&'t str, &'t str)) -> bool {
    let inside = text.trim().strip_prefix("<xml>").and_then(|rest| rest.strip_suffix("</xml>"));
    let Some(mut rest) = inside else { return false };
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return true;
        }
        let Some((name, value, behind)) = element(rest) else { return false };
        each(name, value);
        rest = behind;
    }
}

/// The first element, and what follows it.
fn element(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.strip_prefix('<')?.split_once('>')?;
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return None;
    }
    let (value, rest) = match rest.strip_prefix("<![CDATA[") {
        Some(section) => section.split_once("]]>")?,
        None => {
            let (value, rest) = rest.split_at(rest.find('<')?);
            if value.contains(['&', ']']) {
                return None;
            }
            // blanks alone are no text
            (if value.trim().is_empty() { "" } else { value }, rest)
        }
    };
    let behind = rest.strip_prefix("</")?.strip_prefix(name)?.strip_prefix('>')?;
    Some((name, value, behind))
}

#[cfg(test)]
mod tests {
    use super::flat;

    fn read(text: &str) -> Option<Vec<(&str, &str)>> {
        let mut all = Vec::new();
        flat(text, |name, value| all.push((name, value))).then_some(all)
    }

    #[test]
    fn what_is_flat_and_what_is_not() {
        let text = " <xml>\n<A><![CDATA[x <b> &amp; ]] y]]></A><B> 5 </B> <C></C><D><![CDATA[ ]]></D><A>\n</A></xml>\n";
        let want = [("A", "x <b> &amp; ]] y"), ("B", " 5 "), ("C", ""), ("D", " "), ("A", "")];
        assert_eq!(read(text).as_deref(), Some(&want[..]));
        assert_eq!(read("<xml></xml>"), Some(vec![]));
        for other in [
            "",
            "<xml>",
            "<xml/>",
            "<a></a>",
            "<xml><A>1</A>",
            "<xml><A>1</B></xml>",
            "<xml><A>1</A></xml><xml></xml>",
            "<xml><A><B>1</B></A></xml>",
            "<xml><A b=\"1\">1</A></xml>",
            "<xml><A/></xml>",
            "<xml><A>&lt;</A></xml>",
            "<xml><A>]]></A></xml>",
            "<xml><!-- --></xml>",
            "<xml>x</xml>",
            "<xml><A>x<![CDATA[y]]></A></xml>",
            "<xml><A><![CDATA[y]]>x</A></xml>",
            "<?xml version=\"1.0\"?><xml></xml>",
            "<!DOCTYPE a><xml></xml>",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
