//! Links lead to where they say, with motion on, on a large screen and on a phone.

use serde_json::Value;

use crate::driver::Browser;

/// Where the top of an element is, below what sticks to the top of the screen.
fn below_the_bars(browser: &Browser, id: &str) -> f64 {
    browser.settle();
    let top = browser.run(&format!(
        "const bars = [document.querySelector('body > header')];
         if (innerWidth <= 720) bars.push(document.querySelector('nav'));
         const below = Math.max(...bars.map(bar => bar.getBoundingClientRect().bottom));
         return document.getElementById('{id}').getBoundingClientRect().top - below"
    ));
    top.as_f64().unwrap()
}

#[test]
#[ignore = "needs Chromium"]
fn links_to_lessons_arrive_and_the_page_moves_with_the_finger() {
    for width in [1400, 390] {
        let browser = Browser::open(width);
        for number in ["13", "06", "12", "01", "00"] {
            let id = format!("lesson{number}");
            browser.click(&format!("nav a[href='#{id}']"));
            let top = below_the_bars(&browser, &id);
            assert!((-3.0..40.0).contains(&top), "{width} pixels: {id} is at {top}");
            let current = browser.run("return document.querySelector('nav [aria-current]').hash");
            assert_eq!(current, format!("#{id}"), "{width} pixels");
        }
        // Through the first lessons and back, the page goes where the finger or the wheel does.
        for pixels in [500; 5].into_iter().chain([-500; 5]) {
            let before = browser.run("return scrollY").as_f64().unwrap();
            browser.scroll(pixels);
            let moved = browser.run("return scrollY").as_f64().unwrap() - before;
            let is_at_top = before + moved == 0.0;
            let is_moved = moved / f64::from(pixels) > 0.4;
            assert!(is_moved || is_at_top, "{width} pixels: {moved} at {before}");
        }
    }
}

#[test]
#[ignore = "needs Chromium"]
fn a_part_and_a_line_in_the_address_are_shown() {
    for width in [1400, 390] {
        let browser = Browser::open(width);
        let ids = browser.run(
            "const lines = [...document.querySelectorAll('section[id^=lesson]')].flatMap(section => {
               const lines = [...section.querySelectorAll('.l')];
               return [lines[lines.length >> 1].id, lines.at(-1).id];
             });
             return [...lines, 'lesson06', 'way'].reverse()",
        );
        let ids = ids.as_array().unwrap().iter().filter_map(Value::as_str);
        // From another place of the page, and by opening it there, which takes longer.
        let fresh = ids.clone().filter(|id| ["l04", "l06", "l13", "les"].contains(&&id[..3]));
        for (id, is_fresh) in ids.clone().map(|id| (id, false)).chain(fresh.map(|id| (id, true))) {
            if is_fresh {
                browser.load(id);
            } else {
                browser.run(&format!("location.hash = '{id}'"));
            }
            let top = below_the_bars(&browser, id);
            let is_line = !id.starts_with("lesson") && id != "way";
            let expected = if is_line { -3.0..850.0 } else { -3.0..40.0 };
            assert!(expected.contains(&top), "{width} pixels, {is_fresh}: {id} is at {top}");
            let is_seen = browser.run(&format!(
                "const line = document.getElementById('{id}');
                 const box = (line.querySelector('code') || line).getBoundingClientRect();
                 return line.contains(document.elementFromPoint(box.left + 20, box.top + 3))"
            ));
            assert_eq!(is_seen, true, "{width} pixels, {is_fresh}: {id} is covered");
        }
    }
}
