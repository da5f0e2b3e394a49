//! The commands of steps, as they are read from a plan file. Hosts that are alike have the same ones, word
//! for word: each text is understood once, and kept once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::value::RawValue;

use crate::transport::Command;

/// Lists of commands, by their text.
type Known = BTreeMap<Box<str>, Arc<[Command]>>;

thread_local! {
    /// Those of the plan that is being read.
    static KNOWN: RefCell<Option<Known>> = const { RefCell::new(None) };
}

/// Lets the lists of one plan be shared while `read` reads it.
pub(super) fn within<T>(read: impl FnOnce() -> T) -> T {
    let before = KNOWN.replace(Some(Known::new()));
    let plan = read();
    KNOWN.set(before);
    plan
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Arc<[Command]>, D::Error> {
    let text = Box::<RawValue>::deserialize(deserializer)?;
    let known = KNOWN.with_borrow(|known| known.as_ref()?.get(text.get()).cloned());
    if let Some(known) = known {
        return Ok(known);
    }
    let list: Arc<[Command]> = serde_json::from_str(text.get()).map_err(Error::custom)?;
    KNOWN.with_borrow_mut(|known| {
        if let Some(known) = known {
            known.insert(text.get().into(), Arc::clone(&list));
        }
    });
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"[{ "run": "systemctl is-active cron", "account": "login", "within": "1s",
        "task": { "check-unit": { "unit": "cron" } } }]"#;

    fn read() -> Arc<[Command]> {
        deserialize(&mut serde_json::Deserializer::from_str(LIST)).unwrap()
    }

    #[test]
    fn one_text_is_one_list_within_a_plan_and_none_is_kept_after_it() {
        let (one, other) = within(|| (read(), read()));
        assert!(Arc::ptr_eq(&one, &other));
        assert_eq!(*one, *read());
        assert!(!Arc::ptr_eq(&one, &read()));
        assert!(!Arc::ptr_eq(&one, &within(read)));
    }
}
