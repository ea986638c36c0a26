//! Names of the classes.

use std::collections::BTreeMap;

/// Names of a model's classes: of each in turn, of some by their number, or of none.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Labels {
    /// No class has a name.
    #[default]
    Unnamed,
    /// One name for each class, from class 0.
    List(Vec<String>),
    /// Names by class, where the numbers have gaps.
    Map(BTreeMap<usize, String>),
}

impl Labels {
    /// The name of a class, or `class 12` where it has none.
    #[must_use]
    pub fn name(&self, class: usize) -> String {
        self.get(class)
            .map_or_else(|| format!("class {class}"), str::to_owned)
    }

    /// The name of a class, if it has one.
    #[must_use]
    pub fn get(&self, class: usize) -> Option<&str> {
        match self {
            Self::Unnamed => None,
            Self::List(names) => names.get(class).map(String::as_str),
            Self::Map(names) => names.get(&class).map(String::as_str),
        }
    }

    /// The class of a name.
    #[must_use]
    pub fn class(&self, name: &str) -> Option<usize> {
        match self {
            Self::Unnamed => None,
            Self::List(names) => names.iter().position(|known| known == name),
            Self::Map(names) => names
                .iter()
                .find(|(_, known)| *known == name)
                .map(|(class, _)| *class),
        }
    }

    /// How many classes have names.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Unnamed => 0,
            Self::List(names) => names.len(),
            Self::Map(names) => names.len(),
        }
    }

    /// Whether no class has a name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether these labels can belong to `classes` classes that are counted from `first`: a list has a name for each,
    /// a map none beyond.
    pub(crate) fn fits(&self, first: usize, classes: usize) -> bool {
        let end = first.saturating_add(classes);
        match self {
            Self::Unnamed => true,
            Self::List(names) => names.len() == end,
            Self::Map(names) => names.keys().all(|class| (first..end).contains(class)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_have_names_and_names_have_classes() {
        let list = Labels::List(vec!["cat".into(), "dog".into()]);
        assert_eq!((list.name(1), list.class("dog")), ("dog".to_owned(), Some(1)));
        assert_eq!(list.name(2), "class 2");
        assert!(list.fits(0, 2) && !list.fits(0, 3));
        let map = Labels::Map([(1, "person".to_owned()), (90, "toothbrush".to_owned())].into());
        assert_eq!(
            (map.name(90), map.name(12)),
            ("toothbrush".to_owned(), "class 12".to_owned())
        );
        assert_eq!(map.class("person"), Some(1));
        assert!(map.fits(1, 90) && !map.fits(1, 89) && !map.fits(0, 90));
        assert_eq!(Labels::Unnamed.name(0), "class 0");
    }
}
