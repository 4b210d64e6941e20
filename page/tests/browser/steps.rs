//! One arrow after another, with its line of code in view, on a large screen and on small ones.

use crate::driver::Browser;

/// What is wrong with how the arrow that is lit is shown, in a section of the page; its number; and
/// how many rows are faint.
fn shown(browser: &Browser, section: &str) -> (String, i64, i64) {
    browser.settle();
    let shown = browser.run(&format!(
        "const section = document.getElementById('{section}');
         const within = (element, outer) => {{
           const [inner, frame] = [element, outer].map(one => one.getBoundingClientRect());
           return inner.top >= frame.top - 1 && inner.top + 10 <= Math.min(frame.bottom, innerHeight);
         }};
         const arrows = [...section.querySelectorAll('.row:has(> .in > .arr)')];
         const lit = arrows.findIndex(arrow => arrow.matches('.lit'));
         const wrong = [];
         const {{ top, bottom }} = arrows[lit]?.getBoundingClientRect() || {{ top: 0, bottom: 0 }};
         const line = section.querySelector('.l.lit');
         if (lit >= 0 && (top < 80 || bottom > innerHeight)) wrong.push('the arrow is at ' + top);
         if (arrows[lit]?.dataset.k && !line) wrong.push('no line is lit');
         if (line && !within(line, line.closest('.code'))) wrong.push('the line is out of view');
         if (line && line.getBoundingClientRect().top < bottom && innerWidth < 1080) wrong.push('the line hides the arrow');
         return [wrong.join(', '), lit, section.querySelectorAll('.later').length];"
    ));
    (shown[0].as_str().unwrap().into(), shown[1].as_i64().unwrap(), shown[2].as_i64().unwrap())
}

#[test]
#[ignore = "needs Chromium"]
fn the_stepper_goes_through_every_ladder() {
    for width in [1400, 390] {
        let browser = Browser::open(width);
        for section in ["lesson04", "lesson10", "way"] {
            browser.run(&format!("location.hash = '{section}'"));
            let count = browser.run(&format!("return all('#{section} .row > .in > .arr').length"));
            let mut faint_before = i64::MAX;
            for number in 0..count.as_i64().unwrap() {
                if number % 2 == 0 {
                    browser.run(&format!("document.querySelector('#{section} .on').click()"));
                } else {
                    browser.press("ArrowRight");
                }
                let (wrong, lit, faint) = shown(&browser, section);
                assert_eq!((wrong.as_str(), lit), ("", number), "{width} pixels, {section}");
                assert!(faint < faint_before, "{width} pixels, {section}: {faint} rows are faint");
                faint_before = faint;
            }
            browser.press("ArrowLeft");
            assert_eq!(shown(&browser, section).1, count.as_i64().unwrap() - 2);
        }
        browser.run("for (let i = 0; i < 99; i++) document.querySelector('#way .back').click()");
        assert_eq!(shown(&browser, "way"), (String::new(), -1, 0));
    }
}

#[test]
#[ignore = "needs Chromium"]
fn play_goes_on_by_itself_until_it_is_pressed_again() {
    let browser = Browser::open(1400);
    browser.click("#lesson04 .play");
    // Each look waits until the page is drawn anew.
    assert!((0..1000).any(|_| shown(&browser, "lesson04").1 > 0), "the second arrow stays dark");
    let pressed = "return all('.play[aria-pressed=true]').length";
    assert_eq!(browser.run(pressed), 1);
    browser.click("#lesson04 .play");
    assert_eq!(browser.run(pressed), 0);
}

#[test]
#[ignore = "needs Chromium"]
fn on_a_small_screen_a_touched_arrow_shows_its_line_and_nothing_moves_before() {
    for width in [390, 1000] {
        let browser = Browser::open(width);
        browser.run(
            "window.moved = 0;
             let before;
             const place = event => event.target.getBoundingClientRect().top;
             addEventListener('pointerdown', event => { before = place(event); }, true);
             addEventListener('pointerup', event => { moved = Math.max(moved, Math.abs(place(event) - before)); }, true);",
        );
        for section in ["lesson03", "lesson06", "lesson13"] {
            for number in [0, 1, 3] {
                browser.run(&format!(
                    "const arrows = document.querySelectorAll('#{section} .row:has(> .in > .arr)[data-k]:not(:has(details))');
                     for (const old of document.querySelectorAll('#wanted')) old.removeAttribute('id');
                     const arrow = arrows[{number} % arrows.length];
                     pin(null);
                     arrow.closest('.fold')?.setAttribute('open', '');
                     arrow.querySelector('.lab').id = 'wanted';
                     scrollBy(0, arrow.getBoundingClientRect().top - 250 - {number} * 100);"
                ));
                browser.click("#wanted");
                let (wrong, lit, _) = shown(&browser, section);
                assert_eq!(
                    (wrong.as_str(), lit >= 0),
                    ("", true),
                    "{width} pixels, {section} {number}"
                );
                assert_eq!(browser.run("return moved"), 0, "{width} pixels, {section} {number}");
            }
        }
    }
}
