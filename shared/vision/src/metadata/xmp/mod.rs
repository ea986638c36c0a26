//! XMP packets (ISO 16684-1): the description, the keywords, the rating and the values of EXIF that they hold, from properties
//! of the photograph itself and not from those of its history or of its ingredients.

mod properties;

use quick_xml::NsReader;
use quick_xml::escape::{resolve_xml_entity, unescape};
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, NamespaceResolver, ResolveResult};

use super::exif::Exif;
use super::text::{Tags, caption};
use properties::{Property, Values};

const RDF: Namespace<'_> = Namespace(b"http://www.w3.org/1999/02/22-rdf-syntax-ns#");

/// Elements within each other; the values that are asked for are 5 deep.
const MAX_DEPTH: usize = 32;
/// Namespaces in force at one place: a prefix is compared with all of them. Large packets have some 30.
const MAX_NAMESPACES: usize = 256;
/// Events of the reader, and names looked up.
const MAX_STEPS: usize = 200_000;
/// Bytes of one value: more than the longest caption has.
const MAX_VALUE_BYTES: usize = 16 * 1024;

/// What is asked of an XMP packet.
#[derive(Debug, Default)]
pub(super) struct Xmp {
    /// In the default language, else in the first.
    pub(super) description: Option<String>,
    pub(super) subjects: Vec<String>,
    /// The rating, and what else an EXIF block would say.
    pub(super) values: Exif,
}

/// Where in the packet an element stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Outside,
    Rdf,
    Description,
    Property(Property),
    Container(Property),
    Item { property: Property, default: bool },
    Irrelevant,
}

/// Reads as far as the packet is well-formed. A packet with a document type declaration is not read: XMP has none, and
/// nothing that it could define is ever expanded.
pub(super) fn read(packet: &[u8]) -> Xmp {
    let text = String::from_utf8_lossy(packet);
    let mut reader = NsReader::from_str(text.trim_start_matches('\u{FEFF}'));
    reader.config_mut().expand_empty_elements = true;
    reader.config_mut().allow_dangling_amp = true;
    reader
        .resolver_mut()
        .set_max_declarations_per_element(MAX_NAMESPACES);

    let mut walk = Walk::default();
    while walk.spend_step() {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                if !walk.open(&start, reader.resolver()) {
                    break;
                }
            }
            Ok(Event::End(_)) => walk.close(),
            Ok(Event::Text(text)) if walk.in_value() => {
                walk.text(text.decode().as_deref().unwrap_or_default())
            }
            Ok(Event::CData(text)) if walk.in_value() => {
                walk.text(text.decode().as_deref().unwrap_or_default());
            }
            Ok(Event::GeneralRef(reference)) if walk.in_value() => walk.reference(&reference),
            Ok(
                Event::Text(_)
                | Event::CData(_)
                | Event::GeneralRef(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_),
            ) => {}
            Ok(Event::Empty(_) | Event::DocType(_) | Event::Eof) | Err(_) => break,
        }
    }
    walk.finish()
}

#[derive(Debug, Default)]
struct Walk {
    /// Of each open element the place, and how many namespaces are in force.
    open: Vec<(Place, usize)>,
    steps: usize,
    value: String,
    default_description: Option<String>,
    first_description: Option<String>,
    subjects: Tags,
    values: Values,
}

impl Walk {
    fn spend_step(&mut self) -> bool {
        self.steps += 1;
        self.steps <= MAX_STEPS
    }

    fn place(&self) -> Place {
        self.open.last().map_or(Place::Outside, |(place, _)| *place)
    }

    fn in_value(&self) -> bool {
        matches!(self.place(), Place::Property(_) | Place::Item { .. })
    }

