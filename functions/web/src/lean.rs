//! What only those who read the source need is left out of what browsers get: comments, and white space between tokens.
//! Names stay, so that what runs can be read beside its source.

/// A module or a style sheet without what does not matter to a browser.
///
/// It knows as much of both languages as it takes to leave strings, templates and regular expressions alone (ECMA-262,
/// 12; CSS Syntax, 4). Spaces and line ends go only beside marks where neither language gives them a meaning; scripts end
/// their statements themselves.
pub(crate) fn lean(text: &str, is_script: bool) -> String {
    let (before, after): (&[char], &[char]) = if is_script {
        let marks = &[
            '=', '{', '}', '(', ')', '[', ']', ',', ';', ':', '?', '<', '>', '&', '|', '*', '%', '!', '/',
        ];
        (marks, marks)
    } else {
        (&['{', '}', ';', ',', '>'], &['{', '}', ';', ',', '>', ':'])
    };
    // A line that ends with one of these goes on, or is over in any case; so does one before those that close it, or go on with it.
    let (ends, closes): (&[char], &[char]) = if is_script {
        (
            &['{', '(', '[', ',', ';'],
            &['}', ')', ']', '.', '?', ':', '&', '|'],
        )
    } else {
        (&['{', ',', ';', '}'], &['}'])
    };
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let length = token(rest, is_script, &kept);
        let (token, remainder) = rest.split_at(length);
        rest = remainder;
        if token.starts_with("/*") || is_script && token.starts_with("//") {
            continue;
        }
        if !next.is_whitespace() {
            // White space that was kept for a word turns out to stand before a mark.
            let is_mark = length == 1;
            if is_mark
                && (kept.ends_with(' ') && before.contains(&next)
                    || kept.ends_with('\n') && closes.contains(&next))
            {
                kept.pop();
            }
            // The last declaration of a rule need not be ended.
            if !is_script && next == '}' && kept.ends_with(';') {
                kept.pop();
            }
            kept.push_str(token);
        } else if token.contains('\n') {
            while kept.ends_with(' ') {
                kept.pop();
            }
            if !kept.is_empty() && !kept.ends_with('\n') && !kept.ends_with(ends) {
                kept.push('\n');
            }
        } else if !kept.is_empty() && !kept.ends_with(['\n', ' ']) && !kept.ends_with(after) {
            kept.push(' ');
        }
    }
    kept
}

/// The bytes of the token at the beginning of `rest`: a comment, a string, a template, a regular expression, a run of
/// white space, or a single character.
fn token(rest: &str, is_script: bool, before: &str) -> usize {
    let mut characters = rest.chars();
    let first = characters.next().unwrap_or_default();
    let single = first.len_utf8();
    match (first, characters.next()) {
        ('/', Some('*')) => rest.find("*/").map_or(rest.len(), |end| end + 2),
        ('/', Some('/')) if is_script => rest.find('\n').unwrap_or(rest.len()),
        ('/', _) if is_script && is_expression_next(before) => closed(rest, '/'),
        ('"' | '\'', _) => closed(rest, first),
        ('`', _) => template(rest),
        _ if first.is_whitespace() => rest.find(|one: char| !one.is_whitespace()).unwrap_or(rest.len()),
        _ => single,
    }
}

/// Whether a slash after this begins a regular expression, and divides nothing.
fn is_expression_next(before: &str) -> bool {
    let before = before.trim_end();
    before.is_empty()
        || before.ends_with(['(', ',', '=', ':', '[', '!', '&', '|', '?', '{', '}', ';', '>'])
        || before.ends_with("return")
}

/// Where what `mark` opened is closed, its escapes and, of a regular expression, its classes passed over.
fn closed(rest: &str, mark: char) -> usize {
    let (mut is_escaped, mut is_class) = (false, false);
    for (at, one) in rest.char_indices().skip(1) {
        match one {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '[' if mark == '/' => is_class = true,
            ']' if mark == '/' => is_class = false,
            _ if one == mark && !is_class => return at + one.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// Where a template ends. What stands in its places may hold templates again, and is left as it is.
fn template(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut skip_to = 0;
    let mut is_escaped = false;
    for (at, one) in rest.char_indices().skip(1) {
        let tail = rest.get(at..).unwrap_or_default();
        match one {
            _ if at < skip_to => {}
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '$' if tail.starts_with("${") => {
                depth += 1;
                skip_to = at + 2;
            }
            '{' if depth > 0 => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '"' | '\'' if depth > 0 => skip_to = at + closed(tail, one),
            '`' if depth > 0 => skip_to = at + template(tail),
            '`' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::lean;

    #[test]
    fn comments_and_spaces_go_and_the_rest_stays() {
        for (written, served) in [
            ("// why\nconst a = 1; // one\n", "const a=1;"),
            (
                "/** What. */\nexport function f(a, b) {\n  return a / b / 2;\n}\n",
                "export function f(a,b){return a/b/2;}\n",
            ),
            (
                "const url = \"http://x // y\"; /* z */ go();",
                "const url=\"http://x // y\";go();",
            ),
            ("a = b + +c - -d;", "a=b + +c - -d;"),
            (
                "if (!x) return / \\/ [/\"]/.test(s);",
                "if(!x)return / \\/ [/\"]/.test(s);",
            ),
            (
                "t(`a ${ b ? `c ${\"}`\"}` : '' } // d`);",
                "t(`a ${ b ? `c ${\"}`\"}` : '' } // d`);",
            ),
            (
                "for (const one of [1, 2]) yield * f();",
                "for(const one of[1,2])yield*f();",
            ),
            ("\n\n  a\n\n\n  b\n", "a\nb\n"),
            ("x = y\n  ? \"a  b\"\n  : 'it\\'s';\n", "x=y?\"a  b\":'it\\'s';"),
            ("const { a, ...rest } = b ?? {};", "const{a,...rest}=b??{};"),
            (
                "class A extends B { #c = 0; static d; get e() { return 1 } }",
                "class A extends B{#c=0;static d;get e(){return 1}}",
            ),
            ("label: for (;;) continue label;", "label:for(;;)continue label;"),
        ] {
            assert_eq!(lean(written, true), served, "{written}");
            assert_eq!(lean(served, true), served, "once more");
        }
    }

    #[test]
    fn styles_keep_the_spaces_that_mean_something() {
        let written = "/* a */\na b > c :not(d) {\n  margin: 0 calc(1px + 2px);\n  content: \"a  /* b */\";\n}\n@media (a) and (b) { e { f: g } }\n";
        let served =
            "a b>c :not(d){margin:0 calc(1px + 2px);content:\"a  /* b */\"}@media (a) and (b){e{f:g}}";
        assert_eq!(lean(written, false), served);
        // A slash with another after it is no comment here.
        assert_eq!(lean("a { b: url(x//y); }", false), "a{b:url(x//y)}");
    }
}
