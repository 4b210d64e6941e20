'use strict';
const root = document.documentElement;
const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];

// What the reader chose the last time; a browser may keep nothing for a file.
function kept(name) {
  try { return localStorage.getItem(name); } catch { return null; }
}
function keep(name, value) {
  try { localStorage.setItem(name, value); } catch { /* then it is chosen anew the next time */ }
}

// The language and the colours.
const langSwitch = document.getElementById('lang');
const themeButton = document.getElementById('theme');
function setLang(lang) {
  langSwitch.checked = lang === 'zh';
  root.lang = lang === 'zh' ? 'zh-CN' : 'en';
  document.title = document.querySelector(`h1 .${lang}`).textContent;
}
function setTheme(theme) {
  root.dataset.theme = theme;
  themeButton.setAttribute('aria-pressed', theme === 'dark');
}
setLang(kept('lang') || (navigator.language.startsWith('zh') ? 'zh' : 'en'));
setTheme(kept('theme') || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'));
langSwitch.onchange = () => {
  const lang = langSwitch.checked ? 'zh' : 'en';
  setLang(lang);
  keep('lang', lang);
};
themeButton.onclick = () => {
  setTheme(root.dataset.theme === 'dark' ? 'light' : 'dark');
  keep('theme', root.dataset.theme);
};
// What works by script alone is shown by it.
for (const element of all('#unfold, #theme, .stepper')) element.hidden = false;

// What belongs together has a key in common: arrows and lines of code, the parts of a mail in its tree
// and in its text.
let pinned = null;
const keys = element => (element.dataset.k || '').split(' ');
const isLike = (one, other) => one.classList[0] === other.classList[0] && one.tagName === other.tagName;
function light(element) {
  for (const lit of all('.lit')) lit.classList.remove('lit');
  if (!element) return;
  element.classList.add('lit');
  for (const other of all('[data-k]', element.closest('section'))) {
    if (!isLike(element, other) && keys(other).some(key => keys(element).includes(key))) other.classList.add('lit');
  }
}

// Brings what is lit into view in the boxes that scroll around it, the page apart.
function box(element) {
  const scrolls = one => /auto|scroll/.test(getComputedStyle(one).overflowY);
  for (let one = element.parentElement; one !== document.body; one = one.parentElement) if (scrolls(one)) return one;
}
function reveal(element) {
  for (let outer = box(element); outer; outer = box(outer)) {
    const frame = outer.getBoundingClientRect();
    const offset = element.getBoundingClientRect().top - frame.top;
    if (offset < 30 || offset > outer.clientHeight - 50) outer.scrollTop += offset - outer.clientHeight / 3;
  }
}
function bring(element) {
  const panes = new Set([element.closest('.pane, .raw')]);
  for (const lit of all('.l.lit, .raw .lit')) {
    const pane = lit.closest('.pane, .raw');
    if (panes.has(pane)) continue;
    panes.add(pane);
    if (pane.matches('.pane')) pane.open = true;
    reveal(lit);
  }
}
function pin(element, isToShow = isBelow()) {
  pinned = element;
  light(element);
  for (const button of all('.chip[aria-pressed], .l > .n[aria-pressed]')) button.removeAttribute('aria-pressed');
  for (const row of all('.later')) row.classList.remove('later');
  for (const two of all('.two.chosen')) two.classList.remove('chosen');
  if (!element) return;
  all('.chip, .n, .part', element)[0]?.setAttribute('aria-pressed', 'true');
  const two = element.closest('.two:has(.row.lit)');
  if (two) {
    for (const pane of all('.pane', two)) {
      const isShown = Boolean(pane.querySelector('.lit'));
      pane.classList.toggle('shown', isShown);
      pane.open ||= isShown;
    }
    two.classList.add('chosen');
    two.classList.toggle('both', all('.shown', two).length > 1);
  }
  if (isToShow) show(element.matches('.row') ? element : two?.querySelector('.row.lit'));
  bring(element);
  // Where the code has come to the bottom of the screen, its line has moved.
  if (isBelow() && element.matches('.l')) reveal(element);
}

// Moves the page to where this can be seen above the code that sticks to the bottom.
const isBelow = () => matchMedia('(max-width: 1080px)').matches;
function show(row) {
  if (!row) return;
  const { top, bottom } = row.getBoundingClientRect();
  if (top < 150 || bottom > innerHeight * .68) scrollBy(0, top - innerHeight * .35);
}

// What the mouse or the keyboard is on lights up for the time being; a click pins it, another one or
// Escape lets go.
const owner = event => event.target.closest?.('[data-k]');
document.addEventListener('mouseover', event => light(owner(event) || pinned));
document.addEventListener('focusin', event => {
  const element = owner(event);
  light(element || pinned);
  // Nothing moves between the press of a button and its release.
  if (element && event.target.matches(':focus-visible')) bring(element);
});
document.addEventListener('keydown', event => { if (event.key === 'Escape') pin(null); });
document.addEventListener('click', event => {
  const element = owner(event);
  const isOther = event.target.closest('summary, a, header, .stepper') || (!element && event.target.closest('button'));
  if (!isOther && !String(getSelection())) pin(element === pinned ? null : element || null);
});

// The stepper: one arrow after another, and what comes later is faint.
let timer = null;
const isBefore = (one, other) => Boolean(one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING);
function step(ladder, isBack) {
  const arrows = all('.row:has(> .in > .arr)', ladder);
  const from = ladder.contains(pinned) ? pinned : ladder;
  const to = isBack ? arrows.findLast(arrow => isBefore(arrow, from)) : arrows.find(arrow => isBefore(from, arrow));
  if (!to) return isBack ? pin(null) : stop();
  to.closest('.fold')?.setAttribute('open', '');
  pin(to, true);
  for (const row of all('.row', ladder)) row.classList.toggle('later', isBefore(to, row));
}
function stop() {
  clearInterval(timer);
  timer = null;
  for (const button of all('.play')) button.setAttribute('aria-pressed', false);
}
for (const stepper of all('.stepper')) {
  const ladder = stepper.nextElementSibling;
  const [back, on, play] = all('button', stepper);
  back.onclick = () => { stop(); step(ladder, true); };
  on.onclick = () => { stop(); step(ladder, false); };
  play.onclick = () => {
    const isToStart = !timer;
    stop();
    if (!isToStart) return;
    play.setAttribute('aria-pressed', true);
    step(ladder, false);
    timer = setInterval(() => step(ladder, false), 1500);
  };
}
document.addEventListener('keydown', event => {
  const isPlain = !event.ctrlKey && !event.altKey && !event.metaKey && !event.shiftKey;
  if (!isPlain || !['ArrowLeft', 'ArrowRight'].includes(event.key)) return;
  const current = document.querySelector('nav [aria-current]');
  const ladder = current && document.querySelector(`${current.hash} .ladder`);
  if (!ladder) return;
  event.preventDefault();
  stop();
  step(ladder, event.key === 'ArrowLeft');
});

// The arrows of a ladder have one tab stop; the keys up and down lead from one to the next.
for (const rows of all('.rows')) {
  const buttons = all('.chip', rows);
  buttons.forEach((button, index) => { button.tabIndex = index ? -1 : 0; });
  rows.addEventListener('keydown', event => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const from = buttons.indexOf(event.target);
    if (!step || from < 0) return;
    let to = from + step;
    while (buttons[to]?.closest('details:not([open])')) to += step;
    if (!buttons[to]) return;
    event.preventDefault();
    buttons[from].tabIndex = -1;
    buttons[to].tabIndex = 0;
    buttons[to].focus();
  });
}