    /// Goes into an element, if it is not too deep and does not bring too many names.
    fn open(&mut self, start: &BytesStart<'_>, resolver: &NamespaceResolver) -> bool {
        let (parent, inherited) = self.open.last().copied().unwrap_or((Place::Outside, 0));
        let namespaces = inherited + declarations(start);
        if self.open.len() >= MAX_DEPTH || namespaces > MAX_NAMESPACES {
            return false;
        }
        let place = if parent == Place::Irrelevant {
            parent
        } else {
            let (namespace, name) = resolver.resolve_element(start.name());
            let is_rdf = namespace == ResolveResult::Bound(RDF);
            match (parent, name.as_ref()) {
                (Place::Outside, b"RDF") if is_rdf => Place::Rdf,
                (Place::Outside, _) => Place::Outside,
                (Place::Rdf, b"Description") if is_rdf => Place::Description,
                (Place::Description, name) => match Property::of_name(name) {
                    Some((of, property)) if namespace == ResolveResult::Bound(of) => {
                        Place::Property(property)
                    }
                    _ => Place::Irrelevant,
                },
                (Place::Property(property), b"Alt" | b"Bag" | b"Seq") if is_rdf => Place::Container(property),
                (Place::Container(property), b"li") if is_rdf => Place::Item {
                    property,
                    default: is_default_language(start),
                },
                _ => Place::Irrelevant,
            }
        };
        match place {
            Place::Description => self.attributes(start, resolver),
            Place::Property(_) | Place::Item { .. } => self.value.clear(),
            _ => {}
        }
        self.open.push((place, namespaces));
        true
    }

    /// Simple properties may be written as attributes.
    fn attributes(&mut self, start: &BytesStart<'_>, resolver: &NamespaceResolver) {
        for attribute in start.attributes().with_checks(false).map_while(Result::ok) {
            let Some((namespace, Property::Simple(property))) =
                Property::of_name(attribute.key.local_name().as_ref())
            else {
                continue;
            };
            if !self.spend_step() {
                return;
            }
            if resolver.resolve_attribute(attribute.key).0 == ResolveResult::Bound(namespace)
                && attribute.value.len() <= MAX_VALUE_BYTES
                && let Ok(value) = std::str::from_utf8(&attribute.value)
                && let Ok(value) = unescape(value)
            {
                self.values.keep(property, &value);
            }
        }
    }

    fn close(&mut self) {
        match self.open.pop().map(|(place, _)| place) {
            Some(Place::Item { property, default }) => self.keep(property, default),
            // A value without a container; what stood in one was cleared away.
            Some(Place::Property(property)) => self.keep(property, false),
            _ => {}
        }
        self.value.clear();
    }

    fn keep(&mut self, property: Property, default: bool) {
        match property {
            Property::Description if default => {
                self.default_description = self.default_description.take().or_else(|| caption(&self.value));
            }
            Property::Description => {
                self.first_description = self.first_description.take().or_else(|| caption(&self.value));
            }
            Property::Subject => self.subjects.add(&self.value),
            Property::Simple(property) => self.values.keep(property, &self.value),
        }
    }

    fn text(&mut self, text: &str) {
        if self.value.len() + text.len() <= MAX_VALUE_BYTES {
            self.value.push_str(text);
        } else {
            let room = MAX_VALUE_BYTES.saturating_sub(self.value.len());
            self.value
                .push_str(text.get(..text.floor_char_boundary(room)).unwrap_or_default());
        }
    }

    fn reference(&mut self, reference: &BytesRef<'_>) {
        if let Ok(Some(character)) = reference.resolve_char_ref() {
            self.text(character.encode_utf8(&mut [0; 4]));
        } else if let Some(text) = reference.decode().ok().and_then(|name| resolve_xml_entity(&name)) {
            self.text(text);
        }
    }

    fn finish(self) -> Xmp {
        Xmp {
            description: self.default_description.or(self.first_description),
            subjects: self.subjects.into_vec(),
            values: self.values.into_exif(),
        }
    }
}

/// How many namespaces an element declares.
fn declarations(start: &BytesStart<'_>) -> usize {
    start
        .attributes()
        .with_checks(false)
        .map_while(Result::ok)
        .filter(|attribute| attribute.key.as_namespace_binding().is_some())
        .count()
}

fn is_default_language(item: &BytesStart<'_>) -> bool {
    item.attributes()
        .with_checks(false)
        .map_while(Result::ok)
        .any(|attribute| {
            attribute.key.as_ref() == b"xml:lang" && attribute.value.eq_ignore_ascii_case(b"x-default")
        })
}
