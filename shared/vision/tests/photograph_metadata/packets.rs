//! XMP packets as different programs write them, and ones that none would.

use crate::read;
use crate::tagged::{jpeg, jpeg_with_xmp, png};

const NAMES: &str = r#"xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
    xmlns:exif="http://ns.adobe.com/exif/1.0/""#;

fn packet(description: &str) -> String {
    format!(
        "<?xpacket begin='\u{FEFF}' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF \
         {NAMES}>{description}</rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
    )
}

fn of(properties: &str) -> darkroom_domain::PhotographMetadata {
    read(&jpeg_with_xmp(&packet(&format!(
        "<rdf:Description rdf:about=''>{properties}</rdf:Description>"
    ))))
}

#[test]
fn values_as_attributes_and_as_elements() {
    let attributes = read(&jpeg_with_xmp(&packet(
        "<rdf:Description rdf:about='' xmp:Rating='3' tiff:Make='A &amp; B' exif:FNumber='28/10' \
         exif:ExposureTime='2/1' exif:GPSLatitude='33,51.407064S' exif:GPSLongitude='151,12,55.068E' \
         exif:DateTimeOriginal='2020-02-29T12:00:00.5+01:00'/>",
    )));
    let elements = of(
        "<xmp:Rating>3</xmp:Rating><tiff:Make>A <![CDATA[&]]> B</tiff:Make><exif:FNumber>28/10</exif:FNumber>
        <exif:ExposureTime>2/1</exif:ExposureTime><exif:GPSLatitude>33,51.407064S</exif:GPSLatitude>
        <exif:GPSLongitude>151,12,55.068E</exif:GPSLongitude>
        <exif:DateTimeOriginal>2020-02-29T12:00:00.5+01:00</exif:DateTimeOriginal>",
    );
    assert_eq!(attributes, elements);
    assert_eq!(elements.rating, Some(3));
    assert_eq!(elements.camera_make.as_deref(), Some("A & B"));
    assert_eq!(elements.f_number, Some(2.8));
    assert_eq!(elements.exposure_time.as_deref(), Some("2"));
    assert_eq!(elements.latitude, Some(-33.856_784_4));
    assert_eq!(elements.longitude, Some(151.215_296_7));
    assert_eq!(elements.shot_at.unwrap().to_string(), "2020-02-29T12:00:00");
}

#[test]
fn descriptions_in_several_languages() {
    let item = |language: &str, text: &str| format!("<rdf:li xml:lang='{language}'>{text}</rdf:li>");
    let caption = |items: &[String]| {
        let items = items.concat();
        of(&format!(
            "<dc:description><rdf:Alt>{items}</rdf:Alt></dc:description>"
        ))
        .caption
    };
    let (german, default) = (item("de", "Hallo"), item("x-default", "Hello"));
    assert_eq!(caption(&[german.clone(), default]).as_deref(), Some("Hello"));
    assert_eq!(
        caption(&[german.clone(), item("fr", "Allô")]).as_deref(),
        Some("Hallo")
    );
    assert_eq!(
        caption(&[item("x-default", " "), german]).as_deref(),
        Some("Hallo")
    );
    assert_eq!(caption(&[]), None);
    // Not as the standard says, but meant well.
    assert_eq!(
        of("<dc:description>Plain</dc:description>").caption.as_deref(),
        Some("Plain")
    );
}

#[test]
fn prefixes_do_not_matter_but_namespaces_do() {
    let renamed = "<a:RDF xmlns:a='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><a:Description \
                   xmlns:b='http://ns.adobe.com/xap/1.0/' b:Rating='2'/></a:RDF>";
    assert_eq!(read(&jpeg_with_xmp(renamed)).rating, Some(2));
    let others = "<xmp:RDF xmlns:xmp='urn:other'><xmp:Description xmp:Rating='2'/></xmp:RDF>";
    assert_eq!(read(&jpeg_with_xmp(others)).rating, None);
    assert_eq!(of("<Rating>2</Rating>").rating, None);
}

#[test]
fn properties_of_other_things_are_not_of_the_photograph() {
    let history = of(
        "<xmp:History><rdf:Seq><rdf:li rdf:parseType='Resource'><xmp:Rating>1</xmp:Rating>\
                      <dc:subject><rdf:Bag><rdf:li>old</rdf:li></rdf:Bag></dc:subject></rdf:li></rdf:Seq></xmp:History>\
                      <xmp:Rating>-1</xmp:Rating>",
    );
    assert_eq!(history.rating, Some(-1));
    assert_eq!(history.tags, None);
}

#[test]
fn keywords_are_many_long_and_twice() {
    let items: String = (0..150)
        .map(|index| format!("<rdf:li>{}{index}</rdf:li><rdf:li>same</rdf:li>", "ä".repeat(98)))
        .collect();
    let tags = of(&format!("<dc:subject><rdf:Bag>{items}</rdf:Bag></dc:subject>"))
        .tags
        .unwrap();
    assert_eq!(tags.len(), 100);
    assert!(tags.iter().all(|tag| tag.chars().count() <= 100));
    assert_eq!(tags.iter().filter(|tag| *tag == "same").count(), 1);
}

#[test]
fn nothing_is_expanded() {
    let laughs = "<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]>";
    let packet = packet("<rdf:Description><xmp:Rating>3</xmp:Rating></rdf:Description>");
    let packet = packet.split_once("?>").unwrap().1;
    assert_eq!(read(&jpeg_with_xmp(packet)).rating, Some(3));
    assert_eq!(read(&jpeg_with_xmp(&format!("{laughs}{packet}"))).rating, None);
    let unknown = of("<tiff:Make>A&b;&#66;&#x43;&lt;&nbsp;&#0;&#xD800;D</tiff:Make>");
    assert_eq!(unknown.camera_make.as_deref(), Some("ABC<D"));
}

#[test]
fn what_comes_before_the_damage_is_kept() {
    let metadata = of("<xmp:Rating>3</xmp:Rating><dc:subject><rdf:Bag><rdf:li>kept</rdf:li></rdf:Seq>");
    assert_eq!(metadata.rating, Some(3));
    assert_eq!(metadata.tags.unwrap(), ["kept"]);
    let metadata = of("<xmp:Rating>3</xmp:Rating><tiff:Make>R&D</tiff:Make>");
    assert_eq!(metadata.camera_make.as_deref(), Some("R&D"));
    let invalid = b"http://ns.adobe.com/xap/1.0/\0<\xFF\xFE\xC3\x28".to_vec();
    assert_eq!(read(&jpeg(&[(0xE1, &invalid)])).rating, None);
}

#[test]
fn packets_of_png_have_a_language_and_a_keyword_before_them() {
    let text = packet("<rdf:Description xmp:Rating='5'/>");
    let chunk = |head: &[u8]| [b"XML:com.adobe.xmp\0", head, text.as_bytes()].concat();
    let rating = |chunk: &[u8]| read(&png(&[(b"iTXt", chunk)])).rating;
    assert_eq!(rating(&chunk(b"\0\0en\0Paquet\0")), Some(5));
    // Said to be compressed, or by an unknown method, or cut.
    for head in [&b"\x01\0\0\0"[..], b"\x01\x01\0\0", b"\x02\0\0\0", b""] {
        assert_eq!(rating(&chunk(head)), None);
    }
    assert_eq!(rating(b"XML:com.adobe.xmp\0\0\0no end"), None);
}