const unfoldButton = document.getElementById('unfold');
unfoldButton.onclick = () => {
  const isOpen = unfoldButton.getAttribute('aria-pressed') !== 'true';
  unfoldButton.setAttribute('aria-pressed', isOpen);
  for (const details of all('main details')) details.open = isOpen || details.matches('.pane:first-of-type');
};
addEventListener('beforeprint', () => {
  // Firefox prints a copy of the page, which has no target.
  for (const section of all('section')) section.classList.toggle('alone', section === document.querySelector(':target')?.closest('section'));
  for (const pane of all('.code')) for (const details of all('.pane', pane).slice(0, 1)) details.open = true;
});

// The lesson that is read is marked in the list. The list scrolls by itself, across on a phone and down
// elsewhere: scrollIntoView would move the page, too.
function center(link) {
  for (const box of [link.closest('nav'), link.closest('ol')]) {
    const [outer, inner] = [box, link].map(element => element.getBoundingClientRect());
    box.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
    box.scrollTop += inner.top - outer.top - (outer.height - inner.height) / 2;
  }
}
const seen = new IntersectionObserver(sections => {
  for (const { isIntersecting, target } of sections) {
    if (!isIntersecting) continue;
    for (const link of all('nav a')) {
      if (link.hash === '#' + target.id) {
        link.setAttribute('aria-current', 'true');
        center(link);
      } else {
        link.removeAttribute('aria-current');
      }
    }
  }
}, { rootMargin: '-20% 0px -70% 0px' });
for (const section of all('section')) seen.observe(section);

// What a link leads to is unfolded; a line (#l04-lesson04-main-rs-41) is shown with its arrows. The code may stick to the screen, so
// the page goes to where the run begins, and the box of the code to the line.
function follow() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target?.matches('main *')) return;
  for (let fold = target.closest('details'); fold; fold = fold.parentElement.closest('details')) fold.open = true;
  if (!target.matches('.l')) return target.scrollIntoView();
  target.closest('.two').scrollIntoView();
  pin(target);
  reveal(target);
  const { top, bottom } = target.getBoundingClientRect();
  if (top < 0 || bottom > innerHeight) target.scrollIntoView({ block: 'center' });
}
addEventListener('hashchange', follow);
addEventListener('load', follow);
