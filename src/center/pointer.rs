//! Pointers into answers: RFC 6901, and `[key=value]` for the element of a list that has it.

use serde_json::Value;

/// The text or number that `pointer` leads to in the JSON of `body`.
pub(super) fn text(body: &[u8], pointer: &str) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let mut parts = pointer.split('/');
    parts.next().filter(|before| before.is_empty())?;
    plain(parts.try_fold(&value, step)?)
}

fn step<'v>(value: &'v Value, part: &str) -> Option<&'v Value> {
    let wanted = part.strip_prefix('[').and_then(|part| part.strip_suffix(']')?.split_once('='));
    if let (Some((key, wanted)), Value::Array(items)) = (wanted, value) {
        let (key, wanted) = (unescaped(key), unescaped(wanted));
        let has = |item: &&Value| item.get(&key).and_then(plain).as_ref() == Some(&wanted);
        return items.iter().find(has);
    }
    let part = unescaped(part);
    match value {
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        _ => value.get(&part),
    }
}

fn unescaped(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_lead_to_texts_and_numbers() {
        let body = br#"{"workers":[{"host":"a","id":1},{"host":"b/c","id":"x"}],"~":true,"o":{}}"#;
        for (pointer, expected) in [
            ("/workers/0/id", Some("1")),
            ("/workers/[host=a]/id", Some("1")),
            ("/workers/[host=b~1c]/id", Some("x")),
            ("/workers/[id=1]/host", Some("a")),
            ("/workers/[host=none]/id", None),
            ("/workers/7/id", None),
            ("/~0", Some("true")),
            ("/o", None),
            ("workers", None),
            ("", None),
        ] {
            assert_eq!(text(body, pointer).as_deref(), expected, "{pointer}");
        }
        assert_eq!(text(b"<html>", "/a"), None);
    }
}
